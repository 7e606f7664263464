/*
 * frame_writer.c - the formats that the program analytics-render writes
 *
 * A document becomes records (kernel/frame.h), with the options that
 * render/document.c reads.  Texts of cells are UTF-8; for a spreadsheet they are
 * cut and escaped here, since here it is known where in the result they stand.
 */
#include "export/text_writer.h"

#include <math.h>

#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "kernel/sheet.h"

#define BUFFER_SIZE (64 * 1024)

typedef struct FrameWriter
{
	AnWriter pub;		   /* what the receiver calls */
	AnHelper helper;	   /* who writes */
	AnCells cells;		   /* conversion of values */
	StringInfoData buffer; /* records not sent yet */
	uint64 n_rows;		   /* rows so far */
} FrameWriter;

static void begin(AnWriter *self, const AnDocument *document, int n_sheets);
static void begin_sheet(AnWriter *self, const AnLayout *layout);
static void put_row(AnWriter *self, const Datum *values, const bool *nulls);
static void end_sheet(AnWriter *self, const AnLoneValue *totals);
static void end(AnWriter *self, uint64 n_rows);
static void put_document(FrameWriter *writer, const AnDocument *document, int n_sheets);
static void put_card(FrameWriter *writer, const AnCardSpec *spec, const AnLoneValue *card);
static void put_column(FrameWriter *writer, const AnColumn *column);
static void put_condition(FrameWriter *writer, const AnColumnSpec *spec);
static void put_chart(FrameWriter *writer, const AnChartLayout *chart);
static void put_formula(FrameWriter *writer, const AnColumn *column);
static void put_text(FrameWriter *writer, const char *name, const char *text);
static void put_word(FrameWriter *writer, const char *name, AnWord word);
static void put_number(FrameWriter *writer, const char *name, double number);
static void put_count(FrameWriter *writer, const char *name, int64 number);
static void put_color(FrameWriter *writer, const char *name, uint32 color);
static void put_string(StringInfo to, const char *text);
static int begin_record(StringInfo to, AnRecordType type);
static void end_record(StringInfo to, int begin);
static void mark(FrameWriter *writer, AnRecordType type);
static void pass(FrameWriter *writer);

AnWriter *
an_frame_writer(void)
{
	FrameWriter *writer = palloc0(sizeof(FrameWriter));

	writer->pub.begin = begin;
	writer->pub.begin_sheet = begin_sheet;
	writer->pub.put_row = put_row;
	writer->pub.end_sheet = end_sheet;
	writer->pub.end = end;
	writer->cells.text = palloc(AN_SHEET_TEXT_BYTES);
	initStringInfo(&writer->buffer);
	return &writer->pub;
}

static void
begin(AnWriter *self, const AnDocument *document, int n_sheets)
{
	FrameWriter *writer = (FrameWriter *) self;

	writer->cells.sheet_texts = document->format->sheet_texts;
	an_helper_start(&writer->helper, document->format);
	self->output = writer->helper.output;
	put_document(writer, document, n_sheets);
}

static void
put_document(FrameWriter *writer, const AnDocument *document, int n_sheets)
{
	bool has_margins = !isnan(document->margins[0]);

	put_count(writer, "created", (int64) timestamptz_to_time_t(document->created));
	put_text(writer, "title", document->title);
	put_text(writer, "subtitle", document->subtitle);
	put_text(writer, "author", document->author);
	put_text(writer, "company", document->company);
	an_helper_option(&writer->buffer, "generated", an_moment_shown(document, document->created));
	put_text(writer, "footer", document->footer);
	put_text(writer, "font", document->font);
	put_text(writer, "locale", document->locale->name);
	put_text(writer, "paper", an_paper_words[document->paper]);
	if (document->orientation > 0)
		put_text(writer, "orientation", an_orientation_words[document->orientation]);
	if (has_margins)
		put_text(writer, "margins",
				 psprintf("%g %g %g %g", document->margins[0], document->margins[1],
						  document->margins[2], document->margins[3]));
	if (document->width > 0)
		put_number(writer, "width", document->width);
	if (document->height > 0)
		put_number(writer, "height", document->height);
	if (document->scale > 0)
		put_number(writer, "scale", document->scale);
	if (n_sheets > 1)
		put_text(writer, "several", "1");
}

static void
begin_sheet(AnWriter *self, const AnLayout *layout)
{
	FrameWriter *writer = (FrameWriter *) self;

	mark(writer, AN_RECORD_SHEET);
	put_text(writer, "name", layout->spec->name);
	put_text(writer, "note", layout->spec->note);
	if (layout->has_totals)
		put_text(writer, "totals", "1");
	for (int i = 0; i < list_length(layout->spec->cards); i++)
		put_card(writer, list_nth(layout->spec->cards, i), &layout->cards[i]);
	for (int i = 0; i < layout->n_columns; i++)
		put_column(writer, &layout->columns[i]);
	for (int i = 0; i < layout->n_charts; i++)
		put_chart(writer, &layout->charts[i]);
}

static void
put_row(AnWriter *self, const Datum *values, const bool *nulls)
{
	FrameWriter *writer = (FrameWriter *) self;
	const AnLayout *layout = self->layout;
	int at = begin_record(&writer->buffer, AN_RECORD_ROW);

	writer->n_rows++;
	for (int i = 0; i < layout->n_columns; i++)
	{
		an_cell_append(&writer->cells, &layout->columns[i], values[i], nulls[i], &writer->buffer);
		if (writer->cells.n_cut > 0 && writer->cells.cut_row == 0)
		{
			writer->cells.cut_row = writer->n_rows;
			writer->cells.cut_column = i + 1;
		}
	}
	end_record(&writer->buffer, at);
	pass(writer);
}

static void
end_sheet(AnWriter *self, const AnLoneValue *totals)
{
	FrameWriter *writer = (FrameWriter *) self;
	int at;

	if (totals == NULL)
		return;
	at = begin_record(&writer->buffer, AN_RECORD_TOTALS);
	for (int i = 0; i < self->layout->n_columns; i++)
		an_cell_append(&writer->cells, &totals[i].column, totals[i].value, totals[i].isnull,
					   &writer->buffer);
	end_record(&writer->buffer, at);
}

static void
end(AnWriter *self, uint64 n_rows)
{
	FrameWriter *writer = (FrameWriter *) self;
	AnCells *cells = &writer->cells;

	an_helper_send(&writer->helper, writer->buffer.data, writer->buffer.len);
	resetStringInfo(&writer->buffer);
	an_helper_finish(&writer->helper, n_rows);
	self->written = writer->helper.sent;
	if (cells->n_cut > 0)
		ereport(WARNING, (errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
						  errmsg("" UINT64_FORMAT " texts longer than %d characters were cut",
								 cells->n_cut, AN_SHEET_TEXT_UNITS),
						  errdetail("The first stands in row " UINT64_FORMAT ", column %d.",
									cells->cut_row, cells->cut_column)));
}

static void
put_card(FrameWriter *writer, const AnCardSpec *spec, const AnLoneValue *card)
{
	StringInfoData cell;

	mark(writer, AN_RECORD_CARD);
	put_text(writer, "label", spec->label);
	put_text(writer, "note", spec->note);
	put_text(writer, "format", card->column.format);
	initStringInfo(&cell);
	an_cell_append(&writer->cells, &card->column, card->value, card->isnull, &cell);
	if (cell.data[0] == AN_CELL_TEXT)
		an_helper_option(&writer->buffer, "text", pnstrdup(cell.data + 5, cell.len - 5));
	else if (cell.data[0] == AN_CELL_NUMBER)
	{
		AnFrameReader reader = {(unsigned char *) cell.data + 1, (unsigned char *) cell.data + 9};
		double number;

		(void) an_frame_get_double(&reader, &number);
		put_number(writer, "number", number);
	}
	else if (cell.data[0] != AN_CELL_NULL)
		put_word(writer, "text", cell.data[0] == AN_CELL_TRUE ? AN_WORD_TRUE : AN_WORD_FALSE);
	pfree(cell.data);
}

static void
put_column(FrameWriter *writer, const AnColumn *column)
{
	const AnColumnSpec *spec = column->spec;
	StringInfo to = &writer->buffer;
	int at = begin_record(to, AN_RECORD_COLUMN);
	StringInfoData header;

	/* The header travels as a cell text does, only without its tag. */
	initStringInfo(&header);
	(void) an_cell_append_text(&writer->cells, column->header, strlen(column->header), &header);
	appendStringInfoCharMacro(to, column->kind);
	appendBinaryStringInfo(to, header.data + 1, header.len - 1);
	put_string(to, column->format);
	end_record(to, at);
	pfree(header.data);
	if (column->formula)
		put_formula(writer, column);
	if (spec == NULL)
		return;
	if (spec->width > 0)
		put_number(writer, "width", spec->width);
	if (spec->align > 0)
		put_text(writer, "align", an_align_words[spec->align]);
	if (spec->wrap)
		put_text(writer, "wrap", "1");
	if (spec->total > 0)
		put_text(writer, "total", an_total_words[spec->total]);
	put_condition(writer, spec);
}

static void
put_condition(FrameWriter *writer, const AnColumnSpec *spec)
{
	static const char *const words[] = {NULL, "bar", "scale", "rules"};
	ListCell *lc;

	if (spec->condition == AN_CONDITION_NONE)
		return;
	put_text(writer, "condition", words[spec->condition]);
	if (!isnan(spec->low))
		put_number(writer, "low", spec->low);
	if (!isnan(spec->high))
		put_number(writer, "high", spec->high);
	put_color(writer, "low_color", spec->low_color);
	put_color(writer, "high_color", spec->high_color);
	foreach (lc, spec->rules)
		put_text(writer, "rule", lfirst(lc));
}

static void
put_chart(FrameWriter *writer, const AnChartLayout *chart)
{
	const AnChartSpec *spec = chart->spec;

	mark(writer, AN_RECORD_CHART);
	put_text(writer, "type", an_chart_type_name(chart->type));
	put_text(writer, "title", spec->title);
	put_text(writer, "x_title", spec->x_title);
	put_text(writer, "y_title", spec->y_title);
	put_text(writer, "format", spec->format);
	if (spec->stacked)
		put_text(writer, "stacked", "1");
	put_count(writer, "x", chart->x);
	for (int i = 0; i < chart->n_y; i++)
		put_count(writer, "y", chart->y[i]);
	if (spec->width > 0)
		put_number(writer, "width", spec->width);
	if (spec->height > 0)
		put_number(writer, "height", spec->height);
}

/*
 * Writes a formula as a spreadsheet has it, with {column} for the cells of its row.  What
 * is NULL for us, an empty operand or a division by zero, is an empty text there.
 */
static void
put_formula(FrameWriter *writer, const AnColumn *column)
{
	StringInfoData text, cells;
	int n = an_formula_n_names(column->formula);

	initStringInfo(&cells);
	for (int i = 0; i < n; i++)
		appendStringInfo(&cells, "%s{%d}", i > 0 ? "," : "", column->operands[i]);
	initStringInfo(&text);
	if (n > 0)
		appendStringInfo(&text, "IF(COUNT(%s)<%d,\"\",", cells.data, n);
	appendStringInfo(&text, "IFERROR(%s,\"\")%s", an_formula_infix(column), n > 0 ? ")" : "");
	put_text(writer, "formula", text.data);
}

static void
put_word(FrameWriter *writer, const char *name, AnWord word)
{
	an_helper_option(&writer->buffer, name, writer->pub.layout->document->locale->words[word]);
}

/* Adds an option that is shown, in UTF-8 whatever the server's encoding; nothing for NULL. */
static void
put_text(FrameWriter *writer, const char *name, const char *text)
{
	StringInfoData utf8;

	if (text == NULL)
		return;
	initStringInfo(&utf8);
	an_append_printable(&utf8, text, strlen(text));
	an_helper_option(&writer->buffer, name, utf8.data);
	pfree(utf8.data);
}

static void
put_number(FrameWriter *writer, const char *name, double number)
{
	an_helper_option(&writer->buffer, name, psprintf("%.17g", number));
}

static void
put_count(FrameWriter *writer, const char *name, int64 number)
{
	an_helper_option(&writer->buffer, name, psprintf(INT64_FORMAT, number));
}

static void
put_color(FrameWriter *writer, const char *name, uint32 color)
{
	if (color != AN_COLOR_NONE)
		an_helper_option(&writer->buffer, name, psprintf("%06X", color));
}

/* Adds a text in the server's encoding as a string of a record. */
static void
put_string(StringInfo to, const char *text)
{
	size_t length = strlen(text);

	text = an_text_utf8(text, &length);
	enlargeStringInfo(to, 4 + length);
	(void) an_frame_put_string((unsigned char *) to->data + to->len, text, length);
	to->len += 4 + length;
}

/* Opens a record and returns where it begins; its length is not known yet. */
static int
begin_record(StringInfo to, AnRecordType type)
{
	int at = to->len;

	enlargeStringInfo(to, AN_FRAME_HEAD_SIZE);
	to->data[at] = type;
	to->len += AN_FRAME_HEAD_SIZE;
	return at;
}

static void
end_record(StringInfo to, int at)
{
	(void) an_frame_put_u32((unsigned char *) to->data + at + 1, to->len - at - AN_FRAME_HEAD_SIZE);
}

/* Adds a record that holds nothing. */
static void
mark(FrameWriter *writer, AnRecordType type)
{
	end_record(&writer->buffer, begin_record(&writer->buffer, type));
}

/* Sends the buffer once it is large enough. */
static void
pass(FrameWriter *writer)
{
	if (writer->buffer.len < BUFFER_SIZE)
		return;
	an_helper_send(&writer->helper, writer->buffer.data, writer->buffer.len);
	resetStringInfo(&writer->buffer);
	writer->pub.written = writer->helper.sent;
}
