/*
 * test_svg.c - shapes and texts as SVG, digits without the C locale, hostile texts
 */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/chart.h"
#include "kernel/svg.h"

/* What was written. */
typedef struct Written
{
	char bytes[8192]; /* so far, terminated */
	size_t length;	  /* of it */
} Written;

static void
take(void *owner, const char *bytes, size_t size)
{
	Written *written = owner;

	assert_true(written->length + size < sizeof(written->bytes));
	memcpy(written->bytes + written->length, bytes, size);
	written->length += size;
	written->bytes[written->length] = '\0';
}

static const AnPaint blue = {.fill = 0x2563EB, .stroke = AN_COLOR_NONE, .fill_opacity = 1};

static void
frame(void **state)
{
	(void) state;
	Written written = {.length = 0};
	AnSvg svg = {take, &written, "Noto Sans, \"A&B\""};

	an_svg_begin(&svg, 480, 240.5, true, "a<b", 3);
	an_svg_end(&svg);
	assert_string_equal(
		written.bytes,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" role=\"img\" width=\"480\" "
		"height=\"240.5\" viewBox=\"0 0 480 240.5\" font-family=\"Noto Sans, "
		"&quot;A&amp;B&quot;\">\n"
		"<title>a&lt;b</title>\n</svg>\n");

	written.length = 0;
	an_svg_begin(&svg, 1, 1, false, NULL, 0);
	assert_null(strstr(written.bytes, "<?xml"));
	assert_null(strstr(written.bytes, "<title"));
}

/* Draws a rectangle at x and looks what the number became. */
static void
number_is(double number, const char *expected)
{
	Written written = {.length = 0};
	AnSvg svg = {take, &written, ""};
	AnCanvas canvas;
	char *end;

	an_svg_canvas(&svg, &canvas);
	canvas.rectangle(canvas.context, number, 0, 1, 1, &blue);
	end = strstr(written.bytes, "\" y=");
	assert_non_null(end);
	*end = '\0';
	assert_memory_equal(written.bytes, "<rect x=\"", strlen("<rect x=\""));
	assert_string_equal(written.bytes + strlen("<rect x=\""), expected);
}

static void
numbers(void **state)
{
	(void) state;
	static const struct
	{
		double number;
		const char *text;
	} cases[] = {
		{0, "0"},
		{-0.0, "0"},
		{1, "1"},
		{0.5, "0.5"},
		{0.05, "0.05"},
		{0.25, "0.25"},
		{-0.004, "0"},
		{-0.006, "-0.01"},
		{10, "10"},
		{100, "100"},
		{100.1, "100.1"},
		{-1234.56, "-1234.56"},
		{0.999, "1"},
		{99.995, "100"},
		{1e9, "10000000"},
		{-1e308, "-10000000"},
		{INFINITY, "10000000"},
		{-INFINITY, "-10000000"},
		{NAN, "0"},
		{1e-320, "0"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		number_is(cases[i].number, cases[i].text);
}

static void
shapes(void **state)
{
	(void) state;
	Written written = {.length = 0};
	AnSvg svg = {take, &written, ""};
	AnCanvas canvas;
	AnPaint line = {AN_COLOR_NONE, 0x10B981, 1.5, 1, true};
	AnPaint pale = {0xABCDEF, AN_COLOR_NONE, 0, 0.15, false};
	AnPoint points[] = {{0, 0}, {10, 5.25}, {20, 0}};

	an_svg_canvas(&svg, &canvas);
	canvas.path(canvas.context, points, 3, false, &line);
	canvas.path(canvas.context, points, 3, true, &pale);
	canvas.circle(canvas.context, 1, 2, 3, &blue);
	canvas.sector(canvas.context, 100, 100, 0, 50, 0, 90, &blue);
	canvas.sector(canvas.context, 100, 100, 25, 50, 90, 360, &blue);
	canvas.sector(canvas.context, 100, 100, 25, 50, 0, 360, &blue);
	assert_string_equal(
		written.bytes,
		"<path d=\"M0 0L10 5.25L20 0\" fill=\"none\" stroke=\"#10b981\" stroke-width=\"1.5\" "
		"stroke-linejoin=\"round\" stroke-dasharray=\"4 2\"/>\n"
		"<path d=\"M0 0L10 5.25L20 0Z\" fill=\"#abcdef\" fill-opacity=\"0.15\"/>\n"
		"<circle cx=\"1\" cy=\"2\" r=\"3\" fill=\"#2563eb\"/>\n"
		"<path d=\"M100 50A50 50 0 0 1 150 100L100 100Z\" fill=\"#2563eb\"/>\n"
		"<path d=\"M150 100A50 50 0 1 1 100 50L100 75A25 25 0 1 0 125 100Z\" fill=\"#2563eb\"/>\n"
		"<path d=\"M100 50A50 50 0 1 1 100 150A50 50 0 1 1 100 50Z"
		"M100 75A25 25 0 1 1 100 125A25 25 0 1 1 100 75Z\" fill-rule=\"evenodd\" "
		"fill=\"#2563eb\"/>\n");
}

static void
texts(void **state)
{
	(void) state;
	Written written = {.length = 0};
	AnSvg svg = {take, &written, ""};
	AnCanvas canvas;
	AnFont plain = {.size = 8, .color = 0x374151};
	AnFont turned = {10.5, true, 0, AN_ANCHOR_END, -45};
	static const char hostile[] = "\x01\xff\xed\xa0\x80\xef\xbf\xbf]]>'\t\n\r\xe4\xb8\xad";

	an_svg_canvas(&svg, &canvas);
	canvas.text(canvas.context, 1, 2, "</text>", 7, &plain);
	canvas.text(canvas.context, 1, 2, "x", 1, &turned);
	assert_string_equal(
		written.bytes,
		"<text x=\"1\" y=\"2\" font-size=\"8\" fill=\"#374151\">&lt;/text&gt;</text>\n"
		"<text x=\"1\" y=\"2\" font-size=\"10.5\" font-weight=\"bold\" "
		"fill=\"#000000\" text-anchor=\"end\" transform=\"rotate(-45 1 2)\">x</text>\n");

	written.length = 0;
	an_svg_escape(&svg, hostile, sizeof(hostile) - 1);
#define FFFD "\xef\xbf\xbd"
	assert_string_equal(written.bytes,
						FFFD FFFD FFFD FFFD FFFD FFFD "]]&gt;'&#9;&#10;&#13;\xe4\xb8\xad");
}

static void
text_widths(void **state)
{
	(void) state;
	AnSvg svg = {take, NULL, ""};
	AnCanvas canvas;
	AnFont plain = {.size = 10};
	AnFont bold = {.size = 10, .bold = true};

	an_svg_canvas(&svg, &canvas);
	assert_float_equal(canvas.text_width(&svg, "", 0, &plain), 0, 1e-9);
	assert_float_equal(canvas.text_width(&svg, "1,234", 5, &plain), 1.05 * (4 * 5.56 + 2.78), 1e-9);
	assert_float_equal(canvas.text_width(&svg, "Wi~", 3, &plain), 1.05 * (9.44 + 2.22 + 5.84),
					   1e-9);
	assert_float_equal(canvas.text_width(&svg, "Wi~", 3, &bold), 1.05 * (9.44 + 2.78 + 5.84), 1e-9);
	assert_float_equal(canvas.text_width(&svg, "\xe4\xb8\xad\xe6\x96\x87", 6, &plain), 21, 1e-9);
	assert_float_equal(canvas.text_width(&svg, "e\xcc\x81", 3, &plain), 1.05 * 5.56, 1e-9);
	assert_float_equal(canvas.text_width(&svg, "\xff", 1, &plain), 6.3, 1e-9);
}

static void
count_bytes(void *owner, const char *bytes, size_t size)
{
	(void) bytes;
	*(size_t *) owner += size;
}

static void *
take_block(void *owner, size_t size)
{
	(void) owner;
	return malloc(size);
}

static void
give_block(void *owner, void *block)
{
	(void) owner;
	free(block);
}

/* The text of a chart of 50,000 points is as large as what can be seen of it. */
static void
chart_size(void **state)
{
	(void) state;
	static const struct
	{
		AnChartType type;
		size_t most;
	} cases[] = {
		{AN_CHART_LINE, 40000}, {AN_CHART_AREA, 70000}, {AN_CHART_COLUMN, 200000},
		{AN_CHART_BAR, 200000}, {AN_CHART_PIE, 6000},
	};
	double *values = calloc(AN_CHART_MAX_POINTS, sizeof(double));
	AnChartSeries series = {{"x", 1}, values, AN_COLOR_NONE};
	AnMemory memory = {take_block, give_block, NULL};

	for (size_t i = 0; i < AN_CHART_MAX_POINTS; i++)
		values[i] = (double) (i * 7919 % 1009);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		size_t n_bytes = 0;
		AnSvg svg = {count_bytes, &n_bytes, "sans-serif"};
		AnCanvas canvas;
		AnChart chart = {.type = cases[i].type,
						 .x_format = "",
						 .y_format = "",
						 .n_points = AN_CHART_MAX_POINTS,
						 .series = &series,
						 .n_series = 1,
						 .width = 480,
						 .height = 220};

		an_svg_canvas(&svg, &canvas);
		assert_int_equal(an_chart_draw(&chart, &canvas, &memory), AN_OK);
		assert_true(n_bytes > 1000 && n_bytes < cases[i].most);
	}
	free(values);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame), cmocka_unit_test(numbers),		cmocka_unit_test(shapes),
		cmocka_unit_test(texts), cmocka_unit_test(text_widths), cmocka_unit_test(chart_size),
	};

	/* A comma for a point, where the machine has such a locale: nothing of it may show. */
	(void) setlocale(LC_ALL, "de_DE.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
