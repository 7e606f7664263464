/*
 * next_event.c - which event comes right behind a chain of events
 *
 * Bit 0 of an event is its base bit, bit i condition i.  The last word of an event
 * holds the first 32 bits, and above them the number of its value; 64 bits more
 * stand in each word between the time and it.
 */
#include "kernel/next_event.h"

#include <string.h>

#define FIRST_EVENTS 8

static AnStatus
make_room(AnNextEvents *events, const AnMemory *memory, const AnMemory *scratch, size_t value_size);
static void grow(AnNextEvents *events, const AnMemory *memory);
static void
arrange(AnNextEvents *events, const AnMemory *memory, const AnMemory *scratch, bool unused);
static bool cut(AnNextEvents *events);
static bool find_base(const AnNextEvents *events, uint32_t *base);

static inline int64_t *
event_at(const AnNextEvents *events, uint32_t i)
{
	return events->words + (size_t) i * events->stride;
}

/* Returns the word that holds the number of the value. */
static inline uint64_t
last_word(const AnNextEvents *events, uint32_t i)
{
	return (uint64_t) event_at(events, i)[events->stride - 1];
}

static inline bool
has_bit(const AnNextEvents *events, uint32_t i, uint32_t bit)
{
	if (bit < 32)
		return last_word(events, i) >> bit & 1;
	return (uint64_t) event_at(events, i)[1 + (bit - 32) / 64] >> (bit - 32) % 64 & 1;
}

/* True where the events that are kept are the first ones, not the last. */
static inline bool
keeps_first(const AnNextAsk *ask)
{
	return ask->base == AN_NEXT_HEAD || ask->base == AN_NEXT_FIRST_MATCH;
}

bool
an_next_sound(const AnNextAsk *ask)
{
	if (ask->n_conditions < 1 || ask->n_conditions > AN_NEXT_MAX_CONDITIONS)
		return false;
	if (ask->base == AN_NEXT_HEAD)
		return ask->direction == AN_NEXT_FORWARD;
	if (ask->base == AN_NEXT_TAIL)
		return ask->direction == AN_NEXT_BACKWARD;
	return (ask->base == AN_NEXT_FIRST_MATCH || ask->base == AN_NEXT_LAST_MATCH) &&
		   (ask->direction == AN_NEXT_FORWARD || ask->direction == AN_NEXT_BACKWARD);
}

void
an_next_init(AnNextEvents *events, const AnNextAsk *ask, int64_t *words, uint32_t n_words)
{
	uint32_t stride = an_next_stride(ask->n_conditions);

	*events = (AnNextEvents){.ask = *ask,
							 .stride = stride,
							 .words = words,
							 .capacity = n_words / stride,
							 .compact = true};
	an_values_init(&events->values);
}

void
an_next_free(AnNextEvents *events, const AnMemory *memory)
{
	AnNextAsk ask = events->ask;

	if (events->owned)
		an_memory_give(memory, events->words);
	an_values_free(&events->values, memory);
	an_next_init(events, &ask, NULL, 0);
}

/* Writes the bits of an event, and 0 for the number of its value. */
static void
put_bits(int64_t *event, uint32_t stride, uint32_t n_conditions, bool base, const uint64_t *mask)
{
	uint32_t n_mask = an_timeline_mask_words(n_conditions);

	event[stride - 1] = (int64_t) ((mask[0] << 1 | base) & UINT32_MAX);
	for (uint32_t i = 0; i + 2 < stride; i++)
	{
		uint64_t bits = mask[i] >> 31;

		if (i + 1 < n_mask)
			bits |= mask[i + 1] << 33;
		event[1 + i] = (int64_t) bits;
	}
}

/* True where an event of this time lies behind all that matter. */
static inline bool
beyond(const AnNextEvents *events, int64_t time)
{
	if (!events->bounded)
		return false;
	return keeps_first(&events->ask) ? time > events->bound : time < events->bound;
}

AnStatus
an_next_add(AnNextEvents *events, const AnMemory *memory, const AnMemory *scratch, int64_t time,
			const void *value, size_t size, bool base, const uint64_t *mask)
{
	uint32_t number;
	int64_t *event;
	AnStatus status;

	if (beyond(events, time))
		return AN_OK;
	status = make_room(events, memory, scratch, size);
	if (status == AN_OK)
		status = an_values_number(&events->values, memory, value, size, &number);
	if (status != AN_OK)
		return status;
	event = event_at(events, events->n_events++);
	event[0] = time;
	put_bits(event, events->stride, events->ask.n_conditions, base, mask);
	event[events->stride - 1] |= (int64_t) ((uint64_t) number << 32);
	events->compact = false;
	return AN_OK;
}

AnStatus
an_next_merge(AnNextEvents *events, const AnMemory *memory, const AnMemory *scratch,
			  const AnNextEvents *from)
{
	for (uint32_t i = 0; i < from->n_events; i++)
	{
		size_t size;
		const uint8_t *value = an_next_value(from, i, &size);
		uint32_t number;
		int64_t *event;
		AnStatus status;

		if (beyond(events, event_at(from, i)[0]))
			continue;
		status = make_room(events, memory, scratch, size);
		if (status == AN_OK)
			status = an_values_number(&events->values, memory, value, size, &number);
		if (status != AN_OK)
			return status;
		event = event_at(events, events->n_events++);
		memcpy(event, event_at(from, i), events->stride * sizeof(int64_t));
		event[events->stride - 1] =
			(int64_t) ((last_word(from, i) & UINT32_MAX) | (uint64_t) number << 32);
		events->compact = false;
	}
	return AN_OK;
}

/* Makes room for an event; drops first what does not matter, for it may be enough. */
static AnStatus
make_room(AnNextEvents *events, const AnMemory *memory, const AnMemory *scratch, size_t value_size)
{
	bool values_full = value_size > AN_VALUES_MAX_SIZE - events->values.size;

	if (events->n_events < events->capacity && !values_full)
		return AN_OK;
	an_next_compact(events, memory, scratch);
	if (events->n_events < events->capacity && events->n_events <= events->capacity / 2)
		return AN_OK;
	if (events->n_events >= AN_NEXT_MAX_EVENTS)
		return AN_ERR_LIMIT;
	if (events->n_events == events->capacity || !values_full)
		grow(events, memory);
	return AN_OK;
}

static void
grow(AnNextEvents *events, const AnMemory *memory)
{
	uint32_t capacity = events->capacity < FIRST_EVENTS / 2 ? FIRST_EVENTS : events->capacity * 2;
	size_t event_size = events->stride * sizeof(int64_t);
	int64_t *words = an_memory_take(memory, capacity * event_size);

	if (events->n_events > 0)
		memcpy(words, events->words, events->n_events * event_size);
	if (events->owned)
		an_memory_give(memory, events->words);
	events->words = words;
	events->capacity = capacity;
	events->owned = true;
}

void
an_next_compact(AnNextEvents *events, const AnMemory *memory, const AnMemory *scratch)
{
	if (events->compact)
		return;
	if (!events->values.ordered)
		arrange(events, memory, scratch, false);
	an_timeline_sort_words(events->words, events->n_events, events->stride, scratch);
	if (cut(events))
		arrange(events, memory, scratch, true);
	events->compact = true;
}

/* Gives the values numbers in the order of their bytes; `unused`: forgets those that no event has. */
static void
arrange(AnNextEvents *events, const AnMemory *memory, const AnMemory *scratch, bool unused)
{
	uint32_t n = events->values.n;
	uint32_t *ranks = an_memory_take(scratch, (n + (size_t) 1) * sizeof(uint32_t));
	bool *used = NULL;

	if (unused)
	{
		used = an_memory_take(scratch, n + (size_t) 1);
		memset(used, 0, n);
		for (uint32_t i = 0; i < events->n_events; i++)
			used[last_word(events, i) >> 32] = true;
	}
	an_values_arrange(&events->values, memory, used, ranks);
	for (uint32_t i = 0; i < events->n_events; i++)
	{
		uint64_t word = last_word(events, i);

		event_at(events, i)[events->stride - 1] =
			(int64_t) ((word & UINT32_MAX) | (uint64_t) ranks[word >> 32] << 32);
	}
	an_memory_give(scratch, used);
	an_memory_give(scratch, ranks);
}

/*
 * Drops what lies beyond the answer of the base that there is: a base that comes
 * later lies on this side of it, and needs nothing from beyond.  The events must
 * be in order.
 */
static bool
cut(AnNextEvents *events)
{
	uint32_t n = events->ask.n_conditions;
	uint32_t n_kept;
	uint32_t base;
	bool found;

	if (events->ask.base == AN_NEXT_HEAD || events->ask.base == AN_NEXT_TAIL)
		n_kept = n + 1;
	else
	{
		bool towards_kept =
			keeps_first(&events->ask) == (events->ask.direction == AN_NEXT_BACKWARD);

		found = find_base(events, &base);
		if (!found)
			return false;
		n_kept = (keeps_first(&events->ask) ? base + 1 : events->n_events - base);
		n_kept += towards_kept ? 0 : n;
	}
	if (events->n_events < n_kept)
		return false;
	events->bounded = true;
	events->bound =
		event_at(events, keeps_first(&events->ask) ? n_kept - 1 : events->n_events - n_kept)[0];
	if (events->n_events == n_kept)
		return false;
	if (!keeps_first(&events->ask))
		memmove(events->words, event_at(events, events->n_events - n_kept),
				n_kept * events->stride * sizeof(int64_t));
	events->n_events = n_kept;
	return true;
}

/* Finds the base event in events that are in order. */
static bool
find_base(const AnNextEvents *events, uint32_t *base)
{
	uint32_t n = events->n_events;

	switch (events->ask.base)
	{
		case AN_NEXT_HEAD:
			*base = 0;
			return n > 0 && has_bit(events, 0, 0);
		case AN_NEXT_TAIL:
			*base = n - 1;
			return n > 0 && has_bit(events, n - 1, 0);
		case AN_NEXT_FIRST_MATCH:
			for (uint32_t i = 0; i < n; i++)
				if (has_bit(events, *base = i, 0) && has_bit(events, i, 1))
					return true;
			return false;
		default:
			for (uint32_t i = n; i-- > 0;)
				if (has_bit(events, *base = i, 0) && has_bit(events, i, 1))
					return true;
			return false;
	}
}

bool
an_next_find(const AnNextEvents *events, uint32_t *found)
{
	uint32_t n = events->ask.n_conditions;
	bool forward = events->ask.direction == AN_NEXT_FORWARD;
	uint32_t base;

	if (!find_base(events, &base))
		return false;
	/* Events from the base on, in the direction: the chain and one more. */
	if ((forward ? events->n_events - base : base + 1) < n + 1)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!has_bit(events, forward ? base + i : base - i, 1 + i))
			return false;
	*found = forward ? base + n : base - n;
	return true;
}

const uint8_t *
an_next_value(const AnNextEvents *events, uint32_t i, size_t *size)
{
	return an_values_text(&events->values, (uint32_t) (last_word(events, i) >> 32), size);
}
