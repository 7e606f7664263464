/*
 * capture_partition.c - what happens to rollups with the partitions of their sources
 *
 * New partitions get the triggers, and where one has rows already their cells are marked. When
 * a partition goes, the rollup keeps the history of its time: the range is
 * frozen, if the table is partitioned by ranges of the rollup's own time; otherwise everything is marked.
 *
 * Runs in event triggers, for whoever issues the command, as the catalog's owner; expressions of
 * users are computed as the owner of the table.
 */
#include "rollup/capture.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "nodes/parsenodes.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* What a command may have done to captured tables. */
typedef struct Done
{
	bool tree;	   /* partitions came or went, or children */
	bool values;   /* values of rows changed without a trigger */
	bool triggers; /* triggers were enabled or disabled */
	bool unlogged; /* a table became one that a crash empties */
} Done;

static void after_drop(AnSpi *spi, bool cascade);
static void refuse_drop(AnSpi *spi);
static Done look_at(Node *statement);
static Done look_at_alter(AlterTableStmt *statement);
static List *altered_sources(AnSpi *spi);
static void refuse_unlogged(AnSpi *spi);
static void follow_tree(AnSpi *spi, Oid source);
static void refuse_children(Oid source);
static void come(AnSpi *spi, Oid source, Oid relid);
static void mark_rows(Oid relid);
static void check_triggers(AnSpi *spi, Oid source);

void
an_capture_init(void)
{
	static const AnSourceDependent dependent = {.dropped = after_drop};

	an_captured_init();
	an_source_register(&dependent);
}

/* Event trigger on ddl_command_end. */
AN_SQL(rollup_ddl)
{
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;
	ListCell *lc;
	AnUser user;
	Done done;
	AnSpi spi;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("rollup_ddl can only be called as an event trigger")));
	done = look_at(data->parsetree);
	/* A restore brings the triggers back by itself, one after the other. */
	if ((!done.tree && !done.values && !done.triggers) || an_capture_installing() ||
		an_source_restoring() || !OidIsValid(an_catalog_owner()))
		PG_RETURN_NULL();
	user = an_user_become(an_catalog_owner(), false);
	an_spi_begin(&spi, AN_WRITE);
	if (done.unlogged)
		refuse_unlogged(&spi);
	foreach (lc, altered_sources(&spi))
	{
		Oid source = lfirst_oid(lc);

		if (done.tree)
			follow_tree(&spi, source);
		if (done.triggers)
			check_triggers(&spi, source);
		if (done.values || done.triggers)
			an_capture_mark_all(an_captured(source));
	}
	an_spi_end(&spi);
	an_user_restore(user);
	PG_RETURN_NULL();
}

/* Called for each command that drops something: the partitions among it. */
static void
after_drop(AnSpi *spi, bool cascade)
{
	List *sources = NIL;
	AnQuery query;
	ListCell *lc;
	bool isnull;

	if (!OidIsValid(get_relname_relid("rollup_tables", get_namespace_oid(AN_SCHEMA, false))))
		return;
	if (!an_capture_installing() && !an_source_restoring())
		refuse_drop(spi);
	an_query_init(&query);
	appendStringInfoString(
		&query.sql,
		"SELECT DISTINCT t.source::oid FROM pg_event_trigger_dropped_objects() d "
		"JOIN analytics.rollup_tables t ON t.relation::oid = d.objid "
		"WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		sources = lappend_oid(sources, DatumGetObjectId(an_spi_datum(i, 1, &isnull)));
	foreach (lc, sources)
	{
		Oid source = lfirst_oid(lc);

		if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(source)))
			follow_tree(spi, source);
		else
		{
			an_query_init(&query);
			appendStringInfo(&query.sql,
							 "DELETE FROM analytics.rollup_tables WHERE source::oid = %u", source);
			(void) an_query_run(spi, &query, 0);
		}
	}
}

/* Refuses to drop a trigger of ours by itself: what it does not see would be wrong in rollups. */
static void
refuse_drop(AnSpi *spi)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfoString(
		&query.sql,
		"SELECT d.address_names[3], c.relname FROM pg_event_trigger_dropped_objects() d "
		"JOIN pg_catalog.pg_namespace n ON n.nspname = d.address_names[1] "
		"JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = d.address_names[2] "
		"JOIN analytics.rollup_tables t ON t.relation::oid = c.oid "
		"WHERE d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND d.original "
		"AND d.address_names[3] = ANY ($1)");
	(void) an_query_param(&query, TEXTARRAYOID, an_text_array(an_capture_trigger_names()), false);
	if (an_query_run(spi, &query, 0) > 0)
		ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
						errmsg("cannot drop trigger \"%s\" of table \"%s\", by which rollups "
							   "learn of its changes",
							   an_spi_text(0, 1), an_spi_text(0, 2)),
						errhint("It goes with the last rollup of the table: use drop_rollup.")));
}

static Done
look_at(Node *statement)
{
	Done done = {0};

	if (IsA(statement, CreateStmt))
		done.tree = ((CreateStmt *) statement)->inhRelations != NIL;
	else if (IsA(statement, CreateForeignTableStmt))
		done.tree = ((CreateForeignTableStmt *) statement)->base.inhRelations != NIL;
	else if (IsA(statement, CreateSchemaStmt))
		done.tree = ((CreateSchemaStmt *) statement)->schemaElts != NIL;
	else if (IsA(statement, AlterTableStmt))
		done = look_at_alter((AlterTableStmt *) statement);
	return done;
}

static Done
look_at_alter(AlterTableStmt *statement)
{
	Done done = {0};
	ListCell *lc;

	foreach (lc, statement->cmds)
		switch (lfirst_node(AlterTableCmd, lc)->subtype)
		{
			case AT_AttachPartition:
			case AT_DetachPartition:
			case AT_DetachPartitionFinalize:
			case AT_AddInherit:
				done.tree = true;
				break;
			case AT_SetUnLogged:
				done.tree = done.unlogged = true;
				break;
			case AT_AlterColumnType:
				done.values = true;
				break;
			case AT_EnableTrig:
			case AT_DisableTrig:
			case AT_EnableTrigAll:
			case AT_DisableTrigAll:
			case AT_EnableTrigUser:
			case AT_DisableTrigUser:
				done.triggers = true;
				break;
			default:
				break;
		}
	return done;
}

/* Lists the sources' tables that the command altered: themselves, a partition or child of them, or what they were put below. */
static List *
altered_sources(AnSpi *spi)
{
	List *relids = NIL, *sources = NIL;
	AnQuery query;
	ListCell *lc;
	bool isnull;

	an_query_init(&query);
	appendStringInfoString(
		&query.sql, "SELECT objid FROM pg_catalog.pg_event_trigger_ddl_commands() "
					"WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND objsubid = 0");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		relids = lappend_oid(relids, DatumGetObjectId(an_spi_datum(i, 1, &isnull)));
	an_query_init(&query);
	appendStringInfoString(&query.sql, "WITH RECURSIVE tree AS (SELECT NULL::oid AS relid");
	foreach (lc, relids)
		appendStringInfo(&query.sql, " UNION SELECT %u::oid", lfirst_oid(lc));
	appendStringInfoString(&query.sql,
						   "), up AS (SELECT relid FROM tree UNION SELECT i.inhparent FROM up "
						   "JOIN pg_catalog.pg_inherits i ON i.inhrelid = up.relid) "
						   "SELECT DISTINCT t.source::oid FROM analytics.rollup_tables t "
						   "JOIN (SELECT relid FROM up UNION SELECT i.inhrelid FROM tree JOIN "
						   "pg_catalog.pg_inherits i ON i.inhparent = tree.relid) x "
						   "ON x.relid = t.source::oid");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		sources = lappend_oid(sources, DatumGetObjectId(an_spi_datum(i, 1, &isnull)));
	return sources;
}

/* What a crash takes out of the table of a rollup nobody would notice. */
static void
refuse_unlogged(AnSpi *spi)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfoString(
		&query.sql,
		"SELECT r.name FROM pg_catalog.pg_event_trigger_ddl_commands() d "
		"JOIN analytics.rollups r ON r.relation::oid = d.objid "
		"JOIN pg_catalog.pg_class c ON c.oid = d.objid "
		"WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.relpersistence = 'u'");
	if (an_query_run(spi, &query, 0) > 0)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("the table of rollup \"%s\" cannot be unlogged", an_spi_text(0, 1)),
						errdetail("A crash would empty it, and its cells would count still.")));
}

/* Brings what is captured of a source up to date with its partitions. */
static void
follow_tree(AnSpi *spi, Oid source)
{
	List *tables = find_all_inheritors(source, NoLock, NULL);
	List *known = NIL;
	AnQuery query;
	ListCell *lc;
	bool isnull;

	refuse_children(source);
	an_capture_follow_gone(spi, source, tables);
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT relation::oid FROM analytics.rollup_tables WHERE source::oid = %u",
					 source);
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		known = lappend_oid(known, DatumGetObjectId(an_spi_datum(i, 1, &isnull)));
	foreach (lc, tables)
		if (!list_member_oid(known, lfirst_oid(lc)))
			come(spi, source, lfirst_oid(lc));
}

/* Statements on children of an ordinary table fire no trigger of it, and those on its parents neither. */
static void
refuse_children(Oid source)
{
	ListCell *lc;

	if (get_rel_relispartition(source) || has_superclass(source))
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("table \"%s\" cannot have a parent, because rollups learn of its changes",
					get_rel_name(source)),
			 errhint("Drop the rollups of its sources, or create them with capture => 'scan'.")));
	if (get_rel_relkind(source) == RELKIND_RELATION && has_subclass(source) &&
		find_inheritance_children(source, NoLock) != NIL)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("table \"%s\" cannot have children, because rollups learn of its changes",
					get_rel_name(source)),
			 errhint("Drop the rollups of its sources, or create them with capture => 'scan'.")));
	foreach (lc, find_all_inheritors(source, NoLock, NULL))
	{
		if (get_rel_persistence(lfirst_oid(lc)) == RELPERSISTENCE_UNLOGGED)
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("table \"%s\" cannot be unlogged, because rollups learn of its "
								   "changes",
								   get_rel_name(lfirst_oid(lc))),
							errdetail("A crash empties such a table without a trigger."),
							errhint("Drop the rollups of its sources, or create them with "
									"capture => 'scan'.")));
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_FOREIGN_TABLE)
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("foreign table \"%s\" cannot be a partition of \"%s\", because "
								   "rollups learn of its changes",
								   get_rel_name(lfirst_oid(lc)), get_rel_name(source)),
							errhint("Drop the rollups of its sources, or create them with "
									"capture => 'scan'.")));
	}
}

/* A partition came. */
static void
come(AnSpi *spi, Oid source, Oid relid)
{
	AnCapturePart part = {.source = source, .relid = relid};
	Relation rel;
	bool empty;

	an_capture_part_kinds(spi, &part);
	an_capture_part_install(spi, &part);
	if (get_rel_relkind(relid) != RELKIND_RELATION)
		return;
	rel = table_open(relid, NoLock);
	empty = RelationGetNumberOfBlocks(rel) == 0;
	table_close(rel, NoLock);
	if (empty)
		return;
	an_capture_unfreeze(spi, source, relid);
	mark_rows(relid);
}

/* Marks the cells of all rows of a table, as its owner. */
static void
mark_rows(Oid relid)
{
	AnUser user = an_user_become(an_relation_owner(relid), true);
	AnCaptureCells *cells = an_capture_cells_begin(an_captured(relid));
	Relation rel = table_open(relid, NoLock);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		an_capture_cells_add(cells, slot);
	}
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	ExecDropSingleTupleTableSlot(slot);
	table_close(rel, NoLock);
	an_capture_cells_end(cells);
	an_user_restore(user);
}

/*
 * Sets back the modes of our triggers that somebody enabled otherwise, and warns of those that are disabled.  Makes
 * none: a restore brings them one by one.
 */
static void
check_triggers(AnSpi *spi, Oid source)
{
	List *tables = find_all_inheritors(source, NoLock, NULL);
	AnQuery query;
	ListCell *lc;

	an_query_init(&query);
	appendStringInfoString(&query.sql,
						   "SELECT tgrelid::pg_catalog.regclass::text FROM pg_catalog.pg_trigger "
						   "WHERE tgfoid = 'analytics.rollup_mark()'::pg_catalog.regprocedure "
						   "AND tgenabled = 'D' AND tgrelid IN (NULL");
	foreach (lc, tables)
		appendStringInfo(&query.sql, ", %u", lfirst_oid(lc));
	appendStringInfoString(&query.sql, ") ORDER BY tgrelid LIMIT 1");
	if (an_query_run(spi, &query, 0) > 0)
	{
		ereport(
			WARNING,
			(errmsg("rollups do not learn of changes of table %s while its triggers are disabled",
					an_spi_text(0, 1)),
			 errhint("Enable them before the rollups are refreshed again.")));
		return;
	}
	foreach (lc, tables)
		an_capture_part_modes(spi, lfirst_oid(lc));
}
