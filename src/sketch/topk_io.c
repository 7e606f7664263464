/*
 * topk_io.c - the type topk in text and binary
 *
 * Both are the stored form: \x and hexadecimal digits in text.  Bytes come in only
 * where an_topk_stored can have made them.
 */
#include "sketch/topk.h"

#include "libpq/pqformat.h"

#include "sketch/hex.h"

/* topk_in(cstring). */
AN_SQL(topk_in)
{
	const char *text = PG_GETARG_CSTRING(0);
	struct varlena *flat = an_hex_read(text);

	if (!flat || !an_topk_check(flat))
		ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
						errmsg("invalid input syntax for type topk: \"%s\"", an_shown(text)),
						errhint("A sketch is written as \\x and the hexadecimal digits of its "
								"stored form; topk_agg makes one of values.")));
	PG_RETURN_POINTER(flat);
}

/* topk_out(topk). */
AN_SQL(topk_out)
{
	PG_RETURN_CSTRING(an_hex_write(an_topk_stored_of(an_object_argument(fcinfo, 0))));
}

/* topk_recv(internal). */
AN_SQL(topk_recv)
{
	StringInfo buffer = (StringInfo) PG_GETARG_POINTER(0);
	int size = buffer->len - buffer->cursor;
	struct varlena *flat = palloc(VARHDRSZ + size);

	SET_VARSIZE(flat, VARHDRSZ + size);
	pq_copymsgbytes(buffer, VARDATA(flat), size);
	if (!an_topk_check(flat))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary form of type topk, of %d bytes", size)));
	PG_RETURN_POINTER(flat);
}

/* topk_send(topk). */
AN_SQL(topk_send)
{
	struct varlena *flat = an_topk_stored_of(an_object_argument(fcinfo, 0));
	bytea *result = palloc(VARSIZE(flat));

	memcpy(result, flat, VARSIZE(flat));
	PG_RETURN_BYTEA_P(result);
}
