/*
 * query.c - what is asked: one SELECT, understood as the caller, here and now
 *
 * The query is parsed, analysed and rewritten at every call, which takes some tens of
 * microseconds: so names are looked up in the caller's search path as it is now, and views
 * and policies are those of now.  A volatile function is refused: its answer today is not
 * its answer tomorrow.  A query that reads temporary relations or asks about its own
 * connection runs every time.  So does one that the caller may not run any more: running it says why.
 */
#include "cache/cache_private.h"

#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_proc.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"

/* What walking through a query finds. */
typedef struct Findings
{
	Oid volatile_function; /* a volatile function, or InvalidOid */
	bool own_connection;   /* it asks about the connection or the transaction that it runs in */
	bool refused;		   /* the caller may not read a relation of it, or not execute a function */
	bool locks;			   /* it has FOR UPDATE or the like */
} Findings;

/* STABLE functions whose answer is that of this connection or transaction alone. */
static const Oid own_functions[] = {
	F_PG_BACKEND_PID,		   F_INET_CLIENT_ADDR,	 F_INET_CLIENT_PORT,
	F_INET_SERVER_ADDR,		   F_INET_SERVER_PORT,	 F_PG_MY_TEMP_SCHEMA,
	F_PG_IS_OTHER_TEMP_SCHEMA, F_PG_CURRENT_XACT_ID, F_PG_CURRENT_XACT_ID_IF_ASSIGNED,
	F_PG_CURRENT_SNAPSHOT,	   F_TXID_CURRENT,		 F_TXID_CURRENT_IF_ASSIGNED,
	F_TXID_CURRENT_SNAPSHOT,
};

static Query *analyse(const char *text);
static void check_query(const Query *query, const Findings *findings);
static bool transaction_allows(void);
static bool walk(Node *node, void *context);
static bool look_at_function(Oid function, void *context);
static void add_context(void *arg);

void
an_cache_understand(AnCacheAsk *ask)
{
	ErrorContextCallback callback = {.callback = add_context, .arg = ask->text};
	Findings findings = {0};

	callback.previous = error_context_stack;
	error_context_stack = &callback;
	if (strlen(ask->text) > AN_CACHE_QUERY_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("query of %zu bytes is too long to be cached, the limit is %d",
							   strlen(ask->text), AN_CACHE_QUERY_MAX)));
	ask->query = analyse(ask->text);
	(void) walk((Node *) ask->query, &findings);
	check_query(ask->query, &findings);
	error_context_stack = callback.previous;

	ask->kept = transaction_allows() && an_cache_limit(false) > 0 && !findings.own_connection &&
				!findings.refused && !isQueryUsingTempRelation(ask->query);
	if (ask->kept)
		an_cache_form(ask);
}

/* Returns the one query that a text is, with views and policies in it. */
static Query *
analyse(const char *text)
{
	List *list = raw_parser(text, RAW_PARSE_DEFAULT);

	if (list_length(list) != 1)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("a cached query must be one statement, not %d", list_length(list)),
						errhint("Write one SELECT.")));
	if (!IsA(linitial_node(RawStmt, list)->stmt, SelectStmt))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("only the answer of a SELECT can be cached"),
						errhint("Write one SELECT.")));
	list = pg_analyze_and_rewrite_fixedparams(linitial_node(RawStmt, list), text, NULL, 0, NULL);
	return linitial_node(Query, list);
}

static void
check_query(const Query *query, const Findings *findings)
{
	const char *what = query->commandType != CMD_SELECT ? "SELECT INTO"
					   : query->hasModifyingCTE			? "a statement that changes data"
					   : findings->locks				? "a locking clause"
														: NULL;

	if (what)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("%s cannot be cached", what),
						errhint("Write one SELECT that only reads.")));
	if (OidIsValid(findings->volatile_function))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a query that calls the volatile function %s cannot be cached",
						format_procedure(findings->volatile_function)),
				 errdetail("What it returns may differ at every call, or it may write."),
				 errhint("Leave it out, or run the query without the cache. A function of your "
						 "own that only reads can be declared STABLE.")));
}

/*
 * Tells whether this transaction may be served from the cache and fill it.  One that has
 * written sees what nobody else does; one that promises to see one state of the database cannot be
 * served another; a standby and a read-only transaction cannot write.
 */
static bool
transaction_allows(void)
{
	return !RecoveryInProgress() && !XactReadOnly && !IsInParallelMode() &&
		   !IsolationUsesXactSnapshot() && !TransactionIdIsValid(GetTopTransactionIdIfAny());
}

/* Looks at every node of a query and of those inside it; never stops early. */
static bool
walk(Node *node, void *context)
{
	Findings *findings = context;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query *query = (Query *) node;

		findings->locks |= query->rowMarks != NIL;
		findings->refused |= !an_compat_may_read(query);
		return query_tree_walker(query, walk, context, 0);
	}
	(void) check_functions_in_node(node, look_at_function, context);
	return expression_tree_walker(node, walk, context);
}

static bool
look_at_function(Oid function, void *context)
{
	Findings *findings = context;

	if (func_volatile(function) == PROVOLATILE_VOLATILE)
		findings->volatile_function = function;
	for (int i = 0; i < lengthof(own_functions); i++)
		findings->own_connection |= function == own_functions[i];
	findings->refused |= !an_compat_may_execute(function, GetUserId());
	return false;
}

/* Moves an error's position from the statement to the query, as PL/pgSQL does. */
static void
add_context(void *arg)
{
	int position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(arg);
	}
	errcontext("cached query");
}
