/*
 * chart.c - a chart from data to shapes
 */
#include "kernel/chart_inside.h"

#include <math.h>
#include <string.h>

#define MIN_WIDTH	   60.0
#define MIN_HEIGHT	   40.0
#define MOST_SIZE	   20000.0 /* points: no page is larger */
#define HEIGHT_OF_DATA 24.0	   /* points that a title must leave */

static const char *const type_names[AN_CHART_TYPES] = {
	[AN_CHART_LINE] = "line", [AN_CHART_COLUMN] = "column", [AN_CHART_BAR] = "bar",
	[AN_CHART_AREA] = "area", [AN_CHART_PIE] = "pie",		[AN_CHART_SCATTER] = "scatter",
};

static AnStatus check(const AnChart *chart);
static bool draw_axes_chart(AnChartPlan *plan);
static bool draw_pie_chart(AnChartPlan *plan);
static void draw_title(const AnChartPlan *plan);
static void draw_nothing(AnChartPlan *plan);

AnChartType
an_chart_type_find(const char *name)
{
	int type = 0;

	while (type < AN_CHART_TYPES && strcmp(type_names[type], name) != 0)
		type++;
	return (AnChartType) type;
}

const char *
an_chart_type_name(AnChartType type)
{
	return type_names[type];
}

AnStatus
an_chart_draw(const AnChart *chart, const AnCanvas *canvas, const AnMemory *memory)
{
	AnStatus status = check(chart);
	bool drawn;
	AnChartPlan *plan;

	if (status != AN_OK)
		return status;
	plan = an_memory_take(memory, sizeof(AnChartPlan));
	memset(plan, 0, sizeof(AnChartPlan));
	plan->chart = chart;
	plan->canvas = canvas;
	plan->memory = memory;
	plan->locale = chart->locale != NULL ? chart->locale : an_locale_find("en");
	plan->lying = chart->type == AN_CHART_BAR;
	plan->by_x =
		chart->type == AN_CHART_SCATTER ||
		(chart->x != NULL && (chart->type == AN_CHART_LINE || chart->type == AN_CHART_AREA));
	plan->edges = chart->type == AN_CHART_AREA;
	drawn = chart->type == AN_CHART_PIE ? draw_pie_chart(plan) : draw_axes_chart(plan);
	if (!drawn)
		draw_nothing(plan);
	an_memory_give(memory, plan);
	return AN_OK;
}

static AnStatus
check(const AnChart *chart)
{
	if (!(chart->width >= MIN_WIDTH && chart->width <= MOST_SIZE) ||
		!(chart->height >= MIN_HEIGHT && chart->height <= MOST_SIZE) ||
		(unsigned) chart->type >= AN_CHART_TYPES)
		return AN_ERR_ARGUMENT;
	if (chart->n_series > AN_CHART_MAX_SERIES || chart->n_points > AN_CHART_MAX_POINTS)
		return AN_ERR_LIMIT;
	return AN_OK;
}

/* Draws anything but a pie; false: there is nothing to show. */
static bool
draw_axes_chart(AnChartPlan *plan)
{
	bool any = an_chart_extent(plan);

	if (any)
	{
		an_chart_layout(plan);
		if (plan->dropped < AN_CHART_DROP_TITLE)
			draw_title(plan);
		an_chart_grid(plan);
		if (plan->chart->type == AN_CHART_COLUMN || plan->chart->type == AN_CHART_BAR)
			an_chart_columns(plan);
		else if (plan->chart->type == AN_CHART_SCATTER)
			an_chart_scatter(plan);
		else
			an_chart_lines(plan);
		an_chart_axes(plan);
		an_chart_legend(plan);
	}
	an_chart_release(plan);
	return any;
}

static bool
draw_pie_chart(AnChartPlan *plan)
{
	const AnChart *chart = plan->chart;
	double title = AN_CHART_TITLE_SIZE * AN_CHART_LINE_HEIGHT + 3;
	bool drawn;

	plan->pad = fmin(AN_CHART_PADDING, fmin(chart->width, chart->height) / 12);
	if (chart->title.length == 0 || chart->height - 2 * plan->pad - title < HEIGHT_OF_DATA)
		title = 0;
	drawn = an_chart_pie(plan, plan->pad + title);
	if (drawn && title > 0)
		draw_title(plan);
	return drawn;
}

static void
draw_title(const AnChartPlan *plan)
{
	AnFont font = {AN_CHART_TITLE_SIZE, true, AN_CHART_TITLE_COLOR, AN_ANCHOR_START, 0};
	AnChartLabel label;

	an_chart_fit(plan, plan->chart->title, &font, plan->chart->width - 2 * plan->pad, &label);
	an_chart_set(plan, plan->pad, plan->pad + AN_CHART_TITLE_SIZE * 0.9, &label, &font);
}

/* Draws the title, a frame, and in it the words for no rows. */
static void
draw_nothing(AnChartPlan *plan)
{
	const AnChart *chart = plan->chart;
	const char *words = plan->locale->words[AN_WORD_NO_ROWS];
	AnFont font = {AN_CHART_LEGEND_SIZE, false, AN_CHART_PALE_COLOR, AN_ANCHOR_MIDDLE, 0};
	AnPaint frame = {.fill = AN_COLOR_NONE, .stroke = AN_CHART_GRID_COLOR, .line_width = 1};
	AnChartLabel label;
	double top;

	plan->pad = fmin(AN_CHART_PADDING, fmin(chart->width, chart->height) / 12);
	top = plan->pad;
	if (chart->title.length > 0 && chart->height > 2 * (MIN_HEIGHT + AN_CHART_PADDING) - 30)
	{
		draw_title(plan);
		top += AN_CHART_TITLE_SIZE * AN_CHART_LINE_HEIGHT + 3;
	}
	plan->canvas->rectangle(plan->canvas->context, plan->pad, top, chart->width - 2 * plan->pad,
							chart->height - plan->pad - top, &frame);
	an_chart_fit(plan, (AnChartText){words, strlen(words)}, &font, chart->width - 4 * plan->pad,
				 &label);
	an_chart_set(plan, chart->width / 2,
				 (top + chart->height - plan->pad) / 2 + AN_CHART_MIDDLE * AN_CHART_LEGEND_SIZE,
				 &label, &font);
}
