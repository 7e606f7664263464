-- Proves that what would make a rollup wrong without anybody noticing is refused: the table of events put below a parent, its triggers and its column _x
-- taken away by hand, tables that a crash empties; and that a damaged catalog is an error, no crash.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS analytics;
SET datestyle = ISO; SET TimeZone = 'UTC';
CREATE SCHEMA guard; SET search_path = guard, public;
CREATE TABLE e (at timestamptz, u int, v int);
INSERT INTO e VALUES ('2026-03-01', 1, 10), ('2026-03-02', 2, 20);
SELECT analytics.add_source('guard', 'e', 'at', 'u');
SELECT analytics.define_metric('guard.v', 'guard', 'sum', expression => 'v');
SELECT analytics.create_rollup('gr', 'guard', '1 day', '{guard.v}', timezone => 'UTC');
SELECT cells, rows FROM analytics.refresh_rollup('gr');

-- Statements on a parent fire no trigger of the table.
CREATE TABLE parent (at timestamptz);
ALTER TABLE e INHERIT parent;
CREATE TABLE parts (LIKE e) PARTITION BY RANGE (at);
ALTER TABLE parts ATTACH PARTITION e FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
CREATE TABLE child () INHERITS (e);

-- Tables that a crash empties.
ALTER TABLE e SET UNLOGGED;
ALTER TABLE gr SET UNLOGGED;
CREATE TABLE p (at timestamptz, u int) PARTITION BY RANGE (at);
CREATE UNLOGGED TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
SELECT analytics.add_source('guard.p', 'p', 'at', 'u');
SELECT analytics.define_metric('guard.p', 'guard.p', 'count');
SELECT analytics.create_rollup('gp', 'guard.p', '1 day', '{guard.p}', timezone => 'UTC', capture => 'xid');
ALTER TABLE p1 SET LOGGED;
SELECT analytics.create_rollup('gp', 'guard.p', '1 day', '{guard.p}', timezone => 'UTC', capture => 'xid');
CREATE UNLOGGED TABLE p2 PARTITION OF p FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
ALTER TABLE p1 SET UNLOGGED;

-- What capture stands on.
DROP TRIGGER analytics_update ON e;
DROP TRIGGER analytics_delete ON p;
ALTER TABLE e RENAME COLUMN _x TO y;
ALTER TABLE e DROP COLUMN _x;
ALTER TABLE e ALTER COLUMN _x TYPE bigint USING 0;
UPDATE e SET v = v + 1;
SELECT bucket, value FROM analytics.time_series('guard.v', '2026-03-01', '2026-03-03') ORDER BY 1;

-- A trigger of one's own may go, and ours do with the last rollup.
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER mine AFTER INSERT ON e EXECUTE FUNCTION nothing();
DROP TRIGGER mine ON e;
BEGIN;
ALTER TABLE e DROP COLUMN _x CASCADE;
SELECT name FROM analytics.rollups ORDER BY 1;
SELECT sum(value) FROM analytics.time_series('guard.v', '2026-03-01', '2026-03-03');
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'e'::regclass;
ROLLBACK;

-- The table of a rollup emptied by hand: it does not count until it is built anew.
SELECT cells, rows FROM analytics.refresh_rollup('gr');
SET session_replication_role = replica;
TRUNCATE gr;
RESET session_replication_role;
SELECT sum(value), max(served_by) FROM analytics.time_series('guard.v', '2026-03-01', '2026-03-03');
SELECT cells, rows FROM analytics.refresh_rollup('gr');
SELECT sum(value), max(served_by) FROM analytics.time_series('guard.v', '2026-03-01', '2026-03-03');

-- A catalog that somebody has damaged.
BEGIN;
DELETE FROM analytics.rollup_columns WHERE rollup = 'gr' AND kind IS NOT NULL;
SELECT sum(value), max(served_by) FROM analytics.time_series('guard.v', '2026-03-01', '2026-03-03');
SELECT * FROM analytics.refresh_rollup('gr');
ROLLBACK;

SELECT analytics.drop_rollup(r) FROM unnest('{gr,gp}'::text[]) r \g /dev/null
SELECT count(*) FROM pg_trigger WHERE tgrelid IN ('e'::regclass, 'p'::regclass, 'p1'::regclass);
ALTER TABLE e SET UNLOGGED;
SELECT analytics.drop_source(s, true) FROM unnest('{guard,guard.p}'::text[]) s \g /dev/null
DROP SCHEMA guard CASCADE;
