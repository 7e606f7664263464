/*
 * hook.c - COPY ... TO ... (FORMAT xlsx)
 *
 * Every COPY that does not name one of our formats, and every COPY in a database
 * without the extension, goes on to the next hook untouched: an unknown format
 * gets the server's own error.  COPY of a relation reads it by a SELECT with the
 * user's rights; row-level security and column rights hold, and whatever SELECT
 * can read can be copied: views, partitioned and foreign tables.
 */
#include "export/writer.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "commands/progress.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "tcop/cmdtag.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

static ProcessUtility_hook_type next_hook = NULL;

static void
process_utility(PlannedStmt *statement, const char *source, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *environment,
				DestReceiver *dest, QueryCompletion *completion);
static bool is_ours(PlannedStmt *statement);
static uint64 copy_to(CopyStmt *copy, PlannedStmt *statement, ParseState *pstate);
static void check_target(CopyStmt *copy);
static RawStmt *select_of(CopyStmt *copy, Oid *relation);
static void run(RawStmt *raw, const char *source, DestReceiver *dest);
static Query *analyze(RawStmt *raw, const char *source);
static void deliver(CopyStmt *copy, File file, int n_columns);

void
an_hook_init(void)
{
	next_hook = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}

static void
process_utility(PlannedStmt *statement, const char *source, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *environment,
				DestReceiver *dest, QueryCompletion *completion)
{
	ParseState *pstate;
	uint64 n_rows;

	if (!is_ours(statement))
	{
		if (next_hook)
			next_hook(statement, source, read_only_tree, context, params, environment, dest,
					  completion);
		else
			standard_ProcessUtility(statement, source, read_only_tree, context, params, environment,
									dest, completion);
		return;
	}
	pstate = make_parsestate(NULL);
	pstate->p_sourcetext = source;
	pstate->p_queryEnv = environment;
	n_rows = copy_to(castNode(CopyStmt, copyObject(statement->utilityStmt)), statement, pstate);
	free_parsestate(pstate);
	if (completion)
		SetQueryCompletion(completion, CMDTAG_COPY, n_rows);
}

/* Tells whether a statement is a COPY in one of our formats, in a database that has the extension. */
static bool
is_ours(PlannedStmt *statement)
{
	ListCell *cell;

	if (!IsA(statement->utilityStmt, CopyStmt))
		return false;
	foreach (cell, castNode(CopyStmt, statement->utilityStmt)->options)
	{
		DefElem *def = lfirst_node(DefElem, cell);

		if (strcmp(def->defname, "format") == 0)
			return def->arg && IsA(def->arg, String) && an_format_find(strVal(def->arg)) != NULL &&
				   OidIsValid(get_extension_oid("analytics", true));
	}
	return false;
}

/* Runs the command; returns the number of rows. */
static uint64
copy_to(CopyStmt *copy, PlannedStmt *statement, ParseState *pstate)
{
	AnDocument document;
	AnSheetSpec sheet;
	AnExport *export;
	AnReceiver *receiver;
	RawStmt *raw;
	Oid relation = InvalidOid;
	uint64 n_rows;

	an_options_from_copy(pstate, copy->options, &document, &sheet);
	if (copy->is_from)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY FROM is not supported for format \"%s\"", document.format->name),
				 errhint("Save the table as CSV, and use FORMAT csv.")));
	check_target(copy);
	an_format_check(document.format);
	raw = select_of(copy, &relation);
	raw->stmt_location = statement->stmt_location;
	raw->stmt_len = statement->stmt_len;
	if (copy->relation && sheet.name == NULL)
		sheet.name = copy->relation->relname;
	export = an_export_begin(&document, 1, relation,
							 copy->filename == NULL ? PROGRESS_COPY_TYPE_PIPE
							 : copy->is_program		? PROGRESS_COPY_TYPE_PROGRAM
													: PROGRESS_COPY_TYPE_FILE);
	receiver = an_receiver_new(export, &sheet, NULL);
	run(raw, pstate->p_sourcetext, an_receiver_dest(receiver));
	an_receiver_end(receiver);
	n_rows = an_export_end(export);
	deliver(copy, export->writer->output, receiver->layout->n_columns);
	an_export_close(export);
	return n_rows;
}

/* Checks the rights and the target before any work is done. */
static void
check_target(CopyStmt *copy)
{
	if (copy->filename == NULL)
	{
		if (whereToSendOutput != DestRemote)
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("COPY TO STDOUT in this format needs a client"),
							errhint("Write to a file.")));
	}
	else if (copy->is_program)
		an_sink_check_program();
	else
		an_sink_check_file(copy->filename);
}

/*
 * Returns the query of the COPY, or SELECT of the relation's columns.  As in
 * PostgreSQL's COPY, a table is read without the tables that inherit from it.
 */
static RawStmt *
select_of(CopyStmt *copy, Oid *relation)
{
	RawStmt *raw = makeNode(RawStmt);
	SelectStmt *select;
	RangeVar *from;
	ListCell *cell;
	List *columns = NIL;

	if (copy->relation == NULL)
	{
		raw->stmt = copy->query;
		return raw;
	}
	*relation = RangeVarGetRelid(copy->relation, AccessShareLock, false);
	from =
		makeRangeVar(get_namespace_name(get_rel_namespace(*relation)), get_rel_name(*relation), -1);
	from->inh = get_rel_relkind(*relation) != RELKIND_RELATION;
	foreach (cell, copy->attlist)
		columns = lappend(columns, list_make1(lfirst(cell)));
	if (columns == NIL)
		columns = list_make1(list_make1(makeNode(A_Star)));
	select = makeNode(SelectStmt);
	select->fromClause = list_make1(from);
	foreach (cell, columns)
	{
		ColumnRef *column = makeNode(ColumnRef);
		ResTarget *target = makeNode(ResTarget);

		column->fields = lfirst(cell);
		column->location = -1;
		target->val = (Node *) column;
		target->location = -1;
		select->targetList = lappend(select->targetList, target);
	}
	raw->stmt = (Node *) select;
	return raw;
}

/* Executes a query as COPY does: planned with parallel workers, streamed to `dest`. */
static void
run(RawStmt *raw, const char *source, DestReceiver *dest)
{
	PlannedStmt *plan = an_compat_plan_query(analyze(raw, source), source, CURSOR_OPT_PARALLEL_OK);
	QueryDesc *desc;

	/* See what earlier commands of this transaction did. */
	PushCopiedSnapshot(GetActiveSnapshot());
	UpdateActiveSnapshotCommandId();
	desc = CreateQueryDesc(plan, source, GetActiveSnapshot(), InvalidSnapshot, dest, NULL, NULL, 0);
	ExecutorStart(desc, 0);
	an_compat_executor_run(desc);
	ExecutorFinish(desc);
	ExecutorEnd(desc);
	FreeQueryDesc(desc);
	PopActiveSnapshot();
}

/* Analyses and rewrites; the query must come out as one that returns rows. */
static Query *
analyze(RawStmt *raw, const char *source)
{
	List *queries = pg_analyze_and_rewrite_fixedparams(raw, source, NULL, 0, NULL);
	Query *query;

	if (list_length(queries) != 1)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("rules that add or remove queries are not supported for COPY"),
						errhint("COPY a query on relations without such rules.")));
	query = linitial_node(Query, queries);
	if (query->utilityStmt != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY query must not be a utility command or SELECT INTO"),
				 errhint("COPY takes SELECT, VALUES, or INSERT, UPDATE, DELETE with RETURNING.")));
	if (query->commandType != CMD_SELECT && query->returningList == NIL)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("COPY query must have a RETURNING clause"),
						errhint("Add RETURNING with the columns to be exported.")));
	return query;
}

static void
deliver(CopyStmt *copy, File file, int n_columns)
{
	if (copy->filename == NULL)
		an_sink_client(file, n_columns);
	else if (copy->is_program)
		an_sink_program(file, copy->filename);
	else
		an_sink_file(file, copy->filename);
}
