/*
 * bin.h - what the files of the calendar room share; private to it
 */
#ifndef AN_CALENDAR_BIN_H
#define AN_CALENDAR_BIN_H

#include "postgres.h"
#include "fmgr.h"
#include "nodes/pathnodes.h"
#include "pgtime.h"
#include "utils/timestamp.h"

#include "calendar/calendar.h"
#include "kernel/calendar.h"

/* Segments that are kept of a zone: sixty-four years of two changes. */
#define AN_ZONE_SEGMENTS 128

/* A zone, and the segments of it that were looked up. */
struct AnZoneCache
{
	pg_tz *zone;						  /* constant */
	int n_segments;						  /* looked up so far */
	int last;							  /* the one that answered last */
	AnSegment segments[AN_ZONE_SEGMENTS]; /* in the order of time */
};

/* What is counted: instants in a zone, civil timestamps without one, or dates. */
typedef enum AnTimeKind
{
	AN_KIND_INSTANT, /* timestamptz, microseconds */
	AN_KIND_CIVIL,	 /* timestamp, microseconds */
	AN_KIND_DATE,	 /* date, days */
} AnTimeKind;

struct AnBinner
{
	AnCalendar calendar; /* constant: width, origin, shift */
	AnZoneCache cache;	 /* the calendar's zone; unused without one */
	int64 start;		 /* the last bin, [start, end); empty before the first */
	int64 end;			 /* AN_CALENDAR_NO_END where the type ends inside the bin */
};

/* an_zone_init defines the setting analytics.timezone. */
extern void an_zone_init(void);

/* an_zone_cache_init empties a cache for a zone. */
extern void an_zone_cache_init(AnZoneCache *cache, pg_tz *zone);

/* an_interval_finite raises 22023 for an infinite interval (17 and newer); `what` names the argument. */
extern void an_interval_finite(const Interval *interval, const char *what);

/*
 * an_binner_init prepares a binner in place; nothing of the arguments is kept
 * but the zone.  `origin` is in ticks of the kind, an instant for instants;
 * origin and shift may be NULL.  Raises 22023 and 22008 as an_binner_create does.
 */
extern void an_binner_init(AnBinner *binner, AnTimeKind kind, const Interval *width, pg_tz *zone,
						   const int64 *origin, const Interval *shift);

/*
 * an_binner_load makes [binner->start, binner->end) the bin of `at`, which is
 * finite.  Raises 22008 where the start is out of range.
 */
extern void an_binner_load(AnBinner *binner, int64 at);

/* an_day_year_ago is an_year_ago for days since 2000-01-01. */
extern bool an_day_year_ago(int64 day, AnAlign align, int64 *result);

/* an_estimate_value folds an expression to a Const if the planner can guess one; `root` may be NULL. */
extern Node *an_estimate_value(PlannerInfo *root, Node *node);

/* an_width_us returns about how many microseconds a width has, 0 for one that is not finite. */
extern double an_width_us(const Interval *width);

#endif /* AN_CALENDAR_BIN_H */
