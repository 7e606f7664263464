-- Proves what cached() refuses: arguments out of their limits, statements that are not one plain query, volatile functions,
-- and writes hidden in functions; and that errors are not kept.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SELECT count(*) AS begun FROM (SELECT analytics.invalidate_cache()) s;
-- arguments
SELECT analytics.cached(NULL);
SELECT analytics.cached('SELECT 1', class => NULL);
SELECT analytics.cached('SELECT 1', class => 'serie');
SELECT analytics.cached('SELECT 1', '0');
SELECT analytics.cached('SELECT 1', '-1 day');
SELECT analytics.cached('SELECT 1', '30 days 1 microsecond');
SELECT analytics.cached('SELECT 1', metrics => '{a,NULL}');
SELECT analytics.cached('SELECT 1', metrics => '{{a},{b}}');
SELECT analytics.cached('SELECT 1', metrics => (SELECT array_agg('m' || i) FROM generate_series(1, 65) i));
SELECT analytics.cached('SELECT ' || repeat(' ', 70000) || '1');
-- queries
SELECT analytics.cached('');
SELECT analytics.cached('SELECT 1; SELECT 2');
SELECT analytics.cached('SHOW work_mem');
SELECT analytics.cached('CREATE TABLE ci (a int)');
SELECT analytics.cached('DELETE FROM pg_class');
SELECT analytics.cached('SELECT 1 INTO ci');
SELECT analytics.cached('WITH d AS (DELETE FROM pg_class RETURNING 1) SELECT * FROM d');
SELECT analytics.cached('SELECT * FROM pg_class FOR UPDATE');
SELECT analytics.cached('SELECT random()');
SELECT analytics.cached('SELECT analytics.cached(''SELECT 1'')');
SELECT analytics.cached('SELECT $1');
SELECT analytics.cached('SELECT nosuch FROM pg_class');
SELECT analytics.cached('SELECT 1 +');
SELECT analytics.cached('SELECT 1 / 0');
-- a function that says it only reads and writes
CREATE FUNCTION ci_sneak() RETURNS int LANGUAGE plpgsql STABLE AS $$BEGIN RETURN ci_write(); END$$;
CREATE FUNCTION ci_write() RETURNS int LANGUAGE plpgsql VOLATILE AS $$BEGIN CREATE TABLE ci_written (); RETURN 1; END$$;
\set VERBOSITY terse
SELECT analytics.cached('SELECT ci_sneak()');
\set VERBOSITY default
DROP FUNCTION ci_sneak, ci_write;
BEGIN READ ONLY; SELECT analytics.invalidate_cache(); ROLLBACK;
SELECT query FROM analytics.cache;
SELECT analytics.invalidate_cache();
