/*
 * stored.h - values that are their stored bytes
 *
 * For types whose stored form is canonical: equal contents have equal bytes, so
 * bytes that are accepted are kept as they came, and = compares bytes.
 */
#ifndef AN_SKETCH_STORED_H
#define AN_SKETCH_STORED_H

#include "base/base.h"

/* an_stored_value returns a varlena of bytes, in the current context. */
extern Datum an_stored_value(const void *bytes, Size size);

/* an_stored_copy returns the stored form of a value as a bytea; an expanded one is flattened. */
extern Datum an_stored_copy(Datum value);

/* an_stored_equal tells whether two values have the same stored form. */
extern bool an_stored_equal(Datum a, Datum b);

/* an_stored_hash and an_stored_hash_extended hash a value for an operator class that an_stored_equal belongs to. */
extern uint32 an_stored_hash(Datum value);
extern uint64 an_stored_hash_extended(Datum value, uint64 seed);

#endif /* AN_SKETCH_STORED_H */
