/*
 * timeline_bytes.c - the stored form of events
 */
#include "kernel/timeline.h"

#include <string.h>

#define VERSION			1
#define HEADER_SIZE		12
#define N_STEPS_OFFSET	4
#define PARAMETERS_SIZE 8
#define TIME_SIZE		8

static void
put_little(uint8_t *bytes, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t) (value >> (8 * i));
}

static uint64_t
get_little(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t) bytes[i] << (8 * i);
	return value;
}

size_t
an_timeline_header_size(size_t parameters_size)
{
	return HEADER_SIZE + parameters_size;
}

size_t
an_timeline_header_write(const AnTimelineHeader *header, uint8_t *bytes)
{
	bytes[0] = VERSION;
	bytes[1] = header->kind;
	bytes[2] = header->flags;
	bytes[3] = 0;
	put_little(bytes + N_STEPS_OFFSET, header->n_steps, 4);
	put_little(bytes + PARAMETERS_SIZE, header->parameters_size, 4);
	if (header->parameters_size > 0)
		memcpy(bytes + HEADER_SIZE, header->parameters, header->parameters_size);
	return an_timeline_header_size(header->parameters_size);
}

AnStatus
an_timeline_header_read(const uint8_t *bytes, size_t size, AnTimelineHeader *header)
{
	if (size < HEADER_SIZE || bytes[0] != VERSION || bytes[1] == 0 || bytes[3] != 0)
		return AN_ERR_CORRUPT;
	*header =
		(AnTimelineHeader){.kind = bytes[1],
						   .flags = bytes[2],
						   .n_steps = (uint32_t) get_little(bytes + N_STEPS_OFFSET, 4),
						   .parameters_size = (uint32_t) get_little(bytes + PARAMETERS_SIZE, 4),
						   .parameters = bytes + HEADER_SIZE};
	if (header->n_steps < 1 || header->n_steps > AN_TIMELINE_MAX_STEPS)
		return AN_ERR_CORRUPT;
	if (header->parameters_size > size - HEADER_SIZE)
		return AN_ERR_CORRUPT;
	return AN_OK;
}

/* Bytes of a stored mask. */
static size_t
mask_size(const AnTimeline *timeline)
{
	return (timeline->n_steps + 7u) / 8;
}

size_t
an_timeline_events_size(const AnTimeline *timeline)
{
	return timeline->n_events * (TIME_SIZE + mask_size(timeline));
}

void
an_timeline_events_write(const AnTimeline *timeline, uint8_t *bytes)
{
	size_t n_mask = mask_size(timeline);

	for (uint32_t i = 0; i < timeline->n_events; i++)
	{
		put_little(bytes, (uint64_t) an_timeline_time(timeline, i), TIME_SIZE);
		bytes += TIME_SIZE;
		for (size_t at = 0; at < n_mask; at += 8)
			put_little(bytes + at, an_timeline_mask(timeline, i, (uint32_t) (at / 8)),
					   n_mask - at < 8 ? n_mask - at : 8);
		bytes += n_mask;
	}
}

/* Reads one event; the mask's words are all set. */
static int64_t
read_event(const AnTimeline *timeline, const uint8_t *bytes, uint64_t *mask)
{
	size_t n_mask = mask_size(timeline);

	for (size_t at = 0; at < n_mask; at += 8)
		mask[at / 8] = get_little(bytes + TIME_SIZE + at, n_mask - at < 8 ? n_mask - at : 8);
	return (int64_t) get_little(bytes, TIME_SIZE);
}

/* Orders two stored events. */
static int
compare_stored(const AnTimeline *timeline, const uint8_t *a, const uint8_t *b)
{
	int64_t time_a = (int64_t) get_little(a, TIME_SIZE);
	int64_t time_b = (int64_t) get_little(b, TIME_SIZE);

	if (time_a != time_b)
		return time_a < time_b ? -1 : 1;
	for (size_t i = TIME_SIZE + mask_size(timeline); i-- > TIME_SIZE;)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

AnStatus
an_timeline_events_read(AnTimeline *timeline, const AnMemory *memory, const uint8_t *bytes,
						size_t size)
{
	size_t event_size = TIME_SIZE + mask_size(timeline);
	uint32_t spare_bits = timeline->n_steps % 8;
	uint64_t mask[AN_TIMELINE_MASK_WORDS];
	AnStatus status = AN_OK;

	if (size % event_size != 0)
		return AN_ERR_CORRUPT;
	for (size_t at = 0; at < size; at += event_size)
	{
		if (at > 0 && compare_stored(timeline, bytes + at - event_size, bytes + at) > 0)
			return AN_ERR_CORRUPT;
		if (spare_bits != 0 && bytes[at + event_size - 1] >> spare_bits != 0)
			return AN_ERR_CORRUPT;
	}
	for (size_t at = 0; at < size && status == AN_OK; at += event_size)
	{
		int64_t time = read_event(timeline, bytes + at, mask);

		status = an_timeline_append(timeline, memory, time, mask);
	}
	return status;
}
