/*
 * hll_object.c - a value of type hll: flat, or expanded in memory
 */
#include "sketch/hll_object.h"

#include <math.h>

#include "kernel/hll_estimate.h"

static Size flat_size(ExpandedObjectHeader *header);
static void flatten_into(ExpandedObjectHeader *header, void *result, Size size);
static void merged(AnStatus status, const AnHll *into, Datum value);

static const ExpandedObjectMethods methods = {
	.get_flat_size = flat_size,
	.flatten_into = flatten_into,
};

/* Names of the hashes, by AnHllHash. */
static const char *const hash_names[] = {
	[AN_HLL_MURMUR3] = "murmur3",
	[AN_HLL_REDIS] = "redis",
};

AnHllHash
an_hll_hash_parse(const char *name, int length)
{
	for (int i = 0; i < (int) lengthof(hash_names); i++)
		if (strlen(hash_names[i]) == length && memcmp(hash_names[i], name, length) == 0)
			return i;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("hash must be \"murmur3\" or \"redis\", not \"%s\"",
						   an_shown(pnstrdup(name, length)))));
}

const char *
an_hll_hash_name(uint8 hash)
{
	return hash_names[hash];
}

void
an_hll_precision_check(int32 precision)
{
	if (precision < AN_HLL_PRECISION_MIN || precision > AN_HLL_PRECISION_MAX)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("precision must be between %d and %d, not %d", AN_HLL_PRECISION_MIN,
					AN_HLL_PRECISION_MAX, precision),
			 errhint(
				 "A sketch of precision p has 2^p registers and an error of 0.76 / sqrt(2^p).")));
}

AnHllObject *
an_hll_object_new(MemoryContext context, const AnMemory *memory, int precision, AnHllHash hash)
{
	AnHllObject *object = an_memory_take(memory, sizeof(AnHllObject));

	EOH_init_header(&object->header, &methods, context);
	object->memory = *memory;
	object->stored = NULL;
	object->stored_size = 0;
	an_hll_init(&object->hll, precision, hash);
	return object;
}

AnHllObject *
an_hll_object_own(int precision, AnHllHash hash)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "analytics hll", ALLOCSET_START_SMALL_SIZES);

	AnMemory memory = an_memory(context);

	return an_hll_object_new(context, &memory, precision, hash);
}

AnHllObject *
an_hll_object_writable(Datum value)
{
	AnHllObject *object = an_hll_object(value);
	AnHllHeader header;

	if (object && VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(value)))
	{
		an_hll_object_changes(object);
		return object;
	}
	an_hll_header_datum(value, &header);
	object = an_hll_object_own(header.precision, header.hash);
	an_hll_merge_datum(&object->hll, value, &object->memory);
	return object;
}

/*
 * Encodes the sketch, since the size is known only then; flatten_into takes what was made.  All memory is
 * the object's own: a sort calls this in a context that gives nothing back (17 and newer).
 */
static Size
flat_size(ExpandedObjectHeader *header)
{
	AnHllObject *object = (AnHllObject *) header;

	if (object->stored == NULL)
	{
		uint8 *room = an_memory_take(&object->memory, an_hll_stored_max(&object->hll));

		object->stored_size = an_hll_store(&object->hll, room, &object->memory);
		object->stored = an_memory_take(&object->memory, object->stored_size);
		memcpy(object->stored, room, object->stored_size);
		an_memory_give(&object->memory, room);
	}
	return VARHDRSZ + object->stored_size;
}

static void
flatten_into(ExpandedObjectHeader *header, void *result, Size size)
{
	AnHllObject *object = (AnHllObject *) header;

	Assert(object->stored && size == VARHDRSZ + object->stored_size);
	SET_VARSIZE(result, size);
	memcpy(VARDATA(result), object->stored, object->stored_size);
	an_hll_object_changes(object);
}

struct varlena *
an_hll_flat(Datum value)
{
	return PG_DETOAST_DATUM_PACKED(value);
}

void
an_hll_header_datum(Datum value, AnHllHeader *header)
{
	AnHllObject *object = an_hll_object(value);
	struct varlena *flat = (struct varlena *) DatumGetPointer(value);

	if (object)
	{
		*header = (AnHllHeader){
			.encoding = object->hll.dense				? AN_HLL_BYTES
						: an_hll_is_empty(&object->hll) ? AN_HLL_EMPTY
														: AN_HLL_TOKENS,
			.precision = object->hll.precision,
			.hash = object->hll.hash,
			.hll_only = object->hll.hll_only,
			.estimate = an_hll_estimate(&object->hll),
		};
		return;
	}
	if (VARATT_IS_EXTERNAL(flat) || VARATT_IS_COMPRESSED(flat))
		flat = PG_DETOAST_DATUM_SLICE(value, 0, AN_HLL_HEADER_SIZE);
	an_check(an_hll_header((uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat), header), "hll");
}

const AnHll *
an_hll_load_datum(Datum value, AnHll *room)
{
	AnHllObject *object = an_hll_object(value);
	AnMemory memory = an_memory(CurrentMemoryContext);
	struct varlena *flat;

	if (object)
		return &object->hll;
	flat = an_hll_flat(value);
	an_check(an_hll_load(room, (uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat), &memory),
			 "hll");
	return room;
}

void
an_hll_merge_datum(AnHll *into, Datum value, const AnMemory *memory)
{
	AnHllObject *object = an_hll_object(value);
	struct varlena *flat;

	if (object)
	{
		merged(an_hll_merge(into, &object->hll, memory), into, value);
		return;
	}
	flat = an_hll_flat(value);
	merged(an_hll_merge_stored(into, (uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat), memory),
		   into, value);
	if ((Pointer) flat != DatumGetPointer(value))
		pfree(flat);
}

/* Raises the error of a merge: for an argument, that the hashes differ. */
static void
merged(AnStatus status, const AnHll *into, Datum value)
{
	AnHllHeader header;

	if (status == AN_ERR_ARGUMENT)
	{
		an_hll_header_datum(value, &header);
		an_hll_same_hash(into->hash, header.hash);
	}
	an_check(status, "hll");
}

void
an_hll_same_hash(uint8 a, uint8 b)
{
	if (a != b)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("sketches have different hashes, %s and %s", an_hll_hash_name(a),
							   an_hll_hash_name(b)),
						errhint("Values must be hashed alike to be compared; a sketch that came "
								"from Redis has the hash redis.")));
}

Datum
an_hll_store_datum(const AnHll *hll)
{
	AnMemory scratch = an_memory(CurrentMemoryContext);
	struct varlena *flat = palloc(VARHDRSZ + an_hll_stored_max(hll));

	SET_VARSIZE(flat, VARHDRSZ + an_hll_store(hll, (uint8 *) VARDATA(flat), &scratch));
	return PointerGetDatum(flat);
}

/* Rounds to the nearest count. */
static int64
rounded(double estimate)
{
	return (int64) Min(rint(estimate), 9e18);
}

int64
an_hll_count(const AnHll *hll)
{
	return rounded(an_hll_estimate(hll));
}

int64
an_hll_count_datum(Datum value)
{
	AnHllHeader header;

	an_hll_header_datum(value, &header);
	return rounded(header.estimate);
}
