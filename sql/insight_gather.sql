/*
 * The events of a source, brought together entity by entity: entities of any type are told apart as SQL does, in memory and
 * in files, read with workers or without; against window_funnel, which groups by itself.  Files keep to temp_file_limit.
 */
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
CREATE SCHEMA gathering;
-- 30,000 events of 3,000 people and of nobody, in no order; a person has ten on average, some at one time.
CREATE TABLE gathering.events AS
SELECT who, timestamptz '2026-01-01' + (hashint4(i) & 1048575) * interval '1 second' AS at, (ARRAY['see', 'add', 'buy', 'look'])[1 + (hashint4(i + 100000) & 3)] AS what,
    who::smallint AS int2, who::bigint - 1500 AS int8, who::oid AS oid, 'p' || who AS text, ('p' || who)::varchar AS varchar, who::text::char(9) AS bpchar, ('p' || who)::name AS name,
    decode(md5(who::text), 'hex') AS bytea, md5(who::text)::uuid AS uuid, who / 8.0 AS numeric, who / 8.0::float8 AS float8, who / 8.0::float4 AS float4,
    timestamptz '2026-01-01' + who * interval '1 microsecond' AS timestamptz, date '2026-01-01' + who AS date, who * interval '1 hour' AS interval,
    CASE WHEN who >= 0 THEN ARRAY[who, NULL] END AS array, CASE WHEN who >= 0 THEN jsonb_build_object('id', who) END AS jsonb,
    CASE WHEN who >= 0 THEN int4range(who, NULL) END AS range, repeat('p', 1000) || who AS long
FROM (SELECT i, nullif((hashint4(i + 200000) & 65535) % 3001, 3000) AS who FROM generate_series(1, 30000) i) s;
ANALYZE gathering.events;
SELECT count(*) AS events, count(DISTINCT who) AS people, count(*) FILTER (WHERE who IS NULL) > 0 AS nobody FROM gathering.events;
CREATE TABLE gathering.kinds AS SELECT attname::text AS kind FROM pg_catalog.pg_attribute WHERE attrelid = 'gathering.events'::regclass AND attnum > 0 AND attname NOT IN ('at', 'what');
SELECT count(analytics.add_source('gathering.' || kind, 'gathering.events', 'at', quote_ident(kind), event => 'what')) AS sources FROM gathering.kinds;
-- How many came to each step, by window_funnel.
CREATE TEMP TABLE wanted AS SELECT step, count(*) FILTER (WHERE level >= step) AS people
FROM (SELECT analytics.window_funnel('2 days', at, what = 'see', what = 'add', what = 'buy') AS level FROM gathering.events WHERE who IS NOT NULL GROUP BY who) s, generate_series(1, 3) step GROUP BY step;
SELECT bool_and(people BETWEEN 300 AND 2990) AS telling, count(DISTINCT people) AS different FROM wanted;
CREATE FUNCTION gathering.wrong() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(kind, ' ' ORDER BY kind), 'none') FROM gathering.kinds
    WHERE (SELECT array_agg(entities ORDER BY step) FROM analytics.funnel('gathering.' || kind, '["see", "add", "buy"]', '2026-01-01', '2026-02-01', '2 days'))
        IS DISTINCT FROM (SELECT array_agg(people ORDER BY step) FROM wanted) $$;
SELECT gathering.wrong() AS in_memory;
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT gathering.wrong() AS in_files;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SELECT gathering.wrong() AS in_files_with_workers;
RESET work_mem;
SELECT gathering.wrong() AS with_workers;
-- What the planner expects of rows from workers is changed for the reading alone.
SHOW parallel_tuple_cost;
-- Files that grow too large are PostgreSQL's own error, in which nothing stays behind.
SET max_parallel_workers_per_gather = 0;
SET work_mem = '64kB';
SET temp_file_limit = '64kB';
\set VERBOSITY sqlstate
SELECT count(*) FROM analytics.funnel('gathering.long', '["see", "add", "buy"]', '2026-01-01', '2026-02-01', '2 days');
\set VERBOSITY terse
DO $$
BEGIN
    PERFORM analytics.funnel('gathering.int8', '["see", "add", "buy"]', '2026-01-01', '2026-02-01', '2 days');
EXCEPTION WHEN configuration_limit_exceeded THEN
    RAISE NOTICE 'refused, with % files left', (SELECT count(*) FROM pg_catalog.pg_ls_tmpdir() WHERE name LIKE 'pgsql_tmp' || pg_backend_pid() || '.%');
END $$;
\set VERBOSITY default
RESET temp_file_limit;
SELECT step, entities > 300 AS entities FROM analytics.funnel('gathering.long', '["see", "add", "buy"]', '2026-01-01', '2026-02-01', '2 days') ORDER BY step;
-- A single person with all of the events, and with none.
UPDATE gathering.events SET who = 7;
SELECT step, entities FROM analytics.funnel('gathering.who', '["see", "add", "buy"]', '2026-01-01', '2026-02-01', '2 days') ORDER BY step;
SELECT step, entities, rate_first FROM analytics.funnel('gathering.who', '["see", "add", "buy"]', '2027-01-01', '2027-02-01', '2 days') ORDER BY step;
SELECT count(analytics.drop_source('gathering.' || kind)) AS dropped FROM gathering.kinds;
SET client_min_messages = warning;
DROP SCHEMA gathering CASCADE;
