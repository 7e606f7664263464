/*
 * object.c - expanded objects as states
 */
#include "sketch/object.h"

static void *
take(void *owner, size_t size)
{
	AnMemory memory = an_sketch_memory(((ExpandedObjectHeader *) owner)->eoh_context);

	return an_memory_take(&memory, size);
}

static void
give(void *owner, void *block)
{
	AnMemory memory = an_sketch_memory(((ExpandedObjectHeader *) owner)->eoh_context);

	an_memory_give(&memory, block);
}

AnMemory
an_object_memory(ExpandedObjectHeader *header)
{
	return (AnMemory){.take = take, .give = give, .owner = header};
}

ExpandedObjectHeader *
an_object_of(Datum datum, const ExpandedObjectMethods *methods)
{
	ExpandedObjectHeader *header;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(datum)))
		return NULL;
	header = DatumGetEOHP(datum);
	if (header->eoh_methods != methods)
		elog(ERROR, "expanded object of an unexpected type");
	return header;
}

Datum
an_object_argument(FunctionCallInfo fcinfo, int i)
{
	Datum datum = PG_GETARG_DATUM(i);
	struct varlena *flat;

	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(datum)))
		return datum;
	flat = PG_DETOAST_DATUM(datum);
	if ((uintptr_t) flat % MAXIMUM_ALIGNOF != 0)
	{
		struct varlena *copy = palloc(VARSIZE(flat));

		memcpy(copy, flat, VARSIZE(flat));
		flat = copy;
	}
	return PointerGetDatum(flat);
}
