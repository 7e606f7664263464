/*
 * capture.h - how rollups learn of new and changed events
 *
 * Capture xid: each event has in its column `_x` the transaction that inserted it, by default; an index
 * finds the newer ones, and triggers mark the cells of what is updated or deleted.  Capture trigger: inserts are
 * marked too.  A mark is a row of analytics.rollup_marks, written in the transaction of
 * the change, so whoever sees the change sees the mark.
 *
 * Triggers are per statement with transition tables, on the source's table and each of its
 * partitions, since those of a parent do not fire for statements on a partition.  The
 * worker that applies logical replication fires row triggers alone, so there are some that fire
 * nowhere else.  What is installed where stands in analytics.rollup_tables.
 */
#ifndef AN_ROLLUP_CAPTURE_H
#define AN_ROLLUP_CAPTURE_H

#include "rollup/rollup_private.h"

#include "catalog/indexing.h"
#include "executor/tuptable.h"

/*
 * an_capture_choose returns how a rollup of the source can learn of changes: `capture` is "auto" or a
 * capture's name.  Auto takes xid where the current user may alter the table, trigger where it cannot get
 * a column, scan for what has no triggers, and says so in a NOTICE.  Raises 0A000 for what is asked and
 * impossible, with the reason.
 */
extern AnCapture an_capture_choose(const AnSource *source, const char *capture);

/*
 * an_capture_install makes on the rollup's source what its capture needs and is not there yet, as the current user,
 * who owns the table; the rollup's row is in the catalog.  Waits for all writers of the table and its partitions, so that none is left
 * that does not know of the rollup: cells must be filled from a snapshot that is taken afterwards.  Raises 42501, 42701
 * (another column `_x`), 25001 in a transaction whose snapshot is older, and the errors of ALTER TABLE.
 */
extern void an_capture_install(const AnRollup *rollup);

/* an_capture_remove takes away what an_capture_install made on a source's table, as the table's owner. */
extern void an_capture_remove(Oid relid);

/* an_capture_changed has all sessions read anew which rollups a source's table has: after one was made or dropped. */
extern void an_capture_changed(Oid relid);

/* an_capture_init registers what happens to rollups with the partitions of their sources. */
extern void an_capture_init(void);

/* One rollup, as far as changes of a table's rows have to do with it. */
typedef struct AnCaptured
{
	char *name;		 /* the rollup */
	bool trigger;	 /* capture trigger: inserts are marked too */
	Node *at;		 /* time of an event: over the table whose rows change */
	Oid at_type;	 /* its type: timestamptz, timestamp or date */
	Node *tenant;	 /* tenant of an event, or NULL where marks are of all tenants */
	Oid tenant_type; /* its type */
	bool
		calls; /* time or tenant call a function that somebody wrote, which may depend on the search path */
	Interval width;	  /* width of the buckets */
	const char *zone; /* zone in which they are counted; for clocks without a zone UTC */
} AnCaptured;

/*
 * an_captured returns the rollups that learn of changes of a table's rows, itself or a partition: a List of
 * AnCaptured * that lives until the table changes.  It is what is committed now, whatever the transaction's snapshot.
 */
extern List *an_captured(Oid relid);

/* an_captured_init has the list forgotten when the table or its rollups change. */
extern void an_captured_init(void);

typedef struct AnCaptureCells AnCaptureCells; /* the cells of changed rows; private */

/*
 * an_capture_cells_begin begins to collect cells of rollups (List of AnCaptured *), in the current memory context.  The
 * search path is that of refreshes and readers until the end, where that matters.
 */
extern AnCaptureCells *an_capture_cells_begin(List *rollups);

/* an_capture_cells_add adds the cells of one row of the table that the rollups were read for. */
extern void an_capture_cells_add(AnCaptureCells *cells, TupleTableSlot *slot);

/* an_capture_cells_end writes the marks and ends the collection. */
extern void an_capture_cells_end(AnCaptureCells *cells);

/* an_capture_mark_all marks every cell of rollups (List of AnCaptured *). */
extern void an_capture_mark_all(List *rollups);

/* The table of marks, open for writing. */
typedef struct AnMarkWriter
{
	Relation table;			   /* analytics.rollup_marks */
	CatalogIndexState indexes; /* its indexes */
} AnMarkWriter;

/* an_marks_open, an_mark_write, an_marks_close write marks; the same one once a subtransaction.  `tenant` NULL is all. */
extern AnMarkWriter an_marks_open(void);
extern void
an_mark_write(AnMarkWriter *writer, const char *rollup, TimestampTz bucket, const char *tenant);
extern void an_marks_close(AnMarkWriter *writer);

/* What a captured table is to its source. */
typedef struct AnCapturePart
{
	Oid source;	  /* the source's table */
	Oid relid;	  /* the table itself or one of its partitions, at any depth */
	bool xid;	  /* the source's table has the column `_x` with its default */
	bool inserts; /* a rollup has capture trigger */
} AnCapturePart;

/* an_capture_part_install makes on one table the triggers that are not there yet, and records it in analytics.rollup_tables. */
extern void an_capture_part_install(AnSpi *spi, const AnCapturePart *part);

/* an_capture_part_remove drops the triggers of one table, if it is still there. */
extern void an_capture_part_remove(AnSpi *spi, Oid relid);

/* an_capture_part_kinds sets what the source's table is captured by. */
extern void an_capture_part_kinds(AnSpi *spi, AnCapturePart *part);

/* an_capture_part_modes sets the modes of the triggers that one table has. */
extern void an_capture_part_modes(AnSpi *spi, Oid relid);

/* an_capture_installing tells whether triggers are being made or dropped by us. */
extern bool an_capture_installing(void);

/* an_capture_trigger_names lists (char *) what triggers of captured tables are called. */
extern List *an_capture_trigger_names(void);

/*
 * an_capture_follow_gone freezes or marks what the captured tables of a source held that are not among its tables (List of
 * OIDs) any more.
 */
extern void an_capture_follow_gone(AnSpi *spi, Oid source, List *tables);

/* an_capture_unfreeze has everything built again where a partition with rows came back into a frozen range: what is in it now is the truth. */
extern void an_capture_unfreeze(AnSpi *spi, Oid source, Oid relid);

/* an_capture_bounds returns the range of times that all rows of a partition are in, as rollup_frozen has it; false where it is unknown. */
extern bool an_capture_bounds(Oid source, Oid relid, Datum bounds[2], bool *whole);

#endif /* AN_ROLLUP_CAPTURE_H */
