/*
 * cairo_text.c - texts by Pango, and a short way for plain ones
 *
 * Texts of letters that need no shaping are measured and shown without Pango.  All
 * others are shaped as a whole, the last few hundred of them kept as layouts.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/bytehash.h"
#include "kernel/utf8.h"
#include "render/cairo_font.h"
#include "render/render.h"

#define KEPT_LAYOUTS 512
#define RUN_GLYPHS	 256
#define ELLIPSIS	 "\xE2\x80\xA6"

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
	Kept kept[KEPT_LAYOUTS]; /* by hash */
	PangoLayout *block;		 /* lines of text_break but perhaps the last */
	PangoLayout *last;		 /* its last line, if it was cut */
	TextFace *face;			 /* of plain lines; NULL where Pango broke the text */
	const char *bytes;		 /* of plain lines: the text */
	PlainLine *lines;		 /* plain lines */
	size_t room;			 /* lines that there is room for */
	size_t n_lines;			 /* how many lines there are */
	bool has_last;			 /* the last of them is `last` */
} text;

static void
break_shaped(TextFace *face, const char *bytes, size_t length, double width, size_t max_lines);
static PangoLayout *new_block(void);
static bool plain_width(TextFace *face, const char *bytes, size_t length, double *width);
static void
show_plain(cairo_t *cr, TextFace *face, double x, double y, const char *bytes, size_t length);
static PangoLayout *whole_layout(TextFace *face, const char *bytes, size_t length);
static size_t end_of_lines(const char *bytes, size_t length, size_t max_lines, size_t max_bytes);
static PangoLayoutLine *get_line(size_t line);
static void show_line(cairo_t *cr, PangoLayoutLine *line, double x, double baseline);
static void
show_run(cairo_t *cr, PangoGlyphItem *run, const char *bytes, double x, double baseline);
static int
find_clusters(PangoGlyphItem *run, const char *bytes, cairo_text_cluster_t *clusters, char *shown);
static void show_missing(cairo_t *cr, PangoGlyphItem *run, double x, double baseline);

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
	while (length > 0 && bytes[length - 1] == '\n')
		length--;
	if (text.room < max_lines)
	{
		text.room = max_lines;
		text.lines = must_alloc(text.lines, max_lines * sizeof(PlainLine));
	}
	text.bytes = bytes;
	text.face = face;
	if (!break_plain(face, bytes, length, width, max_lines, text.lines, &text.n_lines,
					 &text.has_last))
		break_shaped(face, bytes, length, width, max_lines);
	if (text.has_last)
		*cut = true;
	return text.n_lines;
}

double
text_line_width(size_t line)
{
	PangoRectangle extents;

	if (text.face)
		return text.lines[line].width;
	pango_layout_line_get_extents(get_line(line), NULL, &extents);
	return (double) extents.width / PANGO_SCALE;
}

void
text_show_line(cairo_t *cr, size_t line, double x, double baseline)
{
	const PlainLine *plain = &text.lines[line];

	if (text.face == NULL)
	{
		show_line(cr, get_line(line), x, baseline);
		return;
	}
	show_plain(cr, text.face, x, baseline, text.bytes + plain->start, plain->length);
	if (text.has_last && line == text.n_lines - 1)
		show_plain(cr, text.face,
				   x + plain->width - text_width(text.face, ELLIPSIS, strlen(ELLIPSIS)), baseline,
				   ELLIPSIS, strlen(ELLIPSIS));
}

/* Lets Pango break a text; what get_line returns then are its lines. */
static void
break_shaped(TextFace *face, const char *bytes, size_t length, double width, size_t max_lines)
{
	/* No letter is narrower than a sixth of its size, but for marks; 4 bytes each. */
	size_t max_bytes = (size_t) (width / face->size * 24 + 64) * max_lines;
	size_t end, n_lines, start, tail;
	char *rest;

	if (text.block == NULL)
		text.block = new_block();
	text.face = NULL;
	end = end_of_lines(bytes, length, max_lines, max_bytes);

	pango_layout_set_width(text.block, (int) (width * PANGO_SCALE));
	set_layout(text.block, face, bytes, end);
	n_lines = (size_t) pango_layout_get_line_count(text.block);
	text.has_last = n_lines > max_lines || end < length;
	text.n_lines = n_lines < max_lines ? n_lines : max_lines;
	note_missing(text.block);
	if (!text.has_last)
		return;

	/* The line that would be last is set again, with what follows, and an ellipsis. */
	start =
		(size_t) pango_layout_get_line_readonly(text.block, (int) text.n_lines - 1)->start_index;
	tail = strcspn(pango_layout_get_text(text.block) + start, "\n");
	rest = must_alloc(NULL, tail + sizeof(ELLIPSIS));
	memcpy(rest, pango_layout_get_text(text.block) + start, tail);
	memcpy(rest + tail, ELLIPSIS, sizeof(ELLIPSIS));
	pango_layout_set_width(text.last, (int) (width * PANGO_SCALE));
	set_layout(text.last, face, rest, strlen(rest));
	free(rest);
}

/* A key or an address that goes on in the next line has no hyphen that is not its own. */
static PangoLayout *
new_block(void)
{
	PangoLayout *block = new_layout();
	PangoAttrList *attributes = pango_attr_list_new();

	pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
	pango_layout_set_attributes(block, attributes);
	pango_attr_list_unref(attributes);
	pango_layout_set_wrap(block, PANGO_WRAP_WORD_CHAR);
	text.last = new_layout();
	pango_layout_set_single_paragraph_mode(text.last, TRUE);
	pango_layout_set_ellipsize(text.last, PANGO_ELLIPSIZE_END);
	return block;
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
	uint64_t hash = an_bytehash(bytes, length) + (uint64_t) (uintptr_t) face;
	Kept *kept = &text.kept[hash % KEPT_LAYOUTS];

	if (kept->face == face && kept->length == length && memcmp(kept->text, bytes, length) == 0)
		return kept->layout;
	if (kept->layout == NULL)
	{
		kept->layout = new_layout();
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

/* Shows a line run by run, as pango_cairo_show_layout_line would, but with our fonts. */
static void
show_line(cairo_t *cr, PangoLayoutLine *line, double x, double baseline)
{
	const char *bytes = pango_layout_get_text(line->layout);

	for (const GSList *runs = line->runs; runs != NULL; runs = runs->next)
	{
		PangoGlyphItem *run = runs->data;
		bool missing = false;

		for (int i = 0; i < run->glyphs->num_glyphs; i++)
			missing |= (run->glyphs->glyphs[i].glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0;
		if (missing)
			show_missing(cr, run, x, baseline);
		else
			show_run(cr, run, bytes, x, baseline);
		x += (double) pango_glyph_string_get_width(run->glyphs) / PANGO_SCALE;
	}

	/* Nothing that is drawn later begins here. */
	cairo_new_path(cr);
}

/*
 * Shows the glyphs of a run, and tells cairo which bytes they stand for.  Glyphs and bytes come from left to right
 * whatever the script: so readers of a PDF expect them, and find the words again.  An ellipsis stands for
 * itself, not for what was cut.
 */
static void
show_run(cairo_t *cr, PangoGlyphItem *run, const char *bytes, double x, double baseline)
{
	const PangoItem *item = run->item;
	int n = run->glyphs->num_glyphs, n_glyphs = 0, n_clusters;
	cairo_glyph_t *glyphs = must_alloc(NULL, (size_t) n * sizeof(*glyphs));
	cairo_text_cluster_t *clusters = must_alloc(NULL, (size_t) item->num_chars * sizeof(*clusters));
	char *shown = must_alloc(NULL, (size_t) item->length);

	for (int i = 0; i < n; i++)
	{
		const PangoGlyphInfo *info = &run->glyphs->glyphs[i];

		if (info->glyph != PANGO_GLYPH_EMPTY)
			glyphs[n_glyphs++] =
				(cairo_glyph_t){info->glyph, x + (double) info->geometry.x_offset / PANGO_SCALE,
								baseline + (double) info->geometry.y_offset / PANGO_SCALE};
		x += (double) info->geometry.width / PANGO_SCALE;
	}
	n_clusters = find_clusters(run, bytes, clusters, shown);
	cairo_set_scaled_font(cr, drawing_font(item->analysis.font));
	if (item->analysis.flags & PANGO_ANALYSIS_FLAG_IS_ELLIPSIS)
		cairo_show_text_glyphs(cr, ELLIPSIS, sizeof(ELLIPSIS) - 1, glyphs, n_glyphs,
							   &(cairo_text_cluster_t){sizeof(ELLIPSIS) - 1, n_glyphs}, 1, 0);
	else
		cairo_show_text_glyphs(cr, shown, item->length, glyphs, n_glyphs, clusters, n_clusters, 0);
	free(glyphs);
	free(clusters);
	free(shown);
}

/* Finds which glyphs of a run stand for which bytes, and puts the bytes in the order of the glyphs. */
static int
find_clusters(PangoGlyphItem *run, const char *bytes, cairo_text_cluster_t *clusters, char *shown)
{
	bool backward = run->item->analysis.level & 1;
	int n = 0, at = backward ? run->item->length : 0;
	PangoGlyphItemIter iter;

	for (bool more = pango_glyph_item_iter_init_start(&iter, run, bytes); more;
		 more = pango_glyph_item_iter_next_cluster(&iter))
	{
		int first = backward ? iter.end_glyph + 1 : iter.start_glyph;
		int last = backward ? iter.start_glyph + 1 : iter.end_glyph;
		int length = iter.end_index - iter.start_index;
		cairo_text_cluster_t *cluster = &clusters[n++];

		at -= backward ? length : 0;
		memcpy(shown + at, bytes + iter.start_index, (size_t) length);
		at += backward ? 0 : length;
		*cluster = (cairo_text_cluster_t){length, 0};
		for (int i = first; i < last; i++)
			cluster->num_glyphs += run->glyphs->glyphs[i].glyph != PANGO_GLYPH_EMPTY;
	}
	for (int i = 0; backward && i < n / 2; i++)
	{
		cairo_text_cluster_t left = clusters[i];

		clusters[i] = clusters[n - 1 - i];
		clusters[n - 1 - i] = left;
	}
	return n;
}

/* Shows a run glyph by glyph; those that no font has Pango draws as boxes. */
static void
show_missing(cairo_t *cr, PangoGlyphItem *run, double x, double baseline)
{
	PangoGlyphString *one = pango_glyph_string_new();

	pango_glyph_string_set_size(one, 1);
	for (int i = 0; i < run->glyphs->num_glyphs; i++)
	{
		const PangoGlyphInfo *info = &run->glyphs->glyphs[i];
		cairo_glyph_t glyph = {info->glyph, x + (double) info->geometry.x_offset / PANGO_SCALE,
							   baseline + (double) info->geometry.y_offset / PANGO_SCALE};

		one->glyphs[0] = *info;
		cairo_move_to(cr, x, baseline);
		if (info->glyph & PANGO_GLYPH_UNKNOWN_FLAG)
			pango_cairo_show_glyph_string(cr, run->item->analysis.font, one);
		else if (info->glyph != PANGO_GLYPH_EMPTY)
		{
			cairo_set_scaled_font(cr, drawing_font(run->item->analysis.font));
			cairo_show_glyphs(cr, &glyph, 1);
		}
		x += (double) info->geometry.width / PANGO_SCALE;
	}
	pango_glyph_string_free(one);
}
