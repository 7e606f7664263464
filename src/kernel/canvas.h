/*
 * canvas.h - what a chart draws on: a few shapes and texts, whoever paints them
 *
 * Units are points (1/72 inch), x to the right, y downwards, from the upper left
 * corner of the chart.  Angles are degrees, clockwise from 12 o'clock.  Texts are
 * UTF-8 of given length, perhaps with any characters of any script.  A canvas
 * keeps its own failures (a full disk, a missing font): drawing never fails.
 */
#ifndef AN_KERNEL_CANVAS_H
#define AN_KERNEL_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A colour is 0xRRGGBB. */
#define AN_COLOR_NONE UINT32_MAX

typedef struct AnPoint
{
	double x; /* points from the left */
	double y; /* points from the top */
} AnPoint;

/* How an outline and what it encloses are painted. */
typedef struct AnPaint
{
	uint32_t fill;		 /* colour inside, AN_COLOR_NONE for none */
	uint32_t stroke;	 /* colour of the line, AN_COLOR_NONE for none */
	double line_width;	 /* points */
	double fill_opacity; /* 0 to 1 */
	bool dashed;		 /* the line is broken */
} AnPaint;

typedef enum AnAnchor
{
	AN_ANCHOR_START,  /* the text begins at the place */
	AN_ANCHOR_MIDDLE, /* its middle is there */
	AN_ANCHOR_END,	  /* it ends there */
} AnAnchor;

/* How a text is set. */
typedef struct AnFont
{
	double size;	 /* points */
	bool bold;		 /* or regular */
	uint32_t color;	 /* of the letters */
	AnAnchor anchor; /* which end stands at the place */
	double rotation; /* degrees clockwise around the place */
} AnFont;

typedef struct AnCanvas
{
	void *context; /* of whoever paints; first argument of every call */

	/* Returns how wide a text will be, in points. */
	double (*text_width)(void *context, const char *text, size_t length, const AnFont *font);

	/* Sets a text with its baseline at (x, y). */
	void (*text)(void *context, double x, double y, const char *text, size_t length,
				 const AnFont *font);

	/* Paints a rectangle. */
	void (*rectangle)(void *context, double x, double y, double width, double height,
					  const AnPaint *paint);

	/* Paints straight lines from point to point (n >= 1), back to the first if closed. */
	void (*path)(void *context, const AnPoint *points, size_t n, bool closed, const AnPaint *paint);

	/* Paints a circle. */
	void (*circle)(void *context, double x, double y, double radius, const AnPaint *paint);

	/* Paints the part of a ring from angle `from` to `to` (from < to <= from + 360); inner 0 is a slice of a pie. */
	void (*sector)(void *context, double x, double y, double inner, double outer, double from,
				   double to, const AnPaint *paint);
} AnCanvas;

#endif /* AN_KERNEL_CANVAS_H */
