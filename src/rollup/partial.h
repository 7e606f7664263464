/*
 * partial.h - partial states: what is kept of events so that any union of cells gives a metric
 *
 * A metric is computed of one or two partial states, of which there are few kinds.  Each has
 * an aggregate over events that makes it, an aggregate that unites states, and an expression that
 * unites two.  Two metrics whose states are the same share the column.
 */
#ifndef AN_ROLLUP_PARTIAL_H
#define AN_ROLLUP_PARTIAL_H

#include "metric/metric.h"

typedef enum AnPartialKind
{
	AN_PARTIAL_COUNT,	  /* bigint: events, or values that are not NULL */
	AN_PARTIAL_SUM,		  /* sum of integers or numeric: exact by themselves */
	AN_PARTIAL_FLOAT_SUM, /* exact_sum: sum and count of floats, in whatever order */
	AN_PARTIAL_MIN,		  /* least value */
	AN_PARTIAL_MAX,		  /* greatest value */
	AN_PARTIAL_HLL,		  /* sketch of different values */
	AN_PARTIAL_DISTINCT,  /* the different values */
	AN_PARTIAL_QUANTILE,  /* sketch of numbers, for every fraction */
} AnPartialKind;

#define AN_N_PARTIALS (AN_PARTIAL_QUANTILE + 1)

/* Most partial states that one metric is computed of. */
#define AN_PARTIALS_OF_METRIC 2

/* One partial state over a source. */
typedef struct AnPartial
{
	AnPartialKind kind; /* what is kept */
	char *expression;	/* canonical expression of the values; NULL for a count of events */
	char *filter;		/* canonical condition on the events, or NULL */
} AnPartial;

/* an_partial_name returns the name of a kind in the catalog: "count", "sum" ... */
extern const char *an_partial_name(AnPartialKind kind);

/* an_partial_parse is the way back; raises XX001 for a name that is none. */
extern AnPartialKind an_partial_parse(const char *name);

/* an_partial_equal tells whether two states hold the same. */
extern bool an_partial_equal(const AnPartial *a, const AnPartial *b);

/* an_partial_events returns the state that counts the events with a filter, or all for NULL. */
extern AnPartial an_partial_events(const char *filter);

/* an_metric_partials puts the states that a base metric is computed of, and returns how many. */
extern int an_metric_partials(const AnMetric *metric, AnPartial partials[AN_PARTIALS_OF_METRIC]);

/*
 * an_partial_aggregate returns SQL that makes a state of events: an aggregate over the source's columns,
 * with the filter.  `whole` leaves the filter out, where the statement's WHERE has it.
 */
extern char *an_partial_aggregate(const AnPartial *partial, bool whole);

/* an_partial_union returns SQL of the aggregate that unites states: over `column`, of the state's own type. */
extern char *an_partial_union(AnPartialKind kind, const char *column);

/* an_partial_merge returns SQL that unites two states, either of which may be NULL. */
extern char *an_partial_merge(AnPartialKind kind, const char *a, const char *b);

/*
 * an_metric_of_partials returns SQL of a metric's value, float8, from its united states: `states` are
 * SQL of them, in the order of an_metric_partials.  Parameters go to `query`.
 */
extern char *an_metric_of_partials(AnQuery *query, const AnMetric *metric,
								   char *const states[AN_PARTIALS_OF_METRIC]);

#endif /* AN_ROLLUP_PARTIAL_H */
