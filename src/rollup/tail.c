/*
 * tail.c - index access method analytics_tail: BRIN that costs an insert nearly nothing
 *
 * It is PostgreSQL's BRIN, its files, scans, WAL and vacuum, but for inserts.  brininsert
 * looks the page range of each row up (before 17 through the meta page, which makes COPY
 * a tenth slower), although the rows of one statement have one value in `_x`: once a
 * statement has inserted its value into a heap block, further rows there change nothing.
 *
 * Nothing is lost when the block's range is summarized meanwhile.  A summary begins with a
 * placeholder that inserts update, and then reads all rows of the range, those of transactions
 * in progress too.  Either our first row found the placeholder and put the value there, or the
 * row was in the block before the placeholder was made, and is read.  A row that is inserted speculatively
 * (ON CONFLICT) may be gone again by then, so it is not relied upon.
 *
 * The planner is told that what is looked for is a small part at the end of the table, as it is where a
 * rollup is refreshed now and then.  Statistics are always older than that, and BRIN without them is taken to read it all.
 */
#include "base/base.h"

#include "access/amapi.h"
#include "access/brin_internal.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "nodes/execnodes.h"
#include "nodes/pathnodes.h"
#include "storage/bufmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "rollup/tail.h"

/* What a statement remembers of an index. */
typedef struct TailCache
{
	void *brin;		   /* what brininsert remembers */
	BlockNumber block; /* heap block that it inserted the value into, or InvalidBlockNumber */
	Datum value;	   /* the value */
} TailCache;

static bool tail_insert(Relation index, Datum *values, bool *nulls, ItemPointer tid, Relation heap,
						IndexUniqueCheck unique, bool unchanged, IndexInfo *info);
static void tail_cleanup(Relation index, IndexInfo *info);
static bool is_lasting(Relation heap, ItemPointer tid);
static void tail_cost(PlannerInfo *root, IndexPath *path, double loops, Cost *startup, Cost *total,
					  Selectivity *selectivity, double *correlation, double *pages);

/* The part of a table that is expected to be newer than a rollup: so small that to look into another index too never pays. */
#define TAIL_PART 0.00001

/* BRIN's own estimate of a scan. */
static amcostestimate_function brin_cost = NULL;

/* BRIN's own end of a statement's inserts, or NULL where it has none. */
static void (*brin_cleanup)(Relation index, IndexInfo *info) = NULL;

const char *
an_tail_method(void)
{
#ifdef USE_ASSERT_CHECKING
	/* Such a server insists that BRIN's functions are called for the access method "brin". */
	return "brin";
#else
	return "analytics_tail";
#endif
}

/* tail_handler(internal): BRIN's routine with another insert. */
AN_SQL(tail_handler)
{
	IndexAmRoutine *routine = (IndexAmRoutine *) DatumGetPointer(OidFunctionCall0(F_BRINHANDLER));

	routine->aminsert = tail_insert;
	brin_cost = routine->amcostestimate;
	routine->amcostestimate = tail_cost;
	brin_cleanup = an_compat_insert_cleanup(routine);
	an_compat_set_insert_cleanup(routine, tail_cleanup);
	PG_RETURN_POINTER(routine);
}

/* Selectivity of `_x >= ...`. */
AN_SQL(tail_selectivity)
{
	PG_RETURN_FLOAT8(TAIL_PART);
}

static void
tail_cost(PlannerInfo *root, IndexPath *path, double loops, Cost *startup, Cost *total,
		  Selectivity *selectivity, double *correlation, double *pages)
{
	brin_cost(root, path, loops, startup, total, selectivity, correlation, pages);
	*selectivity = Min(*selectivity, TAIL_PART);
	*correlation = 1;
}

static bool
tail_insert(Relation index, Datum *values, bool *nulls, ItemPointer tid, Relation heap,
			IndexUniqueCheck unique, bool unchanged, IndexInfo *info)
{
	TailCache *cache = info->ii_AmCache;
	BlockNumber block = ItemPointerGetBlockNumber(tid);

	if (cache && cache->block == block && cache->value == values[0] && !nulls[0])
		return false;
	if (cache == NULL)
		cache = MemoryContextAllocZero(info->ii_Context, sizeof(TailCache));
	info->ii_AmCache = cache->brin;
	(void) brininsert(index, values, nulls, tid, heap, unique, unchanged, info);
	cache->brin = info->ii_AmCache;
	cache->block = !nulls[0] && is_lasting(heap, tid) ? block : InvalidBlockNumber;
	cache->value = values[0];
	info->ii_AmCache = cache;
	return false;
}

/* Ends what BRIN remembered of a statement's inserts. */
static void
tail_cleanup(Relation index, IndexInfo *info)
{
	TailCache *cache = info->ii_AmCache;

	if (cache == NULL)
		return;
	info->ii_AmCache = cache->brin;
	if (brin_cleanup)
		brin_cleanup(index, info);
	info->ii_AmCache = NULL;
}

/* Tells whether a row that was just inserted stays for as long as its transaction does. */
static bool
is_lasting(Relation heap, ItemPointer tid)
{
	OffsetNumber offset = ItemPointerGetOffsetNumber(tid);
	bool lasting = false;
	Buffer buffer;
	Page page;

	if (heap->rd_rel->relam != HEAP_TABLE_AM_OID)
		return false;
	buffer = ReadBuffer(heap, ItemPointerGetBlockNumber(tid));
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	page = BufferGetPage(buffer);
	if (offset <= PageGetMaxOffsetNumber(page) && ItemIdIsNormal(PageGetItemId(page, offset)))
		lasting = !HeapTupleHeaderIsSpeculative(
			(HeapTupleHeader) PageGetItem(page, PageGetItemId(page, offset)));
	UnlockReleaseBuffer(buffer);
	return lasting;
}
