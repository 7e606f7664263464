/*
 * load.c - metrics read from the catalog, with all that they stand on
 */
#include "metric/metric.h"
#include "metric/metric_private.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"

const char *const an_metric_kind_names[AN_METRIC_FORMULA + 1] = {
	[AN_METRIC_COUNT] = "count",
	[AN_METRIC_SUM] = "sum",
	[AN_METRIC_AVG] = "avg",
	[AN_METRIC_MIN] = "min",
	[AN_METRIC_MAX] = "max",
	[AN_METRIC_DISTINCT] = "distinct",
	[AN_METRIC_DISTINCT_EXACT] = "distinct_exact",
	[AN_METRIC_PERCENTILE] = "percentile",
	[AN_METRIC_FORMULA] = "formula",
};

/* What the recursion over formulas carries. */
typedef struct Loader
{
	AnSpi *spi;			/* open connection */
	AnMetricPlan *plan; /* what has been loaded */
	List *sources;		/* AnSource * loaded so far */
	List *open;			/* char *: names of the formulas that are being loaded, outermost first */
} Loader;

static int load_metric(Loader *loader, const char *name);
static int find_loaded(const AnMetricPlan *plan, const char *name);
static AnSource *load_source(Loader *loader, const char *name);
static void load_base(Loader *loader, AnMetric *metric, const AnMetricRow *row);
static void load_formula(Loader *loader, AnMetric *metric, const char *text);
static int append_metric(AnMetricPlan *plan, AnMetric *metric);

AnMetricPlan *
an_metric_load(AnSpi *spi, const char *name)
{
	Loader loader = {.spi = spi, .plan = palloc0(sizeof(AnMetricPlan))};

	loader.plan->metrics = palloc0(AN_METRICS_MAX * sizeof(AnMetric *));
	(void) load_metric(&loader, name);
	return loader.plan;
}

AnMetricPlan *
an_metric_load_row(AnSpi *spi, const AnMetricRow *row)
{
	Loader loader = {.spi = spi, .plan = palloc0(sizeof(AnMetricPlan))};
	AnMetric *metric = palloc0(sizeof(AnMetric));

	loader.plan->metrics = palloc0(AN_METRICS_MAX * sizeof(AnMetric *));
	loader.open = list_make1(row->name);
	metric->name = row->name;
	metric->kind = an_metric_kind_parse(row->kind);
	if (metric->kind == AN_METRIC_FORMULA)
		load_formula(&loader, metric, row->formula);
	else
		load_base(&loader, metric, row);
	(void) append_metric(loader.plan, metric);
	return loader.plan;
}

AnMetric *
an_metric_main(const AnMetricPlan *plan)
{
	return plan->metrics[plan->n_metrics - 1];
}

AnMetricKind
an_metric_kind_parse(const char *name)
{
	List *names = NIL;
	const char *nearest;

	for (int i = 0; i < lengthof(an_metric_kind_names); i++)
	{
		if (strcmp(name, an_metric_kind_names[i]) == 0)
			return i;
		names = lappend(names, unconstify(char *, an_metric_kind_names[i]));
	}
	nearest = an_name_nearest(name, names);
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		 errmsg("metric kind \"%s\" is not known", an_shown(name)),
		 nearest
			 ? errhint("Perhaps you meant \"%s\".", nearest)
			 : errhint("Kinds are count, sum, avg, min, max, distinct, distinct_exact, percentile "
					   "and formula.")));
}

bool
an_metric_read_row(AnSpi *spi, const char *name, AnMetricRow *row)
{
	AnQuery query;
	bool isnull;
	Datum value;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT source, kind, expression, filter, formula, dimensions, "
					 "dimension_expressions, fraction FROM analytics.metrics WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) == 0)
		return false;
	memset(row, 0, sizeof(*row));
	row->name = pstrdup(name);
	row->source = an_spi_text(0, 1);
	row->kind = an_spi_text(0, 2);
	row->expression = an_spi_text(0, 3);
	row->filter = an_spi_text(0, 4);
	row->formula = an_spi_text(0, 5);
	value = an_spi_datum(0, 6, &isnull);
	row->dimensions = isnull ? NIL : an_text_list(value, "dimensions");
	value = an_spi_datum(0, 7, &isnull);
	row->dimension_expressions = isnull ? NIL : an_text_list(value, "dimension_expressions");
	value = an_spi_datum(0, 8, &isnull);
	row->has_fraction = !isnull;
	row->fraction = isnull ? 0 : DatumGetFloat8(value);
	if (list_length(row->dimensions) != list_length(row->dimension_expressions))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("metric \"%s\" has %d dimensions with %d expressions", name,
						list_length(row->dimensions), list_length(row->dimension_expressions))));
	return true;
}

List *
an_metric_names(AnSpi *spi)
{
	AnQuery query;
	List *names = NIL;

	an_query_init(&query);
	appendStringInfoString(&query.sql, "SELECT name FROM analytics.metrics ORDER BY name");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		names = lappend(names, an_spi_text(i, 1));
	return names;
}

/* Loads a metric and what it uses; returns its index in the plan. */
static int
load_metric(Loader *loader, const char *name)
{
	AnMetricRow row;
	AnMetric *metric;
	ListCell *lc;
	int loaded = find_loaded(loader->plan, name);

	if (loaded >= 0)
		return loaded;
	foreach (lc, loader->open)
		if (strcmp(lfirst(lc), name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					 errmsg("formula of metric \"%s\" has a cycle", (char *) llast(loader->open)),
					 errdetail("It uses metric \"%s\", which uses it in turn.", name)));
	if (!an_metric_read_row(loader->spi, name, &row))
		an_unknown("metric", name, an_metric_names(loader->spi));
	metric = palloc0(sizeof(AnMetric));
	metric->name = row.name;
	metric->kind = an_metric_kind_parse(row.kind);
	if (metric->kind == AN_METRIC_FORMULA)
	{
		if (list_length(loader->open) >= AN_FORMULA_LEVELS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("formula of metric \"%s\" stands on more than %d levels of formulas",
							(char *) linitial(loader->open), AN_FORMULA_LEVELS)));
		loader->open = lappend(loader->open, row.name);
		load_formula(loader, metric, row.formula);
		loader->open = list_delete_last(loader->open);
	}
	else
		load_base(loader, metric, &row);
	return append_metric(loader->plan, metric);
}

static int
find_loaded(const AnMetricPlan *plan, const char *name)
{
	for (int i = 0; i < plan->n_metrics; i++)
		if (strcmp(plan->metrics[i]->name, name) == 0)
			return i;
	return -1;
}

static AnSource *
load_source(Loader *loader, const char *name)
{
	AnSource *source;
	ListCell *lc;

	foreach (lc, loader->sources)
		if (strcmp(((AnSource *) lfirst(lc))->name, name) == 0)
			return lfirst(lc);
	source = an_source_load(loader->spi, name);
	loader->sources = lappend(loader->sources, source);
	return source;
}

static void
load_base(Loader *loader, AnMetric *metric, const AnMetricRow *row)
{
	AnSource *source = metric->source = load_source(loader, row->source);
	ListCell *name, *text;

	metric->fraction = row->fraction;
	if (row->expression)
		metric->expression =
			an_expression_check(row->expression, source->relid,
								psprintf("\"expression\" of metric \"%s\"", metric->name));
	else if (metric->kind == AN_METRIC_DISTINCT || metric->kind == AN_METRIC_DISTINCT_EXACT)
		metric->expression = source->roles[AN_ROLE_ENTITY];
	if (row->filter)
	{
		AnExpression filter = an_expression_check(
			row->filter, source->relid, psprintf("\"filter\" of metric \"%s\"", metric->name));

		if (filter.type != BOOLOID)
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("filter of metric \"%s\" must be boolean, not %s", metric->name,
								   format_type_be(filter.type))));
		metric->filter = filter.text;
	}
	metric->dimensions = palloc0(Max(list_length(row->dimensions), 1) * sizeof(AnDimension));
	forboth (name, row->dimensions, text, row->dimension_expressions)
	{
		AnDimension *dimension = &metric->dimensions[metric->n_dimensions++];

		dimension->name = lfirst(name);
		dimension->expression = an_expression_check(
			lfirst(text), source->relid,
			psprintf("dimension \"%s\" of metric \"%s\"", dimension->name, metric->name));
	}
}

static void
load_formula(Loader *loader, AnMetric *metric, const char *text)
{
	AnFormulaError error;
	AnStatus status;

	metric->formula = palloc(sizeof(AnFormula));
	status = an_formula_parse(text, strlen(text), metric->formula, &error);
	if (status != AN_OK)
		ereport(ERROR, (errcode(status == AN_ERR_LIMIT ? ERRCODE_PROGRAM_LIMIT_EXCEEDED
													   : ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid formula of metric \"%s\": %s", metric->name, error.message),
						internalerrquery(text),
						internalerrposition(pg_mbstrlen_with_len(text, error.position) + 1)));
	metric->inputs = palloc(Max(an_formula_n_names(metric->formula), 1) * sizeof(int));
	for (int i = 0; i < an_formula_n_names(metric->formula); i++)
	{
		int offset, length;

		an_formula_name(metric->formula, i, &offset, &length);
		metric->inputs[i] = load_metric(loader, pnstrdup(text + offset, length));
	}
}

static int
append_metric(AnMetricPlan *plan, AnMetric *metric)
{
	if (plan->n_metrics == AN_METRICS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a formula stands on more than %d metrics", AN_METRICS_MAX)));
	plan->metrics[plan->n_metrics] = metric;
	return plan->n_metrics++;
}
