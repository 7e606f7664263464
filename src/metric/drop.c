/*
 * drop.c - metrics are dropped: by name, with their source, with a column that they read
 */
#include "metric/metric.h"
#include "metric/metric_private.h"

#include "utils/memutils.h"

static List *dependents = NIL; /* const AnMetricDependent * of each higher room */

static List *users_of(AnSpi *spi, const char *name);
static void drop_metric(AnSpi *spi, const char *name, bool cascade, bool notice);
static List *metrics_of(AnSpi *spi, const char *source);
static bool reads_column(const AnMetricRow *row, const char *column);
static void source_dropped(AnSpi *spi, const char *source, bool cascade);
static void column_dropped(AnSpi *spi, const char *source, const char *column, bool cascade);
static void column_renamed(AnSpi *spi, const char *source, const char *old, const char *new);

/* Drops a metric; refused while formulas use it unless cascade. */
AN_SQL(drop_metric)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	AnSpi spi;

	an_spi_begin(&spi, AN_WRITE);
	drop_metric(&spi, name, !PG_ARGISNULL(1) && PG_GETARG_BOOL(1), false);
	an_spi_end(&spi);
	PG_RETURN_VOID();
}

void
an_metric_init(void)
{
	static const AnSourceDependent dependent = {
		.drop = source_dropped,
		.column_drop = column_dropped,
		.column_rename = column_renamed,
	};

	an_source_register(&dependent);
}

void
an_metric_register(const AnMetricDependent *dependent)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	dependents = lappend(dependents, unconstify(AnMetricDependent *, dependent));
	MemoryContextSwitchTo(old);
}

void
an_metric_dependents_replaced(AnSpi *spi, const char *metric)
{
	ListCell *lc;

	foreach (lc, dependents)
		((const AnMetricDependent *) lfirst(lc))->replaced(spi, metric);
}

/* Lists the formulas (char *) that name a metric directly. */
static List *
users_of(AnSpi *spi, const char *name)
{
	AnFormula *formula = palloc(sizeof(AnFormula));
	AnQuery query;
	List *users = NIL;

	an_query_init(&query);
	appendStringInfoString(
		&query.sql,
		"SELECT name, formula FROM analytics.metrics WHERE formula IS NOT NULL ORDER BY name");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char *text = an_spi_text(i, 2);
		AnFormulaError error;

		if (an_formula_parse(text, strlen(text), formula, &error) != AN_OK)
			continue;
		for (int k = 0; k < an_formula_n_names(formula); k++)
		{
			int offset, length;

			an_formula_name(formula, k, &offset, &length);
			if (strlen(name) == length && memcmp(text + offset, name, length) == 0)
				users = lappend(users, an_spi_text(i, 1));
		}
	}
	return users;
}

/* Drops one metric, with `cascade` the formulas above it too. */
static void
drop_metric(AnSpi *spi, const char *name, bool cascade, bool notice)
{
	List *users;
	ListCell *lc;
	AnQuery query;

	/* Wait for whoever is defining a formula over it, then look who uses it. */
	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT 1 FROM analytics.metrics WHERE name = $%d FOR UPDATE",
					 an_query_text(&query, name));
	(void) an_query_run(spi, &query, 0);
	users = users_of(spi, name);
	if (users && !cascade)
		ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
						errmsg("cannot drop metric \"%s\" because formulas use it", name),
						errdetail("Metric \"%s\" uses it.", (char *) linitial(users)),
						errhint("Drop it first, or use cascade => true.")));
	foreach (lc, dependents)
		((const AnMetricDependent *) lfirst(lc))->drop(spi, name, cascade);
	/* It goes before what uses it: formulas that use each other, put there by hand, then come to an end. */
	an_query_init(&query);
	appendStringInfo(&query.sql, "DELETE FROM analytics.metrics WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) == 0)
	{
		if (!notice)
			an_unknown("metric", name, an_metric_names(spi));
		return;
	}
	foreach (lc, users)
		drop_metric(spi, lfirst(lc), true, true);
	if (notice)
		ereport(NOTICE, (errmsg("drop cascades to metric \"%s\"", name)));
}

/* Returns the names (char *) of the metrics of a source. */
static List *
metrics_of(AnSpi *spi, const char *source)
{
	AnQuery query;
	List *names = NIL;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT name FROM analytics.metrics WHERE source = $%d ORDER BY name",
					 an_query_text(&query, source));
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		names = lappend(names, an_spi_text(i, 1));
	return names;
}

static void
source_dropped(AnSpi *spi, const char *source, bool cascade)
{
	List *names = metrics_of(spi, source);
	ListCell *lc;

	if (names && !cascade)
		ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
						errmsg("cannot drop source \"%s\" because metrics use it", source),
						errdetail("Metric \"%s\" uses it.", (char *) linitial(names)),
						errhint("Drop them first, or use cascade => true.")));
	foreach (lc, names)
		drop_metric(spi, lfirst(lc), true, true);
}

/* Tells whether any expression of a metric reads a column. */
static bool
reads_column(const AnMetricRow *row, const char *column)
{
	List *texts = list_copy(row->dimension_expressions);
	ListCell *lc, *name;

	if (row->expression)
		texts = lappend(texts, row->expression);
	if (row->filter)
		texts = lappend(texts, row->filter);
	foreach (lc, texts)
		foreach (name, an_expression_columns(lfirst(lc)))
			if (strcmp(lfirst(name), column) == 0)
				return true;
	return false;
}

static void
column_dropped(AnSpi *spi, const char *source, const char *column, bool cascade)
{
	ListCell *lc;

	foreach (lc, metrics_of(spi, source))
	{
		AnMetricRow row;

		if (!an_metric_read_row(spi, lfirst(lc), &row) || !reads_column(&row, column))
			continue;
		if (!cascade)
			ereport(ERROR,
					(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					 errmsg("cannot drop column %s because other objects depend on it", column),
					 errdetail("Metric \"%s\" of source \"%s\" reads it.", row.name, source),
					 errhint("Use DROP ... CASCADE to drop the metric too.")));
		drop_metric(spi, row.name, true, true);
	}
}

static void
column_renamed(AnSpi *spi, const char *source, const char *old, const char *new)
{
	ListCell *lc, *text;

	foreach (lc, metrics_of(spi, source))
	{
		AnMetricRow row;
		AnQuery query;

		if (!an_metric_read_row(spi, lfirst(lc), &row) || !reads_column(&row, old))
			continue;
		foreach (text, row.dimension_expressions)
			lfirst(text) = an_expression_renamed(lfirst(text), old, new);
		an_query_init(&query);
		(void) an_query_text(&query, row.name);
		(void) an_query_text(&query, an_expression_renamed(row.expression, old, new));
		(void) an_query_text(&query, an_expression_renamed(row.filter, old, new));
		(void) an_query_param(&query, TEXTARRAYOID, an_text_array(row.dimension_expressions),
							  false);
		appendStringInfoString(&query.sql,
							   "UPDATE analytics.metrics SET expression = $2, filter = $3, "
							   "dimension_expressions = $4 WHERE name = $1");
		(void) an_query_run(spi, &query, 0);
	}
}
