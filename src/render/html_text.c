/*
 * html_text.c - text that cannot become markup, and the buffer on its way out
 *
 * What a page may hold: HTML Standard, 13.2.3.5 "Preprocessing the input stream".
 */
#include "render/html.h"

#include <stdarg.h>
#include <string.h>

#include "kernel/utf8.h"

#define BUFFER_SIZE		 (64 * 1024)
#define CONTROL_PICTURES 0x2400 /* U+2400 and what follows picture U+0000 to U+001F */
#define DELETE_PICTURE	 0x2421

/* Text on its way out. */
static struct
{
	FILE *file;				/* where it goes */
	size_t used;			/* bytes in the buffer */
	char data[BUFFER_SIZE]; /* buffer */
} out;

static void flush(void);
static const char *reference(unsigned char byte);
static bool is_plain(unsigned char byte);
static size_t put_special(const unsigned char *at, size_t length);
static uint32_t allowed(uint32_t code);

void
html_into(FILE *file)
{
	flush();
	out.file = file;
}

void
html_put(const char *markup)
{
	html_write(NULL, markup, strlen(markup));
}

void
html_print(const char *format, ...)
{
	char text[400];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (length < 0 || (size_t) length >= sizeof(text))
		fail(STATE_LIMIT, "markup of %d bytes", length);
	html_write(NULL, text, (size_t) length);
}

void
html_write(void *unused, const char *bytes, size_t size)
{
	(void) unused;
	if (size > BUFFER_SIZE - out.used)
		flush();
	if (size > BUFFER_SIZE)
	{
		output_write(out.file, bytes, size);
		return;
	}
	memcpy(out.data + out.used, bytes, size);
	out.used += size;
}

void
html_text(const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *) bytes;
	const unsigned char *end = at + length;

	while (at < end)
	{
		const unsigned char *start = at;

		while (at < end && is_plain(*at))
			at++;
		html_write(NULL, (const char *) start, (size_t) (at - start));
		if (at < end)
			at += put_special(at, (size_t) (end - at));
	}
}

void
html_element(const char *tag, const Text *text)
{
	int name_length = (int) strcspn(tag, " ");

	if (text->bytes == NULL || text->length == 0)
		return;
	html_print("<%s dir=\"auto\">", tag);
	html_text(text->bytes, text->length);
	html_print("</%.*s>\n", name_length, tag);
}

bool
html_is_ascii(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		if ((unsigned char) bytes[i] >= 0x80)
			return false;
	}
	return true;
}

static void
flush(void)
{
	if (out.used > 0)
		output_write(out.file, out.data, out.used);
	out.used = 0;
}

/* Tells whether a byte of ASCII stands for itself. */
static bool
is_plain(unsigned char byte)
{
	return (byte >= ' ' && byte < 0x7F && reference(byte) == NULL) || byte == '\n' || byte == '\t';
}

static const char *
reference(unsigned char byte)
{
	switch (byte)
	{
		case '&':
			return "&amp;";
		case '<':
			return "&lt;";
		case '>':
			return "&gt;";
		case '"':
			return "&quot;";
		case '\'':
			return "&#39;";
		default:
			return NULL;
	}
}

/* Writes the first character of what is no plain byte; returns how many bytes that took. */
static size_t
put_special(const unsigned char *at, size_t length)
{
	char bytes[4];
	size_t taken;
	uint32_t code = an_utf8_next(at, length, &taken);

	if (code == '\r')
	{
		html_put("\n");
		return length > 1 && at[1] == '\n' ? 2 : 1;
	}
	if (code < 0x7F && reference((unsigned char) code))
		html_put(reference((unsigned char) code));
	else
		html_write(NULL, bytes, (size_t) (an_utf8_put(bytes, allowed(code)) - bytes));
	return taken;
}

/* Returns what stands in a page for a character. */
static uint32_t
allowed(uint32_t code)
{
	if (code < 0x20)
		return CONTROL_PICTURES + code;
	if (code == 0x7F)
		return DELETE_PICTURE;
	if (code < 0xA0 || (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE)
		return AN_UTF8_REPLACEMENT;
	return code;
}
