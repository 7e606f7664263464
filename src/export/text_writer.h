/*
 * text_writer.h - what the writers of text formats (csv.c, json.c, markdown.c) share
 */
#ifndef AN_EXPORT_TEXT_WRITER_H
#define AN_EXPORT_TEXT_WRITER_H

#include "export/writer.h"

#include "utils/datetime.h"

/* A writer that fills the temporary file by itself; the writer of a format begins with it. */
typedef struct AnTextWriter
{
	AnWriter pub;		 /* what the receiver calls */
	AnTextOutput output; /* where the text goes */
} AnTextWriter;

/* an_text_writer_begin creates the temporary file. */
extern void an_text_writer_begin(AnTextWriter *writer);

/* an_text_writer_pass writes what has gathered, once that is enough, and counts it. */
extern void an_text_writer_pass(AnTextWriter *writer);

/* an_text_writer_end writes what is left. */
extern void an_text_writer_end(AnTextWriter *writer);

/*
 * an_text_picture returns what is shown for a code point: for control characters their pictures (U+2400 to
 * U+2421), U+FFFD where there is none and for U+FFFE and U+FFFF, else itself.
 */
extern uint32_t an_text_picture(uint32_t code);

/*
 * an_value_utf8 returns a value that is not NULL as PostgreSQL writes it, in UTF-8, without a terminator;
 * it lives as long as the value or the current context.
 */
extern const char *an_value_utf8(AnColumn *column, Datum value, size_t *length);

/* an_value_iso writes a date, or a timestamp as local time without its zone, as ISO 8601 has it with a blank. */
extern size_t an_value_iso(const AnColumn *column, Datum value, char buffer[MAXDATELEN + 1]);

#endif /* AN_EXPORT_TEXT_WRITER_H */
