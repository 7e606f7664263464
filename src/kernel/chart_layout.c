/*
 * chart_layout.c - where everything of a chart stands
 *
 * From above: title, title of the upright axis, plot, labels, title of the lying
 * axis, legend.  Where the plot would become too small, titles of axes are
 * left out first, then the legend, the title, and at last the labels.
 */
#include "kernel/chart_inside.h"

#include <math.h>

#define MIN_PLOT_WIDTH	40.0
#define MIN_PLOT_HEIGHT 26.0
#define TICK_ROOM		24.0 /* points of height for each step of an upright axis */
#define WIDE_TICK_ROOM	50.0 /* points of width for each of a lying one */
#define MOST_STEPS		6	 /* of an upright axis */
#define MOST_WIDE_STEPS 12	 /* of a lying one */
#define LABEL_GAP		7.0	 /* points between labels side by side */
#define LABEL_SHARE		0.35 /* of the width that labels at the left may take */
#define DEPTH_SHARE		0.3	 /* of the height that turned labels may take */
#define MOST_TURNED		60	 /* categories with turned labels */
#define TURNED_BAND		11.5 /* points that a category needs for a turned label */
#define WRAP_BAND		40.0 /* points of a category whose label may take two lines */
#define CUT_BAND		64.0 /* and is cut rather than turned if they do not do */
#define ROUNDS			4	 /* of moving the sides of the plot */
#define LEAST_MOVE		0.25 /* of a side's way, that a label near the other goes along */
#define SINE_45			0.70710678118654752

static void arrange(AnChartPlan *plan, double left);
static double top_of_plot(const AnChartPlan *plan);
static double below_plot(const AnChartPlan *plan);
static void arrange_upright(AnChartPlan *plan);
static void arrange_lying(AnChartPlan *plan);
static void across(AnChartPlan *plan, const AnChartScale *scale, AnChartAxis *axis);
static void silence(AnChartAxis *axis);
static bool ticks_fit(const AnChartPlan *plan, const AnChartAxis *axis);
static void
keep_within(AnChartPlan *plan, double first, double first_width, double last, double last_width);
static void plan_labels(AnChartPlan *plan);
static void thin_labels(AnChartPlan *plan);
static bool labels_fit(const AnChartPlan *plan, size_t every);
static size_t next_every(size_t every);
static bool all_wrap(const AnChartPlan *plan);
static bool are_names(const AnChartPlan *plan);
static double turned_depth(const AnChartPlan *plan);
static double widest_category(const AnChartPlan *plan, double room);

void
an_chart_layout(AnChartPlan *plan)
{
	double smaller = fmin(plan->chart->width, plan->chart->height);

	plan->pad = fmin(AN_CHART_PADDING, smaller / 12);
	for (plan->dropped = 0; plan->dropped <= AN_CHART_DROP_LABELS; plan->dropped++)
	{
		/* The left of the plot decides where the legend begins: once to know, once to do. */
		arrange(plan, plan->pad + 30);
		arrange(plan, plan->plot.left);
		if (plan->plot.right - plan->plot.left >= MIN_PLOT_WIDTH &&
			plan->plot.bottom - plan->plot.top >= MIN_PLOT_HEIGHT)
			break;
	}
}

static void
arrange(AnChartPlan *plan, double left)
{
	const AnChart *chart = plan->chart;

	plan->legend_place = AN_CHART_LEGEND_NONE;
	plan->legend_rows = 0;
	plan->legend_width = 0;
	if (plan->dropped < AN_CHART_DROP_LEGEND)
		an_chart_legend_plan(plan, left);
	plan->plot.left = plan->pad;
	plan->plot.right = chart->width - plan->pad - plan->legend_width;
	plan->plot.top = top_of_plot(plan);
	plan->every = 1;
	plan->turned = false;
	plan->wrapped = false;
	plan->labels_depth = plan->dropped >= AN_CHART_DROP_LABELS
							 ? 0
							 : AN_CHART_AXIS_GAP + AN_CHART_LABEL_SIZE * AN_CHART_LINE_HEIGHT;
	plan->plot.bottom = fmax(below_plot(plan), plan->plot.top + 1);
	if (plan->lying)
		arrange_lying(plan);
	else
		arrange_upright(plan);
}

/* Returns where the plot begins, below the titles. */
static double
top_of_plot(const AnChartPlan *plan)
{
	const AnChart *chart = plan->chart;
	const AnChartText *upright = plan->lying ? &chart->x_title : &chart->y_title;
	double top = plan->pad;

	if (plan->dropped < AN_CHART_DROP_TITLE && chart->title.length > 0)
		top += AN_CHART_TITLE_SIZE * AN_CHART_LINE_HEIGHT + 3;
	if (plan->dropped < AN_CHART_DROP_AXIS_TITLES && upright->length > 0)
		top += AN_CHART_LEGEND_SIZE * AN_CHART_LINE_HEIGHT + 3;
	if (plan->dropped < AN_CHART_DROP_LABELS && !plan->lying)
		top += AN_CHART_LABEL_SIZE / 2; /* half of the highest label */
	return top;
}

/* Returns where the plot ends, above labels, title of the axis and legend. */
static double
below_plot(const AnChartPlan *plan)
{
	const AnChart *chart = plan->chart;
	const AnChartText *lying = plan->lying ? &chart->y_title : &chart->x_title;
	double bottom = chart->height - plan->pad - plan->labels_depth;

	if (plan->dropped < AN_CHART_DROP_AXIS_TITLES && lying->length > 0)
		bottom -= AN_CHART_LEGEND_SIZE * AN_CHART_LINE_HEIGHT + 1;
	if (plan->legend_place == AN_CHART_LEGEND_BELOW)
		bottom -= an_chart_legend_height(plan);
	return bottom;
}

/* Sets the axes of a chart whose values go up. */
static void
arrange_upright(AnChartPlan *plan)
{
	double widest = 0;
	double right = plan->plot.right;

	for (int round = 0; round < 2; round++)
	{
		double height = plan->plot.bottom - plan->plot.top;
		int steps = (int) fmax(1, fmin(MOST_STEPS, height / TICK_ROOM));

		an_chart_ticks(plan, &plan->value_scale, steps, &plan->values);
		for (int i = 0; i < plan->values.n_ticks; i++)
			widest = fmax(widest, plan->values.ticks[i].label.width);
		plan->plot.right = right;
		plan->plot.left = plan->pad;
		if (plan->dropped < AN_CHART_DROP_LABELS)
			plan->plot.left += widest + AN_CHART_AXIS_GAP;
		if (plan->by_x)
			across(plan, &plan->place_scale, &plan->places);
		else if (plan->dropped < AN_CHART_DROP_LABELS)
			plan_labels(plan);
		plan->plot.bottom = fmax(below_plot(plan), plan->plot.top + 1);
		if (!plan->turned && !plan->wrapped)
			break;
	}
	plan->values.from = plan->plot.bottom;
	plan->values.to = plan->plot.top;
}

/* Sets the axes of a chart whose values go to the right. */
static void
arrange_lying(AnChartPlan *plan)
{
	double most = plan->chart->width * LABEL_SHARE;

	plan->every = (size_t) fmax(1, ceil(AN_CHART_LABEL_SIZE * 1.2 / an_chart_band(plan)));
	if (plan->dropped < AN_CHART_DROP_LABELS)
		plan->plot.left += widest_category(plan, most) + AN_CHART_AXIS_GAP;
	plan->label_room = most;
	across(plan, &plan->value_scale, &plan->values);
}

/* Sets an axis that lies: as many ticks as have room for their labels. */
static void
across(AnChartPlan *plan, const AnChartScale *scale, AnChartAxis *axis)
{
	AnChartBox box = plan->plot;
	int steps = (int) fmax(1, fmin(MOST_WIDE_STEPS, (box.right - box.left) / WIDE_TICK_ROOM));

	for (; steps > 0; steps--)
	{
		const AnChartTick *first = &axis->ticks[0];
		const AnChartTick *last;

		plan->plot = box;
		an_chart_ticks(plan, scale, steps, axis);
		axis->from = plan->plot.left;
		axis->to = plan->plot.right;
		if (plan->dropped >= AN_CHART_DROP_LABELS || axis->n_ticks == 0)
			return;
		last = &axis->ticks[axis->n_ticks - 1];
		keep_within(plan, an_chart_at(axis, first->value), first->label.width,
					an_chart_at(axis, last->value), last->label.width);
		axis->from = plan->plot.left;
		axis->to = plan->plot.right;
		if (ticks_fit(plan, axis))
			return;
	}
	silence(axis);
}

/* Takes the labels away that even the fewest ticks have no room for. */
static void
silence(AnChartAxis *axis)
{
	double end = -INFINITY;

	for (int i = 0; i < axis->n_ticks; i++)
	{
		AnChartLabel *label = &axis->ticks[i].label;
		double middle = an_chart_at(axis, axis->ticks[i].value);

		if (middle - label->width / 2 < end + LABEL_GAP)
			label->length = 0;
		else
			end = middle + label->width / 2;
	}
}

static bool
ticks_fit(const AnChartPlan *plan, const AnChartAxis *axis)
{
	for (int i = 1; i < axis->n_ticks; i++)
	{
		const AnChartTick *one = &axis->ticks[i - 1];
		const AnChartTick *next = &axis->ticks[i];
		double apart = an_chart_at(axis, next->value) - an_chart_at(axis, one->value);

		if (apart < (one->label.width + next->label.width) / 2 + LABEL_GAP)
			return false;
	}
	return plan->plot.right > plan->plot.left;
}

/* Moves the sides of the plot inwards so that the labels centred at first and last stay within the chart. */
static void
keep_within(AnChartPlan *plan, double first, double first_width, double last, double last_width)
{
	AnChartBox *plot = &plan->plot;
	double width = fmax(plot->right - plot->left, 1);
	double first_share = (first - plot->left) / width;
	double last_share = (last - plot->left) / width;
	double limit = plan->chart->width - plan->legend_width - plan->pad / 2;

	/* A label between the ends moves less than the end does, and a little with the other end. */
	for (int round = 0; round < ROUNDS; round++)
	{
		double left = plot->left + first_share * (plot->right - plot->left) - first_width / 2;
		double right;

		plot->left += fmax(0, plan->pad / 2 - left) / fmax(1 - first_share, LEAST_MOVE);
		right = plot->left + last_share * (plot->right - plot->left) + last_width / 2;
		plot->right -= fmax(0, right - limit) / fmax(last_share, LEAST_MOVE);
	}
	plot->right = fmax(plot->right, plot->left + 1);
}

/* Decides how the labels of categories below the plot stand: all, some, or turned. */
static void
plan_labels(AnChartPlan *plan)
{
	size_t n = plan->chart->n_points;
	double band = (plan->plot.right - plan->plot.left) / (double) n;

	plan->every = 1;
	plan->turned = false;
	plan->wrapped = false;
	plan->label_room = plan->chart->width * LABEL_SHARE;
	if (are_names(plan) && n <= MOST_TURNED && !labels_fit(plan, 1))
	{
		plan->label_room = band - LABEL_GAP;
		plan->wrapped = band >= CUT_BAND || (band >= WRAP_BAND && all_wrap(plan));
		plan->turned = !plan->wrapped && band >= TURNED_BAND;
	}
	if (plan->wrapped)
	{
		keep_within(plan, an_chart_place(plan, 0), plan->label_room, an_chart_place(plan, n - 1),
					plan->label_room);
		plan->labels_depth = AN_CHART_AXIS_GAP + 2 * AN_CHART_LABEL_SIZE * AN_CHART_LINE_HEIGHT;
		return;
	}
	if (plan->turned)
	{
		plan->label_room = plan->chart->height * DEPTH_SHARE / SINE_45;
		plan->labels_depth = turned_depth(plan);
		return;
	}
	plan->label_room = plan->chart->width * LABEL_SHARE;
	thin_labels(plan);
}

/* Leaves labels out evenly, until those that remain have room. */
static void
thin_labels(AnChartPlan *plan)
{
	AnChartBox box = plan->plot;
	size_t n = plan->chart->n_points;
	size_t at_most = (size_t) fmax(1, (box.right - box.left) / LABEL_GAP);

	for (;; plan->every = next_every(plan->every))
	{
		size_t last = (n - 1) / plan->every * plan->every;
		AnChartLabel first_label;
		AnChartLabel last_label;

		if (n / plan->every > at_most)
			continue;
		plan->plot = box;
		an_chart_category(plan, 0, plan->label_room, &first_label);
		an_chart_category(plan, last, plan->label_room, &last_label);
		keep_within(plan, an_chart_place(plan, 0), first_label.width, an_chart_place(plan, last),
					last_label.width);
		if (plan->every >= n || labels_fit(plan, plan->every))
			return;
	}
}

/* Tells whether the labels of each so many-th category stand apart from each other. */
static bool
labels_fit(const AnChartPlan *plan, size_t every)
{
	double end = -INFINITY;
	AnChartLabel label;

	for (size_t i = 0; i < plan->chart->n_points; i += every)
	{
		double middle = an_chart_place(plan, i);

		an_chart_category(plan, i, plan->label_room, &label);
		if (middle - label.width / 2 < end + LABEL_GAP)
			return false;
		end = middle + label.width / 2;
	}
	return true;
}

/* Returns the next larger number of those that people like to count by: weeks and tens among them. */
static size_t
next_every(size_t every)
{
	static const size_t liked[] = {2, 3, 4, 5, 7, 10, 14, 20, 30, 50, 60, 90};
	size_t scale = 1;

	for (;; scale *= 10)
	{
		for (size_t i = scale == 1 ? 0 : 5; i < sizeof(liked) / sizeof(liked[0]); i++)
		{
			if (liked[i] * scale > every)
				return liked[i] * scale;
		}
	}
}

/* Tells whether two lines are enough for each label. */
static bool
all_wrap(const AnChartPlan *plan)
{
	AnFont font = an_chart_font(AN_ANCHOR_MIDDLE);
	AnChartLabel lines[2];

	for (size_t i = 0; i < plan->chart->n_points; i++)
	{
		if (!an_chart_wrap(plan, plan->chart->labels[i], &font, plan->label_room, lines))
			return false;
	}
	return true;
}

/* Tells whether labels are names, not numbers or dates, between which the reader can guess. */
static bool
are_names(const AnChartPlan *plan)
{
	const AnChart *chart = plan->chart;

	if (chart->labels == NULL)
		return false;
	for (size_t i = 0; i < chart->n_points && i < MOST_TURNED; i++)
	{
		if (chart->labels[i].length > 0 &&
			(chart->labels[i].bytes[0] < '0' || chart->labels[i].bytes[0] > '9'))
			return true;
	}
	return false;
}

/* Returns how far turned labels reach down. */
static double
turned_depth(const AnChartPlan *plan)
{
	return 2 * AN_CHART_AXIS_GAP +
		   (widest_category(plan, plan->label_room) + AN_CHART_LABEL_SIZE) * SINE_45;
}

static double
widest_category(const AnChartPlan *plan, double room)
{
	double widest = 0;
	AnChartLabel label;

	for (size_t i = 0; i < plan->chart->n_points; i += plan->every)
	{
		an_chart_category(plan, i, room, &label);
		widest = fmax(widest, label.width);
	}
	return widest;
}

double
an_chart_band(const AnChartPlan *plan)
{
	double room =
		plan->lying ? plan->plot.bottom - plan->plot.top : plan->plot.right - plan->plot.left;
	size_t n = plan->chart->n_points;

	if (plan->edges && n > 1)
		return room / (double) (n - 1);
	return room / (double) n;
}

double
an_chart_place(const AnChartPlan *plan, size_t i)
{
	double start = plan->lying ? plan->plot.top : plan->plot.left;
	bool edges = plan->edges && plan->chart->n_points > 1;

	if (plan->by_x)
		return an_chart_at(&plan->places,
						   plan->chart->x != NULL ? plan->chart->x[i] : (double) i + 1);
	return start + an_chart_band(plan) * ((double) i + (edges ? 0 : 0.5));
}
