/*
 * chart.h - charts as shapes on a canvas: axes, ticks, marks, legend
 *
 * A chart is data and a size; drawing it is arithmetic, the same whether the
 * canvas is a page of a PDF, a PNG or SVG text.  Nothing overlaps: labels of numbers
 * and dates that do not fit are left out evenly, names take two lines or are turned;
 * a long one is cut with "…".  In a small chart titles of axes, legend, title and labels
 * are left out, in this order.
 *
 * The value axis starts at 0 for columns, bars and areas, and elsewhere
 * where the data's range is not small against its distance from 0; ticks
 * are 1, 2, 2.5 or 5 times a power of ten (Heckbert, "Nice numbers for graph
 * labels", Graphics Gems 1990; Talbot et al., "An extension of Wilkinson's
 * algorithm", 2010).
 *
 * A missing value is a gap in lines and areas, no column.  Pies show the first
 * series, largest slice first; they leave out what is missing, zero or negative,
 * and join slices past the eighth into the word for "other".  Points that nobody
 * could tell apart are drawn once: the size of the plot bounds how many shapes there are.
 * No data at all draws title and frame with the locale's words for no rows.
 */
#ifndef AN_KERNEL_CHART_H
#define AN_KERNEL_CHART_H

#include "kernel/canvas.h"
#include "kernel/locale.h"
#include "kernel/memory.h"
#include "kernel/status.h"

#define AN_CHART_MAX_SERIES 50
#define AN_CHART_MAX_POINTS 50000
#define AN_CHART_PADDING	8.0 /* points left free at the edges; less in a small chart */

typedef enum AnChartType
{
	AN_CHART_LINE,
	AN_CHART_COLUMN, /* upright */
	AN_CHART_BAR,	 /* lying */
	AN_CHART_AREA,
	AN_CHART_PIE,
	AN_CHART_SCATTER,
	AN_CHART_TYPES, /* how many there are */
} AnChartType;

/* A text that somebody else owns; not terminated. */
typedef struct AnChartText
{
	const char *bytes; /* UTF-8; NULL for none */
	size_t length;	   /* in bytes */
} AnChartText;

typedef struct AnChartSeries
{
	AnChartText name;	  /* for the legend */
	const double *values; /* one for each point; NaN or infinite is missing */
	uint32_t color;		  /* AN_COLOR_NONE for the next of the palette */
} AnChartSeries;

typedef struct AnChart
{
	AnChartType type;		   /* kind of marks */
	AnChartText title;		   /* above */
	AnChartText x_title;	   /* of the axis of categories */
	AnChartText y_title;	   /* of the axis of values */
	bool stacked;			   /* columns, bars and areas stand upon each other */
	const AnChartText *labels; /* one for each point, as they show; NULL where x counts */
	const double
		*x; /* position of each point, for scatter, and for lines over time; NULL for 1, 2, 3 … */
	const char *x_format; /* number format of x, terminated */
	const char *y_format; /* number format of the values, terminated; "" chooses by the ticks */
	size_t n_points;	  /* points of each series */
	const AnChartSeries *series; /* what is shown */
	size_t n_series;			 /* how many */
	const AnLocale *locale;		 /* separators and words */
	double width;				 /* points */
	double height;				 /* points */
} AnChart;

/* The colours that series take in turn. */
extern const uint32_t an_chart_palette[];
extern const size_t an_chart_palette_size;

/* an_chart_type_find returns the type of that name (line, column, bar, area, pie, scatter), or AN_CHART_TYPES. */
extern AnChartType an_chart_type_find(const char *name);
extern const char *an_chart_type_name(AnChartType type);

/*
 * an_chart_draw draws; memory for what it sorts and places is taken from `memory` and given back.
 * AN_ERR_LIMIT above the limits, AN_ERR_ARGUMENT for a size below 60 by 40 points.
 */
extern AnStatus an_chart_draw(const AnChart *chart, const AnCanvas *canvas, const AnMemory *memory);

#endif /* AN_KERNEL_CHART_H */
