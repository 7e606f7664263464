/*
 * cairo_font.c - which fonts letters come from, and what those letters are
 *
 * Of letters that need no shaping (Latin, Greek, Cyrillic, ideographs, kana,
 * Hangul: one letter, one glyph) the glyph and its advance are asked for once and kept.
 */
#include "render/cairo_font.h"

#include <cairo-ft.h>
#include <malloc.h>
#include <pango/pangofc-font.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/utf8.h"
#include "render/render.h"

/* A flag of cairo_ft_font_face_set_synthesize that asks for nothing: not to embolden, not to slant. */
#define SYNTHESIZE_NOTHING (1u << 30)

#define STACK_BYTES (512 * 1024)

/* Fonts are mapped whole, and some have 30 MB; the libraries go on without one that did not fit. */
#define ROOM_BYTES	(32 << 20)
#define LEAST_BYTES (192 << 20)

/* What a font of Pango is drawn with. */
typedef struct Drawing
{
	PangoFont *font;			 /* it; holds a reference */
	cairo_scaled_font_t *scaled; /* likewise */
} Drawing;

static struct
{
	PangoContext *context; /* of all layouts */
	char *families;		   /* in the order in which they are tried */
	TextFace *faces;	   /* all faces that were asked for */
	Drawing *drawings;	   /* all fonts that were drawn with */
	size_t n_drawings;	   /* how many */
} fonts;

static cairo_scaled_font_t *outline_font(PangoFont *font, FcPattern *pattern);
static void limit_threads(void);
static char *choose_families(PangoFontMap *map);
static bool may_be_plain(uint32_t code);
static void look_up(TextFace *face, uint32_t code, Letter *letter);
static bool find_font(TextFace *face, PangoFont *font, uint16_t *index);
static void grow_letters(TextFace *face);
static size_t letter_place(const TextFace *face, uint32_t code);
static void spell_controls(PangoLayout *layout);
static void warn_missing(uint32_t code);

void
text_begin(void)
{
	PangoFontMap *map;
	cairo_font_options_t *options;

	if (document.memory_limit > 0 && document.memory_limit < LEAST_BYTES)
		fail(STATE_NO_MEMORY, "a memory limit of %lld MB is too little for fonts, %d MB are needed",
			 (long long) document.memory_limit >> 20, LEAST_BYTES >> 20);
	limit_threads();
	map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
	if (map == NULL)
		fail(STATE_UNSUPPORTED, "the libraries of this program cannot use fonts");
	pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map), 72);
	fonts.context = pango_font_map_create_context(map);
	pango_context_set_language(fonts.context,
							   pango_language_from_string(document.locale->language));
	pango_context_set_round_glyph_positions(fonts.context, FALSE);

	/* Places as the outlines have them: the same at any size, on any machine. */
	options = cairo_font_options_create();
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	pango_cairo_context_set_font_options(fonts.context, options);
	cairo_font_options_destroy(options);

	fonts.families = choose_families(map);
}

void
text_check_room(void)
{
	void *room =
		mmap(NULL, ROOM_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		fail(STATE_NO_MEMORY, "out of memory for fonts");
	(void) munmap(room, ROOM_BYTES);
}

TextFace *
text_face(double size, bool bold)
{
	TextFace *face;

	for (face = fonts.faces; face != NULL; face = face->next)
	{
		if (face->size == size && face->bold == bold)
			return face;
	}
	face = must_alloc(NULL, sizeof(*face));
	*face = (TextFace){.size = size, .bold = bold, .next = fonts.faces};
	fonts.faces = face;
	face->wanted = pango_font_description_new();
	pango_font_description_set_family(face->wanted, fonts.families);
	pango_font_description_set_weight(face->wanted, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_font_description_set_absolute_size(face->wanted, size * PANGO_SCALE);
	return face;
}

const Letter *
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

cairo_scaled_font_t *
drawing_font(PangoFont *font)
{
	FcPattern *pattern;
	FcChar8 *format;
	Drawing drawing;

	for (size_t i = 0; i < fonts.n_drawings; i++)
	{
		if (fonts.drawings[i].font == font)
			return fonts.drawings[i].scaled;
	}
	drawing.font = g_object_ref(font);
	pattern = pango_fc_font_get_pattern(PANGO_FC_FONT(font));
	if (FcPatternGetString(pattern, FC_FONTFORMAT, 0, &format) == FcResultMatch &&
		strcmp((const char *) format, "CFF") == 0)
		drawing.scaled = outline_font(font, pattern);
	else
		drawing.scaled =
			cairo_scaled_font_reference(pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(font)));
	fonts.drawings = must_alloc(fonts.drawings, (fonts.n_drawings + 1) * sizeof(*fonts.drawings));
	fonts.drawings[fonts.n_drawings++] = drawing;
	return drawing.scaled;
}

PangoLayout *
new_layout(void)
{
	return pango_layout_new(fonts.context);
}

void
set_layout(PangoLayout *layout, const TextFace *face, const char *bytes, size_t length)
{
	char *valid = text_valid(bytes, length);

	pango_layout_set_font_description(layout, face->wanted);
	pango_layout_set_text(layout, valid, -1);
	free(valid);
	if (pango_layout_get_unknown_glyphs_count(layout) > 0)
		spell_controls(layout);
}

void
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

/* Makes the font anew, as one that cairo takes for synthetic. */
static cairo_scaled_font_t *
outline_font(PangoFont *font, FcPattern *pattern)
{
	cairo_scaled_font_t *model = pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(font)), *scaled;
	cairo_font_options_t *options = cairo_font_options_create();
	FcPattern *other = FcPatternDuplicate(pattern);
	cairo_font_face_t *face;
	cairo_matrix_t size, place;

	/* cairo would give back the face that it has, did the pattern not differ. */
	(void) FcPatternDel(other, FC_EMBOLDEN);
	(void) FcPatternAddBool(other, FC_EMBOLDEN, FcTrue);
	face = cairo_ft_font_face_create_for_pattern(other);
	cairo_ft_font_face_unset_synthesize(face, CAIRO_FT_SYNTHESIZE_BOLD);
	cairo_ft_font_face_set_synthesize(face, SYNTHESIZE_NOTHING);
	cairo_scaled_font_get_font_matrix(model, &size);
	cairo_scaled_font_get_ctm(model, &place);
	cairo_scaled_font_get_font_options(model, options);
	scaled = cairo_scaled_font_create(face, &size, &place, options);
	if (cairo_scaled_font_status(scaled) != CAIRO_STATUS_SUCCESS)
		fail(STATE_NO_MEMORY, "could not use a font: %s",
			 cairo_status_to_string(cairo_scaled_font_status(scaled)));
	cairo_font_face_destroy(face);
	cairo_font_options_destroy(options);
	FcPatternDestroy(other);
	return scaled;
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
 * language by name: else Pango would take another one for the Latin letters of a Chinese fonts.
 */
static char *
choose_families(PangoFontMap *map)
{
	const char *asked = document.font.length > 0 ? document.font.bytes : "";
	const char *usual = "sans";
	PangoFontDescription *wanted = pango_font_description_from_string("sans 10"), *found = NULL;
	PangoFont *font = pango_font_map_load_font(map, fonts.context, wanted);
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
	PangoLayout *layout = new_layout();
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
	face->scaled[face->n_fonts] = drawing_font(font);
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

/* Few fonts have the pictures of control characters that the server sends: then U+2401 becomes ^A. */
static void
spell_controls(PangoLayout *layout)
{
	const unsigned char *from = (const unsigned char *) pango_layout_get_text(layout);
	size_t length = strlen((const char *) from);
	char *spelled = must_alloc(NULL, length + 1), *to = spelled;
	bool found = false;

	for (size_t at = 0, taken; at < length; at += taken)
	{
		uint32_t code = an_utf8_next(from + at, length - at, &taken);
		bool control = (code >= 0x2400 && code < 0x2420) || code == 0x2421;

		found |= control;
		if (control)
			*to++ = '^';
		to = an_utf8_put(to, control ? (code == 0x2421 ? '?' : code - 0x2400 + '@') : code);
	}
	*to = '\0';
	if (found)
		pango_layout_set_text(layout, spelled, -1);
	free(spelled);
}

/* The package by script: three texts at most, whatever letters are missing. */
static void
warn_missing(uint32_t code)
{
	text_check_room();
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
