/*
 * conversion_once.c - steps at one instant that different events take
 *
 * Where an event takes one step only, and several of one time satisfy the same
 * steps, a chain takes a row of steps at that instant for which a matching of
 * steps and events exists.  Steps that can be matched together are independent
 * sets of a matroid, so steps may be added one by one: the required ones first,
 * then optional ones, the higher before the lower.
 */
#include "kernel/conversion_inside.h"

/* The row that is best so far. */
typedef struct Row
{
	bool found;		/* there is one */
	bool begins;	/* it begins the chain */
	uint32_t first; /* its first step */
	int64_t start;	/* when its chain began */
} Row;

static void
make_match(AnConversionWork *work)
{
	size_t n = work->n_steps;

	work->match_events = an_memory_take(&work->memory, n * n * sizeof(uint32_t));
	an_funnel_match_init(&work->match, work->n_steps, &work->memory);
}

void
an_conversion_match(AnConversionWork *work)
{
	uint64_t steps[AN_CONVERSION_MAX_CONDITIONS / 64];

	if (!work->match.count)
		make_match(work);
	an_funnel_match_begin(&work->match);
	for (uint32_t event = work->now.from; event < work->now.to; event++)
	{
		const uint64_t *mask = an_conversion_mask(work, work->in, event);
		uint32_t n_known = work->match.n_events;

		for (uint32_t word = 0; word < work->step_words; word++)
			steps[word] = an_conversion_steps(work, mask, word);
		an_funnel_match_event(&work->match, steps);
		if (work->match.n_events > n_known)
			work->match_events[n_known] = event;
	}
}

/* Adds a step to the row; false where no event is left for it. */
static bool
add(AnConversionWork *work, uint32_t step)
{
	work->row[step] =
		an_conversion_bit(work->here, step) && an_funnel_match_take(&work->match, step);
	return work->row[step];
}

/* Takes the steps [first, last] out of the row. */
static void
drop(AnConversionWork *work, uint32_t first, uint32_t last)
{
	for (uint32_t step = first; step <= last; step++)
		if (work->row[step])
		{
			work->row[step] = false;
			an_funnel_match_drop(&work->match, step);
		}
}

/* Tells whether a chain that waits can take a step now. */
static bool
can_enter(const AnConversionWork *work, AnChainState before)
{
	int64_t from = before.start;

	if (before.node == NONE)
		return false;
	if (work->ask->scope == AN_SCOPE_STEP)
		from = work->in->times[work->nodes[before.node].event];
	return an_conversion_within(work, from, work->now.time);
}

/* Looks at rows that begin with `first`, which is the lowest step so far. */
static void
consider(const AnConversionWork *work, uint32_t first, uint32_t bound, Row *best, bool *continued,
		 bool longer)
{
	bool begins = work->now.begins && an_conversion_bit(work->begins, first);
	bool enters = first > 0 && can_enter(work, work->waiting[first - 1]);

	*continued |= enters || (begins && longer);
	if (begins)
		*best = (Row){true, true, first, work->now.time};
	else if (enters && first <= bound && !best->begins)
	{
		int64_t start = work->waiting[first - 1].start;

		if (!best->found || work->ask->scope == AN_SCOPE_STEP || start >= best->start)
			*best = (Row){true, false, first, start};
	}
}

/* Finds where the best row that ends with `step` begins, and leaves required steps in the row. */
static Row
find_row(AnConversionWork *work, uint32_t step, uint32_t bound, bool *continued)
{
	Row best = {0};

	if (!add(work, step))
		return best;
	consider(work, step, bound, &best, continued, false);
	for (uint32_t first = step; first-- > 0;)
	{
		bool added = add(work, first);

		if (added)
			consider(work, first, bound, &best, continued, true);
		if (work->optional[first])
			drop(work, first, first);
		else if (!added)
			break;
	}
	drop(work, 0, step);
	return best;
}

/* Fills the row: with what it must have, then with what it can have. */
static void
fill_row(AnConversionWork *work, const Row *best, uint32_t step)
{
	bool open = work->ask->open_entry;

	add(work, step);
	if (best->begins && open)
	{
		for (uint32_t at = step; at-- > 0;)
			if (!add(work, at) && !work->optional[at])
				return;
		return;
	}
	if (!best->begins && best->first < step)
		add(work, best->first);
	for (uint32_t at = step; at-- > best->first;)
		if (!work->optional[at] && !work->row[at])
			add(work, at);
	for (uint32_t at = step; at-- > best->first;)
		if (!work->row[at])
			add(work, at);
}

AnChainState
an_conversion_row(AnConversionWork *work, uint32_t step, uint32_t bound, bool *continued)
{
	AnChainState chain = {0, NONE};
	Row best = find_row(work, step, bound, continued);
	bool own = false; /* chain.node is of this row */

	if (!best.found)
		return chain;
	fill_row(work, &best, step);
	chain.start = best.start;
	if (!best.begins)
		chain.node = work->waiting[best.first - 1].node;
	for (uint32_t at = 0; at <= step; at++)
		if (work->row[at])
		{
			uint32_t event = work->match_events[work->match.taken[at]];
			uint32_t node = an_conversion_node(work, event, at, chain.node);

			/* The step behind it is all that refers to a node of this row. */
			if (own)
				work->nodes[chain.node].refs--;
			chain.node = node;
			own = true;
		}
	drop(work, 0, step);
	return chain;
}
