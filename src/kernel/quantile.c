/*
 * quantile.c - percentiles with a relative error: adding, merging, reading
 */
#include "kernel/quantile.h"

#include <math.h>

#define FIRST_ROOM 4

/* The one NaN that is kept. */
#define NAN_BITS UINT64_C(0x7ff8000000000000)

/* Where a walk over the values of a dense sketch is, in their order. */
typedef enum Stage
{
	AT_START,
	AT_MINUS_INF,
	AT_NEGATIVE,
	AT_ZERO,
	AT_POSITIVE,
	AT_INF,
	AT_NAN,
} Stage;

typedef struct Walk
{
	const AnQuantile *quantile; /* what is walked over */
	Stage stage;				/* kind of the values here */
	uint32_t index;				/* their bin, where they are in one */
	uint64_t n;					/* how many */
	uint64_t passed;			/* values up to here, these too */
	bool known;					/* value was computed */
	double value;				/* what stands for those here */
} Walk;

static void add_dense(AnQuantile *quantile, double value, const AnMemory *memory);

void
an_quantile_init(AnQuantile *quantile, uint32_t resolution)
{
	memset(quantile, 0, sizeof(*quantile));
	quantile->resolution = (uint16_t) resolution;
}

void
an_quantile_free(AnQuantile *quantile, const AnMemory *memory)
{
	if (quantile->is_dense)
	{
		an_bins_free(&quantile->dense->bins, memory);
		an_exact_sum_free(&quantile->dense->sum, memory);
		an_memory_give(memory, quantile->dense);
	}
	else
		an_memory_give(memory, quantile->raw);
	an_quantile_init(quantile, quantile->resolution);
}

static void
add_raw(AnQuantile *quantile, double value, const AnMemory *memory)
{
	if (quantile->count == quantile->n_room)
	{
		unsigned room = quantile->n_room == 0 ? FIRST_ROOM : 2u * quantile->n_room;
		double *raw = an_memory_take(memory, room * sizeof(*raw));

		if (quantile->count > 0)
			memcpy(raw, quantile->raw, quantile->count * sizeof(*raw));
		an_memory_give(memory, quantile->raw);
		quantile->raw = raw;
		quantile->n_room = (uint8_t) room;
	}
	if (value == 0)
		value = 0; /* not -0 */
	else if (isnan(value))
		value = an_double_of_bits(NAN_BITS);
	quantile->raw[quantile->count] = value;
}

void
an_quantile_make_dense(AnQuantile *quantile, const AnMemory *memory)
{
	AnQuantileDense *dense;
	double *raw = quantile->raw;

	if (quantile->is_dense)
		return;
	dense = an_memory_take(memory, sizeof(*dense));
	memset(dense, 0, sizeof(*dense));
	an_bins_init(&dense->bins);
	an_exact_sum_init(&dense->sum);
	dense->least = INFINITY;
	dense->greatest = -INFINITY;
	quantile->dense = dense;
	quantile->n_room = 0;
	quantile->is_dense = true;
	for (uint64_t i = 0; i < quantile->count; i++)
		add_dense(quantile, raw[i], memory);
	an_memory_give(memory, raw);
}

void
an_quantile_add(AnQuantile *quantile, double value, const AnMemory *memory)
{
	if (quantile->is_dense)
		add_dense(quantile, value, memory);
	else if (quantile->count < AN_QUANTILE_RAW)
		add_raw(quantile, value, memory);
	else
	{
		an_quantile_make_dense(quantile, memory);
		add_dense(quantile, value, memory);
	}
	quantile->count++;
}

/* Adds what has no place in the bins; false where it has one, being denormal. */
static bool
add_special(AnQuantileDense *dense, double value)
{
	if (value == 0)
	{
		dense->n_zero++;
		dense->least = dense->least > 0 ? 0 : dense->least;
		dense->greatest = dense->greatest < 0 ? 0 : dense->greatest;
	}
	else if (isnan(value))
		dense->n_nan++;
	else if (isinf(value))
		*(value > 0 ? &dense->n_inf : &dense->n_minus_inf) += 1;
	else
		return false;
	return true;
}

static inline void
add_dense(AnQuantile *quantile, double value, const AnMemory *memory)
{
	AnQuantileDense *dense = quantile->dense;
	uint64_t bits = an_double_bits(value);
	uint64_t magnitude = bits & ~AN_DOUBLE_SIGN;
	int side = (int) (bits >> 63);
	uint32_t index;

	if (magnitude - AN_DOUBLE_MIN_NORMAL < AN_DOUBLE_INFINITY - AN_DOUBLE_MIN_NORMAL)
		index = an_quantile_index(magnitude, quantile->resolution);
	else if (add_special(dense, value))
		return;
	else
		index = an_quantile_index_any(magnitude, quantile->resolution);
	an_bins_add(&dense->bins, side, index, 1, memory);
	an_exact_sum_add(&dense->sum, value, memory);
	if (value < dense->least)
		dense->least = value;
	if (value > dense->greatest)
		dense->greatest = value;
}

static void
merge_dense(AnQuantileDense *into, const AnQuantileDense *from, const AnMemory *memory)
{
	uint64_t count;

	for (int side = 0; side < 2; side++)
		for (uint32_t i = 0; an_bins_next(&from->bins, side, &i, &count); i++)
			an_bins_add(&into->bins, side, i, count, memory);
	an_exact_sum_merge(&into->sum, &from->sum, memory);
	into->least = from->least < into->least ? from->least : into->least;
	into->greatest = from->greatest > into->greatest ? from->greatest : into->greatest;
	into->n_zero += from->n_zero;
	into->n_minus_inf += from->n_minus_inf;
	into->n_inf += from->n_inf;
	into->n_nan += from->n_nan;
}

AnStatus
an_quantile_merge(AnQuantile *into, const AnQuantile *from, const AnMemory *memory)
{
	if (into->resolution != from->resolution)
		return AN_ERR_ARGUMENT;
	if (from->count > INT64_MAX - into->count)
		return AN_ERR_LIMIT;
	if (!from->is_dense)
	{
		for (uint64_t i = 0; i < from->count; i++)
			an_quantile_add(into, from->raw[i], memory);
		return AN_OK;
	}
	an_quantile_make_dense(into, memory);
	merge_dense(into->dense, from->dense, memory);
	into->count += from->count;
	return AN_OK;
}

/* Tells whether a comes before b: NaN is last. */
static bool
before(double a, double b)
{
	return a < b || (isnan(b) && !isnan(a));
}

void
an_quantile_sort(const AnQuantile *quantile, double values[AN_QUANTILE_RAW])
{
	for (uint64_t i = 0; i < quantile->count; i++)
	{
		double value = quantile->raw[i];
		uint64_t place = i;

		for (; place > 0 && before(value, values[place - 1]); place--)
			values[place] = values[place - 1];
		values[place] = value;
	}
}

/* The rank of a fraction among `count` values, as percentile_disc has it. */
static uint64_t
rank_of(double fraction, uint64_t count)
{
	double rank = ceil(fraction * (double) count);

	if (rank < 1)
		return 1;
	return rank >= (double) count ? count : (uint64_t) rank;
}

/* Finds the values of one kind, in the bin of walk->index or after it; none there: n is 0. */
static void
find_values(Walk *walk)
{
	const AnQuantileDense *dense = walk->quantile->dense;

	walk->n = 0;
	switch (walk->stage)
	{
		case AT_START:
			break;
		case AT_MINUS_INF:
			walk->n = dense->n_minus_inf;
			break;
		case AT_NEGATIVE:
			if (!an_bins_previous(&dense->bins, 1, &walk->index, &walk->n))
				walk->n = 0;
			break;
		case AT_ZERO:
			walk->n = dense->n_zero;
			break;
		case AT_POSITIVE:
			if (!an_bins_next(&dense->bins, 0, &walk->index, &walk->n))
				walk->n = 0;
			break;
		case AT_INF:
			walk->n = dense->n_inf;
			break;
		case AT_NAN:
			walk->n = dense->n_nan;
			break;
	}
}

/* Goes on to the next values that there are; there must be some. */
static void
walk_on(Walk *walk)
{
	walk->n = 0;
	/* Bins are followed by bins: downwards where numbers are negative. */
	if (walk->stage == AT_POSITIVE || (walk->stage == AT_NEGATIVE && walk->index > 0))
	{
		walk->index += walk->stage == AT_POSITIVE ? 1 : UINT32_MAX;
		find_values(walk);
	}
	while (walk->n == 0 && walk->stage < AT_NAN)
	{
		walk->stage++;
		walk->index = walk->stage == AT_NEGATIVE ? UINT32_MAX : 0;
		find_values(walk);
	}
	walk->passed += walk->n;
	walk->known = false;
}

static double
walk_value(Walk *walk)
{
	if (walk->known)
		return walk->value;
	walk->known = true;
	switch (walk->stage)
	{
		case AT_MINUS_INF:
			return walk->value = -INFINITY;
		case AT_NEGATIVE:
			return walk->value = -an_quantile_middle(walk->index, walk->quantile->resolution);
		case AT_POSITIVE:
			return walk->value = an_quantile_middle(walk->index, walk->quantile->resolution);
		case AT_INF:
			return walk->value = INFINITY;
		case AT_NAN:
			return walk->value = an_double_of_bits(NAN_BITS);
		default:
			return walk->value = 0;
	}
}

static double
dense_value(Walk *walk, uint64_t rank)
{
	const AnQuantile *quantile = walk->quantile;
	const AnQuantileDense *dense = quantile->dense;
	double value;

	while (walk->passed < rank)
		walk_on(walk);
	if (walk->stage < AT_NEGATIVE || walk->stage > AT_POSITIVE)
		return walk_value(walk);
	/* The ends are known exactly, and nothing lies beyond them. */
	if (rank == dense->n_minus_inf + 1)
		return dense->least;
	if (rank == quantile->count - dense->n_inf - dense->n_nan)
		return dense->greatest;
	value = walk_value(walk);
	if (value < dense->least)
		return dense->least;
	return value > dense->greatest ? dense->greatest : value;
}

void
an_quantile_values(const AnQuantile *quantile, const double *fractions, size_t n, double *values)
{
	double sorted[AN_QUANTILE_RAW] = {0};
	Walk walk = {.quantile = quantile};

	if (!quantile->is_dense)
		an_quantile_sort(quantile, sorted);
	for (size_t i = 0; i < n; i++)
	{
		uint64_t rank = rank_of(fractions[i], quantile->count);

		values[i] = quantile->is_dense ? dense_value(&walk, rank) : sorted[rank - 1];
	}
}

/* Counts the numbers of one side in bins from `first` to `last`. */
static uint64_t
count_between(const AnBins *bins, int side, uint32_t first, uint32_t last)
{
	uint64_t total = 0;
	uint64_t count;

	for (uint32_t i = first; an_bins_next(bins, side, &i, &count) && i <= last; i++)
		total += count;
	return total;
}

/* Counts the values up to the end of a number's bin. */
static uint64_t
count_up_to(const AnQuantile *quantile, double value)
{
	const AnQuantileDense *dense = quantile->dense;
	uint64_t below = dense->n_minus_inf;
	uint32_t index = 0;

	if (value >= dense->greatest)
		return quantile->count - dense->n_nan - (isinf(value) && value > 0 ? 0 : dense->n_inf);
	if (value < dense->least)
		return below;
	if (value != 0)
		index =
			an_quantile_index_any(an_double_bits(value) & ~AN_DOUBLE_SIGN, quantile->resolution);
	below += count_between(&dense->bins, 1, value < 0 ? index : 0, UINT32_MAX - 1);
	if (value >= 0)
		below += dense->n_zero;
	if (value > 0)
		below += count_between(&dense->bins, 0, 0, index);
	return below;
}

double
an_quantile_rank(const AnQuantile *quantile, double value)
{
	uint64_t n = 0;

	if (isnan(value))
		return 1;
	if (quantile->is_dense)
		n = count_up_to(quantile, value);
	else
		for (uint64_t i = 0; i < quantile->count; i++)
			n += quantile->raw[i] <= value;
	return (double) n / (double) quantile->count;
}

/* Returns the first or the last of values that are kept. */
static double
raw_end(const AnQuantile *quantile, bool last)
{
	double end = quantile->raw[0];

	for (uint64_t i = 1; i < quantile->count; i++)
		if (last ? before(end, quantile->raw[i]) : before(quantile->raw[i], end))
			end = quantile->raw[i];
	return end;
}

double
an_quantile_least(const AnQuantile *quantile)
{
	const AnQuantileDense *dense = quantile->dense;

	if (!quantile->is_dense)
		return raw_end(quantile, false);
	if (dense->n_minus_inf > 0)
		return -INFINITY;
	/* Without a finite value it is infinity already. */
	return dense->n_nan == quantile->count ? an_double_of_bits(NAN_BITS) : dense->least;
}

double
an_quantile_greatest(const AnQuantile *quantile)
{
	const AnQuantileDense *dense = quantile->dense;

	if (!quantile->is_dense)
		return raw_end(quantile, true);
	if (dense->n_nan > 0)
		return an_double_of_bits(NAN_BITS);
	return dense->n_inf > 0 ? INFINITY : dense->greatest;
}

/* Returns sum / count, of all values. */
static double
divided_sum(const AnQuantile *quantile, uint64_t count)
{
	int64_t chunks[AN_EXACT_SUM_CHUNKS];
	AnExactSum sum;

	if (!quantile->is_dense)
	{
		an_exact_sum_fixed(&sum, chunks);
		for (uint64_t i = 0; i < quantile->count; i++)
			an_exact_sum_add(&sum, quantile->raw[i], NULL);
		return an_exact_sum_mean(&sum, count);
	}
	if (quantile->dense->n_nan > 0 ||
		(quantile->dense->n_inf > 0 && quantile->dense->n_minus_inf > 0))
		return an_double_of_bits(NAN_BITS);
	if (quantile->dense->n_inf > 0)
		return INFINITY;
	if (quantile->dense->n_minus_inf > 0)
		return -INFINITY;
	return an_exact_sum_mean(&quantile->dense->sum, count);
}

double
an_quantile_sum(const AnQuantile *quantile)
{
	return divided_sum(quantile, 1);
}

double
an_quantile_mean(const AnQuantile *quantile)
{
	return quantile->count == 0 ? 0 : divided_sum(quantile, quantile->count);
}

uint32_t
an_quantile_bins(const AnQuantile *quantile)
{
	uint32_t n = 0;
	uint64_t count;

	for (int side = 0; quantile->is_dense && side < 2; side++)
		for (uint32_t i = 0; an_bins_next(&quantile->dense->bins, side, &i, &count); i++)
			n++;
	return n;
}
