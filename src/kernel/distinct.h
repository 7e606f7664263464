/*
 * distinct.h - which values were seen: exact sets
 *
 * Two sets, both hash tables with linear probing, filled to three quarters at
 * most and grown by half.
 *
 * AnWordSet holds 64-bit integers, in 4 bytes each while all of them fit in an
 * int32_t, else in 8.  What lies in a slot is the value mixed by a bijection, and
 * its place follows from the high bits, so a table walked from slot to slot is
 * nearly in order: growing and merging read and write memory in one direction.
 *
 * AnByteSet holds byte strings one behind the other in an arena, and slots that
 * point there.  Strings are equal where their bytes are, or (made "aligned")
 * where a function of the caller says so of values that lie at multiples of 8;
 * then the hash comes from the caller too.
 *
 * Memory comes from the caller as AnMemory, and an_words_free and an_bytes_free
 * give it back.  An empty set holds none.  A set has no more than
 * AN_DISTINCT_SLOTS_MAX slots and an arena of AN_DISTINCT_ARENA_MAX bytes:
 * AN_ERR_LIMIT.
 *
 * Neither form in memory is stored: only the form of an_words_store and
 * an_bytes_store is, which docs/distinct.md describes byte by byte.
 *
 * Sources: the finalisers of MurmurHash3 (A. Appleby, public domain) as the
 * bijections.
 */
#ifndef AN_KERNEL_DISTINCT_H
#define AN_KERNEL_DISTINCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"
#include "kernel/status.h"

#define AN_DISTINCT_SLOTS_MAX UINT32_C(4000000000)
#define AN_DISTINCT_ARENA_MAX (UINT64_C(1) << 40)
#define AN_DISTINCT_VALUE_MAX (UINT32_C(1) << 30) /* bytes of one string, exclusive */

typedef struct AnWordSet
{
	uint64_t count; /* values held */
	void *
		slots; /* uint32_t[n_slots] or uint64_t[n_slots] of mixed values, 0 where free; NULL while empty */
	uint32_t n_slots; /* slots, free or not */
	bool wide;		  /* slots are uint64_t */
	bool zero;		  /* the value 0, whose mixed value is 0, is held */
} AnWordSet;

typedef struct AnByteSet
{
	uint64_t count;	  /* strings held */
	uint64_t *slots;  /* 24 bits of the hash, 40 of the place in the arena plus one; 0 where free */
	uint8_t *arena;	  /* entries, one behind the other: a length and the bytes */
	size_t used;	  /* bytes of the arena that are filled */
	size_t size;	  /* bytes of the arena */
	uint32_t n_slots; /* slots, free or not */
	bool aligned; /* entries lie at multiples of 8, and keep their hash; equality is the caller's */
} AnByteSet;

/* Tells whether two values of an aligned set are equal. */
typedef struct AnEqual
{
	bool (*equal)(void *owner, const void *a, const void *b);
	void *owner; /* what it is called with */
} AnEqual;

/* An entry of an arena. */
typedef struct AnBytes
{
	const uint8_t *bytes; /* in the arena */
	uint32_t size;		  /* their number */
	uint32_t hash;		  /* of an aligned set; else 0 */
} AnBytes;

/* ---- integers */

extern void an_words_init(AnWordSet *set);
extern void an_words_free(AnWordSet *set, const AnMemory *memory);

/* an_words_add adds a value.  AN_ERR_LIMIT. */
extern AnStatus an_words_add(AnWordSet *set, int64_t value, const AnMemory *memory);

/* an_words_reserve makes room for `more` values.  AN_ERR_LIMIT. */
extern AnStatus an_words_reserve(AnWordSet *set, uint64_t more, const AnMemory *memory);

/*
 * an_words_merge adds mixed values as they lie in slots or travel: n of 4 or (wide)
 * 8 bytes at any address; 0 is none.  The value 0 itself is for an_words_add.  It
 * takes no more room than the union needs.  AN_ERR_LIMIT.
 */
extern AnStatus
an_words_merge(AnWordSet *set, const void *mixed, size_t n, bool wide, const AnMemory *memory);

/* an_words_travel_size returns the bytes that an_words_travel writes: the mixed values without the zeroes. */
extern size_t an_words_travel_size(const AnWordSet *set);
extern void an_words_travel(const AnWordSet *set, void *mixed);

/* an_words_sorted writes the values in ascending order; values and scratch have room for set->count. */
extern void an_words_sorted(const AnWordSet *set, int64_t *values, int64_t *scratch);

/* ---- strings of bytes */

extern void an_bytes_init(AnByteSet *set, bool aligned);
extern void an_bytes_free(AnByteSet *set, const AnMemory *memory);

/* an_bytes_add adds a string to a set that is not aligned.  AN_ERR_LIMIT, also for a string too long. */
extern AnStatus
an_bytes_add(AnByteSet *set, const void *bytes, size_t size, const AnMemory *memory);

/* an_bytes_add_value adds a value, at a multiple of 8, to an aligned set. */
extern AnStatus an_bytes_add_value(AnByteSet *set, const void *value, size_t size, uint32_t hash,
								   const AnEqual *equal, const AnMemory *memory);

/*
 * an_bytes_next reads the entry at *at of an arena and moves *at behind it.  False
 * at the end, and where the rest is no entry: then *at < used.
 */
extern bool
an_bytes_next(const uint8_t *arena, size_t used, bool aligned, size_t *at, AnBytes *entry);

/* an_bytes_sorted writes the strings in the order of their bytes; both arrays have room for set->count. */
extern void an_bytes_sorted(const AnByteSet *set, AnBytes *entries, AnBytes *scratch);

/* ---- the stored form: values in ascending order */

extern size_t an_words_store_size(const int64_t *sorted, size_t n);
extern void an_words_store(const int64_t *sorted, size_t n, uint8_t *bytes);
extern size_t an_bytes_store_size(const AnBytes *sorted, size_t n);
extern void an_bytes_store(const AnBytes *sorted, size_t n, uint8_t *bytes);

/* The values that a stored set may hold: a kind of integer has bounds, a kind of string a length. */
typedef struct AnDistinctBounds
{
	int64_t least;	   /* of integers */
	int64_t greatest;  /* of integers */
	uint32_t size_min; /* bytes of a string */
	uint32_t size_max; /* bytes of a string */
} AnDistinctBounds;

/*
 * an_words_load and an_bytes_load add the n values of a stored form to a set.  Any
 * bytes may come: AN_ERR_CORRUPT for what the store functions cannot have written;
 * the set may then hold a part.  AN_ERR_LIMIT.  With set NULL the bytes are only checked.
 */
extern AnStatus an_words_load(AnWordSet *set, const uint8_t *bytes, size_t size, uint64_t n,
							  const AnDistinctBounds *bounds, const AnMemory *memory);
extern AnStatus an_bytes_load(AnByteSet *set, const uint8_t *bytes, size_t size, uint64_t n,
							  const AnDistinctBounds *bounds, const AnMemory *memory);

/* ---- mixing, for the tests */

extern uint32_t an_mix32(uint32_t value);
extern uint32_t an_unmix32(uint32_t mixed);
extern uint64_t an_mix64(uint64_t value);
extern uint64_t an_unmix64(uint64_t mixed);

#endif /* AN_KERNEL_DISTINCT_H */
