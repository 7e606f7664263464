/*
 * conversion.h - how an entity went through the steps of a funnel, by a meaning that is chosen
 *
 * Events are a time and a mask: bit s (from 0) says that the event satisfies step
 * s; the bits behind the steps are the conditions of exclusions.  They come in
 * ascending order of time; events of one time have no order, and a chain takes
 * them in the order that suits it.
 *
 * A chain takes an event for each of some steps s1 < s2 < ... < sk, at times
 * t1 <= t2 <= ... <= tk.  It may leave out optional steps, and (with open_entry) any
 * number of steps before s1; otherwise s1 is the first required step or an optional
 * one before it.  One event may take several of its steps; with `once` at
 * most one.  An admissible chain also keeps to
 *
 *   entry     any: it begins at any event.  first, last: it begins at the first or
 *             last event that can begin a chain.  Beginnings lie before entry_until.
 *   scope     funnel: tk <= t1 + window.  step: each tj <= t(j-1) + window.
 *             (A session is a run of events: the caller hands in one at a time.)
 *   order     ordered: as above.  strict: no event of the entity lies, in time,
 *             strictly between two steps that follow one another; so events without
 *             any bit count, too.
 *             any: steps come in any order, all within [t1, t1 + window]; see below.
 *   exclusion of a condition between steps from and to: no event x that satisfies
 *             it lies strictly between the event of step `from` (or where that was
 *             left out, of the last step before it, or where the chain begins behind
 *             it, its first) and that of the next step of the chain, up to `to`:
 *             t(from) < x < t(next), for every step of the chain behind `from` and
 *             not behind `to`, measured from t(from).  So a chain that has not come to
 *             `to` when x comes takes no step up to `to` any more; where `to` is optional,
 *             it may still leave it out.
 *
 * An exclusion may also make whose chain it ends leave: then `left` is set where its
 * event x comes, before the last step is first reached, while a chain that has come
 * to step `from` or further, and could still go on, has not taken the next step.  (So in
 * PostHog, where such a person is not counted.)
 *
 * A step is reached where an admissible chain ends with it, and continued where
 * such a chain has a step before it.  Without open_entry reached steps have all required steps before
 * them reached, so counts over entities never rise from one required step to the next.
 * The level is the number of the highest step reached, counted from 1; 0 for none.
 *
 * The chain that is reported is one that ends with the highest step; among those the
 * one that gets there first; among those, the one that begins last; every step in
 * between is the last event that fits; and optional steps are taken where none of this
 * is lost.  To the letter: each step up to the highest has a time, which is that of its event,
 * for a step that was left out that of the step before, and in front of the
 * beginning that of the beginning.  The chain is the one with the greatest times,
 * compared from the step before the highest backwards (in scope funnel the beginning
 * first); among chains with the same times, the one that takes the highest
 * optional step that only one of them takes.  (So with entry any a chain takes an optional
 * step in front of the first required one, and with open_entry any step in front of
 * the highest, only where both are at one time: a beginning that is later is what counts.)
 *
 * In order `any` no step is optional, nothing is excluded, the entry is open and the
 * scope is the funnel.  The level is the greatest number of different steps within
 * [t1, t1 + window] over the beginnings t1 that entry allows (once: by different
 * events), the first `level` steps are reached, and the reported events are those
 * of the window that reaches the level first, in order of time: events[i] is
 * the i-th.  Among windows that do, it is the one that begins last; the first event is at its beginning,
 * and those in between are as late as can be.  open_entry says nothing new.
 *
 * Work is one pass over the events with a few numbers for each step (order any with
 * once, and instants where events share steps with once: a matching); memory is
 * that of the steps squared, whatever the number of events.
 *
 * The caller brings hold and attribution: it hands in the events of one value, or
 * looks up its values at the events that are reported.
 */
#ifndef AN_KERNEL_CONVERSION_H
#define AN_KERNEL_CONVERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"
#include "kernel/status.h"

/* Most conditions: steps and exclusions together. */
#define AN_CONVERSION_MAX_CONDITIONS 1024

/* No event. */
#define AN_CONVERSION_NONE UINT32_MAX

typedef enum AnConversionEntry
{
	AN_ENTRY_ANY,
	AN_ENTRY_FIRST,
	AN_ENTRY_LAST,
} AnConversionEntry;

typedef enum AnConversionScope
{
	AN_SCOPE_FUNNEL,
	AN_SCOPE_STEP,
} AnConversionScope;

typedef enum AnConversionOrder
{
	AN_ORDER_ORDERED,
	AN_ORDER_STRICT,
	AN_ORDER_ANY,
} AnConversionOrder;

/* A condition that ends chains between two steps. */
typedef struct AnConversionExclusion
{
	uint32_t condition; /* its bit in the masks, n_steps or above */
	uint32_t from;		/* step behind which it counts, from 0 */
	uint32_t to;		/* step up to which it does; above `from` */
	bool leave;			/* whose chain it ends is not to be counted at all: sets `left` */
} AnConversionExclusion;

/* What is asked; the same for all entities. */
typedef struct AnConversion
{
	uint32_t n_steps;	   /* steps, at least 1 */
	uint32_t n_conditions; /* bits of a mask: steps, and conditions of exclusions */
	AnConversionEntry entry;
	AnConversionScope scope;
	AnConversionOrder order;
	bool once;			   /* an event takes at most one step */
	bool open_entry;	   /* a chain may begin with any step */
	int64_t window_us;	   /* at least 1; INT64_MAX for none */
	int64_t entry_until;   /* chains begin before this time; INT64_MAX for no bound */
	const bool *optional;  /* n_steps of them, or NULL; the last step is not optional */
	uint32_t n_exclusions; /* how many */
	const AnConversionExclusion *exclusions;
} AnConversion;

/* The events of an entity, in ascending order of time. */
typedef struct AnConversionEvents
{
	const int64_t *times; /* microseconds */
	const uint64_t
		*masks; /* an_conversion_mask_words words each, bits from n_conditions on are 0 */
	uint32_t n; /* how many */
} AnConversionEvents;

/* How it went. */
typedef struct AnConversionResult
{
	bool left; /* an exclusion that says so ended a chain before the last step was first reached */
	uint32_t level;			   /* highest step reached, from 1; 0: none */
	const uint64_t *reached;   /* a bit for each step */
	const uint64_t *continued; /* the same: reached by a chain with a step before it */
	const uint32_t
		*events; /* for each step the event that the reported chain takes, or AN_CONVERSION_NONE */
} AnConversionResult;

/* A question made ready, with its memory; used for one entity after the other. */
typedef struct AnConversionWork AnConversionWork;

static inline uint32_t
an_conversion_mask_words(uint32_t n_conditions)
{
	return (n_conditions + 63) / 64;
}

/* an_conversion_check returns AN_ERR_ARGUMENT for what means nothing, AN_ERR_LIMIT for too many conditions. */
extern AnStatus an_conversion_check(const AnConversion *conversion);

/* an_conversion_begin makes a question ready, which must be sound and live as long as the work. */
extern AnConversionWork *
an_conversion_begin(const AnConversion *conversion, const AnMemory *memory);

extern void an_conversion_end(AnConversionWork *work);

/* an_conversion_run answers for one entity.  The result's arrays are valid until the next call with this work. */
extern AnConversionResult
an_conversion_run(AnConversionWork *work, const AnConversionEvents *events);

/* Takes an attempt; `events` in the result count in the whole list of events. */
typedef void (*AnConversionAttempt)(void *arg, const AnConversionResult *result);

/*
 * an_conversion_attempts goes through the events attempt by attempt, and calls
 * `function` for each.  An attempt begins at the first event, behind the one before it, that can
 * begin a chain (entry first and any; entry last is refused by assertion).  With entry
 * first it is that one beginning's; with any, beginnings within it renew it.  It ends with the event that reaches
 * the last step, else when no chain of it can go on: its window is over.
 * Its result is that of the chains within it.
 *
 * Events of one time are in the same attempt, and the next one begins at a later time.
 * A time belongs to an attempt while a chain of it could take a step then, if there
 * were an event for it: so exclusions and, in order strict, events in between end it too.
 */
extern void an_conversion_attempts(AnConversionWork *work, const AnConversionEvents *events,
								   AnConversionAttempt function, void *arg);

/*
 * an_conversion_fold replaces events, in place, by fewer that mean the same to whatever
 * comes at the time of the last one or behind it, and returns how many are left: those of
 * the last instant, and some for each pair of steps.  Not for order any, and not for `left`.  `needed` is room
 * for n, and undefined afterwards; the result of the work is as well.
 */
extern uint32_t an_conversion_fold(AnConversionWork *work, int64_t *times, uint64_t *masks,
								   uint32_t n, bool *needed);

#endif /* AN_KERNEL_CONVERSION_H */
