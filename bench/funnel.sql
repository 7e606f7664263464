-- Funnels beside the count of their rows by user, and beside the best plain SQL. Serial but where it is said.
SET client_min_messages = warning;
-- name: floor: the users of three events, counted
SET max_parallel_workers_per_gather = 0;
SELECT n, count(*) FROM (SELECT user_id, count(*) AS n FROM events WHERE event_name IN ('view', 'add_to_cart', 'purchase') GROUP BY user_id) u GROUP BY n ORDER BY n;
-- name: window_funnel, 3 steps in 7 days
SET max_parallel_workers_per_gather = 0;
SELECT level, count(*) FROM (SELECT user_id, analytics.window_funnel('7 days', event_time, event_name = 'view', event_name = 'add_to_cart', event_name = 'purchase') AS level
    FROM events WHERE event_name IN ('view', 'add_to_cart', 'purchase') GROUP BY user_id) u GROUP BY level ORDER BY level;
-- name: by hand: window functions, the latest start of each step
SET max_parallel_workers_per_gather = 0;
WITH e AS (SELECT user_id, event_time AS t, CASE event_name WHEN 'view' THEN 1 WHEN 'add_to_cart' THEN 2 WHEN 'purchase' THEN 3 END AS s
    FROM events WHERE event_name IN ('view', 'add_to_cart', 'purchase')),
s1 AS (SELECT *, max(CASE WHEN s = 1 THEN t END) OVER (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING) AS t1 FROM e),
s2 AS (SELECT *, max(CASE WHEN s = 2 AND t <= t1 + interval '7 days' THEN t1 END) OVER (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING) AS t2 FROM s1),
s3 AS (SELECT *, max(CASE WHEN s = 3 AND t <= t2 + interval '7 days' THEN t2 END) OVER (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING) AS t3 FROM s2)
SELECT level, count(*) FROM (SELECT user_id, max(CASE WHEN t3 IS NOT NULL THEN 3 WHEN t2 IS NOT NULL THEN 2 WHEN t1 IS NOT NULL THEN 1 ELSE 0 END) AS level FROM s3 GROUP BY user_id) u GROUP BY level ORDER BY level;
-- name: window_funnel, 3 steps, up to two workers
SELECT level, count(*) FROM (SELECT user_id, analytics.window_funnel('7 days', event_time, event_name = 'view', event_name = 'add_to_cart', event_name = 'purchase') AS level
    FROM events WHERE event_name IN ('view', 'add_to_cart', 'purchase') GROUP BY user_id) u GROUP BY level ORDER BY level;
-- name: floor of 5 steps
SET max_parallel_workers_per_gather = 0;
SELECT n, count(*) FROM (SELECT user_id, count(*) AS n FROM events WHERE event_name IN ('app_session_start', 'view', 'add_to_cart', 'checkout', 'purchase') GROUP BY user_id) u GROUP BY n ORDER BY n;
-- name: window_funnel, 5 steps in 7 days
SET max_parallel_workers_per_gather = 0;
SELECT level, count(*) FROM (SELECT user_id, analytics.window_funnel('7 days', event_time, event_name = 'app_session_start', event_name = 'view', event_name = 'add_to_cart', event_name = 'checkout', event_name = 'purchase') AS level
    FROM events WHERE event_name IN ('app_session_start', 'view', 'add_to_cart', 'checkout', 'purchase') GROUP BY user_id) u GROUP BY level ORDER BY level;
-- name: by hand, 5 steps
SET max_parallel_workers_per_gather = 0;
WITH e AS (SELECT user_id, event_time AS t, CASE event_name WHEN 'app_session_start' THEN 1 WHEN 'view' THEN 2 WHEN 'add_to_cart' THEN 3 WHEN 'checkout' THEN 4 WHEN 'purchase' THEN 5 END AS s
    FROM events WHERE event_name IN ('app_session_start', 'view', 'add_to_cart', 'checkout', 'purchase')),
s1 AS (SELECT *, max(CASE WHEN s = 1 THEN t END) OVER (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING) AS t1 FROM e),
s2 AS (SELECT *, max(CASE WHEN s = 2 AND t <= t1 + interval '7 days' THEN t1 END) OVER (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING) AS t2 FROM s1),
s3 AS (SELECT *, max(CASE WHEN s = 3 AND t <= t2 + interval '7 days' THEN t2 END) OVER (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING) AS t3 FROM s2),
s4 AS (SELECT *, max(CASE WHEN s = 4 AND t <= t3 + interval '7 days' THEN t3 END) OVER (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING) AS t4 FROM s3),
s5 AS (SELECT *, max(CASE WHEN s = 5 AND t <= t4 + interval '7 days' THEN t4 END) OVER (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING) AS t5 FROM s4)
SELECT level, count(*) FROM (SELECT user_id, max(CASE WHEN t5 IS NOT NULL THEN 5 WHEN t4 IS NOT NULL THEN 4 WHEN t3 IS NOT NULL THEN 3 WHEN t2 IS NOT NULL THEN 2 WHEN t1 IS NOT NULL THEN 1 ELSE 0 END) AS level FROM s5 GROUP BY user_id) u GROUP BY level ORDER BY level;
-- name: one tenant: floor
SET max_parallel_workers_per_gather = 0;
SELECT n, count(*) FROM (SELECT user_id, count(*) AS n FROM events WHERE event_name IN ('view', 'add_to_cart', 'purchase') AND tenant_id = 3 AND event_time >= '2026-01-01' AND event_time < '2026-04-01' GROUP BY user_id) u GROUP BY n ORDER BY n;
-- name: one tenant: window_funnel, 3 steps
SET max_parallel_workers_per_gather = 0;
SELECT level, count(*) FROM (SELECT user_id, analytics.window_funnel('7 days', event_time, event_name = 'view', event_name = 'add_to_cart', event_name = 'purchase') AS level
    FROM events WHERE event_name IN ('view', 'add_to_cart', 'purchase') AND tenant_id = 3 AND event_time >= '2026-01-01' AND event_time < '2026-04-01' GROUP BY user_id) u GROUP BY level ORDER BY level;
-- name: one tenant: by hand
SET max_parallel_workers_per_gather = 0;
WITH e AS (SELECT user_id, event_time AS t, CASE event_name WHEN 'view' THEN 1 WHEN 'add_to_cart' THEN 2 WHEN 'purchase' THEN 3 END AS s
    FROM events WHERE event_name IN ('view', 'add_to_cart', 'purchase') AND tenant_id = 3 AND event_time >= '2026-01-01' AND event_time < '2026-04-01'),
s1 AS (SELECT *, max(CASE WHEN s = 1 THEN t END) OVER (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING) AS t1 FROM e),
s2 AS (SELECT *, max(CASE WHEN s = 2 AND t <= t1 + interval '7 days' THEN t1 END) OVER (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING) AS t2 FROM s1),
s3 AS (SELECT *, max(CASE WHEN s = 3 AND t <= t2 + interval '7 days' THEN t2 END) OVER (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING) AS t3 FROM s2)
SELECT level, count(*) FROM (SELECT user_id, max(CASE WHEN t3 IS NOT NULL THEN 3 WHEN t2 IS NOT NULL THEN 2 WHEN t1 IS NOT NULL THEN 1 ELSE 0 END) AS level FROM s3 GROUP BY user_id) u GROUP BY level ORDER BY level;
-- name: retention of the 15th, 15 days
SET max_parallel_workers_per_gather = 0;
SELECT day, count(*) FILTER (WHERE came[day + 1]) FROM (SELECT user_id, analytics.retention(event_time >= '2026-01-15' AND event_time < '2026-01-16', event_time >= '2026-01-16' AND event_time < '2026-01-17', event_time >= '2026-01-17' AND event_time < '2026-01-18', event_time >= '2026-01-18' AND event_time < '2026-01-19', event_time >= '2026-01-19' AND event_time < '2026-01-20', event_time >= '2026-01-20' AND event_time < '2026-01-21', event_time >= '2026-01-21' AND event_time < '2026-01-22', event_time >= '2026-01-22' AND event_time < '2026-01-23', event_time >= '2026-01-23' AND event_time < '2026-01-24', event_time >= '2026-01-24' AND event_time < '2026-01-25', event_time >= '2026-01-25' AND event_time < '2026-01-26', event_time >= '2026-01-26' AND event_time < '2026-01-27', event_time >= '2026-01-27' AND event_time < '2026-01-28', event_time >= '2026-01-28' AND event_time < '2026-01-29', event_time >= '2026-01-29' AND event_time < '2026-01-30') AS came
    FROM events WHERE event_time >= '2026-01-15' AND event_time < '2026-01-30' GROUP BY user_id) u, generate_series(0, 14) day GROUP BY day ORDER BY day;
-- name: by hand: the same, bits
SET max_parallel_workers_per_gather = 0;
SELECT day, count(*) FILTER (WHERE bits & 1 <> 0 AND bits >> day & 1 <> 0) FROM (SELECT user_id, bit_or(1 << (event_time::date - date '2026-01-15')) AS bits
    FROM events WHERE event_time >= '2026-01-15' AND event_time < '2026-01-30' GROUP BY user_id) u, generate_series(0, 14) day GROUP BY day ORDER BY day;
