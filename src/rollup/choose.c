/*
 * choose.c - which rollup answers a reader, and for which times
 *
 * A rollup answers where its states, dimensions and buckets are those that are asked for: buckets
 * of the answer must begin where its own begin.  The first and the last range of an answer may
 * be cut off anywhere: what is left of a bucket is read from the events, as are marked
 * buckets and times that the rollup does not cover.  Of several rollups the one that leaves least
 * to be read from events is taken, and of these the coarsest.
 */
#include "rollup/use.h"

#include "utils/jsonb.h"

/* analytics.use_rollups */
bool an_use_rollups = true;

/* So many ranges at most are read from events; nearer ones are united. */
#define RAW_RANGES_MAX 16

static bool has_states(const AnRollup *rollup, const AnMetricPlan *plan, const AnScan *scan);
static bool
has_dimensions(const AnRollup *rollup, const AnMetric *metric, const AnMetricRequest *request);
static bool has_filters(const AnRollup *rollup, const AnMetric *metric, Jsonb *filters);
static bool same_view(const AnRollup *rollup, const AnTimeView *view);
static bool is_aligned(const AnRollup *rollup, const AnRanges *cut);
static AnRanges asked_ranges(const AnMetricRequest *request, int n, const TimestampTz *starts,
							 const TimestampTz *ends);
static void
add_whole_buckets(AnRanges *ranges, AnBinner *binner, TimestampTz start, TimestampTz end);
static bool take_out_marks(AnRanges *served, const AnRollup *rollup, AnBinner *binner,
						   const AnRollupMarks *marks);

AnRollupUse *
an_rollup_choose(AnSpi *spi, const AnMetricPlan *plan, const AnScan *scan, const AnTimeView *view,
				 const AnMetricRequest *request, int n, const TimestampTz *starts,
				 const TimestampTz *ends)
{
	const AnMetric *first = plan->metrics[linitial_int(scan->members)];
	AnRanges cut = asked_ranges(request, n, starts, ends);
	AnRanges asked = {0};
	AnRollupUse *best = NULL;
	ListCell *lc;

	if (!an_use_rollups)
		return NULL;
	for (int i = 0; i < cut.n; i++)
		an_ranges_add(&asked, cut.starts[i], cut.ends[i]);
	foreach (lc, an_rollups_of(spi, scan->source))
	{
		AnRollup *rollup = lfirst(lc);
		AnRollupUse *use;

		if (request->rollup && strcmp(request->rollup, rollup->name) != 0)
			continue;
		if (rollup->stale || !same_view(rollup, view) || !has_states(rollup, plan, scan) ||
			!has_dimensions(rollup, first, request) || !is_aligned(rollup, &cut))
			continue;
		use = an_rollup_use(spi, rollup, &asked, request->tenant);
		if (use && (best == NULL || an_rollup_raw_time(use) < an_rollup_raw_time(best)))
			best = use;
	}
	return best;
}

AnRollupUse *
an_rollup_use(AnSpi *spi, const AnRollup *rollup, const AnRanges *asked, const char *tenant)
{
	AnRollupUse *use = palloc0(sizeof(AnRollupUse));
	AnBinner *binner = an_rollup_binner(rollup);
	AnRanges whole = {
		.n = 1, .starts = (TimestampTz[]){DT_NOBEGIN}, .ends = (TimestampTz[]){DT_NOEND}};
	AnRanges outside;

	use->rollup = rollup;
	use->progress = an_rollup_progress(spi, rollup);
	if (!use->progress.valid || !an_rollup_may_read(spi, rollup, NULL))
		return NULL;
	for (int i = 0; i < asked->n; i++)
		add_whole_buckets(&use->served, binner, Max(asked->starts[i], use->progress.covered),
						  Min(asked->ends[i], use->progress.horizon));
	if (use->served.n > 0)
	{
		AnRollupMarks marks = an_rollup_marks(spi, rollup, tenant);

		if (!take_out_marks(&use->served, rollup, binner, &marks))
			return NULL;
	}
	if (use->served.n == 0)
		return NULL;
	use->raw = an_ranges_without(asked, &use->served);
	if (use->raw.n > RAW_RANGES_MAX)
	{
		an_ranges_coarsen(&use->raw, RAW_RANGES_MAX);
		outside = an_ranges_without(&whole, asked);
		use->raw = an_ranges_without(&use->raw, &outside);
		use->served = an_ranges_without(asked, &use->raw);
	}
	return use->served.n > 0 ? use : NULL;
}

double
an_rollup_raw_time(const AnRollupUse *use)
{
	double sum = 0;

	for (int i = 0; i < use->raw.n; i++)
		sum += (double) use->raw.ends[i] - (double) use->raw.starts[i];
	return sum;
}

const char *
an_rollup_column(const AnRollup *rollup, const AnExpression *expression, bool *plain)
{
	ListCell *lc;

	(void) an_dimension_sql(expression, plain);
	foreach (lc, rollup->dimensions)
	{
		AnRollupDimension *dimension = lfirst(lc);

		if (strcmp(dimension->expression.text, expression->text) == 0)
			return dimension->column;
	}
	if (rollup->tenant.text && strcmp(rollup->tenant.text, expression->text) == 0)
		return "tenant";
	return NULL;
}

const char *
an_rollup_state(const AnRollup *rollup, const AnPartial *partial)
{
	ListCell *lc;

	foreach (lc, rollup->states)
	{
		AnRollupState *state = lfirst(lc);

		if (an_partial_equal(&state->partial, partial))
			return state->column;
	}
	return NULL;
}

bool
an_rollup_has_metric(const AnRollup *rollup, const AnMetric *metric)
{
	AnPartial partials[AN_PARTIALS_OF_METRIC];
	AnPartial events = an_partial_events(metric->filter);
	int n = an_metric_partials(metric, partials);

	if (an_rollup_state(rollup, &events) == NULL)
		return false;
	for (int i = 0; i < n; i++)
		if (an_rollup_state(rollup, &partials[i]) == NULL)
			return false;
	return true;
}

static bool
has_states(const AnRollup *rollup, const AnMetricPlan *plan, const AnScan *scan)
{
	ListCell *lc;

	foreach (lc, scan->members)
		if (!an_rollup_has_metric(rollup, plan->metrics[lfirst_int(lc)]))
			return false;
	return true;
}

/* Tells whether a rollup has the dimensions of a request, and can be filtered by those that it filters by. */
static bool
has_dimensions(const AnRollup *rollup, const AnMetric *metric, const AnMetricRequest *request)
{
	bool plain;
	ListCell *lc;

	foreach (lc, request->breakdown)
	{
		const char *column =
			an_rollup_column(rollup, an_metric_dimension(metric, lfirst(lc)), &plain);

		/* Where equal tenants are written in several ways, cells do not keep each of them. */
		if (column == NULL || (!plain && strcmp(column, "tenant") == 0))
			return false;
	}
	if (request->tenant && rollup->tenant.text == NULL)
		return false;
	return request->filters == NULL || has_filters(rollup, metric, request->filters);
}

static bool
has_filters(const AnRollup *rollup, const AnMetric *metric, Jsonb *filters)
{
	JsonbIterator *iterator = JsonbIteratorInit(&filters->root);
	JsonbIteratorToken token;
	JsonbValue value;
	bool plain;

	if (!JB_ROOT_IS_OBJECT(filters))
		return false;
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
		if (token == WJB_KEY)
		{
			char *key = pnstrdup(value.val.string.val, value.val.string.len);

			if (an_rollup_column(rollup, an_metric_dimension(metric, key), &plain) == NULL ||
				!plain)
				return false;
		}
	return true;
}

/*
 * Tells whether times mean the same to a rollup and to a reader: instants always do; the wall clock of a
 * column of type timestamp or date does where both take it in its own zone.
 */
static bool
same_view(const AnRollup *rollup, const AnTimeView *view)
{
	if (rollup->view->type != view->type)
		return false;
	return view->type == TIMESTAMPTZOID ||
		   pg_strcasecmp(rollup->view->zone_name, view->zone_name) == 0;
}

/* Tells whether the ranges of an answer begin and end where buckets do, but for its first and last instant. */
static bool
is_aligned(const AnRollup *rollup, const AnRanges *cut)
{
	AnBinner *binner = an_rollup_binner(rollup);

	for (int i = 0; i < cut->n; i++)
	{
		if (i > 0 && an_bin_start(binner, cut->starts[i]) != cut->starts[i])
			return false;
		if (i < cut->n - 1 && an_bin_start(binner, cut->ends[i]) != cut->ends[i])
			return false;
	}
	return true;
}

/* Returns the ranges of an answer, one a bucket: cut off where the answer begins and ends. */
static AnRanges
asked_ranges(const AnMetricRequest *request, int n, const TimestampTz *starts,
			 const TimestampTz *ends)
{
	AnRanges ranges = {.n = n};

	ranges.starts = palloc_extended(n * sizeof(TimestampTz), MCXT_ALLOC_HUGE);
	ranges.ends = palloc_extended(n * sizeof(TimestampTz), MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
	{
		ranges.starts[i] = Max(starts[i], request->start);
		ranges.ends[i] = Min(ends[i], request->finish);
	}
	return ranges;
}

/* Adds the whole buckets in a range. */
static void
add_whole_buckets(AnRanges *ranges, AnBinner *binner, TimestampTz start, TimestampTz end)
{
	if (start >= end)
		return;
	if (!TIMESTAMP_NOT_FINITE(start) && an_bin_start(binner, start) != start)
		start = an_bin_end(binner, start);
	if (!TIMESTAMP_NOT_FINITE(end))
		end = an_bin_start(binner, end);
	an_ranges_add(ranges, start, end);
}

/* Takes the marked buckets out; false where one is that no range can leave out. */
static bool
take_out_marks(AnRanges *served, const AnRollup *rollup, AnBinner *binner,
			   const AnRollupMarks *marks)
{
	AnRanges marked = {0};

	if (marks->all)
		return false;
	/* The newest come first. */
	for (int i = marks->n - 1; i >= 0; i--)
	{
		/* No range leaves the end of time out but one that ends before. */
		if (TIMESTAMP_NOT_FINITE(marks->buckets[i]))
		{
			if (TIMESTAMP_NOT_FINITE(served->ends[served->n - 1]))
				return false;
			continue;
		}
		an_ranges_add(&marked, marks->buckets[i], an_bin_end(binner, marks->buckets[i]));
	}
	*served = an_ranges_without(served, &marked);
	return true;
}
