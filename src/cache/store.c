/*
 * store.c - entries in their table: found, written, swept
 *
 * The unlogged table analytics.cache belongs to the extension and nobody else has
 * rights on it.  It is read and written here without SQL, row by row, so that nothing runs
 * with other rights than the caller's.  Nobody waits for anybody: a new entry of a key is
 * added beside the old one, which is deleted unless another transaction is at it; readers take
 * the newest that is valid.
 */
#include "cache/cache_private.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "port/pg_crc32c.h"
#include "storage/bufmgr.h"
#include "storage/procarray.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

/* A table of so few blocks is swept at each store. */
#define FEW_BLOCKS 128

/* On average, what is added between two sweeps is this part of the limit. */
#define FULL_PARTS 64

/* What sweeping needs to know of an entry. */
typedef struct Entry
{
	TimestampTz computed_at; /* age: the oldest goes first */
	int64 size_bytes;		 /* what it takes */
	ItemPointerData tid;	 /* where it is */
} Entry;

/* Entries that can be deleted, and what is known of all. */
typedef struct Sweep
{
	Relation cache;			/* analytics.cache */
	Entry *entries;			/* entries that live */
	int n_entries;			/* how many there are */
	int max_entries;		/* room for how many */
	int64 size_bytes;		/* what all together take */
	FullTransactionId xmin; /* the oldest that any entry has not seen the end of */
	TimestampTz now;		/* the clock */
} Sweep;

/* What an_cache_find is called with and finds. */
typedef struct Search
{
	const AnCacheAsk *ask; /* what is asked */
	AnCacheAnswer *found;  /* the newest valid answer, or NULL */
	MemoryContext context; /* where it goes */
} Search;

static void find(void *arg);
static void consider(Search *search, const Datum *values, const bool *nulls, Snapshot now);
static uint32 checksum(const struct varlena *form, const struct varlena *rows,
					   const struct varlena *seen, int64 n_rows);
static int64 entry_bytes(const AnCacheAsk *ask, const AnCacheAnswer *answer);
static bool is_time(Relation cache, int64 added_bytes);
static bool delete_older(Relation cache, const AnCacheAsk *ask, TimestampTz as_of);
static HeapTuple make_tuple(Relation cache, const AnCacheAsk *ask, const AnCacheAnswer *answer);
static void look_at_entry(Sweep *sweep, HeapTuple tuple, bool in_progress);
static int compare_entries(const void *a, const void *b);
static FullTransactionId horizon(Relation relation);

Relation
an_cache_open(const char *name, LOCKMODE mode)
{
	Oid relid = get_relname_relid(name, get_namespace_oid(AN_SCHEMA, false));

	if (!OidIsValid(relid))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("table analytics.%s does not exist", name),
						errhint("Create the extension in this database.")));
	return table_open(relid, mode);
}

Oid
an_cache_index(Relation relation)
{
	List *indexes = RelationGetIndexList(relation);

	return indexes == NIL ? InvalidOid : linitial_oid(indexes);
}

bool
an_cache_delete(Relation relation, ItemPointer tid)
{
	TM_FailureData failure;

	return heap_delete(relation, tid, GetCurrentCommandId(true), InvalidSnapshot, false, &failure,
					   false) == TM_Ok;
}

ErrorData *
an_cache_guard(void (*function)(void *arg), void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		function(arg);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	/* Whoever wants this call to end is obeyed. */
	if (error && (error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
				  ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION))
		ReThrowError(error);
	return error;
}

AnCacheAnswer *
an_cache_find(const AnCacheAsk *ask)
{
	Search search = {ask, NULL, CurrentMemoryContext};
	ErrorData *error = an_cache_guard(find, &search);

	if (error == NULL)
		return search.found;
	/* Bytes that make no sense are no answer; where they cannot be read somebody must be told. */
	if (error->sqlerrcode != ERRCODE_DATA_CORRUPTED && error->sqlerrcode != ERRCODE_INDEX_CORRUPTED)
		ereport(WARNING, (errcode(error->sqlerrcode),
						  errmsg("could not read the cache: %s", error->message)));
	return NULL;
}

static void
find(void *arg)
{
	Search *search = arg;
	Relation cache = an_cache_open(AN_CACHE_TABLE, AccessShareLock);
	Snapshot now = RegisterSnapshot(GetLatestSnapshot());
	Datum values[AN_CACHE_N_COLUMNS];
	bool nulls[AN_CACHE_N_COLUMNS];
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple tuple;

	ScanKeyInit(&key, AN_CACHE_KEY, BTEqualStrategyNumber, F_UUID_EQ,
				UUIDPGetDatum(&search->ask->key));
	scan = systable_beginscan(cache, an_cache_index(cache), true, now, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		heap_deform_tuple(tuple, RelationGetDescr(cache), values, nulls);
		consider(search, values, nulls, now);
	}
	systable_endscan(scan);
	UnregisterSnapshot(now);
	table_close(cache, AccessShareLock);
}

/* Takes an entry if it answers the ask, is whole and valid, and newer than the one found so far. */
static void
consider(Search *search, const Datum *values, const bool *nulls, Snapshot now)
{
	const AnCacheAsk *ask = search->ask;
	TimestampTz as_of = DatumGetTimestampTz(values[AN_CACHE_COMPUTED_AT - 1]);
	int64 n_rows = DatumGetInt64(values[AN_CACHE_ROWS - 1]);
	struct varlena *form, *rows = NULL, *seen;
	MemoryContext caller;

	if (search->found && search->found->as_of >= as_of)
		return;
	form = PG_DETOAST_DATUM(values[AN_CACHE_FORM - 1]);
	if (VARSIZE(form) - VARHDRSZ != ask->form.len ||
		memcmp(VARDATA(form), ask->form.data, ask->form.len) != 0)
		return;
	caller = MemoryContextSwitchTo(search->context);
	seen = PG_DETOAST_DATUM_COPY(values[AN_CACHE_SEEN - 1]);
	if (!nulls[AN_CACHE_ANSWER - 1])
		rows = PG_DETOAST_DATUM_COPY(values[AN_CACHE_ANSWER - 1]);
	if (checksum(form, rows, seen, n_rows) ==
			(uint32) DatumGetInt64(values[AN_CACHE_CHECKSUM - 1]) &&
		an_cache_valid(ask, seen, now))
	{
		search->found = palloc0(sizeof(AnCacheAnswer));
		search->found->as_of = as_of;
		search->found->n_rows = n_rows;
		search->found->rows = rows;
		search->found->seen = seen;
	}
	MemoryContextSwitchTo(caller);
}

/* Returns the CRC-32C of what an entry says. */
static uint32
checksum(const struct varlena *form, const struct varlena *rows, const struct varlena *seen,
		 int64 n_rows)
{
	const struct varlena *parts[] = {form, rows, seen};
	pg_crc32c crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, &n_rows, sizeof(n_rows));
	for (int i = 0; i < lengthof(parts); i++)
		if (parts[i])
			COMP_CRC32C(crc, VARDATA(parts[i]), VARSIZE(parts[i]) - VARHDRSZ);
	FIN_CRC32C(crc);
	return crc;
}

int64
an_cache_store(const AnCacheAsk *ask, const AnCacheAnswer *answer)
{
	Relation cache = an_cache_open(AN_CACHE_TABLE, RowExclusiveLock);

	if (delete_older(cache, ask, answer->as_of))
		CatalogTupleInsert(cache, make_tuple(cache, ask, answer));
	table_close(cache, NoLock);
	return entry_bytes(ask, answer);
}

/* Returns what an entry counts for. */
static int64
entry_bytes(const AnCacheAsk *ask, const AnCacheAnswer *answer)
{
	return (int64) strlen(ask->text) + ask->form.len + (answer->rows ? VARSIZE(answer->rows) : 0);
}

/* Deletes entries of the key that are older; tells that none is newer. */
static bool
delete_older(Relation cache, const AnCacheAsk *ask, TimestampTz as_of)
{
	TupleDesc desc = RelationGetDescr(cache);
	bool newest = true, isnull;
	Snapshot now = RegisterSnapshot(GetLatestSnapshot());
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple tuple;

	ScanKeyInit(&key, AN_CACHE_KEY, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(&ask->key));
	scan = systable_beginscan(cache, an_cache_index(cache), true, now, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		TimestampTz computed_at =
			DatumGetTimestampTz(heap_getattr(tuple, AN_CACHE_COMPUTED_AT, desc, &isnull));

		/* One from the future dates from before somebody set the clock back. */
		if (computed_at > as_of && computed_at <= GetCurrentTimestamp())
			newest = false;
		else
			(void) an_cache_delete(cache, &tuple->t_self);
	}
	systable_endscan(scan);
	UnregisterSnapshot(now);
	return newest;
}

static HeapTuple
make_tuple(Relation cache, const AnCacheAsk *ask, const AnCacheAnswer *answer)
{
	Datum values[AN_CACHE_N_COLUMNS] = {0};
	bool nulls[AN_CACHE_N_COLUMNS] = {0};
	struct varlena *form =
		(struct varlena *) cstring_to_text_with_len(ask->form.data, ask->form.len);
	Interval *took = palloc0(sizeof(Interval));

	took->time = answer->took_us;
	values[AN_CACHE_KEY - 1] = UUIDPGetDatum(&ask->key);
	values[AN_CACHE_CLASS - 1] = CStringGetTextDatum(an_cache_class_names[ask->class]);
	values[AN_CACHE_ROLE - 1] = ObjectIdGetDatum(ask->role);
	values[AN_CACHE_COMPUTED_AT - 1] = TimestampTzGetDatum(answer->as_of);
	values[AN_CACHE_EXPIRES_AT - 1] = TimestampTzGetDatum(answer->as_of + ask->ttl_us);
	values[AN_CACHE_TOOK - 1] = IntervalPGetDatum(took);
	values[AN_CACHE_ROWS - 1] = Int64GetDatum(answer->n_rows);
	values[AN_CACHE_BYTES - 1] = Int64GetDatum(entry_bytes(ask, answer));
	values[AN_CACHE_SEEN - 1] = PointerGetDatum(answer->seen);
	values[AN_CACHE_CHECKSUM - 1] =
		Int64GetDatum((int64) checksum(form, answer->rows, answer->seen, answer->n_rows));
	values[AN_CACHE_QUERY - 1] = CStringGetTextDatum(ask->text);
	values[AN_CACHE_FORM - 1] = PointerGetDatum(form);
	if (ask->tenant)
		values[AN_CACHE_TENANT - 1] = CStringGetTextDatum(ask->tenant);
	if (!ask->any_metric)
		values[AN_CACHE_METRICS - 1] = an_text_array(ask->metrics);
	if (answer->rows)
		values[AN_CACHE_ANSWER - 1] = PointerGetDatum(answer->rows);
	nulls[AN_CACHE_TENANT - 1] = ask->tenant == NULL;
	nulls[AN_CACHE_METRICS - 1] = ask->any_metric;
	nulls[AN_CACHE_ANSWER - 1] = answer->rows == NULL;
	return heap_form_tuple(RelationGetDescr(cache), values, nulls);
}

/*
 * Deletes entries that nobody would take any more, then the oldest until the rest fits.
 * What other transactions are storing counts and stays.
 *
 * An invalidation may be forgotten once every answer has seen it, those that are
 * stored and those that will be: sessions that compute one hold back the horizon, which
 * is taken first, until they have stored it, and what is stored and not yet
 * committed is seen here.
 */
void
an_cache_sweep(int64 added_bytes)
{
	Sweep sweep = {.cache = an_cache_open(AN_CACHE_TABLE, RowExclusiveLock),
				   .max_entries = 64,
				   .now = GetCurrentTimestamp()};
	SnapshotData dirty;
	TableScanDesc scan;
	HeapTuple tuple;
	int64 limit = an_cache_limit(false);

	if (!is_time(sweep.cache, added_bytes))
	{
		table_close(sweep.cache, NoLock);
		return;
	}
	sweep.entries = palloc(sweep.max_entries * sizeof(Entry));
	sweep.xmin = horizon(sweep.cache);
	InitDirtySnapshot(dirty);
	scan = table_beginscan(sweep.cache, &dirty, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
		look_at_entry(&sweep, tuple,
					  TransactionIdIsValid(dirty.xmin) || TransactionIdIsValid(dirty.xmax));
	table_endscan(scan);
	if (sweep.size_bytes > limit)
		qsort(sweep.entries, sweep.n_entries, sizeof(Entry), compare_entries);
	for (int i = 0; i < sweep.n_entries && sweep.size_bytes > limit; i++)
		if (an_cache_delete(sweep.cache, &sweep.entries[i].tid))
			sweep.size_bytes -= sweep.entries[i].size_bytes;
	table_close(sweep.cache, NoLock);
	an_cache_forget_invalidations(sweep.xmin);
}

/*
 * Tells whether to sweep now.  A table of many small entries is not read for each of
 * them, but so seldom that it costs as much as reading a few blocks; and often
 * enough that what is added meanwhile is a small part of the limit, on average.
 */
static bool
is_time(Relation cache, int64 added_bytes)
{
	double blocks = RelationGetNumberOfBlocks(cache), limit = (double) an_cache_limit(false);

	return blocks <= FEW_BLOCKS || added_bytes * FULL_PARTS >= limit ||
		   pg_prng_double(&pg_global_prng_state) <
			   Max(FEW_BLOCKS / blocks, (double) added_bytes * FULL_PARTS / limit);
}

/* Deletes an entry that is twice as old as it may be, and remembers another. */
static void
look_at_entry(Sweep *sweep, HeapTuple tuple, bool in_progress)
{
	TupleDesc desc = RelationGetDescr(sweep->cache);
	bool isnull;
	TimestampTz computed_at =
		DatumGetTimestampTz(heap_getattr(tuple, AN_CACHE_COMPUTED_AT, desc, &isnull));
	TimestampTz expires_at =
		DatumGetTimestampTz(heap_getattr(tuple, AN_CACHE_EXPIRES_AT, desc, &isnull));
	Datum seen = heap_getattr(tuple, AN_CACHE_SEEN, desc, &isnull);
	FullTransactionId xmin = DatumGetFullTransactionId(DirectFunctionCall1(pg_snapshot_xmin, seen));
	int64 size = DatumGetInt64(heap_getattr(tuple, AN_CACHE_BYTES, desc, &isnull));
	Entry *entry;

	if (FullTransactionIdPrecedes(xmin, sweep->xmin))
		sweep->xmin = xmin;
	if (in_progress)
	{
		sweep->size_bytes += size;
		return;
	}
	if (sweep->now >= expires_at + (expires_at - computed_at) &&
		an_cache_delete(sweep->cache, &tuple->t_self))
		return;
	if (sweep->n_entries == sweep->max_entries)
		sweep->entries = repalloc_huge(sweep->entries, (sweep->max_entries *= 2) * sizeof(Entry));
	entry = &sweep->entries[sweep->n_entries++];
	entry->computed_at = computed_at;
	entry->size_bytes = size;
	entry->tid = tuple->t_self;
	sweep->size_bytes += size;
}

static int
compare_entries(const void *a, const void *b)
{
	TimestampTz one = ((const Entry *) a)->computed_at, other = ((const Entry *) b)->computed_at;

	return (one > other) - (one < other);
}

/* Returns the oldest transaction id that a running transaction's snapshot may not have seen the end of. */
static FullTransactionId
horizon(Relation relation)
{
	FullTransactionId next = ReadNextFullTransactionId();
	TransactionId oldest = GetOldestNonRemovableTransactionId(relation);
	uint64 behind = (uint32) (XidFromFullTransactionId(next) - oldest);

	return FullTransactionIdFromU64(U64FromFullTransactionId(next) - behind);
}
