/*
 * test_distinct.c - exact sets
 *
 * Proven: the mixing functions are bijections that their inverses undo; a set
 * holds what a sorted array of the same random values holds, for integers
 * narrow, wide and both, for strings, and for values with an equality of their
 * own; merges of parts equal the whole whatever the order, with narrow and wide
 * mixed; merging takes no more room than the union needs; growing in hash order
 * stays linear; the stored form has golden bytes, is the same for any order of
 * coming, and comes back; bytes that were not stored are refused, wherever one
 * is cut off, and as random noise; nothing leaks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/distinct.h"
#include "kernel/varint.h"

#define countof(array) (sizeof(array) / sizeof((array)[0]))

static const AnDistinctBounds any = {INT64_MIN, INT64_MAX, 0, UINT32_MAX};

static uint64_t seed = 11;
static size_t taken;	  /* bytes held now */
static size_t taken_most; /* and at most so far */

/* splitmix64: the same values on every machine. */
static uint64_t
random_bits(void)
{
	uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Memory that counts what is held: the size stands before each block. */
static void *
take(void *owner, size_t size)
{
	size_t *block = malloc(size + 16);

	(void) owner;
	assert_non_null(block);
	block[0] = size;
	taken += size;
	if (taken > taken_most)
		taken_most = taken;
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

static int
compare_int64(const void *a, const void *b)
{
	int64_t x = *(const int64_t *) a;
	int64_t y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

/* Sorts and drops duplicates, the slow way to a set. */
static size_t
unique(int64_t *values, size_t n)
{
	size_t kept = 0;

	qsort(values, n, sizeof(*values), compare_int64);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || values[i] != values[i - 1])
			values[kept++] = values[i];
	return kept;
}

/* Checks that a set holds just the given values, which are made unique here. */
static void
assert_holds(const AnWordSet *set, int64_t *values, size_t n)
{
	int64_t *held;

	n = unique(values, n);
	assert_int_equal(set->count, n);
	held = malloc((2 * n + 1) * sizeof(int64_t));
	an_words_sorted(set, held, held + n);
	if (n > 0)
		assert_memory_equal(held, values, n * sizeof(int64_t));
	free(held);
}

/* A random value of one of several makes: few, narrow, negative, at the edge of 32 bits, wide. */
static int64_t
random_value(int make)
{
	uint64_t bits = random_bits();

	switch (make)
	{
		case 0:
			return (int64_t) (bits % 50);
		case 1:
			return (int64_t) (bits % 1000000);
		case 2:
			return (int64_t) (int32_t) bits;
		case 3:
			return (int64_t) INT32_MAX - 20 + (int64_t) (bits % 40);
		default:
			return (int64_t) bits;
	}
}

static void
test_mix(void **state)
{
	static const uint64_t edges[] = {0, 1, 2, UINT32_MAX, UINT64_MAX, UINT64_C(1) << 63};

	(void) state;
	assert_int_equal(an_mix32(0), 0);
	assert_int_equal(an_mix64(0), 0);
	for (size_t i = 0; i < 100000; i++)
	{
		uint64_t value = i < countof(edges) ? edges[i] : random_bits();

		assert_int_equal(an_unmix32(an_mix32((uint32_t) value)), (uint32_t) value);
		assert_int_equal(an_unmix64(an_mix64(value)), value);
	}
	/* The finalisers of MurmurHash3, as published. */
	assert_int_equal(an_mix32(1), 0x514e28b7);
	assert_int_equal(an_mix64(1), UINT64_C(0xb456bcfc34c2cb2c));
}

static void
test_words_random(void **state)
{
	(void) state;
	for (int round = 0; round < 200; round++)
	{
		size_t n = random_bits() % (round % 10 == 0 ? 20000 : 300);
		int64_t *values = malloc((n + 1) * sizeof(int64_t));
		AnWordSet set;

		an_words_init(&set);
		for (size_t i = 0; i < n; i++)
		{
			int make = round % 6 == 5 ? (int) (random_bits() % 5) : round % 6;

			values[i] = random_value(make);
			assert_int_equal(an_words_add(&set, values[i], &memory), AN_OK);
			assert_int_equal(an_words_add(&set, values[i], &memory), AN_OK);
		}
		assert_holds(&set, values, n);
		an_words_free(&set, &memory);
		free(values);
	}
	assert_int_equal(taken, 0);
}

/* Merges a set into another as it travels, or as its slots lie. */
static void
merge(AnWordSet *into, const AnWordSet *from, bool travels)
{
	size_t size = an_words_travel_size(from);
	char *bytes = malloc(size + 2);

	if (from->zero)
		assert_int_equal(an_words_add(into, 0, &memory), AN_OK);
	an_words_travel(from, bytes + 1);
	if (travels) /* at an odd address, as a buffer may have it */
		assert_int_equal(
			an_words_merge(into, bytes + 1, size / (from->wide ? 8 : 4), from->wide, &memory),
			AN_OK);
	else
		assert_int_equal(an_words_merge(into, from->slots, from->n_slots, from->wide, &memory),
						 AN_OK);
	free(bytes);
}

static void
test_words_merge(void **state)
{
	(void) state;
	for (int round = 0; round < 100; round++)
	{
		size_t n = random_bits() % (round % 10 == 0 ? 10000 : 100);
		int64_t *values = malloc((3 * n + 1) * sizeof(int64_t));
		AnWordSet parts[3];
		AnWordSet forth;
		AnWordSet back;

		an_words_init(&forth);
		an_words_init(&back);
		for (int p = 0; p < 3; p++)
		{
			an_words_init(&parts[p]);
			for (size_t i = 0; i < n; i++)
			{
				values[(size_t) p * n + i] = random_value((round + (p == 1)) % 5);
				an_words_add(&parts[p], values[(size_t) p * n + i], &memory);
			}
		}
		for (int p = 0; p < 3; p++)
		{
			merge(&forth, &parts[p], round % 2 == 0);
			merge(&back, &parts[2 - p], round % 3 == 0);
		}
		merge(&back, &forth, true);
		assert_holds(&forth, values, 3 * n);
		assert_holds(&back, values, unique(values, 3 * n));
		for (int p = 0; p < 3; p++)
			an_words_free(&parts[p], &memory);
		an_words_free(&forth, &memory);
		an_words_free(&back, &memory);
		free(values);
	}
	assert_int_equal(taken, 0);
}

/* Sets that are alike are united without more room; the whole is never far above what it needs. */
static void
test_words_room(void **state)
{
	AnWordSet one;
	AnWordSet other;
	uint32_t n_slots;

	(void) state;
	an_words_init(&one);
	an_words_init(&other);
	for (int64_t i = 1; i <= 100000; i++)
		an_words_add(&one, i, &memory);
	assert_false(one.wide);
	assert_in_range(one.n_slots, 100000 / 3 * 4, 100000 * 2);
	merge(&other, &one, true);
	assert_in_range(other.n_slots, 133333, 133340);
	n_slots = other.n_slots;
	for (int i = 0; i < 5; i++)
		merge(&other, &one, i % 2 == 0);
	assert_int_equal(other.n_slots, n_slots);
	assert_int_equal(other.count, 100000);
	an_words_free(&one, &memory);
	an_words_free(&other, &memory);

	/* Few values take tens of bytes. */
	taken_most = 0;
	for (int64_t i = 1; i <= 6; i++)
		an_words_add(&one, i, &memory);
	assert_int_equal(taken_most, 32);
	an_words_free(&one, &memory);
	assert_int_equal(taken, 0);
}

/* Longest run of filled slots: what a search may have to walk. */
static uint32_t
longest_run(const AnWordSet *set)
{
	uint32_t longest = 0;
	uint32_t run = 0;

	for (uint32_t i = 0; i < set->n_slots; i++)
	{
		run = ((uint32_t *) set->slots)[i] != 0 ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	return longest;
}

/* What comes in hash order does not crowd, neither by growing nor by merging into a smaller set. */
static void
test_words_order(void **state)
{
	AnWordSet parts[4];
	AnWordSet whole;

	(void) state;
	an_words_init(&whole);
	for (int p = 0; p < 4; p++)
	{
		an_words_init(&parts[p]);
		for (int64_t i = 0; i < 200000; i++)
			an_words_add(&parts[p], i * 4 + p, &memory);
		merge(&whole, &parts[p], true);
		assert_in_range(longest_run(&whole), 1, 400);
	}
	assert_int_equal(whole.count, 800000);
	for (int p = 0; p < 4; p++)
		an_words_free(&parts[p], &memory);
	an_words_free(&whole, &memory);
	assert_int_equal(taken, 0);
}

/* A string of few or many different ones, of up to 40 bytes. */
static size_t
random_string(char *bytes, int make)
{
	uint64_t bits = random_bits();
	size_t size = make == 0 ? bits % 2 : bits % 41;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char) (make == 0   ? bits >> 8 & 3
						   : make == 1 ? 'a'
									   : (int) (random_bits() % 256));
	return size;
}

/* The place of a string in a list, or the length of the list. */
static size_t
find(char (*list)[48], const size_t *sizes, size_t n, const char *bytes, size_t size)
{
	for (size_t i = 0; i < n; i++)
		if (sizes[i] == size && memcmp(list[i], bytes, size) == 0)
			return i;
	return n;
}

static void
test_bytes_random(void **state)
{
	static char list[2000][48];
	static size_t sizes[2000];

	(void) state;
	for (int round = 0; round < 30; round++)
	{
		AnByteSet set;
		AnBytes *sorted;
		size_t n = 0;

		an_bytes_init(&set, false);
		for (int i = 0; i < 1500; i++)
		{
			char bytes[48];
			size_t size = random_string(bytes, round % 3);

			if (find(list, sizes, n, bytes, size) == n)
			{
				memcpy(list[n], bytes, size);
				sizes[n++] = size;
			}
			assert_int_equal(an_bytes_add(&set, bytes, size, &memory), AN_OK);
			assert_int_equal(set.count, n);
		}
		sorted = malloc(2 * n * sizeof(AnBytes));
		an_bytes_sorted(&set, sorted, sorted + n);
		for (size_t i = 0; i < n; i++)
		{
			size_t least =
				i > 0 && sorted[i].size > sorted[i - 1].size ? sorted[i - 1].size : sorted[i].size;
			int order = i == 0 ? -1 : memcmp(sorted[i - 1].bytes, sorted[i].bytes, least);

			assert_true(order < 0 || (order == 0 && sorted[i - 1].size < sorted[i].size));
			assert_true(find(list, sizes, n, (const char *) sorted[i].bytes, sorted[i].size) < n);
		}
		free(sorted);
		an_bytes_free(&set, &memory);
	}
	assert_int_equal(taken, 0);
}

/* Equal are the values whose first number is: what comes behind does not matter, as in numeric 1.0 and 1.00. */
static bool
first_equal(void *owner, const void *a, const void *b)
{
	assert_int_equal((uintptr_t) a % 8, 0);
	++*(int *) owner;
	return *(const uint64_t *) a == *(const uint64_t *) b;
}

static void
test_values(void **state)
{
	int calls = 0;
	AnEqual equal = {first_equal, &calls};
	AnByteSet set;
	uint64_t value[4];
	bool seen[500] = {false};
	uint64_t n = 0;
	size_t at = 0;
	AnBytes entry;

	(void) state;
	an_bytes_init(&set, true);
	for (int i = 0; i < 20000; i++)
	{
		value[0] = random_bits() % countof(seen);
		value[1] = random_bits();
		n += !seen[value[0]];
		seen[value[0]] = true;
		/* A poor hash: ten values share each. */
		assert_int_equal(an_bytes_add_value(&set, value, 8 + random_bits() % 9,
											(uint32_t) (value[0] / 10), &equal, &memory),
						 AN_OK);
		assert_int_equal(set.count, n);
	}
	assert_int_equal(n, countof(seen));
	assert_in_range(calls, 19500, 20000 * 20);
	while (an_bytes_next(set.arena, set.used, true, &at, &entry))
	{
		assert_int_equal((uintptr_t) entry.bytes % 8, 0);
		assert_int_equal(entry.hash, *(const uint64_t *) entry.bytes / 10);
		n--;
	}
	assert_int_equal(n, 0);
	assert_int_equal(at, set.used);
	an_bytes_free(&set, &memory);
	assert_int_equal(taken, 0);
}

static void
test_limits(void **state)
{
	static char byte;
	AnWordSet words;
	AnByteSet set;

	(void) state;
	an_words_init(&words);
	assert_int_equal(an_words_reserve(&words, AN_DISTINCT_SLOTS_MAX, &memory), AN_ERR_LIMIT);
	assert_int_equal(an_words_reserve(&words, UINT64_C(1) << 62, &memory), AN_ERR_LIMIT);
	an_bytes_init(&set, false);
	assert_int_equal(an_bytes_add(&set, &byte, AN_DISTINCT_VALUE_MAX, &memory), AN_ERR_LIMIT);
	assert_int_equal(an_bytes_add(&set, &byte, 1, &memory), AN_OK);
	set.count = UINT64_C(3000000000);
	set.n_slots = AN_DISTINCT_SLOTS_MAX;
	assert_int_equal(an_bytes_add(&set, &byte, 1, &memory), AN_ERR_LIMIT);
	set.count = 1;
	set.n_slots = 8;
	set.used = AN_DISTINCT_ARENA_MAX - 8;
	set.size = set.used;
	set.slots[0] = set.slots[1] = set.slots[2] = set.slots[3] = 0;
	an_memory_give(&memory, set.arena);
	set.arena = NULL;
	memset(set.slots, 0, 8 * sizeof(*set.slots));
	assert_int_equal(an_bytes_add(&set, &byte, 1, &memory), AN_ERR_LIMIT);
	set.used = set.size = 0;
	an_bytes_free(&set, &memory);
	assert_int_equal(taken, 0);
}

/* The stored bytes of integers. */
static size_t
store_words(const AnWordSet *set, uint8_t *bytes)
{
	int64_t *values = malloc((2 * set->count + 1) * sizeof(int64_t));
	size_t size;

	an_words_sorted(set, values, values + set->count);
	size = an_words_store_size(values, set->count);
	an_words_store(values, set->count, bytes);
	free(values);
	return size;
}

static size_t
store_bytes(const AnByteSet *set, uint8_t *bytes)
{
	AnBytes *entries = malloc((2 * set->count + 1) * sizeof(AnBytes));
	size_t size;

	an_bytes_sorted(set, entries, entries + set->count);
	size = an_bytes_store_size(entries, set->count);
	an_bytes_store(entries, set->count, bytes);
	free(entries);
	return size;
}

static void
test_golden(void **state)
{
	static const struct
	{
		int64_t values[4];
		size_t n;
		size_t size;
		uint8_t bytes[24];
	} words[] = {
		{{0}, 1, 1, {0}},
		{{3, 1, 2}, 3, 3, {2, 0, 0}},
		{{-1, 1}, 2, 2, {1, 1}},
		{{130, 1, 129}, 3, 3, {2, 127, 0}},
		{{131, 1, 130}, 3, 4, {2, 0x80, 1, 0}},
		{{INT64_MAX, INT64_MIN}, 2, 20, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
										 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}},
	};
	static const uint8_t strings[] = {0, 1, 'a', 2, 'a', 'b', 1, 'b'};
	uint8_t bytes[64];
	AnByteSet set;

	(void) state;
	for (size_t i = 0; i < countof(words); i++)
	{
		AnWordSet forth;

		an_words_init(&forth);
		for (size_t j = 0; j < words[i].n; j++)
			an_words_add(&forth, words[i].values[j], &memory);
		assert_int_equal(store_words(&forth, bytes), words[i].size);
		assert_memory_equal(bytes, words[i].bytes, words[i].size);
		an_words_free(&forth, &memory);
	}
	an_bytes_init(&set, false);
	an_bytes_add(&set, "b", 1, &memory);
	an_bytes_add(&set, "ab", 2, &memory);
	an_bytes_add(&set, "a", 1, &memory);
	an_bytes_add(&set, "", 0, &memory);
	assert_int_equal(store_bytes(&set, bytes), sizeof(strings));
	assert_memory_equal(bytes, strings, sizeof(strings));
	an_bytes_free(&set, &memory);
	assert_int_equal(taken, 0);
}

static void
test_stored_words(void **state)
{
	(void) state;
	for (int round = 0; round < 100; round++)
	{
		size_t n = random_bits() % 3000;
		int64_t *values = malloc((n + 1) * sizeof(int64_t));
		uint8_t *bytes = malloc(10 * n + 10);
		uint8_t *again = malloc(10 * n + 10);
		AnWordSet set;
		AnWordSet back;
		size_t size;

		an_words_init(&set);
		an_words_init(&back);
		for (size_t i = 0; i < n; i++)
			an_words_add(&set, values[i] = random_value(round % 5), &memory);
		size = store_words(&set, bytes);
		assert_int_equal(an_words_load(NULL, bytes, size, set.count, &any, &memory), AN_OK);
		assert_int_equal(an_words_load(&back, bytes, size, set.count, &any, &memory), AN_OK);
		assert_holds(&back, values, n);
		assert_int_equal(store_words(&back, again), size);
		assert_memory_equal(bytes, again, size);
		/* One value more or less, one byte less or more. */
		assert_int_equal(an_words_load(NULL, bytes, size, set.count + 1, &any, &memory),
						 AN_ERR_CORRUPT);
		if (size > 0)
			assert_int_equal(an_words_load(NULL, bytes, size - 1, set.count, &any, &memory),
							 AN_ERR_CORRUPT);
		if (set.count > 0)
			assert_int_equal(an_words_load(NULL, bytes, size, set.count - 1, &any, &memory),
							 AN_ERR_CORRUPT);
		an_words_free(&set, &memory);
		an_words_free(&back, &memory);
		free(values);
		free(bytes);
		free(again);
	}
	assert_int_equal(taken, 0);
}

static void
test_stored_bytes(void **state)
{
	uint8_t *bytes = malloc(100000);
	uint8_t *again = malloc(100000);

	(void) state;
	for (int round = 0; round < 100; round++)
	{
		size_t n = random_bits() % 1000;
		AnByteSet set;
		AnByteSet back;
		size_t size;

		an_bytes_init(&set, false);
		an_bytes_init(&back, false);
		for (size_t i = 0; i < n; i++)
		{
			char string[48];

			an_bytes_add(&set, string, random_string(string, round % 3), &memory);
		}
		size = store_bytes(&set, bytes);
		assert_int_equal(an_bytes_load(&back, bytes, size, set.count, &any, &memory), AN_OK);
		assert_int_equal(back.count, set.count);
		assert_int_equal(store_bytes(&back, again), size);
		assert_memory_equal(bytes, again, size);
		assert_int_equal(an_bytes_load(NULL, bytes, size, set.count + 1, &any, &memory),
						 AN_ERR_CORRUPT);
		if (size > 0)
			assert_int_equal(an_bytes_load(NULL, bytes, size - 1, set.count, &any, &memory),
							 AN_ERR_CORRUPT);
		an_bytes_free(&set, &memory);
		an_bytes_free(&back, &memory);
	}
	free(bytes);
	free(again);
	assert_int_equal(taken, 0);
}

/* Bytes by hand that were never stored. */
static void
test_refused(void **state)
{
	static const AnDistinctBounds boolean = {0, 1, 0, 0};
	static const AnDistinctBounds uuid = {0, 0, 16, 16};
	static const struct
	{
		uint64_t n;
		size_t size;
		uint8_t bytes[16];
	} words[] = {
		{1, 0, {0}},													/* nothing there */
		{0, 1, {0}},													/* something behind */
		{1, 1, {0x80}},													/* unfinished */
		{1, 2, {0x80, 0}},												/* not the shortest form */
		{1, 11, {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}}, /* too long */
		{1, 10, {255, 255, 255, 255, 255, 255, 255, 255, 255, 2}},		/* 65 bits */
		{2, 11, {254, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0}},	/* above the greatest */
		{UINT64_MAX, 3, {0, 0, 0}}, /* a count that nobody has */
	};
	static const struct
	{
		uint64_t n;
		size_t size;
		uint8_t bytes[8];
	} strings[] = {
		{1, 0, {0}},
		{0, 1, {0}},
		{1, 1, {1}},
		{2, 2, {0, 0}},
		{2, 4, {1, 'b', 1, 'a'}},
		{2, 5, {2, 'a', 'a', 1, 'a'}},
		{1, 6, {255, 255, 255, 255, 15, 'a'}},
		{1, 3, {0x81, 0, 'a'}},
	};

	(void) state;
	for (size_t i = 0; i < countof(words); i++)
		assert_int_equal(
			an_words_load(NULL, words[i].bytes, words[i].size, words[i].n, &any, &memory),
			AN_ERR_CORRUPT);
	for (size_t i = 0; i < countof(strings); i++)
		assert_int_equal(
			an_bytes_load(NULL, strings[i].bytes, strings[i].size, strings[i].n, &any, &memory),
			AN_ERR_CORRUPT);
	assert_int_equal(an_words_load(NULL, (const uint8_t *) "\0\0", 2, 2, &boolean, &memory), AN_OK);
	assert_int_equal(an_words_load(NULL, (const uint8_t *) "\4", 1, 1, &boolean, &memory),
					 AN_ERR_CORRUPT);
	assert_int_equal(an_words_load(NULL, (const uint8_t *) "\1", 1, 1, &boolean, &memory),
					 AN_ERR_CORRUPT);
	assert_int_equal(an_words_load(NULL, (const uint8_t *) "\0\1", 2, 2, &boolean, &memory),
					 AN_ERR_CORRUPT);
	assert_int_equal(an_bytes_load(NULL, (const uint8_t *) "\1a", 2, 1, &uuid, &memory),
					 AN_ERR_CORRUPT);
	assert_int_equal(
		an_bytes_load(NULL, (const uint8_t *) "\20aaaaaaaaaaaaaaaa", 17, 1, &uuid, &memory), AN_OK);
}

/* Random noise is refused or, taken, is the one form of what it holds. */
static void
test_noise(void **state)
{
	uint8_t bytes[40];
	uint8_t again[400];

	(void) state;
	for (int i = 0; i < 200000; i++)
	{
		size_t size = random_bits() % sizeof(bytes);
		uint64_t n = random_bits() % 12;
		AnWordSet words;
		AnByteSet strings;

		for (size_t j = 0; j < size; j++)
			bytes[j] = (uint8_t) (random_bits() % (i % 3 == 0 ? 256 : 6));
		an_words_init(&words);
		if (an_words_load(&words, bytes, size, n, &any, &memory) == AN_OK)
		{
			assert_int_equal(words.count, n);
			assert_int_equal(store_words(&words, again), size);
			assert_memory_equal(bytes, again, size);
		}
		an_words_free(&words, &memory);
		an_bytes_init(&strings, false);
		if (an_bytes_load(&strings, bytes, size, n, &any, &memory) == AN_OK)
		{
			assert_int_equal(strings.count, n);
			assert_int_equal(store_bytes(&strings, again), size);
			assert_memory_equal(bytes, again, size);
		}
		an_bytes_free(&strings, &memory);
	}
	assert_int_equal(taken, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mix),			 cmocka_unit_test(test_words_random),
		cmocka_unit_test(test_words_merge),	 cmocka_unit_test(test_words_room),
		cmocka_unit_test(test_words_order),	 cmocka_unit_test(test_bytes_random),
		cmocka_unit_test(test_values),		 cmocka_unit_test(test_limits),
		cmocka_unit_test(test_golden),		 cmocka_unit_test(test_stored_words),
		cmocka_unit_test(test_stored_bytes), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
