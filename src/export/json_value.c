/*
 * json_value.c - values of PostgreSQL as JSON, as to_json makes it
 *
 * Numbers are written with all their digits, NaN and the infinities as strings, dates and times as
 * ISO 8601, json as it stands.  What nests, and types with a cast to json, go through to_json itself;
 * the rest is written here, without looking up at each value what its type is.
 */
#include "export/json_value.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "common/jsonapi.h"
#include "nodes/makefuncs.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/json.h"
#include "utils/lsyscache.h"

static AnJsonWay way_of(Oid base_type);
static AnJsonWay way_of_others(Oid base_type);
static void put_raw(StringInfo to, const char *text, size_t length, bool one_line);

void
an_json_column_init(AnJsonColumn *json, AnColumn *column)
{
	size_t length = strlen(column->name);
	const char *name = an_text_utf8(column->name, &length);
	StringInfoData key;

	initStringInfo(&key);
	an_json_put_string(&key, name, length);
	appendStringInfoChar(&key, ':');
	json->key = key.data;
	json->key_length = key.len;
	json->way = way_of(column->base_type);
	if (json->way != AN_JSON_NESTED)
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
static AnJsonWay
way_of(Oid base_type)
{
	switch (base_type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return AN_JSON_BARE;
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			return AN_JSON_NUMBER;
		case BOOLOID:
			return AN_JSON_BOOLEAN;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return AN_JSON_MOMENT;
		case JSONOID:
		case JSONBOID:
			return AN_JSON_AS_IS;
		default:
			return way_of_others(base_type);
	}
}

static AnJsonWay
way_of_others(Oid base_type)
{
	Oid cast;

	if (OidIsValid(get_element_type(base_type)) || base_type == ANYARRAYOID ||
		base_type == ANYCOMPATIBLEARRAYOID || base_type == RECORDARRAYOID ||
		type_is_rowtype(base_type))
		return AN_JSON_NESTED;
	if (base_type >= FirstNormalObjectId &&
		find_coercion_pathway(JSONOID, base_type, COERCION_EXPLICIT, &cast) == COERCION_PATH_FUNC)
		return AN_JSON_NESTED;
	return AN_JSON_STRING;
}

void
an_json_put_value(StringInfo to, AnJsonColumn *json, AnColumn *column, Datum value, bool one_line)
{
	char moment[MAXDATELEN + 1];
	const char *text = NULL;
	size_t length = 0;
	struct varlena *nested;

	switch (json->way)
	{
		case AN_JSON_BOOLEAN:
			appendStringInfoString(to, DatumGetBool(value) ? "true" : "false");
			return;
		case AN_JSON_MOMENT:
			JsonEncodeDateTime(moment, value, column->base_type, NULL);
			an_json_put_string(to, moment, strlen(moment));
			return;
		case AN_JSON_NESTED:
			nested = PG_DETOAST_DATUM_PACKED(FunctionCall1(&json->nested, value));
			length = VARSIZE_ANY_EXHDR(nested);
			text = an_text_utf8(VARDATA_ANY(nested), &length);
			put_raw(to, text, length, one_line);
			return;
		default:
			text = an_value_utf8(column, value, &length);
			break;
	}
	if (json->way == AN_JSON_AS_IS)
		put_raw(to, text, length, one_line);
	else if (json->way == AN_JSON_BARE ||
			 (json->way == AN_JSON_NUMBER && IsValidJsonNumber(text, length)))
		appendBinaryStringInfo(to, text, length);
	else
		an_json_put_string(to, text, length);
}

/* Adds JSON; line ends can stand only between its parts, so on one line a blank does as well. */
static void
put_raw(StringInfo to, const char *text, size_t length, bool one_line)
{
	int begin = to->len;

	appendBinaryStringInfo(to, text, length);
	if (!one_line)
		return;
	for (char *c = to->data + begin; c < to->data + to->len; c++)
	{
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	}
}

/* Adds a string in quotes, escaped as escape_json does. */
void
an_json_put_string(StringInfo to, const char *text, size_t length)
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
