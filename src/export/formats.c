/*
 * formats.c - the formats that we write
 */
#include "export/writer.h"

#include "utils/builtins.h"

static const AnFormat formats[] = {
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx",
	 .needs_helper = true, .sheet_texts = true, .writer = an_frame_writer},
	{"pdf", "application/pdf", "pdf", .needs_helper = true, .writer = an_frame_writer},
	{"html", "text/html; charset=utf-8", "html", .needs_helper = true, .writer = an_frame_writer},
	{"svg", "image/svg+xml", "svg", .one_sheet = true, .picture = true, .needs_helper = true,
	 .writer = an_frame_writer},
	{"png", "image/png", "png", .one_sheet = true, .picture = true, .needs_helper = true,
	 .writer = an_frame_writer},
	{"json", "application/json", "json", .writer = an_json_writer},
	{"ndjson", "application/x-ndjson", "ndjson", .one_sheet = true, .writer = an_ndjson_writer},
	{"markdown", "text/markdown; charset=utf-8", "md", .writer = an_markdown_writer},
	{"csv_excel", "text/csv; charset=utf-8", "csv", .one_sheet = true, .writer = an_csv_writer},
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
	const char *names[lengthof(formats)];

	for (size_t i = 0; i < lengthof(formats); i++)
		names[i] = formats[i].name;
	return &formats[an_word("export format", name, names, lengthof(formats))];
}

/* Returns the media type of a format. */
AN_SQL(content_type)
{
	const AnFormat *format = an_format_get(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	PG_RETURN_TEXT_P(cstring_to_text(format->content_type));
}
