/*
 * svg.c - a canvas that writes SVG 1.1 text
 *
 * Every element goes out by itself, as it is drawn; nothing is kept.  Numbers have
 * at most two decimals and are written digit by digit, since printf's point is the
 * C locale's.  Widths of letters: Adobe Font Metrics of Helvetica and Helvetica-Bold.
 */
#include "kernel/svg.h"

#include <math.h>
#include <string.h>

#include "kernel/utf8.h"

#define MAX_COORDINATE 1e7	/* what lies further out is drawn there */
#define BLANK		   0x20 /* the first character of the tables */
#define OTHER_WIDTH	   600	/* of letters that are neither ASCII nor East Asian */
#define WIDER		   1.05 /* most fonts of screens are wider than Helvetica */
#define FULL_TURN	   359.999
#define PI			   3.14159265358979323846

/* Widths of U+0020 to U+007E in thousandths of an em: regular, bold. */
static const uint16_t widths[2][95] = {
	{278,  278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	 556,  556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	 667,  778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	 333,  556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	 556,  556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584},
	{278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
	 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667,
	 611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
	 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556,
	 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584},
};

static void put(AnSvg *svg, const char *text);
static void put_number(AnSvg *svg, double number);
static void put_place(AnSvg *svg, const char *before, double x, double y);
static void put_attribute(AnSvg *svg, const char *name, double number);
static void put_color(AnSvg *svg, const char *name, uint32_t color);
static void put_paint(AnSvg *svg, const AnPaint *paint);
static const char *escape_of(uint32_t code);
static double text_width(void *context, const char *text, size_t length, const AnFont *font);
static void
draw_text(void *context, double x, double y, const char *text, size_t length, const AnFont *font);
static void draw_rectangle(void *context, double x, double y, double width, double height,
						   const AnPaint *paint);
static void
draw_path(void *context, const AnPoint *points, size_t n, bool closed, const AnPaint *paint);
static void draw_circle(void *context, double x, double y, double radius, const AnPaint *paint);
static void draw_sector(void *context, double x, double y, double inner, double outer, double from,
						double to, const AnPaint *paint);
static void put_ring(AnSvg *svg, double x, double y, double radius);
static void put_arc(AnSvg *svg, AnPoint to, double radius, bool large, bool clockwise);
static AnPoint on_circle(double x, double y, double radius, double angle);

void
an_svg_begin(AnSvg *svg, double width, double height, bool alone, const char *title,
			 size_t title_length)
{
	if (alone)
		put(svg, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	put(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" role=\"img\"");
	put_attribute(svg, "width", width);
	put_attribute(svg, "height", height);
	put(svg, " viewBox=\"0 0 ");
	put_number(svg, width);
	put(svg, " ");
	put_number(svg, height);
	put(svg, "\" font-family=\"");
	an_svg_escape(svg, svg->font, strlen(svg->font));
	put(svg, "\">\n");
	if (title_length > 0)
	{
		put(svg, "<title>");
		an_svg_escape(svg, title, title_length);
		put(svg, "</title>\n");
	}
}

void
an_svg_end(AnSvg *svg)
{
	put(svg, "</svg>\n");
}

void
an_svg_canvas(AnSvg *svg, AnCanvas *canvas)
{
	canvas->context = svg;
	canvas->text_width = text_width;
	canvas->text = draw_text;
	canvas->rectangle = draw_rectangle;
	canvas->path = draw_path;
	canvas->circle = draw_circle;
	canvas->sector = draw_sector;
}

void
an_svg_escape(AnSvg *svg, const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *) text;
	const unsigned char *end = at + length;

	while (at < end)
	{
		size_t taken;
		uint32_t code = an_utf8_next(at, (size_t) (end - at), &taken);
		const char *escape = escape_of(code);
		char bytes[4];

		if (escape != NULL)
			put(svg, escape);
		else
			svg->write(svg->owner, bytes, (size_t) (an_utf8_put(bytes, code) - bytes));
		at += taken;
	}
}

/* Returns how XML must write a character, NULL if as itself; line ends stay what they are in attributes too. */
static const char *
escape_of(uint32_t code)
{
	switch (code)
	{
		case '&':
			return "&amp;";
		case '<':
			return "&lt;";
		case '>':
			return "&gt;";
		case '"':
			return "&quot;";
		case '\t':
			return "&#9;";
		case '\n':
			return "&#10;";
		case '\r':
			return "&#13;";
		default:
			return code < BLANK || code == 0xFFFE || code == 0xFFFF ? "\xef\xbf\xbd" : NULL;
	}
}

static void
put(AnSvg *svg, const char *text)
{
	svg->write(svg->owner, text, strlen(text));
}

/* Writes a number with two decimals at most, and none that are 0. */
static void
put_number(AnSvg *svg, double number)
{
	char digits[24];
	char *at = digits + sizeof(digits);
	double clamped = number > MAX_COORDINATE	? MAX_COORDINATE
					 : number > -MAX_COORDINATE ? number
												: -MAX_COORDINATE;
	long long hundredths = isnan(number) ? 0 : llround(clamped * 100);
	unsigned long long left =
		hundredths < 0 ? -(unsigned long long) hundredths : (unsigned long long) hundredths;
	int decimals = left % 10 != 0 ? 2 : left % 100 != 0 ? 1 : 0;

	left = decimals == 2 ? left : decimals == 1 ? left / 10 : left / 100;
	for (int i = 0; i <= decimals || left > 0; i++)
	{
		if (i == decimals && i > 0)
			*--at = '.';
		*--at = (char) ('0' + left % 10);
		left /= 10;
	}
	if (hundredths < 0)
		*--at = '-';
	svg->write(svg->owner, at, (size_t) (digits + sizeof(digits) - at));
}

static void
put_place(AnSvg *svg, const char *before, double x, double y)
{
	put(svg, before);
	put_number(svg, x);
	put(svg, " ");
	put_number(svg, y);
}

static void
put_attribute(AnSvg *svg, const char *name, double number)
{
	put(svg, " ");
	put(svg, name);
	put(svg, "=\"");
	put_number(svg, number);
	put(svg, "\"");
}

static void
put_color(AnSvg *svg, const char *name, uint32_t color)
{
	static const char hex[] = "0123456789abcdef";
	char text[] = "#000000";

	put(svg, " ");
	put(svg, name);
	put(svg, "=\"");
	for (int i = 0; i < 6; i++)
		text[1 + i] = hex[color >> (20 - 4 * i) & 0xF];
	put(svg, color == AN_COLOR_NONE ? "none" : text);
	put(svg, "\"");
}

static void
put_paint(AnSvg *svg, const AnPaint *paint)
{
	put_color(svg, "fill", paint->fill);
	if (paint->fill != AN_COLOR_NONE && paint->fill_opacity < 1)
		put_attribute(svg, "fill-opacity", paint->fill_opacity);
	if (paint->stroke == AN_COLOR_NONE)
		return;
	put_color(svg, "stroke", paint->stroke);
	put_attribute(svg, "stroke-width", paint->line_width);
	put(svg, " stroke-linejoin=\"round\"");
	if (paint->dashed)
		put(svg, " stroke-dasharray=\"4 2\"");
}

static double
text_width(void *context, const char *text, size_t length, const AnFont *font)
{
	const unsigned char *at = (const unsigned char *) text;
	const unsigned char *end = at + length;
	double sum = 0;

	(void) context;
	while (at < end)
	{
		size_t taken;
		uint32_t code = an_utf8_next(at, (size_t) (end - at), &taken);

		if (code >= BLANK && code < BLANK + 95)
			sum += widths[font->bold][code - BLANK];
		else if (code == 0x2026) /* the ellipsis is an em wide */
			sum += 1000;
		else
		{
			uint32_t columns = an_utf8_width((const char *) at, taken);

			sum += columns == 2 ? 1000 : columns * OTHER_WIDTH;
		}
		at += taken;
	}
	return sum * WIDER * font->size / 1000;
}

static void
draw_text(void *context, double x, double y, const char *text, size_t length, const AnFont *font)
{
	AnSvg *svg = context;

	put(svg, "<text");
	put_attribute(svg, "x", x);
	put_attribute(svg, "y", y);
	put_attribute(svg, "font-size", font->size);
	if (font->bold)
		put(svg, " font-weight=\"bold\"");
	put_color(svg, "fill", font->color);
	if (font->anchor != AN_ANCHOR_START)
		put(svg,
			font->anchor == AN_ANCHOR_END ? " text-anchor=\"end\"" : " text-anchor=\"middle\"");
	if (font->rotation != 0)
	{
		put(svg, " transform=\"rotate(");
		put_number(svg, font->rotation);
		put_place(svg, " ", x, y);
		put(svg, ")\"");
	}
	put(svg, ">");
	an_svg_escape(svg, text, length);
	put(svg, "</text>\n");
}

static void
draw_rectangle(void *context, double x, double y, double width, double height, const AnPaint *paint)
{
	AnSvg *svg = context;

	put(svg, "<rect");
	put_attribute(svg, "x", x);
	put_attribute(svg, "y", y);
	put_attribute(svg, "width", width);
	put_attribute(svg, "height", height);
	put_paint(svg, paint);
	put(svg, "/>\n");
}

static void
draw_path(void *context, const AnPoint *points, size_t n, bool closed, const AnPaint *paint)
{
	AnSvg *svg = context;

	put(svg, "<path d=\"");
	for (size_t i = 0; i < n; i++)
		put_place(svg, i == 0 ? "M" : "L", points[i].x, points[i].y);
	put(svg, closed ? "Z\"" : "\"");
	put_paint(svg, paint);
	put(svg, "/>\n");
}

static void
draw_circle(void *context, double x, double y, double radius, const AnPaint *paint)
{
	AnSvg *svg = context;

	put(svg, "<circle");
	put_attribute(svg, "cx", x);
	put_attribute(svg, "cy", y);
	put_attribute(svg, "r", radius);
	put_paint(svg, paint);
	put(svg, "/>\n");
}

static void
draw_sector(void *context, double x, double y, double inner, double outer, double from, double to,
			const AnPaint *paint)
{
	AnSvg *svg = context;
	bool large = to - from > 180;

	put(svg, "<path d=\"");
	if (to - from >= FULL_TURN)
	{
		put_ring(svg, x, y, outer);
		if (inner > 0)
			put_ring(svg, x, y, inner);
		put(svg, "\" fill-rule=\"evenodd\"");
	}
	else
	{
		AnPoint start = on_circle(x, y, outer, from);
		AnPoint end = inner > 0 ? on_circle(x, y, inner, to) : (AnPoint){x, y};

		put_place(svg, "M", start.x, start.y);
		put_arc(svg, on_circle(x, y, outer, to), outer, large, true);
		put_place(svg, "L", end.x, end.y);
		if (inner > 0)
			put_arc(svg, on_circle(x, y, inner, from), inner, large, false);
		put(svg, "Z\"");
	}
	put_paint(svg, paint);
	put(svg, "/>\n");
}

/* Writes a whole circle as two arcs: one that ends where it begins would be nothing. */
static void
put_ring(AnSvg *svg, double x, double y, double radius)
{
	AnPoint top = on_circle(x, y, radius, 0);

	put_place(svg, "M", top.x, top.y);
	put_arc(svg, on_circle(x, y, radius, 180), radius, true, true);
	put_arc(svg, top, radius, true, true);
	put(svg, "Z");
}

static void
put_arc(AnSvg *svg, AnPoint to, double radius, bool large, bool clockwise)
{
	put_place(svg, "A", radius, radius);
	put(svg, large ? " 0 1" : " 0 0");
	put_place(svg, clockwise ? " 1 " : " 0 ", to.x, to.y);
}

static AnPoint
on_circle(double x, double y, double radius, double angle)
{
	double radians = angle * PI / 180;

	return (AnPoint){x + radius * sin(radians), y - radius * cos(radians)};
}
