/*
 * populate.c - what a rollup covers: from nothing, further back, up to a horizon, no longer
 */
#include "rollup/work.h"

#include "utils/builtins.h"

static void advance_horizon(AnRollupWork *work);
static bool first_event(AnRollupWork *work, TimestampTz *first);
static TimestampTz step_back(const AnRollupWork *work, TimestampTz end, int64 n);
static double width_us(const Interval *width);

void
an_work_clear(AnRollupWork *work)
{
	AnTimeView *view = an_rollup_over(work->rollup->view, "analytics_cell");
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql, "DELETE FROM %s AS analytics_cell WHERE NOT ",
					 work->rollup->relation);
	an_ranges_sql(&query, view, &work->frozen);
	(void) an_work_run(work, &query, false);
	work->progress.covered = DT_NOEND;
	work->progress.horizon = DT_NOEND;
}

void
an_work_keep(AnRollupWork *work)
{
	const AnRollup *rollup = work->rollup;
	AnTimeView *view = an_rollup_over(rollup->view, "analytics_cell");
	AnQuery query;

	work->limit = DT_NOBEGIN;
	if (rollup->keep == NULL)
		return;
	work->limit =
		an_bin_start(work->binner, an_civil_subtract(rollup->view->zone, work->now, rollup->keep));
	if (work->progress.covered >= work->limit)
		return;
	an_query_init(&query);
	appendStringInfo(&query.sql, "DELETE FROM %s AS analytics_cell WHERE ", rollup->relation);
	an_time_range(&query, view, DT_NOBEGIN, work->limit);
	(void) an_work_run(work, &query, false);
	work->progress.covered = work->limit;
	an_query_init(&query);
	appendStringInfo(
		&query.sql, "DELETE FROM analytics.rollup_frozen WHERE rollup = $%d AND finish <= $%d",
		an_query_text(&query, rollup->name),
		an_query_param(&query, TIMESTAMPTZOID,
					   TimestampTzGetDatum(an_work_clock(rollup, work->limit)), false));
	if (work->frozen.n > 0 && an_work_run_catalog(work->spi, &query) > 0)
		an_work_read_frozen(work);
}

void
an_work_populate(AnRollupWork *work)
{
	AnRollupProgress *progress = &work->progress;
	TimestampTz first;
	int64 cells, step = 0, done = 0;

	if (work->rollup->capture == AN_CAPTURE_SCAN)
		advance_horizon(work);
	if (progress->covered <= work->limit)
		return;
	if (work->max_cells == INT64_MAX || !first_event(work, &first))
	{
		an_work_range(work, work->limit, progress->covered);
		progress->covered = work->limit;
		return;
	}
	cells = work->cells;
	while (progress->covered > work->limit && (done == 0 || an_work_more(work)))
	{
		TimestampTz start;

		step = an_work_step(work, step, done, work->cells - cells);
		start = step_back(work, progress->covered, step);
		if (start <= first)
			start = work->limit;
		an_work_range(work, start, progress->covered);
		progress->covered = start;
		done += step;
	}
}

/* For scan: covers the buckets that have become old enough. */
static void
advance_horizon(AnRollupWork *work)
{
	const AnRollup *rollup = work->rollup;
	AnRollupProgress *progress = &work->progress;
	TimestampTz target =
		an_bin_start(work->binner, an_civil_subtract(rollup->view->zone, work->now, rollup->tail));
	int64 cells = work->cells, step = 0, done = 0;
	double us = width_us(rollup->width);

	target = Max(target, work->limit);
	if (progress->covered == DT_NOEND)
		progress->covered = progress->horizon = target;
	progress->horizon = Max(progress->horizon, progress->covered);
	while (progress->horizon < target && (done == 0 || an_work_more(work)))
	{
		TimestampTz end;

		step = an_work_step(work, step, done, work->cells - cells);
		end = (double) (target - progress->horizon) <= (double) step * us
				  ? target
				  : an_bin_end(work->binner, progress->horizon + (TimestampTz) ((step - 1) * us));
		end = Min(end, target);
		an_work_range(work, progress->horizon, end);
		progress->horizon = end;
		done += step;
	}
}

/* Finds the first instant that there is an event at and that is not covered; false: none. */
static bool
first_event(AnRollupWork *work, TimestampTz *first)
{
	const AnTimeView *view = work->rollup->view;
	AnQuery query;
	bool none;
	Datum value;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT pg_catalog.min(%s) FROM %s WHERE ", view->sql,
					 work->rollup->source->relation);
	an_time_range(&query, view, work->limit, work->progress.covered);
	appendStringInfo(&query.sql, " AND pg_catalog.isfinite(%s)", view->sql);
	(void) an_work_run(work, &query, false);
	value = an_spi_datum(0, 1, &none);
	if (!none)
		*first = an_time_instant(view, value);
	return !none;
}

/* Returns the start of a range of about n buckets that ends at `end`; where that is no time, of what is from now on. */
static TimestampTz
step_back(const AnRollupWork *work, TimestampTz end, int64 n)
{
	double us = width_us(work->rollup->width) * (double) (n - 1);

	if (end == DT_NOEND)
		return Max(work->limit, an_bin_start(work->binner, work->now));
	/* Neither may a bucket begin before the first time that there is. */
	if ((double) end - us - width_us(work->rollup->width) <= (double) MIN_TIMESTAMP + USECS_PER_DAY)
		return work->limit;
	return Max(work->limit, an_bin_start(work->binner, end - 1 - (TimestampTz) us));
}

/* Returns about how long a width is. */
static double
width_us(const Interval *width)
{
	return ((double) width->month * DAYS_PER_MONTH + width->day) * USECS_PER_DAY + width->time;
}
