/*
 * funnel.h - how far a chain of steps was followed within a window
 *
 * Conditions 1 to n are the steps.  A chain of level k takes an event for each
 * of the steps 1 to k, at times t1 <= t2 <= ... <= tk <= t1 + window.  The level
 * of a timeline is that of its longest chain, 0 where nothing satisfies step 1.
 * One event may take several steps, and events of one time have no order, so a
 * chain may take them in the order that suits it.  Modes change that:
 *
 *   strict_once           an event takes at most one step of a chain
 *   strict_increase       t1 < t2 < ... < tk
 *   strict_order          the reading stops at an event without any step, and at
 *                         one whose step before was not reached, once step 1 has
 *                         been seen
 *   strict_deduplication  the reading stops where a step other than the first is
 *                         satisfied that was reached before
 *   allow_reentry         with strict_order: an event whose step before was not
 *                         reached is passed over, and stops nothing
 *
 * In the two modes that stop, events are read by time, those of one time by
 * step: first the ones without any, then step by step from the first.  An event
 * of several steps is read once for each.  The level is that of the longest
 * chain among what was read.  A step that is satisfied twice at one time, and is
 * reached there, has been satisfied again.
 *
 * This is what ClickHouse 26 answers, but that its strict_increase loses chains
 * where an earlier step repeats (A@1, A@2, B@2 has level 2), and that its answer
 * for strict_deduplication with strict_once depends on the order in which events
 * of one time arrive; here it is the shortest reading that any order gives.
 *
 * One pass over the sorted events: for each level the latest start of a chain
 * that reaches it is all that matters to what follows.
 *
 * Source: ClickHouse, src/AggregateFunctions/AggregateFunctionWindowFunnel.cpp
 * at 0215c75, read for its answers.
 */
#ifndef AN_KERNEL_FUNNEL_H
#define AN_KERNEL_FUNNEL_H

#include "kernel/timeline.h"

#define AN_FUNNEL_STRICT_ORDER		   1u
#define AN_FUNNEL_STRICT_DEDUPLICATION 2u
#define AN_FUNNEL_STRICT_INCREASE	   4u
#define AN_FUNNEL_STRICT_ONCE		   8u
#define AN_FUNNEL_ALLOW_REENTRY		   16u

/* What a funnel asks; the same for all of its events. */
typedef struct AnFunnel
{
	int64_t window_us; /* from the first event of a chain to its last; at least 1 */
	uint8_t modes;	   /* AN_FUNNEL_... */
} AnFunnel;

/* Bytes of a stored AnFunnel. */
#define AN_FUNNEL_SIZE 9

/* AnTimeline.flags: the last step was reached, and the events are gone. */
#define AN_FUNNEL_COMPLETE 1u

/* an_funnel_check returns AN_ERR_ARGUMENT for a window or modes that mean nothing. */
extern AnStatus an_funnel_check(const AnFunnel *funnel);

extern void an_funnel_write(const AnFunnel *funnel, uint8_t *bytes);

/* an_funnel_read reads what an_funnel_write wrote; AN_ERR_CORRUPT for anything else. */
extern AnStatus an_funnel_read(const uint8_t *bytes, size_t size, AnFunnel *funnel);

/*
 * an_funnel_keeps tells whether an event can matter: without any step it does
 * in strict_order only, and nothing does behind the last step.
 */
static inline bool
an_funnel_keeps(const AnTimeline *timeline, const AnFunnel *funnel, bool any_step)
{
	return (any_step || (funnel->modes & AN_FUNNEL_STRICT_ORDER)) &&
		   !(timeline->flags & AN_FUNNEL_COMPLETE);
}

/*
 * an_funnel_add adds an event.  From time to time, when there are many, it drops
 * those that no longer matter.  `ascending` promises that no event comes with a
 * time before that of an event already there; then, but in the two modes that
 * stop, their number stays within a few for each step.  `memory` is where the
 * events live, `scratch` is for work.
 */
extern AnStatus
an_funnel_add(AnTimeline *timeline, const AnFunnel *funnel, const AnMemory *memory,
			  const AnMemory *scratch, int64_t time, const uint64_t *mask, bool ascending);

/*
 * an_funnel_compact brings the events into the form that is stored: sorted,
 * without those that another of the same time stands for, or none where the
 * last step was reached.  It depends on what was added and on nothing else.
 */
extern void an_funnel_compact(AnTimeline *timeline, const AnFunnel *funnel, const AnMemory *memory,
							  const AnMemory *scratch);

/* an_funnel_level returns the level; it sorts the events. */
extern uint32_t
an_funnel_level(AnTimeline *timeline, const AnFunnel *funnel, const AnMemory *scratch);

#endif /* AN_KERNEL_FUNNEL_H */
