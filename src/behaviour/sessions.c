/*
 * sessions.c - the aggregates sessions_agg and live_ranges_agg
 *
 * Both gather runs of events.  A session is a run whose gap is the argument; times
 * of being alive are runs whose gap is the liveness, each longer by it at its end,
 * because [t, t + liveness) and [u, u + liveness) are one range where u <= t + liveness.
 */
#include "behaviour/session_state.h"
#include "behaviour/state.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "utils/lsyscache.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

/* Where the argument is left out. */
#define DEFAULT_GAP_US (30 * USECS_PER_MINUTE)

/* Columns of type session. */
enum
{
	SESSION_NUMBER,
	SESSION_FIRST,
	SESSION_LAST,
	SESSION_EVENTS,
	SESSION_COLUMNS,
};

static Datum add_event(FunctionCallInfo fcinfo, const char *function, const char *argument);
static void same_gap(const AnRuns *runs, int64 gap_us, const char *argument);
static TupleDesc session_columns(FunctionCallInfo fcinfo);
static RangeType *live_range(TypeCacheEntry *type, const AnRun *run, int64 liveness_us);

/* (state, ts [, gap]) */
AN_SQL(sessions_sfunc)
{
	return add_event(fcinfo, "sessions_sfunc", "gap");
}

/* (state, ts, liveness) */
AN_SQL(live_ranges_sfunc)
{
	return add_event(fcinfo, "live_ranges_sfunc", "liveness");
}

/* (state, state) of both */
AN_SQL(sessions_combine)
{
	AnSessions *into = an_sessions_arg(fcinfo, "sessions_combine");
	AnMemory scratch = an_memory(CurrentMemoryContext);
	AnMemory memory;
	const AnRuns *from;

	if (PG_ARGISNULL(1))
	{
		if (!into)
			PG_RETURN_NULL();
		return EOHPGetRWDatum(&into->header);
	}
	from = an_sessions_read(PG_GETARG_DATUM(1));
	if (!into)
		into = an_sessions_new(fcinfo, "sessions_combine", from->gap_us);
	same_gap(&into->runs, from->gap_us, "gap");
	memory = an_memory(into->header.eoh_context);
	an_check(an_runs_merge(&into->runs, &memory, &scratch, from), "number of sessions");
	return EOHPGetRWDatum(&into->header);
}

AN_SQL(sessions_final)
{
	TupleDesc columns = session_columns(fcinfo);
	const AnRuns *runs;
	Datum *sessions;

	if (PG_ARGISNULL(0))
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(columns->tdtypeid));
	runs = an_sessions_read(PG_GETARG_DATUM(0));
	if (runs->n_runs > MaxArraySize)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("sessions_agg found %u sessions, more than the limit of %d",
							   runs->n_runs, (int) MaxArraySize)));
	sessions = palloc((runs->n_runs + 1) * sizeof(Datum));
	for (uint32 i = 0; i < runs->n_runs; i++)
	{
		Datum values[SESSION_COLUMNS];
		bool nulls[SESSION_COLUMNS] = {false};

		values[SESSION_NUMBER] = Int32GetDatum((int32) i + 1);
		values[SESSION_FIRST] = TimestampTzGetDatum(runs->runs[i].first);
		values[SESSION_LAST] = TimestampTzGetDatum(runs->runs[i].last);
		values[SESSION_EVENTS] = Int64GetDatum(runs->runs[i].n_events);
		sessions[i] = HeapTupleGetDatum(heap_form_tuple(columns, values, nulls));
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(sessions, (int) runs->n_runs, columns->tdtypeid, -1,
										  false, TYPALIGN_DOUBLE));
}

AN_SQL(live_ranges_final)
{
	TypeCacheEntry *type = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
	const AnRuns *runs;
	RangeType **ranges;
	uint32 n_ranges = 0;

	if (PG_ARGISNULL(0))
		PG_RETURN_MULTIRANGE_P(make_empty_multirange(TSTZMULTIRANGEOID, type));
	runs = an_sessions_read(PG_GETARG_DATUM(0));
	if (runs->n_runs > MaxArraySize)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("live_ranges_agg found %u ranges, more than the limit of %d",
							   runs->n_runs, (int) MaxArraySize)));
	ranges = palloc((runs->n_runs + 1) * sizeof(RangeType *));
	for (uint32 i = 0; i < runs->n_runs; i++)
		if (!TIMESTAMP_NOT_FINITE(runs->runs[i].first))
			ranges[n_ranges++] = live_range(type, &runs->runs[i], runs->gap_us);
	PG_RETURN_MULTIRANGE_P(make_multirange(TSTZMULTIRANGEOID, type, (int32) n_ranges, ranges));
}

/* (ranges): the sum of their lengths. */
AN_SQL(live_duration)
{
	MultirangeType *ranges = PG_GETARG_MULTIRANGE_P(0);
	TypeCacheEntry *type = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
	Interval *sum = palloc0(sizeof(Interval));
	uint64 sum_us = 0; /* up to 298,990 years: more than an int64 holds */
	int32 n_ranges;
	RangeType **range;

	multirange_deserialize(type, ranges, &n_ranges, &range);
	for (int32 i = 0; i < n_ranges; i++)
	{
		RangeBound lower;
		RangeBound upper;
		bool empty;

		range_deserialize(type, range[i], &lower, &upper, &empty);
		if (lower.infinite || upper.infinite ||
			TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(lower.val)) ||
			TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(upper.val)))
			ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
							errmsg("a range without a finite begin and end has no duration"),
							errhint("Intersect it with the range that is reported, for example "
									"ranges * tstzmultirange(tstzrange(begin, end)).")));
		/* Ranges of a multirange are apart, so the sum is at most the time that there is. */
		sum_us += (uint64) DatumGetTimestampTz(upper.val) - (uint64) DatumGetTimestampTz(lower.val);
	}
	sum->day = (int32) (sum_us / USECS_PER_DAY);
	sum->time = (int64) (sum_us % USECS_PER_DAY);
	PG_RETURN_INTERVAL_P(sum);
}

/* Adds the event of a row; a NULL time leaves it out. */
static Datum
add_event(FunctionCallInfo fcinfo, const char *function, const char *argument)
{
	AnSessions *state = an_sessions_arg(fcinfo, function);
	int64 gap_us = DEFAULT_GAP_US;

	if (PG_NARGS() > 2)
	{
		an_not_null(PG_ARGISNULL(2), argument);
		gap_us = an_behaviour_window(PG_GETARG_INTERVAL_P(2), argument);
	}
	if (state)
		same_gap(&state->runs, gap_us, argument);
	if (!PG_ARGISNULL(1))
	{
		AnMemory scratch = an_memory(CurrentMemoryContext);
		AnMemory memory;

		if (!state)
			state = an_sessions_new(fcinfo, function, gap_us);
		memory = an_memory(state->header.eoh_context);
		an_check(an_runs_add(&state->runs, &memory, &scratch, PG_GETARG_TIMESTAMPTZ(1)),
				 "number of sessions");
	}
	if (!state)
		PG_RETURN_NULL();
	return EOHPGetRWDatum(&state->header);
}

/* Raises 22023 unless the group's gap is this. */
static void
same_gap(const AnRuns *runs, int64 gap_us, const char *argument)
{
	if (runs->gap_us != gap_us)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be the same in all rows of a group", argument)));
}

/* Returns the row type of the array that this function returns. */
static TupleDesc
session_columns(FunctionCallInfo fcinfo)
{
	FmgrInfo *call = fcinfo->flinfo;
	MemoryContext caller;
	Oid type;

	if (call->fn_extra)
		return call->fn_extra;
	type = get_element_type(get_func_rettype(call->fn_oid));
	caller = MemoryContextSwitchTo(call->fn_mcxt);
	call->fn_extra = BlessTupleDesc(lookup_rowtype_tupdesc_copy(type, -1));
	MemoryContextSwitchTo(caller);
	return call->fn_extra;
}

/* Makes the range of a run; raises 22008 where its end is no time any more. */
static RangeType *
live_range(TypeCacheEntry *type, const AnRun *run, int64 liveness_us)
{
	RangeBound lower = {.val = TimestampTzGetDatum(run->first), .inclusive = true, .lower = true};
	RangeBound upper = {0};
	TimestampTz end;

	if (pg_add_s64_overflow(run->last, liveness_us, &end) || !IS_VALID_TIMESTAMP(end))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("time plus liveness is out of range: %s", timestamptz_to_str(run->last))));
	upper.val = TimestampTzGetDatum(end);
	return an_compat_make_range(type, &lower, &upper);
}
