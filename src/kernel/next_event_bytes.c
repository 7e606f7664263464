/*
 * next_event_bytes.c - the stored form of a history whose events have values
 */
#include "kernel/next_event.h"

#include <string.h>

#include "kernel/bytes.h"
#include "kernel/varint.h"

#define VERSION			  1
#define CONDITIONS_OFFSET 4
#define HEADER_SIZE		  8
#define TIME_SIZE		  8

/* The number of the value stands above the first 32 bits. */
#define VALUE_UNIT (UINT64_C(1) << 32)

/* Stored bytes while they are read. */
typedef struct Reader
{
	const uint8_t *bytes; /* all of them */
	size_t size;		  /* how many */
	size_t at;			  /* those read */
} Reader;

static bool read_values(AnNextEvents *events, const AnMemory *memory, Reader *reader);
static bool read_events(AnNextEvents *events, const AnMemory *memory, Reader *reader);
static bool read_event(const AnNextEvents *events, Reader *reader, int64_t *event);
static bool in_order(const AnNextEvents *events, uint32_t i);
static bool is_whole(AnNextEvents *events, const AnMemory *memory);

/* Bytes of the bits of an event. */
static size_t
bits_size(const AnNextEvents *events)
{
	return (events->ask.n_conditions + 8u) / 8;
}

static uint64_t
value_number(const AnNextEvents *events, uint32_t i)
{
	return (uint64_t) events->words[((size_t) i + 1) * events->stride - 1] >> 32;
}

size_t
an_next_size(const AnNextEvents *events)
{
	size_t size = HEADER_SIZE + an_varint_size(events->values.n);

	for (uint32_t i = 0; i < events->values.n; i++)
		size += an_varint_size(events->values.values[i].size);
	size += events->values.size;
	for (uint32_t i = 0; i < events->n_events; i++)
		size += an_varint_size(value_number(events, i));
	return size + (size_t) events->n_events * (TIME_SIZE + bits_size(events));
}

/* Writes the bits of an event: 4 bytes of its last word, then those between. */
static void
write_bits(const AnNextEvents *events, const int64_t *event, uint8_t *bytes)
{
	size_t n = bits_size(events);

	for (size_t i = 0; i < n; i++)
	{
		uint64_t word = (uint64_t) (i < 4 ? event[events->stride - 1] : event[1 + (i - 4) / 8]);

		bytes[i] = (uint8_t) (word >> 8 * (i < 4 ? i : (i - 4) % 8));
	}
}

void
an_next_write(const AnNextEvents *events, uint8_t *bytes)
{
	bytes[0] = VERSION;
	bytes[1] = events->ask.direction;
	bytes[2] = events->ask.base;
	bytes[3] = 0;
	an_write_le32(bytes + CONDITIONS_OFFSET, events->ask.n_conditions);
	bytes += HEADER_SIZE;
	bytes += an_varint_put(bytes, events->values.n);
	for (uint32_t i = 0; i < events->values.n; i++)
	{
		size_t size;
		const uint8_t *text = an_values_text(&events->values, i, &size);

		bytes += an_varint_put(bytes, size);
		if (size > 0)
			memcpy(bytes, text, size);
		bytes += size;
	}
	for (uint32_t i = 0; i < events->n_events; i++)
	{
		const int64_t *event = events->words + (size_t) i * events->stride;

		an_write_le64(bytes, (uint64_t) event[0]);
		bytes += TIME_SIZE;
		bytes += an_varint_put(bytes, value_number(events, i));
		write_bits(events, event, bytes);
		bytes += bits_size(events);
	}
}

AnStatus
an_next_read(AnNextEvents *events, const AnMemory *memory, const uint8_t *bytes, size_t size)
{
	Reader reader = {bytes, size, HEADER_SIZE};
	AnNextAsk ask = {AN_NEXT_FORWARD, AN_NEXT_HEAD, 1};
	uint32_t n_conditions;

	an_next_init(events, &ask, NULL, 0);
	if (size < HEADER_SIZE || bytes[0] != VERSION || bytes[3] != 0)
		return AN_ERR_CORRUPT;
	n_conditions = an_read_le32(bytes + CONDITIONS_OFFSET);
	if (n_conditions > AN_NEXT_MAX_CONDITIONS)
		return AN_ERR_CORRUPT;
	ask = (AnNextAsk){bytes[1], bytes[2], (uint16_t) n_conditions};
	if (!an_next_sound(&ask))
		return AN_ERR_CORRUPT;
	an_next_init(events, &ask, NULL, 0);
	if (read_values(events, memory, &reader) && read_events(events, memory, &reader) &&
		is_whole(events, memory))
		return AN_OK;
	an_next_free(events, memory);
	return AN_ERR_CORRUPT;
}

/* Reads the values, which must be in order. */
static bool
read_values(AnNextEvents *events, const AnMemory *memory, Reader *reader)
{
	uint64_t n;

	if (!an_varint_get(reader->bytes, reader->size, &reader->at, &n) ||
		n > reader->size - reader->at)
		return false;
	for (uint64_t i = 0; i < n; i++)
	{
		uint64_t size;
		uint32_t number;

		if (!an_varint_get(reader->bytes, reader->size, &reader->at, &size) ||
			size > reader->size - reader->at)
			return false;
		if (an_values_number(&events->values, memory, reader->bytes + reader->at, size, &number) !=
			AN_OK)
			return false;
		/* One that is there already did not become the last. */
		if (number != i || !events->values.ordered)
			return false;
		reader->at += size;
	}
	return true;
}

/* Reads the events, which must be in order and fill the bytes to their end. */
static bool
read_events(AnNextEvents *events, const AnMemory *memory, Reader *reader)
{
	size_t least = TIME_SIZE + 1 + bits_size(events);
	size_t most = (reader->size - reader->at) / least;

	if (most > AN_NEXT_MAX_EVENTS)
		return false;
	if (most > 0)
	{
		events->words = an_memory_take(memory, most * events->stride * sizeof(int64_t));
		events->capacity = (uint32_t) most;
		events->owned = true;
	}
	while (events->n_events < events->capacity && reader->size - reader->at >= least)
	{
		int64_t *event = events->words + (size_t) events->n_events * events->stride;

		if (!read_event(events, reader, event))
			return false;
		events->n_events++;
		if (events->n_events > 1 && !in_order(events, events->n_events - 1))
			return false;
	}
	return reader->at == reader->size;
}

/* Reads an event; at least its smallest size is there. */
static bool
read_event(const AnNextEvents *events, Reader *reader, int64_t *event)
{
	size_t n_bits = bits_size(events);
	uint32_t spare = (events->ask.n_conditions + 1u) % 8;
	const uint8_t *bits;
	uint64_t number;

	event[0] = (int64_t) an_read_le64(reader->bytes + reader->at);
	reader->at += TIME_SIZE;
	if (!an_varint_get(reader->bytes, reader->size, &reader->at, &number) ||
		number >= events->values.n || reader->size - reader->at < n_bits)
		return false;
	bits = reader->bytes + reader->at;
	reader->at += n_bits;
	if (spare != 0 && bits[n_bits - 1] >> spare != 0)
		return false;
	event[events->stride - 1] =
		(int64_t) (an_read_le64_part(bits, n_bits < 4 ? n_bits : 4) | number * VALUE_UNIT);
	for (uint32_t i = 0; i + 2 < events->stride; i++)
	{
		size_t from = 4 + 8 * (size_t) i;

		event[1 + i] =
			(int64_t) an_read_le64_part(bits + from, n_bits - from < 8 ? n_bits - from : 8);
	}
	return true;
}

/* True where event i does not belong before the one before it. */
static bool
in_order(const AnNextEvents *events, uint32_t i)
{
	const int64_t *event = events->words + (size_t) i * events->stride;
	const int64_t *before = event - events->stride;

	if (before[0] != event[0])
		return before[0] < event[0];
	for (uint32_t word = events->stride - 1; word > 0; word--)
		if (before[word] != event[word])
			return (uint64_t) before[word] < (uint64_t) event[word];
	return true;
}

/* True where making it compact changes nothing: every event matters, every value has one. */
static bool
is_whole(AnNextEvents *events, const AnMemory *memory)
{
	uint32_t n_events = events->n_events;
	bool *used = an_memory_take(memory, events->values.n + (size_t) 1);
	bool whole = true;

	memset(used, 0, events->values.n);
	for (uint32_t i = 0; i < n_events; i++)
		used[value_number(events, i)] = true;
	for (uint32_t i = 0; i < events->values.n; i++)
		whole = whole && used[i];
	an_memory_give(memory, used);
	events->compact = false;
	an_next_compact(events, memory, memory);
	return whole && events->n_events == n_events;
}
