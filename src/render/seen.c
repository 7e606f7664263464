/*
 * seen.c - what has been seen in a column, and the colours that follow from it
 */
#include "render/render.h"

#include <math.h>

#include "kernel/number_format.h"
#include "kernel/utf8.h"

#define WIDTH_ROWS 10000
#define DARK_TEXT  0x111827
#define LIGHT_TEXT 0xFFFFFF

static void see_cell(const Column *column, ColumnSeen *seen, const Cell *cell, bool measure);
static double position(const Column *column, double low, double high, double number);
static uint32_t mix(uint32_t from, uint32_t to, double share);
static bool rule_holds(const Rule *rule, double number);
static double light(uint32_t color);

void
see_nothing(const Sheet *sheet, ColumnSeen *seen)
{
	for (size_t i = 0; i < sheet->n_columns; i++)
		seen[i] = (ColumnSeen){.min = NAN, .max = NAN};
}

void
see_row(const Sheet *sheet, ColumnSeen *seen, AnFrameReader row, uint64_t n_before)
{
	for (size_t i = 0; i < sheet->n_columns; i++)
	{
		Cell cell;

		take_cell(&row, &cell);
		see_cell(&sheet->columns[i], &seen[i], &cell, n_before < WIDTH_ROWS);
	}
	row_done(&row);
}

uint32_t
condition_color(const Column *column, const ColumnSeen *seen, double number)
{
	if (column->condition == CONDITION_SCALE)
		return mix(column->low_color == AN_COLOR_NONE ? 0xFFFFFF : column->low_color,
				   column->high_color == AN_COLOR_NONE ? COLOR_SCALE : column->high_color,
				   position(column, seen->min, seen->max, number));
	if (column->condition != CONDITION_RULES)
		return AN_COLOR_NONE;
	for (size_t i = 0; i < column->n_rules; i++)
	{
		if (rule_holds(&column->rules[i], number))
			return column->rules[i].color;
	}
	return AN_COLOR_NONE;
}

double
condition_bar(const Column *column, const ColumnSeen *seen, double number)
{
	if (column->condition != CONDITION_BAR)
		return 0;
	/* Nothing has no bar, also where it is all there is. */
	if (number <= 0 && seen->min >= 0 && !(column->low < 0))
		return 0;
	return position(column, fmin(seen->min, 0), fmax(seen->max, 0), number);
}

uint32_t
condition_bar_color(const Column *column)
{
	return column->high_color == AN_COLOR_NONE ? COLOR_BAR : column->high_color;
}

/* Of black and white the one with the greater contrast (WCAG 2.1, relative luminance). */
uint32_t
text_color_on(uint32_t background)
{
	double ground = light(background) + 0.05;

	return 1.05 / ground > ground / (light(DARK_TEXT) + 0.05) ? LIGHT_TEXT : DARK_TEXT;
}

static void
see_cell(const Column *column, ColumnSeen *seen, const Cell *cell, bool measure)
{
	seen->n_texts += cell->tag == AN_CELL_TEXT;
	if (cell->tag == AN_CELL_NUMBER)
	{
		seen->n_numbers++;
		seen->min = fmin(seen->min, cell->number);
		seen->max = fmax(seen->max, cell->number);
	}
	if (measure)
	{
		char buffer[AN_NUMBER_SHOWN_BYTES];
		size_t length;
		const char *shown = show_cell(column, cell, buffer, &length);
		uint32_t width = an_utf8_width(shown, length);

		if (width > seen->width)
			seen->width = width;
	}
}

/* Where a number stands between the column's low (or what is given) and high, 0 to 1. */
static double
position(const Column *column, double low, double high, double number)
{
	double share;

	if (!isnan(column->low))
		low = column->low;
	if (!isnan(column->high))
		high = column->high;
	if (!(high > low))
		return number >= high ? 1 : 0;

	/* Halved, since the distance of two large numbers may be no number. */
	share = (number / 2 - low / 2) / (high / 2 - low / 2);
	return share < 0 ? 0 : share > 1 ? 1 : share;
}

static uint32_t
mix(uint32_t from, uint32_t to, double share)
{
	uint32_t color = 0;

	for (int shift = 0; shift <= 16; shift += 8)
	{
		double a = from >> shift & 0xFF, b = to >> shift & 0xFF;

		color |= (uint32_t) lround(a + (b - a) * share) << shift;
	}
	return color;
}

static bool
rule_holds(const Rule *rule, double number)
{
	bool equal = number == rule->limit;

	switch (rule->comparison[0])
	{
		case '<':
			if (rule->comparison[1] == '>')
				return !equal;
			return number < rule->limit || (rule->comparison[1] == '=' && equal);
		case '>':
			return number > rule->limit || (rule->comparison[1] == '=' && equal);
		default:
			return equal;
	}
}

/* Relative luminance of a colour, 0 to 1. */
static double
light(uint32_t color)
{
	static const double weights[3] = {0.0722, 0.7152, 0.2126};
	double sum = 0;

	for (int i = 0; i < 3; i++)
	{
		double part = (color >> (8 * i) & 0xFF) / 255.0;

		sum += weights[i] * (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
	}
	return sum;
}
