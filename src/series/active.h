/*
 * active.h - what the files behind dau, wau and mau share; private to them
 */
#ifndef AN_SERIES_ACTIVE_H
#define AN_SERIES_ACTIVE_H

#include "series/series.h"

#include "utils/date.h"

/* What is asked. */
typedef struct AnActive
{
	AnSource *source; /* the source */
	AnTimeView *view; /* its times in the zone of the days */
	List *dimensions; /* AnDimension *: what the users are broken down by; NIL for all together */
	List *events;	  /* names of the events that make a user active, or NIL for all */
	char *tenant;	  /* tenant, or NULL */
	bool exact;		  /* users are counted; otherwise by sketches */
	int window;		  /* days that a user stays active: 1, 7, 30 */
	AnBinner *binner; /* finds the days of the zone */
	AnBuckets *days;  /* the days of the answer */
	AnBuckets
		*active; /* the days on which a user can be active for it: those before its first day too */
	bool cut_clock;	   /* an_buckets_cut_clock of them */
	DateADT first_day; /* date of the first day of the answer */
	int n_dates;	   /* dates from the first to the last of them; a zone can have skipped one */
	int first_active;  /* first date with a user, counted from first_day; n_dates: none */
} AnActive;

/* Users of one value of the dimension. */
typedef struct AnActiveSeries
{
	char *dimension; /* the value, or NULL */
	int64 *users;	 /* for each date */
} AnActiveSeries;

/* an_active_window returns the instant where the window that ends with day `d` of the answer begins: a day's first, whatever its clock then. */
extern TimestampTz an_active_window(const AnActive *active, int d);

/* an_active_date returns the date of an instant in the zone of the days. */
extern DateADT an_active_date(const AnActive *active, TimestampTz at);

/* an_active_read counts the users of every value of the dimensions.  Returns AnActiveSeries *, and sets first_active. */
extern List *an_active_read(AnSpi *spi, AnActive *active);

/*
 * an_active_rollup_sql writes a statement that gives the users of each day and value of the dimensions as a state, from a
 * rollup: columns day (a time of the view's type), d1, d2 ..., and n: hll, or distinct_set for an exact count.
 * False, and nothing written, where no rollup answers.
 */
extern bool an_active_rollup_sql(AnSpi *spi, AnQuery *query, const AnActive *active);

/*
 * an_active_series returns the series of a value, or adds it to the list; the rows of one value come together.
 * Raises 54000 beyond AN_CELLS_MAX.
 */
extern AnActiveSeries *an_active_series(List **list, const char *dimension, int n_dates);

/*
 * an_windows_count counts the different values in each window of days: counts[i] is the count of the
 * union of sketches[i] to sketches[i + window - 1], for i < n.  A sketch is a value of type hll,
 * or 0 where the day has none; there are n + window - 1 of them.
 */
extern void an_windows_count(const Datum *sketches, int n, int window, int64 *counts);

#endif /* AN_SERIES_ACTIVE_H */
