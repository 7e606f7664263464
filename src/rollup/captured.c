/*
 * captured.c - which rollups learn of changes of a table's rows, remembered for the session
 *
 * A trigger must know them for each statement, so they are read once: from the catalog as
 * it is committed at that moment, not as the transaction's snapshot shows it.  A transaction
 * that began before a rollup was made has to mark its cells too.  Making and dropping a
 * rollup sends the table's invalidation, which is taken before the next statement locks the table.
 *
 * Time and tenant are those that the rollup was made of; what becomes of the source
 * afterwards has nothing to do with it.
 */
#include "rollup/capture.h"

#include "access/transam.h"
#include "base/schema.h"
#include "catalog/partition.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* What is remembered of one table. */
typedef struct Entry
{
	Oid relid;			   /* key: a source's table or a partition of it */
	bool valid;			   /* nothing changed since it was read */
	MemoryContext context; /* of the list */
	List *rollups;		   /* AnCaptured * */
} Entry;

static HTAB *entries = NULL;

static void forget(Datum arg, Oid relid);
static void read_entry(Entry *entry);
static AnCaptured *read_one(uint64 row, Oid relid);
static bool calls_function(Node *node, void *context);
static bool is_function_of_user(Oid function, void *context);
static Node *plain_tenant(Node *tenant);

void
an_captured_init(void)
{
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
}

List *
an_captured(Oid relid)
{
	Entry *entry;
	bool found;

	if (entries == NULL)
	{
		HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(Entry)};

		entries = hash_create("analytics captured tables", 16, &control, HASH_ELEM | HASH_BLOBS);
	}
	entry = hash_search(entries, &relid, HASH_ENTER, &found);
	if (!found)
	{
		entry->valid = false;
		entry->context = NULL;
		entry->rollups = NIL;
	}
	if (!entry->valid)
		read_entry(entry);
	return entry->rollups;
}

/* Takes an invalidation of a relation, or of all. */
static void
forget(Datum arg, Oid relid)
{
	HASH_SEQ_STATUS status;
	Entry *entry;

	if (entries == NULL)
		return;
	if (OidIsValid(relid))
	{
		entry = hash_search(entries, &relid, HASH_FIND, NULL);
		if (entry)
			entry->valid = false;
		return;
	}
	hash_seq_init(&status, entries);
	while ((entry = hash_seq_search(&status)) != NULL)
		entry->valid = false;
}

/*
 * Reads the rollups of a table anew.  What was read before may still be in use further up, where a function in an
 * expression changes the table in its turn: it is kept until the transaction ends.
 */
static void
read_entry(Entry *entry)
{
	List *ancestors = get_partition_ancestors(entry->relid);
	Oid source = ancestors ? llast_oid(ancestors) : entry->relid;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "analytics captured table",
												  ALLOCSET_SMALL_SIZES);
	List *rollups = NIL;
	AnUser user = an_user_become(an_catalog_owner(), false);
	Oid relid = entry->relid;
	MemoryContext caller;
	AnSpi spi;
	AnQuery query;

	/* An invalidation that comes while it is read is of something that is not in it. */
	entry->valid = true;
	PG_TRY();
	{
		PushActiveSnapshot(GetLatestSnapshot());
		an_spi_begin(&spi, AN_READ);
		an_query_init(&query);
		appendStringInfo(&query.sql,
						 "SELECT name, capture, at, tenant, granularity, timezone, relation::oid "
						 "FROM analytics.rollups WHERE source_relation::oid = %u "
						 "AND capture <> 'scan' ORDER BY name",
						 source);
		(void) an_query_run(&spi, &query, 0);
		caller = MemoryContextSwitchTo(context);
		for (uint64 i = 0; i < SPI_processed; i++)
			rollups = lappend(rollups, read_one(i, relid));
		MemoryContextSwitchTo(caller);
		an_spi_end(&spi);
		PopActiveSnapshot();
	}
	PG_CATCH();
	{
		entry = hash_search(entries, &relid, HASH_FIND, NULL);
		entry->valid = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
	an_user_restore(user);
	entry = hash_search(entries, &relid, HASH_FIND, NULL);
	MemoryContextSetParent(context, CacheMemoryContext);
	if (entry->context)
		MemoryContextSetParent(entry->context, TopTransactionContext);
	entry->context = context;
	entry->rollups = rollups;
}

static AnCaptured *
read_one(uint64 row, Oid relid)
{
	AnCaptured *captured = palloc0(sizeof(AnCaptured));
	char *tenant = an_spi_text(row, 4);
	bool isnull;
	Oid owner = an_relation_owner(DatumGetObjectId(an_spi_datum(row, 7, &isnull)));
	AnUser user;

	if (!OidIsValid(owner))
		owner = an_relation_owner(relid);
	captured->name = an_spi_text(row, 1);
	captured->trigger = an_capture_parse(an_spi_text(row, 2)) == AN_CAPTURE_TRIGGER;
	/* To read an expression can be to run what a user wrote: a literal may be of a type whose members are checked. */
	user = an_user_become(owner, true);
	captured->at = an_expression_node(an_spi_text(row, 3), relid);
	captured->at_type = getBaseType(exprType(captured->at));
	if (tenant)
		captured->tenant = plain_tenant(an_expression_node(tenant, relid));
	if (captured->tenant)
		captured->tenant_type = getBaseType(exprType(captured->tenant));
	an_user_restore(user);
	captured->calls = calls_function(captured->at, NULL) || calls_function(captured->tenant, NULL);
	captured->width = *DatumGetIntervalP(an_spi_datum(row, 5, &isnull));
	captured->zone = captured->at_type == TIMESTAMPTZOID ? an_spi_text(row, 6) : "UTC";
	return captured;
}

static bool
calls_function(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return check_functions_in_node(node, is_function_of_user, context) ||
		   expression_tree_walker(node, calls_function, context);
}

static bool
is_function_of_user(Oid function, void *context)
{
	return function >= FirstNormalObjectId;
}

/* Returns the expression of a tenant, or NULL where two of the same meaning can differ in text: marks are then of all. */
static Node *
plain_tenant(Node *tenant)
{
	AnRollup rollup = {.tenant.type = getBaseType(exprType(tenant)),
					   .tenant.collation = exprCollation(tenant)};

	return an_rollup_tenant_is_plain(&rollup) ? tenant : NULL;
}
