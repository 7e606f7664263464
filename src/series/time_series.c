/*
 * time_series.c - time_series and metric_value
 */
#include "series/series.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

/* Arguments of time_series, by position. */
enum
{
	ARG_METRIC,
	ARG_START, /* this and the next: an_range_arguments */
	ARG_FINISH,
	ARG_GRANULARITY,
	ARG_TIMEZONE,
	ARG_FILTERS,
	ARG_BREAKDOWN,
	ARG_FILL,
	ARG_TENANT,
};

static AnFill parse_fill(const char *name);
static void check_breakdown(List *breakdown);
static void fill_group(const AnCells *cells, AnGroup *group, const AnMetricPlan *plan, AnFill fill,
					   const AnBuckets *buckets);
static TimestampTz first_event(AnSpi *spi, const AnMetricPlan *plan, const AnMetricRequest *request,
							   const AnCells *cells, const AnBuckets *buckets);
static bool *complete_buckets(const AnBuckets *buckets, TimestampTz first);
static void emit(ReturnSetInfo *rsinfo, const AnCells *cells, const AnMetricPlan *plan,
				 const AnBuckets *buckets, AnFill fill, const bool *complete);

/*
 * Returns the buckets of a metric over [start, finish).  Errors: 22004 for a NULL
 * metric or bound, 22023 for bad arguments, 42704 for an unknown metric, 54000
 * for too many cells.
 */
AN_SQL(time_series)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AnMetricRequest request = {0};
	AnMetricPlan *plan;
	AnBuckets *buckets;
	AnCells *cells;
	AnFill fill;
	AnSpi spi;
	ListCell *lc;
	char *metric = an_arg_required(fcinfo, ARG_METRIC, "metric");
	Interval *width = an_granularity_parse(an_arg_required(fcinfo, ARG_GRANULARITY, "granularity"));
	pg_tz *zone;

	an_range_arguments(fcinfo, true, &request.start, &request.finish);
	request.timezone = an_arg_text(fcinfo, ARG_TIMEZONE);
	request.filters = PG_ARGISNULL(ARG_FILTERS) ? NULL : PG_GETARG_JSONB_P(ARG_FILTERS);
	request.breakdown = PG_ARGISNULL(ARG_BREAKDOWN)
							? NIL
							: an_text_list(PG_GETARG_DATUM(ARG_BREAKDOWN), "breakdown");
	check_breakdown(request.breakdown);
	fill = parse_fill(an_arg_required(fcinfo, ARG_FILL, "fill"));
	request.tenant = an_arg_text(fcinfo, ARG_TENANT);
	request.width = width;
	request.instants = width->month == 0 && width->time % USECS_PER_DAY != 0;

	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	plan = an_metric_load(&spi, metric);
	an_width_check(plan, width);
	request.timezone = an_plan_zone(plan, request.timezone);
	zone = an_zone_find(request.timezone);
	an_range_notice(request.start, request.finish, width, zone, request.timezone);
	buckets = an_buckets_make(request.start, request.finish, width, zone);
	cells = an_cells_read(&spi, plan, &request, buckets);
	foreach (lc, cells->groups)
		fill_group(cells, lfirst(lc), plan, fill, buckets);
	emit(rsinfo, cells, plan, buckets, fill,
		 complete_buckets(buckets, first_event(&spi, plan, &request, cells, buckets)));
	an_spi_end(&spi);
	return (Datum) 0;
}

/* Returns the one number of a metric for a whole range; its bounds may be infinite. */
AN_SQL(metric_value)
{
	AnMetricRequest request = {0};
	AnMetricPlan *plan;
	AnMetric *metric;
	AnGroup *group;
	AnSpi spi;
	double value;
	bool isnull;
	char *name = an_arg_required(fcinfo, 0, "metric");

	an_range_arguments(fcinfo, false, &request.start, &request.finish);
	request.filters = PG_ARGISNULL(3) ? NULL : PG_GETARG_JSONB_P(3);
	request.tenant = an_arg_text(fcinfo, 4);
	request.timezone = an_arg_text(fcinfo, 5);

	an_spi_begin(&spi, AN_READ);
	plan = an_metric_load(&spi, name);
	metric = an_metric_main(plan);
	request.timezone = an_plan_zone(plan, request.timezone);
	(void) an_zone_find(request.timezone);
	group = linitial(an_cells_read(&spi, plan, &request, NULL)->groups);
	isnull = group->nulls[plan->n_metrics - 1][0];
	value = group->values[plan->n_metrics - 1][0];
	if (isnull && metric->kind != AN_METRIC_FORMULA && !an_metric_empty_is_null(metric))
		isnull = false;
	an_spi_end(&spi);
	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

static AnFill
parse_fill(const char *name)
{
	AnFill fill;

	if (!an_fill_parse(name, &fill))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("fill \"%s\" is not known", an_shown(name)),
						errhint("Use none, zero, null, locf or linear.")));
	return fill;
}

static void
check_breakdown(List *breakdown)
{
	ListCell *lc, *other;

	foreach (lc, breakdown)
		foreach (other, breakdown)
			if (lc != other && strcmp(lfirst(lc), lfirst(other)) == 0)
				ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
								errmsg("dimension \"%s\" is in the breakdown more than once",
									   (char *) lfirst(lc))));
}

/*
 * Fills the gaps of the metric that was asked for.  Zero is for what is counted
 * or summed; a mean, an extreme or a share of nothing stays NULL.
 */
static void
fill_group(const AnCells *cells, AnGroup *group, const AnMetricPlan *plan, AnFill fill,
		   const AnBuckets *buckets)
{
	const AnMetric *metric = an_metric_main(plan);
	double *values = group->values[cells->n_metrics - 1];
	bool *nulls = group->nulls[cells->n_metrics - 1];
	bool additive = metric->kind != AN_METRIC_FORMULA && !an_metric_empty_is_null(metric);

	for (int b = 0; b < cells->n_buckets; b++)
	{
		/* Events without a value add up to 0, as in metric_value: that is no gap. */
		if (group->seen[b] && nulls[b] && additive)
		{
			values[b] = 0;
			nulls[b] = false;
		}
		if (fill != AN_FILL_ZERO)
			nulls[b] = nulls[b] || !group->seen[b];
	}
	if (fill != AN_FILL_ZERO || additive)
		an_fill_series(fill, cells->n_buckets, buckets->starts, values, nulls);
}

/*
 * Returns the first event, as far as it matters for the buckets.  What was read
 * tells of a bucket with events: only earlier ones are looked for, which for the
 * first bucket spares the search.
 */
static TimestampTz
first_event(AnSpi *spi, const AnMetricPlan *plan, const AnMetricRequest *request,
			const AnCells *cells, const AnBuckets *buckets)
{
	AnMetricRequest earlier = *request;
	AnSource *source = NULL;
	int seen = buckets->n;
	ListCell *lc;

	foreach (lc, cells->groups)
		for (int b = 0; b < seen; b++)
			if (((AnGroup *) lfirst(lc))->seen[b])
				seen = b;
	for (int i = 0; i < plan->n_metrics; i++)
	{
		if (source && plan->metrics[i]->source && plan->metrics[i]->source != source)
			seen = buckets->n; /* of which source were the events? */
		source = plan->metrics[i]->source ? plan->metrics[i]->source : source;
	}
	if (seen == buckets->n)
		return an_plan_first(spi, plan, request);
	earlier.finish = Min(request->finish, buckets->starts[seen] + 1);
	return Min(an_plan_first(spi, plan, &earlier), buckets->starts[seen] + 1);
}

/* Tells which buckets are whole: over by now, inside the range, and after the sources' first event. */
static bool *
complete_buckets(const AnBuckets *buckets, TimestampTz first)
{
	bool *complete = palloc(Max(buckets->n, 1));
	TimestampTz now = an_now();

	for (int b = 0; b < buckets->n; b++)
		complete[b] = buckets->ends[b] <= now && buckets->starts[b] >= first &&
					  buckets->starts[b] >= buckets->start && buckets->ends[b] <= buckets->finish;
	return complete;
}

/* Puts the rows out: bucket by bucket, in each the groups in order. */
static void
emit(ReturnSetInfo *rsinfo, const AnCells *cells, const AnMetricPlan *plan,
	 const AnBuckets *buckets, AnFill fill, const bool *complete)
{
	Datum served_by = CStringGetTextDatum(an_plan_served_by(plan));
	int main = cells->n_metrics - 1;

	for (int b = 0; b < cells->n_buckets; b++)
	{
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		foreach (lc, cells->groups)
		{
			AnGroup *group = lfirst(lc);
			Datum values[5];
			bool nulls[5] = {false};

			if (fill == AN_FILL_NONE && !group->seen[b])
				continue;
			values[0] = TimestampTzGetDatum(buckets->starts[b]);
			nulls[1] = group->dimensions == NULL;
			values[1] = JsonbPGetDatum(group->dimensions);
			nulls[2] = group->nulls[main][b];
			values[2] = Float8GetDatum(group->values[main][b]);
			values[3] = BoolGetDatum(complete[b]);
			values[4] = served_by;
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	}
}
