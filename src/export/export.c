/*
 * export.c - documents written sheet by sheet; export(), export_file(), chart(); the start of the room
 */
#include "export/export.h"

#include "export/writer.h"

#include "commands/progress.h"
#include "executor/spi.h"
#include "utils/backend_progress.h"
#include "utils/backend_status.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/plancache.h"

#define MEMORY_LIMIT_DEFAULT (512 * 1024)

int an_export_memory_limit = MEMORY_LIMIT_DEFAULT;

/* What export() and export_file() are asked for. */
typedef struct Request
{
	AnDocument document; /* around the table */
	AnSheetSpec sheet;	 /* the table */
	AnBoundQuery query;	 /* its rows */
} Request;

static void get_request(FunctionCallInfo fcinfo, int format, Request *request);
static AnExport *write_one(const Request *request, int copy_type);
static AnExport *draw_chart(FunctionCallInfo fcinfo, const char *format);

void
an_export_init(void)
{
	DefineCustomIntVariable("analytics.export_memory_limit",
							"Address space that the program writing an exported file may use.",
							"Zero means no limit.", &an_export_memory_limit, MEMORY_LIMIT_DEFAULT,
							0, INT_MAX, PGC_SUSET, GUC_UNIT_KB, NULL, NULL, NULL);
	an_held_init();
	an_hook_init();
}

/* Returns the result of a query as a file: export(query, format, options). */
AN_SQL(export)
{
	Request request;
	AnExport *export;
	bytea *result;

	get_request(fcinfo, 1, &request);
	export = write_one(&request, PROGRESS_COPY_TYPE_PIPE);
	result = an_export_to_bytea(export);
	an_export_close(export);
	PG_RETURN_BYTEA_P(result);
}

/* Writes the result of a query to a file of the server: export_file(query, path, format, options). */
AN_SQL(export_file)
{
	char *path = an_arg_required(fcinfo, 1, "path");
	Request request;
	AnExport *export;
	uint64 n_rows;

	get_request(fcinfo, 2, &request);
	an_sink_check_file(path);
	export = write_one(&request, PROGRESS_COPY_TYPE_FILE);
	an_export_to_file(export, path);
	n_rows = export->n_rows;
	an_export_close(export);
	PG_RETURN_INT64(n_rows);
}

/* Returns a chart of a query's rows as SVG text: chart(query, options). */
AN_SQL(chart)
{
	AnExport *export = draw_chart(fcinfo, "svg");
	bytea *file = an_export_to_bytea(export);
	char *svg;

	an_export_close(export);
	svg = pg_any_to_server(VARDATA(file), VARSIZE(file) - VARHDRSZ, PG_UTF8);
	if (svg == VARDATA(file))
		PG_RETURN_TEXT_P((text *) file);
	PG_RETURN_TEXT_P(cstring_to_text(svg));
}

/* Returns it as a PNG picture: chart_png(query, options). */
AN_SQL(chart_png)
{
	AnExport *export = draw_chart(fcinfo, "png");
	bytea *file = an_export_to_bytea(export);

	an_export_close(export);
	PG_RETURN_BYTEA_P(file);
}

AnExport *
an_export_begin(const AnDocument *document, int n_sheets, Oid relation, int copy_type)
{
	AnExport *export = palloc0(sizeof(AnExport));

	export->document = document;
	export->n_sheets = n_sheets;
	export->context = CurrentMemoryContext;
	export->row_context =
		AllocSetContextCreate(CurrentMemoryContext, "analytics export row", ALLOCSET_DEFAULT_SIZES);

	/* An export inside another command that reports progress leaves that report alone. */
	export->show_progress = MyBEEntry && MyBEEntry->st_progress_command == PROGRESS_COMMAND_INVALID;
	if (export->show_progress)
	{
		pgstat_progress_start_command(PROGRESS_COMMAND_COPY, relation);
		pgstat_progress_update_param(PROGRESS_COPY_COMMAND, PROGRESS_COPY_COMMAND_TO);
		pgstat_progress_update_param(PROGRESS_COPY_TYPE, copy_type);
	}
	export->writer = document->format->writer();
	export->writer->begin(export->writer, document, n_sheets);
	return export;
}

/*
 * Runs with the caller's rights and search path.  Not through base/spi.h, which
 * pins the search path for statements of our own.
 */
void
an_export_query(AnExport *export, const AnSheetSpec *sheet, const AnBoundQuery *query)
{
	AnLoneValue *cards = an_cards_run(export, sheet, query);
	AnReceiver *receiver = an_receiver_new(export, sheet, cards);
	SPIExecuteOptions execution = {0};
	int result;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	execution.params = query->params;
	execution.read_only = true;
	execution.must_return_tuples = true;
	execution.dest = an_receiver_dest(receiver);
	result = SPI_execute_plan_extended(an_query_prepare(query), &execution);
	if (result < 0)
		elog(ERROR, "SPI_execute_plan_extended failed: %s", SPI_result_code_string(result));
	an_receiver_end(receiver);
	SPI_finish();
}

uint64
an_export_end(AnExport *export)
{
	export->writer->end(export->writer, export->n_rows);
	an_export_progress(export);
	return export->n_rows;
}

bytea *
an_export_to_bytea(AnExport *export)
{
	return an_sink_bytea(export->writer->output);
}

void
an_export_to_file(AnExport *export, const char *path)
{
	an_sink_file(export->writer->output, path);
}

void
an_export_close(AnExport *export)
{
	FileClose(export->writer->output);
	if (export->show_progress)
		pgstat_progress_end_command();
}

void
an_sheet_check(const AnSheetSpec *sheet, const AnBoundQuery *query, const AnDocument *document)
{
	CachedPlanSource *source;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	source = linitial(SPI_plan_get_plan_sources(an_query_prepare(query)));
	if (sheet->pivot.path)
		an_pivot_check(sheet, source->resultDesc);
	else
		(void) an_layout_new(document, sheet, 0, source->resultDesc, source->resultDesc->natts);
	an_cards_check(sheet, query);
	SPI_finish();
}

/* Plans the one statement of a text, for parallel workers where they help. */
SPIPlanPtr
an_query_prepare(const AnBoundQuery *query)
{
	SPIPrepareOptions options = {.parserSetup = query->setup,
								 .parserSetupArg = query->setup_arg,
								 .parseMode = RAW_PARSE_DEFAULT,
								 .cursorOptions = CURSOR_OPT_PARALLEL_OK};
	SPIPlanPtr plan = SPI_prepare_extended(query->text, &options);
	CachedPlanSource *source;
	Query *parsed;

	if (plan == NULL)
		elog(ERROR, "SPI_prepare_extended failed: %s", SPI_result_code_string(SPI_result));
	if (list_length(SPI_plan_get_plan_sources(plan)) != 1)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("query to export holds %d statements instead of one",
							   list_length(SPI_plan_get_plan_sources(plan))),
						errhint("Write one SELECT, VALUES or TABLE.")));
	source = linitial(SPI_plan_get_plan_sources(plan));
	parsed = source->query_list ? linitial_node(Query, source->query_list) : NULL;
	if (!SPI_is_cursor_plan(plan) || parsed == NULL || parsed->commandType == CMD_UTILITY)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("query to export does not return rows"),
						errhint("Write one SELECT, VALUES or TABLE.")));
	if (parsed->commandType != CMD_SELECT || parsed->hasModifyingCTE || parsed->rowMarks)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("query to export changes or locks rows"),
						errhint("Write one SELECT that only reads.")));
	return plan;
}

/* Reads the arguments query, and format and options, which stand side by side. */
static void
get_request(FunctionCallInfo fcinfo, int format, Request *request)
{
	AnJson root;

	memset(request, 0, sizeof(*request));
	request->query.text = an_arg_required(fcinfo, 0, "query");
	an_document_init(&request->document);
	an_sheet_init(&request->sheet);
	request->document.format = an_format_get(an_arg_required(fcinfo, format, "format"));
	an_not_null(PG_ARGISNULL(format + 1), "options");
	root = an_json_root(PG_GETARG_JSONB_P(format + 1), NULL);
	an_options_check(&root, request->document.format);
	an_document_read(&root, &request->document, NULL, &request->sheet);
	an_format_check(request->document.format);
}

/* Writes a document of one sheet; returns when the file is whole. */
static AnExport *
write_one(const Request *request, int copy_type)
{
	AnExport *export = an_export_begin(&request->document, 1, InvalidOid, copy_type);

	an_export_query(export, &request->sheet, &request->query);
	(void) an_export_end(export);
	return export;
}

/* The options of a chart are those of one in a sheet, and the picture's own beside them. */
static AnExport *
draw_chart(FunctionCallInfo fcinfo, const char *format)
{
	Request request = {0};
	AnChartSpec chart = {.path = "chart", .type = AN_CHART_TYPES};

	request.query.text = an_arg_required(fcinfo, 0, "query");
	an_not_null(PG_ARGISNULL(1), "options");
	an_document_init(&request.document);
	an_sheet_init(&request.sheet);
	request.document.format = an_format_get(format);
	an_chart_read(PG_GETARG_JSONB_P(1), &request.document, &chart);
	request.sheet.charts = list_make1(&chart);
	an_format_check(request.document.format);
	return write_one(&request, PROGRESS_COPY_TYPE_PIPE);
}
