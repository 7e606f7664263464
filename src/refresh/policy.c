/*
 * policy.c - policies: what is refreshed when; added, removed, gone with their relation
 */
#include "refresh/run.h"

#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "source/source.h"

static const AnRefreshKind *find(const char *name, Oid *relid);
static void nothing_found(const char *name) pg_attribute_noreturn();
static void check_owner(Oid relid, const char *what);
static Oid policy_relation(AnSpi *spi, const char *name);
static uint64 policy_of(AnSpi *spi, Oid relid);
static void run_as_owner(AnSpi *spi, AnQuery *query);
static bool any_left(AnSpi *spi);

/* Adds a policy and returns its first run.  Errors: 42704 no such thing, 42501 not its owner, 42710, 22023 schedule or zone. */
AN_SQL(add_refresh_policy)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	char *text = an_arg_required(fcinfo, 1, "schedule");
	pg_tz *zone = an_zone_or_default(an_arg_text(fcinfo, 2));
	const AnRefreshKind *kind;
	AnSchedule schedule;
	TimestampTz next;
	AnQuery query;
	AnSpi spi;
	Oid relid;

	an_schedule_read(text, &schedule);
	if (!an_schedule_after(&schedule, an_zone_cache_create(zone), an_now(), &next))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("schedule \"%s\" has no run after now", an_shown(text))));
	kind = find(name, &relid);
	if (kind == NULL)
		nothing_found(name);
	check_owner(relid, name);
	/* Whoever drops it meanwhile waits, and then finds the policy. */
	LockRelationOid(relid, AccessShareLock);

	an_spi_begin(&spi, AN_WRITE);
	if (kind->label(relid) == NULL)
		nothing_found(name);
	check_owner(relid, name);
	if (policy_of(&spi, relid) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("%s \"%s\" already has a refresh policy", kind->name, an_shown(name)),
				 errhint("Remove it first with remove_refresh_policy.")));
	an_query_init(&query);
	appendStringInfoString(&query.sql, "INSERT INTO analytics.refresh_schedules (relation, kind, "
									   "name, schedule, timezone, next_run) "
									   "VALUES ($1, $2, $3, $4, $5, $6)");
	(void) an_query_param(&query, OIDOID, ObjectIdGetDatum(relid), false);
	(void) an_query_text(&query, kind->name);
	(void) an_query_text(&query, kind->label(relid));
	(void) an_query_text(&query, text);
	(void) an_query_text(&query, pg_get_timezone_name(zone));
	(void) an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(next), false);
	run_as_owner(&spi, &query);
	an_spi_end(&spi);
	an_cron_start();
	PG_RETURN_TIMESTAMPTZ(next);
}

/* Removes a policy.  Errors: 42704 no such policy, 42501 not its owner. */
AN_SQL(remove_refresh_policy)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	AnQuery query;
	AnSpi spi;
	Oid relid, owner;
	bool left;

	if (find(name, &relid) == NULL)
		relid = InvalidOid;
	an_spi_begin(&spi, AN_WRITE);
	if (!OidIsValid(relid) || policy_of(&spi, relid) == 0)
		relid = policy_relation(&spi, name);
	owner = an_relation_owner(relid);
	if (OidIsValid(owner))
		check_owner(relid, name);
	an_query_init(&query);
	appendStringInfo(&query.sql, "DELETE FROM analytics.refresh_schedules WHERE relation = %u",
					 relid);
	run_as_owner(&spi, &query);
	left = any_left(&spi);
	an_spi_end(&spi);
	if (!left)
		an_cron_stop();
	PG_RETURN_VOID();
}

/* Finds what a name stands for, by the kinds one after the other; NULL: nothing. */
static const AnRefreshKind *
find(const char *name, Oid *relid)
{
	ListCell *lc;

	foreach (lc, an_refresh_kinds())
	{
		const AnRefreshKind *kind = lfirst(lc);

		*relid = kind->find(name);
		if (OidIsValid(*relid))
			return kind;
	}
	return NULL;
}

static void
nothing_found(const char *name)
{
	StringInfoData what;
	ListCell *lc;

	initStringInfo(&what);
	foreach (lc, an_refresh_kinds())
		appendStringInfo(&what, "%s%s", foreach_current_index(lc) > 0 ? " or " : "",
						 ((const AnRefreshKind *) lfirst(lc))->name);
	ereport(
		ERROR,
		(errcode(ERRCODE_UNDEFINED_OBJECT),
		 errmsg("%s \"%s\" does not exist", what.data, an_shown(name)),
		 errhint("Give its name as in SQL, with its schema where the search path has it not.")));
}

static void
check_owner(Oid relid, const char *what)
{
	Oid owner = an_relation_owner(relid);

	if (OidIsValid(owner) && !has_privs_of_role(GetUserId(), owner))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("must be owner of \"%s\"", an_shown(what)),
						errhint("It belongs to \"%s\".", GetUserNameFromId(owner, true))));
}

/* Returns the relation of the policy that was added, or is shown, under a name; raises 42704. */
static Oid
policy_relation(AnSpi *spi, const char *name)
{
	AnQuery query;
	List *names = NIL;
	bool isnull;

	/* The view shows what is the caller's: a suggestion names nobody else's. */
	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT relation FROM analytics.refresh_policies WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) > 0)
		return DatumGetObjectId(an_spi_datum(0, 1, &isnull));
	an_query_init(&query);
	appendStringInfoString(&query.sql, "SELECT name FROM analytics.refresh_policies ORDER BY name");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		names = lappend(names, an_spi_text(i, 1));
	an_unknown("refresh policy", name, names);
}

/* Reads the policy of a relation; returns how many there are: 0 or 1. */
static uint64
policy_of(AnSpi *spi, Oid relid)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT 1 FROM analytics.refresh_schedules WHERE relation = %u",
					 relid);
	run_as_owner(spi, &query);
	return SPI_processed;
}

/* Tells whether the caller still has a policy. */
static bool
any_left(AnSpi *spi)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfoString(&query.sql, "SELECT 1 FROM analytics.refresh_policies");
	return an_query_run(spi, &query, 1) > 0;
}

/* Runs a fixed statement as the owner of the catalog. */
static void
run_as_owner(AnSpi *spi, AnQuery *query)
{
	AnUser user = an_user_become(an_catalog_owner(), false);

	(void) an_query_run(spi, query, 0);
	an_user_restore(user);
}

/* A policy goes with its relation, as an index goes with its table. */
void
an_refresh_dropped(AnSpi *spi, bool cascade)
{
	AnQuery query;

	(void) cascade;
	an_query_init(&query);
	appendStringInfoString(&query.sql,
						   "DELETE FROM analytics.refresh_schedules p USING "
						   "pg_catalog.pg_event_trigger_dropped_objects() d "
						   "WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass "
						   "AND d.objsubid = 0 AND d.objid = p.relation::pg_catalog.oid");
	(void) an_query_run(spi, &query, 0);
}
