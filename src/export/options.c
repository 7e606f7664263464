/*
 * options.c - title, subtitle and sheet, from COPY and from jsonb
 */
#include "export/writer.h"

#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#define OPTION_HINT "Options are title, subtitle and sheet."

static char **find_option(AnExportOptions *options, const char *name);

void
an_options_from_copy(ParseState *pstate, List *defs, AnExportOptions *options)
{
	ListCell *cell;

	memset(options, 0, sizeof(*options));
	foreach (cell, defs)
	{
		DefElem *def = lfirst_node(DefElem, cell);
		bool is_format = strcmp(def->defname, "format") == 0;
		char **place = is_format ? NULL : find_option(options, def->defname);

		if (!is_format && place == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("COPY option \"%s\" is not available for this format", def->defname),
					 errhint(OPTION_HINT), parser_errposition(pstate, def->location)));
		if (is_format ? options->format != NULL : *place != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("COPY option \"%s\" is given more than once", def->defname),
					 errhint("Give each option once."), parser_errposition(pstate, def->location)));
		if (is_format)
			options->format = an_format_get(defGetString(def));
		else
			*place = pstrdup(defGetString(def));
	}
}

void
an_options_from_jsonb(Datum json, AnExportOptions *options)
{
	Jsonb *object = DatumGetJsonbP(json);
	JsonbIterator *iterator;
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("export options are not a JSON object"),
						errhint("Write options such as {\"title\": \"Sales\"}.")));
	iterator = JsonbIteratorInit(&object->root);
	(void) JsonbIteratorNext(&iterator, &value, true);
	while (JsonbIteratorNext(&iterator, &value, true) == WJB_KEY)
	{
		char *name = pnstrdup(value.val.string.val, value.val.string.len);
		char **place = find_option(options, name);

		(void) JsonbIteratorNext(&iterator, &value, true);
		if (place == NULL)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("export option \"%s\" not recognized", an_shown(name)),
							errhint(OPTION_HINT)));
		if (value.type == jbvString)
			*place = pnstrdup(value.val.string.val, value.val.string.len);
		else if (value.type != jbvNull)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("export option \"%s\" is not a string", name),
							errhint("Write its value in double quotes.")));
	}
}

/* Returns the place of an option by its name, or NULL. */
static char **
find_option(AnExportOptions *options, const char *name)
{
	if (strcmp(name, "title") == 0)
		return &options->title;
	if (strcmp(name, "subtitle") == 0)
		return &options->subtitle;
	if (strcmp(name, "sheet") == 0)
		return &options->sheet;
	return NULL;
}
