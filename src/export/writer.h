/*
 * writer.h - what the files of the export room share
 *
 *     format   what can be written               formats.c
 *     options  title, subtitle, sheet            options.c
 *     receiver rows from the executor            receiver.c, cells in cells.c
 *     helper   the render program and its pipe   helper.c
 *     sink     where the finished file goes      sink.c, server files in file_sink.c
 *     held     what an abort has to clean up     held.c
 */
#ifndef AN_EXPORT_WRITER_H
#define AN_EXPORT_WRITER_H

#include "base/base.h"

#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "parser/parse_node.h"
#include "storage/fd.h"
#include "tcop/dest.h"

#include "kernel/frame.h"

/* A format that we write. */
typedef struct AnFormat
{
	const char *name;		  /* as written in FORMAT */
	const char *content_type; /* its media type (RFC 6838) */
	bool needs_helper;		  /* true where analytics-render writes it */
} AnFormat;

/* an_format_find returns the format of that name, or NULL. */
extern const AnFormat *an_format_find(const char *name);

/* an_format_get is the same, but raises 22023 with the formats that exist. */
extern const AnFormat *an_format_get(const char *name);

/* What the user asked for; strings in the server's encoding, NULL where not given. */
typedef struct AnExportOptions
{
	const AnFormat *format; /* the format */
	char *title;			/* first line above the table */
	char *subtitle;			/* second line above the table */
	char *sheet;			/* name of the sheet */
} AnExportOptions;

/*
 * an_options_from_copy reads the options of a COPY whose FORMAT is ours; 42601
 * for an option that our formats do not have or that is given twice.
 */
extern void an_options_from_copy(ParseState *pstate, List *defs, AnExportOptions *options);

/* an_options_from_jsonb reads {"title": "..."}; 22023 for what it does not know. */
extern void an_options_from_jsonb(Datum json, AnExportOptions *options);

/*
 * Something outside PostgreSQL's own bookkeeping that must not outlive the
 * (sub)transaction: a helper process, or a file that is not yet whole.  It lives
 * in TopMemoryContext, since an abort frees the memory of queries before it
 * calls us.
 */
typedef struct AnHeld
{
	dlist_node node;		/* in the list of all that are held */
	SubTransactionId subid; /* where it was made; its abort cleans up */
	pid_t pid;				/* process to kill, 0 for none */
	int fd;					/* descriptor to close, counted as an external one; -1 for none */
	char *path;				/* file to remove, or NULL */
	char *directory;		/* directory to remove with what is in it, or NULL */
} AnHeld;

extern AnHeld *an_held_new(void);

/* an_held_drop closes the descriptor, removes the directory and forgets the rest: all went well. */
extern void an_held_drop(AnHeld *held);

/* an_held_init registers the abort callbacks. */
extern void an_held_init(void);

/*
 * A pipe into a program.  Writing never blocks for longer than it takes to
 * cancel the query.
 */
typedef struct AnPipe
{
	FILE *stream; /* from OpenPipeStream; only its descriptor is used */
	bool broken;  /* the program closed its end */
} AnPipe;

extern void an_pipe_open(AnPipe *stream, const char *command);

/* an_pipe_write writes all bytes; returns false once the program no longer reads. */
extern bool an_pipe_write(AnPipe *stream, const char *data, size_t size);

/* an_pipe_close waits for the program and returns its exit status as wait() gives it. */
extern int an_pipe_close(AnPipe *stream);

/* The render program at work. */
typedef struct AnHelper
{
	AnPipe pipe;		 /* rows go here */
	AnHeld *held;		 /* its process, and the descriptor that its answers come from */
	StringInfoData said; /* what it has answered so far */
	File output;		 /* the server's temporary file that it writes */
	uint64 sent;		 /* bytes sent */
} AnHelper;

/* an_helper_check raises 0A000 if the program is not installed. */
extern void an_helper_check(const AnFormat *format);

/* an_helper_start starts the program with a new temporary file as its output and sends the options. */
extern void an_helper_start(AnHelper *helper, const AnExportOptions *options);

/* an_helper_send passes on whole records; raises the helper's reason if it has given up. */
extern void an_helper_send(AnHelper *helper, const char *data, size_t size);

/* an_helper_finish sends the end, waits, and returns when the output is whole. */
extern void an_helper_finish(AnHelper *helper, uint64 n_rows);

/* How a column becomes cells. */
typedef struct AnColumn
{
	Oid base_type;	   /* its type, or what its domain stands on */
	AnColumnKind kind; /* how the reader of the file sees it */
	int scale;		   /* declared decimals of a numeric, -1 for none */
	FmgrInfo output;   /* output function, for what is written as text */
	char format[64];   /* number format; "" for general */
} AnColumn;

/* What the cells of one export share. */
typedef struct AnCells
{
	char *text;		/* room for one cell text, AN_SHEET_TEXT_BYTES */
	uint64 n_cut;	/* texts that were longer than a cell holds */
	uint64 cut_row; /* row of the first of them, from 1 */
	int cut_column; /* its column, from 1 */
} AnCells;

extern void an_column_init(AnColumn *column, Form_pg_attribute attribute);

/* an_cell_append adds the cell of a value; current context is reset for each row. */
extern void
an_cell_append(AnCells *cells, AnColumn *column, Datum value, bool isnull, StringInfo to);

/* an_cell_append_text adds a string of server text that a cell can hold; returns true if it was cut. */
extern bool an_cell_append_text(AnCells *cells, const char *text, size_t length, StringInfo to);

/* The receiver that sends the rows of one query to a helper. */
typedef struct AnReceiver
{
	DestReceiver pub;				/* what the executor calls */
	const AnExportOptions *options; /* what was asked for */
	AnHelper helper;				/* who writes it */
	MemoryContext context;			/* where the receiver lives */
	bool started;					/* rows have begun: the helper runs */
	bool show_progress;				/* this export is the one in pg_stat_progress_copy */
	int n_columns;					/* columns of the result */
	AnColumn *columns;				/* each of them */
	AnCells cells;					/* conversion of values */
	StringInfoData buffer;			/* records not sent yet */
	MemoryContext row_context;		/* reset after each row */
	uint64 n_rows;					/* rows so far */
} AnReceiver;

extern AnReceiver *an_receiver_new(const AnExportOptions *options, Oid relation, int copy_type);

/* an_receiver_finish ends the stream and waits until receiver->helper.output is whole. */
extern void an_receiver_finish(AnReceiver *receiver);

/* an_receiver_close forgets the temporary file and ends the progress report. */
extern void an_receiver_close(AnReceiver *receiver);

/* an_sink_check_file raises an error if the user may not write server files, or `path` cannot be one. */
extern void an_sink_check_file(const char *path);

/* an_sink_check_program raises 42501 if the user may not run programs. */
extern void an_sink_check_program(void);

/* Each an_sink_* takes the whole content of `from` to its target. */
extern void an_sink_file(File from, const char *path);
extern void an_sink_program(File from, const char *command);
extern void an_sink_client(File from, int n_columns);
extern bytea *an_sink_bytea(File from);

/* an_sink_read reads the next bytes at *offset, 0 at the end. */
extern size_t an_sink_read(File from, off_t *offset, char *buffer, size_t size);

/* an_export_errcode is errcode_for_file_access, and knows the ways in which a disk is full or a path is bad. */
extern int an_export_errcode(void);

/* an_export_memory_limit: analytics.export_memory_limit, kilobytes of address space of the helper, 0 for no limit. */
extern int an_export_memory_limit;

extern void an_hook_init(void);

#endif /* AN_EXPORT_WRITER_H */
