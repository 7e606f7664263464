/*
 * Schema and rights.  CREATE EXTENSION makes the schema "analytics"; USAGE on it
 * is the gate: nobody but its owner has it until it is granted.
 */
COMMENT ON SCHEMA analytics IS 'Product analytics and reporting inside PostgreSQL';

CREATE FUNCTION analytics.version() RETURNS text
AS 'MODULE_PATHNAME', 'analytics_version'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.version() IS
'Version of the extension''s library; calling it also loads the library, and with it the COPY formats';
