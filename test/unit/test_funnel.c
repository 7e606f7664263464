/*
 * test_funnel.c - the funnel kernel
 *
 * Proven: levels worked out by hand; in the modes without stops, the level of
 * the longest chain by its definition, found by trying every chain; in all
 * combinations of modes, the answer of a reading that keeps every chain it ever
 * finds, events of one time in every order; that the order in which events come,
 * dropping those that no longer matter, and merging parts through their stored
 * form change nothing; many steps, far times and large windows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/funnel.h"

#define countof(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_EVENTS	   400
#define MAX_CHAINS	   20000
#define ORDER		   AN_FUNNEL_STRICT_ORDER
#define DEDUPLICATION  AN_FUNNEL_STRICT_DEDUPLICATION
#define INCREASE	   AN_FUNNEL_STRICT_INCREASE
#define ONCE		   AN_FUNNEL_STRICT_ONCE
#define REENTRY		   AN_FUNNEL_ALLOW_REENTRY

/* One row: its time, and bit k for step k + 1. */
typedef struct Event
{
	int64_t time;
	uint64_t mask;
} Event;

/* Rows of one entity. */
typedef struct History
{
	int n_events;
	int n_steps;
	Event events[MAX_EVENTS];
} History;

/* Every combination of modes that means something. */
static const uint8_t all_modes[] = {
	0,
	INCREASE,
	ONCE,
	INCREASE | ONCE,
	DEDUPLICATION,
	DEDUPLICATION | INCREASE,
	DEDUPLICATION | ONCE,
	DEDUPLICATION | INCREASE | ONCE,
	ORDER,
	ORDER | INCREASE,
	ORDER | ONCE,
	ORDER | INCREASE | ONCE,
	ORDER | DEDUPLICATION,
	ORDER | DEDUPLICATION | INCREASE,
	ORDER | DEDUPLICATION | ONCE,
	ORDER | DEDUPLICATION | INCREASE | ONCE,
	ORDER | REENTRY,
	ORDER | REENTRY | INCREASE,
	ORDER | REENTRY | ONCE,
	ORDER | REENTRY | INCREASE | ONCE,
	ORDER | REENTRY | DEDUPLICATION,
	ORDER | REENTRY | DEDUPLICATION | INCREASE,
	ORDER | REENTRY | DEDUPLICATION | ONCE,
	ORDER | REENTRY | DEDUPLICATION | INCREASE | ONCE,
};

static uint64_t seed = 11;
static int n_blocks;

/* splitmix64: the same histories on every machine. */
static uint64_t
random_bits(void)
{
	uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static int
random_below(int n)
{
	return (int) (random_bits() % (uint64_t) n);
}

static void *
take(void *owner, size_t size)
{
	(void) owner;
	n_blocks++;
	return malloc(size);
}

static void
give(void *owner, void *block)
{
	(void) owner;
	n_blocks -= block != NULL;
	free(block);
}

static const AnMemory memory = {.take = take, .give = give};

/* ---- the kernel under test */

/* Adds events [from, to) in this order. */
static void
add_events(AnTimeline *timeline, const AnFunnel *funnel, const History *history, int from, int to,
		   bool ascending)
{
	for (int i = from; i < to; i++)
	{
		uint64_t mask[AN_TIMELINE_MASK_WORDS] = {history->events[i].mask};

		if (an_funnel_keeps(timeline, funnel, mask[0] != 0))
			assert_int_equal(an_funnel_add(timeline, funnel, &memory, &memory,
										   history->events[i].time, mask, ascending),
							 AN_OK);
	}
}

static uint32_t
level_of(const History *history, const AnFunnel *funnel)
{
	AnTimeline timeline;
	int64_t words[6];
	uint32_t level;

	an_timeline_init(&timeline, (uint32_t) history->n_steps, words, countof(words));
	add_events(&timeline, funnel, history, 0, history->n_events, false);
	level = an_funnel_level(&timeline, funnel, &memory);
	an_timeline_free(&timeline, &memory);
	return level;
}

/* Stores a state as its room does; returns the bytes. */
static size_t
store(AnTimeline *timeline, const AnFunnel *funnel, uint8_t *bytes)
{
	uint8_t parameters[AN_FUNNEL_SIZE];
	AnTimelineHeader header = {.kind = 1,
							   .n_steps = timeline->n_steps,
							   .parameters = parameters,
							   .parameters_size = sizeof(parameters)};
	size_t size;

	an_funnel_compact(timeline, funnel, &memory, &memory);
	an_funnel_write(funnel, parameters);
	header.flags = timeline->flags;
	size = an_timeline_header_write(&header, bytes);
	an_timeline_events_write(timeline, bytes + size);
	return size + an_timeline_events_size(timeline);
}

/* Adds what was stored to a state. */
static void
merge(AnTimeline *timeline, const AnFunnel *funnel, const uint8_t *bytes, size_t size)
{
	AnTimelineHeader header;
	AnFunnel read;
	size_t begin;

	assert_int_equal(an_timeline_header_read(bytes, size, &header), AN_OK);
	assert_int_equal(header.n_steps, timeline->n_steps);
	assert_int_equal(an_funnel_read(header.parameters, header.parameters_size, &read), AN_OK);
	assert_true(read.window_us == funnel->window_us && read.modes == funnel->modes);
	begin = an_timeline_header_size(header.parameters_size);
	timeline->flags |= header.flags;
	if (!(timeline->flags & AN_FUNNEL_COMPLETE))
		assert_int_equal(an_timeline_events_read(timeline, &memory, bytes + begin, size - begin),
						 AN_OK);
}

static void
shuffle(History *history, int from, int to)
{
	for (int i = to - 1; i > from; i--)
	{
		int other = from + random_below(i - from + 1);
		Event event = history->events[i];

		history->events[i] = history->events[other];
		history->events[other] = event;
	}
}

static int
by_time(const void *a, const void *b)
{
	int64_t left = ((const Event *) a)->time;
	int64_t right = ((const Event *) b)->time;

	return (left > right) - (left < right);
}

/* ---- the definition: every chain is tried */

static int
longest_chain(const History *history, const AnFunnel *funnel, int step, int64_t start, int64_t last,
			  uint64_t used)
{
	int longest = step;

	for (int i = 0; i < history->n_events && step < history->n_steps; i++)
	{
		const Event *event = &history->events[i];
		int length;

		if (!(event->mask >> step & 1))
			continue;
		if (step > 0 && (event->time < last || event->time - start > funnel->window_us))
			continue;
		if (step > 0 && (funnel->modes & INCREASE) && event->time == last)
			continue;
		if ((funnel->modes & ONCE) && (used >> i & 1))
			continue;
		length = longest_chain(history, funnel, step + 1, step == 0 ? event->time : start,
							   event->time, used | UINT64_C(1) << i);
		if (length > longest)
			longest = length;
	}
	return longest;
}

/* ---- the reading with stops: every chain is kept */

typedef struct Chain
{
	int64_t start;
	int64_t last;
	uint64_t used;
} Chain;

static Chain chains[8][MAX_CHAINS];
static int n_chains[8];

static int
highest_level(int n_steps)
{
	while (n_steps > 0 && n_chains[n_steps - 1] == 0)
		n_steps--;
	return n_steps;
}

/* Reads event i for one step (from 0, -1: for none); false where the reading stops. */
static bool
read_event(const History *history, const AnFunnel *funnel, int i, int step)
{
	const Event *event = &history->events[i];

	if (step < 0)
		return !(funnel->modes & ORDER) || n_chains[0] == 0;
	if (step == 0)
	{
		chains[0][n_chains[0]++] = (Chain){event->time, event->time, UINT64_C(1) << i};
		return true;
	}
	if ((funnel->modes & DEDUPLICATION) && n_chains[step] > 0)
		return false;
	if (n_chains[step - 1] == 0)
		return !(funnel->modes & ORDER) || n_chains[0] == 0 || (funnel->modes & REENTRY);
	for (int c = 0; c < n_chains[step - 1]; c++)
	{
		Chain chain = chains[step - 1][c];

		if (event->time - chain.start > funnel->window_us)
			continue;
		if ((funnel->modes & INCREASE) && event->time == chain.last)
			continue;
		if ((funnel->modes & ONCE) && (chain.used >> i & 1))
			continue;
		assert_true(n_chains[step] < MAX_CHAINS);
		chains[step][n_chains[step]++] =
			(Chain){chain.start, event->time, chain.used | UINT64_C(1) << i};
	}
	return true;
}

/* Reads events that are ordered by time; those of one time as they stand, step by step. */
static int
read_all(const History *history, const AnFunnel *funnel)
{
	memset(n_chains, 0, sizeof(n_chains));
	for (int from = 0, to; from < history->n_events; from = to)
	{
		for (to = from; to < history->n_events; to++)
			if (history->events[to].time != history->events[from].time)
				break;
		for (int step = -1; step < history->n_steps; step++)
			for (int i = from; i < to; i++)
			{
				uint64_t mask = history->events[i].mask;

				if (step < 0 ? mask != 0 : !(mask >> step & 1))
					continue;
				if (!read_event(history, funnel, i, step))
					return highest_level(history->n_steps);
			}
	}
	return highest_level(history->n_steps);
}

/* The least of read_all over every order of the events of each time; begins with the events from `at`. */
static int
read_every_order(History *history, const AnFunnel *funnel, int at)
{
	int least = history->n_steps;

	if (at >= history->n_events - 1)
		return read_all(history, funnel);
	for (int i = at; i < history->n_events && history->events[i].time == history->events[at].time;
		 i++)
	{
		Event event = history->events[i];
		int level;

		history->events[i] = history->events[at];
		history->events[at] = event;
		level = read_every_order(history, funnel, at + 1);
		if (level < least)
			least = level;
		history->events[at] = history->events[i];
		history->events[i] = event;
	}
	return least;
}

/* ---- tests */

static History
random_history(int max_events, int n_steps, int n_times)
{
	History history = {.n_events = random_below(max_events + 1), .n_steps = n_steps};
	int likely = 1 + random_below(3);

	for (int i = 0; i < history.n_events; i++)
	{
		uint64_t mask = UINT64_C(1) << random_below(n_steps);

		if (random_below(4) < likely)
			mask |= UINT64_C(1) << random_below(n_steps);
		if (random_below(8) == 0)
			mask = 0;
		if (random_below(12) == 0)
			mask = random_bits() & ((UINT64_C(1) << n_steps) - 1);
		history.events[i] = (Event){random_below(n_times), mask};
	}
	return history;
}

static void
print_history(const History *history, const AnFunnel *funnel)
{
	print_message("window %lld modes %u steps %d:", (long long) funnel->window_us, funnel->modes,
				  history->n_steps);
	for (int i = 0; i < history->n_events; i++)
		print_message(" %lld:%llx", (long long) history->events[i].time,
					  (unsigned long long) history->events[i].mask);
	print_message("\n");
}

/* Events as text: a time, then letters for the steps it satisfies, '-' for none. */
static History
parse_history(const char *text, int n_steps)
{
	History history = {.n_steps = n_steps};

	while (*text)
	{
		char *end;
		Event *event = &history.events[history.n_events++];

		event->time = strtoll(text, &end, 10);
		for (text = end; *text && *text != ' '; text++)
			if (*text != '-')
				event->mask |= UINT64_C(1) << (*text - 'A');
		while (*text == ' ')
			text++;
	}
	return history;
}

static void
test_by_hand(void **state)
{
	static const struct
	{
		const char *events;
		int n_steps;
		int64_t window;
		uint8_t modes;
		uint32_t level;
	} cases[] = {
		{"", 3, 10, 0, 0},
		{"1B 2C", 3, 10, 0, 0},
		{"1A", 1, 1, 0, 1},
		{"1A 2B 3C", 3, 10, 0, 3},
		{"3C 2B 1A", 3, 10, 0, 3},
		{"1C 2B 3A", 3, 10, 0, 1},
		/* the window ends with the last microsecond */
		{"1A 5B 11C", 3, 10, 0, 3},
		{"1A 5B 12C", 3, 10, 0, 2},
		/* a later start helps, and it must carry B along */
		{"1A 5A 6B 12C", 3, 10, 0, 3},
		{"1A 4B 5A 12C", 3, 10, 0, 2},
		/* events of one time have no order */
		{"1B 1A", 2, 10, 0, 2},
		{"1C 1B 1A", 3, 10, 0, 3},
		{"1C 1B 1A", 3, 10, ONCE, 3},
		{"1C 1B 1A", 3, 10, INCREASE, 1},
		{"1A 2A 2B", 2, 10, INCREASE, 2},
		{"1A 2A 2B 3C", 3, 10, INCREASE, 3},
		{"1A 2AB 2C 3C", 3, 1, INCREASE, 2},
		/* one event for several steps */
		{"1ABC", 3, 10, 0, 3},
		{"1ABC", 3, 10, ONCE, 1},
		{"1ABC 1ABC", 3, 10, ONCE, 2},
		{"1A 2AB 3BC", 3, 10, ONCE, 3},
		{"1AB 1A", 2, 10, ONCE, 2},
		{"1AB 1C", 3, 10, ONCE, 1},
		{"1AB 1AC 1BC", 3, 10, ONCE, 3},
		/* the same condition for each step: repeats */
		{"1ABC 2ABC 3ABC", 3, 10, ONCE, 3},
		{"1ABC 2ABC", 3, 10, INCREASE, 2},
		/* strict_order: anything else ends it */
		{"1A 2B 3- 4C", 3, 10, ORDER, 2},
		{"1A 2B 3C 4-", 3, 10, ORDER, 3},
		{"1- 2A 3B 4C", 3, 10, ORDER, 3},
		{"1A 2A 3B 4C", 3, 10, ORDER, 3},
		{"1A 2C 3B 4C", 3, 10, ORDER, 1},
		{"1A 2C 3B 4C", 3, 10, ORDER | REENTRY, 3},
		{"1A 2- 3B 4C", 3, 10, ORDER | REENTRY, 1},
		{"1B 2A 3B", 2, 10, ORDER, 2},
		{"2A 2- 3B", 2, 10, ORDER, 2},
		{"1A 2- 2B", 2, 10, ORDER, 1},
		{"1A 2B 3B 4C", 3, 10, ORDER, 3},
		/* strict_deduplication: a step again ends it */
		{"1A 2B 3B 4C", 3, 10, DEDUPLICATION, 2},
		{"1A 2A 3B 4C", 3, 10, DEDUPLICATION, 3},
		{"1A 2B 2B 3C", 3, 10, DEDUPLICATION, 2},
		{"1A 2B 3C 4B", 3, 10, DEDUPLICATION, 3},
		{"1A 2B 3A 4B 5C", 4, 10, DEDUPLICATION, 2},
		{"1B 2A 3B 4C", 3, 10, DEDUPLICATION, 3},
		{"1A 2B 3B 4C", 3, 10, ORDER | DEDUPLICATION, 2},
	};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		History history = parse_history(cases[i].events, cases[i].n_steps);
		AnFunnel funnel = {cases[i].window, cases[i].modes};

		if (level_of(&history, &funnel) != cases[i].level)
			fail_msg("%s: %u instead of %u", cases[i].events, level_of(&history, &funnel),
					 cases[i].level);
	}
}

static void
test_definition(void **state)
{
	static const uint8_t modes[] = {0, INCREASE, ONCE, INCREASE | ONCE};

	(void) state;
	for (int i = 0; i < 60000; i++)
	{
		History history = random_history(9, 1 + random_below(4), 1 + random_below(9));

		for (size_t m = 0; m < countof(modes); m++)
		{
			AnFunnel funnel = {1 + random_below(7), modes[m]};
			int expected = longest_chain(&history, &funnel, 0, 0, 0, 0);

			if ((int) level_of(&history, &funnel) != expected)
			{
				print_history(&history, &funnel);
				fail_msg("%u instead of %d", level_of(&history, &funnel), expected);
			}
		}
	}
}

static void
test_every_mode(void **state)
{
	(void) state;
	for (int i = 0; i < 20000; i++)
	{
		History history = random_history(7, 1 + random_below(4), 1 + random_below(8));
		History sorted = history;

		qsort(sorted.events, (size_t) sorted.n_events, sizeof(Event), by_time);
		for (size_t m = 0; m < countof(all_modes); m++)
		{
			AnFunnel funnel = {1 + random_below(7), all_modes[m]};
			bool orders = (funnel.modes & DEDUPLICATION) && (funnel.modes & ONCE);
			int expected =
				orders ? read_every_order(&sorted, &funnel, 0) : read_all(&sorted, &funnel);

			if ((int) level_of(&history, &funnel) != expected)
			{
				print_history(&history, &funnel);
				fail_msg("%u instead of %d", level_of(&history, &funnel), expected);
			}
		}
	}
}

/* The longest chain once more, by repeated passes over long histories: quadratic, without tables of starts. */
static int
longest_by_starts(const History *history, const AnFunnel *funnel)
{
	int longest = 0;

	for (int s = 0; s < history->n_events; s++)
	{
		int64_t start = history->events[s].time;
		int64_t last = start - 1;
		int step = 0;

		/* From one start the earliest event for each step is as good as any. */
		for (bool found = true; found && step < history->n_steps; step += found)
		{
			int64_t earliest = INT64_MAX;
			bool strictly = funnel->modes & INCREASE;

			for (int i = 0; i < history->n_events; i++)
			{
				const Event *event = &history->events[i];

				if ((event->mask >> step & 1) && event->time < earliest &&
					(step == 0 ? event->time == start
							   : event->time - start <= funnel->window_us &&
									 (strictly ? event->time > last : event->time >= last)))
					earliest = event->time;
			}
			found = earliest != INT64_MAX;
			last = earliest;
		}
		if (step > longest)
			longest = step;
	}
	return longest;
}

/* Long histories: whatever the order and the parts, the same level and the same bytes. */
static void
test_long(void **state)
{
	static uint8_t bytes[2][16 * MAX_EVENTS];
	int n_partial = 0;

	(void) state;
	for (int round = 0; round < 500; round++)
	{
		int n_steps = 1 + random_below(10);
		History history =
			random_history(MAX_EVENTS, n_steps, 8 + random_below(round % 3 ? 60 : 5000));

		if (round % 2)
			for (int i = 0; i < history.n_events; i++)
				history.events[i].mask &= ~(UINT64_C(1) << (n_steps - 1));
		for (size_t m = 0; m < countof(all_modes); m++)
		{
			AnFunnel funnel = {1 + random_below(round % 3 ? 20 : 400), all_modes[m]};
			uint32_t level = level_of(&history, &funnel);
			AnTimeline whole;
			AnTimeline parts[2];
			AnTimeline ascending;
			int cut = random_below(history.n_events + 1);
			size_t size[2];

			if (!(funnel.modes & (ORDER | DEDUPLICATION | ONCE)))
				assert_int_equal(level, longest_by_starts(&history, &funnel));
			n_partial += level > 0 && level < (uint32_t) n_steps;
			for (int i = 0; i < 2; i++)
				an_timeline_init(&parts[i], (uint32_t) n_steps, NULL, 0);
			an_timeline_init(&whole, (uint32_t) n_steps, NULL, 0);
			add_events(&whole, &funnel, &history, 0, history.n_events, false);
			shuffle(&history, 0, history.n_events);
			add_events(&parts[0], &funnel, &history, 0, cut, false);
			add_events(&parts[1], &funnel, &history, cut, history.n_events, false);
			size[1] = store(&parts[1], &funnel, bytes[1]);
			merge(&parts[0], &funnel, bytes[1], size[1]);
			assert_int_equal(an_funnel_level(&parts[0], &funnel, &memory), level);
			size[0] = store(&parts[0], &funnel, bytes[0]);
			size[1] = store(&whole, &funnel, bytes[1]);
			assert_int_equal(size[0], size[1]);
			assert_memory_equal(bytes[0], bytes[1], size[0]);
			assert_int_equal(an_funnel_level(&whole, &funnel, &memory), level);

			qsort(history.events, (size_t) history.n_events, sizeof(Event), by_time);
			an_timeline_init(&ascending, (uint32_t) n_steps, NULL, 0);
			add_events(&ascending, &funnel, &history, 0, history.n_events, true);
			assert_int_equal(an_funnel_level(&ascending, &funnel, &memory), level);
			an_timeline_free(&ascending, &memory);
			an_timeline_free(&whole, &memory);
			an_timeline_free(&parts[0], &memory);
			an_timeline_free(&parts[1], &memory);
		}
	}
	assert_true(n_partial > 500);
}

/* A million events in ascending order leave a state of a few. */
static void
test_bounded(void **state)
{
	static const uint64_t steps[] = {1, 2, 4, 6};
	(void) state;
	for (size_t m = 0; m < 4; m++)
	{
		AnFunnel funnel = {1000000, all_modes[m]};
		AnTimeline timeline;

		an_timeline_init(&timeline, 4, NULL, 0);
		for (int i = 0; i < 1000000; i++)
		{
			uint64_t mask = UINT64_C(1) << random_below(3);

			assert_int_equal(an_funnel_add(&timeline, &funnel, &memory, &memory, (int64_t) i * 1000,
										   &mask, true),
							 AN_OK);
		}
		assert_true(timeline.capacity <= 128);
		assert_int_equal(an_funnel_level(&timeline, &funnel, &memory), 3);
		an_timeline_free(&timeline, &memory);
	}
	/* Times that come again and again, in any order, are not kept twice; nor do they cost much. */
	for (size_t m = 0; m < 2; m++)
	{
		AnFunnel funnel = {1000000, all_modes[m]};
		AnTimeline timeline;

		an_timeline_init(&timeline, 4, NULL, 0);
		for (int i = 0; i < 1000000; i++)
			assert_int_equal(an_funnel_add(&timeline, &funnel, &memory, &memory,
										   (int64_t) (random_bits() % 16300), &steps[i % 4], false),
							 AN_OK);
		assert_true(timeline.capacity <= 32768);
		assert_int_equal(an_funnel_level(&timeline, &funnel, &memory), 3);
		an_timeline_free(&timeline, &memory);
	}
}

/* As many steps as there may be, each satisfied after the other, at one time or apart. */
static void
test_many_steps(void **state)
{
	static const uint32_t counts[] = {12, 13, 33, 64, 65, 128, 200, AN_TIMELINE_MAX_STEPS};

	(void) state;
	for (size_t c = 0; c < countof(counts); c++)
		for (size_t m = 0; m < countof(all_modes); m++)
			for (int apart = 0; apart < 2; apart++)
			{
				AnFunnel funnel = {2000, all_modes[m]};
				AnTimeline timeline;
				uint32_t n = counts[c];
				bool descends = all_modes[m] & INCREASE && !apart;

				if (n > 200 && m % 5 != 2)
					continue;
				an_timeline_init(&timeline, n, NULL, 0);
				for (uint32_t step = n; step-- > 0;)
				{
					uint64_t mask[AN_TIMELINE_MASK_WORDS] = {0};

					mask[step / 64] = UINT64_C(1) << (step % 64);
					assert_int_equal(an_funnel_add(&timeline, &funnel, &memory, &memory,
												   apart ? (int64_t) step : 0, mask, false),
									 AN_OK);
				}
				if (descends)
					assert_in_range(an_funnel_level(&timeline, &funnel, &memory), 1, 2);
				else
					assert_int_equal(an_funnel_level(&timeline, &funnel, &memory), n);
				an_timeline_free(&timeline, &memory);
			}
}

/* Every event satisfies every step, all at one time: as many steps as events, at most. */
static void
test_crowd(void **state)
{
	(void) state;
	for (uint32_t n_events = 0; n_events < 90; n_events++)
	{
		AnFunnel funnel = {1, ONCE};
		AnTimeline timeline;
		uint64_t mask[2] = {UINT64_MAX, (1 << 6) - 1};

		an_timeline_init(&timeline, 70, NULL, 0);
		for (uint32_t i = 0; i < n_events; i++)
			assert_int_equal(an_funnel_add(&timeline, &funnel, &memory, &memory, -5, mask, true),
							 AN_OK);
		assert_int_equal(an_funnel_level(&timeline, &funnel, &memory),
						 n_events < 70 ? n_events : 70);
		an_timeline_free(&timeline, &memory);
	}
}

static void
test_far_times(void **state)
{
	static const struct
	{
		Event events[3];
		int64_t window;
		uint32_t level;
	} cases[] = {
		{{{INT64_MIN, 1}, {INT64_MIN, 2}, {INT64_MIN, 4}}, 1, 3},
		{{{INT64_MAX, 1}, {INT64_MAX, 2}, {INT64_MAX, 4}}, 1, 3},
		{{{INT64_MIN, 1}, {0, 2}, {0, 4}}, INT64_MAX, 1},
		{{{INT64_MIN, 1}, {-1, 2}, {0, 4}}, INT64_MAX, 2},
		{{{0, 1}, {INT64_MAX, 2}, {0, 4}}, INT64_MAX, 2},
		{{{0, 1}, {INT64_MAX, 2}, {INT64_MAX, 4}}, INT64_MAX - 1, 1},
		{{{-2, 1}, {-1, 2}, {INT64_MAX, 4}}, INT64_MAX, 2},
		{{{INT64_MAX / 2, 1}, {INT64_MAX / 2 + 1, 2}, {INT64_MIN / 2 - 1, 4}}, 1, 2},
		{{{INT64_MAX / 8, 1}, {INT64_MAX / 8 + 1, 2}, {INT64_MAX / 8 + 1, 4}}, 1, 3},
	};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		History history = {.n_events = 3, .n_steps = 3};
		AnFunnel funnel = {cases[i].window, 0};

		memcpy(history.events, cases[i].events, sizeof(cases[i].events));
		assert_int_equal(level_of(&history, &funnel), cases[i].level);
	}
}

static void
test_stored(void **state)
{
	static const uint8_t golden[] = {
		1,	  1,	0,	  0,	3,	  0,	0,	  0,	9, 0, 0, 0, /* header */
		0x40, 0x42, 0x0f, 0,	0,	  0,	0,	  0,	0,			/* 1 s, no mode */
		0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 6,			/* -2: B and C */
		1,	  0,	0,	  0,	0,	  0,	0,	  0,	1,			/* 1: A */
	};
	static const uint8_t complete[] = {1, 1, 1, 0, 3, 0, 0, 0, 9, 0, 0,
									   0, 8, 0, 0, 0, 0, 0, 0, 0, 0};
	uint8_t bytes[sizeof(golden) + 1];
	History history = parse_history("1A -2C -2B", 3);
	AnFunnel funnel = {1000000, 0};
	AnTimelineHeader header;
	AnTimeline timeline;
	size_t begin = an_timeline_header_size(AN_FUNNEL_SIZE);

	(void) state;
	an_timeline_init(&timeline, 3, NULL, 0);
	add_events(&timeline, &funnel, &history, 0, 3, false);
	assert_int_equal(store(&timeline, &funnel, bytes), sizeof(golden));
	assert_memory_equal(bytes, golden, sizeof(golden));
	history = parse_history("1A 2B 3C", 3);
	funnel.window_us = 8;
	add_events(&timeline, &funnel, &history, 0, 3, false);
	assert_int_equal(store(&timeline, &funnel, bytes), sizeof(complete));
	assert_memory_equal(bytes, complete, sizeof(complete));
	an_timeline_free(&timeline, &memory);

	/* Damage: too short, a wrong version, kind, zero, number of steps, size; order; bits of no step. */
	for (size_t size = 0; size < begin; size++)
		assert_int_equal(an_timeline_header_read(golden, size, &header), AN_ERR_CORRUPT);
	for (size_t at = 0; at < 12; at++)
	{
		memcpy(bytes, golden, sizeof(golden));
		bytes[at] = at == 1 || at == 4 ? 0 : 0xff;
		assert_int_equal(an_timeline_header_read(bytes, sizeof(golden), &header),
						 at == 2 ? AN_OK : AN_ERR_CORRUPT);
	}
	an_timeline_init(&timeline, 3, NULL, 0);
	for (size_t size = begin + 1; size < sizeof(golden); size++)
		assert_int_equal(an_timeline_events_read(&timeline, &memory, golden + begin, size - begin),
						 (size - begin) % 9 == 0 ? AN_OK : AN_ERR_CORRUPT);
	an_timeline_free(&timeline, &memory);
	memcpy(bytes, golden, sizeof(golden));
	bytes[begin + 8] = 8;
	assert_int_equal(an_timeline_events_read(&timeline, &memory, bytes + begin, 18),
					 AN_ERR_CORRUPT);
	memcpy(bytes, golden, sizeof(golden));
	bytes[begin + 7] = 0x7f;
	assert_int_equal(an_timeline_events_read(&timeline, &memory, bytes + begin, 18),
					 AN_ERR_CORRUPT);
	assert_int_equal(timeline.n_events, 0);
	memcpy(bytes, golden + 12, AN_FUNNEL_SIZE);
	bytes[8] = AN_FUNNEL_ALLOW_REENTRY;
	assert_int_equal(an_funnel_read(bytes, AN_FUNNEL_SIZE, &funnel), AN_ERR_CORRUPT);
	bytes[8] = 32;
	assert_int_equal(an_funnel_read(bytes, AN_FUNNEL_SIZE, &funnel), AN_ERR_CORRUPT);
	memset(bytes, 0, AN_FUNNEL_SIZE);
	assert_int_equal(an_funnel_read(bytes, AN_FUNNEL_SIZE, &funnel), AN_ERR_CORRUPT);
	assert_int_equal(an_funnel_read(bytes, AN_FUNNEL_SIZE - 1, &funnel), AN_ERR_CORRUPT);
}

/* Sorting keeps every event, in every form, and is right for runs, descents and noise. */
static void
test_sort(void **state)
{
	(void) state;
	for (int round = 0; round < 3000; round++)
	{
		uint32_t n_steps = (uint32_t[]){1, 12, 13, 64, 70, 200}[random_below(6)];
		uint32_t n = (uint32_t) random_below(round % 10 ? 40 : 1000);
		int shape = random_below(4);
		AnTimeline timeline;
		uint64_t sum = 0;

		an_timeline_init(&timeline, n_steps, NULL, 0);
		for (uint32_t i = 0; i < n; i++)
		{
			int64_t time = shape == 0	? random_below(50)
						   : shape == 1 ? (int64_t) (n - i)
						   : shape == 2 ? (int64_t) (i % 17) * 100 + i
										: (int64_t) (random_bits() >> random_below(60));
			uint64_t mask[AN_TIMELINE_MASK_WORDS] = {0};

			mask[an_timeline_mask_words(n_steps) - 1] = (uint64_t) random_below(2);
			sum += (uint64_t) (time ^ (time >> 17)) + mask[an_timeline_mask_words(n_steps) - 1];
			assert_int_equal(an_timeline_append(&timeline, &memory, time, mask), AN_OK);
		}
		an_timeline_sort(&timeline, &memory);
		for (uint32_t i = 0; i < n; i++)
		{
			int64_t time = an_timeline_time(&timeline, i);
			uint32_t top = an_timeline_mask_words(n_steps) - 1;

			sum -= (uint64_t) (time ^ (time >> 17)) + an_timeline_mask(&timeline, i, top);
			if (i > 0)
				assert_true(an_timeline_time(&timeline, i - 1) < time ||
							(an_timeline_time(&timeline, i - 1) == time &&
							 an_timeline_mask(&timeline, i - 1, top) <=
								 an_timeline_mask(&timeline, i, top)));
		}
		assert_true(sum == 0);
		assert_int_equal(timeline.n_events, n);
		an_timeline_free(&timeline, &memory);
	}
}

static int
nothing_left(void **state)
{
	(void) state;
	return n_blocks == 0 ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),	   cmocka_unit_test(test_definition),
		cmocka_unit_test(test_every_mode), cmocka_unit_test(test_long),
		cmocka_unit_test(test_bounded),	   cmocka_unit_test(test_many_steps),
		cmocka_unit_test(test_crowd),	   cmocka_unit_test(test_far_times),
		cmocka_unit_test(test_stored),	   cmocka_unit_test(test_sort),
	};

	return cmocka_run_group_tests(tests, NULL, nothing_left);
}
