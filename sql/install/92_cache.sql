/* Cache: answers of queries, kept for a while. Its tables are written by the library alone. */

CREATE UNLOGGED TABLE analytics.cache (
    key pg_catalog.uuid NOT NULL,
    class text NOT NULL,
    role pg_catalog.oid NOT NULL,
    tenant text,
    metrics text[],
    computed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    took interval NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    seen pg_catalog.pg_snapshot NOT NULL,
    checksum bigint NOT NULL,
    query text NOT NULL,
    form bytea NOT NULL,
    answer bytea
);
CREATE INDEX cache_key ON analytics.cache (key);
ALTER TABLE analytics.cache ALTER COLUMN answer SET STORAGE EXTERNAL;
COMMENT ON INDEX analytics.cache_key IS 'The entries of a key';
COMMENT ON TABLE analytics.cache IS 'Cached answers, each of one role, tenant, query and settings; written by cached() alone';
COMMENT ON COLUMN analytics.cache.key IS 'The first half of the SHA-256 of form';
COMMENT ON COLUMN analytics.cache.class IS 'series, aggregate or report';
COMMENT ON COLUMN analytics.cache.role IS 'Role that it was computed as, and is served to';
COMMENT ON COLUMN analytics.cache.tenant IS 'Tenant whose data it is; NULL: of any';
COMMENT ON COLUMN analytics.cache.metrics IS 'Metrics that it is made of; NULL: of any';
COMMENT ON COLUMN analytics.cache.computed_at IS 'When it was true';
COMMENT ON COLUMN analytics.cache.expires_at IS 'When it is older than the call that computed it asked for; served at most twice as long';
COMMENT ON COLUMN analytics.cache.took IS 'How long the query took';
COMMENT ON COLUMN analytics.cache.rows IS 'Rows of the answer';
COMMENT ON COLUMN analytics.cache.bytes IS 'Bytes of the answer, the form and the query';
COMMENT ON COLUMN analytics.cache.seen IS 'Snapshot that the query saw: invalidations that are not in it end the answer';
COMMENT ON COLUMN analytics.cache.checksum IS 'CRC-32C of form, answer, seen and rows';
COMMENT ON COLUMN analytics.cache.query IS 'The query as it was written';
COMMENT ON COLUMN analytics.cache.form IS 'Who asked what with which settings, in bytes that are compared as a whole';
COMMENT ON COLUMN analytics.cache.answer IS 'The rows, each a jsonb; NULL: too large to be kept, so nobody waits for it';

CREATE UNLOGGED TABLE analytics.cache_invalidations (
    scope pg_catalog.uuid NOT NULL,
    xact pg_catalog.xid8 NOT NULL
);
CREATE INDEX cache_invalidations_scope ON analytics.cache_invalidations (scope, xact);
COMMENT ON INDEX analytics.cache_invalidations_scope IS 'The invalidations that concern an answer';
COMMENT ON TABLE analytics.cache_invalidations IS 'What has been invalidated, until no cached answer is older';
COMMENT ON COLUMN analytics.cache_invalidations.scope IS 'Which tenant and metric, as 128 bits of a SHA-256';
COMMENT ON COLUMN analytics.cache_invalidations.xact IS 'Transaction that invalidated it';

/* Counters: they count whether the transaction commits or not, and begin anew with the cache after a crash. */
CREATE UNLOGGED SEQUENCE analytics.cache_series_hits;
CREATE UNLOGGED SEQUENCE analytics.cache_series_misses;
CREATE UNLOGGED SEQUENCE analytics.cache_aggregate_hits;
CREATE UNLOGGED SEQUENCE analytics.cache_aggregate_misses;
CREATE UNLOGGED SEQUENCE analytics.cache_report_hits;
CREATE UNLOGGED SEQUENCE analytics.cache_report_misses;

CREATE VIEW analytics.cache_stats AS
WITH counters AS (
    SELECT 'series' AS class, CASE WHEN h.is_called THEN h.last_value ELSE 0 END AS hits,
        CASE WHEN m.is_called THEN m.last_value ELSE 0 END AS misses
    FROM analytics.cache_series_hits h CROSS JOIN analytics.cache_series_misses m
    UNION ALL
    SELECT 'aggregate', CASE WHEN h.is_called THEN h.last_value ELSE 0 END,
        CASE WHEN m.is_called THEN m.last_value ELSE 0 END
    FROM analytics.cache_aggregate_hits h CROSS JOIN analytics.cache_aggregate_misses m
    UNION ALL
    SELECT 'report', CASE WHEN h.is_called THEN h.last_value ELSE 0 END,
        CASE WHEN m.is_called THEN m.last_value ELSE 0 END
    FROM analytics.cache_report_hits h CROSS JOIN analytics.cache_report_misses m
)
SELECT n.class, n.hits, n.misses,
    pg_catalog.round(n.hits OPERATOR(pg_catalog./) NULLIF((n.hits OPERATOR(pg_catalog.+) n.misses)::numeric, 0), 4) AS hit_rate,
    pg_catalog.count(c.key) AS entries, coalesce(pg_catalog.sum(c.rows), 0)::bigint AS rows,
    coalesce(pg_catalog.sum(c.bytes), 0)::bigint AS bytes, pg_catalog.min(c.computed_at) AS oldest,
    pg_catalog.max(c.computed_at) AS newest, pg_catalog.sum(c.took) AS took
FROM counters n LEFT JOIN analytics.cache c ON c.class OPERATOR(pg_catalog.=) n.class
GROUP BY n.class, n.hits, n.misses;
COMMENT ON VIEW analytics.cache_stats IS 'The cache by class: what it has answered since it was created or the server crashed, and what is in it';
COMMENT ON COLUMN analytics.cache_stats.class IS 'series, aggregate or report';
COMMENT ON COLUMN analytics.cache_stats.hits IS 'Calls of cached() that were answered from the cache';
COMMENT ON COLUMN analytics.cache_stats.misses IS 'Calls whose answer was computed, though it might have been in the cache';
COMMENT ON COLUMN analytics.cache_stats.hit_rate IS 'Share of hits among both, from 0 to 1; NULL before the first';
COMMENT ON COLUMN analytics.cache_stats.entries IS 'Entries';
COMMENT ON COLUMN analytics.cache_stats.rows IS 'Rows of their answers';
COMMENT ON COLUMN analytics.cache_stats.bytes IS 'Bytes that they take; of all classes together at most analytics.cache_size';
COMMENT ON COLUMN analytics.cache_stats.oldest IS 'When the oldest was computed';
COMMENT ON COLUMN analytics.cache_stats.newest IS 'When the newest was computed';
COMMENT ON COLUMN analytics.cache_stats.took IS 'How long it took to compute them';
GRANT SELECT ON TABLE analytics.cache_stats TO pg_monitor;

CREATE FUNCTION analytics.cached(
    query text, ttl interval DEFAULT NULL, class text DEFAULT 'series', tenant text DEFAULT NULL,
    metrics text[] DEFAULT NULL) RETURNS SETOF jsonb
AS 'MODULE_PATHNAME', 'analytics_cached'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100 COST 10000;
COMMENT ON FUNCTION analytics.cached(text, interval, text, text, text[]) IS
'Rows of a query as jsonb objects, from the cache where an answer to the same role, tenant and settings is young enough';
REVOKE ALL ON FUNCTION analytics.cached(text, interval, text, text, text[]) FROM PUBLIC;

CREATE FUNCTION analytics.invalidate_cache(tenant text DEFAULT NULL, metric text DEFAULT NULL) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_invalidate_cache'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.invalidate_cache(text, text) IS
'Ends the cached answers that a tenant and a metric may be part of (NULL: all), at once here and for others at commit; returns how many there were';
REVOKE ALL ON FUNCTION analytics.invalidate_cache(text, text) FROM PUBLIC;
