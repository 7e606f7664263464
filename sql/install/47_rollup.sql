/* Rollups are created and dropped. */

CREATE FUNCTION analytics.create_rollup(
    name text, source text, granularity interval, metrics text[], dimensions text[] DEFAULT '{}',
    timezone text DEFAULT NULL, keep interval DEFAULT NULL, capture text DEFAULT 'auto',
    tail interval DEFAULT NULL) RETURNS pg_catalog.regclass
AS 'MODULE_PATHNAME', 'analytics_create_rollup'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.create_rollup(text, text, interval, text[], text[], text, interval, text, interval) IS
'Creates a rollup, an empty table of the caller''s that keeps partial states of metrics by tenant, bucket and dimensions; returns it';
REVOKE ALL ON FUNCTION analytics.create_rollup(text, text, interval, text[], text[], text, interval, text, interval) FROM PUBLIC;

CREATE FUNCTION analytics.drop_rollup(name text) RETURNS void
AS 'MODULE_PATHNAME', 'analytics_drop_rollup'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.drop_rollup(text) IS
'Drops a rollup with its table, and with the last one of a source what captures changes there';
REVOKE ALL ON FUNCTION analytics.drop_rollup(text) FROM PUBLIC;

CREATE FUNCTION analytics.rollup_key(value text) RETURNS text
AS 'MODULE_PATHNAME', 'analytics_rollup_key'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.rollup_key(text) IS
'What the unique index of a rollup holds of a text: itself up to 128 bytes, else a digest';
