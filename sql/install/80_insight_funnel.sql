/* Funnels over a source.  They run with the caller's rights, and are called by name: funnel('shop', '["view", "buy"]', start, finish, within => '7 days'). */

/* Not marked parallel safe: called by the leader, they run parallel plans of their own. */
CREATE FUNCTION analytics.funnel(
    source text, steps jsonb, start timestamptz, finish timestamptz, within interval DEFAULT '14 days', entry text DEFAULT 'any',
    scope text DEFAULT 'funnel', ordering text DEFAULT 'ordered', exclude jsonb DEFAULT NULL, hold text[] DEFAULT NULL,
    open_entry boolean DEFAULT false, counting text DEFAULT 'uniques', breakdown text DEFAULT NULL,
    attribution text DEFAULT 'first', preset text DEFAULT NULL, filters jsonb DEFAULT NULL, timezone text DEFAULT NULL,
    tenant text DEFAULT NULL, once boolean DEFAULT false, after_finish boolean DEFAULT true,
    session_gap interval DEFAULT '30 minutes')
RETURNS TABLE (step integer, name text, breakdown text, entities bigint, dropped bigint, rate_first numeric, rate_previous numeric,
    rate_low numeric, rate_high numeric, avg_time interval, median_time interval, p90_time interval, previous_low numeric,
    previous_high numeric)
AS 'MODULE_PATHNAME', 'analytics_funnel'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.funnel(text, jsonb, timestamptz, timestamptz, interval, text, text, text, jsonb, text[], boolean, text, text, text, text, jsonb, text, text, boolean, boolean, interval) IS
'How many entities went through the steps of a funnel, how far, and how long it took them';

CREATE FUNCTION analytics.funnel_trend(
    source text, steps jsonb, start timestamptz, finish timestamptz, within interval DEFAULT '14 days', entry text DEFAULT 'any',
    scope text DEFAULT 'funnel', ordering text DEFAULT 'ordered', exclude jsonb DEFAULT NULL, hold text[] DEFAULT NULL,
    open_entry boolean DEFAULT false, counting text DEFAULT 'uniques', breakdown text DEFAULT NULL,
    attribution text DEFAULT 'first', preset text DEFAULT NULL, filters jsonb DEFAULT NULL, timezone text DEFAULT NULL,
    tenant text DEFAULT NULL, once boolean DEFAULT false, after_finish boolean DEFAULT true,
    session_gap interval DEFAULT '30 minutes', granularity text DEFAULT 'day')
RETURNS TABLE (period timestamptz, breakdown text, entered bigint, converted bigint, rate numeric, rate_low numeric, rate_high numeric,
    median_time interval, complete boolean)
AS 'MODULE_PATHNAME', 'analytics_funnel_trend'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.funnel_trend(text, jsonb, timestamptz, timestamptz, interval, text, text, text, jsonb, text[], boolean, text, text, text, text, jsonb, text, text, boolean, boolean, interval, text) IS
'Conversion of a funnel by the period in which it was entered; complete once every window of the period is over';

CREATE FUNCTION analytics.funnel_time_histogram(
    source text, steps jsonb, start timestamptz, finish timestamptz, within interval DEFAULT '14 days', entry text DEFAULT 'any',
    scope text DEFAULT 'funnel', ordering text DEFAULT 'ordered', exclude jsonb DEFAULT NULL, hold text[] DEFAULT NULL,
    open_entry boolean DEFAULT false, counting text DEFAULT 'uniques', breakdown text DEFAULT NULL,
    attribution text DEFAULT 'first', preset text DEFAULT NULL, filters jsonb DEFAULT NULL, timezone text DEFAULT NULL,
    tenant text DEFAULT NULL, once boolean DEFAULT false, after_finish boolean DEFAULT true,
    session_gap interval DEFAULT '30 minutes', from_step integer DEFAULT 1, to_step integer DEFAULT NULL, bins integer DEFAULT 20)
RETURNS TABLE (bin integer, breakdown text, from_time interval, to_time interval, entities bigint)
AS 'MODULE_PATHNAME', 'analytics_funnel_time_histogram'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.funnel_time_histogram(text, jsonb, timestamptz, timestamptz, interval, text, text, text, jsonb, text[], boolean, text, text, text, text, jsonb, text, text, boolean, boolean, interval, integer, integer, integer) IS
'How long it took from one step of a funnel to another, counted in bins of equal width';

CREATE FUNCTION analytics.funnel_entities(
    source text, steps jsonb, start timestamptz, finish timestamptz, within interval DEFAULT '14 days', entry text DEFAULT 'any',
    scope text DEFAULT 'funnel', ordering text DEFAULT 'ordered', exclude jsonb DEFAULT NULL, hold text[] DEFAULT NULL,
    open_entry boolean DEFAULT false, counting text DEFAULT 'uniques', breakdown text DEFAULT NULL,
    attribution text DEFAULT 'first', preset text DEFAULT NULL, filters jsonb DEFAULT NULL, timezone text DEFAULT NULL,
    tenant text DEFAULT NULL, once boolean DEFAULT false, after_finish boolean DEFAULT true,
    session_gap interval DEFAULT '30 minutes', step integer DEFAULT NULL, outcome text DEFAULT 'converted')
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'analytics_funnel_entities'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.funnel_entities(text, jsonb, timestamptz, timestamptz, interval, text, text, text, jsonb, text[], boolean, text, text, text, text, jsonb, text, text, boolean, boolean, interval, integer, text) IS
'Who reached a step of a funnel (converted), or the step before and not this one (dropped)';

CREATE FUNCTION analytics.describe_funnel(
    source text, steps jsonb, start timestamptz, finish timestamptz, within interval DEFAULT '14 days', entry text DEFAULT 'any',
    scope text DEFAULT 'funnel', ordering text DEFAULT 'ordered', exclude jsonb DEFAULT NULL, hold text[] DEFAULT NULL,
    open_entry boolean DEFAULT false, counting text DEFAULT 'uniques', breakdown text DEFAULT NULL,
    attribution text DEFAULT 'first', preset text DEFAULT NULL, filters jsonb DEFAULT NULL, timezone text DEFAULT NULL,
    tenant text DEFAULT NULL, once boolean DEFAULT false, after_finish boolean DEFAULT true,
    session_gap interval DEFAULT '30 minutes')
RETURNS text
AS 'MODULE_PATHNAME', 'analytics_describe_funnel'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.describe_funnel(text, jsonb, timestamptz, timestamptz, interval, text, text, text, jsonb, text[], boolean, text, text, text, text, jsonb, text, text, boolean, boolean, interval) IS
'Says in words what a funnel with these arguments counts, and shows its statement';
