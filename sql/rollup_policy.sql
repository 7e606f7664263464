-- Proves that policies refresh rollups: found by name and by table, run by tick in bounded parts as the owner, a failure kept
-- beside the rollup until the next success; and what rollup_status says of all that.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET timezone = 'UTC';
SET datestyle = ISO;
\set VERBOSITY terse
CREATE ROLE regress_rp_ann;
CREATE ROLE regress_rp_bob;
GRANT USAGE ON SCHEMA analytics TO regress_rp_ann, regress_rp_bob;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA analytics TO regress_rp_ann, regress_rp_bob;
GRANT CREATE ON DATABASE :"DBNAME" TO regress_rp_ann;
SET ROLE regress_rp_ann;
CREATE SCHEMA rp;
SET search_path = rp;
CREATE FUNCTION whose(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF $1 = 'broken' THEN RAISE EXCEPTION 'broken by %', current_user USING ERRCODE = '22000'; END IF;
    RETURN current_user || '/' || $1;
END $$;
CREATE TABLE e (at timestamptz, u int, kind text);
INSERT INTO e SELECT timestamptz '2026-01-01 00:00+00' + i * interval '1 hour', i, 'k' || i % 2 FROM generate_series(0, 99) i;
RESET ROLE;
SELECT analytics.add_source('rp', 'rp.e', at => 'at', entity => 'u');
SELECT analytics.define_metric('rp.n', 'rp', 'count', dimensions => '{kind,"whose=whose(kind)"}');
SET ROLE regress_rp_ann;
SELECT analytics.create_rollup('rp_hourly', 'rp', '1 hour', '{rp.n}', '{whose}');
SELECT analytics.create_rollup('rp_daily', 'rp', '1 day', '{rp.n}', timezone => 'Asia/Taipei');
-- status before the first refresh
SELECT name, source, relation, owner, granularity, timezone, capture, metrics, dimensions, valid, covered_from, newer, dirty, refused, lag, cells, error
FROM analytics.rollup_status ORDER BY name;
-- by name, with whatever is in it, and by table
SET analytics.now = '2026-02-01 00:00:30+00';
SELECT analytics.add_refresh_policy('rp_hourly', '*/5 * * * *', 'Asia/Taipei');
SELECT analytics.add_refresh_policy('rp.rp_daily', '@daily', 'Asia/Taipei');
SELECT analytics.add_refresh_policy('rp_daily', '@daily');
SELECT analytics.add_refresh_policy('e', '@daily');
SELECT name, kind, relation, owner, schedule, next_run, last_run FROM analytics.refresh_policies ORDER BY name;
SELECT analytics.tick();
RESET ROLE;
-- whoever ticks, the owner refreshes
SET analytics.now = '2026-02-01 00:05:00+00';
SELECT analytics.tick();
SET ROLE regress_rp_ann;
SELECT name, next_run, last_run, method, error FROM analytics.refresh_policies ORDER BY name;
SELECT whose, count(*), sum(events) FROM rp_hourly GROUP BY 1 ORDER BY 1;
INSERT INTO e VALUES ('2026-01-01 00:30+00', 1, 'k0'), ('2026-01-20 00:30+00', 1, 'k2');
UPDATE e SET kind = 'k9' WHERE u = 5;
SELECT name, valid, covered_from, newer, dirty, refused, lag > interval '0' AS lag, cells, rows, bytes > 0 AS bytes FROM analytics.rollup_status ORDER BY name;
SET analytics.now = '2026-02-01 16:05:00+00';
SELECT analytics.tick();
SELECT name, method, error FROM analytics.refresh_policies ORDER BY name;
SELECT name, valid, newer, dirty, cells, rows FROM analytics.rollup_status ORDER BY name;
SELECT name, kind, method, rows, error FROM analytics.refresh_runs WHERE name LIKE 'rp%' ORDER BY id;
-- what fails is said, until it works again; the rollup is as it was, and the other policy has run
INSERT INTO e VALUES ('2026-01-20 00:30+00', 1, 'broken');
SET analytics.now = '2026-02-02 16:05:00+00';
SELECT analytics.tick();
SELECT name, error FROM analytics.refresh_policies ORDER BY name;
SELECT name, valid, newer, dirty, failed_at IS NOT NULL AS failed, error FROM analytics.rollup_status ORDER BY name;
DELETE FROM e WHERE kind = 'broken';
SET analytics.now = '2026-02-02 16:10:00+00';
SELECT analytics.tick();
SELECT name, valid, newer, dirty, failed_at IS NOT NULL AS failed, error FROM analytics.rollup_status ORDER BY name;
-- a refresh by hand is no run of a policy
SELECT cells, rows FROM analytics.refresh_rollup('rp_hourly');
SELECT count(*) FROM analytics.refresh_runs WHERE name = 'rp_hourly';
-- others see and refresh nothing of it
RESET ROLE;
SET ROLE regress_rp_bob;
SELECT name FROM analytics.rollup_status;
SELECT name FROM analytics.refresh_policies;
SELECT analytics.add_refresh_policy('rp_hourly', '@daily');
SELECT analytics.remove_refresh_policy('rp_hourly');
SELECT * FROM analytics.refresh_rollup('rp_hourly');
RESET ROLE;
SET ROLE regress_rp_ann;
-- a policy goes by name, or with its rollup
SELECT analytics.remove_refresh_policy('rp_daily');
SELECT analytics.drop_rollup('rp_hourly');
SELECT count(*) FROM analytics.refresh_policies;
SELECT analytics.drop_rollup('rp_daily');
SELECT count(*) FROM analytics.rollup_status;
RESET ROLE;
SELECT analytics.drop_source('rp', cascade => true);
DROP OWNED BY regress_rp_ann, regress_rp_bob;
DROP ROLE regress_rp_ann, regress_rp_bob;
