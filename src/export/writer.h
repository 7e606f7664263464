/*
 * writer.h - what the files of the export room share
 *
 *     format   what can be written               formats.c
 *     document what is asked for                 document.c, sheet_spec.c, options of COPY in options.c
 *     layout   columns of one sheet              layout.c, cards in cards.c
 *     receiver rows from the executor            receiver.c, totals in totals.c, pivots in pivot.c
 *     writer   one for each kind of file         frame_writer.c (the helper), csv.c, json.c, markdown.c
 *     cells    values as a spreadsheet's cells   cells.c
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

#include "export/export.h"
#include "kernel/formula.h"
#include "kernel/frame.h"

/*
 * an_options_from_copy reads the options of a COPY whose FORMAT is ours: those of a document and
 * of its only sheet; 42601 for an option that is not known or that is given twice.
 */
extern void
an_options_from_copy(ParseState *pstate, List *defs, AnDocument *document, AnSheetSpec *sheet);

/* Each returns the keys of a struct: of a sheet without its query, and of a chart. */
extern const AnKey *an_only_sheet_keys(int *n);
extern const AnKey *an_chart_keys(int *n);

/* an_chart_read reads the options of one chart, and of the picture that it becomes. */
extern void an_chart_read(Jsonb *options, AnDocument *document, AnChartSpec *chart);

/* an_option_key returns the key of an option of a document or its only sheet, or NULL; of a format unless NULL. */
extern const AnKey *an_option_key(const char *name, const AnFormat *format);

/* an_option_is_json tells whether what stands under a key is more than a word or a number. */
extern bool an_option_is_json(const char *name);

/* an_option_names lists the options of a format, for hints. */
extern const char *an_option_names(const AnFormat *format);

/* an_options_check raises 22023 for an option that only other formats have. */
extern void an_options_check(const AnJson *json, const AnFormat *format);

/* How the values of a type become cells and texts. */
typedef struct AnColumn
{
	char *name;				  /* what others call it */
	char *header;			  /* its header */
	const AnColumnSpec *spec; /* what was asked for, or NULL */
	int source;				  /* column of the query, from 0; -1 for a computed one */
	Oid type;				  /* its type */
	Oid base_type;			  /* its type, or what its domain stands on */
	AnColumnKind kind;		  /* how the reader of the file sees it */
	int scale;				  /* declared decimals of a numeric, -1 for none */
	FmgrInfo output;		  /* output function, for what is written as text */
	const char *format;		  /* number format; "" for general */
	AnFormula *formula;		  /* of a computed column, else NULL */
	int *operands;			  /* columns of the sheet that its names mean, in their order */
} AnColumn;

/* A value by itself: a card, a total. */
typedef struct AnLoneValue
{
	AnColumn column; /* what kind of value it is */
	Datum value;	 /* undefined where NULL */
	bool isnull;	 /* nothing to show */
} AnLoneValue;

/* A chart whose columns are known. */
typedef struct AnChartLayout
{
	const AnChartSpec *spec; /* texts and sizes */
	AnChartType type;		 /* as asked for, or chosen */
	int x;					 /* column of the sheet, from 0 */
	int *y;					 /* columns of the sheet */
	int n_y;				 /* how many */
} AnChartLayout;

/* A sheet whose query's columns are known. */
typedef struct AnLayout
{
	const AnDocument *document; /* it stands in */
	const AnSheetSpec *spec;	/* what was asked for */
	int index;					/* which sheet it is, from 0 */
	AnColumn *columns;			/* as they are written */
	int n_columns;				/* how many */
	AnChartLayout *charts;		/* of its rows */
	int n_charts;				/* how many */
	AnLoneValue *cards;			/* one for each of spec->cards */
	bool has_totals;			/* some column has a total */
} AnLayout;

/*
 * an_layout_new makes the layout of a sheet from its query's columns, of which those from n_plain on are made
 * by a pivot; raises 22023 with the path for what does not go together.  Cards are added by the receiver.
 */
extern AnLayout *an_layout_new(const AnDocument *document, const AnSheetSpec *spec, int index,
							   TupleDesc tupdesc, int n_plain);

/*
 * A writer makes one kind of file.  Its functions are called in the order begin,
 * { begin_sheet, { put_row }, end_sheet }, end; then `output` is the whole file.
 * put_row gets a value for each of the layout's columns, computed ones too (float8), in
 * a context that is reset afterwards; the others run in the writer's.  An error
 * anywhere ends the export: what the writer holds goes with its context, its
 * resource owner, or through AnHeld.
 */
typedef struct AnWriter AnWriter;
struct AnWriter
{
	void (*begin)(AnWriter *writer, const AnDocument *document, int n_sheets);
	void (*begin_sheet)(AnWriter *writer, const AnLayout *layout);
	void (*put_row)(AnWriter *writer, const Datum *values, const bool *nulls);
	void (*end_sheet)(AnWriter *writer,
					  const AnLoneValue *totals); /* one for each column, or NULL */
	void (*end)(AnWriter *writer, uint64 n_rows);
	File output;			/* the server's temporary file, from begin on */
	uint64 written;			/* bytes passed on so far, for the progress report */
	const AnLayout *layout; /* of the sheet that was begun last; kept by the receiver */
};

/* Each makes a writer of a kind in the current context. */
extern AnWriter *an_frame_writer(void);
extern AnWriter *an_csv_writer(void);
extern AnWriter *an_json_writer(void);
extern AnWriter *an_ndjson_writer(void);
extern AnWriter *an_markdown_writer(void);

/*
 * A temporary file that text is written to, in pieces.  Raises 53100 or 58030 if the disk
 * is full or fails, 53400 past temp_file_limit.
 */
typedef struct AnTextOutput
{
	File file;			   /* the server's temporary file */
	off_t size;			   /* bytes written to it */
	StringInfoData buffer; /* not written yet; whoever writes appends here */
} AnTextOutput;

extern void an_text_output_begin(AnTextOutput *output);

/* an_text_output_pass writes the buffer once it is large enough. */
extern void an_text_output_pass(AnTextOutput *output);
extern void an_text_output_end(AnTextOutput *output);

/*
 * an_text_utf8 returns a text in the server's encoding as UTF-8, and changes *length to its length; the text
 * itself where nothing changes, else one in the current context.  It may lack a terminator.  In a database in
 * SQL_ASCII, bytes that are no UTF-8 become U+FFFD.
 */
extern const char *an_text_utf8(const char *text, size_t *length);

/*
 * an_append_printable adds a text in UTF-8 too, and shows what cannot be printed: control characters but tab and line feed as the
 * pictures of U+2400, carriage return before line feed not at all, U+FFFE and U+FFFF as U+FFFD.
 */
extern void an_append_printable(StringInfo to, const char *text, size_t length);

/* an_append_shown adds a value as people read it: by its number format and the locale; nothing for NULL. */
extern void an_append_shown(StringInfo to, AnColumn *column, const AnDocument *document,
							Datum value, bool isnull);

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
	int in_directory; /* descriptor of the directory that `path` is relative to; -1: the working directory */
	char *directory; /* directory to remove with what is in it, or NULL */
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

/* an_helper_start starts the program with a new temporary file as its output, and says where that is. */
extern void an_helper_start(AnHelper *helper, const AnFormat *format);

/* an_helper_send passes on whole records; raises the helper's reason if it has given up. */
extern void an_helper_send(AnHelper *helper, const char *data, size_t size);

/* an_helper_option appends an option record; the value as it is. */
extern void an_helper_option(StringInfo to, const char *name, const char *value);

/* an_helper_finish sends the end, waits, returns when the output is whole, and raises the program's warnings. */
extern void an_helper_finish(AnHelper *helper, uint64 n_rows);

/* What the cells of one export share. */
typedef struct AnCells
{
	bool sheet_texts; /* texts are cut and escaped for a spreadsheet */
	char *text;		  /* room for one such text, AN_SHEET_TEXT_BYTES */
	uint64 n_cut;	  /* texts that were longer than a cell holds */
	uint64 cut_row;	  /* row of the first of them, from 1 */
	int cut_column;	  /* its column, from 1 */
} AnCells;

/* an_column_init decides by type, modifier and header how values are written. */
extern void an_column_init(AnColumn *column, Oid type, int32 typmod, const char *header,
						   const AnDocument *document);

/* an_cell_append adds the cell of a value; current context is reset for each row. */
extern void
an_cell_append(AnCells *cells, const AnColumn *column, Datum value, bool isnull, StringInfo to);

/* an_cell_append_text adds a text cell of server text; returns true if it was cut. */
extern bool an_cell_append_text(AnCells *cells, const char *text, size_t length, StringInfo to);

/* an_server_word returns a word of ours in the server's encoding; in English where that lacks its characters. */
extern const char *an_server_word(const AnLocale *locale, AnWord word);

/*
 * an_is_quotient tells whether a numeric has more digits than a number cell keeps, and the others are noise: no
 * scale is declared, it has the many decimals of a division, and some of them are kept.
 */
extern bool an_is_quotient(const AnColumn *column, const char *digits);

/* an_column_set_format gives a column the format that was asked for; NULL, and "" of a date or time, leave the usual one. */
extern void an_column_set_format(AnColumn *column, const char *format);

/* an_float_number returns a value of real or double precision; of real the number that its shortest decimal is. */
extern double an_float_number(const AnColumn *column, Datum value);

/* an_moment_serial sets the serial number of a date, timestamp or time (kernel/sheet.h); false where it has none. */
extern bool an_moment_serial(const AnColumn *column, Datum value, double *serial);

/* an_value_number sets the number of a value of a numeric kind as a double; false where it has none. */
extern bool an_value_number(const AnColumn *column, Datum value, bool isnull, double *number);

/* Sums, extremes and counts of the rows that passed. */
typedef struct AnTotals AnTotals;
extern AnTotals *an_totals_new(const AnLayout *layout);
extern void an_totals_put(AnTotals *totals, const Datum *values, const bool *nulls);
extern AnLoneValue *an_totals_get(AnTotals *totals);

/* an_moment_shown returns a moment as local time in the locale's way, UTF-8. */
extern char *an_moment_shown(const AnDocument *document, TimestampTz moment);

/* an_formula_infix returns a computed column's formula as a spreadsheet has it, with {i} for column i of the sheet. */
extern char *an_formula_infix(const AnColumn *column);

/* an_formula_value computes a computed column from the numbers of the other columns. */
extern bool an_formula_value(const AnColumn *column, const AnColumn *columns, const Datum *values,
							 const bool *nulls, double *number);

/* The receiver that gives the rows of one query to a writer. */
typedef struct AnReceiver
{
	DestReceiver pub;		 /* what the executor calls */
	AnExport *export;		 /* whose sheet it is */
	const AnSheetSpec *spec; /* what was asked for */
	AnLoneValue *cards;		 /* computed before; NULL for none */
	DestReceiver *pivot;	 /* stands before it; NULL for none */
	AnLayout *layout;		 /* once the columns are known */
	AnTotals *totals;		 /* NULL where none were asked for */
	Datum *values;			 /* of the row that is being written */
	bool *nulls;			 /* likewise */
	uint64 n_rows;			 /* rows of this sheet */
} AnReceiver;

/* an_receiver_new makes a receiver for the next sheet of an export. */
extern AnReceiver *an_receiver_new(AnExport *export, const AnSheetSpec *spec, AnLoneValue *cards);

/* an_receiver_dest returns what the executor gives the rows to: the receiver, or the pivot before it. */
extern DestReceiver *an_receiver_dest(AnReceiver *receiver);

/* an_receiver_end ends the sheet: all rows are there. */
extern void an_receiver_end(AnReceiver *receiver);

/* an_receiver_start begins the sheet for a result whose columns from n_plain on a pivot has made. */
extern void an_receiver_start(AnReceiver *receiver, TupleDesc tupdesc, int n_plain);

/*
 * A pivot keeps the rows of a query, and gives a receiver one row for each set of values in the columns that
 * are not part of it, with a column for each value of spec->pivot.columns.
 */
extern DestReceiver *an_pivot_new(AnReceiver *receiver);
extern void an_pivot_end(DestReceiver *pivot);

/* an_pivot_check raises 22023 if a query's columns lack what the pivot names. */
extern void an_pivot_check(const AnSheetSpec *spec, TupleDesc tupdesc);

/* A document being written. */
struct AnExport
{
	const AnDocument *document; /* what is asked for */
	AnWriter *writer;			/* of its format */
	MemoryContext context;		/* where all of it lives */
	MemoryContext row_context;	/* reset after each row */
	int n_sheets;				/* to come in all */
	int n_begun;				/* begun so far */
	uint64 n_rows;				/* in all sheets */
	bool show_progress;			/* this export is the one in pg_stat_progress_copy */
};

extern void an_export_progress(AnExport *export);

/* an_cards_run computes the cards of a sheet by its query; NULL where there are none. */
extern AnLoneValue *
an_cards_run(const AnExport *export, const AnSheetSpec *spec, const AnBoundQuery *query);

/* an_cards_check plans them only. */
extern void an_cards_check(const AnSheetSpec *spec, const AnBoundQuery *query);

/* an_query_prepare plans one SELECT, VALUES or TABLE for the current SPI connection; 42601 or 0A000 for another text. */
extern struct _SPI_plan *an_query_prepare(const AnBoundQuery *query);

/* an_sink_check_program raises 42501 if the user may not run programs. */
extern void an_sink_check_program(void);

/* Each an_sink_* takes the whole content of `from` to its target. */
extern void an_sink_file(File from, const char *path);

/* an_sink_copy writes the whole content of `from`; `path` is for messages. */
extern void an_sink_copy(File from, int fd, const char *path);

/* an_sink_work_name returns the name that this process's unfinished file `number` has. */
extern char *an_sink_work_name(uint32 number);

/* an_sink_is_work_name tells whether a name is one of an unfinished file. */
extern bool an_sink_is_work_name(const char *name);
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
