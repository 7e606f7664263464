/*
 * memory.h - memory that a kernel gets from its caller
 *
 * A kernel whose state grows takes blocks through this, and never allocates by
 * itself.  take does not return NULL: where there is no memory it does not
 * return at all (PostgreSQL raises an error), so a kernel takes what it needs
 * before it changes anything.
 */
#ifndef AN_KERNEL_MEMORY_H
#define AN_KERNEL_MEMORY_H

#include <stddef.h>

typedef struct AnMemory
{
	void *(*take)(void *owner, size_t size); /* a block of that size, aligned for any type */
	void (*give)(void *owner, void *block);	 /* gives a block back; NULL is ignored */
	void *owner;							 /* what the two are called with */
} AnMemory;

static inline void *
an_memory_take(const AnMemory *memory, size_t size)
{
	return memory->take(memory->owner, size);
}

static inline void
an_memory_give(const AnMemory *memory, void *block)
{
	memory->give(memory->owner, block);
}

#endif /* AN_KERNEL_MEMORY_H */
