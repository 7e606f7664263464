/*
 * chart_ticks.c - scales whose ticks are round numbers
 *
 * A step is 1, 2, 2.5 or 5 times a power of ten: the smallest that makes no more
 * ticks than wanted, and whose labels are true under the number format: no two
 * alike, no digit of the step rounded away.  Source: P. Heckbert, "Nice numbers for
 * graph labels", Graphics Gems (1990).
 */
#include "kernel/chart_inside.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernel/number_format.h"

#define NEAREST_RANGE  1e-12  /* a smaller range, as a part of the values, cannot be told apart */
#define SMALLEST_RANGE 1e-300 /* nor can this, at all */
#define MOST_DECIMALS  8	  /* beyond, numbers show with a power of ten */
#define LARGEST_PLAIN  1e15	  /* and from here on */
#define TOO_COARSE	   20	  /* times the range: no step of this format will do */
#define NEAR_TICK	   1e-9	  /* of a step: a value is on the tick */

/* mantissa * 10 ^ exponent, apart so that ticks are rounded once. */
typedef struct AnChartStep
{
	double mantissa; /* 1, 2, 2.5 or 5 */
	int exponent;	 /* -301 to 308 */
} AnChartStep;

static void widen(AnChartAxis *axis);
static void number_ticks(const AnChartPlan *plan, const AnChartScale *scale, const char *format,
						 int intervals, AnChartAxis *axis);
static bool place_ticks(const AnChartScale *scale, AnChartStep step, int intervals,
						const AnChartAxis *data, AnChartAxis *axis);
static double times(AnChartStep step, double k);
static double quotient(double value, AnChartStep step);
static int decimals(AnChartStep step);
static void default_format(AnChartStep step, double most, char *format);
static bool is_true(const char *format, AnChartStep step);
static bool has_scaling(const char *format);

void
an_chart_ticks(const AnChartPlan *plan, const AnChartScale *scale, int intervals, AnChartAxis *axis)
{
	AnNumberFormatInfo info;
	const char *format = scale->format == NULL ? "" : scale->format;

	if (intervals > AN_CHART_MAX_TICKS - 4)
		intervals = AN_CHART_MAX_TICKS - 4;
	if (an_number_format_check(format, strlen(format), &info) != AN_OK)
		format = "";
	else if (info.is_date && an_chart_date_ticks(plan, scale, intervals, axis))
		return;
	axis->low = scale->low;
	axis->high = scale->high;
	widen(axis);
	number_ticks(plan, scale, format, intervals, axis);
}

/* Gives an axis of no length some. */
static void
widen(AnChartAxis *axis)
{
	double most = fmax(fabs(axis->low), fabs(axis->high));
	double least = fmax(most * NEAREST_RANGE, SMALLEST_RANGE);

	if (axis->high / 2 - axis->low / 2 >= least / 2)
		return;
	if (most == 0)
		axis->high = 1;
	else if (axis->low == axis->high)
	{
		least = fmax(most / 10, SMALLEST_RANGE);
		axis->low = fmax(axis->low - least, -DBL_MAX);
		axis->high = fmin(axis->high + least, DBL_MAX);
	}
	else if (fabs(axis->low) > fabs(axis->high))
		axis->low -= least;
	else
		axis->high += least;
}

/* Tries steps from small to large; where the format takes none, the first with plain numbers. */
static void
number_ticks(const AnChartPlan *plan, const AnChartScale *scale, const char *format, int intervals,
			 AnChartAxis *axis)
{
	static const double mantissas[] = {1, 2, 2.5, 5};
	const AnChartAxis data = *axis;
	double range = data.high / 2 - data.low / 2;
	int first = (int) floor(log10(range) - log10(intervals)) - 1;
	bool strict = true;

	for (int i = 0;; i++)
	{
		AnChartStep step = {mantissas[i % 4], first + i / 4};
		char chosen[32];

		if (strict && (times(step, 1) / 2 / TOO_COARSE > range || step.exponent > DBL_MAX_10_EXP))
		{
			strict = false;
			format = "";
			i = -1;
			continue;
		}
		if (strict && scale->whole && decimals(step) > 0)
			continue;
		if (!place_ticks(scale, step, intervals, &data, axis))
			continue;
		default_format(step, fmax(fabs(axis->low), fabs(axis->high)), chosen);
		if (*format != '\0' && !is_true(format, step))
			continue;
		if (an_chart_ticks_differ(plan, *format == '\0' ? chosen : format, axis) || !strict)
			return;
	}
}

/* Sets the ends and ticks of an axis; false if the step makes too many. */
static bool
place_ticks(const AnChartScale *scale, AnChartStep step, int intervals, const AnChartAxis *data,
			AnChartAxis *axis)
{
	double low = quotient(data->low, step);
	double high = quotient(data->high, step);
	double first = scale->reach ? floor(low + NEAR_TICK) : ceil(low - NEAR_TICK);
	double last = scale->reach ? ceil(high - NEAR_TICK) : floor(high + NEAR_TICK);

	/* On both sides of zero, no step makes less than two. */
	if (last - first > intervals && last - first > 2)
		return false;
	axis->n_ticks = 0;
	for (double k = first; k <= last; k++)
		axis->ticks[axis->n_ticks++].value = times(step, k);
	axis->low = scale->reach ? times(step, first) : data->low;
	axis->high = scale->reach ? times(step, last) : data->high;
	return axis->low < axis->high;
}

/* Returns k steps, the largest double where they are beyond. */
static double
times(AnChartStep step, double k)
{
	double value = step.exponent < 0 ? k * step.mantissa / pow(10, -step.exponent)
									 : k * step.mantissa * pow(10, step.exponent);

	return fmax(-DBL_MAX, fmin(DBL_MAX, value == 0 ? 0 : value));
}

/* Returns how many steps a value is. */
static double
quotient(double value, AnChartStep step)
{
	return step.exponent < 0 ? value * pow(10, -step.exponent) / step.mantissa
							 : value / pow(10, step.exponent) / step.mantissa;
}

/* Returns how many decimals multiples of a step have. */
static int
decimals(AnChartStep step)
{
	int n = (step.mantissa == 2.5) - step.exponent;

	return n > 0 ? n : 0;
}

/* Writes the format that shows multiples of a step: thousands, and decimals as many as they have. */
static void
default_format(AnChartStep step, double most, char *format)
{
	int n = decimals(step);

	*format = '\0';
	if (n > MOST_DECIMALS || most >= LARGEST_PLAIN)
		return;
	strcpy(format, n > 0 ? "#,##0." : "#,##0");
	format += strlen(format);
	memset(format, '0', (size_t) n);
	format[n] = '\0';
}

/* Tells whether a format shows all digits of a step. */
static bool
is_true(const char *format, AnChartStep step)
{
	AnNumberFormatInfo info;

	if (an_number_format_check(format, strlen(format), &info) != AN_OK || info.n_decimals < 0 ||
		info.is_text)
		return true;
	if (has_scaling(format))
		return step.mantissa != 2.5; /* the others show as two alike if they are too small */
	return decimals(step) <= info.n_decimals + (info.percent ? 2 : 0);
}

/* Tells whether a comma behind the last digit divides by thousands. */
static bool
has_scaling(const char *format)
{
	for (const char *at = strchr(format, ','); at != NULL; at = strchr(at + 1, ','))
	{
		if (at[1] == '\0' || strchr("0#?", at[1]) == NULL)
			return true;
	}
	return false;
}

bool
an_chart_ticks_differ(const AnChartPlan *plan, const char *format, AnChartAxis *axis)
{
	bool differ = true;

	for (int i = 0; i < axis->n_ticks; i++)
	{
		AnChartLabel *label = &axis->ticks[i].label;

		an_chart_number(plan, format, axis->ticks[i].value, label);
		if (i > 0)
		{
			const AnChartLabel *before = &axis->ticks[i - 1].label;

			if (before->length == label->length &&
				memcmp(before->text, label->text, label->length) == 0)
				differ = false;
		}
	}
	return differ;
}

double
an_chart_at(const AnChartAxis *axis, double value)
{
	double share = (value / 2 - axis->low / 2) / (axis->high / 2 - axis->low / 2);

	return axis->from + fmax(0, fmin(1, share)) * (axis->to - axis->from);
}
