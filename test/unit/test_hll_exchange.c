/*
 * test_hll_exchange.c - the storage specification, both ways, against bytes that postgresql-hll wrote
 *
 * The golden bytes are of postgresql-hll 2.17 (Debian's postgresql-15-hll 2.17-1) on PostgreSQL 15.20; where they
 * are many their MurmurHash3 stands for them.  Redis: test_hll_redis.c.
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
from_storage(AnHll *hll, const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	AnStatus status;

	memcpy(copy, bytes, size);
	status = an_hll_from_storage(hll, copy, size, &heap);
	free(copy);
	if (status != AN_OK)
		assert_true(an_hll_is_empty(hll) && hll->memory == NULL);
	return status;
}

/* What we write; the caller frees it. */
static uint8_t *
to_storage(const AnHll *hll, int regwidth, size_t *size)
{
	size_t max = an_hll_storage_max(hll, regwidth);
	uint8_t *bytes = malloc(max);

	assert_int_equal(an_hll_to_storage(hll, regwidth, bytes, size, &heap), AN_OK);
	assert_true(*size <= max);
	return bytes;
}

/* A sketch of the numbers first..last as postgresql-hll hashes them. */
static AnHll
of_numbers(int precision, int64_t first, int64_t last)
{
	AnHll hll;

	an_hll_init(&hll, precision, AN_HLL_MURMUR3);
	for (int64_t i = first; i <= last; i++)
		an_hll_add(&hll, an_murmur3_int64(i), &heap);
	return hll;
}

typedef struct Golden
{
	int log2m, regwidth;   /* parameters */
	int last;			   /* of the numbers 1..last, by hll_hash_bigint */
	bool same;			   /* we write the same bytes: it is not EXPLICIT */
	size_t size;		   /* bytes */
	const uint8_t *golden; /* hll_add_agg(hll_hash_bigint(i), log2m, regwidth, explicit, sparse) */
} Golden;

static const uint8_t pg_empty[] = {0x11, 0x8b, 0x7f};
static const uint8_t pg_empty_17_6[] = {0x11, 0xb1, 0x7f};
static const uint8_t pg_explicit[] = {0x12, 0x8b, 0x7f, 0xde, 0x08, 0x20, 0xa0, 0x6c, 0x76,
									  0xc0, 0xa8, 0x00, 0x44, 0x03, 0xb7, 0xfb, 0x05, 0xc4,
									  0x4a, 0x5b, 0x3d, 0x58, 0x39, 0xb2, 0x48, 0x8b, 0x0c};
static const uint8_t pg_sparse[] = {0x13, 0x8b, 0x40, 0x15, 0x04, 0x61, 0x81,
									0x89, 0x44, 0xd8, 0x22, 0xe3, 0x62};
static const uint8_t pg_full_5_6[] = {0x14, 0xa5, 0x00, 0x10, 0x51, 0x47, 0x10, 0x51, 0x44,
									  0x10, 0x50, 0x8a, 0x20, 0x31, 0x01, 0x14, 0x21, 0x44,
									  0x10, 0x20, 0x85, 0x1c, 0x70, 0x86, 0x08, 0x20, 0xc7};
static const uint8_t pg_full_4_2[] = {0x14, 0x24, 0x40, 0xff, 0x7d, 0xff, 0xee};
static const uint8_t pg_full_4_3[] = {0x14, 0x44, 0x40, 0xad, 0x52, 0xd0, 0x59, 0xba, 0x10};

static const Golden golden[] = {
	{11, 5, 0, true, sizeof(pg_empty), pg_empty},
	{17, 6, 0, true, sizeof(pg_empty_17_6), pg_empty_17_6},
	{11, 5, 3, false, sizeof(pg_explicit), pg_explicit},
	{11, 5, 5, true, sizeof(pg_sparse), pg_sparse},
	{5, 6, 200, true, sizeof(pg_full_5_6), pg_full_5_6},
	{4, 2, 100, true, sizeof(pg_full_4_2), pg_full_4_2},
	{4, 3, 30, true, sizeof(pg_full_4_3), pg_full_4_3},
};

static void
test_golden_storage(void **state)
{
	(void) state;
	for (size_t i = 0; i < LENGTH(golden); i++)
	{
		const Golden *g = &golden[i];
		AnHll ours = of_numbers(g->log2m, 1, g->last);
		AnHll theirs;
		uint8_t *bytes, *again;
		size_t size, size_again;

		assert_int_equal(from_storage(&theirs, g->golden, g->size), AN_OK);
		assert_int_equal(theirs.precision, g->log2m);
		assert_int_equal(theirs.hash, AN_HLL_MURMUR3);
		bytes = to_storage(&ours, g->regwidth, &size);
		again = to_storage(&theirs, g->regwidth, &size_again);
		assert_int_equal(size, size_again);
		assert_memory_equal(bytes, again, size);
		if (g->same) /* but for the cutoff, which was not always the default */
		{
			assert_int_equal(size, g->size);
			assert_memory_equal(bytes, g->golden, 2);
			assert_memory_equal(bytes + 3, g->golden + 3, size - 3);
		}
		else
			assert_true(same(&ours, &theirs)); /* nothing is lost */
		an_hll_free(&ours, &heap);
		an_hll_free(&theirs, &heap);
		free(bytes);
		free(again);
	}
}

/* hll_add_agg(hll_hash_bigint(i), log2m, regwidth) of 1..100000, its size and MurmurHash3. */
static void
test_golden_large(void **state)
{
	static const struct
	{
		int log2m, regwidth;
		size_t size;
		uint64_t hash;
	} large[] = {{11, 5, 1283, UINT64_C(0x0373dafd6409ddaf)},
				 {14, 5, 10243, UINT64_C(0xc063a3872cc574d4)},
				 {17, 7, 114691, UINT64_C(0x031c5c8391b34b21)}};

	(void) state;
	for (size_t i = 0; i < LENGTH(large); i++)
	{
		AnHll hll = of_numbers(large[i].log2m, 1, 100000);
		size_t size;
		uint8_t *bytes = to_storage(&hll, large[i].regwidth, &size);

		assert_int_equal(size, large[i].size);
		assert_true(an_murmur3(bytes, size) == large[i].hash);
		free(bytes);
		an_hll_free(&hll, &heap);
	}
}

/* The two examples of STORAGE.md, the hashes by their hexadecimal digits (its decimal ones are others). */
static void
test_specification(void **state)
{
	static const uint8_t sparse[] = {0x13, 0xab, 0x7f, 0x01, 0x63, 0x44, 0xb4, 0xc0};
	static const uint8_t hashes[] = {0x12, 0xab, 0x7f, 0xcb, 0xa7, 0x97, 0x00, 0x67, 0x7c, 0xde,
									 0xaa, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01};
	uint8_t registers[2048];
	AnHll hll, other;

	(void) state;
	assert_int_equal(from_storage(&hll, sparse, sizeof(sparse)), AN_OK);
	an_hll_export(&hll, registers);
	for (int i = 0; i < 2048; i++)
		assert_int_equal(registers[i] >> 2, i == 11 ? 6 : i == 1099 ? 19 : 0);
	assert_true(hll.hll_only);
	an_hll_free(&hll, &heap);

	assert_int_equal(from_storage(&hll, hashes, sizeof(hashes)), AN_OK);
	an_hll_init(&other, 11, AN_HLL_MURMUR3);
	an_hll_add(&other, 1, &heap);
	an_hll_add(&other, UINT64_C(0xcba79700677cdeaa), &heap);
	assert_true(same(&hll, &other));
	assert_true(an_hll_estimate(&hll) == 2);
	an_hll_free(&hll, &heap);
	an_hll_free(&other, &heap);
}

/* Every log2m, every width: what comes back are the ranks, cut off; and a union is the same before and after. */
static void
test_round_trip(void **state)
{
	uint64_t seed = 5;

	(void) state;
	for (int precision = AN_HLL_PRECISION_MIN; precision <= AN_HLL_PRECISION_MAX; precision++)
		for (int regwidth = 1; regwidth <= 8; regwidth++)
			for (int n = 1; n < 1000; n *= 30)
			{
				uint32_t m = an_hll_registers(precision);
				uint8_t *before = malloc(m), *after = malloc(m), *bytes, *again;
				size_t size, size_again;
				AnHll hll, back;

				an_hll_init(&hll, precision, AN_HLL_MURMUR3);
				for (int i = 0; i < n; i++)
					an_hll_add(&hll, next_hash(&seed), &heap);
				bytes = to_storage(&hll, regwidth, &size);
				assert_int_equal(from_storage(&back, bytes, size), AN_OK);
				an_hll_export(&hll, before);
				an_hll_export(&back, after);
				for (uint32_t i = 0; i < m; i++)
				{
					int cut = (1 << regwidth) - 1;

					assert_int_equal(after[i] >> 2, before[i] >> 2 < cut ? before[i] >> 2 : cut);
				}
				again = to_storage(&back, regwidth, &size_again);
				assert_int_equal(size, size_again);
				assert_memory_equal(bytes, again, size);
				an_hll_free(&hll, &heap);
				an_hll_free(&back, &heap);
				free(bytes);
				free(again);
				free(before);
				free(after);
			}
}

static void
test_union(void **state)
{
	(void) state;
	for (int precision = 4; precision <= 14; precision += 5)
	{
		AnHll a = of_numbers(precision, 1, 700), b = of_numbers(precision, 500, 4000), back_a,
			  back_b;
		uint8_t *bytes_a, *bytes_b, *both, *both_back;
		size_t size, size_back;

		bytes_a = to_storage(&a, 6, &size);
		assert_int_equal(from_storage(&back_a, bytes_a, size), AN_OK);
		bytes_b = to_storage(&b, 6, &size);
		assert_int_equal(from_storage(&back_b, bytes_b, size), AN_OK);
		assert_int_equal(an_hll_merge(&a, &b, &heap), AN_OK);
		assert_int_equal(an_hll_merge(&back_a, &back_b, &heap), AN_OK);
		both = to_storage(&a, 6, &size);
		both_back = to_storage(&back_a, 6, &size_back);
		assert_int_equal(size, size_back);
		assert_memory_equal(both, both_back, size);
		an_hll_free(&a, &heap);
		an_hll_free(&b, &heap);
		an_hll_free(&back_a, &heap);
		an_hll_free(&back_b, &heap);
		free(bytes_a);
		free(bytes_b);
		free(both);
		free(both_back);
	}
}

typedef struct Damage
{
	AnStatus status;   /* what is to be answered */
	size_t size;	   /* of the bytes */
	uint8_t bytes[24]; /* what comes in */
} Damage;

static const Damage damaged_storage[] = {
	{AN_ERR_CORRUPT, 0, {0}},
	{AN_ERR_CORRUPT, 2, {0x11, 0x8b}},
	{AN_ERR_CORRUPT, 3, {0x21, 0x8b, 0x7f}},							 /* version 2 */
	{AN_ERR_CORRUPT, 3, {0x15, 0x8b, 0x7f}},							 /* type 5 */
	{AN_ERR_CORRUPT, 3, {0x11, 0x8b, 0xff}},							 /* padding of the cutoff */
	{AN_ERR_CORRUPT, 3, {0x11, 0x8b, 0x60}},							 /* cutoff 32 */
	{AN_ERR_CORRUPT, 4, {0x11, 0x8b, 0x7f, 0}},							 /* EMPTY with data */
	{AN_ERR_ARGUMENT, 3, {0x10, 0x8b, 0x7f}},							 /* UNDEFINED */
	{AN_ERR_CORRUPT, 4, {0x10, 0x8b, 0x7f, 0}},							 /* with data */
	{AN_ERR_LIMIT, 3, {0x11, 0x83, 0x7f}},								 /* log2m 3 */
	{AN_ERR_LIMIT, 3, {0x11, 0x93, 0x7f}},								 /* log2m 19 */
	{AN_ERR_LIMIT, 3, {0x14, 0x9f, 0x7f}},								 /* log2m 31 */
	{AN_ERR_LIMIT, 11, {0x12, 0x93, 0x7f, 0, 0, 1}},					 /* EXPLICIT too */
	{AN_ERR_CORRUPT, 10, {0x12, 0x8b, 0x7f, 0, 1}},						 /* EXPLICIT of 7 bytes */
	{AN_ERR_CORRUPT, 19, {0x12, 0x8b, 0x7f, 1, 0, 0, 0, 0, 0, 0, 0, 1}}, /* twice the same */
	{AN_ERR_CORRUPT, 19, {0x12, 0x8b, 0x7f, 1, 0, 0, 0, 0, 0, 0, 0, 0x80}}, /* descending: signed */
	{AN_ERR_CORRUPT, 8, {0x13, 0xab, 0x7f, 0x01, 0x63, 0x44, 0xb4, 0xc1}},	/* bits behind */
	{AN_ERR_CORRUPT, 8, {0x13, 0xab, 0x7f, 0x89, 0x69, 0x80, 0xb1, 0x80}},	/* descending */
	{AN_ERR_CORRUPT, 6, {0x13, 0xab, 0x7f, 0x01, 0x60, 0x00}},				/* value 0 */
	{AN_ERR_CORRUPT, 5, {0x13, 0xab, 0x7f, 0x01, 0x63}},					/* less than a word */
	{AN_ERR_CORRUPT, 7, {0x13, 0xab, 0x7f, 0x01, 0x63, 0x00, 0x00}},		/* a byte too many */
	{AN_ERR_CORRUPT, 4, {0x13, 0x04, 0x7f, 0x00}},							/* padding only */
	{AN_ERR_CORRUPT, 6, {0x14, 0x24, 0x7f, 0x11, 0x11, 0x11}},				/* FULL, a byte short */
	{AN_ERR_CORRUPT, 8, {0x14, 0x24, 0x7f, 0x11, 0x11, 0x11, 0x11, 0x11}},	/* and one too many */
	{AN_ERR_CORRUPT, 19, {0x14, 0xe4, 0x7f, 62}},							/* a rank above 61 */
	{AN_OK, 19, {0x14, 0xe4, 0x7f, 61}},									/* the highest */
	{AN_OK, 19, {0x14, 0xe4, 0x7f, 0}},										/* no rank at all */
	{AN_OK, 3, {0x13, 0x8b, 0x7f}},											/* no word at all */
	{AN_OK, 3, {0x12, 0x8b, 0x7f}},											/* no hash */
	{AN_OK, 5, {0x13, 0x04, 0x7f, 0x0c, 0xc0}}, /* words of 5 bits, 6 bits behind them */
	{AN_OK, 3, {0x11, 0x8b, 0x1f}},
};

static void
test_damaged_storage(void **state)
{
	(void) state;
	for (size_t i = 0; i < LENGTH(damaged_storage); i++)
	{
		const Damage *damage = &damaged_storage[i];
		AnHll hll;

		if (from_storage(&hll, damage->bytes, damage->size) != damage->status)
			fail_msg("case %zu", i);
		an_hll_free(&hll, &heap);
	}
}

/* Whatever is taken in at all can be written and read again. */
static void
check_any(AnHll *hll, AnStatus status)
{
	uint8_t *bytes;
	size_t size;
	AnHll back;

	if (status != AN_OK)
		return;
	assert_true(isfinite(an_hll_estimate(hll)));
	bytes = to_storage(hll, 8, &size);
	assert_int_equal(from_storage(&back, bytes, size), AN_OK);
	an_hll_free(&back, &heap);
	an_hll_free(hll, &heap);
	free(bytes);
}

/* Every golden form cut short, and with every bit of its first bytes turned. */
static void
test_mangled(void **state)
{
	(void) state;
	for (size_t i = 0; i < LENGTH(golden); i++)
	{
		uint8_t bytes[32];
		AnHll hll;

		memcpy(bytes, golden[i].golden, golden[i].size);
		for (size_t size = 0; size < golden[i].size; size++)
			check_any(&hll, from_storage(&hll, bytes, size));
		for (size_t bit = 0; bit < golden[i].size * 8; bit++)
		{
			bytes[bit / 8] ^= (uint8_t) (1u << bit % 8);
			check_any(&hll, from_storage(&hll, bytes, golden[i].size));
			bytes[bit / 8] ^= (uint8_t) (1u << bit % 8);
		}
	}
}

static void
test_arguments(void **state)
{
	uint8_t bytes[8];
	AnHll hll = of_numbers(14, 1, 5);
	size_t size;

	(void) state;
	assert_int_equal(an_hll_to_storage(&hll, 0, bytes, &size, &heap), AN_ERR_ARGUMENT);
	assert_int_equal(an_hll_to_storage(&hll, 9, bytes, &size, &heap), AN_ERR_ARGUMENT);
	an_hll_free(&hll, &heap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_storage), cmocka_unit_test(test_golden_large),
		cmocka_unit_test(test_specification),  cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_union),		   cmocka_unit_test(test_damaged_storage),
		cmocka_unit_test(test_mangled),		   cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
