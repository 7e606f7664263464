/*
 * heatmap.h - a table of numbers as lines of text, with a shade for each number
 *
 *                 0       1       2
 *     Monday  ██ 100%  ▓▓ 67%  ▒▒ 33%
 *     Tuesday ██ 100%  ▒▒ 50%
 *
 * Labels stand left.  A column is as wide as its heading and the widest of all
 * values need; where shades stand alone, all as the widest heading.  Widths are those
 * of a fixed-width font (kernel/utf8.h).  Texts are UTF-8 that went through an_heatmap_text.
 */
#ifndef AN_KERNEL_HEATMAP_H
#define AN_KERNEL_HEATMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/spark.h"

#define AN_HEATMAP_MAX_ROWS	   1000
#define AN_HEATMAP_MAX_COLUMNS 100
#define AN_HEATMAP_TEXT_WIDTH  40  /* columns of the terminal that a text takes at most */
#define AN_HEATMAP_TEXT_BYTES  256 /* bytes of such a text */
#define AN_HEATMAP_LINE_BYTES  (1024 + AN_HEATMAP_MAX_COLUMNS * 512) /* bytes of the longest line */

/* What a cell shows. */
typedef enum AnHeatmapCells
{
	AN_HEATMAP_BOTH,   /* shade and value */
	AN_HEATMAP_VALUES, /* value */
	AN_HEATMAP_SHADES, /* shade, all over the cell */
} AnHeatmapCells;

/* A text that is ready to be shown. */
typedef struct AnHeatmapText
{
	const char *bytes; /* not terminated */
	size_t size;	   /* bytes of it */
} AnHeatmapText;

typedef struct AnHeatmap
{
	AnHeatmapText corner;		  /* above the labels of rows */
	const AnHeatmapText *rows;	  /* label of each row */
	size_t n_rows;				  /* up to AN_HEATMAP_MAX_ROWS */
	const AnHeatmapText *columns; /* heading of each column */
	size_t n_columns;			  /* up to AN_HEATMAP_MAX_COLUMNS */
	const double *values;		  /* row after row; NaN where there is none */
	const AnHeatmapText *shown;	  /* the same as text; of size 0 where there is none */
	double low;			  /* value of the lightest shade, NaN for an_heatmap_measure to choose */
	double high;		  /* value of the darkest one, likewise */
	AnHeatmapCells cells; /* what is shown */
	AnSigns signs;		  /* of what the shades are */
	bool colors;		  /* shades are background colours (ECMA-48 SGR, 24 bit) */
	uint32_t label_width; /* set by an_heatmap_measure: columns of the widest label */
	/* set by an_heatmap_measure: of the cells of each column */
	uint32_t widths[AN_HEATMAP_MAX_COLUMNS];
} AnHeatmap;

/*
 * an_heatmap_text makes a text ready at `out`, which has room for
 * AN_HEATMAP_TEXT_BYTES, and returns its bytes: control characters become blanks,
 * those that turn the direction of writing are left out, and what does not fit is cut with a sign for it.
 */
extern size_t an_heatmap_text(const char *bytes, size_t size, AnSigns signs, char *out);

/*
 * an_heatmap_measure sets the widths, and chooses a bound of the shades that is NaN: the
 * least and the greatest finite value, and 0 where that lies beyond them.
 */
extern void an_heatmap_measure(AnHeatmap *map);

/* an_heatmap_header writes the line of headings, an_heatmap_line that of row `row`; both need room for
 * AN_HEATMAP_LINE_BYTES and return the bytes written, without blanks at the end. */
extern size_t an_heatmap_header(const AnHeatmap *map, char *out);
extern size_t an_heatmap_line(const AnHeatmap *map, size_t row, char *out);

#endif /* AN_KERNEL_HEATMAP_H */
