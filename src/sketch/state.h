/*
 * state.h - where the states of the sketch aggregates live
 *
 * A state is an expanded object.  PostgreSQL keeps one as it is, without a
 * copy, where its context is a child of the aggregate's; a context of its own
 * costs each group 1 KB at least.  So all groups of one aggregate context share
 * one child of it.  Their read-write pointers never leave the transition
 * function, so nobody deletes one group's object and the context with it.
 */
#ifndef AN_SKETCH_STATE_H
#define AN_SKETCH_STATE_H

#include "sketch/pool.h"

/*
 * an_sketch_context returns the context that the states of this aggregate call
 * share, and makes it for the first of them.  Raises 42809 outside an aggregate;
 * `function` is the SQL name for that message.
 */
extern MemoryContext an_sketch_context(FunctionCallInfo fcinfo, const char *function);

/*
 * an_sketch_memory returns memory of that context in which states leave less behind
 * as they grow: a pool that they share (pool.h), made for the first of them.
 */
extern AnMemory an_sketch_memory(MemoryContext context);

#endif /* AN_SKETCH_STATE_H */
