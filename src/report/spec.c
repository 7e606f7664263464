/*
 * spec.c - the definition of a report: read, and checked with all that is in it
 *
 *     {"title": "...", "parameters": {...}, "sheets": [{"name": "...", "query": "..."}, ...]}
 *     {"title": "...", "parameters": {...}, "query": "...", "columns": [...]}
 *
 * The second form is a report of one sheet, whose keys stand beside the document's.
 */
#include "report/report_private.h"

#include "utils/builtins.h"

#include "calendar/calendar.h"

static Jsonb *with_locale(Jsonb *spec, const char *locale);
static void read_parameters(const AnJson *json, void *field, void *target);
static void read_lines(const AnJson *json, void *field, void *target);
static void read_sheets(const AnJson *json, void *field, void *target);
static void check_sheets(const AnReport *report);
static void check_sheet(const AnReport *report, const AnSheetSpec *sheet);
static void check_locales(const char *name, Jsonb *spec, AnParameters *parameters);
static void check_query(const AnReport *report, const AnSheetSpec *sheet);

#define REPORT(field) offsetof(AnReport, field)

/* Keys of a report beside those of a document. */
static const AnKey report_keys[] = {
	{"parameters", AN_KEY_READ, REPORT(has_parameters), .read = read_parameters},
	{"timezone", AN_KEY_STRING, REPORT(timezone)},
	{"sheets", AN_KEY_READ, REPORT(document.sheets), .read = read_sheets},
};

/* The same of a report of one sheet, which has the keys of its sheet beside them. */
static const AnKey only_sheet_keys[] = {
	{"parameters", AN_KEY_READ, REPORT(has_parameters), .read = read_parameters},
	{"timezone", AN_KEY_STRING, REPORT(timezone)},
	{"query", AN_KEY_READ, REPORT(query), .read = read_lines},
};

char *
an_report_locale(Jsonb *spec)
{
	AnJson root = an_json_root(spec, NULL);
	AnJson *locale = an_json_get(&root, "locale");

	return locale ? an_json_string(locale) : NULL;
}

AnReport *
an_report_read(const char *name, Jsonb *spec, AnParameters *parameters, const char *locale,
			   bool running)
{
	AnReport *report = palloc0(sizeof(AnReport));
	AnReportTexts *owner = palloc0(sizeof(AnReportTexts));
	AnJsonTexts *texts = palloc0(sizeof(AnJsonTexts));
	AnJson root = an_json_root(locale ? with_locale(spec, locale) : spec, texts);
	const char *own = an_report_locale(spec);
	AnKeys keys = {report_keys, lengthof(report_keys), report};

	owner->parameters = parameters;
	owner->locale = an_locale_find(locale ? locale : own ? own : "en");
	owner->running = running;
	texts->expand = an_report_expand;
	texts->owner = owner;
	report->name = name;
	report->parameters = parameters;
	an_document_init(&report->document);
	report->document.report = true;
	if (an_json_get(&root, "sheets"))
		an_document_read(&root, &report->document, &keys, NULL);
	else
	{
		AnSheetSpec *only = palloc(sizeof(AnSheetSpec));

		an_sheet_init(only);
		keys = (AnKeys){only_sheet_keys, lengthof(only_sheet_keys), report};
		an_document_read(&root, &report->document, &keys, only);
		only->query = report->query;
		report->document.sheets = list_make1(only);
	}
	if (report->timezone)
		(void) an_zone_find(report->timezone);
	check_sheets(report);
	return report;
}

/* Returns the spec with another locale. */
static Jsonb *
with_locale(Jsonb *spec, const char *locale)
{
	JsonbParseState *state = NULL;
	JsonbValue key = {.type = jbvString}, value = {.type = jbvString};
	Datum change;

	key.val.string.val = pstrdup("locale");
	key.val.string.len = strlen("locale");
	value.val.string.val = unconstify(char *, locale);
	value.val.string.len = strlen(locale);
	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	(void) pushJsonbValue(&state, WJB_KEY, &key);
	(void) pushJsonbValue(&state, WJB_VALUE, &value);
	change = JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(spec), change));
}

/* Parameters are read before all others, whose texts name them. */
static void
read_parameters(const AnJson *json, void *field, void *target)
{
	*(bool *) field = true;
}

static void
read_lines(const AnJson *json, void *field, void *target)
{
	*(char **) field = an_json_lines(json);
}

static void
read_sheets(const AnJson *json, void *field, void *target)
{
	List **sheets = field;
	ListCell *lc;

	*sheets = NIL;
	foreach (lc, an_json_elements(json))
		*sheets = lappend(*sheets, an_sheet_read(lfirst(lc)));
	if (*sheets == NIL)
		an_json_error(json, "is empty", "A report has at least one sheet.");
	if (list_length(*sheets) > AN_REPORT_SHEETS_MAX)
		an_json_error(json, "holds too many sheets", "A report has at most 100 of them.");
}

static void
check_sheets(const AnReport *report)
{
	ListCell *lc;

	foreach (lc, report->document.sheets)
		check_sheet(report, lfirst(lc));
}

/* A sheet needs a query, and a name of its own where there are several. */
static void
check_sheet(const AnReport *report, const AnSheetSpec *sheet)
{
	const char *path = sheet->path[0] ? sheet->path : "the report";
	ListCell *lc;

	if (sheet->query == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s has no query", path),
						errhint("Write the SELECT of its rows under \"query\".")));
	if (strlen(sheet->query) > AN_REPORT_SQL_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("query of %zu bytes in %s is too long, the limit is %d",
							   strlen(sheet->query), path, AN_REPORT_SQL_MAX)));
	if (list_length(report->document.sheets) == 1)
		return;
	if (sheet->name == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s has no name", path),
						errhint("Each of several sheets needs one.")));
	foreach (lc, report->document.sheets)
	{
		const AnSheetSpec *other = lfirst(lc);

		if (other == sheet)
			return;
		if (strcmp(other->name, sheet->name) == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("%s.name \"%s\" is that of %s too", path, an_shown(sheet->name),
								   other->path),
							errhint("Each sheet needs a name of its own.")));
	}
}

/* ------------------------------------------------------------------------
 * Definitions
 * ------------------------------------------------------------------------ */

void
an_report_check(const char *name, Jsonb *spec)
{
	AnParameters *parameters;
	AnReport *report;
	ListCell *lc;

	if (!JB_ROOT_IS_OBJECT(spec))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"spec\" is not an object"),
						errhint("Write {\"title\": \"...\", \"query\": \"SELECT ...\"}.")));
	parameters = an_report_read_parameters(name, spec);
	report = an_report_read(name, spec, parameters, NULL, false);
	/* The default of run_report: what is checked does not hang on it. */
	report->document.format = an_format_get("xlsx");
	check_locales(name, spec, parameters);
	an_parameters_define(parameters);
	foreach (lc, report->document.sheets)
		check_query(report, lfirst(lc));
}

/* Reads the texts of all locales: each must be right, not only that of the spec's own. */
static void
check_locales(const char *name, Jsonb *spec, AnParameters *parameters)
{
	for (size_t i = 0; an_locale_at(i); i++)
		(void) an_report_read(name, spec, parameters, an_locale_at(i)->name, false);
}

/* Checks the query with all that stands around its rows, then each card, which is SQL of its own. */
static void
check_query(const AnReport *report, const AnSheetSpec *sheet)
{
	const char *point = sheet->path[0] ? "." : "";
	AnBoundQuery query = {
		.text = sheet->query,
		.setup = an_parameters_setup,
		.setup_arg = report->parameters,
	};
	AnSheetSpec part = *sheet;
	AnReportPlace place;
	ListCell *lc;

	an_report_enter(&place, report->name, psprintf("%s%squery", sheet->path, point));
	an_parameters_watch(report->parameters, sheet->query);
	part.cards = NIL;
	an_sheet_check(&part, &query, &report->document);
	an_parameters_watched(report->parameters);
	an_sheet_init(&part);
	foreach (lc, sheet->cards)
	{
		AnCardSpec *card = lfirst(lc);

		place.path = psprintf("%s.value", card->path);
		part.cards = list_make1(card);
		an_sheet_check(&part, &query, &report->document);
	}
	an_report_leave(&place);
}
