/*
 * hash.c - MurmurHash3_x64_128 and MurmurHash64A
 */
#include "kernel/hash.h"

#include "kernel/bytes.h"

#define MURMUR2_M	UINT64_C(0xc6a4a7935bd1e995)
#define REDIS_SEED	UINT64_C(0xadc83b19)
#define BLOCK_BYTES 16

static inline uint64_t
mix_second(uint64_t k)
{
	return an_murmur3_rotate(k * AN_MURMUR3_C2, 33) * AN_MURMUR3_C1;
}

uint64_t
an_murmur3(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	size_t left = size;
	uint64_t h1 = 0, h2 = 0;

	for (; left >= BLOCK_BYTES; at += BLOCK_BYTES, left -= BLOCK_BYTES)
	{
		h1 = an_murmur3_rotate(h1 ^ an_murmur3_mix(an_read_le64(at)), 27) + h2;
		h1 = h1 * 5 + 0x52dce729;
		h2 = an_murmur3_rotate(h2 ^ mix_second(an_read_le64(at + 8)), 31) + h1;
		h2 = h2 * 5 + 0x38495ab5;
	}
	if (left > 8)
		h2 ^= mix_second(an_read_le64_part(at + 8, left - 8));
	if (left > 0)
		h1 ^= an_murmur3_mix(an_read_le64_part(at, left < 8 ? left : 8));
	return an_murmur3_finish(h1, h2, size);
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
