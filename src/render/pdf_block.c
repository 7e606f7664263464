/*
 * pdf_block.c - what stands above a table: title, headings, cards, charts
 */
#include "render/pdf.h"

#include <math.h>
#include <string.h>

#include "kernel/number_format.h"

#define TITLE_SIZE	  18.0
#define SUBTITLE_SIZE 9.0
#define HEADING_SIZE  13.0
#define NOTE_SIZE	  8.0
#define FIGURE_SIZE	  16.0 /* of a card */
#define LEAST_FIGURE  9.0
#define LABEL_SIZE	  8.0
#define CARD_GAP	  9.0
#define CARD_LEAST	  105.0 /* width */
#define CARD_PAD	  8.0
#define CARD_RADIUS	  4.0
#define CHART_HEIGHT  180.0
#define CHART_GAP	  12.0
#define CHART_LEAST_X 60.0
#define CHART_LEAST_Y 40.0

static void draw_card(const Card *card, double x, double y, double width, double height);
static Text card_text(const Card *card, char *buffer);
static void round_box(double x, double y, double width, double height);
static double chart_width(const ChartSpec *spec);
static double chart_height(const ChartSpec *spec);
static size_t charts_in_row(const Sheet *sheet, size_t first, double *height);
static void draw_chart(const PdfSheet *of, size_t i, double x);

void
draw_title(void)
{
	if (document.title.length == 0 && document.subtitle.length == 0)
		return;
	page_lines(TITLE_SIZE, true, COLOR_BLUE, 'c', 4, &document.title);
	if (document.subtitle.length > 0)
		page.y += 2;
	page_lines(SUBTITLE_SIZE, false, COLOR_GREY, 'c', 6, &document.subtitle);
	page.y += 10;
}

/* The name of a sheet only where there are several; its note goes with the title where there is one. */
void
draw_heading(const PdfSheet *of)
{
	const Sheet *sheet = of->sheet;

	if (document.several)
		page_lines(HEADING_SIZE, true, COLOR_TEXT, 'l', 2, &sheet->name);
	else if (sheet->note.length > 0)
		page.y -= page.y > page.top + 10 ? 8 : 0;
	page_lines(NOTE_SIZE, false, COLOR_GREY, document.several ? 'l' : 'c', 10, &sheet->note);
	if (document.several || sheet->note.length > 0)
		page.y += 8;
}

/* As many side by side as have room for their figures, in rows of the same length; one alone is no banner. */
void
draw_cards(const Sheet *sheet)
{
	double room = page.right - page.left, width, height = 48, x = page.left;
	size_t fit = (size_t) ((room + CARD_GAP) / (CARD_LEAST + CARD_GAP)), rows, each;

	if (sheet->n_cards == 0)
		return;
	fit = fit < 1 ? 1 : fit;
	rows = (sheet->n_cards + fit - 1) / fit;
	each = (sheet->n_cards + rows - 1) / rows;
	width = (room - (double) (each - 1) * CARD_GAP) / (double) each;
	if (each == 1)
	{
		x += width / 3;
		width /= 3;
	}
	for (size_t i = 0; i < sheet->n_cards; i++)
	{
		if (sheet->cards[i].note.length > 0)
			height = 58;
	}
	for (size_t i = 0; i < sheet->n_cards; i++)
	{
		if (i % each == 0)
			(void) page_room(height);
		draw_card(&sheet->cards[i], x + (double) (i % each) * (width + CARD_GAP), page.y, width,
				  height);
		if (i % each == each - 1 || i == sheet->n_cards - 1)
			page.y += height + CARD_GAP;
	}
	page.y += 5;
}

void
draw_charts(const PdfSheet *of)
{
	const Sheet *sheet = of->sheet;
	size_t next = 0;

	while (next < sheet->n_charts)
	{
		double height, x = page.left;
		size_t n = charts_in_row(sheet, next, &height);

		(void) page_room(height);
		for (size_t i = next; i < next + n; i++)
		{
			draw_chart(of, i, x);
			x += chart_width(&sheet->charts[i]) + CHART_GAP;
		}
		page.y += height + CHART_GAP;
		next += n;
	}
}

/* A figure, as large as fits, above what it is. */
static void
draw_card(const Card *card, double x, double y, double width, double height)
{
	char buffer[AN_NUMBER_SHOWN_BYTES];
	Text text = card_text(card, buffer);
	double room = width - 2 * CARD_PAD, size = FIGURE_SIZE;

	if (page.cr == NULL)
		return;
	set_color(page.cr, COLOR_CARD);
	round_box(x, y, width, height);
	cairo_fill(page.cr);
	x += CARD_PAD;
	while (size > LEAST_FIGURE && text_width(text_face(size, true), text.bytes, text.length) > room)
		size -= 1;
	page_line(text_face(size, true), COLOR_BLUE, x, y + 24, room, 'c', &text);
	page_line(text_face(LABEL_SIZE, false), COLOR_GREY, x, y + 38, room, 'c', &card->label);
	page_line(text_face(LABEL_SIZE - 1, false), COLOR_GREY, x, y + 49, room, 'c', &card->note);
}

/* How a card's value shows; nothing shows as a dash. */
static Text
card_text(const Card *card, char *buffer)
{
	static char dash[] = "\xE2\x80\x93";
	Column column = {.kind = AN_COLUMN_NUMBER, .format = card->format};
	Text text;

	text.bytes = (char *) show_cell(&column, &card->value, buffer, &text.length);
	return text.length > 0 ? text : (Text){dash, strlen(dash)};
}

static void
round_box(double x, double y, double width, double height)
{
	double r = CARD_RADIUS, right = x + width - r, foot = y + height - r;

	cairo_new_path(page.cr);
	cairo_arc(page.cr, right, y + r, r, -M_PI / 2, 0);
	cairo_arc(page.cr, right, foot, r, 0, M_PI / 2);
	cairo_arc(page.cr, x + r, foot, r, M_PI / 2, M_PI);
	cairo_arc(page.cr, x + r, y + r, r, M_PI, 3 * M_PI / 2);
	cairo_close_path(page.cr);
}

static double
chart_width(const ChartSpec *spec)
{
	double room = page.right - page.left;

	return spec->width > 0 ? fmin(fmax(spec->width, CHART_LEAST_X), room) : room;
}

static double
chart_height(const ChartSpec *spec)
{
	double room = page.bottom - page.top;

	return fmin(spec->height > 0 ? fmax(spec->height, CHART_LEAST_Y) : CHART_HEIGHT, room);
}

/* How many charts from the first one on stand side by side, and how high the highest is. */
static size_t
charts_in_row(const Sheet *sheet, size_t first, double *height)
{
	double room = page.right - page.left + 0.01;
	size_t n = 0;

	*height = 0;
	while (first + n < sheet->n_charts)
	{
		const ChartSpec *spec = &sheet->charts[first + n];

		room -= chart_width(spec) + (n > 0 ? CHART_GAP : 0);
		if (room < 0 && n > 0)
			break;
		*height = fmax(*height, chart_height(spec));
		n++;
	}
	return n;
}

static void
draw_chart(const PdfSheet *of, size_t i, double x)
{
	const ChartSpec *spec = &of->sheet->charts[i];
	AnCanvas canvas;
	AnChart chart;

	if (page.cr == NULL)
		return;
	chart_data_get(of->charts, i, chart_width(spec), chart_height(spec), &chart);
	cairo_save(page.cr);
	cairo_translate(page.cr, x, page.y);
	cairo_canvas(page.cr, &canvas);
	if (an_chart_draw(&chart, &canvas, &heap_memory) != AN_OK)
		fail(STATE_LIMIT, "a chart of %zu series, at most %d can be drawn", chart.n_series,
			 AN_CHART_MAX_SERIES);
	cairo_restore(page.cr);
}
