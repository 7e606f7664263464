/*
 * retention.h - to which periods the members of a cohort came back
 *
 * The line of time is cut into buckets: civil days, weeks and so on, the first of
 * which are the cohorts.  An event starts, or is a return, or both.  An entity is
 * a member of the cohort in which its first start lies; where `recurring`, of
 * every cohort in which it starts, each time with its first start there.
 *
 * From that start its periods are counted: period n is the n-th bucket behind that
 * of the start, or (where `span` is given) [start + n * span, start + (n + 1) * span).
 * A period is met where it has at least min_events returns; period 0 is met by the
 * start itself, or, where `returned`, by that many returns strictly later than the
 * start.  A member is retained in period n
 *
 *   on            where period n is met
 *   on or after   where it is, or any later one of the n_periods
 *   on or before  where it is, or any earlier one; but the start alone does not count behind period 0
 *   streak        where it and all before it are
 *
 * Work for each entity is linear in its events, and for each of its starts in the
 * periods; memory is that of buckets and periods.  With `recurring` and `span` the
 * returns of an entity are sorted, and the ends of periods are searched among them.
 */
#ifndef AN_KERNEL_RETENTION_H
#define AN_KERNEL_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"

/* What an event is. */
#define AN_RETENTION_START	1
#define AN_RETENTION_RETURN 2

/* The word of a start before the first cohort: who has one is no member of any. */
#define AN_RETENTION_EARLIER INT64_MIN

/* Places lie below this: 73,000 years in microseconds. */
#define AN_RETENTION_PLACE_MAX (INT64_C(1) << 61)

typedef enum AnRetentionCriterion
{
	AN_RETAINED_ON,
	AN_RETAINED_ON_OR_AFTER,
	AN_RETAINED_ON_OR_BEFORE,
	AN_RETAINED_STREAK,
} AnRetentionCriterion;

/* What is asked; constant. */
typedef struct AnRetentionPlan
{
	uint32_t n_cohorts;				/* buckets in which starts count; at least 1 */
	uint32_t n_periods;				/* periods, with period 0; at least 1 */
	bool recurring;					/* a member of every cohort in which it starts */
	bool returned;					/* period 0 asks for returns, too; needs `starts` */
	AnRetentionCriterion criterion; /* who is retained */
	uint32_t min_events;			/* returns that meet a period; at least 1 */
	const int64_t *
		starts; /* places where buckets begin, then the end of the last one; NULL: places are numbers of buckets */
	int64_t span; /* length of a period, or 0: periods are buckets; needs `starts` */
	const uint32_t *
		ranks; /* records have a second word, a group: of starts at one place, that of the group with the smallest rank counts; NULL: there are no groups */
} AnRetentionPlan;

typedef struct AnRetention AnRetention;

/* an_retention_n_buckets returns how many buckets a plan needs: as many as there are in `starts`. */
static inline uint32_t
an_retention_n_buckets(const AnRetentionPlan *plan)
{
	return plan->span > 0 ? plan->n_cohorts : plan->n_cohorts + plan->n_periods - 1;
}

/* an_retention_word makes the first word of a record: a place (0 to AN_RETENTION_PLACE_MAX - 1), and what the event is. */
static inline int64_t
an_retention_word(int64_t place, int flags)
{
	return place * 4 + flags;
}

/* an_retention_create makes what entities are looked at with; plan and memory must live as long as it. */
extern AnRetention *an_retention_create(const AnRetentionPlan *plan, const AnMemory *memory);

extern void an_retention_free(AnRetention *retention);

/*
 * Takes one member: its cohort, the group of its start (0 without groups), and for
 * each of the n_periods whether it is retained in it.  The array is gone after the call.
 */
typedef void (*AnRetentionFunction)(void *arg, uint32_t cohort, int64_t group,
									const bool *retained);

/*
 * an_retention_entity calls `function` for every cohort that an entity is a member
 * of.  It has n records in any order, of one word or two; they are changed.
 * Returns outside of the buckets do not count.
 */
extern void an_retention_entity(AnRetention *retention, int64_t *words, size_t n,
								AnRetentionFunction function, void *arg);

#endif /* AN_KERNEL_RETENTION_H */
