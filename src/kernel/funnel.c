/*
 * funnel.c - how far a chain of steps was followed within a window
 */
#include "kernel/funnel.h"

#include <string.h>

#include "kernel/funnel_match.h"

/* Below so many events nothing is dropped. */
#define COMPACT_MIN 64

/* Up to so many steps a walk needs no memory. */
#define STACK_STEPS 64

#define ALL_MODES                                                                                  \
	(AN_FUNNEL_STRICT_ORDER | AN_FUNNEL_STRICT_DEDUPLICATION | AN_FUNNEL_STRICT_INCREASE |         \
	 AN_FUNNEL_STRICT_ONCE | AN_FUNNEL_ALLOW_REENTRY)

/* A reading of events in order. */
typedef struct Walk
{
	const AnTimeline *timeline; /* the events */
	const AnFunnel *funnel;		/* the question */
	const AnMemory *scratch;	/* for matches, and for tables of many steps */
	uint32_t n_steps;			/* steps */
	uint32_t n_words;			/* words of a mask */
	uint32_t level;				/* steps reached so far */
	uint32_t level_before;		/* the same before this instant */
	int64_t *starts;			/* by step reached: latest start of a chain that reaches it */
	int64_t *starts_before; /* the same before this instant; in strict_once and strict_increase */
	uint64_t *any;			/* steps that an event of this instant satisfies */
	uint64_t *twice;		/* steps that two events of it satisfy */
	bool matched;			/* several events of this instant share its steps: match is set */
	AnFunnelMatch match;	/* which of them takes which step; count is NULL until needed */
	void *block;			/* memory taken for the tables, or NULL */
	int64_t stack[2 * STACK_STEPS]; /* starts and starts_before of few steps */
	uint64_t masks[2];				/* any and twice of few steps */
} Walk;

static void
walk_begin(Walk *walk, const AnTimeline *timeline, const AnFunnel *funnel, const AnMemory *scratch);
static void walk_end(Walk *walk);
static void walk_events(Walk *walk, uint32_t end);
static bool walk_instant(Walk *walk, uint32_t from, uint32_t to);
static bool gather(Walk *walk, uint32_t from, uint32_t to);
static bool read_step(Walk *walk, int64_t time, uint32_t step);
static bool find_start(Walk *walk, int64_t time, uint32_t step, int64_t *start);
static bool stops(const AnFunnel *funnel);
static void fold(AnTimeline *timeline, const AnFunnel *funnel, const AnMemory *scratch);

AnStatus
an_funnel_check(const AnFunnel *funnel)
{
	if (funnel->window_us < 1 || (funnel->modes & ~ALL_MODES))
		return AN_ERR_ARGUMENT;
	if ((funnel->modes & AN_FUNNEL_ALLOW_REENTRY) && !(funnel->modes & AN_FUNNEL_STRICT_ORDER))
		return AN_ERR_ARGUMENT;
	return AN_OK;
}

void
an_funnel_write(const AnFunnel *funnel, uint8_t *bytes)
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t) ((uint64_t) funnel->window_us >> (8 * i));
	bytes[8] = funnel->modes;
}

AnStatus
an_funnel_read(const uint8_t *bytes, size_t size, AnFunnel *funnel)
{
	uint64_t window = 0;

	if (size != AN_FUNNEL_SIZE)
		return AN_ERR_CORRUPT;
	for (int i = 0; i < 8; i++)
		window |= (uint64_t) bytes[i] << (8 * i);
	*funnel = (AnFunnel){.window_us = (int64_t) window, .modes = bytes[8]};
	return an_funnel_check(funnel) == AN_OK ? AN_OK : AN_ERR_CORRUPT;
}

AnStatus
an_funnel_add(AnTimeline *timeline, const AnFunnel *funnel, const AnMemory *memory,
			  const AnMemory *scratch, int64_t time, const uint64_t *mask, bool ascending)
{
	if (timeline->n_events == timeline->capacity && timeline->n_events >= COMPACT_MIN)
	{
		if (ascending && !stops(funnel))
			fold(timeline, funnel, scratch);
		an_funnel_compact(timeline, funnel, memory, scratch);
		if (timeline->flags & AN_FUNNEL_COMPLETE)
			return AN_OK;
		/* Not again and again for a few places each time. */
		if (timeline->n_events / 3 >= timeline->capacity / 4)
			an_timeline_reserve(timeline, memory, timeline->capacity * 2);
	}
	return an_timeline_append(timeline, memory, time, mask);
}

/* True for the modes in which more events may mean a lower level. */
static bool
stops(const AnFunnel *funnel)
{
	return funnel->modes & (AN_FUNNEL_STRICT_ORDER | AN_FUNNEL_STRICT_DEDUPLICATION);
}

static void
complete(AnTimeline *timeline, const AnMemory *memory)
{
	an_timeline_free(timeline, memory);
	timeline->flags |= AN_FUNNEL_COMPLETE;
}

void
an_funnel_compact(AnTimeline *timeline, const AnFunnel *funnel, const AnMemory *memory,
				  const AnMemory *scratch)
{
	an_timeline_sort(timeline, scratch);
	if (stops(funnel))
		return;
	/* Also true where the flag came with the state of other events. */
	if (an_funnel_level(timeline, funnel, scratch) == timeline->n_steps)
		complete(timeline, memory);
	else if (!(funnel->modes & AN_FUNNEL_STRICT_ONCE) ||
			 (funnel->modes & AN_FUNNEL_STRICT_INCREASE))
		an_timeline_union(timeline);
}

/* Adds an event with the steps [first, last]. */
static void
append_steps(AnTimeline *timeline, const AnMemory *memory, int64_t time, uint32_t first,
			 uint32_t last)
{
	uint64_t mask[AN_TIMELINE_MASK_WORDS] = {0};

	for (uint32_t step = first; step <= last; step++)
		mask[step / 64] |= UINT64_C(1) << (step % 64);
	/* Never more than there were, so within the limit. */
	(void) an_timeline_append(timeline, memory, time, mask);
}

/*
 * Adds the fewest events from which a reading comes to the same starts as the
 * walk: for each start one chain to the highest step that was reached from it.
 * In strict_increase its steps are a microsecond apart; the chain that they
 * stand for took at least as long.
 */
static void
append_starts(AnTimeline *timeline, const AnMemory *memory, const Walk *walk)
{
	bool increase = walk->funnel->modes & AN_FUNNEL_STRICT_INCREASE;
	bool apart = increase || (walk->funnel->modes & AN_FUNNEL_STRICT_ONCE);

	for (uint32_t last = walk->level; last-- > 0;)
	{
		int64_t start = walk->starts[last];

		if (last + 1 < walk->level && walk->starts[last + 1] == start)
			continue;
		if (!apart)
			append_steps(timeline, memory, start, 0, last);
		else
			for (uint32_t step = 0; step <= last; step++)
				append_steps(timeline, memory, increase ? start + step : start, step, step);
	}
}

/*
 * Replaces all events but those of the last instant by the few that mean the
 * same to whatever comes at that instant or behind it.
 */
static void
fold(AnTimeline *timeline, const AnFunnel *funnel, const AnMemory *scratch)
{
	AnTimeline folded;
	Walk walk;
	uint32_t last = timeline->n_events - 1;
	size_t event_size;

	an_timeline_sort(timeline, scratch);
	while (last > 0 && an_timeline_time(timeline, last - 1) == an_timeline_time(timeline, last))
		last--;
	an_timeline_init(&folded, timeline->n_steps, NULL, 0);
	folded.stride = timeline->stride;
	walk_begin(&walk, timeline, funnel, scratch);
	walk_events(&walk, last);
	if (walk.level < timeline->n_steps)
		append_starts(&folded, scratch, &walk);
	walk_end(&walk);
	/* Where the last step was reached, compacting is next and finds it. */
	if (walk.level < timeline->n_steps && folded.n_events < last)
	{
		event_size = timeline->stride * sizeof(int64_t);
		an_timeline_sort(&folded, scratch);
		memmove(timeline->words + (size_t) folded.n_events * timeline->stride,
				timeline->words + (size_t) last * timeline->stride,
				(timeline->n_events - last) * event_size);
		if (folded.n_events > 0)
			memcpy(timeline->words, folded.words, folded.n_events * event_size);
		timeline->n_events -= last - folded.n_events;
	}
	an_timeline_free(&folded, scratch);
}

uint32_t
an_funnel_level(AnTimeline *timeline, const AnFunnel *funnel, const AnMemory *scratch)
{
	Walk walk;

	if (timeline->flags & AN_FUNNEL_COMPLETE)
		return timeline->n_steps;
	an_timeline_sort(timeline, scratch);
	walk_begin(&walk, timeline, funnel, scratch);
	walk_events(&walk, timeline->n_events);
	walk_end(&walk);
	return walk.level;
}

static void
walk_begin(Walk *walk, const AnTimeline *timeline, const AnFunnel *funnel, const AnMemory *scratch)
{
	size_t n = timeline->n_steps;
	size_t n_words = an_timeline_mask_words(timeline->n_steps);

	walk->timeline = timeline;
	walk->funnel = funnel;
	walk->scratch = scratch;
	walk->n_steps = timeline->n_steps;
	walk->n_words = (uint32_t) n_words;
	walk->level = 0;
	walk->match.count = NULL;
	walk->block = NULL;
	walk->starts = walk->stack;
	walk->any = walk->masks;
	if (n > STACK_STEPS)
	{
		walk->block = an_memory_take(scratch, 2 * (n + n_words) * sizeof(int64_t));
		walk->starts = walk->block;
		walk->any = (uint64_t *) (walk->starts + 2 * n);
	}
	walk->starts_before = walk->starts + n;
	walk->twice = walk->any + n_words;
}

static void
walk_end(Walk *walk)
{
	if (walk->match.count)
		an_funnel_match_free(&walk->match, walk->scratch);
	an_memory_give(walk->scratch, walk->block);
}

/* Reads the events before `end`, until something stops it. */
static void
walk_events(Walk *walk, uint32_t end)
{
	uint32_t to;

	for (uint32_t from = 0; from < end; from = to)
	{
		to = an_timeline_instant(walk->timeline, from);
		if (!walk_instant(walk, from, to))
			return;
	}
}

/* Reads the events of one instant; false where that ends the reading. */
static bool
walk_instant(Walk *walk, uint32_t from, uint32_t to)
{
	uint8_t modes = walk->funnel->modes;
	int64_t time = an_timeline_time(walk->timeline, from);
	bool foreign = gather(walk, from, to);

	if (foreign && (modes & AN_FUNNEL_STRICT_ORDER) && walk->level > 0)
		return false;
	if (modes & (AN_FUNNEL_STRICT_INCREASE | AN_FUNNEL_STRICT_ONCE))
	{
		memcpy(walk->starts_before, walk->starts, walk->level * sizeof(int64_t));
		walk->level_before = walk->level;
	}
	for (uint32_t word = 0; word < walk->n_words; word++)
		for (uint64_t bits = walk->any[word]; bits != 0; bits &= bits - 1)
			if (!read_step(walk, time, 64 * word + (uint32_t) __builtin_ctzll(bits)))
				return false;
	return true;
}

/* Collects the steps of an instant; returns whether an event is without any. */
static bool
gather(Walk *walk, uint32_t from, uint32_t to)
{
	const AnTimeline *timeline = walk->timeline;
	uint64_t mask[AN_TIMELINE_MASK_WORDS];
	bool foreign = false;

	walk->matched = to - from > 1 && (walk->funnel->modes & AN_FUNNEL_STRICT_ONCE) &&
					!(walk->funnel->modes & AN_FUNNEL_STRICT_INCREASE);
	if (walk->matched)
	{
		if (!walk->match.count)
			an_funnel_match_init(&walk->match, walk->n_steps, walk->scratch);
		an_funnel_match_begin(&walk->match);
	}
	memset(walk->any, 0, 2 * walk->n_words * sizeof(uint64_t));
	for (uint32_t i = from; i < to; i++)
	{
		uint64_t steps = 0;

		for (uint32_t word = 0; word < walk->n_words; word++)
		{
			mask[word] = an_timeline_mask(timeline, i, word);
			walk->twice[word] |= walk->any[word] & mask[word];
			walk->any[word] |= mask[word];
			steps |= mask[word];
		}
		foreign |= steps == 0;
		if (walk->matched)
			an_funnel_match_event(&walk->match, mask);
	}
	return foreign;
}

/* Reads what satisfies one step at this instant; false where that ends the reading. */
static bool
read_step(Walk *walk, int64_t time, uint32_t step)
{
	uint8_t modes = walk->funnel->modes;
	int64_t start;

	if ((modes & AN_FUNNEL_STRICT_DEDUPLICATION) && step > 0 && step < walk->level)
		return false;
	if (step > walk->level)
		return !(modes & AN_FUNNEL_STRICT_ORDER) || (modes & AN_FUNNEL_ALLOW_REENTRY) ||
			   walk->level == 0;
	if (find_start(walk, time, step, &start))
	{
		walk->starts[step] = start;
		if (step == walk->level)
			walk->level++;
		if (walk->level == walk->n_steps)
			return false;
	}
	return !(modes & AN_FUNNEL_STRICT_DEDUPLICATION) || step == 0 || step >= walk->level ||
		   !(walk->twice[step / 64] >> (step % 64) & 1);
}

/*
 * Finds the latest start of a chain whose next step is `step`, at this time;
 * false where there is none, or it is too long ago.
 */
static bool
find_start(Walk *walk, int64_t time, uint32_t step, int64_t *start)
{
	uint32_t below = step; /* the step above the highest of the chain before this instant */

	if (walk->matched)
		below = an_funnel_match_lowest(&walk->match, step);
	if (below == 0)
	{
		*start = time;
		return true;
	}
	if (walk->funnel->modes & (AN_FUNNEL_STRICT_INCREASE | AN_FUNNEL_STRICT_ONCE))
	{
		if (below > walk->level_before)
			return false;
		*start = walk->starts_before[below - 1];
	}
	else
		*start = walk->starts[below - 1];
	return (uint64_t) time - (uint64_t) *start <= (uint64_t) walk->funnel->window_us;
}
