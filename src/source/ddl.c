/*
 * ddl.c - what happens to sources when their relation or a column of it changes
 *
 * An event trigger makes a source behave like a view would: dropping the
 * relation, or a column that an expression reads, is refused unless CASCADE,
 * which drops the source and what stands on it; a renamed column is followed.  What stands
 * on a source may refuse another type of a column.
 * (Relations are kept by OID: renaming or moving them needs nothing.)
 *
 * The trigger fires for whoever runs the command, who may have no right on our
 * catalog; its fixed statements therefore run as the catalog's owner, as the
 * checks of foreign keys run as the owner of their table.
 */
#include "source/source.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "commands/event_trigger.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/* One dropped relation or column that is a source's. */
typedef struct Dropped
{
	char *source;	/* name of the source */
	char *relation; /* what was dropped, for messages: its kind and name; with a column, its name */
	char *column;	/* the column, or NULL for the whole relation */
} Dropped;

static List *dependents = NIL; /* const AnSourceDependent * of each higher room */
static bool restoring = false; /* the event trigger is at work for a command of a restore */

static void after_drop(AnSpi *spi, bool cascade);
static void after_rename(AnSpi *spi, RenameStmt *statement);
static void after_alter(AnSpi *spi, AlterTableStmt *statement);
static List *altered_types(Node *statement);
static bool altered_relation(AnSpi *spi, bool column, Oid *relid);
static List *sources_over(AnSpi *spi, Oid relid);
static bool is_column_rename(Node *statement);
static bool is_restore(void);
static bool is_cascade(Node *statement);
static List *dropped_sources(AnSpi *spi);
static void drop_one(AnSpi *spi, const Dropped *dropped, bool cascade);
static AnRole role_reading(AnSpi *spi, const char *source, const char *column);
static void rename_in_source(AnSpi *spi, const char *source, const char *old, const char *new);

void
an_source_register(const AnSourceDependent *dependent)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	dependents = lappend(dependents, unconstify(AnSourceDependent *, dependent));
	MemoryContextSwitchTo(old);
}

void
an_source_dependents_drop(AnSpi *spi, const char *source, bool cascade)
{
	ListCell *lc;

	foreach (lc, dependents)
	{
		const AnSourceDependent *dependent = lfirst(lc);

		if (dependent->drop)
			dependent->drop(spi, source, cascade);
	}
}

void
an_source_dependents_altered(AnSpi *spi, const char *source)
{
	ListCell *lc;

	foreach (lc, dependents)
	{
		const AnSourceDependent *dependent = lfirst(lc);

		if (dependent->altered)
			dependent->altered(spi, source);
	}
}

bool
an_source_restoring(void)
{
	return restoring || is_restore();
}

/* Event trigger on sql_drop and on ddl_command_end of ALTER ... RENAME and ALTER COLUMN ... TYPE. */
AN_SQL(source_ddl)
{
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;
	Oid owner, user;
	int security;
	bool cascade;
	AnSpi spi;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("source_ddl can only be called as an event trigger")));
	owner = an_catalog_owner();
	if (!OidIsValid(owner) ||
		(strcmp(data->event, "ddl_command_end") == 0 && !is_column_rename(data->parsetree) &&
		 altered_types(data->parsetree) == NIL))
		PG_RETURN_NULL();

	cascade = is_cascade(data->parsetree);
	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(owner, security | SECURITY_LOCAL_USERID_CHANGE);
	PG_TRY();
	{
		restoring = is_restore();
		an_spi_begin(&spi, AN_WRITE);
		if (strcmp(data->event, "sql_drop") == 0)
			after_drop(&spi, cascade);
		else if (IsA(data->parsetree, AlterTableStmt))
			after_alter(&spi, (AlterTableStmt *) data->parsetree);
		else
			after_rename(&spi, (RenameStmt *) data->parsetree);
		an_spi_end(&spi);
	}
	PG_FINALLY();
	{
		restoring = false;
	}
	PG_END_TRY();
	SetUserIdAndSecContext(user, security);
	PG_RETURN_NULL();
}

Oid
an_catalog_owner(void)
{
	Oid schema = get_namespace_oid(AN_SCHEMA, true);
	Oid table = OidIsValid(schema) ? get_relname_relid("sources", schema) : InvalidOid;
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

static void
after_drop(AnSpi *spi, bool cascade)
{
	ListCell *lc;

	foreach (lc, dropped_sources(spi))
		drop_one(spi, lfirst(lc), cascade);
	foreach (lc, dependents)
	{
		const AnSourceDependent *dependent = lfirst(lc);

		if (dependent->dropped)
			dependent->dropped(spi, cascade);
	}
}

static bool
is_column_rename(Node *statement)
{
	return IsA(statement, RenameStmt) && ((RenameStmt *) statement)->renameType == OBJECT_COLUMN;
}

/*
 * Tells whether a command belongs to a restore.  pg_restore --clean drops tables before the
 * extension that it did not see depend on them, and brings our catalog back afterwards; the scripts
 * of pg_dump, and nobody else, run with an empty search path.
 */
static bool
is_restore(void)
{
	return namespace_search_path[0] == '\0';
}

/* Tells whether what depends goes too: the statement says CASCADE, or it belongs to a restore. */
static bool
is_cascade(Node *statement)
{
	ListCell *lc;

	if (is_restore())
		return true;
	if (IsA(statement, DropStmt))
		return ((DropStmt *) statement)->behavior == DROP_CASCADE;
	if (IsA(statement, DropOwnedStmt))
		return ((DropOwnedStmt *) statement)->behavior == DROP_CASCADE;
	if (IsA(statement, AlterTableStmt))
		foreach (lc, ((AlterTableStmt *) statement)->cmds)
			if (lfirst_node(AlterTableCmd, lc)->behavior == DROP_CASCADE)
				return true;
	return false;
}

/* Lists what this command dropped of any source, as Dropped *. */
static List *
dropped_sources(AnSpi *spi)
{
	AnQuery query;
	List *list = NIL;

	an_query_init(&query);
	appendStringInfoString(
		&query.sql,
		"SELECT s.name, CASE WHEN d.objsubid = 0 THEN d.object_type || ' ' || d.object_identity "
		"ELSE d.address_names[2] END, CASE WHEN d.objsubid <> 0 THEN d.address_names[3] END "
		"FROM pg_catalog.pg_event_trigger_dropped_objects() d "
		"JOIN analytics.sources s ON s.relation::oid = d.objid "
		"WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass ORDER BY s.name, d.objsubid");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Dropped *dropped = palloc(sizeof(Dropped));

		dropped->source = an_spi_text(i, 1);
		dropped->relation = an_spi_text(i, 2);
		dropped->column = an_spi_text(i, 3);
		list = lappend(list, dropped);
	}
	return list;
}

static void
drop_one(AnSpi *spi, const Dropped *dropped, bool cascade)
{
	AnQuery query;
	AnRole role = AN_ROLE_AT;
	ListCell *lc;

	if (dropped->column)
	{
		role = role_reading(spi, dropped->source, dropped->column);
		if (role == AN_N_ROLES)
		{
			foreach (lc, dependents)
			{
				const AnSourceDependent *dependent = lfirst(lc);

				if (dependent->column_drop)
					dependent->column_drop(spi, dropped->source, dropped->column, cascade);
			}
			return;
		}
	}
	if (!cascade)
		ereport(
			ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 dropped->column
				 ? errmsg("cannot drop column %s of table %s because other objects depend on it",
						  dropped->column, dropped->relation)
				 : errmsg("cannot drop %s because other objects depend on it", dropped->relation),
			 dropped->column ? errdetail("The \"%s\" expression of source \"%s\" reads it.",
										 an_source_role_name(role), dropped->source)
							 : errdetail("Source \"%s\" depends on it.", dropped->source),
			 errhint("Use DROP ... CASCADE to drop the source too, or alter_source first.")));
	an_source_dependents_drop(spi, dropped->source, true);
	an_query_init(&query);
	appendStringInfo(&query.sql, "DELETE FROM analytics.sources WHERE name = $%d",
					 an_query_text(&query, dropped->source));
	if (an_query_run(spi, &query, 0) > 0)
		ereport(NOTICE, (errmsg("drop cascades to source \"%s\"", dropped->source)));
}

/* Returns the first role of a source whose expression reads a column, or AN_N_ROLES. */
static AnRole
role_reading(AnSpi *spi, const char *source, const char *column)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT at, entity, event, tenant, session, properties, event_id "
					 "FROM analytics.sources WHERE name = $%d",
					 an_query_text(&query, source));
	if (an_query_run(spi, &query, 0) == 0)
		return AN_N_ROLES;
	for (AnRole role = 0; role < AN_N_ROLES; role++)
	{
		char *text = an_spi_text(0, role + 1);
		ListCell *lc;

		if (text)
			foreach (lc, an_expression_columns(text))
				if (strcmp(lfirst(lc), column) == 0)
					return role;
	}
	return AN_N_ROLES;
}

static void
after_rename(AnSpi *spi, RenameStmt *statement)
{
	ListCell *lc, *other;
	Oid relid;

	if (!altered_relation(spi, true, &relid))
		return;
	foreach (other, dependents)
	{
		const AnSourceDependent *dependent = lfirst(other);

		if (dependent->relation_rename)
			dependent->relation_rename(spi, relid, statement->subname, statement->newname);
	}
	foreach (lc, sources_over(spi, relid))
	{
		rename_in_source(spi, lfirst(lc), statement->subname, statement->newname);
		foreach (other, dependents)
		{
			const AnSourceDependent *dependent = lfirst(other);

			if (dependent->column_rename)
				dependent->column_rename(spi, lfirst(lc), statement->subname, statement->newname);
		}
	}
}

static void
after_alter(AnSpi *spi, AlterTableStmt *statement)
{
	ListCell *lc, *column, *other;
	Oid relid;

	if (!altered_relation(spi, false, &relid))
		return;
	foreach (lc, sources_over(spi, relid))
		foreach (column, altered_types((Node *) statement))
			foreach (other, dependents)
			{
				const AnSourceDependent *dependent = lfirst(other);

				if (dependent->column_retype)
					dependent->column_retype(spi, lfirst(lc), lfirst(column));
			}
}

/* Returns the columns (char *) whose type a statement alters. */
static List *
altered_types(Node *statement)
{
	List *columns = NIL;
	ListCell *lc;

	if (IsA(statement, AlterTableStmt))
		foreach (lc, ((AlterTableStmt *) statement)->cmds)
			if (lfirst_node(AlterTableCmd, lc)->subtype == AT_AlterColumnType)
				columns = lappend(columns, lfirst_node(AlterTableCmd, lc)->name);
	return columns;
}

/*
 * Finds the relation, or the relation of the column, that the command altered; by identity: the name in the
 * statement was found on the caller's search path, and ours is pinned.
 */
static bool
altered_relation(AnSpi *spi, bool column, Oid *relid)
{
	AnQuery query;
	bool isnull;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT objid FROM pg_catalog.pg_event_trigger_ddl_commands() "
					 "WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND objsubid %s 0",
					 column ? "<>" : "=");
	if (an_query_run(spi, &query, 0) == 0)
		return false;
	*relid = DatumGetObjectId(an_spi_datum(0, 1, &isnull));
	return true;
}

/* Returns the names (char *) of the sources over a relation or its descendants. */
static List *
sources_over(AnSpi *spi, Oid relid)
{
	List *names = NIL;
	ListCell *lc;
	AnQuery query;

	an_query_init(&query);
	appendStringInfoString(&query.sql,
						   "SELECT name FROM analytics.sources WHERE relation IN (NULL");
	foreach (lc, find_all_inheritors(relid, NoLock, NULL))
		appendStringInfo(&query.sql, ", %u", lfirst_oid(lc));
	appendStringInfoString(&query.sql, ")");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		names = lappend(names, an_spi_text(i, 1));
	return names;
}

static void
rename_in_source(AnSpi *spi, const char *source, const char *old, const char *new)
{
	AnRole role;

	while ((role = role_reading(spi, source, old)) != AN_N_ROLES)
	{
		AnQuery query;
		char *text;

		an_query_init(&query);
		appendStringInfo(&query.sql, "SELECT %s FROM analytics.sources WHERE name = $%d",
						 quote_identifier(an_source_role_name(role)),
						 an_query_text(&query, source));
		(void) an_query_run(spi, &query, 0);
		text = an_expression_rename(an_spi_text(0, 1), old, new);
		if (text == NULL)
			return;
		an_query_init(&query);
		appendStringInfo(&query.sql, "UPDATE analytics.sources SET %s = $%d WHERE name = $%d",
						 quote_identifier(an_source_role_name(role)), an_query_text(&query, text),
						 an_query_text(&query, source));
		(void) an_query_run(spi, &query, 0);
	}
}
