/*
 * events.h - the events of a source, brought together entity by entity
 *
 * What every insight stands on; private to the room.  A reader writes one
 * statement that selects the events that matter, as they stand in the relation;
 * its rows are streamed into a gathering (kernel/gather.h), which hands them over
 * entity by entity.  So the scan uses indexes, partitions and workers as any
 * statement does, and nothing is sorted or joined:
 *
 *     an_events_open(&events, &spi, source, timezone, tenant, filters, start, finish);
 *     an_events_select(&events);                      -- SELECT entity, at
 *     appendStringInfo(&events.query.sql, ", %s", ...);   -- further columns
 *     an_events_from(&events);                        -- FROM ... WHERE range, tenant, filters
 *     appendStringInfo(&events.query.sql, " AND ...");    -- which events matter
 *     gather = an_events_gather(&events, n_words, take_event, arg);
 *     an_events_each(&events, gather, take_entity, arg);
 *
 * Events without entity or time are left out.  All memory is that of the context
 * in which an_events_open was called.
 */
#ifndef AN_INSIGHT_EVENTS_H
#define AN_INSIGHT_EVENTS_H

#include "base/value.h"
#include "kernel/gather.h"
#include "series/series.h"

typedef struct AnEvents
{
	AnSpi *spi;			/* where the statement runs */
	AnSource *source;	/* whose events */
	AnTimeView *view;	/* its times, as instants */
	char *tenant;		/* tenant, or NULL */
	Jsonb *filters;		/* filters, or NULL */
	TimestampTz start;	/* events are read from here; may be changed before an_events_from */
	TimestampTz finish; /* and before this */
	bool entity_text;	/* set it before an_events_select where an_events_entity will be called */
	AnQuery query;		/* the statement */
	AnValue entity;		/* how entities become keys */
	MemoryContext context; /* of all of this */
} AnEvents;

/*
 * an_events_open finds a source and begins its statement.  Raises 42704 for an
 * unknown source, and the errors of zones.  timezone, tenant and filters may be NULL.
 */
extern void an_events_open(AnEvents *events, AnSpi *spi, const char *source, const char *timezone,
						   char *tenant, Jsonb *filters, TimestampTz start, TimestampTz finish);

/* an_events_select writes SELECT, the entity and the time. */
extern void an_events_select(AnEvents *events);

/* an_events_from writes FROM and WHERE: range, tenant, filters and cohorts in them; " AND ..." may follow. */
extern void an_events_from(AnEvents *events);

/*
 * an_events_dimension returns a name's value as SQL over the relation: a dimension that a metric
 * of the source declares, "event", a column of the relation, or (where the source
 * has properties) a property: then it is text.  `what` names it in errors: 22023
 * with the nearest name.
 */
extern const AnExpression *
an_events_dimension(const AnEvents *events, const char *name, const char *what);

/* an_events_event returns the expression of event names; raises 22023 where the source has none. */
extern const AnExpression *an_events_event(const AnEvents *events);

/*
 * Takes an event: its time and the further columns of the statement.  Sets the words of
 * its record, and returns whether it is kept.
 */
typedef bool (*AnEventFunction)(void *arg, TimestampTz at, const Datum *values, const bool *nulls,
								int64 *words);

/* an_events_gather runs the statement and gathers its rows; records are n_words words. */
extern AnGather *
an_events_gather(AnEvents *events, uint32 n_words, AnEventFunction function, void *arg);

/* an_events_each is an_gather_each that can be cancelled; it frees the gathering. */
extern void an_events_each(AnEvents *events, AnGather *gather, AnGroupFunction function, void *arg);

/* an_events_entity returns the entity of a key as text, in the current context; entity_text must have been set. */
extern char *an_events_entity(const AnEvents *events, const void *key, size_t size);

#endif /* AN_INSIGHT_EVENTS_H */
