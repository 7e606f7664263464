/*
 * held.c - helper processes and unfinished files, cleaned up when a transaction aborts
 *
 * The callbacks run before PostgreSQL closes its own pipes: a helper that hangs
 * is killed first, or pclose() would wait for it without end.
 */
#include "export/writer.h"

#include <signal.h>
#include <unistd.h>

#include "access/xact.h"
#include "utils/memutils.h"

static dlist_head all_held = DLIST_STATIC_INIT(all_held);

static void at_xact_end(XactEvent event, void *arg);
static void
at_subxact_end(SubXactEvent event, SubTransactionId subid, SubTransactionId parent, void *arg);
static void clean_up(AnHeld *held);

AnHeld *
an_held_new(void)
{
	AnHeld *held = MemoryContextAllocZero(TopMemoryContext, sizeof(AnHeld));

	held->subid = GetCurrentSubTransactionId();
	held->fd = -1;
	dlist_push_head(&all_held, &held->node);
	return held;
}

void
an_held_drop(AnHeld *held)
{
	dlist_delete(&held->node);
	if (held->fd >= 0)
	{
		close(held->fd);
		ReleaseExternalFD();
	}
	if (held->path)
		pfree(held->path);
	pfree(held);
}

void
an_held_init(void)
{
	RegisterXactCallback(at_xact_end, NULL);
	RegisterSubXactCallback(at_subxact_end, NULL);
}

static void
at_xact_end(XactEvent event, void *arg)
{
	dlist_mutable_iter iter;

	if (event != XACT_EVENT_ABORT && event != XACT_EVENT_PARALLEL_ABORT)
		return;
	dlist_foreach_modify(iter, &all_held) clean_up(dlist_container(AnHeld, node, iter.cur));
}

static void
at_subxact_end(SubXactEvent event, SubTransactionId subid, SubTransactionId parent, void *arg)
{
	dlist_mutable_iter iter;

	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	dlist_foreach_modify(iter, &all_held)
	{
		AnHeld *held = dlist_container(AnHeld, node, iter.cur);

		if (held->subid == subid)
			clean_up(held);
	}
}

/* Kills the process, removes the file, and forgets both.  Never raises an error. */
static void
clean_up(AnHeld *held)
{
	if (held->pid > 0)
		kill(held->pid, SIGKILL);
	if (held->path)
		unlink(held->path);
	an_held_drop(held);
}
