/*
 * pdf.c - the PDF renderer: keeps what comes, and lays it out at the end, twice
 */
#include "render/pdf.h"

#include <cairo-pdf.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static PdfSheet *sheets; /* all that have come */
static size_t n_sheets;	 /* how many */

static void lay_out(void);
static void lay_out_sheet(PdfSheet *of);
static void set_metadata(cairo_surface_t *surface);
static void set_text(cairo_surface_t *surface, cairo_pdf_metadata_t which, const Text *text);
static void add_outline(const PdfSheet *of);

static void
pdf_begin(void)
{
	text_begin();
}

static void
pdf_begin_sheet(const Sheet *sheet)
{
	PdfSheet *of;

	if ((n_sheets & (n_sheets - 1)) == 0)
		sheets = must_alloc(sheets, (n_sheets > 0 ? 2 * n_sheets : 1) * sizeof(PdfSheet));
	of = &sheets[n_sheets++];
	*of = (PdfSheet){.sheet = sheet_keep(sheet), .rows = spool_new()};
	of->charts = chart_data_new(of->sheet);
	of->seen = must_alloc(NULL, sheet->n_columns * sizeof(ColumnSeen));
	see_nothing(sheet, of->seen);
	of->widest = must_alloc(NULL, sheet->n_columns * sizeof(double));
	of->broken = must_alloc(NULL, sheet->n_columns * sizeof(bool));
	for (size_t i = 0; i < sheet->n_columns; i++)
	{
		of->widest[i] = 0;
		of->broken[i] = false;
	}
}

static void
pdf_put_row(AnFrameReader *row)
{
	PdfSheet *of = &sheets[n_sheets - 1];

	/* Widths are measured in letters of the font, so none is asked for here. */
	see_row(of->sheet, of->seen, *row, UINT64_MAX);
	measure_row(of, *row, false);
	chart_data_put(of->charts, *row);
	spool_put(of->rows, row);
}

static void
pdf_put_totals(AnFrameReader *row)
{
	PdfSheet *of = &sheets[n_sheets - 1];

	measure_row(of, *row, true);
	of->totals_size = (size_t) (row->end - row->at);
	of->totals = must_alloc(NULL, of->totals_size);
	memcpy(of->totals, row->at, of->totals_size);
}

static void
pdf_end_sheet(void)
{
	plan_table(&sheets[n_sheets - 1]);
	spool_rewind(sheets[n_sheets - 1].rows);
}

static void
pdf_end(void)
{
	FILE *file;
	cairo_surface_t *surface;

	lay_out();
	page = (PdfPage){.n_pages = page.number};
	file = output_open();
	page_size(&page, sheets[0].plan.landscape);
	surface = cairo_pdf_surface_create_for_stream(write_bytes, file, page.width, page.height);
	page.surface = surface;
	page.cr = cairo_create(surface);
	check_cairo(page.cr, surface);
	set_metadata(surface);
	lay_out();
	cairo_destroy(page.cr);
	cairo_surface_finish(surface);
	check_cairo(NULL, surface);
	text_check_room();
	cairo_surface_destroy(surface);
	output_close(file);
}

const Renderer pdf_renderer = {
	.format = "pdf",
	.begin = pdf_begin,
	.begin_sheet = pdf_begin_sheet,
	.put_row = pdf_put_row,
	.put_totals = pdf_put_totals,
	.end_sheet = pdf_end_sheet,
	.end = pdf_end,
};

/* Goes through the whole document, and draws if there is a surface. */
static void
lay_out(void)
{
	page_begin(sheets[0].plan.landscape);
	draw_title();
	for (size_t i = 0; i < n_sheets; i++)
		lay_out_sheet(&sheets[i]);
	page_end();
}

static void
lay_out_sheet(PdfSheet *of)
{
	double used = page.y - page.top;

	/* A sheet that would begin near the foot, or lies otherwise, begins a page. */
	if (of->plan.landscape != page.landscape)
	{
		page_end();
		page_begin(of->plan.landscape);
	}
	else if (of->sheet->index > 0 && used > 0)
	{
		page.y += 22;
		(void) page_room((page.bottom - page.top) / 4);
	}
	add_outline(of);
	draw_heading(of);
	draw_cards(of->sheet);
	if (spool_rows(of->rows) > 0)
		draw_charts(of);
	draw_table(of);
}

static void
set_metadata(cairo_surface_t *surface)
{
	time_t created = (time_t) document.created;
	char stamp[64] = "";
	struct tm parts;

	set_text(surface, CAIRO_PDF_METADATA_TITLE, &document.title);
	set_text(surface, CAIRO_PDF_METADATA_SUBJECT, &document.subtitle);
	set_text(surface, CAIRO_PDF_METADATA_AUTHOR,
			 document.author.length > 0 ? &document.author : &document.company);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "analytics");

	/* The time is given, so that the same report has the same bytes. */
	if (gmtime_r(&created, &parts) == NULL ||
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		fail(STATE_BAD_STREAM, "a time of creation that is none");
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, stamp);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, stamp);
}

static void
set_text(cairo_surface_t *surface, cairo_pdf_metadata_t which, const Text *text)
{
	char *valid;

	if (text->length == 0)
		return;
	valid = text_valid(text->bytes, text->length);
	cairo_pdf_surface_set_metadata(surface, which, valid);
	free(valid);
}

/* Lets a reader jump to a sheet. */
static void
add_outline(const PdfSheet *of)
{
	char place[96];
	char *name;

	if (page.surface == NULL || of->sheet->name.length == 0)
		return;
	snprintf(place, sizeof(place), "page=%zu pos=[%.0f %.0f]", page.number, page.left, page.y);
	name = text_valid(of->sheet->name.bytes, of->sheet->name.length);
	cairo_pdf_surface_add_outline(page.surface, CAIRO_PDF_OUTLINE_ROOT, name, place,
								  CAIRO_PDF_OUTLINE_FLAG_OPEN);
	free(name);
}
