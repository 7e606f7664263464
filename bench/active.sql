-- Active users by day, 90 days: exactly and by sketches, beside count(DISTINCT).
SELECT analytics.drop_source(name, true) FROM analytics.sources WHERE name = 'bench';
SELECT analytics.add_source('bench', 'events', 'event_time', 'user_id', timezone => 'Asia/Shanghai');
-- name: by hand: count(DISTINCT user_id) by day
SELECT date_trunc('day', event_time, 'Asia/Shanghai'), count(DISTINCT user_id) FROM events GROUP BY 1 ORDER BY 1;
-- name: dau
SELECT * FROM analytics.dau('bench', '2026-01-01 00:00+08', '2026-04-01 00:00+08');
-- name: dau, exact
SELECT * FROM analytics.dau('bench', '2026-01-01 00:00+08', '2026-04-01 00:00+08', method => 'exact');
-- name: dau, exact, without workers
SET max_parallel_workers_per_gather = 0;
SELECT * FROM analytics.dau('bench', '2026-01-01 00:00+08', '2026-04-01 00:00+08', method => 'exact');
-- name: by hand: trailing 7 days, each day joined with the active (day, user) pairs
WITH a AS (SELECT (event_time AT TIME ZONE 'Asia/Shanghai')::date AS day, user_id FROM events GROUP BY 1, 2)
SELECT d.day, count(DISTINCT user_id) FROM generate_series(timestamp '2026-01-01', '2026-03-31', '1 day') d(day)
JOIN a ON a.day BETWEEN d.day::date - 6 AND d.day::date GROUP BY 1 ORDER BY 1;
-- name: wau
SELECT * FROM analytics.wau('bench', '2026-01-01 00:00+08', '2026-04-01 00:00+08');
-- name: wau, exact
SELECT * FROM analytics.wau('bench', '2026-01-01 00:00+08', '2026-04-01 00:00+08', method => 'exact');
-- name: mau
SELECT * FROM analytics.mau('bench', '2026-01-01 00:00+08', '2026-04-01 00:00+08');
-- name: mau, exact
SELECT * FROM analytics.mau('bench', '2026-01-01 00:00+08', '2026-04-01 00:00+08', method => 'exact');
-- name: mau by 310 cities
SELECT * FROM analytics.mau('bench', '2026-01-01 00:00+08', '2026-04-01 00:00+08', dimension => 'province, city');
