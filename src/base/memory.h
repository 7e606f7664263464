/*
 * memory.h - a memory context as the memory of a kernel
 */
#ifndef AN_BASE_MEMORY_H
#define AN_BASE_MEMORY_H

#include "postgres.h"
#include "fmgr.h"
#include "utils/memutils.h"

#include "kernel/memory.h"

/*
 * an_memory returns the memory of a context for the kernels: blocks may be
 * larger than 1 GB, and raise 53200 where there is none.
 */
extern AnMemory an_memory(MemoryContext context);

/*
 * an_aggregate_context returns the context that all states of this aggregate call
 * share, a child of the aggregate's own, and makes it for the first of them: a
 * state that is an expanded object is kept without a copy there, and a context of
 * its own for each group would cost 1 KB.  So one state must not be deleted by
 * itself.  `name` is a string constant; states of different contents may share it.
 * Raises 42809 outside an aggregate; `function` is the SQL name for that message.
 */
extern MemoryContext
an_aggregate_context(FunctionCallInfo fcinfo, const char *function, const char *name);

#endif /* AN_BASE_MEMORY_H */
