/*
 * conversion_any.c - steps in any order within a window
 *
 * What is kept are the latest events that take different steps, one for each step
 * that has any (once: by a matching).  Such events are the base of greatest
 * weight of a matroid whose weights are the times, so of every window that ends
 * now as many steps as possible are taken by those of them that lie within it.
 * An event that is new replaces the oldest one that it can: of its own steps, or
 * along a path of steps and events that change places.
 *
 * Source: J. Edmonds, "Matroids and the greedy algorithm" (1971); augmenting paths, C. Berge (1957).
 */
#include "kernel/conversion_inside.h"

#include <string.h>

/* What is known of a window. */
typedef struct Window
{
	bool begun;			/* there was a beginning */
	uint32_t beginning; /* first event of the instant of the latest one */
} Window;

static void append(AnConversionWork *work, uint32_t event, uint32_t step);
static void take_out(AnConversionWork *work, uint32_t slot);
static void add_event(AnConversionWork *work, uint32_t event);
static void add_once(AnConversionWork *work, uint32_t event);
static uint32_t search(AnConversionWork *work, uint32_t event, bool *free_step);
static void keep_best(AnConversionWork *work, const Window *window);
static uint32_t replaced_by(AnConversionWork *work, uint32_t beginning);

/* Drops what is too old for a window that ends now; returns whether the latest beginning is not. */
static bool
move_window(AnConversionWork *work, const Window *window, int64_t time)
{
	const AnConversionEvents *in = work->in;

	while (work->oldest != NONE &&
		   !an_conversion_within(work, in->times[work->slots[work->oldest].event], time))
		take_out(work, work->oldest);
	return !window->begun || an_conversion_within(work, in->times[window->beginning], time);
}

/* Reads an instant; returns whether an event of it has a step. */
static bool
read_instant(AnConversionWork *work, uint32_t from, uint32_t to)
{
	bool any = false;

	for (uint32_t event = from; event < to; event++)
	{
		const uint64_t *mask = an_conversion_mask(work, work->in, event);
		uint64_t steps = 0;

		for (uint32_t word = 0; word < work->step_words; word++)
			steps |= an_conversion_steps(work, mask, word);
		if (steps == 0)
			continue;
		any = true;
		if (work->ask->once)
			add_once(work, event);
		else
			add_event(work, event);
	}
	return any;
}

/* Sets the bits of the result from its level. */
static void
set_reached(AnConversionWork *work)
{
	for (uint32_t step = 0; step < work->result.level; step++)
	{
		an_conversion_set(work->reached, step);
		if (step > 0)
			an_conversion_set(work->continued, step);
	}
}

uint32_t
an_conversion_any(AnConversionWork *work, const AnConversionEvents *in, uint32_t from, bool attempt)
{
	Window window = {0};
	int64_t until = work->ask->entry_until;

	work->in = in;
	for (uint32_t to; from < in->n; from = to)
	{
		int64_t time = in->times[from];

		to = an_conversion_instant(in, from);
		/* Without attempts a window that is over is followed by others. */
		if (!move_window(work, &window, time) &&
			(work->fixed || attempt || (time >= until && until != INT64_MAX)))
			break;
		if (!read_instant(work, from, to))
			continue;
		if (work->fixed ? time == work->entry_time : time < until || until == INT64_MAX)
			window = (Window){true, from};
		if (work->n_slots > work->result.level)
			keep_best(work, &window);
		if (work->result.level == work->n_steps)
		{
			from = to;
			break;
		}
	}
	set_reached(work);
	while (work->oldest != NONE)
		take_out(work, work->oldest);
	return from;
}

/* Adds a slot at the end of the list. */
static void
append(AnConversionWork *work, uint32_t event, uint32_t step)
{
	uint32_t slot = work->free_slot;

	work->free_slot = work->slots[slot].newer;
	work->slots[slot] =
		(AnAnySlot){.event = event, .step = step, .older = work->newest, .newer = NONE};
	if (work->newest == NONE)
		work->oldest = slot;
	else
		work->slots[work->newest].newer = slot;
	work->newest = slot;
	work->owner[step] = slot;
	work->n_slots++;
}

/* Takes a slot out of the list; its step is free. */
static void
take_out(AnConversionWork *work, uint32_t slot)
{
	AnAnySlot *at = &work->slots[slot];

	if (at->older == NONE)
		work->oldest = at->newer;
	else
		work->slots[at->older].newer = at->newer;
	if (at->newer == NONE)
		work->newest = at->older;
	else
		work->slots[at->newer].older = at->older;
	work->owner[at->step] = NONE;
	at->newer = work->free_slot;
	work->free_slot = slot;
	work->n_slots--;
}

/* Adds an event that may take all of its steps. */
static void
add_event(AnConversionWork *work, uint32_t event)
{
	const uint64_t *mask = an_conversion_mask(work, work->in, event);

	for (uint32_t word = 0; word < work->step_words; word++)
		for (uint64_t bits = an_conversion_steps(work, mask, word); bits != 0; bits &= bits - 1)
		{
			uint32_t step = 64 * word + (uint32_t) __builtin_ctzll(bits);

			if (work->owner[step] != NONE)
				take_out(work, work->owner[step]);
			append(work, event, step);
		}
}

/* Adds an event that takes one step. */
static void
add_once(AnConversionWork *work, uint32_t event)
{
	bool free_step = false;
	uint32_t step;
	uint32_t slot;

	memset(work->visited, 0, work->step_words * sizeof(uint64_t));
	step = search(work, event, &free_step);
	if (!free_step)
		take_out(work, work->owner[step]);
	/* Every slot on the way back takes the step that was found from it. */
	while ((slot = work->via[step]) != NONE)
	{
		uint32_t given_up = work->slots[slot].step;

		work->slots[slot].step = step;
		work->owner[step] = slot;
		step = given_up;
	}
	append(work, event, step);
}

/*
 * Searches from an event's steps for a free one, else for the step of the oldest
 * event that can give its place up; adds to what was visited.
 */
static uint32_t
search(AnConversionWork *work, uint32_t event, bool *free_step)
{
	uint32_t n_queue = 0;
	uint32_t oldest = NONE; /* the step of the oldest event so far */
	uint32_t from = NONE;	/* slot whose steps are looked at; NONE for the event */

	for (uint32_t at = 0;; from = work->queue[at++], event = work->slots[from].event)
	{
		const uint64_t *mask = an_conversion_mask(work, work->in, event);

		for (uint32_t word = 0; word < work->step_words; word++)
			for (uint64_t bits = an_conversion_steps(work, mask, word) & ~work->visited[word];
				 bits != 0; bits &= bits - 1)
			{
				uint32_t step = 64 * word + (uint32_t) __builtin_ctzll(bits);
				uint32_t slot = work->owner[step];

				work->via[step] = from;
				an_conversion_set(work->visited, step);
				*free_step = slot == NONE;
				if (slot == NONE)
					return step;
				work->queue[n_queue++] = slot;
				if (oldest == NONE ||
					work->slots[slot].event < work->slots[work->owner[oldest]].event)
					oldest = step;
			}
		if (at == n_queue)
			return oldest;
	}
}

/* Writes the events down that are kept, the beginning of the window among them. */
static void
keep_best(AnConversionWork *work, const Window *window)
{
	const AnConversionEvents *in = work->in;
	uint32_t left_out = NONE;
	uint32_t n = 0;

	if (!window->begun)
		return;
	if (in->times[work->slots[work->oldest].event] > in->times[window->beginning])
	{
		uint32_t beginning = window->beginning;

		left_out = replaced_by(work, beginning);
		beginning = work->queue[work->n_steps];
		work->events[n++] = beginning;
	}
	for (uint32_t slot = work->oldest; slot != NONE; slot = work->slots[slot].newer)
		if (slot != left_out)
			work->events[n++] = work->slots[slot].event;
	work->result.level = n;
}

/*
 * Finds the oldest slot whose place an event of the beginning's instant can take;
 * that event is left behind the queue.  Their steps are all taken, later.
 */
static uint32_t
replaced_by(AnConversionWork *work, uint32_t beginning)
{
	uint32_t to = an_conversion_instant(work->in, beginning);
	uint32_t oldest = NONE;

	memset(work->visited, 0, work->step_words * sizeof(uint64_t));
	for (uint32_t event = beginning; event < to; event++)
	{
		const uint64_t *mask = an_conversion_mask(work, work->in, event);
		uint32_t found = NONE;
		bool free_step = false;

		if (work->ask->once)
		{
			uint32_t step = search(work, event, &free_step);

			found = step == NONE ? NONE : work->owner[step];
		}
		else
			for (uint32_t step = 0; step < work->n_steps; step++)
				if (an_conversion_bit(mask, step) &&
					(found == NONE ||
					 work->slots[work->owner[step]].event < work->slots[found].event))
					found = work->owner[step];
		if (found == NONE ||
			(oldest != NONE && work->slots[found].event >= work->slots[oldest].event))
			continue;
		oldest = found;
		work->queue[work->n_steps] = event;
	}
	return oldest;
}
