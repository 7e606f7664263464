/*
 * spans.c - spans of time that are gathered, then summed up
 */
#include "kernel/spans.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define CAPACITY_MIN 16

static int64_t select_nth(int64_t *values, size_t n, size_t nth);

void
an_spans_add(AnSpans *spans, const AnMemory *memory, int64_t span)
{
	if (spans->n == spans->capacity)
	{
		size_t capacity = spans->capacity ? 2 * spans->capacity : CAPACITY_MIN;
		int64_t *grown = an_memory_take(memory, capacity * sizeof(int64_t));

		if (spans->n > 0)
			memcpy(grown, spans->spans, spans->n * sizeof(int64_t));
		an_memory_give(memory, spans->spans);
		spans->spans = grown;
		spans->capacity = capacity;
	}
	spans->spans[spans->n++] = span;
}

void
an_spans_free(AnSpans *spans, const AnMemory *memory)
{
	an_memory_give(memory, spans->spans);
	*spans = (AnSpans){0};
}

int64_t
an_spans_mean(const AnSpans *spans)
{
	__int128 sum = 0;
	__int128 n = (__int128) spans->n;

	assert(n > 0);
	for (size_t i = 0; i < spans->n; i++)
		sum += spans->spans[i];
	return (int64_t) ((2 * sum + (sum < 0 ? -n : n)) / (2 * n));
}

int64_t
an_spans_quantile(AnSpans *spans, double fraction)
{
	double place = fraction * (double) (spans->n - 1);
	size_t below = (size_t) place;
	int64_t low = select_nth(spans->spans, spans->n, below);
	int64_t high = INT64_MAX;

	if (below + 1 >= spans->n)
		return low;
	/* Everything behind the place is at least as great: the next one is the smallest of it. */
	for (size_t i = below + 1; i < spans->n; i++)
		if (spans->spans[i] < high)
			high = spans->spans[i];
	return low + (int64_t) llround((place - (double) below) * ((double) high - (double) low));
}

int64_t
an_spans_max(const AnSpans *spans)
{
	int64_t max = spans->spans[0];

	for (size_t i = 1; i < spans->n; i++)
		if (spans->spans[i] > max)
			max = spans->spans[i];
	return max;
}

void
an_spans_histogram(const AnSpans *spans, int64_t width, size_t n_bins, int64_t *counts)
{
	memset(counts, 0, n_bins * sizeof(int64_t));
	for (size_t i = 0; i < spans->n; i++)
	{
		uint64_t bin = (uint64_t) spans->spans[i] / (uint64_t) width;

		counts[bin < n_bins ? bin : n_bins - 1]++;
	}
}

static void
swap(int64_t *values, size_t a, size_t b)
{
	int64_t value = values[a];

	values[a] = values[b];
	values[b] = value;
}

/* Puts the median of three values to the front of a range, where the partition takes its pivot from. */
static int64_t
choose_pivot(int64_t *values, size_t from, size_t to)
{
	size_t middle = from + (to - from) / 2;

	if (values[middle] < values[from])
		swap(values, middle, from);
	if (values[to] < values[from])
		swap(values, to, from);
	if (values[to] < values[middle])
		swap(values, to, middle);
	return values[middle];
}

/*
 * Puts the value of that rank to its place, nothing greater before it and nothing
 * smaller behind it, and returns it.  Hoare's selection: values come from
 * outside, but a bad order costs time and no memory.
 */
static int64_t
select_nth(int64_t *values, size_t n, size_t nth)
{
	size_t from = 0, to = n - 1;

	while (from < to)
	{
		int64_t pivot = choose_pivot(values, from, to);
		size_t i = from, j = to;

		for (;;)
		{
			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i >= j)
				break;
			swap(values, i++, j--);
		}
		/* [from, j] holds nothing greater than the pivot, [j + 1, to] nothing smaller. */
		if (nth <= j)
			to = j;
		else
			from = j + 1;
	}
	return values[nth];
}
