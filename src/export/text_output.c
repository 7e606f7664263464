/*
 * text_output.c - the temporary file that the server's own writers fill
 *
 * The file lies in temp_tablespaces, counts against temp_file_limit, and goes with the
 * transaction if nothing closes it before.  Text gathers in a buffer, so that the
 * file is written in pieces of some size whatever the rows are.
 */
#include "export/text_writer.h"

#include "commands/tablespace.h"
#include "pgstat.h"

#define PASS_SIZE (64 * 1024)

static void write_out(AnTextOutput *output);

void
an_text_output_begin(AnTextOutput *output)
{
	PrepareTempTablespaces();
	output->file = OpenTemporaryFile(false);
	output->size = 0;
	initStringInfo(&output->buffer);
	enlargeStringInfo(&output->buffer, 2 * PASS_SIZE);
}

void
an_text_output_pass(AnTextOutput *output)
{
	if (output->buffer.len >= PASS_SIZE)
		write_out(output);
}

void
an_text_output_end(AnTextOutput *output)
{
	if (output->buffer.len > 0)
		write_out(output);
	pfree(output->buffer.data);
	output->buffer.data = NULL;
}

static void
write_out(AnTextOutput *output)
{
	StringInfo buffer = &output->buffer;
	int n;

	CHECK_FOR_INTERRUPTS();
	errno = 0;
	n = FileWrite(output->file, buffer->data, buffer->len, output->size, WAIT_EVENT_BUFFILE_WRITE);
	if (n != buffer->len)
	{
		/* A write that stops short without a reason has met a full disk. */
		if (n >= 0 || errno == 0)
			errno = ENOSPC;
		ereport(ERROR, (an_export_errcode(), errmsg("could not write temporary file \"%s\": %m",
													FilePathName(output->file))));
	}
	output->size += n;
	resetStringInfo(buffer);
}

void
an_text_writer_begin(AnTextWriter *writer)
{
	an_text_output_begin(&writer->output);
	writer->pub.output = writer->output.file;
}

void
an_text_writer_pass(AnTextWriter *writer)
{
	an_text_output_pass(&writer->output);
	writer->pub.written = writer->output.size;
}

void
an_text_writer_end(AnTextWriter *writer)
{
	an_text_output_end(&writer->output);
	writer->pub.written = writer->output.size;
}
