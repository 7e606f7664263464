/*
 * state.c - where the states of the sketch aggregates live
 */
#include "sketch/state.h"

/* The context is found again by its name. */
#define CONTEXT_NAME "analytics sketches"

/* Blocks stay small beside work_mem, for HashAgg counts whole blocks. */
#define CONTEXT_SIZES 0, 2048, 1024 * 1024

/*
 * Makes a context the first child of its parent: an aggregate beside ours that
 * makes a context for each group would otherwise lengthen every search.
 */
static MemoryContext
to_front(MemoryContext context, MemoryContext parent)
{
	if (parent->firstchild != context)
	{
		MemoryContextSetParent(context, NULL);
		MemoryContextSetParent(context, parent);
	}
	return context;
}

bool
an_sketch_in_aggregate(FunctionCallInfo fcinfo)
{
	return AggCheckCallContext(fcinfo, NULL) != 0;
}

MemoryContext
an_sketch_context(FunctionCallInfo fcinfo, const char *function)
{
	MemoryContext aggregate;

	if (!AggCheckCallContext(fcinfo, &aggregate))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("function \"%s\" can only be called by its aggregate", function)));
	for (MemoryContext child = aggregate->firstchild; child; child = child->nextchild)
		if (strcmp(child->name, CONTEXT_NAME) == 0)
			return to_front(child, aggregate);
	return AllocSetContextCreate(aggregate, CONTEXT_NAME, CONTEXT_SIZES);
}

/* Does nothing: a context's list of what is called at its end is also where its pool is found again. */
static void
context_ends(void *pool)
{
}

AnMemory
an_sketch_memory(MemoryContext context)
{
	MemoryContextCallback *callback = context->reset_cbs;

	while (callback && callback->func != context_ends)
		callback = callback->next;
	if (callback == NULL)
	{
		callback = MemoryContextAlloc(context, sizeof(MemoryContextCallback));
		callback->func = context_ends;
		callback->arg = an_pool_new(context);
		MemoryContextRegisterResetCallback(context, callback);
	}
	return an_pool_memory(callback->arg);
}
