-- Different users by day, exactly: a sort of every day's rows, which is always serial, beside sets; what the query costs without them; sets that are stored.
DROP TABLE IF EXISTS bench_distinct;
CREATE TABLE bench_distinct AS SELECT analytics.time_bin('1 day', event_time) AS day, analytics.distinct_agg(user_id) AS users FROM events GROUP BY 1;
-- name: by hand: count(DISTINCT user_id) by day
SELECT date_trunc('day', event_time), count(DISTINCT user_id) FROM events GROUP BY 1;
-- name: count_distinct, serial
SET max_parallel_workers_per_gather = 0;
SELECT analytics.time_bin('1 day', event_time), analytics.count_distinct(user_id) FROM events GROUP BY 1;
-- name: count_distinct, 2 workers
SET max_parallel_workers_per_gather = 2;
SELECT analytics.time_bin('1 day', event_time), analytics.count_distinct(user_id) FROM events GROUP BY 1;
-- name: count(*), serial
SET max_parallel_workers_per_gather = 0;
SELECT analytics.time_bin('1 day', event_time), count(*) FROM events GROUP BY 1;
-- name: count(*), 2 workers
SET max_parallel_workers_per_gather = 2;
SELECT analytics.time_bin('1 day', event_time), count(*) FROM events GROUP BY 1;
-- name: count_distinct of the whole, a text of user_id, serial
SET max_parallel_workers_per_gather = 0;
SELECT analytics.count_distinct(user_id::text) FROM events;
-- name: by hand: count(DISTINCT) of the whole, a text of user_id
SELECT count(DISTINCT user_id::text COLLATE "C") FROM events;
-- name: stored sets of 91 days to one count
SELECT analytics.distinct_count(analytics.distinct_union_agg(users)) FROM bench_distinct;
-- name: stored sets to a daily series
SELECT day, analytics.distinct_count(users) FROM bench_distinct;
