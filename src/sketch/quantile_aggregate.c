/*
 * quantile_aggregate.c - the aggregates quantile_agg and quantile_union_agg
 *
 * The state is a value of type quantile: an expanded object from the first value
 * on, or from the second sketch on, for the function that merges is strict.  What
 * travels between processes is its flat form.  See state.h for where it lives.
 */
#include "sketch/quantile_object.h"
#include "sketch/state.h"

/* Makes the state of a group: empty with this resolution, or of what a flat state holds. */
static AnQuantileObject *
new_state(FunctionCallInfo fcinfo, const char *function, uint32 resolution)
{
	MemoryContext context = an_sketch_context(fcinfo, function);
	AnMemory memory = an_sketch_memory(context);
	AnQuantileObject *state;
	AnQuantileHeader header;

	if (PG_ARGISNULL(0))
		return an_quantile_object_new(context, &memory, resolution, NULL);
	an_quantile_header_datum(PG_GETARG_DATUM(0), &header);
	state = an_quantile_object_new(context, &memory, header.resolution, NULL);
	an_quantile_merge_datum(&state->quantile, PG_GETARG_DATUM(0), &state->memory);
	return state;
}

/* Returns the state where it is what these functions leave, NULL at the beginning of a group, or for a flat one. */
static inline AnQuantileObject *
growing_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0) || fcinfo->context == NULL ||
		!VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))))
		return NULL;
	return an_quantile_object(PG_GETARG_DATUM(0));
}

/* quantile_agg(value [, accuracy]) */
AN_SQL(quantile_agg_sfunc)
{
	AnQuantileObject *state = growing_state(fcinfo);
	uint32 resolution;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	resolution = an_quantile_resolution_arg(fcinfo, 2);
	if (unlikely(state == NULL))
		state = new_state(fcinfo, "quantile_agg_sfunc", resolution);
	an_quantile_same_resolution(&state->quantile, resolution);
	an_quantile_add(&state->quantile, PG_GETARG_FLOAT8(1), &state->memory);
	PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
}

/* quantile_union_agg(sketch), and what combines the states of both; strict */
AN_SQL(quantile_union_sfunc)
{
	AnQuantileObject *state = growing_state(fcinfo);

	if (state == NULL)
		state = new_state(fcinfo, "quantile_union_sfunc", 0);
	an_quantile_merge_datum(&state->quantile, PG_GETARG_DATUM(1), &state->memory);
	PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
}

AN_SQL(quantile_agg_final)
{
	AnQuantileObject *state = an_quantile_object(PG_GETARG_DATUM(0));

	PG_RETURN_DATUM(state ? an_quantile_store_datum(&state->quantile) : PG_GETARG_DATUM(0));
}
