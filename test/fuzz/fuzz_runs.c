/*
 * fuzz_runs.c - libFuzzer harness of the stored form of runs
 *
 * Beyond what the sanitizers see: bytes that are accepted are written again as
 * they were; the same runs in the opposite order, united with themselves, are as
 * many with twice the events.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/runs.h"

#define REQUIRE(condition)                                                                         \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
			__builtin_trap();                                                                      \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static const AnMemory memory = {.take = take, .give = give};

static void
check_written(const AnRuns *runs, const uint8_t *data, size_t size)
{
	uint8_t *written = malloc(size);

	REQUIRE(an_runs_size(runs) == size);
	an_runs_write(runs, written);
	REQUIRE(memcmp(written, data, size) == 0);
	free(written);
}

/* Adds the runs one by one, the last one first, then all again. */
static void
check_merged(const AnRuns *runs)
{
	AnRuns again;
	AnRuns one;

	an_runs_init(&again, runs->gap_us, NULL, 0);
	for (uint32_t i = runs->n_runs; i-- > 0;)
	{
		an_runs_init(&one, runs->gap_us, runs->runs + i, 1);
		one.n_runs = 1;
		REQUIRE(an_runs_merge(&again, &memory, &memory, &one) == AN_OK);
	}
	REQUIRE(an_runs_merge(&again, &memory, &memory, runs) == AN_OK);
	an_runs_compact(&again, &memory);
	REQUIRE(again.n_runs == runs->n_runs);
	for (uint32_t i = 0; i < runs->n_runs; i++)
		REQUIRE(
			again.runs[i].first == runs->runs[i].first &&
			again.runs[i].last == runs->runs[i].last &&
			again.runs[i].n_events ==
				(runs->runs[i].n_events > INT64_MAX / 2 ? INT64_MAX : 2 * runs->runs[i].n_events));
	an_runs_free(&again, &memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AnRuns runs;

	if (an_runs_read(&runs, &memory, data, size) != AN_OK)
	{
		REQUIRE(runs.n_runs == 0);
		return 0;
	}
	REQUIRE(runs.compact);
	check_written(&runs, data, size);
	check_merged(&runs);
	an_runs_free(&runs, &memory);
	return 0;
}
