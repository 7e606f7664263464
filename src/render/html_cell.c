/*
 * html_cell.c - rows of a table
 *
 * How a column is aligned and whether it breaks is said once in the style rules; a
 * cell carries only what is its own: the background that its value earns, the
 * length of its bar, the colour that its number format asks for.
 */
#include "render/html.h"

#include <math.h>
#include <string.h>

#include "kernel/number_format.h"

#define COUNT_FORMAT "#,##0"

static void put_cell(const Column *column, const ColumnSeen *seen, const Cell *cell);
static void put_start(const char *text, size_t length);
static void put_number(const Column *column, const ColumnSeen *seen, double number);
static void put_style(const Column *column, const ColumnSeen *seen, double number, uint32_t color);
static void put_total(const Column *column, const Cell *cell);

void
html_row(const Sheet *sheet, const ColumnSeen *seen, AnFrameReader row)
{
	html_put("<tr>");
	for (size_t i = 0; i < sheet->n_columns; i++)
	{
		Cell cell;

		take_cell(&row, &cell);
		put_cell(&sheet->columns[i], &seen[i], &cell);
	}
	row_done(&row);
	html_put("</tr>\n");
}

void
html_totals(const Sheet *sheet, AnFrameReader row)
{
	html_put("<tr>");
	for (size_t i = 0; i < sheet->n_columns; i++)
	{
		Cell cell;

		take_cell(&row, &cell);
		put_total(&sheet->columns[i], &cell);
	}
	row_done(&row);
	html_put("</tr>\n");
}

static void
put_cell(const Column *column, const ColumnSeen *seen, const Cell *cell)
{
	char buffer[AN_NUMBER_SHOWN_BYTES];
	const char *text;
	size_t length;

	if (cell->tag == AN_CELL_NUMBER)
	{
		put_number(column, seen, cell->number);
		return;
	}
	text = show_cell(column, cell, buffer, &length);
	put_start(text, length);
	html_text(text, length);
	html_put("</td>");
}

/* Begins a cell of text, which decides its direction by itself where it may have another. */
static void
put_start(const char *text, size_t length)
{
	html_put(html_is_ascii(text, length) ? "<td>" : "<td dir=\"auto\">");
}

static void
put_number(const Column *column, const ColumnSeen *seen, double number)
{
	char buffer[AN_NUMBER_SHOWN_BYTES];
	uint32_t color = AN_COLOR_NONE;
	const char *text;
	size_t length;

	if (column->format.length > 0)
	{
		length = an_number_format(column->format.bytes, column->format.length, number,
								  document.locale, buffer, &color);
		text = buffer;
	}
	else
		text = show_cell(column, &(Cell){.tag = AN_CELL_NUMBER, .number = number}, buffer, &length);
	html_put("<td");
	put_style(column, seen, number, color);
	html_put(">");
	html_text(text, length);
	html_put("</td>");
}

/* Writes what a number's value does to its cell; `color` is what its format wants for the letters. */
static void
put_style(const Column *column, const ColumnSeen *seen, double number, uint32_t color)
{
	uint32_t background;
	unsigned share;

	if (column->condition == CONDITION_BAR)
	{
		share = (unsigned) lround(condition_bar(column, seen, number) * 1000);
		html_print(" style=\"--b:%u.%u%%", share / 10, share % 10);
		if (color != AN_COLOR_NONE)
			html_print(";color:#%06x", color);
		html_put("\"");
		return;
	}
	background = condition_color(column, seen, number);
	if (background != AN_COLOR_NONE)
		html_print(" style=\"background:#%06x;color:#%06x\"", background,
				   text_color_on(background));
	else if (color != AN_COLOR_NONE)
		html_print(" style=\"color:#%06x\"", color);
}

/* Writes a total: how many there are counts in ones, whatever the column holds. */
static void
put_total(const Column *column, const Cell *cell)
{
	static const Text count_format = {(char *) COUNT_FORMAT, sizeof(COUNT_FORMAT) - 1};
	char buffer[AN_NUMBER_SHOWN_BYTES];
	const char *text = buffer;
	size_t length;

	if (column->total == TOTAL_COUNT && cell->tag == AN_CELL_NUMBER)
		length = show_number(&count_format, cell->number, buffer);
	else if (column->total == TOTAL_LABEL && cell->tag == AN_CELL_NULL)
	{
		text = document.locale->words[AN_WORD_TOTAL];
		length = strlen(text);
	}
	else
		text = show_cell(column, cell, buffer, &length);
	html_put(column->total == TOTAL_LABEL ? "<th scope=\"row\" dir=\"auto\">" : "<td>");
	html_text(text, length);
	html_put(column->total == TOTAL_LABEL ? "</th>" : "</td>");
}
