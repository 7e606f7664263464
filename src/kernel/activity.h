/*
 * activity.h - an entity's life cycle, and on how many periods it was active
 *
 * Both look at the numbers of the periods in which the entity has events: 1 to
 * n_periods are those that are asked for, 0 is the one before them, and
 * AN_ACTIVITY_EARLIER any time before that.  They come in any order, one for each event.
 *
 * Work is linear in the events, memory in the periods.
 */
#ifndef AN_KERNEL_ACTIVITY_H
#define AN_KERNEL_ACTIVITY_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"

/* An event before period 0. */
#define AN_ACTIVITY_EARLIER -1

/* What an entity is to a period. */
typedef enum AnActivityStatus
{
	AN_ACTIVITY_NEW,		  /* active, for the first time ever */
	AN_ACTIVITY_RETURNING,	  /* active, and in the period before, too */
	AN_ACTIVITY_RESURRECTING, /* active, not in the period before, but earlier */
	AN_ACTIVITY_DORMANT,	  /* not active, but in the period before */
	AN_ACTIVITY_N_STATUSES,
} AnActivityStatus;

typedef struct AnActivity AnActivity;

/* an_activity_create makes what entities are looked at with; n_periods is at least 1 and less than 2^31. */
extern AnActivity *an_activity_create(uint32_t n_periods, const AnMemory *memory);

extern void an_activity_free(AnActivity *activity);

/* an_activity_lifecycle adds an entity to totals[period - 1][status]. */
extern void an_activity_lifecycle(AnActivity *activity, const int64_t *periods, size_t n,
								  int64_t (*totals)[AN_ACTIVITY_N_STATUSES]);

/* an_activity_count returns in how many of the periods from 1 on the entity has at least min_events events. */
extern uint32_t
an_activity_count(AnActivity *activity, const int64_t *periods, size_t n, uint32_t min_events);

#endif /* AN_KERNEL_ACTIVITY_H */
