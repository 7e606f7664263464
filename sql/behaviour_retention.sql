/*
 * retention: by hand, against bool_or, serial and parallel, and what it refuses.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
-- Who came on the first, and again on the second and third: nothing counts without the first condition.
SELECT who, analytics.retention(day = '2026-01-01', day = '2026-01-02', day = '2026-01-03')
FROM (VALUES ('ann', date '2026-01-03'), ('ann', '2026-01-01'), ('bob', '2026-01-02'), ('bob', '2026-01-03'), ('cid', '2026-01-01'), ('dan', NULL)) AS t(who, day)
GROUP BY who ORDER BY who;
-- One condition is enough; one row may satisfy several; a NULL one is false; no rows, no answer.
SELECT analytics.retention(true) AS one, analytics.retention(i = 1, i = 1, NULL, i > 0) AS several, analytics.retention(VARIADIC ARRAY[i = 2, i = 1]) AS listed FROM generate_series(1, 2) i;
SELECT analytics.retention(true) AS none FROM generate_series(1, 0);
SELECT analytics.retention(i % 2 = 0) FILTER (WHERE i > 9) AS filtered FROM generate_series(1, 3) i;
SELECT array_length(analytics.retention(VARIADIC (SELECT array_agg(k = i ORDER BY k) FROM generate_series(1, 1000) k)), 1) AS conditions, bool_and(i > 0) FROM generate_series(1, 3) i;
-- Against bool_or, in parallel and not, sorted and hashed.
CREATE TABLE retention_events AS SELECT i % 977 AS who, i * 31 % 19 AS day FROM generate_series(1, 4000) i;
ANALYZE retention_events;
CREATE TEMP VIEW wrong AS
SELECT count(*) AS who, count(*) FILTER (WHERE got IS DISTINCT FROM wanted) AS wrong, count(*) FILTER (WHERE got[1]) > 50 AS some
FROM (SELECT who, analytics.retention(day = 1, day = 2, day = 3, day > 9) AS got, ARRAY[bool_or(day = 1), bool_or(day = 1) AND bool_or(day = 2), bool_or(day = 1) AND bool_or(day = 3), bool_or(day = 1) AND bool_or(day > 9)] AS wanted
	FROM retention_events GROUP BY who) s;
SELECT * FROM wrong;
SET enable_hashagg = off;
SELECT * FROM wrong;
RESET enable_hashagg;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT * FROM wrong;
SELECT analytics.retention(day = 1, day = 2, day = 30) AS parallel FROM retention_events;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
-- As a window function.
SELECT i, analytics.retention(i = 2, i = 1, i = 4) OVER (ORDER BY i) AS so_far, analytics.retention(i = 2, i = 1, i = 4) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS of_two FROM generate_series(1, 4) i ORDER BY i;
-- A curve: how many of the cohort came back on each day.
SELECT day, count(*) FILTER (WHERE came[day + 1]) AS users
FROM (SELECT who, analytics.retention(day = 1, day = 2, day = 3, day = 4) AS came FROM retention_events GROUP BY who) s, generate_series(0, 3) day GROUP BY day ORDER BY day;
-- What is refused.
SELECT analytics.retention(VARIADIC '{}');
SELECT analytics.retention(VARIADIC NULL);
SELECT analytics.retention(VARIADIC '{{t}}');
SELECT analytics.retention(VARIADIC array_fill(true, ARRAY[i])) FROM generate_series(1, 2) i;
SELECT analytics.retention(VARIADIC array_fill(true, ARRAY[1025]));
SELECT analytics.retention_sfunc(NULL, true);
SELECT analytics.retention_combine('{t}', '{f}');
CREATE AGGREGATE pg_temp.odd(VARIADIC boolean[]) (SFUNC = analytics.retention_sfunc, STYPE = boolean[], INITCOND = '{NULL}');
SELECT pg_temp.odd(true);
DROP VIEW wrong;
DROP TABLE retention_events;
