/*
 * test_hll_redis.c - the values of Redis keys, both ways, against bytes that Redis wrote
 *
 * The golden bytes are of Redis 7.0.15 (Debian's 5:7.0.15-1); where they are many their MurmurHash3 stands for them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "hll_sets.h"
#include "kernel/hash.h"
#include "kernel/hll_estimate.h"
#include "kernel/hll_exchange.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Reads from a block of exactly this size, so that the sanitizer sees a byte too many. */
static AnStatus
from_redis(AnHll *hll, const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	AnStatus status;

	memcpy(copy, bytes, size);
	status = an_hll_from_redis(hll, copy, size, &heap);
	free(copy);
	if (status != AN_OK)
		assert_true(an_hll_is_empty(hll) && hll->memory == NULL);
	return status;
}

/* PFADD key foo bar zap, then GET. */
static const uint8_t redis_three[] = {0x48, 0x59, 0x4c, 0x4c, 0x01, 0x00, 0x00, 0x00, 0x00,
									  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x5c, 0xb3,
									  0x90, 0x42, 0x07, 0x84, 0x48, 0x58, 0x80, 0x58, 0xe7};
/* PFADD key, then GET. */
static const uint8_t redis_empty[] = {0x48, 0x59, 0x4c, 0x4c, 0x01, 0x00, 0x00, 0x00, 0x00,
									  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x7f, 0xff};

/* A sketch of the numbers 1..last as PFADD hashes their text. */
static AnHll
as_pfadd(int last)
{
	char text[16];
	AnHll hll;

	an_hll_init(&hll, 14, AN_HLL_REDIS);
	for (int i = 1; i <= last; i++)
	{
		int size = snprintf(text, sizeof(text), "%d", i);

		an_hll_add(&hll, an_murmur2_redis(text, (size_t) size), &heap);
	}
	return hll;
}

static void
test_golden_redis(void **state)
{
	/* GET after PFADD of 1..last, without PFCOUNT: size, and MurmurHash3 of what follows the header */
	static const struct
	{
		int last;
		size_t size;
		uint64_t hash;
	} large[] = {{1000, 1922, UINT64_C(0xf7f0a4ff37b5bed0)},
				 {5000, 12304, UINT64_C(0x8b5e6e6bef06bb33)}};
	uint8_t bytes[AN_REDIS_SIZE_MAX];
	uint8_t counted[sizeof(redis_three)];
	AnHll hll, back;
	size_t size;

	(void) state;
	an_hll_init(&hll, 14, AN_HLL_REDIS);
	assert_int_equal(an_hll_to_redis(&hll, bytes, &size, &heap), AN_OK);
	assert_int_equal(size, sizeof(redis_empty));
	assert_memory_equal(bytes, redis_empty, size);
	assert_int_equal(from_redis(&back, redis_empty, sizeof(redis_empty)), AN_OK);
	assert_true(an_hll_is_empty(&back));
	an_hll_add(&hll, an_murmur2_redis("foo", 3), &heap);
	an_hll_add(&hll, an_murmur2_redis("bar", 3), &heap);
	an_hll_add(&hll, an_murmur2_redis("zap", 3), &heap);
	assert_int_equal(an_hll_to_redis(&hll, bytes, &size, &heap), AN_OK);
	assert_int_equal(size, sizeof(redis_three));
	assert_memory_equal(bytes, redis_three, size);
	an_hll_free(&hll, &heap);
	memcpy(counted, redis_three, sizeof(counted));
	counted[8] = 3; /* as after PFCOUNT: cached, not stale */
	counted[15] = 0;
	assert_int_equal(from_redis(&hll, counted, sizeof(counted)), AN_OK);
	assert_true(hll.hll_only && fabs(an_hll_estimate(&hll) - 3) < 0.01);
	an_hll_free(&hll, &heap);

	for (size_t i = 0; i < LENGTH(large); i++)
	{
		hll = as_pfadd(large[i].last);
		assert_int_equal(an_hll_to_redis(&hll, bytes, &size, &heap), AN_OK);
		assert_int_equal(size, large[i].size);
		assert_true(an_murmur3(bytes + 16, size - 16) == large[i].hash);
		an_hll_free(&hll, &heap);
		assert_int_equal(from_redis(&hll, bytes, size), AN_OK);
		assert_true(fabs(an_hll_estimate(&hll) / large[i].last - 1) < 0.02);
		an_hll_free(&hll, &heap);
	}
}

static void
test_round_trip_redis(void **state)
{
	static uint8_t bytes[AN_REDIS_SIZE_MAX], again[AN_REDIS_SIZE_MAX], before[16384], after[16384];

	(void) state;
	for (int n = 0; n < 3000; n = n * 2 + 1)
		for (int high = 0; high <= 52; high += 4) /* a rank that only dense can hold, or none */
		{
			AnHll hll = as_pfadd(n), back;
			size_t size, size_again;

			if (high > 0)
				an_hll_add(&hll, UINT64_C(1) << (14 + (high < 50 ? high - 1 : 49)), &heap);
			assert_int_equal(an_hll_to_redis(&hll, bytes, &size, &heap), AN_OK);
			assert_int_equal(bytes[4], size == AN_REDIS_SIZE_MAX ? 0 : 1);
			assert_true(size == AN_REDIS_SIZE_MAX || (size <= 3000 && high <= 32));
			assert_int_equal(from_redis(&back, bytes, size), AN_OK);
			an_hll_export(&hll, before);
			an_hll_export(&back, after);
			for (int i = 0; i < 16384; i++)
				assert_int_equal(before[i] >> 2, after[i] >> 2);
			assert_int_equal(an_hll_to_redis(&back, again, &size_again, &heap), AN_OK);
			assert_int_equal(size, size_again);
			assert_memory_equal(bytes, again, size);
			an_hll_free(&hll, &heap);
			an_hll_free(&back, &heap);
		}
}

typedef struct Damage
{
	AnStatus status;   /* what is to be answered */
	size_t size;	   /* of the bytes */
	uint8_t bytes[24]; /* what comes in */
} Damage;

#define HYLL(encoding) 0x48, 0x59, 0x4c, 0x4c, encoding, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80

static const Damage damaged_redis[] = {
	{AN_ERR_CORRUPT, 0, {0}},
	{AN_ERR_CORRUPT, 15, {HYLL(1)}},
	{AN_ERR_CORRUPT, 16, {HYLL(1)}},							   /* no register */
	{AN_ERR_CORRUPT, 16, {HYLL(0)}},							   /* no dense ones */
	{AN_ERR_CORRUPT, 18, {HYLL(2), 0x7f, 0xff}},				   /* encoding 2 */
	{AN_ERR_CORRUPT, 18, {'h', 'Y', 'L', 'L', 1}},				   /* magic */
	{AN_ERR_CORRUPT, 18, {0x48, 0x59, 0x4c, 0x4c, 1, 0, 1, 0, 0}}, /* unused */
	{AN_ERR_CORRUPT, 17, {HYLL(1), 0x7f}},						   /* half an XZERO */
	{AN_ERR_CORRUPT, 18, {HYLL(1), 0x7f, 0xfe}},				   /* 16383 registers */
	{AN_ERR_CORRUPT, 19, {HYLL(1), 0x7f, 0xff, 0x00}},			   /* 16385 */
	{AN_ERR_CORRUPT, 19, {HYLL(1), 0x7f, 0xfe, 0x81}},			   /* by a value twice */
	{AN_OK, 19, {HYLL(1), 0x7f, 0xfe, 0xfc}},					   /* a value of 32 */
	{AN_OK, 18, {HYLL(1), 0x7f, 0xff}},
};

/* Whatever is taken in at all can be written and read again. */
static void
check_any(AnHll *hll, AnStatus status)
{
	uint8_t bytes[AN_REDIS_SIZE_MAX];
	size_t size;
	AnHll back;

	if (status != AN_OK)
		return;
	assert_true(isfinite(an_hll_estimate(hll)));
	assert_int_equal(an_hll_to_redis(hll, bytes, &size, &heap), AN_OK);
	assert_int_equal(from_redis(&back, bytes, size), AN_OK);
	assert_true(same(hll, &back));
	an_hll_free(&back, &heap);
	an_hll_free(hll, &heap);
}

static void
test_damaged_redis(void **state)
{
	static uint8_t dense[AN_REDIS_SIZE_MAX + 1];
	uint64_t seed = 9;
	AnHll hll;

	(void) state;
	for (size_t i = 0; i < LENGTH(damaged_redis); i++)
	{
		if (from_redis(&hll, damaged_redis[i].bytes, damaged_redis[i].size) !=
			damaged_redis[i].status)
			fail_msg("case %zu", i);
		an_hll_free(&hll, &heap);
	}
	memcpy(dense, redis_empty, 16);
	dense[4] = 0;
	assert_int_equal(from_redis(&hll, dense, AN_REDIS_SIZE_MAX), AN_OK);
	assert_true(an_hll_is_empty(&hll));
	assert_int_equal(from_redis(&hll, dense, AN_REDIS_SIZE_MAX - 1), AN_ERR_CORRUPT);
	assert_int_equal(from_redis(&hll, dense, AN_REDIS_SIZE_MAX + 1), AN_ERR_CORRUPT);
	dense[16] = 51; /* the highest rank */
	assert_int_equal(from_redis(&hll, dense, AN_REDIS_SIZE_MAX), AN_OK);
	an_hll_free(&hll, &heap);
	dense[16] = 52;
	assert_int_equal(from_redis(&hll, dense, AN_REDIS_SIZE_MAX), AN_ERR_CORRUPT);
	for (size_t bit = 0; bit < sizeof(redis_three) * 8; bit++)
	{
		uint8_t bytes[sizeof(redis_three)];

		memcpy(bytes, redis_three, sizeof(bytes));
		bytes[bit / 8] ^= (uint8_t) (1u << bit % 8);
		check_any(&hll, from_redis(&hll, bytes, sizeof(bytes)));
		bytes[next_random(&seed) % sizeof(bytes)] = (uint8_t) next_random(&seed);
		check_any(&hll, from_redis(&hll, bytes, next_random(&seed) % sizeof(bytes)));
	}
}

static void
test_arguments(void **state)
{
	uint8_t bytes[AN_REDIS_SIZE_MAX];
	AnHll hll;
	size_t size;

	(void) state;
	an_hll_init(&hll, 13, AN_HLL_REDIS);
	assert_int_equal(an_hll_to_redis(&hll, bytes, &size, &heap), AN_ERR_ARGUMENT);
	an_hll_init(&hll, 14, AN_HLL_MURMUR3);
	assert_int_equal(an_hll_to_redis(&hll, bytes, &size, &heap), AN_ERR_ARGUMENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_redis),
		cmocka_unit_test(test_round_trip_redis),
		cmocka_unit_test(test_damaged_redis),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
