/*
 * calendar_smooth.h - the mean of the last n values, with constant work per value
 *
 * A queue made of two stacks ("two-stack sliding window aggregation"): values
 * come in at the back with a running sum; when the front is empty, the back is
 * turned into the front with sums from each value to its end.  Nothing is ever
 * subtracted, so a large value, an infinity or NaN leaves no trace in the means
 * after it has left the window.
 */
#ifndef AN_KERNEL_CALENDAR_SMOOTH_H
#define AN_KERNEL_CALENDAR_SMOOTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/status.h"

/* A value of the window, or in the front a sum over values. */
typedef struct AnSmoothItem
{
	double sum;	   /* the value; front: this and all later values of the front */
	int64_t count; /* how many values that are not NULL it stands for */
} AnSmoothItem;

/* The window; zeroed but for n to begin with.  The caller owns and grows front and back. */
typedef struct AnSmooth
{
	size_t n;			 /* rows in a full window, from 1 */
	size_t n_front;		 /* items of the front; the last of them leaves next */
	size_t n_back;		 /* items of the back, in order of coming */
	AnSmoothItem total;	 /* sum and count of the back */
	AnSmoothItem *front; /* room for an_smooth_need(window) items */
	AnSmoothItem *back;	 /* the same */
} AnSmooth;

/* an_smooth_need returns for how many items front and back must have room at the next push; at most n. */
extern size_t an_smooth_need(const AnSmooth *window);

/*
 * an_smooth_push takes in a row, lets go of the oldest where n are in already,
 * and gives the mean of the values; false where there is none.
 */
extern bool an_smooth_push(AnSmooth *window, double value, bool isnull, double *mean);

#endif /* AN_KERNEL_CALENDAR_SMOOTH_H */
