/*
 * share.c - k of n as a share, and how sure that is
 */
#include "kernel/share.h"

#include <math.h>

bool
an_share_wilson(int64_t k, int64_t n, double z, double *low, double *high)
{
	double share, spread, middle, scale;

	if (n <= 0)
		return false;
	share = (double) k / (double) n;
	scale = 1 + z * z / (double) n;
	middle = (share + z * z / (2 * (double) n)) / scale;
	spread =
		z * sqrt(share * (1 - share) / (double) n + z * z / (4 * (double) n * (double) n)) / scale;
	/* At the ends the bound is the share itself; rounding must not move it. */
	*low = k == 0 ? 0 : fmax(middle - spread, 0);
	*high = k == n ? 1 : fmin(middle + spread, 1);
	return true;
}
