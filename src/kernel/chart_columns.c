/*
 * chart_columns.c - columns and bars: side by side, or upon each other
 *
 * Where columns would be narrower than can be seen, neighbouring points share
 * one: side by side each series shows its largest of them, stacked the point whose
 * stack reaches furthest.
 */
#include "kernel/chart_inside.h"

#include <math.h>

#define SHARE_ALONE	  0.66 /* of a category that a single column takes */
#define SHARE_GROUP	  0.78 /* and that several side by side do */
#define DENSE_BAND	  4.0  /* points below which columns take nearly all of it */
#define TOUCHING_BAND 1.5  /* and that they take whole */
#define SHARE_DENSE	  0.9
#define WIDEST		  46.0 /* points of a column */
#define THINNEST	  0.2  /* of what can be seen */
#define GAP_FROM	  5.0  /* width of a column that has a gap to its neighbour */
#define GAP			  1.0
#define SMALLEST_BAR  0.01 /* points: a shorter one is nothing */

/* Where the columns of a category stand. */
typedef struct AnChartComb
{
	double first; /* where the first begins */
	double band;  /* from one category, or what shares a place, to the next */
	double pitch; /* from one to the next */
	double width; /* of one */
	size_t step;  /* points that share a place */
} AnChartComb;

static AnChartComb comb_of(const AnChartPlan *plan);
static void furthest_stacks(AnChartPlan *plan, size_t step);
static double reach(const AnChartPlan *plan, size_t i);
static size_t largest_of(const AnChartPlan *plan, size_t from, size_t to);
static void draw_one(const AnChartPlan *plan, const AnChartComb *comb, double side, size_t i,
					 const AnPaint *paint);

void
an_chart_columns(AnChartPlan *plan)
{
	const AnChart *chart = plan->chart;
	AnChartComb comb = comb_of(plan);

	if (chart->stacked)
		furthest_stacks(plan, comb.step);
	an_chart_stack_begin(plan);
	for (size_t s = 0; s < chart->n_series; s++)
	{
		AnPaint paint = an_chart_filled(an_chart_color(chart, s), 1);

		an_chart_stack(plan, s);
		for (size_t from = 0; from < chart->n_points; from += comb.step)
		{
			size_t to = from + comb.step < chart->n_points ? from + comb.step : chart->n_points;
			size_t i = chart->stacked ? plan->order[from] : largest_of(plan, from, to);
			double side = comb.first + comb.band * (double) (from / comb.step) +
						  comb.pitch * (double) (chart->stacked ? 0 : s);

			if (!isnan(plan->top[i]))
				draw_one(plan, &comb, side, i, &paint);
		}
	}
}

static AnChartComb
comb_of(const AnChartPlan *plan)
{
	size_t slots = plan->chart->stacked ? 1 : plan->chart->n_series;
	size_t n = plan->chart->n_points;
	double band = an_chart_band(plan);
	double room = band * (double) n;
	AnChartComb comb = {.step = 1};
	double share;

	if (band / (double) slots < THINNEST)
	{
		comb.step = (size_t) ceil(THINNEST * (double) slots / band);
		band = room / (double) ((n - 1) / comb.step + 1);
	}
	share = band < TOUCHING_BAND ? 1
			: band < DENSE_BAND	 ? SHARE_DENSE
			: slots > 1			 ? SHARE_GROUP
								 : SHARE_ALONE;
	comb.pitch = fmin(WIDEST, band * share / (double) slots);
	comb.width = comb.pitch >= GAP_FROM && slots > 1 ? comb.pitch - GAP : comb.pitch;
	comb.band = band;
	comb.first = (plan->lying ? plan->plot.top : plan->plot.left) +
				 (band - comb.pitch * (double) slots + comb.pitch - comb.width) / 2;
	return comb;
}

/* Puts at the first of each `step` points of the order the one whose stack reaches furthest. */
static void
furthest_stacks(AnChartPlan *plan, size_t step)
{
	size_t n = plan->chart->n_points;

	an_chart_stack_begin(plan);
	for (size_t s = 0; s < plan->chart->n_series; s++)
		an_chart_stack(plan, s);
	for (size_t from = 0; from < n; from += step)
	{
		plan->order[from] = from;
		for (size_t i = from + 1; i < from + step && i < n; i++)
		{
			if (reach(plan, i) > reach(plan, plan->order[from]))
				plan->order[from] = i;
		}
	}
}

static double
reach(const AnChartPlan *plan, size_t i)
{
	return fmax(plan->up[i], -plan->down[i]);
}

/* Returns the point with the largest column, of those from `from` to before `to`. */
static size_t
largest_of(const AnChartPlan *plan, size_t from, size_t to)
{
	size_t best = from;

	for (size_t i = from + 1; i < to; i++)
	{
		if (isnan(plan->top[best]) || fabs(plan->top[i]) > fabs(plan->top[best]))
			best = i;
	}
	return best;
}

/* Draws the column of point i, whose side begins at `side`. */
static void
draw_one(const AnChartPlan *plan, const AnChartComb *comb, double side, size_t i,
		 const AnPaint *paint)
{
	const AnCanvas *canvas = plan->canvas;
	double one = an_chart_at(&plan->values, plan->base[i]);
	double other = an_chart_at(&plan->values, plan->top[i]);
	double low = fmin(one, other);
	double length = fabs(one - other);

	if (length < SMALLEST_BAR)
		return;
	if (plan->lying)
		canvas->rectangle(canvas->context, low, side, length, comb->width, paint);
	else
		canvas->rectangle(canvas->context, side, low, comb->width, length, paint);
}
