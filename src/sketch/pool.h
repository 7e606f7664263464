/*
 * pool.h - memory for many small states that grow side by side
 *
 * A buddy allocator in a memory context.  The groups of a hashed aggregate grow
 * from one size to the next at about the same time, so what they leave behind is
 * of no use in its own size; PostgreSQL's contexts keep it for ever, and it came
 * to half of all memory.  Here freed neighbours become one block of the next
 * size.  Blocks of a power of two bytes have no overhead.
 *
 * Memory comes from the context and goes back with it, not before.  Blocks above
 * AN_POOL_MAX come from the context one by one.
 *
 * Source: D. Knuth, The Art of Computer Programming 1, 2.5 (buddy system).
 */
#ifndef AN_SKETCH_POOL_H
#define AN_SKETCH_POOL_H

#include "base/base.h"

/* The smallest block, and the largest that is not left to the context. */
#define AN_POOL_MIN 32
#define AN_POOL_MAX 8192

typedef struct AnPool AnPool;

/* an_pool_new makes an empty pool that takes its memory from `context`. */
extern AnPool *an_pool_new(MemoryContext context);

/* an_pool_memory returns the pool as memory of a kernel; blocks are aligned for any type (MAXALIGN). */
extern AnMemory an_pool_memory(AnPool *pool);

#endif /* AN_SKETCH_POOL_H */
