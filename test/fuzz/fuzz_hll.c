/*
 * fuzz_hll.c - libFuzzer harness of the stored form of sketches
 *
 * An input that begins with the byte of a version is a stored form.  If it is taken it must
 * be the only one of its content: stored again it is the same, but for the estimate; merged
 * it does the same by every way of the processor, and as the loaded sketch does.
 * Any other input says how to make sketches, whose stored forms must be taken.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/hash.h"
#include "kernel/hll.h"

#define REQUIRE(condition)                                                                         \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
			__builtin_trap();                                                                      \
	} while (0)

#define N_WAYS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *
take_block(void *owner, size_t size)
{
	void *block = malloc(size);

	(void) owner;
	REQUIRE(block != NULL);
	return block;
}

static void
give_block(void *owner, void *block)
{
	(void) owner;
	free(block);
}

static const AnMemory heap = {take_block, give_block, NULL};

static uint8_t *
stored(const AnHll *hll, size_t *size)
{
	size_t max = an_hll_stored_max(hll);
	uint8_t *bytes = malloc(max);

	*size = an_hll_store(hll, bytes, &heap);
	REQUIRE(*size <= max);
	return bytes;
}

static void
require_same(const AnHll *a, const AnHll *b)
{
	size_t size_a, size_b;
	uint8_t *bytes_a = stored(a, &size_a), *bytes_b = stored(b, &size_b);

	REQUIRE(size_a == size_b && memcmp(bytes_a, bytes_b, size_a) == 0);
	free(bytes_a);
	free(bytes_b);
}

/* Merges the stored form into a sketch of so many values, by every way, and compares with the loaded one. */
static void
check_merge(const AnHll *hll, const uint8_t *data, size_t size, int precision, int values)
{
	AnHll expected;

	an_hll_init(&expected, precision, (AnHllHash) hll->hash);
	for (int i = 0; i < values; i++)
		an_hll_add(&expected, an_murmur3_int64(i), &heap);
	REQUIRE(an_hll_merge(&expected, hll, &heap) == AN_OK);
	for (int way = 0; way < N_WAYS; way++)
	{
		AnHll into;

		if (!an_hll_way_set((AnHllWay) way))
			continue;
		an_hll_init(&into, precision, (AnHllHash) hll->hash);
		for (int i = 0; i < values; i++)
			an_hll_add(&into, an_murmur3_int64(i), &heap);
		REQUIRE(an_hll_merge_stored(&into, data, size, &heap) == AN_OK);
		require_same(&into, &expected);
		an_hll_free(&into, &heap);
	}
	an_hll_free(&expected, &heap);
}

static void
check_stored(const uint8_t *data, size_t size)
{
	AnHllHeader header;
	AnHll hll, other;
	AnStatus status = an_hll_load(&hll, data, size, &heap);
	uint8_t *again;
	size_t size_again;

	REQUIRE(status == AN_OK || status == AN_ERR_CORRUPT);
	if (status != AN_OK)
	{
		REQUIRE(hll.memory == NULL && an_hll_is_empty(&hll));
		an_hll_init(&other, 14, AN_HLL_MURMUR3);
		status = an_hll_merge_stored(&other, data, size, &heap);
		REQUIRE(status == AN_ERR_CORRUPT || status == AN_ERR_ARGUMENT);
		an_hll_free(&other, &heap);
		return;
	}
	REQUIRE(an_hll_header(data, size, &header) == AN_OK);
	REQUIRE(header.precision == hll.precision && header.hll_only == hll.hll_only);
	again = stored(&hll, &size_again);
	REQUIRE(size_again == size && memcmp(again, data, 4) == 0 &&
			memcmp(again + 8, data + 8, size - 8) == 0);
	free(again);
	/* A few bytes may stand for 2^18 registers: those once are enough. */
	check_merge(&hll, data, size, hll.precision, 40);
	if (hll.precision <= 10)
	{
		check_merge(&hll, data, size, hll.precision, 0);
		check_merge(&hll, data, size, 4 + (hll.precision + 3) % 8, 300);
	}
	an_hll_free(&hll, &heap);
}

/* Makes a sketch as the input says, and checks its stored form. */
static void
check_made(const uint8_t *data, size_t size)
{
	uint8_t ranks[256] = {0};
	uint8_t *bytes;
	uint64_t hash;
	AnHll hll;

	/* Ranks of a HyperLogLog of 16 to 256 registers. */
	if (data[0] % 2 == 1)
	{
		an_hll_init(&hll, 4 + data[0] / 2 % 5, AN_HLL_REDIS);
		memcpy(ranks, data + 1, size - 1 < sizeof(ranks) ? size - 1 : sizeof(ranks));
		if (an_hll_import(&hll, ranks, &heap) != AN_OK)
			REQUIRE(an_hll_is_empty(&hll));
	}
	else
	{
		an_hll_init(&hll, 4 + data[0] / 2 % 11, AN_HLL_MURMUR3);
		for (size_t i = 1; i + 8 <= size; i += 3)
		{
			memcpy(&hash, data + i, sizeof(hash));
			an_hll_add(&hll, hash, &heap);
		}
	}
	bytes = stored(&hll, &size);
	check_stored(bytes, size);
	REQUIRE(an_hll_merge_stored(&hll, bytes, size, &heap) == AN_OK);
	an_hll_free(&hll, &heap);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || data[0] >> 4 == 1)
		check_stored(data, size);
	else
		check_made(data, size);
	return 0;
}
