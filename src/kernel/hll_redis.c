/*
 * hll_redis.c - the value of a HyperLogLog key of Redis; see hll_exchange.h
 *
 *     bytes 0..3    "HYLL"
 *     byte 4        0 dense, 1 sparse
 *     bytes 5..7    0
 *     bytes 8..15   the count as cached, little-endian; its highest bit: it is stale
 *     dense         16384 registers of 6 bits, from the lowest bit of the first byte on
 *     sparse        runs of registers, 16384 together:
 *                   00nnnnnn             n + 1 zeros
 *                   01nnnnnn nnnnnnnn    n + 1 zeros, the high bits of n first
 *                   1vvvvvnn             n + 1 registers of value v + 1
 */
#include "kernel/hll_exchange.h"

#include <string.h>

#define HEADER_SIZE 16
#define MAGIC		"HYLL"
#define MAGIC_SIZE	4
#define ENCODING	4
#define UNUSED		5
#define UNUSED_SIZE 3
#define CACHE_END	15
#define STALE		0x80
#define DENSE		0
#define SPARSE		1
#define REGISTERS	16384
#define DENSE_BITS	6

/* The longest runs, and the highest value of a sparse register. */
#define ZERO_MAX	  64
#define XZERO		  0x40
#define VALUE		  0x80
#define VALUE_RUN_MAX 4
#define VALUE_MAX	  32

_Static_assert(AN_REDIS_SIZE_MAX == HEADER_SIZE + REGISTERS * DENSE_BITS / 8, "size of dense");
_Static_assert(REGISTERS == 1 << AN_REDIS_PRECISION, "number of registers");

/* Four registers are three bytes. */
static void
read_dense(uint8_t *ranks, const uint8_t *data)
{
	for (uint32_t i = 0; i < REGISTERS; i += 4, data += 3)
	{
		uint32_t bits = data[0] | (uint32_t) data[1] << 8 | (uint32_t) data[2] << 16;

		for (uint32_t j = 0; j < 4; j++)
			ranks[i + j] = (uint8_t) (bits >> j * DENSE_BITS & 63);
	}
}

static AnStatus
read_sparse(uint8_t *ranks, const uint8_t *data, size_t size)
{
	uint32_t filled = 0;

	for (size_t i = 0; i < size;)
	{
		uint8_t opcode = data[i++];
		uint8_t value = 0;
		uint32_t run = (opcode & 63u) + 1;

		if (opcode & VALUE)
		{
			value = (uint8_t) ((opcode >> 2 & 31) + 1);
			run = (opcode & 3u) + 1;
		}
		else if (opcode & XZERO)
		{
			if (i == size)
				return AN_ERR_CORRUPT;
			run = ((opcode & 63u) << 8 | data[i++]) + 1;
		}
		if (run > REGISTERS - filled)
			return AN_ERR_CORRUPT;
		memset(ranks + filled, value, run);
		filled += run;
	}
	return filled == REGISTERS ? AN_OK : AN_ERR_CORRUPT;
}

AnStatus
an_hll_from_redis(AnHll *hll, const uint8_t *bytes, size_t size, const AnMemory *memory)
{
	static const uint8_t unused[UNUSED_SIZE] = {0};
	AnStatus status = AN_OK;
	uint8_t *ranks;

	an_hll_init(hll, AN_REDIS_PRECISION, AN_HLL_REDIS);
	if (size < HEADER_SIZE || memcmp(bytes, MAGIC, MAGIC_SIZE) != 0 || bytes[ENCODING] > SPARSE ||
		memcmp(bytes + UNUSED, unused, UNUSED_SIZE) != 0)
		return AN_ERR_CORRUPT;
	if (bytes[ENCODING] == DENSE && size != AN_REDIS_SIZE_MAX)
		return AN_ERR_CORRUPT;
	ranks = an_memory_take(memory, REGISTERS);
	if (bytes[ENCODING] == DENSE)
		read_dense(ranks, bytes + HEADER_SIZE);
	else
		status = read_sparse(ranks, bytes + HEADER_SIZE, size - HEADER_SIZE);
	if (status == AN_OK)
		status = an_hll_import(hll, ranks, memory);
	an_memory_give(memory, ranks);
	return status;
}

static void
write_dense(uint8_t *data, const uint8_t *ranks)
{
	for (uint32_t i = 0; i < REGISTERS; i += 4, data += 3)
	{
		uint32_t bits = ranks[i] | (uint32_t) ranks[i + 1] << 6 | (uint32_t) ranks[i + 2] << 12 |
						(uint32_t) ranks[i + 3] << 18;

		data[0] = (uint8_t) bits;
		data[1] = (uint8_t) (bits >> 8);
		data[2] = (uint8_t) (bits >> 16);
	}
}

/* Writes the opcode of a run and returns its size, 1 or 2 bytes. */
static size_t
write_run(uint8_t *data, uint8_t value, uint32_t run)
{
	if (value > 0)
	{
		data[0] = (uint8_t) (VALUE | (uint32_t) (value - 1) << 2 | (run - 1));
		return 1;
	}
	if (run <= ZERO_MAX)
	{
		data[0] = (uint8_t) (run - 1);
		return 1;
	}
	data[0] = (uint8_t) (XZERO | (run - 1) >> 8);
	data[1] = (uint8_t) (run - 1);
	return 2;
}

/* Writes runs as long as can be; returns their size, or 0 where they have no room or a value is too high. */
static size_t
write_sparse(uint8_t *data, const uint8_t *ranks)
{
	size_t size = 0;

	for (uint32_t i = 0; i < REGISTERS;)
	{
		uint32_t max = ranks[i] == 0 ? REGISTERS : VALUE_RUN_MAX;
		uint32_t run = 1;

		while (i + run < REGISTERS && run < max && ranks[i + run] == ranks[i])
			run++;
		if (ranks[i] > VALUE_MAX || size + 2 > AN_REDIS_SPARSE_MAX - HEADER_SIZE)
			return 0;
		size += write_run(data + size, ranks[i], run);
		i += run;
	}
	return size;
}

AnStatus
an_hll_to_redis(const AnHll *hll, uint8_t *bytes, size_t *size, const AnMemory *memory)
{
	uint8_t *ranks;
	size_t sparse;

	if (hll->precision != AN_REDIS_PRECISION || hll->hash != AN_HLL_REDIS)
		return AN_ERR_ARGUMENT;
	ranks = an_memory_take(memory, REGISTERS);
	an_hll_export(hll, ranks);
	for (uint32_t i = 0; i < REGISTERS; i++)
		ranks[i] >>= 2;
	memset(bytes, 0, HEADER_SIZE);
	memcpy(bytes, MAGIC, MAGIC_SIZE);
	bytes[CACHE_END] = STALE;
	sparse = write_sparse(bytes + HEADER_SIZE, ranks);
	bytes[ENCODING] = sparse > 0 ? SPARSE : DENSE;
	if (sparse == 0)
		write_dense(bytes + HEADER_SIZE, ranks);
	*size = sparse > 0 ? HEADER_SIZE + sparse : AN_REDIS_SIZE_MAX;
	an_memory_give(memory, ranks);
	return AN_OK;
}
