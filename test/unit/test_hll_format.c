/*
 * test_hll_format.c - the stored form byte by byte, as docs/hll_format.md has it, and what is none
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hll_sets.h"
#include "kernel/hash.h"
#include "kernel/hll_estimate.h"

/* Reads hexadecimal digits, blanks between them, into a block of just that size. */
static uint8_t *
read_hex(const char *hex, size_t *size)
{
	uint8_t *bytes = malloc(strlen(hex) / 2 + 1);
	unsigned byte;
	int used;

	for (*size = 0; sscanf(hex, " %2x%n", &byte, &used) == 1; hex += used)
		bytes[(*size)++] = (uint8_t) byte;
	return realloc(bytes, *size > 0 ? *size : 1);
}

/* Whether bytes are taken for a stored form; stored again they must be the same. */
static bool
is_stored_form(const char *hex)
{
	size_t size, size_again;
	uint8_t *bytes = read_hex(hex, &size);
	AnHll hll;
	bool taken = an_hll_load(&hll, bytes, size, &heap) == AN_OK;

	if (taken)
	{
		uint8_t *again = stored(&hll, &size_again);

		assert_int_equal(size_again, size);
		assert_memory_equal(again, bytes, 4);
		assert_memory_equal(again + 8, bytes + 8, size - 8);
		free(again);
		an_hll_free(&hll, &heap);
	}
	free(bytes);
	return taken;
}

/* Compares a sketch with the bytes that are frozen; where `all` is not set, not those of the estimate. */
static void
assert_frozen(AnHll *hll, const char *hex, bool all)
{
	size_t size, size_frozen;
	uint8_t *bytes = stored(hll, &size), *frozen = read_hex(hex, &size_frozen);
	AnHllHeader header;

	assert_int_equal(size, size_frozen);
	assert_memory_equal(bytes, frozen, all ? size : 4);
	assert_memory_equal(bytes + 8, frozen + 8, size - 8);
	assert_int_equal(an_hll_header(bytes, size, &header), AN_OK);
	assert_true(header.estimate == an_hll_estimate(hll));
	free(bytes);
	free(frozen);
	assert_true(is_stored_form(hex));
	an_hll_free(hll, &heap);
}

/* The numbers 1 to n as bigint. */
static void
make_numbers(AnHll *hll, int precision, int n)
{
	an_hll_init(hll, precision, AN_HLL_MURMUR3);
	for (int i = 1; i <= n; i++)
		an_hll_add(hll, an_murmur3_int64(i), &heap);
}

static void
frozen(void **state)
{
	uint8_t ranks[16384] = {0};
	AnHll hll;

	(void) state;
	make_numbers(&hll, 14, 0);
	assert_frozen(&hll, "10 00 0e 00 00000000", true);
	make_numbers(&hll, 14, 1);
	assert_frozen(&hll, "11 00 0e 19 0000803f 01 4ac40515", true);
	make_numbers(&hll, 14, 3);
	assert_frozen(&hll, "11 00 0e 18 00004040 03 a8c076 64cad1 3e39bd cb02", true);
	make_numbers(&hll, 4, 10);
	assert_frozen(&hll, "12 00 04 00 9b1e2241 000c04040000080008040c0414000000", false);
	make_numbers(&hll, 5, 40);
	assert_frozen(&hll,
				  "13 00 05 00 482c1642 0004080a101113141cffffffffffff"
				  "24031125102231100147026304000180",
				  false);
	make_numbers(&hll, 6, 100);
	assert_frozen(&hll,
				  "13 00 06 00 23c4b742 0004080a0c0d0e0f1013141518ffff"
				  "1718318c003812003128b1410510a5208300381156017150901400071120430c",
				  false);

	ranks[5] = 1, ranks[6] = 3, ranks[16383] = 50;
	an_hll_init(&hll, 14, AN_HLL_REDIS);
	assert_int_equal(an_hll_import(&hll, ranks, &heap), AN_OK);
	assert_frozen(&hll, "14 09 0e 0c 28034040 03 0500 00f8 7f22000000000080", false);
	for (uint8_t i = 0; i < 64; i++)
		ranks[i] = i % 18 + 1;
	an_hll_init(&hll, 6, AN_HLL_MURMUR3);
	assert_int_equal(an_hll_import(&hll, ranks, &heap), AN_OK);
	assert_frozen(&hll,
				  "13 08 06 00 b9fe4944 04080c1014181c2024282c3034383c"
				  "e0f1f2f30415263748596a7b8c9daebfcfdfe0f1f2f30415263748596a7b8c9d"
				  "404448404448404448",
				  false);
}

static const struct
{
	const char *what;
	const char *hex;
	bool taken;
} forms[] = {
	{"no bytes", "", false},
	{"half a header", "10 00 0e 00", false},
	{"empty", "10 00 0e 00 00000000", true},
	{"empty, another estimate", "10 00 0e 00 0000803f", true},
	{"version 0", "00 00 0e 00 00000000", false},
	{"version 2", "20 00 0e 00 00000000", false},
	{"encoding 5", "15 00 0e 00 00000000", false},
	{"hash 1", "10 01 0e 00 00000000", true},
	{"hash 2", "10 02 0e 00 00000000", false},
	{"empty and hll only", "10 08 0e 00 00000000", false},
	{"a flag that is none", "10 10 0e 00 00000000", false},
	{"precision 3", "10 00 03 00 00000000", false},
	{"precision 19", "10 00 13 00 00000000", false},
	{"a parameter of nothing", "10 00 0e 01 00000000", false},
	{"estimate infinite", "10 00 0e 00 0000807f", false},
	{"estimate not a number", "10 00 0e 00 0000c07f", false},
	{"estimate below 0", "10 00 0e 00 000080bf", false},
	{"empty, and more", "10 00 0e 00 00000000 00", false},

	{"tokens, but none", "11 00 0e 19 0000803f 00", false},
	{"tokens, but no number", "11 00 0e 19 0000803f", false},
	{"number in two bytes", "11 00 0e 19 0000803f 8100 4ac40515", false},
	{"tokens hll only", "11 08 0e 19 0000803f 01 4ac40515", false},
	{"another parameter", "11 00 0e 18 0000803f 01 4ac40515", false},
	{"a bit behind the last", "11 00 0e 19 0000803f 01 4ac40595", false},
	{"a byte behind the last", "11 00 0e 19 0000803f 01 4ac4051500", false},
	{"rank 39", "11 00 0e 19 0000803f 01 010000020000000001", true},
	{"rank 40", "11 00 0e 19 0000803f 01 010000020000000002", false},
	{"highest index", "11 00 0e 19 0000803f 01 ffffff0d", true},
	{"index too high", "11 00 0e 19 0000803f 01 00000018", false},
	{"the same index, next rank", "11 00 0e 18 00000040 02 010000 000000 17", true},
	{"the same token twice", "11 00 0e 18 00000040 02 010000 000000 0f", false},
	{"the same index, rank before", "11 00 0e 18 00000040 02 010000 000000 1d", false},
	{"3 tokens of precision 4", "11 00 04 18 00004040 03 a8c07664cad13e39bd cb02", true},
	{"4 tokens of precision 4", "11 00 04 17 00008040 04 010000 020000 030000 040000 ff", false},

	{"16 registers", "12 00 04 00 00000040 04040404040404040404040404040404", true},
	{"15 registers", "12 00 04 00 00000040 040404040404040404040404040404", false},
	{"17 registers", "12 00 04 00 00000040 0404040404040404040404040404040404", false},
	{"no value", "12 00 04 00 00000040 00000000000000000000000000000000", false},
	{"one value", "12 00 04 00 00000040 04000000000000000000000000000000", true},
	{"rank 0 with low bits", "12 00 04 00 00000040 04000000000000000000000000000001", false},
	{"rank 0 below 1", "12 00 04 00 00000040 04000000000000000000000000000006", false},
	{"rank -1 below 1", "12 00 04 00 00000040 04000000000000000000000000000005", false},
	{"rank 0 below 2", "12 00 04 00 00000040 04000000000000000000000000000009", false},
	{"rank 1 below 2", "12 00 04 00 00000040 0400000000000000000000000000000a", true},
	{"ranks 61 to 59", "12 00 04 00 00000040 040000000000000000000000000000f7", true},
	{"rank 62", "12 00 04 00 00000040 040000000000000000000000000000f8", false},
	{"bytes where nibbles are smaller",
	 "12 00 05 00 00000040 0404040404040404040404040404040404040404040404040404040404040404",
	 false},
	{"nibbles of them",
	 "13 00 05 00 00000040 04ffffffffffffffffffffffffffff 00000000000000000000000000000000", true},
	{"parameter of nibbles",
	 "13 00 05 01 00000040 04ffffffffffffffffffffffffffff 00000000000000000000000000000000", false},
	{"a code without value",
	 "13 00 05 00 00000040 04ffffffffffffffffffffffffffff 00000000000000000000000000000001", false},
	{"a value that does not occur",
	 "13 00 05 00 00000040 0408ffffffffffffffffffffffffff 00000000000000000000000000000000", false},
	{"codebook descending",
	 "13 00 05 00 00000040 0804ffffffffffffffffffffffffff 00000000000000000000000000000001", false},
	{"codebook ascending",
	 "13 00 05 00 00000040 0408ffffffffffffffffffffffffff 00000000000000000000000000000001", true},
	{"a value twice",
	 "13 00 05 00 00000040 0404ffffffffffffffffffffffffff 00000000000000000000000000000001", false},
	{"a gap in the codebook",
	 "13 00 05 00 00000040 04ff08ffffffffffffffffffffffff 00000000000000000000000000000002", false},
	{"an escape while codes are free",
	 "13 00 05 00 00000040 04ffffffffffffffffffffffffffff 0000000000000000000000000000000f 08",
	 false},
	{"nibbles of 16 registers",
	 "13 00 04 00 00000040 04ffffffffffffffffffffffffffff 0000000000000000", false},
	{"escapes",
	 "13 00 06 00 00000040 04080c1014181c2024282c3034383c"
	 "00000000000000000000000000000000000000000102030405060708090a0b0c0d0e 0f0000 40",
	 false},

	{"sparse", "14 09 0e 0c 28034040 03 0500 00f8 7f22000000000080", true},
	{"sparse, but not hll only", "14 01 0e 0c 28034040 03 0500 00f8 7f22000000000080", false},
	{"sparse, none", "14 09 0e 0c 28034040 00", false},
	{"sparse, cut", "14 09 0e 0c 28034040 03 0500 00f8 7f220000000000", false},
	{"register 0, rank 1", "14 08 0e 0d 0000803f 01 0060", true},
	{"register 16384", "14 08 0e 0d 0000803f 01 0080 01", false},
	{"rank 51", "14 08 0e 0d 0000803f 01 0020 00000000000001", true},
	{"rank 52", "14 08 0e 0d 0000803f 01 0020 00000000000002", false},
	{"sparse where bytes are as good", "14 08 04 02 00000040 05 a802 ff03", false},
};

static void
refused(void **state)
{
	(void) state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
	{
		if (is_stored_form(forms[i].hex) != forms[i].taken)
			fail_msg("%s", forms[i].what);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frozen),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
