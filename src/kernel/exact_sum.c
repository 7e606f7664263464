/*
 * exact_sum.c - the sum of doubles without rounding
 *
 * Chunks are "settled" when all but the highest are in [0, 2^32) and the highest
 * is within +-2^53.  A value adds less than 2^53 to any chunk, so that a thousand
 * of them cannot reach 2^63.
 */
#include "kernel/exact_sum.h"

#include <math.h>

#define ROOM		  1000
#define TOP_MAX		  (INT64_C(1) << 53)
#define MANTISSA_BITS 53
#define LOWEST_EXP	  (-1074)
#define BYTES_MAX	  (4 * AN_EXACT_SUM_CHUNKS - 1)

/* Bits of AnExactSum.specials, and of the first byte of the stored form. */
#define FLAG_NAN	   1
#define FLAG_INFINITY  2
#define FLAG_MINUS_INF 4
#define FLAG_NEGATIVE  8
#define FLAG_DIGITS	   16

/* A sum as sign and magnitude. */
typedef struct Digits
{
	uint32_t limbs[AN_EXACT_SUM_CHUNKS + 1]; /* base 2^32, lowest first */
	int first;								 /* place of limbs[0] */
	int n;									 /* limbs up to the highest that is not 0; 0 for zero */
	bool negative;							 /* below zero */
} Digits;

static double round_quotient(const Digits *digits, uint64_t count);

void
an_exact_sum_init(AnExactSum *sum)
{
	memset(sum, 0, sizeof(*sum));
}

void
an_exact_sum_fixed(AnExactSum *sum, int64_t chunks[AN_EXACT_SUM_CHUNKS])
{
	memset(chunks, 0, AN_EXACT_SUM_CHUNKS * sizeof(*chunks));
	*sum = (AnExactSum){.chunks = chunks, .n = AN_EXACT_SUM_CHUNKS, .room = ROOM};
}

void
an_exact_sum_free(AnExactSum *sum, const AnMemory *memory)
{
	an_memory_give(memory, sum->chunks);
	an_exact_sum_init(sum);
}

/* Makes the window of chunks cover [lowest, highest], with one more at each end that moves. */
static void
cover(AnExactSum *sum, int lowest, int highest, const AnMemory *memory)
{
	int first = sum->first;
	int end = sum->first + sum->n;
	int64_t *chunks;

	if (sum->n == 0)
		first = end = lowest;
	else if (lowest >= first && highest < end)
		return;
	if (lowest < first || sum->n == 0)
		first = lowest > 0 ? lowest - 1 : 0;
	if (highest >= end)
		end = highest + 2 < AN_EXACT_SUM_CHUNKS ? highest + 2 : AN_EXACT_SUM_CHUNKS;
	chunks = an_memory_take(memory, (size_t) (end - first) * sizeof(*chunks));
	memset(chunks, 0, (size_t) (end - first) * sizeof(*chunks));
	if (sum->n > 0)
		memcpy(chunks + (sum->first - first), sum->chunks, sum->n * sizeof(*chunks));
	else
		sum->room = ROOM;
	an_memory_give(memory, sum->chunks);
	sum->chunks = chunks;
	sum->first = (uint8_t) first;
	sum->n = (uint8_t) (end - first);
}

/* Moves the carry out of every chunk but the highest. */
static void
carry_up(AnExactSum *sum)
{
	for (int i = 0; i + 1 < sum->n; i++)
	{
		int64_t carry = sum->chunks[i] >> 32;

		sum->chunks[i] &= INT64_C(0xffffffff);
		sum->chunks[i + 1] += carry;
	}
}

static void
settle(AnExactSum *sum, const AnMemory *memory)
{
	int64_t top;

	carry_up(sum);
	top = sum->n > 0 ? sum->chunks[sum->n - 1] : 0;
	if ((top > TOP_MAX || top < -TOP_MAX) && sum->first + sum->n < AN_EXACT_SUM_CHUNKS)
	{
		cover(sum, sum->first, sum->first + sum->n, memory);
		carry_up(sum);
	}
	sum->room = ROOM;
}

void
an_exact_sum_add_slowly(AnExactSum *sum, double value, const AnMemory *memory)
{
	uint64_t bits;
	uint64_t mantissa;
	uint32_t exponent;
	int64_t sign;
	int chunk;
	int shift;

	memcpy(&bits, &value, sizeof(bits));
	sign = (int64_t) bits < 0 ? -1 : 1;
	exponent = (bits >> 52) & 0x7ff;
	mantissa = bits & UINT64_C(0xfffffffffffff);
	if (exponent == 0x7ff)
	{
		sum->specials |= mantissa != 0 ? FLAG_NAN : sign > 0 ? FLAG_INFINITY : FLAG_MINUS_INF;
		return;
	}
	if (exponent == 0 && mantissa == 0)
		return;
	if (exponent > 0)
	{
		mantissa |= UINT64_C(1) << 52;
		exponent--; /* denormals have the exponent of the smallest normal numbers */
	}
	chunk = (int) (exponent >> 5);
	shift = (int) (exponent & 31);
	cover(sum, chunk, chunk + 1, memory);
	if (sum->room == 0)
		settle(sum, memory);
	sum->chunks[chunk - sum->first] += sign * (int64_t) (uint32_t) (mantissa << shift);
	sum->chunks[chunk - sum->first + 1] += sign * (int64_t) (mantissa >> (32 - shift));
	sum->room--;
}

void
an_exact_sum_merge(AnExactSum *into, const AnExactSum *from, const AnMemory *memory)
{
	int last = AN_EXACT_SUM_CHUNKS - 1;

	into->specials |= from->specials;
	if (from->n == 0)
		return;
	cover(into, from->first, from->first + from->n < last ? from->first + from->n : last, memory);
	if (into->room == 0)
		settle(into, memory);
	/* Halves of chunks stay below 2^33 together, however unsettled `from` is. */
	for (int i = 0; i < from->n; i++)
	{
		int64_t *target = &into->chunks[from->first + i - into->first];

		if (from->first + i == last)
			target[0] += from->chunks[i];
		else
		{
			target[0] += from->chunks[i] & INT64_C(0xffffffff);
			target[1] += from->chunks[i] >> 32;
		}
	}
	into->room--;
}

/* Turns the limbs into their negative, as two's complement. */
static void
negate(uint32_t *limbs, int n)
{
	uint64_t carry = 1;

	for (int i = 0; i < n; i++)
	{
		carry += (uint32_t) ~limbs[i];
		limbs[i] = (uint32_t) carry;
		carry >>= 32;
	}
}

static void
make_digits(const AnExactSum *sum, Digits *digits)
{
	int64_t carry = 0;
	int n = sum->n;

	digits->first = sum->first;
	for (int i = 0; i < n; i++)
	{
		int64_t chunk = sum->chunks[i] + carry;

		digits->limbs[i] = (uint32_t) chunk;
		carry = chunk >> 32;
	}
	digits->limbs[n++] = (uint32_t) carry;
	digits->negative = carry < 0;
	if (digits->negative)
		negate(digits->limbs, n);
	while (n > 0 && digits->limbs[n - 1] == 0)
		n--;
	digits->n = n;
}

double
an_exact_sum_value(const AnExactSum *sum)
{
	return an_exact_sum_mean(sum, 1);
}

double
an_exact_sum_mean(const AnExactSum *sum, uint64_t count)
{
	Digits digits;
	double mean;

	if (sum->specials & FLAG_NAN ||
		(sum->specials & FLAG_INFINITY && sum->specials & FLAG_MINUS_INF))
		return NAN;
	if (sum->specials)
		return sum->specials & FLAG_INFINITY ? INFINITY : -INFINITY;
	make_digits(sum, &digits);
	if (digits.n == 0)
		return 0;
	mean = round_quotient(&digits, count);
	return digits.negative ? -mean : mean;
}

/* Tells the bit of a magnitude that weighs 2^(place - 1074); those below the window are 0. */
static unsigned
bit_at(const Digits *digits, int place)
{
	int i = place - 32 * digits->first;

	return i < 0 ? 0 : digits->limbs[i >> 5] >> (i & 31) & 1;
}

static bool
any_bit_below(const Digits *digits, int place)
{
	for (int i = 0; i < digits->n && 32 * (digits->first + i) < place; i++)
	{
		int width = place - 32 * (digits->first + i);
		uint32_t mask = width >= 32 ? UINT32_MAX : (UINT32_C(1) << width) - 1;

		if (digits->limbs[i] & mask)
			return true;
	}
	return false;
}

/*
 * Returns the double nearest to magnitude / count: long division bit by bit until
 * the quotient has 53 bits, or ends at the weight of the smallest double.
 */
static double
round_quotient(const Digits *digits, uint64_t count)
{
	int place = 32 * (digits->first + digits->n);
	uint64_t quotient = 0;
	uint64_t remainder = 0;
	bool half;
	bool more;

	while (place > 0 && quotient < UINT64_C(1) << (MANTISSA_BITS - 1))
	{
		place--;
		remainder = remainder << 1 | bit_at(digits, place);
		quotient <<= 1;
		if (remainder >= count)
		{
			remainder -= count;
			quotient |= 1;
		}
	}
	/* The next bit decides, and where it is 1 all that is left. */
	remainder = remainder << 1 | bit_at(digits, place - 1);
	half = remainder >= count;
	more = remainder != (half ? count : 0) || any_bit_below(digits, place - 1);
	if (half && (more || quotient & 1))
		quotient++;
	return ldexp((double) quotient, place + LOWEST_EXP);
}

static size_t
put_varint(uint8_t *bytes, unsigned value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[n++] = (uint8_t) (value | 0x80);
	bytes[n++] = (uint8_t) value;
	return n;
}

size_t
an_exact_sum_store(const AnExactSum *sum, uint8_t *bytes)
{
	Digits digits;
	uint8_t flags = sum->specials;
	int low = 0;
	int high;
	size_t used = 1;

	make_digits(sum, &digits);
	if (digits.n > 0)
		flags |= FLAG_DIGITS | (digits.negative ? FLAG_NEGATIVE : 0);
	bytes[0] = flags;
	if (digits.n == 0)
		return used;
#define BYTE(i) ((uint8_t) (digits.limbs[(i) / 4] >> (8 * ((i) % 4))))
	while (BYTE(low) == 0)
		low++;
	high = 4 * digits.n;
	while (BYTE(high - 1) == 0)
		high--;
	used += put_varint(bytes + used, (unsigned) (4 * digits.first + low));
	used += put_varint(bytes + used, (unsigned) (high - low));
	for (int i = low; i < high; i++)
		bytes[used++] = BYTE(i);
#undef BYTE
	return used;
}

/* Reads a varint below 2^14 in its shortest form; 0 for anything else, which is no number of bytes. */
static size_t
get_varint(const uint8_t *bytes, size_t size, unsigned *value)
{
	if (size >= 1 && bytes[0] < 0x80)
	{
		*value = bytes[0];
		return 1;
	}
	if (size < 2 || bytes[1] == 0 || bytes[1] >= 0x80)
		return 0;
	*value = (bytes[0] & 0x7f) | (unsigned) bytes[1] << 7;
	return 2;
}

/* Adds a magnitude of n bytes to a sum of nothing over the whole range, and narrows its window to them. */
static void
take_digits(AnExactSum *sum, const uint8_t *bytes, unsigned place, unsigned n, bool negative)
{
	for (unsigned i = place; i < place + n; i++)
	{
		int64_t part = (int64_t) bytes[i - place] << (8 * (i % 4));

		sum->chunks[i / 4] += negative ? -part : part;
	}
	sum->chunks += place / 4;
	sum->first = (uint8_t) (place / 4);
	sum->n = (uint8_t) ((place + n - 1) / 4 - place / 4 + 1);
}

AnStatus
an_exact_sum_merge_stored(AnExactSum *into, const uint8_t *bytes, size_t size, size_t *used,
						  const AnMemory *memory)
{
	int64_t chunks[AN_EXACT_SUM_CHUNKS];
	AnExactSum sum;
	uint8_t flags;
	unsigned place;
	unsigned n;
	size_t at = 1;
	size_t step;

	if (size < 1 || bytes[0] > 31 || (bytes[0] & FLAG_NEGATIVE && !(bytes[0] & FLAG_DIGITS)))
		return AN_ERR_CORRUPT;
	flags = bytes[0];
	an_exact_sum_fixed(&sum, chunks);
	if (flags & FLAG_DIGITS)
	{
		step = get_varint(bytes + at, size - at, &place);
		at += step;
		if (step == 0 || (step = get_varint(bytes + at, size - at, &n)) == 0)
			return AN_ERR_CORRUPT;
		at += step;
		if (n < 1 || n > size - at || place + n > BYTES_MAX || bytes[at] == 0 ||
			bytes[at + n - 1] == 0)
			return AN_ERR_CORRUPT;
		take_digits(&sum, bytes + at, place, n, flags & FLAG_NEGATIVE);
		at += n;
	}
	else
		sum.n = 0;
	sum.specials = flags & (FLAG_NAN | FLAG_INFINITY | FLAG_MINUS_INF);
	an_exact_sum_merge(into, &sum, memory);
	*used = at;
	return AN_OK;
}
