/*
 * funnel_agg.c - the aggregate funnel_agg: gathering events
 */
#include "behaviour/funnel_agg.h"

/* What one call in a statement remembers from row to row. */
typedef struct AggCall
{
	Interval within;			 /* arguments of the last group that was begun */
	struct varlena *options;	 /* the same; NULL where there are none */
	const AnBehaviourSpec *spec; /* what they mean; NULL before the first row */
	bool ascending;				 /* rows come in order of time */
	AnConversionWork *work;		 /* for folding; NULL until needed */
	AnMemory memory;			 /* its memory */
} AggCall;

/* Below so many events nothing is folded. */
#define FOLD_MIN 64

enum
{
	ARG_STATE,
	ARG_WITHIN,
	ARG_OPTIONS,
	ARG_TS,
	ARG_HOLD, /* or the conditions */
};

static AggCall *agg_call(FunctionCallInfo fcinfo);
static const AnBehaviourSpec *
find_spec(FunctionCallInfo fcinfo, AggCall *call, uint32 n_conditions, bool hold);
static bool
same_arguments(FunctionCallInfo fcinfo, const AggCall *call, uint32 n_conditions, bool hold);
static void remember(FunctionCallInfo fcinfo, AggCall *call, const AnBehaviourSpec *spec);
static void
add_row(FunctionCallInfo fcinfo, AggCall *call, AnBehaviour *state, uint64 *mask, bool any);
static bool fold(AggCall *call, AnBehaviour *state);

static bool
valued(const void *meaning)
{
	return ((const AnFunnelQuestion *) meaning)->hold;
}

/* Sorts; where an event may take several steps, those of one time and value are one event. */
static void
compact(AnTimeline *events, const void *meaning, const AnMemory *memory, const AnMemory *scratch)
{
	const AnFunnelQuestion *question = meaning;
	uint32 n_kept = 0;
	uint32 stride = events->stride;

	an_timeline_sort(events, scratch);
	if (question->ask.once)
		return;
	if (!question->hold)
	{
		an_timeline_union(events);
		return;
	}
	for (uint32 i = 0; i < events->n_events; i++)
	{
		int64_t *kept = events->words + (size_t) n_kept * stride;
		const int64_t *event = events->words + (size_t) i * stride;

		if (n_kept > 0 && kept[-(int64) stride] == event[0] &&
			an_behaviour_get_value(events, n_kept - 1) == an_behaviour_get_value(events, i))
		{
			for (uint32 word = 1; word < stride; word++)
				kept[(int64) word - stride] |= event[word];
			continue;
		}
		if (kept != event)
			memmove(kept, event, stride * sizeof(int64_t));
		n_kept++;
	}
	events->n_events = n_kept;
}

const AnBehaviourKind an_funnel_agg_kind = {.code = AN_BEHAVIOUR_FUNNEL_AGG,
											.name = "funnel_agg",
											.meaning_size = sizeof(AnFunnelQuestion),
											.read = an_funnel_question_read,
											.valued = valued,
											.compact = compact};

/* (state, within, options, ts, [hold,] VARIADIC steps) */
AN_SQL(funnel_agg_sfunc)
{
	int steps_arg = PG_NARGS() - 1;
	bool hold = steps_arg > ARG_HOLD;
	AggCall *call = agg_call(fcinfo);
	AnBehaviour *state = an_behaviour_arg(fcinfo, &an_funnel_agg_kind);
	const AnBehaviourSpec *spec;
	ArrayType *conditions;
	uint64 mask[AN_TIMELINE_MASK_WORDS + 1] = {0};
	uint32 n = an_behaviour_count(fcinfo, steps_arg, "funnel_agg", "steps", &conditions);
	bool any = an_behaviour_mask(conditions, n, mask);

	spec = find_spec(fcinfo, call, n, hold);
	if (state)
		an_behaviour_same_spec(state->spec, spec);
	else
	{
		remember(fcinfo, call, spec);
		state = an_behaviour_new(fcinfo, call->spec);
	}
	if (!PG_ARGISNULL(ARG_TS))
		add_row(fcinfo, call, state, mask, any);
	return EOHPGetRWDatum(&state->header);
}

AN_SQL(funnel_agg_combine)
{
	return an_behaviour_combine(fcinfo, &an_funnel_agg_kind);
}

/* Returns what this call remembers; at its first row, checks that an aggregate is calling. */
static AggCall *
agg_call(FunctionCallInfo fcinfo)
{
	AggCall *call = fcinfo->flinfo->fn_extra;

	if (likely(call))
		return call;
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("function \"funnel_agg_sfunc\" can only be called by its "
							   "aggregate")));
	call = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(AggCall));
	call->memory = an_memory(fcinfo->flinfo->fn_mcxt);
	/* Arguments of the aggregate have no state before them. */
	call->ascending = an_behaviour_ascending(fcinfo, ARG_TS - 1);
	fcinfo->flinfo->fn_extra = call;
	return call;
}

/* Returns the spec of this row's arguments; it lives no longer than the row where they are not those that the call remembers. */
static const AnBehaviourSpec *
find_spec(FunctionCallInfo fcinfo, AggCall *call, uint32 n_conditions, bool hold)
{
	uint32 n_bits = n_conditions + (hold ? AN_BEHAVIOUR_VALUE_BITS : 0);
	uint8 *parameters;
	uint32 size;

	if (likely(call->spec && same_arguments(fcinfo, call, n_conditions, hold)))
		return call->spec;
	an_not_null(PG_ARGISNULL(ARG_WITHIN), "within");
	if (n_bits > AN_TIMELINE_MAX_STEPS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("funnel_agg takes at most %d conditions beside a value to hold, not %u",
						AN_TIMELINE_MAX_STEPS - AN_BEHAVIOUR_VALUE_BITS, n_conditions)));
	parameters = an_funnel_options(
		PG_ARGISNULL(ARG_OPTIONS) ? NULL : PG_GETARG_JSONB_P(ARG_OPTIONS),
		an_behaviour_window(PG_GETARG_INTERVAL_P(ARG_WITHIN), "within"), n_conditions, hold, &size);
	return an_behaviour_spec(CurrentMemoryContext, &an_funnel_agg_kind, n_bits, parameters, size);
}

/* True where this row's arguments are those that the call remembers, to the byte. */
static bool
same_arguments(FunctionCallInfo fcinfo, const AggCall *call, uint32 n_conditions, bool hold)
{
	const Interval *within;
	const struct varlena *options;

	if (PG_ARGISNULL(ARG_WITHIN) || PG_ARGISNULL(ARG_OPTIONS) != (call->options == NULL) ||
		call->spec->n_steps != n_conditions + (hold ? AN_BEHAVIOUR_VALUE_BITS : 0) ||
		call->spec->valued != hold)
		return false;
	within = PG_GETARG_INTERVAL_P(ARG_WITHIN);
	if (within->time != call->within.time || within->day != call->within.day ||
		within->month != call->within.month)
		return false;
	if (!call->options)
		return true;
	options = PG_GETARG_VARLENA_PP(ARG_OPTIONS);
	return VARSIZE_ANY_EXHDR(options) == VARSIZE_ANY_EXHDR(call->options) &&
		   memcmp(VARDATA_ANY(options), VARDATA_ANY(call->options), VARSIZE_ANY_EXHDR(options)) ==
			   0;
}

/*
 * Keeps a spec with the arguments of this row for as long as the call.  Only a row
 * that begins a group comes here, so arguments that change from row to row take no memory.
 */
static void
remember(FunctionCallInfo fcinfo, AggCall *call, const AnBehaviourSpec *spec)
{
	MemoryContext context = fcinfo->flinfo->fn_mcxt;
	const struct varlena *options;

	if (spec == call->spec)
		return;
	if (call->work)
		an_conversion_end(call->work);
	call->work = NULL;
	if (call->options)
		pfree(call->options);
	call->options = NULL;
	if (!PG_ARGISNULL(ARG_OPTIONS))
	{
		options = PG_GETARG_VARLENA_PP(ARG_OPTIONS);
		call->options = MemoryContextAlloc(context, VARSIZE_ANY(options));
		memcpy(call->options, options, VARSIZE_ANY(options));
	}
	call->within = *PG_GETARG_INTERVAL_P(ARG_WITHIN);
	call->spec =
		an_behaviour_spec(context, spec->kind, spec->n_steps, spec->parameters, spec->size);
}

/* Adds a row that has a time, where it can matter. */
static void
add_row(FunctionCallInfo fcinfo, AggCall *call, AnBehaviour *state, uint64 *mask, bool any)
{
	const AnFunnelQuestion *question = state->spec->meaning;
	AnMemory memory = an_memory(state->header.eoh_context);
	AnTimeline *events = &state->events;
	bool takes_part = !question->hold || !PG_ARGISNULL(ARG_HOLD);
	bool counts = any || question->ask.order == AN_ORDER_STRICT;

	if (question->gap_us == 0 && !(takes_part && counts))
		return;
	if (!takes_part)
		memset(mask, 0, (AN_TIMELINE_MASK_WORDS + 1) * sizeof(uint64));
	else if (question->hold && counts)
	{
		const text *value = PG_GETARG_TEXT_PP(ARG_HOLD);
		uint32 number;

		an_check(an_values_number(an_behaviour_values(state), &memory, VARDATA_ANY(value),
								  VARSIZE_ANY_EXHDR(value), &number),
				 "size of values");
		an_behaviour_put_value(mask, state->spec->n_steps, number + 1);
	}
	if (events->n_events == events->capacity && events->n_events >= FOLD_MIN && call->ascending &&
		fold(call, state) && events->n_events / 3 >= events->capacity / 4)
		an_timeline_reserve(events, &memory, events->capacity * 2);
	an_check(an_timeline_append(events, &memory, PG_GETARG_TIMESTAMPTZ(ARG_TS), mask),
			 "number of events");
}

/* Replaces events that come in order of time by fewer; false where the meaning does not allow it. */
static bool
fold(AggCall *call, AnBehaviour *state)
{
	const AnFunnelQuestion *question = state->spec->meaning;
	AnMemory memory = an_memory(state->header.eoh_context);
	AnMemory scratch = an_memory(CurrentMemoryContext);
	AnTimeline *events = &state->events;
	uint32 n_words = an_timeline_mask_words(events->n_steps);
	uint32 n;
	int64_t *times;
	uint64_t *masks;
	bool *needed;

	if (question->gap_us > 0 || question->hold || question->ask.order == AN_ORDER_ANY ||
		state->spec != call->spec)
		return false;
	if (!call->work)
		call->work = an_conversion_begin(&question->ask, &call->memory);
	compact(events, question, &memory, &scratch);
	n = events->n_events;
	times = an_memory_take(&scratch, n * sizeof(int64_t));
	masks = an_memory_take(&scratch, (size_t) n * n_words * sizeof(uint64_t));
	needed = an_memory_take(&scratch, n * sizeof(bool));
	for (uint32 i = 0; i < n; i++)
	{
		times[i] = an_timeline_time(events, i);
		for (uint32 word = 0; word < n_words; word++)
			masks[(size_t) i * n_words + word] = an_timeline_mask(events, i, word);
	}
	n = an_conversion_fold(call->work, times, masks, n, needed);
	events->n_events = 0;
	for (uint32 i = 0; i < n; i++)
		an_check(an_timeline_append(events, &memory, times[i], masks + (size_t) i * n_words),
				 "number of events");
	an_memory_give(&scratch, needed);
	an_memory_give(&scratch, masks);
	an_memory_give(&scratch, times);
	return true;
}
