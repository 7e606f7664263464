/*
 * The aggregates of hll give the same bytes whatever the plan: serial, parallel,
 * merged from parts in any order, hashed in one batch or spilled, over windows
 * and grouping sets; and a sketch is the same value flat and expanded.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET search_path = public, analytics;

-- Group 0 has every user, so that it is dense; the others have fewer and fewer.
CREATE TABLE hll_rows AS
SELECT CASE WHEN n % 3 = 0 THEN 0 ELSE floor(sqrt(n % 400)) END::int AS g, (n::bigint * 7919) % 30011 AS u, n
FROM generate_series(1, 60000) AS n;
ANALYZE hll_rows;
CREATE TABLE hll_whole AS
SELECT g, hll_agg(u) AS h, hll_agg(u, 10) AS h10, hll_agg(u::text, 14, 'redis') AS hr, count(DISTINCT u) AS users FROM hll_rows GROUP BY g;
SELECT count(*) AS groups, count(*) FILTER (WHERE hll_info(h) ->> 'form' = 'tokens') AS small,
       bool_and(abs((# h) - users) <= 1) FILTER (WHERE hll_info(h) ->> 'form' = 'tokens') AS all_but_exact, bool_and(abs((# h) - users) < 0.03 * users) AS near
FROM hll_whole;

-- Any order, any number of copies of a value.
SELECT bool_and(h = w AND h::text = w::text) AS same FROM (
    SELECT g, hll_agg(u ORDER BY u) AS a, hll_agg(u ORDER BY n DESC) AS b, hll_agg(DISTINCT u) AS c, hll_agg(u ORDER BY md5(n::text)) AS d
    FROM (SELECT * FROM hll_rows UNION ALL SELECT * FROM hll_rows WHERE n % 2 = 0) AS r GROUP BY g) AS s
    CROSS JOIN LATERAL unnest(ARRAY[a, b, c, d]) AS h JOIN (SELECT g, h AS w FROM hll_whole) AS x USING (g);

-- Parts by 2, 7 and 100, merged from first to last, back, and in a tree by 10; one by one with || and hll_add.
SELECT k, bool_and(forth::text = w AND back::text = w) AS same
FROM (SELECT k, g, hll_union_agg(h ORDER BY part) AS forth, hll_union_agg(h ORDER BY part DESC) AS back
      FROM (SELECT k, g, n % k AS part, hll_agg(u) AS h FROM hll_rows, unnest(ARRAY[2, 7, 100]) AS k GROUP BY 1, 2, 3) AS p GROUP BY k, g) AS s
JOIN (SELECT g, h::text AS w FROM hll_whole) AS x USING (g) GROUP BY k ORDER BY k;
SELECT bool_and(t.h::text = w.h::text) AS tree
FROM (SELECT g, hll_union_agg(h) AS h FROM (
        SELECT g, part % 10, hll_union_agg(h) AS h FROM (SELECT g, n % 100 AS part, hll_agg(u) AS h FROM hll_rows GROUP BY 1, 2) AS p
        GROUP BY 1, 2) AS q GROUP BY g) AS t JOIN hll_whole AS w USING (g);
WITH RECURSIVE steps AS (
    SELECT 0 AS i, hll_empty() AS added, hll_empty() AS united
    UNION ALL
    SELECT i + 1, hll_add(added, i::bigint), united || hll_add(hll_empty(), i::bigint) FROM steps WHERE i < 4000)
SELECT added::text = w AND united::text = w AS same FROM steps, (SELECT hll_agg(n)::text AS w FROM generate_series(0, 3999) AS n) AS x WHERE i = 4000;

-- Different precisions: the union has the smaller, and is what it would have given; reducing does the same.
SELECT bool_and((h || h10)::text = h10::text AND (h10 || h)::text = h10::text AND hll_reduce(h, 10)::text = h10::text) AS same FROM hll_whole;
SELECT bool_and(hll_union_agg::text = h10::text) AS same
FROM (SELECT g, hll_union_agg(h ORDER BY n) FROM (SELECT g, n, hll_agg(u, 10 + n % 5) AS h FROM (SELECT g, u, n / 1000 % 5 AS n FROM hll_rows) AS r GROUP BY g, n) AS p
      GROUP BY g) AS s JOIN hll_whole USING (g);

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
SELECT pg_temp.is_parallel('SELECT g, hll_agg(u), hll_agg(u::text, 14, ''redis''), approx_count_distinct(u) FROM hll_rows GROUP BY g') AS parallel;
SELECT count(*) AS groups, bool_and(p.h::text = w.h::text AND p.h10::text = w.h10::text AND p.hr::text = w.hr::text AND c = # w.h) AS same FROM (
    SELECT g, hll_agg(u) AS h, hll_agg(u, 10) AS h10, hll_agg(u::text, 14, 'redis') AS hr, approx_count_distinct(u) AS c FROM hll_rows GROUP BY g) AS p
JOIN hll_whole AS w USING (g);
SELECT pg_temp.is_parallel('SELECT hll_union_agg(h) FROM hll_whole') AS parallel,
       (SELECT hll_union_agg(h)::text FROM hll_whole) = (SELECT hll_agg(u)::text FROM hll_rows) AS same,
       (SELECT approx_count_distinct(u) FROM hll_rows WHERE u < 0) AS nobody;
SET max_parallel_workers_per_gather = 0;

-- Little memory: the groups spill, the answer stays. Enough memory: 5,000 groups of 40 take below 700 bytes each, in one batch.
SET work_mem = '64kB';
SET enable_sort = off;
SELECT count(*) AS groups, sum(c) AS users, bool_and(c = d) AS exact
FROM (SELECT u % 5000 AS g, approx_count_distinct(n) AS c, count(*) AS d FROM hll_rows GROUP BY 1) AS s;
RESET work_mem;
CREATE FUNCTION pg_temp.hashed(query text, OUT batches int, OUT below_per_group boolean) LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, FORMAT JSON) ' || query INTO plan;
    plan := plan -> 0 -> 'Plan';
    batches := plan ->> 'HashAgg Batches';
    below_per_group := (plan ->> 'Peak Memory Usage')::int * 1024 / (plan ->> 'Actual Rows')::float < 700;
END $$;
SET work_mem = '16MB';
SELECT * FROM pg_temp.hashed('SELECT n % 5000, hll_agg(n) FROM generate_series(1, 200000) AS n GROUP BY 1');
RESET work_mem;
RESET enable_sort;

-- Windows: the state is read after every row and goes on growing, or begins again.
SELECT bool_and(c = d) AS running FROM (
    SELECT approx_count_distinct(u) OVER w AS c, count(*) OVER w AS rows, # hll_agg(u) OVER w AS same, u % 1000 AS r, n, n - 1 AS d FROM (
        SELECT n AS u, n + 1 AS n FROM generate_series(1, 300) AS n) AS r WINDOW w AS (ORDER BY n)) AS s;
SELECT array_agg(c ORDER BY n) AS of_three_rows FROM (
    SELECT n, approx_count_distinct(n / 2) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS c FROM generate_series(1, 8) AS n) AS s;
SELECT array_agg(DISTINCT # h) AS of_each_part FROM (SELECT hll_union_agg(x) OVER (PARTITION BY n % 4) AS h
    FROM (SELECT n, hll_add(hll_empty(), n) AS x FROM generate_series(1, 40) AS n) AS r) AS s;

-- FILTER, two aggregates that share a state, grouping sets, an aggregate of aggregates.
SELECT approx_count_distinct(u) FILTER (WHERE g = 19) AS some, # hll_agg(u) FILTER (WHERE g = 19) AS same,
       approx_count_distinct(u) FILTER (WHERE g = -1) AS none, hll_agg(u) FILTER (WHERE g = -1) IS NULL AS nothing FROM hll_rows;
SELECT total, count(*) AS sets, bool_and(s.h::text = coalesce(w.h, t.h)::text) AS same
FROM (SELECT g, GROUPING(g) AS total, hll_agg(u) AS h FROM hll_rows GROUP BY CUBE (g)) AS s LEFT JOIN hll_whole AS w USING (g),
     (SELECT hll_union_agg(h) AS h FROM hll_whole) AS t GROUP BY total ORDER BY total;

-- In variables of PL/pgSQL, in a CTE, in an array, in a row, as a default: expanded here, flat there.
DO $$
DECLARE a hll := hll_empty(); b hll; c hll; many hll[] := '{}';
BEGIN
    FOR i IN 1 .. 5000 LOOP
        a := hll_add(a, i);
        IF i = 2000 THEN b := a; END IF;
    END LOOP;
    c := a || b;
    a := a || a;
    many := ARRAY[a, b, c];
    b := hll_add(b, 1000000);
    RAISE NOTICE 'a %, b %, c %, in the array % %', abs((# a) - 5000) < 150, # b, c = a, # many[2], many[1] = many[3];
END $$;
WITH h AS MATERIALIZED (SELECT hll_add(hll_add(hll_empty(), 1), 2) AS h)
SELECT # hll_add(a.h, 3) AS three, # hll_add(a.h, 4) AS also_three, # a.h AS still_two, # (a.h || b.h) AS two, a.h = b.h AS same FROM h AS a, h AS b;
CREATE TYPE pg_temp.hll_pair AS (h hll, n int);
SELECT # (r).h AS of_row, (r).n AS other FROM (SELECT ROW(hll_add(hll_empty(), 1), 7)::pg_temp.hll_pair AS r OFFSET 0) AS s;

-- Stored out of line and read again: whole, and the header alone.
CREATE TABLE hll_long (p int, h hll);
INSERT INTO hll_long SELECT p, hll_agg(n, p) FROM generate_series(1, 200000) AS n, unnest(ARRAY[10, 14, 16]) AS p GROUP BY p;
SELECT p, pg_column_size(h) > 2000 AS long, pg_column_size(h) < 0.61 * 2 ^ p + 100 AS packed, # h = hll_count(hll_reduce(h, p)) AS read, hll_union_agg(h)::text = h::text AS whole
FROM hll_long GROUP BY p, h::text, h ORDER BY p;
SELECT # hll_union_agg(h) = (SELECT # h FROM hll_long WHERE p = 10) AS smallest FROM hll_long;

-- Arguments: the same for all rows of a group, and in range; the parts of the aggregates cannot be called by hand.
SELECT hll_agg(n, 10 + n) FROM generate_series(1, 2) AS n;
SELECT hll_agg(n, 14, CASE n WHEN 1 THEN 'murmur3' ELSE 'redis' END) FROM generate_series(1, 2) AS n;
SELECT # hll_agg(n, NULL) AS as_usual, hll_info(hll_agg(n, NULL, NULL)) -> 'precision' AS precision FROM generate_series(1, 2) AS n;
SELECT approx_count_distinct(1, 3);
SELECT hll_agg(1, 19);
SELECT hll_agg(1, 14, 'md5');
SELECT hll_agg_sfunc(NULL, 1);
SELECT hll_agg_sfunc(hll_empty(), 1);
SELECT hll_agg_sfunc(hll_add(hll_empty(), 2), 1);
SELECT hll_union_sfunc(hll_empty(), hll_empty());

-- An aggregate of somebody else's may use them, and begin with a sketch.
CREATE AGGREGATE pg_temp.begun(bigint) (SFUNC = hll_agg_sfunc, STYPE = hll, INITCOND = '\x10000e0000000000', COMBINEFUNC = hll_union_sfunc, PARALLEL = SAFE);
CREATE AGGREGATE pg_temp.by_union(hll) (SFUNC = hll_union, STYPE = hll, COMBINEFUNC = hll_union_sfunc, PARALLEL = SAFE);
SELECT bool_and(b::text = h::text) AS same FROM (SELECT g, pg_temp.begun(u) AS b FROM hll_rows GROUP BY g) AS s JOIN hll_whole USING (g);
SELECT pg_temp.by_union(h)::text = hll_union_agg(h)::text AS same FROM hll_whole;

DROP TABLE hll_rows, hll_whole, hll_long;
