-- Sums of floats that do not depend on the order, beside PostgreSQL's own, which do; sums that are stored by hour and united.
DROP TABLE IF EXISTS bench_floats, bench_exact_sum;
CREATE TABLE bench_floats AS SELECT event_time, (event_id % 1009) * ln(event_id + 1)::float8 / 7 AS x FROM events;
VACUUM (ANALYZE, FREEZE) bench_floats;
CREATE TABLE bench_exact_sum AS SELECT analytics.time_bin('1 hour', event_time) AS hour, analytics.exact_sum_agg(x) AS s FROM bench_floats GROUP BY 1;
-- name: by hand: sum(x), serial
SET max_parallel_workers_per_gather = 0;
SELECT sum(x) FROM bench_floats;
-- name: exact_sum(x), serial
SET max_parallel_workers_per_gather = 0;
SELECT analytics.exact_sum(x) FROM bench_floats;
-- name: by hand: avg(x), serial
SET max_parallel_workers_per_gather = 0;
SELECT avg(x) FROM bench_floats;
-- name: exact_avg(x), serial
SET max_parallel_workers_per_gather = 0;
SELECT analytics.exact_avg(x) FROM bench_floats;
-- name: by hand: sum(x::numeric), of 15 digits of each, serial
SET max_parallel_workers_per_gather = 0;
SELECT sum(x::numeric) FROM bench_floats;
-- name: by hand: sum(x), 2 workers
SET max_parallel_workers_per_gather = 2;
SELECT sum(x) FROM bench_floats;
-- name: exact_sum(x), 2 workers
SET max_parallel_workers_per_gather = 2;
SELECT analytics.exact_sum(x) FROM bench_floats;
-- name: by hand: sum(x) by day, serial
SET max_parallel_workers_per_gather = 0;
SELECT analytics.time_bin('1 day', event_time), sum(x) FROM bench_floats GROUP BY 1;
-- name: exact_sum(x) by day, serial
SET max_parallel_workers_per_gather = 0;
SELECT analytics.time_bin('1 day', event_time), analytics.exact_sum(x) FROM bench_floats GROUP BY 1;
-- name: stored sums of 2,160 hours to one
SELECT analytics.exact_sum_value(analytics.exact_sum_union_agg(s)) FROM bench_exact_sum;
