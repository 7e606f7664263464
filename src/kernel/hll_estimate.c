/*
 * hll_estimate.c - the estimate of one sketch and its standard error; see hll_estimate.h
 *
 * The model: with n values in m registers, a rank k comes to a register in a
 * Poisson process of rate x * 2^-k, where x = n / m, independently of the other
 * ranks (the last two ranks have the same rate).  A register tells of some ranks
 * that they came, and of some that they did not; so does a token set, of all
 * ranks of 2^26 registers.  Then the likelihood of x is
 *
 *     exp(-alpha x) * product of (1 - exp(-x 2^-k))^beta(k)
 *
 * where alpha is the sum of the rates 2^-k of all that did not come and beta(k)
 * tells how often rank k came.  Its logarithm has its maximum at the root of
 *
 *     f(x) = alpha x - sum of beta(k) (1 - h(x 2^-k)),    h(y) = 1 - y / (exp(y) - 1),
 *
 * which is increasing and concave: Newton's method comes from below to the only
 * root, from wherever it starts.  Only + - * / are used, in a fixed order, so the
 * estimate is the same on all machines (no contraction to fused operations: see
 * the Makefile).
 */
#include "kernel/hll_estimate.h"

#include <math.h>

#include "kernel/hll_inside.h"
#include "kernel/hll_model.h"

/* What came and what did not, by rate. */
typedef struct Events
{
	int last;		   /* 2^-last is the least rate: of the last two ranks */
	uint64_t unseen;   /* alpha, in units of 2^-last */
	uint32_t seen[64]; /* beta: [k] of rate 2^-k; [0] is not used */
} Events;

/* Adds `count` registers in which the rank came, or did not. */
static void
add_events(Events *events, int rank, bool came, uint32_t count)
{
	int rate = rank < events->last ? rank : events->last;

	if (came)
		events->seen[rate] += count;
	else
		events->unseen += (uint64_t) count << (events->last - rate);
}

/* Adds what `count` registers of this value tell: the highest rank, none above, and the two below. */
static void
add_registers(Events *events, unsigned value, bool hll_only, uint32_t count)
{
	int rank = (int) (value >> 2);

	if (rank <= events->last) /* the rates of all ranks above add up to that of this one */
		events->unseen += (uint64_t) count << (events->last - rank);
	if (rank > 0)
		add_events(events, rank, true, count);
	for (int below = 1; below <= 2 && below < rank && !hll_only; below++)
		add_events(events, rank - below, (value >> (2 - below) & 1) != 0, count);
}

static void
events_of_registers(const AnHll *hll, Events *events)
{
	uint32_t counts[256];

	*events = (Events){.last = 64 - hll->precision};
	an_hll_count_values(hll->memory, an_hll_registers(hll->precision), counts);
	for (unsigned value = 0; value < 256; value++)
		if (counts[value] > 0)
			add_registers(events, value, hll->hll_only, counts[value]);
}

/* 2^26 registers have rates of 2^64 units together, that is 0: what came is taken off. */
static void
events_of_tokens(const AnHll *hll, Events *events)
{
	const uint32_t *slots = hll->memory;

	*events = (Events){.last = AN_HLL_TOKEN_LAST};
	for (uint32_t i = 0; i < hll->n_slots; i++)
	{
		int rank = (int) (slots[i] & 63);
		int rate = rank < AN_HLL_TOKEN_LAST ? rank : AN_HLL_TOKEN_LAST;

		if (slots[i] == 0)
			continue;
		events->seen[rate]++;
		events->unseen -= UINT64_C(1) << (AN_HLL_TOKEN_LAST - rate);
	}
}

/* h(y) for y up to 1/8, by its series. */
static double
h_small(double y)
{
	double y2 = y * y;

	return y * (0.5 - y * (1.0 / 12 - y2 * (1.0 / 720 - y2 * (1.0 / 30240 - y2 / 1209600))));
}

/* h(2y) from h = h(y). */
static double
h_double(double y, double h)
{
	return (0.5 * y + h * (1 - h)) / (0.5 * y + (1 - h));
}

/* ln(1 + z) within some parts in a thousand, without the library's, for a first guess. */
static double
log1p_about(double z)
{
	int exponent = 0;
	double t;

	if (z > 0.25)
		z = frexp(1 + z, &exponent) - 1; /* -0.5 .. 0 */
	t = z / (2 + z);
	return exponent * 0.6931471805599453 + 2 * t * (1 + t * t * (1.0 / 3 + t * t / 5));
}

/* Sets f(x) and its derivative. */
static void
evaluate(const Events *events, double alpha, int low, int high, double x, double *f, double *df)
{
	double rate = ldexp(1, -high);
	double y = x * rate;
	double h;
	int halved = 0;

	for (; y > 0.125; halved++)
		y *= 0.5;
	h = h_small(y);
	for (; halved > 0; halved--)
	{
		h = h_double(y, h);
		y *= 2;
	}
	*f = alpha * x;
	*df = alpha;
	for (int k = high; k >= low; k--)
	{
		*f -= events->seen[k] * (1 - h);
		*df += events->seen[k] * rate * ((1 - h) * (1 - h / y));
		h = h_double(y, h);
		y *= 2;
		rate *= 2;
	}
}

/*
 * Finds the root of f.  It begins at a bound below the root that Jensen's inequality gives (1702.01284):
 * as if all that came had come at its mean rate.
 */
static double
solve(const Events *events)
{
	double alpha = ldexp((double) events->unseen, -events->last);
	double seen = 0, rates = 0;
	double x;
	int low = 0, high = 0;

	for (int k = 1; k <= events->last; k++)
	{
		if (events->seen[k] == 0)
			continue;
		low = low > 0 ? low : k;
		high = k;
		seen += events->seen[k];
		rates += ldexp(events->seen[k], -k);
	}
	if (high == 0)
		return 0;
	if (events->unseen == 0)
		return AN_HLL_ESTIMATE_MAX;
	x = seen / rates * log1p_about(rates / alpha);
	for (int i = 0; i < 64; i++) /* 3 to 5 do; the bound only makes sure of an end */
	{
		double f, df, step;

		evaluate(events, alpha, low, high, x, &f, &df);
		step = f / df;
		x = step < x ? x - step : x * 0.5;
		if (fabs(step) <= x * 1e-8) /* the next step would be about its square */
			break;
	}
	return x;
}

/* Returns m, and the factor by which the maximum is too large. */
static double
registers_of(bool dense, bool hll_only, int precision, double *bias)
{
	double m = dense ? (double) an_hll_registers(precision) : AN_HLL_TOKEN_REGISTERS;

	*bias = dense ? 1 + (hll_only ? AN_HLL_BIAS_HLL : AN_HLL_BIAS_ULL) / m : 1;
	return m;
}

double
an_hll_estimate(const AnHll *hll)
{
	Events events;
	double bias;
	double m = registers_of(hll->dense, hll->hll_only, hll->precision, &bias);
	double estimate;

	if (an_hll_is_empty(hll))
		return 0;
	if (hll->dense)
		events_of_registers(hll, &events);
	else
		events_of_tokens(hll, &events);
	estimate = m * solve(&events) / bias;
	return (float) (estimate < AN_HLL_ESTIMATE_MAX ? estimate : AN_HLL_ESTIMATE_MAX);
}

/*
 * Returns the relative standard error of the estimate of n values.  The Fisher information of x is the sum over the
 * ranks of 2^-2k / (exp(y) - 1), y = x 2^-k, times the probability that the sketch tells of this rank: that the
 * highest rank is not more than `window` above it.  So in the Poisson model the square of the relative error is
 * 1 / (m J), J = x^2 times the information of one register; of it 1 / n comes from the number of values, which is
 * random in the model but is a given one here: 1 / (m J) - 1 / (m x).
 */
static double
relative_error(double n, double m, int last, int window)
{
	double x = n / m;
	double known = 0, lost = 0; /* J, and x - J */

	if (!(n > 0))
		return 0;
	if (n >= AN_HLL_ESTIMATE_MAX)
		return HUGE_VAL;
	for (int rank = 1; rank <= last + 1; rank++)
	{
		double y = ldexp(x, rank < last ? -rank : -last);
		double above = window >= 0 && rank + window <= last ? ldexp(x, -(rank + window)) : 0;
		double g = y > 0 ? y / expm1(y) : 1;
		double hidden = -expm1(-above); /* the probability that it does not tell */

		known += y * g * (1 - hidden);
		lost += y * ((1 - g) + g * hidden);
	}
	return known > 0 ? sqrt(lost / (m * x * known)) : HUGE_VAL;
}

static double
error_of(double estimate, bool dense, bool hll_only, int precision)
{
	double bias;
	double m = registers_of(dense, hll_only, precision, &bias);

	if (!dense)
		return relative_error(estimate, m, AN_HLL_TOKEN_LAST, -1);
	return relative_error(estimate, m, 64 - precision, hll_only ? 0 : 2);
}

double
an_hll_error(const AnHll *hll)
{
	return error_of(an_hll_estimate(hll), hll->dense, hll->hll_only, hll->precision);
}

double
an_hll_header_error(const AnHllHeader *header)
{
	bool dense = header->encoding != AN_HLL_EMPTY && header->encoding != AN_HLL_TOKENS;

	return error_of(header->encoding == AN_HLL_EMPTY ? 0 : header->estimate, dense,
					header->hll_only, header->precision);
}

/* Abramowitz and Stegun 26.2.23 within 5e-4, then Halley's method on the complementary error function. */
double
an_hll_quantile(double confidence)
{
	double outside = 1 - confidence;
	double t = sqrt(-2 * log(outside / 2));
	double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
					   (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));

	for (int i = 0; i < 3; i++)
	{
		double density = 2 * exp(-0.5 * z * z) / 2.5066282746310002;
		double step = (erfc(z * 0.7071067811865476) - outside) / density;

		z += step / (1 + 0.5 * z * step);
	}
	return z;
}

/*
 * The estimate is a factor of scale, so its logarithm is nearer to a normal distribution than itself: at small
 * precisions too the interval holds.  Values are counted in whole numbers: where the error comes near to 1, one
 * hidden value more or less is half a step to either side.
 */
AnStatus
an_hll_bounds(double estimate, double error, double confidence, AnHllBounds *bounds)
{
	double spread, half;

	if (!(confidence > 0 && confidence < 1) || !(estimate >= 0) || !(error >= 0))
		return AN_ERR_ARGUMENT;
	*bounds = (AnHllBounds){0, 0, 0};
	if (estimate == 0)
		return AN_OK;
	spread = an_hll_quantile(confidence) * error;
	half = fmin(0.5, spread * estimate);
	bounds->estimate = estimate;
	bounds->lower = fmax(estimate * exp(-spread) - half, 0);
	bounds->upper = estimate * exp(spread) + half;
	return AN_OK;
}
