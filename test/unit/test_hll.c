/*
 * test_hll.c - sketches in memory: the same set is the same sketch, whatever the way
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hll_sets.h"

#define MANY 30000

static const int precisions[] = {4, 5, 6, 8, 11, 14, 18};

#define N_PRECISIONS (sizeof(precisions) / sizeof(precisions[0]))

static uint64_t hashes[MANY];

static int
fill(void **state)
{
	uint64_t seed = 1;

	(void) state;
	for (size_t i = 0; i < MANY; i++)
		hashes[i] = next_hash(&seed);
	return 0;
}

static int
ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

	return (x > y) - (x < y);
}

/* How many different tokens there are, by sorting them; a token by its definition. */
static size_t
count_tokens(const uint64_t *from, size_t n)
{
	uint32_t *tokens = malloc((n + 1) * sizeof(uint32_t));
	size_t different = 0;

	for (size_t i = 0; i < n; i++)
	{
		uint32_t rank = 1;

		while (rank < 39 && (from[i] >> 26 >> (rank - 1) & 1) == 0)
			rank++;
		tokens[i] = (uint32_t) (from[i] % (1 << 26)) * 64 + rank;
		assert_int_equal(an_hll_token(from[i]), tokens[i]);
	}
	qsort(tokens, n, sizeof(uint32_t), ascending);
	for (size_t i = 0; i < n; i++)
		different += i == 0 || tokens[i] != tokens[i - 1];
	free(tokens);
	return different;
}

/* Compares the registers with their definition, and without low bits with those of a HyperLogLog. */
static void
assert_registers(const AnHll *hll, const uint64_t *from, size_t n)
{
	size_t n_registers = an_hll_registers(hll->precision);
	uint8_t *expected = malloc(n_registers), *found = malloc(n_registers);

	define_registers(from, n, hll->precision, expected);
	an_hll_export(hll, found);
	assert_memory_equal(found, expected, n_registers);

	memset(expected, 0, n_registers);
	for (size_t i = 0; i < n; i++)
	{
		uint8_t *highest = &expected[from[i] & (n_registers - 1)];
		uint64_t rest = from[i] >> hll->precision;
		uint8_t rank = rest == 0 ? (uint8_t) (65 - hll->precision)
								 : (uint8_t) __builtin_ffsll((long long) rest);

		*highest = rank > *highest ? rank : *highest;
	}
	for (size_t i = 0; i < n_registers; i++)
		assert_int_equal(found[i] >> 2, expected[i]);
	free(expected);
	free(found);
}

static void
empty(void **state)
{
	uint8_t registers[16];
	AnHll hll, other;

	(void) state;
	an_hll_init(&hll, 4, AN_HLL_MURMUR3);
	assert_true(an_hll_is_empty(&hll));
	memset(registers, 1, sizeof(registers));
	an_hll_export(&hll, registers);
	for (int i = 0; i < 16; i++)
		assert_int_equal(registers[i], 0);
	an_hll_free(&hll, &heap);

	an_hll_init(&other, 4, AN_HLL_REDIS);
	assert_int_equal(an_hll_merge(&hll, &other, &heap), AN_ERR_ARGUMENT);
	an_hll_init(&other, 5, AN_HLL_MURMUR3);
	assert_int_equal(an_hll_merge(&other, &hll, &heap), AN_OK);
	assert_int_equal(other.precision, 4);
	assert_true(an_hll_is_empty(&other));
}

/* Adding keeps to the definition, at every number of values around the one where tokens end. */
static void
adding(void **state)
{
	(void) state;
	for (size_t p = 0; p < N_PRECISIONS; p++)
	{
		size_t max = an_hll_tokens_max(precisions[p]);
		size_t sizes[] = {1, 2, 3, 4, 5, 8, 100, max - 1, max, max + 1, max + 50, MANY};

		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
		{
			size_t n = sizes[s] < MANY ? sizes[s] : MANY;
			size_t n_tokens = count_tokens(hashes, n);
			AnHll hll;

			an_hll_init(&hll, precisions[p], AN_HLL_MURMUR3);
			add_all(&hll, hashes, n);
			add_all(&hll, hashes, n / 3);
			assert_int_equal(hll.dense, n_tokens > max);
			assert_int_equal(hll.n_tokens, n_tokens > max ? 0 : n_tokens);
			assert_true(hll.n_slots <= 8 || hll.n_slots / 16 * 7 < n_tokens);
			assert_registers(&hll, hashes, n);
			an_hll_free(&hll, &heap);
			assert_true(an_hll_is_empty(&hll));
		}
	}
}

/* The extremes: no bit of the hash is set, or all are. */
static void
extremes(void **state)
{
	static const uint64_t few[] = {0, UINT64_MAX, UINT64_C(1) << 63, UINT64_C(1) << 26,
								   UINT64_C(1) << 25};

	(void) state;
	for (size_t p = 0; p < N_PRECISIONS; p++)
	{
		AnHll hll;

		an_hll_init(&hll, precisions[p], AN_HLL_MURMUR3);
		add_all(&hll, few, 5);
		assert_registers(&hll, few, 5);
		an_hll_free(&hll, &heap);
	}
}

/* A smaller precision by reduction is the sketch that it would have given. */
static void
reducing(void **state)
{
	static const size_t sizes[] = {0, 1, 3, 4, 20, 500, 3584, 3585, MANY};

	(void) state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
	{
		for (int to = 4; to <= 14; to++)
		{
			AnHll hll, direct;

			an_hll_init(&hll, 14, AN_HLL_MURMUR3);
			an_hll_init(&direct, to, AN_HLL_MURMUR3);
			add_all(&hll, hashes, sizes[s]);
			add_all(&direct, hashes, sizes[s]);
			an_hll_reduce(&hll, (14 + to) / 2, &heap);
			an_hll_reduce(&hll, to, &heap);
			assert_int_equal(hll.dense, direct.dense);
			assert_true(same(&hll, &direct));
			an_hll_free(&hll, &heap);
			an_hll_free(&direct, &heap);
		}
	}
}

/* Merges all parts, two at random at a time, into parts[0]; by their stored form now and then. */
static void
merge_tree(AnHll *parts, size_t n, uint64_t *seed)
{
	while (n > 1)
	{
		size_t a = next_random(seed) % n, b = next_random(seed) % (n - 1);
		AnHll swap;

		b += b >= a;
		if (next_random(seed) % 2 == 0)
		{
			size_t size;
			uint8_t *bytes = stored(&parts[b], &size);

			assert_int_equal(an_hll_merge_stored(&parts[a], bytes, size, &heap), AN_OK);
			free(bytes);
		}
		else
			assert_int_equal(an_hll_merge(&parts[a], &parts[b], &heap), AN_OK);
		an_hll_free(&parts[b], &heap);
		swap = parts[--n];
		parts[n] = parts[b];
		parts[b] = swap;
	}
}

/* Parts of random sizes and precisions, which overlap, merged in any tree, are the whole. */
static void
merging(void **state)
{
	uint64_t seed = 7;

	(void) state;
	for (int round = 0; round < 400; round++)
	{
		size_t n_parts = 1 + next_random(&seed) % 6;
		size_t total = (size_t) 1 << next_random(&seed) % 15;
		int base = 4 + (int) (next_random(&seed) % 11), lowest = 18;
		AnHll parts[6], whole;

		for (size_t i = 0; i < n_parts; i++)
		{
			int precision = base + (int) (next_random(&seed) % 3);

			lowest = precision < lowest ? precision : lowest;
			an_hll_init(&parts[i], precision, AN_HLL_MURMUR3);
		}
		an_hll_init(&whole, lowest, AN_HLL_MURMUR3);
		for (size_t i = 0; i < total; i++)
		{
			an_hll_add(&whole, hashes[i], &heap);
			an_hll_add(&parts[next_random(&seed) % n_parts], hashes[i], &heap);
			if (i % 3 == 0)
				an_hll_add(&parts[next_random(&seed) % n_parts], hashes[i], &heap);
		}
		merge_tree(parts, n_parts, &seed);
		assert_int_equal(parts[0].dense, whole.dense);
		assert_int_equal(parts[0].n_tokens, whole.n_tokens);
		assert_true(same(&parts[0], &whole));
		an_hll_free(&parts[0], &heap);
		an_hll_free(&whole, &heap);
	}
}

static void
merging_itself(void **state)
{
	(void) state;
	for (size_t n = 0; n <= 4000; n += 1000)
	{
		AnHll hll, before;

		an_hll_init(&hll, 14, AN_HLL_REDIS);
		an_hll_init(&before, 14, AN_HLL_REDIS);
		add_all(&hll, hashes, n);
		add_all(&before, hashes, n);
		assert_int_equal(an_hll_merge(&hll, &hll, &heap), AN_OK);
		assert_true(same(&hll, &before));
		an_hll_free(&hll, &heap);
		an_hll_free(&before, &heap);
	}
}

/* Makes a sketch of some values, every other one as if imported from a HyperLogLog. */
static void
make_part(AnHll *hll, int precision, size_t from, size_t n, bool hll_only)
{
	uint8_t *ranks = malloc(an_hll_registers(precision));

	an_hll_init(hll, precision, AN_HLL_MURMUR3);
	add_all(hll, hashes + from, n);
	if (hll_only)
	{
		an_hll_export(hll, ranks);
		for (size_t i = 0; i < an_hll_registers(precision); i++)
			ranks[i] >>= 2;
		an_hll_free(hll, &heap);
		assert_int_equal(an_hll_import(hll, ranks, &heap), AN_OK);
		assert_int_equal(hll->dense, n > 0);
		assert_int_equal(hll->hll_only, n > 0);
	}
	free(ranks);
}

/* With a HyperLogLog among them all are one, at any size and precision, and in any tree. */
static void
hll_only(void **state)
{
	uint64_t seed = 11;

	(void) state;
	for (int round = 0; round < 300; round++)
	{
		size_t n_parts = 2 + next_random(&seed) % 4, total = 0;
		int lowest = 18;
		AnHll parts[5], whole;

		for (size_t i = 0; i < n_parts; i++)
		{
			size_t n = next_random(&seed) % ((size_t) 1 << next_random(&seed) % 13);
			int precision = 4 + (int) (next_random(&seed) % 9);

			lowest = precision < lowest ? precision : lowest;
			n += i == 0;
			make_part(&parts[i], precision, total, n, i % 2 == 0);
			total += n;
		}
		make_part(&whole, lowest, 0, total, true);
		merge_tree(parts, n_parts, &seed);
		assert_true(parts[0].hll_only);
		assert_true(same(&parts[0], &whole));
		add_all(&parts[0], hashes + total, 20);
		an_hll_free(&whole, &heap);
		make_part(&whole, lowest, 0, total + 20, true);
		assert_true(same(&parts[0], &whole));
		an_hll_free(&parts[0], &heap);
		an_hll_free(&whole, &heap);
	}
}

static void
importing(void **state)
{
	uint8_t ranks[16] = {0};
	AnHll hll;

	(void) state;
	an_hll_init(&hll, 4, AN_HLL_MURMUR3);
	assert_int_equal(an_hll_import(&hll, ranks, &heap), AN_OK);
	assert_true(an_hll_is_empty(&hll) && !hll.hll_only);
	ranks[7] = 62;
	assert_int_equal(an_hll_import(&hll, ranks, &heap), AN_ERR_CORRUPT);
	assert_true(an_hll_is_empty(&hll) && hll.memory == NULL);
	ranks[7] = 255;
	assert_int_equal(an_hll_import(&hll, ranks, &heap), AN_ERR_CORRUPT);
	ranks[7] = 61;
	assert_int_equal(an_hll_import(&hll, ranks, &heap), AN_OK);
	assert_true(hll.dense && hll.hll_only);
	an_hll_export(&hll, ranks);
	assert_int_equal(ranks[7], 61 * 4);
	an_hll_free(&hll, &heap);
	assert_false(hll.hll_only);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),	cmocka_unit_test(adding),	 cmocka_unit_test(extremes),
		cmocka_unit_test(reducing), cmocka_unit_test(merging),	 cmocka_unit_test(merging_itself),
		cmocka_unit_test(hll_only), cmocka_unit_test(importing),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
