/*
 * memory.c - a memory context as the memory of a kernel
 */
#include "base/base.h"

static void *
take(void *owner, size_t size)
{
	return MemoryContextAllocHuge((MemoryContext) owner, size);
}

static void
give(void *owner, void *block)
{
	if (block)
		pfree(block);
}

AnMemory
an_memory(MemoryContext context)
{
	return (AnMemory){.take = take, .give = give, .owner = context};
}

/* The greatest block of a context for states: beside work_mem it stays small, for HashAgg counts whole blocks. */
static Size
state_block_max(void)
{
	Size size = ALLOCSET_DEFAULT_MAXSIZE;

	while (size > ALLOCSET_DEFAULT_INITSIZE && size > (Size) work_mem * 1024 / 16)
		size /= 2;
	return size;
}

MemoryContext
an_aggregate_context(FunctionCallInfo fcinfo, const char *function, const char *name)
{
	MemoryContext aggregate;
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &aggregate))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("function \"%s\" can only be called by its aggregate", function)));
	for (context = aggregate->firstchild; context; context = context->nextchild)
		if (context->name == name)
			break;
	if (!context)
		return AllocSetContextCreateInternal(aggregate, name, 0, 1024, state_block_max());
	/* To the front: an aggregate beside ours that makes a context for each group would lengthen every search. */
	if (aggregate->firstchild != context)
	{
		MemoryContextSetParent(context, NULL);
		MemoryContextSetParent(context, aggregate);
	}
	return context;
}
