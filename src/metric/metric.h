/*
 * metric.h - what a number means: definitions, and a metric as SQL
 *
 * A metric is a kind (count, sum, avg, min, max, distinct, distinct_exact, percentile)
 * over one source, or a formula over other metrics of any source.  Loading a metric gives a plan:
 * its base metrics, the formulas above them in order of dependence, and the scans
 * that deliver the base values.  A formula is evaluated on the values of one cell
 * (a bucket, a combination of dimensions), so a rate is a ratio of sums.
 */
#ifndef AN_METRIC_METRIC_H
#define AN_METRIC_METRIC_H

#include "kernel/formula.h"
#include "source/source.h"
#include "utils/jsonb.h"

/* Most dimensions that one answer breaks down by at once. */
#define AN_DIMENSIONS_MAX 16

/* Limits: metrics that one formula may reach, and formulas above one another. */
#define AN_METRICS_MAX	  64
#define AN_FORMULA_LEVELS 16

typedef enum AnMetricKind
{
	AN_METRIC_COUNT,
	AN_METRIC_SUM,
	AN_METRIC_AVG,
	AN_METRIC_MIN,
	AN_METRIC_MAX,
	AN_METRIC_DISTINCT,		  /* different values, by a sketch */
	AN_METRIC_DISTINCT_EXACT, /* the same, counted */
	AN_METRIC_PERCENTILE,	  /* of a number, by a sketch */
	AN_METRIC_FORMULA,
} AnMetricKind;

/* A dimension of a metric: a name, and an expression over the metric's source. */
typedef struct AnDimension
{
	char *name;				 /* as filters and breakdowns name it */
	AnExpression expression; /* its value */
} AnDimension;

/* One metric, read from the catalog and checked. */
typedef struct AnMetric
{
	char *name;				 /* as defined */
	AnMetricKind kind;		 /* how rows become a number */
	AnSource *source;		 /* its source; NULL for a formula */
	AnExpression expression; /* what is summed, averaged ...; text is NULL for count */
	double fraction;		 /* which percentile, 0 to 1; 0 for other kinds */
	char *filter;			 /* condition on rows, or NULL */
	int n_dimensions;		 /* dimensions of its own */
	AnDimension *dimensions; /* the same */
	AnFormula *formula;		 /* the formula, or NULL */
	int *inputs;			 /* for each name of the formula: index of the metric in the plan */
	int scan;				 /* which scan delivers it (base metrics) */
	int column;				 /* and in which value column */
} AnMetric;

/* One statement that delivers the values of base metrics that share source and dimensions. */
typedef struct AnScan
{
	AnSource *source; /* the source */
	char *key;		  /* source and dimension expressions: what the members have in common */
	List *members;	  /* indexes of the base metrics, in order of their value columns */
	char *served_by;  /* what it was read from, in words; NULL: the source */
} AnScan;

/* A metric with all that it stands on; every metric comes after those that it uses, the asked one last. */
typedef struct AnMetricPlan
{
	int n_metrics;		/* metrics in the plan */
	AnMetric **metrics; /* the same */
	List *scans;		/* AnScan *; made by an_metric_scans */
} AnMetricPlan;

/* What is asked of a metric, as far as it shapes the SQL. */
typedef struct AnMetricRequest
{
	char *timezone;		   /* zone argument, or NULL */
	bool instants;		   /* times must be instants: buckets are finer than a day */
	char *tenant;		   /* tenant, or NULL for all that the caller sees */
	Jsonb *filters;		   /* filters, or NULL */
	List *breakdown;	   /* names (char *) of dimensions, or NIL */
	char *rollup;		   /* the only rollup that may answer, or NULL for any */
	TimestampTz start;	   /* first instant */
	TimestampTz finish;	   /* first instant after */
	const Interval *width; /* width of buckets, or NULL */
	int n_ranges; /* where width is NULL: number of disjoint ranges, ascending; 0 for one whole */
	TimestampTz *starts; /* first instants of the ranges */
	TimestampTz *ends;	 /* first instants after them */
} AnMetricRequest;

/* an_metric_load reads a metric and all below it; raises 42704 with the nearest name for an unknown one. */
extern AnMetricPlan *an_metric_load(AnSpi *spi, const char *name);

/* an_metric_main returns the metric that was asked for. */
extern AnMetric *an_metric_main(const AnMetricPlan *plan);

/* an_metric_scans groups the base metrics into statements for this request. */
extern void an_metric_scans(AnMetricPlan *plan, const AnMetricRequest *request);

/*
 * an_metric_scan_sql writes the statement of one scan.  Its columns: the bucket
 * (of the view's type; with ranges: bigint, the range's index from 0; else NULL),
 * the dimensions as jsonb (NULL without a breakdown), then one float8 a member.
 */
extern void an_metric_scan_sql(AnQuery *query, const AnMetricPlan *plan, const AnScan *scan,
							   const AnTimeView *view, const AnMetricRequest *request);

/* Parts of that statement, for others of the same form. */

/* an_metric_head_sql appends "SELECT s.b, <dimensions as jsonb>, s.v0, s.v1 ...": the columns, over s with b, d0, d1 ..., v0 ... */
extern void an_metric_head_sql(AnQuery *query, const AnScan *scan, const AnMetricRequest *request);

/* an_metric_bucket_sql appends what the rows of a view are grouped by: its bucket, or the index of its range. */
extern void
an_metric_bucket_sql(AnQuery *query, const AnTimeView *view, const AnMetricRequest *request);

/* an_metric_where_sql appends " AND ..." for the tenant, the filters and what the members have for filters; not for the times. */
extern void an_metric_where_sql(AnQuery *query, const AnMetricPlan *plan, const AnScan *scan,
								const AnMetricRequest *request);

/*
 * an_metric_empty_is_null tells the value of a base metric over no rows: 0 for what is
 * counted or summed (false is returned), NULL for the others (true).
 */
extern bool an_metric_empty_is_null(const AnMetric *metric);

/*
 * an_metric_evaluate computes the formulas of a plan for one cell.  values and
 * nulls have n_metrics members; those of base metrics are given.
 */
extern void an_metric_evaluate(const AnMetricPlan *plan, double *values, bool *nulls);

/* Finds what a key of a filter object stands for; raises 22023 for nothing. */
typedef const AnExpression *(*AnFilterKey)(const void *arg, const char *key);

/*
 * an_filters appends " AND ..." for a filter object: a scalar is equality, an
 * array any of, null IS NULL, {"gte": .., "lt": ..} a range.  Each key is looked up with
 * `find`, which is called with `arg`.  `filters` may be NULL.
 */
extern void an_filters(AnQuery *query, AnFilterKey find, const void *arg, Jsonb *filters);

/* an_metric_dimension finds a dimension of a base metric by name ("event" is one where the source has it); raises 22023. */
extern const AnExpression *an_metric_dimension(const AnMetric *metric, const char *name);

/*
 * an_dimensions finds the dimension of that name: one that a metric of the source declares, or a
 * column; or several, separated by commas.  Returns AnDimension *.  Raises 22023 for an unknown
 * one, 42702 where metrics declare it as different expressions.
 */
extern List *an_dimensions(AnSpi *spi, const AnSource *source, const char *name);

/*
 * an_dimension_sql returns SQL to group by a dimension.  Groups of different buckets and scans are brought
 * together by their jsonb, so values must be equal just where their jsonb is: for citext, for intervals, under
 * a collation that ignores case, SQL's own groups would carry now one spelling and now another.
 * `plain`, unless NULL, is set to whether it has the expression's own type; otherwise it is a jsonb.
 */
extern char *an_dimension_sql(const AnExpression *dimension, bool *plain);

/* an_dimension_find finds one in the same way; NULL where there is none.  Sets the names (char *) that there are. */
extern AnDimension *
an_dimension_find(AnSpi *spi, const AnSource *source, const char *name, List **names);

/*
 * What a higher room keeps about metrics.  `drop` acts on what depends on a metric: `cascade` drops it,
 * otherwise it raises 2BP01 if there is any.  `replaced` is called when a metric was defined anew.
 */
typedef struct AnMetricDependent
{
	void (*drop)(AnSpi *spi, const char *metric, bool cascade);
	void (*replaced)(AnSpi *spi, const char *metric);
} AnMetricDependent;

/* an_metric_register adds a room's functions; called from its init function.  The struct must live for ever. */
extern void an_metric_register(const AnMetricDependent *dependent);

/* an_metric_dependents_replaced calls `replaced` of every registered room. */
extern void an_metric_dependents_replaced(AnSpi *spi, const char *metric);

/* an_metric_init registers what depends on sources. */
extern void an_metric_init(void);

#endif /* AN_METRIC_METRIC_H */
