/*
 * distinct.h - exact sets of values as PostgreSQL sees them
 *
 * The type analytics.distinct_set has two flat encodings.  The stored one has
 * the values in ascending order and names their kind; it is what users get, and
 * docs/distinct.md describes it.  The one for travelling between processes and
 * nodes of a plan is a state as it lies in memory; it may hold values of any type.
 */
#ifndef AN_SKETCH_DISTINCT_H
#define AN_SKETCH_DISTINCT_H

#include "sketch/object.h"

#include "kernel/distinct.h"

/* What the values of a set are: numbers of the stored form, fixed forever. */
typedef enum AnDistinctKind
{
	AN_DISTINCT_OTHER = 0,	 /* a type whose sets are not stored */
	AN_DISTINCT_INTEGER = 1, /* smallint, integer, bigint */
	AN_DISTINCT_BOOLEAN = 2,
	AN_DISTINCT_DATE = 3,
	AN_DISTINCT_TIME = 4,
	AN_DISTINCT_TIMESTAMP = 5,
	AN_DISTINCT_TIMESTAMPTZ = 6,
	AN_DISTINCT_REAL = 7,
	AN_DISTINCT_DOUBLE = 8,
	AN_DISTINCT_TEXT = 16, /* text, varchar */
	AN_DISTINCT_CHAR = 17, /* char(n), without the blanks behind */
	AN_DISTINCT_BYTEA = 18,
	AN_DISTINCT_UUID = 19,
} AnDistinctKind;

/* How the values of a set are held. */
typedef enum AnDistinctForm
{
	AN_DISTINCT_WORDS,	/* integers, or what is equal where its 64 bits are */
	AN_DISTINCT_BYTES,	/* equal where the bytes are */
	AN_DISTINCT_VALUES, /* equal where the type's function says so */
} AnDistinctForm;

/* Encodings of a flat set. */
typedef enum AnDistinctEncoding
{
	AN_DISTINCT_STORED = 1,
	AN_DISTINCT_TRAVELS = 2,
} AnDistinctEncoding;

/* How a datum becomes an integer, bytes or a value. */
typedef enum AnDistinctRead
{
	AN_READ_INTEGER, /* passed by value */
	AN_READ_REAL,	 /* both zeroes are one, and all NaN */
	AN_READ_DOUBLE,	 /* the same; up to here integers, from here bytes */
	AN_READ_VARLENA, /* the bytes behind the header */
	AN_READ_CHAR,	 /* the same without blanks at the end */
	AN_READ_NAME,	 /* up to the first zero */
	AN_READ_FIXED,	 /* bytes of a fixed length */
	AN_READ_VALUE,	 /* the value as it is */
} AnDistinctRead;

/* A type, looked up once a call site. */
typedef struct AnDistinctType
{
	Oid type;		 /* base type */
	Oid collation;	 /* that equality uses; 0 where none, or where it does not matter */
	uint8 kind;		 /* AnDistinctKind */
	uint8 form;		 /* AnDistinctForm */
	uint8 read;		 /* AnDistinctRead */
	bool typbyval;	 /* passed by value */
	int16 typlen;	 /* length */
	FmgrInfo hash;	 /* of AN_DISTINCT_VALUES */
	FmgrInfo equals; /* of AN_DISTINCT_VALUES */
} AnDistinctType;

/* A set while it grows. */
typedef struct AnDistinct
{
	ExpandedObjectHeader header; /* its context holds everything */
	Oid type;					 /* of the values; of a stored set one of the kind's types */
	Oid collation;				 /* as in AnDistinctType */
	uint8 kind;					 /* AnDistinctKind */
	uint8 form;					 /* AnDistinctForm */
	union
	{
		AnWordSet words; /* AN_DISTINCT_WORDS */
		AnByteSet bytes; /* the others */
	} set;
} AnDistinct;

/* A flat set, both encodings; as a stored one it ends before the type. */
typedef struct AnDistinctFlat
{
	int32 vl_len_;	/* varlena header */
	uint8 version;	/* AN_DISTINCT_VERSION */
	uint8 encoding; /* AnDistinctEncoding */
	uint8 kind;		/* AnDistinctKind */
	uint8 flags;	/* of one that travels: AN_DISTINCT_WIDE and so on, and its form; else 0 */
	uint8 count[8]; /* values, little-endian */
	Oid type;		/* of one that travels */
	Oid collation;	/* of one that travels */
	uint64 check;	/* of one that travels: a hash of what the type's functions trust */
} AnDistinctFlat;

#define AN_DISTINCT_VERSION		1
#define AN_DISTINCT_WIDE		0x01 /* mixed values of 8 bytes */
#define AN_DISTINCT_ZERO		0x02 /* the value 0 is among the values, not among the mixed ones */
#define AN_DISTINCT_FORM_SHIFT	4	 /* above the flags: AnDistinctForm */
#define AN_DISTINCT_STORED_HEAD offsetof(AnDistinctFlat, type)
#define AN_DISTINCT_TRAVEL_HEAD sizeof(AnDistinctFlat)

/* ---- distinct_type.c */

/*
 * an_distinct_type_init looks up a type as an argument declares it.  Raises 42883
 * for one without equality or hash function, 42P22 where the collation is not known.
 */
extern void
an_distinct_type_init(AnDistinctType *type, Oid declared, Oid collation, MemoryContext context);

/*
 * an_distinct_type_image does so for a type whose equal values have equal bytes, and
 * tells whether it is one; for the others it fills in type and length alone.
 */
extern bool an_distinct_type_image(AnDistinctType *type, Oid declared, Oid collation);

/* an_distinct_word returns what stands for a datum of AN_DISTINCT_WORDS. */
extern int64 an_distinct_word(const AnDistinctType *type, Datum datum);

/* an_distinct_bytes returns what stands for a datum of AN_DISTINCT_BYTES: in the datum, or detoasted here. */
extern const void *an_distinct_bytes(const AnDistinctType *type, Datum datum, size_t *size);

/* an_distinct_add adds a datum of that type to a set of that type. */
extern void an_distinct_add(AnDistinct *set, AnDistinctType *type, Datum datum);

/* an_distinct_equal returns the equality of a type as the kernel calls it; the type must outlive it. */
extern AnEqual an_distinct_equal(AnDistinctType *type);

/* an_distinct_kind_type returns a type of a kind and its form; InvalidOid: no such kind is stored. */
extern Oid an_distinct_kind_type(uint8 kind, AnDistinctForm *form);

/* an_distinct_kind_bounds returns what a stored set of that kind may hold. */
extern const AnDistinctBounds *an_distinct_kind_bounds(uint8 kind);

/* ---- distinct_state.c */

/* an_distinct_new makes an empty set in a context that it may keep. */
extern AnDistinct *an_distinct_new(MemoryContext context, const AnDistinctType *type);

/* an_distinct_state returns the set behind a datum that is a state, or NULL where the datum is flat. */
extern AnDistinct *an_distinct_state(Datum datum);

/* an_distinct_count returns the values of any set. */
extern uint64 an_distinct_count(Datum datum);

/*
 * an_distinct_type_of fills in type, collation, kind and form of any set.  Raises XX001.
 */
extern void an_distinct_type_of(Datum datum, AnDistinctType *type);

/*
 * Where these take a datum, it is a state, or flat, not compressed, not short and at a multiple
 * of 8; only an_distinct_count takes it as it comes.
 *
 * an_distinct_merge adds the values of any set; `type` is for AN_DISTINCT_VALUES.
 * Raises 42804 where types differ, XX001, 54000.
 */
extern void an_distinct_merge(AnDistinct *set, AnDistinctType *type, Datum datum);

/* an_distinct_stored returns the stored form of any set.  Raises 0A000 where the type has none, 54000. */
extern struct varlena *an_distinct_stored(Datum datum);

/* an_distinct_require_kind raises 0A000 where sets of a type cannot be stored. */
extern void an_distinct_require_kind(uint8 kind, Oid type);

/*
 * an_distinct_check tells whether bytes behind a varlena header are a stored set, all of it.
 */
extern bool an_distinct_check(const struct varlena *flat);

#endif /* AN_SKETCH_DISTINCT_H */
