/*
 * hll_storage.c - the HLL storage specification, version 1; see hll_exchange.h
 *
 *     byte 0   version 1 in the high nibble, type in the low one
 *     byte 1   register width - 1 in the 3 high bits, log2m in the 5 low ones
 *     byte 2   0, then 1 bit: sparse on, then 6 bits: explicit cutoff (0, 1..31, or 63 for auto)
 *     EXPLICIT hashes of 8 bytes, big-endian, ascending as signed numbers, each once
 *     SPARSE   words of log2m + register width bits, register number and value, ascending
 *     FULL     2^log2m words of register width bits, the values
 *
 * Words are packed from the highest bit of the first byte on; the last byte is filled up with zeros.
 */
#include "kernel/hll_exchange.h"

#include <string.h>

#define HEADER_SIZE 3
#define VERSION		1

/* Sparse on, explicit cutoff auto: the default of postgresql-hll. */
#define CUTOFF_DEFAULT	  0x7f
#define CUTOFF_EXPLICIT	  0x3f
#define CUTOFF_AUTO		  63
#define CUTOFF_MAX		  31
#define CUTOFF_PADDING	  0x80
#define HASH_SIZE		  8
#define PARAMETER_LOG2M	  0x1f
#define PARAMETER_LOG2M_N 5

typedef enum StorageType
{
	TYPE_UNDEFINED = 0,
	TYPE_EMPTY = 1,
	TYPE_EXPLICIT = 2,
	TYPE_SPARSE = 3,
	TYPE_FULL = 4,
} StorageType;

/* A stream of words of bits. */
typedef struct Reader
{
	const uint8_t *next; /* the byte to be taken next */
	uint64_t bits;		 /* what was taken and not yet read, in the low `held` bits */
	int held;
} Reader;

/* Reads a word of up to 32 bits.  The caller knows that there are so many. */
static uint32_t
read_word(Reader *reader, int width)
{
	while (reader->held < width)
	{
		reader->bits = reader->bits << 8 | *reader->next++;
		reader->held += 8;
	}
	reader->held -= width;
	return (uint32_t) (reader->bits >> reader->held) & (uint32_t) ((UINT64_C(1) << width) - 1);
}

/* Bytes for so many bits. */
static size_t
bytes_of(size_t bits)
{
	return (bits + 7) / 8;
}

/* What is left in the last byte is 0. */
static bool
ends_with_zeros(const uint8_t *bytes, size_t size, size_t bits)
{
	return size == 0 || (bytes[size - 1] & ((1u << (size * 8 - bits)) - 1)) == 0;
}

static uint64_t
hash_at(const uint8_t *bytes)
{
	uint64_t hash = 0;

	for (int i = 0; i < HASH_SIZE; i++)
		hash = hash << 8 | bytes[i];
	return hash;
}

static AnStatus
read_explicit(AnHll *hll, const uint8_t *data, size_t size, const AnMemory *memory)
{
	uint64_t before = 0;

	if (size % HASH_SIZE != 0)
		return AN_ERR_CORRUPT;
	for (size_t i = 0; i < size; i += HASH_SIZE)
	{
		/* signed numbers ascend where they do without a sign, counted from the lowest one */
		uint64_t place = hash_at(data + i) ^ UINT64_C(1) << 63;

		if (i > 0 && place <= before)
			return AN_ERR_CORRUPT;
		before = place;
	}
	for (size_t i = 0; i < size; i += HASH_SIZE)
		an_hll_add(hll, hash_at(data + i), memory);
	return AN_OK;
}

static AnStatus
read_full(uint8_t *ranks, const uint8_t *data, size_t size, int log2m, int regwidth)
{
	size_t bits = (size_t) regwidth << log2m;
	Reader reader = {data, 0, 0};

	if (size != bytes_of(bits) || !ends_with_zeros(data, size, bits))
		return AN_ERR_CORRUPT;
	for (uint32_t i = 0; i < an_hll_registers(log2m); i++)
		ranks[i] = (uint8_t) read_word(&reader, regwidth);
	return AN_OK;
}

/* Where a word is shorter than a byte, the zeros at the end may have room for one: it has the value 0, as no register has. */
static AnStatus
read_sparse(uint8_t *ranks, const uint8_t *data, size_t size, int log2m, int regwidth)
{
	int width = log2m + regwidth;
	size_t n = size > bytes_of((size_t) width << log2m) ? 0 : size * 8 / (size_t) width;
	Reader reader = {data, 0, 0};
	uint32_t next = 0;

	if (size > 0 && (n == 0 || bytes_of(n * (size_t) width) != size ||
					 !ends_with_zeros(data, size, n * (size_t) width)))
		return AN_ERR_CORRUPT;
	memset(ranks, 0, an_hll_registers(log2m));
	for (size_t i = 0; i < n; i++)
	{
		uint32_t word = read_word(&reader, width);
		uint32_t index = word >> regwidth;

		if (word == 0 && i == n - 1 && i > 0 && bytes_of(i * (size_t) width) == size)
			break;
		ranks[index] = (uint8_t) (word & ((1u << regwidth) - 1));
		if (index < next || ranks[index] == 0)
			return AN_ERR_CORRUPT;
		next = index + 1;
	}
	return AN_OK;
}

static AnStatus
read_registers(AnHll *hll, const uint8_t *bytes, size_t size, const AnMemory *memory)
{
	int regwidth = (bytes[1] >> PARAMETER_LOG2M_N) + 1;
	uint8_t *ranks = an_memory_take(memory, an_hll_registers(hll->precision));
	AnStatus status;

	if ((bytes[0] & 15) == TYPE_FULL)
		status =
			read_full(ranks, bytes + HEADER_SIZE, size - HEADER_SIZE, hll->precision, regwidth);
	else
		status =
			read_sparse(ranks, bytes + HEADER_SIZE, size - HEADER_SIZE, hll->precision, regwidth);
	if (status == AN_OK)
		status = an_hll_import(hll, ranks, memory);
	an_memory_give(memory, ranks);
	return status;
}

AnStatus
an_hll_from_storage(AnHll *hll, const uint8_t *bytes, size_t size, const AnMemory *memory)
{
	int log2m, cutoff;

	an_hll_init(hll, AN_HLL_PRECISION_DEFAULT, AN_HLL_MURMUR3);
	if (size < HEADER_SIZE || bytes[0] >> 4 != VERSION || (bytes[0] & 15) > TYPE_FULL)
		return AN_ERR_CORRUPT;
	cutoff = bytes[2] & CUTOFF_EXPLICIT;
	if ((bytes[2] & CUTOFF_PADDING) != 0 || (cutoff > CUTOFF_MAX && cutoff != CUTOFF_AUTO))
		return AN_ERR_CORRUPT;
	log2m = bytes[1] & PARAMETER_LOG2M;
	if ((bytes[0] & 15) == TYPE_UNDEFINED)
		return size == HEADER_SIZE ? AN_ERR_ARGUMENT : AN_ERR_CORRUPT;
	if (log2m < AN_HLL_PRECISION_MIN || log2m > AN_HLL_PRECISION_MAX)
		return AN_ERR_LIMIT;
	an_hll_init(hll, log2m, AN_HLL_MURMUR3);
	switch ((StorageType) (bytes[0] & 15))
	{
		case TYPE_EMPTY:
			return size == HEADER_SIZE ? AN_OK : AN_ERR_CORRUPT;
		case TYPE_EXPLICIT:
			return read_explicit(hll, bytes + HEADER_SIZE, size - HEADER_SIZE, memory);
		default:
			return read_registers(hll, bytes, size, memory);
	}
}

size_t
an_hll_storage_max(const AnHll *hll, int regwidth)
{
	return HEADER_SIZE + bytes_of((size_t) regwidth << hll->precision);
}

/* Writes a word of bits at a place counted in bits, into bytes that are 0 there. */
static void
write_word(uint8_t *data, size_t at, int width, uint32_t word)
{
	for (int left = width; left > 0;)
	{
		int room = 8 - (int) (at % 8);
		int n = room < left ? room : left;

		left -= n;
		data[at / 8] |= (uint8_t) ((word >> left & ((1u << n) - 1)) << (room - n));
		at += (size_t) n;
	}
}

AnStatus
an_hll_to_storage(const AnHll *hll, int regwidth, uint8_t *bytes, size_t *size,
				  const AnMemory *memory)
{
	uint32_t m = an_hll_registers(hll->precision);
	int width = hll->precision + regwidth;
	uint8_t highest;
	uint8_t *ranks;
	size_t n = 0, bits, at = 0;
	bool sparse;

	if (regwidth < AN_STORAGE_REGWIDTH_MIN || regwidth > AN_STORAGE_REGWIDTH_MAX)
		return AN_ERR_ARGUMENT;
	highest = (uint8_t) ((1 << regwidth) - 1);
	ranks = an_memory_take(memory, m);
	an_hll_export(hll, ranks);
	for (uint32_t i = 0; i < m; i++)
	{
		ranks[i] = ranks[i] >> 2 < highest ? ranks[i] >> 2 : highest;
		n += ranks[i] != 0;
	}
	bits = n * (size_t) width;
	/* Zeros at the end that have room for a word would be read as one by postgresql-hll. */
	sparse = n > 0 && bits < (size_t) regwidth << hll->precision &&
			 bytes_of(bits) * 8 - bits < (size_t) width;
	if (!sparse && n > 0)
		bits = (size_t) regwidth << hll->precision;
	*size = HEADER_SIZE + bytes_of(bits);
	memset(bytes, 0, *size);
	bytes[0] = (uint8_t) (VERSION << 4 | (n == 0 ? TYPE_EMPTY : sparse ? TYPE_SPARSE : TYPE_FULL));
	bytes[1] = (uint8_t) ((regwidth - 1) << PARAMETER_LOG2M_N | hll->precision);
	bytes[2] = CUTOFF_DEFAULT;
	for (uint32_t i = 0; i < m && n > 0; i++)
	{
		if (sparse && ranks[i] == 0)
			continue;
		write_word(bytes + HEADER_SIZE, at, sparse ? width : regwidth,
				   sparse ? i << regwidth | ranks[i] : ranks[i]);
		at += (size_t) (sparse ? width : regwidth);
	}
	an_memory_give(memory, ranks);
	return AN_OK;
}
