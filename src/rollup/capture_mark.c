/*
 * capture_mark.c - the trigger function that marks the cells of changed rows
 */
#include "rollup/capture.h"

#include "commands/trigger.h"
#include "executor/executor.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

static List *rollups_concerned(const TriggerData *data);
static void add_table(AnCaptureCells *cells, Relation rel, Tuplestorestate *table);

/*
 * rollup_mark(): after INSERT, UPDATE, DELETE for each statement with the transition tables that
 * there are, or for each row; after TRUNCATE.  A row trigger on INSERT that watches for rows with another transaction's
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
	if (rollups == NIL)
		PG_RETURN_POINTER(NULL);
	if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event))
	{
		an_capture_mark_all(rollups);
		PG_RETURN_POINTER(NULL);
	}
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
