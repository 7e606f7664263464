-- Proves that a rollup holds its source, its metrics, the columns that it reads and its own table as a view would: refused, or
-- gone with CASCADE; that renamed columns are followed; and that what is defined anew is said not to be served any more.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';

CREATE SCHEMA rde;
SET search_path = rde;
CREATE TABLE events (at timestamptz, u int, tenant text, kind text, place text, amount int, spare int);
CREATE FUNCTION again(OUT name text) RETURNS text LANGUAGE plpgsql SET client_min_messages = warning AS $$
BEGIN
    DROP TABLE IF EXISTS events CASCADE;
    DROP TABLE IF EXISTS moved CASCADE;
    DROP TABLE IF EXISTS kept CASCADE;
    CREATE TABLE events (at timestamptz, u int, tenant text, kind text, place text, amount int, spare int);
    CREATE TABLE moved (LIKE events);
    PERFORM analytics.add_source('rde', 'events', 'at', 'u', tenant => 'tenant', event => 'kind', timezone => 'Asia/Taipei');
    PERFORM analytics.define_metric('rde.all', 'rde', 'count', dimensions => '{place}');
    PERFORM analytics.define_metric('rde.sum', 'rde', 'sum', 'amount', 'kind = ''a''');
    PERFORM analytics.define_metric('rde.mean', NULL, 'formula', formula => 'rde.sum / rde.all');
    PERFORM analytics.define_metric('rde.double', NULL, 'formula', formula => 'rde.mean * 2');
    PERFORM analytics.define_metric('rde.least', 'rde', 'min', 'amount');
    PERFORM analytics.define_metric('rde.users', 'rde', 'distinct_exact');
    PERFORM analytics.create_rollup('kept', 'rde', '1 hour', '{rde.all,rde.double,rde.users}', '{place}', capture => 'scan', tail => '1 day');
    name := 'ready';
END$$;
CREATE FUNCTION left_of(OUT rollup text, OUT relation text, OUT source text, OUT metrics bigint) LANGUAGE sql AS
    'SELECT (SELECT max(name) FROM analytics.rollups WHERE name = ''kept''), to_regclass(''rde.kept'')::text, (SELECT max(name) FROM analytics.sources WHERE name = ''rde''),
        (SELECT count(*) FROM analytics.metrics WHERE name LIKE ''rde.%'')';
SELECT again();

-- the source: refused, or all of it
SELECT analytics.drop_source('rde');
SELECT analytics.drop_source('rde', cascade => true);
SELECT * FROM left_of();
SELECT again();

-- its relation
DROP TABLE events;
DROP TABLE events CASCADE;
SELECT * FROM left_of();
SELECT again();

-- a column: of the time or the tenant, of a metric, of a dimension, of none
ALTER TABLE events DROP COLUMN place;
ALTER TABLE events DROP COLUMN amount;
ALTER TABLE events DROP COLUMN at;
ALTER TABLE events DROP COLUMN spare;
ALTER TABLE events DROP COLUMN place CASCADE;
SELECT * FROM left_of();
SELECT again();
ALTER TABLE events DROP COLUMN amount CASCADE;
SELECT * FROM left_of();
SELECT again();
ALTER TABLE events DROP COLUMN tenant CASCADE;
SELECT * FROM left_of();
SELECT again();

-- another type of a column that is read changes its values, and nothing would mark them
ALTER TABLE events ALTER amount TYPE bigint;
ALTER TABLE events ALTER spare TYPE bigint, ALTER COLUMN kind TYPE varchar;
ALTER TABLE events ALTER spare TYPE bigint;

-- renamed columns are followed: in the time, the tenant, a dimension, a metric and its filter
ALTER TABLE events RENAME at TO "when";
ALTER TABLE events RENAME tenant TO "Tenant";
ALTER TABLE events RENAME place TO place_name;
ALTER TABLE events RENAME amount TO cents;
ALTER TABLE events RENAME kind TO what;
SELECT at, tenant FROM analytics.rollups WHERE name = 'kept';
SELECT column_name, dimension, kind, expression, filter FROM analytics.rollup_columns WHERE rollup = 'kept' ORDER BY position;
SELECT analytics.alter_source('rde', timezone => 'Asia/Taipei');
ALTER TABLE events SET SCHEMA public;
ALTER TABLE public.events RENAME TO rde_events;
SELECT source_relation FROM analytics.rollups WHERE name = 'kept';
ALTER TABLE public.rde_events SET SCHEMA rde;
ALTER TABLE rde_events RENAME TO events;
SELECT again();

-- metrics: those that it was made for, and those below their formulas
SELECT analytics.drop_metric('rde.all');
SELECT analytics.drop_metric('rde.double');
SELECT analytics.drop_metric('rde.sum');
SELECT analytics.drop_metric('rde.least');
SELECT analytics.drop_metric('rde.sum', cascade => true);
SELECT * FROM left_of();
SELECT again();
SELECT analytics.drop_metric('rde.double', cascade => true);
SELECT * FROM left_of();
SELECT again();

-- a metric defined anew is served where its states are the same
SELECT analytics.define_metric('rde.sum', 'rde', 'sum', 'amount', 'kind = ''a''', unit => 'cents', replace => true);
SELECT analytics.define_metric('rde.double', NULL, 'formula', formula => 'rde.mean + rde.mean', replace => true);
SELECT analytics.define_metric('rde.sum', 'rde', 'sum', 'amount', 'kind = ''b''', replace => true);
SELECT analytics.define_metric('rde.sum', 'rde', 'max', 'amount', 'kind = ''a''', replace => true);
SELECT analytics.define_metric('rde.all', 'rde', 'count', 'u', replace => true);
SELECT analytics.define_metric('rde.least', 'rde', 'max', 'amount', replace => true);
SELECT analytics.define_metric('rde.mean', NULL, 'formula', formula => 'rde.least', replace => true);
SELECT * FROM left_of();
SELECT again();

-- a source altered: what the rollup was made of, or not
SELECT analytics.alter_source('rde', session => 'u');
SELECT analytics.alter_source('rde', entity => 'spare');
SELECT analytics.alter_source('rde', entity => 'u');
SELECT analytics.alter_source('rde', timezone => 'UTC');
SELECT analytics.alter_source('rde', tenant => 'kind');
SELECT analytics.alter_source('rde', tenant => '');
SELECT analytics.alter_source('rde', tenant => 'tenant');
SELECT analytics.alter_source('rde', relation => 'moved');
SELECT analytics.alter_source('rde', relation => 'events', at => 'at + interval ''1 hour''');
SELECT again();

-- times without zone are of the source's zone: in another one its days are other days
CREATE TABLE walls (at timestamp, day date, u int);
INSERT INTO walls SELECT t, t, 1 FROM generate_series(timestamp '2026-01-01', '2026-01-03 23:00', '1 hour') t;
SELECT analytics.add_source('rde.' || x, 'walls', x, 'u', timezone => 'Asia/Taipei'), analytics.define_metric('rde.' || x, 'rde.' || x, 'count') FROM unnest('{at,day}'::text[]) x;
SELECT analytics.create_rollup('walls_' || x, 'rde.' || x, '1 day', ARRAY['rde.' || x]) FROM unnest('{at,day}'::text[]) x;
SELECT n, cells, rows FROM unnest('{walls_at,walls_day}'::text[]) n, analytics.refresh_rollup(n);
CREATE VIEW days AS SELECT m, bucket, value, served_by FROM unnest('{rde.at,rde.day}'::text[]) m, analytics.time_series(m, '2026-01-02 00:00 Asia/Taipei', '2026-01-03 00:00 Asia/Taipei', 'day', timezone => 'Asia/Taipei') ORDER BY m, bucket;
TABLE days;
SELECT analytics.alter_source('rde.' || x, timezone => 'UTC') FROM unnest('{at,day}'::text[]) x;
TABLE days;
SELECT analytics.refresh_rollup('walls_at');
INSERT INTO walls VALUES ('2026-01-02 12:00', '2026-01-02', 2);
DELETE FROM walls WHERE at = '2026-01-02 02:00';
SELECT analytics.alter_source('rde.' || x, timezone => 'asia/taipei') FROM unnest('{at,day}'::text[]) x;
TABLE days;
SELECT n, cells, rows FROM unnest('{walls_at,walls_day}'::text[]) n, analytics.refresh_rollup(n);
TABLE days;
SELECT analytics.drop_source('rde.at', cascade => true), analytics.drop_source('rde.day', cascade => true);

-- its own table: the name is free, its columns are followed, the keys are not
ALTER TABLE kept RENAME TO kept_cells;
ALTER TABLE kept_cells RENAME rde_sum TO "All";
ALTER TABLE kept_cells RENAME place TO where_it_was;
ALTER TABLE kept_cells RENAME bucket TO hour;
ALTER TABLE kept_cells RENAME tenant TO customer;
ALTER TABLE kept_cells ADD note text;
ALTER TABLE kept_cells RENAME note TO remark;
ALTER TABLE kept_cells DROP remark;
SELECT relation, column_name, dimension FROM analytics.rollups JOIN analytics.rollup_columns ON rollup = name WHERE name = 'kept' ORDER BY position;
ALTER TABLE kept_cells DROP "All";
ALTER TABLE kept_cells DROP events;
ALTER TABLE kept_cells DROP bucket;
DROP TABLE kept_cells;
INSERT INTO analytics.rollup_marks (rollup, bucket) VALUES ('kept', 'epoch');
ALTER TABLE kept_cells DROP events CASCADE;
SELECT * FROM left_of();
SELECT count(*) FROM analytics.rollup_marks;
SELECT again();
DROP TABLE kept CASCADE;
SELECT * FROM left_of();

-- a source with no metrics left, as a hand in the catalog can make it
SELECT again();
DELETE FROM analytics.metrics WHERE name LIKE 'rde.%';
SELECT analytics.drop_source('rde');
SELECT analytics.drop_source('rde', cascade => true);
SELECT * FROM left_of();

-- pg_restore --clean, which has no search path, drops and brings back by itself: only the catalog follows
SELECT again();
SELECT set_config('search_path', '', false);
DROP TABLE rde.events;
SELECT * FROM rde.left_of();
DROP TABLE rde.kept;
SET search_path = rde;

-- whatever takes a rollup away takes what captured changes for it, on the table and its partitions, unless another needs it
CREATE SCHEMA rde_cells;
CREATE TABLE parts (at timestamptz, u int) PARTITION BY RANGE (at);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
SELECT analytics.add_source('rde.parts', 'parts', 'at', 'u'), analytics.define_metric('rde.parts', 'rde.parts', 'count');
CREATE VIEW captured AS SELECT (SELECT string_agg(name, ' ' ORDER BY name) FROM analytics.rollups WHERE source = 'rde.parts') AS rollups,
    (SELECT count(*) FROM pg_attribute WHERE attrelid IN ('parts'::regclass, 'part'::regclass) AND attname = '_x') AS columns,
    (SELECT count(*) > 0 FROM pg_trigger WHERE tgrelid IN ('parts'::regclass, 'part'::regclass)) AS triggers;
CREATE FUNCTION two() RETURNS SETOF captured LANGUAGE sql SET search_path = rde_cells, rde SET client_min_messages = warning AS
    'SELECT analytics.create_rollup(n, ''rde.parts'', ''1 day'', ''{rde.parts}'') FROM unnest(''{one,two}''::text[]) n WHERE to_regclass(n) IS NULL; TABLE captured';
SELECT * FROM two();
DROP TABLE rde_cells.one CASCADE;
TABLE captured;
BEGIN;
DROP TABLE rde_cells.two CASCADE;
TABLE captured;
ROLLBACK;
TABLE captured;
ALTER TABLE rde_cells.two DROP events CASCADE;
TABLE captured;
SELECT * FROM two();
DROP SCHEMA rde_cells CASCADE;
TABLE captured;
CREATE SCHEMA rde_cells;
SELECT * FROM two();
SELECT analytics.drop_metric('rde.parts', cascade => true);
TABLE captured;

-- a schema that holds all of it
SET client_min_messages = warning;
SELECT again();
DROP SCHEMA rde, rde_cells CASCADE;
SELECT count(*) FROM analytics.rollups WHERE name = 'kept';
