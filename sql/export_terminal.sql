-- spark, bar, heatmap: pictures against ones drawn by hand, in blocks and in ASCII; every odd value; what is refused; that the
-- query of a heatmap runs with the caller's search path and rights, and writes nothing.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
\set SHOW_CONTEXT never

-- A trend: eight heights from the least to the greatest; what is not there is a blank.
SELECT analytics.spark('{1,2,3,4,5,6,7,8}') AS stairs,
       analytics.spark('{1,NULL,8,NaN,4.5}') AS holes,
       analytics.spark('{-3,0,3}') AS negative,
       analytics.spark('{3,3,3}') AS flat,
       analytics.spark('{-Infinity,0,1,Infinity}') AS infinite,
       analytics.spark('{-1e308,0,1e308}') AS wide;
SELECT analytics.spark('{1,2,3,4,5,6,7,8}', 0, 16) AS fixed,
       analytics.spark('{1,5,9}', min => 4) AS from_four,
       analytics.spark('{1,5,9}', max => 5) AS to_five,
       analytics.spark('{0,0}', min => 0) AS nothing,
       analytics.spark('{0,0}', max => 0) AS all_of_it;
SELECT '[' || analytics.spark('{}') || ']' AS empty, '[' || analytics.spark('{NULL,NaN}') || ']' AS blank,
       analytics.spark(NULL) IS NULL AS null_in, analytics.spark('{{1,2},{3,4}}') AS two_dimensions,
       analytics.spark('[0:2]={1,2,3}') AS from_zero, analytics.spark(ARRAY[1, 2, 3]) AS integers,
       analytics.spark(ARRAY[1.5, 2]::numeric[]) AS numerics;
SELECT analytics.spark('{1,2,3,4,5,6,7,8}', style => 'ascii') AS ascii;
SELECT length(analytics.spark(array_agg(n))) AS long FROM generate_series(1, 100000) n;

-- A line for each group, beside other columns.
SELECT region, sum(v) AS total, analytics.spark(array_agg(v ORDER BY day)) AS trend,
       analytics.bar(sum(v), max(sum(v)) OVER (), 10) AS bar
FROM (VALUES ('north', 1, 2), ('north', 2, 8), ('north', 3, 5), ('south', 1, 3), ('south', 2, 2), ('south', 3, 1)) s(region, day, v)
GROUP BY region ORDER BY region;

-- A bar: to an eighth of a character; never empty for something, never full for less than all.
SELECT v, analytics.bar(v, 8, 4) AS blocks, analytics.bar(v, 8, 4, 'ascii') AS ascii
FROM unnest('{-1,0,1e-300,0.25,1,2,3.5,4,7.999,8,8.001,Infinity,-Infinity}'::float8[]) WITH ORDINALITY u(v, n) ORDER BY n;
SELECT analytics.bar(6.4, 10, 10) AS ten, length(analytics.bar(1, 1)) AS by_default, analytics.bar(3, 8, 1) AS one,
       analytics.bar(0, 0) = '' AS nothing_of_nothing, analytics.bar(3, 0, 3) AS more_than_nothing,
       analytics.bar(-1, -2) = '' AS negative, analytics.bar(5, 'Infinity', 3) AS endless;
SELECT analytics.bar(NULL, 1) IS NULL AS value, analytics.bar(1, NULL) IS NULL AS max, analytics.bar('NaN', 1) IS NULL AS nan,
       analytics.bar(1, 'NaN') IS NULL AS max_nan;

-- A triangle.
CREATE TABLE terminal_triangle (cohort date, period int, rate numeric);
INSERT INTO terminal_triangle
	SELECT date '2026-03-01' + c, p, CASE WHEN c + p <= 4 THEN round((1.0 - c * 0.05) / (1 + p), 4) END
	FROM generate_series(0, 4) c, generate_series(0, 4) p;
SELECT * FROM analytics.heatmap('TABLE terminal_triangle ORDER BY cohort, period', '0%');
SELECT * FROM analytics.heatmap('TABLE terminal_triangle ORDER BY cohort, period', '0.0', cells => 'values', max => 0.5);
SELECT * FROM analytics.heatmap('TABLE terminal_triangle ORDER BY cohort, period', cells => 'shades', max => 0.5);
SELECT * FROM analytics.heatmap('TABLE terminal_triangle ORDER BY cohort, period', '0%', style => 'ascii', min => 0.2, max => 1);

-- Unaligned it is the same text; with colours each cell sets its background and takes it back.
\pset format unaligned
SELECT * FROM analytics.heatmap('TABLE terminal_triangle ORDER BY cohort, period', '0%');
SELECT replace(l, E'\033', '<ESC>') AS line
FROM analytics.heatmap('TABLE terminal_triangle ORDER BY cohort, period LIMIT 7', '0%', colors => true) WITH ORDINALITY h(l, n)
ORDER BY n;
\pset format aligned

-- Order of first appearance, whatever it is; labels of any type; what is wide, long, empty, NULL or controls the terminal.
SELECT * FROM analytics.heatmap($$VALUES ('東京', '一月', 10), ('Berlin', '二月', 30), ('Berlin', '一月', -5), ('東京', '二月', NULL)$$);
SELECT * FROM analytics.heatmap($$SELECT true, 1.50, 7::int2$$) AS line;
SELECT * FROM analytics.heatmap($$VALUES (E'a\tb\nc', NULL, 1), ('', E'\033[31mred', 2), (NULL, repeat('x', 60), 3)$$) AS line;
SELECT * FROM analytics.heatmap($$VALUES ('u', E'\u202eabc', 1), (repeat('長', 50), 'e' || U&'\0301', 2)$$) AS line;

SELECT * FROM analytics.heatmap($$VALUES ('north', 'view', 812), ('north', 'checkout_completed', 31)$$) AS line;

-- Odd values: nothing for NULL and NaN, the ends of the scale for infinities.
SELECT * FROM analytics.heatmap($$VALUES ('a', 1, 'NaN'::float8), ('a', 2, NULL), ('a', 3, 'Infinity'), ('a', 4, '-Infinity'), ('a', 5, 5), ('a', 6, 0)$$);
SELECT * FROM analytics.heatmap($$VALUES ('a', 'x', 0), ('b', 'x', 0)$$);
SELECT * FROM analytics.heatmap($$VALUES ('a', 'x', 12345678901234567::bigint), ('b', 'x', -1)$$, '#,##0');
SELECT * FROM analytics.heatmap($$VALUES ('a', 'x', 1.25::real), ('b', 'x', NULL)$$);
SELECT count(*) AS no_lines FROM analytics.heatmap('SELECT 1, 2, 3 WHERE false');
SELECT count(*) AS lines, max(length(l)) AS width
FROM analytics.heatmap('SELECT r, c, r * c FROM generate_series(1, 1000) r, generate_series(1, 100) c') l;
SELECT analytics.heatmap('SELECT 1, 2, 3') AS as_a_column;

-- The caller's search path, rights and snapshot.
CREATE SCHEMA terminal_s;
CREATE TABLE terminal_s.only_here AS SELECT 'r' AS a, 'c' AS b, 1 AS v;
SET search_path = terminal_s, public;
SELECT * FROM analytics.heatmap('TABLE only_here');
RESET search_path;
CREATE ROLE terminal_reader;
GRANT USAGE ON SCHEMA analytics TO terminal_reader;
SET ROLE terminal_reader;
SELECT * FROM analytics.heatmap('TABLE terminal_triangle');
RESET ROLE;

-- Refused.
SELECT analytics.spark('{1}', 'NaN');
SELECT analytics.spark('{1}', NULL, 'Infinity');
SELECT analytics.spark('{1}', 2, 1);
SELECT analytics.spark('{1}', style => 'block');
SELECT analytics.bar(1, 1, 0);
SELECT analytics.bar(1, 1, 1001);
SELECT analytics.bar(1, 1, NULL);
SELECT * FROM analytics.heatmap(NULL);
SELECT * FROM analytics.heatmap('SELECT 1, 2');
SELECT * FROM analytics.heatmap($$SELECT 1, 2, 'x'$$);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM analytics.heatmap('SELECT 1, 2, true');
SELECT * FROM analytics.heatmap('SELECT 1, 2, 3', cells => 'shade');
SELECT * FROM analytics.heatmap('SELECT 1, 2, 3', cells => NULL);
SELECT * FROM analytics.heatmap('SELECT 1, 2, 3', colors => NULL);
SELECT * FROM analytics.heatmap('SELECT 1, 2, 3', '[oops');
SELECT * FROM analytics.heatmap('SELECT 1, 2, 3', min => 1, max => 1);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM analytics.heatmap('SELECT 1, 2, 3; SELECT 1, 2, 3');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM analytics.heatmap($$SELECT 'a', 'b', n FROM generate_series(1, 2) n$$);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM analytics.heatmap('SELECT n, 1, 1 FROM generate_series(1, 1001) n');
SELECT * FROM analytics.heatmap('SELECT 1, n, 1 FROM generate_series(1, 101) n');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM analytics.heatmap('SELECT 1, 2, 1e400::numeric');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM analytics.heatmap('DELETE FROM terminal_triangle RETURNING *');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM analytics.heatmap('SELECT 1 / (n - 3), 2, 3 FROM generate_series(1, 5) n');

REVOKE USAGE ON SCHEMA analytics FROM terminal_reader;
DROP ROLE terminal_reader;
DROP TABLE terminal_s.only_here;
DROP SCHEMA terminal_s;
DROP TABLE terminal_triangle;
