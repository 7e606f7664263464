/*
 * chart_inside.h - what the parts of the chart kernel share
 *
 * A chart is drawn in three steps: what its values span (chart_extent.c), where
 * everything stands (chart_layout.c, with ticks of chart_ticks.c and the legend of
 * chart_legend.c), and the shapes themselves (chart_axes.c, chart_columns.c,
 * chart_lines.c, chart_pie.c).  All positions are points on the canvas.
 */
#ifndef AN_KERNEL_CHART_INSIDE_H
#define AN_KERNEL_CHART_INSIDE_H

#include "kernel/chart.h"

#define AN_CHART_TEXT_BYTES 192 /* of a text that was made to fit */
#define AN_CHART_MAX_TICKS	32

/* Sizes of letters, in points, and what a line of text takes of it. */
#define AN_CHART_TITLE_SIZE	 11.0
#define AN_CHART_LABEL_SIZE	 7.5
#define AN_CHART_LEGEND_SIZE 8.0
#define AN_CHART_LINE_HEIGHT 1.35
#define AN_CHART_MIDDLE		 0.36 /* from the middle of the digits down to their baseline */
#define AN_CHART_AXIS_GAP	 6.0  /* between the plot and the labels of an axis */

#define AN_CHART_TITLE_COLOR 0x111827
#define AN_CHART_TEXT_COLOR	 0x374151
#define AN_CHART_PALE_COLOR	 0x6B7280 /* titles of axes */
#define AN_CHART_GRID_COLOR	 0xE5E7EB
#define AN_CHART_BASE_COLOR	 0x9CA3AF /* the zero line, what is left of a pie */

/* A rectangle. */
typedef struct AnChartBox
{
	double left;   /* points */
	double top;	   /* points */
	double right;  /* points, >= left */
	double bottom; /* points, >= top */
} AnChartBox;

/* A text that was made to fit: valid UTF-8, one line, not terminated. */
typedef struct AnChartLabel
{
	char text[AN_CHART_TEXT_BYTES]; /* the bytes */
	size_t length;					/* of it */
	double width;					/* points */
} AnChartLabel;

typedef struct AnChartTick
{
	double value;		/* where it stands */
	AnChartLabel label; /* how that shows */
} AnChartTick;

/* A scale with its ticks. */
typedef struct AnChartAxis
{
	double low;							   /* value at one end */
	double high;						   /* value at the other, > low */
	double from;						   /* where low is on the canvas */
	double to;							   /* where high is */
	int n_ticks;						   /* how many follow */
	AnChartTick ticks[AN_CHART_MAX_TICKS]; /* ascending */
} AnChartAxis;

/* What ticks an axis should have. */
typedef struct AnChartScale
{
	double low;			/* smallest value */
	double high;		/* largest, >= low */
	bool whole;			/* values are whole numbers: no ticks between them */
	bool reach;			/* the axis begins and ends with a tick */
	const char *format; /* number format, terminated; "" chooses decimals by the step */
} AnChartScale;

/* What is left out for want of room: at each level this, and what stands before it. */
typedef enum AnChartDrop
{
	AN_CHART_DROP_NOTHING,
	AN_CHART_DROP_AXIS_TITLES,
	AN_CHART_DROP_LEGEND,
	AN_CHART_DROP_TITLE,
	AN_CHART_DROP_LABELS,
} AnChartDrop;

/* Where the legend stands. */
typedef enum AnChartLegendPlace
{
	AN_CHART_LEGEND_NONE,
	AN_CHART_LEGEND_BELOW, /* in rows */
	AN_CHART_LEGEND_RIGHT, /* in one column */
} AnChartLegendPlace;

/* A chart on its way to the canvas. */
typedef struct AnChartPlan
{
	/* Given. */
	const AnChart *chart;	/* data */
	const AnCanvas *canvas; /* paints */
	const AnMemory *memory; /* for the arrays below */
	const AnLocale *locale; /* the chart's, or English */

	/* What kind of chart it is. */
	bool lying;			 /* values go to the right, categories downwards */
	bool by_x;			 /* places are numbers, not categories */
	bool edges;			 /* the first and the last category stand at the ends */
	double pad;			 /* points left free at the edges of the chart */
	AnChartDrop dropped; /* what is left out for want of room */

	/* The data. */
	AnChartScale value_scale; /* what the values span */
	AnChartScale place_scale; /* what x spans, if by_x */
	double *up;				  /* where the next positive value of each point stands */
	double *down;			  /* and the next negative one */
	unsigned char *missing;	  /* how many of the series drawn lack a value there */
	double *base;			  /* of the series at hand: where a mark begins */
	double *top;			  /* and where it ends, NaN for missing */
	size_t *order;			  /* the points that have a place, from left to right */
	size_t n_order;			  /* how many */
	AnPoint *points;		  /* room for twice the points */

	/* The layout. */
	AnChartBox plot;				 /* where the marks are */
	AnChartAxis values;				 /* the axis of values */
	AnChartAxis places;				 /* the axis of x, if by_x */
	size_t every;					 /* each so many-th category has a label */
	bool turned;					 /* these labels are turned */
	bool wrapped;					 /* or take two lines */
	double label_room;				 /* points that a label of a category may be wide */
	double labels_depth;			 /* points that the labels below the plot take */
	AnChartLegendPlace legend_place; /* where the legend stands */
	double legend_width;			 /* if it is at the right */
	int legend_rows;				 /* rows of it */
} AnChartPlan;

/* chart_text.c */

/*
 * an_chart_fit makes `label` of a text: bytes that are no UTF-8 become U+FFFD, control
 * characters blanks; what is wider than `room` points is cut and ends with "…".
 */
extern void an_chart_fit(const AnChartPlan *plan, AnChartText text, const AnFont *font, double room,
						 AnChartLabel *label);

/*
 * an_chart_wrap makes one or two lines of a text, broken at a blank or between East
 * Asian characters; false: even so something had to be cut.
 */
extern bool an_chart_wrap(const AnChartPlan *plan, AnChartText text, const AnFont *font,
						  double room, AnChartLabel lines[2]);
extern void an_chart_set(const AnChartPlan *plan, double x, double y, const AnChartLabel *label,
						 const AnFont *font);

/* an_chart_number makes a label of a number. */
extern void
an_chart_number(const AnChartPlan *plan, const char *format, double value, AnChartLabel *label);

/* an_chart_category makes the label of point i: its text, or its x, or its number. */
extern void an_chart_category(const AnChartPlan *plan, size_t i, double room, AnChartLabel *label);

/* an_chart_font returns the font of labels. */
extern AnFont an_chart_font(AnAnchor anchor);

/* an_chart_color returns the colour of series or slice i. */
extern uint32_t an_chart_color(const AnChart *chart, size_t i);

/* an_chart_filled returns a paint without outline. */
extern AnPaint an_chart_filled(uint32_t color, double opacity);

/* an_chart_stroke returns the line of series i; where colours come again, it is broken. */
extern AnPaint an_chart_stroke(const AnChartPlan *plan, size_t i);

/* chart_extent.c */

/* an_chart_extent takes the arrays and measures the data; false: there is nothing to show. */
extern bool an_chart_extent(AnChartPlan *plan);
extern void an_chart_release(AnChartPlan *plan);

/* an_chart_stack_begin, then an_chart_stack for series 0, 1, 2 … sets base and top of all points. */
extern void an_chart_stack_begin(AnChartPlan *plan);
extern void an_chart_stack(AnChartPlan *plan, size_t series);

/* chart_ticks.c */

/* an_chart_ticks sets low, high and ticks of `axis`, with at most `intervals` (>= 1) steps. */
extern void an_chart_ticks(const AnChartPlan *plan, const AnChartScale *scale, int intervals,
						   AnChartAxis *axis);

/* an_chart_date_ticks does so in whole seconds to years; false: no such step will do. */
extern bool an_chart_date_ticks(const AnChartPlan *plan, const AnChartScale *scale, int intervals,
								AnChartAxis *axis);

/* an_chart_ticks_differ makes the labels, and tells whether they differ from each other. */
extern bool an_chart_ticks_differ(const AnChartPlan *plan, const char *format, AnChartAxis *axis);

/* an_chart_at returns where a value is on the canvas, never beyond the ends. */
extern double an_chart_at(const AnChartAxis *axis, double value);

/* chart_layout.c */

extern void an_chart_layout(AnChartPlan *plan);

/* an_chart_band returns how much room a category has, an_chart_place where its middle is. */
extern double an_chart_band(const AnChartPlan *plan);
extern double an_chart_place(const AnChartPlan *plan, size_t i);

/* chart_legend.c */

/* an_chart_legend_plan decides where the legend stands, given the left of what is above it. */
extern void an_chart_legend_plan(AnChartPlan *plan, double left);
extern double an_chart_legend_height(const AnChartPlan *plan);
extern void an_chart_legend(const AnChartPlan *plan);

/* The shapes. */

extern void an_chart_grid(const AnChartPlan *plan);
extern void an_chart_axes(const AnChartPlan *plan);
extern void an_chart_columns(AnChartPlan *plan);
extern void an_chart_lines(AnChartPlan *plan);
extern void an_chart_scatter(AnChartPlan *plan);

/* an_chart_pie draws the whole chart below its title; false: it has no slice. */
extern bool an_chart_pie(AnChartPlan *plan, double top);

#endif /* AN_KERNEL_CHART_INSIDE_H */
