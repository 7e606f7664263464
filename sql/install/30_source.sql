/* Sources: where the events are. */

CREATE TABLE analytics.sources (
    name text PRIMARY KEY,
    relation pg_catalog.regclass NOT NULL,
    at text NOT NULL,
    entity text NOT NULL,
    event text,
    tenant text,
    session text,
    properties text,
    event_id text,
    timezone text
);
COMMENT ON TABLE analytics.sources IS 'Sources: relations that hold events, and what their columns mean';
COMMENT ON COLUMN analytics.sources.name IS 'Name of the source';
COMMENT ON COLUMN analytics.sources.relation IS 'Table, partitioned table, view, materialized view or foreign table with one row an event';
COMMENT ON COLUMN analytics.sources.at IS 'Expression: when the event happened (timestamptz, timestamp or date)';
COMMENT ON COLUMN analytics.sources.entity IS 'Expression: who did it, the user that is counted';
COMMENT ON COLUMN analytics.sources.event IS 'Expression: name of the event, or NULL';
COMMENT ON COLUMN analytics.sources.tenant IS 'Expression: tenant that the event belongs to, or NULL';
COMMENT ON COLUMN analytics.sources.session IS 'Expression: session of the event, or NULL';
COMMENT ON COLUMN analytics.sources.properties IS 'Expression: further properties as jsonb, or NULL';
COMMENT ON COLUMN analytics.sources.event_id IS 'Expression: unique id of the event, or NULL';
COMMENT ON COLUMN analytics.sources.timezone IS 'Time zone of its civil days, or NULL for analytics.timezone, then TimeZone';
SELECT pg_catalog.pg_extension_config_dump('analytics.sources', '');
GRANT SELECT ON TABLE analytics.sources TO PUBLIC;

CREATE FUNCTION analytics.add_source(
    name text, relation pg_catalog.regclass, at text, entity text, event text DEFAULT NULL,
    tenant text DEFAULT NULL, session text DEFAULT NULL, properties text DEFAULT NULL,
    event_id text DEFAULT NULL, timezone text DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'analytics_add_source'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.add_source(text, pg_catalog.regclass, text, text, text, text, text, text, text, text) IS
'Registers a relation as a source of events; each role is a column or one scalar expression over the relation';
REVOKE ALL ON FUNCTION analytics.add_source(text, pg_catalog.regclass, text, text, text, text, text, text, text, text) FROM PUBLIC;

CREATE FUNCTION analytics.alter_source(
    name text, relation pg_catalog.regclass DEFAULT NULL, at text DEFAULT NULL, entity text DEFAULT NULL,
    event text DEFAULT NULL, tenant text DEFAULT NULL, session text DEFAULT NULL, properties text DEFAULT NULL,
    event_id text DEFAULT NULL, timezone text DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'analytics_alter_source'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.alter_source(text, pg_catalog.regclass, text, text, text, text, text, text, text, text) IS
'Changes what is given of a source; NULL keeps, an empty text removes an optional role';
REVOKE ALL ON FUNCTION analytics.alter_source(text, pg_catalog.regclass, text, text, text, text, text, text, text, text) FROM PUBLIC;

CREATE FUNCTION analytics.drop_source(name text, cascade boolean DEFAULT false) RETURNS void
AS 'MODULE_PATHNAME', 'analytics_drop_source'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.drop_source(text, boolean) IS
'Drops a source; refused while metrics use it, unless cascade';
REVOKE ALL ON FUNCTION analytics.drop_source(text, boolean) FROM PUBLIC;

CREATE FUNCTION analytics.check_source(
    name text, OUT finding text, OUT severity text, OUT events bigint, OUT hint text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'analytics_check_source'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.check_source(text) IS
'Looks through the events of a source for what spoils answers: future times, missing entities, duplicates, no index';

CREATE FUNCTION analytics.source_ddl() RETURNS pg_catalog.event_trigger
AS 'MODULE_PATHNAME', 'analytics_source_ddl'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.source_ddl() IS
'Event trigger: keeps sources true to their relations when these are dropped or renamed';
REVOKE ALL ON FUNCTION analytics.source_ddl() FROM PUBLIC;

CREATE EVENT TRIGGER analytics_source_drop ON sql_drop
EXECUTE FUNCTION analytics.source_ddl();
COMMENT ON EVENT TRIGGER analytics_source_drop IS 'Refuses or cascades the drop of a relation or column that a source reads';

CREATE EVENT TRIGGER analytics_source_rename ON ddl_command_end
WHEN TAG IN ('ALTER TABLE', 'ALTER VIEW', 'ALTER MATERIALIZED VIEW', 'ALTER FOREIGN TABLE')
EXECUTE FUNCTION analytics.source_ddl();
COMMENT ON EVENT TRIGGER analytics_source_rename IS 'Follows a renamed column in the expressions that read it';
