/*
 * create.h - how rollups are made and dropped; for the files of this room only
 */
#ifndef AN_ROLLUP_CREATE_H
#define AN_ROLLUP_CREATE_H

#include "rollup/rollup_private.h"

/* Most partial states of one rollup: their columns must fit a page when each is a pointer to its TOAST value. */
#define AN_ROLLUP_STATES_MAX 200

/*
 * an_rollup_require_immutable raises 42P17 for an expression whose value depends on more than the event: what
 * is kept would differ from what a reader computes.  `what` names the expression in the message.
 */
extern void an_rollup_require_immutable(const AnExpression *expression, const char *what);

/*
 * an_rollup_add_dimensions sets the dimensions of a rollup by their names (List of char *): those that its
 * metrics (List of AnMetric *) declare, else any of the source.  Raises 22023, 42702, 42P17, 54000.
 */
extern void an_rollup_add_dimensions(AnSpi *spi, AnRollup *rollup, List *metrics, List *names);

/* an_rollup_add_states sets the partial states that base metrics (List of AnMetric *) are computed of. */
extern void an_rollup_add_states(AnRollup *rollup, List *metrics);

/*
 * an_rollup_create_table makes the empty table of a rollup with its indexes and comments, as the current user,
 * and sets relid and relation.  Raises 42P07 where there is a relation of that name.
 */
extern void an_rollup_create_table(AnSpi *spi, AnRollup *rollup, Oid schema);

/* an_rollup_granularity writes the width of a rollup's buckets as people do. */
extern char *an_rollup_granularity(const AnRollup *rollup);

/* an_rollup_command runs a command without parameters. */
extern void an_rollup_command(AnSpi *spi, const char *sql);

/*
 * an_rollup_drop drops a rollup: its rows in the catalogs, its table where that is still there, and the capture
 * of its source with the last one.  `cascaded` is for one that goes with something else: a NOTICE says so, and
 * nothing is checked or raised.  Otherwise raises 42704 and 42501 where the current user does not own it.
 */
extern void an_rollup_drop(AnSpi *spi, const char *name, bool cascaded);

/* an_rollup_forget deletes a rollup from the catalogs. */
extern void an_rollup_forget(AnSpi *spi, const char *name);

/* an_rollup_depend_init registers what happens to rollups with their sources, metrics and tables. */
extern void an_rollup_depend_init(void);

#endif /* AN_ROLLUP_CREATE_H */
