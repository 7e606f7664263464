/*
 * depend.c - what happens to rollups when what they stand on changes
 *
 * A rollup depends on its source, on its metrics, on the columns that its expressions read, and on its
 * own table and the columns there, as a view would: dropping them is refused unless CASCADE,
 * which drops the rollup; renamed columns are followed.  A metric or a source that
 * is defined anew is not refused: the rollup is then not used, and a NOTICE says so.
 */
#include "rollup/create.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "rollup/use.h"

static bool is_installed(void);
static List *names_of(AnSpi *spi, AnQuery *query);
static List *rollups_of_source(AnSpi *spi, const char *source);
static void source_dropped(AnSpi *spi, const char *source, bool cascade);
static void column_dropped(AnSpi *spi, const char *source, const char *column, bool cascade);
static bool reads_column(AnSpi *spi, const char *rollup, const char *column);
static void column_retyped(AnSpi *spi, const char *source, const char *column);
static void column_renamed(AnSpi *spi, const char *source, const char *old, const char *new);
static void rename_in_rollup(AnSpi *spi, const char *rollup, const char *old, const char *new);
static void rename_in_columns(AnSpi *spi, const char *rollup, const char *old, const char *new);
static void source_altered(AnSpi *spi, const char *source);
static const char *difference(const AnRollup *rollup);
static void table_dropped(AnSpi *spi, bool cascade);
static void table_column_renamed(AnSpi *spi, Oid relid, const char *old, const char *new);
static void metric_dropped(AnSpi *spi, const char *metric, bool cascade);
static void metric_replaced(AnSpi *spi, const char *metric);
static void report_unserved(AnSpi *spi, const char *name, const char *metric);
static bool serves(const AnRollup *rollup, const AnMetricPlan *plan);
static bool plan_has(const AnMetricPlan *plan, const char *metric);

void
an_rollup_depend_init(void)
{
	static const AnSourceDependent of_source = {
		.drop = source_dropped,
		.column_drop = column_dropped,
		.column_rename = column_renamed,
		.column_retype = column_retyped,
		.dropped = table_dropped,
		.altered = source_altered,
		.relation_rename = table_column_renamed,
	};
	static const AnMetricDependent of_metric = {
		.drop = metric_dropped,
		.replaced = metric_replaced,
	};

	an_source_register(&of_source);
	an_metric_register(&of_metric);
}

/* Tells whether the catalog of rollups is there: the library can be newer than what is installed in this database. */
static bool
is_installed(void)
{
	return OidIsValid(get_relname_relid("rollups", get_namespace_oid(AN_SCHEMA, false)));
}

/* Returns the first column of a query's rows, as char *. */
static List *
names_of(AnSpi *spi, AnQuery *query)
{
	List *names = NIL;

	(void) an_query_run(spi, query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		names = lappend(names, an_spi_text(i, 1));
	return names;
}

static List *
rollups_of_source(AnSpi *spi, const char *source)
{
	AnQuery query;

	if (!is_installed())
		return NIL;
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT name FROM analytics.rollups WHERE source = $%d ORDER BY name",
					 an_query_text(&query, source));
	return names_of(spi, &query);
}

static void
source_dropped(AnSpi *spi, const char *source, bool cascade)
{
	List *names = rollups_of_source(spi, source);
	ListCell *lc;

	if (names && !cascade)
		ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
						errmsg("cannot drop source \"%s\" because rollups use it", source),
						errdetail("Rollup \"%s\" uses it.", (char *) linitial(names)),
						errhint("Drop them first with drop_rollup, or use cascade => true.")));
	foreach (lc, names)
		an_rollup_drop(spi, lfirst(lc), true);
}

static void
column_dropped(AnSpi *spi, const char *source, const char *column, bool cascade)
{
	ListCell *lc;

	foreach (lc, rollups_of_source(spi, source))
	{
		if (!reads_column(spi, lfirst(lc), column))
			continue;
		if (!cascade)
			ereport(
				ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop column %s because other objects depend on it", column),
				 errdetail("Rollup \"%s\" of source \"%s\" reads it.", (char *) lfirst(lc), source),
				 errhint("Use DROP ... CASCADE to drop the rollup too.")));
		an_rollup_drop(spi, lfirst(lc), true);
	}
}

/* Tells whether a rollup reads a column of its source: in an expression, or to find newer events. */
static bool
reads_column(AnSpi *spi, const char *rollup, const char *column)
{
	AnQuery query;
	ListCell *lc, *name;

	an_query_init(&query);
	(void) an_query_text(&query, rollup);
	appendStringInfoString(
		&query.sql,
		"SELECT t FROM (SELECT at FROM analytics.rollups WHERE name = $1 UNION ALL "
		"SELECT tenant FROM analytics.rollups WHERE name = $1 UNION ALL "
		"SELECT expression FROM analytics.rollup_columns WHERE rollup = $1 UNION ALL "
		"SELECT filter FROM analytics.rollup_columns WHERE rollup = $1) x(t) WHERE t IS NOT NULL");
	foreach (lc, names_of(spi, &query))
		foreach (name, an_expression_columns(lfirst(lc)))
			if (strcmp(lfirst(name), column) == 0)
				return true;
	if (strcmp(column, AN_XID_COLUMN) != 0)
		return false;
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT 1 FROM analytics.rollups WHERE name = $%d AND capture = 'xid'",
					 an_query_text(&query, rollup));
	return an_query_run(spi, &query, 0) > 0;
}

/* Refuses, as for the columns of a view, another type: values change with it, and nothing would mark the cells. */
static void
column_retyped(AnSpi *spi, const char *source, const char *column)
{
	ListCell *lc;

	foreach (lc, rollups_of_source(spi, source))
		if (reads_column(spi, lfirst(lc), column))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot alter type of a column used by a rollup"),
					 errdetail("Rollup \"%s\" of source \"%s\" reads column \"%s\".",
							   (char *) lfirst(lc), source, column),
					 errhint("Drop the rollup with drop_rollup, and create it again after.")));
}

static void
column_renamed(AnSpi *spi, const char *source, const char *old, const char *new)
{
	ListCell *lc;

	foreach (lc, rollups_of_source(spi, source))
		if (reads_column(spi, lfirst(lc), old))
		{
			if (strcmp(old, AN_XID_COLUMN) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("cannot rename column \"%s\" of a table whose changes "
								"rollups learn of",
								old),
						 errdetail("Rollup \"%s\" of source \"%s\" finds newer events by it.",
								   (char *) lfirst(lc), source)));
			rename_in_rollup(spi, lfirst(lc), old, new);
			rename_in_columns(spi, lfirst(lc), old, new);
		}
}

/* Follows a renamed column in the time and the tenant that a rollup was made of. */
static void
rename_in_rollup(AnSpi *spi, const char *rollup, const char *old, const char *new)
{
	AnQuery query, update;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT at, tenant FROM analytics.rollups WHERE name = $%d",
					 an_query_text(&query, rollup));
	if (an_query_run(spi, &query, 0) == 0)
		return;
	an_query_init(&update);
	(void) an_query_text(&update, rollup);
	(void) an_query_text(&update, an_expression_renamed(an_spi_text(0, 1), old, new));
	(void) an_query_text(&update, an_expression_renamed(an_spi_text(0, 2), old, new));
	appendStringInfoString(&update.sql,
						   "UPDATE analytics.rollups SET at = $2, tenant = $3 WHERE name = $1");
	(void) an_query_run(spi, &update, 0);
}

/* Follows it in dimensions and partial states. */
static void
rename_in_columns(AnSpi *spi, const char *rollup, const char *old, const char *new)
{
	AnQuery query;
	SPITupleTable *table;
	uint64 n;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT position, expression, filter FROM analytics.rollup_columns "
					 "WHERE rollup = $%d",
					 an_query_text(&query, rollup));
	n = an_query_run(spi, &query, 0);
	table = SPI_tuptable;
	for (uint64 i = 0; i < n; i++)
	{
		AnQuery update;
		bool isnull;

		an_query_init(&update);
		(void) an_query_text(&update, rollup);
		(void) an_query_param(&update, INT4OID,
							  SPI_getbinval(table->vals[i], table->tupdesc, 1, &isnull), false);
		(void) an_query_text(
			&update,
			an_expression_renamed(SPI_getvalue(table->vals[i], table->tupdesc, 2), old, new));
		(void) an_query_text(
			&update,
			an_expression_renamed(SPI_getvalue(table->vals[i], table->tupdesc, 3), old, new));
		appendStringInfoString(&update.sql,
							   "UPDATE analytics.rollup_columns SET expression = $3, filter = $4 "
							   "WHERE rollup = $1 AND position = $2");
		(void) an_query_run(spi, &update, 0);
	}
}

/* Says which rollups a source that was changed can no longer use. */
static void
source_altered(AnSpi *spi, const char *source)
{
	ListCell *lc;

	if (rollups_of_source(spi, source) == NIL)
		return;
	foreach (lc, an_rollups_of(spi, an_source_load(spi, source)))
	{
		const AnRollup *rollup = lfirst(lc);
		const char *what = difference(rollup);

		if (what)
			ereport(NOTICE,
					(errmsg("rollup \"%s\" is no longer used", rollup->name),
					 errdetail("Source \"%s\" has another %s than it was made of.", source, what),
					 errhint("Drop the rollup and create it again.")));
		else
			report_unserved(spi, rollup->name, NULL);
	}
}

/* Returns what of the source is no longer as the rollup was made of, or NULL. */
static const char *
difference(const AnRollup *rollup)
{
	if (rollup->source->relid != rollup->source_relid)
		return "relation";
	if (an_rollup_clock_differs(rollup))
		return "time zone";
	return rollup->stale ? "time or tenant" : NULL;
}

/* A rollup holds its table and the columns of it as a view would. */
static void
table_dropped(AnSpi *spi, bool cascade)
{
	AnQuery query;
	uint64 n;
	SPITupleTable *table;

	if (!is_installed())
		return;
	an_query_init(&query);
	appendStringInfoString(
		&query.sql,
		"SELECT DISTINCT ON (r.name) r.name, d.object_type || ' ' || d.object_identity "
		"FROM pg_catalog.pg_event_trigger_dropped_objects() d "
		"JOIN analytics.rollups r ON r.relation::oid = d.objid "
		"WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND (d.objsubid = 0 OR "
		"d.address_names[3] IN ('bucket', 'tenant') OR EXISTS (SELECT FROM "
		"analytics.rollup_columns c WHERE c.rollup = r.name AND c.column_name = "
		"d.address_names[3])) ORDER BY r.name, d.objsubid");
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
					 errdetail("Rollup \"%s\" depends on it.", name),
					 errhint("Use drop_rollup, or DROP ... CASCADE to drop the rollup too.")));
		an_rollup_drop(spi, name, true);
	}
}

/* Follows a renamed column of a rollup's own table; bucket and tenant keep their names. */
static void
table_column_renamed(AnSpi *spi, Oid relid, const char *old, const char *new)
{
	AnQuery query;
	List *names;

	if (!is_installed())
		return;
	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT name FROM analytics.rollups WHERE relation::oid = %u",
					 relid);
	names = names_of(spi, &query);
	if (names == NIL)
		return;
	if (strcmp(old, "bucket") == 0 || strcmp(old, "tenant") == 0)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("column \"%s\" of rollup \"%s\" cannot be renamed", old,
							   (char *) linitial(names)),
						errhint("Make a view over the table with the names that you want.")));
	an_query_init(&query);
	(void) an_query_text(&query, linitial(names));
	(void) an_query_text(&query, old);
	(void) an_query_text(&query, new);
	appendStringInfoString(&query.sql, "UPDATE analytics.rollup_columns SET column_name = $3 "
									   "WHERE rollup = $1 AND column_name = $2");
	(void) an_query_run(spi, &query, 0);
}

static void
metric_dropped(AnSpi *spi, const char *metric, bool cascade)
{
	List *names;
	ListCell *lc;
	AnQuery query;

	if (!is_installed())
		return;
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT name FROM analytics.rollups WHERE $%d = ANY (metrics) ORDER BY name",
					 an_query_text(&query, metric));
	names = names_of(spi, &query);
	if (names && !cascade)
		ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
						errmsg("cannot drop metric \"%s\" because rollups use it", metric),
						errdetail("Rollup \"%s\" keeps it.", (char *) linitial(names)),
						errhint("Drop them first with drop_rollup, or use cascade => true.")));
	foreach (lc, names)
		an_rollup_drop(spi, lfirst(lc), true);
}

static void
metric_replaced(AnSpi *spi, const char *metric)
{
	AnQuery query;
	ListCell *lc;

	if (!is_installed())
		return;
	an_query_init(&query);
	appendStringInfoString(&query.sql, "SELECT name FROM analytics.rollups ORDER BY name");
	foreach (lc, names_of(spi, &query))
		report_unserved(spi, lfirst(lc), metric);
}

/* Says which metrics of a rollup it does not hold the states of: those that stand on `metric`, or for NULL any. */
static void
report_unserved(AnSpi *spi, const char *name, const char *metric)
{
	AnRollup *rollup = NULL;
	AnQuery query;
	ListCell *lc;

	an_query_init(&query);
	(void) an_query_text(&query, name);
	(void) an_query_text(&query, metric);
	appendStringInfoString(&query.sql,
						   "SELECT m FROM analytics.rollups r, pg_catalog.unnest(r.metrics) m "
						   "WHERE r.name = $1 AND ($2 IS NULL OR m = $2 OR EXISTS (SELECT FROM "
						   "analytics.metrics f WHERE f.name = m AND f.formula IS NOT NULL))");
	foreach (lc, names_of(spi, &query))
	{
		AnMetricPlan *plan = an_metric_load(spi, lfirst(lc));

		if (metric && !plan_has(plan, metric))
			continue;
		if (rollup == NULL)
			rollup = an_rollup_load(spi, name);
		if (!serves(rollup, plan))
			ereport(NOTICE, (errmsg("rollup \"%s\" no longer serves metric \"%s\"", rollup->name,
									(char *) lfirst(lc)),
							 errdetail("It keeps what the definition before was computed of."),
							 errhint("Drop the rollup and create it again.")));
	}
}

/* Tells whether a rollup holds all that a metric is computed of. */
static bool
serves(const AnRollup *rollup, const AnMetricPlan *plan)
{
	for (int i = 0; i < plan->n_metrics; i++)
	{
		const AnMetric *metric = plan->metrics[i];

		if (metric->kind != AN_METRIC_FORMULA &&
			(strcmp(metric->source->name, rollup->source->name) != 0 ||
			 !an_rollup_has_metric(rollup, metric)))
			return false;
	}
	return true;
}

static bool
plan_has(const AnMetricPlan *plan, const char *metric)
{
	for (int i = 0; i < plan->n_metrics; i++)
		if (strcmp(plan->metrics[i]->name, metric) == 0)
			return true;
	return false;
}
