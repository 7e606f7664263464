/*
 * Sums of floats that do not depend on order: worked out by hand; beside sums of whole
 * numbers in numeric, which are exact; any order, any split, any tree of unions and any plan
 * give the same stored form, which is described byte by byte in docs/exact_sum.md.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET search_path = public, analytics;

-- By hand: what cancels, what is below the last digit, tenths, the ends of the range; beside sum(float8), which follows the order.
SELECT n, exact_sum(x), exact_avg(x), exact_sum_count(exact_sum_agg(x)) AS count FROM (VALUES
    (1, '{1e308,1e308,-1e308}'::float8[]), (2, '{0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1}'), (3, '{1e16,1,-1e16}'), (4, '{1,1e16,-1e16}'), (5, '{1e100,1,-1e100,1,NULL}'),
    (6, '{0.1,0.2,0.3}'), (7, '{5e-324,5e-324}'), (8, '{-0,-0}'), (9, '{1.7976931348623157e308,-1.7976931348623157e308}'), (10, '{9007199254740992,1,1}')) AS t(n, v), unnest(v) AS x GROUP BY n ORDER BY n;
SELECT sum(x ORDER BY n) AS one_order, sum(x ORDER BY n DESC) AS the_other, exact_sum(x ORDER BY n) = exact_sum(x ORDER BY n DESC) AS same FROM unnest('{1e16,1,-1e16,1}'::float8[]) WITH ORDINALITY AS t(x, n);
-- Real is not added up as real, integers and numerics are taken too.
SELECT exact_sum(x) AS real FROM (SELECT 1e8::real AS x UNION ALL SELECT 1 FROM generate_series(1, 100)) AS t;
SELECT exact_sum(n) AS integers, exact_sum(n / 10.0) AS numerics, exact_avg(n::bigint) AS mean FROM generate_series(1, 10) AS n;

-- NaN and the infinities, as sum(float8) has them.
SELECT n, exact_sum(x), sum(x), exact_avg(x) FROM (VALUES (1, '{Infinity,1}'::float8[]), (2, '{-Infinity,1e308,1e308}'), (3, '{Infinity,-Infinity}'), (4, '{NaN,1}'), (5, '{NaN,Infinity}'),
    (6, '{Infinity,Infinity}')) AS t(n, v), unnest(v) AS x GROUP BY n ORDER BY n;

-- Beyond the range is an error, as it is for sum(float8), unless an infinity was added; the mean is right all the same.
SELECT exact_sum(x) FROM unnest('{1e308,1e308}'::float8[]) AS x;
SELECT exact_sum_value(exact_sum_agg(x)) FROM unnest('{-1e308,-1e308}'::float8[]) AS x;
SELECT sum(x) FROM unnest('{1e308,1e308}'::float8[]) AS x;
SELECT exact_avg(x), exact_sum_value(exact_sum_agg(x) || exact_sum_agg('Infinity')) AS infinite FROM unnest('{1e308,1e308}'::float8[]) AS x;
SELECT exact_sum(1.7976931348623157e308) AS greatest, exact_sum(-1.7976931348623157e308) AS least;

-- Of nothing, as sum and avg.
SELECT exact_sum(x), exact_avg(x), exact_sum_agg(x), exact_sum_union_agg(NULL) FROM unnest('{NULL,NULL}'::float8[]) AS x;
SELECT exact_sum(1::float8) FILTER (WHERE false) AS sum, exact_sum_union(NULL, exact_sum_agg(1)) AS union;
SELECT exact_sum_value(e), exact_sum_mean(e), exact_sum_count(e), exact_sum_value(e || exact_sum_agg(2)) AS two FROM (SELECT '\x010000'::exact_sum AS e) AS t GROUP BY e;

-- Rows whose values are whole numbers of 2^-60: w. Their sum is exact in numeric, and in text a number that PostgreSQL reads as the nearest double.
CREATE TABLE exact_rows AS
SELECT n, CASE WHEN n % 3 = 0 THEN 0 ELSE floor(sqrt(n)) END::int AS g, (m * 2::float8 ^ s) AS x, m::numeric * 2::numeric ^ (s + 60) AS w
FROM (SELECT n, (n::bigint * 271828182845904 % 9007199254740881) * (1 - n % 2 * 2) AS m, (n::bigint * 48271 % 121 - 60)::int AS s FROM generate_series(1, 20000) AS n) AS t;
ANALYZE exact_rows;
CREATE TABLE exact_whole AS SELECT g, exact_sum_agg(x) AS s, sum(w) AS w, count(*) AS n FROM exact_rows GROUP BY g;
SELECT count(*) AS groups, bool_and(exact_sum_value(s) = (w::text::float8) / 2::float8 ^ 60) AS sums, bool_and(exact_sum_count(s) = n) AS counts,
       bool_and(exact_sum_mean(s) = (div(w * 1e40, n)::text || 'e-40')::float8 / 2::float8 ^ 60) AS means FROM exact_whole;
SELECT bool_and(exact_sum = exact_sum_value(s) AND exact_avg = exact_sum_mean(s)) AS one_call FROM (SELECT g, exact_sum(x), exact_avg(x) FROM exact_rows GROUP BY g) AS t JOIN exact_whole USING (g);

-- Any order.
SELECT bool_and(one::text = w.s::text) AS same FROM (
    SELECT g, exact_sum_agg(x ORDER BY x) AS a, exact_sum_agg(x ORDER BY x DESC) AS b, exact_sum_agg(x ORDER BY md5(n::text)) AS c FROM exact_rows GROUP BY g) AS t
    CROSS JOIN LATERAL unnest(ARRAY[a, b, c]) AS one JOIN exact_whole AS w USING (g);
-- Any split: parts by 2, 7 and 400, united from first to last, back, and in a tree by 10; one by one with ||.
SELECT k, bool_and(forth::text = w AND back::text = w) AS same
FROM (SELECT k, g, exact_sum_union_agg(s ORDER BY part) AS forth, exact_sum_union_agg(s ORDER BY part DESC) AS back
      FROM (SELECT k, g, n % k AS part, exact_sum_agg(x) AS s FROM exact_rows, unnest(ARRAY[2, 7, 400]) AS k GROUP BY 1, 2, 3) AS p GROUP BY k, g) AS t
JOIN (SELECT g, s::text AS w FROM exact_whole) AS x USING (g) GROUP BY k ORDER BY k;
SELECT bool_and(t.s = w.s) AS tree
FROM (SELECT g, exact_sum_union_agg(s) AS s FROM (
        SELECT g, part % 10, exact_sum_union_agg(s) AS s FROM (SELECT g, n % 400 AS part, exact_sum_agg(x) AS s FROM exact_rows GROUP BY 1, 2) AS p
        GROUP BY 1, 2) AS u GROUP BY g) AS t JOIN exact_whole AS w USING (g);
WITH RECURSIVE steps AS (
    SELECT 0 AS i, '\x010000'::exact_sum AS s
    UNION ALL
    SELECT i + 1, CASE i % 3 WHEN 0 THEN s || one WHEN 1 THEN one || s ELSE exact_sum_union(s, one) END
    FROM steps, LATERAL (SELECT exact_sum_agg(x) AS one FROM exact_rows WHERE n = i + 1) AS o WHERE i < 100)
SELECT s::text = w::text AS same FROM steps, (SELECT exact_sum_agg(x) AS w FROM exact_rows WHERE n <= 100) AS t WHERE i = 100;
SELECT (a || b) = (b || a) AS commutes, (a || b) || c = a || (b || c) AS associates, (d || a) = (a || d) AS flat_and_expanded
FROM (SELECT (SELECT s FROM exact_whole WHERE g = 0) AS a, (SELECT s FROM exact_whole WHERE g = 4) AS b, (SELECT s FROM exact_whole WHERE g = 29) AS c) AS t,
     (SELECT exact_sum_agg(x) AS d FROM exact_rows WHERE g = 5) AS u;
-- What was added is taken away again: nothing is left, but the number of values.
SELECT exact_sum_agg(y) AS zero FROM exact_rows, unnest(ARRAY[x, -x]) AS y;

-- Parallel: partial states travel flat, and are combined. The plan is looked at, so that this tests what it says.
CREATE FUNCTION pg_temp.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN plan::text LIKE '%"Partial Mode": "Partial"%' AND plan::text LIKE '%Gather%';
END $$;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 3;
SELECT pg_temp.is_parallel('SELECT g, exact_sum_agg(x), exact_sum(x), exact_avg(x) FROM exact_rows GROUP BY g') AS parallel, pg_temp.is_parallel('SELECT exact_sum_union_agg(s) FROM exact_whole') AS union;
SELECT count(*) AS groups, bool_and(p.s::text = w.s::text AND sum = exact_sum_value(w.s) AND avg = exact_sum_mean(w.s)) AS same
FROM (SELECT g, exact_sum_agg(x) AS s, exact_sum(x) AS sum, exact_avg(x) AS avg FROM exact_rows GROUP BY g) AS p JOIN exact_whole AS w USING (g);
SELECT (SELECT exact_sum_union_agg(s)::text FROM exact_whole) = (SELECT exact_sum_agg(x)::text FROM exact_rows) AS same, (SELECT exact_sum(x) FROM exact_rows WHERE n < 0) IS NULL AS nobody;
SET max_parallel_workers_per_gather = 0;

-- Groups that spill, that are sorted, windows and grouping sets.
SET work_mem = '64kB';
SET enable_sort = off;
SELECT bool_and(t.s = exact_sum_agg) AS spilled FROM (SELECT n % 5003 AS k, exact_sum_agg(x) FROM exact_rows GROUP BY 1) AS h
JOIN (SELECT n % 5003 AS k, exact_sum_union_agg(one) AS s FROM (SELECT n, exact_sum_agg(x) AS one FROM exact_rows GROUP BY n) AS o GROUP BY 1) AS t USING (k);
RESET work_mem;
RESET enable_sort;
SELECT bool_and(w = exact_sum_value(s)) AS running FROM (SELECT n, exact_sum(x) OVER (ORDER BY n) AS w FROM exact_rows WHERE n <= 50) AS t,
    LATERAL (SELECT exact_sum_agg(r.x) AS s FROM exact_rows AS r WHERE r.n <= t.n) AS u;
SELECT bool_and(t.s = w.s) AS sets FROM (SELECT g, exact_sum_agg(x) AS s FROM exact_rows GROUP BY ROLLUP (g)) AS t JOIN exact_whole AS w USING (g);
SELECT exact_sum_count(exact_sum_agg(DISTINCT x)) AS distinct FROM unnest('{1,1,2,NaN,NaN,0,-0}'::float8[]) AS x;

-- Stored forms, frozen; and back from text and bytea.
SELECT v, exact_sum_agg(x) AS stored FROM (VALUES ('{0}'::float8[]), ('{1}'), ('{-1}'), ('{1,2,3}'), ('{0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1}'), ('{1,-1}'), ('{NaN}'), ('{Infinity,-Infinity,-2.5}'),
    ('{5e-324}'), ('{1.7976931348623157e308}')) AS t(v), unnest(v) AS x GROUP BY v ORDER BY v;
SELECT length(exact_sum_agg(x)::bytea) AS longest, exact_sum(x) = 1e308 AS rounded FROM unnest('{1e308,5e-324}'::float8[]) AS x;
SELECT bool_and(s::text::exact_sum = s AND s::bytea::exact_sum = s AND exact_sum_send(s) = s::bytea AND exact_sum_from_bytea(s::bytea)::text = '\x' || encode(s::bytea, 'hex')) AS same, max(length(s::bytea)) < 40 AS small FROM exact_whole;
SELECT count(*) AS all, count(DISTINCT s::text) AS different FROM (SELECT s FROM exact_whole UNION ALL SELECT s FROM exact_whole) AS t;
SELECT count(*) AS groups FROM (SELECT s FROM (TABLE exact_whole UNION ALL TABLE exact_whole) AS t GROUP BY s) AS u;
SELECT exact_sum_agg(1) = exact_sum_agg(1) AS eq, exact_sum_agg(1) <> exact_sum_agg(2) AS ne, exact_sum_agg(1) = exact_sum_agg(x) AS another_count FROM unnest('{1,0}'::float8[]) AS x;

-- Bytes that were never stored: another version, no values but a sum, a sum that one value cannot have, more flags than values, something behind, zero bytes at the ends.
CREATE FUNCTION pg_temp.code(query text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; RETURN 'taken'; EXCEPTION WHEN OTHERS THEN RETURN sqlstate; END $$;
SELECT hex, pg_temp.code(format('SELECT %L::exact_sum', '\x' || hex)) AS text, pg_temp.code(format('SELECT %L::bytea::exact_sum', '\x' || hex)) AS bytea
FROM unnest('{010000,010100,01011086010140,"",00,01,0100,020000,010001,010010860101,01011086010100,0101108601020040,0101108601024000,0101110100,010107,010307,01010000,01018000,01011086010140ff,
    0101108f020101,01011086020103,01011086020104,01021086020104,01ffffffffffffffff7f00,0180808080808080808001}'::text[]) WITH ORDINALITY AS t(hex, n) ORDER BY n;
SELECT 'x'::exact_sum;
-- The number of values has an end.
SELECT '\x01ffffffffffffffff7f00'::exact_sum || exact_sum_agg(0) FROM generate_series(1, 1);
CREATE AGGREGATE pg_temp.goes_on(float8) (SFUNC = exact_sum_agg_sfunc, STYPE = exact_sum, FINALFUNC = exact_sum_count, INITCOND = '\x01feffffffffffffff7f00');
SELECT pg_temp.goes_on(1) FROM generate_series(1, 1);
SELECT pg_temp.goes_on(1) FROM generate_series(1, 2);
-- Only aggregates have states.
SELECT exact_sum_agg_sfunc(NULL, 1);
SELECT exact_sum_union_sfunc('\x010000', '\x010000');

DROP TABLE exact_rows, exact_whole;
DROP AGGREGATE pg_temp.goes_on(float8);
DROP FUNCTION pg_temp.is_parallel(text), pg_temp.code(text);
