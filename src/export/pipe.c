/*
 * pipe.c - a pipe into a program, with writes that a cancelled query does not wait for
 *
 * PostgreSQL signals its whole process group when a query is cancelled, so a
 * program that works dies with it.  A stopped one does not, and a blocking
 * write() would wait for it: the pipe is non-blocking, and we wait on the latch.
 */
#include "export/writer.h"

#include <fcntl.h>
#include <unistd.h>

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"

#define PIPE_SIZE (1024 * 1024)

/* Starts a shell command that reads from the pipe.  An abort closes it. */
void
an_pipe_open(AnPipe *stream, const char *command)
{
	int fd;

	stream->broken = false;
	stream->stream = OpenPipeStream(command, "w");
	if (stream->stream == NULL)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not execute command \"%s\": %m", command)));
	fd = fileno(stream->stream);
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not set up pipe: %m")));
#ifdef F_SETPIPE_SZ
	/* A larger pipe lets both sides run longer at a stretch; the small one works too. */
	(void) fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#endif
}

bool
an_pipe_write(AnPipe *stream, const char *data, size_t size)
{
	int fd = fileno(stream->stream);

	while (size > 0 && !stream->broken)
	{
		ssize_t n = write(fd, data, size);

		if (n > 0)
		{
			data += n;
			size -= n;
		}
		else if (n < 0 && errno == EPIPE)
			stream->broken = true;
		else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			(void) WaitLatchOrSocket(MyLatch,
									 WL_LATCH_SET | WL_SOCKET_WRITEABLE | WL_EXIT_ON_PM_DEATH, fd,
									 -1, PG_WAIT_EXTENSION);
		else if (n < 0 && errno != EINTR)
			ereport(ERROR, (errcode_for_file_access(), errmsg("could not write to pipe: %m")));
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	return !stream->broken;
}

int
an_pipe_close(AnPipe *stream)
{
	int status = ClosePipeStream(stream->stream);

	stream->stream = NULL;
	if (status == -1)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not close pipe: %m")));
	return status;
}
