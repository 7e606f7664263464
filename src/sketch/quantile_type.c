/*
 * quantile_type.c - the type quantile: text and binary form, casts, = and <>
 *
 * Stored forms are canonical: what is accepted is kept as it came.  The error
 * says where damaged bytes came from: 22P02 text, 22P03 the binary protocol,
 * XX001 a bytea.
 */
#include "sketch/quantile_object.h"

#include "libpq/pqformat.h"

#include "sketch/hex.h"
#include "sketch/stored.h"

/* Tells whether bytes from outside are a stored form. */
static bool
is_stored(const void *bytes, Size size)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnQuantile quantile;

	if (an_quantile_load(&quantile, bytes, size, &memory) != AN_OK)
		return false;
	an_quantile_free(&quantile, &memory);
	return true;
}

AN_SQL(quantile_in)
{
	const char *text = PG_GETARG_CSTRING(0);
	struct varlena *flat = an_hex_read(text);

	if (flat == NULL || !is_stored(VARDATA(flat), VARSIZE(flat) - VARHDRSZ))
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type quantile: \"%s\"", an_shown(text)),
			 errhint("A sketch is written as \\x and the hexadecimal digits of its stored form.")));
	PG_RETURN_POINTER(flat);
}

AN_SQL(quantile_out)
{
	PG_RETURN_CSTRING(an_hex_write(PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0))));
}

AN_SQL(quantile_recv)
{
	StringInfo buffer = (StringInfo) PG_GETARG_POINTER(0);
	int size = buffer->len - buffer->cursor;
	const char *bytes = pq_getmsgbytes(buffer, size);

	if (!is_stored(bytes, size))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary form of type quantile, of %d bytes", size)));
	PG_RETURN_DATUM(an_stored_value(bytes, size));
}

/* The stored form: also the cast to bytea. */
AN_SQL(quantile_send)
{
	PG_RETURN_DATUM(an_stored_copy(PG_GETARG_DATUM(0)));
}

/* quantile(bytea): the cast from bytea. */
AN_SQL(quantile_from_bytea)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);

	if (!is_stored(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)))
		an_check(AN_ERR_CORRUPT, "quantile");
	PG_RETURN_DATUM(an_stored_value(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)));
}

AN_SQL(quantile_eq)
{
	PG_RETURN_BOOL(an_stored_equal(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

AN_SQL(quantile_ne)
{
	PG_RETURN_BOOL(!an_stored_equal(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

AN_SQL(quantile_opclass_hash)
{
	PG_RETURN_UINT32(an_stored_hash(PG_GETARG_DATUM(0)));
}

AN_SQL(quantile_opclass_hash_extended)
{
	PG_RETURN_UINT64(an_stored_hash_extended(PG_GETARG_DATUM(0), PG_GETARG_INT64(1)));
}
