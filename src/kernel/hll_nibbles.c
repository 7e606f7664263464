/*
 * hll_nibbles.c - registers in half a byte each
 *
 * The registers of a sketch have few different values: 15 of them, the codebook,
 * cover about nine in ten, and a nibble says which.  The others follow
 * the nibbles as a byte each, and have code 15.
 */
#include "kernel/hll_inside.h"

#include <string.h>

/* From so many registers on four tables are faster than one, where equal neighbours wait for each other. */
#define MANY 1024

void
an_hll_count_values(const uint8_t *registers, size_t n, uint32_t counts[256])
{
	uint32_t part[4][256];
	size_t i = 0;

	memset(counts, 0, 256 * sizeof(uint32_t));
	if (n >= MANY)
	{
		memset(part, 0, sizeof(part));
		for (; i + 4 <= n; i += 4)
		{
			part[0][registers[i]]++;
			part[1][registers[i + 1]]++;
			part[2][registers[i + 2]]++;
			part[3][registers[i + 3]]++;
		}
		for (int value = 0; value < 256; value++)
			counts[value] = part[0][value] + part[1][value] + part[2][value] + part[3][value];
	}
	for (; i < n; i++)
		counts[registers[i]]++;
}

/* Whether value a goes into the codebook before value b. */
static bool
goes_before(const uint32_t counts[256], uint8_t a, uint8_t b)
{
	if (b == AN_HLL_NO_VALUE || counts[a] != counts[b])
		return b == AN_HLL_NO_VALUE || counts[a] > counts[b];
	return a < b;
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
		while (counts[value] > 0 && at > 0 &&
			   goes_before(counts, (uint8_t) value, frequent[at - 1]))
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

/* Writes the registers of code 15 and returns where they end. */
static uint8_t *
pack_escapes(const uint8_t *registers, size_t n, const uint8_t code_of[256], uint8_t *to)
{
	for (size_t i = 0; i < n; i++)
	{
		if (code_of[registers[i]] == AN_HLL_ESCAPE)
			*to++ = registers[i];
	}
	return to;
}

void
an_hll_pack_nibbles(const uint8_t *registers, size_t n, const uint8_t codebook[AN_HLL_CODES],
					uint8_t *bytes)
{
	uint8_t *nibbles = bytes + AN_HLL_CODES;
	uint8_t *escapes = nibbles + n / 2;
	size_t half = an_hll_half_block(n);
	uint8_t code_of[256];

	memset(code_of, AN_HLL_ESCAPE, sizeof(code_of));
	for (uint8_t code = 0; code < AN_HLL_CODES; code++)
		code_of[codebook[code]] = code;
	memcpy(bytes, codebook, AN_HLL_CODES);
	for (const uint8_t *block = registers; block < registers + n; block += 2 * half)
	{
		for (size_t i = 0; i < half; i++)
			*nibbles++ = (uint8_t) (code_of[block[i]] | code_of[block[half + i]] << 4);
		escapes = pack_escapes(block, 2 * half, code_of, escapes);
	}
}

/* Whether codes are in ascending order, with those that have no value behind the others. */
static bool
in_order(const uint8_t codebook[AN_HLL_CODES])
{
	for (int code = 1; code < AN_HLL_CODES; code++)
	{
		uint8_t before = codebook[code - 1];

		if (codebook[code] <= before && (before != AN_HLL_NO_VALUE || codebook[code] != before))
			return false;
	}
	return true;
}

/*
 * Whether the codebook is that of the values: each code occurs, no escape has a code's
 * value, and none is more frequent than any code, or as frequent and smaller.
 */
static bool
is_codebook(const uint8_t codebook[AN_HLL_CODES], const uint32_t codes[16],
			const uint32_t escapes[256])
{
	uint32_t most = 0;			 /* of the escapes with one value */
	int which = AN_HLL_NO_VALUE; /* the smallest that occurs as often */

	for (int value = AN_HLL_NO_VALUE; value >= 0; value--)
	{
		if (escapes[value] > 0 && escapes[value] >= most)
		{
			most = escapes[value];
			which = value;
		}
	}
	for (int code = 0; code < AN_HLL_CODES; code++)
	{
		uint8_t value = codebook[code];
		bool right = codes[code] > most || (codes[code] == most && most > 0 && value < which);

		/* Where a code has no value, there is none left for an escape. */
		if (value == AN_HLL_NO_VALUE)
			right = codes[code] == 0 && most == 0;
		if (!right || escapes[value] > 0)
			return false;
	}
	return in_order(codebook);
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
	nibbles->codebook[AN_HLL_ESCAPE] = AN_HLL_NO_VALUE;
	nibbles->nibbles = bytes + AN_HLL_CODES;
	nibbles->escapes = nibbles->nibbles + n / 2;
	nibbles->n_escapes = size - AN_HLL_CODES - n / 2;
	an_hll_count_codes(nibbles->nibbles, n / 2, codes);
	an_hll_count_values(nibbles->escapes, nibbles->n_escapes, counts);
	if (codes[AN_HLL_ESCAPE] != nibbles->n_escapes ||
		!is_codebook(nibbles->codebook, codes, counts))
		return AN_ERR_CORRUPT;
	for (int code = 0; code < AN_HLL_CODES; code++)
		counts[nibbles->codebook[code]] += codes[code];
	return AN_OK;
}
