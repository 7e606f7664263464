/*
 * values.c - the texts that stand beside the events of one history
 */
#include "kernel/values.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/bytehash.h"

/* Up to so many texts there is no table. */
#define SEARCHED_MAX 8

#define FIRST_N	   4
#define FIRST_SIZE 64

#define MAX_N (UINT32_C(1) << 30)

/* A text while texts are sorted. */
typedef struct Sorted
{
	const uint8_t *text; /* its bytes */
	uint32_t size;		 /* how many */
	uint32_t number;	 /* its number so far */
} Sorted;

static bool find(const AnValues *values, const void *text, size_t size, uint32_t *number);
static void reserve_bytes(AnValues *values, const AnMemory *memory, size_t size);
static void reserve_numbers(AnValues *values, const AnMemory *memory);
static void make_table(AnValues *values, const AnMemory *memory);

int
an_values_compare(const void *a, size_t size_a, const void *b, size_t size_b)
{
	size_t common = size_a < size_b ? size_a : size_b;
	int order = common > 0 ? memcmp(a, b, common) : 0;

	return order != 0 ? order : (size_a > size_b) - (size_a < size_b);
}

void
an_values_init(AnValues *values)
{
	*values = (AnValues){.ordered = true};
}

void
an_values_free(AnValues *values, const AnMemory *memory)
{
	an_memory_give(memory, values->bytes);
	an_memory_give(memory, values->values);
	an_memory_give(memory, values->slots);
	an_values_init(values);
}

static inline bool
is_text(const AnValues *values, uint32_t number, const void *text, size_t size)
{
	const AnValue *value = values->values + number;

	return value->size == size && (size == 0 || memcmp(values->bytes + value->at, text, size) == 0);
}

/* Returns the slot of a text, or the free one where it belongs. */
static uint32_t *
find_slot(const AnValues *values, const void *text, size_t size)
{
	uint32_t mask = values->max_n * 2 - 1;
	uint32_t i = (uint32_t) an_bytehash(size > 0 ? text : "", size) & mask;

	while (values->slots[i] != 0 && !is_text(values, values->slots[i] - 1, text, size))
		i = (i + 1) & mask;
	return values->slots + i;
}

static bool
find(const AnValues *values, const void *text, size_t size, uint32_t *number)
{
	uint32_t slot;

	if (values->slots == NULL)
	{
		for (uint32_t i = values->n; i-- > 0;)
			if (is_text(values, i, text, size))
			{
				*number = i;
				return true;
			}
		return false;
	}
	slot = *find_slot(values, text, size);
	*number = slot - 1;
	return slot != 0;
}

AnStatus
an_values_number(AnValues *values, const AnMemory *memory, const void *text, size_t size,
				 uint32_t *number)
{
	if (find(values, text, size, number))
		return AN_OK;
	if (size > AN_VALUES_MAX_SIZE - values->size || values->n >= MAX_N)
		return AN_ERR_LIMIT;
	reserve_bytes(values, memory, size);
	reserve_numbers(values, memory);
	if (values->n > 0 && values->ordered)
	{
		size_t last_size;
		const uint8_t *last = an_values_text(values, values->n - 1, &last_size);

		values->ordered = an_values_compare(last, last_size, text, size) < 0;
	}
	if (size > 0)
		memcpy(values->bytes + values->size, text, size);
	if (values->slots != NULL)
		*find_slot(values, text, size) = values->n + 1;
	values->values[values->n] = (AnValue){values->size, (uint32_t) size};
	values->size += (uint32_t) size;
	*number = values->n++;
	return AN_OK;
}

/* Makes room for `size` bytes more. */
static void
reserve_bytes(AnValues *values, const AnMemory *memory, size_t size)
{
	size_t needed = values->size + size;
	size_t room = values->max_size > 0 ? (size_t) values->max_size * 2 : FIRST_SIZE;
	uint8_t *bytes;

	if (values->bytes != NULL && needed <= values->max_size)
		return;
	if (room < needed)
		room = needed;
	if (room > AN_VALUES_MAX_SIZE)
		room = AN_VALUES_MAX_SIZE;
	bytes = an_memory_take(memory, room);
	if (values->size > 0)
		memcpy(bytes, values->bytes, values->size);
	an_memory_give(memory, values->bytes);
	values->bytes = bytes;
	values->max_size = (uint32_t) room;
}

/* Makes room for a number more, with a table where they are no longer few. */
static void
reserve_numbers(AnValues *values, const AnMemory *memory)
{
	uint32_t room = values->max_n > 0 ? values->max_n * 2 : FIRST_N;
	AnValue *numbers;

	if (values->n < values->max_n)
		return;
	numbers = an_memory_take(memory, room * sizeof(AnValue));
	if (values->n > 0)
		memcpy(numbers, values->values, values->n * sizeof(AnValue));
	an_memory_give(memory, values->values);
	values->values = numbers;
	values->max_n = room;
	make_table(values, memory);
}

/* Makes the table anew, where there is room for more texts than are searched without. */
static void
make_table(AnValues *values, const AnMemory *memory)
{
	size_t size = (size_t) values->max_n * 2 * sizeof(uint32_t);

	an_memory_give(memory, values->slots);
	values->slots = NULL;
	if (values->max_n <= SEARCHED_MAX)
		return;
	values->slots = an_memory_take(memory, size);
	memset(values->slots, 0, size);
	for (uint32_t i = 0; i < values->n; i++)
		*find_slot(values, values->bytes + values->values[i].at, values->values[i].size) = i + 1;
}

static int
compare_sorted(const void *a, const void *b)
{
	const Sorted *x = a;
	const Sorted *y = b;

	return an_values_compare(x->text, x->size, y->text, y->size);
}

void
an_values_arrange(AnValues *values, const AnMemory *memory, const bool *used, uint32_t *ranks)
{
	Sorted *sorted = an_memory_take(memory, (values->n + (size_t) 1) * sizeof(Sorted));
	AnValues arranged;
	uint32_t n = 0;

	an_values_init(&arranged);
	for (uint32_t i = 0; i < values->n; i++)
		if (used == NULL || used[i])
			sorted[n++] = (Sorted){values->bytes + values->values[i].at, values->values[i].size, i};
	if (!values->ordered)
		qsort(sorted, n, sizeof(Sorted), compare_sorted);
	/* They are fewer than before, so there is no limit that they could reach. */
	for (uint32_t i = 0; i < n; i++)
		(void) an_values_number(&arranged, memory, sorted[i].text, sorted[i].size,
								ranks + sorted[i].number);
	an_memory_give(memory, sorted);
	an_values_free(values, memory);
	*values = arranged;
}
