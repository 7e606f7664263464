/*
 * cohort_query.c - the query of a cohort: checked when it is defined, kept in canonical form
 *
 * The query is one SELECT of one column that is analysed with the definer's search
 * path.  What is stored is PostgreSQL's deparse of it under the path "pg_catalog,
 * pg_temp", as for the expressions of sources: every table, function and operator from
 * elsewhere carries its schema.  Some operators cannot be named in SQL (those of
 * JOIN ... USING, NULLIF, IS DISTINCT FROM ...), so the text is analysed once more
 * as it will be read, and refused where it would use other functions or relations.
 */
#include "insight/cohort.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

/* What a query means: whom it calls and what it reads. */
typedef struct Meaning
{
	List *functions; /* OIDs of functions, those of operators too */
	List *relations; /* OIDs of relations */
} Meaning;

/* What the error context needs. */
typedef struct QueryContext
{
	const char *text; /* the query */
	const char *name; /* name of the cohort */
} QueryContext;

static void check_length(const char *text);
static Query *analyse(const char *text);
static void check_shape(const Query *query);
static bool locking_walker(Node *node, void *context);
static void check_column(const Query *query);
static Meaning meaning_of(Query *query);
static bool meaning_walker(Node *node, void *context);
static bool add_function(Oid function, void *context);
static bool same_meaning(const Meaning *a, const Meaning *b);
static void add_context(void *arg);
static void refuse(const char *what) pg_attribute_noreturn();

char *
an_cohort_check_query(const char *name, const char *text)
{
	QueryContext context = {text, name};
	ErrorContextCallback callback = {.callback = add_context, .arg = &context};
	Meaning before, after;
	Query *query;
	char *canonical;
	int guc_nest;

	callback.previous = error_context_stack;
	error_context_stack = &callback;
	check_length(text);
	query = analyse(text);
	before = meaning_of(query);
	guc_nest = an_canonical_begin();
	canonical = pg_get_querydef(query, false);
	canonical += strspn(canonical, " \n");
	check_length(canonical);
	context.text = canonical;
	after = meaning_of(analyse(canonical));
	AtEOXact_GUC(true, guc_nest);
	if (!same_meaning(&before, &after))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("this query needs an operator outside pg_catalog that it cannot name"),
				 errhint("Write comparisons with the operator itself, as in a = b, instead of "
						 "USING, NULLIF or IS DISTINCT FROM, or compare values of a built-in type, "
						 "as in a::text.")));
	error_context_stack = callback.previous;
	return canonical;
}

static void
check_length(const char *text)
{
	if (strlen(text) > AN_COHORT_QUERY_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("query of %zu bytes is too long, the limit is %d", strlen(text),
							   AN_COHORT_QUERY_MAX)));
}

/* Parses and analyses one SELECT of one column. */
static Query *
analyse(const char *text)
{
	List *list = raw_parser(text, RAW_PARSE_DEFAULT);
	Query *query;

	if (list_length(list) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("the query of a cohort must be one statement, not %d", list_length(list)),
				 errhint("Write one SELECT of one column.")));
	if (!IsA(linitial_node(RawStmt, list)->stmt, SelectStmt))
		refuse("a statement that is not a SELECT");
	query = parse_analyze_fixedparams(linitial_node(RawStmt, list), text, NULL, 0, NULL);
	check_shape(query);
	check_column(query);
	return query;
}

static void
check_shape(const Query *query)
{
	if (query->commandType != CMD_SELECT)
		refuse("SELECT INTO");
	if (query->hasModifyingCTE)
		refuse("a statement that changes data");
	if (locking_walker((Node *) query, NULL))
		refuse("a locking clause");
	if (isQueryUsingTempRelation(unconstify(Query *, query)))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("the query of a cohort cannot read a temporary relation"),
						errdetail("It is gone when its session ends, and no other sees it."),
						errhint("Add its entities to a static cohort with add_to_cohort.")));
}

/* Tells whether a query, or one inside it, has FOR UPDATE or the like. */
static bool
locking_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return ((Query *) node)->rowMarks != NIL ||
			   query_tree_walker((Query *) node, locking_walker, context, 0);
	return expression_tree_walker(node, locking_walker, context);
}

static void
check_column(const Query *query)
{
	Oid type = InvalidOid;
	int n = 0;
	ListCell *lc;

	foreach (lc, query->targetList)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (entry->resjunk)
			continue;
		type = exprType((Node *) entry->expr);
		n++;
	}
	if (n != 1)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("the query of a cohort must return one column, not %d", n),
						errhint("Select the entities, as sources name them.")));
	if (get_typtype(type) == TYPTYPE_PSEUDO)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the entities of a cohort cannot have type %s", format_type_be(type))));
}

static Meaning
meaning_of(Query *query)
{
	Meaning meaning = {NIL, NIL};

	(void) meaning_walker((Node *) query, &meaning);
	return meaning;
}

static bool
meaning_walker(Node *node, void *context)
{
	Meaning *meaning = context;
	ListCell *lc;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		foreach (lc, ((Query *) node)->rtable)
		{
			const RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

			if (entry->rtekind == RTE_RELATION)
				meaning->relations = list_append_unique_oid(meaning->relations, entry->relid);
		}
		return query_tree_walker((Query *) node, meaning_walker, context, 0);
	}
	if (check_functions_in_node(node, add_function, context))
		return true;
	return expression_tree_walker(node, meaning_walker, context);
}

static bool
add_function(Oid function, void *context)
{
	Meaning *meaning = context;

	meaning->functions = list_append_unique_oid(meaning->functions, function);
	return false;
}

static bool
same_meaning(const Meaning *a, const Meaning *b)
{
	return list_difference_oid(a->functions, b->functions) == NIL &&
		   list_difference_oid(b->functions, a->functions) == NIL &&
		   list_difference_oid(a->relations, b->relations) == NIL &&
		   list_difference_oid(b->relations, a->relations) == NIL;
}

/* Moves an error's position from the statement to the query, as PL/pgSQL does. */
static void
add_context(void *arg)
{
	QueryContext *context = arg;
	int position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(context->text);
	}
	errcontext("query of cohort \"%s\"", context->name);
}

static void
refuse(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("%s is not allowed as the query of a cohort", what),
					errhint("Write one SELECT of one column, the entities.")));
}
