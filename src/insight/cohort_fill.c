/*
 * cohort_fill.c - the members of a cohort made equal to what its query returns
 *
 * The query runs first, read only, and its rows are kept aside (in work_mem, then in
 * a file); then what is gone is deleted and what is new inserted, so a refresh writes
 * only the difference, and whoever reads meanwhile sees the members as they were.
 */
#include "insight/cohort.h"

#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/queryenvironment.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

/* Name under which our statements see the rows of the query. */
#define ROWS "cohort_rows"

/* The rows of a query, kept aside. */
typedef struct Rows
{
	Tuplestorestate *store; /* the rows: one column, text */
	TupleDesc desc;			/* what they look like */
} Rows;

static Rows *run_query(AnSpi *spi, const AnCohort *cohort);
static void keep_row(void *arg, const Datum *values, const bool *nulls);
static void show_rows(const Rows *rows);
static int64 run(AnSpi *spi, char *sql);

AnCohortChange
an_cohort_fill(AnSpi *spi, AnCohort *cohort)
{
	TimestampTz start = GetCurrentTimestamp();
	AnCohortChange change = {0};
	const char *m = cohort->relation, *e = cohort->column;
	AnUser user = an_user_become(cohort->owner, true);
	Rows *rows = run_query(spi, cohort);
	bool isnull;

	show_rows(rows);
	change.removed =
		run(spi, psprintf("DELETE FROM %s m WHERE NOT EXISTS "
						  "(SELECT FROM " ROWS " r WHERE r.entity OPERATOR(pg_catalog.=) m.%s)",
						  m, e));
	change.added =
		run(spi, psprintf("INSERT INTO %s (%s) SELECT r.entity FROM " ROWS " r WHERE NOT EXISTS "
						  "(SELECT FROM %s m WHERE m.%s OPERATOR(pg_catalog.=) r.entity) "
						  "ORDER BY r.entity ON CONFLICT DO NOTHING",
						  m, e, m, e));
	(void) run(spi, psprintf("SELECT pg_catalog.count(*) FROM %s", m));
	cohort->members = DatumGetInt64(an_spi_datum(0, 1, &isnull));
	(void) SPI_unregister_relation(ROWS);
	tuplestore_end(rows->store);
	an_user_restore(user);
	change.took =
		*DatumGetIntervalP(DirectFunctionCall2(timestamp_mi, GetCurrentTimestamp(), start));
	an_cohort_changed(spi, cohort, &change.took);
	return change;
}

/*
 * Runs the query in a transaction that is read only for that long, so that functions
 * which it calls cannot write either.  Its snapshot is taken now, with the cohort
 * locked: a refresh that waited for another one does not bring older members back.
 */
static Rows *
run_query(AnSpi *spi, const AnCohort *cohort)
{
	char *canonical = an_cohort_check_query(cohort->name, cohort->query);
	Rows *rows = palloc(sizeof(Rows));
	bool read_only = XactReadOnly;
	AnSpiMode mode = spi->mode;
	AnQuery query;

	rows->store = tuplestore_begin_heap(false, false, work_mem);
	rows->desc = CreateTemplateTupleDesc(1);
	TupleDescInitEntry(rows->desc, 1, "entity", TEXTOID, -1, 0);
	TupleDescInitEntryCollation(rows->desc, 1, C_COLLATION_OID);

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT DISTINCT (q.entity)::pg_catalog.text COLLATE pg_catalog.\"C\" "
					 "FROM (%s) q(entity)",
					 canonical);
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	/* Not by the setting, which functions may not set; after an error PostgreSQL puts this back itself. */
	XactReadOnly = true;
	spi->mode = AN_READ;
	(void) an_query_each(spi, &query, keep_row, rows);
	spi->mode = mode;
	XactReadOnly = read_only;
	PopActiveSnapshot();
	return rows;
}

static void
keep_row(void *arg, const Datum *values, const bool *nulls)
{
	Rows *rows = arg;

	if (!nulls[0])
		tuplestore_putvalues(rows->store, rows->desc, unconstify(Datum *, values),
							 unconstify(bool *, nulls));
}

/* Lets the statements that follow read the rows as a relation. */
static void
show_rows(const Rows *rows)
{
	EphemeralNamedRelation relation = palloc0(sizeof(EphemeralNamedRelationData));

	relation->md.name = ROWS;
	relation->md.tupdesc = rows->desc;
	relation->md.enrtype = ENR_NAMED_TUPLESTORE;
	relation->md.enrtuples = tuplestore_tuple_count(rows->store);
	relation->reldata = rows->store;
	if (SPI_register_relation(relation) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register the rows of a query");
}

static int64
run(AnSpi *spi, char *sql)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfoString(&query.sql, sql);
	return an_query_run(spi, &query, 0);
}
