/*
 * view.c - materialized views: one or several refreshed, concurrently where that can be
 */
#include "refresh/run.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"
#include "utils/varlena.h"

static Oid find_view(const char *name);
static char *view_label(Oid relid);
static void run_view(Oid relid, AnRefreshDone *done);
static void run_view_plain(Oid relid, AnRefreshDone *done);
static void check_view(Oid relid);
static void refresh_all(FunctionCallInfo fcinfo, List *relids, bool concurrently);
static void put_row(ReturnSetInfo *rsinfo, const AnRefreshRun *run);
static List *views_of_caller(AnSpi *spi);
static List *view_array(ArrayType *array);
static const char *why_not_concurrently(Oid relid);
static bool has_unique_index(Oid relid);
static int64 execute_refresh(Oid relid, bool concurrently);

const AnRefreshKind an_refresh_view_kind = {
	.name = "materialized view",
	.find = find_view,
	.label = view_label,
	.run = run_view,
};

/* Refreshes one materialized view.  Errors: 42809 something else, 42501; what the refresh raises becomes a warning. */
AN_SQL(refresh_view)
{
	an_not_null(PG_ARGISNULL(0), "view");
	an_not_null(PG_ARGISNULL(1), "concurrently");
	refresh_all(fcinfo, list_make1_oid(PG_GETARG_OID(0)), PG_GETARG_BOOL(1));
	return (Datum) 0;
}

/* Refreshes materialized views, all of the caller's for NULL, each after those that it reads. */
AN_SQL(refresh_views)
{
	List *relids = NIL;

	an_not_null(PG_ARGISNULL(1), "concurrently");
	if (PG_ARGISNULL(0))
	{
		AnSpi spi;
		MemoryContext old;

		an_spi_begin(&spi, AN_READ);
		relids = views_of_caller(&spi);
		old = MemoryContextSwitchTo(spi.caller);
		relids = list_copy(relids);
		MemoryContextSwitchTo(old);
		an_spi_end(&spi);
	}
	else
		relids = view_array(PG_GETARG_ARRAYTYPE_P(0));
	refresh_all(fcinfo, relids, PG_GETARG_BOOL(1));
	return (Datum) 0;
}

/* Returns the members of a regclass[], each once. */
static List *
view_array(ArrayType *array)
{
	List *relids = NIL;
	Datum *elements;
	bool *nulls;
	int n;

	deconstruct_array(array, REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		an_not_null(nulls[i], "views");
		relids = list_append_unique_oid(relids, DatumGetObjectId(elements[i]));
	}
	return relids;
}

/* Refreshes views as the caller, a row of the result for each. */
static void
refresh_all(FunctionCallInfo fcinfo, List *relids, bool concurrently)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell *lc;
	AnSpi spi;

	PreventCommandIfReadOnly("a refresh");
	foreach (lc, relids)
		check_view(lfirst_oid(lc));
	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_WRITE);
	foreach (lc, an_refresh_order(&spi, relids))
	{
		Oid relid = lfirst_oid(lc);
		AnRefreshRun run = {.relid = relid,
							.owner = an_relation_owner(relid),
							.kind = an_refresh_view_kind.name,
							.name = view_label(relid)};
		const char *why = concurrently ? why_not_concurrently(relid) : NULL;

		/* Dropped since its rights were checked. */
		if (run.name == NULL)
			continue;
		if (why)
			ereport(NOTICE,
					(errmsg("materialized view %s is refreshed plain, and cannot be read meanwhile",
							run.name),
					 errdetail("%s", why)));
		an_refresh_run(&spi, &run, GetUserId(), concurrently ? run_view : run_view_plain);
		put_row(rsinfo, &run);
	}
	an_spi_end(&spi);
}

/* Raises 42809 and 42501. */
static void
check_view(Oid relid)
{
	char kind = get_rel_relkind(relid);
	char *name;

	if (kind == '\0')
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relid)));
	name = get_rel_name(relid);
	if (kind != RELKIND_MATVIEW)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" is not a materialized view", name)));
	if (!an_compat_may_refresh(relid, an_relation_owner(relid)))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("permission denied to refresh materialized view \"%s\"", name),
						errhint("It belongs to \"%s\".",
								GetUserNameFromId(an_relation_owner(relid), true))));
}

static void
put_row(ReturnSetInfo *rsinfo, const AnRefreshRun *run)
{
	Datum values[5];
	bool nulls[5] = {false};

	values[0] = ObjectIdGetDatum(run->relid);
	nulls[1] = run->done.method == NULL;
	values[1] = nulls[1] ? (Datum) 0 : CStringGetTextDatum(run->done.method);
	nulls[2] = run->done.rows < 0;
	values[2] = Int64GetDatum(run->done.rows);
	values[3] = IntervalPGetDatum(&run->took);
	nulls[4] = run->error == NULL;
	values[4] = nulls[4] ? (Datum) 0 : CStringGetTextDatum(run->error->message);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Returns the materialized views that the caller may refresh as their owner. */
static List *
views_of_caller(AnSpi *spi)
{
	AnQuery query;
	List *relids = NIL;
	bool isnull;

	an_query_init(&query);
	appendStringInfoString(&query.sql,
						   "SELECT oid FROM pg_catalog.pg_class WHERE relkind = 'm' AND "
						   "pg_catalog.pg_has_role(relowner, 'USAGE') ORDER BY oid");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		relids = lappend_oid(relids, DatumGetObjectId(an_spi_datum(i, 1, &isnull)));
	return relids;
}

/*
 * What reads another, through however many views, reads all that the other reads and
 * the other itself: so it reads more, and the number of what is read gives the order.
 */
List *
an_refresh_order(AnSpi *spi, List *relids)
{
	AnQuery query;
	List *ordered = NIL;
	Datum *elements = palloc(Max(list_length(relids), 1) * sizeof(Datum));
	ListCell *lc;
	bool isnull;

	foreach (lc, relids)
		elements[foreach_current_index(lc)] = ObjectIdGetDatum(lfirst_oid(lc));
	an_query_init(&query);
	appendStringInfoString(
		&query.sql,
		"WITH RECURSIVE reads AS (SELECT DISTINCT w.ev_class AS reader, d.refobjid AS relation "
		"FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d "
		"ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid "
		"AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass "
		"AND d.refobjid <> w.ev_class), "
		"reach AS (SELECT u.relid AS root, u.relid AS relation "
		"FROM pg_catalog.unnest($1) u(relid) UNION "
		"SELECT h.root, r.relation FROM reach h JOIN reads r ON r.reader = h.relation) "
		"SELECT h.root FROM reach h JOIN pg_catalog.pg_class c ON c.oid = h.root "
		"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		"GROUP BY h.root, n.nspname, c.relname "
		"ORDER BY pg_catalog.count(*), n.nspname, c.relname");
	(void) an_query_param(&query, OIDARRAYOID,
						  PointerGetDatum(construct_array(elements, list_length(relids), OIDOID,
														  sizeof(Oid), true, TYPALIGN_INT)),
						  false);
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		ordered = lappend_oid(ordered, DatumGetObjectId(an_spi_datum(i, 1, &isnull)));
	return ordered;
}

/* Finds a materialized view by its name, with its schema or on the search path; any text may be asked for. */
static Oid
find_view(const char *name)
{
	List *names;
	Oid relid;

	if (!SplitIdentifierString(pstrdup(name), '.', &names) || list_length(names) < 1 ||
		list_length(names) > 2)
		return InvalidOid;
	relid = RangeVarGetRelid(
		makeRangeVar(list_length(names) == 2 ? linitial(names) : NULL, llast(names), -1), NoLock,
		true);
	return OidIsValid(relid) && get_rel_relkind(relid) == RELKIND_MATVIEW ? relid : InvalidOid;
}

static char *
view_label(Oid relid)
{
	char *name = get_rel_name(relid);
	char *schema = name ? get_namespace_name(get_rel_namespace(relid)) : NULL;

	return schema ? quote_qualified_identifier(schema, name) : NULL;
}

/* Refreshes a view concurrently where that can be, else plain. */
static void
run_view(Oid relid, AnRefreshDone *done)
{
	bool concurrently = why_not_concurrently(relid) == NULL;

	/* At once the lock that is needed; and what is decided with it held remains so until it is done. */
	LockRelationOid(relid, concurrently ? ExclusiveLock : AccessExclusiveLock);
	concurrently = why_not_concurrently(relid) == NULL;
	done->method = concurrently ? "concurrently" : "plain";
	done->rows = execute_refresh(relid, concurrently);
}

static void
run_view_plain(Oid relid, AnRefreshDone *done)
{
	done->method = "plain";
	LockRelationOid(relid, AccessExclusiveLock);
	done->rows = execute_refresh(relid, false);
}

/* Returns a sentence that says why a view cannot be refreshed concurrently, or NULL. */
static const char *
why_not_concurrently(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool populated;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	populated = ((Form_pg_class) GETSTRUCT(tuple))->relispopulated;
	ReleaseSysCache(tuple);
	if (!populated)
		return "It has not been populated before.";
	return has_unique_index(relid) ? NULL
								   : "It has no unique index over columns alone and over all rows, "
									 "by which rows could be told apart.";
}

/* Tells whether REFRESH ... CONCURRENTLY finds an index that it can use. */
static bool
has_unique_index(Oid relid)
{
	AnSpi spi;
	AnQuery query;
	bool found;

	an_spi_begin(&spi, AN_WRITE);
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT 1 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = "
					 "i.indexrelid JOIN pg_catalog.pg_am a ON a.oid = c.relam "
					 "WHERE i.indrelid = %u AND i.indisunique AND i.indimmediate AND i.indisvalid "
					 "AND i.indpred IS NULL AND 0 <> ALL (i.indkey) AND a.amname = 'btree'",
					 relid);
	found = an_query_run(&spi, &query, 1) > 0;
	an_spi_end(&spi);
	return found;
}

/*
 * Runs REFRESH MATERIALIZED VIEW on a view that is locked, and returns the number of its rows.  The
 * snapshot is taken now, with the lock held: a refresh that waited for another brings no older rows.
 */
static int64
execute_refresh(Oid relid, bool concurrently)
{
	RefreshMatViewStmt *statement = makeNode(RefreshMatViewStmt);
	PlannedStmt *planned = makeNode(PlannedStmt);
	char *name = view_label(relid);
	QueryCompletion completion;

	if (name == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relid)));
	statement->concurrent = concurrently;
	statement->relation =
		makeRangeVar(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid), -1);
	planned->commandType = CMD_UTILITY;
	planned->canSetTag = true;
	planned->utilityStmt = (Node *) statement;
	planned->stmt_location = -1;
	InitializeQueryCompletion(&completion);
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	ProcessUtility(
		planned,
		psprintf("REFRESH MATERIALIZED VIEW %s%s", concurrently ? "CONCURRENTLY " : "", name),
		false, PROCESS_UTILITY_QUERY, NULL, NULL, None_Receiver, &completion);
	PopActiveSnapshot();
	CommandCounterIncrement();
	return (int64) completion.nprocessed;
}
