/*
 * lifecycle.c - lifecycle and stickiness: what entities are to each period, and in how many they were active
 */
#include "insight/answer.h"
#include "insight/periods.h"
#include "insight/step.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "kernel/activity.h"

/* Arguments of lifecycle, by position. */
enum
{
	LIFECYCLE_SOURCE,
	LIFECYCLE_START, /* this and the next: an_range_arguments */
	LIFECYCLE_FINISH,
	LIFECYCLE_PERIOD,
	LIFECYCLE_EVENT,
	LIFECYCLE_FILTERS,
	LIFECYCLE_TIMEZONE,
	LIFECYCLE_TENANT,
};

/* Arguments of stickiness, by position. */
enum
{
	STICKINESS_SOURCE,
	STICKINESS_START, /* this and the next: an_range_arguments */
	STICKINESS_FINISH,
	STICKINESS_PERIOD,
	STICKINESS_EVENT,
	STICKINESS_CRITERION,
	STICKINESS_FILTERS,
	STICKINESS_TIMEZONE,
	STICKINESS_TENANT,
	STICKINESS_MIN_EVENTS,
};

/* Names of an AnActivityStatus. */
static const char *const statuses[] = {"new", "returning", "resurrecting", "dormant"};

/* Whom a row of stickiness counts. */
static const char *const criteria[] = {"exactly", "at_least", "at_most"};

#define AT_LEAST 1
#define AT_MOST	 2

/* What is asked, and the answer. */
typedef struct Activity
{
	AnEvents events;						 /* the source */
	AnSteps *steps;							 /* the events that make active, or NULL for any */
	AnPeriods *periods;						 /* the periods */
	AnActivity *kernel;						 /* looks at entities */
	int64 (*totals)[AN_ACTIVITY_N_STATUSES]; /* lifecycle: entities of each period and status */
	int64 *counts;	   /* stickiness: entities that were active in so many periods, from 0 on */
	uint32 min_events; /* stickiness: events that make active in a period */
} Activity;

static void open_events(FunctionCallInfo fcinfo, AnSpi *spi, Activity *activity, int event_arg,
						int filters_arg);
static AnGather *gather_periods(Activity *activity);
static bool
take_event(void *arg, TimestampTz at, const Datum *values, const bool *nulls, int64 *words);
static void add_lifecycle(void *arg, const void *key, size_t size, int64_t *words, size_t n);
static void add_stickiness(void *arg, const void *key, size_t size, int64_t *words, size_t n);
static void emit_lifecycle(ReturnSetInfo *rsinfo, const Activity *activity);
static void emit_stickiness(ReturnSetInfo *rsinfo, const Activity *activity, int criterion);

/*
 * Entities of each period that are new, returning, resurrecting, dormant.  The
 * events before the range are read, too: they tell who is new.
 */
AN_SQL(lifecycle)
{
	Activity activity = {0};
	AnMemory memory;
	AnSpi spi;
	AnGather *gather;

	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	open_events(fcinfo, &spi, &activity, LIFECYCLE_EVENT, LIFECYCLE_FILTERS);
	memory = an_memory(CurrentMemoryContext);
	activity.totals = palloc0(activity.periods->n * sizeof(*activity.totals));
	activity.events.start = DT_NOBEGIN;
	gather = gather_periods(&activity);
	activity.kernel = an_activity_create(activity.periods->n, &memory);
	an_events_each(&activity.events, gather, add_lifecycle, &activity);
	emit_lifecycle((ReturnSetInfo *) fcinfo->resultinfo, &activity);
	an_spi_end(&spi);
	return (Datum) 0;
}

/* Entities by the number of periods in which they were active. */
AN_SQL(stickiness)
{
	Activity activity = {0};
	char *word = an_arg_required(fcinfo, STICKINESS_CRITERION, "criterion");
	int criterion = an_word("criterion", word, criteria, lengthof(criteria));
	AnMemory memory;
	AnSpi spi;
	AnGather *gather;

	an_not_null(PG_ARGISNULL(STICKINESS_MIN_EVENTS), "min_events");
	if (PG_GETARG_INT32(STICKINESS_MIN_EVENTS) < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("min_events must be at least 1, not %d",
							   PG_GETARG_INT32(STICKINESS_MIN_EVENTS))));
	activity.min_events = PG_GETARG_INT32(STICKINESS_MIN_EVENTS);
	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	open_events(fcinfo, &spi, &activity, STICKINESS_EVENT, STICKINESS_FILTERS);
	memory = an_memory(CurrentMemoryContext);
	activity.counts = palloc0((activity.periods->n + 1) * sizeof(int64));
	gather = gather_periods(&activity);
	activity.kernel = an_activity_create(activity.periods->n, &memory);
	an_events_each(&activity.events, gather, add_stickiness, &activity);
	emit_stickiness((ReturnSetInfo *) fcinfo->resultinfo, &activity, criterion);
	an_spi_end(&spi);
	return (Datum) 0;
}

/* Reads the arguments that both have; zone and tenant stand behind the filters. */
static void
open_events(FunctionCallInfo fcinfo, AnSpi *spi, Activity *activity, int event_arg, int filters_arg)
{
	char *source = an_arg_required(fcinfo, LIFECYCLE_SOURCE, "source");
	char *period = an_arg_required(fcinfo, LIFECYCLE_PERIOD, "period");
	char *event = an_arg_text(fcinfo, event_arg);
	TimestampTz start, finish;

	an_range_arguments(fcinfo, true, &start, &finish);
	an_events_open(&activity->events, spi, source, an_arg_text(fcinfo, filters_arg + 1),
				   an_arg_text(fcinfo, filters_arg + 2),
				   PG_ARGISNULL(filters_arg) ? NULL : PG_GETARG_JSONB_P(filters_arg), start,
				   finish);
	if (event)
	{
		activity->steps = an_steps_make();
		an_steps_parse_text(activity->steps, &activity->events, event, "event");
	}
	activity->periods = an_periods_make(&activity->events, period, 0, AN_ACTIVITY_N_STATUSES);
}

/* Reads the events as numbers of periods, as the kernel counts them. */
static AnGather *
gather_periods(Activity *activity)
{
	AnEvents *events = &activity->events;

	an_events_select(events);
	if (activity->steps)
		an_steps_select(activity->steps, events, 0);
	an_events_from(events);
	if (activity->steps)
		an_steps_where(activity->steps, events);
	return an_events_gather(events, 1, take_event, activity);
}

static bool
take_event(void *arg, TimestampTz at, const Datum *values, const bool *nulls, int64 *words)
{
	Activity *activity = arg;
	AnPeriods *periods = activity->periods;
	uint64 mask;

	if (activity->steps && !an_steps_mask(activity->steps, values, nulls, &mask))
		return false;
	if (at >= periods->start)
		words[0] = an_periods_find(periods, at) + 1;
	else
		words[0] = at >= periods->before ? 0 : AN_ACTIVITY_EARLIER;
	return at < periods->finish;
}

static void
add_lifecycle(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	Activity *activity = arg;

	an_activity_lifecycle(activity->kernel, words, n, activity->totals);
}

static void
add_stickiness(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	Activity *activity = arg;

	activity->counts[an_activity_count(activity->kernel, words, n, activity->min_events)]++;
}

static void
emit_lifecycle(ReturnSetInfo *rsinfo, const Activity *activity)
{
	const AnPeriods *periods = activity->periods;
	TimestampTz now = an_now();

	for (int i = 0; i < periods->n; i++)
	{
		bool complete = !an_periods_cut(periods, i) && periods->starts[i + 1] <= now;

		CHECK_FOR_INTERRUPTS();
		for (int status = 0; status < AN_ACTIVITY_N_STATUSES; status++)
		{
			Datum values[4] = {
				TimestampTzGetDatum(periods->starts[i]),
				CStringGetTextDatum(statuses[status]),
				Int64GetDatum(activity->totals[i][status]),
				BoolGetDatum(complete),
			};
			bool nulls[4] = {false};

			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	}
}

/* Shares are of the entities that were active at all. */
static void
emit_stickiness(ReturnSetInfo *rsinfo, const Activity *activity, int criterion)
{
	int n = activity->periods->n;
	int64 all = 0, below = 0;

	for (int i = 1; i <= n; i++)
		all += activity->counts[i];
	for (int i = 1; i <= n; i++)
	{
		int64 entities = activity->counts[i];
		Datum values[3];
		bool nulls[3] = {false};

		CHECK_FOR_INTERRUPTS();
		if (criterion == AT_LEAST)
			entities = all - below;
		below += activity->counts[i];
		if (criterion == AT_MOST)
			entities = below;
		values[0] = Int32GetDatum(i);
		values[1] = Int64GetDatum(entities);
		an_answer_share(entities, all, 2, AN_ANSWER_NONE, AN_ANSWER_NONE, values, nulls);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}
