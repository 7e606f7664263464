/*
 * compile.c - a metric as SQL: scans that deliver base values, formulas on top
 */
#include "metric/metric.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* The aggregate of each kind; its value is cast to what readers return. */
static const char *const aggregates[] = {
	[AN_METRIC_COUNT] = "count",
	[AN_METRIC_SUM] = "sum",
	[AN_METRIC_AVG] = "avg",
	[AN_METRIC_MIN] = "min",
	[AN_METRIC_MAX] = "max",
	[AN_METRIC_DISTINCT] = "analytics.approx_count_distinct",
	[AN_METRIC_DISTINCT_EXACT] = "analytics.count_distinct",
	[AN_METRIC_PERCENTILE] = "analytics.approx_percentile",
};

/* Of floats: sum and avg of PostgreSQL follow the order of the rows and the plan, and a sum of real is one. */
static const char *const exact_aggregates[] = {
	[AN_METRIC_SUM] = "analytics.exact_sum",
	[AN_METRIC_AVG] = "analytics.exact_avg",
};

static char *scan_key(const AnMetric *metric, const AnMetricRequest *request);
static void append_value(AnQuery *query, const AnMetric *metric, bool alone);
static void append_where(AnQuery *query, const AnMetricPlan *plan, const AnScan *scan,
						 const AnTimeView *view, const AnMetricRequest *request);
static const AnExpression *filter_key(const void *metric, const char *key);
static void append_member_filters(AnQuery *query, const AnMetricPlan *plan, const AnScan *scan);
static bool is_contiguous(const AnMetricRequest *request);

void
an_metric_scans(AnMetricPlan *plan, const AnMetricRequest *request)
{
	plan->scans = NIL;
	for (int i = 0; i < plan->n_metrics; i++)
	{
		AnMetric *metric = plan->metrics[i];
		AnScan *scan;
		char *key;

		if (metric->kind == AN_METRIC_FORMULA)
			continue;
		key = scan_key(metric, request);
		for (metric->scan = 0; metric->scan < list_length(plan->scans); metric->scan++)
			if (strcmp(((AnScan *) list_nth(plan->scans, metric->scan))->key, key) == 0)
				break;
		if (metric->scan == list_length(plan->scans))
		{
			scan = palloc0(sizeof(AnScan));
			scan->source = metric->source;
			scan->key = key;
			plan->scans = lappend(plan->scans, scan);
		}
		scan = list_nth(plan->scans, metric->scan);
		metric->column = list_length(scan->members);
		scan->members = lappend_int(scan->members, i);
	}
}

void
an_metric_scan_sql(AnQuery *query, const AnMetricPlan *plan, const AnScan *scan,
				   const AnTimeView *view, const AnMetricRequest *request)
{
	const AnMetric *first = plan->metrics[linitial_int(scan->members)];
	bool alone = list_length(scan->members) == 1;
	StringInfoData group;
	ListCell *lc;

	initStringInfo(&group);
	an_metric_head_sql(query, scan, request);
	appendStringInfoString(&query->sql, " FROM (SELECT ");
	an_metric_bucket_sql(query, view, request);
	appendStringInfoString(&query->sql, " AS b");
	foreach (lc, request->breakdown)
	{
		appendStringInfo(&query->sql, ", %s AS d%d",
						 an_dimension_sql(an_metric_dimension(first, lfirst(lc)), NULL),
						 foreach_current_index(lc));
		appendStringInfo(&group, ", %d", foreach_current_index(lc) + 2);
	}
	foreach (lc, scan->members)
	{
		appendStringInfoString(&query->sql, ", ");
		append_value(query, plan->metrics[lfirst_int(lc)], alone);
		appendStringInfo(&query->sql, " AS v%d", foreach_current_index(lc));
	}
	append_where(query, plan, scan, view, request);
	appendStringInfo(&query->sql, " GROUP BY 1%s) s", group.data);
}

void
an_metric_head_sql(AnQuery *query, const AnScan *scan, const AnMetricRequest *request)
{
	ListCell *lc;

	appendStringInfoString(&query->sql, "SELECT s.b, ");
	if (request->breakdown == NIL)
		appendStringInfoString(&query->sql, "NULL::jsonb");
	else
	{
		appendStringInfoString(&query->sql, "jsonb_build_object(");
		foreach (lc, request->breakdown)
		{
			int i = foreach_current_index(lc);

			/* A function takes 100 arguments. */
			if (i > 0)
				appendStringInfoString(&query->sql,
									   i % 50 == 0 ? ") || jsonb_build_object(" : ", ");
			appendStringInfo(&query->sql, "%s, s.d%d", quote_literal_cstr(lfirst(lc)), i);
		}
		appendStringInfoChar(&query->sql, ')');
	}
	foreach (lc, scan->members)
		appendStringInfo(&query->sql, ", s.v%d", foreach_current_index(lc));
}

bool
an_metric_empty_is_null(const AnMetric *metric)
{
	return metric->kind != AN_METRIC_COUNT && metric->kind != AN_METRIC_SUM &&
		   metric->kind != AN_METRIC_DISTINCT && metric->kind != AN_METRIC_DISTINCT_EXACT;
}

void
an_metric_evaluate(const AnMetricPlan *plan, double *values, bool *nulls)
{
	double inputs[AN_METRICS_MAX];
	bool input_nulls[AN_METRICS_MAX];

	for (int i = 0; i < plan->n_metrics; i++)
	{
		const AnMetric *metric = plan->metrics[i];

		if (metric->kind != AN_METRIC_FORMULA)
			continue;
		for (int k = 0; k < an_formula_n_names(metric->formula); k++)
		{
			inputs[k] = values[metric->inputs[k]];
			input_nulls[k] = nulls[metric->inputs[k]];
		}
		an_formula_eval(metric->formula, inputs, input_nulls, &values[i], &nulls[i]);
	}
}

/*
 * Says what base metrics must have in common to share a scan: the source and the
 * expressions of every dimension that the request uses.
 */
static char *
scan_key(const AnMetric *metric, const AnMetricRequest *request)
{
	StringInfoData key;
	ListCell *lc;

	initStringInfo(&key);
	appendStringInfoString(&key, metric->source->name);
	foreach (lc, request->breakdown)
		appendStringInfo(&key, "\n%s", an_metric_dimension(metric, lfirst(lc))->text);
	if (request->filters && JB_ROOT_IS_OBJECT(request->filters))
	{
		JsonbIterator *iterator = JsonbIteratorInit(&request->filters->root);
		JsonbIteratorToken token;
		JsonbValue value;

		while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
			if (token == WJB_KEY)
				appendStringInfo(&key, "\n%s",
								 an_metric_dimension(
									 metric, pnstrdup(value.val.string.val, value.val.string.len))
									 ->text);
	}
	return key.data;
}

void
an_metric_bucket_sql(AnQuery *query, const AnTimeView *view, const AnMetricRequest *request)
{
	if (request->width)
		an_time_bin(query, view, request->width);
	else if (request->n_ranges > 0)
		appendStringInfo(&query->sql, "(width_bucket(%s, $%d) - 1)::bigint", view->sql,
						 an_time_array(query, view, request->n_ranges, request->starts));
	else
		appendStringInfoString(&query->sql, "NULL::bigint");
}

char *
an_dimension_sql(const AnExpression *dimension, bool *plain)
{
	if (plain)
		*plain = true;
	switch (dimension->type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case FLOAT4OID:
		case FLOAT8OID:
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case UUIDOID:
			return psprintf("(%s)", dimension->text);
		case TEXTOID:
		case VARCHAROID:
			return psprintf("((%s) COLLATE pg_catalog.\"C\")", dimension->text);
		default:
			break;
	}
	/* What cannot be grouped by itself shall be refused. */
	if (type_is_enum(dimension->type) ||
		!OidIsValid(lookup_type_cache(dimension->type, TYPECACHE_EQ_OPR)->eq_opr))
		return psprintf("(%s)", dimension->text);
	if (plain)
		*plain = false;
	/* The null of jsonb shows as NULL does. */
	return psprintf("NULLIF(to_jsonb(%s), 'null'::jsonb)", dimension->text);
}

/* Tells whether a metric adds up floats, whose sum depends on their order but where it is exact. */
static bool
adds_floats(const AnMetric *metric)
{
	return (metric->kind == AN_METRIC_SUM || metric->kind == AN_METRIC_AVG) &&
		   (metric->expression.type == FLOAT4OID || metric->expression.type == FLOAT8OID);
}

/* Appends one base value; a filter of its own stands in WHERE where the metric has the scan for itself. */
static void
append_value(AnQuery *query, const AnMetric *metric, bool alone)
{
	bool exact = adds_floats(metric);
	bool cast = exact || metric->kind == AN_METRIC_PERCENTILE;

	appendStringInfo(&query->sql, "%s(",
					 exact ? exact_aggregates[metric->kind] : aggregates[metric->kind]);
	if (metric->expression.text)
		appendStringInfo(&query->sql, "(%s)%s", metric->expression.text, cast ? "::float8" : "");
	else
		appendStringInfoChar(&query->sql, '*');
	if (metric->kind == AN_METRIC_PERCENTILE)
		appendStringInfo(&query->sql, ", $%d",
						 an_query_param(query, FLOAT8OID, Float8GetDatum(metric->fraction), false));
	appendStringInfoChar(&query->sql, ')');
	if (metric->filter && !alone)
		appendStringInfo(&query->sql, " FILTER (WHERE %s)", metric->filter);
	appendStringInfoString(&query->sql, "::float8");
}

static void
append_where(AnQuery *query, const AnMetricPlan *plan, const AnScan *scan, const AnTimeView *view,
			 const AnMetricRequest *request)
{
	appendStringInfo(&query->sql, " FROM %s WHERE ", scan->source->relation);
	an_time_range(query, view, request->start, request->finish);
	if (request->n_ranges > 0 && !is_contiguous(request))
		appendStringInfo(&query->sql, " AND %s < ($%d)[width_bucket(%s, $%d)]", view->sql,
						 an_time_array(query, view, request->n_ranges, request->ends), view->sql,
						 an_time_array(query, view, request->n_ranges, request->starts));
	an_metric_where_sql(query, plan, scan, request);
}

void
an_metric_where_sql(AnQuery *query, const AnMetricPlan *plan, const AnScan *scan,
					const AnMetricRequest *request)
{
	an_source_tenant(query, scan->source, request->tenant);
	an_filters(query, filter_key, plan->metrics[linitial_int(scan->members)], request->filters);
	append_member_filters(query, plan, scan);
}

static const AnExpression *
filter_key(const void *metric, const char *key)
{
	return an_metric_dimension(metric, key);
}

/* Rows that no member wants need not be read: the members' own filters, or'ed, where each has one. */
static void
append_member_filters(AnQuery *query, const AnMetricPlan *plan, const AnScan *scan)
{
	ListCell *lc;

	foreach (lc, scan->members)
		if (plan->metrics[lfirst_int(lc)]->filter == NULL)
			return;
	foreach (lc, scan->members)
		appendStringInfo(&query->sql, "%s(%s)", foreach_current_index(lc) ? " OR " : " AND (",
						 plan->metrics[lfirst_int(lc)]->filter);
	appendStringInfoChar(&query->sql, ')');
}

static bool
is_contiguous(const AnMetricRequest *request)
{
	for (int i = 1; i < request->n_ranges; i++)
		if (request->ends[i - 1] != request->starts[i])
			return false;
	return true;
}
