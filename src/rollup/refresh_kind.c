/*
 * refresh_kind.c - rollups as things that can be refreshed by a schedule
 */
#include "rollup/work.h"

#include "catalog/namespace.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "refresh/refresh.h"

/* One run writes about so many cells: however much there is to do, the next policy gets its turn. */
#define CELLS_PER_RUN 100000

static Oid find_rollup(const char *name);
static Oid find_table(const char *name);
static char *rollup_label(Oid relid);
static char *query_text(AnQuery *query);
static void run_rollup(Oid relid, AnRefreshDone *done);

static const AnRefreshKind rollup_kind = {
	.name = "rollup",
	.find = find_rollup,
	.label = rollup_label,
	.run = run_rollup,
};

void
an_rollup_refresh_init(void)
{
	an_refresh_register(&rollup_kind);
}

/* Finds the table of the rollup of that name, or the table of that name if it is a rollup's. */
static Oid
find_rollup(const char *name)
{
	Oid table = find_table(name);
	AnQuery query;
	char *found;

	an_query_init(&query);
	(void) an_query_text(&query, name);
	(void) an_query_param(&query, OIDOID, ObjectIdGetDatum(table), false);
	appendStringInfoString(&query.sql,
						   "SELECT relation::oid FROM analytics.rollups WHERE name = $1 OR "
						   "relation = $2 ORDER BY name = $1 DESC LIMIT 1");
	found = query_text(&query);
	return found ? atooid(found) : InvalidOid;
}

/* Finds a relation by its name, with its schema or on the search path; any text may be asked for. */
static Oid
find_table(const char *name)
{
	List *names;

	if (!SplitIdentifierString(pstrdup(name), '.', &names) || list_length(names) < 1 ||
		list_length(names) > 2)
		return InvalidOid;
	return RangeVarGetRelid(
		makeRangeVar(list_length(names) == 2 ? linitial(names) : NULL, llast(names), -1), NoLock,
		true);
}

static char *
rollup_label(Oid relid)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT name FROM analytics.rollups WHERE relation = %u", relid);
	return query_text(&query);
}

/* Returns the one value of a query as text, in the current context; NULL where it finds nothing. */
static char *
query_text(AnQuery *query)
{
	char *text = NULL;
	AnSpi spi;

	an_spi_begin(&spi, AN_WRITE);
	if (an_query_run(&spi, query, 1) > 0)
		text = MemoryContextStrdup(spi.caller, an_spi_text(0, 1));
	an_spi_end(&spi);
	return text;
}

/* Refreshes a rollup, some of it; not while somebody else does. */
static void
run_rollup(Oid relid, AnRefreshDone *done)
{
	char *name = rollup_label(relid);
	AnRollupDone result;

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("the rollup does not exist any more")));
	result = an_rollup_refresh(name, CELLS_PER_RUN, false);
	done->method = result.skipped ? "skipped" : result.rebuilt ? "rebuilt" : "incremental";
	if (!result.skipped)
		done->rows = result.cells;
}
