/*
 * rollup_private.h - what the files of this room share; for them only
 */
#ifndef AN_ROLLUP_ROLLUP_PRIVATE_H
#define AN_ROLLUP_ROLLUP_PRIVATE_H

#include "rollup/rollup.h"

#include "base/user.h"
#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "utils/timestamp.h"

/* analytics.use_rollups */
extern bool an_use_rollups;

/* Column of a source's table that holds the transaction which inserted the event; its type is analytics.inserted_by. */
#define AN_XID_COLUMN "_x"

/* A mark with this bucket is of the whole rollup. */
#define AN_MARK_ALL DT_NOBEGIN

/* Cells that were changed since the last refresh; those whose events are gone for good (frozen) are left out. */
typedef struct AnRollupMarks
{
	bool all; /* every cell; n is 0 */
	int n;	  /* number of marks, different ones, in the order of their buckets, newest first */
	TimestampTz *buckets; /* first instant of the marked bucket */
	char **tenants;		  /* tenant as text; NULL: all tenants */
	int refused;		  /* marks in frozen ranges, which stay as they are */
} AnRollupMarks;

/* Ranges of time: ascending, disjoint, not empty; bounds may be infinite. */
typedef struct AnRanges
{
	int n;				 /* how many */
	TimestampTz *starts; /* first instants */
	TimestampTz *ends;	 /* first instants after them */
} AnRanges;

/*
 * an_rollup_load_owned is the same as the rollup's owner, whoever the current user is: to read an expression can be
 * to run what somebody wrote, for a literal may be of a type that checks it.  Without its table it is as an_rollup_load.
 */
extern AnRollup *an_rollup_load_owned(AnSpi *spi, const char *name);

/* an_rollups_of reads the rollups of a source (name), the coarsest first.  Returns AnRollup *. */
extern List *an_rollups_of(AnSpi *spi, AnSource *source);

/* an_rollup_names lists all rollups, as char *. */
extern List *an_rollup_names(AnSpi *spi);

/* an_capture_name and an_capture_parse: "xid", "trigger", "scan"; parse raises 22023 for another. */
extern const char *an_capture_name(AnCapture capture);
extern AnCapture an_capture_parse(const char *name);

/*
 * an_rollup_identity says of which database and tables a progress is: the system's identifier, the database's
 * OID, the OIDs of the source's relation and of the rollup.  A restored dump has another: its snapshots mean nothing.
 */
extern char *an_rollup_identity(const AnRollup *rollup);

/* an_rollup_progress reads how far a rollup is, in the snapshot of `spi`. */
extern AnRollupProgress an_rollup_progress(AnSpi *spi, const AnRollup *rollup);

/*
 * an_rollup_marks reads the marks that the snapshot of `spi` sees, as the catalog's owner.  `tenant`, unless
 * NULL, leaves out those of other tenants (as text of the tenant's type).
 */
extern AnRollupMarks an_rollup_marks(AnSpi *spi, const AnRollup *rollup, const char *tenant);

/*
 * an_rollup_clock_instant returns the instant of a time as rollup_marks and rollup_frozen hold it: an
 * instant, or for columns of type timestamp and date their wall clock as if in UTC.
 */
extern TimestampTz an_rollup_clock_instant(const AnRollup *rollup, TimestampTz clock);

/*
 * an_rollup_clock_differs tells whether the source has times without zone, and they are no longer counted in the
 * zone of the rollup: its days are then other days.
 */
extern bool an_rollup_clock_differs(const AnRollup *rollup);

/* an_rollup_frozen reads the ranges whose events are gone while their cells stay. */
extern AnRanges an_rollup_frozen(AnSpi *spi, const AnRollup *rollup);

/* an_ranges_meet tells whether [start, end) meets any of the ranges. */
extern bool an_ranges_meet(const AnRanges *ranges, TimestampTz start, TimestampTz end);

/* an_rollup_tenant_is_plain tells whether equal tenants have equal texts; otherwise marks are of all tenants. */
extern bool an_rollup_tenant_is_plain(const AnRollup *rollup);

/* an_rollup_binner finds the first instants of the rollup's buckets, in its zone. */
extern AnBinner *an_rollup_binner(const AnRollup *rollup);

/*
 * an_rollup_key_sql returns the key of a cell, as the unique index of the rollup's table has it and ON CONFLICT
 * names it.  Texts of any length are told apart by analytics.rollup_key.
 */
extern char *an_rollup_key_sql(const AnRollup *rollup);

/* an_rollup_bucket appends the bucket of an event: an expression over the source, of the view's type. */
extern void an_rollup_bucket(AnQuery *query, const AnRollup *rollup);

/* an_rollup_over returns the view of the rollup's own column `bucket`, under an alias of its table. */
extern AnTimeView *an_rollup_over(const AnTimeView *view, const char *alias);

/* an_rollup_xid_type returns the type of the column `_x`. */
extern Oid an_rollup_xid_type(void);

/* an_rollup_unseen appends "the event's transaction was not seen", AND-able; for capture xid only. */
extern void an_rollup_unseen(AnQuery *query, const AnRollupProgress *progress);

/* an_ranges_sql appends "time is in one of the ranges"; false for none.  Few of them find an index. */
extern void an_ranges_sql(AnQuery *query, const AnTimeView *view, const AnRanges *ranges);

/* an_ranges_add adds a range to those there are, uniting what touches or overlaps.  Arrays are palloced. */
extern void an_ranges_add(AnRanges *ranges, TimestampTz start, TimestampTz end);

/* an_ranges_without returns `from` without `what`. */
extern AnRanges an_ranges_without(const AnRanges *from, const AnRanges *what);

/* an_ranges_coarsen unites the ranges with the smallest gaps until there are at most `most`. */
extern void an_ranges_coarsen(AnRanges *ranges, int most);

/*
 * an_rollup_may_read tells whether the current user may be answered from a rollup: has SELECT on its table (and
 * on the source's column `_x`), and row-level security shows him the same part of both.  `why`, unless NULL, is set to a sentence otherwise.
 */
extern bool an_rollup_may_read(AnSpi *spi, const AnRollup *rollup, const char **why);

/*
 * an_source_secured tells whether row-level security, of the relation or of what a view reads, applies to the
 * current user: then he sees a part of the events, perhaps another one each time.
 */
extern bool an_source_secured(const AnSource *source);

/*
 * an_rollup_copy_rights gives a new rollup the rights and row-level security of its source: SELECT for whoever
 * has it on the whole relation, and each policy that reads the tenant alone.  Called as the owner.
 */
extern void an_rollup_copy_rights(AnSpi *spi, const AnRollup *rollup);

/* an_rollup_refresh_init registers rollups with the room that runs policies. */
extern void an_rollup_refresh_init(void);

#endif /* AN_ROLLUP_ROLLUP_PRIVATE_H */
