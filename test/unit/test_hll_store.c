/*
 * test_hll_store.c - the stored form: there and back, always the same, and nothing else is taken for one
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hll_sets.h"
#include "kernel/hll_estimate.h"

static uint64_t hashes[30000];

static int
fill(void **state)
{
	uint64_t seed = 21;

	(void) state;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		hashes[i] = next_random(&seed);
	return 0;
}

/* Makes a sketch of n values, or what a HyperLogLog would have kept of them. */
static void
make(AnHll *hll, int precision, size_t n, bool hll_only)
{
	uint8_t *ranks = malloc(an_hll_registers(precision));

	an_hll_init(hll, precision, hll_only ? AN_HLL_REDIS : AN_HLL_MURMUR3);
	add_all(hll, hashes, n);
	if (hll_only)
	{
		an_hll_export(hll, ranks);
		for (size_t i = 0; i < an_hll_registers(precision); i++)
			ranks[i] >>= 2;
		an_hll_free(hll, &heap);
		assert_int_equal(an_hll_import(hll, ranks, &heap), AN_OK);
	}
	free(ranks);
}

/* Loads bytes from a block of just that size, so that the sanitizer sees who reads behind it. */
static AnStatus
load(AnHll *hll, const uint8_t *bytes, size_t size)
{
	uint8_t *block = malloc(size > 0 ? size : 1);
	AnStatus status;

	if (size > 0)
		memcpy(block, bytes, size);
	else
	{
		free(block);
		block = NULL;
	}
	status = an_hll_load(hll, block, size, &heap);
	free(block);
	assert_true(status == AN_OK || status == AN_ERR_CORRUPT);
	if (status != AN_OK)
		assert_true(hll->memory == NULL && an_hll_is_empty(hll));
	return status;
}

/* What is taken for a stored form is one: stored again it is the same, but for the estimate. */
static bool
is_stored_form(const uint8_t *bytes, size_t size)
{
	AnHll hll;
	uint8_t *again;
	size_t size_again;

	if (load(&hll, bytes, size) != AN_OK)
		return false;
	again = stored(&hll, &size_again);
	assert_int_equal(size_again, size);
	assert_memory_equal(again, bytes, 4);
	assert_memory_equal(again + AN_HLL_HEADER_SIZE, bytes + AN_HLL_HEADER_SIZE,
						size - AN_HLL_HEADER_SIZE);
	free(again);
	an_hll_free(&hll, &heap);
	return true;
}

static const struct
{
	int precision;
	size_t n;
	bool hll_only;
	AnHllEncoding encoding;
} cases[] = {
	{14, 0, false, AN_HLL_EMPTY},		{14, 1, false, AN_HLL_TOKENS},
	{14, 10, false, AN_HLL_TOKENS},		{14, 100, false, AN_HLL_TOKENS},
	{14, 500, false, AN_HLL_TOKENS},	{14, 3584, false, AN_HLL_TOKENS},
	{14, 3600, false, AN_HLL_NIBBLES},	{14, 10000, false, AN_HLL_NIBBLES},
	{14, 30000, false, AN_HLL_NIBBLES}, {4, 3, false, AN_HLL_TOKENS},
	{4, 4, false, AN_HLL_BYTES},		{4, 1000, false, AN_HLL_BYTES},
	{5, 8, false, AN_HLL_NIBBLES},		{6, 30, false, AN_HLL_NIBBLES},
	{7, 1000, false, AN_HLL_NIBBLES},	{11, 30000, false, AN_HLL_NIBBLES},
	{18, 30000, false, AN_HLL_TOKENS},	{14, 1, true, AN_HLL_SPARSE},
	{14, 100, true, AN_HLL_SPARSE},		{14, 5000, true, AN_HLL_SPARSE},
	{11, 30000, true, AN_HLL_NIBBLES},	{14, 10000, true, AN_HLL_NIBBLES},
	{4, 3, true, AN_HLL_SPARSE},		{4, 1000, true, AN_HLL_BYTES},
	{5, 30000, true, AN_HLL_NIBBLES},
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static void
there_and_back(void **state)
{
	(void) state;
	for (size_t c = 0; c < N_CASES; c++)
	{
		AnHll hll, back, other;
		AnHllHeader header;
		size_t size;
		uint8_t *bytes;

		make(&hll, cases[c].precision, cases[c].n, cases[c].hll_only);
		bytes = stored(&hll, &size);
		assert_int_equal(an_hll_header(bytes, size, &header), AN_OK);
		assert_int_equal(header.version, 1);
		assert_int_equal(header.encoding, cases[c].encoding);
		assert_int_equal(header.precision, cases[c].precision);
		assert_int_equal(header.hash, cases[c].hll_only ? AN_HLL_REDIS : AN_HLL_MURMUR3);
		assert_int_equal(header.hll_only, cases[c].hll_only);
		assert_true(header.estimate == an_hll_estimate(&hll));

		assert_true(is_stored_form(bytes, size));
		assert_int_equal(load(&back, bytes, size), AN_OK);
		assert_true(same(&hll, &back));
		an_hll_init(&other, cases[c].precision, (AnHllHash) hll.hash);
		assert_int_equal(an_hll_merge_stored(&other, bytes, size, &heap), AN_OK);
		assert_true(same(&hll, &other));
		assert_int_equal(an_hll_merge_stored(&other, bytes, size, &heap), AN_OK);
		assert_true(same(&hll, &other));
		an_hll_free(&hll, &heap);
		an_hll_free(&back, &heap);
		an_hll_free(&other, &heap);
		free(bytes);
	}
}

/* A merge of the stored form is a merge, whatever the two are. */
static void
merge_stored(void **state)
{
	(void) state;
	for (size_t a = 0; a < N_CASES; a++)
	{
		for (size_t b = 0; b < N_CASES; b++)
		{
			AnHll left, other, right;
			size_t size;
			uint8_t *bytes;

			make(&left, cases[a].precision, cases[a].n, cases[a].hll_only);
			make(&other, cases[a].precision, cases[a].n, cases[a].hll_only);
			make(&right, cases[b].precision, cases[b].n, cases[b].hll_only);
			bytes = stored(&right, &size);
			if (cases[a].hll_only != cases[b].hll_only)
			{
				assert_int_equal(an_hll_merge_stored(&left, bytes, size, &heap), AN_ERR_ARGUMENT);
				assert_true(same(&left, &other));
				right.hash ^= AN_HLL_REDIS;
				bytes[1] ^= AN_HLL_REDIS;
			}
			assert_int_equal(an_hll_merge_stored(&left, bytes, size, &heap), AN_OK);
			assert_int_equal(an_hll_merge(&other, &right, &heap), AN_OK);
			assert_true(same(&left, &other));
			an_hll_free(&left, &heap);
			an_hll_free(&other, &heap);
			an_hll_free(&right, &heap);
			free(bytes);
		}
	}
}

/* Every stored form cut short, made longer, or with any bit changed, is refused or another sketch's. */
static void
damaged(void **state)
{
	size_t taken = 0;

	(void) state;
	for (size_t c = 0; c < N_CASES; c++)
	{
		AnHll hll, refused;
		size_t size;
		uint8_t *bytes;

		make(&hll, cases[c].precision, cases[c].n, cases[c].hll_only);
		bytes = stored(&hll, &size);
		bytes = realloc(bytes, size + 1);
		for (size_t cut = 0; cut < size; cut += 1 + cut / 40)
			assert_int_equal(load(&refused, bytes, cut), AN_ERR_CORRUPT);
		for (int more = 0; more < 256; more += 51)
		{
			bytes[size] = (uint8_t) more;
			assert_int_equal(load(&refused, bytes, size + 1), AN_ERR_CORRUPT);
		}
		for (size_t bit = 0; bit < size * 8; bit += 1 + bit / 60)
		{
			bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
			taken += is_stored_form(bytes, size);
			bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
		}
		an_hll_free(&hll, &heap);
		free(bytes);
	}
	assert_true(taken > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(merge_stored),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
