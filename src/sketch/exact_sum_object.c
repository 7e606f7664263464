/*
 * exact_sum_object.c - a value of type exact_sum: flat, or expanded in memory
 */
#include "sketch/exact_sum.h"
#include "sketch/stored.h"

static Size flat_size(ExpandedObjectHeader *header);
static void flatten_into(ExpandedObjectHeader *header, void *result, Size size);

static const ExpandedObjectMethods methods = {
	.get_flat_size = flat_size,
	.flatten_into = flatten_into,
};

AnExactSumObject *
an_exact_sum_object_new(MemoryContext context, const AnMemory *memory)
{
	AnExactSumObject *object = an_memory_take(memory, sizeof(AnExactSumObject));

	EOH_init_header(&object->header, &methods, context);
	object->memory = *memory;
	an_exact_total_init(&object->total);
	return object;
}

static Size
flat_size(ExpandedObjectHeader *header)
{
	uint8 bytes[AN_EXACT_TOTAL_STORED_MAX];

	return VARHDRSZ + an_exact_total_store(&((AnExactSumObject *) header)->total, bytes);
}

static void
flatten_into(ExpandedObjectHeader *header, void *result, Size size)
{
	SET_VARSIZE(result, size);
	an_exact_total_store(&((AnExactSumObject *) header)->total, (uint8 *) VARDATA(result));
}

void
an_exact_sum_limit(AnStatus status)
{
	an_check(status, status == AN_ERR_LIMIT ? "number of values in an exact_sum" : "exact_sum");
}

/* Adds a flat value. */
static void
merge_flat(AnExactTotal *into, Datum value, const AnMemory *memory)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(value);

	an_exact_sum_limit(an_exact_total_merge_stored(into, (uint8 *) VARDATA_ANY(flat),
												   VARSIZE_ANY_EXHDR(flat), memory));
	if ((Pointer) flat != DatumGetPointer(value))
		pfree(flat);
}

const AnExactTotal *
an_exact_sum_load_datum(Datum value, AnExactSumRoom *room)
{
	AnExactSumObject *object = an_exact_sum_object(value);

	if (object)
		return &object->total;
	an_exact_total_fixed(&room->total, room->chunks);
	merge_flat(&room->total, value, NULL);
	return &room->total;
}

void
an_exact_sum_merge_datum(AnExactTotal *into, Datum value, const AnMemory *memory)
{
	AnExactSumObject *object = an_exact_sum_object(value);

	if (object)
		an_exact_sum_limit(an_exact_total_merge(into, &object->total, memory));
	else
		merge_flat(into, value, memory);
}

Datum
an_exact_sum_store_datum(const AnExactTotal *total)
{
	uint8 bytes[AN_EXACT_TOTAL_STORED_MAX];

	return an_stored_value(bytes, an_exact_total_store(total, bytes));
}
