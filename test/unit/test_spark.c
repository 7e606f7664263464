/*
 * test_spark.c - trends and bars of one line
 *
 * Proven: pictures drawn by hand, in both sets of signs; every odd double as a
 * value and as a bound; that a higher value never stands lower, that a bar
 * never shrinks with its value, and is as long as the share to half an eighth.
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

#include "kernel/spark.h"
#include "kernel/utf8.h"

#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define N_MAX		   64

/* The finite ones are bounds too. */
static const double odd[] = {0.0,
							 -0.0,
							 1.0,
							 -1.0,
							 0.1,
							 1e300,
							 DBL_MAX,
							 -DBL_MAX,
							 DBL_MIN,
							 DBL_TRUE_MIN,
							 3 * DBL_TRUE_MIN,
							 4 * DBL_TRUE_MIN,
							 5 * DBL_TRUE_MIN,
							 INFINITY,
							 -INFINITY};
#define N_FINITE (countof(odd) - 2)

static const char *
spark(const double *values, size_t n, double low, double high, AnSigns signs)
{
	static char line[N_MAX * AN_SIGN_BYTES + 1];

	line[an_spark(values, n, low, high, signs, line)] = '\0';
	return line;
}

static const char *
bar(double value, double max, int width, AnSigns signs)
{
	static char line[AN_BAR_MAX * AN_SIGN_BYTES + 1];

	line[an_bar(value, max, width, signs, line)] = '\0';
	return line;
}

static void
test_spark_by_hand(void **state)
{
	static const double stairs[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const double holes[] = {-1, NAN, 0, NAN, 1};
	static const double flat[] = {7, NAN, 7};
	static const double ends[] = {-INFINITY, 0, 10, INFINITY};
	static const double zero[] = {0, 0};

	(void) state;
	assert_string_equal(spark(stairs, 8, NAN, NAN, AN_SIGNS_BLOCKS), "▁▂▃▄▅▆▇█");
	assert_string_equal(spark(stairs, 8, NAN, NAN, AN_SIGNS_ASCII), "_.-~=+*#");
	assert_string_equal(spark(stairs, 8, 0, 16, AN_SIGNS_BLOCKS), "▁▂▂▃▃▄▄▅");
	assert_string_equal(spark(stairs, 8, 3, 5, AN_SIGNS_BLOCKS), "▁▁▁▅████");
	assert_string_equal(spark(holes, 5, NAN, NAN, AN_SIGNS_BLOCKS), "▁ ▅ █");
	assert_string_equal(spark(flat, 3, NAN, NAN, AN_SIGNS_BLOCKS), "▄ ▄");
	assert_string_equal(spark(ends, 4, NAN, NAN, AN_SIGNS_BLOCKS), "▁▁██");
	assert_string_equal(spark(zero, 2, 0, NAN, AN_SIGNS_BLOCKS), "▁▁");
	assert_string_equal(spark(zero, 2, NAN, 0, AN_SIGNS_BLOCKS), "▁▁");
	assert_string_equal(spark(zero, 2, NAN, 1, AN_SIGNS_BLOCKS), "▁▁");
	assert_string_equal(spark(zero, 2, -1, NAN, AN_SIGNS_BLOCKS), "██");
	assert_string_equal(spark(stairs, 2, 5, NAN, AN_SIGNS_BLOCKS), "▁▁");
	assert_string_equal(spark(stairs + 6, 2, NAN, 5, AN_SIGNS_BLOCKS), "▁█");
	assert_string_equal(spark(ends, 1, NAN, NAN, AN_SIGNS_BLOCKS), "▁");
	assert_string_equal(spark(ends + 3, 1, NAN, NAN, AN_SIGNS_BLOCKS), "█");
	assert_string_equal(spark(stairs, 0, NAN, NAN, AN_SIGNS_BLOCKS), "");
}

static void
test_bar_by_hand(void **state)
{
	static const struct
	{
		double value, max;
		int width;
		const char *blocks, *ascii;
	} cases[] = {
		{0, 10, 4, "", ""},
		{-3, 10, 4, "", ""},
		{10, 10, 4, "████", "####"},
		{5, 10, 4, "██", "##"},
		{11, 10, 4, "███▶", "###>"},
		{1e-300, 10, 4, "▏", "-"},
		{9.999, 10, 4, "███▉", "###-"},
		{8, 10, 1, "▊", "-"},
		{11, 10, 1, "▶", ">"},
		{1, 8, 1, "▏", "-"},
		{2, 8, 1, "▎", "-"},
		{3, 8, 1, "▍", "-"},
		{4, 8, 1, "▌", "-"},
		{5, 8, 1, "▋", "-"},
		{6, 8, 1, "▊", "-"},
		{7, 8, 1, "▉", "-"},
		{3, 0, 2, "█▶", "#>"},
		{0, 0, 2, "", ""},
		{-1, -2, 2, "", ""},
		{INFINITY, 5, 2, "█▶", "#>"},
		{5, INFINITY, 2, "▏", "-"},
		{INFINITY, INFINITY, 2, "██", "##"},
		{-INFINITY, 5, 2, "", ""},
		{6.4, 10, 10, "██████▍", "######-"},
	};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		assert_string_equal(bar(cases[i].value, cases[i].max, cases[i].width, AN_SIGNS_BLOCKS),
							cases[i].blocks);
		assert_string_equal(bar(cases[i].value, cases[i].max, cases[i].width, AN_SIGNS_ASCII),
							cases[i].ascii);
	}
}

/* A share lies in [0, 1] and grows with the value, whatever the three are. */
static void
test_share(void **state)
{
	for (size_t low = 0; low < N_FINITE; low++)
		for (size_t high = 0; high < N_FINITE; high++)
			for (size_t a = 0; a < countof(odd); a++)
				for (size_t b = 0; b < countof(odd); b++)
				{
					double one = an_share_of_range(odd[a], odd[low], odd[high]);
					double two = an_share_of_range(odd[b], odd[low], odd[high]);

					(void) state;
					assert_true(one >= 0 && one <= 1);
					if (odd[a] <= odd[b])
						assert_true(one <= two);
				}
}

/* One character a value, whatever it is. */
static void
test_spark_odd(void **state)
{
	for (size_t low = 0; low <= N_FINITE; low++)
		for (size_t high = 0; high <= N_FINITE; high++)
			for (int signs = AN_SIGNS_BLOCKS; signs <= AN_SIGNS_ASCII; signs++)
			{
				const char *line = spark(odd, countof(odd), low == N_FINITE ? NAN : odd[low],
										 high == N_FINITE ? NAN : odd[high], (AnSigns) signs);

				(void) state;
				assert_int_equal(an_utf8_width(line, strlen(line)), countof(odd));
			}
}

/* Every bar of 0 to 400 of 400: its length in eighths is the share's, and it never shrinks. */
static void
test_bar_length(void **state)
{
	int before = 0;

	(void) state;
	for (int value = 0; value <= 400; value++)
	{
		const char *line = bar(value, 400, 20, AN_SIGNS_BLOCKS);
		size_t size = strlen(line);
		int eighths = 0;

		/* U+2588 is a full block, U+2589 seven eighths, U+258F one: E2 96 88 to 8F. */
		for (size_t i = 0; i < size; i += 3)
			eighths += 8 - ((unsigned char) line[i + 2] - 0x88);
		assert_true(eighths >= before);
		if (value > 1 && value < 399)
			assert_true(fabs(eighths - value * 0.4) <= 0.5);
		before = eighths;
	}
	assert_int_equal(before, 160);
	for (size_t a = 0; a < countof(odd); a++)
		for (size_t b = 0; b < countof(odd); b++)
		{
			const char *line = bar(odd[a], odd[b], AN_BAR_MAX, AN_SIGNS_BLOCKS);

			assert_true(an_utf8_width(line, strlen(line)) <= AN_BAR_MAX);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spark_by_hand), cmocka_unit_test(test_bar_by_hand),
		cmocka_unit_test(test_share),		  cmocka_unit_test(test_spark_odd),
		cmocka_unit_test(test_bar_length),
	};

	return cmocka_run_group_tests_name("spark", tests, NULL, NULL);
}
