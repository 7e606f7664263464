/*
 * test_locale.c - names of locales, and that each is complete
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/locale.h"
#include "kernel/number_format.h"
#include "kernel/utf8.h"

static void
names(void **state)
{
	(void) state;
	static const struct
	{
		const char *name;  /* asked for */
		const char *found; /* expected canonical name, NULL for none */
	} cases[] = {
		{"en", "en"},
		{"EN", "en"},
		{"en-US", "en"},
		{"en_GB", "en"},
		{"de-AT", "de"},
		{"de-Latn-CH-1996", "de"},
		{"fr-CA", "fr"},
		{"ja-JP", "ja"},
		{"zh", "zh-CN"},
		{"zh-CN", "zh-CN"},
		{"zh-SG", "zh-CN"},
		{"zh-Hans", "zh-CN"},
		{"zh-TW", "zh-TW"},
		{"ZH_tw", "zh-TW"},
		{"zh-HK", "zh-TW"},
		{"zh-mo", "zh-TW"},
		{"zh-Hant", "zh-TW"},
		{"zh-Hant-CN", "zh-TW"},
		{"zh-Hans-TW", "zh-CN"},
		{"zh-Hant-HK", "zh-TW"},
		{"zh-yue-HK", "zh-TW"},
		{"zh-TWX", "zh-CN"},
		{"", NULL},
		{"-", NULL},
		{"en-", NULL},
		{"-en", NULL},
		{"eng", NULL},
		{"e", NULL},
		{"english", NULL},
		{"it", NULL},
		{"zht", NULL},
		{"en US", NULL},
		{"en--US", NULL},
		{"en-toolongpart", NULL},
		{"zh-TW.UTF-8", NULL},
		{"d\xc3\xa9", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		const AnLocale *locale = an_locale_find(cases[i].name);

		if (cases[i].found)
			assert_string_equal(locale->name, cases[i].found);
		else
			assert_null(locale);
	}
	assert_null(an_locale_find(NULL));
}

/* Asserts that a text is there, is valid UTF-8 and has no control characters. */
static void
assert_text(const char *text)
{
	size_t length = strlen(text);

	assert_true(length > 0);
	for (size_t at = 0, taken; at < length; at += taken)
	{
		uint32_t code = an_utf8_next((const unsigned char *) text + at, length - at, &taken);

		assert_true(code >= 0x20 && code != AN_UTF8_REPLACEMENT);
	}
}

/* Every locale is found by its name, has all texts, and its patterns are formats of dates. */
static void
complete(void **state)
{
	(void) state;
	size_t n = 0;

	for (const AnLocale *locale; (locale = an_locale_at(n)) != NULL; n++)
	{
		AnNumberFormatInfo info;

		assert_ptr_equal(an_locale_find(locale->name), locale);
		assert_text(locale->language);
		assert_text(locale->point);
		assert_text(locale->group);
		assert_string_not_equal(locale->point, locale->group);
		for (int i = 0; i < 12; i++)
		{
			assert_text(locale->months[i]);
			assert_text(locale->long_months[i]);
		}
		for (int i = 0; i < 7; i++)
		{
			assert_text(locale->days[i]);
			assert_text(locale->long_days[i]);
		}
		for (int i = 0; i < AN_WORDS; i++)
			assert_text(locale->words[i]);
		assert_non_null(strstr(locale->words[AN_WORD_PAGE], "%1"));
		assert_non_null(strstr(locale->words[AN_WORD_PAGE], "%2"));
		assert_int_equal(an_number_format_check(locale->date, strlen(locale->date), &info), AN_OK);
		assert_true(info.is_date);
		assert_int_equal(
			an_number_format_check(locale->timestamp, strlen(locale->timestamp), &info), AN_OK);
		assert_true(info.is_date);
	}
	assert_int_equal(n, 6);
}

/* The same moment and number, as each country has them. */
static void
shown(void **state)
{
	(void) state;
	static const struct
	{
		const char *name;	/* of the locale */
		const char *moment; /* 2023-03-15 14:05:09 by its pattern */
		const char *names;	/* the same by "dddd ddd d mmmm mmm mmmmm" */
		const char *number; /* 1234567.5 by "#,##0.00" */
	} cases[] = {
		{"en", "2023-03-15 14:05:09", "Wednesday Wed 15 March Mar M", "1,234,567.50"},
		{"de", "15.03.2023 14:05:09", "Mittwoch Mi 15 März Mär M", "1.234.567,50"},
		{"fr", "15/03/2023 14:05:09", "mercredi mer. 15 mars mars m", "1\u202f234\u202f567,50"},
		{"ja", "2023/03/15 14:05:09", "水曜日 水 15 3月 3月 3", "1,234,567.50"},
		{"zh-CN", "2023/03/15 14:05:09", "星期三 周三 15 三月 3月 三", "1,234,567.50"},
		{"zh-TW", "2023/03/15 14:05:09", "星期三 週三 15 3月 3月 3", "1,234,567.50"},
	};
	static const char names_format[] = "dddd ddd d mmmm mmm mmmmm";
	double moment = 45000 + (14 * 3600 + 5 * 60 + 9) / 86400.0;
	char out[AN_NUMBER_SHOWN_BYTES];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		const AnLocale *locale = an_locale_find(cases[i].name);

		an_number_format(locale->timestamp, strlen(locale->timestamp), moment, locale, out, NULL);
		assert_string_equal(out, cases[i].moment);
		an_number_format(names_format, strlen(names_format), moment, locale, out, NULL);
		assert_string_equal(out, cases[i].names);
		an_number_format("#,##0.00", 8, 1234567.5, locale, out, NULL);
		assert_string_equal(out, cases[i].number);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(complete),
		cmocka_unit_test(shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
