/*
 * sketch.h - what the sketch room offers to the rooms above
 *
 * hll (different values, approximately), quantile (percentiles with a relative
 * error), topk (heavy hitters) and count_distinct (different values, exactly).
 */
#ifndef AN_SKETCH_SKETCH_H
#define AN_SKETCH_SKETCH_H

#include "base/base.h"

#endif /* AN_SKETCH_SKETCH_H */
