/*
 * hll_intersect.c - how many values two sketches have in common; see hll_estimate.h
 *
 * The values are of three kinds: only in A, only in B, in both.  Each kind comes
 * to the registers in Poisson processes of its own, of rates a, b and x for
 * one register, of which rank k takes the share 2^-k.  For each register
 * and rank a sketch tells "came", "did not come", or nothing (below the two ranks under the
 * highest); the pairs of these answers are independent, so nine counts for each rank
 * are all there is to know.  a, b and x are what makes them likeliest, found
 * by Fisher's scoring.  This is the joint estimate of 1702.01284, section 4, with a
 * likelihood that also fits UltraLogLog registers, tokens, and any two of them together.
 *
 * The interval holds every number of common values of which the estimate found would be no
 * surprise: its standard error is that of theory with so many in common, not with as many as
 * estimated.  That error includes neither sketch's luck in how many values there are: they are given.
 */
#include "kernel/hll_estimate.h"

#include <math.h>

#include "kernel/hll_model.h"

/* Rates of the three kinds of values for one register. */
enum
{
	ONLY_A,
	ONLY_B,
	BOTH,
	KINDS
};

/* The chance of each pair of answers for one rank, and its derivatives by the rates, for a share of 1. */
typedef struct Chances
{
	double p[9];			/* by answer of A * 3 + answer of B, given that each tells as it does */
	double slope[9][KINDS]; /* p's derivatives, to be multiplied by the share of the rank */
} Chances;

static void
set_chance(Chances *chances, int cell, double p, double only_a, double only_b, double both)
{
	chances->p[cell] = fmax(p, 1e-300); /* of what cannot be: it must not divide by 0 */
	chances->slope[cell][ONLY_A] = only_a;
	chances->slope[cell][ONLY_B] = only_b;
	chances->slope[cell][BOTH] = both;
}

/* The chances of a rank that takes the share q of all values. */
static void
set_chances(Chances *chances, const double *rates, double q)
{
	double none[KINDS], some[KINDS]; /* no value of this kind had the rank; some had */
	double neither, a, b, either;

	for (int i = 0; i < KINDS; i++)
	{
		double y = rates[i] * q;

		some[i] = -expm1(-y);
		none[i] = y < 1 ? 1 - some[i] : exp(-y);
	}
	neither = none[ONLY_A] * none[ONLY_B] * none[BOTH];
	a = some[ONLY_A] * none[ONLY_B] * none[BOTH];
	b = some[ONLY_B] * none[ONLY_A] * none[BOTH];
	either = some[BOTH] + none[BOTH] * some[ONLY_A] * some[ONLY_B];
	set_chance(chances, AN_HLL_MISSING * 3 + AN_HLL_MISSING, neither, -neither, -neither, -neither);
	set_chance(chances, AN_HLL_CAME * 3 + AN_HLL_MISSING, a, neither, -a, -a);
	set_chance(chances, AN_HLL_MISSING * 3 + AN_HLL_CAME, b, -b, neither, -b);
	set_chance(chances, AN_HLL_CAME * 3 + AN_HLL_CAME, either, b, a, neither + a + b);
	a = none[ONLY_A] * none[BOTH]; /* where B does not tell, and the other way round */
	b = none[ONLY_B] * none[BOTH];
	set_chance(chances, AN_HLL_MISSING * 3 + AN_HLL_UNKNOWN, a, -a, 0, -a);
	set_chance(chances, AN_HLL_UNKNOWN * 3 + AN_HLL_MISSING, b, 0, -b, -b);
	a = some[BOTH] + none[BOTH] * some[ONLY_A];
	b = some[BOTH] + none[BOTH] * some[ONLY_B];
	set_chance(chances, AN_HLL_CAME * 3 + AN_HLL_UNKNOWN, a, 1 - a, 0, 1 - a);
	set_chance(chances, AN_HLL_UNKNOWN * 3 + AN_HLL_CAME, b, 0, 1 - b, 1 - b);
	set_chance(chances, AN_HLL_UNKNOWN * 3 + AN_HLL_UNKNOWN, 1, 0, 0, 0);
}

/* Sets the derivatives of the logarithm of the likelihood. */
static void
likelihood_slope(const AnHllPairs *pairs, const double *rates, double *slope)
{
	for (int i = 0; i < KINDS; i++)
		slope[i] = -pairs->rest;
	for (int k = 1; k <= pairs->last; k++)
	{
		Chances chances;
		double q = ldexp(1, -k);

		set_chances(&chances, rates, q);
		for (int cell = 1; cell < 9; cell++)
			for (int i = 0; i < KINDS && pairs->cells[k][cell] > 0; i++)
				slope[i] += pairs->cells[k][cell] * q * chances.slope[cell][i] / chances.p[cell];
	}
}

/* The share of the ranks that must not have come so that a sketch tells of this one. */
static double
share_above(const AnHllPairs *pairs, const AnHllSight *sight, int rank)
{
	int highest = rank + sight->window;

	return rank <= sight->full || highest > pairs->last ? 0 : ldexp(1, -highest);
}

/* Adds to the information what the cells first, first + step, ... tell of it, times a weight. */
static void
add_information(double information[KINDS][KINDS], const Chances *chances, const int *cells,
				int n_cells, double weight)
{
	for (int c = 0; c < n_cells; c++)
		for (int i = 0; i < KINDS; i++)
			for (int j = 0; j <= i; j++)
				information[i][j] += weight * chances->slope[cells[c]][i] *
									 chances->slope[cells[c]][j] / chances->p[cells[c]];
}

/*
 * Sets the lower triangle L of the Cholesky decomposition L L' of Fisher's information of one register, in units in which the
 * information about independent Poisson numbers is 1: multiplied by the roots of the rates.  false where it is singular.
 */
static bool
information_root(const AnHllPairs *pairs, const double *rates, double root[KINDS][KINDS])
{
	static const int both_tell[] = {
		AN_HLL_MISSING * 3 + AN_HLL_MISSING, AN_HLL_CAME * 3 + AN_HLL_MISSING,
		AN_HLL_MISSING * 3 + AN_HLL_CAME, AN_HLL_CAME * 3 + AN_HLL_CAME};
	static const int a_tells[] = {AN_HLL_MISSING * 3 + AN_HLL_UNKNOWN,
								  AN_HLL_CAME * 3 + AN_HLL_UNKNOWN};
	static const int b_tells[] = {AN_HLL_UNKNOWN * 3 + AN_HLL_MISSING,
								  AN_HLL_UNKNOWN * 3 + AN_HLL_CAME};
	double information[KINDS][KINDS] = {{0}};

	for (int rank = 1; rank <= pairs->last + 1; rank++)
	{
		double q = ldexp(1, rank < pairs->last ? -rank : -pairs->last);
		double above_a = share_above(pairs, &pairs->a, rank);
		double above_b = share_above(pairs, &pairs->b, rank);
		double a = exp(-(rates[ONLY_A] + rates[BOTH]) * above_a);
		double b = exp(-(rates[ONLY_B] + rates[BOTH]) * above_b);
		double both = exp(-rates[ONLY_A] * above_a - rates[ONLY_B] * above_b -
						  rates[BOTH] * fmax(above_a, above_b));
		Chances chances;

		set_chances(&chances, rates, q);
		add_information(information, &chances, both_tell, 4, q * q * both);
		add_information(information, &chances, a_tells, 2, q * q * (a - both));
		add_information(information, &chances, b_tells, 2, q * q * (b - both));
	}
	for (int i = 0; i < KINDS; i++)
		for (int j = 0; j <= i; j++)
		{
			double sum = information[i][j] * sqrt(rates[i] * rates[j]);

			for (int k = 0; k < j; k++)
				sum -= root[i][k] * root[j][k];
			if (i == j && !(sum > 0))
				return false;
			root[i][j] = i == j ? sqrt(sum) : sum / root[j][j];
		}
	return true;
}

/* Solves L L' x = v, in place. */
static void
solve_root(double root[KINDS][KINDS], double *v)
{
	for (int i = 0; i < KINDS; i++)
	{
		for (int k = 0; k < i; k++)
			v[i] -= root[i][k] * v[k];
		v[i] /= root[i][i];
	}
	for (int i = KINDS - 1; i >= 0; i--)
	{
		for (int k = i + 1; k < KINDS; k++)
			v[i] -= root[k][i] * v[k];
		v[i] /= root[i][i];
	}
}

/* The least rate: a millionth of a value, so that nothing divides by 0. */
static double
least_rate(const AnHllPairs *pairs)
{
	return 1e-6 / pairs->m;
}

/*
 * Sets the step of Fisher's scoring from these rates to likelier ones, and what the numbers of values vary
 * with the number in both: column BOTH of their covariances, for one register.  The inverse of the information is
 * the covariance in the model, in which the numbers are themselves random with a variance as large as they are; here they
 * are given.  false where the sketches do not tell.
 */
static bool
scoring_step(const AnHllPairs *pairs, const double *rates, double *step, double *vary)
{
	double root[KINDS][KINDS];

	likelihood_slope(pairs, rates, step);
	if (!information_root(pairs, rates, root))
		return false;
	for (int i = 0; i < KINDS; i++)
	{
		step[i] *= sqrt(rates[i]) / pairs->m;
		vary[i] = i == BOTH;
	}
	solve_root(root, step);
	solve_root(root, vary);
	vary[BOTH] = fmax(vary[BOTH] - 1, 1e-15);
	for (int i = 0; i < KINDS; i++)
	{
		step[i] *= sqrt(rates[i]);
		vary[i] *= sqrt(rates[i] * rates[BOTH]);
	}
	return true;
}

/* The likeliest numbers of values, and what they are if another number is in both. */
typedef struct Found
{
	const AnHllPairs *pairs; /* what the two sketches tell */
	double rates[KINDS];	 /* the likeliest rates */
	double
		exchange[KINDS]; /* how much of each kind there is likely to be more for one more in both */
} Found;

/* Finds the likeliest rates, from a first guess in found->rates; false where the sketches do not tell. */
static bool
find_likeliest(Found *found)
{
	double *rates = found->rates;
	double step[KINDS], vary[KINDS] = {0, 0, 1};
	double moved = 1;

	for (int round = 0; round < 100 && moved > 1e-10; round++)
	{
		double total = rates[ONLY_A] + rates[ONLY_B] + rates[BOTH];

		if (!scoring_step(found->pairs, rates, step, vary))
			return false;
		moved = 0;
		for (int i = 0; i < KINDS; i++)
		{
			double rate = fmin(fmax(rates[i] + step[i], rates[i] / 8), rates[i] * 8 + total / 8);

			rate = fmax(rate, least_rate(found->pairs));
			moved = fmax(moved, fabs(rate - rates[i]) / total);
			rates[i] = rate;
		}
	}
	for (int i = 0; i < KINDS; i++)
		found->exchange[i] = vary[i] / vary[BOTH];
	return isfinite(rates[BOTH]);
}

/* Tells how surprising the sketches are if n values are in both: the step from there to a likelier number, in standard errors. */
static double
surprise(const Found *found, double n)
{
	double more = n / found->pairs->m - found->rates[BOTH];
	double rates[KINDS], step[KINDS], vary[KINDS];

	for (int i = 0; i < KINDS; i++)
		rates[i] = fmax(found->rates[i] + more * found->exchange[i], least_rate(found->pairs));
	if (!scoring_step(found->pairs, rates, step, vary))
		return 0;
	return step[BOTH] / sqrt(vary[BOTH] / found->pairs->m);
}

/*
 * Returns the end of the interval on the side of the limit: the number that would just be z standard errors of
 * surprise, within 1/1000 of its distance from the estimate; the limit, if even that is no surprise.
 */
static double
interval_end(const Found *found, double z, double limit)
{
	double estimate = found->rates[BOTH] * found->pairs->m;
	double sign = limit > estimate ? 1 : -1;
	double most = fabs(limit - estimate);
	double near = 0, far = fmin(1e-6 * (estimate + 1), most);

	while (far < most && -sign * surprise(found, estimate + sign * far) < z)
	{
		near = far;
		far = fmin(far * 4, most);
	}
	if (far >= most && -sign * surprise(found, limit) < z)
		return limit;
	for (int i = 0; i < 12; i++)
	{
		double middle = (near + far) / 2;

		if (-sign * surprise(found, estimate + sign * middle) < z)
			near = middle;
		else
			far = middle;
	}
	return estimate + sign * far;
}

/* Half a value to either side where the error comes near to 1, as in an_hll_bounds. */
static double
widened(double end, double estimate)
{
	double spread = fabs(end - estimate);

	return estimate + copysign(spread + fmin(0.5, spread), end - estimate);
}

/* What is known of the two counts. */
typedef struct Counts
{
	double n[2];   /* the estimates of both */
	double spread; /* z times the relative standard error of the smaller one */
	double most;   /* more than both can have in common */
} Counts;

/*
 * Sets the estimate, which is not above either count, and its interval.  The interval's upper end is stretched as the
 * logarithm of an_hll_bounds does; that matters at the smallest precisions alone.
 */
static void
estimate_both(const AnHllPairs *pairs, const Counts *counts, double z, AnHllBounds *bounds)
{
	bool ultra = pairs->a.window + pairs->b.window == 4;
	double bias = 1 + (ultra ? AN_HLL_BIAS_ULL : AN_HLL_BIAS_HLL) / pairs->m;
	double smaller = fmin(counts->n[0], counts->n[1]);
	double estimate, upper;
	Found found = {pairs,
				   {(counts->n[0] - smaller / 2) / pairs->m,
					(counts->n[1] - smaller / 2) / pairs->m, smaller / 2 / pairs->m},
				   {0}};

	if (!find_likeliest(&found))
		return;
	estimate = found.rates[BOTH] * pairs->m;
	bounds->lower = widened(interval_end(&found, z, 0), estimate) / bias;
	upper = widened(interval_end(&found, z, fmax(counts->most, estimate)), estimate) / bias;
	upper *= exp(counts->spread) / (1 + counts->spread);
	bounds->estimate = fmin(estimate > 1e-5 ? estimate / bias : 0, smaller);
	bounds->lower = fmin(fmax(bounds->lower, 0), bounds->estimate);
	bounds->upper = fmax(fmin(upper, counts->most), bounds->estimate);
}

/* Sets what is known of the two counts; false where there is nothing to estimate, and the interval says so. */
static bool
count_each(const AnHll *a, const AnHll *b, double confidence, Counts *counts, AnHllBounds *bounds)
{
	double error[2] = {an_hll_error(a), an_hll_error(b)};
	double wide = 1 - (1 - confidence) / 10;

	*counts = (Counts){{an_hll_estimate(a), an_hll_estimate(b)}, 0, AN_HLL_ESTIMATE_MAX};
	*bounds = (AnHllBounds){0, 0, 0};
	if (counts->n[0] == 0 || counts->n[1] == 0)
		return false;
	for (int i = 0; i < 2; i++)
	{
		an_hll_bounds(counts->n[i], error[i], wide < 1 ? wide : confidence, bounds);
		counts->most = fmin(counts->most, bounds->upper);
	}
	*bounds = (AnHllBounds){0, 0, counts->most};
	counts->spread = an_hll_quantile(confidence) * error[counts->n[0] < counts->n[1] ? 0 : 1];
	return fmax(counts->n[0], counts->n[1]) < AN_HLL_ESTIMATE_MAX;
}

AnStatus
an_hll_intersect(const AnHll *a, const AnHll *b, double confidence, AnHllBounds *bounds,
				 const AnMemory *memory)
{
	Counts counts;
	AnHllPairs pairs;

	if (a->hash != b->hash || !(confidence > 0 && confidence < 1))
		return AN_ERR_ARGUMENT;
	if (!count_each(a, b, confidence, &counts, bounds))
		return AN_OK;
	an_hll_count_pairs(a, b, &pairs, memory);
	estimate_both(&pairs, &counts, an_hll_quantile(confidence), bounds);
	return AN_OK;
}
