/*
 * report_private.h - what the files of the report room share
 *
 *     catalog     rows of analytics.report_definitions    catalog.c
 *     spec        what a definition says                  spec.c
 *     parameters  what a report asks for                  parameters.c
 *     value       values of parameters                    value.c
 *     binding     their names in SQL                      binding.c
 *     text        their names in texts                    text.c
 *     run         queries to a file                       run.c
 *     directory   files below analytics.report_dir        report_dir.c
 *
 * Who runs a report runs its owner's SQL with rights of their own, read only, in the
 * schemas that its definer saw.
 */
#ifndef AN_REPORT_REPORT_PRIVATE_H
#define AN_REPORT_REPORT_PRIVATE_H

#include "base/base.h"

#include "nodes/params.h"
#include "parser/parse_node.h"
#include "utils/jsonb.h"

#include "base/json.h"
#include "export/export.h"

/* Limits of a definition. */
#define AN_REPORT_PARAMETERS_MAX 100
#define AN_REPORT_SHEETS_MAX	 100
#define AN_REPORT_SQL_MAX		 100000 /* bytes of a query, a default, a check */

/* How far the value of a parameter is. */
typedef enum AnParameterState
{
	AN_PARAMETER_NEW,  /* not looked at */
	AN_PARAMETER_BUSY, /* its default is being evaluated */
	AN_PARAMETER_DONE, /* known */
} AnParameterState;

/* Something that a report asks for. */
typedef struct AnParameter
{
	char *name;				/* as SQL and texts name it */
	char *path;				/* where it stands in the spec, for messages */
	char *type_name;		/* SQL type as written */
	Oid type;				/* the type */
	int32 typmod;			/* its modifier, -1 for none */
	bool declared;			/* stands in the spec: not one that every report has */
	bool required;			/* must be given, and not as null */
	char *description;		/* for people; NULL for none */
	AnJson *default_json;	/* the default as JSON; NULL for none */
	char *default_sql;		/* the default as an SQL expression; NULL for none */
	char *check;			/* SQL condition over all parameters; NULL for none */
	char *message;			/* says why a value that fails it is refused; NULL for none */
	AnJson *values_json;	/* the values that it may have; NULL for any */
	const AnJson *given;	/* what the caller gave; NULL for nothing */
	AnParameterState state; /* how far the value is */
	Datum value;			/* once known */
	bool isnull;			/* likewise */
	bool named;				/* the SQL that is being analysed names it */
	bool hidden;			/* a column of that SQL stands where its name does */
} AnParameter;

/* The parameters of a report, "timezone" and "locale" among them; a parser hook's argument. */
typedef struct AnParameters
{
	const char *report;	   /* name of the report, for messages */
	AnParameter *items;	   /* in the order of the spec */
	int n;				   /* how many */
	const char *sql;	   /* the SQL whose names are being watched; NULL for none */
	MemoryContext context; /* where values live */
} AnParameters;

/* A report as its catalog has it. */
typedef struct AnReportRow
{
	char *name;		   /* of the report */
	Jsonb *spec;	   /* its definition */
	char *description; /* for people; NULL for none */
	char *owner;	   /* who may redefine and drop it; NULL where it is built in */
	char *search_path; /* where names in its SQL are looked up */
	bool builtin;	   /* came with the extension */
} AnReportRow;

/* A report that has been read. */
typedef struct AnReport
{
	const char *name;		  /* of the report */
	AnParameters *parameters; /* what it asks for */
	AnDocument document;	  /* what is asked for; its sheets have queries */
	char *timezone;		 /* zone of the spec, the default of parameter "timezone"; NULL for none */
	char *query;		 /* of the only sheet, where there is no key "sheets" */
	bool has_parameters; /* key "parameters" was there: read before all others */
} AnReport;

/* An error's context: a place in the spec of a report. */
typedef struct AnReportPlace
{
	ErrorContextCallback callback; /* in PostgreSQL's stack of them */
	const char *report;			   /* name of the report */
	const char *path;			   /* what in it */
} AnReportPlace;

/* an_report_enter says where in a report errors come from, until an_report_leave or an error. */
extern void an_report_enter(AnReportPlace *place, const char *report, const char *path);
extern void an_report_leave(AnReportPlace *place);

/* an_report_load reads a report from the catalog; 42704 with the nearest name where there is none. */
extern AnReportRow *an_report_load(const char *name);

/*
 * an_report_check_owner raises 42501 unless the caller may change the report, 42809 where it is built in. Returns the owner's
 * name, which the statement that follows must find again; NULL where there is no such report.
 */
extern char *an_report_check_owner(AnSpi *spi, const char *name);

/*
 * an_report_read_parameters reads what a spec asks for, and adds "timezone" and "locale".  Types are looked up in the
 * current search path; values are not yet known.
 */
extern AnParameters *an_report_read_parameters(const char *report, Jsonb *spec);

/* an_parameter_find returns a parameter by name, or NULL. */
extern AnParameter *an_parameter_find(const AnParameters *parameters, const char *name);

/* an_parameter_names returns the names (char *) of all. */
extern List *an_parameter_names(const AnParameters *parameters);

/*
 * an_parameters_give takes what the caller gave, an object.  22023 for a name that the report does not ask for and for
 * what is no object.
 */
extern void an_parameters_give(AnParameters *parameters, Jsonb *given);

/* an_parameter_resolve makes the value of a parameter known, and of those that its default stands on. */
extern void an_parameter_resolve(AnParameters *parameters, AnParameter *parameter);

/* an_parameters_check raises 22023 for a value that a check of the spec refuses; all values are known. */
extern void an_parameters_check(AnParameters *parameters);

/* an_parameters_define checks types, defaults, allowed values and checks as far as that goes without values. */
extern void an_parameters_define(AnParameters *parameters);

/* an_parameter_text returns a known value as its type's output function writes it, or NULL. */
extern char *an_parameter_text(const AnParameter *parameter);

/* an_json_to_value makes a value of a type; the errors are those of the type's input. */
extern Datum an_json_to_value(const AnJson *json, Oid type, int32 typmod);

/* an_parameters_setup is a ParserSetupHook whose argument is an AnParameters. */
extern void an_parameters_setup(ParseState *pstate, void *parameters);

/* an_parameters_list returns the values as the executor takes them; NULL where no parameter is known yet. */
extern ParamListInfo an_parameters_list(const AnParameters *parameters);

/* an_parameters_watch begins to note what some SQL names; an_parameters_watched raises 42702 for a parameter that is
 * only ever hidden by a column in it. */
extern void an_parameters_watch(AnParameters *parameters, const char *sql);
extern void an_parameters_watched(AnParameters *parameters);

/* an_report_expand fills in a text's {placeholders}; of AnJsonTexts, its owner is an AnReportTexts. */
typedef struct AnReportTexts
{
	const AnParameters *parameters; /* whose names may stand in texts */
	const AnLocale *locale;			/* how they show */
	bool running;					/* values are known: without, only names are checked */
} AnReportTexts;

extern char *an_report_expand(void *owner, const char *text, const char *path);

/*
 * an_report_read reads the document of a report in a locale, NULL for that of the spec; `running`: texts show the parameters'
 * values.  22023 with the path for what is wrong.
 */
extern AnReport *an_report_read(const char *name, Jsonb *spec, AnParameters *parameters,
								const char *locale, bool running);

/* an_report_check checks a definition with all its SQL, as the caller and in the current search path. */
extern void an_report_check(const char *name, Jsonb *spec);

/* an_report_locale returns the locale that a spec names, or NULL; 22023 where it is no string. */
extern char *an_report_locale(Jsonb *spec);

/*
 * an_report_check_dir raises what is wrong with analytics.report_dir, or with a relative path below it (NULL: none was
 * given), before any query runs: 55000 where the setting is empty or the directory not the server's alone, 22023 for a path.
 */
extern void an_report_check_dir(const char *path);

/* an_report_key returns reports/{tenant}/{id}.{extension}; what a file name cannot have in a tenant becomes "_". */
extern char *an_report_key(const char *tenant, const char *extension);

/* an_report_dir: analytics.report_dir. */
extern char *an_report_dir;

#endif /* AN_REPORT_REPORT_PRIVATE_H */
