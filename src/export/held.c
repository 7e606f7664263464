/*
 * held.c - helper processes and unfinished files, cleaned up when a transaction aborts
 *
 * The callbacks run before PostgreSQL closes its own pipes: a helper that hangs
 * is killed first, or pclose() would wait for it without end.
 */
#include "export/writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access/xact.h"
#include "utils/memutils.h"

static dlist_head all_held = DLIST_STATIC_INIT(all_held);

static void at_xact_end(XactEvent event, void *arg);
static void
at_subxact_end(SubXactEvent event, SubTransactionId subid, SubTransactionId parent, void *arg);
static void clean_up(AnHeld *held);
static void remove_directory(const char *directory);

AnHeld *
an_held_new(void)
{
	AnHeld *held = MemoryContextAllocZero(TopMemoryContext, sizeof(AnHeld));

	held->subid = GetCurrentSubTransactionId();
	held->fd = -1;
	held->in_directory = -1;
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
	if (held->directory)
	{
		remove_directory(held->directory);
		pfree(held->directory);
	}
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

/*
 * Kills the process, removes its files, and forgets all.  Never raises an error.
 * The process has to be gone first, or it could still make a file; it is left
 * for pclose() to reap.
 */
static void
clean_up(AnHeld *held)
{
	siginfo_t info;

	if (held->pid > 0 && kill(held->pid, SIGKILL) == 0)
		while (waitid(P_PID, held->pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
			;
	if (held->path && held->in_directory >= 0)
		unlinkat(held->in_directory, held->path, 0);
	else if (held->path)
		unlink(held->path);
	an_held_drop(held);
}

/* Removes a directory and the files in it.  By system calls alone, since an abort calls it. */
static void
remove_directory(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char path[MAXPGPATH];

	while (dir && (entry = readdir(dir)) != NULL)
	{
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void) unlink(path);
	}
	if (dir)
		closedir(dir);
	(void) rmdir(directory);
}
