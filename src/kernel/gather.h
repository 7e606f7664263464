/*
 * gather.h - records of many entities, brought together entity by entity
 *
 * A record is a key of bytes and n_words words of 64 bits.  Records come in any
 * order and leave grouped: each key once, with all its records in the order in
 * which they came.  Keys are equal where their bytes are.
 *
 * Records are dealt out to parts by a hash of their key, and grouped part by part
 * when all have come, so that a part's table stays in the cache; the first few
 * hundred kilobytes are one part.  A record of an 8-byte key takes 8 bytes and its
 * words, one of another key 8 bytes more and the key rounded up to 8.  Where all of
 * them together would take more than budget_bytes, parts go to files, the largest
 * first, and a part that is still too large when it is read is dealt out again;
 * only the records of one key must fit into memory, twice for a moment.
 *
 * The hash is not fixed: nothing stored depends on it, and the order of groups
 * is none to rely on, though it is the same for the same records.
 *
 * Source: partitioned hashing for the cache, A. Shatdal, C. Kant, J. Naughton (1994).
 */
#ifndef AN_KERNEL_GATHER_H
#define AN_KERNEL_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"

/* Most words of a record. */
#define AN_GATHER_MAX_WORDS 16

/*
 * Files for what memory has no room for.  Like AnMemory, a function that fails does
 * not return; the gathering can then be freed, and nothing else.  A file is written
 * to its end, then rewound, then read to its end.  There are at most 256 at a time,
 * and as many again for each time that a part is dealt out again.
 */
typedef struct AnGatherFiles
{
	void *owner;				  /* what all are called with */
	void *(*create)(void *owner); /* a new, empty file */
	void (*write)(void *owner, void *file, const void *bytes, size_t size);
	void (*rewind)(void *owner, void *file);
	void (*read)(void *owner, void *file, void *bytes, size_t size); /* all that is asked for */
	void (*close)(void *owner, void *file);							 /* and removes it */
} AnGatherFiles;

typedef struct AnGather AnGather;

/*
 * an_gather_create makes an empty gathering of records with n_words words each, 0
 * to AN_GATHER_MAX_WORDS.  key_size is 8 where every key has 8 bytes, else 0.
 * `files` may be NULL: then nothing leaves memory, whatever the budget.  `memory`
 * and `files` must live as long as the gathering, which is freed with an_gather_free.
 */
extern AnGather *an_gather_create(size_t key_size, uint32_t n_words, size_t budget_bytes,
								  const AnMemory *memory, const AnGatherFiles *files);

extern void an_gather_free(AnGather *gather);

/*
 * an_gather_add adds a record with a key of `size` bytes (less than 2^30; NULL where it
 * has none); where key_size is 8, it must be 8.
 */
extern void an_gather_add(AnGather *gather, const void *key, size_t size, const int64_t *words);

/* an_gather_add_int64 adds a record to a gathering whose key_size is 8; the key's bytes are those of the number. */
extern void an_gather_add_int64(AnGather *gather, int64_t key, const int64_t *words);

/*
 * Takes the records of one key: n times n_words words, which it may change.  Key
 * and words are gone after the call.
 */
typedef void (*AnGroupFunction)(void *arg, const void *key, size_t size, int64_t *words, size_t n);

/* an_gather_each calls `function` once for each key.  Afterwards the gathering is empty and can be filled again. */
extern void an_gather_each(AnGather *gather, AnGroupFunction function, void *arg);

/* an_gather_spilled tells whether records went to files since the gathering was last empty. */
extern bool an_gather_spilled(const AnGather *gather);

#endif /* AN_KERNEL_GATHER_H */
