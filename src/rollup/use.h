/*
 * use.h - what a statement of a reader is answered from; for choose.c and those that write the statement
 */
#ifndef AN_ROLLUP_USE_H
#define AN_ROLLUP_USE_H

#include "rollup/rollup_private.h"

struct AnRollupUse
{
	const AnRollup *rollup;	   /* the rollup */
	AnRollupProgress progress; /* how far it is */
	AnRanges served;		   /* times that its cells and the newer events answer */
	AnRanges raw;			   /* times that the events themselves answer */
};

/* an_rollup_column returns the column of the rollup's dimension (or tenant) of that expression, or NULL; sets `plain` as an_dimension_sql does. */
extern const char *
an_rollup_column(const AnRollup *rollup, const AnExpression *expression, bool *plain);

/* an_rollup_state returns the column that holds a partial state, or NULL. */
extern const char *an_rollup_state(const AnRollup *rollup, const AnPartial *partial);

/* an_rollup_has_metric tells whether a rollup has the states of a base metric, and how many events it counts. */
extern bool an_rollup_has_metric(const AnRollup *rollup, const AnMetric *metric);

/*
 * an_rollup_use decides what of the asked ranges a rollup answers in this snapshot; NULL where that is nothing, or
 * where the current user may not read it.  `tenant` leaves the marks of others out.
 */
extern AnRollupUse *
an_rollup_use(AnSpi *spi, const AnRollup *rollup, const AnRanges *asked, const char *tenant);

/* an_rollup_raw_time returns how long the ranges are that a use reads from events, in microseconds. */
extern double an_rollup_raw_time(const AnRollupUse *use);

#endif /* AN_ROLLUP_USE_H */
