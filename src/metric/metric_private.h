/*
 * metric_private.h - a metric's row in the catalog; for the files of this room only
 */
#ifndef AN_METRIC_METRIC_PRIVATE_H
#define AN_METRIC_METRIC_PRIVATE_H

#include "metric/metric.h"

/* A definition as the catalog holds it; NULL where it has none. */
typedef struct AnMetricRow
{
	char *name;					 /* the metric */
	char *source;				 /* its source */
	char *kind;					 /* name of its kind */
	char *expression;			 /* canonical expression */
	bool has_fraction;			 /* whether there is a fraction */
	double fraction;			 /* which percentile */
	char *filter;				 /* canonical condition */
	char *formula;				 /* formula as written */
	List *dimensions;			 /* char *: names */
	List *dimension_expressions; /* char *: canonical expressions, in the same order */
} AnMetricRow;

/* Names of the kinds, by AnMetricKind; and their number. */
extern const char *const an_metric_kind_names[AN_METRIC_FORMULA + 1];

/* an_metric_kind_parse returns the kind of that name; raises 22023 with the nearest for another. */
extern AnMetricKind an_metric_kind_parse(const char *name);

/* an_metric_read_row reads a row of the catalog; false where there is none. */
extern bool an_metric_read_row(AnSpi *spi, const char *name, AnMetricRow *row);

/* an_metric_load_row is an_metric_load for a definition that is not in the catalog yet. */
extern AnMetricPlan *an_metric_load_row(AnSpi *spi, const AnMetricRow *row);

/* an_metric_names lists all metrics, as char *. */
extern List *an_metric_names(AnSpi *spi);

#endif /* AN_METRIC_METRIC_PRIVATE_H */
