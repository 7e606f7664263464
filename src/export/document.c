/*
 * document.c - documents out of JSON, and which options there are
 */
#include "export/writer.h"

#include <ctype.h>
#include <math.h>

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "kernel/sheet.h"

const char *const an_paper_words[] = {"a4", "letter", NULL};
const char *const an_orientation_words[] = {"auto", "portrait", "landscape", NULL};

static AnKey *only_sheet_keys(int *n);
static bool is_for(const char *option, const AnFormat *format);
static void read_locale(const AnJson *json, void *field, void *target);
static void read_margins(const AnJson *json, void *field, void *target);
static void read_created(const AnJson *json, void *field, void *target);
static void read_delimiter(const AnJson *json, void *field, void *target);

#define DOCUMENT(field) offsetof(AnDocument, field)

static const AnKey document_keys[] = {
	{"title", AN_KEY_SHOWN, DOCUMENT(title)},
	{"subtitle", AN_KEY_SHOWN, DOCUMENT(subtitle)},
	{"author", AN_KEY_SHOWN, DOCUMENT(author)},
	{"company", AN_KEY_SHOWN, DOCUMENT(company)},
	{"footer", AN_KEY_SHOWN, DOCUMENT(footer)},
	{"font", AN_KEY_STRING, DOCUMENT(font)},
	{"locale", AN_KEY_READ, DOCUMENT(locale), .read = read_locale},
	{"paper", AN_KEY_WORD, DOCUMENT(paper), .words = an_paper_words},
	{"orientation", AN_KEY_WORD, DOCUMENT(orientation), .words = an_orientation_words},
	{"margins", AN_KEY_READ, DOCUMENT(margins), .read = read_margins},
	{"width", AN_KEY_NUMBER, DOCUMENT(width), .min = 60, .max = 5000},
	{"height", AN_KEY_NUMBER, DOCUMENT(height), .min = 40, .max = 5000},
	{"scale", AN_KEY_NUMBER, DOCUMENT(scale), .min = 0.1, .max = 8},
	{"created", AN_KEY_READ, DOCUMENT(created), .read = read_created},
	{"delimiter", AN_KEY_READ, DOCUMENT(delimiter), .read = read_delimiter},
	{"bom", AN_KEY_BOOLEAN, DOCUMENT(bom)},
	{"escape_formulas", AN_KEY_BOOLEAN, DOCUMENT(escape_formulas)},
};

void
an_document_init(AnDocument *document)
{
	memset(document, 0, sizeof(*document));
	document->locale = an_locale_find("en");
	document->bom = true;
	document->escape_formulas = true;
	document->created = an_now();
	for (int i = 0; i < 4; i++)
		document->margins[i] = NAN;
}

void
an_document_read(const AnJson *json, AnDocument *document, const AnKeys *more, AnSheetSpec *sheet)
{
	AnJson *locale = an_json_get(json, "locale");
	AnJsonTexts *texts = palloc0(sizeof(AnJsonTexts));
	AnJson with_texts = *json;
	AnKeys parts[3] = {{document_keys, lengthof(document_keys), document}};
	int n_parts = 1, n_only;

	if (json->texts)
		*texts = *json->texts;
	if (locale)
		read_locale(locale, &document->locale, document);
	texts->locale = document->locale;
	with_texts.texts = texts;
	if (more)
		parts[n_parts++] = *more;
	if (sheet)
	{
		AnKey *only = only_sheet_keys(&n_only);

		parts[n_parts++] = (AnKeys){only, n_only, sheet};
	}
	an_json_parts(&with_texts, parts, n_parts);
}

/* Returns the keys of a document's only sheet, whose name is called sheet. */
static AnKey *
only_sheet_keys(int *n)
{
	const AnKey *keys = an_only_sheet_keys(n);
	AnKey *only = palloc(*n * sizeof(AnKey));

	memcpy(only, keys, *n * sizeof(AnKey));
	only[0].name = "sheet";
	return only;
}

void
an_chart_read(Jsonb *options, AnDocument *document, AnChartSpec *chart)
{
	AnJson root = an_json_root(options, NULL);
	AnJson *locale = an_json_get(&root, "locale");
	AnJsonTexts texts = {0};
	AnKeys parts[] = {{.target = chart}, {document_keys, lengthof(document_keys), document}};

	parts[0].keys = an_chart_keys(&parts[0].n_keys);
	if (locale)
		read_locale(locale, &document->locale, document);
	texts.locale = document->locale;
	root.texts = &texts;
	an_json_parts(&root, parts, lengthof(parts));
	document->width = chart->width;
	document->height = chart->height;
}

const AnKey *
an_option_key(const char *name, const AnFormat *format)
{
	const AnKey *sheet;
	int n;

	for (int i = 0; i < lengthof(document_keys); i++)
		if (strcmp(document_keys[i].name, name) == 0)
			return format && !is_for(name, format) ? NULL : &document_keys[i];
	sheet = only_sheet_keys(&n);
	for (int i = 0; i < n; i++)
		if (strcmp(sheet[i].name, name) == 0)
			return &sheet[i];
	return NULL;
}

bool
an_option_is_json(const char *name)
{
	int n;
	const AnKey *sheet = an_only_sheet_keys(&n);

	for (int i = 0; i < n; i++)
		if (sheet[i].type == AN_KEY_READ && strcmp(sheet[i].name, name) == 0)
			return true;
	return strcmp(name, "margins") == 0;
}

/* Tells whether an option means something to a format. */
static bool
is_for(const char *option, const AnFormat *format)
{
	static const char *const of_csv[] = {"delimiter", "bom", "escape_formulas"};
	static const char *const of_pictures[] = {"width", "height", "scale"};

	for (int i = 0; i < lengthof(of_csv); i++)
		if (strcmp(option, of_csv[i]) == 0)
			return format->writer == an_csv_writer;
	for (int i = 0; i < lengthof(of_pictures); i++)
		if (strcmp(option, of_pictures[i]) == 0)
			return format->picture;
	return true;
}

void
an_options_check(const AnJson *json, const AnFormat *format)
{
	ListCell *lc;

	foreach (lc, an_json_members(json))
	{
		const AnJsonMember *member = lfirst(lc);

		if (an_option_key(member->key, NULL) && !an_option_key(member->key, format))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("option \"%s\" is not available for format \"%s\"", member->key,
								   format->name),
							errhint("Options are %s.", an_option_names(format))));
	}
}

const char *
an_option_names(const AnFormat *format)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < lengthof(document_keys); i++)
		if (is_for(document_keys[i].name, format))
			appendStringInfo(&names, "%s, ", document_keys[i].name);
	appendStringInfoString(&names, "sheet, note, columns, charts and pivot");
	return names.data;
}

static void
read_locale(const AnJson *json, void *field, void *target)
{
	AnDocument *document = target;
	char *name = an_json_string(json);
	StringInfoData known;

	document->locale = an_locale_find(name);
	document->has_locale = true;
	if (document->locale)
		return;
	initStringInfo(&known);
	for (size_t i = 0; an_locale_at(i); i++)
		appendStringInfo(&known, "%s%s", i > 0 ? ", " : "", an_locale_at(i)->name);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s \"%s\" is not known", json->path, an_shown(name)),
					errhint("Locales are %s.", known.data)));
}

static void
read_margins(const AnJson *json, void *field, void *target)
{
	double *margins = field;
	ListCell *lc;

	if (json->value.type == jbvNumeric)
	{
		for (int i = 0; i < 4; i++)
			margins[i] = an_json_number(json, 0, 100);
		return;
	}
	if (list_length(an_json_elements(json)) != 4)
		an_json_error(json, "does not hold 4 numbers",
					  "Write millimetres for top, right, bottom and left, or one number for all.");
	foreach (lc, an_json_elements(json))
		margins[foreach_current_index(lc)] = an_json_number(lfirst(lc), 0, 100);
}

static void
read_created(const AnJson *json, void *field, void *target)
{
	double serial;

	*(TimestampTz *) field = DatumGetTimestampTz(
		DirectFunctionCall3(timestamptz_in, CStringGetDatum(an_json_string(json)),
							ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	/* Properties of files hold no other years. */
	if (!an_sheet_timestamp(*(TimestampTz *) field, &serial))
		an_json_error(json, "is not a moment from 1900-03-01 to 9999-12-31",
					  "Write a time such as \"2026-01-31 09:00+00\".");
}

static void
read_delimiter(const AnJson *json, void *field, void *target)
{
	char *text = an_json_string(json);

	if (strlen(text) != 1 || (unsigned char) text[0] > 0x7e || strchr("\"'\r\n=+-@.", text[0]) ||
		isalnum((unsigned char) text[0]) || ((unsigned char) text[0] < ' ' && text[0] != '\t'))
		an_json_error(json, "is not a character that can separate columns",
					  "Write one of , ; | or a tab.");
	*(char **) field = text;
}
