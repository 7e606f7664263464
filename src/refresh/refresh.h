/*
 * refresh.h - schedules, and what is refreshed by them
 *
 * A policy says when something is refreshed: its kind, its relation, a schedule and
 * a zone.  analytics.tick() runs what is due; whatever calls it each minute will do.
 * What can be refreshed is a kind: a room registers how to find one by name, and how
 * to refresh it.
 *
 * The relation's owner owns the policy.  A refresh by tick runs as that owner.  Each
 * runs in a subtransaction, so one that fails is recorded and the next goes on.  Rows
 * of the catalogs are written by fixed statements as the catalog's owner.
 */
#ifndef AN_REFRESH_REFRESH_H
#define AN_REFRESH_REFRESH_H

#include "base/base.h"

/* Most runs that next_runs shows at once. */
#define AN_NEXT_RUNS_MAX 1000

/* What one refresh did. */
typedef struct AnRefreshDone
{
	const char *method; /* how: "concurrently", "plain" ...; static, NULL before that is known */
	int64 rows; /* rows that there are now, or that were written; -1 where that is not known */
} AnRefreshDone;

/* A kind of thing that can be refreshed. */
typedef struct AnRefreshKind
{
	const char *name; /* in messages and the catalog: "materialized view" */

	/* Returns the relation of the one of that name, found with the caller's search path, or InvalidOid. */
	Oid (*find)(const char *name);

	/* Returns what the one with that relation is called, in the current context; NULL where it is gone. */
	char *(*label)(Oid relid);

	/*
	 * Refreshes it as the current user, with the search path pinned; `done` says what is known also
	 * when it raises.  Under tick the current user is the owner, who cannot change roles, but it is no
	 * security-restricted operation: enter one before anything that the owner wrote.
	 */
	void (*run)(Oid relid, AnRefreshDone *done);
} AnRefreshKind;

/* an_refresh_register adds a kind; called from a room's init function.  The struct must live for ever. */
extern void an_refresh_register(const AnRefreshKind *kind);

/* an_refresh_init defines the room's setting and registers materialized views; called once, from _PG_init. */
extern void an_refresh_init(void);

#endif /* AN_REFRESH_REFRESH_H */
