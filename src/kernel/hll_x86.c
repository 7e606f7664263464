/*
 * hll_x86.c - registers by AVX2 and AVX-512
 *
 * A merge needs the low bits that the smaller value leaves in the larger one, which
 * follow from d = (larger | 3) - smaller: 0..3 where the ranks are equal (then the low
 * bits of the smaller one are 3 - d), 4..7 and 8..11 where they are one or two apart
 * (its low bits are 7 - d, 11 - d).  One shuffle of bytes looks that up.
 *
 * AVX-512 counts codes by the planes of their bits: how many have all the bits of a set is
 * a count of ones, and how many have just those follows by subtraction.  AVX2 looks up a
 * one for each code in tables, and adds.
 */
#include "kernel/hll_ways.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define WITH_AVX2 __attribute__((target("avx2,popcnt")))
#define WITH_AVX512                                                                                \
	__attribute__((                                                                                \
		target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,avx512vpopcntdq,popcnt")))

/* By d: equal ranks, one apart, two apart, further. */
#define LOW_BITS 3, 2, 1, 0, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0

/* Added to d with saturation: what is 16 or more gets the high bit, for which a shuffle gives 0. */
#define SHUFFLE_BIAS 0x70

static const uint8_t low_bits[16] = {LOW_BITS};

/*
 * AVX2
 */

WITH_AVX2 static inline __m256i
merge_32(__m256i a, __m256i b, __m256i table, __m256i keep)
{
	__m256i high = _mm256_max_epu8(a, b);
	__m256i low = _mm256_min_epu8(a, b);
	__m256i d = _mm256_sub_epi8(_mm256_or_si256(high, _mm256_set1_epi8(3)), low);
	__m256i bits = _mm256_shuffle_epi8(table, _mm256_adds_epu8(d, _mm256_set1_epi8(SHUFFLE_BIAS)));
	__m256i none = _mm256_cmpeq_epi8(low, _mm256_setzero_si256());

	return _mm256_and_si256(_mm256_or_si256(high, _mm256_andnot_si256(none, bits)), keep);
}

WITH_AVX2 static inline __m256i
load_table(const uint8_t table[16])
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *) table));
}

WITH_AVX2 static inline void
merge_into_32(uint8_t *into, __m256i values, __m256i table, __m256i keep)
{
	__m256i old = _mm256_loadu_si256((const __m256i *) into);

	_mm256_storeu_si256((__m256i *) into, merge_32(old, values, table, keep));
}

WITH_AVX2 static void
merge_avx2(uint8_t *into, const uint8_t *from, size_t n, uint8_t keep)
{
	__m256i table = load_table(low_bits);
	__m256i kept = _mm256_set1_epi8((char) keep);
	size_t i;

	for (i = 0; i + 32 <= n; i += 32)
		merge_into_32(into + i, _mm256_loadu_si256((const __m256i *) (from + i)), table, kept);
	if (i < n)
	{
		__m128i a = _mm_loadu_si128((const __m128i *) (into + i));
		__m128i b = _mm_loadu_si128((const __m128i *) (from + i));
		__m256i merged =
			merge_32(_mm256_castsi128_si256(a), _mm256_castsi128_si256(b), table, kept);

		_mm_storeu_si128((__m128i *) (into + i), _mm256_castsi256_si128(merged));
	}
}

/* By 8 bits: where each byte of the result comes from, so that those with a bit get the next one each. */
static uint8_t spread[256][8];

static void
make_spread(void)
{
	for (int bits = 0; bits < 256; bits++)
	{
		uint8_t next = 0;

		for (int i = 0; i < 8; i++)
			spread[bits][i] = (bits >> i & 1) != 0 ? next++ : 0x80;
	}
}

/* Escapes on their way into registers. */
typedef struct Escapes
{
	const uint8_t *next; /* the next one; at least READ_AHEAD bytes may be read */
	const uint8_t *end;	 /* from here on there are too few */
	uint8_t last[128];	 /* the last ones, with room behind them */
} Escapes;

#define READ_AHEAD 64

static void
start_escapes(Escapes *escapes, const AnHllNibbles *from)
{
	escapes->next = from->escapes;
	escapes->end = from->escapes + from->n_escapes;
}

/* Moves to the copy with room behind it where the next 64 may not be there.  For each block of 64. */
static inline void
prepare_escapes(Escapes *escapes)
{
	ptrdiff_t left = escapes->end - escapes->next;

	if (left >= READ_AHEAD || escapes->end == escapes->last)
		return;
	memset(escapes->last, 0, sizeof(escapes->last));
	if (left > 0)
		memcpy(escapes->last, escapes->next, (size_t) left);
	escapes->next = escapes->last;
	escapes->end = escapes->last;
}

/* Returns the next escapes in the places of 8 bits that are set. */
WITH_AVX2 static inline __m128i
spread_8(Escapes *escapes, uint32_t bits)
{
	__m128i next = _mm_loadl_epi64((const __m128i *) escapes->next);
	__m128i order = _mm_loadl_epi64((const __m128i *) spread[bits & 255]);

	escapes->next += __builtin_popcount(bits & 255);
	return _mm_shuffle_epi8(next, order);
}

/* Returns the values of 32 codes. */
WITH_AVX2 static inline __m256i
decode_32(__m256i codes, __m256i codebook, Escapes *escapes)
{
	__m256i escaped = _mm256_cmpeq_epi8(codes, _mm256_set1_epi8(AN_HLL_ESCAPE));
	__m256i values = _mm256_shuffle_epi8(codebook, codes);
	uint32_t bits = (uint32_t) _mm256_movemask_epi8(escaped);
	__m128i first, second, third, fourth;

	first = spread_8(escapes, bits);
	second = spread_8(escapes, bits >> 8);
	third = spread_8(escapes, bits >> 16);
	fourth = spread_8(escapes, bits >> 24);
	first = _mm_unpacklo_epi64(first, second);
	third = _mm_unpacklo_epi64(third, fourth);
	return _mm256_blendv_epi8(values, _mm256_set_m128i(third, first), escaped);
}

WITH_AVX2 static void
merge_nibbles_avx2(uint8_t *into, const AnHllNibbles *from, uint8_t keep)
{
	__m256i table = load_table(low_bits);
	__m256i codebook = load_table(from->codebook);
	__m256i kept = _mm256_set1_epi8((char) keep);
	__m256i mask = _mm256_set1_epi8(15);
	Escapes escapes;

	start_escapes(&escapes, from);
	for (size_t i = 0; i < from->n; i += 64)
	{
		__m256i both = _mm256_loadu_si256((const __m256i *) (from->nibbles + i / 2));
		__m256i low = _mm256_and_si256(both, mask);
		__m256i high = _mm256_and_si256(_mm256_srli_epi16(both, 4), mask);

		prepare_escapes(&escapes);
		merge_into_32(into + i, decode_32(low, codebook, &escapes), table, kept);
		merge_into_32(into + i + 32, decode_32(high, codebook, &escapes), table, kept);
	}
}

/* 16 bytes of these, from 14 - 2t on, are a table that gives 1 for code 2t, 16 for the next one, 0 for others. */
static const uint8_t ones[30] = {[14] = 1, [15] = 16};

/* Nibbles of a byte that count up to 14. */
#define ROUND (7 * 32)

/* Adds up the low and the high nibbles of 32 bytes. */
WITH_AVX2 static inline void
sum_nibbles(__m256i bytes, __m256i sums[2])
{
	__m256i mask = _mm256_set1_epi8(15);
	__m256i low = _mm256_and_si256(bytes, mask);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask);

	sums[0] = _mm256_add_epi64(sums[0], _mm256_sad_epu8(low, _mm256_setzero_si256()));
	sums[1] = _mm256_add_epi64(sums[1], _mm256_sad_epu8(high, _mm256_setzero_si256()));
}

/* Counts 8 of the codes, from `first` on: two by each table, in the nibbles of a byte. */
WITH_AVX2 static void
count_8_codes(const uint8_t *nibbles, size_t n, int first, uint32_t counts[8])
{
	__m256i t0 = load_table(ones + 14 - first), t1 = load_table(ones + 12 - first);
	__m256i t2 = load_table(ones + 10 - first), t3 = load_table(ones + 8 - first);
	__m256i mask = _mm256_set1_epi8(15);
	__m256i sums[8] = {_mm256_setzero_si256()};

	for (size_t from = 0; from < n; from += ROUND)
	{
		size_t to = n - from < ROUND ? n : from + ROUND;
		__m256i c0 = _mm256_setzero_si256(), c1 = c0, c2 = c0, c3 = c0;

		for (size_t i = from; i < to; i += 32)
		{
			__m256i both = _mm256_loadu_si256((const __m256i *) (nibbles + i));
			__m256i low = _mm256_and_si256(both, mask);
			__m256i high = _mm256_and_si256(_mm256_srli_epi16(both, 4), mask);

			c0 = _mm256_add_epi8(c0, _mm256_shuffle_epi8(t0, low));
			c1 = _mm256_add_epi8(c1, _mm256_shuffle_epi8(t1, low));
			c2 = _mm256_add_epi8(c2, _mm256_shuffle_epi8(t2, low));
			c3 = _mm256_add_epi8(c3, _mm256_shuffle_epi8(t3, low));
			c0 = _mm256_add_epi8(c0, _mm256_shuffle_epi8(t0, high));
			c1 = _mm256_add_epi8(c1, _mm256_shuffle_epi8(t1, high));
			c2 = _mm256_add_epi8(c2, _mm256_shuffle_epi8(t2, high));
			c3 = _mm256_add_epi8(c3, _mm256_shuffle_epi8(t3, high));
		}
		sum_nibbles(c0, sums), sum_nibbles(c1, sums + 2);
		sum_nibbles(c2, sums + 4), sum_nibbles(c3, sums + 6);
	}
	for (int code = 0; code < 8; code++)
	{
		uint64_t lanes[4];

		_mm256_storeu_si256((__m256i *) lanes, sums[code]);
		counts[code] = (uint32_t) (lanes[0] + lanes[1] + lanes[2] + lanes[3]);
	}
}

WITH_AVX2 static void
count_codes_avx2(const uint8_t *nibbles, size_t n, uint32_t counts[16])
{
	count_8_codes(nibbles, n, 0, counts);
	count_8_codes(nibbles, n, 8, counts + 8);
}

const AnHllMethods *
an_hll_avx2(void)
{
	static const AnHllMethods methods = {merge_avx2, merge_nibbles_avx2, count_codes_avx2};

	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("popcnt"))
		return NULL;
	make_spread();
	return &methods;
}

/*
 * AVX-512
 */

WITH_AVX512 static inline __m512i
merge_64(__m512i a, __m512i b, __m512i table, __m512i keep)
{
	__m512i high = _mm512_max_epu8(a, b);
	__m512i low = _mm512_min_epu8(a, b);
	__m512i d = _mm512_sub_epi8(_mm512_or_si512(high, _mm512_set1_epi8(3)), low);
	__m512i bits = _mm512_maskz_shuffle_epi8(_mm512_test_epi8_mask(low, low), table,
											 _mm512_adds_epu8(d, _mm512_set1_epi8(SHUFFLE_BIAS)));

	/* (high or bits) and keep, in one */
	return _mm512_ternarylogic_epi64(high, bits, keep, 0xa8);
}

WITH_AVX512 static inline __m512i
load_table_512(const uint8_t table[16])
{
	return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *) table));
}

WITH_AVX512 static void
merge_avx512(uint8_t *into, const uint8_t *from, size_t n, uint8_t keep)
{
	__m512i table = load_table_512(low_bits);
	__m512i kept = _mm512_set1_epi8((char) keep);

	for (size_t i = 0; i < n; i += 64)
	{
		__mmask64 there = n - i >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << (n - i)) - 1;
		__m512i a = _mm512_maskz_loadu_epi8(there, into + i);
		__m512i b = _mm512_maskz_loadu_epi8(there, from + i);

		_mm512_mask_storeu_epi8(into + i, there, merge_64(a, b, table, kept));
	}
}

WITH_AVX512 static void
merge_nibbles_avx512(uint8_t *into, const AnHllNibbles *from, uint8_t keep)
{
	__m512i table = load_table_512(low_bits);
	__m512i codebook = load_table_512(from->codebook);
	__m512i kept = _mm512_set1_epi8((char) keep);
	/* The lower half of a vector gets the low nibbles, the upper one the high ones. */
	__m512i shifts = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(4), 1);
	Escapes escapes;

	start_escapes(&escapes, from);
	for (size_t i = 0; i < from->n; i += 64)
	{
		__m256i half = _mm256_loadu_si256((const __m256i *) (from->nibbles + i / 2));
		__m512i both = _mm512_srlv_epi16(_mm512_broadcast_i64x4(half), shifts);
		__m512i codes = _mm512_and_si512(both, _mm512_set1_epi8(15));
		__mmask64 escaped = _mm512_cmpeq_epi8_mask(codes, _mm512_set1_epi8(AN_HLL_ESCAPE));
		__m512i values = _mm512_shuffle_epi8(codebook, codes);
		__m512i old = _mm512_loadu_si512(into + i);

		prepare_escapes(&escapes);
		values = _mm512_mask_expand_epi8(values, escaped, _mm512_loadu_si512(escapes.next));
		escapes.next += __builtin_popcountll(escaped);
		_mm512_storeu_si512(into + i, merge_64(old, values, table, kept));
	}
}

/*
 * Makes counts of codes from counts of sets: super[s] is how many codes have all
 * the bits of s, for s other than 0.
 */
static void
count_from_sets(const uint64_t super[16], size_t n_codes, uint32_t counts[16])
{
	counts[0] = (uint32_t) n_codes;
	for (int set = 1; set < 16; set++)
		counts[set] = (uint32_t) super[set];
	for (int bit = 1; bit < 16; bit *= 2)
	{
		for (int set = 0; set < 16; set++)
		{
			if ((set & bit) == 0)
				counts[set] -= counts[set | bit];
		}
	}
}

/* Adds the ones of 512 bits by 64. */
WITH_AVX512 static inline __m512i
add_ones(__m512i sum, __m512i bits)
{
	return _mm512_add_epi64(sum, _mm512_popcnt_epi64(bits));
}

/* Adds to super[s] how many of 512 codes have all the bits of s; planes[b] has bit b of each. */
WITH_AVX512 static inline void
count_sets_512(const uint64_t planes[4][8], __m512i super[16])
{
	__m512i p0 = _mm512_loadu_si512(planes[0]), p1 = _mm512_loadu_si512(planes[1]);
	__m512i p2 = _mm512_loadu_si512(planes[2]), p3 = _mm512_loadu_si512(planes[3]);
	__m512i p01 = _mm512_and_si512(p0, p1), p23 = _mm512_and_si512(p2, p3);

	super[1] = add_ones(super[1], p0);
	super[2] = add_ones(super[2], p1);
	super[3] = add_ones(super[3], p01);
	super[4] = add_ones(super[4], p2);
	super[5] = add_ones(super[5], _mm512_and_si512(p0, p2));
	super[6] = add_ones(super[6], _mm512_and_si512(p1, p2));
	super[7] = add_ones(super[7], _mm512_and_si512(p01, p2));
	super[8] = add_ones(super[8], p3);
	super[9] = add_ones(super[9], _mm512_and_si512(p0, p3));
	super[10] = add_ones(super[10], _mm512_and_si512(p1, p3));
	super[11] = add_ones(super[11], _mm512_and_si512(p01, p3));
	super[12] = add_ones(super[12], p23);
	super[13] = add_ones(super[13], _mm512_and_si512(p0, p23));
	super[14] = add_ones(super[14], _mm512_and_si512(p1, p23));
	super[15] = add_ones(super[15], _mm512_and_si512(p01, p23));
}

WITH_AVX512 static void
count_codes_avx512(const uint8_t *nibbles, size_t n, uint32_t counts[16])
{
	__m512i super[16];
	uint64_t sums[16];
	uint64_t planes[8][8];

	for (int set = 0; set < 16; set++)
		super[set] = _mm512_setzero_si512();
	for (size_t i = 0; i < n; i += 512)
	{
		for (size_t j = 0; j < 8; j++)
		{
			__m512i bytes = _mm512_loadu_si512(nibbles + i + 64 * j);

			for (int bit = 0; bit < 8; bit++)
				planes[bit][j] = _mm512_test_epi8_mask(bytes, _mm512_set1_epi8((char) (1 << bit)));
		}
		count_sets_512(planes, super);
		count_sets_512(planes + 4, super);
	}
	for (int set = 1; set < 16; set++)
		sums[set] = (uint64_t) _mm512_reduce_add_epi64(super[set]);
	count_from_sets(sums, 2 * n, counts);
}

const AnHllMethods *
an_hll_avx512(void)
{
	static const AnHllMethods methods = {merge_avx512, merge_nibbles_avx512, count_codes_avx512};

	if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
		!__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512vbmi") ||
		!__builtin_cpu_supports("avx512vbmi2") || !__builtin_cpu_supports("avx512vpopcntdq") ||
		!__builtin_cpu_supports("popcnt"))
		return NULL;
	return &methods;
}

#else

const AnHllMethods *
an_hll_avx2(void)
{
	return NULL;
}

const AnHllMethods *
an_hll_avx512(void)
{
	return NULL;
}

#endif
