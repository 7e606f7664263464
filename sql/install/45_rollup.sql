/*
 * rollup: the type of the column "_x" that tells which transaction brought a row.
 */
CREATE TYPE analytics.inserted_by;

CREATE FUNCTION analytics.inserted_by_in(cstring) RETURNS analytics.inserted_by
AS 'MODULE_PATHNAME', 'analytics_inserted_by_in'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.inserted_by_in(cstring) IS
'Input: whatever number is given, the id of the current transaction';

CREATE FUNCTION analytics.inserted_by_out(analytics.inserted_by) RETURNS cstring
AS 'MODULE_PATHNAME', 'analytics_inserted_by_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.inserted_by_out(analytics.inserted_by) IS
'Output: the id of the inserting transaction as an unsigned number';

CREATE FUNCTION analytics.inserted_by_recv(internal) RETURNS analytics.inserted_by
AS 'MODULE_PATHNAME', 'analytics_inserted_by_recv'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.inserted_by_recv(internal) IS
'Binary input: whatever number is given, the id of the current transaction';

CREATE FUNCTION analytics.inserted_by_send(analytics.inserted_by) RETURNS bytea
AS 'MODULE_PATHNAME', 'analytics_inserted_by_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.inserted_by_send(analytics.inserted_by) IS
'Binary output: the id of the inserting transaction, eight bytes';

CREATE TYPE analytics.inserted_by (
    INPUT = analytics.inserted_by_in,
    OUTPUT = analytics.inserted_by_out,
    RECEIVE = analytics.inserted_by_recv,
    SEND = analytics.inserted_by_send,
    LIKE = pg_catalog.int8
);
COMMENT ON TYPE analytics.inserted_by IS
'Id of the top-level transaction that inserted a row; whatever is put in, it becomes that of the current one';

CREATE FUNCTION analytics.current_xid() RETURNS analytics.inserted_by
AS 'MODULE_PATHNAME', 'analytics_current_xid'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION analytics.current_xid() IS
'Id of the current top-level transaction, 64 bits: the default of the column "_x" of a captured table';

CREATE FUNCTION analytics.inserted_elsewhere(value analytics.inserted_by) RETURNS boolean
AS 'MODULE_PATHNAME', 'analytics_inserted_elsewhere'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION analytics.inserted_elsewhere(analytics.inserted_by) IS
'Whether a value is another than that of the current transaction, or NULL; for the trigger of a captured table';

/*
 * Comparison: that of bigint, which has the same bytes.  With bigint too, since a literal that is compared
 * with a value of this type would be read as one, and become the current transaction.
 */
CREATE FUNCTION analytics.inserted_by_lt(analytics.inserted_by, analytics.inserted_by) RETURNS boolean
AS 'int8lt'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_lt(analytics.inserted_by, analytics.inserted_by) IS 'Implementation of <';

CREATE FUNCTION analytics.inserted_by_le(analytics.inserted_by, analytics.inserted_by) RETURNS boolean
AS 'int8le'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_le(analytics.inserted_by, analytics.inserted_by) IS 'Implementation of <=';

CREATE FUNCTION analytics.inserted_by_eq(analytics.inserted_by, analytics.inserted_by) RETURNS boolean
AS 'int8eq'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_eq(analytics.inserted_by, analytics.inserted_by) IS 'Implementation of =';

CREATE FUNCTION analytics.inserted_by_ne(analytics.inserted_by, analytics.inserted_by) RETURNS boolean
AS 'int8ne'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_ne(analytics.inserted_by, analytics.inserted_by) IS 'Implementation of <>';

CREATE FUNCTION analytics.inserted_by_ge(analytics.inserted_by, analytics.inserted_by) RETURNS boolean
AS 'int8ge'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_ge(analytics.inserted_by, analytics.inserted_by) IS 'Implementation of >=';

CREATE FUNCTION analytics.inserted_by_gt(analytics.inserted_by, analytics.inserted_by) RETURNS boolean
AS 'int8gt'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_gt(analytics.inserted_by, analytics.inserted_by) IS 'Implementation of >';

CREATE FUNCTION analytics.inserted_by_lt_bigint(analytics.inserted_by, bigint) RETURNS boolean
AS 'int8lt'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_lt_bigint(analytics.inserted_by, bigint) IS 'Implementation of <';

CREATE FUNCTION analytics.inserted_by_le_bigint(analytics.inserted_by, bigint) RETURNS boolean
AS 'int8le'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_le_bigint(analytics.inserted_by, bigint) IS 'Implementation of <=';

CREATE FUNCTION analytics.inserted_by_eq_bigint(analytics.inserted_by, bigint) RETURNS boolean
AS 'int8eq'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_eq_bigint(analytics.inserted_by, bigint) IS 'Implementation of =';

CREATE FUNCTION analytics.inserted_by_ne_bigint(analytics.inserted_by, bigint) RETURNS boolean
AS 'int8ne'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_ne_bigint(analytics.inserted_by, bigint) IS 'Implementation of <>';

CREATE FUNCTION analytics.inserted_by_ge_bigint(analytics.inserted_by, bigint) RETURNS boolean
AS 'int8ge'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_ge_bigint(analytics.inserted_by, bigint) IS 'Implementation of >=';

CREATE FUNCTION analytics.inserted_by_gt_bigint(analytics.inserted_by, bigint) RETURNS boolean
AS 'int8gt'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_gt_bigint(analytics.inserted_by, bigint) IS 'Implementation of >';

CREATE FUNCTION analytics.bigint_lt_inserted_by(bigint, analytics.inserted_by) RETURNS boolean
AS 'int8lt'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.bigint_lt_inserted_by(bigint, analytics.inserted_by) IS 'Implementation of <';

CREATE FUNCTION analytics.bigint_le_inserted_by(bigint, analytics.inserted_by) RETURNS boolean
AS 'int8le'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.bigint_le_inserted_by(bigint, analytics.inserted_by) IS 'Implementation of <=';

CREATE FUNCTION analytics.bigint_eq_inserted_by(bigint, analytics.inserted_by) RETURNS boolean
AS 'int8eq'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.bigint_eq_inserted_by(bigint, analytics.inserted_by) IS 'Implementation of =';

CREATE FUNCTION analytics.bigint_ne_inserted_by(bigint, analytics.inserted_by) RETURNS boolean
AS 'int8ne'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.bigint_ne_inserted_by(bigint, analytics.inserted_by) IS 'Implementation of <>';

CREATE FUNCTION analytics.bigint_ge_inserted_by(bigint, analytics.inserted_by) RETURNS boolean
AS 'int8ge'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.bigint_ge_inserted_by(bigint, analytics.inserted_by) IS 'Implementation of >=';

CREATE FUNCTION analytics.bigint_gt_inserted_by(bigint, analytics.inserted_by) RETURNS boolean
AS 'int8gt'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.bigint_gt_inserted_by(bigint, analytics.inserted_by) IS 'Implementation of >';

CREATE FUNCTION analytics.tail_selectivity(internal, oid, internal, integer) RETURNS float8
AS 'MODULE_PATHNAME', 'analytics_tail_selectivity'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.tail_selectivity(internal, oid, internal, integer) IS
'For the planner: rows that are newer than a rollup are few';

CREATE OPERATOR analytics.< (
    FUNCTION = analytics.inserted_by_lt,
    LEFTARG = analytics.inserted_by, RIGHTARG = analytics.inserted_by,
    COMMUTATOR = OPERATOR(analytics.>), NEGATOR = OPERATOR(analytics.>=),
    RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR analytics.< (analytics.inserted_by, analytics.inserted_by) IS 'Less than';

CREATE OPERATOR analytics.<= (
    FUNCTION = analytics.inserted_by_le,
    LEFTARG = analytics.inserted_by, RIGHTARG = analytics.inserted_by,
    COMMUTATOR = OPERATOR(analytics.>=), NEGATOR = OPERATOR(analytics.>),
    RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR analytics.<= (analytics.inserted_by, analytics.inserted_by) IS 'Less than or equal';

CREATE OPERATOR analytics.= (
    FUNCTION = analytics.inserted_by_eq,
    LEFTARG = analytics.inserted_by, RIGHTARG = analytics.inserted_by,
    COMMUTATOR = OPERATOR(analytics.=), NEGATOR = OPERATOR(analytics.<>),
    RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel,
    MERGES
);
COMMENT ON OPERATOR analytics.= (analytics.inserted_by, analytics.inserted_by) IS 'Equal';

CREATE OPERATOR analytics.<> (
    FUNCTION = analytics.inserted_by_ne,
    LEFTARG = analytics.inserted_by, RIGHTARG = analytics.inserted_by,
    COMMUTATOR = OPERATOR(analytics.<>), NEGATOR = OPERATOR(analytics.=),
    RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR analytics.<> (analytics.inserted_by, analytics.inserted_by) IS 'Not equal';

CREATE OPERATOR analytics.>= (
    FUNCTION = analytics.inserted_by_ge,
    LEFTARG = analytics.inserted_by, RIGHTARG = analytics.inserted_by,
    COMMUTATOR = OPERATOR(analytics.<=), NEGATOR = OPERATOR(analytics.<),
    RESTRICT = analytics.tail_selectivity, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR analytics.>= (analytics.inserted_by, analytics.inserted_by) IS 'Greater than or equal';

CREATE OPERATOR analytics.> (
    FUNCTION = analytics.inserted_by_gt,
    LEFTARG = analytics.inserted_by, RIGHTARG = analytics.inserted_by,
    COMMUTATOR = OPERATOR(analytics.<), NEGATOR = OPERATOR(analytics.<=),
    RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR analytics.> (analytics.inserted_by, analytics.inserted_by) IS 'Greater than';

CREATE OPERATOR analytics.< (
    FUNCTION = analytics.inserted_by_lt_bigint,
    LEFTARG = analytics.inserted_by, RIGHTARG = bigint,
    COMMUTATOR = OPERATOR(analytics.>), NEGATOR = OPERATOR(analytics.>=),
    RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR analytics.< (analytics.inserted_by, bigint) IS 'Less than';

CREATE OPERATOR analytics.<= (
    FUNCTION = analytics.inserted_by_le_bigint,
    LEFTARG = analytics.inserted_by, RIGHTARG = bigint,
    COMMUTATOR = OPERATOR(analytics.>=), NEGATOR = OPERATOR(analytics.>),
    RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR analytics.<= (analytics.inserted_by, bigint) IS 'Less than or equal';

CREATE OPERATOR analytics.= (
    FUNCTION = analytics.inserted_by_eq_bigint,
    LEFTARG = analytics.inserted_by, RIGHTARG = bigint,
    COMMUTATOR = OPERATOR(analytics.=), NEGATOR = OPERATOR(analytics.<>),
    RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel,
    MERGES
);
COMMENT ON OPERATOR analytics.= (analytics.inserted_by, bigint) IS 'Equal';

CREATE OPERATOR analytics.<> (
    FUNCTION = analytics.inserted_by_ne_bigint,
    LEFTARG = analytics.inserted_by, RIGHTARG = bigint,
    COMMUTATOR = OPERATOR(analytics.<>), NEGATOR = OPERATOR(analytics.=),
    RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR analytics.<> (analytics.inserted_by, bigint) IS 'Not equal';

CREATE OPERATOR analytics.>= (
    FUNCTION = analytics.inserted_by_ge_bigint,
    LEFTARG = analytics.inserted_by, RIGHTARG = bigint,
    COMMUTATOR = OPERATOR(analytics.<=), NEGATOR = OPERATOR(analytics.<),
    RESTRICT = analytics.tail_selectivity, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR analytics.>= (analytics.inserted_by, bigint) IS 'Greater than or equal';

CREATE OPERATOR analytics.> (
    FUNCTION = analytics.inserted_by_gt_bigint,
    LEFTARG = analytics.inserted_by, RIGHTARG = bigint,
    COMMUTATOR = OPERATOR(analytics.<), NEGATOR = OPERATOR(analytics.<=),
    RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR analytics.> (analytics.inserted_by, bigint) IS 'Greater than';

CREATE OPERATOR analytics.< (
    FUNCTION = analytics.bigint_lt_inserted_by,
    LEFTARG = bigint, RIGHTARG = analytics.inserted_by,
    COMMUTATOR = OPERATOR(analytics.>), NEGATOR = OPERATOR(analytics.>=),
    RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR analytics.< (bigint, analytics.inserted_by) IS 'Less than';

CREATE OPERATOR analytics.<= (
    FUNCTION = analytics.bigint_le_inserted_by,
    LEFTARG = bigint, RIGHTARG = analytics.inserted_by,
    COMMUTATOR = OPERATOR(analytics.>=), NEGATOR = OPERATOR(analytics.>),
    RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR analytics.<= (bigint, analytics.inserted_by) IS 'Less than or equal';

CREATE OPERATOR analytics.= (
    FUNCTION = analytics.bigint_eq_inserted_by,
    LEFTARG = bigint, RIGHTARG = analytics.inserted_by,
    COMMUTATOR = OPERATOR(analytics.=), NEGATOR = OPERATOR(analytics.<>),
    RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel,
    MERGES
);
COMMENT ON OPERATOR analytics.= (bigint, analytics.inserted_by) IS 'Equal';

CREATE OPERATOR analytics.<> (
    FUNCTION = analytics.bigint_ne_inserted_by,
    LEFTARG = bigint, RIGHTARG = analytics.inserted_by,
    COMMUTATOR = OPERATOR(analytics.<>), NEGATOR = OPERATOR(analytics.=),
    RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR analytics.<> (bigint, analytics.inserted_by) IS 'Not equal';

CREATE OPERATOR analytics.>= (
    FUNCTION = analytics.bigint_ge_inserted_by,
    LEFTARG = bigint, RIGHTARG = analytics.inserted_by,
    COMMUTATOR = OPERATOR(analytics.<=), NEGATOR = OPERATOR(analytics.<),
    RESTRICT = analytics.tail_selectivity, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR analytics.>= (bigint, analytics.inserted_by) IS 'Greater than or equal';

CREATE OPERATOR analytics.> (
    FUNCTION = analytics.bigint_gt_inserted_by,
    LEFTARG = bigint, RIGHTARG = analytics.inserted_by,
    COMMUTATOR = OPERATOR(analytics.<), NEGATOR = OPERATOR(analytics.<=),
    RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR analytics.> (bigint, analytics.inserted_by) IS 'Greater than';

CREATE FUNCTION analytics.inserted_by_cmp(analytics.inserted_by, analytics.inserted_by) RETURNS integer
AS 'btint8cmp'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_cmp(analytics.inserted_by, analytics.inserted_by) IS 'Less than, equal or greater: -1, 0 or 1';

CREATE FUNCTION analytics.inserted_by_cmp_bigint(analytics.inserted_by, bigint) RETURNS integer
AS 'btint8cmp'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.inserted_by_cmp_bigint(analytics.inserted_by, bigint) IS 'Less than, equal or greater: -1, 0 or 1';

CREATE FUNCTION analytics.bigint_cmp_inserted_by(bigint, analytics.inserted_by) RETURNS integer
AS 'btint8cmp'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION analytics.bigint_cmp_inserted_by(bigint, analytics.inserted_by) IS 'Less than, equal or greater: -1, 0 or 1';

CREATE OPERATOR FAMILY analytics.inserted_by_ops USING btree;
COMMENT ON OPERATOR FAMILY analytics.inserted_by_ops USING btree IS 'Order of inserted_by, also against bigint';
CREATE OPERATOR CLASS analytics.inserted_by_ops DEFAULT FOR TYPE analytics.inserted_by
USING btree FAMILY analytics.inserted_by_ops AS
    OPERATOR 1 analytics.<,
    OPERATOR 2 analytics.<=,
    OPERATOR 3 analytics.=,
    OPERATOR 4 analytics.>=,
    OPERATOR 5 analytics.>,
    FUNCTION 1 analytics.inserted_by_cmp(analytics.inserted_by, analytics.inserted_by);
COMMENT ON OPERATOR CLASS analytics.inserted_by_ops USING btree IS 'Order of inserted_by';
ALTER OPERATOR FAMILY analytics.inserted_by_ops USING btree ADD
    OPERATOR 1 analytics.< (analytics.inserted_by, bigint),
    OPERATOR 2 analytics.<= (analytics.inserted_by, bigint),
    OPERATOR 3 analytics.= (analytics.inserted_by, bigint),
    OPERATOR 4 analytics.>= (analytics.inserted_by, bigint),
    OPERATOR 5 analytics.> (analytics.inserted_by, bigint),
    OPERATOR 1 analytics.< (bigint, analytics.inserted_by),
    OPERATOR 2 analytics.<= (bigint, analytics.inserted_by),
    OPERATOR 3 analytics.= (bigint, analytics.inserted_by),
    OPERATOR 4 analytics.>= (bigint, analytics.inserted_by),
    OPERATOR 5 analytics.> (bigint, analytics.inserted_by),
    FUNCTION 1 (analytics.inserted_by, bigint) analytics.inserted_by_cmp_bigint(analytics.inserted_by, bigint),
    FUNCTION 1 (bigint, analytics.inserted_by) analytics.bigint_cmp_inserted_by(bigint, analytics.inserted_by);

CREATE OPERATOR FAMILY analytics.inserted_by_minmax_ops USING brin;
COMMENT ON OPERATOR FAMILY analytics.inserted_by_minmax_ops USING brin IS 'Ranges of inserted_by by their ends, also against bigint';
CREATE OPERATOR CLASS analytics.inserted_by_minmax_ops DEFAULT FOR TYPE analytics.inserted_by
USING brin FAMILY analytics.inserted_by_minmax_ops AS
    OPERATOR 1 analytics.<,
    OPERATOR 2 analytics.<=,
    OPERATOR 3 analytics.=,
    OPERATOR 4 analytics.>=,
    OPERATOR 5 analytics.>,
    FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
    FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
    FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
    FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS analytics.inserted_by_minmax_ops USING brin IS 'Ranges of inserted_by by their ends';
ALTER OPERATOR FAMILY analytics.inserted_by_minmax_ops USING brin ADD
    OPERATOR 1 analytics.< (analytics.inserted_by, bigint),
    OPERATOR 2 analytics.<= (analytics.inserted_by, bigint),
    OPERATOR 3 analytics.= (analytics.inserted_by, bigint),
    OPERATOR 4 analytics.>= (analytics.inserted_by, bigint),
    OPERATOR 5 analytics.> (analytics.inserted_by, bigint);

CREATE CAST (analytics.inserted_by AS bigint) WITHOUT FUNCTION;
COMMENT ON CAST (analytics.inserted_by AS bigint) IS 'The transaction''s id as a number; there is no way back';
CREATE CAST (analytics.inserted_by AS pg_catalog.xid8) WITHOUT FUNCTION;
COMMENT ON CAST (analytics.inserted_by AS pg_catalog.xid8) IS 'The transaction''s id for pg_visible_in_snapshot; there is no way back';

CREATE FUNCTION analytics.seen(inserted_by analytics.inserted_by, snapshot pg_catalog.pg_snapshot) RETURNS boolean
AS 'pg_visible_in_snapshot'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.seen(analytics.inserted_by, pg_catalog.pg_snapshot) IS
'Whether the transaction that inserted a row was over for a snapshot: then the cells of a rollup of that snapshot hold the row';

CREATE FUNCTION analytics.tail_handler(internal) RETURNS pg_catalog.index_am_handler
AS 'MODULE_PATHNAME', 'analytics_tail_handler'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION analytics.tail_handler(internal) IS 'Handler of the index access method analytics_tail';
REVOKE ALL ON FUNCTION analytics.tail_handler(internal) FROM PUBLIC;

CREATE ACCESS METHOD analytics_tail TYPE INDEX HANDLER analytics.tail_handler;
COMMENT ON ACCESS METHOD analytics_tail IS 'BRIN that looks at the column "_x" once for the rows that a statement inserts into a page';

CREATE OPERATOR FAMILY analytics.inserted_by_tail_ops USING analytics_tail;
COMMENT ON OPERATOR FAMILY analytics.inserted_by_tail_ops USING analytics_tail IS 'Ranges of inserted_by by their ends, also against bigint';
CREATE OPERATOR CLASS analytics.inserted_by_tail_ops DEFAULT FOR TYPE analytics.inserted_by
USING analytics_tail FAMILY analytics.inserted_by_tail_ops AS
    OPERATOR 1 analytics.<,
    OPERATOR 2 analytics.<=,
    OPERATOR 3 analytics.=,
    OPERATOR 4 analytics.>=,
    OPERATOR 5 analytics.>,
    FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
    FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
    FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
    FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS analytics.inserted_by_tail_ops USING analytics_tail IS 'Ranges of inserted_by by their ends';
ALTER OPERATOR FAMILY analytics.inserted_by_tail_ops USING analytics_tail ADD
    OPERATOR 1 analytics.< (analytics.inserted_by, bigint),
    OPERATOR 2 analytics.<= (analytics.inserted_by, bigint),
    OPERATOR 3 analytics.= (analytics.inserted_by, bigint),
    OPERATOR 4 analytics.>= (analytics.inserted_by, bigint),
    OPERATOR 5 analytics.> (analytics.inserted_by, bigint);
