/*
 * define.c - reports are defined: checked whole, then stored with the schemas that the definer sees
 */
#include "report/report_private.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "source/source.h"

static char *schemas_seen(void);
static void save(const char *name, Jsonb *spec, const char *description, bool replace);
static void already_exists(const char *name, const char *detail) pg_attribute_noreturn();

/* Defines a report, or redefines it with replace. */
AN_SQL(define_report)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	Jsonb *spec;
	bool read_only = XactReadOnly;

	PreventCommandIfReadOnly("define_report()");
	an_not_null(PG_ARGISNULL(1), "spec");
	an_name_check("report", name);
	spec = PG_GETARG_JSONB_P(1);
	/* As the caller, with the caller's search path; what is evaluated while a query is planned writes nothing. */
	XactReadOnly = true;
	an_report_check(name, spec);
	XactReadOnly = read_only;
	save(name, spec, an_arg_text(fcinfo, 2), !PG_ARGISNULL(3) && PG_GETARG_BOOL(3));
	PG_RETURN_VOID();
}

/*
 * Returns the caller's search path with its schemas by name, so that it means the same to everybody; temporary
 * tables come last, where nothing of theirs stands before what the definer meant.
 */
static char *
schemas_seen(void)
{
	StringInfoData path;
	ListCell *lc;

	initStringInfo(&path);
	foreach (lc, fetch_search_path(false))
	{
		char *schema = get_namespace_name(lfirst_oid(lc));

		if (schema && !isAnyTempNamespace(lfirst_oid(lc)))
			appendStringInfo(&path, "%s, ", quote_identifier(schema));
	}
	appendStringInfoString(&path, "pg_temp");
	return path.data;
}

static void
save(const char *name, Jsonb *spec, const char *description, bool replace)
{
	AnSpi spi;
	AnQuery query;
	AnUser user;
	char *path = schemas_seen();
	char *owner;

	an_spi_begin(&spi, AN_WRITE);
	owner = an_report_check_owner(&spi, name);
	if (owner && !replace)
		already_exists(name, NULL);
	an_query_init(&query);
	(void) an_query_text(&query, name);
	(void) an_query_param(&query, JSONBOID, JsonbPGetDatum(spec), false);
	(void) an_query_text(&query, description);
	(void) an_query_text(&query, GetUserNameFromId(GetUserId(), false));
	(void) an_query_text(&query, path);
	(void) an_query_text(&query, owner);
	/* Replaced is only what was there, and whose it was, when we looked: another's that came meanwhile stays. */
	appendStringInfoString(&query.sql,
						   "INSERT INTO analytics.report_definitions AS r (name, spec, "
						   "description, owner, search_path) "
						   "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name, builtin) DO UPDATE SET "
						   "spec = EXCLUDED.spec, description = EXCLUDED.description, "
						   "search_path = EXCLUDED.search_path WHERE r.owner = $6");
	user = an_user_become(an_catalog_owner(), true);
	if (an_query_run(&spi, &query, 0) == 0)
		already_exists(name, "Another session has just defined it.");
	an_user_restore(user);
	an_spi_end(&spi);
}

static void
already_exists(const char *name, const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("report \"%s\" already exists", name),
					detail ? errdetail("%s", detail) : 0,
					errhint("Redefine it with replace => true, or drop it with drop_report.")));
}
