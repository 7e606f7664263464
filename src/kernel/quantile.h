/*
 * quantile.h - percentiles with a relative error: a DDSketch that never collapses
 *
 * A sketch counts how many values fell into each bin of a logarithmic scale
 * (quantile_map.h), for every magnitude that a double has.  Whatever the data,
 * for every fraction the answer differs from the exact one by at most the
 * accuracy (1 % of it by default).  Beside the bins it keeps the count, the least
 * and the greatest value and the sum, all exact.
 *
 * Up to 32 values are kept as they are; then answers are exact.  The form depends
 * on the count alone, and everything in it is a sum, a least or a greatest: the
 * same values give the same sketch, and the same stored bytes, whatever their
 * order and however parts were merged.
 *
 * Order of values: -infinity, numbers, infinity, NaN; -0 is 0.  Rank of a fraction f of n
 * values is ceil(f * n), at least 1: the value that percentile_disc returns.
 *
 * At most 2^63 - 1 values.  Memory comes from the caller as AnMemory, and
 * an_quantile_free gives it back: 24 bytes, 8 a value up to 32, then about 400
 * bytes and 128 for each page of 32 bins in use (some 2 KB for latencies).
 *
 * Source: C. Masson, J. E. Rim, H. K. Lee, DDSketch (arXiv 1908.10693).
 */
#ifndef AN_KERNEL_QUANTILE_H
#define AN_KERNEL_QUANTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/exact_sum.h"
#include "kernel/memory.h"
#include "kernel/quantile_bins.h"
#include "kernel/quantile_map.h"
#include "kernel/status.h"

/* Up to so many values are kept as they are. */
#define AN_QUANTILE_RAW 32

/* What a sketch of more values holds. */
typedef struct AnQuantileDense
{
	AnBins bins;		  /* numbers other than 0 */
	AnExactSum sum;		  /* of all finite values */
	double least;		  /* of all finite values; infinity while there is none */
	double greatest;	  /* of all finite values; -infinity while there is none */
	uint64_t n_zero;	  /* values of 0 and -0 */
	uint64_t n_minus_inf; /* values of -infinity */
	uint64_t n_inf;		  /* values of infinity */
	uint64_t n_nan;		  /* values that are NaN */
} AnQuantileDense;

typedef struct AnQuantile
{
	uint64_t count; /* values, of every kind */
	union
	{
		double *raw;			/* count values in the order of arrival; NULL without */
		AnQuantileDense *dense; /* where is_dense */
	};
	uint16_t resolution; /* bins an octave */
	uint8_t n_room;		 /* values that fit into raw */
	bool is_dense;		 /* there are more than AN_QUANTILE_RAW values */
} AnQuantile;

/* What the first bytes of a stored sketch say. */
typedef struct AnQuantileHeader
{
	uint32_t resolution; /* bins an octave */
	uint64_t count;		 /* values */
} AnQuantileHeader;

/* an_quantile_init makes an empty sketch, without memory.  The resolution is in range (quantile_map.h). */
extern void an_quantile_init(AnQuantile *quantile, uint32_t resolution);

/* an_quantile_free gives the memory back and leaves the sketch empty. */
extern void an_quantile_free(AnQuantile *quantile, const AnMemory *memory);

/* an_quantile_add adds any double. */
extern void an_quantile_add(AnQuantile *quantile, double value, const AnMemory *memory);

/*
 * an_quantile_merge adds what `from`, another sketch, holds.  AN_ERR_ARGUMENT: the
 * resolutions differ; AN_ERR_LIMIT: too many values together.  Nothing is changed then.
 */
extern AnStatus an_quantile_merge(AnQuantile *into, const AnQuantile *from, const AnMemory *memory);

/*
 * an_quantile_values finds the values of n fractions in one pass.  They are in
 * [0, 1] and ascend; the sketch is not empty.
 */
extern void
an_quantile_values(const AnQuantile *quantile, const double *fractions, size_t n, double *values);

/*
 * an_quantile_rank returns the share of values that are <= value, counting the
 * whole of the value's own bin: between the exact shares of `value`, and of the
 * other end of its bin.  Exact where values are kept.  The sketch is not empty.
 */
extern double an_quantile_rank(const AnQuantile *quantile, double value);

/* an_quantile_least and an_quantile_greatest return the ends, exactly.  The sketch is not empty. */
extern double an_quantile_least(const AnQuantile *quantile);
extern double an_quantile_greatest(const AnQuantile *quantile);

/*
 * an_quantile_sum and an_quantile_mean return the double nearest to the exact sum
 * and average: NaN with a NaN or both infinities, else infinite with an infinity.  0 where empty.
 */
extern double an_quantile_sum(const AnQuantile *quantile);
extern double an_quantile_mean(const AnQuantile *quantile);

/* an_quantile_bins returns the number of bins that have a count; 0 where values are kept. */
extern uint32_t an_quantile_bins(const AnQuantile *quantile);

/*
 * The stored form, described in docs/quantile.md byte by byte.
 *
 * an_quantile_stored_size returns the size of the stored form, which an_quantile_store writes.
 */
extern size_t an_quantile_stored_size(const AnQuantile *quantile);
extern void an_quantile_store(const AnQuantile *quantile, uint8_t *bytes);

/* an_quantile_header reads the header alone.  AN_ERR_CORRUPT: not such a header. */
extern AnStatus an_quantile_header(const uint8_t *bytes, size_t size, AnQuantileHeader *header);

/*
 * an_quantile_load reads a stored form into a sketch that was not initialised.
 * Any bytes may come: AN_ERR_CORRUPT for all but the one form in which a content
 * is written; the sketch is then empty and holds no memory.
 */
extern AnStatus
an_quantile_load(AnQuantile *quantile, const uint8_t *bytes, size_t size, const AnMemory *memory);

/*
 * an_quantile_merge_stored is an_quantile_load and an_quantile_merge in one, without
 * a second sketch.  Errors of both; after AN_ERR_CORRUPT `into` may hold a part, and must be freed.
 */
extern AnStatus an_quantile_merge_stored(AnQuantile *into, const uint8_t *bytes, size_t size,
										 const AnMemory *memory);

/*
 * For quantile_store.c and quantile_load.c: an_quantile_sort writes the values of a raw sketch in
 * their order; an_quantile_make_dense gives a sketch its dense form, if it has not
 * got it, before more values than AN_QUANTILE_RAW are put into it.
 */
extern void an_quantile_sort(const AnQuantile *quantile, double values[AN_QUANTILE_RAW]);
extern void an_quantile_make_dense(AnQuantile *quantile, const AnMemory *memory);

#endif /* AN_KERNEL_QUANTILE_H */
