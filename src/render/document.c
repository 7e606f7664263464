/*
 * document.c - the document as the stream describes it: options, sheets, cards, columns, charts
 *
 * Each of them has a table of the options that it takes: a name, where the value
 * goes, and how it is read.  The server has validated what it sends, so a name
 * that is not in the table and a value that cannot be read mean a stream that is
 * damaged.  Numbers have a "." whatever the locale.  Texts have no zero byte.
 */
#include "render/render.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/number_format.h"
#include "kernel/sheet.h"

#define MAX_SHEETS 10000
#define MAX_CARDS  1000
#define MAX_CHARTS 1000
#define MAX_WIDTH  255	 /* characters of a column: Excel's limit */
#define MAX_POINTS 14400 /* of a picture or chart: 200 inches, a PDF's limit */
#define MAX_MARGIN 500	 /* millimetres */
#define MAX_SCALE  16

/* Reads an option's value into the field at `to`. */
typedef void (*Reading)(void *to, const Text *value);

/* An option of one of the things below. */
typedef struct Option
{
	const char *name; /* as the stream has it */
	size_t offset;	  /* of its field, in what it belongs to */
	Reading read;	  /* what sets the field */
} Option;

/* A word that stands for a letter or a number. */
typedef struct Word
{
	const char *word; /* in the stream */
	int value;		  /* what it means */
} Word;

static void read_text(void *to, const Text *value);
static void read_flag(void *to, const Text *value);
static void read_int64(void *to, const Text *value);
static void read_width(void *to, const Text *value);
static void read_points(void *to, const Text *value);
static void read_scale(void *to, const Text *value);
static void read_number(void *to, const Text *value);
static void read_color(void *to, const Text *value);
static void read_margins(void *to, const Text *value);
static void read_locale(void *to, const Text *value);
static void read_letter(void *to, const Text *value);
static void read_orientation(void *to, const Text *value);
static void read_align(void *to, const Text *value);
static void read_total(void *to, const Text *value);
static void read_condition(void *to, const Text *value);
static void read_chart_type(void *to, const Text *value);
static void read_column_number(void *to, const Text *value);
static void add_rule(void *column, const Text *value);
static void add_y(void *chart, const Text *value);
static void read_card_number(void *cell, const Text *value);
static void read_card_text(void *cell, const Text *value);
static _Noreturn void bad_value(const Text *value);

static const Option document_options[] = {
	{"format", offsetof(Document, format), read_text},
	{"output", offsetof(Document, output), read_text},
	{"tmpdir", offsetof(Document, tmpdir), read_text},
	{"created", offsetof(Document, created), read_int64},
	{"memory_limit", offsetof(Document, memory_limit), read_int64},
	{"file_limit", offsetof(Document, file_limit), read_int64},
	{"title", offsetof(Document, title), read_text},
	{"subtitle", offsetof(Document, subtitle), read_text},
	{"author", offsetof(Document, author), read_text},
	{"company", offsetof(Document, company), read_text},
	{"generated", offsetof(Document, generated), read_text},
	{"footer", offsetof(Document, footer), read_text},
	{"font", offsetof(Document, font), read_text},
	{"locale", offsetof(Document, locale), read_locale},
	{"paper", offsetof(Document, letter), read_letter},
	{"orientation", offsetof(Document, orientation), read_orientation},
	{"margins", offsetof(Document, margins), read_margins},
	{"width", offsetof(Document, width), read_points},
	{"height", offsetof(Document, height), read_points},
	{"scale", offsetof(Document, scale), read_scale},
	{"several", offsetof(Document, several), read_flag},
	{NULL, 0, NULL},
};

static const Option sheet_options[] = {
	{"name", offsetof(Sheet, name), read_text},
	{"note", offsetof(Sheet, note), read_text},
	{"totals", offsetof(Sheet, has_totals), read_flag},
	{NULL, 0, NULL},
};

static const Option card_options[] = {
	{"label", offsetof(Card, label), read_text},
	{"format", offsetof(Card, format), read_text},
	{"note", offsetof(Card, note), read_text},
	{"number", offsetof(Card, value), read_card_number},
	{"text", offsetof(Card, value), read_card_text},
	{NULL, 0, NULL},
};

static const Option column_options[] = {
	{"width", offsetof(Column, width), read_width},
	{"align", offsetof(Column, align), read_align},
	{"wrap", offsetof(Column, wrap), read_flag},
	{"total", offsetof(Column, total), read_total},
	{"formula", offsetof(Column, formula), read_text},
	{"condition", offsetof(Column, condition), read_condition},
	{"low", offsetof(Column, low), read_number},
	{"high", offsetof(Column, high), read_number},
	{"low_color", offsetof(Column, low_color), read_color},
	{"high_color", offsetof(Column, high_color), read_color},
	{"rule", 0, add_rule},
	{NULL, 0, NULL},
};

static const Option chart_options[] = {
	{"type", offsetof(ChartSpec, type), read_chart_type},
	{"title", offsetof(ChartSpec, title), read_text},
	{"x_title", offsetof(ChartSpec, x_title), read_text},
	{"y_title", offsetof(ChartSpec, y_title), read_text},
	{"format", offsetof(ChartSpec, format), read_text},
	{"stacked", offsetof(ChartSpec, stacked), read_flag},
	{"x", offsetof(ChartSpec, x), read_column_number},
	{"y", 0, add_y},
	{"width", offsetof(ChartSpec, width), read_points},
	{"height", offsetof(ChartSpec, height), read_points},
	{NULL, 0, NULL},
};

Document document = {.margins = {NAN, NAN, NAN, NAN}, .file_limit = -1};

static Sheet sheet;
static bool has_sheet;	/* `sheet` is one that came */
static size_t n_sheets; /* how many have come */

/* What the options of the stream belong to at the moment. */
static const Option *options = document_options;
static void *target = &document;

static Text take_text(AnFrameReader *record);
static void *add_one(void *array, size_t *n, size_t size, size_t limit, const char *what);
static void check_sheet(void);
static void check_chart(const ChartSpec *chart);
static double to_double(const Text *value, double min, double max);
static int to_word(const Text *value, const Word *words);

void
document_take_option(AnFrameReader *record)
{
	Text name = take_text(record);
	Text value = take_text(record);
	const Option *option = options;

	row_done(record);
	while (option->name && strcmp(option->name, name.bytes) != 0)
		option++;
	if (option->name == NULL)
		fail(STATE_BAD_STREAM, "unknown option \"%s\"", name.bytes);
	free(name.bytes);
	option->read((char *) target + option->offset, &value);
	if (option->read != read_text && option->read != read_card_text)
		free(value.bytes);
}

void
document_take_sheet(void)
{
	document_end_sheet();
	if (n_sheets == MAX_SHEETS)
		fail(STATE_LIMIT, "more than %d sheets", MAX_SHEETS);
	sheet = (Sheet){.index = n_sheets++};
	has_sheet = true;
	options = sheet_options;
	target = &sheet;
}

void
document_take_card(void)
{
	sheet.cards = add_one(sheet.cards, &sheet.n_cards, sizeof(Card), MAX_CARDS, "cards");
	options = card_options;
	target = &sheet.cards[sheet.n_cards - 1];
}

void
document_take_column(AnFrameReader *record)
{
	uint8_t kind;
	Column *column;

	sheet.columns =
		add_one(sheet.columns, &sheet.n_columns, sizeof(Column), AN_SHEET_MAX_COLUMNS, "columns");
	column = &sheet.columns[sheet.n_columns - 1];
	if (an_frame_get_u8(record, &kind) != AN_OK || kind >= AN_COLUMN_KINDS)
		fail(STATE_BAD_STREAM, "column of unknown kind");
	*column = (Column){.kind = kind,
					   .low = NAN,
					   .high = NAN,
					   .low_color = AN_COLOR_NONE,
					   .high_color = AN_COLOR_NONE};
	column->header = take_text(record);
	column->format = take_text(record);
	row_done(record);
	options = column_options;
	target = column;
}

void
document_take_chart(void)
{
	sheet.charts = add_one(sheet.charts, &sheet.n_charts, sizeof(ChartSpec), MAX_CHARTS, "charts");
	options = chart_options;
	target = &sheet.charts[sheet.n_charts - 1];
}

const Sheet *
document_sheet(void)
{
	if (!has_sheet)
		return NULL;
	check_sheet();
	return &sheet;
}

void
document_end_sheet(void)
{
	for (size_t i = 0; i < sheet.n_charts; i++)
		free(sheet.charts[i].y);
	free(sheet.cards);
	free(sheet.columns);
	free(sheet.charts);
	sheet = (Sheet){.index = 0};
	has_sheet = false;
}

/* Copies a string of a record and terminates it. */
static Text
take_text(AnFrameReader *record)
{
	const char *bytes;
	Text text;

	if (an_frame_get_string(record, &bytes, &text.length) != AN_OK)
		fail(STATE_BAD_STREAM, "record too short");
	if (memchr(bytes, '\0', text.length) != NULL)
		fail(STATE_BAD_STREAM, "text with a zero byte");
	text.bytes = must_alloc(NULL, text.length + 1);
	memcpy(text.bytes, bytes, text.length);
	text.bytes[text.length] = '\0';
	return text;
}

/* Makes room for one more element, which it fills with zero bytes; returns the array. */
static void *
add_one(void *array, size_t *n, size_t size, size_t limit, const char *what)
{
	if (*n == limit)
		fail(STATE_LIMIT, "more than %zu %s", limit, what);
	if ((*n & (*n - 1)) == 0)
		array = must_alloc(array, (*n > 0 ? 2 * *n : 1) * size);
	memset((char *) array + *n * size, 0, size);
	(*n)++;
	return array;
}

/* Fails if the parts of the sheet do not fit together. */
static void
check_sheet(void)
{
	for (size_t i = 0; i < sheet.n_columns; i++)
	{
		const Column *column = &sheet.columns[i];

		if (column->format.length > AN_NUMBER_FORMAT_MAX)
			fail(STATE_BAD_STREAM, "number format of %zu bytes", column->format.length);
		if (column->low > column->high)
			fail(STATE_BAD_STREAM, "column %zu: low is above high", i + 1);
		if (column->total == TOTAL_FORMULA && column->formula.bytes == NULL)
			fail(STATE_BAD_STREAM, "column %zu: no formula for its total", i + 1);
	}
	for (size_t i = 0; i < sheet.n_cards; i++)
	{
		if (sheet.cards[i].format.length > AN_NUMBER_FORMAT_MAX)
			fail(STATE_BAD_STREAM, "number format of %zu bytes", sheet.cards[i].format.length);
	}
	for (size_t i = 0; i < sheet.n_charts; i++)
		check_chart(&sheet.charts[i]);
}

static void
check_chart(const ChartSpec *chart)
{
	if (chart->format.length > AN_NUMBER_FORMAT_MAX)
		fail(STATE_BAD_STREAM, "number format of %zu bytes", chart->format.length);
	if (chart->n_y == 0)
		fail(STATE_BAD_STREAM, "chart without values");
	if (chart->x >= sheet.n_columns)
		fail(STATE_BAD_STREAM, "chart over column %zu of %zu", chart->x, sheet.n_columns);
	for (size_t i = 0; i < chart->n_y; i++)
	{
		if (chart->y[i] >= sheet.n_columns)
			fail(STATE_BAD_STREAM, "chart over column %zu of %zu", chart->y[i], sheet.n_columns);
	}
}

static void
read_text(void *to, const Text *value)
{
	*(Text *) to = *value;
}

static void
read_flag(void *to, const Text *value)
{
	static const Word words[] = {{"0", false}, {"1", true}, {NULL, 0}};

	*(bool *) to = to_word(value, words) != 0;
}

static void
read_int64(void *to, const Text *value)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(value->bytes, &end, 10);
	if (errno != 0 || end == value->bytes || *end != '\0')
		bad_value(value);
	*(int64_t *) to = number;
}

static void
read_width(void *to, const Text *value)
{
	*(double *) to = to_double(value, 0, MAX_WIDTH);
}

static void
read_points(void *to, const Text *value)
{
	*(double *) to = to_double(value, 0, MAX_POINTS);
}

static void
read_scale(void *to, const Text *value)
{
	*(double *) to = to_double(value, 0, MAX_SCALE);
}

static void
read_number(void *to, const Text *value)
{
	*(double *) to = to_double(value, -HUGE_VAL, HUGE_VAL);
}

/* Reads six hexadecimal digits. */
static void
read_color(void *to, const Text *value)
{
	if (value->length != 6 || strspn(value->bytes, "0123456789abcdefABCDEF") != 6)
		bad_value(value);
	*(uint32_t *) to = (uint32_t) strtoul(value->bytes, NULL, 16);
}

/* Reads four numbers, between blanks. */
static void
read_margins(void *to, const Text *value)
{
	double *margins = to;
	char *rest = value->bytes;

	for (int i = 0; i < 4; i++)
	{
		size_t length = strcspn(rest, " ");
		char *next = rest + length;

		if (i < 3 && *next == '\0')
			bad_value(value);
		if (i < 3)
			*next++ = '\0';
		margins[i] = to_double(&(Text){rest, strlen(rest)}, 0, MAX_MARGIN);
		rest = next;
	}
}

static void
read_locale(void *to, const Text *value)
{
	const AnLocale *locale = an_locale_find(value->bytes);

	if (locale == NULL)
		bad_value(value);
	*(const AnLocale **) to = locale;
}

static void
read_letter(void *to, const Text *value)
{
	static const Word words[] = {{"a4", false}, {"letter", true}, {NULL, 0}};

	*(bool *) to = to_word(value, words) != 0;
}

static void
read_orientation(void *to, const Text *value)
{
	static const Word words[] = {{"portrait", 'p'}, {"landscape", 'l'}, {NULL, 0}};

	*(char *) to = (char) to_word(value, words);
}

static void
read_align(void *to, const Text *value)
{
	static const Word words[] = {{"left", 'l'}, {"center", 'c'}, {"right", 'r'}, {NULL, 0}};

	*(char *) to = (char) to_word(value, words);
}

static void
read_total(void *to, const Text *value)
{
	static const Word words[] = {{"label", TOTAL_LABEL},	 {"sum", TOTAL_SUM},
								 {"avg", TOTAL_AVG},		 {"min", TOTAL_MIN},
								 {"max", TOTAL_MAX},		 {"count", TOTAL_COUNT},
								 {"formula", TOTAL_FORMULA}, {NULL, 0}};

	*(Total *) to = (Total) to_word(value, words);
}

static void
read_condition(void *to, const Text *value)
{
	static const Word words[] = {
		{"bar", CONDITION_BAR}, {"scale", CONDITION_SCALE}, {"rules", CONDITION_RULES}, {NULL, 0}};

	*(Condition *) to = (Condition) to_word(value, words);
}

static void
read_chart_type(void *to, const Text *value)
{
	AnChartType type = an_chart_type_find(value->bytes);

	if (type == AN_CHART_TYPES)
		bad_value(value);
	*(AnChartType *) to = type;
}

static void
read_column_number(void *to, const Text *value)
{
	int64_t number;

	read_int64(&number, value);
	if (number < 0 || number >= AN_SHEET_MAX_COLUMNS)
		bad_value(value);
	*(size_t *) to = (size_t) number;
}

/* Reads "<comparison> <limit> <colour>". */
static void
add_rule(void *to, const Text *value)
{
	static const Word words[] = {{"<", 0}, {"<=", 0}, {">", 0}, {">=", 0},
								 {"=", 0}, {"<>", 0}, {NULL, 0}};
	Column *column = to;
	char *limit = strchr(value->bytes, ' ');
	char *color = limit ? strchr(limit + 1, ' ') : NULL;
	Rule *rule = &column->rules[column->n_rules];

	if (color == NULL || column->n_rules == MAX_RULES)
		bad_value(value);
	*limit++ = '\0';
	*color++ = '\0';
	(void) to_word(&(Text){value->bytes, strlen(value->bytes)}, words);
	strcpy(rule->comparison, value->bytes);
	rule->limit = to_double(&(Text){limit, strlen(limit)}, -HUGE_VAL, HUGE_VAL);
	read_color(&rule->color, &(Text){color, strlen(color)});
	column->n_rules++;
}

static void
add_y(void *to, const Text *value)
{
	ChartSpec *chart = to;
	size_t number;

	read_column_number(&number, value);
	chart->y = add_one(chart->y, &chart->n_y, sizeof(size_t), AN_CHART_MAX_SERIES, "series");
	chart->y[chart->n_y - 1] = number;
}

static void
read_card_number(void *to, const Text *value)
{
	*(Cell *) to = (Cell){.tag = AN_CELL_NUMBER, .number = to_double(value, -HUGE_VAL, HUGE_VAL)};
}

static void
read_card_text(void *to, const Text *value)
{
	*(Cell *) to = (Cell){.tag = AN_CELL_TEXT, .bytes = value->bytes, .length = value->length};
}

/* Reads a finite number within bounds. */
static double
to_double(const Text *value, double min, double max)
{
	char *end;
	double number;

	if (value->length == 0 || strspn(value->bytes, "0123456789+-.eE") != value->length)
		bad_value(value);
	number = strtod(value->bytes, &end);
	if (*end != '\0' || !isfinite(number) || number < min || number > max)
		bad_value(value);
	return number;
}

static int
to_word(const Text *value, const Word *words)
{
	for (; words->word; words++)
	{
		if (strcmp(words->word, value->bytes) == 0)
			return words->value;
	}
	bad_value(value);
}

static _Noreturn void
bad_value(const Text *value)
{
	fail(STATE_BAD_STREAM, "option with the value \"%.100s\"", value->bytes);
}
