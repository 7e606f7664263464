/*
 * read_rollup.c - a rollup's cells as numbers, as they are at this moment
 *
 * What the metrics of the rollup are over its own buckets, tenants and dimensions: the answer of
 * time_series with that breakdown, whether the rollup is fresh or not.
 */
#include "series/series.h"

#include "funcapi.h"
#include "rollup/rollup.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

/* What the tenant is called among the dimensions of the scans; no dimension has that name. */
#define TENANT_NAME ""

/* Arguments, by position. */
enum
{
	ARG_NAME,
	ARG_START, /* this and the next: an_range_arguments */
	ARG_FINISH,
	ARG_METRICS,
	ARG_FILTERS,
	ARG_TENANT,
};

static List *asked_metrics(FunctionCallInfo fcinfo, AnSpi *spi, const char *rollup);
static List *set_dimensions(AnMetricPlan *plan, const AnRollup *rollup);
static void emit(ReturnSetInfo *rsinfo, const AnCells *cells, const AnMetricPlan *plan,
				 const AnBuckets *buckets);
static Datum tenant_text(JsonbValue *tenant);
static Datum without_tenant(Jsonb *dimensions);

/*
 * Returns the cells of a rollup.  Errors: 42704 for an unknown rollup or metric, 55000 where the source has changed, 22023, 22004 for bad
 * bounds and filters, 54000 for too many cells.
 */
AN_SQL(read_rollup)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char *name = an_arg_required(fcinfo, ARG_NAME, "name");
	AnMetricRequest request = {0};
	AnRollup *rollup;
	AnBuckets *buckets;
	AnSpi spi;
	ListCell *lc;

	an_range_arguments(fcinfo, true, &request.start, &request.finish);
	request.filters = PG_ARGISNULL(ARG_FILTERS) ? NULL : PG_GETARG_JSONB_P(ARG_FILTERS);
	request.tenant = an_arg_text(fcinfo, ARG_TENANT);

	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	rollup = an_rollup_load(&spi, name);
	if (rollup->stale)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("rollup \"%s\" was made of what source \"%s\" no longer is", name,
							   rollup->source->name),
						errhint("Drop it with drop_rollup('%s') and create it again.", name)));
	request.rollup = rollup->name;
	request.width = rollup->width;
	request.timezone = rollup->timezone;
	buckets = an_buckets_make(request.start, request.finish, rollup->width,
							  an_zone_find(rollup->timezone));
	foreach (lc, asked_metrics(fcinfo, &spi, name))
	{
		AnMetricPlan *plan = an_metric_load(&spi, lfirst(lc));

		request.breakdown = set_dimensions(plan, rollup);
		emit(rsinfo, an_cells_read(&spi, plan, &request, buckets), plan, buckets);
	}
	an_spi_end(&spi);
	return (Datum) 0;
}

/* Returns the names of the metrics: those that are asked for, or for which the rollup was made. */
static List *
asked_metrics(FunctionCallInfo fcinfo, AnSpi *spi, const char *rollup)
{
	AnQuery query;
	bool isnull;

	if (!PG_ARGISNULL(ARG_METRICS))
		return an_text_list(PG_GETARG_DATUM(ARG_METRICS), "metrics");
	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT metrics FROM analytics.rollups WHERE name = $%d",
					 an_query_text(&query, rollup));
	(void) an_query_run(spi, &query, 0);
	return an_text_list(an_spi_datum(0, 1, &isnull), "metrics");
}

/* Gives the base metrics of a plan the dimensions of the rollup, and the tenant; returns their names. */
static List *
set_dimensions(AnMetricPlan *plan, const AnRollup *rollup)
{
	int n = list_length(rollup->dimensions);
	AnDimension *dimensions = palloc0((n + 1) * sizeof(AnDimension));
	List *names = NIL;
	ListCell *lc;

	foreach (lc, rollup->dimensions)
	{
		const AnRollupDimension *dimension = lfirst(lc);

		dimensions[foreach_current_index(lc)] =
			(AnDimension){dimension->name, dimension->expression};
		names = lappend(names, dimension->name);
	}
	if (rollup->tenant.text)
	{
		dimensions[n++] = (AnDimension){TENANT_NAME, rollup->tenant};
		names = lappend(names, TENANT_NAME);
	}
	for (int i = 0; i < plan->n_metrics; i++)
	{
		plan->metrics[i]->dimensions = dimensions;
		plan->metrics[i]->n_dimensions = n;
	}
	return names;
}

/* Puts out what has events: bucket by bucket, in each the groups in order. */
static void
emit(ReturnSetInfo *rsinfo, const AnCells *cells, const AnMetricPlan *plan,
	 const AnBuckets *buckets)
{
	Datum served_by = CStringGetTextDatum(an_plan_served_by(plan));
	const AnMetric *metric = an_metric_main(plan);
	bool additive = metric->kind != AN_METRIC_FORMULA && !an_metric_empty_is_null(metric);
	int main = cells->n_metrics - 1;

	for (int b = 0; b < cells->n_buckets; b++)
	{
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		foreach (lc, cells->groups)
		{
			AnGroup *group = lfirst(lc);
			Datum values[6];
			bool nulls[6] = {false};
			JsonbValue *tenant;

			if (!group->seen[b])
				continue;
			tenant = group->dimensions ? getKeyJsonValueFromContainer(&group->dimensions->root,
																	  TENANT_NAME, 0, NULL)
									   : NULL;
			values[0] = TimestampTzGetDatum(buckets->starts[b]);
			nulls[1] = tenant == NULL || tenant->type == jbvNull;
			values[1] = nulls[1] ? (Datum) 0 : tenant_text(tenant);
			nulls[2] = group->dimensions == NULL;
			values[2] = nulls[2] ? (Datum) 0 : without_tenant(group->dimensions);
			values[3] = CStringGetTextDatum(metric->name);
			/* Events without a value add up to 0, as in time_series. */
			nulls[4] = group->nulls[main][b] && !additive;
			values[4] = Float8GetDatum(group->nulls[main][b] ? 0 : group->values[main][b]);
			values[5] = served_by;
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	}
}

/* Returns a tenant as text. */
static Datum
tenant_text(JsonbValue *tenant)
{
	if (tenant->type == jbvString)
		return PointerGetDatum(
			cstring_to_text_with_len(tenant->val.string.val, tenant->val.string.len));
	return CStringGetTextDatum(
		DatumGetCString(DirectFunctionCall1(jsonb_out, JsonbPGetDatum(JsonbValueToJsonb(tenant)))));
}

/* Returns the dimensions alone. */
static Datum
without_tenant(Jsonb *dimensions)
{
	return DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(dimensions),
							   CStringGetTextDatum(TENANT_NAME));
}
