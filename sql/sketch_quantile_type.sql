/*
 * The type quantile: its text form, casts, equality; bytes as they
 * are described in docs/quantile.md. What nobody can have stored is refused, byte
 * by byte.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET search_path = public, analytics;

-- Stored forms, frozen: those of the page, and a digest of larger ones made of whole numbers and powers of two.
SELECT quantile_agg(57.0) AS one, quantile_agg(57.0, 0.05) AS coarse, quantile_agg(v) AS kept FROM unnest('{57}'::float8[]) AS v;
SELECT quantile_agg(v) AS seven FROM unnest('{NaN,0.1,Infinity,-1,100,-Infinity,1}'::float8[]) AS v;
SELECT quantile_agg(v) AS bins FROM (SELECT 1 AS v FROM generate_series(1, 31) UNION ALL VALUES (2), (-2)) AS t;
SELECT quantile_agg(v) AS every_kind FROM (SELECT ((n - 20) ^ 3)::float8 FROM generate_series(1, 39) AS n
    UNION ALL SELECT unnest('{0,-0,Infinity,Infinity,-Infinity,NaN,5e-324,-1.7976931348623157e308}'::float8[])) AS t(v);
SELECT length(q::bytea) AS bytes, md5(q::bytea) AS digest FROM (SELECT quantile_agg(n) AS q FROM generate_series(1, 100000) AS n) AS s;
SELECT length(q::bytea) AS bytes, md5(q::bytea) AS digest FROM (SELECT quantile_agg((n % 251 - 125) * 2::float8 ^ (n % 90 - 45), 0.001) AS q FROM generate_series(1, 100000) AS n) AS s;

-- Text and bytea of all forms come back as they were.
CREATE TABLE quantile_forms AS
SELECT n, a, quantile_agg((v * 37 % 101 - 20) / 8.0, a) AS q FROM unnest(ARRAY[1, 2, 31, 32, 33, 5000]) AS n, unnest(ARRAY[0.001, 0.01, 0.2]) AS a, generate_series(1, n) AS v GROUP BY n, a;
INSERT INTO quantile_forms VALUES (0, 0.01, '\x012300'), (40, 0.01, (SELECT quantile_agg('Infinity') FROM generate_series(1, 40))), (41, 0.01, (SELECT quantile_agg(0) FROM generate_series(1, 41)));
SELECT quantile_info(q) ->> 'form' AS form, count(*), bool_and(q::text::quantile = q AND q::text::quantile::text = q::text AND q::bytea::quantile::bytea = q::bytea
       AND quantile_send(q) = q::bytea AND q::text = '\x' || encode(q::bytea, 'hex') AND upper(substr(q::text, 3)) <> '' AND ('\x' || upper(substr(q::text, 3)))::quantile = q) AS same
FROM quantile_forms GROUP BY 1 ORDER BY 1;
SET bytea_output = escape;
SELECT quantile_agg(57.0) AS still_hex FROM generate_series(1, 1);
RESET bytea_output;
SELECT attstorage AS storage, pg_column_size(q) - length(q::bytea) AS overhead FROM pg_attribute, quantile_forms WHERE attrelid = 'quantile_forms'::regclass AND attname = 'q' AND n = 33 AND a = 0.01;

-- Text that is none.
SELECT ''::quantile;
SELECT '012300'::quantile;
SELECT '\x'::quantile;
SELECT '\x01230'::quantile;
SELECT '\x01g300'::quantile;
SELECT '\x0123000'::quantile;
SELECT ('\x012300' || repeat('00', 1000))::quantile;

-- Damaged bytes: every bit of every form turned, every length cut, something behind. Either refused with the code of
-- damaged data, or it is some other sketch, which has no other stored form and can be read.
CREATE FUNCTION pg_temp.judge(b bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE q quantile;
BEGIN
    q := b::quantile;
    PERFORM approx_quantile(q, ARRAY[0, 0.5, 1]), quantile_rank(q, 1), quantile_info(q);
    -- United with an empty one of its accuracy, it is written anew.
    RETURN CASE WHEN get_byte(b, 1) >= 128 THEN 'sketch' WHEN (q || (substr(b, 1, 2) || '\x00')::quantile)::bytea = b THEN 'sketch' ELSE 'another form' END;
EXCEPTION WHEN data_corrupted THEN RETURN 'XX001';
END $$;
SELECT 'bits' AS what, array_agg(DISTINCT pg_temp.judge(set_bit(b, i, 1 - get_bit(b, i))) ORDER BY pg_temp.judge(set_bit(b, i, 1 - get_bit(b, i)))) AS answers
FROM (SELECT q::bytea AS b FROM quantile_forms WHERE a = 0.01) AS s, generate_series(0, 8 * length(b) - 1) AS i;
SELECT 'cuts' AS what, array_agg(DISTINCT pg_temp.judge(substr(b, 1, i))) AS answers FROM (SELECT q::bytea AS b FROM quantile_forms WHERE a = 0.01) AS s, generate_series(0, length(b) - 1) AS i;
SELECT 'more' AS what, array_agg(DISTINCT pg_temp.judge(b || '\x00')) AS answers FROM (SELECT q::bytea AS b FROM quantile_forms) AS s;
SELECT ''::bytea::quantile;
SELECT '\x022300'::bytea::quantile;

-- States of approx_percentile are bytes that anybody can make: other functions put together, damaged states.
CREATE AGGREGATE pg_temp.wrong(float8, float8) (SFUNC = approx_percentile_sfunc, STYPE = bytea, FINALFUNC = approx_percentile_array_final);
SELECT pg_temp.wrong(n, 0.5) FROM generate_series(1, 3) AS n;
CREATE AGGREGATE pg_temp.given(float8, float8) (SFUNC = approx_percentile_sfunc, STYPE = bytea, FINALFUNC = approx_percentile_final, INITCOND = '\x0001000000000000000000e03f012300');
SELECT pg_temp.given(n, 0.5) AS right FROM generate_series(1, 3) AS n;
SELECT pg_temp.given(n, 0.6) AS wrong_fraction FROM generate_series(1, 3) AS n;
CREATE FUNCTION pg_temp.answer(state bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN coalesce(approx_percentile_final(state)::text, 'NULL');
EXCEPTION WHEN data_corrupted THEN RETURN 'XX001';
END $$;
SELECT state, pg_temp.answer(state) FROM unnest('{0001000000000000000000e03f01230103404c80,00,0101000000,0002000000000000000000e03f000000000000e03f012300,0201000000000000000000e03f012300,
    0001000000000000000000f0bf012300,01ffffffff012300,0001000000000000000000e03f,0001000000000000000000e03f0123,0101000000000000000000e03f012300}'::text[]) WITH ORDINALITY AS h(hex, i),
    LATERAL (SELECT decode(hex, 'hex')) AS d(state) ORDER BY i;

DROP TABLE quantile_forms;
