/*
 * formats.c - the formats that we write
 */
#include "export/writer.h"

#include "utils/builtins.h"

static const AnFormat formats[] = {
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", true},
};

const AnFormat *
an_format_find(const char *name)
{
	for (size_t i = 0; i < lengthof(formats); i++)
	{
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	}
	return NULL;
}

const AnFormat *
an_format_get(const char *name)
{
	const AnFormat *format = an_format_find(name);
	StringInfoData known;

	if (format)
		return format;
	initStringInfo(&known);
	for (size_t i = 0; i < lengthof(formats); i++)
		appendStringInfo(&known, "%s\"%s\"", i > 0 ? ", " : "", formats[i].name);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("export format \"%s\" not recognized", an_shown(name)),
					errhint("Formats are %s.", known.data)));
	return NULL;
}

/* Returns the media type of a format. */
AN_SQL(content_type)
{
	const AnFormat *format = an_format_get(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	PG_RETURN_TEXT_P(cstring_to_text(format->content_type));
}
