-- Proves whose a report is and with whose rights it runs: its owner redefines and drops it, everybody runs it with
-- rights of their own, under row-level security, read only, and with the meaning that it had for its definer; reports that
-- came with the extension stay as they are.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
DROP ROLE IF EXISTS regress_rep_ann, regress_rep_bob;
SET client_min_messages = notice;
SET timezone = 'UTC';
\pset format unaligned
\pset tuples_only on
\set VERBOSITY terse
CREATE ROLE regress_rep_ann;
CREATE ROLE regress_rep_bob;
GRANT USAGE ON SCHEMA analytics TO regress_rep_ann, regress_rep_bob;
CREATE SCHEMA rr;
CREATE SCHEMA rr_bob AUTHORIZATION regress_rep_bob;
GRANT USAGE ON SCHEMA rr TO PUBLIC;
CREATE TABLE rr.orders (shop text, amount int);
INSERT INTO rr.orders VALUES ('regress_rep_ann', 1), ('regress_rep_bob', 20), ('regress_rep_bob', 300);
ALTER TABLE rr.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON rr.orders USING (shop = CURRENT_USER);
CREATE FUNCTION pg_temp.rows_of(report text, params jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT convert_from(analytics.run_report(report, params, 'json'), 'UTF8')::jsonb -> 'sheets' -> 0 -> 'rows' $$;
GRANT USAGE ON SCHEMA rr_bob TO regress_rep_ann;

-- what writes must be granted; running and describing need the gate only
SET ROLE regress_rep_ann;
SELECT analytics.define_report('o', '{"query": "SELECT 1 AS n"}');
SELECT analytics.drop_report('o');
SELECT analytics.write_report('o');
RESET ROLE;
GRANT EXECUTE ON FUNCTION analytics.define_report, analytics.drop_report TO regress_rep_ann, regress_rep_bob;

-- the definer needs rights on what it reads
SET search_path = rr;
SET ROLE regress_rep_ann;
SELECT analytics.define_report('o', '{"query": "SELECT sum(amount) AS amount FROM missing"}');
SELECT analytics.define_report('o', '{"title": "Orders", "parameters": {"least": {"type": "int", "default": 0}},
    "query": "SELECT CURRENT_USER AS who, sum(amount) AS amount FROM orders WHERE amount >= least"}', 'Amounts');
SELECT name, title, description, parameters, owner, builtin FROM analytics.reports WHERE name = 'o';
SELECT analytics.describe_report('o');

-- each sees what is theirs; who may not read the table gets the error
SELECT pg_temp.rows_of('o');
RESET ROLE;
GRANT SELECT ON rr.orders TO regress_rep_ann, regress_rep_bob;
SET ROLE regress_rep_ann;
SELECT pg_temp.rows_of('o');
SET ROLE regress_rep_bob;
SELECT pg_temp.rows_of('o');
SELECT pg_temp.rows_of('o', '{"least": 100}');
RESET ROLE;
SELECT pg_temp.rows_of('o');

-- the schemas are those of the definer: neither another path nor a temporary table changes what is read
SET ROLE regress_rep_bob;
SET search_path = rr_bob, rr;
CREATE TABLE rr_bob.orders (shop text, amount int);
INSERT INTO rr_bob.orders VALUES ('x', 7);
CREATE TEMP TABLE orders (shop text, amount int);
SELECT pg_temp.rows_of('o');
SHOW search_path;
DROP TABLE pg_temp.orders, rr_bob.orders;

-- only the owner changes it, its name stays taken; a member of the owner's role may
SELECT analytics.define_report('o', '{"query": "SELECT 2 AS n"}');
SELECT analytics.define_report('o', '{"query": "SELECT 2 AS n"}', replace => true);
SELECT analytics.drop_report('o');
INSERT INTO analytics.report_definitions (name, spec, owner) VALUES ('x', '{}', 'regress_rep_bob');
UPDATE analytics.report_definitions SET owner = 'regress_rep_bob';
DELETE FROM analytics.report_definitions;
RESET ROLE;
GRANT regress_rep_ann TO regress_rep_bob;
SET ROLE regress_rep_bob;
SET search_path = rr;
SELECT analytics.define_report('o', '{"query": "SELECT sum(amount) AS amount FROM orders"}', replace => true);
SELECT name, title, description, owner FROM analytics.reports WHERE name = 'o';
SELECT pg_temp.rows_of('o');

-- a report whose owner is gone: only who owns the extension may change it
RESET ROLE;
SELECT analytics.define_report('gone', '{"query": "SELECT 1 AS n"}');
UPDATE analytics.report_definitions SET owner = 'regress_rep_nobody' WHERE name = 'gone';
SET ROLE regress_rep_bob;
SELECT analytics.drop_report('gone');
SELECT pg_temp.rows_of('gone');
RESET ROLE;
SELECT analytics.drop_report('gone');

-- what runs cannot write, whoever runs it, and cannot make itself able to
CREATE TABLE rr.log (n int);
CREATE SEQUENCE rr.s;
CREATE FUNCTION rr.write() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO rr.log VALUES (1); RETURN 1; END $$;
CREATE FUNCTION rr.undo() RETURNS int LANGUAGE plpgsql AS $$
    BEGIN PERFORM set_config('transaction_read_only', 'off', true); RETURN rr.write(); END $$;
SET search_path = rr;
SELECT analytics.define_report('w', '{"parameters": {"how": {"type": "text"}}, "query": "SELECT CASE how WHEN ''plain'' THEN rr.write() WHEN ''undo'' THEN rr.undo() WHEN ''next'' THEN nextval(''rr.s'')::int END AS n"}');
SELECT pg_temp.rows_of('w', '{"how": "plain"}');
SELECT pg_temp.rows_of('w', '{"how": "undo"}');
SELECT pg_temp.rows_of('w', '{"how": "next"}');
INSERT INTO rr.log SELECT 5;
SELECT * FROM rr.log;
SELECT analytics.drop_report('w');

-- nor does it leave a setting behind: who runs it goes on as the same role, in the same schemas
SET TimeZone = 'UTC';
SELECT analytics.define_report('w', '{"query": "SELECT set_config(''search_path'', ''rr_bob'', false) AS a, set_config(''TimeZone'', ''Asia/Tokyo'', true) AS b, set_config(''role'', ''regress_rep_bob'', false) AS c"}');
SELECT pg_temp.rows_of('w');
SELECT current_setting('search_path'), current_setting('TimeZone'), current_setting('role'), CURRENT_USER = SESSION_USER AS same;
SELECT analytics.drop_report('w');

-- what came with the extension is described and run, not changed; one's own of the same name, from before, goes first
BEGIN;
INSERT INTO analytics.report_definitions (name, builtin, spec) VALUES ('came', true, '{"query": "SELECT 1 AS n"}');
SET ROLE regress_rep_bob;
SELECT pg_temp.rows_of('came'), analytics.describe_report('came');
SELECT name, owner, builtin FROM analytics.reports WHERE name = 'came';
\set ON_ERROR_ROLLBACK on
SELECT analytics.define_report('came', '{"query": "SELECT 2 AS n"}');
SELECT analytics.define_report('came', '{"query": "SELECT 2 AS n"}', replace => true);
SELECT analytics.drop_report('came');
RESET ROLE;
SELECT analytics.drop_report('came');
INSERT INTO analytics.report_definitions (name, spec, owner) VALUES ('came', '{"query": "SELECT 3 AS n"}', 'regress_rep_bob');
SET ROLE regress_rep_bob;
SELECT pg_temp.rows_of('came');
SELECT name, owner, builtin FROM analytics.reports WHERE name = 'came';
SELECT analytics.drop_report('came');
SELECT pg_temp.rows_of('came');
RESET ROLE;
ROLLBACK;
\set ON_ERROR_ROLLBACK off

-- which sheet, which format, which report
SELECT analytics.define_report('two', '{"title": {"zh-TW": "統計", "ja": "統計表"}, "sheets": [{"name": {"en": "First", "zh-TW": "每日統計"}, "query": "SELECT 1 AS n"}, {"name": "Second", "query": "SELECT 2 AS n"}]}');
SELECT name, title FROM analytics.reports WHERE name = 'two';
SELECT analytics.run_report('two', format => 'ndjson');
SELECT convert_from(analytics.run_report('two', format => 'ndjson', sheet => 'Second'), 'UTF8');
SELECT convert_from(analytics.run_report('two', '{"locale": "zh-TW"}', 'ndjson', '每日統計'), 'UTF8');
SELECT analytics.run_report('two', sheet => 'Secnod');
SELECT analytics.run_report('two', format => 'excel');
SELECT analytics.run_report('tow');
SELECT analytics.run_report('two', NULL);
SELECT analytics.run_report('two', format => NULL);
SELECT analytics.run_report(NULL);
SELECT analytics.describe_report('tow');
SELECT analytics.drop_report('two');

SELECT analytics.drop_report('o');
SET client_min_messages = warning;
DROP SCHEMA rr, rr_bob CASCADE;
REVOKE ALL ON FUNCTION analytics.define_report, analytics.drop_report FROM regress_rep_ann, regress_rep_bob;
REVOKE ALL ON SCHEMA analytics FROM regress_rep_ann, regress_rep_bob;
DROP ROLE regress_rep_ann, regress_rep_bob;
