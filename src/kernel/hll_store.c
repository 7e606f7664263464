/*
 * hll_store.c - the stored form of a sketch
 *
 * docs/hll_format.md describes it byte by byte.  Which encoding dense sketches get
 * follows from how often each register value occurs, and from nothing else: what is read
 * is counted as well, and refused where the writer would have chosen otherwise.
 */
#include <string.h>

#include "kernel/bytes.h"
#include "kernel/hll.h"
#include "kernel/hll_estimate.h"
#include "kernel/hll_inside.h"
#include "kernel/hll_rice.h"

#define VERSION 1
/* Byte 1 of the header. */
#define HASH_MASK	  0x07
#define HLL_ONLY_FLAG 0x08

/* Tokens that are read at a time. */
#define BATCH 64

static AnRiceKind
kind_of_tokens(int precision)
{
	return (AnRiceKind){AN_HLL_TOKEN_BITS, AN_HLL_TOKEN_RANK_MAX, false,
						an_hll_tokens_max(precision)};
}

/* Registers other than 0 are like tokens: number << 6 | rank. */
static AnRiceKind
kind_of_registers(int precision)
{
	return (AnRiceKind){precision, 65 - precision, true, an_hll_registers(precision)};
}

/*
 * Chooses the encoding of registers by how often each value occurs, and how many registers have
 * none of the 15 most frequent ones.  Sparse ones are slow to read: only where they need less
 * than half of the bytes, however the registers lie.
 */
static AnHllEncoding
choose(const uint32_t counts[256], uint32_t n_escapes, int precision, bool hll_only)
{
	size_t n = an_hll_registers(precision);
	AnRiceKind kind = kind_of_registers(precision);
	size_t nibbles = AN_HLL_CODES + n / 2 + n_escapes;
	uint64_t sum_ranks = 0;

	if (hll_only)
	{
		for (uint32_t value = 0; value < 256; value++)
			sum_ranks += (uint64_t) counts[value] * (value >> 2);
		if (an_rice_max(&kind, (uint32_t) n - counts[0], sum_ranks) <
			(nibbles < n ? nibbles : n) / 2)
			return AN_HLL_SPARSE;
	}
	return nibbles < n ? AN_HLL_NIBBLES : AN_HLL_BYTES;
}

size_t
an_hll_stored_max(const AnHll *hll)
{
	const uint32_t *slots = hll->memory;
	AnRiceKind kind = kind_of_tokens(hll->precision);
	uint64_t sum_ranks = 0;

	if (hll->dense)
		return AN_HLL_HEADER_SIZE + an_hll_registers(hll->precision);
	if (hll->n_tokens == 0)
		return AN_HLL_HEADER_SIZE;
	for (uint32_t i = 0; i < hll->n_slots; i++)
		sum_ranks += slots[i] & AN_HLL_RANK_MASK;
	return AN_HLL_HEADER_SIZE + an_rice_max(&kind, hll->n_tokens, sum_ranks);
}

static void
write_header(const AnHll *hll, AnHllEncoding encoding, int k, uint8_t *bytes)
{
	float estimate = (float) an_hll_estimate(hll);
	uint32_t bits;

	memcpy(&bits, &estimate, sizeof(bits));
	bytes[0] = (uint8_t) (VERSION << 4 | encoding);
	bytes[1] = (uint8_t) (hll->hash | (hll->hll_only ? HLL_ONLY_FLAG : 0));
	bytes[2] = hll->precision;
	bytes[3] = (uint8_t) k;
	an_write_le32(bytes + 4, bits);
}

static size_t
store_tokens(const AnHll *hll, uint8_t *bytes, const AnMemory *memory)
{
	AnRiceKind kind = kind_of_tokens(hll->precision);
	uint32_t *tokens = an_memory_take(memory, hll->n_tokens * sizeof(uint32_t));
	size_t size;

	an_hll_tokens(hll, tokens);
	write_header(hll, AN_HLL_TOKENS, an_rice_parameter(&kind, hll->n_tokens), bytes);
	size = an_rice_write(&kind, tokens, hll->n_tokens, bytes + AN_HLL_HEADER_SIZE);
	an_memory_give(memory, tokens);
	return AN_HLL_HEADER_SIZE + size;
}

static size_t
store_sparse(const AnHll *hll, uint32_t n, uint8_t *bytes, const AnMemory *memory)
{
	AnRiceKind kind = kind_of_registers(hll->precision);
	uint32_t *tokens = an_memory_take(memory, n * sizeof(uint32_t));
	const uint8_t *registers = hll->memory;
	uint32_t at = 0;
	size_t size;

	for (uint32_t i = 0; i < an_hll_registers(hll->precision); i++)
	{
		if (registers[i] != 0)
			tokens[at++] = i << AN_HLL_RANK_BITS | registers[i] >> 2;
	}
	write_header(hll, AN_HLL_SPARSE, an_rice_parameter(&kind, n), bytes);
	size = an_rice_write(&kind, tokens, n, bytes + AN_HLL_HEADER_SIZE);
	an_memory_give(memory, tokens);
	return AN_HLL_HEADER_SIZE + size;
}

static size_t
store_dense(const AnHll *hll, uint8_t *bytes, const AnMemory *memory)
{
	uint32_t n = an_hll_registers(hll->precision);
	uint8_t *payload = bytes + AN_HLL_HEADER_SIZE;
	uint8_t codebook[AN_HLL_CODES];
	uint32_t counts[256], n_escapes;
	AnHllEncoding encoding;

	an_hll_count_values(hll->memory, n, counts);
	n_escapes = an_hll_codebook(counts, codebook);
	encoding = choose(counts, n_escapes, hll->precision, hll->hll_only);
	if (encoding == AN_HLL_SPARSE)
		return store_sparse(hll, n - counts[0], bytes, memory);
	write_header(hll, encoding, 0, bytes);
	if (encoding == AN_HLL_NIBBLES)
	{
		an_hll_pack_nibbles(hll->memory, n, codebook, payload);
		return AN_HLL_HEADER_SIZE + AN_HLL_CODES + n / 2 + n_escapes;
	}
	memcpy(payload, hll->memory, n);
	return AN_HLL_HEADER_SIZE + n;
}

size_t
an_hll_store(const AnHll *hll, uint8_t *bytes, const AnMemory *memory)
{
	if (hll->dense)
		return store_dense(hll, bytes, memory);
	if (hll->n_tokens > 0)
		return store_tokens(hll, bytes, memory);
	write_header(hll, AN_HLL_EMPTY, 0, bytes);
	return AN_HLL_HEADER_SIZE;
}

AnStatus
an_hll_header(const uint8_t *bytes, size_t size, AnHllHeader *header)
{
	uint32_t bits;
	float estimate;

	if (size < AN_HLL_HEADER_SIZE)
		return AN_ERR_CORRUPT;
	header->version = bytes[0] >> 4;
	header->encoding = bytes[0] & 15;
	header->hash = bytes[1] & HASH_MASK;
	header->hll_only = (bytes[1] & HLL_ONLY_FLAG) != 0;
	header->precision = bytes[2];
	header->parameter = bytes[3];
	bits = an_read_le32(bytes + 4);
	memcpy(&estimate, &bits, sizeof(estimate));
	header->estimate = (double) estimate;
	if (header->version != VERSION || header->encoding > AN_HLL_SPARSE ||
		header->precision < AN_HLL_PRECISION_MIN || header->precision > AN_HLL_PRECISION_MAX ||
		bytes[1] > (HASH_MASK | HLL_ONLY_FLAG) || header->hash > AN_HLL_REDIS)
		return AN_ERR_CORRUPT;
	if (header->parameter != 0 && header->encoding != AN_HLL_TOKENS &&
		header->encoding != AN_HLL_SPARSE)
		return AN_ERR_CORRUPT;
	/* Tokens have no low bits that could be unknown, and only a HyperLogLog is sparse. */
	if ((header->encoding <= AN_HLL_TOKENS && header->hll_only) ||
		(header->encoding == AN_HLL_SPARSE && !header->hll_only))
		return AN_ERR_CORRUPT;
	/* A count is a number, not below 0. */
	return bits < UINT32_C(0x7f800000) ? AN_OK : AN_ERR_CORRUPT;
}

static bool
is_possible(uint8_t value, const AnHllHeader *header)
{
	int rank = value >> 2;
	int low = value & 3;

	if (rank > 65 - header->precision || (header->hll_only && low != 0))
		return false;
	/* There is no rank below 1, so that it cannot have been seen. */
	return low == 0 || rank >= 3 || (rank == 2 && low == 2);
}

/* Tells whether registers with these counts of values can be those of a sketch, and belong into this encoding. */
static bool
registers_justified(const uint32_t counts[256], uint32_t n_escapes, const AnHllHeader *header)
{
	/* Without any value a sketch is empty. */
	if (counts[0] == an_hll_registers(header->precision))
		return false;
	for (int value = 1; value < 256; value++)
	{
		if (counts[value] > 0 && !is_possible((uint8_t) value, header))
			return false;
	}
	return choose(counts, n_escapes, header->precision, header->hll_only) == header->encoding;
}

/* Makes a sketch ready to take registers, and returns the bits of them that it will keep. */
static uint8_t
prepare_dense(AnHll *into, const AnHllHeader *header, const AnMemory *memory)
{
	an_hll_make_dense(into, memory);
	if (header->hll_only)
		an_hll_make_hll_only(into);
	return into->hll_only ? 0xfc : 0xff;
}

static AnStatus
merge_bytes(AnHll *into, const AnHllHeader *header, const uint8_t *payload, size_t size,
			const AnMemory *memory)
{
	uint8_t codebook[AN_HLL_CODES];
	uint32_t counts[256];
	uint8_t keep;

	if (size != an_hll_registers(header->precision))
		return AN_ERR_CORRUPT;
	an_hll_count_values(payload, size, counts);
	if (!registers_justified(counts, an_hll_codebook(counts, codebook), header))
		return AN_ERR_CORRUPT;
	keep = prepare_dense(into, header, memory);
	an_hll_merge_kept(into->memory, payload, size, keep);
	return AN_OK;
}

static AnStatus
merge_nibbles(AnHll *into, const AnHllHeader *header, const uint8_t *payload, size_t size,
			  const AnMemory *memory)
{
	uint32_t n = an_hll_registers(header->precision);
	AnHllNibbles nibbles;
	uint32_t counts[256];
	uint8_t keep;

	/* 16 registers are never smaller as nibbles, and fewer than a block of these. */
	if (n < 32 || an_hll_open_nibbles(&nibbles, n, payload, size, counts) != AN_OK ||
		!registers_justified(counts, (uint32_t) nibbles.n_escapes, header))
		return AN_ERR_CORRUPT;
	keep = prepare_dense(into, header, memory);
	an_hll_merge_nibbles(into->memory, &nibbles, keep);
	return AN_OK;
}

/* Raises registers that have no low bits to the ranks of tokens, and counts the values. */
static void
raise_registers(uint8_t *registers, const uint32_t *tokens, size_t n, uint32_t counts[256])
{
	for (size_t i = 0; i < n; i++)
	{
		uint8_t value = (uint8_t) ((tokens[i] & AN_HLL_RANK_MASK) << 2);
		uint8_t *to = &registers[tokens[i] >> AN_HLL_RANK_BITS];

		counts[value]++;
		*to = *to > value ? *to : value;
	}
}

static AnStatus
merge_sparse(AnHll *into, const AnHllHeader *header, const uint8_t *payload, size_t size,
			 const AnMemory *memory)
{
	AnRiceKind kind = kind_of_registers(header->precision);
	uint8_t codebook[AN_HLL_CODES];
	uint32_t counts[256] = {0};
	uint32_t tokens[BATCH];
	AnRiceReader reader;
	size_t n;

	if (an_rice_open(&reader, &kind, header->parameter, payload, size) != AN_OK)
		return AN_ERR_CORRUPT;
	counts[0] = kind.n_max - reader.left;
	prepare_dense(into, header, memory);
	while ((n = an_rice_read(&reader, tokens, BATCH)) > 0)
		raise_registers(into->memory, tokens, n, counts);
	if (!an_rice_end(&reader) ||
		!registers_justified(counts, an_hll_codebook(counts, codebook), header))
		return AN_ERR_CORRUPT;
	return AN_OK;
}

static AnStatus
merge_tokens(AnHll *into, const AnHllHeader *header, const uint8_t *payload, size_t size,
			 const AnMemory *memory)
{
	AnRiceKind kind = kind_of_tokens(header->precision);
	uint32_t tokens[BATCH];
	AnRiceReader reader;
	uint32_t next = 0;
	bool placed; /* into an empty set, where no token is to be looked for */
	size_t n;

	if (an_rice_open(&reader, &kind, header->parameter, payload, size) != AN_OK)
		return AN_ERR_CORRUPT;
	an_hll_reserve(into, reader.left, memory);
	placed = an_hll_is_empty(into) && reader.left <= an_hll_tokens_max(into->precision);
	while ((n = an_rice_read(&reader, tokens, BATCH)) > 0)
	{
		if (placed)
			an_hll_place_tokens(into, tokens, n, &next);
		else
			an_hll_add_tokens(into, tokens, n, memory);
	}
	return an_rice_end(&reader) ? AN_OK : AN_ERR_CORRUPT;
}

/* Merges what follows the header into a sketch of the same precision. */
static AnStatus
merge_payload(AnHll *into, const AnHllHeader *header, const uint8_t *bytes, size_t size,
			  const AnMemory *memory)
{
	const uint8_t *payload = bytes + AN_HLL_HEADER_SIZE;
	AnStatus status = AN_ERR_CORRUPT;

	size -= AN_HLL_HEADER_SIZE;
	switch ((AnHllEncoding) header->encoding)
	{
		case AN_HLL_EMPTY:
			status = size == 0 ? AN_OK : AN_ERR_CORRUPT;
			break;
		case AN_HLL_TOKENS:
			status = merge_tokens(into, header, payload, size, memory);
			break;
		case AN_HLL_BYTES:
			status = merge_bytes(into, header, payload, size, memory);
			break;
		case AN_HLL_NIBBLES:
			status = merge_nibbles(into, header, payload, size, memory);
			break;
		case AN_HLL_SPARSE:
			status = merge_sparse(into, header, payload, size, memory);
			break;
	}
	return status;
}

AnStatus
an_hll_load(AnHll *hll, const uint8_t *bytes, size_t size, const AnMemory *memory)
{
	AnHllHeader header;
	AnStatus status;

	*hll = (AnHll){.precision = AN_HLL_PRECISION_DEFAULT};
	status = an_hll_header(bytes, size, &header);
	if (status != AN_OK)
		return status;
	an_hll_init(hll, header.precision, (AnHllHash) header.hash);
	status = merge_payload(hll, &header, bytes, size, memory);
	if (status != AN_OK)
		an_hll_free(hll, memory);
	return status;
}

AnStatus
an_hll_merge_stored(AnHll *into, const uint8_t *bytes, size_t size, const AnMemory *memory)
{
	AnHllHeader header;
	AnHll from;
	AnStatus status = an_hll_header(bytes, size, &header);

	if (status == AN_OK && header.hash != into->hash)
		status = AN_ERR_ARGUMENT;
	if (status != AN_OK)
		return status;
	if (header.precision < into->precision)
		an_hll_reduce(into, header.precision, memory);
	/* Tokens fit any precision, registers of a higher one do not. */
	if (header.precision == into->precision || header.encoding == AN_HLL_TOKENS)
		return merge_payload(into, &header, bytes, size, memory);
	status = an_hll_load(&from, bytes, size, memory);
	if (status == AN_OK)
		status = an_hll_merge(into, &from, memory);
	an_hll_free(&from, memory);
	return status;
}
