/*
 * json.c - json: an array of rows, or a document with what stands around them; ndjson: a row a line
 *
 *     [
 *     {"day":"2026-01-01","sent":120},
 *     {"day":"2026-01-02","sent":80}
 *     ]
 *
 * for one query with nothing asked for around it; a report, and what has a title, a subtitle, a note, cards,
 * totals or several sheets, is
 *
 *     {"title":…, "subtitle":…, "generated":…, "sheets":[
 *     {"name":…, "note":…, "cards":[{"label":…, "value":…, "note":…}, …],
 *     "columns":[{"name":…, "header":…, "type":…, "format":…}, …],
 *     "rows":[
 *     {…}, …
 *     ],
 *     "totals":{…}}, …
 *     ]}
 *
 * Values are what to_json makes of them: numbers with all their digits, NaN and the infinities as
 * strings, dates and times as ISO 8601, json as it stands, arrays and rows as arrays and objects.
 * Keys are the columns' names; two columns of one name give the key twice, as in row_to_json.  A
 * report's keys are all there, null where nothing was given, but for the format of a column and the
 * totals of columns that have none.  The json of a column may hold line ends between its parts; ndjson
 * has blanks for them, as one line is one row there.
 */
#include "export/json_value.h"

#include "catalog/pg_type.h"
#include "utils/json.h"

typedef struct JsonWriter
{
	AnTextWriter text;			/* where it goes */
	const AnDocument *document; /* what is written */
	int n_sheets;				/* of it */
	bool lines;					/* ndjson */
	bool plain;					/* the whole is an array of rows */
	bool has_rows;				/* the current sheet has had one */
	AnJsonColumn *columns;		/* of the current sheet */
} JsonWriter;

static AnWriter *new_writer(bool lines);
static void begin(AnWriter *writer, const AnDocument *document, int n_sheets);
static void begin_sheet(AnWriter *writer, const AnLayout *layout);
static void put_row(AnWriter *writer, const Datum *values, const bool *nulls);
static void end_sheet(AnWriter *writer, const AnLoneValue *totals);
static void end(AnWriter *writer, uint64 n_rows);
static bool is_plain(const JsonWriter *json, const AnLayout *layout);
static void put_document(JsonWriter *json);
static void put_sheet(JsonWriter *json, const AnLayout *layout);
static void put_cards(JsonWriter *json, const AnLayout *layout);
static void put_columns(StringInfo to, const AnLayout *layout);
static void put_totals(JsonWriter *json, const AnLoneValue *totals);
static void put_member(StringInfo to, const char *key, const char *text);
static void put_lone(JsonWriter *json, const AnLoneValue *lone);

AnWriter *
an_json_writer(void)
{
	return new_writer(false);
}

AnWriter *
an_ndjson_writer(void)
{
	return new_writer(true);
}

static AnWriter *
new_writer(bool lines)
{
	JsonWriter *json = palloc0(sizeof(JsonWriter));

	json->text.pub.begin = begin;
	json->text.pub.begin_sheet = begin_sheet;
	json->text.pub.put_row = put_row;
	json->text.pub.end_sheet = end_sheet;
	json->text.pub.end = end;
	json->lines = lines;
	return &json->text.pub;
}

static void
begin(AnWriter *writer, const AnDocument *document, int n_sheets)
{
	JsonWriter *json = (JsonWriter *) writer;

	json->document = document;
	json->n_sheets = n_sheets;
	an_text_writer_begin(&json->text);
}

static void
begin_sheet(AnWriter *writer, const AnLayout *layout)
{
	JsonWriter *json = (JsonWriter *) writer;
	StringInfo to = &json->text.output.buffer;

	json->has_rows = false;
	json->columns = palloc0(Max(layout->n_columns, 1) * sizeof(AnJsonColumn));
	for (int i = 0; i < layout->n_columns; i++)
		an_json_column_init(&json->columns[i], &layout->columns[i]);
	if (json->lines)
		return;
	if (layout->index == 0)
	{
		json->plain = is_plain(json, layout);
		if (!json->plain)
			put_document(json);
	}
	else
		appendStringInfoString(to, ",\n");
	if (json->plain)
		appendStringInfoChar(to, '[');
	else
		put_sheet(json, layout);
	an_text_writer_pass(&json->text);
}

static void
put_row(AnWriter *writer, const Datum *values, const bool *nulls)
{
	JsonWriter *json = (JsonWriter *) writer;
	StringInfo to = &json->text.output.buffer;
	const AnLayout *layout = writer->layout;

	if (!json->lines)
		appendStringInfoString(to, json->has_rows ? ",\n" : "\n");
	json->has_rows = true;
	appendStringInfoCharMacro(to, '{');
	for (int i = 0; i < layout->n_columns; i++)
	{
		AnJsonColumn *column = &json->columns[i];

		if (i > 0)
			appendStringInfoCharMacro(to, ',');
		appendBinaryStringInfo(to, column->key, column->key_length);
		if (nulls[i])
			appendStringInfoString(to, "null");
		else
			an_json_put_value(to, column, &layout->columns[i], values[i], json->lines);
		an_text_writer_pass(&json->text);
	}
	appendStringInfoCharMacro(to, '}');
	if (json->lines)
		appendStringInfoCharMacro(to, '\n');
}

static void
end_sheet(AnWriter *writer, const AnLoneValue *totals)
{
	JsonWriter *json = (JsonWriter *) writer;
	StringInfo to = &json->text.output.buffer;

	if (json->lines)
		return;
	if (json->has_rows)
		appendStringInfoChar(to, '\n');
	appendStringInfoChar(to, ']');
	if (json->plain)
		return;
	appendStringInfoString(to, ",\n\"totals\":");
	put_totals(json, totals);
	appendStringInfoChar(to, '}');
}

static void
end(AnWriter *writer, uint64 n_rows)
{
	JsonWriter *json = (JsonWriter *) writer;

	if (!json->lines)
		appendStringInfoString(&json->text.output.buffer, json->plain ? "\n" : "\n]}\n");
	an_text_writer_end(&json->text);
}

/* Tells whether nothing stands around the rows, so that they are all there is to write. */
static bool
is_plain(const JsonWriter *json, const AnLayout *layout)
{
	const AnDocument *document = json->document;

	return !document->report && json->n_sheets == 1 && document->title == NULL &&
		   document->subtitle == NULL && layout->spec->note == NULL && layout->spec->cards == NIL &&
		   !layout->has_totals;
}

static void
put_document(JsonWriter *json)
{
	StringInfo to = &json->text.output.buffer;
	char created[MAXDATELEN + 1];

	JsonEncodeDateTime(created, TimestampTzGetDatum(json->document->created), TIMESTAMPTZOID, NULL);
	appendStringInfoChar(to, '{');
	put_member(to, "title", json->document->title);
	appendStringInfoChar(to, ',');
	put_member(to, "subtitle", json->document->subtitle);
	appendStringInfo(to, ",\"generated\":\"%s\",\"sheets\":[\n", created);
}

static void
put_sheet(JsonWriter *json, const AnLayout *layout)
{
	StringInfo to = &json->text.output.buffer;

	appendStringInfoChar(to, '{');
	put_member(to, "name", layout->spec->name);
	appendStringInfoChar(to, ',');
	put_member(to, "note", layout->spec->note);
	appendStringInfoString(to, ",\"cards\":[");
	put_cards(json, layout);
	appendStringInfoString(to, "],\n\"columns\":[");
	put_columns(to, layout);
	appendStringInfoString(to, "],\n\"rows\":[");
}

static void
put_cards(JsonWriter *json, const AnLayout *layout)
{
	StringInfo to = &json->text.output.buffer;

	for (int i = 0; i < list_length(layout->spec->cards); i++)
	{
		const AnCardSpec *card = list_nth(layout->spec->cards, i);

		appendStringInfoString(to, i > 0 ? ",{" : "{");
		put_member(to, "label", card->label);
		appendStringInfoString(to, ",\"value\":");
		put_lone(json, &layout->cards[i]);
		appendStringInfoChar(to, ',');
		put_member(to, "note", card->note);
		appendStringInfoChar(to, '}');
	}
}

static void
put_columns(StringInfo to, const AnLayout *layout)
{
	static const char *const kinds[AN_COLUMN_KINDS] = {
		[AN_COLUMN_TEXT] = "text",	   [AN_COLUMN_INTEGER] = "integer",
		[AN_COLUMN_NUMBER] = "number", [AN_COLUMN_BOOLEAN] = "boolean",
		[AN_COLUMN_DATE] = "date",	   [AN_COLUMN_TIMESTAMP] = "timestamp",
		[AN_COLUMN_TIME] = "time",
	};

	for (int i = 0; i < layout->n_columns; i++)
	{
		const AnColumn *column = &layout->columns[i];

		appendStringInfoString(to, i > 0 ? ",\n{" : "{");
		put_member(to, "name", column->name);
		appendStringInfoChar(to, ',');
		put_member(to, "header", column->header);
		appendStringInfoChar(to, ',');
		put_member(to, "type", kinds[column->kind]);
		if (column->format[0] != '\0')
		{
			appendStringInfoChar(to, ',');
			put_member(to, "format", column->format);
		}
		appendStringInfoChar(to, '}');
	}
}

/* Writes the totals that are values; the word for total is none. */
static void
put_totals(JsonWriter *json, const AnLoneValue *totals)
{
	StringInfo to = &json->text.output.buffer;
	const AnLayout *layout = json->text.pub.layout;
	bool any = false;

	if (totals == NULL)
	{
		appendStringInfoString(to, "null");
		return;
	}
	appendStringInfoChar(to, '{');
	for (int i = 0; i < layout->n_columns; i++)
	{
		const AnColumnSpec *spec = layout->columns[i].spec;

		if (spec == NULL || spec->total == AN_TOTAL_NONE || spec->total == AN_TOTAL_LABEL)
			continue;
		if (any)
			appendStringInfoChar(to, ',');
		any = true;
		appendBinaryStringInfo(to, json->columns[i].key, json->columns[i].key_length);
		put_lone(json, &totals[i]);
	}
	appendStringInfoChar(to, '}');
}

/* Adds a key and a text in the server's encoding, or null. */
static void
put_member(StringInfo to, const char *key, const char *text)
{
	size_t length;

	appendStringInfo(to, "\"%s\":", key);
	if (text == NULL)
	{
		appendStringInfoString(to, "null");
		return;
	}
	length = strlen(text);
	text = an_text_utf8(text, &length);
	an_json_put_string(to, text, length);
}

static void
put_lone(JsonWriter *json, const AnLoneValue *lone)
{
	StringInfo to = &json->text.output.buffer;
	AnColumn column = lone->column;
	AnJsonColumn how;

	if (lone->isnull)
	{
		appendStringInfoString(to, "null");
		return;
	}
	memset(&how, 0, sizeof(how));
	column.name = "";
	an_json_column_init(&how, &column);
	an_json_put_value(to, &how, &column, lone->value, json->lines);
}
