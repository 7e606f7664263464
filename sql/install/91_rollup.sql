/* How rollups are. */

CREATE VIEW analytics.rollup_status WITH (security_barrier) AS
SELECT r.name, r.source, r.relation, pg_catalog.pg_get_userbyid(c.relowner) AS owner, r.granularity, r.timezone, r.capture,
    r.metrics,
    ARRAY(SELECT d.dimension FROM analytics.rollup_columns d
        WHERE d.rollup OPERATOR(pg_catalog.=) r.name AND d.dimension IS NOT NULL ORDER BY d.position) AS dimensions,
    n.valid, CASE WHEN n.valid THEN p.covered END AS covered_from, CASE WHEN n.valid THEN p.horizon END AS covered_until,
    n.newer, n.dirty, n.refused, pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) p.refreshed_at AS lag,
    p.refreshed_at, p.took, p.cells, p.rows, pg_catalog.pg_total_relation_size(r.relation) AS bytes, h.failed_at, h.error
FROM analytics.rollups r
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) r.relation
LEFT JOIN analytics.rollup_progress p ON p.rollup OPERATOR(pg_catalog.=) r.name
CROSS JOIN LATERAL analytics.rollup_pending(r.name) n
LEFT JOIN LATERAL (
    SELECT f.started_at AS failed_at, f.error FROM analytics.refresh_history f
    WHERE f.relation OPERATOR(pg_catalog.=) r.relation AND f.error IS NOT NULL
    AND f.started_at OPERATOR(pg_catalog.>) COALESCE(p.refreshed_at, '-infinity')
    ORDER BY f.id DESC LIMIT 1) h ON true
WHERE pg_catalog.pg_has_role(c.relowner, 'USAGE');
COMMENT ON VIEW analytics.rollup_status IS 'The caller''s rollups: how far they are, and what they have yet to take up';
COMMENT ON COLUMN analytics.rollup_status.name IS 'Name of the rollup';
COMMENT ON COLUMN analytics.rollup_status.source IS 'Source of its events';
COMMENT ON COLUMN analytics.rollup_status.relation IS 'Its table';
COMMENT ON COLUMN analytics.rollup_status.owner IS 'Owner of the table, as whom it is refreshed';
COMMENT ON COLUMN analytics.rollup_status.granularity IS 'Width of its buckets';
COMMENT ON COLUMN analytics.rollup_status.timezone IS 'Time zone of its buckets';
COMMENT ON COLUMN analytics.rollup_status.capture IS 'How it learns of new and changed events: xid, trigger or scan';
COMMENT ON COLUMN analytics.rollup_status.metrics IS 'Metrics that it was made for';
COMMENT ON COLUMN analytics.rollup_status.dimensions IS 'Dimensions that it has, by name';
COMMENT ON COLUMN analytics.rollup_status.valid IS 'Its cells count; false before the first refresh, after TRUNCATE and after a restore: the next refresh makes them all';
COMMENT ON COLUMN analytics.rollup_status.covered_from IS 'There are cells from then on; -infinity: of everything';
COMMENT ON COLUMN analytics.rollup_status.covered_until IS 'For scan: there are no cells from then on';
COMMENT ON COLUMN analytics.rollup_status.newer IS 'Events that no cell holds yet; readers add them. NULL for scan';
COMMENT ON COLUMN analytics.rollup_status.dirty IS 'Marked cells, by bucket and tenant, that readers compute from the events';
COMMENT ON COLUMN analytics.rollup_status.refused IS 'Marks of cells that are kept as they are, for their events went with a partition';
COMMENT ON COLUMN analytics.rollup_status.lag IS 'Time since the last refresh began';
COMMENT ON COLUMN analytics.rollup_status.refreshed_at IS 'When the last refresh began';
COMMENT ON COLUMN analytics.rollup_status.took IS 'How long the last refresh took';
COMMENT ON COLUMN analytics.rollup_status.cells IS 'Cells that the last refresh wrote';
COMMENT ON COLUMN analytics.rollup_status.rows IS 'Events that the last refresh read for them';
COMMENT ON COLUMN analytics.rollup_status.bytes IS 'Size of the table with its indexes';
COMMENT ON COLUMN analytics.rollup_status.failed_at IS 'When the last run of a policy failed, if none has succeeded since';
COMMENT ON COLUMN analytics.rollup_status.error IS 'Why it failed';
GRANT SELECT ON TABLE analytics.rollup_status TO PUBLIC;
