/*
 * funnel_match.c - which steps in a row the events of one instant can take, an event each
 */
#include "kernel/funnel_match.h"

#include <string.h>

#define NOBODY UINT32_MAX

void
an_funnel_match_init(AnFunnelMatch *match, uint32_t n_steps, const AnMemory *memory)
{
	size_t n = n_steps;
	uint32_t *block = an_memory_take(memory, (4 * n * n + 3 * n) * sizeof(uint32_t));

	*match = (AnFunnelMatch){.n_steps = n_steps,
							 .n_words = (n_steps + 63) / 64,
							 .count = block,
							 .taken = block + n,
							 .queue = block + 2 * n,
							 .choices = block + 3 * n,
							 .owner = block + 3 * n + n * n,
							 .seen = block + 3 * n + 2 * n * n,
							 .came_from = block + 3 * n + 3 * n * n};
}

void
an_funnel_match_free(AnFunnelMatch *match, const AnMemory *memory)
{
	an_memory_give(memory, match->count);
}

void
an_funnel_match_begin(AnFunnelMatch *match)
{
	match->first = match->next = 0;
	match->n_events = 0;
	match->search = 0;
	memset(match->count, 0, match->n_steps * sizeof(uint32_t));
}

void
an_funnel_match_event(AnFunnelMatch *match, const uint64_t *mask)
{
	uint32_t event = match->n_events;
	bool needed = false;

	for (uint32_t word = 0; word < match->n_words; word++)
		for (uint64_t bits = mask[word]; bits != 0; bits &= bits - 1)
		{
			uint32_t step = 64 * word + (uint32_t) __builtin_ctzll(bits);

			if (match->count[step] == match->n_steps)
				continue;
			match->choices[(size_t) step * match->n_steps + match->count[step]++] = event;
			needed = true;
		}
	if (!needed)
		return;
	match->owner[event] = NOBODY;
	match->seen[event] = 0;
	match->n_events++;
}

/* Lets every step on the way back to the one that searched take the event before it. */
static void
augment(AnFunnelMatch *match, uint32_t event, uint32_t step)
{
	for (;;)
	{
		uint32_t from = match->came_from[event];
		uint32_t given_up = from == step ? NOBODY : match->taken[from];

		match->owner[event] = from;
		match->taken[from] = event;
		if (from == step)
			return;
		event = given_up;
	}
}

/* Finds an event for `step`, where need be by moving other matched steps to other events. */
static bool
find_event(AnFunnelMatch *match, uint32_t step)
{
	uint32_t n_queue = 0;

	match->search++;
	match->queue[n_queue++] = step;
	for (uint32_t at = 0; at < n_queue; at++)
	{
		uint32_t from = match->queue[at];
		const uint32_t *choices = match->choices + (size_t) from * match->n_steps;

		for (uint32_t i = 0; i < match->count[from]; i++)
		{
			uint32_t event = choices[i];

			if (match->seen[event] == match->search)
				continue;
			match->seen[event] = match->search;
			match->came_from[event] = from;
			if (match->owner[event] == NOBODY)
			{
				augment(match, event, step);
				return true;
			}
			match->queue[n_queue++] = match->owner[event];
		}
	}
	return false;
}

uint32_t
an_funnel_match_lowest(AnFunnelMatch *match, uint32_t step)
{
	/* A step that no event satisfies ends the row. */
	if (step != match->next)
	{
		for (uint32_t i = match->first; i < match->next; i++)
			match->owner[match->taken[i]] = NOBODY;
		match->first = step;
	}
	match->next = step + 1;
	while (!find_event(match, step))
	{
		match->owner[match->taken[match->first]] = NOBODY;
		match->first++;
	}
	return match->first;
}

bool
an_funnel_match_take(AnFunnelMatch *match, uint32_t step)
{
	return find_event(match, step);
}

void
an_funnel_match_drop(AnFunnelMatch *match, uint32_t step)
{
	match->owner[match->taken[step]] = NOBODY;
}
