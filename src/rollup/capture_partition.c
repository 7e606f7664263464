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
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "nodes/parsenodes.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
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

/* A captured table that is none any more. */
typedef struct Gone
{
	Oid relid;		 /* it */
	bool bounded;	 /* its range is known */
	Datum bounds[2]; /* [start, finish) of its times */
	bool whole;		 /* it had all rows of the range */
} Gone;

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
static void unfreeze(AnSpi *spi, Oid source, Oid relid);
static List *read_gone(AnSpi *spi, Oid source, List *tables);
static void go(AnSpi *spi, Oid source, const Gone *gone, List *all);
static bool is_below_gone(const Gone *gone, List *all);
static bool is_partitioned_by(Oid source, const AnCaptured *captured);
static void freeze(AnSpi *spi, const AnCaptured *captured, const Gone *gone);
static TimestampTz last_cell(AnSpi *spi, const AnCaptured *captured, const Gone *gone);
static void check_triggers(AnSpi *spi, Oid source);
static PartitionBoundSpec *bound_of(Oid relid);
static AttrNumber key_of(Oid source);
static bool bound_instant(List *datums, Datum *instant);

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
	List *gone, *known = NIL;
	AnQuery query;
	ListCell *lc;
	bool isnull;

	refuse_children(source);
	gone = read_gone(spi, source, tables);
	foreach (lc, gone)
		go(spi, source, lfirst(lc), gone);
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
	unfreeze(spi, source, relid);
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

/* A partition with rows came back into a frozen range: what is in it now is the truth, so everything is built again. */
static void
unfreeze(AnSpi *spi, Oid source, Oid relid)
{
	Datum bounds[2] = {TimestampTzGetDatum(DT_NOBEGIN), TimestampTzGetDatum(DT_NOEND)};
	bool whole;
	AnQuery query;

	(void) an_capture_bounds(source, relid, bounds, &whole);
	an_query_init(&query);
	(void) an_query_param(&query, TIMESTAMPTZOID, bounds[0], false);
	(void) an_query_param(&query, TIMESTAMPTZOID, bounds[1], false);
	appendStringInfo(&query.sql,
					 "WITH met AS (DELETE FROM analytics.rollup_frozen f "
					 "USING analytics.rollups r WHERE r.source_relation::oid = %u "
					 "AND f.rollup = r.name AND f.start < $2 AND f.finish > $1 "
					 "RETURNING f.rollup, f.start, f.finish), "
					 "kept AS (INSERT INTO analytics.rollup_frozen (rollup, start, finish) "
					 "SELECT rollup, start, $1 FROM met WHERE start < $1 "
					 "UNION ALL SELECT rollup, $2, finish FROM met WHERE finish > $2) "
					 "SELECT 1 FROM met LIMIT 1",
					 source);
	if (an_query_run(spi, &query, 0) > 0)
		an_capture_mark_all(an_captured(source));
}

/* Reads which captured tables of a source are not among its tables any more, the widest first. */
static List *
read_gone(AnSpi *spi, Oid source, List *tables)
{
	List *list = NIL;
	AnQuery query;
	bool isnull, from_null, to_null;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT relation::oid, start, finish, whole FROM analytics.rollup_tables "
					 "WHERE source::oid = %u ORDER BY whole DESC",
					 source);
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Oid relid = DatumGetObjectId(an_spi_datum(i, 1, &isnull));
		Gone *gone;

		if (list_member_oid(tables, relid))
			continue;
		gone = palloc(sizeof(Gone));
		gone->relid = relid;
		gone->bounds[0] = an_spi_datum(i, 2, &from_null);
		gone->bounds[1] = an_spi_datum(i, 3, &to_null);
		gone->bounded = !from_null && !to_null;
		gone->whole = DatumGetBool(an_spi_datum(i, 4, &isnull));
		list = lappend(list, gone);
	}
	return list;
}

/* A partition went, and its rows with it; `all` are those that went. */
static void
go(AnSpi *spi, Oid source, const Gone *gone, List *all)
{
	List *touched = NIL;
	AnQuery query;
	ListCell *lc;

	foreach (lc, an_captured(source))
	{
		AnCaptured *captured = lfirst(lc);

		if (!gone->bounded || !is_partitioned_by(source, captured))
			touched = lappend(touched, captured);
		else if (gone->whole)
			freeze(spi, captured, gone);
		else if (!is_below_gone(gone, all))
			touched = lappend(touched, captured);
	}
	an_capture_mark_all(touched);
	if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(gone->relid)))
		an_capture_part_remove(spi, gone->relid);
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "DELETE FROM analytics.rollup_tables WHERE source::oid = %u "
					 "AND relation::oid = %u",
					 source, gone->relid);
	(void) an_query_run(spi, &query, 0);
}

/* Tells whether a table went with the partition that it was a part of. */
static bool
is_below_gone(const Gone *gone, List *all)
{
	ListCell *lc;

	foreach (lc, all)
	{
		const Gone *other = lfirst(lc);

		if (other->whole && other->bounds[0] == gone->bounds[0] &&
			other->bounds[1] == gone->bounds[1])
			return true;
	}
	return false;
}

/* Tells whether the ranges of a source's partitions are ranges of a rollup's time. */
static bool
is_partitioned_by(Oid source, const AnCaptured *captured)
{
	AttrNumber key = key_of(source);

	return key != InvalidAttrNumber && IsA(captured->at, Var) &&
		   ((Var *) captured->at)->varattno == key;
}

/*
 * Freezes the range of a partition as far as a rollup has cells in it.  What no cell holds has no history: an
 * empty partition of times to come can go and come.
 */
static void
freeze(AnSpi *spi, const AnCaptured *captured, const Gone *gone)
{
	TimestampTz last = last_cell(spi, captured, gone);
	AnQuery query;

	if (last == DT_NOBEGIN)
		return;
	if (!TIMESTAMP_NOT_FINITE(last))
		last = an_bin_end(an_binner_create(&captured->width, an_zone_find(captured->zone)), last);
	last = Min(last, DatumGetTimestampTz(gone->bounds[1]));
	an_query_init(&query);
	(void) an_query_text(&query, captured->name);
	(void) an_query_param(&query, TIMESTAMPTZOID, gone->bounds[0], false);
	(void) an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(last), false);
	appendStringInfoString(&query.sql,
						   "INSERT INTO analytics.rollup_frozen (rollup, start, finish) "
						   "VALUES ($1, $2, $3)");
	(void) an_query_run(spi, &query, 0);
}

/* Returns the last bucket of a rollup's cells that meets a range, or DT_NOBEGIN. */
static TimestampTz
last_cell(AnSpi *spi, const AnCaptured *captured, const Gone *gone)
{
	TimestampTz start = DatumGetTimestampTz(gone->bounds[0]), last = DT_NOBEGIN;
	bool isnull;
	AnUser user;
	AnQuery query;
	Datum value;
	Oid relid;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT relation::oid FROM analytics.rollups WHERE name = $%d",
					 an_query_text(&query, captured->name));
	if (an_query_run(spi, &query, 0) == 0)
		return last;
	relid = DatumGetObjectId(an_spi_datum(0, 1, &isnull));
	if (get_rel_name(relid) == NULL)
		return last;
	/* The bucket that begins before the range may hold a part of it. */
	if (!TIMESTAMP_NOT_FINITE(start))
		start =
			an_bin_start(an_binner_create(&captured->width, an_zone_find(captured->zone)), start);
	an_query_init(&query);
	(void) an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(start), false);
	(void) an_query_param(&query, TIMESTAMPTZOID, gone->bounds[1], false);
	appendStringInfo(&query.sql,
					 "SELECT max(c.at) FROM (SELECT %s AS at FROM %s) c "
					 "WHERE c.at >= $1 AND c.at < $2",
					 captured->at_type == TIMESTAMPTZOID ? "bucket"
					 : captured->at_type == DATEOID
						 ? "bucket::pg_catalog.timestamp AT TIME ZONE 'UTC'"
						 : "bucket AT TIME ZONE 'UTC'",
					 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
												get_rel_name(relid)));
	user = an_user_become(an_relation_owner(relid), true);
	(void) an_query_run(spi, &query, 0);
	an_user_restore(user);
	value = an_spi_datum(0, 1, &isnull);
	return isnull ? last : DatumGetTimestampTz(value);
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

bool
an_capture_bounds(Oid source, Oid relid, Datum bounds[2], bool *whole)
{
	List *ancestors = get_partition_ancestors(relid);
	PartitionBoundSpec *bound;
	Oid top = relid;
	Datum range[2];

	*whole = false;
	if (ancestors == NIL || key_of(source) == InvalidAttrNumber)
		return false;
	if (list_length(ancestors) > 1)
		top = list_nth_oid(ancestors, list_length(ancestors) - 2);
	bound = bound_of(top);
	if (bound == NULL || bound->strategy != PARTITION_STRATEGY_RANGE || bound->is_default ||
		!bound_instant(bound->lowerdatums, &range[0]) ||
		!bound_instant(bound->upperdatums, &range[1]))
		return false;
	bounds[0] = range[0];
	bounds[1] = range[1];
	*whole = top == relid;
	return true;
}

/* Returns the column that a table is partitioned by in ranges, or InvalidAttrNumber. */
static AttrNumber
key_of(Oid source)
{
	AttrNumber column = InvalidAttrNumber;
	Relation rel;
	PartitionKey key;

	if (get_rel_relkind(source) != RELKIND_PARTITIONED_TABLE)
		return InvalidAttrNumber;
	rel = table_open(source, AccessShareLock);
	key = RelationGetPartitionKey(rel);
	if (get_partition_strategy(key) == PARTITION_STRATEGY_RANGE && get_partition_natts(key) == 1)
		column = get_partition_col_attnum(key, 0);
	table_close(rel, NoLock);
	return column;
}

/* Reads the bound of a partition; NULL where there is none. */
static PartitionBoundSpec *
bound_of(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	PartitionBoundSpec *bound = NULL;
	bool isnull;
	Datum written;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	written = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relpartbound, &isnull);
	if (!isnull)
		bound = stringToNode(TextDatumGetCString(written));
	ReleaseSysCache(tuple);
	return bound;
}

/* Reads one end of a range as rollup_frozen has it; false for what is no time. */
static bool
bound_instant(List *datums, Datum *instant)
{
	PartitionRangeDatum *datum = linitial_node(PartitionRangeDatum, datums);
	Const *value = (Const *) datum->value;

	if (datum->kind == PARTITION_RANGE_DATUM_MINVALUE)
		*instant = TimestampTzGetDatum(DT_NOBEGIN);
	else if (datum->kind == PARTITION_RANGE_DATUM_MAXVALUE)
		*instant = TimestampTzGetDatum(DT_NOEND);
	else if (value->consttype == TIMESTAMPTZOID || value->consttype == TIMESTAMPOID)
		*instant = value->constvalue;
	else if (value->consttype == DATEOID)
		*instant = DirectFunctionCall1(date_timestamp, value->constvalue);
	else
		return false;
	return true;
}
