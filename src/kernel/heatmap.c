/*
 * heatmap.c - a table of numbers as lines of text, with a shade for each number
 */
#include "kernel/heatmap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernel/utf8.h"

#define N_SHADES	4 /* above the lowest */
#define SHADE_WIDTH 2 /* characters of the shade beside a value */
#define GAP			2 /* blanks between columns that no colour joins */

/* Shades by quarters; the first is for what lies at the bottom of the scale. */
static const char *const shades[][N_SHADES + 1] = {
	[AN_SIGNS_BLOCKS] = {" ", "░", "▒", "▓", "█"},
	[AN_SIGNS_ASCII] = {" ", ".", ":", "+", "#"},
};

/* Where a shade stands alone, the bottom of the scale must not look like no value. */
static const char *const bottom[] = {[AN_SIGNS_BLOCKS] = "·", [AN_SIGNS_ASCII] = "-"};
static const char *const cut[] = {[AN_SIGNS_BLOCKS] = "…", [AN_SIGNS_ASCII] = "~"};

/* Background colours at 0, 1/2 and 1 of the scale: red, green, blue. */
static const uint8_t ramp[3][3] = {{0xEA, 0xF2, 0xFB}, {0x6B, 0xA6, 0xDC}, {0x0B, 0x3C, 0x7D}};

static bool is_control(uint32_t code);
static bool turns_direction(uint32_t code);
static uint32_t widest(const AnHeatmapText *texts, size_t n);
static char *put_text(char *to, const AnHeatmapText *text);
static char *put_padded(char *to, const AnHeatmapText *text, uint32_t width);
static char *put_label(char *to, const AnHeatmap *map, const AnHeatmapText *text);
static char *put_cell(char *to, const AnHeatmap *map, size_t cell);
static char *put_colored(char *to, const AnHeatmap *map, size_t cell);
static char *put_color(char *to, double share);
static char *put_shade(char *to, const AnHeatmap *map, double value, uint32_t width);
static char *put_blanks(char *to, size_t n);
static size_t trimmed(const char *out, const char *end);

size_t
an_heatmap_text(const char *bytes, size_t size, AnSigns signs, char *out)
{
	const unsigned char *at = (const unsigned char *) bytes;
	const unsigned char *end = at + size;
	char *to = out, *room = out; /* room: where the sign for a cut would stand */
	uint32_t width = 0;

	while (at < end)
	{
		size_t taken;
		uint32_t code = an_utf8_next(at, (size_t) (end - at), &taken);
		uint32_t more = is_control(code) ? 1 : an_utf8_width((const char *) at, taken);

		if (width + more > AN_HEATMAP_TEXT_WIDTH ||
			(size_t) (to - out) + taken + AN_SIGN_BYTES > AN_HEATMAP_TEXT_BYTES)
			return (size_t) (an_sign_put(room, cut[signs]) - out);
		width += more;
		if (is_control(code))
			*to++ = ' ';
		else if (!turns_direction(code))
		{
			memcpy(to, at, taken);
			to += taken;
		}
		at += taken;
		if (width < AN_HEATMAP_TEXT_WIDTH)
			room = to;
	}
	return (size_t) (to - out);
}

/* Tells what a terminal would obey, or take for the end of a line. */
static bool
is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

/* Tells marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX 9). */
static bool
turns_direction(uint32_t code)
{
	return code == 0x061C || code == 0x200E || code == 0x200F ||
		   (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

void
an_heatmap_measure(AnHeatmap *map)
{
	uint32_t heading = widest(map->columns, map->n_columns);
	uint32_t shown = widest(map->shown, map->n_rows * map->n_columns);
	uint32_t corner = widest(&map->corner, 1);
	double low = 0, high = 0;

	for (size_t i = 0; i < map->n_rows * map->n_columns; i++)
	{
		if (!isfinite(map->values[i]))
			continue;
		low = map->values[i] < low ? map->values[i] : low;
		high = map->values[i] > high ? map->values[i] : high;
	}
	map->low = isnan(map->low) ? low : map->low;
	map->high = isnan(map->high) ? high : map->high;

	if (map->cells == AN_HEATMAP_BOTH && !map->colors)
		shown += SHADE_WIDTH + 1;
	for (size_t i = 0; i < map->n_columns; i++)
	{
		uint32_t own = widest(&map->columns[i], 1);

		if (map->cells == AN_HEATMAP_SHADES)
			map->widths[i] = heading + 1 > SHADE_WIDTH ? heading + 1 : SHADE_WIDTH;
		else
			map->widths[i] = (own > shown ? own : shown) + GAP;
	}
	map->label_width = widest(map->rows, map->n_rows);
	if (map->label_width < corner)
		map->label_width = corner;
}

static uint32_t
widest(const AnHeatmapText *texts, size_t n)
{
	uint32_t most = 0;

	for (size_t i = 0; i < n; i++)
	{
		uint32_t width = an_utf8_width(texts[i].bytes, texts[i].size);

		most = width > most ? width : most;
	}
	return most;
}

size_t
an_heatmap_header(const AnHeatmap *map, char *out)
{
	bool inset = map->colors && map->cells != AN_HEATMAP_SHADES;
	char *to = put_label(out, map, &map->corner);

	for (size_t i = 0; i < map->n_columns; i++)
	{
		to = put_padded(to, &map->columns[i], map->widths[i] - inset);
		to = put_blanks(to, inset);
	}
	return trimmed(out, to);
}

size_t
an_heatmap_line(const AnHeatmap *map, size_t row, char *out)
{
	char *to = put_label(out, map, &map->rows[row]);

	for (size_t i = 0; i < map->n_columns; i++)
	{
		size_t cell = row * map->n_columns + i;

		if (isnan(map->values[cell]))
			to = put_blanks(to, map->widths[i]);
		else if (map->colors)
			to = put_colored(to, map, cell);
		else
			to = put_cell(to, map, cell);
	}
	return trimmed(out, to);
}

static char *
put_text(char *to, const AnHeatmapText *text)
{
	/* A label that is missing has no bytes to copy from. */
	if (text->size > 0)
		memcpy(to, text->bytes, text->size);
	return to + text->size;
}

/* Writes a text at the right end of `width` columns. */
static char *
put_padded(char *to, const AnHeatmapText *text, uint32_t width)
{
	uint32_t own = an_utf8_width(text->bytes, text->size);

	return put_text(put_blanks(to, width > own ? width - own : 0), text);
}

/* Writes a label in the width of the widest, and what separates it from cells that have no gap of their own. */
static char *
put_label(char *to, const AnHeatmap *map, const AnHeatmapText *text)
{
	uint32_t rest = map->label_width - an_utf8_width(text->bytes, text->size);

	if (map->colors || map->cells == AN_HEATMAP_SHADES)
		rest += GAP;
	return put_blanks(put_text(to, text), rest);
}

/* Writes a cell of plain characters. */
static char *
put_cell(char *to, const AnHeatmap *map, size_t cell)
{
	uint32_t left = map->widths[cell % map->n_columns];

	if (map->cells == AN_HEATMAP_SHADES)
		return put_shade(to, map, map->values[cell], left);
	if (map->cells == AN_HEATMAP_BOTH)
	{
		to = put_blanks(to, GAP);
		to = put_shade(to, map, map->values[cell], SHADE_WIDTH);
		left -= GAP + SHADE_WIDTH;
	}
	return put_padded(to, &map->shown[cell], left);
}

/* Writes a cell whose shade is the colour of its background. */
static char *
put_colored(char *to, const AnHeatmap *map, size_t cell)
{
	uint32_t width = map->widths[cell % map->n_columns];

	to = put_color(to, an_share_of_range(map->values[cell], map->low, map->high));
	if (map->cells == AN_HEATMAP_SHADES)
		to = put_blanks(to, width);
	else
	{
		to = put_padded(to, &map->shown[cell], width - 1);
		to = put_blanks(to, 1);
	}
	return an_sign_put(to, "\033[0m");
}

/* Switches to the background of a share of the scale, and to black or white letters, whichever can be read. */
static char *
put_color(char *to, double share)
{
	int from = share < 0.5 ? 0 : 1;
	double part = share * 2 - from;
	int rgb[3];
	double light;

	for (int i = 0; i < 3; i++)
		rgb[i] = (int) lround(ramp[from][i] + part * (ramp[from + 1][i] - ramp[from][i]));
	light = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
	return to + sprintf(to, "\033[48;2;%d;%d;%d;38;2;%sm", rgb[0], rgb[1], rgb[2],
						light > 140 ? "0;0;0" : "255;255;255");
}

/* Writes the shade of a value, `width` times. */
static char *
put_shade(char *to, const AnHeatmap *map, double value, uint32_t width)
{
	int level = (int) ceil(an_share_of_range(value, map->low, map->high) * N_SHADES);
	const char *sign = shades[map->signs][level];

	if (level == 0 && map->cells == AN_HEATMAP_SHADES)
		sign = bottom[map->signs];
	for (uint32_t i = 0; i < width; i++)
		to = an_sign_put(to, sign);
	return to;
}

static char *
put_blanks(char *to, size_t n)
{
	memset(to, ' ', n);
	return to + n;
}

/* Returns the bytes of a line without the blanks at its end. */
static size_t
trimmed(const char *out, const char *end)
{
	while (end > out && end[-1] == ' ')
		end--;
	return (size_t) (end - out);
}
