/*
 * chart_recorder.h - a canvas that remembers what was drawn, and memory that counts
 *
 * Widths of texts are those of kernel/svg.c.
 */
#ifndef AN_TEST_CHART_RECORDER_H
#define AN_TEST_CHART_RECORDER_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/chart.h"
#include "kernel/svg.h"
#include "kernel/utf8.h"

#define BLUE  0x2563EB /* of the first series */
#define GREEN 0x10B981 /* and of the second */

typedef enum ShapeKind
{
	SHAPE_TEXT,
	SHAPE_RECTANGLE,
	SHAPE_PATH,
	SHAPE_CIRCLE,
	SHAPE_SECTOR,
} ShapeKind;

typedef struct Shape
{
	ShapeKind kind;	 /* what it is */
	char text[200];	 /* of a text, terminated */
	AnFont font;	 /* of a text */
	double x, y;	 /* place: baseline, upper left corner, middle */
	double width;	 /* of a text or rectangle; radius of a circle or sector */
	double height;	 /* of a rectangle */
	double from, to; /* angles of a sector */
	AnPoint *points; /* of a path */
	size_t n_points; /* how many */
	bool closed;	 /* the path is */
	AnPaint paint;	 /* of all but texts */
} Shape;

typedef struct Recorder
{
	Shape *shapes;	 /* in the order of drawing */
	size_t n;		 /* how many */
	size_t room;	 /* for how many there is */
	int n_taken;	 /* blocks of memory that were not given back */
	AnCanvas canvas; /* draws here */
	AnMemory memory; /* counts */
} Recorder;

static inline Shape *
record(void *context, ShapeKind kind, double x, double y)
{
	Recorder *recorder = context;
	Shape *shape;

	if (recorder->n == recorder->room)
	{
		recorder->room = recorder->room * 2 + 64;
		recorder->shapes = realloc(recorder->shapes, recorder->room * sizeof(Shape));
	}
	shape = &recorder->shapes[recorder->n++];
	memset(shape, 0, sizeof(Shape));
	shape->kind = kind;
	shape->x = x;
	shape->y = y;
	return shape;
}

static inline double
record_text_width(void *context, const char *text, size_t length, const AnFont *font)
{
	AnSvg svg = {NULL, NULL, ""};
	AnCanvas canvas;

	(void) context;
	an_svg_canvas(&svg, &canvas);
	return canvas.text_width(&svg, text, length, font);
}

/* Texts must be valid UTF-8 without control characters, whatever was given. */
static inline void
record_text(void *context, double x, double y, const char *text, size_t length, const AnFont *font)
{
	Shape *shape = record(context, SHAPE_TEXT, x, y);

	assert_true(length > 0 && length < sizeof(shape->text));
	memcpy(shape->text, text, length);
	shape->font = *font;
	shape->width = record_text_width(NULL, text, length, font);
	for (size_t at = 0; at < length;)
	{
		size_t taken;
		uint32_t code = an_utf8_next((const unsigned char *) text + at, length - at, &taken);

		assert_true(code >= 0x20 && code != 0x7F);
		assert_true(code != AN_UTF8_REPLACEMENT || taken == 3);
		at += taken;
	}
}

static inline void
record_rectangle(void *context, double x, double y, double width, double height,
				 const AnPaint *paint)
{
	Shape *shape = record(context, SHAPE_RECTANGLE, x, y);

	shape->width = width;
	shape->height = height;
	shape->paint = *paint;
}

static inline void
record_path(void *context, const AnPoint *points, size_t n, bool closed, const AnPaint *paint)
{
	Shape *shape = record(context, SHAPE_PATH, points[0].x, points[0].y);

	shape->points = malloc(n * sizeof(AnPoint));
	memcpy(shape->points, points, n * sizeof(AnPoint));
	shape->n_points = n;
	shape->closed = closed;
	shape->paint = *paint;
}

static inline void
record_circle(void *context, double x, double y, double radius, const AnPaint *paint)
{
	Shape *shape = record(context, SHAPE_CIRCLE, x, y);

	shape->width = radius;
	shape->paint = *paint;
}

static inline void
record_sector(void *context, double x, double y, double inner, double outer, double from, double to,
			  const AnPaint *paint)
{
	Shape *shape = record(context, SHAPE_SECTOR, x, y);

	assert_true(inner >= 0 && inner < outer && from < to && to <= from + 360);
	shape->width = outer;
	shape->from = from;
	shape->to = to;
	shape->paint = *paint;
}

static inline void *
count_take(void *owner, size_t size)
{
	((Recorder *) owner)->n_taken++;
	return malloc(size);
}

static inline void
count_give(void *owner, void *block)
{
	((Recorder *) owner)->n_taken -= block != NULL;
	free(block);
}

static inline void
recorder_begin(Recorder *recorder)
{
	memset(recorder, 0, sizeof(Recorder));
	recorder->canvas = (AnCanvas){recorder,	   record_text_width, record_text,	record_rectangle,
								  record_path, record_circle,	  record_sector};
	recorder->memory = (AnMemory){count_take, count_give, recorder};
}

static inline void
recorder_end(Recorder *recorder)
{
	for (size_t i = 0; i < recorder->n; i++)
		free(recorder->shapes[i].points);
	free(recorder->shapes);
	assert_int_equal(recorder->n_taken, 0);
}

/* Draws a chart that must succeed, into a recorder that begins anew. */
static inline void
draw(const AnChart *chart, Recorder *recorder)
{
	recorder_begin(recorder);
	assert_int_equal(an_chart_draw(chart, &recorder->canvas, &recorder->memory), AN_OK);
	assert_int_equal(recorder->n_taken, 0);
}

/* Returns the first shape of that kind from *at on whose inside (outline of paths) has the colour, and moves *at behind it. */
static inline const Shape *
next_shape(const Recorder *recorder, ShapeKind kind, uint32_t color, size_t *at)
{
	while (*at < recorder->n)
	{
		const Shape *shape = &recorder->shapes[(*at)++];
		uint32_t of_shape =
			kind == SHAPE_PATH && !shape->closed ? shape->paint.stroke : shape->paint.fill;

		if (shape->kind == kind && of_shape == color)
			return shape;
	}
	return NULL;
}

/* Returns the text, or NULL. */
static inline const Shape *
find_text(const Recorder *recorder, const char *text)
{
	for (size_t i = 0; i < recorder->n; i++)
	{
		if (recorder->shapes[i].kind == SHAPE_TEXT && strcmp(recorder->shapes[i].text, text) == 0)
			return &recorder->shapes[i];
	}
	return NULL;
}

/* A chart of one or two series of n values, 480 by 240 points, in English. */
static inline AnChart
chart_of(AnChartType type, AnChartSeries series[2], const double *one, const double *two, size_t n)
{
	series[0] = (AnChartSeries){{NULL, 0}, one, AN_COLOR_NONE};
	series[1] = (AnChartSeries){{NULL, 0}, two, AN_COLOR_NONE};
	return (AnChart){.type = type,
					 .x_format = "",
					 .y_format = "",
					 .n_points = n,
					 .series = series,
					 .n_series = two == NULL ? 1 : 2,
					 .locale = an_locale_find("en"),
					 .width = 480,
					 .height = 240};
}

static inline size_t
count(const Recorder *recorder, ShapeKind kind, uint32_t color)
{
	size_t at = 0;
	size_t n = 0;

	while (next_shape(recorder, kind, color, &at) != NULL)
		n++;
	return n;
}

static inline AnChartText
text_of(const char *text)
{
	return (AnChartText){text, text == NULL ? 0 : strlen(text)};
}

#endif /* AN_TEST_CHART_RECORDER_H */
