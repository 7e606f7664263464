/*
 * calendar.h - bins of civil time, and the arithmetic of dates
 *
 * Time is counted in ticks since 2000-01-01 00:00: microseconds for instants,
 * whole days for dates; AnCalendar.day says how many ticks a day has.  A civil
 * time is what a clock in the zone shows, counted the same way, so that
 * civil = instant + offset.
 *
 * A zone is a callback that answers with the segment of constant offset that
 * holds an instant.  Segments may lie anywhere, so a civil time can come twice
 * (the clock goes back) or never (it jumps).  Two rules make bins of it:
 *
 *   - Months and widths of a day or more: the boundary at civil time c is the
 *     first instant whose civil time is c or later.  A day begins at its first
 *     instant, once, even where the clock then goes back over midnight; it has
 *     23, 24, 25 ... hours, and a date that the zone skipped has no bin.
 *   - Shorter widths: a bin is a run of instants whose civil times fall into
 *     the same slot.  Where the clock goes from the end of a slot back to its
 *     beginning, that is two bins: the hour that comes twice.  Where it goes back
 *     or ahead within a slot, that is one: six hours in which an hour is skipped
 *     are a bin of five, and with an hour that comes twice one of seven.
 *
 * In both, bins are disjoint, ordered and cover the line; the start of a bin
 * lies in it, and its end is the start of the next.
 *
 * The algorithms for dates are the usual ones of the proleptic Gregorian
 * calendar counted from March (H. Hinnant, "chrono-compatible low-level date
 * algorithms").
 */
#ifndef AN_KERNEL_CALENDAR_H
#define AN_KERNEL_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/status.h"

/* No offset is as large as this: 26 hours. */
#define AN_CALENDAR_REACH_HOURS 26

/* What an_calendar_bin gives as the end of the last bin, where the type has no such instant. */
#define AN_CALENDAR_NO_END INT64_MAX

/* A stretch of time with one offset from UTC. */
typedef struct AnSegment
{
	int64_t from;	/* first instant, INT64_MIN where it has no beginning */
	int64_t to;		/* first instant after it, INT64_MAX where it has no end */
	int64_t offset; /* ticks that the civil clock is ahead of UTC */
} AnSegment;

/* Answers with the segment that holds `at`. */
typedef void (*AnSegmentFind)(void *zone, int64_t at, AnSegment *segment);

/* A width: months, or days and ticks; never both. */
typedef struct AnWidth
{
	int64_t months; /* whole months */
	int64_t days;	/* whole days */
	int64_t ticks;	/* the rest */
} AnWidth;

/* Bins of one width in one zone.  Made by an_calendar_init, constant afterwards. */
typedef struct AnCalendar
{
	int64_t day;		/* ticks of a civil day */
	int64_t min;		/* smallest instant of the type */
	int64_t end;		/* first instant above the largest of the type */
	int64_t months;		/* width in months, 0 for a fixed width */
	int64_t width;		/* fixed width in ticks, 0 for months */
	int64_t origin;		/* civil time of a boundary, before `shift` */
	int64_t shift;		/* ticks added to every boundary */
	AnSegmentFind find; /* the zone; NULL where time is civil already */
	void *zone;			/* first argument of find */
} AnCalendar;

/*
 * an_calendar_init prepares `calendar`, whose day, min, end, find and zone the
 * caller has set.  `origin` is a civil time, NULL for the usual one (2000-01-01
 * for months, Monday 2000-01-03 for fixed widths); `shift` moves every boundary,
 * NULL for none.  AN_ERR_ARGUMENT: a width that is zero, negative or mixed, or
 * months in the shift of a fixed width; AN_ERR_OUT_OF_RANGE: larger than 64 bits.
 */
extern AnStatus an_calendar_init(AnCalendar *calendar, const AnWidth *width, const int64_t *origin,
								 const AnWidth *shift);

/*
 * an_calendar_bin gives the bin [start, end) that holds `at`, min <= at < end of
 * the type.  `end` is AN_CALENDAR_NO_END where it lies beyond the type.
 * AN_ERR_OUT_OF_RANGE: the start lies before it.
 */
extern AnStatus
an_calendar_bin(const AnCalendar *calendar, int64_t at, int64_t *start, int64_t *end);

/* an_calendar_days returns the day of a date, in days since 2000-01-01; month 1 to 12, day from 1. */
extern int64_t an_calendar_days(int64_t year, int month, int day);

/* an_calendar_date gives year (0 is 1 BC), month and day of a day number. */
extern void an_calendar_date(int64_t days, int64_t *year, int *month, int *day);

/* an_calendar_add_months moves a day by months; a day that the month lacks becomes its last. */
extern int64_t an_calendar_add_months(int64_t days, int64_t months);

/* an_calendar_iso_week gives ISO year and week (1 to 53) of a day, and returns its weekday, 0 = Monday. */
extern int an_calendar_iso_week(int64_t days, int64_t *year, int *week);

/* an_calendar_iso_week_before gives the day of the same ISO week and weekday one ISO year before; false: none. */
extern bool an_calendar_iso_week_before(int64_t days, int64_t *result);

#endif /* AN_KERNEL_CALENDAR_H */
