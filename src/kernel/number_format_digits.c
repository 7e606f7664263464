/*
 * number_format_digits.c - decimal numbers, their rounding, and the digits of a section
 */
#include "kernel/number_format_inside.h"

#include <stdio.h>
#include <string.h>

#define SIGNIFICANT 15	   /* digits that a spreadsheet keeps of a double */
#define MAX_ZEROS	100000 /* before the first digit behind the point: more than any numeric has */

/* A section of digits as it is shown. */
typedef struct Digits
{
	const AnFormatSection *section; /* by which */
	const AnDecimal *decimal;		/* what; rounded, and without its power */
	int power;						/* of ten, for the exponent */
	AnFormatPart part;				/* where we are */
	int next;	/* places before the point that are left, or behind it that are done */
	bool begun; /* a digit before the point has been shown */
} Digits;

static bool add_digits(AnDecimal *decimal, const char *text, size_t length, bool *fraction);
static void strip(AnDecimal *decimal);
static int to_power(AnDecimal *decimal, const AnFormatSection *section);
static void put_place(AnShown *shown, Digits *digits, const AnFormatToken *token);
static void put_whole(AnShown *shown, Digits *digits, int sign, int place);
static void put_decimal(AnShown *shown, const Digits *digits, int sign, int place);
static void put_exponent(AnShown *shown, const AnFormatSection *section, int power);
static int n_whole_digits(const AnDecimal *decimal);
static char digit_at(const AnDecimal *decimal, int i);

/*
 * The digits come from printf, whose point is the C locale's, or several bytes:
 * whatever stands between the digits is passed over.
 */
void
an_decimal_of_double(double value, AnDecimal *decimal)
{
	char text[64];
	const char *at;
	int exponent = 0;
	bool small;

	decimal->negative = value < 0;
	decimal->n = decimal->point = 0;
	snprintf(text, sizeof(text), "%.*e", SIGNIFICANT - 1, value < 0 ? -value : value);
	for (at = text; *at != 'e'; at++)
	{
		if (*at >= '0' && *at <= '9')
			decimal->digits[decimal->n++] = *at;
	}
	small = at[1] == '-';
	for (at += 2; *at != '\0'; at++)
		exponent = 10 * exponent + (*at - '0');
	decimal->point = (small ? -exponent : exponent) + 1;
	strip(decimal);
}

bool
an_decimal_of_text(const char *text, size_t length, AnDecimal *decimal)
{
	bool fraction = false;
	bool sign = length > 0 && (*text == '-' || *text == '+');

	decimal->negative = sign && *text == '-';
	decimal->n = decimal->point = 0;
	if (!add_digits(decimal, text + sign, length - sign, &fraction))
		return false;
	strip(decimal);
	return true;
}

/*
 * Adds the digits of a text; of those behind the point all that no format can ask
 * for are left out, which rounding cannot tell: it looks at the first only.
 */
static bool
add_digits(AnDecimal *decimal, const char *text, size_t length, bool *fraction)
{
	bool any = false;

	for (size_t i = 0; i < length; i++)
	{
		char c = text[i];

		if (c == '.' && !*fraction)
		{
			*fraction = true;
			continue;
		}
		if (c < '0' || c > '9')
			return false;
		any = true;
		if (decimal->n == 0 && c == '0')
		{
			/* A zero that leads moves the first digit, if it stands behind the point. */
			decimal->point -= *fraction;
			if (decimal->point < -MAX_ZEROS)
				return false;
			continue;
		}
		if (!*fraction && ++decimal->point > AN_NUMBER_SHOWN_BYTES)
			return false;
		if (decimal->n < AN_DECIMAL_DIGITS)
			decimal->digits[decimal->n++] = c;
	}
	return any;
}

/* Drops zeros at the end, of which a number has none. */
static void
strip(AnDecimal *decimal)
{
	while (decimal->n > 0 && decimal->digits[decimal->n - 1] == '0')
		decimal->n--;
	if (decimal->n > 0 && decimal->digits[0] != '0')
		return;
	decimal->n = decimal->point = 0;
	decimal->negative = false;
}

void
an_decimal_round(AnDecimal *decimal, int n_decimals)
{
	int keep = decimal->point + n_decimals;
	bool up;

	if (keep >= decimal->n)
		return;
	up = keep >= 0 && decimal->digits[keep] >= '5';
	decimal->n = keep > 0 ? keep : 0;
	while (up && decimal->n > 0 && decimal->digits[decimal->n - 1] == '9')
		decimal->n--;
	if (up && decimal->n > 0)
		decimal->digits[decimal->n - 1]++;
	else if (up)
	{
		decimal->digits[0] = '1';
		decimal->n = 1;
		decimal->point++;
	}
	strip(decimal);
}

void
an_format_digits(AnShown *shown, const AnFormat *format, const AnFormatSection *section,
				 AnDecimal *decimal, bool sign, const char *general)
{
	Digits digits = {.section = section, .decimal = decimal, .next = section->n_whole};
	bool has_digits = section->n_whole + section->n_decimals > 0;
	bool was_zero = decimal->n == 0;

	if (!was_zero)
		decimal->point += 2 * section->n_percent - 3 * section->thousands;
	if (section->has_exponent)
		digits.power = to_power(decimal, section);
	else if (has_digits)
		an_decimal_round(decimal, section->n_decimals);
	/* What is rounded to zero shows without sign. */
	if (sign && !was_zero && (decimal->n > 0 || !has_digits))
		an_shown_puts(shown, "-");
	for (int i = section->first; i < section->first + section->n_tokens; i++)
	{
		const AnFormatToken *token = &format->tokens[i];

		if (token->kind == AN_FORMAT_LITERAL || token->kind == AN_FORMAT_PERCENT)
			an_shown_put(shown, format->text + token->from, token->length);
		else if (token->kind == AN_FORMAT_BLANK)
			an_shown_puts(shown, " ");
		else if (token->kind == AN_FORMAT_GENERAL)
			an_shown_puts(shown, general);
		else
			put_place(shown, &digits, token);
	}
}

/* Puts what a place, a point or an exponent shows. */
static void
put_place(AnShown *shown, Digits *digits, const AnFormatToken *token)
{
	switch (token->kind)
	{
		case AN_FORMAT_DIGIT:
			if (digits->part == AN_PART_WHOLE)
				put_whole(shown, digits, token->count, --digits->next);
			else if (digits->part == AN_PART_FRACTION)
				put_decimal(shown, digits, token->count, digits->next++);
			break;
		case AN_FORMAT_POINT:
			if (digits->section->n_whole == 0)
				put_whole(shown, digits, '#', 0);
			digits->part = AN_PART_FRACTION;
			digits->next = 0;
			an_shown_puts(shown, shown->locale->point);
			break;
		case AN_FORMAT_EXPONENT:
			/* The digits of the power stand here together. */
			digits->part = AN_PART_EXPONENT;
			put_exponent(shown, digits->section, digits->power);
			break;
		default: /* shows nothing */
			break;
	}
}

/*
 * Takes a power of ten out of a number, so that what is left has as many places
 * before the point as the section; with several, the power is a multiple of
 * their number ("##0.0E+0" counts in thousands).  Rounds, and returns the power.
 */
static int
to_power(AnDecimal *decimal, const AnFormatSection *section)
{
	int step = section->n_whole > 1 ? section->n_whole : 1;
	int power = 0;

	if (decimal->n > 0)
	{
		power = decimal->point - (section->n_whole > 0);
		power -= (power % step + step) % step;
		decimal->point -= power;
	}
	an_decimal_round(decimal, section->n_decimals);
	if (decimal->point > section->n_whole)
	{
		power += step;
		decimal->point -= step;
	}
	return power;
}

/* Puts the digit of a place counted from the point, 0 first; the first place takes all that stand before. */
static void
put_whole(AnShown *shown, Digits *digits, int sign, int place)
{
	const AnFormatSection *section = digits->section;
	const AnDecimal *decimal = digits->decimal;
	int n_digits = n_whole_digits(decimal);
	int from = place >= section->n_whole - 1 && n_digits > place ? n_digits - 1 : place;

	for (int i = from; i >= place; i--)
	{
		/* A power of ten has a number before it, be it zero. */
		bool power_of_zero = section->has_exponent && section->n_whole > 0 && i == 0;
		bool separated = section->grouped && i > 0 && i % 3 == 0;

		if (i < n_digits || sign == '0' || (digits->begun && sign == '#') || power_of_zero)
		{
			char digit = i < n_digits ? digit_at(decimal, n_digits - 1 - i) : '0';

			digits->begun = true;
			an_shown_put(shown, &digit, 1);
			if (separated)
				an_shown_puts(shown, shown->locale->group);
		}
		else if (sign == '?')
			an_shown_put(shown, "  ", separated ? 2 : 1);
	}
}

/* Puts the digit of a place behind the point, 0 first; zeros at the end only where the section has them. */
static void
put_decimal(AnShown *shown, const Digits *digits, int sign, int place)
{
	const AnDecimal *decimal = digits->decimal;
	bool shows = place < digits->section->min_decimals || place < decimal->n - decimal->point;
	char digit = shows ? digit_at(decimal, decimal->point + place) : ' ';

	if (shows || sign == '?')
		an_shown_put(shown, &digit, 1);
}

static void
put_exponent(AnShown *shown, const AnFormatSection *section, int power)
{
	an_shown_puts(shown, power < 0 ? "E-" : section->plus_exponent ? "E+" : "E");
	an_shown_count(shown, power < 0 ? -power : power, section->n_exponent);
}

static int
n_whole_digits(const AnDecimal *decimal)
{
	return decimal->point > 0 ? decimal->point : 0;
}

static char
digit_at(const AnDecimal *decimal, int i)
{
	return i >= 0 && i < decimal->n ? decimal->digits[i] : '0';
}
