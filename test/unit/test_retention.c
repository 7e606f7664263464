/*
 * test_retention.c - the retention kernel
 *
 * Proven: a history worked out by hand; on many thousand random histories with
 * ties, in every combination of cohorts, criteria, clocks, groups, rule for
 * period 0 and least number of events, the answer of a reading of the definition
 * that looks at one cohort and one period at a time; that numbers of buckets say
 * the same as places; long histories; that nothing is kept from one entity to the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/retention.h"

#define MAX_BUCKETS 24
#define MAX_EVENTS	2000

/* One event. */
typedef struct Event
{
	int64_t place; /* negative: a start before the first cohort */
	int flags;
	int64_t group;
} Event;

/* Answers: members of a cohort, by group, and those that are retained in each period. */
typedef struct Answer
{
	int size[MAX_BUCKETS][3];
	int retained[MAX_BUCKETS][3][MAX_BUCKETS];
	uint32_t n_periods;
} Answer;

static uint64_t seed = 7;
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

static void
add_member(void *arg, uint32_t cohort, int64_t group, const bool *retained)
{
	Answer *answer = arg;

	answer->size[cohort][group]++;
	for (uint32_t n = 0; n < answer->n_periods; n++)
		answer->retained[cohort][group][n] += retained[n];
}

/* ---- the definition, slowly */

/* Returns the place of an entity's first start in [from, to), and its group; -1: none. */
static int64_t
first_start(const AnRetentionPlan *plan, const Event *events, int n, int64_t from, int64_t to,
			int64_t *group)
{
	int64_t first = -1;
	uint32_t best = UINT32_MAX;

	*group = 0;
	for (int i = 0; i < n; i++)
		if ((events[i].flags & AN_RETENTION_START) && events[i].place >= from &&
			events[i].place < to && (first < 0 || events[i].place < first))
			first = events[i].place;
	for (int i = 0; i < n && plan->ranks; i++)
		if ((events[i].flags & AN_RETENTION_START) && events[i].place == first &&
			plan->ranks[events[i].group] < best)
		{
			best = plan->ranks[events[i].group];
			*group = events[i].group;
		}
	return first;
}

/* Counts returns behind the start in [from, to). */
static int
returns(const Event *events, int n, int64_t start, int64_t from, int64_t to)
{
	int count = 0;

	for (int i = 0; i < n; i++)
		count += (events[i].flags & AN_RETENTION_RETURN) && events[i].place > start &&
				 events[i].place >= from && events[i].place < to;
	return count;
}

static bool
is_met(const AnRetentionPlan *plan, const int64_t *bounds, const Event *events, int n,
	   uint32_t cohort, int64_t start, uint32_t period)
{
	int64_t from = plan->span > 0 ? start + period * plan->span : bounds[cohort + period];
	int64_t to = plan->span > 0 ? from + plan->span : bounds[cohort + period + 1];

	if (period == 0 && !plan->returned)
		return true;
	return returns(events, n, start, from, to) >= (int) plan->min_events;
}

static bool
is_retained(const AnRetentionPlan *plan, const int64_t *bounds, const Event *events, int n,
			uint32_t cohort, int64_t start, uint32_t period)
{
	bool some = false, all = true;
	uint32_t from = 0, to = period;

	if (plan->criterion == AN_RETAINED_ON)
		from = period;
	if (plan->criterion == AN_RETAINED_ON_OR_AFTER)
	{
		from = period;
		to = plan->n_periods - 1;
	}
	if (plan->criterion == AN_RETAINED_ON_OR_BEFORE && period > 0 && !plan->returned)
		from = 1;
	for (uint32_t i = from; i <= to; i++)
	{
		bool met = is_met(plan, bounds, events, n, cohort, start, i);

		some |= met;
		all &= met;
	}
	return plan->criterion == AN_RETAINED_STREAK ? all : some;
}

static void
define(const AnRetentionPlan *plan, const int64_t *bounds, const Event *events, int n,
	   Answer *answer)
{
	bool member = false;

	for (int i = 0; i < n; i++)
		if (events[i].place < 0)
			return;
	for (uint32_t cohort = 0; cohort < plan->n_cohorts; cohort++)
	{
		int64_t group;
		int64_t start = first_start(plan, events, n, bounds[cohort], bounds[cohort + 1], &group);

		if (start < 0 || (member && !plan->recurring))
			continue;
		member = true;
		answer->size[cohort][group]++;
		for (uint32_t period = 0; period < plan->n_periods; period++)
			answer->retained[cohort][group][period] +=
				is_retained(plan, bounds, events, n, cohort, start, period);
	}
}

/* ---- comparison */

static size_t
make_words(const AnRetentionPlan *plan, const Event *events, int n, int64_t *words)
{
	int64_t *word = words;

	for (int i = 0; i < n; i++)
	{
		*word++ = events[i].place < 0 ? AN_RETENTION_EARLIER
									  : an_retention_word(events[i].place, events[i].flags);
		if (plan->ranks)
			*word++ = events[i].group;
	}
	return (size_t) n;
}

static void
ask(AnRetention *retention, const AnRetentionPlan *plan, const Event *events, int n, Answer *answer)
{
	int64_t *words = malloc(sizeof(int64_t) * 2 * (size_t) (n + 1));

	an_retention_entity(retention, words, make_words(plan, events, n, words), add_member, answer);
	free(words);
}

static void
random_history(Event *events, int n, int64_t end, bool earlier)
{
	for (int i = 0; i < n; i++)
	{
		events[i].place = below((int) end);
		events[i].flags = below(8) == 0 ? 3 : 1 + below(2);
		events[i].group = below(3);
	}
	if (earlier && n > 0 && below(4) == 0)
		events[below(n)] = (Event){.place = -1, .flags = AN_RETENTION_START};
}

/* Sets bounds of unequal buckets that cover [0, the returned place). */
static int64_t
random_bounds(int64_t *bounds, uint32_t n)
{
	bounds[0] = 0;
	for (uint32_t i = 1; i <= n; i++)
		bounds[i] = bounds[i - 1] + 1 + below(7);
	return bounds[n];
}

static void
compare_plan(AnRetentionPlan plan)
{
	static const uint32_t ranks[] = {2, 0, 1};
	int64_t bounds[2 * MAX_BUCKETS + 1];
	Event events[40];
	bool with_groups = plan.ranks != NULL;

	for (int round = 0; round < 40; round++)
	{
		AnRetention *retention;
		int64_t end;

		plan.n_cohorts = (uint32_t) (1 + below(6));
		plan.n_periods = (uint32_t) (1 + below(6));
		plan.ranks = with_groups ? ranks : NULL;
		end = random_bounds(bounds, plan.n_cohorts + plan.n_periods + 1);
		plan.starts = bounds;
		retention = an_retention_create(&plan, &memory);
		for (int entity = 0; entity < 12; entity++)
		{
			Answer got = {.n_periods = plan.n_periods}, expected = {.n_periods = plan.n_periods};
			int n = below(below(4) == 0 ? 40 : 9);

			random_history(events, n, end, true);
			ask(retention, &plan, events, n, &got);
			define(&plan, bounds, events, n, &expected);
			assert_memory_equal(&got, &expected, sizeof(Answer));
		}
		an_retention_free(retention);
	}
}

static void
test_definition(void **state)
{
	(void) state;
	for (int criterion = AN_RETAINED_ON; criterion <= AN_RETAINED_STREAK; criterion++)
		for (int options = 0; options < 16; options++)
			for (uint32_t min_events = 1; min_events <= 3; min_events++)
				compare_plan((AnRetentionPlan){
					.recurring = options & 1,
					.returned = options & 2,
					.ranks = options & 4 ? (const uint32_t *) "" : NULL,
					.span = options & 8 ? 1 + below(6) : 0,
					.criterion = (AnRetentionCriterion) criterion,
					.min_events = min_events,
				});
	assert_int_equal(n_blocks, 0);
}

/* Numbers of buckets instead of places. */
static void
test_buckets(void **state)
{
	(void) state;
	for (int round = 0; round < 4000; round++)
	{
		int64_t bounds[2 * MAX_BUCKETS + 1] = {0};
		AnRetentionPlan plan = {.n_cohorts = (uint32_t) (1 + below(6)),
								.n_periods = (uint32_t) (1 + below(6)),
								.recurring = below(2),
								.criterion = (AnRetentionCriterion) below(4),
								.min_events = (uint32_t) (1 + below(2))};
		Answer got = {.n_periods = plan.n_periods}, expected = {.n_periods = plan.n_periods};
		AnRetention *retention = an_retention_create(&plan, &memory);
		Event events[40];
		int n = below(40);

		random_history(events, n, plan.n_cohorts + plan.n_periods + 2, true);
		ask(retention, &plan, events, n, &got);
		an_retention_free(retention);
		/* Returns in the bucket of the start do not matter, as they cannot be told from it. */
		for (uint32_t i = 0; i <= plan.n_cohorts + plan.n_periods; i++)
			bounds[i] = i;
		define(&plan, bounds, events, n, &expected);
		assert_memory_equal(&got, &expected, sizeof(Answer));
	}
	assert_int_equal(n_blocks, 0);
}

/* Signs up on day 0 at 10; comes back on day 0 at 12, on day 2 and twice on day 3. */
static void
test_by_hand(void **state)
{
	static const int64_t days[] = {0, 24, 48, 72, 96, 120};
	static const Event events[] = {{10, AN_RETENTION_START, 0},
								   {12, AN_RETENTION_RETURN, 0},
								   {50, AN_RETENTION_RETURN, 0},
								   {80, AN_RETENTION_RETURN, 0},
								   {81, AN_RETENTION_RETURN, 0}};
	static const struct
	{
		AnRetentionCriterion criterion;
		bool returned;
		uint32_t min_events;
		int64_t span;
		const char *retained;
	} cases[] = {
		{AN_RETAINED_ON, false, 1, 0, "10110"},
		{AN_RETAINED_ON, true, 1, 0, "10110"},
		{AN_RETAINED_ON, false, 2, 0, "10010"},
		{AN_RETAINED_ON, true, 2, 0, "00010"},
		{AN_RETAINED_ON_OR_AFTER, false, 1, 0, "11110"},
		{AN_RETAINED_ON_OR_BEFORE, false, 1, 0, "10111"},
		{AN_RETAINED_ON_OR_BEFORE, true, 1, 0, "11111"},
		{AN_RETAINED_ON_OR_BEFORE, true, 2, 0, "00011"},
		{AN_RETAINED_STREAK, false, 1, 0, "10000"},
		/* by the clock of the one who came: hours 40, 70 and 71 from the start on */
		{AN_RETAINED_ON, false, 1, 24, "11100"},
		{AN_RETAINED_STREAK, true, 1, 24, "11100"},
		{AN_RETAINED_ON, false, 2, 24, "10100"},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		AnRetentionPlan plan = {.n_cohorts = 1,
								.n_periods = 5,
								.criterion = cases[i].criterion,
								.returned = cases[i].returned,
								.min_events = cases[i].min_events,
								.starts = days,
								.span = cases[i].span};
		AnRetention *retention = an_retention_create(&plan, &memory);
		Answer answer = {.n_periods = 5};

		ask(retention, &plan, events, 5, &answer);
		an_retention_free(retention);
		assert_int_equal(answer.size[0][0], 1);
		for (int period = 0; period < 5; period++)
			assert_int_equal(answer.retained[0][0][period], cases[i].retained[period] == '1');
	}
}

static void
test_long(void **state)
{
	static Event events[MAX_EVENTS];
	int64_t bounds[MAX_BUCKETS + 1];

	(void) state;
	for (uint32_t i = 0; i <= MAX_BUCKETS; i++)
		bounds[i] = i * 100;
	for (int options = 0; options < 4; options++)
	{
		AnRetentionPlan plan = {.n_cohorts = 12,
								.n_periods = 12,
								.recurring = options & 1,
								.criterion = AN_RETAINED_ON,
								.min_events = 85,
								.starts = bounds,
								.span = options & 2 ? 100 : 0};
		AnRetention *retention = an_retention_create(&plan, &memory);
		Answer got = {.n_periods = 12}, expected = {.n_periods = 12};

		random_history(events, MAX_EVENTS, 2400, false);
		ask(retention, &plan, events, MAX_EVENTS, &got);
		define(&plan, bounds, events, MAX_EVENTS, &expected);
		assert_memory_equal(&got, &expected, sizeof(Answer));
		an_retention_free(retention);
	}
}

/* The farthest places that there are. */
static void
test_far(void **state)
{
	int64_t bounds[] = {-AN_RETENTION_PLACE_MAX, 10, AN_RETENTION_PLACE_MAX};
	Event events[] = {{0, AN_RETENTION_START, 0},
					  {AN_RETENTION_PLACE_MAX - 1, AN_RETENTION_RETURN, 0}};
	AnRetentionPlan plan = {.n_cohorts = 1,
							.n_periods = 2,
							.criterion = AN_RETAINED_ON,
							.min_events = 1,
							.starts = bounds};
	AnRetention *retention = an_retention_create(&plan, &memory);
	Answer answer = {.n_periods = 2};

	(void) state;
	ask(retention, &plan, events, 2, &answer);
	ask(retention, &plan, events, 0, &answer);
	an_retention_free(retention);
	assert_int_equal(answer.size[0][0], 1);
	assert_int_equal(answer.retained[0][0][1], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand), cmocka_unit_test(test_definition),
		cmocka_unit_test(test_buckets), cmocka_unit_test(test_long),
		cmocka_unit_test(test_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
