/*
 * markdown.c - tables for wikis, issues and chats: GitHub Flavored Markdown
 *
 *     # Title
 *
 *     Subtitle
 *
 *     ## Sheet                       of several sheets
 *
 *     Note
 *
 *     - **Sent:** 1,234 (a note)     cards
 *
 *     | day | sent |
 *     | --- | ---: |
 *     | 2026-01-01 | 120 |
 *     | **Total** | **120** |
 *
 * Values stand as people read them: by number format and locale.  Texts come out on the page as they
 * are: what Markdown or HTML would make something of is escaped, ends of lines are <br>, blanks at
 * the edges &nbsp;, and control characters are shown as their pictures (U+2400), so that nothing reaches
 * a terminal.  A text cannot leave its cell.  Addresses still become links, as on any such page.
 * Charts are left out.  Source: GitHub Flavored Markdown Spec 0.29, CommonMark 0.31.
 */
#include "export/text_writer.h"

#include "kernel/utf8.h"

/* ASCII that is escaped wherever it stands. */
#define ALWAYS_ESCAPED "\\`*[|~"

/* A card without a value. */
#define NOTHING "\xE2\x80\x93"

typedef enum Place
{
	IN_CELL,	  /* of a table */
	IN_PARAGRAPH, /* may begin a line */
} Place;

typedef struct MarkdownWriter
{
	AnTextWriter text;			/* where it goes */
	const AnDocument *document; /* what is written */
	int n_sheets;				/* of it */
	bool has_rows;				/* the current sheet has had one */
	StringInfoData shown;		/* a value before it is escaped */
} MarkdownWriter;

static void begin(AnWriter *writer, const AnDocument *document, int n_sheets);
static void begin_sheet(AnWriter *writer, const AnLayout *layout);
static void put_row(AnWriter *writer, const Datum *values, const bool *nulls);
static void end_sheet(AnWriter *writer, const AnLoneValue *totals);
static void end(AnWriter *writer, uint64 n_rows);
static void put_block(MarkdownWriter *markdown, const char *mark, const char *text);
static void put_cards(MarkdownWriter *markdown, const AnLayout *layout);
static void put_header(MarkdownWriter *markdown, const AnLayout *layout);
static void put_alignment(StringInfo to, const AnLayout *layout);
static bool is_right(const AnColumn *column);
static void put_totals(MarkdownWriter *markdown, const AnLoneValue *totals);
static void put_shown(MarkdownWriter *markdown, AnColumn *column, Datum value, bool isnull);
static void put_server_text(StringInfo to, const char *text, Place place);
static void put_text(StringInfo to, const char *text, size_t length, Place place);
static size_t put_line_start(StringInfo to, const char *text, size_t length);
static size_t put_ascii(StringInfo to, const char *text, size_t length, size_t i, Place place);
static size_t put_control(StringInfo to, const char *text, size_t length);
static size_t put_wide(StringInfo to, const char *text, size_t length);
static bool needs_backslash(const char *text, size_t length, size_t i, Place place);
static bool is_alnum(char c);
static bool is_blank(char c);
static bool is_plain(char c);

AnWriter *
an_markdown_writer(void)
{
	MarkdownWriter *markdown = palloc0(sizeof(MarkdownWriter));

	markdown->text.pub.begin = begin;
	markdown->text.pub.begin_sheet = begin_sheet;
	markdown->text.pub.put_row = put_row;
	markdown->text.pub.end_sheet = end_sheet;
	markdown->text.pub.end = end;
	return &markdown->text.pub;
}

static void
begin(AnWriter *writer, const AnDocument *document, int n_sheets)
{
	MarkdownWriter *markdown = (MarkdownWriter *) writer;

	markdown->document = document;
	markdown->n_sheets = n_sheets;
	initStringInfo(&markdown->shown);
	an_text_writer_begin(&markdown->text);
	put_block(markdown, "# ", document->title);
	put_block(markdown, "", document->subtitle);
}

/* Writes what stands above the rows.  One sheet alone needs no name: the title says what it is. */
static void
begin_sheet(AnWriter *writer, const AnLayout *layout)
{
	MarkdownWriter *markdown = (MarkdownWriter *) writer;

	markdown->has_rows = false;
	if (markdown->n_sheets > 1)
		put_block(markdown, "## ", layout->spec->name);
	put_block(markdown, "", layout->spec->note);
	if (layout->spec->cards)
		put_cards(markdown, layout);
	if (layout->n_columns > 0)
		put_header(markdown, layout);
	an_text_writer_pass(&markdown->text);
}

static void
put_row(AnWriter *writer, const Datum *values, const bool *nulls)
{
	MarkdownWriter *markdown = (MarkdownWriter *) writer;
	StringInfo to = &markdown->text.output.buffer;
	const AnLayout *layout = writer->layout;

	markdown->has_rows = true;
	if (layout->n_columns == 0)
		return;
	appendStringInfoCharMacro(to, '|');
	for (int i = 0; i < layout->n_columns; i++)
	{
		appendStringInfoCharMacro(to, ' ');
		put_shown(markdown, &layout->columns[i], values[i], nulls[i]);
		appendStringInfoString(to, " |");
		an_text_writer_pass(&markdown->text);
	}
	appendStringInfoCharMacro(to, '\n');
}

static void
end_sheet(AnWriter *writer, const AnLoneValue *totals)
{
	MarkdownWriter *markdown = (MarkdownWriter *) writer;
	StringInfo to = &markdown->text.output.buffer;

	if (!markdown->has_rows)
		appendStringInfo(to, "%s*%s*\n", writer->layout->n_columns > 0 ? "\n" : "",
						 markdown->document->locale->words[AN_WORD_NO_ROWS]);
	else if (totals)
		put_totals(markdown, totals);
	if (writer->layout->index < markdown->n_sheets - 1)
		appendStringInfoChar(to, '\n');
}

static void
end(AnWriter *writer, uint64 n_rows)
{
	an_text_writer_end((AnTextWriter *) writer);
}

/* Adds a heading or paragraph, if there is one. */
static void
put_block(MarkdownWriter *markdown, const char *mark, const char *text)
{
	StringInfo to = &markdown->text.output.buffer;

	if (text == NULL || text[0] == '\0')
		return;
	appendStringInfoString(to, mark);
	put_server_text(to, text, IN_PARAGRAPH);
	appendStringInfoString(to, "\n\n");
}

static void
put_cards(MarkdownWriter *markdown, const AnLayout *layout)
{
	StringInfo to = &markdown->text.output.buffer;

	for (int i = 0; i < list_length(layout->spec->cards); i++)
	{
		const AnCardSpec *card = list_nth(layout->spec->cards, i);
		AnLoneValue *lone = &layout->cards[i];

		appendStringInfoString(to, "- **");
		put_server_text(to, card->label, IN_CELL);
		appendStringInfoString(to, ":** ");
		if (lone->isnull)
			appendStringInfoString(to, NOTHING);
		else
			put_shown(markdown, &lone->column, lone->value, lone->isnull);
		if (card->note)
		{
			appendStringInfoString(to, " (");
			put_server_text(to, card->note, IN_CELL);
			appendStringInfoChar(to, ')');
		}
		appendStringInfoChar(to, '\n');
	}
	appendStringInfoChar(to, '\n');
}

static void
put_header(MarkdownWriter *markdown, const AnLayout *layout)
{
	StringInfo to = &markdown->text.output.buffer;

	appendStringInfoChar(to, '|');
	for (int i = 0; i < layout->n_columns; i++)
	{
		appendStringInfoChar(to, ' ');
		put_server_text(to, layout->columns[i].header, IN_CELL);
		appendStringInfoString(to, " |");
	}
	appendStringInfoChar(to, '\n');
	put_alignment(to, layout);
}

static void
put_alignment(StringInfo to, const AnLayout *layout)
{
	appendStringInfoChar(to, '|');
	for (int i = 0; i < layout->n_columns; i++)
	{
		const AnColumn *column = &layout->columns[i];
		const char *word = an_align_words[column->spec ? column->spec->align : 0];

		if (strcmp(word, "center") == 0)
			appendStringInfoString(to, " :---: |");
		else if (strcmp(word, "right") == 0 || (strcmp(word, "left") != 0 && is_right(column)))
			appendStringInfoString(to, " ---: |");
		else
			appendStringInfoString(to, " --- |");
	}
	appendStringInfoChar(to, '\n');
}

/* Tells whether values stand at the right if nothing else was asked for. */
static bool
is_right(const AnColumn *column)
{
	return column->kind == AN_COLUMN_INTEGER || column->kind == AN_COLUMN_NUMBER;
}

static void
put_totals(MarkdownWriter *markdown, const AnLoneValue *totals)
{
	StringInfo to = &markdown->text.output.buffer;
	const AnLayout *layout = markdown->text.pub.layout;

	appendStringInfoChar(to, '|');
	for (int i = 0; i < layout->n_columns; i++)
	{
		AnColumn column = totals[i].column;

		if (totals[i].isnull)
		{
			appendStringInfoString(to, "  |");
			continue;
		}
		appendStringInfoString(to, " **");
		put_shown(markdown, &column, totals[i].value, false);
		appendStringInfoString(to, "** |");
	}
	appendStringInfoChar(to, '\n');
}

static void
put_shown(MarkdownWriter *markdown, AnColumn *column, Datum value, bool isnull)
{
	StringInfo shown = &markdown->shown;

	resetStringInfo(shown);
	an_append_shown(shown, column, markdown->document, value, isnull);
	put_text(&markdown->text.output.buffer, shown->data, shown->len, IN_CELL);
}

static void
put_server_text(StringInfo to, const char *text, Place place)
{
	size_t length = strlen(text);

	text = an_text_utf8(text, &length);
	put_text(to, text, length, place);
}

/* Adds a text as one line, so that it comes out on the page as it is. */
static void
put_text(StringInfo to, const char *text, size_t length, Place place)
{
	size_t end = length, i = 0;

	while (end > 0 && is_blank(text[end - 1]))
		end--;
	for (; i < end && is_blank(text[i]); i++)
		appendStringInfoString(to, "&nbsp;");
	if (i == 0 && place == IN_PARAGRAPH)
		i = put_line_start(to, text, end);
	while (i < end)
	{
		size_t begin = i;

		while (i < end && is_plain(text[i]))
			i++;
		appendBinaryStringInfo(to, text + begin, i - begin);
		if (i < end)
			i += (unsigned char) text[i] < 0x80 ? put_ascii(to, text, end, i, place)
												: put_wide(to, text + i, end - i);
	}
	for (; i < length; i++)
		appendStringInfoString(to, "&nbsp;");
}

/* Escapes what would begin a quote or a list, "> + - 1. 1)", and returns how many bytes that took. */
static size_t
put_line_start(StringInfo to, const char *text, size_t length)
{
	size_t i = 0;

	while (i < length && text[i] >= '0' && text[i] <= '9')
		i++;
	if (i < length && strchr(i > 0 ? ".)" : ">+-", text[i]) != NULL)
	{
		appendBinaryStringInfo(to, text, i);
		appendStringInfoChar(to, '\\');
		appendStringInfoChar(to, text[i]);
		return i + 1;
	}
	return 0;
}

/* Adds the ASCII character at i; returns how many bytes that took. */
static size_t
put_ascii(StringInfo to, const char *text, size_t length, size_t i, Place place)
{
	char c = text[i];
	bool entity = i + 1 < length && (is_alnum(text[i + 1]) || text[i + 1] == '#');

	if ((c < ' ' && c != '\t') || c == 0x7f)
		return put_control(to, text + i, length - i);
	if (c == '<')
		appendStringInfoString(to, "&lt;");
	else if (c == '&' && entity)
		appendStringInfoString(to, "&amp;");
	else
	{
		if (needs_backslash(text, length, i, place))
			appendStringInfoCharMacro(to, '\\');
		appendStringInfoCharMacro(to, c);
	}
	return 1;
}

/* Emphasis by _ does not begin inside a word; a # ends a heading only behind a blank. */
static bool
needs_backslash(const char *text, size_t length, size_t i, Place place)
{
	if (text[i] == '_')
		return i == 0 || i + 1 == length || !is_alnum(text[i - 1]) || !is_alnum(text[i + 1]);
	if (text[i] == '#')
		return place == IN_PARAGRAPH && (i == 0 || is_blank(text[i - 1]) || text[i - 1] == '#');
	return strchr(ALWAYS_ESCAPED, text[i]) != NULL;
}

/* Adds the end of a line, or the picture of a control character. */
static size_t
put_control(StringInfo to, const char *text, size_t length)
{
	char picture[4];

	if (text[0] == '\n' || text[0] == '\r')
	{
		appendStringInfoString(to, "<br>");
		return length > 1 && text[0] == '\r' && text[1] == '\n' ? 2 : 1;
	}
	appendBinaryStringInfo(to, picture, an_utf8_put(picture, an_text_picture(text[0])) - picture);
	return 1;
}

/* Adds a character beyond ASCII; U+0085, U+2028 and U+2029 end a line. */
static size_t
put_wide(StringInfo to, const char *text, size_t length)
{
	size_t taken;
	uint32_t code = an_utf8_next((const unsigned char *) text, length, &taken);
	char shown[4];

	if (code == 0x85 || code == 0x2028 || code == 0x2029)
		appendStringInfoString(to, "<br>");
	else
		appendBinaryStringInfo(to, shown, an_utf8_put(shown, an_text_picture(code)) - shown);
	return taken;
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Tells whether a character is one of the many that stand for themselves, whatever is beside them. */
static bool
is_plain(char c)
{
	return is_alnum(c) || c == ' ' || c == '.' || c == ',' || c == '-' || c == ':' || c == '/';
}
