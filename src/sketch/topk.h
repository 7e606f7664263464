/*
 * topk.h - the most frequent values as PostgreSQL sees them
 *
 * In the stored form of the type analytics.topk values are texts.  While rows are
 * aggregated, and between processes, values of many types are kept as their bytes
 * (AN_TOPK_IMAGE), which is faster, and become texts in the end.
 */
#ifndef AN_SKETCH_TOPK_H
#define AN_SKETCH_TOPK_H

#include "sketch/distinct.h"
#include "sketch/object.h"

#include "kernel/topk.h"

/* What a sketch's values are. */
typedef enum AnTopkWay
{
	AN_TOPK_TEXT = 0,  /* texts */
	AN_TOPK_IMAGE = 1, /* 8 bytes of an integer, or bytes: as AnDistinctType reads them */
} AnTopkWay;

/* A type, looked up once a call site. */
typedef struct AnTopkType
{
	AnDistinctType value; /* how a datum is read; of AN_TOPK_TEXT only where is_bytes */
	uint8 way;			  /* AnTopkWay */
	bool is_bytes;		  /* of AN_TOPK_TEXT: the bytes of a datum are the text */
	FmgrInfo output;	  /* of the others */
} AnTopkType;

/* A sketch while it grows. */
typedef struct AnTopkState
{
	ExpandedObjectHeader header; /* its context holds everything */
	Oid type;					 /* of the values of AN_TOPK_IMAGE; else 0 */
	uint8 way;					 /* AnTopkWay */
	AnTopk topk;
} AnTopkState;

/* A flat sketch, both encodings; as a stored one it ends before the type. */
typedef struct AnTopkFlat
{
	int32 vl_len_;	/* varlena header */
	uint8 version;	/* AN_TOPK_VERSION */
	uint8 encoding; /* AnTopkEncoding */
	uint8 way;		/* AnTopkWay; 0 where stored */
	uint8 zero;		/* 0 */
	Oid type;		/* of one that travels: as in AnTopkState */
	uint64
		check; /* of AN_TOPK_IMAGE: a hash of the rest, for a type's output function trusts its bytes */
} AnTopkFlat;

typedef enum AnTopkEncoding
{
	AN_TOPK_STORED = 1,
	AN_TOPK_TRAVELS = 2,
} AnTopkEncoding;

#define AN_TOPK_VERSION		1
#define AN_TOPK_STORED_HEAD offsetof(AnTopkFlat, type)
#define AN_TOPK_TRAVEL_HEAD sizeof(AnTopkFlat)

/* ---- topk_type.c */

/* an_topk_type_init looks up a type as an argument declares it. */
extern void an_topk_type_init(AnTopkType *type, Oid declared, MemoryContext context);

/* an_topk_type_count counts a datum of that type in a sketch of that way. */
extern void an_topk_type_count(AnTopkType *type, AnTopk *topk, Datum datum, const AnMemory *memory);

/*
 * an_topk_texts makes a sketch whose values are the texts of another's.  Raises 0A000
 * where two values have one text.
 */
extern void an_topk_texts(AnTopk *texts, const AnTopk *topk, Oid type, const AnMemory *memory);

/* ---- topk_state.c; datums are a state, or flat as an_object_argument gives them */

/* an_topk_new makes an empty state. */
extern AnTopkState *an_topk_new(MemoryContext context, uint8 way, Oid type, uint32 k);

/* an_topk_state returns the state behind a datum, or NULL where it is flat. */
extern AnTopkState *an_topk_state(Datum datum);

/* Any sketch, to be looked at. */
typedef struct AnTopkView
{
	const AnTopk *topk; /* of a state, or own */
	uint8 way;			/* AnTopkWay */
	Oid type;			/* as in AnTopkState */
	AnTopk own;			/* of a flat one */
} AnTopkView;

/* an_topk_open opens a sketch with memory of the caller, an_topk_close gives that back.  Raises XX001. */
extern void an_topk_open(AnTopkView *view, Datum datum, const AnMemory *memory);
extern void an_topk_close(AnTopkView *view, const AnMemory *memory);

/* an_topk_unite adds a sketch to a state.  Raises 42804 where types differ, 54000. */
extern void an_topk_unite(AnTopkState *state, const AnTopkView *view);

/* an_topk_read makes a finished sketch of texts of any sketch.  Raises XX001. */
extern void an_topk_read(AnTopk *topk, Datum datum, const AnMemory *memory);

/* an_topk_stored returns the stored form of a finished sketch of texts; an_topk_stored_of that of any sketch. */
extern struct varlena *an_topk_stored(const AnTopk *topk);
extern struct varlena *an_topk_stored_of(Datum datum);

/* an_topk_check tells whether bytes behind a varlena header are a stored sketch, all of it. */
extern bool an_topk_check(const struct varlena *flat);

/* an_topk_limit raises 54000 where a sketch cannot hold what it is given. */
extern void an_topk_limit(AnStatus status);

#endif /* AN_SKETCH_TOPK_H */
