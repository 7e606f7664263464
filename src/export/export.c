/*
 * export.c - export() and export_file(), and the start of the room
 */
#include "export/export.h"

#include "export/writer.h"

#include "commands/progress.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#define MEMORY_LIMIT_DEFAULT (512 * 1024)

int an_export_memory_limit = MEMORY_LIMIT_DEFAULT;

static AnReceiver *export_query(const char *query, const AnExportOptions *options, int copy_type);
static SPIPlanPtr prepare(const char *query);
static void get_options(FunctionCallInfo fcinfo, int format, AnExportOptions *options);

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
	AnExportOptions options;
	AnReceiver *receiver;
	bytea *result;

	an_not_null(PG_ARGISNULL(0), "query");
	get_options(fcinfo, 1, &options);
	receiver =
		export_query(text_to_cstring(PG_GETARG_TEXT_PP(0)), &options, PROGRESS_COPY_TYPE_PIPE);
	result = an_sink_bytea(receiver->helper.output);
	an_receiver_close(receiver);
	PG_RETURN_BYTEA_P(result);
}

/* Writes the result of a query to a file of the server: export_file(query, path, format, options). */
AN_SQL(export_file)
{
	AnExportOptions options;
	AnReceiver *receiver;
	char *path;
	uint64 n_rows;

	an_not_null(PG_ARGISNULL(0), "query");
	an_not_null(PG_ARGISNULL(1), "path");
	get_options(fcinfo, 2, &options);
	path = text_to_cstring(PG_GETARG_TEXT_PP(1));
	an_sink_check_file(path);
	receiver =
		export_query(text_to_cstring(PG_GETARG_TEXT_PP(0)), &options, PROGRESS_COPY_TYPE_FILE);
	an_sink_file(receiver->helper.output, path);
	n_rows = receiver->n_rows;
	an_receiver_close(receiver);
	PG_RETURN_INT64(n_rows);
}

/* Reads the arguments format and options, which stand side by side. */
static void
get_options(FunctionCallInfo fcinfo, int format, AnExportOptions *options)
{
	an_not_null(PG_ARGISNULL(format), "format");
	an_not_null(PG_ARGISNULL(format + 1), "options");
	memset(options, 0, sizeof(*options));
	options->format = an_format_get(text_to_cstring(PG_GETARG_TEXT_PP(format)));
	an_options_from_jsonb(PG_GETARG_DATUM(format + 1), options);
	an_helper_check(options->format);
}

/*
 * Runs the caller's query with the caller's rights and search path, read only,
 * and returns when the file is whole.  Not through base/spi.h, which pins the
 * search path for statements of our own.
 */
static AnReceiver *
export_query(const char *query, const AnExportOptions *options, int copy_type)
{
	AnReceiver *receiver = an_receiver_new(options, InvalidOid, copy_type);
	SPIExecuteOptions execution = {0};
	int result;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	execution.read_only = true;
	execution.must_return_tuples = true;
	execution.dest = &receiver->pub;
	result = SPI_execute_plan_extended(prepare(query), &execution);
	if (result < 0)
		elog(ERROR, "SPI_execute_plan_extended failed: %s", SPI_result_code_string(result));
	SPI_finish();
	an_receiver_finish(receiver);
	return receiver;
}

/* Plans the one statement of a text, for parallel workers where they help. */
static SPIPlanPtr
prepare(const char *query)
{
	SPIPlanPtr plan = SPI_prepare_cursor(query, 0, NULL, CURSOR_OPT_PARALLEL_OK);

	if (plan == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	if (list_length(SPI_plan_get_plan_sources(plan)) != 1)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("query to export holds %d statements instead of one",
							   list_length(SPI_plan_get_plan_sources(plan))),
						errhint("Write one SELECT, VALUES or TABLE.")));
	if (!SPI_is_cursor_plan(plan))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("query to export does not return rows"),
						errhint("Write one SELECT, VALUES or TABLE.")));
	return plan;
}
