/* Rollups: partial states of metrics, kept by bucket. */

CREATE TABLE analytics.rollups (
    name text PRIMARY KEY,
    relation pg_catalog.regclass NOT NULL UNIQUE,
    source text NOT NULL REFERENCES analytics.sources (name),
    source_relation pg_catalog.regclass NOT NULL,
    granularity interval NOT NULL,
    timezone text NOT NULL,
    metrics text[] NOT NULL,
    capture text NOT NULL CHECK (capture OPERATOR(pg_catalog.=) ANY ('{xid,trigger,scan}')),
    tail interval,
    keep interval,
    at text NOT NULL,
    tenant text,
    CHECK ((capture OPERATOR(pg_catalog.=) 'scan') OPERATOR(pg_catalog.=) (tail IS NOT NULL))
);
CREATE INDEX rollups_source ON analytics.rollups (source);
COMMENT ON INDEX analytics.rollups_source IS 'The rollups of a source';
COMMENT ON TABLE analytics.rollups IS 'Rollups: tables that hold partial states of metrics by bucket, tenant and dimensions';
COMMENT ON COLUMN analytics.rollups.name IS 'Name of the rollup';
COMMENT ON COLUMN analytics.rollups.relation IS 'Its table; whoever owns that owns the rollup';
COMMENT ON COLUMN analytics.rollups.source IS 'Source of its events';
COMMENT ON COLUMN analytics.rollups.source_relation IS 'Relation of the source when the rollup was made';
COMMENT ON COLUMN analytics.rollups.granularity IS 'Width of its buckets';
COMMENT ON COLUMN analytics.rollups.timezone IS 'Time zone of its buckets';
COMMENT ON COLUMN analytics.rollups.metrics IS 'Metrics that it was made for';
COMMENT ON COLUMN analytics.rollups.capture IS 'How it learns of new and changed events: xid, trigger or scan';
COMMENT ON COLUMN analytics.rollups.tail IS 'For scan: events older than that do not change any more';
COMMENT ON COLUMN analytics.rollups.keep IS 'How long its cells are kept; NULL for ever';
COMMENT ON COLUMN analytics.rollups.at IS 'Expression of the source''s time when the rollup was made';
COMMENT ON COLUMN analytics.rollups.tenant IS 'Expression of the source''s tenant when the rollup was made';
SELECT pg_catalog.pg_extension_config_dump('analytics.rollups', '');
GRANT SELECT ON TABLE analytics.rollups TO PUBLIC;

CREATE TABLE analytics.rollup_columns (
    rollup text NOT NULL REFERENCES analytics.rollups (name) ON DELETE CASCADE,
    position int NOT NULL,
    column_name text NOT NULL,
    dimension text,
    kind text,
    expression text,
    filter text,
    PRIMARY KEY (rollup, position),
    CHECK ((dimension IS NULL) OPERATOR(pg_catalog.<>) (kind IS NULL))
);
COMMENT ON TABLE analytics.rollup_columns IS 'Columns of rollups: dimensions and partial states';
COMMENT ON COLUMN analytics.rollup_columns.rollup IS 'Name of the rollup';
COMMENT ON COLUMN analytics.rollup_columns.position IS 'Order of the columns';
COMMENT ON COLUMN analytics.rollup_columns.column_name IS 'Name of the column';
COMMENT ON COLUMN analytics.rollup_columns.dimension IS 'Dimension that it holds, by name; NULL for a state';
COMMENT ON COLUMN analytics.rollup_columns.kind IS 'Kind of partial state that it holds: count, sum, exact_sum, min, max, hll, distinct, quantile; NULL for a dimension';
COMMENT ON COLUMN analytics.rollup_columns.expression IS 'Expression over the source: of the dimension, or of the values in the state; NULL counts events';
COMMENT ON COLUMN analytics.rollup_columns.filter IS 'Condition on the events in the state; NULL for all';
SELECT pg_catalog.pg_extension_config_dump('analytics.rollup_columns', '');
GRANT SELECT ON TABLE analytics.rollup_columns TO PUBLIC;

CREATE TABLE analytics.rollup_progress (
    rollup text PRIMARY KEY REFERENCES analytics.rollups (name) ON DELETE CASCADE,
    identity text NOT NULL,
    seen pg_catalog.pg_snapshot NOT NULL,
    covered timestamptz,
    horizon timestamptz,
    refreshed_at timestamptz,
    took interval,
    cells bigint,
    rows bigint
) WITH (fillfactor = 50);
COMMENT ON TABLE analytics.rollup_progress IS 'How far rollups are: the events that their cells hold';
COMMENT ON COLUMN analytics.rollup_progress.rollup IS 'Name of the rollup';
COMMENT ON COLUMN analytics.rollup_progress.identity IS 'Database and tables that the snapshot is of; elsewhere it means nothing and the rollup is built again';
COMMENT ON COLUMN analytics.rollup_progress.seen IS 'Snapshot whose events the cells hold';
COMMENT ON COLUMN analytics.rollup_progress.covered IS 'First bucket that there are cells of; NULL: none yet';
COMMENT ON COLUMN analytics.rollup_progress.horizon IS 'For capture scan: first bucket that there are no cells of';
COMMENT ON COLUMN analytics.rollup_progress.refreshed_at IS 'When the last refresh began';
COMMENT ON COLUMN analytics.rollup_progress.took IS 'How long the last refresh took';
COMMENT ON COLUMN analytics.rollup_progress.cells IS 'Cells that the last refresh wrote';
COMMENT ON COLUMN analytics.rollup_progress.rows IS 'Events that the last refresh read';
SELECT pg_catalog.pg_extension_config_dump('analytics.rollup_progress', '');
GRANT SELECT (rollup, identity, seen, covered, horizon) ON TABLE analytics.rollup_progress TO PUBLIC;

CREATE TABLE analytics.rollup_marks (
    rollup text NOT NULL,
    tenant text,
    bucket timestamptz NOT NULL
);
CREATE INDEX rollup_marks_rollup ON analytics.rollup_marks (rollup);
COMMENT ON INDEX analytics.rollup_marks_rollup IS 'The marks of a rollup';
COMMENT ON TABLE analytics.rollup_marks IS 'Cells of rollups whose events were changed since the last refresh';
COMMENT ON COLUMN analytics.rollup_marks.rollup IS 'Name of the rollup';
COMMENT ON COLUMN analytics.rollup_marks.tenant IS 'Tenant of the cells, as text; NULL for all';
COMMENT ON COLUMN analytics.rollup_marks.bucket IS 'Bucket of the cells (a wall clock as if in UTC); -infinity for all';
SELECT pg_catalog.pg_extension_config_dump('analytics.rollup_marks', '');

CREATE TABLE analytics.rollup_frozen (
    rollup text NOT NULL REFERENCES analytics.rollups (name) ON DELETE CASCADE,
    start timestamptz NOT NULL,
    finish timestamptz NOT NULL
);
CREATE INDEX rollup_frozen_rollup ON analytics.rollup_frozen (rollup);
COMMENT ON INDEX analytics.rollup_frozen_rollup IS 'The frozen ranges of a rollup';
COMMENT ON TABLE analytics.rollup_frozen IS 'Ranges whose events are gone with a dropped partition, while rollups keep their cells';
COMMENT ON COLUMN analytics.rollup_frozen.rollup IS 'Name of the rollup';
COMMENT ON COLUMN analytics.rollup_frozen.start IS 'First instant of the range (a wall clock as if in UTC)';
COMMENT ON COLUMN analytics.rollup_frozen.finish IS 'First instant after it';
SELECT pg_catalog.pg_extension_config_dump('analytics.rollup_frozen', '');
GRANT SELECT ON TABLE analytics.rollup_frozen TO PUBLIC;

CREATE FUNCTION analytics.rollup_rights() RETURNS pg_catalog.event_trigger
AS 'MODULE_PATHNAME', 'analytics_rollup_rights'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.rollup_rights() IS
'Event trigger: repeats on rollups what is done to the row-level security of their sources, and to who may read them';
REVOKE ALL ON FUNCTION analytics.rollup_rights() FROM PUBLIC;

CREATE EVENT TRIGGER analytics_rollup_rights ON ddl_command_end
WHEN TAG IN ('CREATE POLICY', 'ALTER POLICY', 'DROP POLICY', 'ALTER TABLE', 'GRANT', 'REVOKE')
EXECUTE FUNCTION analytics.rollup_rights();
COMMENT ON EVENT TRIGGER analytics_rollup_rights IS 'Keeps who may read which rows of a rollup the same as of its source';
