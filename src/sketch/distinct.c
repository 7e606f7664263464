/*
 * distinct.c - count_distinct, distinct_agg, distinct_union_agg, distinct_union, distinct_count
 *
 * The state of all three aggregates is a distinct_set.  While it grows it is an
 * AnDistinct, whose context is shared by all groups (sketch/state.h); between
 * processes it travels flat.
 */
#include "sketch/distinct.h"

/* Returns the type of the values, looked up at the first call of a call site. */
static AnDistinctType *
argument_type(FunctionCallInfo fcinfo)
{
	AnDistinctType *type = fcinfo->flinfo->fn_extra;
	Oid declared;

	if (type)
		return type;
	declared = get_fn_expr_argtype(fcinfo->flinfo, 1);
	if (!OidIsValid(declared))
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE),
						errmsg("could not determine the type of the values to count")));
	type = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(AnDistinctType));
	an_distinct_type_init(type, declared, PG_GET_COLLATION(), fcinfo->flinfo->fn_mcxt);
	fcinfo->flinfo->fn_extra = type;
	return type;
}

/*
 * Returns the state to add to, argument 0: as it is while it grows, or grown from
 * a flat one.  Raises 42809 outside an aggregate.
 */
static AnDistinct *
growing(FunctionCallInfo fcinfo, AnDistinctType *type, const char *function)
{
	MemoryContext context;
	AnDistinct *set;
	AnDistinctType own;
	Datum flat;

	if (!PG_ARGISNULL(0) && VARATT_IS_EXTERNAL_EXPANDED_RW(PG_GETARG_POINTER(0)))
		return an_distinct_state(PG_GETARG_DATUM(0));
	context = an_sketch_context(fcinfo, function);
	if (PG_ARGISNULL(0))
		return an_distinct_new(context, type);
	flat = an_object_argument(fcinfo, 0);
	an_distinct_type_of(flat, &own);
	set = an_distinct_new(context, &own);
	an_distinct_merge(set, type, flat);
	return set;
}

/* The transition of count_distinct and distinct_agg, the value not NULL. */
static Datum
add_value(FunctionCallInfo fcinfo, AnDistinctType *type, const char *function)
{
	AnDistinct *set = growing(fcinfo, type, function);

	if (set->form != type->form || set->kind != type->kind ||
		(set->kind == AN_DISTINCT_OTHER &&
		 (set->type != type->type || set->collation != type->collation)))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the state of \"%s\" holds values of another type", function)));
	an_distinct_add(set, type, PG_GETARG_DATUM(1));
	return EOHPGetRWDatum(&set->header);
}

/* The state as it is, where there is nothing to add. */
static Datum
unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* count_distinct_sfunc(state, value): NULL is not counted. */
AN_SQL(count_distinct_sfunc)
{
	if (PG_ARGISNULL(1))
		return unchanged(fcinfo);
	return add_value(fcinfo, argument_type(fcinfo), "count_distinct_sfunc");
}

/* distinct_agg_sfunc(state, value): the same for types whose sets can be stored. */
AN_SQL(distinct_agg_sfunc)
{
	AnDistinctType *type = argument_type(fcinfo);

	an_distinct_require_kind(type->kind, type->type);
	if (PG_ARGISNULL(1))
		return unchanged(fcinfo);
	return add_value(fcinfo, type, "distinct_agg_sfunc");
}

/* The functions of the type that a set holds, for those that have to be asked. */
static AnDistinctType *
set_type(FunctionCallInfo fcinfo, const AnDistinctType *held)
{
	AnDistinctType *type = fcinfo->flinfo->fn_extra;

	if (!type)
	{
		type = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(AnDistinctType));
		fcinfo->flinfo->fn_extra = type;
	}
	if (held->form == AN_DISTINCT_VALUES &&
		(type->type != held->type || type->collation != held->collation))
		an_distinct_type_init(type, held->type, held->collation, fcinfo->flinfo->fn_mcxt);
	return type;
}

/* Adds set argument 1 to the state. */
static Datum
add_set(FunctionCallInfo fcinfo, const char *function)
{
	AnDistinctType held;
	AnDistinctType *type;
	AnDistinct *set;
	Datum other;

	if (PG_ARGISNULL(1))
		return unchanged(fcinfo);
	other = an_object_argument(fcinfo, 1);
	an_distinct_type_of(other, &held);
	type = set_type(fcinfo, &held);
	set = growing(fcinfo, type->form == AN_DISTINCT_VALUES ? type : &held, function);
	an_distinct_merge(set, type, other);
	return EOHPGetRWDatum(&set->header);
}

/* distinct_combine(state, state). */
AN_SQL(distinct_combine)
{
	return add_set(fcinfo, "distinct_combine");
}

/* distinct_union_agg_sfunc(state, distinct_set): NULL is no set. */
AN_SQL(distinct_union_agg_sfunc)
{
	return add_set(fcinfo, "distinct_union_agg_sfunc");
}

/* count_distinct_final(state): 0 for nothing. */
AN_SQL(count_distinct_final)
{
	PG_RETURN_INT64(PG_ARGISNULL(0) ? 0 : (int64) an_distinct_count(PG_GETARG_DATUM(0)));
}

/* distinct_agg_final(state): the stored form. */
AN_SQL(distinct_agg_final)
{
	PG_RETURN_POINTER(an_distinct_stored(an_object_argument(fcinfo, 0)));
}

/* distinct_count(distinct_set). */
AN_SQL(distinct_count)
{
	PG_RETURN_INT64((int64) an_distinct_count(PG_GETARG_DATUM(0)));
}

/* distinct_union(distinct_set, distinct_set). */
AN_SQL(distinct_union)
{
	Datum one = an_object_argument(fcinfo, 0);
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "distinct union", ALLOCSET_DEFAULT_SIZES);
	AnDistinctType held;
	AnDistinctType *type;
	AnDistinct *set;
	struct varlena *flat;

	an_distinct_type_of(one, &held);
	type = set_type(fcinfo, &held);
	set = an_distinct_new(context, &held);
	an_distinct_merge(set, type, one);
	an_distinct_merge(set, type, an_object_argument(fcinfo, 1));
	flat = an_distinct_stored(EOHPGetRWDatum(&set->header));
	MemoryContextDelete(context);
	PG_RETURN_POINTER(flat);
}
