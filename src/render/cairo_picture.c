/*
 * cairo_picture.c - the first chart of the first sheet as PNG
 */
#include "render/cairo_text.h"

#include <math.h>

#include "render/render.h"

#define USUAL_WIDTH	 720
#define USUAL_HEIGHT 400
#define USUAL_SCALE	 2
#define MAX_PIXELS	 16000 /* a side */

static Sheet *first;	 /* sheet */
static ChartData *data;	 /* of it */
static bool rows_wanted; /* they are its rows */

static void
png_begin(void)
{
	text_begin();
}

static void
png_begin_sheet(const Sheet *sheet)
{
	if (sheet->index > 0)
		return;
	if (sheet->n_charts == 0)
		fail(STATE_UNSUPPORTED, "a picture needs a chart");
	first = sheet_keep(sheet);
	data = chart_data_new(first);
	rows_wanted = true;
}

static void
png_put_row(AnFrameReader *row)
{
	if (rows_wanted)
		chart_data_put(data, *row);
}

static void
png_put_totals(AnFrameReader *row)
{
	(void) row;
}

static void
png_end_sheet(void)
{
	rows_wanted = false;
}

static void
png_end(void)
{
	double width = document.width > 0 ? document.width : USUAL_WIDTH;
	double height = document.height > 0 ? document.height : USUAL_HEIGHT;
	double scale = document.scale > 0 ? document.scale : USUAL_SCALE;
	FILE *file;
	cairo_surface_t *surface;
	cairo_t *cr;
	AnCanvas canvas;
	AnChart chart;

	if (width * scale > MAX_PIXELS || height * scale > MAX_PIXELS)
		fail(STATE_LIMIT, "a picture of %.0f by %.0f pixels, at most %d a side", width * scale,
			 height * scale, MAX_PIXELS);
	surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int) ceil(width * scale),
										 (int) ceil(height * scale));
	cr = cairo_create(surface);
	check_cairo(cr, surface);
	set_color(cr, 0xFFFFFF);
	cairo_paint(cr);
	cairo_scale(cr, scale, scale);
	cairo_canvas(cr, &canvas);
	chart_data_get(data, 0, width, height, &chart);
	if (an_chart_draw(&chart, &canvas, &heap_memory) != AN_OK)
		fail(STATE_LIMIT, "a chart of %zu series in %.0f by %.0f points cannot be drawn",
			 chart.n_series, width, height);
	check_cairo(cr, surface);
	text_check_room();
	file = output_open();
	if (cairo_surface_write_to_png_stream(surface, write_bytes, file) != CAIRO_STATUS_SUCCESS)
		fail(STATE_NO_MEMORY, "out of memory for a picture of %.0f by %.0f points", width, height);
	output_close(file);
	cairo_destroy(cr);
	cairo_surface_destroy(surface);
	chart_data_free(data);
	sheet_forget(first);
}

const Renderer png_renderer = {
	.format = "png",
	.begin = png_begin,
	.begin_sheet = png_begin_sheet,
	.put_row = png_put_row,
	.put_totals = png_put_totals,
	.end_sheet = png_end_sheet,
	.end = png_end,
};
