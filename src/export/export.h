/*
 * export.h - results of queries as files: the formats, the COPY hook, the SQL functions
 *
 *     COPY { table | (query) } TO { 'file' | STDOUT | PROGRAM '...' } WITH (FORMAT xlsx, TITLE '...')
 *     analytics.export(query, format, options) · analytics.export_file(query, path, format, options)
 *     analytics.chart(query, options) · analytics.chart_png(query, options)
 *
 * What is written is a document: options, and sheets with a query each.
 *
 *     document  what is asked for, read from JSON       document.c
 *     layout    a sheet's options meet its query's columns  layout.c
 *     receiver  rows from the executor to the writer    receiver.c
 *     writer    one for each format                     writer.h
 *
 * A result streams from the executor through a DestReceiver to a writer, which
 * fills a temporary file of the server's, by itself or through the program
 * analytics-render; only when that file is whole does it go to the target.
 */
#ifndef AN_EXPORT_EXPORT_H
#define AN_EXPORT_EXPORT_H

#include "postgres.h"

#include "nodes/params.h"
#include "nodes/pg_list.h"
#include "storage/fd.h"
#include "tcop/dest.h"

#include "utils/timestamp.h"

#include "base/json.h"
#include "kernel/chart.h"
#include "kernel/locale.h"

/* an_export_init defines the settings and installs the COPY hook; called once, from _PG_init. */
extern void an_export_init(void);

/* A format that we write. */
typedef struct AnFormat
{
	const char *name;				  /* as written in FORMAT */
	const char *content_type;		  /* its media type (RFC 6838) */
	const char *extension;			  /* of its files, without the point */
	bool one_sheet;					  /* holds one table */
	bool picture;					  /* shows one chart */
	bool needs_helper;				  /* true where analytics-render writes it */
	bool sheet_texts;				  /* texts are cut and escaped for a spreadsheet's cells */
	struct AnWriter *(*writer)(void); /* makes a writer in the current context */
} AnFormat;

/* an_format_find returns the format of that name, or NULL. */
extern const AnFormat *an_format_find(const char *name);

/* an_format_get is the same, but raises 22023 with the formats that exist. */
extern const AnFormat *an_format_get(const char *name);

/* an_format_check raises 0A000 if what the format needs is not installed. */
extern void an_format_check(const AnFormat *format);

/* What a row of totals shows for a column. */
typedef enum AnTotalKind
{
	AN_TOTAL_NONE,
	AN_TOTAL_LABEL, /* the word for total */
	AN_TOTAL_SUM,
	AN_TOTAL_AVG,
	AN_TOTAL_MIN,
	AN_TOTAL_MAX,
	AN_TOTAL_COUNT,	  /* values that are not NULL */
	AN_TOTAL_FORMULA, /* the column's formula over the totals */
} AnTotalKind;

typedef enum AnCondition
{
	AN_CONDITION_NONE,
	AN_CONDITION_BAR,	/* a bar in the cell */
	AN_CONDITION_SCALE, /* shades from low to high */
	AN_CONDITION_RULES, /* the first rule that holds */
} AnCondition;

/* How one column is written, as asked for. */
typedef struct AnColumnSpec
{
	char *path;	   /* where it stands in the JSON, for messages */
	char *name;	   /* of the query's column; NULL with a formula */
	char *header;  /* NULL for the name */
	char *format;  /* number format; NULL for what the type asks for */
	double width;  /* characters, 0 for what fits */
	int align;	   /* place in an_align_words, 0 for what the type asks for */
	bool wrap;	   /* long texts go on in further lines */
	int total;	   /* an AnTotalKind */
	char *formula; /* computes the column from others: "verified / sent * 100"; NULL for none */
	AnCondition condition;		  /* colouring */
	double low, high;			  /* ends of bar and scale, NaN for those of the data */
	uint32 low_color, high_color; /* 0xRRGGBB or AN_COLOR_NONE */
	List *rules;				  /* of char *: "< 90 EF4444" */
} AnColumnSpec;

/* A chart of a sheet's rows. */
typedef struct AnChartSpec
{
	char *path;	 /* where it stands in the JSON */
	int type;	 /* an AnChartType; AN_CHART_TYPES chooses by the columns */
	char *title; /* texts: NULL for none */
	char *x_title;
	char *y_title;
	char *format;		  /* number format of the values; NULL for that of the first y */
	bool stacked;		  /* one upon the other */
	char *x;			  /* column of categories; NULL for the first */
	List *y;			  /* names of columns; NIL for all other numbers */
	double width, height; /* points, 0 for the usual */
} AnChartSpec;

/* A figure above the table. */
typedef struct AnCardSpec
{
	char *path;	  /* where it stands in the JSON */
	char *label;  /* what it is */
	char *value;  /* SQL expression over all rows of the sheet: "sum(sent)" */
	char *format; /* number format; NULL for what the type asks for */
	char *note;	  /* a line below; NULL for none */
} AnCardSpec;

/* How the values of one column become columns of their own. */
typedef struct AnPivotSpec
{
	char *path;		   /* where it stands in the JSON; NULL for no pivot */
	char *columns;	   /* its values are the headers, in order of their first row */
	char *value;	   /* what stands in the cells */
	AnColumnSpec cell; /* how these columns are written */
} AnPivotSpec;

/* A table with what stands around it. */
typedef struct AnSheetSpec
{
	char *path;		   /* where it stands in the JSON; "" for the whole */
	char *name;		   /* of the sheet; NULL for none */
	char *note;		   /* lines above the table: period, filters; NULL for none */
	char *query;	   /* in reports: its SELECT */
	List *columns;	   /* of AnColumnSpec *: the columns to show; NIL for all as they come */
	bool only_listed;  /* the list is an array: what it lacks is left out */
	List *charts;	   /* of AnChartSpec * */
	List *cards;	   /* of AnCardSpec * */
	AnPivotSpec pivot; /* path NULL for none */
} AnSheetSpec;

/* A document as asked for; strings in the server's encoding, NULL where not given. */
typedef struct AnDocument
{
	const AnFormat *format; /* what to write */
	char *title;			/* first line above everything */
	char *subtitle;			/* second line */
	char *author, *company; /* for the file's properties */
	char *footer;			/* at the foot of each page */
	char *font;				/* families to try first */
	const AnLocale *locale; /* en if none was given */
	bool has_locale;		/* one was given: dates are written its way */
	int paper;				/* place in an_paper_words */
	int orientation;		/* place in an_orientation_words, 0 for what fits */
	double margins[4];		/* mm: top, right, bottom, left; NaN for the usual */
	double width, height;	/* of a picture, points, 0 for the usual */
	double scale;			/* pixels for a point */
	TimestampTz created;	/* time of generation: an_now() unless given */
	char *delimiter;		/* of csv_excel: one character; NULL for a comma */
	bool bom;				/* csv_excel begins with a byte order mark */
	bool escape_formulas;	/* csv_excel: texts that look like formulas get an apostrophe */
	bool report;			/* comes of a report: json keeps what stands around the rows */
	List *sheets;			/* of AnSheetSpec * */
} AnDocument;

/* Words of the options, in the order of their numbers; NULL ends each list. */
extern const char *const an_total_words[];
extern const char *const an_align_words[];
extern const char *const an_paper_words[];
extern const char *const an_orientation_words[];

/*
 * an_document_init makes a document of defaults, an_sheet_init a sheet.  an_document_read reads the
 * keys of a document from an object; beside them those of `more`, and of its only sheet ("sheet" is
 * its name there), unless NULL.  The locale is read first, so that texts by
 * locale are chosen.  22023 with the path for what it does not know.
 */
extern void an_document_init(AnDocument *document);
extern void an_sheet_init(AnSheetSpec *sheet);
extern void
an_document_read(const AnJson *json, AnDocument *document, const AnKeys *more, AnSheetSpec *sheet);

/* an_sheet_read reads one sheet: name, query, columns, charts, cards, pivot, note. */
extern AnSheetSpec *an_sheet_read(const AnJson *json);

/* A query with what its parameters are. */
typedef struct AnBoundQuery
{
	const char *text;	   /* one SELECT, VALUES or TABLE */
	ParserSetupHook setup; /* resolves names of parameters; NULL for none */
	void *setup_arg;	   /* its argument */
	ParamListInfo params;  /* their values; NULL for none */
} AnBoundQuery;

/* A document being written. */
typedef struct AnExport AnExport;

/*
 * an_export_begin begins to write.  `n_sheets` are to come.  `relation` and `copy_type` (PROGRESS_COPY_TYPE_*) are
 * what pg_stat_progress_copy shows.  Everything lives in the current context.
 */
extern AnExport *
an_export_begin(const AnDocument *document, int n_sheets, Oid relation, int copy_type);

/*
 * an_export_query runs a sheet's query, read only, with the caller's rights in the caller's snapshot, and
 * writes the sheet: its cards, rows, totals.
 */
extern void an_export_query(AnExport *export, const AnSheetSpec *sheet, const AnBoundQuery *query);

/*
 * an_sheet_check plans a sheet's query and its cards without running them, and raises what is wrong with the
 * sheet: a column that the query lacks, a chart without numbers, a bad number format, with the path.
 */
extern void
an_sheet_check(const AnSheetSpec *sheet, const AnBoundQuery *query, const AnDocument *document);

/* an_export_end completes the file, and raises the warnings that came of it.  Returns the number of rows. */
extern uint64 an_export_end(AnExport *export);

/* Where the finished file goes; each may be called once, after an_export_end. */
extern bytea *an_export_to_bytea(AnExport *export);
extern void an_export_to_file(AnExport *export, const char *path);

/*
 * an_export_to_directory writes below `root` under a relative path, whose names are none of "", "." and "..",
 * through directories that it makes where they are missing, and never through a link.  Returns where the file stands.
 */
extern char *an_export_to_directory(AnExport *export, const char *root, const char *path);

/* an_export_check_root raises an error unless a directory is one that files may go to; `setting` names it. */
extern void an_export_check_root(const char *root, const char *setting);

/* an_export_close forgets the temporary file and ends the progress report. */
extern void an_export_close(AnExport *export);

/* an_sink_check_file raises an error if the user may not write server files, or `path` cannot be one. */
extern void an_sink_check_file(const char *path);

#endif /* AN_EXPORT_EXPORT_H */
