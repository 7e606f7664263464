/*
 * values.h - the texts that stand beside the events of one history
 *
 * Each different text is kept once and has a number: 0, 1, 2 ... in the order in
 * which they came, until an_values_arrange puts them in order.  Made for very
 * many histories of a few texts each: empty, it has no memory; up to eight texts
 * are searched one by one, more have a table.  (A dictionary for many texts of
 * many histories together is kernel/dictionary.h.)
 */
#ifndef AN_KERNEL_VALUES_H
#define AN_KERNEL_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"
#include "kernel/status.h"

/* Bytes of all texts together. */
#define AN_VALUES_MAX_SIZE (UINT32_C(1) << 30)

/* Where a text stands. */
typedef struct AnValue
{
	uint32_t at;   /* its first byte, in AnValues.bytes */
	uint32_t size; /* its bytes */
} AnValue;

typedef struct AnValues
{
	uint8_t *bytes;	   /* the texts, one behind the other */
	AnValue *values;   /* by number */
	uint32_t *slots;   /* table of numbers + 1, 0 where there is none; NULL for few texts */
	uint32_t size;	   /* bytes in use */
	uint32_t max_size; /* bytes that there is room for */
	uint32_t n;		   /* texts */
	uint32_t max_n;	   /* texts that there is room for; half as many as slots */
	bool ordered;	   /* each text is behind the one before it, as an_values_compare has it */
} AnValues;

/* an_values_compare orders texts by their bytes; one that goes on comes behind one that ends. */
extern int an_values_compare(const void *a, size_t size_a, const void *b, size_t size_b);

/* an_values_init makes it empty. */
extern void an_values_init(AnValues *values);

/* an_values_free gives all memory back and leaves it empty. */
extern void an_values_free(AnValues *values, const AnMemory *memory);

/*
 * an_values_number finds the number of a text, which it adds where it is new.
 * AN_ERR_LIMIT where the texts have AN_VALUES_MAX_SIZE bytes or there are 2^30.
 */
extern AnStatus an_values_number(AnValues *values, const AnMemory *memory, const void *text,
								 size_t size, uint32_t *number);

/* an_values_text returns the text of a number, until the next change. */
static inline const uint8_t *
an_values_text(const AnValues *values, uint32_t number, size_t *size)
{
	*size = values->values[number].size;
	return values->bytes + values->values[number].at;
}

/*
 * an_values_arrange orders the texts and forgets those for which used is false (it
 * may be NULL: all stay); ranks[i] becomes the new number of text i, and has no
 * meaning where that is gone.
 */
extern void
an_values_arrange(AnValues *values, const AnMemory *memory, const bool *used, uint32_t *ranks);

#endif /* AN_KERNEL_VALUES_H */
