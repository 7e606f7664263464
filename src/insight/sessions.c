/*
 * sessions.c - sessions: every visit of every entity
 */
#include "insight/session.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "insight/answer.h"

/* Arguments of sessions, by position. */
enum
{
	ARG_SOURCE, /* this and the next two: the source and an_range_arguments */
	ARG_START,
	ARG_FINISH,
	ARG_GAP, /* this and the next two: an_visits_ask */
	ARG_SPLIT,
	ARG_BY,
	ARG_FILTERS, /* this and the next two: the same */
	ARG_TIMEZONE,
	ARG_TENANT,
};

/* Columns of the answer. */
enum
{
	COLUMN_ENTITY,
	COLUMN_SESSION,
	COLUMN_STARTED,
	COLUMN_ENDED,
	COLUMN_DURATION,
	COLUMN_EVENTS,
	COLUMN_ENTRY,
	COLUMN_EXIT,
	COLUMN_BOUNCE,
	COLUMN_COMPLETE,
	N_COLUMNS,
};

/* Where the rows go. */
typedef struct Output
{
	AnVisits sessions;	   /* what is asked */
	ReturnSetInfo *rsinfo; /* takes the rows */
} Output;

static void emit_entity(void *arg, const void *key, size_t size, const AnVisit *sessions, size_t n);

/*
 * Returns the sessions of the entities of a source in [start, finish).  Errors: 22004
 * and 22023 for bad arguments, 42704 for an unknown source.
 */
AN_SQL(sessions)
{
	Output output;
	AnSpi spi;
	TimestampTz start, finish;

	an_range_arguments(fcinfo, false, &start, &finish);
	InitMaterializedSRF(fcinfo, 0);
	output.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	an_spi_begin(&spi, AN_READ);
	an_visits_ask(&output.sessions, &spi, fcinfo, ARG_GAP, ARG_FILTERS, start, finish, true, NULL);
	an_visits_read(&output.sessions, emit_entity, &output);
	an_spi_end(&spi);
	return (Datum) 0;
}

static void
emit_entity(void *arg, const void *key, size_t size, const AnVisit *sessions, size_t n)
{
	Output *output = arg;
	ReturnSetInfo *rsinfo = output->rsinfo;
	char *entity = an_events_entity(&output->sessions.events, key, size);
	Datum values[N_COLUMNS];
	bool nulls[N_COLUMNS] = {false};

	values[COLUMN_ENTITY] = CStringGetTextDatum(entity);
	for (size_t i = 0; i < n; i++)
	{
		const AnVisit *session = &sessions[i];

		values[COLUMN_SESSION] = Int64GetDatum((int64) i + 1);
		values[COLUMN_STARTED] = TimestampTzGetDatum(session->started);
		values[COLUMN_ENDED] = TimestampTzGetDatum(session->ended);
		values[COLUMN_DURATION] =
			an_answer_span(an_answer_between(session->started, session->ended));
		values[COLUMN_EVENTS] = Int64GetDatum(session->n_events);
		an_names_show(output->sessions.names, session->entry, &values[COLUMN_ENTRY],
					  &nulls[COLUMN_ENTRY]);
		an_names_show(output->sessions.names, session->exit, &values[COLUMN_EXIT],
					  &nulls[COLUMN_EXIT]);
		values[COLUMN_BOUNCE] = BoolGetDatum(session->n_events == 1);
		values[COLUMN_COMPLETE] = BoolGetDatum(an_visits_complete(&output->sessions, session));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		/* An entity may have a million sessions. */
		pfree(DatumGetPointer(values[COLUMN_DURATION]));
		if (!nulls[COLUMN_ENTRY])
			pfree(DatumGetPointer(values[COLUMN_ENTRY]));
		if (!nulls[COLUMN_EXIT])
			pfree(DatumGetPointer(values[COLUMN_EXIT]));
	}
}
