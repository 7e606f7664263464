/*
 * quantile_store.c - writes the stored form of a quantile sketch
 */
#include "kernel/quantile.h"
#include "kernel/quantile_form.h"

/* Where bytes go; without an array they are only counted. */
typedef struct Sink
{
	uint8_t *bytes; /* the array, or NULL */
	size_t size;	/* bytes so far */
} Sink;

static void
put(Sink *sink, unsigned byte)
{
	if (sink->bytes)
		sink->bytes[sink->size] = (uint8_t) byte;
	sink->size++;
}

static void
put_varint(Sink *sink, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put(sink, (unsigned) (value & 0x7f) | 0x80);
	put(sink, (unsigned) value);
}

/* The bytes of a double that are not zeros at its end. */
static unsigned
double_size(double value)
{
	uint64_t bits = an_double_bits(value);
	unsigned size = 0;

	for (; bits != 0; bits <<= 8)
		size++;
	return size;
}

static void
put_doubles(Sink *sink, const double *values, unsigned n)
{
	for (unsigned i = 0; i < n; i += 2)
		put(sink, double_size(values[i]) | (i + 1 < n ? double_size(values[i + 1]) << 4 : 0));
	for (unsigned i = 0; i < n; i++)
		for (uint64_t bits = an_double_bits(values[i]); bits != 0; bits <<= 8)
			put(sink, (unsigned) (bits >> 56));
}

static void
put_bin(Sink *sink, uint32_t gap, uint64_t count)
{
	if (gap <= FORM_CODE_SMALL_GAP && count <= FORM_CODE_SMALL_COUNT)
		put(sink, (gap - 1) << 3 | (unsigned) (count - 1));
	else if (gap > 1 || count >= FORM_CODE_GENERAL)
	{
		put(sink, FORM_GENERAL);
		put_varint(sink, gap - 1);
		put_varint(sink, count - 1);
	}
	else if (count < FORM_CODE_TWO_BYTES)
		put(sink, 0x80 | (unsigned) (count - FORM_CODE_ONE_BYTE));
	else if (count < FORM_CODE_THREE_BYTES)
	{
		unsigned rest = (unsigned) (count - FORM_CODE_TWO_BYTES);

		put(sink, 0xc0 | rest >> 8);
		put(sink, rest & 0xff);
	}
	else
	{
		unsigned rest = (unsigned) (count - FORM_CODE_THREE_BYTES);

		put(sink, 0xe0 | rest >> 16);
		put(sink, rest >> 8 & 0xff);
		put(sink, rest & 0xff);
	}
}

static void
put_bins(Sink *sink, const AnBins *bins, int side)
{
	uint32_t n = 0;
	uint32_t before = 0;
	uint64_t count;

	for (uint32_t i = 0; an_bins_next(bins, side, &i, &count); i++)
		n++;
	put_varint(sink, n);
	n = 0;
	for (uint32_t i = 0; an_bins_next(bins, side, &i, &count); i++)
	{
		if (n++ == 0)
		{
			put_varint(sink, i);
			before = i - 1;
		}
		put_bin(sink, i - before, count);
		before = i;
	}
}

static bool
has_bins(const AnBins *bins, int side)
{
	uint32_t index = 0;
	uint64_t count;

	return an_bins_next(bins, side, &index, &count);
}

static void
put_dense(Sink *sink, const AnQuantileDense *dense)
{
	const uint64_t n_special[4] = {dense->n_zero, dense->n_minus_inf, dense->n_inf, dense->n_nan};
	const double ends[2] = {dense->least, dense->greatest};
	uint8_t sum[AN_EXACT_SUM_STORED_MAX];
	unsigned kinds = 0;

	for (int i = 0; i < 4; i++)
		kinds |= n_special[i] > 0 ? 1u << i : 0;
	kinds |= has_bins(&dense->bins, 1) ? FORM_HAS_NEGATIVE : 0;
	kinds |= has_bins(&dense->bins, 0) ? FORM_HAS_POSITIVE : 0;
	put(sink, kinds);
	for (int i = 0; i < 4; i++)
		if (n_special[i] > 0)
			put_varint(sink, n_special[i]);
	if (kinds & (FORM_HAS_NEGATIVE | FORM_HAS_POSITIVE))
	{
		size_t size = an_exact_sum_store(&dense->sum, sum);

		put_doubles(sink, ends, 2);
		for (size_t i = 0; i < size; i++)
			put(sink, sum[i]);
	}
	if (kinds & FORM_HAS_NEGATIVE)
		put_bins(sink, &dense->bins, 1);
	if (kinds & FORM_HAS_POSITIVE)
		put_bins(sink, &dense->bins, 0);
}

static size_t
put_all(const AnQuantile *quantile, uint8_t *bytes)
{
	Sink sink = {.bytes = bytes};
	double values[AN_QUANTILE_RAW];

	put(&sink, FORM_VERSION);
	put_varint(&sink, quantile->resolution);
	put_varint(&sink, quantile->count);
	if (quantile->is_dense)
		put_dense(&sink, quantile->dense);
	else
	{
		an_quantile_sort(quantile, values);
		put_doubles(&sink, values, (unsigned) quantile->count);
	}
	return sink.size;
}

size_t
an_quantile_stored_size(const AnQuantile *quantile)
{
	return put_all(quantile, NULL);
}

void
an_quantile_store(const AnQuantile *quantile, uint8_t *bytes)
{
	put_all(quantile, bytes);
}
