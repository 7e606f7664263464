/*
 * active.c - dau, wau, mau: different users of each day, and of the days that end with it
 *
 * A user counts on each day on which an event of theirs lies in the window of
 * 1, 7 or 30 days that ends with that day.
 */
#include "series/active.h"

#include "funcapi.h"
#include "utils/builtins.h"
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

static Datum active_internal(FunctionCallInfo fcinfo, int window);
static void read_request(FunctionCallInfo fcinfo, AnSpi *spi, AnActive *active);
static bool read_method(FunctionCallInfo fcinfo);
static void find_days(AnActive *active, TimestampTz start, TimestampTz finish);
static TimestampTz first_of(AnSpi *spi, const AnActive *active);
static void emit(ReturnSetInfo *rsinfo, const AnActive *active, List *list, TimestampTz first);

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
	AnActive active = {.window = window};
	AnSpi spi;
	List *list;

	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	read_request(fcinfo, &spi, &active);
	list = an_active_read(&spi, &active);
	emit((ReturnSetInfo *) fcinfo->resultinfo, &active, list, first_of(&spi, &active));
	an_spi_end(&spi);
	return (Datum) 0;
}

static void
read_request(FunctionCallInfo fcinfo, AnSpi *spi, AnActive *active)
{
	char *source = an_arg_required(fcinfo, ARG_SOURCE, "source");
	char *dimension = an_arg_text(fcinfo, ARG_DIMENSION);
	TimestampTz start, finish;

	active->exact = read_method(fcinfo);
	an_range_arguments(fcinfo, true, &start, &finish);
	active->source = an_source_load(spi, source);
	active->view = an_source_time(active->source, an_arg_text(fcinfo, ARG_TIMEZONE), false);
	active->tenant = an_arg_text(fcinfo, ARG_TENANT);
	if (!PG_ARGISNULL(ARG_EVENTS))
		active->events = an_text_list(PG_GETARG_DATUM(ARG_EVENTS), "events");
	if (!PG_ARGISNULL(ARG_EVENTS) && active->source->roles[AN_ROLE_EVENT].text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("source \"%s\" has no event names", source),
				 errhint("Name their column with alter_source('%s', event => ...).", source)));
	if (!PG_ARGISNULL(ARG_EVENTS) && active->events == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("argument \"events\" is empty"),
				 errhint("Leave it NULL to count users with any event.")));
	if (dimension)
		active->dimensions = an_dimensions(spi, active->source, dimension);
	find_days(active, start, finish);
}

/* Tells whether users are to be counted exactly. */
static bool
read_method(FunctionCallInfo fcinfo)
{
	char *method = an_arg_required(fcinfo, ARG_METHOD, "method");

	if (strcmp(method, "approx") != 0 && strcmp(method, "exact") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("method \"%s\" is not known", an_shown(method)),
						errhint("Use approx or exact.")));
	return strcmp(method, "exact") == 0;
}

static void
find_days(AnActive *active, TimestampTz start, TimestampTz finish)
{
	Interval day = {.day = 1};
	pg_tz *zone = active->view->zone;

	an_range_notice(start, finish, &day, zone, active->view->zone_name);
	active->binner = an_binner_create(&day, zone);
	active->days = an_buckets_make(start, finish, &day, zone);
	active->active = an_buckets_make(an_active_window(active, 0), finish, &day, zone);
	active->cut_clock = an_buckets_cut_clock(active->active, active->view, &day);
	active->first_day = an_active_date(active, active->days->starts[0]);
	active->n_dates =
		an_active_date(active, active->days->starts[active->days->n - 1]) - active->first_day + 1;
}

TimestampTz
an_active_window(const AnActive *active, int d)
{
	Interval before = {.day = active->window - 1};

	return an_bin_start(active->binner,
						an_civil_subtract(active->view->zone, active->days->starts[d], &before));
}

DateADT
an_active_date(const AnActive *active, TimestampTz at)
{
	return DatumGetDateADT(DirectFunctionCall1(
		timestamp_date, TimestampGetDatum(an_wall_clock(active->view->zone, at))));
}

/*
 * Returns the first event's instant as far as it matters for the first window.
 * The first active day is known: only events before it are looked for.
 */
static TimestampTz
first_of(AnSpi *spi, const AnActive *active)
{
	Interval until = {.day = active->first_active};
	TimestampTz start = active->active->starts[0];
	TimestampTz finish = active->days->finish, seen;

	if (active->first_active >= active->n_dates)
		return an_source_first(spi, active->view, active->tenant, start, finish);
	seen = an_bin_start(active->binner,
						an_civil_shift(active->view->zone, active->days->starts[0], &until)) +
		   1;
	return Min(seen, an_source_first(spi, active->view, active->tenant, start, Min(finish, seen)));
}

static void
emit(ReturnSetInfo *rsinfo, const AnActive *active, List *list, TimestampTz first)
{
	const AnBuckets *days = active->days;
	TimestampTz now = an_now();

	for (int d = 0; d < days->n; d++)
	{
		TimestampTz from = an_active_window(active, d);
		bool complete = days->ends[d] <= now && from >= first && days->starts[d] >= days->start &&
						days->ends[d] <= days->finish;
		DateADT date = an_active_date(active, days->starts[d]);
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		foreach (lc, list)
		{
			AnActiveSeries *series = lfirst(lc);
			Datum values[4];
			bool nulls[4] = {false};

			values[0] = DateADTGetDatum(date);
			values[1] = series->dimension ? CStringGetTextDatum(series->dimension) : (Datum) 0;
			nulls[1] = series->dimension == NULL;
			values[2] = Int64GetDatum(series->users[date - active->first_day]);
			values[3] = BoolGetDatum(complete);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	}
}
