-- Proves that sources are checked when they are defined, follow their relation, and hold on to what they read.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
\set VERBOSITY default

CREATE SCHEMA src;
CREATE TABLE src.logins (happened timestamptz, user_id bigint, install_id text, kind text, tenant_id int, props jsonb, id uuid, "Odd Name" text);

-- expressions are stored in canonical form, whatever the search path was
CREATE FUNCTION src.clean(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.lower($1)';
SET search_path = src, public;
SELECT analytics.add_source('app', 'logins', 'happened', 'coalesce(user_id::text, install_id) -- who', event => 'clean(kind)',
    tenant => 'tenant_id', properties => 'props', event_id => 'id', timezone => 'Asia/Taipei');
RESET search_path;
SELECT name, relation, at, entity, event, tenant, session, properties, event_id, timezone FROM analytics.sources;

-- what an expression may not be; the mark stands below the place
SELECT analytics.add_source('bad', 'src.logins', 'happend', 'user_id');
SELECT analytics.add_source('bad', 'src.logins', 'happened', '(SELECT 1)');
SELECT analytics.add_source('bad', 'src.logins', 'happened', 'max(user_id)');
SELECT analytics.add_source('bad', 'src.logins', 'happened', 'count(*)');
SELECT analytics.add_source('bad', 'src.logins', 'happened', 'rank() OVER (ORDER BY user_id)');
SELECT analytics.add_source('bad', 'src.logins', 'happened', 'generate_series(1, user_id)');
SELECT analytics.add_source('bad', 'src.logins', 'happened', 'user_id + random()');
SELECT analytics.add_source('bad', 'src.logins', 'happened', 'user_id, install_id');
SELECT analytics.add_source('bad', 'src.logins', 'happened', 'user_id FROM src.logins');
SELECT analytics.add_source('bad', 'src.logins', 'happened', 'user_id AS u');
SELECT analytics.add_source('bad', 'src.logins', 'happened', '*');
SELECT analytics.add_source('bad', 'src.logins', 'happened', '$1');
SELECT analytics.add_source('bad', 'src.logins', 'happened', 'user_id +');
SELECT analytics.add_source('bad', 'src.logins', 'happened', '');
SELECT analytics.add_source('bad', 'src.logins', 'user_id', 'user_id');
SELECT analytics.add_source('bad', 'src.logins', 'happened', 'user_id', properties => 'install_id');
SELECT analytics.add_source('bad', 'src.logins', 'happened', repeat('(', 5000) || 'user_id' || repeat(')', 5000));
SELECT analytics.add_source('bad', 'src.logins', 'happened', 'user_id', timezone => 'Asia/Taipeh');
SELECT analytics.add_source('b d', 'src.logins', 'happened', 'user_id');
SELECT analytics.add_source('app', 'src.logins', 'happened', 'user_id');
SELECT analytics.add_source('bad', 'src.nothing', 'happened', 'user_id');
SELECT analytics.add_source('bad', NULL, 'happened', 'user_id');
SELECT analytics.add_source(NULL, 'src.logins', 'happened', 'user_id');
CREATE TEMP TABLE gone (at timestamptz, u int);
SELECT analytics.add_source('bad', 'gone', 'at', 'u');
CREATE SEQUENCE src.seq;
SELECT analytics.add_source('bad', 'src.seq', 'now()', 'last_value');

-- every kind of relation that can be selected from
CREATE VIEW src.v AS SELECT happened, user_id FROM src.logins;
CREATE MATERIALIZED VIEW src.mv AS SELECT happened::date AS day, user_id FROM src.logins;
CREATE TABLE src.p (happened timestamp, user_id int) PARTITION BY RANGE (happened);
CREATE FOREIGN DATA WRAPPER an_test_fdw;
CREATE SERVER an_test_server FOREIGN DATA WRAPPER an_test_fdw;
CREATE FOREIGN TABLE src.f (happened timestamptz, user_id int) SERVER an_test_server;
SELECT analytics.add_source('view', 'src.v', 'happened', 'user_id');
SELECT analytics.add_source('matview', 'src.mv', 'day', 'user_id');
SELECT analytics.add_source('partitioned', 'src.p', 'happened', 'user_id');
\set VERBOSITY sqlstate
SELECT analytics.add_source('foreign', 'src.f', 'happened', 'user_id'); -- the wrapper has no handler
\set VERBOSITY default

-- alter: NULL keeps, '' removes
SELECT analytics.alter_source('app', event => 'kind', properties => '', timezone => 'Europe/London');
SELECT event, properties, timezone, tenant FROM analytics.sources WHERE name = 'app';
SELECT analytics.alter_source('ap', event => 'kind');
SELECT analytics.alter_source('app', at => '');

-- a rename is followed, in the relation and in its columns
ALTER TABLE src.logins RENAME TO sign_ins;
ALTER TABLE src.sign_ins RENAME COLUMN user_id TO "User";
ALTER TABLE src.sign_ins RENAME COLUMN happened TO "when";
SELECT relation, at, entity FROM analytics.sources WHERE name = 'app';

-- metrics follow too
SELECT analytics.define_metric('logins', 'app', 'count', filter => 'kind = ''login''', dimensions => '{tenant_id,"odd = lower(\"Odd Name\")"}');
SELECT analytics.define_metric('double', NULL, 'formula', formula => 'logins * 2');
ALTER TABLE src.sign_ins RENAME COLUMN kind TO what;
ALTER TABLE src.sign_ins RENAME COLUMN "Odd Name" TO odd;
SELECT name, filter, dimensions, dimension_expressions FROM analytics.metrics ORDER BY name;

-- dropping what is read is refused, as for a view
ALTER TABLE src.sign_ins DROP COLUMN what;
ALTER TABLE src.sign_ins DROP COLUMN odd;
ALTER TABLE src.sign_ins DROP COLUMN props; -- nothing reads it
DROP TABLE src.p;
SELECT analytics.drop_source('app');
SELECT analytics.drop_metric('logins');

-- CASCADE takes along what stands on it
ALTER TABLE src.sign_ins DROP COLUMN odd CASCADE;
SELECT name FROM analytics.metrics;
SELECT analytics.define_metric('logins', 'app', 'count');
SELECT analytics.define_metric('double', NULL, 'formula', formula => 'logins * 2');
SELECT analytics.drop_metric('logins', cascade => true);
SELECT analytics.define_metric('logins', 'app', 'count');
DROP TABLE src.p CASCADE;
SELECT name FROM analytics.sources ORDER BY name;
SELECT analytics.drop_source('matview');
SELECT analytics.drop_source('matview');
DROP SERVER an_test_server CASCADE;
DROP FOREIGN DATA WRAPPER an_test_fdw;
SET client_min_messages = warning;
DROP SCHEMA src CASCADE;
SELECT count(*) AS sources, (SELECT count(*) FROM analytics.metrics) AS metrics FROM analytics.sources;
