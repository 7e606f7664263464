-- The library that answers is the one that belongs to the installed SQL, and loading it leaves the server's own
-- namespaces alone: everything of the extension is in its schema, which is closed until it is granted.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;

SELECT analytics.version() = extversion AS library_matches_sql
FROM pg_extension
WHERE extname = 'analytics';

-- nothing outside the schema but the schema itself
SELECT count(*) AS strangers
FROM pg_depend d, LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) o
WHERE d.refclassid = 'pg_extension'::regclass
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'analytics')
	AND d.deptype = 'e'
	AND o.schema IS DISTINCT FROM 'analytics'
	AND NOT (o.type = 'schema' AND o.name = 'analytics')
	AND o.type NOT IN ('cast', 'access method', 'language', 'event trigger');

-- the gate: without USAGE no function of ours can be called
CREATE ROLE analytics_stranger;
SELECT has_schema_privilege('analytics_stranger', 'analytics', 'USAGE') AS may_enter;
SET ROLE analytics_stranger;
SELECT analytics.version();
RESET ROLE;
GRANT USAGE ON SCHEMA analytics TO analytics_stranger;
SET ROLE analytics_stranger;
SELECT analytics.version() IS NOT NULL AS answers;
RESET ROLE;
REVOKE USAGE ON SCHEMA analytics FROM analytics_stranger;
DROP ROLE analytics_stranger;

-- settings with our prefix that do not exist are refused
SET analytics.no_such_setting = 1;
