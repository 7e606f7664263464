/*
 * hll_nibbles.c - registers in half a byte each
 *
 * The registers of a sketch have few different values: 15 of them, the codebook,
 * cover about nine in ten, and a nibble says which.  The others follow
 * the nibbles as a byte each, and have code 15.
 */
#include <string.h>

#include "kernel/hll_inside.h"

void
an_hll_count_values(const uint8_t *registers, size_t n, uint32_t counts[256])
{
	uint32_t part[4][256] = {{0}}; /* equal neighbours would wait for each other */
	size_t i = 0;

	for (; i + 4 <= n; i += 4)
	{
		part[0][registers[i]]++;
		part[1][registers[i + 1]]++;
		part[2][registers[i + 2]]++;
		part[3][registers[i + 3]]++;
	}
	for (; i < n; i++)
		part[0][registers[i]]++;
	for (int value = 0; value < 256; value++)
		counts[value] = part[0][value] + part[1][value] + part[2][value] + part[3][value];
}

/* Whether value a goes into the codebook before value b. */
static bool
before(const uint32_t counts[256], uint8_t a, uint8_t b)
{
	return b == AN_HLL_NO_VALUE || counts[a] > counts[b] || (counts[a] == counts[b] && a < b);
}

uint32_t
an_hll_codebook(const uint32_t counts[256], uint8_t codebook[AN_HLL_CODES])
{
	uint8_t frequent[AN_HLL_CODES];
	uint32_t others = 0;
	int n = 0;

	memset(frequent, AN_HLL_NO_VALUE, sizeof(frequent));
	for (int value = 0; value < AN_HLL_NO_VALUE; value++)
	{
		int at = AN_HLL_CODES;

		others += counts[value];
		while (counts[value] > 0 && at > 0 && before(counts, (uint8_t) value, frequent[at - 1]))
			at--;
		if (counts[value] == 0 || at == AN_HLL_CODES)
			continue;
		memmove(frequent + at + 1, frequent + at, (size_t) (AN_HLL_CODES - at - 1));
		frequent[at] = (uint8_t) value;
	}
	memset(codebook, AN_HLL_NO_VALUE, AN_HLL_CODES);
	for (int value = 0; value < AN_HLL_NO_VALUE; value++)
	{
		if (counts[value] == 0 || memchr(frequent, value, sizeof(frequent)) == NULL)
			continue;
		codebook[n++] = (uint8_t) value;
		others -= counts[value];
	}
	return others;
}

void
an_hll_pack_nibbles(const uint8_t *registers, size_t n, const uint8_t codebook[AN_HLL_CODES],
					uint8_t *bytes)
{
	uint8_t *nibbles = bytes + AN_HLL_CODES;
	uint8_t *escape = nibbles + n / 2;
	size_t half = an_hll_half_block(n);
	uint8_t code_of[256];

	memset(code_of, AN_HLL_ESCAPE, sizeof(code_of));
	for (int code = 0; code < AN_HLL_CODES; code++)
		code_of[codebook[code]] = (uint8_t) code;
	memcpy(bytes, codebook, AN_HLL_CODES);
	memset(nibbles, 0, n / 2);
	for (size_t i = 0; i < n; i++)
	{
		uint8_t code = code_of[registers[i]];

		nibbles[i / (2 * half) * half + i % half] |=
			(uint8_t) (i / half % 2 == 0 ? code : code << 4);
		if (code == AN_HLL_ESCAPE)
			*escape++ = registers[i];
	}
}

AnStatus
an_hll_open_nibbles(AnHllNibbles *nibbles, size_t n, const uint8_t *bytes, size_t size,
					uint32_t counts[256])
{
	uint32_t codes[16];

	if (size < AN_HLL_CODES + n / 2)
		return AN_ERR_CORRUPT;
	*nibbles = (AnHllNibbles){.n = n};
	memcpy(nibbles->codebook, bytes, AN_HLL_CODES);
	nibbles->nibbles = bytes + AN_HLL_CODES;
	nibbles->escapes = nibbles->nibbles + n / 2;
	nibbles->n_escapes = size - AN_HLL_CODES - n / 2;
	an_hll_count_codes(nibbles->nibbles, n / 2, codes);
	if (codes[AN_HLL_ESCAPE] != nibbles->n_escapes)
		return AN_ERR_CORRUPT;
	an_hll_count_values(nibbles->escapes, nibbles->n_escapes, counts);
	for (int code = 0; code < AN_HLL_CODES; code++)
		counts[nibbles->codebook[code]] += codes[code];
	return AN_OK;
}
