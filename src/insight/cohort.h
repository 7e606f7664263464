/*
 * cohort.h - named sets of entities; private to the room
 *
 * The catalog analytics.cohorts says which cohorts there are.  The members stand in
 * an ordinary table that belongs to whoever made the cohort: its first column, text
 * with collation "C", is the entity.  Who owns that table owns the cohort; who may
 * read it may read the cohort.
 *
 * All that changes a cohort runs as its owner, in a security-restricted operation as
 * REFRESH MATERIALIZED VIEW does: what a query or a trigger on the members does,
 * it does with the rights of who wrote it.  Rows of the catalog are written by fixed
 * statements as the catalog's owner, so nobody needs rights on it, and nobody can
 * put another's query there.
 */
#ifndef AN_INSIGHT_COHORT_H
#define AN_INSIGHT_COHORT_H

#include "insight/events.h"
#include "storage/lockdefs.h"

/* Longest query of a cohort, in bytes. */
#define AN_COHORT_QUERY_MAX 65536

/* Most cohorts that one cohort_overlap compares: each is a bit of a bigint. */
#define AN_COHORT_OVERLAP_MAX 62

/* A cohort, read from the catalog. */
typedef struct AnCohort
{
	char *name;		/* as created */
	char *query;	/* canonical query, or NULL for a static one */
	Oid relid;		/* table of its members */
	Oid owner;		/* who owns that table; InvalidOid where it is gone */
	char *relation; /* quoted name of the table with its schema; NULL where it is gone */
	char *column;	/* quoted name of the entity's column; NULL where there is none to read */
	int64 members;	/* how many there were after the last change */
} AnCohort;

/* an_cohort_load reads a cohort; raises 42704 with the nearest name, 42P01 where its table is gone, 42809 where that holds no members. */
extern AnCohort *an_cohort_load(AnSpi *spi, const char *name);

/* an_cohort_find is the same, but returns a cohort without a table, or with such a one, too. */
extern AnCohort *an_cohort_find(AnSpi *spi, const char *name);

/*
 * an_cohort_lock reads a cohort in order to change it, and locks its table in this mode, then its row: two
 * changes come one after the other.  Raises 42P01 where the table is gone unless the lock is exclusive, 42501 unless the caller has the rights of its owner.
 */
extern AnCohort *an_cohort_lock(AnSpi *spi, const char *name, LOCKMODE mode);

/* an_cohort_changed writes into the catalog how many members there are now; took may be NULL. */
extern void an_cohort_changed(AnSpi *spi, const AnCohort *cohort, const Interval *took);

/*
 * an_cohort_check_query parses and analyses the query of a cohort with the current search
 * path, and returns its canonical form in the current context.  Raises 42601, 0A000, 42804 and
 * what the analysis raises.
 */
extern char *an_cohort_check_query(const char *name, const char *text);

/* What a refresh did. */
typedef struct AnCohortChange
{
	int64 added;   /* entities that are members now and were not */
	int64 removed; /* and the other way round */
	Interval took; /* how long it took */
} AnCohortChange;

/* an_cohort_fill runs the query of a locked cohort and makes its result the members; sets cohort->members. */
extern AnCohortChange an_cohort_fill(AnSpi *spi, AnCohort *cohort);

/*
 * an_cohort_filters appends " AND ..." to the statement of events for the keys "cohort" and "not_cohort"
 * of their filters, where these name no dimension, and returns the filters without them (NULL for none).
 */
extern Jsonb *an_cohort_filters(AnEvents *events);

/* an_cohort_dropped is what happens when a command has dropped tables of members. */
extern void an_cohort_dropped(AnSpi *spi, bool cascade);

#endif /* AN_INSIGHT_COHORT_H */
