/*
 * hll_pairs.c - what two sketches tell together of each register and rank; see hll_model.h and hll_intersect.c
 */
#include <math.h>
#include <string.h>

#include "kernel/hll_model.h"

/*
 * Fills seen[2^p] with the set of ranks seen, bit by rank.  `precision` is not above that of a dense sketch.  What
 * the registers of a finer sketch tell of the low ranks is kept: the bits of the index that the coarser
 * has no use for are ranks.
 */
static AnHllSight
ranks_seen(const AnHll *hll, int precision, uint64_t *seen)
{
	AnHllSight sight = {64, 0};
	int finer = hll->precision - precision;
	const uint8_t *registers = hll->memory;
	const uint32_t *slots = hll->memory;

	memset(seen, 0, sizeof(uint64_t) << precision);
	for (uint32_t i = 0; i < hll->n_slots && !hll->dense; i++)
		if (slots[i] != 0)
			seen[an_hll_token_index(slots[i], precision)] |=
				UINT64_C(1) << an_hll_token_rank(slots[i], precision);
	if (!hll->dense)
		return sight;
	for (uint32_t i = 0; i < an_hll_registers(hll->precision); i++)
	{
		uint64_t *set = &seen[i & (an_hll_registers(precision) - 1)];
		uint32_t high = i >> precision;
		unsigned rank = registers[i] >> 2;
		uint64_t ranks = UINT64_C(1) << rank;

		if (rank == 0)
			continue;
		if (registers[i] & 2 && rank > 1)
			ranks |= UINT64_C(1) << (rank - 1);
		if (registers[i] & 1 && rank > 2)
			ranks |= UINT64_C(1) << (rank - 2);
		*set |= high == 0 ? ranks << finer : UINT64_C(2) << __builtin_ctz(high);
	}
	return (AnHllSight){finer, hll->hll_only ? 0 : 2};
}

/* Returns the set of ranks of which `seen` tells; bit 0 has no meaning. */
static uint64_t
ranks_known(const AnHllSight *sight, uint64_t seen)
{
	int highest = seen == 0 ? 0 : 63 - __builtin_clzll(seen);
	int lowest = highest - sight->window;
	uint64_t full;

	if (sight->full >= 64 || lowest <= 0 || lowest <= sight->full)
		return ~UINT64_C(0);
	full = (UINT64_C(2) << sight->full) - 1;
	return full | ~UINT64_C(0) << lowest;
}

static AnHllAnswer
answer(uint64_t seen, uint64_t known, int rank)
{
	return (AnHllAnswer) ((known >> rank & 1) + (seen >> rank & known >> rank & 1));
}

/* Counts the pairs of answers of two sketches of which at least one is dense. */
static void
count_register_pairs(const AnHll *a, const AnHll *b, AnHllPairs *pairs, const AnMemory *memory)
{
	int precision =
		a->dense && b->dense && b->precision < a->precision ? b->precision : a->precision;
	uint64_t *seen_a, *seen_b;

	if (!a->dense)
		precision = b->precision;
	seen_a = an_memory_take(memory, sizeof(uint64_t) << precision);
	seen_b = an_memory_take(memory, sizeof(uint64_t) << precision);
	pairs->m = an_hll_registers(precision);
	pairs->last = 64 - precision;
	pairs->a = ranks_seen(a, precision, seen_a);
	pairs->b = ranks_seen(b, precision, seen_b);
	for (uint32_t i = 0; i < an_hll_registers(precision); i++)
	{
		uint64_t known_a = ranks_known(&pairs->a, seen_a[i]);
		uint64_t known_b = ranks_known(&pairs->b, seen_b[i]);
		uint64_t any = seen_a[i] | seen_b[i];
		int highest = any == 0 ? 0 : 63 - __builtin_clzll(any);

		for (int rank = 1; rank <= highest; rank++)
			pairs->cells[rank < pairs->last ? rank : pairs->last]
						[answer(seen_a[i], known_a, rank) * 3 + answer(seen_b[i], known_b, rank)]++;
		if (highest <= pairs->last)
			pairs->rest += ldexp(1, -highest);
	}
	an_memory_give(memory, seen_a);
	an_memory_give(memory, seen_b);
}

/* Returns the place of a token in a table of a power of two of slots, or the free one where it would be. */
static uint32_t *
find_token(uint32_t *table, uint32_t n_slots, uint32_t token)
{
	uint32_t i = token * UINT32_C(0x9e3779b1);

	for (i ^= i >> 15;; i++)
	{
		uint32_t *slot = &table[i & (n_slots - 1)];

		if (*slot == token || *slot == 0)
			return slot;
	}
}

/* Counts the pairs of answers of two sets of tokens: of those that came at least once. */
static void
count_token_pairs(const AnHll *a, const AnHll *b, AnHllPairs *pairs, const AnMemory *memory)
{
	uint32_t n_slots = 4;
	const uint32_t *slots_a = a->memory, *slots_b = b->memory;
	uint32_t *table;

	while (n_slots < 2 * b->n_tokens)
		n_slots *= 2;
	table = an_memory_take(memory, n_slots * sizeof(uint32_t));
	memset(table, 0, n_slots * sizeof(uint32_t));
	pairs->m = AN_HLL_TOKEN_REGISTERS;
	pairs->last = AN_HLL_TOKEN_LAST;
	pairs->a = pairs->b = (AnHllSight){64, 0};
	pairs->rest = pairs->m;
	for (uint32_t i = 0; i < b->n_slots; i++)
	{
		int rank = (int) (slots_b[i] & 63);
		int rate = rank < pairs->last ? rank : pairs->last;

		if (slots_b[i] == 0)
			continue;
		*find_token(table, n_slots, slots_b[i]) = slots_b[i];
		pairs->cells[rate][AN_HLL_MISSING * 3 + AN_HLL_CAME]++; /* so far */
		pairs->rest -= ldexp(1, -rate);
	}
	for (uint32_t i = 0; i < a->n_slots; i++)
	{
		int rank = (int) (slots_a[i] & 63);
		int rate = rank < pairs->last ? rank : pairs->last;
		bool both;

		if (slots_a[i] == 0)
			continue;
		both = *find_token(table, n_slots, slots_a[i]) == slots_a[i];
		pairs->cells[rate][AN_HLL_CAME * 3 + (both ? AN_HLL_CAME : AN_HLL_MISSING)]++;
		pairs->cells[rate][AN_HLL_MISSING * 3 + AN_HLL_CAME] -= both;
		pairs->rest -= both ? 0 : ldexp(1, -rate);
	}
	an_memory_give(memory, table);
}

void
an_hll_count_pairs(const AnHll *a, const AnHll *b, AnHllPairs *pairs, const AnMemory *memory)
{
	memset(pairs, 0, sizeof(*pairs));
	if (a->dense || b->dense)
		count_register_pairs(a, b, pairs, memory);
	else
		count_token_pairs(a, b, pairs, memory);
}
