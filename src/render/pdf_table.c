/*
 * pdf_table.c - tables: measured while rows come, then drawn page by page
 */
#include "render/pdf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/number_format.h"

#define MEASURED_BYTES 1000 /* of a text: more is wider than a page */
#define LINE_WIDTH	   0.5

/* What a row looks like besides its cells. */
typedef enum RowStyle
{
	ROW_PLAIN,
	ROW_STRIPED,
	ROW_TOTALS,
} RowStyle;

static Cell *cells;	   /* of the row that is drawn */
static size_t n_cells; /* how many there is room for */

static void measure_cell(PdfSheet *of, size_t i, const Cell *cell, bool bold);
static void draw_part(PdfSheet *of, const PdfPart *part);
static void draw_rows(PdfSheet *of, const PdfPart *part);
static void draw_part_number(const PdfSheet *of, const PdfPart *part);
static void draw_header(const PdfSheet *of, const PdfPart *part);
static void draw_nothing(const PdfSheet *of, const PdfPart *part);
static double line_height(const PdfPlan *plan);
static void take_row(const PdfSheet *of, AnFrameReader row);
static double row_height(const PdfSheet *of, const PdfPart *part, TextFace *face);
static size_t break_cell(const PdfPlan *plan, const PdfColumn *column, TextFace *face,
						 size_t max_lines, const char *text, size_t length);
static void make_room(const PdfSheet *of, const PdfPart *part, double height);
static void draw_row(const PdfSheet *of, const PdfPart *part, double height, RowStyle style);
static void draw_cell(const PdfSheet *of, const PdfColumn *column, double height, RowStyle style);
static uint32_t
draw_ground(const PdfSheet *of, const PdfColumn *column, const Cell *cell, double height);
static void draw_text(const PdfPlan *plan, const PdfColumn *column, TextFace *face, double height,
					  char align, const char *text, size_t length);
static char text_align(const Column *column, const char *text, size_t length);
static double text_place(const PdfPlan *plan, const PdfColumn *column, char align, double width);

void
measure_row(PdfSheet *of, AnFrameReader row, bool totals)
{
	for (size_t i = 0; i < of->sheet->n_columns; i++)
	{
		Cell cell;

		take_cell(&row, &cell);
		measure_cell(of, i, &cell, totals);
	}
	row_done(&row);
}

/* One part behind the other; "1 / 2" tells them apart. */
void
draw_table(PdfSheet *of)
{
	for (size_t i = 0; i < of->plan.n_parts; i++)
		draw_part(of, &of->plan.parts[i]);
}

static void
measure_cell(PdfSheet *of, size_t i, const Cell *cell, bool bold)
{
	char buffer[AN_NUMBER_SHOWN_BYTES];
	size_t length;
	const char *text = show_cell(&of->sheet->columns[i], cell, buffer, &length);
	const char *line_end;
	double width;

	if (length > MEASURED_BYTES)
	{
		of->broken[i] = true;
		length = MEASURED_BYTES;
	}
	while ((line_end = memchr(text, '\n', length)) != NULL)
	{
		width = text_width(text_face(BASE_SIZE, bold), text, (size_t) (line_end - text));
		of->widest[i] = fmax(of->widest[i], width);
		of->broken[i] = true;
		length -= (size_t) (line_end - text) + 1;
		text = line_end + 1;
	}
	width = text_width(text_face(BASE_SIZE, bold), text, length);
	of->widest[i] = fmax(of->widest[i], width);
}

static void
draw_part(PdfSheet *of, const PdfPart *part)
{
	const PdfPlan *plan = &of->plan;

	if (part > plan->parts)
		page.y += 14;
	(void) page_room(part->header_height + 3 * line_height(plan));
	draw_part_number(of, part);
	draw_header(of, part);
	if (spool_rows(of->rows) == 0)
		draw_nothing(of, part);
	else
		draw_rows(of, part);
	if (of->totals)
	{
		double height;

		take_row(of, (AnFrameReader){of->totals, of->totals + of->totals_size});
		height = row_height(of, part, plan->bold);
		make_room(of, part, height);
		draw_row(of, part, height, ROW_TOTALS);
	}
}

static void
draw_rows(PdfSheet *of, const PdfPart *part)
{
	uint64_t n_rows = spool_rows(of->rows);
	bool counting = page.cr == NULL && !part->wraps;
	double height = line_height(&of->plan);

	spool_rewind(of->rows);
	for (uint64_t i = 0; i < n_rows; i++)
	{
		AnFrameReader row;

		if (!counting)
		{
			if (!spool_next(of->rows, &row))
				fail(STATE_IO_ERROR, "a temporary file is truncated");
			take_row(of, row);
			height = row_height(of, part, of->plan.face);
		}
		make_room(of, part, height);
		draw_row(of, part, height, i % 2 == 1 ? ROW_STRIPED : ROW_PLAIN);
	}
	spool_rewind(of->rows);
}

static void
draw_part_number(const PdfSheet *of, const PdfPart *part)
{
	char number[48];
	Text text = {number, 0};

	if (of->plan.n_parts == 1)
		return;
	text.length = (size_t) snprintf(number, sizeof(number), "%zu / %zu",
									(size_t) (part - of->plan.parts) + 1, of->plan.n_parts);
	page_lines(of->plan.size, false, COLOR_GREY, 'r', 1, &text);
	page.y += 2;
}

static void
draw_header(const PdfSheet *of, const PdfPart *part)
{
	const PdfPlan *plan = &of->plan;

	page_fill(COLOR_BLUE, page.left, page.y, page.right - page.left, part->header_height);
	for (size_t i = 0; i < part->n_columns && page.cr != NULL; i++)
	{
		const PdfColumn *column = &part->columns[i];
		const Column *what = &of->sheet->columns[column->index];
		double pitch = LINE_PITCH(plan->size), y;
		char align = text_align(what, what->header.bytes, what->header.length);
		bool cut = false;
		size_t n = text_break(plan->bold, what->header.bytes, what->header.length,
							  column->width - 2 * plan->pad_x, HEADER_LINES, &cut);

		set_color(page.cr, 0xFFFFFF);
		y = page.y + (part->header_height - (double) n * pitch) / 2 + LINE_BASELINE(plan->size);
		for (size_t k = 0; k < n; k++)
			text_show_line(page.cr, k, text_place(plan, column, align, text_line_width(k)),
						   y + (double) k * pitch);
	}
	page.y += part->header_height;
}

/* Says that there are no rows, where the first of them would stand. */
static void
draw_nothing(const PdfSheet *of, const PdfPart *part)
{
	const char *word = document.locale->words[AN_WORD_NO_ROWS];
	double height = 2 * line_height(&of->plan);
	Text text = {(char *) word, strlen(word)};

	make_room(of, part, height);
	page_line(of->plan.face, COLOR_GREY, page.left, page.y + height / 2 + of->plan.size / 3,
			  page.right - page.left, 'c', &text);
	page.y += height;
	page_fill(COLOR_LINE, page.left, page.y, page.right - page.left, LINE_WIDTH);
}

static double
line_height(const PdfPlan *plan)
{
	return LINE_PITCH(plan->size) + 2 * plan->pad_y;
}

static void
take_row(const PdfSheet *of, AnFrameReader row)
{
	if (n_cells < of->sheet->n_columns)
	{
		n_cells = of->sheet->n_columns;
		cells = must_alloc(cells, n_cells * sizeof(Cell));
	}
	for (size_t i = 0; i < of->sheet->n_columns; i++)
		take_cell(&row, &cells[i]);
}

static double
row_height(const PdfSheet *of, const PdfPart *part, TextFace *face)
{
	size_t most = 1;

	for (size_t i = 0; i < part->n_columns && part->wraps; i++)
	{
		const PdfColumn *column = &part->columns[i];
		char buffer[AN_NUMBER_SHOWN_BYTES];
		size_t length, n;
		const char *text;

		if (!column->wraps)
			continue;
		text =
			show_cell(&of->sheet->columns[column->index], &cells[column->index], buffer, &length);
		n = break_cell(&of->plan, column, face, column->max_lines, text, length);
		most = n > most ? n : most;
	}
	return (double) most * LINE_PITCH(of->plan.size) + 2 * of->plan.pad_y;
}

/* Breaks a cell into lines and returns how many; 0 if it fits in one as it is. */
static size_t
break_cell(const PdfPlan *plan, const PdfColumn *column, TextFace *face, size_t max_lines,
		   const char *text, size_t length)
{
	double inner = column->width - 2 * plan->pad_x, pitch = LINE_PITCH(plan->size);
	double room = (page.bottom - page.top) / pitch - HEADER_LINES - 4;
	size_t most = room > 1 ? (size_t) room : 1, n;
	bool cut = false;

	if (!column->wraps || (length <= MEASURED_BYTES && memchr(text, '\n', length) == NULL &&
						   text_width(face, text, length) <= inner + 0.01))
		return 0;
	n = text_break(face, text, length, inner, max_lines < most ? max_lines : most, &cut);
	if (cut && page.cr)
		note_cut();
	return n;
}

/* Goes to a new page, with the header again, unless a row has room. */
static void
make_room(const PdfSheet *of, const PdfPart *part, double height)
{
	if (page_room(height))
	{
		draw_part_number(of, part);
		draw_header(of, part);
	}
}

static void
draw_row(const PdfSheet *of, const PdfPart *part, double height, RowStyle style)
{
	double width = page.right - page.left;

	if (page.cr != NULL)
	{
		if (style == ROW_STRIPED)
			page_fill(COLOR_STRIPE, page.left, page.y, width, height);
		for (size_t i = 0; i < part->n_columns; i++)
			draw_cell(of, &part->columns[i], height, style);
		if (style == ROW_TOTALS)
			page_fill(COLOR_BLUE, page.left, page.y - LINE_WIDTH, width, 2 * LINE_WIDTH);
		page_fill(COLOR_LINE, page.left, page.y + height - LINE_WIDTH, width, LINE_WIDTH);
	}
	page.y += height;
}

static void
draw_cell(const PdfSheet *of, const PdfColumn *column, double height, RowStyle style)
{
	static const char dash[] = "\xE2\x80\x93";
	const Column *what = &of->sheet->columns[column->index];
	const Cell *cell = &cells[column->index];
	char buffer[AN_NUMBER_SHOWN_BYTES];
	size_t length;
	const char *text = show_cell(what, cell, buffer, &length);
	uint32_t color = COLOR_TEXT;

	if (style != ROW_TOTALS)
		color = draw_ground(of, column, cell, height);
	else if (length == 0 && what->total == TOTAL_FORMULA)
	{
		text = dash;
		length = strlen(dash);
	}
	if (length == 0)
		return;
	set_color(page.cr, color);
	draw_text(&of->plan, column, style == ROW_TOTALS ? of->plan.bold : of->plan.face, height,
			  text_align(what, text, length), text, length);
}

/* Paints what a column's condition puts behind a number; returns the colour for its digits. */
static uint32_t
draw_ground(const PdfSheet *of, const PdfColumn *column, const Cell *cell, double height)
{
	const Column *what = &of->sheet->columns[column->index];
	const ColumnSeen *seen = &of->seen[column->index];
	double x = page.left + column->x, bar;
	uint32_t color;

	if (what->condition == CONDITION_NONE || cell->tag != AN_CELL_NUMBER)
		return COLOR_TEXT;
	bar = condition_bar(what, seen, cell->number);
	if (bar > 0)
		page_fill(condition_bar_color(what), x + 1, page.y + 1.5, bar * (column->width - 2),
				  height - 3);
	color = condition_color(what, seen, cell->number);
	if (color == AN_COLOR_NONE)
		return COLOR_TEXT;
	page_fill(color, x, page.y, column->width, height - LINE_WIDTH);
	return text_color_on(color);
}

/* Sets the text of a cell below page.y, in as many lines as the row is high. */
static void
draw_text(const PdfPlan *plan, const PdfColumn *column, TextFace *face, double height, char align,
		  const char *text, size_t length)
{
	double y = page.y + plan->pad_y + LINE_BASELINE(plan->size);
	size_t lines = (size_t) lround((height - 2 * plan->pad_y) / LINE_PITCH(plan->size));
	size_t n = break_cell(plan, column, face, lines, text, length);

	if (n == 0)
		text_show(page.cr, face, text_place(plan, column, align, text_width(face, text, length)), y,
				  text, length);
	for (size_t i = 0; i < n; i++)
		text_show_line(page.cr, i, text_place(plan, column, align, text_line_width(i)),
					   y + (double) i * LINE_PITCH(plan->size));
}

/* Texts that run from right to left begin at the right, unless the column says otherwise. */
static char
text_align(const Column *column, const char *text, size_t length)
{
	char align = column_align(column);

	return column->align == 0 && align == 'l' && text_is_rtl(text, length) ? 'r' : align;
}

/* Where a line of a cell begins. */
static double
text_place(const PdfPlan *plan, const PdfColumn *column, char align, double width)
{
	double inner = column->width - 2 * plan->pad_x;
	double x = page.left + column->x + plan->pad_x;

	return align == 'l' ? x : align == 'r' ? x + inner - width : x + (inner - width) / 2;
}
