/*
 * hll_type.c - the type hll: text and binary form, hll(p), casts, = and <>
 *
 * Whatever comes in is read into a sketch and stored again: hostile bytes are
 * refused, and the estimate in the header is ours.  The error says where they
 * came from: 22P02 text, 22P03 the binary protocol, XX001 a bytea.
 */
#include "sketch/hll_object.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "kernel/hll_estimate.h"

/* Bytes of the header that are not the estimate, which stands behind them up to the payload. */
#define HEADER_CONTENT 4

static bytea *parse_hex(const char *text);
static AnStatus read_stored(const void *bytes, Size size, int32 typmod, Datum *result);
static void fit(AnHll *hll, int32 typmod, const AnMemory *memory);

AN_SQL(hll_in)
{
	const char *text = PG_GETARG_CSTRING(0);
	bytea *bytes = parse_hex(text);
	Datum result;

	if (bytes == NULL || read_stored(VARDATA(bytes), VARSIZE(bytes) - VARHDRSZ, PG_GETARG_INT32(2),
									 &result) != AN_OK)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type hll: \"%s\"", an_shown(text)),
			 errhint("A sketch is written as \\x and the hexadecimal digits of its stored form.")));
	PG_RETURN_DATUM(result);
}

AN_SQL(hll_out)
{
	struct varlena *flat = an_hll_flat(PG_GETARG_DATUM(0));
	Size size = VARSIZE_ANY_EXHDR(flat);
	char *text = palloc(2 + 2 * size + 1);

	text[0] = '\\';
	text[1] = 'x';
	hex_encode(VARDATA_ANY(flat), size, text + 2);
	text[2 + 2 * size] = '\0';
	PG_RETURN_CSTRING(text);
}

AN_SQL(hll_recv)
{
	StringInfo buffer = (StringInfo) PG_GETARG_POINTER(0);
	int size = buffer->len - buffer->cursor;
	Datum result;

	if (read_stored(pq_getmsgbytes(buffer, size), size, PG_GETARG_INT32(2), &result) != AN_OK)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid binary form of type hll, of %d bytes", size)));
	PG_RETURN_DATUM(result);
}

/* The stored form: also the cast to bytea. */
AN_SQL(hll_send)
{
	struct varlena *flat = an_hll_flat(PG_GETARG_DATUM(0));
	Size size = VARSIZE_ANY_EXHDR(flat);
	bytea *result = palloc(VARHDRSZ + size);

	SET_VARSIZE(result, VARHDRSZ + size);
	memcpy(VARDATA(result), VARDATA_ANY(flat), size);
	PG_RETURN_BYTEA_P(result);
}

/* hll(bytea): the cast from bytea. */
AN_SQL(hll_from_bytea)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);
	Datum result;

	an_check(read_stored(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes), -1, &result), "hll");
	PG_RETURN_DATUM(result);
}

/* The typmod is the precision. */
AN_SQL(hll_typmod_in)
{
	int n;
	int32 *modifiers = ArrayGetIntegerTypmods(PG_GETARG_ARRAYTYPE_P(0), &n);

	if (n != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("type hll takes one modifier, not %d", n),
						errhint("It is the precision, as in hll(12).")));
	an_hll_precision_check(modifiers[0]);
	PG_RETURN_INT32(modifiers[0]);
}

AN_SQL(hll_typmod_out)
{
	PG_RETURN_CSTRING(psprintf("(%d)", PG_GETARG_INT32(0)));
}

/* hll(hll, typmod, explicit): makes a sketch fit a column of type hll(p). */
AN_SQL(hll_fit)
{
	Datum value = PG_GETARG_DATUM(0);
	int32 typmod = PG_GETARG_INT32(1);
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnHllHeader header;
	AnHll hll;

	an_hll_header_datum(value, &header);
	if (typmod < 0 || header.precision == typmod)
		PG_RETURN_DATUM(value);
	an_hll_init(&hll, header.precision, header.hash);
	fit(&hll, typmod, &memory);
	an_hll_merge_datum(&hll, value, &memory);
	PG_RETURN_DATUM(an_hll_store_datum(&hll));
}

/* Gives the bytes of "\x" and hexadecimal digits; NULL: it is something else. */
static bytea *
parse_hex(const char *text)
{
	Size length = strlen(text);
	bytea *bytes;

	if (length < 2 || length % 2 != 0 || text[0] != '\\' || text[1] != 'x' ||
		strspn(text + 2, "0123456789abcdefABCDEF") != length - 2)
		return NULL;
	bytes = palloc(VARHDRSZ + length / 2);
	SET_VARSIZE(bytes, VARHDRSZ + hex_decode(text + 2, length - 2, VARDATA(bytes)));
	return bytes;
}

/* Reads a stored form that may be anything, and stores what it says with precision `typmod` (-1: its own). */
static AnStatus
read_stored(const void *bytes, Size size, int32 typmod, Datum *result)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnHll hll;
	AnStatus status = an_hll_load(&hll, bytes, size, &memory);

	*result = (Datum) 0;
	if (status != AN_OK)
		return status;
	fit(&hll, typmod, &memory);
	*result = an_hll_store_datum(&hll);
	an_hll_free(&hll, &memory);
	return AN_OK;
}

/* Reduces a sketch to the precision of its column; nothing makes it finer. */
static void
fit(AnHll *hll, int32 typmod, const AnMemory *memory)
{
	if (typmod < 0)
		return;
	an_hll_precision_check(typmod);
	if (typmod > hll->precision)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sketch of precision %d does not fit type hll(%d)", hll->precision, typmod),
				 errhint("A sketch can be made coarser, not finer: hll(%d) and below can hold it.",
						 hll->precision)));
	an_hll_reduce(hll, typmod, memory);
}

/* Tells whether two sketches are the same; estimates do not count, since they follow from the rest. */
static bool
same_sketch(Datum a, Datum b)
{
	struct varlena *left = an_hll_flat(a);
	struct varlena *right = an_hll_flat(b);
	Size size = VARSIZE_ANY_EXHDR(left);
	const char *l = VARDATA_ANY(left);
	const char *r = VARDATA_ANY(right);

	if (size != VARSIZE_ANY_EXHDR(right))
		return false;
	if (size < AN_HLL_HEADER_SIZE)
		an_check(AN_ERR_CORRUPT, "hll");
	return memcmp(l, r, HEADER_CONTENT) == 0 &&
		   memcmp(l + AN_HLL_HEADER_SIZE, r + AN_HLL_HEADER_SIZE, size - AN_HLL_HEADER_SIZE) == 0;
}

AN_SQL(hll_eq)
{
	PG_RETURN_BOOL(same_sketch(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

AN_SQL(hll_ne)
{
	PG_RETURN_BOOL(!same_sketch(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

/* Hashes what same_sketch compares. */
static uint64
hash_value(Datum value, uint64 seed)
{
	struct varlena *flat = an_hll_flat(value);
	const unsigned char *bytes = (unsigned char *) VARDATA_ANY(flat);
	Size size = VARSIZE_ANY_EXHDR(flat);

	if (size < AN_HLL_HEADER_SIZE)
		an_check(AN_ERR_CORRUPT, "hll");
	seed = hash_bytes_extended(bytes, HEADER_CONTENT, seed);
	return hash_bytes_extended(bytes + AN_HLL_HEADER_SIZE, size - AN_HLL_HEADER_SIZE, seed);
}

AN_SQL(hll_opclass_hash)
{
	PG_RETURN_UINT32((uint32) hash_value(PG_GETARG_DATUM(0), 0));
}

AN_SQL(hll_opclass_hash_extended)
{
	PG_RETURN_UINT64(hash_value(PG_GETARG_DATUM(0), PG_GETARG_INT64(1)));
}
