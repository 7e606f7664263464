/*
 * test_conversion_cases.c - the conversion kernel on what is known beforehand
 *
 * Proven: chains of each option, who leaves, and attempts, worked out by hand; questions that
 * are refused; a thousand steps; times at the ends of the range; that the commonest
 * question takes no memory; that a million events of one entity are no matter in any mode,
 * and that folding leaves few of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/conversion.h"

#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_EVENTS	   16
#define MANY		   1000000

static int n_blocks, n_taken;

static void *
take(void *owner, size_t size)
{
	(void) owner;
	n_blocks++;
	n_taken++;
	return malloc(size);
}

static void
give(void *owner, void *block)
{
	(void) owner;
	n_blocks -= block != NULL;
	free(block);
}

static const AnMemory memory = {.take = take, .give = give};

/* Events as text: a time, then letters for the conditions, '-' for none. */
static uint32_t
parse_events(const char *text, int64_t *times, uint64_t *masks)
{
	uint32_t n = 0;

	while (*text)
	{
		char *end;

		times[n] = strtoll(text, &end, 10);
		masks[n] = 0;
		for (text = end; *text && *text != ' '; text++)
			if (*text != '-')
				masks[n] |= UINT64_C(1) << (*text - 'A');
		n++;
		while (*text == ' ')
			text++;
	}
	return n;
}

/* Appends level, steps (capitals where they were continued), and the times of the chain. */
static void
describe(char *text, const AnConversion *ask, const AnConversionResult *result,
		 const int64_t *times)
{
	text += strlen(text);
	text += sprintf(text, "%u ", result->level);
	for (uint32_t step = 0; step < ask->n_steps; step++)
		*text++ = result->continued[0] >> step & 1 ? 'T'
				  : result->reached[0] >> step & 1 ? 't'
												   : 'f';
	for (uint32_t step = 0; step < ask->n_steps; step++)
		if (result->events[step] == AN_CONVERSION_NONE)
			text += sprintf(text, " -");
		else
			text += sprintf(text, " %lld", (long long) times[result->events[step]]);
	*text = '\0';
}

static const bool second[] = {false, true, false};
static const bool first_two[] = {true, true, false};
static const AnConversionExclusion whole = {3, 0, 2, false};
static const AnConversionExclusion behind[] = {{3, 1, 2, false}};

/* Three steps A to C; D is the condition of exclusions. */
#define ASK .n_steps = 3, .n_conditions = 4, .window_us = 10, .entry_until = INT64_MAX

typedef struct Case
{
	const char *events;
	AnConversion ask;
	const char *expected;
} Case;

static void
test_by_hand(void **state)
{
	static const Case cases[] = {
		{"", {ASK}, "0 fff - - -"},
		{"1A 2B 3C", {ASK}, "3 tTT 1 2 3"},
		{"1A 2A 3B 4B 5C 6C", {ASK}, "3 tTT 2 4 5"},
		{"1A 5B 11C", {ASK}, "3 tTT 1 5 11"},
		{"1A 5B 12C", {ASK}, "2 tTf 1 5 -"},
		{"1B 1A 1C", {ASK}, "3 tTT 1 1 1"},
		/* entry */
		{"1A 9A 15B 18C", {ASK, .entry = AN_ENTRY_FIRST}, "1 tff 1 - -"},
		{"1A 9A 15B 18C", {ASK, .entry = AN_ENTRY_LAST}, "3 tTT 9 15 18"},
		{"1A 2B 3C 4A", {ASK, .entry = AN_ENTRY_LAST}, "1 tff 4 - -"},
		{"1B 2A 3B", {ASK, .entry = AN_ENTRY_FIRST}, "2 tTf 2 3 -"},
		{"1A 5A 6B",
		 {.n_steps = 3, .n_conditions = 3, .window_us = 10, .entry_until = 5},
		 "2 tTf 1 6 -"},
		/* scope */
		{"1A 9B 18C", {ASK, .scope = AN_SCOPE_STEP}, "3 tTT 1 9 18"},
		{"1A 12B 13C", {ASK, .scope = AN_SCOPE_STEP}, "1 tff 1 - -"},
		{"1A 2A 12B 13B 22C", {ASK, .scope = AN_SCOPE_STEP}, "3 tTT 2 12 22"},
		/* order */
		{"1A 2- 3B", {ASK, .order = AN_ORDER_STRICT}, "1 tff 1 - -"},
		{"1A 2A 3B 4C", {ASK, .order = AN_ORDER_STRICT}, "3 tTT 2 3 4"},
		{"1A 2B 2- 3C", {ASK, .order = AN_ORDER_STRICT}, "3 tTT 1 2 3"},
		{"3C 4A 5B", {ASK, .order = AN_ORDER_ANY}, "3 tTT 3 4 5"},
		{"1C 2C 3A 11B", {ASK, .order = AN_ORDER_ANY}, "3 tTT 2 3 11"},
		{"1C 12A 13C", {ASK, .order = AN_ORDER_ANY}, "2 tTf 12 13 -"},
		{"1A 2A 3B", {ASK, .order = AN_ORDER_ANY, .entry = AN_ENTRY_FIRST}, "2 tTf 1 3 -"},
		{"1AB 2A 3A",
		 {ASK, .order = AN_ORDER_ANY, .once = true, .entry = AN_ENTRY_FIRST},
		 "2 tTf 1 2 -"},
		{"1AB 2AB 3AB", {ASK, .order = AN_ORDER_ANY, .once = true}, "2 tTf 1 2 -"},
		/* once */
		{"1ABC", {ASK}, "3 tTT 1 1 1"},
		{"1ABC", {ASK, .once = true}, "1 tff 1 - -"},
		{"1AB 1AC 1BC", {ASK, .once = true}, "3 tTT 1 1 1"},
		{"1AB 1C", {ASK, .once = true}, "1 tff 1 - -"},
		{"1AB 2BC 3C", {ASK, .once = true}, "3 tTT 1 2 3"},
		/* open entry */
		{"2B 3C", {ASK, .open_entry = true}, "3 ftT - - 3"},
		{"2B 3C", {ASK, .open_entry = true, .entry = AN_ENTRY_FIRST}, "3 ftT - 2 3"},
		{"1A 2C", {ASK, .open_entry = true}, "3 tft - - 2"},
		/* optional steps */
		{"1A 3C", {ASK, .optional = second}, "3 tfT 1 - 3"},
		{"1A 2B 3C", {ASK, .optional = second}, "3 tTT 1 2 3"},
		{"1A 2B 2A 3C", {ASK, .optional = second}, "3 tTT 2 2 3"},
		{"1A 2B 3A 4C", {ASK, .optional = second}, "3 tTT 3 - 4"},
		{"1AB 2C", {ASK, .optional = second, .once = true}, "3 tfT 1 - 2"},
		{"3C", {ASK, .optional = first_two}, "3 fft - - 3"},
		{"1A 2B 3BC", {ASK, .optional = first_two}, "3 tTT - 3 3"},
		/* exclusions */
		{"1A 2D 3B", {ASK, .n_exclusions = 1, .exclusions = &whole}, "1 tff 1 - -"},
		{"1AD 2BD 2C 2D 3D", {ASK, .n_exclusions = 1, .exclusions = &whole}, "3 tTT 1 2 2"},
		{"1A 2BD 3C", {ASK, .n_exclusions = 1, .exclusions = &whole}, "2 tTf 1 2 -"},
		{"1A 2D 3A 4B 5C", {ASK, .n_exclusions = 1, .exclusions = &whole}, "3 tTT 3 4 5"},
		{"1A 2D 3B 4C", {ASK, .n_exclusions = 1, .exclusions = behind}, "3 tTT 1 3 4"},
		{"1A 2B 3D 4C", {ASK, .n_exclusions = 1, .exclusions = behind}, "2 tTf 1 2 -"},
		{"1A 2D 3C",
		 {ASK, .n_exclusions = 1, .exclusions = behind, .optional = second},
		 "1 tff 1 - -"},
		{"1B 2D 3C",
		 {ASK, .n_exclusions = 1, .exclusions = &whole, .open_entry = true,
		  .entry = AN_ENTRY_FIRST},
		 "2 ftf - 1 -"},
	};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		int64_t times[MAX_EVENTS];
		uint64_t masks[MAX_EVENTS];
		AnConversionEvents events = {times, masks, parse_events(cases[i].events, times, masks)};
		AnConversionWork *work = an_conversion_begin(&cases[i].ask, &memory);
		AnConversionResult result = an_conversion_run(work, &events);
		char text[200] = "";

		assert_int_equal(an_conversion_check(&cases[i].ask), AN_OK);
		describe(text, &cases[i].ask, &result, times);
		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("case %zu, %s: %s instead of %s", i, cases[i].events, text, cases[i].expected);
		an_conversion_end(work);
	}
	assert_int_equal(n_blocks, 0);
}

/* Who leaves by what is excluded between A and B. */
static void
test_left(void **state)
{
	static const AnConversionExclusion exclusion = {3, 0, 1, true};
	static const struct
	{
		const char *events;
		bool left;
	} cases[] = {
		{"1A 2D", true},	 {"1A 2B 3D 4C", false},   {"1D 2A 3B", false},
		{"1A 1D 2B", false}, {"1A 2B 3A 4D 5C", true}, {"1A 2B 3C 4A 5D", false},
		{"1A 12D", false},	 {"1A 2D 3A 4B 5C", true},
	};
	AnConversion ask = {ASK, .n_exclusions = 1, .exclusions = &exclusion};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		int64_t times[MAX_EVENTS];
		uint64_t masks[MAX_EVENTS];
		AnConversionEvents events = {times, masks, parse_events(cases[i].events, times, masks)};
		AnConversionWork *work = an_conversion_begin(&ask, &memory);

		if (an_conversion_run(work, &events).left != cases[i].left)
			fail_msg("%s: left is wrong", cases[i].events);
		an_conversion_end(work);
	}
}

/* A list of attempts as text. */
typedef struct Tries
{
	const AnConversion *ask;
	const int64_t *times;
	char text[500];
} Tries;

static void
add_try(void *arg, const AnConversionResult *result)
{
	Tries *tries = arg;

	if (tries->text[0])
		strcat(tries->text, ", ");
	describe(tries->text, tries->ask, result, tries->times);
}

static void
test_attempts(void **state)
{
	static const Case cases[] = {
		{"1B 2-", {ASK}, ""},
		/* one that succeeds, then another; what is between belongs to none */
		{"1A 2B 3C 4B 5C 6A 7B", {ASK}, "3 tTT 1 2 3, 2 tTf 6 7 -"},
		/* a beginning renews the attempt, or does not */
		{"1A 8A 15B 16C", {ASK}, "3 tTT 8 15 16"},
		{"1A 8A 15B 16C", {ASK, .entry = AN_ENTRY_FIRST}, "1 tff 1 - -"},
		{"1A 8A 15A 16B 17C", {ASK, .entry = AN_ENTRY_FIRST}, "1 tff 1 - -, 3 tTT 15 16 17"},
		/* the window is over, and a new one begins */
		{"1A 12A 13B", {ASK}, "1 tff 1 - -, 2 tTf 12 13 -"},
		{"1A 9B 18C 19A", {ASK, .scope = AN_SCOPE_STEP}, "3 tTT 1 9 18, 1 tff 19 - -"},
		/* events that nothing allows end it */
		{"1A 2- 3A 4B 5C", {ASK, .order = AN_ORDER_STRICT}, "1 tff 1 - -, 3 tTT 3 4 5"},
		{"1A 2D 3A 4B 5C",
		 {ASK, .n_exclusions = 1, .exclusions = &whole},
		 "1 tff 1 - -, 3 tTT 3 4 5"},
		/* an instant is whole */
		{"1A 1B 1C 1A 2A", {ASK}, "3 tTT 1 1 1, 1 tff 2 - -"},
		{"3C 4A 5B 6A 7C", {ASK, .order = AN_ORDER_ANY}, "3 tTT 3 4 5, 2 tTf 6 7 -"},
		{"1A 9B 12A 23C", {ASK, .order = AN_ORDER_ANY}, "2 tTf 1 9 -, 1 tff 23 - -"},
	};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		int64_t times[MAX_EVENTS];
		uint64_t masks[MAX_EVENTS];
		AnConversionEvents events = {times, masks, parse_events(cases[i].events, times, masks)};
		AnConversionWork *work = an_conversion_begin(&cases[i].ask, &memory);
		Tries tries = {.ask = &cases[i].ask, .times = times};

		an_conversion_attempts(work, &events, add_try, &tries);
		if (strcmp(tries.text, cases[i].expected) != 0)
			fail_msg("%s: %s instead of %s", cases[i].events, tries.text, cases[i].expected);
		an_conversion_end(work);
	}
}

static void
test_refused(void **state)
{
	static const bool last[] = {false, false, true};
	static const AnConversionExclusion step = {2, 0, 1, false}, far = {4, 0, 1, false},
									   empty = {3, 1, 1, false}, high = {3, 0, 3, false};
	static const AnConversion asks[] = {
		{.n_steps = 3, .n_conditions = 4, .window_us = 0, .entry_until = INT64_MAX},
		{.n_steps = 0, .n_conditions = 4, .window_us = 10, .entry_until = INT64_MAX},
		{.n_steps = 3, .n_conditions = 2, .window_us = 10, .entry_until = INT64_MAX},
		{ASK, .entry = 3},
		{ASK, .scope = 2},
		{ASK, .order = 3},
		{ASK, .optional = last},
		{ASK, .n_exclusions = 1, .exclusions = &step},
		{ASK, .n_exclusions = 1, .exclusions = &far},
		{ASK, .n_exclusions = 1, .exclusions = &empty},
		{ASK, .n_exclusions = 1, .exclusions = &high},
		{ASK, .order = AN_ORDER_ANY, .optional = second},
		{ASK, .order = AN_ORDER_ANY, .n_exclusions = 1, .exclusions = &whole},
		{ASK, .order = AN_ORDER_ANY, .scope = AN_SCOPE_STEP},
	};
	AnConversion large = {ASK};

	(void) state;
	for (size_t i = 0; i < countof(asks); i++)
		assert_int_equal(an_conversion_check(&asks[i]), AN_ERR_ARGUMENT);
	large.n_conditions = AN_CONVERSION_MAX_CONDITIONS + 1;
	assert_int_equal(an_conversion_check(&large), AN_ERR_LIMIT);
}

/* A thousand steps one behind the other, and all at once by as many events. */
static void
test_many_steps(void **state)
{
	enum
	{
		STEPS = 1000,
		WORDS = 16
	};
	static int64_t times[STEPS];
	static uint64_t masks[STEPS * WORDS];
	AnConversionEvents events = {times, masks, STEPS};

	(void) state;
	for (int once = 0; once < 2; once++)
		for (int order = 0; order <= AN_ORDER_ANY; order++)
		{
			AnConversion ask = {.n_steps = STEPS,
								.n_conditions = STEPS,
								.order = (AnConversionOrder) order,
								.once = once,
								.window_us = STEPS,
								.entry_until = INT64_MAX};
			AnConversionWork *work = an_conversion_begin(&ask, &memory);
			AnConversionResult result;

			memset(masks, 0, sizeof(masks));
			for (uint32_t i = 0; i < STEPS; i++)
			{
				times[i] = i;
				masks[i * WORDS + i / 64] = UINT64_C(1) << (i % 64);
			}
			result = an_conversion_run(work, &events);
			assert_int_equal(result.level, STEPS);
			for (uint32_t i = 0; i < STEPS; i++)
				assert_int_equal(result.events[i], i);
			/* One time; every event satisfies two steps that follow one another. */
			for (uint32_t i = 0; i < STEPS; i++)
			{
				times[i] = 0;
				if (i + 1 < STEPS)
					masks[i * WORDS + (i + 1) / 64] |= UINT64_C(1) << ((i + 1) % 64);
			}
			result = an_conversion_run(work, &events);
			assert_int_equal(result.level, STEPS);
			assert_int_equal(result.continued[0] & 3, 2);
			an_conversion_end(work);
		}
	assert_int_equal(n_blocks, 0);
}

static void
test_far_times(void **state)
{
	static const int64_t times[] = {INT64_MIN, 0, INT64_MAX};
	static const uint64_t masks[] = {1, 2, 4};
	AnConversionEvents events = {times, masks, 3};

	(void) state;
	for (int order = 0; order <= AN_ORDER_ANY; order++)
		for (int once = 0; once < 2; once++)
			for (int entry = 0; entry <= AN_ENTRY_LAST; entry++)
			{
				AnConversion ask = {ASK, .order = (AnConversionOrder) order, .once = once,
									.entry = (AnConversionEntry) entry};
				AnConversionWork *work = an_conversion_begin(&ask, &memory);

				assert_int_equal(an_conversion_run(work, &events).level, 1);
				an_conversion_end(work);
				ask.window_us = INT64_MAX;
				work = an_conversion_begin(&ask, &memory);
				assert_int_equal(an_conversion_run(work, &events).level,
								 order == AN_ORDER_ANY && entry == AN_ENTRY_LAST ? 1 : 3);
				an_conversion_end(work);
			}
}

static void
count_attempt(void *arg, const AnConversionResult *result)
{
	(void) result;
	++*(uint32_t *) arg;
}

/* A million events of one entity, alone in time and a thousand at each time. */
static void
test_many_events(void **state)
{
	static int64_t times[MANY];
	static uint64_t masks[MANY];
	static bool needed[MANY];
	AnConversionEvents events = {times, masks, MANY};

	(void) state;
	for (int mode = 0; mode < 3 * 3 * 2 * 2 * 2; mode++)
	{
		AnConversion ask = {ASK, .entry = (AnConversionEntry) (mode % 3),
							.order = (AnConversionOrder) (mode / 3 % 3), .once = mode / 9 % 2,
							.open_entry = mode / 18 % 2};
		uint32_t n_attempts = 0;
		AnConversionWork *work;

		if (ask.order != AN_ORDER_ANY)
			ask.n_exclusions = 1, ask.exclusions = &whole, ask.optional = second;
		work = an_conversion_begin(&ask, &memory);
		for (uint32_t i = 0; i < MANY; i++)
		{
			times[i] = mode / 36 ? i / 1000 : i;
			masks[i] = i % 50 == 49 ? 8 : i % 3 + (i % 7 == 0);
		}
		an_conversion_run(work, &events);
		if (ask.entry != AN_ENTRY_LAST)
			an_conversion_attempts(work, &events, count_attempt, &n_attempts);
		if (ask.order != AN_ORDER_ANY)
			assert_in_range(an_conversion_fold(work, times, masks, MANY, needed), 1, 1100);
		an_conversion_end(work);
	}
	assert_int_equal(n_blocks, 0);
}

/* The commonest question takes memory once. */
static void
test_no_memory(void **state)
{
	static const int64_t times[] = {1, 2, 2, 3};
	static const uint64_t masks[] = {1, 3, 2, 4};
	AnConversion ask = {ASK};
	AnConversionWork *work = an_conversion_begin(&ask, &memory);
	AnConversionEvents events = {times, masks, 4};
	int before = n_taken;

	(void) state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(an_conversion_run(work, &events).level, 3);
	assert_int_equal(n_taken, before);
	an_conversion_end(work);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),		cmocka_unit_test(test_attempts),
		cmocka_unit_test(test_refused),		cmocka_unit_test(test_left),
		cmocka_unit_test(test_many_steps),	cmocka_unit_test(test_far_times),
		cmocka_unit_test(test_many_events), cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
