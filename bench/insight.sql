-- Whole answers over 10 M events beside the floor (a count of their rows by user) and the best plain SQL. Serial but where it is said.
SET client_min_messages = warning;
SELECT analytics.drop_source(name, true) FROM analytics.sources WHERE name = 'bench';
SELECT analytics.add_source('bench', 'events', 'event_time', 'user_id', tenant => 'tenant_id', event => 'event_name', timezone => 'UTC');
-- name: floor of 3 steps
SET max_parallel_workers_per_gather = 0;
SELECT n, count(*) FROM (SELECT user_id, count(*) AS n FROM events WHERE event_name IN ('view', 'add_to_cart', 'purchase') GROUP BY user_id) u GROUP BY n ORDER BY n;
-- name: funnel, 3 steps in 7 days
SET max_parallel_workers_per_gather = 0;
SELECT step, entities FROM analytics.funnel('bench', '["view", "add_to_cart", "purchase"]', '2026-01-01 00:00+00', '2026-04-01 00:00+00', '7 days') ORDER BY step;
-- name: by hand: window functions, the latest start of each step
SET max_parallel_workers_per_gather = 0;
WITH e AS (SELECT user_id, event_time AS t, CASE event_name WHEN 'view' THEN 1 WHEN 'add_to_cart' THEN 2 WHEN 'purchase' THEN 3 END AS s
    FROM events WHERE event_name IN ('view', 'add_to_cart', 'purchase') AND user_id IS NOT NULL),
s1 AS (SELECT *, max(CASE WHEN s = 1 THEN t END) OVER w AS t1 FROM e WINDOW w AS (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING)),
s2 AS (SELECT *, max(CASE WHEN s = 2 AND t <= t1 + interval '7 days' THEN t1 END) OVER w AS t2 FROM s1 WINDOW w AS (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING)),
s3 AS (SELECT *, max(CASE WHEN s = 3 AND t <= t2 + interval '7 days' THEN t2 END) OVER w AS t3 FROM s2 WINDOW w AS (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING))
SELECT count(*) FILTER (WHERE level >= 1), count(*) FILTER (WHERE level >= 2), count(*) FILTER (WHERE level >= 3) FROM (SELECT user_id, max(CASE WHEN t3 IS NOT NULL THEN 3 WHEN t2 IS NOT NULL THEN 2 WHEN t1 IS NOT NULL THEN 1 ELSE 0 END) AS level FROM s3 GROUP BY user_id) u;
-- name: floor of 3 steps, up to two workers
SELECT n, count(*) FROM (SELECT user_id, count(*) AS n FROM events WHERE event_name IN ('view', 'add_to_cart', 'purchase') GROUP BY user_id) u GROUP BY n ORDER BY n;
-- name: funnel, 3 steps, up to two workers
SELECT step, entities FROM analytics.funnel('bench', '["view", "add_to_cart", "purchase"]', '2026-01-01 00:00+00', '2026-04-01 00:00+00', '7 days') ORDER BY step;
-- name: floor of 5 steps
SET max_parallel_workers_per_gather = 0;
SELECT n, count(*) FROM (SELECT user_id, count(*) AS n FROM events WHERE event_name IN ('app_session_start', 'view', 'add_to_cart', 'checkout', 'purchase') GROUP BY user_id) u GROUP BY n ORDER BY n;
-- name: funnel, 5 steps in 7 days
SET max_parallel_workers_per_gather = 0;
SELECT step, entities FROM analytics.funnel('bench', '["app_session_start", "view", "add_to_cart", "checkout", "purchase"]', '2026-01-01 00:00+00', '2026-04-01 00:00+00', '7 days') ORDER BY step;
-- name: by hand, 5 steps
SET max_parallel_workers_per_gather = 0;
WITH e AS (SELECT user_id, event_time AS t, CASE event_name WHEN 'app_session_start' THEN 1 WHEN 'view' THEN 2 WHEN 'add_to_cart' THEN 3 WHEN 'checkout' THEN 4 WHEN 'purchase' THEN 5 END AS s
    FROM events WHERE event_name IN ('app_session_start', 'view', 'add_to_cart', 'checkout', 'purchase') AND user_id IS NOT NULL),
s1 AS (SELECT *, max(CASE WHEN s = 1 THEN t END) OVER w AS t1 FROM e WINDOW w AS (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING)),
s2 AS (SELECT *, max(CASE WHEN s = 2 AND t <= t1 + interval '7 days' THEN t1 END) OVER w AS t2 FROM s1 WINDOW w AS (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING)),
s3 AS (SELECT *, max(CASE WHEN s = 3 AND t <= t2 + interval '7 days' THEN t2 END) OVER w AS t3 FROM s2 WINDOW w AS (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING)),
s4 AS (SELECT *, max(CASE WHEN s = 4 AND t <= t3 + interval '7 days' THEN t3 END) OVER w AS t4 FROM s3 WINDOW w AS (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING)),
s5 AS (SELECT *, max(CASE WHEN s = 5 AND t <= t4 + interval '7 days' THEN t4 END) OVER w AS t5 FROM s4 WINDOW w AS (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING))
SELECT count(*) FILTER (WHERE level >= 1), count(*) FILTER (WHERE level >= 2), count(*) FILTER (WHERE level >= 3), count(*) FILTER (WHERE level >= 4), count(*) FILTER (WHERE level >= 5) FROM (SELECT user_id, max(CASE WHEN t5 IS NOT NULL THEN 5 WHEN t4 IS NOT NULL THEN 4 WHEN t3 IS NOT NULL THEN 3 WHEN t2 IS NOT NULL THEN 2 WHEN t1 IS NOT NULL THEN 1 ELSE 0 END) AS level FROM s5 GROUP BY user_id) u;
-- name: funnel, 5 steps, up to two workers
SELECT step, entities FROM analytics.funnel('bench', '["app_session_start", "view", "add_to_cart", "checkout", "purchase"]', '2026-01-01 00:00+00', '2026-04-01 00:00+00', '7 days') ORDER BY step;
-- name: one tenant: floor
SET max_parallel_workers_per_gather = 0;
SELECT n, count(*) FROM (SELECT user_id, count(*) AS n FROM events WHERE event_name IN ('view', 'add_to_cart', 'purchase') AND tenant_id = 3 GROUP BY user_id) u GROUP BY n ORDER BY n;
-- name: one tenant: funnel, 3 steps
SET max_parallel_workers_per_gather = 0;
SELECT step, entities FROM analytics.funnel('bench', '["view", "add_to_cart", "purchase"]', '2026-01-01 00:00+00', '2026-04-01 00:00+00', '7 days', tenant => '3') ORDER BY step;
-- name: one tenant: by hand
SET max_parallel_workers_per_gather = 0;
WITH e AS (SELECT user_id, event_time AS t, CASE event_name WHEN 'view' THEN 1 WHEN 'add_to_cart' THEN 2 WHEN 'purchase' THEN 3 END AS s
    FROM events WHERE event_name IN ('view', 'add_to_cart', 'purchase') AND user_id IS NOT NULL AND tenant_id = 3),
s1 AS (SELECT *, max(CASE WHEN s = 1 THEN t END) OVER w AS t1 FROM e WINDOW w AS (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING)),
s2 AS (SELECT *, max(CASE WHEN s = 2 AND t <= t1 + interval '7 days' THEN t1 END) OVER w AS t2 FROM s1 WINDOW w AS (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING)),
s3 AS (SELECT *, max(CASE WHEN s = 3 AND t <= t2 + interval '7 days' THEN t2 END) OVER w AS t3 FROM s2 WINDOW w AS (PARTITION BY user_id ORDER BY t ROWS UNBOUNDED PRECEDING))
SELECT count(*) FILTER (WHERE level >= 1), count(*) FILTER (WHERE level >= 2), count(*) FILTER (WHERE level >= 3) FROM (SELECT user_id, max(CASE WHEN t3 IS NOT NULL THEN 3 WHEN t2 IS NOT NULL THEN 2 WHEN t1 IS NOT NULL THEN 1 ELSE 0 END) AS level FROM s3 GROUP BY user_id) u;
-- name: retention D0-14, daily cohorts, by hand: window
SET max_parallel_workers_per_gather = 0;
WITH d AS (SELECT user_id, (event_time AT TIME ZONE 'UTC')::date AS day FROM events WHERE user_id IS NOT NULL GROUP BY 1, 2),
c AS (SELECT day, min(day) OVER (PARTITION BY user_id) AS first FROM d)
SELECT first, day - first, count(*) FROM c WHERE day - first <= 14 GROUP BY 1, 2 ORDER BY 1, 2;
-- name: retention D0-14, by hand: join
SET max_parallel_workers_per_gather = 0;
WITH d AS MATERIALIZED (SELECT user_id, (event_time AT TIME ZONE 'UTC')::date AS day FROM events WHERE user_id IS NOT NULL GROUP BY 1, 2),
c AS (SELECT user_id, min(day) AS first FROM d GROUP BY 1)
SELECT first, day - first, count(*) FROM d JOIN c USING (user_id) WHERE day - first <= 14 GROUP BY 1, 2 ORDER BY 1, 2;
-- name: retention_table
SET max_parallel_workers_per_gather = 0;
SELECT cohort, period, retained FROM analytics.retention_table('bench', NULL, NULL, '2026-01-01 00:00+00', '2026-04-01 00:00+00', 'day', 15) ORDER BY 1, 2;
-- name: retention_table, up to two workers
SELECT cohort, period, retained FROM analytics.retention_table('bench', NULL, NULL, '2026-01-01 00:00+00', '2026-04-01 00:00+00', 'day', 15) ORDER BY 1, 2;
