/*
 * funnel_agg.h - what the files of funnel_agg share
 *
 * funnel_options.c  options as the parameters of a state
 * funnel_question.c parameters as a question
 * funnel_agg.c      gathering events
 * funnel_result.c   the answer, and functions of type funnel
 *
 * The parameters of a state, little-endian: within (8 bytes), session_gap (8, 0 but
 * in scope session), entry, scope, ordering and flags (1 each), the number of steps
 * s and that of exclusions e (2 each), a bit for each optional step ((s + 7) / 8
 * bytes), and for each exclusion condition, from and to (2 each, from 0).  The
 * exclusions are in ascending order, and none is there twice.
 */
#ifndef AN_BEHAVIOUR_FUNNEL_AGG_H
#define AN_BEHAVIOUR_FUNNEL_AGG_H

#include "behaviour/state.h"

#include "utils/jsonb.h"

#include "kernel/conversion.h"

/* Sizes and numbers of the parameters. */
#define AN_FUNNEL_FIXED_SIZE	 24
#define AN_FUNNEL_EXCLUSION_SIZE 6
#define AN_FUNNEL_FLAG_ONCE		 1
#define AN_FUNNEL_FLAG_OPEN		 2
#define AN_FUNNEL_FLAG_HOLD		 4
#define AN_FUNNEL_SCOPE_SESSION	 2

/* What the parameters of a state mean. */
typedef struct AnFunnelQuestion
{
	AnConversion ask; /* of the events of one session and one value */
	int64 gap_us;	  /* a longer time without rows ends a session; 0: there are no sessions */
	bool hold;		  /* events have values */
} AnFunnelQuestion;

/* an_funnel_question_read reads parameters; false where they are damaged, or do not belong to n_steps. */
extern bool
an_funnel_question_read(const uint8 *parameters, uint32 size, uint32 n_steps, void *question);

/* an_funnel_compare_exclusions orders two AnConversionExclusion, for qsort. */
extern int an_funnel_compare_exclusions(const void *a, const void *b);

/*
 * an_funnel_options reads the argument options, NULL for none, and returns the
 * parameters of a state, palloc'd.  Raises 22023 for what means nothing.
 */
extern uint8 *an_funnel_options(const Jsonb *options, int64 within_us, uint32 n_conditions,
								bool hold, uint32 *size);

#endif /* AN_BEHAVIOUR_FUNNEL_AGG_H */
