/*
 * sink.c - a finished file goes to the client, a program or a bytea
 */
#include "export/writer.h"

#include <sys/wait.h>

#include "catalog/pg_authid.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "tcop/dest.h"
#include "utils/acl.h"
#include "utils/memutils.h"

#define CHUNK_SIZE (64 * 1024)

int
an_export_errcode(void)
{
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		return errcode(ERRCODE_DISK_FULL);
	if (errno == EIO)
		return errcode(ERRCODE_IO_ERROR);
	if (errno == ENAMETOOLONG)
		return errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED);
	if (errno == ELOOP)
		return errcode(ERRCODE_WRONG_OBJECT_TYPE);
	return errcode_for_file_access();
}

void
an_sink_check_program(void)
{
	if (!has_privs_of_role(GetUserId(), ROLE_PG_EXECUTE_SERVER_PROGRAM))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to COPY to an external program"),
				 errdetail("Only roles with privileges of pg_execute_server_program may do so."),
				 errhint("Anyone can COPY to stdout: psql's \\copy command works for anyone.")));
}

size_t
an_sink_read(File from, off_t *offset, char *buffer, size_t size)
{
	int n;

	CHECK_FOR_INTERRUPTS();
	n = FileRead(from, buffer, size, *offset, WAIT_EVENT_BUFFILE_READ);
	if (n < 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not read temporary file \"%s\": %m", FilePathName(from))));
	*offset += n;
	return n;
}

/* Speaks the copy-out protocol; "binary", so that clients pass the bytes through. */
void
an_sink_client(File from, int n_columns)
{
	StringInfoData message;
	char *buffer = palloc(CHUNK_SIZE);
	off_t offset = 0;
	size_t n;

	pq_beginmessage(&message, 'H');
	pq_sendbyte(&message, 1);
	pq_sendint16(&message, n_columns);
	for (int i = 0; i < n_columns; i++)
		pq_sendint16(&message, 1);
	pq_endmessage(&message);
	while ((n = an_sink_read(from, &offset, buffer, CHUNK_SIZE)) > 0)
	{
		pq_beginmessage(&message, 'd');
		pq_sendbytes(&message, buffer, n);
		pq_endmessage(&message);
	}
	pq_putemptymessage('c');
	pfree(buffer);
}

void
an_sink_program(File from, const char *command)
{
	AnPipe stream;
	char *buffer = palloc(CHUNK_SIZE);
	off_t offset = 0;
	size_t n;
	bool whole = true;
	int status;

	an_pipe_open(&stream, command);
	while (whole && (n = an_sink_read(from, &offset, buffer, CHUNK_SIZE)) > 0)
		whole = an_pipe_write(&stream, buffer, n);
	status = an_pipe_close(&stream);
	CHECK_FOR_INTERRUPTS();
	if (status != 0)
		ereport(ERROR, (errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
						errmsg("program \"%s\" failed", command),
						errdetail("The %s.", wait_result_to_str(status))));
	if (!whole)
		ereport(ERROR, (errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
						errmsg("program \"%s\" did not read all of the file", command)));
	pfree(buffer);
}

bytea *
an_sink_bytea(File from)
{
	off_t size = FileSize(from), offset = 0;
	bytea *result;
	size_t n;

	if (size < 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not get the size of file \"%s\": %m", FilePathName(from))));
	if (size > (off_t) (MaxAllocSize - VARHDRSZ))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("exported file of %lld bytes exceeds the limit of %lld bytes for bytea",
						(long long) size, (long long) (MaxAllocSize - VARHDRSZ)),
				 errhint("Use COPY or analytics.export_file instead.")));
	result = palloc(VARHDRSZ + size);
	SET_VARSIZE(result, VARHDRSZ + size);
	while (offset < size)
	{
		n = an_sink_read(from, &offset, VARDATA(result) + offset, Min(size - offset, 1024 * 1024));
		if (n == 0)
			ereport(ERROR,
					(errcode(ERRCODE_IO_ERROR),
					 errmsg("temporary file \"%s\" shrank while it was read", FilePathName(from))));
	}
	return result;
}
