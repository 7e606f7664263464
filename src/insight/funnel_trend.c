/*
 * funnel_trend.c - funnel_trend(): conversion by the period in which chains begin
 */
#include "insight/funnel.h"

#include "common/int.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "insight/answer.h"
#include "kernel/spans.h"

#define ARG_GRANULARITY AN_FUNNEL_ARGUMENTS

/* Columns of the answer, by position. */
enum
{
	COLUMN_PERIOD,
	COLUMN_BREAKDOWN,
	COLUMN_ENTERED,
	COLUMN_CONVERTED,
	COLUMN_RATE,
	COLUMN_RATE_LOW,
	COLUMN_RATE_HIGH,
	COLUMN_MEDIAN_TIME,
	COLUMN_COMPLETE,
	N_COLUMNS,
};

/* One period of one value of the breakdown. */
typedef struct Cell
{
	int64 entered;	 /* units that took the first required step, or began with a later one */
	int64 converted; /* units that took the last one */
	AnSpans spans;	 /* their times from the first step of the chain to the last */
} Cell;

/* The answer while it is made. */
typedef struct Trend
{
	AnFunnelAsk *ask;	/* the question */
	AnBuckets *buckets; /* the periods */
	Cell **values;		/* by number of the value: its cells, or NULL */
	uint32 n_values;	/* how many there is room for */
	int64 n_cells;		/* of all values */
	AnMemory memory;	/* of all of it */
} Trend;

static void take_unit(void *arg, const AnFunnelUnit *unit);
static Cell *cells_of(Trend *trend, uint32 value);
static void check_cells(Trend *trend);
static void emit(ReturnSetInfo *rsinfo, Trend *trend, const AnDictionary *values);
static void
emit_value(ReturnSetInfo *rsinfo, const Trend *trend, Cell *cells, Datum value, bool no_value);
static bool is_complete(const Trend *trend, int period);

/* Conversion by period.  Errors: see an_funnel_ask; 22023 for an infinite range or an unknown granularity. */
AN_SQL(funnel_trend)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Trend trend = {0};
	AnDictionary *values;
	Interval *width;
	pg_tz *zone;
	AnSpi spi;

	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	width = an_granularity_parse(an_arg_required(fcinfo, ARG_GRANULARITY, "granularity"));
	trend.ask = an_funnel_ask(fcinfo, &spi);
	trend.memory = an_memory(CurrentMemoryContext);
	if (TIMESTAMP_NOT_FINITE(trend.ask->start) || TIMESTAMP_NOT_FINITE(trend.ask->finish))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("start and finish must be finite"),
						errhint("A trend has one row a period; give it a first and a last one.")));
	zone = trend.ask->events.view->zone;
	an_range_notice(trend.ask->start, trend.ask->finish, width, zone,
					trend.ask->events.view->zone_name);
	trend.buckets = an_buckets_make(trend.ask->start, trend.ask->finish, width, zone);
	trend.ask->n_periods = trend.buckets->n;
	trend.ask->periods = trend.buckets->starts;
	an_funnel_query(trend.ask);
	values = an_funnel_answer(trend.ask, take_unit, &trend);
	emit(rsinfo, &trend, values);
	an_spi_end(&spi);
	return (Datum) 0;
}

static void
take_unit(void *arg, const AnFunnelUnit *unit)
{
	Trend *trend = arg;
	Cell *cell = &cells_of(trend, unit->value)[unit->period];
	int last = trend->ask->conversion.n_steps - 1;
	int first = 0;

	cell->entered++;
	if (!(unit->reached[last / 64] & (UINT64CONST(1) << (last % 64))))
		return;
	cell->converted++;
	while (!unit->taken[first])
		first++;
	if (unit->taken[last])
		an_spans_add(&cell->spans, &trend->memory,
					 an_answer_between(unit->times[first], unit->times[last]));
}

static Cell *
cells_of(Trend *trend, uint32 value)
{
	trend->values = an_answer_room(trend->values, &trend->n_values, value, sizeof(Cell *));
	if (!trend->values[value])
	{
		check_cells(trend);
		trend->values[value] =
			MemoryContextAllocExtended(CurrentMemoryContext, trend->buckets->n * sizeof(Cell),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	}
	return trend->values[value];
}

/* Counts the periods of one more value; refuses more rows than an answer may have. */
static void
check_cells(Trend *trend)
{
	trend->n_cells += trend->buckets->n;
	if (trend->n_cells > AN_CELLS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the answer has more than %d cells", AN_CELLS_MAX),
						errhint("Use a shorter range, longer periods, or a breakdown with fewer "
								"values.")));
}

/* Puts out the rows: value by value in the order of their text, units without one last. */
static void
emit(ReturnSetInfo *rsinfo, Trend *trend, const AnDictionary *values)
{
	uint32 n = an_dictionary_count(values);
	uint32 *order = an_answer_order(values);
	MemoryContext caller;

	if (!trend->ask->breakdown)
		(void) cells_of(trend, AN_FUNNEL_NO_VALUE);
	caller = an_answer_begin();
	for (uint32 i = 0; i < n; i++)
		if (order[i] + 1 < trend->n_values && trend->values[order[i] + 1])
			emit_value(rsinfo, trend, trend->values[order[i] + 1], an_answer_text(values, order[i]),
					   false);
	if (trend->n_values > 0 && trend->values[AN_FUNNEL_NO_VALUE])
		emit_value(rsinfo, trend, trend->values[AN_FUNNEL_NO_VALUE], (Datum) 0, true);
	an_answer_end(caller);
}

static void
emit_value(ReturnSetInfo *rsinfo, const Trend *trend, Cell *cells, Datum value, bool no_value)
{
	for (int period = 0; period < trend->buckets->n; period++)
	{
		Cell *cell = &cells[period];
		Datum columns[N_COLUMNS];
		bool nulls[N_COLUMNS] = {false};

		CHECK_FOR_INTERRUPTS();
		columns[COLUMN_PERIOD] = TimestampTzGetDatum(trend->buckets->starts[period]);
		columns[COLUMN_BREAKDOWN] = value;
		nulls[COLUMN_BREAKDOWN] = no_value;
		columns[COLUMN_ENTERED] = Int64GetDatum(cell->entered);
		columns[COLUMN_CONVERTED] = Int64GetDatum(cell->converted);
		an_answer_share(cell->converted, cell->entered, COLUMN_RATE, COLUMN_RATE_LOW,
						COLUMN_RATE_HIGH, columns, nulls);
		nulls[COLUMN_MEDIAN_TIME] = cell->spans.n == 0;
		if (cell->spans.n > 0)
			columns[COLUMN_MEDIAN_TIME] = an_answer_span(an_spans_quantile(&cell->spans, 0.5));
		columns[COLUMN_COMPLETE] = BoolGetDatum(is_complete(trend, period));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, columns, nulls);
	}
	an_answer_next();
}

/* Tells whether the period lies in the range as a whole and the window of its last entry is over. */
static bool
is_complete(const Trend *trend, int period)
{
	const AnFunnelAsk *ask = trend->ask;
	TimestampTz until = an_funnel_until(ask, trend->buckets->ends[period]);

	return trend->buckets->starts[period] >= ask->start &&
		   trend->buckets->ends[period] <= ask->finish && until <= an_now() &&
		   (ask->after_finish || until <= ask->finish);
}
