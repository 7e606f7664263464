/*
 * quantile_form.h - the stored form of a quantile sketch, for the two files that write and read it
 *
 *   byte     version, 1
 *   varint   bins an octave
 *   varint   number of values, n
 *   n <= 32  the values in ascending order: a nibble each (low one first) with the number of bytes, 0 to 8,
 *            then the bytes of each: the double, highest byte first, without zero bytes at the end
 *   n > 32   byte with bits: 1 zeros, 2 -infinity, 4 infinity, 8 NaN, 16 negative numbers, 32 positive numbers;
 *            for each of the first four that is set a varint, how many;
 *            where 16 or 32 is set: least and greatest finite value (two nibbles, and bytes as above),
 *            the sum of finite values (exact_sum.h);
 *            for 16, then for 32: varint number of bins, varint index of the first, a code for each bin
 *
 * Codes of a bin (gap is the difference to the bin before, 1 for the first):
 *   0ggggccc                    gap 1..16, count 1..8
 *   10cccccc                    gap 1, count 9..72
 *   110ccccc cccccccc           gap 1, count 73..8264, higher bits first
 *   1110cccc cccccccc cccccccc  gap 1, count 8265..1056840
 *   11110000 varint varint      gap - 1, count - 1: what no other code can say
 *
 * Varints have 7 bits a byte, lowest first, in the shortest form.  Nothing can be
 * said in two ways, so the same values have the same bytes.
 */
#ifndef AN_KERNEL_QUANTILE_FORM_H
#define AN_KERNEL_QUANTILE_FORM_H

#define FORM_VERSION 1

/* Bits of the byte that says what there is. */
#define FORM_HAS_ZERO	   1
#define FORM_HAS_MINUS_INF 2
#define FORM_HAS_INF	   4
#define FORM_HAS_NAN	   8
#define FORM_HAS_NEGATIVE  16
#define FORM_HAS_POSITIVE  32

/* What the codes can say: the greatest gap and count of the first, the least count of the others. */
#define FORM_CODE_SMALL_GAP	  16
#define FORM_CODE_SMALL_COUNT 8
#define FORM_CODE_ONE_BYTE	  9
#define FORM_CODE_TWO_BYTES	  73
#define FORM_CODE_THREE_BYTES 8265
#define FORM_CODE_GENERAL	  1056841
#define FORM_GENERAL		  0xf0

#endif /* AN_KERNEL_QUANTILE_FORM_H */
