/*
 * behaviour: patterns in the events of one entity, as aggregates.
 *
 * A NULL condition is false and a NULL time leaves its row out, so the transition
 * function is not STRICT.
 */

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
