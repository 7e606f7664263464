/*
 * options.c - the options of COPY become those of a document
 *
 * COPY's options are words; they are put into a JSON object, and read as any
 * other.  Those that hold more than a word are written as JSON:
 * CHARTS '[{"type": "line", "x": "day"}]'.
 */
#include "export/writer.h"

#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

static void push_option(JsonbParseState **state, const AnKey *key, DefElem *def);

void
an_options_from_copy(ParseState *pstate, List *defs, AnDocument *document, AnSheetSpec *sheet)
{
	JsonbParseState *state = NULL;
	const AnFormat *format = NULL;
	List *given = NIL;
	ListCell *cell;
	AnJson root;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	foreach (cell, defs)
	{
		DefElem *def = lfirst_node(DefElem, cell);

		if (strcmp(def->defname, "format") == 0)
			format = an_format_get(defGetString(def));
	}
	foreach (cell, defs)
	{
		DefElem *def = lfirst_node(DefElem, cell);
		bool is_format = strcmp(def->defname, "format") == 0;
		const AnKey *key = is_format ? NULL : an_option_key(def->defname, format);

		if (!is_format && (key == NULL || strcmp(def->defname, "cards") == 0))
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("COPY option \"%s\" is not available for this format", def->defname),
					 errhint("Options are %s.", an_option_names(format)),
					 parser_errposition(pstate, def->location)));
		if (list_member(given, makeString(def->defname)))
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("COPY option \"%s\" is given more than once", def->defname),
					 errhint("Give each option once."), parser_errposition(pstate, def->location)));
		given = lappend(given, makeString(def->defname));
		if (!is_format)
			push_option(&state, key, def);
	}
	root = an_json_root(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)), NULL);
	an_document_init(document);
	an_sheet_init(sheet);
	document->format = format;
	an_document_read(&root, document, NULL, sheet);
}

static void
push_option(JsonbParseState **state, const AnKey *key, DefElem *def)
{
	JsonbValue name = {.type = jbvString}, value;

	name.val.string.val = def->defname;
	name.val.string.len = strlen(def->defname);
	(void) pushJsonbValue(state, WJB_KEY, &name);
	if (key->type == AN_KEY_BOOLEAN)
	{
		value.type = jbvBool;
		value.val.boolean = defGetBoolean(def);
	}
	else if (key->type == AN_KEY_NUMBER)
	{
		value.type = jbvNumeric;
		value.val.numeric = DatumGetNumeric(
			DirectFunctionCall1(float8_numeric, Float8GetDatum(defGetNumeric(def))));
	}
	else if (key->type == AN_KEY_READ && an_option_is_json(key->name))
	{
		Jsonb *jsonb =
			DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(defGetString(def))));
		AnJson json = an_json_root(jsonb, NULL);

		value = json.value;
	}
	else
	{
		value.type = jbvString;
		value.val.string.val = defGetString(def);
		value.val.string.len = strlen(value.val.string.val);
	}
	(void) pushJsonbValue(state, WJB_VALUE, &value);
}
