/*
 * distinct_bytes.c - exact sets of byte strings, or of values with an equality of their own
 *
 * An entry of the arena is a length and the bytes: the length as a varint, or
 * (aligned) as 4 bytes, followed by 4 of the hash and, padded, by a multiple of 8.
 * A slot has room for 24 bits of the hash, which spare most comparisons of
 * different strings; when the table grows, the hashes are made again along the arena.
 */
#include "kernel/distinct.h"

#include <string.h>

#include "kernel/bytehash.h"
#include "kernel/varint.h"

#define SLOTS_FIRST	 8
#define ARENA_FIRST	 64
#define SMALL_BYTES	 8192 /* up to here allocators like powers of two */
#define TAG_BITS	 24
#define TAG_MASK	 ((UINT64_C(1) << TAG_BITS) - 1)
#define ALIGNED_HEAD 8
#define ALIGN(size)	 (((size) + 7) & ~(size_t) 7)

static uint32_t
first_slot(const AnByteSet *set, uint64_t hash)
{
	return (uint32_t) (((hash >> 32) * set->n_slots) >> 32);
}

void
an_bytes_init(AnByteSet *set, bool aligned)
{
	memset(set, 0, sizeof(*set));
	set->aligned = aligned;
}

void
an_bytes_free(AnByteSet *set, const AnMemory *memory)
{
	an_memory_give(memory, set->slots);
	an_memory_give(memory, set->arena);
	an_bytes_init(set, set->aligned);
}

bool
an_bytes_next(const uint8_t *arena, size_t used, bool aligned, size_t *at, AnBytes *entry)
{
	size_t here = *at;
	uint64_t size = 0;

	entry->hash = 0;
	if (aligned)
	{
		uint32_t head[2];

		if (used - here < sizeof(head))
			return false;
		memcpy(head, arena + here, sizeof(head));
		here += sizeof(head);
		size = head[0];
		entry->hash = head[1];
		if (used - here < ALIGN(size))
			return false;
	}
	else if (!an_varint_get(arena, used, &here, &size) || used - here < size)
		return false;
	if (size >= AN_DISTINCT_VALUE_MAX)
		return false;
	entry->bytes = arena + here;
	entry->size = (uint32_t) size;
	*at = here + (aligned ? ALIGN(size) : size);
	return true;
}

/* The hash of an entry, as it was when the entry was added. */
static uint64_t
entry_hash(const AnByteSet *set, const AnBytes *entry)
{
	return set->aligned ? an_mix64(entry->hash) : an_bytehash(entry->bytes, entry->size);
}

/* Makes the table anew with n_slots. */
static void
rebuild(AnByteSet *set, uint32_t n_slots, const AnMemory *memory)
{
	uint64_t *old = set->slots;
	size_t at = 0;
	size_t place = 0;
	AnBytes entry;

	set->slots = an_memory_take(memory, (size_t) n_slots * sizeof(*set->slots));
	memset(set->slots, 0, (size_t) n_slots * sizeof(*set->slots));
	set->n_slots = n_slots;
	an_memory_give(memory, old);
	while (an_bytes_next(set->arena, set->used, set->aligned, &at, &entry))
	{
		uint64_t hash = entry_hash(set, &entry);
		uint32_t i = first_slot(set, hash);

		while (set->slots[i] != 0)
			if (++i == n_slots)
				i = 0;
		set->slots[i] = (place + 1) << TAG_BITS | (hash & TAG_MASK);
		place = at;
	}
}

/* Makes the table half as large again, if it is full. */
static AnStatus
make_slot(AnByteSet *set, const AnMemory *memory)
{
	uint64_t n_slots = (uint64_t) set->n_slots + set->n_slots / 2;

	if (set->count < set->n_slots - set->n_slots / 4)
		return AN_OK;
	if (set->n_slots >= AN_DISTINCT_SLOTS_MAX)
		return AN_ERR_LIMIT;
	if (n_slots * sizeof(*set->slots) <= SMALL_BYTES)
		n_slots = set->n_slots ? (uint64_t) set->n_slots * 2 : SLOTS_FIRST;
	if (n_slots > AN_DISTINCT_SLOTS_MAX)
		n_slots = AN_DISTINCT_SLOTS_MAX;
	rebuild(set, (uint32_t) n_slots, memory);
	return AN_OK;
}

/* Makes the arena larger, if it has less than `more` bytes free. */
static AnStatus
make_room(AnByteSet *set, size_t more, const AnMemory *memory)
{
	size_t needed = set->used + more;
	size_t size = set->size < SMALL_BYTES ? set->size * 2 : set->size + set->size / 2;
	uint8_t *old = set->arena;

	if (needed <= set->size)
		return AN_OK;
	if (needed >= AN_DISTINCT_ARENA_MAX)
		return AN_ERR_LIMIT;
	if (size < ARENA_FIRST)
		size = ARENA_FIRST;
	if (size < needed)
		size = ALIGN(needed);
	set->arena = an_memory_take(memory, size);
	set->size = size;
	if (set->used > 0)
		memcpy(set->arena, old, set->used);
	an_memory_give(memory, old);
	return AN_OK;
}

/* Tells whether an entry is the given string, or equal to the given value of an aligned set. */
static bool
same(const AnByteSet *set, size_t at, const void *bytes, size_t size, const AnEqual *equal)
{
	AnBytes entry;

	if (!an_bytes_next(set->arena, set->used, set->aligned, &at, &entry))
		return false;
	if (equal)
		return equal->equal(equal->owner, entry.bytes, bytes);
	return entry.size == size && memcmp(entry.bytes, bytes, size) == 0;
}

/* Writes an entry behind the others; there is room. */
static void
append(AnByteSet *set, const void *bytes, size_t size, uint32_t hash)
{
	if (set->aligned)
	{
		uint32_t head[2] = {(uint32_t) size, hash};

		memcpy(set->arena + set->used, head, sizeof(head));
		set->used += sizeof(head);
		memset(set->arena + set->used + size, 0, ALIGN(size) - size);
		memcpy(set->arena + set->used, bytes, size);
		set->used += ALIGN(size);
		return;
	}
	set->used += an_varint_put(set->arena + set->used, size);
	if (size > 0)
		memcpy(set->arena + set->used, bytes, size);
	set->used += size;
}

/* Adds a string; `hash` places it, `kept` is what an aligned entry keeps of it. */
static AnStatus
add(AnByteSet *set, const void *bytes, size_t size, uint64_t hash, uint32_t kept,
	const AnEqual *equal, const AnMemory *memory)
{
	AnStatus status;
	uint32_t i;

	if (size >= AN_DISTINCT_VALUE_MAX)
		return AN_ERR_LIMIT;
	status = make_slot(set, memory);
	if (status != AN_OK)
		return status;
	for (i = first_slot(set, hash); set->slots[i] != 0; i = i + 1 == set->n_slots ? 0 : i + 1)
		if (((set->slots[i] ^ hash) & TAG_MASK) == 0 &&
			same(set, (set->slots[i] >> TAG_BITS) - 1, bytes, size, equal))
			return AN_OK;
	status = make_room(set, ALIGNED_HEAD + ALIGN(size), memory);
	if (status != AN_OK)
		return status;
	set->slots[i] = (uint64_t) (set->used + 1) << TAG_BITS | (hash & TAG_MASK);
	append(set, bytes, size, kept);
	set->count++;
	return AN_OK;
}

AnStatus
an_bytes_add(AnByteSet *set, const void *bytes, size_t size, const AnMemory *memory)
{
	uint64_t hash = size < AN_DISTINCT_VALUE_MAX ? an_bytehash(bytes, size) : 0;

	return add(set, bytes, size, hash, 0, NULL, memory);
}

AnStatus
an_bytes_add_value(AnByteSet *set, const void *value, size_t size, uint32_t hash,
				   const AnEqual *equal, const AnMemory *memory)
{
	return add(set, value, size, an_mix64(hash), hash, equal, memory);
}

/* Compares as memcmp does; of two that begin alike the shorter comes first. */
static int
compare(const AnBytes *a, const AnBytes *b)
{
	int order = memcmp(a->bytes, b->bytes, a->size < b->size ? a->size : b->size);

	return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

/* Merges two sorted runs, from[begin..middle) and from[middle..end), into to[begin..end). */
static void
merge_runs(const AnBytes *from, AnBytes *to, size_t begin, size_t middle, size_t end)
{
	size_t a = begin;
	size_t b = middle;

	for (size_t i = begin; i < end; i++)
		if (b == end || (a < middle && compare(&from[a], &from[b]) <= 0))
			to[i] = from[a++];
		else
			to[i] = from[b++];
}

void
an_bytes_sorted(const AnByteSet *set, AnBytes *entries, AnBytes *scratch)
{
	AnBytes *from = entries;
	AnBytes *to = scratch;
	size_t n = set->count;
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		an_bytes_next(set->arena, set->used, set->aligned, &at, &entries[i]);
	for (size_t run = 1; run < n; run *= 2)
	{
		AnBytes *swap = from;

		for (size_t begin = 0; begin < n; begin += 2 * run)
			merge_runs(from, to, begin, begin + run < n ? begin + run : n,
					   begin + 2 * run < n ? begin + 2 * run : n);
		from = to;
		to = swap;
	}
	if (from != entries)
		memcpy(entries, from, n * sizeof(*entries));
}
