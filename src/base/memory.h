/*
 * memory.h - a memory context as the memory of a kernel
 */
#ifndef AN_BASE_MEMORY_H
#define AN_BASE_MEMORY_H

#include "postgres.h"
#include "utils/memutils.h"

#include "kernel/memory.h"

/*
 * an_memory returns the memory of a context for the kernels: blocks may be
 * larger than 1 GB, and raise 53200 where there is none.
 */
extern AnMemory an_memory(MemoryContext context);

#endif /* AN_BASE_MEMORY_H */
