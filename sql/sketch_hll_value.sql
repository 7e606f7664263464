/*
 * Which values are the same value for a sketch: seen by hll_hash, the hash that
 * is counted. It depends on no setting. Golden hashes are those of
 * postgresql-hll (hll_hash_bigint, hll_hash_text, hll_hash_bytea) and of Redis.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET search_path = public, analytics;

-- Integers are one value in all widths.
SELECT hll_hash(1) = 19144387141682250 AS int4, hll_hash(1::bigint) = 19144387141682250 AS int8, hll_hash(1::smallint) = 19144387141682250 AS int2,
       hll_hash(1::oid) = 19144387141682250 AS oid, hll_hash(-5::smallint) = 5820834854664223012 AS minus, hll_hash(4294967295::oid) = hll_hash(4294967295) AS unsigned,
       hll_hash(1) = hll_hash('\x0100000000000000'::bytea) AS bytes;

-- Text is its bytes, whatever the type says; char(n) without blanks at its end.
SELECT hll_hash('hello'::text) = -3758069500696749310 AS text, hll_hash('\x00ff'::bytea) = -2476662096183316416 AS bytea;
SELECT hll_hash('hello'::varchar(9)) = h AS varchar, hll_hash('hello'::name) = h AS name, hll_hash('hello') = h AS literal, hll_hash('hello'::char(9)) = h AS blanks,
       hll_hash('hello'::bytea) = h AS bytea, hll_hash('hello '::text) = h AS no_blank_there, hll_hash('Hello'::text) = h AS nor_other_case, hll_hash('"a"'::json) = hll_hash('"a"'::text) AS json,
       hll_hash(repeat('hello', 100000)) = hll_hash(repeat('hello', 100000)::bytea) AS long FROM (SELECT hll_hash('hello'::text) AS h) AS s;

-- Numbers that are equal; a number is not the text of it.
SELECT hll_hash(1.0) = hll_hash(1.00) AS scale, hll_hash(100::numeric) = hll_hash(1e2) AS zeros, hll_hash(0.0) = hll_hash(-0.000) AS zero, hll_hash(1.5) = hll_hash(1.50::numeric(9,4)) AS modifier,
       hll_hash(1.5) = hll_hash(-1.5) AS not_the_sign, hll_hash('NaN'::numeric) = hll_hash('NaN'::numeric) AS nan, hll_hash('Infinity'::numeric) = hll_hash('-Infinity'::numeric) AS not_infinities;
SELECT hll_hash(0.5::real) = hll_hash(0.5::float8) AS widened, hll_hash(0::float8) = hll_hash('-0'::float8) AS zero, hll_hash('NaN'::real) = hll_hash('NaN'::float8) AS nan,
       hll_hash('-NaN'::float8) = hll_hash('NaN'::float8) AS any_nan, hll_hash(0.1::real) = hll_hash(0.1::float8) AS not_what_it_rounds_to, hll_hash(0.5::float8) = hll_hash(float8send(0.5)) AS send,
       hll_hash(1) = hll_hash(1.0) AS not_across_kinds;
SELECT hll_hash(1) = hll_hash('1'::text) AS number_and_text, hll_hash(1) = hll_hash(true) AS number_and_boolean;

-- Times by their send form; intervals by length, as = has it.
SELECT hll_hash(d) = hll_hash(date_send(d)) AS date, hll_hash(t) = hll_hash(timestamptz_send(t)) AS timestamptz, hll_hash(t) = hll_hash(t::timestamp) AS timestamp,
       hll_hash(c) = hll_hash(time_send(c)) AS time, hll_hash(true) = hll_hash(boolsend(true)) AS boolean, hll_hash(u) = hll_hash(uuid_send(u)) AS uuid
FROM (SELECT date '2026-01-01' AS d, timestamptz '2026-01-01 12:34:56.789+00' AS t, time '12:34' AS c, uuid '00112233-4455-6677-8899-aabbccddeeff' AS u) AS s;
SELECT a, b, a = b AS equal, hll_hash(a) = hll_hash(b) AS same FROM (VALUES (interval '1 day', interval '24 hours'), ('1 month', '30 days'), ('1 month -1 hour', '29 days 23 hours'),
       ('-1 day', '-24:00'), ('1 year', '360 days'), ('1 day', '1 day 00:00:00.000001'), ('178000000 years', '-178000000 years')) AS t(a, b);

-- Enums by label, domains as what they are made of, other types by their send form.
CREATE TYPE hll_mood AS ENUM ('ok', 'well');
CREATE DOMAIN hll_whole AS integer CHECK (VALUE > 0);
CREATE DOMAIN hll_wholes AS hll_whole[];
SELECT hll_hash('ok'::hll_mood) = hll_hash('ok'::text) AS label, hll_hash(7::hll_whole) = hll_hash(7) AS domain, hll_hash('{7}'::hll_wholes) = hll_hash('{7}'::int[]) AS array_domain,
       hll_hash('10.0.0.1'::inet) = hll_hash(inet_send('10.0.0.1')) AS inet, hll_hash('{"b": 1, "a": 2}'::jsonb) = hll_hash('{"a":2,"b":1}'::jsonb) AS jsonb,
       hll_hash(point(1, 2)) = hll_hash(point_send(point(1, 2))) AS point, hll_hash(int4range(1, 3)) = hll_hash('[1,2]'::int4range) AS range;

-- Numbers in jsonb and in ranges are counted by what they are, too: as = and count(DISTINCT ...) have it.
SELECT a, b, a = b AS equal, hll_hash(a) = hll_hash(b) AS same FROM (VALUES ('1'::jsonb, '1.0'::jsonb), ('{"a": [1, null]}', '{"a": [1.00, null]}'), ('1', '"1"'), ('1', '[1]'), ('[1, 2]', '[[1], 2]'), ('{"a": "b"}', '["a", "b"]'),
       ('"a"', '"\u0061"'), ('true', 'false'), ('null', '"null"'), ('[]', '{}'), ('["ab"]', '["a", "b"]'), ('{"a": 1, "b": 2}', '{"b": 2, "a": 1e0}')) AS t(a, b);
SELECT a, b, a = b AS equal, hll_hash(a) = hll_hash(b) AS same FROM (VALUES ('[1.0,2)'::numrange, '[1,2.00)'::numrange), ('[1,2)', '[1,2]'), ('[1,2)', '(1,2)'), ('[1,)', '[1,2)'), ('(,1)', '(1,)'), ('(,)', 'empty'),
       ('[1,1)', 'empty'), ('[1,3)', '[1,2)')) AS t(a, b);
SELECT a, b, a = b AS equal, hll_hash(a) = hll_hash(b) AS same FROM (VALUES ('{[1.0,2),[3,4)}'::nummultirange, '{[3,4.0),[1,2)}'::nummultirange), ('{[1,2),[2,3)}', '{[1,3)}'), ('{[1,2),[3,4)}', '{[1,2),[3,5)}'), ('{}', '{(,)}')) AS t(a, b);
SELECT hll_hash(int4range(1, 3)) = hll_hash(int8range(1, 3)) AS widened, hll_hash(ARRAY[numrange(1, 2)]) = hll_hash(ARRAY[numrange(1.0, 2.0)]) AS array, hll_hash(ROW('[1.0]'::jsonb)) = hll_hash(ROW('[1]'::jsonb)) AS row;

-- Arrays by dimensions and elements, rows by columns, each by these rules.
SELECT hll_hash(ARRAY[1, 2]) = hll_hash(ARRAY[1, 2]::bigint[]) AS widened, hll_hash(ARRAY[1.0]) = hll_hash(ARRAY[1.00]) AS scale, hll_hash(ARRAY['a']) = hll_hash(ARRAY['a']::varchar[]) AS text,
       hll_hash('{1,2}'::int[]) = hll_hash('[0:1]={1,2}'::int[]) AS not_other_bounds, hll_hash('{1,2}'::int[]) = hll_hash('{{1,2}}'::int[]) AS nor_dimensions,
       hll_hash('{a,b}'::text[]) = hll_hash('{ab}'::text[]) AS nor_joined, hll_hash('{NULL}'::text[]) = hll_hash('{""}'::text[]) AS null_is_not_empty, hll_hash('{}'::int[]) = hll_hash('{}'::text[]) AS empty;
CREATE TYPE hll_pair AS (a integer, b text);
SELECT hll_hash(ROW(1, 'x'::text)) = hll_hash(ROW(1::bigint, 'x'::varchar)) AS widened, hll_hash(ROW(1, 'x'::text)) = hll_hash(ROW(1, 'x')::hll_pair) AS named,
       hll_hash(ROW(1, NULL::text)) = hll_hash(ROW(1, ''::text)) AS null_is_not_empty, hll_hash(ROW(1, 2)) = hll_hash(ROW(12)) AS nor_joined, hll_hash(ROW(ROW(1), ARRAY[ROW(2)])) = hll_hash(ROW(ROW(1), ARRAY[ROW(2)])) AS nested;
SELECT approx_count_distinct((n % 3, n % 2)) AS pairs, approx_count_distinct(ARRAY[n % 3, n % 2]) AS arrays, approx_count_distinct(ROW(n % 3, 'x')::hll_pair) AS rows,
       approx_count_distinct(CASE WHEN n % 2 = 0 THEN ROW(n % 3, 'x'::text) ELSE ROW('y'::text, n % 3) END) AS mixed_rows FROM generate_series(1, 600) AS n;
CREATE TABLE hll_dropped (a int, gone int, b text);
INSERT INTO hll_dropped VALUES (1, 2, 'x');
ALTER TABLE hll_dropped DROP gone;
SELECT hll_hash(d) = hll_hash(ROW(1, 'x')::hll_pair) AS without_dropped_columns FROM hll_dropped AS d;

-- No setting changes what is counted, neither the client's encoding.
CREATE TABLE hll_hashes AS SELECT hll_hash(chr(228)) AS t, hll_hash(to_jsonb(chr(228))) AS j, hll_hash(ARRAY[chr(228)]) AS a, hll_hash(ROW(chr(228))) AS r, hll_hash(0.1::float8) AS f,
       hll_hash(timestamptz '2026-01-01 00:00+00') AS at, hll_hash(chr(228)::tsvector) AS v;
SET client_encoding = 'LATIN1';
SET timezone = 'Asia/Tokyo';
SET datestyle = 'SQL, DMY';
SET extra_float_digits = -10;
SET bytea_output = 'escape';
SELECT t = hll_hash(chr(228)) AS text, j = hll_hash(to_jsonb(chr(228))) AS jsonb, a = hll_hash(ARRAY[chr(228)]) AS array, r = hll_hash(ROW(chr(228))) AS row, f = hll_hash(0.1::float8) AS float,
       at = hll_hash(timestamptz '2026-01-01 00:00+00') AS timestamptz, v = hll_hash(chr(228)::tsvector) AS tsvector FROM hll_hashes;
RESET client_encoding;
RESET timezone;
RESET datestyle;
RESET extra_float_digits;
RESET bytea_output;

-- The hash of Redis takes what is written: the string that one would give to PFADD.
SELECT hll_hash(42, 'redis') = hll_hash('42'::text, 'redis') AS number, hll_hash('\x3432'::bytea, 'redis') = hll_hash('42'::text, 'redis') AS bytes, hll_hash('42'::char(5), 'redis') = hll_hash('42', 'redis') AS blanks,
       hll_hash(42) = hll_hash(42, 'murmur3') AS usual, hll_hash(42) = hll_hash(42, 'redis') AS not_the_usual, hll_hash(true, 'redis') = hll_hash('t'::text, 'redis') AS boolean, hll_hash('ok'::hll_mood, 'redis') = hll_hash('ok'::text, 'redis') AS enum,
       hll_hash('{1,2}'::int[], 'redis') = hll_hash('{1,2}'::text, 'redis') AS array;
SELECT # hll_add(hll_add(hll_empty(14, 'redis'), 42), '42'::text) AS one, # hll_add(hll_add(hll_empty(), 42), '42'::text) AS two;
SELECT hll_hash(1, 'sha1');

-- hll_agg, hll_add and hll_hash agree for every type.
SELECT bool_and(hll_agg = hll_add AND hll_add = hll_add_hash) AS agree FROM (
    SELECT hll_agg(v), hll_add(hll_empty(), v), hll_add_hash(hll_empty(), hll_hash(v)) FROM (SELECT 5 AS v) AS s GROUP BY v UNION ALL
    SELECT hll_agg(v), hll_add(hll_empty(), v), hll_add_hash(hll_empty(), hll_hash(v)) FROM (SELECT 'five'::text AS v) AS s GROUP BY v UNION ALL
    SELECT hll_agg(v), hll_add(hll_empty(), v), hll_add_hash(hll_empty(), hll_hash(v)) FROM (SELECT 5.50 AS v) AS s GROUP BY v UNION ALL
    SELECT hll_agg(v, 14, 'redis'), hll_add(hll_empty(14, 'redis'), v), hll_add_hash(hll_empty(14, 'redis'), hll_hash(v, 'redis')) FROM (SELECT 5.50 AS v) AS s GROUP BY v UNION ALL
    SELECT hll_agg(v), hll_add(hll_empty(), v), hll_add_hash(hll_empty(), hll_hash(v)) FROM (SELECT timestamptz 'epoch' AS v) AS s GROUP BY v UNION ALL
    SELECT hll_agg(v), hll_add(hll_empty(), v), hll_add_hash(hll_empty(), hll_hash(v)) FROM (SELECT ROW(1, 'a'::text) AS v) AS s GROUP BY v) AS t;

-- What has no send function has no bytes to count.
SELECT hll_hash(makeaclitem(10, 10, 'SELECT', false));
SELECT approx_count_distinct(NULL) AS untyped_nothing;

DROP TABLE hll_hashes, hll_dropped;
DROP DOMAIN hll_wholes, hll_whole;
DROP TYPE hll_mood, hll_pair;
