/*
 * dictionary.h - texts as small numbers: 0, 1, 2 ... in the order in which they came
 *
 * For values that repeat: names of events, values of a breakdown.  Memory is each
 * different text once and about 30 bytes more.
 */
#ifndef AN_KERNEL_DICTIONARY_H
#define AN_KERNEL_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"

typedef struct AnDictionary AnDictionary;

/* an_dictionary_create makes an empty dictionary; `memory` must live as long as it. */
extern AnDictionary *an_dictionary_create(const AnMemory *memory);

extern void an_dictionary_free(AnDictionary *dictionary);

/*
 * an_dictionary_number returns the number of a text (of less than 2^32 bytes; NULL
 * where it has none), which it adds where it is new; at most 2^32 - 2 texts.
 */
extern uint32_t an_dictionary_number(AnDictionary *dictionary, const void *text, size_t size);

/*
 * an_dictionary_text returns the text of a number below the count, with its size; it has a
 * 0 behind it that is not counted.  It stays where it is as long as the dictionary lives.
 */
extern const char *
an_dictionary_text(const AnDictionary *dictionary, uint32_t number, size_t *size);

/* an_dictionary_count returns how many texts there are. */
extern uint32_t an_dictionary_count(const AnDictionary *dictionary);

#endif /* AN_KERNEL_DICTIONARY_H */
