/*
 * workbook_chart.c - native charts over the rows of a sheet
 *
 * They stand beside the table, where the frozen header leaves them room and they
 * scroll with the rows; above it where it is so wide that nobody would see them.
 * Of sheets in memory a chart gets its values too, for programs that show it
 * without computing; the library's own way of doing so takes formulas for 0.
 */
#include "render/workbook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/number_format.h"
#include "kernel/utf8.h"

#define BESIDE_PIXELS  900	/* a wider table has its charts above */
#define LINE_PIXELS	   1200 /* width of a line of charts, where the table is not wider */
#define COLUMN_PIXELS  640	/* height of a column of charts: two of the usual size */
#define USUAL_WIDTH	   (390 * POINT_PIXELS)
#define USUAL_HEIGHT   (225 * POINT_PIXELS)
#define LIBRARY_WIDTH  480.0 /* pixels of an unscaled chart */
#define LIBRARY_HEIGHT 288.0 /* likewise */
#define GAP_PIXELS	   16
#define CACHED_TEXT	   255 /* bytes of a category that are cached */
#define MARKED_POINTS  40  /* lines with more points have no marks */
#define MAX_PIE_COLORS 50
#define TITLE_SIZE	   12
#define AXIS_SIZE	   9
#define LINE_WIDTH	   2.25
#define GRID_COLOR	   0xE5E7EB

/* Where the next chart goes, in pixels from the corner of the first. */
typedef struct Flow
{
	double x;	 /* from the left */
	double y;	 /* from the top */
	double span; /* of the widest in its column, or the highest in its line */
	double room; /* height of a column, or width of a line */
} Flow;

static bool has_charts(void);
static void size_of(const ChartSpec *spec, double *width, double *height);
static void place(Flow *flow, double width, double height);
static void next(Flow *flow, double width, double height);
static lxw_chart *make_chart(const ChartSpec *spec);
static uint8_t library_type(const ChartSpec *spec);
static void add_series(lxw_chart *chart, const ChartSpec *spec, size_t i);
static void color_series(lxw_chart_series *series, const ChartSpec *spec, size_t i);
static void color_slices(lxw_chart_series *series);
static void set_axes(lxw_chart *chart, const ChartSpec *spec);
static void set_axis(lxw_chart_axis *axis, const Text *title, const char *format);
static void set_range(lxw_series_range *range, size_t col, lxw_row_t first, lxw_row_t last);
static void cache_header(lxw_series_range *range, size_t col);
static void cache_column(lxw_series_range *range, size_t col, bool texts);
static void cache_cell(lxw_series_range *range, size_t col, const Cell *cell, bool texts);
static lxw_series_data_point *add_point(lxw_series_range *range);
static char *copy_cut(const char *bytes, size_t length, size_t limit);
static char *plain_copy(const Text *text);
static lxw_color_t palette(size_t i);

void
reserve_charts(void)
{
	Flow flow = {.room = fmax(table_pixels(), LINE_PIXELS)};

	book.charts_above = book.in_memory && has_charts() && table_pixels() > BESIDE_PIXELS;
	book.charts_row = book.next_row;
	if (!book.charts_above)
		return;
	for (size_t i = 0; i < book.sheet->n_charts; i++)
	{
		double width, height;

		size_of(&book.sheet->charts[i], &width, &height);
		place(&flow, width, height);
		next(&flow, width, height);
	}
	book.next_row += (lxw_row_t) ceil((flow.y + flow.span) / ROW_PIXELS) + 1;
	book.head_pixels += (book.next_row - book.charts_row) * (double) ROW_PIXELS;
}

void
insert_charts(void)
{
	const Part *part = &book.parts[0];
	Flow flow = {.room = book.charts_above ? fmax(table_pixels(), LINE_PIXELS) : COLUMN_PIXELS};

	if (!has_charts())
		return;
	if (book.n_parts > 1)
		warn(STATE_WARNING, "charts show the first %lu of %llu rows of sheet \"%s\"",
			 (unsigned long) (part->end_row - part->header_row - 1),
			 (unsigned long long) book.n_rows, part->name);
	for (size_t i = 0; i < book.sheet->n_charts; i++)
	{
		double width, height;
		lxw_chart_options settings = {.object_position = LXW_OBJECT_MOVE_DONT_SIZE};

		size_of(&book.sheet->charts[i], &width, &height);
		place(&flow, width, height);
		settings.x_scale = width / LIBRARY_WIDTH;
		settings.y_scale = height / LIBRARY_HEIGHT;
		settings.x_offset = (int32_t) flow.x + (book.charts_above ? 0 : GAP_PIXELS);
		settings.y_offset = (int32_t) flow.y;
		check(worksheet_insert_chart_opt(part->sheet,
										 book.charts_above ? book.charts_row : part->header_row,
										 book.charts_above ? 0 : (lxw_col_t) book.sheet->n_columns,
										 make_chart(&book.sheet->charts[i]), &settings));
		next(&flow, width, height);
	}
}

/* A chart of nothing would be an empty frame. */
static bool
has_charts(void)
{
	return book.sheet->n_charts > 0 && book.n_rows > 0;
}

/* Sets the pixels that a chart takes. */
static void
size_of(const ChartSpec *spec, double *width, double *height)
{
	*width = spec->width > 0 ? spec->width * POINT_PIXELS : USUAL_WIDTH;
	*height = spec->height > 0 ? spec->height * POINT_PIXELS : USUAL_HEIGHT;
}

/* Begins a new line, or column, if the next chart does not fit into this one. */
static void
place(Flow *flow, double width, double height)
{
	if (book.charts_above && flow->x > 0 && flow->x + width > flow->room)
		*flow = (Flow){.y = flow->y + flow->span + GAP_PIXELS, .room = flow->room};
	if (!book.charts_above && flow->y > 0 && flow->y + height > flow->room)
		*flow = (Flow){.x = flow->x + flow->span + GAP_PIXELS, .room = flow->room};
}

static void
next(Flow *flow, double width, double height)
{
	if (book.charts_above)
		flow->x += width + GAP_PIXELS;
	else
		flow->y += height + GAP_PIXELS;
	flow->span = fmax(flow->span, book.charts_above ? height : width);
}

static lxw_chart *
make_chart(const ChartSpec *spec)
{
	lxw_chart *chart = workbook_add_chart(book.workbook, library_type(spec));
	lxw_chart_font title_font = {.bold = LXW_TRUE, .size = TITLE_SIZE};
	lxw_chart_font legend_font = {.size = AXIS_SIZE};
	lxw_chart_line border = {.color = RULE_COLOR};

	if (chart == NULL)
		fail(STATE_NO_MEMORY, "out of memory");
	if (spec->title.length > 0)
	{
		/* Not by the library's function, which takes a text that begins with = for a formula. */
		chart->title.name = plain_copy(&spec->title);
		chart_title_set_name_font(chart, &title_font);
	}
	else
		chart_title_off(chart);
	chart_chartarea_set_line(chart, &border);
	for (size_t i = 0; i < (spec->type == AN_CHART_PIE ? 1 : spec->n_y); i++)
		add_series(chart, spec, i);
	if (spec->type == AN_CHART_PIE || spec->n_y > 1)
	{
		chart_legend_set_position(chart, spec->type == AN_CHART_PIE ? LXW_CHART_LEGEND_RIGHT
																	: LXW_CHART_LEGEND_BOTTOM);
		chart_legend_set_font(chart, &legend_font);
	}
	else
		chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
	if (spec->type == AN_CHART_COLUMN || spec->type == AN_CHART_BAR)
		chart_set_series_gap(chart, 80);
	if (spec->type != AN_CHART_PIE)
		set_axes(chart, spec);
	return chart;
}

static uint8_t
library_type(const ChartSpec *spec)
{
	static const struct
	{
		uint8_t plain;	 /* side by side, or one before the other */
		uint8_t stacked; /* one upon the other */
	} types[AN_CHART_TYPES] = {
		[AN_CHART_LINE] = {LXW_CHART_LINE, LXW_CHART_LINE_STACKED},
		[AN_CHART_COLUMN] = {LXW_CHART_COLUMN, LXW_CHART_COLUMN_STACKED},
		[AN_CHART_BAR] = {LXW_CHART_BAR, LXW_CHART_BAR_STACKED},
		[AN_CHART_AREA] = {LXW_CHART_AREA, LXW_CHART_AREA_STACKED},
		[AN_CHART_PIE] = {LXW_CHART_PIE, LXW_CHART_PIE},
		[AN_CHART_SCATTER] = {LXW_CHART_SCATTER, LXW_CHART_SCATTER},
	};

	return spec->stacked ? types[spec->type].stacked : types[spec->type].plain;
}

static void
add_series(lxw_chart *chart, const ChartSpec *spec, size_t i)
{
	const Part *part = &book.parts[0];
	lxw_row_t first = part->header_row + 1, last = part->end_row - 1;
	lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
	bool texts =
		spec->type != AN_CHART_SCATTER &&
		(book.sheet->columns[spec->x].kind == AN_COLUMN_TEXT || book.seen[spec->x].n_numbers == 0);

	if (series == NULL)
		fail(STATE_NO_MEMORY, "out of memory");
	set_range(series->categories, spec->x, first, last);
	series->categories->has_string_cache = texts;
	set_range(series->values, spec->y[i], first, last);
	set_range(series->title.range, spec->y[i], part->header_row, part->header_row);
	cache_header(series->title.range, spec->y[i]);
	if (book.kept)
	{
		cache_column(series->categories, spec->x, texts);
		cache_column(series->values, spec->y[i], false);
	}
	if (spec->type == AN_CHART_PIE)
		color_slices(series);
	else
		color_series(series, spec, i);
}

static void
color_series(lxw_chart_series *series, const ChartSpec *spec, size_t i)
{
	lxw_chart_line line = {.color = palette(i), .width = LINE_WIDTH};
	lxw_chart_line edge = {.color = palette(i)};
	lxw_chart_fill fill = {.color = palette(i)};

	/* What stands behind an area is to be seen. */
	if (spec->type == AN_CHART_AREA && spec->n_y > 1 && !spec->stacked)
		fill.transparency = 50;
	if (spec->type == AN_CHART_LINE)
		chart_series_set_line(series, &line);
	else if (spec->type != AN_CHART_SCATTER)
		chart_series_set_fill(series, &fill);
	if (spec->type == AN_CHART_SCATTER ||
		(spec->type == AN_CHART_LINE && book.n_rows <= MARKED_POINTS))
	{
		chart_series_set_marker_type(series, LXW_CHART_MARKER_CIRCLE);
		chart_series_set_marker_size(series, 5);
		chart_series_set_marker_fill(series, &fill);
		chart_series_set_marker_line(series, &edge);
	}
	else if (spec->type == AN_CHART_LINE)
		chart_series_set_marker_type(series, LXW_CHART_MARKER_NONE);
}

/* Gives each slice its colour, and its share. */
static void
color_slices(lxw_chart_series *series)
{
	lxw_chart_fill fills[MAX_PIE_COLORS];
	lxw_chart_point points[MAX_PIE_COLORS];
	lxw_chart_point *list[MAX_PIE_COLORS + 1];
	size_t n = book.n_rows < MAX_PIE_COLORS ? (size_t) book.n_rows : MAX_PIE_COLORS;

	for (size_t i = 0; i < n; i++)
	{
		fills[i] = (lxw_chart_fill){.color = palette(i)};
		points[i] = (lxw_chart_point){.fill = &fills[i]};
		list[i] = &points[i];
	}
	list[n] = NULL;
	check(chart_series_set_points(series, list));
	chart_series_set_labels_options(series, LXW_FALSE, LXW_FALSE, LXW_FALSE);
	chart_series_set_labels_percentage(series);
}

static void
set_axes(lxw_chart *chart, const ChartSpec *spec)
{
	const Column *x = &book.sheet->columns[spec->x];
	const Text *y_format =
		spec->format.length > 0 ? &spec->format : &book.sheet->columns[spec->y[0]].format;
	const char *x_format = x->format.length > 0 ? x->format.bytes : default_format(x->kind);
	lxw_chart_axis *categories = chart->x_axis, *values = chart->y_axis;

	if (spec->type == AN_CHART_BAR)
	{
		/* The library calls what lies x; the first row is to be uppermost. */
		categories = chart->y_axis;
		values = chart->x_axis;
		chart_axis_set_reverse(categories);
		chart_axis_set_crossing_max(categories);
	}
	set_axis(categories, &spec->x_title, x->kind == AN_COLUMN_TEXT ? "" : x_format);
	if (spec->type != AN_CHART_SCATTER)
		chart_axis_set_major_tick_mark(categories, LXW_CHART_AXIS_TICK_MARK_NONE);
	chart_axis_set_label_position(categories, LXW_CHART_AXIS_LABEL_POSITION_LOW);
	set_axis(values, &spec->y_title, y_format->length > 0 ? y_format->bytes : "");
}

static void
set_axis(lxw_chart_axis *axis, const Text *title, const char *format)
{
	lxw_chart_font font = {.size = AXIS_SIZE};
	lxw_chart_line line = {.color = RULE_COLOR}, grid = {.color = GRID_COLOR};

	if (title->length > 0)
	{
		axis->title.name = plain_copy(title);
		chart_axis_set_name_font(axis, &font);
	}
	chart_axis_set_num_font(axis, &font);
	chart_axis_set_line(axis, &line);
	if (format[0] != '\0')
		chart_axis_set_num_format(axis, format);
	if (axis->major_gridlines.visible)
		chart_axis_major_gridlines_set_line(axis, &grid);
}

/* Makes a range that of a column; the library will neither parse nor read it. */
static void
set_range(lxw_series_range *range, size_t col, lxw_row_t first, lxw_row_t last)
{
	const Part *part = &book.parts[0];
	char cells[LXW_MAX_CELL_RANGE_LENGTH], name[2 * AN_SHEET_NAME_BYTES + 2];
	size_t size;

	quote_sheet_name(part->name, name);
	lxw_rowcol_to_range_abs(cells, first, (lxw_col_t) col, last, (lxw_col_t) col);
	size = strlen(name) + strlen(cells) + 2;
	range->formula = must_alloc(NULL, size);
	snprintf(range->formula, size, "%s!%s", name, cells);
	range->sheetname = copy_cut(part->name, strlen(part->name), SIZE_MAX);
	range->ignore_cache = LXW_TRUE;
}

static void
cache_header(lxw_series_range *range, size_t col)
{
	lxw_series_data_point *point = add_point(range);

	point->is_string = LXW_TRUE;
	point->string = copy_cut(book.headers[col], strlen(book.headers[col]), CACHED_TEXT);
}

/* Reads the rows once more, for what they have in that column. */
static void
cache_column(lxw_series_range *range, size_t col, bool texts)
{
	AnFrameReader row;

	spool_rewind(book.kept);
	while (spool_next(book.kept, &row))
	{
		Cell cell;

		for (size_t i = 0; i <= col; i++)
			take_cell(&row, &cell);
		cache_cell(range, col, &cell, texts);
	}
}

static void
cache_cell(lxw_series_range *range, size_t col, const Cell *cell, bool texts)
{
	lxw_series_data_point *point = add_point(range);
	char shown[AN_NUMBER_SHOWN_BYTES];
	const char *bytes;
	size_t length;

	if (!texts)
	{
		point->no_data = cell->tag != AN_CELL_NUMBER;
		point->number = cell->number;
		return;
	}
	bytes = show_cell(&book.sheet->columns[col], cell, shown, &length);
	point->no_data = length == 0;
	point->is_string = LXW_TRUE;
	point->string = copy_cut(bytes, length, CACHED_TEXT);
}

static lxw_series_data_point *
add_point(lxw_series_range *range)
{
	lxw_series_data_point *point = must_alloc(NULL, sizeof(*point));

	*point = (lxw_series_data_point){.is_string = LXW_FALSE};
	STAILQ_INSERT_TAIL(range->data_cache, point, list_pointers);
	range->num_data_points++;
	return point;
}

/* Returns a terminated copy of whole characters within a limit of bytes. */
static char *
copy_cut(const char *bytes, size_t length, size_t limit)
{
	char *copy;

	if (length > limit)
	{
		length = limit;
		while (length > 0 && ((unsigned char) bytes[length] & 0xC0) == 0x80)
			length--;
	}
	copy = must_alloc(NULL, length + 1);
	memcpy(copy, bytes, length);
	copy[length] = '\0';
	return copy;
}

/* Returns a copy for the text of a drawing, where nothing is escaped: blanks for control characters. */
static char *
plain_copy(const Text *text)
{
	char *copy = must_alloc(NULL, 3 * text->length + 1), *to = copy;
	size_t taken;

	for (size_t at = 0; at < text->length; at += taken)
	{
		uint32_t code =
			an_utf8_next((const unsigned char *) text->bytes + at, text->length - at, &taken);

		to = an_utf8_put(to, code < ' ' || code == 0xFFFE || code == 0xFFFF ? ' ' : code);
	}
	*to = '\0';
	return copy;
}

static lxw_color_t
palette(size_t i)
{
	return sheet_color(an_chart_palette[i % an_chart_palette_size]);
}
