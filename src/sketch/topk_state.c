/*
 * topk_state.c - a sketch of the most frequent values as an expanded object, and its flat forms
 */
#include "sketch/topk.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "kernel/bytehash.h"

static Size travel_size(ExpandedObjectHeader *header);
static void travel(ExpandedObjectHeader *header, void *result, Size size);

static const ExpandedObjectMethods methods = {.get_flat_size = travel_size, .flatten_into = travel};

AnTopkState *
an_topk_new(MemoryContext context, uint8 way, Oid type, uint32 k)
{
	AnMemory memory = an_sketch_memory(context);
	AnTopkState *state = an_memory_take(&memory, sizeof(AnTopkState));

	MemSet(state, 0, sizeof(AnTopkState));
	EOH_init_header(&state->header, &methods, context);
	state->way = way;
	state->type = way == AN_TOPK_IMAGE ? type : InvalidOid;
	an_topk_init(&state->topk, k);
	return state;
}

AnTopkState *
an_topk_state(Datum datum)
{
	return (AnTopkState *) an_object_of(datum, &methods);
}

void
an_topk_limit(AnStatus status)
{
	if (status == AN_ERR_LIMIT)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the values that a topk holds take more than %u MB",
							   AN_TOPK_BYTES_MAX / (1024 * 1024)),
						errhint("Count something shorter, such as md5(value) or left(value, "
								"1000), or use a smaller k.")));
	an_check(status, "topk");
}

/* A hash of a flat sketch whose values are given to the output function of their type. */
static uint64
check_of(const AnTopkFlat *flat)
{
	return an_bytehash((const uint8 *) flat + AN_TOPK_TRAVEL_HEAD,
					   VARSIZE(flat) - AN_TOPK_TRAVEL_HEAD) ^
		   flat->type;
}

/* Makes a sketch of a flat one; false: it is damaged. */
static bool
decode(AnTopkView *view, const struct varlena *flat, const AnMemory *memory)
{
	const AnTopkFlat *head = (const AnTopkFlat *) flat;
	size_t size = VARSIZE(flat);
	size_t head_size = AN_TOPK_STORED_HEAD;
	bool stored;
	AnStatus status;

	if (size < head_size || head->version != AN_TOPK_VERSION || head->zero != 0)
		return false;
	stored = head->encoding == AN_TOPK_STORED;
	view->way = head->way;
	view->type = InvalidOid;
	if (!stored)
	{
		head_size = AN_TOPK_TRAVEL_HEAD;
		if (head->encoding != AN_TOPK_TRAVELS || size < head_size)
			return false;
		view->type = head->type;
	}
	if (view->way > (stored ? AN_TOPK_TEXT : AN_TOPK_IMAGE))
		return false;
	if (view->way == AN_TOPK_IMAGE && head->check != check_of(head))
		return false;
	status = an_topk_decode(&view->own, (const uint8 *) flat + head_size, size - head_size, stored,
							memory);
	if (status == AN_ERR_CORRUPT)
		return false;
	an_topk_limit(status);
	view->topk = &view->own;
	return true;
}

void
an_topk_open(AnTopkView *view, Datum datum, const AnMemory *memory)
{
	const AnTopkState *state = an_topk_state(datum);

	MemSet(view, 0, sizeof(*view));
	if (state)
	{
		view->topk = &state->topk;
		view->way = state->way;
		view->type = state->type;
	}
	else if (!decode(view, (struct varlena *) DatumGetPointer(datum), memory))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged topk")));
}

void
an_topk_close(AnTopkView *view, const AnMemory *memory)
{
	an_topk_free(&view->own, memory);
}

void
an_topk_unite(AnTopkState *state, const AnTopkView *view)
{
	AnMemory memory = an_object_memory(&state->header);

	if (view->way != state->way || view->type != state->type)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("states of topk_agg over values of different types cannot be united")));
	an_topk_limit(an_topk_merge(&state->topk, view->topk, &memory));
}

void
an_topk_read(AnTopk *topk, Datum datum, const AnMemory *memory)
{
	AnTopkView view;

	an_topk_open(&view, datum, memory);
	if (view.way == AN_TOPK_IMAGE)
		an_topk_texts(topk, view.topk, view.type, memory);
	else
	{
		/* A copy: what is one's own may be finished, the state of an aggregate may not. */
		an_topk_init(topk, view.topk->k);
		an_topk_limit(an_topk_merge(topk, view.topk, memory));
	}
	an_topk_close(&view, memory);
	an_topk_finish(topk, memory);
}

/* The size of the flat form for travelling. */
static Size
travel_size(ExpandedObjectHeader *header)
{
	return AN_TOPK_TRAVEL_HEAD + an_topk_travel_size(&((AnTopkState *) header)->topk);
}

/* Writes the flat form for travelling.  All memory is the state's own: a sort calls this in a context that gives nothing back (17 and newer). */
static void
travel(ExpandedObjectHeader *header, void *result, Size size)
{
	const AnTopkState *state = (const AnTopkState *) header;
	AnTopkFlat *flat = result;
	AnMemory memory = an_memory(header->eoh_context);

	MemSet(flat, 0, sizeof(*flat));
	SET_VARSIZE(flat, size);
	flat->version = AN_TOPK_VERSION;
	flat->encoding = AN_TOPK_TRAVELS;
	flat->way = state->way;
	flat->type = state->type;
	an_topk_encode(&state->topk, false, (uint8 *) result + AN_TOPK_TRAVEL_HEAD, &memory);
	if (state->way == AN_TOPK_IMAGE)
		flat->check = check_of(flat);
}

struct varlena *
an_topk_stored(const AnTopk *topk)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	size_t size = AN_TOPK_STORED_HEAD + an_topk_encode_max(topk);
	AnTopkFlat *flat = palloc0(size);

	flat->version = AN_TOPK_VERSION;
	flat->encoding = AN_TOPK_STORED;
	size = an_topk_encode(topk, true, (uint8 *) flat + AN_TOPK_STORED_HEAD, &memory);
	SET_VARSIZE(flat, AN_TOPK_STORED_HEAD + size);
	return (struct varlena *) flat;
}

struct varlena *
an_topk_stored_of(Datum datum)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	struct varlena *flat = (struct varlena *) DatumGetPointer(datum);
	AnTopk topk;

	if (!an_topk_state(datum) && VARSIZE(flat) >= AN_TOPK_STORED_HEAD &&
		((AnTopkFlat *) flat)->encoding == AN_TOPK_STORED)
		return flat;
	an_topk_read(&topk, datum, &memory);
	flat = an_topk_stored(&topk);
	an_topk_free(&topk, &memory);
	return flat;
}

bool
an_topk_check(const struct varlena *flat)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnTopkView view;
	bool valid;

	MemSet(&view, 0, sizeof(view));
	if (!decode(&view, flat, &memory))
		return false;
	valid = ((const AnTopkFlat *) flat)->encoding == AN_TOPK_STORED;
	for (uint32 i = 0; valid && i < view.own.n; i++)
	{
		const AnTopkEntry *entry = &view.own.entries[i];

		valid = pg_verifymbstr((const char *) an_topk_value(&view.own, entry), entry->size, true);
	}
	an_topk_close(&view, &memory);
	return valid;
}
