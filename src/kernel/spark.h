/*
 * spark.h - numbers as pictures of one line of text: a trend, a bar
 *
 *     an_spark  ▁▂▄▆█▅ ▂    one character a value
 *     an_bar    ██████▍     as long as the value, to an eighth of a character
 *
 * Block characters are UTF-8 (U+2581 to U+258F, U+2588); the ASCII signs are for
 * who cannot show them.  Nothing is terminated; no memory is kept.
 */
#ifndef AN_KERNEL_SPARK_H
#define AN_KERNEL_SPARK_H

#include <stddef.h>

/* What pictures are made of. */
typedef enum AnSigns
{
	AN_SIGNS_BLOCKS, /* block elements of Unicode, in UTF-8 */
	AN_SIGNS_ASCII,	 /* _.-~=+*# and the like */
} AnSigns;

#define AN_SIGN_BYTES 3	   /* most bytes of one character of a picture */
#define AN_BAR_MAX	  1000 /* characters of the longest bar */

/*
 * an_share_of_range returns where `value` lies between `low` and `high`: 0 for low
 * and below, 1 for high and above.  Infinities are below and above all; differences
 * that no double holds are no problem.  Where high <= low, all below or at low is 0,
 * the rest 1.  The bounds are finite, the value is not NaN.
 */
extern double an_share_of_range(double value, double low, double high);

/*
 * an_spark draws n values at `out`, which has room for n * AN_SIGN_BYTES, and
 * returns the bytes written.  NaN is a blank.  `low` and `high` are the values of
 * the lowest and the highest character, finite; NaN for the least and the greatest finite
 * value.  Where all values are equal and neither is given, the line runs in the middle.
 */
extern size_t
an_spark(const double *values, size_t n, double low, double high, AnSigns signs, char *out);

/*
 * an_bar draws a bar of value / max * width characters at `out`, which has room for
 * width * AN_SIGN_BYTES, and returns the bytes written.  It is rounded to the next eighth (ASCII:
 * half); more than nothing is at least one, less than max is not full.  Nothing for value <= 0; above max
 * the last of `width` characters is an arrow.  0 < width <= AN_BAR_MAX; neither number is NaN.
 */
extern size_t an_bar(double value, double max, int width, AnSigns signs, char *out);

/* an_sign_put writes a character of a picture, given as a string, at `to` and returns the place behind. */
extern char *an_sign_put(char *to, const char *sign);

#endif /* AN_KERNEL_SPARK_H */
