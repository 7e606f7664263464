/*
 * quantile_percentile.c - the aggregate approx_percentile: percentiles in one call
 *
 * The state holds the fractions beside the sketch.  No type of ours does, so it
 * is a bytea: flat, a byte (1 for an array of fractions, else 0), their number (4 bytes,
 * lowest first), the fractions (8 bytes each, NaN for NULL) and the stored sketch.
 * Flat states come from other processes, but anybody can make an aggregate of these
 * functions: the bytes are checked as any others.
 */
#include "sketch/quantile_object.h"

#include <math.h>

#include "utils/float.h"

#include "sketch/state.h"

#define HEAD_SIZE 5

static Size flat_size(ExpandedObjectHeader *header);
static void flatten_into(ExpandedObjectHeader *header, void *result, Size size);

static const ExpandedObjectMethods percentile_methods = {
	.get_flat_size = flat_size,
	.flatten_into = flatten_into,
};

static Size
flat_size(ExpandedObjectHeader *header)
{
	AnQuantileObject *state = (AnQuantileObject *) header;

	return VARHDRSZ + HEAD_SIZE + state->fractions->n * sizeof(double) +
		   an_quantile_stored_size(&state->quantile);
}

static void
put_bytes(uint8 **at, uint64 value, int n)
{
	for (int i = 0; i < n; i++)
		*(*at)++ = (uint8) (value >> (8 * i));
}

static uint64
get_bytes(const uint8 **at, int n)
{
	uint64 value = 0;

	for (int i = 0; i < n; i++)
		value |= (uint64) * (*at)++ << (8 * i);
	return value;
}

static void
flatten_into(ExpandedObjectHeader *header, void *result, Size size)
{
	AnQuantileObject *state = (AnQuantileObject *) header;
	const AnFractions *fractions = state->fractions;
	uint8 *at = (uint8 *) VARDATA(result);

	SET_VARSIZE(result, size);
	put_bytes(&at, fractions->is_array, 1);
	put_bytes(&at, (uint64) fractions->n, 4);
	for (int32 i = 0; i < fractions->n; i++)
		put_bytes(&at, an_double_bits(fractions->values[i]), 8);
	an_quantile_store(&state->quantile, at);
}

/* A flat state, taken apart. */
typedef struct FlatState
{
	AnFractions *fractions; /* in the current context */
	const uint8 *sketch;	/* stored sketch */
	Size sketch_size;		/* its bytes */
	uint32 resolution;		/* bins an octave */
} FlatState;

static FlatState
read_flat(Datum value)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(value);
	const uint8 *at = (const uint8 *) VARDATA_ANY(flat);
	const uint8 *end = at + VARSIZE_ANY_EXHDR(flat);
	FlatState state;
	AnQuantileHeader header;
	uint64 is_array;
	uint64 n;

	if (end - at < HEAD_SIZE)
		an_check(AN_ERR_CORRUPT, "approx_percentile state");
	is_array = get_bytes(&at, 1);
	n = get_bytes(&at, 4);
	if (is_array > 1 || (!is_array && n != 1) || n > (uint64) (end - at) / sizeof(double))
		an_check(AN_ERR_CORRUPT, "approx_percentile state");
	state.fractions = palloc(offsetof(AnFractions, values) + n * sizeof(double));
	state.fractions->is_array = is_array;
	state.fractions->n = (int32) n;
	for (uint64 i = 0; i < n; i++)
	{
		double fraction = an_double_of_bits(get_bytes(&at, 8));

		if (!isnan(fraction) && !(fraction >= 0 && fraction <= 1))
			an_check(AN_ERR_CORRUPT, "approx_percentile state");
		state.fractions->values[i] = fraction;
	}
	state.sketch = at;
	state.sketch_size = end - at;
	an_check(an_quantile_header(at, state.sketch_size, &header), "approx_percentile state");
	state.resolution = header.resolution;
	return state;
}

static AnQuantileObject *
new_state(FunctionCallInfo fcinfo, const char *function, const AnFractions *fractions,
		  uint32 resolution)
{
	MemoryContext context = an_sketch_context(fcinfo, function);
	AnMemory memory = an_sketch_memory(context);
	AnQuantileObject *state =
		an_quantile_object_new(context, &memory, resolution, &percentile_methods);
	Size size = offsetof(AnFractions, values) + fractions->n * sizeof(double);

	state->fractions = memcpy(an_memory_take(&memory, size), fractions, size);
	return state;
}

/* Makes the state of a group of a flat one. */
static AnQuantileObject *
inflate(FunctionCallInfo fcinfo, const char *function)
{
	FlatState flat = read_flat(PG_GETARG_DATUM(0));
	AnQuantileObject *state = new_state(fcinfo, function, flat.fractions, flat.resolution);

	an_quantile_merge_bytes(&state->quantile, flat.sketch, flat.sketch_size, &state->memory);
	return state;
}

static inline AnQuantileObject *
growing_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0) || fcinfo->context == NULL ||
		!VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))))
		return NULL;
	return an_expanded(PG_GETARG_DATUM(0), &percentile_methods);
}

static bool
same_fraction(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static void
check_same(const AnFractions *a, const AnFractions *b)
{
	bool same = a->is_array == b->is_array && a->n == b->n;

	for (int32 i = 0; same && i < a->n; i++)
		same = same_fraction(a->values[i], b->values[i]);
	if (!same)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("fraction must be the same for all rows of a group")));
}

/* Adds the value to the state of its group, which is made where there is none. */
static Datum
add(FunctionCallInfo fcinfo, AnQuantileObject *state, const AnFractions *fractions)
{
	uint32 resolution = an_quantile_resolution_arg(fcinfo, 3);

	if (unlikely(state == NULL))
		state = PG_ARGISNULL(0)
					? new_state(fcinfo, "approx_percentile_sfunc", fractions, resolution)
					: inflate(fcinfo, "approx_percentile_sfunc");
	if (state->fractions != fractions)
		check_same(state->fractions, fractions);
	an_quantile_same_resolution(&state->quantile, resolution);
	an_quantile_add(&state->quantile, PG_GETARG_FLOAT8(1), &state->memory);
	PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
}

/* Adds the value for one fraction, NaN for NULL: the answer is NULL then, whether one value or an array was asked for. */
static Datum
add_for_one(FunctionCallInfo fcinfo, AnQuantileObject *state, double fraction)
{
	union
	{
		AnFractions fractions; /* with room for one */
		char room[offsetof(AnFractions, values) + sizeof(double)];
	} one = {.fractions = {.is_array = false, .n = 1}};

	one.fractions.values[0] = fraction;
	return add(fcinfo, state, &one.fractions);
}

/* A value that is NULL leaves the state as it is. */
static Datum
unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* approx_percentile(value, fraction [, accuracy]) */
AN_SQL(approx_percentile_sfunc)
{
	AnQuantileObject *state = growing_state(fcinfo);

	if (PG_ARGISNULL(1))
		return unchanged(fcinfo);
	if (PG_ARGISNULL(2))
		return add_for_one(fcinfo, state, get_float8_nan());
	an_fraction_check(PG_GETARG_FLOAT8(2));
	return add_for_one(fcinfo, state, PG_GETARG_FLOAT8(2));
}

/* Tells whether an array holds the fractions of a state: the usual case, without taking it apart. */
static bool
holds_fractions(ArrayType *array, const AnFractions *fractions)
{
	return fractions->is_array && ARR_NDIM(array) == 1 && !ARR_HASNULL(array) &&
		   ARR_DIMS(array)[0] == fractions->n &&
		   memcmp(ARR_DATA_PTR(array), fractions->values, fractions->n * sizeof(double)) == 0;
}

/* approx_percentile(value, fractions [, accuracy]) */
AN_SQL(approx_percentile_array_sfunc)
{
	AnQuantileObject *state = growing_state(fcinfo);
	ArrayType *array;

	if (PG_ARGISNULL(1))
		return unchanged(fcinfo);
	if (PG_ARGISNULL(2))
		return add_for_one(fcinfo, state, get_float8_nan());
	array = PG_GETARG_ARRAYTYPE_P(2);
	if (state && holds_fractions(array, state->fractions))
		return add(fcinfo, state, state->fractions);
	return add(fcinfo, state, an_fractions_of_array(array));
}

/* Combines two states; strict. */
AN_SQL(approx_percentile_combine)
{
	AnQuantileObject *state = growing_state(fcinfo);
	AnQuantileObject *other = an_expanded(PG_GETARG_DATUM(1), &percentile_methods);
	FlatState flat;

	if (state == NULL)
		state = inflate(fcinfo, "approx_percentile_combine");
	if (other)
	{
		check_same(state->fractions, other->fractions);
		an_quantile_merge_sketch(&state->quantile, &other->quantile, &state->memory);
	}
	else
	{
		flat = read_flat(PG_GETARG_DATUM(1));
		check_same(state->fractions, flat.fractions);
		an_quantile_merge_bytes(&state->quantile, flat.sketch, flat.sketch_size, &state->memory);
	}
	PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
}

/* Answers for a state, which must be of the kind that the result has: somebody may put these functions together otherwise. */
static Datum
answer(FunctionCallInfo fcinfo, bool is_array)
{
	AnQuantileObject *state = an_expanded(PG_GETARG_DATUM(0), &percentile_methods);
	AnMemory memory = an_memory(CurrentMemoryContext);
	const AnFractions *fractions;
	const AnQuantile *quantile;
	AnQuantile room;

	if (state)
	{
		fractions = state->fractions;
		quantile = &state->quantile;
	}
	else
	{
		FlatState flat = read_flat(PG_GETARG_DATUM(0));

		an_check(an_quantile_load(&room, flat.sketch, flat.sketch_size, &memory),
				 "approx_percentile state");
		fractions = flat.fractions;
		quantile = &room;
	}
	if (fractions->is_array ? !is_array : is_array && !isnan(fractions->values[0]))
		an_check(AN_ERR_CORRUPT, "approx_percentile state");
	return an_fractions_answer(fractions, quantile, &fcinfo->isnull);
}

AN_SQL(approx_percentile_final)
{
	return answer(fcinfo, false);
}

AN_SQL(approx_percentile_array_final)
{
	return answer(fcinfo, true);
}
