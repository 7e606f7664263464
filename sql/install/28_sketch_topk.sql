/*
 * sketch: the most frequent values, with the error of each count.
 */
CREATE TYPE analytics.topk;

CREATE FUNCTION analytics.topk_in(cstring) RETURNS analytics.topk
AS 'MODULE_PATHNAME', 'analytics_topk_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.topk_in(cstring) IS
'Input of a sketch: \x and the hexadecimal digits of its stored form';

CREATE FUNCTION analytics.topk_out(analytics.topk) RETURNS cstring
AS 'MODULE_PATHNAME', 'analytics_topk_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.topk_out(analytics.topk) IS
'Output of a sketch: \x and the hexadecimal digits of its stored form';

CREATE FUNCTION analytics.topk_recv(internal) RETURNS analytics.topk
AS 'MODULE_PATHNAME', 'analytics_topk_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.topk_recv(internal) IS
'Binary input of a sketch: its stored form';

CREATE FUNCTION analytics.topk_send(analytics.topk) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_topk_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.topk_send(analytics.topk) IS
'Binary output of a sketch: its stored form';

CREATE TYPE analytics.topk (
    INPUT = analytics.topk_in,
    OUTPUT = analytics.topk_out,
    RECEIVE = analytics.topk_recv,
    SEND = analytics.topk_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE analytics.topk IS
'Sketch of the most frequent values: counts with their errors that can be stored and united';

CREATE FUNCTION analytics.topk_agg_sfunc(analytics.topk, anyelement, integer) RETURNS analytics.topk
AS 'MODULE_PATHNAME', 'analytics_topk_agg_sfunc'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.topk_agg_sfunc(analytics.topk, anyelement, integer) IS
'Counts a value in the state of topk_agg; for the aggregate alone';

CREATE FUNCTION analytics.topk_combine(analytics.topk, analytics.topk) RETURNS analytics.topk
AS 'MODULE_PATHNAME', 'analytics_topk_combine'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.topk_combine(analytics.topk, analytics.topk) IS
'Unites the states of parallel workers; for the aggregates alone';

CREATE FUNCTION analytics.topk_agg_final(analytics.topk) RETURNS analytics.topk
AS 'MODULE_PATHNAME', 'analytics_topk_agg_final'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.topk_agg_final(analytics.topk) IS
'Result of topk_agg and topk_union_agg: the stored form of their state';

CREATE AGGREGATE analytics.topk_agg(value anyelement, k integer) (
    SFUNC = analytics.topk_agg_sfunc,
    STYPE = analytics.topk,
    SSPACE = 1024,
    FINALFUNC = analytics.topk_agg_final,
    FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = analytics.topk_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.topk_agg(anyelement, integer) IS
'Sketch of the k most frequent values, to be listed, stored and united';

CREATE FUNCTION analytics.topk_union_agg_sfunc(analytics.topk, analytics.topk) RETURNS analytics.topk
AS 'MODULE_PATHNAME', 'analytics_topk_union_agg_sfunc'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.topk_union_agg_sfunc(analytics.topk, analytics.topk) IS
'Adds a sketch to the state of topk_union_agg; for the aggregate alone';

CREATE AGGREGATE analytics.topk_union_agg(value analytics.topk) (
    SFUNC = analytics.topk_union_agg_sfunc,
    STYPE = analytics.topk,
    SSPACE = 1024,
    FINALFUNC = analytics.topk_agg_final,
    FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = analytics.topk_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.topk_union_agg(analytics.topk) IS
'Union of sketches of the most frequent values; k becomes the smallest';

CREATE FUNCTION analytics.topk_union(analytics.topk, analytics.topk) RETURNS analytics.topk
AS 'MODULE_PATHNAME', 'analytics_topk_union'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.topk_union(analytics.topk, analytics.topk) IS
'Union of two sketches of the most frequent values; k becomes the smaller';

CREATE OPERATOR analytics.|| (
    LEFTARG = analytics.topk,
    RIGHTARG = analytics.topk,
    FUNCTION = analytics.topk_union,
    COMMUTATOR = OPERATOR(analytics.||)
);
COMMENT ON OPERATOR analytics.||(analytics.topk, analytics.topk) IS
'Union of two sketches of the most frequent values';

CREATE FUNCTION analytics.topk_values(analytics.topk) RETURNS TABLE (value text, count bigint, error bigint)
AS 'MODULE_PATHNAME', 'analytics_topk_values'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION analytics.topk_values(analytics.topk) IS
'The k most frequent values; each came count times at most, and count - error times at least';

CREATE FUNCTION analytics.topk_error(analytics.topk) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_topk_error'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.topk_error(analytics.topk) IS
'Most that a count may be too high, and that a value may have come which the sketch does not hold; 0: exact';

CREATE FUNCTION analytics.topk_info(analytics.topk) RETURNS jsonb
AS 'MODULE_PATHNAME', 'analytics_topk_info'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.topk_info(analytics.topk) IS
'What a sketch holds: k, counters, held, total, error, unlisted (most that a value came which is not listed), exact';
