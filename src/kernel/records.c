/*
 * records.c - a merge sort of the runs that are there (records.h)
 */
#include "kernel/records.h"

#include <stdbool.h>
#include <string.h>

/* So many records are sorted where they stand. */
#define INSERTION_MAX 16

/* Most words of a record that the insertion sort holds; longer ones are merged. */
#define HELD_WORDS 4

static inline bool
is_before(const int64_t *a, const int64_t *b, uint32_t n_words)
{
	for (uint32_t i = 0; i < n_words; i++)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

/* Returns the end of the run in order that begins at `from`. */
static inline size_t
run_end(const int64_t *records, size_t from, size_t n, uint32_t n_words)
{
	size_t i = from + 1;

	while (i < n && !is_before(records + i * n_words, records + (i - 1) * n_words, n_words))
		i++;
	return i < n ? i : n;
}

static inline void
sort_insertion(int64_t *records, size_t n, uint32_t n_words)
{
	int64_t held[HELD_WORDS];
	size_t size = n_words * sizeof(int64_t);

	for (size_t i = 1; i < n; i++)
	{
		size_t to = i;

		memcpy(held, records + i * n_words, size);
		while (to > 0 && is_before(held, records + (to - 1) * n_words, n_words))
			to--;
		memmove(records + (to + 1) * n_words, records + to * n_words, (i - to) * size);
		memcpy(records + to * n_words, held, size);
	}
}

/* Merges [from, middle) with [middle, end) into `out`; of equal ones the left comes first. */
static inline void
merge(const int64_t *records, size_t from, size_t middle, size_t end, int64_t *out,
	  uint32_t n_words)
{
	size_t a = from;
	size_t b = middle;

	for (size_t i = from; i < end; i++)
	{
		bool right = b < end && (a == middle ||
								 is_before(records + b * n_words, records + a * n_words, n_words));

		memcpy(out + i * n_words, records + (right ? b++ : a++) * n_words,
			   n_words * sizeof(int64_t));
	}
}

/* Merges neighbouring runs, from one block to the other and back, until one is left; returns where it is. */
static inline int64_t *
sort_runs(int64_t *records, int64_t *other, size_t n, uint32_t n_words)
{
	while (run_end(records, 0, n, n_words) < n)
	{
		int64_t *swap = records;

		for (size_t from = 0; from < n;)
		{
			size_t middle = run_end(records, from, n, n_words);
			size_t end = middle < n ? run_end(records, middle, n, n_words) : n;

			merge(records, from, middle, end, other, n_words);
			from = end;
		}
		records = other;
		other = swap;
	}
	return records;
}

void
an_records_sort(int64_t *records, size_t n, uint32_t n_words, const AnMemory *memory)
{
	int64_t *other;
	int64_t *sorted;

	if (n < 2 || run_end(records, 0, n, n_words) == n)
		return;
	if (n <= INSERTION_MAX && n_words <= HELD_WORDS)
	{
		sort_insertion(records, n, n_words);
		return;
	}
	other = an_memory_take(memory, n * n_words * sizeof(int64_t));
	/* The same code again: with a known size a record is two registers. */
	if (n_words == 2)
		sorted = sort_runs(records, other, n, 2);
	else
		sorted = sort_runs(records, other, n, n_words);
	if (sorted == other)
		memcpy(records, other, n * n_words * sizeof(int64_t));
	an_memory_give(memory, other);
}
