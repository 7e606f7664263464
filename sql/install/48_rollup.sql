/* Rollups brought up to date. */

CREATE FUNCTION analytics.refresh_rollup(
    name text, max_cells int DEFAULT NULL, OUT cells bigint, OUT rows bigint, OUT took interval) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'analytics_refresh_rollup'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1;
COMMENT ON FUNCTION analytics.refresh_rollup(text, int) IS
'Brings a rollup up to date, or about max_cells cells of it, the newest first; returns cells written and events read';
REVOKE ALL ON FUNCTION analytics.refresh_rollup(text, int) FROM PUBLIC;

CREATE FUNCTION analytics.rollup_pending(
    name text, OUT valid boolean, OUT newer bigint, OUT dirty bigint, OUT refused bigint) RETURNS record
AS 'MODULE_PATHNAME', 'analytics_rollup_pending'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION analytics.rollup_pending(text) IS
'What a rollup has yet to take up: newer events, marked buckets, and marks of buckets whose events are gone';
