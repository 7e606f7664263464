/*
 * bin.c - widths, origins and shifts checked; the kernel's bins for the rooms
 */
#include "base/base.h"

#include "utils/builtins.h"
#include "utils/date.h"

#include "calendar/bin.h"

static AnWidth to_width(const Interval *interval, AnTimeKind kind, const char *what);
static void check_width(const Interval *width);
static void check_shift(const Interval *width, const Interval *shift);
static void bin_out_of_range(const AnBinner *binner) pg_attribute_noreturn();

AnBinner *
an_binner_create(const Interval *width, pg_tz *zone)
{
	AnBinner *binner = palloc(sizeof(AnBinner));

	an_binner_init(binner, AN_KIND_INSTANT, width, zone, NULL, NULL);
	return binner;
}

TimestampTz
an_bin_start(AnBinner *binner, TimestampTz at)
{
	if (at < binner->start || at >= binner->end)
		an_binner_load(binner, at);
	return binner->start;
}

TimestampTz
an_bin_end(AnBinner *binner, TimestampTz at)
{
	if (at < binner->start || at >= binner->end)
		an_binner_load(binner, at);
	if (binner->end == AN_CALENDAR_NO_END)
		bin_out_of_range(binner);
	return binner->end;
}

void
an_binner_init(AnBinner *binner, AnTimeKind kind, const Interval *width, pg_tz *zone,
			   const int64 *origin, const Interval *shift)
{
	AnCalendar *calendar = &binner->calendar;
	AnWidth steps, moved;
	int64 civil_origin;
	AnStatus status;

	check_width(width);
	if (shift)
		check_shift(width, shift);
	steps = to_width(width, kind, "width");
	moved = shift ? to_width(shift, kind, "shift") : (AnWidth){0, 0, 0};
	calendar->day = kind == AN_KIND_DATE ? 1 : USECS_PER_DAY;
	calendar->min =
		kind == AN_KIND_DATE ? DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE : MIN_TIMESTAMP;
	calendar->end = kind == AN_KIND_DATE ? DATE_END_JULIAN - POSTGRES_EPOCH_JDATE : END_TIMESTAMP;
	calendar->find = kind == AN_KIND_INSTANT ? an_zone_segment : NULL;
	calendar->zone = &binner->cache;
	an_zone_cache_init(&binner->cache, zone);
	if (origin)
	{
		AnSegment segment = {0, 0, 0};

		if (calendar->find)
			an_zone_segment(&binner->cache, *origin, &segment);
		civil_origin = *origin + segment.offset;
	}
	status = an_calendar_init(calendar, &steps, origin ? &civil_origin : NULL, &moved);
	an_check(status, "time_bin width");
	binner->start = PG_INT64_MAX;
	binner->end = PG_INT64_MIN;
}

void
an_binner_load(AnBinner *binner, int64 at)
{
	int64_t start, end;

	if (an_calendar_bin(&binner->calendar, at, &start, &end) != AN_OK)
		bin_out_of_range(binner);
	binner->start = start;
	binner->end = end;
}

/* Raises the error for a bin that begins or ends outside its type. */
static void
bin_out_of_range(const AnBinner *binner)
{
	ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					errmsg("%s out of range", binner->calendar.day == 1 ? "date" : "timestamp"),
					errdetail("The bin begins or ends outside the range of the type.")));
}

void
an_interval_finite(const Interval *interval, const char *what)
{
	if (an_compat_interval_infinite(interval))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be finite", what),
						errhint("Give a span such as \"1 day\".")));
}

/* Writes an interval for a message. */
static char *
interval_text(const Interval *interval)
{
	return DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(interval)));
}

/* Raises 22023 for a width that is infinite, mixed, zero or negative. */
static void
check_width(const Interval *width)
{
	bool months = width->month != 0;
	bool fixed = width->day != 0 || width->time != 0;
	int64 days;

	an_interval_finite(width, "width");
	if (months && fixed)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("width \"%s\" mixes months with days or time", interval_text(width)),
						errhint("Use months or years only, or weeks, days and time only.")));
	days = width->time / USECS_PER_DAY + width->day;
	if (width->month < 0 ||
		(!months && (days < 0 || (days == 0 && width->time % USECS_PER_DAY <= 0))))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("width must be greater than zero, not \"%s\"", interval_text(width)),
						errhint("Give a span such as \"1 hour\", \"1 day\" or \"3 months\".")));
}

/* Raises 22023 for a shift that is infinite, or moves bins of fixed width by months. */
static void
check_shift(const Interval *width, const Interval *shift)
{
	an_interval_finite(shift, "shift");
	if (width->month == 0 && shift->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("shift \"%s\" has months, but width \"%s\" has none", interval_text(shift),
						interval_text(width)),
				 errhint("Shift weeks, days and hours by days and time; only months by months.")));
}

/* Takes an interval apart; raises 22023 where a date is to be moved or binned by less than days. */
static AnWidth
to_width(const Interval *interval, AnTimeKind kind, const char *what)
{
	AnWidth width = {interval->month, interval->day, interval->time};

	if (kind != AN_KIND_DATE)
		return width;
	if (interval->time % USECS_PER_DAY != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s \"%s\" is finer than a date", what, interval_text(interval)),
						errhint("A date has no hours: use whole days, or a timestamp column.")));
	width.days += interval->time / USECS_PER_DAY;
	width.ticks = 0;
	return width;
}
