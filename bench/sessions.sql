-- Sessions, times of being alive and what comes next, beside the best plain SQL. Serial but where it is said; 64 MB of work_mem.
SET client_min_messages = warning;
-- name: floor: the events of each user, counted
SET max_parallel_workers_per_gather = 0; SET work_mem = '64MB';
SELECT count(*), max(n) FROM (SELECT user_id, count(*) AS n FROM events GROUP BY user_id) u;
-- name: by hand: sessions of 30 minutes, lag and a running sum
SET max_parallel_workers_per_gather = 0; SET work_mem = '64MB';
WITH e AS (SELECT user_id, event_time, coalesce((event_time - lag(event_time) OVER w > '30 minutes')::int, 1) AS begins FROM events WINDOW w AS (PARTITION BY user_id ORDER BY event_time)),
s AS (SELECT user_id, event_time, sum(begins) OVER (PARTITION BY user_id ORDER BY event_time) AS session FROM e)
SELECT count(*), sum(events), max(duration) FROM (SELECT count(*) AS events, max(event_time) - min(event_time) AS duration FROM s GROUP BY user_id, session) x;
-- name: sessionize
SET max_parallel_workers_per_gather = 0; SET work_mem = '64MB';
WITH s AS (SELECT user_id, event_time, analytics.sessionize(event_time) OVER (PARTITION BY user_id ORDER BY event_time) AS session FROM events)
SELECT count(*), sum(events), max(duration) FROM (SELECT count(*) AS events, max(event_time) - min(event_time) AS duration FROM s GROUP BY user_id, session) x;
-- name: sessions_agg
SET max_parallel_workers_per_gather = 0; SET work_mem = '64MB';
SELECT count(*), sum(s.events), max(s.last - s.first) FROM (SELECT analytics.sessions_agg(event_time) AS sessions FROM events GROUP BY user_id) u, unnest(sessions) s;
-- name: sessions_agg, up to two workers
SET max_parallel_workers_per_gather = 2; SET work_mem = '64MB';
SELECT count(*), sum(s.events), max(s.last - s.first) FROM (SELECT analytics.sessions_agg(event_time) AS sessions FROM events GROUP BY user_id) u, unnest(sessions) s;
-- name: by hand: times of being alive, range_agg
SET max_parallel_workers_per_gather = 0; SET work_mem = '64MB';
SELECT count(*), sum(upper(r) - lower(r)) FROM (SELECT range_agg(tstzrange(event_time, event_time + interval '3 hours')) AS ranges FROM events GROUP BY user_id) u, unnest(ranges) r;
-- name: live_ranges_agg
SET max_parallel_workers_per_gather = 0; SET work_mem = '64MB';
SELECT count(*), sum(upper(r) - lower(r)) FROM (SELECT analytics.live_ranges_agg(event_time, '3 hours') AS ranges FROM events GROUP BY user_id) u, unnest(ranges) r;
-- name: by hand: the event behind the first purchase, lead
SET max_parallel_workers_per_gather = 0; SET work_mem = '64MB';
WITH e AS (SELECT user_id, event_time, event_name, lead(event_name) OVER (PARTITION BY user_id ORDER BY event_time, event_name) AS next FROM events),
f AS (SELECT DISTINCT ON (user_id) user_id, next FROM e WHERE event_name = 'purchase' ORDER BY user_id, event_time, event_name)
SELECT next, count(*) FROM f WHERE next IS NOT NULL GROUP BY 1 ORDER BY 1;
-- name: next_event
SET max_parallel_workers_per_gather = 0; SET work_mem = '64MB';
SELECT next, count(*) FROM (SELECT analytics.next_event('forward', 'first_match', event_time, event_name, true, event_name = 'purchase') AS next FROM events GROUP BY user_id) u WHERE next IS NOT NULL GROUP BY 1 ORDER BY 1;
