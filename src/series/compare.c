/*
 * compare.c - compare and yoy: a metric against an earlier period
 *
 * Every row compares a range with the range of an earlier period.  How a point
 * finds its earlier point is the shift: by the calendar (date), by weekday, by
 * ISO week, or by an interval.  Where each bucket's earlier point begins a
 * bucket of the same granularity, whole buckets are compared (so Feb 29 has the
 * whole of Feb 28 beside it); otherwise the bounds are shifted one by one.
 */
#include "series/series.h"

#include <ctype.h>
#include <math.h>

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

/* Arguments of compare, by position; yoy has the same without `against`. */
enum
{
	ARG_METRIC,
	ARG_START, /* this and the next: an_range_arguments */
	ARG_FINISH,
	ARG_AGAINST,
	ARG_ALIGN,
	ARG_GRANULARITY,
	ARG_TO_DATE,
	ARG_TIMEZONE,
	ARG_FILTERS,
	ARG_TENANT,
};

/* Periods that have a name: what is subtracted by date, and by weekday. */
static const struct
{
	const char *name;	 /* as written */
	const char *date;	 /* the same date of the period before */
	const char *weekday; /* whole weeks */
} periods[] = {
	{"quarter", "3 months", "91 days"},
	{"month", "1 month", "28 days"},
	{"week", "7 days", "7 days"},
};

/* How a point finds its earlier point. */
typedef struct Shift
{
	pg_tz *zone;	   /* zone of civil days */
	bool by_year;	   /* one year back, as `align` says */
	AnAlign align;	   /* how, for years */
	Interval interval; /* what is subtracted otherwise */
	AnBinner *days;	   /* finds the days of the zone */
	bool by_days;	   /* the beginning of a day goes to the beginning of a day */
} Shift;

/* One row of the answer. */
typedef struct Pair
{
	TimestampTz bucket;			 /* label: first instant of the bucket */
	TimestampTz start, end;		 /* what is summed up now */
	TimestampTz previous_bucket; /* label of the earlier bucket */
	TimestampTz previous_start;	 /* what is summed up then */
	TimestampTz previous_end;
	bool over;		   /* the bucket is whole: over by now, and inside the range */
	bool has_previous; /* false where the earlier period has no such bucket */
} Pair;

/* A value that may be missing. */
typedef struct Value
{
	double value; /* where it is not */
	bool isnull;  /* whether it is */
} Value;

static Datum compare_internal(FunctionCallInfo fcinfo, bool has_against);
static void parse_shift(Shift *shift, const char *against, const char *align, TimestampTz start,
						TimestampTz finish);
static void previous_period(Shift *shift, TimestampTz start, TimestampTz finish);
static void parse_interval(Interval *interval, const char *text);
static TimestampTz snap(const Shift *shift, TimestampTz at, TimestampTz moved);
static bool shift_point(const Shift *shift, TimestampTz at, TimestampTz *result);
static TimestampTz shift_end(const Shift *shift, TimestampTz at);
static Pair *make_pairs(const Shift *shift, TimestampTz start, TimestampTz finish,
						const Interval *width, bool to_date, int *n);
static bool previous_are_buckets(const Shift *shift, AnBinner *binner, const AnBuckets *buckets);
static void make_previous(Pair *pair, const Shift *shift, AnBinner *binner, TimestampTz bucket_end);
static Value *read_pairs(AnSpi *spi, AnMetricPlan *plan, const AnMetricRequest *request,
						 const Pair *pairs, int n, bool previous);
static void read_layer(AnSpi *spi, AnMetricPlan *plan, const AnMetricRequest *request, List *layer,
					   const TimestampTz *starts, const TimestampTz *ends, Value *values);
static bool change_percent(double current, double previous, Datum *result);
static void emit(ReturnSetInfo *rsinfo, const Pair *pairs, int n, const Value *current,
				 const Value *previous, TimestampTz first);

/* Compares a metric with an earlier period.  Errors as time_series, and 22023 for a bad period or alignment. */
AN_SQL(compare)
{
	return compare_internal(fcinfo, true);
}

/* Compares a metric with the year before. */
AN_SQL(yoy)
{
	return compare_internal(fcinfo, false);
}

static Datum
compare_internal(FunctionCallInfo fcinfo, bool has_against)
{
	int less = has_against ? 0 : 1; /* yoy has one argument less behind `finish` */
	AnMetricRequest request = {0};
	AnMetricPlan *plan;
	AnSpi spi;
	Shift shift = {0};
	Pair *pairs;
	Value *current, *previous;
	Interval *width = NULL;
	Interval day = {.day = 1};
	int n;
	char *metric = an_arg_required(fcinfo, ARG_METRIC, "metric");
	char *against = has_against ? an_arg_required(fcinfo, ARG_AGAINST, "against") : "year";
	char *align = an_arg_required(fcinfo, ARG_ALIGN - less, "align");
	char *granularity = an_arg_text(fcinfo, ARG_GRANULARITY - less);
	bool to_date = !PG_ARGISNULL(ARG_TO_DATE - less) && PG_GETARG_BOOL(ARG_TO_DATE - less);
	TimestampTz start, finish;

	an_range_arguments(fcinfo, true, &start, &finish);
	if (granularity)
		width = an_granularity_parse(granularity);
	request.filters =
		PG_ARGISNULL(ARG_FILTERS - less) ? NULL : PG_GETARG_JSONB_P(ARG_FILTERS - less);
	request.tenant = an_arg_text(fcinfo, ARG_TENANT - less);
	request.timezone = an_arg_text(fcinfo, ARG_TIMEZONE - less);
	request.instants = width && width->month == 0 && width->time % USECS_PER_DAY != 0;

	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	plan = an_metric_load(&spi, metric);
	if (width)
		an_width_check(plan, width);
	request.timezone = an_plan_zone(plan, request.timezone);
	shift.zone = an_zone_find(request.timezone);
	shift.days = an_binner_create(&day, shift.zone);
	if (width)
		an_range_notice(start, finish, width, shift.zone, request.timezone);
	parse_shift(&shift, against, align, start, finish);
	shift.by_days = shift.interval.time == 0 && !request.instants;
	pairs = make_pairs(&shift, start, finish, width, to_date, &n);
	current = read_pairs(&spi, plan, &request, pairs, n, false);
	previous = read_pairs(&spi, plan, &request, pairs, n, true);
	request.start = start;
	request.finish = finish;
	for (int i = 0; i < n; i++)
		if (pairs[i].has_previous)
			request.start = Min(request.start, pairs[i].previous_start);
	emit((ReturnSetInfo *) fcinfo->resultinfo, pairs, n, current, previous,
		 an_plan_first(&spi, plan, &request));
	an_spi_end(&spi);
	return (Datum) 0;
}

static void
parse_shift(Shift *shift, const char *against, const char *align, TimestampTz start,
			TimestampTz finish)
{
	AnAlign how = an_align_parse(align);

	if (strcmp(against, "year") == 0)
	{
		shift->by_year = true;
		shift->align = how;
		return;
	}
	if (how == AN_ALIGN_ISO_WEEK)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("align \"iso_week\" needs against \"year\", not \"%s\"", against),
						errhint("Use align \"weekday\" for whole weeks.")));
	for (int i = 0; i < lengthof(periods); i++)
		if (strcmp(against, periods[i].name) == 0)
		{
			parse_interval(&shift->interval,
						   how == AN_ALIGN_WEEKDAY ? periods[i].weekday : periods[i].date);
			return;
		}
	if (how != AN_ALIGN_DATE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("align \"%s\" needs a named period, not \"%s\"", align, against),
						errhint("Use against year, quarter, month or week.")));
	if (strcmp(against, "previous") == 0)
		previous_period(shift, start, finish);
	else if (isdigit((unsigned char) against[0]) || against[0] == 'P')
	{
		parse_interval(&shift->interval, against);
		if (shift->interval.month < 0 || shift->interval.day < 0 || shift->interval.time < 0 ||
			(shift->interval.month == 0 && shift->interval.day == 0 && shift->interval.time == 0))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("against must be a positive interval, not \"%s\"", an_shown(against))));
	}
	else
	{
		List *names = list_make2("year", "previous");
		const char *nearest;

		for (int i = 0; i < lengthof(periods); i++)
			names = lappend(names, unconstify(char *, periods[i].name));
		nearest = an_name_nearest(against, names);
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("against \"%s\" is not known", an_shown(against)),
						nearest ? errhint("Perhaps you meant \"%s\".", nearest)
								: errhint("Use year, quarter, month, week, previous, or an "
										  "interval such as \"28 days\".")));
	}
}

/* The period just before a range of the same length: whole months, whole days, or elapsed time. */
static void
previous_period(Shift *shift, TimestampTz start, TimestampTz finish)
{
	struct pg_tm from, to;
	fsec_t from_fsec, to_fsec;
	int tz;

	if (timestamp2tm(start, &tz, &from, &from_fsec, NULL, shift->zone) != 0 ||
		timestamp2tm(finish, &tz, &to, &to_fsec, NULL, shift->zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
	if ((an_bin_start(shift->days, start) != start ||
		 an_bin_start(shift->days, finish) != finish) &&
		(from.tm_hour != to.tm_hour || from.tm_min != to.tm_min || from.tm_sec != to.tm_sec ||
		 from_fsec != to_fsec))
		shift->interval.time = finish - start;
	else if (from.tm_mday == 1 && to.tm_mday == 1)
		shift->interval.month =
			(to.tm_year - from.tm_year) * MONTHS_PER_YEAR + to.tm_mon - from.tm_mon;
	else
		shift->interval.day = date2j(to.tm_year, to.tm_mon, to.tm_mday) -
							  date2j(from.tm_year, from.tm_mon, from.tm_mday);
}

static void
parse_interval(Interval *interval, const char *text)
{
	*interval = *DatumGetIntervalP(DirectFunctionCall3(
		interval_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/*
 * Puts what the beginning of a day was moved to at the beginning of its day, which need not be the
 * same clock: some zones change theirs at midnight, and have a day that begins at 01:00, or 00:00 twice.
 */
static TimestampTz
snap(const Shift *shift, TimestampTz at, TimestampTz moved)
{
	return shift->by_days && an_bin_start(shift->days, at) == at ? an_bin_start(shift->days, moved)
																 : moved;
}

/* Finds the earlier point of a point; false where the earlier period has none. */
static bool
shift_point(const Shift *shift, TimestampTz at, TimestampTz *result)
{
	if (!shift->by_year)
		*result = an_civil_subtract(shift->zone, at, &shift->interval);
	else if (!an_year_ago(shift->zone, at, shift->align, result))
		return false;
	*result = snap(shift, at, *result);
	return true;
}

/* Finds the earlier point of an end: one in a week that the earlier year has not is reached from the week before. */
static TimestampTz
shift_end(const Shift *shift, TimestampTz at)
{
	Interval week = {.day = 7};
	TimestampTz result;

	if (shift_point(shift, at, &result))
		return result;
	(void) shift_point(shift, snap(shift, at, an_civil_subtract(shift->zone, at, &week)), &result);
	return snap(shift, at, an_civil_shift(shift->zone, result, &week));
}

/* Makes the rows: one for the range, or one a bucket; with to_date only what has begun, cut off now. */
static Pair *
make_pairs(const Shift *shift, TimestampTz start, TimestampTz finish, const Interval *width,
		   bool to_date, int *n)
{
	AnBuckets one = {.n = 1, .starts = &start, .ends = &finish, .start = start, .finish = finish};
	AnBuckets *buckets = width ? an_buckets_make(start, finish, width, shift->zone) : &one;
	AnBinner *binner = width ? an_binner_create(width, shift->zone) : NULL;
	TimestampTz now = an_now();
	Pair *pairs = MemoryContextAllocHuge(CurrentMemoryContext, buckets->n * sizeof(Pair));

	if (binner && !previous_are_buckets(shift, binner, buckets))
		binner = NULL;
	*n = 0;
	for (int i = 0; i < buckets->n; i++)
	{
		Pair *pair = &pairs[*n];

		if (to_date && buckets->starts[i] >= now)
			break;
		memset(pair, 0, sizeof(*pair));
		pair->bucket = buckets->starts[i];
		pair->start = Max(buckets->starts[i], start);
		pair->end = Min(buckets->ends[i], finish);
		pair->over =
			buckets->ends[i] <= now && buckets->starts[i] >= start && buckets->ends[i] <= finish;
		if (to_date)
			pair->end = Min(pair->end, now);
		make_previous(pair, shift, binner, buckets->ends[i]);
		(*n)++;
	}
	return pairs;
}

/* Tells whether every bucket's earlier point begins a bucket of the same width. */
static bool
previous_are_buckets(const Shift *shift, AnBinner *binner, const AnBuckets *buckets)
{
	TimestampTz at;

	for (int i = 0; i < buckets->n; i++)
		if (shift_point(shift, buckets->starts[i], &at) && an_bin_start(binner, at) != at)
			return false;
	return true;
}

/* Finds the earlier range of a row; `binner` is NULL where bounds are shifted one by one. */
static void
make_previous(Pair *pair, const Shift *shift, AnBinner *binner, TimestampTz bucket_end)
{
	Interval day = {.day = 1};
	bool by_months = shift->by_year ? shift->align == AN_ALIGN_DATE : shift->interval.month > 0;
	TimestampTz last_end;

	pair->has_previous = shift_point(shift, pair->bucket, &pair->previous_bucket);
	if (!pair->has_previous)
		return;
	pair->previous_start =
		pair->start == pair->bucket ? pair->previous_bucket : shift_end(shift, pair->start);
	if (binner && pair->end == bucket_end)
	{
		pair->previous_end = an_bin_end(binner, pair->previous_bucket);
		return;
	}
	pair->previous_end = shift_end(shift, pair->end);
	if (!by_months)
		return;
	/*
	 * Feb 28 ends where Feb 29 begins, and both have the same day beside them: a range of days ends
	 * with the day beside its last one, not where the day after it is cut short.
	 */
	last_end =
		shift_end(shift, snap(shift, pair->end, an_civil_subtract(shift->zone, pair->end, &day)));
	last_end = snap(shift, pair->end, an_civil_shift(shift->zone, last_end, &day));
	if (pair->previous_end <= pair->previous_start ||
		an_bin_start(shift->days, pair->end) == pair->end)
		pair->previous_end = Max(pair->previous_end, last_end);
}

/*
 * Reads the values of all rows' ranges, now or then.  One scan takes ranges that
 * do not overlap; where some do (Feb 28 stands beside two days), the rest goes
 * into a further scan.
 */
static Value *
read_pairs(AnSpi *spi, AnMetricPlan *plan, const AnMetricRequest *request, const Pair *pairs, int n,
		   bool previous)
{
	TimestampTz *starts = palloc(Max(n, 1) * sizeof(TimestampTz));
	TimestampTz *ends = palloc(Max(n, 1) * sizeof(TimestampTz));
	Value *values = palloc(Max(n, 1) * sizeof(Value));
	List *waiting = NIL;
	ListCell *lc;

	for (int i = 0; i < n; i++)
	{
		starts[i] = previous ? pairs[i].previous_start : pairs[i].start;
		ends[i] = previous ? pairs[i].previous_end : pairs[i].end;
		values[i].isnull = true;
		if ((!previous || pairs[i].has_previous) && starts[i] < ends[i])
			waiting = lappend_int(waiting, i);
	}
	while (waiting != NIL)
	{
		List *layer = NIL, *rest = NIL;

		foreach (lc, waiting)
		{
			if (layer == NIL || starts[lfirst_int(lc)] >= ends[llast_int(layer)])
				layer = lappend_int(layer, lfirst_int(lc));
			else
				rest = lappend_int(rest, lfirst_int(lc));
		}
		read_layer(spi, plan, request, layer, starts, ends, values);
		waiting = rest;
	}
	return values;
}

/* Reads disjoint ranges in one go. */
static void
read_layer(AnSpi *spi, AnMetricPlan *plan, const AnMetricRequest *request, List *layer,
		   const TimestampTz *starts, const TimestampTz *ends, Value *values)
{
	AnMetricRequest ranges = *request;
	AnMetric *metric = an_metric_main(plan);
	bool zero = metric->kind != AN_METRIC_FORMULA && !an_metric_empty_is_null(metric);
	AnGroup *group;
	ListCell *lc;

	ranges.n_ranges = list_length(layer);
	ranges.starts = palloc(ranges.n_ranges * sizeof(TimestampTz));
	ranges.ends = palloc(ranges.n_ranges * sizeof(TimestampTz));
	foreach (lc, layer)
	{
		ranges.starts[foreach_current_index(lc)] = starts[lfirst_int(lc)];
		ranges.ends[foreach_current_index(lc)] = ends[lfirst_int(lc)];
	}
	ranges.start = ranges.starts[0];
	ranges.finish = ranges.ends[ranges.n_ranges - 1];
	group = linitial(an_cells_read(spi, plan, &ranges, NULL)->groups);
	foreach (lc, layer)
	{
		Value *value = &values[lfirst_int(lc)];

		value->isnull = group->nulls[plan->n_metrics - 1][foreach_current_index(lc)] && !zero;
		value->value = group->values[plan->n_metrics - 1][foreach_current_index(lc)];
	}
}

/* Puts the rows out.  What the source did not cover then is NULL, and a share of it is NULL too. */
static void
emit(ReturnSetInfo *rsinfo, const Pair *pairs, int n, const Value *current, const Value *previous,
	 TimestampTz first)
{
	TimestampTz now = an_now();

	for (int i = 0; i < n; i++)
	{
		const Pair *pair = &pairs[i];
		bool covered =
			pair->has_previous && pair->previous_start >= first && pair->previous_end <= now;
		bool no_previous = previous[i].isnull || pair->previous_end <= first;
		Datum values[8];
		bool nulls[8] = {false};

		values[0] = TimestampTzGetDatum(pair->bucket);
		values[1] = TimestampTzGetDatum(pair->previous_bucket);
		nulls[1] = !pair->has_previous;
		values[2] = Float8GetDatum(current[i].value);
		nulls[2] = current[i].isnull;
		values[3] = Float8GetDatum(previous[i].value);
		nulls[3] = no_previous;
		nulls[4] = nulls[2] || nulls[3];
		values[4] = nulls[4] ? (Datum) 0 : Float8GetDatum(current[i].value - previous[i].value);
		nulls[5] = nulls[4] || !covered ||
				   !change_percent(current[i].value, previous[i].value, &values[5]);
		values[6] = BoolGetDatum(pair->over && pair->start >= first);
		values[7] = BoolGetDatum(covered);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/* Computes the change in percent of the previous value's size, to two places; false where there is none. */
static bool
change_percent(double current, double previous, Datum *result)
{
	double percent = (current - previous) / fabs(previous) * 100;

	if (!isfinite(percent))
		return false;
	*result = DirectFunctionCall2(numeric_round,
								  DirectFunctionCall1(float8_numeric, Float8GetDatum(percent)),
								  Int32GetDatum(2));
	return true;
}
