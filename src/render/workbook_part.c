/*
 * workbook_part.c - a sheet of the file: lines above the table, header, widths, page
 *
 * What concerns whole sheets is set at the end, since the library writes it then;
 * what stands in rows has to be written in order.
 */
#include "render/workbook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/number_format.h"
#include "kernel/utf8.h"

#define MAX_WIDTH		50	/* characters */
#define MIN_WIDTH		8	/* characters */
#define CELL_MARGIN		2	/* characters */
#define TITLE_HEIGHT	24	/* points */
#define LINE_HEIGHT		18	/* points */
#define MAX_FROZEN		330 /* pixels: more would leave too little for the rows */
#define PORTRAIT_PIXELS 720 /* what is wider is printed across */
#define PAPER_LETTER	1
#define PAPER_A4		9
#define MILLIMETRES		25.4 /* in an inch */
#define MAX_FOOTER		255	 /* bytes: Excel's limit of characters, and the library's */

static void put_title(void);
static void put_line(const char *bytes, size_t length, lxw_format *format, double height);
static void put_header(void);
static double margin(size_t side, double usual);
static void set_widths(lxw_worksheet *sheet);
static void set_page(lxw_worksheet *sheet, bool across);
static void set_footer(lxw_worksheet *sheet);
static char *put_footer_text(char *to, const char *end, const char *text);
static char *put_page_words(char *to, const char *end);
static void set_rows(const Part *part);

void
begin_part(void)
{
	char *name = new_sheet_name((uint32_t) book.n_parts + 1);
	lxw_worksheet *sheet = workbook_add_worksheet(book.workbook, name);

	if (sheet == NULL)
		fail(STATE_IO_ERROR, "could not add sheet \"%s\"", name);
	if (sheet->optimize && sheet->optimize_tmpfile == NULL)
		fail_io("could not create a temporary file");
	book.facts = must_alloc(book.facts, (book.n_sheets + 1) * sizeof(*book.facts));
	book.facts[book.n_sheets++] = (SheetFacts){.sheet = sheet};
	book.parts = must_alloc(book.parts, (book.n_parts + 1) * sizeof(*book.parts));
	book.parts[book.n_parts++] = (Part){.sheet = sheet, .name = name};
	book.next_row = 0;
	book.head_pixels = 0;
	put_title();
	if (book.n_parts == 1)
	{
		put_cards();
		reserve_charts();
	}
	put_header();
}

void
end_rows(void)
{
	Part *part = &book.parts[book.n_parts - 1];

	part->end_row = book.next_row;
	if (!book.has_table && book.sheet->n_columns > 0)
		check(worksheet_autofilter(part->sheet, part->header_row, 0, part->end_row - 1,
								   (lxw_col_t) (book.sheet->n_columns - 1)));
}

void
end_parts(void)
{
	const Part *last = last_part();
	bool across;

	if (last->end_row == 0)
		end_rows();
	if (book.has_table)
		add_table();
	insert_charts();
	across = book.sheet->n_charts > 0 || table_pixels() > PORTRAIT_PIXELS;
	for (size_t i = 0; i < book.n_parts; i++)
	{
		set_widths(book.parts[i].sheet);
		set_page(book.parts[i].sheet, across);
		if (book.sheet->n_columns > 0)
			set_rows(&book.parts[i]);
	}
}

void
begin_row(double height)
{
	if (height > 0)
		check(worksheet_set_row(last_part()->sheet, book.next_row, height, NULL));
	book.head_pixels += height > 0 ? height * POINT_PIXELS : ROW_PIXELS;
}

double
column_width(size_t col)
{
	const Column *column = &book.sheet->columns[col];
	const ColumnSeen *seen = &book.seen[col];
	double width = fmax(seen->width, book.looks[col].width);
	char shown[AN_NUMBER_SHOWN_BYTES];

	if (column->width > 0)
		return column->width;
	for (int i = 0; i < 2 && seen->n_numbers > 0; i++)
	{
		Cell cell = {.tag = AN_CELL_NUMBER, .number = i == 0 ? seen->min : seen->max};
		size_t length;
		const char *bytes = show_cell(column, &cell, shown, &length);

		width = fmax(width, an_utf8_width(bytes, length));
	}
	return fmin(fmax(width + CELL_MARGIN, MIN_WIDTH), MAX_WIDTH);
}

uint32_t
column_pixels(size_t col)
{
	if (col >= book.sheet->n_columns)
		return LXW_DEF_COL_WIDTH_PIXELS;
	return (uint32_t) lround(column_width(col) * CHAR_PIXELS) + CELL_PADDING;
}

uint32_t
table_pixels(void)
{
	uint32_t pixels = 0;

	for (size_t i = 0; i < book.sheet->n_columns; i++)
		pixels += column_pixels(i);
	return pixels;
}

/* Writes the lines above everything else, and an empty one behind them. */
static void
put_title(void)
{
	const Text *note = &book.sheet->note;

	put_line(document.title.bytes, document.title.length, book.title, TITLE_HEIGHT);
	put_line(document.subtitle.bytes, document.subtitle.length, book.subtitle, LINE_HEIGHT);
	for (size_t at = 0; book.n_parts == 1 && at < note->length;)
	{
		size_t length = strcspn(note->bytes + at, "\n");

		put_line(note->bytes + at, length, book.note, 0);
		at += length + 1;
	}
	if (book.next_row > 0)
	{
		begin_row(0);
		book.next_row++;
	}
}

/* Writes a line above the table, if it is not empty. */
static void
put_line(const char *bytes, size_t length, lxw_format *format, double height)
{
	if (length == 0)
		return;
	begin_row(height);
	check(worksheet_write_string(last_part()->sheet, book.next_row, 0,
								 cell_text(&(Text){(char *) bytes, length}), format));
	book.next_row++;
}

static void
put_header(void)
{
	Part *part = &book.parts[book.n_parts - 1];

	part->header_row = book.next_row;
	part->end_row = 0;
	if (book.sheet->n_columns > 0)
		begin_row(LINE_HEIGHT);
	for (size_t i = 0; i < book.sheet->n_columns; i++)
		check(worksheet_write_string(part->sheet, book.next_row, (lxw_col_t) i, book.headers[i],
									 header_format(i)));
	book.next_row++;
}

static void
set_widths(lxw_worksheet *sheet)
{
	for (size_t i = 0; i < book.sheet->n_columns; i++)
		check(worksheet_set_column(sheet, (lxw_col_t) i, (lxw_col_t) i, column_width(i), NULL));
}

/* Sets what concerns the rows of the table: frozen header, conditional formats. */
static void
set_rows(const Part *part)
{
	lxw_col_t last_col = (lxw_col_t) (book.sheet->n_columns - 1);
	lxw_row_t last_row = part->end_row - 1;
	char range[64] = "";

	if (book.head_pixels <= MAX_FROZEN)
		worksheet_freeze_panes(part->sheet, part->header_row + 1, 0);
	check(worksheet_repeat_rows(part->sheet, part->header_row, part->header_row));

	/* Texts of digits are meant as they are: no warning triangles. */
	lxw_rowcol_to_range(range, part->header_row, 0, last_row, last_col);
	check(worksheet_ignore_errors(part->sheet, LXW_IGNORE_NUMBER_STORED_AS_TEXT, range));
	if (book.n_rows > 0)
		add_conditions(part);
}

static void
set_page(lxw_worksheet *sheet, bool across)
{
	if (document.orientation == 'l' || (document.orientation == 0 && across))
		worksheet_set_landscape(sheet);
	worksheet_set_paper(sheet, document.letter ? PAPER_LETTER : PAPER_A4);
	worksheet_set_margins(sheet, margin(3, 0.7), margin(1, 0.7), margin(0, 0.75), margin(2, 0.75));
	worksheet_fit_to_pages(sheet, 1, 0);
	set_footer(sheet);
	if (book.is_report)
		worksheet_gridlines(sheet, LXW_HIDE_ALL_GRIDLINES);
}

/* Returns a margin in inches; -1 lets the library take its own. */
static double
margin(size_t side, double usual)
{
	return isnan(document.margins[side]) ? usual : document.margins[side] / MILLIMETRES;
}

/* Sets the foot of printed pages: when it was generated, what the user wants there, and the page. */
static void
set_footer(lxw_worksheet *sheet)
{
	char footer[MAX_FOOTER + 1];
	char *end = footer + MAX_FOOTER - 40; /* room for the page */
	char *to = footer;

	to = stpcpy(to, "&L");
	if (document.generated.length > 0)
	{
		to = put_footer_text(to, end, document.locale->words[AN_WORD_GENERATED]);
		to = put_footer_text(to, end, document.generated.bytes);
	}
	to = stpcpy(to, "&C");
	if (document.footer.length > 0)
		to = put_footer_text(to, end, document.footer.bytes);
	to = stpcpy(to, "&R");
	(void) put_page_words(to, footer + MAX_FOOTER);
	check(worksheet_set_footer(sheet, footer));
}

/* Writes as much of a text as there is room for, in one line, with & doubled; returns the place behind. */
static char *
put_footer_text(char *to, const char *end, const char *text)
{
	size_t length = strlen(text);

	while (length > 0)
	{
		size_t taken;
		uint32_t code = an_utf8_next((const unsigned char *) text, length, &taken);

		if (end - to < 6)
			break;
		if (code == '&')
			*to++ = '&';
		to = an_utf8_put(to, code < ' ' ? ' ' : code);
		text += taken;
		length -= taken;
	}
	*to = '\0';
	return to;
}

/* Writes the locale's "Page %1 of %2" with Excel's codes for both numbers. */
static char *
put_page_words(char *to, const char *end)
{
	const char *words = document.locale->words[AN_WORD_PAGE];

	for (const char *c = words; *c && end - to > 3; c++)
	{
		if (c[0] == '%' && (c[1] == '1' || c[1] == '2'))
			to = stpcpy(to, *++c == '1' ? "&P" : "&N");
		else
			*to++ = *c;
	}
	*to = '\0';
	return to;
}
