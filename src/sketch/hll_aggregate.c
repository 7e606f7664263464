/*
 * hll_aggregate.c - the aggregates of hll: hll_agg, approx_count_distinct,
 * hll_union_agg
 *
 * The state is a value of type hll: an expanded object from the first value on,
 * or from the second sketch on, for the functions that merge are strict.  What
 * travels between processes is its flat form.  See state.h for where it lives.
 */
#include "sketch/hll_object.h"
#include "sketch/state.h"
#include "base/value.h"

static AnHllObject *
new_state(FunctionCallInfo fcinfo, const char *function, int precision, AnHllHash hash);
static AnHllObject *add(FunctionCallInfo fcinfo, AnHllObject *state);

/* Returns the state where it is what these functions leave, NULL at the beginning of a group, or for a flat one. */
static inline AnHllObject *
growing_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0) || fcinfo->context == NULL ||
		!VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))))
		return NULL;
	return an_hll_object(PG_GETARG_DATUM(0));
}

/* Tells whether a value needs no memory, and its hash is the usual one. */
static inline bool
goes_into_registers(const AnHllObject *state)
{
	return state->hll.dense && !state->hll.hll_only && state->hll.hash == AN_HLL_MURMUR3 &&
		   state->stored == NULL;
}

/* A value that is NULL leaves the state as it is. */
static Datum
unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* hll_agg(value) and approx_count_distinct(value) */
AN_SQL(hll_agg_sfunc)
{
	AnHllObject *state;
	const AnValue *value = fcinfo->flinfo->fn_extra;

	if (PG_ARGISNULL(1))
		return unchanged(fcinfo);
	state = growing_state(fcinfo);
	/* Most rows of most queries: a bigint into registers.  Without a call the compiler saves nothing on the stack. */
	if (likely(state && value) && value->kind == AN_VALUE_INT8 && goes_into_registers(state))
	{
		an_hll_add(&state->hll, an_murmur3_int64(PG_GETARG_INT64(1)), &state->memory);
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	if (unlikely(state == NULL))
		state = new_state(fcinfo, "hll_agg_sfunc", AN_HLL_PRECISION_DEFAULT, AN_HLL_MURMUR3);
	PG_RETURN_DATUM(EOHPGetRWDatum(&add(fcinfo, state)->header));
}

/* hll_agg(value, precision [, hash]) and approx_count_distinct(value, precision) */
AN_SQL(hll_agg_with_sfunc)
{
	AnHllObject *state;
	int32 precision = PG_ARGISNULL(2) ? AN_HLL_PRECISION_DEFAULT : PG_GETARG_INT32(2);
	AnHllHash hash = AN_HLL_MURMUR3;

	if (PG_ARGISNULL(1))
		return unchanged(fcinfo);
	if (PG_NARGS() > 3 && !PG_ARGISNULL(3))
		hash = an_hll_hash_parse(VARDATA_ANY(PG_GETARG_TEXT_PP(3)),
								 VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(3)));
	state = growing_state(fcinfo);
	if (unlikely(state == NULL))
		state = new_state(fcinfo, "hll_agg_sfunc", precision, hash);
	if (state->hll.precision != precision)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("precision must be the same for all rows of a group, not %d and %d",
							   state->hll.precision, precision)));
	if (state->hll.hash != hash)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("hash must be the same for all rows of a group, not %s and %s",
							   an_hll_hash_name(state->hll.hash), an_hll_hash_name(hash))));
	PG_RETURN_DATUM(EOHPGetRWDatum(&add(fcinfo, state)->header));
}

/* hll_union_agg(sketch), and what combines the states of all these aggregates; strict */
AN_SQL(hll_union_sfunc)
{
	AnHllObject *state = growing_state(fcinfo);

	if (state == NULL)
		state = new_state(fcinfo, "hll_union_sfunc", 0, AN_HLL_MURMUR3);
	an_hll_object_changes(state);
	an_hll_merge_datum(&state->hll, PG_GETARG_DATUM(1), &state->memory);
	PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
}

AN_SQL(hll_agg_final)
{
	AnHllObject *state = an_hll_object(PG_GETARG_DATUM(0));

	PG_RETURN_DATUM(state ? an_hll_store_datum(&state->hll) : PG_GETARG_DATUM(0));
}

/* Not strict: the count of nothing is 0. */
AN_SQL(approx_count_distinct_final)
{
	PG_RETURN_INT64(PG_ARGISNULL(0) ? 0 : an_hll_count_datum(PG_GETARG_DATUM(0)));
}

/* Makes the state of a group: empty as said, or of what a flat state holds. */
static AnHllObject *
new_state(FunctionCallInfo fcinfo, const char *function, int precision, AnHllHash hash)
{
	MemoryContext context = an_sketch_context(fcinfo, function);
	AnMemory memory = an_sketch_memory(context);
	AnHllObject *state;
	AnHllHeader header;

	if (PG_ARGISNULL(0))
	{
		an_hll_precision_check(precision);
		return an_hll_object_new(context, &memory, precision, hash);
	}
	an_hll_header_datum(PG_GETARG_DATUM(0), &header);
	state = an_hll_object_new(context, &memory, header.precision, header.hash);
	an_hll_merge_datum(&state->hll, PG_GETARG_DATUM(0), &state->memory);
	return state;
}

/* Learns about the type of the value, once a query. */
static AnValue *
learn_value(FunctionCallInfo fcinfo)
{
	MemoryContext context = fcinfo->flinfo->fn_mcxt;
	AnValue *value = MemoryContextAllocZero(context, sizeof(AnValue));

	an_value_init(value, get_fn_expr_argtype(fcinfo->flinfo, 1), context);
	fcinfo->flinfo->fn_extra = value;
	return value;
}

/* Adds the value, which is not NULL. */
static inline AnHllObject *
add(FunctionCallInfo fcinfo, AnHllObject *state)
{
	AnValue *value = fcinfo->flinfo->fn_extra;
	Datum datum = PG_GETARG_DATUM(1);

	if (unlikely(value == NULL))
		value = learn_value(fcinfo);
	an_hll_object_changes(state);
	an_hll_add(&state->hll,
			   state->hll.hash == AN_HLL_MURMUR3 ? an_value_hash(value, datum)
												 : an_value_hash_redis(value, datum),
			   &state->memory);
	return state;
}
