/*
 * test_hll_merge.c - merging registers: all pairs, by each way that this processor has
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hll_sets.h"
#include "kernel/hll_inside.h"

static const char *const names[] = {"scalar", "AVX2", "AVX-512"};

#define N_WAYS 3

/* Chooses a way, or says that it is left out. */
static bool
choose(int way)
{
	bool chosen = an_hll_way_set((AnHllWay) way);

	if (chosen)
		assert_int_equal(an_hll_way(), way);
	else
		print_message("this processor has no %s: left out\n", names[way]);
	return chosen;
}

/* Whether a register of precision 4, the widest there is, can have this value. */
static bool
possible(int value)
{
	int rank = value >> 2, low = value & 3;

	return rank <= 61 && !(rank == 0 && low != 0) && !(rank == 1 && low != 0) &&
		   !(rank == 2 && (low & 1) != 0);
}

/* Merges by the definition: highest rank of either, and which of the two below it either has seen. */
static uint8_t
merge_sets(uint8_t a, uint8_t b)
{
	bool seen[66] = {false};
	uint8_t values[2] = {a, b};
	int rank = 0;

	for (int i = 0; i < 2; i++)
	{
		int highest = values[i] >> 2;

		if (values[i] == 0)
			continue;
		rank = highest > rank ? highest : rank;
		seen[highest] = true;
		if ((values[i] & 2) != 0)
			seen[highest - 1] = true;
		if ((values[i] & 1) != 0)
			seen[highest - 2] = true;
	}
	if (rank == 0)
		return 0;
	return (uint8_t) (rank * 4 + (rank > 1 && seen[rank - 1] ? 2 : 0) +
					  (rank > 2 && seen[rank - 2] ? 1 : 0));
}

static void
all_pairs(void **state)
{
	uint8_t into[256], from[256];
	int checked = 0;

	(void) state;
	for (int way = 0; way < N_WAYS; way++)
	{
		if (!choose(way))
			continue;
		for (int a = 0; a < 256; a++)
		{
			for (int b = 0; b < 256; b++)
			{
				into[b] = (uint8_t) (possible(a) ? a : 0);
				from[b] = (uint8_t) (possible(b) ? b : 0);
			}
			an_hll_merge_registers(into, from, 256);
			for (int b = 0; b < 256; b++)
			{
				uint8_t x = possible(a) ? (uint8_t) a : 0;

				assert_int_equal(into[b], merge_sets(x, from[b]));
				assert_int_equal(an_hll_register_merge(x, from[b]), into[b]);
				checked += possible(a) && possible(b);
			}
		}
	}
	/* 240 values: 62 ranks of four, without 3 of rank 0, 3 of rank 1, 2 of rank 2. */
	assert_int_equal(checked % (240 * 240), 0);
	assert_true(checked > 0);
}

/* Adding a rank is merging with the register that has seen nothing else. */
static void
adding(void **state)
{
	(void) state;
	for (int value = 0; value < 256; value++)
	{
		for (int rank = 1; rank <= 61 && possible(value); rank++)
			assert_int_equal(an_hll_register_add((uint8_t) value, rank),
							 merge_sets((uint8_t) value, (uint8_t) (rank * 4)));
	}
}

/* Any number of registers at any address: nothing beside them is touched. */
static void
sizes(void **state)
{
	uint64_t seed = 3;

	(void) state;
	for (size_t n = 16; n <= 336; n += 16)
	{
		for (size_t shift = 0; shift < 3; shift++)
		{
			uint8_t *into = malloc(n + shift), *from = malloc(n + shift);
			uint8_t expected[336], start[336];

			for (size_t i = 0; i < n; i++)
			{
				start[i] = (uint8_t) (8 + next_random(&seed) % 60 * 4);
				from[shift + i] = (uint8_t) (12 + next_random(&seed) % 200);
				expected[i] = merge_sets(start[i], from[shift + i]);
			}
			for (int way = 0; way < N_WAYS; way++)
			{
				if (!an_hll_way_set((AnHllWay) way))
					continue;
				memcpy(into + shift, start, n);
				an_hll_merge_registers(into + shift, from + shift, n);
				assert_memory_equal(into + shift, expected, n);
			}
			free(into);
			free(from);
		}
	}
}

/* Random registers of which about one in `rare` is not in the codebook. */
static void
make_registers(uint8_t *registers, size_t n, uint64_t rare, uint64_t *seed)
{
	for (size_t i = 0; i < n; i++)
	{
		do
			registers[i] = next_random(seed) % rare == 0 ? (uint8_t) next_random(seed)
														 : (uint8_t) (12 + next_random(seed) % 15);
		while (!possible(registers[i]));
	}
}

/* Packed registers, in a block of just their size, merge into others as they do unpacked. */
static void
nibbles(void **state)
{
	static const uint64_t rares[] = {1, 2, 10, 100, UINT64_MAX};
	uint64_t seed = 5;

	(void) state;
	for (size_t n = 32; n <= 16384; n *= 2)
	{
		for (size_t r = 0; r < 5; r++)
		{
			uint8_t *registers = malloc(n), *start = malloc(n), *expected = malloc(n),
					*into = malloc(n);
			uint32_t counts[256], found[256];
			uint8_t codebook[AN_HLL_CODES];
			AnHllNibbles packed;
			size_t size;
			uint8_t *bytes;

			make_registers(registers, n, rares[r], &seed);
			make_registers(start, n, 3, &seed);
			an_hll_count_values(registers, n, counts);
			size = AN_HLL_CODES + n / 2 + an_hll_codebook(counts, codebook);
			bytes = malloc(size);
			an_hll_pack_nibbles(registers, n, codebook, bytes);
			memcpy(expected, start, n);
			for (size_t i = 0; i < n; i++)
				expected[i] = merge_sets(expected[i], registers[i]);
			for (int way = 0; way < N_WAYS; way++)
			{
				if (!an_hll_way_set((AnHllWay) way))
					continue;
				assert_int_equal(an_hll_open_nibbles(&packed, n, bytes, size, found), AN_OK);
				assert_memory_equal(found, counts, sizeof(counts));
				memcpy(into, start, n);
				an_hll_merge_nibbles(into, &packed, 0xff);
				assert_memory_equal(into, expected, n);
				assert_int_equal(an_hll_open_nibbles(&packed, n, bytes, size - 1, found),
								 AN_ERR_CORRUPT);
			}
			free(registers);
			free(start);
			free(expected);
			free(into);
			free(bytes);
		}
	}
}

/* The codebook: the most frequent, the smaller of equals, ascending. */
static void
codebook(void **state)
{
	uint32_t counts[256] = {0};
	uint8_t values[AN_HLL_CODES];

	(void) state;
	counts[200] = 9;
	counts[8] = 3;
	assert_int_equal(an_hll_codebook(counts, values), 0);
	assert_int_equal(values[0], 8);
	assert_int_equal(values[1], 200);
	for (int i = 2; i < AN_HLL_CODES; i++)
		assert_int_equal(values[i], AN_HLL_NO_VALUE);

	for (int value = 100; value < 120; value++)
		counts[value] = 5;
	counts[112] = 4;
	assert_int_equal(an_hll_codebook(counts, values), 3 + 4 + 5 * 5);
	for (int i = 0; i < 12; i++)
		assert_int_equal(values[i], 100 + i);
	assert_int_equal(values[12], 113);
	assert_int_equal(values[13], 114);
	assert_int_equal(values[14], 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_pairs), cmocka_unit_test(adding),	 cmocka_unit_test(sizes),
		cmocka_unit_test(nibbles),	 cmocka_unit_test(codebook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
