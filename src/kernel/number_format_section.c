/*
 * number_format_section.c - what the tokens of a section mean together
 *
 * Source: ECMA-376 part 1, 18.8.31.
 */
#include "kernel/number_format_inside.h"

#define MAX_PERCENT 8 /* in a section, so that what shows has room */

static AnStatus finish_date(AnFormat *format, AnFormatSection *section);
static void finish_minutes(AnFormat *format, AnFormatSection *section);
static AnStatus finish_number(AnFormat *format, AnFormatSection *section);
static bool whole_number(const AnFormatSection *section, AnFormatPart part, int n_other);
static bool count_digit(AnFormatSection *section, AnFormatPart part, int sign, int *commas);
static bool count_comma(const AnFormat *format, const AnFormatSection *section, AnFormatPart part,
						AnFormatToken *token, int *commas);
static bool
begin_part(AnFormatSection *section, AnFormatPart *part, AnFormatPart next, int *commas);

AnStatus
an_format_finish_section(AnFormat *format, AnFormatSection *section)
{
	for (int i = section->first; i < format->n_tokens; i++)
	{
		section->is_date |= format->tokens[i].kind >= AN_FORMAT_YEAR;
		section->is_text |= format->tokens[i].kind == AN_FORMAT_TEXT;
		section->n_general += format->tokens[i].kind == AN_FORMAT_GENERAL;
	}
	return section->is_date ? finish_date(format, section) : finish_number(format, section);
}

AnStatus
an_format_finish(AnFormat *format)
{
	const AnFormatSection *last = &format->sections[format->n_sections - 1];

	format->n_numbers = format->n_sections;
	if (last->is_text || format->n_sections == AN_FORMAT_SECTIONS)
		format->n_numbers--;
	for (int i = 0; i < format->n_numbers; i++)
	{
		if (format->sections[i].is_text)
			return AN_ERR_SYNTAX;
	}
	if (format->n_numbers < format->n_sections &&
		(last->is_date || last->n_whole + last->n_decimals + last->n_percent > 0))
		return AN_ERR_SYNTAX;
	return AN_OK;
}

/* Checks a section of dates, where a comma or point is a literal. */
static AnStatus
finish_date(AnFormat *format, AnFormatSection *section)
{
	int n_elapsed = 0;

	for (int i = section->first; i < format->n_tokens; i++)
	{
		AnFormatToken *token = &format->tokens[i];

		if (token->kind == AN_FORMAT_COMMA || token->kind == AN_FORMAT_POINT)
			token->kind = AN_FORMAT_LITERAL;
		else if (token->kind >= AN_FORMAT_DIGIT && token->kind < AN_FORMAT_YEAR)
			return AN_ERR_SYNTAX;
		if (token->kind == AN_FORMAT_SECOND || token->kind == AN_FORMAT_ALL_SECONDS)
			section->has_seconds = true;
		if (token->kind == AN_FORMAT_FRACTION && token->count > section->n_decimals)
			section->n_decimals = token->count;
		section->has_noon |= token->kind == AN_FORMAT_NOON;
		n_elapsed += token->kind >= AN_FORMAT_ALL_HOURS;
	}
	if (n_elapsed > 1)
		return AN_ERR_SYNTAX;
	finish_minutes(format, section);
	return AN_OK;
}

/* Tells minutes from months: one or two letters beside hours or seconds, whatever literals stand between. */
static void
finish_minutes(AnFormat *format, AnFormatSection *section)
{
	AnFormatToken *month = NULL;
	bool hour = false;

	for (int i = section->first; i < format->n_tokens; i++)
	{
		AnFormatToken *token = &format->tokens[i];

		if (token->kind < AN_FORMAT_YEAR || token->kind == AN_FORMAT_NOON)
			continue;
		if (month && (token->kind == AN_FORMAT_SECOND || token->kind == AN_FORMAT_ALL_SECONDS))
			month->kind = AN_FORMAT_MINUTE;
		month = NULL;
		if (token->kind == AN_FORMAT_MONTH && token->count <= 2)
		{
			month = token;
			if (hour)
				token->kind = AN_FORMAT_MINUTE;
		}
		hour = token->kind == AN_FORMAT_HOUR || token->kind == AN_FORMAT_ALL_HOURS;
	}
	for (int i = section->first; i < format->n_tokens; i++)
		section->has_day |=
			format->tokens[i].kind >= AN_FORMAT_YEAR && format->tokens[i].kind <= AN_FORMAT_DAY;
}

/* Counts what a section of digits has, and checks that it shows one number at most. */
static AnStatus
finish_number(AnFormat *format, AnFormatSection *section)
{
	AnFormatPart part = AN_PART_WHOLE;
	int commas = 0;
	int n_other = 0;

	for (int i = section->first; i < format->n_tokens; i++)
	{
		AnFormatToken *token = &format->tokens[i];
		bool fits = true;

		if (token->kind == AN_FORMAT_DIGIT)
			fits = count_digit(section, part, token->count, &commas) &&
				   (part != AN_PART_EXPONENT || token[-1].kind == AN_FORMAT_DIGIT ||
					token[-1].kind == AN_FORMAT_EXPONENT);
		else if (token->kind == AN_FORMAT_COMMA)
			fits = count_comma(format, section, part, token, &commas);
		else if (token->kind == AN_FORMAT_POINT)
			fits = begin_part(section, &part, AN_PART_FRACTION, &commas);
		else if (token->kind == AN_FORMAT_EXPONENT)
		{
			fits = begin_part(section, &part, AN_PART_EXPONENT, &commas);
			section->has_exponent = true;
			section->plus_exponent = token->count == '+';
		}
		section->n_percent += token->kind == AN_FORMAT_PERCENT;
		n_other += token->kind >= AN_FORMAT_DIGIT && token->kind <= AN_FORMAT_EXPONENT;
		if (!fits)
			return AN_ERR_SYNTAX;
	}
	section->thousands += commas;
	return whole_number(section, part, n_other) ? AN_OK : AN_ERR_SYNTAX;
}

/* Checks what can only be told at the end of a section of digits. */
static bool
whole_number(const AnFormatSection *section, AnFormatPart part, int n_other)
{
	int n_places = section->n_whole + section->n_decimals;

	if (section->n_general + section->is_text > 0 && n_other > 0)
		return false;
	if (section->n_percent > MAX_PERCENT || section->n_general > 1 ||
		(section->n_general == 1 && section->is_text))
		return false;
	if (part != AN_PART_WHOLE && n_places == 0)
		return false;
	if (section->has_exponent &&
		(section->grouped || section->thousands > 0 || section->n_exponent == 0))
		return false;
	return !section->slash || n_places == 0;
}

/* Counts a place; commas between two of them separate thousands. */
static bool
count_digit(AnFormatSection *section, AnFormatPart part, int sign, int *commas)
{
	if (part == AN_PART_EXPONENT)
	{
		section->n_exponent++;
		return true;
	}
	if (*commas > 1 || (*commas > 0 && part == AN_PART_FRACTION))
		return false;
	section->grouped |= *commas > 0;
	*commas = 0;
	if (part == AN_PART_WHOLE)
		section->n_whole++;
	else
	{
		section->n_decimals++;
		if (sign == '0')
			section->min_decimals = section->n_decimals;
	}
	return true;
}

/* Counts a comma, which follows a place or another comma and shows nothing itself. */
static bool
count_comma(const AnFormat *format, const AnFormatSection *section, AnFormatPart part,
			AnFormatToken *token, int *commas)
{
	if (token == &format->tokens[section->first] || part == AN_PART_EXPONENT ||
		(token[-1].kind != AN_FORMAT_DIGIT && token[-1].kind != AN_FORMAT_COMMA))
		return false;
	++*commas;
	return true;
}

/* Begins the fraction or the exponent; commas before it divide by 1000. */
static bool
begin_part(AnFormatSection *section, AnFormatPart *part, AnFormatPart next, int *commas)
{
	bool after = *part < next;

	section->thousands += *commas;
	*commas = 0;
	*part = next;
	return after;
}
