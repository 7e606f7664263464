/*
 * refresh.c - a rollup brought up to date, in one transaction and one snapshot
 *
 * A refresh locks the rollup's progress, and only then takes the snapshot: so refreshes follow one
 * another, each from where the last one was.  What it stores is that snapshot with the own transaction
 * among those in progress: what this transaction has inserted remains newer.  An error or a crash leaves
 * all as it was.
 */
#include "rollup/work.h"

#include "access/transam.h"
#include "access/xact.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"
#include "utils/xid8.h"

#include "refresh/refresh.h"

static bool lock_rollup(AnSpi *spi, const char *name, bool wait);
static void refuse_new(const char *name) pg_attribute_noreturn();
static bool lock_progress(AnSpi *spi, const char *name, bool wait);
static bool try_lock(AnSpi *spi, const char *name, bool wait);
static AnRollupWork begin_work(AnSpi *spi, const char *name, int64 max_cells);
static void check_frozen(AnSpi *spi, const AnRollup *rollup, const AnRanges *frozen);
static Datum current_snapshot(AnSpi *spi);
static char *unique_key(AnSpi *spi, const AnRollup *rollup);
static bool do_work(AnRollupWork *work);
static void warn_refused(const AnRollupWork *work, const AnRollupMarks *marks);
static void store_progress(AnRollupWork *work, TimestampTz started, const Interval *took);
static Interval time_since(TimestampTz started);
static void add_instant(AnQuery *query, TimestampTz at);

/* Brings a rollup up to date; NULL cells: all of it.  Errors: see an_rollup_refresh; 22023 for no cells. */
AN_SQL(refresh_rollup)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char *name = an_arg_required(fcinfo, 0, "name");
	int64 max_cells = PG_ARGISNULL(1) ? INT64_MAX : PG_GETARG_INT32(1);
	AnRollupDone done;
	Datum values[3];
	bool nulls[3] = {false};

	if (max_cells < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("max_cells is " INT64_FORMAT ", but must be at least 1", max_cells),
						errhint("Leave it out to bring the whole rollup up to date.")));
	done = an_rollup_refresh(name, max_cells, true);
	InitMaterializedSRF(fcinfo, 0);
	values[0] = Int64GetDatum(done.cells);
	values[1] = Int64GetDatum(done.rows);
	values[2] = IntervalPGetDatum(&done.took);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	return (Datum) 0;
}

AnRollupDone
an_rollup_refresh(const char *name, int64 max_cells, bool wait)
{
	TimestampTz started = GetCurrentTimestamp();
	AnRollupDone done = {0};
	AnRollupWork work;
	AnSpi spi;

	PreventCommandIfReadOnly("analytics.refresh_rollup()");
	an_spi_begin(&spi, AN_WRITE);
	if (!lock_rollup(&spi, name, wait))
	{
		an_spi_end(&spi);
		done.skipped = true;
		return done;
	}
	work = begin_work(&spi, name, max_cells);
	done.rebuilt = do_work(&work);
	done.cells = work.cells;
	done.rows = work.rows;
	done.took = time_since(started);
	store_progress(&work, started, &done.took);
	an_spi_end(&spi);
	return done;
}

/*
 * Locks the source, the rollup's table, then its progress, in the order in which a rollup is
 * dropped: nobody waits for a table with the progress locked.  Returns false where another refresh has the progress
 * and is not to be waited for.  Raises 42704, 42501.
 */
static bool
lock_rollup(AnSpi *spi, const char *name, bool wait)
{
	Oid relid, source_relid, owner;
	bool none;
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT relation::oid, source_relation::oid, xmin FROM analytics.rollups "
					 "WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) == 0)
		an_unknown("rollup", name, an_rollup_names(spi));
	relid = DatumGetObjectId(an_spi_datum(0, 1, &none));
	source_relid = DatumGetObjectId(an_spi_datum(0, 2, &none));
	if (IsolationUsesXactSnapshot() &&
		TransactionIdIsCurrentTransactionId(DatumGetTransactionId(an_spi_datum(0, 3, &none))))
		refuse_new(name);
	owner = an_relation_owner(relid);
	if (OidIsValid(owner) && !has_privs_of_role(GetUserId(), owner))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("must be owner of rollup \"%s\"", an_shown(name)),
						errhint("It belongs to \"%s\".", GetUserNameFromId(owner, true))));
	LockRelationOid(source_relid, AccessShareLock);
	LockRelationOid(relid, RowExclusiveLock);
	return lock_progress(spi, name, wait);
}

/*
 * Refuses to refresh a rollup that this transaction has created, in a snapshot from before.  That does not see what
 * others inserted until their tables were locked, and nothing tells that later: it has no transaction and no mark.
 */
static void
refuse_new(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("rollup \"%s\" was created in this transaction", an_shown(name)),
			 errdetail("In isolation level %s the transaction does not see all events that the "
					   "rollup must hold.",
					   IsolationIsSerializable() ? "SERIALIZABLE" : "REPEATABLE READ"),
			 errhint("Refresh it in another transaction.")));
}

/*
 * Locks the progress, which the first refresh makes; returns false where it is locked already, and
 * `wait` is false.  Raises 42704.
 */
static bool
lock_progress(AnSpi *spi, const char *name, bool wait)
{
	AnQuery query;

	if (try_lock(spi, name, wait))
		return true;
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "INSERT INTO analytics.rollup_progress (rollup, identity, seen) "
					 "SELECT r.name, '', pg_catalog.pg_current_snapshot() FROM analytics.rollups r "
					 "WHERE r.name = $%d ON CONFLICT DO NOTHING",
					 an_query_text(&query, name));
	(void) an_work_run_catalog(spi, &query);
	if (try_lock(spi, name, wait))
		return true;
	if (wait)
		an_unknown("rollup", name, an_rollup_names(spi));
	return false;
}

static bool
try_lock(AnSpi *spi, const char *name, bool wait)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT 1 FROM analytics.rollup_progress WHERE rollup = $%d FOR UPDATE%s",
					 an_query_text(&query, name), wait ? "" : " SKIP LOCKED");
	return an_work_run_catalog(spi, &query) > 0;
}

/* Takes the snapshot, and reads in it what is to be refreshed.  Raises 55000 where the rollup is of no use any more. */
static AnRollupWork
begin_work(AnSpi *spi, const char *name, int64 max_cells)
{
	AnRollupWork work = {.spi = spi, .max_cells = max_cells, .now = an_now()};
	AnRollup *rollup;

	work.current = current_snapshot(spi);
	work.rollup = rollup = an_rollup_load_owned(spi, name);
	if (rollup->stale)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rollup \"%s\" does not fit source \"%s\" any more", an_shown(name),
						rollup->source->name),
				 errdetail("The source has another relation, time, zone or tenant than the rollup "
						   "was made of."),
				 errhint("Drop the rollup, and create it again.")));
	work.owner = an_relation_owner(rollup->relid);
	work.binner = an_rollup_binner(rollup);
	work.key = unique_key(spi, rollup);
	an_work_read_frozen(&work);
	work.progress = an_rollup_progress(spi, rollup);
	return work;
}

/*
 * Refuses a snapshot from before a partition was dropped: its events are gone from there too, but that what the
 * rollup holds of them is to stay is known later only.
 */
static void
check_frozen(AnSpi *spi, const AnRollup *rollup, const AnRanges *frozen)
{
	AnSpi latest = *spi;
	AnRanges now;

	latest.mode = AN_READ;
	latest.snapshot = NULL;
	PushActiveSnapshot(GetLatestSnapshot());
	now = an_rollup_frozen(&latest, rollup);
	PopActiveSnapshot();
	if (now.n != frozen->n ||
		(now.n > 0 && (memcmp(now.starts, frozen->starts, now.n * sizeof(TimestampTz)) != 0 ||
					   memcmp(now.ends, frozen->ends, now.n * sizeof(TimestampTz)) != 0)))
		ereport(
			ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not serialize access due to a partition that was dropped or attached"),
			 errhint("Refresh in another transaction.")));
}

/*
 * Has all statements see one snapshot from now on, and returns it as a pg_snapshot in which
 * the own transaction is in progress still, which pg_current_snapshot leaves out.
 */
static Datum
current_snapshot(AnSpi *spi)
{
	uint64 own = U64FromFullTransactionId(GetTopFullTransactionId());
	uint64 xmin, xmax;
	StringInfoData text;
	char *known, *next;
	bool added = false;

	PushActiveSnapshot(an_spi_hold(spi));
	known = DatumGetCString(
		DirectFunctionCall1(pg_snapshot_out, OidFunctionCall0(F_PG_CURRENT_SNAPSHOT)));
	PopActiveSnapshot();
	xmin = strtou64(known, &next, 10);
	xmax = strtou64(next + 1, &next, 10);
	added = own >= xmax;
	initStringInfo(&text);
	appendStringInfo(&text, UINT64_FORMAT ":" UINT64_FORMAT ":", added ? xmin : Min(xmin, own),
					 xmax);
	/* The transactions follow in ascending order. */
	for (const char *separator = ""; *next != '\0' && next[1] != '\0'; separator = ",")
	{
		uint64 xid = strtou64(next + 1, &next, 10);

		if (!added && own < xid)
		{
			appendStringInfo(&text, "%s" UINT64_FORMAT, separator, own);
			separator = ",";
			added = true;
		}
		appendStringInfo(&text, "%s" UINT64_FORMAT, separator, xid);
	}
	if (!added)
		appendStringInfo(&text, "%s" UINT64_FORMAT, text.data[text.len - 1] == ':' ? "" : ",", own);
	return DirectFunctionCall1(pg_snapshot_in, CStringGetDatum(text.data));
}

void
an_work_read_frozen(AnRollupWork *work)
{
	AnRanges frozen = an_rollup_frozen(work->spi, work->rollup);
	AnBinner *binner = work->binner;

	if (IsolationUsesXactSnapshot())
		check_frozen(work->spi, work->rollup, &frozen);
	work->frozen = (AnRanges){0};
	for (int i = 0; i < frozen.n; i++)
	{
		TimestampTz start = frozen.starts[i], end = frozen.ends[i];

		an_ranges_add(&work->frozen,
					  TIMESTAMP_NOT_FINITE(start) ? start : an_bin_start(binner, start),
					  TIMESTAMP_NOT_FINITE(end) ? end : an_bin_end(binner, end - 1));
	}
}

/* Returns the members of the unique index over the cells' keys, separated by commas; raises 55000 without one. */
static char *
unique_key(AnSpi *spi, const AnRollup *rollup)
{
	AnQuery query;
	int n = (rollup->tenant.text ? 2 : 1) + list_length(rollup->dimensions);

	an_query_init(&query);
	appendStringInfo(
		&query.sql,
		"SELECT (SELECT pg_catalog.string_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k, false), "
		"', ' ORDER BY k) FROM pg_catalog.generate_series(1, i.indnkeyatts) k) "
		"FROM pg_catalog.pg_index i WHERE i.indrelid = %u AND i.indisunique AND i.indimmediate "
		"AND i.indisvalid AND i.indpred IS NULL AND i.indnullsnotdistinct AND i.indnkeyatts = %d "
		"ORDER BY i.indexrelid LIMIT 1",
		rollup->relid, n);
	if (an_query_run(spi, &query, 0) == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the table of rollup \"%s\" has lost its unique index",
							   an_shown(rollup->name)),
						errhint("Drop the rollup, and create it again.")));
	return an_spi_text(0, 1);
}

/* Does all steps; returns whether the cells were made from nothing. */
static bool
do_work(AnRollupWork *work)
{
	AnRollupMarks marks = an_rollup_marks(work->spi, work->rollup, NULL);
	bool rebuild = !work->progress.valid || marks.all;

	if (rebuild)
		an_work_clear(work);
	an_work_keep(work);
	if (an_work_fold(work))
		marks = an_rollup_marks(work->spi, work->rollup, NULL);
	if (work->rows > 0)
		an_work_summarize(work);
	if (!rebuild)
		an_work_marks(work, &marks);
	if (rebuild || marks.n + marks.refused > 0)
		an_work_drop_marks(work);
	warn_refused(work, &marks);
	an_work_populate(work);
	return rebuild;
}

/* Warns of marks whose events are gone: what the cells hold stays, and with it what the changes meant. */
static void
warn_refused(const AnRollupWork *work, const AnRollupMarks *marks)
{
	if (marks->refused > 0)
		ereport(
			WARNING,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg_plural("%d marked bucket of rollup \"%s\" is not computed again",
						   "%d marked buckets of rollup \"%s\" are not computed again",
						   marks->refused, marks->refused, an_shown(work->rollup->name)),
			 errdetail("Events of it went with a partition that was dropped or detached, and the "
					   "rollup keeps what it held of them.")));
}

/* Writes how far the rollup is now. */
static void
store_progress(AnRollupWork *work, TimestampTz started, const Interval *took)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfoString(&query.sql,
						   "UPDATE analytics.rollup_progress SET identity = $1, seen = $2, "
						   "covered = $3, horizon = $4, refreshed_at = $5, took = $6, cells = $7, "
						   "rows = $8 WHERE rollup = $9");
	(void) an_query_text(&query, an_rollup_identity(work->rollup));
	(void) an_query_param(&query, PG_SNAPSHOTOID, work->current, false);
	add_instant(&query, work->progress.covered);
	add_instant(&query, work->progress.horizon);
	(void) an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(started), false);
	(void) an_query_param(&query, INTERVALOID, IntervalPGetDatum(took), false);
	(void) an_query_param(&query, INT8OID, Int64GetDatum(work->cells), false);
	(void) an_query_param(&query, INT8OID, Int64GetDatum(work->rows), false);
	(void) an_query_text(&query, work->rollup->name);
	(void) an_work_run_catalog(work->spi, &query);
}

/* Adds an instant as a parameter; the end of time, which means none, as NULL. */
static void
add_instant(AnQuery *query, TimestampTz at)
{
	(void) an_query_param(query, TIMESTAMPTZOID, TimestampTzGetDatum(at), at == DT_NOEND);
}

static Interval
time_since(TimestampTz started)
{
	return *DatumGetIntervalP(DirectFunctionCall2(
		timestamp_mi, TimestampTzGetDatum(GetCurrentTimestamp()), TimestampTzGetDatum(started)));
}
