/*
 * count_distinct is count(DISTINCT ...): for every type with its own notion of
 * equality, serial, parallel, over partitions, in grouping sets, in windows, and
 * in a hash table that spills.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;

-- By hand: NULL is not counted, nothing is 0.
SELECT analytics.count_distinct(v) AS two, analytics.count_distinct(n) AS none, analytics.count_distinct(v) FILTER (WHERE false) AS nothing,
       analytics.count_distinct(DISTINCT v) AS also_two, analytics.count_distinct(NULL::numeric) AS null
FROM (VALUES (1, NULL::text), (NULL, NULL), (2, NULL), (1, NULL)) AS t(v, n);
SELECT analytics.count_distinct(v) AS nothing FROM (SELECT 1 WHERE false) AS t(v);
-- 1.0 and 1.00 are equal, as are both zeroes, any NaN, 1 day and 24 hours, and strings of char but for blanks at the end.
SELECT analytics.count_distinct(n) AS one, analytics.count_distinct(f) AS one, analytics.count_distinct(f::float4) AS one,
       analytics.count_distinct(i) AS one, analytics.count_distinct(c) AS one, analytics.count_distinct(c::text) AS still_one,
       analytics.count_distinct(v) AS two, analytics.count_distinct(j) AS one
FROM (VALUES (1.0, '0'::float8, interval '1 day', 'a'::char(3), 'a', '{"a": 1, "b": 2}'::jsonb),
             (1.00, '-0', '24 hours', 'a '::bpchar, 'a ', '{"b": 2, "a": 1.0}')) AS t(n, f, i, c, v, j);

CREATE TYPE sketch_mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE sketch_pair AS (a numeric, b text);
CREATE DOMAIN sketch_price AS numeric CHECK (VALUE >= 0);
CREATE DOMAIN sketch_moods AS sketch_mood[];

-- Every type: 1,000 rows drawn from the values and NULL, counted both ways as a whole and by group.
CREATE FUNCTION pg_temp.agrees(of_type text, list text[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE result boolean;
BEGIN
    EXECUTE format('WITH t AS MATERIALIZED (SELECT n %% 7 AS g, ($1)[n * 7919 %% 31 %% %s + 1]::%s AS x FROM generate_series(1, 1000) AS n)
        SELECT (SELECT analytics.count_distinct(x) = count(DISTINCT x) AND count(DISTINCT x) > 0 FROM t)
           AND (SELECT bool_and(a = b) FROM (SELECT analytics.count_distinct(x), count(DISTINCT x) FROM t GROUP BY g) AS c(a, b))',
        cardinality(list) + 1, of_type) INTO result USING list || NULL::text;
    RETURN result;
END $$;
SELECT of_type, pg_temp.agrees(of_type, list) AS agrees FROM (VALUES
    ('boolean', '{t,f}'::text[]), ('"char"', '{a,b,"\\377"}'), ('smallint', '{0,-1,32767,-32768}'), ('integer', '{0,1,-1,2147483647,-2147483648}'),
    ('bigint', '{0,1,-1,2147483647,2147483648,-2147483648,-2147483649,9223372036854775807,-9223372036854775808}'),
    ('oid', '{0,1,4294967295}'), ('xid8', '{1,18446744073709551615}'), ('pg_lsn', '{0/0,1/0}'), ('money', '{1,2.50,-1}'),
    ('real', '{0,-0,1,NaN,Infinity,-Infinity,1e-40}'), ('double precision', '{0,-0,1,NaN,Infinity,-Infinity,5e-324}'),
    ('numeric', '{0,0.0,-0,1,1.0,1.00,1e3,1000,NaN,Infinity,-Infinity,1e-100}'), ('sketch_price', '{0,0.0,1,1.0}'),
    ('text', '{"",a,"a ",A,ä,aa}'), ('varchar(3)', '{"",a,"a ",aaa}'), ('char(3)', '{"",a,"a ",aaa}'), ('bpchar', '{"",a,"a ","a  ",aa}'),
    ('name', '{"",a,aa,A}'), ('bytea', '{"","\\x00","\\x0000","\\x01"}'), ('bit(3)', '{000,001,100}'), ('varbit', '{"",0,00,001}'),
    ('uuid', '{00000000-0000-0000-0000-000000000000,00000000-0000-0000-0000-000000000001,ffffffff-ffff-ffff-ffff-ffffffffffff}'),
    ('date', '{1999-12-31,2000-01-01,infinity,-infinity,4714-11-24 BC}'), ('time', '{00:00,24:00,12:00:00.000001}'),
    ('timetz', '{00:00+00,01:00+01,24:00+00}'), ('timestamp', '{2000-01-01,2026-01-01 00:00:00.000001,infinity}'),
    ('timestamptz', '{2000-01-01 00:00+00,2000-01-01 01:00+01,-infinity}'), ('interval', '{1 day,24 hours,1 mon,30 days,-1 day,0}'),
    ('inet', '{10.0.0.1,10.0.0.1/24,10.0.0.1/32,::1}'), ('cidr', '{10.0.0.0/8,10.0.0.0/24,10/8}'), ('macaddr', '{08:00:2b:01:02:03,08002b010204}'),
    ('macaddr8', '{08:00:2b:01:02:03:04:05,08002b0102030406}'), ('tid', '{"(0,1)","(0,2)"}'),
    ('sketch_mood', '{sad,ok,happy}'), ('sketch_moods', '{"{}","{sad}","{sad,ok}"}'), ('sketch_pair', '{"(1,a)","(1.0,a)","(1,)","(,)","(,a)"}'),
    ('jsonb', '{null,1,1.0,"\"a\"","{\"a\": 1}","{\"a\": 1.00}",[]}'), ('int[]', '{"{}","{1}","{NULL}","[0:0]={1}","{{1}}"}'),
    ('numeric[]', '{"{1.0}","{1.00}","{1,2}"}'), ('float8[]', '{"{0}","{-0}","{NaN}"}'), ('sketch_pair[]', '{"{\"(1,a)\"}","{\"(1.0,a)\"}"}'),
    ('int4range', '{empty,"[1,2)","[1,1]","(,1)"}'), ('numrange', '{"[1.0,2)","[1.00,2.0)"}'), ('int4multirange', '{"{}","{[1,2)}","{[1,1]}"}'),
    ('oidvector', '{"",1,1 2}')) AS t(of_type, list);

-- Rows of no declared type, and values out of line and compressed.
SELECT analytics.count_distinct(ROW(a, b)) = count(DISTINCT ROW(a, b)) AS agrees, analytics.count_distinct((a, b)) AS three
FROM (VALUES (1.0, 'x'), (1.00, 'x'), (1, 'y'), (NULL, 'y')) AS t(a, b);
CREATE TABLE sketch_long AS SELECT n, repeat(chr(97 + n % 5), 100000 + n % 3) AS t, ('{"a": "' || repeat('b', 100000 + n % 4) || '"}')::jsonb AS j,
    array_fill(n % 6 + 0.0, ARRAY[5000]) AS a FROM generate_series(1, 60) AS n;
SELECT analytics.count_distinct(t) AS fifteen, analytics.count_distinct(t::varchar) AS fifteen, analytics.count_distinct(j) AS four, analytics.count_distinct(a) AS six
FROM sketch_long;
DROP TABLE sketch_long;

-- Types whose equality is not that of their bytes, where this server has them.
CREATE FUNCTION pg_temp.agrees_with(setup text, of_type text, list text[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE result boolean;
BEGIN
    SET LOCAL client_min_messages = warning;
    EXECUTE setup;
    EXECUTE format('SELECT analytics.count_distinct(x::%s) = 2 AND analytics.count_distinct(ARRAY[x::%1$s]) = 2 FROM unnest($1) AS x', of_type) INTO result USING list;
    RETURN result;
EXCEPTION WHEN feature_not_supported OR undefined_file THEN RETURN true;
END $$;
SELECT pg_temp.agrees_with('CREATE COLLATION sketch_ci (provider = icu, locale = ''und-u-ks-level2'', deterministic = false)',
                           'text COLLATE sketch_ci', '{a,A,b,B,a}') AS nondeterministic,
       pg_temp.agrees_with('CREATE EXTENSION citext', 'citext', '{a,A,b,B,a}') AS citext;
DROP EXTENSION IF EXISTS citext;
DROP COLLATION IF EXISTS sketch_ci;

-- Whatever the plan: serial, parallel, spilling, by partitions, in grouping sets.
CREATE TABLE sketch_rows (g int, day date, i4 int, i8 bigint, f8 float8, num numeric, t text, u uuid, a int[], p sketch_pair) PARTITION BY HASH (i4);
CREATE TABLE sketch_rows_0 PARTITION OF sketch_rows FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE sketch_rows_1 PARTITION OF sketch_rows FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO sketch_rows
SELECT n % 3, date '2026-01-01' + n / 5000, m, CASE WHEN n % 3 = 1 THEN m * 5000000000 ELSE -m END, nullif(m, 7) / 3.0, m + 0.0 * (n % 2),
       'user ' || m, md5(m::text)::uuid, ARRAY[m, n % 2], ROW(m::numeric, 'x'::text)::sketch_pair
FROM (SELECT n, n * 7919 % 3001 AS m FROM generate_series(1, 20000) AS n) AS s;
ANALYZE sketch_rows;
CREATE VIEW sketch_counts AS SELECT g, analytics.count_distinct(i4) AS i4, analytics.count_distinct(i8) AS i8, analytics.count_distinct(f8) AS f8,
    analytics.count_distinct(num) AS num, analytics.count_distinct(t) AS t, analytics.count_distinct(u) AS u, analytics.count_distinct(a) AS a,
    analytics.count_distinct(p) AS p, analytics.count_distinct((i4, t)) AS r FROM sketch_rows GROUP BY g;
CREATE TABLE sketch_truth AS SELECT g, count(DISTINCT i4) AS i4, count(DISTINCT i8) AS i8, count(DISTINCT f8) AS f8, count(DISTINCT num) AS num,
    count(DISTINCT t) AS t, count(DISTINCT u) AS u, count(DISTINCT a) AS a, count(DISTINCT p) AS p, count(DISTINCT (i4, t)) AS r FROM sketch_rows GROUP BY g;
CREATE FUNCTION pg_temp.plan_has(query text, VARIADIC words text[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN (SELECT bool_and(strpos(plan::text, word) > 0) FROM unnest(words) AS word);
END $$;
SET max_parallel_workers_per_gather = 0;
SELECT count(*) AS groups, bool_and(counted = truth) AS serial FROM sketch_counts AS counted JOIN sketch_truth AS truth USING (g);
SET enable_partitionwise_aggregate = on;
SELECT pg_temp.plan_has('SELECT * FROM sketch_counts', 'Partial', 'Append') AS partial, count(*) AS groups, bool_and(counted = truth) AS partitionwise
FROM sketch_counts AS counted JOIN sketch_truth AS truth USING (g);
RESET enable_partitionwise_aggregate;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT pg_temp.plan_has('SELECT * FROM sketch_counts', 'Partial', 'Gather') AS parallel, count(*) AS groups, bool_and(counted = truth) AS same
FROM sketch_counts AS counted JOIN sketch_truth AS truth USING (g);
RESET max_parallel_workers_per_gather;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;
SET work_mem = '64kB';
SET enable_sort = off;
SELECT count(*) AS spilled_groups, bool_and(a = b) AS same FROM
    (SELECT i4, analytics.count_distinct(t || day) FROM sketch_rows GROUP BY i4) AS c(i4, a) JOIN
    (SELECT i4, count(DISTINCT t || day) FROM sketch_rows GROUP BY i4) AS d(i4, b) USING (i4);
RESET work_mem;
RESET enable_sort;
SET enable_sort = off;
SELECT count(*) AS grouping_sets, bool_and(a = b) AS same FROM
    (SELECT g, day, analytics.count_distinct(i4) + analytics.count_distinct(num) FROM sketch_rows GROUP BY CUBE (g, day)) AS c(g, day, a) JOIN
    (SELECT g, day, count(DISTINCT i4) + count(DISTINCT num) FROM sketch_rows GROUP BY CUBE (g, day)) AS d(g, day, b)
    ON (c.g, c.day) IS NOT DISTINCT FROM (d.g, d.day);
RESET enable_sort;
SELECT analytics.time_bin('1 day', day)::date AS day, analytics.count_distinct(t) AS users, count(DISTINCT t) AS truth FROM sketch_rows GROUP BY 1 ORDER BY 1;

-- A window: growing with the row, and a frame that lets go of rows.
WITH w AS (SELECT n, n * 7 % 5 AS v FROM generate_series(1, 12) AS n)
SELECT bool_and(grown = (SELECT count(DISTINCT v) FROM w AS b WHERE b.n <= s.n)) AS grown,
       bool_and(framed = (SELECT count(DISTINCT v) FROM w AS b WHERE b.n BETWEEN s.n - 2 AND s.n)) AS framed
FROM (SELECT n, analytics.count_distinct(v) OVER (ORDER BY n) AS grown, analytics.count_distinct(v) OVER (ORDER BY n ROWS 2 PRECEDING) AS framed FROM w) AS s;

-- Types that cannot be compared, or not by hashing; the functions of the aggregate by themselves.
SELECT analytics.count_distinct('1'::json);
SELECT analytics.count_distinct('a'::tsvector);
SELECT analytics.count_distinct(ARRAY['a'::tsvector]);
SELECT analytics.count_distinct(ROW('a'::tsvector)) FROM generate_series(1, 2);
SELECT analytics.count_distinct(point(1, 2));
SELECT analytics.count_distinct_sfunc(NULL, 1);
SELECT analytics.distinct_combine(NULL, analytics.distinct_agg(1));
SELECT analytics.count_distinct(x || y) FROM (SELECT 'a' COLLATE "C", 'b' COLLATE "POSIX") AS t(x, y);

DROP VIEW sketch_counts;
DROP TABLE sketch_rows, sketch_truth;
DROP DOMAIN sketch_price, sketch_moods;
DROP TYPE sketch_mood, sketch_pair;
