-- Proves what a rollup takes over of its source: who may read it, policies that read the tenant alone, and whether they count for
-- owners; that it follows when these change; and who is answered from it, then and where policies differ.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
DROP ROLE IF EXISTS regress_rol_owner, regress_rol_a, regress_rol_b, regress_rol_team;
SET timezone = 'UTC';
SET datestyle = ISO;
\set VERBOSITY terse
CREATE ROLE regress_rol_owner;
CREATE ROLE regress_rol_a;
CREATE ROLE regress_rol_b;
CREATE ROLE regress_rol_team;
CREATE SCHEMA ror AUTHORIZATION regress_rol_owner;
GRANT USAGE ON SCHEMA ror, analytics TO PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA analytics TO regress_rol_owner;
GRANT INSERT, UPDATE, DELETE ON analytics.sources, analytics.metrics TO regress_rol_owner;

SET ROLE regress_rol_owner;
SET search_path = ror;
CREATE TABLE e (at timestamptz, u int, "Tenant" varchar(40), amount int);
INSERT INTO e SELECT timestamptz '2026-01-01' + i * interval '10 minutes', i % 5, (ARRAY['regress_rol_a', 'regress_rol_b'])[i % 2 + 1], i FROM generate_series(0, 143) i;
CREATE TABLE members (who text, tenant text);
CREATE FUNCTION tenant() RETURNS text LANGUAGE sql STABLE AS $$SELECT current_user::text$$;
CREATE FUNCTION any_tenant() RETURNS text LANGUAGE sql VOLATILE AS $$SELECT current_user::text$$;
GRANT SELECT ON e TO regress_rol_a, PUBLIC;
GRANT SELECT ON e TO regress_rol_team WITH GRANT OPTION;
GRANT SELECT (at, u) ON e TO regress_rol_b;
GRANT INSERT ON e TO regress_rol_b;
GRANT SELECT ON members TO regress_rol_team;
ALTER TABLE e ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON e FOR SELECT TO regress_rol_a, regress_rol_b USING ("Tenant" = current_user);
CREATE POLICY all_commands ON e TO regress_rol_team USING ("Tenant" = ANY (string_to_array(current_setting('ror.tenants', true), ','))) WITH CHECK (amount > 3);
CREATE POLICY wrapped ON e FOR SELECT TO regress_rol_team USING ("Tenant" = (SELECT current_setting('ror.tenant', true)) AND ror.tenant() IS NOT NULL);
CREATE POLICY nothing ON e FOR SELECT TO regress_rol_team USING (false);
CREATE POLICY less ON e AS RESTRICTIVE FOR SELECT USING ("Tenant" <> 'regress_rol_c');
CREATE POLICY insert_only ON e FOR INSERT WITH CHECK (true);
CREATE POLICY by_amount ON e FOR SELECT TO regress_rol_team USING (amount < 10);
CREATE POLICY by_table ON e FOR SELECT TO regress_rol_team USING ("Tenant" IN (SELECT m.tenant FROM members m WHERE m.who = current_user));
CREATE POLICY by_volatile ON e FOR SELECT TO regress_rol_team USING ("Tenant" = any_tenant());
CREATE POLICY by_row ON e FOR SELECT TO regress_rol_team USING (e IS NOT NULL);
CREATE POLICY less_by_amount ON e AS RESTRICTIVE FOR SELECT TO regress_rol_team USING (amount < 10);
SELECT analytics.add_source('e', 'e', 'at', 'u', tenant => '"Tenant"');
SELECT analytics.define_metric('e.sum', 'e', 'sum', 'amount');
SELECT analytics.create_rollup('e_hourly', 'e', '1 hour', '{e.sum}', capture => 'trigger');
SELECT cells, rows FROM analytics.refresh_rollup('e_hourly');
SET client_min_messages = notice;

CREATE VIEW policies AS SELECT policyname, permissive, roles, cmd, qual, with_check FROM pg_policies WHERE schemaname = 'ror' AND tablename = 'e_hourly' ORDER BY policyname;
CREATE VIEW flags AS SELECT relrowsecurity AS on, relforcerowsecurity AS forced FROM pg_class WHERE oid = 'ror.e_hourly'::regclass;
CREATE VIEW grants AS SELECT grantee, string_agg(privilege_type || CASE is_grantable WHEN 'YES' THEN '*' ELSE '' END, ' ' ORDER BY privilege_type) AS rights
    FROM information_schema.table_privileges WHERE table_schema = 'ror' AND table_name = 'e_hourly' AND grantee <> 'regress_rol_owner' GROUP BY 1 ORDER BY 1;
CREATE VIEW served AS SELECT current_user, sum(value), min(served_by) AS served_by FROM analytics.time_series('e.sum', '2026-01-01', '2026-01-02');
GRANT SELECT ON served TO PUBLIC;
SELECT * FROM policies;
TABLE flags;
TABLE grants;

-- who is answered from it
SELECT * FROM served;
SET ROLE regress_rol_a;
SELECT * FROM analytics.time_series('e.sum', '2026-01-01', '2026-01-02');
SELECT count(*), min(tenant), max(tenant) FROM e_hourly;
SET ROLE regress_rol_team;
SET ror.tenant = 'regress_rol_b';
SELECT value, served_by FROM analytics.time_series('e.sum', '2026-01-01', '2026-01-02');
SELECT count(*) FROM e_hourly;
SET ROLE regress_rol_a;
SET row_security = off;
SELECT value FROM analytics.time_series('e.sum', '2026-01-01', '2026-01-02');
RESET row_security;

-- what changes on the source changes on the rollup, at once and with the transaction
SET ROLE regress_rol_owner;
BEGIN;
DROP POLICY less_by_amount ON e;
DROP POLICY by_amount ON e;
DROP POLICY by_table ON e;
DROP POLICY by_volatile ON ror.e;
DROP POLICY by_row ON e;
ALTER POLICY own ON e TO regress_rol_a USING ("Tenant" = 'regress_rol_b');
ALTER POLICY nothing ON e RENAME TO "No One";
CREATE POLICY new ON e AS RESTRICTIVE FOR SELECT USING ("Tenant" IS DISTINCT FROM 'x');
ALTER TABLE e FORCE ROW LEVEL SECURITY;
SELECT policyname, permissive, roles, qual FROM policies;
TABLE flags;
SET LOCAL ROLE regress_rol_team;
SELECT value, served_by FROM analytics.time_series('e.sum', '2026-01-01', '2026-01-02');
SET LOCAL ROLE regress_rol_a;
SELECT value, served_by FROM analytics.time_series('e.sum', '2026-01-01', '2026-01-02');
ROLLBACK;
SELECT count(*) FROM policies;
BEGIN;
ALTER TABLE e DISABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SELECT count(*) FROM policies;
TABLE flags;
ALTER TABLE e ENABLE ROW LEVEL SECURITY;
SELECT count(*) FROM policies;
TABLE flags;
ROLLBACK;
BEGIN;
REVOKE SELECT ON e FROM regress_rol_a, PUBLIC;
GRANT ALL ON e TO regress_rol_b;
TABLE grants;
REVOKE ALL ON ALL TABLES IN SCHEMA ror FROM regress_rol_team, regress_rol_b;
TABLE grants;
ROLLBACK;
-- of a rollup that is somebody else's, with a warning where he cannot
BEGIN;
RESET ROLE;
GRANT CREATE ON SCHEMA ror TO regress_rol_b;
ALTER TABLE e_hourly OWNER TO regress_rol_b;
SET LOCAL ROLE regress_rol_owner;
DROP POLICY less ON e;
SELECT count(*) FROM policies WHERE policyname = 'less';
RESET ROLE;
REVOKE USAGE ON SCHEMA ror FROM PUBLIC;
SET LOCAL ROLE regress_rol_owner;
DROP POLICY own ON e;
SELECT count(*) FROM policies WHERE policyname = 'own';
ROLLBACK;

-- a comparison that does not name its operator is closed, for it reads another one
BEGIN;
CREATE FUNCTION same(varchar, varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR ror.= (FUNCTION = same, LEFTARG = varchar, RIGHTARG = varchar);
SET LOCAL search_path = ror, pg_catalog;
CREATE POLICY hidden ON e FOR SELECT TO regress_rol_a USING ("Tenant" IS NOT DISTINCT FROM 'x'::varchar);
SELECT qual FROM ror.policies WHERE policyname = 'hidden';
SET LOCAL ROLE regress_rol_a;
SELECT value, served_by FROM analytics.time_series('e.sum', '2026-01-01', '2026-01-02');
ROLLBACK;

-- a view: its rollup is for its owner, and not where row-level security is below
CREATE VIEW v AS SELECT * FROM e WHERE amount > 5;
CREATE VIEW invoked WITH (security_invoker) AS SELECT * FROM e WHERE amount > 5;
GRANT SELECT ON v, invoked TO PUBLIC;
SET client_min_messages = warning;
SELECT analytics.add_source('v', 'v', 'at', 'u'), analytics.define_metric('v.sum', 'v', 'sum', 'amount');
SELECT analytics.create_rollup('v_hourly', 'v', '1 hour', '{v.sum}', tail => '1 hour');
SELECT cells, rows FROM analytics.refresh_rollup('v_hourly');
SELECT relacl FROM pg_class WHERE relname = 'v_hourly';
SELECT value, served_by FROM analytics.time_series('v.sum', '2026-01-01', '2026-01-02');
GRANT SELECT ON v_hourly TO PUBLIC;
SET ROLE regress_rol_a;
SELECT value, served_by FROM analytics.time_series('v.sum', '2026-01-01', '2026-01-02');
SET ROLE regress_rol_owner;
BEGIN;
ALTER TABLE e FORCE ROW LEVEL SECURITY;
SELECT value, served_by FROM analytics.time_series('v.sum', '2026-01-01', '2026-01-02');
SELECT analytics.create_rollup('v_daily', 'v', '1 day', '{v.sum}', tail => '1 hour');
ROLLBACK;
SET ROLE regress_rol_a;
SELECT analytics.refresh_rollup('v_hourly');
SELECT analytics.drop_rollup('v_hourly');
SELECT analytics.rollup_pending('e_hourly');
SELECT name FROM analytics.rollup_status;


-- what a user wrote never runs as the catalog's owner: whoever writes, and whoever changes what is captured
RESET ROLE;
REVOKE USAGE ON SCHEMA analytics FROM PUBLIC;
GRANT USAGE ON SCHEMA analytics TO regress_rol_owner;
SET ROLE regress_rol_owner;
CREATE TABLE seen (who text);
GRANT INSERT ON seen TO PUBLIC;
CREATE FUNCTION spy() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN INSERT INTO ror.seen VALUES (current_user); RETURN true; END$$;
CREATE DOMAIN spied AS text CHECK (ror.spy());
CREATE TYPE holder AS (f spied);
CREATE FUNCTION suffix(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    $$BEGIN RETURN $1 || CASE current_setting('search_path') WHEN 'pg_catalog, pg_temp' THEN '!' ELSE '?' END; END$$;
CREATE TABLE p (at timestamptz, u int, tenant text) PARTITION BY RANGE (at);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-01-02');
INSERT INTO p SELECT timestamptz '2026-01-01' + i * interval '10 minutes', i % 5, 't' || i % 2 FROM generate_series(0, 143) i;
ALTER TABLE p ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON p USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON p TO regress_rol_a;
SELECT analytics.add_source('p', 'p', 'at', 'u', tenant => 'ror.suffix(tenant || ((''(x)''::ror.holder).f))');
SELECT analytics.define_metric('p.count', 'p', 'count');
SELECT analytics.create_rollup('p_hourly', 'p', '1 hour', '{p.count}');
SELECT cells, rows FROM analytics.refresh_rollup('p_hourly');
SELECT DISTINCT who FROM seen;
-- a writer without any right on analytics, whose own path leads elsewhere
SET ROLE regress_rol_a;
SET search_path = pg_temp;
INSERT INTO ror.p VALUES ('2026-01-01 03:33', 1, 't7'), ('2026-01-01 04:33', 1, 't1');
UPDATE ror.p SET u = 9 WHERE at = '2026-01-01 05:00';
DELETE FROM ror.p WHERE at = '2026-01-01 06:00';
SELECT analytics.rollup_pending('p_hourly');
RESET ROLE;
SET search_path = ror;
SELECT tenant, bucket FROM analytics.rollup_marks WHERE rollup = 'p_hourly' ORDER BY bucket;
SET ROLE regress_rol_owner;
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-01-02') TO ('2026-01-03');
CREATE TABLE p3 (LIKE p);
INSERT INTO p3 VALUES ('2026-01-03 01:00', 1, 't1');
ALTER TABLE p ATTACH PARTITION p3 FOR VALUES FROM ('2026-01-03') TO ('2026-01-04');
ALTER POLICY own ON p USING (u > 0);
GRANT SELECT ON p TO regress_rol_b;
ALTER TABLE p DETACH PARTITION p1;
DROP TABLE p2;
SELECT DISTINCT who FROM seen ORDER BY who;
-- nor as a superuser who looks at rollups or refreshes them
RESET ROLE;
SELECT count(*) FROM analytics.rollup_status WHERE name = 'p_hourly';
SELECT cells FROM analytics.refresh_rollup('p_hourly');
SELECT DISTINCT who FROM seen ORDER BY who;
-- whoever calls the trigger's function on a table of his own marks nothing of others
SET ROLE regress_rol_a;
CREATE TEMP TABLE mine (at timestamptz, u int, tenant text);
CREATE TRIGGER t AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION analytics.rollup_mark();
RESET ROLE;
GRANT USAGE ON SCHEMA analytics TO PUBLIC;
SET ROLE regress_rol_a;
CREATE TRIGGER t AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION analytics.rollup_mark();
CREATE TRIGGER t2 AFTER TRUNCATE ON mine EXECUTE FUNCTION analytics.rollup_mark('watch');
SET client_min_messages = error;
CREATE TRIGGER t3 BEFORE DELETE ON mine FOR EACH ROW EXECUTE FUNCTION analytics.rollup_mark();
INSERT INTO mine VALUES ('2026-01-01', 1, 't1');
DELETE FROM mine;
TRUNCATE mine;
CREATE TRIGGER t AFTER INSERT ON ror.p FOR EACH ROW EXECUTE FUNCTION analytics.rollup_mark();
DROP TABLE mine;
SET client_min_messages = warning;
RESET ROLE;
SELECT count(*) FROM analytics.rollup_marks WHERE bucket = '-infinity' AND rollup <> 'p_hourly';

RESET ROLE;
RESET search_path;
REVOKE USAGE ON SCHEMA analytics FROM PUBLIC;
DROP SCHEMA ror CASCADE;
DROP OWNED BY regress_rol_owner, regress_rol_a, regress_rol_b, regress_rol_team;
DROP ROLE regress_rol_owner, regress_rol_a, regress_rol_b, regress_rol_team;
SELECT count(*) FROM analytics.rollups;
