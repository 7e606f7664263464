/*
 * active_read.c - the users of each day, and of the days that end with it, read from the source
 *
 * Users of one day are counted by an aggregate, exactly or by sketches.  For a
 * longer window:
 *
 * By sketches: one of each day (and value of the dimensions), and their unions
 * over the windows (windows.c).
 *
 * Exactly: the active (user, day) pairs are found by hashing; each pair opens an
 * interval of days on which the user counts, cut off where the user's next one
 * begins, so that nobody counts twice.  What comes back is how many intervals go
 * from one day to another: a running sum of those that begin less those that end
 * is the answer, whatever the width of the window.
 *
 * Days are counted by their date: a zone may have skipped one.
 */
#include "series/active.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"

/* Collects the sketches of one value of the dimensions, and makes its series of them. */
typedef struct Collector
{
	AnActive *active;		/* what is asked */
	List *list;				/* AnActiveSeries * made so far */
	MemoryContext caller;	/* context of the list */
	MemoryContext context;	/* context of the sketches */
	AnActiveSeries *series; /* the one whose sketches come, or NULL */
	Datum *sketches; /* its sketches by day, from the first day of the first window; 0: none */
} Collector;

static void read_counts(AnSpi *spi, AnActive *active, List **list);
static void read_sketches(AnSpi *spi, AnActive *active, List **list);
static void collect(void *arg, const Datum *values, const bool *nulls);
static void finish_series(Collector *collector);
static int compare_series(const ListCell *a, const ListCell *b);
static void append_counts(AnSpi *spi, AnQuery *query, const AnActive *active, bool sketches);
static void append_changes(AnQuery *query, const AnActive *active);
static void append_events(AnQuery *query, const AnActive *active, const char *aggregate);
static void append_day(AnQuery *query, const AnActive *active);
static char *date_sql(AnQuery *query, const AnActive *active);
static char *group_sql(const AnActive *active);
static char *label_sql(const AnActive *active);

List *
an_active_read(AnSpi *spi, AnActive *active)
{
	List *list = NIL;

	active->first_active = active->n_dates;
	if (active->dimensions == NIL)
		(void) an_active_series(&list, NULL, active->n_dates);
	if (active->window > 1 && !active->exact)
		read_sketches(spi, active, &list);
	else
		read_counts(spi, active, &list);
	list_sort(list, compare_series);
	return list;
}

AnActiveSeries *
an_active_series(List **list, const char *dimension, int n_dates)
{
	AnActiveSeries *series = *list ? llast(*list) : NULL;

	if (series && (series->dimension == NULL) == (dimension == NULL) &&
		(dimension == NULL || strcmp(series->dimension, dimension) == 0))
		return series;
	if ((int64) (list_length(*list) + 1) * n_dates > AN_CELLS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the answer has more than %d cells", AN_CELLS_MAX),
						errhint("Use a shorter range or a dimension with fewer values.")));
	series = palloc0(sizeof(AnActiveSeries));
	series->dimension = dimension ? pstrdup(dimension) : NULL;
	series->users = palloc0(n_dates * sizeof(int64));
	*list = lappend(*list, series);
	return series;
}

/* Reads counts of days, or changes from day to day; days before the first one are carried into it. */
static void
read_counts(AnSpi *spi, AnActive *active, List **list)
{
	int n_dates = active->n_dates;
	ListCell *lc;
	AnQuery query;

	an_query_init(&query);
	if (active->window == 1)
		append_counts(spi, &query, active, false);
	else
		append_changes(&query, active);
	(void) an_query_run(spi, &query, 0);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool isnull;
		int day = DatumGetInt32(an_spi_datum(row, 1, &isnull));
		int64 n = DatumGetInt64(an_spi_datum(row, 2, &isnull));
		int until = DatumGetInt32(an_spi_datum(row, 4, &isnull));
		AnActiveSeries *series = an_active_series(list, an_spi_text(row, 3), n_dates);

		CHECK_FOR_INTERRUPTS();
		active->first_active = Min(active->first_active, day);
		if (day < n_dates)
			series->users[Max(day, 0)] += n;
		if (!isnull && until < n_dates)
			series->users[Max(until, 0)] -= n;
	}
	if (active->window > 1)
		foreach (lc, *list)
			for (int i = 1; i < n_dates; i++)
				((AnActiveSeries *) lfirst(lc))->users[i] +=
					((AnActiveSeries *) lfirst(lc))->users[i - 1];
}

/* Reads sketches of days, value by value, and keeps no more than those of one. */
static void
read_sketches(AnSpi *spi, AnActive *active, List **list)
{
	Collector collector = {
		.active = active,
		.list = *list,
		.caller = CurrentMemoryContext,
		.context = AllocSetContextCreate(CurrentMemoryContext, "analytics sketches of days",
										 ALLOCSET_DEFAULT_SIZES),
	};
	AnQuery query;

	an_query_init(&query);
	append_counts(spi, &query, active, true);
	(void) an_query_each(spi, &query, collect, &collector);
	finish_series(&collector);
	MemoryContextDelete(collector.context);
	*list = collector.list;
}

/* Takes one sketch. */
static void
collect(void *arg, const Datum *values, const bool *nulls)
{
	Collector *collector = arg;
	AnActive *active = collector->active;
	int day = DatumGetInt32(values[0]);
	char *dimension = nulls[2] ? NULL : TextDatumGetCString(values[2]);
	AnActiveSeries *series;

	MemoryContextSwitchTo(collector->caller);
	series = an_active_series(&collector->list, dimension, active->n_dates);
	if (series != collector->series)
	{
		finish_series(collector);
		collector->series = series;
		collector->sketches = MemoryContextAllocZero(
			collector->context, (active->n_dates + active->window - 1) * sizeof(Datum));
	}
	active->first_active = Min(active->first_active, day);
	MemoryContextSwitchTo(collector->context);
	day += active->window - 1;
	if (day < 0 || day >= active->n_dates + active->window - 1 || collector->sketches[day] != 0)
		elog(ERROR, "day %d is outside of its windows, or came twice", day);
	collector->sketches[day] = datumCopy(values[1], false, -1);
}

/* Makes the series of the sketches that were collected, and forgets them. */
static void
finish_series(Collector *collector)
{
	if (collector->series == NULL)
		return;
	an_windows_count(collector->sketches, collector->active->n_dates, collector->active->window,
					 collector->series->users);
	MemoryContextReset(collector->context);
	collector->series = NULL;
}

/* Orders by the dimension's bytes, NULL last. */
static int
compare_series(const ListCell *a, const ListCell *b)
{
	const AnActiveSeries *left = lfirst(a), *right = lfirst(b);

	if (left->dimension == NULL || right->dimension == NULL)
		return (left->dimension == NULL) - (right->dimension == NULL);
	return strcmp(left->dimension, right->dimension);
}

/*
 * Writes the statement of users by day: number of the day from the first one, their count (`sketches`: a
 * sketch of them), value of the dimensions.
 */
static void
append_counts(AnSpi *spi, AnQuery *query, const AnActive *active, bool sketches)
{
	char *group = group_sql(active);
	AnQuery states;
	const char *count = "n";

	an_query_init(&states);
	if (an_active_rollup_sql(spi, &states, active))
	{
		if (!sketches)
			count = active->exact ? "analytics.distinct_count(n)" : "analytics.hll_count(n)";
	}
	else
		append_events(&states, active,
					  sketches		  ? "hll_agg"
					  : active->exact ? "count_distinct"
									  : "approx_count_distinct");
	/* Its parameters come first. */
	*query = states;
	initStringInfo(&query->sql);
	appendStringInfo(&query->sql, "SELECT %s, %s, %s, NULL::int FROM (", date_sql(query, active),
					 count, label_sql(active));
	appendStringInfoString(&query->sql, states.sql.data);
	/* an_active_series wants the rows of one value together. */
	appendStringInfo(&query->sql, ") s%s%s", active->dimensions ? " ORDER BY " : "",
					 active->dimensions ? group + 2 : "");
}

/*
 * Writes the statement of changes: number of the day from the first one, how many come, value of the
 * dimensions, number of the day on which these are gone.
 */
static void
append_changes(AnQuery *query, const AnActive *active)
{
	char *group = group_sql(active);

	appendStringInfoString(&query->sql, "WITH active AS (");
	append_events(query, active, NULL);
	appendStringInfo(&query->sql,
					 "), days AS (SELECT %s AS day, n%s FROM active), "
					 "spans AS (SELECT day, LEAST(day + %d, lead(day) OVER (PARTITION BY "
					 "n%s ORDER BY day)) AS until%s FROM days) "
					 "SELECT day, count(*), %s, until FROM spans GROUP BY day, until%s",
					 date_sql(query, active), group, active->window, group, group,
					 label_sql(active), group);
	if (active->dimensions)
		appendStringInfo(&query->sql, " ORDER BY %s", group + 2);
}

/*
 * Appends the events: one row for each day and value of the dimensions, with an aggregate of their users as n;
 * without an aggregate one row for each user too.
 */
static void
append_events(AnQuery *query, const AnActive *active, const char *aggregate)
{
	const AnSource *source = active->source;
	const char *entity = source->roles[AN_ROLE_ENTITY].text;
	int n_keys = 1;
	ListCell *lc;

	appendStringInfoString(&query->sql, "SELECT ");
	append_day(query, active);
	appendStringInfoString(&query->sql, " AS day");
	foreach (lc, active->dimensions)
		appendStringInfo(&query->sql, ", ((%s)::text COLLATE pg_catalog.\"C\") AS d%d",
						 ((AnDimension *) lfirst(lc))->expression.text, n_keys++);
	if (aggregate)
		appendStringInfo(&query->sql, ", analytics.%s((%s)) AS n", aggregate, entity);
	else
	{
		appendStringInfo(&query->sql, ", (%s) AS n", entity);
		n_keys++;
	}
	appendStringInfo(&query->sql, " FROM %s WHERE ", source->relation);
	an_time_range(query, active->view,
				  active->window == 1 ? active->days->start : active->active->starts[0],
				  active->days->finish);
	appendStringInfo(&query->sql, " AND (%s) IS NOT NULL", entity);
	an_source_tenant(query, source, active->tenant);
	if (active->events)
	{
		appendStringInfoString(&query->sql, " AND ");
		an_any_of(query, &source->roles[AN_ROLE_EVENT], active->events);
	}
	appendStringInfoString(&query->sql, " GROUP BY 1");
	for (int i = 2; i <= n_keys; i++)
		appendStringInfo(&query->sql, ", %d", i);
}

/* Appends the day of an event, as a time of the view's type. */
static void
append_day(AnQuery *query, const AnActive *active)
{
	Interval *width;
	int n;

	if (active->cut_clock)
	{
		n = an_time_array(query, active->view, active->active->n, active->active->starts);
		appendStringInfo(&query->sql, "($%d)[width_bucket(%s, $%d)]", n, active->view->sql, n);
		return;
	}
	width = palloc0(sizeof(Interval));
	width->day = 1;
	an_time_bin(query, active->view, width);
}

/*
 * Returns SQL for the number of the column "day", a date counted from the first day of the answer.  Instants are looked up
 * among the days that there are: SQL's timezone() takes some zones' names for abbreviations.
 */
static char *
date_sql(AnQuery *query, const AnActive *active)
{
	const AnBuckets *days = active->active;
	int first = an_query_param(query, DATEOID, DateADTGetDatum(active->first_day), false);
	Datum *dates;
	ArrayType *array;
	int n;

	if (active->view->type != TIMESTAMPTZOID && !active->cut_clock)
		return psprintf("day::date - $%d", first);
	dates = palloc(days->n * sizeof(Datum));
	for (int i = 0; i < days->n; i++)
		dates[i] = DateADTGetDatum(an_active_date(active, days->starts[i]));
	array = construct_array(dates, days->n, DATEOID, sizeof(DateADT), true, TYPALIGN_INT);
	n = an_time_array(query, active->view, days->n, days->starts);
	return psprintf("($%d)[width_bucket(day, $%d)] - $%d",
					an_query_param(query, DATEARRAYOID, PointerGetDatum(array), false), n, first);
}

/* Returns ", d1, d2 ...": the columns of the dimensions, or "". */
static char *
group_sql(const AnActive *active)
{
	StringInfoData group;

	initStringInfo(&group);
	for (int i = 1; i <= list_length(active->dimensions); i++)
		appendStringInfo(&group, ", d%d", i);
	return group.data;
}

/* Returns SQL for the value of the dimensions as the answer shows it: of one as it is, of several a JSON object. */
static char *
label_sql(const AnActive *active)
{
	StringInfoData label;
	ListCell *lc;

	if (active->dimensions == NIL)
		return "NULL::text";
	if (list_length(active->dimensions) == 1)
		return "d1";
	initStringInfo(&label);
	foreach (lc, active->dimensions)
		appendStringInfo(&label, "%s%s, d%d", label.len ? ", " : "jsonb_build_object(",
						 quote_literal_cstr(((AnDimension *) lfirst(lc))->name),
						 foreach_current_index(lc) + 1);
	appendStringInfoString(&label, ")::text");
	return label.data;
}
