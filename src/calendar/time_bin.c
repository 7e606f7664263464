/*
 * time_bin.c - time_bin, bin_end, and the two bounds that the planner uses
 *
 * Every form shares one body.  A call site keeps its width, zone and last bin
 * in fn_extra: rows that fall into the bin of the row before cost two
 * comparisons, and a constant zone is looked up once.  Arguments that can
 * change from row to row are compared with those of the call before.
 */
#include "base/base.h"

#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "calendar/bin.h"

/* Where a form has its arguments; 0 and 1 are always the width and the time. */
typedef struct BinForm
{
	AnTimeKind kind; /* type of the time and of the result */
	int zone_arg;	 /* argument with the zone's name, -1 where the form has none */
	int origin_arg;	 /* argument with the origin; the shift follows it */
} BinForm;

static const BinForm form_default = {AN_KIND_INSTANT, -1, 2};
static const BinForm form_zone = {AN_KIND_INSTANT, 2, 3};
static const BinForm form_timestamp = {AN_KIND_CIVIL, -1, 2};
static const BinForm form_date = {AN_KIND_DATE, -1, 2};
static const BinForm form_date_zone = {AN_KIND_DATE, 2, 3};

/* What a call site remembers. */
typedef struct BinCall
{
	AnBinner binner;				   /* width, zone and last bin */
	bool constant;					   /* no argument but the time can change at this call site */
	bool from_setting;				   /* the zone is that of a setting, which can */
	bool ready;						   /* binner and what follows are filled */
	Interval width;					   /* arguments that the binner was made of */
	Interval shift;					   /* if has_shift */
	int64 origin;					   /* if has_origin, in ticks of the kind */
	bool has_origin;				   /* an origin was given */
	bool has_shift;					   /* a shift was given */
	pg_tz *session_zone;			   /* TimeZone then; only where no zone was given */
	bool has_zone;					   /* a zone was given */
	char zone_name[TZ_STRLEN_MAX + 1]; /* its name; without one, analytics.timezone then */
} BinCall;

/* What is asked of a bin. */
typedef enum BinAnswer
{
	BIN_START, /* its start */
	BIN_END,   /* its end */
	BIN_FIRST, /* the first time whose bin starts at or after the given one */
	BIN_LAST,  /* the last time whose bin starts at or before the given one */
} BinAnswer;

static Datum bin_slow(FunctionCallInfo fcinfo, const BinForm *form, BinAnswer answer);

/* Returns the time argument in ticks; INT64_MIN and INT64_MAX are the infinities. */
static inline int64
get_time(FunctionCallInfo fcinfo, int arg, AnTimeKind kind)
{
	DateADT date;

	if (kind != AN_KIND_DATE)
		return PG_GETARG_INT64(arg);
	date = PG_GETARG_DATEADT(arg);
	return DATE_IS_NOBEGIN(date) ? PG_INT64_MIN : DATE_IS_NOEND(date) ? PG_INT64_MAX : date;
}

static inline Datum
make_result(AnTimeKind kind, int64 value)
{
	if (kind != AN_KIND_DATE)
		return Int64GetDatum(value);
	return DateADTGetDatum(value == PG_INT64_MIN   ? DATEVAL_NOBEGIN
						   : value == PG_INT64_MAX ? DATEVAL_NOEND
												   : (DateADT) value);
}

/* Tells whether the settings still say what they said when the call site was prepared. */
static inline bool
same_setting(const BinCall *call)
{
	return call->session_zone == session_timezone &&
		   strcmp(call->zone_name, an_timezone ? an_timezone : "") == 0;
}

/* The common case in as few steps as there are: the same bin as the row before. */
static inline Datum
bin_start(FunctionCallInfo fcinfo, const BinForm *form)
{
	BinCall *call = fcinfo->flinfo->fn_extra;

	if (likely(call != NULL && call->constant && !PG_ARGISNULL(1)) &&
		(!call->from_setting || same_setting(call)))
	{
		int64 at = get_time(fcinfo, 1, form->kind);

		if (at >= call->binner.start && at < call->binner.end)
			return make_result(form->kind, call->binner.start);
	}
	return bin_slow(fcinfo, form, BIN_START);
}

/* ------------------------------------------------------------------------
 * SQL entry points
 * ------------------------------------------------------------------------ */

/* time_bin(width, ts timestamptz, origin, shift): civil in the default zone. */
AN_SQL(time_bin)
{
	return bin_start(fcinfo, &form_default);
}

/* time_bin(width, ts timestamptz, timezone, origin, shift). */
AN_SQL(time_bin_zone)
{
	return bin_start(fcinfo, &form_zone);
}

AN_SQL(time_bin_timestamp)
{
	return bin_start(fcinfo, &form_timestamp);
}

AN_SQL(time_bin_date)
{
	return bin_start(fcinfo, &form_date);
}

/* time_bin(width, day date, timezone, ...): a date is civil already; the zone is only checked. */
AN_SQL(time_bin_date_zone)
{
	return bin_start(fcinfo, &form_date_zone);
}

AN_SQL(bin_end)
{
	return bin_slow(fcinfo, &form_default, BIN_END);
}

AN_SQL(bin_end_zone)
{
	return bin_slow(fcinfo, &form_zone, BIN_END);
}

AN_SQL(bin_end_timestamp)
{
	return bin_slow(fcinfo, &form_timestamp, BIN_END);
}

AN_SQL(bin_end_date)
{
	return bin_slow(fcinfo, &form_date, BIN_END);
}

AN_SQL(bin_end_date_zone)
{
	return bin_slow(fcinfo, &form_date_zone, BIN_END);
}

/*
 * time_bin_first and time_bin_last: time_bin(ts) >= c is ts >= first(c), and
 * time_bin(ts) <= c is ts <= last(c), for every c: infinite, no start of a bin,
 * or so near the end of the type that its bin does not end in it.
 */
AN_SQL(time_bin_first)
{
	return bin_slow(fcinfo, &form_default, BIN_FIRST);
}

AN_SQL(time_bin_first_zone)
{
	return bin_slow(fcinfo, &form_zone, BIN_FIRST);
}

AN_SQL(time_bin_first_timestamp)
{
	return bin_slow(fcinfo, &form_timestamp, BIN_FIRST);
}

AN_SQL(time_bin_first_date)
{
	return bin_slow(fcinfo, &form_date, BIN_FIRST);
}

AN_SQL(time_bin_first_date_zone)
{
	return bin_slow(fcinfo, &form_date_zone, BIN_FIRST);
}

AN_SQL(time_bin_last)
{
	return bin_slow(fcinfo, &form_default, BIN_LAST);
}

AN_SQL(time_bin_last_zone)
{
	return bin_slow(fcinfo, &form_zone, BIN_LAST);
}

AN_SQL(time_bin_last_timestamp)
{
	return bin_slow(fcinfo, &form_timestamp, BIN_LAST);
}

AN_SQL(time_bin_last_date)
{
	return bin_slow(fcinfo, &form_date, BIN_LAST);
}

AN_SQL(time_bin_last_date_zone)
{
	return bin_slow(fcinfo, &form_date_zone, BIN_LAST);
}

/* A timestamp without time zone cannot be moved to a zone: refuses, and says what to write. */
AN_SQL(time_bin_refuse)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		 errmsg("a timestamp without time zone cannot be binned in a time zone"),
		 errhint(
			 "Leave out the time zone to bin the clock times as they stand, or write ts AT TIME "
			 "ZONE 'UTC' for values that are in UTC.")));
}

/* ------------------------------------------------------------------------
 * Call sites
 * ------------------------------------------------------------------------ */

/* Tells whether an argument is what the call site's binner was made of. */
static bool
same_arguments(FunctionCallInfo fcinfo, const BinForm *form, const BinCall *call)
{
	int origin = form->origin_arg, shift = form->origin_arg + 1;

	if (memcmp(PG_GETARG_INTERVAL_P(0), &call->width, sizeof(Interval)) != 0 ||
		call->has_origin == PG_ARGISNULL(origin) || call->has_shift == PG_ARGISNULL(shift))
		return false;
	if (call->has_origin && get_time(fcinfo, origin, form->kind) != call->origin)
		return false;
	if (call->has_shift && memcmp(PG_GETARG_INTERVAL_P(shift), &call->shift, sizeof(Interval)) != 0)
		return false;
	if (form->kind == AN_KIND_CIVIL || (form->kind == AN_KIND_DATE && form->zone_arg < 0))
		return true;
	if (form->zone_arg >= 0 && !PG_ARGISNULL(form->zone_arg))
	{
		text *name = PG_GETARG_TEXT_PP(form->zone_arg);
		size_t size = VARSIZE_ANY_EXHDR(name);

		return call->has_zone && strlen(call->zone_name) == size &&
			   memcmp(VARDATA_ANY(name), call->zone_name, size) == 0;
	}
	return !call->has_zone && same_setting(call);
}

/* Returns the zone that a call means and notes in the call site what it came from. */
static pg_tz *
call_zone(FunctionCallInfo fcinfo, const BinForm *form, BinCall *call)
{
	const char *name = an_timezone ? an_timezone : "";
	pg_tz *zone;

	if (form->kind != AN_KIND_INSTANT && form->zone_arg < 0)
		return NULL;
	call->has_zone = form->zone_arg >= 0 && !PG_ARGISNULL(form->zone_arg);
	call->from_setting = !call->has_zone;
	call->session_zone = session_timezone;
	if (call->has_zone)
		name = text_to_cstring(PG_GETARG_TEXT_PP(form->zone_arg));
	zone = an_zone_or_default(call->has_zone ? name : NULL);
	strlcpy(call->zone_name, name, sizeof(call->zone_name));
	return zone;
}

/* Fills the call site from the arguments. */
static void
prepare_call(FunctionCallInfo fcinfo, const BinForm *form, BinCall *call)
{
	int origin = form->origin_arg, shift = form->origin_arg + 1;
	pg_tz *zone;

	call->ready = false; /* an error may leave it half filled, to a caller that goes on */
	call->constant = false;
	call->width = *PG_GETARG_INTERVAL_P(0);
	call->has_origin = !PG_ARGISNULL(origin);
	call->has_shift = !PG_ARGISNULL(shift);
	if (call->has_origin)
		call->origin = get_time(fcinfo, origin, form->kind);
	if (call->has_origin && (call->origin == PG_INT64_MIN || call->origin == PG_INT64_MAX))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("origin must be finite"),
						errhint("Give a time at which one bin begins.")));
	if (call->has_shift)
		call->shift = *PG_GETARG_INTERVAL_P(shift);
	zone = call_zone(fcinfo, form, call);
	an_binner_init(&call->binner, form->kind, &call->width, zone,
				   call->has_origin ? &call->origin : NULL, call->has_shift ? &call->shift : NULL);
	call->ready = true;
}

/*
 * Tells whether no argument but the time can change at this call site.  Only a
 * Const cannot: PL/pgSQL keeps a call site for the whole transaction, while its
 * variables, which are parameters there, change.
 */
static bool
arguments_constant(FunctionCallInfo fcinfo, const BinForm *form)
{
	Node *call = fcinfo->flinfo->fn_expr;

	if (call == NULL || !IsA(call, FuncExpr))
		return false;
	for (int arg = 0; arg <= form->origin_arg + 1; arg++)
		if (arg != 1 && !IsA(list_nth(((FuncExpr *) call)->args, arg), Const))
			return false;
	return true;
}

/* Returns the answer about the bin of `at`; the type's own end is infinity to the planner's bounds. */
static int64
bin_bound(AnBinner *binner, int64 at, BinAnswer answer)
{
	int64_t start, end;

	if (at >= binner->start && at < binner->end)
	{
		start = binner->start;
		end = binner->end;
	}
	else
		(void) an_calendar_bin(&binner->calendar, at, &start, &end);
	if (answer == BIN_FIRST)
		return at == start ? at : end;
	return (end == AN_CALENDAR_NO_END ? binner->calendar.end : end) - 1;
}

static Datum
bin_slow(FunctionCallInfo fcinfo, const BinForm *form, BinAnswer answer)
{
	BinCall *call = fcinfo->flinfo->fn_extra;
	int64 at;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (call == NULL)
	{
		call = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(BinCall));
		fcinfo->flinfo->fn_extra = call;
	}
	if (!call->ready || (call->constant ? call->from_setting && !same_setting(call)
										: !same_arguments(fcinfo, form, call)))
	{
		prepare_call(fcinfo, form, call);
		call->constant = arguments_constant(fcinfo, form);
	}
	at = get_time(fcinfo, 1, form->kind);
	if (at == PG_INT64_MIN || at == PG_INT64_MAX)
		return make_result(form->kind, at);
	if (answer == BIN_FIRST || answer == BIN_LAST)
		return make_result(form->kind, bin_bound(&call->binner, at, answer));
	return make_result(form->kind, answer == BIN_START ? an_bin_start(&call->binner, at)
													   : an_bin_end(&call->binner, at));
}
