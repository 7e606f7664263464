/*
 * funnel_more.c - funnel_time_histogram() and funnel_entities(): behind the numbers of a funnel
 */
#include "insight/funnel.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "insight/answer.h"
#include "kernel/spans.h"

/* Arguments of their own. */
#define ARG_FROM_STEP AN_FUNNEL_ARGUMENTS
#define ARG_TO_STEP	  (AN_FUNNEL_ARGUMENTS + 1)
#define ARG_BINS	  (AN_FUNNEL_ARGUMENTS + 2)
#define ARG_STEP	  AN_FUNNEL_ARGUMENTS
#define ARG_OUTCOME	  (AN_FUNNEL_ARGUMENTS + 1)

#define BINS_MAX 1000

/* Widths of bins that people read easily, in seconds. */
static const int64 widths_s[] = {1,		2,	   5,	   10,	   15,		30,		 60,	  120,
								 300,	600,   900,	   1800,   3600,	7200,	 10800,	  21600,
								 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000};

/* Spans of every value of the breakdown. */
typedef struct Histogram
{
	int from; /* steps between which they are, from 0 */
	int to;
	AnSpans *values; /* by number of the value */
	uint32 n_values; /* how many there is room for */
	AnMemory memory; /* of all of it */
} Histogram;

/* Outcomes of funnel_entities. */
static const char *const outcomes[] = {"converted", "dropped"};

/* Entities that are looked for. */
typedef struct Search
{
	AnFunnelAsk *ask;	   /* the question */
	ReturnSetInfo *rsinfo; /* where they go */
	int step;			   /* the step, from 0 */
	int before;			   /* the required step before it, or -1 */
	bool dropped;		   /* who did not come that far */
	StringInfoData last;   /* key of the last one that was put out */
	bool any;			   /* whether there was one */
} Search;

static int read_step(FunctionCallInfo fcinfo, int arg, const char *name, int absent, int n_steps);
static void take_span(void *arg, const AnFunnelUnit *unit);
static int64 bin_width(const Histogram *histogram, int bins);
static void emit_bins(ReturnSetInfo *rsinfo, const AnSpans *spans, int64 width, int bins,
					  Datum value, bool no_value);
static void take_entity(void *arg, const AnFunnelUnit *unit);

static bool
has_step(const uint64 *steps, int step)
{
	return (steps[step / 64] & (UINT64CONST(1) << (step % 64))) != 0;
}

/* Times between two steps in bins.  Errors: see an_funnel_ask; 22023 for steps or bins out of range. */
AN_SQL(funnel_time_histogram)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Histogram histogram = {0};
	MemoryContext caller;
	AnDictionary *values;
	AnFunnelAsk *ask;
	uint32 *order;
	int64 width;
	int bins;
	AnSpi spi;

	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	ask = an_funnel_ask(fcinfo, &spi);
	histogram.memory = an_memory(CurrentMemoryContext);
	histogram.from = read_step(fcinfo, ARG_FROM_STEP, "from_step", 1, ask->conversion.n_steps);
	histogram.to =
		read_step(fcinfo, ARG_TO_STEP, "to_step", ask->conversion.n_steps, ask->conversion.n_steps);
	an_not_null(PG_ARGISNULL(ARG_BINS), "bins");
	bins = PG_GETARG_INT32(ARG_BINS);
	if (histogram.from >= histogram.to)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("from_step must be before to_step, but step %d is not before step %d",
						histogram.from + 1, histogram.to + 1)));
	if (bins < 1 || bins > BINS_MAX)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("bins must be from 1 to %d, not %d", BINS_MAX, bins)));
	an_funnel_query(ask);
	values = an_funnel_answer(ask, take_span, &histogram);
	width = bin_width(&histogram, bins);
	order = an_answer_order(values);
	caller = an_answer_begin();
	for (uint32 i = 0; i < an_dictionary_count(values); i++)
		if (order[i] + 1 < histogram.n_values)
			emit_bins(rsinfo, &histogram.values[order[i] + 1], width, bins,
					  an_answer_text(values, order[i]), false);
	if (histogram.n_values > 0)
		emit_bins(rsinfo, &histogram.values[AN_FUNNEL_NO_VALUE], width, bins, (Datum) 0, true);
	an_answer_end(caller);
	an_spi_end(&spi);
	return (Datum) 0;
}

/* Returns the step of an argument, from 0. */
static int
read_step(FunctionCallInfo fcinfo, int arg, const char *name, int absent, int n_steps)
{
	int step = PG_ARGISNULL(arg) ? absent : PG_GETARG_INT32(arg);

	if (step < 1 || step > n_steps)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be a step from 1 to %d, not %d", name, n_steps, step)));
	return step - 1;
}

static void
take_span(void *arg, const AnFunnelUnit *unit)
{
	Histogram *histogram = arg;

	histogram->values =
		an_answer_room(histogram->values, &histogram->n_values, unit->value, sizeof(AnSpans));
	if (unit->taken[histogram->from] && unit->taken[histogram->to])
		an_spans_add(&histogram->values[unit->value], &histogram->memory,
					 an_answer_between(unit->times[histogram->from], unit->times[histogram->to]));
}

/* Returns the least of the readable widths with which the greatest span has a bin. */
static int64
bin_width(const Histogram *histogram, int bins)
{
	int64 max = 0;

	for (uint32 i = 0; i < histogram->n_values; i++)
		if (histogram->values[i].n > 0)
			max = Max(max, an_spans_max(&histogram->values[i]));
	for (size_t i = 0; i < lengthof(widths_s); i++)
		if (max / (widths_s[i] * USECS_PER_SEC) < bins)
			return widths_s[i] * USECS_PER_SEC;
	return (max / bins / USECS_PER_DAY + 1) * USECS_PER_DAY;
}

/* Puts out the bins of one value, up to the last that is not empty. */
static void
emit_bins(ReturnSetInfo *rsinfo, const AnSpans *spans, int64 width, int bins, Datum value,
		  bool no_value)
{
	int64 *counts;
	int last;

	CHECK_FOR_INTERRUPTS();
	if (spans->n == 0)
		return;
	counts = palloc(bins * sizeof(int64));
	an_spans_histogram(spans, width, bins, counts);
	last = (int) (an_spans_max(spans) / width);
	for (int bin = 0; bin <= last; bin++)
	{
		Datum columns[5];
		bool nulls[5] = {false};

		columns[0] = Int32GetDatum(bin + 1);
		columns[1] = value;
		nulls[1] = no_value;
		columns[2] = an_answer_span(bin * width);
		columns[3] = an_answer_span((bin + 1) * width);
		columns[4] = Int64GetDatum(counts[bin]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, columns, nulls);
	}
	an_answer_next();
}

/* Entities that came to a step, or did not.  Errors: see an_funnel_ask; 22023 for a step or outcome that is none. */
AN_SQL(funnel_entities)
{
	Search search = {0};
	AnSpi spi;

	search.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	an_spi_begin(&spi, AN_READ);
	search.ask = an_funnel_ask(fcinfo, &spi);
	search.dropped = an_word("outcome", an_arg_required(fcinfo, ARG_OUTCOME, "outcome"), outcomes,
							 lengthof(outcomes)) == 1;
	search.step = read_step(fcinfo, ARG_STEP, "step", search.ask->conversion.n_steps,
							search.ask->conversion.n_steps);
	search.before = search.step - 1;
	while (search.before >= 0 && search.ask->conversion.optional[search.before])
		search.before--;
	if (search.dropped && search.before < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("nobody can drop out before step %d", search.step + 1),
						errhint("Ask who dropped out before a later step.")));
	initStringInfo(&search.last);
	search.ask->events.entity_text = true;
	an_funnel_query(search.ask);
	(void) an_funnel_answer(search.ask, take_entity, &search);
	an_spi_end(&spi);
	return (Datum) 0;
}

/* Puts an entity out once, for any of its units, which come one after the other. */
static void
take_entity(void *arg, const AnFunnelUnit *unit)
{
	Search *search = arg;
	bool converted = has_step(unit->reached, search->step);
	Datum value;
	bool isnull = false;

	if (search->dropped ? converted || !has_step(unit->reached, search->before) : !converted)
		return;
	if (search->any && (Size) search->last.len == unit->key_size &&
		memcmp(search->last.data, unit->key, unit->key_size) == 0)
		return;
	search->any = true;
	resetStringInfo(&search->last);
	appendBinaryStringInfo(&search->last, unit->key, (int) unit->key_size);
	value = CStringGetTextDatum(an_events_entity(&search->ask->events, unit->key, unit->key_size));
	tuplestore_putvalues(search->rsinfo->setResult, search->rsinfo->setDesc, &value, &isnull);
	pfree(DatumGetPointer(value));
}
