/*
 * exact_sum.h - a value of type exact_sum: flat, or expanded in memory
 *
 * Flat it is a varlena of the stored form (kernel/exact_total.h).  Expanded it is
 * an AnExactSumObject, which the states of the aggregates are.  Functions that
 * only read take either.
 */
#ifndef AN_SKETCH_EXACT_SUM_H
#define AN_SKETCH_EXACT_SUM_H

#include "base/base.h"

#include "access/detoast.h"
#include "utils/expandeddatum.h"

#include "kernel/exact_total.h"

/* A sum in memory.  Everything lies in header.eoh_context. */
typedef struct AnExactSumObject
{
	ExpandedObjectHeader header; /* what PostgreSQL knows an expanded object by */
	AnMemory memory;			 /* memory of the context, for this and all that belongs to it */
	AnExactTotal total;			 /* the sum and the number of its values */
} AnExactSumObject;

/* A total without memory of its own, for one that is flat. */
typedef struct AnExactSumRoom
{
	AnExactTotal total;					 /* over the chunks */
	int64_t chunks[AN_EXACT_SUM_CHUNKS]; /* of the whole range */
} AnExactSumRoom;

/*
 * an_exact_sum_object_new makes a sum of nothing in `context`, which it shares, with memory
 * of that context.  It is returned to PostgreSQL as EOHPGetRWDatum(&object->header).
 */
extern AnExactSumObject *an_exact_sum_object_new(MemoryContext context, const AnMemory *memory);

/* an_exact_sum_object returns the object of an expanded value, NULL for a flat one. */
static inline AnExactSumObject *
an_exact_sum_object(Datum value)
{
	varatt_expanded pointer;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return NULL;
	VARATT_EXTERNAL_GET_POINTER(pointer, DatumGetPointer(value));
	return (AnExactSumObject *) pointer.eohptr;
}

/* an_exact_sum_load_datum returns the total of a value to read: that of an object, or of a flat one in `room`.  Raises XX001. */
extern const AnExactTotal *an_exact_sum_load_datum(Datum value, AnExactSumRoom *room);

/* an_exact_sum_merge_datum adds what a value holds.  Raises XX001 for damaged bytes, 54000 for too many values. */
extern void an_exact_sum_merge_datum(AnExactTotal *into, Datum value, const AnMemory *memory);

/* an_exact_sum_store_datum makes a flat value, in the current context. */
extern Datum an_exact_sum_store_datum(const AnExactTotal *total);

/* an_exact_sum_limit raises 54000 where there are too many values to add another. */
extern void an_exact_sum_limit(AnStatus status);

#endif /* AN_SKETCH_EXACT_SUM_H */
