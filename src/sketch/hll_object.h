/*
 * hll_object.h - a value of type hll: flat, or expanded in memory
 *
 * Flat it is a varlena of the stored form (kernel/hll.h).  Expanded it is an
 * AnHllObject: the state of the aggregates, and what functions return that add
 * to a sketch, so that a chain of them encodes it once.
 */
#ifndef AN_SKETCH_HLL_OBJECT_H
#define AN_SKETCH_HLL_OBJECT_H

#include "base/base.h"

#include "access/detoast.h"
#include "utils/expandeddatum.h"

#include "sketch/sketch.h"

/* A sketch in memory.  Everything lies in header.eoh_context. */
typedef struct AnHllObject
{
	ExpandedObjectHeader header; /* what PostgreSQL knows an expanded object by */
	AnMemory memory;			 /* memory of the context, for this and all that belongs to it */
	AnHll hll;					 /* the sketch */
	uint8 *stored;	  /* its stored form, between asking for its size and copying it; else NULL */
	Size stored_size; /* bytes of that */
} AnHllObject;

/* an_hll_hash_parse finds a hash by its name, which has `length` bytes; raises 22023 where there is none. */
extern AnHllHash an_hll_hash_parse(const char *name, int length);

/* an_hll_hash_name is the way back. */
extern const char *an_hll_hash_name(uint8 hash);

/* an_hll_precision_check raises 22023 for a precision that is out of range. */
extern void an_hll_precision_check(int32 precision);

/* an_hll_same_hash raises 22023 where the hashes of two sketches differ. */
extern void an_hll_same_hash(uint8 a, uint8 b);

/*
 * an_hll_object_new makes an empty sketch in `context`, which it shares or owns, with
 * memory of that context.  It is returned to PostgreSQL as EOHPGetRWDatum(&object->header).
 */
extern AnHllObject *
an_hll_object_new(MemoryContext context, const AnMemory *memory, int precision, AnHllHash hash);

/* an_hll_object_own is the same in a context of its own, a child of the current one. */
extern AnHllObject *an_hll_object_own(int precision, AnHllHash hash);

/*
 * an_hll_object_writable returns an object that may be changed and holds what a
 * value does: the value itself where it is expanded and read-write, else a copy
 * in a context of its own.
 */
extern AnHllObject *an_hll_object_writable(Datum value);

/* an_hll_object returns the object of an expanded value, NULL for a flat one. */
static inline AnHllObject *
an_hll_object(Datum value)
{
	varatt_expanded pointer;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return NULL;
	VARATT_EXTERNAL_GET_POINTER(pointer, DatumGetPointer(value));
	return (AnHllObject *) pointer.eohptr;
}

/* an_hll_object_changes is called before a change: what was kept of the sketch is no longer true. */
static inline void
an_hll_object_changes(AnHllObject *object)
{
	if (unlikely(object->stored))
	{
		an_memory_give(&object->memory, object->stored);
		object->stored = NULL;
	}
}

/*
 * an_hll_load_datum returns the sketch of a value to read: that of an expanded
 * value as it stands, else a flat one, loaded into `room` with memory of the
 * current context.
 */
extern const AnHll *an_hll_load_datum(Datum value, AnHll *room);

/*
 * an_hll_header_datum reads the header of a value, and no more of it than that.
 * An expanded value is estimated; it has no version (0), and if dense no better
 * encoding than AN_HLL_BYTES.
 */
extern void an_hll_header_datum(Datum value, AnHllHeader *header);

/* an_hll_flat returns the value as a varlena without compression, with a header of 1 or 4 bytes. */
extern struct varlena *an_hll_flat(Datum value);

#endif /* AN_SKETCH_HLL_OBJECT_H */
