/*
 * retention.c - retention_table: who of each cohort came back, period by period
 *
 * One statement reads the starts and the returns; every entity's records go through
 * the kernel, which says in which cohorts it is and in which periods it is
 * retained there.  A record is one word: the number of the civil period where
 * that is enough, else the time; with a breakdown a second one, the value.
 */
#include "insight/answer.h"
#include "insight/periods.h"
#include "insight/step.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "kernel/dictionary.h"
#include "kernel/retention.h"

/* Arguments, by position. */
enum
{
	ARG_SOURCE,
	ARG_START_EVENT,
	ARG_RETURN_EVENT,
	ARG_START, /* this and the next: an_range_at */
	ARG_FINISH,
	ARG_PERIOD,
	ARG_PERIODS,
	ARG_COHORT,
	ARG_CRITERION,
	ARG_CLOCK,
	ARG_MIN_EVENTS,
	ARG_BREAKDOWN,
	ARG_FILTERS,
	ARG_TIMEZONE,
	ARG_TENANT,
	ARG_PERIOD_ZERO,
};

/* Words of arguments, each in the order of its numbers. */
static const char *const cohorts[] = {"first_in_range", "first_ever", "recurring"};
static const char *const criteria[] = {"on", "on_or_after", "on_or_before", "streak"};
static const char *const clocks[] = {"calendar", "rolling"};
static const char *const zeroes[] = {"started", "returned"};

#define COHORT_FIRST_EVER 1
#define COHORT_RECURRING  2
#define CLOCK_ROLLING	  1
#define ZERO_RETURNED	  1

/* The event is any. */
#define ANY_EVENT -1

/* No value of the breakdown; others are numbers of the dictionary + 1. */
#define NO_VALUE 0

/* Members of one value of the breakdown. */
typedef struct Members
{
	int64 *sizes;	 /* of each cohort */
	int64 *retained; /* of each cohort and period */
} Members;

/* What is asked, and the answer. */
typedef struct Retention
{
	AnEvents events;			   /* the source */
	AnSteps *steps;				   /* the events that are asked for by name or condition */
	int start_step;				   /* which of them starts, or ANY_EVENT */
	int return_step;			   /* which of them is a return, or ANY_EVENT */
	AnPeriods *periods;			   /* the cohorts, and the civil periods behind them */
	AnRetentionPlan plan;		   /* the question of the kernel */
	bool timed;					   /* records bring times, not numbers of periods */
	const AnExpression *breakdown; /* value of a start, or NULL */
	AnDictionary *values;		   /* values of the breakdown */
	uint32 n_values;			   /* how many, with NO_VALUE */
	uint32 *order;				   /* the values, in the order of the answer */
	Members *members;			   /* for each value; without members all NULL */
	int64 n_cells;				   /* cells of the values that have members */
	AnRetention *kernel;		   /* looks at entities */
} Retention;

static void read_request(FunctionCallInfo fcinfo, AnSpi *spi, Retention *retention);
static void read_options(FunctionCallInfo fcinfo, Retention *retention);
static int positive(FunctionCallInfo fcinfo, int arg, const char *name);
static void read_steps(FunctionCallInfo fcinfo, Retention *retention);
static void check_instants(const Retention *retention, const char *what);
static void find_range(Retention *retention, bool ever);
static void place_buckets(Retention *retention);
static void collect(Retention *retention);
static bool
take_event(void *arg, TimestampTz at, const Datum *values, const bool *nulls, int64 *words);
static int flags_of(const Retention *retention, const Datum *values, const bool *nulls);
static uint32 value_of(Retention *retention, Datum value, bool isnull);
static void order_values(Retention *retention);
static Members *members_of(Retention *retention, int64 value);
static void take_entity(void *arg, const void *key, size_t size, int64_t *words, size_t n);
static void take_member(void *arg, uint32_t cohort, int64_t value, const bool *retained);
static void emit(ReturnSetInfo *rsinfo, const Retention *retention);
static void emit_cohort(ReturnSetInfo *rsinfo, const Retention *retention, int cohort, uint32 value,
						TimestampTz now);
static bool is_complete(const Retention *retention, int cohort, int period, TimestampTz now);
static bool has_begun(const Retention *retention, int cohort, int period, TimestampTz now);
static TimestampTz moved(const Retention *retention, TimestampTz at, int n_spans);

/* Sizes of cohorts, and who of them is retained in each period.  Errors: see docs/retention.md. */
AN_SQL(retention_table)
{
	Retention retention = {0};
	AnSpi spi;

	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	read_request(fcinfo, &spi, &retention);
	collect(&retention);
	emit((ReturnSetInfo *) fcinfo->resultinfo, &retention);
	an_spi_end(&spi);
	return (Datum) 0;
}

static void
read_request(FunctionCallInfo fcinfo, AnSpi *spi, Retention *retention)
{
	char *source = an_arg_required(fcinfo, ARG_SOURCE, "source");
	char *period = an_arg_required(fcinfo, ARG_PERIOD, "period");
	char *cohort = an_arg_required(fcinfo, ARG_COHORT, "cohort");
	char *breakdown = an_arg_text(fcinfo, ARG_BREAKDOWN);
	AnRetentionPlan *plan = &retention->plan;
	TimestampTz start, finish;
	int kind;

	an_range_at(fcinfo, ARG_START, true, &start, &finish);
	kind = an_word("cohort", cohort, cohorts, lengthof(cohorts));
	read_options(fcinfo, retention);
	plan->recurring = kind == COHORT_RECURRING;
	an_events_open(&retention->events, spi, source, an_arg_text(fcinfo, ARG_TIMEZONE),
				   an_arg_text(fcinfo, ARG_TENANT),
				   PG_ARGISNULL(ARG_FILTERS) ? NULL : PG_GETARG_JSONB_P(ARG_FILTERS), start,
				   finish);
	read_steps(fcinfo, retention);
	if (breakdown)
		retention->breakdown = an_events_dimension(&retention->events, breakdown, "breakdown");
	retention->periods = an_periods_make(
		&retention->events, period, plan->span ? 0 : (int) plan->n_periods - 1, plan->n_periods);
	find_range(retention, kind == COHORT_FIRST_EVER);
}

/* Reads what needs no source; whether the clock rolls stands in plan.span until its length is known. */
static void
read_options(FunctionCallInfo fcinfo, Retention *retention)
{
	AnRetentionPlan *plan = &retention->plan;
	char *criterion = an_arg_required(fcinfo, ARG_CRITERION, "criterion");
	char *clock = an_arg_required(fcinfo, ARG_CLOCK, "clock");
	char *zero = an_arg_required(fcinfo, ARG_PERIOD_ZERO, "period_zero");

	plan->n_periods = positive(fcinfo, ARG_PERIODS, "periods");
	plan->min_events = positive(fcinfo, ARG_MIN_EVENTS, "min_events");
	plan->criterion = an_word("criterion", criterion, criteria, lengthof(criteria));
	plan->span = an_word("clock", clock, clocks, lengthof(clocks)) == CLOCK_ROLLING;
	plan->returned = an_word("period_zero", zero, zeroes, lengthof(zeroes)) == ZERO_RETURNED;
	if (plan->n_periods > AN_CELLS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%u periods are more than %d", plan->n_periods, AN_CELLS_MAX)));
}

static int
positive(FunctionCallInfo fcinfo, int arg, const char *name)
{
	int value;

	an_not_null(PG_ARGISNULL(arg), name);
	value = PG_GETARG_INT32(arg);
	if (value < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be at least 1, not %d", name, value)));
	return value;
}

/* Reads the two events; where they are the same, there is one step. */
static void
read_steps(FunctionCallInfo fcinfo, Retention *retention)
{
	char *start_event = an_arg_text(fcinfo, ARG_START_EVENT);
	char *return_event = an_arg_text(fcinfo, ARG_RETURN_EVENT);

	retention->steps = an_steps_make();
	retention->start_step = retention->return_step = ANY_EVENT;
	if (start_event)
	{
		retention->start_step = retention->steps->n;
		an_steps_parse_text(retention->steps, &retention->events, start_event, "start_event");
	}
	if (start_event && return_event && strcmp(start_event, return_event) == 0)
		retention->return_step = retention->start_step;
	else if (return_event)
	{
		retention->return_step = retention->steps->n;
		an_steps_parse_text(retention->steps, &retention->events, return_event, "return_event");
	}
}

/* Decides what is read and what records are. */
static void
find_range(Retention *retention, bool ever)
{
	AnRetentionPlan *plan = &retention->plan;
	AnPeriods *periods = retention->periods;
	TimestampTz until;
	int64 extent;

	if (plan->span)
		check_instants(retention, "clock \"rolling\"");
	if (plan->returned)
		check_instants(retention, "period_zero \"returned\"");
	plan->n_cohorts = periods->n;
	plan->span = plan->span ? periods->span_us : 0;
	until = plan->span ? moved(retention, periods->finish, plan->n_periods)
					   : periods->starts[periods->n_all];
	retention->timed = plan->span || plan->returned || retention->breakdown;
	retention->events.finish = until;
	if (ever)
		retention->events.start = DT_NOBEGIN;
	if (!retention->timed)
		return;
	if (pg_sub_s64_overflow(TIMESTAMP_IS_NOEND(until) ? END_TIMESTAMP : until, periods->starts[0],
							&extent) ||
		extent >= AN_RETENTION_PLACE_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("range and periods are longer than 73000 years"),
						errhint("Use a shorter range, or fewer periods.")));
	place_buckets(retention);
}

/* A date does not tell what came first on it, nor what was 24 hours later. */
static void
check_instants(const Retention *retention, const char *what)
{
	const AnSource *source = retention->events.source;

	if (source->roles[AN_ROLE_AT].type == DATEOID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("source \"%s\" has dates, which cannot serve %s", source->name, what),
				 errhint("Leave the argument out, or use a source with times.")));
}

/* Tells the kernel where buckets begin, as places: microseconds behind the range's start. */
static void
place_buckets(Retention *retention)
{
	const AnPeriods *periods = retention->periods;
	int64 *starts =
		MemoryContextAllocHuge(CurrentMemoryContext, (periods->n_all + 1) * sizeof(int64));

	for (int i = 0; i <= periods->n_all; i++)
		starts[i] = periods->starts[i] - periods->start;
	retention->plan.starts = starts;
}

/* Reads the events and adds up what entities did. */
static void
collect(Retention *retention)
{
	AnEvents *events = &retention->events;
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnGather *gather;

	retention->values = an_dictionary_create(&memory);
	an_events_select(events);
	if (retention->breakdown)
		appendStringInfo(&events->query.sql, ", (%s)::pg_catalog.text", retention->breakdown->text);
	if (retention->steps->n > 0)
		an_steps_select(retention->steps, events, retention->breakdown ? 1 : 0);
	an_events_from(events);
	if (retention->start_step != ANY_EVENT && retention->return_step != ANY_EVENT)
		an_steps_where(retention->steps, events);
	gather = an_events_gather(events, retention->breakdown ? 2 : 1, take_event, retention);
	order_values(retention);
	if (!retention->breakdown)
		(void) members_of(retention, NO_VALUE);
	retention->kernel = an_retention_create(&retention->plan, &memory);
	an_events_each(events, gather, take_entity, retention);
	an_retention_free(retention->kernel);
}

/* Makes the record of an event, if it is one that matters. */
static bool
take_event(void *arg, TimestampTz at, const Datum *values, const bool *nulls, int64 *words)
{
	Retention *retention = arg;
	AnPeriods *periods = retention->periods;
	int flags = flags_of(retention, values, nulls);
	int64 place;

	if (at < periods->start)
	{
		words[0] = AN_RETENTION_EARLIER;
		words[1] = NO_VALUE;
		return (flags & AN_RETENTION_START) != 0;
	}
	if (at >= periods->finish)
		flags &= ~AN_RETENTION_START;
	place = retention->timed ? at - periods->start : an_periods_find(periods, at);
	if (flags == 0 || place < 0)
		return false;
	words[0] = an_retention_word(place, flags);
	if (retention->breakdown)
		words[1] = flags & AN_RETENTION_START ? value_of(retention, values[0], nulls[0]) : NO_VALUE;
	return true;
}

/* Tells what an event is: a start, a return, both or neither. */
static int
flags_of(const Retention *retention, const Datum *values, const bool *nulls)
{
	uint64 mask = 0;
	int flags = 0;

	if (retention->steps->n > 0)
		(void) an_steps_mask(retention->steps, values, nulls, &mask);
	if (retention->start_step == ANY_EVENT || (mask >> retention->start_step) & 1)
		flags |= AN_RETENTION_START;
	if (retention->return_step == ANY_EVENT || (mask >> retention->return_step) & 1)
		flags |= AN_RETENTION_RETURN;
	return flags;
}

static uint32
value_of(Retention *retention, Datum value, bool isnull)
{
	struct varlena *text;

	if (isnull)
		return NO_VALUE;
	text = PG_DETOAST_DATUM_PACKED(value);
	return an_dictionary_number(retention->values, VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text)) + 1;
}

/* Orders the values by their bytes, NULL last, and makes room for members of each. */
static void
order_values(Retention *retention)
{
	uint32 n = an_dictionary_count(retention->values);
	uint32 *sorted = an_answer_order(retention->values);
	uint32 *ranks;

	retention->n_values = n + 1;
	retention->order = MemoryContextAllocHuge(CurrentMemoryContext, (n + 1) * sizeof(uint32));
	retention->members = MemoryContextAllocHuge(CurrentMemoryContext, (n + 1) * sizeof(Members));
	memset(retention->members, 0, (n + 1) * sizeof(Members));
	ranks = MemoryContextAllocHuge(CurrentMemoryContext, (n + 1) * sizeof(uint32));
	for (uint32 i = 0; i < n; i++)
		retention->order[i] = sorted[i] + 1;
	retention->order[n] = NO_VALUE;
	for (uint32 i = 0; i <= n; i++)
		ranks[retention->order[i]] = i;
	if (retention->breakdown)
		retention->plan.ranks = ranks;
}

/* Returns the members of a value, and makes room for them with the first. */
static Members *
members_of(Retention *retention, int64 value)
{
	Members *part = &retention->members[value];
	Size n_cohorts = retention->plan.n_cohorts;
	Size n_cells = n_cohorts * retention->plan.n_periods;

	if (part->sizes)
		return part;
	retention->n_cells += n_cells;
	if (retention->n_cells > AN_CELLS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the answer has more than %d cells", AN_CELLS_MAX),
						errhint("Use a shorter range, or a breakdown with fewer values.")));
	part->sizes = palloc0(n_cohorts * sizeof(int64));
	part->retained = palloc0(n_cells * sizeof(int64));
	return part;
}

static void
take_entity(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	Retention *retention = arg;

	an_retention_entity(retention->kernel, words, n, take_member, retention);
}

static void
take_member(void *arg, uint32_t cohort, int64_t value, const bool *retained)
{
	Retention *retention = arg;
	Members *part = members_of(retention, value);
	uint32 n_periods = retention->plan.n_periods;
	int64 *cells = part->retained + (Size) cohort * n_periods;

	/* Periods can be many. */
	CHECK_FOR_INTERRUPTS();
	part->sizes[cohort]++;
	for (uint32 i = 0; i < n_periods; i++)
		cells[i] += retained[i];
}

/* Every cohort of the range has its rows, for every value that has a member in any. */
static void
emit(ReturnSetInfo *rsinfo, const Retention *retention)
{
	TimestampTz now = an_now();

	for (int cohort = 0; cohort < retention->periods->n; cohort++)
		for (uint32 i = 0; i < retention->n_values; i++)
			if (retention->members[retention->order[i]].sizes)
				emit_cohort(rsinfo, retention, cohort, retention->order[i], now);
}

static void
emit_cohort(ReturnSetInfo *rsinfo, const Retention *retention, int cohort, uint32 value,
			TimestampTz now)
{
	const Members *part = &retention->members[value];
	int n_periods = retention->plan.n_periods;
	int64 members = part->sizes[cohort];
	Datum values[7];
	bool nulls[7] = {false};

	values[0] = TimestampTzGetDatum(retention->periods->starts[cohort]);
	nulls[1] = value == NO_VALUE;
	if (value != NO_VALUE)
		values[1] = an_answer_text(retention->values, value - 1);
	values[2] = Int64GetDatum(members);
	for (int period = 0; period < n_periods; period++)
	{
		int64 retained = part->retained[(Size) cohort * n_periods + period];

		CHECK_FOR_INTERRUPTS();
		values[3] = Int32GetDatum(period);
		values[4] = Int64GetDatum(retained);
		an_answer_share(retained, has_begun(retention, cohort, period, now) ? members : 0, 5,
						AN_ANSWER_NONE, AN_ANSWER_NONE, values, nulls);
		values[6] = BoolGetDatum(is_complete(retention, cohort, period, now));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/* Tells whether nothing can change in a cell any more: the periods that it looks at are over for all members. */
static bool
is_complete(const Retention *retention, int cohort, int period, TimestampTz now)
{
	const AnRetentionPlan *plan = &retention->plan;
	const AnPeriods *periods = retention->periods;
	TimestampTz cohort_end = Min(periods->starts[cohort + 1], periods->finish);

	if (an_periods_cut(periods, cohort))
		return false;
	if (period == 0 && !plan->returned)
		return cohort_end <= now;
	if (plan->criterion == AN_RETAINED_ON_OR_AFTER)
		period = plan->n_periods - 1;
	if (plan->span)
		return moved(retention, cohort_end, period + 1) <= now;
	return periods->starts[cohort + period + 1] <= now;
}

/* Tells whether a period has begun for any member. */
static bool
has_begun(const Retention *retention, int cohort, int period, TimestampTz now)
{
	const AnPeriods *periods = retention->periods;

	if (retention->plan.span)
		return moved(retention, Max(periods->starts[cohort], periods->start), period) < now;
	return periods->starts[cohort + period] < now;
}

/* Returns an instant moved by spans, DT_NOEND where that is behind all. */
static TimestampTz
moved(const Retention *retention, TimestampTz at, int n_spans)
{
	int64 shift;
	TimestampTz result;

	if (pg_mul_s64_overflow(retention->plan.span, n_spans, &shift) ||
		pg_add_s64_overflow(at, shift, &result) || result >= END_TIMESTAMP)
		return DT_NOEND;
	return result;
}
