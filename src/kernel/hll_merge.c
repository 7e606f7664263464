/*
 * hll_merge.c - merges arrays of registers, by the widest instructions there are
 *
 * Here are the choice and the way for any processor, in vectors that the compiler
 * makes of whatever the machine has; hll_x86.c has the ways for AVX2 and AVX-512.
 */
#include "kernel/hll_ways.h"

#include <string.h>

typedef uint8_t Vector __attribute__((vector_size(16)));

/* Merges 16 registers: as an_hll_register_merge, but of ranks and low bits instead of sets. */
static inline Vector
merge_vectors(Vector a, Vector b, Vector keep)
{
	Vector a_higher = (Vector) (a > b);
	Vector high = (a & a_higher) | (b & ~a_higher);
	Vector low = (b & a_higher) | (a & ~a_higher);
	Vector distance = (high >> 2) - (low >> 2);
	Vector bits = ((Vector) (distance == 0) & low & 3) |
				  ((Vector) (distance == 1) & ((low >> 1 & 1) | 2)) |
				  ((Vector) (distance == 2) & 1);

	return (high | (bits & (Vector) (low != 0))) & keep;
}

static void
merge_any(uint8_t *into, const uint8_t *from, size_t n, uint8_t keep)
{
	Vector kept = (Vector){0} + keep;

	for (size_t i = 0; i < n; i += sizeof(Vector))
	{
		Vector a, b;

		memcpy(&a, into + i, sizeof(a));
		memcpy(&b, from + i, sizeof(b));
		a = merge_vectors(a, b, kept);
		memcpy(into + i, &a, sizeof(a));
	}
}

static void
merge_nibbles_any(uint8_t *into, const AnHllNibbles *from, uint8_t keep)
{
	const uint8_t *escape = from->escapes;
	size_t half = an_hll_half_block(from->n);

	for (size_t i = 0; i < from->n; i += 2 * half)
	{
		const uint8_t *nibbles = from->nibbles + i / 2;
		uint8_t values[64];

		for (size_t j = 0; j < half; j++)
		{
			values[j] = from->codebook[nibbles[j] & 15];
			values[half + j] = from->codebook[nibbles[j] >> 4];
		}
		for (size_t j = 0; j < 2 * half; j++)
		{
			if (values[j] == AN_HLL_NO_VALUE)
				values[j] = *escape++;
		}
		merge_any(into + i, values, 2 * half, keep);
	}
}

static void
count_codes_any(const uint8_t *nibbles, size_t n, uint32_t counts[16])
{
	uint32_t bytes[256];

	an_hll_count_values(nibbles, n, bytes);
	memset(counts, 0, 16 * sizeof(uint32_t));
	for (int byte = 0; byte < 256; byte++)
	{
		counts[byte & 15] += bytes[byte];
		counts[byte >> 4] += bytes[byte];
	}
}

/* The chosen way; none while nobody has asked. */
static const AnHllMethods *methods = NULL;
static AnHllWay chosen = AN_HLL_SCALAR;

static const AnHllMethods any = {merge_any, merge_nibbles_any, count_codes_any};

/* Returns the methods of a way, NULL where the processor has no such instructions. */
static const AnHllMethods *
find_methods(AnHllWay way)
{
	switch (way)
	{
		case AN_HLL_SCALAR:
			return &any;
		case AN_HLL_AVX2:
			return an_hll_avx2();
		case AN_HLL_AVX512:
			return an_hll_avx512();
	}
	return NULL;
}

bool
an_hll_way_set(AnHllWay way)
{
	const AnHllMethods *found = find_methods(way);

	if (found == NULL)
		return false;
	methods = found;
	chosen = way;
	return true;
}

/* Returns the methods of the chosen way; at the first call it chooses the widest. */
static const AnHllMethods *
get_methods(void)
{
	if (methods == NULL && !an_hll_way_set(AN_HLL_AVX512) && !an_hll_way_set(AN_HLL_AVX2))
		an_hll_way_set(AN_HLL_SCALAR);
	return methods;
}

AnHllWay
an_hll_way(void)
{
	(void) get_methods();
	return chosen;
}

void
an_hll_merge_registers(uint8_t *into, const uint8_t *from, size_t n)
{
	get_methods()->merge(into, from, n, 0xff);
}

void
an_hll_merge_kept(uint8_t *into, const uint8_t *from, size_t n, uint8_t keep)
{
	get_methods()->merge(into, from, n, keep);
}

void
an_hll_merge_nibbles(uint8_t *into, const AnHllNibbles *from, uint8_t keep)
{
	/* A block of the vectors has 64 registers. */
	const AnHllMethods *wide = from->n < 64 ? &any : get_methods();

	wide->merge_nibbles(into, from, keep);
}

void
an_hll_count_codes(const uint8_t *nibbles, size_t n, uint32_t counts[16])
{
	const AnHllMethods *wide = n < 512 ? &any : get_methods();

	wide->count_codes(nibbles, n, counts);
}
