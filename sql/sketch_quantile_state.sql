/*
 * The aggregates of quantile give the same bytes whatever the plan: any order,
 * parts merged in any tree, parallel, spilled, over windows and grouping sets; a
 * sketch is the same value flat and expanded. Accuracies do not mix. Small
 * groups take little memory.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET search_path = public, analytics;

-- Group 0 has most rows; the first of the others have fewer than 32. Among the values are negative ones, zeros, infinities and NaN.
CREATE TABLE quantile_rows AS
SELECT CASE WHEN n % 3 = 0 THEN 0 ELSE floor(sqrt(n)) END::int AS g, n,
       CASE WHEN n % 1009 = 0 THEN 'NaN' WHEN n % 997 = 0 THEN 'Infinity' WHEN n % 991 = 0 THEN '-Infinity' WHEN n % 101 = 0 THEN 0
       ELSE exp(((n::bigint * 48271) % 99991) / 9000.0 - 5) * (CASE WHEN n % 7 = 0 THEN -1 ELSE 1 END) END::float8 AS v
FROM generate_series(1, 30000) AS n;
ANALYZE quantile_rows;
CREATE TABLE quantile_whole AS
SELECT g, quantile_agg(v) AS q, quantile_agg(v, 0.05) AS q5, percentile_disc(ARRAY[0.1, 0.5, 0.95]) WITHIN GROUP (ORDER BY v) AS p, count(*) AS n FROM quantile_rows GROUP BY g;
SELECT quantile_info(q) ->> 'form' AS form, count(*) AS groups, bool_and(quantile_count(q) = n) AS counted FROM quantile_whole GROUP BY 1 ORDER BY 1;

-- Any order.
SELECT bool_and(one::bytea = w.q::bytea) AS same FROM (
    SELECT g, quantile_agg(v ORDER BY v) AS a, quantile_agg(v ORDER BY v DESC) AS b, quantile_agg(v ORDER BY md5(n::text)) AS c FROM quantile_rows GROUP BY g) AS s
    CROSS JOIN LATERAL unnest(ARRAY[a, b, c]) AS one JOIN quantile_whole AS w USING (g);

-- Parts by 2, 7 and 400, merged from first to last, back, and in a tree by 10; one by one with ||.
SELECT k, bool_and(forth::text = w AND back::text = w) AS same
FROM (SELECT k, g, quantile_union_agg(q ORDER BY part) AS forth, quantile_union_agg(q ORDER BY part DESC) AS back
      FROM (SELECT k, g, n % k AS part, quantile_agg(v) AS q FROM quantile_rows, unnest(ARRAY[2, 7, 400]) AS k GROUP BY 1, 2, 3) AS p GROUP BY k, g) AS s
JOIN (SELECT g, q::text AS w FROM quantile_whole) AS x USING (g) GROUP BY k ORDER BY k;
SELECT bool_and(t.q = w.q) AS tree
FROM (SELECT g, quantile_union_agg(q) AS q FROM (
        SELECT g, part % 10, quantile_union_agg(q) AS q FROM (SELECT g, n % 400 AS part, quantile_agg(v) AS q FROM quantile_rows GROUP BY 1, 2) AS p
        GROUP BY 1, 2) AS s GROUP BY g) AS t JOIN quantile_whole AS w USING (g);
WITH RECURSIVE steps AS (
    SELECT 0 AS i, '\x012300'::quantile AS q
    UNION ALL
    SELECT i + 1, CASE i % 3 WHEN 0 THEN q || one WHEN 1 THEN one || q ELSE quantile_union(q, one) END
    FROM steps, LATERAL (SELECT quantile_agg(v) AS one FROM quantile_rows WHERE n = i + 1) AS o WHERE i < 100)
SELECT q = w AS same FROM steps, (SELECT quantile_agg(v) AS w FROM quantile_rows WHERE n <= 100) AS x WHERE i = 100;

-- A chain of calls, flat and expanded.
SELECT quantile_count(a || b) = quantile_count(a) + quantile_count(b) AS count, (a || b) = (b || a) AS commutes, (a || b) || c = a || (b || c) AS associates,
       (quantile_agg || a) = (a || quantile_agg) AS flat_and_expanded
FROM (SELECT (SELECT q FROM quantile_whole WHERE g = 0) AS a, (SELECT q FROM quantile_whole WHERE g = 3) AS b, (SELECT q FROM quantile_whole WHERE g = 29) AS c) AS x,
     (SELECT quantile_agg(v) FROM quantile_rows WHERE g = 5) AS y;

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
SELECT pg_temp.is_parallel('SELECT g, quantile_agg(v), quantile_agg(v, 0.05), approx_percentile(v, ARRAY[0.5]), approx_percentile(v, 0.5, 0.05) FROM quantile_rows GROUP BY g') AS parallel;
SELECT count(*) AS groups, bool_and(p.q::bytea = w.q::bytea AND p.q5::bytea = w.q5::bytea) AS same,
       bool_and(several IS NOT DISTINCT FROM approx_quantile(w.q, ARRAY[0.95, NULL, 0.1]) AND one = approx_quantile(w.q5, 0.5) AND none IS NULL) AS same_answers
FROM (SELECT g, quantile_agg(v) AS q, quantile_agg(v, 0.05) AS q5, approx_percentile(v, ARRAY[0.95, NULL, 0.1]) AS several, approx_percentile(v, 0.5, 0.05) AS one,
             approx_percentile(v, NULL::float8[]) AS none FROM quantile_rows GROUP BY g) AS p
JOIN quantile_whole AS w USING (g);
SELECT pg_temp.is_parallel('SELECT quantile_union_agg(q) FROM quantile_whole') AS parallel,
       (SELECT quantile_union_agg(q)::text FROM quantile_whole) = (SELECT quantile_agg(v)::text FROM quantile_rows) AS same,
       (SELECT approx_percentile(v, 0.5) FROM quantile_rows WHERE n < 0) IS NULL AS nobody;
-- What differs between processes is seen when their states meet.
CREATE FUNCTION pg_temp.code(query text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; RETURN 'none'; EXCEPTION WHEN OTHERS THEN RETURN sqlstate; END $$;
SELECT pg_temp.code('SELECT approx_percentile(v, CASE WHEN n < 15000 THEN 0.5 ELSE 0.6 END) FROM quantile_rows') AS fractions,
       pg_temp.code('SELECT quantile_agg(v, CASE WHEN n < 15000 THEN 0.01 ELSE 0.02 END) FROM quantile_rows') AS accuracies,
       pg_temp.code('SELECT approx_percentile(v, 0.5, CASE WHEN n < 15000 THEN 0.01 ELSE 0.02 END) FROM quantile_rows') AS accuracies_in_one_call;
SET max_parallel_workers_per_gather = 0;

-- Little memory: the groups spill, the answer stays. Enough memory: groups of 12 values take below 700 bytes each, in one batch.
SET enable_sort = off;
SET work_mem = '64kB';
SELECT count(*) AS groups, bool_and(a = b) AS exact
FROM (SELECT n % 2500 AS g, approx_percentile(n, 0.5) AS a, percentile_disc(0.5) WITHIN GROUP (ORDER BY n) AS b FROM quantile_rows GROUP BY 1) AS s;
RESET work_mem;
CREATE FUNCTION pg_temp.hashed(query text, OUT batches int, OUT bytes_per_group_below int) LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, FORMAT JSON) ' || query INTO plan;
    plan := plan -> 0 -> 'Plan';
    batches := plan ->> 'HashAgg Batches';
    bytes_per_group_below := ceil((plan ->> 'Peak Memory Usage')::numeric * 1024 / (plan ->> 'Actual Rows')::numeric / 100) * 100;
END $$;
SELECT batches, bytes_per_group_below <= 700 AS small FROM pg_temp.hashed('SELECT n % 2500, quantile_agg(v) FROM quantile_rows GROUP BY 1');
SELECT batches, bytes_per_group_below <= 700 AS small FROM pg_temp.hashed('SELECT n % 2500, approx_percentile(v, 0.5) FROM quantile_rows GROUP BY 1');
RESET enable_sort;

-- Windows: a growing frame, a moving one, and partitions, against the plain aggregate of the same rows.
SELECT bool_and(w = (SELECT quantile_agg(v) FROM quantile_rows WHERE n <= s.n)) AS growing, bool_and(m = (SELECT quantile_agg(v) FROM quantile_rows WHERE n BETWEEN s.n - 40 AND s.n)) AS moving,
       bool_and(p = (SELECT approx_percentile(v, 0.5) FROM quantile_rows WHERE n <= 150 AND n % 4 = s.n % 4 AND n <= s.n)) AS partitions
FROM (SELECT n, quantile_agg(v) OVER (ORDER BY n) AS w, quantile_agg(v) OVER (ORDER BY n ROWS 40 PRECEDING) AS m, approx_percentile(v, 0.5) OVER (PARTITION BY n % 4 ORDER BY n) AS p
      FROM quantile_rows WHERE n <= 150) AS s;

-- Grouping sets: hashed and sorted, each set with states of its own.
SELECT bool_and(q = (SELECT quantile_agg(v) FROM quantile_rows AS r WHERE r.g < 40 AND (s.g IS NULL OR r.g = s.g) AND (s.h IS NULL OR r.n % 3 = s.h))) AS same, count(*) AS sets
FROM (SELECT g, n % 3 AS h, quantile_agg(v) AS q FROM quantile_rows WHERE g < 40 GROUP BY CUBE (g, n % 3)) AS s;

-- A column of sketches, updated in place, compared, grouped, joined.
CREATE TABLE quantile_days (day int PRIMARY KEY, q quantile);
INSERT INTO quantile_days SELECT n % 4, quantile_agg(v) FROM quantile_rows WHERE n <= 2000 GROUP BY 1;
INSERT INTO quantile_days SELECT n % 6, quantile_agg(v) FROM quantile_rows WHERE n BETWEEN 2001 AND 4000 GROUP BY 1
ON CONFLICT (day) DO UPDATE SET q = quantile_days.q || excluded.q;
SELECT quantile_union_agg(q) = (SELECT quantile_agg(v) FROM quantile_rows WHERE n <= 4000) AS same, sum(quantile_count(q)) AS n FROM quantile_days;
SELECT count(*) AS distinct FROM (SELECT q FROM quantile_days UNION SELECT q FROM quantile_days) AS s;
SELECT count(*) AS equal FROM quantile_days AS a JOIN quantile_days AS b ON a.q = b.q WHERE NOT a.q <> b.q;

-- Accuracies do not mix; too many values are refused.
SELECT q || q5 FROM quantile_whole WHERE g = 0;
SELECT quantile_union_agg(q) FROM (SELECT q FROM quantile_whole UNION ALL SELECT q5 FROM quantile_whole) AS s;
WITH RECURSIVE doubled AS (SELECT 0 AS i, '\x0123210121'::quantile AS q UNION ALL SELECT i + 1, q || q FROM doubled WHERE i < 57)
SELECT quantile_count(q), approx_quantile(q, 0.5) FROM doubled WHERE i = 57;
WITH RECURSIVE doubled AS (SELECT 0 AS i, '\x0123210121'::quantile AS q UNION ALL SELECT i + 1, q || q FROM doubled WHERE i < 58)
SELECT quantile_count(q) FROM doubled WHERE i = 58;

-- The parts of the aggregates refuse to be called by themselves.
SELECT quantile_agg_sfunc(NULL, 1);
SELECT quantile_union_sfunc(quantile_agg(v), quantile_agg(v)) FROM generate_series(1, 3) AS v;
SELECT approx_percentile_sfunc(NULL, 1, 0.5);
SELECT approx_percentile_combine('\x00', '\x00');
SELECT approx_percentile_final('\x00');

DROP TABLE quantile_rows, quantile_whole, quantile_days;
