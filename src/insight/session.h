/*
 * session.h - what sessions() and session_summary() share
 *
 * The events of an entity are cut into sessions, by a gap (kernel/session.h) or by
 * the session that the source names; both can be split at civil midnight.  Events
 * of one instant are ordered by name, then by the value of the breakdown.
 */
#ifndef AN_INSIGHT_SESSION_H
#define AN_INSIGHT_SESSION_H

#include "insight/events.h"
#include "insight/names.h"
#include "kernel/session.h"

/* A question about sessions, while it is answered. */
typedef struct AnVisits
{
	AnEvents events;	/* which events */
	int64 gap_us;		/* longest gap within a session */
	bool by_session;	/* the source's sessions count, not gaps */
	AnBinner *day;		/* finds civil days where midnight splits, else NULL */
	AnNames *ids;		/* the source's sessions, or NULL */
	AnNames *names;		/* names of events, or NULL where the source has none */
	AnNames *breakdown; /* values of the breakdown, or NULL without one */
} AnVisits;

/* One session. */
typedef struct AnVisit
{
	TimestampTz started; /* its first event */
	TimestampTz ended;	 /* its last event */
	int64 n_events;		 /* how many */
	uint32 id;			 /* rank of the source's session, or AN_NAME_NULL */
	uint32 entry;		 /* rank of the first event's name, or AN_NAME_NULL */
	uint32 exit;		 /* rank of the last event's name, or AN_NAME_NULL */
	uint32 breakdown;	 /* rank of the first event's value of the breakdown, or AN_NAME_NULL */
} AnVisit;

/*
 * an_visits_ask reads arguments: gap, split and by from `gap` on, filters, timezone and
 * tenant from `filters` on, source and range at the beginning; and opens the events.  `entity_text` tells that
 * entities will be shown, `breakdown` is a dimension, or NULL.  Raises 22004 and 22023 for what is missing or unknown.
 */
extern void
an_visits_ask(AnVisits *sessions, AnSpi *spi, FunctionCallInfo fcinfo, int gap, int filters,
			  TimestampTz start, TimestampTz finish, bool entity_text, const char *breakdown);

/* Takes the sessions of an entity in order of time: by start, then by end, then by the source's session. */
typedef void (*AnVisitFunction)(void *arg, const void *key, size_t size, const AnVisit *sessions,
								size_t n);

/* an_visits_read reads all events and calls `function` for each entity, in a context that is reset before the next. */
extern void an_visits_read(AnVisits *sessions, AnVisitFunction function, void *arg);

/*
 * an_visits_complete tells whether a session lies in the range as a whole: no event beyond the
 * range, or after now, could belong to it.
 */
extern bool an_visits_complete(const AnVisits *sessions, const AnVisit *session);

#endif /* AN_INSIGHT_SESSION_H */
