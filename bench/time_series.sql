-- time_series beside what one writes by hand: cost by day of Shanghai and event, every day of every event, 90 days.
SELECT analytics.drop_source(name, true) FROM analytics.sources WHERE name = 'bench';
SELECT analytics.add_source('bench', 'events', 'event_time', 'user_id', event => 'event_name', timezone => 'Asia/Shanghai');
SELECT analytics.define_metric('bench.cost', 'bench', 'sum', 'cost', dimensions => '{event_name}');
SELECT analytics.define_metric('bench.sent', 'bench', 'count', filter => 'event_name = ''otp_sent''');
SELECT analytics.define_metric('bench.verified', 'bench', 'count', filter => 'event_name = ''otp_verified''');
SELECT analytics.define_metric('bench.rate', NULL, 'formula', formula => 'bench.verified / bench.sent * 100');
-- name: by hand: date_trunc in the zone, generate_series, cross and left join
SELECT d.day, e.event_name, coalesce(s.cost, 0) FROM generate_series(timestamp '2026-01-01', '2026-03-31', '1 day') d(day)
CROSS JOIN (SELECT DISTINCT event_name FROM events WHERE event_time >= '2026-01-01 00:00+08' AND event_time < '2026-04-01 00:00+08') e
LEFT JOIN (SELECT date_trunc('day', event_time, 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' AS day, event_name, sum(cost) AS cost
    FROM events WHERE event_time >= '2026-01-01 00:00+08' AND event_time < '2026-04-01 00:00+08' GROUP BY 1, 2) s USING (day, event_name)
ORDER BY 1, 2;
-- name: time_series
SELECT * FROM analytics.time_series('bench.cost', '2026-01-01 00:00+08', '2026-04-01 00:00+08', breakdown => '{event_name}');
-- name: by hand: a rate by day, two filtered counts
SELECT date_trunc('day', event_time, 'Asia/Shanghai'), 100.0 * count(*) FILTER (WHERE event_name = 'otp_verified')
    / nullif(count(*) FILTER (WHERE event_name = 'otp_sent'), 0) FROM events
WHERE event_time >= '2026-01-01 00:00+08' AND event_time < '2026-04-01 00:00+08' AND event_name IN ('otp_sent', 'otp_verified') GROUP BY 1 ORDER BY 1;
-- name: time_series of a formula
SELECT * FROM analytics.time_series('bench.rate', '2026-01-01 00:00+08', '2026-04-01 00:00+08');
