/*
 * test_quantile.c - the quantile sketch
 *
 * Proven: that every bin of every resolution is as narrow as the accuracy
 * promises, in whole numbers; that the order of bins is that of numbers; for
 * many distributions and for values chosen at the edges of bins, that the answer
 * of every fraction is within the accuracy of the exact one (sorted values); shares
 * likewise; that order, parts and merges do not matter, to the byte; counters
 * beyond 32 bits and the limit of the count; the stored form by its bytes; that
 * damaged bytes are refused; and what memory it takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <float.h>
#include <math.h>

#include <cmocka.h>

#include "kernel/quantile.h"

#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define N_MAX		   20000
#define TWO_52		   (UINT64_C(1) << 52)

static uint64_t seed = 5;

static uint64_t
random_bits(void)
{
	uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Uniform in (0, 1). */
static double
uniform(void)
{
	return ((double) (random_bits() >> 11) + 0.5) / 9007199254740992.0;
}

static double
normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

/* Memory that counts what is held: the size stands before each block. */
static size_t held;

static void *
take(void *owner, size_t size)
{
	char *block = malloc(size + 16);

	assert_non_null(block);
	memcpy(block, &size, sizeof(size));
	*(size_t *) owner += size;
	return block + 16;
}

static void
give(void *owner, void *block)
{
	size_t size;

	if (!block)
		return;
	memcpy(&size, (char *) block - 16, sizeof(size));
	*(size_t *) owner -= size;
	free((char *) block - 16);
}

static const AnMemory memory = {.take = take, .give = give, .owner = &held};

/* ---- the map */

static void
test_product(void **state)
{
	(void) state;
	assert_true(an_high_product_plain(UINT64_MAX, UINT64_MAX) == UINT64_MAX - 1);
	for (int i = 0; i < 1000000; i++)
	{
		uint64_t a = random_bits() >> (random_bits() % 64);
		uint64_t b = random_bits() >> (random_bits() % 64);

		assert_true(an_high_product_plain(a, b) == an_high_product(a, b));
	}
}

/*
 * The promise for all numbers: in each bin of each resolution that an accuracy
 * leads to, (hi - lo) / (hi + lo) is at most the accuracy that is stated, and
 * at most the one that was asked for.
 */
static void
test_every_bin(void **state)
{
	(void) state;
	for (uint32_t r = AN_QUANTILE_RESOLUTION_MIN; r <= AN_QUANTILE_RESOLUTION_MAX; r++)
	{
		long double accuracy = tanhl(0.35L / r);

		assert_true(an_quantile_edge(0, r) == 0 && an_quantile_edge(r, r) == TWO_52);
		assert_true(accuracy <= an_quantile_accuracy(r));
		for (uint32_t step = 0; step < r; step++)
		{
			uint64_t low = an_quantile_edge(step, r) + TWO_52;
			uint64_t high = an_quantile_edge(step + 1, r) + TWO_52;

			assert_true(low < high);
			assert_true((long double) (high - low) / (long double) (high + low) <=
						accuracy * (1 + 1e-14L));
			assert_int_equal(an_quantile_step(low - TWO_52, r), step);
			assert_int_equal(an_quantile_step(high - 1 - TWO_52, r), step);
		}
	}
}

static void
test_resolution(void **state)
{
	static const double wrong[] = {0, -1, 0.0009999, 0.2000001, 1, NAN, INFINITY, -INFINITY, -0.01};
	uint32_t r;

	(void) state;
	for (size_t i = 0; i < countof(wrong); i++)
		assert_false(an_quantile_resolution(wrong[i], &r));
	assert_true(an_quantile_resolution(0.01, &r));
	assert_int_equal(r, AN_QUANTILE_RESOLUTION_DEFAULT);
	assert_true(an_quantile_accuracy(r) == 0.01);
	assert_true(an_quantile_resolution(AN_QUANTILE_ACCURACY_MIN, &r));
	assert_int_equal(r, AN_QUANTILE_RESOLUTION_MAX);
	assert_true(an_quantile_resolution(AN_QUANTILE_ACCURACY_MAX, &r));
	assert_int_equal(r, AN_QUANTILE_RESOLUTION_MIN);
	for (double a = 0.001; a <= 0.2; a += 0.00037)
	{
		assert_true(an_quantile_resolution(a, &r));
		assert_true(tanh(0.35 / r) <= a && (r == 2 || tanh(0.35 / (r - 1)) > a * (1 - 1e-9)));
	}
}

/* Neighbours are in the same bin or in the next; the number of a bin is in it, where numbers are normal. */
static void
test_order(void **state)
{
	static const uint32_t resolutions[] = {2, 7, 35, 350};

	(void) state;
	for (size_t i = 0; i < countof(resolutions); i++)
	{
		uint32_t r = resolutions[i];

		assert_int_equal(an_quantile_index_any(1, r), 0);
		assert_int_equal(an_quantile_index_any(AN_DOUBLE_MIN_NORMAL, r), 52 * r);
		assert_int_equal(an_quantile_index_any(AN_DOUBLE_INFINITY - 1, r),
						 AN_QUANTILE_OCTAVES * r - 1);
		for (int n = 0; n < 200000; n++)
		{
			uint64_t bits = 1 + random_bits() % (AN_DOUBLE_INFINITY - 2);
			uint32_t index;

			if (n % 4 == 0)
				bits = 1 + bits % (AN_DOUBLE_MIN_NORMAL << 1);
			index = an_quantile_index_any(bits, r);
			assert_in_range(an_quantile_index_any(bits + 1, r) - index, 0, 1);
			if (index >= 52 * r)
				assert_int_equal(
					an_quantile_index_any(an_double_bits(an_quantile_middle(index, r)), r), index);
		}
	}
}

/* ---- accuracy against sorted values */

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	if (isnan(x) || isnan(y))
		return isnan(x) - isnan(y);
	return (x > y) - (x < y);
}

static AnQuantile
sketch_of(const double *values, size_t n, uint32_t resolution)
{
	AnQuantile quantile;

	an_quantile_init(&quantile, resolution);
	for (size_t i = 0; i < n; i++)
		an_quantile_add(&quantile, values[i], &memory);
	return quantile;
}

/* Half a unit of the smallest number is what rounding to a denormal number costs. */
static void
assert_close(double estimate, double exact, double accuracy)
{
	long double allowed =
		(long double) accuracy * fabsl(exact) + (fabs(exact) < DBL_MIN ? 0x1p-1075L : 0);

	if (isnan(exact))
		assert_true(isnan(estimate));
	else if (isinf(exact))
		assert_true(estimate == exact);
	else
		assert_true(fabsl((long double) estimate - exact) <= allowed);
}

static void
check_values(const AnQuantile *quantile, const double *sorted, size_t n, double accuracy)
{
	double fractions[1001];
	double values[1001];
	double before = -INFINITY;

	for (int i = 0; i <= 1000; i++)
		fractions[i] = i / 1000.0;
	an_quantile_values(quantile, fractions, countof(fractions), values);
	for (int i = 0; i <= 1000; i++)
	{
		double alone;
		size_t rank = (size_t) ceil(fractions[i] * (double) n);

		assert_close(values[i], sorted[rank > 0 ? rank - 1 : 0],
					 n <= AN_QUANTILE_RAW ? 0 : accuracy);
		an_quantile_values(quantile, &fractions[i], 1, &alone);
		assert_true(alone == values[i] || isnan(alone));
		assert_true(values[i] >= before || isnan(values[i]));
		before = values[i];
	}
	assert_close(an_quantile_least(quantile), sorted[0], 0);
	assert_close(an_quantile_greatest(quantile), sorted[n - 1], 0);
}

/* The share of values up to x, exactly. */
static double
share(const double *sorted, size_t n, double x)
{
	size_t low = 0;
	size_t high = n;

	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (sorted[middle] <= x)
			low = middle + 1;
		else
			high = middle;
	}
	return (double) low / (double) n;
}

static void
check_ranks(const AnQuantile *quantile, const double *sorted, size_t n, double accuracy)
{
	for (int i = 0; i < 500; i++)
	{
		double x = sorted[random_bits() % n] * (i % 2 ? 1 : 1 + 0.1 * normal());
		double factor = (1 + accuracy) / (1 - accuracy) * (1 + 1e-12);
		double rank = an_quantile_rank(quantile, x);

		if (isnan(x))
			assert_true(rank == 1);
		else if (n <= AN_QUANTILE_RAW)
			assert_true(rank == share(sorted, n, x));
		else
		{
			assert_true(rank >= share(sorted, n, x));
			assert_true(rank <= share(sorted, n, x < 0 ? x / factor : x * factor));
		}
	}
	assert_true(an_quantile_rank(quantile, NAN) == 1);
	assert_true(an_quantile_rank(quantile, INFINITY) == share(sorted, n, INFINITY));
	assert_true(an_quantile_rank(quantile, -INFINITY) == share(sorted, n, -INFINITY));
}

typedef double (*Source)(int i);

static double
log_normal(int i)
{
	(void) i;
	return exp(normal());
}

static double
pareto(int i)
{
	(void) i;
	return pow(uniform(), -1 / 1.2);
}

static double
constant(int i)
{
	(void) i;
	return 0.1;
}

static double
whole(int i)
{
	(void) i;
	return floor(40 * uniform());
}

static double
mixed_signs(int i)
{
	(void) i;
	return normal() * exp(3 * normal());
}

static double
plain_normal(int i)
{
	(void) i;
	return normal();
}

static double
negative(int i)
{
	return -log_normal(i);
}

static double
all_magnitudes(int i)
{
	(void) i;
	return (random_bits() & 1 ? 1 : -1) * pow(10, -308 + 616 * uniform());
}

static double
any_bits(int i)
{
	(void) i;
	return an_double_of_bits(random_bits());
}

static double
denormals(int i)
{
	(void) i;
	return an_double_of_bits(random_bits() >> (12 + random_bits() % 50));
}

/* Both ends of random bins of the default resolution, and their neighbours. */
static double
edges(int i)
{
	uint64_t octave = random_bits() % 2046 + 1;
	uint64_t edge = an_quantile_edge((uint32_t) (random_bits() % 36), 35) + (uint64_t) (i % 3) - 1;
	double value = an_double_of_bits((octave << 52) + edge);

	return i % 5 == 0 ? -value : value;
}

static double
specials(int i)
{
	static const double values[] = {0.0, -0.0,	 INFINITY, -INFINITY, NAN,	   1,
									-1,	 5e-324, -5e-324,  DBL_MAX,	  -DBL_MAX};

	(void) i;
	return values[random_bits() % countof(values)];
}

static double
infinite(int i)
{
	return i % 3 == 0 ? INFINITY : -INFINITY;
}

static double
not_a_number(int i)
{
	(void) i;
	return NAN;
}

static void
test_accuracy(void **state)
{
	static const Source sources[] = {
		plain_normal,	log_normal, pareto,	   constant, whole,	   mixed_signs, negative,
		all_magnitudes, any_bits,	denormals, edges,	 specials, infinite,	not_a_number};
	static const double accuracies[] = {0.01, 0.001, 0.03, 0.2};
	static const size_t sizes[] = {1, 2, 31, 32, 33, 100, 1000, N_MAX};
	static double values[N_MAX];

	(void) state;
	for (size_t s = 0; s < countof(sources); s++)
		for (size_t a = 0; a < countof(accuracies); a++)
			for (size_t z = 0; z < countof(sizes); z++)
			{
				AnQuantile quantile;
				uint32_t resolution;

				if (a > 0 && sizes[z] != 1000)
					continue;
				for (size_t i = 0; i < sizes[z]; i++)
					values[i] = sources[s]((int) i);
				assert_true(an_quantile_resolution(accuracies[a], &resolution));
				quantile = sketch_of(values, sizes[z], resolution);
				assert_int_equal(quantile.count, sizes[z]);
				qsort(values, sizes[z], sizeof(*values), by_value);
				check_values(&quantile, values, sizes[z], accuracies[a]);
				check_ranks(&quantile, values, sizes[z], accuracies[a]);
				an_quantile_free(&quantile, &memory);
			}
	assert_int_equal(held, 0);
}

/* Worked out by hand, over the step from kept values to bins. */
static void
test_by_hand(void **state)
{
	static const double fractions[] = {0, 0.25, 0.5, 0.75, 1};
	AnQuantile quantile;
	double values[5];

	(void) state;
	an_quantile_init(&quantile, 35);
	assert_true(an_quantile_sum(&quantile) == 0 && an_quantile_mean(&quantile) == 0);
	for (int i = 4; i >= 1; i--)
		an_quantile_add(&quantile, i, &memory);
	an_quantile_values(&quantile, fractions, 5, values);
	assert_true(values[0] == 1 && values[1] == 1 && values[2] == 2 && values[3] == 3 &&
				values[4] == 4);
	assert_true(an_quantile_rank(&quantile, 2.5) == 0.5 && an_quantile_rank(&quantile, 0) == 0);
	assert_true(an_quantile_sum(&quantile) == 10 && an_quantile_mean(&quantile) == 2.5);
	for (int i = 5; i <= 100; i++)
		an_quantile_add(&quantile, i, &memory);
	an_quantile_values(&quantile, fractions, 5, values);
	assert_true(values[0] == 1 && values[4] == 100);
	assert_true(fabs(values[1] - 25) <= 0.25 && fabs(values[2] - 50) <= 0.5);
	assert_true(an_quantile_sum(&quantile) == 5050 && an_quantile_mean(&quantile) == 50.5);
	/* Below 50 each whole number has a bin of its own, so shares are exact. */
	assert_true(an_quantile_rank(&quantile, 20) == 0.2 && an_quantile_rank(&quantile, 0.5) == 0);
	assert_true(an_quantile_rank(&quantile, 100) == 1 && an_quantile_rank(&quantile, 1) == 0.01);
	an_quantile_free(&quantile, &memory);
	assert_int_equal(held, 0);
}

/* ---- merges */

static uint8_t *
store(const AnQuantile *quantile, size_t *size)
{
	uint8_t *bytes;

	*size = an_quantile_stored_size(quantile);
	bytes = malloc(*size);
	assert_non_null(bytes);
	an_quantile_store(quantile, bytes);
	return bytes;
}

static void
assert_same(const AnQuantile *a, const AnQuantile *b)
{
	size_t size[2];
	uint8_t *bytes[2] = {store(a, &size[0]), store(b, &size[1])};

	assert_int_equal(size[0], size[1]);
	assert_memory_equal(bytes[0], bytes[1], size[0]);
	free(bytes[0]);
	free(bytes[1]);
}

/* Random parts, merged in random order as sketches or as bytes, are the whole to the byte. */
static void
test_merge(void **state)
{
	static const Source sources[] = {log_normal, mixed_signs, any_bits,
									 specials,	 whole,		  all_magnitudes};
	static double values[3000];

	(void) state;
	for (int round = 0; round < 300; round++)
	{
		AnQuantile whole_sketch;
		AnQuantile parts[6];
		size_t n = random_bits() % (round % 2 ? 60 : countof(values));

		for (size_t i = 0; i < n; i++)
			values[i] = sources[(size_t) round % countof(sources)]((int) i);
		whole_sketch = sketch_of(values, n, 35);
		for (int p = 0; p < 6; p++)
			an_quantile_init(&parts[p], 35);
		for (size_t i = n; i-- > 0;)
			an_quantile_add(&parts[random_bits() % 6], values[i], &memory);
		for (int left = 6; left > 1; left--)
		{
			int from = (int) (random_bits() % (uint64_t) left);
			int into;
			size_t size;
			uint8_t *bytes;
			AnQuantile gone = parts[from];

			parts[from] = parts[left - 1];
			into = (int) (random_bits() % (uint64_t) (left - 1));
			bytes = store(&gone, &size);
			if (random_bits() & 1)
				assert_int_equal(an_quantile_merge(&parts[into], &gone, &memory), AN_OK);
			else
				assert_int_equal(an_quantile_merge_stored(&parts[into], bytes, size, &memory),
								 AN_OK);
			free(bytes);
			an_quantile_free(&gone, &memory);
		}
		assert_same(&parts[0], &whole_sketch);
		an_quantile_free(&parts[0], &memory);
		an_quantile_free(&whole_sketch, &memory);
	}
	assert_int_equal(held, 0);
}

static void
test_merge_refused(void **state)
{
	AnQuantile a;
	AnQuantile b;
	size_t size;
	uint8_t *bytes;

	(void) state;
	an_quantile_init(&a, 35);
	an_quantile_init(&b, 18);
	an_quantile_add(&b, 1, &memory);
	bytes = store(&b, &size);
	assert_int_equal(an_quantile_merge(&a, &b, &memory), AN_ERR_ARGUMENT);
	assert_int_equal(an_quantile_merge_stored(&a, bytes, size, &memory), AN_ERR_ARGUMENT);
	assert_int_equal(a.count, 0);
	free(bytes);
	an_quantile_free(&a, &memory);
	an_quantile_free(&b, &memory);
}

/* Doubled 57 times by merging with its copy: counters of 64 bits, and the end of the count. */
static void
test_great_counts(void **state)
{
	static const double fractions[] = {0.3, 0.7};
	AnQuantile quantile;
	double values[2];

	(void) state;
	an_quantile_init(&quantile, 35);
	for (int i = 0; i < 64; i++)
		an_quantile_add(&quantile, i % 2 ? 7 : -3000, &memory);
	for (int i = 6; i < 62; i++)
	{
		size_t size;
		uint8_t *bytes = store(&quantile, &size);
		AnQuantile copy;

		if (i % 2)
			assert_int_equal(an_quantile_merge_stored(&quantile, bytes, size, &memory), AN_OK);
		else
		{
			assert_int_equal(an_quantile_load(&copy, bytes, size, &memory), AN_OK);
			assert_int_equal(an_quantile_merge(&quantile, &copy, &memory), AN_OK);
			an_quantile_free(&copy, &memory);
		}
		free(bytes);
		an_quantile_add(&quantile, 7, &memory);
		an_quantile_add(&quantile, -3000, &memory);
	}
	an_quantile_values(&quantile, fractions, 2, values);
	assert_true(values[0] == -3000 && values[1] == 7);
	assert_true(quantile.count > UINT64_C(1) << 62);
	assert_true(an_quantile_mean(&quantile) == -1496.5);
	assert_true(an_quantile_rank(&quantile, 0) == 0.5);
	assert_int_equal(an_quantile_merge(&quantile, &quantile, &memory), AN_ERR_LIMIT);
	an_quantile_free(&quantile, &memory);
	assert_int_equal(held, 0);
}

/* One counter over the edge of 32 bits, by single values. */
static void
test_widen(void **state)
{
	AnBins bins;
	uint32_t index = 0;
	uint64_t count;

	(void) state;
	an_bins_init(&bins);
	an_bins_add(&bins, 0, 1000, UINT32_MAX - 1, &memory);
	an_bins_add(&bins, 1, 5, 1, &memory);
	an_bins_add(&bins, 0, 1000, 1, &memory);
	assert_false(bins.wide);
	an_bins_add(&bins, 0, 1000, 1, &memory);
	assert_true(bins.wide);
	assert_true(an_bins_next(&bins, 0, &index, &count));
	assert_int_equal(index, 1000);
	assert_true(count == UINT64_C(1) << 32);
	an_bins_add(&bins, 0, 0, 3, &memory);
	index = 999;
	assert_true(an_bins_previous(&bins, 0, &index, &count) && index == 0 && count == 3);
	index = UINT32_MAX;
	assert_true(an_bins_previous(&bins, 1, &index, &count) && index == 5 && count == 1);
	index = 4;
	assert_false(an_bins_previous(&bins, 1, &index, &count));
	an_bins_free(&bins, &memory);
	assert_int_equal(held, 0);
}

/* ---- stored form */

static void
assert_stored(const double *values, size_t n, const uint8_t *expected, size_t expected_size)
{
	AnQuantile quantile = sketch_of(values, n, 35);
	size_t size;
	uint8_t *bytes = store(&quantile, &size);

	assert_int_equal(size, expected_size);
	assert_memory_equal(bytes, expected, size);
	free(bytes);
	an_quantile_free(&quantile, &memory);
}

/* Kept values, worked out from the description in quantile_form.h. */
static void
test_golden(void **state)
{
	static const uint8_t empty[] = {1, 35, 0};
	static const uint8_t one[] = {1, 35, 1, 0x03, 0x40, 0x4c, 0x80};
	static const uint8_t kept[] = {
		1,	  35,	7,									/* seven values */
		0x22, 0x28, 0x22, 0x02,							/* their sizes */
		0xff, 0xf0,										/* -infinity */
		0xbf, 0xf0,										/* -1 */
		0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a, /* 0.1 */
		0x3f, 0xf0,										/* 1 */
		0x40, 0x59,										/* 100 */
		0x7f, 0xf0,										/* infinity */
		0x7f, 0xf8,										/* NaN */
	};
	static const double values[] = {NAN, 0.1, INFINITY, -1, 100, -INFINITY, 1};
	static const double fifty_seven = 57;

	(void) state;
	assert_stored(NULL, 0, empty, sizeof(empty));
	assert_stored(&fifty_seven, 1, one, sizeof(one));
	assert_stored(values, countof(values), kept, sizeof(kept));
	assert_int_equal(held, 0);
}

/* Every code of a bin, each special, both signs. */
static void
test_golden_dense(void **state)
{
	static const uint8_t expected[] = {
		1, 35, 0x81, 0x83, 0x82, 0x01, /* 2,130,305 values */
		0x3f,						   /* of every kind: */
		3, 1, 2, 1,					   /* zeros, -infinity, infinity, NaN */
		0x22, 0xc0, 0x10, 0x40, 0x04,  /* -4 and 2.5 */
		/* the sum, 150135709 * 2^-6 = 0x8f2e39d0 * 2^(8 * 133 - 1074) */
		0x10, 0x85, 0x01, 4, 0xd0, 0x39, 0x2e, 0x8f, 1, 0x9c, 0xa6,
		0x02,						  /* one negative bin, 37660 = (1076 octaves) * 35 */
		0x01,						  /* 2 values */
		8, 0xd6, 0xa5, 0x02,		  /* eight positive bins, from 37590 = (1074 octaves) * 35 */
		0x80,						  /* 9 values */
		0xc0, 0x00,					  /* 73 */
		0xdf, 0xff,					  /* 8,264 */
		0xe0, 0x00, 0x00,			  /* 8,265 */
		0xef, 0xff, 0xff,			  /* 1,056,840 */
		0xf0, 0x00, 0xc8, 0xc0, 0x40, /* 1,056,841 */
		0xf0, 0x1d, 0x00,			  /* 30 bins on: 1 */
		0x52,						  /* 11 bins on: 3 */
	};
	static const struct
	{
		double value;
		int n;
	} parts[] = {
		{1, 9},
		{33 / 32.0, 73},
		{67 / 64.0, 8264},
		{17 / 16.0, 8265},
		{35 / 32.0, 1056840},
		{71 / 64.0, 1056841},
		{2, 1},
		{2.5, 3},
		{-4, 2},
		{0, 3},
		{-INFINITY, 1},
		{INFINITY, 2},
		{NAN, 1},
	};
	static double values[2130305];
	size_t n = 0;

	(void) state;
	for (size_t p = 0; p < countof(parts); p++)
		for (int i = 0; i < parts[p].n; i++)
			values[n++] = parts[p].value;
	assert_int_equal(n, countof(values));
	assert_stored(values, n, expected, sizeof(expected));
	assert_int_equal(held, 0);
}

/* What is accepted is written in the same bytes again, and can be asked. */
static bool
check_bytes(const uint8_t *bytes, size_t size)
{
	static const double fractions[] = {0, 0.5, 1};
	AnQuantile quantile;
	AnStatus status;
	uint8_t *exact = malloc(size > 0 ? size : 1);

	memcpy(exact, bytes, size);
	status = an_quantile_load(&quantile, exact, size, &memory);
	assert_true(status == AN_OK || status == AN_ERR_CORRUPT);
	if (status == AN_OK)
	{
		size_t again_size;
		uint8_t *again = store(&quantile, &again_size);
		double values[3];

		assert_int_equal(again_size, size);
		assert_memory_equal(again, bytes, size);
		if (quantile.count > 0)
			an_quantile_values(&quantile, fractions, 3, values);
		free(again);
		an_quantile_free(&quantile, &memory);
	}
	free(exact);
	assert_int_equal(held, 0);
	return status == AN_OK;
}

static void
test_damaged(void **state)
{
	static const Source sources[] = {log_normal, mixed_signs, specials, whole};
	static double values[2000];

	(void) state;
	check_bytes((const uint8_t *) "", 0);
	for (int round = 0; round < 40; round++)
	{
		size_t size;
		uint8_t *bytes;
		uint8_t *damaged;
		size_t n = random_bits() % (round % 2 ? 50 : 1 + countof(values));
		AnQuantile quantile;

		for (size_t i = 0; i < n; i++)
			values[i] = sources[round % 4]((int) i);
		quantile = sketch_of(values, n, 35);
		bytes = store(&quantile, &size);
		an_quantile_free(&quantile, &memory);
		damaged = malloc(size + 1);
		memcpy(damaged, bytes, size);
		assert_true(check_bytes(bytes, size));
		damaged[size] = 0;
		assert_false(check_bytes(damaged, size + 1));
		for (size_t i = 0; i < size; i++)
			assert_false(check_bytes(bytes, i));
		for (size_t i = 0; i < size; i++)
		{
			damaged[i] ^= (uint8_t) (1 << random_bits() % 8);
			check_bytes(damaged, size);
			damaged[i] = (uint8_t) random_bits();
			check_bytes(damaged, size);
			damaged[i] = bytes[i];
		}
		free(damaged);
		free(bytes);
	}
}

/* Other writings of a content, one for each rule that refuses them; none may be accepted. */
static void
test_not_canonical(void **state)
{
	/* 33 values: 31 of 1, one of 2, one of -2; the sum is 31. */
	static const uint8_t right[] = {1,	  35,	33,	  0x30, 0x11, 0xc0, 0x40, 0x10, 0x86,
									0x01, 1,	0x7c, 1,	0xf9, 0xa5, 0x02, 0x00, 2,
									0xd6, 0xa5, 0x02, 0x96, 0xf0, 0x22, 0x00};
	static const struct
	{
		size_t at;
		uint8_t byte;
	} changes[] = {
		{0, 0},		{0, 2},				   /* version */
		{1, 1},		{1, 34},			   /* resolution */
		{2, 32},	{2, 34},			   /* count */
		{3, 0x70},	{3, 0x10},	{3, 0x31}, /* kinds */
		{4, 0x12},	{4, 0x91},			   /* sizes of the ends */
		{5, 0xbf},						   /* least not in its bin */
		{6, 0x41},						   /* greatest not in its bin */
		{9, 0x02},						   /* average beyond the ends */
		{7, 0x11},						   /* a sum with NaN */
		{10, 2},						   /* bytes of the sum */
		{12, 0},	{12, 2},			   /* number of negative bins */
		{16, 0x08},						   /* first bin with a gap */
		{16, 0x01},						   /* too many values */
		{21, 0x95}, {21, 0x97},			   /* too few, too many */
		{23, 0x0f},						   /* a gap that has a shorter code */
		{24, 0x01},						   /* too many values */
		{22, 0xf1},						   /* no code */
	};
	uint8_t bytes[sizeof(right)];

	(void) state;
	assert_true(check_bytes(right, sizeof(right)));
	for (size_t i = 0; i < countof(changes); i++)
	{
		memcpy(bytes, right, sizeof(right));
		bytes[changes[i].at] = changes[i].byte;
		assert_false(check_bytes(bytes, sizeof(bytes)));
	}
	assert_false(
		check_bytes((const uint8_t *) "\x01\x23\x02\x22\x40\x4c\x40\x45", 8));	/* not ascending */
	assert_false(check_bytes((const uint8_t *) "\x01\x23\x01\x01\x80", 5));		/* -0 */
	assert_false(check_bytes((const uint8_t *) "\x01\x23\x01\x02\x7f\xf9", 6)); /* another NaN */
	assert_false(
		check_bytes((const uint8_t *) "\x01\x23\x01\x12\x40\x4c", 6)); /* size of no value */
	assert_false(
		check_bytes((const uint8_t *) "\x01\x23\x01\x03\x40\x4c\x00", 7)); /* zero at the end */
	assert_false(
		check_bytes((const uint8_t *) "\x01\x23\x21\x01\x20", 5));		   /* 33 values, 32 zeros */
	assert_true(check_bytes((const uint8_t *) "\x01\x23\x21\x01\x21", 5)); /* 33 zeros */
	assert_false(check_bytes((const uint8_t *) "\x01\xa3\x00\x00", 4));	   /* long varint */
}

/* ---- memory */

static void
test_memory(void **state)
{
	AnQuantile quantile;

	(void) state;
	an_quantile_init(&quantile, 35);
	for (int i = 0; i < 32; i++)
		an_quantile_add(&quantile, log_normal(i), &memory);
	assert_in_range(held, 1, 32 * 8);
	for (int i = 0; i < 1000000; i++)
		an_quantile_add(&quantile, 100 + i % 5, &memory);
	assert_in_range(held, 1, 2500);
	an_quantile_free(&quantile, &memory);
	for (int i = 0; i < 1000000; i++)
		an_quantile_add(&quantile, 7, &memory);
	assert_in_range(held, 1, 320);
	an_quantile_free(&quantile, &memory);
	for (int i = 0; i < 1000000; i++)
		an_quantile_add(&quantile, log_normal(i), &memory);
	assert_in_range(held, 1, 4600);
	an_quantile_free(&quantile, &memory);
	/* As many different magnitudes as there are: every bin of both sides. */
	for (int i = 0; i < 1000000; i++)
		an_quantile_add(&quantile, any_bits(i), &memory);
	assert_in_range(held, 500000, 760000);
	an_quantile_free(&quantile, &memory);
	assert_int_equal(held, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_product),		 cmocka_unit_test(test_every_bin),
		cmocka_unit_test(test_resolution),	 cmocka_unit_test(test_order),
		cmocka_unit_test(test_by_hand),		 cmocka_unit_test(test_accuracy),
		cmocka_unit_test(test_merge),		 cmocka_unit_test(test_merge_refused),
		cmocka_unit_test(test_great_counts), cmocka_unit_test(test_widen),
		cmocka_unit_test(test_golden),		 cmocka_unit_test(test_golden_dense),
		cmocka_unit_test(test_damaged),		 cmocka_unit_test(test_not_canonical),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
