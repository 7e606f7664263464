/*
 * state_values.c - the values of the events of a state, stored
 *
 * A number of 4 bytes, how many there are, and of each 4 bytes of size and its
 * bytes, in the order of an_values_compare.  Little-endian.
 */
#include "behaviour/state.h"

#define NUMBER_SIZE 4

static uint32
get_number(const uint8 *bytes)
{
	return bytes[0] | (uint32) bytes[1] << 8 | (uint32) bytes[2] << 16 | (uint32) bytes[3] << 24;
}

static void
put_number(uint8 *bytes, uint32 number)
{
	for (int i = 0; i < NUMBER_SIZE; i++)
		bytes[i] = (uint8) (number >> (8 * i));
}

Size
an_behaviour_values_read(const uint8 *bytes, Size size, AnValues *values, const AnMemory *memory,
						 uint32 **numbers, uint32 *n)
{
	const uint8 *before = NULL;
	uint32 size_before = 0;
	Size at = NUMBER_SIZE;

	if (size < NUMBER_SIZE)
		return 0;
	*n = get_number(bytes);
	if (*n > (size - NUMBER_SIZE) / NUMBER_SIZE)
		return 0;
	*numbers = palloc(Max(*n, 1) * sizeof(uint32));
	for (uint32 i = 0; i < *n; i++)
	{
		uint32 text_size;

		if (size - at < NUMBER_SIZE)
			return 0;
		text_size = get_number(bytes + at);
		at += NUMBER_SIZE;
		if (text_size > size - at)
			return 0;
		if (before && an_values_compare(before, size_before, bytes + at, text_size) >= 0)
			return 0;
		an_check(an_values_number(values, memory, bytes + at, text_size, &(*numbers)[i]),
				 "size of values");
		before = bytes + at;
		size_before = text_size;
		at += text_size;
	}
	return at;
}

void
an_behaviour_values_arrange(AnBehaviour *state)
{
	AnMemory memory = an_memory(state->header.eoh_context);
	AnTimeline *events = &state->events;
	AnValues *values = an_behaviour_values(state);
	uint32 n = Max(values->n, 1);
	bool *used = palloc0(n * sizeof(bool));
	uint32 *ranks = palloc(n * sizeof(uint32));
	uint32 stride = events->stride;

	for (uint32 i = 0; i < events->n_events; i++)
		if (an_behaviour_get_value(events, i) > 0)
			used[an_behaviour_get_value(events, i) - 1] = true;
	an_values_arrange(values, &memory, used, ranks);
	for (uint32 i = 0; i < events->n_events; i++)
	{
		uint32 value = an_behaviour_get_value(events, i);
		uint64 *mask = (uint64 *) events->words + (size_t) i * stride + 1;

		if (value == 0 || ranks[value - 1] + 1 == value)
			continue;
		an_behaviour_clear_value(mask, events->n_steps);
		an_behaviour_put_value(mask, events->n_steps, ranks[value - 1] + 1);
		events->sorted = false;
	}
	pfree(used);
	pfree(ranks);
}

Size
an_behaviour_values_size(const AnValues *values)
{
	Size size = NUMBER_SIZE;

	for (uint32 i = 0; i < values->n; i++)
	{
		size_t text_size;

		an_values_text(values, i, &text_size);
		size += NUMBER_SIZE + text_size;
	}
	return size;
}

Size
an_behaviour_values_write(const AnValues *values, uint8 *bytes)
{
	uint8 *at = bytes + NUMBER_SIZE;

	put_number(bytes, values->n);
	for (uint32 i = 0; i < values->n; i++)
	{
		size_t size;
		const uint8 *text = an_values_text(values, i, &size);

		put_number(at, (uint32) size);
		if (size > 0)
			memcpy(at + NUMBER_SIZE, text, size);
		at += NUMBER_SIZE + size;
	}
	return (Size) (at - bytes);
}

bool
an_behaviour_values_used(const AnTimeline *events, uint32 n)
{
	bool *used = palloc0(Max(n, 1) * sizeof(bool));
	uint32 n_used = 0;

	for (uint32 i = 0; i < events->n_events; i++)
	{
		uint32 value = an_behaviour_get_value(events, i);

		if (value > n)
			return false;
		if (value > 0 && !used[value - 1])
		{
			used[value - 1] = true;
			n_used++;
		}
	}
	pfree(used);
	return n_used == n;
}
