/*
 * exact_total.h - an exact sum with the number of its values
 *
 * What a stored sum or average is made of: exact_sum.h, and how many values were
 * added, NaN and infinities among them.  The same values give the same bytes
 * whatever their order and however parts were merged.
 *
 * The stored form, whose numbers are varints (varint.h):
 *   byte     version: AN_EXACT_TOTAL_VERSION
 *   varint   number of values, below 2^63
 *   sum      as exact_sum.h stores it
 *
 * Memory comes from the caller as AnMemory; an_exact_total_free gives it back.
 */
#ifndef AN_KERNEL_EXACT_TOTAL_H
#define AN_KERNEL_EXACT_TOTAL_H

#include "kernel/exact_sum.h"
#include "kernel/varint.h"

#define AN_EXACT_TOTAL_VERSION 1

/* The greatest number of values. */
#define AN_EXACT_TOTAL_MAX ((uint64_t) INT64_MAX)

/* Bytes that a stored form has at most. */
#define AN_EXACT_TOTAL_STORED_MAX (1 + AN_VARINT_MAX + AN_EXACT_SUM_STORED_MAX)

typedef struct AnExactTotal
{
	AnExactSum sum; /* of the values */
	uint64_t count; /* how many there are; at most AN_EXACT_TOTAL_MAX */
} AnExactTotal;

/* an_exact_total_init makes a total of nothing, without memory. */
static inline void
an_exact_total_init(AnExactTotal *total)
{
	an_exact_sum_init(&total->sum);
	total->count = 0;
}

/* an_exact_total_fixed makes one over an array of the caller's; see an_exact_sum_fixed. */
static inline void
an_exact_total_fixed(AnExactTotal *total, int64_t chunks[AN_EXACT_SUM_CHUNKS])
{
	an_exact_sum_fixed(&total->sum, chunks);
	total->count = 0;
}

/* an_exact_total_free gives the memory back and leaves a total of nothing. */
static inline void
an_exact_total_free(AnExactTotal *total, const AnMemory *memory)
{
	an_exact_sum_free(&total->sum, memory);
	total->count = 0;
}

/* an_exact_total_add adds any double; AN_ERR_LIMIT, and nothing is added, where there are AN_EXACT_TOTAL_MAX. */
static inline AnStatus
an_exact_total_add(AnExactTotal *total, double value, const AnMemory *memory)
{
	if (total->count >= AN_EXACT_TOTAL_MAX)
		return AN_ERR_LIMIT;
	total->count++;
	an_exact_sum_add(&total->sum, value, memory);
	return AN_OK;
}

/* an_exact_total_merge adds what `from`, another total, holds; AN_ERR_LIMIT, and nothing is added, for too many values. */
extern AnStatus
an_exact_total_merge(AnExactTotal *into, const AnExactTotal *from, const AnMemory *memory);

/*
 * an_exact_total_sum returns the double nearest to the sum; AN_ERR_OUT_OF_RANGE where
 * finite values have a sum that is none.  0 of nothing.
 */
extern AnStatus an_exact_total_sum(const AnExactTotal *total, double *sum);

/*
 * an_exact_total_mean returns the double nearest to the mean of at least one value.
 * AN_ERR_CORRUPT where finite values have a mean that is none, as only damaged bytes can say.
 */
extern AnStatus an_exact_total_mean(const AnExactTotal *total, double *mean);

/* an_exact_total_store writes the stored form, at most AN_EXACT_TOTAL_STORED_MAX bytes, and returns its size. */
extern size_t an_exact_total_store(const AnExactTotal *total, uint8_t *bytes);

/* an_exact_total_count reads the number of values of a stored form, and no more of it than that; AN_ERR_CORRUPT. */
extern AnStatus an_exact_total_count(const uint8_t *bytes, size_t size, uint64_t *count);

/*
 * an_exact_total_merge_stored adds a stored form of `size` bytes.  Any bytes may come:
 * AN_ERR_CORRUPT for what cannot have been stored, after which `into` is of no more
 * use; AN_ERR_LIMIT for too many values, and nothing is added.
 */
extern AnStatus an_exact_total_merge_stored(AnExactTotal *into, const uint8_t *bytes, size_t size,
											const AnMemory *memory);

/* an_exact_total_check tells whether bytes from outside are a stored form: beyond the above, that so few values have such a sum. */
extern bool an_exact_total_check(const uint8_t *bytes, size_t size);

#endif /* AN_KERNEL_EXACT_TOTAL_H */
