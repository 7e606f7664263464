/*
 * number_format.c - chooses the section of a number format, and shows General
 */
#include "kernel/number_format.h"

#include <math.h>
#include <string.h>

#include "kernel/number_format_inside.h"

#define GENERAL_DIGITS 15 /* from 1E+15 on General shows a power of ten */
#define GENERAL_ZEROS  3  /* and with more zeros behind the point: 0.0001, 1E-05 */

static size_t units(const char *bytes, size_t length);
static bool wants_quotes(const AnFormatToken *token);
static void begin(AnShown *shown, char *out, const AnLocale *locale);
static size_t finish(AnShown *shown);
static size_t show_special(AnShown *shown, double value);
static const AnFormatSection *choose(const AnFormat *format, bool negative, bool zero, bool *sign);
static void general_of_double(AnShown *shown, const AnDecimal *decimal);
static void put_plain(AnShown *shown, const AnDecimal *decimal);
static void put_power(AnShown *shown, const AnDecimal *decimal);
static void general_of_text(AnShown *shown, const char *number, size_t length);

AnStatus
an_number_format_check(const char *format, size_t length, AnNumberFormatInfo *info)
{
	AnFormat parsed;
	AnStatus status = an_format_parse(format, length, &parsed);
	const AnFormatSection *first = &parsed.sections[0];
	bool digits;

	if (status != AN_OK || info == NULL)
		return status;
	digits = first->n_whole + first->n_decimals > 0;
	info->is_date = first->is_date;
	info->is_text = !first->is_date && !digits && first->n_general == 0;
	info->grouped = first->grouped;
	info->percent = first->n_percent > 0;
	info->n_decimals = first->n_general > 0 ? -1 : first->n_decimals;
	return AN_OK;
}

/*
 * What stands without quotes and wants them is put into one pair with what follows
 * it at once.  A format that would become longer than files can have stays as it is:
 * Excel reads both, but writes quotes itself.
 */
size_t
an_number_format_file(const char *format, size_t length, char *out)
{
	AnFormat parsed;
	size_t at = 0, to = 0;

	if (length == 0 || an_format_parse(format, length, &parsed) != AN_OK)
		return (size_t) (stpcpy(out, "General") - out);
	for (int i = 0; i < parsed.n_tokens; i++)
	{
		const AnFormatToken *token = &parsed.tokens[i];
		bool joins = to > 0 && at == token->from && i > 0 && wants_quotes(token - 1);

		if (!wants_quotes(token))
			continue;
		memcpy(out + to, format + at, token->from - at);
		to += token->from - at;
		if (joins)
			to--;
		else
			out[to++] = '"';
		memcpy(out + to, format + token->from, token->length);
		to += token->length;
		out[to++] = '"';
		at = (size_t) token->from + token->length;
	}
	memcpy(out + to, format + at, length - at);
	to += length - at;
	if (units(out, to) > AN_NUMBER_FORMAT_MAX)
	{
		memcpy(out, format, length);
		to = length;
	}
	out[to] = '\0';
	return to;
}

/* Counts UTF-16 units of valid UTF-8: one a character, two of four bytes. */
static size_t
units(const char *bytes, size_t length)
{
	size_t n = 0;

	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) bytes[i];

		n += (c & 0xC0) == 0x80 ? 0 : c >= 0xF0 ? 2 : 1;
	}
	return n;
}

/* Tells whether a token is a literal of several bytes without quotes. */
static bool
wants_quotes(const AnFormatToken *token)
{
	return token->kind == AN_FORMAT_LITERAL && token->count == 1 && token->length > 1;
}

size_t
an_number_format(const char *format, size_t length, double value, const AnLocale *locale, char *out,
				 uint32_t *color)
{
	AnFormat parsed;
	AnDecimal decimal;
	AnShown shown, general;
	const AnFormatSection *section;
	char general_text[AN_NUMBER_SHOWN_BYTES];
	bool sign;

	if (color)
		*color = UINT32_MAX;
	begin(&shown, out, locale);
	if (isnan(value) || isinf(value))
		return show_special(&shown, value);
	if (an_format_parse(format, length, &parsed) != AN_OK)
		an_format_parse("", 0, &parsed);
	an_decimal_of_double(value, &decimal);
	section = choose(&parsed, decimal.negative, decimal.n == 0, &sign);
	if (section && color)
		*color = section->color;
	begin(&general, general_text, locale);
	general_of_double(&general, &decimal);
	finish(&general);
	if (section && section->is_date)
	{
		if (an_format_date(&shown, &parsed, section, value, sign))
			return finish(&shown);
		section = NULL;
		sign = value < 0;
	}
	if (section)
		an_format_digits(&shown, &parsed, section, &decimal, sign, general_text);
	else
	{
		an_shown_puts(&shown, sign ? "-" : "");
		an_shown_puts(&shown, general_text);
	}
	return finish(&shown);
}

size_t
an_number_format_text(const char *format, size_t length, const char *number, size_t number_length,
					  const AnLocale *locale, char *out)
{
	AnFormat parsed;
	AnDecimal decimal;
	AnShown shown, general;
	const AnFormatSection *section;
	char general_text[AN_NUMBER_SHOWN_BYTES];
	bool sign;

	begin(&shown, out, locale);
	if (!an_decimal_of_text(number, number_length, &decimal))
		return finish(&shown);
	if (an_format_parse(format, length, &parsed) != AN_OK)
		an_format_parse("", 0, &parsed);
	section = choose(&parsed, decimal.negative, decimal.n == 0, &sign);
	if (section && section->is_date)
		return finish(&shown);
	begin(&general, general_text, locale);
	if (section == NULL || section->n_general > 0)
		general_of_text(&general, number, number_length);
	finish(&general);
	if (section)
		an_format_digits(&shown, &parsed, section, &decimal, sign, general_text);
	else
	{
		an_shown_puts(&shown, sign ? "-" : "");
		an_shown_puts(&shown, general_text);
	}
	if (shown.cut || general.cut)
		shown.length = 0;
	return finish(&shown);
}

static void
begin(AnShown *shown, char *out, const AnLocale *locale)
{
	shown->out = out;
	shown->length = 0;
	shown->cut = false;
	shown->locale = locale;
}

static size_t
finish(AnShown *shown)
{
	shown->out[shown->length] = '\0';
	return shown->length;
}

static size_t
show_special(AnShown *shown, double value)
{
	an_shown_puts(shown, isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity");
	return finish(shown);
}

/*
 * Chooses the section for a number, NULL for General where only texts have one.
 * One that is for negative numbers shows them without sign.
 */
static const AnFormatSection *
choose(const AnFormat *format, bool negative, bool zero, bool *sign)
{
	*sign = negative && format->n_numbers < 2;
	if (format->n_numbers == 0)
		return NULL;
	if (negative && format->n_numbers > 1)
		return &format->sections[1];
	if (zero && format->n_numbers > 2)
		return &format->sections[2];
	return &format->sections[0];
}

/* Shows a number as General has it, without sign. */
static void
general_of_double(AnShown *shown, const AnDecimal *decimal)
{
	if (decimal->n == 0)
		an_shown_puts(shown, "0");
	else if (decimal->point > GENERAL_DIGITS || decimal->point < -GENERAL_ZEROS)
		put_power(shown, decimal);
	else
		put_plain(shown, decimal);
}

/* Puts digits with a point among them, or zeros where they do not reach it. */
static void
put_plain(AnShown *shown, const AnDecimal *decimal)
{
	int whole = decimal->point > 0 ? decimal->point : 0;

	if (whole == 0)
		an_shown_puts(shown, "0");
	for (int i = 0; i < whole; i++)
		an_shown_put(shown, i < decimal->n ? &decimal->digits[i] : "0", 1);
	if (decimal->n <= whole)
		return;
	an_shown_puts(shown, shown->locale->point);
	for (int i = decimal->point; i < 0; i++)
		an_shown_puts(shown, "0");
	an_shown_put(shown, decimal->digits + whole, (size_t) (decimal->n - whole));
}

static void
put_power(AnShown *shown, const AnDecimal *decimal)
{
	int power = decimal->point - 1;

	an_shown_put(shown, decimal->digits, 1);
	if (decimal->n > 1)
		an_shown_puts(shown, shown->locale->point);
	an_shown_put(shown, decimal->digits + 1, (size_t) (decimal->n - 1));
	an_shown_puts(shown, power < 0 ? "E-" : "E+");
	an_shown_count(shown, power < 0 ? -power : power, 2);
}

/* Shows a number as it was written, but for its sign and the locale's point. */
static void
general_of_text(AnShown *shown, const char *number, size_t length)
{
	size_t from = *number == '-' || *number == '+';

	for (size_t i = from; i < length; i++)
	{
		if (number[i] == '.')
			an_shown_puts(shown, shown->locale->point);
		else
			an_shown_put(shown, number + i, 1);
	}
}

void
an_shown_put(AnShown *shown, const char *bytes, size_t length)
{
	if (length >= AN_NUMBER_SHOWN_BYTES - shown->length)
	{
		shown->cut = true;
		return;
	}
	memcpy(shown->out + shown->length, bytes, length);
	shown->length += length;
}

void
an_shown_puts(AnShown *shown, const char *text)
{
	an_shown_put(shown, text, strlen(text));
}

void
an_shown_count(AnShown *shown, int64_t number, int width)
{
	char digits[AN_NUMBER_FORMAT_MAX + 20];
	char *at = digits + sizeof(digits);
	int n = 0;

	for (; n < width || number > 0; number /= 10, n++)
		*--at = (char) ('0' + number % 10);
	an_shown_put(shown, at, (size_t) n);
}
