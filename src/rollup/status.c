/*
 * status.c - what a rollup has yet to take up
 */
#include "rollup/work.h"

#include "base/schema.h"
#include "catalog/namespace.h"
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

static Oid owner_of(AnSpi *spi, const char *name);
static void read_pending(AnSpi *spi, const AnRollup *rollup, Datum *values, bool *nulls);
static Datum count_newer(AnSpi *spi, const AnRollup *rollup, const AnRollupProgress *progress);

/*
 * Counts what a rollup has yet to take up; what is not known is NULL: before the first refresh, for scan, and for
 * whom the rollup does not belong to.
 */
AN_SQL(rollup_pending)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	Datum values[N_PENDING] = {BoolGetDatum(false)};
	bool nulls[N_PENDING] = {true, true, true, true};
	TupleDesc tupdesc;
	AnUser user;
	AnSpi spi;
	Oid owner;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "rollup_pending is not declared to return a row");
	tupdesc = BlessTupleDesc(tupdesc);
	an_spi_begin(&spi, AN_READ);
	owner = owner_of(&spi, name);
	if (OidIsValid(owner) && has_privs_of_role(GetUserId(), owner) &&
		an_compat_may_use_schema(get_namespace_oid(AN_SCHEMA, false), owner))
	{
		/* As the owner, like a refresh: who looks at all rollups there are runs nothing that others wrote. */
		user = an_user_become(owner, true);
		read_pending(&spi, an_rollup_load(&spi, name), values, nulls);
		an_user_restore(user);
	}
	an_spi_end(&spi);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values, nulls)));
}

/* Returns who owns a rollup, or InvalidOid where its table is gone; raises 42704 for an unknown one. */
static Oid
owner_of(AnSpi *spi, const char *name)
{
	AnQuery query;
	bool none;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT relation::oid FROM analytics.rollups WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) == 0)
		an_unknown("rollup", name, an_rollup_names(spi));
	return an_relation_owner(DatumGetObjectId(an_spi_datum(0, 1, &none)));
}

static void
read_pending(AnSpi *spi, const AnRollup *rollup, Datum *values, bool *nulls)
{
	AnRollupProgress progress;
	AnRollupMarks marks;

	nulls[PENDING_VALID] = false;
	if (rollup->stale)
		return;
	progress = an_rollup_progress(spi, rollup);
	marks = an_rollup_marks(spi, rollup, NULL);
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
