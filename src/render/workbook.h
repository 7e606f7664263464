/*
 * workbook.h - what the parts of the xlsx renderer share
 *
 *     workbook         the document: begins, takes rows, ends            workbook.c
 *     parts            sheets of the file: lines above, header, page     workbook_part.c
 *     cells            rows, formulas                                    workbook_cells.c
 *     table            a table of Excel's, totals                        workbook_table.c
 *     formats          how columns look, conditional formats             workbook_format.c
 *     cards            figures above the table                           workbook_card.c
 *     charts           native charts                                     workbook_chart.c
 *     names            unique names of sheets and of a table's columns   workbook_names.c
 *     verify           the finished file, read once                      verify.c
 */
#ifndef AN_RENDER_WORKBOOK_H
#define AN_RENDER_WORKBOOK_H

#include "render/render.h"

#include <xlsxwriter.h>

#include "kernel/sheet.h"

#define HEADER_COLOR 0x4472C4
#define NOTE_COLOR	 0x595959
#define RULE_COLOR	 0xD9D9D9
#define CARD_COLOR	 0xF3F6FB

#define HEADER_ALIGNS 3
#define MAX_FORMULA	  8192 /* characters: Excel's limit */
#define CELL_PADDING  5	   /* pixels of a column beside its characters */
#define CHAR_PIXELS	  7	   /* a digit of the usual font */
#define ROW_PIXELS	  20   /* a row of usual height */
#define POINT_PIXELS  (4.0 / 3.0)

/* How the cells of a column look; NULL is the usual way. */
typedef struct ColumnLook
{
	lxw_format *cell;  /* numbers, dates, booleans, and texts in columns of texts */
	lxw_format *text;  /* texts among numbers */
	lxw_format *total; /* the row of totals */
	uint32_t width;	   /* widest of header and totals, in characters */
	bool charted;	   /* a chart shows its numbers */
	unsigned char tag; /* what the cell of the current row is, AnCellTag */
} ColumnLook;

/* A sheet of the file that holds rows of the stream's current sheet. */
typedef struct Part
{
	lxw_worksheet *sheet; /* of the library */
	char *name;			  /* of the sheet */
	lxw_row_t header_row; /* header of the table, from 0 */
	lxw_row_t end_row;	  /* first row behind its rows, without totals; known once all have come */
} Part;

/* What is known of a sheet of the file when it is verified. */
typedef struct SheetFacts
{
	lxw_worksheet *sheet; /* of the library */
	int64_t n_cells;	  /* cells that must be in the file; -1 where its size is known */
	int64_t size;		  /* bytes that the part has at least */
} SheetFacts;

/* What is known of the texts that the sheets in memory share. */
typedef struct TextFacts
{
	uint32_t n_texts; /* how many there are */
	int64_t size;	  /* bytes that they take at least */
} TextFacts;

/* A set of names, without regard to case. */
typedef struct NameSet
{
	char **slots;	/* open hash table of folded names, NULL is free */
	size_t n_slots; /* power of two */
	size_t n_names; /* how many are in it */
} NameSet;

/* The workbook under construction. */
typedef struct Book
{
	lxw_workbook *workbook; /* of the library */
	SheetFacts *facts;		/* all sheets of the file, in order */
	size_t n_sheets;		/* how many */
	NameSet sheet_names;	/* their names */
	uint32_t n_tables;		/* tables in the file */
	uint64_t memory_cells;	/* cells that the library keeps in memory */
	uint64_t memory_bytes;	/* bytes of their texts */

	lxw_format *title;				   /* first line */
	lxw_format *subtitle;			   /* second line */
	lxw_format *note;				   /* lines below */
	lxw_format *header[HEADER_ALIGNS]; /* of the table: left, centred, right */
	lxw_format *no_rows;			   /* what stands where there are no rows */

	const Sheet *sheet;	  /* the stream's current one */
	bool is_report;		  /* it has cards or charts */
	Spool *spool;		  /* its rows, as long as they might all be kept in memory; else NULL */
	Spool *kept;		  /* its rows, where charts need their values once more; else NULL */
	uint64_t n_rows;	  /* its rows so far */
	uint64_t spool_bytes; /* bytes of the spooled rows */
	ColumnSeen *seen;	  /* what its columns hold */
	ColumnLook *looks;	  /* how they look */
	Part *parts;		  /* its sheets of the file */
	size_t n_parts;		  /* how many */
	lxw_row_t next_row;	  /* of the last part */
	lxw_row_t charts_row; /* first row that its charts have above the table */
	double head_pixels;	  /* height of all above the header */
	char **headers;		  /* what stands in the header: unique names if it is a table's */
	bool in_memory;		  /* the library keeps the sheet */
	bool has_table;		  /* what has its header is a table of Excel's */
	bool charts_above;	  /* its charts stand above the table, not beside */
	char text[AN_SHEET_TEXT_BYTES + 1]; /* a cell text with terminator */
} Book;

extern Book book;

/* sheet_color makes a colour the library's, which takes 0 for none. */
static inline lxw_color_t
sheet_color(uint32_t color)
{
	return color == 0 ? LXW_COLOR_BLACK : color;
}

/* ---- workbook.c */

/* check fails if the library did. */
extern void check(lxw_error error);

/* cell_text makes a text of the stream that nobody has cut yet fit for a cell: at book.text, terminated. */
extern const char *cell_text(const Text *text);

static inline const Part *
last_part(void)
{
	return &book.parts[book.n_parts - 1];
}

/* ---- workbook_part.c */
extern void begin_part(void);

/*
 * end_rows notes that the last part has all its rows, before anything is written below: the library
 * takes no filter that ends above the row it is at.
 */
extern void end_rows(void);

/* end_parts sets what concerns whole sheets; the last row has been written. */
extern void end_parts(void);

/* begin_row begins book.next_row with that height in points, 0 for the usual one. */
extern void begin_row(double height);

/* column_width returns characters, as far as they are known yet. */
extern double column_width(size_t col);
extern uint32_t column_pixels(size_t col);
extern uint32_t table_pixels(void);

/* ---- workbook_table.c */

/* put_total_cells writes the row of totals; add_table makes header and rows a table, without the totals. */
extern void put_total_cells(AnFrameReader *row);
extern void add_table(void);

/* ---- workbook_cells.c */
extern void put_cells(AnFrameReader *row);
/* put_no_rows leaves an empty row, which a table needs; in a report it says that there are none. */
extern void put_no_rows(void);

/* put_cell writes one into book.next_row. */
extern void put_cell(size_t col, const Cell *cell, lxw_format *format, lxw_format *text_format);

/*
 * make_formula writes the formula of a column for a row (from 0), terminated, at `out` with room for
 * MAX_FORMULA; it fails where the template is none.
 */
extern void make_formula(const Text *formula, lxw_row_t row, char *out);

/*
 * formula_names_text tells whether a formula names a text of the current row,
 * as stands for a number of many digits: spreadsheets do not compute with it.
 */
extern bool formula_names_text(const Text *formula);

/* ---- workbook_format.c */
extern void make_formats(void);
extern void make_looks(void);
extern void add_conditions(const Part *part);
extern lxw_format *header_format(size_t col);
extern void set_number_format(lxw_format *format, const char *number_format);

/* ---- workbook_card.c: writes the cards from book.next_row on. */
extern void put_cards(void);

/* ---- workbook_chart.c */

/* reserve_charts leaves rows above the table to its charts; insert_charts inserts them once all rows have come. */
extern void reserve_charts(void);
extern void insert_charts(void);

/* ---- workbook_names.c */

/* name_set_add returns false if the name is in the set already. */
extern bool name_set_add(NameSet *set, const char *name);
extern void name_set_clear(NameSet *set);

/* new_sheet_name returns a name that no sheet has, for part `part` (from 1) of the current sheet. */
extern char *new_sheet_name(uint32_t part);

/* make_headers sets book.headers; free_headers forgets them. */
extern void make_headers(void);
extern void free_headers(void);

/* quote_sheet_name writes a sheet's name as formulas have it, always in quotes; room for 2 * AN_SHEET_NAME_BYTES + 2. */
extern void quote_sheet_name(const char *name, char *out);

/* ---- verify.c */

/*
 * verify_workbook reads the finished file from its first to its last byte: every
 * part must be there with its checksum, whole and with as many cells, texts and
 * bytes as the library had.  It does not notice that the disk of its temporary files is full.
 */
extern void
verify_workbook(const char *path, const SheetFacts *facts, size_t n_sheets, const TextFacts *texts);

#endif /* AN_RENDER_WORKBOOK_H */
