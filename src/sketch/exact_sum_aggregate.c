/*
 * exact_sum_aggregate.c - the aggregates of exact sums, and what reads and unites them
 *
 * The state of all aggregates is a value of type exact_sum: an expanded object from
 * the first value on, or from the second sum on, for the function that merges is
 * strict.  What travels between processes is its flat form.  See state.h for where
 * it lives.
 */
#include "sketch/exact_sum.h"
#include "sketch/state.h"

#include "utils/float.h"

/* Makes the state of a group: of nothing, or of what a flat state holds. */
static pg_noinline AnExactSumObject *
new_state(FunctionCallInfo fcinfo, const char *function)
{
	MemoryContext context = an_sketch_context(fcinfo, function);
	AnMemory memory = an_sketch_memory(context);
	AnExactSumObject *state = an_exact_sum_object_new(context, &memory);

	if (!PG_ARGISNULL(0))
		an_exact_sum_merge_datum(&state->total, PG_GETARG_DATUM(0), &state->memory);
	return state;
}

/* Returns the state where it is what these functions leave, NULL at the beginning of a group, or for a flat one. */
static inline AnExactSumObject *
growing_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0) || fcinfo->context == NULL ||
		!VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))))
		return NULL;
	return an_exact_sum_object(PG_GETARG_DATUM(0));
}

/* exact_sum_agg(value), exact_sum(value) and exact_avg(value) */
AN_SQL(exact_sum_agg_sfunc)
{
	AnExactSumObject *state;
	AnStatus status;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	state = growing_state(fcinfo);
	if (unlikely(state == NULL))
		state = new_state(fcinfo, "exact_sum_agg_sfunc");
	status = an_exact_total_add(&state->total, PG_GETARG_FLOAT8(1), &state->memory);
	if (unlikely(status != AN_OK))
		an_exact_sum_limit(status);
	PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
}

/* exact_sum_union_agg(sum), and what combines the states of all these aggregates; strict */
AN_SQL(exact_sum_union_sfunc)
{
	AnExactSumObject *state = growing_state(fcinfo);

	if (state == NULL)
		state = new_state(fcinfo, "exact_sum_union_sfunc");
	an_exact_sum_merge_datum(&state->total, PG_GETARG_DATUM(1), &state->memory);
	PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
}

AN_SQL(exact_sum_agg_final)
{
	AnExactSumObject *state = an_exact_sum_object(PG_GETARG_DATUM(0));

	PG_RETURN_DATUM(state ? an_exact_sum_store_datum(&state->total) : PG_GETARG_DATUM(0));
}

/* exact_sum_union(a, b) and a || b */
AN_SQL(exact_sum_union)
{
	AnExactSumRoom room;

	an_exact_total_fixed(&room.total, room.chunks);
	an_exact_sum_merge_datum(&room.total, PG_GETARG_DATUM(0), NULL);
	an_exact_sum_merge_datum(&room.total, PG_GETARG_DATUM(1), NULL);
	PG_RETURN_DATUM(an_exact_sum_store_datum(&room.total));
}

/* exact_sum_value(sum), and what exact_sum(value) ends with: NULL of nothing, as sum() is. */
AN_SQL(exact_sum_value)
{
	AnExactSumRoom room;
	const AnExactTotal *total = an_exact_sum_load_datum(PG_GETARG_DATUM(0), &room);
	double sum;

	if (total->count == 0)
		PG_RETURN_NULL();
	if (an_exact_total_sum(total, &sum) != AN_OK)
		float_overflow_error();
	PG_RETURN_FLOAT8(sum);
}

/* exact_sum_mean(sum), and what exact_avg(value) ends with: NULL of nothing. */
AN_SQL(exact_sum_mean)
{
	AnExactSumRoom room;
	const AnExactTotal *total = an_exact_sum_load_datum(PG_GETARG_DATUM(0), &room);
	double mean;

	if (total->count == 0)
		PG_RETURN_NULL();
	an_check(an_exact_total_mean(total, &mean), "exact_sum");
	PG_RETURN_FLOAT8(mean);
}

/* exact_sum_count(sum): it stands in the first bytes. */
AN_SQL(exact_sum_count)
{
	Datum value = PG_GETARG_DATUM(0);
	AnExactSumObject *object = an_exact_sum_object(value);
	struct varlena *flat;
	uint64 count;

	if (object)
		PG_RETURN_INT64((int64) object->total.count);
	flat = PG_DETOAST_DATUM_PACKED(value);
	an_check(an_exact_total_count((uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat),
								  (uint64_t *) &count),
			 "exact_sum");
	PG_RETURN_INT64((int64) count);
}
