/*
 * chart_legend.c - which colour is which series
 *
 * Below the plot where the names take at most two rows, else at the right in one
 * column if the chart is wide.  Names that have no room are counted: "+12".
 */
#include "kernel/chart_inside.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROW_HEIGHT	12.0
#define LEGEND_GAP	7.0	 /* above the first row */
#define MARK_WIDTH	8.0	 /* of a little square */
#define LINE_WIDTH	14.0 /* of a little line */
#define MARK_GAP	4.0	 /* between it and the name */
#define ENTRY_GAP	14.0 /* between entries */
#define REST_WIDTH	42.0 /* that the count of the rest needs behind an entry */
#define WIDEST_NAME 150.0
#define FEW_ROWS	2
#define MOST_ROWS	4	  /* where there is no room at the right */
#define WIDE_CHART	300.0 /* points of width that a legend at the right needs */
#define FAR_LEFT	0.34  /* of the width, from which rows begin at the edge */
#define RIGHT_SHARE 0.25  /* of the width that it may take */

static bool says_nothing(const AnChart *chart);
static AnFont legend_font(void);
static double mark_width(const AnChart *chart);
static void name_of(const AnChartPlan *plan, size_t i, AnChartLabel *label);
static int count_rows(const AnChartPlan *plan, double room);
static size_t rows_at_right(const AnChartPlan *plan);
static double left_of_rows(const AnChartPlan *plan);
static void draw_below(const AnChartPlan *plan);
static double entry_width(const AnChartPlan *plan, size_t i);
static bool rest_fits(const AnChartPlan *plan, size_t i, double room);
static void draw_right(const AnChartPlan *plan);
static void draw_entry(const AnChartPlan *plan, size_t i, double x, double middle);
static void draw_mark(const AnChartPlan *plan, size_t i, double x, double middle);
static void draw_rest(const AnChartPlan *plan, size_t rest, double x, double middle);

void
an_chart_legend_plan(AnChartPlan *plan, double left)
{
	const AnChart *chart = plan->chart;
	double widest = 0;
	int rows;

	if (chart->n_series == 1 && says_nothing(chart))
		return;
	rows = count_rows(plan, chart->width - plan->pad - left);
	plan->legend_place = AN_CHART_LEGEND_BELOW;
	plan->legend_rows = rows < MOST_ROWS ? rows : MOST_ROWS;
	if (rows <= FEW_ROWS || chart->width < WIDE_CHART)
		return;
	for (size_t i = 0; i < chart->n_series; i++)
	{
		widest = fmax(widest, entry_width(plan, i));
	}
	plan->legend_place = AN_CHART_LEGEND_RIGHT;
	plan->legend_rows = 0;
	plan->legend_width = ENTRY_GAP + widest;
}

/* Tells whether the only series needs no name: it has none, or a title says what is shown. */
static bool
says_nothing(const AnChart *chart)
{
	return chart->series[0].name.length == 0 || chart->title.length > 0 ||
		   chart->y_title.length > 0;
}

double
an_chart_legend_height(const AnChartPlan *plan)
{
	return LEGEND_GAP + plan->legend_rows * ROW_HEIGHT;
}

void
an_chart_legend(const AnChartPlan *plan)
{
	if (plan->legend_place == AN_CHART_LEGEND_BELOW)
		draw_below(plan);
	else if (plan->legend_place == AN_CHART_LEGEND_RIGHT)
		draw_right(plan);
}

static AnFont
legend_font(void)
{
	return (AnFont){.size = AN_CHART_LEGEND_SIZE, .color = AN_CHART_TEXT_COLOR};
}

static double
mark_width(const AnChart *chart)
{
	return chart->type == AN_CHART_LINE ? LINE_WIDTH : MARK_WIDTH;
}

/* Makes the label of a series; one without a name has its number. */
static void
name_of(const AnChartPlan *plan, size_t i, AnChartLabel *label)
{
	const AnChart *chart = plan->chart;
	AnFont font = legend_font();
	double room = fmin(WIDEST_NAME, chart->width * RIGHT_SHARE);

	if (chart->series[i].name.length > 0)
		an_chart_fit(plan, chart->series[i].name, &font, room, label);
	else
		an_chart_number(plan, "0", (double) i + 1, label);
}

/* Returns how many rows the entries take in so much room. */
static int
count_rows(const AnChartPlan *plan, double room)
{
	double x = 0;
	int rows = 1;

	for (size_t i = 0; i < plan->chart->n_series; i++)
	{
		double width = entry_width(plan, i);

		if (x > 0 && x + width > room)
		{
			rows++;
			x = 0;
		}
		x += width + ENTRY_GAP;
	}
	return rows;
}

/* Returns where rows begin: below the plot, unless much is left of that. */
static double
left_of_rows(const AnChartPlan *plan)
{
	return plan->plot.left <= plan->chart->width * FAR_LEFT ? plan->plot.left : plan->pad;
}

static void
draw_below(const AnChartPlan *plan)
{
	const AnChart *chart = plan->chart;
	double right = chart->width - plan->pad;
	double middle = chart->height - plan->pad - plan->legend_rows * ROW_HEIGHT + ROW_HEIGHT / 2;
	double left = left_of_rows(plan);
	double x = left;
	int row = 1;

	for (size_t i = 0; i < chart->n_series; i++)
	{
		double width = entry_width(plan, i);

		if (row < plan->legend_rows && x > left && x + width > right)
		{
			row++;
			x = left;
			middle += ROW_HEIGHT;
		}
		if (row == plan->legend_rows && x > left && x + width + REST_WIDTH > right &&
			!rest_fits(plan, i, right - x))
		{
			draw_rest(plan, chart->n_series - i, x, middle);
			return;
		}
		draw_entry(plan, i, x, middle);
		x += width + ENTRY_GAP;
	}
}

/* Returns how wide an entry is: mark and name. */
static double
entry_width(const AnChartPlan *plan, size_t i)
{
	AnChartLabel label;

	name_of(plan, i, &label);
	return mark_width(plan->chart) + MARK_GAP + label.width;
}

/* Tells whether all entries from i on fit in one row. */
static bool
rest_fits(const AnChartPlan *plan, size_t i, double room)
{
	for (; i < plan->chart->n_series && room >= 0; i++)
	{
		double width = entry_width(plan, i);

		if (width > room)
			return false;
		room -= width + ENTRY_GAP;
	}
	return i == plan->chart->n_series;
}

static size_t
rows_at_right(const AnChartPlan *plan)
{
	double height = plan->chart->height - plan->pad - plan->plot.top;

	return (size_t) fmax(1, floor(height / ROW_HEIGHT));
}

static void
draw_right(const AnChartPlan *plan)
{
	size_t n = plan->chart->n_series;
	size_t rows = rows_at_right(plan);
	double x = plan->chart->width - plan->pad - plan->legend_width + ENTRY_GAP;
	double middle = plan->plot.top + ROW_HEIGHT / 2 - AN_CHART_LABEL_SIZE / 2;

	for (size_t i = 0; i < n; i++, middle += ROW_HEIGHT)
	{
		if (i + 1 == rows && n > rows)
		{
			draw_rest(plan, n - i, x, middle);
			return;
		}
		draw_entry(plan, i, x, middle);
	}
}

static void
draw_entry(const AnChartPlan *plan, size_t i, double x, double middle)
{
	AnFont font = legend_font();
	AnChartLabel label;

	draw_mark(plan, i, x, middle);
	name_of(plan, i, &label);
	an_chart_set(plan, x + mark_width(plan->chart) + MARK_GAP,
				 middle + AN_CHART_MIDDLE * AN_CHART_LEGEND_SIZE, &label, &font);
}

static void
draw_mark(const AnChartPlan *plan, size_t i, double x, double middle)
{
	const AnChart *chart = plan->chart;
	const AnCanvas *canvas = plan->canvas;
	uint32_t color = an_chart_color(chart, i);
	AnPaint inside = an_chart_filled(color, 1);
	AnPaint line = an_chart_stroke(plan, i);
	AnPoint points[] = {{x, middle}, {x + LINE_WIDTH, middle}};

	if (chart->type == AN_CHART_LINE)
		canvas->path(canvas->context, points, 2, false, &line);
	else if (chart->type == AN_CHART_SCATTER)
		canvas->circle(canvas->context, x + MARK_WIDTH / 2, middle, MARK_WIDTH / 3, &inside);
	else
		canvas->rectangle(canvas->context, x, middle - MARK_WIDTH / 2, MARK_WIDTH, MARK_WIDTH,
						  &inside);
}

/* Says how many have no room. */
static void
draw_rest(const AnChartPlan *plan, size_t rest, double x, double middle)
{
	AnFont font = legend_font();
	AnChartLabel label;
	char text[24];
	int length = snprintf(text, sizeof(text), "+%zu", rest);

	font.color = AN_CHART_PALE_COLOR;
	an_chart_fit(plan, (AnChartText){text, (size_t) length}, &font, WIDEST_NAME, &label);
	if (x + label.width <= plan->chart->width)
		an_chart_set(plan, x, middle + AN_CHART_MIDDLE * AN_CHART_LEGEND_SIZE, &label, &font);
}
