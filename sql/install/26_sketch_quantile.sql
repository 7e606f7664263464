/*
 * quantile: percentiles with a relative error that no data can spoil.  A type
 * that is stored, merged and read; its aggregates.
 */

CREATE TYPE analytics.quantile;

CREATE FUNCTION analytics.quantile_in(cstring) RETURNS analytics.quantile
AS 'MODULE_PATHNAME', 'analytics_quantile_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_in(cstring) IS 'Text form of quantile: \x and the hexadecimal digits of the stored form';

CREATE FUNCTION analytics.quantile_out(analytics.quantile) RETURNS cstring
AS 'MODULE_PATHNAME', 'analytics_quantile_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_out(analytics.quantile) IS 'Text form of quantile: \x and the hexadecimal digits of the stored form';

CREATE FUNCTION analytics.quantile_recv(internal) RETURNS analytics.quantile
AS 'MODULE_PATHNAME', 'analytics_quantile_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_recv(internal) IS 'Binary form of quantile: the stored form';

CREATE FUNCTION analytics.quantile_send(analytics.quantile) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_quantile_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_send(analytics.quantile) IS 'Binary form of quantile: the stored form';

-- Not compressed: there is next to nothing left to compress.
CREATE TYPE analytics.quantile (
	INPUT = analytics.quantile_in,
	OUTPUT = analytics.quantile_out,
	RECEIVE = analytics.quantile_recv,
	SEND = analytics.quantile_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = external
);
COMMENT ON TYPE analytics.quantile IS 'A sketch of how values are distributed, for percentiles with a relative error (DDSketch)';

CREATE FUNCTION analytics.quantile(bytea) RETURNS analytics.quantile
AS 'MODULE_PATHNAME', 'analytics_quantile_from_bytea'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile(bytea) IS 'A sketch of its stored form; damaged bytes are refused';

CREATE CAST (bytea AS analytics.quantile) WITH FUNCTION analytics.quantile(bytea);
COMMENT ON CAST (bytea AS analytics.quantile) IS 'A sketch of its stored form; damaged bytes are refused';

CREATE FUNCTION analytics.quantile_to_bytea(analytics.quantile) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_quantile_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_to_bytea(analytics.quantile) IS 'The stored form of a sketch';

CREATE CAST (analytics.quantile AS bytea) WITH FUNCTION analytics.quantile_to_bytea(analytics.quantile);
COMMENT ON CAST (analytics.quantile AS bytea) IS 'The stored form of a sketch';

/* Equality, for DISTINCT, GROUP BY and EXCEPT: the same values have the same stored form.  There is no order. */

CREATE FUNCTION analytics.quantile_eq(analytics.quantile, analytics.quantile) RETURNS boolean
AS 'MODULE_PATHNAME', 'analytics_quantile_eq'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_eq(analytics.quantile, analytics.quantile) IS 'Whether two sketches have the same stored form';

CREATE FUNCTION analytics.quantile_ne(analytics.quantile, analytics.quantile) RETURNS boolean
AS 'MODULE_PATHNAME', 'analytics_quantile_ne'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_ne(analytics.quantile, analytics.quantile) IS 'Whether two sketches have different stored forms';

CREATE OPERATOR analytics.= (
	LEFTARG = analytics.quantile, RIGHTARG = analytics.quantile, FUNCTION = analytics.quantile_eq,
	COMMUTATOR = OPERATOR(analytics.=), NEGATOR = OPERATOR(analytics.<>),
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel, HASHES
);
COMMENT ON OPERATOR analytics.= (analytics.quantile, analytics.quantile) IS 'Whether two sketches have the same stored form';

CREATE OPERATOR analytics.<> (
	LEFTARG = analytics.quantile, RIGHTARG = analytics.quantile, FUNCTION = analytics.quantile_ne,
	COMMUTATOR = OPERATOR(analytics.<>), NEGATOR = OPERATOR(analytics.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR analytics.<> (analytics.quantile, analytics.quantile) IS 'Whether two sketches have different stored forms';

CREATE FUNCTION analytics.quantile_opclass_hash(analytics.quantile) RETURNS integer
AS 'MODULE_PATHNAME', 'analytics_quantile_opclass_hash'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_opclass_hash(analytics.quantile) IS 'Hash of a sketch, for hashing it as a value';

CREATE FUNCTION analytics.quantile_opclass_hash_extended(analytics.quantile, bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_quantile_opclass_hash_extended'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_opclass_hash_extended(analytics.quantile, bigint) IS 'Hash of a sketch with a seed, for hashing it as a value';

CREATE OPERATOR CLASS analytics.quantile_hash_ops DEFAULT FOR TYPE analytics.quantile USING hash AS
	OPERATOR 1 analytics.= (analytics.quantile, analytics.quantile),
	FUNCTION 1 analytics.quantile_opclass_hash(analytics.quantile),
	FUNCTION 2 analytics.quantile_opclass_hash_extended(analytics.quantile, bigint);
COMMENT ON OPERATOR CLASS analytics.quantile_hash_ops USING hash IS 'Sketches by their stored form';
COMMENT ON OPERATOR FAMILY analytics.quantile_hash_ops USING hash IS 'Sketches by their stored form';

/* Aggregates of values, and of sketches. */

CREATE FUNCTION analytics.quantile_agg_sfunc(analytics.quantile, double precision) RETURNS analytics.quantile
AS 'MODULE_PATHNAME', 'analytics_quantile_agg_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_agg_sfunc(analytics.quantile, double precision) IS 'Part of quantile_agg';

CREATE FUNCTION analytics.quantile_agg_sfunc(analytics.quantile, double precision, double precision) RETURNS analytics.quantile
AS 'MODULE_PATHNAME', 'analytics_quantile_agg_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_agg_sfunc(analytics.quantile, double precision, double precision) IS 'Part of quantile_agg';

CREATE FUNCTION analytics.quantile_union_sfunc(analytics.quantile, analytics.quantile) RETURNS analytics.quantile
AS 'MODULE_PATHNAME', 'analytics_quantile_union_sfunc'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_union_sfunc(analytics.quantile, analytics.quantile) IS 'Part of quantile_union_agg and quantile_agg';

CREATE FUNCTION analytics.quantile_agg_final(analytics.quantile) RETURNS analytics.quantile
AS 'MODULE_PATHNAME', 'analytics_quantile_agg_final'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_agg_final(analytics.quantile) IS 'Part of quantile_agg and quantile_union_agg';

CREATE AGGREGATE analytics.quantile_agg(value double precision) (
	SFUNC = analytics.quantile_agg_sfunc,
	STYPE = analytics.quantile, SSPACE = 512,
	FINALFUNC = analytics.quantile_agg_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.quantile_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.quantile_agg(double precision) IS 'A sketch of the values, for percentiles within 1 %; NULLs are ignored';

CREATE AGGREGATE analytics.quantile_agg(value double precision, accuracy double precision) (
	SFUNC = analytics.quantile_agg_sfunc,
	STYPE = analytics.quantile, SSPACE = 512,
	FINALFUNC = analytics.quantile_agg_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.quantile_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.quantile_agg(double precision, double precision) IS 'A sketch of the values, for percentiles within the accuracy, 0.001 to 0.2';

CREATE AGGREGATE analytics.quantile_union_agg(sketch analytics.quantile) (
	SFUNC = analytics.quantile_union_sfunc,
	STYPE = analytics.quantile, SSPACE = 512,
	FINALFUNC = analytics.quantile_agg_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.quantile_union_sfunc, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.quantile_union_agg(analytics.quantile) IS 'A sketch of all values that the sketches were made of';

/* Percentiles in one call. */

CREATE FUNCTION analytics.approx_percentile_sfunc(bytea, double precision, double precision) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_approx_percentile_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.approx_percentile_sfunc(bytea, double precision, double precision) IS 'Part of approx_percentile';

CREATE FUNCTION analytics.approx_percentile_sfunc(bytea, double precision, double precision, double precision) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_approx_percentile_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.approx_percentile_sfunc(bytea, double precision, double precision, double precision) IS 'Part of approx_percentile';

CREATE FUNCTION analytics.approx_percentile_sfunc(bytea, double precision, double precision[]) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_approx_percentile_array_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.approx_percentile_sfunc(bytea, double precision, double precision[]) IS 'Part of approx_percentile';

CREATE FUNCTION analytics.approx_percentile_sfunc(bytea, double precision, double precision[], double precision) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_approx_percentile_array_sfunc'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION analytics.approx_percentile_sfunc(bytea, double precision, double precision[], double precision) IS 'Part of approx_percentile';

CREATE FUNCTION analytics.approx_percentile_combine(bytea, bytea) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_approx_percentile_combine'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.approx_percentile_combine(bytea, bytea) IS 'Part of approx_percentile';

CREATE FUNCTION analytics.approx_percentile_final(bytea) RETURNS double precision
AS 'MODULE_PATHNAME', 'analytics_approx_percentile_final'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.approx_percentile_final(bytea) IS 'Part of approx_percentile';

CREATE FUNCTION analytics.approx_percentile_array_final(bytea) RETURNS double precision[]
AS 'MODULE_PATHNAME', 'analytics_approx_percentile_array_final'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.approx_percentile_array_final(bytea) IS 'Part of approx_percentile';

CREATE AGGREGATE analytics.approx_percentile(value double precision, fraction double precision) (
	SFUNC = analytics.approx_percentile_sfunc,
	STYPE = bytea, SSPACE = 512,
	FINALFUNC = analytics.approx_percentile_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.approx_percentile_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.approx_percentile(double precision, double precision) IS 'The value that percentile_disc(fraction) returns, within 1 % of it; NULLs are ignored';

CREATE AGGREGATE analytics.approx_percentile(value double precision, fraction double precision, accuracy double precision) (
	SFUNC = analytics.approx_percentile_sfunc,
	STYPE = bytea, SSPACE = 512,
	FINALFUNC = analytics.approx_percentile_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.approx_percentile_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.approx_percentile(double precision, double precision, double precision) IS 'The value that percentile_disc(fraction) returns, within the accuracy of it';

CREATE AGGREGATE analytics.approx_percentile(value double precision, fractions double precision[]) (
	SFUNC = analytics.approx_percentile_sfunc,
	STYPE = bytea, SSPACE = 512,
	FINALFUNC = analytics.approx_percentile_array_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.approx_percentile_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.approx_percentile(double precision, double precision[]) IS 'The values that percentile_disc(fractions) returns, within 1 % of them; NULLs are ignored';

CREATE AGGREGATE analytics.approx_percentile(value double precision, fractions double precision[], accuracy double precision) (
	SFUNC = analytics.approx_percentile_sfunc,
	STYPE = bytea, SSPACE = 512,
	FINALFUNC = analytics.approx_percentile_array_final, FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = analytics.approx_percentile_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.approx_percentile(double precision, double precision[], double precision) IS 'The values that percentile_disc(fractions) returns, within the accuracy of them';

/* Merging and reading sketches. */

CREATE FUNCTION analytics.quantile_union(analytics.quantile, analytics.quantile) RETURNS analytics.quantile
AS 'MODULE_PATHNAME', 'analytics_quantile_union'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_union(analytics.quantile, analytics.quantile) IS 'A sketch of the values of both; their accuracies must be the same';

CREATE OPERATOR analytics.|| (
	LEFTARG = analytics.quantile, RIGHTARG = analytics.quantile, FUNCTION = analytics.quantile_union,
	COMMUTATOR = OPERATOR(analytics.||)
);
COMMENT ON OPERATOR analytics.|| (analytics.quantile, analytics.quantile) IS 'A sketch of the values of both; their accuracies must be the same';

CREATE FUNCTION analytics.approx_quantile(sketch analytics.quantile, fraction double precision) RETURNS double precision
AS 'MODULE_PATHNAME', 'analytics_approx_quantile'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.approx_quantile(analytics.quantile, double precision) IS 'The value that percentile_disc(fraction) returns, within the accuracy of the sketch';

CREATE FUNCTION analytics.approx_quantile(sketch analytics.quantile, fractions double precision[]) RETURNS double precision[]
AS 'MODULE_PATHNAME', 'analytics_approx_quantile_array'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.approx_quantile(analytics.quantile, double precision[]) IS 'The values that percentile_disc(fractions) returns, within the accuracy of the sketch';

CREATE FUNCTION analytics.quantile_rank(sketch analytics.quantile, value double precision) RETURNS double precision
AS 'MODULE_PATHNAME', 'analytics_quantile_rank'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_rank(analytics.quantile, double precision) IS 'The share of values, 0 to 1, that are at most this one, counting the whole of its bin';

CREATE FUNCTION analytics.quantile_count(sketch analytics.quantile) RETURNS bigint
AS 'MODULE_PATHNAME', 'analytics_quantile_count'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_count(analytics.quantile) IS 'How many values there are, exactly';

CREATE FUNCTION analytics.quantile_sum(sketch analytics.quantile) RETURNS double precision
AS 'MODULE_PATHNAME', 'analytics_quantile_sum'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_sum(analytics.quantile) IS 'The sum of the values, exact but for one rounding';

CREATE FUNCTION analytics.quantile_avg(sketch analytics.quantile) RETURNS double precision
AS 'MODULE_PATHNAME', 'analytics_quantile_avg'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_avg(analytics.quantile) IS 'The average of the values, exact but for one rounding';

CREATE FUNCTION analytics.quantile_min(sketch analytics.quantile) RETURNS double precision
AS 'MODULE_PATHNAME', 'analytics_quantile_min'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_min(analytics.quantile) IS 'The least value, exactly';

CREATE FUNCTION analytics.quantile_max(sketch analytics.quantile) RETURNS double precision
AS 'MODULE_PATHNAME', 'analytics_quantile_max'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_max(analytics.quantile) IS 'The greatest value, exactly';

CREATE FUNCTION analytics.quantile_info(sketch analytics.quantile) RETURNS jsonb
AS 'MODULE_PATHNAME', 'analytics_quantile_info'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.quantile_info(analytics.quantile) IS 'What is known of a sketch: version, form, accuracy, count, bins, size, min, max, sum, avg';
