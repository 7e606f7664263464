/*
 * runs.c - events brought together into runs
 */
#include "kernel/runs.h"

#include <string.h>

#include "kernel/bytes.h"
#include "kernel/timeline.h"
#include "kernel/varint.h"

/* Runs of the first block that is taken: 120 bytes, and each further one is twice as large. */
#define CAPACITY_MIN 5

#define VERSION		1
#define GAP_OFFSET	4
#define HEADER_SIZE 12
#define TIME_SIZE	8

static AnStatus add_run(AnRuns *runs, const AnMemory *memory, const AnMemory *scratch, AnRun run);
static void make_room(AnRuns *runs, const AnMemory *memory, const AnMemory *scratch);
static bool get_run(const uint8_t *bytes, size_t size, size_t *at, const AnRuns *runs, AnRun *run);
static bool holds(const AnRun *run, uint64_t length, uint64_t gap_us);

void
an_runs_init(AnRuns *runs, int64_t gap_us, AnRun *block, uint32_t n)
{
	*runs = (AnRuns){.runs = block, .capacity = n, .gap_us = gap_us, .compact = true};
}

void
an_runs_free(AnRuns *runs, const AnMemory *memory)
{
	if (runs->owned)
		an_memory_give(memory, runs->runs);
	an_runs_init(runs, runs->gap_us, NULL, 0);
}

AnStatus
an_runs_add(AnRuns *runs, const AnMemory *memory, const AnMemory *scratch, int64_t time)
{
	return add_run(runs, memory, scratch, (AnRun){time, time, 1});
}

AnStatus
an_runs_merge(AnRuns *runs, const AnMemory *memory, const AnMemory *scratch, const AnRuns *from)
{
	AnStatus status = AN_OK;

	for (uint32_t i = 0; i < from->n_runs && status == AN_OK; i++)
		status = add_run(runs, memory, scratch, from->runs[i]);
	return status;
}

/* True where two runs are one. */
static inline bool
touch(const AnRun *a, const AnRun *b, int64_t gap_us)
{
	if (a->last < b->first)
		return !an_runs_apart(a->last, b->first, gap_us);
	if (b->last < a->first)
		return !an_runs_apart(b->last, a->first, gap_us);
	return true;
}

static inline void
unite(AnRun *run, const AnRun *with)
{
	if (with->first < run->first)
		run->first = with->first;
	if (with->last > run->last)
		run->last = with->last;
	if (run->n_events > INT64_MAX - with->n_events)
		run->n_events = INT64_MAX;
	else
		run->n_events += with->n_events;
}

static inline AnRun *
last_run(const AnRuns *runs)
{
	return runs->runs + runs->n_runs - 1;
}

/* Adds a run to the last one where they touch: so events in order of time never need sorting. */
static AnStatus
add_run(AnRuns *runs, const AnMemory *memory, const AnMemory *scratch, AnRun run)
{
	if (runs->n_runs == 0 || !touch(last_run(runs), &run, runs->gap_us))
	{
		if (runs->n_runs >= AN_RUNS_MAX)
			return AN_ERR_LIMIT;
		if (runs->n_runs == runs->capacity)
			make_room(runs, memory, scratch);
		runs->runs[runs->n_runs++] = run;
	}
	else
		unite(last_run(runs), &run);
	if (runs->compact && runs->n_runs > 1)
		runs->compact = last_run(runs)[-1].last < last_run(runs)->first &&
						!touch(last_run(runs) - 1, last_run(runs), runs->gap_us);
	return AN_OK;
}

/* Unites runs; takes a greater block where they still fill more than half of this one. */
static void
make_room(AnRuns *runs, const AnMemory *memory, const AnMemory *scratch)
{
	uint32_t capacity = runs->capacity < CAPACITY_MIN ? CAPACITY_MIN : runs->capacity * 2;
	AnRun *block;

	an_runs_compact(runs, scratch);
	if (runs->n_runs < runs->capacity && runs->n_runs <= runs->capacity / 2)
		return;
	block = an_memory_take(memory, capacity * sizeof(AnRun));
	if (runs->n_runs > 0)
		memcpy(block, runs->runs, runs->n_runs * sizeof(AnRun));
	if (runs->owned)
		an_memory_give(memory, runs->runs);
	runs->runs = block;
	runs->capacity = capacity;
	runs->owned = true;
}

void
an_runs_compact(AnRuns *runs, const AnMemory *scratch)
{
	uint32_t n_kept = 0;

	if (runs->compact)
		return;
	an_timeline_sort_words((int64_t *) runs->runs, runs->n_runs, sizeof(AnRun) / sizeof(int64_t),
						   scratch);
	for (uint32_t i = 0; i < runs->n_runs; i++)
	{
		if (n_kept > 0 && touch(runs->runs + n_kept - 1, runs->runs + i, runs->gap_us))
			unite(runs->runs + n_kept - 1, runs->runs + i);
		else
			runs->runs[n_kept++] = runs->runs[i];
	}
	runs->n_runs = n_kept;
	runs->compact = true;
}

size_t
an_runs_size(const AnRuns *runs)
{
	size_t size = HEADER_SIZE;

	for (uint32_t i = 0; i < runs->n_runs; i++)
	{
		const AnRun *run = runs->runs + i;

		size +=
			i == 0 ? TIME_SIZE : an_varint_size((uint64_t) run->first - (uint64_t) run[-1].last);
		size += an_varint_size((uint64_t) run->last - (uint64_t) run->first);
		size += an_varint_size((uint64_t) run->n_events - 1);
	}
	return size;
}

void
an_runs_write(const AnRuns *runs, uint8_t *bytes)
{
	memset(bytes, 0, GAP_OFFSET);
	bytes[0] = VERSION;
	an_write_le64(bytes + GAP_OFFSET, (uint64_t) runs->gap_us);
	bytes += HEADER_SIZE;
	for (uint32_t i = 0; i < runs->n_runs; i++)
	{
		const AnRun *run = runs->runs + i;

		if (i == 0)
		{
			an_write_le64(bytes, (uint64_t) run->first);
			bytes += TIME_SIZE;
		}
		else
			bytes += an_varint_put(bytes, (uint64_t) run->first - (uint64_t) run[-1].last);
		bytes += an_varint_put(bytes, (uint64_t) run->last - (uint64_t) run->first);
		bytes += an_varint_put(bytes, (uint64_t) run->n_events - 1);
	}
}

AnStatus
an_runs_read(AnRuns *runs, const AnMemory *memory, const uint8_t *bytes, size_t size)
{
	size_t at = HEADER_SIZE;
	AnRun run = {0};

	an_runs_init(runs, 1, NULL, 0);
	if (size < HEADER_SIZE || bytes[0] != VERSION || (bytes[1] | bytes[2] | bytes[3]) != 0)
		return AN_ERR_CORRUPT;
	runs->gap_us = (int64_t) an_read_le64(bytes + GAP_OFFSET);
	if (runs->gap_us < 1)
		return AN_ERR_CORRUPT;
	while (at < size)
	{
		if (!get_run(bytes, size, &at, runs, &run) || add_run(runs, memory, memory, run) != AN_OK)
		{
			an_runs_free(runs, memory);
			return AN_ERR_CORRUPT;
		}
	}
	return AN_OK;
}

/* Reads the run at *at, which comes behind *run where there are runs already; false for what is none. */
static bool
get_run(const uint8_t *bytes, size_t size, size_t *at, const AnRuns *runs, AnRun *run)
{
	uint64_t from_last;
	uint64_t length;
	uint64_t others;

	if (runs->n_runs == 0)
	{
		if (size - *at < TIME_SIZE)
			return false;
		run->first = (int64_t) an_read_le64(bytes + *at);
		*at += TIME_SIZE;
	}
	else
	{
		if (!an_varint_get(bytes, size, at, &from_last) ||
			from_last > (uint64_t) INT64_MAX - (uint64_t) run->last)
			return false;
		run->first = (int64_t) ((uint64_t) run->last + from_last);
		if (!an_runs_apart(run->last, run->first, runs->gap_us))
			return false;
	}
	if (!an_varint_get(bytes, size, at, &length) || !an_varint_get(bytes, size, at, &others))
		return false;
	if (length > (uint64_t) INT64_MAX - (uint64_t) run->first || others >= INT64_MAX)
		return false;
	run->last = (int64_t) ((uint64_t) run->first + length);
	run->n_events = (int64_t) others + 1;
	return holds(run, length, (uint64_t) runs->gap_us);
}

/* True where a run's events can lie so that each is near enough to the one before. */
static bool
holds(const AnRun *run, uint64_t length, uint64_t gap_us)
{
	if (length == 0)
		return true;
	if (run->first == INT64_MIN || run->last == INT64_MAX)
		return false;
	return length / gap_us + (length % gap_us != 0) <= (uint64_t) run->n_events - 1;
}
