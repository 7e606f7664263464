/*
 * csv.c - csv_excel: a table that a double click opens rightly
 *
 * COPY's CSV in UTF-8 with a byte order mark, which tells Excel the encoding, and CRLF
 * (RFC 4180).  As in COPY, NULL is empty and the empty text is "", quotes are doubled, and
 * a text is quoted where it holds the delimiter, a quote or the end of a line, or where "\."
 * stands alone on a line.  Dates and times are ISO 8601 with a blank, points in time
 * as local time of the session's TimeZone without offset, booleans TRUE and FALSE: what Excel
 * takes for values.  The header is always there.
 *
 * Excel, LibreOffice and others take a text that begins with one of = + - @ for a formula, even
 * behind blanks that they cut off.  Such texts, headers too, get an apostrophe in front (OWASP
 * ASVS 1.2.10; CWE-1236).  What PostgreSQL computes itself (numbers, dates, intervals, money) is
 * left alone: a negative number stays a number.
 */
#include "export/text_writer.h"

#include "catalog/pg_type.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define LINE_END		"\r\n"

typedef struct CsvWriter
{
	AnTextWriter text;	  /* where it goes */
	char delimiter;		  /* between two cells */
	bool escape_formulas; /* texts like formulas get an apostrophe */
	bool special[256];	  /* bytes that make a text be quoted */
} CsvWriter;

static void begin(AnWriter *writer, const AnDocument *document, int n_sheets);
static void begin_sheet(AnWriter *writer, const AnLayout *layout);
static void put_row(AnWriter *writer, const Datum *values, const bool *nulls);
static void end_sheet(AnWriter *writer, const AnLoneValue *totals);
static void end(AnWriter *writer, uint64 n_rows);
static bool is_sylk(const char *header, size_t length);
static void put_cell(CsvWriter *csv, AnColumn *column, Datum value, bool alone);
static bool may_hold_formula(const AnColumn *column);
static void put_text(CsvWriter *csv, const char *text, size_t length, bool check, bool alone);
static bool is_formula(const char *text, size_t length);
static bool needs_quotes(const CsvWriter *csv, const char *text, size_t length, bool alone);
static void put_quoted(StringInfo to, const char *text, size_t length);

AnWriter *
an_csv_writer(void)
{
	CsvWriter *csv = palloc0(sizeof(CsvWriter));

	csv->text.pub.begin = begin;
	csv->text.pub.begin_sheet = begin_sheet;
	csv->text.pub.put_row = put_row;
	csv->text.pub.end_sheet = end_sheet;
	csv->text.pub.end = end;
	return &csv->text.pub;
}

static void
begin(AnWriter *writer, const AnDocument *document, int n_sheets)
{
	CsvWriter *csv = (CsvWriter *) writer;

	csv->delimiter = document->delimiter ? document->delimiter[0] : ',';
	csv->escape_formulas = document->escape_formulas;
	csv->special[(unsigned char) csv->delimiter] = true;
	csv->special['"'] = csv->special['\r'] = csv->special['\n'] = true;
	an_text_writer_begin(&csv->text);
	if (document->bom)
		appendStringInfoString(&csv->text.output.buffer, BYTE_ORDER_MARK);
}

/* Writes the header. */
static void
begin_sheet(AnWriter *writer, const AnLayout *layout)
{
	CsvWriter *csv = (CsvWriter *) writer;
	StringInfo to = &csv->text.output.buffer;

	for (int i = 0; i < layout->n_columns; i++)
	{
		size_t length = strlen(layout->columns[i].header);
		const char *header = an_text_utf8(layout->columns[i].header, &length);

		if (i > 0)
			appendStringInfoCharMacro(to, csv->delimiter);
		if (i == 0 && is_sylk(header, length))
			put_quoted(to, header, length);
		else
			put_text(csv, header, length, true, layout->n_columns == 1);
	}
	appendStringInfoString(to, LINE_END);
	an_text_writer_pass(&csv->text);
}

/* Excel takes a file that begins with ID for another kind (SYLK), and warns that it is damaged. */
static bool
is_sylk(const char *header, size_t length)
{
	return length >= 2 && memcmp(header, "ID", 2) == 0;
}

static void
put_row(AnWriter *writer, const Datum *values, const bool *nulls)
{
	CsvWriter *csv = (CsvWriter *) writer;
	StringInfo to = &csv->text.output.buffer;
	const AnLayout *layout = writer->layout;

	for (int i = 0; i < layout->n_columns; i++)
	{
		if (i > 0)
			appendStringInfoCharMacro(to, csv->delimiter);
		if (!nulls[i])
			put_cell(csv, &layout->columns[i], values[i], layout->n_columns == 1);
		an_text_writer_pass(&csv->text);
	}
	appendBinaryStringInfo(to, LINE_END, strlen(LINE_END));
}

/* Totals are for people; in a table for programs they would be taken for one more row. */
static void
end_sheet(AnWriter *writer, const AnLoneValue *totals)
{
}

static void
end(AnWriter *writer, uint64 n_rows)
{
	an_text_writer_end((AnTextWriter *) writer);
}

static void
put_cell(CsvWriter *csv, AnColumn *column, Datum value, bool alone)
{
	char buffer[MAXDATELEN + 1];
	const char *text = buffer;
	size_t length;

	switch (column->kind)
	{
		case AN_COLUMN_BOOLEAN:
			text = DatumGetBool(value) ? "TRUE" : "FALSE";
			length = strlen(text);
			break;
		case AN_COLUMN_DATE:
		case AN_COLUMN_TIMESTAMP:
			length = an_value_iso(column, value, buffer);
			break;
		default:
			text = an_value_utf8(column, value, &length);
			break;
	}
	put_text(csv, text, length, may_hold_formula(column), alone);
}

/* Tells whether what a column shows may be a text that somebody made up. */
static bool
may_hold_formula(const AnColumn *column)
{
	return column->kind == AN_COLUMN_TEXT && column->base_type != INTERVALOID &&
		   column->base_type != CASHOID;
}

/* Adds a cell; `alone` in a table of one column. */
static void
put_text(CsvWriter *csv, const char *text, size_t length, bool check, bool alone)
{
	StringInfo to = &csv->text.output.buffer;
	bool formula = check && csv->escape_formulas && is_formula(text, length);

	if (formula)
	{
		text = psprintf("'%.*s", (int) length, text);
		length++;
	}
	if (needs_quotes(csv, text, length, alone))
		put_quoted(to, text, length);
	else
		appendBinaryStringInfo(to, text, length);
}

/*
 * Tells whether a program may take a text for a formula: its first character, or the first behind
 * blanks, is = + - @ or the full-width form of one, or it begins with a tab or the end of a line.
 */
static bool
is_formula(const char *text, size_t length)
{
	static const char *const wide[] = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
									   "\xEF\xBC\xA0"};
	size_t i = 0;

	if (length > 0 && strchr("\t\r\n", text[0]) != NULL)
		return true;
	while (i < length && text[i] == ' ')
		i++;
	if (i == length)
		return false;
	if (strchr("=+-@", text[i]) != NULL)
		return true;
	for (size_t j = 0; j < lengthof(wide); j++)
	{
		if (length - i >= 3 && memcmp(text + i, wide[j], 3) == 0)
			return true;
	}
	return false;
}

/* COPY's rule; see CopyAttributeOutCSV. */
static bool
needs_quotes(const CsvWriter *csv, const char *text, size_t length, bool alone)
{
	if (length == 0 || (alone && length == 2 && memcmp(text, "\\.", 2) == 0))
		return true;
	for (size_t i = 0; i < length; i++)
	{
		if (csv->special[(unsigned char) text[i]])
			return true;
	}
	return false;
}

/* Adds a text in quotes, its own ones doubled. */
static void
put_quoted(StringInfo to, const char *text, size_t length)
{
	const char *end = text + length;

	appendStringInfoCharMacro(to, '"');
	while (text < end)
	{
		const char *quote = memchr(text, '"', end - text);
		const char *stop = quote ? quote + 1 : end;

		appendBinaryStringInfo(to, text, stop - text);
		if (quote)
			appendStringInfoCharMacro(to, '"');
		text = stop;
	}
	appendStringInfoCharMacro(to, '"');
}
