/*
 * topk_store.c - the order of a sketch's values, and its encodings
 *
 * Numbers are varints: k, how many values are held, total, floor; then of each value
 * its count (where stored, how much less than the one before; the first, less than
 * total), its error, its size and its bytes.
 */
#include "kernel/topk.h"

#include <string.h>

#include "kernel/varint.h"

/* Compares the bytes of two values; of two that begin alike the shorter comes first. */
static int
compare_bytes(const uint8_t *a, uint32_t a_size, const uint8_t *b, uint32_t b_size)
{
	int order = memcmp(a, b, a_size < b_size ? a_size : b_size);

	return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

static bool
comes_first(const AnTopk *topk, uint32_t left, uint32_t right)
{
	const AnTopkEntry *a = &topk->entries[left];
	const AnTopkEntry *b = &topk->entries[right];

	if (a->count != b->count)
		return a->count > b->count;
	return compare_bytes(an_topk_value(topk, a), a->size, an_topk_value(topk, b), b->size) <= 0;
}

/* Merges two ordered runs, from[begin..middle) and from[middle..end), into to[begin..end). */
static void
merge_runs(const AnTopk *topk, const uint32_t *from, uint32_t *to, uint32_t begin, uint32_t middle,
		   uint32_t end)
{
	uint32_t a = begin;
	uint32_t b = middle;

	for (uint32_t i = begin; i < end; i++)
		if (b == end || (a < middle && comes_first(topk, from[a], from[b])))
			to[i] = from[a++];
		else
			to[i] = from[b++];
}

void
an_topk_order(const AnTopk *topk, uint32_t *order, uint32_t *scratch)
{
	uint32_t *from = order;
	uint32_t *to = scratch;
	uint32_t n = topk->n;

	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	for (uint32_t run = 1; run < n; run *= 2)
	{
		uint32_t *swap = from;

		for (uint32_t begin = 0; begin < n; begin += 2 * run)
			merge_runs(topk, from, to, begin, begin + run < n ? begin + run : n,
					   begin + 2 * run < n ? begin + 2 * run : n);
		from = to;
		to = swap;
	}
	if (from != order)
		memcpy(order, from, n * sizeof(*order));
}

size_t
an_topk_encode_max(const AnTopk *topk)
{
	size_t size = 4 * AN_VARINT_MAX;

	for (uint32_t i = 0; i < topk->n; i++)
		size += 3 * AN_VARINT_MAX + topk->entries[i].size;
	return size;
}

size_t
an_topk_travel_size(const AnTopk *topk)
{
	size_t size = an_varint_size(topk->k) + an_varint_size(topk->n) + an_varint_size(topk->total) +
				  an_varint_size(topk->floor);

	for (uint32_t i = 0; i < topk->n; i++)
	{
		const AnTopkEntry *entry = &topk->entries[i];

		size += an_varint_size(entry->count) + an_varint_size(entry->error) +
				an_varint_size(entry->size) + entry->size;
	}
	return size;
}

/* Writes one value; returns the bytes behind it. */
static uint8_t *
encode_entry(const AnTopk *topk, const AnTopkEntry *entry, uint64_t count, uint8_t *bytes)
{
	bytes += an_varint_put(bytes, count);
	bytes += an_varint_put(bytes, entry->error);
	bytes += an_varint_put(bytes, entry->size);
	memcpy(bytes, an_topk_value(topk, entry), entry->size);
	return bytes + entry->size;
}

size_t
an_topk_encode(const AnTopk *topk, bool stored, uint8_t *bytes, const AnMemory *memory)
{
	uint8_t *at = bytes;
	uint64_t before = topk->total;
	uint32_t *order;

	at += an_varint_put(at, topk->k);
	at += an_varint_put(at, topk->n);
	at += an_varint_put(at, topk->total);
	at += an_varint_put(at, topk->floor);
	if (!stored)
	{
		for (uint32_t i = 0; i < topk->n; i++)
			at = encode_entry(topk, &topk->entries[i], topk->entries[i].count, at);
		return (size_t) (at - bytes);
	}
	order = an_memory_take(memory, (2 * (size_t) topk->n + 1) * sizeof(*order));
	an_topk_order(topk, order, order + topk->n);
	for (uint32_t i = 0; i < topk->n; i++)
	{
		const AnTopkEntry *entry = &topk->entries[order[i]];

		at = encode_entry(topk, entry, before - entry->count, at);
		before = entry->count;
	}
	an_memory_give(memory, order);
	return (size_t) (at - bytes);
}

/* Bytes on their way through the decoder. */
typedef struct Reader
{
	const uint8_t *bytes; /* all of them */
	size_t size;		  /* how many */
	size_t at;			  /* how many were read */
	uint64_t left;		  /* what the counts not read yet may add up to, above the floor */
	uint64_t before;	  /* count of the value before; total for the first */
} Reader;

static bool
read_number(Reader *reader, uint64_t *number)
{
	return an_varint_get(reader->bytes, reader->size, &reader->at, number);
}

/* Reads what stands before the values, and checks what theory says of it. */
static bool
decode_head(AnTopk *topk, Reader *reader, bool stored, uint32_t *n)
{
	uint64_t k;
	uint64_t held;
	uint32_t m;

	if (!read_number(reader, &k) || k < AN_TOPK_K_MIN || k > AN_TOPK_K_MAX)
		return false;
	an_topk_init(topk, (uint32_t) k);
	m = an_topk_counters(topk->k);
	if (!read_number(reader, &held) || held < 1 || held > (stored ? m : 2 * m))
		return false;
	if (!read_number(reader, &topk->total) || topk->total > AN_TOPK_TOTAL_MAX)
		return false;
	if (!read_number(reader, &topk->floor) || topk->floor > topk->total / (m + 1))
		return false;
	if (topk->floor > 0 && held < m)
		return false;
	*n = (uint32_t) held;
	reader->left = topk->total - topk->floor * (m + 1);
	reader->before = topk->total;
	return true;
}

/* Reads one value.  A stored one must come behind the one before it, of `before_size` bytes at `before`. */
static AnStatus
decode_entry(AnTopk *topk, Reader *reader, bool stored, const uint8_t **before,
			 uint32_t *before_size, const AnMemory *memory)
{
	uint64_t count;
	uint64_t error;
	uint64_t size;
	const uint8_t *value;
	AnStatus status;

	if (!read_number(reader, &count) || count > reader->before)
		return AN_ERR_CORRUPT;
	if (stored)
		count = reader->before - count;
	if (count < topk->floor || count - topk->floor > reader->left)
		return AN_ERR_CORRUPT;
	if (!read_number(reader, &error) || error > topk->floor || error >= count)
		return AN_ERR_CORRUPT;
	if (!read_number(reader, &size) || size > reader->size - reader->at)
		return AN_ERR_CORRUPT;
	value = reader->bytes + reader->at;
	if (stored && *before && count == reader->before &&
		compare_bytes(*before, *before_size, value, (uint32_t) size) >= 0)
		return AN_ERR_CORRUPT;
	status = an_topk_put(topk, value, size, count, error, memory);
	if (status != AN_OK)
		return status == AN_ERR_ARGUMENT ? AN_ERR_CORRUPT : status;
	reader->at += size;
	reader->left -= count - topk->floor;
	if (stored)
		reader->before = count;
	*before = value;
	*before_size = (uint32_t) size;
	return AN_OK;
}

AnStatus
an_topk_decode(AnTopk *topk, const uint8_t *bytes, size_t size, bool stored, const AnMemory *memory)
{
	Reader reader = {.bytes = bytes, .size = size};
	const uint8_t *before = NULL;
	uint32_t before_size = 0;
	uint32_t n = 0;
	AnStatus status = AN_OK;

	an_topk_init(topk, AN_TOPK_K_MIN);
	if (!decode_head(topk, &reader, stored, &n))
		status = AN_ERR_CORRUPT;
	for (uint32_t i = 0; status == AN_OK && i < n; i++)
		status = decode_entry(topk, &reader, stored, &before, &before_size, memory);
	if (status == AN_OK && (reader.at != size || (topk->floor == 0 && reader.left != 0)))
		status = AN_ERR_CORRUPT;
	if (status != AN_OK)
	{
		an_topk_free(topk, memory);
		an_topk_init(topk, AN_TOPK_K_MIN);
	}
	return status;
}
