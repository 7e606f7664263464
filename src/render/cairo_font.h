/*
 * cairo_font.h - fonts at a size, their letters, and layouts: what cairo_text.c sets texts with
 */
#ifndef AN_RENDER_CAIRO_FONT_H
#define AN_RENDER_CAIRO_FONT_H

#include <pango/pangocairo.h>

#include "render/cairo_text.h"

#define MAX_FONTS 64 /* fonts that letters of one face come from */

/* A letter of a face. */
typedef struct Letter
{
	uint32_t code;		 /* code point, 0 for a free place */
	uint16_t font;		 /* which of the face's fonts */
	bool plain;			 /* one glyph that stands where it should */
	unsigned long glyph; /* its number in the font */
	double advance;		 /* points to the next letter */
} Letter;

struct TextFace
{
	TextFace *next;				  /* of all faces */
	double size;				  /* points */
	bool bold;					  /* or regular */
	PangoFontDescription *wanted; /* families, size, weight */
	PangoFont *fonts[MAX_FONTS];  /* fonts that letters come from; each holds a reference */
	cairo_scaled_font_t *scaled[MAX_FONTS]; /* the same for cairo */
	size_t n_fonts;							/* how many */
	Letter *letters;						/* by code point, a hash table with open places */
	size_t n_letters;						/* how many are used */
	size_t room;							/* places, a power of two */
};

/* find_letter returns a letter of a face; it is not plain where texts with it must be shaped as a whole. */
extern const Letter *find_letter(TextFace *face, uint32_t code);

/* A line of a text of plain letters. */
typedef struct PlainLine
{
	size_t start;  /* its first byte */
	size_t length; /* bytes, without an ellipsis */
	double width;  /* points, with an ellipsis if it has one */
} PlainLine;

/*
 * break_plain breaks a text into at most max_lines lines; *cut says that the last one needs an ellipsis.
 * False if there is a letter that is not plain.
 */
extern bool break_plain(TextFace *face, const char *bytes, size_t length, double room,
						size_t max_lines, PlainLine *lines, size_t *n_lines, bool *cut);

/* new_layout makes an empty layout; set_layout gives it a text, made valid, and a font. */
extern PangoLayout *new_layout(void);
extern void set_layout(PangoLayout *layout, const TextFace *face, const char *bytes, size_t length);

/*
 * drawing_font returns the font that cairo draws a font of Pango with.
 *
 * Of an OpenType font with PostScript outlines (CFF, as Noto CJK has them) cairo 1.16 embeds the subroutines that
 * its glyphs call.  It miscounts hints in one that two glyphs call (cairo_cff_parse_charstring), and
 * then loses strokes or stops the program in an assertion.  For such fonts this is a font that cairo takes
 * for a synthetic one, and so embeds by its outlines.
 */
extern cairo_scaled_font_t *drawing_font(PangoFont *font);

/* note_missing warns of letters in a layout that no font has. */
extern void note_missing(PangoLayout *layout);

#endif /* AN_RENDER_CAIRO_FONT_H */
