/*
 * node.h - the nodes of paths: names of events, or values of a dimension, cleaned and chosen
 *
 * A value goes through the rules, of which the first that matches gives it a name;
 * then the names to include and to exclude decide whether it is a node.  So include, exclude,
 * start_at and end_at are written as the answer shows the names.  Each different value is looked at
 * once, when all rows have come.
 *
 * Rules are a JSON array of objects {"pattern": "^/product/[0-9]+", "name": "/product/..."}: a
 * regular expression of PostgreSQL, found anywhere in the value unless it is anchored,
 * and the name that takes the value's place as a whole.
 */
#ifndef AN_INSIGHT_NODE_H
#define AN_INSIGHT_NODE_H

#include "insight/events.h"
#include "insight/names.h"
#include "kernel/path.h"

typedef struct AnNodes
{
	const AnExpression *expression; /* whose values they are */
	List *include;					/* char *: names that are nodes; NIL for all */
	List *exclude;					/* char *: names that are not */
	List *rules;					/* rules, in order; private */
	AnNames *values;				/* values as they are read */
	AnNames *names;					/* the names of nodes; the values themselves without rules */
	uint32 *nodes;					/* for each value its node, or AN_PATH_NO_NODE */
} AnNodes;

/*
 * an_nodes_ask reads the arguments include, exclude, rules and by, which follow one
 * another from `include` on.  Raises 22023 and 22004 for what is none, and what
 * regular expressions raise.
 */
extern void an_nodes_ask(AnNodes *nodes, AnEvents *events, FunctionCallInfo fcinfo, int include);

/* an_nodes_select appends the column of values to a statement, an_nodes_where its conditions. */
extern void an_nodes_select(const AnNodes *nodes, AnEvents *events);
extern void an_nodes_where(const AnNodes *nodes, AnEvents *events);

/* an_nodes_finish finds the nodes of all values; none may come afterwards. */
extern void an_nodes_finish(AnNodes *nodes);

/* an_nodes_find returns the node of a name, or AN_PATH_NO_NODE where none has it; after an_nodes_finish. */
extern uint32 an_nodes_find(const AnNodes *nodes, const char *name);

/* an_nodes_missing tells the user that no event has a name, with the nearest one that there is. */
extern void an_nodes_missing(const AnNodes *nodes, const char *name);

/* an_nodes_name returns the name of a node, with its size; it has a 0 behind it. */
extern const char *an_nodes_name(const AnNodes *nodes, uint32 node, size_t *size);

#endif /* AN_INSIGHT_NODE_H */
