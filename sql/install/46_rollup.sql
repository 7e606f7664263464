/* Rollups learn of new and changed events. */

CREATE TABLE analytics.rollup_tables (
    source pg_catalog.regclass NOT NULL,
    relation pg_catalog.regclass PRIMARY KEY,
    start timestamptz,
    finish timestamptz,
    whole boolean NOT NULL,
    added boolean NOT NULL DEFAULT false
);
CREATE INDEX rollup_tables_source ON analytics.rollup_tables (source);
COMMENT ON INDEX analytics.rollup_tables_source IS 'The captured tables of a source''s table';
COMMENT ON TABLE analytics.rollup_tables IS 'Tables whose changes rollups learn of: those of sources, and their partitions';
COMMENT ON COLUMN analytics.rollup_tables.source IS 'Table of a source';
COMMENT ON COLUMN analytics.rollup_tables.relation IS 'The table itself or one of its partitions';
COMMENT ON COLUMN analytics.rollup_tables.start IS 'First instant that rows of a partition can have (a wall clock as if in UTC); NULL: not known';
COMMENT ON COLUMN analytics.rollup_tables.finish IS 'First instant after it';
COMMENT ON COLUMN analytics.rollup_tables.whole IS 'Whether all rows of that range are in the partition';
COMMENT ON COLUMN analytics.rollup_tables.added IS 'Whether its column "_x" was added with the first rollup, and goes with the last';
SELECT pg_catalog.pg_extension_config_dump('analytics.rollup_tables', '');
GRANT SELECT ON TABLE analytics.rollup_tables TO PUBLIC;

CREATE FUNCTION analytics.rollup_mark() RETURNS pg_catalog.trigger
AS 'MODULE_PATHNAME', 'analytics_rollup_mark'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.rollup_mark() IS
'Trigger of a captured table: marks the cells of rollups that changed rows belong to';

CREATE FUNCTION analytics.rollup_marks_forget() RETURNS pg_catalog.trigger
AS 'MODULE_PATHNAME', 'analytics_rollup_marks_forget'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.rollup_marks_forget() IS
'Trigger of the table of marks: what was deleted has to be written again, also by a transaction that wrote it before';
REVOKE ALL ON FUNCTION analytics.rollup_marks_forget() FROM PUBLIC;

CREATE TRIGGER rollup_marks_forget AFTER DELETE OR TRUNCATE ON analytics.rollup_marks
FOR EACH STATEMENT EXECUTE FUNCTION analytics.rollup_marks_forget();
ALTER TABLE analytics.rollup_marks ENABLE ALWAYS TRIGGER rollup_marks_forget;
COMMENT ON TRIGGER rollup_marks_forget ON analytics.rollup_marks IS 'A session that deletes marks writes them anew';

CREATE FUNCTION analytics.rollup_ddl() RETURNS pg_catalog.event_trigger
AS 'MODULE_PATHNAME', 'analytics_rollup_ddl'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.rollup_ddl() IS
'Event trigger: follows the partitions of captured tables, and what changes rows without their triggers';
REVOKE ALL ON FUNCTION analytics.rollup_ddl() FROM PUBLIC;

CREATE EVENT TRIGGER analytics_rollup_tables ON ddl_command_end
WHEN TAG IN ('CREATE TABLE', 'CREATE FOREIGN TABLE', 'CREATE SCHEMA', 'ALTER TABLE')
EXECUTE FUNCTION analytics.rollup_ddl();
COMMENT ON EVENT TRIGGER analytics_rollup_tables IS 'Gives new partitions of captured tables their triggers, and freezes the time of those that are detached';
