/*
 * windows.c - the union of the sketches of the days of a window, for each of many days
 *
 * Windows of w days overlap, and a union cannot be taken back.  The days are cut
 * into blocks of w.  A window is the end of one block and the beginning of the
 * next, so unions that grow backwards from the end of the one and forwards into the
 * other make all windows that begin in a block: three merges a day, whatever the width.
 *
 * Source: M. van Herk, A fast algorithm for local minimum and maximum filters (1992),
 * for any operation that is associative.
 */
#include "series/active.h"

#include "sketch/sketch.h"

static void
count_block(const Datum *sketches, int n, int window, int64 *counts, const AnMemory *memory);
static void merge_all(AnHll *into, const AnHll *from, const AnMemory *memory);

void
an_windows_count(const Datum *sketches, int n, int window, int64 *counts)
{
	MemoryContext block =
		AllocSetContextCreate(CurrentMemoryContext, "analytics windows", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(block);
	AnMemory memory = an_memory(block);

	for (int i = 0; i < n; i += window)
	{
		CHECK_FOR_INTERRUPTS();
		count_block(sketches + i, Min(n - i, window), window, counts + i, &memory);
		MemoryContextReset(block);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(block);
}

/* Counts the windows that begin on the first n days of a block; its memory is not given back. */
static void
count_block(const Datum *sketches, int n, int window, int64 *counts, const AnMemory *memory)
{
	AnHll *ends =
		palloc(window * sizeof(AnHll)); /* the union of a day with those behind it in the block */
	int *end = palloc((window + 1) *
					  sizeof(int)); /* which of them is a day's; days without a sketch share one */
	AnHll beginning;

	an_hll_init(&beginning, AN_HLL_PRECISION_DEFAULT, AN_HLL_MURMUR3);
	end[window] = window;
	for (int i = window - 1; i >= 0; i--)
	{
		end[i] = end[i + 1];
		if (sketches[i] == 0)
			continue;
		an_hll_init(&ends[i], AN_HLL_PRECISION_DEFAULT, AN_HLL_MURMUR3);
		if (end[i + 1] < window)
			merge_all(&ends[i], &ends[end[i + 1]], memory);
		an_hll_merge_datum(&ends[i], sketches[i], memory);
		end[i] = i;
	}
	for (int i = 0; i < n; i++)
	{
		bool entered = i > 0 && sketches[i + window - 1] != 0;
		AnHll all;

		if (entered)
			an_hll_merge_datum(&beginning, sketches[i + window - 1], memory);
		/* Where nobody came and nobody went, nothing changed. */
		if (i > 0 && !entered && sketches[i - 1] == 0)
		{
			counts[i] = counts[i - 1];
			continue;
		}
		an_hll_init(&all, AN_HLL_PRECISION_DEFAULT, AN_HLL_MURMUR3);
		merge_all(&all, &beginning, memory);
		if (end[i] < window)
			merge_all(&all, &ends[end[i]], memory);
		counts[i] = an_hll_count(&all);
		an_hll_free(&all, memory);
	}
}

/* Adds one sketch of ours to another: both have the hash of our own aggregates. */
static void
merge_all(AnHll *into, const AnHll *from, const AnMemory *memory)
{
	an_check(an_hll_merge(into, from, memory), "union of days");
}
