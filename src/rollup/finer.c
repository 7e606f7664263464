/*
 * finer.c - cells made of those of a finer rollup
 *
 * Where another rollup of the source keeps the same states by narrower buckets, a coarser one need not read all
 * events again: it unites cells of that one, without those that are marked or frozen there, with newer events and
 * with the events of the rest.  That is what a reader does, in the same snapshot, and so is as exact.
 */
#include "rollup/use.h"
#include "rollup/work.h"

#include "utils/builtins.h"

/* A finer rollup is read instead of the events where it is so many times as small. */
#define SIZE_RATIO 4

static AnRollupUse *use_finer(AnRollupWork *work, const AnRanges *ranges);
static bool is_finer(const AnRollupWork *work, const AnRollup *finer);
static bool is_small(AnRollupWork *work, const AnRollup *finer);
static AnRollupUse *use_of(AnRollupWork *work, const AnRollup *finer, const AnRanges *ranges);
static bool is_nested(AnRollupWork *work, const AnRollupUse *use);
static void append_united(AnQuery *query, const AnRollup *rollup);
static void
append_cells(AnQuery *query, const AnRollupWork *work, const AnRollupUse *use, const char *tenant);
static void
append_events(AnQuery *query, const AnRollupWork *work, const AnRanges *ranges, const char *tenant);

bool
an_work_finer(AnRollupWork *work, AnQuery *query, const AnRanges *ranges, const char *tenant)
{
	AnRollupUse *use = use_finer(work, ranges);

	if (use == NULL)
		return false;
	append_united(query, work->rollup);
	append_cells(query, work, use, tenant);
	appendStringInfoString(&query->sql, " UNION ALL ");
	an_work_select(query, work->rollup);
	an_rollup_unseen(query, &use->progress);
	appendStringInfoString(&query->sql, " AND ");
	append_events(query, work, &use->served, tenant);
	if (use->raw.n > 0)
	{
		appendStringInfoString(&query->sql, " UNION ALL ");
		an_work_select(query, work->rollup);
		append_events(query, work, &use->raw, tenant);
	}
	appendStringInfoString(&query->sql, ") analytics_part");
	an_work_group(query, work->rollup);
	return true;
}

/* Finds the coarsest of the finer rollups that answers for some of the ranges; NULL where there is none. */
static AnRollupUse *
use_finer(AnRollupWork *work, const AnRanges *ranges)
{
	ListCell *lc;

	if (work->rollup->capture != AN_CAPTURE_XID)
		return NULL;
	foreach (lc, an_rollups_of(work->spi, work->rollup->source))
	{
		AnRollup *finer = lfirst(lc);
		AnRollupUse *use =
			is_finer(work, finer) && is_small(work, finer) ? use_of(work, finer, ranges) : NULL;

		if (use && is_nested(work, use))
			return use;
	}
	return NULL;
}

/* Tells whether a rollup has all states and dimensions, by narrower buckets. */
static bool
is_finer(const AnRollupWork *work, const AnRollup *finer)
{
	const AnRollup *rollup = work->rollup;
	bool plain;
	ListCell *lc;

	if (finer->stale || finer->capture != AN_CAPTURE_XID ||
		finer->view->type != rollup->view->type ||
		DatumGetInt32(DirectFunctionCall2(interval_cmp, IntervalPGetDatum(finer->width),
										  IntervalPGetDatum(rollup->width))) >= 0)
		return false;
	foreach (lc, rollup->dimensions)
		if (an_rollup_column(finer, &((AnRollupDimension *) lfirst(lc))->expression, &plain) ==
			NULL)
			return false;
	foreach (lc, rollup->states)
		if (an_rollup_state(finer, &((AnRollupState *) lfirst(lc))->partial) == NULL)
			return false;
	return true;
}

/* Tells whether cells are so few that to unite them pays: sketches take longer than events to add up, byte by byte. */
static bool
is_small(AnRollupWork *work, const AnRollup *finer)
{
	AnQuery query;
	bool none;

	an_query_init(&query);
	/* A table without partitions is no tree. */
	appendStringInfo(&query.sql,
					 "SELECT pg_catalog.pg_table_size(%u) * %d < pg_catalog.pg_relation_size(%u) + "
					 "COALESCE((SELECT pg_catalog.sum(pg_catalog.pg_relation_size(relid)) "
					 "FROM pg_catalog.pg_partition_tree(%u)), 0)",
					 finer->relid, SIZE_RATIO, finer->source_relid, finer->source_relid);
	(void) an_query_run(work->spi, &query, 0);
	return DatumGetBool(an_spi_datum(0, 1, &none)) && !none;
}

/* Decides, as the owner, what of the ranges another rollup answers; what it holds of events that are gone is left out. */
static AnRollupUse *
use_of(AnRollupWork *work, const AnRollup *finer, const AnRanges *ranges)
{
	AnUser user = an_user_become(work->owner, true);
	AnRollupUse *use = an_rollup_use(work->spi, finer, ranges, NULL);
	AnRanges gone;

	an_user_restore(user);
	if (use == NULL)
		return NULL;
	gone = an_rollup_frozen(work->spi, finer);
	use->served = an_ranges_without(&use->served, &gone);
	use->raw = an_ranges_without(ranges, &use->served);
	return use->served.n > 0 ? use : NULL;
}

/* Tells whether each bucket that has cells lies in one bucket of the coarser rollup. */
static bool
is_nested(AnRollupWork *work, const AnRollupUse *use)
{
	AnBinner *binner = an_rollup_binner(use->rollup);
	AnTimeView *view = an_rollup_over(use->rollup->view, "r");
	AnQuery query;
	bool none;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT DISTINCT r.bucket FROM %s r WHERE ",
					 use->rollup->relation);
	an_ranges_sql(&query, view, &use->served);
	(void) an_work_run(work, &query, false);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		TimestampTz bucket = an_time_instant(view, an_spi_datum(i, 1, &none));

		if (!TIMESTAMP_NOT_FINITE(bucket) &&
			an_bin_start(work->binner, bucket) !=
				an_bin_start(work->binner, an_bin_end(binner, bucket) - 1))
			return false;
	}
	return true;
}

/* Appends SELECT ... FROM (: keys, and states that unite those of the parts. */
static void
append_united(AnQuery *query, const AnRollup *rollup)
{
	StringInfo sql = &query->sql;
	ListCell *lc;

	appendStringInfo(sql, "SELECT %sbucket", rollup->tenant.text ? "tenant, " : "");
	foreach (lc, rollup->dimensions)
		appendStringInfo(sql, ", %s", quote_identifier(((AnRollupDimension *) lfirst(lc))->column));
	foreach (lc, rollup->states)
	{
		const AnRollupState *state = lfirst(lc);

		appendStringInfo(sql, ", %s",
						 an_partial_union(state->partial.kind, quote_identifier(state->column)));
	}
	appendStringInfoString(sql, " FROM (");
}

/* Appends the cells of the finer rollup, by buckets and under names of the coarser one. */
static void
append_cells(AnQuery *query, const AnRollupWork *work, const AnRollupUse *use, const char *tenant)
{
	const AnRollup *rollup = work->rollup;
	AnTimeView *bucket = an_rollup_over(rollup->view, "r");
	AnExpression key = rollup->tenant;
	StringInfo sql = &query->sql;
	bool plain;
	ListCell *lc;

	appendStringInfoString(sql, "SELECT ");
	key.text = "r.tenant";
	if (rollup->tenant.text)
	{
		char *column = an_dimension_sql(&key, &plain);

		appendStringInfo(sql, "%s AS tenant, ", plain ? column : "r.tenant");
	}
	an_time_bin(query, bucket, rollup->width);
	appendStringInfoString(sql, " AS bucket");
	foreach (lc, rollup->dimensions)
	{
		const AnRollupDimension *dimension = lfirst(lc);

		appendStringInfo(
			sql, ", r.%s AS %s",
			quote_identifier(an_rollup_column(use->rollup, &dimension->expression, &plain)),
			quote_identifier(dimension->column));
	}
	foreach (lc, rollup->states)
	{
		const AnRollupState *state = lfirst(lc);

		appendStringInfo(sql, ", r.%s AS %s",
						 quote_identifier(an_rollup_state(use->rollup, &state->partial)),
						 quote_identifier(state->column));
	}
	appendStringInfo(sql, " FROM %s r WHERE ", use->rollup->relation);
	an_ranges_sql(query, bucket, &use->served);
	if (tenant)
	{
		appendStringInfoString(sql, " AND ");
		an_compare(query, &key, BTEqualStrategyNumber, tenant);
	}
}

/* Appends the conditions on events in ranges that the snapshot has seen, and groups them to cells. */
static void
append_events(AnQuery *query, const AnRollupWork *work, const AnRanges *ranges, const char *tenant)
{
	an_ranges_sql(query, work->rollup->view, ranges);
	an_work_seen(query, work);
	an_source_tenant(query, work->rollup->source, tenant);
	an_work_group(query, work->rollup);
}
