/*
 * hll_merge.c - merges arrays of registers
 */
#include <string.h>

#include "kernel/hll_inside.h"

bool
an_hll_way_set(AnHllWay way)
{
	return way == AN_HLL_SCALAR;
}

AnHllWay
an_hll_way(void)
{
	return AN_HLL_SCALAR;
}

void
an_hll_merge_registers(uint8_t *into, const uint8_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		into[i] = an_hll_register_merge(into[i], from[i]);
}

void
an_hll_merge_nibbles(uint8_t *into, const AnHllNibbles *from)
{
	const uint8_t *escape = from->escapes;
	size_t half = an_hll_half_block(from->n);

	for (size_t i = 0; i < from->n; i++)
	{
		uint8_t byte = from->nibbles[i / (2 * half) * half + i % half];
		uint8_t code = i / half % 2 == 0 ? byte & 15 : byte >> 4;
		uint8_t value = code == AN_HLL_ESCAPE ? *escape++ : from->codebook[code];

		into[i] = an_hll_register_merge(into[i], value);
	}
}

void
an_hll_count_codes(const uint8_t *nibbles, size_t n, uint32_t counts[16])
{
	memset(counts, 0, 16 * sizeof(uint32_t));
	for (size_t i = 0; i < n; i++)
	{
		counts[nibbles[i] & 15]++;
		counts[nibbles[i] >> 4]++;
	}
}
