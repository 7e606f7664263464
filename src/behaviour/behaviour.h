/*
 * behaviour.h - what the behaviour room offers to the rooms above
 *
 * Aggregates over the events of one entity: how far it went through a funnel,
 * and to what it came back.
 */
#ifndef AN_BEHAVIOUR_BEHAVIOUR_H
#define AN_BEHAVIOUR_BEHAVIOUR_H

#include "base/base.h"

/*
 * an_behaviour_window returns an interval in microseconds; a day has 24 hours.
 * Raises 22023 for months, for what is not positive, and for infinity.
 */
extern int64 an_behaviour_window(const Interval *interval, const char *argument);

#endif /* AN_BEHAVIOUR_BEHAVIOUR_H */
