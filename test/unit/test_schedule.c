/*
 * test_schedule.c - cron schedules over changes of the clock
 *
 * Proven: runs against brute force over every minute of three years in zones that
 * jump by an hour, half an hour, at midnight, over a day and back by one, with the
 * conditions written in C; every second around such changes; the next run from any
 * instant; leap days; what is refused, with its place; schedules in words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/schedule.h"

#define US		 INT64_C(1000000)
#define MINUTE	 (60 * US)
#define HOUR	 (60 * MINUTE)
#define DAY		 (24 * HOUR)
#define LAST	 (INT64_MAX - 10 * DAY)
#define RUNS_MAX (4 * 366 * 1440)

/* A change of a zone: from a civil time by the clock before it. */
typedef struct Change
{
	int year, month, day, minute; /* when, by the clock before; minute of the day */
	int offset;					  /* seconds ahead of UTC afterwards */
} Change;

/* A zone by its changes. */
typedef struct Zone
{
	const char *name;	/* for messages */
	int first;			/* offset before all changes, in seconds */
	int n_changes;		/* how many there are */
	Change changes[10]; /* in order */
	int n_segments;		/* filled in by build */
	AnSegment segments[11];
} Zone;

static Zone zones[] = {
	{"UTC", 0, 0, {{0}}, 0, {{0}}},
	{"Europe/Berlin",
	 3600,
	 6,
	 {{2010, 3, 28, 120, 7200},
	  {2010, 10, 31, 180, 3600},
	  {2011, 3, 27, 120, 7200},
	  {2011, 10, 30, 180, 3600},
	  {2012, 3, 25, 120, 7200},
	  {2012, 10, 28, 180, 3600}},
	 0,
	 {{0}}},
	{"Australia/Lord_Howe",
	 39600,
	 6,
	 {{2010, 4, 4, 120, 37800},
	  {2010, 10, 3, 120, 39600},
	  {2011, 4, 3, 120, 37800},
	  {2011, 10, 2, 120, 39600},
	  {2012, 4, 1, 120, 37800},
	  {2012, 10, 7, 120, 39600}},
	 0,
	 {{0}}},
	{"America/Havana",
	 -18000,
	 6,
	 {{2010, 3, 14, 0, -14400},
	  {2010, 10, 31, 60, -18000},
	  {2011, 3, 20, 0, -14400},
	  {2011, 11, 13, 60, -18000},
	  {2012, 4, 1, 0, -14400},
	  {2012, 11, 4, 60, -18000}},
	 0,
	 {{0}}},
	{"Pacific/Apia",
	 -39600,
	 5,
	 {{2010, 9, 26, 0, -36000},
	  {2011, 4, 2, 240, -39600},
	  {2011, 9, 24, 180, -36000},
	  {2011, 12, 30, 0, 50400},
	  {2012, 4, 1, 240, 46800}},
	 0,
	 {{0}}},
	{"a day twice, and a nervous clock",
	 50400,
	 6,
	 {{2010, 5, 2, 0, -36000},
	  {2010, 6, 1, 185, -37800},
	  {2010, 6, 1, 200, -34200},
	  {2010, 6, 1, 300, -36000},
	  {2011, 1, 1, 0, 50400},
	  {2012, 2, 29, 0, -36000}},
	 0,
	 {{0}}},
};
#define N_ZONES (sizeof(zones) / sizeof(zones[0]))

/* A civil time in its parts. */
typedef struct Parts
{
	int month, day, weekday, hour, minute, second;
} Parts;

/* Days since 2000-01-01 by counting, not by a formula. */
static int64_t
days_of(int year, int month, int day)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t days = 0;

#define LEAP(y) ((y) % 4 == 0 && ((y) % 100 != 0 || (y) % 400 == 0))
	for (int y = 2000; y < year; y++)
		days += LEAP(y) ? 366 : 365;
	for (int y = year; y < 2000; y++)
		days -= LEAP(y) ? 366 : 365;
	for (int m = 1; m < month; m++)
		days += lengths[m - 1] + (m == 2 && LEAP(year));
	return days + day - 1;
}

static int64_t
at(int year, int month, int day, int hour, int minute)
{
	return days_of(year, month, day) * DAY + hour * HOUR + minute * MINUTE;
}

static void
build(Zone *zone)
{
	int64_t from = INT64_MIN;
	int offset = zone->first;

	zone->n_segments = 0;
	for (int i = 0; i <= zone->n_changes; i++)
	{
		const Change *c = &zone->changes[i];
		int64_t to = i == zone->n_changes
						 ? INT64_MAX
						 : at(c->year, c->month, c->day, 0, c->minute) - offset * US;

		zone->segments[zone->n_segments++] = (AnSegment){from, to, offset * US};
		from = to;
		offset = c->offset;
	}
}

static void
find(void *zone_arg, int64_t instant, AnSegment *segment)
{
	const Zone *zone = zone_arg;
	int i = 0;

	while (i < zone->n_segments - 1 && instant >= zone->segments[i].to)
		i++;
	*segment = zone->segments[i];
}

static AnSchedule
parse(const char *text)
{
	AnSchedule schedule;
	AnScheduleError error;

	if (an_schedule_parse(text, strlen(text), &schedule, &error) != AN_OK)
		fail_msg("\"%s\" refused at %d: %s", text, error.position, error.message);
	return schedule;
}

static int64_t
next(const AnSchedule *schedule, Zone *zone, int64_t after)
{
	int64_t result;

	return an_schedule_next(schedule, find, zone, after, LAST, &result) == AN_OK ? result : -1;
}

/* ------------------------------------------------------------------------
 * Brute force
 * ------------------------------------------------------------------------ */

#define MEANS(name, condition)                                                                     \
	static bool name(const Parts *p)                                                               \
	{                                                                                              \
		return condition;                                                                          \
	}

MEANS(every_minute, p->second == 0)
MEANS(every_quarter, p->minute % 15 == 0)
MEANS(at_half, p->minute == 30)
MEANS(full_hour, p->minute == 0)
MEANS(half_past_two, p->hour == 2 && p->minute == 30)
MEANS(midnight, p->hour == 0 && p->minute == 0)
MEANS(two_hours, p->hour % 2 == 0 && p->minute == 0)
MEANS(all_of_two, p->hour == 2)
MEANS(working,
	  p->hour >= 9 && p->hour <= 17 && p->minute % 20 == 0 && p->weekday >= 1 && p->weekday <= 5)
MEANS(first_or_monday, p->hour == 3 && p->minute == 5 && (p->day == 1 || p->weekday == 1))
MEANS(thirteenth_or_weekend, p->minute == 10 && (p->day == 13 || p->weekday % 6 == 0))
MEANS(leap_day, p->hour == 12 && p->minute == 0 && p->month == 2 && p->day == 29)
MEANS(december_30, p->hour == 4 && p->minute == 0 && p->month == 12 && p->day == 30)
MEANS(nights, (p->hour >= 22 || p->hour <= 3) && p->minute % 30 == 15)

static const struct
{
	const char *text;			  /* a schedule */
	bool (*means)(const Parts *); /* the same in C */
	bool all_hours;				  /* it runs in each hour */
} cases[] = {
	{"* * * * *", every_minute, true},
	{"*/15 * * * *", every_quarter, true},
	{"30 * * * *", at_half, true},
	{"@hourly", full_hour, true},
	{"30 2 * * *", half_past_two, false},
	{"@daily", midnight, false},
	{"0 */2 * * *", two_hours, false},
	{"* 2 * * *", all_of_two, false},
	{"*/20 9-17 * * MON-friday", working, false},
	{"5 3 1 * 1", first_or_monday, false},
	{"10 * 13 * sat-sun", thirteenth_or_weekend, true},
	{"0 12 29 feb *", leap_day, false},
	{"0 4 30 12 *", december_30, false},
	{"15,45 22-23,0-3 * * *", nights, false},
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static Parts
parts(int64_t civil)
{
	static int64_t known = INT64_MIN;
	static Parts of_day;
	int64_t day = civil >= 0 ? civil / DAY : -((DAY - 1 - civil) / DAY), rest = civil - day * DAY;
	Parts p;

	if (day != known)
	{
		int year = 1990, month = 1;

		while (days_of(year + 1, 1, 1) <= day)
			year++;
		while (month < 12 && days_of(year, month + 1, 1) <= day)
			month++;
		of_day.month = month;
		of_day.day = (int) (day - days_of(year, month, 1)) + 1;
		of_day.weekday = (int) ((day + 6 + 7 * 10000) % 7);
		known = day;
	}
	p = of_day;
	p.hour = (int) (rest / HOUR);
	p.minute = (int) (rest / MINUTE % 60);
	p.second = (int) (rest / US % 60);
	return p;
}

/* Lists the runs of a case in a zone by looking at each step of the clock. */
static int
brute(size_t c, Zone *zone, int64_t from, int64_t to, int64_t step, int64_t *runs)
{
	AnSegment segment;
	int64_t shown, before;
	int n = 0;

	find(zone, from, &segment);
	shown = before = from + segment.offset;
	for (int64_t u = from + step; u < to; u += step)
	{
		int64_t civil;
		bool run = false;

		if (u >= segment.to)
			find(zone, u, &segment);
		civil = u + segment.offset;
		if (cases[c].all_hours)
		{
			for (int64_t t = before + step; t < civil && !run; t += step)
			{
				Parts p = parts(t);

				run = t / HOUR == civil / HOUR && cases[c].means(&p);
			}
			if (!run)
			{
				Parts p = parts(civil);

				run = cases[c].means(&p);
			}
		}
		else
			for (; shown < civil;)
			{
				Parts p = parts(shown += step);

				run = cases[c].means(&p) || run;
			}
		before = civil;
		if (run)
			runs[n++] = u;
	}
	return n;
}

static void
test_brute(void **state)
{
	int64_t *runs = malloc(RUNS_MAX * sizeof(int64_t));
	int64_t from = at(2010, 1, 1, 0, 0), to = at(2013, 1, 1, 0, 0);

	(void) state;
	assert_non_null(runs);
	for (size_t z = 0; z < N_ZONES; z++)
		for (size_t c = 0; c < N_CASES; c++)
		{
			int n = brute(c, &zones[z], from, to, MINUTE, runs);
			AnSchedule schedule = parse(cases[c].text);
			int64_t u = from;

			for (int i = 0; i < n; i++)
			{
				u = next(&schedule, &zones[z], u);
				if (u != runs[i])
					fail_msg("%s in %s: run %d is %lld and not %lld", cases[c].text, zones[z].name,
							 i, (long long) u, (long long) runs[i]);
			}
			assert_true(next(&schedule, &zones[z], u) >= to);
			/* From anywhere, not only from a run. */
			for (int i = 1, r = 0; i < 2000; i++)
			{
				u = from + (to - from) / 2000 * i + i * 7919;
				while (r < n && runs[r] <= u)
					r++;
				if (r < n)
					assert_int_equal(next(&schedule, &zones[z], u), runs[r]);
			}
		}
	free(runs);
}

MEANS(each_second, p->second >= 0)
MEANS(tens, p->second % 10 == 0)
MEANS(second_five, p->second == 5 && p->minute == 0 && p->hour == 0)

/* Every second of some days; the clock of the zone jumps by 28 seconds, and back by 14. */
static void
test_seconds(void **state)
{
	static const struct
	{
		const char *text;			  /* a schedule */
		bool (*means)(const Parts *); /* the same in C */
	} schedules[] = {
		{"seconds: * * * * * *", each_second},
		{"Seconds:*/10 * * * * *", tens},
		{"seconds: 5 0 0 * * *", second_five},
	};
	Zone zone = {"seconds", 1172, 2, {{2010, 7, 1, 0, 1200}, {2010, 7, 3, 0, 1186}}, 0, {{0}}};
	static int64_t runs[5 * 86400];

	(void) state;
	build(&zone);
	for (size_t i = 0; i < sizeof(schedules) / sizeof(schedules[0]); i++)
	{
		AnSchedule schedule = parse(schedules[i].text);
		int64_t from = at(2010, 6, 30, 0, 0), to = at(2010, 7, 4, 0, 0), shown, civil, before;
		AnSegment segment;
		int n = 0;

		find(&zone, from, &segment);
		shown = before = from + segment.offset;
		for (int64_t u = from + US; u < to; u += US)
		{
			bool run = false;

			find(&zone, u, &segment);
			civil = u + segment.offset;
			/* All hours: also what comes again; else only what was not shown yet. */
			for (int64_t t = i == 2			  ? shown + US
							 : civil > before ? before + US
											  : civil;
				 t <= civil; t += US)
			{
				Parts p = parts(t);

				run = run || schedules[i].means(&p);
			}
			shown = civil > shown ? civil : shown;
			before = civil;
			if (run)
				runs[n++] = u;
		}
		for (int64_t k = 0, u = from; k < n; k++)
			assert_int_equal(u = next(&schedule, &zone, u), runs[k]);
		assert_true(i < 2 || n == 4);
	}
}

static void
test_by_hand(void **state)
{
	Zone *berlin = &zones[1];
	AnSchedule schedule = parse("30 2 * * *");
	int64_t result;

	(void) state;
	/* 02:30 of 2010-03-28 does not exist: 03:00, which is 01:00 UTC; the day after it is 00:30 UTC. */
	assert_int_equal(next(&schedule, berlin, at(2010, 3, 27, 12, 0)), at(2010, 3, 28, 1, 0));
	assert_int_equal(next(&schedule, berlin, at(2010, 3, 28, 1, 0)), at(2010, 3, 29, 0, 30));
	/* 02:30 of 2010-10-31 comes twice: the first, 00:30 UTC, and then the day after, 01:30 UTC. */
	assert_int_equal(next(&schedule, berlin, at(2010, 10, 30, 12, 0)), at(2010, 10, 31, 0, 30));
	assert_int_equal(next(&schedule, berlin, at(2010, 10, 31, 0, 30)), at(2010, 11, 1, 1, 30));
	/* The 29th of February of 1896 is followed by that of 1904, and is never more than eight years away. */
	schedule = parse("0 0 29 2 *");
	assert_int_equal(next(&schedule, &zones[0], at(1896, 2, 29, 0, 0)), at(1904, 2, 29, 0, 0));
	assert_int_equal(next(&schedule, &zones[0], at(2096, 2, 29, 0, 0)), at(2104, 2, 29, 0, 0));
	/* Nothing between after and end. */
	assert_int_equal(an_schedule_next(&schedule, find, berlin, at(2010, 1, 1, 0, 0),
									  at(2011, 1, 1, 0, 0), &result),
					 AN_ERR_OUT_OF_RANGE);
	assert_int_equal(an_schedule_next(&schedule, find, berlin, 5, 5, &result), AN_ERR_OUT_OF_RANGE);
	schedule = parse("* * * * *");
	assert_int_equal(an_schedule_next(&schedule, find, berlin, LAST - 1, LAST, &result),
					 AN_ERR_OUT_OF_RANGE);
}

static void
test_refused(void **state)
{
	static const struct
	{
		const char *text; /* no schedule */
		int position;	  /* where that shows */
	} wrong[] = {
		{"", 0},
		{"   ", 3},
		{"* * * *", 7},
		{"0 0 2 * * *", 10},
		{"* * * * * * *", 10},
		{"seconds: * * * * *", 18},
		{"seconds: 0 0 0 1 1 * 2026", 21},
		{"30 seconds", 10},
		{"60 * * * *", 0},
		{"* 24 * * *", 2},
		{"* * 0 * *", 4},
		{"* * 32 * *", 4},
		{"* * * 13 *", 6},
		{"* * * 0 *", 6},
		{"* * * * 8", 8},
		{"-1 * * * *", 0},
		{"5/15 * * * *", 1},
		{"*/0 * * * *", 2},
		{"*/60 * * * *", 2},
		{"*/99999999999999999999 * * * *", 2},
		{"0-10/11 * * * *", 5},
		{"9-5 * * * *", 0},
		{"0 22-6 * * *", 2},
		{"0 0 * * fri-mon", 8},
		{"0 0 * * 5-0", 8},
		{"1,,2 * * * *", 2},
		{",1 * * * *", 0},
		{"1, * * * *", 2},
		{"1- * * * *", 2},
		{"*/ * * * *", 2},
		{"*5 * * * *", 1},
		{"1-2-3 * * * *", 3},
		{"1.5 * * * *", 1},
		{"0 0 L * *", 4},
		{"0 0 1W * *", 5},
		{"0 0 ? * *", 4},
		{"0 0 * * 1#2", 9},
		{"H * * * *", 0},
		{"0 0 $ * *", 4},
		{"0 0 * * mond", 8},
		{"0 0 * * mo", 8},
		{"0 0 * janu *", 6},
		{"jan * * * *", 0},
		{"0 0 30 2 *", 4},
		{"0 0 31 feb,apr,jun *", 4},
		{"0 0 */2 * mon", 4},
		{"0 0 13 * */2", 9},
		{"0 0 */2 * */2", 4},
		{"@reboot", 0},
		{"@every 5m", 0},
		{" @dail", 1},
		{"@", 0},
		{"@daily 1", 0},
		{"0 0 * * *\n", 9},
		{"\xff * * * *", 0},
	};
	char longest[AN_SCHEDULE_TEXT_MAX + 1];
	AnSchedule schedule;
	AnScheduleError error;

	(void) state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
	{
		AnStatus status =
			an_schedule_parse(wrong[i].text, strlen(wrong[i].text), &schedule, &error);

		if (status != AN_ERR_SYNTAX || error.position != wrong[i].position)
			fail_msg("\"%s\": status %d at %d, not at %d: %s", wrong[i].text, status,
					 error.position, wrong[i].position, status ? error.message : "");
	}
	assert_int_equal(an_schedule_parse("* * * *\0*", 9, &schedule, &error), AN_ERR_SYNTAX);
	memset(longest, ' ', sizeof(longest));
	memcpy(longest, "* * * * *", 9);
	assert_int_equal(an_schedule_parse(longest, sizeof(longest) - 1, &schedule, &error), AN_OK);
	assert_int_equal(an_schedule_parse(longest, sizeof(longest), &schedule, &error), AN_ERR_LIMIT);
}

static void
test_same(void **state)
{
	static const char *const same[][2] = {
		{"0 0 * * 7", "0 0 * * sun"},
		{"0 0 * * 0", "0 0 * * Sunday"},
		{"0 0 * * 5-7", "0 0 * * FRI-SUN"},
		{"0 0 * * 0-7", "0 0 * * *"},
		{" 0\t0 1 1 * ", "@yearly"},
		{"@annually", "0 0 1 JANUARY *"},
		{"@weekly", "0 0 * * 0"},
		{"@monthly", "0 0 1 * *"},
		{"@MIDNIGHT", "@daily"},
		{"*/1 * * * *", "0-59 0-23 * * *"},
		{"1-31/10 * * * *", "1,11,21,31 * * * *"},
		{"seconds: 0 1 2 3 4 *", "1 2 3 4 *"},
		{"0 0 * jan-mar,dec *", "0 0 * 12,1-3 *"},
		{"0 0 * * sun-tue", "0 0 * * 0-2"},
		{"5,5,5 * * * *", "5 * * * *"},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
	{
		AnSchedule a = parse(same[i][0]), b = parse(same[i][1]);

		if (a.seconds != b.seconds || a.minutes != b.minutes || a.hours != b.hours ||
			a.days != b.days || a.months != b.months || a.weekdays != b.weekdays ||
			a.either != b.either)
			fail_msg("\"%s\" is not \"%s\"", same[i][0], same[i][1]);
	}
}

static void
test_words(void **state)
{
	static const char *const words[][2] = {
		{"* * * * *", "every minute"},
		{"*/5 * * * *", "every 5 minutes"},
		{"0 * * * *", "at minute 0 of every hour"},
		{"0,20 * * * *", "at minute 0 and 20"},
		{"@daily", "every day at 00:00"},
		{"30 2,14 * * *", "every day at 02:30 and 14:30"},
		{"0 1-3 * * *", "every day at 01:00, 02:00 and 03:00"},
		{"*/15 9-17 * * mon-fri", "every 15 minutes of hour 9 to 17 on Monday to Friday"},
		{"0 */2 * * *", "at minute 0 of every 2 hours"},
		{"0 3 1,15 * *", "at 03:00 on day 1 and 15 of the month"},
		{"0 3 1 * 1", "at 03:00 on day 1 of the month or on Monday"},
		{"0 3 1-31 * 1", "at 03:00"},
		{"0 0 1 jan,jul *", "at 00:00 on day 1 of the month in January and July"},
		{"0 0 * 2 *", "every day at 00:00 in February"},
		{"seconds: * * * * * *", "every second"},
		{"seconds: */10 * * * * *", "every 10 seconds"},
		{"seconds: 30 * 2 * * *", "at second 30 of every minute of hour 2"},
		{"seconds: 0,30 */5 * * * *", "every 30 seconds of every 5 minutes"},
		{"seconds: 15 30 2 * * *", "every day at 02:30:15"},
		{"1,2,4,6-9 * * * *", "at minute 1, 2, 4 and 6 to 9"},
		{"* * * 1,3,5,7,9,11 sun,tue,thu,sat",
		 "every minute on Sunday, Tuesday, Thursday and Saturday in January, March, May, July, "
		 "September and November"},
	};
	char text[AN_SCHEDULE_WORDS_MAX];

	(void) state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
	{
		AnSchedule schedule = parse(words[i][0]);

		an_schedule_words(&schedule, text);
		assert_string_equal(text, words[i][1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand), cmocka_unit_test(test_brute),
		cmocka_unit_test(test_seconds), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_same),	cmocka_unit_test(test_words),
	};

	for (size_t i = 0; i < N_ZONES; i++)
		build(&zones[i]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
