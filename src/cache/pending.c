/*
 * pending.c - answers of this transaction, stored when it commits
 *
 * Nothing is written before the commit.  So a transaction id means that the caller has
 * written something: then nothing is stored, since what came before its own change is
 * old.  What an aborted transaction saw is never stored either.  The snapshots of the
 * answers are held until then: an invalidation that they have not seen is not
 * forgotten meanwhile (an_cache_sweep).  Whatever goes wrong with storing, a full
 * disk say, is a warning: the caller has the answer.
 */
#include "cache/cache_private.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

/* An answer that waits for the commit. */
typedef struct Pending
{
	AnCacheAsk ask;		  /* what was asked; query is NULL */
	AnCacheAnswer answer; /* the answer; its snapshot is registered with the transaction */
} Pending;

static List *pending = NIL; /* of Pending *, in TopTransactionContext */

static AnCacheAsk copy_ask(const AnCacheAsk *ask);
static struct varlena *copy_bytes(const struct varlena *bytes);
static void end_of_transaction(XactEvent event, void *arg);
static void store_all(void *arg);
static void forget_all(void);

void
an_cache_pending_init(void)
{
	RegisterXactCallback(end_of_transaction, NULL);
}

void
an_cache_keep(const AnCacheAsk *ask, AnCacheAnswer *answer)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	Pending *one = palloc(sizeof(Pending));

	one->ask = copy_ask(ask);
	one->answer = *answer;
	one->answer.rows = copy_bytes(answer->rows);
	one->answer.seen = copy_bytes(answer->seen);
	pending = lappend(pending, one);
	MemoryContextSwitchTo(caller);
}

AnCacheAnswer *
an_cache_kept_here(const AnCacheAsk *ask)
{
	AnCacheAnswer *found = NULL;
	ListCell *lc;

	foreach (lc, pending)
	{
		Pending *one = lfirst(lc);

		if (one->ask.form.len == ask->form.len &&
			memcmp(one->ask.form.data, ask->form.data, ask->form.len) == 0)
			found = &one->answer;
	}
	if (found)
	{
		Snapshot now = RegisterSnapshot(GetLatestSnapshot());

		if (!an_cache_valid(ask, found->seen, now))
			found = NULL;
		UnregisterSnapshot(now);
	}
	return found;
}

bool
an_cache_waits_for_commit(void)
{
	return pending != NIL;
}

/* Copies what storing needs of an ask. */
static AnCacheAsk
copy_ask(const AnCacheAsk *ask)
{
	AnCacheAsk copy = *ask;
	ListCell *lc;

	copy.query = NULL;
	copy.text = pstrdup(ask->text);
	copy.tenant = ask->tenant ? pstrdup(ask->tenant) : NULL;
	copy.metrics = NIL;
	foreach (lc, ask->metrics)
		copy.metrics = lappend(copy.metrics, pstrdup(lfirst(lc)));
	initStringInfo(&copy.form);
	appendBinaryStringInfo(&copy.form, ask->form.data, ask->form.len);
	return copy;
}

static struct varlena *
copy_bytes(const struct varlena *bytes)
{
	struct varlena *copy;

	if (bytes == NULL)
		return NULL;
	copy = palloc(VARSIZE(bytes));
	memcpy(copy, bytes, VARSIZE(bytes));
	return copy;
}

static void
end_of_transaction(XactEvent event, void *arg)
{
	ErrorData *error;

	if (pending == NIL)
		return;
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			error = TransactionIdIsValid(GetTopTransactionIdIfAny())
						? NULL
						: an_cache_guard(store_all, NULL);
			forget_all();
			if (error)
				ereport(WARNING,
						(errcode(error->sqlerrcode),
						 errmsg("could not keep an answer in the cache: %s", error->message)));
			break;
		case XACT_EVENT_PRE_PREPARE:
			forget_all();
			break;
		case XACT_EVENT_ABORT:
			/* The memory and the snapshots go with the transaction. */
			pending = NIL;
			break;
		default:
			break;
	}
}

static void
store_all(void *arg)
{
	int64 added_bytes = 0;
	ListCell *lc;

	PushActiveSnapshot(GetTransactionSnapshot());
	foreach (lc, pending)
	{
		Pending *one = lfirst(lc);

		added_bytes += an_cache_store(&one->ask, &one->answer);
	}
	CommandCounterIncrement();
	an_cache_sweep(added_bytes);
	PopActiveSnapshot();
}

static void
forget_all(void)
{
	ListCell *lc;

	foreach (lc, pending)
		an_cache_release(&((Pending *) lfirst(lc))->answer);
	pending = NIL;
}
