/*
 * state_io.c - type behaviour_state: its text and binary forms
 *
 * Both are the stored form; as text in hexadecimal behind \x, whatever
 * bytea_output says.
 */
#include "behaviour/state.h"

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

AN_SQL(behaviour_state_in)
{
	const char *text = PG_GETARG_CSTRING(0);
	Size length = strlen(text);
	Size size = length / 2; /* of the bytes, with two for \x */
	bytea *result;
	bool sound = length >= 2 && length % 2 == 0 && text[0] == '\\' && text[1] == 'x';

	result = palloc(VARHDRSZ + size);
	for (Size i = 1; sound && i < size; i++)
	{
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		sound = high >= 0 && low >= 0;
		VARDATA(result)[i - 1] = (char) (high * 16 + low);
	}
	if (sound)
		SET_VARSIZE(result, VARHDRSZ + size - 1);
	if (!sound || !an_behaviour_sound(result))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type behaviour_state: \"%s\"", an_shown(text)),
				 errhint("A behaviour_state is read as it is written: \\x and an even number of "
						 "hexadecimal digits.")));
	PG_RETURN_BYTEA_P(result);
}

AN_SQL(behaviour_state_out)
{
	bytea *state = PG_GETARG_BYTEA_PP(0);
	Size size = VARSIZE_ANY_EXHDR(state);
	char *text = palloc(2 * size + 3);

	text[0] = '\\';
	text[1] = 'x';
	text[2 + hex_encode(VARDATA_ANY(state), size, text + 2)] = '\0';
	PG_RETURN_CSTRING(text);
}

AN_SQL(behaviour_state_recv)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int size = message->len - message->cursor;
	bytea *result = palloc(VARHDRSZ + size);

	pq_copymsgbytes(message, VARDATA(result), size);
	SET_VARSIZE(result, VARHDRSZ + size);
	if (!an_behaviour_sound(result))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary form of type behaviour_state")));
	PG_RETURN_BYTEA_P(result);
}

AN_SQL(behaviour_state_send)
{
	PG_RETURN_BYTEA_P(PG_GETARG_BYTEA_P_COPY(0));
}
