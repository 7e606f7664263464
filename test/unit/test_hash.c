/*
 * test_hash.c - the hash functions against what others published and compute
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/hash.h"

/* From the tests of the MurmurHash3 packages of Go and Java: the first word, seed 0. */
static void
published_murmur3(void **state)
{
	static const struct
	{
		const char *text;
		uint64_t hash;
	} cases[] = {
		{"", 0},
		{"hello", UINT64_C(0xcbd8a7b341bd9b02)},
		{"hello, world", UINT64_C(0x342fac623a5ebc8e)},
		{"19 Jan 2038 at 3:14:07 AM", UINT64_C(0xb89e5988b737affc)},
		{"The quick brown fox jumps over the lazy dog.", UINT64_C(0xcd99481f9ee902c9)},
		{"The quick brown fox jumps over the lazy dog", UINT64_C(0xe34bbc7bbc071b6c)},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(an_murmur3(cases[i].text, strlen(cases[i].text)) == cases[i].hash);
}

/* Of postgresql-hll 2.17: hll_hash_text, hll_hash_bytea, hll_hash_bigint. */
static void
as_postgresql_hll(void **state)
{
	static const struct
	{
		const char *text;
		int64_t hash;
	} texts[] = {
		{"a", INT64_C(-8839064797231613815)},
		{"hello", INT64_C(-3758069500696749310)},
		{"\xe4\xb8\x8a\xe6\xb5\xb7", INT64_C(-7307436752737244529)},
		{"abcdefghijklmno", INT64_C(-8449275918290243589)},
		{"abcdefghijklmnop", INT64_C(-4266531025627334877)},
		{"abcdefghijklmnopq", INT64_C(8459014091212432983)},
	};
	static const struct
	{
		int64_t value;
		int64_t hash;
	} numbers[] = {
		{0, INT64_C(2945182322382062539)},		 {1, INT64_C(19144387141682250)},
		{2, INT64_C(-2447670524089286488)},		 {-1, INT64_C(-6853156495446839949)},
		{42, INT64_C(-5283633198602748424)},	 {INT64_MAX, INT64_C(7815693464130447828)},
		{INT64_MIN, INT64_C(78142285821850151)},
	};
	uint8_t bytes[20];

	(void) state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_true((int64_t) an_murmur3(texts[i].text, strlen(texts[i].text)) == texts[i].hash);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_true((int64_t) an_murmur3_int64(numbers[i].value) == numbers[i].hash);
	for (uint8_t i = 0; i < 20; i++)
		bytes[i] = i;
	assert_true((int64_t) an_murmur3(bytes, sizeof(bytes)) == INT64_C(-6642154758453422773));
}

/* The short way for 8 bytes is the long one; any size and address is read within its bounds. */
static void
sizes_and_addresses(void **state)
{
	(void) state;
	for (int64_t i = -1000; i < 1000; i++)
	{
		int64_t value = (int64_t) ((uint64_t) i * UINT64_C(0x123456789abcdef));
		uint8_t bytes[8];

		for (int b = 0; b < 8; b++)
			bytes[b] = (uint8_t) ((uint64_t) value >> 8 * b);
		assert_true(an_murmur3_int64(value) == an_murmur3(bytes, 8));
	}
	for (size_t size = 0; size < 70; size++)
	{
		uint64_t murmur3 = 0, redis = 0;

		for (size_t at = 0; at < 9; at++)
		{
			uint8_t *block = malloc(at + size + 1);

			for (size_t i = 0; i < size; i++)
				block[at + i] = (uint8_t) (i * 37);
			murmur3 = at == 0 ? an_murmur3(block, size) : murmur3;
			redis = at == 0 ? an_murmur2_redis(block, size) : redis;
			/* The last byte that may be read is the last of the block. */
			block = realloc(block, at + size > 0 ? at + size : 1);
			assert_true(an_murmur3(block + at, size) == murmur3);
			assert_true(an_murmur2_redis(block + at, size) == redis);
			free(block);
		}
	}
}

/* What Redis 7.0 has in its registers after PFADD of one element: GET, decoded by hand. */
static void
as_redis(void **state)
{
	static const struct
	{
		const char *element;
		uint32_t index;
		int rank;
	} cases[] = {
		{"a", 12711, 2},
		{"hello", 9216, 1},
		{"12345678", 10579, 3},
		{"abcdefghi", 6903, 1},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		uint64_t hash = an_murmur2_redis(cases[i].element, strlen(cases[i].element));

		assert_int_equal(hash & 16383, cases[i].index);
		assert_int_equal(__builtin_ctzll(hash >> 14) + 1, cases[i].rank);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_murmur3),
		cmocka_unit_test(as_postgresql_hll),
		cmocka_unit_test(sizes_and_addresses),
		cmocka_unit_test(as_redis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
