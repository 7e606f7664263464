/*
 * quantile_type.c - the type quantile: text and binary form, casts, = and <>
 *
 * Stored forms are canonical: what is accepted is kept as it came.  The error
 * says where damaged bytes came from: 22P02 text, 22P03 the binary protocol,
 * XX001 a bytea.
 */
#include "sketch/quantile_object.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"

#include "sketch/hex.h"

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

static Datum
value_of(const void *bytes, Size size)
{
	struct varlena *flat = palloc(VARHDRSZ + size);

	SET_VARSIZE(flat, VARHDRSZ + size);
	memcpy(VARDATA(flat), bytes, size);
	return PointerGetDatum(flat);
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
	PG_RETURN_DATUM(value_of(bytes, size));
}

/* The stored form: also the cast to bytea. */
AN_SQL(quantile_send)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));

	PG_RETURN_DATUM(value_of(VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat)));
}

/* quantile(bytea): the cast from bytea. */
AN_SQL(quantile_from_bytea)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);

	if (!is_stored(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)))
		an_check(AN_ERR_CORRUPT, "quantile");
	PG_RETURN_DATUM(value_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)));
}

/* The same content has the same bytes. */
static bool
same_bytes(Datum a, Datum b)
{
	struct varlena *left = PG_DETOAST_DATUM_PACKED(a);
	struct varlena *right = PG_DETOAST_DATUM_PACKED(b);
	Size size = VARSIZE_ANY_EXHDR(left);

	return size == VARSIZE_ANY_EXHDR(right) &&
		   memcmp(VARDATA_ANY(left), VARDATA_ANY(right), size) == 0;
}

AN_SQL(quantile_eq)
{
	PG_RETURN_BOOL(same_bytes(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

AN_SQL(quantile_ne)
{
	PG_RETURN_BOOL(!same_bytes(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

AN_SQL(quantile_opclass_hash)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));

	PG_RETURN_UINT32(hash_bytes((unsigned char *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat)));
}

AN_SQL(quantile_opclass_hash_extended)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));

	PG_RETURN_UINT64(hash_bytes_extended((unsigned char *) VARDATA_ANY(flat),
										 VARSIZE_ANY_EXHDR(flat), PG_GETARG_INT64(1)));
}
