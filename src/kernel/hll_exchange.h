/*
 * hll_exchange.h - sketches of others: the HLL storage specification and Redis
 *
 * Both only know HyperLogLog registers; ours without their low bits are theirs.
 * What comes in is hostile: every length and value is checked, AN_ERR_CORRUPT.
 *
 * Sources: aggregateknowledge/hll-storage-spec, STORAGE.md, version 1; Redis 7
 * hyperloglog.c (the description of its representations).
 */
#ifndef AN_KERNEL_HLL_EXCHANGE_H
#define AN_KERNEL_HLL_EXCHANGE_H

#include "kernel/hll.h"

/* Limits of the storage specification that can be exchanged. */
#define AN_STORAGE_REGWIDTH_MIN 1
#define AN_STORAGE_REGWIDTH_MAX 8

/*
 * an_hll_from_storage reads EMPTY, EXPLICIT (to tokens), SPARSE and FULL (to an hll-only sketch).  The sketch was not initialised;
 * its precision is log2m.  `hll` is empty and holds no memory after an error.
 * AN_ERR_LIMIT: a log2m that hll does not have (0..3, 19..31); AN_ERR_ARGUMENT: UNDEFINED, which has no log2m that counts.
 */
extern AnStatus
an_hll_from_storage(AnHll *hll, const uint8_t *bytes, size_t size, const AnMemory *memory);

/*
 * an_hll_storage_max returns enough bytes for an_hll_to_storage, which writes EMPTY, SPARSE or FULL, whichever is
 * smaller, with ranks cut off at 2^regwidth - 1, and returns the size in *size.  AN_ERR_ARGUMENT: regwidth out of 1..8.
 */
extern size_t an_hll_storage_max(const AnHll *hll, int regwidth);
extern AnStatus an_hll_to_storage(const AnHll *hll, int regwidth, uint8_t *bytes, size_t *size,
								  const AnMemory *memory);

/* an_hll_from_redis reads the value of a Redis key, dense or sparse: an hll-only sketch of precision 14 and hash AN_HLL_REDIS. */
extern AnStatus
an_hll_from_redis(AnHll *hll, const uint8_t *bytes, size_t size, const AnMemory *memory);

/*
 * an_hll_to_redis writes what Redis itself would hold: sparse where it fits into hll-sparse-max-bytes (3000), else dense, with the cached
 * count marked as stale.  AN_ERR_ARGUMENT: precision other than 14, or another hash.
 */
#define AN_REDIS_SIZE_MAX 12304
extern AnStatus
an_hll_to_redis(const AnHll *hll, uint8_t *bytes, size_t *size, const AnMemory *memory);

#endif /* AN_KERNEL_HLL_EXCHANGE_H */
