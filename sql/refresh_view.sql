-- Proves how materialized views are refreshed: concurrently where that can be and plain where not, in the order in which
-- they read each other, with a history that keeps failures too; and that the contents are those of their queries.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
\set VERBOSITY default
CREATE SCHEMA ref;
SET search_path = ref;
CREATE TABLE ev AS SELECT i AS id, i % 10 AS kind, i * 10 AS amount FROM generate_series(1, 1000) i;
CREATE MATERIALIZED VIEW kinds AS SELECT kind, count(*) AS n FROM ev GROUP BY kind WITH NO DATA;

-- the first time plain, whatever indexes there are; then by a unique index over columns and all rows, by nothing less
CREATE INDEX kinds_plain ON kinds (kind);
CREATE UNIQUE INDEX kinds_part ON kinds (kind) WHERE kind > 3;
CREATE UNIQUE INDEX kinds_expression ON kinds ((kind + 1));
SELECT view, method, rows, took >= interval '0' AS took, error FROM analytics.refresh_view('kinds');
SELECT view, method, rows, error FROM analytics.refresh_view('kinds');
CREATE UNIQUE INDEX kinds_key ON kinds (kind);
INSERT INTO ev VALUES (1001, 11, 5);
SELECT view, method, rows, error FROM analytics.refresh_view('kinds');
SELECT n FROM kinds WHERE kind = 11;
SELECT view, method, rows, error FROM analytics.refresh_view('kinds', concurrently => false);
SELECT (SELECT count(*) FROM (TABLE kinds EXCEPT SELECT kind, count(*) FROM ev GROUP BY 1) d) AS different, count(*) FROM kinds;

-- views that read each other, one of them through a plain view; given and found in any order
CREATE MATERIALIZED VIEW total AS SELECT sum(n) AS n FROM kinds;
CREATE VIEW between_them AS SELECT n FROM total;
CREATE MATERIALIZED VIEW "All of it" AS SELECT n + (SELECT max(kind) FROM kinds) AS n FROM between_them;
CREATE MATERIALIZED VIEW aside AS SELECT count(*) AS n FROM ev;
INSERT INTO ev VALUES (1002, 12, 5);
SET client_min_messages = warning;
SELECT view, method, rows, error FROM analytics.refresh_views('{"\"All of it\"",total,total,kinds}');
SELECT * FROM "All of it";
INSERT INTO ev VALUES (1003, 13, 5);
SELECT view, method, error FROM analytics.refresh_views() WHERE view::text !~ '\.';
SELECT (SELECT n FROM "All of it") AS all, (SELECT n FROM aside) AS aside;
SELECT count(*) FROM analytics.refresh_views('{}');
SET client_min_messages = notice;

-- one that fails is told, recorded, and does not keep the next from its turn; what it was stays
CREATE FUNCTION share(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 / $2';
CREATE MATERIALIZED VIEW shares AS SELECT id, ref.share(id, kind) AS share FROM ev WHERE kind > 0;
CREATE UNIQUE INDEX ON shares (id);
ALTER MATERIALIZED VIEW shares RENAME TO "Shares";
CREATE OR REPLACE FUNCTION share(int, int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	IF $1 = 1003 THEN RAISE EXCEPTION 'no more' USING ERRCODE = 'P0099', HINT = 'Go home.'; END IF;
	RETURN $1;
END $$;
SELECT view, method, rows, error FROM analytics.refresh_views('{"\"Shares\"",kinds}');
SELECT count(*) FROM "Shares";
-- duplicates under a unique index are the query's fault, and not hidden by going plain
CREATE MATERIALIZED VIEW twice AS SELECT id % 500 AS id FROM ev WHERE id < 500;
CREATE UNIQUE INDEX ON twice (id);
UPDATE ev SET id = 1 WHERE id IN (2, 3);
SET client_min_messages = error;
SELECT view, method, rows, error FROM analytics.refresh_view('twice');
SET client_min_messages = notice;
SELECT name, kind, method, rows, sqlstate, error FROM analytics.refresh_runs WHERE name ~ '^ref\.' AND error IS NOT NULL ORDER BY id;
SELECT name, count(*), count(error) AS failed, bool_and(started_at <= clock_timestamp() AND took >= interval '0') AS sane
FROM analytics.refresh_runs WHERE name ~ '^ref\.' GROUP BY 1 ORDER BY 1;

-- in a transaction that goes on, and in one that is given up
BEGIN;
SELECT method FROM analytics.refresh_view('kinds');
ROLLBACK;
SELECT count(*) FROM analytics.refresh_runs WHERE name = 'ref.kinds';

-- a function without its schema is not found, in whatever path the session has: the same for everyone, as in PostgreSQL 17
CREATE FUNCTION lone(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN helper($1); END';
CREATE FUNCTION helper(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE MATERIALIZED VIEW pathless AS SELECT lone(1) WITH NO DATA;
SET client_min_messages = error;
SELECT view, method, rows, error FROM analytics.refresh_view('pathless');
SET client_min_messages = notice;

-- the history is kept for days
SHOW analytics.refresh_history_days;
UPDATE analytics.refresh_history SET started_at = started_at - interval '29 days' WHERE name = 'ref.total';
UPDATE analytics.refresh_history SET started_at = started_at - interval '31 days' WHERE name = 'ref.aside';
SELECT method FROM analytics.refresh_view('kinds');
SELECT count(*) FILTER (WHERE name = 'ref.total') AS total, count(*) FILTER (WHERE name = 'ref.aside') AS aside FROM analytics.refresh_runs;

-- what is refused
SELECT * FROM analytics.refresh_view('ev');
SELECT * FROM analytics.refresh_view('kinds_key');
SELECT * FROM analytics.refresh_views('{kinds,ev}');
SELECT * FROM analytics.refresh_views('{kinds,NULL}');
SELECT * FROM analytics.refresh_view(NULL);
SELECT * FROM analytics.refresh_view(0::oid);
BEGIN READ ONLY;
SELECT * FROM analytics.refresh_view('kinds');
ROLLBACK;
-- a cancelled refresh ends the statement
CREATE MATERIALIZED VIEW slow AS SELECT pg_sleep(60) IS NULL AS slept WITH NO DATA;
SET statement_timeout = '100ms';
SET client_min_messages = error;
SELECT * FROM analytics.refresh_view('slow');
RESET statement_timeout;
DROP SCHEMA ref CASCADE;
DELETE FROM analytics.refresh_history;
