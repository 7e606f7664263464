-- Proves that readers see what the caller may see: rights, row-level security, tenants; and that definers need their own.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET datestyle = ISO;
SET timezone = 'UTC';
SET analytics.now = '2026-02-01 00:00+00';
DROP ROLE IF EXISTS an_reader;
DROP ROLE IF EXISTS an_analyst;
CREATE ROLE an_reader;
CREATE ROLE an_analyst;
SET client_min_messages = notice;

CREATE SCHEMA rig;
GRANT USAGE ON SCHEMA rig TO an_reader, an_analyst;
CREATE TABLE rig.e (at timestamptz, u int, tenant text, secret text);
INSERT INTO rig.e SELECT timestamptz '2026-01-01 12:00+00' + i * interval '1 day', i % 3, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END, 's' || i FROM generate_series(0, 9) i;
ALTER TABLE rig.e ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON rig.e FOR SELECT TO an_reader USING (tenant = 'a');
SELECT analytics.add_source('e', 'rig.e', 'at', 'u', tenant => 'tenant');
SELECT analytics.define_metric('events', 'e', 'count', dimensions => '{tenant}');

-- schema USAGE is the gate
SET ROLE an_reader;
SELECT analytics.version();
RESET ROLE;
GRANT USAGE ON SCHEMA analytics TO an_reader, an_analyst;
-- then the rights on the relation
SET ROLE an_reader;
SELECT analytics.metric_value('events', '2026-01-01', '2026-02-01');
RESET ROLE;
GRANT SELECT (at, u, tenant) ON rig.e TO an_reader;
-- the policy decides which events count; the owner sees all
SELECT analytics.metric_value('events', '2026-01-01', '2026-02-01') AS owner_sees;
SET ROLE an_reader;
SELECT analytics.metric_value('events', '2026-01-01', '2026-02-01') AS reader_sees, analytics.metric_value('events', '2026-01-01', '2026-02-01', tenant => 'b') AS of_b;
SELECT dimensions, sum(value) FROM analytics.time_series('events', '2026-01-01', '2026-02-01', breakdown => '{tenant}') GROUP BY 1;
SELECT current, previous FROM analytics.compare('events', '2026-01-06', '2026-01-11', 'previous');
SELECT sum(users) FROM analytics.dau('e', '2026-01-01', '2026-02-01');
-- a prepared plan follows the role
PREPARE q AS SELECT analytics.metric_value('events', '2026-01-01', '2026-02-01');
EXECUTE q;
RESET ROLE;
EXECUTE q;
SET ROLE an_reader;
-- a reader defines nothing, by function or by hand
SELECT analytics.add_source('x', 'rig.e', 'at', 'u');
SELECT analytics.define_metric('x', 'e', 'count');
SELECT analytics.drop_metric('events');
SELECT analytics.drop_source('e');
SELECT analytics.alter_source('e', timezone => 'UTC');
INSERT INTO analytics.metrics (name, source, kind) VALUES ('x', 'e', 'count');
RESET ROLE;

-- an analyst with the documented grants defines, over what they may read
GRANT INSERT, UPDATE, DELETE ON analytics.sources, analytics.metrics TO an_analyst;
GRANT EXECUTE ON FUNCTION analytics.add_source, analytics.alter_source, analytics.drop_source, analytics.define_metric, analytics.drop_metric TO an_analyst;
GRANT SELECT (at, u) ON rig.e TO an_analyst;
SET ROLE an_analyst;
SELECT analytics.add_source('mine', 'rig.e', 'at', 'u');
SELECT analytics.define_metric('mine', 'mine', 'count', filter => 'secret = ''s1''');
SELECT analytics.define_metric('mine', 'mine', 'count', filter => 'u = 1');
SELECT analytics.metric_value('mine', '2026-01-01', '2026-02-01') AS no_policy_no_rows;
SELECT analytics.drop_source('mine', cascade => true);
RESET ROLE;

-- a row put into the catalog by other means is held to the same rules
INSERT INTO analytics.metrics (name, source, kind, filter) VALUES ('bad1', 'e', 'count', '(SELECT true)');
INSERT INTO analytics.metrics (name, source, kind, filter) VALUES ('bad2', 'e', 'count', 'true) OR (true');
INSERT INTO analytics.metrics (name, source, kind, expression) VALUES ('bad3', 'e', 'count', '1 -- ');
INSERT INTO analytics.metrics (name, source, kind, dimensions) VALUES ('bad4', 'e', 'count', '{a}');
INSERT INTO analytics.metrics (name, kind, formula) VALUES ('bad5', 'formula', 'bad5 + 1');
SELECT analytics.metric_value('bad1', '2026-01-01', '2026-02-01');
SELECT analytics.metric_value('bad2', '2026-01-01', '2026-02-01');
SELECT analytics.metric_value('bad3', '2026-01-01', '2026-02-01') AS just_a_comment;
SELECT analytics.metric_value('bad4', '2026-01-01', '2026-02-01');
SELECT analytics.metric_value('bad5', '2026-01-01', '2026-02-01');
DELETE FROM analytics.metrics WHERE name LIKE 'bad%';

-- dropping a table is for its owner, who needs no right on the catalog
CREATE SCHEMA rig2 AUTHORIZATION an_reader;
SET ROLE an_reader;
CREATE TABLE rig2.t (at timestamptz, u int);
RESET ROLE;
SELECT analytics.add_source('t', 'rig2.t', 'at', 'u');
REVOKE USAGE ON SCHEMA analytics FROM an_reader;
SET ROLE an_reader;
DROP TABLE rig2.t;
ALTER TABLE rig2.t RENAME COLUMN u TO who;
DROP TABLE rig2.t CASCADE;
RESET ROLE;
SELECT name FROM analytics.sources;

SET client_min_messages = warning;
DROP SCHEMA rig, rig2 CASCADE;
DROP OWNED BY an_reader, an_analyst CASCADE;
DROP ROLE an_reader, an_analyst;
