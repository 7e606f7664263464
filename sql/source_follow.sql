-- Proves that a renamed column is followed however the statement names its relation and however names were quoted,
-- and that nothing is stored that would be refused, or mean something else, when it is read again.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
\set VERBOSITY terse

CREATE SCHEMA flw;
CREATE TABLE flw.events (happened timestamptz, kind text, "O""k" text, u int);
INSERT INTO flw.events SELECT '2026-01-01 00:00+00', 'a', 'x', i FROM generate_series(1, 10) i;
SELECT analytics.add_source('flw', 'flw.events', 'happened', 'u', event => 'kind');
SELECT analytics.define_metric('flw.n', 'flw', 'count', filter => 'kind = ''a'' AND "O""k" = ''x''', dimensions => '{kind}');

-- the relation is found on the search path, or by its name with its schema
SET search_path = flw;
ALTER TABLE events RENAME COLUMN kind TO what;
DO $$BEGIN ALTER TABLE events RENAME happened TO "at"; END$$;
RESET search_path;
SELECT at, event FROM analytics.sources WHERE name = 'flw';
SELECT filter, dimension_expressions FROM analytics.metrics WHERE name = 'flw.n';
SELECT analytics.metric_value('flw.n', '2026-01-01', '2026-01-02');
CREATE TEMP TABLE events (what text);
ALTER TABLE events RENAME COLUMN what TO other; -- another relation of that name
DROP TABLE pg_temp.events;
SELECT event FROM analytics.sources WHERE name = 'flw';

-- whoever renames may quote all names
SET quote_all_identifiers = on;
ALTER TABLE flw.events RENAME COLUMN what TO kind;
SELECT analytics.alter_source('flw', entity => '"u" + 0');
RESET quote_all_identifiers;
ALTER TABLE flw.events RENAME COLUMN kind TO "what now";
ALTER TABLE flw.events RENAME COLUMN "O""k" TO ok;
ALTER TABLE flw.events RENAME COLUMN u TO "U";
SELECT entity, event FROM analytics.sources WHERE name = 'flw';
SELECT filter FROM analytics.metrics WHERE name = 'flw.n';
SELECT analytics.metric_value('flw.n', '2026-01-01', '2026-01-02');

-- a row as a whole is no expression over its columns
SELECT analytics.alter_source('flw', entity => 'events::text');
SELECT analytics.alter_source('flw', entity => 'to_jsonb(events)');
SELECT analytics.define_metric('flw.rows', 'flw', 'distinct_exact', 'events');

-- an operator outside pg_catalog that the expression cannot name would be another one when it is read:
-- a type that compares by its length, and is also read as text
CREATE TYPE flw.len AS (n text);
CREATE FUNCTION flw.eq(flw.len, flw.len) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS 'SELECT pg_catalog.length(($1).n) OPERATOR(pg_catalog.=) pg_catalog.length(($2).n)';
CREATE OPERATOR flw.= (FUNCTION = flw.eq, LEFTARG = flw.len, RIGHTARG = flw.len);
ALTER TABLE flw.events ADD l flw.len;
UPDATE flw.events SET l = ROW('abc');
SET search_path = flw;
SELECT analytics.define_metric('flw.nullif', 'flw', 'count', filter => 'nullif(l, ''(xyz)'') IS NULL');
SELECT analytics.define_metric('flw.distinct', 'flw', 'count', filter => 'l IS NOT DISTINCT FROM ''(xyz)''');
SELECT analytics.define_metric('flw.case', 'flw', 'count', filter => 'CASE l WHEN ''(xyz)'' THEN true END');
SELECT analytics.define_metric('flw.eq', 'flw', 'count', filter => 'l = ''(xyz)''');
SELECT analytics.define_metric('flw.in', 'flw', 'count', filter => 'l IN (''(xyz)'', ''(12)'')');
SELECT analytics.define_metric('flw.builtin', 'flw', 'count',
    filter => 'nullif((l).n, ''abc'') IS NULL AND CASE ok WHEN ''x'' THEN true END AND (ok, "U") < (''y'', 0) AND ok IS DISTINCT FROM ''y''');
RESET search_path;
SELECT name, analytics.metric_value(name, '2026-01-01', '2026-01-02') FROM analytics.metrics WHERE source = 'flw' ORDER BY name;

-- formulas in a circle, which only a hand in the catalog can make, do not hold the relation for ever
INSERT INTO analytics.metrics (name, kind, formula) VALUES ('flw.c1', 'formula', 'flw.c2 + flw.n'), ('flw.c2', 'formula', 'flw.c1');
DROP TABLE flw.events;
DROP TABLE flw.events CASCADE;
SELECT count(*) FROM analytics.metrics WHERE name LIKE 'flw.%';

SET client_min_messages = warning;
DROP SCHEMA flw CASCADE;
