/*
 * topk.c - counting, letting go and merging
 */
#include "kernel/topk.h"

#include <assert.h>
#include <string.h>

#include "kernel/bytehash.h"

#define ENTRIES_FIRST 8
#define ARENA_FIRST	  128

static void make_entries(AnTopk *topk, uint32_t more, const AnMemory *memory);
static AnStatus make_room(AnTopk *topk, size_t size, const AnMemory *memory);
static void keep_frequent(AnTopk *topk, const AnMemory *memory);
static void compact(AnTopk *topk, const uint8_t *keep);

void
an_topk_init(AnTopk *topk, uint32_t k)
{
	memset(topk, 0, sizeof(*topk));
	topk->k = k;
}

void
an_topk_free(AnTopk *topk, const AnMemory *memory)
{
	an_memory_give(memory, topk->entries);
	an_memory_give(memory, topk->slots);
	an_memory_give(memory, topk->arena);
	an_topk_init(topk, topk->k);
}

static uint32_t
slot_mask(const AnTopk *topk)
{
	return 2 * topk->n_max - 1;
}

static bool
is_value(const AnTopk *topk, const AnTopkEntry *entry, uint32_t hash, const void *value,
		 uint32_t size)
{
	return entry->hash == hash && entry->size == size &&
		   memcmp(an_topk_value(topk, entry), value, size) == 0;
}

/* The slot of a value: where its entry is named, or the free one where it belongs. */
static uint32_t *
find_slot(const AnTopk *topk, uint32_t hash, const void *value, uint32_t size)
{
	uint32_t i = hash & slot_mask(topk);

	while (topk->slots[i] != 0 &&
		   !is_value(topk, &topk->entries[topk->slots[i] - 1], hash, value, size))
		i = (i + 1) & slot_mask(topk);
	return &topk->slots[i];
}

/* The entry of a value, or NULL. */
static AnTopkEntry *
find(const AnTopk *topk, uint32_t hash, const void *value, uint32_t size)
{
	uint32_t slot = topk->n == 0 ? 0 : *find_slot(topk, hash, value, size);

	return slot == 0 ? NULL : &topk->entries[slot - 1];
}

/* Appends an entry whose value is not held; there is room. */
static void
append(AnTopk *topk, uint32_t hash, const void *value, uint32_t size, uint64_t count,
	   uint64_t error)
{
	AnTopkEntry *entry = &topk->entries[topk->n];

	*find_slot(topk, hash, value, size) = ++topk->n;
	memset(entry, 0, sizeof(*entry));
	entry->count = count;
	entry->error = error;
	entry->hash = hash;
	entry->size = size;
	if (size <= AN_TOPK_INLINE)
		memcpy(entry->value.bytes, value, size);
	else
	{
		entry->value.place = topk->used;
		memcpy(topk->arena + topk->used, value, size);
		topk->used += size;
	}
}

AnStatus
an_topk_put(AnTopk *topk, const void *value, size_t size, uint64_t count, uint64_t error,
			const AnMemory *memory)
{
	uint32_t hash;
	AnStatus status;

	if (size > AN_TOPK_BYTES_MAX)
		return AN_ERR_LIMIT;
	hash = (uint32_t) an_bytehash(value, size);
	if (find(topk, hash, value, (uint32_t) size))
		return AN_ERR_ARGUMENT;
	status = make_room(topk, size, memory);
	if (status != AN_OK)
		return status;
	make_entries(topk, 1, memory);
	append(topk, hash, value, (uint32_t) size, count, error);
	return AN_OK;
}

AnStatus
an_topk_add(AnTopk *topk, const void *value, size_t size, const AnMemory *memory)
{
	uint32_t hash;
	AnTopkEntry *entry;
	AnStatus status;

	if (size > AN_TOPK_BYTES_MAX || topk->total >= AN_TOPK_TOTAL_MAX)
		return AN_ERR_LIMIT;
	hash = (uint32_t) an_bytehash(value, size);
	entry = find(topk, hash, value, (uint32_t) size);
	if (entry)
		entry->count++;
	else
	{
		if (topk->n >= 2 * an_topk_counters(topk->k))
			keep_frequent(topk, memory);
		status = make_room(topk, size, memory);
		if (status != AN_OK)
			return status;
		make_entries(topk, 1, memory);
		append(topk, hash, value, (uint32_t) size, topk->floor + 1, topk->floor);
	}
	topk->total++;
	return AN_OK;
}

/* Makes the hash table of the entries anew. */
static void
fill_slots(AnTopk *topk)
{
	memset(topk->slots, 0, (slot_mask(topk) + (size_t) 1) * sizeof(*topk->slots));
	for (uint32_t i = 0; i < topk->n; i++)
	{
		uint32_t slot = topk->entries[i].hash & slot_mask(topk);

		while (topk->slots[slot] != 0)
			slot = (slot + 1) & slot_mask(topk);
		topk->slots[slot] = i + 1;
	}
}

/* Makes room for `more` entries. */
static void
make_entries(AnTopk *topk, uint32_t more, const AnMemory *memory)
{
	uint32_t n_max = topk->n_max ? topk->n_max : ENTRIES_FIRST;
	AnTopkEntry *old = topk->entries;
	AnTopkEntry *entries;
	uint32_t *slots;

	if (topk->n + more <= topk->n_max)
		return;
	while (n_max < topk->n + more)
		n_max *= 2;
	entries = an_memory_take(memory, n_max * sizeof(*entries));
	slots = an_memory_take(memory, 2 * (size_t) n_max * sizeof(*slots));
	if (topk->n > 0)
		memcpy(entries, old, topk->n * sizeof(*entries));
	an_memory_give(memory, old);
	an_memory_give(memory, topk->slots);
	topk->entries = entries;
	topk->slots = slots;
	topk->n_max = n_max;
	fill_slots(topk);
}

/* Makes room for so many bytes of values, if they are more than an entry holds. */
static AnStatus
make_room(AnTopk *topk, size_t size, const AnMemory *memory)
{
	size_t needed = topk->used + size;
	size_t larger = (size_t) topk->size * 2;
	uint8_t *old = topk->arena;

	if (size <= AN_TOPK_INLINE || needed <= topk->size)
		return AN_OK;
	if (needed > AN_TOPK_BYTES_MAX)
		return AN_ERR_LIMIT;
	if (larger < ARENA_FIRST)
		larger = ARENA_FIRST;
	while (larger < needed)
		larger *= 2;
	topk->arena = an_memory_take(memory, larger);
	topk->size = (uint32_t) larger;
	if (topk->used > 0)
		memcpy(topk->arena, old, topk->used);
	an_memory_give(memory, old);
	return AN_OK;
}

/* Orders `counts` so that the rank-th greatest, counted from 0, stands in its place, and returns it (Hoare's select). */
static uint64_t
select_greatest(uint64_t *counts, size_t n, size_t rank)
{
	size_t low = 0;
	size_t high = n - 1;

	while (low < high)
	{
		uint64_t pivot = counts[low + (high - low) / 2];
		size_t i = low;
		size_t j = high;

		/* Greater ones before, lesser ones behind: both scans stop at the pivot. */
		for (;;)
		{
			uint64_t swap;

			while (counts[i] > pivot)
				i++;
			while (counts[j] < pivot)
				j--;
			if (i >= j)
				break;
			swap = counts[i];
			counts[i++] = counts[j];
			counts[j--] = swap;
		}
		if (rank <= j)
			high = j;
		else
			low = j + 1;
	}
	return counts[rank];
}

/* Keeps the m most frequent; of those as frequent as the last of them, the older. */
static void
keep_frequent(AnTopk *topk, const AnMemory *memory)
{
	uint32_t m = an_topk_counters(topk->k);
	uint64_t *counts = an_memory_take(memory, topk->n * (sizeof(*counts) + 1));
	uint8_t *keep = (uint8_t *) (counts + topk->n);
	uint32_t n_ties = m;
	uint64_t last;

	assert(topk->entries != NULL);
	for (uint32_t i = 0; i < topk->n; i++)
		counts[i] = topk->entries[i].count;
	last = select_greatest(counts, topk->n, m - 1);
	for (uint32_t i = 0; i < topk->n; i++)
		n_ties -= topk->entries[i].count > last;
	for (uint32_t i = 0; i < topk->n; i++)
	{
		keep[i] = topk->entries[i].count > last || (topk->entries[i].count == last && n_ties > 0);
		n_ties -= keep[i] && topk->entries[i].count == last;
	}
	compact(topk, keep);
	an_memory_give(memory, counts);
}

/* Lets go of what is not to be kept. */
static void
compact(AnTopk *topk, const uint8_t *keep)
{
	uint32_t n = 0;
	uint32_t used = 0;

	for (uint32_t i = 0; i < topk->n; i++)
	{
		AnTopkEntry *entry = &topk->entries[n];

		if (!keep[i])
		{
			if (topk->entries[i].count > topk->floor)
				topk->floor = topk->entries[i].count;
			continue;
		}
		*entry = topk->entries[i];
		n++;
		if (entry->size <= AN_TOPK_INLINE)
			continue;
		memmove(topk->arena + used, topk->arena + entry->value.place, entry->size);
		entry->value.place = used;
		used += entry->size;
	}
	topk->n = n;
	topk->used = used;
	fill_slots(topk);
}

void
an_topk_finish(AnTopk *topk, const AnMemory *memory)
{
	uint32_t m = an_topk_counters(topk->k);
	size_t size = topk->n * (2 * sizeof(uint32_t) + 1);
	uint32_t *order;
	uint8_t *keep;

	if (topk->n <= m)
		return;
	order = an_memory_take(memory, size);
	an_topk_order(topk, order, order + topk->n);
	keep = (uint8_t *) (order + 2 * (size_t) topk->n);
	memset(keep, 0, topk->n);
	for (uint32_t i = 0; i < m; i++)
		keep[order[i]] = 1;
	compact(topk, keep);
	an_memory_give(memory, order);
}

AnStatus
an_topk_merge(AnTopk *into, const AnTopk *from, const AnMemory *memory)
{
	uint64_t floor = into->floor;

	if (from->total > AN_TOPK_TOTAL_MAX - into->total ||
		make_room(into, from->used, memory) != AN_OK)
		return AN_ERR_LIMIT;
	make_entries(into, from->n, memory);
	into->k = from->k < into->k ? from->k : into->k;
	into->total += from->total;
	into->floor += from->floor;

	/* As if none of them were held by the other; for those that are, that is taken back. */
	for (uint32_t i = 0; i < into->n; i++)
	{
		into->entries[i].count += from->floor;
		into->entries[i].error += from->floor;
	}
	for (uint32_t i = 0; i < from->n; i++)
	{
		const AnTopkEntry *entry = &from->entries[i];
		const uint8_t *value = an_topk_value(from, entry);
		AnTopkEntry *same = find(into, entry->hash, value, entry->size);

		if (same)
		{
			same->count = same->count - from->floor + entry->count;
			same->error = same->error - from->floor + entry->error;
		}
		else
			append(into, entry->hash, value, entry->size, entry->count + floor,
				   entry->error + floor);
	}
	if (into->n > 2 * an_topk_counters(into->k))
		an_topk_finish(into, memory);
	return AN_OK;
}
