/*
 * test_hll_estimate.c - the estimate against a maximum found by search, and both errors by simulation
 *
 * Sketches are filled here in the slow, obvious way: for each register a set of the ranks that came.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/hll_estimate.h"

#define PRECISION_MAX 12
#define N_TOKENS_MAX  4096

/* Ranks that came to each register; a sketch made of them. */
static uint64_t came[1 << PRECISION_MAX];
static uint8_t registers[1 << PRECISION_MAX];
static uint32_t tokens[N_TOKENS_MAX];

static uint64_t random_state;

static uint64_t
random_hash(void)
{
	uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static int
rank_of(uint64_t hash, int bits)
{
	uint64_t rest = hash >> bits;

	return rest == 0 ? 65 - bits : __builtin_ctzll(rest) + 1;
}

static void
add(int precision, uint64_t hash)
{
	came[hash & ((1u << precision) - 1)] |= UINT64_C(1) << rank_of(hash, precision);
}

static AnHll
dense_sketch(int precision, bool hll_only)
{
	AnHll hll = {
		.precision = (uint8_t) precision, .hll_only = hll_only, .dense = true, .memory = registers};

	for (uint32_t i = 0; i < an_hll_registers(precision); i++)
	{
		int rank = came[i] == 0 ? 0 : 63 - __builtin_clzll(came[i]);

		registers[i] = (uint8_t) (rank * 4);
		if (rank >= 1 && !hll_only)
			registers[i] |= (uint8_t) (came[i] >> (rank - 1) & 1 ? 2 : 0);
		if (rank >= 2 && !hll_only)
			registers[i] |= (uint8_t) (came[i] >> (rank - 2) & 1 ? 1 : 0);
	}
	return hll;
}

/* As many tokens, different ones, into every second slot. */
static AnHll
token_sketch(int precision, uint32_t n)
{
	AnHll hll = {.precision = (uint8_t) precision, .n_slots = N_TOKENS_MAX, .memory = tokens};

	memset(tokens, 0, sizeof(tokens));
	for (uint32_t i = 0; i < n; i++)
	{
		uint64_t hash = random_hash();
		uint32_t token = (uint32_t) ((hash & 0x3ffffff) << 6 | (unsigned) rank_of(hash, 26));
		bool there = false;

		for (uint32_t j = 0; j < hll.n_tokens; j++)
			there = there || tokens[2 * j] == token;
		if (!there)
			tokens[2 * hll.n_tokens++] = token;
	}
	return hll;
}

/* The logarithm of the likelihood of n values, register by register and rank by rank. */
static long double
log_likelihood(const AnHll *hll, long double n)
{
	long double x = n / an_hll_registers(hll->precision);
	long double sum = 0;
	int last = 65 - hll->precision;

	for (uint32_t i = 0; i < an_hll_registers(hll->precision); i++)
	{
		int highest = registers[i] >> 2;

		for (int rank = 1; rank <= last; rank++)
		{
			long double y = ldexpl(x, rank == last ? 1 - rank : -rank);
			bool seen = rank == highest || (rank == highest - 1 && (registers[i] & 2)) ||
						(rank == highest - 2 && (registers[i] & 1));

			if (rank < highest - (hll->hll_only ? 0 : 2))
				continue;
			sum += seen ? logl(-expm1l(-y)) : -y;
		}
	}
	return sum;
}

/* Golden-section search of the logarithm of n. */
static double
likeliest(const AnHll *hll)
{
	const long double ratio = 0.6180339887498948482L;
	long double a = -1, b = 45;

	while (b - a > 1e-8L)
	{
		long double c = b - ratio * (b - a), d = a + ratio * (b - a);

		if (log_likelihood(hll, expl(c)) > log_likelihood(hll, expl(d)))
			b = d;
		else
			a = c;
	}
	return (double) expl((a + b) / 2);
}

static void
test_against_search(void **state)
{
	static const int numbers[] = {1, 2, 5, 20, 60, 200, 1000, 100000};

	(void) state;
	for (int hll_only = 0; hll_only <= 1; hll_only++)
		for (int precision = 4; precision <= 6; precision++)
		{
			int n = 0;

			random_state = 7;
			memset(came, 0, sizeof(came));
			for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			{
				AnHll hll;
				double c = hll_only ? 1.01016 : 0.48147;
				double expected;

				for (; n < numbers[i]; n++)
					add(precision, random_hash());
				hll = dense_sketch(precision, hll_only != 0);
				expected = likeliest(&hll) / (1 + c / an_hll_registers(precision));
				assert_true(fabs(an_hll_estimate(&hll) / expected - 1) < 2e-6);
			}
		}
}

static void
test_nothing_and_everything(void **state)
{
	AnHll empty = {.precision = 14};

	(void) state;
	assert_true(an_hll_estimate(&empty) == 0);
	assert_true(an_hll_error(&empty) == 0);
	for (int precision = 4; precision <= PRECISION_MAX; precision++)
	{
		AnHll hll = {.precision = (uint8_t) precision, .dense = true, .memory = registers};
		uint32_t m = an_hll_registers(precision);
		AnHllBounds bounds;

		memset(registers, 0, m);
		assert_true(an_hll_estimate(&hll) == 0);
		assert_true(an_hll_error(&hll) == 0);

		memset(registers, (65 - precision) * 4 + 3, m);
		assert_true(an_hll_estimate(&hll) == 18446744073709551616.0);
		assert_int_equal(an_hll_bounds(an_hll_estimate(&hll), an_hll_error(&hll), 0.95, &bounds),
						 AN_OK);
		assert_true(bounds.lower == 0 && isinf(bounds.upper));

		registers[0] = (uint8_t) ((64 - precision) * 4 + 3);
		assert_true(an_hll_estimate(&hll) > 1e18 && an_hll_estimate(&hll) < 2e19);
		assert_true(isfinite(an_hll_error(&hll)) || an_hll_estimate(&hll) > 1.8e19);

		/* one register full, the others empty: it must not be lost in rounding */
		memset(registers, 0, m);
		registers[m - 1] = (uint8_t) ((65 - precision) * 4);
		assert_true(an_hll_estimate(&hll) > 0.9 && an_hll_estimate(&hll) < 1.2);
	}
}

/* Any byte in all registers, even those that no sketch holds, gives a finite number. */
static void
test_any_register(void **state)
{
	(void) state;
	for (int precision = 4; precision <= PRECISION_MAX; precision += 4)
		for (unsigned value = 0; value < 256 * 4; value++)
		{
			AnHll hll = {.precision = (uint8_t) precision,
						 .hll_only = (value & 256) != 0,
						 .dense = true,
						 .memory = registers};
			double estimate;

			memset(registers, (int) (value & 255), an_hll_registers(precision));
			if (value & 512)
				memset(registers, 250 - (int) (value & 127), an_hll_registers(precision) / 2);
			estimate = an_hll_estimate(&hll);
			assert_true(estimate >= 0 && estimate <= 18446744073709551616.0);
			assert_true(estimate == (float) estimate);
			assert_true(an_hll_error(&hll) >= 0);
		}
}

static void
test_tokens(void **state)
{
	static const uint32_t numbers[] = {1, 2, 3, 10, 100, 500};

	(void) state;
	random_state = 1;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
	{
		AnHll hll = token_sketch(14, numbers[i]);
		double n = hll.n_tokens;
		double expected = n + n * n / 6 / 67108864; /* as many were hidden, to be expected */
		AnHllBounds bounds;

		assert_true(fabs(an_hll_estimate(&hll) - expected) < 1e-7 * expected);
		assert_true(fabs(an_hll_error(&hll) / 4.9835e-5 - 1) < 1e-4); /* sqrt(1 / 6m) */
		assert_int_equal(an_hll_bounds(an_hll_estimate(&hll), an_hll_error(&hll), 0.95, &bounds),
						 AN_OK);
		assert_true(bounds.lower <= n && n <= bounds.upper);
		assert_true(bounds.upper - bounds.lower < 4e-4 * n);
	}
	for (int rank = 1; rank <= 39; rank++) /* one value of each rank */
	{
		AnHll hll = {.precision = 14, .n_slots = 1, .n_tokens = 1, .memory = tokens};

		tokens[0] = 5u << 6 | (unsigned) rank;
		assert_true(an_hll_estimate(&hll) == 1);
	}
}

typedef struct Run
{
	int precision; /* of the sketch */
	bool hll_only; /* its form */
	int seeds;	   /* how many sketches */
	int n;		   /* values in each */
} Run;

/* Bias, the error against theory, and how often the interval of 95 % holds n. */
static void
simulate(const Run *run)
{
	double bias = 0, square = 0, theory = 0, covered = 0;
	double noise;

	for (int seed = 0; seed < run->seeds; seed++)
	{
		AnHll hll;
		AnHllBounds bounds;
		double estimate;

		random_state = (uint64_t) seed * UINT64_C(0x5851f42d4c957f2d);
		random_state = random_hash();
		memset(came, 0, sizeof(uint64_t) << run->precision);
		for (int i = 0; i < run->n; i++)
			add(run->precision, random_hash());
		hll = dense_sketch(run->precision, run->hll_only);
		estimate = an_hll_estimate(&hll);
		assert_int_equal(an_hll_bounds(estimate, an_hll_error(&hll), 0.95, &bounds), AN_OK);
		bias += estimate / run->n - 1;
		square += (estimate / run->n - 1) * (estimate / run->n - 1);
		theory += an_hll_error(&hll);
		covered += bounds.lower <= run->n && run->n <= bounds.upper;
	}
	bias /= run->seeds;
	square = sqrt(square / run->seeds);
	theory /= run->seeds;
	covered /= run->seeds;
	noise = 1 / sqrt(run->seeds);
	if (fabs(bias) > 0.12 * theory + 3 * noise * theory ||
		fabs(square / theory - 1) > 0.09 + 2 * noise || covered < 0.93)
		fail_msg("p %d, hll only %d, n %d: bias %.4f, rmse %.4f, theory %.4f, covered %.4f",
				 run->precision, run->hll_only, run->n, bias, square, theory, covered);
}

/* Small precisions, where the correction of the bias matters; dense sketches of few values too. */
static void
test_simulated(void **state)
{
	(void) state;
	for (int hll_only = 0; hll_only <= 1; hll_only++)
	{
		for (int precision = 4; precision <= 8; precision++)
			for (int n = 1 << precision; n < 5000; n *= 4)
				simulate(&(Run){precision, hll_only != 0, 2000, n});
		simulate(&(Run){11, hll_only != 0, 1000, 1000});
		simulate(&(Run){11, hll_only != 0, 500, 10000});
	}
}

/* Asymptotic errors as the papers have them: 0.761 and 1.037 / sqrt(m). */
static void
test_error(void **state)
{
	AnHllHeader header = {.encoding = AN_HLL_BYTES, .precision = 14, .estimate = 1e9};

	(void) state;
	assert_true(fabs(an_hll_header_error(&header) * 128 - 0.7608) < 0.0003);
	header.hll_only = true;
	assert_true(fabs(an_hll_header_error(&header) * 128 - 1.0367) < 0.0003);
	header.estimate = 1; /* of few values, as linear counting: sqrt(1 / 2m) */
	assert_true(fabs(an_hll_header_error(&header) * 128 - 0.7071) < 0.0003);
	header.estimate = HUGE_VAL;
	assert_true(isinf(an_hll_header_error(&header)));
	header.estimate = -1;
	assert_true(an_hll_header_error(&header) == 0);
	header.estimate = NAN;
	assert_true(an_hll_header_error(&header) == 0);
	header = (AnHllHeader){.encoding = AN_HLL_EMPTY, .precision = 14, .estimate = 5};
	assert_true(an_hll_header_error(&header) == 0);
	header.encoding = AN_HLL_TOKENS;
	assert_true(fabs(an_hll_header_error(&header) - 4.983e-5) < 1e-8);
}

static void
test_bounds(void **state)
{
	AnHllBounds b;

	(void) state;
	assert_int_equal(an_hll_bounds(1e6, 0.01, 0.95, &b), AN_OK); /* z = 1.959964 */
	assert_true(b.estimate == 1e6);
	assert_true(fabs(b.upper - 1e6 * exp(0.01959964) - 0.5) < 0.01);
	assert_true(fabs(b.lower - 1e6 * exp(-0.01959964) + 0.5) < 0.01);
	assert_int_equal(an_hll_bounds(1e6, 0.01, 0.9999, &b), AN_OK); /* 3.890592 */
	assert_true(fabs(b.upper - 1e6 * exp(0.03890592) - 0.5) < 0.01);
	assert_int_equal(an_hll_bounds(1e6, 0.01, 0.01, &b), AN_OK); /* 0.012533 */
	assert_true(fabs(b.upper - 1e6 * exp(0.000125335) - 0.5) < 0.01);
	assert_int_equal(an_hll_bounds(1e6, 0.01, 1 - 1e-16, &b), AN_OK);
	assert_true(b.upper > 1e6 * exp(0.082) && b.upper < 1e6 * exp(0.084));
	assert_int_equal(an_hll_bounds(0, 0, 0.95, &b), AN_OK);
	assert_true(b.estimate == 0 && b.lower == 0 && b.upper == 0);
	assert_int_equal(an_hll_bounds(0.4, 0.9, 0.95, &b), AN_OK);
	assert_true(b.lower == 0);
	assert_int_equal(an_hll_bounds(5, 0.01, 0, &b), AN_ERR_ARGUMENT);
	assert_int_equal(an_hll_bounds(5, 0.01, 1, &b), AN_ERR_ARGUMENT);
	assert_int_equal(an_hll_bounds(5, 0.01, NAN, &b), AN_ERR_ARGUMENT);
	assert_int_equal(an_hll_bounds(-5, 0.01, 0.9, &b), AN_ERR_ARGUMENT);
	assert_int_equal(an_hll_bounds(NAN, 0.01, 0.9, &b), AN_ERR_ARGUMENT);
	assert_int_equal(an_hll_bounds(5, -0.01, 0.9, &b), AN_ERR_ARGUMENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_search), cmocka_unit_test(test_nothing_and_everything),
		cmocka_unit_test(test_any_register),   cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_simulated),	   cmocka_unit_test(test_error),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
