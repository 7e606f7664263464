/*
 * hll_rice.c - writes and reads Rice-coded tokens
 */
#include "kernel/hll_rice.h"

#include "kernel/bytes.h"
#include "kernel/hll_inside.h"

/* 65536 * ln((1 + sqrt(5)) / 2): k is best while 2^k is this many 65536ths of the mean distance or more. */
#define GOLDEN UINT64_C(31537)

/* Bits on their way into bytes.  What writes them is inline, so that this can stay in registers. */
typedef struct BitWriter
{
	uint8_t *next; /* where the next byte goes */
	uint64_t word; /* bits that wait */
	int n;		   /* how many: fewer than 32 between calls */
} BitWriter;

static inline void
put_bits(BitWriter *writer, uint32_t bits, int n)
{
	writer->word |= (uint64_t) bits << writer->n;
	writer->n += n;
	if (writer->n >= 32)
	{
		an_write_le32(writer->next, (uint32_t) writer->word);
		writer->next += 4;
		writer->word >>= 32;
		writer->n -= 32;
	}
}

static inline void
put_unary(BitWriter *writer, uint32_t zeros)
{
	for (; zeros >= 31; zeros -= 31)
		put_bits(writer, 0, 31);
	put_bits(writer, UINT32_C(1) << zeros, (int) zeros + 1);
}

static inline uint8_t *
put_last(BitWriter *writer)
{
	for (; writer->n > 0; writer->n -= 8)
	{
		*writer->next++ = (uint8_t) writer->word;
		writer->word >>= 8;
	}
	return writer->next;
}

/* The number of tokens: 7 bits a byte, the low ones first, the high bit where more follow. */
static uint8_t *
put_varint(uint8_t *to, uint32_t value)
{
	for (; value >= 0x80; value >>= 7)
		*to++ = (uint8_t) (value | 0x80);
	*to++ = (uint8_t) value;
	return to;
}

static size_t
varint_size(uint32_t value)
{
	size_t size = 1;

	while (value >>= 7)
		size++;
	return size;
}

int
an_rice_parameter(const AnRiceKind *kind, uint32_t n)
{
	uint64_t sum = (UINT64_C(1) << kind->index_bits) - (kind->distinct ? n / 2 : 0);
	uint64_t wanted = ((sum * GOLDEN >> 16) + n - 1) / n;

	/* the least k with 2^k >= wanted */
	return wanted < 2 ? 0 : 64 - __builtin_clzll(wanted - 1);
}

size_t
an_rice_max(const AnRiceKind *kind, uint32_t n, uint64_t sum_ranks)
{
	int k = an_rice_parameter(kind, n);
	uint64_t sum = (UINT64_C(1) << kind->index_bits) - (kind->distinct ? n : 1);
	uint64_t bits = (uint64_t) n * ((uint64_t) k + 1) + (sum >> k) + sum_ranks;

	return varint_size(n) + (size_t) ((bits + 7) / 8);
}

/* Distance of a token's index from the one before, or of the first one from 0. */
static uint32_t
distance(const AnRiceKind *kind, const uint32_t *tokens, uint32_t i)
{
	if (i == 0)
		return tokens[0] >> AN_HLL_RANK_BITS;
	return (tokens[i] >> AN_HLL_RANK_BITS) - (tokens[i - 1] >> AN_HLL_RANK_BITS) - kind->distinct;
}

size_t
an_rice_write(const AnRiceKind *kind, const uint32_t *tokens, uint32_t n, uint8_t *bytes)
{
	BitWriter writer = {put_varint(bytes, n), 0, 0};
	int k = an_rice_parameter(kind, n);

	for (uint32_t i = 0; i < n; i++)
		put_bits(&writer, distance(kind, tokens, i) & ((UINT32_C(1) << k) - 1), k);
	for (uint32_t i = 0; i < n; i++)
	{
		put_unary(&writer, distance(kind, tokens, i) >> k);
		put_unary(&writer, (tokens[i] & AN_HLL_RANK_MASK) - 1);
	}
	return (size_t) (put_last(&writer) - bytes);
}

/* Returns 64 bits from a byte on; bits behind the end are 0. */
static uint64_t
read_word(const uint8_t *bytes, size_t size, uint64_t at)
{
	if (at + 8 <= size)
		return an_read_le64(bytes + at);
	return at < size ? an_read_le64_part(bytes + at, size - at) : 0;
}

/* Reads the number of tokens in its shortest form, 0 where it is not one; moves *at behind it. */
static uint32_t
read_varint(const uint8_t *bytes, size_t size, size_t *at)
{
	uint32_t value = 0;

	for (int shift = 0; shift < 28 && *at < size; shift += 7)
	{
		uint8_t byte = bytes[(*at)++];

		value |= (uint32_t) (byte & 0x7f) << shift;
		if (byte < 0x80)
			return byte == 0 ? 0 : value;
	}
	return 0;
}

AnStatus
an_rice_open(AnRiceReader *reader, const AnRiceKind *kind, int k, const uint8_t *bytes, size_t size)
{
	size_t at = 0;
	uint32_t n = read_varint(bytes, size, &at);

	if (n == 0 || n > kind->n_max || k != an_rice_parameter(kind, n))
		return AN_ERR_CORRUPT;
	*reader = (AnRiceReader){.kind = *kind, .left = n};
	reader->bytes = bytes + at;
	reader->size = size - at;
	reader->k = k;
	reader->unary_bit = (uint64_t) n * (uint64_t) reader->k;
	reader->word_bit = reader->unary_bit / 8 * 8;
	reader->word = read_word(reader->bytes, reader->size, reader->word_bit / 8);
	reader->word = reader->word >> reader->unary_bit % 8 << reader->unary_bit % 8;
	return AN_OK;
}

/* Reads a unary code; a large one where there is none. */
static inline uint64_t
read_unary(AnRiceReader *reader)
{
	uint64_t bit, zeros;

	while (reader->word == 0)
	{
		reader->word_bit += 64;
		if (reader->word_bit / 8 >= reader->size)
			return UINT32_MAX;
		reader->word = read_word(reader->bytes, reader->size, reader->word_bit / 8);
	}
	bit = reader->word_bit + (uint64_t) __builtin_ctzll(reader->word);
	reader->word &= reader->word - 1;
	zeros = bit - reader->unary_bit;
	reader->unary_bit = bit + 1;
	return zeros;
}

/* Reads the low bits of n tokens. */
static void
read_low_bits(AnRiceReader *reader, uint32_t *low, size_t n)
{
	uint64_t bit = reader->low_bit, k = (uint64_t) reader->k;
	uint64_t mask = (UINT64_C(1) << k) - 1;

	reader->low_bit += n * k;
	if (reader->low_bit / 8 + 8 <= reader->size)
	{
		for (size_t i = 0; i < n; i++, bit += k)
			low[i] = (uint32_t) (an_read_le64(reader->bytes + bit / 8) >> bit % 8 & mask);
		return;
	}
	for (size_t i = 0; i < n; i++, bit += k)
		low[i] = (uint32_t) (read_word(reader->bytes, reader->size, bit / 8) >> bit % 8 & mask);
}

size_t
an_rice_read(AnRiceReader *reader, uint32_t *tokens, size_t max)
{
	AnRiceReader at = *reader; /* which the compiler can keep in registers */
	uint64_t index_end = UINT64_C(1) << at.kind.index_bits;
	uint64_t rank_max = (uint64_t) at.kind.rank_max;
	size_t n = at.left < max ? at.left : max;
	bool wrong = false;

	read_low_bits(&at, tokens, n);
	for (size_t i = 0; i < n; i++)
	{
		uint64_t index = at.next_index + tokens[i] + (read_unary(&at) << at.k);
		uint64_t rank = read_unary(&at) + 1;
		uint64_t token = index << AN_HLL_RANK_BITS | rank;

		/* No jump, as it would have to be foreseen; what follows a wrong token is wrong as well. */
		wrong |= index >= index_end || rank > rank_max || token <= at.last;
		at.next_index = index + at.kind.distinct;
		at.last = token;
		tokens[i] = (uint32_t) token;
	}
	if (wrong)
		return 0;
	at.left -= (uint32_t) n;
	*reader = at;
	return n;
}

bool
an_rice_end(const AnRiceReader *reader)
{
	return reader->left == 0 && reader->word == 0 && (reader->unary_bit + 7) / 8 == reader->size;
}
