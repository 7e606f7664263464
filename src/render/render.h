/*
 * render.h - what the parts of the program analytics-render share
 *
 * The program reads a stream (kernel/frame.h) on its standard input and writes a
 * file.  It knows nothing of PostgreSQL, reports in lines on the descriptor that
 * it is given (see main.c), and never tries to go on after a failure.
 *
 *     main      the stream, record by record                         main.c
 *     document  options of the document, its sheets, columns, charts  document.c
 *     renderer  what a format does with them                          workbook.c, pdf.c, html.c, picture.c
 *     spool     rows that are needed twice, on disk                   spool.c
 *     cell      a cell as it is shown                                 cell.c
 *     seen      what a column holds, and colours that follow from it   seen.c
 *     chart     a sheet's rows as the data of a chart                 chart_data.c
 */
#ifndef AN_RENDER_RENDER_H
#define AN_RENDER_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "kernel/chart.h"
#include "kernel/frame.h"
#include "kernel/locale.h"
#include "kernel/svg.h"

/* SQLSTATEs that a failure or a warning is reported with. */
#define STATE_DISK_FULL	  "53100"
#define STATE_NO_MEMORY	  "53200"
#define STATE_FILE_LIMIT  "53400"
#define STATE_IO_ERROR	  "58030"
#define STATE_BAD_STREAM  "08P01"
#define STATE_UNSUPPORTED "0A000"
#define STATE_LIMIT		  "54000"
#define STATE_WARNING	  "01000"

/* A string of the stream, terminated too; it lives as long as the program. */
typedef struct Text
{
	char *bytes;   /* UTF-8, NULL where not given */
	size_t length; /* in bytes */
} Text;

/* A cell as it came. */
typedef struct Cell
{
	AnCellTag tag;	   /* what it is */
	double number;	   /* of AN_CELL_NUMBER: finite; a date is a serial number (kernel/sheet.h) */
	const char *bytes; /* of AN_CELL_TEXT: lives as long as its row */
	size_t length;	   /* in bytes */
} Cell;

/* How the cells of a column are coloured by their values. */
typedef enum Condition
{
	CONDITION_NONE,
	CONDITION_BAR,	 /* a bar in the cell, as long as the number is large */
	CONDITION_SCALE, /* shades from low to high */
	CONDITION_RULES, /* the first rule that holds decides */
} Condition;

/* One rule: where "number <comparison> limit" holds, the cell takes the colour. */
typedef struct Rule
{
	char comparison[3]; /* < <= > >= = <> */
	double limit;		/* to compare with */
	uint32_t color;		/* 0xRRGGBB, of the background */
} Rule;

#define MAX_RULES 8

/* What the row of totals shows for a column. */
typedef enum Total
{
	TOTAL_NONE,
	TOTAL_LABEL, /* the word for total */
	TOTAL_SUM,
	TOTAL_AVG,
	TOTAL_MIN,
	TOTAL_MAX,
	TOTAL_COUNT,   /* cells that are not empty */
	TOTAL_FORMULA, /* the column's formula over the totals */
	TOTALS,		   /* how many there are */
} Total;

/* A column of a sheet. */
typedef struct Column
{
	AnColumnKind kind; /* what it holds */
	Text header;	   /* its header */
	Text format;	   /* its number format; "" for general */
	double width;	   /* characters, 0 for what its cells need */
	char align;		   /* 'l', 'c', 'r', or 0 for what its kind asks for */
	bool wrap;		   /* long texts go on in further lines */
	Total total;	   /* what the row of totals shows */
	Text
		formula; /* how a spreadsheet computes it: "{0}/{1}*100", column numbers from 0 in braces; NULL for none */
	Condition condition; /* colouring */
	double low;	 /* number of the lowest shade or shortest bar, NaN for the least in the column */
	double high; /* of the highest, NaN for the greatest */
	uint32_t low_color;	   /* of scales; AN_COLOR_NONE for white */
	uint32_t high_color;   /* of scales and bars; AN_COLOR_NONE for the usual one */
	Rule rules[MAX_RULES]; /* of CONDITION_RULES */
	size_t n_rules;		   /* how many */
} Column;

/* A chart of a sheet's rows. */
typedef struct ChartSpec
{
	AnChartType type; /* kind of marks */
	Text title;		  /* above it */
	Text x_title;	  /* of the axis of categories */
	Text y_title;	  /* of the axis of values */
	Text format;	  /* of the values; NULL for the format of the first y */
	bool stacked;	  /* one upon the other */
	size_t x;		  /* column of categories */
	size_t *y;		  /* columns of values */
	size_t n_y;		  /* how many */
	double width;	  /* points, 0 for what the page has */
	double height;	  /* points, 0 for the usual */
} ChartSpec;

/* A figure above the table. */
typedef struct Card
{
	Text label;	 /* what it is */
	Text format; /* number format */
	Text note;	 /* a line below, NULL for none */
	Cell value;	 /* what it shows; a text's bytes live as long as the program */
} Card;

/* A table with what stands around it. */
typedef struct Sheet
{
	Text name;		   /* of the sheet; also heads its part of a page where there are several */
	Text note;		   /* lines below the subtitle of a sheet: period, filters; NULL for none */
	Card *cards;	   /* figures */
	size_t n_cards;	   /* how many */
	Column *columns;   /* of the table */
	size_t n_columns;  /* how many */
	ChartSpec *charts; /* of its rows */
	size_t n_charts;   /* how many */
	bool has_totals;   /* a row of totals will come */
	size_t index;	   /* which of the document's sheets it is, from 0 */
} Sheet;

/* The document; read-only once its first sheet has begun. */
typedef struct Document
{
	Text format;	/* what to write */
	Text output;	/* path of the file, which exists or not */
	Text tmpdir;	/* directory for temporary files */
	Text title;		/* line above everything; NULL for none */
	Text subtitle;	/* second line; NULL for none */
	Text author;	/* who made it, for the file's properties; NULL for none */
	Text company;	/* likewise */
	Text generated; /* time of generation as it is shown, in the user's zone; NULL for none */
	Text footer;	/* stands at the foot of each page; NULL for none */
	Text font;		/* list of font families to try first; NULL for none */
	const AnLocale *locale; /* separators, words; en if none was given */
	bool letter;			/* paper is US Letter, else A4 */
	char orientation;		/* 'p', 'l', or 0 for what fits the columns */
	double margins[4];		/* millimetres: top, right, bottom, left; NaN for the usual */
	double width;			/* of a picture, points; 0 for the usual */
	double height;			/* likewise */
	double scale;			/* pixels for a point of a bitmap; 0 for the usual */
	int64_t created;		/* time of creation to note in the file, seconds since 1970 */
	int64_t memory_limit;	/* bytes of address space, 0 for no limit */
	int64_t file_limit;		/* bytes that a file may grow to, -1 for no limit */
	bool several;			/* more than one sheet is to come */
} Document;

extern Document document;

/* What a format does.  Each sheet lives until its end_sheet returns. */
typedef struct Renderer
{
	const char *format;						 /* name of the format */
	void (*begin)(void);					 /* the document's options are known */
	void (*begin_sheet)(const Sheet *sheet); /* its columns, cards and charts are known */
	void (*put_row)(AnFrameReader *row);	 /* bytes that live until it returns */
	void (*put_totals)(AnFrameReader *row);	 /* likewise; at most once, behind the rows */
	void (*end_sheet)(void);				 /* no more rows */
	void (*end)(void);						 /* writes what is left, and checks it */
} Renderer;

extern const Renderer workbook_renderer;
extern const Renderer html_renderer;
extern const Renderer svg_renderer;
#ifdef WITH_PDF
extern const Renderer pdf_renderer;
extern const Renderer png_renderer;
#endif

/* ---- main.c */

/*
 * fail reports a reason and ends the program.  The message is a clause without
 * a period; what a disk says through errno is added by fail_io, which also
 * tells a full disk from a broken one.  warn reports something that the user should
 * know although the file is whole; a message of the same text is given once.
 */
extern _Noreturn void
fail(const char *state, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern _Noreturn void fail_io(const char *what);
extern void warn(const char *state, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* must_alloc is realloc that fails instead of returning NULL. */
extern void *must_alloc(void *old, size_t size);

/* Memory by must_alloc and free, for kernels. */
extern const AnMemory heap_memory;

/* ---- document.c: each takes a record that stands outside rows, and knows what came before. */
extern void document_take_option(AnFrameReader *record);
extern void document_take_sheet(void);
extern void document_take_card(void);
extern void document_take_column(AnFrameReader *record);
extern void document_take_chart(void);

/* document_sheet returns the sheet that was begun last, checked as a whole; NULL before the first. */
extern const Sheet *document_sheet(void);

/* document_end_sheet forgets it. */
extern void document_end_sheet(void);

/* ---- kept.c: a copy of a sheet, for who draws when all have come; texts live as long as the program anyway. */
extern Sheet *sheet_keep(const Sheet *sheet);
extern void sheet_forget(Sheet *kept);

/* ---- cell.c */

/* take_cell reads the next cell of a row; fails where there is none or it is damaged. */
extern void take_cell(AnFrameReader *row, Cell *cell);

/* row_done fails if something is left of a row. */
extern void row_done(const AnFrameReader *row);

/* show_cell returns how a cell shows: in `buffer` (AN_NUMBER_SHOWN_BYTES) or where the cell's text is; *length may be 0. */
extern const char *show_cell(const Column *column, const Cell *cell, char *buffer, size_t *length);

/* show_number does the same for a number with a format. */
extern size_t show_number(const Text *format, double number, char *buffer);

/* default_format returns how numbers of a kind show where no format was given: the locale's way. */
extern const char *default_format(AnColumnKind kind);

/* is_quantity tells whether a column's kind is one to compute with. */
extern bool is_quantity(AnColumnKind kind);

/* column_align returns 'l', 'c' or 'r'. */
extern char column_align(const Column *column);

/* ---- spool.c: rows in a temporary file without a name, read as often as wanted once all are in. */
typedef struct Spool Spool;
extern Spool *spool_new(void);
extern void spool_put(Spool *spool, const AnFrameReader *row);
extern void spool_rewind(Spool *spool);
extern bool spool_next(Spool *spool, AnFrameReader *row);
extern uint64_t spool_rows(const Spool *spool);
extern void spool_free(Spool *spool);

/* ---- seen.c: what has been seen in a column, and the colours that follow from it. */
typedef struct ColumnSeen
{
	double min; /* of its numbers; NaN for none */
	double max; /* likewise */
	uint32_t
		width; /* widest cell as it shows, in columns of a fixed-width font (kernel/utf8.h), of the first 10,000 rows */
	uint64_t n_numbers; /* cells that are numbers */
	uint64_t n_texts;	/* cells that are texts */
} ColumnSeen;

/* see_row notes the cells of a row; `seen` has one entry for each column. */
extern void see_row(const Sheet *sheet, ColumnSeen *seen, AnFrameReader row, uint64_t n_before);
extern void see_nothing(const Sheet *sheet, ColumnSeen *seen);

/* condition_color returns the background of a number by its column's condition, AN_COLOR_NONE for none. */
extern uint32_t condition_color(const Column *column, const ColumnSeen *seen, double number);

/* What scales and bars have where no colour is given; a scale begins at white. */
#define COLOR_SCALE 0x3B82F6
#define COLOR_BAR	0xBFDBFE

/*
 * condition_bar returns how much of the cell's width its bar takes, 0 to 1, and condition_bar_color its
 * colour.  As in Excel, a bar whose low is not given begins at 0 where no number is below.
 */
extern double condition_bar(const Column *column, const ColumnSeen *seen, double number);
extern uint32_t condition_bar_color(const Column *column);

/* text_color_on returns the colour of letters that can be read on a background. */
extern uint32_t text_color_on(uint32_t background);

/* ---- chart_data.c: the rows of a sheet become charts while they pass. */
typedef struct ChartData ChartData;
extern ChartData *chart_data_new(const Sheet *sheet);
extern void chart_data_put(ChartData *data, AnFrameReader row);

/*
 * chart_data_get makes chart i of the sheet, of that size in points; its strings and numbers live until
 * chart_data_free.  Past AN_CHART_MAX_POINTS rows a warning says that it shows the first of them.
 */
extern void chart_data_get(ChartData *data, size_t i, double width, double height, AnChart *chart);
extern void chart_data_free(ChartData *data);

/* ---- output.c: a file whose failures are not missed. */
extern FILE *output_open(void);
extern void output_write(void *file, const char *bytes, size_t size);
extern void output_close(FILE *file);

/*
 * ---- part.c: text that will stand behind other text.  part_open makes a file in document.tmpdir that
 * nobody else can open; part_append adds all of it to a file, and closes it.
 */
extern FILE *part_open(void);
extern void part_append(FILE *part, FILE *to);

/* ---- picture.c: draw_svg writes a chart, by itself or as an element of a page. */
extern void draw_svg(const AnChart *chart, AnSvg *svg, bool alone);

#endif /* AN_RENDER_RENDER_H */
