/*
 * fill.c - fills the gaps of one series
 */
#include "kernel/fill.h"

#include <math.h>
#include <string.h>

/*
 * A difference of values times a difference of times must not overflow: above
 * LARGE the values are first made smaller, by a power of two, which is exact.
 */
#define LARGE	   0x1p800
#define SCALE_DOWN 0x1p-130
#define SCALE_UP   0x1p130

bool
an_fill_parse(const char *name, AnFill *fill)
{
	static const char *const names[] = {"none", "zero", "null", "locf", "linear"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		if (strcmp(name, names[i]) == 0)
		{
			*fill = (AnFill) i;
			return true;
		}
	}
	return false;
}

static void
fill_zero(size_t n, double *values, bool *nulls)
{
	for (size_t i = 0; i < n; i++)
	{
		if (nulls[i])
		{
			values[i] = 0;
			nulls[i] = false;
		}
	}
}

static void
fill_locf(size_t n, double *values, bool *nulls)
{
	for (size_t i = 1; i < n; i++)
	{
		if (nulls[i] && !nulls[i - 1])
		{
			values[i] = values[i - 1];
			nulls[i] = false;
		}
	}
}

/*
 * Returns the point on the line from (0, v0) to (span, v1) at `elapsed`, where
 * 0 <= elapsed <= span, span > 0, and both values are finite.  It multiplies before
 * it divides: what is a whole number comes out as one.
 */
static double
on_line(double v0, double v1, uint64_t elapsed, uint64_t span)
{
	bool large = fabs(v0) > LARGE || fabs(v1) > LARGE;
	double down = large ? SCALE_DOWN : 1;
	double up = large ? SCALE_UP : 1;
	double start = v0 * down;
	double rise = v1 * down - start;
	double point = (start + rise * (double) elapsed / (double) span) * up;

	if (elapsed == 0)
		return v0;
	if (elapsed == span)
		return v1;
	/* Rounding must not carry the point beyond either end. */
	return fmin(fmax(point, fmin(v0, v1)), fmax(v0, v1));
}

/* Fills the gap between the known buckets `before` and `after`. */
static void
fill_gap(size_t before, size_t after, const int64_t *at, double *values, bool *nulls)
{
	/* Unsigned, as the distance of two int64 may need 64 bits. */
	uint64_t span = (uint64_t) at[after] - (uint64_t) at[before];

	if (at[after] <= at[before] || !isfinite(values[before]) || !isfinite(values[after]))
		return;
	for (size_t i = before + 1; i < after; i++)
	{
		if (at[i] < at[before] || at[i] > at[after])
			continue;
		values[i] =
			on_line(values[before], values[after], (uint64_t) at[i] - (uint64_t) at[before], span);
		nulls[i] = false;
	}
}

static void
fill_linear(size_t n, const int64_t *at, double *values, bool *nulls)
{
	size_t before = n; /* last known bucket; n where there is none yet */

	for (size_t i = 0; i < n; i++)
	{
		if (nulls[i])
			continue;
		if (before < n)
			fill_gap(before, i, at, values, nulls);
		before = i;
	}
}

void
an_fill_series(AnFill fill, size_t n, const int64_t *at, double *values, bool *nulls)
{
	switch (fill)
	{
		case AN_FILL_NONE:
		case AN_FILL_NULL:
			break;
		case AN_FILL_ZERO:
			fill_zero(n, values, nulls);
			break;
		case AN_FILL_LOCF:
			fill_locf(n, values, nulls);
			break;
		case AN_FILL_LINEAR:
			fill_linear(n, at, values, nulls);
			break;
	}
}
