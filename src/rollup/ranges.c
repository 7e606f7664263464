/*
 * ranges.c - sets of ranges of time, and as conditions in SQL
 */
#include "rollup/rollup_private.h"

/* So many ranges are written one by one, where an index finds each; more are looked up in an array. */
#define FEW_RANGES 8

static void append_range(AnRanges *ranges, TimestampTz start, TimestampTz end);

void
an_ranges_sql(AnQuery *query, const AnTimeView *view, const AnRanges *ranges)
{
	if (ranges->n == 0)
		appendStringInfoString(&query->sql, "false");
	else if (ranges->n <= FEW_RANGES)
	{
		for (int i = 0; i < ranges->n; i++)
		{
			appendStringInfoString(&query->sql, i > 0 ? " OR (" : "((");
			an_time_range(query, view, ranges->starts[i], ranges->ends[i]);
			appendStringInfoChar(&query->sql, ')');
		}
		appendStringInfoChar(&query->sql, ')');
	}
	else
	{
		appendStringInfoChar(&query->sql, '(');
		an_time_range(query, view, ranges->starts[0], ranges->ends[ranges->n - 1]);
		appendStringInfo(&query->sql, " AND %s < ($%d)[width_bucket(%s, $%d)])", view->sql,
						 an_time_array(query, view, ranges->n, ranges->ends), view->sql,
						 an_time_array(query, view, ranges->n, ranges->starts));
	}
}

void
an_ranges_add(AnRanges *ranges, TimestampTz start, TimestampTz end)
{
	AnRanges old = *ranges;

	if (start >= end)
		return;
	/* Most come in order. */
	if (ranges->n == 0 || start > ranges->ends[ranges->n - 1])
	{
		append_range(ranges, start, end);
		return;
	}
	*ranges = (AnRanges){0};
	for (int i = 0; i < old.n; i++)
	{
		if (old.ends[i] < start)
			append_range(ranges, old.starts[i], old.ends[i]);
		else if (old.starts[i] <= end)
		{
			start = Min(start, old.starts[i]);
			end = Max(end, old.ends[i]);
		}
		else
		{
			append_range(ranges, start, end);
			start = old.starts[i];
			end = old.ends[i];
		}
	}
	append_range(ranges, start, end);
}

AnRanges
an_ranges_without(const AnRanges *from, const AnRanges *what)
{
	AnRanges rest = {0};
	int k = 0;

	for (int i = 0; i < from->n; i++)
	{
		TimestampTz at = from->starts[i];

		while (k < what->n && what->ends[k] <= at)
			k++;
		for (int j = k; j < what->n && what->starts[j] < from->ends[i]; j++)
		{
			append_range(&rest, at, what->starts[j]);
			at = Max(at, what->ends[j]);
		}
		append_range(&rest, at, from->ends[i]);
	}
	return rest;
}

void
an_ranges_coarsen(AnRanges *ranges, int most)
{
	while (ranges->n > most)
	{
		int best = 1;

		for (int i = 2; i < ranges->n; i++)
			if (ranges->starts[i] - ranges->ends[i - 1] <
				ranges->starts[best] - ranges->ends[best - 1])
				best = i;
		ranges->ends[best - 1] = ranges->ends[best];
		memmove(&ranges->starts[best], &ranges->starts[best + 1],
				(ranges->n - best - 1) * sizeof(TimestampTz));
		memmove(&ranges->ends[best], &ranges->ends[best + 1],
				(ranges->n - best - 1) * sizeof(TimestampTz));
		ranges->n--;
	}
}

bool
an_ranges_meet(const AnRanges *ranges, TimestampTz start, TimestampTz end)
{
	for (int i = 0; i < ranges->n; i++)
		if (start < ranges->ends[i] && end > ranges->starts[i])
			return true;
	return false;
}

/* Appends a range behind the others; one without an instant is left out. */
static void
append_range(AnRanges *ranges, TimestampTz start, TimestampTz end)
{
	int n = ranges->n;

	if (start >= end)
		return;
	/* Room is doubled where the number is a power of two. */
	if (n == 0)
	{
		ranges->starts = palloc(sizeof(TimestampTz));
		ranges->ends = palloc(sizeof(TimestampTz));
	}
	else if ((n & (n - 1)) == 0)
	{
		ranges->starts = repalloc_huge(ranges->starts, 2 * n * sizeof(TimestampTz));
		ranges->ends = repalloc_huge(ranges->ends, 2 * n * sizeof(TimestampTz));
	}
	ranges->starts[n] = start;
	ranges->ends[n] = end;
	ranges->n++;
}
