/*
 * exact_sum: sums of floating-point numbers that do not depend on the order of
 * the rows, nor on how partial sums were united.  A type that is stored, united
 * and read; its aggregates.
 */

CREATE TYPE analytics.exact_sum;

CREATE FUNCTION analytics.exact_sum_in(cstring) RETURNS analytics.exact_sum
AS 'MODULE_PATHNAME', 'analytics_exact_sum_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_in(cstring) IS 'Text form of exact_sum: \x and the hexadecimal digits of the stored form';

CREATE FUNCTION analytics.exact_sum_out(analytics.exact_sum) RETURNS cstring
AS 'MODULE_PATHNAME', 'analytics_exact_sum_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_out(analytics.exact_sum) IS 'Text form of exact_sum: \x and the hexadecimal digits of the stored form';

CREATE FUNCTION analytics.exact_sum_recv(internal) RETURNS analytics.exact_sum
AS 'MODULE_PATHNAME', 'analytics_exact_sum_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_recv(internal) IS 'Binary form of exact_sum: the stored form';

CREATE FUNCTION analytics.exact_sum_send(analytics.exact_sum) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_exact_sum_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_send(analytics.exact_sum) IS 'Binary form of exact_sum: the stored form';

-- Not compressed: there is next to nothing left to compress.
CREATE TYPE analytics.exact_sum (
	INPUT = analytics.exact_sum_in,
	OUTPUT = analytics.exact_sum_out,
	RECEIVE = analytics.exact_sum_recv,
	SEND = analytics.exact_sum_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = external
);
COMMENT ON TYPE analytics.exact_sum IS 'The sum of floating-point numbers without rounding, and how many they are: the same whatever their order';

CREATE FUNCTION analytics.exact_sum_from_bytea(bytea) RETURNS analytics.exact_sum
AS 'MODULE_PATHNAME', 'analytics_exact_sum_from_bytea'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_from_bytea(bytea) IS 'A sum of its stored form; damaged bytes are refused';

CREATE CAST (bytea AS analytics.exact_sum) WITH FUNCTION analytics.exact_sum_from_bytea(bytea);
COMMENT ON CAST (bytea AS analytics.exact_sum) IS 'A sum of its stored form; damaged bytes are refused';

CREATE FUNCTION analytics.exact_sum_to_bytea(analytics.exact_sum) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_exact_sum_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_to_bytea(analytics.exact_sum) IS 'The stored form of a sum';

CREATE CAST (analytics.exact_sum AS bytea) WITH FUNCTION analytics.exact_sum_to_bytea(analytics.exact_sum);
COMMENT ON CAST (analytics.exact_sum AS bytea) IS 'The stored form of a sum';

/* Equality, for DISTINCT, GROUP BY and EXCEPT: the same values have the same stored form.  There is no order. */

CREATE FUNCTION analytics.exact_sum_eq(analytics.exact_sum, analytics.exact_sum) RETURNS boolean
AS 'MODULE_PATHNAME', 'analytics_exact_sum_eq'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_eq(analytics.exact_sum, analytics.exact_sum) IS 'Whether two sums have the same stored form';

CREATE FUNCTION analytics.exact_sum_ne(analytics.exact_sum, analytics.exact_sum) RETURNS boolean
AS 'MODULE_PATHNAME', 'analytics_exact_sum_ne'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_ne(analytics.exact_sum, analytics.exact_sum) IS 'Whether two sums have different stored forms';

CREATE OPERATOR analytics.= (
	LEFTARG = analytics.exact_sum, RIGHTARG = analytics.exact_sum, FUNCTION = analytics.exact_sum_eq,
	COMMUTATOR = OPERATOR(analytics.=), NEGATOR = OPERATOR(analytics.<>),
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel, HASHES
);
COMMENT ON OPERATOR analytics.= (analytics.exact_sum, analytics.exact_sum) IS 'Whether two sums have the same stored form';

CREATE OPERATOR analytics.<> (
	LEFTARG = analytics.exact_sum, RIGHTARG = analytics.exact_sum, FUNCTION = analytics.exact_sum_ne,
	COMMUTATOR = OPERATOR(analytics.<>), NEGATOR = OPERATOR(analytics.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR analytics.<> (analytics.exact_sum, analytics.exact_sum) IS 'Whether two sums have different stored forms';

CREATE FUNCTION analytics.exact_sum_opclass_hash(analytics.exact_sum) RETURNS integer
AS 'MODULE_PATHNAME', 'analytics_exact_sum_opclass_hash'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_opclass_hash(analytics.exact_sum) IS 'Hash of a sum, for hashing it as a value';

CREATE FUNCTION analytics.exact_sum_opclass_hash_extended(analytics.exact_sum, bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_exact_sum_opclass_hash_extended'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_opclass_hash_extended(analytics.exact_sum, bigint) IS 'Hash of a sum with a seed, for hashing it as a value';

CREATE OPERATOR CLASS analytics.exact_sum_hash_ops DEFAULT FOR TYPE analytics.exact_sum USING hash AS
	OPERATOR 1 analytics.= (analytics.exact_sum, analytics.exact_sum),
	FUNCTION 1 analytics.exact_sum_opclass_hash(analytics.exact_sum),
	FUNCTION 2 analytics.exact_sum_opclass_hash_extended(analytics.exact_sum, bigint);
COMMENT ON OPERATOR CLASS analytics.exact_sum_hash_ops USING hash IS 'Sums by their stored form';
COMMENT ON OPERATOR FAMILY analytics.exact_sum_hash_ops USING hash IS 'Sums by their stored form';

/* Aggregates of values, and of sums. */

CREATE FUNCTION analytics.exact_sum_agg_sfunc(analytics.exact_sum, double precision) RETURNS analytics.exact_sum
AS 'MODULE_PATHNAME', 'analytics_exact_sum_agg_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_agg_sfunc(analytics.exact_sum, double precision) IS 'Part of exact_sum_agg, exact_sum and exact_avg';

CREATE FUNCTION analytics.exact_sum_union_sfunc(analytics.exact_sum, analytics.exact_sum) RETURNS analytics.exact_sum
AS 'MODULE_PATHNAME', 'analytics_exact_sum_union_sfunc'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_union_sfunc(analytics.exact_sum, analytics.exact_sum) IS 'Part of all aggregates of exact sums';

CREATE FUNCTION analytics.exact_sum_agg_final(analytics.exact_sum) RETURNS analytics.exact_sum
AS 'MODULE_PATHNAME', 'analytics_exact_sum_agg_final'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_agg_final(analytics.exact_sum) IS 'Part of exact_sum_agg and exact_sum_union_agg';

/* Reading and uniting sums. */

CREATE FUNCTION analytics.exact_sum_value(sum analytics.exact_sum) RETURNS double precision
AS 'MODULE_PATHNAME', 'analytics_exact_sum_value'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_value(analytics.exact_sum) IS 'The sum, rounded once; NULL of nothing';

CREATE FUNCTION analytics.exact_sum_mean(sum analytics.exact_sum) RETURNS double precision
AS 'MODULE_PATHNAME', 'analytics_exact_sum_mean'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_mean(analytics.exact_sum) IS 'The mean, rounded once, even where the sum is too large for a number; NULL of nothing';

CREATE FUNCTION analytics.exact_sum_count(sum analytics.exact_sum) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_exact_sum_count'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_count(analytics.exact_sum) IS 'How many values were added';

CREATE FUNCTION analytics.exact_sum_union(analytics.exact_sum, analytics.exact_sum) RETURNS analytics.exact_sum
AS 'MODULE_PATHNAME', 'analytics_exact_sum_union'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.exact_sum_union(analytics.exact_sum, analytics.exact_sum) IS 'The sum of the values of both';

CREATE OPERATOR analytics.|| (
	LEFTARG = analytics.exact_sum, RIGHTARG = analytics.exact_sum, FUNCTION = analytics.exact_sum_union,
	COMMUTATOR = OPERATOR(analytics.||)
);
COMMENT ON OPERATOR analytics.|| (analytics.exact_sum, analytics.exact_sum) IS 'The sum of the values of both';

CREATE AGGREGATE analytics.exact_sum_agg(value double precision) (
	SFUNC = analytics.exact_sum_agg_sfunc,
	STYPE = analytics.exact_sum, SSPACE = 192,
	FINALFUNC = analytics.exact_sum_agg_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.exact_sum_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.exact_sum_agg(double precision) IS 'The sum of the values without rounding, to be stored and united; NULLs are ignored';

CREATE AGGREGATE analytics.exact_sum_union_agg(sum analytics.exact_sum) (
	SFUNC = analytics.exact_sum_union_sfunc,
	STYPE = analytics.exact_sum, SSPACE = 192,
	FINALFUNC = analytics.exact_sum_agg_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.exact_sum_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.exact_sum_union_agg(analytics.exact_sum) IS 'The sum of all values that the sums were made of';

CREATE AGGREGATE analytics.exact_sum(value double precision) (
	SFUNC = analytics.exact_sum_agg_sfunc,
	STYPE = analytics.exact_sum, SSPACE = 192,
	FINALFUNC = analytics.exact_sum_value, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.exact_sum_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.exact_sum(double precision) IS 'What sum(value) is without rounding but at the end: the same in any order';

CREATE AGGREGATE analytics.exact_avg(value double precision) (
	SFUNC = analytics.exact_sum_agg_sfunc,
	STYPE = analytics.exact_sum, SSPACE = 192,
	FINALFUNC = analytics.exact_sum_mean, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.exact_sum_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.exact_avg(double precision) IS 'What avg(value) is without rounding but at the end: the same in any order';
