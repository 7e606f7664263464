/*
 * check.c - check_source: what in the events would spoil answers
 *
 * One scan counts everything that a row alone can show; duplicates of event ids
 * take a second one.  A finding is reported only where there is something to say.
 */
#include "source/source.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

/* What one aggregate of the scan finds; in `condition` t is the time, e the entity, $1 now. */
static const struct
{
	const char *finding;   /* name of the finding */
	const char *severity;  /* error: the rows are lost to answers; warning: look at them */
	const char *condition; /* rows that it counts */
	const char *hint;	   /* what to do */
} findings[] = {
	{"time is null", "error", "t IS NULL",
	 "These events are in no answer; give them a time in the at expression."},
	{"time is infinite", "error", "NOT isfinite(t)",
	 "These events are in no time series; mend them in the table."},
	{"time far in the future", "warning", "t > $1 + interval '1 day' AND isfinite(t)",
	 "Wrong clocks or wrong units (milliseconds taken for seconds) put events into years to come."},
	{"time ahead of the clock", "warning", "t > $1 AND t <= $1 + interval '1 day'",
	 "Clocks of the senders run ahead, or local time was stored as UTC."},
	{"time before 1990", "warning", "t < '1990-01-01 00:00+00' AND isfinite(t)",
	 "A clock that was never set, or a zero taken for a time."},
	{"entity is null", "warning", "e IS NULL",
	 "Nobody is counted for these events; give a fallback such as coalesce(user_id, install_id)."},
};

static void put(ReturnSetInfo *rsinfo, const char *finding, const char *severity, int64 events,
				const char *hint);
static void put_counts(AnSpi *spi, const AnSource *source, ReturnSetInfo *rsinfo);
static void put_duplicates(AnSpi *spi, const AnSource *source, ReturnSetInfo *rsinfo);
static void put_index(AnSpi *spi, const AnSource *source, ReturnSetInfo *rsinfo);
static int64 count_of(uint64 row, int column);

/* Returns the findings over a source; no row where all is well. */
AN_SQL(check_source)
{
	AnSpi spi;
	AnSource *source;
	char *name;

	name = an_arg_required(fcinfo, 0, "name");
	InitMaterializedSRF(fcinfo, 0);
	an_spi_begin(&spi, AN_READ);
	source = an_source_load(&spi, name);
	put_counts(&spi, source, (ReturnSetInfo *) fcinfo->resultinfo);
	put_duplicates(&spi, source, (ReturnSetInfo *) fcinfo->resultinfo);
	put_index(&spi, source, (ReturnSetInfo *) fcinfo->resultinfo);
	an_spi_end(&spi);
	return (Datum) 0;
}

static void
put_counts(AnSpi *spi, const AnSource *source, ReturnSetInfo *rsinfo)
{
	AnTimeView *view = an_source_time(source, NULL, false);
	AnQuery query;

	an_query_init(&query);
	(void) an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(an_now()), false);
	appendStringInfoString(&query.sql, "SELECT count(*)");
	for (int i = 0; i < lengthof(findings); i++)
		appendStringInfo(&query.sql, ", count(*) FILTER (WHERE %s)", findings[i].condition);
	appendStringInfo(&query.sql, " FROM (SELECT %s AS t, (%s) AS e FROM %s) s",
					 view->type == TIMESTAMPTZOID
						 ? view->sql
						 : psprintf("timezone(%s, %s::timestamp)",
									quote_literal_cstr(view->zone_name), view->sql),
					 source->roles[AN_ROLE_ENTITY].text, source->relation);
	(void) an_query_run(spi, &query, 0);
	if (count_of(0, 1) == 0)
		put(rsinfo, "no events", "warning", 0,
			"Every answer will be empty; is this the right relation?");
	for (int i = 0; i < lengthof(findings); i++)
		if (count_of(0, 2 + i) > 0)
			put(rsinfo, findings[i].finding, findings[i].severity, count_of(0, 2 + i),
				findings[i].hint);
}

static void
put_duplicates(AnSpi *spi, const AnSource *source, ReturnSetInfo *rsinfo)
{
	AnQuery query;

	if (source->roles[AN_ROLE_EVENT_ID].text == NULL)
		return;
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT coalesce(sum(n - 1), 0)::bigint FROM (SELECT count(*) AS n FROM %s "
					 "WHERE (%s) IS NOT NULL GROUP BY (%s) HAVING count(*) > 1) d",
					 source->relation, source->roles[AN_ROLE_EVENT_ID].text,
					 source->roles[AN_ROLE_EVENT_ID].text);
	(void) an_query_run(spi, &query, 0);
	if (count_of(0, 1) > 0)
		put(rsinfo, "duplicate event id", "warning", count_of(0, 1),
			"The same event came more than once and is counted each time; remove the copies.");
}

/* Looks for an index that begins with the time: without one each answer reads the whole relation. */
static void
put_index(AnSpi *spi, const AnSource *source, ReturnSetInfo *rsinfo)
{
	char kind = get_rel_relkind(source->relid);
	AnQuery query;

	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE && kind != RELKIND_MATVIEW)
		return;
	an_query_init(&query);
	(void) an_query_param(&query, OIDOID, ObjectIdGetDatum(source->relid), false);
	appendStringInfo(
		&query.sql,
		"SELECT 1 FROM pg_catalog.pg_index i, pg_catalog.generate_series(1, i.indnkeyatts) k "
		"WHERE i.indrelid = $1 AND i.indisvalid AND "
		"pg_catalog.btrim(pg_catalog.pg_get_indexdef(i.indexrelid, k, false), '()') = "
		"pg_catalog.btrim($%d, '()') LIMIT 1",
		an_query_text(&query, source->roles[AN_ROLE_AT].text));
	if (an_query_run(spi, &query, 0) == 0)
		put(rsinfo, "no index on the time", "info", 0,
			"Each answer reads the whole relation; create an index on the at expression.");
}

static int64
count_of(uint64 row, int column)
{
	bool isnull;

	return DatumGetInt64(an_spi_datum(row, column, &isnull));
}

static void
put(ReturnSetInfo *rsinfo, const char *finding, const char *severity, int64 events,
	const char *hint)
{
	Datum values[4] = {CStringGetTextDatum(finding), CStringGetTextDatum(severity),
					   Int64GetDatum(events), CStringGetTextDatum(hint)};
	bool nulls[4] = {false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}
