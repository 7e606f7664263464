/*
 * hll_exchange.h - sketches of others: the HLL storage specification and Redis
 *
 * Both only know HyperLogLog registers; ours without their low bits are theirs.
 * What comes in is hostile: every length, opcode and value is checked, AN_ERR_CORRUPT.
 * After an error the sketch is empty and holds no memory.
 *
 * The hash function is not written in either form.  Redis has its own (AN_HLL_REDIS);
 * of the storage specification we take postgresql-hll's for granted (AN_HLL_MURMUR3).
 *
 * Sources: aggregateknowledge/hll-storage-spec, STORAGE.md, version 1.0.0 (what
 * postgresql-hll and its relatives in Java, Go and JavaScript store); Redis 7,
 * hyperloglog.c, the description of its two representations.
 */
#ifndef AN_KERNEL_HLL_EXCHANGE_H
#define AN_KERNEL_HLL_EXCHANGE_H

#include "kernel/hll.h"

/* Bits of a register that the storage specification allows. */
#define AN_STORAGE_REGWIDTH_MIN 1
#define AN_STORAGE_REGWIDTH_MAX 8

/*
 * an_hll_from_storage reads EMPTY, EXPLICIT (hashes: added one by one, as if they had come to us), SPARSE and FULL (an
 * hll-only sketch) of any register width.  The sketch was not initialised; its precision is log2m.  A rank
 * that a narrow register cut off at its highest value is taken for that value.
 * AN_ERR_LIMIT: a log2m that hll does not have (0..3, 19..31), whatever the type; AN_ERR_ARGUMENT: UNDEFINED, which is no set.
 */
extern AnStatus
an_hll_from_storage(AnHll *hll, const uint8_t *bytes, size_t size, const AnMemory *memory);

/* an_hll_storage_max returns enough bytes for an_hll_to_storage; regwidth in 1..8. */
extern size_t an_hll_storage_max(const AnHll *hll, int regwidth);

/*
 * an_hll_to_storage writes EMPTY, SPARSE or FULL, whichever is smaller, with ranks cut off at
 * 2^regwidth - 1, as postgresql-hll would, and returns the size in *size.  The cutoff byte is that of its defaults
 * (explicit threshold auto, sparse on), so that it unites the two.  postgresql-hll itself reads log2m up to 17.
 * AN_ERR_ARGUMENT: regwidth not in 1..8.
 */
extern AnStatus an_hll_to_storage(const AnHll *hll, int regwidth, uint8_t *bytes, size_t *size,
								  const AnMemory *memory);

/* The precision of Redis, the size of its dense representation, and the largest of its sparse one (hll-sparse-max-bytes). */
#define AN_REDIS_PRECISION	14
#define AN_REDIS_SIZE_MAX	12304
#define AN_REDIS_SPARSE_MAX 3000

/*
 * an_hll_from_redis reads the value of a Redis key, dense or sparse: an hll-only sketch of precision 14 and hash
 * AN_HLL_REDIS.  The sketch was not initialised.  The count that Redis cached in it is not looked at.
 */
extern AnStatus
an_hll_from_redis(AnHll *hll, const uint8_t *bytes, size_t size, const AnMemory *memory);

/*
 * an_hll_to_redis writes what Redis itself may hold, AN_REDIS_SIZE_MAX bytes at most: sparse where that fits into
 * AN_REDIS_SPARSE_MAX bytes, else dense; the cached count is marked as stale.
 * AN_ERR_ARGUMENT: a precision other than 14, or another hash.
 */
extern AnStatus
an_hll_to_redis(const AnHll *hll, uint8_t *bytes, size_t *size, const AnMemory *memory);

#endif /* AN_KERNEL_HLL_EXCHANGE_H */
