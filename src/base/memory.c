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
