/*
 * hll.c - a sketch in memory: a set of tokens, then registers
 *
 * The token set has linear probing, and the place of a token follows its order:
 * the first slots hold the small ones.  So the set can be read in almost ascending
 * order, two sets walk through memory side by side when they are merged, and
 * a set grows in one walk.  The hash is uniform, so places are as even as any; whoever
 * chooses hashes can make a set slow, in the worst case (57,344 tokens of precision 18, all
 * in one place) a second or two a merge, but not wrong or larger.
 */
#include "kernel/hll.h"

#include <assert.h>
#include <string.h>

#include "kernel/hll_inside.h"

#define SLOTS_MIN 8

/* Tokens that are taken from a set at a time. */
#define BATCH 64

void
an_hll_init(AnHll *hll, int precision, AnHllHash hash)
{
	assert(precision >= AN_HLL_PRECISION_MIN && precision <= AN_HLL_PRECISION_MAX);
	*hll = (AnHll){.precision = (uint8_t) precision, .hash = (uint8_t) hash};
}

void
an_hll_free(AnHll *hll, const AnMemory *memory)
{
	if (hll->memory != NULL)
		an_memory_give(memory, hll->memory);
	an_hll_init(hll, hll->precision, (AnHllHash) hll->hash);
}

uint32_t
an_hll_token(uint64_t hash)
{
	uint32_t index = (uint32_t) hash & ((UINT32_C(1) << AN_HLL_TOKEN_BITS) - 1);

	return index << AN_HLL_RANK_BITS | (uint32_t) an_hll_rank(hash, AN_HLL_TOKEN_BITS);
}

/* Tokens that slots may hold: 7 of 8. */
static uint32_t
room_of(uint32_t n_slots)
{
	return n_slots / 8 * 7;
}

/* Returns the slot from which on a token is looked for. */
static uint32_t
place_of(uint32_t token, uint32_t n_slots)
{
	return (uint32_t) ((uint64_t) token * n_slots >> 32);
}

/* Returns the slot that holds the token, or the free one where it belongs. */
static uint32_t
find_slot(const uint32_t *slots, uint32_t n_slots, uint32_t token)
{
	uint32_t slot = place_of(token, n_slots);

	while (slots[slot] != 0 && slots[slot] != token)
		slot = (slot + 1) & (n_slots - 1);
	return slot;
}

/* Gives a set of tokens more slots. */
static void
resize(AnHll *hll, uint32_t n_slots, const AnMemory *memory)
{
	uint32_t *slots = an_memory_take(memory, n_slots * sizeof(uint32_t));
	const uint32_t *old = hll->memory;

	memset(slots, 0, n_slots * sizeof(uint32_t));
	for (uint32_t i = 0; i < hll->n_slots; i++)
	{
		if (old[i] != 0)
			slots[find_slot(slots, n_slots, old[i])] = old[i];
	}
	if (hll->memory != NULL)
		an_memory_give(memory, hll->memory);
	hll->memory = slots;
	hll->n_slots = n_slots;
}

void
an_hll_reserve(AnHll *hll, uint32_t n, const AnMemory *memory)
{
	uint32_t max = an_hll_tokens_max(hll->precision);
	uint32_t wanted = n < max - hll->n_tokens ? hll->n_tokens + n : max;
	uint32_t n_slots = hll->n_slots > 0 ? hll->n_slots : SLOTS_MIN;

	if (hll->dense || n == 0)
		return;
	while (room_of(n_slots) < wanted)
		n_slots *= 2;
	if (n_slots > hll->n_slots)
		resize(hll, n_slots, memory);
}

void
an_hll_export(const AnHll *hll, uint8_t *registers)
{
	const uint32_t *slots = hll->memory;

	if (hll->dense)
	{
		memcpy(registers, hll->memory, an_hll_registers(hll->precision));
		return;
	}
	memset(registers, 0, an_hll_registers(hll->precision));
	for (uint32_t i = 0; i < hll->n_slots; i++)
	{
		uint8_t *value = &registers[an_hll_token_index(slots[i], hll->precision)];

		if (slots[i] != 0)
			*value = an_hll_register_add(*value, an_hll_token_rank(slots[i], hll->precision));
	}
}

/* Replaces what memory holds by registers. */
static void
become_dense(AnHll *hll, uint8_t *registers, const AnMemory *memory)
{
	if (hll->memory != NULL)
		an_memory_give(memory, hll->memory);
	hll->memory = registers;
	hll->dense = true;
	hll->n_tokens = 0;
	hll->n_slots = 0;
}

void
an_hll_make_dense(AnHll *hll, const AnMemory *memory)
{
	uint8_t *registers;

	if (hll->dense)
		return;
	registers = an_memory_take(memory, an_hll_registers(hll->precision));
	an_hll_export(hll, registers);
	become_dense(hll, registers, memory);
}

void
an_hll_make_hll_only(AnHll *hll)
{
	uint8_t *registers = hll->memory;

	assert(hll->dense);
	if (hll->hll_only)
		return;
	for (uint32_t i = 0; i < an_hll_registers(hll->precision); i++)
		registers[i] &= 0xfc;
	hll->hll_only = true;
}

/*
 * Adds tokens to a set while there is room, and returns how many it could: the first
 * that it could not is new, and has no slot.
 */
static size_t
add_to_slots(AnHll *hll, const uint32_t *tokens, size_t n)
{
	uint32_t *slots = hll->memory;
	uint32_t n_slots = hll->n_slots, n_tokens = hll->n_tokens;
	uint32_t max = an_hll_tokens_max(hll->precision);
	uint32_t room = room_of(n_slots) < max ? room_of(n_slots) : max;
	size_t i;

	if (n_slots == 0)
		return 0;
	for (i = 0; i < n; i++)
	{
		uint32_t slot = find_slot(slots, n_slots, tokens[i]);

		if (slots[slot] == tokens[i])
			continue;
		if (n_tokens == room)
			break;
		slots[slot] = tokens[i];
		n_tokens++;
	}
	hll->n_tokens = n_tokens;
	return i;
}

void
an_hll_place_tokens(AnHll *hll, const uint32_t *tokens, size_t n, uint32_t *next)
{
	uint32_t *slots = hll->memory;
	uint32_t slot = *next;

	for (size_t i = 0; i < n; i++, slot++)
	{
		uint32_t place = place_of(tokens[i], hll->n_slots);

		slot = slot > place ? slot : place;
		/* Behind the last slot there are those of the first ones that are free. */
		slots[slot < hll->n_slots ? slot : find_slot(slots, hll->n_slots, tokens[i])] = tokens[i];
	}
	hll->n_tokens += (uint32_t) n;
	*next = slot;
}

/* The bits of registers that a sketch keeps. */
static uint8_t
kept_bits(const AnHll *hll)
{
	return hll->hll_only ? 0xfc : 0xff;
}

static void
add_to_dense(AnHll *hll, const uint32_t *tokens, size_t n)
{
	uint8_t *registers = hll->memory;
	uint8_t keep = kept_bits(hll);
	int precision = hll->precision;

	for (size_t i = 0; i < n; i++)
	{
		uint8_t *value = &registers[an_hll_token_index(tokens[i], precision)];

		*value = an_hll_register_add(*value, an_hll_token_rank(tokens[i], precision)) & keep;
	}
}

void
an_hll_add_tokens(AnHll *hll, const uint32_t *tokens, size_t n, const AnMemory *memory)
{
	size_t done = 0;

	while (!hll->dense && (done += add_to_slots(hll, tokens + done, n - done)) < n)
	{
		if (hll->n_tokens == an_hll_tokens_max(hll->precision))
			an_hll_make_dense(hll, memory);
		else
			resize(hll, hll->n_slots > 0 ? hll->n_slots * 2 : SLOTS_MIN, memory);
	}
	if (hll->dense)
		add_to_dense(hll, tokens + done, n - done);
}

void
an_hll_add_any(AnHll *hll, uint64_t hash, const AnMemory *memory)
{
	uint32_t token = an_hll_token(hash);

	an_hll_add_tokens(hll, &token, 1, memory);
}

/*
 * Merges registers of a higher precision.  The bits of their number that choose
 * no register any more are the first of the rank: unless all are 0, they are all
 * of it, whatever the register says.
 */
static void
fold(uint8_t *into, int precision, const uint8_t *from, int from_precision, uint8_t keep)
{
	for (uint32_t i = 0; i < an_hll_registers(from_precision); i++)
	{
		uint8_t *value = &into[i & (an_hll_registers(precision) - 1)];
		uint32_t above = i >> precision;

		if (from[i] == 0)
			continue;
		if (above != 0)
			*value = an_hll_register_add(*value, __builtin_ctz(above) + 1) & keep;
		else
		{
			uint8_t higher = (uint8_t) (from[i] + 4 * (from_precision - precision));

			*value = an_hll_register_merge(*value, higher) & keep;
		}
	}
}

static void
merge_dense(AnHll *into, const AnHll *from, const AnMemory *memory)
{
	an_hll_make_dense(into, memory);
	if (from->hll_only)
		an_hll_make_hll_only(into);
	if (into->precision == from->precision)
		an_hll_merge_kept(into->memory, from->memory, an_hll_registers(into->precision),
						  kept_bits(into));
	else
		fold(into->memory, into->precision, from->memory, from->precision, kept_bits(into));
}

static void
merge_set(AnHll *into, const AnHll *from, const AnMemory *memory)
{
	const uint32_t *slots = from->memory;
	uint32_t tokens[BATCH];
	size_t n = 0;

	an_hll_reserve(into, from->n_tokens, memory);
	for (uint32_t i = 0; i < from->n_slots; i++)
	{
		tokens[n] = slots[i];
		n += slots[i] != 0;
		if (n < BATCH && i + 1 < from->n_slots)
			continue;
		an_hll_add_tokens(into, tokens, n, memory);
		n = 0;
	}
}

AnStatus
an_hll_merge(AnHll *into, const AnHll *from, const AnMemory *memory)
{
	if (into->hash != from->hash)
		return AN_ERR_ARGUMENT;
	if (into == from)
		return AN_OK;
	if (from->precision < into->precision)
		an_hll_reduce(into, from->precision, memory);
	if (from->dense)
		merge_dense(into, from, memory);
	else
		merge_set(into, from, memory);
	return AN_OK;
}

void
an_hll_reduce(AnHll *hll, int precision, const AnMemory *memory)
{
	uint8_t *registers;

	assert(precision >= AN_HLL_PRECISION_MIN);
	if (precision >= hll->precision)
		return;
	if (hll->dense)
	{
		registers = an_memory_take(memory, an_hll_registers(precision));
		memset(registers, 0, an_hll_registers(precision));
		fold(registers, precision, hll->memory, hll->precision, kept_bits(hll));
		become_dense(hll, registers, memory);
	}
	hll->precision = (uint8_t) precision;
	if (hll->n_tokens > an_hll_tokens_max(precision))
		an_hll_make_dense(hll, memory);
}

AnStatus
an_hll_import(AnHll *hll, const uint8_t *ranks, const AnMemory *memory)
{
	uint32_t n = an_hll_registers(hll->precision);
	uint8_t highest = 0;
	uint8_t *registers;

	assert(an_hll_is_empty(hll));
	for (uint32_t i = 0; i < n; i++)
		highest = ranks[i] > highest ? ranks[i] : highest;
	if (highest > 65 - hll->precision)
		return AN_ERR_CORRUPT;
	if (highest == 0)
		return AN_OK;
	registers = an_memory_take(memory, n);
	for (uint32_t i = 0; i < n; i++)
		registers[i] = (uint8_t) (ranks[i] << 2);
	become_dense(hll, registers, memory);
	hll->hll_only = true;
	return AN_OK;
}

/*
 * Puts the tokens in order: those that stand before their place, having gone round
 * the end, are the last ones, and no other is far from where it belongs.
 */
void
an_hll_tokens(const AnHll *hll, uint32_t *tokens)
{
	const uint32_t *slots = hll->memory;
	uint32_t n = 0;
	uint32_t wrapped = 0; /* slots from the first that hold tokens of the last */

	while (wrapped < hll->n_slots && slots[wrapped] != 0)
		wrapped++;
	for (uint32_t pass = 0; pass < 2; pass++)
	{
		for (uint32_t i = 0; i < (pass == 0 ? hll->n_slots : wrapped); i++)
		{
			bool gone_round = i < wrapped && place_of(slots[i], hll->n_slots) > i;
			uint32_t at;

			if (slots[i] == 0 || gone_round != (pass == 1))
				continue;
			for (at = n++; at > 0 && tokens[at - 1] > slots[i]; at--)
				tokens[at] = tokens[at - 1];
			tokens[at] = slots[i];
		}
	}
}
