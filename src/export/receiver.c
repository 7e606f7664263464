/*
 * receiver.c - rows from the executor to the writer of a format
 *
 * A sheet begins with the first look at its columns.  Rows are kept no longer
 * than the writer keeps them: the memory used does not grow with the result.
 */
#include "export/writer.h"

#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "commands/progress.h"
#include "executor/tuptable.h"
#include "utils/backend_progress.h"
#include "utils/backend_status.h"
#include "utils/memutils.h"

static void start(DestReceiver *self, int operation, TupleDesc tupdesc);
static bool receive(TupleTableSlot *slot, DestReceiver *self);
static void shut_down(DestReceiver *self);
static void destroy(DestReceiver *self);
static void compute(AnReceiver *receiver, TupleTableSlot *slot);

AnReceiver *
an_receiver_new(AnExport *export, const AnSheetSpec *spec, AnLoneValue *cards)
{
	AnReceiver *receiver = palloc0(sizeof(AnReceiver));

	receiver->pub.rStartup = start;
	receiver->pub.receiveSlot = receive;
	receiver->pub.rShutdown = shut_down;
	receiver->pub.rDestroy = destroy;
	receiver->pub.mydest = DestNone;
	receiver->export = export;
	receiver->spec = spec;
	receiver->cards = cards;
	if (spec->pivot.path)
		receiver->pivot = an_pivot_new(receiver);
	return receiver;
}

DestReceiver *
an_receiver_dest(AnReceiver *receiver)
{
	return receiver->pivot ? receiver->pivot : &receiver->pub;
}

void
an_receiver_end(AnReceiver *receiver)
{
	AnExport *export = receiver->export;
	MemoryContext caller;

	if (receiver->pivot)
		an_pivot_end(receiver->pivot);
	caller = MemoryContextSwitchTo(export->context);
	export->writer->end_sheet(export->writer,
							  receiver->totals ? an_totals_get(receiver->totals) : NULL);
	MemoryContextSwitchTo(caller);
}

/* Begins the sheet, whose columns are known now. */
void
an_receiver_start(AnReceiver *receiver, TupleDesc tupdesc, int n_plain)
{
	AnExport *export = receiver->export;
	MemoryContext caller = MemoryContextSwitchTo(export->context);
	AnLayout *layout;

	if (receiver->layout)
		elog(ERROR, "export receiver started twice");
	layout = an_layout_new(export->document, receiver->spec, export->n_begun++, tupdesc, n_plain);
	layout->cards = receiver->cards;
	for (int i = 0; i < layout->n_columns; i++)
		layout->has_totals |=
			layout->columns[i].spec && layout->columns[i].spec->total > AN_TOTAL_LABEL;
	receiver->layout = layout;
	receiver->values = palloc0(Max(layout->n_columns, 1) * sizeof(Datum));
	receiver->nulls = palloc0(Max(layout->n_columns, 1) * sizeof(bool));
	if (layout->has_totals)
		receiver->totals = an_totals_new(layout);
	export->writer->layout = layout;
	export->writer->begin_sheet(export->writer, layout);
	MemoryContextSwitchTo(caller);
}

static void
start(DestReceiver *self, int operation, TupleDesc tupdesc)
{
	an_receiver_start((AnReceiver *) self, tupdesc, tupdesc->natts);
}

/* Writes one row. */
static bool
receive(TupleTableSlot *slot, DestReceiver *self)
{
	AnReceiver *receiver = (AnReceiver *) self;
	AnExport *export = receiver->export;
	MemoryContext caller = MemoryContextSwitchTo(export->row_context);

	receiver->n_rows++;
	export->n_rows++;
	slot_getallattrs(slot);
	compute(receiver, slot);
	export->writer->put_row(export->writer, receiver->values, receiver->nulls);
	if (receiver->totals)
		an_totals_put(receiver->totals, receiver->values, receiver->nulls);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(export->row_context);
	an_export_progress(export);
	return true;
}

/* Takes the columns that are shown, and computes those that come from others. */
static void
compute(AnReceiver *receiver, TupleTableSlot *slot)
{
	AnLayout *layout = receiver->layout;

	for (int i = 0; i < layout->n_columns; i++)
	{
		const AnColumn *column = &layout->columns[i];
		double number = 0;

		if (column->formula == NULL)
		{
			receiver->values[i] = slot->tts_values[column->source];
			receiver->nulls[i] = slot->tts_isnull[column->source];
			continue;
		}
		receiver->nulls[i] =
			!an_formula_value(column, layout->columns, receiver->values, receiver->nulls, &number);
		receiver->values[i] = Float8GetDatum(number);
	}
}

/* Leaves the end to an_receiver_end: the executor may still fail after it. */
static void
shut_down(DestReceiver *self)
{
}

static void
destroy(DestReceiver *self)
{
}

void
an_export_progress(AnExport *export)
{
	if (!export->show_progress)
		return;
	pgstat_progress_update_param(PROGRESS_COPY_TUPLES_PROCESSED, export->n_rows);
	pgstat_progress_update_param(PROGRESS_COPY_BYTES_PROCESSED, export->writer->written);
}
