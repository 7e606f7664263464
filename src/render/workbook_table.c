/*
 * workbook_table.c - a table of Excel's, and the row of totals
 *
 * Totals are formulas over the rows above, as far as a formula gives the number
 * that came: not where there are no rows, or where texts of many digits stand for
 * numbers.  SUBTOTAL leaves out what a filter hides.  A table that goes on in
 * further sheets is totalled over all of them.
 */
#include "render/workbook.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/number_format.h"
#include "kernel/utf8.h"

/* How a total is computed. */
typedef struct TotalFunction
{
	uint8_t table;		 /* its number in SUBTOTAL */
	const char *combine; /* function over the subtotals of several sheets */
} TotalFunction;

static const TotalFunction functions[TOTALS] = {
	[TOTAL_SUM] = {LXW_TABLE_FUNCTION_SUM, "SUM"},
	[TOTAL_AVG] = {LXW_TABLE_FUNCTION_AVERAGE, NULL},
	[TOTAL_MIN] = {LXW_TABLE_FUNCTION_MIN, "MIN"},
	[TOTAL_MAX] = {LXW_TABLE_FUNCTION_MAX, "MAX"},
	[TOTAL_COUNT] = {LXW_TABLE_FUNCTION_COUNT, "SUM"},
};

static bool total_formula(size_t col, const Cell *cell, char *formula);
static bool put_subtotals(const char *function, int number, size_t col, char **to, const char *end);
static bool put_subtotal(const Part *part, int number, size_t col, char **to, const char *end);
static bool put(char **to, const char *end, const char *text);
static void write_total(size_t col, const Cell *cell, const char *formula);
static void see_total(size_t col, const Cell *cell);

void
put_total_cells(AnFrameReader *row)
{
	size_t n = book.sheet->n_columns;
	Cell *cells = must_alloc(NULL, n * sizeof(Cell));
	char formula[MAX_FORMULA];

	for (size_t i = 0; i < n; i++)
	{
		take_cell(row, &cells[i]);
		book.looks[i].tag = cells[i].tag;
	}
	row_done(row);
	end_rows();
	if (book.next_row == AN_SHEET_MAX_ROWS)
	{
		begin_part();
		end_rows();
	}
	for (size_t i = 0; i < n; i++)
		write_total(i, &cells[i], total_formula(i, &cells[i], formula) ? formula : NULL);
	book.next_row++;
	free(cells);
}

/* The totals stand below the table, not in it: then they may be any formulas. */
void
add_table(void)
{
	size_t n = book.sheet->n_columns;
	lxw_table_column *columns = must_alloc(NULL, n * sizeof(*columns));
	lxw_table_column **list = must_alloc(NULL, (n + 1) * sizeof(*list));
	char name[32];
	lxw_table_options settings = {
		.name = name,
		.style_type = LXW_TABLE_STYLE_TYPE_MEDIUM,
		.style_type_number = 2,
		.columns = list,
	};

	snprintf(name, sizeof(name), "table%u", ++book.n_tables);
	for (size_t i = 0; i < n; i++)
	{
		columns[i] =
			(lxw_table_column){.header = book.headers[i], .header_format = header_format(i)};
		list[i] = &columns[i];
	}
	list[n] = NULL;
	check(worksheet_add_table(last_part()->sheet, last_part()->header_row, 0,
							  last_part()->end_row - 1, (lxw_col_t) (n - 1), &settings));
	free(columns);
	free(list);
}

/* Makes the formula of a total, with room for MAX_FORMULA; false where its value has to stand by itself. */
static bool
total_formula(size_t col, const Cell *cell, char *formula)
{
	const Column *column = &book.sheet->columns[col];
	Total total = column->total;
	int number = functions[total].table;
	const char *end = formula + MAX_FORMULA;

	if (book.n_rows == 0)
		return false;
	if (total == TOTAL_FORMULA)
	{
		make_formula(&column->formula, book.next_row, formula);
		return cell->tag == AN_CELL_NUMBER && !formula_names_text(&column->formula);
	}
	if (number == 0 || cell->tag != AN_CELL_NUMBER)
		return false;

	/* Formulas that give nothing give an empty text, which counts as a cell that is not empty. */
	if (total == TOTAL_COUNT && column->formula.bytes)
		number = LXW_TABLE_FUNCTION_COUNT_NUMS;
	else if (total != TOTAL_COUNT && book.seen[col].n_texts > 0)
		return false;
	if (book.n_parts == 1)
		return put_subtotal(last_part(), number, col, &formula, end);
	if (total == TOTAL_AVG)
		return put_subtotals("SUM", LXW_TABLE_FUNCTION_SUM, col, &formula, end) &&
			   put(&formula, end, "/") &&
			   put_subtotals("SUM", LXW_TABLE_FUNCTION_COUNT_NUMS, col, &formula, end);
	return put_subtotals(functions[total].combine, number, col, &formula, end);
}

/* Writes a function over the subtotals of all parts; false where it gets too long. */
static bool
put_subtotals(const char *function, int number, size_t col, char **to, const char *end)
{
	bool first = true;

	if (!put(to, end, function) || !put(to, end, "("))
		return false;
	for (size_t i = 0; i < book.n_parts; i++)
	{
		const Part *part = &book.parts[i];

		if (part->end_row == part->header_row + 1)
			continue;
		if (!first && !put(to, end, ","))
			return false;
		if (!put_subtotal(part, number, col, to, end))
			return false;
		first = false;
	}
	return put(to, end, ")");
}

static bool
put_subtotal(const Part *part, int number, size_t col, char **to, const char *end)
{
	char name[2 * AN_SHEET_NAME_BYTES + 2], range[LXW_MAX_CELL_RANGE_LENGTH], text[320];

	quote_sheet_name(part->name, name);
	lxw_rowcol_to_range(range, part->header_row + 1, (lxw_col_t) col, part->end_row - 1,
						(lxw_col_t) col);
	snprintf(text, sizeof(text), "SUBTOTAL(%d,%s%s%s)", number, part == last_part() ? "" : name,
			 part == last_part() ? "" : "!", range);
	return put(to, end, text);
}

static bool
put(char **to, const char *end, const char *text)
{
	size_t length = strlen(text);

	if (length >= (size_t) (end - *to))
		return false;
	*to = stpcpy(*to, text);
	return true;
}

static void
write_total(size_t col, const Cell *cell, const char *formula)
{
	lxw_format *format = book.looks[col].total;
	lxw_worksheet *sheet = last_part()->sheet;
	lxw_col_t at = (lxw_col_t) col;

	see_total(col, cell);
	if (formula)
		check(worksheet_write_formula_num(sheet, book.next_row, at, formula, format, cell->number));
	else if (cell->tag == AN_CELL_NULL)
		check(worksheet_write_blank(sheet, book.next_row, at, format));
	else
		put_cell(col, cell, format, format);
}

/* Remembers how wide a total is; it may be wider than any cell above it. */
static void
see_total(size_t col, const Cell *cell)
{
	char shown[AN_NUMBER_SHOWN_BYTES];
	size_t length;
	const char *bytes = show_cell(&book.sheet->columns[col], cell, shown, &length);
	uint32_t width = an_utf8_width(bytes, length) + 1;

	if (cell->tag != AN_CELL_NULL && width > book.looks[col].width)
		book.looks[col].width = width;
}
