/*
 * chart_axes.c - gridlines, the zero line, labels and titles of axes
 */
#include "kernel/chart_inside.h"

#include <math.h>

#define GRID_WIDTH 0.6
#define BASE_WIDTH 0.9
#define TICK_DROP  3.0 /* length of a tick below the plot */
#define TURN	   -45.0

static void line(const AnChartPlan *plan, AnPoint from, AnPoint to, uint32_t color, double width);
static void value_line(const AnChartPlan *plan, double value, uint32_t color, double width);
static void set_below(const AnChartPlan *plan, double x, const AnChartLabel *label);
static void value_labels(const AnChartPlan *plan);
static void place_labels(const AnChartPlan *plan);
static void category_labels(const AnChartPlan *plan);
static void wrapped_label(const AnChartPlan *plan, size_t i);
static void turned_label(const AnChartPlan *plan, size_t i);
static void axis_titles(const AnChartPlan *plan);

void
an_chart_grid(const AnChartPlan *plan)
{
	for (int i = 0; i < plan->values.n_ticks; i++)
		value_line(plan, plan->values.ticks[i].value, AN_CHART_GRID_COLOR, GRID_WIDTH);
	for (int i = 0; plan->chart->type == AN_CHART_SCATTER && i < plan->places.n_ticks; i++)
	{
		double x = an_chart_at(&plan->places, plan->places.ticks[i].value);

		line(plan, (AnPoint){x, plan->plot.top}, (AnPoint){x, plan->plot.bottom},
			 AN_CHART_GRID_COLOR, GRID_WIDTH);
	}
}

static void
line(const AnChartPlan *plan, AnPoint from, AnPoint to, uint32_t color, double width)
{
	AnPaint paint = {.fill = AN_COLOR_NONE, .stroke = color, .line_width = width};
	AnPoint points[] = {from, to};

	plan->canvas->path(plan->canvas->context, points, 2, false, &paint);
}

/* Draws a line through all places of one value. */
static void
value_line(const AnChartPlan *plan, double value, uint32_t color, double width)
{
	const AnChartBox *plot = &plan->plot;
	double at = an_chart_at(&plan->values, value);

	if (plan->lying)
		line(plan, (AnPoint){at, plot->top}, (AnPoint){at, plot->bottom}, color, width);
	else
		line(plan, (AnPoint){plot->left, at}, (AnPoint){plot->right, at}, color, width);
}

void
an_chart_axes(const AnChartPlan *plan)
{
	double base = fmax(plan->values.low, fmin(plan->values.high, 0));

	value_line(plan, base, AN_CHART_BASE_COLOR, BASE_WIDTH);
	if (plan->dropped >= AN_CHART_DROP_LABELS)
		return;
	value_labels(plan);
	if (plan->by_x)
		place_labels(plan);
	else
		category_labels(plan);
	axis_titles(plan);
}

/* Sets a label in the middle below a place, unless it would leave a chart that is too small for it. */
static void
set_below(const AnChartPlan *plan, double x, const AnChartLabel *label)
{
	AnFont font = an_chart_font(AN_ANCHOR_MIDDLE);

	if (x - label->width / 2 >= 0 && x + label->width / 2 <= plan->chart->width)
		an_chart_set(plan, x, plan->plot.bottom + AN_CHART_AXIS_GAP + AN_CHART_LABEL_SIZE * 0.8,
					 label, &font);
}

static void
value_labels(const AnChartPlan *plan)
{
	AnFont font = an_chart_font(AN_ANCHOR_END);

	for (int i = 0; i < plan->values.n_ticks; i++)
	{
		const AnChartTick *tick = &plan->values.ticks[i];
		double at = an_chart_at(&plan->values, tick->value);

		if (plan->lying)
			set_below(plan, at, &tick->label);
		else
			an_chart_set(plan, plan->plot.left - AN_CHART_AXIS_GAP,
						 at + AN_CHART_MIDDLE * AN_CHART_LABEL_SIZE, &tick->label, &font);
	}
}

static void
place_labels(const AnChartPlan *plan)
{
	for (int i = 0; i < plan->places.n_ticks; i++)
	{
		const AnChartTick *tick = &plan->places.ticks[i];
		double x = an_chart_at(&plan->places, tick->value);

		line(plan, (AnPoint){x, plan->plot.bottom}, (AnPoint){x, plan->plot.bottom + TICK_DROP},
			 AN_CHART_BASE_COLOR, GRID_WIDTH);
		set_below(plan, x, &tick->label);
	}
}

static void
category_labels(const AnChartPlan *plan)
{
	AnFont font = an_chart_font(AN_ANCHOR_END);
	AnChartLabel label;

	for (size_t i = 0; i < plan->chart->n_points; i += plan->every)
	{
		double at = an_chart_place(plan, i);

		if (plan->turned || plan->wrapped)
		{
			if (plan->turned)
				turned_label(plan, i);
			else
				wrapped_label(plan, i);
			continue;
		}
		an_chart_category(plan, i, plan->label_room, &label);
		if (plan->lying)
			an_chart_set(plan, plan->plot.left - AN_CHART_AXIS_GAP,
						 at + AN_CHART_MIDDLE * AN_CHART_LABEL_SIZE, &label, &font);
		else
			set_below(plan, at, &label);
	}
}

/* Sets a label in two lines, if it needs them. */
static void
wrapped_label(const AnChartPlan *plan, size_t i)
{
	AnFont font = an_chart_font(AN_ANCHOR_MIDDLE);
	double y = plan->plot.bottom + AN_CHART_AXIS_GAP + AN_CHART_LABEL_SIZE * 0.8;
	AnChartLabel lines[2];

	(void) an_chart_wrap(plan, plan->chart->labels[i], &font, plan->label_room, lines);
	an_chart_set(plan, an_chart_place(plan, i), y, &lines[0], &font);
	an_chart_set(plan, an_chart_place(plan, i), y + AN_CHART_LABEL_SIZE * AN_CHART_LINE_HEIGHT,
				 &lines[1], &font);
}

/* Sets a label that rises to its category, cut where it would leave the chart at the left. */
static void
turned_label(const AnChartPlan *plan, size_t i)
{
	AnFont font = an_chart_font(AN_ANCHOR_END);
	double x = an_chart_place(plan, i) + AN_CHART_LABEL_SIZE * 0.3;
	double room = (x - AN_CHART_LABEL_SIZE) * sqrt(2);
	AnChartLabel label;

	font.rotation = TURN;
	an_chart_category(plan, i, fmin(plan->label_room, room), &label);
	an_chart_set(plan, x, plan->plot.bottom + AN_CHART_AXIS_GAP + AN_CHART_LABEL_SIZE * 0.5, &label,
				 &font);
}

static void
axis_titles(const AnChartPlan *plan)
{
	const AnChart *chart = plan->chart;
	const AnChartBox *plot = &plan->plot;
	AnFont font = {.size = AN_CHART_LEGEND_SIZE, .color = AN_CHART_PALE_COLOR};
	AnChartText upright = plan->lying ? chart->x_title : chart->y_title;
	AnChartText lying = plan->lying ? chart->y_title : chart->x_title;
	double above = plot->top - (plan->lying ? 0 : AN_CHART_LABEL_SIZE / 2) - 5;
	AnChartLabel label;

	if (plan->dropped >= AN_CHART_DROP_AXIS_TITLES)
		return;
	an_chart_fit(plan, upright, &font, chart->width - 2 * plan->pad, &label);
	an_chart_set(plan, plan->pad, above, &label, &font);
	font.anchor = AN_ANCHOR_MIDDLE;
	an_chart_fit(plan, lying, &font, plot->right - plot->left, &label);
	an_chart_set(plan, (plot->left + plot->right) / 2,
				 plot->bottom + plan->labels_depth + AN_CHART_LEGEND_SIZE * 0.9, &label, &font);
}
