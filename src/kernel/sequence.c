/*
 * sequence.c - a compiled pattern is looked for in a history
 *
 * can(s, p) says whether the states from s on can be matched by events from p on.
 * It is filled from the last event to the first, and in each row from the last
 * state to the first; then a match is walked forward without going back.
 */
#include "kernel/sequence.h"

#include <string.h>

/* Rows between two calls of the caller's poll. */
#define POLL_ROWS 4096

/* The table of what can be matched, while it is filled and read. */
typedef struct Table
{
	const AnSequence *sequence;		/* the pattern */
	const AnSequenceEvents *events; /* the history */
	bool all;						/* every row is kept; else the last two */
	size_t n_words;		  /* 64-bit words of a row: a bit for each state, and one for the end */
	uint64_t *rows;		  /* the rows */
	struct Queue *queues; /* one for each state; used by gaps */
} Table;

/* Events behind a gap from which the rest can be matched, the latest first. */
typedef struct Queue
{
	size_t *events; /* their indexes, in descending order */
	size_t head;	/* the first that may still be near enough */
	size_t tail;	/* behind the last */
} Queue;

static void table_open(Table *table, const AnSequence *sequence, const AnSequenceEvents *events,
					   bool all, const AnMemory *memory);
static void table_close(Table *table, const AnMemory *memory);
static void fill_row(Table *table, size_t p);
static bool can_step(Table *table, int s, size_t p);
static bool can_gap(Table *table, int s, size_t p);
static size_t walk(const Table *table, size_t p, size_t *found, size_t *n_found);
static size_t walk_gap(const Table *table, int s, size_t p);

static inline uint64_t *
row_of(const Table *table, size_t p)
{
	return table->rows + (table->all ? p : p & 1) * table->n_words;
}

static inline bool
can(const Table *table, int s, size_t p)
{
	return row_of(table, p)[s >> 6] >> (s & 63) & 1;
}

/* Tells whether a state takes an event. */
static inline bool
takes(const Table *table, const AnSequenceState *state, size_t p)
{
	const AnSequenceEvents *events = table->events;
	int c = state->condition;

	if (p >= events->n)
		return false;
	if (c < 0)
		return true;
	if (c >> 6 >= events->n_words)
		return state->negated;
	return (events->masks[p * (size_t) events->n_words + (size_t) (c >> 6)] >> (c & 63) & 1) !=
		   state->negated;
}

/* Tells whether a state takes as many events as it can. */
static inline bool
greedy(const AnSequenceState *state)
{
	return state->condition >= 0 && !state->negated;
}

bool
an_sequence_match(const AnSequence *sequence, const AnSequenceEvents *events,
				  const AnSequenceCaller *caller)
{
	Table table;
	bool match = false;

	table_open(&table, sequence, events, false, &caller->memory);
	for (size_t p = events->n + 1; p-- > 0 && !match;)
	{
		if (caller->poll && p % POLL_ROWS == 0)
			caller->poll();
		fill_row(&table, p);
		match = can(&table, 0, p);
	}
	table_close(&table, &caller->memory);
	return match;
}

size_t
an_sequence_count(const AnSequence *sequence, const AnSequenceEvents *events,
				  const AnSequenceCaller *caller)
{
	Table table;
	size_t n = 0;

	table_open(&table, sequence, events, true, &caller->memory);
	for (size_t p = events->n + 1; p-- > 0;)
	{
		if (caller->poll && p % POLL_ROWS == 0)
			caller->poll();
		fill_row(&table, p);
	}
	for (size_t p = 0; p < events->n;)
		if (can(&table, 0, p))
		{
			p = walk(&table, p, NULL, NULL);
			n++;
		}
		else
			p++;
	table_close(&table, &caller->memory);
	return n;
}

size_t
an_sequence_find(const AnSequence *sequence, const AnSequenceEvents *events, size_t *found,
				 const AnSequenceCaller *caller)
{
	Table table;
	size_t n_found = 0, p;

	table_open(&table, sequence, events, true, &caller->memory);
	for (p = events->n + 1; p-- > 0;)
	{
		if (caller->poll && p % POLL_ROWS == 0)
			caller->poll();
		fill_row(&table, p);
	}
	for (p = 0; p < events->n && !can(&table, 0, p);)
		p++;
	if (p < events->n)
		(void) walk(&table, p, found, &n_found);
	table_close(&table, &caller->memory);
	return n_found;
}

static void
table_open(Table *table, const AnSequence *sequence, const AnSequenceEvents *events, bool all,
		   const AnMemory *memory)
{
	size_t n_states = (size_t) sequence->n_states;

	table->sequence = sequence;
	table->events = events;
	table->all = all;
	table->n_words = (n_states + 64) / 64;
	table->rows =
		an_memory_take(memory, (all ? events->n + 1 : 2) * table->n_words * sizeof(uint64_t));
	table->queues = an_memory_take(memory, n_states * sizeof(Queue));
	for (size_t s = 0; s < n_states; s++)
		table->queues[s] = (Queue){
			.events = sequence->states[s].step == AN_SEQUENCE_GAP
						  ? an_memory_take(memory, (events->n + 1) * sizeof(size_t))
						  : NULL,
		};
}

static void
table_close(Table *table, const AnMemory *memory)
{
	for (int s = 0; s < table->sequence->n_states; s++)
		an_memory_give(memory, table->queues[s].events);
	an_memory_give(memory, table->queues);
	an_memory_give(memory, table->rows);
}

/* Fills the row of event p; that of p + 1 is there. */
static void
fill_row(Table *table, size_t p)
{
	uint64_t *row = row_of(table, p);
	int end = table->sequence->n_states;

	memset(row, 0, table->n_words * sizeof(uint64_t));
	row[end >> 6] |= UINT64_C(1) << (end & 63);
	for (int s = end; s-- > 0;)
		if (can_step(table, s, p))
			row[s >> 6] |= UINT64_C(1) << (s & 63);
}

static bool
can_step(Table *table, int s, size_t p)
{
	const AnSequenceState *state = &table->sequence->states[s];

	switch ((AnSequenceStep) state->step)
	{
		case AN_SEQUENCE_ONE:
			return takes(table, state, p) && can(table, s + 1, p + 1);
		case AN_SEQUENCE_OPTIONAL:
			return can(table, s + 1, p) || (takes(table, state, p) && can(table, s + 1, p + 1));
		case AN_SEQUENCE_LOOP:
			return can(table, s + 1, p) || (takes(table, state, p) && can(table, s, p + 1));
		case AN_SEQUENCE_GAP:
			break;
	}
	return can_gap(table, s, p);
}

/*
 * Tells whether, with event p - 1 taken before the gap, some event from p on is
 * in its range of time and the rest can begin there.  Times before the gap only
 * fall from row to row, so what is too late once stays so.
 */
static bool
can_gap(Table *table, int s, size_t p)
{
	const AnSequenceState *state = &table->sequence->states[s];
	const int64_t *at = table->events->at_us;
	Queue *queue = &table->queues[s];
	uint64_t base;

	if (can(table, s + 1, p))
		queue->events[queue->tail++] = p;
	if (p == 0)
		return false;
	base = (uint64_t) at[p - 1];
	while (queue->head < queue->tail &&
		   (uint64_t) at[queue->events[queue->head]] - base > state->high_us)
		queue->head++;
	return queue->head < queue->tail &&
		   (uint64_t) at[queue->events[queue->head]] - base >= state->low_us;
}

/*
 * Walks the match that begins at event p, and returns the event after it.  Writes
 * what the conditions took to found[] where that is asked for.
 */
static size_t
walk(const Table *table, size_t p, size_t *found, size_t *n_found)
{
	int s = 0;

	while (s < table->sequence->n_states)
	{
		const AnSequenceState *state = &table->sequence->states[s];
		int next = state->step == AN_SEQUENCE_LOOP ? s : s + 1;
		bool take, skip;

		if (state->step == AN_SEQUENCE_GAP)
		{
			p = walk_gap(table, s++, p);
			continue;
		}
		skip = state->step != AN_SEQUENCE_ONE && can(table, s + 1, p);
		take = takes(table, state, p) && can(table, next, p + 1);
		if (skip && !(take && greedy(state)))
		{
			s++;
			continue;
		}
		if (found && greedy(state))
			found[(*n_found)++] = p;
		p++;
		s = next;
	}
	return p;
}

/* Returns the first event behind a gap from which the rest can be matched. */
static size_t
walk_gap(const Table *table, int s, size_t p)
{
	const AnSequenceState *state = &table->sequence->states[s];
	const int64_t *at = table->events->at_us;
	uint64_t base = (uint64_t) at[p - 1];

	while ((uint64_t) at[p] - base < state->low_us || !can(table, s + 1, p))
		p++;
	return p;
}
