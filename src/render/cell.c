/*
 * cell.c - cells as they come, and as they show
 */
#include "render/render.h"

#include <math.h>
#include <string.h>

#include "kernel/number_format.h"

/* Longer numbers than this show as they came: a format could make too much of them. */
#define LONGEST_NUMBER 300

static const char *word(AnWord which, size_t *length);

void
take_cell(AnFrameReader *row, Cell *cell)
{
	uint8_t tag;

	if (an_frame_get_u8(row, &tag) != AN_OK)
		fail(STATE_BAD_STREAM, "row with too few cells");
	*cell = (Cell){.tag = tag};
	switch (tag)
	{
		case AN_CELL_NULL:
		case AN_CELL_FALSE:
		case AN_CELL_TRUE:
			break;
		case AN_CELL_TEXT:
			if (an_frame_get_string(row, &cell->bytes, &cell->length) != AN_OK)
				fail(STATE_BAD_STREAM, "text of wrong length");
			break;
		case AN_CELL_NUMBER:
			if (an_frame_get_double(row, &cell->number) != AN_OK || !isfinite(cell->number))
				fail(STATE_BAD_STREAM, "number that is none");
			break;
		default:
			fail(STATE_BAD_STREAM, "cell of type %u", tag);
	}
}

void
row_done(const AnFrameReader *row)
{
	if (row->at != row->end)
		fail(STATE_BAD_STREAM, "row with too many cells");
}

const char *
show_cell(const Column *column, const Cell *cell, char *buffer, size_t *length)
{
	const Text *format = &column->format;
	const char *usual = default_format(column->kind);

	*length = 0;
	switch (cell->tag)
	{
		case AN_CELL_NUMBER:
			if (format->length > 0)
				*length = show_number(format, cell->number, buffer);
			else
				*length = an_number_format(usual, strlen(usual), cell->number, document.locale,
										   buffer, NULL);
			return buffer;
		case AN_CELL_TEXT:
			if (is_quantity(column->kind) && cell->length <= LONGEST_NUMBER)
				*length = an_number_format_text(format->bytes ? format->bytes : "", format->length,
												cell->bytes, cell->length, document.locale, buffer);
			if (*length > 0)
				return buffer;
			*length = cell->length;
			return cell->bytes;
		case AN_CELL_FALSE:
			return word(AN_WORD_FALSE, length);
		case AN_CELL_TRUE:
			return word(AN_WORD_TRUE, length);
		default:
			return buffer;
	}
}

size_t
show_number(const Text *format, double number, char *buffer)
{
	return an_number_format(format->bytes ? format->bytes : "", format->length, number,
							document.locale, buffer, NULL);
}

bool
is_quantity(AnColumnKind kind)
{
	return kind == AN_COLUMN_INTEGER || kind == AN_COLUMN_NUMBER;
}

char
column_align(const Column *column)
{
	if (column->align != 0)
		return column->align;
	if (column->kind == AN_COLUMN_BOOLEAN)
		return 'c';
	return is_quantity(column->kind) ? 'r' : 'l';
}

const char *
default_format(AnColumnKind kind)
{
	switch (kind)
	{
		case AN_COLUMN_DATE:
			return document.locale->date;
		case AN_COLUMN_TIMESTAMP:
			return document.locale->timestamp;
		case AN_COLUMN_TIME:
			return "hh:mm:ss";
		default:
			return "";
	}
}

static const char *
word(AnWord which, size_t *length)
{
	*length = strlen(document.locale->words[which]);
	return document.locale->words[which];
}
