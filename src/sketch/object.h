/*
 * object.h - expanded objects as states
 */
#ifndef AN_SKETCH_OBJECT_H
#define AN_SKETCH_OBJECT_H

#include "sketch/state.h"

#include "utils/expandeddatum.h"

/*
 * an_object_memory returns memory of an object's context for the kernels.  It costs
 * nothing until it is used, so it may be made for every row.
 */
extern AnMemory an_object_memory(ExpandedObjectHeader *header);

/*
 * an_object_of returns the object behind a datum, or NULL where the datum is flat.
 * All expanded objects of a type are of one kind, so the methods are only checked.
 */
extern ExpandedObjectHeader *an_object_of(Datum datum, const ExpandedObjectMethods *methods);

/* an_object_argument returns an argument: an expanded object as it is, else flat at a multiple of 8, not compressed nor short. */
extern Datum an_object_argument(FunctionCallInfo fcinfo, int i);

#endif /* AN_SKETCH_OBJECT_H */
