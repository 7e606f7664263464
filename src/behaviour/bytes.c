/*
 * bytes.c - the text and binary forms of states
 */
#include "behaviour/bytes.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"

/* Returns the value of a hexadecimal digit, -1 for anything else. */
static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

Datum
an_bytes_in(FunctionCallInfo fcinfo, const char *type, AnSoundFunction sound)
{
	const char *text = PG_GETARG_CSTRING(0);
	Size length = strlen(text);
	Size size = length / 2; /* of the bytes, with two for \x */
	bytea *result;
	bool well_formed = length >= 2 && length % 2 == 0 && text[0] == '\\' && text[1] == 'x';

	result = palloc(VARHDRSZ + size);
	for (Size i = 1; well_formed && i < size; i++)
	{
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		well_formed = high >= 0 && low >= 0;
		VARDATA(result)[i - 1] = (char) (high * 16 + low);
	}
	if (well_formed)
		SET_VARSIZE(result, VARHDRSZ + size - 1);
	if (!well_formed || !sound(result))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", type, an_shown(text)),
				 errhint("A value of this type is read as it is written: \\x and an even number "
						 "of hexadecimal digits.")));
	PG_RETURN_BYTEA_P(result);
}

Datum
an_bytes_out(FunctionCallInfo fcinfo)
{
	bytea *state = PG_GETARG_BYTEA_PP(0);
	Size size = VARSIZE_ANY_EXHDR(state);
	char *text = palloc(2 * size + 3);

	text[0] = '\\';
	text[1] = 'x';
	text[2 + hex_encode(VARDATA_ANY(state), size, text + 2)] = '\0';
	PG_RETURN_CSTRING(text);
}

Datum
an_bytes_recv(FunctionCallInfo fcinfo, const char *type, AnSoundFunction sound)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int size = message->len - message->cursor;
	bytea *result = palloc(VARHDRSZ + size);

	pq_copymsgbytes(message, VARDATA(result), size);
	SET_VARSIZE(result, VARHDRSZ + size);
	if (!sound(result))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary form of type %s", type)));
	PG_RETURN_BYTEA_P(result);
}

Datum
an_bytes_send(FunctionCallInfo fcinfo)
{
	PG_RETURN_BYTEA_P(PG_GETARG_BYTEA_P_COPY(0));
}
