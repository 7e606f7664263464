/*
 * Sketches of other programs, both ways. The golden bytes are of Redis 7.0.15
 * (PFADD, GET) and of postgresql-hll 2.17 (hll_add_agg, hll_send); long ones are
 * known by their md5.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET search_path = public, analytics;

-- A column of postgresql-hll moves in one statement (its bytes stand for hll_send(users) here), and new values meet the old ones.
CREATE TABLE hll_old (day int PRIMARY KEY, users bytea);
INSERT INTO hll_old VALUES
    (1, '\x128e7fde0820a06c76c0a8004403b7fb05c44a5b3d5839b2488b0c'), (2, '\x118e7f'), (3, NULL);
ALTER TABLE hll_old ALTER users TYPE hll USING hll_from_storage(users);
SELECT day, # users AS users, # hll_add(users, 2::bigint) AS with_a_known, # hll_add(users, 4::bigint) AS with_a_new,
       users = (SELECT hll_agg(n) FROM generate_series(1, 3) AS n) AS as_ours FROM hll_old ORDER BY day;

-- SPARSE and FULL are registers: as many as ours, without the low bits; what is written is what was read.
CREATE TABLE hll_spec AS SELECT hll_from_storage('\x138b4003e115041aa21b621c241c4226c12ac138613a02412144624c034ee258a15d0461816e4185c189449961a322a682b6c2ca63ce41d822d961dec2e003e061e362e563eaa2ee83ef21f361f441f641fcc2') AS sparse,
    (SELECT hll_agg(n, 11) FROM generate_series(1, 40) AS n) AS ours;
SELECT hll_info(sparse) - 'bytes' - 'error' - 'estimate' AS sparse, abs((# sparse) - 40) < 3 AS near, # ours AS exact FROM hll_spec;
SELECT substr(hll_to_storage(sparse), 4) = substr(hll_to_storage(ours), 4) AS same_registers, left(hll_to_storage(sparse)::text, 6) AS head,
       hll_from_storage(hll_to_storage(sparse)) = sparse AS same FROM hll_spec;
SELECT hll_from_storage(hll_to_storage(hll_empty(12))) = hll_empty(12) AS empty, hll_to_storage(hll_empty(12)) AS bytes;
SELECT md5(hll_to_storage(hll_agg(n))) = '369bdb1d391d5349339cdd960f353741' AS full_14, md5(hll_to_storage(hll_agg(n, 11))) = 'c74ff5e6f0b1beacac5b3c55d4b35a25' AS full_11,
       abs((# hll_from_storage(hll_to_storage(hll_agg(n)))) - 20000) < 500 AS near FROM generate_series(1, 20000) AS n;

-- Union with one of them: its registers rule, in any order; a register width that is too small cuts ranks off.
SELECT (sparse || ours) = sparse AS contained, (ours || sparse) = sparse AS both_ways, hll_info(sparse || hll_agg) -> 'hll_only' AS hll_only,
       abs((# (sparse || hll_agg)) - 5000) < 500 AS near FROM hll_spec, (SELECT hll_agg(n) FROM generate_series(1, 5000) AS n) AS s;
SELECT w, length(hll_to_storage(h, w)) AS bytes, hll_from_storage(hll_to_storage(h, w)) = hll_from_storage(hll_to_storage(h, 8)) AS all_of_it
FROM (SELECT hll_agg(n, 10) AS h FROM generate_series(1, 20000) AS n) AS s, generate_series(1, 8) AS w ORDER BY w;
SELECT p, bool_and(hll_to_storage(hll_from_storage(hll_to_storage(h, w)), w) = hll_to_storage(h, w)) AS comes_back
FROM (SELECT p, hll_agg(n, p) AS h FROM generate_series(1, 3000) AS n, unnest(ARRAY[4, 5, 11, 14, 18]) AS p, unnest(ARRAY[0, 2990]) AS few WHERE n > few GROUP BY p, few) AS s,
     unnest(ARRAY[1, 4, 5, 6, 8]) AS w GROUP BY p ORDER BY p;

-- What cannot be exchanged.
SELECT hll_to_storage(hll_empty(), 9);
SELECT hll_to_storage(hll_empty(14, 'redis'));
SELECT hll_from_storage('\x108e7f');
SELECT hll_from_storage('\x118f7f'), hll_from_storage('\x11937f');
SELECT hll_from_storage('\x11837f');
SELECT hll_from_storage('\x');
SELECT hll_from_storage('\x218e7f');
SELECT hll_from_storage('\x118e7f00');
SELECT hll_from_storage('\x128e7fde0820a06c76c0');
SELECT hll_from_storage('\x148e7f00');

-- Redis: small, of 300 (sparse), of 20,000 (dense) and of no values.
CREATE TABLE hll_redis AS
SELECT '\x48594c4c0100000003000000000000005cb39042078448588058e7'::bytea AS small, '\x48594c4c0100000000000000000000807fff'::bytea AS empty,
       (SELECT hll_agg(v, 14, 'redis') FROM unnest(ARRAY['foo', 'bar', 'zap']) AS v) AS ours,
       (SELECT hll_agg(n, 14, 'redis') FROM generate_series(1, 300) AS n) AS of_300, (SELECT hll_agg(n, 14, 'redis') FROM generate_series(1, 20000) AS n) AS of_20000;
SELECT # hll_from_redis(small) AS three, hll_info(hll_from_redis(small)) - 'bytes' - 'error' - 'estimate' AS info, substr(hll_to_redis(ours), 17) = substr(small, 17) AS as_redis,
       hll_to_redis(hll_from_redis(small)) = hll_to_redis(ours) AS comes_back, hll_to_redis(hll_empty(14, 'redis')) = empty AS nothing, hll_from_redis(empty) = hll_empty(14, 'redis') AS still_nothing FROM hll_redis;
SELECT length(hll_to_redis(of_300)) AS sparse, md5(substr(hll_to_redis(of_300), 17)) = 'fc050f877dcb833138189769e2cae134' AS as_redis, # of_300 AS exact, # hll_from_redis(hll_to_redis(of_300)) AS near FROM hll_redis;
SELECT length(hll_to_redis(of_20000)) AS dense, md5(substr(hll_to_redis(of_20000), 17)) = 'db1a73ed1b91c8a04bc8c9cd49f92b5e' AS as_redis,
       abs((# hll_from_redis(hll_to_redis(of_20000))) - 19891) < 60 AS as_pfcount, hll_from_redis(hll_to_redis(of_300)) || hll_from_redis(small) = hll_from_redis(hll_to_redis(of_300 || ours)) AS united FROM hll_redis;
SELECT hll_to_redis(hll_empty());
SELECT hll_to_redis(hll_empty(12, 'redis'));
SELECT hll_from_redis('\x');
SELECT hll_from_redis('\x48594c4c010000000300000000000000');
SELECT hll_from_redis('\x48594c4d0100000000000000000000807fff');
SELECT hll_from_redis('\x48594c4c0000000000000000000000807fff');
SELECT hll_from_redis(small || '\x00') FROM hll_redis;

-- Every bit of the imports turned, every length: refused as damaged, or read as some other sketch.
CREATE FUNCTION pg_temp.judge(b bytea, redis boolean) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN CASE WHEN # CASE WHEN redis THEN hll_from_redis(b) ELSE hll_from_storage(b) END >= 0 THEN 'sketch' END;
EXCEPTION WHEN data_corrupted THEN RETURN 'damaged'; WHEN invalid_parameter_value THEN RETURN 'refused';
END $$;
SELECT redis, array_agg(DISTINCT answer ORDER BY answer) AS answers FROM (
    SELECT redis, pg_temp.judge(set_bit(b, i, 1 - get_bit(b, i)), redis) AS answer
    FROM (SELECT small, true FROM hll_redis UNION ALL SELECT hll_to_storage(sparse), false FROM hll_spec UNION ALL SELECT hll_to_storage(hll_agg(n, 5)), false FROM generate_series(1, 99) AS n) AS s(b, redis),
         generate_series(0, 8 * length(b) - 1) AS i
    UNION ALL SELECT redis, pg_temp.judge(substr(b, 1, i), redis)
    FROM (SELECT small, true FROM hll_redis UNION ALL SELECT hll_to_storage(sparse), false FROM hll_spec) AS s(b, redis), generate_series(0, length(b) - 1) AS i) AS t
GROUP BY redis ORDER BY redis;

DROP TABLE hll_old, hll_spec, hll_redis;
