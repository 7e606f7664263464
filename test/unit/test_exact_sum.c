/*
 * test_exact_sum.c - the exact sum
 *
 * Proven: sums and averages against a slow sum that counts every bit of every
 * value apart, with the nearest double found by comparing exact distances, not by
 * rounding; that order and merges do not matter, to the byte; carries over a
 * million additions; the ends of the range; the stored form by its bytes; and
 * that damaged bytes are refused, or are another sum in its own one form.
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

#include "kernel/exact_sum.h"

#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define N_BITS		   2240 /* bits of any sum here, the lowest weighs 2^-1074 */
#define N_VALUES	   3000

static uint64_t seed = 11;

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

/* A finite double with an exponent within `spread` of 2^middle. */
static double
random_double(int middle, int spread)
{
	double m = (double) (random_bits() >> 11) / 9007199254740992.0;
	int e = middle + (int) (random_bits() % (uint64_t) (2 * spread + 1)) - spread;

	return ldexp(random_bits() & 1 ? m : -m, e);
}

/* The slow sum: how often each bit was added, less how often it was taken away. */
typedef struct Slow
{
	int64_t bits[N_BITS];
} Slow;

static void
slow_add(Slow *slow, double value, int64_t times)
{
	int exponent;
	double m = frexp(fabs(value), &exponent);
	uint64_t mantissa = (uint64_t) ldexp(m, 53);

	for (int i = 0; i < 53; i++)
		if (mantissa >> i & 1)
			slow->bits[exponent - 53 + i + 1074] += value < 0 ? -times : times;
}

/* Makes every bit 0 or 1, and the sum not negative; returns its sign. */
static int
slow_normalize(Slow *slow)
{
	for (int round = 0; round < 2; round++)
	{
		int64_t carry = 0;

		for (int i = 0; i < N_BITS; i++)
		{
			int64_t v = slow->bits[i] + carry;

			slow->bits[i] = v & 1;
			carry = (v - (v & 1)) / 2;
		}
		if (carry == 0)
			return round == 0 ? 1 : -1;
		/* Negative, as two's complement with carry -1: its bits flipped, plus 1. */
		for (int i = 0; i < N_BITS; i++)
			slow->bits[i] = 1 - slow->bits[i];
		slow->bits[0]++;
	}
	return -1;
}

/* The distance of times * value from a sum. */
static Slow
distance(const Slow *sum, double value, int64_t times)
{
	Slow result = *sum;

	if (value != 0)
		slow_add(&result, -value, times);
	slow_normalize(&result);
	return result;
}

static int
compare(const Slow *a, const Slow *b)
{
	for (int i = N_BITS - 1; i >= 0; i--)
		if (a->bits[i] != b->bits[i])
			return a->bits[i] < b->bits[i] ? -1 : 1;
	return 0;
}

static bool
is_even(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return !(bits & 1);
}

/* Asserts that no double is nearer to sum / times than value, and that it is the even one of two. */
static void
assert_nearest(const Slow *sum, double value, int64_t times)
{
	Slow here = distance(sum, value, times);

	for (int up = 0; up < 2; up++)
	{
		double next = nextafter(value, up ? INFINITY : -INFINITY);
		Slow there;
		int order;

		if (isinf(next))
			continue;
		there = distance(sum, next, times);
		order = compare(&here, &there);
		assert_true(order < 0 || (order == 0 && is_even(value)));
	}
}

static double
sum_of(const double *values, size_t n)
{
	AnExactSum sum;
	double result;

	an_exact_sum_init(&sum);
	for (size_t i = 0; i < n; i++)
		an_exact_sum_add(&sum, values[i], &memory);
	result = an_exact_sum_value(&sum);
	an_exact_sum_free(&sum, &memory);
	return result;
}

static void
test_by_hand(void **state)
{
	static const struct
	{
		double values[5];
		size_t n;
		double sum;
	} cases[] = {
		{{0}, 0, 0},
		{{-0.0, -0.0}, 2, 0},
		{{0.1, 0.2, 0.3}, 3, 0.6},
		{{1e100, 1, -1e100}, 3, 1},
		{{1e308, 1e308, -1e308}, 3, 1e308},
		{{DBL_MAX, DBL_MAX}, 2, INFINITY},
		{{-DBL_MAX, -DBL_MAX}, 2, -INFINITY},
		{{DBL_MAX, DBL_MAX, -DBL_MAX}, 3, DBL_MAX},
		{{DBL_MAX, 0x1p969}, 2, DBL_MAX},  /* below half of the last place */
		{{DBL_MAX, 0x1p970}, 2, INFINITY}, /* half of it: a tie, to the even one, which is 2^1024 */
		{{0x1p-1074, 0x1p-1074}, 2, 0x1p-1073},
		{{1, 0x1p-53}, 2, 1},					 /* ties to even, down */
		{{1, 0x1p-52, 0x1p-53}, 3, 1 + 0x1p-51}, /* and up */
		{{1, 0x1p-53, 0x1p-1074}, 3, 1 + 0x1p-52},
		{{-1, -0x1p-53, -0x1p-1074}, 3, -1 - 0x1p-52},
		{{1, -0x1p-54, -0x1p-1074}, 3, 1 - 0x1p-53},
		{{0x1p-1022, -0x1p-1074}, 2, 0x1p-1022 - 0x1p-1074},
		{{5, INFINITY, 7}, 3, INFINITY},
		{{-INFINITY, 1, DBL_MAX}, 3, -INFINITY},
		{{INFINITY, -INFINITY}, 2, NAN},
		{{INFINITY, NAN}, 2, NAN},
	};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		double sum = sum_of(cases[i].values, cases[i].n);

		assert_true(sum == cases[i].sum || (isnan(sum) && isnan(cases[i].sum)));
		assert_false(sum == 0 && signbit(sum));
	}
	assert_int_equal(blocks, 0);
}

static void
test_random(void **state)
{
	static const struct
	{
		int middle, spread;
	} ranges[] = {{0, 0}, {0, 3}, {10, 60}, {0, 1020}, {-1060, 14}, {1000, 20}, {-500, 33}};

	(void) state;
	for (size_t r = 0; r < countof(ranges); r++)
		for (int round = 0; round < 12; round++)
		{
			static Slow slow;
			AnExactSum sum;
			int64_t n = 1 + (int64_t) (random_bits() % (round < 8 ? 6 : N_VALUES));

			memset(&slow, 0, sizeof(slow));
			an_exact_sum_init(&sum);
			for (int64_t i = 0; i < n; i++)
			{
				double value = random_double(ranges[r].middle, ranges[r].spread);

				an_exact_sum_add(&sum, value, &memory);
				if (value != 0)
					slow_add(&slow, value, 1);
			}
			assert_nearest(&slow, an_exact_sum_value(&sum), 1);
			assert_nearest(&slow, an_exact_sum_mean(&sum, (uint64_t) n), n);
			assert_nearest(&slow, an_exact_sum_mean(&sum, 3), 3);
			assert_nearest(&slow, an_exact_sum_mean(&sum, 1000000007), 1000000007);
			an_exact_sum_free(&sum, &memory);
		}
	assert_int_equal(blocks, 0);
}

/* What nearly cancels is exact all the same. */
static void
test_cancel(void **state)
{
	AnExactSum sum;

	(void) state;
	an_exact_sum_init(&sum);
	for (int i = 0; i < 500; i++)
	{
		double value = random_double(0, 1000);

		an_exact_sum_add(&sum, value, &memory);
		an_exact_sum_add(&sum, 0x1p-1074 * (i % 3), &memory);
		an_exact_sum_add(&sum, -value, &memory);
	}
	assert_true(an_exact_sum_value(&sum) == 0x1p-1074 * 499);
	an_exact_sum_free(&sum, &memory);
}

/* Carries over many additions of the greatest numbers, with and against the sign. */
static void
test_carries(void **state)
{
	static const double values[] = {DBL_MAX, -DBL_MAX, 0x1.fffffffffffffp30, -0x1.fffffffffffffp31,
									3 * 0x1p-1074};

	(void) state;
	for (size_t v = 0; v < countof(values); v++)
	{
		AnExactSum sum;

		an_exact_sum_init(&sum);
		for (int i = 0; i < 1000000; i++)
			an_exact_sum_add(&sum, values[v], &memory);
		assert_true(an_exact_sum_mean(&sum, 1000000) == values[v]);
		for (int i = 0; i < 999999; i++)
			an_exact_sum_add(&sum, -values[v], &memory);
		assert_true(an_exact_sum_value(&sum) == values[v]);
		an_exact_sum_free(&sum, &memory);
	}
}

/* 2^62 times the greatest double, by merging a sum with its copy; the average comes back. */
static void
test_greatest(void **state)
{
	AnExactSum sums[2];
	uint8_t bytes[AN_EXACT_SUM_STORED_MAX];
	size_t used;

	(void) state;
	for (int sign = 0; sign < 2; sign++)
	{
		double value = sign ? -DBL_MAX : DBL_MAX;

		an_exact_sum_init(&sums[0]);
		an_exact_sum_add(&sums[0], value, &memory);
		for (int i = 0; i < 62; i++)
		{
			size_t size = an_exact_sum_store(&sums[0], bytes);

			an_exact_sum_init(&sums[1]);
			assert_int_equal(an_exact_sum_merge_stored(&sums[1], bytes, size, &used, &memory),
							 AN_OK);
			an_exact_sum_merge(&sums[0], &sums[1], &memory);
			an_exact_sum_free(&sums[1], &memory);
		}
		assert_true(an_exact_sum_mean(&sums[0], UINT64_C(1) << 62) == value);
		assert_true(isinf(an_exact_sum_value(&sums[0])));
		an_exact_sum_free(&sums[0], &memory);
	}
	assert_int_equal(blocks, 0);
}

/* Parts in any order, merged as sums or as bytes, give the same bytes. */
static void
test_merge(void **state)
{
	static double values[N_VALUES];

	(void) state;
	for (int round = 0; round < 60; round++)
	{
		AnExactSum whole;
		AnExactSum parts[5];
		AnExactSum fixed;
		int64_t chunks[AN_EXACT_SUM_CHUNKS];
		uint8_t expected[AN_EXACT_SUM_STORED_MAX];
		uint8_t bytes[AN_EXACT_SUM_STORED_MAX];
		size_t size;
		size_t used;
		int spread = round % 3 == 0 ? 5 : 1000;
		size_t n = 1 + random_bits() % N_VALUES;

		an_exact_sum_init(&whole);
		an_exact_sum_fixed(&fixed, chunks);
		for (int p = 0; p < 5; p++)
			an_exact_sum_init(&parts[p]);
		for (size_t i = 0; i < n; i++)
		{
			values[i] = round % 7 == 0 && i % 501 == 500 ? INFINITY : random_double(0, spread);
			an_exact_sum_add(&whole, values[i], &memory);
		}
		for (size_t i = n; i-- > 0;)
			an_exact_sum_add(&parts[random_bits() % 5], values[i], &memory);
		size = an_exact_sum_store(&whole, expected);
		for (int p = 0; p < 5; p++)
			if (random_bits() & 1)
				an_exact_sum_merge(&fixed, &parts[p], NULL);
			else
			{
				size_t stored = an_exact_sum_store(&parts[p], bytes);

				assert_int_equal(an_exact_sum_merge_stored(&fixed, bytes, stored, &used, NULL),
								 AN_OK);
				assert_int_equal(used, stored);
			}
		assert_int_equal(an_exact_sum_store(&fixed, bytes), size);
		assert_memory_equal(bytes, expected, size);
		an_exact_sum_free(&whole, &memory);
		for (int p = 0; p < 5; p++)
			an_exact_sum_free(&parts[p], &memory);
	}
	assert_int_equal(blocks, 0);
}

/* The stored form, byte by byte: 2^0 is bit 1074, which is bit 2 of byte 134 (0x86 0x01 as a varint). */
static void
test_golden(void **state)
{
	static const struct
	{
		double values[3];
		size_t n;
		const char *bytes;
		size_t size;
	} cases[] = {
		{{0}, 0, "\x00", 1},
		{{1, -1}, 2, "\x00", 1},
		{{NAN}, 1, "\x01", 1},
		{{INFINITY, -INFINITY}, 2, "\x06", 1},
		{{1}, 1, "\x10\x86\x01\x01\x04", 5},
		{{-1}, 1, "\x18\x86\x01\x01\x04", 5},
		{{1, INFINITY}, 2, "\x12\x86\x01\x01\x04", 5},
		{{100, 28, 64}, 3, "\x10\x87\x01\x01\x03", 5}, /* 192 = 3 * 2^6 */
		{{100, 28, 65}, 3, "\x10\x86\x01\x02\x04\x03", 6},
		{{0x1p-1074}, 1, "\x10\x00\x01\x01", 4},
		{{0x1p-1066}, 1, "\x10\x01\x01\x01", 4},
		{{DBL_MAX, DBL_MAX}, 2, "\x10\xff\x01\x08\xc0\xff\xff\xff\xff\xff\xff\x07", 12},
		{{0x1p1023}, 1, "\x10\x86\x02\x01\x02", 5},
	};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		AnExactSum sum;
		uint8_t bytes[AN_EXACT_SUM_STORED_MAX];
		size_t size;

		an_exact_sum_init(&sum);
		for (size_t v = 0; v < cases[i].n; v++)
			an_exact_sum_add(&sum, cases[i].values[v], &memory);
		size = an_exact_sum_store(&sum, bytes);
		assert_int_equal(size, cases[i].size);
		assert_memory_equal(bytes, cases[i].bytes, size);
		an_exact_sum_free(&sum, &memory);
	}
}

/* What is accepted is written in the same bytes again. */
static void
check_bytes(const uint8_t *bytes, size_t size)
{
	AnExactSum sum;
	uint8_t again[AN_EXACT_SUM_STORED_MAX];
	size_t used;
	uint8_t *exact = malloc(size > 0 ? size : 1);

	memcpy(exact, bytes, size);
	an_exact_sum_init(&sum);
	if (an_exact_sum_merge_stored(&sum, exact, size, &used, &memory) == AN_OK)
	{
		assert_true(used <= size);
		assert_int_equal(an_exact_sum_store(&sum, again), used);
		assert_memory_equal(again, bytes, used);
	}
	else
		assert_true(sum.n == 0 && sum.specials == 0);
	an_exact_sum_free(&sum, &memory);
	free(exact);
}

static void
test_damaged(void **state)
{
	static const char *const wrong[] = {
		"\x20",						/* flag that there is not */
		"\x08",						/* negative zero */
		"\x10\x86",					/* ends in a varint */
		"\x10\x80\x00\x01\x04",		/* varint not in its shortest form */
		"\x10\x86\x01\x00",			/* no bytes */
		"\x10\x86\x01\x02\x04",		/* fewer bytes than it says */
		"\x10\x86\x01\x02\x04\x00", /* zero at the end */
		"\x10\x86\x01\x02\x00\x04", /* zero at the beginning */
		"\x10\xff\xff\x01\x01\x04", /* place too long */
		"\x10\x8f\x02\x01\x01",		/* beyond the range */
	};
	static const size_t sizes[] = {1, 1, 2, 5, 4, 5, 6, 6, 6, 5};

	(void) state;
	for (size_t i = 0; i < countof(wrong); i++)
	{
		AnExactSum sum;
		size_t used;

		an_exact_sum_init(&sum);
		assert_int_equal(
			an_exact_sum_merge_stored(&sum, (const uint8_t *) wrong[i], sizes[i], &used, &memory),
			AN_ERR_CORRUPT);
		assert_int_equal(sum.n, 0);
	}
	check_bytes((const uint8_t *) "", 0);
	for (int round = 0; round < 20000; round++)
	{
		AnExactSum sum;
		uint8_t bytes[AN_EXACT_SUM_STORED_MAX];
		size_t size;

		an_exact_sum_init(&sum);
		for (uint64_t i = random_bits() % 4; i > 0; i--)
			an_exact_sum_add(&sum, random_double(0, round % 2 ? 20 : 1020), &memory);
		size = an_exact_sum_store(&sum, bytes);
		an_exact_sum_free(&sum, &memory);
		for (uint64_t i = random_bits() % 4; i > 0; i--)
			bytes[random_bits() % size] = (uint8_t) random_bits();
		check_bytes(bytes, random_bits() % 4 == 0 ? random_bits() % (size + 1) : size);
	}
	assert_int_equal(blocks, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),	 cmocka_unit_test(test_random),
		cmocka_unit_test(test_cancel),	 cmocka_unit_test(test_carries),
		cmocka_unit_test(test_greatest), cmocka_unit_test(test_merge),
		cmocka_unit_test(test_golden),	 cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
