/*
 * Sets that are stored: their bytes, worked out by hand; that they depend on the
 * values alone; unions; and that bytes which were never stored are refused.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;

-- Golden bytes, docs/distinct.md: version 1, encoding 1, kind, 0; the count in 8 bytes; the values.
SELECT analytics.distinct_agg(v) AS integers FROM (VALUES (3), (1), (2), (NULL), (131), (-1)) AS t(v);
SELECT analytics.distinct_agg(v) AS texts FROM (VALUES ('b'), (''), ('ab'), ('a'), ('b')) AS t(v);
SELECT analytics.distinct_agg(v % 2 = 0) AS booleans, analytics.distinct_agg(date '2000-01-01' + v) AS dates,
       analytics.distinct_agg(time '00:00' + v * interval '1 microsecond') AS times FROM (VALUES (0), (1)) AS t(v);
SELECT analytics.distinct_agg(timestamp '2000-01-01 00:00:00.000001') AS timestamp, analytics.distinct_agg(timestamptz '2000-01-01 00:00:00.000001+00') AS timestamptz,
       analytics.distinct_agg('-0'::float4) AS real, analytics.distinct_agg('1'::float8) AS double,
       analytics.distinct_agg('a '::char(3)) AS char, analytics.distinct_agg('\x00ff'::bytea) AS bytea,
       analytics.distinct_agg('00112233-4455-6677-8899-aabbccddeeff'::uuid) AS uuid \gx
SELECT analytics.distinct_agg(v) AS nothing, analytics.distinct_union_agg(NULL) AS no_set FROM (VALUES (NULL::int)) AS t(v);

-- Any integer type is one kind, text and varchar are one; others do not mix.
SELECT analytics.distinct_count(analytics.distinct_union_agg(s)) AS two FROM
    (SELECT analytics.distinct_agg(1::smallint) UNION ALL SELECT analytics.distinct_agg(1::bigint) UNION ALL SELECT analytics.distinct_agg(70000)) AS t(s);
SELECT analytics.distinct_count(analytics.distinct_union_agg(s)) AS one FROM
    (SELECT analytics.distinct_agg('a'::text) UNION ALL SELECT analytics.distinct_agg('a'::varchar(2))) AS t(s);
SELECT analytics.distinct_union_agg(s) FROM (SELECT analytics.distinct_agg(1) UNION ALL SELECT analytics.distinct_agg(date '2000-01-01')) AS t(s);
SELECT analytics.distinct_union_agg(s) FROM (SELECT analytics.distinct_agg('a'::text) UNION ALL SELECT analytics.distinct_agg(1)) AS t(s);

-- Types whose sets are not stored.
CREATE TYPE sketch_mood AS ENUM ('sad', 'ok');
SELECT analytics.distinct_agg(1.0);
SELECT analytics.distinct_agg('ok'::sketch_mood);
SELECT analytics.distinct_agg(ARRAY[1]) FILTER (WHERE false);
SELECT analytics.distinct_count(analytics.distinct_agg('ok'::sketch_mood::text)) AS one;
-- Text under a collation that has another notion of equality (servers without ICU have none).
CREATE FUNCTION pg_temp.refused() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    CREATE COLLATION pg_temp.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    BEGIN
        EXECUTE 'SELECT analytics.distinct_agg(''a''::text COLLATE pg_temp.ci)';
    EXCEPTION WHEN feature_not_supported THEN RETURN SQLERRM;
    END;
    RETURN 'taken';
EXCEPTION WHEN feature_not_supported OR undefined_file THEN RETURN 'sets of distinct values of type text with this collation cannot be stored';
END $$;
SET client_min_messages = warning;
SELECT pg_temp.refused();
RESET client_min_messages;
-- A state that somebody else began takes no values of another kind.
CREATE AGGREGATE pg_temp.goes_on(anyelement) (SFUNC = analytics.distinct_agg_sfunc, STYPE = analytics.distinct_set, FINALFUNC = analytics.distinct_agg_final, INITCOND = '\x010101000300000000000000020000');
SELECT pg_temp.goes_on(n) AS ints, pg_temp.goes_on(n::smallint)::text = pg_temp.goes_on(n::bigint)::text AS same FROM generate_series(3, 4) AS n;
SELECT pg_temp.goes_on(date '2000-01-05');
SELECT pg_temp.goes_on('a'::text);

-- A stored set by day: parts united are the whole, byte for byte; counted as count(DISTINCT) does; in any order; by workers.
CREATE TABLE sketch_rows AS SELECT n % 10 AS day, n * 7919 % 3001 - 700 AS i, (n * 7919 % 3001) * 1234567890123 AS b, md5((n * 7919 % 3001)::text) AS t,
    md5((n * 7919 % 3001)::text)::uuid AS u, (n * 7919 % 3001) / 7.0::float8 AS f FROM generate_series(1, 20000) AS n;
ANALYZE sketch_rows;
CREATE TABLE sketch_days AS SELECT day, analytics.distinct_agg(i) AS i, analytics.distinct_agg(b) AS b, analytics.distinct_agg(t) AS t,
    analytics.distinct_agg(u) AS u, analytics.distinct_agg(f) AS f FROM sketch_rows GROUP BY day;
SELECT bool_and((analytics.distinct_count(s.i), analytics.distinct_count(s.b), analytics.distinct_count(s.t), analytics.distinct_count(s.u), analytics.distinct_count(s.f))
              = (r.i, r.b, r.t, r.u, r.f)) AS counts
FROM sketch_days AS s JOIN (SELECT day, count(DISTINCT i) AS i, count(DISTINCT b) AS b, count(DISTINCT t) AS t, count(DISTINCT u) AS u, count(DISTINCT f) AS f
                            FROM sketch_rows GROUP BY day) AS r USING (day);
CREATE VIEW sketch_whole AS SELECT analytics.distinct_agg(i)::text AS i, analytics.distinct_agg(b)::text AS b, analytics.distinct_agg(t)::text AS t,
    analytics.distinct_agg(u)::text AS u, analytics.distinct_agg(f)::text AS f FROM sketch_rows;
CREATE TABLE sketch_serial AS SELECT * FROM sketch_whole;
SELECT united = whole AS union_is_whole FROM sketch_serial AS whole,
    (SELECT analytics.distinct_union_agg(s.i)::text, analytics.distinct_union_agg(s.b ORDER BY day DESC)::text, analytics.distinct_union_agg(s.t)::text,
            analytics.distinct_union_agg(s.u)::text, analytics.distinct_union_agg(s.f ORDER BY day * 7 % 10)::text FROM sketch_days AS s) AS united;
-- Two at a time, flat and expanded.
SELECT bool_and(u.i::text = a.i::text AND u.t::text = a.t::text) AS two_are_the_aggregate, bool_and(u.i::text = v.i::text) AS either_first, bool_and(n IS NULL) AS null
FROM sketch_days AS s JOIN sketch_days AS r ON r.day = (s.day + 3) % 10,
    LATERAL (SELECT analytics.distinct_union(s.i, r.i) AS i, s.t OPERATOR(analytics.||) r.t AS t, analytics.distinct_union(s.i, NULL) AS n) AS u,
    LATERAL (SELECT analytics.distinct_union_agg(x) AS i, analytics.distinct_union_agg(y) AS t FROM (VALUES (s.i, s.t), (r.i, r.t)) AS w(x, y)) AS a,
    LATERAL (SELECT analytics.distinct_union(r.i, s.i) AS i) AS v;
SELECT analytics.distinct_union(analytics.distinct_agg(n), analytics.distinct_agg(n + 1)) AS expanded, analytics.distinct_union(analytics.distinct_agg(n), '\x010101000000000000000000') AS with_nothing FROM (VALUES (1), (2)) AS t(n);
SELECT analytics.distinct_union(analytics.distinct_agg(1), analytics.distinct_agg(date '2000-01-01'));
SELECT analytics.distinct_agg(i ORDER BY i)::text = analytics.distinct_agg(i ORDER BY i DESC)::text AND
       analytics.distinct_agg(t ORDER BY t)::text = analytics.distinct_agg(t ORDER BY t DESC)::text AS any_order FROM sketch_rows;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
CREATE FUNCTION pg_temp.is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN plan::text ~ 'Partial' AND plan::text ~ 'Gather';
END $$;
SELECT pg_temp.is_parallel('SELECT * FROM sketch_whole') AS parallel, w = s AS same FROM sketch_whole AS w, sketch_serial AS s;
SELECT pg_temp.is_parallel('SELECT analytics.distinct_union_agg(i) FROM sketch_days') AS parallel,
       (SELECT analytics.distinct_union_agg(i)::text FROM sketch_days) = i AND (SELECT analytics.distinct_union_agg(t)::text FROM sketch_days) = t AS same FROM sketch_serial;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;
-- Users who are near each other take about a byte; a count is read without the rest.
SELECT analytics.distinct_count(s) AS count, octet_length(analytics.distinct_set_send(s)) AS bytes FROM (SELECT analytics.distinct_agg(n * 37) FROM generate_series(1, 27000) AS n) AS t(s);

-- Text and binary bring back the same set.
SELECT bool_and(i::text::analytics.distinct_set::text = i::text AND upper(substr(t::text, 3)) = upper(encode(analytics.distinct_set_send(t), 'hex'))) AS same FROM sketch_days;
SELECT current_setting('data_directory') || '/sketch_distinct.bin' AS file \gset
COPY (SELECT i, t FROM sketch_days) TO :'file' WITH (FORMAT binary);
CREATE TABLE sketch_copy (i analytics.distinct_set, t analytics.distinct_set);
COPY sketch_copy FROM :'file' WITH (FORMAT binary);
SELECT count(*) AS rows, bool_and(EXISTS (SELECT FROM sketch_days AS d WHERE d.i::text = c.i::text AND d.t::text = c.t::text)) AS same FROM sketch_copy AS c;
TRUNCATE sketch_copy;

-- What an aggregate of one's own makes of the state, without its final function: read, counted, united and shown as a stored set is.
CREATE AGGREGATE sketch_state(anyelement) (SFUNC = analytics.count_distinct_sfunc, STYPE = analytics.distinct_set);
CREATE TABLE sketch_states AS SELECT sketch_state(i) AS i, sketch_state(b) AS b, sketch_state(t) AS t, sketch_state(i + 0.0) AS n, sketch_state((i, t)) AS r FROM sketch_rows;
SELECT s.i::text = w.i AND s.b::text = w.b AND s.t::text = w.t AS shown, analytics.distinct_count(s.n) AS numerics, analytics.distinct_count(s.r) AS rows,
       (SELECT analytics.distinct_count(analytics.distinct_union_agg(x)) FROM (VALUES (s.i), ((SELECT i FROM sketch_days WHERE day = 1))) AS v(x)) AS united
FROM sketch_states AS s, sketch_serial AS w;
SELECT n FROM sketch_states;
SELECT analytics.distinct_union_agg(x) FROM (SELECT n FROM sketch_states UNION ALL SELECT r FROM sketch_states) AS t(x);
SELECT analytics.distinct_union_agg(n) FROM sketch_states;
DROP TABLE sketch_states;
DROP AGGREGATE sketch_state(anyelement);

-- Refused: text that is none, versions and kinds to come, the encoding of states, a value too many, a byte too few, values out of order or range.
CREATE FUNCTION pg_temp.refused(bytes text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN 'taken as ' || bytes::analytics.distinct_set::text;
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
SELECT bytes, pg_temp.refused(bytes) FROM unnest(ARRAY['', 'x', '\x', '\x0', '\xzz', '\x01010100', '\x020101000000000000000000', '\x010103ff0000000000000000', '\x0101ff000000000000000000',
    '\x010100000000000000000000', '\x010200000000000000000000', '\x0101010001000000000000000000', '\x01010100ffffffffffffffff00', '\x01010200010000000000000004',
    '\x0101100002000000000000000000', '\x010113000100000000000000020000', '\x010101000000000000000000', '\x0101010001000000000000000a', '\X010101000000000000000000']) WITH ORDINALITY AS u(bytes, n) ORDER BY n;
-- Each byte of two sets made another, and each beginning of them: refused, or taken for what it says.
SELECT outcome, count(*) > 0 AS some FROM (
    SELECT CASE WHEN pg_temp.refused('\x' || encode(b, 'hex')) IN ('22P02', 'taken as \x' || encode(b, 'hex')) THEN 'as it should be' ELSE pg_temp.refused('\x' || encode(b, 'hex')) END AS outcome
    FROM (SELECT analytics.distinct_set_send(analytics.distinct_agg(n * n)) FROM generate_series(-9, 9) AS n
          UNION ALL SELECT analytics.distinct_set_send(analytics.distinct_agg(md5(n::text))) FROM generate_series(1, 3) AS n) AS s(whole),
         LATERAL (SELECT set_byte(whole, i, v) FROM generate_series(0, octet_length(whole) - 1) AS i, unnest(ARRAY[0, 1, 2, 127, 128, 254, 255]) AS v
                  UNION ALL SELECT substr(whole, 1, i) FROM generate_series(0, octet_length(whole) - 1) AS i) AS l(b)) AS o GROUP BY 1;
-- The same in binary: a file of COPY made by hand.
CREATE FUNCTION pg_temp.copied(file text, bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE object oid := lo_from_bytea(0, '\x5047434f50590aff0d0a00'::bytea || '\x00000000000000000002' || int4send(octet_length(bytes)) || bytes || '\xffffffffffff'::bytea);
BEGIN
    PERFORM lo_export(object, file), lo_unlink(object);
    EXECUTE format('COPY sketch_copy FROM %L WITH (FORMAT binary)', file);
    RETURN 'taken';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
SELECT pg_temp.copied(:'file', '\x01010100010000000000000002') AS one, pg_temp.copied(:'file', '\x010101000100000000000000') AS short, pg_temp.copied(:'file', '\x') AS empty,
       pg_temp.copied(:'file', '\x01020100010000000000000000000000000000000000000000000000') AS state;
SELECT i, t FROM sketch_copy;
SELECT format('cat > /dev/null; rm %L', :'file') AS remove \gset
COPY (SELECT 1) TO PROGRAM :'remove';

DROP VIEW sketch_whole;
DROP TABLE sketch_rows, sketch_days, sketch_serial, sketch_copy;
DROP TYPE sketch_mood;
