/*
 * test_conversion.c - the conversion kernel
 *
 * Proven: every answer (level, reached, continued, the chain that is reported, and
 * all of that attempt by attempt) is what conversion_reference.h finds by the
 * definition, on random small histories with ties, for every combination of options;
 * cases of each option worked out by hand; what is refused.
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

#include "conversion_reference.h"

#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_EXCLUSIONS 3

static uint64_t seed = 5;
static int n_blocks;

/* splitmix64: the same histories on every machine. */
static uint64_t
random_bits(void)
{
	uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint32_t
random_below(uint32_t n)
{
	return (uint32_t) (random_bits() % n);
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
	n_blocks -= block != NULL;
	free(block);
}

static const AnMemory memory = {.take = take, .give = give};

/* A question with what it points to. */
typedef struct Question
{
	AnConversion ask;
	bool optional[REF_STEPS];
	AnConversionExclusion exclusions[MAX_EXCLUSIONS];
} Question;

static void
print_case(const AnConversion *ask, const History *history)
{
	print_message(
		"steps %u entry %d scope %d order %d once %d open %d window %lld until %lld optional",
		ask->n_steps, ask->entry, ask->scope, ask->order, ask->once, ask->open_entry,
		(long long) ask->window_us, (long long) ask->entry_until);
	for (uint32_t step = 0; ask->optional && step < ask->n_steps; step++)
		if (ask->optional[step])
			print_message(" %u", step);
	for (uint32_t i = 0; i < ask->n_exclusions; i++)
		print_message(" not %u in %u-%u", ask->exclusions[i].condition, ask->exclusions[i].from,
					  ask->exclusions[i].to);
	print_message(":");
	for (uint32_t i = 0; i < history->n; i++)
		print_message(" %lld:%llx", (long long) history->times[i],
					  (unsigned long long) history->masks[i]);
	print_message("\n");
}

/* Fails with what was found and what was expected. */
static void
fail_case(const AnConversion *ask, const History *history, const AnConversionResult *result,
		  const Expected *expected, const char *what)
{
	print_case(ask, history);
	print_message("found level %u reached %llx continued %llx events", result->level,
				  (unsigned long long) result->reached[0],
				  (unsigned long long) result->continued[0]);
	for (uint32_t step = 0; step < ask->n_steps; step++)
		print_message(" %d", (int) result->events[step]);
	print_message("\nexpected level %u reached %llx continued %llx chain", expected->level,
				  (unsigned long long) expected->reached, (unsigned long long) expected->continued);
	for (uint32_t i = 0; i < expected->chain.n; i++)
		print_message(" %u:%u", expected->chain.steps[i], expected->chain.events[i]);
	print_message("\n");
	fail_msg("%s", what);
}

/* Makes a chain of the reported events, whose numbers begin with `first`; false where they cannot be one. */
static bool
reported_chain(const AnConversion *ask, const History *history, const AnConversionResult *result,
			   uint32_t first, Chain *chain)
{
	chain->n = 0;
	for (uint32_t step = 0; step < ask->n_steps; step++)
	{
		uint32_t event = result->events[step];

		if (event == AN_CONVERSION_NONE)
			continue;
		if (event < first || event - first >= history->n || step >= result->level)
			return false;
		if (ask->order != AN_ORDER_ANY && !(history->masks[event - first] >> step & 1))
			return false;
		chain->steps[chain->n] = step;
		chain->events[chain->n++] = event - first;
	}
	return true;
}

/* Order any: tells whether each event can take a step of its own, with the steps from `used` on taken. */
static bool
can_deal(const AnConversion *ask, const History *history, const Chain *chain, uint32_t at,
		 uint64_t used)
{
	if (at == chain->n)
		return true;
	if (ask->once && at > 0)
		for (uint32_t i = 0; i < at; i++)
			if (chain->events[i] == chain->events[at])
				return false;
	for (uint32_t step = 0; step < ask->n_steps; step++)
		if ((history->masks[chain->events[at]] >> step & 1) && !(used >> step & 1) &&
			can_deal(ask, history, chain, at + 1, used | UINT64_C(1) << step))
			return true;
	return false;
}

/* Compares a result with what is expected of these events. */
static void
compare(const AnConversion *ask, const History *history, const AnConversionResult *result,
		const Expected *expected, uint32_t first)
{
	int64_t times_a[REF_STEPS] = {0}, times_b[REF_STEPS] = {0};
	Asked asked = {.ask = ask, .history = history};
	Chain chain;

	if (result->level != expected->level)
		fail_case(ask, history, result, expected, "level");
	if (result->reached[0] != expected->reached)
		fail_case(ask, history, result, expected, "reached");
	if (result->continued[0] != expected->continued)
		fail_case(ask, history, result, expected, "continued");
	if (!reported_chain(ask, history, result, first, &chain) || chain.n != expected->chain.n)
		fail_case(ask, history, result, expected, "no such chain");
	if (chain.n == 0)
		return;
	if (ask->order == AN_ORDER_ANY)
	{
		if (!can_deal(ask, history, &chain, 0, 0))
			fail_case(ask, history, result, expected, "no different steps");
		ref_times(history, &expected->chain, times_b);
		for (uint32_t i = 0; i < chain.n; i++)
			times_a[i] = history->times[chain.events[i]];
	}
	else
	{
		if (!ref_admissible(&asked, &chain))
			fail_case(ask, history, result, expected, "not admissible");
		if (memcmp(chain.steps, expected->chain.steps, chain.n * sizeof(uint32_t)) != 0)
			fail_case(ask, history, result, expected, "other steps");
		ref_vector(history, &chain, times_a);
		ref_vector(history, &expected->chain, times_b);
	}
	if (memcmp(times_a, times_b, sizeof(times_a)) != 0)
		fail_case(ask, history, result, expected, "other times");
}

/* The attempts of a history, as they come. */
typedef struct Attempts
{
	const AnConversion *ask;
	const History *history;
	uint32_t next;
	uint32_t n;
} Attempts;

static void
check_attempt(void *arg, const AnConversionResult *result)
{
	Attempts *attempts = arg;
	Expected expected = {0};
	History part = {0};
	uint32_t first = 0;

	if (!ref_attempt(attempts->ask, attempts->history, &attempts->next, &first, &expected))
		fail_case(attempts->ask, attempts->history, result, &expected, "one attempt too many");
	part.n = attempts->next - first;
	memcpy(part.times, attempts->history->times + first, part.n * sizeof(int64_t));
	memcpy(part.masks, attempts->history->masks + first, part.n * sizeof(uint64_t));
	compare(attempts->ask, &part, result, &expected, first);
	attempts->n++;
}

/* Compares all that the kernel says of a history. */
static void
check_history(AnConversionWork *work, const AnConversion *ask, const History *history)
{
	AnConversionEvents events = {history->times, history->masks, history->n};
	Expected expected = ref_run(ask, history);
	AnConversionResult result = an_conversion_run(work, &events);
	Attempts attempts = {.ask = ask, .history = history};
	uint32_t first;

	compare(ask, history, &result, &expected, 0);
	if (ask->entry == AN_ENTRY_LAST)
		return;
	an_conversion_attempts(work, &events, check_attempt, &attempts);
	if (ref_attempt(ask, history, &attempts.next, &first, &expected))
	{
		print_case(ask, history);
		fail_msg("%u attempts are too few", attempts.n);
	}
}

/*
 * Compares what the kernel says of events that were folded while they came: after
 * every event or so, the last instant being begun or not.
 */
static void
check_folded(AnConversionWork *work, const AnConversion *ask, const History *history)
{
	int64_t times[REF_EVENTS + 1];
	uint64_t masks[REF_EVENTS + 1];
	bool needed[REF_EVENTS + 1];
	Expected expected = ref_run(ask, history);
	AnConversionResult result;
	uint32_t n = 0;

	for (uint32_t event = 0; event < history->n; event++)
	{
		times[n] = history->times[event];
		masks[n++] = history->masks[event];
		if (random_below(3) > 0)
			n = an_conversion_fold(work, times, masks, n, needed);
	}
	result = an_conversion_run(work, &(AnConversionEvents){times, masks, n});
	if (result.level != expected.level || result.reached[0] != expected.reached ||
		result.continued[0] != expected.continued)
		fail_case(ask, history, &result, &expected, "folded");
	for (uint32_t i = 0; i < expected.chain.n; i++)
	{
		uint32_t event = result.events[expected.chain.steps[i]];

		if (event == AN_CONVERSION_NONE || times[event] != history->times[expected.chain.events[i]])
			fail_case(ask, history, &result, &expected, "another chain when folded");
	}
}

static History
random_history(uint32_t n_conditions, uint32_t max_events, uint32_t n_times)
{
	History history = {.n = random_below(max_events + 1)};
	uint32_t likely = random_below(4);
	int64_t time = 1;

	for (uint32_t i = 0; i < history.n; i++)
	{
		uint64_t mask = UINT64_C(1) << random_below(n_conditions);

		time += random_below(3) == 0 ? 0 : random_below(n_times);
		if (random_below(4) < likely)
			mask |= UINT64_C(1) << random_below(n_conditions);
		if (random_below(9) == 0)
			mask = random_below(3) == 0 ? 0 : random_bits() & ((UINT64_C(1) << n_conditions) - 1);
		history.times[i] = time;
		history.masks[i] = mask;
	}
	return history;
}

/* A random question; its options are the bits of `options`. */
static void
random_question(Question *question, uint32_t options)
{
	uint32_t n = 1 + random_below(5);
	bool any = options / 6 % 3 == AN_ORDER_ANY;

	memset(question, 0, sizeof(*question));
	question->ask = (AnConversion){.n_steps = n,
								   .n_conditions = n,
								   .entry = options % 3,
								   .scope = any ? AN_SCOPE_FUNNEL : options / 3 % 2,
								   .order = options / 6 % 3,
								   .once = options / 18 % 2,
								   .open_entry = options / 36 % 2,
								   .window_us = 1 + random_below(9),
								   .entry_until = INT64_MAX};
	if (random_below(6) == 0)
		question->ask.window_us = INT64_MAX;
	if (options / 72 % 2)
		question->ask.entry_until = 1 + random_below(9);
	if (options / 144 % 2 && !any)
	{
		question->ask.optional = question->optional;
		for (uint32_t step = 0; step + 1 < n; step++)
			question->optional[step] = random_below(2) == 0;
	}
	if (options / 288 % 2 && !any && n > 1)
	{
		question->ask.exclusions = question->exclusions;
		question->ask.n_exclusions = 1 + random_below(MAX_EXCLUSIONS);
		question->ask.n_conditions = n + 1 + random_below(2);
		for (uint32_t i = 0; i < question->ask.n_exclusions; i++)
		{
			uint32_t from = random_below(n - 1);

			question->exclusions[i] = (AnConversionExclusion){
				.condition = n + random_below(question->ask.n_conditions - n),
				.from = from,
				.to = from + 1 + random_below(n - 1 - from),
				.leave = random_below(4) == 0};
		}
	}
}

static void
test_definition(void **state)
{
	const char *rounds = getenv("CONVERSION_ROUNDS");

	(void) state;
	for (int round = 0; round < (rounds ? atoi(rounds) : 100); round++)
		for (uint32_t options = 0; options < 576; options++)
		{
			Question question;
			AnConversionWork *work;

			random_question(&question, options);
			assert_int_equal(an_conversion_check(&question.ask), AN_OK);
			work = an_conversion_begin(&question.ask, &memory);
			for (int i = 0; i < 8; i++)
			{
				History history = random_history(question.ask.n_conditions, 8, 1 + random_below(4));

				check_history(work, &question.ask, &history);
				if (question.ask.order != AN_ORDER_ANY)
					check_folded(work, &question.ask, &history);
			}
			an_conversion_end(work);
		}
	assert_int_equal(n_blocks, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
