/*
 * hash.h - the hash functions of the sketches
 *
 * Both are fixed forever: stored sketches depend on them.  Neither resists an
 * adversary who chooses the values; none of the sketches promises that.
 *
 * Sources: A. Appleby, MurmurHash3 (x64, 128 bits) and MurmurHash2 (64A), public domain.
 */
#ifndef AN_KERNEL_HASH_H
#define AN_KERNEL_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * an_murmur3 returns the low 64 bits (the first of the two words) of
 * MurmurHash3_x64_128 with seed 0: what postgresql-hll's hll_hash_bytea,
 * hll_hash_text and, for 8 bytes in little-endian order, hll_hash_bigint return.
 */
extern uint64_t an_murmur3(const void *bytes, size_t size);

/* an_murmur3_int64 is an_murmur3 of the 8 bytes of a value in little-endian order. */
extern uint64_t an_murmur3_int64(int64_t value);

/* an_murmur2_redis is MurmurHash64A with the seed of Redis's PFADD, 0xadc83b19. */
extern uint64_t an_murmur2_redis(const void *bytes, size_t size);

#endif /* AN_KERNEL_HASH_H */
