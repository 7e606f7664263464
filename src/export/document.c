/*
 * document.c - documents and sheets out of JSON
 *
 * The keys are tables; what stands under them is checked here as far as that is
 * possible without the columns of a query, and in layout.c where these are known.
 */
#include "export/writer.h"

#include <ctype.h>
#include <math.h>

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "kernel/number_format.h"
#include "kernel/sheet.h"

#define MAX_CARDS  24
#define MAX_CHARTS 50
#define MAX_RULES  8

const char *const an_total_words[] = {"none", "label", "sum",	  "avg", "min",
									  "max",  "count", "formula", NULL};
const char *const an_align_words[] = {"auto", "left", "center", "right", NULL};
const char *const an_paper_words[] = {"a4", "letter", NULL};
const char *const an_orientation_words[] = {"auto", "portrait", "landscape", NULL};

static bool is_for(const char *option, const AnFormat *format);
static void read_locale(const AnJson *json, void *field, void *target);
static void read_margins(const AnJson *json, void *field, void *target);
static void read_created(const AnJson *json, void *field, void *target);
static void read_delimiter(const AnJson *json, void *field, void *target);
static void read_columns(const AnJson *json, void *field, void *target);
static void read_charts(const AnJson *json, void *field, void *target);
static void read_cards(const AnJson *json, void *field, void *target);
static void read_pivot(const AnJson *json, void *field, void *target);
static void read_format(const AnJson *json, void *field, void *target);
static void read_condition(const AnJson *json, void *field, void *target);
static char *read_rule(const AnJson *json);
static void read_color(const AnJson *json, void *field, void *target);
static void read_chart_type(const AnJson *json, void *field, void *target);
static void read_names(const AnJson *json, void *field, void *target);
static void read_lines(const AnJson *json, void *field, void *target);

#define DOCUMENT(field) offsetof(AnDocument, field)
#define SHEET(field)	offsetof(AnSheetSpec, field)
#define COLUMN(field)	offsetof(AnColumnSpec, field)
#define CHART(field)	offsetof(AnChartSpec, field)
#define CARD(field)		offsetof(AnCardSpec, field)

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

/* What stands around the rows.  Of a document's only sheet, name is called sheet, and there is no query. */
static const AnKey sheet_keys[] = {
	{"name", AN_KEY_SHOWN, SHEET(name)},
	{"note", AN_KEY_SHOWN, SHEET(note)},
	{"columns", AN_KEY_READ, SHEET(columns), .read = read_columns},
	{"charts", AN_KEY_READ, SHEET(charts), .read = read_charts},
	{"cards", AN_KEY_READ, SHEET(cards), .read = read_cards},
	{"pivot", AN_KEY_READ, SHEET(pivot), .read = read_pivot},
	{"query", AN_KEY_READ, SHEET(query), .read = read_lines},
};

#define N_ONLY_SHEET_KEYS (lengthof(sheet_keys) - 1)

/* Of columns, and of the cells of a pivot. */
static const AnKey column_keys[] = {
	{"format", AN_KEY_READ, COLUMN(format), .read = read_format},
	{"width", AN_KEY_NUMBER, COLUMN(width), .min = 1, .max = 255},
	{"align", AN_KEY_WORD, COLUMN(align), .words = an_align_words},
	{"wrap", AN_KEY_BOOLEAN, COLUMN(wrap)},
	{"total", AN_KEY_WORD, COLUMN(total), .words = an_total_words},
	{"conditional", AN_KEY_READ, COLUMN(condition), .read = read_condition},
	{"name", AN_KEY_STRING, COLUMN(name)},
	{"header", AN_KEY_SHOWN, COLUMN(header)},
	{"formula", AN_KEY_STRING, COLUMN(formula)},
};

/* How many of them a pivot's cells have. */
#define N_CELL_KEYS 6

static const AnKey chart_keys[] = {
	{"type", AN_KEY_READ, CHART(type), .read = read_chart_type},
	{"title", AN_KEY_SHOWN, CHART(title)},
	{"x", AN_KEY_STRING, CHART(x)},
	{"y", AN_KEY_READ, CHART(y), .read = read_names},
	{"x_title", AN_KEY_SHOWN, CHART(x_title)},
	{"y_title", AN_KEY_SHOWN, CHART(y_title)},
	{"format", AN_KEY_READ, CHART(format), .read = read_format},
	{"stacked", AN_KEY_BOOLEAN, CHART(stacked)},
	{"width", AN_KEY_NUMBER, CHART(width), .min = 60, .max = 5000},
	{"height", AN_KEY_NUMBER, CHART(height), .min = 40, .max = 5000},
};

static const AnKey card_keys[] = {
	{"label", AN_KEY_SHOWN, CARD(label)},
	{"value", AN_KEY_STRING, CARD(value)},
	{"format", AN_KEY_READ, CARD(format), .read = read_format},
	{"note", AN_KEY_SHOWN, CARD(note)},
};

/* A conditional format while it is read. */
typedef struct Conditional
{
	int type;		  /* an AnCondition */
	double low, high; /* ends, NaN for none */
	uint32 low_color; /* colours, or AN_COLOR_NONE */
	uint32 high_color;
} Conditional;

static const char *const condition_words[] = {"none", "bar", "scale", NULL};

static const AnKey conditional_keys[] = {
	{"type", AN_KEY_WORD, offsetof(Conditional, type), .words = condition_words},
	{"min", AN_KEY_NUMBER, offsetof(Conditional, low)},
	{"max", AN_KEY_NUMBER, offsetof(Conditional, high)},
	{"color", AN_KEY_READ, offsetof(Conditional, high_color), .read = read_color},
	{"low_color", AN_KEY_READ, offsetof(Conditional, low_color), .read = read_color},
};

/* A rule while it is read. */
typedef struct RuleSpec
{
	char *when;	  /* comparison and number */
	uint32 color; /* of the background */
} RuleSpec;

static const AnKey rule_keys[] = {
	{"when", AN_KEY_STRING, offsetof(RuleSpec, when)},
	{"color", AN_KEY_READ, offsetof(RuleSpec, color), .read = read_color},
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
	AnKey only_sheet[N_ONLY_SHEET_KEYS];
	AnKeys parts[3] = {{document_keys, lengthof(document_keys), document}};
	int n_parts = 1;

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
		memcpy(only_sheet, sheet_keys, sizeof(only_sheet));
		only_sheet[0].name = "sheet";
		parts[n_parts++] = (AnKeys){only_sheet, N_ONLY_SHEET_KEYS, sheet};
	}
	an_json_parts(&with_texts, parts, n_parts);
}

void
an_chart_read(Jsonb *options, AnDocument *document, AnChartSpec *chart)
{
	AnJson root = an_json_root(options, NULL);
	AnJson *locale = an_json_get(&root, "locale");
	AnJsonTexts texts = {0};
	AnKeys parts[] = {{chart_keys, lengthof(chart_keys), chart},
					  {document_keys, lengthof(document_keys), document}};

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
	for (int i = 0; i < lengthof(document_keys); i++)
		if (strcmp(document_keys[i].name, name) == 0)
			return format && !is_for(name, format) ? NULL : &document_keys[i];
	if (strcmp(name, "sheet") == 0)
		return &sheet_keys[0];
	for (int i = 1; i < N_ONLY_SHEET_KEYS; i++)
		if (strcmp(sheet_keys[i].name, name) == 0)
			return &sheet_keys[i];
	return NULL;
}

bool
an_option_is_json(const char *name)
{
	for (int i = 1; i < N_ONLY_SHEET_KEYS; i++)
		if (sheet_keys[i].type == AN_KEY_READ && strcmp(sheet_keys[i].name, name) == 0)
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

void
an_sheet_init(AnSheetSpec *sheet)
{
	memset(sheet, 0, sizeof(*sheet));
	sheet->path = "";
}

AnSheetSpec *
an_sheet_read(const AnJson *json)
{
	AnSheetSpec *sheet = palloc(sizeof(AnSheetSpec));

	an_sheet_init(sheet);
	sheet->path = json->path;
	an_json_object(json, sheet_keys, lengthof(sheet_keys), sheet);
	return sheet;
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

static AnColumnSpec *
new_column(const AnJson *json)
{
	AnColumnSpec *column = palloc0(sizeof(AnColumnSpec));

	column->path = json->path;
	column->low = column->high = NAN;
	column->low_color = column->high_color = AN_COLOR_NONE;
	return column;
}

/* An array tells which columns are shown; an object adjusts those that it names. */
static void
read_columns(const AnJson *json, void *field, void *target)
{
	AnSheetSpec *sheet = (AnSheetSpec *) ((char *) field - SHEET(columns));
	List **columns = &sheet->columns;
	ListCell *lc;

	*columns = NIL;
	if (json->value.type == jbvBinary && JsonContainerIsArray(json->value.val.binary.data))
	{
		sheet->only_listed = true;
		foreach (lc, an_json_elements(json))
		{
			AnJson *element = lfirst(lc);
			AnColumnSpec *column = new_column(element);

			if (element->value.type == jbvString)
				column->name = an_json_string(element);
			else
				an_json_object(element, column_keys, lengthof(column_keys), column);
			if (column->name == NULL && column->formula == NULL)
				an_json_error(element, "has neither name nor formula",
							  "Name a column of the query, or write a formula over its columns.");
			*columns = lappend(*columns, column);
		}
		return;
	}
	foreach (lc, an_json_members(json))
	{
		AnJsonMember *member = lfirst(lc);
		AnColumnSpec *column = new_column(member->value);

		column->name = member->key;
		an_json_object(member->value, column_keys, lengthof(column_keys), column);
		*columns = lappend(*columns, column);
	}
}

static void
read_charts(const AnJson *json, void *field, void *target)
{
	List **charts = field;
	ListCell *lc;

	*charts = NIL;
	foreach (lc, an_json_elements(json))
	{
		AnJson *element = lfirst(lc);
		AnChartSpec *chart = palloc0(sizeof(AnChartSpec));

		chart->path = element->path;
		chart->type = AN_CHART_TYPES;
		an_json_object(element, chart_keys, lengthof(chart_keys), chart);
		*charts = lappend(*charts, chart);
	}
	if (list_length(*charts) > MAX_CHARTS)
		an_json_error(json, "holds too many charts", "A sheet has at most 50 charts.");
}

static void
read_cards(const AnJson *json, void *field, void *target)
{
	List **cards = field;
	ListCell *lc;

	*cards = NIL;
	foreach (lc, an_json_elements(json))
	{
		AnJson *element = lfirst(lc);
		AnCardSpec *card = palloc0(sizeof(AnCardSpec));

		card->path = element->path;
		an_json_object(element, card_keys, lengthof(card_keys), card);
		if (card->label == NULL || card->value == NULL)
			an_json_error(element, "lacks label or value",
						  "Write {\"label\": \"Sent\", \"value\": \"sum(sent)\"}.");
		*cards = lappend(*cards, card);
	}
	if (list_length(*cards) > MAX_CARDS)
		an_json_error(json, "holds too many cards", "A sheet has at most 24 cards.");
}

static void
read_pivot(const AnJson *json, void *field, void *target)
{
	AnPivotSpec *pivot = field;
	AnKey keys[N_CELL_KEYS + 2] = {
		{"columns", AN_KEY_STRING, offsetof(AnPivotSpec, columns)},
		{"value", AN_KEY_STRING, offsetof(AnPivotSpec, value)},
	};

	for (int i = 0; i < N_CELL_KEYS; i++)
	{
		keys[2 + i] = column_keys[i];
		keys[2 + i].offset += offsetof(AnPivotSpec, cell);
	}
	memset(pivot, 0, sizeof(*pivot));
	pivot->path = json->path;
	pivot->cell = *new_column(json);
	an_json_object(json, keys, lengthof(keys), pivot);
	if (pivot->columns == NULL || pivot->value == NULL)
		an_json_error(json, "lacks columns or value",
					  "Write {\"columns\": \"period\", \"value\": \"rate\"}.");
}

/* A number format goes into files that other programs read, so it has to be one. */
static void
read_format(const AnJson *json, void *field, void *target)
{
	char *format = an_json_string(json);

	if (an_number_format_check(format, strlen(format), NULL) != AN_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s \"%s\" is not a number format", json->path, an_shown(format)),
				 errhint("Write one as spreadsheets have it: #,##0.00, 0.0%%, yyyy-mm-dd.")));
	*(char **) field = format;
}

/* {"type": "bar"}, or an array of rules. */
static void
read_condition(const AnJson *json, void *field, void *target)
{
	AnColumnSpec *column = (AnColumnSpec *) ((char *) field - COLUMN(condition));
	Conditional read = {0, NAN, NAN, AN_COLOR_NONE, AN_COLOR_NONE};
	ListCell *lc;

	if (json->value.type == jbvBinary && JsonContainerIsArray(json->value.val.binary.data))
	{
		column->condition = AN_CONDITION_RULES;
		foreach (lc, an_json_elements(json))
			column->rules = lappend(column->rules, read_rule(lfirst(lc)));
		if (list_length(column->rules) > MAX_RULES)
			an_json_error(json, "holds too many rules", "A column has at most 8 rules.");
		return;
	}
	an_json_object(json, conditional_keys, lengthof(conditional_keys), &read);
	if (!(isnan(read.low) || isnan(read.high)) && read.low >= read.high)
		an_json_error(json, "has a min that is not below its max",
					  "Give the smaller number to min.");
	column->condition = read.type;
	column->low = read.low;
	column->high = read.high;
	column->low_color = read.low_color;
	column->high_color = read.high_color;
}

/* Returns a rule as the stream has it: "< 90 EF4444". */
static char *
read_rule(const AnJson *json)
{
	static const char *const comparisons[] = {"<=", ">=", "<>", "<", ">", "="};
	RuleSpec rule = {NULL, AN_COLOR_NONE};
	char *rest, *end;
	double limit;

	an_json_object(json, rule_keys, lengthof(rule_keys), &rule);
	for (size_t i = 0; rule.when && rule.color != AN_COLOR_NONE && i < lengthof(comparisons); i++)
	{
		if (strncmp(rule.when, comparisons[i], strlen(comparisons[i])) != 0)
			continue;
		rest = rule.when + strlen(comparisons[i]);
		limit = strtod(rest, &end);
		if (end == rest || end[strspn(end, " ")] != '\0' || !isfinite(limit))
			break;
		return psprintf("%s %.17g %06X", comparisons[i], limit, rule.color);
	}
	an_json_error(json, "is not a rule", "Write {\"when\": \"< 90\", \"color\": \"#EF4444\"}.");
}

static void
read_color(const AnJson *json, void *field, void *target)
{
	char *text = an_json_string(json);

	if (text[0] != '#' || strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
		an_json_error(json, "is not a colour", "Write it as \"#RRGGBB\".");
	*(uint32 *) field = (uint32) strtoul(text + 1, NULL, 16);
}

static void
read_chart_type(const AnJson *json, void *field, void *target)
{
	const char *words[AN_CHART_TYPES];

	for (int i = 0; i < AN_CHART_TYPES; i++)
		words[i] = an_chart_type_name(i);
	*(int *) field = an_word(json->path, an_json_string(json), words, AN_CHART_TYPES);
}

static void
read_names(const AnJson *json, void *field, void *target)
{
	*(List **) field = an_json_strings(json);
}

/* JSON strings have no line breaks: long SQL may stand in an array, line by line. */
static void
read_lines(const AnJson *json, void *field, void *target)
{
	*(char **) field = an_json_lines(json);
}
