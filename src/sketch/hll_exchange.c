/*
 * hll_exchange.c - sketches of other programs: the storage specification of
 * postgresql-hll, java-hll and js-hll, and the strings of Redis
 */
#include "sketch/hll_object.h"

#include "kernel/hll_exchange.h"

static void refuse_hash(AnHllHash wanted, const AnHll *hll, const char *what);
static bytea *with_size(bytea *bytes, Size size);

AN_SQL(hll_from_storage)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnHll hll;
	AnStatus status =
		an_hll_from_storage(&hll, (uint8 *) VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes), &memory);

	if (status == AN_ERR_LIMIT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("log2m of a stored sketch must be between %d and %d",
							   AN_HLL_PRECISION_MIN, AN_HLL_PRECISION_MAX),
						errhint("It becomes the precision of the sketch.")));
	if (status == AN_ERR_ARGUMENT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("an undefined sketch counts nothing"),
						errhint("Turn it into NULL: it has no parameters and no values.")));
	an_check(status, "sketch in the form of the storage specification");
	PG_RETURN_DATUM(an_hll_store_datum(&hll));
}

AN_SQL(hll_to_storage)
{
	int32 regwidth = PG_GETARG_INT32(1);
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnHll room;
	const AnHll *hll = an_hll_load_datum(PG_GETARG_DATUM(0), &room);
	bytea *bytes;
	size_t size;

	if (regwidth < AN_STORAGE_REGWIDTH_MIN || regwidth > AN_STORAGE_REGWIDTH_MAX)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("regwidth must be between %d and %d, not %d",
							   AN_STORAGE_REGWIDTH_MIN, AN_STORAGE_REGWIDTH_MAX, regwidth),
						errhint("It is the number of bits of a register; 5 is usual.")));
	refuse_hash(AN_HLL_MURMUR3, hll, "the storage specification");
	bytes = palloc(VARHDRSZ + an_hll_storage_max(hll, regwidth));
	an_check(an_hll_to_storage(hll, regwidth, (uint8 *) VARDATA(bytes), &size, &memory), "hll");
	PG_RETURN_BYTEA_P(with_size(bytes, size));
}

AN_SQL(hll_from_redis)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnHll hll;

	an_check(
		an_hll_from_redis(&hll, (uint8 *) VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes), &memory),
		"sketch of Redis");
	PG_RETURN_DATUM(an_hll_store_datum(&hll));
}

AN_SQL(hll_to_redis)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnHll room;
	const AnHll *hll = an_hll_load_datum(PG_GETARG_DATUM(0), &room);
	bytea *bytes = palloc(VARHDRSZ + AN_REDIS_SIZE_MAX);
	size_t size;

	if (hll->precision != AN_HLL_PRECISION_DEFAULT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("precision of a sketch for Redis must be %d, not %d",
							   AN_HLL_PRECISION_DEFAULT, hll->precision)));
	refuse_hash(AN_HLL_REDIS, hll, "Redis");
	an_check(an_hll_to_redis(hll, (uint8 *) VARDATA(bytes), &size, &memory), "hll");
	PG_RETURN_BYTEA_P(with_size(bytes, size));
}

/* Refuses a sketch whose hashes the other side would not understand. */
static void
refuse_hash(AnHllHash wanted, const AnHll *hll, const char *what)
{
	if (hll->hash != wanted)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("hash of a sketch for %s must be %s, not %s", what,
							   an_hll_hash_name(wanted), an_hll_hash_name(hll->hash)),
						errhint("Such a sketch is made by hll_agg(value, 14, '%s').",
								an_hll_hash_name(wanted))));
}

static bytea *
with_size(bytea *bytes, Size size)
{
	SET_VARSIZE(bytes, VARHDRSZ + size);
	return bytes;
}
