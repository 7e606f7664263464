/*
 * cairo_canvas.c - the shapes of a chart on a cairo surface
 */
#include "render/cairo_text.h"

#include <math.h>

#include "render/render.h"

#define RADIANS(degrees) (((degrees) -90) * (M_PI / 180))

static double canvas_text_width(void *cr, const char *text, size_t length, const AnFont *font);
static void
canvas_text(void *cr, double x, double y, const char *text, size_t length, const AnFont *font);
static void
canvas_rectangle(void *cr, double x, double y, double width, double height, const AnPaint *paint);
static void
canvas_path(void *cr, const AnPoint *points, size_t n, bool closed, const AnPaint *paint);
static void canvas_circle(void *cr, double x, double y, double radius, const AnPaint *paint);
static void canvas_sector(void *cr, double x, double y, double inner, double outer, double from,
						  double to, const AnPaint *paint);
static void paint_path(cairo_t *cr, const AnPaint *paint);

void
cairo_canvas(cairo_t *cr, AnCanvas *canvas)
{
	*canvas = (AnCanvas){
		.context = cr,
		.text_width = canvas_text_width,
		.text = canvas_text,
		.rectangle = canvas_rectangle,
		.path = canvas_path,
		.circle = canvas_circle,
		.sector = canvas_sector,
	};
}

void
set_color(cairo_t *cr, uint32_t color)
{
	cairo_set_source_rgb(cr, (color >> 16 & 0xFF) / 255.0, (color >> 8 & 0xFF) / 255.0,
						 (color & 0xFF) / 255.0);
}

void
check_cairo(cairo_t *cr, cairo_surface_t *surface)
{
	cairo_status_t status = cr ? cairo_status(cr) : CAIRO_STATUS_SUCCESS;

	if (status == CAIRO_STATUS_SUCCESS && surface)
		status = cairo_surface_status(surface);
	if (status == CAIRO_STATUS_NO_MEMORY)
		fail(STATE_NO_MEMORY, "out of memory");
	if (status != CAIRO_STATUS_SUCCESS)
		fail(STATE_IO_ERROR, "could not draw: %s", cairo_status_to_string(status));
}

cairo_status_t
write_bytes(void *file, const unsigned char *bytes, unsigned int size)
{
	output_write(file, (const char *) bytes, size);
	return CAIRO_STATUS_SUCCESS;
}

static double
canvas_text_width(void *cr, const char *text, size_t length, const AnFont *font)
{
	(void) cr;
	return text_width(text_face(font->size, font->bold), text, length);
}

static void
canvas_text(void *cr, double x, double y, const char *text, size_t length, const AnFont *font)
{
	TextFace *face = text_face(font->size, font->bold);
	double back = 0;

	if (font->anchor != AN_ANCHOR_START)
		back = text_width(face, text, length) / (font->anchor == AN_ANCHOR_MIDDLE ? 2 : 1);
	cairo_save(cr);
	cairo_translate(cr, x, y);
	if (font->rotation != 0)
		cairo_rotate(cr, font->rotation * (M_PI / 180));
	set_color(cr, font->color);
	text_show(cr, face, -back, 0, text, length);
	cairo_restore(cr);
}

static void
canvas_rectangle(void *cr, double x, double y, double width, double height, const AnPaint *paint)
{
	cairo_rectangle(cr, x, y, width, height);
	paint_path(cr, paint);
}

static void
canvas_path(void *cr, const AnPoint *points, size_t n, bool closed, const AnPaint *paint)
{
	cairo_new_path(cr);
	for (size_t i = 0; i < n; i++)
		cairo_line_to(cr, points[i].x, points[i].y);
	if (closed)
		cairo_close_path(cr);
	paint_path(cr, paint);
}

static void
canvas_circle(void *cr, double x, double y, double radius, const AnPaint *paint)
{
	cairo_new_sub_path(cr);
	cairo_arc(cr, x, y, radius, 0, 2 * M_PI);
	cairo_close_path(cr);
	paint_path(cr, paint);
}

static void
canvas_sector(void *cr, double x, double y, double inner, double outer, double from, double to,
			  const AnPaint *paint)
{
	bool whole = to - from >= 360;

	/* A whole ring is two circles, of which the inner one runs the other way. */
	cairo_new_sub_path(cr);
	cairo_arc(cr, x, y, outer, RADIANS(from), RADIANS(to));
	if (whole)
	{
		cairo_close_path(cr);
		cairo_new_sub_path(cr);
	}
	if (inner > 0)
		cairo_arc_negative(cr, x, y, inner, RADIANS(to), RADIANS(from));
	else if (!whole)
		cairo_line_to(cr, x, y);
	if (!whole || inner > 0)
		cairo_close_path(cr);
	paint_path(cr, paint);
}

/* Fills and strokes what was laid out, and forgets it. */
static void
paint_path(cairo_t *cr, const AnPaint *paint)
{
	static const double dash[] = {3, 2};

	if (paint->fill != AN_COLOR_NONE)
	{
		cairo_set_source_rgba(cr, (paint->fill >> 16 & 0xFF) / 255.0,
							  (paint->fill >> 8 & 0xFF) / 255.0, (paint->fill & 0xFF) / 255.0,
							  paint->fill_opacity);
		cairo_fill_preserve(cr);
	}
	if (paint->stroke != AN_COLOR_NONE && paint->line_width > 0)
	{
		set_color(cr, paint->stroke);
		cairo_set_line_width(cr, paint->line_width);
		cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
		cairo_set_dash(cr, dash, paint->dashed ? 2 : 0, 0);
		cairo_stroke_preserve(cr);
	}
	cairo_new_path(cr);
}
