/*
 * svg.h - a canvas that writes SVG 1.1 text
 *
 * The text holds no style sheet, script, link or external font; texts stay texts,
 * so they can be selected and searched.  It stands by itself or inside an HTML page
 * (`alone` false: no XML declaration).  Bytes that are no UTF-8, and characters
 * that XML 1.0 does not allow, become U+FFFD.  Widths of texts are estimated from
 * their characters (East Asian ones are 1 em, others by the widths of Helvetica, and a twentieth more),
 * since nobody knows the reader's fonts.
 */
#ifndef AN_KERNEL_SVG_H
#define AN_KERNEL_SVG_H

#include "kernel/canvas.h"

typedef struct AnSvg
{
	void (*write)(void *owner, const char *bytes, size_t size); /* takes the text, in pieces */
	void *owner;												/* first argument of write */
	const char *font; /* value of font-family, our own text */
} AnSvg;

/* an_svg_begin writes the head; `title` is read out by screen readers and may be empty. */
extern void an_svg_begin(AnSvg *svg, double width, double height, bool alone, const char *title,
						 size_t title_length);
extern void an_svg_end(AnSvg *svg);

/* an_svg_canvas makes `canvas` draw into `svg`, between begin and end. */
extern void an_svg_canvas(AnSvg *svg, AnCanvas *canvas);

/* an_svg_escape writes a text as XML character data, also fit for an attribute in double quotes. */
extern void an_svg_escape(AnSvg *svg, const char *text, size_t length);

#endif /* AN_KERNEL_SVG_H */
