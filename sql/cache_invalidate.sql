-- Proves that invalidate_cache ends exactly what a tenant and a metric may be part of, for all combinations and against the
-- rule worked out in plain SQL; and that the cache stays within its size, the oldest leaving first.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS analytics;
SET client_min_messages = notice;
SELECT count(*) AS begun FROM (SELECT analytics.invalidate_cache()) s;

-- asks of several tenants (NULL: any) and metrics (NULL: any); names that begin alike, or look like joined ones
CREATE TABLE ci_asks AS
SELECT row_number() OVER () AS id, t.tenant, m.metrics
FROM (VALUES (NULL), (''), ('1'), ('10'), ('1|m:a'), ('tenant_id:1')) t(tenant),
    (VALUES (NULL::text[]), ('{}'), ('{a}'), ('{ab}'), ('{a,b}'), ('{"a,b"}'), ('{b}')) m(metrics);
CREATE TABLE ci_ends AS
SELECT row_number() OVER () AS id, t.tenant, m.metric
FROM (VALUES (NULL), (''), ('1'), ('10'), ('0'), ('1|m:a')) t(tenant), (VALUES (NULL), ('a'), ('b'), ('a,b'), ('A'), ('')) m(metric);
-- for every end: fill, end, see which are computed again (the query's answer changes each time)
CREATE TABLE ci_clock (n int);
INSERT INTO ci_clock VALUES (0);
CREATE TABLE ci_found (end_id int, ask_id int, ended boolean, counted bigint);
CREATE PROCEDURE ci_try() LANGUAGE plpgsql AS $$
DECLARE e record; a record; c bigint; was text[]; n int := 0;
BEGIN
    FOR e IN SELECT * FROM ci_ends ORDER BY id LOOP
        PERFORM analytics.invalidate_cache();
        COMMIT;
        UPDATE ci_clock SET n = e.id * 2;
        COMMIT;
        FOR a IN SELECT * FROM ci_asks ORDER BY id LOOP
            PERFORM analytics.cached('SELECT n FROM ci_clock', tenant => a.tenant, metrics => a.metrics);
            COMMIT;
        END LOOP;
        UPDATE ci_clock SET n = e.id * 2 + 1;
        COMMIT;
        c := analytics.invalidate_cache(e.tenant, e.metric);
        COMMIT;
        was := '{}';
        FOR a IN SELECT * FROM ci_asks ORDER BY id LOOP
            SELECT was || (x->>'n') INTO was FROM analytics.cached('SELECT n FROM ci_clock', tenant => a.tenant, metrics => a.metrics) x;
            COMMIT;
        END LOOP;
        INSERT INTO ci_found SELECT e.id, i, was[i] = (e.id * 2 + 1)::text, c FROM generate_series(1, cardinality(was)) i;
        COMMIT;
    END LOOP;
END$$;
CALL ci_try();
CREATE VIEW ci_rule AS
SELECT e.id AS end_id, a.id AS ask_id, (e.tenant IS NULL OR a.tenant IS NULL OR e.tenant = a.tenant)
    AND (e.metric IS NULL OR a.metrics IS NULL OR e.metric = ANY (a.metrics)) AS ends
FROM ci_ends e, ci_asks a;
SELECT count(*), count(*) FILTER (WHERE f.ended) AS ended, count(*) FILTER (WHERE f.ended IS DISTINCT FROM r.ends) AS wrong
FROM ci_rule r JOIN ci_found f USING (end_id, ask_id);
SELECT count(*) AS wrong FROM (SELECT end_id, min(counted) AS counted, count(*) FILTER (WHERE ended) AS ended FROM ci_found GROUP BY 1) s
WHERE counted <> ended;
SELECT e.tenant, e.metric, count(*) FILTER (WHERE f.ended) AS ended FROM ci_found f JOIN ci_ends e ON e.id = f.end_id
WHERE coalesce(e.tenant, '1') = '1' AND coalesce(e.metric, 'a') = 'a' GROUP BY 1, 2 ORDER BY 1, 2;

-- the size: a quarter for one, all for all
SELECT analytics.invalidate_cache() > 0 AS some;
SET analytics.cache_size = '1MB';
SELECT count(c) FROM generate_series(1, 30) i, analytics.cached(format('SELECT %s AS i, repeat(''x'', 100000) AS x', i)) c;
SELECT count(*), sum(bytes) <= 1024 * 1024 AS fits, min(substring(query, 8, 2)::int) AS oldest FROM analytics.cache;
SELECT analytics.cached('SELECT 31 AS i') FROM analytics.cached('SELECT 31 AS i');
DO $$BEGIN FOR i IN 1..12 LOOP PERFORM analytics.cached(format('SELECT %s AS i, repeat(''y'', 100000) AS y', i)); END LOOP; END$$;
SELECT count(*), sum(bytes) <= 1024 * 1024 AS fits FROM analytics.cache;
-- too large for one entry: all rows come, nothing of them is kept, and that is known
SELECT count(*), sum((c->>'i')::int) FROM analytics.cached('SELECT i, repeat(''z'', 1000) AS z FROM generate_series(1, 400) i') c;
SELECT rows, answer IS NULL AS too_large FROM analytics.cache WHERE query LIKE '%repeat(''z''%';
SELECT count(*), sum((c->>'i')::int) FROM analytics.cached('SELECT i, repeat(''z'', 1000) AS z FROM generate_series(1, 400) i') c;
RESET analytics.cache_size;
-- what is twice too old leaves with the next that comes
UPDATE analytics.cache SET computed_at = computed_at - interval '1 hour', expires_at = expires_at - interval '1 hour';
SELECT analytics.cached('SELECT 40 AS n');
SELECT query FROM analytics.cache;

-- damaged entries are none
UPDATE analytics.cache SET answer = set_byte(answer, length(answer) - 2, 1 + get_byte(answer, length(answer) - 2));
SELECT analytics.cached('SELECT 40 AS n');
UPDATE analytics.cache SET answer = substr(answer, 1, length(answer) - 4);
SELECT analytics.cached('SELECT 40 AS n');
UPDATE analytics.cache SET form = form || '\x00';
SELECT analytics.cached('SELECT 40 AS n');
UPDATE analytics.cache SET rows = 2;
SELECT analytics.cached('SELECT 40 AS n');
UPDATE analytics.cache SET seen = '1:1:';
SELECT analytics.cached('SELECT 40 AS n');
SELECT count(*), min(rows) FROM analytics.cache;
SELECT analytics.cached('SELECT 40 AS n');
SELECT class, entries, rows, bytes > 100 AS bytes, oldest = newest AS one, hits > 0 AS hits, misses > 0 AS misses, hit_rate BETWEEN 0 AND 1 AS rate
FROM analytics.cache_stats WHERE class = 'series';
DROP PROCEDURE ci_try;
DROP VIEW ci_rule;
DROP TABLE ci_asks, ci_ends, ci_clock, ci_found;
SELECT analytics.invalidate_cache();
