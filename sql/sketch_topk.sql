/*
 * topk_agg: exact while values are few, whatever their type and the settings; with
 * bounds that hold against exact counts where they are many, serial, parallel, and
 * united from parts.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
SET intervalstyle = postgres;

-- By hand: the most frequent first, ties by value, NULL not counted, no more than k.
SELECT t.* FROM (SELECT analytics.topk_agg(v, 3) AS s FROM unnest(ARRAY['b', 'a', 'c', 'a', NULL, 'd', 'b', 'a']) AS v) AS q, LATERAL analytics.topk_values(s) AS t;
SELECT analytics.topk_info(analytics.topk_agg(v, 3)) AS info, analytics.topk_error(analytics.topk_agg(v, 3)) AS error
FROM unnest(ARRAY['b', 'a', 'c', 'a', NULL, 'd', 'b', 'a']) AS v;
SELECT analytics.topk_agg(NULL::text, 3) AS null, analytics.topk_agg(1, 3) FILTER (WHERE false) AS nothing, analytics.topk_union_agg(NULL) AS no_sketch,
       analytics.topk_agg(1, 3) OPERATOR(analytics.||) NULL AS null_too;
SELECT count(*) AS no_rows FROM analytics.topk_values(NULL);
-- One numeric, one zero, one NaN, one char whatever its blanks; nothing else is made one.
SELECT n.value AS numeric, n.count, f.value AS float, f.count, c.value AS char, c.count FROM
    (SELECT analytics.topk_agg(n, 1) AS n, analytics.topk_agg(f, 1) AS f, analytics.topk_agg(c, 1) AS c
     FROM (VALUES (1.0, '0'::float8, 'a'::bpchar), (1.00, '-0', 'a '), (1, '0', 'a  ')) AS t(n, f, c)) AS s,
    LATERAL analytics.topk_values(n) AS n, LATERAL analytics.topk_values(f) AS f, LATERAL analytics.topk_values(c) AS c;

-- Every type: what GROUP BY value::text counts.
CREATE TYPE sketch_mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE sketch_pair AS (a int, b text);
CREATE DOMAIN sketch_price AS numeric CHECK (VALUE >= 0);
CREATE FUNCTION pg_temp.agrees(of_type text, list text[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE result boolean;
BEGIN
    EXECUTE format('WITH t AS MATERIALIZED (SELECT ($1)[n * 7919 %% 31 %% %s + 1]::%s AS x FROM generate_series(1, 1000) AS n),
        sketch AS (SELECT value, count, error FROM analytics.topk_values((SELECT analytics.topk_agg(x, 10) FROM t))),
        truth AS (SELECT x::text COLLATE "C" AS value, count(*) AS count, 0::bigint AS error FROM t WHERE x IS DISTINCT FROM NULL GROUP BY 1)
        SELECT (SELECT string_agg(sketch::text, E''\n'') FROM sketch) = (SELECT string_agg(truth::text, E''\n'' ORDER BY count DESC, value) FROM truth)',
        cardinality(list) + 1, of_type) INTO result USING list || NULL::text;
    RETURN result;
END $$;
SELECT of_type, pg_temp.agrees(of_type, list) AS agrees FROM (VALUES
    ('boolean', '{t,f}'::text[]), ('"char"', '{a,b}'), ('smallint', '{0,-1,32767,-32768}'), ('integer', '{0,1,-1,2147483647,-2147483648}'),
    ('bigint', '{0,1,-1,9223372036854775807,-9223372036854775808}'), ('oid', '{0,1,4294967295}'), ('xid8', '{1,18446744073709551615}'), ('pg_lsn', '{0/0,1/0}'),
    ('real', '{0,1.5,NaN,Infinity,-Infinity,1e-40,0.1}'), ('double precision', '{0,1.5,NaN,Infinity,-Infinity,5e-324,0.1}'),
    ('numeric', '{0,1.5,1000,NaN,Infinity,-Infinity,0.001}'), ('sketch_price', '{0,1.5}'), ('text', '{"",a,"a ",A,ä,"0123456789"}'), ('varchar(3)', '{"",a,"a ",aaa}'),
    ('char(3)', '{"",a,aaa}'), ('name', '{"",a,aa,A}'), ('bytea', '{"","\\x00","\\x0000","\\x01ff"}'), ('bit(3)', '{000,001,100}'), ('varbit', '{"",0,00,001}'),
    ('uuid', '{00000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-ffff-ffffffffffff}'), ('date', '{1999-12-31,2000-01-01,infinity,-infinity,4714-11-24 BC}'),
    ('time', '{00:00,24:00,12:00:00.000001}'), ('timetz', '{00:00+00,01:00+01,24:00+00}'), ('timestamp', '{2000-01-01,2026-01-01 00:00:00.000001,infinity}'),
    ('timestamptz', '{2000-01-01 00:00+00,2000-01-01 01:00+01,-infinity}'), ('interval', '{1 day,24 hours,1 mon -1 day,00:00:01.5}'),
    ('inet', '{10.0.0.1/24,10.0.0.1/8}'), ('macaddr8', '{08:00:2b:01:02:03:04:05}'), ('tid', '{"(0,1)","(0,2)"}'), ('sketch_mood', '{sad,ok,happy}'),
    ('sketch_mood[]', '{"{}","{sad}","{sad,ok}"}'), ('sketch_pair', '{"(1,a)","(1,)","(,)"}'), ('jsonb', '{null,1,1.0,"{\"a\": 1}"}'), ('json', '{null,1,"{\"a\" : 1}"}'),
    ('int[]', '{"{}","{1}","{NULL}","[0:0]={1}"}'), ('int4range', '{empty,"[1,2)","[1,1]"}'), ('tsvector', '{a b,a}'), ('point', '{"(1,2)","(1.5,2)"}'),
    ('timestamptz[]', '{"{2000-01-01 00:00+00}"}'), ('money', '{1,2.5}')) AS t(of_type, list);
SELECT t.* FROM (SELECT analytics.topk_agg((n % 2, 'x'), 2) AS s FROM generate_series(1, 5) AS n) AS q, LATERAL analytics.topk_values(s) AS t;

-- The bytes do not depend on the settings of the session.
CREATE FUNCTION pg_temp.bytes() RETURNS text LANGUAGE sql AS $$
    SELECT concat(analytics.topk_agg(timestamptz '2026-01-02 00:00+00', 1), analytics.topk_agg(ARRAY[timestamptz '2026-01-02 00:00+00'], 1), analytics.topk_agg(date '2026-01-02', 1),
        analytics.topk_agg(0.1::float8, 1), analytics.topk_agg(ARRAY[0.1::float4], 1), analytics.topk_agg(interval '1 day 2 hours', 1), analytics.topk_agg('\x00'::bytea, 1)) $$;
SELECT pg_temp.bytes() AS bytes \gset
SET timezone = 'Asia/Shanghai';
SET datestyle = 'SQL, DMY';
SET intervalstyle = iso_8601;
SET extra_float_digits = -5;
SET bytea_output = 'escape';
SELECT pg_temp.bytes() = :'bytes' AS same, date '2026-01-02' AS day, 0.1::float8 / 3 AS third, interval '1 day', '\x00'::bytea AS byte;
RESET extra_float_digits;
RESET bytea_output;
SET timezone = 'UTC';
SET datestyle = ISO;
SET intervalstyle = postgres;

-- 60,000 rows of Zipf's distribution over 20,000 values, in an order of no meaning: the bounds, against exact counts.
CREATE TABLE sketch_zipf AS SELECT n % 8 AS part, floor(20000 ^ (n * 7919 % 60013 / 60013.0::float8))::int AS i,
    'value ' || floor(20000 ^ (n * 7919 % 60013 / 60013.0::float8))::int AS t FROM generate_series(1, 60000) AS n;
ANALYZE sketch_zipf;
CREATE TABLE sketch_truth AS SELECT i, t, count(*) AS count FROM sketch_zipf GROUP BY i, t;
-- What is listed lies within its bounds, what is not came no more often than "unlisted", which is at most N / (m + 1) where the list is full of the sure ones.
CREATE FUNCTION pg_temp.holds(sketch analytics.topk) RETURNS TABLE (rows bigint, bounds boolean, ordered boolean, complete boolean, floor boolean, total boolean)
LANGUAGE sql AS $$
    WITH v AS MATERIALIZED (SELECT * FROM analytics.topk_values(sketch) WITH ORDINALITY),
         i AS (SELECT (analytics.topk_info(sketch)->>'unlisted')::bigint AS unlisted, (analytics.topk_info(sketch)->>'counters')::bigint AS m)
    SELECT count(*), bool_and(s.count BETWEEN v.count - v.error AND v.count AND v.error <= analytics.topk_error(sketch)),
           bool_and(v.ordinality = (SELECT count(*) FROM v AS w WHERE w.count > v.count OR w.count = v.count AND w.value COLLATE "C" <= v.value)),
           (SELECT max(s.count) FROM sketch_truth AS s WHERE s.i::text NOT IN (SELECT value FROM v) AND s.t NOT IN (SELECT value FROM v)) <= (SELECT unlisted FROM i),
           analytics.topk_error(sketch) BETWEEN 1 AND 60000 / ((SELECT m FROM i) + 1), analytics.topk_info(sketch) @> '{"total": 60000, "exact": false}'
    FROM v JOIN sketch_truth AS s ON v.value IN (s.i::text, s.t) $$;
SET max_parallel_workers_per_gather = 0;
SELECT k, h.* FROM unnest(ARRAY[1, 10, 100]) AS k, LATERAL (SELECT analytics.topk_agg(i, k) AS i, analytics.topk_agg(t, k) AS t FROM sketch_zipf) AS s,
    LATERAL (SELECT * FROM pg_temp.holds(i) UNION ALL SELECT * FROM pg_temp.holds(t)) AS h ORDER BY k;
-- The ten most frequent are the ten most frequent.
SELECT array_agg(v.value::int ORDER BY v.value::int) AS ten FROM (SELECT analytics.topk_agg(i, 10) AS s FROM sketch_zipf) AS q, LATERAL analytics.topk_values(s) AS v;
SELECT array_agg(i ORDER BY i) AS ten FROM (SELECT i FROM sketch_truth ORDER BY count DESC LIMIT 10) AS t;
-- United from parts, and by workers.
SELECT h.* FROM (SELECT analytics.topk_union_agg(s) AS s FROM (SELECT analytics.topk_agg(t, 10) AS s FROM sketch_zipf GROUP BY part) AS p) AS u, LATERAL pg_temp.holds(s) AS h;
CREATE FUNCTION pg_temp.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN plan::text ~ 'Partial' AND plan::text ~ 'Gather';
END $$;
CREATE TABLE sketch_serial AS SELECT part, analytics.topk_agg(i % 100, 5)::text AS i, analytics.topk_agg(left(t, 8), 5)::text AS t, analytics.topk_agg(i % 100 / 4.0, 5)::text AS n FROM sketch_zipf GROUP BY part;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT pg_temp.is_parallel('SELECT analytics.topk_agg(i, 10) FROM sketch_zipf') AS parallel, h.*
FROM (SELECT analytics.topk_agg(i, 10) AS i, analytics.topk_agg(t, 10) AS t, analytics.topk_agg(i::numeric, 10) AS n FROM sketch_zipf) AS s,
    LATERAL (SELECT * FROM pg_temp.holds(i) UNION ALL SELECT * FROM pg_temp.holds(t) UNION ALL SELECT * FROM pg_temp.holds(n)) AS h;
SELECT pg_temp.is_parallel('SELECT part, analytics.topk_agg(i % 100, 5) FROM sketch_zipf GROUP BY part') AS parallel, bool_and(p = s) AS exact_is_same
FROM (SELECT part, analytics.topk_agg(i % 100, 5)::text AS i, analytics.topk_agg(left(t, 8), 5)::text AS t, analytics.topk_agg(i % 100 / 4.0, 5)::text AS n FROM sketch_zipf GROUP BY part) AS p
JOIN sketch_serial AS s USING (part);
RESET max_parallel_workers_per_gather;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;

-- A union does not depend on which comes first; of exact ones not on anything.
CREATE TABLE sketch_parts AS SELECT part, analytics.topk_agg(i, 3) AS i, analytics.topk_agg(i % 400, 3) AS few FROM sketch_zipf GROUP BY part;
SELECT bool_and((a.i OPERATOR(analytics.||) b.i)::text = (b.i OPERATOR(analytics.||) a.i)::text) AS commutes, bool_and(analytics.topk_error(a.i) > 0) AS inexact FROM sketch_parts AS a, sketch_parts AS b WHERE a.part < b.part;
SELECT analytics.topk_union_agg(few)::text = (SELECT analytics.topk_agg(i % 400, 3)::text FROM sketch_zipf) AS whole,
       analytics.topk_union_agg(few ORDER BY part)::text = analytics.topk_union_agg(few ORDER BY part DESC)::text AS any_order FROM sketch_parts;
SELECT analytics.topk_info(analytics.topk_agg(1, 10) OPERATOR(analytics.||) analytics.topk_agg(1::text, 5)) AS smaller_k;
SELECT n, t.* FROM (SELECT n, analytics.topk_agg(n % 2, 2) OVER (ORDER BY n ROWS 2 PRECEDING) AS s FROM generate_series(1, 4) AS n) AS w, LATERAL analytics.topk_values(s) AS t;

-- Refused.
SELECT analytics.topk_agg(1, 0);
SELECT analytics.topk_agg(1, 10001);
SELECT analytics.topk_agg(1, NULL);
SELECT analytics.topk_agg(1, n) FROM generate_series(3, 4) AS n;
SELECT analytics.topk_agg_sfunc(NULL, 1, 1);
SELECT analytics.topk_combine(NULL, analytics.topk_agg(1, 1));

DROP TABLE sketch_zipf, sketch_truth, sketch_serial, sketch_parts;
DROP DOMAIN sketch_price;
DROP TYPE sketch_mood, sketch_pair;
-- states that a sort takes in and passes on: groups of workers, in order
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET enable_incremental_sort = off;
CREATE TABLE topk_sorted AS SELECT i % 4 AS grp, i % 700 AS value FROM generate_series(1, 40000) i;
ANALYZE topk_sorted;
SELECT grp, (SELECT sum(count) FROM analytics.topk_values(t)) AS of_the_most_frequent
FROM (SELECT grp, analytics.topk_agg(value, 100) AS t FROM topk_sorted GROUP BY grp ORDER BY grp) g ORDER BY grp;
DROP TABLE topk_sorted;
