/*
 * topk.h - the most frequent values of a stream
 *
 * A sketch counts the values that it holds.  Where it has no room for all it lets
 * go of the least frequent, and its floor becomes the greatest count that it let
 * go of: nothing that it does not hold came more often.  A value that comes (again)
 * begins at floor + 1, with the floor as its error.  So for each value held
 *
 *     count - error <= how often it came <= count,    error <= floor
 *
 * and with m = an_topk_counters(k) the floor is at most total / (m + 1): every value
 * more frequent than that is held.  While no more than m different values came, the
 * floor is 0 and all counts are exact.
 *
 * This is Space-Saving, with the values let go of in batches: a sketch holds up to
 * 2 m values and then keeps the m most frequent.  With c = count - floor, letting go
 * lessens the sum of c by (m + 1) times what it adds to the floor, for m values stay
 * and the greatest of the others goes; adding a value raises the sum by one.  So
 * (m + 1) * floor + sum(c) <= total, always, also when sketches are merged: counts
 * of a value are added, the floor standing for the one that does not hold it.
 *
 * What is held depends on the order of the values where the floor is not 0.  A
 * merge does not depend on which sketch is merged into which: among values of the
 * same count those stay that come first in the order of their bytes.
 *
 * Values are byte strings.  Memory comes from the caller as AnMemory, and
 * an_topk_free gives it back; values held have AN_TOPK_BYTES_MAX bytes at most.
 *
 * Sources: A. Metwally, D. Agrawal, A. El Abbadi, Efficient computation of frequent
 * and top-k elements in data streams (ICDT 2005); P. Agarwal et al., Mergeable
 * summaries (PODS 2012); R. Berinde et al., Space-optimal heavy hitters with strong
 * error bounds (PODS 2009).
 */
#ifndef AN_KERNEL_TOPK_H
#define AN_KERNEL_TOPK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"
#include "kernel/status.h"

#define AN_TOPK_K_MIN	  1
#define AN_TOPK_K_MAX	  10000
#define AN_TOPK_BYTES_MAX (UINT32_C(1) << 28)
#define AN_TOPK_TOTAL_MAX INT64_MAX

/* A value of this many bytes lies in its entry. */
#define AN_TOPK_INLINE 8

typedef struct AnTopkEntry
{
	uint64_t count; /* how often the value came, at most */
	uint64_t error; /* and how much of that may be too much */
	union
	{
		uint8_t bytes[AN_TOPK_INLINE]; /* the value, zeroes behind it */
		uint64_t place;				   /* or where it begins in the arena */
	} value;
	uint32_t hash; /* of the value */
	uint32_t size; /* bytes of the value */
} AnTopkEntry;

typedef struct AnTopk
{
	uint64_t total;		  /* values that came */
	uint64_t floor;		  /* no value that is not held came more often */
	AnTopkEntry *entries; /* values held; their places in the arena ascend */
	uint32_t *slots;	  /* hash table: number of the entry plus one, 0 where free */
	uint8_t *arena;		  /* bytes of long values */
	uint32_t n;			  /* entries */
	uint32_t n_max;		  /* room for entries: a power of two, and half the number of slots; or 0 */
	uint32_t used;		  /* bytes of the arena that are filled */
	uint32_t size;		  /* bytes of the arena */
	uint32_t k;			  /* values that are asked for */
} AnTopk;

/* an_topk_counters returns m: how many values a sketch of k keeps at least. */
static inline uint32_t
an_topk_counters(uint32_t k)
{
	return 10 * k + 500;
}

/* an_topk_value returns the bytes of an entry. */
static inline const uint8_t *
an_topk_value(const AnTopk *topk, const AnTopkEntry *entry)
{
	return entry->size <= AN_TOPK_INLINE ? entry->value.bytes : topk->arena + entry->value.place;
}

extern void an_topk_init(AnTopk *topk, uint32_t k);
extern void an_topk_free(AnTopk *topk, const AnMemory *memory);

/* an_topk_add counts a value once.  AN_ERR_LIMIT: too many bytes, or rows. */
extern AnStatus an_topk_add(AnTopk *topk, const void *value, size_t size, const AnMemory *memory);

/*
 * an_topk_put adds a value that the sketch does not hold, with its count and error,
 * to a sketch that is being made: total and floor are the caller's.  AN_ERR_ARGUMENT:
 * it is there.  AN_ERR_LIMIT.
 */
extern AnStatus an_topk_put(AnTopk *topk, const void *value, size_t size, uint64_t count,
							uint64_t error, const AnMemory *memory);

/* an_topk_merge adds what `from` counted; k becomes the smaller one.  AN_ERR_LIMIT: `into` is as it was. */
extern AnStatus an_topk_merge(AnTopk *into, const AnTopk *from, const AnMemory *memory);

/* an_topk_order writes the numbers of all entries by descending count, then by their bytes; both have room for n. */
extern void an_topk_order(const AnTopk *topk, uint32_t *order, uint32_t *scratch);

/* an_topk_finish keeps no more than m values, the first by an_topk_order: what is stored. */
extern void an_topk_finish(AnTopk *topk, const AnMemory *memory);

/*
 * The two encodings, described in docs/topk.md: the stored one, of a finished sketch,
 * in the order of an_topk_order; and one of any sketch for travelling.  Room for
 * an_topk_encode_max bytes is enough, for an_topk_travel_size just enough.
 */
extern size_t an_topk_travel_size(const AnTopk *topk);
extern size_t an_topk_encode_max(const AnTopk *topk);
extern size_t
an_topk_encode(const AnTopk *topk, bool stored, uint8_t *bytes, const AnMemory *memory);

/*
 * an_topk_decode reads an encoding into a sketch that was not initialised.  Any bytes
 * may come: AN_ERR_CORRUPT for what an_topk_encode cannot have written; the sketch is
 * then empty and holds no memory.  AN_ERR_LIMIT.
 */
extern AnStatus an_topk_decode(AnTopk *topk, const uint8_t *bytes, size_t size, bool stored,
							   const AnMemory *memory);

#endif /* AN_KERNEL_TOPK_H */
