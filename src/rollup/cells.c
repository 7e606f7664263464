/*
 * cells.c - the columns of a rollup as SQL, and statements of a refresh
 */
#include "rollup/work.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* One step does at most so many times the buckets of the one before. */
#define STEP_GROWTH 4

/* Most buckets of a step. */
#define STEP_MAX (INT64CONST(1) << 40)

static char *tenant_sql(const AnRollup *rollup);

void
an_work_columns(StringInfo sql, const AnRollup *rollup)
{
	ListCell *lc;

	appendStringInfoString(sql, rollup->tenant.text ? "tenant, bucket" : "bucket");
	foreach (lc, rollup->dimensions)
		appendStringInfo(sql, ", %s", quote_identifier(((AnRollupDimension *) lfirst(lc))->column));
	foreach (lc, rollup->states)
		appendStringInfo(sql, ", %s", quote_identifier(((AnRollupState *) lfirst(lc))->column));
}

const char *
an_work_events(const AnRollup *rollup)
{
	return quote_identifier(((AnRollupState *) linitial(rollup->states))->column);
}

void
an_work_select(AnQuery *query, const AnRollup *rollup)
{
	ListCell *lc;

	appendStringInfoString(&query->sql, "SELECT ");
	if (rollup->tenant.text)
		appendStringInfo(&query->sql, "%s AS tenant, ", tenant_sql(rollup));
	an_rollup_bucket(query, rollup);
	appendStringInfoString(&query->sql, " AS bucket");
	foreach (lc, rollup->dimensions)
	{
		AnRollupDimension *dimension = lfirst(lc);

		appendStringInfo(&query->sql, ", %s AS %s", an_dimension_sql(&dimension->expression, NULL),
						 quote_identifier(dimension->column));
	}
	foreach (lc, rollup->states)
	{
		AnRollupState *state = lfirst(lc);

		appendStringInfo(&query->sql, ", %s AS %s", an_partial_aggregate(&state->partial, false),
						 quote_identifier(state->column));
	}
	appendStringInfo(&query->sql, " FROM %s WHERE ", rollup->source->relation);
}

/* Returns SQL of the tenant, such that equal ones are those that the unique index takes for equal. */
static char *
tenant_sql(const AnRollup *rollup)
{
	bool plain;
	char *sql = an_dimension_sql(&rollup->tenant, &plain);

	return plain ? sql : psprintf("(%s)", rollup->tenant.text);
}

void
an_work_group(AnQuery *query, const AnRollup *rollup)
{
	int n = (rollup->tenant.text ? 2 : 1) + list_length(rollup->dimensions);

	appendStringInfoString(&query->sql, " GROUP BY 1");
	for (int i = 2; i <= n; i++)
		appendStringInfo(&query->sql, ", %d", i);
}

void
an_work_seen(AnQuery *query, const AnRollupWork *work)
{
	if (work->rollup->capture == AN_CAPTURE_XID)
		appendStringInfo(&query->sql,
						 " AND (" AN_XID_COLUMN " IS NULL OR analytics.seen(" AN_XID_COLUMN
						 ", $%d))",
						 an_query_param(query, PG_SNAPSHOTOID, work->current, false));
}

uint64
an_work_run(AnRollupWork *work, AnQuery *query, bool tail)
{
	AnUser user = an_user_become(work->owner, true);

	/* Cells of a part of the events would be wrong for everybody else: better an error. */
	an_setting("row_security", "off");
	/* It would take longer than most of these statements. */
	an_setting("jit", "off");
	if (tail)
	{
		/* Without statistics of the column the planner would rather read the whole table. */
		an_setting("enable_seqscan", "off");
		an_setting("enable_indexscan", "off");
		an_setting("enable_indexonlyscan", "off");
	}
	(void) an_query_run(work->spi, query, 0);
	an_user_restore(user);
	return SPI_processed;
}

uint64
an_work_run_catalog(AnSpi *spi, AnQuery *query)
{
	AnUser user = an_user_become(an_catalog_owner(), false);

	(void) an_query_run(spi, query, 0);
	an_user_restore(user);
	return SPI_processed;
}

bool
an_work_more(const AnRollupWork *work)
{
	return work->cells < work->max_cells;
}

int64
an_work_step(const AnRollupWork *work, int64 last, int64 done, int64 cells)
{
	double room;
	int64 most = Min(last, STEP_MAX / STEP_GROWTH) * STEP_GROWTH;

	if (work->max_cells == INT64_MAX)
		return STEP_MAX;
	if (last == 0)
		return 1;
	if (cells == 0)
		return most;
	room = (double) (work->max_cells - work->cells) * (double) done / (double) cells;
	return Max(1, room < (double) most ? (int64) room : most);
}

TimestampTz
an_work_clock(const AnRollup *rollup, TimestampTz at)
{
	Datum value = an_time_datum(rollup->view, at);

	if (rollup->view->type == DATEOID)
		value = DirectFunctionCall1(date_timestamp, value);
	return DatumGetTimestamp(value);
}
