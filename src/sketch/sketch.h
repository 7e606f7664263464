/*
 * sketch.h - what the sketch room offers to the rooms above
 *
 * hll (different values, approximately), quantile (percentiles with a relative
 * error), topk (heavy hitters) and count_distinct (different values, exactly).
 */
#ifndef AN_SKETCH_SKETCH_H
#define AN_SKETCH_SKETCH_H

#include "base/base.h"

#include "kernel/hll.h"

/*
 * Values of type hll in C.  A union of many goes into one sketch of the kernel:
 *
 *     AnMemory memory = an_memory(CurrentMemoryContext);
 *     AnHll total;
 *
 *     an_hll_init(&total, AN_HLL_PRECISION_MAX, AN_HLL_MURMUR3);
 *     an_hll_merge_datum(&total, day, &memory);		for each day
 *     users = an_hll_count(&total);
 *     an_hll_free(&total, &memory);
 */

/* an_hll_merge_datum adds what a value of type hll holds.  Raises 22023 where the hashes differ, XX001 for damaged bytes. */
extern void an_hll_merge_datum(AnHll *into, Datum value, const AnMemory *memory);

/* an_hll_store_datum makes a value of type hll, in the current context. */
extern Datum an_hll_store_datum(const AnHll *hll);

/* an_hll_count_datum reads the count of a value, and no more of the value than its header. */
extern int64 an_hll_count_datum(Datum value);

/* an_hll_count is the estimate of a sketch as a count. */
extern int64 an_hll_count(const AnHll *hll);

/* an_hll_require raises 42883 where values of a type cannot go into a sketch, an_distinct_require where count_distinct cannot take them. */
extern void an_hll_require(Oid type);
extern void an_distinct_require(Oid type);

#endif /* AN_SKETCH_SKETCH_H */
