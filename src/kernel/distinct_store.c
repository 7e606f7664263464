/*
 * distinct_store.c - the stored form of exact sets
 *
 * Integers: the least one as a varint of its zigzag form, then what each is above
 * the one before, less one, as varints.  Strings: each its length as a varint and
 * its bytes.  Both ascend, so that a set has one form.
 */
#include "kernel/distinct.h"

#include <string.h>

#include "kernel/varint.h"

/* 0, -1, 1, -2 ... become 0, 1, 2, 3 ... */
static uint64_t
zigzag(int64_t value)
{
	return ((uint64_t) value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t
unzigzag(uint64_t value)
{
	return (int64_t) ((value >> 1) ^ (value & 1 ? UINT64_MAX : 0));
}

/* What stands for the i-th of sorted values. */
static uint64_t
step(const int64_t *sorted, size_t i)
{
	return i == 0 ? zigzag(sorted[0]) : (uint64_t) sorted[i] - (uint64_t) sorted[i - 1] - 1;
}

size_t
an_words_store_size(const int64_t *sorted, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += an_varint_size(step(sorted, i));
	return size;
}

void
an_words_store(const int64_t *sorted, size_t n, uint8_t *bytes)
{
	for (size_t i = 0; i < n; i++)
		bytes += an_varint_put(bytes, step(sorted, i));
}

AnStatus
an_words_load(AnWordSet *set, const uint8_t *bytes, size_t size, uint64_t n,
			  const AnDistinctBounds *bounds, const AnMemory *memory)
{
	size_t at = 0;
	int64_t value = 0;
	AnStatus status = AN_OK;

	if (n > size)
		return AN_ERR_CORRUPT; /* each value has a byte at least */
	if (set && set->count == 0)
		status = an_words_reserve(set, n, memory);
	for (uint64_t i = 0; status == AN_OK && i < n; i++)
	{
		uint64_t above;

		if (!an_varint_get(bytes, size, &at, &above))
			return AN_ERR_CORRUPT;
		if (i == 0)
			value = unzigzag(above);
		else if (above >= (uint64_t) bounds->greatest - (uint64_t) value)
			return AN_ERR_CORRUPT;
		else
			value = (int64_t) ((uint64_t) value + above + 1);
		if (value < bounds->least || value > bounds->greatest)
			return AN_ERR_CORRUPT;
		if (set)
			status = an_words_add(set, value, memory);
	}
	return status == AN_OK && at != size ? AN_ERR_CORRUPT : status;
}

size_t
an_bytes_store_size(const AnBytes *sorted, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += an_varint_size(sorted[i].size) + sorted[i].size;
	return size;
}

void
an_bytes_store(const AnBytes *sorted, size_t n, uint8_t *bytes)
{
	for (size_t i = 0; i < n; i++)
	{
		bytes += an_varint_put(bytes, sorted[i].size);
		memcpy(bytes, sorted[i].bytes, sorted[i].size);
		bytes += sorted[i].size;
	}
}

/* Tells whether a string comes behind another. */
static bool
ascends(const AnBytes *before, const AnBytes *entry)
{
	uint32_t size = before->size < entry->size ? before->size : entry->size;
	int order = memcmp(before->bytes, entry->bytes, size);

	return order < 0 || (order == 0 && before->size < entry->size);
}

AnStatus
an_bytes_load(AnByteSet *set, const uint8_t *bytes, size_t size, uint64_t n,
			  const AnDistinctBounds *bounds, const AnMemory *memory)
{
	size_t at = 0;
	AnBytes before = {0};
	AnStatus status = AN_OK;

	for (uint64_t i = 0; status == AN_OK && i < n; i++)
	{
		AnBytes entry;

		if (!an_bytes_next(bytes, size, false, &at, &entry))
			return AN_ERR_CORRUPT;
		if (entry.size < bounds->size_min || entry.size > bounds->size_max)
			return AN_ERR_CORRUPT;
		if (i > 0 && !ascends(&before, &entry))
			return AN_ERR_CORRUPT;
		before = entry;
		if (set)
			status = an_bytes_add(set, entry.bytes, entry.size, memory);
	}
	return status == AN_OK && at != size ? AN_ERR_CORRUPT : status;
}
