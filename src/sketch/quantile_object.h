/*
 * quantile_object.h - a value of type quantile: flat, or expanded in memory
 *
 * Flat it is a varlena of the stored form (kernel/quantile.h).  Expanded it is an
 * AnQuantileObject, which the states of the aggregates are.  Functions that only read
 * take either.
 */
#ifndef AN_SKETCH_QUANTILE_OBJECT_H
#define AN_SKETCH_QUANTILE_OBJECT_H

#include "base/base.h"

#include "access/detoast.h"
#include "utils/array.h"
#include "utils/expandeddatum.h"

#include "kernel/quantile.h"

/* The fractions that somebody asks for. */
typedef struct AnFractions
{
	bool is_array;						  /* the answer is an array too */
	int32 n;							  /* how many; 1 unless is_array */
	double values[FLEXIBLE_ARRAY_MEMBER]; /* each from 0 to 1, or NaN for NULL */
} AnFractions;

/* A sketch in memory.  Everything lies in header.eoh_context. */
typedef struct AnQuantileObject
{
	ExpandedObjectHeader header; /* what PostgreSQL knows an expanded object by */
	AnMemory memory;			 /* memory of the context, for this and all that belongs to it */
	AnQuantile quantile;		 /* the sketch */
	AnFractions *fractions;		 /* what approx_percentile is asked for, in its states; else NULL */
} AnQuantileObject;

/*
 * an_quantile_object_new makes an empty sketch in `context`, which it shares, with
 * memory of that context.  methods is NULL for a value of type quantile.  It is
 * returned to PostgreSQL as EOHPGetRWDatum(&object->header).
 */
extern AnQuantileObject *
an_quantile_object_new(MemoryContext context, const AnMemory *memory, uint32 resolution,
					   const ExpandedObjectMethods *methods);

/*
 * an_expanded returns the object of a value that is expanded and has these methods, else NULL.
 * Methods tell states of approx_percentile, which are of type bytea, from other values of that type.
 */
static inline AnQuantileObject *
an_expanded(Datum value, const ExpandedObjectMethods *methods)
{
	varatt_expanded pointer;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return NULL;
	VARATT_EXTERNAL_GET_POINTER(pointer, DatumGetPointer(value));
	return pointer.eohptr->eoh_methods == methods ? (AnQuantileObject *) pointer.eohptr : NULL;
}

/* an_quantile_object returns the object of an expanded value, NULL for a flat one. */
extern AnQuantileObject *an_quantile_object(Datum value);

/* an_quantile_load_datum returns the sketch of a value to read: that of an object, or a flat one loaded into `room`. */
extern const AnQuantile *an_quantile_load_datum(Datum value, AnQuantile *room);

/* an_quantile_header_datum reads the header of a value alone. */
extern void an_quantile_header_datum(Datum value, AnQuantileHeader *header);

/*
 * an_quantile_merge_datum adds what a value of type quantile holds; raises 22023
 * where accuracies differ, 54000 for too many values, XX001 for damaged bytes.
 * The others do so with another sketch, and with a stored form.
 */
extern void an_quantile_merge_datum(AnQuantile *into, Datum value, const AnMemory *memory);
extern void
an_quantile_merge_sketch(AnQuantile *into, const AnQuantile *from, const AnMemory *memory);
extern void
an_quantile_merge_bytes(AnQuantile *into, const void *bytes, Size size, const AnMemory *memory);

/* an_quantile_store_datum makes a value of type quantile, in the current context. */
extern Datum an_quantile_store_datum(const AnQuantile *quantile);

/* an_quantile_resolution_arg returns the bins an octave for an argument "accuracy"; the default where it is absent or NULL. Raises 22023. */
extern uint32 an_quantile_resolution_arg(FunctionCallInfo fcinfo, int i);

/* an_quantile_same_resolution raises 22023 where rows of one group ask for different accuracies. */
extern void an_quantile_same_resolution(const AnQuantile *quantile, uint32 resolution);

/* an_fraction_check raises 22023 unless 0 <= fraction <= 1. */
extern void an_fraction_check(double fraction);

/* an_fractions_of_array reads an array of one dimension; the result is in the current context.  Raises 22023. */
extern AnFractions *an_fractions_of_array(ArrayType *array);

/* an_fractions_answer finds the values for fractions, a float8 or float8[]; NULL where the sketch is empty. */
extern Datum
an_fractions_answer(const AnFractions *fractions, const AnQuantile *quantile, bool *isnull);

#endif /* AN_SKETCH_QUANTILE_OBJECT_H */
