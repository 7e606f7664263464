/*
 * fuzz_topk.c - encoded sketches of the most frequent values, of any bytes
 *
 * First byte: the encoding, and what is done with a sketch that is taken: it has one
 * stored form, merging it with itself and adding to it keep what theory says of it.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/topk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

/* What is true of every sketch. */
static void
require_sound(const AnTopk *topk)
{
	uint64_t m = an_topk_counters(topk->k);
	uint64_t above = 0;

	require(topk->n <= 2 * m);
	for (uint32_t i = 0; i < topk->n; i++)
	{
		const AnTopkEntry *entry = &topk->entries[i];

		require(entry->error <= topk->floor && entry->error < entry->count);
		require(entry->count >= topk->floor && entry->count <= topk->total);
		above += entry->count - topk->floor;
	}
	require(topk->floor <= topk->total / (m + 1));
	require(above <= topk->total - topk->floor * (m + 1));
	require(topk->floor > 0 || above == topk->total);
}

/* The stored form; the caller frees it. */
static uint8_t *
stored(AnTopk *topk, size_t *size)
{
	uint8_t *bytes;

	an_topk_finish(topk, &memory);
	bytes = malloc(an_topk_encode_max(topk));
	*size = an_topk_encode(topk, true, bytes, &memory);
	require(*size <= an_topk_encode_max(topk));
	return bytes;
}

/* Merges two both ways round: the same bytes. */
static void
fuzz_merge(const AnTopk *topk, const uint8_t *words, size_t size)
{
	AnTopk other;
	AnTopk one;
	AnTopk two;
	uint8_t *bytes[3];
	size_t sizes[3];

	an_topk_init(&other, 1);
	for (size_t i = 0; i + 2 <= size; i += 2)
		require(an_topk_add(&other, words + i, 1 + words[i] % 2, &memory) == AN_OK);
	if (other.total > 0)
	{
		bytes[0] = malloc(an_topk_encode_max(topk));
		sizes[0] = an_topk_encode(topk, false, bytes[0], &memory);
		bytes[1] = malloc(an_topk_encode_max(&other));
		sizes[1] = an_topk_encode(&other, false, bytes[1], &memory);
		require(an_topk_decode(&one, bytes[0], sizes[0], false, &memory) == AN_OK);
		require(an_topk_decode(&two, bytes[1], sizes[1], false, &memory) == AN_OK);
		free(bytes[0]);
		free(bytes[1]);
		if (an_topk_merge(&two, topk, &memory) == AN_OK)
		{
			require(an_topk_merge(&one, &other, &memory) == AN_OK);
			require_sound(&one);
			require_sound(&two);
			bytes[0] = stored(&one, &sizes[0]);
			bytes[1] = stored(&two, &sizes[1]);
			require(sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], sizes[0]) == 0);
			free(bytes[0]);
			free(bytes[1]);
		}
		an_topk_free(&one, &memory);
		an_topk_free(&two, &memory);
	}
	an_topk_free(&other, &memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AnTopk topk;
	uint8_t *copy;
	uint8_t *again;
	size_t again_size;
	bool is_stored;

	if (size < 1)
		return 0;
	is_stored = data[0] % 2 == 0;
	copy = malloc(size); /* so that the sanitizer knows where it ends */
	memcpy(copy, data + 1, size - 1);
	if (an_topk_decode(&topk, copy, size - 1, is_stored, &memory) == AN_OK)
	{
		require_sound(&topk);
		fuzz_merge(&topk, copy, size - 1);
		again = stored(&topk, &again_size);
		require_sound(&topk);
		if (is_stored)
			require(again_size == size - 1 && memcmp(again, copy, again_size) == 0);
		free(again);
		if (topk.total < AN_TOPK_TOTAL_MAX)
		{
			require(an_topk_add(&topk, copy, size - 1, &memory) == AN_OK);
			require_sound(&topk);
		}
	}
	an_topk_free(&topk, &memory);
	free(copy);
	return 0;
}
