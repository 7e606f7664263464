/*
 * share.h - k of n as a share, and how sure that is
 */
#ifndef AN_KERNEL_SHARE_H
#define AN_KERNEL_SHARE_H

#include <stdbool.h>
#include <stdint.h>

/* Two-sided 95 % of the normal distribution. */
#define AN_SHARE_Z95 1.959963984540054

/*
 * an_share_wilson sets the Wilson score interval of k of n, 0 <= k <= n: with z =
 * AN_SHARE_Z95 it holds the true share in about 95 of 100 cases, also where
 * k is 0 or n.  Returns false, and sets nothing, where n is 0.
 *
 * Source: E. B. Wilson, Probable inference, the law of succession, and statistical
 * inference, JASA 22 (1927).
 */
extern bool an_share_wilson(int64_t k, int64_t n, double z, double *low, double *high);

#endif /* AN_KERNEL_SHARE_H */
