/*
 * test_calendar_smooth.c - the moving mean against adding up the window anew
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel/calendar_smooth.h"

#define ROWS 500

/* Whole numbers, every fifth NULL: sums are exact, so the means must be equal. */
static void
test_against_sum(void **state)
{
	(void) state;
	for (size_t n = 1; n <= ROWS + 1; n += n < 12 ? 1 : 83)
	{
		AnSmooth window = {.n = n};

		window.front = malloc(n * sizeof(AnSmoothItem)); /* exactly n: the sanitizer watches */
		window.back = malloc(n * sizeof(AnSmoothItem));
		for (int row = 0; row < ROWS; row++)
		{
			double mean = 0, sum = 0;
			int count = 0;
			size_t rows = (size_t) row < n ? (size_t) row : n;
			bool some;

			assert_int_equal(an_smooth_need(&window), rows < n ? rows + 1 : n);
			some = an_smooth_push(&window, row * 37 % 101, row % 5 == 0, &mean);
			for (int i = row; i >= 0 && i > row - (int) n; i--)
				if (i % 5 != 0)
				{
					sum += i * 37 % 101;
					count++;
				}
			assert_int_equal(some, count > 0);
			if (some)
				assert_true(mean == sum / count);
		}
		free(window.front);
		free(window.back);
	}
}

/* What has left the window leaves no trace. */
static void
test_no_trace(void **state)
{
	static const double values[] = {1e300, 1, 2, 3, INFINITY, 1, 2, 3, NAN, 1, 2, 3};
	AnSmoothItem front[3], back[3];
	AnSmooth window = {.n = 3, .front = front, .back = back};
	double mean;

	(void) state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
	{
		assert_true(an_smooth_push(&window, values[i], false, &mean));
		if (i % 4 == 3)
			assert_true(mean == 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_sum),
									   cmocka_unit_test(test_no_trace)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
