/*
 * catalog.c - reports in their catalog: loaded, described, dropped, written by define.c
 */
#include "report/report_private.h"

#include "utils/builtins.h"
#include "utils/guc.h"

#include "source/source.h"

static AnReportRow *find_report(AnSpi *spi, const char *name);
static List *report_names(AnSpi *spi);

/* Drops a report; refused to who is not its owner, and for one that is built in. */
AN_SQL(drop_report)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	char *owner;
	AnSpi spi;
	AnQuery query;
	AnUser user;

	PreventCommandIfReadOnly("drop_report()");
	an_spi_begin(&spi, AN_WRITE);
	owner = an_report_check_owner(&spi, name);
	if (owner == NULL)
		an_unknown("report", name, report_names(&spi));
	an_query_init(&query);
	appendStringInfoString(&query.sql, "DELETE FROM analytics.report_definitions "
									   "WHERE name = $1 AND NOT builtin AND owner = $2");
	(void) an_query_text(&query, name);
	(void) an_query_text(&query, owner);
	user = an_user_become(an_catalog_owner(), true);
	(void) an_query_run(&spi, &query, 0);
	an_user_restore(user);
	an_spi_end(&spi);
	PG_RETURN_VOID();
}

/* Returns the definition of a report. */
AN_SQL(describe_report)
{
	PG_RETURN_JSONB_P(an_report_load(text_to_cstring(PG_GETARG_TEXT_PP(0)))->spec);
}

AnReportRow *
an_report_load(const char *name)
{
	AnReportRow *row;
	AnSpi spi;

	an_spi_begin(&spi, AN_READ);
	row = find_report(&spi, name);
	if (row == NULL)
		an_unknown("report", name, report_names(&spi));
	an_spi_end(&spi);
	return row;
}

/* Returns the row of a report in the context of the caller, or NULL: one's own hides one that is built in. */
static AnReportRow *
find_report(AnSpi *spi, const char *name)
{
	AnReportRow *row;
	AnQuery query;
	MemoryContext old;
	bool isnull;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT spec, description, owner, search_path, builtin "
					 "FROM analytics.report_definitions WHERE name = $%d ORDER BY builtin LIMIT 1",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) == 0)
		return NULL;
	old = MemoryContextSwitchTo(spi->caller);
	row = palloc0(sizeof(AnReportRow));
	row->name = pstrdup(name);
	row->spec = DatumGetJsonbPCopy(an_spi_datum(0, 1, &isnull));
	row->description = an_spi_text(0, 2);
	row->owner = an_spi_text(0, 3);
	row->search_path = an_spi_text(0, 4);
	row->builtin = DatumGetBool(an_spi_datum(0, 5, &isnull));
	MemoryContextSwitchTo(old);
	return row;
}

char *
an_report_check_owner(AnSpi *spi, const char *name)
{
	AnReportRow *row = find_report(spi, name);
	Oid owner;

	if (row == NULL)
		return NULL;
	if (row->builtin)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("report \"%s\" came with the extension and cannot be changed", name),
						errhint("Define your own under another name, beginning with what "
								"describe_report returns of this one.")));
	owner = get_role_oid(row->owner, true);
	/* Of a role that is gone, or known by another name, the catalog's owner takes care. */
	if (!has_privs_of_role(GetUserId(), OidIsValid(owner) ? owner : an_catalog_owner()))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("must be owner of report \"%s\"", name),
						errhint("It belongs to \"%s\".", row->owner)));
	return row->owner;
}

static List *
report_names(AnSpi *spi)
{
	AnQuery query;
	List *names = NIL;

	an_query_init(&query);
	appendStringInfoString(&query.sql, "SELECT name FROM analytics.reports ORDER BY name");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		names = lappend(names, an_spi_text(i, 1));
	return names;
}

/* ------------------------------------------------------------------------
 * Where errors come from
 * ------------------------------------------------------------------------ */

static void
add_place(void *arg)
{
	const AnReportPlace *place = arg;

	errcontext("%s of report \"%s\"", place->path, place->report);
}

void
an_report_enter(AnReportPlace *place, const char *report, const char *path)
{
	place->report = report;
	place->path = path;
	place->callback.callback = add_place;
	place->callback.arg = place;
	place->callback.previous = error_context_stack;
	error_context_stack = &place->callback;
}

void
an_report_leave(AnReportPlace *place)
{
	error_context_stack = place->callback.previous;
}
