/*
 * distinct_io.c - the type distinct_set in text and binary
 *
 * Both are the stored form: \x and hexadecimal digits in text.  Bytes come in
 * only where an_distinct_stored can have made them.
 */
#include "sketch/distinct.h"

#include "libpq/pqformat.h"

#include "sketch/hex.h"

/* distinct_set_in(cstring). */
AN_SQL(distinct_set_in)
{
	const char *text = PG_GETARG_CSTRING(0);
	struct varlena *flat = an_hex_read(text);

	if (!flat || !an_distinct_check(flat))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type distinct_set: \"%s\"", an_shown(text)),
				 errhint("A set is written as \\x and the hexadecimal digits of its stored "
						 "form; distinct_agg makes one of values.")));
	PG_RETURN_POINTER(flat);
}

/* distinct_set_out(distinct_set). */
AN_SQL(distinct_set_out)
{
	PG_RETURN_CSTRING(an_hex_write(an_distinct_stored(an_object_argument(fcinfo, 0))));
}

/* distinct_set_recv(internal). */
AN_SQL(distinct_set_recv)
{
	StringInfo buffer = (StringInfo) PG_GETARG_POINTER(0);
	int size = buffer->len - buffer->cursor;
	struct varlena *flat = palloc(VARHDRSZ + size);

	SET_VARSIZE(flat, VARHDRSZ + size);
	pq_copymsgbytes(buffer, VARDATA(flat), size);
	if (!an_distinct_check(flat))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary form of type distinct_set, of %d bytes", size)));
	PG_RETURN_POINTER(flat);
}

/* distinct_set_send(distinct_set). */
AN_SQL(distinct_set_send)
{
	struct varlena *flat = an_distinct_stored(an_object_argument(fcinfo, 0));
	bytea *result = palloc(VARSIZE(flat));

	memcpy(result, flat, VARSIZE(flat));
	PG_RETURN_BYTEA_P(result);
}
