/*
 * hll_model.h - what hll_estimate.c and hll_intersect.c share; nothing for others
 */
#ifndef AN_KERNEL_HLL_MODEL_H
#define AN_KERNEL_HLL_MODEL_H

/* 64-bit hashes cannot tell more values apart; a sketch that is full says so. */
#define AN_HLL_ESTIMATE_MAX 18446744073709551616.0

/* 2^26 registers stand behind the tokens; the ranks 38 and 39 have the same rate. */
#define AN_HLL_TOKEN_REGISTERS 67108864.0
#define AN_HLL_TOKEN_LAST	   38

/*
 * The likeliest number is too large by the factor 1 + c/m.  c is the mean of the bias of first order
 * (Cox and Snell) over a period; 2308.16862 has the same number for UltraLogLog.
 */
#define AN_HLL_BIAS_ULL 0.4814737654
#define AN_HLL_BIAS_HLL 1.0101590804

/* an_hll_quantile returns z with P(|N| > z) = 1 - confidence for a standard normal N; confidence in (0, 1). */
extern double an_hll_quantile(double confidence);

#endif /* AN_KERNEL_HLL_MODEL_H */
