/*
 * workbook.c - rows as an xlsx workbook, in constant memory
 *
 * Above the table stand title and subtitle where they are given, and then an
 * empty line; the header is frozen and carries the filter.  Past the last row
 * of a sheet the table goes on in a further one, "name (2)", with the header
 * again.  Column widths follow what was written, at most 50 characters.
 *
 * libxlsxwriter keeps one row in memory and writes the rest to temporary files.
 * It crashes when memory is short, which is why it runs in a process of its own,
 * and it does not notice a full disk: we look at its files every 1000 rows, and
 * read the finished workbook once (verify.c).
 */
#include "render/render.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "kernel/sheet.h"
#include "kernel/utf8.h"

#define CHECK_ROWS	   1000
#define SAMPLE_ROWS	   1000
#define MAX_WIDTH	   50
#define MIN_WIDTH	   8
#define CELL_MARGIN	   2
#define FILTER_MARGIN  4 /* header: room for the filter's button too */
#define TITLE_HEIGHT   24
#define LINE_HEIGHT	   18
#define HEADER_COLOR   0x4472C4
#define SUBTITLE_COLOR 0x595959
#define PAPER_A4	   9
#define ZIP64_BYTES	   INT64_C(0xF0000000)

/* What we know of a column beside its kind. */
typedef struct ColumnState
{
	lxw_format *format; /* of its cells */
	int n_decimals;		/* of a fixed number format, -1 for general */
	bool grouped;		/* thousands are separated */
	uint32_t width;		/* widest text so far */
	double largest;		/* largest absolute number so far */
	bool negative;		/* a number below zero was seen */
} ColumnState;

/* The workbook under construction. */
static struct
{
	lxw_workbook *workbook;				/* of the library */
	lxw_worksheet **sheets;				/* all sheets, in order */
	size_t n_sheets;					/* how many */
	const Sheet *sheet;					/* of the stream */
	size_t first_part;					/* its first among the sheets */
	const Column *columns;				/* of the result */
	ColumnState *states;				/* same order */
	size_t n_columns;					/* how many */
	lxw_format *title_format;			/* first line */
	lxw_format *subtitle_format;		/* second line */
	lxw_format *header_format;			/* header */
	lxw_format *text_right_format;		/* text among numbers */
	lxw_row_t header_row;				/* of the current sheet, from 0 */
	lxw_row_t next_row;					/* of the current sheet */
	uint64_t n_rows;					/* rows in all sheets */
	char text[AN_SHEET_TEXT_BYTES + 1]; /* a cell text with terminator */
} book;

static void make_formats(void);
static void make_column(const Column *column, ColumnState *state);
static void begin_sheet(void);
static void put_line(const Text *line, lxw_format *format, double height);
static void end_sheet(lxw_worksheet *sheet, lxw_row_t last_row);
static void put_cell(AnFrameReader *row, lxw_col_t col);
static size_t take_text(AnFrameReader *row);
static void note_number(ColumnState *state, double number);
static uint32_t number_width(const ColumnState *state);
static int64_t check_temporary_file(lxw_worksheet *sheet);
static void check(lxw_error error);

static lxw_worksheet *
sheet_now(void)
{
	return book.sheets[book.n_sheets - 1];
}

static void
workbook_begin(void)
{
	lxw_workbook_options settings = {.constant_memory = LXW_TRUE, .tmpdir = document.tmpdir.bytes};
	lxw_doc_properties properties = {.created = (time_t) document.created};

	/* The library would silently take another directory. */
	if (access(document.tmpdir.bytes, W_OK | X_OK) != 0)
		fail_io("could not use the directory for temporary files");
	book.workbook = workbook_new_opt(document.output.bytes, &settings);
	if (book.workbook == NULL)
		fail(STATE_NO_MEMORY, "could not begin a workbook");
	if (document.title.length > 0)
	{
		bool cut;

		book.text[an_sheet_text(document.title.bytes, document.title.length, book.text, &cut)] =
			'\0';
		properties.title = book.text;
	}
	check(workbook_set_properties(book.workbook, &properties));
	make_formats();
}

static void
workbook_begin_sheet(const Sheet *sheet)
{
	book.sheet = sheet;
	book.columns = sheet->columns;
	book.n_columns = sheet->n_columns;
	book.states = must_alloc(book.states, book.n_columns * sizeof(ColumnState));
	for (size_t i = 0; i < book.n_columns; i++)
		make_column(&book.columns[i], &book.states[i]);
	book.first_part = book.n_sheets;
	begin_sheet();
}

static void
workbook_put_row(AnFrameReader *row)
{
	if (book.next_row == AN_SHEET_MAX_ROWS)
		begin_sheet();
	for (size_t i = 0; i < book.n_columns; i++)
		put_cell(row, (lxw_col_t) i);
	row_done(row);
	book.next_row++;
	book.n_rows++;
	if (book.n_rows % CHECK_ROWS == 0)
		(void) check_temporary_file(sheet_now());
}

static void
workbook_end_sheet(void)
{
	for (size_t i = book.first_part; i < book.n_sheets; i++)
		end_sheet(book.sheets[i],
				  i + 1 < book.n_sheets ? AN_SHEET_MAX_ROWS - 1 : book.next_row - 1);
}

static void
workbook_end(void)
{
	int64_t *sizes = must_alloc(NULL, book.n_sheets * sizeof(int64_t));
	size_t n_sheets = book.n_sheets;
	lxw_error error;

	for (size_t i = 0; i < n_sheets; i++)
	{
		sizes[i] = check_temporary_file(book.sheets[i]);
		if (sizes[i] > ZIP64_BYTES)
			book.workbook->options.use_zip64 = LXW_TRUE;
	}
	errno = 0;
	error = workbook_close(book.workbook);
	if (error == LXW_ERROR_MEMORY_MALLOC_FAILED)
		fail(STATE_NO_MEMORY, "out of memory");
	if (error != LXW_NO_ERROR)
		fail_io(lxw_strerror(error));
	verify_workbook(document.output.bytes, sizes, n_sheets);
}

const Renderer workbook_renderer = {
	.format = "xlsx",
	.begin = workbook_begin,
	.begin_sheet = workbook_begin_sheet,
	.put_row = workbook_put_row,
	.put_totals = workbook_put_row,
	.end_sheet = workbook_end_sheet,
	.end = workbook_end,
};

static void
make_formats(void)
{
	book.title_format = workbook_add_format(book.workbook);
	format_set_bold(book.title_format);
	format_set_font_size(book.title_format, 16);
	format_set_align(book.title_format, LXW_ALIGN_VERTICAL_CENTER);

	book.subtitle_format = workbook_add_format(book.workbook);
	format_set_italic(book.subtitle_format);
	format_set_font_size(book.subtitle_format, 12);
	format_set_font_color(book.subtitle_format, SUBTITLE_COLOR);

	book.header_format = workbook_add_format(book.workbook);
	format_set_bold(book.header_format);
	format_set_font_color(book.header_format, LXW_COLOR_WHITE);
	format_set_bg_color(book.header_format, HEADER_COLOR);
	format_set_align(book.header_format, LXW_ALIGN_CENTER);
	format_set_align(book.header_format, LXW_ALIGN_VERTICAL_CENTER);

	book.text_right_format = workbook_add_format(book.workbook);
	format_set_align(book.text_right_format, LXW_ALIGN_RIGHT);
}

static void
make_column(const Column *column, ColumnState *state)
{
	const char *point = strchr(column->format.bytes, '.');

	memset(state, 0, sizeof(*state));
	state->n_decimals = column->format.bytes[0] == '\0' ? -1 : point ? (int) strlen(point + 1) : 0;
	state->grouped = strchr(column->format.bytes, ',') != NULL;
	state->width =
		an_utf8_width(column->header.bytes, column->header.length) + FILTER_MARGIN - CELL_MARGIN;
	if (column->kind == AN_COLUMN_BOOLEAN)
	{
		state->format = workbook_add_format(book.workbook);
		format_set_align(state->format, LXW_ALIGN_CENTER);

		/* Excel shows booleans as words in any format, LibreOffice not in the general one. */
		format_set_num_format(state->format, "\"TRUE\";\"TRUE\";\"FALSE\"");
	}
	else if (column->format.bytes[0] != '\0')
	{
		state->format = workbook_add_format(book.workbook);
		format_set_num_format(state->format, column->format.bytes);
	}
}

/* Adds a sheet, with title, subtitle and header where they belong. */
static void
begin_sheet(void)
{
	char name[AN_SHEET_NAME_BYTES];
	lxw_worksheet *sheet;

	an_sheet_name(book.sheet->name.bytes ? book.sheet->name.bytes : "", book.sheet->name.length,
				  (uint32_t) (book.n_sheets - book.first_part) + 1, name);
	sheet = workbook_add_worksheet(book.workbook, name);
	if (sheet == NULL)
		fail(STATE_IO_ERROR, "could not add sheet \"%s\"", name);
	book.sheets = must_alloc(book.sheets, (book.n_sheets + 1) * sizeof(*book.sheets));
	book.sheets[book.n_sheets++] = sheet;
	if (sheet->optimize_tmpfile == NULL)
		fail_io("could not create a temporary file");
	book.next_row = 0;
	put_line(&document.title, book.title_format, TITLE_HEIGHT);
	put_line(&document.subtitle, book.subtitle_format, LINE_HEIGHT);
	if (book.next_row > 0)
		book.next_row++;
	book.header_row = book.next_row++;
	if (book.n_columns > 0)
		check(worksheet_set_row(sheet, book.header_row, LINE_HEIGHT, NULL));
	for (size_t i = 0; i < book.n_columns; i++)
		check(worksheet_write_string(sheet, book.header_row, (lxw_col_t) i,
									 book.columns[i].header.bytes, book.header_format));
}

/* Writes a line above the table, if it is not empty. */
static void
put_line(const Text *line, lxw_format *format, double height)
{
	bool cut;

	if (line->bytes == NULL || line->length == 0)
		return;
	book.text[an_sheet_text(line->bytes, line->length, book.text, &cut)] = '\0';
	check(worksheet_set_row(sheet_now(), book.next_row, height, NULL));
	check(worksheet_write_string(sheet_now(), book.next_row, 0, book.text, format));
	book.next_row++;
}

/* Sets what concerns the whole sheet; in this mode of the library it is written at the end. */
static void
end_sheet(lxw_worksheet *sheet, lxw_row_t last_row)
{
	lxw_col_t last_col = (lxw_col_t) (book.n_columns - 1);
	char range[64] = "";

	if (book.n_columns == 0)
		return;
	for (size_t i = 0; i < book.n_columns; i++)
	{
		uint32_t width = number_width(&book.states[i]);

		if (width < book.states[i].width)
			width = book.states[i].width;
		width += CELL_MARGIN;
		width = width > MAX_WIDTH ? MAX_WIDTH : width < MIN_WIDTH ? MIN_WIDTH : width;
		check(worksheet_set_column(sheet, (lxw_col_t) i, (lxw_col_t) i, width, NULL));
	}
	worksheet_freeze_panes(sheet, book.header_row + 1, 0);
	check(worksheet_autofilter(sheet, book.header_row, 0, last_row, last_col));

	/* Texts of digits are meant as they are: no warning triangles. */
	lxw_rowcol_to_range(range, book.header_row, 0, last_row, last_col);
	check(worksheet_ignore_errors(sheet, LXW_IGNORE_NUMBER_STORED_AS_TEXT, range));
	worksheet_set_landscape(sheet);
	worksheet_set_paper(sheet, PAPER_A4);
	worksheet_fit_to_pages(sheet, 1, 0);
	check(worksheet_repeat_rows(sheet, book.header_row, book.header_row));
}

static void
put_cell(AnFrameReader *row, lxw_col_t col)
{
	ColumnState *state = &book.states[col];
	lxw_worksheet *sheet = sheet_now();
	AnColumnKind kind = book.columns[col].kind;
	double number;
	size_t length;
	uint32_t width;
	uint8_t tag;

	if (an_frame_get_u8(row, &tag) != AN_OK)
		fail(STATE_BAD_STREAM, "row with fewer than %zu cells", book.n_columns);
	switch (tag)
	{
		case AN_CELL_NULL:
			break;
		case AN_CELL_TEXT:
			length = take_text(row);
			check(worksheet_write_string(sheet, book.next_row, col, book.text,
										 kind == AN_COLUMN_TEXT ? NULL : book.text_right_format));
			if (state->width < MAX_WIDTH &&
				(width = an_utf8_width(book.text, length)) > state->width)
				state->width = width;
			break;
		case AN_CELL_NUMBER:
			if (an_frame_get_double(row, &number) != AN_OK || !isfinite(number))
				fail(STATE_BAD_STREAM, "number that is none");
			check(worksheet_write_number(sheet, book.next_row, col, number, state->format));
			if (kind == AN_COLUMN_INTEGER || kind == AN_COLUMN_NUMBER)
				note_number(state, number);
			else if (state->width < book.columns[col].format.length)
				state->width = (uint32_t) book.columns[col].format.length;
			break;
		case AN_CELL_FALSE:
		case AN_CELL_TRUE:
			check(worksheet_write_boolean(sheet, book.next_row, col, tag == AN_CELL_TRUE,
										  state->format));
			break;
		default:
			fail(STATE_BAD_STREAM, "cell of type %u", tag);
	}
}

/* Copies a cell text to book.text, where it gets its terminator; returns its length. */
static size_t
take_text(AnFrameReader *row)
{
	const char *bytes;
	size_t length;

	if (an_frame_get_string(row, &bytes, &length) == AN_OK && length < sizeof(book.text))
	{
		memcpy(book.text, bytes, length);
		book.text[length] = '\0';
		return length;
	}
	fail(STATE_BAD_STREAM, "text of wrong length");
}

/* Remembers what decides how wide numbers show; a number that does not fit would show as ####. */
static void
note_number(ColumnState *state, double number)
{
	if (fabs(number) > state->largest)
		state->largest = fabs(number);
	state->negative |= number < 0;
	if (state->n_decimals < 0 && book.n_rows < SAMPLE_ROWS)
	{
		char shown[32];
		uint32_t width = (uint32_t) snprintf(shown, sizeof(shown), "%.10g", number);

		if (width > state->width)
			state->width = width;
	}
}

/* Characters that the widest number of a column takes. */
static uint32_t
number_width(const ColumnState *state)
{
	uint32_t digits = state->largest >= 10 ? (uint32_t) floor(log10(state->largest)) + 1 : 1;
	uint32_t decimals = state->n_decimals > 0 ? (uint32_t) state->n_decimals + 1 : 0;

	if (state->largest == 0)
		return 0;
	if (state->n_decimals < 0 && digits > 11)
		digits = 11;
	return digits + (state->grouped ? (digits - 1) / 3 : 0) + decimals + state->negative;
}

/* Makes the library's temporary file reach the disk; returns its size. */
static int64_t
check_temporary_file(lxw_worksheet *sheet)
{
	errno = 0;
	if (fflush(sheet->optimize_tmpfile) != 0 || ferror(sheet->optimize_tmpfile))
		fail_io("could not write a temporary file");
	return ftello(sheet->optimize_tmpfile);
}

static void
check(lxw_error error)
{
	if (error == LXW_ERROR_MEMORY_MALLOC_FAILED)
		fail(STATE_NO_MEMORY, "out of memory");
	if (error != LXW_NO_ERROR)
		fail(STATE_IO_ERROR, "row %lu: %s", (unsigned long) book.next_row + 1, lxw_strerror(error));
}
