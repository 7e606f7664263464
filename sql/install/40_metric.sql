/* Metrics: what a number means. */

CREATE TABLE analytics.metrics (
    name text PRIMARY KEY,
    source text REFERENCES analytics.sources (name),
    kind text NOT NULL,
    expression text,
    filter text,
    formula text,
    dimensions text[] NOT NULL DEFAULT '{}',
    dimension_expressions text[] NOT NULL DEFAULT '{}',
    unit text,
    description text,
    fraction float8,
    CHECK ((kind OPERATOR(pg_catalog.=) 'formula') OPERATOR(pg_catalog.=) (formula IS NOT NULL)),
    CHECK ((source IS NULL) OPERATOR(pg_catalog.=) (formula IS NOT NULL)),
    CHECK ((kind OPERATOR(pg_catalog.=) 'percentile') OPERATOR(pg_catalog.=) (fraction IS NOT NULL)),
    CHECK (fraction OPERATOR(pg_catalog.>=) 0 AND fraction OPERATOR(pg_catalog.<=) 1)
);
CREATE INDEX metrics_source ON analytics.metrics (source);
COMMENT ON INDEX analytics.metrics_source IS 'The metrics of a source';
COMMENT ON TABLE analytics.metrics IS 'Metrics: named numbers over sources, and formulas over metrics';
COMMENT ON COLUMN analytics.metrics.name IS 'Name of the metric';
COMMENT ON COLUMN analytics.metrics.source IS 'Source that it is computed from; NULL for a formula';
COMMENT ON COLUMN analytics.metrics.kind IS 'count, sum, avg, min, max, distinct, distinct_exact, percentile or formula';
COMMENT ON COLUMN analytics.metrics.expression IS 'What is counted, summed, averaged ...';
COMMENT ON COLUMN analytics.metrics.filter IS 'Condition on the events that count';
COMMENT ON COLUMN analytics.metrics.formula IS 'Formula over other metrics, evaluated on the values of each bucket';
COMMENT ON COLUMN analytics.metrics.dimensions IS 'Names by which readers may filter and break down';
COMMENT ON COLUMN analytics.metrics.dimension_expressions IS 'Expression of each dimension, in the same order';
COMMENT ON COLUMN analytics.metrics.unit IS 'Unit of the number, for people';
COMMENT ON COLUMN analytics.metrics.description IS 'What the number means, for people';
COMMENT ON COLUMN analytics.metrics.fraction IS 'Which percentile, from 0 to 1: 0.95 for the 95th; NULL for other kinds';
SELECT pg_catalog.pg_extension_config_dump('analytics.metrics', '');
GRANT SELECT ON TABLE analytics.metrics TO PUBLIC;

CREATE FUNCTION analytics.define_metric(
    name text, source text, kind text, expression text DEFAULT NULL, filter text DEFAULT NULL,
    formula text DEFAULT NULL, dimensions text[] DEFAULT '{}', unit text DEFAULT NULL,
    description text DEFAULT NULL, fraction float8 DEFAULT NULL, replace boolean DEFAULT false) RETURNS void
AS 'MODULE_PATHNAME', 'analytics_define_metric'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.define_metric(text, text, text, text, text, text, text[], text, text, float8, boolean) IS
'Defines a metric over a source (count, sum, avg, min, max, distinct, distinct_exact, percentile), or a formula over metrics';
REVOKE ALL ON FUNCTION analytics.define_metric(text, text, text, text, text, text, text[], text, text, float8, boolean) FROM PUBLIC;

CREATE FUNCTION analytics.drop_metric(name text, cascade boolean DEFAULT false) RETURNS void
AS 'MODULE_PATHNAME', 'analytics_drop_metric'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.drop_metric(text, boolean) IS
'Drops a metric; refused while formulas use it, unless cascade';
REVOKE ALL ON FUNCTION analytics.drop_metric(text, boolean) FROM PUBLIC;
