/*
 * conversion_chain.c - chains in the order of the steps, by any options
 *
 * For each step one chain is kept that waits behind it: whose last step it is, or
 * one before it from which on all were left out.  Of several the one that can do
 * most and is to be reported is kept: in scope funnel the one that began last,
 * then the one whose steps, from the last backwards, came last (what was left
 * out, at the time of the step before; in front of the beginning, at its time),
 * then the one that takes the higher optional steps.  An exclusion ends, when its
 * event is over, the chains that wait behind `from` and in front of `to`, but those
 * that came there at the same instant.
 *
 * Chains are lists with common beginnings, so one that goes on takes one node,
 * and as many nodes are alive as there are steps squared at most.
 */
#include "kernel/conversion_inside.h"

#include <string.h>

#define MIN_NODES 64

static const AnChainState no_chain = {0, NONE};

static bool alive(const AnConversionWork *work, int64_t time);
static void read_instant(AnConversionWork *work, uint32_t from, uint32_t to);
static void gather(AnConversionWork *work);
static void arrive(AnConversionWork *work);
static AnChainState take_step(AnConversionWork *work, uint32_t step);
static AnChainState best_before(AnConversionWork *work, uint32_t step, uint32_t *prev);
static void note(AnConversionWork *work, uint32_t step, uint32_t node);
static void strike(AnConversionWork *work);
static void leave(AnConversionWork *work, const AnConversionExclusion *exclusion);
static void spare(AnConversionWork *work, uint32_t from, uint32_t to);
static void settle(AnConversionWork *work);
static void report(AnConversionWork *work);
static void reset(AnConversionWork *work);

static inline int64_t
node_time(const AnConversionWork *work, uint32_t node)
{
	return work->in->times[work->nodes[node].event];
}

static inline void
let_go(AnConversionWork *work, uint32_t node)
{
	while (node != NONE && --work->nodes[node].refs == 0)
	{
		uint32_t prev = work->nodes[node].prev;

		work->nodes[node].prev = work->free_node;
		work->free_node = node;
		node = prev;
	}
}

static void
more_nodes(AnConversionWork *work)
{
	uint32_t n = work->max_nodes == 0 ? MIN_NODES : 2 * work->max_nodes;
	AnChainNode *nodes = an_memory_take(&work->memory, n * sizeof(AnChainNode));

	if (work->n_nodes > 0)
		memcpy(nodes, work->nodes, work->n_nodes * sizeof(AnChainNode));
	an_memory_give(&work->memory, work->nodes);
	work->nodes = nodes;
	work->max_nodes = n;
}

uint32_t
an_conversion_node(AnConversionWork *work, uint32_t event, uint32_t step, uint32_t prev)
{
	uint32_t node = work->free_node;

	if (node != NONE)
		work->free_node = work->nodes[node].prev;
	else
	{
		if (work->n_nodes == work->max_nodes)
			more_nodes(work);
		node = work->n_nodes++;
	}
	work->nodes[node] = (AnChainNode){
		.event = event, .step = step, .prev = an_conversion_hold(work, prev), .refs = 1};
	return node;
}

/* Puts a state, whose reference it takes over, in the place of another. */
static inline void
put(AnConversionWork *work, AnChainState *place, AnChainState state)
{
	let_go(work, place->node);
	*place = state;
}

static inline AnChainState
copy_of(AnConversionWork *work, AnChainState state)
{
	an_conversion_hold(work, state.node);
	return state;
}

/* Tells whether the steps of chain a, from the last backwards, came later than those of chain b. */
static bool
later(const AnConversionWork *work, uint32_t a, uint32_t b)
{
	int64_t time_a = 0, time_b = 0;

	while (a != b)
	{
		uint32_t step_a = a == NONE ? 0 : work->nodes[a].step + 1;
		uint32_t step_b = b == NONE ? 0 : work->nodes[b].step + 1;

		if (a != NONE)
			time_a = node_time(work, a);
		if (b != NONE)
			time_b = node_time(work, b);
		if (time_a != time_b)
			return time_a > time_b;
		if (step_a >= step_b)
			a = work->nodes[a].prev;
		if (step_b >= step_a)
			b = work->nodes[b].prev;
	}
	return false;
}

/* Tells whether chain a, which left the step out, is to be kept rather than b, which took it; both now. */
static bool
ahead(const AnConversionWork *work, AnChainState a, AnChainState b)
{
	if (a.node == NONE || b.node == NONE)
		return b.node == NONE;
	if (work->ask->scope == AN_SCOPE_FUNNEL && a.start != b.start)
		return a.start > b.start;
	return later(work, a.node, b.node);
}

/* Tells whether a chain that waits can take a step now. */
static inline bool
can_go_on(const AnConversionWork *work, AnChainState state, int64_t time)
{
	if (state.node == NONE)
		return false;
	return an_conversion_within(
		work, work->ask->scope == AN_SCOPE_STEP ? node_time(work, state.node) : state.start, time);
}

uint32_t
an_conversion_chain(AnConversionWork *work, const AnConversionEvents *in, uint32_t from,
					bool attempt)
{
	bool all =
		work->ask->open_entry || work->any_optional; /* more than the last step is to be learnt */
	uint32_t first = from;
	uint32_t last = work->n_steps - 1;

	work->in = in;
	for (uint32_t to; from < in->n; from = to)
	{
		if (from > first && (work->fixed || attempt) && !alive(work, in->times[from]))
			break;
		to = an_conversion_instant(in, from);
		read_instant(work, from, to);
		if (an_conversion_bit(work->reached, last) && (attempt || !all))
		{
			from = to;
			break;
		}
	}
	report(work);
	if (work->needed)
		an_conversion_mark(work);
	reset(work);
	return from;
}

/* Tells whether a chain can take a step now. */
static bool
alive(const AnConversionWork *work, int64_t time)
{
	for (uint32_t step = 0; step < work->n_waiting && step + 1 < work->n_steps; step++)
		if (can_go_on(work, work->waiting[step], time))
			return true;
	return false;
}

static void
read_instant(AnConversionWork *work, uint32_t from, uint32_t to)
{
	int64_t until = work->ask->entry_until;
	int64_t time = work->in->times[from];

	work->now = (AnInstant){.from = from, .to = to, .time = time};
	if (work->fixed)
		work->now.begins = time == work->entry_time;
	else
		work->now.begins = time < until || until == INT64_MAX;
	gather(work);
	arrive(work);
	strike(work);
	settle(work);
}

/* Collects what the events of the instant satisfy, and how chains may take it. */
static void
gather(AnConversionWork *work)
{
	AnInstant *now = &work->now;
	bool single = now->to - now->from == 1;

	memset(work->here, 0, work->n_words * sizeof(uint64_t));
	for (uint32_t event = now->from; event < now->to; event++)
	{
		const uint64_t *mask = an_conversion_mask(work, work->in, event);
		uint32_t n_bits = 0;

		for (uint32_t word = 0; word < work->step_words; word++)
		{
			uint64_t steps = an_conversion_steps(work, mask, word);

			for (uint64_t bits = steps & ~work->here[word]; bits != 0; bits &= bits - 1)
				work->who[64 * word + (uint32_t) __builtin_ctzll(bits)] = event;
			if (work->ask->once && !single)
				n_bits += (uint32_t) __builtin_popcountll(steps);
		}
		for (uint32_t word = 0; word < work->n_words; word++)
			work->here[word] |= mask[word];
		now->matched |= n_bits > 1;
	}
	now->chaining = !now->matched && !(work->ask->once && single);
	if (now->matched)
		an_conversion_match(work);
}

/* Lets the chains that arrived behind a step leave out the optional ones behind it, up to `end`; returns the first that they cannot. */
static uint32_t
leave_out(AnConversionWork *work, uint32_t step, uint32_t end)
{
	for (; step + 1 < end && work->optional[step + 1]; step++)
		put(work, &work->arrived[step + 1], copy_of(work, work->arrived[step]));
	return step + 1;
}

/* Puts the chains with a step at this instant behind their steps, and behind what they may leave out then. */
static void
arrive(AnConversionWork *work)
{
	uint32_t last = NONE; /* the last step that was read */

	for (uint32_t word = 0; word < work->step_words; word++)
		for (uint64_t bits = an_conversion_steps(work, work->here, word); bits != 0;
			 bits &= bits - 1)
		{
			uint32_t step = 64 * word + (uint32_t) __builtin_ctzll(bits);
			AnChainState *place = &work->arrived[step];

			if (last == NONE)
				work->first_arrived = step;
			else
				leave_out(work, last, step);
			*place = take_step(work, step);
			if (step > 0 && work->optional[step] && ahead(work, work->arrived[step - 1], *place))
				put(work, place, copy_of(work, work->arrived[step - 1]));
			last = step;
		}
	work->n_arrived = last == NONE ? 0 : leave_out(work, last, work->n_steps);
}

/* Returns the best chain whose last step is this one, at this instant. */
static AnChainState
take_step(AnConversionWork *work, uint32_t step)
{
	bool continued = false;
	AnChainState taken;
	uint32_t prev;

	if (work->now.matched)
		taken = an_conversion_row(work, step, NONE, &continued);
	else
	{
		continued = step > 0 && ((work->now.chaining && work->arrived[step - 1].node != NONE) ||
								 can_go_on(work, work->waiting[step - 1], work->now.time));
		taken = best_before(work, step, &prev);
		if (taken.node != NONE)
			taken.node = an_conversion_node(work, work->who[step], step, prev);
	}
	if (work->needed && taken.node != NONE)
		an_conversion_show(work, step, taken.node, continued);
	if (continued)
		an_conversion_set(work->continued, step);
	if (taken.node != NONE)
		note(work, step, taken.node);
	return taken;
}

/* Finds the chain that takes the step, or that it begins one; the state's node is NONE for neither. */
static AnChainState
best_before(AnConversionWork *work, uint32_t step, uint32_t *prev)
{
	AnChainState now = step > 0 && work->now.chaining ? work->arrived[step - 1] : no_chain;
	AnChainState before = step > 0 ? work->waiting[step - 1] : no_chain;
	bool begins = work->now.begins && an_conversion_bit(work->begins, step);

	*prev = now.node;
	/* What arrived at the step before now has begun now too, and takes one step more. */
	if (begins && now.node == NONE)
	{
		*prev = NONE;
		return (AnChainState){work->now.time, 0};
	}
	if (!can_go_on(work, before, work->now.time))
		return now;
	if (now.node != NONE && (work->ask->scope == AN_SCOPE_STEP || now.start >= before.start))
		return now;
	*prev = before.node;
	return before;
}

/* Notes that a chain ends with a step; the first one that gets to a higher step than all before is the best. */
static void
note(AnConversionWork *work, uint32_t step, uint32_t node)
{
	an_conversion_set(work->reached, step);
	if (step < work->result.level)
		return;
	work->result.level = step + 1;
	an_conversion_hold(work, node);
	let_go(work, work->best);
	work->best = node;
}

/* Finds out what exclusions at this instant leave of the chains. */
static void
strike(AnConversionWork *work)
{
	const AnConversion *ask = work->ask;

	for (uint32_t i = 0; i < ask->n_exclusions;)
	{
		uint32_t from = work->exclusions[i].from;
		uint32_t to = from;

		for (; i < ask->n_exclusions && work->exclusions[i].from == from; i++)
		{
			if (!an_conversion_bit(work->here, work->exclusions[i].condition))
				continue;
			if (work->exclusions[i].leave)
				leave(work, &work->exclusions[i]);
			if (work->exclusions[i].to > to)
				to = work->exclusions[i].to;
		}
		if (to > from)
			spare(work, from, to);
	}
}

/* Tells whether the chain that waits behind a step has taken the next one, before or now. */
static bool
has_gone_on(const AnConversionWork *work, uint32_t step)
{
	int64_t start = work->waiting[step].start;
	const AnChainState *next[] = {&work->waiting[step + 1], &work->arrived[step + 1]};

	for (int i = 0; i < 2; i++)
		if (next[i]->node != NONE && next[i]->start == start)
			return true;
	return false;
}

/* Sets `left` where the exclusion, whose event has come, ends a chain that was to be counted. */
static void
leave(AnConversionWork *work, const AnConversionExclusion *exclusion)
{
	if (an_conversion_bit(work->reached, work->n_steps - 1))
		return;
	for (uint32_t step = exclusion->from; step < exclusion->to && step < work->n_waiting; step++)
		if (can_go_on(work, work->waiting[step], work->now.time) && !has_gone_on(work, step))
			work->result.left = true;
}

/* Returns the best chain with this step now, whose step before is one that was spared. */
static AnChainState
take_spared(AnConversionWork *work, uint32_t step, uint32_t from)
{
	AnChainState before = work->now.chaining ? work->spared[step - 1] : no_chain;
	bool begins = work->now.begins && an_conversion_bit(work->begins, step);
	bool ignored = false;

	if (!an_conversion_bit(work->here, step))
		return no_chain;
	if (work->now.matched)
		return an_conversion_row(work, step, from, &ignored);
	if (begins && before.node == NONE)
		before = (AnChainState){work->now.time, NONE};
	else if (before.node == NONE)
		return no_chain;
	before.node = an_conversion_node(work, work->who[step], step, before.node);
	return before;
}

/*
 * Keeps, of the chains that wait behind the steps from `from` to the one before `to`,
 * those that took step `from`, or left it out, at this instant.
 */
static void
spare(AnConversionWork *work, uint32_t from, uint32_t to)
{
	uint32_t end = work->n_arrived > work->n_waiting ? work->n_arrived : work->n_waiting;

	put(work, &work->spared[from], copy_of(work, work->arrived[from]));
	for (uint32_t step = from; step < to && step < end; step++)
	{
		if (step > from)
		{
			put(work, &work->spared[step], take_spared(work, step, from));
			if (work->optional[step] && ahead(work, work->spared[step - 1], work->spared[step]))
				put(work, &work->spared[step], copy_of(work, work->spared[step - 1]));
		}
		put(work, &work->kept[step], copy_of(work, work->spared[step]));
		work->struck[step] = true;
		work->any_struck = true;
	}
	for (uint32_t step = from; step < to && (step < end || step == from); step++)
		put(work, &work->spared[step], no_chain);
}

/* Makes the chains that arrived, and what exclusions leave, wait for the instants to come. */
static void
settle(AnConversionWork *work)
{
	bool strict = work->ask->order == AN_ORDER_STRICT;
	bool funnel = work->ask->scope == AN_SCOPE_FUNNEL;
	uint32_t end = work->n_arrived > work->n_waiting ? work->n_arrived : work->n_waiting;

	uint32_t begin = strict || work->any_struck ? 0 : work->first_arrived;

	if (work->n_arrived == 0 && begin > 0)
		return;
	for (uint32_t step = begin; step < end; step++)
	{
		AnChainState *wait = &work->waiting[step];
		AnChainState *came = step < work->n_arrived ? &work->arrived[step] : NULL;

		if (work->struck[step])
		{
			put(work, wait, work->kept[step]);
			work->kept[step] = no_chain;
			work->struck[step] = false;
		}
		else if (strict)
			put(work, wait, came ? copy_of(work, *came) : no_chain);
		else if (came && came->node != NONE &&
				 (wait->node == NONE || !funnel || came->start >= wait->start))
			put(work, wait, copy_of(work, *came));
		if (came)
			put(work, came, no_chain);
	}
	work->n_waiting = strict ? work->n_arrived : end;
	work->n_arrived = 0;
	work->first_arrived = work->n_steps;
	work->any_struck = false;
}

/* Writes the events of the best chain down. */
static void
report(AnConversionWork *work)
{
	for (uint32_t node = work->best; node != NONE; node = work->nodes[node].prev)
		work->events[work->nodes[node].step] = work->nodes[node].event;
}

/* Forgets all chains. */
static void
reset(AnConversionWork *work)
{
	for (uint32_t step = 0; step < work->n_waiting; step++)
		work->waiting[step] = no_chain;
	work->n_waiting = 0;
	work->n_nodes = 0;
	work->free_node = NONE;
	work->best = NONE;
}
