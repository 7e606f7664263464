/*
 * next_event.h - which event comes right behind (or before) a chain of events
 *
 * An event has a time, a value, a base bit and a bit for each of n_conditions
 * conditions.  Events stand in order of time; those of one time in the order of
 * the bytes of their values, then of their bits, so that the answer never depends
 * on the order in which they came.  Going forward, the chain begins at a base
 * event: it satisfies condition 1, the event right behind it condition 2 and so
 * on; the answer is the value of the event right behind the last.  Going backward
 * all is mirrored.  Which event is the base:
 *
 *     AN_NEXT_HEAD         the very first, if it has the base bit; forward only
 *     AN_NEXT_TAIL         the very last, if it has the base bit; backward only
 *     AN_NEXT_FIRST_MATCH  the first that has the base bit and satisfies condition 1
 *     AN_NEXT_LAST_MATCH   the last such
 *
 * Only that one event is tried.  This is the meaning of ClickHouse's
 * sequenceNextNode.
 *
 * What no later event can make matter is dropped when the events are made compact:
 * all behind the answer of the first base, or before that of the last one.  So
 * AN_NEXT_HEAD and AN_NEXT_TAIL need room for n_conditions + 1 events.
 *
 * Memory is 16 bytes an event up to 31 conditions, 8 more for each 64 beyond
 * them, and each different value once.
 *
 * docs/sequence.md has the stored form byte by byte.
 */
#ifndef AN_KERNEL_NEXT_EVENT_H
#define AN_KERNEL_NEXT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"
#include "kernel/status.h"
#include "kernel/timeline.h"
#include "kernel/values.h"

#define AN_NEXT_MAX_CONDITIONS AN_TIMELINE_MAX_STEPS
#define AN_NEXT_MAX_EVENTS	   AN_TIMELINE_MAX_EVENTS

/* As they stand in stored bytes: frozen. */
typedef enum AnNextDirection
{
	AN_NEXT_FORWARD = 1,
	AN_NEXT_BACKWARD = 2,
} AnNextDirection;

/* As they stand in stored bytes: frozen. */
typedef enum AnNextBase
{
	AN_NEXT_HEAD = 1,
	AN_NEXT_TAIL = 2,
	AN_NEXT_FIRST_MATCH = 3,
	AN_NEXT_LAST_MATCH = 4,
} AnNextBase;

/* What is asked, the same for all events. */
typedef struct AnNextAsk
{
	uint8_t direction;	   /* AnNextDirection */
	uint8_t base;		   /* AnNextBase */
	uint16_t n_conditions; /* 1 to AN_NEXT_MAX_CONDITIONS */
} AnNextAsk;

typedef struct AnNextEvents
{
	AnNextAsk ask;	   /* fixed */
	uint32_t stride;   /* words an event; fixed */
	int64_t *words;	   /* the events: time; further bits; number of the value, and 32 bits */
	uint32_t n_events; /* events held */
	uint32_t capacity; /* events that there is room for */
	AnValues values;   /* values of the events */
	int64_t bound;	   /* where bounded: events beyond this time cannot matter */
	bool bounded;	   /* bound holds */
	bool compact;	   /* events and values are ordered, and nothing more can be dropped */
	bool owned;		   /* words was taken from AnMemory */
} AnNextEvents;

/* Words of an event with so many conditions. */
static inline uint32_t
an_next_stride(uint32_t n_conditions)
{
	return n_conditions < 32 ? 2 : 2 + (n_conditions + 32) / 64;
}

/* an_next_sound tells whether a question is one: head is asked forward, tail backward. */
extern bool an_next_sound(const AnNextAsk *ask);

/*
 * an_next_init makes an empty history whose first block is `words`, of n_words
 * words, which stays the caller's; it may be NULL with 0.
 */
extern void
an_next_init(AnNextEvents *events, const AnNextAsk *ask, int64_t *words, uint32_t n_words);

/* an_next_free gives all blocks back and leaves the history empty. */
extern void an_next_free(AnNextEvents *events, const AnMemory *memory);

/*
 * an_next_add adds an event; mask has a bit for each condition, those beyond are
 * 0.  `scratch` is for what is needed while events are sorted.  AN_ERR_LIMIT where
 * there are AN_NEXT_MAX_EVENTS, or values of AN_VALUES_MAX_SIZE bytes.
 */
extern AnStatus
an_next_add(AnNextEvents *events, const AnMemory *memory, const AnMemory *scratch, int64_t time,
			const void *value, size_t size, bool base, const uint64_t *mask);

/* an_next_merge adds the events of another history with the same question.  Statuses as for an_next_add. */
extern AnStatus an_next_merge(AnNextEvents *events, const AnMemory *memory, const AnMemory *scratch,
							  const AnNextEvents *from);

/* an_next_compact orders the events and drops what cannot matter any more. */
extern void an_next_compact(AnNextEvents *events, const AnMemory *memory, const AnMemory *scratch);

/* an_next_find finds the answer of a compact history, the number of its event; false where there is none. */
extern bool an_next_find(const AnNextEvents *events, uint32_t *found);

/* an_next_value returns the value of an event, until the next change. */
extern const uint8_t *an_next_value(const AnNextEvents *events, uint32_t i, size_t *size);

/* an_next_size returns the bytes of the stored form of a compact history. */
extern size_t an_next_size(const AnNextEvents *events);

/* an_next_write stores a compact history. */
extern void an_next_write(const AnNextEvents *events, uint8_t *bytes);

/*
 * an_next_read makes a history of its stored form.  AN_ERR_CORRUPT, and *events is
 * empty, for bytes that an_next_write does not write.
 */
extern AnStatus
an_next_read(AnNextEvents *events, const AnMemory *memory, const uint8_t *bytes, size_t size);

#endif /* AN_KERNEL_NEXT_EVENT_H */
