/*
 * test_spans.c - spans of time, summed up, and shares with their interval
 *
 * Proven: mean, quantiles, greatest and histogram of random spans, with many and with
 * few different values, ascending, descending and mixed, against a sorted copy; sums beyond int64;
 * Wilson's interval against the equation that defines it, and published figures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>

#include <cmocka.h>

#include "kernel/share.h"
#include "kernel/spans.h"

#define N_RANDOM 20000
#define N_MAX	 200

static uint64_t seed = 11;

/* splitmix64: the same spans on every machine. */
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
	(void) owner;
	return malloc(size);
}

static void
give(void *owner, void *block)
{
	(void) owner;
	free(block);
}

static const AnMemory memory = {.take = take, .give = give};

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

	return x < y ? -1 : x > y;
}

/* percentile_cont of a sorted array. */
static long double
expected_quantile(const int64_t *sorted, size_t n, double fraction)
{
	long double place = (long double) fraction * (n - 1);
	size_t below = (size_t) place;

	if (below + 1 >= n)
		return sorted[n - 1];
	return sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
}

/* Fills spans in one of several shapes, and a sorted copy. */
static size_t
fill(AnSpans *spans, int64_t *sorted)
{
	size_t n = 1 + random_bits() % N_MAX;
	uint64_t range = UINT64_C(1) << random_bits() % 40;
	unsigned shape = random_bits() % 4;

	for (size_t i = 0; i < n; i++)
		sorted[i] = (int64_t) (random_bits() % range);
	if (shape > 0)
		qsort(sorted, n, sizeof(int64_t), compare);
	for (size_t i = 0; i < n; i++)
		an_spans_add(spans, &memory, sorted[shape == 2 ? n - 1 - i : i]);
	qsort(sorted, n, sizeof(int64_t), compare);
	return n;
}

static void
random_spans_agree_with_a_sorted_copy(void **state)
{
	(void) state;
	for (int round = 0; round < N_RANDOM; round++)
	{
		AnSpans spans = {0};
		int64_t sorted[N_MAX];
		size_t n = fill(&spans, sorted);
		double fraction = (double) (random_bits() % 101) / 100;
		long double sum = 0;

		for (size_t i = 0; i < n; i++)
			sum += sorted[i];
		assert_true(fabsl(an_spans_quantile(&spans, fraction) -
						  expected_quantile(sorted, n, fraction)) <= 0.5001L);
		assert_true(fabsl(an_spans_mean(&spans) - sum / n) <= 0.5001L);
		assert_int_equal(an_spans_max(&spans), sorted[n - 1]);
		assert_int_equal(spans.n, n);
		an_spans_free(&spans, &memory);
		assert_null(spans.spans);
	}
}

static void
ends_are_the_least_and_the_greatest(void **state)
{
	AnSpans spans = {0};

	(void) state;
	for (int64_t span = 10; span > 0; span--)
		an_spans_add(&spans, &memory, span);
	assert_int_equal(an_spans_quantile(&spans, 0), 1);
	assert_int_equal(an_spans_quantile(&spans, 1), 10);
	assert_int_equal(an_spans_quantile(&spans, 0.5), 6); /* 5.5, rounded */
	assert_int_equal(an_spans_quantile(&spans, 0.9), 9); /* 9.1 */
	an_spans_free(&spans, &memory);
}

static void
sums_may_go_beyond_a_word(void **state)
{
	AnSpans spans = {0};

	(void) state;
	for (int i = 0; i < 5; i++)
		an_spans_add(&spans, &memory, INT64_MAX - i);
	assert_int_equal(an_spans_mean(&spans), INT64_MAX - 2);
	an_spans_free(&spans, &memory);
}

static void
a_histogram_counts_every_span_once(void **state)
{
	(void) state;
	for (int round = 0; round < 2000; round++)
	{
		AnSpans spans = {0};
		int64_t sorted[N_MAX], counts[7], expected[7] = {0};
		size_t n = fill(&spans, sorted);
		int64_t width = 1 + (int64_t) (random_bits() % 1000000);

		for (size_t i = 0; i < n; i++)
			expected[sorted[i] / width < 7 ? sorted[i] / width : 6]++;
		an_spans_histogram(&spans, width, 7, counts);
		assert_memory_equal(counts, expected, sizeof(counts));
		an_spans_free(&spans, &memory);
	}
}

static void
a_bound_of_wilson_is_a_share_from_which_the_seen_one_is_z_away(void **state)
{
	(void) state;
	for (int round = 0; round < N_RANDOM; round++)
	{
		int64_t n = 1 + (int64_t) (random_bits() % 100000);
		int64_t k = (int64_t) (random_bits() % (uint64_t) (n + 1));
		double low, high, share = (double) k / (double) n;

		assert_true(an_share_wilson(k, n, AN_SHARE_Z95, &low, &high));
		assert_true(0 <= low && low <= share && share <= high && high <= 1);
		/* |share - p| = z sqrt(p (1 - p) / n), at both bounds that are not ends. */
		if (k > 0)
			assert_true(fabs(share - low - AN_SHARE_Z95 * sqrt(low * (1 - low) / (double) n)) <
						1e-9);
		if (k < n)
			assert_true(fabs(high - share - AN_SHARE_Z95 * sqrt(high * (1 - high) / (double) n)) <
						1e-9);
	}
}

static void
wilson_has_known_figures(void **state)
{
	double low = -1, high = -1;

	(void) state;
	/* R. G. Newcombe, Statistics in Medicine 17 (1998), table I: 81/263, 15/148, 0/20, 1/29. */
	assert_true(an_share_wilson(81, 263, AN_SHARE_Z95, &low, &high));
	assert_true(fabs(low - 0.2553) < 5e-5 && fabs(high - 0.3662) < 5e-5);
	assert_true(an_share_wilson(15, 148, AN_SHARE_Z95, &low, &high));
	assert_true(fabs(low - 0.0624) < 5e-5 && fabs(high - 0.1605) < 5e-5);
	assert_true(an_share_wilson(0, 20, AN_SHARE_Z95, &low, &high));
	assert_true(low == 0 && fabs(high - 0.1611) < 5e-5);
	assert_true(an_share_wilson(1, 29, AN_SHARE_Z95, &low, &high));
	assert_true(fabs(low - 0.0061) < 5e-5 && fabs(high - 0.1718) < 5e-5);
	assert_true(an_share_wilson(20, 20, AN_SHARE_Z95, &low, &high));
	assert_true(high == 1);
	low = high = -1;
	assert_false(an_share_wilson(0, 0, AN_SHARE_Z95, &low, &high));
	assert_true(low == -1 && high == -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_spans_agree_with_a_sorted_copy),
		cmocka_unit_test(ends_are_the_least_and_the_greatest),
		cmocka_unit_test(sums_may_go_beyond_a_word),
		cmocka_unit_test(a_histogram_counts_every_span_once),
		cmocka_unit_test(a_bound_of_wilson_is_a_share_from_which_the_seen_one_is_z_away),
		cmocka_unit_test(wilson_has_known_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
