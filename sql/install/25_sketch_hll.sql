/*
 * hll: how many different values, approximately.  A type that is stored, merged
 * and read; its aggregates; exchange with other programs.
 *
 * What hashes a value of any type is STABLE: output and send functions of other
 * extensions may be.  All else depends on its arguments alone.
 */

CREATE TYPE analytics.hll;

CREATE FUNCTION analytics.hll_in(cstring, oid, integer) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_in(cstring, oid, integer) IS 'Text form of hll: \x and the hexadecimal digits of the stored form';

CREATE FUNCTION analytics.hll_out(analytics.hll) RETURNS cstring
AS 'MODULE_PATHNAME', 'analytics_hll_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_out(analytics.hll) IS 'Text form of hll: \x and the hexadecimal digits of the stored form';

CREATE FUNCTION analytics.hll_recv(internal, oid, integer) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_recv(internal, oid, integer) IS 'Binary form of hll: the stored form';

CREATE FUNCTION analytics.hll_send(analytics.hll) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_hll_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_send(analytics.hll) IS 'Binary form of hll: the stored form';

CREATE FUNCTION analytics.hll_typmod_in(cstring[]) RETURNS integer
AS 'MODULE_PATHNAME', 'analytics_hll_typmod_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_typmod_in(cstring[]) IS 'Modifier of type hll: the precision';

CREATE FUNCTION analytics.hll_typmod_out(integer) RETURNS cstring
AS 'MODULE_PATHNAME', 'analytics_hll_typmod_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_typmod_out(integer) IS 'Modifier of type hll: the precision';

-- Not compressed: there is nothing left to compress, and the header of a long value is read alone.
CREATE TYPE analytics.hll (
	INPUT = analytics.hll_in,
	OUTPUT = analytics.hll_out,
	RECEIVE = analytics.hll_recv,
	SEND = analytics.hll_send,
	TYPMOD_IN = analytics.hll_typmod_in,
	TYPMOD_OUT = analytics.hll_typmod_out,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = external
);
COMMENT ON TYPE analytics.hll IS 'A sketch that counts different values approximately (UltraLogLog); hll(p) has precision p';

CREATE FUNCTION analytics.hll(analytics.hll, integer, boolean) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_fit'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll(analytics.hll, integer, boolean) IS 'Fits a sketch into a column of type hll(p): a finer one is reduced, a coarser one refused';

CREATE CAST (analytics.hll AS analytics.hll) WITH FUNCTION analytics.hll(analytics.hll, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (analytics.hll AS analytics.hll) IS 'Fits a sketch into a column of type hll(p)';

CREATE FUNCTION analytics.hll(bytea) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_from_bytea'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll(bytea) IS 'A sketch of its stored form; damaged bytes are refused';

CREATE CAST (bytea AS analytics.hll) WITH FUNCTION analytics.hll(bytea);
COMMENT ON CAST (bytea AS analytics.hll) IS 'A sketch of its stored form; damaged bytes are refused';

CREATE FUNCTION analytics.hll_to_bytea(analytics.hll) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_hll_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_to_bytea(analytics.hll) IS 'The stored form of a sketch';

CREATE CAST (analytics.hll AS bytea) WITH FUNCTION analytics.hll_to_bytea(analytics.hll);
COMMENT ON CAST (analytics.hll AS bytea) IS 'The stored form of a sketch';

/* Equality, for DISTINCT, GROUP BY and EXCEPT; there is no order. */

CREATE FUNCTION analytics.hll_eq(analytics.hll, analytics.hll) RETURNS boolean
AS 'MODULE_PATHNAME', 'analytics_hll_eq'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_eq(analytics.hll, analytics.hll) IS 'Whether two sketches have the same stored form';

CREATE FUNCTION analytics.hll_ne(analytics.hll, analytics.hll) RETURNS boolean
AS 'MODULE_PATHNAME', 'analytics_hll_ne'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_ne(analytics.hll, analytics.hll) IS 'Whether two sketches have different stored forms';

CREATE OPERATOR analytics.= (
	LEFTARG = analytics.hll, RIGHTARG = analytics.hll, FUNCTION = analytics.hll_eq,
	COMMUTATOR = OPERATOR(analytics.=), NEGATOR = OPERATOR(analytics.<>),
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel, HASHES
);
COMMENT ON OPERATOR analytics.= (analytics.hll, analytics.hll) IS 'Whether two sketches have the same stored form';

CREATE OPERATOR analytics.<> (
	LEFTARG = analytics.hll, RIGHTARG = analytics.hll, FUNCTION = analytics.hll_ne,
	COMMUTATOR = OPERATOR(analytics.<>), NEGATOR = OPERATOR(analytics.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR analytics.<> (analytics.hll, analytics.hll) IS 'Whether two sketches have different stored forms';

CREATE FUNCTION analytics.hll_opclass_hash(analytics.hll) RETURNS integer
AS 'MODULE_PATHNAME', 'analytics_hll_opclass_hash'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_opclass_hash(analytics.hll) IS 'Hash of a sketch, for hashing it as a value';

CREATE FUNCTION analytics.hll_opclass_hash_extended(analytics.hll, bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_hll_opclass_hash_extended'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_opclass_hash_extended(analytics.hll, bigint) IS 'Hash of a sketch with a seed, for hashing it as a value';

CREATE OPERATOR CLASS analytics.hll_hash_ops DEFAULT FOR TYPE analytics.hll USING hash AS
	OPERATOR 1 analytics.= (analytics.hll, analytics.hll),
	FUNCTION 1 analytics.hll_opclass_hash(analytics.hll),
	FUNCTION 2 analytics.hll_opclass_hash_extended(analytics.hll, bigint);
COMMENT ON OPERATOR CLASS analytics.hll_hash_ops USING hash IS 'Sketches by their stored form';
COMMENT ON OPERATOR FAMILY analytics.hll_hash_ops USING hash IS 'Sketches by their stored form';

/* Aggregates. */

CREATE FUNCTION analytics.hll_agg_sfunc(analytics.hll, "any") RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_agg_sfunc'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_agg_sfunc(analytics.hll, "any") IS 'Part of hll_agg';

CREATE FUNCTION analytics.hll_agg_sfunc(analytics.hll, "any", integer) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_agg_with_sfunc'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_agg_sfunc(analytics.hll, "any", integer) IS 'Part of hll_agg';

CREATE FUNCTION analytics.hll_agg_sfunc(analytics.hll, "any", integer, text) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_agg_with_sfunc'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_agg_sfunc(analytics.hll, "any", integer, text) IS 'Part of hll_agg';

CREATE FUNCTION analytics.hll_union_sfunc(analytics.hll, analytics.hll) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_union_sfunc'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_union_sfunc(analytics.hll, analytics.hll) IS 'Part of hll_union_agg, hll_agg and approx_count_distinct';

CREATE FUNCTION analytics.hll_agg_final(analytics.hll) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_agg_final'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_agg_final(analytics.hll) IS 'Part of hll_agg and hll_union_agg';

CREATE FUNCTION analytics.approx_count_distinct_final(analytics.hll) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_approx_count_distinct_final'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.approx_count_distinct_final(analytics.hll) IS 'Part of approx_count_distinct';

CREATE AGGREGATE analytics.hll_agg(value "any") (
	SFUNC = analytics.hll_agg_sfunc,
	STYPE = analytics.hll, SSPACE = 512,
	FINALFUNC = analytics.hll_agg_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.hll_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.hll_agg("any") IS 'A sketch of the different values; NULLs are not counted';

CREATE AGGREGATE analytics.hll_agg(value "any", p integer) (
	SFUNC = analytics.hll_agg_sfunc,
	STYPE = analytics.hll, SSPACE = 512,
	FINALFUNC = analytics.hll_agg_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.hll_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.hll_agg("any", integer) IS 'A sketch of the different values, of precision 4 to 18';

CREATE AGGREGATE analytics.hll_agg(value "any", p integer, hash text) (
	SFUNC = analytics.hll_agg_sfunc,
	STYPE = analytics.hll, SSPACE = 512,
	FINALFUNC = analytics.hll_agg_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.hll_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.hll_agg("any", integer, text) IS 'A sketch of the different values, by hash murmur3 or redis';

CREATE AGGREGATE analytics.hll_union_agg(sketch analytics.hll) (
	SFUNC = analytics.hll_union_sfunc,
	STYPE = analytics.hll, SSPACE = 512,
	FINALFUNC = analytics.hll_agg_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.hll_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.hll_union_agg(analytics.hll) IS 'A sketch of the values that any of the sketches holds';

CREATE AGGREGATE analytics.approx_count_distinct(value "any") (
	SFUNC = analytics.hll_agg_sfunc,
	STYPE = analytics.hll, SSPACE = 512,
	FINALFUNC = analytics.approx_count_distinct_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.hll_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.approx_count_distinct("any") IS 'About how many different values there are; NULLs are not counted';

CREATE AGGREGATE analytics.approx_count_distinct(value "any", p integer) (
	SFUNC = analytics.hll_agg_sfunc,
	STYPE = analytics.hll, SSPACE = 512,
	FINALFUNC = analytics.approx_count_distinct_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.hll_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.approx_count_distinct("any", integer) IS 'About how many different values there are, with precision 4 to 18';

/* Making sketches. */

CREATE FUNCTION analytics.hll_empty(p integer DEFAULT 14, hash text DEFAULT 'murmur3') RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_empty'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_empty(integer, text) IS 'A sketch that holds nothing';

CREATE FUNCTION analytics.hll_add(sketch analytics.hll, value "any") RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_add'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_add(analytics.hll, "any") IS 'The sketch with a value added; a NULL adds nothing';

CREATE FUNCTION analytics.hll_hash(value "any", hash text DEFAULT 'murmur3') RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_hll_hash'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_hash("any", text) IS 'The hash by which hll_add counts a value';

CREATE FUNCTION analytics.hll_add_hash(sketch analytics.hll, hash bigint) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_add_hash'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_add_hash(analytics.hll, bigint) IS 'The sketch with the value added that has this hash';

CREATE FUNCTION analytics.hll_union(analytics.hll, analytics.hll) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_union'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_union(analytics.hll, analytics.hll) IS 'A sketch of the values that either holds, of the smaller precision';

CREATE OPERATOR analytics.|| (
	LEFTARG = analytics.hll, RIGHTARG = analytics.hll, FUNCTION = analytics.hll_union,
	COMMUTATOR = OPERATOR(analytics.||)
);
COMMENT ON OPERATOR analytics.|| (analytics.hll, analytics.hll) IS 'A sketch of the values that either holds, of the smaller precision';

CREATE FUNCTION analytics.hll_reduce(sketch analytics.hll, p integer) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_reduce'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_reduce(analytics.hll, integer) IS 'The sketch that a smaller precision would have given';

/* Reading sketches. */

CREATE FUNCTION analytics.hll_count(analytics.hll) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_hll_count'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_count(analytics.hll) IS 'About how many different values the sketch holds';

CREATE OPERATOR analytics.# (RIGHTARG = analytics.hll, FUNCTION = analytics.hll_count);
COMMENT ON OPERATOR analytics.# (NONE, analytics.hll) IS 'About how many different values the sketch holds';

CREATE FUNCTION analytics.hll_error(analytics.hll) RETURNS double precision
AS 'MODULE_PATHNAME', 'analytics_hll_error'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_error(analytics.hll) IS 'The relative standard error of the count: 0.0059 is 0.59 %';

CREATE FUNCTION analytics.hll_bounds(sketch analytics.hll, confidence double precision DEFAULT 0.95,
	OUT lower double precision, OUT upper double precision)
AS 'MODULE_PATHNAME', 'analytics_hll_bounds'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_bounds(analytics.hll, double precision) IS 'The interval that holds the true count in this share of the cases';

CREATE FUNCTION analytics.hll_intersect_count(analytics.hll, analytics.hll, confidence double precision DEFAULT 0.95,
	OUT estimate double precision, OUT lower double precision, OUT upper double precision, OUT useful boolean)
AS 'MODULE_PATHNAME', 'analytics_hll_intersect_count'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_intersect_count(analytics.hll, analytics.hll, double precision) IS
'About how many values both sketches hold, with the interval that holds the true number; useful is false where it leaves nearly all open';

CREATE FUNCTION analytics.hll_info(analytics.hll) RETURNS jsonb
AS 'MODULE_PATHNAME', 'analytics_hll_info'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_info(analytics.hll) IS 'What is known of a sketch: version, form, precision, hash, size, estimate, error';

/* Exchange with other programs. */

CREATE FUNCTION analytics.hll_from_storage(bytea) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_from_storage'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_from_storage(bytea) IS 'A sketch of postgresql-hll, java-hll or js-hll (storage specification, version 1)';

CREATE FUNCTION analytics.hll_to_storage(sketch analytics.hll, regwidth integer DEFAULT 5) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_hll_to_storage'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_to_storage(analytics.hll, integer) IS 'The sketch for postgresql-hll, java-hll and js-hll (storage specification, version 1)';

CREATE FUNCTION analytics.hll_from_redis(bytea) RETURNS analytics.hll
AS 'MODULE_PATHNAME', 'analytics_hll_from_redis'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_from_redis(bytea) IS 'A sketch of Redis: the value of a key that PFADD has made';

CREATE FUNCTION analytics.hll_to_redis(analytics.hll) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_hll_to_redis'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.hll_to_redis(analytics.hll) IS 'The sketch for Redis: what to SET a key to; it needs precision 14 and hash redis';
