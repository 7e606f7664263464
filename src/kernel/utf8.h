/*
 * utf8.h - code points out of bytes that may be anything, and how wide they show
 */
#ifndef AN_KERNEL_UTF8_H
#define AN_KERNEL_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define AN_UTF8_REPLACEMENT 0xFFFDu

/*
 * an_utf8_next decodes the code point at `bytes`, of which `length` > 0 remain,
 * and sets how many bytes it took.  Overlong forms, surrogates, values above
 * U+10FFFF, stray and missing continuation bytes give U+FFFD and take one byte.
 */
extern uint32_t an_utf8_next(const unsigned char *bytes, size_t length, size_t *taken);

/* an_utf8_put writes a code point (1 to 4 bytes) at `to` and returns the place behind. */
extern char *an_utf8_put(char *to, uint32_t code);

/*
 * an_utf8_width counts the columns that a text takes in a fixed-width font: two
 * for East Asian wide and full-width characters and emoji, none for combining
 * and control characters, else one.  Of a text of several lines, the widest
 * counts.  Source: Unicode 15 EastAsianWidth.txt (W, F), DerivedGeneralCategory.txt
 * (Mn, Me, Cf), joined to ranges.
 */
extern uint32_t an_utf8_width(const char *bytes, size_t length);

#endif /* AN_KERNEL_UTF8_H */
