/* Rights on rollups follow those on their sources. */

CREATE FUNCTION analytics.rollup_rights() RETURNS pg_catalog.event_trigger
AS 'MODULE_PATHNAME', 'analytics_rollup_rights'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.rollup_rights() IS
'Event trigger: repeats on rollups what is done to the row-level security of their sources, and to who may read them';
REVOKE ALL ON FUNCTION analytics.rollup_rights() FROM PUBLIC;

CREATE EVENT TRIGGER analytics_rollup_rights ON ddl_command_end
WHEN TAG IN ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'ALTER TABLE', 'GRANT', 'REVOKE')
EXECUTE FUNCTION analytics.rollup_rights();
COMMENT ON EVENT TRIGGER analytics_rollup_rights IS 'Keeps who may read which rows of a rollup the same as of its source';
