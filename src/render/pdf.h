/*
 * pdf.h - what the parts of the PDF renderer share
 *
 * "Page 1 of 7" must be known when page 1 is written.  So all sheets are kept until
 * the end of the stream, and the document is laid out twice by the same code: first
 * without a surface, which counts the pages, then with one.  Rows come from their
 * spools; where all rows of a table are one line high, counting does not read them.
 *
 *     pdf        the renderer, sheet by sheet              pdf.c
 *     pages      where on which page, headings, footers     pdf_page.c
 *     blocks     title, cards, charts                       pdf_block.c
 *     plan       widths of columns, size of letters, parts  pdf_plan.c
 *     tables     headers, rows, totals                      pdf_table.c
 *
 * Units are points from the upper left corner of the page.
 */
#ifndef AN_RENDER_PDF_H
#define AN_RENDER_PDF_H

#include "render/cairo_text.h"
#include "render/render.h"

#define COLOR_BLUE	 0x2563EB /* titles, headers, figures */
#define COLOR_TEXT	 0x1F2937
#define COLOR_GREY	 0x6B7280
#define COLOR_LINE	 0xE5E7EB
#define COLOR_STRIPE 0xF9FAFB
#define COLOR_CARD	 0xF3F4F6

#define BASE_SIZE	 8.0 /* letters of a table, unless it is too wide */
#define HEADER_LINES 4

/* Lines stand this many sizes apart; a baseline is this far below the top of its line. */
#define LINE_PITCH(size)	((size) *1.35)
#define LINE_BASELINE(size) ((size) *1.03)

/* A column of a part of a table. */
typedef struct PdfColumn
{
	size_t index;	  /* which of the sheet's columns */
	double x;		  /* its left edge, from the margin */
	double width;	  /* with the room left and right of texts */
	size_t max_lines; /* of a cell */
	bool wraps;		  /* a cell may have more than one line */
} PdfColumn;

/* Columns that stand side by side: usually all. */
typedef struct PdfPart
{
	PdfColumn *columns;	  /* from left to right */
	size_t n_columns;	  /* how many */
	double header_height; /* of the header */
	bool wraps;			  /* a row may be higher than a line */
} PdfPart;

/* How a table stands on its pages. */
typedef struct PdfPlan
{
	bool landscape; /* the paper lies */
	double size;	/* of letters */
	TextFace *face; /* of cells */
	TextFace *bold; /* of headers and totals */
	double pad_x;	/* left and right of texts */
	double pad_y;	/* above and below */
	PdfPart *parts; /* one behind the other */
	size_t n_parts; /* how many; 0 for a sheet without columns */
} PdfPlan;

/* A sheet with all that came for it. */
typedef struct PdfSheet
{
	Sheet *sheet;		   /* a copy */
	Spool *rows;		   /* its rows */
	ChartData *charts;	   /* data of its charts */
	ColumnSeen *seen;	   /* for conditions */
	double *widest;		   /* widest cell of each column, points at BASE_SIZE */
	bool *broken;		   /* the column has cells of several lines */
	unsigned char *totals; /* row of totals, NULL for none */
	size_t totals_size;	   /* its bytes */
	PdfPlan plan;		   /* how its table stands */
} PdfSheet;

/* The page that is filled. */
typedef struct PdfPage
{
	cairo_surface_t *surface; /* NULL while pages are counted */
	cairo_t *cr;			  /* likewise */
	size_t number;			  /* from 1; 0 before the first */
	size_t n_pages;			  /* how many there will be */
	bool landscape;			  /* it lies */
	double width;			  /* of the paper */
	double height;			  /* of the paper */
	double left;			  /* edge of what may be used */
	double right;			  /* likewise */
	double top;				  /* likewise */
	double bottom;			  /* likewise */
	double y;				  /* top of what is free */
} PdfPage;

extern PdfPage page;

/* ---- pdf_page.c */

/* page_size sets the fields of a page that depend on how the paper lies. */
extern void page_size(PdfPage *on, bool landscape);
extern void page_begin(bool landscape);
extern void page_end(void);

/* page_room begins a new page unless `height` is free, and tells whether it did. */
extern bool page_room(double height);

extern void page_fill(uint32_t color, double x, double y, double width, double height);

/* page_line shows a text in one line between x and x + width, cut with "…" if it must be; align l, c or r. */
extern void page_line(TextFace *face, uint32_t color, double x, double baseline, double width,
					  char align, const Text *text);

/* page_lines shows a text in up to max_lines lines below page.y, and moves it down. */
extern void
page_lines(double size, bool bold, uint32_t color, char align, size_t max_lines, const Text *text);

/* note_cut says once that texts were cut. */
extern void note_cut(void);

/* ---- pdf_block.c */
extern void draw_title(void);
extern void draw_heading(const PdfSheet *of);
extern void draw_cards(const Sheet *sheet);
extern void draw_charts(const PdfSheet *of);

/* ---- pdf_plan.c */

/* plan_table decides how the sheet's table stands, once its rows have come. */
extern void plan_table(PdfSheet *of);

/* ---- pdf_table.c */
extern void measure_row(PdfSheet *of, AnFrameReader row, bool totals);
extern void draw_table(PdfSheet *of);

#endif /* AN_RENDER_PDF_H */
