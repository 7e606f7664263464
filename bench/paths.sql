-- Sessions and paths of all users beside the count of their events, and beside plain SQL. Serial but where it is said.
SET client_min_messages = warning;
SELECT analytics.add_source('paths_bench', 'events', 'event_time', 'user_id', event => 'event_name');
-- name: floor: all users, counted
SET max_parallel_workers_per_gather = 0;
SELECT n, count(*) FROM (SELECT user_id, count(*) AS n FROM events WHERE user_id IS NOT NULL GROUP BY user_id) u GROUP BY n ORDER BY n;
-- name: sessions: each of them, a row
SET max_parallel_workers_per_gather = 0;
SELECT count(*), sum(events) FROM analytics.sessions('paths_bench', '-infinity', 'infinity');
-- name: session_summary, by day
SET max_parallel_workers_per_gather = 0;
SELECT sum(sessions) FROM analytics.session_summary('paths_bench', '2026-01-01', '2027-01-01');
-- name: by hand: sessions, window functions
SET max_parallel_workers_per_gather = 0;
SELECT count(*), sum(n) FROM (SELECT user_id, s, count(*) AS n, min(event_time), max(event_time) FROM (
    SELECT user_id, event_time, sum(b) OVER (PARTITION BY user_id ORDER BY event_time ROWS UNBOUNDED PRECEDING) AS s FROM (
        SELECT user_id, event_time, CASE WHEN event_time - lag(event_time) OVER (PARTITION BY user_id ORDER BY event_time) <= interval '30 minutes' THEN 0 ELSE 1 END AS b
        FROM events WHERE user_id IS NOT NULL) x) y GROUP BY 1, 2) z;
-- name: paths: one a user, 5 steps, people and times of every edge
SET max_parallel_workers_per_gather = 0;
SELECT count(*), sum(transitions) FROM analytics.paths('paths_bench', '-infinity', 'infinity', gap => NULL);
-- name: paths: cut at 30 minutes
SET max_parallel_workers_per_gather = 0;
SELECT count(*), sum(transitions) FROM analytics.paths('paths_bench', '-infinity', 'infinity');
-- name: path_tree
SET max_parallel_workers_per_gather = 0;
SELECT length(analytics.path_tree('paths_bench', '-infinity', 'infinity', gap => NULL)::text);
-- name: by hand: the edges of one path a user, people and mean time
SET max_parallel_workers_per_gather = 0;
SELECT count(*), sum(n) FROM (SELECT step, source_node, target_node, count(*) AS n, count(DISTINCT user_id), avg(took) FROM (
    SELECT user_id, event_name AS source_node, lead(event_name) OVER w AS target_node, lead(event_time) OVER w - event_time AS took, row_number() OVER w AS step FROM (
        SELECT user_id, event_time, event_name, lag(event_name) OVER (PARTITION BY user_id ORDER BY event_time, event_name) AS before
        FROM events WHERE user_id IS NOT NULL) x WHERE before IS DISTINCT FROM event_name WINDOW w AS (PARTITION BY user_id ORDER BY event_time, event_name)) y
    WHERE step <= 5 GROUP BY 1, 2, 3) z;
-- name: paths: one a user, up to two workers
SELECT count(*), sum(transitions) FROM analytics.paths('paths_bench', '-infinity', 'infinity', gap => NULL);
