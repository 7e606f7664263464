/*
 * invalidate.c - which answers an invalidation ends, exactly
 *
 * An invalidation is of a tenant or all of them, and of a metric or all of them.  It ends
 * the answers that the two may be part of:
 *
 *     (it is of all tenants, or the answer is of any tenant, or they are the same) and
 *     (it is of all metrics, or the answer is of any metric, or has it among its own)
 *
 * Names are compared as a whole.  An invalidation is a few rows, each a *scope* and the
 * id of its transaction, so that an index finds those which concern an answer: all pairs
 * of (the tenant, ALL, ANY) and (the metric, ALL, ANY), where ALL stands for an invalidation
 * without a name and ANY for one with any name.
 *
 *     an answer of tenant T and metrics M looks at    T or ALL   x   one of M or ALL
 *     of any tenant, or any metric                    ANY        x   ... or ANY
 *
 * What decides is the snapshot that an answer has seen: an invalidation that is visible now and was
 * not visible there came between.  No counter is shared, so nobody waits for
 * anybody, and aborted invalidations are as if they had never been.
 */
#include "cache/cache_private.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "common/sha2.h"
#include "storage/bufmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

/* Columns of analytics.cache_invalidations. */
#define SCOPE_COLUMN 1
#define XACT_COLUMN	 2
#define N_COLUMNS	 2

/* Invalidations are looked through for what can go when they take so many blocks, one time in so many. */
#define FEW_BLOCKS	16
#define SWEEP_EVERY 16

/* A half of a scope: what is said of the tenant, or of the metric. */
typedef struct Half
{
	char kind;		  /* '=': this one, 'L': all, 'A': any */
	const char *name; /* its name, or NULL */
} Half;

static const Half all = {'L', NULL}, any = {'A', NULL};

static pg_uuid_t scope_of(Half tenant, Half metric);
static void add_scope(Relation relation, Half tenant, Half metric);
static bool scope_hit(Relation relation, const pg_uuid_t *scope, Datum seen, Snapshot now);
static bool concerned(Relation cache, HeapTuple tuple, const char *tenant, const char *metric);
static bool has_member(Datum array, const char *name);
static int64 delete_concerned(const char *tenant, const char *metric);

/* Ends the answers that a tenant or a metric may be part of; returns how many there were. */
AN_SQL(invalidate_cache)
{
	PreventCommandIfReadOnly("invalidate_cache()");
	PreventCommandIfParallelMode("invalidate_cache()");
	PG_RETURN_INT64(an_cache_invalidate(an_arg_text(fcinfo, 0), an_arg_text(fcinfo, 1)));
}

int64
an_cache_invalidate(const char *tenant, const char *metric)
{
	Relation relation = an_cache_open(AN_INVALIDATIONS_TABLE, RowExclusiveLock);
	Half of_tenant = tenant ? (Half){'=', tenant} : all;
	Half of_metric = metric ? (Half){'=', metric} : all;
	int64 n;

	add_scope(relation, of_tenant, of_metric);
	add_scope(relation, of_tenant, any);
	add_scope(relation, any, of_metric);
	add_scope(relation, any, any);
	table_close(relation, NoLock);
	n = delete_concerned(tenant, metric);
	CommandCounterIncrement();
	return n;
}

/* Returns a scope as 128 bits of the SHA-256 of its halves. */
static pg_uuid_t
scope_of(Half tenant, Half metric)
{
	StringInfoData bytes;
	uint8 digest[PG_SHA256_DIGEST_LENGTH];
	pg_uuid_t scope;

	initStringInfo(&bytes);
	appendStringInfoChar(&bytes, tenant.kind);
	an_cache_field_text(&bytes, tenant.name);
	appendStringInfoChar(&bytes, metric.kind);
	an_cache_field_text(&bytes, metric.name);
	an_cache_digest(bytes.data, bytes.len, digest);
	memcpy(scope.data, digest, UUID_LEN);
	pfree(bytes.data);
	return scope;
}

static void
add_scope(Relation relation, Half tenant, Half metric)
{
	pg_uuid_t scope = scope_of(tenant, metric);
	Datum values[N_COLUMNS] = {UUIDPGetDatum(&scope),
							   FullTransactionIdGetDatum(GetTopFullTransactionId())};
	bool nulls[N_COLUMNS] = {0};

	CatalogTupleInsert(relation, heap_form_tuple(RelationGetDescr(relation), values, nulls));
}

bool
an_cache_valid(const AnCacheAsk *ask, struct varlena *seen, Snapshot now)
{
	Relation relation = an_cache_open(AN_INVALIDATIONS_TABLE, AccessShareLock);
	Half tenants[] = {ask->tenant ? (Half){'=', ask->tenant} : any, all};
	bool valid = true;

	/* What is of any tenant needs ANY alone: every invalidation has left that. */
	for (int i = 0; i < (ask->tenant ? 2 : 1) && valid; i++)
	{
		pg_uuid_t scope = scope_of(tenants[i], ask->any_metric ? any : all);
		ListCell *lc;

		valid = !scope_hit(relation, &scope, PointerGetDatum(seen), now);
		foreach (lc, ask->metrics)
		{
			scope = scope_of(tenants[i], (Half){'=', lfirst(lc)});
			valid = valid && !scope_hit(relation, &scope, PointerGetDatum(seen), now);
		}
	}
	table_close(relation, AccessShareLock);
	return valid;
}

/* Tells whether an invalidation of this scope is visible now and was not in the snapshot `seen`. */
static bool
scope_hit(Relation relation, const pg_uuid_t *scope, Datum seen, Snapshot now)
{
	Datum xmin = DirectFunctionCall1(pg_snapshot_xmin, seen);
	bool hit = false, isnull;
	SysScanDesc scan;
	ScanKeyData keys[2];
	HeapTuple tuple;

	ScanKeyInit(&keys[0], SCOPE_COLUMN, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(scope));
	ScanKeyInit(&keys[1], XACT_COLUMN, BTGreaterEqualStrategyNumber, F_XID8GE, xmin);
	scan = systable_beginscan(relation, an_cache_index(relation), true, now, 2, keys);
	while (!hit && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Datum xact = heap_getattr(tuple, XACT_COLUMN, RelationGetDescr(relation), &isnull);

		hit = !DatumGetBool(DirectFunctionCall2(pg_visible_in_snapshot, xact, seen));
	}
	systable_endscan(scan);
	return hit;
}

/* Deletes the entries that are concerned; returns how many. */
static int64
delete_concerned(const char *tenant, const char *metric)
{
	Relation cache = an_cache_open(AN_CACHE_TABLE, RowExclusiveLock);
	Snapshot now = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(cache, now, 0, NULL);
	HeapTuple tuple;
	int64 n = 0;

	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (concerned(cache, tuple, tenant, metric) && an_cache_delete(cache, &tuple->t_self))
			n++;
	}
	table_endscan(scan);
	UnregisterSnapshot(now);
	table_close(cache, NoLock);
	return n;
}

static bool
concerned(Relation cache, HeapTuple tuple, const char *tenant, const char *metric)
{
	bool isnull;
	Datum value;

	value = heap_getattr(tuple, AN_CACHE_TENANT, RelationGetDescr(cache), &isnull);
	if (tenant && !isnull && strcmp(TextDatumGetCString(value), tenant) != 0)
		return false;
	value = heap_getattr(tuple, AN_CACHE_METRICS, RelationGetDescr(cache), &isnull);
	return metric == NULL || isnull || has_member(value, metric);
}

static bool
has_member(Datum array, const char *name)
{
	ListCell *lc;

	foreach (lc, an_text_list(array, "metrics"))
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	return false;
}

void
an_cache_forget_invalidations(FullTransactionId xmin)
{
	Relation relation = an_cache_open(AN_INVALIDATIONS_TABLE, RowExclusiveLock);
	TupleDesc desc = RelationGetDescr(relation);
	Snapshot now;
	TableScanDesc scan;
	HeapTuple tuple;
	bool isnull;

	if (RelationGetNumberOfBlocks(relation) > FEW_BLOCKS &&
		pg_prng_uint32(&pg_global_prng_state) % SWEEP_EVERY == 0)
	{
		now = RegisterSnapshot(GetLatestSnapshot());
		scan = table_beginscan(relation, now, 0, NULL);
		while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
			if (FullTransactionIdPrecedes(
					DatumGetFullTransactionId(heap_getattr(tuple, XACT_COLUMN, desc, &isnull)),
					xmin))
				(void) an_cache_delete(relation, &tuple->t_self);
		table_endscan(scan);
		UnregisterSnapshot(now);
	}
	table_close(relation, NoLock);
}
