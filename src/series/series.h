/*
 * series.h - the readers: time_series, metric_value, compare, dau and their shared parts
 *
 * A reader gets its range [start, finish), cuts it into buckets that are civil in
 * the zone, runs the scans of the metric once each, and puts the values into a
 * table of cells: one row a combination of dimensions, one column a bucket.
 */
#ifndef AN_SERIES_SERIES_H
#define AN_SERIES_SERIES_H

#include "kernel/fill.h"
#include "metric/metric.h"
#include "utils/jsonb.h"

/* Most cells (buckets times combinations of dimensions) of one answer. */
#define AN_CELLS_MAX 10000000

/* The buckets of a range, in order, without gaps. */
typedef struct AnBuckets
{
	int n;				 /* how many */
	TimestampTz *starts; /* first instant of each */
	TimestampTz *ends;	 /* first instant after each */
	TimestampTz start;	 /* the range that was asked for: the first and the last bucket */
	TimestampTz finish;	 /* may reach beyond it */
} AnBuckets;

/* Values of one combination of dimensions over all buckets. */
typedef struct AnGroup
{
	Jsonb *dimensions; /* its dimensions, or NULL without a breakdown */
	double **values;   /* for each metric of the plan: n values */
	bool **nulls;	   /* and whether there is none */
	bool *seen;		   /* for each bucket: whether any scan had rows */
} AnGroup;

/* The cells of an answer. */
typedef struct AnCells
{
	int n_buckets;		/* buckets of each group */
	int n_metrics;		/* metrics of the plan */
	List *groups;		/* AnGroup *, in the order of their dimensions */
	struct HTAB *table; /* groups by dimensions; private to cells.c */
} AnCells;

/* an_granularity_parse returns the width of "hour", "day" ... "year", or of an interval; raises 22023 for another. */
extern Interval *an_granularity_parse(const char *text);

/*
 * an_range_arguments reads the arguments "start" and "finish" of a reader, the
 * second and the third: raises 22004 for a NULL, 22023 unless start < finish, and
 * unless both are finite where `finite` asks for it.
 */
extern void
an_range_arguments(FunctionCallInfo fcinfo, bool finite, TimestampTz *start, TimestampTz *finish);

/* an_range_at is the same for a reader where "start" is argument `arg`, from 0, and "finish" the next. */
extern void
an_range_at(FunctionCallInfo fcinfo, int arg, bool finite, TimestampTz *start, TimestampTz *finish);

/* an_range_notice tells the user that a range of whole days in the session's zone is not one in the zone asked for. */
extern void an_range_notice(TimestampTz start, TimestampTz finish, const Interval *width,
							pg_tz *zone, const char *zone_name);

/* an_buckets_make cuts a range into bins of a width in a zone; raises 54000 beyond AN_CELLS_MAX. */
extern AnBuckets *
an_buckets_make(TimestampTz start, TimestampTz finish, const Interval *width, pg_tz *zone);

/*
 * an_buckets_cut_clock tells whether a bin of stored wall clocks or dates is not what one bucket holds: the zone
 * skipped a day that the column can hold, or turned clocks back over a midnight.  An event counts in the
 * bucket where SQL reads its clock; an_time_array of the buckets' starts finds it, time_bin does not.
 */
extern bool
an_buckets_cut_clock(const AnBuckets *buckets, const AnTimeView *view, const Interval *width);

/* an_width_check raises 22023 where a metric's source has dates and the width is finer than a day. */
extern void an_width_check(const AnMetricPlan *plan, const Interval *width);

/* an_cells_read runs the scans of a plan and evaluates its formulas; buckets is NULL for one cell or ranges. */
extern AnCells *an_cells_read(AnSpi *spi, AnMetricPlan *plan, const AnMetricRequest *request,
							  const AnBuckets *buckets);

/* an_plan_first returns the latest of the sources' first events, as an_source_first tells it. */
extern TimestampTz
an_plan_first(AnSpi *spi, const AnMetricPlan *plan, const AnMetricRequest *request);

/* an_plan_zone returns the zone of civil days: the argument, or that of the plan's first source. */
extern char *an_plan_zone(const AnMetricPlan *plan, const char *timezone);

/* an_plan_served_by says in words where the values come from. */
extern char *an_plan_served_by(const AnMetricPlan *plan);

#endif /* AN_SERIES_SERIES_H */
