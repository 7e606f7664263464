/*
 * timeline.c - the events of one entity: growing and sorting
 */
#include "kernel/timeline.h"

#include <string.h>

/* Up to so many events are sorted by insertion, without other memory. */
#define INSERTION_MAX 24

/* Room of the first block that is taken. */
#define CAPACITY_MIN 16

static void widen(AnTimeline *timeline, const AnMemory *memory);

void
an_timeline_init(AnTimeline *timeline, uint32_t n_steps, int64_t *words, uint32_t n_words)
{
	uint32_t stride = n_steps <= AN_TIMELINE_PACKED_STEPS ? 1 : 1 + an_timeline_mask_words(n_steps);

	*timeline = (AnTimeline){.words = words,
							 .capacity = n_words / stride,
							 .n_steps = (uint16_t) n_steps,
							 .stride = (uint8_t) stride,
							 .sorted = true};
}

void
an_timeline_free(AnTimeline *timeline, const AnMemory *memory)
{
	if (timeline->owned)
		an_memory_give(memory, timeline->words);
	timeline->words = NULL;
	timeline->n_events = 0;
	timeline->capacity = 0;
	timeline->sorted = true;
	timeline->owned = false;
}

/* Orders two records: by their first word as a number with a sign, then by the others, the last one first. */
static inline int
compare(const int64_t *a, const int64_t *b, uint32_t stride)
{
	if (a[0] != b[0])
		return a[0] < b[0] ? -1 : 1;
	for (uint32_t i = stride - 1; i > 0; i--)
		if (a[i] != b[i])
			return (uint64_t) a[i] < (uint64_t) b[i] ? -1 : 1;
	return 0;
}

/* True where the time leaves room for the mask in one word. */
static inline bool
fits_packed(const AnTimeline *timeline, int64_t time)
{
	int64_t limit = INT64_MAX >> timeline->n_steps;

	return time >= -limit - 1 && time <= limit;
}

AnStatus
an_timeline_append(AnTimeline *timeline, const AnMemory *memory, int64_t time, const uint64_t *mask)
{
	int64_t *event;

	if (timeline->n_events >= AN_TIMELINE_MAX_EVENTS)
		return AN_ERR_LIMIT;
	if (timeline->stride == 1 && !fits_packed(timeline, time))
		widen(timeline, memory);
	if (timeline->n_events == timeline->capacity)
		an_timeline_reserve(timeline, memory, timeline->capacity * 2);
	event = timeline->words + (size_t) timeline->n_events * timeline->stride;
	if (timeline->stride == 1)
		event[0] = (int64_t) ((uint64_t) time << timeline->n_steps | mask[0]);
	else
	{
		event[0] = time;
		for (uint32_t i = 1; i < timeline->stride; i++)
			event[i] = (int64_t) mask[i - 1];
	}
	if (timeline->sorted && timeline->n_events > 0)
		timeline->sorted = compare(event - timeline->stride, event, timeline->stride) <= 0;
	timeline->n_events++;
	return AN_OK;
}

void
an_timeline_reserve(AnTimeline *timeline, const AnMemory *memory, uint32_t capacity)
{
	size_t event_size = timeline->stride * sizeof(int64_t);
	int64_t *words;

	if (capacity < CAPACITY_MIN)
		capacity = CAPACITY_MIN;
	words = an_memory_take(memory, capacity * event_size);
	if (timeline->n_events > 0)
		memcpy(words, timeline->words, timeline->n_events * event_size);
	if (timeline->owned)
		an_memory_give(memory, timeline->words);
	timeline->words = words;
	timeline->capacity = capacity;
	timeline->owned = true;
}

/* Gives every event a word of its own for time and mask; their order stays what it is. */
static void
widen(AnTimeline *timeline, const AnMemory *memory)
{
	uint32_t capacity =
		timeline->n_events < CAPACITY_MIN ? CAPACITY_MIN : timeline->n_events + CAPACITY_MIN;
	int64_t *words = an_memory_take(memory, capacity * 2 * sizeof(int64_t));

	for (uint32_t i = 0; i < timeline->n_events; i++)
	{
		words[2 * (size_t) i] = an_timeline_time(timeline, i);
		words[2 * (size_t) i + 1] = (int64_t) an_timeline_mask(timeline, i, 0);
	}
	if (timeline->owned)
		an_memory_give(memory, timeline->words);
	timeline->words = words;
	timeline->capacity = capacity;
	timeline->stride = 2;
	timeline->owned = true;
}

static inline void
copy_events(int64_t *to, const int64_t *from, size_t n, uint32_t stride)
{
	memcpy(to, from, n * stride * sizeof(int64_t));
}

/* Sorts few events where they are. */
static inline void
sort_insertion(int64_t *words, uint32_t n, uint32_t stride)
{
	int64_t moving[AN_TIMELINE_SORT_WORDS];

	for (uint32_t i = 1; i < n; i++)
	{
		uint32_t to = i;

		copy_events(moving, words + (size_t) i * stride, 1, stride);
		while (to > 0 && compare(words + (size_t) (to - 1) * stride, moving, stride) > 0)
		{
			copy_events(words + (size_t) to * stride, words + (size_t) (to - 1) * stride, 1,
						stride);
			to--;
		}
		copy_events(words + (size_t) to * stride, moving, 1, stride);
	}
}

/* Returns the event behind the ordered run that begins with event i. */
static inline uint32_t
run_end(const int64_t *words, uint32_t i, uint32_t n, uint32_t stride)
{
	for (i++; i < n; i++)
		if (compare(words + (size_t) (i - 1) * stride, words + (size_t) i * stride, stride) > 0)
			break;
	return i;
}

/* Merges the ordered events [from, middle) and [middle, end) into the same places of `out`. */
static inline void
merge(const int64_t *words, uint32_t from, uint32_t middle, uint32_t end, int64_t *out,
	  uint32_t stride)
{
	uint32_t a = from;
	uint32_t b = middle;

	for (uint32_t i = from; i < end; i++)
	{
		bool left = b == end || (a < middle && compare(words + (size_t) a * stride,
													   words + (size_t) b * stride, stride) <= 0);

		copy_events(out + (size_t) i * stride, words + (size_t) (left ? a++ : b++) * stride, 1,
					stride);
	}
}

/* Merges neighbouring runs, from one block to the other and back, until one is left; returns where it is. */
static inline int64_t *
sort_runs(int64_t *words, int64_t *other, uint32_t n, uint32_t stride)
{
	for (;;)
	{
		int64_t *swap = words;
		for (uint32_t from = 0; from < n;)
		{
			uint32_t middle = run_end(words, from, n, stride);
			uint32_t end = middle < n ? run_end(words, middle, n, stride) : n;

			if (from == 0 && middle == n)
				return words;
			merge(words, from, middle, end, other, stride);
			from = end;
		}
		words = other;
		other = swap;
	}
}

void
an_timeline_sort_words(int64_t *words, uint32_t n, uint32_t stride, const AnMemory *memory)
{
	int64_t *other;
	int64_t *sorted;

	if (n <= INSERTION_MAX)
	{
		if (stride == 1)
			sort_insertion(words, n, 1);
		else
			sort_insertion(words, n, stride);
		return;
	}
	other = an_memory_take(memory, (size_t) n * stride * sizeof(int64_t));
	/* The same code thrice: with a known stride an event is a register or two. */
	if (stride == 1)
		sorted = sort_runs(words, other, n, 1);
	else if (stride == 2)
		sorted = sort_runs(words, other, n, 2);
	else
		sorted = sort_runs(words, other, n, stride);
	if (sorted == other)
		copy_events(words, other, n, stride);
	an_memory_give(memory, other);
}

void
an_timeline_sort(AnTimeline *timeline, const AnMemory *memory)
{
	if (timeline->sorted)
		return;
	timeline->sorted = true;
	an_timeline_sort_words(timeline->words, timeline->n_events, timeline->stride, memory);
}

void
an_timeline_union(AnTimeline *timeline)
{
	uint32_t stride = timeline->stride;
	uint32_t n_kept = 0;

	for (uint32_t i = 0; i < timeline->n_events; i++)
	{
		int64_t *kept = timeline->words + (size_t) n_kept * stride;
		const int64_t *event = timeline->words + (size_t) i * stride;

		if (n_kept > 0 && an_timeline_time(timeline, i) == an_timeline_time(timeline, n_kept - 1))
		{
			/* The time is the same in both, so a packed word may be OR-ed as a whole. */
			for (uint32_t word = stride > 1; word < stride; word++)
				kept[(int64_t) word - stride] |= event[word];
			continue;
		}
		if (kept != event)
			copy_events(kept, event, 1, stride);
		n_kept++;
	}
	timeline->n_events = n_kept;
}
