/* Who comes back: retention, life cycles, stickiness.  They run with the caller's rights. */

/* Not marked parallel safe: called by the leader, they run parallel plans of their own. */
CREATE FUNCTION analytics.retention_table(
    source text, start_event text, return_event text, start timestamptz, finish timestamptz,
    period text DEFAULT 'day', periods int DEFAULT 8, cohort text DEFAULT 'first_in_range', criterion text DEFAULT 'on',
    clock text DEFAULT 'calendar', min_events int DEFAULT 1, breakdown text DEFAULT NULL, filters jsonb DEFAULT NULL,
    timezone text DEFAULT NULL, tenant text DEFAULT NULL, period_zero text DEFAULT 'started')
RETURNS TABLE (cohort timestamptz, breakdown text, size bigint, period int, retained bigint, rate numeric, complete boolean)
AS 'MODULE_PATHNAME', 'analytics_retention_table'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.retention_table(text, text, text, timestamptz, timestamptz, text, int, text, text, text, int, text, jsonb, text, text, text) IS
'Who of those that started in each hour, day, week or month of [start, finish) came back, period by period';

CREATE FUNCTION analytics.lifecycle(
    source text, start timestamptz, finish timestamptz, period text DEFAULT 'day', event text DEFAULT NULL,
    filters jsonb DEFAULT NULL, timezone text DEFAULT NULL, tenant text DEFAULT NULL)
RETURNS TABLE (period timestamptz, status text, entities bigint, complete boolean)
AS 'MODULE_PATHNAME', 'analytics_lifecycle'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.lifecycle(text, timestamptz, timestamptz, text, text, jsonb, text, text) IS
'Entities of each period that are new, returning, resurrecting, or dormant';

CREATE FUNCTION analytics.stickiness(
    source text, start timestamptz, finish timestamptz, period text DEFAULT 'day', event text DEFAULT NULL,
    criterion text DEFAULT 'exactly', filters jsonb DEFAULT NULL, timezone text DEFAULT NULL, tenant text DEFAULT NULL,
    min_events int DEFAULT 1)
RETURNS TABLE (periods int, entities bigint, rate numeric)
AS 'MODULE_PATHNAME', 'analytics_stickiness'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.stickiness(text, timestamptz, timestamptz, text, text, text, jsonb, text, text, int) IS
'On how many days, weeks or months of [start, finish) entities were active: exactly, at least or at most so many';
