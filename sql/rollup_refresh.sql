-- Proves what refreshing does: cells are what the events say, by hand and by aggregates over the source, whatever came between
-- refreshes; in parts to the end; within one transaction; NULLs, long texts, infinite times; keep, frozen ranges, scan.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET timezone = 'UTC';
SET datestyle = ISO;
\set VERBOSITY terse
CREATE SCHEMA rr;
SET search_path = rr, public;
CREATE TABLE e (at timestamptz, tenant text, kind text, u int, v int, f float8);
INSERT INTO e VALUES
    ('2026-01-05 10:10+00', 'a', 'x', 1, 10, 0.5), ('2026-01-05 10:50+00', 'a', 'x', 2, 20, 0.25), ('2026-01-05 10:59+00', 'a', 'y', 1, 5, 1),
    ('2026-01-05 11:00+00', 'a', 'x', 1, 1, 1), ('2026-01-05 11:30+00', 'b', 'x', 1, 2, 2), ('2026-01-04 23:59+00', NULL, NULL, 7, NULL, NULL);
SELECT analytics.add_source('rr', 'e', at => 'at', entity => 'u', tenant => 'tenant');
SELECT analytics.define_metric('rr.n', 'rr', 'count'), analytics.define_metric('rr.v', 'rr', 'sum', 'v'),
    analytics.define_metric('rr.x', 'rr', 'count', filter => 'kind = ''x'''), analytics.define_metric('rr.max', 'rr', 'max', 'v'),
    analytics.define_metric('rr.users', 'rr', 'distinct', 'u'), analytics.define_metric('rr.f', 'rr', 'sum', 'f'),
    analytics.define_metric('rr.p', 'rr', 'percentile', 'v', fraction => 0.5);
SELECT analytics.create_rollup('rr_hourly', 'rr', '1 hour', '{rr.n,rr.v,rr.x,rr.max,rr.users,rr.f,rr.p}', '{kind}');

-- How many cells differ from the source, of how many; every column.
CREATE FUNCTION differing(OUT wrong bigint, OUT cells bigint) LANGUAGE sql AS $$
    WITH c AS (SELECT tenant, bucket, kind, events, rr_v, rr_x, rr_max, rr_users::text, rr_f::text, rr_p::text FROM rr_hourly),
    s AS (SELECT tenant, analytics.time_bin('1 hour', at, 'UTC'), kind, count(*), sum(v), count(*) FILTER (WHERE kind = 'x'), max(v),
        analytics.hll_agg(u)::text, analytics.exact_sum_agg(f)::text, analytics.quantile_agg(v::float8)::text
        FROM e WHERE at IS NOT NULL GROUP BY 1, 2, 3)
    SELECT (SELECT count(*) FROM ((TABLE c EXCEPT ALL TABLE s) UNION ALL (TABLE s EXCEPT ALL TABLE c)) d), (SELECT count(*) FROM c) $$;

-- by hand
SELECT valid, newer, dirty FROM analytics.rollup_pending('rr_hourly');
SELECT cells, rows, took > interval '0' AS took FROM analytics.refresh_rollup('rr_hourly');
SELECT tenant, bucket, kind, events, rr_v, rr_x, rr_max, analytics.hll_count(rr_users) AS users, analytics.exact_sum_value(rr_f) AS f FROM rr_hourly
ORDER BY tenant, bucket, kind;
SELECT covered, horizon, cells, rows FROM analytics.rollup_progress WHERE rollup = 'rr_hourly';
SELECT cells, rows FROM analytics.refresh_rollup('rr_hourly');
-- new events are added to the cells that there are, old ones make theirs; one without a time has none
INSERT INTO e VALUES ('2026-01-05 10:15+00', 'a', 'x', 3, 100, 8), ('2019-03-01 00:00+00', 'c', 'x', 3, 100, 8), (NULL, 'a', 'x', 1, 1, 1),
    ('infinity', 'a', 'x', 1, 1, 1), ('-infinity', 'a', 'x', 1, 1, 1), ('2026-01-05 10:15+00', NULL, NULL, 3, 100, 8), ('2026-01-05 10:16+00', NULL, NULL, 4, 50, 8);
SELECT valid, newer, dirty FROM analytics.rollup_pending('rr_hourly');
SELECT cells, rows FROM analytics.refresh_rollup('rr_hourly');
SELECT tenant, bucket, kind, events, rr_v, rr_x, rr_max, analytics.hll_count(rr_users) AS users, analytics.exact_sum_value(rr_f) AS f FROM rr_hourly
WHERE bucket NOT BETWEEN '2026-01-05 11:00+00' AND '2026-01-06' OR tenant IS NULL ORDER BY tenant, bucket, kind;
SELECT * FROM differing();
-- texts that are longer than an index takes, and differ at their ends
INSERT INTO e SELECT '2026-01-05 12:00+00', repeat('t', 5000) || i % 2, repeat('k', 9000) || i % 3, i, i, i FROM generate_series(1, 12) i;
SELECT cells, rows FROM analytics.refresh_rollup('rr_hourly');
INSERT INTO e SELECT '2026-01-05 12:30+00', repeat('t', 5000) || i % 2, repeat('k', 9000) || i % 3, i, i, i FROM generate_series(1, 12) i;
SELECT cells, rows FROM analytics.refresh_rollup('rr_hourly');
SELECT * FROM differing();
-- changes: the marked cells are computed again, of one tenant or of all
UPDATE e SET v = 11 WHERE v = 10;
DELETE FROM e WHERE tenant = 'b';
UPDATE e SET at = at + interval '1 hour', tenant = 'c' WHERE tenant = 'a' AND kind = 'y';
SELECT valid, newer, dirty FROM analytics.rollup_pending('rr_hourly');
SELECT cells > 0 AS some FROM analytics.refresh_rollup('rr_hourly');
SELECT valid, newer, dirty FROM analytics.rollup_pending('rr_hourly');
SELECT * FROM differing();
DELETE FROM e WHERE at IN ('infinity', '-infinity') OR at IS NULL;
SELECT valid, newer, dirty FROM analytics.rollup_pending('rr_hourly');
SELECT cells > 0 AS some FROM analytics.refresh_rollup('rr_hourly');
SELECT * FROM differing();

-- in parts: at each step the newest, and none twice
INSERT INTO e SELECT timestamptz '2026-01-10 00:00+00' + i * interval '37 minutes', 't' || i % 3, 'k' || i % 2, i, i, i FROM generate_series(1, 2000) i;
SELECT cells >= 100 AND cells < 120 AS bounded FROM analytics.refresh_rollup('rr_hourly', 100);
SELECT newer, dirty > 500 AS dirty FROM analytics.rollup_pending('rr_hourly');
SELECT wrong > 0 AS behind FROM differing();
CREATE FUNCTION to_the_end(size int, OUT calls int, OUT largest bigint) LANGUAGE plpgsql AS $$
DECLARE n bigint := 1;
BEGIN
    calls := 0; largest := 0;
    WHILE n > 0 LOOP
        n := (SELECT r.cells FROM analytics.refresh_rollup('rr_hourly', size) r);
        calls := calls + 1; largest := greatest(largest, n);
    END LOOP;
END $$;
SELECT calls > 5 AS some, largest < 200 AS bounded FROM to_the_end(100);
SELECT * FROM differing();
SELECT newer, dirty FROM analytics.rollup_pending('rr_hourly');
-- the same from nothing: coverage grows backwards
TRUNCATE e;
SELECT valid, newer, dirty FROM analytics.rollup_pending('rr_hourly');
INSERT INTO e SELECT timestamptz '2026-01-10 00:00+00' + i * interval '37 minutes', 't' || i % 3, 'k' || i % 2, i, i, i FROM generate_series(1, 2000) i;
INSERT INTO e SELECT timestamptz '2020-01-10 00:00+00' + i * interval '37 minutes', 't' || i % 3, 'k' || i % 2, i, i, i FROM generate_series(1, 200) i;
INSERT INTO e VALUES ('infinity', 'a', 'x', 1, 1, 1), ('-infinity', 'a', 'x', 1, 1, 1), ('0044-03-15 BC', 'a', 'x', 1, 1, 1);
SET analytics.now = '2026-03-03 00:00+00';
SELECT cells >= 100 AND cells < 200 AS bounded FROM analytics.refresh_rollup('rr_hourly', 100);
SELECT covered > '2026-02-01' AS part FROM analytics.rollup_progress WHERE rollup = 'rr_hourly';
SELECT count(*) > 0 AS some, min(bucket) >= (SELECT covered FROM analytics.rollup_progress WHERE rollup = 'rr_hourly') AS covered FROM rr_hourly;
INSERT INTO e VALUES ('2026-01-11', 'late', 'x', 1, 1, 1), ('2026-02-28 12:00+00', 'late', 'x', 1, 1, 1);
SELECT calls > 5 AS some, largest < 500 AS bounded FROM to_the_end(100);
SELECT covered FROM analytics.rollup_progress WHERE rollup = 'rr_hourly';
SELECT * FROM differing();

-- in one transaction: what it has inserted remains newer, what it has changed is taken up
BEGIN;
INSERT INTO e VALUES ('2026-02-01 10:00+00', 'own', 'x', 1, 1, 1);
SELECT cells, rows FROM analytics.refresh_rollup('rr_hourly');
INSERT INTO e VALUES ('2026-02-01 10:01+00', 'own', 'x', 2, 2, 2);
SELECT newer, dirty FROM analytics.rollup_pending('rr_hourly');
SAVEPOINT s;
INSERT INTO e VALUES ('2026-02-01 10:02+00', 'own', 'x', 3, 3, 3);
SELECT cells, rows FROM analytics.refresh_rollup('rr_hourly');
ROLLBACK TO s;
COMMIT;
SELECT newer, dirty FROM analytics.rollup_pending('rr_hourly');
SELECT cells, rows FROM analytics.refresh_rollup('rr_hourly');
SELECT * FROM differing();
BEGIN;
UPDATE e SET v = v + 1 WHERE tenant = 'own';
SELECT cells FROM analytics.refresh_rollup('rr_hourly');
DELETE FROM e WHERE tenant = 'late';
SELECT cells FROM analytics.refresh_rollup('rr_hourly');
COMMIT;
SELECT * FROM differing();
BEGIN;
DELETE FROM e WHERE tenant = 'own';
SELECT cells FROM analytics.refresh_rollup('rr_hourly');
ROLLBACK;
SELECT * FROM differing();
-- created and refreshed in one transaction, with events of its own
BEGIN;
INSERT INTO e VALUES ('2026-02-01 10:00+00', 'new', 'x', 1, 1, 1);
SELECT analytics.create_rollup('rr_new', 'rr', '1 day', '{rr.n}');
INSERT INTO e VALUES ('2026-02-01 10:00+00', 'new', 'x', 1, 1, 1);
SELECT cells > 0 AS some FROM analytics.refresh_rollup('rr_new');
COMMIT;
SELECT cells, rows FROM analytics.refresh_rollup('rr_new');
SELECT (SELECT sum(events) FROM rr_new) = (SELECT count(*) FROM e) AS all_there;
SELECT analytics.drop_rollup('rr_new');

-- an empty table, and one that becomes empty
SELECT analytics.create_rollup('rr_daily', 'rr', '1 day', '{rr.n}', keep => '30 days');
BEGIN;
DELETE FROM e;
SELECT cells, rows FROM analytics.refresh_rollup('rr_daily');
SELECT cells, rows FROM analytics.refresh_rollup('rr_hourly');
SELECT * FROM differing();
ROLLBACK;
-- keep: from the bucket that holds now - 30 days on
SET analytics.now = '2026-02-20 12:00+00';
SELECT cells FROM analytics.refresh_rollup('rr_daily');
SELECT covered, (SELECT min(bucket) FROM rr_daily) FROM analytics.rollup_progress WHERE rollup = 'rr_daily';
INSERT INTO e VALUES ('2026-01-05', 'old', 'x', 1, 1, 1);
SET analytics.now = '2026-02-22 12:00+00';
SELECT cells, rows FROM analytics.refresh_rollup('rr_daily');
SELECT covered, (SELECT min(bucket) FROM rr_daily) FROM analytics.rollup_progress WHERE rollup = 'rr_daily';
SELECT analytics.drop_rollup('rr_daily');

-- frozen: cells are kept whatever becomes of the events, new ones are added, and marks are refused
SELECT cells > 0 AS some FROM analytics.refresh_rollup('rr_hourly');
SELECT sum(events) AS before FROM rr_hourly WHERE bucket >= '2026-01-20' AND bucket < '2026-01-21' \gset
INSERT INTO analytics.rollup_frozen VALUES ('rr_hourly', '2026-01-20', '2026-01-21');
DELETE FROM e WHERE at >= '2026-01-20' AND at < '2026-01-21';
INSERT INTO e VALUES ('2026-01-20 05:00+00', 'again', 'x', 1, 1, 1);
SELECT cells, rows FROM analytics.refresh_rollup('rr_hourly');
SELECT sum(events) - :before AS added FROM rr_hourly WHERE bucket >= '2026-01-20' AND bucket < '2026-01-21';
SELECT newer, dirty, refused > 0 AS refused FROM analytics.rollup_pending('rr_hourly');
INSERT INTO analytics.rollup_marks VALUES ('rr_hourly', NULL, '-infinity');
SELECT cells > 0 AS some FROM analytics.refresh_rollup('rr_hourly', 100);
SET client_min_messages = error;
SELECT calls > 5 AS some FROM to_the_end(100);
RESET client_min_messages;
SELECT sum(events) - :before AS added FROM rr_hourly WHERE bucket >= '2026-01-20' AND bucket < '2026-01-21';
SELECT * FROM (SELECT tenant, bucket, kind, events FROM rr_hourly WHERE bucket < '2026-01-20' OR bucket >= '2026-01-21') c
    FULL JOIN (SELECT tenant, analytics.time_bin('1 hour', at, 'UTC') AS bucket, kind, count(*) AS events FROM e
        WHERE at < '2026-01-20' OR at >= '2026-01-21' GROUP BY 1, 2, 3) s USING (tenant, bucket, kind) WHERE c.events IS DISTINCT FROM s.events;

-- errors
SELECT * FROM analytics.refresh_rollup('rr_hourley');
SELECT * FROM analytics.refresh_rollup('rr_hourly', 0);
SELECT * FROM analytics.refresh_rollup(NULL);
BEGIN READ ONLY;
SELECT * FROM analytics.refresh_rollup('rr_hourly');
ROLLBACK;
CREATE ROLE regress_rr;
GRANT USAGE ON SCHEMA analytics TO regress_rr;
GRANT EXECUTE ON FUNCTION analytics.refresh_rollup TO regress_rr;
SET ROLE regress_rr;
SELECT * FROM analytics.refresh_rollup('rr_hourly');
SELECT count(*) FROM analytics.rollup_status;
RESET ROLE;
SELECT analytics.drop_rollup('rr_hourly');
SET client_min_messages = warning;
SELECT analytics.drop_source('rr', cascade => true);
DROP SCHEMA rr CASCADE;
DROP OWNED BY regress_rr;
DROP ROLE regress_rr;
