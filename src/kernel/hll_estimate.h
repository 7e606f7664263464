/*
 * hll_estimate.h - what a sketch of hll.h says: the estimate and its errors
 *
 * One maximum-likelihood estimator for tokens, UltraLogLog and HyperLogLog
 * registers: in the Poisson model each is a set of independent events "a value
 * of this rank came" with known rates, and the estimate is the root of one
 * function.  No tables, no thresholds: the estimate is a function of the sketch.
 *
 * Sources: O. Ertl, arXiv 2308.16862 (UltraLogLog), 2402.13726 (ExaLogLog: the
 * root, tokens), 1702.01284 (HyperLogLog, and the joint estimate of two).
 */
#ifndef AN_KERNEL_HLL_ESTIMATE_H
#define AN_KERNEL_HLL_ESTIMATE_H

#include "kernel/hll.h"

/*
 * an_hll_estimate returns how many different values were added, 0 or more.  It is rounded to
 * single precision (a part in 17 million), as the stored form keeps it: a count does
 * not depend on whether the sketch was stored on its way.
 */
extern double an_hll_estimate(const AnHll *hll);

/*
 * an_hll_error returns the relative standard error that theory gives for a sketch of
 * this form and estimate: 0.0059 for 0.59 %; 0 for an empty sketch, infinity for one that is
 * full.  It is the root mean square over all sets of that many values, of
 * which most have no collision at all while there are few.
 */
extern double an_hll_error(const AnHll *hll);

/* an_hll_header_error is the same from a header alone, whatever estimate stands there. */
extern double an_hll_header_error(const AnHllHeader *header);

/* A number with the interval that holds the true one in `confidence` of the cases. */
typedef struct AnHllBounds
{
	double estimate; /* the number */
	double lower;	 /* not below 0, not above the estimate */
	double upper;	 /* not below the estimate */
} AnHllBounds;

/*
 * an_hll_bounds gives the interval of an estimate with a relative standard error.  An estimate of 0 is sure.
 * AN_ERR_ARGUMENT: confidence not in (0, 1), or a number that is negative or not one.
 */
extern AnStatus
an_hll_bounds(double estimate, double error, double confidence, AnHllBounds *bounds);

/*
 * an_hll_intersect estimates how many values both sketches hold, jointly: never more than either count.  Two sets
 * of tokens are matched one by one, almost exactly.  Otherwise the error grows with the union, not
 * with what is in both (at precision 14 some 0.1 to 0.25 % of the union; inclusion and exclusion would have
 * up to four times as much where little is in common): where the interval reaches down to 0 and up to the smaller count, it says
 * nothing.  Precisions and forms may differ; what the finer one knows in addition is used as far as it can be.
 * About a millisecond.  AN_ERR_ARGUMENT: hashes differ, or confidence not in (0, 1).
 */
extern AnStatus an_hll_intersect(const AnHll *a, const AnHll *b, double confidence,
								 AnHllBounds *bounds, const AnMemory *memory);

#endif /* AN_KERNEL_HLL_ESTIMATE_H */
