/*
 * funnel.c - funnel(): how many came how far, and how long it took them
 */
#include "insight/funnel.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

#include "insight/answer.h"
#include "kernel/spans.h"

/* Which quantiles of the times are shown. */
#define MEDIAN 0.5
#define P90	   0.9

/* What is known of one step. */
typedef struct StepTally
{
	int64 reached;	 /* units that reached it */
	int64 continued; /* the same, with a step before it */
	AnSpans spans;	 /* their times from the step before, in the chains that are reported */
} StepTally;

/* Units of one value of the breakdown. */
typedef struct GroupTally
{
	bool seen;		  /* whether there is any */
	StepTally *steps; /* by step */
} GroupTally;

/* The answer while it is made. */
typedef struct Tally
{
	AnFunnelAsk *ask;	/* the question */
	GroupTally *groups; /* by number of the value */
	uint32 n_groups;	/* how many there is room for */
	AnMemory memory;	/* of all of it */
} Tally;

/* Columns of the answer, by position. */
enum
{
	COLUMN_STEP,
	COLUMN_NAME,
	COLUMN_BREAKDOWN,
	COLUMN_ENTITIES,
	COLUMN_DROPPED,
	COLUMN_RATE_FIRST,
	COLUMN_RATE_PREVIOUS,
	COLUMN_RATE_LOW,
	COLUMN_RATE_HIGH,
	COLUMN_AVG_TIME,
	COLUMN_MEDIAN_TIME,
	COLUMN_P90_TIME,
	COLUMN_PREVIOUS_LOW,
	COLUMN_PREVIOUS_HIGH,
	N_COLUMNS,
};

static void take_unit(void *arg, const AnFunnelUnit *unit);
static GroupTally *group_of(Tally *tally, uint32 value);
static void emit(ReturnSetInfo *rsinfo, Tally *tally, const AnDictionary *values);
static void emit_group(ReturnSetInfo *rsinfo, const Tally *tally, GroupTally *group, Datum value,
					   bool no_value);
static void set_rates(const Tally *tally, const GroupTally *group, int step, int before,
					  Datum *columns, bool *nulls);
static int first_required(const AnConversion *conversion);
static void set_times(AnSpans *spans, Datum *columns, bool *nulls);

/* Steps of a funnel, with counts, rates and times.  Errors: see an_funnel_ask. */
AN_SQL(funnel)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Tally tally = {0};
	AnDictionary *values;
	AnSpi spi;

	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	tally.ask = an_funnel_ask(fcinfo, &spi);
	tally.memory = an_memory(CurrentMemoryContext);
	an_funnel_query(tally.ask);
	values = an_funnel_answer(tally.ask, take_unit, &tally);
	emit(rsinfo, &tally, values);
	an_spi_end(&spi);
	return (Datum) 0;
}

static void
take_unit(void *arg, const AnFunnelUnit *unit)
{
	Tally *tally = arg;
	GroupTally *group = group_of(tally, unit->value);
	int n_steps = tally->ask->conversion.n_steps;
	int before = -1;

	for (int step = 0; step < n_steps; step++)
	{
		StepTally *counts = &group->steps[step];
		uint64 bit = UINT64CONST(1) << (step % 64);

		counts->reached += (unit->reached[step / 64] & bit) != 0;
		counts->continued += (unit->continued[step / 64] & bit) != 0;
		if (!unit->taken[step])
			continue;
		if (before >= 0)
			an_spans_add(&counts->spans, &tally->memory, unit->times[step] - unit->times[before]);
		before = step;
	}
}

static GroupTally *
group_of(Tally *tally, uint32 value)
{
	GroupTally *group;

	tally->groups = an_answer_room(tally->groups, &tally->n_groups, value, sizeof(GroupTally));
	group = &tally->groups[value];
	if (!group->seen)
	{
		group->seen = true;
		group->steps = palloc0(tally->ask->conversion.n_steps * sizeof(StepTally));
	}
	return group;
}

/* Puts out the rows, value by value in the order of their text, units without one last. */
static void
emit(ReturnSetInfo *rsinfo, Tally *tally, const AnDictionary *values)
{
	uint32 n = an_dictionary_count(values);
	uint32 *order = an_answer_order(values);
	MemoryContext caller;

	if (!tally->ask->breakdown)
		(void) group_of(tally, AN_FUNNEL_NO_VALUE);
	caller = an_answer_begin();
	for (uint32 i = 0; i < n; i++)
		if (order[i] + 1 < tally->n_groups && tally->groups[order[i] + 1].seen)
			emit_group(rsinfo, tally, &tally->groups[order[i] + 1],
					   an_answer_text(values, order[i]), false);
	if (tally->n_groups > 0 && tally->groups[AN_FUNNEL_NO_VALUE].seen)
		emit_group(rsinfo, tally, &tally->groups[AN_FUNNEL_NO_VALUE], (Datum) 0, true);
	an_answer_end(caller);
}

static void
emit_group(ReturnSetInfo *rsinfo, const Tally *tally, GroupTally *group, Datum value, bool no_value)
{
	const AnFunnelAsk *ask = tally->ask;
	int n_steps = ask->conversion.n_steps;
	int before = -1;

	CHECK_FOR_INTERRUPTS();
	for (int step = 0; step < n_steps; step++)
	{
		Datum columns[N_COLUMNS];
		bool nulls[N_COLUMNS] = {false};

		columns[COLUMN_STEP] = Int32GetDatum(step + 1);
		columns[COLUMN_NAME] = CStringGetTextDatum(ask->conversion.order == AN_ORDER_ANY
													   ? psprintf("any %d", step + 1)
													   : ask->steps->steps[step]->name);
		columns[COLUMN_BREAKDOWN] = value;
		nulls[COLUMN_BREAKDOWN] = no_value;
		columns[COLUMN_ENTITIES] = Int64GetDatum(group->steps[step].reached);
		set_rates(tally, group, step, before, columns, nulls);
		set_times(&group->steps[step].spans, columns, nulls);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, columns, nulls);
		if (!ask->conversion.optional[step])
			before = step;
	}
	an_answer_next();
}

/*
 * Sets what depends on the first required step, and on the required step before, which is -1 up to
 * the first of them.  Optional steps in front of it are a share of nothing: who begins with
 * them need not come any further, and who does need not have taken them.
 */
static void
set_rates(const Tally *tally, const GroupTally *group, int step, int before, Datum *columns,
		  bool *nulls)
{
	const AnConversion *conversion = &tally->ask->conversion;
	const StepTally *counts = &group->steps[step];
	bool enters = before < 0 && !conversion->optional[step];
	int64 first = before < 0 ? (enters ? counts->reached : 0)
							 : group->steps[first_required(conversion)].reached;
	int64 previous = before < 0 ? first : group->steps[before].reached;
	int64 came = counts->reached;
	bool known = true;

	if (conversion->open_entry && before >= 0)
	{
		/* Entry is open: there is no first step that all have to take. */
		first = 0;
		/* Those who came in at this step did not come from the one before, or did from an optional one between. */
		came = counts->continued;
		known = before == step - 1;
	}
	nulls[COLUMN_DROPPED] = conversion->optional[step] || !known;
	columns[COLUMN_DROPPED] = Int64GetDatum(previous - came);
	an_answer_share(counts->reached, first, COLUMN_RATE_FIRST, COLUMN_RATE_LOW, COLUMN_RATE_HIGH,
					columns, nulls);
	an_answer_share(came, known ? previous : 0, COLUMN_RATE_PREVIOUS, COLUMN_PREVIOUS_LOW,
					COLUMN_PREVIOUS_HIGH, columns, nulls);
	/* Everyone of the first step is there: that is no estimate of anything. */
	if (before < 0)
		nulls[COLUMN_RATE_LOW] = nulls[COLUMN_RATE_HIGH] = nulls[COLUMN_PREVIOUS_LOW] =
			nulls[COLUMN_PREVIOUS_HIGH] = true;
}

static int
first_required(const AnConversion *conversion)
{
	int step = 0;

	while (conversion->optional[step])
		step++;
	return step;
}

static void
set_times(AnSpans *spans, Datum *columns, bool *nulls)
{
	nulls[COLUMN_AVG_TIME] = nulls[COLUMN_MEDIAN_TIME] = nulls[COLUMN_P90_TIME] = spans->n == 0;
	if (spans->n == 0)
		return;
	columns[COLUMN_AVG_TIME] = an_answer_span(an_spans_mean(spans));
	columns[COLUMN_MEDIAN_TIME] = an_answer_span(an_spans_quantile(spans, MEDIAN));
	columns[COLUMN_P90_TIME] = an_answer_span(an_spans_quantile(spans, P90));
}
