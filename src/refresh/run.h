/*
 * run.h - what the files of the room share; private to it
 */
#ifndef AN_REFRESH_RUN_H
#define AN_REFRESH_RUN_H

#include "refresh/refresh.h"

#include "calendar/calendar.h"
#include "kernel/schedule.h"

/* One refresh, as it is recorded. */
typedef struct AnRefreshRun
{
	Oid relid;			 /* the relation */
	Oid owner;			 /* its owner */
	const char *kind;	 /* name of the kind */
	char *name;			 /* what it is called */
	TimestampTz started; /* when it began, whatever analytics.now says */
	Interval took;		 /* how long it took */
	AnRefreshDone done;	 /* what it did */
	ErrorData *error;	 /* why it failed, or NULL */
} AnRefreshRun;

/* schedule.c */

/* an_schedule_read parses a schedule; raises 22023 with the place and a hint, 54000 for a long one. */
extern void an_schedule_read(const char *text, AnSchedule *schedule);

/* an_schedule_after gives the first run after an instant; false where there is none. */
extern bool an_schedule_after(const AnSchedule *schedule, AnZoneCache *zone, TimestampTz after,
							  TimestampTz *next);

/* run.c */

/* an_refresh_kind returns the kind of that name, or NULL; an_refresh_kinds returns all, const AnRefreshKind *. */
extern const AnRefreshKind *an_refresh_kind(const char *name);
extern List *an_refresh_kinds(void);

/*
 * an_refresh_run refreshes in a subtransaction, as `role`, and records that in the history.  An error
 * becomes a warning and run->error, but for one that must end the statement: a cancelled query, a
 * server that stops.  Sets all of `run` but relid, owner, kind and name, which the caller has set.
 */
extern void an_refresh_run(AnSpi *spi, AnRefreshRun *run, Oid role,
						   void (*refresh)(Oid relid, AnRefreshDone *done));

/* view.c */

/* an_refresh_order returns relations (List of Oid) such that what reads another comes after it. */
extern List *an_refresh_order(AnSpi *spi, List *relids);

/* an_refresh_view_kind is the kind of materialized views. */
extern const AnRefreshKind an_refresh_view_kind;

/* policy.c */

/* an_refresh_dropped removes the policies of relations that a command has dropped; an AnSourceDependent's. */
extern void an_refresh_dropped(AnSpi *spi, bool cascade);

/* cron.c */

/* an_cron_start sees to it that pg_cron calls tick each minute, or says in a notice how else it can be called. */
extern void an_cron_start(void);

/* an_cron_stop takes the job of the caller away again. */
extern void an_cron_stop(void);

#endif /* AN_REFRESH_RUN_H */
