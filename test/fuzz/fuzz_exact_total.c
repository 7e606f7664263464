/*
 * fuzz_exact_total.c - libFuzzer harness of stored exact sums
 *
 * Beyond what the sanitizers see: what is accepted has no other writing, a finite mean, and
 * twice it is the same mean.  The bytes are then taken as doubles too: their total, and that
 * of two halves merged as bytes, are the same.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/exact_total.h"

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

static void
require_stored(const AnExactTotal *total, const uint8_t *bytes, size_t size)
{
	uint8_t stored[AN_EXACT_TOTAL_STORED_MAX];

	REQUIRE(an_exact_total_store(total, stored) == size && memcmp(stored, bytes, size) == 0);
}

static void
check_stored(const uint8_t *data, size_t size)
{
	AnExactTotal total;
	double once;
	double twice;
	AnStatus status;

	an_exact_total_init(&total);
	status = an_exact_total_merge_stored(&total, data, size, &memory);
	REQUIRE(status == AN_OK || !an_exact_total_check(data, size));
	if (status == AN_OK)
	{
		require_stored(&total, data, size);
		if (an_exact_total_check(data, size) && total.count > 0)
		{
			REQUIRE(an_exact_total_mean(&total, &once) == AN_OK);
			if (an_exact_total_merge_stored(&total, data, size, &memory) == AN_OK)
			{
				REQUIRE(an_exact_total_mean(&total, &twice) == AN_OK);
				REQUIRE(once == twice || (isnan(once) && isnan(twice)));
			}
		}
	}
	an_exact_total_free(&total, &memory);
}

static void
check_values(const uint8_t *data, size_t size)
{
	AnExactTotal parts[2];
	AnExactTotal whole;
	uint8_t bytes[AN_EXACT_TOTAL_STORED_MAX];
	size_t used;

	an_exact_total_init(&parts[0]);
	an_exact_total_init(&parts[1]);
	an_exact_total_init(&whole);
	for (size_t i = 0; i + 8 <= size; i += 8)
	{
		double value;

		memcpy(&value, data + i, sizeof(value));
		REQUIRE(an_exact_total_add(&whole, value, &memory) == AN_OK);
		REQUIRE(an_exact_total_add(&parts[data[i] & 1], value, &memory) == AN_OK);
	}
	used = an_exact_total_store(&parts[0], bytes);
	REQUIRE(an_exact_total_check(bytes, used));
	REQUIRE(an_exact_total_merge_stored(&parts[1], bytes, used, &memory) == AN_OK);
	used = an_exact_total_store(&whole, bytes);
	REQUIRE(an_exact_total_check(bytes, used));
	require_stored(&parts[1], bytes, used);
	an_exact_total_free(&parts[0], &memory);
	an_exact_total_free(&parts[1], &memory);
	an_exact_total_free(&whole, &memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_stored(data, size);
	check_values(data, size);
	REQUIRE(held == 0);
	return 0;
}
