/*
 * rollup.h - partial states of metrics kept by bucket, and answers from them
 *
 * A rollup is an ordinary table: one row a cell, that is a combination of tenant,
 * bucket and dimensions that has events; its columns are those keys and partial
 * states, whose union over cells is the state of all their events (partial.h).
 *
 * What makes answers exact at every moment is one invariant.  The rollup's progress
 * holds a snapshot, and its cells hold exactly the events that were visible in it:
 *
 *     cells     = events whose transaction was seen by the snapshot, as of the last refresh
 *     newer     = events visible now whose transaction the snapshot has not seen
 *     changed   = cells with a mark: events in them were updated or deleted since
 *
 * An answer is the union of cells without a mark, newer events outside marked buckets,
 * and the events themselves for marked buckets and for what cells do not cover; all in one
 * snapshot, so nothing waits and nothing is missed, late events and long transactions included.
 *
 * Source: the snapshots of PgQ (Skype, 2007), batch_event_sql.
 */
#ifndef AN_ROLLUP_ROLLUP_H
#define AN_ROLLUP_ROLLUP_H

#include "metric/metric.h"
#include "rollup/partial.h"

/* How a rollup learns of new and changed events. */
typedef enum AnCapture
{
	AN_CAPTURE_XID, /* each event has the transaction that inserted it, column `_x`; triggers mark other changes */
	AN_CAPTURE_TRIGGER, /* triggers mark every change */
	AN_CAPTURE_SCAN, /* events older than `tail` do not change any more; younger ones are read from the source */
} AnCapture;

/* A dimension of a rollup. */
typedef struct AnRollupDimension
{
	char *name;				 /* as filters and breakdowns name it */
	char *column;			 /* its column in the rollup */
	AnExpression expression; /* its value; over the source */
	bool
		plain; /* the column has the expression's type; otherwise jsonb, which cannot be filtered by */
} AnRollupDimension;

/* A partial state of a rollup: a column of it. */
typedef struct AnRollupState
{
	char *column;	   /* its column in the rollup */
	AnPartial partial; /* what it holds */
} AnRollupState;

/* A rollup, read from the catalog and checked. */
typedef struct AnRollup
{
	char *name;		  /* as created */
	Oid relid;		  /* its table */
	char *relation;	  /* the table's quoted name with its schema */
	AnSource *source; /* its source as it is now */
	bool
		stale; /* the source's relation, time, zone of clocks or tenant is no longer what the rollup was made of */
	Oid source_relid;	 /* relation that the rollup was made of */
	Interval *width;	 /* width of its buckets */
	char *timezone;		 /* zone of its buckets */
	AnTimeView *view;	 /* the source's times in that zone; buckets are of its type */
	AnExpression tenant; /* tenant of an event; text is NULL without one */
	AnCapture capture;	 /* how it learns of changes */
	Interval *tail;		 /* for scan: events older than that do not change */
	Interval *keep;		 /* cells are kept for so long, or NULL for ever */
	List *dimensions;	 /* AnRollupDimension * */
	List *states;		 /* AnRollupState *; the first counts all events of the cell */
} AnRollup;

/* How far a rollup is, as a snapshot sees it. */
typedef struct AnRollupProgress
{
	bool
		valid; /* there are cells, and the snapshot is of this database; otherwise nothing else counts */
	Datum seen;			 /* pg_snapshot that the cells have seen */
	TimestampTz covered; /* buckets from here on are covered; DT_NOEND: none */
	TimestampTz horizon; /* for scan: buckets from here on are not */
} AnRollupProgress;

/* What a statement of a reader is answered from. */
typedef struct AnRollupUse AnRollupUse;

/* an_rollup_load reads a rollup and checks it against its source; raises 42704 with the nearest name for an unknown one. */
extern AnRollup *an_rollup_load(AnSpi *spi, const char *name);

/*
 * an_rollup_choose finds the coarsest rollup from which a scan can be answered exactly by the
 * current user: its metrics, dimensions, filters, tenant and zone.  `starts` and `ends` are the
 * buckets or ranges of the answer (n of them, ascending, disjoint).  NULL: read the source.
 */
extern AnRollupUse *an_rollup_choose(AnSpi *spi, const AnMetricPlan *plan, const AnScan *scan,
									 const AnTimeView *view, const AnMetricRequest *request, int n,
									 const TimestampTz *starts, const TimestampTz *ends);

/*
 * an_rollup_scan_sql writes the statement of a scan over a rollup: the columns of an_metric_scan_sql,
 * and behind them a bigint: how many newer events went into the row.
 */
extern void
an_rollup_scan_sql(AnQuery *query, const AnRollupUse *use, const AnMetricPlan *plan,
				   const AnScan *scan, const AnTimeView *view, const AnMetricRequest *request);

/*
 * an_rollup_states_sql writes a statement over a rollup that gives the united first state of the scan's first
 * member instead of its value: columns day (what the request groups by), d1, d2 ... (the dimensions as text), and n.
 * Groups without a value are left out.
 */
extern void
an_rollup_states_sql(AnQuery *query, const AnRollupUse *use, const AnMetricPlan *plan,
					 const AnScan *scan, const AnTimeView *view, const AnMetricRequest *request);

/* an_rollup_served_by says in words what a use reads; `newer` is how many newer events there were. */
extern char *an_rollup_served_by(const AnRollupUse *use, int64 newer);

/* an_rollup_init defines the room's settings and registers what depends on sources and metrics. */
extern void an_rollup_init(void);

#endif /* AN_ROLLUP_ROLLUP_H */
