/*
 * helper.c - the program analytics-render, seen from the server
 *
 * Rows go to its standard input (kernel/frame.h).  Its answers come back through
 * a second pipe whose descriptor it gets as its only argument, in lines:
 *
 *     pid NUMBER                    first: whom to kill when the query is aborted
 *     warning SQLSTATE what         something that the user should know
 *     ok                            last, once the output is whole and checked
 *     error SQLSTATE what happened  last, instead of ok
 *
 * It writes a temporary file of the server's (deleted at the end of the
 * transaction or by the next start), keeps its own temporary files in a directory
 * beside it, and throws its work away if the stream stops before the end record.  A crash
 * shows as an end of the answers without a last line.
 */
#include "export/writer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/tablespace.h"
#include "common/string.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "kernel/sheet.h"

#define PROGRAM "analytics-render"

static void program_path(char *path);
static void reserve_descriptors(int n);
static void open_answers(AnHelper *helper, AnHeld **far_end);
static void make_directory(AnHelper *helper);
static char *helper_command(int answer_fd);
static void send_options(AnHelper *helper, const AnFormat *format);
static void raise_warnings(const char *said);
static const char *from_utf8(char *text);
static char *absolute_path(const char *path);
static bool read_answers(AnHelper *helper);
static int wait_exit(AnHelper *helper);
static void raise_failure(AnHelper *helper) pg_attribute_noreturn();

void
an_format_check(const AnFormat *format)
{
	char path[MAXPGPATH];

	if (!format->needs_helper)
		return;
	program_path(path);
	if (access(path, X_OK) != 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("format \"%s\" needs the program \"%s\"", format->name, path),
			 errdetail("The program cannot be executed: %m."),
			 errhint("Build analytics without WITH_RENDER=no, and install it on this server.")));
}

void
an_helper_start(AnHelper *helper, const AnFormat *format)
{
	AnHeld *far_end;

	initStringInfo(&helper->said);
	helper->sent = 0;
	PrepareTempTablespaces();
	helper->output = OpenTemporaryFile(false);
	open_answers(helper, &far_end);
	make_directory(helper);
	an_pipe_open(&helper->pipe, helper_command(far_end->fd));
	an_held_drop(far_end);

	/* Wait for its process id: from then on an abort can end it, whatever it does. */
	while (strchr(helper->said.data, '\n') == NULL)
	{
		if (!read_answers(helper))
			raise_failure(helper);
	}
	if (sscanf(helper->said.data, "pid %d", &helper->held->pid) != 1)
		elog(ERROR, "unexpected answer of %s: %s", PROGRAM, helper->said.data);
	send_options(helper, format);
}

void
an_helper_send(AnHelper *helper, const char *data, size_t size)
{
	if (!an_pipe_write(&helper->pipe, data, size))
		raise_failure(helper);
	helper->sent += size;
}

void
an_helper_finish(AnHelper *helper, uint64 n_rows)
{
	unsigned char end[AN_FRAME_HEAD_SIZE + 8];
	char *last;

	end[0] = AN_RECORD_END;
	(void) an_frame_put_u64(an_frame_put_u32(end + 1, 8), n_rows);
	an_helper_send(helper, (char *) end, sizeof(end));
	while (read_answers(helper))
		;
	last = helper->said.data + helper->said.len - Min(strlen("\nok\n"), helper->said.len);
	if (strcmp(last, "\nok\n") != 0 || wait_exit(helper) != 0)
		raise_failure(helper);
	raise_warnings(helper->said.data);
	(void) an_pipe_close(&helper->pipe);
	an_held_drop(helper->held);
	helper->held = NULL;
}

/* What the user should know of a file that is whole. */
static void
raise_warnings(const char *said)
{
	const char *line = said;

	while ((line = strstr(line, "\nwarning ")) != NULL)
	{
		const char *state = line + strlen("\nwarning ");
		const char *end = strchr(state, '\n');

		if (end == NULL || end - state < 7)
			return;
		ereport(WARNING, (errcode(MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4])),
						  errmsg("%s", from_utf8(pnstrdup(state + 6, end - state - 6)))));
		line = end;
	}
}

/* The program speaks UTF-8; what the server's encoding lacks is not worth another error. */
static const char *
from_utf8(char *text)
{
	if (GetDatabaseEncoding() != PG_UTF8)
		for (char *c = text; *c; c++)
			if (IS_HIGHBIT_SET(*c))
				*c = '?';
	return text;
}

/* The program stands beside the server's own. */
static void
program_path(char *path)
{
	strlcpy(path, my_exec_path, MAXPGPATH);
	get_parent_directory(path);
	join_path_components(path, path, PROGRAM);
}

/* Counts descriptors as external ones; none of them if they are too many. */
static void
reserve_descriptors(int n)
{
	for (int i = 0; i < n; i++)
	{
		int saved;

		if (AcquireExternalFD())
			continue;
		saved = errno;
		while (i-- > 0)
			ReleaseExternalFD();
		errno = saved;
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES),
						errmsg("could not create pipe for %s: %m", PROGRAM)));
	}
}

/* Makes the pipe for answers; *far_end is the side that the helper inherits. */
static void
open_answers(AnHelper *helper, AnHeld **far_end)
{
	int fds[2];

	helper->held = an_held_new();
	*far_end = an_held_new();
	reserve_descriptors(2);
	if (pipe(fds) != 0)
	{
		int saved = errno;

		ReleaseExternalFD();
		ReleaseExternalFD();
		errno = saved;
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES),
						errmsg("could not create pipe for %s: %m", PROGRAM)));
	}
	helper->held->fd = fds[0];
	(*far_end)->fd = fds[1];
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0 || fcntl(fds[0], F_SETFD, FD_CLOEXEC) != 0)
		ereport(ERROR,
				(errcode_for_file_access(), errmsg("could not set up pipe for %s: %m", PROGRAM)));
}

/*
 * Makes a directory for the helper's own temporary files, beside its output and
 * named after it: the start of a server removes what begins with "pgsql_tmp".
 * The library makes its files nameless only after it has opened them, and a
 * helper that is killed in between would leave one.
 */
static void
make_directory(AnHelper *helper)
{
	char *directory = psprintf("%s.d", absolute_path(FilePathName(helper->output)));

	if (MakePGDirectory(directory) != 0)
		ereport(ERROR,
				(an_export_errcode(), errmsg("could not create directory \"%s\": %m", directory)));
	helper->held->directory = MemoryContextStrdup(TopMemoryContext, directory);
}

/* Quotes the path for the shell; nothing that a user wrote gets into the command. */
static char *
helper_command(int answer_fd)
{
	char path[MAXPGPATH];
	StringInfoData command;

	program_path(path);
	initStringInfo(&command);
	appendStringInfoString(&command, "exec '");
	for (const char *c = path; *c; c++)
	{
		if (*c == '\'')
			appendStringInfoString(&command, "'\\''");
		else
			appendStringInfoChar(&command, *c);
	}
	appendStringInfo(&command, "' %d", answer_fd);
	return command.data;
}

/* Says what to write and where; what stands in it comes from the writer. */
static void
send_options(AnHelper *helper, const AnFormat *format)
{
	StringInfoData to;
	char *output = absolute_path(FilePathName(helper->output));

	initStringInfo(&to);
	appendBinaryStringInfo(&to, AN_FRAME_MAGIC, AN_FRAME_MAGIC_SIZE);
	an_helper_option(&to, "format", format->name);
	an_helper_option(&to, "output", output);
	an_helper_option(&to, "tmpdir", helper->held->directory);
	an_helper_option(&to, "memory_limit",
					 psprintf(INT64_FORMAT, an_export_memory_limit * INT64CONST(1024)));
	if (temp_file_limit >= 0)
		an_helper_option(&to, "file_limit",
						 psprintf(INT64_FORMAT, temp_file_limit * INT64CONST(1024)));
	an_helper_send(helper, to.data, to.len);
	pfree(to.data);
}

void
an_helper_option(StringInfo to, const char *name, const char *value)
{
	size_t name_size = strlen(name), value_size = strlen(value);
	size_t size = 4 + name_size + 4 + value_size;
	unsigned char *at;

	enlargeStringInfo(to, AN_FRAME_HEAD_SIZE + size);
	at = (unsigned char *) to->data + to->len;
	*at++ = AN_RECORD_OPTION;
	at = an_frame_put_u32(at, size);
	at = an_frame_put_string(at, name, name_size);
	(void) an_frame_put_string(at, value, value_size);
	to->len += AN_FRAME_HEAD_SIZE + size;
}

static char *
absolute_path(const char *path)
{
	return is_absolute_path(path) ? pstrdup(path) : psprintf("%s/%s", DataDir, path);
}

/*
 * Waits for more answers; returns false at their end.  The descriptor is
 * non-blocking, so that a cancelled query does not wait for a hanging helper.
 */
static bool
read_answers(AnHelper *helper)
{
	char buffer[512];

	for (;;)
	{
		ssize_t n;

		CHECK_FOR_INTERRUPTS();
		n = read(helper->held->fd, buffer, sizeof(buffer));
		if (n > 0)
		{
			appendBinaryStringInfo(&helper->said, buffer, n);
			return true;
		}
		if (n == 0)
			return false;
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			ereport(ERROR,
					(errcode_for_file_access(), errmsg("could not read from %s: %m", PROGRAM)));
		(void) WaitLatchOrSocket(MyLatch, WL_LATCH_SET | WL_SOCKET_READABLE | WL_EXIT_ON_PM_DEATH,
								 helper->held->fd, -1, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

/*
 * Waits until the program has ended, without reaping it, and returns its status
 * as wait() gives it.  pclose() would wait too, but cannot be cancelled.
 */
static int
wait_exit(AnHelper *helper)
{
	siginfo_t info;

	for (;;)
	{
		memset(&info, 0, sizeof(info));
		if (waitid(P_PID, helper->held->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
			ereport(ERROR,
					(errcode_for_file_access(), errmsg("could not wait for %s: %m", PROGRAM)));
		if (info.si_pid != 0)
			break;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 5,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	return info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
}

/*
 * Raises what the helper gave as its reason, or how it died.  A cancelled query
 * has killed it along with everything in our process group: then that is the error.
 */
static void
raise_failure(AnHelper *helper)
{
	char *reason, *end;
	int status = 0;

	while (read_answers(helper))
		;
	if (helper->held->pid > 0)
		status = wait_exit(helper);
	else
		status = an_pipe_close(&helper->pipe);
	CHECK_FOR_INTERRUPTS();
	reason = strstr(helper->said.data, "\nerror ");
	if (reason && strlen(++reason) > 12)
	{
		const char *state = reason + 6;

		end = strchr(reason, '\n');
		if (end)
			*end = '\0';
		ereport(ERROR, (errcode(MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4])),
						errmsg("could not write the exported file"),
						errdetail("%s: %s.", PROGRAM, from_utf8(reason + 12))));
	}
	ereport(ERROR,
			(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION), errmsg("program \"%s\" failed", PROGRAM),
			 errdetail("The %s.", wait_result_to_str(status)),
			 errhint("The server's log may say more; if memory was short, see "
					 "analytics.export_memory_limit.")));
}
