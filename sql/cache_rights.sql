-- Proves that no answer crosses a role, a tenant or a setting: same query, same text, other rights, policies or settings
-- make another answer; rights that are taken away count at once; and that nobody reads or writes the cache itself.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
DROP ROLE IF EXISTS regress_cache_ann, regress_cache_bob;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
SELECT count(*) > 0 AS begun FROM (SELECT analytics.invalidate_cache()) s;
CREATE ROLE regress_cache_ann;
CREATE ROLE regress_cache_bob;
CREATE SCHEMA car;
GRANT USAGE ON SCHEMA car, analytics TO regress_cache_ann, regress_cache_bob;
CREATE TABLE car.e (id int, tenant text, owner name, at timestamptz);
INSERT INTO car.e VALUES (1, '1', 'regress_cache_ann', '2026-01-01 12:00+00'), (2, '10', 'regress_cache_ann', '2026-01-02 12:00+00'),
    (3, '1', 'regress_cache_bob', '2026-01-03 12:00+00');
ALTER TABLE car.e ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON car.e TO regress_cache_ann, regress_cache_bob;
\set ask 'SELECT * FROM analytics.cached(\'SELECT id FROM car.e ORDER BY id\')'

-- must be granted
SET ROLE regress_cache_ann;
:ask;
SELECT analytics.invalidate_cache();
SELECT * FROM analytics.cache;
SELECT * FROM analytics.cache_invalidations;
SELECT * FROM analytics.cache_stats;
DELETE FROM analytics.cache;
SELECT nextval('analytics.cache_series_hits');
RESET ROLE;
GRANT EXECUTE ON FUNCTION analytics.cached TO regress_cache_ann, regress_cache_bob;

-- policies by role: nothing, then own rows; the superuser sees all
:ask;
SET ROLE regress_cache_ann;
:ask;
RESET ROLE;
CREATE POLICY own ON car.e USING (owner = current_user);
SET ROLE regress_cache_ann;
:ask;
SET ROLE regress_cache_bob;
:ask;
SET ROLE regress_cache_ann;
:ask;
RESET ROLE;
:ask;
-- policies by a setting of the session, kept by name or in another's hands
DROP POLICY own ON car.e;
CREATE POLICY tenant ON car.e USING (tenant = current_setting('app.tenant', true));
SET ROLE regress_cache_ann;
:ask;
SET app.tenant = '1';
:ask;
SET app.tenant = '10';
:ask;
BEGIN;
SET LOCAL app.tenant = '1';
:ask;
COMMIT;
:ask;
RESET app.tenant;
:ask;
-- hidden in a function: the cache does not see it, and need not
RESET ROLE;
CREATE FUNCTION car.mine() RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT sum(id) FROM car.e); END';
SET ROLE regress_cache_ann;
SET app.tenant = '1';
SELECT * FROM analytics.cached('SELECT car.mine()');
SET app.tenant = '10';
SELECT * FROM analytics.cached('SELECT car.mine()');
RESET ROLE;
SELECT * FROM analytics.cached('SELECT car.mine()');
-- SET ROLE and SECURITY DEFINER: current, session and chosen user
CREATE FUNCTION car.as_owner() RETURNS SETOF jsonb LANGUAGE sql SECURITY DEFINER
    AS $$SELECT analytics.cached('SELECT current_user AS c, session_user = current_user AS same')$$;
SELECT * FROM analytics.cached('SELECT current_user = ''regress_cache_ann'' AS ann');
SET ROLE regress_cache_ann;
SELECT * FROM analytics.cached('SELECT current_user = ''regress_cache_ann'' AS ann');
SELECT c->>'c' = current_user AS ann, c->>'same' AS same FROM analytics.cached('SELECT current_user AS c, session_user = current_user AS same') c;
SELECT c->>'c' = current_user AS ann, c->>'same' AS same FROM car.as_owner() c;
RESET ROLE;

-- a stricter policy, a view that is redefined, rights that are taken away
SET ROLE regress_cache_bob;
SET app.tenant = '1';
:ask;
RESET ROLE;
ALTER POLICY tenant ON car.e USING (tenant = current_setting('app.tenant', true) AND id > 1);
CREATE VIEW car.v AS SELECT id FROM car.e WHERE id < 2;
GRANT SELECT ON car.v TO regress_cache_bob;
SET ROLE regress_cache_bob;
:ask;
SELECT * FROM analytics.cached('SELECT count(*) FROM car.v');
RESET ROLE;
CREATE OR REPLACE VIEW car.v AS SELECT id FROM car.e WHERE id < 20;
SET ROLE regress_cache_bob;
SELECT * FROM analytics.cached('SELECT count(*) FROM car.v');
RESET ROLE;
REVOKE SELECT ON car.e, car.v FROM regress_cache_bob;
REVOKE EXECUTE ON FUNCTION car.mine FROM PUBLIC;
SET ROLE regress_cache_bob;
:ask;
SELECT * FROM analytics.cached('SELECT count(*) FROM car.v');
SET ROLE regress_cache_ann;
SELECT * FROM analytics.cached('SELECT car.mine()');
RESET ROLE;

-- settings that change an answer, and the search path
RESET app.tenant;
\set times 'SELECT * FROM analytics.cached(\'SELECT at, at::date AS day, to_char(at, \'\'HH24\'\') AS hour, at::text AS t FROM car.e WHERE id = 1\')'
:times;
SET timezone = 'Asia/Tokyo';
:times;
SET datestyle = German;
:times;
SET timezone = 'UTC';
SET datestyle = ISO;
:times;
SELECT * FROM analytics.cached('SELECT interval ''1 day 2 hours''::text AS i, (1.0::float8 / 3)::text AS f');
SET intervalstyle = iso_8601;
SET extra_float_digits = 0;
SELECT * FROM analytics.cached('SELECT interval ''1 day 2 hours''::text AS i, (1.0::float8 / 3)::text AS f');
RESET intervalstyle;
RESET extra_float_digits;
CREATE SCHEMA car2;
CREATE TABLE car2.e AS SELECT 99 AS id;
SET search_path = car;
SELECT * FROM analytics.cached('SELECT min(id) FROM e');
SET search_path = car2;
SELECT * FROM analytics.cached('SELECT min(id) FROM e');
SET search_path = car;
SELECT * FROM analytics.cached('SELECT min(id) FROM e');
RESET search_path;
-- now as a report has it is a setting like others
SET analytics.now = '2026-01-31 00:00+00';
SELECT * FROM analytics.cached('SELECT current_setting(''analytics.now'') AS now');
SET analytics.now = '2026-02-28 00:00+00';
SELECT * FROM analytics.cached('SELECT current_setting(''analytics.now'') AS now');
RESET analytics.now;

-- every entry has its role, and nobody's came from another's
SELECT role::regrole = 'regress_cache_ann'::regrole AS ann, count(*) > 3 AS some FROM analytics.cache
    WHERE role::regrole IN ('regress_cache_ann', 'regress_cache_bob') GROUP BY 1 ORDER BY 1;
SELECT analytics.invalidate_cache() > 10 AS all_gone;
SET client_min_messages = warning;
DROP SCHEMA car, car2 CASCADE;
DROP OWNED BY regress_cache_ann, regress_cache_bob;
DROP ROLE regress_cache_ann, regress_cache_bob;
