/*
 * cells.c - the table of values behind a reader: groups by buckets
 */
#include "series/series.h"

#include "rollup/rollup.h"

#include "utils/builtins.h"
#include "utils/hsearch.h"

/* Entry of the table of groups; the key comes first, as dynahash wants it. */
typedef struct GroupEntry
{
	Jsonb *dimensions; /* the key: compared by value */
	AnGroup *group;	   /* the group */
} GroupEntry;

static HTAB *make_table(void);
static uint32 hash_dimensions(const void *key, Size size);
static int match_dimensions(const void *a, const void *b, Size size);
static AnGroup *find_group(AnCells *cells, Jsonb *dimensions);
static AnGroup *make_group(AnCells *cells, Jsonb *dimensions);
static void read_scan(AnSpi *spi, AnCells *cells, const AnMetricPlan *plan, AnScan *scan,
					  const AnMetricRequest *request, const AnBuckets *buckets);
static AnRollupUse *
choose_rollup(AnSpi *spi, const AnMetricPlan *plan, const AnScan *scan, const AnTimeView *view,
			  const AnMetricRequest *request, const AnBuckets *buckets);
static int64 read_row(AnCells *cells, const AnMetricPlan *plan, const AnScan *scan, int bucket,
					  uint64 row, const AnRollupUse *use);
static int bucket_of(const AnTimeView *view, const AnMetricRequest *request,
					 const AnBuckets *buckets, uint64 row);
static void evaluate_group(AnGroup *group, const AnMetricPlan *plan, int n_buckets);
static int compare_groups(const ListCell *a, const ListCell *b);

AnCells *
an_cells_read(AnSpi *spi, AnMetricPlan *plan, const AnMetricRequest *request,
			  const AnBuckets *buckets)
{
	AnCells *cells = palloc0(sizeof(AnCells));
	ListCell *lc;

	cells->n_buckets = buckets ? buckets->n : Max(request->n_ranges, 1);
	cells->n_metrics = plan->n_metrics;
	cells->table = make_table();
	an_metric_scans(plan, request);
	/* Without a breakdown there is one group, also where no event is. */
	if (request->breakdown == NIL)
		(void) make_group(cells, NULL);
	foreach (lc, plan->scans)
		read_scan(spi, cells, plan, lfirst(lc), request, buckets);
	list_sort(cells->groups, compare_groups);
	foreach (lc, cells->groups)
		evaluate_group(lfirst(lc), plan, cells->n_buckets);
	return cells;
}

TimestampTz
an_plan_first(AnSpi *spi, const AnMetricPlan *plan, const AnMetricRequest *request)
{
	TimestampTz latest = DT_NOBEGIN;
	List *done = NIL;

	for (int i = 0; i < plan->n_metrics; i++)
	{
		AnSource *source = plan->metrics[i]->source;
		TimestampTz first;

		if (source == NULL || list_member_ptr(done, source))
			continue;
		done = lappend(done, source);
		first = an_source_first(spi, an_source_time(source, request->timezone, request->instants),
								request->tenant, request->start, request->finish);
		latest = Max(latest, first);
	}
	return latest;
}

char *
an_plan_zone(const AnMetricPlan *plan, const char *timezone)
{
	static const AnSource nowhere;

	for (int i = 0; i < plan->n_metrics; i++)
		if (plan->metrics[i]->source)
			return an_source_zone(plan->metrics[i]->source, timezone);
	return an_source_zone(&nowhere, timezone);
}

char *
an_plan_served_by(const AnMetricPlan *plan)
{
	StringInfoData buf;
	List *done = NIL;
	ListCell *lc, *other;

	initStringInfo(&buf);
	foreach (lc, plan->scans)
	{
		const AnScan *scan = lfirst(lc);
		char *name = scan->served_by ? scan->served_by : psprintf("source %s", scan->source->name);
		bool again = false;

		foreach (other, done)
			again = again || strcmp(lfirst(other), name) == 0;
		if (again)
			continue;
		appendStringInfo(&buf, "%s%s", done ? ", " : "", name);
		done = lappend(done, name);
	}
	return buf.data;
}

static HTAB *
make_table(void)
{
	HASHCTL control = {
		.keysize = sizeof(Jsonb *),
		.entrysize = sizeof(GroupEntry),
		.hash = hash_dimensions,
		.match = match_dimensions,
		.hcxt = CurrentMemoryContext,
	};

	return hash_create("groups of a series", 64, &control,
					   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

static uint32
hash_dimensions(const void *key, Size size)
{
	return DatumGetUInt32(DirectFunctionCall1(jsonb_hash, JsonbPGetDatum(*(Jsonb *const *) key)));
}

static int
match_dimensions(const void *a, const void *b, Size size)
{
	return compareJsonbContainers(&(*(Jsonb *const *) a)->root, &(*(Jsonb *const *) b)->root);
}

/* Finds the group of these dimensions, or makes it; the jsonb is copied. */
static AnGroup *
find_group(AnCells *cells, Jsonb *dimensions)
{
	GroupEntry *entry;
	bool found;

	if (dimensions == NULL)
		return linitial(cells->groups);
	entry = hash_search(cells->table, &dimensions, HASH_ENTER, &found);
	if (!found)
	{
		entry->dimensions = palloc(VARSIZE(dimensions));
		memcpy(entry->dimensions, dimensions, VARSIZE(dimensions));
		entry->group = make_group(cells, entry->dimensions);
	}
	return entry->group;
}

static AnGroup *
make_group(AnCells *cells, Jsonb *dimensions)
{
	AnGroup *group = palloc0(sizeof(AnGroup));

	if ((int64) (list_length(cells->groups) + 1) * cells->n_buckets * cells->n_metrics >
		AN_CELLS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the answer has more than %d cells", AN_CELLS_MAX),
				 errdetail("%d buckets, %d metrics and more than %d combinations of dimensions.",
						   cells->n_buckets, cells->n_metrics, list_length(cells->groups)),
				 errhint("Use a coarser granularity, a shorter range or fewer dimensions.")));
	group->dimensions = dimensions;
	group->values = palloc(cells->n_metrics * sizeof(double *));
	group->nulls = palloc(cells->n_metrics * sizeof(bool *));
	group->seen = palloc0(cells->n_buckets);
	for (int i = 0; i < cells->n_metrics; i++)
	{
		group->values[i] = palloc0(cells->n_buckets * sizeof(double));
		group->nulls[i] = palloc(cells->n_buckets);
		memset(group->nulls[i], true, cells->n_buckets);
	}
	cells->groups = lappend(cells->groups, group);
	return group;
}

static void
read_scan(AnSpi *spi, AnCells *cells, const AnMetricPlan *plan, AnScan *scan,
		  const AnMetricRequest *request, const AnBuckets *buckets)
{
	AnTimeView *view = an_source_time(scan->source, request->timezone, request->instants);
	AnMetricRequest ranges = *request;
	AnRollupUse *use = NULL;
	int64 newer = 0;
	AnQuery query;

	an_query_init(&query);
	/* Values of bins that are not the buckets would have to be added up, which not all can be. */
	if (buckets && an_buckets_cut_clock(buckets, view, request->width))
	{
		ranges.width = NULL;
		ranges.n_ranges = buckets->n;
		ranges.starts = buckets->starts;
		ranges.ends = buckets->ends;
		request = &ranges;
	}
	else
		use = choose_rollup(spi, plan, scan, view, request, buckets);
	if (use)
		an_rollup_scan_sql(&query, use, plan, scan, view, request);
	else
		an_metric_scan_sql(&query, plan, scan, view, request);
	(void) an_query_run(spi, &query, 0);
	for (uint64 row = 0; row < SPI_processed; row++)
		newer += read_row(cells, plan, scan, bucket_of(view, request, buckets, row), row, use);
	SPI_freetuptable(SPI_tuptable);
	if (use)
		scan->served_by = an_rollup_served_by(use, newer);
}

/* Finds the rollup that a scan can be answered from, or NULL. */
static AnRollupUse *
choose_rollup(AnSpi *spi, const AnMetricPlan *plan, const AnScan *scan, const AnTimeView *view,
			  const AnMetricRequest *request, const AnBuckets *buckets)
{
	if (buckets)
		return an_rollup_choose(spi, plan, scan, view, request, buckets->n, buckets->starts,
								buckets->ends);
	if (request->n_ranges > 0)
		return an_rollup_choose(spi, plan, scan, view, request, request->n_ranges, request->starts,
								request->ends);
	return an_rollup_choose(spi, plan, scan, view, request, 1, &request->start, &request->finish);
}

/* Puts the values of one row into its cell; returns how many newer events went into it. */
static int64
read_row(AnCells *cells, const AnMetricPlan *plan, const AnScan *scan, int bucket, uint64 row,
		 const AnRollupUse *use)
{
	bool isnull;
	Datum value = an_spi_datum(row, 2, &isnull);
	AnGroup *group = find_group(cells, isnull ? NULL : DatumGetJsonbP(value));
	ListCell *lc;

	CHECK_FOR_INTERRUPTS();
	group->seen[bucket] = true;
	foreach (lc, scan->members)
	{
		value = an_spi_datum(row, 3 + foreach_current_index(lc), &isnull);
		if (isnull)
			continue;
		group->values[lfirst_int(lc)][bucket] = DatumGetFloat8(value);
		group->nulls[lfirst_int(lc)][bucket] = false;
	}
	if (use == NULL)
		return 0;
	value = an_spi_datum(row, 3 + list_length(scan->members), &isnull);
	return isnull ? 0 : DatumGetInt64(value);
}

/* Finds the bucket of a row: the last one that begins at or before its instant. */
static int
bucket_of(const AnTimeView *view, const AnMetricRequest *request, const AnBuckets *buckets,
		  uint64 row)
{
	bool isnull;
	Datum value = an_spi_datum(row, 1, &isnull);
	TimestampTz at;
	int low = 0, high;

	if (request->width == NULL || buckets == NULL)
		return request->n_ranges > 0 ? (int) DatumGetInt64(value) : 0;
	at = an_time_instant(view, value);
	high = buckets->n - 1;
	while (low < high)
	{
		int middle = low + (high - low + 1) / 2;

		if (buckets->starts[middle] <= at)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* Evaluates the formulas in every bucket; what is counted or summed over nothing goes in as 0. */
static void
evaluate_group(AnGroup *group, const AnMetricPlan *plan, int n_buckets)
{
	double values[AN_METRICS_MAX];
	bool nulls[AN_METRICS_MAX];

	if (an_metric_main(plan)->kind != AN_METRIC_FORMULA)
		return;
	for (int b = 0; b < n_buckets; b++)
	{
		for (int i = 0; i < plan->n_metrics; i++)
		{
			values[i] = group->nulls[i][b] ? 0 : group->values[i][b];
			nulls[i] = group->nulls[i][b] && (plan->metrics[i]->kind == AN_METRIC_FORMULA ||
											  an_metric_empty_is_null(plan->metrics[i]));
		}
		an_metric_evaluate(plan, values, nulls);
		group->values[plan->n_metrics - 1][b] = values[plan->n_metrics - 1];
		group->nulls[plan->n_metrics - 1][b] = nulls[plan->n_metrics - 1];
	}
}

static int
compare_groups(const ListCell *a, const ListCell *b)
{
	AnGroup *left = lfirst(a), *right = lfirst(b);

	if (left->dimensions == NULL || right->dimensions == NULL)
		return 0;
	return compareJsonbContainers(&left->dimensions->root, &right->dimensions->root);
}
