/* Sessions: the visits of every entity, and what they come to.  They run with the caller's rights. */

CREATE FUNCTION analytics.sessions(
    source text, start timestamptz, finish timestamptz, gap interval DEFAULT '30 minutes', split text DEFAULT 'none',
    by text DEFAULT 'auto', filters jsonb DEFAULT NULL, timezone text DEFAULT NULL, tenant text DEFAULT NULL)
RETURNS TABLE (entity text, session bigint, started timestamptz, ended timestamptz, duration interval, events bigint,
    entry text, exit text, bounce boolean, complete boolean)
AS 'MODULE_PATHNAME', 'analytics_sessions'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.sessions(text, timestamptz, timestamptz, interval, text, text, jsonb, text, text) IS
'Sessions of every entity in [start, finish): events no further apart than a gap, or of one session of the source';

CREATE FUNCTION analytics.session_summary(
    source text, start timestamptz, finish timestamptz, granularity text DEFAULT 'day', gap interval DEFAULT '30 minutes',
    split text DEFAULT 'none', by text DEFAULT 'auto', breakdown text DEFAULT NULL, filters jsonb DEFAULT NULL,
    timezone text DEFAULT NULL, tenant text DEFAULT NULL)
RETURNS TABLE (bucket timestamptz, breakdown text, sessions bigint, entities bigint, bounces bigint,
    bounce_rate numeric, avg_duration interval, median_duration interval, events_per_session numeric, complete boolean)
AS 'MODULE_PATHNAME', 'analytics_session_summary'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.session_summary(text, timestamptz, timestamptz, text, interval, text, text, text, jsonb, text, text) IS
'Sessions that start in each bucket of [start, finish): how many, by how many, how long, bounces';
