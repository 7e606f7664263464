/*
 * run.c - one refresh: guarded, timed and recorded
 */
#include "refresh/run.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "source/source.h"

/* Old runs that one run takes out of the history at most: it stays bounded, and none takes long. */
#define PRUNED_AT_ONCE 1000

static List *kinds = NIL;	  /* const AnRefreshKind * of each room that has one */
static int history_days = 30; /* analytics.refresh_history_days */

static void run_guarded(AnRefreshRun *run, Oid role, void (*refresh)(Oid, AnRefreshDone *));
static bool must_end(const ErrorData *error);
static void warn(const AnRefreshRun *run);
static void record(AnSpi *spi, const AnRefreshRun *run);

void
an_refresh_init(void)
{
	static const AnSourceDependent dependent = {.dropped = an_refresh_dropped};

	DefineCustomIntVariable("analytics.refresh_history_days",
							"Days for which the history of refreshes is kept.", NULL, &history_days,
							30, 1, 3650, PGC_SUSET, 0, NULL, NULL, NULL);
	an_source_register(&dependent);
	an_refresh_register(&an_refresh_view_kind);
}

void
an_refresh_register(const AnRefreshKind *kind)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	kinds = lappend(kinds, unconstify(AnRefreshKind *, kind));
	MemoryContextSwitchTo(old);
}

List *
an_refresh_kinds(void)
{
	return kinds;
}

const AnRefreshKind *
an_refresh_kind(const char *name)
{
	ListCell *lc;

	foreach (lc, kinds)
	{
		const AnRefreshKind *kind = lfirst(lc);

		if (strcmp(kind->name, name) == 0)
			return kind;
	}
	return NULL;
}

void
an_refresh_run(AnSpi *spi, AnRefreshRun *run, Oid role, void (*refresh)(Oid, AnRefreshDone *))
{
	run->started = GetCurrentTimestamp();
	run->done = (AnRefreshDone){.rows = -1};
	run->error = NULL;
	run_guarded(run, role, refresh);
	run->took =
		*DatumGetIntervalP(DirectFunctionCall2(timestamp_mi, GetCurrentTimestamp(), run->started));
	if (run->error)
		warn(run);
	record(spi, run);
}

/* Refreshes in a subtransaction; its error is kept in run->error, in the caller's context. */
static void
run_guarded(AnRefreshRun *run, Oid role, void (*refresh)(Oid, AnRefreshDone *))
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner resources = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		/* Not restricted: REFRESH restricts itself for the query, and must be able to make its temporary table before. */
		AnUser user = an_user_become(role, false);

		refresh(run->relid, &run->done);
		an_user_restore(user);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = resources;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		run->error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = resources;
		if (must_end(run->error))
			ReThrowError(run->error);
	}
	PG_END_TRY();
}

/* Tells whether an error is meant for the whole statement: somebody cancelled it, or the server stops. */
static bool
must_end(const ErrorData *error)
{
	return ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION;
}

static void
warn(const AnRefreshRun *run)
{
	const ErrorData *error = run->error;

	ereport(WARNING, (errcode(error->sqlerrcode),
					  errmsg("could not refresh %s %s: %s", run->kind, run->name, error->message),
					  error->detail ? errdetail_internal("%s", error->detail) : 0,
					  error->hint ? errhint("%s", error->hint) : 0));
}

/*
 * Writes a run into the history, and takes out what is older than it is kept; what another
 * transaction is taking out is left to it, which may go on for long.
 */
static void
record(AnSpi *spi, const AnRefreshRun *run)
{
	AnUser user = an_user_become(an_catalog_owner(), false);
	AnQuery query;

	an_query_init(&query);
	appendStringInfoString(
		&query.sql,
		"INSERT INTO analytics.refresh_history (relation, owner, kind, name, started_at, took, "
		"method, rows, sqlstate, error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
	(void) an_query_param(&query, OIDOID, ObjectIdGetDatum(run->relid), false);
	(void) an_query_param(&query, OIDOID, ObjectIdGetDatum(run->owner), false);
	(void) an_query_text(&query, run->kind);
	(void) an_query_text(&query, run->name);
	(void) an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(run->started), false);
	(void) an_query_param(&query, INTERVALOID, IntervalPGetDatum(&run->took), false);
	(void) an_query_text(&query, run->done.method);
	(void) an_query_param(&query, INT8OID, Int64GetDatum(run->done.rows), run->done.rows < 0);
	(void) an_query_text(&query, run->error ? unpack_sql_state(run->error->sqlerrcode) : NULL);
	(void) an_query_text(&query, run->error ? run->error->message : NULL);
	(void) an_query_run(spi, &query, 0);
	an_query_init(&query);
	appendStringInfo(
		&query.sql,
		"DELETE FROM analytics.refresh_history WHERE id IN (SELECT h.id FROM "
		"analytics.refresh_history h WHERE h.started_at < pg_catalog.statement_timestamp() - "
		"pg_catalog.make_interval(days => %d) ORDER BY h.started_at LIMIT %d "
		"FOR UPDATE SKIP LOCKED)",
		history_days, PRUNED_AT_ONCE);
	(void) an_query_run(spi, &query, 0);
	an_user_restore(user);
}
