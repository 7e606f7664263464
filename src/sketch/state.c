/*
 * state.c - where the states of the sketch aggregates live
 */
#include "sketch/state.h"

/* The context is found again by this very string. */
static const char context_name[] = "analytics sketches";

MemoryContext
an_sketch_context(FunctionCallInfo fcinfo, const char *function)
{
	return an_aggregate_context(fcinfo, function, context_name);
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
