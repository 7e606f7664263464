/*
 * html_sheet.c - a sheet as a section of the page
 *
 * Rows go straight to the page where nothing above them depends on them; where there
 * are charts, or colours that go by the least and the greatest of a column, they
 * wait in a spool until the last has come.  Memory does not grow with rows.
 *
 * A chart is there twice, drawn for a wide and for a narrow page: shrunk to the width
 * of a telephone its labels could not be read.  The style shows one of the two.
 */
#include "render/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/number_format.h"

#define MAX_COLSPAN	   1000 /* HTML Standard, 4.9.11 */
#define CHART_FONT	   "system-ui, sans-serif"
#define WIDE_WIDTH	   720.0 /* points */
#define WIDE_HEIGHT	   250.0
#define HALF_WIDTH	   400.0 /* a chart that was asked to be at most as wide shares its line */
#define HALF_HEIGHT	   190.0
#define NARROW_WIDTH   320.0
#define NARROW_HEIGHT  220.0
#define LEAST_WIDTH	   120.0
#define LEAST_HEIGHT   80.0
#define PINNED_COLUMNS 4	/* with so many, the first stays when the others scroll */
#define NARROW_POINTS  2000 /* larger charts are there once */

/* The sheet under construction. */
static struct
{
	const Sheet *sheet;	   /* what it is */
	const Text *name;	   /* what its table is called */
	ColumnSeen *seen;	   /* of each column */
	Spool *spool;		   /* rows that wait, NULL where they need not */
	ChartData *charts;	   /* data of its charts, NULL where there are none */
	uint64_t n_rows;	   /* rows so far */
	unsigned char *totals; /* row of totals, NULL where there is none */
	size_t totals_size;	   /* its bytes */
} section;

static bool must_wait(const Sheet *sheet);
static void put_cards(const Sheet *sheet);
static void put_card(const Card *card);
static void put_charts(void);
static void put_chart(size_t i);
static void put_drawing(size_t i, const char *class, double width, double height);
static bool is_small(size_t i);
static void put_table_head(void);
static void put_table_foot(void);

void
html_sheet_begin(const Sheet *sheet, const Text *name)
{
	section.sheet = sheet;
	section.name = sheet->name.length > 0 ? &sheet->name : name;
	section.n_rows = 0;
	section.seen = must_alloc(NULL, sheet->n_columns * sizeof(*section.seen));
	see_nothing(sheet, section.seen);
	if (must_wait(sheet))
		section.spool = spool_new();
	if (sheet->n_charts > 0)
		section.charts = chart_data_new(sheet);

	html_print("<section id=\"s%zu\">\n", sheet->index + 1);
	if (document.several)
		html_element("h2", &sheet->name);
	html_element("p class=\"note\"", &sheet->note);
	put_cards(sheet);
	if (section.spool == NULL)
		put_table_head();
}

void
html_sheet_row(const AnFrameReader *row)
{
	if (section.spool)
	{
		see_row(section.sheet, section.seen, *row, section.n_rows);
		spool_put(section.spool, row);
		if (section.charts)
			chart_data_put(section.charts, *row);
	}
	else
		html_row(section.sheet, section.seen, *row);
	section.n_rows++;
}

void
html_sheet_totals(const AnFrameReader *row)
{
	section.totals_size = (size_t) (row->end - row->at);
	section.totals = must_alloc(NULL, section.totals_size);
	memcpy(section.totals, row->at, section.totals_size);
}

void
html_sheet_end(void)
{
	if (section.spool)
	{
		AnFrameReader row;

		put_charts();
		put_table_head();
		spool_rewind(section.spool);
		while (spool_next(section.spool, &row))
			html_row(section.sheet, section.seen, row);
	}
	put_table_foot();
	html_put("</section>\n");
	if (section.charts)
		chart_data_free(section.charts);
	spool_free(section.spool);
	free(section.totals);
	free(section.seen);
	section.charts = NULL;
	section.spool = NULL;
	section.totals = NULL;
}

/* Tells whether something above the rows, or in the first of them, depends on the last. */
static bool
must_wait(const Sheet *sheet)
{
	if (sheet->n_charts > 0)
		return true;
	for (size_t i = 0; i < sheet->n_columns; i++)
	{
		const Column *column = &sheet->columns[i];

		if ((column->condition == CONDITION_BAR || column->condition == CONDITION_SCALE) &&
			(isnan(column->low) || isnan(column->high)))
			return true;
	}
	return false;
}

static void
put_cards(const Sheet *sheet)
{
	if (sheet->n_cards == 0)
		return;
	html_put("<dl class=\"cards\">\n");
	for (size_t i = 0; i < sheet->n_cards; i++)
		put_card(&sheet->cards[i]);
	html_put("</dl>\n");
}

static void
put_card(const Card *card)
{
	const Column column = {.kind = AN_COLUMN_NUMBER, .format = card->format};
	char buffer[AN_NUMBER_SHOWN_BYTES];
	size_t length;
	const char *text = show_cell(&column, &card->value, buffer, &length);

	html_put("<div>\n");
	html_element("dt", &card->label);
	html_put(card->value.tag == AN_CELL_NUMBER ? "<dd class=\"value number\" dir=\"auto\">"
											   : "<dd class=\"value\" dir=\"auto\">");
	if (length > 0)
		html_text(text, length);
	else
		html_put("–");
	html_put("</dd>\n");
	html_element("dd", &card->note);
	html_put("</div>\n");
}

/* A sheet without rows says so in its table. */
static void
put_charts(void)
{
	if (section.charts == NULL || section.n_rows == 0)
		return;
	html_put("<div class=\"charts\">\n");
	for (size_t i = 0; i < section.sheet->n_charts; i++)
		put_chart(i);
	html_put("</div>\n");
}

static void
put_chart(size_t i)
{
	const ChartSpec *spec = &section.sheet->charts[i];
	bool half = spec->width > 0 && spec->width <= HALF_WIDTH;
	double width = spec->width > 0 ? fmax(spec->width, LEAST_WIDTH) : WIDE_WIDTH;
	double height = spec->height > 0 ? fmax(spec->height, LEAST_HEIGHT)
					: half			 ? HALF_HEIGHT
									 : WIDE_HEIGHT;

	html_put(half ? "<figure class=\"half\">\n" : "<figure>\n");
	if (half || !is_small(i))
		put_drawing(i, "only", width, height);
	else
	{
		put_drawing(i, "wide", width, height);
		put_drawing(i, "narrow", NARROW_WIDTH, NARROW_HEIGHT);
	}
	html_put("</figure>\n");
}

static void
put_drawing(size_t i, const char *class, double width, double height)
{
	AnSvg svg = {.write = html_write, .font = CHART_FONT};
	AnChart chart;

	chart_data_get(section.charts, i, width, height, &chart);
	html_print("<div class=\"%s\">", class);
	draw_svg(&chart, &svg, false);
	html_put("</div>\n");
}

/* Tells whether drawing a chart twice costs little. */
static bool
is_small(size_t i)
{
	return section.n_rows * section.sheet->charts[i].n_y <= NARROW_POINTS;
}

/* Writes all of the table above its rows. */
static void
put_table_head(void)
{
	const Sheet *sheet = section.sheet;
	size_t number = sheet->index + 1;
	bool named = section.name->length > 0;

	html_put("<div class=\"table\" tabindex=\"0\"");
	if (named)
		html_print(" role=\"region\" aria-labelledby=\"c%zu\"", number);
	html_put(sheet->n_columns >= PINNED_COLUMNS ? ">\n<table class=\"pin\">\n" : ">\n<table>\n");
	if (named)
	{
		html_print("<caption id=\"c%zu\" dir=\"auto\">", number);
		html_text(section.name->bytes, section.name->length);
		html_put("</caption>\n");
	}
	html_put("<thead>\n<tr>");
	for (size_t i = 0; i < sheet->n_columns; i++)
	{
		html_put("<th scope=\"col\" dir=\"auto\">");
		html_text(sheet->columns[i].header.bytes, sheet->columns[i].header.length);
		html_put("</th>");
	}
	html_put("</tr>\n</thead>\n<tbody>\n");
}

/* Writes all of it below. */
static void
put_table_foot(void)
{
	const Sheet *sheet = section.sheet;
	const char *word = document.locale->words[AN_WORD_NO_ROWS];

	if (section.n_rows == 0)
	{
		html_print("<tr><td class=\"none\" colspan=\"%zu\">",
				   sheet->n_columns < MAX_COLSPAN ? sheet->n_columns : MAX_COLSPAN);
		html_text(word, strlen(word));
		html_put("</td></tr>\n");
	}
	html_put("</tbody>\n");
	if (section.totals)
	{
		html_put("<tfoot>\n");
		html_totals(sheet, (AnFrameReader){section.totals, section.totals + section.totals_size});
		html_put("</tfoot>\n");
	}
	html_put("</table>\n</div>\n");
}
