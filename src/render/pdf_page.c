/*
 * pdf_page.c - pages: their size, their foot, and the simplest things on them
 *
 * All that draws does nothing while pages are counted, but takes the same room.
 */
#include "render/pdf.h"

#include <cairo-pdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_PER_MM (72 / 25.4)
#define FOOT_SIZE	  7.0
#define FOOT_ROOM	  26.0 /* at the lower edge, however small the margin */
#define LEAST_ROOM	  100.0

PdfPage page;

static void draw_foot(void);
static void compose_number(char *out, size_t size);

void
page_size(PdfPage *on, bool landscape)
{
	static const double usual[4] = {20, 15, 20, 15};
	double sides[4], width = document.letter ? 612 : 595.276;
	double height = document.letter ? 792 : 841.89;

	for (int i = 0; i < 4; i++)
		sides[i] = (isnan(document.margins[i]) ? usual[i] : document.margins[i]) * POINTS_PER_MM;
	on->landscape = landscape;
	on->width = landscape ? height : width;
	on->height = landscape ? width : height;
	on->top = sides[0];
	on->right = on->width - sides[1];
	on->bottom = on->height - fmax(sides[2], FOOT_ROOM);
	on->left = sides[3];
	if (on->right - on->left < LEAST_ROOM || on->bottom - on->top < LEAST_ROOM)
		fail(STATE_LIMIT, "margins leave %.0f by %.0f points of a page, at least %.0f are needed",
			 on->right - on->left, on->bottom - on->top, LEAST_ROOM);
}

void
page_begin(bool landscape)
{
	page_size(&page, landscape);
	page.number++;
	page.y = page.top;
	if (page.surface)
		cairo_pdf_surface_set_size(page.surface, page.width, page.height);
}

void
page_end(void)
{
	if (page.cr == NULL)
		return;
	draw_foot();
	cairo_show_page(page.cr);
	check_cairo(page.cr, page.surface);
}

bool
page_room(double height)
{
	if (page.y + height <= page.bottom + 0.01 || page.y <= page.top)
		return false;
	page_end();
	page_begin(page.landscape);
	return true;
}

void
page_fill(uint32_t color, double x, double y, double width, double height)
{
	if (page.cr == NULL)
		return;
	set_color(page.cr, color);
	cairo_rectangle(page.cr, x, y, width, height);
	cairo_fill(page.cr);
}

void
page_line(TextFace *face, uint32_t color, double x, double baseline, double width, char align,
		  const Text *text)
{
	bool cut = false;
	double taken;

	if (page.cr == NULL || text->length == 0)
		return;
	taken = text_width(face, text->bytes, text->length);
	if (taken > width + 0.01 || memchr(text->bytes, '\n', text->length))
	{
		(void) text_break(face, text->bytes, text->length, width, 1, &cut);
		taken = text_line_width(0);
		note_cut();
	}
	if (align != 'l')
		x += (width - taken) / (align == 'c' ? 2 : 1);
	set_color(page.cr, color);
	if (cut)
		text_show_line(page.cr, 0, x, baseline);
	else
		text_show(page.cr, face, x, baseline, text->bytes, text->length);
}

void
page_lines(double size, bool bold, uint32_t color, char align, size_t max_lines, const Text *text)
{
	double room = page.right - page.left;
	bool cut = false;
	size_t n;

	if (text->length == 0)
		return;
	n = text_break(text_face(size, bold), text->bytes, text->length, room, max_lines, &cut);
	if (cut)
		note_cut();
	for (size_t i = 0; i < n; i++)
	{
		double free = room - text_line_width(i);

		if (page.cr)
		{
			set_color(page.cr, color);
			text_show_line(page.cr, i,
						   page.left + (align == 'l'   ? 0
										: align == 'c' ? free / 2
													   : free),
						   page.y + LINE_BASELINE(size));
		}
		page.y += LINE_PITCH(size);
	}
}

void
note_cut(void)
{
	warn(STATE_WARNING, "texts that are too long for their place are cut with \"…\" in the file");
}

/* Footer to the left, number in the middle, time to the right; each has what the others leave. */
static void
draw_foot(void)
{
	TextFace *face = text_face(FOOT_SIZE, false);
	const char *word = document.locale->words[AN_WORD_GENERATED];
	double baseline = page.bottom + (page.height - page.bottom) / 2 + FOOT_SIZE / 3;
	double room = page.right - page.left, side;
	char number[128], *time;
	Text text = {number, 0};

	compose_number(number, sizeof(number));
	text.length = strlen(number);
	side = (room - text_width(face, number, text.length)) / 2 - 2 * FOOT_SIZE;
	page_line(face, COLOR_GREY, page.left, baseline, room, 'c', &text);
	page_line(face, COLOR_GREY, page.left, baseline, side, 'l', &document.footer);
	if (document.generated.length == 0)
		return;
	time = must_alloc(NULL, strlen(word) + document.generated.length + 1);
	strcpy(stpcpy(time, word), document.generated.bytes);
	text = (Text){time, strlen(time)};
	page_line(face, COLOR_GREY, page.right - side, baseline, side, 'r', &text);
	free(time);
}

/* Puts the numbers of the page into the locale's sentence. */
static void
compose_number(char *out, size_t size)
{
	size_t length = 0;

	for (const char *c = document.locale->words[AN_WORD_PAGE]; *c && length < size - 1; c++)
	{
		if (c[0] == '%' && (c[1] == '1' || c[1] == '2'))
			length += (size_t) snprintf(out + length, size - length, "%zu",
										*++c == '1' ? page.number : page.n_pages);
		else
			out[length++] = *c;
	}
	out[length < size ? length : size - 1] = '\0';
}
