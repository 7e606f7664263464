/*
 * terminal.h - what the pictures made of characters share: their arguments
 *
 *     spark, bar   terminal.c
 *     heatmap      heatmap.c
 */
#ifndef AN_EXPORT_TERMINAL_H
#define AN_EXPORT_TERMINAL_H

#include "base/base.h"

#include "kernel/spark.h"

/*
 * an_terminal_signs reads argument `i`, style: NULL for blocks where the database's
 * encoding has them (UTF8), else ASCII.  22023 for blocks where it has none.
 */
extern AnSigns an_terminal_signs(FunctionCallInfo fcinfo, int i);

/* an_terminal_bound reads an end of a scale: NaN for NULL, 22023 for what is not finite. */
extern double an_terminal_bound(FunctionCallInfo fcinfo, int i, const char *argument);

/* an_terminal_check_bounds raises 22023 where both are given and low is not below high. */
extern void an_terminal_check_bounds(double low, double high);

#endif /* AN_EXPORT_TERMINAL_H */
