/*
 * cairo_text.c - texts by Pango, and a short way for plain ones
 *
 * Of letters that need no shaping (Latin, Greek, Cyrillic, ideographs, kana,
 * Hangul: one letter, one glyph) the glyph and its advance are asked for once and kept; texts
 * of such letters are measured and shown without Pango.  All others are shaped as a
 * whole, the last few hundred of them kept as layouts.
 */
#include "render/cairo_text.h"

#include <malloc.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/bytehash.h"
#include "kernel/utf8.h"
#include "render/render.h"

#define MAX_FACES	 64
#define MAX_FONTS	 64 /* fonts that letters of one face come from */
#define KEPT_LAYOUTS 512
#define RUN_GLYPHS	 256
#define STACK_BYTES	 (512 * 1024)
#define ELLIPSIS	 "\xE2\x80\xA6"

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

/* A text that was shaped as a whole. */
typedef struct Kept
{
	const TextFace *face; /* in this face; NULL for a free place */
	char *text;			  /* it */
	size_t length;		  /* in bytes */
	PangoLayout *layout;  /* one line */
} Kept;

static struct
{
	PangoContext *context;	 /* of all layouts */
	char *families;			 /* in the order in which they are tried */
	TextFace *faces;		 /* all faces that were asked for */
	size_t n_faces;			 /* how many */
	Kept kept[KEPT_LAYOUTS]; /* by hash */
	PangoLayout *block;		 /* lines of text_break but perhaps the last */
	PangoLayout *last;		 /* its last line, if it was cut */
	size_t n_lines;			 /* how many lines there are */
	bool has_last;			 /* the last of them is `last` */
} text;

static void limit_threads(void);
static char *choose_families(PangoFontMap *map);
static const Letter *find_letter(TextFace *face, uint32_t code);
static bool may_be_plain(uint32_t code);
static void look_up(TextFace *face, uint32_t code, Letter *letter);
static bool find_font(TextFace *face, PangoFont *font, uint16_t *index);
static void grow_letters(TextFace *face);
static size_t letter_place(const TextFace *face, uint32_t code);
static bool plain_width(TextFace *face, const char *bytes, size_t length, double *width);
static void
show_plain(cairo_t *cr, TextFace *face, double x, double y, const char *bytes, size_t length);
static PangoLayout *whole_layout(TextFace *face, const char *bytes, size_t length);
static void set_layout(PangoLayout *layout, const TextFace *face, const char *bytes, size_t length);
static size_t end_of_lines(const char *bytes, size_t length, size_t max_lines, size_t max_bytes);
static PangoLayoutLine *get_line(size_t line);
static void show_line(cairo_t *cr, PangoLayoutLine *line, double x, double baseline);
static void note_missing(PangoLayout *layout);
static void warn_missing(uint32_t code);

void
text_begin(void)
{
	PangoFontMap *map;
	cairo_font_options_t *options;

	limit_threads();
	map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
	if (map == NULL)
		fail(STATE_UNSUPPORTED, "the libraries of this program cannot use fonts");
	pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map), 72);
	text.context = pango_font_map_create_context(map);
	pango_context_set_language(text.context, pango_language_from_string(document.locale->language));
	pango_context_set_round_glyph_positions(text.context, FALSE);

	/* Places as the outlines have them: the same at any size, on any machine. */
	options = cairo_font_options_create();
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	pango_cairo_context_set_font_options(text.context, options);
	cairo_font_options_destroy(options);

	text.families = choose_families(map);
	text.faces = must_alloc(NULL, MAX_FACES * sizeof(TextFace));
	text.block = pango_layout_new(text.context);
	text.last = pango_layout_new(text.context);
	pango_layout_set_wrap(text.block, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_single_paragraph_mode(text.last, TRUE);
	pango_layout_set_ellipsize(text.last, PANGO_ELLIPSIZE_END);
}

TextFace *
text_face(double size, bool bold)
{
	TextFace *face;

	for (size_t i = 0; i < text.n_faces; i++)
	{
		if (text.faces[i].size == size && text.faces[i].bold == bold)
			return &text.faces[i];
	}
	if (text.n_faces == MAX_FACES)
		return &text.faces[0];
	face = &text.faces[text.n_faces++];
	*face = (TextFace){.size = size, .bold = bold};
	face->wanted = pango_font_description_new();
	pango_font_description_set_family(face->wanted, text.families);
	pango_font_description_set_weight(face->wanted, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_font_description_set_absolute_size(face->wanted, size * PANGO_SCALE);
	return face;
}

double
text_width(TextFace *face, const char *bytes, size_t length)
{
	double width;
	int units;

	if (length == 0)
		return 0;
	if (plain_width(face, bytes, length, &width))
		return width;
	pango_layout_get_size(whole_layout(face, bytes, length), &units, NULL);
	return (double) units / PANGO_SCALE;
}

void
text_show(cairo_t *cr, TextFace *face, double x, double baseline, const char *bytes, size_t length)
{
	double width;

	if (length == 0)
		return;
	if (plain_width(face, bytes, length, &width))
	{
		show_plain(cr, face, x, baseline, bytes, length);
		return;
	}
	show_line(cr, pango_layout_get_line_readonly(whole_layout(face, bytes, length), 0), x,
			  baseline);
}

bool
text_is_rtl(const char *bytes, size_t length)
{
	for (size_t at = 0, taken; at < length; at += taken)
	{
		uint32_t code = an_utf8_next((const unsigned char *) bytes + at, length - at, &taken);

		/* The first letter decides (Unicode annex 9, rule P2). */
		if ((code >= 0x590 && code < 0x900) || (code >= 0xFB1D && code < 0xFE00) ||
			(code >= 0xFE70 && code < 0xFEFF) || (code >= 0x10800 && code < 0x11000) ||
			(code >= 0x1E800 && code < 0x1F000))
			return true;
		if ((code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z') ||
			(code >= 0xC0 && code < 0x2000) || code >= 0x3000)
			return false;
	}
	return false;
}

char *
text_valid(const char *bytes, size_t length)
{
	/* One byte may become the three of U+FFFD. */
	char *valid = must_alloc(NULL, 3 * length + 1), *to = valid;

	for (size_t at = 0, taken; at < length; at += taken)
	{
		uint32_t code = an_utf8_next((const unsigned char *) bytes + at, length - at, &taken);

		to = an_utf8_put(to, code == 0 ? AN_UTF8_REPLACEMENT : code);
	}
	*to = '\0';
	return valid;
}

size_t
text_break(TextFace *face, const char *bytes, size_t length, double width, size_t max_lines,
		   bool *cut)
{
	/* No letter is narrower than a sixth of its size, but for marks; 4 bytes each. */
	size_t max_bytes = (size_t) (width / face->size * 24 + 64) * max_lines;
	size_t end, n_lines, start, tail;
	char *rest;

	while (length > 0 && bytes[length - 1] == '\n')
		length--;
	end = end_of_lines(bytes, length, max_lines, max_bytes);

	pango_layout_set_width(text.block, (int) (width * PANGO_SCALE));
	set_layout(text.block, face, bytes, end);
	n_lines = (size_t) pango_layout_get_line_count(text.block);
	text.has_last = n_lines > max_lines || end < length;
	if (!text.has_last)
	{
		text.n_lines = n_lines;
		note_missing(text.block);
		return text.n_lines;
	}

	/* The line that would be last is set again, with what follows, and an ellipsis. */
	*cut = true;
	text.n_lines = n_lines < max_lines ? n_lines : max_lines;
	start = (size_t) get_line(text.n_lines - 1)->start_index;
	tail = strcspn(pango_layout_get_text(text.block) + start, "\n");
	rest = must_alloc(NULL, tail + sizeof(ELLIPSIS));
	memcpy(rest, pango_layout_get_text(text.block) + start, tail);
	memcpy(rest + tail, ELLIPSIS, sizeof(ELLIPSIS));
	pango_layout_set_width(text.last, (int) (width * PANGO_SCALE));
	set_layout(text.last, face, rest, strlen(rest));
	free(rest);
	note_missing(text.block);
	return text.n_lines;
}

double
text_line_width(size_t line)
{
	PangoRectangle extents;

	pango_layout_line_get_extents(get_line(line), NULL, &extents);
	return (double) extents.width / PANGO_SCALE;
}

void
text_show_line(cairo_t *cr, size_t line, double x, double baseline)
{
	show_line(cr, get_line(line), x, baseline);
}

/*
 * Pango starts threads that look for fonts.  Where address space is limited they
 * must not take 8 MB of it for each stack and 64 MB for each arena.
 */
static void
limit_threads(void)
{
	pthread_attr_t attributes;

	(void) mallopt(M_ARENA_MAX, 1);
	if (pthread_attr_init(&attributes) != 0)
		return;
	if (pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0)
		(void) pthread_setattr_default_np(&attributes);
	(void) pthread_attr_destroy(&attributes);
}

/*
 * What the document asks for, then the machine's sans serif of the document's
 * language by name: else Pango would take another one for the Latin letters of a Chinese text.
 */
static char *
choose_families(PangoFontMap *map)
{
	const char *asked = document.font.length > 0 ? document.font.bytes : "";
	const char *usual = "sans";
	PangoFontDescription *wanted = pango_font_description_from_string("sans 10"), *found = NULL;
	PangoFont *font = pango_font_map_load_font(map, text.context, wanted);
	char *families;

	if (font)
		found = pango_font_describe(font);
	if (found && pango_font_description_get_family(found))
		usual = pango_font_description_get_family(found);
	families = must_alloc(NULL, strlen(asked) + strlen(usual) + sizeof(",,sans"));
	if (document.font.length > 0)
		sprintf(families, "%s,%s,sans", asked, usual);
	else
		sprintf(families, "%s,sans", usual);
	if (found)
		pango_font_description_free(found);
	if (font)
		g_object_unref(font);
	pango_font_description_free(wanted);
	return families;
}

/* Finds a letter of a face, and asks for it the first time. */
static const Letter *
find_letter(TextFace *face, uint32_t code)
{
	size_t place;

	if (2 * face->n_letters >= face->room)
		grow_letters(face);
	place = letter_place(face, code);
	if (face->letters[place].code != code)
	{
		Letter letter = {.code = code};

		if (may_be_plain(code))
			look_up(face, code, &letter);
		face->letters[place] = letter;
		face->n_letters++;
	}
	return &face->letters[place];
}

/* Scripts whose letters stand side by side whatever their neighbours are. */
static bool
may_be_plain(uint32_t code)
{
	return (code >= 0x20 && code < 0x7F) || (code >= 0xA0 && code < 0x300 && code != 0xAD) ||
		   (code >= 0x370 && code < 0x483) || (code >= 0x48A && code < 0x530) ||
		   (code >= 0x2010 && code < 0x2028) || (code >= 0x2030 && code < 0x2060) ||
		   (code >= 0x20A0 && code < 0x20D0) || (code >= 0x2100 && code < 0x2190) ||
		   (code >= 0x3000 && code < 0x302A) || (code >= 0x3030 && code < 0x3099) ||
		   (code >= 0x309B && code < 0xA000) || (code >= 0xAC00 && code < 0xD7A4) ||
		   (code >= 0xF900 && code < 0xFB00) || (code >= 0xFF00 && code < 0xFFE7) ||
		   (code >= 0x20000 && code < 0x323B0);
}

/* Lets Pango set the letter alone, and takes what it chose. */
static void
look_up(TextFace *face, uint32_t code, Letter *letter)
{
	PangoLayout *layout = pango_layout_new(text.context);
	PangoLayoutLine *line;
	char bytes[4];

	set_layout(layout, face, bytes, (size_t) (an_utf8_put(bytes, code) - bytes));
	line = pango_layout_get_line_readonly(layout, 0);
	if (line->runs != NULL && line->runs->next == NULL)
	{
		const PangoGlyphItem *run = line->runs->data;
		const PangoGlyphInfo *glyph = run->glyphs->glyphs;

		if (run->glyphs->num_glyphs == 1 && !(glyph->glyph & PANGO_GLYPH_UNKNOWN_FLAG) &&
			glyph->glyph != PANGO_GLYPH_EMPTY && glyph->geometry.x_offset == 0 &&
			glyph->geometry.y_offset == 0)
		{
			letter->glyph = glyph->glyph;
			letter->advance = (double) glyph->geometry.width / PANGO_SCALE;
			letter->plain = find_font(face, run->item->analysis.font, &letter->font);
		}
	}
	g_object_unref(layout);
}

static bool
find_font(TextFace *face, PangoFont *font, uint16_t *index)
{
	for (size_t i = 0; i < face->n_fonts; i++)
	{
		if (face->fonts[i] == font)
		{
			*index = (uint16_t) i;
			return true;
		}
	}
	if (face->n_fonts == MAX_FONTS)
		return false;
	*index = (uint16_t) face->n_fonts;
	face->scaled[face->n_fonts] = pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(font));
	face->fonts[face->n_fonts++] = g_object_ref(font);
	return true;
}

static void
grow_letters(TextFace *face)
{
	Letter *old = face->letters;
	size_t n = face->room;

	face->room = n > 0 ? 2 * n : 256;
	face->letters = must_alloc(NULL, face->room * sizeof(Letter));
	memset(face->letters, 0, face->room * sizeof(Letter));
	for (size_t i = 0; i < n; i++)
	{
		if (old[i].code != 0)
			face->letters[letter_place(face, old[i].code)] = old[i];
	}
	free(old);
}

/* Where a letter is, or where there is room for it. */
static size_t
letter_place(const TextFace *face, uint32_t code)
{
	size_t place = code & (face->room - 1);

	while (face->letters[place].code != 0 && face->letters[place].code != code)
		place = (place + 1) & (face->room - 1);
	return place;
}

/* Adds up the letters of a text; false if it must be shaped as a whole. */
static bool
plain_width(TextFace *face, const char *bytes, size_t length, double *width)
{
	const unsigned char *at = (const unsigned char *) bytes;
	const unsigned char *end = at + length;

	*width = 0;
	while (at < end)
	{
		size_t taken;
		uint32_t code = an_utf8_next(at, (size_t) (end - at), &taken);
		const Letter *letter;

		if (code == 0 || code == AN_UTF8_REPLACEMENT)
			return false;
		letter = find_letter(face, code);
		if (!letter->plain)
			return false;
		*width += letter->advance;
		at += taken;
	}
	return true;
}

/* Shows a text that plain_width can measure, glyph by glyph, as many at once as have one font. */
static void
show_plain(cairo_t *cr, TextFace *face, double x, double y, const char *bytes, size_t length)
{
	cairo_glyph_t glyphs[RUN_GLYPHS];
	cairo_text_cluster_t clusters[RUN_GLYPHS];
	size_t at = 0;

	while (at < length)
	{
		size_t start = at, font = MAX_FONTS;
		int n = 0;

		while (at < length && n < RUN_GLYPHS)
		{
			size_t taken;
			const Letter *letter = find_letter(
				face, an_utf8_next((const unsigned char *) bytes + at, length - at, &taken));

			if (n > 0 && letter->font != font)
				break;
			font = letter->font;
			glyphs[n] = (cairo_glyph_t){letter->glyph, x, y};
			clusters[n++] = (cairo_text_cluster_t){(int) taken, 1};
			x += letter->advance;
			at += taken;
		}
		cairo_set_scaled_font(cr, face->scaled[font]);
		cairo_show_text_glyphs(cr, bytes + start, (int) (at - start), glyphs, n, clusters, n, 0);
	}
}

/* Shapes a text in one line, or takes it from those that were. */
static PangoLayout *
whole_layout(TextFace *face, const char *bytes, size_t length)
{
	uint64_t hash = an_bytehash(bytes, length) + (uint64_t) (face - text.faces);
	Kept *kept = &text.kept[hash % KEPT_LAYOUTS];

	if (kept->face == face && kept->length == length && memcmp(kept->text, bytes, length) == 0)
		return kept->layout;
	if (kept->layout == NULL)
	{
		kept->layout = pango_layout_new(text.context);
		pango_layout_set_single_paragraph_mode(kept->layout, TRUE);
	}
	kept->text = must_alloc(kept->text, length);
	memcpy(kept->text, bytes, length);
	kept->length = length;
	kept->face = face;
	set_layout(kept->layout, face, bytes, length);
	note_missing(kept->layout);
	return kept->layout;
}

/* Gives a layout its text and its font. */
static void
set_layout(PangoLayout *layout, const TextFace *face, const char *bytes, size_t length)
{
	char *valid = text_valid(bytes, length);

	pango_layout_set_font_description(layout, face->wanted);
	pango_layout_set_text(layout, valid, -1);
	free(valid);
}

/* How many bytes of a text can be seen in so many lines. */
static size_t
end_of_lines(const char *bytes, size_t length, size_t max_lines, size_t max_bytes)
{
	size_t n_lines = 1, end = length < max_bytes ? length : max_bytes;

	for (size_t i = 0; i < end; i++)
	{
		if (bytes[i] == '\n' && n_lines++ == max_lines)
			return i;
	}
	while (end < length && end > 0 && ((unsigned char) bytes[end] & 0xC0) == 0x80)
		end--;
	return end;
}

static PangoLayoutLine *
get_line(size_t line)
{
	if (text.has_last && line == text.n_lines - 1 && pango_layout_get_text(text.last)[0] != '\0')
		return pango_layout_get_line_readonly(text.last, 0);
	return pango_layout_get_line_readonly(text.block, (int) line);
}

static void
show_line(cairo_t *cr, PangoLayoutLine *line, double x, double baseline)
{
	cairo_move_to(cr, x, baseline);
	pango_cairo_show_layout_line(cr, line);

	/* Nothing that is drawn later begins here. */
	cairo_new_path(cr);
}

/* Warns of letters that no font has. */
static void
note_missing(PangoLayout *layout)
{
	PangoLayoutIter *iter;

	if (pango_layout_get_unknown_glyphs_count(layout) == 0)
		return;
	iter = pango_layout_get_iter(layout);
	do
	{
		const PangoGlyphItem *run = pango_layout_iter_get_run_readonly(iter);

		for (int i = 0; run != NULL && i < run->glyphs->num_glyphs; i++)
		{
			uint32_t glyph = run->glyphs->glyphs[i].glyph;

			if ((glyph & PANGO_GLYPH_UNKNOWN_FLAG) && glyph != PANGO_GLYPH_INVALID_INPUT)
				warn_missing(glyph & ~(uint32_t) PANGO_GLYPH_UNKNOWN_FLAG);
		}
	} while (pango_layout_iter_next_run(iter));
	pango_layout_iter_free(iter);
}

/* The package by script: three texts at most, whatever letters are missing. */
static void
warn_missing(uint32_t code)
{
	if ((code >= 0x1100 && code < 0x1200) || (code >= 0x2E80 && code < 0xA000) ||
		(code >= 0xAC00 && code < 0xD800) || (code >= 0xF900 && code < 0xFB00) ||
		(code >= 0xFF00 && code < 0xFFF0) || (code >= 0x20000 && code < 0x32400))
		warn(STATE_WARNING, "no font for Chinese, Japanese or Korean letters on the server; "
							"install fonts-noto-cjk or fonts-wqy-microhei");
	else if ((code >= 0x2600 && code < 0x27C0) || (code >= 0x1F000 && code < 0x20000))
		warn(STATE_WARNING,
			 "no font for emoji on the server; install fonts-noto-color-emoji or fonts-symbola");
	else if (code >= 0xE000 && code < 0xF900)
		warn(STATE_WARNING, "no font for letters of the private use area on the server");
	else
		warn(STATE_WARNING,
			 "no font for letters of some scripts on the server; install fonts-noto-core");
}
