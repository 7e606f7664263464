/*
 * chart_pie.c - shares of a whole
 *
 * The slices of the first series, largest first and clockwise from 12 o'clock;
 * what is missing, zero or negative has none. Slices past the eighth are joined.
 * Each has a line in the list beside the pie, with its name and share, so that
 * the smallest can be read as well; large slices say their share themselves.
 */
#include "kernel/chart_inside.h"

#include <math.h>
#include <string.h>

#include "kernel/number_format.h"

#define MOST_SLICES	 8
#define LARGE_SLICE	 0.07 /* of the whole, which has room for its share */
#define LARGE_RADIUS 32.0 /* points of a pie that has */
#define LABEL_RADIUS 0.68 /* of the radius, where it stands */
#define HOLE		 0	  /* a pie, not a ring */
#define MOST_RADIUS	 150.0
#define ROW_HEIGHT	 15.0 /* of a line of the list */
#define LOW_ROW		 11.0 /* where there is little room */
#define LIST_SHARE	 0.45 /* of the height that a list below the pie should take */
#define MARK_WIDTH	 8.0
#define MARK_GAP	 5.0
#define LIST_GAP	 22.0 /* between pie and list */
#define SHARE_GAP	 12.0 /* between name and share */
#define SMALLEST_PIE 14.0 /* points of radius: then the list is left out */
#define PI			 3.14159265358979323846

typedef struct AnChartSlice
{
	size_t point; /* which, n_points for what is joined */
	double share; /* of the whole, 0 to 1 */
} AnChartSlice;

/* The slices and their list. */
typedef struct AnChartPie
{
	AnChartSlice slices[MOST_SLICES + 1]; /* largest first */
	size_t n;							  /* how many */
	AnChartLabel names[MOST_SLICES + 1];  /* as they show */
	AnChartLabel shares[MOST_SLICES + 1]; /* in percent */
	double names_width;					  /* points of the widest name */
	double shares_width;				  /* and of the widest share */
	double row;							  /* points from one line of the list to the next */
} AnChartPie;

static double row_height(const AnChartPlan *plan, const AnChartPie *pie, double top);
static void arrange(const AnChartPlan *plan, const AnChartPie *pie, double top);
static void cut(const AnChart *chart, AnChartPie *pie);
static void insert(AnChartPie *pie, size_t point, double value);
static void label_slices(const AnChartPlan *plan, AnChartPie *pie);
static uint32_t slice_color(const AnChart *chart, const AnChartPie *pie, size_t i);
static void
draw_slices(const AnChartPlan *plan, const AnChartPie *pie, AnPoint middle, double radius);
static void
draw_shares(const AnChartPlan *plan, const AnChartPie *pie, AnPoint middle, double radius);
static void draw_list(const AnChartPlan *plan, const AnChartPie *pie, double left, double top);

bool
an_chart_pie(AnChartPlan *plan, double top)
{
	AnChartPie *pie = an_memory_take(plan->memory, sizeof(AnChartPie));
	bool any;

	cut(plan->chart, pie);
	any = pie->n > 0;
	if (any)
	{
		label_slices(plan, pie);
		pie->row = row_height(plan, pie, top);
		arrange(plan, pie, top);
	}
	an_memory_give(plan->memory, pie);
	return any;
}

/* Returns how high a line of the list may be: an upright chart has the pie above it. */
static double
row_height(const AnChartPlan *plan, const AnChartPie *pie, double top)
{
	double height = plan->chart->height - plan->pad - top;
	double share = plan->chart->width > plan->chart->height ? 1 : LIST_SHARE;

	return fmax(LOW_ROW, fmin(ROW_HEIGHT, height * share / (double) pie->n));
}

/* Draws the list where it leaves the larger pie: beside or below, or not where it leaves none. */
static void
arrange(const AnChartPlan *plan, const AnChartPie *pie, double top)
{
	double width = plan->chart->width - 2 * plan->pad;
	double height = plan->chart->height - plan->pad - top;
	double list_width = MARK_WIDTH + MARK_GAP + pie->names_width + SHARE_GAP + pie->shares_width;
	double list_height = pie->row * (double) pie->n;
	double most = fmin(fmin(width, height) / 2, MOST_RADIUS);
	double beside = list_height <= height ? (width - list_width - LIST_GAP) / 2 : 0;
	double below = list_width <= width ? (height - list_height - LIST_GAP / 2) / 2 : 0;
	double radius = fmin(most, fmax(beside, below));
	double left = plan->pad;

	if (radius < SMALLEST_PIE)
		draw_slices(plan, pie, (AnPoint){left + width / 2, top + height / 2}, most);
	else if (beside >= radius)
	{
		left += fmin((width - 2 * radius - LIST_GAP - list_width) / 2, radius * 0.6);
		draw_list(plan, pie, left + 2 * radius + LIST_GAP, top + (height - list_height) / 2);
		draw_slices(plan, pie, (AnPoint){left + radius, top + height / 2}, radius);
	}
	else
	{
		draw_list(plan, pie, left + (width - list_width) / 2, top + height - list_height);
		draw_slices(plan, pie, (AnPoint){left + width / 2, top + radius}, radius);
	}
}

/* Finds the largest values and their shares; the sum is taken of parts of the largest, and stays finite. */
static void
cut(const AnChart *chart, AnChartPie *pie)
{
	const double *values;
	double largest = 0;
	double sum = 0;
	double rest = 0;

	pie->n = 0;
	if (chart->n_series == 0)
		return;
	values = chart->series[0].values;
	for (size_t i = 0; i < chart->n_points; i++)
		largest = isfinite(values[i]) ? fmax(largest, values[i]) : largest;
	for (size_t i = 0; largest > 0 && i < chart->n_points; i++)
	{
		if (!isfinite(values[i]) || values[i] <= 0)
			continue;
		sum += values[i] / largest;
		insert(pie, i, values[i] / largest);
	}
	if (pie->n > MOST_SLICES)
	{
		rest = sum;
		for (size_t i = 0; i < MOST_SLICES; i++)
			rest -= pie->slices[i].share;
		pie->slices[MOST_SLICES] = (AnChartSlice){chart->n_points, fmax(rest, 0)};
	}
	for (size_t i = 0; i < pie->n; i++)
		pie->slices[i].share /= sum;
}

/* Puts a slice behind those that are as large; the smallest falls out. */
static void
insert(AnChartPie *pie, size_t point, double value)
{
	size_t at = pie->n < MOST_SLICES + 1 ? pie->n++ : MOST_SLICES + 1;

	while (at > 0 && pie->slices[at - 1].share < value)
	{
		if (at <= MOST_SLICES)
			pie->slices[at] = pie->slices[at - 1];
		at--;
	}
	if (at <= MOST_SLICES)
		pie->slices[at] = (AnChartSlice){point, value};
}

/* Makes names and shares as they show. */
static void
label_slices(const AnChartPlan *plan, AnChartPie *pie)
{
	const AnChart *chart = plan->chart;
	AnFont font = an_chart_font(AN_ANCHOR_START);
	const char *other = plan->locale->words[AN_WORD_OTHER];

	pie->names_width = 0;
	pie->shares_width = 0;
	for (size_t i = 0; i < pie->n; i++)
	{
		size_t point = pie->slices[i].point;

		if (point == chart->n_points)
			an_chart_fit(plan, (AnChartText){other, strlen(other)}, &font, chart->width * 0.4,
						 &pie->names[i]);
		else
			an_chart_category(plan, point, chart->width * 0.4, &pie->names[i]);
		an_chart_number(plan, "0.0%", pie->slices[i].share, &pie->shares[i]);
		pie->names_width = fmax(pie->names_width, pie->names[i].width);
		pie->shares_width = fmax(pie->shares_width, pie->shares[i].width);
	}
}

static uint32_t
slice_color(const AnChart *chart, const AnChartPie *pie, size_t i)
{
	return pie->slices[i].point == chart->n_points ? AN_CHART_BASE_COLOR : an_chart_color(chart, i);
}

static void
draw_slices(const AnChartPlan *plan, const AnChartPie *pie, AnPoint middle, double radius)
{
	const AnCanvas *canvas = plan->canvas;
	double from = 0;
	double sum = 0;

	for (size_t i = 0; i < pie->n; i++)
	{
		AnPaint paint = an_chart_filled(slice_color(plan->chart, pie, i), 1);
		double to;

		sum += pie->slices[i].share;
		to = i + 1 == pie->n ? 360 : fmin(360, sum * 360);
		if (pie->n > 1)
		{
			paint.stroke = 0xFFFFFF;
			paint.line_width = 0.75;
		}
		if (to > from)
			canvas->sector(canvas->context, middle.x, middle.y, HOLE, radius, from, to, &paint);
		from = to;
	}
	if (radius >= LARGE_RADIUS)
		draw_shares(plan, pie, middle, radius);
}

/* Writes its share into each slice that has room. */
static void
draw_shares(const AnChartPlan *plan, const AnChartPie *pie, AnPoint middle, double radius)
{
	AnFont font = {AN_CHART_LABEL_SIZE, true, 0xFFFFFF, AN_ANCHOR_MIDDLE, 0};
	double sum = 0;

	for (size_t i = 0; i < pie->n; i++)
	{
		double share = pie->slices[i].share;
		double angle = (sum + share / 2) * 2 * PI;
		double reach = pie->n > 1 ? radius * LABEL_RADIUS : 0;
		AnChartLabel label;

		sum += share;
		if (share < LARGE_SLICE || share * 2 * PI * reach < pie->shares[i].width * (pie->n > 1))
			continue;
		an_chart_number(plan, "0%", share, &label);
		an_chart_set(plan, middle.x + reach * sin(angle),
					 middle.y - reach * cos(angle) + AN_CHART_MIDDLE * AN_CHART_LABEL_SIZE, &label,
					 &font);
	}
}

static void
draw_list(const AnChartPlan *plan, const AnChartPie *pie, double left, double top)
{
	const AnCanvas *canvas = plan->canvas;
	AnFont name = an_chart_font(AN_ANCHOR_START);
	AnFont share = an_chart_font(AN_ANCHOR_END);
	double names = left + MARK_WIDTH + MARK_GAP;
	double shares = names + pie->names_width + SHARE_GAP + pie->shares_width;

	for (size_t i = 0; i < pie->n; i++)
	{
		AnPaint paint = an_chart_filled(slice_color(plan->chart, pie, i), 1);
		double middle = top + pie->row * ((double) i + 0.5);
		double line = middle + AN_CHART_MIDDLE * AN_CHART_LABEL_SIZE;

		canvas->rectangle(canvas->context, left, middle - MARK_WIDTH / 2, MARK_WIDTH, MARK_WIDTH,
						  &paint);
		an_chart_set(plan, names, line, &pie->names[i], &name);
		an_chart_set(plan, shares, line, &pie->shares[i], &share);
	}
}
