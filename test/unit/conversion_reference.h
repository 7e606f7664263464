/*
 * conversion_reference.h - what kernel/conversion.h defines, found by trying every chain
 *
 * For histories of a few events.  Nothing is shared with the kernel but the
 * question; a chain is written down whole and then checked rule by rule.
 */
#ifndef CONVERSION_REFERENCE_H
#define CONVERSION_REFERENCE_H

#include <string.h>

#include "kernel/conversion.h"

#define REF_EVENTS 12
#define REF_STEPS  8

/* Rows of one entity, in order of time; bit s of a mask for step s, exclusions behind. */
typedef struct History
{
	uint32_t n;
	int64_t times[REF_EVENTS];
	uint64_t masks[REF_EVENTS];
} History;

/* Steps that are taken, and by which events. */
typedef struct Chain
{
	uint32_t n;
	uint32_t steps[REF_STEPS];
	uint32_t events[REF_STEPS];
} Chain;

/* What is to be found. */
typedef struct Expected
{
	uint32_t level;
	uint64_t reached;
	uint64_t continued;
	bool goes_on; /* a chain that began before ends with the last event */
	Chain chain;  /* order any: the steps are 0, 1, ... */
} Expected;

/* A question about a history. */
typedef struct Asked
{
	const AnConversion *ask;
	const History *history;
	bool entry_known; /* chains begin at entry_time and nowhere else */
	bool nowhere;	  /* there is no entry */
	int64_t entry_time;
} Asked;

static bool
ref_optional(const AnConversion *ask, uint32_t step)
{
	return ask->optional && ask->optional[step];
}

static bool
ref_begins_with(const AnConversion *ask, uint32_t step)
{
	for (uint32_t before = 0; before < step; before++)
		if (!ask->open_entry && ask->order != AN_ORDER_ANY && !ref_optional(ask, before))
			return false;
	return true;
}

/* Tells whether an event can begin a chain, whatever the others. */
static bool
ref_can_begin(const AnConversion *ask, const History *history, uint32_t event)
{
	if (ask->entry_until != INT64_MAX && history->times[event] >= ask->entry_until)
		return false;
	for (uint32_t step = 0; step < ask->n_steps; step++)
		if ((history->masks[event] >> step & 1) && ref_begins_with(ask, step))
			return true;
	return false;
}

static bool
ref_far(const AnConversion *ask, int64_t from, int64_t to)
{
	return ask->window_us != INT64_MAX && to - from > ask->window_us;
}

/* Rules of entry, scope, order and once. */
static bool
ref_keeps_rules(const Asked *asked, const Chain *chain)
{
	const AnConversion *ask = asked->ask;
	const int64_t *times = asked->history->times;
	int64_t start = times[chain->events[0]];

	if (asked->nowhere || (asked->entry_known && start != asked->entry_time))
		return false;
	if (ask->entry_until != INT64_MAX && start >= ask->entry_until)
		return false;
	if (!ref_begins_with(ask, chain->steps[0]))
		return false;
	for (uint32_t i = 1; i < chain->n; i++)
	{
		int64_t before = times[chain->events[i - 1]];
		int64_t time = times[chain->events[i]];

		if (time < before)
			return false;
		if (ref_far(ask, ask->scope == AN_SCOPE_STEP ? before : start, time))
			return false;
		for (uint32_t step = chain->steps[i - 1] + 1; step < chain->steps[i]; step++)
			if (!ref_optional(ask, step))
				return false;
		for (uint32_t x = 0; ask->order == AN_ORDER_STRICT && x < asked->history->n; x++)
			if (times[x] > before && times[x] < time)
				return false;
		for (uint32_t other = 0; ask->once && other < i; other++)
			if (chain->events[other] == chain->events[i])
				return false;
	}
	return true;
}

static bool
ref_keeps_exclusion(const Asked *asked, const Chain *chain, const AnConversionExclusion *exclusion)
{
	const History *history = asked->history;
	int64_t anchor = history->times[chain->events[0]];

	for (uint32_t i = 0; i < chain->n; i++)
		if (chain->steps[i] <= exclusion->from)
			anchor = history->times[chain->events[i]];
	for (uint32_t i = 1; i < chain->n; i++)
	{
		if (chain->steps[i] <= exclusion->from || chain->steps[i] > exclusion->to)
			continue;
		for (uint32_t x = 0; x < history->n; x++)
			if ((history->masks[x] >> exclusion->condition & 1) && history->times[x] > anchor &&
				history->times[x] < history->times[chain->events[i]])
				return false;
	}
	return true;
}

static bool
ref_admissible(const Asked *asked, const Chain *chain)
{
	if (!ref_keeps_rules(asked, chain))
		return false;
	for (uint32_t i = 0; i < asked->ask->n_exclusions; i++)
		if (!ref_keeps_exclusion(asked, chain, &asked->ask->exclusions[i]))
			return false;
	return true;
}

/* The time of each step, up to the chain's last: left out, that of the step before; in front, the start. */
static void
ref_vector(const History *history, const Chain *chain, int64_t *vector)
{
	int64_t time = history->times[chain->events[0]];
	uint32_t at = 0;

	for (uint32_t step = 0; step <= chain->steps[chain->n - 1]; step++)
	{
		if (chain->steps[at] == step)
			time = history->times[chain->events[at++]];
		vector[step] = time;
	}
}

/* Tells whether chain a is to be reported rather than b. */
static bool
ref_better(const Asked *asked, const Chain *a, const Chain *b)
{
	int64_t vector_a[REF_STEPS], vector_b[REF_STEPS];
	uint64_t mask_a = 0, mask_b = 0;
	uint32_t last = a->steps[a->n - 1];

	if (b->n == 0 || last != b->steps[b->n - 1])
		return b->n == 0 || last > b->steps[b->n - 1];
	ref_vector(asked->history, a, vector_a);
	ref_vector(asked->history, b, vector_b);
	if (vector_a[last] != vector_b[last])
		return vector_a[last] < vector_b[last];
	if (asked->ask->scope == AN_SCOPE_FUNNEL && vector_a[0] != vector_b[0])
		return vector_a[0] > vector_b[0];
	for (uint32_t step = last; step-- > 0;)
		if (vector_a[step] != vector_b[step])
			return vector_a[step] > vector_b[step];
	for (uint32_t i = 0; i < a->n; i++)
		mask_a |= UINT64_C(1) << a->steps[i];
	for (uint32_t i = 0; i < b->n; i++)
		mask_b |= UINT64_C(1) << b->steps[i];
	return mask_a > mask_b;
}

/* Tries every chain that goes on from this one. */
static void
ref_try(const Asked *asked, Chain *chain, Expected *found)
{
	const AnConversion *ask = asked->ask;
	uint32_t next = chain->n == 0 ? 0 : chain->steps[chain->n - 1] + 1;

	for (uint32_t step = next; step < ask->n_steps; step++)
		for (uint32_t event = 0; event < asked->history->n; event++)
		{
			if (!(asked->history->masks[event] >> step & 1))
				continue;
			chain->steps[chain->n] = step;
			chain->events[chain->n++] = event;
			if (ref_admissible(asked, chain))
			{
				found->reached |= UINT64_C(1) << step;
				if (chain->n > 1)
					found->continued |= UINT64_C(1) << step;
				found->goes_on |= event == asked->history->n - 1 && chain->events[0] != event;
				if (ref_better(asked, chain, &found->chain))
					found->chain = *chain;
				ref_try(asked, chain, found);
			}
			chain->n--;
		}
}

/* ---- order any */

/* The times of the events that are taken, in order. */
static void
ref_times(const History *history, const Chain *chain, int64_t *times)
{
	for (uint32_t i = 0; i < chain->n; i++)
	{
		int64_t time = history->times[chain->events[i]];
		uint32_t to = i;

		for (; to > 0 && times[to - 1] > time; to--)
			times[to] = times[to - 1];
		times[to] = time;
	}
}

static bool
ref_better_any(const Asked *asked, const Chain *a, const Chain *b)
{
	int64_t times_a[REF_STEPS], times_b[REF_STEPS];

	if (a->n != b->n)
		return a->n > b->n;
	ref_times(asked->history, a, times_a);
	ref_times(asked->history, b, times_b);
	if (times_a[a->n - 1] != times_b[a->n - 1])
		return times_a[a->n - 1] < times_b[a->n - 1];
	if (times_a[0] != times_b[0])
		return times_a[0] > times_b[0];
	for (uint32_t i = a->n - 1; i-- > 0;)
		if (times_a[i] != times_b[i])
			return times_a[i] > times_b[i];
	return false;
}

/* Tries every choice of events for the steps from `step` on, within a window that begins at `start`. */
static void
ref_try_any(const Asked *asked, int64_t start, uint32_t step, Chain *chain, Expected *found)
{
	const History *history = asked->history;
	int64_t times[REF_STEPS];

	if (step == asked->ask->n_steps)
	{
		if (chain->n == 0)
			return;
		ref_times(history, chain, times);
		if (times[0] == start && ref_better_any(asked, chain, &found->chain))
			found->chain = *chain;
		return;
	}
	ref_try_any(asked, start, step + 1, chain, found);
	for (uint32_t event = 0; event < history->n; event++)
	{
		bool used = false;

		if (!(history->masks[event] >> step & 1) || history->times[event] < start ||
			ref_far(asked->ask, start, history->times[event]))
			continue;
		for (uint32_t i = 0; i < chain->n; i++)
			used |= asked->ask->once && chain->events[i] == event;
		if (used)
			continue;
		chain->steps[chain->n] = step;
		chain->events[chain->n++] = event;
		ref_try_any(asked, start, step + 1, chain, found);
		chain->n--;
	}
}

/* ---- answers */

/* Answers about a part of a history whose entry is known, or any. */
static Expected
ref_answer(const Asked *asked)
{
	Expected found = {0};
	Chain chain = {0};

	if (asked->ask->order != AN_ORDER_ANY)
	{
		ref_try(asked, &chain, &found);
		if (found.chain.n > 0)
			found.level = found.chain.steps[found.chain.n - 1] + 1;
		return found;
	}
	for (uint32_t event = 0; event < asked->history->n && !asked->nowhere; event++)
		if (ref_can_begin(asked->ask, asked->history, event) &&
			(!asked->entry_known || asked->history->times[event] == asked->entry_time))
			ref_try_any(asked, asked->history->times[event], 0, &chain, &found);
	found.level = found.chain.n;
	found.reached = (UINT64_C(1) << found.level) - 1;
	found.continued = found.reached & ~UINT64_C(1);
	return found;
}

/* Answers about a history. */
static Expected
ref_run(const AnConversion *ask, const History *history)
{
	Asked asked = {.ask = ask, .history = history};

	if (ask->entry != AN_ENTRY_ANY)
	{
		asked.entry_known = asked.nowhere = true;
		for (uint32_t event = 0; event < history->n; event++)
			if (ref_can_begin(ask, history, event) &&
				(asked.nowhere || ask->entry == AN_ENTRY_LAST))
			{
				asked.nowhere = false;
				asked.entry_time = history->times[event];
			}
	}
	return ref_answer(&asked);
}

/* Tells whether a chain of an attempt could take a step at this time, if there was an event for it. */
static bool
ref_goes_on(const Asked *asked, int64_t time)
{
	AnConversion ask = *asked->ask;
	History more = *asked->history;
	Asked then = *asked;

	if (ask.order == AN_ORDER_ANY)
	{
		for (uint32_t event = 0; event < more.n; event++)
			if (ref_can_begin(&ask, &more, event) && !ref_far(&ask, more.times[event], time) &&
				(!asked->entry_known || more.times[event] == asked->entry_time))
				return true;
		return false;
	}
	more.times[more.n] = time;
	more.masks[more.n++] = (UINT64_C(1) << ask.n_steps) - 1;
	then.history = &more;
	return ref_answer(&then).goes_on;
}

/*
 * Answers about the attempt that begins at or behind event *from, which is moved
 * behind it; false where none does.  *first is its first event.
 */
static bool
ref_attempt(const AnConversion *ask, const History *history, uint32_t *from, uint32_t *first,
			Expected *found)
{
	History part = {0};
	Asked asked = {.ask = ask, .history = &part, .entry_known = ask->entry == AN_ENTRY_FIRST};
	uint32_t at = *from;
	uint32_t begin;

	while (at < history->n && !ref_can_begin(ask, history, at))
		at++;
	if (at == history->n)
		return false;
	asked.entry_time = history->times[at];
	for (begin = *from; history->times[begin] < asked.entry_time;)
		begin++;
	*first = begin;
	for (at = begin; at < history->n;)
	{
		int64_t time = history->times[at];

		if (at > begin && !ref_goes_on(&asked, time))
			break;
		for (; at < history->n && history->times[at] == time; at++)
		{
			part.times[part.n] = time;
			part.masks[part.n++] = history->masks[at];
		}
		*found = ref_answer(&asked);
		if (found->level == ask->n_steps)
			break;
	}
	*from = at;
	return true;
}

#endif /* CONVERSION_REFERENCE_H */
