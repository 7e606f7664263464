/*
 * test_chart_labels.c - texts that fit: cut, broken over lines, thinned, turned; legends
 */
#include "chart_recorder.h"
#include "kernel/chart_inside.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* What a text becomes in so much room, set in 10 points. */
static void
fits_as(const char *text, size_t length, double room, const char *expected)
{
	AnChart chart = {.width = 480, .height = 240};
	Recorder recorder;
	AnChartPlan plan = {.chart = &chart, .canvas = &recorder.canvas};
	AnFont font = {.size = 10};
	AnChartLabel label;

	recorder_begin(&recorder);
	an_chart_fit(&plan, (AnChartText){text, length}, &font, room, &label);
	assert_int_equal(label.length, strlen(expected));
	assert_memory_equal(label.text, expected, label.length);
	assert_true(label.width <= room);
	recorder_end(&recorder);
}

static void
cutting(void **state)
{
	(void) state;
	char large[5000];

	memset(large, 'x', sizeof(large));
#define FITS(text, room, expected) fits_as(text, sizeof(text) - 1, room, expected)
	FITS("", 10, "");
	FITS("1234", 4 * 5.56 * 1.05 + 0.01, "1234");
	/* An ellipsis is 10.5 wide, a digit 5.838. */
	FITS("1234", 4 * 5.56 * 1.05 - 0.01, "12" ELLIPSIS);
	FITS("123456", 22.2, "12" ELLIPSIS);
	FITS("1 2 3 4 5 6", 22.2, "1" ELLIPSIS);
	FITS("1234", 10.4, "");
	FITS("12\n3\x7f\0", 100, "12 3  ");
	FITS("\xff\xe4\xb8", 100, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	FITS("\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97", 22, "\xe4\xb8\xad" ELLIPSIS);
	/* A mark goes with its letter. */
	FITS("ae\xcc\x81\xcc\x81zzz", 16.5, "a" ELLIPSIS);
	fits_as(large, sizeof(large), 10.5 + 5.25 * 3 + 0.1, "xxx" ELLIPSIS);
	fits_as(NULL, 0, 10, "");
}

/* Breaks a text to so much room. */
static void
wraps_as(const char *text, double room, const char *first, const char *second, bool whole)
{
	AnChart chart = {.width = 480, .height = 240};
	Recorder recorder;
	AnChartPlan plan = {.chart = &chart, .canvas = &recorder.canvas};
	AnFont font = {.size = 10};
	AnChartLabel lines[2];

	recorder_begin(&recorder);
	assert_int_equal(an_chart_wrap(&plan, text_of(text), &font, room, lines), whole);
	assert_int_equal(lines[0].length, strlen(first));
	assert_memory_equal(lines[0].text, first, lines[0].length);
	assert_int_equal(lines[1].length, strlen(second));
	assert_memory_equal(lines[1].text, second, lines[1].length);
	assert_true(lines[0].width <= room && lines[1].width <= room);
	recorder_end(&recorder);
}

static void
wrapping(void **state)
{
	(void) state;
	wraps_as("12 34", 100, "12 34", "", true);
	wraps_as("12 34", 20, "12", "34", true);
	wraps_as("12 34 56", 30, "12 34", "56", true);
	wraps_as("12 34 5678", 30, "12 34", "5678", true);
	wraps_as("12 34 567890", 30, "12 34", "567" ELLIPSIS, false);
	wraps_as("1234567890", 30, "123" ELLIPSIS, "", false);
	wraps_as("\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97", 22, "\xe4\xb8\xad\xe6\x96\x87", "\xe5\xad\x97",
			 true);
}

/* Of 365 days some have labels, evenly; of names all, turned, cut or in two lines. */
static void
labels_of_categories(void **state)
{
	(void) state;
	static char days[365][16];
	static double values[365];
	AnChartText labels[365];
	AnChartText names[] = {text_of("Kaohsiung Harbour"), text_of("Taipei Main Station"),
						   text_of("\xe8\x87\xba\xe7\x81\xa3\xe5\xa4\xa7\xe5\x93\xa5\xe5\xa4\xa7")};
	AnChartSeries series[2];
	AnChart chart = chart_of(AN_CHART_LINE, series, values, NULL, 365);
	Recorder recorder;
	int shown = 0;

	for (int i = 0; i < 365; i++)
	{
		snprintf(days[i], sizeof(days[i]), "day %03d", i);
		days[i][0] = '1'; /* begins with a digit, as dates do */
		labels[i] = text_of(days[i]);
		values[i] = 1;
	}
	chart.labels = labels;
	draw(&chart, &recorder);
	for (int i = 0; i < 365; i++)
		shown += find_text(&recorder, days[i]) != NULL;
	assert_true(shown >= 6 && shown <= 20);
	assert_non_null(find_text(&recorder, "1ay 000"));
	recorder_end(&recorder);

	chart.labels = names;
	chart.n_points = 3;
	chart.width = 240;
	draw(&chart, &recorder);
	assert_non_null(find_text(&recorder, "Kaohsiung"));
	assert_non_null(find_text(&recorder, "Harbour"));
	assert_float_equal(find_text(&recorder, "Kaohsiung")->x, find_text(&recorder, "Harbour")->x,
					   1e-9);
	recorder_end(&recorder);
}

static void
legend(void **state)
{
	(void) state;
	static const double one[] = {1, 2};
	static const double two[] = {2, 1};
	AnChartSeries series[2];
	AnChart chart = chart_of(AN_CHART_LINE, series, one, NULL, 2);
	Recorder recorder;

	draw(&chart, &recorder);
	assert_int_equal(count(&recorder, SHAPE_PATH, BLUE), 1); /* no line in a legend */
	recorder_end(&recorder);

	series[0].name = text_of("sent");
	chart.title = text_of("Sent");
	draw(&chart, &recorder);
	assert_int_equal(count(&recorder, SHAPE_PATH, BLUE), 1); /* the title says it */
	recorder_end(&recorder);

	chart.title = (AnChartText){NULL, 0};
	draw(&chart, &recorder);
	assert_int_equal(count(&recorder, SHAPE_PATH, BLUE), 2); /* nothing else does */
	assert_non_null(find_text(&recorder, "sent"));
	recorder_end(&recorder);

	series[1] = (AnChartSeries){{NULL, 0}, two, 0x123456};
	chart.n_series = 2;
	draw(&chart, &recorder);
	assert_non_null(find_text(&recorder, "sent"));
	assert_int_equal(count(&recorder, SHAPE_PATH, 0x123456), 2);
	recorder_end(&recorder);
}

/* 50 names do not fit: the count of the others stands behind, within the chart. */
static void
long_legends(void **state)
{
	(void) state;
	static const double values[] = {1, 2};
	static char names[50][24];
	AnChartSeries series[50];

	for (int i = 0; i < 50; i++)
	{
		snprintf(names[i], sizeof(names[i]), "Campaign %02d", i + 1);
		series[i] = (AnChartSeries){text_of(names[i]), values, AN_COLOR_NONE};
	}
	for (int width = 200; width <= 600; width += 7)
	{
		AnChart chart = chart_of(AN_CHART_COLUMN, series, values, NULL, 2);
		Recorder recorder;
		char rest[16];
		int shown = 0;

		series[0].name = text_of(names[0]);
		series[1] = (AnChartSeries){text_of(names[1]), values, AN_COLOR_NONE};
		chart.n_series = 50;
		chart.width = width;
		draw(&chart, &recorder);
		for (int i = 0; i < 50; i++)
			shown += find_text(&recorder, names[i]) != NULL;
		snprintf(rest, sizeof(rest), "+%d", 50 - shown);
		assert_true(shown > 0 && shown < 50);
		assert_non_null(find_text(&recorder, rest));
		recorder_end(&recorder);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cutting),
		cmocka_unit_test(wrapping),
		cmocka_unit_test(labels_of_categories),
		cmocka_unit_test(legend),
		cmocka_unit_test(long_legends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
