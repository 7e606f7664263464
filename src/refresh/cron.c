/*
 * cron.c - pg_cron, where it is there, calls tick each minute
 *
 * pg_cron knows minutes and one zone; schedules and zones are ours, so one job of each
 * user does for all policies.  A function of that name counts only if it belongs to the
 * extension pg_cron: anybody could have made a schema "cron".
 */
#include "refresh/run.h"

#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#define JOB_NAME	"analytics: tick"
#define JOB_TIMES	"* * * * *"
#define JOB_COMMAND "SELECT analytics.tick()"

static Oid cron_function(const char *name, int n_arguments);
static void run(const char *sql, const char *const *arguments, int n);

void
an_cron_start(void)
{
	static const char *const arguments[] = {JOB_NAME, JOB_TIMES, JOB_COMMAND};

	if (OidIsValid(cron_function("schedule", 3)))
		run("SELECT cron.schedule($1, $2, $3)", arguments, 3);
	else
		ereport(
			NOTICE,
			(errmsg("nothing in this database is known to call analytics.tick()"),
			 errdetail("A policy runs only when tick is called, each minute at best."),
			 errhint(
				 "Install pg_cron in this database and add the policy again; or let cron on any "
				 "machine run psql -c \"SELECT analytics.tick()\" each minute; or let a "
				 "worker of your application call it.")));
}

void
an_cron_stop(void)
{
	static const char *const arguments[] = {JOB_NAME};

	if (OidIsValid(cron_function("unschedule", 1)))
		run("SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname OPERATOR(pg_catalog.=) $1 "
			"AND username OPERATOR(pg_catalog.=) CURRENT_USER",
			arguments, 1);
}

/* Returns cron.name(text ...), or for one argument cron.name(bigint), that is pg_cron's and that the caller may call; or InvalidOid. */
static Oid
cron_function(const char *name, int n_arguments)
{
	Oid types[3] = {TEXTOID, TEXTOID, TEXTOID};
	Oid extension = get_extension_oid("pg_cron", true);
	Oid schema = get_namespace_oid("cron", true);
	Oid function;

	if (!OidIsValid(extension) || !OidIsValid(schema) ||
		!an_compat_may_use_schema(schema, GetUserId()))
		return InvalidOid;
	if (n_arguments == 1)
		types[0] = INT8OID;
	function = LookupFuncName(list_make2(makeString("cron"), makeString(pstrdup(name))),
							  n_arguments, types, true);
	if (!OidIsValid(function) || getExtensionOfObject(ProcedureRelationId, function) != extension ||
		!an_compat_may_call(function, GetUserId()))
		return InvalidOid;
	return function;
}

/* Runs a statement as the caller, with texts as its parameters. */
static void
run(const char *sql, const char *const *arguments, int n)
{
	AnSpi spi;
	AnQuery query;

	an_spi_begin(&spi, AN_WRITE);
	an_query_init(&query);
	appendStringInfoString(&query.sql, sql);
	for (int i = 0; i < n; i++)
		(void) an_query_text(&query, arguments[i]);
	(void) an_query_run(&spi, &query, 0);
	an_spi_end(&spi);
}
