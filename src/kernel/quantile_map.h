/*
 * quantile_map.h - the bin of a number, and the number that stands for a bin
 *
 * Bins of equal width in a curve that is nearly the logarithm: with x = 2^e (1 + s),
 *
 *     curve(x) = e + P(s),   P(s) = s (10/7 - s (3/5 - s 6/35)),   bin = floor(bins an octave * curve)
 *
 * P(0) = 0 and P(1) = 1, and (1 + s) P'(s) = 10/7 + (8 s - 24 s^2 + 18 s^3) / 35 has
 * its least value on [0, 1], 10/7, at 0 and at 2/3.  So between the ends of a bin
 * ln x grows by at most 7/10 of the bin's width in the curve: with b bins an
 * octave their ratio is at most e^(0.7 / b), and 2 lo hi / (lo + hi) differs
 * from any number in the bin by at most tanh(0.35 / b) of it.  That is the
 * accuracy.  True logarithms would need 1 % fewer bins.
 *
 * All is done in whole numbers of 2^-63, so the bin of a number is the same on
 * every machine, and bins follow each other in the order of the numbers: from
 * one double to the next the curve grows by 2^-53 at least, errors are below
 * 2^-60.  No bin crosses a power of two.
 *
 * Source: C. Masson, J. E. Rim, H. K. Lee, DDSketch (arXiv 1908.10693), 2.1 and 4.
 */
#ifndef AN_KERNEL_QUANTILE_MAP_H
#define AN_KERNEL_QUANTILE_MAP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bins an octave: 35 for an accuracy of 1 %. */
#define AN_QUANTILE_RESOLUTION_MIN	   2
#define AN_QUANTILE_RESOLUTION_MAX	   350
#define AN_QUANTILE_RESOLUTION_DEFAULT 35

/* The accuracies that can be asked for. */
#define AN_QUANTILE_ACCURACY_MIN	 0.001
#define AN_QUANTILE_ACCURACY_MAX	 0.2
#define AN_QUANTILE_ACCURACY_DEFAULT 0.01

/* Powers of two from the smallest denormal number, 2^-1074, to 2^1023. */
#define AN_QUANTILE_OCTAVES 2098

/* The bits of a double: its sign, and numbers between these that are normal. */
#define AN_DOUBLE_SIGN		 UINT64_C(0x8000000000000000)
#define AN_DOUBLE_MIN_NORMAL UINT64_C(0x0010000000000000)
#define AN_DOUBLE_INFINITY	 UINT64_C(0x7ff0000000000000)
#define AN_DOUBLE_MANTISSA	 UINT64_C(0x000fffffffffffff)

/* an_double_bits gives the bits of a double; an_double_of_bits the way back. */
static inline uint64_t
an_double_bits(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline double
an_double_of_bits(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* an_high_product_plain is an_high_product for compilers without 128-bit numbers. */
static inline uint64_t
an_high_product_plain(uint64_t a, uint64_t b)
{
	uint64_t a0 = (uint32_t) a, a1 = a >> 32, b0 = (uint32_t) b, b1 = b >> 32;
	uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
	uint64_t other = a0 * b1 + (uint32_t) middle;

	return a1 * b1 + (middle >> 32) + (other >> 32);
}

/* an_high_product returns the upper half of a * b. */
static inline uint64_t
an_high_product(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	__extension__ typedef unsigned __int128 Wide;

	return (uint64_t) ((Wide) a * b >> 64);
#else
	return an_high_product_plain(a, b);
#endif
}

/* an_quantile_step returns the bin within an octave, 0 to resolution - 1, for s as the 52 bits of a mantissa. */
static inline uint32_t
an_quantile_step(uint64_t mantissa, uint32_t resolution)
{
	uint64_t s = mantissa << 12;
	uint64_t curve;

	curve = UINT64_C(0x4ccccccccccccccc) - an_high_product(s, UINT64_C(0x15f15f15f15f15f1));
	curve = UINT64_C(0xb6db6db6db6db6db) - an_high_product(s, curve);
	curve = an_high_product(s, curve);
	return (uint32_t) an_high_product(curve << 1, resolution);
}

/* an_quantile_index returns the bin of a normal number, given by its bits without the sign. */
static inline uint32_t
an_quantile_index(uint64_t magnitude, uint32_t resolution)
{
	return (uint32_t) ((magnitude >> 52) + 51) * resolution +
		   an_quantile_step(magnitude & AN_DOUBLE_MANTISSA, resolution);
}

/* an_quantile_index_any is an_quantile_index for denormal numbers too; not for 0. */
extern uint32_t an_quantile_index_any(uint64_t magnitude, uint32_t resolution);

/*
 * an_quantile_edge returns where bin `step` of an octave begins: the smallest
 * mantissa (52 bits) that an_quantile_step puts there or later; 2^52 for step = resolution.
 */
extern uint64_t an_quantile_edge(uint32_t step, uint32_t resolution);

/*
 * an_quantile_middle returns the number that stands for a bin, above zero: no
 * number in the bin is farther from it than the accuracy.  Where numbers are
 * denormal, it is rounded to one of them.
 */
extern double an_quantile_middle(uint32_t index, uint32_t resolution);

/* an_quantile_resolution finds the least bins an octave for an accuracy; false where it cannot be asked for. */
extern bool an_quantile_resolution(double accuracy, uint32_t *resolution);

/* an_quantile_accuracy returns the accuracy of so many bins an octave, rounded up to the sixth decimal. */
extern double an_quantile_accuracy(uint32_t resolution);

#endif /* AN_KERNEL_QUANTILE_MAP_H */
