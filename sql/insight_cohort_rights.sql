-- Proves whose a cohort is: who may change and who may read it, that its query means what it meant to its definer and
-- runs with the owner's rights and read only, and how row-level security counts.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
DROP ROLE IF EXISTS regress_coh_ann, regress_coh_bob, regress_coh_team;
SET client_min_messages = notice;
SET timezone = 'UTC';
\set VERBOSITY terse
CREATE ROLE regress_coh_ann;
CREATE ROLE regress_coh_bob;
CREATE ROLE regress_coh_team;
GRANT USAGE ON SCHEMA analytics TO regress_coh_ann, regress_coh_bob, regress_coh_team;
CREATE SCHEMA cor;
GRANT USAGE ON SCHEMA cor TO PUBLIC;
GRANT CREATE ON SCHEMA cor TO regress_coh_ann;
CREATE TABLE cor.people (id int, team text, secret boolean);
INSERT INTO cor.people SELECT i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END, i = 7 FROM generate_series(1, 10) i;
SET search_path = cor;

-- functions that write must be granted; reading needs the gate and SELECT on the members
SET ROLE regress_coh_ann;
SELECT analytics.create_cohort('c', 'SELECT id FROM people');
RESET ROLE;
GRANT EXECUTE ON FUNCTION analytics.create_cohort, analytics.refresh_cohort, analytics.drop_cohort, analytics.add_to_cohort,
    analytics.remove_from_cohort TO regress_coh_ann, regress_coh_bob;
SET ROLE regress_coh_ann;
SELECT analytics.create_cohort('c', 'SELECT id FROM people');
RESET ROLE;
GRANT SELECT ON cor.people TO regress_coh_ann, regress_coh_bob;
SET ROLE regress_coh_bob;
SELECT analytics.create_cohort('c', 'SELECT id FROM people');
SET ROLE regress_coh_ann;
SELECT analytics.create_cohort('c', 'SELECT id FROM people WHERE id > 5');
SELECT analytics.create_cohort('hand');
SELECT analytics.add_to_cohort('hand', '{6,7}');
INSERT INTO analytics.cohorts VALUES ('own', 'cor.people');
UPDATE analytics.cohorts SET query = 'SELECT 1';
DELETE FROM analytics.cohorts;
SET ROLE regress_coh_bob;
SELECT name, kind, owner, members FROM analytics.cohort_status ORDER BY name;
SELECT analytics.refresh_cohort('c');
SELECT analytics.add_to_cohort('hand', '{8}');
SELECT analytics.remove_from_cohort('hand', '{6}');
SELECT analytics.drop_cohort('c');
SELECT analytics.cohort_members('c');
SELECT analytics.in_cohort('c', '6');
SELECT * FROM analytics.cohort_overlap('{c,hand}');
SET ROLE regress_coh_ann;
GRANT SELECT ON cohort_c, cohort_hand TO regress_coh_bob;
SET ROLE regress_coh_bob;
SELECT count(*), bool_and(analytics.in_cohort('c', m)) FROM analytics.cohort_members('c') m;
SELECT a, b, "both" FROM analytics.cohort_overlap('{c,hand}');
SELECT analytics.drop_cohort('c');

-- a member of the owner's role may change it, and it stays the owner's; so does a superuser
RESET ROLE;
GRANT regress_coh_ann TO regress_coh_bob;
SET ROLE regress_coh_bob;
SELECT analytics.add_to_cohort('hand', '{8}');
SELECT members, added, removed FROM analytics.refresh_cohort('c');
RESET ROLE;
REVOKE regress_coh_ann FROM regress_coh_bob;
SELECT members, added, removed FROM analytics.refresh_cohort('c');
SELECT analytics.remove_from_cohort('hand', '{8}');
ALTER TABLE cohort_hand OWNER TO regress_coh_team;
SELECT name, owner FROM analytics.cohort_status ORDER BY name;
SET ROLE regress_coh_ann;
SELECT analytics.add_to_cohort('hand', '{8}');

-- whoever refreshes, the query runs as the owner: what it sees, and what its functions are allowed
CREATE FUNCTION cor.who() RETURNS text LANGUAGE sql STABLE AS 'SELECT current_user::text';
SELECT analytics.create_cohort('runs_as', 'SELECT cor.who() FROM people LIMIT 1');
SELECT analytics.cohort_members('runs_as');
RESET ROLE;
SELECT members, added, removed FROM analytics.refresh_cohort('runs_as');
SELECT analytics.cohort_members('runs_as');
SET ROLE regress_coh_ann;
CREATE TABLE cor.trap (who text);
CREATE FUNCTION cor.sneak() RETURNS int LANGUAGE plpgsql VOLATILE AS $$BEGIN INSERT INTO cor.trap VALUES (current_user); RETURN 1; END$$;
CREATE FUNCTION cor.rise() RETURNS int LANGUAGE plpgsql AS $$BEGIN SET transaction_read_only = off; RETURN 1; END$$;
CREATE FUNCTION cor.reset() RETURNS int LANGUAGE plpgsql AS $$BEGIN RESET ROLE; RETURN 1; END$$;
\set VERBOSITY sqlstate
SELECT analytics.create_cohort('sneaks', 'SELECT cor.sneak()');
SELECT analytics.create_cohort('rises', 'SELECT cor.rise()');
SELECT analytics.create_cohort('resets', 'SELECT cor.reset()');
\set VERBOSITY terse
CREATE FUNCTION cor.on_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO cor.trap VALUES (current_user); RETURN NEW; END$$;
CREATE TRIGGER t BEFORE INSERT ON cohort_c FOR EACH ROW EXECUTE FUNCTION cor.on_change();
RESET ROLE;
INSERT INTO cor.people VALUES (11, 'b', false);
SELECT members, added, removed FROM analytics.refresh_cohort('c');
SELECT * FROM cor.trap;
SHOW transaction_read_only;

-- row-level security of what the query reads: as the owner sees it, also when a superuser refreshes
ALTER TABLE cor.people ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON cor.people FOR SELECT TO regress_coh_ann USING (team = 'b' AND NOT secret);
SELECT members, added, removed FROM analytics.refresh_cohort('c');
SELECT string_agg(m, ' ' ORDER BY m) FROM analytics.cohort_members('c') m;
-- and of the members: as the reader sees it
SET ROLE regress_coh_ann;
ALTER TABLE cohort_c ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON cohort_c FOR SELECT TO regress_coh_bob USING (entity = '9');
SET ROLE regress_coh_bob;
SELECT string_agg(m, ' ' ORDER BY m) FROM analytics.cohort_members('c') m;
SELECT analytics.in_cohort('c', '9'), analytics.in_cohort('c', '11');
SELECT count(*) FILTER (WHERE analytics.in_cohort('c', i::text)) FROM generate_series(1, 1000) i;
RESET ROLE;
SELECT count(*) FILTER (WHERE analytics.in_cohort('c', i::text)) FROM generate_series(1, 1000) i;

-- a policy that looks at a setting is asked anew, also from one call site in one transaction
SET ROLE regress_coh_ann;
ALTER POLICY few ON cohort_c USING (entity = current_setting('cor.tenant'));
SET ROLE regress_coh_bob;
DO $$
DECLARE seen int[] := '{}'; n int;
BEGIN
    FOREACH n IN ARRAY '{9,11,9,4}'::int[] LOOP
        PERFORM set_config('cor.tenant', n::text, true);
        FOR i IN 1..60 LOOP
            IF analytics.in_cohort('c', (i % 12)::text) THEN seen := seen || n * 100 + i % 12; END IF;
        END LOOP;
    END LOOP;
    RAISE NOTICE '%', seen;
END$$;
RESET ROLE;

-- names mean what they meant when the cohort was created
CREATE SCHEMA cor2;
CREATE TABLE cor2.people (id int, team text);
INSERT INTO cor2.people VALUES (1000, 'z');
CREATE FUNCTION cor.pick(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 3';
CREATE FUNCTION cor2.pick(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
SELECT analytics.create_cohort('named', 'SELECT id FROM people WHERE pick(id)');
SET search_path = cor2, cor;
CREATE TEMP TABLE people (id int);
SELECT members, added, removed FROM analytics.refresh_cohort('named');
SELECT query FROM analytics.cohorts WHERE name = 'named';
SELECT analytics.create_cohort('temporary', 'SELECT id FROM people');
DROP TABLE pg_temp.people;
SET search_path = pg_temp, cor;
SELECT analytics.create_cohort('temporary', 'SELECT 1');
SET search_path = '';
SELECT analytics.create_cohort('nowhere', 'SELECT 1');
SET search_path = cor;
SET datestyle = 'German';
SELECT analytics.create_cohort('dated', 'SELECT id FROM people WHERE ''02.03.2026''::date = ''2026-03-02''');
SET datestyle = 'ISO, MDY';
SELECT members, added, removed FROM analytics.refresh_cohort('dated');

-- what the owner's functions set ends with them: neither our statements nor those that follow resolve names by their path
SET SESSION AUTHORIZATION regress_coh_ann;
CREATE FUNCTION cor.spy(text, text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN
    RAISE WARNING 'called by %', current_user;
    RETURN $1 OPERATOR(pg_catalog.=) $2;
END$$;
CREATE OPERATOR cor.= (FUNCTION = cor.spy, LEFTARG = text, RIGHTARG = text);
CREATE FUNCTION cor.set_path() RETURNS int LANGUAGE sql AS $$
    SELECT pg_catalog.length(pg_catalog.set_config('search_path', 'cor, pg_catalog', false) || pg_catalog.set_config('work_mem', '5MB', false))$$;
SELECT analytics.create_cohort('setter', 'SELECT cor.set_path()');
CREATE FUNCTION cor.set_path_too() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM cor.set_path(); RETURN NEW; END$$;
SELECT analytics.create_cohort('trapped');
CREATE TRIGGER set_path BEFORE INSERT OR DELETE ON cohort_trapped FOR EACH ROW EXECUTE FUNCTION cor.set_path_too();
RESET SESSION AUTHORIZATION;
SET work_mem = '4MB';
SET search_path = public;
SELECT members, added, removed FROM analytics.refresh_cohort('setter');
SELECT analytics.add_to_cohort('trapped', '{1}');
SHOW search_path;
SHOW work_mem;
RESET work_mem;
SET search_path = cor;
SELECT analytics.drop_cohort('setter'), analytics.drop_cohort('trapped');
DROP OPERATOR cor.= (text, text);
DROP FUNCTION cor.spy, cor.set_path, cor.set_path_too;

-- an operator that SQL cannot name would be another one later: a text that compares by its length
CREATE TYPE cor.len AS (n text);
CREATE FUNCTION cor.eq(cor.len, cor.len) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS 'SELECT pg_catalog.length(($1).n) OPERATOR(pg_catalog.=) pg_catalog.length(($2).n)';
CREATE OPERATOR cor.= (FUNCTION = cor.eq, LEFTARG = cor.len, RIGHTARG = cor.len);
CREATE TABLE cor.l AS SELECT id, ROW(team)::cor.len AS l FROM people;
CREATE TABLE cor.r AS SELECT id AS other, ROW('x')::cor.len AS l FROM people LIMIT 1;
SELECT analytics.create_cohort('hidden', 'SELECT id FROM l JOIN r USING (l)');
SELECT analytics.create_cohort('hidden', 'SELECT id FROM l WHERE nullif(l, ''(q)'') IS NULL');
SELECT analytics.create_cohort('hidden', 'SELECT id FROM l WHERE l IS NOT DISTINCT FROM ''(q)''');
SELECT analytics.create_cohort('shown', 'SELECT id FROM l JOIN r ON l.l = r.l WHERE l.l IN (SELECT l FROM r) AND l.l = ''(q)''');
SELECT members, added, removed FROM analytics.refresh_cohort('shown');

-- what the query reads is not held: then it says so, and can be dropped
DROP TABLE cor.r;
SELECT analytics.refresh_cohort('shown');
SELECT count(analytics.drop_cohort(name)) FROM analytics.cohorts WHERE name IN ('shown', 'dated', 'named');

-- DROP OWNED takes cohorts along like other things, where it is told to
DROP OWNED BY regress_coh_team;
DROP OWNED BY regress_coh_team CASCADE;
SET client_min_messages = warning;
RESET search_path;
DROP SCHEMA cor, cor2 CASCADE;
DROP OWNED BY regress_coh_ann, regress_coh_bob;
DROP ROLE regress_coh_ann, regress_coh_bob, regress_coh_team;
SELECT count(*) FROM analytics.cohorts;
