/*
 * recompute.c - cells made anew from the events: marked ones, and those of a range
 *
 * The cells are deleted, and computed from the events that the snapshot sees.  Where
 * marks stand on several buckets apart, the events of each are looked up by
 * themselves, so that an index on the time serves.
 */
#include "rollup/work.h"

#include "utils/builtins.h"

/* So many tenants are looked up one after the other; where there are more, buckets are computed whole. */
#define FEW_TENANTS 16

/* A marked bucket. */
typedef struct Marked
{
	TimestampTz bucket; /* its first instant */
	char *tenant;		/* the only one whose cells are marked; NULL: several, or all */
} Marked;

static int collect_marked(const AnRollupWork *work, const AnRollupMarks *marks, Marked *marked);
static void compute_marked(AnRollupWork *work, const Marked *marked, int n);
static List *tenants_of(const Marked *marked, int n, bool *some);
static AnRanges
ranges_of(AnRollupWork *work, const Marked *marked, int n, const char *tenant, bool every);
static void delete_marked(AnRollupWork *work, const Marked *marked, int n);
static void compute(AnRollupWork *work, const AnRanges *ranges, const char *tenant);
static void delete_cells(AnRollupWork *work, const AnRanges *ranges, const char *tenant);
static void insert_cells(AnRollupWork *work, const AnRanges *ranges, const char *tenant);
static void
append_events(AnQuery *query, const AnRollupWork *work, const AnRanges *ranges, const char *tenant);
static void append_ranges(AnQuery *query, const AnTimeView *view, const AnRanges *ranges);
static void append_where(AnQuery *query, const AnTimeView *view, const AnRanges *ranges);

void
an_work_range(AnRollupWork *work, TimestampTz start, TimestampTz end)
{
	AnRanges range = {.n = 1, .starts = &start, .ends = &end};
	AnRanges live = an_ranges_without(&range, &work->frozen);

	for (int i = 0; i < live.n; i++)
	{
		AnRanges one = {.n = 1, .starts = &live.starts[i], .ends = &live.ends[i]};

		compute(work, &one, NULL);
	}
}

void
an_work_marks(AnRollupWork *work, const AnRollupMarks *marks)
{
	Marked *marked = palloc(Max(marks->n, 1) * sizeof(Marked));
	int n = collect_marked(work, marks, marked);
	int64 cells = work->cells, step = 0;
	int done = 0;

	while (done < n && (done == 0 || an_work_more(work)))
	{
		step = an_work_step(work, step, done, work->cells - cells);
		step = Min(step, n - done);
		compute_marked(work, &marked[done], (int) step);
		done += (int) step;
	}
	delete_marked(work, marked, done);
}

/* Puts the marked buckets that are covered, the newest first, each once. */
static int
collect_marked(const AnRollupWork *work, const AnRollupMarks *marks, Marked *marked)
{
	int n = 0;

	for (int i = 0; i < marks->n; i++)
	{
		if (marks->buckets[i] < work->progress.covered)
			continue;
		if (n > 0 && marked[n - 1].bucket == marks->buckets[i])
			marked[n - 1].tenant = NULL;
		else
			marked[n++] = (Marked){.bucket = marks->buckets[i], .tenant = marks->tenants[i]};
	}
	return n;
}

/* Computes marked buckets: those of several tenants together, and those of one tenant with it. */
static void
compute_marked(AnRollupWork *work, const Marked *marked, int n)
{
	bool some;
	List *tenants = tenants_of(marked, n, &some);
	bool every = list_length(tenants) > FEW_TENANTS || !an_rollup_tenant_is_plain(work->rollup);
	AnRanges ranges;
	ListCell *lc;

	/* Times that are infinite are a bucket that no range has. */
	if (marked[0].bucket == DT_NOEND)
	{
		AnRanges infinity = {
			.n = 1, .starts = (TimestampTz[]){DT_NOEND}, .ends = (TimestampTz[]){DT_NOEND}};

		compute(work, &infinity, NULL);
		marked++;
		n--;
	}
	if (some || every)
	{
		ranges = ranges_of(work, marked, n, NULL, every);
		compute(work, &ranges, NULL);
	}
	if (every)
		return;
	foreach (lc, tenants)
	{
		ranges = ranges_of(work, marked, n, lfirst(lc), false);
		compute(work, &ranges, lfirst(lc));
	}
}

/* Returns the tenants (char *) of buckets with one, each once; `some` tells whether there are others. */
static List *
tenants_of(const Marked *marked, int n, bool *some)
{
	List *tenants = NIL;
	ListCell *lc;

	*some = false;
	for (int i = 0; i < n && list_length(tenants) <= FEW_TENANTS; i++)
	{
		bool known = false;

		if (marked[i].tenant == NULL)
		{
			*some = true;
			continue;
		}
		foreach (lc, tenants)
			known = known || strcmp(lfirst(lc), marked[i].tenant) == 0;
		if (!known)
			tenants = lappend(tenants, marked[i].tenant);
	}
	return tenants;
}

/* Returns the buckets that are marked for a tenant, or all, as ranges. */
static AnRanges
ranges_of(AnRollupWork *work, const Marked *marked, int n, const char *tenant, bool every)
{
	AnRanges ranges = {0};

	/* They come newest first, and are added in order. */
	for (int i = n - 1; i >= 0; i--)
		if (every || an_same_text(marked[i].tenant, tenant))
			an_ranges_add(&ranges, marked[i].bucket, an_bin_end(work->binner, marked[i].bucket));
	return ranges;
}

static void
delete_marked(AnRollupWork *work, const Marked *marked, int n)
{
	TimestampTz *clocks = palloc(Max(n, 1) * sizeof(TimestampTz));
	char **tenants = palloc(Max(n, 1) * sizeof(char *));

	for (int i = 0; i < n; i++)
	{
		clocks[i] = an_work_clock(work->rollup, marked[i].bucket);
		tenants[i] = marked[i].tenant;
	}
	an_work_delete_marks(work, n, clocks, tenants);
}

/* Writes the cells of whole buckets anew: of one tenant, or all. */
static void
compute(AnRollupWork *work, const AnRanges *ranges, const char *tenant)
{
	if (ranges->n == 0)
		return;
	delete_cells(work, ranges, tenant);
	insert_cells(work, ranges, tenant);
}

static void
delete_cells(AnRollupWork *work, const AnRanges *ranges, const char *tenant)
{
	const AnRollup *rollup = work->rollup;
	AnTimeView *view = an_rollup_over(rollup->view, "analytics_cell");
	AnExpression column = rollup->tenant;
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql, "DELETE FROM %s AS analytics_cell", rollup->relation);
	if (ranges->n > 1)
	{
		appendStringInfoString(&query.sql, " USING ");
		append_ranges(&query, view, ranges);
	}
	appendStringInfoString(&query.sql, " WHERE ");
	append_where(&query, view, ranges);
	if (tenant)
	{
		column.text = "analytics_cell.tenant";
		appendStringInfoString(&query.sql, " AND ");
		an_compare(&query, &column, BTEqualStrategyNumber, tenant);
	}
	(void) an_work_run(work, &query, false);
}

static void
insert_cells(AnRollupWork *work, const AnRanges *ranges, const char *tenant)
{
	const AnRollup *rollup = work->rollup;
	AnQuery query;
	bool none;

	an_query_init(&query);
	appendStringInfo(&query.sql, "WITH analytics_done AS (INSERT INTO %s (", rollup->relation);
	an_work_columns(&query.sql, rollup);
	appendStringInfoString(&query.sql, ") ");
	if (!an_work_finer(work, &query, ranges, tenant))
		append_events(&query, work, ranges, tenant);
	/* What is read together shall lie together. */
	appendStringInfoString(&query.sql, rollup->tenant.text ? " ORDER BY 1, 2" : " ORDER BY 1");
	appendStringInfo(&query.sql,
					 " RETURNING %s AS analytics_events) SELECT pg_catalog.count(*), "
					 "COALESCE(pg_catalog.sum(analytics_events), 0)::bigint FROM analytics_done",
					 an_work_events(rollup));
	(void) an_work_run(work, &query, false);
	work->cells += DatumGetInt64(an_spi_datum(0, 1, &none));
	work->rows += DatumGetInt64(an_spi_datum(0, 2, &none));
}

/* Appends a SELECT that makes the cells from the events: of each range by itself, so that an index on the time serves. */
static void
append_events(AnQuery *query, const AnRollupWork *work, const AnRanges *ranges, const char *tenant)
{
	const AnRollup *rollup = work->rollup;

	if (ranges->n > 1)
	{
		appendStringInfoString(&query->sql, "SELECT analytics_new.* FROM ");
		append_ranges(query, rollup->view, ranges);
		appendStringInfoString(&query->sql, ", LATERAL (");
	}
	an_work_select(query, rollup);
	append_where(query, rollup->view, ranges);
	an_work_seen(query, work);
	an_source_tenant(query, rollup->source, tenant);
	an_work_group(query, rollup);
	if (ranges->n > 1)
		appendStringInfoString(&query->sql, ") analytics_new");
}

/* Appends a table of ranges, of the type of a view. */
static void
append_ranges(AnQuery *query, const AnTimeView *view, const AnRanges *ranges)
{
	int starts = an_time_array(query, view, ranges->n, ranges->starts);
	int ends = an_time_array(query, view, ranges->n, ranges->ends);

	appendStringInfo(&query->sql,
					 "ROWS FROM (pg_catalog.unnest($%d), pg_catalog.unnest($%d)) AS "
					 "analytics_range(analytics_start, analytics_end)",
					 starts, ends);
}

/* Appends the condition that a time is in the range, or in one of append_ranges. */
static void
append_where(AnQuery *query, const AnTimeView *view, const AnRanges *ranges)
{
	if (ranges->n > 1)
		appendStringInfo(&query->sql, "%s >= analytics_start AND %s < analytics_end", view->sql,
						 view->sql);
	else
		an_time_range(query, view, ranges->starts[0], ranges->ends[0]);
}
