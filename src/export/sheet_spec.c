/*
 * sheet_spec.c - sheets out of JSON: columns, charts, cards, pivots
 *
 * The keys are tables; what stands under them is checked here as far as that is
 * possible without the columns of a query, and in layout.c where these are known.
 */
#include "export/text_writer.h"

#include <math.h>

#include "utils/builtins.h"

#include "kernel/number_format.h"

#define MAX_CARDS  24
#define MAX_CHARTS 50
#define MAX_RULES  8

const char *const an_total_words[] = {"none", "label", "sum",	  "avg", "min",
									  "max",  "count", "formula", NULL};
const char *const an_align_words[] = {"auto", "left", "center", "right", NULL};

static void read_columns(const AnJson *json, void *field, void *target);
static AnColumnSpec *new_column(const AnJson *json);
static void read_charts(const AnJson *json, void *field, void *target);
static void read_cards(const AnJson *json, void *field, void *target);
static List *read_list(const AnJson *json, int most, const char *what);
static void read_pivot(const AnJson *json, void *field, void *target);
static void read_format(const AnJson *json, void *field, void *target);
static void read_condition(const AnJson *json, void *field, void *target);
static char *read_rule(const AnJson *json);
static void read_color(const AnJson *json, void *field, void *target);
static void read_chart_type(const AnJson *json, void *field, void *target);
static void read_names(const AnJson *json, void *field, void *target);
static void read_lines(const AnJson *json, void *field, void *target);

#define SHEET(field)  offsetof(AnSheetSpec, field)
#define COLUMN(field) offsetof(AnColumnSpec, field)
#define CHART(field)  offsetof(AnChartSpec, field)
#define CARD(field)	  offsetof(AnCardSpec, field)

/* What stands around the rows.  The query comes last, since a document's only sheet has none here. */
static const AnKey sheet_keys[] = {
	{"name", AN_KEY_SHOWN, SHEET(name)},
	{"note", AN_KEY_SHOWN, SHEET(note)},
	{"columns", AN_KEY_READ, SHEET(columns), .read = read_columns},
	{"charts", AN_KEY_READ, SHEET(charts), .read = read_charts},
	{"cards", AN_KEY_READ, SHEET(cards), .read = read_cards},
	{"pivot", AN_KEY_READ, SHEET(pivot), .read = read_pivot},
	{"query", AN_KEY_READ, SHEET(query), .read = read_lines},
};

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

const AnKey *
an_only_sheet_keys(int *n)
{
	*n = lengthof(sheet_keys) - 1;
	return sheet_keys;
}

const AnKey *
an_chart_keys(int *n)
{
	*n = lengthof(chart_keys);
	return chart_keys;
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

static AnColumnSpec *
new_column(const AnJson *json)
{
	AnColumnSpec *column = palloc0(sizeof(AnColumnSpec));

	column->path = json->path;
	column->low = column->high = NAN;
	column->low_color = column->high_color = AN_COLOR_NONE;
	return column;
}

static void
read_charts(const AnJson *json, void *field, void *target)
{
	List **charts = field;
	ListCell *lc;

	*charts = NIL;
	foreach (lc, read_list(json, MAX_CHARTS, "charts"))
	{
		AnJson *element = lfirst(lc);
		AnChartSpec *chart = palloc0(sizeof(AnChartSpec));

		chart->path = element->path;
		chart->type = AN_CHART_TYPES;
		an_json_object(element, chart_keys, lengthof(chart_keys), chart);
		*charts = lappend(*charts, chart);
	}
}

static void
read_cards(const AnJson *json, void *field, void *target)
{
	List **cards = field;
	ListCell *lc;

	*cards = NIL;
	foreach (lc, read_list(json, MAX_CARDS, "cards"))
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
}

/* Returns the elements of an array that may not be long. */
static List *
read_list(const AnJson *json, int most, const char *what)
{
	List *elements = an_json_elements(json);

	if (list_length(elements) > most)
		an_json_error(json, psprintf("holds %d %s", list_length(elements), what),
					  psprintf("There may be %d.", most));
	return elements;
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
	size_t length = strlen(format);
	const char *utf8 = an_text_utf8(format, &length);

	if (an_number_format_check(utf8, length, NULL) != AN_OK)
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
		foreach (lc, read_list(json, MAX_RULES, "rules"))
			column->rules = lappend(column->rules, read_rule(lfirst(lc)));
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
