/*
 * fuzz_next_event.c - libFuzzer harness of the stored form of events with values
 *
 * Beyond what the sanitizers see: bytes that are accepted are written again as
 * they were; the same events in the opposite order give the same answer and the
 * same bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/next_event.h"

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
check_written(const AnNextEvents *events, const uint8_t *data, size_t size)
{
	uint8_t *written = malloc(size);

	REQUIRE(an_next_size(events) == size);
	an_next_write(events, written);
	REQUIRE(memcmp(written, data, size) == 0);
	free(written);
}

/* Merges the events one by one, the last one first. */
static void
merge_backward(AnNextEvents *into, const AnNextEvents *from)
{
	AnNextEvents one = *from;

	for (uint32_t i = from->n_events; i-- > 0;)
	{
		one.words = from->words + (size_t) i * from->stride;
		one.n_events = 1;
		REQUIRE(an_next_merge(into, &memory, &memory, &one) == AN_OK);
	}
	an_next_compact(into, &memory, &memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AnNextEvents events;
	AnNextEvents again;
	uint32_t found = 0;
	uint32_t found_again = 0;

	if (an_next_read(&events, &memory, data, size) != AN_OK)
	{
		REQUIRE(events.n_events == 0);
		return 0;
	}
	REQUIRE(events.compact);
	check_written(&events, data, size);
	an_next_init(&again, &events.ask, NULL, 0);
	merge_backward(&again, &events);
	REQUIRE(an_next_find(&events, &found) == an_next_find(&again, &found_again));
	REQUIRE(found == found_again);
	check_written(&again, data, size);
	an_next_free(&events, &memory);
	an_next_free(&again, &memory);
	return 0;
}
