/*
 * quantile_map.c - the bin of a number, and the number that stands for a bin
 */
#include "kernel/quantile_map.h"

#include <math.h>

#define MANTISSA_BITS 52
#define LOWEST_EXP	  (-1074)

/* tanh(WIDTH / b) is the accuracy of b bins an octave. */
#define WIDTH 0.35

uint32_t
an_quantile_index_any(uint64_t magnitude, uint32_t resolution)
{
	uint32_t octave = 0;

	if (magnitude >= AN_DOUBLE_MIN_NORMAL)
		return an_quantile_index(magnitude, resolution);
	/* The octave is the place of the highest bit, which the mantissa then leaves out. */
	for (uint64_t rest = magnitude >> 1; rest != 0; rest >>= 1)
		octave++;
	return octave * resolution +
		   an_quantile_step(magnitude << (MANTISSA_BITS - octave) & AN_DOUBLE_MANTISSA, resolution);
}

uint64_t
an_quantile_edge(uint32_t step, uint32_t resolution)
{
	uint64_t low = 0;
	uint64_t high = UINT64_C(1) << MANTISSA_BITS;

	while (low < high)
	{
		uint64_t middle = (low + high) / 2;

		if (an_quantile_step(middle, resolution) < step)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

double
an_quantile_middle(uint32_t index, uint32_t resolution)
{
	uint32_t octave = index / resolution;
	uint32_t step = index % resolution;
	double low = 1 + ldexp((double) an_quantile_edge(step, resolution), -MANTISSA_BITS);
	double high = 1 + ldexp((double) an_quantile_edge(step + 1, resolution), -MANTISSA_BITS);

	return ldexp(2 * low * high / (low + high), (int) octave + LOWEST_EXP);
}

bool
an_quantile_resolution(double accuracy, uint32_t *resolution)
{
	if (!(accuracy >= AN_QUANTILE_ACCURACY_MIN && accuracy <= AN_QUANTILE_ACCURACY_MAX))
		return false;
	/* What rounding of the middle costs is far below the share that is added. */
	*resolution = (uint32_t) ceil(WIDTH / atanh(accuracy) * (1 + 1e-12));
	return true;
}

double
an_quantile_accuracy(uint32_t resolution)
{
	return ceil(tanh(WIDTH / resolution) * 1e6) / 1e6;
}
