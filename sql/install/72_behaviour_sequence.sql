/*
 * behaviour: the event that comes right behind a chain of events.
 *
 * A NULL condition is false, and a NULL time or value leaves its row out, so the
 * transition function is not STRICT.
 */

CREATE TYPE analytics.next_event_state;

CREATE FUNCTION analytics.next_event_state_in(cstring) RETURNS analytics.next_event_state
AS 'MODULE_PATHNAME', 'analytics_next_event_state_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.next_event_state_in(cstring) IS
'Input function of type next_event_state';

CREATE FUNCTION analytics.next_event_state_out(analytics.next_event_state) RETURNS cstring
AS 'MODULE_PATHNAME', 'analytics_next_event_state_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.next_event_state_out(analytics.next_event_state) IS
'Output function of type next_event_state';

CREATE FUNCTION analytics.next_event_state_recv(internal) RETURNS analytics.next_event_state
AS 'MODULE_PATHNAME', 'analytics_next_event_state_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.next_event_state_recv(internal) IS
'Binary input function of type next_event_state';

CREATE FUNCTION analytics.next_event_state_send(analytics.next_event_state) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_next_event_state_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.next_event_state_send(analytics.next_event_state) IS
'Binary output function of type next_event_state';

CREATE TYPE analytics.next_event_state (
	INPUT = analytics.next_event_state_in,
	OUTPUT = analytics.next_event_state_out,
	RECEIVE = analytics.next_event_state_recv,
	SEND = analytics.next_event_state_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE analytics.next_event_state IS
'Events and their values that next_event has gathered so far';

CREATE FUNCTION analytics.next_event_sfunc(state analytics.next_event_state, direction text, base text, ts timestamptz, value text, base_condition boolean, VARIADIC conditions boolean[])
RETURNS analytics.next_event_state AS 'MODULE_PATHNAME', 'analytics_next_event_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.next_event_sfunc(analytics.next_event_state, text, text, timestamptz, text, boolean, boolean[]) IS
'Transition function of next_event';

CREATE FUNCTION analytics.next_event_combine(analytics.next_event_state, analytics.next_event_state)
RETURNS analytics.next_event_state AS 'MODULE_PATHNAME', 'analytics_next_event_combine'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION analytics.next_event_combine(analytics.next_event_state, analytics.next_event_state) IS
'Combine function of next_event';

CREATE FUNCTION analytics.next_event_final(analytics.next_event_state)
RETURNS text AS 'MODULE_PATHNAME', 'analytics_next_event_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.next_event_final(analytics.next_event_state) IS
'Final function of next_event';

CREATE AGGREGATE analytics.next_event(direction text, base text, ts timestamptz, value text, base_condition boolean, VARIADIC conditions boolean[]) (
	SFUNC = analytics.next_event_sfunc,
	STYPE = analytics.next_event_state,
	SSPACE = 320,
	FINALFUNC = analytics.next_event_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.next_event_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.next_event(text, text, timestamptz, text, boolean, boolean[]) IS
'Value of the event right behind (forward) or before (backward) a chain of events that begins at head, tail, first_match or last_match';
