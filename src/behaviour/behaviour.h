/*
 * behaviour.h - what the behaviour room offers to the rooms above
 *
 * Aggregates over the events of one entity: how far it went through a funnel,
 * and to what it came back.
 */
#ifndef AN_BEHAVIOUR_BEHAVIOUR_H
#define AN_BEHAVIOUR_BEHAVIOUR_H

#include "base/base.h"

#endif /* AN_BEHAVIOUR_BEHAVIOUR_H */
