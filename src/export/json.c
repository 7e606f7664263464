/*
 * json.c - json: an array of rows, or a document with what stands around them; ndjson: a row a line
 *
 *     [                                        one query, and nothing asked for around it
 *     {"day":"2026-01-01","sent":120},
 *     {"day":"2026-01-02","sent":80}
 *     ]
 *
 *     {"title":…, "subtitle":…, "generated":…, "sheets":[            a report, or what has a title, subtitle,
 *     {"name":…, "note":…, "cards":[{"label":…, "value":…, "note":…}],   note, card, total or several sheets
 *     "columns":[{"name":…, "header":…, "type":…, "format":…}],
 *     "rows":[
 *     {…}
 *     ],
 *     "totals":{…}}
 *     ]}
 *
 * Values are what to_json makes of them: numbers with all their digits, NaN and the infinities as
 * strings, dates and times as ISO 8601, json as it stands, arrays and rows as arrays and objects.
 * Keys are the columns' names; two columns of one name give the key twice, as in row_to_json.  A
 * report's keys are all there, null where nothing was given, but for the format of a column and the
 * totals of columns that have none.  The json of a column may hold line ends between its parts; ndjson
 * has blanks for them, as one line is one row there.
 */
#include "export/text_writer.h"

#include "catalog/pg_type.h"
#include "common/jsonapi.h"
#include "nodes/makefuncs.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/json.h"
#include "utils/lsyscache.h"

/* How the values of a column become JSON. */
typedef enum JsonWay
{
	JSON_BARE,	 /* as it is written: integers */
	JSON_NUMBER, /* as it is written if that is a number of JSON, else a string */
	JSON_BOOLEAN,
	JSON_MOMENT, /* ISO 8601 in quotes */
	JSON_AS_IS,	 /* it is JSON */
	JSON_NESTED, /* by to_json: arrays, rows, types with a cast to json */
	JSON_STRING, /* anything else */
} JsonWay;

typedef struct JsonColumn
{
	JsonWay way;	 /* of its values */
	FmgrInfo nested; /* to_json for its type, with JSON_NESTED */
	char *key;		 /* "name": in UTF-8 */
	int key_length;	 /* bytes */
} JsonColumn;

typedef struct JsonWriter
{
	AnTextWriter text;			/* where it goes */
	const AnDocument *document; /* what is written */
	int n_sheets;				/* of it */
	bool lines;					/* ndjson */
	bool plain;					/* the whole is an array of rows */
	bool has_rows;				/* the current sheet has had one */
	JsonColumn *columns;		/* of the current sheet */
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
static void json_column_init(JsonColumn *json, AnColumn *column);
static JsonWay way_of(Oid base_type);
static JsonWay way_of_others(Oid base_type);
static void put_value(JsonWriter *json, JsonColumn *how, AnColumn *column, Datum value);
static void put_raw(JsonWriter *json, const char *text, size_t length);
static void put_string(StringInfo to, const char *text, size_t length);

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
	json->columns = palloc0(Max(layout->n_columns, 1) * sizeof(JsonColumn));
	for (int i = 0; i < layout->n_columns; i++)
		json_column_init(&json->columns[i], &layout->columns[i]);
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
		JsonColumn *column = &json->columns[i];

		if (i > 0)
			appendStringInfoCharMacro(to, ',');
		appendBinaryStringInfo(to, column->key, column->key_length);
		if (nulls[i])
			appendStringInfoString(to, "null");
		else
			put_value(json, column, &layout->columns[i], values[i]);
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
	put_string(to, text, length);
}

static void
put_lone(JsonWriter *json, const AnLoneValue *lone)
{
	AnColumn column = lone->column;
	JsonColumn how;

	if (lone->isnull)
	{
		appendStringInfoString(&json->text.output.buffer, "null");
		return;
	}
	memset(&how, 0, sizeof(how));
	column.name = "";
	json_column_init(&how, &column);
	put_value(json, &how, &column, lone->value);
}

static void
json_column_init(JsonColumn *json, AnColumn *column)
{
	size_t length = strlen(column->name);
	const char *name = an_text_utf8(column->name, &length);
	StringInfoData key;

	initStringInfo(&key);
	put_string(&key, name, length);
	appendStringInfoChar(&key, ':');
	json->key = key.data;
	json->key_length = key.len;
	json->way = way_of(column->base_type);
	if (json->way != JSON_NESTED)
		return;
	fmgr_info(F_TO_JSON, &json->nested);

	/* to_json asks its call expression which type it is given. */
	fmgr_info_set_expr(
		(Node *) makeFuncExpr(F_TO_JSON, JSONOID,
							  list_make1(makeNullConst(column->type, -1, InvalidOid)), InvalidOid,
							  InvalidOid, COERCE_EXPLICIT_CALL),
		&json->nested);
}

/* Decides as json_categorize_type does. */
static JsonWay
way_of(Oid base_type)
{
	switch (base_type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return JSON_BARE;
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			return JSON_NUMBER;
		case BOOLOID:
			return JSON_BOOLEAN;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return JSON_MOMENT;
		case JSONOID:
		case JSONBOID:
			return JSON_AS_IS;
		default:
			return way_of_others(base_type);
	}
}

static JsonWay
way_of_others(Oid base_type)
{
	Oid cast;

	if (OidIsValid(get_element_type(base_type)) || base_type == ANYARRAYOID ||
		base_type == ANYCOMPATIBLEARRAYOID || base_type == RECORDARRAYOID ||
		type_is_rowtype(base_type))
		return JSON_NESTED;
	if (base_type >= FirstNormalObjectId &&
		find_coercion_pathway(JSONOID, base_type, COERCION_EXPLICIT, &cast) == COERCION_PATH_FUNC)
		return JSON_NESTED;
	return JSON_STRING;
}

static void
put_value(JsonWriter *json, JsonColumn *how, AnColumn *column, Datum value)
{
	StringInfo to = &json->text.output.buffer;
	char moment[MAXDATELEN + 1];
	const char *text = NULL;
	size_t length = 0;
	struct varlena *nested;

	switch (how->way)
	{
		case JSON_BOOLEAN:
			appendStringInfoString(to, DatumGetBool(value) ? "true" : "false");
			return;
		case JSON_MOMENT:
			JsonEncodeDateTime(moment, value, column->base_type, NULL);
			put_string(to, moment, strlen(moment));
			return;
		case JSON_NESTED:
			nested = PG_DETOAST_DATUM_PACKED(FunctionCall1(&how->nested, value));
			length = VARSIZE_ANY_EXHDR(nested);
			text = an_text_utf8(VARDATA_ANY(nested), &length);
			put_raw(json, text, length);
			return;
		default:
			text = an_value_utf8(column, value, &length);
			break;
	}
	if (how->way == JSON_AS_IS)
		put_raw(json, text, length);
	else if (how->way == JSON_BARE || (how->way == JSON_NUMBER && IsValidJsonNumber(text, length)))
		appendBinaryStringInfo(to, text, length);
	else
		put_string(to, text, length);
}

/* Adds JSON; line ends can stand only between its parts, so in ndjson a blank does as well. */
static void
put_raw(JsonWriter *json, const char *text, size_t length)
{
	StringInfo to = &json->text.output.buffer;
	int begin = to->len;

	appendBinaryStringInfo(to, text, length);
	if (!json->lines)
		return;
	for (char *c = to->data + begin; c < to->data + to->len; c++)
	{
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	}
}

/* Adds a string in quotes, escaped as escape_json does. */
static void
put_string(StringInfo to, const char *text, size_t length)
{
	static const char *const escapes[256] = {
		['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f",
		['\n'] = "\\n", ['\r'] = "\\r",	 ['\t'] = "\\t",
	};
	size_t begin = 0;

	appendStringInfoCharMacro(to, '"');
	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) text[i];

		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		appendBinaryStringInfo(to, text + begin, i - begin);
		if (escapes[c])
			appendStringInfoString(to, escapes[c]);
		else
			appendStringInfo(to, "\\u%04x", c);
		begin = i + 1;
	}
	appendBinaryStringInfo(to, text + begin, length - begin);
	appendStringInfoCharMacro(to, '"');
}
