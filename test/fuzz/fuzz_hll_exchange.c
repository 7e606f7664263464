/*
 * fuzz_hll_exchange.c - libFuzzer harness of the readers of others' sketches
 *
 * Beyond what the sanitizers see: what is refused leaves an empty sketch without
 * memory; what is taken in has an estimate, an error and an interval, has
 * itself in common with itself, is the same after it was written and read
 * again, in our own form and in theirs, and merges with itself to itself.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/hll_estimate.h"
#include "kernel/hll_exchange.h"

#define REQUIRE(condition)                                                                         \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
			__builtin_trap();                                                                      \
	} while (0)

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

/* Whether both have the same registers, without the low bits; ranks above `highest` count as that. */
static void
require_same_ranks(const AnHll *a, const AnHll *b, int highest)
{
	uint32_t m = an_hll_registers(a->precision);
	uint8_t *registers_a = malloc(m), *registers_b = malloc(m);

	REQUIRE(a->precision == b->precision);
	an_hll_export(a, registers_a);
	an_hll_export(b, registers_b);
	for (uint32_t i = 0; i < m; i++)
	{
		int rank = registers_a[i] >> 2;

		REQUIRE(registers_b[i] >> 2 == (rank < highest ? rank : highest));
	}
	free(registers_a);
	free(registers_b);
}

static void
check_theirs(const AnHll *hll, int regwidth)
{
	size_t max = an_hll_storage_max(hll, regwidth);
	uint8_t *bytes = malloc(max > AN_REDIS_SIZE_MAX ? max : AN_REDIS_SIZE_MAX);
	size_t size;
	AnHll back;

	REQUIRE(an_hll_to_storage(hll, regwidth, bytes, &size, &heap) == AN_OK && size <= max);
	REQUIRE(an_hll_from_storage(&back, bytes, size, &heap) == AN_OK);
	require_same_ranks(hll, &back, (1 << regwidth) - 1);
	an_hll_free(&back, &heap);
	if (an_hll_to_redis(hll, bytes, &size, &heap) == AN_OK)
	{
		REQUIRE(size <= AN_REDIS_SIZE_MAX);
		REQUIRE(an_hll_from_redis(&back, bytes, size, &heap) == AN_OK);
		require_same_ranks(hll, &back, 51);
		an_hll_free(&back, &heap);
	}
	free(bytes);
}

static void
check_ours(AnHll *hll)
{
	size_t max = an_hll_stored_max(hll);
	uint8_t *bytes = malloc(max), *again = malloc(max);
	size_t size = an_hll_store(hll, bytes, &heap);
	AnHll back;

	REQUIRE(size <= max);
	REQUIRE(an_hll_load(&back, bytes, size, &heap) == AN_OK);
	REQUIRE(an_hll_merge(hll, &back, &heap) == AN_OK);
	REQUIRE(an_hll_store(hll, again, &heap) == size && memcmp(bytes, again, size) == 0);
	an_hll_free(&back, &heap);
	free(bytes);
	free(again);
}

static void
check(AnHll *hll, AnStatus status, int regwidth)
{
	double estimate, error;
	AnHllBounds bounds;

	if (status != AN_OK)
	{
		REQUIRE(an_hll_is_empty(hll) && hll->memory == NULL);
		return;
	}
	estimate = an_hll_estimate(hll);
	error = an_hll_error(hll);
	REQUIRE(estimate >= 0 && isfinite(estimate) && (estimate > 0) == !an_hll_is_empty(hll));
	REQUIRE(an_hll_bounds(estimate, error, 0.95, &bounds) == AN_OK);
	REQUIRE(bounds.lower >= 0 && bounds.lower <= estimate && estimate <= bounds.upper);
	REQUIRE(an_hll_intersect(hll, hll, 0.95, &bounds, &heap) == AN_OK);
	REQUIRE(bounds.lower >= 0 && bounds.lower <= bounds.estimate);
	REQUIRE(bounds.estimate <= bounds.upper && bounds.estimate <= estimate);
	check_theirs(hll, regwidth);
	check_ours(hll);
	an_hll_free(hll, &heap);
}

/* A dense value of Redis may be short here: zeros follow, so that the fuzzer gets there. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AnHll hll;

	check(&hll, an_hll_from_storage(&hll, data, size, &heap), size > 1 ? (data[1] >> 5) + 1 : 1);
	check(&hll, an_hll_from_redis(&hll, data, size, &heap), 6);
	if (size > 4 && size < AN_REDIS_SIZE_MAX && data[0] == 'H' && data[4] == 0)
	{
		uint8_t *dense = calloc(1, AN_REDIS_SIZE_MAX);

		memcpy(dense, data, size);
		check(&hll, an_hll_from_redis(&hll, dense, AN_REDIS_SIZE_MAX, &heap), 6);
		free(dense);
	}
	return 0;
}
