/*
 * zone.c - zones: found by name, read as segments of constant offset, and the
 * moves by the calendar that depend on one
 *
 * PostgreSQL tells the next change of offset after an instant, not the one
 * before; a segment's beginning is found by stepping back in growing steps.
 * The segments of a zone are kept, in order, so that this is done once for each.
 */
#include "base/base.h"

#include <ctype.h>

#include "common/int.h"
#include "mb/pg_wchar.h"
#include "pgtime.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "calendar/bin.h"
#include "calendar/calendar.h"

/* Longest piece of a refused name that the message repeats. */
#define NAME_SHOWN 64

char *an_timezone = NULL;

static bool check_timezone(char **newval, void **extra, GucSource source);
static pg_tz *find_zone(const char *name);
static bool is_plausible(pg_tz *zone);
static List *zone_names(void);
static int64 civil_parts(pg_tz *zone, TimestampTz at, int64 *days);
static bool civil_join(pg_tz *zone, int64 days, int64 clock, TimestampTz *result);
static void out_of_range(void) pg_attribute_noreturn();

/* ------------------------------------------------------------------------
 * Names
 * ------------------------------------------------------------------------ */

void
an_zone_init(void)
{
	DefineCustomStringVariable(
		"analytics.timezone",
		"Time zone of civil days where neither the call nor the source names one.",
		"Empty means the session's TimeZone.", &an_timezone, "", PGC_USERSET, 0, check_timezone,
		NULL, NULL);
}

static bool
check_timezone(char **newval, void **extra, GucSource source)
{
	if (**newval == '\0' || find_zone(*newval) != NULL)
		return true;
	GUC_check_errdetail("Time zone \"%s\" is not known.", *newval);
	return false;
}

/* Returns the zone of a name, or NULL. */
static pg_tz *
find_zone(const char *name)
{
	/* "-7" would be read in the POSIX sense, as seven hours ahead: refuse what SET TimeZone reads otherwise. */
	bool named = isalpha((unsigned char) name[0]) || name[0] == '<';
	pg_tz *zone = named && strlen(name) <= TZ_STRLEN_MAX ? pg_tzset(name) : NULL;

	return zone && pg_tz_acceptable(zone) && is_plausible(zone) ? zone : NULL;
}

pg_tz *
an_zone_find(const char *name)
{
	pg_tz *zone = find_zone(name);

	if (zone == NULL)
	{
		const char *nearest = an_name_nearest(name, zone_names());

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized",
						pnstrdup(name, pg_mbcliplen(name, strlen(name), NAME_SHOWN))),
				 nearest ? errhint("Perhaps you meant the time zone \"%s\".", nearest)
						 : errhint("The names of all zones are in the view pg_timezone_names.")));
	}
	return zone;
}

pg_tz *
an_zone_or_default(const char *name)
{
	if (name)
		return an_zone_find(name);
	if (an_timezone && an_timezone[0])
		return an_zone_find(an_timezone);
	return session_timezone;
}

/*
 * PostgreSQL reads nearly any text with a digit in it as a POSIX zone: "Europe/Berlin2" would be
 * two hours east of Greenwich.  Such a zone is refused where it holds what no name and no POSIX
 * rule does, or a "/" elsewhere than in the times of a rule.  It is known by its name, which
 * PostgreSQL writes in capitals; zones with "/" that exist have small letters.
 */
static bool
is_plausible(pg_tz *zone)
{
	static const char small[] = "abcdefghijklmnopqrstuvwxyz";
	const char *name = pg_get_timezone_name(zone);
	const char *slash = strchr(name, '/');
	const char *rule = strchr(name, ',');

	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char) *p) && strchr("_+-/:,.<>", *p) == NULL)
			return false;
	return slash == NULL || (rule && rule < slash) || strpbrk(name, small) != NULL;
}

/* Returns the names of all zones: for the hint of an error only, since it reads every zone's file. */
static List *
zone_names(void)
{
	List *names = NIL;
	pg_tzenum *zones = pg_tzenumerate_start();
	pg_tz *zone;

	while ((zone = pg_tzenumerate_next(zones)) != NULL)
		names = lappend(names, pstrdup(pg_get_timezone_name(zone)));
	pg_tzenumerate_end(zones);
	return names;
}

/* ------------------------------------------------------------------------
 * Segments of constant offset
 * ------------------------------------------------------------------------ */

static pg_time_t
to_unix(int64 at)
{
	int64 seconds = at / USECS_PER_SEC - (at % USECS_PER_SEC < 0);

	return seconds + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
}

static int64
from_unix(pg_time_t seconds)
{
	return (seconds - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY) * USECS_PER_SEC;
}

/*
 * Gives the first change of offset after `at`; false where there is none.  At
 * the very second of the last change that a zone's file lists, PostgreSQL says
 * "none" even where a rule goes on beyond it: one second later it knows.
 */
static bool
next_change(pg_tz *zone, pg_time_t at, pg_time_t *change)
{
	long int before, after;
	int before_dst, after_dst;

	for (pg_time_t probe = at; probe <= at + 1; probe++)
		if (pg_next_dst_boundary(&probe, &before, &before_dst, change, &after, &after_dst, zone) ==
			1)
			return *change > at;
	return false;
}

/* Finds the segment that holds `at` from the zone itself. */
static void
read_segment(pg_tz *zone, int64 at, AnSegment *segment)
{
	pg_time_t t = to_unix(at);
	pg_time_t lowest = to_unix(MIN_TIMESTAMP) - SECS_PER_DAY * 8;
	pg_time_t change;
	struct pg_tm *tm = pg_localtime(&t, zone);

	if (tm == NULL)
		out_of_range();
	segment->offset = tm->tm_gmtoff * USECS_PER_SEC;
	segment->to =
		next_change(zone, t, &change) && to_unix(END_TIMESTAMP) + SECS_PER_DAY * 8 > change
			? from_unix(change)
			: PG_INT64_MAX;
	segment->from = PG_INT64_MIN;
	for (pg_time_t step = SECS_PER_DAY; step > 0; step *= 2)
	{
		pg_time_t probe = Max(t - step, lowest);
		bool found = false;

		while (next_change(zone, probe, &change) && change <= t)
		{
			probe = change;
			found = true;
		}
		if (found)
		{
			segment->from = from_unix(probe);
			return;
		}
		if (t - step <= lowest)
			return;
	}
}

void
an_zone_cache_init(AnZoneCache *cache, pg_tz *zone)
{
	cache->zone = zone;
	cache->n_segments = 0;
	cache->last = 0;
}

AnZoneCache *
an_zone_cache_create(pg_tz *zone)
{
	AnZoneCache *cache = palloc(sizeof(AnZoneCache));

	an_zone_cache_init(cache, zone);
	return cache;
}

/* Returns how many of a cache's segments begin at or before an instant. */
static int
segments_until(const AnZoneCache *cache, int64 at)
{
	int low = 0, high = cache->n_segments;

	while (low < high)
	{
		int middle = (low + high) / 2;

		if (cache->segments[middle].from <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
an_zone_segment(void *zone_cache, int64_t at, AnSegment *segment)
{
	AnZoneCache *cache = zone_cache;
	AnSegment *last = &cache->segments[cache->last];
	int place;

	if (cache->n_segments > 0 && at >= last->from && at < last->to)
	{
		*segment = *last;
		return;
	}
	place = segments_until(cache, at);
	if (place == 0 || at >= cache->segments[place - 1].to)
	{
		AnSegment found;

		read_segment(cache->zone, at, &found);
		if (cache->n_segments == AN_ZONE_SEGMENTS)
			cache->n_segments = place = 0; /* as rare as it is, start again */
		memmove(&cache->segments[place + 1], &cache->segments[place],
				(cache->n_segments - place) * sizeof(AnSegment));
		cache->segments[place++] = found;
		cache->n_segments++;
	}
	cache->last = place - 1;
	*segment = cache->segments[cache->last];
}

/* ------------------------------------------------------------------------
 * Moves by the calendar
 * ------------------------------------------------------------------------ */

static void
out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
}

/* Splits an instant into its day and the clock time of it in the zone, in microseconds; returns the clock. */
static int64
civil_parts(pg_tz *zone, TimestampTz at, int64 *days)
{
	struct pg_tm tm;
	fsec_t fsec;
	int tz;

	if (timestamp2tm(at, &tz, &tm, &fsec, NULL, zone) != 0)
		out_of_range();
	*days = date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
	return ((tm.tm_hour * MINS_PER_HOUR + tm.tm_min) * SECS_PER_MINUTE + tm.tm_sec) *
			   USECS_PER_SEC +
		   fsec;
}

/*
 * Gives the instant of a civil time in the zone, as PostgreSQL reads it: the
 * second of two, and a time that the clock jumped over lies as much behind the
 * jump as it lay in it.  False where it is out of range.
 */
static bool
civil_join(pg_tz *zone, int64 days, int64 clock, TimestampTz *result)
{
	struct pg_tm tm;
	int64 seconds = clock / USECS_PER_SEC;
	int tz;

	if (days < DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE ||
		days >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE)
		return false;
	memset(&tm, 0, sizeof(tm));
	j2date(days + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	tm.tm_hour = seconds / SECS_PER_HOUR;
	tm.tm_min = seconds / SECS_PER_MINUTE % MINS_PER_HOUR;
	tm.tm_sec = seconds % SECS_PER_MINUTE;
	tz = DetermineTimeZoneOffset(&tm, zone);
	return tm2timestamp(&tm, clock % USECS_PER_SEC, &tz, result) == 0 &&
		   IS_VALID_TIMESTAMP(*result);
}

/* Moves `at` by months, then days, then microseconds, as timestamptz + interval does step by step. */
static TimestampTz
civil_move(pg_tz *zone, TimestampTz at, int64 months, int64 days, int64 us)
{
	int64 day, clock;

	if (TIMESTAMP_NOT_FINITE(at))
		return at;
	if (months != 0)
	{
		clock = civil_parts(zone, at, &day);
		if (!civil_join(zone, an_calendar_add_months(day, months), clock, &at))
			out_of_range();
	}
	if (days != 0)
	{
		clock = civil_parts(zone, at, &day);
		if (!civil_join(zone, day + days, clock, &at))
			out_of_range();
	}
	if (pg_add_s64_overflow(at, us, &at) || !IS_VALID_TIMESTAMP(at))
		out_of_range();
	return at;
}

TimestampTz
an_civil_shift(pg_tz *zone, TimestampTz at, const Interval *shift)
{
	an_interval_finite(shift, "shift");
	return civil_move(zone, at, shift->month, shift->day, shift->time);
}

TimestampTz
an_civil_subtract(pg_tz *zone, TimestampTz at, const Interval *shift)
{
	an_interval_finite(shift, "shift");
	if (shift->time == PG_INT64_MIN)
		out_of_range();
	return civil_move(zone, at, -(int64) shift->month, -(int64) shift->day, -shift->time);
}

AnAlign
an_align_parse(const char *name)
{
	if (strcmp(name, "date") == 0)
		return AN_ALIGN_DATE;
	if (strcmp(name, "weekday") == 0)
		return AN_ALIGN_WEEKDAY;
	if (strcmp(name, "iso_week") == 0)
		return AN_ALIGN_ISO_WEEK;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("align \"%s\" is not known",
						   pnstrdup(name, pg_mbcliplen(name, strlen(name), NAME_SHOWN))),
					errhint("Use \"date\", \"weekday\" (364 days before) or \"iso_week\".")));
}

bool
an_day_year_ago(int64 day, AnAlign align, int64 *result)
{
	if (align == AN_ALIGN_ISO_WEEK)
		return an_calendar_iso_week_before(day, result);
	*result = align == AN_ALIGN_WEEKDAY ? day - 364 : an_calendar_add_months(day, -MONTHS_PER_YEAR);
	return true;
}

bool
an_year_ago(pg_tz *zone, TimestampTz at, AnAlign align, TimestampTz *result)
{
	int64 day, clock;

	*result = at;
	if (TIMESTAMP_NOT_FINITE(at))
		return true;
	clock = civil_parts(zone, at, &day);
	if (!an_day_year_ago(day, align, &day))
		return false;
	if (!civil_join(zone, day, clock, result))
		out_of_range();
	return true;
}
