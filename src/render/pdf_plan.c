/*
 * pdf_plan.c - how a table stands on its pages
 *
 * Numbers and dates are never broken, so their columns are as wide as their widest
 * cell; texts can go on in further lines.  Tried in turn, until the table fits:
 * the paper upright with narrower columns of texts, smaller letters, the paper
 * lying, letters of 6 points, and very narrow columns of texts.  What is still too wide is split into
 * parts of some columns, each with the first column, one behind the other.
 */
#include "render/pdf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/utf8.h"

#define PAD_X		 4.5 /* at BASE_SIZE */
#define PAD_Y		 2.6
#define TEXT_LEAST	 90.0 /* a column of long texts is readable, at BASE_SIZE */
#define TEXT_HARD	 36.0 /* and hardly so */
#define HEADER_LEAST 22.0
#define HEADER_WIDE	 64.0 /* a word of a header may be broken behind this */
#define CELL_LINES	 6	  /* of a text that is not meant to wrap */
#define WRAP_LINES	 20
#define PART_SIZE	 7.0

/* What a column wants, in points at BASE_SIZE, with room left and right. */
typedef struct Wish
{
	double wide;  /* all of it in one line */
	double least; /* still good */
	double hard;  /* for want of room */
} Wish;

/* A way to stand. */
typedef struct Way
{
	bool landscape; /* the paper lies */
	double size;	/* of letters */
	bool hard;		/* columns of texts are as narrow as can be */
} Way;

static const Way upright[] = {{false, 8, false},   {false, 7.5, false}, {false, 7, false},
							  {false, 6.5, false}, {false, 6, false},	{false, 6, true}};
static const Way lying[] = {{true, 8, false},	{true, 7.5, false}, {true, 7, false},
							{true, 6.5, false}, {true, 6, false},	{true, 6, true}};
static const Way either[] = {{false, 8, false},	 {false, 7.5, false}, {false, 7, false},
							 {true, 8, false},	 {true, 7.5, false},  {true, 7, false},
							 {true, 6.5, false}, {true, 6, false},	  {true, 6, true}};

static void make_wish(const PdfSheet *of, size_t i, Wish *wish);
static double header_word(TextFace *face, const Text *header);
static bool choose_way(const Wish *wishes, size_t n, Way *way);
static double room_of(bool landscape);
static double sum_least(const Wish *wishes, size_t n, bool hard);
static void split(PdfSheet *of, const Wish *wishes, const Way *way);
static PdfPart *add_part(PdfPlan *plan, size_t n_columns);
static void set_widths(PdfPart *part, const Wish *wishes, const Way *way);
static double widest_common(const PdfPart *part, const Wish *wishes, bool hard, double room);
static double width_at(const Wish *wish, bool hard, double level);
static void finish_part(const PdfSheet *of, PdfPart *part);

void
plan_table(PdfSheet *of)
{
	size_t n = of->sheet->n_columns;
	Wish *wishes = must_alloc(NULL, n * sizeof(Wish));
	PdfPlan *plan = &of->plan;
	Way way;
	bool whole;

	for (size_t i = 0; i < n; i++)
		make_wish(of, i, &wishes[i]);
	whole = choose_way(wishes, n, &way);
	*plan = (PdfPlan){
		.landscape = way.landscape,
		.size = way.size,
		.face = text_face(way.size, false),
		.bold = text_face(way.size, true),
		.pad_x = PAD_X * way.size / BASE_SIZE,
		.pad_y = PAD_Y * way.size / BASE_SIZE,
	};
	if (whole && n > 0)
	{
		PdfPart *part = add_part(plan, n);

		for (size_t i = 0; i < n; i++)
			part->columns[i].index = i;
		set_widths(part, wishes, &way);
	}
	else if (n > 0)
		split(of, wishes, &way);
	for (size_t i = 0; i < plan->n_parts; i++)
		finish_part(of, &plan->parts[i]);
	free(wishes);
}

static void
make_wish(const PdfSheet *of, size_t i, Wish *wish)
{
	const Column *column = &of->sheet->columns[i];
	TextFace *bold = text_face(BASE_SIZE, true);
	double header = text_width(bold, column->header.bytes, column->header.length);
	double word = fmin(header_word(bold, &column->header), HEADER_WIDE);
	double cell = of->widest[i], given = 0;

	if (column->width > 0)
		given = column->width * text_width(text_face(BASE_SIZE, false), "0", 1);
	if (column->kind == AN_COLUMN_TEXT)
		*wish = (Wish){cell, fmin(cell, TEXT_LEAST), fmin(cell, TEXT_HARD)};
	else
		*wish = (Wish){cell, cell, cell};
	if (given > 0 && column->kind == AN_COLUMN_TEXT)
		*wish = (Wish){given, given, fmin(given, TEXT_HARD)};
	else if (given > 0)
		wish->wide = wish->least = fmax(given, cell);
	else
		wish->wide = fmax(wish->wide, header);
	wish->least = fmax(wish->least, word);
	wish->hard = fmax(wish->hard, fmin(word, HEADER_LEAST));
	wish->wide = fmax(wish->wide, wish->least) + 2 * PAD_X;
	wish->least += 2 * PAD_X;
	wish->hard += 2 * PAD_X;
}

/* How wide the widest word of a header is; lines break between ideographs too. */
static double
header_word(TextFace *face, const Text *header)
{
	double widest = HEADER_LEAST;
	size_t start = 0, taken;

	for (size_t at = 0; at <= header->length; at += taken)
	{
		uint32_t code = ' ';

		taken = 1;
		if (at < header->length)
			code = an_utf8_next((const unsigned char *) header->bytes + at, header->length - at,
								&taken);
		if (code != ' ' && code != '\n' && code < 0x2E80)
			continue;
		widest = fmax(widest, text_width(face, header->bytes + start, at - start));
		start = at + taken;
	}
	return widest;
}

/* Takes the first way that all columns fit; false if there is none. */
static bool
choose_way(const Wish *wishes, size_t n, Way *way)
{
	const Way *ways = document.orientation == 'p'	? upright
					  : document.orientation == 'l' ? lying
													: either;
	size_t n_ways = (document.orientation == 0 ? sizeof(either) : sizeof(upright)) / sizeof(Way);

	for (size_t i = 0; i < n_ways; i++)
	{
		*way = ways[i];
		if (sum_least(wishes, n, way->hard) * way->size / BASE_SIZE <= room_of(way->landscape))
			return true;
	}
	way->size = PART_SIZE;
	way->hard = false;
	return false;
}

static double
room_of(bool landscape)
{
	PdfPage measured;

	page_size(&measured, landscape);
	return measured.right - measured.left;
}

static double
sum_least(const Wish *wishes, size_t n, bool hard)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += hard ? wishes[i].hard : wishes[i].least;
	return sum;
}

/* Fills parts with columns from left to right; each has the first one, if that leaves room. */
static void
split(PdfSheet *of, const Wish *wishes, const Way *way)
{
	size_t n = of->sheet->n_columns, next = 0;
	double room = room_of(way->landscape) * BASE_SIZE / way->size;
	bool repeat = wishes[0].least <= room / 3;

	while (next < n)
	{
		bool first = next > 0 && repeat;
		double used = first ? wishes[0].least : 0;
		PdfPart *part;
		size_t k = 0;

		while (next + k < n && (k == 0 || used + wishes[next + k].least <= room))
			used += wishes[next + k++].least;
		part = add_part(&of->plan, k + first);
		part->columns[0].index = 0;
		for (size_t i = 0; i < k; i++)
			part->columns[i + first].index = next + i;
		set_widths(part, wishes, way);
		next += k;
	}
	warn(STATE_WARNING,
		 "the %zu columns of \"%.60s\" are wider than a page: they stand in %zu parts", n,
		 of->sheet->name.length > 0 ? of->sheet->name.bytes : "the table", of->plan.n_parts);
}

static PdfPart *
add_part(PdfPlan *plan, size_t n_columns)
{
	PdfPart *part;

	plan->parts = must_alloc(plan->parts, (plan->n_parts + 1) * sizeof(PdfPart));
	part = &plan->parts[plan->n_parts++];
	*part = (PdfPart){.n_columns = n_columns};
	part->columns = must_alloc(NULL, n_columns * sizeof(PdfColumn));
	memset(part->columns, 0, n_columns * sizeof(PdfColumn));
	return part;
}

/* Gives the page's width to the columns: what they need, and of the rest a share as large as they are. */
static void
set_widths(PdfPart *part, const Wish *wishes, const Way *way)
{
	double scale = way->size / BASE_SIZE, room = room_of(way->landscape) / scale;
	double level = widest_common(part, wishes, way->hard, room), sum = 0, x = 0;

	for (size_t i = 0; i < part->n_columns; i++)
		sum += width_at(&wishes[part->columns[i].index], way->hard, level);
	for (size_t i = 0; i < part->n_columns; i++)
	{
		PdfColumn *column = &part->columns[i];

		column->width = width_at(&wishes[column->index], way->hard, level) * room / sum * scale;
		column->x = x;
		x += column->width;
	}
}

/* The width up to which all columns can have what they want. */
static double
widest_common(const PdfPart *part, const Wish *wishes, bool hard, double room)
{
	double low = 0, high = 2 * room;

	for (int step = 0; step < 50; step++)
	{
		double middle = (low + high) / 2, sum = 0;

		for (size_t i = 0; i < part->n_columns; i++)
			sum += width_at(&wishes[part->columns[i].index], hard, middle);
		if (sum <= room)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static double
width_at(const Wish *wish, bool hard, double level)
{
	return fmax(hard ? wish->hard : wish->least, fmin(wish->wide, level));
}

/* Decides what may wrap, and how high the header is. */
static void
finish_part(const PdfSheet *of, PdfPart *part)
{
	const PdfPlan *plan = &of->plan;
	size_t most = 1;

	for (size_t i = 0; i < part->n_columns; i++)
	{
		PdfColumn *column = &part->columns[i];
		const Column *what = &of->sheet->columns[column->index];
		double inner = column->width - 2 * plan->pad_x;
		bool cut = false;
		size_t lines = text_break(plan->bold, what->header.bytes, what->header.length, inner,
								  HEADER_LINES, &cut);

		if (cut)
			note_cut();
		most = lines > most ? lines : most;
		column->max_lines = what->wrap ? WRAP_LINES : CELL_LINES;
		column->wraps = of->broken[column->index] ||
						of->widest[column->index] * plan->size / BASE_SIZE > inner + 0.01;
		part->wraps |= column->wraps;
	}
	part->header_height = (double) most * LINE_PITCH(plan->size) + 2 * plan->pad_y + 1;
}
