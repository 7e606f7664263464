/*
 * test_chart.c - what charts show, worked out by hand: places of marks, gaps, stacks, slices, legends
 */
#include <float.h>

#include "chart_recorder.h"

#define GREY 0x9CA3AF

/* Returns the height of the gridline of a labelled value. */
static double
line_of(const Recorder *recorder, const char *label)
{
	const Shape *text = find_text(recorder, label);

	assert_non_null(text);
	return text->y - 0.36 * text->font.size;
}

static void
columns(void **state)
{
	(void) state;
	static const double values[] = {1, 2, NAN, 4, 0, -2};
	static const double lengths[] = {1, 2, 4, -2};
	AnChartSeries series[2];
	AnChart chart = chart_of(AN_CHART_COLUMN, series, values, NULL, 6);
	Recorder recorder;
	double zero;
	double unit;
	size_t at = 0;

	draw(&chart, &recorder);
	zero = line_of(&recorder, "0");
	unit = (zero - line_of(&recorder, "4")) / 4;
	assert_int_equal(count(&recorder, SHAPE_RECTANGLE, BLUE), 4);
	for (int i = 0; i < 4; i++)
	{
		const Shape *column = next_shape(&recorder, SHAPE_RECTANGLE, BLUE, &at);

		assert_float_equal(column->height, fabs(lengths[i]) * unit, 1e-6);
		assert_float_equal(lengths[i] > 0 ? column->y + column->height : column->y, zero, 1e-6);
	}
	recorder_end(&recorder);
}

static void
bars(void **state)
{
	(void) state;
	static const double values[] = {30, 10, 20};
	AnChartText labels[] = {text_of("a"), text_of("b"), text_of("c")};
	AnChartSeries series[2];
	AnChart chart = chart_of(AN_CHART_BAR, series, values, NULL, 3);
	Recorder recorder;
	const Shape *bar[3];
	size_t at = 0;

	chart.labels = labels;
	draw(&chart, &recorder);
	for (int i = 0; i < 3; i++)
		bar[i] = next_shape(&recorder, SHAPE_RECTANGLE, BLUE, &at);
	assert_float_equal(bar[0]->width, 3 * bar[1]->width, 1e-6);
	assert_float_equal(bar[0]->width, 1.5 * bar[2]->width, 1e-6);
	assert_float_equal(bar[0]->x, bar[1]->x, 1e-6);
	assert_true(bar[0]->y < bar[1]->y && bar[1]->y < bar[2]->y);
	assert_float_equal(bar[1]->y + bar[1]->height / 2, line_of(&recorder, "b"), 1e-6);
	recorder_end(&recorder);
}

/* Side by side without touching; a series upon the other where stacked. */
static void
groups_and_stacks(void **state)
{
	(void) state;
	static const double one[] = {3, -1, NAN};
	static const double two[] = {1, -2, 5};
	AnChartSeries series[2];
	AnChart chart = chart_of(AN_CHART_COLUMN, series, one, two, 3);
	Recorder recorder;
	size_t blue = 0;
	size_t green = 0;
	const Shape *under;
	const Shape *upon;

	draw(&chart, &recorder);
	under = next_shape(&recorder, SHAPE_RECTANGLE, BLUE, &blue);
	upon = next_shape(&recorder, SHAPE_RECTANGLE, GREEN, &green);
	assert_true(under->x + under->width < upon->x);
	assert_float_equal(under->height, 3 * upon->height, 1e-6);
	recorder_end(&recorder);

	chart.stacked = true;
	draw(&chart, &recorder);
	blue = green = 0;
	under = next_shape(&recorder, SHAPE_RECTANGLE, BLUE, &blue);
	upon = next_shape(&recorder, SHAPE_RECTANGLE, GREEN, &green);
	assert_float_equal(under->x, upon->x, 1e-6);
	assert_float_equal(upon->y + upon->height, under->y, 1e-6);
	assert_float_equal(under->height, 3 * upon->height, 1e-6);
	under = next_shape(&recorder, SHAPE_RECTANGLE, BLUE, &blue);
	upon = next_shape(&recorder, SHAPE_RECTANGLE, GREEN, &green);
	assert_float_equal(upon->y, under->y + under->height, 1e-6); /* downwards */
	upon = next_shape(&recorder, SHAPE_RECTANGLE, GREEN, &green);
	assert_float_equal(upon->y + upon->height, line_of(&recorder, "0"), 1e-6);
	recorder_end(&recorder);
}

/* A missing value parts a line; what is alone is a dot. */
static void
gaps(void **state)
{
	(void) state;
	static const double values[] = {1, 2, NAN, 3, INFINITY, 4, 5, 6};
	AnChartSeries series[2];
	AnChart chart = chart_of(AN_CHART_LINE, series, values, NULL, 8);
	Recorder recorder;
	size_t at = 0;

	draw(&chart, &recorder);
	assert_int_equal(count(&recorder, SHAPE_PATH, BLUE), 2);
	assert_int_equal(next_shape(&recorder, SHAPE_PATH, BLUE, &at)->n_points, 2);
	assert_int_equal(next_shape(&recorder, SHAPE_PATH, BLUE, &at)->n_points, 3);
	assert_true(count(&recorder, SHAPE_CIRCLE, BLUE) >= 6);
	recorder_end(&recorder);

	chart.type = AN_CHART_AREA;
	draw(&chart, &recorder);
	assert_int_equal(count(&recorder, SHAPE_PATH, BLUE), 4); /* two areas, their upper lines */
	assert_int_equal(count(&recorder, SHAPE_CIRCLE, BLUE), 1);
	recorder_end(&recorder);
}

/* Upon a series with a gap, an area has a step, not a slope. */
static void
gap_below(void **state)
{
	(void) state;
	static const double one[] = {1, 1, NAN, NAN, 1, 1};
	static const double two[] = {1, 1, 1, 1, 1, 1};
	AnChartSeries series[2];
	AnChart chart = chart_of(AN_CHART_AREA, series, one, two, 6);
	Recorder recorder;
	const Shape *area;
	size_t at = 0;

	chart.stacked = true;
	draw(&chart, &recorder);
	assert_int_equal(count(&recorder, SHAPE_PATH, BLUE), 2);
	assert_int_equal(count(&recorder, SHAPE_PATH, GREEN), 3);
	while ((area = next_shape(&recorder, SHAPE_PATH, GREEN, &at)) != NULL)
	{
		assert_int_equal(area->n_points, 4);
		assert_float_equal(area->points[0].y, area->points[1].y, 1e-6);
		assert_float_equal(area->points[2].y, area->points[3].y, 1e-6);
	}
	recorder_end(&recorder);
}

/* Where the data is far from zero, lines need not begin there; columns do. */
static void
zero(void **state)
{
	(void) state;
	static const double far[] = {100, 104, 102};
	static const double near[] = {40, 104, 102};
	AnChartSeries series[2];
	AnChart chart = chart_of(AN_CHART_LINE, series, far, NULL, 3);
	Recorder recorder;

	draw(&chart, &recorder);
	assert_null(find_text(&recorder, "0"));
	assert_non_null(find_text(&recorder, "100"));
	recorder_end(&recorder);
	chart.type = AN_CHART_COLUMN;
	draw(&chart, &recorder);
	assert_non_null(find_text(&recorder, "0"));
	recorder_end(&recorder);
	chart = chart_of(AN_CHART_LINE, series, near, NULL, 3);
	draw(&chart, &recorder);
	assert_non_null(find_text(&recorder, "0"));
	recorder_end(&recorder);
}

/* Lines over x go from left to right whatever the order of rows, and x that is no number has no point. */
static void
order_of_x(void **state)
{
	(void) state;
	static const double x[] = {3, 1, NAN, 2, 5};
	static const double values[] = {30, 10, 99, 20, 50};
	AnChartSeries series[2];
	AnChart chart = chart_of(AN_CHART_LINE, series, values, NULL, 5);
	Recorder recorder;
	const Shape *path;
	size_t at = 0;

	chart.x = x;
	draw(&chart, &recorder);
	path = next_shape(&recorder, SHAPE_PATH, BLUE, &at);
	assert_int_equal(path->n_points, 4);
	for (int i = 1; i < 4; i++)
	{
		assert_true(path->points[i].x > path->points[i - 1].x);
		assert_true(path->points[i].y < path->points[i - 1].y);
	}
	assert_float_equal(path->points[3].x - path->points[2].x,
					   2 * (path->points[1].x - path->points[0].x), 1e-6);
	recorder_end(&recorder);
}

/* 50,000 points of a line: at most four for each point of width, and still its peaks. */
static void
thinning(void **state)
{
	(void) state;
	enum
	{
		N = AN_CHART_MAX_POINTS
	};
	double *values = calloc(N, sizeof(double));
	AnChartSeries series[2];
	AnChart chart = chart_of(AN_CHART_LINE, series, values, NULL, N);
	double highest = INFINITY;
	double lowest = 0;
	Recorder recorder;
	const Shape *path;
	size_t at = 0;

	for (size_t i = 0; i < N; i++)
		values[i] = (double) (i * 7919 % 1000) / 1000;
	values[31234] = 100;
	values[777] = -100;
	draw(&chart, &recorder);
	path = next_shape(&recorder, SHAPE_PATH, BLUE, &at);
	assert_true(path->n_points <= 4 * 480);
	for (size_t i = 0; i < path->n_points; i++)
	{
		highest = fmin(highest, path->points[i].y);
		lowest = fmax(lowest, path->points[i].y);
		assert_true(i == 0 || path->points[i].x >= path->points[i - 1].x);
	}
	assert_float_equal(highest, line_of(&recorder, "100"), 1e-6);
	assert_float_equal(lowest, line_of(&recorder, "-100"), 1e-6);
	recorder_end(&recorder);

	chart.type = AN_CHART_COLUMN;
	draw(&chart, &recorder);
	assert_true(count(&recorder, SHAPE_RECTANGLE, BLUE) <= 5 * 480);
	recorder_end(&recorder);
	free(values);
}

static void
pie(void **state)
{
	(void) state;
	static const double values[] = {10, NAN, 50, 0, -5, 40};
	AnChartText labels[] = {text_of("ten"),	 text_of("none"),  text_of("fifty"),
							text_of("zero"), text_of("minus"), text_of("forty")};
	AnChartSeries series[2];
	AnChart chart = chart_of(AN_CHART_PIE, series, values, NULL, 6);
	Recorder recorder;
	const Shape *slice;
	size_t at = 0;

	chart.labels = labels;
	draw(&chart, &recorder);
	slice = next_shape(&recorder, SHAPE_SECTOR, BLUE, &at);
	assert_float_equal(slice->from, 0, 1e-9);
	assert_float_equal(slice->to, 180, 1e-9);
	slice = next_shape(&recorder, SHAPE_SECTOR, GREEN, &at);
	assert_float_equal(slice->to, 324, 1e-9);
	slice = next_shape(&recorder, SHAPE_SECTOR, 0xF59E0B, &at);
	assert_float_equal(slice->from, 324, 1e-9);
	assert_float_equal(slice->to, 360, 1e-9);
	assert_non_null(find_text(&recorder, "50.0%"));
	assert_non_null(find_text(&recorder, "50%"));
	assert_null(find_text(&recorder, "none"));
	assert_null(find_text(&recorder, "zero"));
	assert_null(find_text(&recorder, "minus"));
	recorder_end(&recorder);
}

/* The ninth and further are one slice; sums that no double can hold are still shares. */
static void
pie_of_many(void **state)
{
	(void) state;
	double values[20] = {0};
	AnChartSeries series[2];
	AnChart chart = chart_of(AN_CHART_PIE, series, values, NULL, 20);
	Recorder recorder;
	double sum = 0;
	size_t n = 0;
	size_t at = 0;

	for (int i = 0; i < 20; i++)
		values[i] = DBL_MAX;
	draw(&chart, &recorder);
	for (size_t i = 0; i < recorder.n; i++)
	{
		if (recorder.shapes[i].kind != SHAPE_SECTOR)
			continue;
		assert_float_equal(recorder.shapes[i].from, sum, 1e-9);
		sum = recorder.shapes[i].to;
		n++;
	}
	assert_float_equal(sum, 360, 1e-9);
	assert_int_equal(n, 9);
	assert_float_equal(next_shape(&recorder, SHAPE_SECTOR, GREY, &at)->from, 360 * 8 / 20.0, 1e-9);
	assert_non_null(find_text(&recorder, "60.0%"));
	assert_non_null(find_text(&recorder, chart.locale->words[AN_WORD_OTHER]));
	recorder_end(&recorder);
}

/* Without data: title, frame, and the locale's words. */
static void
nothing(void **state)
{
	(void) state;
	static const double missing[] = {NAN, INFINITY, -INFINITY};
	AnChartSeries series[2];

	for (int type = 0; type < AN_CHART_TYPES; type++)
	{
		for (size_t n = 0; n <= 3; n++)
		{
			AnChart chart = chart_of((AnChartType) type, series, missing, NULL, n);
			Recorder recorder;

			chart.title = text_of("title");
			chart.locale = an_locale_find("zh-TW");
			draw(&chart, &recorder);
			assert_non_null(find_text(&recorder, "title"));
			assert_non_null(find_text(&recorder, chart.locale->words[AN_WORD_NO_ROWS]));
			assert_int_equal(recorder.n, 3);
			recorder_end(&recorder);
			chart.n_series = 0;
			draw(&chart, &recorder);
			assert_int_equal(recorder.n, 3);
			recorder_end(&recorder);
		}
	}
}

static void
limits(void **state)
{
	(void) state;
	static const double values[] = {1};
	AnChartSeries series[2];
	const AnChart good = chart_of(AN_CHART_LINE, series, values, NULL, 1);
	AnChart chart = good;
	Recorder recorder;

	recorder_begin(&recorder);
#define DRAWN an_chart_draw(&chart, &recorder.canvas, &recorder.memory)
	chart.width = 59;
	assert_int_equal(DRAWN, AN_ERR_ARGUMENT);
	chart.width = NAN;
	assert_int_equal(DRAWN, AN_ERR_ARGUMENT);
	chart.width = INFINITY;
	assert_int_equal(DRAWN, AN_ERR_ARGUMENT);
	chart = good;
	chart.height = 39;
	assert_int_equal(DRAWN, AN_ERR_ARGUMENT);
	chart = good;
	chart.type = AN_CHART_TYPES;
	assert_int_equal(DRAWN, AN_ERR_ARGUMENT);
	chart = good;
	chart.n_series = AN_CHART_MAX_SERIES + 1;
	assert_int_equal(DRAWN, AN_ERR_LIMIT);
	chart = good;
	chart.n_points = AN_CHART_MAX_POINTS + 1;
	assert_int_equal(DRAWN, AN_ERR_LIMIT);
	assert_int_equal(recorder.n, 0);
	recorder_end(&recorder);
}

static void
names_of_types(void **state)
{
	(void) state;
	for (int type = 0; type < AN_CHART_TYPES; type++)
		assert_int_equal(an_chart_type_find(an_chart_type_name((AnChartType) type)), type);
	assert_string_equal(an_chart_type_name(AN_CHART_BAR), "bar");
	assert_int_equal(an_chart_type_find("donut"), AN_CHART_TYPES);
	assert_int_equal(an_chart_type_find(""), AN_CHART_TYPES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns),
		cmocka_unit_test(bars),
		cmocka_unit_test(groups_and_stacks),
		cmocka_unit_test(gaps),
		cmocka_unit_test(gap_below),
		cmocka_unit_test(zero),
		cmocka_unit_test(order_of_x),
		cmocka_unit_test(thinning),
		cmocka_unit_test(pie),
		cmocka_unit_test(pie_of_many),

		cmocka_unit_test(nothing),
		cmocka_unit_test(limits),
		cmocka_unit_test(names_of_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
