-- Proves refreshing where it goes another way: capture by trigger and by scan, times without zone, dates, months and days of
-- zones whose clocks change, partitions; each compared with aggregates over the source.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET timezone = 'UTC';
SET datestyle = ISO;
\set VERBOSITY terse
CREATE SCHEMA rk;
SET search_path = rk, public;
CREATE TABLE z (at timestamptz, tenant int, v int);
CREATE TABLE t (at timestamp, tenant int, v int);
CREATE TABLE d (at date, tenant int, v int);
CREATE TABLE p (at timestamptz NOT NULL, tenant int, v int) PARTITION BY RANGE (at);
CREATE TABLE p_old PARTITION OF p FOR VALUES FROM (MINVALUE) TO ('2026-03-01');
CREATE TABLE p_new PARTITION OF p FOR VALUES FROM ('2026-03-01') TO (MAXVALUE);
CREATE VIEW y AS SELECT * FROM z;
CREATE FUNCTION fill(relation text, n int, first int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %I (at, tenant, v) SELECT timestamp ''2026-02-20 00:07'' + (i * 7919 %% 20000) * interval ''3 minutes'', nullif(i %% 3, 0), i
        FROM generate_series(%s, %s) i', relation, first, first + n - 1);
END $$;
SELECT fill(relation, 3000, 1) FROM unnest('{z,t,d,p}'::text[]) relation;
SELECT analytics.add_source('rk_z', 'z', at => 'at', entity => 'v', tenant => 'tenant'), analytics.add_source('rk_p', 'p', at => 'at', entity => 'v', tenant => 'tenant'),
    analytics.add_source('rk_t', 't', at => 'at', entity => 'v', tenant => 'tenant', timezone => 'Europe/Berlin'),
    analytics.add_source('rk_d', 'd', at => 'at', entity => 'v', tenant => 'tenant', timezone => 'Asia/Taipei'), analytics.add_source('rk_y', 'y', at => 'at', entity => 'v', tenant => 'tenant');
SELECT analytics.define_metric(s || '.v', s, 'sum', 'v') FROM unnest('{rk_z,rk_t,rk_d,rk_p,rk_y}'::text[]) s;
SELECT analytics.create_rollup('k_hour', 'rk_z', '1 hour', '{rk_z.v}', capture => 'trigger', timezone => 'America/New_York');
SELECT analytics.create_rollup('k_month', 'rk_z', '1 month', '{rk_z.v}', capture => 'trigger', timezone => 'Asia/Kathmandu');
SELECT analytics.create_rollup('k_clock', 'rk_t', '1 day', '{rk_t.v}');
SELECT analytics.create_rollup('k_date', 'rk_d', '1 week', '{rk_d.v}');
SELECT analytics.create_rollup('k_parts', 'rk_p', '1 day', '{rk_p.v}', timezone => 'Europe/Berlin');
SET analytics.now = '2026-03-20 10:30+00';
SELECT analytics.create_rollup('k_view', 'rk_y', '1 day', '{rk_y.v}', capture => 'scan', tail => '2 days', timezone => 'Asia/Taipei');
-- refreshes a rollup to the end, and compares its cells, up to the horizon, with the source
CREATE FUNCTION check_all(size int, OUT rollup text, OUT wrong bigint, OUT enough bool, OUT left_over bool) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE r record; n bigint;
BEGIN
    FOR r IN SELECT s.*, q.timezone AS zone FROM analytics.rollups s JOIN analytics.sources q ON q.name = s.source WHERE s.name LIKE 'k\_%' ORDER BY s.name LOOP
        LOOP
            n := (SELECT f.cells FROM analytics.refresh_rollup(r.name, size) f);
            EXIT WHEN n = 0 OR size IS NULL;
        END LOOP;
        rollup := r.name;
        left_over := (SELECT newer + dirty > 0 FROM analytics.rollup_pending(r.name));
        EXECUTE format('WITH c AS (SELECT tenant, bucket, events, %1$I FROM %2$s), s AS (SELECT tenant, %3$s AS bucket, count(*), sum(v) FROM %4$s
                WHERE %3$s < coalesce((SELECT horizon FROM analytics.rollup_progress WHERE rollup = %5$L), ''infinity'') GROUP BY 1, 2)
            SELECT (SELECT count(*) FROM ((TABLE c EXCEPT ALL TABLE s) UNION ALL (TABLE s EXCEPT ALL TABLE c)) x), (SELECT count(*) > 5 FROM c)',
            replace(r.metrics[1], '.', '_'), r.relation,
            CASE WHEN r.zone IS NULL THEN format('analytics.time_bin(%L, at, %L)', r.granularity, r.timezone) ELSE format('analytics.time_bin(%L, at)', r.granularity) END,
            r.source_relation, r.name) INTO wrong, enough;
        RETURN NEXT;
    END LOOP;
END $$;
SELECT * FROM check_all(NULL);
SELECT covered, horizon FROM analytics.rollup_progress WHERE rollup = 'k_view';
-- later and late events, changes and deletions
SELECT fill(relation, 500, 3001) FROM unnest('{t,d,p}'::text[]) relation;
INSERT INTO z SELECT timestamptz '2026-03-20 09:00+00' + i * interval '10 minutes', i % 2, i FROM generate_series(1, 300) i;
UPDATE t SET v = v + 1 WHERE at >= '2026-03-28 12:00' AND at < '2026-03-30';
DELETE FROM d WHERE at IN ('2026-03-02', '2026-03-10') AND tenant = 1;
UPDATE p SET at = at + interval '10 days' WHERE tenant = 2 AND at > '2026-02-25' AND at < '2026-02-27';
SET analytics.now = '2026-03-24 10:30+00';
SELECT * FROM check_all(NULL);
SELECT covered, horizon FROM analytics.rollup_progress WHERE rollup = 'k_view';
-- the same in small parts, and from nothing
SELECT fill(relation, 500, 5001) FROM unnest('{t,d,p}'::text[]) relation;
DELETE FROM z WHERE v % 7 = 0 AND at > '2026-03-23';
INSERT INTO z SELECT timestamptz '2026-03-24 00:00+00' + i * interval '10 minutes', i % 2, i FROM generate_series(1, 300) i;
UPDATE t SET at = at - interval '3 days' WHERE tenant IS NULL AND at > '2026-03-20';
SET analytics.now = '2026-03-29 10:30+00';
SELECT * FROM check_all(3);
INSERT INTO analytics.rollup_marks SELECT name, NULL, '-infinity' FROM analytics.rollups WHERE name LIKE 'k\_%';
SELECT * FROM check_all(10);
SELECT covered, horizon FROM analytics.rollup_progress WHERE rollup = 'k_view';
-- a snapshot from before its creation does not see all that a rollup must hold
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT analytics.create_rollup('k_early', 'rk_y', '1 day', '{rk_y.v}', capture => 'scan', tail => '2 days');
SELECT * FROM analytics.refresh_rollup('k_early');
ROLLBACK;
-- a partition that is dropped leaves its cells
SELECT sum(events) AS before FROM k_parts \gset
DROP TABLE p_old;
SELECT cells FROM analytics.refresh_rollup('k_parts');
SELECT sum(events) = :before AS kept, count(*) FILTER (WHERE bucket < '2026-02-27') > 5 AS old FROM k_parts;
SELECT analytics.drop_rollup(name) FROM unnest('{k_hour,k_month,k_clock,k_date,k_parts,k_view}'::text[]) name;
SELECT analytics.drop_source(s, cascade => true) FROM unnest('{rk_z,rk_t,rk_d,rk_p,rk_y}'::text[]) s;
DROP SCHEMA rk CASCADE;
