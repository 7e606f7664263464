/*
 * spark.c - numbers as pictures of one line of text
 */
#include "kernel/spark.h"

#include <math.h>
#include <string.h>

#define N_LEVELS 8
#define MIDDLE	 3

/* Heights of a trend, from the lowest. */
static const char *const levels[][N_LEVELS] = {
	[AN_SIGNS_BLOCKS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
	[AN_SIGNS_ASCII] = {"_", ".", "-", "~", "=", "+", "*", "#"},
};

/* Ends of a bar, by the eighths that are left; ASCII knows halves. */
static const char *const ends[][N_LEVELS] = {
	[AN_SIGNS_BLOCKS] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"},
	[AN_SIGNS_ASCII] = {"", "", "", "", "-", "", "", ""},
};
static const char *const full[] = {[AN_SIGNS_BLOCKS] = "█", [AN_SIGNS_ASCII] = "#"};
static const char *const beyond[] = {[AN_SIGNS_BLOCKS] = "▶", [AN_SIGNS_ASCII] = ">"};

static int spark_level(double value, double low, double high);
static long bar_eighths(double value, double max, int width, int step);

double
an_share_of_range(double value, double low, double high)
{
	double span = high - low;

	if (value <= low)
		return 0;
	if (value >= high)
		return 1;
	/* Halves where the span of two large numbers is infinite; not always, because those of the smallest are 0. */
	return isfinite(span) ? (value - low) / span : (value / 2 - low / 2) / (high / 2 - low / 2);
}

char *
an_sign_put(char *to, const char *sign)
{
	size_t size = strlen(sign);

	memcpy(to, sign, size);
	return to + size;
}

size_t
an_spark(const double *values, size_t n, double low, double high, AnSigns signs, char *out)
{
	double least = INFINITY, greatest = -INFINITY;
	char *to = out;
	int flat;

	for (size_t i = 0; i < n; i++)
	{
		if (!isfinite(values[i]))
			continue;
		least = values[i] < least ? values[i] : least;
		greatest = values[i] > greatest ? values[i] : greatest;
	}
	flat = isnan(low) && isnan(high) && least == greatest;
	low = isnan(low) ? least : low;
	high = isnan(high) ? greatest : high;
	for (size_t i = 0; i < n; i++)
	{
		if (isnan(values[i]))
			*to++ = ' ';
		else if (flat && isfinite(values[i]))
			to = an_sign_put(to, levels[signs][MIDDLE]);
		else
			to = an_sign_put(to, levels[signs][spark_level(values[i], low, high)]);
	}
	return (size_t) (to - out);
}

/* Returns the height of a value.  Where one bound was given and all values lie beyond it, high < low. */
static int
spark_level(double value, double low, double high)
{
	double share;

	if (isinf(value))
		return value > 0 ? N_LEVELS - 1 : 0;
	share = an_share_of_range(value, low, high);
	return share >= 1 ? N_LEVELS - 1 : (int) (share * N_LEVELS);
}

size_t
an_bar(double value, double max, int width, AnSigns signs, char *out)
{
	char *to = out;
	long eighths;

	if (value <= 0)
		return 0;
	if (value > max)
		eighths = (long) (width - 1) * N_LEVELS;
	else
		eighths = bar_eighths(value, max, width, signs == AN_SIGNS_ASCII ? N_LEVELS / 2 : 1);
	for (long i = 0; i < eighths / N_LEVELS; i++)
		to = an_sign_put(to, full[signs]);
	to = an_sign_put(to, value > max ? beyond[signs] : ends[signs][eighths % N_LEVELS]);
	return (size_t) (to - out);
}

/* Returns the length of a bar, 0 < value <= max, in eighths of a character: a multiple of `step`. */
static long
bar_eighths(double value, double max, int width, int step)
{
	long most = (long) width * N_LEVELS;
	long length;

	if (value == max)
		return most;
	length = lround(value / max * (double) (most / step)) * step;
	if (length < step)
		return step;
	return length < most ? length : most - step;
}
