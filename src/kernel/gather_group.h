/*
 * gather_group.h - the records of one part, grouped by key; private to gather.c
 *
 * Records stand in blocks, in words of 64 bits.  A record of an 8-byte key is the
 * key and its words; one of another key is a head (size of the key in the lower
 * half, lower half of its hash in the upper one), the key, filled up with zeroes to
 * whole words, and its words.
 *
 * The lower half of a hash is for the table here, the upper one for dealing out:
 * so keys of one part are spread over the whole table.
 */
#ifndef AN_KERNEL_GATHER_GROUP_H
#define AN_KERNEL_GATHER_GROUP_H

#include "kernel/bytehash.h"
#include "kernel/gather.h"
#include "kernel/hash.h"

/* Records one behind the other; none lies in two blocks. */
typedef struct AnGatherBlock
{
	struct AnGatherBlock *next; /* the block filled after it, or NULL */
	size_t used;				/* words of `data` that hold records */
	uint64_t data[];			/* the records */
} AnGatherBlock;

/* A key and its records. */
typedef struct AnGatherGroup
{
	uint64_t key;  /* the key itself, or the word of `keys` where its head stands */
	uint64_t n;	   /* how many records; when they are put in place, where the next one goes */
	uint32_t hash; /* lower half of the hash */
} AnGatherGroup;

/* What grouping a part needs; kept for the next part. */
typedef struct AnGrouping
{
	const AnMemory *memory; /* where all below comes from */
	bool wide;				/* keys have heads */
	uint32_t n_words;		/* words of a record behind its key */
	uint64_t *slots;		/* table: 0, or hash in the upper and group + 1 in the lower half */
	size_t n_slots;			/* a power of two, or 0 */
	AnGatherGroup *groups;	/* in the order of their first records */
	size_t n_groups;		/* how many; at most half of n_slots */
	uint64_t *keys;			/* heads and keys of groups, if wide */
	size_t keys_used;		/* words of `keys` in use */
	size_t keys_room;		/* words there is room for */
	int64_t *words;			/* the words of all records, group by group */
	size_t words_room;		/* words there is room for */
} AnGrouping;

static inline uint64_t
an_gather_hash_int64(uint64_t key)
{
	return an_murmur3_final_mix(key);
}

static inline uint64_t
an_gather_head(size_t size, uint64_t hash)
{
	return (uint64_t) size | hash << 32;
}

static inline size_t
an_gather_head_size(uint64_t head)
{
	return (uint32_t) head;
}

/* an_gather_key_words returns the words of a key with a head, without the head. */
static inline size_t
an_gather_key_words(size_t size)
{
	return (size + 7) / 8;
}

/* an_grouping_init makes an empty one, which takes no memory. */
extern void
an_grouping_init(AnGrouping *grouping, bool wide, uint32_t n_words, const AnMemory *memory);

/* an_grouping_free gives its memory back; it can be used again. */
extern void an_grouping_free(AnGrouping *grouping);

/*
 * an_grouping_run calls `function` for each key of the records of a list of blocks,
 * in the order of their first records.  The blocks are given back; *blocks is always
 * the list of those that are left.
 */
extern void
an_grouping_run(AnGrouping *grouping, AnGatherBlock **blocks, AnGroupFunction function, void *arg);

#endif /* AN_KERNEL_GATHER_GROUP_H */
