/*
 * capture_mark.c - the trigger function that marks the cells of changed rows
 */
#include "rollup/capture.h"

#include "commands/trigger.h"
#include "executor/executor.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

static void mark_emptied(Oid relid);
static List *rollups_concerned(const TriggerData *data);
static void add_table(AnCaptureCells *cells, Relation rel, Tuplestorestate *table);

/*
 * rollup_mark(): after INSERT, UPDATE, DELETE for each statement with the transition tables that
 * there are, or for each row; after TRUNCATE, of the table of a rollup too.  A row trigger on INSERT that watches for rows with another transaction's
 * id has the argument "watch".
 */
AN_SQL(rollup_mark)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	AnCaptureCells *cells;
	List *rollups;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(data->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("rollup_mark can only be called as an AFTER trigger"),
						errhint("Create a rollup: it installs the triggers.")));
	rollups = rollups_concerned(data);
	if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event))
	{
		an_capture_mark_all(rollups);
		mark_emptied(RelationGetRelid(data->tg_relation));
		PG_RETURN_POINTER(NULL);
	}
	if (rollups == NIL)
		PG_RETURN_POINTER(NULL);
	cells = an_capture_cells_begin(rollups);
	if (TRIGGER_FIRED_FOR_ROW(data->tg_event))
	{
		an_capture_cells_add(cells, data->tg_trigslot);
		if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
			an_capture_cells_add(cells, data->tg_newslot);
	}
	else
	{
		add_table(cells, data->tg_relation, data->tg_oldtable);
		add_table(cells, data->tg_relation, data->tg_newtable);
	}
	an_capture_cells_end(cells);
	PG_RETURN_POINTER(NULL);
}

/* Marks all of a rollup whose own table was emptied: it is built anew by the next refresh. */
static void
mark_emptied(Oid relid)
{
	AnUser user = an_user_become(an_catalog_owner(), false);
	AnMarkWriter writer;
	AnQuery query;
	AnSpi spi;

	an_spi_begin(&spi, AN_READ);
	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT name FROM analytics.rollups WHERE relation::oid = %u",
					 relid);
	if (an_query_run(&spi, &query, 0) > 0)
	{
		writer = an_marks_open();
		an_mark_write(&writer, an_spi_text(0, 1), AN_MARK_ALL, NULL);
		an_marks_close(&writer);
	}
	an_spi_end(&spi);
	an_user_restore(user);
}

/* Returns the rollups whose cells an event changes: an INSERT those with capture trigger, or those with xid if it is watched. */
static List *
rollups_concerned(const TriggerData *data)
{
	List *rollups = an_captured(RelationGetRelid(data->tg_relation));
	bool watch = data->tg_trigger->tgnargs > 0;
	List *concerned = NIL;
	ListCell *lc;

	if (!TRIGGER_FIRED_BY_INSERT(data->tg_event))
		return rollups;
	foreach (lc, rollups)
		if (((AnCaptured *) lfirst(lc))->trigger != watch)
			concerned = lappend(concerned, lfirst(lc));
	return concerned;
}

/* Adds the cells of a transition table, if there is one. */
static void
add_table(AnCaptureCells *cells, Relation rel, Tuplestorestate *table)
{
	TupleTableSlot *slot;

	if (table == NULL)
		return;
	/* Other triggers read it too, each from its own place. */
	tuplestore_select_read_pointer(table, tuplestore_alloc_read_pointer(table, EXEC_FLAG_REWIND));
	tuplestore_rescan(table);
	slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsMinimalTuple);
	while (tuplestore_gettupleslot(table, true, false, slot))
		an_capture_cells_add(cells, slot);
	ExecDropSingleTupleTableSlot(slot);
}
