/*
 * hll_functions.c - what SQL does with a sketch: make, add, unite, read
 *
 * Reading a count, its error and its bounds touches no more than the header of
 * a stored sketch.
 */
#include "sketch/hll_object.h"
#include "base/value.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/fmgrprotos.h"

#include "kernel/hll_estimate.h"

/* An interval that is as wide as this share of the smaller set is not useful. */
#define INTERSECTION_OPEN 0.9

static AnHllHash arg_hash(FunctionCallInfo fcinfo, int i);
static AnValue *arg_value(FunctionCallInfo fcinfo, int i);
static uint64 hash_of(AnValue *value, Datum datum, uint8 hash);
static void check_confidence(double confidence);
static Datum row(FunctionCallInfo fcinfo, Datum *values);

AN_SQL(hll_empty)
{
	AnHll hll;

	an_hll_precision_check(PG_GETARG_INT32(0));
	an_hll_init(&hll, PG_GETARG_INT32(0), arg_hash(fcinfo, 1));
	PG_RETURN_DATUM(an_hll_store_datum(&hll));
}

/* hll_add(hll, "any"): a NULL is not counted. */
AN_SQL(hll_add)
{
	AnHllObject *object;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	object = an_hll_object_writable(PG_GETARG_DATUM(0));
	an_hll_add(&object->hll, hash_of(arg_value(fcinfo, 1), PG_GETARG_DATUM(1), object->hll.hash),
			   &object->memory);
	PG_RETURN_DATUM(EOHPGetRWDatum(&object->header));
}

AN_SQL(hll_add_hash)
{
	AnHllObject *object = an_hll_object_writable(PG_GETARG_DATUM(0));

	an_hll_add(&object->hll, (uint64) PG_GETARG_INT64(1), &object->memory);
	PG_RETURN_DATUM(EOHPGetRWDatum(&object->header));
}

/* hll_hash("any", hash text): what hll_add adds. */
AN_SQL(hll_hash)
{
	AnHllHash hash = arg_hash(fcinfo, 1);

	PG_RETURN_INT64((int64) hash_of(arg_value(fcinfo, 0), PG_GETARG_DATUM(0), hash));
}

AN_SQL(hll_union)
{
	AnHllObject *object = an_hll_object_writable(PG_GETARG_DATUM(0));

	an_hll_merge_datum(&object->hll, PG_GETARG_DATUM(1), &object->memory);
	PG_RETURN_DATUM(EOHPGetRWDatum(&object->header));
}

AN_SQL(hll_reduce)
{
	int32 precision = PG_GETARG_INT32(1);
	AnHllObject *object;

	an_hll_precision_check(precision);
	object = an_hll_object_writable(PG_GETARG_DATUM(0));
	if (precision > object->hll.precision)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("precision must be at most %d, that of the sketch, not %d",
							   object->hll.precision, precision),
						errhint("A sketch can be made coarser, not finer.")));
	an_hll_reduce(&object->hll, precision, &object->memory);
	PG_RETURN_DATUM(EOHPGetRWDatum(&object->header));
}

AN_SQL(hll_count)
{
	PG_RETURN_INT64(an_hll_count_datum(PG_GETARG_DATUM(0)));
}

AN_SQL(hll_error)
{
	AnHllHeader header;

	an_hll_header_datum(PG_GETARG_DATUM(0), &header);
	PG_RETURN_FLOAT8(an_hll_header_error(&header));
}

AN_SQL(hll_bounds)
{
	double confidence = PG_GETARG_FLOAT8(1);
	AnHllHeader header;
	AnHllBounds bounds;

	check_confidence(confidence);
	an_hll_header_datum(PG_GETARG_DATUM(0), &header);
	an_check(an_hll_bounds(header.estimate, an_hll_header_error(&header), confidence, &bounds),
			 "hll");
	return row(fcinfo, (Datum[]){Float8GetDatum(bounds.lower), Float8GetDatum(bounds.upper)});
}

/*
 * hll_intersect_count(hll, hll, confidence): beside the estimate and its interval, whether that says anything: it does
 * not where it leaves open nearly all from nothing to the whole smaller set.
 */
AN_SQL(hll_intersect_count)
{
	double confidence = PG_GETARG_FLOAT8(2);
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnHll rooms[2];
	const AnHll *a, *b;
	AnHllBounds bounds;
	double smaller;

	check_confidence(confidence);
	a = an_hll_load_datum(PG_GETARG_DATUM(0), &rooms[0]);
	b = an_hll_load_datum(PG_GETARG_DATUM(1), &rooms[1]);
	an_hll_same_hash(a->hash, b->hash);
	an_check(an_hll_intersect(a, b, confidence, &bounds, &memory), "intersection of sketches");
	smaller = Min(an_hll_estimate(a), an_hll_estimate(b));
	return row(fcinfo, (Datum[]){Float8GetDatum(bounds.estimate), Float8GetDatum(bounds.lower),
								 Float8GetDatum(bounds.upper),
								 BoolGetDatum(smaller == 0 || bounds.upper - bounds.lower <
																  INTERSECTION_OPEN * smaller)});
}

/* Appends a number of single precision; JSON has none for what is infinite. */
static void
append_number(StringInfo json, const char *name, double number)
{
	char digits[FLOAT_SHORTEST_DECIMAL_LEN];

	if (isfinite(number))
		float_to_shortest_decimal_buf((float) number, digits);
	else
		strcpy(digits, "null");
	appendStringInfo(json, ", \"%s\": %s", name, digits);
}

AN_SQL(hll_info)
{
	static const char *const forms[] = {
		[AN_HLL_EMPTY] = "empty",	  [AN_HLL_TOKENS] = "tokens", [AN_HLL_BYTES] = "bytes",
		[AN_HLL_NIBBLES] = "nibbles", [AN_HLL_SPARSE] = "sparse",
	};
	struct varlena *flat = an_hll_flat(PG_GETARG_DATUM(0));
	AnHllHeader header;
	AnHll room;
	const AnHll *hll = an_hll_load_datum(PointerGetDatum(flat), &room);
	StringInfoData json;

	an_hll_header_datum(PointerGetDatum(flat), &header);
	initStringInfo(&json);
	appendStringInfo(&json,
					 "{\"version\": %d, \"form\": \"%s\", \"precision\": %d, \"hash\": \"%s\", "
					 "\"hll_only\": %s, \"bytes\": %zu, \"tokens\": %u, \"registers\": %u",
					 header.version, forms[header.encoding], header.precision,
					 an_hll_hash_name(header.hash), header.hll_only ? "true" : "false",
					 (Size) VARSIZE_ANY_EXHDR(flat), hll->n_tokens,
					 an_hll_registers(header.precision));
	append_number(&json, "estimate", header.estimate);
	append_number(&json, "error", an_hll_header_error(&header));
	appendStringInfoChar(&json, '}');
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data)));
}

/* Returns the hash of an argument. */
static AnHllHash
arg_hash(FunctionCallInfo fcinfo, int i)
{
	text *name = PG_GETARG_TEXT_PP(i);

	return an_hll_hash_parse(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
}

/* Returns what is known about the type of an argument of any type. */
static AnValue *
arg_value(FunctionCallInfo fcinfo, int i)
{
	FmgrInfo *call = fcinfo->flinfo;

	if (call->fn_extra == NULL)
	{
		AnValue *value = MemoryContextAllocZero(call->fn_mcxt, sizeof(AnValue));

		an_value_init(value, get_fn_expr_argtype(call, i), call->fn_mcxt);
		call->fn_extra = value;
	}
	return call->fn_extra;
}

static uint64
hash_of(AnValue *value, Datum datum, uint8 hash)
{
	return hash == AN_HLL_MURMUR3 ? an_value_hash(value, datum) : an_value_hash_redis(value, datum);
}

static void
check_confidence(double confidence)
{
	if (!(confidence > 0 && confidence < 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("confidence must be above 0 and below 1, not %g", confidence),
						errhint("It is the share of cases in which the true number lies in the "
								"interval, as 0.95.")));
}

/* Returns a row of the function's OUT arguments, of which none is NULL. */
static Datum
row(FunctionCallInfo fcinfo, Datum *values)
{
	static bool nulls[8];
	TupleDesc columns;

	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls));
}
