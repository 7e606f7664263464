/*
 * fuzz_number_format.c - any bytes as a number format, and any bytes as a number
 *
 * The input: a byte for the locale, eight of a double, one with the length of a number
 * as text, the number, the format.  What shows is valid UTF-8 within its room; a whole number shows the
 * same from its digits as from the double; and the form for files is a format that shows the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/number_format.h"
#include "kernel/utf8.h"

#define HEAD 10 /* bytes before the number */

static void
check(const char *out, size_t length)
{
	if (length >= AN_NUMBER_SHOWN_BYTES || strlen(out) != length)
		abort();
	for (size_t at = 0, taken; at < length; at += taken)
	{
		uint32_t code = an_utf8_next((const unsigned char *) out + at, length - at, &taken);

		if (code < 0x20 || (code == AN_UTF8_REPLACEMENT && taken == 1))
			abort();
	}
}

static void
check_value(const char *format, size_t size, double value, const AnLocale *locale)
{
	char out[AN_NUMBER_SHOWN_BYTES], again[AN_NUMBER_SHOWN_BYTES], file[AN_NUMBER_FILE_BYTES];
	uint32_t color, color_again;
	size_t n = an_number_format_file(format, size, file);

	check(out, an_number_format(format, size, value, locale, out, &color));
	if (n >= AN_NUMBER_FILE_BYTES || strlen(file) != n)
		abort();
	if (n > AN_NUMBER_FORMAT_MAX)
		return;
	an_number_format(file, n, value, locale, again, &color_again);
	if (strcmp(out, again) != 0 || color != color_again)
		abort();
}

/* Compares the two ways that a number of 15 digits or fewer takes. */
static void
check_whole(const char *format, size_t size, int64_t whole, const AnLocale *locale)
{
	char out[AN_NUMBER_SHOWN_BYTES], again[AN_NUMBER_SHOWN_BYTES], number[32];
	AnNumberFormatInfo info;
	size_t n;

	snprintf(number, sizeof(number), "%lld", (long long) whole);
	n = an_number_format_text(format, size, number, strlen(number), locale, out);
	check(out, n);
	if (n == 0 || (an_number_format_check(format, size, &info) == AN_OK && info.is_date))
		return;
	check(again, an_number_format(format, size, (double) whole, locale, again, NULL));
	if (strcmp(out, again) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[AN_NUMBER_SHOWN_BYTES];
	const AnLocale *locale;
	const char *number = (const char *) data + HEAD;
	size_t length;
	double value;
	int64_t whole;

	if (size < HEAD)
		return 0;
	locale = an_locale_at(data[0] % 6);
	memcpy(&value, data + 1, sizeof(value));
	memcpy(&whole, data + 1, sizeof(whole));
	length = data[9] < size - HEAD ? data[9] : size - HEAD;
	size -= HEAD + length;
	check_value(number + length, size, value, locale);
	check_value(number + length, size, (double) (whole % 300000000000) / 1e5, locale);
	check_whole(number + length, size, whole % INT64_C(1000000000000000), locale);
	check(out, an_number_format_text(number + length, size, number, length, locale, out));
	return 0;
}
