/*
 * distinct_words.c - exact sets of integers
 *
 * The slot of a mixed value m is floor(m / 2^b * n_slots), b its bits: any number
 * of slots will do, and a greater m lies at a higher slot but for the few that
 * were displaced.  Values that come in this order into a table too small for all
 * of them would crowd at its beginning; so whoever walks a table makes room first.
 */
#include "kernel/distinct.h"

#include <string.h>

#define SLOTS_FIRST	  8
#define SMALL_BYTES	  8192 /* up to here allocators like powers of two */
#define RADIX_BITS	  8
#define RADIX_DIGITS  (1 << RADIX_BITS)
#define NARROW(value) ((value) == (int32_t) (value))

uint32_t
an_mix32(uint32_t value)
{
	value ^= value >> 16;
	value *= UINT32_C(0x85ebca6b);
	value ^= value >> 13;
	value *= UINT32_C(0xc2b2ae35);
	return value ^ (value >> 16);
}

uint32_t
an_unmix32(uint32_t mixed)
{
	mixed ^= mixed >> 16;
	mixed *= UINT32_C(0x7ed1b41d);
	mixed ^= (mixed >> 13) ^ (mixed >> 26);
	mixed *= UINT32_C(0xa5cb9243);
	return mixed ^ (mixed >> 16);
}

uint64_t
an_mix64(uint64_t value)
{
	value ^= value >> 33;
	value *= UINT64_C(0xff51afd7ed558ccd);
	value ^= value >> 33;
	value *= UINT64_C(0xc4ceb9fe1a85ec53);
	return value ^ (value >> 33);
}

uint64_t
an_unmix64(uint64_t mixed)
{
	mixed ^= mixed >> 33;
	mixed *= UINT64_C(0x9cb4b2f8129337db);
	mixed ^= mixed >> 33;
	mixed *= UINT64_C(0x4f74430c22a54005);
	return mixed ^ (mixed >> 33);
}

/* A narrow mixed value as a wide one. */
static uint64_t
widened(uint32_t mixed)
{
	return an_mix64((uint64_t) (int64_t) (int32_t) an_unmix32(mixed));
}

static size_t
width_of(const AnWordSet *set)
{
	return set->wide ? sizeof(uint64_t) : sizeof(uint32_t);
}

/* Values that so many slots hold before the table grows. */
static uint64_t
capacity(uint32_t n_slots)
{
	return n_slots - n_slots / 4;
}

/* The slot of a mixed value: where it lies, or the free one where it belongs. */
static inline uint32_t *
slot32(const AnWordSet *set, uint32_t mixed)
{
	uint32_t *slots = set->slots;
	uint32_t i = (uint32_t) (((uint64_t) mixed * set->n_slots) >> 32);

	while (slots[i] != 0 && slots[i] != mixed)
		if (++i == set->n_slots)
			i = 0;
	return &slots[i];
}

static inline uint64_t *
slot64(const AnWordSet *set, uint64_t mixed)
{
	uint64_t *slots = set->slots;
	uint32_t i = (uint32_t) (((mixed >> 32) * set->n_slots) >> 32);

	while (slots[i] != 0 && slots[i] != mixed)
		if (++i == set->n_slots)
			i = 0;
	return &slots[i];
}

/* Puts a mixed value other than 0 into a table that has room. */
static inline void
put32(AnWordSet *set, uint32_t mixed)
{
	uint32_t *slot = slot32(set, mixed);

	set->count += *slot == 0;
	*slot = mixed;
}

static inline void
put64(AnWordSet *set, uint64_t mixed)
{
	uint64_t *slot = slot64(set, mixed);

	set->count += *slot == 0;
	*slot = mixed;
}

void
an_words_init(AnWordSet *set)
{
	memset(set, 0, sizeof(*set));
}

void
an_words_free(AnWordSet *set, const AnMemory *memory)
{
	an_memory_give(memory, set->slots);
	an_words_init(set);
}

/* Moves all values to a table of n_slots, wide if said so. */
static void
rebuild(AnWordSet *set, uint32_t n_slots, bool wide, const AnMemory *memory)
{
	AnWordSet old = *set;
	size_t size = (size_t) n_slots * (wide ? sizeof(uint64_t) : sizeof(uint32_t));

	set->slots = an_memory_take(memory, size);
	memset(set->slots, 0, size);
	set->n_slots = n_slots;
	set->wide = wide;
	set->count = old.zero;
	for (uint32_t i = 0; i < old.n_slots; i++)
	{
		if (old.wide ? ((uint64_t *) old.slots)[i] == 0 : ((uint32_t *) old.slots)[i] == 0)
			continue;
		if (!wide)
			put32(set, ((uint32_t *) old.slots)[i]);
		else if (old.wide)
			put64(set, ((uint64_t *) old.slots)[i]);
		else
			put64(set, widened(((uint32_t *) old.slots)[i]));
	}
	an_memory_give(memory, old.slots);
}

/* Makes room for `more` values in a table of that width: as it is, or half as large again, or as needed. */
static AnStatus
reserve(AnWordSet *set, uint64_t more, bool wide, const AnMemory *memory)
{
	uint64_t values = set->count + more;
	uint64_t n_slots;
	uint64_t width = wide ? sizeof(uint64_t) : sizeof(uint32_t);

	if (values <= capacity(set->n_slots) && wide == set->wide)
		return AN_OK;
	if (values > AN_DISTINCT_SLOTS_MAX / 4 * 3)
		return AN_ERR_LIMIT;
	n_slots = values + values / 3 + 2;
	if (values > capacity(set->n_slots) && n_slots < (uint64_t) set->n_slots + set->n_slots / 2)
		n_slots = (uint64_t) set->n_slots + set->n_slots / 2;
	if (n_slots > AN_DISTINCT_SLOTS_MAX)
		n_slots = AN_DISTINCT_SLOTS_MAX;
	if (n_slots * width <= SMALL_BYTES)
	{
		uint64_t power = SLOTS_FIRST;

		while (power < n_slots)
			power *= 2;
		n_slots = power;
	}
	rebuild(set, (uint32_t) n_slots, wide, memory);
	return AN_OK;
}

AnStatus
an_words_reserve(AnWordSet *set, uint64_t more, const AnMemory *memory)
{
	return reserve(set, more, set->wide, memory);
}

AnStatus
an_words_add(AnWordSet *set, int64_t value, const AnMemory *memory)
{
	bool wide = set->wide || !NARROW(value);

	if (value == 0)
	{
		set->count += !set->zero;
		set->zero = true;
		return AN_OK;
	}
	if (set->count >= capacity(set->n_slots) || wide != set->wide)
	{
		AnStatus status = reserve(set, 1, wide, memory);

		if (status != AN_OK)
			return status;
	}
	if (wide)
		put64(set, an_mix64((uint64_t) value));
	else
		put32(set, an_mix32((uint32_t) value));
	return AN_OK;
}

/* Reads the i-th of n mixed values, as the set has them. */
static inline uint64_t
mixed_at(const void *mixed, size_t i, bool wide, bool as_wide)
{
	uint64_t value64;
	uint32_t value32;

	if (wide)
	{
		memcpy(&value64, (const char *) mixed + i * sizeof(value64), sizeof(value64));
		return value64;
	}
	memcpy(&value32, (const char *) mixed + i * sizeof(value32), sizeof(value32));
	return as_wide && value32 != 0 ? widened(value32) : value32;
}

/* How many of the mixed values are not in the set. */
static size_t
count_missing(const AnWordSet *set, const void *mixed, size_t n, bool wide)
{
	size_t missing = 0;

	for (size_t i = 0; i < n; i++)
	{
		uint64_t value = mixed_at(mixed, i, wide, set->wide);

		if (value == 0)
			continue;
		if (set->n_slots == 0)
			missing++;
		else
			missing += set->wide ? *slot64(set, value) == 0 : *slot32(set, (uint32_t) value) == 0;
	}
	return missing;
}

AnStatus
an_words_merge(AnWordSet *set, const void *mixed, size_t n, bool wide, const AnMemory *memory)
{
	AnStatus status = AN_OK;

	if (wide && !set->wide)
		status = reserve(set, 0, true, memory);
	if (status == AN_OK && set->count + n > capacity(set->n_slots))
		status = an_words_reserve(set, count_missing(set, mixed, n, wide), memory);
	for (size_t i = 0; status == AN_OK && i < n; i++)
	{
		uint64_t value = mixed_at(mixed, i, wide, set->wide);

		if (value == 0)
			continue;
		if (set->wide)
			put64(set, value);
		else
			put32(set, (uint32_t) value);
	}
	return status;
}

size_t
an_words_travel_size(const AnWordSet *set)
{
	return (size_t) (set->count - set->zero) * width_of(set);
}

void
an_words_travel(const AnWordSet *set, void *mixed)
{
	char *to = mixed;

	for (uint32_t i = 0; i < set->n_slots; i++)
	{
		const char *slot = (const char *) set->slots + (size_t) i * width_of(set);

		if (mixed_at(slot, 0, set->wide, set->wide) == 0)
			continue;
		memcpy(to, slot, width_of(set));
		to += width_of(set);
	}
}

/* Sorts by one digit, the lowest bit of which is `shift`; false, and nothing is done, where all have the same. */
static bool
sort_by_digit(const int64_t *from, int64_t *to, size_t n, int shift)
{
	size_t places[RADIX_DIGITS] = {0};
	size_t place = 0;

	for (size_t i = 0; i < n; i++)
		places[((uint64_t) from[i] >> shift) % RADIX_DIGITS]++;
	if (places[((uint64_t) from[0] >> shift) % RADIX_DIGITS] == n)
		return false;
	for (int digit = 0; digit < RADIX_DIGITS; digit++)
	{
		size_t of_digit = places[digit];

		places[digit] = place;
		place += of_digit;
	}
	for (size_t i = 0; i < n; i++)
		to[places[((uint64_t) from[i] >> shift) % RADIX_DIGITS]++] = from[i];
	return true;
}

/* Sorts by the bits, the sign turned, so that they are in the order of the integers. */
static void
radix_sort(int64_t *values, int64_t *scratch, size_t n)
{
	int64_t *from = values;
	int64_t *to = scratch;

	for (size_t i = 0; i < n; i++)
		values[i] ^= INT64_MIN;
	for (int shift = 0; shift < 64 && n > 0; shift += RADIX_BITS)
		if (sort_by_digit(from, to, n, shift))
		{
			int64_t *swap = from;

			from = to;
			to = swap;
		}
	if (from != values)
		memcpy(values, from, n * sizeof(*values));
	for (size_t i = 0; i < n; i++)
		values[i] ^= INT64_MIN;
}

void
an_words_sorted(const AnWordSet *set, int64_t *values, int64_t *scratch)
{
	size_t n = 0;

	if (set->zero)
		values[n++] = 0;
	for (uint32_t i = 0; i < set->n_slots; i++)
	{
		uint64_t mixed = mixed_at(set->slots, i, set->wide, set->wide);

		if (mixed != 0)
			values[n++] = set->wide ? (int64_t) an_unmix64(mixed)
									: (int64_t) (int32_t) an_unmix32((uint32_t) mixed);
	}
	radix_sort(values, scratch, n);
}
