/*
 * sketch: different values, exactly.  count_distinct, and sets that are stored
 * and united.
 */
CREATE TYPE analytics.distinct_set;

CREATE FUNCTION analytics.distinct_set_in(cstring) RETURNS analytics.distinct_set
AS 'MODULE_PATHNAME', 'analytics_distinct_set_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.distinct_set_in(cstring) IS
'Input of a set: \x and the hexadecimal digits of its stored form';

CREATE FUNCTION analytics.distinct_set_out(analytics.distinct_set) RETURNS cstring
AS 'MODULE_PATHNAME', 'analytics_distinct_set_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.distinct_set_out(analytics.distinct_set) IS
'Output of a set: \x and the hexadecimal digits of its stored form';

CREATE FUNCTION analytics.distinct_set_recv(internal) RETURNS analytics.distinct_set
AS 'MODULE_PATHNAME', 'analytics_distinct_set_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.distinct_set_recv(internal) IS
'Binary input of a set: its stored form';

CREATE FUNCTION analytics.distinct_set_send(analytics.distinct_set) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_distinct_set_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.distinct_set_send(analytics.distinct_set) IS
'Binary output of a set: its stored form';

CREATE TYPE analytics.distinct_set (
    INPUT = analytics.distinct_set_in,
    OUTPUT = analytics.distinct_set_out,
    RECEIVE = analytics.distinct_set_recv,
    SEND = analytics.distinct_set_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE analytics.distinct_set IS
'Set of different values: exact counts that can be stored and united';

CREATE FUNCTION analytics.distinct_combine(analytics.distinct_set, analytics.distinct_set) RETURNS analytics.distinct_set
AS 'MODULE_PATHNAME', 'analytics_distinct_combine'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.distinct_combine(analytics.distinct_set, analytics.distinct_set) IS
'Unites the states of parallel workers; for the aggregates alone';

CREATE FUNCTION analytics.count_distinct_sfunc(analytics.distinct_set, anyelement) RETURNS analytics.distinct_set
AS 'MODULE_PATHNAME', 'analytics_count_distinct_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.count_distinct_sfunc(analytics.distinct_set, anyelement) IS
'Adds a value to the state of count_distinct; for the aggregate alone';

CREATE FUNCTION analytics.count_distinct_final(analytics.distinct_set) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_count_distinct_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.count_distinct_final(analytics.distinct_set) IS
'Result of count_distinct: the values of its state';

CREATE AGGREGATE analytics.count_distinct(value anyelement) (
    SFUNC = analytics.count_distinct_sfunc,
    STYPE = analytics.distinct_set,
    SSPACE = 1024,
    FINALFUNC = analytics.count_distinct_final,
    FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = analytics.distinct_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.count_distinct(anyelement) IS
'Number of different values, exactly, by hashing: what count(DISTINCT value) returns';

CREATE FUNCTION analytics.distinct_agg_sfunc(analytics.distinct_set, anyelement) RETURNS analytics.distinct_set
AS 'MODULE_PATHNAME', 'analytics_distinct_agg_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.distinct_agg_sfunc(analytics.distinct_set, anyelement) IS
'Adds a value to the state of distinct_agg; for the aggregate alone';

CREATE FUNCTION analytics.distinct_agg_final(analytics.distinct_set) RETURNS analytics.distinct_set
AS 'MODULE_PATHNAME', 'analytics_distinct_agg_final'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.distinct_agg_final(analytics.distinct_set) IS
'Result of distinct_agg and distinct_union_agg: the stored form of their state';

CREATE AGGREGATE analytics.distinct_agg(value anyelement) (
    SFUNC = analytics.distinct_agg_sfunc,
    STYPE = analytics.distinct_set,
    SSPACE = 1024,
    FINALFUNC = analytics.distinct_agg_final,
    FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = analytics.distinct_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.distinct_agg(anyelement) IS
'Set of the different values, to be stored, united and counted';

CREATE FUNCTION analytics.distinct_union_agg_sfunc(analytics.distinct_set, analytics.distinct_set) RETURNS analytics.distinct_set
AS 'MODULE_PATHNAME', 'analytics_distinct_union_agg_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.distinct_union_agg_sfunc(analytics.distinct_set, analytics.distinct_set) IS
'Adds a set to the state of distinct_union_agg; for the aggregate alone';

CREATE AGGREGATE analytics.distinct_union_agg(value analytics.distinct_set) (
    SFUNC = analytics.distinct_union_agg_sfunc,
    STYPE = analytics.distinct_set,
    SSPACE = 1024,
    FINALFUNC = analytics.distinct_agg_final,
    FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = analytics.distinct_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.distinct_union_agg(analytics.distinct_set) IS
'Union of sets of different values';

CREATE FUNCTION analytics.distinct_union(analytics.distinct_set, analytics.distinct_set) RETURNS analytics.distinct_set
AS 'MODULE_PATHNAME', 'analytics_distinct_union'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.distinct_union(analytics.distinct_set, analytics.distinct_set) IS
'Union of two sets of different values';

CREATE OPERATOR analytics.|| (
    LEFTARG = analytics.distinct_set,
    RIGHTARG = analytics.distinct_set,
    FUNCTION = analytics.distinct_union,
    COMMUTATOR = OPERATOR(analytics.||)
);
COMMENT ON OPERATOR analytics.||(analytics.distinct_set, analytics.distinct_set) IS
'Union of two sets of different values';

CREATE FUNCTION analytics.distinct_count(value analytics.distinct_set) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_distinct_count'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.distinct_count(analytics.distinct_set) IS
'Number of values in a set';
