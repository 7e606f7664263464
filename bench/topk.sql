-- The ten most frequent values of 10 million rows, beside counting every value; few values (event_name) and many (user_id).
DROP TABLE IF EXISTS bench_topk;
CREATE TABLE bench_topk AS SELECT analytics.time_bin('1 day', event_time) AS day, analytics.topk_agg(user_id, 10) AS users FROM events GROUP BY 1;
-- name: by hand: GROUP BY user_id ORDER BY count DESC LIMIT 10, serial
SET max_parallel_workers_per_gather = 0;
SELECT user_id, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC LIMIT 10;
-- name: topk_agg(user_id, 10), serial
SET max_parallel_workers_per_gather = 0;
SELECT t.* FROM (SELECT analytics.topk_agg(user_id, 10) AS s FROM events) AS q, LATERAL analytics.topk_values(s) AS t;
-- name: by hand: GROUP BY user_id ORDER BY count DESC LIMIT 10, 2 workers
SET max_parallel_workers_per_gather = 2;
SELECT user_id, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC LIMIT 10;
-- name: topk_agg(user_id, 10), 2 workers
SET max_parallel_workers_per_gather = 2;
SELECT t.* FROM (SELECT analytics.topk_agg(user_id, 10) AS s FROM events) AS q, LATERAL analytics.topk_values(s) AS t;
-- name: by hand: GROUP BY event_name, serial
SET max_parallel_workers_per_gather = 0;
SELECT event_name, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC LIMIT 10;
-- name: topk_agg(event_name, 10), serial
SET max_parallel_workers_per_gather = 0;
SELECT t.* FROM (SELECT analytics.topk_agg(event_name, 10) AS s FROM events) AS q, LATERAL analytics.topk_values(s) AS t;
-- name: topk_agg(event_name, 10), 2 workers
SET max_parallel_workers_per_gather = 2;
SELECT t.* FROM (SELECT analytics.topk_agg(event_name, 10) AS s FROM events) AS q, LATERAL analytics.topk_values(s) AS t;
-- name: by hand: users by day and user, the ten first of each day
SELECT * FROM (SELECT day, user_id, n, row_number() OVER (PARTITION BY day ORDER BY n DESC) AS place
    FROM (SELECT date_trunc('day', event_time) AS day, user_id, count(*) AS n FROM events GROUP BY 1, 2) AS c) AS p WHERE place <= 10;
-- name: topk_agg(user_id, 10) by day
SELECT day, t.* FROM (SELECT analytics.time_bin('1 day', event_time) AS day, analytics.topk_agg(user_id, 10) AS s FROM events GROUP BY 1) AS q, LATERAL analytics.topk_values(s) AS t;
-- name: 91 stored days united
SELECT t.* FROM (SELECT analytics.topk_union_agg(users) AS s FROM bench_topk) AS q, LATERAL analytics.topk_values(s) AS t;
