/*
 * Sketches of the most frequent values that are stored: their bytes, worked out by
 * hand; that they come back; and that bytes which were never stored are refused.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;

-- Golden bytes, docs/topk.md: version 1, encoding 1, 0, 0; k, values, total, floor; of each value how much less than the one before it came, error, size, bytes.
SELECT analytics.topk_agg(v, 10) AS texts FROM unnest(ARRAY['b', 'a', '', 'b', 'ab', 'b', 'a long value']) AS v;
SELECT analytics.topk_agg(v, 300) AS integers FROM unnest(ARRAY[1, -1, 1]) AS v;
-- Full: k 1 holds 510; 1,020 values are held before any goes, so a thousand once each leave 510 of them and a floor of 1.
SELECT left(analytics.topk_agg(n, 1)::text, 40) AS bytes, analytics.topk_info(analytics.topk_agg(n, 1)) AS info FROM generate_series(1000, 1999) AS n;

CREATE TABLE sketch_rows AS SELECT n % 5 AS part, floor(5000 ^ (n * 7919 % 10007 / 10007.0::float8))::int AS i FROM generate_series(1, 10000) AS n;
CREATE TABLE sketch_stored AS SELECT part, analytics.topk_agg(i, 10) AS i, analytics.topk_agg('a value of some length ' || i, 5) AS t, analytics.topk_agg(i % 9, 1) AS few FROM sketch_rows GROUP BY part;
SELECT bool_and(i::text::analytics.topk::text = i::text AND t::text::analytics.topk::text = t::text AND few::text::analytics.topk::text = few::text) AS text,
       bool_and(encode(analytics.topk_send(t), 'hex') = substr(t::text, 3)) AS send, bool_and(analytics.topk_error(i) > 0) AS inexact, bool_or(analytics.topk_error(few) > 0) AS few FROM sketch_stored;
SELECT current_setting('data_directory') || '/sketch_topk.bin' AS file \gset
COPY (SELECT i, t FROM sketch_stored) TO :'file' WITH (FORMAT binary);
CREATE TABLE sketch_copy (i analytics.topk, t analytics.topk);
COPY sketch_copy FROM :'file' WITH (FORMAT binary);
SELECT count(*) AS rows, bool_and(EXISTS (SELECT FROM sketch_stored AS s WHERE s.i::text = c.i::text AND s.t::text = c.t::text)) AS same FROM sketch_copy AS c;
TRUNCATE sketch_copy;

-- What an aggregate of one's own makes of the state, without its final function, is read, united and shown as a stored sketch is.
CREATE AGGREGATE sketch_state(anyelement, int) (SFUNC = analytics.topk_agg_sfunc, STYPE = analytics.topk);
CREATE AGGREGATE sketch_states(analytics.topk) (SFUNC = analytics.topk_combine, STYPE = analytics.topk);
CREATE TABLE sketch_held AS SELECT part, sketch_state(i, 10) AS i, sketch_state(i::text, 10) AS t, sketch_state(date '2026-01-01' + i % 9, 1) AS d FROM sketch_rows GROUP BY part;
SELECT bool_and(h.i::text = s.i::text) AS shown, bool_and((SELECT array_agg(v) FROM analytics.topk_values(h.i) AS v) = (SELECT array_agg(v) FROM analytics.topk_values(s.i) AS v)) AS listed,
       bool_and((h.i OPERATOR(analytics.||) h.t)::text = (s.i OPERATOR(analytics.||) h.t)::text) AS united, bool_and(analytics.topk_info(h.i) = analytics.topk_info(s.i)) AS info
FROM sketch_held AS h JOIN sketch_stored AS s USING (part);
SELECT analytics.topk_union_agg(d)::text = sketch_states(d)::text AS same FROM sketch_held;
SELECT sketch_states(s) FROM (SELECT i FROM sketch_held UNION ALL SELECT d FROM sketch_held) AS t(s);
SELECT sketch_states(s) FROM (SELECT t FROM sketch_held UNION ALL SELECT d FROM sketch_held) AS t(s);
DROP TABLE sketch_held;
DROP AGGREGATE sketch_state(anyelement, int);
DROP AGGREGATE sketch_states(analytics.topk);

-- Refused.
CREATE FUNCTION pg_temp.refused(bytes text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN 'taken as ' || bytes::analytics.topk::text;
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
SELECT bytes, what, pg_temp.refused(bytes) FROM (VALUES
    ('', 'nothing'), ('x', 'no bytes'), ('\x', 'none'), ('\x0', 'half a byte'), ('\xzz', 'no digits'), ('\x010100', 'half a header'), ('\x010100000a010100000001', 'ends early'),
    ('\x010100000a01010000000161', 'one a'), ('\x020100000a01010000000161', 'version to come'), ('\x010200000a01010000000161', 'a state'), ('\x010101000a01010000000161', 'a state''s values'),
    ('\x010100010a01010000000161', 'header not 0'), ('\x010100000001010000000161', 'k 0'), ('\x01010000914e01010000000161', 'k 10001'), ('\x010100000a0101000000016161', 'something behind'),
    ('\x010100000a01010000000100', 'a zero byte'), ('\x010100000a02020001000162000001610000', 'out of order'), ('\x010100000a020200010001610000000161', 'twice')) AS t(bytes, what);
SELECT pg_temp.refused('\x010100000a010100000001ff') AS not_of_the_encoding WHERE getdatabaseencoding() = 'UTF8' UNION ALL SELECT '22P02' WHERE getdatabaseencoding() <> 'UTF8';
-- Each byte of two sketches made another, and each beginning of them: refused, or taken for what it says.
SELECT outcome, count(*) > 0 AS some FROM (
    SELECT CASE WHEN pg_temp.refused('\x' || encode(b, 'hex')) IN ('22P02', 'taken as \x' || encode(b, 'hex')) THEN 'as it should be' ELSE pg_temp.refused('\x' || encode(b, 'hex')) END AS outcome
    FROM (SELECT analytics.topk_send(analytics.topk_agg(n / 7, 3)) FROM generate_series(1, 50) AS n UNION ALL SELECT substr(analytics.topk_send(analytics.topk_agg(n / 2, 1)), 1, 60) FROM generate_series(1, 3000) AS n) AS s(whole),
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
SELECT pg_temp.copied(:'file', '\x010100000a01010000000161') AS one, pg_temp.copied(:'file', '\x010100000a010100000001') AS short, pg_temp.copied(:'file', '\x') AS empty,
       pg_temp.copied(:'file', '\x010200000000000000000000000000000a01010001000161') AS state;
SELECT i, t FROM sketch_copy;
SELECT format('cat > /dev/null; rm %L', :'file') AS remove \gset
COPY (SELECT 1) TO PROGRAM :'remove';

DROP TABLE sketch_rows, sketch_stored, sketch_copy;
