/*
 * active_rollup.c - users of days read from a rollup, where one keeps them
 *
 * A rollup that keeps users keeps the state of a metric without filter over the source's
 * entities: such a metric, of the kind that the method asks for, stands for the question.
 */
#include "series/active.h"

#include "catalog/pg_type.h"
#include "rollup/rollup.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

static bool has_text(const AnExpression *expression);
static Jsonb *event_filter(List *events);

bool
an_active_rollup_sql(AnSpi *spi, AnQuery *query, const AnActive *active)
{
	AnMetric *metric = palloc0(sizeof(AnMetric));
	AnMetricPlan plan = {.n_metrics = 1, .metrics = &metric};
	AnScan scan = {.source = active->source, .members = list_make1_int(0)};
	const AnBuckets *days = active->window == 1 ? active->days : active->active;
	Interval *day = palloc0(sizeof(Interval));
	AnMetricRequest request = {
		.tenant = active->tenant,
		.start = active->window == 1 ? days->start : days->starts[0],
		.finish = active->days->finish,
		.width = day,
	};
	AnRollupUse *use;
	ListCell *lc;

	/* What users of several days are by an exact count, the states of days do not tell. */
	if ((active->exact && active->window > 1) || active->cut_clock)
		return false;
	day->day = 1;
	metric->name = "users";
	metric->kind = active->exact ? AN_METRIC_DISTINCT_EXACT : AN_METRIC_DISTINCT;
	metric->source = active->source;
	metric->expression = active->source->roles[AN_ROLE_ENTITY];
	metric->dimensions = palloc0((list_length(active->dimensions) + 1) * sizeof(AnDimension));
	foreach (lc, active->dimensions)
	{
		const AnDimension *dimension = lfirst(lc);

		if (!has_text(&dimension->expression))
			return false;
		metric->dimensions[metric->n_dimensions++] = *dimension;
		request.breakdown = lappend(request.breakdown, dimension->name);
	}
	request.filters = event_filter(active->events);
	use = an_rollup_choose(spi, &plan, &scan, active->view, &request, days->n, days->starts,
						   days->ends);
	if (use == NULL)
		return false;
	an_rollup_states_sql(query, use, &plan, &scan, active->view, &request);
	return true;
}

/* Tells whether values of a dimension are equal just where their texts are. */
static bool
has_text(const AnExpression *expression)
{
	switch (expression->type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case UUIDOID:
		case TEXTOID:
		case VARCHAROID:
			return true;
		default:
			return type_is_enum(expression->type);
	}
}

/* Returns the filter {"event": [names]}, or NULL for all events. */
static Jsonb *
event_filter(List *events)
{
	JsonbParseState *state = NULL;
	JsonbValue value = {.type = jbvString};
	ListCell *lc;

	if (events == NIL)
		return NULL;
	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	value.val.string.val = "event";
	value.val.string.len = strlen("event");
	(void) pushJsonbValue(&state, WJB_KEY, &value);
	(void) pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	foreach (lc, events)
	{
		value.val.string.val = lfirst(lc);
		value.val.string.len = strlen(lfirst(lc));
		(void) pushJsonbValue(&state, WJB_ELEM, &value);
	}
	(void) pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}
