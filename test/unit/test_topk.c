/*
 * test_topk.c - the most frequent values
 *
 * Proven against exact counts, over streams even, skewed, changing and sorted, for
 * one sketch and for parts merged in random trees: count - error <= truth <= count
 * for what is held, truth <= floor for what is not, error <= floor, and
 * (m + 1) * floor + sum(count - floor) <= total; so every value more frequent than
 * total / (m + 1) is held.  While no more than m values are different, all is exact
 * and the bytes do not depend on order or parts.  A merge does not depend on which
 * sketch is merged into which, byte by byte.  On Zipf's distribution the k most
 * frequent are found.  Golden bytes come back; bytes that were not stored are
 * refused; nothing leaks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>

#include <cmocka.h>

#include "kernel/topk.h"

#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define VALUES		   50000

static uint64_t seed = 5;
static size_t taken; /* bytes held now */

/* splitmix64: the same values on every machine. */
static uint64_t
random_bits(void)
{
	uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void *
take(void *owner, size_t size)
{
	size_t *block = malloc(size + 16);

	(void) owner;
	assert_non_null(block);
	block[0] = size;
	taken += size;
	memset(block + 2, 0xa5, size);
	return block + 2;
}

static void
give(void *owner, void *block)
{
	(void) owner;
	if (!block)
		return;
	taken -= ((size_t *) block)[-2];
	free((size_t *) block - 2);
}

static const AnMemory memory = {take, give, NULL};

/* A sketch and the exact counts beside it, by the number of the value. */
typedef struct Pair
{
	AnTopk topk;
	uint32_t *counts; /* uint32_t[VALUES] */
} Pair;

/* The bytes of a value: some lie in the entry, some in the arena. */
static size_t
bytes_of(uint32_t number, char *bytes)
{
	return (size_t) (number % 3 == 0 ? snprintf(bytes, 32, "%u", number)
									 : snprintf(bytes, 32, "value number %u", number));
}

static uint32_t
number_of(const uint8_t *bytes, uint32_t size)
{
	char text[32] = {0};
	char *digits = text;

	memcpy(text, bytes, size);
	if (*digits == 'v')
		digits += strlen("value number ");
	return (uint32_t) strtoul(digits, NULL, 10);
}

static void
pair_init(Pair *pair, uint32_t k)
{
	an_topk_init(&pair->topk, k);
	pair->counts = calloc(VALUES, sizeof(uint32_t));
	assert_non_null(pair->counts);
}

static void
pair_free(Pair *pair)
{
	an_topk_free(&pair->topk, &memory);
	free(pair->counts);
}

static void
pair_add(Pair *pair, uint32_t number)
{
	char bytes[32];
	size_t size = bytes_of(number, bytes);

	assert_int_equal(an_topk_add(&pair->topk, bytes, size, &memory), AN_OK);
	pair->counts[number]++;
}

static void
pair_merge(Pair *into, const Pair *from)
{
	assert_int_equal(an_topk_merge(&into->topk, &from->topk, &memory), AN_OK);
	for (uint32_t i = 0; i < VALUES; i++)
		into->counts[i] += from->counts[i];
}

static void
assert_bounds(const Pair *pair)
{
	const AnTopk *topk = &pair->topk;
	uint64_t m = an_topk_counters(topk->k);
	uint64_t total = 0;
	uint64_t above = 0;
	uint32_t n_different = 0;
	bool *held = calloc(VALUES, sizeof(bool));

	assert_non_null(held);
	for (uint32_t i = 0; i < topk->n; i++)
	{
		const AnTopkEntry *entry = &topk->entries[i];
		uint32_t number = number_of(an_topk_value(topk, entry), entry->size);

		assert_false(held[number]);
		held[number] = true;
		assert_true(entry->error <= topk->floor && entry->error < entry->count);
		assert_true(entry->count >= topk->floor);
		assert_in_range(pair->counts[number], entry->count - entry->error, entry->count);
		above += entry->count - topk->floor;
	}
	for (uint32_t i = 0; i < VALUES; i++)
	{
		total += pair->counts[i];
		n_different += pair->counts[i] > 0;
		if (!held[i])
			assert_true(pair->counts[i] <= topk->floor);
	}
	assert_int_equal(topk->total, total);
	assert_true((m + 1) * topk->floor + above <= total);
	assert_true(topk->n <= 2 * m);
	if (n_different <= m)
	{
		assert_int_equal(topk->floor, 0);
		assert_int_equal(topk->n, n_different);
	}
	free(held);
}

/* A value of a stream of some shape, at some time 0..1. */
static uint32_t
draw(int shape, double time)
{
	double u = (double) (random_bits() >> 11) / 9007199254740992.0;

	switch (shape)
	{
		case 0: /* few */
			return (uint32_t) (u * 300);
		case 1: /* even */
			return (uint32_t) (u * VALUES);
		case 2: /* skewed */
			return (uint32_t) (pow(u, 4) * VALUES);
		case 3: /* very skewed */
			return (uint32_t) pow(VALUES, u) - 1;
		case 4: /* one after the other */
			return (uint32_t) (time * (VALUES - 1));
		case 5: /* other favourites all the time */
			return u < 0.5 ? (uint32_t) (time * 20) : (uint32_t) (u * VALUES);
		default: /* about as many as are held */
			return (uint32_t) (u * 1200);
	}
}

static void
test_streams(void **state)
{
	(void) state;
	for (int round = 0; round < 42; round++)
	{
		uint32_t n = round < 21 ? 60000 : (uint32_t) (random_bits() % 3000);
		Pair pair;

		pair_init(&pair, (uint32_t) (round % 4 == 0 ? 1 : 1 + random_bits() % 50));
		for (uint32_t i = 0; i < n; i++)
			pair_add(&pair, draw(round % 7, (double) i / n));
		assert_bounds(&pair);
		if (n == 60000 && round % 7 > 0 && round % 7 < 6)
			assert_true(pair.topk.floor > 0);
		if (n > 0)
		{
			an_topk_finish(&pair.topk, &memory);
			assert_true(pair.topk.n <= an_topk_counters(pair.topk.k));
			assert_bounds(&pair);
		}
		pair_free(&pair);
	}
	assert_int_equal(taken, 0);
}

/* Every value more frequent than total / (m + 1) is held; Zipf's most frequent are found, in order where they stand apart. */
static void
test_zipf(void **state)
{
	Pair pair;
	uint32_t order[2 * 600];
	uint32_t k = 10;

	(void) state;
	assert_int_equal(an_topk_counters(k), 600);
	pair_init(&pair, k);
	for (int i = 0; i < 500000; i++)
		pair_add(&pair, draw(3, 0));
	assert_bounds(&pair);
	an_topk_finish(&pair.topk, &memory);
	assert_int_equal(pair.topk.n, 600);
	an_topk_order(&pair.topk, order, order + 600);
	for (uint32_t i = 0; i < k; i++)
	{
		const AnTopkEntry *entry = &pair.topk.entries[order[i]];

		assert_int_equal(number_of(an_topk_value(&pair.topk, entry), entry->size), i);
	}
	for (uint32_t i = 1; i < 600; i++)
		assert_true(pair.topk.entries[order[i - 1]].count >= pair.topk.entries[order[i]].count);
	pair_free(&pair);
	assert_int_equal(taken, 0);
}

/* The stored bytes; the caller frees them. */
static uint8_t *
stored(AnTopk *topk, size_t *size)
{
	uint8_t *bytes;

	an_topk_finish(topk, &memory);
	bytes = malloc(an_topk_encode_max(topk));
	assert_non_null(bytes);
	*size = an_topk_encode(topk, true, bytes, &memory);
	return bytes;
}

/* A copy, by the encoding for travelling. */
static void
copy(AnTopk *to, const AnTopk *from)
{
	uint8_t *bytes = malloc(an_topk_encode_max(from));
	size_t size = an_topk_encode(from, false, bytes, &memory);

	assert_int_equal(an_topk_decode(to, bytes, size, false, &memory), AN_OK);
	assert_int_equal(to->n, from->n);
	free(bytes);
}

static void
assert_same_stored(AnTopk *a, AnTopk *b)
{
	size_t a_size;
	size_t b_size;
	uint8_t *a_bytes = stored(a, &a_size);
	uint8_t *b_bytes = stored(b, &b_size);

	assert_int_equal(a_size, b_size);
	assert_memory_equal(a_bytes, b_bytes, a_size);
	free(a_bytes);
	free(b_bytes);
}

static void
test_merge_commutes(void **state)
{
	(void) state;
	for (int round = 0; round < 40; round++)
	{
		Pair a;
		Pair b;
		AnTopk a_copy;
		AnTopk b_copy;

		pair_init(&a, 1 + (uint32_t) (random_bits() % 20));
		pair_init(&b, round % 2 ? a.topk.k : 1 + (uint32_t) (random_bits() % 20));
		for (uint32_t i = 1 + (uint32_t) (random_bits() % 10000); i > 0; i--)
			pair_add(&a, draw(round % 7, i / 10000.0));
		for (uint32_t i = 1 + (uint32_t) (random_bits() % 10000); i > 0; i--)
			pair_add(&b, draw((round + round / 7) % 7, i / 10000.0));
		if (round % 3 == 0)
			an_topk_finish(&a.topk, &memory);
		copy(&a_copy, &a.topk);
		copy(&b_copy, &b.topk);
		assert_int_equal(an_topk_merge(&b_copy, &a_copy, &memory), AN_OK);
		pair_merge(&a, &b);
		assert_bounds(&a);
		assert_same_stored(&a.topk, &b_copy);
		assert_bounds(&a);
		pair_free(&a);
		pair_free(&b);
		an_topk_free(&a_copy, &memory);
		an_topk_free(&b_copy, &memory);
	}
	assert_int_equal(taken, 0);
}

/* Parts merged in a random tree keep the bounds; where the values are few, they are the whole. */
static void
test_merge_trees(void **state)
{
	(void) state;
	for (int round = 0; round < 28; round++)
	{
		Pair parts[12];
		AnTopk whole;
		int n = countof(parts);

		an_topk_init(&whole, 5);
		for (int p = 0; p < n; p++)
		{
			pair_init(&parts[p], 5);
			for (uint32_t i = 0; i < 3000; i++)
			{
				uint32_t number = draw(round % 7, (p * 3000 + i) / 36000.0);
				char bytes[32];

				pair_add(&parts[p], number);
				an_topk_add(&whole, bytes, bytes_of(number, bytes), &memory);
			}
		}
		while (n > 1)
		{
			int a = (int) (random_bits() % (uint64_t) n);
			int b = (a + 1) % n;

			if (round % 2)
				an_topk_finish(&parts[b].topk, &memory);
			pair_merge(&parts[a], &parts[b]);
			assert_bounds(&parts[a]);
			pair_free(&parts[b]);
			parts[b] = parts[--n];
		}
		if (round % 7 == 0)
			assert_same_stored(&parts[0].topk, &whole);
		pair_free(&parts[0]);
		an_topk_free(&whole, &memory);
	}
	assert_int_equal(taken, 0);
}

static void
test_golden(void **state)
{
	static const char *const words[] = {"b", "a", "", "b", "ab", "b", "a long value"};
	static const uint8_t golden[] = {
		10, 5, 7,  0,	/* k, values, total, floor */
		4,	0, 1,  'b', /* 3 of 7 */
		2,	0, 0,		/* 1, two less; then by bytes */
		0,	0, 1,  'a', /* */
		0,	0, 12, 'a', ' ', 'l', 'o', 'n', 'g', ' ', 'v', 'a', 'l', 'u', 'e', /* */
		0,	0, 2,  'a', 'b',												   /* */
	};
	AnTopk topk;
	AnTopk back;
	uint8_t *bytes;
	size_t size;

	(void) state;
	an_topk_init(&topk, 10);
	for (size_t i = 0; i < countof(words); i++)
		assert_int_equal(an_topk_add(&topk, words[i], strlen(words[i]), &memory), AN_OK);
	bytes = stored(&topk, &size);
	assert_int_equal(size, sizeof(golden));
	assert_memory_equal(bytes, golden, size);
	assert_int_equal(an_topk_decode(&back, bytes, size, true, &memory), AN_OK);
	assert_same_stored(&topk, &back);
	free(bytes);
	an_topk_free(&topk, &memory);
	an_topk_free(&back, &memory);
	assert_int_equal(taken, 0);
}

/* What is stored comes back; each beginning of it, each byte more and each byte made another is refused, or is the one form of what it says. */
static void
test_stored(void **state)
{
	(void) state;
	for (int round = 0; round < 7; round++)
	{
		Pair pair;
		AnTopk back;
		uint8_t *bytes;
		size_t size;

		pair_init(&pair, 1);
		for (uint32_t i = 0; i < 3000; i++)
			pair_add(&pair, draw(round, i / 3000.0));
		bytes = stored(&pair.topk, &size);
		assert_int_equal(an_topk_decode(&back, bytes, size, true, &memory), AN_OK);
		assert_same_stored(&pair.topk, &back);
		an_topk_free(&back, &memory);
		for (size_t i = 0; i < size; i++)
		{
			uint8_t was = bytes[i];

			if (i % 16 == 0)
				assert_int_equal(an_topk_decode(&back, bytes, i, true, &memory), AN_ERR_CORRUPT);
			bytes[i] = (uint8_t) random_bits();
			if (i < 40 || i % 16 == 1)
			{
				AnStatus status = an_topk_decode(&back, bytes, size, true, &memory);

				if (status == AN_OK)
				{
					size_t again_size;
					uint8_t *again = stored(&back, &again_size);

					assert_int_equal(again_size, size);
					assert_memory_equal(again, bytes, size);
					free(again);
				}
				an_topk_free(&back, &memory);
			}
			bytes[i] = was;
		}
		free(bytes);
		pair_free(&pair);
	}
	assert_int_equal(taken, 0);
}

static void
test_refused(void **state)
{
	static const struct
	{
		size_t size;
		uint8_t bytes[16];
		bool travels;
	} cases[] = {
		{0, {0}, false},								 /* nothing */
		{4, {10, 0, 0, 0}, false},						 /* no values */
		{8, {0, 1, 1, 0, 0, 0, 1, 'a'}, false},			 /* k 0 */
		{9, {0x91, 0x4e, 1, 1, 0, 0, 0, 1, 'a'}, false}, /* k 10001 */
		{8, {10, 1, 1, 0, 0, 0, 2, 'a'}, false},		 /* ends early */
		{9, {10, 1, 1, 0, 0, 0, 1, 'a', 0}, false},		 /* ends late */
		{8, {10, 1, 2, 0, 1, 0, 1, 'a'}, false},		 /* exact, but counts are not the total */
		{8, {10, 1, 1, 0, 0, 1, 1, 'a'}, false},		 /* an error above the floor */
		{8, {10, 1, 1, 1, 0, 0, 1, 'a'}, false},		 /* a floor too high */
		{8, {10, 1, 1, 0, 1, 0, 1, 'a'}, false},		 /* never came */
		{12, {10, 2, 2, 0, 1, 0, 1, 'a', 0, 0, 1, 'a'}, false},	 /* twice */
		{12, {10, 2, 2, 0, 1, 0, 1, 'b', 0, 0, 1, 'a'}, false},	 /* out of order */
		{12, {10, 2, 3, 0, 2, 0, 1, 'a', 0x80, 0, 0, 1}, false}, /* not the shortest form */
		{12, {10, 2, 3, 0, 2, 0, 1, 'a', 1, 0, 1, 'a'}, true},	 /* twice, as it travels */
		{8, {10, 1, 1, 0, 2, 0, 1, 'a'}, true},					 /* more than the total */
		{8, {10, 1, 1, 0, 0x81, 0, 1, 'a'}, true}, /* a count not in its shortest form */
	};
	AnTopk topk;

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
		assert_int_equal(
			an_topk_decode(&topk, cases[i].bytes, cases[i].size, !cases[i].travels, &memory),
			AN_ERR_CORRUPT);
	assert_int_equal(an_topk_decode(&topk, (const uint8_t *) "\12\1\1\0\0\0\1a", 8, true, &memory),
					 AN_OK);
	an_topk_free(&topk, &memory);
	assert_int_equal(taken, 0);
}

static void
test_limits(void **state)
{
	AnTopk topk;
	AnTopk other;
	uint8_t *value = calloc(1, (size_t) AN_TOPK_BYTES_MAX + 1);

	(void) state;
	an_topk_init(&topk, 1);
	an_topk_init(&other, 1);
	assert_int_equal(an_topk_add(&topk, value, (size_t) AN_TOPK_BYTES_MAX + 1, &memory),
					 AN_ERR_LIMIT);
	assert_int_equal(topk.total, 0);
	assert_int_equal(an_topk_add(&topk, value, AN_TOPK_BYTES_MAX - 20, &memory), AN_OK);
	assert_int_equal(an_topk_add(&topk, value, 21, &memory), AN_ERR_LIMIT);
	assert_int_equal(an_topk_add(&topk, value, 20, &memory), AN_OK);
	assert_int_equal(an_topk_add(&topk, value, 8, &memory), AN_OK);
	assert_int_equal(topk.n, 3);
	assert_int_equal(an_topk_add(&other, value, 9, &memory), AN_OK);
	assert_int_equal(an_topk_merge(&topk, &other, &memory), AN_ERR_LIMIT);
	assert_int_equal(topk.total, 3);
	an_topk_free(&topk, &memory);
	other.total = AN_TOPK_TOTAL_MAX;
	assert_int_equal(an_topk_add(&other, value, 1, &memory), AN_ERR_LIMIT);
	an_topk_add(&topk, value, 1, &memory);
	assert_int_equal(an_topk_merge(&topk, &other, &memory), AN_ERR_LIMIT);
	an_topk_free(&topk, &memory);
	an_topk_free(&other, &memory);
	free(value);
	assert_int_equal(taken, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),		   cmocka_unit_test(test_zipf),
		cmocka_unit_test(test_merge_commutes), cmocka_unit_test(test_merge_trees),
		cmocka_unit_test(test_golden),		   cmocka_unit_test(test_stored),
		cmocka_unit_test(test_refused),		   cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
