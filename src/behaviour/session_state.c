/*
 * session_state.c - type session_state
 */
#include "behaviour/session_state.h"

#include "behaviour/bytes.h"

/* The context that states share. */
static const char *const context_name = "analytics session states";

static AnSessions *object_of(Datum value);
static AnStatus read_flat(Datum flat, const AnMemory *memory, AnRuns *runs);
static void damaged(void) pg_attribute_noreturn();
static Size flat_size(ExpandedObjectHeader *header);
static void flatten(ExpandedObjectHeader *header, void *result, Size allocated_size);

static const ExpandedObjectMethods methods = {flat_size, flatten};

AnSessions *
an_sessions_new(FunctionCallInfo fcinfo, const char *function, int64 gap_us)
{
	MemoryContext context = an_aggregate_context(fcinfo, function, context_name);
	AnSessions *state = MemoryContextAlloc(context, sizeof(AnSessions));

	EOH_init_header(&state->header, &methods, context);
	an_runs_init(&state->runs, gap_us, state->inline_runs, AN_SESSIONS_INLINE);
	return state;
}

AnSessions *
an_sessions_arg(FunctionCallInfo fcinfo, const char *function)
{
	AnSessions *state;
	AnMemory memory;

	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("function \"%s\" can only be called by its aggregate", function)));
	if (PG_ARGISNULL(0))
		return NULL;
	if (VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))))
		return object_of(PG_GETARG_DATUM(0));
	state = an_sessions_new(fcinfo, function, 1);
	memory = an_memory(state->header.eoh_context);
	if (read_flat(PG_GETARG_DATUM(0), &memory, &state->runs) != AN_OK)
		damaged();
	return state;
}

const AnRuns *
an_sessions_read(Datum value)
{
	AnSessions *state = object_of(value);
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnRuns *runs;

	if (state)
	{
		an_runs_compact(&state->runs, &memory);
		return &state->runs;
	}
	runs = palloc(sizeof(AnRuns));
	if (read_flat(value, &memory, runs) != AN_OK)
		damaged();
	return runs;
}

bool
an_sessions_sound(const struct varlena *bytes)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnRuns runs;
	bool sound = read_flat(PointerGetDatum(bytes), &memory, &runs) == AN_OK;

	an_runs_free(&runs, &memory);
	return sound;
}

/* Returns the object of an expanded value, NULL for a flat one. */
static AnSessions *
object_of(Datum value)
{
	AnSessions *state;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return NULL;
	state = (AnSessions *) DatumGetEOHP(value);
	if (state->header.eoh_methods != &methods)
		elog(ERROR, "expanded object of an unexpected type");
	return state;
}

/* Reads a stored state, with a block of `memory`.  Its times must be those of timestamptz. */
static AnStatus
read_flat(Datum flat, const AnMemory *memory, AnRuns *runs)
{
	const struct varlena *bytes = PG_DETOAST_DATUM_PACKED(flat);
	AnStatus status =
		an_runs_read(runs, memory, (const uint8 *) VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));

	for (uint32 i = 0; i < runs->n_runs && status == AN_OK; i++)
	{
		const AnRun *run = &runs->runs[i];

		if (!(TIMESTAMP_NOT_FINITE(run->first) || IS_VALID_TIMESTAMP(run->first)) ||
			!(TIMESTAMP_NOT_FINITE(run->last) || IS_VALID_TIMESTAMP(run->last)))
			status = AN_ERR_CORRUPT;
	}
	return status;
}

/* Raises XX001. */
static void
damaged(void)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged session_state")));
}

/* Bytes of the flat form.  The runs are made compact for it; scratch as in state.c. */
static Size
flat_size(ExpandedObjectHeader *header)
{
	AnSessions *state = (AnSessions *) header;
	AnMemory scratch = an_memory(header->eoh_context);
	Size size;

	an_runs_compact(&state->runs, &scratch);
	size = VARHDRSZ + an_runs_size(&state->runs);
	if (!AllocSizeIsValid(size))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("session_state of %u sessions exceeds the limit of 1 GB",
							   state->runs.n_runs)));
	return size;
}

static void
flatten(ExpandedObjectHeader *header, void *result, Size allocated_size)
{
	SET_VARSIZE(result, allocated_size);
	an_runs_write(&((AnSessions *) header)->runs, (uint8 *) VARDATA(result));
}

AN_SQL(session_state_in)
{
	return an_bytes_in(fcinfo, "session_state", an_sessions_sound);
}

AN_SQL(session_state_out)
{
	return an_bytes_out(fcinfo);
}

AN_SQL(session_state_recv)
{
	return an_bytes_recv(fcinfo, "session_state", an_sessions_sound);
}

AN_SQL(session_state_send)
{
	return an_bytes_send(fcinfo);
}
