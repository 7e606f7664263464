/*
 * main.c - analytics-render: a stream of rows in, a file out
 *
 *     analytics-render [DESCRIPTOR] < stream
 *
 * Answers go in lines to the descriptor, without one to standard output:
 *
 *     pid NUMBER                   at once
 *     warning SQLSTATE clause      something to know about the file; at most 20, each once
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

#define BUFFER_SIZE	 (1024 * 1024)
#define ANSWER_FD	 3
#define REASON_SIZE	 700
#define MAX_WARNINGS 20

static int answer_fd = STDOUT_FILENO;

/* Input: bytes [at, filled) of the buffer are read and not used yet. */
static struct
{
	unsigned char *data; /* buffer */
	size_t size;		 /* its size */
	size_t at;			 /* first byte not used */
	size_t filled;		 /* first byte not read */
} input;

/* How far the stream has come, in the order of its grammar. */
typedef enum Stage
{
	STAGE_DOCUMENT, /* its options */
	STAGE_SHEET,	/* a sheet's options */
	STAGE_CARDS,
	STAGE_COLUMNS,
	STAGE_CHARTS,
	STAGE_ROWS,
	STAGE_TOTALS,
	STAGE_END,
} Stage;

/* Where a record may stand, and where the stream is behind it. */
typedef struct Place
{
	unsigned char type; /* of the record, AnRecordType */
	Stage first;		/* earliest stage that it may stand in */
	Stage last;			/* latest one */
	Stage next;			/* stage behind it; STAGE_DOCUMENT leaves it as it is */
} Place;

static const Place places[] = {
	{AN_RECORD_OPTION, STAGE_DOCUMENT, STAGE_CHARTS, STAGE_DOCUMENT},
	{AN_RECORD_SHEET, STAGE_DOCUMENT, STAGE_TOTALS, STAGE_SHEET},
	{AN_RECORD_CARD, STAGE_SHEET, STAGE_CARDS, STAGE_CARDS},
	{AN_RECORD_COLUMN, STAGE_SHEET, STAGE_COLUMNS, STAGE_COLUMNS},
	{AN_RECORD_CHART, STAGE_COLUMNS, STAGE_CHARTS, STAGE_CHARTS},
	{AN_RECORD_ROW, STAGE_SHEET, STAGE_ROWS, STAGE_ROWS},
	{AN_RECORD_TOTALS, STAGE_SHEET, STAGE_ROWS, STAGE_TOTALS},
	{AN_RECORD_END, STAGE_SHEET, STAGE_TOTALS, STAGE_END},
};

/* The formats that this program was built with. */
static const Renderer *const renderers[] = {
	&workbook_renderer, &html_renderer, &svg_renderer,
#ifdef WITH_PDF
	&pdf_renderer,		&png_renderer,
#endif
};

static const Renderer *renderer; /* of the document */

static void isolate(const char *descriptor);
static void compose(char *line, size_t size, const char *what, const char *state,
					const char *format, va_list args);
static void answer(const char *text);
static const unsigned char *need(size_t size);
static void read_stream(void);
static unsigned char next_record(AnFrameReader *record);
static const Place *find_place(unsigned char type, Stage stage);
static void take_record(unsigned char type, AnFrameReader *record, Stage stage, uint64_t *n_rows);
static void take_end(AnFrameReader *record, uint64_t n_rows);
static void begin(void);
static void begin_rows(Stage stage);
static void end_sheet(Stage stage);
static void limit(int resource, int64_t value);
static void *heap_take(void *owner, size_t size);
static void heap_give(void *owner, void *block);

const AnMemory heap_memory = {heap_take, heap_give, NULL};

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
	char text[REASON_SIZE + 32];
	va_list args;

	va_start(args, format);
	compose(text, sizeof(text), "error", state, format, args);
	va_end(args);
	answer(text);
	_exit(1);
}

void
warn(const char *state, const char *format, ...)
{
	static char given[MAX_WARNINGS][REASON_SIZE + 32];
	static size_t n_given;
	char text[REASON_SIZE + 32];
	va_list args;

	va_start(args, format);
	compose(text, sizeof(text), "warning", state, format, args);
	va_end(args);
	for (size_t i = 0; i < n_given; i++)
	{
		if (strcmp(given[i], text) == 0)
			return;
	}
	if (n_given == MAX_WARNINGS)
		return;
	strcpy(given[n_given++], text);
	answer(text);
}

_Noreturn void
fail_io(const char *what)
{
	int code = errno;
	struct statvfs disk;

	if (code == ENOMEM)
		fail(STATE_NO_MEMORY, "out of memory: %s", what);
	if (code == EFBIG && document.file_limit >= 0)
		fail(STATE_FILE_LIMIT, "%s: temporary files exceed temp_file_limit (%lld bytes)", what,
			 (long long) document.file_limit);
	if (code == ENOSPC || code == EDQUOT || code == EFBIG)
		fail(STATE_DISK_FULL, "%s: %s", what, strerror(code));
	if (document.tmpdir.bytes && statvfs(document.tmpdir.bytes, &disk) == 0 && disk.f_bavail < 256)
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

/* Writes a line of an answer, with one line end at its end. */
static void
compose(char *line, size_t size, const char *what, const char *state, const char *format,
		va_list args)
{
	size_t length = (size_t) snprintf(line, size, "%s %s ", what, state);

	vsnprintf(line + length, size - length - 1, format, args);
	for (char *c = line; *c; c++)
	{
		if ((unsigned char) *c < ' ')
			*c = ' ';
	}
	strcat(line, "\n");
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
	Stage stage = STAGE_DOCUMENT;
	uint64_t n_rows = 0;

	input.size = BUFFER_SIZE;
	input.data = must_alloc(NULL, input.size);
	if (memcmp(need(AN_FRAME_MAGIC_SIZE), AN_FRAME_MAGIC, AN_FRAME_MAGIC_SIZE) != 0)
		fail(STATE_BAD_STREAM, "the stream is of another version");
	while (stage != STAGE_END)
	{
		AnFrameReader record;
		unsigned char type = next_record(&record);
		const Place *place = find_place(type, stage);

		take_record(type, &record, stage, &n_rows);
		if (place->next != STAGE_DOCUMENT)
			stage = place->next;
	}
}

/* Returns what is known of a record, which must be one that may stand there. */
static const Place *
find_place(unsigned char type, Stage stage)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
	{
		const Place *place = &places[i];

		if (place->type == type && stage >= place->first && stage <= place->last)
			return place;
	}
	fail(STATE_BAD_STREAM, "record of type %u in the wrong place", type);
}

/* Hands a record to whom it concerns; `stage` is the one before it. */
static void
take_record(unsigned char type, AnFrameReader *record, Stage stage, uint64_t *n_rows)
{
	switch (type)
	{
		case AN_RECORD_OPTION:
			document_take_option(record);
			break;
		case AN_RECORD_SHEET:
			row_done(record);
			if (stage == STAGE_DOCUMENT)
				begin();
			else
				end_sheet(stage);
			document_take_sheet();
			break;
		case AN_RECORD_CARD:
			row_done(record);
			document_take_card();
			break;
		case AN_RECORD_COLUMN:
			document_take_column(record);
			break;
		case AN_RECORD_CHART:
			row_done(record);
			document_take_chart();
			break;
		case AN_RECORD_ROW:
			begin_rows(stage);
			renderer->put_row(record);
			(*n_rows)++;
			break;
		case AN_RECORD_TOTALS:
			begin_rows(stage);
			if (!document_sheet()->has_totals)
				fail(STATE_BAD_STREAM, "totals that were not announced");
			renderer->put_totals(record);
			break;
		default: /* AN_RECORD_END: find_place knows no other */
			end_sheet(stage);
			take_end(record, *n_rows);
	}
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
	row_done(record);
	renderer->end();
}

/* The document's options are complete: checks them, and takes the limits that they set. */
static void
begin(void)
{
	const char *format = document.format.bytes;

	if (!format || !document.output.bytes || !document.tmpdir.bytes)
		fail(STATE_BAD_STREAM, "format, output or tmpdir is missing");
	for (size_t i = 0; i < sizeof(renderers) / sizeof(renderers[0]); i++)
	{
		if (strcmp(renderers[i]->format, format) == 0)
			renderer = renderers[i];
	}
	if (renderer == NULL)
		fail(STATE_UNSUPPORTED, "format \"%.40s\" is not known to this program", format);
	if (document.locale == NULL)
		document.locale = an_locale_find("en");
	if (document.memory_limit > 0)
		limit(RLIMIT_AS, document.memory_limit);
	if (document.file_limit >= 0)
		limit(RLIMIT_FSIZE, document.file_limit);
	renderer->begin();
}

/* The sheet is known, unless it was before: its rows begin. */
static void
begin_rows(Stage stage)
{
	if (stage < STAGE_ROWS)
		renderer->begin_sheet(document_sheet());
}

static void
end_sheet(Stage stage)
{
	begin_rows(stage);
	if (document_sheet()->has_totals && stage != STAGE_TOTALS)
		fail(STATE_BAD_STREAM, "the announced totals did not come");
	renderer->end_sheet();
	document_end_sheet();
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

static void *
heap_take(void *owner, size_t size)
{
	(void) owner;
	return must_alloc(NULL, size);
}

static void
heap_give(void *owner, void *block)
{
	(void) owner;
	free(block);
}
