/*
 * series.c - bin_series, year_ago: the calendar's set and its look back
 */
#include "base/base.h"

#include "funcapi.h"
#include "nodes/supportnodes.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "calendar/bin.h"

/* One bin_series in progress. */
typedef struct Series
{
	AnBinner binner;	/* width and zone */
	TimestampTz next;	/* start of the next bin to return */
	TimestampTz finish; /* none from here on */
} Series;

static char *optional_text(FunctionCallInfo fcinfo, int arg);
static Series *series_begin(FunctionCallInfo fcinfo);

/*
 * bin_series(start, finish, width, timezone, origin, shift): the starts of all
 * bins that have a part in [start, finish), in order.  The first may lie before
 * start.  NULL start, finish or width: no rows.
 */
AN_SQL(bin_series)
{
	FuncCallContext *srf;
	Series *series;
	TimestampTz start;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext caller;

		srf = SRF_FIRSTCALL_INIT();
		caller = MemoryContextSwitchTo(srf->multi_call_memory_ctx);
		srf->user_fctx = series_begin(fcinfo);
		MemoryContextSwitchTo(caller);
	}
	srf = SRF_PERCALL_SETUP();
	series = srf->user_fctx;
	if (series == NULL || series->next >= series->finish)
		SRF_RETURN_DONE(srf);
	start = series->next;
	an_binner_load(&series->binner, start);
	series->next = series->binner.end;
	SRF_RETURN_NEXT(srf, TimestampTzGetDatum(start));
}

/* Checks the arguments; NULL where one that is needed is NULL. */
static Series *
series_begin(FunctionCallInfo fcinfo)
{
	Series *series;
	TimestampTz start, origin = 0;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return NULL;
	start = PG_GETARG_TIMESTAMPTZ(0);
	series = palloc(sizeof(Series));
	series->finish = PG_GETARG_TIMESTAMPTZ(1);
	if (TIMESTAMP_NOT_FINITE(start) || TIMESTAMP_NOT_FINITE(series->finish))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("start and finish must be finite"),
						errhint("A series of bins has a beginning and an end.")));
	if (start >= series->finish)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("start %s must be before finish %s", pstrdup(timestamptz_to_str(start)),
						timestamptz_to_str(series->finish)),
				 errhint("A range holds its start and not its finish.")));
	if (!PG_ARGISNULL(4))
		origin = PG_GETARG_TIMESTAMPTZ(4);
	if (TIMESTAMP_NOT_FINITE(origin))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("origin must be finite"),
						errhint("Give a time at which one bin begins.")));
	an_binner_init(&series->binner, AN_KIND_INSTANT, PG_GETARG_INTERVAL_P(2),
				   an_zone_or_default(optional_text(fcinfo, 3)), PG_ARGISNULL(4) ? NULL : &origin,
				   PG_ARGISNULL(5) ? NULL : PG_GETARG_INTERVAL_P(5));
	series->next = an_bin_start(&series->binner, start);
	return series;
}

/* Tells the planner how many rows bin_series returns, where its arguments are known. */
AN_SQL(bin_series_support)
{
	SupportRequestRows *request = (SupportRequestRows *) PG_GETARG_POINTER(0);
	Const *known[3];
	double width_us;
	Interval *width;

	if (!IsA(request, SupportRequestRows) || !IsA(request->node, FuncExpr))
		PG_RETURN_POINTER(NULL);
	for (int i = 0; i < 3; i++)
	{
		Node *arg = list_nth(((FuncExpr *) request->node)->args, i);

		known[i] = (Const *) an_estimate_value(request->root, arg);
		if (!IsA(known[i], Const))
			PG_RETURN_POINTER(NULL);
	}
	if (known[0]->constisnull || known[1]->constisnull || known[2]->constisnull)
	{
		request->rows = 0;
		PG_RETURN_POINTER(request);
	}
	width = DatumGetIntervalP(known[2]->constvalue);
	width_us = an_width_us(width);
	if (width_us <= 0)
		PG_RETURN_POINTER(NULL);
	request->rows = Max(1.0, ((double) DatumGetTimestampTz(known[1]->constvalue) -
							  (double) DatumGetTimestampTz(known[0]->constvalue)) /
								 width_us);
	PG_RETURN_POINTER(request);
}

/* year_ago(date, align, timezone): a date is civil already; the zone is only checked. */
AN_SQL(year_ago_date)
{
	AnAlign align;
	DateADT date;
	int64 day;
	char *zone = optional_text(fcinfo, 2);

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	align = an_align_parse(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	if (zone)
		an_zone_find(zone);
	date = PG_GETARG_DATEADT(0);
	if (DATE_NOT_FINITE(date))
		PG_RETURN_DATEADT(date);
	if (!an_day_year_ago(date, align, &day))
		PG_RETURN_NULL();
	if (!IS_VALID_DATE(day))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("date out of range")));
	PG_RETURN_DATEADT((DateADT) day);
}

/* year_ago(timestamptz, align, timezone): the clock time in the zone is kept. */
AN_SQL(year_ago)
{
	TimestampTz result;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (!an_year_ago(an_zone_or_default(optional_text(fcinfo, 2)), PG_GETARG_TIMESTAMPTZ(0),
					 an_align_parse(text_to_cstring(PG_GETARG_TEXT_PP(1))), &result))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(result);
}

/* Returns a text argument as a string, NULL for NULL. */
static char *
optional_text(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(arg));
}
