/*
 * plan.h - what the two planner files share; private to the room
 *
 * plan.c finds time_bin in queries and turns comparisons into ranges;
 * estimate.c counts bins.
 */
#ifndef AN_CALENDAR_PLAN_H
#define AN_CALENDAR_PLAN_H

#include "postgres.h"
#include "nodes/pathnodes.h"
#include "nodes/primnodes.h"

/* an_plan_is_time_bin tells whether a node is a call of time_bin in any of its forms. */
extern bool an_plan_is_time_bin(Node *node);

/* an_plan_column returns the column of table `relid` that a time_bin call bins, NULL for another argument. */
extern Var *an_plan_column(FuncExpr *bin, Index relid);

/* an_plan_fixed_arguments tells whether all arguments but the time have one value for a whole scan. */
extern bool an_plan_fixed_arguments(FuncExpr *bin);

/* an_plan_value_us gives a date or timestamp in microseconds; false for another type or an infinite value. */
extern bool an_plan_value_us(Oid type, Datum value, double *us);

/* an_estimate_init installs the hook that answers with statistics of bins; called once. */
extern void an_estimate_init(void);

/* an_estimate_add offers statistics of the time_bin calls that a query makes over a table's columns. */
extern void an_estimate_add(PlannerInfo *root, Oid relation, RelOptInfo *rel);

#endif /* AN_CALENDAR_PLAN_H */
