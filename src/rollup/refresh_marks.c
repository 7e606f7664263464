/*
 * refresh_marks.c - marks that a refresh writes and removes
 */
#include "rollup/work.h"

#include "utils/array.h"
#include "utils/builtins.h"

static int clock_param(AnQuery *query, const AnRollup *rollup, TimestampTz at);
static int clock_array(AnQuery *query, int n, const TimestampTz *clocks);
static int text_array(AnQuery *query, int n, char *const *texts);

void
an_work_insert_marks(AnRollupWork *work, int n, const TimestampTz *clocks, char *const *tenants)
{
	AnQuery query;

	if (n == 0)
		return;
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "INSERT INTO analytics.rollup_marks (rollup, bucket, tenant) "
					 "SELECT $%d, m.bucket, m.tenant FROM ROWS FROM (",
					 an_query_text(&query, work->rollup->name));
	appendStringInfo(&query.sql, "pg_catalog.unnest($%d), ", clock_array(&query, n, clocks));
	appendStringInfo(&query.sql, "pg_catalog.unnest($%d)) m(bucket, tenant)",
					 text_array(&query, n, tenants));
	(void) an_work_run_catalog(work->spi, &query);
}

void
an_work_delete_marks(AnRollupWork *work, int n, const TimestampTz *clocks, char *const *tenants)
{
	AnQuery query;

	if (n == 0)
		return;
	an_query_init(&query);
	appendStringInfo(
		&query.sql,
		"DELETE FROM analytics.rollup_marks m USING ROWS FROM (pg_catalog.unnest($%d), ",
		clock_array(&query, n, clocks));
	appendStringInfo(
		&query.sql,
		"pg_catalog.unnest($%d)) d(bucket, tenant) WHERE m.rollup = $%d AND m.bucket = d.bucket "
		"AND (d.tenant IS NULL OR m.tenant = d.tenant)",
		text_array(&query, n, tenants), an_query_text(&query, work->rollup->name));
	(void) an_work_run_catalog(work->spi, &query);
}

void
an_work_drop_marks(AnRollupWork *work)
{
	const AnRollup *rollup = work->rollup;
	AnQuery query;

	if (work->progress.covered == DT_NOBEGIN)
		return;
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "DELETE FROM analytics.rollup_marks m WHERE m.rollup = $%d "
					 "AND (m.bucket = '-infinity' OR (true",
					 an_query_text(&query, rollup->name));
	if (work->progress.covered != DT_NOEND)
		appendStringInfo(&query.sql, " AND m.bucket < $%d",
						 clock_param(&query, rollup, work->progress.covered));
	for (int i = 0; i < work->frozen.n; i++)
		appendStringInfo(&query.sql, " AND NOT (m.bucket >= $%d AND m.bucket < $%d)",
						 clock_param(&query, rollup, work->frozen.starts[i]),
						 clock_param(&query, rollup, work->frozen.ends[i]));
	appendStringInfoString(&query.sql, "))");
	(void) an_work_run_catalog(work->spi, &query);
}

/* Adds an instant as marks hold it as a parameter and returns its number. */
static int
clock_param(AnQuery *query, const AnRollup *rollup, TimestampTz at)
{
	return an_query_param(query, TIMESTAMPTZOID, TimestampTzGetDatum(an_work_clock(rollup, at)),
						  false);
}

/* Adds a timestamptz[] as a parameter and returns its number. */
static int
clock_array(AnQuery *query, int n, const TimestampTz *clocks)
{
	Datum *elements = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
		elements[i] = TimestampTzGetDatum(clocks[i]);
	return an_query_param(
		query, TIMESTAMPTZARRAYOID,
		PointerGetDatum(construct_array(elements, n, TIMESTAMPTZOID, sizeof(TimestampTz), true,
										TYPALIGN_DOUBLE)),
		false);
}

/* Adds a text[], whose members may be NULL, as a parameter and returns its number. */
static int
text_array(AnQuery *query, int n, char *const *texts)
{
	Datum *elements = palloc(n * sizeof(Datum));
	bool *nulls = palloc(n * sizeof(bool));
	int lower = 1;

	for (int i = 0; i < n; i++)
	{
		nulls[i] = texts[i] == NULL;
		elements[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	return an_query_param(query, TEXTARRAYOID,
						  PointerGetDatum(construct_md_array(elements, nulls, 1, &n, &lower,
															 TEXTOID, -1, false, TYPALIGN_INT)),
						  false);
}
