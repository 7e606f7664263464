/*
 * capture_install.c - the triggers of one captured table
 */
#include "rollup/capture.h"

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_trigger.h"
#include "rollup/create.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* When a trigger is needed. */
typedef enum Need
{
	NEED_ALWAYS,  /* on every captured table */
	NEED_INSERTS, /* with capture trigger */
	NEED_XID,	  /* with capture xid */
} Need;

/* One trigger. */
typedef struct Definition
{
	const char *name;  /* its name */
	const char *event; /* after what */
	const char *rest;  /* behind the table's name */
	const char *mode;  /* ALWAYS, or REPLICA for what only applied replication fires */
	bool row;		   /* for each row: made on the source's table, its partitions get copies */
	Need need;		   /* when it is needed */
} Definition;

static const Definition definitions[] = {
	{"analytics_insert", "INSERT",
	 "REFERENCING NEW TABLE AS analytics_new FOR EACH STATEMENT EXECUTE FUNCTION "
	 "analytics.rollup_mark()",
	 "ALWAYS", false, NEED_INSERTS},
	{"analytics_update", "UPDATE",
	 "REFERENCING OLD TABLE AS analytics_old NEW TABLE AS analytics_new FOR EACH STATEMENT "
	 "EXECUTE FUNCTION analytics.rollup_mark()",
	 "ALWAYS", false, NEED_ALWAYS},
	{"analytics_delete", "DELETE",
	 "REFERENCING OLD TABLE AS analytics_old FOR EACH STATEMENT EXECUTE FUNCTION "
	 "analytics.rollup_mark()",
	 "ALWAYS", false, NEED_ALWAYS},
	{"analytics_truncate", "TRUNCATE",
	 "FOR EACH STATEMENT EXECUTE FUNCTION analytics.rollup_mark()", "ALWAYS", false, NEED_ALWAYS},
	{"analytics_watch", "INSERT",
	 "FOR EACH ROW WHEN (analytics.inserted_elsewhere(NEW." AN_XID_COLUMN
	 ")) EXECUTE FUNCTION analytics.rollup_mark('watch')",
	 "ALWAYS", true, NEED_XID},
	{"analytics_replica_insert", "INSERT", "FOR EACH ROW EXECUTE FUNCTION analytics.rollup_mark()",
	 "REPLICA", true, NEED_INSERTS},
	{"analytics_replica_update", "UPDATE", "FOR EACH ROW EXECUTE FUNCTION analytics.rollup_mark()",
	 "REPLICA", true, NEED_ALWAYS},
	{"analytics_replica_delete", "DELETE", "FOR EACH ROW EXECUTE FUNCTION analytics.rollup_mark()",
	 "REPLICA", true, NEED_ALWAYS},
};

/* The event trigger looks at the triggers of a table when their modes were changed; not while we do that. */
static int installing = 0;

static void install_triggers(AnSpi *spi, const AnCapturePart *part);
static void set_mode(AnSpi *spi, const Definition *definition, Oid relid);
static void remove_triggers(AnSpi *spi, Oid relid);
static bool is_needed(const Definition *definition, const AnCapturePart *part);
static List *triggers_of(AnSpi *spi, Oid relid);
static bool lists(List *names, const char *name);
static void set_default(AnSpi *spi, Oid relid);
static void record(AnSpi *spi, const AnCapturePart *part);

void
an_capture_part_install(AnSpi *spi, const AnCapturePart *part)
{
	installing++;
	PG_TRY();
	{
		if (part->xid)
			set_default(spi, part->relid);
		install_triggers(spi, part);
	}
	PG_FINALLY();
	{
		installing--;
	}
	PG_END_TRY();
	record(spi, part);
}

void
an_capture_part_remove(AnSpi *spi, Oid relid)
{
	installing++;
	PG_TRY();
	{
		remove_triggers(spi, relid);
	}
	PG_FINALLY();
	{
		installing--;
	}
	PG_END_TRY();
}

void
an_capture_part_modes(AnSpi *spi, Oid relid)
{
	List *there = triggers_of(spi, relid);

	installing++;
	PG_TRY();
	{
		for (int i = 0; i < lengthof(definitions); i++)
			if (lists(there, definitions[i].name))
				set_mode(spi, &definitions[i], relid);
	}
	PG_FINALLY();
	{
		installing--;
	}
	PG_END_TRY();
}

List *
an_capture_trigger_names(void)
{
	List *names = NIL;

	for (int i = 0; i < lengthof(definitions); i++)
		names = lappend(names, unconstify(char *, definitions[i].name));
	return names;
}

bool
an_capture_installing(void)
{
	return installing > 0;
}

void
an_capture_part_kinds(AnSpi *spi, AnCapturePart *part)
{
	List *names = triggers_of(spi, part->source);

	part->xid = lists(names, "analytics_watch");
	part->inserts = lists(names, "analytics_insert");
}

static void
install_triggers(AnSpi *spi, const AnCapturePart *part)
{
	List *there = triggers_of(spi, part->relid);
	char *table = an_relation_sql(part->relid);

	for (int i = 0; i < lengthof(definitions); i++)
	{
		const Definition *definition = &definitions[i];

		if (!is_needed(definition, part))
			continue;
		if (!lists(there, definition->name))
			an_rollup_command(spi, psprintf("CREATE TRIGGER %s AFTER %s ON %s %s", definition->name,
											definition->event, table, definition->rest));
		set_mode(spi, definition, part->relid);
	}
}

/* Has a trigger fire whatever the role of the session in replication is, or only for what is applied. */
static void
set_mode(AnSpi *spi, const Definition *definition, Oid relid)
{
	an_rollup_command(spi, psprintf("ALTER TABLE %s%s ENABLE %s TRIGGER %s",
									definition->row ? "" : "ONLY ", an_relation_sql(relid),
									definition->mode, definition->name));
}

static bool
is_needed(const Definition *definition, const AnCapturePart *part)
{
	if (definition->row && part->relid != part->source)
		return false;
	switch (definition->need)
	{
		case NEED_INSERTS:
			return part->inserts;
		case NEED_XID:
			return part->xid;
		case NEED_ALWAYS:
			break;
	}
	return true;
}

/* Drops our triggers of a table; those that are copies of a parent's go with that. */
static void
remove_triggers(AnSpi *spi, Oid relid)
{
	ListCell *lc;

	foreach (lc, triggers_of(spi, relid))
		an_rollup_command(spi, psprintf("DROP TRIGGER %s ON %s", quote_identifier(lfirst(lc)),
										an_relation_sql(relid)));
}

/* Lists our triggers of a table, but for copies of a parent's. */
static List *
triggers_of(AnSpi *spi, Oid relid)
{
	List *names = NIL;
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(
		&query.sql,
		"SELECT tgname FROM pg_catalog.pg_trigger WHERE tgrelid = %u AND tgparentid = 0 "
		"AND tgfoid = 'analytics.rollup_mark()'::pg_catalog.regprocedure",
		relid);
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		names = lappend(names, an_spi_text(i, 1));
	return names;
}

static bool
lists(List *names, const char *name)
{
	ListCell *lc;

	foreach (lc, names)
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	return false;
}

/* Gives the column `_x` its default, if it has none. */
static void
set_default(AnSpi *spi, Oid relid)
{
	HeapTuple tuple = SearchSysCacheAttName(relid, AN_XID_COLUMN);
	bool there;

	if (!HeapTupleIsValid(tuple))
		return;
	there = ((Form_pg_attribute) GETSTRUCT(tuple))->atthasdef;
	ReleaseSysCache(tuple);
	if (!there)
		an_rollup_command(spi, psprintf("ALTER TABLE ONLY %s ALTER COLUMN %s SET DEFAULT "
										"analytics.current_xid()",
										an_relation_sql(relid), AN_XID_COLUMN));
}

/* Records what is captured, with the range of its times: that is gone from the catalogs when the table is. */
static void
record(AnSpi *spi, const AnCapturePart *part)
{
	Datum bounds[2] = {0};
	bool whole = false;
	bool bounded = an_capture_bounds(part->source, part->relid, bounds, &whole);
	AnUser user = an_user_become(an_catalog_owner(), false);
	AnQuery query;

	an_query_init(&query);
	(void) an_query_param(&query, TIMESTAMPTZOID, bounds[0], !bounded);
	(void) an_query_param(&query, TIMESTAMPTZOID, bounds[1], !bounded);
	(void) an_query_param(&query, BOOLOID, BoolGetDatum(whole), false);
	appendStringInfo(&query.sql,
					 "INSERT INTO analytics.rollup_tables (source, relation, start, finish, whole) "
					 "VALUES (%u, %u, $1, $2, $3) ON CONFLICT DO NOTHING",
					 part->source, part->relid);
	(void) an_query_run(spi, &query, 0);
	an_user_restore(user);
}
