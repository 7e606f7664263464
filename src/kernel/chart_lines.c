/*
 * chart_lines.c - lines, areas and clouds of points
 *
 * A missing value ends a line; the next begins another. Of a line with more points
 * than two for each point of width, each column of a point's width keeps its first,
 * lowest, highest and last: nothing of its shape is lost, and a million points
 * take no more room than the plot is wide.
 */
#include "kernel/chart_inside.h"

#include <math.h>
#include <string.h>

#define FEW_SERIES	  4
#define STRONG_LINE	  1.7
#define FINE_LINE	  1.2
#define AREA_OPACITY  0.16
#define STACK_OPACITY 0.85
#define DOT			  1.8  /* radius of a point of a line */
#define DOT_ROOM	  12.0 /* points apart that lines with dots need */
#define MOST_DOTS	  400  /* of all series */
#define CLOUD_DOT	  2.4  /* radius of a point of a cloud */
#define FINE_DOT	  1.4  /* of a large one */
#define LARGE_CLOUD	  1500 /* points */
#define CLOUD_OPACITY 0.75
#define CELL		  0.5 /* points within which two points of a cloud are one */
#define LARGE_CELL	  1.0 /* the same of a large one */

static bool has_dots(const AnChartPlan *plan);
static void draw_series(const AnChartPlan *plan, size_t series);
static size_t collect(const AnChartPlan *plan, size_t *k, bool bases, AnPoint *points);
static void
draw_run(const AnChartPlan *plan, size_t series, AnPoint *points, size_t n, AnPoint *bases);
static void draw_area(const AnChartPlan *plan, size_t series, AnPoint *points, size_t n,
					  AnPoint *bases, size_t n_bases);
static size_t thin(const AnChartPlan *plan, AnPoint *points, size_t n);
static size_t thin_column(AnPoint *points, size_t from, size_t to, AnPoint *out);
static void dot(const AnChartPlan *plan, AnPoint at, double radius, const AnPaint *paint);

AnPaint
an_chart_stroke(const AnChartPlan *plan, size_t i)
{
	bool few = plan->chart->n_series <= FEW_SERIES;
	bool dense = (double) plan->chart->n_points > plan->chart->width;

	return (AnPaint){.fill = AN_COLOR_NONE,
					 .stroke = an_chart_color(plan->chart, i),
					 .line_width = few && !dense ? STRONG_LINE : FINE_LINE,
					 .fill_opacity = 1,
					 .dashed = i / an_chart_palette_size % 2 == 1};
}

void
an_chart_lines(AnChartPlan *plan)
{
	an_chart_stack_begin(plan);
	for (size_t s = 0; s < plan->chart->n_series; s++)
	{
		an_chart_stack(plan, s);
		draw_series(plan, s);
	}
}

/* Draws each run of values that nothing interrupts. */
static void
draw_series(const AnChartPlan *plan, size_t series)
{
	AnPoint *bases = plan->points + plan->chart->n_points;
	bool dots = has_dots(plan);

	for (size_t k = 0; k < plan->n_order;)
	{
		size_t start = k;
		size_t n = collect(plan, &k, false, plan->points);

		if (n == 0)
			continue;
		for (size_t i = 0; dots && i < n; i++)
		{
			AnPaint paint = an_chart_filled(an_chart_color(plan->chart, series), 1);

			dot(plan, plan->points[i], DOT, &paint);
		}
		(void) collect(plan, &start, true, bases);
		draw_run(plan, series, plan->points, n, bases);
	}
}

/* Tells whether there is room for dots at the points of lines. */
static bool
has_dots(const AnChartPlan *plan)
{
	const AnChart *chart = plan->chart;
	double width = plan->plot.right - plan->plot.left;

	return chart->type == AN_CHART_LINE && chart->n_points * chart->n_series <= MOST_DOTS &&
		   chart->n_series <= FEW_SERIES && width / (double) chart->n_points >= DOT_ROOM;
}

/*
 * Collects the places of values from *k on, up to one that is missing, and moves *k behind it.  Where
 * one of a series below is missing the stack has a step, which no slope should make of it.
 */
static size_t
collect(const AnChartPlan *plan, size_t *k, bool bases, AnPoint *points)
{
	size_t n = 0;

	for (; *k < plan->n_order; (*k)++)
	{
		size_t i = plan->order[*k];

		if (isnan(plan->top[i]))
		{
			(*k)++;
			break;
		}
		if (n > 0 && plan->missing[i] != plan->missing[plan->order[*k - 1]])
			break;
		points[n].x = an_chart_place(plan, i);
		points[n++].y = an_chart_at(&plan->values, bases ? plan->base[i] : plan->top[i]);
	}
	return n;
}

/* Draws n points in a row: one alone as a dot. */
static void
draw_run(const AnChartPlan *plan, size_t series, AnPoint *points, size_t n, AnPoint *bases)
{
	const AnChart *chart = plan->chart;
	AnPaint line = an_chart_stroke(plan, series);
	AnPaint filled = an_chart_filled(line.stroke, 1);
	size_t n_bases = thin(plan, bases, n);

	n = thin(plan, points, n);
	if (chart->type == AN_CHART_AREA && n > 1)
		draw_area(plan, series, points, n, bases, n_bases);
	else if (chart->type == AN_CHART_AREA && chart->stacked)
	{
		AnPoint ends[] = {points[0], bases[0]};

		plan->canvas->path(plan->canvas->context, ends, 2, false, &line);
		return;
	}
	if (n == 1)
		dot(plan, points[0], DOT, &filled);
	else if (chart->type == AN_CHART_LINE || !chart->stacked)
		plan->canvas->path(plan->canvas->context, points, n, false, &line);
}

/* Fills what lies between points and bases, both from left to right. */
static void
draw_area(const AnChartPlan *plan, size_t series, AnPoint *points, size_t n, AnPoint *bases,
		  size_t n_bases)
{
	AnPaint inside = an_chart_filled(an_chart_color(plan->chart, series),
									 plan->chart->stacked ? STACK_OPACITY : AREA_OPACITY);

	for (size_t i = 0; i < n_bases / 2; i++)
	{
		AnPoint other = bases[n_bases - 1 - i];

		bases[n_bases - 1 - i] = bases[i];
		bases[i] = other;
	}
	memmove(points + n, bases, n_bases * sizeof(AnPoint));
	plan->canvas->path(plan->canvas->context, points, n + n_bases, true, &inside);
}

/* Leaves out, in place, the points that nobody could see; returns how many remain. */
static size_t
thin(const AnChartPlan *plan, AnPoint *points, size_t n)
{
	size_t kept = 0;
	size_t from = 0;

	if ((double) n <= 2 * (plan->plot.right - plan->plot.left))
		return n;
	for (size_t i = 1; i <= n; i++)
	{
		if (i < n && floor(points[i].x) == floor(points[from].x))
			continue;
		kept += thin_column(points, from, i, points + kept);
		from = i;
	}
	return kept;
}

/* Keeps first, lowest, highest and last of a column, in their order, at `out` (not behind `from`). */
static size_t
thin_column(AnPoint *points, size_t from, size_t to, AnPoint *out)
{
	size_t low = from;
	size_t high = from;
	AnPoint kept[4];
	size_t n = 0;

	for (size_t i = from; i < to; i++)
	{
		low = points[i].y > points[low].y ? i : low;
		high = points[i].y < points[high].y ? i : high;
	}
	for (size_t i = from; i < to; i++)
	{
		if (i == from || i == low || i == high || i == to - 1)
			kept[n++] = points[i];
	}
	memcpy(out, kept, n * sizeof(AnPoint));
	return n;
}

static void
dot(const AnChartPlan *plan, AnPoint at, double radius, const AnPaint *paint)
{
	plan->canvas->circle(plan->canvas->context, at.x, at.y, radius, paint);
}

/* Draws clouds; of the points of a series that hide each other, one. */
void
an_chart_scatter(AnChartPlan *plan)
{
	const AnChart *chart = plan->chart;
	bool large = chart->n_points * chart->n_series > LARGE_CLOUD;
	double radius = large ? FINE_DOT : CLOUD_DOT;
	double side = large ? LARGE_CELL : CELL;
	size_t n_columns = (size_t) ((plan->plot.right - plan->plot.left) / side) + 1;
	size_t n_rows = (size_t) ((plan->plot.bottom - plan->plot.top) / side) + 1;
	size_t n_bytes = n_columns * n_rows / 8 + 1;
	unsigned char *taken = an_memory_take(plan->memory, n_bytes);

	an_chart_stack_begin(plan);
	for (size_t s = 0; s < chart->n_series; s++)
	{
		AnPaint paint = an_chart_filled(an_chart_color(chart, s), CLOUD_OPACITY);

		memset(taken, 0, n_bytes);
		an_chart_stack(plan, s);
		for (size_t k = 0; k < plan->n_order; k++)
		{
			size_t i = plan->order[k];
			AnPoint at;
			size_t cell;

			if (isnan(plan->top[i]))
				continue;
			at = (AnPoint){an_chart_place(plan, i), an_chart_at(&plan->values, plan->top[i])};
			cell = (size_t) ((at.y - plan->plot.top) / side) * n_columns +
				   (size_t) ((at.x - plan->plot.left) / side);
			if ((taken[cell / 8] >> cell % 8 & 1) == 0)
				dot(plan, at, radius, &paint);
			taken[cell / 8] |= (unsigned char) (1 << cell % 8);
		}
	}
	an_memory_give(plan->memory, taken);
}
