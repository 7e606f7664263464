/*
 * records.h - records of a few words, brought into order
 *
 * What a gathering hands over of an entity (gather.h) comes in the order in which
 * it was read.  Records are n_words words of 64 bits; they are ordered by the first
 * word as a signed number, those that agree by the second, and so on.
 */
#ifndef AN_KERNEL_RECORDS_H
#define AN_KERNEL_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"

/*
 * an_records_sort orders n records.  What is in order already costs one look at
 * each; few runs that are in order cost little more.  Takes as much memory again
 * while it works, and none for a few records.
 */
extern void an_records_sort(int64_t *records, size_t n, uint32_t n_words, const AnMemory *memory);

#endif /* AN_KERNEL_RECORDS_H */
