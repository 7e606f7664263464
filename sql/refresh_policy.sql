-- Proves policies and tick, with the clock in our hands: what is due runs once, what was missed is made up for once, a failure
-- is kept and the others go on; whose a policy is, who sees it and who runs it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
DROP ROLE IF EXISTS regress_ref_ann, regress_ref_bob;
SET timezone = 'UTC';
SET datestyle = ISO;
\set VERBOSITY terse
CREATE ROLE regress_ref_ann;
CREATE ROLE regress_ref_bob;
GRANT USAGE ON SCHEMA analytics TO regress_ref_ann, regress_ref_bob;
CREATE SCHEMA pol;
GRANT ALL ON SCHEMA pol TO PUBLIC;
SET search_path = pol;
CREATE TABLE ev AS SELECT i AS id FROM generate_series(1, 10) i;
GRANT SELECT ON ev TO PUBLIC;

-- without pg_cron it says how tick can be called
SET client_min_messages = notice;
SET analytics.now = '2026-03-28 12:00+00';
CREATE MATERIALIZED VIEW many AS SELECT count(*) AS n FROM ev;
SELECT analytics.add_refresh_policy('many', '30 2 * * *', 'Europe/Berlin');
SET client_min_messages = warning;

-- not before its time, then once; over the hour that Berlin skips
INSERT INTO ev VALUES (11);
SET analytics.now = '2026-03-29 00:59:59.999999+00';
SELECT analytics.tick(), (SELECT n FROM many);
SET analytics.now = '2026-03-29 01:00+00';
SELECT analytics.tick();
SELECT analytics.tick(), (SELECT n FROM many);
SELECT name, kind, relation, schedule, timezone, next_run, last_run, method, error FROM analytics.refresh_policies;
-- ten days of downtime are one run
SET analytics.now = '2026-04-08 07:00+00';
SELECT analytics.tick(), analytics.tick();
SELECT next_run, last_run FROM analytics.refresh_policies;
SELECT count(*) FROM analytics.refresh_runs WHERE name = 'pol.many';

-- several at once: in the order in which they read each other; what fails does not stop the rest, and is tried at its next time
CREATE MATERIALIZED VIEW "A first" AS SELECT n * 2 AS n FROM many;
CREATE MATERIALIZED VIEW broken AS SELECT 1 / (id - 12) AS n FROM ev;
SELECT analytics.remove_refresh_policy('many');
SELECT analytics.add_refresh_policy('"A first"', '*/10 * * * *'), analytics.add_refresh_policy('pol.broken', '@hourly'),
    analytics.add_refresh_policy('pol.many', '*/10 * * * *');
INSERT INTO ev VALUES (12);
SET analytics.now = '2026-04-08 08:00+00';
SELECT analytics.tick();
SELECT (SELECT n FROM "A first") AS first, (SELECT n FROM many) AS many, (SELECT count(*) FROM broken) AS broken;
SELECT name, next_run, last_run, error FROM analytics.refresh_policies ORDER BY name;
DELETE FROM ev WHERE id = 12;
SET analytics.now = '2026-04-08 09:00+00';
SELECT analytics.tick();
SELECT name, error FROM analytics.refresh_policies WHERE error IS NOT NULL;
SELECT name, method, error FROM analytics.refresh_runs WHERE name = 'pol.broken' ORDER BY id;

-- a policy follows its view under another name, and goes with it
ALTER MATERIALIZED VIEW broken RENAME TO whole;
SELECT name FROM analytics.refresh_policies ORDER BY name;
SELECT analytics.remove_refresh_policy('pol.broken');
SELECT analytics.remove_refresh_policy('nothing at all');
DROP MATERIALIZED VIEW whole;
SELECT name FROM analytics.refresh_policies ORDER BY name;

-- a schedule with seconds is due by the second; a minute's tick makes up once
SELECT analytics.remove_refresh_policy('"A first"');
SELECT analytics.add_refresh_policy('"A first"', 'seconds: */10 * * * * *');
SET analytics.now = '2026-04-08 09:00:35+00';
SELECT analytics.tick();
SELECT next_run FROM analytics.refresh_policies WHERE relation = 'pol."A first"'::regclass;

-- whose it is: functions must be granted, the owner of the view owns the policy, others neither see nor run it
SET ROLE regress_ref_ann;
SELECT analytics.tick();
RESET ROLE;
GRANT EXECUTE ON FUNCTION analytics.tick, analytics.add_refresh_policy, analytics.remove_refresh_policy, analytics.refresh_view,
    analytics.refresh_views TO regress_ref_ann, regress_ref_bob;
SET ROLE regress_ref_ann;
CREATE MATERIALIZED VIEW anns AS SELECT count(*) AS n, current_user AS who FROM ev;
CREATE UNIQUE INDEX ON anns (n);
SELECT analytics.add_refresh_policy('anns', '@hourly');
SELECT analytics.add_refresh_policy('many', '@hourly');
SELECT analytics.remove_refresh_policy('many');
SELECT name, owner FROM analytics.refresh_policies;
SELECT * FROM analytics.refresh_view('many');
SELECT view, method FROM analytics.refresh_views();
TABLE analytics.refresh_schedules;
TABLE analytics.refresh_history;
SET ROLE regress_ref_bob;
SELECT name FROM analytics.refresh_policies;
SELECT name FROM analytics.refresh_runs;
SET analytics.now = '2030-01-01 00:00+00';
SELECT analytics.tick();
SELECT analytics.remove_refresh_policy('anns');
SELECT analytics.remove_refresh_policy('anna');
SELECT * FROM analytics.refresh_view('anns');
RESET ROLE;
INSERT INTO ev VALUES (13);
SET ROLE regress_ref_ann;
SET analytics.now = '2026-04-08 10:00+00';
SELECT analytics.tick();
SELECT name, method, rows FROM analytics.refresh_runs ORDER BY id;
-- whoever may act for everybody runs them as their owners
RESET ROLE;
SET analytics.now = '2026-04-08 11:00+00';
SELECT analytics.tick();
SELECT who FROM anns;
SELECT current_user = session_user AS back;
-- what the owner has lost, tick does not give
REVOKE SELECT ON ev FROM PUBLIC;
SET analytics.now = '2026-04-08 12:00+00';
SELECT analytics.tick();
SELECT name, error FROM analytics.refresh_policies WHERE error IS NOT NULL;
SELECT name, sqlstate FROM analytics.refresh_runs WHERE error IS NOT NULL ORDER BY id DESC LIMIT 1;
-- a view that changes hands takes its policy along
ALTER MATERIALIZED VIEW anns OWNER TO regress_ref_bob;
SET ROLE regress_ref_bob;
SELECT name, owner FROM analytics.refresh_policies;
SELECT analytics.remove_refresh_policy('anns');
RESET ROLE;

-- what is refused
SELECT analytics.add_refresh_policy('many', '@daily');
SELECT analytics.add_refresh_policy('ev', '@daily');
SELECT analytics.add_refresh_policy('no.such.thing.here', '@daily');
SELECT analytics.add_refresh_policy('', '@daily');
SELECT analytics.add_refresh_policy('a"b', '@daily');
SELECT analytics.add_refresh_policy('anns', '0 0 0 * * *');
SELECT analytics.add_refresh_policy('anns', '@daily', 'Mars/Olympus');
SELECT analytics.add_refresh_policy(NULL, '@daily');
SELECT analytics.add_refresh_policy('anns', NULL);
SELECT analytics.remove_refresh_policy(NULL);
BEGIN READ ONLY;
SELECT analytics.tick();
ROLLBACK;

-- a row that this library does not understand keeps nobody from running
INSERT INTO analytics.refresh_schedules VALUES ('pol.anns', 'crystal ball', 'future', '@sometimes', 'UTC', '2026-01-01');
SET analytics.now = '2026-04-08 13:00+00';
SELECT analytics.tick();
SELECT name, next_run, error FROM analytics.refresh_policies ORDER BY relation::text;
RESET analytics.now;
DROP SCHEMA pol CASCADE;
SELECT count(*) FROM analytics.refresh_schedules;
DELETE FROM analytics.refresh_history;
REVOKE EXECUTE ON FUNCTION analytics.tick, analytics.add_refresh_policy, analytics.remove_refresh_policy, analytics.refresh_view,
    analytics.refresh_views FROM regress_ref_ann, regress_ref_bob;
REVOKE USAGE ON SCHEMA analytics FROM regress_ref_ann, regress_ref_bob;
DROP ROLE regress_ref_ann, regress_ref_bob;
