/*
 * capture_write.c - marks are written
 *
 * A transaction that changes rows one by one would write the same mark again and again, so
 * what was written is remembered: for as long as the subtransaction lasts, since a rollback
 * takes marks away, and until somebody deletes marks (a refresh in the same transaction).
 */
#include "rollup/capture.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Marks that are remembered; then it begins anew. */
#define MAX_WRITTEN 10000

/* A mark that was written. */
typedef struct Written
{
	TimestampTz bucket; /* its bucket */
	char *text;			/* rollup, and behind a zero byte the tenant; lives as long as the set */
	Size size;			/* bytes of it */
} Written;

/* What this subtransaction wrote. */
static HTAB *written = NULL;
static MemoryContext written_context = NULL;
static uint64 written_top = 0;								  /* top-level transaction */
static SubTransactionId written_in = InvalidSubTransactionId; /* subtransaction */

static bool is_written(const char *rollup, TimestampTz bucket, const char *tenant);
static void begin_written(void);
static uint32 hash_written(const void *key, Size size);
static int match_written(const void *left, const void *right, Size size);

AnMarkWriter
an_marks_open(void)
{
	Oid relid = get_relname_relid("rollup_marks", get_namespace_oid(AN_SCHEMA, false));
	AnMarkWriter writer;

	if (!OidIsValid(relid))
		elog(ERROR, "table analytics.rollup_marks does not exist");
	writer.table = table_open(relid, RowExclusiveLock);
	writer.indexes = CatalogOpenIndexes(writer.table);
	return writer;
}

void
an_mark_write(AnMarkWriter *writer, const char *rollup, TimestampTz bucket, const char *tenant)
{
	Datum values[3];
	bool nulls[3] = {false, tenant == NULL, false};
	HeapTuple tuple;

	if (is_written(rollup, bucket, tenant))
		return;
	values[0] = CStringGetTextDatum(rollup);
	values[1] = tenant ? CStringGetTextDatum(tenant) : (Datum) 0;
	values[2] = TimestampTzGetDatum(bucket);
	tuple = heap_form_tuple(RelationGetDescr(writer->table), values, nulls);
	CatalogTupleInsertWithInfo(writer->table, tuple, writer->indexes);
	heap_freetuple(tuple);
}

void
an_marks_close(AnMarkWriter *writer)
{
	CatalogCloseIndexes(writer->indexes);
	table_close(writer->table, NoLock);
}

/* rollup_marks_forget(): trigger of the table of marks, for when some are deleted. */
AN_SQL(rollup_marks_forget)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("rollup_marks_forget can only be called as a trigger")));
	written_in = InvalidSubTransactionId;
	PG_RETURN_POINTER(NULL);
}

/* Tells whether this subtransaction wrote a mark, and remembers it. */
static bool
is_written(const char *rollup, TimestampTz bucket, const char *tenant)
{
	Size rollup_size = strlen(rollup) + 1, tenant_size = tenant ? strlen(tenant) + 1 : 0;
	Written key = {.bucket = bucket, .size = rollup_size + tenant_size};
	Written *entry;
	bool found;

	if (written == NULL || written_in != GetCurrentSubTransactionId() ||
		written_top != U64FromFullTransactionId(GetTopFullTransactionId()) ||
		hash_get_num_entries(written) >= MAX_WRITTEN)
		begin_written();
	key.text = MemoryContextAlloc(written_context, key.size);
	memcpy(key.text, rollup, rollup_size);
	if (tenant)
		memcpy(key.text + rollup_size, tenant, tenant_size);
	entry = hash_search(written, &key, HASH_ENTER, &found);
	if (found)
		pfree(key.text);
	else
		entry->text = key.text;
	return found;
}

static void
begin_written(void)
{
	HASHCTL control = {.keysize = sizeof(Written),
					   .entrysize = sizeof(Written),
					   .hash = hash_written,
					   .match = match_written};

	if (written_context == NULL)
		written_context = AllocSetContextCreate(CacheMemoryContext, "analytics written marks",
												ALLOCSET_SMALL_SIZES);
	written = NULL;
	MemoryContextReset(written_context);
	control.hcxt = written_context;
	written = hash_create("analytics written marks", 64, &control,
						  HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	written_top = U64FromFullTransactionId(GetTopFullTransactionId());
	written_in = GetCurrentSubTransactionId();
}

static uint32
hash_written(const void *key, Size size)
{
	const Written *mark = key;

	return hash_combine(hash_bytes((const unsigned char *) &mark->bucket, sizeof(TimestampTz)),
						hash_bytes((const unsigned char *) mark->text, mark->size));
}

static int
match_written(const void *left, const void *right, Size size)
{
	const Written *a = left, *b = right;

	return a->bucket != b->bucket || a->size != b->size || memcmp(a->text, b->text, a->size) != 0;
}
