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

/* Parts of MurmurHash3, here so that the hash of an integer is inlined where it is made for each row. */
#define AN_MURMUR3_C1 UINT64_C(0x87c37b91114253d5)
#define AN_MURMUR3_C2 UINT64_C(0x4cf5ad432745937f)

static inline uint64_t
an_murmur3_rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static inline uint64_t
an_murmur3_mix(uint64_t k)
{
	return an_murmur3_rotate(k * AN_MURMUR3_C1, 31) * AN_MURMUR3_C2;
}

static inline uint64_t
an_murmur3_final_mix(uint64_t k)
{
	k = (k ^ k >> 33) * UINT64_C(0xff51afd7ed558ccd);
	k = (k ^ k >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return k ^ k >> 33;
}

/* Ends with the size, and returns the first of the two words. */
static inline uint64_t
an_murmur3_finish(uint64_t h1, uint64_t h2, size_t size)
{
	h1 ^= size;
	h2 ^= size;
	h1 += h2;
	h2 += h1;
	return an_murmur3_final_mix(h1) + an_murmur3_final_mix(h2);
}

/* an_murmur3_int64 is an_murmur3 of the 8 bytes of a value in little-endian order. */
static inline uint64_t
an_murmur3_int64(int64_t value)
{
	return an_murmur3_finish(an_murmur3_mix((uint64_t) value), 0, 8);
}

/* an_murmur2_redis is MurmurHash64A with the seed of Redis's PFADD, 0xadc83b19. */
extern uint64_t an_murmur2_redis(const void *bytes, size_t size);

#endif /* AN_KERNEL_HASH_H */
