/*
 * fill.h - fills the gaps of one series
 *
 * A series is n buckets with their times, in ascending order (equidistant or
 * not: days of 23 and 25 hours), a value each, and whether there is none.
 * Nothing is allocated; the work is linear in n.
 */
#ifndef AN_KERNEL_FILL_H
#define AN_KERNEL_FILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum AnFill
{
	AN_FILL_NONE,	/* as it is; the caller leaves out buckets without a value */
	AN_FILL_ZERO,	/* 0 */
	AN_FILL_NULL,	/* as it is; the caller shows the bucket with NULL */
	AN_FILL_LOCF,	/* the last value before, if any */
	AN_FILL_LINEAR, /* on the line, by time, between the values around, if both are there */
} AnFill;

/*
 * an_fill_parse sets `fill` to the mode of that name: none, zero, null, locf, linear, in lower case.
 * Returns false, and leaves `fill`, where there is no such mode.
 */
extern bool an_fill_parse(const char *name, AnFill *fill);

/*
 * an_fill_series fills values[i] and clears nulls[i] where nulls[i] is set and the mode has a value.
 * Where nulls[i] stays, values[i] is left alone.  at[] is in any unit and may use all of int64.
 *
 * Linear: each point is computed from its two known neighbours alone, so nothing drifts; it lies
 * between them, is monotone in time, and takes their value at their time.  Values near DBL_MAX do not
 * overflow.  Where a neighbour is NaN or infinite there is no line, and the gap stays; so do points
 * that lie outside of their neighbours in time because at[] is not ascending.
 */
extern void an_fill_series(AnFill fill, size_t n, const int64_t *at, double *values, bool *nulls);

#endif /* AN_KERNEL_FILL_H */
