/*
 * fuzz_timeline.c - libFuzzer harness of the stored form of events, and of the funnel over them
 *
 * Beyond what the sanitizers see: bytes that are accepted are written again as
 * they were; a level is at most the number of steps, and that of the same events
 * one by one, promised to be in order, is the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/funnel.h"

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
	return malloc(size);
}

static void
give(void *owner, void *block)
{
	(void) owner;
	free(block);
}

static const AnMemory memory = {.take = take, .give = give};

/* Adds the events of one timeline to another, in order. */
static void
add_again(AnTimeline *to, const AnTimeline *from, const AnFunnel *funnel)
{
	uint64_t mask[AN_TIMELINE_MASK_WORDS];

	for (uint32_t i = 0; i < from->n_events; i++)
	{
		uint64_t any = 0;

		for (uint32_t word = 0; word < an_timeline_mask_words(from->n_steps); word++)
			any |= mask[word] = an_timeline_mask(from, i, word);
		if (an_funnel_keeps(to, funnel, any != 0))
			REQUIRE(an_funnel_add(to, funnel, &memory, &memory, an_timeline_time(from, i), mask,
								  true) == AN_OK);
	}
}

static void
check_events(const AnTimelineHeader *header, const AnFunnel *funnel, const uint8_t *bytes,
			 size_t size)
{
	AnTimeline timeline;
	AnTimeline again;
	uint32_t level;
	uint8_t *written;

	an_timeline_init(&timeline, header->n_steps, NULL, 0);
	an_timeline_init(&again, header->n_steps, NULL, 0);
	if (an_timeline_events_read(&timeline, &memory, bytes, size) == AN_OK)
	{
		REQUIRE(timeline.sorted && an_timeline_events_size(&timeline) == size);
		written = malloc(size + 1);
		an_timeline_events_write(&timeline, written);
		REQUIRE(memcmp(written, bytes, size) == 0);
		free(written);
		level = an_funnel_level(&timeline, funnel, &memory);
		REQUIRE(level <= header->n_steps);
		add_again(&again, &timeline, funnel);
		REQUIRE(an_funnel_level(&again, funnel, &memory) == level);
		an_funnel_compact(&timeline, funnel, &memory, &memory);
		REQUIRE(an_funnel_level(&timeline, funnel, &memory) == level);
	}
	else
		REQUIRE(timeline.n_events == 0);
	an_timeline_free(&timeline, &memory);
	an_timeline_free(&again, &memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AnTimelineHeader header;
	AnFunnel funnel;
	uint8_t written[64];
	size_t begin;

	if (an_timeline_header_read(data, size, &header) != AN_OK)
		return 0;
	begin = an_timeline_header_size(header.parameters_size);
	REQUIRE(begin <= size);
	if (an_funnel_read(header.parameters, header.parameters_size, &funnel) != AN_OK)
		return 0;
	REQUIRE(an_timeline_header_write(&header, written) == begin);
	REQUIRE(memcmp(written, data, begin) == 0);
	an_funnel_write(&funnel, written);
	REQUIRE(memcmp(written, header.parameters, AN_FUNNEL_SIZE) == 0);
	check_events(&header, &funnel, data + begin, size - begin);
	return 0;
}
