/*
 * conversion.c - how an entity went through the steps of a funnel: questions and results
 *
 * The commonest question (in order, from any or the first entry, nothing else) is
 * answered here: forwards for how far and when, then backwards for the chain.
 */
#include "kernel/conversion_inside.h"

#include <string.h>

static size_t lay_out(AnConversionWork *work, char *block);
static void make_ready(AnConversionWork *work);
static void run_fast(AnConversionWork *work, const AnConversionEvents *in);
static uint32_t
find_entry(const AnConversionWork *work, const AnConversionEvents *in, uint32_t from);
static uint32_t find_last_entry(const AnConversionWork *work, const AnConversionEvents *in);

static AnStatus
check_exclusions(const AnConversion *ask)
{
	for (uint32_t i = 0; i < ask->n_exclusions; i++)
	{
		const AnConversionExclusion *exclusion = &ask->exclusions[i];

		if (exclusion->condition < ask->n_steps || exclusion->condition >= ask->n_conditions)
			return AN_ERR_ARGUMENT;
		if (exclusion->from >= exclusion->to || exclusion->to >= ask->n_steps)
			return AN_ERR_ARGUMENT;
	}
	return AN_OK;
}

static bool
any_optional(const AnConversion *ask)
{
	for (uint32_t step = 0; ask->optional && step < ask->n_steps; step++)
		if (ask->optional[step])
			return true;
	return false;
}

AnStatus
an_conversion_check(const AnConversion *ask)
{
	if (ask->n_steps < 1 || ask->n_conditions < ask->n_steps || ask->window_us < 1)
		return AN_ERR_ARGUMENT;
	if (ask->n_conditions > AN_CONVERSION_MAX_CONDITIONS)
		return AN_ERR_LIMIT;
	if (ask->entry > AN_ENTRY_LAST || ask->scope > AN_SCOPE_STEP || ask->order > AN_ORDER_ANY)
		return AN_ERR_ARGUMENT;
	if (ask->optional && ask->optional[ask->n_steps - 1])
		return AN_ERR_ARGUMENT;
	if (ask->order == AN_ORDER_ANY &&
		(any_optional(ask) || ask->n_exclusions > 0 || ask->scope != AN_SCOPE_FUNNEL))
		return AN_ERR_ARGUMENT;
	return check_exclusions(ask);
}

AnConversionWork *
an_conversion_begin(const AnConversion *ask, const AnMemory *memory)
{
	AnConversionWork sizes = {.ask = ask};
	AnConversionWork *work;
	size_t size;

	sizes.n_steps = ask->n_steps;
	sizes.n_words = an_conversion_mask_words(ask->n_conditions);
	sizes.step_words = an_conversion_mask_words(ask->n_steps);
	size = lay_out(&sizes, NULL);
	work = an_memory_take(memory, sizeof(AnConversionWork) + size);
	memset(work, 0, sizeof(AnConversionWork) + size);
	*work = sizes;
	work->memory = *memory;
	lay_out(work, (char *) (work + 1));
	make_ready(work);
	return work;
}

void
an_conversion_end(AnConversionWork *work)
{
	AnMemory memory = work->memory;

	if (work->match.count)
	{
		an_funnel_match_free(&work->match, &memory);
		an_memory_give(&memory, work->match_events);
	}
	an_memory_give(&memory, work->nodes);
	an_memory_give(&memory, work);
}

/* Gives an array its place behind the ones before it. */
static void *
place(char *block, size_t *at, size_t n, size_t size)
{
	size_t begin = *at;

	*at += (n * size + 7) / 8 * 8;
	return block ? block + begin : NULL;
}

/* Gives all arrays their places in a block, where there is one, and returns its size. */
static size_t
lay_out(AnConversionWork *work, char *block)
{
	size_t n = work->n_steps;
	size_t at = 0;

	work->begins = place(block, &at, work->step_words, sizeof(uint64_t));
	work->reached = place(block, &at, work->step_words, sizeof(uint64_t));
	work->continued = place(block, &at, work->step_words, sizeof(uint64_t));
	work->visited = place(block, &at, work->step_words, sizeof(uint64_t));
	work->here = place(block, &at, work->n_words, sizeof(uint64_t));
	work->waiting = place(block, &at, n, sizeof(AnChainState));
	work->arrived = place(block, &at, n, sizeof(AnChainState));
	work->spared = place(block, &at, n, sizeof(AnChainState));
	work->kept = place(block, &at, n, sizeof(AnChainState));
	work->slots = place(block, &at, n + 1, sizeof(AnAnySlot));
	work->exclusions = place(block, &at, work->ask->n_exclusions, sizeof(AnConversionExclusion));
	work->events = place(block, &at, n, sizeof(uint32_t));
	work->who = place(block, &at, n, sizeof(uint32_t));
	work->owner = place(block, &at, n, sizeof(uint32_t));
	work->via = place(block, &at, n, sizeof(uint32_t));
	work->showed = place(block, &at, n, sizeof(uint32_t));
	work->showed_on = place(block, &at, n, sizeof(uint32_t));
	work->queue = place(block, &at, n + 1, sizeof(uint32_t));
	work->optional = place(block, &at, n, sizeof(bool));
	work->struck = place(block, &at, n, sizeof(bool));
	work->row = place(block, &at, n, sizeof(bool));
	return at;
}

/* Puts the exclusions in order: the greatest `from` first. */
static void
sort_exclusions(AnConversionWork *work)
{
	for (uint32_t i = 0; i < work->ask->n_exclusions; i++)
	{
		uint32_t to = i;

		while (to > 0 && work->exclusions[to - 1].from < work->ask->exclusions[i].from)
		{
			work->exclusions[to] = work->exclusions[to - 1];
			to--;
		}
		work->exclusions[to] = work->ask->exclusions[i];
	}
}

static void
make_ready(AnConversionWork *work)
{
	const AnConversion *ask = work->ask;
	uint32_t n = work->n_steps;
	bool open = ask->open_entry || ask->order == AN_ORDER_ANY;

	work->any_optional = any_optional(ask);
	if (work->any_optional)
		memcpy(work->optional, ask->optional, n * sizeof(bool));
	while (work->optional[work->first_required])
		work->first_required++;
	for (uint32_t step = 0; step < n && (open || step <= work->first_required); step++)
		an_conversion_set(work->begins, step);
	sort_exclusions(work);
	work->last_word = n % 64 == 0 ? UINT64_MAX : (UINT64_C(1) << (n % 64)) - 1;
	work->window = ask->window_us == INT64_MAX ? UINT64_MAX : (uint64_t) ask->window_us;
	work->fast = work->n_words == 1 && ask->entry != AN_ENTRY_LAST &&
				 ask->scope == AN_SCOPE_FUNNEL && ask->order == AN_ORDER_ORDERED && !ask->once &&
				 !ask->open_entry && ask->n_exclusions == 0 && !work->any_optional;
	for (uint32_t step = 0; step < n; step++)
	{
		AnChainState none = {0, NONE};

		work->events[step] = work->owner[step] = NONE;
		work->showed[step] = work->showed_on[step] = NONE;
		work->waiting[step] = work->arrived[step] = work->spared[step] = work->kept[step] = none;
	}
	for (uint32_t slot = 0; slot <= n; slot++)
		work->slots[slot].newer = slot < n ? slot + 1 : NONE;
	work->oldest = work->newest = NONE;
	work->first_arrived = n;
	work->free_node = work->best = NONE;
	work->result = (AnConversionResult){
		.reached = work->reached, .continued = work->continued, .events = work->events};
}

void
an_conversion_clear(AnConversionWork *work)
{
	for (uint32_t i = 0; i < work->result.level; i++)
		work->events[i] = NONE;
	for (uint32_t word = 0; word < work->step_words; word++)
		work->reached[word] = work->continued[word] = 0;
	work->result.level = 0;
	work->result.left = false;
}

AnConversionResult
an_conversion_run(AnConversionWork *work, const AnConversionEvents *in)
{
	uint32_t from;

	an_conversion_clear(work);
	if (work->fast)
	{
		run_fast(work, in);
		return work->result;
	}
	from = an_conversion_entry(work, in);
	if (from == in->n)
		return work->result;
	work->fixed = work->ask->entry != AN_ENTRY_ANY;
	work->entry_time = in->times[from];
	if (work->ask->order == AN_ORDER_ANY)
		an_conversion_any(work, in, from, false);
	else
		an_conversion_chain(work, in, from, false);
	return work->result;
}

void
an_conversion_attempts(AnConversionWork *work, const AnConversionEvents *in,
					   AnConversionAttempt function, void *arg)
{
	uint32_t from = find_entry(work, in, 0);

	work->fixed = work->ask->entry == AN_ENTRY_FIRST;
	while (from < in->n)
	{
		an_conversion_clear(work);
		work->entry_time = in->times[from];
		if (work->ask->order == AN_ORDER_ANY)
			from = an_conversion_any(work, in, from, true);
		else
			from = an_conversion_chain(work, in, from, true);
		function(arg, &work->result);
		from = find_entry(work, in, from);
	}
}

bool
an_conversion_can_begin(const AnConversionWork *work, const AnConversionEvents *in, uint32_t event)
{
	const uint64_t *mask = an_conversion_mask(work, in, event);

	for (uint32_t word = 0; word < work->step_words; word++)
		if (mask[word] & work->begins[word])
			return in->times[event] < work->ask->entry_until || work->ask->entry_until == INT64_MAX;
	return false;
}

/* Returns the first event of the first instant, from `from` on, that can begin a chain; in->n for none. */
static uint32_t
find_entry(const AnConversionWork *work, const AnConversionEvents *in, uint32_t from)
{
	uint32_t event = from;

	while (event < in->n && !an_conversion_can_begin(work, in, event))
		event++;
	if (event == in->n)
		return event;
	while (event > from && in->times[event - 1] == in->times[event])
		event--;
	return event;
}

/* The same for the last instant that can. */
static uint32_t
find_last_entry(const AnConversionWork *work, const AnConversionEvents *in)
{
	uint32_t event = in->n;

	while (event > 0 && !an_conversion_can_begin(work, in, event - 1))
		event--;
	if (event == 0)
		return in->n;
	for (event--; event > 0 && in->times[event - 1] == in->times[event];)
		event--;
	return event;
}

uint32_t
an_conversion_entry(const AnConversionWork *work, const AnConversionEvents *in)
{
	return work->ask->entry == AN_ENTRY_LAST ? find_last_entry(work, in) : find_entry(work, in, 0);
}

/* Where the commonest question stands. */
typedef struct FastWalk
{
	uint32_t level; /* steps reached */
	uint32_t from;	/* first event of the instant at which the last of them was */
	uint32_t to;	/* behind the last event of it */
} FastWalk;

/* Reads from any entry. */
static FastWalk
walk_any(const AnConversionWork *work, const AnConversionEvents *in)
{
	FastWalk walk = {0};
	int64_t until = work->ask->entry_until;
	int64_t starts[64]; /* by step: latest start of a chain that reaches it */

	for (uint32_t from = 0, to; from < in->n; from = to)
	{
		int64_t time = in->times[from];
		uint64_t steps = in->masks[from];

		for (to = from + 1; to < in->n && in->times[to] == time; to++)
			steps |= in->masks[to];
		for (steps &= work->last_word; steps != 0; steps &= steps - 1)
		{
			uint32_t step = (uint32_t) __builtin_ctzll(steps);
			int64_t start = time;

			if (step > walk.level)
				break;
			if (step == 0 && time >= until && until != INT64_MAX)
				continue;
			if (step > 0)
			{
				start = starts[step - 1];
				if (!an_conversion_within(work, start, time))
					continue;
			}
			starts[step] = start;
			if (step == walk.level)
				walk = (FastWalk){step + 1, from, to};
		}
		if (walk.level == work->n_steps)
			break;
	}
	return walk;
}

/* Reads from the first entry, which stands at `from`. */
static FastWalk
walk_first(const AnConversionWork *work, const AnConversionEvents *in, uint32_t from)
{
	FastWalk walk = {0};
	int64_t start = in->times[from];

	for (uint32_t to; from < in->n && walk.level < work->n_steps; from = to)
	{
		int64_t time = in->times[from];
		uint64_t steps = in->masks[from];
		uint32_t level = walk.level;

		if (!an_conversion_within(work, start, time))
			break;
		for (to = from + 1; to < in->n && in->times[to] == time; to++)
			steps |= in->masks[to];
		while (level < work->n_steps && (steps >> level & 1))
			level++;
		if (level > walk.level)
			walk = (FastWalk){level, from, to};
	}
	return walk;
}

/* Finds the events of the chain, from its last step back to its first. */
static void
trace_back(AnConversionWork *work, const AnConversionEvents *in, const FastWalk *walk)
{
	uint32_t next = walk->level; /* the step above the one that is looked for */
	int64_t until = work->fixed ? work->entry_time + 1 : work->ask->entry_until;

	for (uint32_t to = walk->to, from; next > 0; to = from)
	{
		int64_t time = in->times[to - 1];
		uint64_t steps = 0;
		uint64_t wanted = 0;

		for (from = to; from > 0 && in->times[from - 1] == time; from--)
			steps |= in->masks[from - 1];
		while (next > 0 && (steps >> (next - 1) & 1) &&
			   (next > 1 || time < until || until == INT64_MAX))
			wanted |= UINT64_C(1) << --next;
		for (uint32_t event = from; wanted != 0; event++)
			for (uint64_t taken = in->masks[event] & wanted; taken != 0; taken &= taken - 1)
			{
				work->events[__builtin_ctzll(taken)] = event;
				wanted &= ~(taken & -taken);
			}
	}
}

static void
run_fast(AnConversionWork *work, const AnConversionEvents *in)
{
	FastWalk walk = {0};
	uint32_t from = 0;

	work->fixed = work->ask->entry == AN_ENTRY_FIRST;
	if (work->fixed)
	{
		from = find_entry(work, in, 0);
		if (from < in->n)
		{
			work->entry_time = in->times[from];
			walk = walk_first(work, in, from);
		}
	}
	else
		walk = walk_any(work, in);
	if (walk.level == 0)
		return;
	trace_back(work, in, &walk);
	work->result.level = walk.level;
	work->reached[0] = walk.level == 64 ? UINT64_MAX : (UINT64_C(1) << walk.level) - 1;
	work->continued[0] = work->reached[0] & ~UINT64_C(1);
}
