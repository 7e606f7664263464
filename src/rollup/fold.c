/*
 * fold.c - new events added to the cells that there are
 *
 * New are events whose transaction this refresh's snapshot has seen and the one before has
 * not.  One statement finds them by their transaction, makes cells of them, and unites these with those that
 * there are.
 */
#include "rollup/work.h"

#include "utils/builtins.h"

static void append_new(AnQuery *query, const AnRollupWork *work);
static void append_insert(AnQuery *query, const AnRollup *rollup);
static void append_update(AnQuery *query, const AnRollupWork *work);
static char *now_condition(AnQuery *query, const AnRollupWork *work);
static void mark_rest(AnRollupWork *work, TimestampTz newest);
static void insert_marks(AnRollupWork *work, uint64 n);

bool
an_work_fold(AnRollupWork *work)
{
	const AnRollup *rollup = work->rollup;
	bool bounded = work->max_cells != INT64_MAX;
	const char *events = an_work_events(rollup);
	AnQuery query;
	char *now = "true";
	bool none;
	Datum rest;

	if (rollup->capture != AN_CAPTURE_XID || work->progress.covered == DT_NOEND)
		return false;
	an_query_init(&query);
	appendStringInfoString(&query.sql, "WITH analytics_all AS MATERIALIZED (");
	an_work_select(&query, rollup);
	append_new(&query, work);
	an_work_group(&query, rollup);
	appendStringInfoString(&query.sql, "), ");
	if (bounded)
	{
		now = now_condition(&query, work);
		appendStringInfo(
			&query.sql,
			"analytics_new AS MATERIALIZED (SELECT *, %s AS analytics_now FROM (SELECT "
			"*, pg_catalog.rank() OVER (ORDER BY bucket DESC) AS analytics_rank "
			"FROM analytics_all) analytics_ranked), ",
			now);
		now = "analytics_now";
	}
	appendStringInfoString(&query.sql, "analytics_done AS (");
	append_insert(&query, rollup);
	appendStringInfo(&query.sql, " FROM %s WHERE %s", bounded ? "analytics_new" : "analytics_all",
					 now);
	append_update(&query, work);
	appendStringInfo(&query.sql,
					 ") SELECT pg_catalog.count(*) FILTER (WHERE %s), "
					 "COALESCE(pg_catalog.sum(%s) FILTER (WHERE %s), 0)::bigint, "
					 "pg_catalog.max(bucket) FILTER (WHERE NOT %s) FROM %s",
					 now, events, now, now, bounded ? "analytics_new" : "analytics_all");
	(void) an_work_run(work, &query, true);
	work->cells += DatumGetInt64(an_spi_datum(0, 1, &none));
	work->rows += DatumGetInt64(an_spi_datum(0, 2, &none));
	rest = an_spi_datum(0, 3, &none);
	if (none)
		return false;
	mark_rest(work, an_time_instant(rollup->view, rest));
	return true;
}

/* Appends the condition on new events, and on times that are covered. */
static void
append_new(AnQuery *query, const AnRollupWork *work)
{
	an_rollup_unseen(query, &work->progress);
	appendStringInfo(&query->sql, " AND analytics.seen(" AN_XID_COLUMN ", $%d) AND ",
					 an_query_param(query, PG_SNAPSHOTOID, work->current, false));
	an_time_range(query, work->rollup->view, work->progress.covered, DT_NOEND);
}

/* Appends INSERT INTO ... SELECT with all columns. */
static void
append_insert(AnQuery *query, const AnRollup *rollup)
{
	appendStringInfo(&query->sql, "INSERT INTO %s AS analytics_cell (", rollup->relation);
	an_work_columns(&query->sql, rollup);
	appendStringInfoString(&query->sql, ") SELECT ");
	an_work_columns(&query->sql, rollup);
}

/* Appends what is done with a cell that there is. */
static void
append_update(AnQuery *query, const AnRollupWork *work)
{
	ListCell *lc;

	appendStringInfo(&query->sql, " ON CONFLICT (%s) DO UPDATE SET ", work->key);
	foreach (lc, work->rollup->states)
	{
		AnRollupState *state = lfirst(lc);
		const char *column = quote_identifier(state->column);

		appendStringInfo(&query->sql, "%s%s = %s", foreach_current_index(lc) ? ", " : "", column,
						 an_partial_merge(state->partial.kind,
										  psprintf("analytics_cell.%s", column),
										  psprintf("excluded.%s", column)));
	}
}

/*
 * Returns the condition for a cell to be written at once: in the newest buckets, until there are
 * enough.  Frozen cells cannot wait: they cannot be computed again.
 */
static char *
now_condition(AnQuery *query, const AnRollupWork *work)
{
	AnTimeView *view = an_rollup_over(work->rollup->view, "analytics_ranked");
	StringInfoData outer = query->sql;
	StringInfoData condition;

	initStringInfo(&query->sql);
	appendStringInfo(&query->sql, "(analytics_rank <= $%d OR NOT pg_catalog.isfinite(bucket) OR ",
					 an_query_param(query, INT8OID, Int64GetDatum(work->max_cells), false));
	an_ranges_sql(query, view, &work->frozen);
	appendStringInfoChar(&query->sql, ')');
	condition = query->sql;
	query->sql = outer;
	return condition.data;
}

/* Marks the cells of new events up to a bucket, so that they are computed later. */
static void
mark_rest(AnRollupWork *work, TimestampTz newest)
{
	const AnRollup *rollup = work->rollup;
	AnRanges rest = {0};
	AnQuery query;

	an_ranges_add(&rest, work->progress.covered, an_bin_end(work->binner, newest));
	rest = an_ranges_without(&rest, &work->frozen);
	an_query_init(&query);
	appendStringInfoString(&query.sql, "SELECT DISTINCT ");
	an_rollup_bucket(&query, rollup);
	if (rollup->tenant.text && an_rollup_tenant_is_plain(rollup))
		appendStringInfo(&query.sql, ", (%s)::text COLLATE pg_catalog.\"C\" FROM %s WHERE ",
						 rollup->tenant.text, rollup->source->relation);
	else
		appendStringInfo(&query.sql, ", NULL::text FROM %s WHERE ", rollup->source->relation);
	append_new(&query, work);
	appendStringInfo(&query.sql, " AND pg_catalog.isfinite(%s) AND ", rollup->view->sql);
	an_ranges_sql(&query, rollup->view, &rest);
	insert_marks(work, an_work_run(work, &query, true));
}

/* Writes marks for buckets and tenants that a query has found. */
static void
insert_marks(AnRollupWork *work, uint64 n)
{
	TimestampTz *clocks = palloc(Max(n, 1) * sizeof(TimestampTz));
	char **tenants = palloc(Max(n, 1) * sizeof(char *));
	bool none;

	for (uint64 i = 0; i < n; i++)
	{
		TimestampTz bucket = an_time_instant(work->rollup->view, an_spi_datum(i, 1, &none));

		clocks[i] = an_work_clock(work->rollup, bucket);
		tenants[i] = an_spi_text(i, 2);
	}
	an_work_insert_marks(work, n, clocks, tenants);
}
