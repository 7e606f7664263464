/*
 * workbook_cells.c - rows into cells, and formulas out of templates
 */
#include "render/workbook.h"

#include <stdlib.h>
#include <string.h>

static void put_text(size_t col, const Cell *cell, lxw_format *format);
static void put_formula(size_t col, const Cell *cell, lxw_format *format);
static const char *put_reference(const char *template, lxw_row_t row, char *out);

void
put_cells(AnFrameReader *row)
{
	if (book.next_row == AN_SHEET_MAX_ROWS)
	{
		end_rows();
		begin_part();
	}
	for (size_t i = 0; i < book.sheet->n_columns; i++)
	{
		const ColumnLook *look = &book.looks[i];
		Cell cell;

		take_cell(row, &cell);
		book.looks[i].tag = cell.tag;
		if (book.sheet->columns[i].formula.bytes && cell.tag != AN_CELL_TEXT &&
			!formula_names_text(&book.sheet->columns[i].formula))
			put_formula(i, &cell, look->cell);
		else
			put_cell(i, &cell, look->cell, look->text);
	}
	row_done(row);
	book.next_row++;
}

void
put_cell(size_t col, const Cell *cell, lxw_format *format, lxw_format *text_format)
{
	lxw_worksheet *sheet = last_part()->sheet;
	lxw_col_t at = (lxw_col_t) col;

	switch (cell->tag)
	{
		case AN_CELL_NULL:
			if (book.is_report && format)
				check(worksheet_write_blank(sheet, book.next_row, at, format));
			break;
		case AN_CELL_TEXT:
			put_text(col, cell, text_format);
			break;
		case AN_CELL_NUMBER:
			check(worksheet_write_number(sheet, book.next_row, at, cell->number, format));
			break;
		default: /* booleans: take_cell knows no other */
			check(worksheet_write_boolean(sheet, book.next_row, at, cell->tag == AN_CELL_TRUE,
										  format));
	}
}

void
put_no_rows(void)
{
	lxw_worksheet *sheet = last_part()->sheet;
	bool is_report = book.is_report || document.title.length > 0 || book.sheet->note.length > 0 ||
					 book.sheet->has_totals;

	if (book.sheet->n_columns == 0)
		return;

	/* In rows that nobody but a program will read a word would be a row. */
	if (is_report)
		check(worksheet_write_string(sheet, book.next_row, 0,
									 document.locale->words[AN_WORD_NO_ROWS], book.no_rows));
	book.next_row++;
}

void
make_formula(const Text *formula, lxw_row_t row, char *out)
{
	const char *end = out + MAX_FORMULA - LXW_MAX_CELL_NAME_LENGTH;

	for (const char *c = formula->bytes; *c;)
	{
		if (out >= end)
			fail(STATE_BAD_STREAM, "formula of more than %d characters", MAX_FORMULA);
		if (*c == '{')
		{
			c = put_reference(c + 1, row, out);
			out += strlen(out);
		}
		else
			*out++ = *c++;
	}
	*out = '\0';
}

bool
formula_names_text(const Text *formula)
{
	const char *c = formula->bytes;

	while ((c = strchr(c, '{')) != NULL)
	{
		unsigned long col = strtoul(++c, NULL, 10);

		if (col < book.sheet->n_columns && book.looks[col].tag == AN_CELL_TEXT)
			return true;
	}
	return false;
}

/* Writes a text, which the server has cut and escaped. */
static void
put_text(size_t col, const Cell *cell, lxw_format *format)
{
	if (cell->length > AN_SHEET_TEXT_BYTES)
		fail(STATE_BAD_STREAM, "text of %zu bytes", cell->length);
	memcpy(book.text, cell->bytes, cell->length);
	book.text[cell->length] = '\0';
	check(worksheet_write_string(last_part()->sheet, book.next_row, (lxw_col_t) col, book.text,
								 format));
}

/* Writes a column's formula with the value that it has. */
static void
put_formula(size_t col, const Cell *cell, lxw_format *format)
{
	lxw_worksheet *sheet = last_part()->sheet;
	char formula[MAX_FORMULA];

	/* Charts take an empty text for 0 and an empty cell for a gap. */
	if (cell->tag != AN_CELL_NUMBER && book.looks[col].charted)
	{
		put_cell(col, &(Cell){.tag = AN_CELL_NULL}, format, format);
		return;
	}
	make_formula(&book.sheet->columns[col].formula, book.next_row, formula);
	if (cell->tag == AN_CELL_NUMBER)
		check(worksheet_write_formula_num(sheet, book.next_row, (lxw_col_t) col, formula, format,
										  cell->number));
	else
		check(worksheet_write_formula_str(sheet, book.next_row, (lxw_col_t) col, formula, format,
										  ""));
}

/* Writes the cell that "{number}" means; returns the place behind it in the template. */
static const char *
put_reference(const char *template, lxw_row_t row, char *out)
{
	size_t col = 0;
	const char *c = template;

	while (*c >= '0' && *c <= '9' && col < AN_SHEET_MAX_COLUMNS)
		col = 10 * col + (size_t) (*c++ - '0');
	if (c == template || *c != '}' || col >= book.sheet->n_columns)
		fail(STATE_BAD_STREAM, "formula over a column that is not there");
	lxw_rowcol_to_cell(out, row, (lxw_col_t) col);
	return c + 1;
}
