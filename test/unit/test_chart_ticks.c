/*
 * test_chart_ticks.c - round numbers and dates on axes, worked out by hand
 */
#include <float.h>

#include "chart_recorder.h"
#include "kernel/calendar.h"
#include "kernel/chart_inside.h"

/* A plan with no more than ticks need. */
static void
plan_begin(AnChartPlan *plan, AnChart *chart, Recorder *recorder, const char *locale)
{
	recorder_begin(recorder);
	memset(plan, 0, sizeof(AnChartPlan));
	*chart = (AnChart){.width = 480, .height = 240};
	plan->chart = chart;
	plan->canvas = &recorder->canvas;
	plan->locale = an_locale_find(locale);
}

/* Joins the labels of an axis with '|'. */
static void
ticks_are(const AnChartScale *scale, const char *locale, int intervals, const char *expected)
{
	AnChartPlan plan;
	AnChart chart;
	Recorder recorder;
	AnChartAxis axis;
	char joined[1024];
	size_t n = 0;

	plan_begin(&plan, &chart, &recorder, locale);
	an_chart_ticks(&plan, scale, intervals, &axis);
	for (int i = 0; i < axis.n_ticks; i++)
	{
		const AnChartLabel *label = &axis.ticks[i].label;

		n += (size_t) snprintf(joined + n, sizeof(joined) - n, "%s%.*s", i > 0 ? "|" : "",
							   (int) label->length, label->text);
	}
	assert_string_equal(joined, expected);
	if (scale->reach)
		assert_true(axis.low <= scale->low && axis.high >= scale->high);
	recorder_end(&recorder);
}

static void
numbers(void **state)
{
	(void) state;
	static const struct
	{
		double low;
		double high;
		bool whole;
		const char *format;
		const char *locale;
		int intervals;
		const char *labels;
	} cases[] = {
		{0, 491, true, "", "en", 6, "0|100|200|300|400|500"},
		{0, 491, true, "", "en", 4, "0|200|400|600"},
		{0, 500, true, "", "en", 5, "0|100|200|300|400|500"},
		{0, 1, false, "", "en", 5, "0.0|0.2|0.4|0.6|0.8|1.0"},
		{0, 1, false, "", "en", 4, "0.00|0.25|0.50|0.75|1.00"},
		{0, 1, true, "", "en", 4, "0|1"},
		{0, 3, true, "", "en", 6, "0|1|2|3"},
		{-23, 46, true, "", "en", 6, "-40|-20|0|20|40|60"},
		{-5, 0, true, "", "en", 5, "-5|-4|-3|-2|-1|0"},
		{0, 4500, true, "", "de", 5, "0|1.000|2.000|3.000|4.000|5.000"},
		{0.9512, 0.9566, false, "0.0%", "en", 5, "95.0%|95.2%|95.4%|95.6%|95.8%"},
		{0.9512, 0.9566, false, "0%", "en", 5, "95%|96%"},
		{0, 0.3, false, "0", "en", 5, "0|1"},
		{0, 10, false, "#,##0", "en", 4, "0|5|10"},
		{0, 3e6, true, "0.0,,\" M\"", "en", 4, "0.0 M|1.0 M|2.0 M|3.0 M"},
		{0, 2e5, true, "0.0,,\" M\"", "en", 4, "0.0 M|0.1 M|0.2 M"},
		{0, 10, true, "\"same\"", "en", 2, "0|5|10"},
		{0, 10, true, "0;[Red", "en", 2, "0|5|10"},
		{0, 0, true, "", "en", 4, "0|1"},
		{-3, 4, true, "", "en", 1, "-5|0|5"},
		{0, 2e-10, false, "", "en", 2, "0|1E-10|2E-10"},
		{1e9, 1e9 + 1, true, "", "en", 5, "1,000,000,000|1,000,000,001"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		AnChartScale scale = {cases[i].low, cases[i].high, cases[i].whole, true, cases[i].format};

		ticks_are(&scale, cases[i].locale, cases[i].intervals, cases[i].labels);
	}
}

/* Returns the serial number of a day. */
static double
serial(int year, int month, int day)
{
	return (double) an_calendar_days(year, month, day) + 36526;
}

static void
dates(void **state)
{
	(void) state;
	const struct
	{
		double low;
		double high;
		bool reach;
		const char *format;
		int intervals;
		const char *labels;
	} cases[] = {
		{serial(2026, 1, 1), serial(2026, 12, 31), false, "yyyy-mm-dd", 6,
		 "2026-01-01|2026-03-01|2026-05-01|2026-07-01|2026-09-01|2026-11-01"},
		/* Mondays. */
		{serial(2026, 11, 1), serial(2026, 11, 30), false, "mm-dd", 5,
		 "11-02|11-09|11-16|11-23|11-30"},
		{serial(2026, 11, 1), serial(2026, 11, 4), false, "mm-dd", 5, "11-01|11-02|11-03|11-04"},
		{serial(2026, 11, 1), serial(2026, 11, 2), false, "hh:mm", 4,
		 "00:00|06:00|12:00|18:00|00:00"},
		{serial(1950, 1, 1), serial(2026, 1, 1), false, "yyyy", 4, "1960|1980|2000|2020"},
		{serial(1950, 2, 1), serial(2026, 1, 1), true, "yyyy", 5, "1940|1960|1980|2000|2020|2040"},
		/* Days would show as the same month twice. */
		{serial(2026, 1, 30), serial(2026, 4, 2), false, "yyyy-mm", 200, "2026-02|2026-03|2026-04"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		AnChartScale scale = {cases[i].low, cases[i].high, false, cases[i].reach, cases[i].format};

		ticks_are(&scale, "en", cases[i].intervals, cases[i].labels);
	}
}

/* Whatever the ends: few ticks, ascending, finite, that cover the data; places on the canvas between the ends. */
static void
extremes(void **state)
{
	(void) state;
	static const double ends[] = {-DBL_MAX, -1e308,	 -1e300, -1e15,	 -1,		-1e-9,
								  -1e-300,	-1e-320, 0,		 5e-324, 1e-320,	1e-300,
								  DBL_MIN,	1e-9,	 0.1,	 1,		 1 + 1e-15, 46000,
								  3e6,		1e15,	 1e16,	 1e300,	 1e308,		DBL_MAX};
	static const char *const formats[] = {"", "0", "0.0%", "yyyy-mm-dd", "hh:mm"};
	const size_t n = sizeof(ends) / sizeof(ends[0]);

	for (size_t c = 0; c < n * n * 5 * 3; c++)
	{
		AnChartScale scale = {ends[c % n], ends[c / n % n], c % 2, c % 3 > 0,
							  formats[c / n / n % 5]};
		int intervals = (int) (c / n / n / 5) * 5 + 1;
		AnChartPlan plan;
		AnChart chart;
		Recorder recorder;
		AnChartAxis axis;
		double slack;

		if (scale.low > scale.high)
			continue;
		plan_begin(&plan, &chart, &recorder, "en");
		an_chart_ticks(&plan, &scale, intervals, &axis);
		assert_true(isfinite(axis.low) && isfinite(axis.high) && axis.low < axis.high);
		/* What is a millionth of a step beyond a tick counts as on it. */
		slack = (axis.high / 2 - axis.low / 2) / 1e5;
		assert_true(axis.low - slack <= scale.low && axis.high + slack >= scale.high);
		assert_true(axis.n_ticks <= (intervals > 2 ? intervals : 2) + 1);
		for (int i = 1; i < axis.n_ticks; i++)
			assert_true(axis.ticks[i].value > axis.ticks[i - 1].value);
		axis.from = 100;
		axis.to = 0;
		assert_true(an_chart_at(&axis, scale.low) <= 100 && an_chart_at(&axis, scale.high) >= 0);
		assert_true(an_chart_at(&axis, scale.low) >= an_chart_at(&axis, scale.high));
		recorder_end(&recorder);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(dates),
		cmocka_unit_test(extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
