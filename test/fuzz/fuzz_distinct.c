/*
 * fuzz_distinct.c - stored sets, and arenas that travel, of any bytes
 *
 * First byte: what the bytes are taken for; second: how many values.  What is
 * taken must be the one stored form of what it holds.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/distinct.h"

static void *
take(void *owner, size_t size)
{
	(void) owner;
	return malloc(size);
}

static void
give(void *owner, void *block)
{
	(void) owner;
	free(block);
}

static const AnMemory memory = {take, give, NULL};

static void
require(int holds)
{
	if (!holds)
		abort();
}

static void
fuzz_words(const uint8_t *bytes, size_t size, uint64_t n, const AnDistinctBounds *bounds)
{
	AnWordSet set;

	an_words_init(&set);
	if (an_words_load(&set, bytes, size, n, bounds, &memory) == AN_OK)
	{
		int64_t *values = malloc((2 * n + 1) * sizeof(int64_t));
		uint8_t *again = malloc(size + 1);

		require(set.count == n);
		an_words_sorted(&set, values, values + n);
		require(an_words_store_size(values, n) == size);
		an_words_store(values, n, again);
		require(memcmp(bytes, again, size) == 0);
		require(n == 0 || (values[0] >= bounds->least && values[n - 1] <= bounds->greatest));
		free(values);
		free(again);
	}
	an_words_free(&set, &memory);
}

static void
fuzz_bytes(const uint8_t *bytes, size_t size, uint64_t n, const AnDistinctBounds *bounds)
{
	AnByteSet set;

	an_bytes_init(&set, false);
	if (an_bytes_load(&set, bytes, size, n, bounds, &memory) == AN_OK)
	{
		AnBytes *entries = malloc((2 * n + 1) * sizeof(AnBytes));
		uint8_t *again = malloc(size + 1);

		require(set.count == n);
		an_bytes_sorted(&set, entries, entries + n);
		require(an_bytes_store_size(entries, n) == size);
		an_bytes_store(entries, n, again);
		require(memcmp(bytes, again, size) == 0);
		free(entries);
		free(again);
	}
	an_bytes_free(&set, &memory);
}

/* Mixed values as they travel, merged twice: the second time nothing is new. */
static void
fuzz_merge(const uint8_t *bytes, size_t size, bool wide)
{
	size_t n = size / (wide ? 8 : 4);
	uint64_t count;
	AnWordSet set;

	an_words_init(&set);
	an_words_add(&set, 1, &memory);
	require(an_words_merge(&set, bytes, n, wide, &memory) == AN_OK);
	count = set.count;
	require(count <= n + 1);
	require(an_words_merge(&set, bytes, n, wide, &memory) == AN_OK);
	require(set.count == count);
	an_words_free(&set, &memory);
}

/* Walks an arena; every byte of every entry is read. */
static void
fuzz_arena(const uint8_t *bytes, size_t size, bool aligned)
{
	size_t at = 0;
	AnBytes entry;
	AnByteSet set;

	an_bytes_init(&set, false);
	while (an_bytes_next(bytes, size, aligned, &at, &entry))
		require(an_bytes_add(&set, entry.bytes, entry.size, &memory) == AN_OK);
	require(at <= size);
	an_bytes_free(&set, &memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const AnDistinctBounds bounds[] = {
		{INT64_MIN, INT64_MAX, 0, UINT32_MAX}, {INT32_MIN, INT32_MAX, 0, 4}, {0, 1, 16, 16}};
	uint8_t *copy;

	if (size < 2)
		return 0;
	copy = malloc(size - 2 + 1); /* so that the sanitizer knows where it ends */
	memcpy(copy, data + 2, size - 2);
	switch (data[0] % 10)
	{
		case 0:
		case 1:
		case 2:
			fuzz_words(copy, size - 2, data[1], &bounds[data[0] % 10]);
			break;
		case 3:
		case 4:
		case 5:
			fuzz_bytes(copy, size - 2, data[1], &bounds[data[0] % 10 - 3]);
			break;
		case 6:
		case 7:
			fuzz_merge(copy, size - 2, data[0] % 2);
			break;
		default:
			fuzz_arena(copy, size - 2, data[0] % 2);
			break;
	}
	free(copy);
	return 0;
}
