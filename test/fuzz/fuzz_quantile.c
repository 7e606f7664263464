/*
 * fuzz_quantile.c - libFuzzer harness of the quantile sketch and its exact sum
 *
 * Beyond what the sanitizers see: what is accepted has no other writing; it
 * answers in order, within its ends, and every value has a share that reaches
 * its fraction; merging it with itself twice over gives the same bytes in both ways.  The
 * bytes are then taken as doubles too: the sketch of them, and of two halves merged, agree.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/quantile.h"

#define REQUIRE(condition)                                                                         \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
			__builtin_trap();                                                                      \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static long held;

static void *
take(void *owner, size_t size)
{
	++*(long *) owner;
	return malloc(size);
}

static void
give(void *owner, void *block)
{
	*(long *) owner -= block != NULL;
	free(block);
}

static const AnMemory memory = {.take = take, .give = give, .owner = &held};

static uint8_t *
store(const AnQuantile *quantile, size_t *size)
{
	uint8_t *bytes;

	*size = an_quantile_stored_size(quantile);
	bytes = malloc(*size);
	an_quantile_store(quantile, bytes);
	return bytes;
}

static void
require_same(const AnQuantile *a, const AnQuantile *b)
{
	size_t size[2];
	uint8_t *bytes[2] = {store(a, &size[0]), store(b, &size[1])};

	REQUIRE(size[0] == size[1] && memcmp(bytes[0], bytes[1], size[0]) == 0);
	free(bytes[0]);
	free(bytes[1]);
}

static void
check_answers(const AnQuantile *quantile)
{
	static const double fractions[] = {0, 0.01, 0.25, 0.5, 0.75, 0.99, 1};
	double values[7];

	if (quantile->count == 0)
		return;
	an_quantile_values(quantile, fractions, 7, values);
	for (int i = 0; i < 7; i++)
	{
		REQUIRE(isnan(values[i]) || i == 0 || values[i] >= values[i - 1]);
		REQUIRE(an_quantile_rank(quantile, values[i]) >= fractions[i] * (1 - 1e-15));
	}
	REQUIRE(values[0] == an_quantile_least(quantile) || isnan(values[0]));
	REQUIRE(values[6] == an_quantile_greatest(quantile) || isnan(values[6]));
	if (isfinite(values[0]) && isfinite(values[6]))
	{
		double mean = an_quantile_mean(quantile);

		REQUIRE(mean >= values[0] && mean <= values[6]);
	}
}

static void
check_stored(const uint8_t *data, size_t size)
{
	AnQuantile a;
	AnQuantile b;
	size_t again_size;
	uint8_t *again;

	if (an_quantile_load(&a, data, size, &memory) != AN_OK)
	{
		REQUIRE(a.count == 0 && held == 0);
		return;
	}
	again = store(&a, &again_size);
	REQUIRE(again_size == size && memcmp(again, data, size) == 0);
	check_answers(&a);
	REQUIRE(an_quantile_load(&b, data, size, &memory) == AN_OK);
	if (an_quantile_merge(&a, &b, &memory) == AN_OK)
	{
		REQUIRE(an_quantile_merge_stored(&b, data, size, &memory) == AN_OK);
		require_same(&a, &b);
		check_answers(&a);
	}
	free(again);
	an_quantile_free(&a, &memory);
	an_quantile_free(&b, &memory);
}

static void
check_values(const uint8_t *data, size_t size)
{
	AnQuantile parts[2];
	AnQuantile whole;

	an_quantile_init(&parts[0], 35);
	an_quantile_init(&parts[1], 35);
	an_quantile_init(&whole, 35);
	for (size_t i = 0; i + 8 <= size; i += 8)
	{
		double value;

		memcpy(&value, data + i, sizeof(value));
		an_quantile_add(&whole, value, &memory);
		an_quantile_add(&parts[data[i] & 1], value, &memory);
	}
	REQUIRE(an_quantile_merge(&parts[1], &parts[0], &memory) == AN_OK);
	require_same(&parts[1], &whole);
	check_answers(&whole);
	an_quantile_free(&parts[0], &memory);
	an_quantile_free(&parts[1], &memory);
	an_quantile_free(&whole, &memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_stored(data, size);
	check_values(data, size);
	REQUIRE(held == 0);
	return 0;
}
