/*
 * flow.h - what paths() and path_tree() share: which events are nodes, and the paths of every entity
 */
#ifndef AN_INSIGHT_FLOW_H
#define AN_INSIGHT_FLOW_H

#include "insight/events.h"
#include "insight/node.h"
#include "kernel/path.h"

/* Most edges of a step, and children of a node, that an answer has. */
#define AN_FLOW_TOP_MAX 10000

/* A question about paths, while it is answered. */
typedef struct AnFlows
{
	AnEvents events;	 /* which events */
	AnNodes nodes;		 /* which of them are nodes */
	char *start_at;		 /* node at which paths begin, or NULL */
	char *end_at;		 /* node at which they end, or NULL */
	AnPathRule rule;	 /* which paths */
	uint32 top;			 /* edges, or children, that are kept */
	bool by_transitions; /* they are counted by transitions, else by entities */
} AnFlows;

/*
 * an_flows_ask reads the arguments of paths and path_tree, which are the same, and
 * opens the events.  Raises 22004 and 22023 for what is missing or unknown.
 */
extern void an_flows_ask(AnFlows *flows, AnSpi *spi, FunctionCallInfo fcinfo);

/* Takes a path; `first` tells that it is the first one of its entity. */
typedef void (*AnPathFunction)(void *arg, const AnPath *path, bool first);

/* an_flows_read reads all events and calls `function` for each path, entity by entity. */
extern void an_flows_read(AnFlows *flows, AnPathFunction function, void *arg);

#endif /* AN_INSIGHT_FLOW_H */
