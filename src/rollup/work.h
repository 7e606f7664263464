/*
 * work.h - a refresh under way: what the files that refresh share
 *
 * Every statement of a refresh sees one snapshot and the refresh's own changes.  Statements on
 * the source and on the rollup's table run as the rollup's owner, in a security-restricted operation: expressions
 * may call what users wrote.  Those on our catalogs are fixed, and run as the catalog's owner.
 */
#ifndef AN_ROLLUP_WORK_H
#define AN_ROLLUP_WORK_H

#include "rollup/rollup_private.h"

/* A refresh under way. */
typedef struct AnRollupWork
{
	/* constant */
	AnSpi *spi;				/* holds the snapshot */
	const AnRollup *rollup; /* what is refreshed */
	Oid owner;				/* of its table */
	AnBinner *binner;		/* its buckets */
	char *key;		   /* columns and expressions of its unique index, as ON CONFLICT names them */
	Datum current;	   /* pg_snapshot: what the cells will have seen */
	AnRanges frozen;   /* whole buckets whose events are gone, or some of them */
	TimestampTz now;   /* what keep and tail are counted from */
	TimestampTz limit; /* buckets before that are not kept; DT_NOBEGIN: all are */
	int64 max_cells;   /* so many cells are written, about; INT64_MAX: all there are */

	/* changing */
	AnRollupProgress progress; /* how far the cells are: `covered` and `horizon` move on */
	int64 cells;			   /* cells written so far */
	int64 rows;				   /* events read for them */
} AnRollupWork;

/* What a refresh did. */
typedef struct AnRollupDone
{
	int64 cells;   /* cells written */
	int64 rows;	   /* events read for them */
	Interval took; /* how long it took */
	bool rebuilt;  /* from nothing, not from what was there */
	bool skipped;  /* not at all: another refresh is under way */
} AnRollupDone;

/*
 * an_rollup_refresh brings a rollup up to date; about `max_cells` cells of it, the newest.  `wait`: for another
 * refresh that is under way, else skip.  Raises 42704, 42501 for who is not its owner, 55000 where it does
 * not fit its source any more, and in REPEATABLE READ 40001 after another refresh and 55000 right after its creation.
 */
extern AnRollupDone an_rollup_refresh(const char *name, int64 max_cells, bool wait);

/* an_work_read_frozen reads the frozen ranges, widened to whole buckets: none of these can be computed from what is left. */
extern void an_work_read_frozen(AnRollupWork *work);

/* cells.c: pieces of SQL over the columns of the table, and statements as the owner */

/* an_work_columns appends the names of all columns, separated by commas. */
extern void an_work_columns(StringInfo sql, const AnRollup *rollup);

/* an_work_events returns the quoted name of the column that counts all events of a cell. */
extern const char *an_work_events(const AnRollup *rollup);

/* an_work_select appends "SELECT ... FROM source WHERE ": a cell's columns, under their names. */
extern void an_work_select(AnQuery *query, const AnRollup *rollup);

/* an_work_group appends GROUP BY. */
extern void an_work_group(AnQuery *query, const AnRollup *rollup);

/* an_work_seen appends " AND ..." for events that the snapshot has seen; nothing where transactions are not captured. */
extern void an_work_seen(AnQuery *query, const AnRollupWork *work);

/*
 * an_work_run executes a statement as the owner; `tail` has it find the newest events by an index whatever
 * the planner thinks of their number.  Returns the number of rows.
 */
extern uint64 an_work_run(AnRollupWork *work, AnQuery *query, bool tail);

/* an_work_run_catalog executes a fixed statement as the catalog's owner. */
extern uint64 an_work_run_catalog(AnSpi *spi, AnQuery *query);

/* an_work_more tells whether more cells may be written. */
extern bool an_work_more(const AnRollupWork *work);

/*
 * an_work_step returns how many buckets to do next, after `done` buckets in all that gave `cells`
 * cells in all, the last step being of `last` buckets; 1 at first.
 */
extern int64 an_work_step(const AnRollupWork *work, int64 last, int64 done, int64 cells);

/* an_work_clock is the way back from an_rollup_clock_instant. */
extern TimestampTz an_work_clock(const AnRollup *rollup, TimestampTz at);

/* refresh_marks.c: marks written and removed, in one statement each */

/* an_work_insert_marks marks n cells: their buckets as an_work_clock gives them, and tenants; NULL for all. */
extern void
an_work_insert_marks(AnRollupWork *work, int n, const TimestampTz *clocks, char *const *tenants);

/* an_work_delete_marks removes marks of the same form that the snapshot sees; NULL: of all tenants. */
extern void
an_work_delete_marks(AnRollupWork *work, int n, const TimestampTz *clocks, char *const *tenants);

/* an_work_drop_marks removes marks of what is not covered and not frozen: there are no cells. */
extern void an_work_drop_marks(AnRollupWork *work);

/* fold.c */

/* an_work_fold adds new events to the cells; returns whether it marked cells instead, for there were too many. */
extern bool an_work_fold(AnRollupWork *work);

/* summarize.c */

/* an_work_summarize has the index on transactions know of new parts of the source's tables. */
extern void an_work_summarize(AnRollupWork *work);

/* recompute.c */

/* an_work_range writes the cells of [start, end) anew from the events; frozen buckets are left as they are. */
extern void an_work_range(AnRollupWork *work, TimestampTz start, TimestampTz end);

/* an_work_marks writes marked cells anew, the newest first, and removes their marks. */
extern void an_work_marks(AnRollupWork *work, const AnRollupMarks *marks);

/* finer.c */

/*
 * an_work_finer appends a SELECT that makes the cells in the ranges, of one tenant or all, from a finer
 * rollup; false, and nothing appended, where there is none.
 */
extern bool
an_work_finer(AnRollupWork *work, AnQuery *query, const AnRanges *ranges, const char *tenant);

/* populate.c */

/* an_work_clear deletes all cells that are not frozen. */
extern void an_work_clear(AnRollupWork *work);

/* an_work_keep sets the limit, and deletes cells before it. */
extern void an_work_keep(AnRollupWork *work);

/* an_work_populate covers what is not covered: for scan up to the horizon that there is now, then backwards. */
extern void an_work_populate(AnRollupWork *work);

#endif /* AN_ROLLUP_WORK_H */
