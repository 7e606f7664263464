/*
 * document.c - the document as the stream describes it: options, sheets, cards, columns, charts
 *
 * Each of them has a table of the options that it takes: a name, where the value
 * goes, and how it is read.  The server has validated what it sends, so a name
 * that is not in the table and a value that cannot be read mean a stream that is
 * damaged.  Numbers have a "." whatever the locale.  Texts have no zero byte.
 */
#include "render/document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/number_format.h"
#include "kernel/sheet.h"

#define MAX_SHEETS 10000
#define MAX_CARDS  1000
#define MAX_CHARTS 1000

/* An option of one of the things below. */
typedef struct Option
{
	const char *name; /* as the stream has it */
	size_t offset;	  /* of its field, in what it belongs to */
	Reading read;	  /* what sets the field */
} Option;

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
static void check_sheet(void);
static void check_chart(const ChartSpec *chart);

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

void *
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
