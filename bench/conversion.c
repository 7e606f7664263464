/*
 * conversion.c - nanoseconds that the conversion kernel takes for one event
 *
 * Usage: conversion [runs].  Prints "name<TAB>of many entities<TAB>of one entity",
 * the least of the runs: 1 M entities with 1 to 5 events each, and one entity with
 * all of these events but the last step, so that it reads them all; four steps, a day as window, every tenth event with two steps and every tenth
 * at the time of the one before it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "kernel/conversion.h"

#define ENTITIES	1000000
#define MAX_EACH	5
#define US_PER_HOUR INT64_C(3600000000)

static int64_t times[ENTITIES * MAX_EACH];
static int64_t times_of_one[ENTITIES * MAX_EACH];
static uint64_t masks[ENTITIES * MAX_EACH];
static uint64_t masks_of_one[ENTITIES * MAX_EACH];
static uint32_t begins[ENTITIES + 1];

static uint64_t
random_bits(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13, state ^= state >> 7, state ^= state << 17;
	return state;
}

static void
make_events(void)
{
	uint32_t n = 0;
	int64_t time_of_one = 0;

	for (uint32_t entity = 0; entity < ENTITIES; entity++)
	{
		int64_t time = (int64_t) (random_bits() % 1000) * US_PER_HOUR;
		uint32_t n_events = 1 + (uint32_t) (random_bits() % MAX_EACH);

		begins[entity] = n;
		for (uint32_t i = 0; i < n_events; i++, n++)
		{
			int64_t step =
				random_bits() % 10 == 0 ? 0 : (int64_t) (random_bits() % 20) * US_PER_HOUR;

			times[n] = time += step;
			times_of_one[n] = time_of_one += step;
			masks[n] = UINT64_C(1) << random_bits() % 4;
			if (random_bits() % 10 == 0)
				masks[n] |= UINT64_C(1) << random_bits() % 4;
			/* The fifth condition is that of an exclusion. */
			if (random_bits() % 20 == 0)
				masks[n] |= 16;
			masks_of_one[n] = masks[n] & ~UINT64_C(8);
		}
	}
	begins[ENTITIES] = n;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
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

static const AnMemory memory = {take, give, NULL};
static volatile uint64_t sink;

static void
add_attempt(void *arg, const AnConversionResult *result)
{
	*(uint64_t *) arg += result->level;
}

static uint64_t
run_one(AnConversionWork *work, const AnConversionEvents *events, bool attempts)
{
	uint64_t sum = 0;

	if (!attempts)
		return an_conversion_run(work, events).level;
	an_conversion_attempts(work, events, add_attempt, &sum);
	return sum;
}

/* Returns nanoseconds an event. */
static double
run_all(const AnConversion *ask, bool attempts, bool one, int runs)
{
	AnConversionWork *work = an_conversion_begin(ask, &memory);
	double best = 1e9;

	for (int r = 0; r < runs; r++)
	{
		double start = seconds();
		uint64_t sum = 0;

		if (one)
			sum = run_one(work, &(AnConversionEvents){times_of_one, masks_of_one, begins[ENTITIES]},
						  attempts);
		else
			for (uint32_t entity = 0; entity < ENTITIES; entity++)
			{
				uint32_t from = begins[entity];
				AnConversionEvents events = {times + from, masks + from, begins[entity + 1] - from};

				sum += run_one(work, &events, attempts);
			}
		sink = sum;
		if (seconds() - start < best)
			best = seconds() - start;
	}
	an_conversion_end(work);
	return best * 1e9 / begins[ENTITIES];
}

int
main(int argc, char **argv)
{
	static const bool optional[4] = {false, true, false, false};
	static const AnConversionExclusion exclusion = {4, 0, 3, false};
	const AnConversion plain = {
		.n_steps = 4, .n_conditions = 5, .window_us = 24 * US_PER_HOUR, .entry_until = INT64_MAX};
	struct
	{
		const char *name;
		AnConversion ask;
		bool attempts;
	} rows[16];
	int n = 0;
	int runs = argc > 1 ? atoi(argv[1]) : 3;

#define ROW(text, tries, ...)                                                                      \
	do                                                                                             \
	{                                                                                              \
		rows[n].name = text;                                                                       \
		rows[n].attempts = tries;                                                                  \
		rows[n].ask = plain;                                                                       \
		AnConversion *ask = &rows[n++].ask;                                                        \
		__VA_ARGS__;                                                                               \
	} while (0)
	ROW("entry any", false, (void) ask);
	ROW("entry first", false, ask->entry = AN_ENTRY_FIRST);
	ROW("entry last", false, ask->entry = AN_ENTRY_LAST);
	ROW("scope step", false, ask->scope = AN_SCOPE_STEP);
	ROW("order strict", false, ask->order = AN_ORDER_STRICT);
	ROW("once", false, ask->once = true);
	ROW("open entry", false, ask->open_entry = true);
	ROW("optional", false, ask->optional = optional);
	ROW("exclusion", false, ask->exclusions = &exclusion, ask->n_exclusions = 1);
	ROW("order any", false, ask->order = AN_ORDER_ANY);
	ROW("order any, once", false, ask->order = AN_ORDER_ANY, ask->once = true);
	ROW("attempts, any", true, (void) ask);
	ROW("attempts, first", true, ask->entry = AN_ENTRY_FIRST);
	make_events();
	for (int i = 0; i < n; i++)
		printf("%s\t%.1f\t%.1f\n", rows[i].name,
			   run_all(&rows[i].ask, rows[i].attempts, false, runs),
			   run_all(&rows[i].ask, rows[i].attempts, true, runs));
	return 0;
}
