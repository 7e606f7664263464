/*
 * quantile_load.c - reads the stored form of a quantile sketch
 *
 * The bytes are hostile: nothing is read before it is known to be there, and
 * whatever is said about bins is checked before it takes memory.
 */
#include "kernel/quantile.h"
#include "kernel/quantile_form.h"

#include <math.h>

/* Bytes that are read.  After the end, or anything that is wrong, `bad` is set and all that is read is 0. */
typedef struct Source
{
	const uint8_t *at;	/* what is read next */
	const uint8_t *end; /* end of the array */
	bool bad;			/* not a stored form */
} Source;

/* What comes before the bins. */
typedef struct Preface
{
	uint8_t kinds;		   /* HAS_... */
	uint64_t n_special[4]; /* zeros, -infinity, infinity, NaN */
	double least;		   /* of finite values, where there are bins */
	double greatest;	   /* the same */
	const uint8_t *sum;	   /* stored sum */
	size_t sum_size;	   /* its bytes */
	uint64_t n_left;	   /* values that bins have to hold */
	uint32_t lowest[2];	   /* first bin of a side */
	uint32_t highest[2];   /* last bin of a side */
	uint32_t resolution;   /* bins an octave */
} Preface;

static unsigned
get(Source *source)
{
	if (source->at < source->end)
		return *source->at++;
	source->bad = true;
	return 0;
}

/* Reads a varint in its shortest form, up to 2^63 - 1. */
static uint64_t
get_varint(Source *source)
{
	uint64_t value = 0;

	for (int shift = 0; shift < 63; shift += 7)
	{
		unsigned byte = get(source);

		value |= (uint64_t) (byte & 0x7f) << shift;
		if (byte < 0x80)
		{
			source->bad |= byte == 0 && shift > 0;
			return value;
		}
	}
	source->bad = true;
	return 0;
}

/* Reads the bytes of one double; -0 and a NaN other than the one that is written are refused. */
static double
get_double(Source *source, unsigned size)
{
	uint64_t bits = 0;
	double value;

	for (unsigned i = 0; i < size; i++)
		bits |= (uint64_t) get(source) << (56 - 8 * i);
	if (size > 0 && (bits >> (64 - 8 * size) & 0xff) == 0)
		source->bad = true;
	value = an_double_of_bits(bits);
	if (bits == AN_DOUBLE_SIGN || (isnan(value) && bits != UINT64_C(0x7ff8000000000000)))
		source->bad = true;
	return value;
}

static void
get_doubles(Source *source, double *values, unsigned n)
{
	uint8_t sizes[AN_QUANTILE_RAW];

	for (unsigned i = 0; i < n; i += 2)
	{
		unsigned byte = get(source);

		sizes[i] = byte & 15;
		if (i + 1 < n)
			sizes[i + 1] = (uint8_t) (byte >> 4);
		if (sizes[i] > 8 || byte >> 4 > (i + 1 < n ? 8 : 0))
			source->bad = true;
	}
	for (unsigned i = 0; i < n; i++)
		values[i] = source->bad ? 0 : get_double(source, sizes[i]);
}

static void
get_header(Source *source, AnQuantileHeader *header)
{
	uint64_t resolution;

	if (get(source) != FORM_VERSION)
		source->bad = true;
	resolution = get_varint(source);
	header->count = get_varint(source);
	if (resolution < AN_QUANTILE_RESOLUTION_MIN || resolution > AN_QUANTILE_RESOLUTION_MAX)
		source->bad = true;
	header->resolution = (uint32_t) resolution;
}

AnStatus
an_quantile_header(const uint8_t *bytes, size_t size, AnQuantileHeader *header)
{
	Source source = {.at = bytes, .end = bytes + size};

	get_header(&source, header);
	return source.bad ? AN_ERR_CORRUPT : AN_OK;
}

static AnStatus
merge_raw(AnQuantile *into, Source *source, unsigned n, const AnMemory *memory)
{
	double values[AN_QUANTILE_RAW];

	get_doubles(source, values, n);
	for (unsigned i = 1; i < n && !source->bad; i++)
		source->bad = isnan(values[i - 1]) ? !isnan(values[i]) : values[i] < values[i - 1];
	if (source->bad || source->at != source->end)
		return AN_ERR_CORRUPT;
	for (unsigned i = 0; i < n; i++)
		an_quantile_add(into, values[i], memory);
	return AN_OK;
}

/* Reads a count that may not be more than is left. */
static uint64_t
take_count(Source *source, uint64_t count, uint64_t *left)
{
	if (count == 0 || count > *left)
	{
		source->bad = true;
		return 0;
	}
	*left -= count;
	return count;
}

/* Reads what comes before the bins; the sum is only found, not read. */
static void
get_preface(Source *source, const AnQuantileHeader *header, Preface *preface)
{
	int64_t chunks[AN_EXACT_SUM_CHUNKS];
	AnExactSum sum;
	double ends[2];
	double mean;

	*preface = (Preface){.resolution = header->resolution, .n_left = header->count};
	preface->kinds = (uint8_t) get(source);
	if (preface->kinds >= 2 * FORM_HAS_POSITIVE)
		source->bad = true;
	for (int i = 0; i < 4; i++)
		if (preface->kinds & 1 << i)
			preface->n_special[i] = take_count(source, get_varint(source), &preface->n_left);
	if (!(preface->kinds & (FORM_HAS_NEGATIVE | FORM_HAS_POSITIVE)) || source->bad)
		return;
	get_doubles(source, ends, 2);
	preface->least = ends[0];
	preface->greatest = ends[1];
	preface->sum = source->at;
	an_exact_sum_fixed(&sum, chunks);
	if (source->bad || !isfinite(ends[0]) || !isfinite(ends[1]) ||
		an_exact_sum_merge_stored(&sum, source->at, (size_t) (source->end - source->at),
								  &preface->sum_size, NULL) != AN_OK ||
		sum.specials != 0)
	{
		source->bad = true;
		return;
	}
	source->at += preface->sum_size;
	/* Rounding keeps the order, so an average outside is wrong, not rounded. */
	mean = preface->n_left + preface->n_special[0] > 0
			   ? an_exact_sum_mean(&sum, preface->n_left + preface->n_special[0])
			   : NAN;
	if (!(ends[0] <= mean && mean <= ends[1]))
		source->bad = true;
}

/* Reads the code of a bin that is written as its gap and count. */
static void
get_general(Source *source, uint64_t *gap, uint64_t *count)
{
	*gap = get_varint(source);
	*count = get_varint(source);
	if (*gap >= AN_BINS_MAX || *count == INT64_MAX)
		source->bad = true;
	++*gap;
	++*count;
	if (*gap == 1 ? *count < FORM_CODE_GENERAL
				  : *gap <= FORM_CODE_SMALL_GAP && *count <= FORM_CODE_SMALL_COUNT)
		source->bad = true;
}

static void
get_bin(Source *source, uint64_t *gap, uint64_t *count)
{
	unsigned byte = get(source);

	*gap = 1;
	if (byte < 0x80)
	{
		*gap = (byte >> 3) + 1;
		*count = (byte & 7) + 1;
	}
	else if (byte < 0xc0)
		*count = (byte & 0x3f) + FORM_CODE_ONE_BYTE;
	else if (byte < 0xe0)
		*count = ((byte & 0x1f) << 8 | get(source)) + FORM_CODE_TWO_BYTES;
	else if (byte < FORM_GENERAL)
	{
		unsigned high = (byte & 15) << 16;

		high |= get(source) << 8;
		*count = (high | get(source)) + FORM_CODE_THREE_BYTES;
	}
	else if (byte == FORM_GENERAL)
		get_general(source, gap, count);
	else
	{
		*count = 0;
		source->bad = true;
	}
}

static void
get_bins(Source *source, Preface *preface, int side, AnBins *bins, const AnMemory *memory)
{
	uint64_t limit = (uint64_t) AN_QUANTILE_OCTAVES * preface->resolution;
	uint64_t n = get_varint(source);
	uint64_t index = get_varint(source);

	if (n == 0 || n > limit || index >= limit)
		source->bad = true;
	preface->lowest[side] = (uint32_t) index;
	index--;
	for (uint64_t i = 0; i < n && !source->bad; i++)
	{
		uint64_t gap;
		uint64_t count;

		get_bin(source, &gap, &count);
		index += gap;
		if (index >= limit || (i == 0 && gap != 1))
			source->bad = true;
		count = take_count(source, count, &preface->n_left);
		if (!source->bad)
			an_bins_add(bins, side, (uint32_t) index, count, memory);
	}
	preface->highest[side] = (uint32_t) index;
}

static bool
in_bin(double value, uint32_t index, uint32_t resolution)
{
	return value != 0 &&
		   index == an_quantile_index_any(an_double_bits(value) & ~AN_DOUBLE_SIGN, resolution);
}

/* Tells whether the ends are where bins and zeros say. */
static bool
ends_fit(const Preface *preface)
{
	double least = preface->least;
	double greatest = preface->greatest;
	bool least_fits;
	bool greatest_fits;

	if (preface->kinds & FORM_HAS_NEGATIVE)
		least_fits = least < 0 && in_bin(least, preface->highest[1], preface->resolution);
	else if (preface->kinds & FORM_HAS_ZERO)
		least_fits = least == 0;
	else
		least_fits = least > 0 && in_bin(least, preface->lowest[0], preface->resolution);
	if (preface->kinds & FORM_HAS_POSITIVE)
		greatest_fits = greatest > 0 && in_bin(greatest, preface->highest[0], preface->resolution);
	else if (preface->kinds & FORM_HAS_ZERO)
		greatest_fits = greatest == 0;
	else
		greatest_fits = greatest < 0 && in_bin(greatest, preface->lowest[1], preface->resolution);
	return least_fits && greatest_fits;
}

static AnStatus
merge_dense(AnQuantile *into, Source *source, const AnQuantileHeader *header,
			const AnMemory *memory)
{
	AnQuantileDense *dense;
	Preface preface;
	size_t used;

	get_preface(source, header, &preface);
	if (source->bad)
		return AN_ERR_CORRUPT;
	an_quantile_make_dense(into, memory);
	dense = into->dense;
	if (preface.kinds & FORM_HAS_NEGATIVE)
		get_bins(source, &preface, 1, &dense->bins, memory);
	if (preface.kinds & FORM_HAS_POSITIVE)
		get_bins(source, &preface, 0, &dense->bins, memory);
	if (source->bad || preface.n_left > 0 || source->at != source->end)
		return AN_ERR_CORRUPT;
	dense->n_zero += preface.n_special[0];
	dense->n_minus_inf += preface.n_special[1];
	dense->n_inf += preface.n_special[2];
	dense->n_nan += preface.n_special[3];
	into->count += header->count;
	if (preface.kinds & (FORM_HAS_NEGATIVE | FORM_HAS_POSITIVE))
	{
		if (!ends_fit(&preface))
			return AN_ERR_CORRUPT;
		an_exact_sum_merge_stored(&dense->sum, preface.sum, preface.sum_size, &used, memory);
	}
	else if (!(preface.kinds & FORM_HAS_ZERO))
		return AN_OK;
	dense->least = preface.least < dense->least ? preface.least : dense->least;
	dense->greatest = preface.greatest > dense->greatest ? preface.greatest : dense->greatest;
	return AN_OK;
}

AnStatus
an_quantile_merge_stored(AnQuantile *into, const uint8_t *bytes, size_t size,
						 const AnMemory *memory)
{
	Source source = {.at = bytes, .end = bytes + size};
	AnQuantileHeader header;

	get_header(&source, &header);
	if (source.bad)
		return AN_ERR_CORRUPT;
	if (header.resolution != into->resolution)
		return AN_ERR_ARGUMENT;
	if (header.count > INT64_MAX - into->count)
		return AN_ERR_LIMIT;
	if (header.count <= AN_QUANTILE_RAW)
		return merge_raw(into, &source, (unsigned) header.count, memory);
	return merge_dense(into, &source, &header, memory);
}

AnStatus
an_quantile_load(AnQuantile *quantile, const uint8_t *bytes, size_t size, const AnMemory *memory)
{
	AnQuantileHeader header;
	AnStatus status;

	an_quantile_init(quantile, AN_QUANTILE_RESOLUTION_DEFAULT);
	if (an_quantile_header(bytes, size, &header) != AN_OK)
		return AN_ERR_CORRUPT;
	quantile->resolution = (uint16_t) header.resolution;
	status = an_quantile_merge_stored(quantile, bytes, size, memory);
	if (status != AN_OK)
		an_quantile_free(quantile, memory);
	return status;
}
