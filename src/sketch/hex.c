/*
 * hex.c - stored bytes as text
 */
#include "sketch/hex.h"

#include "utils/builtins.h"

/* The value of a digit, or -1. */
static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

struct varlena *
an_hex_read(const char *text)
{
	size_t size = strlen(text);
	struct varlena *flat;
	char *byte;

	if (size % 2 != 0 || size < 2 || text[0] != '\\' || text[1] != 'x')
		return NULL;
	flat = palloc(VARHDRSZ + size / 2 - 1);
	SET_VARSIZE(flat, VARHDRSZ + size / 2 - 1);
	byte = VARDATA(flat);
	for (const char *c = text + 2; *c; c += 2)
	{
		int high = digit(c[0]);
		int low = digit(c[1]);

		if (high < 0 || low < 0)
			return NULL;
		*byte++ = (char) (high << 4 | low);
	}
	return flat;
}

char *
an_hex_write(const struct varlena *flat)
{
	size_t size = VARSIZE_ANY_EXHDR(flat);
	char *text;

	if (size > (MaxAllocSize - 3) / 2)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%zu bytes are too many for a text of them", size),
						errhint("Use the binary form, as COPY does WITH (FORMAT binary).")));
	text = palloc(2 * size + 3);
	memcpy(text, "\\x", 2);
	hex_encode(VARDATA_ANY(flat), size, text + 2);
	text[2 * size + 2] = '\0';
	return text;
}
