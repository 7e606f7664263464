/*
 * status.c - what a rollup has yet to take up
 */
#include "rollup/work.h"

#include "base/schema.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

/* Columns of rollup_pending. */
enum
{
	PENDING_VALID,
	PENDING_NEWER,
	PENDING_DIRTY,
	PENDING_REFUSED,
	N_PENDING,
};

static void read_pending(AnSpi *spi, const AnRollup *rollup, Datum *values, bool *nulls);
static Datum count_newer(AnSpi *spi, const AnRollup *rollup, const AnRollupProgress *progress);

/*
 * Counts what a rollup has yet to take up; what is not known is NULL: before the first refresh, for scan, and to
 * whom the rollup does not belong, or who may not see all events.
 */
AN_SQL(rollup_pending)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	Datum values[N_PENDING] = {BoolGetDatum(false)};
	bool nulls[N_PENDING] = {true, true, true, true};
	TupleDesc tupdesc;
	AnRollup *rollup;
	AnSpi spi;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "rollup_pending is not declared to return a row");
	tupdesc = BlessTupleDesc(tupdesc);
	an_spi_begin(&spi, AN_READ);
	rollup = an_rollup_load(&spi, name);
	if (rollup->stale)
		nulls[PENDING_VALID] = false;
	else if (has_privs_of_role(GetUserId(), an_relation_owner(rollup->relid)))
		read_pending(&spi, rollup, values, nulls);
	an_spi_end(&spi);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values, nulls)));
}

static void
read_pending(AnSpi *spi, const AnRollup *rollup, Datum *values, bool *nulls)
{
	AnRollupProgress progress = an_rollup_progress(spi, rollup);
	AnRollupMarks marks = an_rollup_marks(spi, rollup, NULL);

	nulls[PENDING_VALID] = false;
	values[PENDING_VALID] = BoolGetDatum(progress.valid && !marks.all);
	nulls[PENDING_DIRTY] = nulls[PENDING_REFUSED] = marks.all;
	values[PENDING_DIRTY] = Int64GetDatum(marks.n);
	values[PENDING_REFUSED] = Int64GetDatum(marks.refused);
	nulls[PENDING_NEWER] = !progress.valid || marks.all || rollup->capture == AN_CAPTURE_SCAN ||
						   an_source_secured(rollup->source) ||
						   !an_rollup_may_read(spi, rollup, NULL);
	if (!nulls[PENDING_NEWER])
		values[PENDING_NEWER] = count_newer(spi, rollup, &progress);
}

/* Counts the events that no cell holds; every one that triggers know of has marked its cell. */
static Datum
count_newer(AnSpi *spi, const AnRollup *rollup, const AnRollupProgress *progress)
{
	AnQuery query;
	bool none;

	if (rollup->capture != AN_CAPTURE_XID)
		return Int64GetDatum(0);
	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT pg_catalog.count(*) FROM %s WHERE ",
					 rollup->source->relation);
	an_rollup_unseen(&query, progress);
	appendStringInfoString(&query.sql, " AND ");
	an_time_range(&query, rollup->view, progress->covered, DT_NOEND);
	(void) an_query_run(spi, &query, 0);
	return an_spi_datum(0, 1, &none);
}
