/*
 * periods.h - a range cut into hours, days, weeks or months, for retention and its kin; private to the room
 */
#ifndef AN_INSIGHT_PERIODS_H
#define AN_INSIGHT_PERIODS_H

#include "insight/events.h"

/* Civil periods, in order, without gaps. */
typedef struct AnPeriods
{
	int n;				 /* periods that the range touches */
	int n_all;			 /* the same, and those behind them that were asked for */
	TimestampTz *starts; /* first instant of each of n_all, and the end of the last */
	TimestampTz start;	 /* the range: the first period and the n-th may */
	TimestampTz finish;	 /* reach beyond it */
	TimestampTz before;	 /* where the period before that of `start` begins */
	int64 span_us; /* length of a period that goes by no calendar: an hour, a day, 7 or 30 days */
	int last;	   /* the one that was found last */
} AnPeriods;

/*
 * an_periods_make cuts the range of `events` into periods ("hour", "day", "week",
 * "month") of its zone, with `behind` more of them.  Raises 22023 for another word, or hours
 * of a source that has dates; 54000 beyond AN_CELLS_MAX cells, where each period
 * is `cells` of them; 22008 where a period lies outside of what there is.
 */
extern AnPeriods *
an_periods_make(const AnEvents *events, const char *period, int behind, int64 cells);

/* an_periods_find returns the period of an instant among n_all, -1 where it is in none. */
extern int an_periods_find(AnPeriods *periods, TimestampTz at);

/* an_periods_cut tells whether the range holds period i of n only in part. */
extern bool an_periods_cut(const AnPeriods *periods, int i);

#endif /* AN_INSIGHT_PERIODS_H */
