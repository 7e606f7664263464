/*
 * run.c - reports are run: parameters, then each sheet's query, then the file
 *
 * All queries run with the caller's rights in the snapshot of the calling
 * statement, in a transaction that is read only for their length, in the schemas that
 * the definer saw and in the zone of parameter "timezone".
 */
#include "report/report_private.h"

#include "access/xact.h"
#include "commands/progress.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "calendar/calendar.h"
#include "report/report.h"

char *an_report_dir = NULL;

/* A report being run. */
typedef struct Run
{
	AnReport *report;	/* what was read */
	bool was_read_only; /* the transaction before */
	int guc_nest;		/* settings of the run are undone down to this level */
} Run;

static AnExport *
run_report(FunctionCallInfo fcinfo, int format, int sheet, int copy_type, Run *run);
static void begin_run(Run *run, const AnReportRow *row);
static void end_run(const Run *run);
static char *resolve_all(AnParameters *parameters, Jsonb *spec);
static void set_zone(AnParameters *parameters, Jsonb *spec);
static void set_own(AnParameters *parameters, const char *name, const char *value);
static void choose_sheet(AnReport *report, const char *sheet);
static void refuse_several(const AnReport *report) pg_attribute_noreturn();
static void run_sheet(AnExport *export, const AnReport *report, const AnSheetSpec *sheet);

void
an_report_init(void)
{
	DefineCustomStringVariable("analytics.report_dir",
							   "Directory below which write_report makes files.",
							   "It must belong to the server's user, and nobody else may write "
							   "there. Empty means that there is none.",
							   &an_report_dir, "", PGC_SIGHUP, 0, NULL, NULL, NULL);
}

/* Runs a report and returns the file: run_report(name, params, format, sheet). */
AN_SQL(run_report)
{
	AnExport *export;
	bytea *result;
	Run run;

	export = run_report(fcinfo, 2, 3, PROGRESS_COPY_TYPE_PIPE, &run);
	result = an_export_to_bytea(export);
	an_export_close(export);
	PG_RETURN_BYTEA_P(result);
}

/* Runs a report into a file and returns its path: write_report(name, params, format, path, sheet). */
AN_SQL(write_report)
{
	char *path = an_arg_text(fcinfo, 3);
	bool absolute = path && is_absolute_path(path);
	AnExport *export;
	Run run;

	if (absolute)
		an_sink_check_file(path);
	else
		an_report_check_dir(path);
	export = run_report(fcinfo, 2, 4, PROGRESS_COPY_TYPE_FILE, &run);
	if (absolute)
		an_export_to_file(export, path);
	else
	{
		const AnParameter *tenant = an_parameter_find(run.report->parameters, "tenant");

		if (path == NULL)
			path = an_report_key(tenant ? an_parameter_text(tenant) : NULL,
								 run.report->document.format->extension);
		path = an_export_to_directory(export, an_report_dir, path);
	}
	an_export_close(export);
	PG_RETURN_TEXT_P(cstring_to_text(path));
}

/* Runs the report of arguments 0 and 1 to the end of its last query. */
static AnExport *
run_report(FunctionCallInfo fcinfo, int format, int sheet, int copy_type, Run *run)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	const AnFormat *wanted = an_format_get(an_arg_required(fcinfo, format, "format"));
	AnParameters *parameters;
	AnReportRow *row;
	AnExport *export;
	char *locale;
	ListCell *lc;

	an_not_null(PG_ARGISNULL(1), "params");
	an_format_check(wanted);
	row = an_report_load(name);
	begin_run(run, row);
	parameters = an_report_read_parameters(name, row->spec);
	an_parameters_give(parameters, PG_GETARG_JSONB_P(1));
	locale = resolve_all(parameters, row->spec);
	run->report = an_report_read(name, row->spec, parameters, locale, true);
	run->report->document.format = wanted;
	choose_sheet(run->report, an_arg_text(fcinfo, sheet));
	export = an_export_begin(&run->report->document, list_length(run->report->document.sheets),
							 InvalidOid, copy_type);
	foreach (lc, run->report->document.sheets)
		run_sheet(export, run->report, lfirst(lc));
	(void) an_export_end(export);
	end_run(run);
	return export;
}

/* An error on the way leaves both changes to the abort of the (sub)transaction. */
static void
begin_run(Run *run, const AnReportRow *row)
{
	run->was_read_only = XactReadOnly;
	run->guc_nest = NewGUCNestLevel();
	XactReadOnly = true;
	an_setting("search_path", row->search_path);
}

/* As an abort would, so that no setting stays that a query has changed: the role, the search path. */
static void
end_run(const Run *run)
{
	AtEOXact_GUC(false, run->guc_nest);
	XactReadOnly = run->was_read_only;
}

/* Makes all values known, zone and locale first, and checks them; returns the locale, NULL for the spec's. */
static char *
resolve_all(AnParameters *parameters, Jsonb *spec)
{
	AnParameter *locale = an_parameter_find(parameters, "locale");
	const char *own = an_report_locale(spec);
	char *wanted;

	set_zone(parameters, spec);
	an_parameter_resolve(parameters, locale);
	wanted = an_parameter_text(locale);
	if (wanted && an_locale_find(wanted) == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("locale \"%s\" is not known", an_shown(wanted)),
						errhint("Write one such as en, de, fr, ja, zh-CN or zh-TW.")));
	/* Queries see the one that is meant, by the name that we know it by. */
	if (an_locale_find(wanted ? wanted : own ? own : "en"))
		set_own(parameters, "locale", an_locale_find(wanted ? wanted : own ? own : "en")->name);
	for (int i = 0; i < parameters->n; i++)
		an_parameter_resolve(parameters, &parameters->items[i]);
	an_parameters_check(parameters);
	return wanted;
}

/* Sets the zone of the run: in which days begin, timestamps are read, and shown. */
static void
set_zone(AnParameters *parameters, Jsonb *spec)
{
	AnParameter *parameter = an_parameter_find(parameters, "timezone");
	AnJson root = an_json_root(spec, NULL);
	AnJson *own = an_json_get(&root, "timezone");
	char *zone;

	an_parameter_resolve(parameters, parameter);
	if (parameter->isnull && own && parameter->given == NULL)
		set_own(parameters, "timezone", an_json_string(own));
	zone = an_parameter_text(parameter);
	if (zone == NULL)
		return;
	(void) an_zone_find(zone);
	an_setting("TimeZone", zone);
	an_setting("analytics.timezone", zone);
}

static void
set_own(AnParameters *parameters, const char *name, const char *value)
{
	AnParameter *parameter = an_parameter_find(parameters, name);

	parameter->value = CStringGetTextDatum(value);
	parameter->isnull = false;
}

/* Leaves the sheet that is asked for; a format of one sheet takes no more. */
static void
choose_sheet(AnReport *report, const char *sheet)
{
	List *names = NIL;
	ListCell *lc;

	if (sheet == NULL)
	{
		if (report->document.format->one_sheet && list_length(report->document.sheets) > 1)
			refuse_several(report);
		return;
	}
	foreach (lc, report->document.sheets)
	{
		AnSheetSpec *candidate = lfirst(lc);

		if (candidate->name && strcmp(candidate->name, sheet) == 0)
		{
			report->document.sheets = list_make1(candidate);
			return;
		}
		if (candidate->name)
			names = lappend(names, candidate->name);
	}
	an_unknown("sheet", sheet, names);
}

static void
refuse_several(const AnReport *report)
{
	StringInfoData names;
	ListCell *lc;

	initStringInfo(&names);
	foreach (lc, report->document.sheets)
		appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "",
						 an_shown(((AnSheetSpec *) lfirst(lc))->name));
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("format \"%s\" holds one sheet, and report \"%s\" has %d",
						   report->document.format->name, report->name,
						   list_length(report->document.sheets)),
					errhint("Choose one with sheet => one of %s.", names.data)));
}

static void
run_sheet(AnExport *export, const AnReport *report, const AnSheetSpec *sheet)
{
	AnBoundQuery query = {
		.text = sheet->query,
		.setup = an_parameters_setup,
		.setup_arg = report->parameters,
		.params = an_parameters_list(report->parameters),
	};
	AnReportPlace place;

	an_report_enter(&place, report->name,
					sheet->name ? psprintf("sheet \"%s\"", an_shown(sheet->name)) : "the sheet");
	an_parameters_watch(report->parameters, sheet->query);
	an_export_query(export, sheet, &query);
	an_parameters_watched(report->parameters);
	an_report_leave(&place);
}
