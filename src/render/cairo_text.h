/*
 * cairo_text.h - texts, shapes and bytes of what is drawn with cairo: shared by PDF and PNG
 *
 * Texts are UTF-8 that may be anything; what is no UTF-8 shows as U+FFFD.  Sizes and
 * places are points.  A text is set in the document's font if that has the
 * letters, else in whatever font of the machine does; letters that no font has
 * show as boxes with their code, and a warning names the package.
 */
#ifndef AN_RENDER_CAIRO_TEXT_H
#define AN_RENDER_CAIRO_TEXT_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/canvas.h"

/* A font at a size; lives as long as the program. */
typedef struct TextFace TextFace;

/* text_begin must come first, when the options of the document are known. */
extern void text_begin(void);

/*
 * Fails if a further font could not be mapped.  Libraries draw without a font
 * that did not fit into memory, and say nothing; to be called at the end.
 */
extern void text_check_room(void);
extern TextFace *text_face(double size, bool bold);

/* text_width returns how wide a text is in one line. */
extern double text_width(TextFace *face, const char *text, size_t length);

/* text_show sets a text in one line from x on, in the colour that cr has. */
extern void
text_show(cairo_t *cr, TextFace *face, double x, double baseline, const char *text, size_t length);

/* text_is_rtl tells whether a text runs from right to left. */
extern bool text_is_rtl(const char *text, size_t length);

/* text_valid returns a text as valid UTF-8 with a terminator; the caller frees it. */
extern char *text_valid(const char *text, size_t length);

/*
 * text_break breaks a text into at most max_lines lines of a width, and returns how many; what does not fit
 * is replaced by "…", and *cut set.  The lines are kept until the next call, as
 * long as the text is where it was.
 */
extern size_t text_break(TextFace *face, const char *text, size_t length, double width,
						 size_t max_lines, bool *cut);
extern double text_line_width(size_t line);
extern void text_show_line(cairo_t *cr, size_t line, double x, double baseline);

/* ---- cairo_canvas.c */

/* cairo_canvas makes `canvas` draw on cr, with its origin where cr has it. */
extern void cairo_canvas(cairo_t *cr, AnCanvas *canvas);
extern void set_color(cairo_t *cr, uint32_t color);

/* check_cairo fails if anything that was drawn failed. */
extern void check_cairo(cairo_t *cr, cairo_surface_t *surface);

/* write_bytes is what surfaces write with: `file` is a FILE of output_open. */
extern cairo_status_t write_bytes(void *file, const unsigned char *bytes, unsigned int size);

#endif /* AN_RENDER_CAIRO_TEXT_H */
