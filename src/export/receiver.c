/*
 * receiver.c - rows from the executor to the render program
 *
 * The helper starts with the first look at the result's columns, so a query that
 * is refused starts no program.  Rows are kept no longer than until the buffer
 * is full: the memory used does not grow with the result.
 */
#include "export/writer.h"

#include "access/tupdesc.h"
#include "commands/progress.h"
#include "executor/tuptable.h"
#include "pgstat.h"
#include "utils/backend_progress.h"
#include "utils/backend_status.h"
#include "utils/memutils.h"

#include "kernel/sheet.h"

#define BUFFER_SIZE (64 * 1024)

static void start(DestReceiver *self, int operation, TupleDesc tupdesc);
static bool receive(TupleTableSlot *slot, DestReceiver *self);
static void shut_down(DestReceiver *self);
static void destroy(DestReceiver *self);
static void append_column(AnReceiver *receiver, AnColumn *column, const char *header);
static int begin_record(StringInfo to, AnRecordType type);
static void end_record(StringInfo to, int begin);
static void report_progress(AnReceiver *receiver);

/*
 * Makes a receiver in the current context.  `relation` and `copy_type`
 * (PROGRESS_COPY_TYPE_*) are what pg_stat_progress_copy shows.
 */
AnReceiver *
an_receiver_new(const AnExportOptions *options, Oid relation, int copy_type)
{
	AnReceiver *receiver = palloc0(sizeof(AnReceiver));

	receiver->pub.rStartup = start;
	receiver->pub.receiveSlot = receive;
	receiver->pub.rShutdown = shut_down;
	receiver->pub.rDestroy = destroy;
	receiver->pub.mydest = DestNone;
	receiver->context = CurrentMemoryContext;
	receiver->options = options;
	receiver->cells.text = palloc(AN_SHEET_TEXT_BYTES);
	initStringInfo(&receiver->buffer);
	receiver->row_context =
		AllocSetContextCreate(CurrentMemoryContext, "analytics export row", ALLOCSET_DEFAULT_SIZES);

	/* An export inside another command that reports progress leaves that report alone. */
	receiver->show_progress =
		MyBEEntry && MyBEEntry->st_progress_command == PROGRESS_COMMAND_INVALID;
	if (receiver->show_progress)
	{
		pgstat_progress_start_command(PROGRESS_COMMAND_COPY, relation);
		pgstat_progress_update_param(PROGRESS_COPY_COMMAND, PROGRESS_COPY_COMMAND_TO);
		pgstat_progress_update_param(PROGRESS_COPY_TYPE, copy_type);
	}
	return receiver;
}

void
an_receiver_finish(AnReceiver *receiver)
{
	an_helper_send(&receiver->helper, receiver->buffer.data, receiver->buffer.len);
	resetStringInfo(&receiver->buffer);
	an_helper_finish(&receiver->helper, receiver->n_rows);
	report_progress(receiver);
	if (receiver->cells.n_cut > 0)
		ereport(WARNING, (errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
						  errmsg("" UINT64_FORMAT " texts longer than %d characters were cut",
								 receiver->cells.n_cut, AN_SHEET_TEXT_UNITS),
						  errdetail("The first stands in row " UINT64_FORMAT ", column %d.",
									receiver->cells.cut_row, receiver->cells.cut_column)));
}

void
an_receiver_close(AnReceiver *receiver)
{
	FileClose(receiver->helper.output);
	if (receiver->show_progress)
		pgstat_progress_end_command();
}

/* Starts the helper and tells it the columns. */
static void
start(DestReceiver *self, int operation, TupleDesc tupdesc)
{
	AnReceiver *receiver = (AnReceiver *) self;
	MemoryContext caller = MemoryContextSwitchTo(receiver->context);

	if (receiver->started)
		elog(ERROR, "export receiver started twice");
	if (tupdesc->natts > AN_SHEET_MAX_COLUMNS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("result has %d columns, a sheet has at most %d", tupdesc->natts,
							   AN_SHEET_MAX_COLUMNS),
						errhint("Select fewer columns.")));
	receiver->started = true;
	receiver->n_columns = tupdesc->natts;
	receiver->columns = palloc(Max(tupdesc->natts, 1) * sizeof(AnColumn));
	an_helper_start(&receiver->helper, receiver->options);
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);

		an_column_init(&receiver->columns[i], attribute);
		append_column(receiver, &receiver->columns[i], NameStr(attribute->attname));
	}
	MemoryContextSwitchTo(caller);
}

/* Sends one row. */
static bool
receive(TupleTableSlot *slot, DestReceiver *self)
{
	AnReceiver *receiver = (AnReceiver *) self;
	MemoryContext caller = MemoryContextSwitchTo(receiver->row_context);
	int begin = begin_record(&receiver->buffer, AN_RECORD_ROW);

	receiver->n_rows++;
	slot_getallattrs(slot);
	for (int i = 0; i < receiver->n_columns; i++)
	{
		an_cell_append(&receiver->cells, &receiver->columns[i], slot->tts_values[i],
					   slot->tts_isnull[i], &receiver->buffer);
		if (receiver->cells.n_cut > 0 && receiver->cells.cut_row == 0)
		{
			receiver->cells.cut_row = receiver->n_rows;
			receiver->cells.cut_column = i + 1;
		}
	}
	end_record(&receiver->buffer, begin);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(receiver->row_context);
	if (receiver->buffer.len >= BUFFER_SIZE)
	{
		an_helper_send(&receiver->helper, receiver->buffer.data, receiver->buffer.len);
		resetStringInfo(&receiver->buffer);
	}
	report_progress(receiver);
	return true;
}

/* Leaves the end to an_receiver_finish: the executor may still fail after it. */
static void
shut_down(DestReceiver *self)
{
}

static void
destroy(DestReceiver *self)
{
}

static void
append_column(AnReceiver *receiver, AnColumn *column, const char *header)
{
	int begin = begin_record(&receiver->buffer, AN_RECORD_COLUMN);
	size_t length = strlen(column->format);
	StringInfoData name;

	/* The header travels as a cell text does, only without its tag. */
	initStringInfo(&name);
	(void) an_cell_append_text(&receiver->cells, header, strlen(header), &name);
	appendStringInfoCharMacro(&receiver->buffer, column->kind);
	appendBinaryStringInfo(&receiver->buffer, name.data + 1, name.len - 1);
	enlargeStringInfo(&receiver->buffer, 4 + length);
	(void) an_frame_put_string((unsigned char *) receiver->buffer.data + receiver->buffer.len,
							   column->format, length);
	receiver->buffer.len += 4 + length;
	end_record(&receiver->buffer, begin);
	pfree(name.data);
}

/* Opens a record and returns where it begins; its length is not known yet. */
static int
begin_record(StringInfo to, AnRecordType type)
{
	int begin = to->len;

	enlargeStringInfo(to, AN_FRAME_HEAD_SIZE);
	to->data[begin] = type;
	to->len += AN_FRAME_HEAD_SIZE;
	return begin;
}

static void
end_record(StringInfo to, int begin)
{
	(void) an_frame_put_u32((unsigned char *) to->data + begin + 1,
							to->len - begin - AN_FRAME_HEAD_SIZE);
}

static void
report_progress(AnReceiver *receiver)
{
	if (!receiver->show_progress)
		return;
	pgstat_progress_update_param(PROGRESS_COPY_TUPLES_PROCESSED, receiver->n_rows);
	pgstat_progress_update_param(PROGRESS_COPY_BYTES_PROCESSED, receiver->helper.sent);
}
