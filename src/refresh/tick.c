/*
 * tick.c - runs what is due, once each
 *
 * What is due is what the caller may run of the policies whose next run has come, by
 * analytics.now where that is set.  Runs that were missed are one run.  An advisory lock
 * on the relation keeps two ticks from one policy: the second passes it by.
 */
#include "refresh/run.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "source/source.h"

/* First key of our advisory locks, "anrf"; the second is the relation. */
#define LOCK_KEY 0x616e7266

/* A policy that is due. */
typedef struct Due
{
	char *kind;		/* name of its kind */
	char *name;		/* as it was added */
	char *schedule; /* its schedule */
	char *timezone; /* the zone of it */
} Due;

static List *due_relations(AnSpi *spi);
static bool run_policy(AnSpi *spi, Oid relid);
static bool claim(AnSpi *spi, Oid relid, Due *due);
static bool run_due(AnSpi *spi, Oid relid, const Due *due);
static void refresh_unknown(Oid relid, AnRefreshDone *done);
static void finish(AnSpi *spi, const Due *due, const AnRefreshRun *run);
static TimestampTz next_of(const Due *due);

/* Runs the policies of the caller that are due, and returns how many those were. */
AN_SQL(tick)
{
	int32 n = 0;
	ListCell *lc;
	AnSpi spi;

	PreventCommandIfReadOnly("analytics.tick()");
	an_spi_begin(&spi, AN_WRITE);
	foreach (lc, an_refresh_order(&spi, due_relations(&spi)))
		if (run_policy(&spi, lfirst_oid(lc)))
			n++;
	an_spi_end(&spi);
	PG_RETURN_INT32(n);
}

/* Returns the relations of the caller's policies that are due. */
static List *
due_relations(AnSpi *spi)
{
	AnQuery query;
	List *relids = NIL;
	bool isnull;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT relation FROM analytics.refresh_policies WHERE next_run <= $%d",
					 an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(an_now()), false));
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		relids = lappend_oid(relids, DatumGetObjectId(an_spi_datum(i, 1, &isnull)));
	return relids;
}

/* Runs one policy unless somebody else does, or did; returns whether it ran. */
static bool
run_policy(AnSpi *spi, Oid relid)
{
	Due due;

	if (!DatumGetBool(DirectFunctionCall2(pg_try_advisory_xact_lock_int4, Int32GetDatum(LOCK_KEY),
										  Int32GetDatum((int32) relid))))
		return false;
	return claim(spi, relid, &due) && run_due(spi, relid, &due);
}

/* Reads a policy, with the lock held, and tells whether it is due still and the caller's still. */
static bool
claim(AnSpi *spi, Oid relid, Due *due)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT kind, name, schedule, timezone FROM analytics.refresh_policies "
					 "WHERE relation = %u AND next_run <= $%d",
					 relid,
					 an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(an_now()), false));
	if (an_query_run(spi, &query, 0) == 0)
		return false;
	due->kind = an_spi_text(0, 1);
	due->name = an_spi_text(0, 2);
	due->schedule = an_spi_text(0, 3);
	due->timezone = an_spi_text(0, 4);
	return true;
}

/*
 * Runs a policy; false where its relation has been dropped meanwhile.  The relation is not locked
 * here but by the refresh, at once in the mode that it needs: two that each held a weaker lock
 * first would wait for each other.  The policy's row is locked after it, as DROP does.
 */
static bool
run_due(AnSpi *spi, Oid relid, const Due *due)
{
	const AnRefreshKind *kind = an_refresh_kind(due->kind);
	AnRefreshRun run = {.relid = relid,
						.owner = an_relation_owner(relid),
						.kind = due->kind,
						.name = kind ? kind->label(relid) : NULL};

	if (!OidIsValid(run.owner))
		return false;
	if (run.name == NULL)
		run.name = due->name;
	an_refresh_run(spi, &run, run.owner, kind ? kind->run : refresh_unknown);
	finish(spi, due, &run);
	return true;
}

/* Refreshes a kind that this version of the library does not have. */
static void
refresh_unknown(Oid relid, AnRefreshDone *done)
{
	(void) relid;
	(void) done;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("this version of analytics cannot refresh it"),
			 errhint("Update the library, or remove the policy with remove_refresh_policy.")));
}

/* Writes into the catalog what came of a run, and when the next one is. */
static void
finish(AnSpi *spi, const Due *due, const AnRefreshRun *run)
{
	TimestampTz next = next_of(due);
	AnUser user;
	AnQuery query;

	an_query_init(&query);
	appendStringInfoString(&query.sql,
						   "UPDATE analytics.refresh_schedules SET next_run = $2, last_run = $3, "
						   "took = $4, method = $5, error = $6, name = $7 WHERE relation = $1");
	(void) an_query_param(&query, OIDOID, ObjectIdGetDatum(run->relid), false);
	(void) an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(next), false);
	(void) an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(an_now()), false);
	(void) an_query_param(&query, INTERVALOID, IntervalPGetDatum(&run->took), false);
	(void) an_query_text(&query, run->done.method);
	(void) an_query_text(&query, run->error ? run->error->message : NULL);
	(void) an_query_text(&query, run->name);
	user = an_user_become(an_catalog_owner(), false);
	(void) an_query_run(spi, &query, 0);
	an_user_restore(user);
}

/*
 * Returns the run that follows: after now, so what was missed is not made up for again.  A
 * schedule or zone that is no longer understood, after a restore on another system, does
 * not keep the other policies from running: it is tried again in a day.
 */
static TimestampTz
next_of(const Due *due)
{
	AnSchedule schedule;
	AnScheduleError error = {0};
	TimestampTz next;
	pg_tz *zone = pg_tzset(due->timezone);

	if (zone == NULL ||
		an_schedule_parse(due->schedule, strlen(due->schedule), &schedule, &error) != AN_OK)
	{
		ereport(WARNING,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("schedule \"%s\" in time zone \"%s\" of %s is not understood",
						due->schedule, due->timezone, due->name),
				 errhint("Remove the policy with remove_refresh_policy and add it again.")));
		return an_now() + USECS_PER_DAY;
	}
	return an_schedule_after(&schedule, an_zone_cache_create(zone), an_now(), &next) ? next
																					 : DT_NOEND;
}
