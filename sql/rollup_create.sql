-- Proves what create_rollup makes: a table of the caller's whose columns are tenant, bucket, dimensions and the partial states that
-- the metrics need, each once; names, types, comments and a key that holds for NULL and for texts of any length; and what drop_rollup takes away.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';

CREATE ROLE rollup_maker;
GRANT USAGE ON SCHEMA analytics TO rollup_maker;
GRANT EXECUTE ON FUNCTION analytics.create_rollup, analytics.drop_rollup TO rollup_maker;
CREATE SCHEMA rcr AUTHORIZATION rollup_maker;
SET search_path = rcr;
SET ROLE rollup_maker;
CREATE TABLE otp (at timestamptz, member int, tenant text, provider varchar(10), status text, "user" bool, cost numeric, latency float8, tries smallint, attributes jsonb);
RESET ROLE;
SELECT analytics.add_source('rcr', 'otp', 'at', 'member', event => 'status', tenant => 'tenant', timezone => 'Asia/Taipei');
SELECT analytics.define_metric('rcr.all', 'rcr', 'count'),
    analytics.define_metric('rcr.cost', 'rcr', 'sum', 'cost', 'status = ''sent''', dimensions => '{"who = \"user\""}'),
    analytics.define_metric('rcr.sent', 'rcr', 'count', filter => 'status = ''sent'''),
    analytics.define_metric('rcr.seen', 'rcr', 'count', 'latency'),
    analytics.define_metric('rcr.tries', 'rcr', 'avg', 'tries'),
    analytics.define_metric('rcr.tried', 'rcr', 'sum', 'tries'),
    analytics.define_metric('rcr.latency', 'rcr', 'avg', 'latency'),
    analytics.define_metric('rcr.worst', 'rcr', 'max', 'latency', 'tries > 1'),
    analytics.define_metric('rcr.best', 'rcr', 'min', 'cost'),
    analytics.define_metric('rcr.p50', 'rcr', 'percentile', 'latency', fraction => 0.5),
    analytics.define_metric('rcr.p95', 'rcr', 'percentile', 'latency', fraction => 0.95),
    analytics.define_metric('rcr.users', 'rcr', 'distinct'),
    analytics.define_metric('rcr.users_exact', 'rcr', 'distinct_exact'),
    analytics.define_metric('rcr.rate', NULL, 'formula', formula => 'rcr.sent / rcr.all'),
    analytics.define_metric('rcr.rate_twice', NULL, 'formula', formula => 'rcr.rate * 2 + rcr.sent');

-- what a table looks like: names, types, and in words
CREATE VIEW looks AS SELECT c.relname, attname, format_type(atttypid, atttypmod) AS type, collname AS sorted, attnotnull AS required, col_description(attrelid, attnum) AS comment, attnum
    FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_collation l ON l.oid = attcollation AND collname <> 'default'
    WHERE attnum > 0 AND NOT attisdropped;
SET ROLE rollup_maker;
SELECT analytics.create_rollup('otp_hourly', 'rcr', '1 hour',
    '{rcr.cost,rcr.sent,rcr.rate_twice,rcr.seen,rcr.tries,rcr.tried,rcr.latency,rcr.worst,rcr.best,rcr.p50,rcr.p95,rcr.users,rcr.users_exact}',
    '{provider,who,event,attributes}', capture => 'trigger');
RESET ROLE;
SELECT attname, type, sorted, required, comment FROM looks WHERE relname = 'otp_hourly' ORDER BY attnum;
SELECT obj_description('otp_hourly'::regclass);
SELECT pg_get_userbyid(relowner), reloptions FROM pg_class WHERE oid = 'otp_hourly'::regclass;
SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'otp_hourly'::regclass ORDER BY 1;
SELECT name, relation, source, source_relation, granularity, timezone, metrics, capture, tail, keep, at, tenant FROM analytics.rollups;
SELECT position, column_name, dimension, kind, expression, filter FROM analytics.rollup_columns ORDER BY position;
SELECT count(*) FROM analytics.rollup_progress;

-- a cell is there once, with NULL in its key too
\set VERBOSITY terse
INSERT INTO otp_hourly (tenant, bucket, provider, events) VALUES (NULL, 'epoch', NULL, 1);
INSERT INTO otp_hourly (tenant, bucket, provider, events) VALUES (NULL, 'epoch', NULL, 1);
INSERT INTO otp_hourly (tenant, bucket, provider, attributes) SELECT repeat('t', 5000) || n, 'epoch', repeat('p', 100000), jsonb_build_object('k', repeat(md5(n::text), 1000)) FROM generate_series(1, 3) n;
INSERT INTO otp_hourly (tenant, bucket, provider, attributes) SELECT repeat('t', 5000) || 2, 'epoch', repeat('p', 100000), jsonb_build_object('k', repeat(md5('2'), 1000));
-- a longer value than the event's column has room for today
INSERT INTO otp_hourly (tenant, bucket, provider) VALUES ('a', 'epoch', repeat('x', 11));

\set VERBOSITY default
-- keys of texts: short ones are themselves, no two are the same
SELECT analytics.rollup_key('a') = 'a', analytics.rollup_key('') = '', analytics.rollup_key(NULL) IS NULL,
    analytics.rollup_key(repeat('x', 128)) = repeat('x', 128), length(analytics.rollup_key(repeat('x', 129))),
    analytics.rollup_key(repeat('x', 129)) = E'\x01' || encode(sha256(convert_to(repeat('x', 129), 'UTF8')), 'hex');
WITH texts(t) AS (SELECT repeat('x', n) FROM generate_series(0, 300) n UNION SELECT E'\x01' || n FROM generate_series(0, 9) n),
    more(t) AS (SELECT t FROM texts UNION SELECT analytics.rollup_key(t) FROM texts UNION SELECT analytics.rollup_key(analytics.rollup_key(t)) FROM texts)
    SELECT count(*) = count(DISTINCT analytics.rollup_key(t)), count(*) > 600, max(octet_length(analytics.rollup_key(t))) FROM more;

-- names: small letters, nothing that needs quotes, none twice, none of our own and none of every table
CREATE TABLE odd (at timestamptz, u int, bucket int, "Tenant" int, "events" int, "a b" int, "a-b" int, ctidx int, "select" int, "1st" int);
SELECT analytics.add_source('rcr.odd', 'odd', 'at', 'u');
SELECT analytics.define_metric(repeat('n', 62) || m, 'rcr.odd', 'avg', 'u + ' || m) FROM generate_series(1, 3) m;
SELECT analytics.define_metric('ctid', 'rcr.odd', 'avg', 'u'), analytics.define_metric('A.b', 'rcr.odd', 'min', 'u'), analytics.define_metric('order', 'rcr.odd', 'max', 'u');
SELECT analytics.create_rollup('odd-names.daily', 'rcr.odd', '1 day', ARRAY[repeat('n', 62) || 1, repeat('n', 62) || 2, repeat('n', 62) || 3, 'ctid', 'A.b', 'order'],
    '{bucket,Tenant,events,"a b","a-b",select,1st}', timezone => 'europe/berlin', keep => '2 years', capture => 'scan', tail => '2 days');
SELECT attname, type, comment FROM looks WHERE relname = 'odd-names.daily' ORDER BY attnum;
SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = '"odd-names.daily"'::regclass ORDER BY 1;
SELECT timezone, keep, tail, capture, tenant FROM analytics.rollups WHERE name = 'odd-names.daily';

-- buckets are of the type of the times: columns of dates and of wall clocks have days
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE days (d date, t timestamp, u uuid, m mood, i inet);
SELECT analytics.add_source('rcr.days', 'days', 'd', 'u', tenant => 'u', timezone => 'Asia/Taipei'), analytics.add_source('rcr.clock', 'days', 't', 'u', tenant => 'm', timezone => 'Asia/Taipei');
SELECT analytics.define_metric('rcr.d', 'rcr.days', 'count'), analytics.define_metric('rcr.c', 'rcr.clock', 'count');
SELECT analytics.create_rollup('days_weekly', 'rcr.days', '1 week', '{rcr.d}', '{m,i,t}', capture => 'scan', tail => '1 day');
SELECT analytics.create_rollup('clock_monthly', 'rcr.clock', '1 month', '{rcr.c}', timezone => 'asia/taipei', capture => 'scan', tail => '1 day');
SELECT relname, attname, type FROM looks WHERE relname IN ('days_weekly', 'clock_monthly') ORDER BY relname, attnum;
SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'days_weekly'::regclass ORDER BY 1;

-- widths: whatever time_bin takes
SET client_min_messages = warning;
SELECT analytics.create_rollup('w' || n, 'rcr', w, '{rcr.all}', capture => 'scan', tail => '1 day') FROM unnest('{15 minutes,7 minutes,36 hours,90 days,3 months,1 year}'::interval[]) WITH ORDINALITY x(w, n);
SET client_min_messages = notice;
SELECT name, granularity FROM analytics.rollups WHERE name ~ '^w\d' ORDER BY name;

-- scan without a tail says what it takes for granted
SELECT analytics.create_rollup('scanned', 'rcr', '1 day', '{rcr.all}', capture => 'scan');
SELECT tail FROM analytics.rollups WHERE name = 'scanned';

-- auto: a column where the source can have one, triggers where it cannot, a scan where there are no triggers; it is shared, and goes with the last
CREATE TABLE captured (at timestamptz, u int);
CREATE VIEW captured_view AS SELECT * FROM captured;
CREATE TYPE captured_type AS (at timestamptz, u int);
CREATE TABLE captured_typed OF captured_type;
SELECT analytics.add_source('rcr.' || n, n::regclass, 'at', 'u'), analytics.define_metric('rcr.' || n, 'rcr.' || n, 'count') FROM unnest('{captured,captured_view,captured_typed}'::text[]) n;
SELECT analytics.create_rollup('auto_table', 'rcr.captured', '1 day', '{rcr.captured}');
SELECT analytics.create_rollup('auto_view', 'rcr.captured_view', '1 day', '{rcr.captured_view}', tail => '1 hour');
SELECT analytics.create_rollup('auto_typed', 'rcr.captured_typed', '1 day', '{rcr.captured_typed}');
SELECT analytics.create_rollup('auto_again', 'rcr.captured', '1 hour', '{rcr.captured}');
SELECT name, capture, tail FROM analytics.rollups WHERE name LIKE 'auto%' ORDER BY name;
SELECT attname, type FROM looks WHERE relname = 'captured' ORDER BY attnum;
SELECT analytics.drop_rollup('auto_table'), analytics.drop_rollup('auto_view'), analytics.drop_rollup('auto_typed');
SELECT count(*) FROM looks WHERE relname = 'captured';
SELECT count(*) > 0 AS triggers FROM pg_trigger WHERE tgrelid = 'captured'::regclass;
SELECT analytics.drop_rollup('auto_again');
SELECT count(*) FROM looks WHERE relname = 'captured';
SELECT count(*) > 0 AS triggers FROM pg_trigger WHERE tgrelid IN ('captured'::regclass, 'captured_typed'::regclass);

-- all or nothing
BEGIN;
SELECT analytics.create_rollup('undone', 'rcr', '1 day', '{rcr.all}', capture => 'scan', tail => '1 day');
ROLLBACK;
SELECT to_regclass('undone'), (SELECT count(*) FROM analytics.rollups WHERE name = 'undone') AS rows;

-- drop_rollup takes the table and all that was noted of it; only the owner may
INSERT INTO analytics.rollup_marks (rollup, bucket) VALUES ('otp_hourly', 'epoch'), ('scanned', 'epoch');
CREATE ROLE rollup_other;
GRANT USAGE ON SCHEMA analytics TO rollup_other;
GRANT EXECUTE ON FUNCTION analytics.drop_rollup TO rollup_other;
SET ROLE rollup_other;
SELECT analytics.drop_rollup('otp_hourly');
RESET ROLE;
GRANT rollup_maker TO rollup_other;
SET client_min_messages = warning;
SET ROLE rollup_other;
SELECT analytics.drop_rollup('otp_hourly');
RESET ROLE;
SELECT to_regclass('otp_hourly'), (SELECT count(*) FROM analytics.rollups WHERE name = 'otp_hourly') AS rows,
    (SELECT count(*) FROM analytics.rollup_columns WHERE rollup = 'otp_hourly') AS columns, (SELECT array_agg(rollup) FROM analytics.rollup_marks) AS marks;
SELECT tgname FROM pg_trigger WHERE tgrelid = 'otp'::regclass;
-- what reads the table holds it
CREATE VIEW reading AS SELECT bucket FROM scanned;
SELECT analytics.drop_rollup('scanned');
DROP VIEW reading;
SELECT analytics.drop_rollup(name) FROM analytics.rollups;
SELECT count(*) FROM analytics.rollup_columns;
SELECT count(*) FROM analytics.rollup_marks;

DROP SCHEMA rcr CASCADE;
REVOKE ALL ON FUNCTION analytics.create_rollup, analytics.drop_rollup FROM rollup_maker, rollup_other;
REVOKE ALL ON SCHEMA analytics FROM rollup_maker, rollup_other;
DROP ROLE rollup_other, rollup_maker;
