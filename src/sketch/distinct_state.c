/*
 * distinct_state.c - an exact set as an expanded object, and its flat forms
 */
#include "sketch/distinct.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "kernel/bytehash.h"

/* What a tuple around a flat set may take of the 1 GB that a tuple has. */
#define TUPLE_SLACK 65536

static Size travel_size(ExpandedObjectHeader *header);
static void travel(ExpandedObjectHeader *header, void *result, Size size);

static const ExpandedObjectMethods methods = {.get_flat_size = travel_size, .flatten_into = travel};

/* A flat set taken apart; pointers are into it. */
typedef struct Parts
{
	uint8 encoding;	   /* AnDistinctEncoding */
	uint8 kind;		   /* AnDistinctKind */
	uint8 form;		   /* AnDistinctForm */
	uint8 flags;	   /* as in AnDistinctFlat */
	Oid type;		   /* of one that travels; else of the kind */
	Oid collation;	   /* of one that travels */
	uint64 count;	   /* values */
	const uint8 *data; /* behind the header */
	size_t size;	   /* bytes of data */
} Parts;

AnDistinct *
an_distinct_new(MemoryContext context, const AnDistinctType *type)
{
	AnMemory memory = an_sketch_memory(context);
	AnDistinct *set = an_memory_take(&memory, sizeof(AnDistinct));

	MemSet(set, 0, sizeof(AnDistinct));
	EOH_init_header(&set->header, &methods, context);
	set->type = type->type;
	set->collation = type->collation;
	set->kind = type->kind;
	set->form = type->form;
	if (set->form == AN_DISTINCT_WORDS)
		an_words_init(&set->set.words);
	else
		an_bytes_init(&set->set.bytes, set->form == AN_DISTINCT_VALUES);
	return set;
}

AnDistinct *
an_distinct_state(Datum datum)
{
	return (AnDistinct *) an_object_of(datum, &methods);
}

static uint64
count_of(const AnDistinct *set)
{
	return set->form == AN_DISTINCT_WORDS ? set->set.words.count : set->set.bytes.count;
}

static uint64
read_count(const uint8 *bytes)
{
	uint64 count = 0;

	for (int i = 7; i >= 0; i--)
		count = count << 8 | bytes[i];
	return count;
}

static void
write_count(uint8 *bytes, uint64 count)
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8) (count >> (8 * i));
}

/* A hash of a flat set that travels: of what types and their functions are looked up by, and of the bytes that they trust. */
static uint64
check_of(const AnDistinctFlat *flat)
{
	const uint8 *data = (const uint8 *) flat + AN_DISTINCT_TRAVEL_HEAD;
	uint64 check = an_mix64(~((uint64) flat->type << 32 | flat->collation)) ^ flat->kind ^
				   (uint64) flat->flags << 8;

	if (flat->flags >> AN_DISTINCT_FORM_SHIFT == AN_DISTINCT_VALUES)
		check ^= an_bytehash(data, VARSIZE(flat) - AN_DISTINCT_TRAVEL_HEAD);
	return check;
}

/* Takes a flat set apart, by what its header says; false: it is not one. */
static bool
take_apart(const struct varlena *flat, Parts *parts)
{
	const AnDistinctFlat *head = (const AnDistinctFlat *) flat;
	size_t size = VARSIZE(flat);
	AnDistinctForm form;

	if (size < AN_DISTINCT_STORED_HEAD || head->version != AN_DISTINCT_VERSION)
		return false;
	parts->encoding = head->encoding;
	parts->kind = head->kind;
	parts->flags = head->flags;
	parts->count = read_count(head->count);
	if (head->encoding == AN_DISTINCT_STORED)
	{
		parts->type = an_distinct_kind_type(head->kind, &form);
		parts->form = form;
		parts->collation = InvalidOid;
		parts->data = (const uint8 *) flat + AN_DISTINCT_STORED_HEAD;
		parts->size = size - AN_DISTINCT_STORED_HEAD;
		return OidIsValid(parts->type) && head->flags == 0;
	}
	if (head->encoding != AN_DISTINCT_TRAVELS || size < AN_DISTINCT_TRAVEL_HEAD)
		return false;
	parts->form = head->flags >> AN_DISTINCT_FORM_SHIFT;
	parts->type = head->type;
	parts->collation = head->collation;
	parts->data = (const uint8 *) flat + AN_DISTINCT_TRAVEL_HEAD;
	parts->size = size - AN_DISTINCT_TRAVEL_HEAD;
	return parts->form <= AN_DISTINCT_VALUES && head->check == check_of(head);
}

static void
damaged(void)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged distinct_set")));
}

uint64
an_distinct_count(Datum datum)
{
	const AnDistinct *set = an_distinct_state(datum);
	const AnDistinctFlat *head;

	if (set)
		return count_of(set);
	head = (const AnDistinctFlat *) PG_DETOAST_DATUM_SLICE(datum, 0,
														   AN_DISTINCT_STORED_HEAD - VARHDRSZ);
	if (VARSIZE(head) < AN_DISTINCT_STORED_HEAD || head->version != AN_DISTINCT_VERSION)
		damaged();
	return read_count(head->count);
}

void
an_distinct_type_of(Datum datum, AnDistinctType *type)
{
	const AnDistinct *set = an_distinct_state(datum);
	Parts parts;

	MemSet(type, 0, sizeof(*type));
	if (set)
	{
		type->type = set->type;
		type->collation = set->collation;
		type->kind = set->kind;
		type->form = set->form;
		return;
	}
	if (!take_apart((struct varlena *) DatumGetPointer(datum), &parts))
		damaged();
	type->type = parts.type;
	type->collation = parts.collation;
	type->kind = parts.kind;
	type->form = parts.form;
}

/* Adds the values of an arena that another set filled. */
static AnStatus
merge_arena(AnDistinct *set, AnDistinctType *type, const uint8 *arena, size_t used,
			const AnMemory *memory)
{
	size_t at = 0;
	AnBytes entry;
	AnStatus status = AN_OK;
	AnEqual equal = an_distinct_equal(type);
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "distinct merge", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(scratch);

	while (status == AN_OK &&
		   an_bytes_next(arena, used, set->form == AN_DISTINCT_VALUES, &at, &entry))
	{
		if (set->form == AN_DISTINCT_BYTES)
			status = an_bytes_add(&set->set.bytes, entry.bytes, entry.size, memory);
		else
		{
			status = an_bytes_add_value(&set->set.bytes, entry.bytes, entry.size, entry.hash,
										&equal, memory);
			MemoryContextReset(scratch); /* what the type's functions left */
		}
		CHECK_FOR_INTERRUPTS();
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	return status == AN_OK && at != used ? AN_ERR_CORRUPT : status;
}

/* Adds the values of a set in memory. */
static AnStatus
merge_state(AnDistinct *set, AnDistinctType *type, const AnDistinct *from, const AnMemory *memory)
{
	AnStatus status = AN_OK;

	if (set->form != AN_DISTINCT_WORDS)
		return merge_arena(set, type, from->set.bytes.arena, from->set.bytes.used, memory);
	if (from->set.words.zero)
		status = an_words_add(&set->set.words, 0, memory);
	if (status == AN_OK)
		status = an_words_merge(&set->set.words, from->set.words.slots, from->set.words.n_slots,
								from->set.words.wide, memory);
	return status;
}

/* Adds the values of a flat set. */
static AnStatus
merge_parts(AnDistinct *set, AnDistinctType *type, const Parts *parts, const AnMemory *memory)
{
	size_t width = parts->flags & AN_DISTINCT_WIDE ? sizeof(uint64) : sizeof(uint32);
	AnStatus status = AN_OK;

	if (parts->encoding == AN_DISTINCT_STORED)
	{
		const AnDistinctBounds *bounds = an_distinct_kind_bounds(parts->kind);

		return set->form == AN_DISTINCT_WORDS
				   ? an_words_load(&set->set.words, parts->data, parts->size, parts->count, bounds,
								   memory)
				   : an_bytes_load(&set->set.bytes, parts->data, parts->size, parts->count, bounds,
								   memory);
	}
	if (set->form != AN_DISTINCT_WORDS)
		return merge_arena(set, type, parts->data, parts->size, memory);
	if (parts->size % width != 0)
		return AN_ERR_CORRUPT;
	if (parts->flags & AN_DISTINCT_ZERO)
		status = an_words_add(&set->set.words, 0, memory);
	if (status == AN_OK)
		status = an_words_merge(&set->set.words, parts->data, parts->size / width,
								parts->flags & AN_DISTINCT_WIDE, memory);
	return status;
}

/* Raises 42804 unless the values of two sets can be compared. */
static void
require_same(const AnDistinct *set, const AnDistinctType *other)
{
	if (set->kind != AN_DISTINCT_OTHER || other->kind != AN_DISTINCT_OTHER
			? set->kind == other->kind && set->form == other->form
			: set->type == other->type && set->collation == other->collation &&
				  set->form == other->form)
		return;
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("sets of distinct values of types %s and %s cannot be united",
						   format_type_be(set->type), format_type_be(other->type)),
					errhint("Cast the values to one type before they are aggregated.")));
}

void
an_distinct_merge(AnDistinct *set, AnDistinctType *type, Datum datum)
{
	AnMemory memory = an_object_memory(&set->header);
	const AnDistinct *from = an_distinct_state(datum);
	AnDistinctType other;
	AnStatus status;
	Parts parts;

	an_distinct_type_of(datum, &other);
	require_same(set, &other);
	if (from)
		status = merge_state(set, type, from, &memory);
	else if (take_apart((struct varlena *) DatumGetPointer(datum), &parts))
		status = merge_parts(set, type, &parts, &memory);
	else
		status = AN_ERR_CORRUPT;
	if (status == AN_ERR_CORRUPT)
		damaged();
	an_check(status, "number of distinct values");
}

/* The size of the flat form for travelling; raises 54000 where no tuple can hold it. */
static Size
travel_size(ExpandedObjectHeader *header)
{
	const AnDistinct *set = (const AnDistinct *) header;
	Size size = AN_DISTINCT_TRAVEL_HEAD + (set->form == AN_DISTINCT_WORDS
											   ? an_words_travel_size(&set->set.words)
											   : set->set.bytes.used);

	if (size > MaxAllocSize - TUPLE_SLACK)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a set of " UINT64_FORMAT " distinct values takes %zu bytes, and "
							   "at most %zu can be passed on by a parallel worker or a sort",
							   count_of(set), size, MaxAllocSize - TUPLE_SLACK),
						errhint("Set max_parallel_workers_per_gather to 0 for this query: a set "
								"that stays in one process may be larger.")));
	return size;
}

/* Writes the flat form for travelling. */
static void
travel(ExpandedObjectHeader *header, void *result, Size size)
{
	const AnDistinct *set = (const AnDistinct *) header;
	AnDistinctFlat *flat = result;
	uint8 *data = (uint8 *) result + AN_DISTINCT_TRAVEL_HEAD;

	MemSet(flat, 0, sizeof(*flat));
	SET_VARSIZE(flat, size);
	flat->version = AN_DISTINCT_VERSION;
	flat->encoding = AN_DISTINCT_TRAVELS;
	flat->kind = set->kind;
	flat->type = set->type;
	flat->collation = set->collation;
	flat->flags = set->form << AN_DISTINCT_FORM_SHIFT;
	write_count(flat->count, count_of(set));
	if (set->form == AN_DISTINCT_WORDS)
	{
		flat->flags |= set->set.words.wide ? AN_DISTINCT_WIDE : 0;
		flat->flags |= set->set.words.zero ? AN_DISTINCT_ZERO : 0;
		an_words_travel(&set->set.words, data);
	}
	else if (set->set.bytes.used > 0)
		memcpy(data, set->set.bytes.arena, set->set.bytes.used);
	flat->check = check_of(flat);
}

/* Room for the stored form of a set, its header filled in. */
static struct varlena *
store_head(const AnDistinct *set, size_t data_size)
{
	AnDistinctFlat *flat;
	size_t size = AN_DISTINCT_STORED_HEAD + data_size;

	if (size > MaxAllocSize - TUPLE_SLACK)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a stored set of " UINT64_FORMAT " distinct values takes %zu bytes, "
							   "and at most %zu are possible",
							   count_of(set), size, MaxAllocSize - TUPLE_SLACK),
						errhint("Store a sketch by hll_agg instead.")));
	flat = palloc(size);
	SET_VARSIZE(flat, size);
	flat->version = AN_DISTINCT_VERSION;
	flat->encoding = AN_DISTINCT_STORED;
	flat->kind = set->kind;
	flat->flags = 0;
	write_count(flat->count, count_of(set));
	return (struct varlena *) flat;
}

static struct varlena *
store_words(const AnDistinct *set)
{
	size_t n = set->set.words.count;
	int64 *values = MemoryContextAllocHuge(CurrentMemoryContext, 2 * n * sizeof(int64) + 1);
	struct varlena *flat;

	an_words_sorted(&set->set.words, (int64_t *) values, (int64_t *) values + n);
	flat = store_head(set, an_words_store_size((int64_t *) values, n));
	an_words_store((int64_t *) values, n, (uint8 *) flat + AN_DISTINCT_STORED_HEAD);
	pfree(values);
	return flat;
}

static struct varlena *
store_bytes(const AnDistinct *set)
{
	size_t n = set->set.bytes.count;
	AnBytes *entries = MemoryContextAllocHuge(CurrentMemoryContext, 2 * n * sizeof(AnBytes) + 1);
	struct varlena *flat;

	an_bytes_sorted(&set->set.bytes, entries, entries + n);
	flat = store_head(set, an_bytes_store_size(entries, n));
	an_bytes_store(entries, n, (uint8 *) flat + AN_DISTINCT_STORED_HEAD);
	pfree(entries);
	return flat;
}

static struct varlena *
store(const AnDistinct *set)
{
	an_distinct_require_kind(set->kind, set->type);
	return set->form == AN_DISTINCT_WORDS ? store_words(set) : store_bytes(set);
}

struct varlena *
an_distinct_stored(Datum datum)
{
	AnDistinct *set = an_distinct_state(datum);
	struct varlena *flat = (struct varlena *) DatumGetPointer(datum);
	AnDistinctType type;
	MemoryContext context;

	if (set)
		return store(set);
	an_distinct_type_of(datum, &type);
	if (((AnDistinctFlat *) flat)->encoding == AN_DISTINCT_STORED)
		return flat;
	an_distinct_require_kind(type.kind, type.type);
	context = AllocSetContextCreate(CurrentMemoryContext, "distinct set", ALLOCSET_DEFAULT_SIZES);
	set = an_distinct_new(context, &type);
	an_distinct_merge(set, &type, datum);
	flat = store(set);
	MemoryContextDelete(context);
	return flat;
}

void
an_distinct_require_kind(uint8 kind, Oid type)
{
	/* Of text there are sets, but not where a collation of its own says what is equal. */
	bool is_text = type == TEXTOID || type == VARCHAROID || type == BPCHAROID;

	if (kind == AN_DISTINCT_OTHER)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("sets of distinct values of type %s%s cannot be stored",
							   format_type_be(type), is_text ? " with this collation" : ""),
						errhint("Take a form of the values in which equal ones have equal bytes, "
								"such as trim_scale(value)::text or lower(value) COLLATE \"C\".")));
}

bool
an_distinct_check(const struct varlena *flat)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	const AnDistinctBounds *bounds;
	Parts parts;

	if (!take_apart(flat, &parts) || parts.encoding != AN_DISTINCT_STORED)
		return false;
	bounds = an_distinct_kind_bounds(parts.kind);
	return (parts.form == AN_DISTINCT_WORDS
				? an_words_load(NULL, parts.data, parts.size, parts.count, bounds, &memory)
				: an_bytes_load(NULL, parts.data, parts.size, parts.count, bounds, &memory)) ==
		   AN_OK;
}
