/*
 * funnel_result.c - the aggregate funnel_agg: its answer, and functions of type funnel
 *
 * The events are read session by session and value by value, where there are such.
 * A step is reached where it is in any of them; the chain that is reported is the
 * one that would be if all had been read as one: it ends with the highest step, gets
 * there first, and so on; the last thing that counts is the order of the values.
 */
#include "behaviour/funnel_agg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "utils/fmgrprotos.h"

/* Columns of type funnel. */
enum
{
	COLUMN_LEVEL,
	COLUMN_STEPS,
	COLUMN_TIMES,
	N_COLUMNS,
};

/* Buffers above so many events are not kept for the next group. */
#define KEEP_EVENTS 65536

/* What one call in a statement remembers from group to group. */
typedef struct FinalCall
{
	TupleDesc row;				 /* type funnel */
	const AnBehaviourSpec *spec; /* a copy of the last state's */
	AnConversionWork *work;		 /* for its question */
	AnMemory memory;			 /* its memory */
	int64_t *times;				 /* the events that are read: room for n_room */
	uint64_t *masks;			 /* the same */
	uint32 n_room;				 /* events */
} FinalCall;

/* An event's place in the order in which parts are read. */
typedef struct Place
{
	uint32 session; /* the number of its session */
	uint32 value;	/* of its value */
	uint32 event;	/* in order of time */
} Place;

/* The answer, from the parts that were read. */
typedef struct Answer
{
	const AnFunnelQuestion *question; /* what is asked */
	uint32 level;					  /* highest step reached, from 1 */
	bool *reached;					  /* by step */
	int64 *times;					  /* by step: of the reported chain */
	bool *missing;					  /* by step: none is reported */
} Answer;

static FinalCall *final_call(FunctionCallInfo fcinfo);
static void ask_for(FinalCall *call, const AnBehaviourSpec *spec);
static void read_parts(FinalCall *call, const AnTimeline *events, Answer *answer);
static void take_part(Answer *answer, const AnConversionResult *result, const int64_t *times);
static Datum make_row(FinalCall *call, const Answer *answer, uint32 n_steps);
static Datum column_of(HeapTupleHeader row, AttrNumber column, bool *isnull);

AN_SQL(funnel_agg_final)
{
	FinalCall *call = final_call(fcinfo);
	Answer answer = {0};
	AnBehaviour *state;
	AnMemory scratch = an_memory(CurrentMemoryContext);
	uint32 n_steps;

	if (PG_ARGISNULL(0))
		PG_RETURN_DATUM(make_row(call, &answer, 0));
	state = an_behaviour_read(PG_GETARG_DATUM(0), &an_funnel_agg_kind);
	ask_for(call, state->spec);
	answer.question = call->spec->meaning;
	n_steps = answer.question->ask.n_steps;
	answer.reached = palloc0(n_steps * sizeof(bool));
	answer.missing = palloc(n_steps * sizeof(bool));
	answer.times = palloc0(n_steps * sizeof(int64));
	memset(answer.missing, true, n_steps * sizeof(bool));
	/* The order of the values is the last thing that counts. */
	if (state->spec->valued)
		an_behaviour_values_arrange(state);
	an_timeline_sort(&state->events, &scratch);
	read_parts(call, &state->events, &answer);
	PG_RETURN_DATUM(make_row(call, &answer, n_steps));
}

static FinalCall *
final_call(FunctionCallInfo fcinfo)
{
	FinalCall *call = fcinfo->flinfo->fn_extra;
	MemoryContext caller;
	TupleDesc row;

	if (likely(call))
		return call;
	if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "funnel_agg_final does not return a row");
	caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	call = palloc0(sizeof(FinalCall));
	call->row = BlessTupleDesc(CreateTupleDescCopy(row));
	call->memory = an_memory(fcinfo->flinfo->fn_mcxt);
	MemoryContextSwitchTo(caller);
	fcinfo->flinfo->fn_extra = call;
	return call;
}

/* Makes the call ready for the question of a state. */
static void
ask_for(FinalCall *call, const AnBehaviourSpec *spec)
{
	const AnFunnelQuestion *question;

	if (call->spec && call->spec->n_steps == spec->n_steps && call->spec->size == spec->size &&
		memcmp(call->spec->parameters, spec->parameters, spec->size) == 0)
		return;
	if (call->work)
		an_conversion_end(call->work);
	call->work = NULL;
	call->spec = an_behaviour_spec((MemoryContext) call->memory.owner, spec->kind, spec->n_steps,
								   spec->parameters, spec->size);
	question = call->spec->meaning;
	call->work = an_conversion_begin(&question->ask, &call->memory);
	an_memory_give(&call->memory, call->times);
	an_memory_give(&call->memory, call->masks);
	call->times = NULL;
	call->masks = NULL;
	call->n_room = 0;
}

/* Makes room for so many events. */
static void
reserve(FinalCall *call, uint32 n)
{
	const AnFunnelQuestion *question = call->spec->meaning;
	Size n_words = an_conversion_mask_words(question->ask.n_conditions);

	if (call->times && n <= call->n_room && (call->n_room <= KEEP_EVENTS || n > KEEP_EVENTS))
		return;
	an_memory_give(&call->memory, call->times);
	an_memory_give(&call->memory, call->masks);
	call->times = NULL;
	call->masks = NULL;
	call->n_room = Max(n, 64);
	call->times = an_memory_take(&call->memory, call->n_room * sizeof(int64_t));
	call->masks = an_memory_take(&call->memory, call->n_room * n_words * sizeof(uint64_t));
}

/* Copies an event to a place among those that are read. */
static void
copy_event(FinalCall *call, const AnTimeline *events, uint32 event, uint32 to)
{
	const AnFunnelQuestion *question = call->spec->meaning;
	uint32 n_words = an_conversion_mask_words(question->ask.n_conditions);
	uint64 mask[AN_TIMELINE_MASK_WORDS];

	for (uint32 word = 0; word < an_timeline_mask_words(events->n_steps); word++)
		mask[word] = an_timeline_mask(events, event, word);
	if (question->hold)
		an_behaviour_clear_value(mask, events->n_steps);
	call->times[to] = an_timeline_time(events, event);
	memcpy(call->masks + (Size) to * n_words, mask, n_words * sizeof(uint64));
}

/* Reads the events [from, to) of those that were copied. */
static void
read_part(FinalCall *call, uint32 from, uint32 to, Answer *answer)
{
	uint32 n_words = an_conversion_mask_words(answer->question->ask.n_conditions);
	AnConversionEvents events = {call->times + from, call->masks + (Size) from * n_words,
								 to - from};
	AnConversionResult result = an_conversion_run(call->work, &events);

	CHECK_FOR_INTERRUPTS();
	take_part(answer, &result, events.times);
}

static int
compare_places(const void *a, const void *b)
{
	const Place *left = a;
	const Place *right = b;

	if (left->session != right->session)
		return left->session < right->session ? -1 : 1;
	if (left->value != right->value)
		return left->value < right->value ? -1 : 1;
	return left->event < right->event ? -1 : left->event > right->event;
}

/* Puts the events that take part in the order of sessions and values; returns how many there are. */
static uint32
place_events(const AnFunnelQuestion *question, const AnTimeline *events, Place *places)
{
	uint32 session = 0;
	uint32 n = 0;

	for (uint32 i = 0; i < events->n_events; i++)
	{
		uint32 value = question->hold ? an_behaviour_get_value(events, i) : 0;

		if (i > 0 && question->gap_us > 0 &&
			(uint64) an_timeline_time(events, i) - (uint64) an_timeline_time(events, i - 1) >
				(uint64) question->gap_us)
			session++;
		if (!question->hold || value > 0)
			places[n++] = (Place){session, value, i};
	}
	if (question->hold)
		qsort(places, n, sizeof(Place), compare_places);
	return n;
}

static void
read_parts(FinalCall *call, const AnTimeline *events, Answer *answer)
{
	const AnFunnelQuestion *question = answer->question;
	Place *places;
	uint32 n = events->n_events;
	uint32 from = 0;

	if (n == 0)
		return;
	reserve(call, n);
	if (question->gap_us == 0 && !question->hold)
	{
		for (uint32 i = 0; i < n; i++)
			copy_event(call, events, i, i);
		read_part(call, 0, n, answer);
		return;
	}
	places = MemoryContextAllocHuge(CurrentMemoryContext, Max(n, 1) * sizeof(Place));
	n = place_events(question, events, places);
	for (uint32 i = 0; i < n; i++)
		copy_event(call, events, places[i].event, i);
	for (uint32 i = 1; i <= n; i++)
		if (i == n || places[i].session != places[from].session ||
			places[i].value != places[from].value)
		{
			read_part(call, from, i, answer);
			from = i;
		}
	pfree(places);
}

/* Returns the time of a step of a chain whose steps' times are `at`; as kernel/conversion.h has it where it takes none. */
static int64
time_at(const int64 *times, const bool *missing, int step)
{
	int at = step;

	while (at >= 0 && missing[at])
		at--;
	for (; at < 0 || missing[at]; at++)
		;
	return times[at];
}

/* Tells whether a chain of the same level is to be reported rather than the answer's. */
static bool
reports_first(const Answer *answer, const int64 *times, const bool *missing)
{
	int last = (int) answer->level - 1;
	bool funnel = answer->question->ask.scope == AN_SCOPE_FUNNEL;

	if (times[last] != answer->times[last])
		return times[last] < answer->times[last];
	if (funnel && time_at(times, missing, 0) != time_at(answer->times, answer->missing, 0))
		return time_at(times, missing, 0) > time_at(answer->times, answer->missing, 0);
	for (int step = last - 1; step >= 0; step--)
	{
		int64 left = time_at(times, missing, step);
		int64 right = time_at(answer->times, answer->missing, step);

		if (left != right)
			return left > right;
	}
	for (int step = last; step >= 0; step--)
		if (missing[step] != answer->missing[step])
			return !missing[step];
	return false;
}

/* Adds the result of a part to the answer. */
static void
take_part(Answer *answer, const AnConversionResult *result, const int64_t *events)
{
	uint32 n = result->level;
	int64 *times;
	bool *missing;

	if (n == 0)
		return;
	times = palloc0(n * sizeof(int64));
	missing = palloc(n * sizeof(bool));
	for (uint32 step = 0; step < n; step++)
	{
		answer->reached[step] |= result->reached[step / 64] >> (step % 64) & 1;
		missing[step] = result->events[step] == AN_CONVERSION_NONE;
		if (!missing[step])
			times[step] = events[result->events[step]];
	}
	if (n > answer->level || (n == answer->level && reports_first(answer, times, missing)))
	{
		answer->level = n;
		memcpy(answer->times, times, n * sizeof(int64));
		memcpy(answer->missing, missing, n * sizeof(bool));
	}
	pfree(times);
	pfree(missing);
}

/* Makes an array of n values, some of which may be NULL. */
static Datum
make_array(Datum *values, bool *nulls, uint32 n, Oid type, int size, bool by_value, char align)
{
	int dims[1] = {(int) n};
	int lower[1] = {1};

	if (n == 0)
		return PointerGetDatum(construct_empty_array(type));
	return PointerGetDatum(
		construct_md_array(values, nulls, 1, dims, lower, type, size, by_value, align));
}

static Datum
make_row(FinalCall *call, const Answer *answer, uint32 n_steps)
{
	Datum columns[N_COLUMNS];
	bool nulls[N_COLUMNS] = {false};
	Datum *values = palloc(Max(n_steps, 1) * sizeof(Datum));

	for (uint32 step = 0; step < n_steps; step++)
		values[step] = BoolGetDatum(answer->reached[step]);
	columns[COLUMN_LEVEL] = Int32GetDatum((int32) answer->level);
	columns[COLUMN_STEPS] =
		make_array(values, NULL, n_steps, BOOLOID, sizeof(bool), true, TYPALIGN_CHAR);
	for (uint32 step = 0; step < n_steps; step++)
		values[step] = TimestampTzGetDatum(answer->times[step]);
	columns[COLUMN_TIMES] = make_array(values, answer->missing, n_steps, TIMESTAMPTZOID,
									   sizeof(TimestampTz), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
	return HeapTupleGetDatum(heap_form_tuple(call->row, columns, nulls));
}

/* ---- functions of type funnel */

static Datum
column_of(HeapTupleHeader row, AttrNumber column, bool *isnull)
{
	return GetAttributeByNum(row, column + 1, isnull);
}

AN_SQL(funnel_level)
{
	bool isnull;
	Datum level = column_of(PG_GETARG_HEAPTUPLEHEADER(0), COLUMN_LEVEL, &isnull);

	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(level);
}

AN_SQL(funnel_times)
{
	bool isnull;
	Datum times = column_of(PG_GETARG_HEAPTUPLEHEADER(0), COLUMN_TIMES, &isnull);

	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(times);
}

AN_SQL(funnel_durations)
{
	bool isnull;
	Datum array = column_of(PG_GETARG_HEAPTUPLEHEADER(0), COLUMN_TIMES, &isnull);
	Datum *times;
	bool *nulls;
	Datum before = 0;
	bool begun = false;
	int n;

	if (isnull)
		PG_RETURN_NULL();
	deconstruct_array(DatumGetArrayTypeP(array), TIMESTAMPTZOID, sizeof(TimestampTz),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &times, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		Datum time = times[i];

		if (nulls[i])
			continue;
		/* Infinity is no number of days away. */
		nulls[i] = !begun || TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(time)) ||
				   TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(before));
		if (!nulls[i])
			times[i] = DirectFunctionCall2(timestamp_mi, time, before);
		before = time;
		begun = true;
	}
	PG_RETURN_DATUM(make_array(times, nulls, (uint32) n, INTERVALOID, sizeof(Interval), false,
							   TYPALIGN_DOUBLE));
}
