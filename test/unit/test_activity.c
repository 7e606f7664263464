/*
 * test_activity.c - life cycles, and periods of activity
 *
 * Proven: a history by hand; on many thousand random histories what the
 * definition says of each period by itself; that who is active in a period is new, returning
 * or resurrecting, and only that; that nothing is kept from one entity to the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/activity.h"

#define MAX_PERIODS 12

typedef int64_t Totals[MAX_PERIODS][AN_ACTIVITY_N_STATUSES];

static uint64_t seed = 3;
static int n_blocks;

/* splitmix64: the same histories on every machine. */
static uint64_t
random_bits(void)
{
	uint64_t z = (seed += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static int
below(int n)
{
	return (int) (random_bits() % (uint64_t) n);
}

static void *
take(void *owner, size_t size)
{
	(void) owner;
	n_blocks++;
	return malloc(size);
}

static void
give(void *owner, void *block)
{
	(void) owner;
	if (block)
		n_blocks--;
	free(block);
}

static const AnMemory memory = {take, give, NULL};

/* Counts the events in [from, to]. */
static int
events_in(const int64_t *periods, int n, int64_t from, int64_t to)
{
	int count = 0;

	for (int i = 0; i < n; i++)
		count += periods[i] >= from && periods[i] <= to;
	return count;
}

/* Adds what an entity is in one period. */
static void
define(const int64_t *periods, int n, int64_t period, int64_t *totals)
{
	bool now = events_in(periods, n, period, period) > 0;
	bool before = events_in(periods, n, period - 1, period - 1) > 0;
	bool earlier = events_in(periods, n, AN_ACTIVITY_EARLIER, period - 2) > 0;

	totals[AN_ACTIVITY_NEW] += now && !before && !earlier;
	totals[AN_ACTIVITY_RETURNING] += now && before;
	totals[AN_ACTIVITY_RESURRECTING] += now && !before && earlier;
	totals[AN_ACTIVITY_DORMANT] += !now && before;
}

static void
test_definition(void **state)
{
	(void) state;
	for (int round = 0; round < 3000; round++)
	{
		uint32_t n_periods = (uint32_t) (1 + below(MAX_PERIODS));
		AnActivity *activity = an_activity_create(n_periods, &memory);
		Totals got = {{0}}, expected = {{0}};

		for (int entity = 0; entity < 10; entity++)
		{
			int64_t periods[20];
			int n = below(20), from = below(3) == 0 ? -1 : below(2), counted = 0;
			uint32_t min_events = (uint32_t) (1 + below(3));

			for (int i = 0; i < n; i++)
				periods[i] = from + below((int) n_periods + 1 - from);
			an_activity_lifecycle(activity, periods, (size_t) n, got);
			for (uint32_t period = 1; period <= n_periods; period++)
			{
				define(periods, n, period, expected[period - 1]);
				counted += events_in(periods, n, period, period) >= (int) min_events;
			}
			assert_int_equal(an_activity_count(activity, periods, (size_t) n, min_events), counted);
		}
		assert_memory_equal(got, expected, sizeof(Totals));
		an_activity_free(activity);
	}
	assert_int_equal(n_blocks, 0);
}

/* Comes on days 1, 2 and 4 of four; two that were there before, one of them the day before only. */
static void
test_by_hand(void **state)
{
	static const int64_t fresh[] = {4, 1, 2, 2};
	static const int64_t old[] = {AN_ACTIVITY_EARLIER, 3};
	static const int64_t left[] = {0};
	static const int64_t expected[4][AN_ACTIVITY_N_STATUSES] = {
		{1, 0, 0, 1}, {0, 1, 0, 0}, {0, 0, 1, 1}, {0, 0, 1, 1}};
	int64_t totals[4][AN_ACTIVITY_N_STATUSES] = {{0}};
	AnActivity *activity = an_activity_create(4, &memory);

	(void) state;
	an_activity_lifecycle(activity, fresh, 4, totals);
	an_activity_lifecycle(activity, old, 2, totals);
	an_activity_lifecycle(activity, left, 1, totals);
	assert_memory_equal(totals, expected, sizeof(expected));
	assert_int_equal(an_activity_count(activity, fresh, 4, 1), 3);
	assert_int_equal(an_activity_count(activity, fresh, 4, 2), 1);
	assert_int_equal(an_activity_count(activity, old, 2, 1), 1);
	an_activity_free(activity);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
