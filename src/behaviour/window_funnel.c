/*
 * window_funnel.c - the aggregate window_funnel
 */
#include "behaviour/state.h"

#include <ctype.h>

#include "kernel/funnel.h"

/* What one call in a statement remembers from row to row. */
typedef struct FunnelCall
{
	Interval within;			 /* arguments of the last group that was begun */
	char *mode;					 /* the same; NULL where there is none */
	const AnBehaviourSpec *spec; /* what they mean; NULL before the first row */
	bool ascending;				 /* rows come in order of time */
} FunnelCall;

/* Words of the argument mode. */
static const struct
{
	const char *word; /* as ClickHouse has it */
	uint8 mode;		  /* AN_FUNNEL_... */
} mode_words[] = {
	{"strict_order", AN_FUNNEL_STRICT_ORDER},
	{"strict_deduplication", AN_FUNNEL_STRICT_DEDUPLICATION},
	{"strict_increase", AN_FUNNEL_STRICT_INCREASE},
	{"strict_once", AN_FUNNEL_STRICT_ONCE},
	{"allow_reentry", AN_FUNNEL_ALLOW_REENTRY},
};

static FunnelCall *funnel_call(FunctionCallInfo fcinfo, int ts_arg);
static const AnBehaviourSpec *find_spec(FunctionCallInfo fcinfo, FunnelCall *call,
										const AnBehaviour *state, uint32 n_steps, int mode_arg);
static const AnBehaviourSpec *
remember(FunctionCallInfo fcinfo, FunnelCall *call, const AnBehaviourSpec *spec, int mode_arg);
static bool
same_arguments(FunctionCallInfo fcinfo, const FunnelCall *call, uint32 n_steps, int mode_arg);
static AnFunnel parse_arguments(FunctionCallInfo fcinfo, int mode_arg);
static uint8 parse_mode(char *text);
static uint8 parse_word(const char *word);

static bool
read_parameters(const uint8 *parameters, uint32 size, uint32 n_steps, void *meaning)
{
	return an_funnel_read(parameters, size, meaning) == AN_OK;
}

static void
compact(AnTimeline *events, const void *meaning, const AnMemory *memory, const AnMemory *scratch)
{
	an_funnel_compact(events, meaning, memory, scratch);
}

const AnBehaviourKind an_window_funnel_kind = {.code = AN_BEHAVIOUR_WINDOW_FUNNEL,
											   .name = "window_funnel",
											   .flags = AN_FUNNEL_COMPLETE,
											   .meaning_size = sizeof(AnFunnel),
											   .read = read_parameters,
											   .compact = compact};

/* (state, within, [mode,] ts, VARIADIC steps) */
AN_SQL(window_funnel_sfunc)
{
	int steps_arg = PG_NARGS() - 1;
	int mode_arg = steps_arg == 4 ? 2 : -1;
	FunnelCall *call = funnel_call(fcinfo, steps_arg - 1);
	AnBehaviour *state = an_behaviour_arg(fcinfo, &an_window_funnel_kind);
	const AnBehaviourSpec *spec;
	const AnFunnel *funnel;
	ArrayType *conditions;
	uint64 mask[AN_TIMELINE_MASK_WORDS];
	uint32 n_steps = an_behaviour_count(fcinfo, steps_arg, "window_funnel", "steps", &conditions);
	bool any = an_behaviour_mask(conditions, n_steps, mask);

	spec = find_spec(fcinfo, call, state, n_steps, mode_arg);
	funnel = spec->meaning;
	if (!PG_ARGISNULL(steps_arg - 1) && (any || (funnel->modes & AN_FUNNEL_STRICT_ORDER)))
	{
		if (!state)
			state = an_behaviour_new(fcinfo, remember(fcinfo, call, spec, mode_arg));
		if (an_funnel_keeps(&state->events, funnel, any))
		{
			AnMemory memory = an_memory(state->header.eoh_context);
			AnMemory scratch = an_memory(CurrentMemoryContext);

			an_check(an_funnel_add(&state->events, funnel, &memory, &scratch,
								   PG_GETARG_TIMESTAMPTZ(steps_arg - 1), mask, call->ascending),
					 "number of events");
		}
	}
	if (!state)
		PG_RETURN_NULL();
	return EOHPGetRWDatum(&state->header);
}

AN_SQL(window_funnel_combine)
{
	return an_behaviour_combine(fcinfo, &an_window_funnel_kind);
}

AN_SQL(window_funnel_final)
{
	AnMemory scratch = an_memory(CurrentMemoryContext);
	AnBehaviour *state;

	if (PG_ARGISNULL(0))
		PG_RETURN_INT32(0);
	state = an_behaviour_read(PG_GETARG_DATUM(0), &an_window_funnel_kind);
	PG_RETURN_INT32((int32) an_funnel_level(&state->events, state->spec->meaning, &scratch));
}

/* Returns what this call remembers; at its first row, checks that an aggregate is calling. */
static FunnelCall *
funnel_call(FunctionCallInfo fcinfo, int ts_arg)
{
	FunnelCall *call = fcinfo->flinfo->fn_extra;

	if (likely(call))
		return call;
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("function \"window_funnel_sfunc\" can only be called by its "
							   "aggregate")));
	call = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(FunnelCall));
	/* Arguments of the aggregate have no state before them. */
	call->ascending = an_behaviour_ascending(fcinfo, ts_arg - 1);
	fcinfo->flinfo->fn_extra = call;
	return call;
}

/*
 * Returns the spec of this row's arguments, and checks that it is that of its
 * group.  It lives no longer than the row where the arguments are others than
 * those that the call remembers.
 */
static const AnBehaviourSpec *
find_spec(FunctionCallInfo fcinfo, FunnelCall *call, const AnBehaviour *state, uint32 n_steps,
		  int mode_arg)
{
	const AnBehaviourSpec *spec = call->spec;
	uint8 parameters[AN_FUNNEL_SIZE];
	AnFunnel funnel;

	if (unlikely(!spec || !same_arguments(fcinfo, call, n_steps, mode_arg)))
	{
		funnel = parse_arguments(fcinfo, mode_arg);
		an_funnel_write(&funnel, parameters);
		spec = an_behaviour_spec(CurrentMemoryContext, &an_window_funnel_kind, n_steps, parameters,
								 sizeof(parameters));
		if (!call->spec)
			spec = remember(fcinfo, call, spec, mode_arg);
	}
	if (state)
		an_behaviour_same_spec(state->spec, spec);
	return spec;
}

/*
 * Returns a spec with the same meaning that lives as long as the call, and keeps
 * the arguments of this row with it.  Only a row that begins a group comes here
 * (and the first of all), so arguments that change from row to row take no memory.
 */
static const AnBehaviourSpec *
remember(FunctionCallInfo fcinfo, FunnelCall *call, const AnBehaviourSpec *spec, int mode_arg)
{
	MemoryContext context = fcinfo->flinfo->fn_mcxt;

	if (spec == call->spec)
		return spec;
	if (mode_arg >= 0)
	{
		if (call->mode)
			pfree(call->mode);
		call->mode = MemoryContextStrdup(context, an_arg_text(fcinfo, mode_arg));
	}
	call->within = *PG_GETARG_INTERVAL_P(1);
	call->spec =
		an_behaviour_spec(context, spec->kind, spec->n_steps, spec->parameters, spec->size);
	return call->spec;
}

/* True where this row's arguments are those that the call remembers, to the byte. */
static bool
same_arguments(FunctionCallInfo fcinfo, const FunnelCall *call, uint32 n_steps, int mode_arg)
{
	const Interval *within;
	const text *mode;

	if (PG_ARGISNULL(1) || call->spec->n_steps != n_steps)
		return false;
	within = PG_GETARG_INTERVAL_P(1);
	if (within->time != call->within.time || within->day != call->within.day ||
		within->month != call->within.month)
		return false;
	if (mode_arg < 0)
		return true;
	if (PG_ARGISNULL(mode_arg))
		return false;
	mode = PG_GETARG_TEXT_PP(mode_arg);
	return strlen(call->mode) == VARSIZE_ANY_EXHDR(mode) &&
		   memcmp(call->mode, VARDATA_ANY(mode), VARSIZE_ANY_EXHDR(mode)) == 0;
}

static AnFunnel
parse_arguments(FunctionCallInfo fcinfo, int mode_arg)
{
	AnFunnel funnel = {0};

	an_not_null(PG_ARGISNULL(1), "within");
	funnel.window_us = an_behaviour_window(PG_GETARG_INTERVAL_P(1), "within");
	if (mode_arg >= 0)
		funnel.modes = parse_mode(an_arg_required(fcinfo, mode_arg, "mode"));
	return funnel;
}

/* Reads words with commas between them; the text is cut up.  None is no mode. */
static uint8
parse_mode(char *text)
{
	uint8 modes = 0;

	for (char *next = text; next;)
	{
		char *word = strsep(&next, ",");
		char *end = word + strlen(word);

		while (end > word && isspace((unsigned char) end[-1]))
			*--end = '\0';
		while (isspace((unsigned char) *word))
			word++;
		if (*word || next || word != text)
			modes |= parse_word(word);
	}
	if ((modes & AN_FUNNEL_ALLOW_REENTRY) && !(modes & AN_FUNNEL_STRICT_ORDER))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("mode \"allow_reentry\" needs mode \"strict_order\""),
						errhint("Write 'strict_order, allow_reentry'.")));
	return modes;
}

static uint8
parse_word(const char *word)
{
	const char *nearest = "strict_deduplication"; /* what "strict" was called later */
	List *words = NIL;

	for (size_t i = 0; i < lengthof(mode_words); i++)
	{
		if (strcmp(word, mode_words[i].word) == 0)
			return mode_words[i].mode;
		words = lappend(words, unconstify(char *, mode_words[i].word));
	}
	if (strcmp(word, "strict") != 0)
		nearest = an_name_nearest(word, words);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("window_funnel has no mode \"%s\"", an_shown(word)),
					nearest ? errhint("Perhaps you meant \"%s\".", nearest)
							: errhint("Modes are strict_order, strict_deduplication, "
									  "strict_increase, strict_once and allow_reentry, with commas "
									  "between them.")));
}
