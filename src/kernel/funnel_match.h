/*
 * funnel_match.h - which steps in a row the events of one instant can take, an event each
 *
 * Where a chain may use an event once only, several of its steps can still fall
 * on one instant, if there are as many events to take them.  Which event takes
 * which step is a matching in a bipartite graph.  Steps come in ascending order,
 * and the question at each of them is how far below it a row of steps can begin
 * that ends with it.
 *
 * A step with as many events to choose from as there are steps always finds a
 * free one, so no step needs to know more of them: memory is 16 bytes for each
 * pair of steps, whatever the number of events.
 *
 * Source: augmenting paths, C. Berge (1957); as a search in breadth.
 */
#ifndef AN_KERNEL_FUNNEL_MATCH_H
#define AN_KERNEL_FUNNEL_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/memory.h"

typedef struct AnFunnelMatch
{
	uint32_t n_steps;	 /* steps of the funnel */
	uint32_t n_words;	 /* words of a mask */
	uint32_t first;		 /* steps [first, next) are matched */
	uint32_t next;		 /* behind the last matched step */
	uint32_t n_events;	 /* events of the instant that are known */
	uint32_t search;	 /* number of the search that runs */
	uint32_t *count;	 /* by step: events that it may take */
	uint32_t *choices;	 /* by step, n_steps each: those events */
	uint32_t *taken;	 /* by step: the event that it takes; where matched */
	uint32_t *queue;	 /* steps that the search has come to */
	uint32_t *owner;	 /* by event: the step that takes it */
	uint32_t *seen;		 /* by event: the last search that came to it */
	uint32_t *came_from; /* by event: the step from which it did */
} AnFunnelMatch;

/* an_funnel_match_init takes the memory for instants of a funnel with n_steps steps. */
extern void an_funnel_match_init(AnFunnelMatch *match, uint32_t n_steps, const AnMemory *memory);

extern void an_funnel_match_free(AnFunnelMatch *match, const AnMemory *memory);

/* an_funnel_match_begin begins an instant without events. */
extern void an_funnel_match_begin(AnFunnelMatch *match);

/* an_funnel_match_event adds an event to the instant. */
extern void an_funnel_match_event(AnFunnelMatch *match, const uint64_t *mask);

/*
 * an_funnel_match_lowest returns the lowest step such that all steps from there
 * to `step` can be taken by different events of the instant.  An event must
 * satisfy `step`; it is greater from call to call.
 */
extern uint32_t an_funnel_match_lowest(AnFunnelMatch *match, uint32_t step);

/*
 * an_funnel_match_take lets a step that takes no event take one, where need be by
 * moving others to other events; false, and nothing is changed, where there is none.
 * Steps may come in any order; not to be mixed with an_funnel_match_lowest within an instant.
 */
extern bool an_funnel_match_take(AnFunnelMatch *match, uint32_t step);

/* an_funnel_match_drop frees the event of a step that takes one. */
extern void an_funnel_match_drop(AnFunnelMatch *match, uint32_t step);

#endif /* AN_KERNEL_FUNNEL_MATCH_H */
