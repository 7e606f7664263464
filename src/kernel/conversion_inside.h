/*
 * conversion_inside.h - what the files of the conversion kernel share
 *
 * conversion.c       questions, results, and the commonest question
 * conversion_chain.c chains in the order of the steps, by any options
 * conversion_once.c  steps at one instant that different events take
 * conversion_any.c   steps in any order
 * conversion_fold.c  few events that mean the same as many
 */
#ifndef AN_KERNEL_CONVERSION_INSIDE_H
#define AN_KERNEL_CONVERSION_INSIDE_H

#include "kernel/conversion.h"

#include "kernel/funnel_match.h"

#define NONE AN_CONVERSION_NONE

/* A step of a chain, with the steps before it; chains share what they have in common. */
typedef struct AnChainNode
{
	uint32_t event; /* the event that takes the step */
	uint32_t step;	/* the step */
	uint32_t prev;	/* node of the step before, or NONE; of a free node the next one */
	uint32_t refs;	/* states and nodes that point here */
} AnChainNode;

/* The best chain that waits for a step. */
typedef struct AnChainState
{
	int64_t start; /* when it began */
	uint32_t node; /* its last step; NONE where there is no chain */
} AnChainState;

/* Order any: an event that counts in the window. */
typedef struct AnAnySlot
{
	uint32_t event; /* the event */
	uint32_t step;	/* the step that it takes */
	uint32_t older; /* slot of the event before it, or NONE */
	uint32_t newer; /* slot of the event behind it, or NONE */
} AnAnySlot;

/* The events of one instant. */
typedef struct AnInstant
{
	uint32_t from; /* first event */
	uint32_t to;   /* behind the last event */
	int64_t time;  /* their time */
	bool begins;   /* a chain may begin now */
	bool chaining; /* a chain may take all steps that some event satisfies */
	bool matched;  /* events share steps, and take one each: see conversion_once.c */
} AnInstant;

struct AnConversionWork
{
	/* the question */
	const AnConversion *ask;		   /* as it was given */
	AnMemory memory;				   /* where everything comes from */
	uint32_t n_steps;				   /* steps */
	uint32_t n_words;				   /* words of a mask */
	uint32_t step_words;			   /* words of its steps */
	uint64_t last_word;				   /* bits of steps in the last of those */
	uint64_t window;				   /* window_us; UINT64_MAX for none */
	uint32_t first_required;		   /* the first step that is not optional */
	bool fast;						   /* the commonest question */
	bool any_optional;				   /* some step is optional */
	bool *optional;					   /* by step */
	uint64_t *begins;				   /* steps that can begin a chain */
	AnConversionExclusion *exclusions; /* the greatest `from` first */

	/* the answer */
	AnConversionResult result; /* points into the next three */
	uint64_t *reached;		   /* a bit for each step */
	uint64_t *continued;	   /* the same */
	uint32_t *events;		   /* by step, or in order of time */

	/* chains, of the entity that is read */
	const AnConversionEvents *in; /* its events */
	bool fixed;					  /* chains begin at entry_time only */
	int64_t entry_time;			  /* where that is so */
	AnInstant now;				  /* the instant that is read */
	uint64_t *here;				  /* conditions that some event of it satisfies */
	uint32_t *who;				  /* by step: an event of it that satisfies the step */
	AnChainState *waiting;		  /* by step: chains that took it or left it out */
	uint32_t n_waiting;			  /* none waits at this step or above */
	AnChainState *arrived;		  /* the same, of chains with a step at this instant */
	uint32_t first_arrived;		  /* none arrived below this step; n_steps for none */
	uint32_t n_arrived;			  /* none arrived at this step or above */
	AnChainState *spared;		  /* the same, of chains that exclusions leave */
	AnChainState *kept;			  /* what will be waiting where exclusions were met */
	bool *struck;				  /* by step: exclusions were met */
	bool any_struck;			  /* at some step */
	uint32_t best;				  /* last node of the chain to report, or NONE */
	bool *needed;				  /* by event: is to be set for those that matter; or NULL */
	uint32_t *showed;			  /* then, by step: last node of a chain that reached it, or NONE */
	uint32_t *showed_on;		  /* the same with a step before */
	AnChainNode *nodes;			  /* all nodes */
	uint32_t n_nodes;			  /* nodes in use at some time */
	uint32_t max_nodes;			  /* room for them */
	uint32_t free_node;			  /* first free node below n_nodes, or NONE */

	/* once: events of an instant; match.count is NULL until needed */
	AnFunnelMatch match;	/* which of them takes which step */
	uint32_t *match_events; /* by event of the match: the event */
	bool *row;				/* by step: is taken in the row that is tried */

	/* order any: the latest events that take different steps, the oldest first */
	AnAnySlot *slots;	/* n_steps and one more */
	uint32_t *owner;	/* by step: the slot that takes it, or NONE */
	uint32_t *via;		/* by step: the slot from which a search came to it */
	uint32_t *queue;	/* slots that a search has come to */
	uint64_t *visited;	/* steps that a search has come to */
	uint32_t oldest;	/* slot, or NONE */
	uint32_t newest;	/* slot, or NONE */
	uint32_t n_slots;	/* slots in the list */
	uint32_t free_slot; /* first free slot, or NONE */
};

/* an_conversion_within tells whether a time is no further from an earlier one than the window. */
static inline bool
an_conversion_within(const AnConversionWork *work, int64_t from, int64_t time)
{
	return (uint64_t) time - (uint64_t) from <= work->window;
}

/* an_conversion_bit tells whether a bit is set. */
static inline bool
an_conversion_bit(const uint64_t *mask, uint32_t bit)
{
	return mask[bit / 64] >> (bit % 64) & 1;
}

static inline void
an_conversion_set(uint64_t *mask, uint32_t bit)
{
	mask[bit / 64] |= UINT64_C(1) << (bit % 64);
}

/* an_conversion_steps returns a word of a mask without the bits of exclusions. */
static inline uint64_t
an_conversion_steps(const AnConversionWork *work, const uint64_t *mask, uint32_t word)
{
	return word + 1 == work->step_words ? mask[word] & work->last_word : mask[word];
}

/* an_conversion_mask returns the mask of an event. */
static inline const uint64_t *
an_conversion_mask(const AnConversionWork *work, const AnConversionEvents *in, uint32_t event)
{
	return in->masks + (size_t) event * work->n_words;
}

/* an_conversion_instant returns the event behind those that have the time of `event`. */
static inline uint32_t
an_conversion_instant(const AnConversionEvents *in, uint32_t event)
{
	int64_t time = in->times[event++];

	while (event < in->n && in->times[event] == time)
		event++;
	return event;
}

/* an_conversion_can_begin tells whether an event can begin a chain. */
extern bool
an_conversion_can_begin(const AnConversionWork *work, const AnConversionEvents *in, uint32_t event);

/*
 * an_conversion_entry returns the first event of the instant at which chains begin, or
 * the first at which they can where they do at any; in->n for none.
 */
extern uint32_t an_conversion_entry(const AnConversionWork *work, const AnConversionEvents *in);

/* an_conversion_clear makes the result one of nothing reached. */
extern void an_conversion_clear(AnConversionWork *work);

/*
 * an_conversion_chain reads events from `from` on, the first of an instant; with
 * `attempt` until the attempt that begins there is over.  It returns the first event
 * that was not read.  `fixed` and `entry_time` are set before.
 */
extern uint32_t an_conversion_chain(AnConversionWork *work, const AnConversionEvents *in,
									uint32_t from, bool attempt);

/* an_conversion_any does the same in order any. */
extern uint32_t an_conversion_any(AnConversionWork *work, const AnConversionEvents *in,
								  uint32_t from, bool attempt);

/* an_conversion_node returns a node with one reference, and refers to `prev` once more. */
extern uint32_t
an_conversion_node(AnConversionWork *work, uint32_t event, uint32_t step, uint32_t prev);

/* an_conversion_hold refers to a node, or NONE, once more and returns it. */
static inline uint32_t
an_conversion_hold(AnConversionWork *work, uint32_t node)
{
	if (node != NONE)
		work->nodes[node].refs++;
	return node;
}

/*
 * an_conversion_show keeps, for folding, a chain that shows that a step is reached, and one
 * that shows that it is continued; `node` is the chain that takes it now.
 */
extern void
an_conversion_show(AnConversionWork *work, uint32_t step, uint32_t node, bool continued);

/* an_conversion_mark sets work->needed of all events that matter later. */
extern void an_conversion_mark(AnConversionWork *work);

/* an_conversion_match begins the matching of this instant. */
extern void an_conversion_match(AnConversionWork *work);

/*
 * an_conversion_row returns the best chain that ends with `step` at this instant, its
 * node with a reference, where events of it are matched.  With `bound` other than NONE
 * it has a step up to `bound` at this instant, or begins at it.  *continued is set
 * where a chain has a step before.
 */
extern AnChainState
an_conversion_row(AnConversionWork *work, uint32_t step, uint32_t bound, bool *continued);

#endif /* AN_KERNEL_CONVERSION_INSIDE_H */
