/*
 * behaviour: funnels and retention of one entity, as aggregates.
 *
 * A NULL condition is false and a NULL time leaves its row out, so the transition
 * functions are not STRICT.
 */

CREATE TYPE analytics.behaviour_state;

CREATE FUNCTION analytics.behaviour_state_in(cstring) RETURNS analytics.behaviour_state
AS 'MODULE_PATHNAME', 'analytics_behaviour_state_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.behaviour_state_in(cstring) IS
'Input function of type behaviour_state';

CREATE FUNCTION analytics.behaviour_state_out(analytics.behaviour_state) RETURNS cstring
AS 'MODULE_PATHNAME', 'analytics_behaviour_state_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.behaviour_state_out(analytics.behaviour_state) IS
'Output function of type behaviour_state';

CREATE FUNCTION analytics.behaviour_state_recv(internal) RETURNS analytics.behaviour_state
AS 'MODULE_PATHNAME', 'analytics_behaviour_state_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.behaviour_state_recv(internal) IS
'Binary input function of type behaviour_state';

CREATE FUNCTION analytics.behaviour_state_send(analytics.behaviour_state) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_behaviour_state_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.behaviour_state_send(analytics.behaviour_state) IS
'Binary output function of type behaviour_state';

CREATE TYPE analytics.behaviour_state (
	INPUT = analytics.behaviour_state_in,
	OUTPUT = analytics.behaviour_state_out,
	RECEIVE = analytics.behaviour_state_recv,
	SEND = analytics.behaviour_state_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE analytics.behaviour_state IS
'Events that an aggregate over behaviour has gathered so far';

CREATE FUNCTION analytics.window_funnel_sfunc(state analytics.behaviour_state, within interval, ts timestamptz, VARIADIC steps boolean[])
RETURNS analytics.behaviour_state AS 'MODULE_PATHNAME', 'analytics_window_funnel_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.window_funnel_sfunc(analytics.behaviour_state, interval, timestamptz, boolean[]) IS
'Transition function of window_funnel';

CREATE FUNCTION analytics.window_funnel_sfunc(state analytics.behaviour_state, within interval, mode text, ts timestamptz, VARIADIC steps boolean[])
RETURNS analytics.behaviour_state AS 'MODULE_PATHNAME', 'analytics_window_funnel_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.window_funnel_sfunc(analytics.behaviour_state, interval, text, timestamptz, boolean[]) IS
'Transition function of window_funnel with a mode';

CREATE FUNCTION analytics.window_funnel_combine(analytics.behaviour_state, analytics.behaviour_state)
RETURNS analytics.behaviour_state AS 'MODULE_PATHNAME', 'analytics_window_funnel_combine'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION analytics.window_funnel_combine(analytics.behaviour_state, analytics.behaviour_state) IS
'Combine function of window_funnel';

CREATE FUNCTION analytics.window_funnel_final(analytics.behaviour_state)
RETURNS integer AS 'MODULE_PATHNAME', 'analytics_window_funnel_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.window_funnel_final(analytics.behaviour_state) IS
'Final function of window_funnel';

CREATE AGGREGATE analytics.window_funnel(within interval, ts timestamptz, VARIADIC steps boolean[]) (
	SFUNC = analytics.window_funnel_sfunc,
	STYPE = analytics.behaviour_state,
	SSPACE = 144,
	FINALFUNC = analytics.window_funnel_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.window_funnel_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.window_funnel(interval, timestamptz, boolean[]) IS
'How many of the steps were taken one after the other, within a window from the first; 0 for none';

CREATE AGGREGATE analytics.window_funnel(within interval, mode text, ts timestamptz, VARIADIC steps boolean[]) (
	SFUNC = analytics.window_funnel_sfunc,
	STYPE = analytics.behaviour_state,
	SSPACE = 144,
	FINALFUNC = analytics.window_funnel_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.window_funnel_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.window_funnel(interval, text, timestamptz, boolean[]) IS
'How many of the steps were taken within a window; mode: strict_order, strict_deduplication, strict_increase, strict_once, allow_reentry';

CREATE FUNCTION analytics.retention_sfunc(state boolean[], VARIADIC conditions boolean[])
RETURNS boolean[] AS 'MODULE_PATHNAME', 'analytics_retention_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.retention_sfunc(boolean[], boolean[]) IS
'Transition function of retention';

CREATE FUNCTION analytics.retention_combine(boolean[], boolean[])
RETURNS boolean[] AS 'MODULE_PATHNAME', 'analytics_retention_combine'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.retention_combine(boolean[], boolean[]) IS
'Combine function of retention';

CREATE FUNCTION analytics.retention_final(boolean[])
RETURNS boolean[] AS 'MODULE_PATHNAME', 'analytics_retention_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.retention_final(boolean[]) IS
'Final function of retention';

CREATE AGGREGATE analytics.retention(VARIADIC conditions boolean[]) (
	SFUNC = analytics.retention_sfunc,
	STYPE = boolean[],
	SSPACE = 64,
	FINALFUNC = analytics.retention_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.retention_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.retention(boolean[]) IS
'Which conditions some row satisfied, all false where none satisfied the first; NULL without rows';

/* Patterns of events. */

CREATE FUNCTION analytics.sequence_sfunc(state analytics.behaviour_state, pattern text, ts timestamptz, VARIADIC conditions boolean[])
RETURNS analytics.behaviour_state AS 'MODULE_PATHNAME', 'analytics_sequence_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.sequence_sfunc(analytics.behaviour_state, text, timestamptz, boolean[]) IS
'Transition function of sequence_match, sequence_count and sequence_events';

CREATE FUNCTION analytics.sequence_combine(analytics.behaviour_state, analytics.behaviour_state)
RETURNS analytics.behaviour_state AS 'MODULE_PATHNAME', 'analytics_sequence_combine'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.sequence_combine(analytics.behaviour_state, analytics.behaviour_state) IS
'Combine function of sequence_match, sequence_count and sequence_events';

CREATE FUNCTION analytics.sequence_match_final(analytics.behaviour_state) RETURNS boolean
AS 'MODULE_PATHNAME', 'analytics_sequence_match_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.sequence_match_final(analytics.behaviour_state) IS 'Final function of sequence_match';

CREATE FUNCTION analytics.sequence_count_final(analytics.behaviour_state) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_sequence_count_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.sequence_count_final(analytics.behaviour_state) IS 'Final function of sequence_count';

CREATE FUNCTION analytics.sequence_events_final(analytics.behaviour_state) RETURNS timestamptz[]
AS 'MODULE_PATHNAME', 'analytics_sequence_events_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.sequence_events_final(analytics.behaviour_state) IS 'Final function of sequence_events';

CREATE AGGREGATE analytics.sequence_match(pattern text, ts timestamptz, VARIADIC conditions boolean[]) (
	SFUNC = analytics.sequence_sfunc,
	STYPE = analytics.behaviour_state,
	SSPACE = 144,
	FINALFUNC = analytics.sequence_match_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.sequence_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.sequence_match(text, timestamptz, boolean[]) IS
'Whether a pattern of events occurs, as in (?1).*(?2)(?t<=3600)(?3)';

CREATE AGGREGATE analytics.sequence_count(pattern text, ts timestamptz, VARIADIC conditions boolean[]) (
	SFUNC = analytics.sequence_sfunc,
	STYPE = analytics.behaviour_state,
	SSPACE = 144,
	FINALFUNC = analytics.sequence_count_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.sequence_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.sequence_count(text, timestamptz, boolean[]) IS
'How often a pattern of events occurs, one occurrence after the other';

CREATE AGGREGATE analytics.sequence_events(pattern text, ts timestamptz, VARIADIC conditions boolean[]) (
	SFUNC = analytics.sequence_sfunc,
	STYPE = analytics.behaviour_state,
	SSPACE = 144,
	FINALFUNC = analytics.sequence_events_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.sequence_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.sequence_events(text, timestamptz, boolean[]) IS
'When the conditions of a pattern were met where it occurs first; empty where it does not';

/* Funnels whose meaning is chosen. */

CREATE TYPE analytics.funnel AS (
	level integer,
	steps boolean[],
	times timestamptz[]
);
COMMENT ON TYPE analytics.funnel IS
'How far a funnel was followed: the highest step reached, which steps were, and the times of a chain that gets there first';

CREATE FUNCTION analytics.funnel_agg_sfunc(state analytics.behaviour_state, within interval, options jsonb, ts timestamptz, VARIADIC steps boolean[])
RETURNS analytics.behaviour_state AS 'MODULE_PATHNAME', 'analytics_funnel_agg_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.funnel_agg_sfunc(analytics.behaviour_state, interval, jsonb, timestamptz, boolean[]) IS
'Transition function of funnel_agg';

CREATE FUNCTION analytics.funnel_agg_sfunc(state analytics.behaviour_state, within interval, options jsonb, ts timestamptz, hold text, VARIADIC steps boolean[])
RETURNS analytics.behaviour_state AS 'MODULE_PATHNAME', 'analytics_funnel_agg_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.funnel_agg_sfunc(analytics.behaviour_state, interval, jsonb, timestamptz, text, boolean[]) IS
'Transition function of funnel_agg with a property that stays the same';

CREATE FUNCTION analytics.funnel_agg_combine(analytics.behaviour_state, analytics.behaviour_state)
RETURNS analytics.behaviour_state AS 'MODULE_PATHNAME', 'analytics_funnel_agg_combine'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION analytics.funnel_agg_combine(analytics.behaviour_state, analytics.behaviour_state) IS
'Combine function of funnel_agg';

CREATE FUNCTION analytics.funnel_agg_final(analytics.behaviour_state)
RETURNS analytics.funnel AS 'MODULE_PATHNAME', 'analytics_funnel_agg_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.funnel_agg_final(analytics.behaviour_state) IS
'Final function of funnel_agg';

CREATE AGGREGATE analytics.funnel_agg(within interval, options jsonb, ts timestamptz, VARIADIC steps boolean[]) (
	SFUNC = analytics.funnel_agg_sfunc,
	STYPE = analytics.behaviour_state,
	SSPACE = 144,
	FINALFUNC = analytics.funnel_agg_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.funnel_agg_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.funnel_agg(interval, jsonb, timestamptz, boolean[]) IS
'How far steps were taken, by the meaning that the options choose: entry, scope, ordering, once, open_entry, optional, exclude, session_gap';

CREATE AGGREGATE analytics.funnel_agg(within interval, options jsonb, ts timestamptz, hold text, VARIADIC steps boolean[]) (
	SFUNC = analytics.funnel_agg_sfunc,
	STYPE = analytics.behaviour_state,
	SSPACE = 272,
	FINALFUNC = analytics.funnel_agg_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.funnel_agg_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.funnel_agg(interval, jsonb, timestamptz, text, boolean[]) IS
'How far steps were taken with one value of hold, by the meaning that the options choose';

CREATE FUNCTION analytics.funnel_level(funnel analytics.funnel) RETURNS integer
AS 'MODULE_PATHNAME', 'analytics_funnel_level'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.funnel_level(analytics.funnel) IS
'The highest step that was reached, counted from 1; 0 for none';

CREATE FUNCTION analytics.funnel_times(funnel analytics.funnel) RETURNS timestamptz[]
AS 'MODULE_PATHNAME', 'analytics_funnel_times'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.funnel_times(analytics.funnel) IS
'When each step was taken; NULL where it was left out or not reached';

CREATE FUNCTION analytics.funnel_durations(funnel analytics.funnel) RETURNS interval[]
AS 'MODULE_PATHNAME', 'analytics_funnel_durations'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.funnel_durations(analytics.funnel) IS
'How long each step took from the step that was taken before it; NULL for the first, and where a step was not taken';
