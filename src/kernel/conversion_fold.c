/*
 * conversion_fold.c - the few events that say the same to whatever comes later
 *
 * Chains that wait, and for each step a chain that shows that it was reached (that
 * of the highest is the one to report), and one that shows that it was continued, are all that matters:
 * fewer events allow no other chains, so reading these alone finds the same ones.
 * Where events were left out between two that stay, one without steps stands
 * for them if order strict wants to know that there was something, or an
 * exclusion was met.
 */
#include "kernel/conversion_inside.h"

#include <string.h>

/* Where events are written while others are read. */
typedef struct Fold
{
	AnConversionWork *work; /* what is asked */
	int64_t *times;			/* the events */
	uint64_t *masks;		/* the same */
	uint32_t n;				/* events written */
	bool passed;			/* events were left out since the last that was written */
	int64_t passed_time;	/* the time of the first of them */
	uint64_t excluded[AN_CONVERSION_MAX_CONDITIONS / 64]; /* their exclusions */
} Fold;

void
an_conversion_show(AnConversionWork *work, uint32_t step, uint32_t node, bool continued)
{
	bool ignored = false;

	if (work->showed[step] == NONE)
		work->showed[step] = an_conversion_hold(work, node);
	if (!continued || work->showed_on[step] != NONE)
		return;
	if (work->nodes[node].prev != NONE)
		work->showed_on[step] = an_conversion_hold(work, node);
	else if (work->now.matched)
	{
		work->now.begins = false;
		work->showed_on[step] = an_conversion_row(work, step, NONE, &ignored).node;
		work->now.begins = true;
	}
	else
		work->showed_on[step] =
			an_conversion_node(work, work->who[step], step, work->waiting[step - 1].node);
}

/* Marks the events of a chain. */
static void
mark_chain(AnConversionWork *work, uint32_t node)
{
	for (; node != NONE; node = work->nodes[node].prev)
		work->needed[work->nodes[node].event] = true;
}

void
an_conversion_mark(AnConversionWork *work)
{
	for (uint32_t step = 0; step < work->n_waiting; step++)
		mark_chain(work, work->waiting[step].node);
	for (uint32_t step = 0; step < work->n_steps; step++)
	{
		mark_chain(work, work->showed[step]);
		mark_chain(work, work->showed_on[step]);
		work->showed[step] = work->showed_on[step] = NONE;
	}
}

/* Marks what is needed of the events before `last`, the first of the last instant. */
static void
find_needed(AnConversionWork *work, const AnConversionEvents *in, uint32_t last, bool *needed)
{
	AnConversionEvents before = {in->times, in->masks, last};
	AnConversionEntry entry = work->ask->entry;
	uint32_t from = an_conversion_entry(work, in);

	if (from >= last)
		return;
	work->fixed = entry != AN_ENTRY_ANY;
	work->entry_time = in->times[from];
	an_conversion_clear(work);
	work->needed = needed;
	an_conversion_chain(work, &before, from, false);
	work->needed = NULL;
}

static void
write_event(Fold *fold, int64_t time, const uint64_t *mask)
{
	size_t n_words = fold->work->n_words;

	fold->times[fold->n] = time;
	memmove(fold->masks + fold->n * n_words, mask, n_words * sizeof(uint64_t));
	fold->n++;
}

/* Writes an event for those that were left out, where it says anything. */
static void
write_passed(Fold *fold, bool strict)
{
	bool any = strict;

	for (uint32_t word = 0; word < fold->work->n_words; word++)
		any |= fold->excluded[word] != 0;
	if (fold->passed && any)
		write_event(fold, fold->passed_time, fold->excluded);
	fold->passed = false;
	memset(fold->excluded, 0, sizeof(fold->excluded));
}

/* Leaves out an event; its exclusions are remembered. */
static void
pass(Fold *fold, int64_t time, const uint64_t *mask)
{
	const AnConversionWork *work = fold->work;

	if (!fold->passed)
		fold->passed_time = time;
	fold->passed = true;
	for (uint32_t word = 0; word < work->n_words; word++)
	{
		uint64_t steps = word < work->step_words ? an_conversion_steps(work, mask, word) : 0;

		fold->excluded[word] |= mask[word] & ~steps;
	}
}

uint32_t
an_conversion_fold(AnConversionWork *work, int64_t *times, uint64_t *masks, uint32_t n,
				   bool *needed)
{
	AnConversionEvents in = {times, masks, n};
	Fold fold = {.work = work, .times = times, .masks = masks};
	bool strict = work->ask->order == AN_ORDER_STRICT;
	uint32_t last = n;

	if (n == 0)
		return 0;
	memset(needed, 0, n * sizeof(bool));
	while (last > 0 && times[last - 1] == times[n - 1])
		needed[--last] = true;
	find_needed(work, &in, last, needed);
	for (uint32_t from = 0, to; from < n; from = to)
	{
		int64_t time = times[from];
		bool any = false;

		to = an_conversion_instant(&in, from);
		for (uint32_t event = from; event < to; event++)
			any |= needed[event];
		if (any)
			write_passed(&fold, strict);
		for (uint32_t event = from; event < to; event++)
			if (needed[event])
				write_event(&fold, time, an_conversion_mask(work, &in, event));
			else
				pass(&fold, time, an_conversion_mask(work, &in, event));
		if (any)
			write_passed(&fold, false);
	}
	return fold.n;
}
