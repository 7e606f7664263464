/*
 * text.c - placeholders in the texts of a report
 *
 *     {start}              by the parameter's type and the report's locale
 *     {start:date}         its day, in the zone of the run
 *     {finish:last_day}    the last day before it: what a half-open range shows as its end
 *     {start:yyyy-mm}      by a number format, as columns have it; {finish:last_day:yyyy-mm-dd} too
 *     {{                   a brace
 *
 * What is put in is text: nothing in it is looked at again.
 */
#include "report/report_private.h"

#include <ctype.h>
#include <math.h>

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/string.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"

#include "export/text_writer.h"
#include "kernel/number_format.h"
#include "kernel/sheet.h"
#include "kernel/utf8.h"

#define DATE	 "date"
#define LAST_DAY "last_day"
#define NOTHING	 "\xe2\x80\x93" /* en dash, for NULL */

/* A placeholder, taken apart. */
typedef struct Placeholder
{
	const AnParameter *parameter; /* whose value it shows */
	bool as_date;				  /* only the day */
	bool before;				  /* the instant before it */
	const char *format;			  /* number format in UTF-8; NULL for what the type asks for */
} Placeholder;

static Placeholder take_apart(const AnReportTexts *texts, char *inside, const char *path);
static void check_fits(const Placeholder *placeholder, const char *path);
static void append_value(StringInfo to, const Placeholder *placeholder, const AnLocale *locale);
static bool
append_date(StringInfo to, const Placeholder *placeholder, Oid type, const AnLocale *locale);
static void append_serial(StringInfo to, const Placeholder *placeholder, Oid type, double serial,
						  const AnLocale *locale);
static void
append_number(StringInfo to, const char *digits, const char *format, const AnLocale *locale);
static void append_array(StringInfo to, const AnParameter *parameter);
static void append_ours(StringInfo to, const char *utf8);
static char substitute(uint32_t code);

char *
an_report_expand(void *owner, const char *text, const char *path)
{
	const AnReportTexts *texts = owner;
	StringInfoData result;
	const char *p = text;

	initStringInfo(&result);
	while (*p)
	{
		size_t length;
		Placeholder placeholder;

		if (p[0] != '{' || p[1] == '{')
		{
			p += *p == '{';
			appendStringInfoChar(&result, *p++);
			continue;
		}
		length = strcspn(p, "}");
		if (p[length] == '\0')
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("%s has a \"{\" without \"}\"", path),
							errhint("Write {{ for a brace.")));
		placeholder = take_apart(texts, pnstrdup(p + 1, length - 1), path);
		if (texts->running)
			append_value(&result, &placeholder, texts->locale);
		p += length + 1;
	}
	return result.data;
}

static Placeholder
take_apart(const AnReportTexts *texts, char *inside, const char *path)
{
	Placeholder placeholder = {0};
	char *rest = strchr(inside, ':');

	if (rest)
		*rest++ = '\0';
	placeholder.parameter = an_parameter_find(texts->parameters, inside);
	if (placeholder.parameter == NULL)
	{
		const char *nearest = an_name_nearest(inside, an_parameter_names(texts->parameters));

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s names parameter \"%s\", which the report does not have", path,
						an_shown(inside)),
				 nearest ? errhint("Perhaps you meant {%s}.", nearest)
						 : errhint("Names of parameters stand in braces; write {{ for a brace.")));
	}
	placeholder.before = rest && strncmp(rest, LAST_DAY, strlen(LAST_DAY)) == 0 &&
						 strchr(":", rest[strlen(LAST_DAY)]);
	placeholder.as_date = placeholder.before || (rest && strncmp(rest, DATE, strlen(DATE)) == 0 &&
												 strchr(":", rest[strlen(DATE)]));
	if (placeholder.as_date)
		rest = strchr(rest, ':') ? strchr(rest, ':') + 1 : NULL;
	if (rest)
	{
		size_t length = strlen(rest);

		placeholder.format = an_text_utf8(rest, &length);
	}
	check_fits(&placeholder, path);
	return placeholder;
}

/* Checks that the parameter's type can be shown so. */
static void
check_fits(const Placeholder *placeholder, const char *path)
{
	const AnParameter *parameter = placeholder->parameter;
	Oid type = getBaseType(parameter->type);
	bool is_date = type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
	bool is_number = type == INT2OID || type == INT4OID || type == INT8OID || type == NUMERICOID ||
					 type == FLOAT4OID || type == FLOAT8OID;
	AnNumberFormatInfo info = {0};

	if (placeholder->as_date && !is_date)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s shows parameter \"%s\" as a day, but its type is %s", path,
							   parameter->name, format_type_be(parameter->type)),
						errhint("Only dates and timestamps have days.")));
	if (placeholder->format == NULL)
		return;
	if (placeholder->format[0] == '\0' ||
		an_number_format_check(placeholder->format, strlen(placeholder->format), &info) != AN_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has \"%s\" behind parameter \"%s\", which is not a number format", path,
						an_shown(placeholder->format), parameter->name),
				 errhint("Write date, last_day, or a format such as yyyy-mm-dd or #,##0.0.")));
	if (info.is_date ? !is_date : !is_number)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s has format \"%s\" behind parameter \"%s\", whose type is %s",
							   path, an_shown(placeholder->format), parameter->name,
							   format_type_be(parameter->type)),
						errhint("Formats of dates are for dates, those of numbers for numbers.")));
}

static void
append_value(StringInfo to, const Placeholder *placeholder, const AnLocale *locale)
{
	const AnParameter *parameter = placeholder->parameter;
	Oid type = getBaseType(parameter->type);

	if (parameter->isnull)
	{
		append_ours(to, NOTHING);
		return;
	}
	if (append_date(to, placeholder, type, locale))
		return;
	switch (type)
	{
		case BOOLOID:
			appendStringInfoString(to, an_server_word(locale, DatumGetBool(parameter->value)
																  ? AN_WORD_TRUE
																  : AN_WORD_FALSE));
			break;
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case FLOAT4OID:
		case FLOAT8OID:
			append_number(to, an_parameter_text(parameter), placeholder->format, locale);
			break;
		default:
			if (OidIsValid(get_element_type(type)))
				append_array(to, parameter);
			else
				appendStringInfoString(to, an_parameter_text(parameter));
	}
}

/* Appends a date or timestamp; false where the type is another. */
static bool
append_date(StringInfo to, const Placeholder *placeholder, Oid type, const AnLocale *locale)
{
	Datum value = placeholder->parameter->value;
	int64 back = placeholder->before ? 1 : 0;
	double serial;
	bool ok;

	if (type == DATEOID)
	{
		DateADT day = DatumGetDateADT(value);

		value = DateADTGetDatum(DATE_NOT_FINITE(day) ? day : day - back);
		ok = !DATE_NOT_FINITE(day) && an_sheet_date(DatumGetDateADT(value), &serial);
	}
	else if (type == TIMESTAMPOID || type == TIMESTAMPTZOID)
	{
		if (type == TIMESTAMPTZOID)
			value = DirectFunctionCall1(timestamptz_timestamp, value);
		if (!TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value)))
			value = TimestampGetDatum(DatumGetTimestamp(value) - back);
		ok = !TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value)) &&
			 an_sheet_timestamp(DatumGetTimestamp(value), &serial);
		if (!ok && placeholder->as_date)
			value = DirectFunctionCall1(timestamp_date, value);
	}
	else
		return false;
	if (ok)
		append_serial(to, placeholder, type, serial, locale);
	else
		/* Number formats do not reach so far (before 1900-03, infinity): as SQL writes it. */
		appendStringInfoString(
			to, DatumGetCString(DirectFunctionCall1(
					type == DATEOID || placeholder->as_date ? date_out : timestamp_out, value)));
	return true;
}

static void
append_serial(StringInfo to, const Placeholder *placeholder, Oid type, double serial,
			  const AnLocale *locale)
{
	bool as_date = type == DATEOID || placeholder->as_date;
	const char *format = placeholder->format;
	char shown[AN_NUMBER_SHOWN_BYTES];

	if (format == NULL)
		format = as_date ? locale->date : locale->timestamp;
	(void) an_number_format(format, strlen(format), as_date ? floor(serial) : serial, locale, shown,
							NULL);
	append_ours(to, shown);
}

/* Appends a number without losing a digit; NaN and infinity as SQL writes them. */
static void
append_number(StringInfo to, const char *digits, const char *format, const AnLocale *locale)
{
	char shown[AN_NUMBER_SHOWN_BYTES];
	const char *point = strchr(digits, '.');
	double number = strtod(digits, NULL);

	/* What is too long for a format and for a double stays as it is. */
	if (format &&
		an_number_format_text(format, strlen(format), digits, strlen(digits), locale, shown) > 0)
		append_ours(to, shown);
	else if (format && !(isinf(number) && isdigit((unsigned char) digits[strlen(digits) - 1])))
	{
		(void) an_number_format(format, strlen(format), number, locale, shown, NULL);
		append_ours(to, shown);
	}
	else if (point)
		appendStringInfo(to, "%.*s%s%s", (int) (point - digits), digits, locale->point, point + 1);
	else
		appendStringInfoString(to, digits);
}

/* Appends the elements of an array, with commas between. */
static void
append_array(StringInfo to, const AnParameter *parameter)
{
	ArrayIterator iterator = array_create_iterator(DatumGetArrayTypeP(parameter->value), 0, NULL);
	Oid output;
	bool is_varlena, isnull;
	Datum item;
	bool first = true;

	getTypeOutputInfo(get_element_type(getBaseType(parameter->type)), &output, &is_varlena);
	while (array_iterate(iterator, &item, &isnull))
	{
		if (!first)
			appendStringInfoString(to, ", ");
		if (isnull)
			append_ours(to, NOTHING);
		else
			appendStringInfoString(to, OidOutputFunctionCall(output, item));
		first = false;
	}
	if (first)
		append_ours(to, NOTHING);
}

/* Appends a text of ours in the server's encoding; what that lacks is not worth an error. */
static void
append_ours(StringInfo to, const char *utf8)
{
	int encoding = GetDatabaseEncoding();
	size_t length = strlen(utf8), taken;
	Oid conversion = InvalidOid;

	if (encoding != PG_UTF8 && encoding != PG_SQL_ASCII && !pg_is_ascii(utf8))
		conversion = FindDefaultConversionProc(PG_UTF8, encoding);
	if (!OidIsValid(conversion))
	{
		appendStringInfoString(to, utf8);
		return;
	}
	for (; length > 0; utf8 += taken, length -= taken)
	{
		unsigned char character[4 * MAX_CONVERSION_GROWTH + 1];
		uint32_t code = an_utf8_next((const unsigned char *) utf8, length, &taken);

		if (pg_do_encoding_conversion_buf(conversion, PG_UTF8, encoding,
										  (unsigned char *) unconstify(char *, utf8), (int) taken,
										  character, sizeof(character), true) == (int) taken)
			appendStringInfoString(to, (char *) character);
		else
			appendStringInfoChar(to, substitute(code));
	}
}

/* Dashes and spaces have their like in every encoding. */
static char
substitute(uint32_t code)
{
	if (code == 0x202f || code == 0xa0)
		return ' ';
	return code == 0x2013 ? '-' : '?';
}
