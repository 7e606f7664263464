/*
 * partial.c - kinds of partial states, and metrics made of them
 */
#include "rollup/partial.h"

#include "catalog/pg_type.h"

/* A kind of partial state as SQL. */
typedef struct Kind
{
	const char *name;	   /* in the catalog */
	const char *aggregate; /* makes it of values */
	const char *cast;	   /* what the values become first */
	const char *unite;	   /* aggregate that unites states */
	const char *cast_back; /* what comes out of that becomes the state's type again */
	const char *merge;	   /* unites two; either may be NULL: format of both */
} Kind;

static const Kind kinds[AN_N_PARTIALS] = {
	[AN_PARTIAL_COUNT] = {"count", "count", "", "sum", "::bigint",
						  "COALESCE(%1$s + %2$s, %1$s, %2$s)"},
	[AN_PARTIAL_SUM] = {"sum", "sum", "", "sum", "", "COALESCE(%1$s + %2$s, %1$s, %2$s)"},
	[AN_PARTIAL_FLOAT_SUM] = {"exact_sum", "analytics.exact_sum_agg", "::float8",
							  "analytics.exact_sum_union_agg", "",
							  "COALESCE(analytics.exact_sum_union(%1$s, %2$s), %1$s, %2$s)"},
	[AN_PARTIAL_MIN] = {"min", "min", "", "min", "", "LEAST(%1$s, %2$s)"},
	[AN_PARTIAL_MAX] = {"max", "max", "", "max", "", "GREATEST(%1$s, %2$s)"},
	[AN_PARTIAL_HLL] = {"hll", "analytics.hll_agg", "", "analytics.hll_union_agg", "",
						"COALESCE(analytics.hll_union(%1$s, %2$s), %1$s, %2$s)"},
	[AN_PARTIAL_DISTINCT] = {"distinct", "analytics.distinct_agg", "",
							 "analytics.distinct_union_agg", "",
							 "COALESCE(analytics.distinct_union(%1$s, %2$s), %1$s, %2$s)"},
	[AN_PARTIAL_QUANTILE] = {"quantile", "analytics.quantile_agg", "::float8",
							 "analytics.quantile_union_agg", "",
							 "COALESCE(analytics.quantile_union(%1$s, %2$s), %1$s, %2$s)"},
};

static bool is_float(const AnMetric *metric);

const char *
an_partial_name(AnPartialKind kind)
{
	return kinds[kind].name;
}

AnPartialKind
an_partial_parse(const char *name)
{
	for (AnPartialKind kind = 0; kind < AN_N_PARTIALS; kind++)
		if (strcmp(kinds[kind].name, name) == 0)
			return kind;
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("a rollup has a partial state of unknown kind \"%s\"", an_shown(name))));
}

bool
an_partial_equal(const AnPartial *a, const AnPartial *b)
{
	return a->kind == b->kind && an_same_text(a->expression, b->expression) &&
		   an_same_text(a->filter, b->filter);
}

AnPartial
an_partial_events(const char *filter)
{
	return (AnPartial){.kind = AN_PARTIAL_COUNT, .filter = unconstify(char *, filter)};
}

int
an_metric_partials(const AnMetric *metric, AnPartial partials[AN_PARTIALS_OF_METRIC])
{
	static const AnPartialKind of_metric[] = {
		[AN_METRIC_COUNT] = AN_PARTIAL_COUNT,
		[AN_METRIC_SUM] = AN_PARTIAL_SUM,
		[AN_METRIC_AVG] = AN_PARTIAL_SUM,
		[AN_METRIC_MIN] = AN_PARTIAL_MIN,
		[AN_METRIC_MAX] = AN_PARTIAL_MAX,
		[AN_METRIC_DISTINCT] = AN_PARTIAL_HLL,
		[AN_METRIC_DISTINCT_EXACT] = AN_PARTIAL_DISTINCT,
		[AN_METRIC_PERCENTILE] = AN_PARTIAL_QUANTILE,
	};

	partials[0] = (AnPartial){of_metric[metric->kind], metric->expression.text, metric->filter};
	if (partials[0].kind != AN_PARTIAL_SUM)
		return 1;
	if (is_float(metric))
	{
		partials[0].kind = AN_PARTIAL_FLOAT_SUM;
		return 1;
	}
	partials[1] = partials[0];
	partials[1].kind = AN_PARTIAL_COUNT;
	return metric->kind == AN_METRIC_AVG ? 2 : 1;
}

char *
an_partial_aggregate(const AnPartial *partial, bool whole)
{
	const Kind *kind = &kinds[partial->kind];
	StringInfoData buf;

	initStringInfo(&buf);
	if (partial->expression)
		appendStringInfo(&buf, "%s((%s)%s)", kind->aggregate, partial->expression, kind->cast);
	else
		appendStringInfo(&buf, "%s(*)", kind->aggregate);
	if (partial->filter && !whole)
		appendStringInfo(&buf, " FILTER (WHERE %s)", partial->filter);
	return buf.data;
}

char *
an_partial_union(AnPartialKind kind, const char *column)
{
	return psprintf("%s(%s)%s", kinds[kind].unite, column, kinds[kind].cast_back);
}

char *
an_partial_merge(AnPartialKind kind, const char *a, const char *b)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (const char *p = kinds[kind].merge; *p; p++)
	{
		if (strncmp(p, "%1$s", 4) != 0 && strncmp(p, "%2$s", 4) != 0)
		{
			appendStringInfoChar(&buf, *p);
			continue;
		}
		appendStringInfoString(&buf, p[1] == '1' ? a : b);
		p += 3;
	}
	return buf.data;
}

char *
an_metric_of_partials(AnQuery *query, const AnMetric *metric,
					  char *const states[AN_PARTIALS_OF_METRIC])
{
	bool floats = is_float(metric);

	switch (metric->kind)
	{
		case AN_METRIC_SUM:
			return floats ? psprintf("analytics.exact_sum_value(%s)", states[0])
						  : psprintf("(%s)::float8", states[0]);
		case AN_METRIC_AVG:
			/* As avg() divides: numeric by numeric. */
			return floats ? psprintf("analytics.exact_sum_mean(%s)", states[0])
						  : psprintf("((%s)::numeric / NULLIF(%s, 0)::numeric)::float8", states[0],
									 states[1]);
		case AN_METRIC_DISTINCT:
			return psprintf("COALESCE(analytics.hll_count(%s), 0)::float8", states[0]);
		case AN_METRIC_DISTINCT_EXACT:
			return psprintf("COALESCE(analytics.distinct_count(%s), 0)::float8", states[0]);
		case AN_METRIC_PERCENTILE:
			return psprintf(
				"analytics.approx_quantile(%s, $%d)", states[0],
				an_query_param(query, FLOAT8OID, Float8GetDatum(metric->fraction), false));
		default:
			return psprintf("(%s)::float8", states[0]);
	}
}

static bool
is_float(const AnMetric *metric)
{
	return metric->expression.type == FLOAT4OID || metric->expression.type == FLOAT8OID;
}
