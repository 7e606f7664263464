/*
 * chart_data.c - the rows of a sheet become the data of its charts while they pass
 *
 * Of each column that a chart uses its numbers are kept, of each that stands on an
 * axis of categories also how they show: once, however many charts use it, and up to
 * AN_CHART_MAX_POINTS rows.  Where categories are numbers or times in order, lines,
 * areas and scatters place them by value; elsewhere each takes the same room.
 */
#include "render/render.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/number_format.h"

#define LONGEST_LABEL 200 /* bytes; a chart shows less */

/* A column as charts see it. */
typedef struct Used
{
	bool numbers;		  /* its numbers are needed */
	bool labels;		  /* how its cells show is needed */
	bool all_numbers;	  /* no cell was anything else */
	bool ordered;		  /* no number is below the one before */
	double *values;		  /* one for each row; NaN for none */
	size_t *label_ends;	  /* where in label_bytes each row's label ends */
	char *label_bytes;	  /* all labels, one behind the other */
	size_t n_label_bytes; /* how many bytes are used */
	size_t label_room;	  /* how many there are */
} Used;

struct ChartData
{
	const Sheet *sheet;		/* whose charts */
	Used *columns;			/* one for each column */
	size_t n_points;		/* rows that are kept */
	size_t room;			/* rows that there is room for */
	uint64_t n_rows;		/* rows that came */
	AnChartText **labels;	/* one array for each chart, NULL before it was asked for */
	AnChartSeries **series; /* likewise */
};

static void grow(ChartData *data);
static void keep(Used *used, const Column *column, const Cell *cell, size_t row);
static double cell_value(const Column *column, const Cell *cell);
static void keep_label(Used *used, const Column *column, const Cell *cell, size_t row);
static bool by_value(const ChartSpec *spec, const Used *used);
static const AnChartText *get_labels(ChartData *data, size_t i, const Used *used);
static const AnChartSeries *get_series(ChartData *data, size_t i);
static const char *shown_format(const Column *column);
static AnChartText chart_text(const Text *text);

ChartData *
chart_data_new(const Sheet *sheet)
{
	ChartData *data = must_alloc(NULL, sizeof(*data));

	*data = (ChartData){.sheet = sheet};
	data->columns = must_alloc(NULL, sheet->n_columns * sizeof(Used));
	for (size_t i = 0; i < sheet->n_columns; i++)
		data->columns[i] = (Used){.all_numbers = true, .ordered = true};
	data->labels = must_alloc(NULL, sheet->n_charts * sizeof(*data->labels));
	data->series = must_alloc(NULL, sheet->n_charts * sizeof(*data->series));
	for (size_t i = 0; i < sheet->n_charts; i++)
	{
		const ChartSpec *spec = &sheet->charts[i];

		data->labels[i] = NULL;
		data->series[i] = NULL;
		data->columns[spec->x].numbers = true;
		data->columns[spec->x].labels = true;
		for (size_t k = 0; k < spec->n_y; k++)
			data->columns[spec->y[k]].numbers = true;
	}
	return data;
}

void
chart_data_put(ChartData *data, AnFrameReader row)
{
	const Sheet *sheet = data->sheet;

	if (sheet->n_charts == 0 || data->n_rows++ >= AN_CHART_MAX_POINTS)
		return;
	if (data->n_points == data->room)
		grow(data);
	for (size_t i = 0; i < sheet->n_columns; i++)
	{
		Cell cell;

		take_cell(&row, &cell);
		keep(&data->columns[i], &sheet->columns[i], &cell, data->n_points);
	}
	data->n_points++;
}

void
chart_data_get(ChartData *data, size_t i, double width, double height, AnChart *chart)
{
	const ChartSpec *spec = &data->sheet->charts[i];
	const Column *columns = data->sheet->columns;
	const Used *x = &data->columns[spec->x];
	bool placed = by_value(spec, x);

	if (data->n_rows > data->n_points)
		warn(STATE_WARNING, "a chart shows the first %zu of %llu rows", data->n_points,
			 (unsigned long long) data->n_rows);
	*chart = (AnChart){
		.type = spec->type,
		.title = chart_text(&spec->title),
		.x_title = chart_text(&spec->x_title),
		.y_title = chart_text(&spec->y_title),
		.stacked = spec->stacked,
		.labels = placed ? NULL : get_labels(data, i, x),
		.x = placed ? x->values : NULL,
		.x_format = shown_format(&columns[spec->x]),
		.y_format = spec->format.bytes ? spec->format.bytes
					: spec->n_y > 0	   ? shown_format(&columns[spec->y[0]])
									   : "",
		.n_points = data->n_points,
		.series = get_series(data, i),
		.n_series = spec->n_y,
		.locale = document.locale,
		.width = width,
		.height = height,
	};
}

void
chart_data_free(ChartData *data)
{
	if (data == NULL)
		return;
	for (size_t i = 0; i < data->sheet->n_columns; i++)
	{
		free(data->columns[i].values);
		free(data->columns[i].label_ends);
		free(data->columns[i].label_bytes);
	}
	for (size_t i = 0; i < data->sheet->n_charts; i++)
	{
		free(data->labels[i]);
		free(data->series[i]);
	}
	free(data->columns);
	free(data->labels);
	free(data->series);
	free(data);
}

static void
grow(ChartData *data)
{
	data->room = data->room > 0 ? 2 * data->room : 64;
	for (size_t i = 0; i < data->sheet->n_columns; i++)
	{
		Used *used = &data->columns[i];

		if (used->numbers)
			used->values = must_alloc(used->values, data->room * sizeof(double));
		if (used->labels)
			used->label_ends = must_alloc(used->label_ends, data->room * sizeof(size_t));
	}
}

static void
keep(Used *used, const Column *column, const Cell *cell, size_t row)
{
	if (used->numbers)
	{
		used->values[row] = cell_value(column, cell);
		if (cell->tag != AN_CELL_NUMBER)
			used->all_numbers = false;
		else if (row > 0 && !(used->values[row] >= used->values[row - 1]))
			used->ordered = false;
	}
	if (used->labels)
		keep_label(used, column, cell, row);
}

/* The number in a cell, NaN for none; a long number comes as text. */
static double
cell_value(const Column *column, const Cell *cell)
{
	char text[64], *end;
	double value;

	if (cell->tag == AN_CELL_NUMBER)
		return cell->number;
	if (cell->tag != AN_CELL_TEXT || !is_quantity(column->kind) || cell->length >= sizeof(text))
		return NAN;
	memcpy(text, cell->bytes, cell->length);
	text[cell->length] = '\0';
	value = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(value) ? value : NAN;
}

/* Notes how a cell shows, in one line. */
static void
keep_label(Used *used, const Column *column, const Cell *cell, size_t row)
{
	char buffer[AN_NUMBER_SHOWN_BYTES];
	size_t length;
	const char *shown = show_cell(column, cell, buffer, &length);
	char *to;

	/* Not within a character: continuation bytes begin with the bits 10. */
	if (length > LONGEST_LABEL)
	{
		length = LONGEST_LABEL;
		while (length > 0 && ((unsigned char) shown[length] & 0xC0) == 0x80)
			length--;
	}
	if (used->n_label_bytes + length > used->label_room)
	{
		used->label_room = 2 * used->label_room + 16 * LONGEST_LABEL;
		used->label_bytes = must_alloc(used->label_bytes, used->label_room);
	}
	to = used->label_bytes + used->n_label_bytes;
	for (size_t i = 0; i < length; i++)
		to[i] = (unsigned char) shown[i] < ' ' ? ' ' : shown[i];
	used->n_label_bytes += length;
	used->label_ends[row] = used->n_label_bytes;
}

static bool
by_value(const ChartSpec *spec, const Used *used)
{
	if (!used->all_numbers)
		return false;
	if (spec->type == AN_CHART_SCATTER)
		return true;
	return used->ordered && (spec->type == AN_CHART_LINE || spec->type == AN_CHART_AREA);
}

static const AnChartText *
get_labels(ChartData *data, size_t i, const Used *used)
{
	AnChartText *labels = must_alloc(data->labels[i], data->n_points * sizeof(*labels));
	size_t start = 0;

	for (size_t row = 0; row < data->n_points; row++)
	{
		labels[row] = (AnChartText){used->label_bytes + start, used->label_ends[row] - start};
		start = used->label_ends[row];
	}
	data->labels[i] = labels;
	return labels;
}

static const AnChartSeries *
get_series(ChartData *data, size_t i)
{
	const ChartSpec *spec = &data->sheet->charts[i];
	AnChartSeries *series = must_alloc(data->series[i], spec->n_y * sizeof(*series));

	for (size_t k = 0; k < spec->n_y; k++)
		series[k] = (AnChartSeries){
			.name = chart_text(&data->sheet->columns[spec->y[k]].header),
			.values = data->columns[spec->y[k]].values,
			.color = AN_COLOR_NONE,
		};
	data->series[i] = series;
	return series;
}

static const char *
shown_format(const Column *column)
{
	return column->format.length > 0 ? column->format.bytes : default_format(column->kind);
}

static AnChartText
chart_text(const Text *text)
{
	return (AnChartText){text->length > 0 ? text->bytes : NULL, text->length};
}
