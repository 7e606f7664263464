/*
 * The type hll: hll(p), its text and binary form, casts, equality. What comes in
 * is read and stored again; what nobody can have stored is refused, byte by byte.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET search_path = public, analytics;

-- A column of type hll(12) takes finer sketches, reduced, and refuses coarser ones.
CREATE TABLE hll_columns (id int, h hll(12), any_h hll);
SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'hll_columns'::regclass AND attnum > 1 ORDER BY attnum;
INSERT INTO hll_columns SELECT p, hll_agg(n, p), hll_agg(n, p) FROM generate_series(1, 100000) AS n, unnest(ARRAY[12, 14, 18]) AS p GROUP BY p;
SELECT id, hll_info(h) -> 'precision' AS precision, hll_info(any_h) -> 'precision' AS own, h = (SELECT h FROM hll_columns WHERE id = 12) AS same,
       hll_reduce(any_h, 12) = h AS reduced FROM hll_columns ORDER BY id;
INSERT INTO hll_columns VALUES (1, hll_empty(11));
SELECT hll_empty(11)::hll(12);
SELECT '\x10000b0000000000'::hll(12);
INSERT INTO hll_columns VALUES (1, '\x10000e0000000000') RETURNING hll_info(h) -> 'precision' AS of_text;
SELECT hll_info(hll_empty(16)::hll(12)::hll) -> 'precision' AS stays_reduced;
CREATE TABLE hll_bad (h hll(3));
CREATE TABLE hll_bad (h hll(12, 1));
ALTER TABLE hll_columns ALTER any_h TYPE hll(12);
SELECT bool_and(any_h = h) AS altered FROM hll_columns WHERE id > 1;
SELECT hll_reduce(hll_empty(12), 13);
SELECT hll_reduce(hll_empty(12), 3);
SELECT hll_empty(3);
SELECT hll_empty(14, 'sha1');
SELECT hll_in('\x10000e0000000000', 0, 2);
SELECT hll(hll_empty(), 2, false);

-- Text and bytea of all forms come back as they were.
CREATE TABLE hll_forms AS
SELECT p, n, hll_agg(v, p) AS h FROM unnest(ARRAY[4, 5, 11, 14, 18]) AS p, unnest(ARRAY[1, 2, 50, 5000]) AS n, generate_series(1, n) AS v GROUP BY p, n;
INSERT INTO hll_forms SELECT p, 0, hll_empty(p) FROM unnest(ARRAY[4, 5, 11, 14, 18]) AS p;
SELECT hll_info(h) ->> 'form' AS form, count(*), bool_and(h::text::hll = h AND h::text::hll::text = h::text AND h::bytea::hll::bytea = h::bytea
       AND hll_send(h) = h::bytea AND h::text = '\x' || encode(h::bytea, 'hex')) AS same FROM hll_forms GROUP BY 1 ORDER BY 1;

-- The estimate is never taken over: it is made again.
SELECT h, # h AS empty FROM (VALUES ('\x10000e000000c842'::hll)) AS t(h);
SELECT bool_and(set_byte(h::bytea, 4 + i, 77)::hll::text = h::text) AS made_again FROM hll_forms, generate_series(0, 3) AS i;

-- Text that is none.
SELECT ''::hll;
SELECT '10000e'::hll;
SELECT '\x10000e000000000'::hll;
SELECT '\x1g000e0000000000'::hll;
SELECT '\x'::hll;
SELECT ('\x10000e0000000000' || repeat('00', 1000))::hll;

-- Damaged bytes: every bit of every form turned, every length cut, something behind. Either refused with the code of
-- damaged data, or it is some other sketch, which then has one stored form.
CREATE FUNCTION pg_temp.judge(b bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN CASE b::hll::bytea = b WHEN true THEN 'sketch' ELSE 'estimate' END;
EXCEPTION WHEN data_corrupted THEN RETURN 'XX001';
END $$;
SELECT 'bits' AS what, array_agg(DISTINCT pg_temp.judge(set_bit(b, i, 1 - get_bit(b, i))) ORDER BY pg_temp.judge(set_bit(b, i, 1 - get_bit(b, i)))) AS answers
FROM (SELECT h::bytea AS b FROM hll_forms WHERE p IN (4, 11) AND n < 5000 OR p = 5) AS s, generate_series(0, 8 * least(length(b), 80) - 1) AS i;
SELECT 'cuts' AS what, array_agg(DISTINCT pg_temp.judge(substr(b, 1, i))) AS answers
FROM (SELECT h::bytea AS b FROM hll_forms WHERE p <= 11) AS s, generate_series(0, least(length(b), 200) - 1) AS i;
SELECT 'tails' AS what, array_agg(DISTINCT pg_temp.judge(h::bytea || '\x00') ORDER BY pg_temp.judge(h::bytea || '\x00')) AS answers FROM hll_forms;
SELECT '\x'::bytea::hll;
SELECT decode('20000e0000000000', 'hex')::hll;
SELECT hll('\x10000e00000000'::bytea);

-- Equality is that of the sketches: DISTINCT, GROUP BY, EXCEPT and joins by hashing; there is no order.
SELECT h = g AS same, h <> g AS other, h = hll_add(g, 5) AS more, h = hll_reduce(h, 13) AS coarser FROM (SELECT hll_agg(n) AS h, hll_agg(n ORDER BY -n) AS g FROM generate_series(1, 4) AS n) AS s;
SELECT count(*) AS groups, sum(n) AS rows FROM (SELECT h, count(*) AS n FROM (SELECT h FROM hll_forms UNION ALL SELECT h::text::hll FROM hll_forms) AS s GROUP BY h) AS t;
SELECT count(*) AS distinct FROM (SELECT DISTINCT h FROM (SELECT h FROM hll_forms UNION ALL SELECT h::text::hll FROM hll_forms) AS s) AS t;
SELECT count(*) AS left_over FROM (SELECT h FROM hll_forms EXCEPT SELECT h::text::hll FROM hll_forms) AS t;
SELECT count(*) AS joined FROM hll_forms AS a JOIN hll_forms AS b ON a.h = b.h;
SELECT bool_and(hll_opclass_hash(h) = hll_opclass_hash(h::text::hll)) AS same_hash, count(DISTINCT hll_opclass_hash(h)) = count(*) AS differ,
       bool_and(hll_opclass_hash_extended(h, 0) & 4294967295 = hll_opclass_hash(h)::bigint & 4294967295) AS extended FROM hll_forms;
CREATE TABLE hll_parted (h hll) PARTITION BY HASH (h);
CREATE TABLE hll_parted_0 PARTITION OF hll_parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hll_parted_1 PARTITION OF hll_parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO hll_parted SELECT h FROM hll_forms;
SELECT count(*) AS found FROM hll_parted WHERE h = (SELECT h FROM hll_forms WHERE p = 14 AND n = 50);
SELECT h FROM hll_forms ORDER BY h;

-- Sketches of different hashes do not mix.
SELECT hll_agg(1) || hll_agg(1, 14, 'redis');
SELECT hll_union_agg(h) FROM (VALUES (hll_empty()), (hll_empty(14, 'redis'))) AS t(h);
SELECT hll_intersect_count(a, b) FROM (SELECT hll_agg(1) AS a, hll_agg(1, 14, 'redis') AS b) AS s;

DROP TABLE hll_columns, hll_forms, hll_parted;
