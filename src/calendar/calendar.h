/*
 * calendar.h - civil time for the other rooms: zones, bins, shifts by the calendar
 *
 * An instant is a TimestampTz (microseconds since 2000-01-01 UTC).  A bin is a
 * half-open range [start, end) of instants, civil in its zone: a day of 23 or
 * 25 hours is one bin, and where a midnight happens twice or never, the day
 * begins at its first instant.  Widths are months, or a fixed span; never both.
 * Origins: Monday 2000-01-03 00:00 for fixed widths, 2000-01-01 for months.
 */
#ifndef AN_CALENDAR_CALENDAR_H
#define AN_CALENDAR_CALENDAR_H

#include "postgres.h"
#include "pgtime.h"
#include "utils/timestamp.h"

#include "kernel/calendar.h"

/* analytics.timezone: zone of civil days where neither call nor source names one; "" = TimeZone. */
extern char *an_timezone;

typedef struct AnBinner AnBinner; /* width, zone and what is cached of the zone; private */

/*
 * an_zone_find returns the zone of that name or abbreviation-free POSIX form, as SET TimeZone
 * takes it, but for bare numbers; raises 22023 with the nearest name as hint where there is none.  Zones live for ever.
 */
extern pg_tz *an_zone_find(const char *name);

/* an_zone_or_default returns an_zone_find(name), or where name is NULL: analytics.timezone, else TimeZone. */
extern pg_tz *an_zone_or_default(const char *name);

typedef struct AnZoneCache AnZoneCache; /* a zone and what was looked up of it; private */

/* an_zone_cache_create makes a cache for a zone in the current memory context; freed with it. */
extern AnZoneCache *an_zone_cache_create(pg_tz *zone);

/* an_zone_segment answers for the AnZoneCache `zone_cache`: an AnSegmentFind. */
extern void an_zone_segment(void *zone_cache, int64_t at, AnSegment *segment);

/*
 * an_binner_create makes a binner in the current memory context; freed with it.  Raises 22023 for
 * a width that is zero, negative, infinite, or that mixes months with days or time.
 */
extern AnBinner *an_binner_create(const Interval *width, pg_tz *zone);

/* an_bin_start returns the start of the bin that holds `at` (finite). Raises 22008 out of range. */
extern TimestampTz an_bin_start(AnBinner *binner, TimestampTz at);

/* an_bin_end returns the end of the bin that holds `at` (finite): the start of the next one. */
extern TimestampTz an_bin_end(AnBinner *binner, TimestampTz at);

/*
 * an_civil_shift returns `at` moved by months, then days, then microseconds in the zone: the day of
 * month is clamped (Jan 31 + 1 month = Feb 28 or 29), the clock time stays; `shift` may be negative.
 * The meaning is that of `timestamptz + interval` with TimeZone = zone.
 */
extern TimestampTz an_civil_shift(pg_tz *zone, TimestampTz at, const Interval *shift);

/* an_civil_subtract returns `at` minus `shift`, in the sense of `timestamptz - interval` with TimeZone = zone. */
extern TimestampTz an_civil_subtract(pg_tz *zone, TimestampTz at, const Interval *shift);

/* How year_ago and compare() look for the same point of the year before. */
typedef enum AnAlign
{
	AN_ALIGN_DATE,	   /* the same date; Feb 29 gives Feb 28 */
	AN_ALIGN_WEEKDAY,  /* 364 days before: the same weekday */
	AN_ALIGN_ISO_WEEK, /* the same weekday of the ISO week of that number */
} AnAlign;

/* an_align_parse returns the alignment of that name; raises 22023 for another. */
extern AnAlign an_align_parse(const char *name);

/*
 * an_year_ago returns the point one year before `at` in the zone, the clock time kept.  Returns
 * false where there is none: ISO week 53 of a year whose predecessor has 52 weeks.
 */
extern bool an_year_ago(pg_tz *zone, TimestampTz at, AnAlign align, TimestampTz *result);

/* an_calendar_room_init defines the room's setting and installs its planner hooks; called once, from _PG_init. */
extern void an_calendar_room_init(void);

#endif /* AN_CALENDAR_CALENDAR_H */
