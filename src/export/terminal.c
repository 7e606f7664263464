/*
 * terminal.c - pictures of one line, for psql: spark(), bar()
 *
 * They are text like any other column.  In a database whose encoding has no block
 * elements (any but UTF8) they are made of ASCII.
 */
#include "export/terminal.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"

static void read_series(ArrayType *array, double **values, int *n);

/* Draws a series of numbers as one character each: spark(series, min, max, style). */
AN_SQL(spark)
{
	AnSigns signs = an_terminal_signs(fcinfo, 3);
	double low = an_terminal_bound(fcinfo, 1, "min");
	double high = an_terminal_bound(fcinfo, 2, "max");
	double *values;
	text *result;
	int n;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	an_terminal_check_bounds(low, high);
	read_series(PG_GETARG_ARRAYTYPE_P(0), &values, &n);
	result = palloc(VARHDRSZ + (Size) n * AN_SIGN_BYTES);
	SET_VARSIZE(result, VARHDRSZ + an_spark(values, n, low, high, signs, VARDATA(result)));
	PG_RETURN_TEXT_P(result);
}

/* Draws a number as a bar: bar(value, max, width, style). */
AN_SQL(bar)
{
	AnSigns signs = an_terminal_signs(fcinfo, 3);
	text *result;
	int width;

	an_not_null(PG_ARGISNULL(2), "width");
	width = PG_GETARG_INT32(2);
	if (width < 1 || width > AN_BAR_MAX)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("width must be between 1 and %d, not %d", AN_BAR_MAX, width)));
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || isnan(PG_GETARG_FLOAT8(0)) ||
		isnan(PG_GETARG_FLOAT8(1)))
		PG_RETURN_NULL();
	result = palloc(VARHDRSZ + width * AN_SIGN_BYTES);
	SET_VARSIZE(result, VARHDRSZ + an_bar(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), width, signs,
										  VARDATA(result)));
	PG_RETURN_TEXT_P(result);
}

AnSigns
an_terminal_signs(FunctionCallInfo fcinfo, int i)
{
	static const char *const styles[] = {[AN_SIGNS_BLOCKS] = "blocks", [AN_SIGNS_ASCII] = "ascii"};
	bool has_blocks = GetDatabaseEncoding() == PG_UTF8;
	char *style = an_arg_text(fcinfo, i);
	int signs;

	if (style == NULL)
		return has_blocks ? AN_SIGNS_BLOCKS : AN_SIGNS_ASCII;
	signs = an_word("style", style, styles, lengthof(styles));
	if (signs == AN_SIGNS_BLOCKS && !has_blocks)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("style \"blocks\" needs a database with encoding UTF8, not %s",
							   GetDatabaseEncodingName()),
						errhint("Leave the argument out, or use the style ascii.")));
	return signs;
}

double
an_terminal_bound(FunctionCallInfo fcinfo, int i, const char *argument)
{
	if (PG_ARGISNULL(i))
		return get_float8_nan();
	if (!isfinite(PG_GETARG_FLOAT8(i)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be a finite number, not %g", argument, PG_GETARG_FLOAT8(i)),
						errhint("NULL takes it from the values.")));
	return PG_GETARG_FLOAT8(i);
}

void
an_terminal_check_bounds(double low, double high)
{
	if (low >= high)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("min must be less than max, but %g is not less than %g", low, high)));
}

/* Makes the elements of an array plain numbers, NULL as NaN. */
static void
read_series(ArrayType *array, double **values, int *n)
{
	Datum *elements;
	bool *nulls;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements,
					  &nulls, n);
	*values = palloc(Max(*n, 1) * sizeof(double));
	for (int i = 0; i < *n; i++)
		(*values)[i] = nulls[i] ? get_float8_nan() : DatumGetFloat8(elements[i]);
}
