/*
 * state.c - the state of an aggregate over events: type behaviour_state
 */
#include "behaviour/state.h"

/* The context that states share. */
static const char *const context_name = "analytics behaviour states";

static const AnBehaviourKind *const kinds[] = {&an_window_funnel_kind, &an_sequence_kind,
											   &an_funnel_agg_kind};

static AnBehaviour *make_object(MemoryContext context, const AnBehaviourSpec *spec);
static const AnBehaviourSpec *
read_header(Datum flat, const AnBehaviourKind *kind, const AnBehaviourSpec *known,
			MemoryContext context, AnTimelineHeader *header);
static bool events_sound(uint32 n_steps, bool valued, const uint8 *bytes, Size size);
static void damaged(void) pg_attribute_noreturn();
static void append_stored(AnBehaviour *state, const AnTimelineHeader *header, Datum flat);
static void append_valued(AnBehaviour *state, const uint8 *bytes, Size size);
static void append_state(AnBehaviour *state, AnBehaviour *from);
static void append_events(AnBehaviour *state, const AnTimeline *events, const uint32 *numbers);
static Size flat_size(ExpandedObjectHeader *header);
static void flatten(ExpandedObjectHeader *header, void *result, Size allocated_size);

static const ExpandedObjectMethods methods = {flat_size, flatten};

const AnBehaviourSpec *
an_behaviour_spec(MemoryContext context, const AnBehaviourKind *kind, uint32 n_steps,
				  const uint8 *parameters, uint32 size)
{
	MemoryContext caller = MemoryContextSwitchTo(context);
	AnBehaviourSpec *spec = palloc(sizeof(AnBehaviourSpec));
	uint8 *copy = palloc(Max(size, 1));
	void *meaning = palloc0(kind->meaning_size);

	memcpy(copy, parameters, size);
	if (!kind->read(copy, size, n_steps, meaning))
		elog(ERROR, "parameters of %s were not sound", kind->name);
	*spec = (AnBehaviourSpec){.kind = kind,
							  .n_steps = n_steps,
							  .size = size,
							  .parameters = copy,
							  .meaning = meaning,
							  .valued = kind->valued && kind->valued(meaning)};
	MemoryContextSwitchTo(caller);
	return spec;
}

/* Returns how many conditions a row has. */
static uint32
count_conditions(const AnBehaviourSpec *spec)
{
	return spec->n_steps - (spec->valued ? AN_BEHAVIOUR_VALUE_BITS : 0);
}

void
an_behaviour_same_spec(const AnBehaviourSpec *a, const AnBehaviourSpec *b)
{
	const char *name = a->kind->name;

	if (a == b)
		return;
	if (a->n_steps != b->n_steps)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s got different numbers of conditions in rows of the same group: "
							   "%u and %u",
							   name, count_conditions(a), count_conditions(b))));
	if (a->size != b->size || memcmp(a->parameters, b->parameters, a->size) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s got different arguments in rows of the same group", name),
						errhint("All arguments but the time and the conditions must be the same "
								"in every row of a group.")));
}

AnBehaviour *
an_behaviour_new(FunctionCallInfo fcinfo, const AnBehaviourSpec *spec)
{
	return make_object(an_aggregate_context(fcinfo, spec->kind->name, context_name), spec);
}

static AnBehaviour *
make_object(MemoryContext context, const AnBehaviourSpec *spec)
{
	AnBehaviour *state =
		MemoryContextAlloc(context, spec->valued ? sizeof(AnValuedBehaviour) : sizeof(AnBehaviour));

	EOH_init_header(&state->header, &methods, context);
	state->spec = spec;
	an_timeline_init(&state->events, spec->n_steps, state->inline_words, AN_BEHAVIOUR_INLINE);
	if (spec->valued)
		an_values_init(an_behaviour_values(state));
	return state;
}

/* Returns the object of an expanded value, NULL for a flat one. */
static AnBehaviour *
object_of(Datum value)
{
	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return NULL;
	return (AnBehaviour *) DatumGetEOHP(value);
}

AnBehaviour *
an_behaviour_arg(FunctionCallInfo fcinfo, const AnBehaviourKind *kind)
{
	Datum value = PG_GETARG_DATUM(0);
	AnTimelineHeader header;
	AnBehaviour *state;

	if (PG_ARGISNULL(0))
		return NULL;
	if (VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(value)))
	{
		state = (AnBehaviour *) DatumGetEOHP(value);
		if (likely(state->spec->kind == kind))
			return state;
	}
	value = PointerGetDatum(PG_DETOAST_DATUM_PACKED(value));
	state =
		an_behaviour_new(fcinfo, read_header(value, kind, NULL, fcinfo->flinfo->fn_mcxt, &header));
	append_stored(state, &header, value);
	return state;
}

AnBehaviour *
an_behaviour_read(Datum value, const AnBehaviourKind *kind)
{
	AnBehaviour *state = object_of(value);
	AnTimelineHeader header;

	if (state && state->spec->kind == kind)
		return state;
	value = PointerGetDatum(PG_DETOAST_DATUM_PACKED(value));
	state = make_object(CurrentMemoryContext,
						read_header(value, kind, NULL, CurrentMemoryContext, &header));
	append_stored(state, &header, value);
	return state;
}

Datum
an_behaviour_combine(FunctionCallInfo fcinfo, const AnBehaviourKind *kind)
{
	FmgrInfo *call = fcinfo->flinfo;
	AnBehaviour *into;
	AnBehaviour *from;
	const AnBehaviourSpec *spec;
	AnTimelineHeader header;
	Datum value;

	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("states of %s can only be combined by its aggregate", kind->name)));
	into = an_behaviour_arg(fcinfo, kind);
	if (PG_ARGISNULL(1))
	{
		if (!into)
			PG_RETURN_NULL();
		return EOHPGetRWDatum(&into->header);
	}
	value = PG_GETARG_DATUM(1);
	from = object_of(value);
	if (from && from->spec->kind == kind)
		spec = from->spec;
	else
	{
		from = NULL;
		value = PointerGetDatum(PG_DETOAST_DATUM_PACKED(value));
		spec = read_header(value, kind, call->fn_extra, call->fn_mcxt, &header);
		call->fn_extra = unconstify(AnBehaviourSpec *, spec);
	}
	if (into)
		an_behaviour_same_spec(into->spec, spec);
	else
		into = an_behaviour_new(fcinfo, spec);
	if (from)
		append_state(into, from);
	else
		append_stored(into, &header, value);
	return EOHPGetRWDatum(&into->header);
}

static const AnBehaviourKind *
kind_of(uint8 code)
{
	for (size_t i = 0; i < lengthof(kinds); i++)
		if (kinds[i]->code == code)
			return kinds[i];
	return NULL;
}

bool
an_behaviour_sound(const struct varlena *bytes)
{
	const uint8 *stored = (const uint8 *) VARDATA_ANY(bytes);
	Size size = VARSIZE_ANY_EXHDR(bytes);
	AnTimelineHeader header;
	const AnBehaviourKind *kind;
	void *meaning;
	Size begin;

	if (an_timeline_header_read(stored, size, &header) != AN_OK)
		return false;
	kind = kind_of(header.kind);
	if (!kind || (header.flags & ~kind->flags))
		return false;
	meaning = palloc0(kind->meaning_size);
	if (!kind->read(header.parameters, header.parameters_size, header.n_steps, meaning))
		return false;
	begin = an_timeline_header_size(header.parameters_size);
	return events_sound(header.n_steps, kind->valued && kind->valued(meaning), stored + begin,
						size - begin);
}

/* Tells whether bytes are stored events, with their values before them where they have some. */
static bool
events_sound(uint32 n_steps, bool valued, const uint8 *bytes, Size size)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnTimeline events;
	AnValues values;
	uint32 *numbers;
	uint32 n_values = 0;
	Size begin = 0;
	bool sound;

	an_values_init(&values);
	if (valued)
	{
		begin = an_behaviour_values_read(bytes, size, &values, &memory, &numbers, &n_values);
		if (begin == 0)
			return false;
	}
	an_timeline_init(&events, n_steps, NULL, 0);
	sound = an_timeline_events_read(&events, &memory, bytes + begin, size - begin) == AN_OK;
	if (valued)
		sound = sound && an_behaviour_values_used(&events, n_values);
	an_timeline_free(&events, &memory);
	an_values_free(&values, &memory);
	return sound;
}

/* Raises XX001. */
static void
damaged(void)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged behaviour_state")));
}

/*
 * Reads the header of a flat state of this kind, and returns its spec: `known` if
 * it is the same, else one made in `context`.
 */
static const AnBehaviourSpec *
read_header(Datum flat, const AnBehaviourKind *kind, const AnBehaviourSpec *known,
			MemoryContext context, AnTimelineHeader *header)
{
	const struct varlena *bytes = (const struct varlena *) DatumGetPointer(flat);
	const AnBehaviourKind *stored;

	if (an_timeline_header_read((const uint8 *) VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes),
								header) != AN_OK)
		damaged();
	stored = kind_of(header->kind);
	if (!stored || (header->flags & ~stored->flags))
		damaged();
	if (stored != kind)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a behaviour_state of %s cannot be used by %s", stored->name, kind->name)));
	if (known && known->n_steps == header->n_steps && known->size == header->parameters_size &&
		memcmp(known->parameters, header->parameters, known->size) == 0)
		return known;
	if (!kind->read(header->parameters, header->parameters_size, header->n_steps,
					palloc0(kind->meaning_size)))
		damaged();
	return an_behaviour_spec(context, kind, header->n_steps, header->parameters,
							 header->parameters_size);
}

/* Adds the events of a flat state whose header was read. */
static void
append_stored(AnBehaviour *state, const AnTimelineHeader *header, Datum flat)
{
	const struct varlena *bytes = (const struct varlena *) DatumGetPointer(flat);
	Size begin = an_timeline_header_size(header->parameters_size);
	AnMemory memory = an_memory(state->header.eoh_context);

	state->events.flags |= header->flags;
	if (state->spec->valued)
		append_valued(state, (const uint8 *) VARDATA_ANY(bytes) + begin,
					  VARSIZE_ANY_EXHDR(bytes) - begin);
	else
		an_check(an_timeline_events_read(&state->events, &memory,
										 (const uint8 *) VARDATA_ANY(bytes) + begin,
										 VARSIZE_ANY_EXHDR(bytes) - begin),
				 "behaviour_state");
}

/* Adds stored events with their values. */
static void
append_valued(AnBehaviour *state, const uint8 *bytes, Size size)
{
	AnMemory memory = an_memory(state->header.eoh_context);
	AnMemory scratch = an_memory(CurrentMemoryContext);
	AnTimeline events;
	uint32 *numbers;
	uint32 n;
	Size begin =
		an_behaviour_values_read(bytes, size, an_behaviour_values(state), &memory, &numbers, &n);

	if (begin == 0)
		damaged();
	an_timeline_init(&events, state->spec->n_steps, NULL, 0);
	an_check(an_timeline_events_read(&events, &scratch, bytes + begin, size - begin),
			 "behaviour_state");
	if (!an_behaviour_values_used(&events, n))
		damaged();
	append_events(state, &events, numbers);
	an_timeline_free(&events, &scratch);
	pfree(numbers);
}

/* Adds the events of another object. */
static void
append_state(AnBehaviour *state, AnBehaviour *from)
{
	AnMemory memory = an_memory(state->header.eoh_context);
	const AnValues *values;
	uint32 *numbers;

	state->events.flags |= from->events.flags;
	if (!state->spec->valued)
	{
		append_events(state, &from->events, NULL);
		return;
	}
	values = an_behaviour_values(from);
	numbers = palloc(Max(values->n, 1) * sizeof(uint32));
	for (uint32 i = 0; i < values->n; i++)
	{
		size_t size;
		const uint8 *text = an_values_text(values, i, &size);

		an_check(an_values_number(an_behaviour_values(state), &memory, text, size, &numbers[i]),
				 "size of values");
	}
	append_events(state, &from->events, numbers);
	pfree(numbers);
}

/* Adds events; those with a value i get the value numbers[i], where numbers is not NULL. */
static void
append_events(AnBehaviour *state, const AnTimeline *events, const uint32 *numbers)
{
	AnMemory memory = an_memory(state->header.eoh_context);
	uint64 mask[AN_TIMELINE_MASK_WORDS];

	for (uint32 i = 0; i < events->n_events; i++)
	{
		uint32 value = numbers ? an_behaviour_get_value(events, i) : 0;

		for (uint32 word = 0; word < an_timeline_mask_words(events->n_steps); word++)
			mask[word] = an_timeline_mask(events, i, word);
		if (value > 0)
		{
			an_behaviour_clear_value(mask, events->n_steps);
			an_behaviour_put_value(mask, events->n_steps, numbers[value - 1] + 1);
		}
		an_check(an_timeline_append(&state->events, &memory, an_timeline_time(events, i), mask),
				 "number of events");
	}
}

/*
 * Bytes of the flat form.  The events are brought into their stored form for it, in the
 * state's own context: a sort calls this in one that gives nothing back (17 and newer).
 */
static Size
flat_size(ExpandedObjectHeader *header)
{
	AnBehaviour *state = (AnBehaviour *) header;
	AnMemory memory = an_memory(header->eoh_context);
	MemoryContext caller = MemoryContextSwitchTo(header->eoh_context);
	Size size;

	if (state->spec->valued)
		an_behaviour_values_arrange(state);
	state->spec->kind->compact(&state->events, state->spec->meaning, &memory, &memory);
	MemoryContextSwitchTo(caller);
	size = VARHDRSZ + an_timeline_header_size(state->spec->size) +
		   an_timeline_events_size(&state->events);
	if (state->spec->valued)
		size += an_behaviour_values_size(an_behaviour_values(state));
	if (!AllocSizeIsValid(size))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("state of %s with %u events exceeds the limit of 1 GB",
							   state->spec->kind->name, state->events.n_events)));
	return size;
}

static void
flatten(ExpandedObjectHeader *header, void *result, Size allocated_size)
{
	AnBehaviour *state = (AnBehaviour *) header;
	const AnBehaviourSpec *spec = state->spec;
	uint8 *bytes = (uint8 *) VARDATA(result);
	AnTimelineHeader stored = {.kind = spec->kind->code,
							   .flags = state->events.flags,
							   .n_steps = spec->n_steps,
							   .parameters = spec->parameters,
							   .parameters_size = spec->size};

	SET_VARSIZE(result, allocated_size);
	bytes += an_timeline_header_write(&stored, bytes);
	if (spec->valued)
		bytes += an_behaviour_values_write(an_behaviour_values(state), bytes);
	an_timeline_events_write(&state->events, bytes);
}
