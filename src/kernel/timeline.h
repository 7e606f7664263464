/*
 * timeline.h - the events of one entity: when, and which steps each satisfies
 *
 * An event is a time and a mask with a bit for each of n_steps conditions; bit
 * 0 is the first.  A timeline grows as events come, in any order, and is sorted
 * when it is read: by time, events of one time by mask as a number.  Two events
 * that are equal are two events.
 *
 * Up to 12 steps an event takes 8 bytes: the time in the high bits of a word, the
 * mask in its low n_steps.  A time too far away for that (with 12 steps, outside
 * the years 1929 to 2071; infinity) and more steps make it wide: a word of time
 * and one for each 64 steps, so 16 bytes up to 64 steps.
 *
 * Times are microseconds in any epoch; the smallest and the greatest int64 are
 * times like others.  Masks are arrays of an_timeline_mask_words words of 64
 * bits, whose bits from n_steps on are 0.
 *
 * The first block may be the caller's own; later ones come from AnMemory, and
 * an_timeline_free gives the last one back.
 *
 * Stored, the events are sorted, and each is 8 bytes of time and one byte for
 * every 8 steps of mask, little-endian; a header says what they belong to.
 * docs/behaviour.md has it byte by byte.
 */
#ifndef AN_KERNEL_TIMELINE_H
#define AN_KERNEL_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"
#include "kernel/status.h"

#define AN_TIMELINE_MAX_STEPS	 1024
#define AN_TIMELINE_MASK_WORDS	 (AN_TIMELINE_MAX_STEPS / 64)
#define AN_TIMELINE_PACKED_STEPS 12
#define AN_TIMELINE_MAX_EVENTS	 (UINT32_MAX / 2)

typedef struct AnTimeline
{
	int64_t *words;	   /* the events, `stride` words each */
	uint32_t n_events; /* events held */
	uint32_t capacity; /* events that there is room for */
	uint16_t n_steps;  /* conditions, 1 to AN_TIMELINE_MAX_STEPS; fixed */
	uint8_t stride;	   /* words an event: 1 while packed, else 1 + words of mask */
	bool sorted;	   /* events are in order */
	bool owned;		   /* words was taken from AnMemory */
	uint8_t flags;	   /* of whoever reads the events; stored with them */
} AnTimeline;

/* What stands before stored events. */
typedef struct AnTimelineHeader
{
	uint8_t kind;			   /* what the events are the state of; not 0 */
	uint8_t flags;			   /* AnTimeline.flags */
	uint32_t n_steps;		   /* conditions */
	uint32_t parameters_size;  /* bytes of the parameters */
	const uint8_t *parameters; /* what that kind was called with; points into the bytes */
} AnTimelineHeader;

static inline uint32_t
an_timeline_mask_words(uint32_t n_steps)
{
	return (n_steps + 63) / 64;
}

/*
 * an_timeline_init makes an empty timeline whose first block is `words`, of
 * n_words words, which stays the caller's; it may be NULL with 0.
 */
extern void
an_timeline_init(AnTimeline *timeline, uint32_t n_steps, int64_t *words, uint32_t n_words);

/* an_timeline_reserve makes room for at least `capacity` events, no fewer than there are. */
extern void an_timeline_reserve(AnTimeline *timeline, const AnMemory *memory, uint32_t capacity);

/* an_timeline_free gives the block back and leaves the timeline empty. */
extern void an_timeline_free(AnTimeline *timeline, const AnMemory *memory);

/*
 * an_timeline_append adds an event, whatever its time.  AN_ERR_LIMIT where there
 * are AN_TIMELINE_MAX_EVENTS already.
 */
extern AnStatus an_timeline_append(AnTimeline *timeline, const AnMemory *memory, int64_t time,
								   const uint64_t *mask);

/* an_timeline_sort puts the events in order; `memory` is for a copy of them while it works. */
extern void an_timeline_sort(AnTimeline *timeline, const AnMemory *memory);

/* Words of a record that an_timeline_sort_words can sort. */
#define AN_TIMELINE_SORT_WORDS (2 + AN_TIMELINE_MASK_WORDS)

/*
 * an_timeline_sort_words sorts n records of `stride` words: by the first word as a
 * number with a sign, then by the others as numbers without, the last one first.
 */
extern void
an_timeline_sort_words(int64_t *words, uint32_t n, uint32_t stride, const AnMemory *memory);

/* an_timeline_union makes one event of all that have the same time.  The timeline must be sorted, and stays so. */
extern void an_timeline_union(AnTimeline *timeline);

/* an_timeline_time returns the time of event i. */
static inline int64_t
an_timeline_time(const AnTimeline *timeline, uint32_t i)
{
	if (timeline->stride == 1)
		return timeline->words[i] >> timeline->n_steps;
	return timeline->words[(size_t) i * timeline->stride];
}

/* an_timeline_mask returns word `word` of the mask of event i. */
static inline uint64_t
an_timeline_mask(const AnTimeline *timeline, uint32_t i, uint32_t word)
{
	if (timeline->stride == 1)
		return (uint64_t) timeline->words[i] & ((UINT64_C(1) << timeline->n_steps) - 1);
	return (uint64_t) timeline->words[(size_t) i * timeline->stride + 1 + word];
}

/* an_timeline_instant returns the event behind those that have the time of event i, in a sorted timeline. */
static inline uint32_t
an_timeline_instant(const AnTimeline *timeline, uint32_t i)
{
	int64_t time = an_timeline_time(timeline, i++);

	while (i < timeline->n_events && an_timeline_time(timeline, i) == time)
		i++;
	return i;
}

/* an_timeline_header_size returns the bytes of a header with so many bytes of parameters. */
extern size_t an_timeline_header_size(size_t parameters_size);

/* an_timeline_header_write writes a header and returns its bytes. */
extern size_t an_timeline_header_write(const AnTimelineHeader *header, uint8_t *bytes);

/*
 * an_timeline_header_read reads a header; the events begin behind it, at
 * an_timeline_header_size(header->parameters_size).  AN_ERR_CORRUPT for what is none.
 */
extern AnStatus
an_timeline_header_read(const uint8_t *bytes, size_t size, AnTimelineHeader *header);

/* an_timeline_events_size returns the bytes of the events, stored. */
extern size_t an_timeline_events_size(const AnTimeline *timeline);

/* an_timeline_events_write stores the events of a sorted timeline. */
extern void an_timeline_events_write(const AnTimeline *timeline, uint8_t *bytes);

/*
 * an_timeline_events_read appends stored events with the timeline's number of
 * steps.  AN_ERR_CORRUPT, and nothing is appended, where the bytes are no whole
 * events, not in order, or have bits that belong to no step.
 */
extern AnStatus an_timeline_events_read(AnTimeline *timeline, const AnMemory *memory,
										const uint8_t *bytes, size_t size);

#endif /* AN_KERNEL_TIMELINE_H */
