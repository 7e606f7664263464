/*
 * state.c - where the states of the sketch aggregates live
 */
#include "sketch/state.h"

/* The context is found again by its name. */
#define CONTEXT_NAME "analytics sketches"

/* Blocks stay small beside work_mem, for HashAgg counts whole blocks. */
#define CONTEXT_SIZES 0, 1024, 1024 * 1024

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
			return child;
	return AllocSetContextCreate(aggregate, CONTEXT_NAME, CONTEXT_SIZES);
}
