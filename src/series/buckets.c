/*
 * buckets.c - granularities, ranges, and a range cut into civil buckets
 */
#include "series/series.h"

#include <ctype.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"

/* Names of granularities, each with its interval. */
static const struct
{
	const char *name;	  /* as written */
	const char *interval; /* what it means */
} granularities[] = {
	{"minute", "1 minute"}, {"hour", "1 hour"},		 {"day", "1 day"},	 {"week", "7 days"},
	{"month", "1 month"},	{"quarter", "3 months"}, {"year", "1 year"},
};

static bool is_day_start(TimestampTz at, pg_tz *zone);
static void refuse_too_many(double n);

Interval *
an_granularity_parse(const char *text)
{
	const char *interval = text;
	const char *nearest;
	List *names = NIL;

	for (int i = 0; i < lengthof(granularities); i++)
	{
		if (strcmp(text, granularities[i].name) == 0)
			interval = granularities[i].interval;
		names = lappend(names, unconstify(char *, granularities[i].name));
	}
	nearest = an_name_nearest(text, names);
	if (!isdigit((unsigned char) interval[0]) && interval[0] != 'P')
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("granularity \"%s\" is not known", an_shown(text)),
			 nearest
				 ? errhint("Perhaps you meant \"%s\".", nearest)
				 : errhint("Use minute, hour, day, week, month, quarter, year, or an interval such "
						   "as \"15 minutes\".")));
	return DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(interval),
												 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

void
an_range_arguments(FunctionCallInfo fcinfo, bool finite, TimestampTz *start, TimestampTz *finish)
{
	an_range_at(fcinfo, 1, finite, start, finish);
}

void
an_range_at(FunctionCallInfo fcinfo, int arg, bool finite, TimestampTz *start_at,
			TimestampTz *finish_at)
{
	TimestampTz start, finish;

	an_not_null(PG_ARGISNULL(arg), "start");
	an_not_null(PG_ARGISNULL(arg + 1), "finish");
	start = *start_at = PG_GETARG_TIMESTAMPTZ(arg);
	finish = *finish_at = PG_GETARG_TIMESTAMPTZ(arg + 1);
	if (finite && (TIMESTAMP_NOT_FINITE(start) || TIMESTAMP_NOT_FINITE(finish)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("start and finish must be finite"),
						errhint("A series has one row a bucket; give it a first and a last one.")));
	if (start >= finish)
	{
		char *from = pstrdup(timestamptz_to_str(start));

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("start must be before finish, but %s is not before %s", from,
						timestamptz_to_str(finish)),
				 errhint("A range is half-open: it holds start, and ends just before finish.")));
	}
}

void
an_range_notice(TimestampTz start, TimestampTz finish, const Interval *width, pg_tz *zone,
				const char *zone_name)
{
	if (width->month == 0 && width->day == 0)
		return;
	if (is_day_start(start, session_timezone) && is_day_start(finish, session_timezone) &&
		!is_day_start(start, zone))
		ereport(
			NOTICE,
			(errmsg("the range is whole days in %s, but not in %s",
					pg_get_timezone_name(session_timezone), zone_name),
			 errdetail(
				 "A time without a zone is read in the session's TimeZone; the first and the last "
				 "bucket are cut and marked as not complete."),
			 errhint("SET TimeZone TO '%s', or write the zone: '2026-01-01 00:00 %s'.", zone_name,
					 zone_name)));
}

AnBuckets *
an_buckets_make(TimestampTz start, TimestampTz finish, const Interval *width, pg_tz *zone)
{
	AnBuckets *buckets = palloc0(sizeof(AnBuckets));
	AnBinner *binner = an_binner_create(width, zone);
	double width_us =
		width->month * 28.0 * USECS_PER_DAY + width->day * (double) USECS_PER_DAY + width->time;
	double about = ((double) finish - start) / width_us + 2;
	int room = 64;
	TimestampTz at;

	if (about > 1.2 * AN_CELLS_MAX)
		refuse_too_many(about);
	buckets->start = start;
	buckets->finish = finish;
	buckets->starts = palloc(room * sizeof(TimestampTz));
	buckets->ends = palloc(room * sizeof(TimestampTz));
	for (at = an_bin_start(binner, start); at < finish; at = buckets->ends[buckets->n++])
	{
		CHECK_FOR_INTERRUPTS();
		if (buckets->n >= AN_CELLS_MAX)
			refuse_too_many(about);
		if (buckets->n == room)
		{
			room *= 2;
			buckets->starts = repalloc_huge(buckets->starts, room * sizeof(TimestampTz));
			buckets->ends = repalloc_huge(buckets->ends, room * sizeof(TimestampTz));
		}
		buckets->starts[buckets->n] = at;
		buckets->ends[buckets->n] = an_bin_end(binner, at);
	}
	return buckets;
}

bool
an_buckets_cut_clock(const AnBuckets *buckets, const AnTimeView *view, const Interval *width)
{
	AnBinner *clock;

	if (view->type == TIMESTAMPTZOID)
		return false;
	/* Bins of the stored clock are those of a zone without changes. */
	clock = an_binner_create(width, an_zone_find("UTC"));
	for (int i = 0; i < buckets->n; i++)
	{
		Datum first = an_time_datum(view, buckets->starts[i]);
		Timestamp local = an_wall_clock(view->zone, buckets->starts[i]);

		if (view->type == DATEOID)
			first = DirectFunctionCall1(date_timestamp, first);
		if (an_bin_start(clock, DatumGetTimestamp(first)) != an_bin_start(clock, local))
			return true;
	}
	return false;
}

void
an_width_check(const AnMetricPlan *plan, const Interval *width)
{
	for (int i = 0; i < plan->n_metrics; i++)
	{
		AnSource *source = plan->metrics[i]->source;

		if (source && source->roles[AN_ROLE_AT].type == DATEOID && width->month == 0 &&
			width->time % USECS_PER_DAY != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("source \"%s\" has dates, which cannot serve a granularity of %s",
							source->name,
							DatumGetCString(
								DirectFunctionCall1(interval_out, IntervalPGetDatum(width)))),
					 errhint("Use a granularity of whole days, weeks, months or years.")));
	}
}

static bool
is_day_start(TimestampTz at, pg_tz *zone)
{
	Interval day = {.day = 1};
	AnBinner *binner = an_binner_create(&day, zone);
	bool result = an_bin_start(binner, at) == at;

	pfree(binner);
	return result;
}

static void
refuse_too_many(double n)
{
	ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("the range has about %.0f buckets, the limit is %d", n, AN_CELLS_MAX),
					errhint("Use a shorter range or a coarser granularity.")));
}
