/*
 * html.h - what the files of the html renderer share
 *
 *     html.c        the page: head, title, contents, sections, footer
 *     html_sheet.c  a section: heading, cards, charts, table
 *     html_cell.c   a row of the table
 *     html_style.c  how it looks
 *     html_text.c   text that cannot become markup
 *
 * Everything goes to the file that was named last with html_into.  The style rules
 * and the contents stand before the sections in the page, but are known behind
 * them: each of the three is a part (part.c) until the stream has ended.
 */
#ifndef AN_RENDER_HTML_H
#define AN_RENDER_HTML_H

#include "render/render.h"

/* ---- html_text.c */

/* html_into sends what follows to another file, and what came before out of the buffer. */
extern void html_into(FILE *file);

/* html_put writes markup of our own. */
extern void html_put(const char *markup);

/* html_print does the same with a format of printf; at most 400 bytes, no %f. */
extern void html_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* html_write takes bytes as they are; it fits AnSvg. */
extern void html_write(void *unused, const char *bytes, size_t size);

/*
 * html_text writes a text as character data, also fit for an attribute in quotes of either kind.
 * Bytes that are no UTF-8 and code points that no page may hold become U+FFFD, control characters
 * their pictures, and all line ends \n.
 */
extern void html_text(const char *bytes, size_t length);

/* html_element writes <tag dir="auto">text</tag>; `tag` may go on with attributes: "p class=x". */
extern void html_element(const char *tag, const Text *text);

/* html_is_ascii tells whether a text has a direction that needs no asking. */
extern bool html_is_ascii(const char *bytes, size_t length);

/* ---- html_style.c */

/* html_style_sheet writes the rules for the columns of a sheet. */
extern void html_style_sheet(const Sheet *sheet);

/* html_style writes those that hold for the whole page; `landscape` is how it prints. */
extern void html_style(bool landscape);

/* ---- html_sheet.c: all of a section, for a page whose table is called `name` where nothing else names it. */
extern void html_sheet_begin(const Sheet *sheet, const Text *name);
extern void html_sheet_row(const AnFrameReader *row);
extern void html_sheet_totals(const AnFrameReader *row);
extern void html_sheet_end(void);

/* ---- html_cell.c: a <tr> of the table, and one of its totals. */
extern void html_row(const Sheet *sheet, const ColumnSeen *seen, AnFrameReader row);
extern void html_totals(const Sheet *sheet, AnFrameReader row);

#endif /* AN_RENDER_HTML_H */
