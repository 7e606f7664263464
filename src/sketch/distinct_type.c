/*
 * distinct_type.c - which values of a type are equal
 *
 * The equality is that of the type's default operator class, as for
 * count(DISTINCT ...).  Where the class promises that equal values have equal
 * bytes (its equalimage function, made for deduplication in B-trees), the bytes
 * are compared; elsewhere the type's own hash and equality functions are called.
 */
#include "sketch/distinct.h"

#include "access/nbtree.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* The kinds of stored sets. */
static const struct
{
	Oid type;				 /* of their values */
	uint8 kind;				 /* AnDistinctKind */
	uint8 form;				 /* AnDistinctForm */
	AnDistinctBounds bounds; /* of their values */
} kinds[] = {
	{INT8OID, AN_DISTINCT_INTEGER, AN_DISTINCT_WORDS, {INT64_MIN, INT64_MAX, 0, 0}},
	{INT4OID, AN_DISTINCT_INTEGER, AN_DISTINCT_WORDS, {INT64_MIN, INT64_MAX, 0, 0}},
	{INT2OID, AN_DISTINCT_INTEGER, AN_DISTINCT_WORDS, {INT64_MIN, INT64_MAX, 0, 0}},
	{BOOLOID, AN_DISTINCT_BOOLEAN, AN_DISTINCT_WORDS, {0, 1, 0, 0}},
	{DATEOID, AN_DISTINCT_DATE, AN_DISTINCT_WORDS, {INT32_MIN, INT32_MAX, 0, 0}},
	{TIMEOID, AN_DISTINCT_TIME, AN_DISTINCT_WORDS, {0, USECS_PER_DAY, 0, 0}},
	{TIMESTAMPOID, AN_DISTINCT_TIMESTAMP, AN_DISTINCT_WORDS, {INT64_MIN, INT64_MAX, 0, 0}},
	{TIMESTAMPTZOID, AN_DISTINCT_TIMESTAMPTZ, AN_DISTINCT_WORDS, {INT64_MIN, INT64_MAX, 0, 0}},
	{FLOAT4OID, AN_DISTINCT_REAL, AN_DISTINCT_WORDS, {INT32_MIN, INT32_MAX, 0, 0}},
	{FLOAT8OID, AN_DISTINCT_DOUBLE, AN_DISTINCT_WORDS, {INT64_MIN, INT64_MAX, 0, 0}},
	{TEXTOID, AN_DISTINCT_TEXT, AN_DISTINCT_BYTES, {0, 0, 0, MaxAllocSize}},
	{VARCHAROID, AN_DISTINCT_TEXT, AN_DISTINCT_BYTES, {0, 0, 0, MaxAllocSize}},
	{BPCHAROID, AN_DISTINCT_CHAR, AN_DISTINCT_BYTES, {0, 0, 0, MaxAllocSize}},
	{BYTEAOID, AN_DISTINCT_BYTEA, AN_DISTINCT_BYTES, {0, 0, 0, MaxAllocSize}},
	{UUIDOID, AN_DISTINCT_UUID, AN_DISTINCT_BYTES, {0, 0, 16, 16}},
};

Oid
an_distinct_kind_type(uint8 kind, AnDistinctForm *form)
{
	for (size_t i = 0; i < lengthof(kinds); i++)
		if (kinds[i].kind == kind)
		{
			*form = kinds[i].form;
			return kinds[i].type;
		}
	return InvalidOid;
}

const AnDistinctBounds *
an_distinct_kind_bounds(uint8 kind)
{
	for (size_t i = 0; i < lengthof(kinds); i++)
		if (kinds[i].kind == kind)
			return &kinds[i].bounds;
	elog(ERROR, "kind %d of distinct_set has no bounds", kind);
}

/* Raises what count(DISTINCT ...) raises for a type that nothing can be compared in. */
static void
no_function(const char *what, Oid type, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
					errmsg("could not identify %s for type %s", what, format_type_be(type)),
					hint ? errhint("%s", hint) : 0));
}

/* Tells whether equal values of a type have equal bytes, by its default B-tree operator class. */
static bool
is_image(Oid type, Oid collation)
{
	TypeCacheEntry *entry;
	Oid function;

	if (type == FLOAT4OID || type == FLOAT8OID)
		return true; /* once both zeroes are one, and all NaN */
	/* Blanks at the end do not count, so the class promises nothing; without them it could. */
	if (type == BPCHAROID)
		return OidIsValid(collation) && get_collation_isdeterministic(collation);
	entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);
	if (!OidIsValid(entry->btree_opf))
		return false;
	function = get_opfamily_proc(entry->btree_opf, entry->btree_opintype, entry->btree_opintype,
								 BTEQUALIMAGE_PROC);
	return OidIsValid(function) &&
		   DatumGetBool(
			   OidFunctionCall1Coll(function, collation, ObjectIdGetDatum(entry->btree_opintype)));
}

/* How an image is read. */
static AnDistinctRead
image_read(const AnDistinctType *type)
{
	switch (type->type)
	{
		case FLOAT4OID:
			return AN_READ_REAL;
		case FLOAT8OID:
			return AN_READ_DOUBLE;
		case BPCHAROID:
			return AN_READ_CHAR;
		case NAMEOID:
			return AN_READ_NAME;
		default:
			return type->typbyval		? AN_READ_INTEGER
				   : type->typlen == -1 ? AN_READ_VARLENA
										: AN_READ_FIXED;
	}
}

bool
an_distinct_type_image(AnDistinctType *type, Oid declared, Oid collation)
{
	MemSet(type, 0, sizeof(*type));
	type->type = getBaseType(declared);
	get_typlenbyval(type->type, &type->typlen, &type->typbyval);
	if (!is_image(type->type, collation))
		return false;
	type->read = image_read(type);
	type->form = type->read <= AN_READ_DOUBLE ? AN_DISTINCT_WORDS : AN_DISTINCT_BYTES;
	for (size_t i = 0; i < lengthof(kinds); i++)
		if (kinds[i].type == type->type)
			type->kind = kinds[i].kind;
	return true;
}

/* Finds the functions of a type that has to be asked. */
static void
choose_functions(AnDistinctType *type, Oid collation, MemoryContext context)
{
	TypeCacheEntry *entry =
		lookup_type_cache(type->type, TYPECACHE_EQ_OPR_FINFO | TYPECACHE_HASH_PROC);
	Oid hash = entry->hash_proc;
	Oid equals = entry->eq_opr_finfo.fn_oid;

	/* The type cache promises nothing for rows of no declared type: they tell when they are hashed. */
	if (type->type == RECORDOID)
		hash = F_HASH_RECORD;
	if (!OidIsValid(equals))
		no_function("an equality operator", type->type, NULL);
	if (!OidIsValid(hash))
		no_function("a hash function", type->type, "count(DISTINCT ...) sorts the values instead.");
	type->collation = collation;
	type->form = AN_DISTINCT_VALUES;
	type->read = AN_READ_VALUE;
	fmgr_info_cxt(hash, &type->hash, context);
	fmgr_info_cxt(equals, &type->equals, context);
}

void
an_distinct_type_init(AnDistinctType *type, Oid declared, Oid collation, MemoryContext context)
{
	if (!an_distinct_type_image(type, declared, collation))
		choose_functions(type, collation, context);
}

/* Tells whether two values in the arena of a set are equal. */
static bool
values_equal(void *owner, const void *a, const void *b)
{
	AnDistinctType *type = owner;
	Datum left = type->typbyval ? *(const Datum *) a : PointerGetDatum(a);
	Datum right = type->typbyval ? *(const Datum *) b : PointerGetDatum(b);

	return DatumGetBool(FunctionCall2Coll(&type->equals, type->collation, left, right));
}

AnEqual
an_distinct_equal(AnDistinctType *type)
{
	return (AnEqual){.equal = values_equal, .owner = type};
}

/* The bits of a number as those of an integer, the same for numbers that are equal. */
static int64
read_real(float4 number)
{
	int32 bits;

	if (number == 0)
		number = 0;
	if (isnan(number))
		number = get_float4_nan();
	memcpy(&bits, &number, sizeof(bits));
	return bits;
}

static int64
read_double(float8 number)
{
	int64 bits;

	if (number == 0)
		number = 0;
	if (isnan(number))
		number = get_float8_nan();
	memcpy(&bits, &number, sizeof(bits));
	return bits;
}

int64
an_distinct_word(const AnDistinctType *type, Datum datum)
{
	if (type->read == AN_READ_REAL)
		return read_real(DatumGetFloat4(datum));
	if (type->read == AN_READ_DOUBLE)
		return read_double(DatumGetFloat8(datum));
	switch (type->typlen)
	{
		case 1:
			return (int8) DatumGetChar(datum);
		case 2:
			return DatumGetInt16(datum);
		case 4:
			return DatumGetInt32(datum);
		default:
			return DatumGetInt64(datum);
	}
}

/* The length of a string without the blanks at its end. */
static size_t
size_without_blanks(const char *bytes, size_t size)
{
	while (size > 0 && bytes[size - 1] == ' ')
		size--;
	return size;
}

const void *
an_distinct_bytes(const AnDistinctType *type, Datum datum, size_t *size)
{
	struct varlena *varlena;

	*size = type->typlen;
	if (type->read == AN_READ_FIXED)
		return DatumGetPointer(datum);
	if (type->read == AN_READ_NAME)
	{
		*size = strnlen(DatumGetCString(datum), NAMEDATALEN);
		return DatumGetPointer(datum);
	}
	varlena = PG_DETOAST_DATUM_PACKED(datum);
	*size = VARSIZE_ANY_EXHDR(varlena);
	if (type->read == AN_READ_CHAR)
		*size = size_without_blanks(VARDATA_ANY(varlena), *size);
	return VARDATA_ANY(varlena);
}

/* Adds what only the type's functions can compare. */
static AnStatus
add_value(AnDistinct *set, AnDistinctType *type, Datum datum, const AnMemory *memory)
{
	const void *value = &datum;
	size_t size = sizeof(datum);
	AnEqual equal = an_distinct_equal(type);
	uint32 hash;

	if (!type->typbyval)
	{
		if (type->typlen == -1)
			datum = PointerGetDatum(PG_DETOAST_DATUM(datum));
		value = DatumGetPointer(datum);
		size = type->typlen == -1	? VARSIZE(value)
			   : type->typlen == -2 ? strlen(value) + 1
									: (size_t) type->typlen;
	}
	hash = DatumGetUInt32(FunctionCall1Coll(&type->hash, type->collation, datum));
	return an_bytes_add_value(&set->set.bytes, value, size, hash, &equal, memory);
}

void
an_distinct_add(AnDistinct *set, AnDistinctType *type, Datum datum)
{
	AnMemory memory = an_object_memory(&set->header);
	AnStatus status;
	const void *bytes;
	size_t size;

	switch ((AnDistinctForm) type->form)
	{
		case AN_DISTINCT_WORDS:
			status = an_words_add(&set->set.words, an_distinct_word(type, datum), &memory);
			break;
		case AN_DISTINCT_BYTES:
			bytes = an_distinct_bytes(type, datum, &size);
			status = an_bytes_add(&set->set.bytes, bytes, size, &memory);
			break;
		default:
			status = add_value(set, type, datum, &memory);
			break;
	}
	an_check(status, "number of distinct values");
}
