/*
 * behaviour: sessions, and times of being alive.
 *
 * A NULL time leaves its row out, so the transition functions are not STRICT.
 */

CREATE TYPE analytics.session AS (
	number int,
	first timestamptz,
	last timestamptz,
	events bigint
);
COMMENT ON TYPE analytics.session IS
'A session: its number from 1, the times of its first and last event, how many events it has';

CREATE TYPE analytics.session_state;

CREATE FUNCTION analytics.session_state_in(cstring) RETURNS analytics.session_state
AS 'MODULE_PATHNAME', 'analytics_session_state_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.session_state_in(cstring) IS
'Input function of type session_state';

CREATE FUNCTION analytics.session_state_out(analytics.session_state) RETURNS cstring
AS 'MODULE_PATHNAME', 'analytics_session_state_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.session_state_out(analytics.session_state) IS
'Output function of type session_state';

CREATE FUNCTION analytics.session_state_recv(internal) RETURNS analytics.session_state
AS 'MODULE_PATHNAME', 'analytics_session_state_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.session_state_recv(internal) IS
'Binary input function of type session_state';

CREATE FUNCTION analytics.session_state_send(analytics.session_state) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_session_state_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.session_state_send(analytics.session_state) IS
'Binary output function of type session_state';

CREATE TYPE analytics.session_state (
	INPUT = analytics.session_state_in,
	OUTPUT = analytics.session_state_out,
	RECEIVE = analytics.session_state_recv,
	SEND = analytics.session_state_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE analytics.session_state IS
'Sessions that an aggregate has found so far';

CREATE FUNCTION analytics.sessions_sfunc(state analytics.session_state, ts timestamptz)
RETURNS analytics.session_state AS 'MODULE_PATHNAME', 'analytics_sessions_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.sessions_sfunc(analytics.session_state, timestamptz) IS
'Transition function of sessions_agg with a gap of 30 minutes';

CREATE FUNCTION analytics.sessions_sfunc(state analytics.session_state, ts timestamptz, gap interval)
RETURNS analytics.session_state AS 'MODULE_PATHNAME', 'analytics_sessions_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.sessions_sfunc(analytics.session_state, timestamptz, interval) IS
'Transition function of sessions_agg';

CREATE FUNCTION analytics.sessions_combine(analytics.session_state, analytics.session_state)
RETURNS analytics.session_state AS 'MODULE_PATHNAME', 'analytics_sessions_combine'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION analytics.sessions_combine(analytics.session_state, analytics.session_state) IS
'Combine function of sessions_agg and live_ranges_agg';

CREATE FUNCTION analytics.sessions_final(analytics.session_state)
RETURNS analytics.session[] AS 'MODULE_PATHNAME', 'analytics_sessions_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.sessions_final(analytics.session_state) IS
'Final function of sessions_agg';

CREATE AGGREGATE analytics.sessions_agg(ts timestamptz) (
	SFUNC = analytics.sessions_sfunc,
	STYPE = analytics.session_state,
	SSPACE = 144,
	FINALFUNC = analytics.sessions_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.sessions_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.sessions_agg(timestamptz) IS
'The sessions of an entity, in order; a new one begins after more than 30 minutes without an event';

CREATE AGGREGATE analytics.sessions_agg(ts timestamptz, gap interval) (
	SFUNC = analytics.sessions_sfunc,
	STYPE = analytics.session_state,
	SSPACE = 144,
	FINALFUNC = analytics.sessions_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.sessions_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.sessions_agg(timestamptz, interval) IS
'The sessions of an entity, in order; a new one begins after more than the gap without an event';

CREATE FUNCTION analytics.sessionize(ts timestamptz, gap interval DEFAULT '30 minutes') RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_sessionize'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.sessionize(timestamptz, interval) IS
'Number of the row''s session in its partition, from 1; a new one begins after more than the gap without an event';

CREATE FUNCTION analytics.sessionize(ts timestamptz, gap interval, boundary boolean) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_sessionize'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.sessionize(timestamptz, interval, boolean) IS
'Number of the row''s session in its partition, from 1; a new one also begins with a row whose boundary is true';

/* Times of being alive. */

CREATE FUNCTION analytics.live_ranges_sfunc(state analytics.session_state, ts timestamptz, liveness interval)
RETURNS analytics.session_state AS 'MODULE_PATHNAME', 'analytics_live_ranges_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.live_ranges_sfunc(analytics.session_state, timestamptz, interval) IS
'Transition function of live_ranges_agg';

CREATE FUNCTION analytics.live_ranges_final(analytics.session_state)
RETURNS tstzmultirange AS 'MODULE_PATHNAME', 'analytics_live_ranges_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.live_ranges_final(analytics.session_state) IS
'Final function of live_ranges_agg';

CREATE AGGREGATE analytics.live_ranges_agg(ts timestamptz, liveness interval) (
	SFUNC = analytics.live_ranges_sfunc,
	STYPE = analytics.session_state,
	SSPACE = 144,
	FINALFUNC = analytics.live_ranges_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.sessions_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.live_ranges_agg(timestamptz, interval) IS
'When something was alive that is taken to be so for a while after each sign of life';

CREATE FUNCTION analytics.live_duration(ranges tstzmultirange) RETURNS interval
AS 'MODULE_PATHNAME', 'analytics_live_duration'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.live_duration(tstzmultirange) IS
'How long ranges of time are together';
