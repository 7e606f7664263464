/*
 * quantile_object.c - a value of type quantile: flat, or expanded in memory
 */
#include "sketch/quantile_object.h"

static Size flat_size(ExpandedObjectHeader *header);
static void flatten_into(ExpandedObjectHeader *header, void *result, Size size);
static void merged(AnStatus status, const AnQuantile *into, uint32 resolution);

static const ExpandedObjectMethods quantile_methods = {
	.get_flat_size = flat_size,
	.flatten_into = flatten_into,
};

AnQuantileObject *
an_quantile_object_new(MemoryContext context, const AnMemory *memory, uint32 resolution,
					   const ExpandedObjectMethods *methods)
{
	AnQuantileObject *object = an_memory_take(memory, sizeof(AnQuantileObject));

	EOH_init_header(&object->header, methods ? methods : &quantile_methods, context);
	object->memory = *memory;
	object->fractions = NULL;
	an_quantile_init(&object->quantile, resolution);
	return object;
}

AnQuantileObject *
an_quantile_object(Datum value)
{
	return an_expanded(value, &quantile_methods);
}

static Size
flat_size(ExpandedObjectHeader *header)
{
	return VARHDRSZ + an_quantile_stored_size(&((AnQuantileObject *) header)->quantile);
}

static void
flatten_into(ExpandedObjectHeader *header, void *result, Size size)
{
	SET_VARSIZE(result, size);
	an_quantile_store(&((AnQuantileObject *) header)->quantile, (uint8 *) VARDATA(result));
}

const AnQuantile *
an_quantile_load_datum(Datum value, AnQuantile *room)
{
	AnQuantileObject *object = an_quantile_object(value);
	AnMemory memory = an_memory(CurrentMemoryContext);
	struct varlena *flat;

	if (object)
		return &object->quantile;
	flat = PG_DETOAST_DATUM_PACKED(value);
	an_check(an_quantile_load(room, (uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat), &memory),
			 "quantile");
	return room;
}

void
an_quantile_header_datum(Datum value, AnQuantileHeader *header)
{
	AnQuantileObject *object = an_quantile_object(value);
	struct varlena *flat;

	if (object)
	{
		header->resolution = object->quantile.resolution;
		header->count = object->quantile.count;
		return;
	}
	flat = PG_DETOAST_DATUM_PACKED(value);
	an_check(an_quantile_header((uint8 *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat), header),
			 "quantile");
}

void
an_quantile_merge_datum(AnQuantile *into, Datum value, const AnMemory *memory)
{
	AnQuantileObject *object = an_quantile_object(value);
	struct varlena *flat;

	if (object)
	{
		an_quantile_merge_sketch(into, &object->quantile, memory);
		return;
	}
	flat = PG_DETOAST_DATUM_PACKED(value);
	an_quantile_merge_bytes(into, VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat), memory);
	if ((Pointer) flat != DatumGetPointer(value))
		pfree(flat);
}

void
an_quantile_merge_sketch(AnQuantile *into, const AnQuantile *from, const AnMemory *memory)
{
	merged(an_quantile_merge(into, from, memory), into, from->resolution);
}

void
an_quantile_merge_bytes(AnQuantile *into, const void *bytes, Size size, const AnMemory *memory)
{
	AnStatus status = an_quantile_merge_stored(into, bytes, size, memory);
	AnQuantileHeader header = {0};

	if (status == AN_ERR_ARGUMENT)
		an_check(an_quantile_header(bytes, size, &header), "quantile");
	merged(status, into, header.resolution);
}

/* Raises the error of a merge: for an argument, that accuracies differ. */
static void
merged(AnStatus status, const AnQuantile *into, uint32 resolution)
{
	if (status == AN_ERR_ARGUMENT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("quantile sketches have different accuracies, %g and %g",
						an_quantile_accuracy(into->resolution), an_quantile_accuracy(resolution)),
				 errhint("Only sketches that were made with the same accuracy can be "
						 "merged.")));
	an_check(status, status == AN_ERR_LIMIT ? "number of values in a quantile" : "quantile");
}

Datum
an_quantile_store_datum(const AnQuantile *quantile)
{
	Size size = VARHDRSZ + an_quantile_stored_size(quantile);
	struct varlena *flat = palloc(size);

	SET_VARSIZE(flat, size);
	an_quantile_store(quantile, (uint8 *) VARDATA(flat));
	return PointerGetDatum(flat);
}

/* What the call before asked for: computing it takes longer than adding a value. */
typedef struct LastAccuracy
{
	double accuracy;   /* the argument */
	uint32 resolution; /* bins an octave for it */
} LastAccuracy;

uint32
an_quantile_resolution_arg(FunctionCallInfo fcinfo, int i)
{
	LastAccuracy *last = fcinfo->flinfo->fn_extra;
	double accuracy;
	uint32 resolution;

	if (PG_NARGS() <= i || PG_ARGISNULL(i))
		return AN_QUANTILE_RESOLUTION_DEFAULT;
	accuracy = PG_GETARG_FLOAT8(i);
	if (last && last->accuracy == accuracy)
		return last->resolution;
	if (!an_quantile_resolution(accuracy, &resolution))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("accuracy must be between %g and %g, not %g", AN_QUANTILE_ACCURACY_MIN,
						AN_QUANTILE_ACCURACY_MAX, accuracy),
				 errhint("It is the relative error that is allowed: 0.01 is one per cent.")));
	if (last == NULL)
		last = fcinfo->flinfo->fn_extra =
			MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(LastAccuracy));
	last->accuracy = accuracy;
	last->resolution = resolution;
	return resolution;
}

void
an_quantile_same_resolution(const AnQuantile *quantile, uint32 resolution)
{
	if (quantile->resolution != resolution)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("accuracy must be the same for all rows of a group, not %g and %g",
							   an_quantile_accuracy(quantile->resolution),
							   an_quantile_accuracy(resolution))));
}
