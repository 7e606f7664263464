/*
 * text_value.c - values as texts: as PostgreSQL writes them, and as people read them
 *
 * Files are UTF-8 whatever the server's encoding is.  Numbers and dates for people go
 * through the same formats as in a spreadsheet (kernel/number_format.h), but
 * lose no digit that counts: a numeric is formatted from its digits.  A date outside
 * of what a spreadsheet knows is written as ISO 8601 has it.
 */
#include "export/text_writer.h"

#include <ctype.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "kernel/number_format.h"
#include "kernel/utf8.h"

static const char *replace_invalid(const char *text, size_t *length);
static void append_digits(StringInfo to, AnColumn *column, const AnLocale *locale, Datum value);
static void append_number(StringInfo to, const char *format, double number, const AnLocale *locale);
static const char *format_utf8(const char *format, size_t *length);
static bool
append_moment(StringInfo to, const AnColumn *column, const AnDocument *document, Datum value);

const char *
an_text_utf8(const char *text, size_t *length)
{
	char *utf8;

	if (GetDatabaseEncoding() == PG_UTF8)
		return text;
	if (GetDatabaseEncoding() == PG_SQL_ASCII)
		return replace_invalid(text, length);
	utf8 = pg_server_to_any(text, *length, PG_UTF8);
	if (utf8 != text)
		*length = strlen(utf8);
	return utf8;
}

/* Returns the text with U+FFFD for each byte that is part of no UTF-8. */
static const char *
replace_invalid(const char *text, size_t *length)
{
	size_t valid = pg_encoding_verifymbstr(PG_UTF8, text, *length), taken;
	const char *end = text + *length;
	StringInfoData out;
	char mark[4];

	if (valid == *length)
		return text;
	initStringInfo(&out);
	for (; text < end; valid = pg_encoding_verifymbstr(PG_UTF8, text, end - text))
	{
		appendBinaryStringInfo(&out, text, valid);
		text += valid;
		if (text == end)
			break;
		(void) an_utf8_next((const unsigned char *) text, end - text, &taken);
		appendBinaryStringInfo(&out, mark, an_utf8_put(mark, AN_UTF8_REPLACEMENT) - mark);
		text += taken;
	}
	*length = out.len;
	return out.data;
}

void
an_append_printable(StringInfo to, const char *text, size_t length)
{
	const char *utf8 = an_text_utf8(text, &length);
	size_t begin = 0, taken;
	char picture[4];

	for (size_t i = 0; i < length; i += taken)
	{
		uint32_t code = an_utf8_next((const unsigned char *) utf8 + i, length - i, &taken);
		bool pair = code == '\r' && i + 1 < length && utf8[i + 1] == '\n';

		if (code == '\t' || code == '\n' || (!pair && an_text_picture(code) == code))
			continue;
		appendBinaryStringInfo(to, utf8 + begin, i - begin);
		if (!pair)
			appendBinaryStringInfo(to, picture,
								   an_utf8_put(picture, an_text_picture(code)) - picture);
		begin = i + taken;
	}
	appendBinaryStringInfo(to, utf8 + begin, length - begin);
}

uint32_t
an_text_picture(uint32_t code)
{
	if (code < ' ')
		return 0x2400 + code;
	if (code == 0x7f)
		return 0x2421;
	return (code > 0x7f && code < 0xA0) || code == 0xFFFE || code == 0xFFFF ? AN_UTF8_REPLACEMENT
																			: code;
}

const char *
an_value_utf8(AnColumn *column, Datum value, size_t *length)
{
	const char *string;
	char *digits;
	text *packed;

	switch (column->base_type)
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			packed = DatumGetTextPP(value);
			*length = VARSIZE_ANY_EXHDR(packed);
			return an_text_utf8(VARDATA_ANY(packed), length);
		case INT2OID:
		case INT4OID:
			digits = palloc(MAXINT8LEN + 1);
			*length = pg_ltoa(
				column->base_type == INT2OID ? DatumGetInt16(value) : DatumGetInt32(value), digits);
			return digits;
		case INT8OID:
			digits = palloc(MAXINT8LEN + 1);
			*length = pg_lltoa(DatumGetInt64(value), digits);
			return digits;
		default:
			string = OutputFunctionCall(&column->output, value);
			*length = strlen(string);
			return an_text_utf8(string, length);
	}
}

size_t
an_value_iso(const AnColumn *column, Datum value, char buffer[MAXDATELEN + 1])
{
	struct pg_tm tm;
	fsec_t fsec;
	int tz;
	bool has_zone = column->base_type == TIMESTAMPTZOID;
	Timestamp moment;

	if (column->base_type == DATEOID)
	{
		DateADT date = DatumGetDateADT(value);

		if (DATE_NOT_FINITE(date))
			EncodeSpecialDate(date, buffer);
		else
		{
			j2date(date + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
			EncodeDateOnly(&tm, USE_ISO_DATES, buffer);
		}
		return strlen(buffer);
	}
	moment = DatumGetTimestamp(value);
	if (TIMESTAMP_NOT_FINITE(moment))
		EncodeSpecialTimestamp(moment, buffer);
	else if (timestamp2tm(moment, has_zone ? &tz : NULL, &tm, &fsec, NULL, NULL) == 0)
		EncodeDateTime(&tm, fsec, false, 0, NULL, USE_ISO_DATES, buffer);
	else
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
	return strlen(buffer);
}

void
an_append_shown(StringInfo to, AnColumn *column, const AnDocument *document, Datum value,
				bool isnull)
{
	const AnLocale *locale = document->locale;
	char iso[MAXDATELEN + 1];
	const char *text;
	size_t length;

	if (isnull)
		return;
	switch (column->kind)
	{
		case AN_COLUMN_INTEGER:
			append_digits(to, column, locale, value);
			return;
		case AN_COLUMN_NUMBER:
			if (column->base_type == NUMERICOID)
				append_digits(to, column, locale, value);
			else
				append_number(to, column->format, an_float_number(column, value), locale);
			return;
		case AN_COLUMN_BOOLEAN:
			appendStringInfoString(
				to, locale->words[DatumGetBool(value) ? AN_WORD_TRUE : AN_WORD_FALSE]);
			return;
		case AN_COLUMN_DATE:
		case AN_COLUMN_TIMESTAMP:
			if (!append_moment(to, column, document, value))
				appendBinaryStringInfo(to, iso, an_value_iso(column, value, iso));
			return;
		case AN_COLUMN_TIME:
			if (append_moment(to, column, document, value))
				return;
			break;
		default:
			break;
	}
	text = an_value_utf8(column, value, &length);
	appendBinaryStringInfo(to, text, length);
}

/* Adds an integer or numeric, formatted from its digits; of a quotient without a format, those of a double. */
static void
append_digits(StringInfo to, AnColumn *column, const AnLocale *locale, Datum value)
{
	size_t length, format_length, n = 0;
	const char *digits = an_value_utf8(column, value, &length);
	const char *format = format_utf8(column->format, &format_length);
	double number;

	if (column->format[0] != '\0' || !an_is_quotient(column, digits))
	{
		enlargeStringInfo(to, AN_NUMBER_SHOWN_BYTES);
		n = an_number_format_text(format, format_length, digits, length, locale,
								  to->data + to->len);
		to->len += n;
		to->data[to->len] = '\0';
	}
	if (n > 0)
		return;
	/* NaN, infinities, formats of dates; what is too long for a format and for a double stays as it is. */
	number = strtod(digits, NULL);
	if (isinf(number) && isdigit((unsigned char) digits[length - 1]))
		appendBinaryStringInfo(to, digits, length);
	else
		append_number(to, column->format, number, locale);
}

static void
append_number(StringInfo to, const char *format, double number, const AnLocale *locale)
{
	size_t length;

	format = format_utf8(format, &length);
	enlargeStringInfo(to, AN_NUMBER_SHOWN_BYTES);
	to->len += an_number_format(format, length, number, locale, to->data + to->len, NULL);
}

/* A format is in the server's encoding, as the user has written it. */
static const char *
format_utf8(const char *format, size_t *length)
{
	*length = strlen(format);
	return an_text_utf8(format, length);
}

/* Adds a date or time; returns false for one that no spreadsheet knows. */
static bool
append_moment(StringInfo to, const AnColumn *column, const AnDocument *document, Datum value)
{
	double serial;

	if (!an_moment_serial(column, value, &serial))
		return false;
	append_number(to, column->format, serial, document->locale);
	return true;
}
