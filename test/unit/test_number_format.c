/*
 * test_number_format.c - what formats are understood, and numbers that need care
 *
 * Expectations are worked out by hand; test_number_format_table.c has those that
 * another program answered.
 */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/number_format.h"
#include "kernel/sheet.h"

#define BLANK_GROUP "\u202f" /* French */

/* Returns how a value shows, in memory that the next call overwrites. */
static const char *
show(const char *format, double value, const char *locale)
{
	static char out[AN_NUMBER_SHOWN_BYTES];

	an_number_format(format, strlen(format), value, an_locale_find(locale), out, NULL);
	return out;
}

static const char *
show_text(const char *format, const char *number, const char *locale)
{
	static char out[AN_NUMBER_SHOWN_BYTES];
	size_t n = an_number_format_text(format, strlen(format), number, strlen(number),
									 an_locale_find(locale), out);

	assert_int_equal(n, strlen(out));
	return out;
}

/* What Excel refuses, or what is not known here. */
static const char *const refused_formats[] = {"x",
											  "0 units",
											  "0x",
											  "n0",
											  "\"open",
											  "0\\",
											  "_",
											  "*",
											  "0_",
											  "[",
											  "[h",
											  "]",
											  "[Rot]0",
											  "[Color0]0",
											  "[Color57]0",
											  "[Color]0",
											  "[Color123]0",
											  "0[Red]",
											  "[Red][Blue]0",
											  "[]0",
											  "[>=1000]0",
											  "[$-409]0",
											  "[$]0",
											  "[$x-]0",
											  "[$x-xyz]0",
											  "[hhh]",
											  "[hm]",
											  "[h]:[m]",
											  "0;0;0;@;0",
											  ";;;;",
											  "@;0",
											  "0@",
											  "0;@0",
											  "@General",
											  "0;0;0;0",
											  "0;0;0;yyyy",
											  "0.0.0",
											  ".",
											  "\"x\".",
											  "0,.0,0",
											  ",0",
											  "0\" \",",
											  "#,,##0",
											  "0.0,0",
											  "0E",
											  "0E+",
											  "E+0",
											  "#,##0E+0",
											  "0E+0E+0",
											  "0E+0.0",
											  "0E+0\"x\"0",
											  "0E+0,",
											  "General0",
											  "0General",
											  "GeneralGeneral",
											  "General%",
											  "# ?/?",
											  "0/0",
											  "0 / 8",
											  "1",
											  "0 9",
											  "yyyyy",
											  "mmmmmm",
											  "ddddd",
											  "hhh",
											  "sss",
											  "yyyy0",
											  "0 yyyy",
											  "yyyy General",
											  "yyyy@",
											  "yyyy%",
											  "ss.0000",
											  "hh.0",
											  "ss.0 0",
											  "e",
											  "ee",
											  "g",
											  "b",
											  "bbbb",
											  "a",
											  "am",
											  "AM",
											  "AM/P",
											  "|0",
											  "`0",
											  "**0*-",
											  "*-0*-",
											  "0\n",
											  "\"\t\"",
											  "\x7f",
											  "0\xff",
											  "\"\xff\"",
											  "\xed\xa0\x80",
											  "\xef\xbf\xbf",
											  "_\xff",
											  "\\\xff",
											  "[\xff]",
											  "M$0",
											  "0%%%%%%%%%",
											  "NT 0",
											  "ABCD$0",
											  "nt$0",
											  "[$a;b]0",
											  "[$\"]0",
											  "[$a[b]0"};

/* What is refused shows as General. */
static void
refused(void **state)
{
	(void) state;
	static const char long_format[AN_NUMBER_FORMAT_MAX + 1] = "0";

	for (size_t i = 0; i < sizeof(refused_formats) / sizeof(refused_formats[0]); i++)
	{
		if (an_number_format_check(refused_formats[i], strlen(refused_formats[i]), NULL) !=
			AN_ERR_SYNTAX)
			fail_msg("accepted: %s", refused_formats[i]);
		assert_string_equal(show(refused_formats[i], -1234.5, "de"), "-1234,5");
		assert_string_equal(show_text(refused_formats[i], "-1234.50", "de"), "-1234,50");
	}
	assert_int_equal(an_number_format_check(long_format, sizeof(long_format), NULL), AN_ERR_LIMIT);
	assert_int_equal(an_number_format_check("0\0", 2, NULL), AN_ERR_SYNTAX);
}

static void
information(void **state)
{
	(void) state;
	static const struct
	{
		const char *format;		 /* given */
		AnNumberFormatInfo info; /* expected: date, text, grouped, percent, decimals */
	} cases[] = {
		{"", {false, false, false, false, -1}},
		{"general", {false, false, false, false, -1}},
		{"General\" kg\"", {false, false, false, false, -1}},
		{"0", {false, false, false, false, 0}},
		{"#,##0.00", {false, false, true, false, 2}},
		{"0.0%", {false, false, false, true, 1}},
		{"0.0,,", {false, false, false, false, 1}},
		{"@", {false, true, false, false, 0}},
		{"\"x\"", {false, true, false, false, 0}},
		{"yyyy-mm-dd;@", {true, false, false, false, 0}},
		{"[h]:mm", {true, false, false, false, 0}},
		{"ss.000", {true, false, false, false, 3}},
		{"[Color12]0.0", {false, false, false, false, 1}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		AnNumberFormatInfo info;

		assert_int_equal(an_number_format_check(cases[i].format, strlen(cases[i].format), &info),
						 AN_OK);
		assert_int_equal(info.is_date, cases[i].info.is_date);
		assert_int_equal(info.is_text, cases[i].info.is_text);
		assert_int_equal(info.grouped, cases[i].info.grouped);
		assert_int_equal(info.percent, cases[i].info.percent);
		assert_int_equal(info.n_decimals, cases[i].info.n_decimals);
	}
}

/* A number, how it shows, and in which locale. */
typedef struct Shown
{
	const char *format;
	double value;
	const char *locale;
	const char *shown;
} Shown;

static void
shown(void **state)
{
	(void) state;
	static const Shown cases[] = {
		{"", 0, "en", "0"},
		{"", -0.0, "en", "0"},
		{"", 0.1 + 0.2, "en", "0.3"},
		{"", -1234567.25, "fr", "-1234567,25"},
		{"", 1e14, "en", "100000000000000"},
		{"", 999999999999999.0, "en", "999999999999999"},
		{"", 1e15, "en", "1E+15"},
		{"", -1.5e300, "de", "-1,5E+300"},
		{"", 0.0001, "en", "0.0001"},
		{"", 0.00001, "en", "1E-05"},
		{"", 5e-324, "en", "4.94065645841247E-324"},
		{"", 1.7976931348623157e308, "en", "1.79769313486232E+308"},
		{"General\" kg\"", -2.5, "de", "-2,5 kg"},
		{"\"+\"General;\"minus \"General", -2.5, "en", "minus 2.5"},
		{"@", -2.5, "en", "-2.5"},
		{"NT$ #,##0", 1234567.5, "zh-TW", "NT$ 1,234,568"},
		{"¥#,##0", -1234, "ja", "-¥1,234"},
		{"#,##0元", 1234, "zh-CN", "1,234元"},
		{"[$NT$-404]#,##0", 5000, "zh-TW", "NT$5,000"},
		{"[$€] 0.00", 1, "de", "€ 1,00"},
		{"#,##0.0", 1234567.25, "fr", "1" BLANK_GROUP "234" BLANK_GROUP "567,3"},
		{"0.00E+00", 1234.5, "de", "1,23E+03"},
		{"0.000e-0", 0.5, "en", "5.000E-1"},
		{"#.#E+0", 0, "en", "0.E+0"},
		{".00E+0", 0.5, "en", ".50E+0"},
		{".00E+0", 999.6, "en", ".10E+4"},
		{"#,##0,.0", 1234567, "en", "1,234.6"},
		{"0.00,,", -4999, "en", "0.00"},
		{"#,##0.00;(#,##0.00);\"–\"", 0, "en", "–"},
		{"#,##0.00;(#,##0.00);\"–\"", -7, "en", "(7.00)"},
		{"0_);(0)", 3, "en", "3 "},
		{"$* 0", 3, "en", "$3"},
		{"0!", 3, "en", "3!"},
		{"yyyy/mm/dd", 45000, "de", "2023/03/15"},
		{"hh:mm:ss.000", 0.5, "de", "12:00:00,000"},
		{"h AM/PM", 0, "zh-TW", "12 AM"},
		{"mm", 45000, "en", "03"},
		{"hh \"x\" mm", 0.51, "en", "12 x 14"},
		{"mm mm:ss", 45000.5, "en", "03 00:00"},
		{"[m]", 1.5, "en", "2160"},
		{"h:mm", -0.25, "en", "-6:00"},
		{"0;[h]:mm", -1.25, "en", "30:00"},
		{"yyyy-mm-dd", 60, "en", "60"},
		{"yyyy-mm-dd", -1, "en", "-1"},
		{"yyyy-mm-dd", 2958466, "en", "2958466"},
		{"[s]", 1e300, "en", "1E+300"},
		{"yyyy-mm-dd hh:mm:ss", 2958465.999999, "en", "9999-12-31 23:59:59"},
		{"yyyy-mm-dd", 61, "en", "1900-03-01"},
		{"0.0", NAN, "en", "NaN"},
		{"0.0", INFINITY, "en", "Infinity"},
		{"yyyy", -INFINITY, "en", "-Infinity"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(show(cases[i].format, cases[i].value, cases[i].locale), cases[i].shown);
}

/* The longest results have room: 1e308 with all that lengthens it, and names of months. */
static void
longest(void **state)
{
	(void) state;
	char format[AN_NUMBER_FORMAT_MAX + 1] = "%%%%%%%%#,##0.";

	memset(format + 14, '0', AN_NUMBER_FORMAT_MAX - 14);
	/* Sign, signs of percent, 325 digits in threes with 108 separators, point, decimals. */
	assert_int_equal(strlen(show(format, -1e308, "fr")),
					 1 + 8 + 325 + 108 * 3 + 1 + (AN_NUMBER_FORMAT_MAX - 14));
	format[0] = '\0';
	for (int i = 0; i < 31; i++)
		strcat(format, "mmmmdddd");
	assert_int_equal(strlen(show(format, 45184, "de")), 31 * strlen("SeptemberFreitag"));
}

static void
colors(void **state)
{
	(void) state;
	static const struct
	{
		const char *format; /* given */
		double value;		/* chooses the section */
		uint32_t color;		/* expected */
	} cases[] = {
		{"0", 1, UINT32_MAX},
		{"0;[Red]-0", 1, UINT32_MAX},
		{"0;[Red]-0", -1, 0xFF0000},
		{"[BLUE]0;[red]0;[Color10]0", 0, 0x008000},
		{"[Color56]yyyy", 45000, 0x333333},
		{"[Color1]0", 1, 0x000000},
		{"[Green]@", 1, UINT32_MAX},
		{"[Red]nonsense", 1, UINT32_MAX},
	};
	char out[AN_NUMBER_SHOWN_BYTES];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		uint32_t color = 1;

		an_number_format(cases[i].format, strlen(cases[i].format), cases[i].value,
						 an_locale_find("en"), out, &color);
		assert_int_equal(color, cases[i].color);
	}
}

static void
texts(void **state)
{
	(void) state;
	static const struct
	{
		const char *format; /* given */
		const char *number; /* given */
		const char *locale; /* given */
		const char *shown;	/* expected, "" for none */
	} cases[] = {
		{"", "-123456789012345678901.5", "en", "-123456789012345678901.5"},
		{"", "1.50", "de", "1,50"},
		{"", "-0.00", "en", "0.00"},
		{"#,##0.00", "123456789012345678901234567890.125", "en",
		 "123,456,789,012,345,678,901,234,567,890.13"},
		{"#,##0.00", "-123456789012345678901234567890.124999", "de",
		 "-123.456.789.012.345.678.901.234.567.890,12"},
		{"0", "99999999999999999999.5", "en", "100000000000000000000"},
		{"0", "99999999999999999999.4999999999999999999999", "en", "99999999999999999999"},
		{"0.0%", "12345678901234567890.12345", "en", "1234567890123456789012.3%"},
		{"0.00", "-0.005", "en", "-0.01"},
		{"0.00", "-0.00499999999999999999999999999999", "en", "0.00"},
		{"0.00E+00", "123456789012345678901", "en", "1.23E+20"},
		{"0.00E+00", "0.00000000000000000000000000000012345", "en", "1.23E-31"},
		{"0;(0);\"none\"", "-12345678901234567890", "en", "(12345678901234567890)"},
		{"0;(0);\"none\"", "0.000", "en", "none"},
		{"0.0", "+.25", "en", "0.3"},
		{"0.0", "5.", "en", "5.0"},
		{"0", "", "en", ""},
		{"0", "-", "en", ""},
		{"0", ".", "en", ""},
		{"0", "1e5", "en", ""},
		{"0", "1.2.3", "en", ""},
		{"0", "NaN", "en", ""},
		{"0", " 1", "en", ""},
		{"yyyy", "45000", "en", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(show_text(cases[i].format, cases[i].number, cases[i].locale),
							cases[i].shown);
}

/* A number of any length is shown whole or not at all. */
static void
long_texts(void **state)
{
	(void) state;
	char number[4000];
	char out[AN_NUMBER_SHOWN_BYTES];
	const AnLocale *locale = an_locale_find("en");

	memset(number, '9', sizeof(number));
	for (size_t n = 1; n < sizeof(number); n += 61)
	{
		size_t length = an_number_format_text("0", 1, number, n, locale, out);

		assert_int_equal(length, n < AN_NUMBER_SHOWN_BYTES ? n : 0);
		assert_memory_equal(out, number, length);
	}
	/* 0.999...9 with 3998 nines, and 0.000...09: the last digits decide nothing. */
	number[0] = '0';
	number[1] = '.';
	assert_int_equal(an_number_format_text("0.00", 4, number, sizeof(number), locale, out), 4);
	assert_string_equal(out, "1.00");
	memset(number + 2, '0', sizeof(number) - 3);
	assert_int_equal(an_number_format_text("0.0E+00", 7, number, sizeof(number), locale, out), 9);
	assert_string_equal(out, "9.0E-3998");
}

/* Rounding to n digits of numbers with 15 digits or fewer is that of whole numbers. */
static void
rounding(void **state)
{
	(void) state;
	char expected[64];

	srand(7);
	for (int i = 0; i < 20000; i++)
	{
		/* A number of thousandths, and what it is in hundredths. */
		int64_t thousandths = ((int64_t) rand() << 11 ^ rand()) % INT64_C(1000000000000);
		int64_t hundredths = (thousandths + 5) / 10;

		snprintf(expected, sizeof(expected), "%lld.%02lld", (long long) (hundredths / 100),
				 (long long) (hundredths % 100));
		assert_string_equal(show("0.00", (double) thousandths / 1000, "en"), expected);
	}
}

/* Every second of a day shows as itself, in a year near and in the last, whatever its binary fraction. */
static void
seconds(void **state)
{
	(void) state;
	static const int32_t days[] = {-36465, 8000, 2921939};
	char expected[64];

	for (size_t d = 0; d < sizeof(days) / sizeof(days[0]); d++)
	{
		for (int64_t s = 0; s < 86400; s += 7)
		{
			double serial;

			assert_true(an_sheet_timestamp((days[d] * INT64_C(86400) + s) * 1000000, &serial));
			snprintf(expected, sizeof(expected), "%02d:%02d:%02d|%02d:%02d", (int) (s / 3600),
					 (int) (s / 60 % 60), (int) (s % 60), (int) (s / 3600), (int) (s / 60 % 60));
			assert_string_equal(show("hh:mm:ss\"|\"hh:mm", serial, "en"), expected);
			expected[5] = '\0';
			assert_string_equal(show("hh:mm", serial, "en"), expected);
		}
	}
}

/* The C locale of the process, whose point may be ',', changes nothing. */
static void
process_locale(void **state)
{
	(void) state;
	static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		if (setlocale(LC_ALL, names[i]) == NULL)
			continue;
		assert_string_equal(show("#,##0.00", 1234.5, "en"), "1,234.50");
		assert_string_equal(show("", 1234.5, "en"), "1234.5");
	}
	setlocale(LC_ALL, "C");
}

static void
files(void **state)
{
	(void) state;
	static const struct
	{
		const char *format; /* ours */
		const char *file;	/* as a file has it */
	} cases[] = {
		{"", "General"},
		{"nonsense", "General"},
		{"#,##0.00", "#,##0.00"},
		{"NT$ #,##0", "\"NT$\" #,##0"},
		{"[Red]¥#,##0;-¥#,##0", "[Red]\"¥\"#,##0;-\"¥\"#,##0"},
		{"yyyy年m月d日", "yyyy\"年\"m\"月\"d\"日\""},
		{"0人民币\"x\"元", "0\"人民币\"\"x\"\"元\""},
		{"[$NT$-404]0\\年_年*年", "[$NT$-404]0\\年_年*年"},
	};
	char out[AN_NUMBER_FILE_BYTES];
	char many[AN_NUMBER_FORMAT_MAX + 1] = "";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		size_t n = an_number_format_file(cases[i].format, strlen(cases[i].format), out);

		assert_string_equal(out, cases[i].file);
		assert_int_equal(n, strlen(out));
		assert_int_equal(an_number_format_check(out, n, NULL), AN_OK);
	}
	/* With quotes it would be longer than what a file can have. */
	for (int i = 0; i < AN_NUMBER_FORMAT_MAX / 3; i++)
		strcat(many, "é0");
	an_number_format_file(many, strlen(many), out);
	assert_string_equal(out, many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused),		  cmocka_unit_test(information), cmocka_unit_test(shown),
		cmocka_unit_test(longest),		  cmocka_unit_test(colors),		 cmocka_unit_test(texts),
		cmocka_unit_test(long_texts),	  cmocka_unit_test(rounding),	 cmocka_unit_test(seconds),
		cmocka_unit_test(process_locale), cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
