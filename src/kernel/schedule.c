/*
 * schedule.c - the next run of a schedule, over changes of the clock
 */
#include "kernel/schedule.h"

#define SECOND_US INT64_C(1000000)
#define HOUR_US	  (INT64_C(3600) * SECOND_US)
#define DAY_US	  (INT64_C(86400) * SECOND_US)
#define REACH_US  (AN_CALENDAR_REACH_HOURS * HOUR_US)

#define ALL_HOURS UINT32_C(0xffffff)

/* No schedule waits longer for its day: February 29 comes after eight years at most, 1896 to 1904. */
#define DAYS_MAX (9 * 366)

/* Where a search ends with nothing. */
#define NEVER INT64_MAX

/* The search of one run. */
typedef struct Search
{
	const AnSchedule *schedule; /* what to look for */
	AnSegmentFind find;			/* the zone */
	void *zone;					/* its first argument */
	int64_t after;				/* the run lies after this instant */
	int64_t end;				/* and before this one */
} Search;

static int64_t next_fixed(const Search *search);
static int64_t next_clock(const Search *search);
static bool jump_runs(const Search *search, const AnSegment *segment);
static int64_t shown_before(const Search *search);
static int64_t next_civil(const AnSchedule *schedule, int64_t from, int64_t end);
static bool day_matches(const AnSchedule *schedule, int64_t days);
static int64_t next_time(const AnSchedule *schedule, int64_t from);

AnStatus
an_schedule_next(const AnSchedule *schedule, AnSegmentFind find, void *zone, int64_t after,
				 int64_t end, int64_t *next)
{
	Search search = {schedule, find, zone, after, end};

	if (after >= end)
		return AN_ERR_OUT_OF_RANGE;
	*next = schedule->hours == ALL_HOURS ? next_clock(&search) : next_fixed(&search);
	return *next < end ? AN_OK : AN_ERR_OUT_OF_RANGE;
}

/*
 * Some hours: the first instant at which the clock shows the time, or a later one.
 * What it has shown by now is done; so the time is the first that is meant after the
 * latest it has shown, and the instant is looked for from where it can lie at the earliest.
 */
static int64_t
next_fixed(const Search *search)
{
	int64_t civil = next_civil(search->schedule, shown_before(search) + 1, search->end);
	int64_t at = search->after + 1;
	AnSegment segment;

	if (civil == NEVER)
		return NEVER;
	if (at < civil - REACH_US)
		at = civil - REACH_US;
	for (;;)
	{
		search->find(search->zone, at, &segment);
		if (segment.to == INT64_MAX || civil < segment.to + segment.offset)
			break;
		if (segment.to >= search->end)
			return NEVER;
		at = segment.to;
	}
	return civil - segment.offset > at ? civil - segment.offset : at;
}

/* Returns the latest civil time that the clock has shown up to `after`: it may have gone back since. */
static int64_t
shown_before(const Search *search)
{
	AnSegment segment;
	int64_t latest;

	search->find(search->zone, search->after, &segment);
	latest = search->after + segment.offset;
	/* A segment that ended earlier than two offsets ago cannot have shown more. */
	while (segment.from != INT64_MIN && segment.from > search->after - 2 * REACH_US)
	{
		int64_t end = segment.from;

		search->find(search->zone, end - 1, &segment);
		if (end - 1 + segment.offset > latest)
			latest = end - 1 + segment.offset;
	}
	return latest;
}

/*
 * All hours: whenever the clock shows a time that is meant, segment by segment.  A
 * zone changes a few times in a year, and no day is further away than DAYS_MAX.
 */
static int64_t
next_clock(const Search *search)
{
	int64_t at = search->after + 1;

	while (at < search->end)
	{
		AnSegment segment;
		int64_t civil;

		search->find(search->zone, at, &segment);
		if (at == segment.from && jump_runs(search, &segment))
			return at;
		civil = next_civil(search->schedule, at + segment.offset, search->end);
		if (civil != NEVER && (segment.to == INT64_MAX || civil < segment.to + segment.offset))
			return civil - segment.offset;
		if (segment.to == INT64_MAX)
			return NEVER;
		at = segment.to;
	}
	return NEVER;
}

/* Tells whether a segment begins with a jump over a time that is meant, in the hour in which the jump ends. */
static bool
jump_runs(const Search *search, const AnSegment *segment)
{
	int64_t to = segment->from + segment->offset, from, hour;
	AnSegment before;

	search->find(search->zone, segment->from - 1, &before);
	from = segment->from + before.offset;
	hour = to % HOUR_US < 0 ? to - to % HOUR_US - HOUR_US : to - to % HOUR_US;
	if (from < hour)
		from = hour;
	return from < to && next_civil(search->schedule, from, search->end) < to;
}

/* Returns the first civil time that is meant, from `from` on, or NEVER where it lies days behind `end`. */
static int64_t
next_civil(const AnSchedule *schedule, int64_t from, int64_t end)
{
	int64_t day = from / DAY_US, last = end / DAY_US + 2, second;

	if (from % DAY_US < 0)
		day--;
	second = (from - day * DAY_US + SECOND_US - 1) / SECOND_US;
	if (last > day + DAYS_MAX)
		last = day + DAYS_MAX;
	for (; day <= last; day++, second = 0)
		if (day_matches(schedule, day))
		{
			int64_t found = next_time(schedule, second);

			if (found >= 0)
				return day * DAY_US + found * SECOND_US;
		}
	return NEVER;
}

static bool
day_matches(const AnSchedule *schedule, int64_t days)
{
	int64_t year;
	int month, day, weekday;
	bool by_day, by_weekday;

	/* 2000-01-01 was a Saturday. */
	weekday = (int) ((days % 7 + 7 + 6) % 7);
	an_calendar_date(days, &year, &month, &day);
	by_day = schedule->days >> day & 1;
	by_weekday = schedule->weekdays >> weekday & 1;
	return (schedule->months >> month & 1) &&
		   (schedule->either ? by_day || by_weekday : by_day && by_weekday);
}

/* Returns the first member of a set from `from` on, or -1. */
static int
next_member(uint64_t set, int from)
{
	for (int i = from; i < 60; i++)
		if (set >> i & 1)
			return i;
	return -1;
}

/* Returns the first second of the day that is meant, from `from` on (0 to 86400), or -1. */
static int64_t
next_time(const AnSchedule *schedule, int64_t from)
{
	int hour = (int) (from / 3600), minute = (int) (from / 60 % 60), second = (int) (from % 60);

	for (int h = next_member(schedule->hours, hour); h >= 0;
		 h = next_member(schedule->hours, h + 1))
	{
		for (int m = next_member(schedule->minutes, h == hour ? minute : 0); m >= 0;
			 m = next_member(schedule->minutes, m + 1))
		{
			int s = next_member(schedule->seconds, h == hour && m == minute ? second : 0);

			if (s >= 0)
				return (h * 60 + m) * 60 + s;
		}
	}
	return -1;
}
