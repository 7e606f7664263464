/*
 * session_summary.c - session_summary: how many visits, how long, how many of one event
 *
 * A session counts in the bucket in which it starts, and for the value of the
 * breakdown that its first event has.
 */
#include "insight/session.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

#include "insight/answer.h"
#include "kernel/spans.h"

/* Arguments of session_summary, by position. */
enum
{
	ARG_SOURCE, /* this and the next two: the source and an_range_arguments */
	ARG_START,
	ARG_FINISH,
	ARG_GRANULARITY,
	ARG_GAP, /* this and the next two: an_visits_ask */
	ARG_SPLIT,
	ARG_BY,
	ARG_BREAKDOWN,
	ARG_FILTERS, /* this and the next two: an_visits_ask */
	ARG_TIMEZONE,
	ARG_TENANT,
};

/* Columns of the answer. */
enum
{
	COLUMN_BUCKET,
	COLUMN_BREAKDOWN,
	COLUMN_SESSIONS,
	COLUMN_ENTITIES,
	COLUMN_BOUNCES,
	COLUMN_BOUNCE_RATE,
	COLUMN_AVG_DURATION,
	COLUMN_MEDIAN_DURATION,
	COLUMN_EVENTS_PER_SESSION,
	COLUMN_COMPLETE,
	N_COLUMNS,
};

/* Decimals of events_per_session. */
#define MEAN_DECIMALS 2

/* The sessions of one bucket and one value of the breakdown. */
typedef struct Cell
{
	int64 n_entities;  /* different entities */
	uint64 last;	   /* the entity that was counted last, from 1 */
	int64 n_bounces;   /* sessions of one event */
	int64 n_events;	   /* events of all sessions */
	AnSpans durations; /* of the sessions */
} Cell;

/* The answer under work. */
typedef struct Summary
{
	AnVisits sessions;		  /* what is asked */
	const AnBuckets *buckets; /* the buckets of the range */
	AnMemory memory;		  /* for durations */
	MemoryContext context;	  /* the same */
	Cell **cells;			  /* by value of the breakdown, then bucket; NULL where nothing is */
	int64 n_values;			  /* values of the breakdown, and one place for NULL */
	uint64 n_entities;		  /* entities so far */
} Summary;

static void make_cells(Summary *summary);
static void
count_entity(void *arg, const void *key, size_t size, const AnVisit *sessions, size_t n);
static int find_bucket(const AnBuckets *buckets, TimestampTz at);
static Cell *find_cell(Summary *summary, const AnVisit *session);
static bool *whole_buckets(AnSpi *spi, const Summary *summary);
static void emit(ReturnSetInfo *rsinfo, const Summary *summary, const bool *complete);
static void
emit_cell(ReturnSetInfo *rsinfo, const Summary *summary, Cell *cell, Datum *values, bool *nulls);

/*
 * Returns a row for each bucket of [start, finish), with a breakdown for each
 * value seen.  Errors: 22004 and 22023 for bad arguments, 42704 for an unknown source,
 * 54000 for too many cells.
 */
AN_SQL(session_summary)
{
	Summary summary = {0};
	AnSpi spi;
	TimestampTz start, finish;
	Interval *width = an_granularity_parse(an_arg_required(fcinfo, ARG_GRANULARITY, "granularity"));
	const AnTimeView *view;

	an_range_arguments(fcinfo, true, &start, &finish);
	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	an_visits_ask(&summary.sessions, &spi, fcinfo, ARG_GAP, ARG_FILTERS, start, finish, false,
				  an_arg_text(fcinfo, ARG_BREAKDOWN));
	view = summary.sessions.events.view;
	an_range_notice(start, finish, width, view->zone, view->zone_name);
	summary.buckets = an_buckets_make(start, finish, width, view->zone);
	summary.context = CurrentMemoryContext;
	summary.memory = an_memory(summary.context);
	an_visits_read(&summary.sessions, count_entity, &summary);
	if (summary.cells == NULL)
		make_cells(&summary);
	emit((ReturnSetInfo *) fcinfo->resultinfo, &summary, whole_buckets(&spi, &summary));
	an_spi_end(&spi);
	return (Datum) 0;
}

/* Makes the cells, once the values of the breakdown are known. */
static void
make_cells(Summary *summary)
{
	summary->n_values =
		summary->sessions.breakdown ? (int64) summary->sessions.breakdown->n + 1 : 1;
	if (summary->n_values * summary->buckets->n > AN_CELLS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the answer has more than %d cells", AN_CELLS_MAX),
				 errhint("Use a coarser granularity, a shorter range or a breakdown with fewer "
						 "values.")));
	summary->cells = MemoryContextAllocExtended(
		summary->context, summary->n_values * summary->buckets->n * sizeof(Cell *),
		MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static void
count_entity(void *arg, const void *key, size_t size, const AnVisit *sessions, size_t n)
{
	Summary *summary = arg;

	if (summary->cells == NULL)
		make_cells(summary);
	summary->n_entities++;
	for (size_t i = 0; i < n; i++)
	{
		const AnVisit *session = &sessions[i];
		Cell *cell = find_cell(summary, session);

		cell->n_entities += cell->last != summary->n_entities;
		cell->last = summary->n_entities;
		cell->n_bounces += session->n_events == 1;
		cell->n_events += session->n_events;
		an_spans_add(&cell->durations, &summary->memory,
					 an_answer_between(session->started, session->ended));
	}
}

/* Returns the bucket that holds an instant of the range. */
static int
find_bucket(const AnBuckets *buckets, TimestampTz at)
{
	int low = 0, high = buckets->n - 1;

	while (low < high)
	{
		int middle = low + (high - low + 1) / 2;

		if (buckets->starts[middle] <= at)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

static Cell *
find_cell(Summary *summary, const AnVisit *session)
{
	int64 value = 0;
	Cell **cell;

	if (summary->sessions.breakdown)
		value = session->breakdown == AN_NAME_NULL ? summary->n_values - 1 : session->breakdown;
	cell =
		&summary
			 ->cells[value * summary->buckets->n + find_bucket(summary->buckets, session->started)];
	if (*cell == NULL)
		*cell = MemoryContextAllocZero(summary->context, sizeof(Cell));
	return *cell;
}

/* Tells which buckets are whole: over by now, inside the range, and after the source's first event. */
static bool *
whole_buckets(AnSpi *spi, const Summary *summary)
{
	const AnBuckets *buckets = summary->buckets;
	const AnEvents *events = &summary->sessions.events;
	bool *whole = palloc(Max(buckets->n, 1));
	TimestampTz first =
		an_source_first(spi, events->view, events->tenant, buckets->start, buckets->finish);
	TimestampTz now = an_now();

	for (int b = 0; b < buckets->n; b++)
		whole[b] = buckets->ends[b] <= now && buckets->starts[b] >= first &&
				   buckets->starts[b] >= buckets->start && buckets->ends[b] <= buckets->finish;
	return whole;
}

/* Puts the rows out: bucket by bucket, in each the values of the breakdown that any session begins with. */
static void
emit(ReturnSetInfo *rsinfo, const Summary *summary, const bool *complete)
{
	int n = summary->buckets->n;
	bool *seen = palloc0(summary->n_values);
	MemoryContext row =
		AllocSetContextCreate(CurrentMemoryContext, "analytics row", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(row);

	for (int64 i = 0; i < summary->n_values * n; i++)
		seen[i / n] |= summary->cells[i] != NULL;
	seen[0] |= summary->sessions.breakdown == NULL;
	for (int b = 0; b < n; b++)
		for (int64 v = 0; v < summary->n_values; v++)
		{
			Datum values[N_COLUMNS];
			bool nulls[N_COLUMNS] = {false};
			bool has_value = summary->sessions.breakdown && v < summary->sessions.breakdown->n;

			if (!seen[v])
				continue;
			CHECK_FOR_INTERRUPTS();
			values[COLUMN_BUCKET] = TimestampTzGetDatum(summary->buckets->starts[b]);
			an_names_show(summary->sessions.breakdown, has_value ? (uint32) v : AN_NAME_NULL,
						  &values[COLUMN_BREAKDOWN], &nulls[COLUMN_BREAKDOWN]);
			values[COLUMN_COMPLETE] = BoolGetDatum(complete[b]);
			emit_cell(rsinfo, summary, summary->cells[v * n + b], values, nulls);
			MemoryContextReset(row);
		}
	MemoryContextSwitchTo(caller);
}

/* Puts out a row whose bucket, breakdown and completeness are set; cell is NULL where nothing is. */
static void
emit_cell(ReturnSetInfo *rsinfo, const Summary *summary, Cell *cell, Datum *values, bool *nulls)
{
	Cell nothing = {0};
	int64 n;

	if (cell == NULL)
		cell = &nothing;
	n = (int64) cell->durations.n;
	values[COLUMN_SESSIONS] = Int64GetDatum(n);
	values[COLUMN_ENTITIES] = Int64GetDatum(cell->n_entities);
	values[COLUMN_BOUNCES] = Int64GetDatum(cell->n_bounces);
	an_answer_share(cell->n_bounces, n, COLUMN_BOUNCE_RATE, AN_ANSWER_NONE, AN_ANSWER_NONE, values,
					nulls);
	nulls[COLUMN_AVG_DURATION] = nulls[COLUMN_MEDIAN_DURATION] = n == 0;
	nulls[COLUMN_EVENTS_PER_SESSION] = n == 0;
	if (n > 0)
	{
		values[COLUMN_AVG_DURATION] = an_answer_span(an_spans_mean(&cell->durations));
		values[COLUMN_MEDIAN_DURATION] = an_answer_span(an_spans_quantile(&cell->durations, 0.5));
		values[COLUMN_EVENTS_PER_SESSION] = DirectFunctionCall2(
			numeric_round,
			DirectFunctionCall2(numeric_div, NumericGetDatum(int64_to_numeric(cell->n_events)),
								NumericGetDatum(int64_to_numeric(n))),
			Int32GetDatum(MEAN_DECIMALS));
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}
