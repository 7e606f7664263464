/*
 * active.c - dau, wau, mau: different users of each day, and of the days that end with it
 *
 * A user counts on each day on which an event of theirs lies in the window of
 * 1, 7 or 30 days that ends with that day.  The active (user, day) pairs are
 * found by hashing; each pair opens an interval of days on which the user counts,
 * cut off where the user's next one begins, so that nobody counts twice.  What
 * comes back is how many intervals go from one day to another: a running sum of
 * those that begin less those that end is the answer, whatever the width of the
 * window.  Days are counted by their date: a zone may have skipped one.
 */
#include "series/series.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/tuplestore.h"

/* Arguments of dau, wau and mau, by position. */
enum
{
	ARG_SOURCE,
	ARG_START, /* this and the next: an_range_arguments */
	ARG_FINISH,
	ARG_DIMENSION,
	ARG_METHOD,
	ARG_EVENTS,
	ARG_TIMEZONE,
	ARG_TENANT,
};

/* What is asked. */
typedef struct Request
{
	AnSource *source;		 /* the source */
	AnTimeView *view;		 /* its times in the zone of the days */
	AnExpression *dimension; /* what the users are broken down by, or NULL */
	List *events;			 /* names of the events that make a user active, or NIL for all */
	char *tenant;			 /* tenant, or NULL */
	int window;				 /* days that a user stays active: 1, 7, 30 */
	AnBuckets *days;		 /* the days of the answer */
	AnBinner *binner;		 /* finds the days of the zone */
	DateADT first_day;		 /* date of the first of them */
	int n_dates;	  /* dates from the first to the last of them; a zone can have skipped one */
	int first_active; /* first date with a user, counted from first_day; n_dates: none */
} Request;

/* Users of one value of the dimension. */
typedef struct Series
{
	char *dimension; /* the value, or NULL */
	int64 *users; /* for each date: first how many come less how many go, then how many there are */
} Series;

static Datum active_internal(FunctionCallInfo fcinfo, int window);
static void read_request(FunctionCallInfo fcinfo, AnSpi *spi, Request *request);
static void find_days(Request *request, TimestampTz start, TimestampTz finish);
static AnExpression *find_dimension(AnSpi *spi, const AnSource *source, const char *name);
static void append_active(AnQuery *query, const Request *request);
static TimestampTz window_start(const Request *request, int d);
static char *date_sql(AnQuery *query, const Request *request);
static void append_changes(AnQuery *query, const Request *request);
static List *read_series(AnSpi *spi, Request *request);
static Series *find_series(List **list, const char *dimension, int n_dates);
static int compare_series(const ListCell *a, const ListCell *b);
static TimestampTz first_of(AnSpi *spi, const Request *request);
static void emit(ReturnSetInfo *rsinfo, const Request *request, List *list, TimestampTz first);
static DateADT date_of(TimestampTz at, pg_tz *zone);

/* Users of each day.  Errors as time_series; 22023 for a method or dimension that is not known. */
AN_SQL(dau)
{
	return active_internal(fcinfo, 1);
}

/* Users of the 7 days that end with each day. */
AN_SQL(wau)
{
	return active_internal(fcinfo, 7);
}

/* Users of the 30 days that end with each day. */
AN_SQL(mau)
{
	return active_internal(fcinfo, 30);
}

static Datum
active_internal(FunctionCallInfo fcinfo, int window)
{
	Request request = {.window = window};
	AnSpi spi;
	List *list;

	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	read_request(fcinfo, &spi, &request);
	list = read_series(&spi, &request);
	emit((ReturnSetInfo *) fcinfo->resultinfo, &request, list, first_of(&spi, &request));
	an_spi_end(&spi);
	return (Datum) 0;
}

static void
read_request(FunctionCallInfo fcinfo, AnSpi *spi, Request *request)
{
	char *source = an_arg_required(fcinfo, ARG_SOURCE, "source");
	char *method = an_arg_required(fcinfo, ARG_METHOD, "method");
	char *dimension = an_arg_text(fcinfo, ARG_DIMENSION);
	TimestampTz start, finish;

	an_range_arguments(fcinfo, true, &start, &finish);
	/* Counting exactly keeps every promise that an approximation makes. */
	if (strcmp(method, "approx") != 0 && strcmp(method, "exact") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("method \"%s\" is not known", an_shown(method)),
						errhint("Use approx or exact.")));
	request->source = an_source_load(spi, source);
	request->view = an_source_time(request->source, an_arg_text(fcinfo, ARG_TIMEZONE), false);
	request->tenant = an_arg_text(fcinfo, ARG_TENANT);
	if (!PG_ARGISNULL(ARG_EVENTS))
		request->events = an_text_list(PG_GETARG_DATUM(ARG_EVENTS), "events");
	if (!PG_ARGISNULL(ARG_EVENTS) && request->source->roles[AN_ROLE_EVENT].text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("source \"%s\" has no event names", source),
				 errhint("Name their column with alter_source('%s', event => ...).", source)));
	if (!PG_ARGISNULL(ARG_EVENTS) && request->events == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("argument \"events\" is empty"),
				 errhint("Leave it NULL to count users with any event.")));
	if (dimension)
		request->dimension = find_dimension(spi, request->source, dimension);
	find_days(request, start, finish);
}

static void
find_days(Request *request, TimestampTz start, TimestampTz finish)
{
	Interval day = {.day = 1};

	an_range_notice(start, finish, &day, request->view->zone, request->view->zone_name);
	request->days = an_buckets_make(start, finish, &day, request->view->zone);
	request->binner = an_binner_create(&day, request->view->zone);
	request->first_day = date_of(request->days->starts[0], request->view->zone);
	request->n_dates = date_of(request->days->starts[request->days->n - 1], request->view->zone) -
					   request->first_day + 1;
	request->first_active = request->n_dates;
}

/* Finds a dimension that some metric of the source declares, else a column of the relation. */
static AnExpression *
find_dimension(AnSpi *spi, const AnSource *source, const char *name)
{
	AnExpression *dimension = palloc(sizeof(AnExpression));
	AnQuery query;
	List *names = NIL;
	char *text = NULL;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT d.name, d.expression, m.name FROM analytics.metrics m, "
					 "unnest(m.dimensions, m.dimension_expressions) d(name, expression) "
					 "WHERE m.source = $%d UNION ALL "
					 "SELECT attname, quote_ident(attname), NULL FROM pg_attribute "
					 "WHERE attrelid = %u AND attnum > 0 AND NOT attisdropped ",
					 an_query_text(&query, source->name), source->relid);
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char *metric = an_spi_text(i, 3);

		names = lappend(names, an_spi_text(i, 1));
		if (strcmp(llast(names), name) != 0)
			continue;
		if (text == NULL)
			text = an_spi_text(i, 2);
		else if (metric && strcmp(text, an_spi_text(i, 2)) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_AMBIGUOUS_COLUMN),
					 errmsg("dimension \"%s\" of source \"%s\" is ambiguous", name, source->name),
					 errdetail("Metric \"%s\" declares it as another expression than a metric "
							   "before it.",
							   metric),
					 errhint("Declare it under a name of its own.")));
	}
	if (text == NULL)
	{
		const char *nearest = an_name_nearest(name, names);

		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a dimension of source \"%s\"", an_shown(name), source->name),
			 nearest
				 ? errhint("Perhaps you meant the dimension \"%s\".", nearest)
				 : errhint("Use a column of the relation, or a dimension of one of its metrics.")));
	}
	*dimension = an_expression_check(text, source->relid, psprintf("dimension \"%s\"", name));
	return dimension;
}

/* Appends the active pairs: one row for each day, value of the dimension and user. */
static void
append_active(AnQuery *query, const Request *request)
{
	const AnSource *source = request->source;
	Interval day = {.day = 1};
	Interval *width = palloc(sizeof(Interval));

	*width = day;
	appendStringInfoString(&query->sql, "SELECT ");
	an_time_bin(query, request->view, width);
	appendStringInfo(&query->sql, " AS day, (%s) AS entity", source->roles[AN_ROLE_ENTITY].text);
	/* A constant in its place would be hashed and sorted with every row. */
	if (request->dimension)
		appendStringInfo(&query->sql, ", ((%s)::text COLLATE pg_catalog.\"C\") AS dim",
						 request->dimension->text);
	appendStringInfo(&query->sql, " FROM %s WHERE ", source->relation);
	an_time_range(query, request->view,
				  request->window == 1 ? request->days->start : window_start(request, 0),
				  request->days->finish);
	appendStringInfo(&query->sql, " AND (%s) IS NOT NULL", source->roles[AN_ROLE_ENTITY].text);
	an_source_tenant(query, source, request->tenant);
	if (request->events)
	{
		appendStringInfoString(&query->sql, " AND ");
		an_any_of(query, &source->roles[AN_ROLE_EVENT], request->events);
	}
	appendStringInfoString(&query->sql,
						   request->dimension ? " GROUP BY 1, 2, 3" : " GROUP BY 1, 2");
}

/* Returns the instant where the window that ends with the day `d` begins: a day's first, whatever its clock then. */
static TimestampTz
window_start(const Request *request, int d)
{
	Interval before = {.day = request->window - 1};

	return an_bin_start(request->binner,
						an_civil_subtract(request->view->zone, request->days->starts[d], &before));
}

/*
 * Returns SQL for the date of the column "day".  Instants are looked up among the days that there
 * are: SQL's timezone() takes some zones' names for abbreviations.
 */
static char *
date_sql(AnQuery *query, const Request *request)
{
	const AnTimeView *view = request->view;
	Interval day = {.day = 1};
	AnBuckets *days;
	Datum *starts, *dates;
	ArrayType *start_array, *date_array;
	int n;

	if (view->type != TIMESTAMPTZOID)
		return "day::date";
	days = an_buckets_make(window_start(request, 0), request->days->finish, &day, view->zone);
	starts = palloc(days->n * sizeof(Datum));
	dates = palloc(days->n * sizeof(Datum));
	for (int i = 0; i < days->n; i++)
	{
		starts[i] = TimestampTzGetDatum(days->starts[i]);
		dates[i] = DateADTGetDatum(date_of(days->starts[i], view->zone));
	}
	start_array =
		construct_array(starts, days->n, TIMESTAMPTZOID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
	date_array = construct_array(dates, days->n, DATEOID, 4, true, TYPALIGN_INT);
	n = an_query_param(query, TIMESTAMPTZARRAYOID, PointerGetDatum(start_array), false);
	return psprintf("($%d)[width_bucket(day, $%d)]",
					an_query_param(query, DATEARRAYOID, PointerGetDatum(date_array), false), n);
}

/*
 * Writes the statement: number of the day from the first one, that of the day
 * from which on it is over (where the window is longer than a day), how many,
 * value of the dimension.
 */
static void
append_changes(AnQuery *query, const Request *request)
{
	char *date = date_sql(query, request);
	const char *dim = request->dimension ? ", dim" : "";
	int first = an_query_param(query, DATEOID, DateADTGetDatum(request->first_day), false);

	appendStringInfo(&query->sql, "WITH active AS (");
	append_active(query, request);
	if (request->window == 1)
		appendStringInfo(&query->sql,
						 "), counts AS (SELECT day%s, count(*) AS n FROM active GROUP BY day%s) "
						 "SELECT %s - $%d, NULL::int, n%s FROM counts",
						 dim, dim, date, first, dim);
	else
		appendStringInfo(&query->sql,
						 "), days AS (SELECT %s - $%d AS day, entity%s FROM active), "
						 "spans AS (SELECT day, LEAST(day + %d, lead(day) OVER (PARTITION BY "
						 "entity%s ORDER BY day)) AS until%s FROM days) "
						 "SELECT day, until, count(*)%s FROM spans GROUP BY day, until%s",
						 date, first, dim, request->window, dim, dim, dim, dim);
	/* find_series wants the rows of one value together. */
	if (request->dimension)
		appendStringInfoString(&query->sql, " ORDER BY dim");
}

/* Reads the changes of every value of the dimension; days before the first one are carried into it. */
static List *
read_series(AnSpi *spi, Request *request)
{
	int n_dates = request->n_dates;
	List *list = NIL;
	ListCell *lc;
	AnQuery query;

	if (request->dimension == NULL)
		(void) find_series(&list, NULL, n_dates);
	an_query_init(&query);
	append_changes(&query, request);
	(void) an_query_run(spi, &query, 0);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		bool isnull;
		int day = DatumGetInt32(an_spi_datum(row, 1, &isnull));
		int64 n = DatumGetInt64(an_spi_datum(row, 3, &isnull));
		int until = DatumGetInt32(an_spi_datum(row, 2, &isnull));
		Series *series =
			find_series(&list, request->dimension ? an_spi_text(row, 4) : NULL, n_dates);

		CHECK_FOR_INTERRUPTS();
		request->first_active = Min(request->first_active, day);
		if (day < n_dates)
			series->users[Max(day, 0)] += n;
		if (!isnull && until < n_dates)
			series->users[Max(until, 0)] -= n;
	}
	if (request->window > 1)
		foreach (lc, list)
			for (int i = 1; i < n_dates; i++)
				((Series *) lfirst(lc))->users[i] += ((Series *) lfirst(lc))->users[i - 1];
	list_sort(list, compare_series);
	return list;
}

/* Returns the series of a value, or makes it; the rows come in the order of the values. */
static Series *
find_series(List **list, const char *dimension, int n_dates)
{
	Series *series = *list ? llast(*list) : NULL;
	if (series && (series->dimension == NULL) == (dimension == NULL) &&
		(dimension == NULL || strcmp(series->dimension, dimension) == 0))
		return series;
	if ((int64) (list_length(*list) + 1) * n_dates > AN_CELLS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the answer has more than %d cells", AN_CELLS_MAX),
						errhint("Use a shorter range or a dimension with fewer values.")));
	series = palloc0(sizeof(Series));
	series->dimension = dimension ? pstrdup(dimension) : NULL;
	series->users = palloc0(n_dates * sizeof(int64));
	*list = lappend(*list, series);
	return series;
}

/* Orders by the dimension's bytes, NULL last. */
static int
compare_series(const ListCell *a, const ListCell *b)
{
	const Series *left = lfirst(a), *right = lfirst(b);

	if (left->dimension == NULL || right->dimension == NULL)
		return (left->dimension == NULL) - (right->dimension == NULL);
	return strcmp(left->dimension, right->dimension);
}

/*
 * Returns the first event's instant as far as it matters for the first window.
 * The first active day is known: only events before it are looked for.
 */
static TimestampTz
first_of(AnSpi *spi, const Request *request)
{
	Interval until = {.day = request->first_active};
	TimestampTz start = window_start(request, 0);
	TimestampTz finish = request->days->finish, seen;

	if (request->first_active >= request->n_dates)
		return an_source_first(spi, request->view, request->tenant, start, finish);
	seen = an_bin_start(request->binner,
						an_civil_shift(request->view->zone, request->days->starts[0], &until)) +
		   1;
	return Min(seen,
			   an_source_first(spi, request->view, request->tenant, start, Min(finish, seen)));
}

static void
emit(ReturnSetInfo *rsinfo, const Request *request, List *list, TimestampTz first)
{
	const AnBuckets *days = request->days;
	TimestampTz now = an_now();

	for (int d = 0; d < days->n; d++)
	{
		TimestampTz from = window_start(request, d);
		bool complete = days->ends[d] <= now && from >= first && days->starts[d] >= days->start &&
						days->ends[d] <= days->finish;
		DateADT date = date_of(days->starts[d], request->view->zone);
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		foreach (lc, list)
		{
			Series *series = lfirst(lc);
			Datum values[4];
			bool nulls[4] = {false};

			values[0] = DateADTGetDatum(date);
			values[1] = series->dimension ? CStringGetTextDatum(series->dimension) : (Datum) 0;
			nulls[1] = series->dimension == NULL;
			values[2] = Int64GetDatum(series->users[date - request->first_day]);
			values[3] = BoolGetDatum(complete);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	}
}

static DateADT
date_of(TimestampTz at, pg_tz *zone)
{
	return DatumGetDateADT(
		DirectFunctionCall1(timestamp_date, TimestampGetDatum(an_wall_clock(zone, at))));
}
