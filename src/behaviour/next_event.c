/*
 * next_event.c - the aggregate next_event, and its state: type next_event_state
 *
 * The state is a history whose events have values (kernel/next_event.h).  In
 * memory it is an expanded object that shares its context with the others of its
 * aggregate, flat a varlena of the stored form.
 */
#include "behaviour/bytes.h"
#include "behaviour/state.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "kernel/next_event.h"

/* Arguments of the transition function, by position. */
enum
{
	ARG_STATE,
	ARG_DIRECTION,
	ARG_BASE,
	ARG_TS,
	ARG_VALUE,
	ARG_BASE_CONDITION,
	ARG_CONDITIONS,
};

/* Words of events that need no block of their own: seven events, up to 31 conditions.  The object has 248 bytes. */
#define INLINE_WORDS 14

typedef struct NextState
{
	ExpandedObjectHeader header;	  /* what PostgreSQL knows an expanded object by */
	AnNextEvents events;			  /* what was gathered */
	int64 inline_words[INLINE_WORDS]; /* first block of the events */
} NextState;

/* The context that states share. */
static const char *const context_name = "analytics next event states";

static const char *const directions[] = {
	[AN_NEXT_FORWARD] = "forward",
	[AN_NEXT_BACKWARD] = "backward",
};

static const char *const bases[] = {
	[AN_NEXT_HEAD] = "head",
	[AN_NEXT_TAIL] = "tail",
	[AN_NEXT_FIRST_MATCH] = "first_match",
	[AN_NEXT_LAST_MATCH] = "last_match",
};

static AnNextAsk read_ask(FunctionCallInfo fcinfo, uint32 n_conditions);
static uint8 read_word(FunctionCallInfo fcinfo, int arg, const char *name, const char *const *words,
					   uint8 n_words);
static void unknown_word(const char *given, const char *name, const char *const *words,
						 uint8 n_words) pg_attribute_noreturn();
static void same_ask(const AnNextAsk *a, const AnNextAsk *b);
static void add_event(FunctionCallInfo fcinfo, NextState *state, const uint64 *mask);
static NextState *new_state(FunctionCallInfo fcinfo, const char *function, const AnNextAsk *ask);
static NextState *state_arg(FunctionCallInfo fcinfo, const char *function);
static NextState *object_of(Datum value);
static AnNextEvents *read_state(Datum value);
static AnStatus read_flat(Datum flat, const AnMemory *memory, AnNextEvents *events);
static void damaged(void) pg_attribute_noreturn();
static bool sound(const struct varlena *bytes);
static Size flat_size(ExpandedObjectHeader *header);
static void flatten(ExpandedObjectHeader *header, void *result, Size allocated_size);

static const ExpandedObjectMethods methods = {flat_size, flatten};

/* (state, direction, base, ts, value, base_condition, VARIADIC conditions) */
AN_SQL(next_event_sfunc)
{
	NextState *state = state_arg(fcinfo, "next_event_sfunc");
	ArrayType *conditions;
	uint64 mask[AN_TIMELINE_MASK_WORDS];
	uint32 n = an_behaviour_count(fcinfo, ARG_CONDITIONS, "next_event", "conditions", &conditions);
	AnNextAsk ask = read_ask(fcinfo, n);

	if (state)
		same_ask(&state->events.ask, &ask);
	if (!PG_ARGISNULL(ARG_TS) && !PG_ARGISNULL(ARG_VALUE))
	{
		if (!state)
			state = new_state(fcinfo, "next_event_sfunc", &ask);
		an_behaviour_mask(conditions, n, mask);
		add_event(fcinfo, state, mask);
	}
	if (!state)
		PG_RETURN_NULL();
	return EOHPGetRWDatum(&state->header);
}

/* (state, state) */
AN_SQL(next_event_combine)
{
	NextState *into = state_arg(fcinfo, "next_event_combine");
	AnMemory scratch = an_memory(CurrentMemoryContext);
	AnMemory memory;
	const AnNextEvents *from;

	if (PG_ARGISNULL(1))
	{
		if (!into)
			PG_RETURN_NULL();
		return EOHPGetRWDatum(&into->header);
	}
	from = read_state(PG_GETARG_DATUM(1));
	if (!into)
		into = new_state(fcinfo, "next_event_combine", &from->ask);
	same_ask(&into->events.ask, &from->ask);
	memory = an_memory(into->header.eoh_context);
	an_check(an_next_merge(&into->events, &memory, &scratch, from), "number of events");
	return EOHPGetRWDatum(&into->header);
}

AN_SQL(next_event_final)
{
	AnNextEvents *events;
	uint32 found;
	size_t size;
	const uint8 *value;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	events = read_state(PG_GETARG_DATUM(0));
	if (!an_next_find(events, &found))
		PG_RETURN_NULL();
	value = an_next_value(events, found, &size);
	PG_RETURN_TEXT_P(cstring_to_text_with_len((const char *) value, (int) size));
}

/* Reads the arguments that are the same in every row; raises 22004 or 22023. */
static AnNextAsk
read_ask(FunctionCallInfo fcinfo, uint32 n_conditions)
{
	AnNextAsk ask = {.n_conditions = (uint16) n_conditions};

	ask.direction = read_word(fcinfo, ARG_DIRECTION, "direction", directions, lengthof(directions));
	ask.base = read_word(fcinfo, ARG_BASE, "base", bases, lengthof(bases));
	if (!an_next_sound(&ask))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("nothing lies %s of base \"%s\"",
						ask.direction == AN_NEXT_FORWARD ? "forward" : "backward", bases[ask.base]),
				 errhint("Base \"head\" goes with direction \"forward\", base \"tail\" with "
						 "\"backward\".")));
	return ask;
}

/* Returns the number of the word in text argument `arg`. */
static uint8
read_word(FunctionCallInfo fcinfo, int arg, const char *name, const char *const *words,
		  uint8 n_words)
{
	const text *given;

	an_not_null(PG_ARGISNULL(arg), name);
	given = PG_GETARG_TEXT_PP(arg);
	for (uint8 i = 1; i < n_words; i++)
		if (strlen(words[i]) == VARSIZE_ANY_EXHDR(given) &&
			memcmp(words[i], VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given)) == 0)
			return i;
	unknown_word(text_to_cstring(given), name, words, n_words);
}

static void
unknown_word(const char *given, const char *name, const char *const *words, uint8 n_words)
{
	List *known = NIL;
	StringInfoData all;
	const char *nearest;

	initStringInfo(&all);
	for (uint8 i = 1; i < n_words; i++)
	{
		known = lappend(known, unconstify(char *, words[i]));
		appendStringInfo(&all, "%s%s", i == 1 ? "" : i == n_words - 1 ? " and " : ", ", words[i]);
	}
	nearest = an_name_nearest(given, known);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("next_event has no %s \"%s\"", name, an_shown(given)),
					nearest ? errhint("Perhaps you meant \"%s\".", nearest)
							: errhint("There are %s.", all.data)));
}

/* Raises 22023 unless two questions are the same. */
static void
same_ask(const AnNextAsk *a, const AnNextAsk *b)
{
	if (a->n_conditions != b->n_conditions)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("next_event got different numbers of conditions in rows of the same "
							   "group: %u and %u",
							   a->n_conditions, b->n_conditions)));
	if (a->direction != b->direction || a->base != b->base)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("next_event got different directions or bases in rows of the same "
							   "group"),
						errhint("Arguments direction and base must be the same in every row of a "
								"group.")));
}

/* Adds the event of a row with a time and a value. */
static void
add_event(FunctionCallInfo fcinfo, NextState *state, const uint64 *mask)
{
	AnMemory memory = an_memory(state->header.eoh_context);
	AnMemory scratch = an_memory(CurrentMemoryContext);
	const text *value = PG_GETARG_TEXT_PP(ARG_VALUE);
	bool base = !PG_ARGISNULL(ARG_BASE_CONDITION) && PG_GETARG_BOOL(ARG_BASE_CONDITION);

	an_check(an_next_add(&state->events, &memory, &scratch, PG_GETARG_TIMESTAMPTZ(ARG_TS),
						 VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), base, mask),
			 "number of events");
}

static NextState *
new_state(FunctionCallInfo fcinfo, const char *function, const AnNextAsk *ask)
{
	MemoryContext context = an_aggregate_context(fcinfo, function, context_name);
	NextState *state = MemoryContextAlloc(context, sizeof(NextState));

	EOH_init_header(&state->header, &methods, context);
	an_next_init(&state->events, ask, state->inline_words, INLINE_WORDS);
	return state;
}

/*
 * Returns the state in argument 0 to be changed, NULL where it is NULL.  Raises
 * 42809 outside an aggregate, XX001 for damaged bytes.
 */
static NextState *
state_arg(FunctionCallInfo fcinfo, const char *function)
{
	AnNextAsk none = {AN_NEXT_FORWARD, AN_NEXT_HEAD, 1};
	NextState *state;
	AnMemory memory;

	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("function \"%s\" can only be called by its aggregate", function)));
	if (PG_ARGISNULL(ARG_STATE))
		return NULL;
	if (VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(ARG_STATE))))
		return object_of(PG_GETARG_DATUM(ARG_STATE));
	state = new_state(fcinfo, function, &none);
	memory = an_memory(state->header.eoh_context);
	if (read_flat(PG_GETARG_DATUM(ARG_STATE), &memory, &state->events) != AN_OK)
		damaged();
	return state;
}

/* Returns the object of an expanded value, NULL for a flat one. */
static NextState *
object_of(Datum value)
{
	NextState *state;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return NULL;
	state = (NextState *) DatumGetEOHP(value);
	if (state->header.eoh_methods != &methods)
		elog(ERROR, "expanded object of an unexpected type");
	return state;
}

/* Returns the compact events of an object, or those of flat bytes; raises XX001. */
static AnNextEvents *
read_state(Datum value)
{
	NextState *state = object_of(value);
	AnMemory scratch = an_memory(CurrentMemoryContext);
	AnMemory memory;
	AnNextEvents *events;

	if (state)
	{
		memory = an_memory(state->header.eoh_context);
		an_next_compact(&state->events, &memory, &scratch);
		return &state->events;
	}
	events = palloc(sizeof(AnNextEvents));
	if (read_flat(value, &scratch, events) != AN_OK)
		damaged();
	return events;
}

/* Reads a stored state.  Its values must be texts in the encoding of the database. */
static AnStatus
read_flat(Datum flat, const AnMemory *memory, AnNextEvents *events)
{
	const struct varlena *bytes = PG_DETOAST_DATUM_PACKED(flat);
	AnStatus status =
		an_next_read(events, memory, (const uint8 *) VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));

	for (uint32 i = 0; i < events->values.n && status == AN_OK; i++)
	{
		size_t size;
		const uint8 *text = an_values_text(&events->values, i, &size);

		if (!pg_verifymbstr((const char *) text, (int) size, true))
			status = AN_ERR_CORRUPT;
	}
	return status;
}

/* Raises XX001. */
static void
damaged(void)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged next_event_state")));
}

static bool
sound(const struct varlena *bytes)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnNextEvents events;
	bool is_sound = read_flat(PointerGetDatum(bytes), &memory, &events) == AN_OK;

	an_next_free(&events, &memory);
	return is_sound;
}

/* Bytes of the flat form.  The events are made compact for it; scratch as in state.c. */
static Size
flat_size(ExpandedObjectHeader *header)
{
	NextState *state = (NextState *) header;
	AnMemory memory = an_memory(header->eoh_context);
	Size size;

	an_next_compact(&state->events, &memory, &memory);
	size = VARHDRSZ + an_next_size(&state->events);
	if (!AllocSizeIsValid(size))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("state of next_event with %u events exceeds the limit of 1 GB",
							   state->events.n_events)));
	return size;
}

static void
flatten(ExpandedObjectHeader *header, void *result, Size allocated_size)
{
	SET_VARSIZE(result, allocated_size);
	an_next_write(&((NextState *) header)->events, (uint8 *) VARDATA(result));
}

AN_SQL(next_event_state_in)
{
	return an_bytes_in(fcinfo, "next_event_state", sound);
}

AN_SQL(next_event_state_out)
{
	return an_bytes_out(fcinfo);
}

AN_SQL(next_event_state_recv)
{
	return an_bytes_recv(fcinfo, "next_event_state", sound);
}

AN_SQL(next_event_state_send)
{
	return an_bytes_send(fcinfo);
}
