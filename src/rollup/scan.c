/*
 * scan.c - the statement of a reader over a rollup
 *
 * Three parts give rows of the same form, one each for the cells that answer, the newer events
 * that no cell holds yet, and the events of what the cells do not answer: what they
 * are grouped by, partial states, and how many newer events there were.  Above them states
 * are united and become values.
 */
#include "rollup/use.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

/* The statement under construction. */
typedef struct Writer
{
	AnQuery *query;					/* the statement */
	const AnRollupUse *use;			/* what it reads */
	const AnMetricPlan *plan;		/* metrics */
	const AnScan *scan;				/* which of them */
	const AnTimeView *view;			/* times of the source */
	const AnMetricRequest *request; /* what is asked */
	const AnMetric *first;			/* the first member: filters and dimensions are found by it */
	List *partials;					/* AnPartial *: the states of all members, each once */
	AnExpression key;				/* dimension that filter_key found last */
} Writer;

static void collect_partials(Writer *writer);
static int partial_index(Writer *writer, const AnPartial *partial);
static void append_parts(Writer *writer);
static void append_values(Writer *writer);
static void append_having(Writer *writer);
static void append_groups(Writer *writer, int first);
static void append_cells(Writer *writer);
static void append_tenant(Writer *writer);
static void append_events(Writer *writer, const AnRanges *ranges, bool newer);
static const AnExpression *filter_key(const void *arg, const char *key);

void
an_rollup_scan_sql(AnQuery *query, const AnRollupUse *use, const AnMetricPlan *plan,
				   const AnScan *scan, const AnTimeView *view, const AnMetricRequest *request)
{
	Writer writer = {.query = query,
					 .use = use,
					 .plan = plan,
					 .scan = scan,
					 .view = view,
					 .request = request,
					 .first = plan->metrics[linitial_int(scan->members)]};

	collect_partials(&writer);
	an_metric_head_sql(query, scan, request);
	appendStringInfoString(&query->sql, ", s.newer FROM (SELECT u.b");
	for (int i = 0; i < list_length(request->breakdown); i++)
		appendStringInfo(&query->sql, ", u.d%d", i);
	append_values(&writer);
	appendStringInfoString(&query->sql, ", max(u.newer) AS newer");
	append_parts(&writer);
	append_having(&writer);
	appendStringInfoString(&query->sql, ") s");
}

void
an_rollup_states_sql(AnQuery *query, const AnRollupUse *use, const AnMetricPlan *plan,
					 const AnScan *scan, const AnTimeView *view, const AnMetricRequest *request)
{
	Writer writer = {.query = query,
					 .use = use,
					 .plan = plan,
					 .scan = scan,
					 .view = view,
					 .request = request,
					 .first = plan->metrics[linitial_int(scan->members)]};
	AnPartial partials[AN_PARTIALS_OF_METRIC];
	char *state;

	/* The first that is collected is the first of the first member. */
	collect_partials(&writer);
	(void) an_metric_partials(writer.first, partials);
	state = an_partial_union(partials[0].kind, "u.p0");
	appendStringInfoString(&query->sql, "SELECT u.b AS day");
	for (int i = 0; i < list_length(request->breakdown); i++)
		appendStringInfo(&query->sql, ", (u.d%d)::text COLLATE pg_catalog.\"C\" AS d%d", i, i + 1);
	appendStringInfo(&query->sql, ", %s AS n", state);
	append_parts(&writer);
	appendStringInfo(&query->sql, " HAVING %s IS NOT NULL", state);
}

/* Appends FROM: the parts as u, grouped. */
static void
append_parts(Writer *writer)
{
	StringInfo sql = &writer->query->sql;

	appendStringInfoString(sql, " FROM (");
	append_cells(writer);
	if (writer->use->rollup->capture == AN_CAPTURE_XID)
	{
		appendStringInfoString(sql, " UNION ALL ");
		append_events(writer, &writer->use->served, true);
	}
	if (writer->use->raw.n > 0)
	{
		appendStringInfoString(sql, " UNION ALL ");
		append_events(writer, &writer->use->raw, false);
	}
	appendStringInfoString(sql, ") u");
	append_groups(writer, 1);
}

char *
an_rollup_served_by(const AnRollupUse *use, int64 newer)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "rollup %s", use->rollup->name);
	if (newer > 0)
		appendStringInfo(&buf, " + " INT64_FORMAT " newer row%s", newer, newer == 1 ? "" : "s");
	if (use->raw.n > 0)
		appendStringInfo(&buf, " + parts of source %s", use->rollup->source->name);
	return buf.data;
}

/* Collects the states of all members, and of how many events each member counts. */
static void
collect_partials(Writer *writer)
{
	ListCell *lc;

	foreach (lc, writer->scan->members)
	{
		const AnMetric *metric = writer->plan->metrics[lfirst_int(lc)];
		AnPartial partials[AN_PARTIALS_OF_METRIC];
		AnPartial events = an_partial_events(metric->filter);
		int n = an_metric_partials(metric, partials);

		for (int i = 0; i < n; i++)
			(void) partial_index(writer, &partials[i]);
		(void) partial_index(writer, &events);
	}
}

/* Returns the number of a state, adding it if it is new. */
static int
partial_index(Writer *writer, const AnPartial *partial)
{
	AnPartial *copy;
	ListCell *lc;

	foreach (lc, writer->partials)
		if (an_partial_equal(lfirst(lc), partial))
			return foreach_current_index(lc);
	copy = palloc(sizeof(AnPartial));
	*copy = *partial;
	writer->partials = lappend(writer->partials, copy);
	return list_length(writer->partials) - 1;
}

/* Appends the values of the members, from united states. */
static void
append_values(Writer *writer)
{
	ListCell *lc;

	foreach (lc, writer->scan->members)
	{
		const AnMetric *metric = writer->plan->metrics[lfirst_int(lc)];
		AnPartial partials[AN_PARTIALS_OF_METRIC];
		char *states[AN_PARTIALS_OF_METRIC];
		int n = an_metric_partials(metric, partials);

		for (int i = 0; i < n; i++)
			states[i] = an_partial_union(partials[i].kind,
										 psprintf("u.p%d", partial_index(writer, &partials[i])));
		appendStringInfo(&writer->query->sql, ", %s AS v%d",
						 an_metric_of_partials(writer->query, metric, states),
						 foreach_current_index(lc));
	}
}

/* A group is one where events are, that some member's own filter lets through. */
static void
append_having(Writer *writer)
{
	ListCell *lc;

	appendStringInfoString(&writer->query->sql, " HAVING ");
	foreach (lc, writer->scan->members)
	{
		const AnMetric *metric = writer->plan->metrics[lfirst_int(lc)];
		AnPartial events = an_partial_events(metric->filter);

		appendStringInfo(&writer->query->sql, "%ssum(u.p%d) > 0",
						 foreach_current_index(lc) ? " OR " : "", partial_index(writer, &events));
	}
}

/* Appends GROUP BY: the bucket, and the dimensions behind it. */
static void
append_groups(Writer *writer, int first)
{
	appendStringInfo(&writer->query->sql, " GROUP BY %d", first);
	for (int i = 1; i <= list_length(writer->request->breakdown); i++)
		appendStringInfo(&writer->query->sql, ", %d", first + i);
}

/* Appends the cells that answer. */
static void
append_cells(Writer *writer)
{
	const AnRollup *rollup = writer->use->rollup;
	AnTimeView *view = an_rollup_over(writer->view, "r");
	StringInfo sql = &writer->query->sql;
	bool plain;
	ListCell *lc;

	appendStringInfoString(sql, "SELECT ");
	an_metric_bucket_sql(writer->query, view, writer->request);
	appendStringInfoString(sql, " AS b");
	foreach (lc, writer->request->breakdown)
	{
		AnExpression column = *an_metric_dimension(writer->first, lfirst(lc));
		const char *name = an_rollup_column(rollup, &column, &plain);

		column.text = psprintf("r.%s", quote_identifier(name));
		appendStringInfo(sql, ", %s AS d%d", plain ? an_dimension_sql(&column, NULL) : column.text,
						 foreach_current_index(lc));
	}
	foreach (lc, writer->partials)
		appendStringInfo(sql, ", r.%s AS p%d",
						 quote_identifier(an_rollup_state(rollup, lfirst(lc))),
						 foreach_current_index(lc));
	appendStringInfo(sql, ", NULL::bigint AS newer FROM %s r WHERE ", rollup->relation);
	an_ranges_sql(writer->query, view, &writer->use->served);
	if (writer->request->tenant)
		append_tenant(writer);
	an_filters(writer->query, filter_key, writer, writer->request->filters);
}

/* Appends the condition on the tenant of cells, in a form that the index on their key knows too. */
static void
append_tenant(Writer *writer)
{
	const AnRollup *rollup = writer->use->rollup;
	AnExpression tenant = rollup->tenant;

	tenant.text = "r.tenant";
	appendStringInfoString(&writer->query->sql, " AND ");
	an_compare(writer->query, &tenant, BTEqualStrategyNumber, writer->request->tenant);
	if (get_typlen(tenant.type) < 0 && an_rollup_tenant_is_plain(rollup))
		appendStringInfo(&writer->query->sql,
						 " AND analytics.rollup_key((r.tenant)::pg_catalog.text) = "
						 "analytics.rollup_key($%d) COLLATE pg_catalog.\"C\"",
						 an_query_text(writer->query, writer->request->tenant));
}

/* Appends events: the newer ones in the ranges, or all of them. */
static void
append_events(Writer *writer, const AnRanges *ranges, bool newer)
{
	StringInfo sql = &writer->query->sql;
	ListCell *lc;

	appendStringInfoString(sql, "SELECT ");
	an_metric_bucket_sql(writer->query, writer->view, writer->request);
	foreach (lc, writer->request->breakdown)
		appendStringInfo(sql, ", %s",
						 an_dimension_sql(an_metric_dimension(writer->first, lfirst(lc)), NULL));
	foreach (lc, writer->partials)
		appendStringInfo(sql, ", %s", an_partial_aggregate(lfirst(lc), false));
	appendStringInfo(sql, ", %s FROM %s WHERE ", newer ? "count(*)" : "NULL::bigint",
					 writer->scan->source->relation);
	if (newer)
	{
		an_rollup_unseen(writer->query, &writer->use->progress);
		appendStringInfoString(sql, " AND ");
	}
	an_ranges_sql(writer->query, writer->view, ranges);
	an_metric_where_sql(writer->query, writer->plan, writer->scan, writer->request);
	append_groups(writer, 1);
}

/* Finds the column of the rollup that a filter's key stands for. */
static const AnExpression *
filter_key(const void *arg, const char *key)
{
	Writer *writer = unconstify(void *, arg);
	bool plain;

	writer->key = *an_metric_dimension(writer->first, key);
	writer->key.text = psprintf(
		"r.%s", quote_identifier(an_rollup_column(writer->use->rollup, &writer->key, &plain)));
	/* The column may have another collation, in which cells are grouped. */
	if (OidIsValid(writer->key.collation))
		writer->key.text = psprintf("%s COLLATE %s", writer->key.text,
									generate_collation_name(writer->key.collation));
	return &writer->key;
}
