/*
 * test_calendar.c - the calendar kernel against slow and obvious definitions
 *
 * Dates are compared with a walk day by day through two Gregorian cycles; bins
 * in made-up zones with a scan of every minute that applies the two rules of
 * kernel/calendar.h word by word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/calendar.h"

#define MINUTE INT64_C(60000000)
#define HOUR   (60 * MINUTE)
#define DAY	   (24 * HOUR)
#define MIN_TS INT64_C(-211813488000000000)
#define END_TS INT64_C(9223371331200000000)

/* A zone of the test: offsets in minutes, each from its own minute on; ended by the last. */
typedef struct TestZone
{
	const char *name;
	int n;
	struct
	{
		int64_t from;	/* minute since 2000-01-01 UTC */
		int64_t offset; /* minutes ahead of UTC */
	} changes[6];		/* in order; the first offset also holds before its minute */
} TestZone;

static const TestZone zones[] = {
	{"fixed +5:45", 1, {{0, 345}}},
	{"an hour forward and back at 2:00 as New York",
	 3,
	 {{0, -300}, {7 * 1440 + 420, -240}, {20 * 1440 + 360, -300}}},
	{"midnight twice as Havana, jumped over as Amman",
	 3,
	 {{0, 120}, {9 * 1440 - 120, 180}, {21 * 1440 - 120, 120}}},
	{"from midnight back to 23:00", 3, {{0, 0}, {5 * 1440, 60}, {15 * 1440 - 60, 0}}},
	{"half an hour as Lord Howe", 3, {{0, 630}, {8 * 1440 - 510, 660}, {19 * 1440 - 540, 630}}},
	{"a minute after midnight as St John's",
	 3,
	 {{0, -210}, {6 * 1440 + 211, -150}, {18 * 1440 + 151, -210}}},
	{"a day skipped as Apia, and one repeated",
	 3,
	 {{0, -600}, {10 * 1440 + 600, 840}, {22 * 1440 - 840, -600}}},
	{"small changes in a row",
	 5,
	 {{0, 0}, {9 * 1440 + 3, 17}, {9 * 1440 + 45, -40}, {9 * 1440 + 130, 61}, {10 * 1440, -5}}},
};

static void
zone_find(void *context, int64_t at, AnSegment *segment)
{
	const TestZone *zone = context;
	int i = zone->n - 1;

	while (i > 0 && at < zone->changes[i].from * MINUTE)
		i--;
	segment->from = i == 0 ? INT64_MIN : zone->changes[i].from * MINUTE;
	segment->to = i == zone->n - 1 ? INT64_MAX : zone->changes[i + 1].from * MINUTE;
	segment->offset = zone->changes[i].offset * MINUTE;
}

static AnCalendar
make(const AnWidth *width, const TestZone *zone, const AnWidth *shift)
{
	AnCalendar calendar = {.day = DAY, .min = MIN_TS, .end = END_TS};

	calendar.find = zone ? zone_find : NULL;
	calendar.zone = (void *) zone;
	assert_int_equal(an_calendar_init(&calendar, width, NULL, shift), AN_OK);
	return calendar;
}

static int64_t
local(const TestZone *zone, int64_t minute)
{
	AnSegment segment;

	zone_find((void *) zone, minute * MINUTE, &segment);
	return minute + segment.offset / MINUTE;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Every day of 1600 to 2400, counted by hand: month lengths, leap years, weekday, round trip. */
static void
test_dates(void **state)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t day = -146097;

	(void) state;
	for (int year = 1600; year < 2400; year++)
	{
		int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

		for (int month = 1; month <= 12; month++)
			for (int d = 1; d <= lengths[month - 1] + (month == 2 && leap); d++, day++)
			{
				int64_t y;
				int m, dd;

				assert_int_equal(an_calendar_days(year, month, d), day);
				an_calendar_date(day, &y, &m, &dd);
				assert_true(y == year && m == month && dd == d);
			}
	}
	assert_int_equal(day, 146097);
}

static void
test_months_and_weeks(void **state)
{
	static const struct
	{
		int year, month, day, months; /* a day and a move */
		int y, m, d;				  /* where it ends */
	} moves[] = {{2024, 2, 29, -12, 2023, 2, 28}, {2024, 2, 29, 12, 2025, 2, 28},
				 {2024, 2, 29, 48, 2028, 2, 29},  {2023, 1, 31, 1, 2023, 2, 28},
				 {2023, 12, 31, 2, 2024, 2, 29},  {2000, 3, 31, -1, 2000, 2, 29},
				 {1, 1, 31, -11, 0, 2, 29},		  {2023, 5, 15, 0, 2023, 5, 15}};
	static const struct
	{
		int year, month, day; /* a day */
		int iso_year, week, weekday;
	} weeks[] = {{2000, 1, 1, 1999, 52, 5}, {2000, 1, 3, 2000, 1, 0}, {2020, 12, 31, 2020, 53, 3},
				 {2021, 1, 3, 2020, 53, 6}, {2021, 1, 4, 2021, 1, 0}, {2024, 12, 30, 2025, 1, 0}};
	int64_t result, year;
	int week;

	(void) state;
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
		assert_int_equal(
			an_calendar_add_months(an_calendar_days(moves[i].year, moves[i].month, moves[i].day),
								   moves[i].months),
			an_calendar_days(moves[i].y, moves[i].m, moves[i].d));
	for (size_t i = 0; i < sizeof(weeks) / sizeof(weeks[0]); i++)
	{
		int64_t day = an_calendar_days(weeks[i].year, weeks[i].month, weeks[i].day);

		assert_int_equal(an_calendar_iso_week(day, &year, &week), weeks[i].weekday);
		assert_true(year == weeks[i].iso_year && week == weeks[i].week);
	}
	assert_true(an_calendar_iso_week_before(an_calendar_days(2021, 1, 4), &result));
	assert_int_equal(result, an_calendar_days(2019, 12, 30));
	/* 2020 had a week 53, 2019 had not. */
	assert_false(an_calendar_iso_week_before(an_calendar_days(2020, 12, 31), &result));
}

static void
test_refused(void **state)
{
	static const struct
	{
		AnWidth width; /* months, days, ticks */
		AnWidth shift;
		AnStatus status; /* expected */
	} cases[] = {{{0, 0, 0}, {0, 0, 0}, AN_ERR_ARGUMENT},
				 {{-1, 0, 0}, {0, 0, 0}, AN_ERR_ARGUMENT},
				 {{1, 1, 0}, {0, 0, 0}, AN_ERR_ARGUMENT},
				 {{1, 0, 1}, {0, 0, 0}, AN_ERR_ARGUMENT},
				 {{0, 1, -DAY}, {0, 0, 0}, AN_ERR_ARGUMENT},
				 {{0, -1, 0}, {0, 0, 0}, AN_ERR_ARGUMENT},
				 {{0, 1, 0}, {1, 0, 0}, AN_ERR_ARGUMENT},
				 {{0, INT32_MAX, 0}, {0, 0, 0}, AN_ERR_OUT_OF_RANGE},
				 {{0, 1, INT64_MAX}, {0, 0, 0}, AN_ERR_OUT_OF_RANGE},
				 {{0, 1, 0}, {0, INT32_MIN, 0}, AN_ERR_OUT_OF_RANGE},
				 {{1, 0, 0}, {INT32_MAX, 0, 0}, AN_ERR_OUT_OF_RANGE},
				 {{0, 1, -1}, {0, 3, INT64_MIN}, AN_OK},
				 {{INT32_MAX, 0, 0}, {INT32_MIN / 4096, 0, 0}, AN_OK}};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		AnCalendar calendar = {.day = DAY, .min = MIN_TS, .end = END_TS};
		int64_t start, end;

		assert_int_equal(an_calendar_init(&calendar, &cases[i].width, NULL, &cases[i].shift),
						 cases[i].status);
		if (cases[i].status != AN_OK)
			continue;
		for (int64_t at = MIN_TS; at < END_TS - 1;
			 at = at < END_TS - DAY * 40000000 ? at + DAY * 40000000 : END_TS - 1)
			if (an_calendar_bin(&calendar, at, &start, &end) == AN_OK)
				assert_true(start <= at && at < end);
	}
}

/* The ends of the type: an error or a bin that holds the instant, never a wrapped value. */
static void
test_extremes(void **state)
{
	static const AnWidth widths[] = {{0, 0, 1},			{0, 0, HOUR},	   {0, 1, 0},
									 {0, 7, 0},			{1, 0, 0},		   {12, 0, 0},
									 {0, 100000000, 0}, {INT32_MAX, 0, 0}, {0, 0, 7 * DAY + 1},
									 {0, 0, INT64_MAX}, {1200000, 0, 0},   {0, 0, 999}};
	static const int64_t instants[] = {MIN_TS, MIN_TS + 1, MIN_TS + DAY, -1,
									   0,	   1,		   END_TS - DAY, END_TS - 1};

	(void) state;
	for (size_t z = 0; z <= sizeof(zones) / sizeof(zones[0]); z++)
		for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++)
			for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++)
			{
				AnCalendar calendar = make(&widths[w], z ? &zones[z - 1] : NULL, NULL);
				int64_t start, end;
				AnStatus status = an_calendar_bin(&calendar, instants[i], &start, &end);

				assert_true(status == AN_OK || status == AN_ERR_OUT_OF_RANGE);
				if (status == AN_OK)
					assert_true(start >= MIN_TS && start <= instants[i] && instants[i] < end);
			}
}

/*
 * A day or more, by the rule: the boundary of civil time c is the first minute
 * that shows c or later.  Walk the minutes and keep the latest clock so far.
 */
static void
test_long_widths(void **state)
{
	static const AnWidth widths[] = {{0, 1, 0},			{0, 2, 0}, {0, 7, 0},
									 {0, 0, 36 * HOUR}, {1, 0, 0}, {3, 0, 0}};
	static const AnWidth shifts[] = {{0, 0, 0}, {0, 0, 4 * HOUR}, {0, -1, -30 * MINUTE}};

	(void) state;
	for (size_t c = 0; c < sizeof(zones) / sizeof(zones[0]) * 18; c++)
	{
		const TestZone *zone = &zones[c / 18];
		const AnWidth *width = &widths[c % 6], *shift = &shifts[c / 6 % 3];
		AnCalendar calendar = make(width, zone, shift);
		AnCalendar civil = make(width, NULL, shift);
		int64_t latest = INT64_MIN, bin = INT64_MIN, began = 0;

		for (int64_t minute = -40 * 1440; minute < 60 * 1440; minute++)
		{
			int64_t clock = local(zone, minute), low, high, start, end;

			latest = clock > latest ? clock : latest;
			assert_int_equal(an_calendar_bin(&civil, latest * MINUTE, &low, &high), AN_OK);
			if (low != bin)
				began = minute;
			bin = low;
			if (minute < 0 &&
				minute > -40 * 1440) /* wait until a boundary was seen; longest is three months */
				continue;
			assert_int_equal(an_calendar_bin(&calendar, minute * MINUTE, &start, &end), AN_OK);
			assert_true(start <= minute * MINUTE && minute * MINUTE < end);
			if (began > -40 * 1440)
				assert_int_equal(start, began * MINUTE);
		}
	}
}

/*
 * Less than a day, by the rule: a bin is a run of minutes whose clocks are in one
 * slot; back from the end of a slot to its beginning is a new one.
 */
static void
test_short_widths(void **state)
{
	static const int64_t widths[] = {1, 7, 15, 30, 40, 60, 120, 180, 360, 420, 720, 1439};

	(void) state;
	for (size_t c = 0; c < sizeof(zones) / sizeof(zones[0]) * 12; c++)
	{
		const TestZone *zone = &zones[c / 12];
		AnWidth width = {0, 0, widths[c % 12] * MINUTE};
		AnCalendar calendar = make(&width, zone, NULL);
		int64_t start, end, last_start = INT64_MIN, last_end = INT64_MIN, last_slot = 0,
							last_clock = 0, began = 0;

		for (int64_t minute = 2 * 1440; minute < 26 * 1440; minute++)
		{
			int64_t clock = local(zone, minute);
			int64_t slot = floor_div(clock - 2 * 1440, widths[c % 12]);
			int again = last_clock + 1 == (slot + 1) * widths[c % 12] + 2 * 1440 &&
						clock == slot * widths[c % 12] + 2 * 1440;

			if (slot != last_slot || again || minute == 2 * 1440)
				began = minute;
			last_slot = slot;
			last_clock = clock;
			assert_int_equal(an_calendar_bin(&calendar, minute * MINUTE, &start, &end), AN_OK);
			if (began > 2 * 1440)
				assert_int_equal(start, began * MINUTE);
			if (minute > 2 * 1440)
				assert_int_equal(start == last_start ? end : start, last_end);
			last_start = start;
			last_end = end;
		}
	}
}

/* Dates count days: whole days, weeks and months, far beyond where timestamps end. */
static void
test_days(void **state)
{
	AnCalendar calendar = {.day = 1, .min = -2451545, .end = 2145031949};
	AnWidth week = {0, 7, 0}, quarter = {3, 0, 0};
	int64_t start, end, far = an_calendar_days(5000000, 8, 17);

	(void) state;
	assert_int_equal(an_calendar_init(&calendar, &week, NULL, NULL), AN_OK);
	assert_int_equal(an_calendar_bin(&calendar, 0, &start, &end), AN_OK);
	assert_true(start == -5 && end == 2);
	assert_int_equal(an_calendar_init(&calendar, &quarter, NULL, NULL), AN_OK);
	assert_int_equal(an_calendar_bin(&calendar, far, &start, &end), AN_OK);
	assert_true(start == an_calendar_days(5000000, 7, 1) &&
				end == an_calendar_days(5000000, 10, 1));
	assert_int_equal(an_calendar_bin(&calendar, calendar.end - 1, &start, &end), AN_OK);
	assert_true(end == AN_CALENDAR_NO_END);
}

/* Months counted from a 31st: each boundary is clamped by itself, and the day does not drift. */
static void
test_month_origin(void **state)
{
	AnCalendar calendar = {.day = 1, .min = -2451545, .end = 2145031949};
	AnWidth month = {1, 0, 0};
	int64_t origin = an_calendar_days(2024, 1, 31), start, end;

	(void) state;
	assert_int_equal(an_calendar_init(&calendar, &month, &origin, NULL), AN_OK);
	assert_int_equal(an_calendar_bin(&calendar, an_calendar_days(2024, 2, 28), &start, &end),
					 AN_OK);
	assert_true(start == origin && end == an_calendar_days(2024, 2, 29));
	assert_int_equal(an_calendar_bin(&calendar, an_calendar_days(2024, 3, 30), &start, &end),
					 AN_OK);
	assert_true(start == an_calendar_days(2024, 2, 29) && end == an_calendar_days(2024, 3, 31));
	assert_int_equal(an_calendar_bin(&calendar, an_calendar_days(2023, 3, 1), &start, &end), AN_OK);
	assert_true(start == an_calendar_days(2023, 2, 28) && end == an_calendar_days(2023, 3, 31));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),		cmocka_unit_test(test_months_and_weeks),
		cmocka_unit_test(test_refused),		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_long_widths), cmocka_unit_test(test_short_widths),
		cmocka_unit_test(test_days),		cmocka_unit_test(test_month_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
