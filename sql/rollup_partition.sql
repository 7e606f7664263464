-- rollup: capture on a partitioned source. Triggers on the root and every partition at any depth, on new and attached
-- ones; what goes with a partition is frozen where it was all of its time, else everything is marked.
-- Marks and ranges worked out by hand.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS analytics; SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
\set marks 'WITH d AS (DELETE FROM analytics.rollup_marks RETURNING *) SELECT rollup, bucket, tenant FROM d ORDER BY 1, 2, 3'
\set tables 'SELECT relation, start, finish, whole FROM analytics.rollup_tables ORDER BY relation::text'
CREATE VIEW rp_triggers AS SELECT tgrelid::regclass::text AS relation, string_agg(substr(tgname, 11) || ' ' || tgenabled::text || CASE WHEN tgparentid <> 0 THEN '+' ELSE '' END, ', ' ORDER BY tgname) AS triggers
FROM pg_trigger WHERE tgname LIKE 'analytics_%' GROUP BY 1;
\set triggers 'SELECT * FROM rp_triggers ORDER BY relation'
CREATE TABLE rp (at timestamptz NOT NULL, uid bigint, tenant text, amount int) PARTITION BY RANGE (at);
CREATE TABLE rp_1 PARTITION OF rp FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
-- columns in another order, and a dropped one
CREATE TABLE rp_2 (gone int, tenant text, amount int, uid bigint, at timestamptz NOT NULL) PARTITION BY LIST (tenant);
ALTER TABLE rp_2 DROP COLUMN gone;
ALTER TABLE rp ATTACH PARTITION rp_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE rp_2a PARTITION OF rp_2 FOR VALUES IN ('a');
CREATE TABLE rp_2b PARTITION OF rp_2 DEFAULT;
CREATE TABLE rp_d PARTITION OF rp DEFAULT;
INSERT INTO rp SELECT timestamptz '2026-01-30 00:30+00' + g * interval '12 hours', g, chr(97 + g % 3), g FROM generate_series(1, 12) g;
SELECT analytics.add_source('rp', 'rp', at => 'at', entity => 'uid', tenant => 'tenant', timezone => 'UTC');
SELECT analytics.define_metric('rp.n', 'rp', 'count');
SELECT analytics.create_rollup('rp_day', 'rp', '1 day', '{rp.n}');
:tables;
:triggers;
SELECT c.relname, a.amname FROM pg_class c JOIN pg_am a ON a.oid = c.relam WHERE c.relname ~ '^rp.*_x_idx$' ORDER BY 1;
SELECT count(*) AS with_default FROM pg_attribute WHERE attname = '_x' AND atthasdef AND attrelid::regclass::text ~ '^rp';

-- cells, as a refresh would write them: history is kept as far as they go
INSERT INTO rp_day (bucket, tenant, events) SELECT d, 'a', 1 FROM generate_series(timestamptz '2026-01-30', '2026-05-10', '1 day') d;

-- statements on the root, on a leaf, on a table between; a move between partitions; COPY into a leaf
UPDATE rp SET amount = 0 WHERE uid IN (1, 6);
:marks;
UPDATE rp_2a SET amount = 0 WHERE uid = 6;
:marks;
DELETE FROM rp_2 WHERE uid = 7;
:marks;
UPDATE rp SET at = at + interval '10 days', tenant = 'b' WHERE uid = 1;
:marks;
UPDATE rp_2 SET tenant = 'b' WHERE uid = 6;
:marks;
COPY rp_1 (at, uid, tenant) FROM STDIN;
2026-01-05 00:00+00	50	b
\.
INSERT INTO rp_2b (at, uid, tenant) VALUES ('2026-02-05 00:00+00', 51, 'b');
:marks;
SELECT count(*) FROM rp WHERE uid IN (50, 51) AND _x IS NOT NULL;

-- a new partition needs nothing; an attached one brings rows, whose cells are marked; one without the default gets it
CREATE TABLE rp_3 PARTITION OF rp FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
:marks;
CREATE TABLE rp_4 (tenant text, _x analytics.inserted_by, amount int, uid bigint, at timestamptz NOT NULL);
INSERT INTO rp_4 (at, uid, tenant) VALUES ('2026-04-05 01:00+00', 60, 'x'), ('2026-04-05 02:00+00', 61, 'y'), ('2026-04-06 00:00+00', 62, 'x');
ALTER TABLE rp ATTACH PARTITION rp_4 FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');
:marks;
INSERT INTO rp_4 (at, uid, tenant) VALUES ('2026-04-05 01:00+00', 63, 'x');
:marks;
-- a table of partitions, attached as a whole
CREATE TABLE rp_5 (LIKE rp INCLUDING DEFAULTS) PARTITION BY HASH (uid);
CREATE TABLE rp_5a PARTITION OF rp_5 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO rp_5 VALUES ('2026-05-05 01:00+00', 70, 'x');
ALTER TABLE rp ATTACH PARTITION rp_5 FOR VALUES FROM ('2026-05-01') TO ('2026-06-01');
:marks;
CREATE SCHEMA rp_more CREATE TABLE rp_6 PARTITION OF public.rp FOR VALUES FROM ('2026-06-01') TO (MAXVALUE);
:tables;
:triggers;
INSERT INTO rp_5a VALUES ('2026-05-05 01:00+00', 71, 'x');
DELETE FROM rp_5a WHERE uid = 70;
:marks;

-- retention: a partition that is dropped or detached freezes its time; one below marks all, unless the time is frozen
BEGIN;
DROP TABLE rp_1;
SELECT rollup, start, finish FROM analytics.rollup_frozen ORDER BY 2;
ROLLBACK;
SELECT count(*) FROM analytics.rollup_frozen;
DROP TABLE rp_1, rp_more.rp_6;
ALTER TABLE rp DETACH PARTITION rp_4;
DROP TABLE rp_5;
SELECT rollup, start, finish FROM analytics.rollup_frozen ORDER BY 2;
:marks;
DROP TABLE rp_2a;
SELECT count(*) FROM analytics.rollup_frozen;
:marks;
ALTER TABLE rp DETACH PARTITION rp_d;
:marks;
:tables;
:triggers;
-- what is detached is nobody's any more; what comes back is the truth for all of its time
DELETE FROM rp_4 WHERE uid = 62;
:marks;
ALTER TABLE rp ATTACH PARTITION rp_4 FOR VALUES FROM ('2026-04-01') TO ('2026-04-20');
SELECT rollup, start, finish FROM analytics.rollup_frozen ORDER BY 2;
:marks;
-- TRUNCATE of a part; triggers that somebody disables and enables
TRUNCATE rp_4;
:marks;
ALTER TABLE rp DISABLE TRIGGER USER;
ALTER TABLE rp ENABLE TRIGGER ALL;
:marks;
:triggers;

-- what cannot be captured
CREATE FOREIGN DATA WRAPPER rp_none;
CREATE SERVER rp_none FOREIGN DATA WRAPPER rp_none;
CREATE FOREIGN TABLE rp_7 PARTITION OF rp FOR VALUES FROM ('2027-01-01') TO ('2027-02-01') SERVER rp_none;
SELECT analytics.drop_rollup('rp_day');
:triggers;
:tables;
SELECT count(*) FROM pg_attribute WHERE attname = '_x' AND attrelid IN (SELECT relid FROM pg_partition_tree('rp'));
CREATE FOREIGN TABLE rp_7 PARTITION OF rp FOR VALUES FROM ('2027-01-01') TO ('2027-02-01') SERVER rp_none;
SELECT analytics.create_rollup('rp_day', 'rp', '1 day', '{rp.n}', capture => 'xid');
SELECT analytics.create_rollup('rp_day', 'rp', '1 day', '{rp.n}');
SELECT analytics.drop_rollup('rp_day');
CREATE TYPE rp_row AS (at timestamptz, uid bigint, tenant text);
CREATE TABLE rp_typed OF rp_row;
CREATE UNLOGGED TABLE rp_unlogged (at timestamptz, uid bigint);
CREATE TABLE rp_parent (at timestamptz, uid bigint);
CREATE TABLE rp_other (at timestamptz, uid bigint, _x int);
CREATE VIEW rp_view AS SELECT * FROM rp_parent;
SELECT analytics.add_source(r, r::regclass, at => 'at', entity => 'uid', timezone => 'UTC'), analytics.define_metric(r || '.n', r, 'count')
FROM unnest('{rp_2b,rp_typed,rp_unlogged,rp_parent,rp_other,rp_view}'::text[]) r;
SELECT analytics.create_rollup('rp_x', 'rp_2b', '1 day', '{rp_2b.n}', capture => 'trigger');
SELECT analytics.create_rollup('rp_x', 'rp_typed', '1 day', '{rp_typed.n}', capture => 'xid');
SELECT analytics.create_rollup('rp_x', 'rp_typed', '1 day', '{rp_typed.n}');
INSERT INTO rp_typed VALUES ('2026-01-01', 1, 'a');
:marks;
SELECT analytics.create_rollup('rp_y', 'rp_unlogged', '1 day', '{rp_unlogged.n}', capture => 'xid');
SELECT analytics.create_rollup('rp_y', 'rp_view', '1 day', '{rp_view.n}', capture => 'xid');
SELECT analytics.create_rollup('rp_y', 'rp_view', '1 day', '{rp_view.n}');
SELECT analytics.create_rollup('rp_z', 'rp_other', '1 day', '{rp_other.n}');
SELECT analytics.create_rollup('rp_z', 'rp_parent', '1 day', '{rp_parent.n}');
CREATE TABLE rp_child () INHERITS (rp_parent);
CREATE TABLE rp_child (LIKE rp_parent INCLUDING DEFAULTS);
ALTER TABLE rp_child INHERIT rp_parent;
ALTER TABLE rp_parent DROP COLUMN _x;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT analytics.create_rollup('rp_w', 'rp_parent', '1 day', '{rp_parent.n}');
ROLLBACK;
SET client_min_messages = warning;
SELECT count(analytics.drop_source(name, cascade => true)) FROM (SELECT name FROM analytics.sources WHERE name LIKE 'rp%' ORDER BY name) s;
SELECT count(*) FROM analytics.rollup_tables;
DROP TABLE rp, rp_4, rp_d, rp_typed, rp_unlogged, rp_parent, rp_other, rp_child CASCADE;
DROP TYPE rp_row;
DROP VIEW rp_triggers;
DROP SCHEMA rp_more;
DROP SERVER rp_none CASCADE;
DROP FOREIGN DATA WRAPPER rp_none;
