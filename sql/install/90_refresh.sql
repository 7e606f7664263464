/* Schedules, refreshing by policy, and tick. */

CREATE FUNCTION analytics.next_runs(schedule text, n int DEFAULT 5, timezone text DEFAULT NULL, after timestamptz DEFAULT NULL)
RETURNS SETOF timestamptz
AS 'MODULE_PATHNAME', 'analytics_next_runs'
LANGUAGE C STABLE PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION analytics.next_runs(text, int, text, timestamptz) IS
'Next n runs of a cron schedule after an instant, by default after now; NULL zone: analytics.timezone, else TimeZone';

CREATE FUNCTION analytics.describe_schedule(schedule text, timezone text DEFAULT NULL) RETURNS text
AS 'MODULE_PATHNAME', 'analytics_describe_schedule'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.describe_schedule(text, text) IS
'A cron schedule in words, with its next five runs by the clock of the zone';

CREATE TABLE analytics.refresh_schedules (
    relation pg_catalog.regclass PRIMARY KEY,
    kind text NOT NULL,
    name text NOT NULL,
    schedule text NOT NULL,
    timezone text NOT NULL,
    next_run timestamptz NOT NULL,
    last_run timestamptz,
    took interval,
    method text,
    error text
);
COMMENT ON TABLE analytics.refresh_schedules IS 'Refresh policies of everybody; analytics.refresh_policies shows one''s own';
COMMENT ON COLUMN analytics.refresh_schedules.relation IS 'What is refreshed; its owner owns the policy';
COMMENT ON COLUMN analytics.refresh_schedules.kind IS 'Kind of thing: materialized view or rollup';
COMMENT ON COLUMN analytics.refresh_schedules.name IS 'What it was called when the policy was added or last ran';
COMMENT ON COLUMN analytics.refresh_schedules.schedule IS 'When it is refreshed: five fields of cron, or @daily and the like';
COMMENT ON COLUMN analytics.refresh_schedules.timezone IS 'Time zone of the schedule';
COMMENT ON COLUMN analytics.refresh_schedules.next_run IS 'It is due from then on';
COMMENT ON COLUMN analytics.refresh_schedules.last_run IS 'When its last run began; NULL before the first';
COMMENT ON COLUMN analytics.refresh_schedules.took IS 'How long the last run took';
COMMENT ON COLUMN analytics.refresh_schedules.method IS 'How the last run refreshed: concurrently or plain; a rollup: incremental, rebuilt or skipped';
COMMENT ON COLUMN analytics.refresh_schedules.error IS 'Why the last run failed; NULL where it did not';
SELECT pg_catalog.pg_extension_config_dump('analytics.refresh_schedules', '');

CREATE VIEW analytics.refresh_policies WITH (security_barrier) AS
SELECT CASE WHEN p.kind OPERATOR(pg_catalog.=) 'materialized view' THEN pg_catalog.format('%I.%I', n.nspname, c.relname)
    ELSE p.name END AS name,
    p.kind, p.relation, pg_catalog.pg_get_userbyid(c.relowner) AS owner, p.schedule, p.timezone, p.next_run, p.last_run,
    p.took, p.method, p.error
FROM analytics.refresh_schedules p
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) p.relation
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE pg_catalog.pg_has_role(c.relowner, 'USAGE');
COMMENT ON VIEW analytics.refresh_policies IS 'Refresh policies of the caller: when they run, and what came of the last run';
COMMENT ON COLUMN analytics.refresh_policies.name IS 'What is refreshed, by its name';
COMMENT ON COLUMN analytics.refresh_policies.kind IS 'Kind of thing: materialized view or rollup';
COMMENT ON COLUMN analytics.refresh_policies.relation IS 'What is refreshed, by identity';
COMMENT ON COLUMN analytics.refresh_policies.owner IS 'Owner of the relation, as whom it is refreshed';
COMMENT ON COLUMN analytics.refresh_policies.schedule IS 'When it is refreshed: five fields of cron, or @daily and the like';
COMMENT ON COLUMN analytics.refresh_policies.timezone IS 'Time zone of the schedule';
COMMENT ON COLUMN analytics.refresh_policies.next_run IS 'It is due from then on';
COMMENT ON COLUMN analytics.refresh_policies.last_run IS 'When its last run began; NULL before the first';
COMMENT ON COLUMN analytics.refresh_policies.took IS 'How long the last run took';
COMMENT ON COLUMN analytics.refresh_policies.method IS 'How the last run refreshed: concurrently or plain; a rollup: incremental, rebuilt or skipped';
COMMENT ON COLUMN analytics.refresh_policies.error IS 'Why the last run failed; NULL where it did not';
GRANT SELECT ON TABLE analytics.refresh_policies TO PUBLIC;

CREATE TABLE analytics.refresh_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    relation pg_catalog.regclass NOT NULL,
    owner oid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    started_at timestamptz NOT NULL,
    took interval NOT NULL,
    method text,
    rows bigint,
    sqlstate text,
    error text
);
CREATE INDEX refresh_history_started_at ON analytics.refresh_history (started_at);
COMMENT ON TABLE analytics.refresh_history IS 'Refreshes of everybody; analytics.refresh_runs shows one''s own';
COMMENT ON COLUMN analytics.refresh_history.id IS 'Number of the run, in the order of recording';
COMMENT ON COLUMN analytics.refresh_history.relation IS 'What was refreshed';
COMMENT ON COLUMN analytics.refresh_history.owner IS 'Its owner at that time';
COMMENT ON COLUMN analytics.refresh_history.kind IS 'Kind of thing: materialized view or rollup';
COMMENT ON COLUMN analytics.refresh_history.name IS 'What it was called';
COMMENT ON COLUMN analytics.refresh_history.started_at IS 'When the run began';
COMMENT ON COLUMN analytics.refresh_history.took IS 'How long it took';
COMMENT ON COLUMN analytics.refresh_history.method IS 'How it refreshed: concurrently or plain, a rollup: incremental, rebuilt or skipped; NULL where it failed before that was known';
COMMENT ON COLUMN analytics.refresh_history.rows IS 'Rows of the result, cells that were written of a rollup; NULL where it failed';
COMMENT ON COLUMN analytics.refresh_history.sqlstate IS 'SQLSTATE of the error; NULL where there was none';
COMMENT ON COLUMN analytics.refresh_history.error IS 'Why it failed; NULL where it did not';

CREATE VIEW analytics.refresh_runs WITH (security_barrier) AS
SELECT h.id, h.name, h.kind, h.relation, h.started_at, h.took, h.method, h.rows, h.sqlstate, h.error
FROM analytics.refresh_history h
WHERE pg_catalog.pg_has_role(h.owner, 'USAGE');
COMMENT ON VIEW analytics.refresh_runs IS 'History of the caller''s refreshes, by hand and by policy';
COMMENT ON COLUMN analytics.refresh_runs.id IS 'Number of the run, in the order of recording';
COMMENT ON COLUMN analytics.refresh_runs.name IS 'What was refreshed, by its name then';
COMMENT ON COLUMN analytics.refresh_runs.kind IS 'Kind of thing: materialized view or rollup';
COMMENT ON COLUMN analytics.refresh_runs.relation IS 'What was refreshed, by identity; a number where it is gone';
COMMENT ON COLUMN analytics.refresh_runs.started_at IS 'When the run began';
COMMENT ON COLUMN analytics.refresh_runs.took IS 'How long it took';
COMMENT ON COLUMN analytics.refresh_runs.method IS 'How it refreshed: concurrently or plain, a rollup: incremental, rebuilt or skipped; NULL where it failed before that was known';
COMMENT ON COLUMN analytics.refresh_runs.rows IS 'Rows of the result, cells that were written of a rollup; NULL where it failed';
COMMENT ON COLUMN analytics.refresh_runs.sqlstate IS 'SQLSTATE of the error; NULL where there was none';
COMMENT ON COLUMN analytics.refresh_runs.error IS 'Why it failed; NULL where it did not';
GRANT SELECT ON TABLE analytics.refresh_runs TO PUBLIC;

CREATE FUNCTION analytics.refresh_view(
    INOUT view pg_catalog.regclass, concurrently boolean DEFAULT true, OUT method text, OUT rows bigint, OUT took interval,
    OUT error text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'analytics_refresh_view'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1;
COMMENT ON FUNCTION analytics.refresh_view(pg_catalog.regclass, boolean) IS
'Refreshes a materialized view, concurrently where that can be; records the run, also one that fails';
REVOKE ALL ON FUNCTION analytics.refresh_view(pg_catalog.regclass, boolean) FROM PUBLIC;

CREATE FUNCTION analytics.refresh_views(
    views pg_catalog.regclass[] DEFAULT NULL, concurrently boolean DEFAULT true, OUT view pg_catalog.regclass, OUT method text,
    OUT rows bigint, OUT took interval, OUT error text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'analytics_refresh_views'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION analytics.refresh_views(pg_catalog.regclass[], boolean) IS
'Refreshes materialized views, all of the caller''s for NULL, each after those that it reads';
REVOKE ALL ON FUNCTION analytics.refresh_views(pg_catalog.regclass[], boolean) FROM PUBLIC;

CREATE FUNCTION analytics.add_refresh_policy(name text, schedule text, timezone text DEFAULT NULL) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'analytics_add_refresh_policy'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.add_refresh_policy(text, text, text) IS
'Has a materialized view or a rollup refreshed by a schedule of a time zone; returns its first run';
REVOKE ALL ON FUNCTION analytics.add_refresh_policy(text, text, text) FROM PUBLIC;

CREATE FUNCTION analytics.remove_refresh_policy(name text) RETURNS void
AS 'MODULE_PATHNAME', 'analytics_remove_refresh_policy'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.remove_refresh_policy(text) IS 'Ends a refresh policy';
REVOKE ALL ON FUNCTION analytics.remove_refresh_policy(text) FROM PUBLIC;

CREATE FUNCTION analytics.tick() RETURNS int
AS 'MODULE_PATHNAME', 'analytics_tick'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.tick() IS
'Runs the caller''s refresh policies that are due, and returns how many; to be called each minute';
REVOKE ALL ON FUNCTION analytics.tick() FROM PUBLIC;
