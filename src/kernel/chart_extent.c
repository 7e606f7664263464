/*
 * chart_extent.c - what the data of a chart spans, and how its marks stand upon each other
 *
 * Positive values stand upwards from zero and negative ones downwards, each on
 * those of the series before.  A sum beyond the doubles stays at the largest.
 */
#include "kernel/chart_inside.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* An axis begins at zero where the data's distance from it is at most so many times their range. */
#define FAR_FROM_ZERO 5

/* Largest whole number that counts as a count. */
#define LARGEST_WHOLE 1e15

static void take_arrays(AnChartPlan *plan);
static void find_order(AnChartPlan *plan);
static void sort_by_x(const double *x, size_t *order, size_t *room, size_t n);
static void grow(AnChartScale *scale, double value);
static void start_at_zero(const AnChart *chart, AnChartScale *scale);
static double clamped(double value);

bool
an_chart_extent(AnChartPlan *plan)
{
	const AnChart *chart = plan->chart;
	const AnChartScale nothing = {.low = INFINITY, .high = -INFINITY, .whole = true};

	take_arrays(plan);
	find_order(plan);
	plan->value_scale = nothing;
	plan->value_scale.format = chart->y_format;
	plan->value_scale.reach = true;
	plan->place_scale = nothing;
	plan->place_scale.format = chart->x_format;
	plan->place_scale.reach = chart->type == AN_CHART_SCATTER;
	an_chart_stack_begin(plan);
	for (size_t s = 0; s < chart->n_series; s++)
	{
		an_chart_stack(plan, s);
		for (size_t k = 0; k < plan->n_order; k++)
		{
			size_t i = plan->order[k];

			if (isnan(plan->top[i]))
				continue;
			grow(&plan->value_scale, plan->top[i]);
			if (plan->by_x)
				grow(&plan->place_scale, chart->x != NULL ? chart->x[i] : (double) i + 1);
		}
	}
	if (plan->value_scale.low > plan->value_scale.high)
		return false;
	start_at_zero(chart, &plan->value_scale);
	return true;
}

/* Takes all memory that drawing needs. */
static void
take_arrays(AnChartPlan *plan)
{
	size_t n = plan->chart->n_points + 1;

	plan->up = an_memory_take(plan->memory, n * sizeof(double));
	plan->down = an_memory_take(plan->memory, n * sizeof(double));
	plan->missing = an_memory_take(plan->memory, n);
	plan->base = an_memory_take(plan->memory, n * sizeof(double));
	plan->top = an_memory_take(plan->memory, n * sizeof(double));
	plan->order = an_memory_take(plan->memory, n * sizeof(size_t));
	plan->points = an_memory_take(plan->memory, 2 * n * sizeof(AnPoint));
}

void
an_chart_release(AnChartPlan *plan)
{
	an_memory_give(plan->memory, plan->up);
	an_memory_give(plan->memory, plan->down);
	an_memory_give(plan->memory, plan->missing);
	an_memory_give(plan->memory, plan->base);
	an_memory_give(plan->memory, plan->top);
	an_memory_give(plan->memory, plan->order);
	an_memory_give(plan->memory, plan->points);
}

/* Lists the points that have a place, from left to right. */
static void
find_order(AnChartPlan *plan)
{
	const AnChart *chart = plan->chart;
	const double *x = plan->by_x ? chart->x : NULL;
	bool sorted = true;

	plan->n_order = 0;
	for (size_t i = 0; i < chart->n_points; i++)
	{
		if (x != NULL && !isfinite(x[i]))
			continue;
		if (x != NULL && plan->n_order > 0 && x[i] < x[plan->order[plan->n_order - 1]])
			sorted = false;
		plan->order[plan->n_order++] = i;
	}
	if (!sorted)
	{
		size_t *room = an_memory_take(plan->memory, plan->n_order * sizeof(size_t));

		sort_by_x(x, plan->order, room, plan->n_order);
		an_memory_give(plan->memory, room);
	}
}

/* Merges runs of 1, 2, 4 … points: equal x keep their order. */
static void
sort_by_x(const double *x, size_t *order, size_t *room, size_t n)
{
	for (size_t run = 1; run < n; run *= 2)
	{
		for (size_t start = 0; start < n; start += 2 * run)
		{
			size_t middle = start + run < n ? start + run : n;
			size_t end = middle + run < n ? middle + run : n;
			size_t a = start;
			size_t b = middle;

			for (size_t to = start; to < end; to++)
			{
				bool first = a < middle && (b == end || x[order[a]] <= x[order[b]]);

				room[to] = first ? order[a++] : order[b++];
			}
		}
		memcpy(order, room, n * sizeof(size_t));
	}
}

static void
grow(AnChartScale *scale, double value)
{
	scale->low = fmin(scale->low, value);
	scale->high = fmax(scale->high, value);
	if (fabs(value) > LARGEST_WHOLE || floor(value) != value)
		scale->whole = false;
}

/* Brings zero into the scale where the kind of chart needs it, or it is near. */
static void
start_at_zero(const AnChart *chart, AnChartScale *scale)
{
	bool needed = chart->type == AN_CHART_COLUMN || chart->type == AN_CHART_BAR ||
				  chart->type == AN_CHART_AREA || scale->low == scale->high;
	double range = scale->high / 2 - scale->low / 2;
	double distance = fmin(fabs(scale->low), fabs(scale->high)) / 2;

	if (!needed && range < distance / FAR_FROM_ZERO)
		return;
	scale->low = fmin(scale->low, 0);
	scale->high = fmax(scale->high, 0);
}

void
an_chart_stack_begin(AnChartPlan *plan)
{
	memset(plan->up, 0, plan->chart->n_points * sizeof(double));
	memset(plan->down, 0, plan->chart->n_points * sizeof(double));
	memset(plan->missing, 0, plan->chart->n_points);
}

void
an_chart_stack(AnChartPlan *plan, size_t series)
{
	const AnChart *chart = plan->chart;
	const double *values = chart->series[series].values;
	bool stacked =
		chart->stacked && chart->type != AN_CHART_LINE && chart->type != AN_CHART_SCATTER;

	for (size_t i = 0; i < chart->n_points; i++)
	{
		double *side = values[i] < 0 ? plan->down : plan->up;

		plan->base[i] = stacked ? side[i] : 0;
		plan->top[i] = isfinite(values[i]) ? clamped(plan->base[i] + values[i]) : NAN;
		if (stacked && isfinite(values[i]))
			side[i] = plan->top[i];
		else if (stacked)
			plan->missing[i]++;
	}
}

static double
clamped(double value)
{
	return fmax(-DBL_MAX, fmin(DBL_MAX, value));
}
