/*
 * test_fill.c - the gap-filling kernel
 *
 * Proven: each mode on series worked out by hand, with gaps at the edges, in
 * the middle and everywhere; buckets of 23 and 25 hours; times at the limits of
 * int64 and values at those of double; that a linear fill lies within a few
 * roundings of the line computed in long double, is monotone, and does not
 * depend on how many other points are filled.
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

#include "kernel/fill.h"

#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define N_MAX		   8
#define N_RANDOM	   100000
#define HOUR		   INT64_C(3600000000)
#define NO			   (-12345.0) /* no value, in the tables */

static uint64_t seed = 7;

/* splitmix64: the same series on every machine. */
static uint64_t
random_bits(void)
{
	uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void
test_names(void **state)
{
	static const char *const names[] = {"none", "zero", "null", "locf", "linear"};
	static const char *const wrong[] = {"",			"NONE",		 "Zero",	"nul",
										"nulls",	"locf ",	 " locf",	"line",
										"linear\n", "zero'; --", "previous"};
	AnFill fill;

	(void) state;
	for (size_t i = 0; i < countof(names); i++)
	{
		assert_true(an_fill_parse(names[i], &fill));
		assert_int_equal(fill, i);
	}
	fill = AN_FILL_LOCF;
	for (size_t i = 0; i < countof(wrong); i++)
		assert_false(an_fill_parse(wrong[i], &fill));
	assert_int_equal(fill, AN_FILL_LOCF);
	assert_int_equal(AN_FILL_LINEAR, 4);
}

static void
test_by_hand(void **state)
{
	static const struct
	{
		AnFill fill;
		size_t n;
		int64_t at[N_MAX];
		double before[N_MAX];
		double after[N_MAX];
	} cases[] = {
		{AN_FILL_NONE, 3, {0, 1, 2}, {1, NO, NO}, {1, NO, NO}},
		{AN_FILL_NULL, 3, {0, 1, 2}, {NO, 1, NO}, {NO, 1, NO}},
		{AN_FILL_ZERO, 5, {0, 1, 2, 3, 4}, {NO, 1, NO, 2, NO}, {0, 1, 0, 2, 0}},
		{AN_FILL_ZERO, 2, {0, 1}, {NO, NO}, {0, 0}},
		{AN_FILL_LOCF, 6, {0, 1, 2, 3, 4, 5}, {NO, 1, NO, NO, 2, NO}, {NO, 1, 1, 1, 2, 2}},
		{AN_FILL_LOCF, 2, {0, 1}, {NO, NO}, {NO, NO}},
		{AN_FILL_LINEAR, 5, {0, 1, 2, 3, 4}, {NO, 10, NO, 20, NO}, {NO, 10, 15, 20, NO}},
		{AN_FILL_LINEAR, 4, {0, 1, 2, 3}, {10, NO, NO, 40}, {10, 20, 30, 40}},
		{AN_FILL_LINEAR, 4, {0, 1, 2, 3}, {40, NO, NO, 10}, {40, 30, 20, 10}},
		{AN_FILL_LINEAR, 4, {0, 1, 2, 3}, {-10, NO, NO, 20}, {-10, 0, 10, 20}},
		{AN_FILL_LINEAR, 5, {0, 1, 2, 3, 4}, {1, NO, 3, NO, 1}, {1, 2, 3, 2, 1}},
		{AN_FILL_LINEAR, 3, {0, 1, 2}, {7, NO, 7}, {7, 7, 7}},
		{AN_FILL_LINEAR, 2, {0, 1}, {NO, NO}, {NO, NO}},
		{AN_FILL_LINEAR, 1, {0}, {NO}, {NO}},
		{AN_FILL_LINEAR, 3, {0, 1, 2}, {NO, NO, 5}, {NO, NO, 5}},
		/* By time, not by position. */
		{AN_FILL_LINEAR, 4, {0, 10, 30, 100}, {0, NO, NO, 1000}, {0, 100, 300, 1000}},
		/* A day of 23 hours among days of 24: 71 hours, 710 of something. */
		{AN_FILL_LINEAR,
		 4,
		 {0, 24 * HOUR, 47 * HOUR, 71 * HOUR},
		 {0, NO, NO, 710},
		 {0, 240, 470, 710}},
		/* A day of 25 hours. */
		{AN_FILL_LINEAR, 3, {-24 * HOUR, 0, 25 * HOUR}, {-240, NO, 250}, {-240, 0, 250}},
		/* No line through what is not finite. */
		{AN_FILL_LINEAR, 3, {0, 1, 2}, {INFINITY, NO, 1}, {INFINITY, NO, 1}},
		{AN_FILL_LINEAR, 3, {0, 1, 2}, {1, NO, -INFINITY}, {1, NO, -INFINITY}},
		{AN_FILL_LOCF, 2, {0, 1}, {INFINITY, NO}, {INFINITY, INFINITY}},
		/* Times that do not ascend leave the gap. */
		{AN_FILL_LINEAR, 3, {5, 5, 5}, {1, NO, 2}, {1, NO, 2}},
		{AN_FILL_LINEAR, 3, {9, 5, 1}, {1, NO, 2}, {1, NO, 2}},
		{AN_FILL_LINEAR, 4, {0, 99, 5, 10}, {0, NO, NO, 10}, {0, NO, 5, 10}},
		/* A point at the time of a neighbour has its value. */
		{AN_FILL_LINEAR, 4, {0, 0, 10, 10}, {0.1, NO, NO, 0.7}, {0.1, 0.1, 0.7, 0.7}},
		/* -7.4 + (-1.9 - -7.4) is below -1.9. */
		{AN_FILL_LINEAR, 3, {0, 10, 10}, {-7.4, NO, -1.9}, {-7.4, -1.9, -1.9}},
		{AN_FILL_LINEAR, 3, {0, 0, 9}, {1e-310, NO, -DBL_MAX}, {1e-310, 1e-310, -DBL_MAX}},
		/* -7.9 + (-0.8 - -7.9) is above -0.8, and the times differ by less than a double can tell. */
		{AN_FILL_LINEAR, 3, {0, INT64_MAX - 1, INT64_MAX}, {-7.9, NO, -0.8}, {-7.9, -0.8, -0.8}},
		/* All of int64, and the largest values. */
		{AN_FILL_LINEAR, 3, {INT64_MIN, 0, INT64_MAX}, {-1, NO, 1}, {-1, 0, 1}},
		{AN_FILL_LINEAR, 3, {0, 1, 2}, {DBL_MAX, NO, DBL_MAX}, {DBL_MAX, DBL_MAX, DBL_MAX}},
		{AN_FILL_LINEAR, 3, {0, 1, 2}, {-DBL_MAX, NO, DBL_MAX}, {-DBL_MAX, 0, DBL_MAX}},
		{AN_FILL_LINEAR,
		 5,
		 {0, 1, 2, 3, 4},
		 {-0x1p1023, NO, NO, NO, 0x1p1023},
		 {-0x1p1023, -0x1p1022, 0, 0x1p1022, 0x1p1023}},
		{AN_FILL_LINEAR, 3, {0, 0, 9}, {1e-310, NO, DBL_MAX}, {1e-310, 1e-310, DBL_MAX}},
		{AN_FILL_LINEAR, 3, {0, 1, 2}, {0, NO, 2 * 4.9e-324}, {0, 4.9e-324, 2 * 4.9e-324}},
	};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		double values[N_MAX];
		bool nulls[N_MAX];

		for (size_t k = 0; k < cases[i].n; k++)
		{
			values[k] = cases[i].before[k];
			nulls[k] = values[k] == NO;
		}
		an_fill_series(cases[i].fill, cases[i].n, cases[i].at, values, nulls);
		for (size_t k = 0; k < cases[i].n; k++)
			if (values[k] != cases[i].after[k] || nulls[k] != (cases[i].after[k] == NO))
				fail_msg("case %zu point %zu: %.17g%s", i, k, values[k], nulls[k] ? " NULL" : "");
	}
}

static void
test_nothing(void **state)
{
	(void) state;
	for (int fill = AN_FILL_NONE; fill <= AN_FILL_LINEAR; fill++)
		an_fill_series(fill, 0, NULL, NULL, NULL);
}

/* With daily buckets, whole numbers that lie on the line come out whole: 0, 3, 6 … over 10 000 days. */
static void
test_whole_numbers(void **state)
{
	enum
	{
		N = 10001
	};
	static int64_t at[N];
	static double values[N];
	static bool nulls[N];

	(void) state;
	for (int i = 0; i < N; i++)
	{
		at[i] = (i - 5000) * 24 * HOUR;
		nulls[i] = i > 0 && i < N - 1;
		values[i] = i == 0 ? 0 : 3.0 * (N - 1);
	}
	an_fill_series(AN_FILL_LINEAR, N, at, values, nulls);
	for (int i = 0; i < N; i++)
		assert_true(!nulls[i] && values[i] == 3.0 * i);
}

/* A NaN neighbour leaves the gap, and only this one. */
static void
test_nan(void **state)
{
	int64_t at[] = {0, 1, 2, 3, 4};
	double values[] = {1, 0, NAN, 0, 1};
	bool nulls[] = {false, true, false, true, false};

	(void) state;
	an_fill_series(AN_FILL_LINEAR, 5, at, values, nulls);
	assert_true(nulls[1] && nulls[3]);
	assert_true(isnan(values[2]) && !nulls[2]);
}

/* A finite double of any sign and size: now and then one near a limit. */
static double
random_value(void)
{
	union
	{
		uint64_t bits;
		double value;
	} any;

	switch (random_bits() % 4)
	{
		case 0:
			do
				any.bits = random_bits();
			while (!isfinite(any.value));
			return any.value;
		case 1:
			return random_bits() % 2 ? DBL_MAX : -DBL_MAX * 0.75;
		default:
			return (double) (int64_t) (random_bits() % 2000001) / 16 - 62500;
	}
}

static int
compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *) a;
	int64_t y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

static void
random_times(int64_t *at, size_t n)
{
	bool wide = random_bits() % 4 == 0;

	for (size_t i = 0; i < n; i++)
		at[i] = wide ? (int64_t) random_bits() : (int64_t) (random_bits() % (1000 * HOUR));
	qsort(at, n, sizeof(at[0]), compare_times);
}

/*
 * Between two random neighbours: bounded, monotone, and near the line.  The line is
 * computed with halves, as DBL_MAX - -DBL_MAX overflows where long double is a double.
 */
static void
test_line(void **state)
{
	(void) state;
	for (int round = 0; round < N_RANDOM; round++)
	{
		int64_t at[N_MAX];
		double values[N_MAX] = {0};
		bool nulls[N_MAX] = {false, true, true, true, true, true, true, false};
		double v0 = values[0] = random_value();
		double v1 = values[N_MAX - 1] = random_value();
		double size = fmax(fmax(fabs(v0), fabs(v1)) * DBL_EPSILON * 4, 4.9e-324 * 4);

		random_times(at, N_MAX);
		if (at[0] == at[N_MAX - 1])
			continue;
		an_fill_series(AN_FILL_LINEAR, N_MAX, at, values, nulls);
		for (int i = 1; i < N_MAX; i++)
		{
			long double share = (long double) ((uint64_t) at[i] - (uint64_t) at[0]) /
								(long double) ((uint64_t) at[N_MAX - 1] - (uint64_t) at[0]);
			long double half =
				(long double) v0 / 2 + ((long double) v1 / 2 - (long double) v0 / 2) * share;

			assert_false(nulls[i]);
			assert_true(values[i] >= fmin(v0, v1) && values[i] <= fmax(v0, v1));
			assert_true(v0 <= v1 ? values[i] >= values[i - 1] : values[i] <= values[i - 1]);
			if (fabsl(values[i] / 2.0L - half) > size)
				fail_msg("round %d point %d: %.17g, not %.17Lg", round, i, values[i], half * 2);
		}
	}
}

/* A point is the same whether it is filled alone or among others. */
static void
test_no_drift(void **state)
{
	(void) state;
	for (int round = 0; round < N_RANDOM / 10; round++)
	{
		int64_t at[N_MAX];
		double values[N_MAX] = {0};
		bool nulls[N_MAX] = {false, true, true, true, true, true, true, false};
		size_t k = 1 + random_bits() % (N_MAX - 2);
		int64_t alone_at[3];
		double alone[3] = {0};
		bool alone_nulls[3] = {false, true, false};

		random_times(at, N_MAX);
		alone[0] = values[0] = random_value();
		alone[2] = values[N_MAX - 1] = random_value();
		alone_at[0] = at[0];
		alone_at[1] = at[k];
		alone_at[2] = at[N_MAX - 1];
		an_fill_series(AN_FILL_LINEAR, N_MAX, at, values, nulls);
		an_fill_series(AN_FILL_LINEAR, 3, alone_at, alone, alone_nulls);
		assert_int_equal(nulls[k], alone_nulls[1]);
		assert_true(nulls[k] || values[k] == alone[1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	 cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_nothing),	 cmocka_unit_test(test_whole_numbers),
		cmocka_unit_test(test_nan),		 cmocka_unit_test(test_line),
		cmocka_unit_test(test_no_drift),
	};

	return cmocka_run_group_tests_name("fill", tests, NULL, NULL);
}
