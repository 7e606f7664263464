/*
 * hash.c - MurmurHash3_x64_128 and MurmurHash64A
 */
#include "kernel/hash.h"

#include "kernel/bytes.h"

#define MURMUR3_C1	UINT64_C(0x87c37b91114253d5)
#define MURMUR3_C2	UINT64_C(0x4cf5ad432745937f)
#define MURMUR2_M	UINT64_C(0xc6a4a7935bd1e995)
#define REDIS_SEED	UINT64_C(0xadc83b19)
#define BLOCK_BYTES 16

static inline uint64_t
rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static inline uint64_t
mix_first(uint64_t k)
{
	return rotate(k * MURMUR3_C1, 31) * MURMUR3_C2;
}

static inline uint64_t
mix_second(uint64_t k)
{
	return rotate(k * MURMUR3_C2, 33) * MURMUR3_C1;
}

static inline uint64_t
final_mix(uint64_t k)
{
	k = (k ^ k >> 33) * UINT64_C(0xff51afd7ed558ccd);
	k = (k ^ k >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return k ^ k >> 33;
}

/* Ends with the size, and returns the first of the two words. */
static inline uint64_t
finish(uint64_t h1, uint64_t h2, size_t size)
{
	h1 ^= size;
	h2 ^= size;
	h1 += h2;
	h2 += h1;
	return final_mix(h1) + final_mix(h2);
}

uint64_t
an_murmur3(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	size_t left = size;
	uint64_t h1 = 0, h2 = 0;

	for (; left >= BLOCK_BYTES; at += BLOCK_BYTES, left -= BLOCK_BYTES)
	{
		h1 = rotate(h1 ^ mix_first(an_read_le64(at)), 27) + h2;
		h1 = h1 * 5 + 0x52dce729;
		h2 = rotate(h2 ^ mix_second(an_read_le64(at + 8)), 31) + h1;
		h2 = h2 * 5 + 0x38495ab5;
	}
	if (left > 8)
		h2 ^= mix_second(an_read_le64_part(at + 8, left - 8));
	if (left > 0)
		h1 ^= mix_first(an_read_le64_part(at, left < 8 ? left : 8));
	return finish(h1, h2, size);
}

uint64_t
an_murmur3_int64(int64_t value)
{
	return finish(mix_first((uint64_t) value), 0, 8);
}

uint64_t
an_murmur2_redis(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	size_t left = size;
	uint64_t h = REDIS_SEED ^ size * MURMUR2_M;

	for (; left >= 8; at += 8, left -= 8)
	{
		uint64_t k = an_read_le64(at) * MURMUR2_M;

		h = (h ^ (k ^ k >> 47) * MURMUR2_M) * MURMUR2_M;
	}
	if (left > 0)
		h = (h ^ an_read_le64_part(at, left)) * MURMUR2_M;
	h = (h ^ h >> 47) * MURMUR2_M;
	return h ^ h >> 47;
}
