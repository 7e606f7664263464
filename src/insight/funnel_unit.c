/*
 * funnel_unit.c - every entity's way through the steps
 *
 * Entities are split as far as the question wants it, from the outside inwards: by the
 * value of the breakdown (attribution all), by period, by session, by the values that are held.
 * What is left is a run of events that the kernel answers for.
 */
#include "insight/funnel_unit.h"

#include "miscadmin.h"

static void number_sessions(const AnFunnelReader *reader, AnFunnelRun *run);
static void take_values(AnFunnelReader *reader, const AnFunnelRun *run);
static void take_periods(AnFunnelReader *reader, const AnFunnelRun *run);
static void take_sessions(AnFunnelReader *reader, const AnFunnelRun *run);
static void take_holds(AnFunnelReader *reader, const AnFunnelRun *run);
static bool next_group(AnFunnelReader *reader, AnFunnelSplit split, const uint32 *numbers,
					   uint32 *at, AnFunnelRun *group);
static void begin_split(AnFunnelReader *reader, AnFunnelSplit split, const AnFunnelRun *run,
						const uint32 *numbers);
static void answer(AnFunnelReader *reader, const AnFunnelRun *run);
static void
add_result(AnFunnelReader *reader, const AnFunnelRun *run, const AnConversionResult *result);
static int64
set_moments(AnFunnelReader *reader, const AnFunnelRun *run, const AnConversionResult *result);
static bool
is_better(const AnFunnelReader *reader, const AnConversionResult *result, int64 last, uint32 rank);
static uint32
rank_of(const AnFunnelReader *reader, const AnFunnelRun *run, const AnConversionResult *result);
static void take_attempt(void *arg, const AnConversionResult *result);
static void finish_unit(AnFunnelReader *reader);

static void *
grown(void *block, Size size)
{
	return block ? repalloc_huge(block, size) : MemoryContextAllocHuge(CurrentMemoryContext, size);
}

void
an_funnel_reserve(AnFunnelReader *reader, AnFunnelRun *run, uint32 n)
{
	Size capacity = run->capacity;

	if (n <= capacity)
		return;
	capacity = Max(n, Max(64, 2 * capacity));
	run->times = grown(run->times, capacity * sizeof(int64));
	run->masks = grown(run->masks, capacity * reader->mask_words * sizeof(uint64));
	if (reader->values_word >= 0)
	{
		run->values = grown(run->values, capacity * sizeof(uint32));
		run->holds = grown(run->holds, capacity * sizeof(uint32));
	}
	if (reader->ask->by_session)
		run->sessions = grown(run->sessions, capacity * sizeof(uint32));
	run->capacity = (uint32) Min(capacity, PG_UINT32_MAX);
}

void
an_funnel_units(AnFunnelReader *reader)
{
	if (reader->ask->by_session && reader->session_word < 0)
		number_sessions(reader, &reader->run);
	take_values(reader, &reader->run);
}

/* Numbers the sessions of a source that has none: what lies further apart than the gap. */
static void
number_sessions(const AnFunnelReader *reader, AnFunnelRun *run)
{
	uint32 session = 1;

	for (uint32 i = 0; i < run->n; i++)
	{
		if (i > 0 && run->times[i] - run->times[i - 1] > reader->ask->session_gap_us)
			session++;
		run->sessions[i] = session;
	}
}

/* Adds an event of one run to another, which has room. */
static void
copy_event(const AnFunnelReader *reader, AnFunnelRun *to, const AnFunnelRun *from, uint32 i)
{
	to->times[to->n] = from->times[i];
	memcpy(to->masks + (Size) to->n * reader->mask_words,
		   from->masks + (Size) i * reader->mask_words, reader->mask_words * sizeof(uint64));
	if (reader->values_word >= 0)
	{
		to->values[to->n] = from->values[i];
		to->holds[to->n] = from->holds[i];
	}
	if (reader->ask->by_session)
		to->sessions[to->n] = from->sessions[i];
	to->n++;
}

/* A part of a run, from one event to another, which shares its arrays. */
static AnFunnelRun
part_of(const AnFunnelReader *reader, const AnFunnelRun *run, uint32 from, uint32 to)
{
	AnFunnelRun part = *run;

	part.times += from;
	part.masks += (Size) from * reader->mask_words;
	if (reader->values_word >= 0)
	{
		part.values += from;
		part.holds += from;
	}
	if (reader->ask->by_session)
		part.sessions += from;
	part.n = to - from;
	part.capacity = 0;
	return part;
}

static int
compare_orders(const void *a, const void *b)
{
	uint64 x = *(const uint64 *) a;
	uint64 y = *(const uint64 *) b;

	return x < y ? -1 : x > y;
}

/*
 * Copies a run into the scratch of a split, its groups one after the other: events of one number,
 * in order of time.
 */
static void
begin_split(AnFunnelReader *reader, AnFunnelSplit split, const AnFunnelRun *run,
			const uint32 *numbers)
{
	AnFunnelRun *copy = &reader->splits[split];
	uint64 *order;

	an_funnel_reserve(reader, copy, run->n);
	if (reader->orders_size[split] < run->n)
	{
		reader->orders_size[split] = copy->capacity;
		reader->orders[split] = grown(reader->orders[split], copy->capacity * sizeof(uint64));
	}
	order = reader->orders[split];
	for (uint32 i = 0; i < run->n; i++)
		order[i] = (uint64) numbers[i] << 32 | i;
	qsort(order, run->n, sizeof(uint64), compare_orders);
	copy->n = 0;
	for (uint32 i = 0; i < run->n; i++)
		copy_event(reader, copy, run, (uint32) order[i]);
}

/* Sets the group that begins at `at` of a split, and moves on; false behind the last.  `numbers` are those of the split. */
static bool
next_group(AnFunnelReader *reader, AnFunnelSplit split, const uint32 *numbers, uint32 *at,
		   AnFunnelRun *group)
{
	const AnFunnelRun *run = &reader->splits[split];
	uint32 from = *at;

	if (from >= run->n)
		return false;
	while (*at < run->n && numbers[*at] == numbers[from])
		++*at;
	*group = part_of(reader, run, from, *at);
	return true;
}

/* Attribution all: every value makes a unit of its own. */
static void
take_values(AnFunnelReader *reader, const AnFunnelRun *run)
{
	const uint32 *numbers;
	uint32 at = 0;
	AnFunnelRun group;

	if (!reader->ask->breakdown || reader->ask->attribution != AN_ATTRIBUTE_ALL)
	{
		take_periods(reader, run);
		return;
	}
	begin_split(reader, AN_SPLIT_VALUE, run, run->values);
	numbers = reader->splits[AN_SPLIT_VALUE].values;
	while (next_group(reader, AN_SPLIT_VALUE, numbers, &at, &group))
		take_periods(reader, &group);
}

/* Periods: chains that begin in each, whose later steps may lie behind it. */
static void
take_periods(AnFunnelReader *reader, const AnFunnelRun *run)
{
	AnFunnelAsk *ask = reader->ask;
	uint32 from = 0;
	uint32 to = 0;

	if (ask->n_periods == 0)
	{
		take_sessions(reader, run);
		return;
	}
	for (reader->period = 0; reader->period < ask->n_periods && from < run->n; reader->period++)
	{
		int64 end = reader->periods[reader->period + 1];
		TimestampTz until = an_funnel_until(ask, end);
		AnFunnelRun part;

		CHECK_FOR_INTERRUPTS();
		while (from < run->n && run->times[from] < reader->periods[reader->period])
			from++;
		if (from == run->n || run->times[from] >= end)
			continue;
		/* What lies behind every window of the period would be read for nothing, period after period. */
		for (to = Max(to, from); to < run->n && run->times[to] < until;)
			to++;
		ask->conversion.entry_until = end;
		part = part_of(reader, run, from, to);
		take_sessions(reader, &part);
	}
}

static void
take_sessions(AnFunnelReader *reader, const AnFunnelRun *run)
{
	const uint32 *numbers;
	uint32 at = 0;
	AnFunnelRun group;

	if (!reader->ask->by_session)
		take_holds(reader, run);
	else
	{
		begin_split(reader, AN_SPLIT_SESSION, run, run->sessions);
		numbers = reader->splits[AN_SPLIT_SESSION].sessions;
		while (next_group(reader, AN_SPLIT_SESSION, numbers, &at, &group))
		{
			if (group.sessions[0] == AN_FUNNEL_NO_VALUE)
				continue;
			take_holds(reader, &group);
			if (reader->ask->counting == AN_COUNT_SESSIONS)
				finish_unit(reader);
		}
	}
	finish_unit(reader);
}

static void
take_holds(AnFunnelReader *reader, const AnFunnelRun *run)
{
	const uint32 *numbers;
	uint32 at = 0;
	AnFunnelRun group;

	if (!reader->ask->hold)
	{
		answer(reader, run);
		return;
	}
	begin_split(reader, AN_SPLIT_HOLD, run, run->holds);
	numbers = reader->splits[AN_SPLIT_HOLD].holds;
	while (next_group(reader, AN_SPLIT_HOLD, numbers, &at, &group))
		if (group.holds[0] != AN_FUNNEL_NO_VALUE)
			answer(reader, &group);
}

/* Sends a run through the steps. */
static void
answer(AnFunnelReader *reader, const AnFunnelRun *run)
{
	AnConversionEvents events = {.times = run->times, .masks = run->masks, .n = run->n};
	AnConversionResult result;

	/* One entity can be all there is. */
	CHECK_FOR_INTERRUPTS();
	if (reader->ask->counting == AN_COUNT_TOTALS)
	{
		reader->attempted = run;
		an_conversion_attempts(reader->work, &events, take_attempt, reader);
		return;
	}
	result = an_conversion_run(reader->work, &events);
	if (result.level > 0 && !result.left)
		add_result(reader, run, &result);
}

static void
take_attempt(void *arg, const AnConversionResult *result)
{
	AnFunnelReader *reader = arg;

	if (result->level > 0 && !result->left)
		add_result(reader, reader->attempted, result);
	finish_unit(reader);
}

/* Adds what came of a run to the unit under way: its chain, where it is the better one. */
static void
add_result(AnFunnelReader *reader, const AnFunnelRun *run, const AnConversionResult *result)
{
	AnFunnelBest *best = &reader->best;
	uint32 n_steps = reader->ask->conversion.n_steps;
	uint32 n_words = (n_steps + AN_FUNNEL_MASK_BITS - 1) / AN_FUNNEL_MASK_BITS;
	uint32 rank = rank_of(reader, run, result);
	int64 *moments = reader->moments;
	int64 last;

	for (uint32 word = 0; word < n_words; word++)
	{
		best->reached[word] = result->reached[word] | (best->level ? best->reached[word] : 0);
		best->continued[word] = result->continued[word] | (best->level ? best->continued[word] : 0);
	}
	last = set_moments(reader, run, result);
	if (!is_better(reader, result, last, rank))
		return;
	best->level = result->level;
	best->last = last;
	best->rank = rank;
	reader->moments = best->moments;
	best->moments = moments;
	for (uint32 step = 0; step < n_steps; step++)
	{
		best->taken[step] = result->events[step] != AN_CONVERSION_NONE;
		if (best->taken[step])
			best->times[step] = run->times[result->events[step]];
	}
}

/*
 * Sets a time for each step up to the highest: that of its event; for a step that was left out that of the
 * step before, and in front of the beginning that of the beginning.  Returns when the chain got there.
 */
static int64
set_moments(AnFunnelReader *reader, const AnFunnelRun *run, const AnConversionResult *result)
{
	int64 moment = PG_INT64_MAX;

	for (uint32 step = 0; step < result->level; step++)
		if (result->events[step] != AN_CONVERSION_NONE)
			moment = Min(moment, run->times[result->events[step]]);
	for (uint32 step = 0; step < result->level; step++)
	{
		if (result->events[step] != AN_CONVERSION_NONE)
			moment = run->times[result->events[step]];
		reader->moments[step] = moment;
	}
	return moment;
}

/*
 * Tells whether a chain comes before the one that the unit has: the rules of kernel/conversion.h, here among
 * runs; and of chains that are the same to them the one whose value sorts first.
 */
static bool
is_better(const AnFunnelReader *reader, const AnConversionResult *result, int64 last, uint32 rank)
{
	const AnFunnelBest *best = &reader->best;

	if (result->level != best->level)
		return result->level > best->level;
	if (last != best->last)
		return last < best->last;
	if (reader->ask->conversion.scope == AN_SCOPE_FUNNEL && reader->moments[0] != best->moments[0])
		return reader->moments[0] > best->moments[0];
	for (uint32 step = result->level; step-- > 0;)
		if (reader->moments[step] != best->moments[step])
			return reader->moments[step] > best->moments[step];
	for (uint32 step = result->level; step-- > 0;)
		if (best->taken[step] != (result->events[step] != AN_CONVERSION_NONE))
			return !best->taken[step];
	return rank < best->rank;
}

/* Returns the rank of the value of the breakdown that a chain belongs to. */
static uint32
rank_of(const AnFunnelReader *reader, const AnFunnelRun *run, const AnConversionResult *result)
{
	const AnFunnelAsk *ask = reader->ask;
	uint32 event = AN_CONVERSION_NONE;

	if (!ask->breakdown)
		return 0;
	if (ask->attribution == AN_ATTRIBUTE_STEP)
		event = result->events[ask->attribution_step];
	else
		for (uint32 step = 0; step < ask->conversion.n_steps; step++)
			if (result->events[step] != AN_CONVERSION_NONE &&
				(event == AN_CONVERSION_NONE || ask->attribution == AN_ATTRIBUTE_LAST))
				event = result->events[step];
	return event == AN_CONVERSION_NONE ? reader->ranks[AN_FUNNEL_NO_VALUE] : run->values[event];
}

/* Hands the unit under way on, and begins the next. */
static void
finish_unit(AnFunnelReader *reader)
{
	AnFunnelBest *best = &reader->best;
	AnFunnelUnit unit = {.key = reader->key,
						 .key_size = reader->key_size,
						 .level = best->level,
						 .reached = best->reached,
						 .continued = best->continued,
						 .times = best->times,
						 .taken = best->taken,
						 .value = reader->order[best->rank],
						 .period = reader->period};

	if (best->level == 0)
		return;
	reader->function(reader->arg, &unit);
	best->level = 0;
}
