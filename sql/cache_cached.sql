-- Proves what cached() returns: the rows of the query as jsonb, from the cache where the same is asked again, whatever its
-- spelling; which asks differ; when an answer is too old; and when the cache is passed by. Ages are set by hand.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SET timezone = 'UTC';
SET datestyle = ISO;
SET extra_float_digits = 1;
CREATE TABLE cc (id int, kind text, at timestamptz, doc jsonb);
INSERT INTO cc SELECT i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END, timestamptz '2026-01-01 00:00+00' + i * interval '1 day', '{"x": [1]}'
    FROM generate_series(1, 6) i;
-- how far the counters have moved since the last look
CREATE TABLE cc_seen AS SELECT sum(hits) AS hits, sum(misses) AS misses FROM analytics.cache_stats;
CREATE FUNCTION cc_moved() RETURNS text LANGUAGE plpgsql AS $$
DECLARE h numeric; m numeric; moved text;
BEGIN
    SELECT sum(s.hits), sum(s.misses) INTO h, m FROM analytics.cache_stats s;
    SELECT format('hits %s, misses %s', h - o.hits, m - o.misses) INTO moved FROM cc_seen o;
    UPDATE cc_seen SET hits = h, misses = m;
    RETURN moved;
END$$;

-- rows as objects, in their order; nothing; no columns; one column that is jsonb; nested values
SELECT * FROM analytics.cached('SELECT kind, count(*) AS n, sum(id) / 2.0 AS half, max(at) AS last FROM cc GROUP BY kind ORDER BY kind DESC');
SELECT * FROM analytics.cached('SELECT id FROM cc WHERE id > 100');
SELECT * FROM analytics.cached('SELECT FROM cc WHERE id < 3');
SELECT * FROM analytics.cached('SELECT doc, array_agg(id ORDER BY id) AS ids, NULL AS nothing FROM cc GROUP BY doc');
SELECT * FROM analytics.cached('VALUES (1, ''x''), (2, NULL)');
SELECT * FROM analytics.cached('SELECT id AS n, kind AS k, at AS "When" FROM cc WHERE id < 3 ORDER BY id DESC');
SELECT * FROM analytics.cached('SELECT c AS row FROM cc c WHERE id = 1');
SELECT * FROM analytics.cached('WITH t AS (SELECT id FROM cc) SELECT count(*) FROM t');
SELECT cc_moved();
-- the same from the cache, though the table has changed
DELETE FROM cc WHERE id = 6;
SELECT * FROM analytics.cached('SELECT kind, count(*) AS n, sum(id) / 2.0 AS half, max(at) AS last FROM cc GROUP BY kind ORDER BY kind DESC');
SELECT * FROM analytics.cached('SELECT id FROM cc WHERE id > 100');
SELECT * FROM analytics.cached('SELECT FROM cc WHERE id < 3');
SELECT * FROM analytics.cached('SELECT doc, array_agg(id ORDER BY id) AS ids, NULL AS nothing FROM cc GROUP BY doc');
SELECT * FROM analytics.cached('VALUES (1, ''x''), (2, NULL)');
SELECT cc_moved();
SELECT count(*), sum((c->>'count')::int) FROM analytics.cached('WITH t AS (SELECT id FROM cc) SELECT count(*) FROM t') c;
SELECT cc_moved();

-- spelling does not matter
SELECT * FROM analytics.cached('select COUNT(*) from cc');
SELECT * FROM analytics.cached(E'SELECT\n  count( * )  -- how many\nFROM public."cc";');
SELECT * FROM analytics.cached('SELECT  count(*) FROM /* all */ public.cc');
SELECT cc_moved();
-- what is asked does: a constant, a name of a column, the metrics, the tenant
SELECT * FROM analytics.cached('SELECT count(*) FROM cc WHERE kind = ''a b''');
SELECT * FROM analytics.cached('SELECT count(*) FROM cc WHERE kind = ''a  b''');
SELECT * FROM analytics.cached('SELECT count(*) FROM cc WHERE kind = '' :location 12''');
SELECT * FROM analytics.cached('SELECT count(*) FROM cc WHERE kind = '' :location 13''');
SELECT * FROM analytics.cached('SELECT count(*) AS n FROM cc');
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', metrics => '{}');
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', metrics => '{a,b}');
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', metrics => '{a}', tenant => 'b');
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', metrics => '{ab}');
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', tenant => '');
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', tenant => '1');
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', tenant => '10');
SELECT cc_moved();
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', metrics => '{b,a,b}');
SELECT cc_moved();
-- the class and the time to live do not: they say how old an answer may be
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', '1 hour', 'report');
SELECT cc_moved();

-- ages: 300 s for series, 900 s for aggregate, 3600 s for report, or what the call or the setting says
SELECT class, expires_at - computed_at AS lives, count(*) FROM analytics.cache WHERE query LIKE '%FROM cc%' GROUP BY 1, 2 ORDER BY 1, 2;
UPDATE analytics.cache SET computed_at = computed_at - interval '299 seconds' WHERE query = 'select COUNT(*) from cc';
SELECT * FROM analytics.cached('SELECT count(*) FROM cc');
SELECT cc_moved();
UPDATE analytics.cache SET computed_at = computed_at - interval '2 seconds' WHERE query = 'select COUNT(*) from cc';
INSERT INTO cc VALUES (7);
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', class => 'aggregate');
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', '6 minutes');
SELECT cc_moved();
SELECT * FROM analytics.cached('SELECT count(*) FROM cc');
SELECT cc_moved();
INSERT INTO cc VALUES (8);
UPDATE analytics.cache SET computed_at = computed_at - interval '2 hours' WHERE query = 'SELECT count(*) FROM cc';
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', '1 day');
SET analytics.cache_ttl_series = '3h';
SELECT * FROM analytics.cached('SELECT count(*) FROM cc');
RESET analytics.cache_ttl_series;
SELECT cc_moved();
SELECT * FROM analytics.cached('SELECT count(*) FROM cc', class => 'report');
SELECT cc_moved();
-- one from the future is none
UPDATE analytics.cache SET computed_at = computed_at + interval '1 year' WHERE query = 'SELECT count(*) FROM cc';
SELECT * FROM analytics.cached('SELECT count(*) FROM cc');
SELECT * FROM analytics.cached('SELECT count(*) FROM cc');
SELECT cc_moved();

-- passed by: own changes, one snapshot for all, read only, temporary tables, one's own connection, no room
BEGIN; INSERT INTO cc VALUES (9); SELECT * FROM analytics.cached('SELECT count(*) FROM cc'); ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM analytics.cached('SELECT count(*) FROM cc'); COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT * FROM analytics.cached('SELECT count(*) FROM cc'); COMMIT;
BEGIN READ ONLY; SELECT * FROM analytics.cached('SELECT count(*) FROM cc'); COMMIT;
CREATE TEMP TABLE cc_temp AS SELECT 1 AS one;
SELECT * FROM analytics.cached('SELECT * FROM cc_temp');
SELECT * FROM analytics.cached('SELECT pg_backend_pid() > 0 AS me');
SET analytics.cache_size = 0;
SELECT * FROM analytics.cached('SELECT count(*) FROM cc');
RESET analytics.cache_size;
SELECT cc_moved();
-- two in one statement, in a function, and in a transaction
SELECT (SELECT c->>'n' FROM analytics.cached('SELECT 11 AS n') c), (SELECT c->>'n' FROM analytics.cached('SELECT 11 AS n') c),
    (SELECT c->>'n' FROM analytics.cached('SELECT 12 AS n') c);
DO $$BEGIN PERFORM analytics.cached('SELECT 13 AS n'); PERFORM analytics.cached('SELECT 13 AS n'); END$$;
BEGIN; SELECT analytics.cached('SELECT 14 AS n'); SAVEPOINT s; SELECT analytics.cached('SELECT 14 AS n'); ROLLBACK TO s;
SELECT analytics.cached('SELECT 14 AS n'); COMMIT;
SELECT analytics.cached('SELECT 14 AS n');
SELECT cc_moved();
DROP TABLE cc_temp;
DROP FUNCTION cc_moved;
DROP TABLE cc, cc_seen;
SELECT analytics.invalidate_cache() > 0;
SELECT count(*) FROM analytics.cache;
