/*
 * workbook_format.c - how cells look: formats of lines, columns and totals, and conditional formats
 */
#include "render/workbook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/utf8.h"

#define TITLE_SIZE	   16 /* points */
#define SUBTITLE_SIZE  12 /* points */
#define NOTE_SIZE	   10 /* points */
#define FILTER_MARGIN  2  /* characters of a header that the filter's button takes */
#define MAX_FORMAT	   (LXW_FORMAT_FIELD_LEN - 1)
#define BOOLEAN_FORMAT "\"TRUE\";\"TRUE\";\"FALSE\""

static lxw_format *new_format(void);
static lxw_format *make_header(uint8_t align);
static void make_look(const Column *column, ColumnLook *look);
static void set_column_format(lxw_format *format, const Column *column, char align);
static const char *number_format(const Column *column);
static uint8_t horizontal(char align);
static void add_condition(const Part *part, size_t col);
static lxw_conditional_format bar(const Column *column);
static lxw_conditional_format scale(const Column *column);
static void add_rule(const Part *part, size_t col, const Rule *rule);
static void
set_limits(lxw_conditional_format *condition, const Column *column, uint8_t low, uint8_t high);

void
make_formats(void)
{
	book.title = new_format();
	format_set_bold(book.title);
	format_set_font_size(book.title, TITLE_SIZE);
	format_set_align(book.title, LXW_ALIGN_VERTICAL_CENTER);

	book.subtitle = new_format();
	format_set_italic(book.subtitle);
	format_set_font_size(book.subtitle, SUBTITLE_SIZE);
	format_set_font_color(book.subtitle, NOTE_COLOR);

	book.note = new_format();
	format_set_font_size(book.note, NOTE_SIZE);
	format_set_font_color(book.note, NOTE_COLOR);

	book.no_rows = new_format();
	format_set_italic(book.no_rows);
	format_set_font_color(book.no_rows, NOTE_COLOR);
	for (size_t i = 0; i < HEADER_ALIGNS; i++)
		book.header[i] = make_header(horizontal("lcr"[i]));
}

void
make_looks(void)
{
	book.looks = must_alloc(NULL, book.sheet->n_columns * sizeof(ColumnLook));
	for (size_t i = 0; i < book.sheet->n_columns; i++)
		make_look(&book.sheet->columns[i], &book.looks[i]);
	for (size_t i = 0; i < book.sheet->n_charts; i++)
	{
		for (size_t j = 0; j < book.sheet->charts[i].n_y; j++)
			book.looks[book.sheet->charts[i].y[j]].charted = true;
	}
}

lxw_format *
header_format(size_t col)
{
	switch (book.is_report ? column_align(&book.sheet->columns[col]) : 'c')
	{
		case 'l':
			return book.header[0];
		case 'r':
			return book.header[2];
		default:
			return book.header[1];
	}
}

void
set_number_format(lxw_format *format, const char *number_format)
{
	if (strlen(number_format) <= MAX_FORMAT)
		format_set_num_format(format, number_format);
	else
		warn(STATE_WARNING, "a number format of more than %d bytes was left out", MAX_FORMAT);
}

void
add_conditions(const Part *part)
{
	for (size_t i = 0; i < book.sheet->n_columns; i++)
	{
		if (book.sheet->columns[i].condition != CONDITION_NONE)
			add_condition(part, i);
	}
}

static lxw_format *
new_format(void)
{
	lxw_format *format = workbook_add_format(book.workbook);

	if (format == NULL)
		fail(STATE_NO_MEMORY, "out of memory");
	return format;
}

static lxw_format *
make_header(uint8_t align)
{
	lxw_format *format = new_format();

	format_set_bold(format);
	format_set_font_color(format, LXW_COLOR_WHITE);
	format_set_bg_color(format, HEADER_COLOR);
	format_set_align(format, align);
	format_set_align(format, LXW_ALIGN_VERTICAL_CENTER);
	if (align == LXW_ALIGN_RIGHT)
		format_set_indent(format, 2); /* the filter's button stands there */
	return format;
}

/* Makes the formats of a column, none where the usual one does. */
static void
make_look(const Column *column, ColumnLook *look)
{
	bool special = column->align != 0 || column->wrap || book.is_report;

	*look = (ColumnLook){.cell = NULL};
	look->width = an_utf8_width(column->header.bytes, column->header.length) + FILTER_MARGIN;
	if (book.is_report)
		look->width++; /* bold, and not centred */
	if (special || number_format(column)[0] != '\0')
	{
		look->cell = new_format();
		set_column_format(look->cell, column, column->align);
		set_number_format(look->cell, number_format(column));
	}
	if (column->kind != AN_COLUMN_TEXT)
	{
		look->text = new_format();
		set_column_format(look->text, column,
						  column->align	   ? column->align
						  : book.is_report ? 0
										   : 'r');
	}
	else
		look->text = look->cell;
	if (book.sheet->has_totals)
	{
		look->total = new_format();
		set_column_format(look->total, column, column->align);
		format_set_bold(look->total);
		format_set_top(look->total, LXW_BORDER_THIN);
		format_set_top_color(look->total, HEADER_COLOR);
		if (column->total != TOTAL_COUNT)
			set_number_format(look->total, number_format(column));
	}
}

/* Sets what the formats of a column's cells have in common. */
static void
set_column_format(lxw_format *format, const Column *column, char align)
{
	/* In a report dates stand below their header, as on a page. */
	if (align == 0 && (book.is_report || column->kind == AN_COLUMN_BOOLEAN))
		align = column_align(column);
	if (align != 0)
		format_set_align(format, horizontal(align));
	if (column->wrap)
	{
		format_set_text_wrap(format);
		format_set_align(format, LXW_ALIGN_VERTICAL_TOP);
	}
	if (book.is_report)
	{
		format_set_bottom(format, LXW_BORDER_THIN);
		format_set_bottom_color(format, RULE_COLOR);
	}
}

/* Returns the format that a column's numbers have, "" for general. */
static const char *
number_format(const Column *column)
{
	/* Excel shows booleans as words in any format, LibreOffice not in the general one. */
	if (column->kind == AN_COLUMN_BOOLEAN)
		return BOOLEAN_FORMAT;
	return column->format.length > 0 ? column->format.bytes : default_format(column->kind);
}

static uint8_t
horizontal(char align)
{
	switch (align)
	{
		case 'l':
			return LXW_ALIGN_LEFT;
		case 'c':
			return LXW_ALIGN_CENTER;
		default:
			return LXW_ALIGN_RIGHT;
	}
}

static void
add_condition(const Part *part, size_t col)
{
	const Column *column = &book.sheet->columns[col];
	lxw_conditional_format condition;

	for (size_t i = 0; column->condition == CONDITION_RULES && i < column->n_rules; i++)
		add_rule(part, col, &column->rules[i]);
	if (column->condition == CONDITION_BAR)
		condition = bar(column);
	else if (column->condition == CONDITION_SCALE)
		condition = scale(column);
	else
		return;
	check(worksheet_conditional_format_range(part->sheet, part->header_row + 1, (lxw_col_t) col,
											 part->end_row - 1, (lxw_col_t) col, &condition));
}

static lxw_conditional_format
bar(const Column *column)
{
	lxw_conditional_format condition = {
		.type = LXW_CONDITIONAL_DATA_BAR,
		.data_bar_2010 = LXW_TRUE,
		.bar_solid = LXW_TRUE,
		.bar_no_border = LXW_TRUE,
		.bar_color = sheet_color(condition_bar_color(column)),
	};

	set_limits(&condition, column, 0, 0);
	return condition;
}

static lxw_conditional_format
scale(const Column *column)
{
	lxw_conditional_format condition = {
		.type = LXW_CONDITIONAL_2_COLOR_SCALE,
		.min_color = column->low_color == AN_COLOR_NONE ? 0xFFFFFF : sheet_color(column->low_color),
		.max_color =
			column->high_color == AN_COLOR_NONE ? COLOR_SCALE : sheet_color(column->high_color),
	};

	set_limits(&condition, column, LXW_CONDITIONAL_RULE_TYPE_MINIMUM,
			   LXW_CONDITIONAL_RULE_TYPE_MAXIMUM);
	return condition;
}

/* Sets the numbers at both ends, or how they are found where none are given. */
static void
set_limits(lxw_conditional_format *condition, const Column *column, uint8_t low, uint8_t high)
{
	condition->min_rule_type = low;
	condition->max_rule_type = high;
	if (!isnan(column->low))
	{
		condition->min_rule_type = LXW_CONDITIONAL_RULE_TYPE_NUMBER;
		condition->min_value = column->low;
	}
	if (!isnan(column->high))
	{
		condition->max_rule_type = LXW_CONDITIONAL_RULE_TYPE_NUMBER;
		condition->max_value = column->high;
	}
}

/* Adds a rule; those of a column are added in order, and each that holds stops those behind it. */
static void
add_rule(const Part *part, size_t col, const Rule *rule)
{
	char cell[LXW_MAX_CELL_NAME_LENGTH], formula[128];
	lxw_conditional_format condition = {
		.type = LXW_CONDITIONAL_TYPE_FORMULA,
		.value_string = formula,
		.format = new_format(),
		.stop_if_true = LXW_TRUE,
	};

	/* Empty cells count as 0 and texts as more than any number, unless one asks. */
	lxw_rowcol_to_cell(cell, part->header_row + 1, (lxw_col_t) col);
	snprintf(formula, sizeof(formula), "=AND(ISNUMBER(%s),%s%s%.17g)", cell, cell, rule->comparison,
			 rule->limit);
	format_set_bg_color(condition.format, sheet_color(rule->color));
	format_set_font_color(condition.format, sheet_color(text_color_on(rule->color)));
	check(worksheet_conditional_format_range(part->sheet, part->header_row + 1, (lxw_col_t) col,
											 part->end_row - 1, (lxw_col_t) col, &condition));
}
