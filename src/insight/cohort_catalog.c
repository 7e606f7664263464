/*
 * cohort_catalog.c - cohorts in their catalog: found, locked, written, dropped
 */
#include "insight/cohort.h"
#include "insight/insight.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static void find_table(AnCohort *cohort);
static List *cohort_names(AnSpi *spi);
static void check_owner(const AnCohort *cohort);

/* Registers what happens to cohorts when their tables are dropped. */
void
an_insight_init(void)
{
	static const AnSourceDependent dependent = {.dropped = an_cohort_dropped};

	an_source_register(&dependent);
}

AnCohort *
an_cohort_find(AnSpi *spi, const char *name)
{
	AnCohort *cohort = palloc0(sizeof(AnCohort));
	AnQuery query;
	bool isnull;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT relation, query, members FROM analytics.cohorts WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) == 0)
		an_unknown("cohort", name, cohort_names(spi));
	cohort->name = pstrdup(name);
	cohort->relid = DatumGetObjectId(an_spi_datum(0, 1, &isnull));
	cohort->query = an_spi_text(0, 2);
	cohort->members = DatumGetInt64(an_spi_datum(0, 3, &isnull));
	cohort->owner = an_relation_owner(cohort->relid);
	if (OidIsValid(cohort->owner))
		find_table(cohort);
	return cohort;
}

AnCohort *
an_cohort_load(AnSpi *spi, const char *name)
{
	AnCohort *cohort = an_cohort_find(spi, name);

	if (cohort->relation == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("the table with the members of cohort \"%s\" is gone", name),
						errhint("Drop the cohort with drop_cohort and create it again.")));
	if (cohort->column == NULL)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("table \"%s\" can no longer hold the members of cohort \"%s\"",
							   get_rel_name(cohort->relid), name),
						errdetail("It must be a table whose first column is the entity, of type "
								  "text."),
						errhint("Change it back, or drop the cohort with drop_cohort.")));
	return cohort;
}

/*
 * Sets the names of the table and its column: the table is known by identity, the column by its place.
 * A column of another type has no name here; nor has one of a view, which a table can be made into up to
 * PostgreSQL 15, and whose functions would run as whoever reads it.
 */
static void
find_table(AnCohort *cohort)
{
	char *relation = get_rel_name(cohort->relid);
	char *schema = get_namespace_name(get_rel_namespace(cohort->relid));
	char *column = get_attname(cohort->relid, 1, true);

	if (relation == NULL || schema == NULL)
		return;
	cohort->relation = quote_qualified_identifier(schema, relation);
	if (column && get_atttype(cohort->relid, 1) == TEXTOID &&
		get_rel_relkind(cohort->relid) == RELKIND_RELATION)
		cohort->column = pstrdup(quote_identifier(column));
}

static List *
cohort_names(AnSpi *spi)
{
	AnQuery query;
	List *names = NIL;

	an_query_init(&query);
	appendStringInfoString(&query.sql, "SELECT name FROM analytics.cohorts ORDER BY name");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		names = lappend(names, an_spi_text(i, 1));
	return names;
}

static void
check_owner(const AnCohort *cohort)
{
	Oid owner = OidIsValid(cohort->owner) ? cohort->owner : an_catalog_owner();

	if (!has_privs_of_role(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of cohort \"%s\"", cohort->name),
				 errhint("It belongs to \"%s\", who owns the table with its members.",
						 GetUserNameFromId(owner, true) ? GetUserNameFromId(owner, true) : "")));
}

AnCohort *
an_cohort_lock(AnSpi *spi, const char *name, LOCKMODE mode)
{
	AnCohort *cohort = an_cohort_find(spi, name);
	AnUser user;
	AnQuery query;
	Oid relid;

	/* The table first and then the row, in the order of DROP TABLE and our event trigger. */
	do
	{
		check_owner(cohort);
		relid = cohort->relid;
		LockRelationOid(relid, mode);
		cohort = an_cohort_find(spi, name);
	} while (cohort->relid != relid);
	check_owner(cohort);
	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT 1 FROM analytics.cohorts WHERE name = $%d FOR UPDATE",
					 an_query_text(&query, name));
	user = an_user_become(an_catalog_owner(), true);
	(void) an_query_run(spi, &query, 0);
	an_user_restore(user);
	return mode == AccessExclusiveLock ? an_cohort_find(spi, name) : an_cohort_load(spi, name);
}

void
an_cohort_changed(AnSpi *spi, const AnCohort *cohort, const Interval *took)
{
	AnUser user;
	AnQuery query;

	an_query_init(&query);
	appendStringInfoString(
		&query.sql, "UPDATE analytics.cohorts SET members = $2, refreshed_at = $3, took = $4 "
					"WHERE name = $1");
	(void) an_query_text(&query, cohort->name);
	(void) an_query_param(&query, INT8OID, Int64GetDatum(cohort->members), false);
	(void) an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(an_now()), false);
	(void) an_query_param(&query, INTERVALOID, PointerGetDatum(took), took == NULL);
	user = an_user_become(an_catalog_owner(), true);
	(void) an_query_run(spi, &query, 0);
	an_user_restore(user);
}

/*
 * A cohort holds its table as a view would: dropping it, or the entity's column, is
 * refused unless CASCADE, which drops the cohort too.
 */
void
an_cohort_dropped(AnSpi *spi, bool cascade)
{
	AnQuery query;
	uint64 n;
	SPITupleTable *table;

	/* The library can be newer than what is installed in this database. */
	if (!OidIsValid(get_relname_relid("cohorts", get_namespace_oid(AN_SCHEMA, false))))
		return;
	an_query_init(&query);
	appendStringInfoString(
		&query.sql,
		"SELECT c.name, d.object_type || ' ' || d.object_identity "
		"FROM pg_catalog.pg_event_trigger_dropped_objects() d "
		"JOIN analytics.cohorts c ON c.relation::oid = d.objid "
		"WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid IN (0, 1) "
		"ORDER BY c.name");
	n = an_query_run(spi, &query, 0);
	table = SPI_tuptable;
	for (uint64 i = 0; i < n; i++)
	{
		char *name = SPI_getvalue(table->vals[i], table->tupdesc, 1);

		if (!cascade)
			ereport(ERROR,
					(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					 errmsg("cannot drop %s because other objects depend on it",
							SPI_getvalue(table->vals[i], table->tupdesc, 2)),
					 errdetail("Cohort \"%s\" depends on it.", name),
					 errhint("Use drop_cohort, or DROP ... CASCADE to drop the cohort too.")));
		an_query_init(&query);
		appendStringInfo(&query.sql, "DELETE FROM analytics.cohorts WHERE name = $%d",
						 an_query_text(&query, name));
		if (an_query_run(spi, &query, 0) > 0)
			ereport(NOTICE, (errmsg("drop cascades to cohort \"%s\"", name)));
	}
}
