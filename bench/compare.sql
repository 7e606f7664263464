-- Month against month by day, beside two sub-queries joined by hand; every day's range in one scan.
SELECT analytics.drop_source(name, true) FROM analytics.sources WHERE name = 'bench';
SELECT analytics.add_source('bench', 'events', 'event_time', 'user_id', timezone => 'Asia/Shanghai');
SELECT analytics.define_metric('bench.events', 'bench', 'count');
-- name: by hand: two grouped sub-queries
SELECT a.day, a.n, b.n FROM
    (SELECT date_trunc('day', event_time, 'Asia/Shanghai') AS day, count(*) AS n FROM events
     WHERE event_time >= '2026-03-01 00:00+08' AND event_time < '2026-03-29 00:00+08' GROUP BY 1) a
LEFT JOIN (SELECT date_trunc('day', event_time, 'Asia/Shanghai') AS day, count(*) AS n FROM events
     WHERE event_time >= '2026-02-01 00:00+08' AND event_time < '2026-03-01 00:00+08' GROUP BY 1) b ON b.day = a.day - interval '1 month'
ORDER BY 1;
-- name: compare
SELECT * FROM analytics.compare('bench.events', '2026-03-01 00:00+08', '2026-03-29 00:00+08', 'month', granularity => 'day');
