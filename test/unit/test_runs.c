/*
 * test_runs.c - events brought together into runs
 *
 * Proven: runs of random histories with ties and infinite times, in any order and
 * over any parts, against sorting all events and walking through them; that
 * memory follows the runs; the stored form byte by byte; and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/runs.h"

#define MAX_EVENTS 64

static void *
take(void *owner, size_t size)
{
	(void) owner;
	return malloc(size ? size : 1);
}

static void
give(void *owner, void *block)
{
	(void) owner;
	free(block);
}

static const AnMemory memory = {take, give, NULL};

static uint64_t seed = 1;

static uint64_t
below(uint64_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % n;
}

static int
by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *) a;
	int64_t y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

/* The definition: all events in order, and a new run wherever the step is too long. */
static uint32_t
slow_runs(const int64_t *times, size_t n, int64_t gap_us, AnRun *runs)
{
	int64_t sorted[MAX_EVENTS];
	uint32_t n_runs = 0;

	memcpy(sorted, times, n * sizeof(int64_t));
	qsort(sorted, n, sizeof(int64_t), by_time);
	for (size_t i = 0; i < n; i++)
	{
		bool infinite = sorted[i] == INT64_MIN || sorted[i] == INT64_MAX;
		bool same;

		if (i == 0)
			same = false;
		else if (infinite || sorted[i - 1] == INT64_MIN)
			same = sorted[i] == sorted[i - 1];
		else
			same = (__int128) sorted[i] - sorted[i - 1] <= gap_us;
		if (!same)
			runs[n_runs++] = (AnRun){sorted[i], sorted[i], 0};
		runs[n_runs - 1].last = sorted[i];
		runs[n_runs - 1].n_events++;
	}
	return n_runs;
}

static void
check_runs(AnRuns *runs, const int64_t *times, size_t n)
{
	AnRun expected[MAX_EVENTS] = {{0}};
	uint32_t n_expected = slow_runs(times, n, runs->gap_us, expected);

	an_runs_compact(runs, &memory);
	assert_int_equal(runs->n_runs, n_expected);
	for (uint32_t i = 0; i < n_expected; i++)
	{
		assert_int_equal(runs->runs[i].first, expected[i].first);
		assert_int_equal(runs->runs[i].last, expected[i].last);
		assert_int_equal(runs->runs[i].n_events, expected[i].n_events);
	}
}

/* Stores runs, reads them back, and returns the bytes. */
static uint8_t *
check_stored(AnRuns *runs, size_t *size)
{
	AnRuns again;
	uint8_t *bytes;
	uint8_t *written;

	*size = an_runs_size(runs);
	bytes = malloc(*size);
	written = malloc(*size);
	an_runs_write(runs, bytes);
	assert_int_equal(an_runs_read(&again, &memory, bytes, *size), AN_OK);
	assert_true(again.compact && again.n_runs == runs->n_runs);
	assert_int_equal(an_runs_size(&again), *size);
	an_runs_write(&again, written);
	assert_memory_equal(written, bytes, *size);
	an_runs_free(&again, &memory);
	free(written);
	return bytes;
}

static void
random_times(int64_t *times, size_t n, int kind)
{
	for (size_t i = 0; i < n; i++)
	{
		times[i] = (int64_t) below(kind % 2 ? 40 : 400) - 20;
		if (kind >= 2 && below(6) == 0)
			times[i] = below(2) ? INT64_MAX - (int64_t) below(3) : INT64_MIN + (int64_t) below(3);
	}
	if (kind % 3 == 0)
		qsort(times, n, sizeof(int64_t), by_time);
}

/* Any order, any parts: the runs of the definition, and the same bytes. */
static void
test_definition(void **state)
{
	(void) state;
	for (int round = 0; round < 60000; round++)
	{
		static const int64_t gaps[] = {1, 2, 5, 30, 1000, INT64_MAX};
		int64_t gap_us = gaps[below(6)];
		int64_t times[MAX_EVENTS];
		size_t n = below(MAX_EVENTS) + 1;
		AnRuns whole, parts[3];
		AnRun inline_runs[2];
		uint8_t *bytes, *of_parts;
		size_t size, size_of_parts;

		random_times(times, n, (int) below(5));
		an_runs_init(&whole, gap_us, inline_runs, below(3));
		for (int part = 0; part < 3; part++)
			an_runs_init(&parts[part], gap_us, NULL, 0);
		for (size_t i = 0; i < n; i++)
		{
			assert_int_equal(an_runs_add(&whole, &memory, &memory, times[i]), AN_OK);
			assert_int_equal(an_runs_add(&parts[below(3)], &memory, &memory, times[i]), AN_OK);
		}
		assert_int_equal(an_runs_merge(&parts[1], &memory, &memory, &parts[2]), AN_OK);
		assert_int_equal(an_runs_merge(&parts[0], &memory, &memory, &parts[1]), AN_OK);
		check_runs(&whole, times, n);
		check_runs(&parts[0], times, n);
		bytes = check_stored(&whole, &size);
		of_parts = check_stored(&parts[0], &size_of_parts);
		assert_int_equal(size, size_of_parts);
		assert_memory_equal(bytes, of_parts, size);
		free(bytes);
		free(of_parts);
		an_runs_free(&whole, &memory);
		for (int part = 0; part < 3; part++)
			an_runs_free(&parts[part], &memory);
	}
}

/* A million events of 20 sessions, in no order, need a block for what those were when they were thin. */
static void
test_memory(void **state)
{
	AnRuns runs;
	int64_t n_events = 0;

	(void) state;
	an_runs_init(&runs, 10, NULL, 0);
	for (int64_t i = 0; i < 1000000; i++)
	{
		int64_t session = (int64_t) below(20);

		assert_int_equal(
			an_runs_add(&runs, &memory, &memory, session * 1000 + (int64_t) below(100)), AN_OK);
		if (i > 10000)
			assert_in_range(runs.capacity, 20, 256);
	}
	an_runs_compact(&runs, &memory);
	assert_int_equal(runs.n_runs, 20);
	for (uint32_t i = 0; i < 20; i++)
		n_events += runs.runs[i].n_events;
	assert_int_equal(n_events, 1000000);
	an_runs_free(&runs, &memory);
}

/* Counting ends at the greatest number, whatever is added in which order. */
static void
test_limit(void **state)
{
	AnRun many[2] = {{0, 10, INT64_MAX - 1}, {0, 10, 7}};
	AnRuns other = {.runs = many, .n_runs = 2, .capacity = 2, .gap_us = 10};

	(void) state;
	for (int64_t from = 0; from < 2; from++)
	{
		AnRuns runs;

		an_runs_init(&runs, 10, NULL, 0);
		assert_int_equal(an_runs_add(&runs, &memory, &memory, from * 100), AN_OK);
		assert_int_equal(an_runs_merge(&runs, &memory, &memory, &other), AN_OK);
		assert_int_equal(an_runs_merge(&runs, &memory, &memory, &other), AN_OK);
		assert_int_equal(an_runs_add(&runs, &memory, &memory, 5), AN_OK);
		an_runs_compact(&runs, &memory);
		assert_int_equal(runs.n_runs, 1 + from);
		assert_int_equal(runs.runs[0].n_events, INT64_MAX);
		an_runs_free(&runs, &memory);
	}
}

/* The stored form, by hand: version, 0 0 0, gap; first, length, events - 1; distance, length, events - 1. */
static const uint8_t golden[] = {
	1,	  0,	0,	  0,	10,	  0,	0,	  0,	0,	  0,	0, 0, /* gap 10 */
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0b, 0x02,		  /* -1 to 10, 3 events */
	0xac, 0x02, 0x00, 0x00,											  /* 310, one event */
};

static void
test_golden(void **state)
{
	static const int64_t times[] = {310, 0, 10, -1};
	AnRuns runs;
	uint8_t *bytes;
	size_t size;

	(void) state;
	an_runs_init(&runs, 10, NULL, 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(an_runs_add(&runs, &memory, &memory, times[i]), AN_OK);
	an_runs_compact(&runs, &memory);
	bytes = check_stored(&runs, &size);
	assert_int_equal(size, sizeof(golden));
	assert_memory_equal(bytes, golden, size);
	free(bytes);
	an_runs_free(&runs, &memory);
}

static void
refuse(const uint8_t *bytes, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);
	AnRuns runs;

	memcpy(exact, bytes, size);
	assert_int_equal(an_runs_read(&runs, &memory, exact, size), AN_ERR_CORRUPT);
	assert_int_equal(runs.n_runs, 0);
	free(exact);
}

static void
test_refused(void **state)
{
	uint8_t bytes[sizeof(golden)];
	static const struct
	{
		size_t at;
		uint8_t byte;
	} changes[] = {
		{0, 0},		{0, 2},		{1, 1}, {3, 1}, /* version and zeroes */
		{4, 0},		{11, 0x80},					/* no gap, a negative one */
		{20, 21},								/* three events of gap 10 span at most 20 */
		{19, 0x80},				/* a first run before all times but infinity is one: see below */
		{22, 0x0a}, {22, 0x8a}, /* the second run is not apart; a number longer than it need be */
		{24, 1},				/* one event with a length */
	};

	(void) state;
	for (size_t size = 0; size < sizeof(golden); size++)
		if (size != 12 && size != 22)
			refuse(golden, size);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
	{
		memcpy(bytes, golden, sizeof(golden));
		bytes[changes[i].at] = changes[i].byte;
		if (changes[i].at == 22)
			bytes[23] = changes[i].byte == 0x0a ? 0 : 0x80;
		if (changes[i].at == 19)
			memset(bytes + 12, 0, 7); /* the smallest number, which is infinity, with a length */
		refuse(bytes, sizeof(bytes));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definition), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_limit),	   cmocka_unit_test(test_golden),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
