/*
 * value.h - any SQL value as bytes, so that equal values have equal bytes
 *
 * What counts as the same value:
 *
 *   smallint, integer, bigint, oid     8 bytes, little-endian: 1 is 1 in all of them
 *   text, varchar, name, bytea, json   the bytes as they stand, in the database's encoding
 *   char(n)                            the same, without the blanks at the end
 *   real, double precision             the send form of double precision; -0 is 0, NaN is one value
 *   numeric                            its send form without the scale: 1.0 is 1.00
 *   interval                           its length, as = compares it: 1 day is 24 hours
 *   enum                               the label
 *   domain                             as its base type
 *   array                              dimensions and lower bounds, then each element
 *   row                                number of columns, then each column
 *   range, multirange                  which bounds there are and belong to it, then each bound
 *   jsonb                              its keys and values, numbers without the scale
 *   any other                          its send form
 *
 * Nothing depends on a setting: send forms of text are taken in the database's
 * encoding whatever the client's is.  An element or column is its length (-1:
 * NULL) and its own bytes.  Integers in arrays and rows have the order of send
 * forms but for the values themselves.  A type without a send function is
 * refused (42883).
 */
#ifndef AN_BASE_VALUE_H
#define AN_BASE_VALUE_H

#include "base/base.h"

#include "lib/stringinfo.h"
#include "port/pg_bswap.h"
#include "utils/date.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

#include "kernel/hash.h"

/* The ways in which values become bytes. */
typedef enum AnValueKind
{
	AN_VALUE_INT2,		 /* widened to 8 bytes */
	AN_VALUE_INT4,		 /* widened to 8 bytes */
	AN_VALUE_INT8,		 /* 8 bytes */
	AN_VALUE_OID,		 /* widened to 8 bytes */
	AN_VALUE_BYTES,		 /* a varlena's content */
	AN_VALUE_UUID,		 /* 16 bytes */
	AN_VALUE_INSTANT,	 /* timestamps and time: the send form of 8 bytes */
	AN_VALUE_DATE,		 /* the send form of 4 bytes */
	AN_VALUE_BOOL,		 /* 1 byte */
	AN_VALUE_FLOAT4,	 /* widened to double precision */
	AN_VALUE_FLOAT8,	 /* 8 bytes */
	AN_VALUE_BPCHAR,	 /* char(n): content without blanks at the end */
	AN_VALUE_CSTRING,	 /* name, and literals without a type */
	AN_VALUE_NUMERIC,	 /* its send form without scale */
	AN_VALUE_INTERVAL,	 /* days and the rest of a day */
	AN_VALUE_ENUM,		 /* the label */
	AN_VALUE_ARRAY,		 /* elements */
	AN_VALUE_RECORD,	 /* columns */
	AN_VALUE_RANGE,		 /* bounds */
	AN_VALUE_MULTIRANGE, /* ranges */
	AN_VALUE_JSONB,		 /* keys and values */
	AN_VALUE_SEND,		 /* the type's send function */
} AnValueKind;

/* How values of one type become bytes.  Made once for a call site; zeroed before an_value_init. */
typedef struct AnValue
{
	Oid declared;		   /* the type as it was given, 0 before an_value_init */
	Oid type;			   /* base type */
	AnValueKind kind;	   /* the way of it */
	FmgrInfo send;		   /* AN_VALUE_SEND: the send function */
	FmgrInfo output;	   /* the output function, once an_value_hash_redis has looked it up */
	TypeCacheEntry *range; /* AN_VALUE_RANGE: the type; AN_VALUE_MULTIRANGE: that of its ranges */
	struct AnValue *parts; /* the element, or the columns of the rows seen so far */
	int n_parts;		   /* how many there is room for */
	MemoryContext context; /* where all of this lives */
} AnValue;

/*
 * an_value_init learns about a type.  Raises 42883 for one without a send
 * function and 42P18 where the type is unknown (InvalidOid).
 */
extern void an_value_init(AnValue *value, Oid type, MemoryContext context);

/* an_value_append appends the bytes of a value that is not NULL. */
extern void an_value_append(AnValue *value, Datum datum, StringInfo bytes);

/* an_value_hash_bytes is an_murmur3 of what an_value_append appends. */
extern uint64 an_value_hash_bytes(AnValue *value, Datum datum);

/*
 * an_value_hash_redis is an_murmur2_redis of a value as text, so that it is what
 * PFADD makes of the same string; a bytea is taken as it stands, char(n) without
 * the blanks at its end.  Text of other types follows the session's settings.
 */
extern uint64 an_value_hash_redis(AnValue *value, Datum datum);

/* an_value_hash is an_value_hash_bytes, without a detour for the types that are counted most. */
static inline uint64
an_value_hash(AnValue *value, Datum datum)
{
	struct varlena *content;

	switch (value->kind)
	{
		case AN_VALUE_INT8:
			return an_murmur3_int64(DatumGetInt64(datum));
		case AN_VALUE_INT4:
			return an_murmur3_int64(DatumGetInt32(datum));
		case AN_VALUE_BYTES:
			content = PG_DETOAST_DATUM_PACKED(datum);
			return an_murmur3(VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content));
		case AN_VALUE_UUID:
			return an_murmur3(DatumGetUUIDP(datum)->data, UUID_LEN);
		case AN_VALUE_INSTANT:
			return an_murmur3_int64((int64) pg_bswap64((uint64) DatumGetInt64(datum)));
		default:
			return an_value_hash_bytes(value, datum);
	}
}

#endif /* AN_BASE_VALUE_H */
