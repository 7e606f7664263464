/*
 * hll_sets.h - what the tests of sketches share: memory, random hashes, and a sketch by its definition
 */
#ifndef AN_TEST_HLL_SETS_H
#define AN_TEST_HLL_SETS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/hll.h"

static void *
take_block(void *owner, size_t size)
{
	void *block = malloc(size);

	(void) owner;
	if (block == NULL)
		abort();
	return block;
}

static void
give_block(void *owner, void *block)
{
	(void) owner;
	free(block);
}

/* The sanitizer sees what is not given back. */
static const AnMemory heap = {take_block, give_block, NULL};

/* Numbers that look random, the same in every run (splitmix64). */
static inline uint64_t
next_random(uint64_t *seed)
{
	uint64_t x = *seed += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* A hash now and then with many zeros, so that high ranks come as well. */
static inline uint64_t
next_hash(uint64_t *seed)
{
	uint64_t hash = next_random(seed);

	switch (next_random(seed) % 8)
	{
		case 0:
			return hash << next_random(seed) % 64;
		case 1:
			return hash & ~(UINT64_C(0xffffffff) << next_random(seed) % 33);
		default:
			return hash;
	}
}

/* Registers by their definition: for each the ranks that were seen, rank r as bit r. */
static inline void
define_registers(const uint64_t *hashes, size_t n, int precision, uint8_t *registers)
{
	size_t n_registers = (size_t) 1 << precision;
	uint64_t *seen = calloc(n_registers, sizeof(uint64_t));

	for (size_t i = 0; i < n; i++)
	{
		int rank = 1;

		while (rank < 65 - precision && (hashes[i] >> precision >> (rank - 1) & 1) == 0)
			rank++;
		seen[hashes[i] % n_registers] |= UINT64_C(1) << rank;
	}
	for (size_t i = 0; i < n_registers; i++)
	{
		int rank = 63;

		while (rank > 0 && (seen[i] >> rank & 1) == 0)
			rank--;
		registers[i] = (uint8_t) (rank << 2);
		if (rank >= 2 && (seen[i] >> (rank - 1) & 1) != 0)
			registers[i] |= 2;
		if (rank >= 3 && (seen[i] >> (rank - 2) & 1) != 0)
			registers[i] |= 1;
	}
	free(seen);
}

static inline void
add_all(AnHll *hll, const uint64_t *hashes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		an_hll_add(hll, hashes[i], &heap);
}

/* The stored form of a sketch; the caller frees it. */
static inline uint8_t *
stored(const AnHll *hll, size_t *size)
{
	size_t max = an_hll_stored_max(hll);
	uint8_t *bytes = malloc(max);

	*size = an_hll_store(hll, bytes, &heap);
	if (*size > max)
		abort();
	return bytes;
}

/* Whether two sketches have the same stored form. */
static inline bool
same(const AnHll *a, const AnHll *b)
{
	size_t size_a, size_b;
	uint8_t *bytes_a = stored(a, &size_a), *bytes_b = stored(b, &size_b);
	bool equal = size_a == size_b && memcmp(bytes_a, bytes_b, size_a) == 0;

	free(bytes_a);
	free(bytes_b);
	return equal;
}

#endif /* AN_TEST_HLL_SETS_H */
