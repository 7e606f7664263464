/*
 * stored.c - values that are their stored bytes
 */
#include "sketch/stored.h"

#include "common/hashfn.h"

Datum
an_stored_value(const void *bytes, Size size)
{
	struct varlena *flat = palloc(VARHDRSZ + size);

	SET_VARSIZE(flat, VARHDRSZ + size);
	memcpy(VARDATA(flat), bytes, size);
	return PointerGetDatum(flat);
}

Datum
an_stored_copy(Datum value)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(value);

	return an_stored_value(VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
}

bool
an_stored_equal(Datum a, Datum b)
{
	struct varlena *left = PG_DETOAST_DATUM_PACKED(a);
	struct varlena *right = PG_DETOAST_DATUM_PACKED(b);
	Size size = VARSIZE_ANY_EXHDR(left);

	return size == VARSIZE_ANY_EXHDR(right) &&
		   memcmp(VARDATA_ANY(left), VARDATA_ANY(right), size) == 0;
}

uint32
an_stored_hash(Datum value)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(value);

	return hash_bytes((unsigned char *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
}

uint64
an_stored_hash_extended(Datum value, uint64 seed)
{
	struct varlena *flat = PG_DETOAST_DATUM_PACKED(value);

	return hash_bytes_extended((unsigned char *) VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat), seed);
}
