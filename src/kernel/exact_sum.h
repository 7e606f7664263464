/*
 * exact_sum.h - the sum of doubles without rounding
 *
 * Whatever the order of the values and however partial sums were merged, the
 * sum is the same to the bit, and so are its stored bytes: floating-point
 * additions are neither, which would make an incremental refresh differ from a
 * rebuild.  Used by the quantile sketch; made for any stored sum or average.
 *
 * The sum is a whole number of 2^-1074, the smallest double, held in chunks of
 * 32 bits.  A chunk is an int64_t, so that a thousand values can be added before
 * carries have to be moved.  Only chunks between the lowest and the highest that
 * were touched have memory: 16 to 32 bytes where values are alike.
 *
 * NaN and the infinities are remembered apart: the result is NaN with any NaN or
 * with both infinities, else the infinity.  -0 is 0.  Up to 2^63 values.
 *
 * Memory comes from the caller as AnMemory; an_exact_sum_free gives it back.
 *
 * Source: R. M. Neal, Fast exact summation using small and large
 * superaccumulators (arXiv 1505.05571), the small one.
 */
#ifndef AN_KERNEL_EXACT_SUM_H
#define AN_KERNEL_EXACT_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel/memory.h"
#include "kernel/status.h"

/* Chunks of the whole range: 2^63 values of at most 2^1024 are below 2^(32 * 68 - 1074). */
#define AN_EXACT_SUM_CHUNKS 68

/* Bytes that a stored sum has at most. */
#define AN_EXACT_SUM_STORED_MAX (5 + 4 * AN_EXACT_SUM_CHUNKS)

typedef struct AnExactSum
{
	int64_t *chunks;  /* chunk i weighs 2^(32 * (first + i) - 1074); NULL while nothing was added */
	uint8_t first;	  /* place of the lowest chunk in the whole range */
	uint8_t n;		  /* chunks that have memory, the highest with a sign */
	uint8_t specials; /* bits: 1 NaN, 2 infinity, 4 -infinity was added */
	uint16_t room;	  /* values that can be added before carries must be moved */
} AnExactSum;

/* an_exact_sum_init makes a sum of nothing, without memory. */
extern void an_exact_sum_init(AnExactSum *sum);

/*
 * an_exact_sum_fixed makes a sum of nothing over an array of the caller's that
 * covers the whole range: it never takes memory (its AnMemory may be NULL), and must not be freed.
 */
extern void an_exact_sum_fixed(AnExactSum *sum, int64_t chunks[AN_EXACT_SUM_CHUNKS]);

/* an_exact_sum_free gives the memory back and leaves a sum of nothing. */
extern void an_exact_sum_free(AnExactSum *sum, const AnMemory *memory);

/* an_exact_sum_add_slowly is an_exact_sum_add for whatever its fast way cannot. */
extern void an_exact_sum_add_slowly(AnExactSum *sum, double value, const AnMemory *memory);

/* an_exact_sum_add adds any double. */
static inline void
an_exact_sum_add(AnExactSum *sum, double value, const AnMemory *memory)
{
	uint64_t bits;
	uint64_t mantissa;
	uint32_t place;
	uint32_t chunk;
	int64_t sign;

	memcpy(&bits, &value, sizeof(bits));
	place = ((bits >> 52) & 0x7ff) - 1;
	chunk = (place >> 5) - sum->first;
	/* Zeros, denormals and what is not finite have no such place; there is no room where there are no chunks. */
	if (place >= 2046 || sum->room == 0 || chunk >= (uint32_t) sum->n - 1)
	{
		an_exact_sum_add_slowly(sum, value, memory);
		return;
	}
	mantissa = (bits & UINT64_C(0xfffffffffffff)) | UINT64_C(0x10000000000000);
	sign = (int64_t) bits < 0 ? -1 : 1;
	sum->chunks[chunk] += sign * (int64_t) (uint32_t) (mantissa << (place & 31));
	sum->chunks[chunk + 1] += sign * (int64_t) (mantissa >> (32 - (place & 31)));
	sum->room--;
}

/* an_exact_sum_merge adds what `from`, another sum, holds. */
extern void an_exact_sum_merge(AnExactSum *into, const AnExactSum *from, const AnMemory *memory);

/* an_exact_sum_value returns the double nearest to the sum, ties to even; 0 of nothing, infinite where it is too large. */
extern double an_exact_sum_value(const AnExactSum *sum);

/*
 * an_exact_sum_mean returns the double nearest to sum / count, ties to even:
 * the average is right even where the sum is too large for a double.  count is 1 to 2^63.
 */
extern double an_exact_sum_mean(const AnExactSum *sum, uint64_t count);

/*
 * The stored form: a byte of flags (1 NaN, 2 infinity, 4 -infinity, 8 negative,
 * 16 not zero), and where it is not zero
 *   varint   place: weight of the lowest byte is 2^(8 * place - 1074)
 *   varint   number of bytes
 *   bytes    of the magnitude, lowest first; neither the first nor the last is 0
 * So the same sum has the same bytes.  A varint has 7 bits a byte, lowest first.
 *
 * an_exact_sum_store writes at most AN_EXACT_SUM_STORED_MAX bytes and returns how many.
 */
extern size_t an_exact_sum_store(const AnExactSum *sum, uint8_t *bytes);

/*
 * an_exact_sum_merge_stored adds a stored sum that begins at `bytes`; *used is
 * its size.  Any bytes may come: AN_ERR_CORRUPT for what an_exact_sum_store cannot
 * have written; nothing was added then.
 */
extern AnStatus an_exact_sum_merge_stored(AnExactSum *into, const uint8_t *bytes, size_t size,
										  size_t *used, const AnMemory *memory);

#endif /* AN_KERNEL_EXACT_SUM_H */
