/*
 * sequence.c - the aggregates sequence_match, sequence_count, sequence_events
 *
 * All three gather the same state: the events for which some condition is true.
 */
#include "behaviour/state.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "kernel/sequence.h"

/* Arguments of the transition function, by position. */
enum
{
	ARG_STATE,
	ARG_PATTERN,
	ARG_TS,
	ARG_CONDITIONS,
};

/* What one call in a statement remembers from row to row. */
typedef struct SequenceCall
{
	const AnBehaviourSpec *spec; /* of the group that was begun last; NULL before the first row */
} SequenceCall;

/* The pattern that a final function compiled last, kept from group to group. */
typedef struct Compiled
{
	text *pattern;		 /* its text, or NULL */
	AnSequence sequence; /* the same, compiled */
} Compiled;

/* A history and a pattern, as the kernel takes them. */
typedef struct Search
{
	const AnSequence *sequence; /* the pattern */
	AnSequenceEvents events;	/* the history */
	AnSequenceCaller caller;	/* memory of the current context */
} Search;

static SequenceCall *sequence_call(FunctionCallInfo fcinfo);
static const AnBehaviourSpec *find_spec(const SequenceCall *call, const AnBehaviour *state,
										const text *pattern, uint32 n_conditions);
static void parse_pattern(const text *pattern, uint32 n_conditions);
static bool open_search(FunctionCallInfo fcinfo, Search *search);
static const AnSequence *compiled(FunctionCallInfo fcinfo, const AnBehaviourSpec *spec);
static void poll_interrupts(void);

/* The parameters are the pattern.  It is compiled when it is searched: states that wait need not hold it. */
static bool
read_parameters(const uint8 *parameters, uint32 size, uint32 n_steps, void *meaning)
{
	AnSequence *sequence = palloc(sizeof(AnSequence));
	AnSequenceError error;
	AnStatus status = an_sequence_parse((const char *) parameters, size, sequence, &error);

	pfree(sequence);
	return status == AN_OK;
}

static void
compact(AnTimeline *events, const void *meaning, const AnMemory *memory, const AnMemory *scratch)
{
	an_timeline_sort(events, scratch);
}

const AnBehaviourKind an_sequence_kind = {.code = AN_BEHAVIOUR_SEQUENCE,
										  .name = "sequence_match",
										  .read = read_parameters,
										  .compact = compact};

/* (state, pattern, ts, VARIADIC conditions) */
AN_SQL(sequence_sfunc)
{
	SequenceCall *call = sequence_call(fcinfo);
	AnBehaviour *state = an_behaviour_arg(fcinfo, &an_sequence_kind);
	const AnBehaviourSpec *spec;
	ArrayType *conditions;
	uint64 mask[AN_TIMELINE_MASK_WORDS];
	uint32 n =
		an_behaviour_count(fcinfo, ARG_CONDITIONS, "sequence_match", "conditions", &conditions);
	bool any = an_behaviour_mask(conditions, n, mask);

	an_not_null(PG_ARGISNULL(ARG_PATTERN), "pattern");
	spec = find_spec(call, state, PG_GETARG_TEXT_PP(ARG_PATTERN), n);
	if (spec == NULL)
	{
		const text *pattern = PG_GETARG_TEXT_PP(ARG_PATTERN);

		parse_pattern(pattern, n);
		spec = an_behaviour_spec(fcinfo->flinfo->fn_mcxt, &an_sequence_kind, n,
								 (const uint8 *) VARDATA_ANY(pattern), VARSIZE_ANY_EXHDR(pattern));
		call->spec = spec;
	}
	if (any && !PG_ARGISNULL(ARG_TS))
	{
		AnMemory memory;

		if (!state)
			state = an_behaviour_new(fcinfo, spec);
		memory = an_memory(state->header.eoh_context);
		an_check(an_timeline_append(&state->events, &memory, PG_GETARG_TIMESTAMPTZ(ARG_TS), mask),
				 "number of events");
	}
	if (!state)
		PG_RETURN_NULL();
	return EOHPGetRWDatum(&state->header);
}

AN_SQL(sequence_combine)
{
	return an_behaviour_combine(fcinfo, &an_sequence_kind);
}

AN_SQL(sequence_match_final)
{
	Search search;

	if (!open_search(fcinfo, &search))
		PG_RETURN_BOOL(false);
	PG_RETURN_BOOL(an_sequence_match(search.sequence, &search.events, &search.caller));
}

AN_SQL(sequence_count_final)
{
	Search search;

	if (!open_search(fcinfo, &search))
		PG_RETURN_INT64(0);
	PG_RETURN_INT64((int64) an_sequence_count(search.sequence, &search.events, &search.caller));
}

AN_SQL(sequence_events_final)
{
	Search search;
	size_t *found;
	Datum *times;
	size_t n;

	if (!open_search(fcinfo, &search))
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(TIMESTAMPTZOID));
	found = an_memory_take(&search.caller.memory, search.events.n * sizeof(size_t));
	n = an_sequence_find(search.sequence, &search.events, found, &search.caller);
	if (n > MaxArraySize)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the match has more than %d events", (int) MaxArraySize)));
	times = an_memory_take(&search.caller.memory, (n + 1) * sizeof(Datum));
	for (size_t i = 0; i < n; i++)
		times[i] = TimestampTzGetDatum(search.events.at_us[found[i]]);
	PG_RETURN_ARRAYTYPE_P(construct_array(times, (int) n, TIMESTAMPTZOID, sizeof(TimestampTz),
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* Returns what this call remembers; at its first row, checks that an aggregate is calling. */
static SequenceCall *
sequence_call(FunctionCallInfo fcinfo)
{
	if (likely(fcinfo->flinfo->fn_extra))
		return fcinfo->flinfo->fn_extra;
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(
			ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("function \"sequence_sfunc\" can only be called by the sequence aggregates")));
	fcinfo->flinfo->fn_extra =
		MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(SequenceCall));
	return fcinfo->flinfo->fn_extra;
}

/*
 * Returns the spec of this row's arguments where the call remembers it, else
 * NULL.  Raises 22023 where it is not that of the group.
 */
static const AnBehaviourSpec *
find_spec(const SequenceCall *call, const AnBehaviour *state, const text *pattern,
		  uint32 n_conditions)
{
	const AnBehaviourSpec *spec = state ? state->spec : call->spec;
	AnBehaviourSpec asked = {.kind = &an_sequence_kind,
							 .n_steps = n_conditions,
							 .size = VARSIZE_ANY_EXHDR(pattern),
							 .parameters = (const uint8 *) VARDATA_ANY(pattern)};

	if (state)
	{
		an_behaviour_same_spec(spec, &asked);
		return spec;
	}
	if (spec && spec->n_steps == asked.n_steps && spec->size == asked.size &&
		memcmp(spec->parameters, asked.parameters, asked.size) == 0)
		return spec;
	return NULL;
}

/* Raises 22023 or 54000 for a pattern that does not parse, or that names more conditions than there are. */
static void
parse_pattern(const text *pattern, uint32 n_conditions)
{
	AnSequence *sequence = palloc(sizeof(AnSequence));
	AnSequenceError error;
	const char *bytes = VARDATA_ANY(pattern);
	AnStatus status = an_sequence_parse(bytes, VARSIZE_ANY_EXHDR(pattern), sequence, &error);

	if (status != AN_OK)
		ereport(ERROR,
				(errcode(status == AN_ERR_LIMIT ? ERRCODE_PROGRAM_LIMIT_EXCEEDED
												: ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid pattern at character %d: %s",
						pg_mbstrlen_with_len(bytes, (int) error.position) + 1, error.message),
				 errhint("A pattern is made of (?1), (?!1), ., their quantifiers * + ? {2,5}, and "
						 "of (?t<=3600) between two events.")));
	if (sequence->n_conditions > (int64) n_conditions)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the pattern names condition %d, but there are only %u",
							   sequence->n_conditions, n_conditions)));
	pfree(sequence);
}

/* Makes the search of a final function; false where there is no event. */
static bool
open_search(FunctionCallInfo fcinfo, Search *search)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnBehaviour *state;
	AnTimeline *events;
	uint32 n_words;
	int64 *at;
	uint64 *masks;

	if (PG_ARGISNULL(0))
		return false;
	state = an_behaviour_read(PG_GETARG_DATUM(0), &an_sequence_kind);
	events = &state->events;
	n_words = an_timeline_mask_words(events->n_steps);
	an_timeline_sort(events, &memory);
	at = an_memory_take(&memory, ((Size) events->n_events + 1) * sizeof(int64));
	masks = an_memory_take(&memory, ((Size) events->n_events + 1) * n_words * sizeof(uint64));
	for (uint32 i = 0; i < events->n_events; i++)
	{
		at[i] = an_timeline_time(events, i);
		for (uint32 word = 0; word < n_words; word++)
			masks[(Size) i * n_words + word] = an_timeline_mask(events, i, word);
	}
	search->sequence = compiled(fcinfo, state->spec);
	search->events = (AnSequenceEvents){events->n_events, at, (int) n_words, masks};
	search->caller = (AnSequenceCaller){memory, poll_interrupts};
	return events->n_events > 0;
}

/* Returns the pattern of a state, compiled. */
static const AnSequence *
compiled(FunctionCallInfo fcinfo, const AnBehaviourSpec *spec)
{
	MemoryContext context = fcinfo->flinfo->fn_mcxt;
	Compiled *last = fcinfo->flinfo->fn_extra;
	AnSequenceError error;

	if (last == NULL)
		last = fcinfo->flinfo->fn_extra = MemoryContextAllocZero(context, sizeof(Compiled));
	if (last->pattern && VARSIZE(last->pattern) == VARHDRSZ + spec->size &&
		memcmp(VARDATA(last->pattern), spec->parameters, spec->size) == 0)
		return &last->sequence;
	if (last->pattern)
		pfree(last->pattern);
	last->pattern = NULL;
	an_check(
		an_sequence_parse((const char *) spec->parameters, spec->size, &last->sequence, &error),
		"behaviour_state");
	last->pattern = MemoryContextAlloc(context, VARHDRSZ + spec->size);
	SET_VARSIZE(last->pattern, VARHDRSZ + spec->size);
	memcpy(VARDATA(last->pattern), spec->parameters, spec->size);
	return &last->sequence;
}

static void
poll_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}
