/*
 * cohort.c - cohorts are created, filled, changed and dropped
 */
#include "insight/cohort.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

static Oid create_table(AnSpi *spi, const char *name, Oid schema);
static void run_utility(AnSpi *spi, char *sql);
static void check_new(AnSpi *spi, const char *name);
static void
insert_row(AnSpi *spi, const char *name, Oid relid, const char *query, const char *description);
static int64
change_members(FunctionCallInfo fcinfo, const char *function, const char *statement, int sign);
static AnCohort *lock_static(AnSpi *spi, const char *name);

/* Creates a cohort: with a query it is dynamic and filled at once.  Errors: 42710 exists, 22023, those of the query. */
AN_SQL(create_cohort)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	char *text = an_arg_text(fcinfo, 1);
	char *description = an_arg_text(fcinfo, 2);
	int64 members = 0;
	AnSpi spi;
	Oid schema;

	PreventCommandIfReadOnly("create_cohort()");
	an_name_check("cohort", name);
	if (text)
		text = an_cohort_check_query(name, text);
	schema = an_creation_schema("the members of a cohort");
	an_spi_begin(&spi, AN_WRITE);
	check_new(&spi, name);
	insert_row(&spi, name, create_table(&spi, name, schema), text, description);
	if (text)
	{
		AnCohort *cohort = an_cohort_lock(&spi, name, ShareUpdateExclusiveLock);

		(void) an_cohort_fill(&spi, cohort);
		members = cohort->members;
	}
	an_spi_end(&spi);
	PG_RETURN_INT64(members);
}

/* Runs the query of a dynamic cohort again.  Errors: 42704, 42501 not the owner, 42809 a static one. */
AN_SQL(refresh_cohort)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AnCohortChange change;
	AnCohort *cohort;
	Datum values[4];
	bool nulls[4] = {false};
	AnSpi spi;

	PreventCommandIfReadOnly("refresh_cohort()");
	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_WRITE);
	(void) an_cohort_load(&spi, name);
	cohort = an_cohort_lock(&spi, name, ShareUpdateExclusiveLock);
	if (cohort->query == NULL)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("cohort \"%s\" is static, it has no query to refresh from", name),
						errhint("Change it with add_to_cohort and remove_from_cohort.")));
	change = an_cohort_fill(&spi, cohort);
	values[0] = Int64GetDatum(cohort->members);
	values[1] = Int64GetDatum(change.added);
	values[2] = Int64GetDatum(change.removed);
	values[3] = IntervalPGetDatum(&change.took);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	an_spi_end(&spi);
	return (Datum) 0;
}

/* Makes entities members of a static cohort; returns how many were not. */
AN_SQL(add_to_cohort)
{
	PG_RETURN_INT64(change_members(fcinfo, "add_to_cohort()",
								   "INSERT INTO %s (%s) SELECT DISTINCT u.e FROM "
								   "pg_catalog.unnest($1) u(e) ORDER BY 1 ON CONFLICT DO NOTHING",
								   1));
}

/* Takes entities out of a static cohort; returns how many were members. */
AN_SQL(remove_from_cohort)
{
	PG_RETURN_INT64(change_members(fcinfo, "remove_from_cohort()",
								   "DELETE FROM %s WHERE %s OPERATOR(pg_catalog.=) ANY ($1)", -1));
}

/* Drops a cohort and the table of its members. */
AN_SQL(drop_cohort)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	AnCohort *cohort;
	AnSpi spi;
	AnQuery query;
	AnUser user;

	PreventCommandIfReadOnly("drop_cohort()");
	an_spi_begin(&spi, AN_WRITE);
	cohort = an_cohort_lock(&spi, name, AccessExclusiveLock);
	an_query_init(&query);
	appendStringInfo(&query.sql, "DELETE FROM analytics.cohorts WHERE name = $%d",
					 an_query_text(&query, name));
	user = an_user_become(an_catalog_owner(), true);
	(void) an_query_run(&spi, &query, 0);
	an_user_restore(user);
	if (cohort->relation)
	{
		user = an_user_become(cohort->owner, true);
		run_utility(&spi, psprintf("DROP TABLE %s", cohort->relation));
		an_user_restore(user);
	}
	an_spi_end(&spi);
	PG_RETURN_VOID();
}

static void
check_new(AnSpi *spi, const char *name)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT 1 FROM analytics.cohorts WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("cohort \"%s\" already exists", name),
				 errhint("Drop it first with drop_cohort, or choose another name.")));
}

/* Makes the table of the members, as the caller. */
static Oid
create_table(AnSpi *spi, const char *name, Oid schema)
{
	char *table = makeObjectName("cohort", name, NULL);
	char *relation;

	for (int i = 1; OidIsValid(get_relname_relid(table, schema)); i++)
		table = makeObjectName("cohort", name, psprintf("%d", i));
	relation = quote_qualified_identifier(get_namespace_name(schema), table);

	run_utility(spi, psprintf("CREATE TABLE %s (entity pg_catalog.text COLLATE "
							  "pg_catalog.\"C\" PRIMARY KEY)",
							  relation));
	run_utility(spi, psprintf("COMMENT ON TABLE %s IS %s", relation,
							  quote_literal_cstr(psprintf("Members of cohort %s", name))));
	return get_relname_relid(table, schema);
}

static void
run_utility(AnSpi *spi, char *sql)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfoString(&query.sql, sql);
	(void) an_query_run(spi, &query, 0);
}

static void
insert_row(AnSpi *spi, const char *name, Oid relid, const char *text, const char *description)
{
	AnQuery query;
	AnUser user;

	an_query_init(&query);
	appendStringInfoString(&query.sql,
						   "INSERT INTO analytics.cohorts (name, relation, query, description, "
						   "members, refreshed_at) VALUES ($1, $2, $3, $4, 0, $5)");
	(void) an_query_text(&query, name);
	(void) an_query_param(&query, REGCLASSOID, ObjectIdGetDatum(relid), false);
	(void) an_query_text(&query, text);
	(void) an_query_text(&query, description);
	(void) an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(an_now()), false);
	user = an_user_become(an_catalog_owner(), true);
	(void) an_query_run(spi, &query, 0);
	an_user_restore(user);
}

/* Runs a statement over the table of a static cohort and the entities of argument 1, as its owner. */
static int64
change_members(FunctionCallInfo fcinfo, const char *function, const char *statement, int sign)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	AnCohort *cohort;
	AnSpi spi;
	AnQuery query;
	AnUser user;
	Datum entities;
	int64 n;

	PreventCommandIfReadOnly(function);
	an_not_null(PG_ARGISNULL(1), "entities");
	entities = an_text_array(an_text_list(PG_GETARG_DATUM(1), "entities"));
	an_spi_begin(&spi, AN_WRITE);
	cohort = lock_static(&spi, name);
	an_query_init(&query);
	appendStringInfo(&query.sql, statement, cohort->relation, cohort->column);
	(void) an_query_param(&query, TEXTARRAYOID, entities, false);
	user = an_user_become(cohort->owner, true);
	n = an_query_run(&spi, &query, 0);
	an_user_restore(user);
	/* Members that came or went by other hands were not counted. */
	cohort->members = Max(cohort->members + sign * n, 0);
	an_cohort_changed(&spi, cohort, NULL);
	an_spi_end(&spi);
	return n;
}

static AnCohort *
lock_static(AnSpi *spi, const char *name)
{
	AnCohort *cohort;

	(void) an_cohort_load(spi, name);
	cohort = an_cohort_lock(spi, name, ShareUpdateExclusiveLock);
	if (cohort->query)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cohort \"%s\" is dynamic, its query says who belongs to it", name),
				 errhint("Change the query's data and call refresh_cohort, or create a static "
						 "cohort.")));
	return cohort;
}
