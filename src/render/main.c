/*
 * main.c - analytics-render: a stream of rows in, a file out
 *
 *     analytics-render [DESCRIPTOR] < stream
 *
 * Answers go in lines to the descriptor, without one to standard output:
 *
 *     pid NUMBER                   at once
 *     ok                           the file is whole and checked
 *     error SQLSTATE clause        it is not; exit status 1
 *
 * Nothing is written to the output before the stream's end record has come: a
 * stream that breaks off leaves nothing behind.  The program limits its own
 * memory and file size as the header of the stream says, leaves no core file,
 * and keeps none of the descriptors of whoever started it.
 */
#include "render/render.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kernel/sheet.h"

#define BUFFER_SIZE (1024 * 1024)
#define ANSWER_FD	3

AnRenderOptions options = {.file_limit = -1};

static int answer_fd = STDOUT_FILENO;

/* Input: bytes [at, filled) of the buffer are read and not used yet. */
static struct
{
	unsigned char *data; /* buffer */
	size_t size;		 /* its size */
	size_t at;			 /* first byte not used */
	size_t filled;		 /* first byte not read */
} input;

/* Columns that have come so far. */
static AnRenderColumn *columns;
static size_t n_columns;

static void isolate(const char *descriptor);
static void answer(const char *text);
static const unsigned char *need(size_t size);
static void read_stream(void);
static unsigned char next_record(AnFrameReader *record);
static void take_end(AnFrameReader *record, uint64_t n_rows);
static void take_option(AnFrameReader *record);
static void take_column(AnFrameReader *record);
static char *take_string(AnFrameReader *record, size_t *length);
static int64_t to_number(char *text);
static void begin(void);
static void limit(int resource, int64_t value);

int
main(int argc, char **argv)
{
	char text[32];

	isolate(argc > 1 ? argv[1] : NULL);
	snprintf(text, sizeof(text), "pid %d\n", (int) getpid());
	answer(text);
	read_stream();
	answer("ok\n");
	return 0;
}

_Noreturn void
fail(const char *state, const char *format, ...)
{
	char reason[700], text[800];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	for (char *c = reason; *c; c++)
	{
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	}
	snprintf(text, sizeof(text), "error %s %s\n", state, reason);
	answer(text);
	_exit(1);
}

_Noreturn void
fail_io(const char *what)
{
	int code = errno;
	struct statvfs disk;

	if (code == EFBIG && options.file_limit >= 0)
		fail(STATE_FILE_LIMIT, "%s: temporary files exceed temp_file_limit (%lld bytes)", what,
			 (long long) options.file_limit);
	if (code == ENOSPC || code == EDQUOT || code == EFBIG)
		fail(STATE_DISK_FULL, "%s: %s", what, strerror(code));
	if (statvfs(options.tmpdir, &disk) == 0 && disk.f_bavail < 256)
		fail(STATE_DISK_FULL, "%s: %s", what, strerror(ENOSPC));
	fail(STATE_IO_ERROR, "%s: %s", what, code ? strerror(code) : "incomplete");
}

void *
must_alloc(void *old, size_t size)
{
	void *memory = realloc(old, size > 0 ? size : 1);

	if (memory == NULL)
		fail(STATE_NO_MEMORY, "out of memory, %zu bytes were asked for", size);
	return memory;
}

/* Keeps descriptors 0 to 2 and the one for answers, and takes the defaults for signals. */
static void
isolate(const char *descriptor)
{
	if (descriptor)
	{
		answer_fd = ANSWER_FD;
		if (dup2(atoi(descriptor), ANSWER_FD) < 0)
			_exit(2);
		closefrom(ANSWER_FD + 1);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	limit(RLIMIT_CORE, 0);
}

/* Writes a line; if nobody listens any more there is nobody to tell. */
static void
answer(const char *text)
{
	if (write(answer_fd, text, strlen(text)) < 0)
		_exit(2);
}

/* Returns the next `size` bytes of the input, which stay until the next call. */
static const unsigned char *
need(size_t size)
{
	const unsigned char *bytes;

	if (input.filled - input.at < size)
	{
		memmove(input.data, input.data + input.at, input.filled - input.at);
		input.filled -= input.at;
		input.at = 0;
		if (size > input.size)
		{
			input.size = size > 2 * input.size ? size : 2 * input.size;
			input.data = must_alloc(input.data, input.size);
		}
	}
	while (input.filled - input.at < size)
	{
		ssize_t n = read(STDIN_FILENO, input.data + input.filled, input.size - input.filled);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			fail(STATE_BAD_STREAM, "the stream of rows was cut off");
		input.filled += (size_t) n;
	}
	bytes = input.data + input.at;
	input.at += size;
	return bytes;
}

static void
read_stream(void)
{
	uint64_t n_rows = 0;
	bool begun = false;
	unsigned char type;

	input.size = BUFFER_SIZE;
	input.data = must_alloc(NULL, input.size);
	if (memcmp(need(AN_FRAME_MAGIC_SIZE), AN_FRAME_MAGIC, AN_FRAME_MAGIC_SIZE) != 0)
		fail(STATE_BAD_STREAM, "the stream is of another version");
	do
	{
		AnFrameReader record;

		type = next_record(&record);
		if (!begun && (type == AN_RECORD_ROW || type == AN_RECORD_END))
		{
			begin();
			begun = true;
		}
		if (type == AN_RECORD_OPTION && n_columns == 0 && !begun)
			take_option(&record);
		else if (type == AN_RECORD_COLUMN && !begun)
			take_column(&record);
		else if (type == AN_RECORD_ROW)
		{
			workbook_put_row(&record);
			n_rows++;
		}
		else if (type == AN_RECORD_END)
			take_end(&record, n_rows);
		else
			fail(STATE_BAD_STREAM, "record of type %u in the wrong place", type);
	} while (type != AN_RECORD_END);
}

/* Reads a whole record; it stays until the next one is read. */
static unsigned char
next_record(AnFrameReader *record)
{
	const unsigned char *head = need(AN_FRAME_HEAD_SIZE);
	unsigned char type = head[0];
	uint32_t size;

	*record = (AnFrameReader){head + 1, head + AN_FRAME_HEAD_SIZE};
	(void) an_frame_get_u32(record, &size);
	if (size > AN_FRAME_RECORD_MAX)
		fail(STATE_BAD_STREAM, "record of %lu bytes", (unsigned long) size);
	record->at = need(size);
	record->end = record->at + size;
	return type;
}

/* All rows have come: writes the file. */
static void
take_end(AnFrameReader *record, uint64_t n_rows)
{
	uint64_t promised;

	if (an_frame_get_u64(record, &promised) != AN_OK || promised != n_rows)
		fail(STATE_BAD_STREAM, "%llu rows came, and not as many as there are",
			 (unsigned long long) n_rows);
	workbook_end();
}

static void
take_option(AnFrameReader *record)
{
	size_t name_length, length;
	char *name = take_string(record, &name_length);
	char *value = take_string(record, &length);

	if (strcmp(name, "format") == 0)
		options.format = value;
	else if (strcmp(name, "output") == 0)
		options.output = value;
	else if (strcmp(name, "tmpdir") == 0)
		options.tmpdir = value;
	else if (strcmp(name, "created") == 0)
		options.created = to_number(value);
	else if (strcmp(name, "memory_limit") == 0)
		options.memory_limit = to_number(value);
	else if (strcmp(name, "file_limit") == 0)
		options.file_limit = to_number(value);
	else if (strcmp(name, "title") == 0)
		options.title = (AnString){value, length};
	else if (strcmp(name, "subtitle") == 0)
		options.subtitle = (AnString){value, length};
	else if (strcmp(name, "sheet") == 0)
		options.sheet = (AnString){value, length};
	else
		fail(STATE_BAD_STREAM, "unknown option \"%s\"", name);
	free(name);
}

static void
take_column(AnFrameReader *record)
{
	AnRenderColumn *column;
	uint8_t kind;
	size_t length;

	if (n_columns == AN_SHEET_MAX_COLUMNS)
		fail(STATE_BAD_STREAM, "more than %d columns", AN_SHEET_MAX_COLUMNS);
	if ((n_columns & (n_columns + 1)) == 0)
		columns = must_alloc(columns, 2 * (n_columns + 1) * sizeof(*columns));
	column = &columns[n_columns++];
	if (an_frame_get_u8(record, &kind) != AN_OK || kind >= AN_COLUMN_KINDS)
		fail(STATE_BAD_STREAM, "column of unknown kind");
	column->kind = kind;
	column->header = take_string(record, &length);
	column->format = take_string(record, &length);
}

/* Copies a string of a record and terminates it. */
static char *
take_string(AnFrameReader *record, size_t *length)
{
	const char *bytes;
	char *copy;

	if (an_frame_get_string(record, &bytes, length) != AN_OK)
		fail(STATE_BAD_STREAM, "record too short");
	copy = must_alloc(NULL, *length + 1);
	memcpy(copy, bytes, *length);
	copy[*length] = '\0';
	return copy;
}

/* Reads a whole number, and frees its text. */
static int64_t
to_number(char *text)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		fail(STATE_BAD_STREAM, "\"%s\" is no number", text);
	free(text);
	return value;
}

/* The header is complete: checks it, and takes the limits that it sets. */
static void
begin(void)
{
	if (!options.format || !options.output || !options.tmpdir)
		fail(STATE_BAD_STREAM, "format, output or tmpdir is missing");
	if (strcmp(options.format, "xlsx") != 0)
		fail(STATE_UNSUPPORTED, "format \"%s\" is not known to this program", options.format);
	if (options.memory_limit > 0)
		limit(RLIMIT_AS, options.memory_limit);
	if (options.file_limit >= 0)
		limit(RLIMIT_FSIZE, options.file_limit);
	workbook_begin(columns, n_columns);
}

/* Lowers a limit of this process; one that is lower already stays. */
static void
limit(int resource, int64_t value)
{
	struct rlimit now;

	if (getrlimit(resource, &now) != 0)
		return;
	if (now.rlim_cur == RLIM_INFINITY || now.rlim_cur > (rlim_t) value)
		now.rlim_cur = (rlim_t) value;
	(void) setrlimit(resource, &now);
}
