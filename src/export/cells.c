/*
 * cells.c - values of PostgreSQL as cells that a spreadsheet computes with
 *
 * Numbers, dates, times and booleans become typed cells as long as nothing is
 * lost: a number cell keeps 15 significant digits, dates run from 1900-03-01 to
 * 9999-12-31.  What does not fit, NaN and the infinities become text.  Points in
 * time are shown as local time of the session's TimeZone.
 */
#include "export/writer.h"

#include <ctype.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "common/string.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "kernel/number_format.h"
#include "kernel/sheet.h"

#define INTEGER_LIMIT INT64CONST(1000000000000000) /* 10 ^ AN_SHEET_MAX_DIGITS */

/*
 * A numeric without declared scale that has at least so many decimals comes from
 * a division or an average: its last digits are noise of the same kind as those
 * of a double.  It stays a number if this many decimals survive.
 */
#define QUOTIENT_DECIMALS 8
#define QUOTIENT_KEPT	  4

static const char *
usual_format(const AnColumn *column, const char *header, const AnDocument *document);
static bool is_label(const char *header);
static bool append_typed(const AnColumn *column, Datum value, StringInfo to);
static bool integer_value(const AnColumn *column, Datum value, double *number);
static bool number_value(const AnColumn *column, Datum value, double *number);
static bool numeric_value(const AnColumn *column, Datum value, double *number);
static bool timestamptz_value(Datum value, double *number);
static void append_double(double number, StringInfo to);

void
an_column_init(AnColumn *column, Oid type, int32 typmod, const char *header,
			   const AnDocument *document)
{
	Oid output;
	bool is_varlena;

	memset(column, 0, sizeof(*column));
	column->name = column->header = pstrdup(header);
	column->type = type;
	column->base_type = getBaseTypeAndTypmod(type, &typmod);
	column->scale = -1;
	getTypeOutputInfo(type, &output, &is_varlena);
	fmgr_info(output, &column->output);
	switch (column->base_type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			column->kind = AN_COLUMN_INTEGER;
			break;
		case FLOAT4OID:
		case FLOAT8OID:
			column->kind = AN_COLUMN_NUMBER;
			break;
		case NUMERICOID:
			column->kind = AN_COLUMN_NUMBER;
			/* As numeric_typmod_scale() has it, which PostgreSQL keeps to itself. */
			if (typmod >= (int32) VARHDRSZ)
				column->scale = Max((((typmod - VARHDRSZ) & 0x7ff) ^ 1024) - 1024, 0);
			break;
		case BOOLOID:
			column->kind = AN_COLUMN_BOOLEAN;
			break;
		case DATEOID:
			column->kind = AN_COLUMN_DATE;
			break;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			column->kind = AN_COLUMN_TIMESTAMP;
			break;
		case TIMEOID:
			column->kind = AN_COLUMN_TIME;
			break;
		default:
			column->kind = AN_COLUMN_TEXT;
			break;
	}
	column->format = usual_format(column, header, document);
}

void
an_cell_append(AnCells *cells, const AnColumn *column, Datum value, bool isnull, StringInfo to)
{
	bool cut;

	if (isnull)
	{
		appendStringInfoCharMacro(to, AN_CELL_NULL);
		return;
	}
	if (append_typed(column, value, to))
		return;
	if (column->base_type == TEXTOID || column->base_type == VARCHAROID)
	{
		text *string = DatumGetTextPP(value);

		cut = an_cell_append_text(cells, VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string), to);
	}
	else
	{
		char *string = OutputFunctionCall(unconstify(FmgrInfo *, &column->output), value);

		cut = an_cell_append_text(cells, string, strlen(string), to);
	}
	cells->n_cut += cut;
}

bool
an_cell_append_text(AnCells *cells, const char *text, size_t length, StringInfo to)
{
	int begin = to->len;
	bool cut;

	enlargeStringInfo(to, 5);
	to->data[to->len] = AN_CELL_TEXT;
	to->len += 5;
	if (cells->sheet_texts)
	{
		text = an_text_utf8(text, &length);
		appendBinaryStringInfo(to, cells->text, an_sheet_text(text, length, cells->text, &cut));
	}
	else
	{
		an_append_printable(to, text, length);
		cut = false;
	}
	(void) an_frame_put_u32((unsigned char *) to->data + begin + 1, to->len - begin - 5);
	return cut;
}

/*
 * Chooses how numbers and dates show.  Integers have thousands separators,
 * unless the column's name says that they are labels: ids, years, codes.
 */
static const char *
usual_format(const AnColumn *column, const char *header, const AnDocument *document)
{
	switch (column->kind)
	{
		case AN_COLUMN_INTEGER:
			return is_label(header) ? "0" : "#,##0";
		case AN_COLUMN_NUMBER:
			if (column->scale == 0)
				return is_label(header) ? "0" : "#,##0";
			if (column->scale > 0)
				return psprintf("#,##0.%0*d", Min(column->scale, 30), 0);
			return "";
		case AN_COLUMN_DATE:
			return document->has_locale ? document->locale->date : "yyyy-mm-dd";
		case AN_COLUMN_TIMESTAMP:
			return document->has_locale ? document->locale->timestamp : "yyyy-mm-dd hh:mm:ss";
		case AN_COLUMN_TIME:
			return "hh:mm:ss";
		default:
			return "";
	}
}

/* Tells whether a header ends in a word that names a label instead of a quantity. */
static bool
is_label(const char *header)
{
	static const char *const words[] = {"id", "year", "code", "zip",	"no",
										"nr", "pid",  "port", "version"};
	size_t length = strlen(header);

	for (size_t i = 0; i < lengthof(words); i++)
	{
		size_t size = strlen(words[i]);

		if (length >= size && pg_strcasecmp(header + length - size, words[i]) == 0 &&
			(length == size || !isalpha((unsigned char) header[length - size - 1])))
			return true;
	}
	return false;
}

/* Adds a value as number, date or boolean; returns false if it has to be text. */
static bool
append_typed(const AnColumn *column, Datum value, StringInfo to)
{
	double number;
	bool fits;

	switch (column->kind)
	{
		case AN_COLUMN_BOOLEAN:
			appendStringInfoCharMacro(to, DatumGetBool(value) ? AN_CELL_TRUE : AN_CELL_FALSE);
			return true;
		case AN_COLUMN_INTEGER:
			fits = integer_value(column, value, &number);
			break;
		case AN_COLUMN_NUMBER:
			fits = number_value(column, value, &number) && an_sheet_number(number);
			break;
		case AN_COLUMN_DATE:
		case AN_COLUMN_TIMESTAMP:
		case AN_COLUMN_TIME:
			fits = an_moment_serial(column, value, &number);
			break;
		default:
			return false;
	}
	if (fits)
		append_double(number, to);
	return fits;
}

static bool
integer_value(const AnColumn *column, Datum value, double *number)
{
	int64 integer = column->base_type == INT2OID   ? DatumGetInt16(value)
					: column->base_type == INT4OID ? DatumGetInt32(value)
												   : DatumGetInt64(value);

	*number = (double) integer;
	return integer > -INTEGER_LIMIT && integer < INTEGER_LIMIT;
}

static bool
number_value(const AnColumn *column, Datum value, double *number)
{
	if (column->base_type == NUMERICOID)
		return numeric_value(column, value, number);
	*number = an_float_number(column, value);
	return isfinite(*number);
}

double
an_float_number(const AnColumn *column, Datum value)
{
	char buffer[FLOAT_SHORTEST_DECIMAL_LEN];

	if (column->base_type == FLOAT8OID)
		return DatumGetFloat8(value);
	/* 0.1 as float4 is meant as 0.1, not as the nearest double of its bits. */
	(void) float_to_shortest_decimal_buf(DatumGetFloat4(value), buffer);
	return strtod(buffer, NULL);
}

/* Takes a numeric for a number unless digits that count would be lost. */
static bool
numeric_value(const AnColumn *column, Datum value, double *number)
{
	char *string = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	int n_decimals, digits;

	digits = an_sheet_digits(string, &n_decimals);
	*number = strtod(string, NULL);
	if (digits < 0 || (digits > 0 && *number == 0))
		return false;
	return digits <= AN_SHEET_MAX_DIGITS || an_is_quotient(column, string);
}

bool
an_is_quotient(const AnColumn *column, const char *digits)
{
	const char *point = strchr(digits, '.');
	int n_decimals, lost;

	if (column->base_type != NUMERICOID || column->scale >= 0 || point == NULL ||
		strlen(point + 1) < QUOTIENT_DECIMALS)
		return false;
	lost = an_sheet_digits(digits, &n_decimals) - AN_SHEET_MAX_DIGITS;
	return lost > 0 && n_decimals - lost >= QUOTIENT_KEPT;
}

bool
an_value_number(const AnColumn *column, Datum value, bool isnull, double *number)
{
	if (isnull)
		return false;
	if (column->kind == AN_COLUMN_INTEGER)
	{
		(void) integer_value(column, value, number);
		return true;
	}
	if (column->base_type == NUMERICOID)
		*number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
	else if (column->kind != AN_COLUMN_NUMBER || !number_value(column, value, number))
		return false;
	return isfinite(*number);
}

bool
an_moment_serial(const AnColumn *column, Datum value, double *serial)
{
	switch (column->kind)
	{
		case AN_COLUMN_DATE:
			return !DATE_NOT_FINITE(DatumGetDateADT(value)) &&
				   an_sheet_date(DatumGetDateADT(value), serial);
		case AN_COLUMN_TIMESTAMP:
			if (column->base_type == TIMESTAMPTZOID)
				return timestamptz_value(value, serial);
			return !TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value)) &&
				   an_sheet_timestamp(DatumGetTimestamp(value), serial);
		default:
			*serial = (double) DatumGetTimeADT(value) / USECS_PER_DAY;
			return DatumGetTimeADT(value) < USECS_PER_DAY;
	}
}

void
an_column_set_format(AnColumn *column, const char *format)
{
	bool is_moment = column->kind == AN_COLUMN_DATE || column->kind == AN_COLUMN_TIMESTAMP ||
					 column->kind == AN_COLUMN_TIME;

	if (format && (format[0] != '\0' || !is_moment))
		column->format = format;
}

char *
an_moment_shown(const AnDocument *document, TimestampTz moment)
{
	char *shown = palloc(AN_NUMBER_SHOWN_BYTES);
	const char *format = document->locale->timestamp;
	double serial;

	if (!timestamptz_value(TimestampTzGetDatum(moment), &serial))
		return pstrdup(timestamptz_to_str(moment));
	(void) an_number_format(format, strlen(format), serial, document->locale, shown, NULL);
	return shown;
}

const char *
an_server_word(const AnLocale *locale, AnWord word)
{
	const char *text = locale->words[word];

	if (GetDatabaseEncoding() != PG_UTF8 && !pg_is_ascii(text))
		text = an_locale_find("en")->words[word];
	return text;
}

static bool
timestamptz_value(Datum value, double *number)
{
	TimestampTz instant = DatumGetTimestampTz(value);

	/* Far from what a sheet holds, local time may not even exist. */
	if (TIMESTAMP_NOT_FINITE(instant) || !an_sheet_timestamp(instant, number))
		return false;
	value = DirectFunctionCall1(timestamptz_timestamp, value);
	return an_sheet_timestamp(DatumGetTimestamp(value), number);
}

static void
append_double(double number, StringInfo to)
{
	enlargeStringInfo(to, 9);
	to->data[to->len] = AN_CELL_NUMBER;
	(void) an_frame_put_double((unsigned char *) to->data + to->len + 1, number);
	to->len += 9;
}
