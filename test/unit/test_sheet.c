/*
 * test_sheet.c - cell texts, sheet names, dates and digits within a spreadsheet's limits
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/sheet.h"
#include "kernel/utf8.h"

/* A text and what it becomes; lengths are explicit, since texts may hold any byte. */
typedef struct TextCase
{
	const char *in;	 /* given */
	size_t length;	 /* of it */
	const char *out; /* expected, terminated */
} TextCase;

#define TEXT(in, out)                                                                              \
	{                                                                                              \
		in, sizeof(in) - 1, out                                                                    \
	}

static void
texts(void **state)
{
	(void) state;
	static const TextCase cases[] = {
		TEXT("", ""),
		TEXT("plain", "plain"),
		TEXT("tab\tline\n", "tab\tline\n"),
		TEXT("a\rb", "a_x000D_b"),
		TEXT("a\0b", "a_x0000_b"),
		TEXT("\x1f", "_x001F_"),
		TEXT("\x7f", "\x7f"),
		TEXT("_x0041_", "_x005F_x0041_"),
		TEXT("_XabCD_", "_x005F_XabCD_"),
		TEXT("__x0041_", "__x005F_x0041_"),
		TEXT("_x004_", "_x004_"),
		TEXT("_x0041", "_x0041"),
		TEXT("_x00g1_", "_x00g1_"),
		TEXT("\xef\xbf\xbe\xef\xbf\xbf", "_xFFFE__xFFFF_"),
		TEXT("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"),
		TEXT("\xff", "\xef\xbf\xbd"),
		TEXT("\xc3", "\xef\xbf\xbd"),
		TEXT("\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"),
		TEXT("\xe0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"),
		TEXT("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"),
		TEXT("\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"),
	};
	char *out = malloc(AN_SHEET_TEXT_BYTES);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		bool cut;
		size_t n = an_sheet_text(cases[i].in, cases[i].length, out, &cut);

		assert_int_equal(n, strlen(cases[i].out));
		assert_memory_equal(out, cases[i].out, n);
		assert_false(cut);
	}
	free(out);
}

/* The longest results of each kind fit, and are cut between characters. */
static void
text_limits(void **state)
{
	(void) state;
	static const struct
	{
		const char *unit; /* repeated 40,000 times */
		size_t n_bytes;	  /* expected bytes of the result */
	} cases[] = {
		{"a", 32767},
		{"\xe8\xb3\x87", 3 * 32767},
		{"\xf0\x9f\x98\x80", 4 * (32767 / 2)},
		{"\x01", 7 * (32767 / 7)},
		{"\xff", 3 * 32767},
		{"_x0041_", 13 * (32767 / 13) + 7},
	};
	char *in = malloc(40000 * 8);
	char *out = malloc(AN_SHEET_TEXT_BYTES);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		size_t size = strlen(cases[i].unit);
		bool cut;

		for (size_t j = 0; j < 40000; j++)
			memcpy(in + j * size, cases[i].unit, size);
		assert_int_equal(an_sheet_text(in, 40000 * size, out, &cut), cases[i].n_bytes);
		assert_true(cut);
	}
	free(in);
	free(out);
}

/* Any bytes give valid UTF-8 without what XML forbids, within the limits. */
static void
text_property(void **state)
{
	(void) state;
	unsigned char in[64];
	char out[7 * sizeof(in)];

	srand(1);
	for (int round = 0; round < 20000; round++)
	{
		size_t length = (size_t) rand() % sizeof(in), n;
		bool cut;

		for (size_t i = 0; i < length; i++)
			in[i] = (unsigned char) (rand() % 3 ? rand() : "_x0041"[rand() % 6]);
		n = an_sheet_text((char *) in, length, out, &cut);
		assert_true(n <= 7 * length);
		for (size_t at = 0, taken; at < n; at += taken)
		{
			uint32_t code = an_utf8_next((unsigned char *) out + at, n - at, &taken);
			char again[4];

			assert_true(code >= 0x20 || code == '\t' || code == '\n');
			assert_true(code != 0xFFFE && code != 0xFFFF);
			assert_int_equal(an_utf8_put(again, code) - again, taken);
		}
	}
}

static void
names(void **state)
{
	(void) state;
	static const struct
	{
		const char *in;	 /* wished name */
		uint32_t part;	 /* which of the sheets */
		const char *out; /* expected name */
	} cases[] = {
		{"Sales", 1, "Sales"},
		{"Sales", 2, "Sales (2)"},
		{"", 1, "Sheet1"},
		{"", 3, "Sheet1 (3)"},
		{"history", 1, "history_"},
		{"HISTORY", 2, "HISTORY_ (2)"},
		{"Historys", 1, "Historys"},
		{"a/b\\c?d*e[f]g:h", 1, "a_b_c_d_e_f_g_h"},
		{"'quoted'", 1, "_quoted_"},
		{"'", 1, "_"},
		{"it's", 1, "it's"},
		{"a\nb\tc", 1, "a b c"},
		{"\xff", 1, "\xef\xbf\xbd"},
		{"1234567890123456789012345678901234", 1, "1234567890123456789012345678901"},
		{"1234567890123456789012345678901234", 12, "12345678901234567890123456 (12)"},
		{"123456789012345678901234567890'4", 1, "123456789012345678901234567890_"},
	};
	char out[AN_SHEET_NAME_BYTES], wide[40 * 4 + 1] = "";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		an_sheet_name(cases[i].in, strlen(cases[i].in), cases[i].part, out);
		assert_string_equal(out, cases[i].out);
	}
	for (int i = 0; i < 40; i++)
		strcat(wide, "\xe8\xb3\x87");
	an_sheet_name(wide, strlen(wide), 1, out);
	assert_int_equal(strlen(out), 93);
	an_sheet_name(wide, strlen(wide), 4294967295u, out);
	assert_int_equal(strlen(out), 3 * 18 + 13);
	wide[0] = '\0';
	for (int i = 0; i < 40; i++)
		strcat(wide, "\xf0\x9f\x98\x80");
	an_sheet_name(wide, strlen(wide), 1, out);
	assert_int_equal(strlen(out), 60);
}

static void
dates(void **state)
{
	(void) state;
	double serial;

	assert_true(an_sheet_date(0, &serial));
	assert_true(serial == 36526);
	assert_true(an_sheet_date(-36465, &serial)); /* 1900-03-01 */
	assert_true(serial == 61);
	assert_false(an_sheet_date(-36466, &serial));
	assert_true(an_sheet_date(2921939, &serial)); /* 9999-12-31 */
	assert_true(serial == 2958465);
	assert_false(an_sheet_date(2921940, &serial));
	assert_false(an_sheet_date(INT32_MAX, &serial));
	assert_false(an_sheet_date(INT32_MIN, &serial));

	assert_true(an_sheet_timestamp(0, &serial) && serial == 36526);
	assert_true(an_sheet_timestamp(43200000000, &serial) && serial == 36526.5);
	assert_true(an_sheet_timestamp(-21600000000, &serial) && serial == 36525.75);
	assert_true(an_sheet_timestamp(-36465 * INT64_C(86400000000), &serial) && serial == 61);
	assert_false(an_sheet_timestamp(-36465 * INT64_C(86400000000) - 1, &serial));
	/* As a double, the last microsecond of 9999 is the day after. */
	assert_true(an_sheet_timestamp(2921940 * INT64_C(86400000000) - 1000, &serial) &&
				serial < 2958466);
	assert_false(an_sheet_timestamp(2921940 * INT64_C(86400000000) - 1, &serial));
	assert_false(an_sheet_timestamp(INT64_MAX, &serial));
	assert_false(an_sheet_timestamp(INT64_MIN, &serial));
}

static void
numbers_within_limits(void **state)
{
	static const double inside[] = {0, -0.0, 1, -1e15, 9.99999999999999e307, 2.3e-308};
	static const double outside[] = {
		1e308, -1.7976931348623157e308, 5e-324, -2.2250738585072014e-308, INFINITY, NAN};

	(void) state;
	for (size_t i = 0; i < sizeof(inside) / sizeof(*inside); i++)
		assert_true(an_sheet_number(inside[i]));
	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++)
		assert_false(an_sheet_number(outside[i]));
}

static void
digits(void **state)
{
	(void) state;
	static const struct
	{
		const char *in; /* a number */
		int digits;		/* expected significant digits */
		int decimals;	/* expected digits behind the point */
	} cases[] = {
		{"0", 0, 0},
		{"0.000", 0, 0},
		{"1", 1, 0},
		{"-0012.3400", 4, 2},
		{"100", 1, 0},
		{"100.5", 4, 1},
		{"0.00123", 3, 5},
		{"1234567890123456", 16, 0},
		{"1.0000000000000001", 17, 16},
		{"NaN", -1, 0},
		{"Infinity", -1, 0},
		{"-Infinity", -1, 0},
		{"", -1, 0},
		{"1e5", -1, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		int decimals;

		assert_int_equal(an_sheet_digits(cases[i].in, &decimals), cases[i].digits);
		if (cases[i].digits >= 0)
			assert_int_equal(decimals, cases[i].decimals);
	}
}

static void
widths(void **state)
{
	(void) state;
	static const struct
	{
		const char *in; /* a text */
		uint32_t width; /* expected columns */
	} cases[] = {
		{"", 0},
		{"abc", 3},
		{"\xe8\xb3\x87\xe6\x96\x99", 4},
		{"a\nbcd\nef", 3},
		{"\xef\xbc\xa1", 2},
		{"\xef\xbd\xb1", 1},
		{"e\xcc\x81", 1},
		{"\xf0\x9f\x98\x80", 2},
		{"\xed\x95\x9c", 2},
		{"\xc3\xa9", 1},
		{"\xe2\x80\x8b", 0},
		{"\x01\t", 0},
		{"\xff", 1},
		{"\xe2\x82\xac", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(an_utf8_width(cases[i].in, strlen(cases[i].in)), cases[i].width);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),		 cmocka_unit_test(text_limits),
		cmocka_unit_test(text_property), cmocka_unit_test(names),
		cmocka_unit_test(dates),		 cmocka_unit_test(numbers_within_limits),
		cmocka_unit_test(digits),		 cmocka_unit_test(widths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
