/*
 * cache_private.h - what the files of this room share
 *
 * An *ask* is one call of cached(): the query as PostgreSQL understands it for this caller, and the form that says
 * when two asks are the same.  An *answer* is what the query returned, and the snapshot that it saw.  An answer is
 * served to an ask of the same form while it is young enough and no invalidation that concerns it is visible now
 * and was not visible in its snapshot.
 */
#ifndef AN_CACHE_PRIVATE_H
#define AN_CACHE_PRIVATE_H

#include "cache/cache.h"

#include "access/genam.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "utils/rel.h"
#include "utils/snapshot.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

/* Longest query, most metrics of one ask, and the longest time to live. */
#define AN_CACHE_QUERY_MAX	 65536
#define AN_CACHE_METRICS_MAX 64
#define AN_CACHE_TTL_MAX_S	 (30 * SECS_PER_DAY)

/* Tables of ours, in schema analytics. */
#define AN_CACHE_TABLE		   "cache"
#define AN_INVALIDATIONS_TABLE "cache_invalidations"

typedef enum AnCacheClass
{
	AN_CACHE_SERIES,	/* few minutes */
	AN_CACHE_AGGREGATE, /* a quarter of an hour */
	AN_CACHE_REPORT,	/* an hour */
	AN_N_CACHE_CLASSES,
} AnCacheClass;

/* One call of cached(). */
typedef struct AnCacheAsk
{
	Oid role;			/* who asks */
	char *text;			/* the query as written */
	AnCacheClass class; /* class of the answer */
	int64 ttl_us;		/* how old an answer may be, in microseconds */
	char *tenant;		/* whose data it is; NULL: of any tenant */
	List *metrics;		/* names (char *) of its metrics, sorted, each once */
	bool any_metric;	/* nobody said which metrics: it may be any */
	Query *query; /* the query analysed and rewritten; NULL in a copy that waits for the commit */
	bool kept;	  /* an answer may come from the cache and go there */
	StringInfoData form; /* canonical form: two asks are the same if these bytes are */
	pg_uuid_t key;		 /* the first half of its SHA-256: where it is looked for */
} AnCacheAsk;

/* What a query returned. */
typedef struct AnCacheAnswer
{
	TimestampTz as_of; /* before its snapshot was taken, by the clock on the wall */
	int64 took_us;	   /* time to compute it */
	int64 n_rows;	   /* number of rows */
	struct varlena
		*rows; /* a bytea: the rows, each a jsonb and padding to 4 bytes; NULL: too many to keep */
	struct varlena *seen; /* the snapshot that it saw, a pg_snapshot */
	Snapshot
		registered; /* the same, held until it is stored; NULL for one that comes from the table */
} AnCacheAnswer;

/* Settings (settings.c). */
extern const char *const an_cache_class_names[AN_N_CACHE_CLASSES];
extern int64 an_cache_class_ttl_us(AnCacheClass class);

/* an_cache_limit returns the most bytes that all entries, or one of them, may take; 0: nothing is kept. */
extern int64 an_cache_limit(bool one_entry);

/* What is counted. */
typedef enum AnCacheEvent
{
	AN_CACHE_HIT,  /* served from the cache */
	AN_CACHE_MISS, /* computed */
} AnCacheEvent;

/* an_cache_count counts, whether the transaction commits or not. */
extern void an_cache_count(AnCacheClass class, AnCacheEvent event);

/*
 * an_cache_understand parses, analyses and rewrites the query as the caller, refuses what is no plain query, and
 * sets query, kept, form and key of an ask whose other fields are set.
 */
extern void an_cache_understand(AnCacheAsk *ask);

/* an_cache_form makes the form and the key of an ask whose query is set (form.c). */
extern void an_cache_form(AnCacheAsk *ask);

/* an_cache_field appends a field to a form: its length and its bytes; NULL differs from every text. */
extern void an_cache_field(StringInfo form, const void *bytes, size_t size);
extern void an_cache_field_text(StringInfo form, const char *text);

/* an_cache_digest is the SHA-256 of some bytes, 32 of them. */
extern void an_cache_digest(const void *bytes, size_t size, uint8 *digest);

/*
 * an_cache_run runs the query as the caller, read only, and puts its rows into `rows`.  Returns the answer in the
 * current context with its snapshot registered, or NULL where it is not to be kept.  One that is too large comes
 * without its rows: it tells others not to wait.
 */
extern AnCacheAnswer *
an_cache_run(AnCacheAsk *ask, Tuplestorestate *rows, TupleDesc desc, bool keep);

/* an_cache_emit puts the rows of an answer into `rows`; false where they are damaged, and then nothing is there. */
extern bool an_cache_emit(const AnCacheAnswer *answer, Tuplestorestate *rows, TupleDesc desc);

/* an_cache_release gives back the snapshot of an answer that is not stored. */
extern void an_cache_release(AnCacheAnswer *answer);

/* an_cache_find returns the newest valid answer to an ask, whatever its age, or NULL; a damaged one counts as none. */
extern AnCacheAnswer *an_cache_find(const AnCacheAsk *ask);

/* an_cache_keep keeps an answer: for this transaction at once, for others when it commits (pending.c). */
extern void an_cache_keep(const AnCacheAsk *ask, AnCacheAnswer *answer);

/* an_cache_kept_here returns the valid answer that this transaction computed and has not stored yet, or NULL. */
extern AnCacheAnswer *an_cache_kept_here(const AnCacheAsk *ask);

/* an_cache_waits_for_commit tells whether this transaction has answers to store. */
extern bool an_cache_waits_for_commit(void);

/* an_cache_pending_init registers what happens at the end of transactions. */
extern void an_cache_pending_init(void);

/* an_cache_store writes an entry in place of older ones of its key, unless one is newer; returns its size. */
extern int64 an_cache_store(const AnCacheAsk *ask, const AnCacheAnswer *answer);

/* an_cache_sweep deletes what has expired and, oldest first, what is too much; and invalidations that no entry needs. */
extern void an_cache_sweep(int64 added_bytes);

/* an_cache_valid tells that no invalidation concerns an answer with this tenant and metrics that saw `seen`. */
extern bool an_cache_valid(const AnCacheAsk *ask, struct varlena *seen, Snapshot now);

/* an_cache_forget_invalidations deletes those that every answer has seen whose snapshot is not older than xmin. */
extern void an_cache_forget_invalidations(FullTransactionId xmin);

/* an_cache_open opens a table of ours; an_cache_index is its only index. */
extern Relation an_cache_open(const char *name, LOCKMODE mode);
extern Oid an_cache_index(Relation relation);

/* an_cache_delete deletes a row unless another transaction is at it; tells whether it did. */
extern bool an_cache_delete(Relation relation, ItemPointer tid);

/* an_cache_guard calls a function in a subtransaction; returns its error, which is rolled back and not raised, or NULL. */
extern ErrorData *an_cache_guard(void (*function)(void *arg), void *arg);

/* Columns of analytics.cache. */
typedef enum AnCacheColumn
{
	AN_CACHE_KEY = 1,
	AN_CACHE_CLASS,
	AN_CACHE_ROLE,
	AN_CACHE_TENANT,
	AN_CACHE_METRICS,
	AN_CACHE_COMPUTED_AT,
	AN_CACHE_EXPIRES_AT,
	AN_CACHE_TOOK,
	AN_CACHE_ROWS,
	AN_CACHE_BYTES,
	AN_CACHE_SEEN,
	AN_CACHE_CHECKSUM,
	AN_CACHE_QUERY,
	AN_CACHE_FORM,
	AN_CACHE_ANSWER,
	AN_CACHE_N_COLUMNS = AN_CACHE_ANSWER,
} AnCacheColumn;

#endif /* AN_CACHE_PRIVATE_H */
