/*
 * periods.c - a range cut into hours, days, weeks or months
 */
#include "insight/periods.h"

#include "catalog/pg_type.h"

/* What a period can be; 30 days are a month where no calendar counts. */
static const char *const words[] = {"hour", "day", "week", "month"};
static const Interval widths[] = {{.time = USECS_PER_HOUR}, {.day = 1}, {.day = 7}, {.month = 1}};
static const int64 spans_us[] = {USECS_PER_HOUR, USECS_PER_DAY, 7 * USECS_PER_DAY,
								 30 * USECS_PER_DAY};

static void check_cells(int64 n_periods, int64 cells);

AnPeriods *
an_periods_make(const AnEvents *events, const char *period, int behind, int64 cells)
{
	AnPeriods *periods = palloc0(sizeof(AnPeriods));
	int word = an_word("period", period, words, lengthof(words));
	const Interval *width = &widths[word];
	pg_tz *zone = events->view->zone;
	AnBinner *binner = an_binner_create(width, zone);
	AnBuckets *buckets;

	if (events->source->roles[AN_ROLE_AT].type == DATEOID && word == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("source \"%s\" has dates, which cannot serve periods of an hour",
							   events->source->name),
						errhint("Use day, week or month.")));
	an_range_notice(events->start, events->finish, width, zone, events->view->zone_name);
	buckets = an_buckets_make(events->start, events->finish, width, zone);
	check_cells(buckets->n, cells);
	periods->n = buckets->n;
	periods->n_all = buckets->n + behind;
	periods->start = events->start;
	periods->finish = events->finish;
	periods->span_us = spans_us[word];
	periods->starts = repalloc_huge(buckets->starts, (periods->n_all + 1) * sizeof(TimestampTz));
	periods->starts[periods->n] = buckets->ends[buckets->n - 1];
	for (int i = periods->n; i < periods->n_all; i++)
	{
		CHECK_FOR_INTERRUPTS();
		periods->starts[i + 1] = an_bin_end(binner, periods->starts[i]);
	}
	periods->before = an_bin_start(binner, periods->starts[0] - 1);
	return periods;
}

static void
check_cells(int64 n_periods, int64 cells)
{
	if (n_periods * cells > AN_CELLS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the answer has " INT64_FORMAT " cells, the limit is %d",
							   n_periods * cells, AN_CELLS_MAX),
						errhint("Use a shorter range, longer periods, or fewer of them.")));
}

int
an_periods_find(AnPeriods *periods, TimestampTz at)
{
	const TimestampTz *starts = periods->starts;
	int low = 0;
	int high = periods->n_all;

	if (at >= starts[periods->last] && at < starts[periods->last + 1])
		return periods->last;
	if (at < starts[0] || at >= starts[high])
		return -1;
	while (high - low > 1)
	{
		int middle = low + (high - low) / 2;

		if (starts[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	return periods->last = low;
}

bool
an_periods_cut(const AnPeriods *periods, int i)
{
	return periods->starts[i] < periods->start || periods->starts[i + 1] > periods->finish;
}
