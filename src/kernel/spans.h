/*
 * spans.h - spans of time that are gathered, then summed up: mean, quantiles, histogram
 *
 * Spans are microseconds.  They are kept, 8 bytes each, so quantiles are exact:
 * those of percentile_cont, between two neighbours in proportion.
 */
#ifndef AN_KERNEL_SPANS_H
#define AN_KERNEL_SPANS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"

typedef struct AnSpans
{
	int64_t *spans;	 /* in no order; NULL while there are none */
	size_t n;		 /* how many */
	size_t capacity; /* room for so many */
} AnSpans;

/* an_spans_add adds a span.  All zero is an empty AnSpans. */
extern void an_spans_add(AnSpans *spans, const AnMemory *memory, int64_t span);

extern void an_spans_free(AnSpans *spans, const AnMemory *memory);

/* an_spans_mean returns the mean of at least one span, rounded to the nearest. */
extern int64_t an_spans_mean(const AnSpans *spans);

/* an_spans_quantile returns the quantile at a fraction, 0 to 1, of at least one span, rounded; it puts spans in another order. */
extern int64_t an_spans_quantile(AnSpans *spans, double fraction);

/* an_spans_max returns the greatest of at least one span. */
extern int64_t an_spans_max(const AnSpans *spans);

/*
 * an_spans_histogram counts the spans in n_bins bins of `width` from 0: bin i holds
 * [i * width, (i + 1) * width), the last one also all beyond it.
 */
extern void an_spans_histogram(const AnSpans *spans, int64_t width, size_t n_bins, int64_t *counts);

#endif /* AN_KERNEL_SPANS_H */
