/*
 * pivot.c - rows with a column of keys become rows with a column for each key
 *
 *     cohort  period  rate           cohort   0    1    2
 *     May 1   0       1       ->     May 1    1    0.5  0.3
 *     May 1   1       0.5            May 2    1    0.4
 *
 * Rows and columns stand in the order in which they came first; rows are the
 * same where all other columns show the same.  All of it is kept in memory, which
 * is why there are limits.
 */
#include "export/writer.h"

#include "access/tupdesc.h"
#include "common/hashfn.h"
#include "executor/tuptable.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#define MAX_COLUMNS 1000
#define MAX_ROWS	100000
#define MAX_CELLS	1000000
#define MISSING_KEY "-"

/* One cell of a row. */
typedef struct PivotCell
{
	int column;	 /* which of the new columns */
	bool isnull; /* of the value */
	Datum value; /* of the query's value column */
} PivotCell;

/* One row to come. */
typedef struct PivotRow
{
	Datum *values; /* of the plain columns */
	bool *nulls;   /* likewise */
	List *cells;   /* of PivotCell * */
} PivotRow;

/* An entry of a hash table from texts to places. */
typedef struct Place
{
	char *text; /* key, as append_shown makes it */
	int place;	/* in rows or headers */
} Place;

typedef struct Pivot
{
	DestReceiver pub;	   /* what the executor calls */
	AnReceiver *receiver;  /* who gets the new rows */
	MemoryContext context; /* where all of it lives */
	TupleDesc tupdesc;	   /* of the query */
	int key, value;		   /* its columns that are turned */
	int *plain;			   /* its other columns */
	int n_plain;		   /* how many */
	FmgrInfo *outputs;	   /* output functions of all its columns */
	HTAB *row_places;	   /* rows by what they show */
	HTAB *header_places;   /* headers by their text */
	List *rows;			   /* of PivotRow * */
	List *headers;		   /* of char * */
	int64 n_cells;		   /* in all rows */
} Pivot;

static void start(DestReceiver *self, int operation, TupleDesc tupdesc);
static bool receive(TupleTableSlot *slot, DestReceiver *self);
static void nothing(DestReceiver *self);
static int
find_attribute(const AnPivotSpec *spec, const char *what, const char *name, TupleDesc tupdesc);
static HTAB *make_places(MemoryContext context);
static int find_place(HTAB *places, const char *text, int next, bool *found);
static int find_row(Pivot *pivot, TupleTableSlot *slot);
static PivotRow *new_row(const Pivot *pivot, TupleTableSlot *slot);
static char *row_text(Pivot *pivot, TupleTableSlot *slot);
static void append_shown(StringInfo to, Pivot *pivot, TupleTableSlot *slot, int column);
static int find_header(Pivot *pivot, TupleTableSlot *slot);
static void add_cell(Pivot *pivot, int row, int column, TupleTableSlot *slot);
static TupleDesc new_tupdesc(const Pivot *pivot);
static void limit(bool reached, const char *what, int most);

DestReceiver *
an_pivot_new(AnReceiver *receiver)
{
	Pivot *pivot = palloc0(sizeof(Pivot));

	pivot->pub.rStartup = start;
	pivot->pub.receiveSlot = receive;
	pivot->pub.rShutdown = nothing;
	pivot->pub.rDestroy = nothing;
	pivot->pub.mydest = DestNone;
	pivot->receiver = receiver;
	pivot->context = CurrentMemoryContext;
	pivot->row_places = make_places(CurrentMemoryContext);
	pivot->header_places = make_places(CurrentMemoryContext);
	return &pivot->pub;
}

void
an_pivot_check(const AnSheetSpec *spec, TupleDesc tupdesc)
{
	(void) find_attribute(&spec->pivot, "columns", spec->pivot.columns, tupdesc);
	(void) find_attribute(&spec->pivot, "value", spec->pivot.value, tupdesc);
}

/* Gives the new rows to the receiver. */
void
an_pivot_end(DestReceiver *self)
{
	Pivot *pivot = (Pivot *) self;
	TupleDesc tupdesc = new_tupdesc(pivot);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(tupdesc, &TTSOpsVirtual);
	ListCell *lc, *cell;

	an_receiver_start(pivot->receiver, tupdesc, pivot->n_plain);
	foreach (lc, pivot->rows)
	{
		PivotRow *row = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		ExecClearTuple(slot);
		memcpy(slot->tts_values, row->values, pivot->n_plain * sizeof(Datum));
		memcpy(slot->tts_isnull, row->nulls, pivot->n_plain * sizeof(bool));
		memset(slot->tts_isnull + pivot->n_plain, true, tupdesc->natts - pivot->n_plain);
		foreach (cell, row->cells)
		{
			const PivotCell *one = lfirst(cell);

			slot->tts_values[pivot->n_plain + one->column] = one->value;
			slot->tts_isnull[pivot->n_plain + one->column] = one->isnull;
		}
		ExecStoreVirtualTuple(slot);
		(void) pivot->receiver->pub.receiveSlot(slot, &pivot->receiver->pub);
	}
	ExecDropSingleTupleTableSlot(slot);
}

static void
start(DestReceiver *self, int operation, TupleDesc tupdesc)
{
	Pivot *pivot = (Pivot *) self;
	MemoryContext caller = MemoryContextSwitchTo(pivot->context);
	const AnPivotSpec *spec = &pivot->receiver->spec->pivot;

	pivot->tupdesc = CreateTupleDescCopy(tupdesc);
	pivot->key = find_attribute(spec, "columns", spec->columns, tupdesc);
	pivot->value = find_attribute(spec, "value", spec->value, tupdesc);
	pivot->plain = palloc(tupdesc->natts * sizeof(int));
	pivot->outputs = palloc(tupdesc->natts * sizeof(FmgrInfo));
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Oid output;
		bool is_varlena;

		getTypeOutputInfo(TupleDescAttr(tupdesc, i)->atttypid, &output, &is_varlena);
		fmgr_info(output, &pivot->outputs[i]);
		if (i != pivot->key && i != pivot->value)
			pivot->plain[pivot->n_plain++] = i;
	}
	MemoryContextSwitchTo(caller);
}

static bool
receive(TupleTableSlot *slot, DestReceiver *self)
{
	Pivot *pivot = (Pivot *) self;
	MemoryContext caller = MemoryContextSwitchTo(pivot->context);
	int row;

	slot_getallattrs(slot);
	row = find_row(pivot, slot);
	add_cell(pivot, row, find_header(pivot, slot), slot);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(pivot->receiver->export->row_context);
	return true;
}

static void
nothing(DestReceiver *self)
{
}

static int
find_attribute(const AnPivotSpec *spec, const char *what, const char *name, TupleDesc tupdesc)
{
	for (int i = 0; i < tupdesc->natts; i++)
		if (strcmp(NameStr(TupleDescAttr(tupdesc, i)->attname), name) == 0)
			return i;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s.%s names column \"%s\", which the query does not have", spec->path,
						   what, an_shown(name)),
					errhint("Name a column of the query.")));
	return -1;
}

static uint32
hash_text(const void *key, Size size)
{
	const char *text = *(char *const *) key;

	return hash_bytes((const unsigned char *) text, strlen(text));
}

static int
compare_texts(const void *a, const void *b, Size size)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static HTAB *
make_places(MemoryContext context)
{
	HASHCTL control = {.keysize = sizeof(char *),
					   .entrysize = sizeof(Place),
					   .hash = hash_text,
					   .match = compare_texts,
					   .hcxt = context};

	return hash_create("analytics pivot", 256, &control,
					   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

/* Returns the place of a text, which is `next` if it is new. */
static int
find_place(HTAB *places, const char *text, int next, bool *found)
{
	Place *entry = hash_search(places, &text, HASH_ENTER, found);

	if (!*found)
	{
		entry->text = pstrdup(text);
		entry->place = next;
	}
	return entry->place;
}

/* Returns the place of the row that shows the same in its plain columns, a new one if there is none. */
static int
find_row(Pivot *pivot, TupleTableSlot *slot)
{
	char *text = row_text(pivot, slot);
	bool found;
	int place = find_place(pivot->row_places, text, list_length(pivot->rows), &found);

	limit(place >= MAX_ROWS, "rows", MAX_ROWS);
	if (!found)
		pivot->rows = lappend(pivot->rows, new_row(pivot, slot));
	return place;
}

static PivotRow *
new_row(const Pivot *pivot, TupleTableSlot *slot)
{
	PivotRow *row = palloc0(sizeof(PivotRow));

	row->values = palloc0(Max(pivot->n_plain, 1) * sizeof(Datum));
	row->nulls = palloc0(Max(pivot->n_plain, 1) * sizeof(bool));
	for (int i = 0; i < pivot->n_plain; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(pivot->tupdesc, pivot->plain[i]);

		row->nulls[i] = slot->tts_isnull[pivot->plain[i]];
		if (!row->nulls[i])
			row->values[i] = datumCopy(slot->tts_values[pivot->plain[i]], attribute->attbyval,
									   attribute->attlen);
	}
	return row;
}

/* What a row shows in its plain columns; lives until the next row, as what output functions leave does. */
static char *
row_text(Pivot *pivot, TupleTableSlot *slot)
{
	MemoryContext caller = MemoryContextSwitchTo(pivot->receiver->export->row_context);
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < pivot->n_plain; i++)
		append_shown(&text, pivot, slot, pivot->plain[i]);
	MemoryContextSwitchTo(caller);
	return text.data;
}

/* Adds what a column shows, with its length in front, so that no two look alike, nor one and NULL. */
static void
append_shown(StringInfo to, Pivot *pivot, TupleTableSlot *slot, int column)
{
	char *value;

	if (slot->tts_isnull[column])
	{
		appendStringInfoChar(to, 'n');
		return;
	}
	value = OutputFunctionCall(&pivot->outputs[column], slot->tts_values[column]);
	appendStringInfo(to, "%zu:", strlen(value));
	appendStringInfoString(to, value);
}

static int
find_header(Pivot *pivot, TupleTableSlot *slot)
{
	MemoryContext caller = MemoryContextSwitchTo(pivot->receiver->export->row_context);
	StringInfoData text;
	bool found;
	int place;

	initStringInfo(&text);
	append_shown(&text, pivot, slot, pivot->key);
	MemoryContextSwitchTo(caller);
	place = find_place(pivot->header_places, text.data, list_length(pivot->headers), &found);
	limit(place >= MAX_COLUMNS, "columns", MAX_COLUMNS);
	if (!found)
		pivot->headers =
			lappend(pivot->headers,
					pstrdup(slot->tts_isnull[pivot->key] ? MISSING_KEY
														 : strchr(text.data, ':') + strlen(":")));
	return place;
}

static void
add_cell(Pivot *pivot, int row, int column, TupleTableSlot *slot)
{
	Form_pg_attribute attribute = TupleDescAttr(pivot->tupdesc, pivot->value);
	PivotRow *to = list_nth(pivot->rows, row);
	PivotCell *cell;
	ListCell *lc;

	foreach (lc, to->cells)
		if (((PivotCell *) lfirst(lc))->column == column)
			ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
							errmsg("%s has two values for column \"%s\" in row %d",
								   pivot->receiver->spec->pivot.path,
								   an_shown(list_nth(pivot->headers, column)), row + 1),
							errhint("Aggregate in the query, so that each cell has one value.")));
	limit(++pivot->n_cells > MAX_CELLS, "cells", MAX_CELLS);
	cell = palloc0(sizeof(PivotCell));
	cell->column = column;
	cell->isnull = slot->tts_isnull[pivot->value];
	if (!cell->isnull)
		cell->value =
			datumCopy(slot->tts_values[pivot->value], attribute->attbyval, attribute->attlen);
	to->cells = lappend(to->cells, cell);
}

static TupleDesc
new_tupdesc(const Pivot *pivot)
{
	int n = pivot->n_plain + list_length(pivot->headers);
	TupleDesc tupdesc = CreateTemplateTupleDesc(n);
	Form_pg_attribute value = TupleDescAttr(pivot->tupdesc, pivot->value);
	ListCell *lc;

	for (int i = 0; i < pivot->n_plain; i++)
		TupleDescCopyEntry(tupdesc, i + 1, pivot->tupdesc, pivot->plain[i] + 1);
	foreach (lc, pivot->headers)
	{
		int i = pivot->n_plain + foreach_current_index(lc);
		char *name = lfirst(lc);

		TupleDescInitEntry(tupdesc, i + 1, NULL, value->atttypid, value->atttypmod, 0);
		name[pg_mbcliplen(name, strlen(name), NAMEDATALEN - 1)] = '\0';
		namestrcpy(&TupleDescAttr(tupdesc, i)->attname, name);
	}
	return tupdesc;
}

static void
limit(bool reached, const char *what, int most)
{
	if (reached)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("pivot of more than %d %s", most, what),
						errhint("Aggregate more in the query, or take a shorter range.")));
}
