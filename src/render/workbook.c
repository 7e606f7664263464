/*
 * workbook.c - sheets as an xlsx workbook
 *
 * Above the table stand title, subtitle and notes where they are given, then cards.
 * Small sheets are kept in memory by libxlsxwriter, which gives them a real table
 * (filter, stripes, row of totals) and charts with their values.  A sheet that is
 * larger, or comes when others have taken what memory there is for it, is written
 * row by row in constant memory.  Which it will be is known when its rows are all
 * in or are too many: until then they are spooled.  Past the last row of a sheet
 * the table goes on in a further one, "name (2)", with the header again.
 *
 * libxlsxwriter crashes when memory is short, which is why it runs in a process of
 * its own, and it does not notice a full disk: we look at its files every 1000
 * rows, and read the finished workbook once (verify.c).
 */
#include "render/workbook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK_ROWS	 1000
#define MEMORY_ROWS	 50000
#define MEMORY_CELLS 250000
#define MEMORY_TEXTS (16 * 1024 * 1024)
/* The library takes memory by the square of their number. */
#define MAX_TABLE_COLUMNS 500
#define ZIP64_BYTES		  INT64_C(0xF0000000)
#define TEXT_TAGS		  ((int) sizeof("<si><t></t></si>") - 1)
#define MAX_PROPERTY	  255 /* characters: Excel's limit */

Book book;

static void set_properties(void);
static char *property(const Text *text);
static void begin_rows(bool in_memory);
static void put_spooled(void);
static int64_t flushed_size(lxw_worksheet *sheet);
static TextFacts shared_texts(const lxw_sst *sst);
static int64_t count_cells(const lxw_cell *cell);
static int64_t count_row_cells(const lxw_row *row);
static int64_t sheet_cells(lxw_worksheet *sheet);

static void
workbook_begin(void)
{
	lxw_workbook_options settings = {.tmpdir = document.tmpdir.bytes};

	/* The library would silently take another directory. */
	if (access(document.tmpdir.bytes, W_OK | X_OK) != 0)
		fail_io("could not use the directory for temporary files");
	book.workbook = workbook_new_opt(document.output.bytes, &settings);
	if (book.workbook == NULL)
		fail(STATE_NO_MEMORY, "could not begin a workbook");
	set_properties();
	make_formats();
}

static void
workbook_begin_sheet(const Sheet *sheet)
{
	book.sheet = sheet;
	book.is_report = sheet->n_cards > 0 || sheet->n_charts > 0;
	book.spool = spool_new();
	book.n_rows = 0;
	book.spool_bytes = 0;
	book.seen = must_alloc(NULL, sheet->n_columns * sizeof(ColumnSeen));
	see_nothing(sheet, book.seen);
	make_looks();
}

static void
workbook_put_row(AnFrameReader *row)
{
	see_row(book.sheet, book.seen, *row, book.n_rows);
	book.n_rows++;
	if (book.spool)
	{
		book.spool_bytes += (uint64_t) (row->end - row->at);
		spool_put(book.spool, row);
		if (book.n_rows > MEMORY_ROWS ||
			book.memory_cells + book.n_rows * book.sheet->n_columns > MEMORY_CELLS ||
			book.memory_bytes + book.spool_bytes > MEMORY_TEXTS)
			begin_rows(false);
		return;
	}
	put_cells(row);
	if (book.n_rows % CHECK_ROWS == 0)
		(void) flushed_size(last_part()->sheet);
}

static void
workbook_put_totals(AnFrameReader *row)
{
	if (book.spool)
		begin_rows(true);
	put_total_cells(row);
}

static void
workbook_end_sheet(void)
{
	if (book.spool)
		begin_rows(true);
	end_parts();
	free_headers();
	spool_free(book.kept);
	book.kept = NULL;
	free(book.seen);
	free(book.looks);
	for (size_t i = 0; i < book.n_parts; i++)
		free(book.parts[i].name);
	book.n_parts = 0;
}

static void
workbook_end(void)
{
	TextFacts texts;
	lxw_error error;

	for (size_t i = 0; i < book.n_sheets; i++)
	{
		SheetFacts *facts = &book.facts[i];

		facts->n_cells = facts->sheet->optimize ? -1 : sheet_cells(facts->sheet);
		facts->size = facts->sheet->optimize ? flushed_size(facts->sheet) : 0;
		if (facts->size > ZIP64_BYTES)
			book.workbook->options.use_zip64 = LXW_TRUE;
	}
	texts = shared_texts(book.workbook->sst);
	errno = 0;
	error = workbook_close(book.workbook);
	if (error == LXW_ERROR_MEMORY_MALLOC_FAILED)
		fail(STATE_NO_MEMORY, "out of memory");
	if (error != LXW_NO_ERROR)
		fail_io(lxw_strerror(error));
	verify_workbook(document.output.bytes, book.facts, book.n_sheets, &texts);
}

const Renderer workbook_renderer = {
	.format = "xlsx",
	.begin = workbook_begin,
	.begin_sheet = workbook_begin_sheet,
	.put_row = workbook_put_row,
	.put_totals = workbook_put_totals,
	.end_sheet = workbook_end_sheet,
	.end = workbook_end,
};

const char *
cell_text(const Text *text)
{
	bool cut;

	book.text[an_sheet_text(text->bytes ? text->bytes : "", text->length, book.text, &cut)] = '\0';
	return book.text;
}

void
check(lxw_error error)
{
	if (error == LXW_ERROR_MEMORY_MALLOC_FAILED)
		fail(STATE_NO_MEMORY, "out of memory");
	if (error != LXW_NO_ERROR)
		fail(STATE_IO_ERROR, "row %lu: %s", (unsigned long) book.next_row + 1, lxw_strerror(error));
}

static void
set_properties(void)
{
	lxw_doc_properties properties = {
		.title = property(&document.title),
		.subject = property(&document.subtitle),
		.author = property(&document.author),
		.company = property(&document.company),
		.created = (time_t) document.created,
	};

	check(workbook_set_properties(book.workbook, &properties));
	free((void *) properties.title);
	free((void *) properties.subject);
	free((void *) properties.author);
	free((void *) properties.company);
}

/* Returns a copy that is fit for a property of the document; NULL for none. */
static char *
property(const Text *text)
{
	char *copy;
	size_t length = 0;

	if (text->length == 0)
		return NULL;
	copy = must_alloc(NULL, strlen(cell_text(text)) + 1);
	strcpy(copy, book.text);
	for (int i = 0; i < MAX_PROPERTY && copy[length] != '\0'; i++)
	{
		do
			length++;
		while ((copy[length] & 0xC0) == 0x80);
	}
	copy[length] = '\0';
	return copy;
}

/* It is known how the sheet will be kept: writes what came so far. */
static void
begin_rows(bool in_memory)
{
	book.in_memory = in_memory;
	if (in_memory)
	{
		book.memory_cells += book.n_rows * book.sheet->n_columns;
		book.memory_bytes += book.spool_bytes;
	}
	book.has_table =
		in_memory && book.sheet->n_columns > 0 && book.sheet->n_columns <= MAX_TABLE_COLUMNS;
	book.workbook->options.constant_memory = !in_memory;
	make_headers();
	begin_part();
	put_spooled();
	if (book.n_rows == 0)
		put_no_rows();
}

/* Writes the spooled rows; charts with cached values still need those of a sheet in memory. */
static void
put_spooled(void)
{
	AnFrameReader row;
	Spool *spool = book.spool;

	spool_rewind(spool);
	while (spool_next(spool, &row))
		put_cells(&row);
	book.spool = NULL;
	if (book.in_memory && book.sheet->n_charts > 0)
		book.kept = spool;
	else
		spool_free(spool);
}

/* Makes the library's temporary file reach the disk; returns its size. */
static int64_t
flushed_size(lxw_worksheet *sheet)
{
	errno = 0;
	if (fflush(sheet->optimize_tmpfile) != 0 || ferror(sheet->optimize_tmpfile))
		fail_io("could not write a temporary file");
	return ftello(sheet->optimize_tmpfile);
}

/* Says what the library will write as shared texts. */
static TextFacts
shared_texts(const lxw_sst *sst)
{
	TextFacts facts = {.n_texts = sst->unique_count};
	const struct sst_element *element;

	for (element = STAILQ_FIRST(sst->order_list); element;
		 element = STAILQ_NEXT(element, sst_order_pointers))
		facts.size += (int64_t) strlen(element->string) + TEXT_TAGS;
	return facts;
}

/* Counts the cells that the library will write for a sheet that it keeps in memory. */
static int64_t
sheet_cells(lxw_worksheet *sheet)
{
	return count_row_cells(RB_ROOT(sheet->table));
}

static int64_t
count_row_cells(const lxw_row *row)
{
	if (row == NULL)
		return 0;
	return count_row_cells(RB_LEFT(row, tree_pointers)) + count_cells(RB_ROOT(row->cells)) +
		   count_row_cells(RB_RIGHT(row, tree_pointers));
}

static int64_t
count_cells(const lxw_cell *cell)
{
	if (cell == NULL)
		return 0;
	return count_cells(RB_LEFT(cell, tree_pointers)) +
		   (cell->type != BLANK_CELL || cell->format != NULL) +
		   count_cells(RB_RIGHT(cell, tree_pointers));
}
