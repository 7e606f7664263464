/*
 * define.c - metrics are defined
 *
 * A definition is checked by building its plan and running it over no rows, as
 * the definer: types, rights, grouping and formulas show themselves here, not in
 * the first report.
 */
#include "metric/metric.h"
#include "metric/metric_private.h"

#include <ctype.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "sketch/sketch.h"

/* Arguments of define_metric, by position. */
enum
{
	ARG_NAME,
	ARG_SOURCE,
	ARG_KIND,
	ARG_EXPRESSION,
	ARG_FILTER,
	ARG_FORMULA,
	ARG_DIMENSIONS,
	ARG_UNIT,
	ARG_DESCRIPTION,
	ARG_FRACTION,
	ARG_REPLACE,
};

static void read_arguments(FunctionCallInfo fcinfo, AnMetricRow *row);
static void check_shape(const AnMetricRow *row);
static void check_fraction(const AnMetricRow *row);
static void refuse_argument(const AnMetricRow *row, bool given, const char *argument);
static void require_argument(const AnMetricRow *row, bool given, const char *argument);
static void split_dimension(const char *item, char **name, char **expression);
static void canonicalise(AnSpi *spi, AnMetricRow *row);
static void check_type(const AnMetric *metric);
static void check_number(const AnMetric *metric);
static void lock_inputs(AnSpi *spi, const AnMetricPlan *plan);
static void probe(AnSpi *spi, AnMetricPlan *plan);
static void save(AnSpi *spi, FunctionCallInfo fcinfo, const AnMetricRow *row, bool replace);

/* Defines a metric, or redefines it with replace.  Errors: 42710 exists, 22023 and those of expressions. */
AN_SQL(define_metric)
{
	AnMetricRow row = {0};
	AnMetricPlan *plan;
	AnSpi spi;
	bool replace = !PG_ARGISNULL(ARG_REPLACE) && PG_GETARG_BOOL(ARG_REPLACE);

	read_arguments(fcinfo, &row);
	check_shape(&row);
	canonicalise(&spi, &row);

	an_spi_begin(&spi, AN_WRITE);
	plan = an_metric_load_row(&spi, &row);
	lock_inputs(&spi, plan);
	if (plan->n_metrics == 1)
		check_type(an_metric_main(plan));
	probe(&spi, plan);
	save(&spi, fcinfo, &row, replace);
	if (replace)
		an_metric_dependents_replaced(&spi, row.name);
	an_spi_end(&spi);
	PG_RETURN_VOID();
}

static void
read_arguments(FunctionCallInfo fcinfo, AnMetricRow *row)
{
	ListCell *lc;

	row->name = an_arg_required(fcinfo, ARG_NAME, "name");
	row->source = an_arg_text(fcinfo, ARG_SOURCE);
	row->kind = an_arg_required(fcinfo, ARG_KIND, "kind");
	row->expression = an_arg_text(fcinfo, ARG_EXPRESSION);
	row->filter = an_arg_text(fcinfo, ARG_FILTER);
	row->formula = an_arg_text(fcinfo, ARG_FORMULA);
	row->has_fraction = !PG_ARGISNULL(ARG_FRACTION);
	row->fraction = row->has_fraction ? PG_GETARG_FLOAT8(ARG_FRACTION) : 0;
	if (PG_ARGISNULL(ARG_DIMENSIONS))
		return;
	foreach (lc, an_text_list(PG_GETARG_DATUM(ARG_DIMENSIONS), "dimensions"))
	{
		char *name, *expression;
		ListCell *other;

		split_dimension(lfirst(lc), &name, &expression);
		foreach (other, row->dimensions)
			if (strcmp(lfirst(other), name) == 0)
				ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
								errmsg("dimension \"%s\" is given more than once", name)));
		row->dimensions = lappend(row->dimensions, name);
		row->dimension_expressions = lappend(row->dimension_expressions, expression);
	}
}

/* Checks that the kind has the arguments that it needs, and no others. */
static void
check_shape(const AnMetricRow *row)
{
	AnMetricKind kind = an_metric_kind_parse(row->kind);
	bool formula = kind == AN_METRIC_FORMULA;

	an_name_check("metric", row->name);
	require_argument(row, formula ? row->formula != NULL : row->source != NULL,
					 formula ? "formula" : "source");
	refuse_argument(row, !formula && row->formula, "formula");
	refuse_argument(row, formula && row->source, "source");
	refuse_argument(row, formula && row->expression, "expression");
	refuse_argument(row, formula && row->filter, "filter");
	refuse_argument(row, formula && row->dimensions, "dimensions");
	if (kind == AN_METRIC_SUM || kind == AN_METRIC_AVG || kind == AN_METRIC_MIN ||
		kind == AN_METRIC_MAX || kind == AN_METRIC_PERCENTILE)
		require_argument(row, row->expression != NULL, "expression");
	if (kind == AN_METRIC_PERCENTILE)
		check_fraction(row);
	else
		refuse_argument(row, row->has_fraction, "fraction");
}

/* Checks which percentile is asked for: not one of 0 to 100, as some write it. */
static void
check_fraction(const AnMetricRow *row)
{
	require_argument(row, row->has_fraction, "fraction");
	if (!(row->fraction >= 0 && row->fraction <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"fraction\" must be between 0 and 1, not %g", row->fraction),
				 errhint("Write 0.95 for the 95th percentile.")));
}

static void
refuse_argument(const AnMetricRow *row, bool given, const char *argument)
{
	if (given)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a metric of kind \"%s\" takes no argument \"%s\"", row->kind, argument),
			 strcmp(row->kind, "formula") == 0
				 ? errhint("A formula has the sources and the dimensions of the metrics it names.")
				 : 0));
}

static void
require_argument(const AnMetricRow *row, bool given, const char *argument)
{
	if (!given)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a metric of kind \"%s\" needs argument \"%s\"", row->kind, argument)));
}

/* Splits "name = expression"; what is not of this form is the name of a column. */
static void
split_dimension(const char *item, char **name, char **expression)
{
	const char *p = item + strspn(item, " \t\r\n");
	const char *end = p;

	while (IS_HIGHBIT_SET(*end) || isalnum((unsigned char) *end) || *end == '_')
		end++;
	if (end > p && end[strspn(end, " \t\r\n")] == '=')
	{
		*name = pnstrdup(p, end - p);
		*expression = pstrdup(end + strspn(end, " \t\r\n") + 1);
	}
	else
	{
		*name = pstrdup(item);
		*expression = pstrdup(quote_identifier(item));
	}
	an_name_check("dimension", *name);
}

/* Puts the expressions of a definition into canonical form, with the definer's search path. */
static void
canonicalise(AnSpi *spi, AnMetricRow *row)
{
	AnSource *source;
	Oid relid;
	ListCell *name, *text;

	if (row->source == NULL)
		return;
	/* Not AN_READ: the source may have been added by an earlier call in the same statement. */
	an_spi_begin(spi, AN_WRITE);
	source = an_source_load(spi, row->source);
	relid = source->relid;
	an_spi_end(spi);

	if (row->expression)
		row->expression =
			an_expression_check(row->expression, relid, "argument \"expression\"").text;
	if (row->filter)
		row->filter = an_expression_check(row->filter, relid, "argument \"filter\"").text;
	forboth (name, row->dimensions, text, row->dimension_expressions)
		lfirst(text) = an_expression_check(lfirst(text), relid,
										   psprintf("dimension \"%s\"", (char *) lfirst(name)))
						   .text;
}

/* Checks that the kind can take values of the expression's type: no row does it for the probe. */
static void
check_type(const AnMetric *metric)
{
	switch (metric->kind)
	{
		case AN_METRIC_COUNT:
		case AN_METRIC_FORMULA:
			break;
		case AN_METRIC_DISTINCT:
			an_hll_require(metric->expression.type);
			break;
		case AN_METRIC_DISTINCT_EXACT:
			an_distinct_require(metric->expression.type);
			break;
		default:
			check_number(metric);
	}
}

/* Checks that what is summed, averaged or compared is a number. */
static void
check_number(const AnMetric *metric)
{
	Oid type = metric->expression.type;

	if (type != INT2OID && type != INT4OID && type != INT8OID && type != NUMERICOID &&
		type != FLOAT4OID && type != FLOAT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("expression of metric \"%s\" must be a number, not %s", metric->name,
						format_type_be(type)),
				 type == INTERVALOID ? errhint("Use extract(epoch FROM ...) for seconds.") : 0));
}

/* Keeps the metrics that a formula uses from being dropped before the formula is committed. */
static void
lock_inputs(AnSpi *spi, const AnMetricPlan *plan)
{
	AnMetric *metric = an_metric_main(plan);

	if (metric->kind != AN_METRIC_FORMULA)
		return;
	for (int i = 0; i < an_formula_n_names(metric->formula); i++)
	{
		char *name = plan->metrics[metric->inputs[i]]->name;
		AnQuery query;

		an_query_init(&query);
		appendStringInfo(&query.sql,
						 "SELECT 1 FROM analytics.metrics WHERE name = $%d FOR KEY SHARE",
						 an_query_text(&query, name));
		if (an_query_run(spi, &query, 0) == 0)
			an_unknown("metric", name, an_metric_names(spi));
	}
}

/* Runs every scan of a plan over no rows, broken down by every dimension. */
static void
probe(AnSpi *spi, AnMetricPlan *plan)
{
	AnMetricRequest request = {.start = DT_NOBEGIN, .finish = DT_NOEND};
	AnMetric *metric = an_metric_main(plan);
	ListCell *lc;

	for (int i = 0; i < metric->n_dimensions; i++)
		request.breakdown = lappend(request.breakdown, metric->dimensions[i].name);
	an_metric_scans(plan, &request);
	foreach (lc, plan->scans)
	{
		AnScan *scan = lfirst(lc);
		AnQuery query;

		an_query_init(&query);
		an_metric_scan_sql(&query, plan, scan, an_source_time(scan->source, NULL, false), &request);
		appendStringInfoString(&query.sql, " LIMIT 0");
		(void) an_query_run(spi, &query, 0);
	}
}

static void
save(AnSpi *spi, FunctionCallInfo fcinfo, const AnMetricRow *row, bool replace)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT 1 FROM analytics.metrics WHERE name = $%d",
					 an_query_text(&query, row->name));
	if (an_query_run(spi, &query, 0) > 0 && !replace)
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
						errmsg("metric \"%s\" already exists", row->name),
						errhint("Redefine it with replace => true, or drop it with drop_metric.")));
	an_query_init(&query);
	(void) an_query_text(&query, row->name);
	(void) an_query_text(&query, row->source);
	(void) an_query_text(&query, row->kind);
	(void) an_query_text(&query, row->expression);
	(void) an_query_text(&query, row->filter);
	(void) an_query_text(&query, row->formula);
	(void) an_query_param(&query, TEXTARRAYOID, an_text_array(row->dimensions), false);
	(void) an_query_param(&query, TEXTARRAYOID, an_text_array(row->dimension_expressions), false);
	(void) an_query_text(&query, an_arg_text(fcinfo, ARG_UNIT));
	(void) an_query_text(&query, an_arg_text(fcinfo, ARG_DESCRIPTION));
	(void) an_query_param(&query, FLOAT8OID, Float8GetDatum(row->fraction), !row->has_fraction);
	appendStringInfoString(&query.sql, "INSERT INTO analytics.metrics (name, source, kind, "
									   "expression, filter, formula, dimensions, "
									   "dimension_expressions, unit, description, fraction) "
									   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
									   "ON CONFLICT (name) DO ");
	appendStringInfoString(
		&query.sql,
		replace ? "UPDATE SET source = EXCLUDED.source, kind = EXCLUDED.kind, "
				  "expression = EXCLUDED.expression, filter = EXCLUDED.filter, "
				  "formula = EXCLUDED.formula, dimensions = EXCLUDED.dimensions, "
				  "dimension_expressions = EXCLUDED.dimension_expressions, unit = EXCLUDED.unit, "
				  "description = EXCLUDED.description, fraction = EXCLUDED.fraction"
				: "NOTHING");
	if (an_query_run(spi, &query, 0) == 0)
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
						errmsg("metric \"%s\" already exists", row->name),
						errdetail("Another session has just defined it.")));
}
