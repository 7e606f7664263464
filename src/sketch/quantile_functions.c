/*
 * quantile_functions.c - merging and reading sketches of type quantile
 */
#include "sketch/quantile_object.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

/* quantile_union(a, b) and a || b */
AN_SQL(quantile_union)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnQuantileHeader header;
	AnQuantile quantile;
	Datum result;

	an_quantile_header_datum(PG_GETARG_DATUM(0), &header);
	an_quantile_init(&quantile, header.resolution);
	an_quantile_merge_datum(&quantile, PG_GETARG_DATUM(0), &memory);
	an_quantile_merge_datum(&quantile, PG_GETARG_DATUM(1), &memory);
	result = an_quantile_store_datum(&quantile);
	an_quantile_free(&quantile, &memory);
	PG_RETURN_DATUM(result);
}

/* approx_quantile(sketch, fraction) */
AN_SQL(approx_quantile)
{
	double fraction = PG_GETARG_FLOAT8(1);
	const AnQuantile *quantile;
	AnQuantile room;
	double value;

	an_fraction_check(fraction);
	quantile = an_quantile_load_datum(PG_GETARG_DATUM(0), &room);
	if (quantile->count == 0)
		PG_RETURN_NULL();
	an_quantile_values(quantile, &fraction, 1, &value);
	PG_RETURN_FLOAT8(value);
}

/* approx_quantile(sketch, fractions) */
AN_SQL(approx_quantile_array)
{
	AnFractions *fractions = an_fractions_of_array(PG_GETARG_ARRAYTYPE_P(1));
	AnQuantile room;
	const AnQuantile *quantile = an_quantile_load_datum(PG_GETARG_DATUM(0), &room);

	return an_fractions_answer(fractions, quantile, &fcinfo->isnull);
}

AN_SQL(quantile_rank)
{
	AnQuantile room;
	const AnQuantile *quantile = an_quantile_load_datum(PG_GETARG_DATUM(0), &room);

	if (quantile->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(an_quantile_rank(quantile, PG_GETARG_FLOAT8(1)));
}

AN_SQL(quantile_count)
{
	AnQuantileHeader header;

	an_quantile_header_datum(PG_GETARG_DATUM(0), &header);
	PG_RETURN_INT64(header.count);
}

/* Returns one number about a sketch; NULL where it is empty. */
static Datum
number_of(FunctionCallInfo fcinfo, double (*number)(const AnQuantile *quantile))
{
	AnQuantile room;
	const AnQuantile *quantile = an_quantile_load_datum(PG_GETARG_DATUM(0), &room);

	if (quantile->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(number(quantile));
}

AN_SQL(quantile_min)
{
	return number_of(fcinfo, an_quantile_least);
}

AN_SQL(quantile_max)
{
	return number_of(fcinfo, an_quantile_greatest);
}

AN_SQL(quantile_sum)
{
	return number_of(fcinfo, an_quantile_sum);
}

AN_SQL(quantile_avg)
{
	return number_of(fcinfo, an_quantile_mean);
}

/* Appends a member whose value is a number, or a text where JSON has no such number. */
static void
append_number(StringInfo json, const char *name, double value)
{
	char digits[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (isnan(value))
		strcpy(digits, "\"NaN\"");
	else if (isinf(value))
		strcpy(digits, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else
		double_to_shortest_decimal_buf(value, digits);
	appendStringInfo(json, ", \"%s\": %s", name, digits);
}

/* What a sketch says beside its percentiles, with the same members whatever it holds. */
AN_SQL(quantile_info)
{
	AnQuantile room;
	const AnQuantile *quantile = an_quantile_load_datum(PG_GETARG_DATUM(0), &room);
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(&json, "{\"version\": 1, \"form\": \"%s\"",
					 quantile->is_dense ? "bins" : "values");
	append_number(&json, "accuracy", an_quantile_accuracy(quantile->resolution));
	appendStringInfo(&json, ", \"count\": " UINT64_FORMAT ", \"bins\": %u, \"bytes\": %zu",
					 quantile->count, an_quantile_bins(quantile),
					 an_quantile_stored_size(quantile));
	if (quantile->count == 0)
		appendStringInfoString(&json,
							   ", \"min\": null, \"max\": null, \"sum\": null, \"avg\": null");
	else
	{
		append_number(&json, "min", an_quantile_least(quantile));
		append_number(&json, "max", an_quantile_greatest(quantile));
		append_number(&json, "sum", an_quantile_sum(quantile));
		append_number(&json, "avg", an_quantile_mean(quantile));
	}
	appendStringInfoChar(&json, '}');
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data)));
}
