/*
 * workbook_card.c - figures above the table, side by side
 *
 * A card is a label, a large value and perhaps a note, one below the other, over as
 * many columns as its texts need; their widths are the table's.
 */
#include "render/workbook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/number_format.h"
#include "kernel/utf8.h"

#define LABEL_SIZE	  9	   /* points */
#define VALUE_SIZE	  18   /* points */
#define LABEL_HEIGHT  18   /* points of its row */
#define VALUE_HEIGHT  30   /* likewise */
#define NOTE_HEIGHT	  16   /* likewise */
#define LABEL_PIXELS  7	   /* a character of the label */
#define VALUE_PIXELS  14   /* a character of the value */
#define CARD_PIXELS	  110  /* least width */
#define CARD_PADDING  16   /* pixels */
#define LINE_PIXELS	  1000 /* width of a line of cards, where the table is not wider */
#define NOTHING_SHOWN "\xE2\x80\x93"

/* The lines of a card. */
typedef enum CardLine
{
	LINE_LABEL,
	LINE_VALUE,
	LINE_NOTE,
	CARD_LINES,
} CardLine;

/* Where a card stands. */
typedef struct Place
{
	lxw_col_t first; /* column */
	lxw_col_t last;	 /* column */
} Place;

static size_t place_cards(size_t first, Place *places);
static uint32_t card_pixels(const Card *card);
static uint32_t text_pixels(const Text *text, uint32_t char_pixels);
static void put_line(size_t first, size_t n, const Place *places, CardLine line);
static lxw_format *line_format(CardLine line, const Card *card);
static void put_value(const Card *card, lxw_col_t col, lxw_format *format);

void
put_cards(void)
{
	Place *places = must_alloc(NULL, book.sheet->n_cards * sizeof(Place));
	size_t n;

	for (size_t first = 0; first < book.sheet->n_cards; first += n)
	{
		bool noted = false;

		n = place_cards(first, places);
		for (size_t i = 0; i < n; i++)
			noted |= book.sheet->cards[first + i].note.length > 0;
		for (CardLine line = LINE_LABEL; line < (noted ? CARD_LINES : LINE_NOTE); line++)
			put_line(first, n, places, line);
		begin_row(0);
		book.next_row++;
	}
	free(places);
}

/* Places the cards of one line; returns how many there is room for. */
static size_t
place_cards(size_t first, Place *places)
{
	uint32_t room = table_pixels() > LINE_PIXELS ? table_pixels() : LINE_PIXELS;
	uint32_t used = 0;
	size_t n = 0;
	lxw_col_t col = 0;

	while (first + n < book.sheet->n_cards && col < AN_SHEET_MAX_COLUMNS)
	{
		uint32_t need = card_pixels(&book.sheet->cards[first + n]), width = 0;
		lxw_col_t next = col;

		do
			width += column_pixels(next++);
		while (width < need && next < AN_SHEET_MAX_COLUMNS);
		if (n > 0 && used + width > room)
			break;
		places[n++] = (Place){col, (lxw_col_t) (next - 1)};
		used += width;
		col = next;
	}
	return n;
}

static uint32_t
card_pixels(const Card *card)
{
	char shown[AN_NUMBER_SHOWN_BYTES];
	Text value = {(char *) card->value.bytes, card->value.length};
	uint32_t widths[CARD_LINES] = {[LINE_LABEL] = text_pixels(&card->label, LABEL_PIXELS),
								   [LINE_NOTE] = text_pixels(&card->note, LABEL_PIXELS)};
	uint32_t pixels = CARD_PIXELS;

	if (card->value.tag == AN_CELL_NUMBER)
		value = (Text){shown, show_number(&card->format, card->value.number, shown)};
	widths[LINE_VALUE] = text_pixels(&value, VALUE_PIXELS);
	for (size_t i = 0; i < CARD_LINES; i++)
	{
		if (widths[i] + CARD_PADDING > pixels)
			pixels = widths[i] + CARD_PADDING;
	}
	return pixels;
}

static uint32_t
text_pixels(const Text *text, uint32_t char_pixels)
{
	return text->length > 0 ? an_utf8_width(text->bytes, text->length) * char_pixels : 0;
}

/* Writes one row: the same line of each card. */
static void
put_line(size_t first, size_t n, const Place *places, CardLine line)
{
	static const double heights[CARD_LINES] = {LABEL_HEIGHT, VALUE_HEIGHT, NOTE_HEIGHT};
	lxw_worksheet *sheet = last_part()->sheet;

	begin_row(heights[line]);
	for (size_t i = 0; i < n; i++)
	{
		const Card *card = &book.sheet->cards[first + i];
		lxw_format *format = line_format(line, card);

		if (places[i].last > places[i].first)
			check(worksheet_merge_range(sheet, book.next_row, places[i].first, book.next_row,
										places[i].last, "", format));
		if (line == LINE_VALUE)
			put_value(card, places[i].first, format);
		else
			check(worksheet_write_string(sheet, book.next_row, places[i].first,
										 cell_text(line == LINE_LABEL ? &card->label : &card->note),
										 format));
	}
	book.next_row++;
}

static lxw_format *
line_format(CardLine line, const Card *card)
{
	lxw_format *format = workbook_add_format(book.workbook);

	if (format == NULL)
		fail(STATE_NO_MEMORY, "out of memory");
	format_set_bg_color(format, CARD_COLOR);
	format_set_left(format, LXW_BORDER_MEDIUM);
	format_set_left_color(format, HEADER_COLOR);
	format_set_align(format, LXW_ALIGN_LEFT);
	format_set_indent(format, 1);
	format_set_align(format, LXW_ALIGN_VERTICAL_CENTER);
	if (line == LINE_VALUE)
	{
		format_set_bold(format);
		format_set_font_size(format, VALUE_SIZE);
		if (card->format.length > 0)
			set_number_format(format, card->format.bytes);
	}
	else
	{
		format_set_font_size(format, LABEL_SIZE);
		format_set_font_color(format, NOTE_COLOR);
	}
	return format;
}

static void
put_value(const Card *card, lxw_col_t col, lxw_format *format)
{
	lxw_worksheet *sheet = last_part()->sheet;
	Text text = {(char *) card->value.bytes, card->value.length};

	if (card->value.tag == AN_CELL_NUMBER)
		check(worksheet_write_number(sheet, book.next_row, col, card->value.number, format));
	else
		check(worksheet_write_string(
			sheet, book.next_row, col,
			card->value.tag == AN_CELL_TEXT ? cell_text(&text) : NOTHING_SHOWN, format));
}
