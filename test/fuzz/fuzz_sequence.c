/*
 * fuzz_sequence.c - any bytes as a pattern, and a history
 *
 * The input: a byte that says how many bytes the pattern has, the pattern, and
 * an event a byte: time since the one before in its high half, conditions in the low one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/sequence.h"

#define EVENTS_MAX 64

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static AnSequence sequence;
	AnSequenceCaller caller = {{take, give, NULL}, NULL};
	AnSequenceError error;
	int64_t at[EVENTS_MAX];
	uint64_t masks[EVENTS_MAX];
	size_t found[EVENTS_MAX];
	AnSequenceEvents events = {0, at, 1, masks};
	size_t length, n_found;

	if (size == 0)
		return 0;
	length = data[0] < size - 1 ? data[0] : size - 1;
	if (an_sequence_parse((const char *) data + 1, length, &sequence, &error) != AN_OK)
	{
		if (error.position > length || error.message == NULL)
			abort();
		return 0;
	}
	for (size_t i = 1 + length; i < size && events.n < EVENTS_MAX; i++, events.n++)
	{
		at[events.n] = (events.n > 0 ? at[events.n - 1] : 0) + (data[i] >> 4) * INT64_C(500000);
		masks[events.n] = data[i] & 15;
	}
	n_found = an_sequence_find(&sequence, &events, found, &caller);
	/* The three answers agree, and what was found is in order. */
	if (an_sequence_match(&sequence, &events, &caller) !=
		(an_sequence_count(&sequence, &events, &caller) > 0))
		abort();
	for (size_t i = 0; i < n_found; i++)
		if (found[i] >= events.n || (i > 0 && found[i] <= found[i - 1]))
			abort();
	return 0;
}
