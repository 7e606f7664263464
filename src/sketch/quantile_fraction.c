/*
 * quantile_fraction.c - fractions that are asked for, and the values for them
 */
#include "sketch/quantile_object.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/float.h"

/* A fraction, and where it stood. */
typedef struct Asked
{
	double fraction; /* from 0 to 1 */
	int32 place;	 /* in the array of the caller */
} Asked;

void
an_fraction_check(double fraction)
{
	if (!(fraction >= 0 && fraction <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("fraction must be between 0 and 1, not %g", fraction),
						errhint("The 95th percentile has the fraction 0.95.")));
}

AnFractions *
an_fractions_of_array(ArrayType *array)
{
	AnFractions *fractions;
	Datum *values;
	bool *nulls;
	int n;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("fractions must be an array of one dimension, not %d", ARR_NDIM(array))));
	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &values,
					  &nulls, &n);
	fractions = palloc(offsetof(AnFractions, values) + n * sizeof(double));
	fractions->is_array = true;
	fractions->n = n;
	for (int i = 0; i < n; i++)
	{
		fractions->values[i] = nulls[i] ? get_float8_nan() : DatumGetFloat8(values[i]);
		if (!nulls[i])
			an_fraction_check(fractions->values[i]);
	}
	return fractions;
}

static int
by_fraction(const void *a, const void *b)
{
	double x = ((const Asked *) a)->fraction;
	double y = ((const Asked *) b)->fraction;

	return (x > y) - (x < y);
}

/* Finds the values of those fractions that are not NULL, in one pass over the sketch. */
static void
find_values(const AnFractions *fractions, const AnQuantile *quantile, Datum *answers, bool *nulls)
{
	Asked *asked = palloc(fractions->n * sizeof(Asked));
	double *ascending = palloc(fractions->n * sizeof(double));
	int32 n = 0;

	for (int32 i = 0; i < fractions->n; i++)
	{
		nulls[i] = isnan(fractions->values[i]);
		if (!nulls[i])
			asked[n++] = (Asked){.fraction = fractions->values[i], .place = i};
	}
	qsort(asked, n, sizeof(Asked), by_fraction);
	for (int32 i = 0; i < n; i++)
		ascending[i] = asked[i].fraction;
	an_quantile_values(quantile, ascending, n, ascending);
	for (int32 i = 0; i < n; i++)
		answers[asked[i].place] = Float8GetDatum(ascending[i]);
}

Datum
an_fractions_answer(const AnFractions *fractions, const AnQuantile *quantile, bool *isnull)
{
	Datum *answers;
	bool *nulls;
	int dimension = fractions->n;
	int bound = 1;
	double value;

	*isnull = quantile->count == 0 || (!fractions->is_array && isnan(fractions->values[0]));
	if (*isnull)
		return (Datum) 0;
	if (!fractions->is_array)
	{
		an_quantile_values(quantile, fractions->values, 1, &value);
		return Float8GetDatum(value);
	}
	if (fractions->n == 0)
		return PointerGetDatum(construct_empty_array(FLOAT8OID));
	answers = palloc(fractions->n * sizeof(Datum));
	nulls = palloc(fractions->n * sizeof(bool));
	find_values(fractions, quantile, answers, nulls);
	return PointerGetDatum(construct_md_array(answers, nulls, 1, &dimension, &bound, FLOAT8OID,
											  sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
