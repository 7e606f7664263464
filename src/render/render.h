/*
 * render.h - what the parts of the program analytics-render share
 *
 * The program reads a stream (kernel/frame.h) on its standard input and writes a
 * file.  It knows nothing of PostgreSQL, reports in lines on the descriptor that
 * it is given (see main.c), and never tries to go on after a failure.
 */
#ifndef AN_RENDER_RENDER_H
#define AN_RENDER_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/frame.h"

/* SQLSTATEs that a failure is reported with. */
#define STATE_DISK_FULL	  "53100"
#define STATE_NO_MEMORY	  "53200"
#define STATE_FILE_LIMIT  "53400"
#define STATE_IO_ERROR	  "58030"
#define STATE_BAD_STREAM  "08P01"
#define STATE_UNSUPPORTED "0A000"

/* A string of the stream; not terminated. */
typedef struct AnString
{
	char *bytes;   /* UTF-8, perhaps invalid */
	size_t length; /* in bytes */
} AnString;

/* Options of the stream's header; all strings live as long as the program. */
typedef struct AnRenderOptions
{
	char *format;		  /* what to write */
	char *output;		  /* path of the file, which exists or not */
	char *tmpdir;		  /* directory for temporary files */
	AnString title;		  /* line above the table; empty for none */
	AnString subtitle;	  /* second line above the table; empty for none */
	AnString sheet;		  /* wished name of the sheet */
	int64_t created;	  /* time of creation to note in the file, seconds since 1970 */
	int64_t memory_limit; /* bytes of address space, 0 for no limit */
	int64_t file_limit;	  /* bytes that a file may grow to, -1 for no limit */
} AnRenderOptions;

/* A column of the result. */
typedef struct AnRenderColumn
{
	AnColumnKind kind; /* what it holds */
	char *header;	   /* its header, terminated */
	char *format;	   /* its number format, terminated; "" for general */
} AnRenderColumn;

/*
 * fail reports a reason and ends the program.  The message is a clause without
 * a period; what a disk says through errno is added by fail_io, which also
 * tells a full disk from a broken one.
 */
extern _Noreturn void
fail(const char *state, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern _Noreturn void fail_io(const char *what);

/* must_alloc is realloc that fails instead of returning NULL. */
extern void *must_alloc(void *old, size_t size);

/* The options are read-only once the first column has come. */
extern AnRenderOptions options;

/* A workbook is begun, filled row by row, and ended; there is one in a run. */
extern void workbook_begin(const AnRenderColumn *columns, size_t n_columns);
extern void workbook_put_row(AnFrameReader *row);
extern void workbook_end(void);

/*
 * verify_workbook reads the finished file from its first to its last byte: every
 * part must be there with its checksum, whole, and sheet i (from 0) at least
 * sheet_sizes[i] bytes long.  The library does not notice that the disk of its
 * temporary files is full.
 */
extern void verify_workbook(const char *path, const int64_t *sheet_sizes, size_t n_sheets);

#endif /* AN_RENDER_RENDER_H */
