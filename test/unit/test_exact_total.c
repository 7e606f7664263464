/*
 * test_exact_total.c - an exact sum with the number of its values
 *
 * Proven: sums, means and counts by hand; that order, parts and trees of merges do not
 * matter, to the byte; stored forms by their bytes; ends of the range and of the
 * count; and that bytes which cannot have been stored are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <float.h>
#include <math.h>

#include <cmocka.h>

#include "kernel/exact_total.h"

#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define N_VALUES	   600
#define N_PARTS		   9

static uint64_t seed = 5;

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
	void *block = malloc(size);

	assert_non_null(block);
	++*(int *) owner;
	return block;
}

static void
give(void *owner, void *block)
{
	*(int *) owner -= block != NULL;
	free(block);
}

static int blocks;
static const AnMemory memory = {.take = take, .give = give, .owner = &blocks};

static void
assert_stored(const AnExactTotal *total, const uint8_t *bytes, size_t size)
{
	uint8_t stored[AN_EXACT_TOTAL_STORED_MAX];

	assert_int_equal(an_exact_total_store(total, stored), size);
	assert_memory_equal(stored, bytes, size);
}

static void
test_by_hand(void **state)
{
	static const struct
	{
		double values[4]; /* what is added */
		size_t n;		  /* how many */
		AnStatus status;  /* of the sum */
		double sum;
		double mean;
	} cases[] = {
		{{0}, 1, AN_OK, 0, 0},
		{{1, 2, 3, 4}, 4, AN_OK, 10, 2.5},
		{{1e16, 1, -1e16}, 3, AN_OK, 1, 1.0 / 3},
		{{DBL_MAX, DBL_MAX}, 2, AN_ERR_OUT_OF_RANGE, INFINITY, DBL_MAX},
		{{-DBL_MAX, -DBL_MAX, -DBL_MAX}, 3, AN_ERR_OUT_OF_RANGE, -INFINITY, -DBL_MAX},
		{{DBL_MAX, DBL_MAX, INFINITY}, 3, AN_OK, INFINITY, INFINITY},
		{{-INFINITY, 7}, 2, AN_OK, -INFINITY, -INFINITY},
		{{INFINITY, -INFINITY}, 2, AN_OK, NAN, NAN},
		{{NAN, DBL_MAX, DBL_MAX}, 3, AN_OK, NAN, NAN},
	};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		AnExactTotal total;
		double sum;
		double mean;

		an_exact_total_init(&total);
		for (size_t k = 0; k < cases[i].n; k++)
			assert_int_equal(an_exact_total_add(&total, cases[i].values[k], &memory), AN_OK);
		assert_int_equal(total.count, cases[i].n);
		assert_int_equal(an_exact_total_sum(&total, &sum), cases[i].status);
		assert_int_equal(an_exact_total_mean(&total, &mean), AN_OK);
		assert_true(sum == cases[i].sum || (isnan(sum) && isnan(cases[i].sum)));
		assert_true(mean == cases[i].mean || (isnan(mean) && isnan(cases[i].mean)));
		an_exact_total_free(&total, &memory);
		assert_int_equal(total.count, 0);
	}
	assert_int_equal(blocks, 0);
}

/* Any double, denormal, NaN and infinite ones among them. */
static double
any_double(void)
{
	uint64_t bits = random_bits();
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Values dealt to parts in another order, which are merged as totals or as bytes, from either end. */
static void
test_merges(void **state)
{
	static double values[N_VALUES];

	(void) state;
	for (int round = 0; round < 40; round++)
	{
		AnExactTotal whole;
		AnExactTotal parts[N_PARTS];
		uint8_t bytes[AN_EXACT_TOTAL_STORED_MAX];
		size_t size;

		an_exact_total_init(&whole);
		for (int p = 0; p < N_PARTS; p++)
			an_exact_total_init(&parts[p]);
		for (int i = 0; i < N_VALUES; i++)
		{
			values[i] = round % 2 ? any_double() : ldexp((double) (random_bits() >> 11), -30);
			assert_int_equal(an_exact_total_add(&whole, values[i], &memory), AN_OK);
		}
		for (int i = N_VALUES - 1; i >= 0; i--)
			an_exact_total_add(&parts[random_bits() % N_PARTS], values[i], &memory);
		for (int p = 1; p < N_PARTS; p++)
		{
			AnExactTotal *into = &parts[round % 4 < 2 ? 0 : p];
			AnExactTotal *from = &parts[round % 4 < 2 ? p : p - 1];

			size = an_exact_total_store(from, bytes);
			assert_true(an_exact_total_check(bytes, size));
			assert_int_equal(p % 2 ? an_exact_total_merge(into, from, &memory)
								   : an_exact_total_merge_stored(into, bytes, size, &memory),
							 AN_OK);
		}
		size = an_exact_total_store(&whole, bytes);
		assert_stored(&parts[round % 4 < 2 ? 0 : N_PARTS - 1], bytes, size);
		for (int p = 0; p < N_PARTS; p++)
			an_exact_total_free(&parts[p], &memory);
		an_exact_total_free(&whole, &memory);
	}
	assert_int_equal(blocks, 0);
}

/* Frozen: docs/exact_sum.md. */
static void
test_golden(void **state)
{
	static const struct
	{
		double values[3]; /* what is added, in turn */
		size_t n;		  /* how many there are */
		size_t times;	  /* how many are added */
		const char *bytes;
		size_t size;
	} cases[] = {
		{{0}, 1, 0, "\x01\x00\x00", 3},
		{{0}, 1, 1, "\x01\x01\x00", 3},
		{{1, 2, 3}, 3, 3, "\x01\x03\x10\x86\x01\x01\x18", 7},
		{{0.1}, 1, 10, "\x01\x0a\x10\x7f\x08\x10\x00\x00\x00\x00\x00\x00\x04", 13},
		{{INFINITY, -INFINITY, -2.5}, 3, 3, "\x01\x03\x1e\x86\x01\x01\x0a", 7},
		{{NAN}, 1, 300, "\x01\xac\x02\x01", 4},
		{{DBL_MAX}, 1, 1, "\x01\x01\x10\xff\x01\x08\xe0\xff\xff\xff\xff\xff\xff\x03", 14},
		{{0x1p-1074}, 1, 1, "\x01\x01\x10\x00\x01\x01", 6},
	};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		AnExactTotal total;
		uint64_t count;

		an_exact_total_init(&total);
		for (size_t k = 0; k < cases[i].times; k++)
			an_exact_total_add(&total, cases[i].values[k % cases[i].n], &memory);
		assert_stored(&total, (const uint8_t *) cases[i].bytes, cases[i].size);
		assert_true(an_exact_total_check((const uint8_t *) cases[i].bytes, cases[i].size));
		assert_int_equal(
			an_exact_total_count((const uint8_t *) cases[i].bytes, cases[i].size, &count), AN_OK);
		assert_int_equal(count, cases[i].times);
		an_exact_total_free(&total, &memory);
	}
}

static void
test_damaged(void **state)
{
	static const struct
	{
		const char *bytes;
		size_t size;
	} cases[] = {
		{"", 0},
		{"\x01", 1},
		{"\x00\x00\x00", 3},				 /* another version */
		{"\x01\x00", 2},					 /* no sum */
		{"\x01\x80\x00\x00", 4},			 /* a count in two ways */
		{"\x01\x00\x01", 3},				 /* a NaN, but no value */
		{"\x01\x00\x10\x86\x01\x01\x18", 7}, /* a sum of none */
		{"\x01\x01\x11\x86\x01\x01\x18", 7}, /* a NaN and a sum, but one value */
		{"\x01\x02\x07", 3},				 /* three kinds of two */
		{"\x01\x01\x08", 3},				 /* minus nothing */
		{"\x01\x01\x20", 3},				 /* a flag that is none */
		{"\x01\x01\x10\x86\x01\x01\x00", 7}, /* zero bytes */
		{"\x01\x01\x10\x86\x01\x02\x00\x01", 8},
		{"\x01\x01\x10\x86\x01\x01\x18\x00", 8}, /* something behind it */
		{"\x01\x01\x10\x86\x02\x01\x04", 7},	 /* one value of 2^1024 */
		{"\x01\x01\x18\x86\x02\x01\x04", 7},
		{"\x01\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01\x00", 12}, /* 2^63 values */
	};
	static const uint8_t good[] = {1, 3, 0x10, 0x86, 1, 1, 0x18};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
		assert_false(an_exact_total_check((const uint8_t *) cases[i].bytes, cases[i].size));
	for (size_t size = 0; size < sizeof(good); size++)
	{
		uint8_t *cut = malloc(size + 1); /* the sanitizer sees what is read behind its end */

		memcpy(cut + 1, good, size);
		assert_false(an_exact_total_check(cut + 1, size));
		free(cut);
	}
	/* Two values of 2^1023 are possible; the mean of a damaged one is said to be so. */
	assert_true(an_exact_total_check((const uint8_t *) "\x01\x02\x10\x86\x02\x01\x04", 7));
}

/* A damaged sum that was not checked when it came: its mean is none. */
static void
test_impossible_mean(void **state)
{
	int64_t chunks[AN_EXACT_SUM_CHUNKS];
	AnExactTotal total;
	double mean;

	(void) state;
	an_exact_total_fixed(&total, chunks);
	assert_int_equal(an_exact_total_merge_stored(
						 &total, (const uint8_t *) "\x01\x01\x10\x86\x02\x01\x04", 7, NULL),
					 AN_OK);
	assert_int_equal(an_exact_total_mean(&total, &mean), AN_ERR_CORRUPT);
}

static void
test_limit(void **state)
{
	static const uint8_t full[] = {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0};
	int64_t chunks[AN_EXACT_SUM_CHUNKS];
	int64_t other_chunks[AN_EXACT_SUM_CHUNKS];
	AnExactTotal total;
	AnExactTotal one;
	double sum;

	(void) state;
	an_exact_total_fixed(&total, chunks);
	an_exact_total_fixed(&one, other_chunks);
	assert_int_equal(an_exact_total_merge_stored(&total, full, sizeof(full), NULL), AN_OK);
	assert_true(total.count == AN_EXACT_TOTAL_MAX);
	assert_int_equal(an_exact_total_add(&one, 7, NULL), AN_OK);
	assert_int_equal(an_exact_total_add(&total, 7, NULL), AN_ERR_LIMIT);
	assert_int_equal(an_exact_total_merge(&total, &one, NULL), AN_ERR_LIMIT);
	assert_int_equal(an_exact_total_merge_stored(&one, full, sizeof(full), NULL), AN_ERR_LIMIT);
	assert_stored(&total, full, sizeof(full));
	assert_int_equal(an_exact_total_sum(&one, &sum), AN_OK);
	assert_true(sum == 7 && one.count == 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand), cmocka_unit_test(test_merges),
		cmocka_unit_test(test_golden),	cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_limit),	cmocka_unit_test(test_impossible_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
