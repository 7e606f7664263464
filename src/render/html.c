/*
 * html.c - a report as one page of HTML
 *
 * The page holds no script and refers to nothing outside of itself; its own policy
 * says so to the browser, should anything ever slip in.  It reads on a telephone,
 * in the dark and on paper, and holds at least:
 *
 *     header    title, subtitle                 footer    the document's own, time of generation
 *     nav       the sheets, where there are several
 *     section   a sheet: heading, note, cards, charts, table
 */
#include "render/html.h"

#include <string.h>

#define POLICY		   "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
#define GENERATOR	   "analytics"
#define PORTRAIT_WIDTH 9 /* columns that usually fit a page held upright */

/* The page under construction. */
static struct
{
	FILE *contents;	 /* entries of nav */
	FILE *rules;	 /* style rules of the sheets' columns */
	FILE *sections;	 /* the sheets */
	Text name;		 /* what the page is called where it has no title: its first sheet */
	bool wide;		 /* a sheet has more columns than fit a page held upright */
	size_t n_sheets; /* how many have come */
} page;

static void put_head(FILE *to);
static void put_meta(const char *name, const Text *content);
static void put_top(FILE *to);
static void put_footer(FILE *to);

static void
begin(void)
{
	page.contents = part_open();
	page.rules = part_open();
	page.sections = part_open();
	html_into(page.sections);
}

static void
begin_sheet(const Sheet *sheet)
{
	if (page.n_sheets++ == 0)
		page.name = document.title.length > 0 ? document.title : sheet->name;
	page.wide |= sheet->n_columns > PORTRAIT_WIDTH;
	html_into(page.rules);
	html_style_sheet(sheet);
	html_into(page.contents);
	html_print("<li><a href=\"#s%zu\">", sheet->index + 1);
	html_text(sheet->name.bytes, sheet->name.length);
	html_put("</a></li>\n");
	html_into(page.sections);
	html_sheet_begin(sheet, &page.name);
}

static void
put_row(AnFrameReader *row)
{
	html_sheet_row(row);
}

static void
put_totals(AnFrameReader *row)
{
	html_sheet_totals(row);
}

static void
end_sheet(void)
{
	html_sheet_end();
}

/* Puts the page together. */
static void
end(void)
{
	FILE *file = output_open();

	put_head(file);
	put_top(file);
	html_into(file);
	part_append(page.sections, file);
	put_footer(file);
	html_into(NULL);
	output_close(file);
}

const Renderer html_renderer = {
	.format = "html",
	.begin = begin,
	.begin_sheet = begin_sheet,
	.put_row = put_row,
	.put_totals = put_totals,
	.end_sheet = end_sheet,
	.end = end,
};

/* Writes all up to the body. */
static void
put_head(FILE *to)
{
	html_into(to);
	html_print("<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
			   document.locale->name);
	html_put("<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
			 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			 "<meta name=\"color-scheme\" content=\"light dark\">\n"
			 "<meta name=\"generator\" content=\"" GENERATOR "\">\n");
	put_meta("author", &document.author);
	put_meta("publisher", &document.company);
	put_meta("description", &document.subtitle);
	html_put("<title>");
	if (page.name.length > 0)
		html_text(page.name.bytes, page.name.length);
	else
		html_put(GENERATOR);
	html_put("</title>\n<style>\n");
	html_style(document.orientation == 'l' || (document.orientation == 0 && page.wide));
	html_into(to);
	part_append(page.rules, to);
	html_put("</style>\n</head>\n");
}

static void
put_meta(const char *name, const Text *content)
{
	if (content->length == 0)
		return;
	html_print("<meta name=\"%s\" content=\"", name);
	html_text(content->bytes, content->length);
	html_put("\">\n");
}

/* Writes what stands above the sheets. */
static void
put_top(FILE *to)
{
	html_into(to);
	html_put("<body>\n");
	if (document.title.length > 0 || document.subtitle.length > 0)
	{
		html_put("<header>\n");
		html_element("h1", &document.title);
		html_element("p", &document.subtitle);
		html_put("</header>\n");
	}
	if (page.n_sheets > 1)
	{
		html_put("<nav>\n<ul>\n");
		html_into(to);
		part_append(page.contents, to);
		html_put("</ul>\n</nav>\n");
	}
	html_put("<main>\n");
}

static void
put_footer(FILE *to)
{
	html_into(to);
	html_put("</main>\n");
	if (document.footer.length > 0 || document.generated.length > 0)
	{
		html_put("<footer>\n");
		html_element("p", &document.footer);
		if (document.generated.length > 0)
		{
			html_put("<p>");
			html_text(document.locale->words[AN_WORD_GENERATED],
					  strlen(document.locale->words[AN_WORD_GENERATED]));
			html_text(document.generated.bytes, document.generated.length);
			html_put("</p>\n");
		}
		html_put("</footer>\n");
	}
	html_put("</body>\n</html>\n");
}
