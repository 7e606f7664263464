/*
 * picture.c - a chart as SVG text: a file of its own, or within a page
 *
 * The file shows the first chart of the first sheet; rows of further sheets are
 * read and not shown.
 */
#include "render/render.h"

#include <math.h>

#define FONT   "Helvetica, Arial, sans-serif"
#define WIDTH  720.0 /* points */
#define HEIGHT 400.0

/* The picture under construction. */
static struct
{
	ChartData *data; /* rows of the first sheet, NULL while there is none or it is drawn */
	FILE *drawing;	 /* the picture, NULL before it is drawn */
} picture;

void
draw_svg(const AnChart *chart, AnSvg *svg, bool alone)
{
	AnCanvas canvas;
	AnStatus status;

	an_svg_begin(svg, chart->width, chart->height, alone, chart->title.bytes, chart->title.length);
	an_svg_canvas(svg, &canvas);
	status = an_chart_draw(chart, &canvas, &heap_memory);
	if (status != AN_OK)
		fail(STATE_LIMIT, "a chart of %zu series with %zu points, %.0f by %.0f points large",
			 chart->n_series, chart->n_points, chart->width, chart->height);
	an_svg_end(svg);
}

static void
begin(void)
{
}

static void
begin_sheet(const Sheet *sheet)
{
	if (picture.drawing == NULL && sheet->n_charts > 0)
		picture.data = chart_data_new(sheet);
}

static void
put_row(AnFrameReader *row)
{
	if (picture.data)
		chart_data_put(picture.data, *row);
}

static void
put_totals(AnFrameReader *row)
{
	(void) row;
}

/* Draws while the sheet lives; what was drawn waits for the end of the stream. */
static void
end_sheet(void)
{
	AnSvg svg = {.write = output_write, .font = FONT};
	AnChart chart;

	if (picture.data == NULL)
		return;
	picture.drawing = part_open();
	svg.owner = picture.drawing;
	chart_data_get(picture.data, 0, document.width > 0 ? document.width : WIDTH,
				   document.height > 0 ? document.height : HEIGHT, &chart);
	draw_svg(&chart, &svg, true);
	chart_data_free(picture.data);
	picture.data = NULL;
}

static void
end(void)
{
	FILE *file;

	if (picture.drawing == NULL)
		fail(STATE_BAD_STREAM, "no sheet has a chart");
	file = output_open();
	part_append(picture.drawing, file);
	output_close(file);
}

const Renderer svg_renderer = {
	.format = "svg",
	.begin = begin,
	.begin_sheet = begin_sheet,
	.put_row = put_row,
	.put_totals = put_totals,
	.end_sheet = end_sheet,
	.end = end,
};
