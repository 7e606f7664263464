/*
 * run.c - the query runs, as the caller and read only, and its rows become jsonb
 *
 * The transaction is read only for that long, so that no function which the query calls can
 * write.  After an error the end of the transaction, or of the subtransaction, puts that back:
 * XactReadOnly is kept there, and not as other settings are.  Rows go to the caller as they come, and aside for the cache as long as they
 * fit into one entry.
 */
#include "cache/cache_private.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "nodes/makefuncs.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

/* Takes rows from the executor. */
typedef struct RowReceiver
{
	DestReceiver pub;	   /* must be first */
	Tuplestorestate *rows; /* where they go */
	TupleDesc desc;		   /* one column, jsonb */
	TupleDesc row_desc;	   /* the columns of the query, with their names */
	FmgrInfo to_jsonb;	   /* makes a jsonb of a row */
	MemoryContext context; /* for one row, reset after each */
	bool keep;			   /* the rows are kept, and have fit so far */
	StringInfoData kept;   /* a bytea of them, its header not yet set */
	int64 n_rows;		   /* rows taken */
} RowReceiver;

static void start_receiver(RowReceiver *receiver, Tuplestorestate *rows, TupleDesc desc, bool keep);
static void execute(AnCacheAsk *ask, DestReceiver *dest);
static void receiver_startup(DestReceiver *self, int operation, TupleDesc desc);
static bool receive_row(TupleTableSlot *slot, DestReceiver *self);
static void keep_row(RowReceiver *receiver, const struct varlena *row);
static void receiver_done(DestReceiver *self);

AnCacheAnswer *
an_cache_run(AnCacheAsk *ask, Tuplestorestate *rows, TupleDesc desc, bool keep)
{
	AnCacheAnswer *answer = palloc0(sizeof(AnCacheAnswer));
	RowReceiver receiver;
	bool was_read_only = XactReadOnly;

	answer->as_of = GetCurrentTimestamp();
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	answer->seen = PG_DETOAST_DATUM(DirectFunctionCall1(pg_current_snapshot, (Datum) 0));
	XactReadOnly = true;
	start_receiver(&receiver, rows, desc, keep);
	execute(ask, &receiver.pub);
	XactReadOnly = was_read_only;
	if (keep)
		answer->registered =
			RegisterSnapshotOnOwner(GetActiveSnapshot(), TopTransactionResourceOwner);
	if (receiver.keep)
	{
		answer->n_rows = receiver.n_rows;
		answer->rows = (struct varlena *) receiver.kept.data;
		SET_VARSIZE(answer->rows, receiver.kept.len);
	}
	PopActiveSnapshot();
	MemoryContextDelete(receiver.context);
	answer->took_us = GetCurrentTimestamp() - answer->as_of;
	return keep ? answer : NULL;
}

void
an_cache_release(AnCacheAnswer *answer)
{
	if (answer->registered)
		UnregisterSnapshotFromOwner(answer->registered, TopTransactionResourceOwner);
	answer->registered = NULL;
}

static void
start_receiver(RowReceiver *receiver, Tuplestorestate *rows, TupleDesc desc, bool keep)
{
	Const *row = makeNullConst(RECORDOID, -1, InvalidOid);

	memset(receiver, 0, sizeof(*receiver));
	receiver->pub.rStartup = receiver_startup;
	receiver->pub.receiveSlot = receive_row;
	receiver->pub.rShutdown = receiver_done;
	receiver->pub.rDestroy = receiver_done;
	receiver->pub.mydest = DestNone;
	receiver->rows = rows;
	receiver->desc = desc;
	receiver->keep = keep;
	receiver->context =
		AllocSetContextCreate(CurrentMemoryContext, "analytics row", ALLOCSET_DEFAULT_SIZES);
	initStringInfo(&receiver->kept);
	appendStringInfoSpaces(&receiver->kept, VARHDRSZ);
	/* It takes the type of its argument from the expression that calls it. */
	fmgr_info(F_TO_JSONB, &receiver->to_jsonb);
	fmgr_info_set_expr((Node *) makeFuncExpr(F_TO_JSONB, JSONBOID, list_make1(row), InvalidOid,
											 InvalidOid, COERCE_EXPLICIT_CALL),
					   &receiver->to_jsonb);
}

/* Executes exactly the tree that the form of the ask was made of. */
static void
execute(AnCacheAsk *ask, DestReceiver *dest)
{
	PlannedStmt *plan = an_compat_plan_query(ask->query, ask->text, CURSOR_OPT_PARALLEL_OK);
	QueryDesc *desc =
		CreateQueryDesc(plan, ask->text, GetActiveSnapshot(), InvalidSnapshot, dest, NULL, NULL, 0);

	ExecutorStart(desc, 0);
	an_compat_executor_run(desc);
	ExecutorFinish(desc);
	ExecutorEnd(desc);
	FreeQueryDesc(desc);
}

static void
receiver_startup(DestReceiver *self, int operation, TupleDesc desc)
{
	/* A row carries its type, which others must find by number.  Slots may have one with other names. */
	((RowReceiver *) self)->row_desc = BlessTupleDesc(CreateTupleDescCopy(desc));
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	RowReceiver *receiver = (RowReceiver *) self;
	MemoryContext caller = MemoryContextSwitchTo(receiver->context);
	bool isnull = false;
	HeapTuple tuple;
	Datum row;

	slot_getallattrs(slot);
	tuple = heap_form_tuple(receiver->row_desc, slot->tts_values, slot->tts_isnull);
	row = FunctionCall1(&receiver->to_jsonb, HeapTupleGetDatum(tuple));
	tuplestore_putvalues(receiver->rows, receiver->desc, &row, &isnull);
	MemoryContextSwitchTo(caller);
	receiver->n_rows++;
	if (receiver->keep)
		keep_row(receiver, PG_DETOAST_DATUM(row));
	MemoryContextReset(receiver->context);
	return true;
}

/* Puts a row aside, at a multiple of 4 bytes; gives up once they are too many for one entry. */
static void
keep_row(RowReceiver *receiver, const struct varlena *row)
{
	size_t size = VARSIZE(row);

	if (receiver->kept.len + INTALIGN(size) > an_cache_limit(true))
	{
		receiver->keep = false;
		pfree(receiver->kept.data);
		return;
	}
	appendBinaryStringInfo(&receiver->kept, (const char *) row, (int) size);
	while (receiver->kept.len != INTALIGN(receiver->kept.len))
		appendStringInfoChar(&receiver->kept, '\0');
}

static void
receiver_done(DestReceiver *self)
{
}

bool
an_cache_emit(const AnCacheAnswer *answer, Tuplestorestate *rows, TupleDesc desc)
{
	char *at = VARDATA(answer->rows), *end = (char *) answer->rows + VARSIZE(answer->rows);
	int64 n = 0;

	/* Look at all of it first: rows that the caller has got cannot be taken back. */
	for (char *row = at; row < end; n++)
	{
		size_t left = end - row;

		if (left < VARHDRSZ || !VARATT_IS_4B_U(row) || VARSIZE(row) < VARHDRSZ ||
			INTALIGN((size_t) VARSIZE(row)) > left)
			return false;
		row += INTALIGN((size_t) VARSIZE(row));
	}
	if (n != answer->n_rows)
		return false;
	for (; at < end; at += INTALIGN((size_t) VARSIZE(at)))
	{
		Datum row = PointerGetDatum(at);
		bool isnull = false;

		tuplestore_putvalues(rows, desc, &row, &isnull);
	}
	return true;
}
