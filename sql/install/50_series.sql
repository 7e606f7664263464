/* Readers: time series, single values, comparisons, active users.  They run with the caller's rights. */

/* Not marked parallel safe: called by the leader, they run parallel plans of their own. */
CREATE FUNCTION analytics.time_series(
    metric text, start timestamptz, finish timestamptz, granularity text DEFAULT 'day', timezone text DEFAULT NULL,
    filters jsonb DEFAULT NULL, breakdown text[] DEFAULT NULL, fill text DEFAULT 'zero', tenant text DEFAULT NULL)
RETURNS TABLE (bucket timestamptz, dimensions jsonb, value float8, complete boolean, served_by text)
AS 'MODULE_PATHNAME', 'analytics_time_series'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.time_series(text, timestamptz, timestamptz, text, text, jsonb, text[], text, text) IS
'Values of a metric in every bucket of [start, finish), by dimensions if asked, gaps filled';

CREATE FUNCTION analytics.metric_value(
    metric text, start timestamptz, finish timestamptz, filters jsonb DEFAULT NULL, tenant text DEFAULT NULL,
    timezone text DEFAULT NULL) RETURNS float8
AS 'MODULE_PATHNAME', 'analytics_metric_value'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.metric_value(text, timestamptz, timestamptz, jsonb, text, text) IS
'The one number of a metric for the whole of [start, finish)';

CREATE FUNCTION analytics.compare(
    metric text, start timestamptz, finish timestamptz, against text DEFAULT 'year', align text DEFAULT 'date',
    granularity text DEFAULT NULL, to_date boolean DEFAULT false, timezone text DEFAULT NULL,
    filters jsonb DEFAULT NULL, tenant text DEFAULT NULL)
RETURNS TABLE (bucket timestamptz, previous_bucket timestamptz, current float8, previous float8, change float8,
    change_pct numeric, complete boolean, previous_complete boolean)
AS 'MODULE_PATHNAME', 'analytics_compare'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.compare(text, timestamptz, timestamptz, text, text, text, boolean, text, jsonb, text) IS
'A metric beside an earlier period: year, quarter, month, week, previous, or an interval before';

CREATE FUNCTION analytics.yoy(
    metric text, start timestamptz, finish timestamptz, align text DEFAULT 'date',
    granularity text DEFAULT NULL, to_date boolean DEFAULT false, timezone text DEFAULT NULL,
    filters jsonb DEFAULT NULL, tenant text DEFAULT NULL)
RETURNS TABLE (bucket timestamptz, previous_bucket timestamptz, current float8, previous float8, change float8,
    change_pct numeric, complete boolean, previous_complete boolean)
AS 'MODULE_PATHNAME', 'analytics_yoy'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.yoy(text, timestamptz, timestamptz, text, text, boolean, text, jsonb, text) IS
'A metric beside the year before: compare(..., against => ''year'')';

CREATE FUNCTION analytics.read_rollup(
    name text, start timestamptz, finish timestamptz, metrics text[] DEFAULT NULL, filters jsonb DEFAULT NULL,
    tenant text DEFAULT NULL)
RETURNS TABLE (bucket timestamptz, tenant_id text, dimensions jsonb, metric text, value float8, served_by text)
AS 'MODULE_PATHNAME', 'analytics_read_rollup'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.read_rollup(text, timestamptz, timestamptz, text[], jsonb, text) IS
'The metrics of a rollup by its buckets, tenants and dimensions, as the events are at this moment, refreshed or not';

CREATE FUNCTION analytics.dau(
    source text, start timestamptz, finish timestamptz, dimension text DEFAULT NULL, method text DEFAULT 'approx',
    events text[] DEFAULT NULL, timezone text DEFAULT NULL, tenant text DEFAULT NULL)
RETURNS TABLE (day date, dimension text, users bigint, complete boolean)
AS 'MODULE_PATHNAME', 'analytics_dau'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.dau(text, timestamptz, timestamptz, text, text, text[], text, text) IS
'Daily active users: different entities of each day';

CREATE FUNCTION analytics.wau(
    source text, start timestamptz, finish timestamptz, dimension text DEFAULT NULL, method text DEFAULT 'approx',
    events text[] DEFAULT NULL, timezone text DEFAULT NULL, tenant text DEFAULT NULL)
RETURNS TABLE (day date, dimension text, users bigint, complete boolean)
AS 'MODULE_PATHNAME', 'analytics_wau'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.wau(text, timestamptz, timestamptz, text, text, text[], text, text) IS
'Weekly active users: different entities of the 7 days that end with each day';

CREATE FUNCTION analytics.mau(
    source text, start timestamptz, finish timestamptz, dimension text DEFAULT NULL, method text DEFAULT 'approx',
    events text[] DEFAULT NULL, timezone text DEFAULT NULL, tenant text DEFAULT NULL)
RETURNS TABLE (day date, dimension text, users bigint, complete boolean)
AS 'MODULE_PATHNAME', 'analytics_mau'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.mau(text, timestamptz, timestamptz, text, text, text[], text, text) IS
'Monthly active users: different entities of the 30 days that end with each day';
