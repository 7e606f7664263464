/*
 * flow.h - what went from each node to which other, counted for one step of all paths
 *
 * A record is a transition: the node on the anchor's side (near), the one beyond
 * it (far), or that the path ended at the near one, and how long it took.  Records
 * come entity by entity, and tell where an entity's begin; so people are counted
 * as well as transitions, each once however often they took an edge.
 *
 * The edges that are kept are the `top` by entities or by transitions; of equal ones those
 * with more of the other, then by near and far node, an end behind the edges.  What
 * is left out is summed up: for a node that has a kept edge in one edge, all the rest
 * in one more.  So nothing is lost: transitions over all edges are the records, and
 * those of a node are its visits.
 *
 * Times are microseconds, mean and median as spans.h gives them.  Memory is about 80 bytes
 * an edge and 8 a record.
 */
#ifndef AN_KERNEL_FLOW_H
#define AN_KERNEL_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"

/* Words of a record. */
#define AN_FLOW_WORDS 2

/* The far node of a path that ended. */
#define AN_FLOW_ENDED UINT32_MAX

typedef enum AnFlowKind
{
	AN_FLOW_EDGE, /* from near to far */
	AN_FLOW_END,  /* paths ended at near */
	AN_FLOW_REST, /* other edges of near, summed up */
	AN_FLOW_MORE, /* edges of nodes that have no kept one, summed up */
} AnFlowKind;

/* One edge, or several summed up. */
typedef struct AnFlowEdge
{
	AnFlowKind kind;		   /* which of them */
	uint32_t near;			   /* node on the anchor's side; not in AN_FLOW_MORE */
	uint32_t far;			   /* node beyond it, in AN_FLOW_EDGE */
	uint64_t entities;		   /* different entities */
	uint64_t transitions;	   /* how often */
	uint64_t node_entities;	   /* different entities at near; in AN_FLOW_MORE those of the step */
	uint64_t node_transitions; /* visits of near; in AN_FLOW_MORE those of the step */
	int64_t mean_us;		   /* of the times, in AN_FLOW_EDGE */
	int64_t median_us;		   /* the same */
} AnFlowEdge;

/* What is asked. */
typedef struct AnFlowRule
{
	uint32_t top;		 /* edges kept, at least 1 */
	bool by_transitions; /* the order, and what is kept; else by entities */
} AnFlowRule;

/*
 * an_flow_record sets the words of a record.  near is below 2^31; `first` tells that the
 * entity had no record in this step before; `us` is the time, which is 0 for an end.
 */
static inline void
an_flow_record(int64_t *words, uint32_t near, uint32_t far, bool first, int64_t us)
{
	words[0] = (int64_t) ((uint64_t) first << 63 | (uint64_t) near << 32 | far);
	words[1] = us;
}

/* Takes an edge. */
typedef void (*AnFlowFunction)(void *arg, const AnFlowEdge *edge);

/*
 * an_flow_step counts the n records of a step, and calls `function` for each edge that is kept, in order,
 * then for the rest of their nodes, node by node as they came first, then for what is more.
 */
extern void an_flow_step(const AnFlowRule *rule, const int64_t *records, size_t n,
						 const AnMemory *memory, AnFlowFunction function, void *arg);

#endif /* AN_KERNEL_FLOW_H */
