/*
 * hll_model.h - what hll_estimate.c, hll_intersect.c and hll_pairs.c share; nothing for others
 */
#ifndef AN_KERNEL_HLL_MODEL_H
#define AN_KERNEL_HLL_MODEL_H

#include "kernel/hll.h"

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

/* What one sketch tells of a rank in a register. */
typedef enum AnHllAnswer
{
	AN_HLL_UNKNOWN = 0,
	AN_HLL_MISSING = 1,
	AN_HLL_CAME = 2,
} AnHllAnswer;

/* What a sketch can tell: all of the ranks up to `full`, and those less than `window` + 1 below the highest. */
typedef struct AnHllSight
{
	int full;	/* 64: all ranks, of tokens */
	int window; /* 0 or 2 */
} AnHllSight;

typedef struct AnHllPairs
{
	double m;			   /* registers */
	int last;			   /* 2^-last is the least rate */
	AnHllSight a, b;	   /* what each can tell */
	uint32_t cells[64][9]; /* by the exponent of the rate and answer of A * 3 + answer of B */
	double rest;		   /* sum of the rates of what is missing in both and not in cells */
} AnHllPairs;

/*
 * an_hll_count_pairs counts what two sketches of the same hash tell together, of the registers of the smaller
 * precision, or of those behind the tokens where both hold tokens; scratch memory is given back.
 */
extern void
an_hll_count_pairs(const AnHll *a, const AnHll *b, AnHllPairs *pairs, const AnMemory *memory);

/* an_hll_quantile returns z with P(|N| > z) = 1 - confidence for a standard normal N; confidence in (0, 1). */
extern double an_hll_quantile(double confidence);

#endif /* AN_KERNEL_HLL_MODEL_H */
