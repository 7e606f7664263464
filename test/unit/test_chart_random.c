/*
 * test_chart_random.c - what holds of every chart: random and hostile data, sizes and texts
 *
 * Nothing leaves the canvas, no two texts touch, no text lies on a mark, all
 * memory is given back, and the same chart is drawn the same twice.
 */
#include <float.h>

#include "chart_recorder.h"

#define N_CHARTS   4000
#define MAX_POINTS 70
#define GRID	   0xE5E7EB /* the colour of gridlines */
#define SLACK	   0.02		/* points */

static uint64_t seed = 20261121;

static uint32_t
below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) (seed >> 33) % n;
}

static double
unit(void)
{
	return below(1u << 30) / (double) (1u << 30);
}

/* The four corners of a text: what its letters cover at most. */
static void
corners(const Shape *text, AnPoint out[4])
{
	double start = text->font.anchor == AN_ANCHOR_START ? 0
				   : text->font.anchor == AN_ANCHOR_END ? -text->width
														: -text->width / 2;
	double angle = text->font.rotation * acos(-1) / 180;

	for (int i = 0; i < 4; i++)
	{
		double along = start + (i == 1 || i == 2 ? text->width : 0);
		double up = text->font.size * (i < 2 ? 0.15 : -0.72);

		out[i].x = text->x + along * cos(angle) - up * sin(angle);
		out[i].y = text->y + along * sin(angle) + up * cos(angle);
	}
}

/* Tells whether a line parallel to a side of the first lies between the two rectangles. */
static bool
parted(const AnPoint a[4], const AnPoint b[4])
{
	for (int side = 0; side < 2; side++)
	{
		double x = a[side + 1].x - a[side].x;
		double y = a[side + 1].y - a[side].y;
		double low[2] = {INFINITY, INFINITY};
		double high[2] = {-INFINITY, -INFINITY};

		for (int i = 0; i < 4; i++)
		{
			double on_a = a[i].x * x + a[i].y * y;
			double on_b = b[i].x * x + b[i].y * y;

			low[0] = fmin(low[0], on_a);
			high[0] = fmax(high[0], on_a);
			low[1] = fmin(low[1], on_b);
			high[1] = fmax(high[1], on_b);
		}
		if (high[0] <= low[1] + 1e-6 || high[1] <= low[0] + 1e-6)
			return true;
	}
	return false;
}

static bool
overlap(const AnPoint a[4], const AnPoint b[4])
{
	return !parted(a, b) && !parted(b, a);
}

static void
inside(const AnChart *chart, double x, double y)
{
	assert_true(x >= -SLACK && x <= chart->width + SLACK);
	assert_true(y >= -SLACK && y <= chart->height + SLACK);
}

static void
shape_inside(const AnChart *chart, const Shape *shape)
{
	AnPoint at[4];

	switch (shape->kind)
	{
		case SHAPE_TEXT:
			corners(shape, at);
			for (int i = 0; i < 4; i++)
				inside(chart, at[i].x, at[i].y);
			break;
		case SHAPE_RECTANGLE:
			assert_true(shape->width > 0 && shape->height > 0);
			inside(chart, shape->x, shape->y);
			inside(chart, shape->x + shape->width, shape->y + shape->height);
			break;
		case SHAPE_PATH:
			for (size_t i = 0; i < shape->n_points; i++)
				inside(chart, shape->points[i].x, shape->points[i].y);
			break;
		default:
			inside(chart, shape->x - shape->width, shape->y - shape->width);
			inside(chart, shape->x + shape->width, shape->y + shape->width);
	}
}

static void
nothing_touches(const AnChart *chart, const Recorder *recorder)
{
	for (size_t i = 0; i < recorder->n; i++)
	{
		const Shape *one = &recorder->shapes[i];
		AnPoint a[4];

		shape_inside(chart, one);
		if (one->kind != SHAPE_TEXT)
			continue;
		corners(one, a);
		for (size_t j = 0; j < recorder->n; j++)
		{
			const Shape *other = &recorder->shapes[j];
			AnPoint b[4];

			if (other->kind == SHAPE_TEXT && j > i)
				corners(other, b);
			else if (other->kind == SHAPE_RECTANGLE && other->paint.fill != AN_COLOR_NONE)
			{
				b[0] = (AnPoint){other->x, other->y};
				b[1] = (AnPoint){other->x + other->width, other->y};
				b[2] = (AnPoint){b[1].x, other->y + other->height};
				b[3] = (AnPoint){other->x, b[2].y};
			}
			else
				continue;
			if (overlap(a, b))
				fail_msg("\"%s\" lies on \"%s\" of %s, %g x %g, %zu points", one->text, other->text,
						 an_chart_type_name(chart->type), chart->width, chart->height,
						 chart->n_points);
		}
	}
}

/* Grows a box by a point. */
static void
grow(AnPoint box[2], double x, double y)
{
	box[0] = (AnPoint){fmin(box[0].x, x), fmin(box[0].y, y)};
	box[1] = (AnPoint){fmax(box[1].x, x), fmax(box[1].y, y)};
}

static void
in_box(const AnPoint box[2], double x, double y)
{
	assert_true(x >= box[0].x - SLACK && x <= box[1].x + SLACK);
	assert_true(y >= box[0].y - SLACK && y <= box[1].y + SLACK);
}

/* Lines, areas, columns and bars stay between the gridlines. */
static void
marks_in_plot(const Recorder *recorder)
{
	AnPoint box[2] = {{INFINITY, INFINITY}, {-INFINITY, -INFINITY}};

	for (size_t i = 0; i < recorder->n; i++)
	{
		const Shape *shape = &recorder->shapes[i];

		for (size_t p = 0; shape->paint.stroke == GRID && p < shape->n_points; p++)
			grow(box, shape->points[p].x, shape->points[p].y);
	}
	for (size_t i = 0; i < recorder->n; i++)
	{
		const Shape *shape = &recorder->shapes[i];
		bool in_legend = shape->width == 8 && shape->height == 8;

		for (size_t p = 0; shape->n_points > 2 && p < shape->n_points; p++)
			in_box(box, shape->points[p].x, shape->points[p].y);
		if (shape->kind != SHAPE_RECTANGLE || in_legend || shape->paint.fill == AN_COLOR_NONE)
			continue;
		in_box(box, shape->x, shape->y);
		in_box(box, shape->x + shape->width, shape->y + shape->height);
	}
}

/* A value of the given temper: ordinary, whole, tiny, huge, or anything. */
static double
value_of(int temper)
{
	static const double odd[] = {NAN,	   INFINITY, -INFINITY, 0,		-0.0,  DBL_MAX,
								 -DBL_MAX, DBL_MIN,	 5e-324,	1e-320, 1e308, -1e300,
								 1e15,	   1,		 -1,		0.1,	1e-9,  123456789.25};

	switch (temper)
	{
		case 0:
			return below(10) == 0 ? NAN : unit() * 1000;
		case 1:
			return (double) below(100) - 30;
		case 2:
			return 1e9 + unit();
		case 3:
			return (unit() - 0.5) * pow(10, (int) below(600) - 300);
		case 4:
			return 5;
		default:
			return odd[below(sizeof(odd) / sizeof(odd[0]))];
	}
}

static AnChartText
random_text(void)
{
	static const char *const texts[] = {
		"",
		"Taipei",
		"2026-11-01",
		"11/14",
		"\xe4\xb8\xad\xe8\x8f\xaf\xe9\x9b\xbb\xe4\xbf\xa1 emome",
		"Amazon Simple Notification Service (us-east-1, production)",
		"\xff\xfe\xc3(\n\t\x01",
		"MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM"
		"MMMM"
		"MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM"
		"MMMM",
		"e\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
		"one two three four",
		"\xf0\x9f\x98\x80",
		"x",
	};

	return text_of(texts[below(sizeof(texts) / sizeof(texts[0]))]);
}

static double values[50][MAX_POINTS];
static double xs[MAX_POINTS];
static AnChartText labels[MAX_POINTS];
static AnChartSeries series[50];

/* Makes a chart of anything. */
static AnChart
random_chart(void)
{
	static const char *const formats[] = {
		"",			 "#,##0",	 "0.0%",	   "0.00",	 "#,##0.0,,\" M\"",
		"NT$ #,##0", "\"same\"", "yyyy-mm-dd", "[h]:mm", "0;[Red"};
	static const char *const locales[] = {"en", "de", "zh-TW", "ja"};
	AnChart chart = {.type = (AnChartType) below(AN_CHART_TYPES)};
	bool one_text = below(3) == 0;
	AnChartText text = random_text();
	int temper = (int) below(6);
	int x_temper = (int) below(6);

	chart.n_points = below(MAX_POINTS + 1);
	chart.n_series = below(5) == 0 ? below(51) : below(4);
	chart.title = random_text();
	chart.x_title = random_text();
	chart.y_title = random_text();
	chart.stacked = below(2);
	chart.x_format = formats[below(10)];
	chart.y_format = formats[below(10)];
	chart.locale = an_locale_find(locales[below(4)]);
	chart.width = below(3) == 0 ? 60 + below(100) : 100 + unit() * 800;
	chart.height = below(3) == 0 ? 40 + below(60) : 60 + unit() * 500;
	for (size_t i = 0; i < chart.n_points; i++)
	{
		labels[i] = one_text ? text : random_text();
		xs[i] = x_temper == 0 ? 46000 + (double) i : value_of(x_temper);
	}
	for (size_t s = 0; s < chart.n_series; s++)
	{
		series[s] = (AnChartSeries){random_text(), values[s], AN_COLOR_NONE};
		for (size_t i = 0; i < chart.n_points; i++)
			values[s][i] = value_of(temper);
	}
	chart.series = series;
	if (below(2))
		chart.labels = labels;
	else if (below(2))
		chart.x = xs;
	return chart;
}

static void
assert_same(const Recorder *one, const Recorder *other)
{
	assert_int_equal(one->n, other->n);
	for (size_t i = 0; i < one->n; i++)
	{
		assert_string_equal(one->shapes[i].text, other->shapes[i].text);
		assert_memory_equal(&one->shapes[i].x, &other->shapes[i].x, sizeof(double));
		assert_memory_equal(&one->shapes[i].y, &other->shapes[i].y, sizeof(double));
	}
}

static void
any_chart(void **state)
{
	(void) state;
	for (int i = 0; i < N_CHARTS; i++)
	{
		AnChart chart = random_chart();
		Recorder recorder;

		draw(&chart, &recorder);
		nothing_touches(&chart, &recorder);
		if (chart.type != AN_CHART_PIE)
			marks_in_plot(&recorder);
		if (i % 50 == 0)
		{
			Recorder again;

			draw(&chart, &again);
			assert_same(&recorder, &again);
			recorder_end(&again);
		}
		recorder_end(&recorder);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(any_chart)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
