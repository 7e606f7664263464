/*
 * expression.c - user-written expressions: checked once, kept in canonical form
 *
 * An expression is parsed by PostgreSQL's own parser in the mode that PL/pgSQL
 * uses, its parse tree is searched for what a per-row expression must not hold,
 * and it is analysed over the relation with the definer's search path.  What is
 * stored is PostgreSQL's deparse of the result under the path "pg_catalog,
 * pg_temp": functions and operators from elsewhere carry their schema, comments
 * are gone, and the text can stand in parentheses in any statement.
 *
 * The same check runs again each time an expression is read from the catalog,
 * so a row that was put there by other means is held to the same rules.
 */
#include "source/source.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

/* What the error context needs. */
typedef struct ExpressionContext
{
	const char *text; /* the expression */
	const char *what; /* whose it is */
} ExpressionContext;

/* The columns that a walk over a raw tree meets. */
typedef struct ColumnWalk
{
	List *names;	 /* char * of each column */
	List *locations; /* where each stands in the text, as integers */
} ColumnWalk;

static void check_length(const char *text);
static Node *parse_one(const char *text);
static bool raw_walker(Node *node, void *context);
static bool analysed_walker(Node *node, void *context);
static bool is_volatile(Oid funcid, void *context);
static void check_hidden_operators(Node *node, const char *text);
static bool is_foreign_operator(Oid operator_id);
static bool column_walker(Node *node, void *context);
static Node *analyse(Node *raw, Relation rel, const char *text);
static char *deparse(Node *node, Relation rel);
static void add_context(void *arg);
static int name_at(const char *text, const char *name);
static int position_of(const char *text, int location);
static void refuse(const char *what, const char *text, int location) pg_attribute_noreturn();

AnExpression
an_expression_check(const char *text, Oid relid, const char *what)
{
	ExpressionContext context = {text, what};
	ErrorContextCallback callback = {.callback = add_context, .arg = &context};
	AnExpression result;
	Relation rel;
	Node *node;

	callback.previous = error_context_stack;
	error_context_stack = &callback;

	check_length(text);
	node = parse_one(text);
	(void) raw_walker(node, (void *) text);
	rel = relation_open(relid, AccessShareLock);
	node = analyse(node, rel, text);
	result.type = getBaseType(exprType(node));
	result.collation = exprCollation(node);
	result.immutable = !contain_mutable_functions(node);
	result.text = deparse(node, rel);
	/* It will be read again, and can be longer: nothing may be stored that is then refused. */
	check_length(result.text);
	relation_close(rel, NoLock);

	error_context_stack = callback.previous;
	return result;
}

Node *
an_expression_node(const char *text, Oid relid)
{
	Relation rel = relation_open(relid, AccessShareLock);
	Node *node = parse_one(text);

	(void) raw_walker(node, (void *) text);
	node = analyse(node, rel, text);
	relation_close(rel, NoLock);
	return node;
}

static void
check_length(const char *text)
{
	if (strlen(text) > AN_EXPRESSION_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("expression of %zu bytes is too long, the limit is %d", strlen(text),
							   AN_EXPRESSION_MAX)));
}

List *
an_expression_columns(const char *text)
{
	ColumnWalk walk = {NIL, NIL};

	(void) column_walker(parse_one(text), &walk);
	return walk.names;
}

char *
an_expression_rename(const char *text, const char *old, const char *new)
{
	ColumnWalk walk = {NIL, NIL};
	StringInfoData buf;
	int from = 0;
	int n = strlen(text);

	(void) column_walker(parse_one(text), &walk);
	initStringInfo(&buf);
	/* The text is canonical: at a column's location stands its name, quoted or not as the definer's settings were. */
	for (int at = 0; at < n; at++)
	{
		ListCell *name, *location;

		forboth (name, walk.names, location, walk.locations)
		{
			int length;

			if (lfirst_int(location) != at || strcmp(lfirst(name), old) != 0 ||
				(length = name_at(text + at, old)) == 0)
				continue;
			appendBinaryStringInfo(&buf, text + from, at - from);
			appendStringInfoString(&buf, quote_identifier(new));
			from = at + length;
			break;
		}
	}
	if (from == 0)
		return NULL;
	appendStringInfoString(&buf, text + from);
	return buf.data;
}

char *
an_expression_renamed(char *text, const char *old, const char *new)
{
	char *result = text ? an_expression_rename(text, old, new) : NULL;

	return result ? result : text;
}

/* Returns how many bytes a column's name takes where it stands at the beginning of a text, quoted or not; else 0. */
static int
name_at(const char *text, const char *name)
{
	const char *p = text + 1;

	if (*text != '"')
		return strncmp(text, name, strlen(name)) == 0 ? strlen(name) : 0;
	for (; *name; name++)
	{
		if (*p++ != *name || (*name == '"' && *p++ != '"'))
			return 0;
	}
	return *p == '"' ? p + 1 - text : 0;
}

/*
 * Parses the text as one expression and nothing else.  PL/pgSQL's mode accepts
 * what may follow a SELECT's first keyword, so the clauses must be looked for.
 */
static Node *
parse_one(const char *text)
{
	List *list = raw_parser(text, RAW_PARSE_PLPGSQL_EXPR);
	SelectStmt *stmt = (SelectStmt *) linitial_node(RawStmt, list)->stmt;
	ResTarget *target;

	if (!IsA(stmt, SelectStmt) || list_length(stmt->targetList) != 1 || stmt->op != SETOP_NONE ||
		stmt->distinctClause || stmt->intoClause || stmt->fromClause || stmt->whereClause ||
		stmt->groupClause || stmt->havingClause || stmt->windowClause || stmt->valuesLists ||
		stmt->sortClause || stmt->limitOffset || stmt->limitCount || stmt->lockingClause ||
		stmt->withClause)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("not a single expression"),
						errhint("Write one scalar expression over the relation's columns.")));
	target = linitial_node(ResTarget, stmt->targetList);
	if (target->name || target->indirection)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("an expression takes no alias"),
						errposition(position_of(text, target->location))));
	return target->val;
}

/* Refuses what can be seen before the analysis, where the analysis would crash or mislead. */
static bool
raw_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
		refuse("a sub-query", context, ((SubLink *) node)->location);
	if (IsA(node, A_Star))
		refuse("\"*\"", context, -1);
	if (IsA(node, SetToDefault))
		refuse("DEFAULT", context, ((SetToDefault *) node)->location);
	if (IsA(node, ParamRef))
		refuse("a parameter", context, ((ParamRef *) node)->location);
	if (IsA(node, ColumnRef))
	{
		ListCell *lc;

		foreach (lc, ((ColumnRef *) node)->fields)
			if (IsA(lfirst(lc), A_Star))
				refuse("\"*\"", context, ((ColumnRef *) node)->location);
		return false;
	}
	if (IsA(node, FuncCall) && ((FuncCall *) node)->agg_star)
		refuse("an aggregate function", context, ((FuncCall *) node)->location);
	return raw_expression_tree_walker(node, raw_walker, context);
}

/* Refuses what only the analysis can tell. */
static bool
analysed_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref) || IsA(node, GroupingFunc))
		refuse("an aggregate function", context, exprLocation(node));
	if (IsA(node, WindowFunc))
		refuse("a window function", context, exprLocation(node));
	if (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcretset)
		refuse("a set-returning function", context, exprLocation(node));
	if (IsA(node, OpExpr) && ((OpExpr *) node)->opretset)
		refuse("a set-returning operator", context, exprLocation(node));
	/* JSON_ARRAY(SELECT ...) shows its sub-query only now. */
	if (IsA(node, SubLink))
		refuse("a sub-query", context, exprLocation(node));
	/* A row as a whole would be written with the relation's name, and hide the columns that it reads. */
	if (IsA(node, Var) && ((Var *) node)->varattno == InvalidAttrNumber)
		refuse("the whole row", context, exprLocation(node));
	check_hidden_operators(node, context);
	if (IsA(node, NextValueExpr) || check_functions_in_node(node, is_volatile, NULL))
		ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
						errmsg("a volatile function is not allowed in this expression"),
						errdetail("Its value could change between two reads of the same event."),
						errposition(position_of(context, exprLocation(node)))));
	return expression_tree_walker(node, analysed_walker, context);
}

static bool
is_volatile(Oid funcid, void *context)
{
	return func_volatile(funcid) == PROVOLATILE_VOLATILE;
}

/*
 * Refuses an operator that SQL cannot name where it stands.  IS DISTINCT FROM,
 * NULLIF, CASE x WHEN and comparisons of rows look "=" up in the search path when
 * they are read again, and would quietly find another one in pg_catalog: citext,
 * for one, would then be compared as text.
 */
static void
check_hidden_operators(Node *node, const char *text)
{
	bool hidden = false;
	ListCell *lc;

	if (IsA(node, DistinctExpr) || IsA(node, NullIfExpr))
		hidden = is_foreign_operator(((OpExpr *) node)->opno);
	else if (IsA(node, RowCompareExpr))
		foreach (lc, ((RowCompareExpr *) node)->opnos)
			hidden |= is_foreign_operator(lfirst_oid(lc));
	else if (IsA(node, CaseExpr) && ((CaseExpr *) node)->arg)
		foreach (lc, ((CaseExpr *) node)->args)
		{
			Node *when = (Node *) lfirst_node(CaseWhen, lc)->expr;

			hidden |= IsA(when, OpExpr) && is_foreign_operator(((OpExpr *) when)->opno);
		}
	if (hidden)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("this comparison needs an operator outside pg_catalog that it "
							   "cannot name"),
						errhint("Write it with the operator itself, as in a = b, or compare values "
								"of a built-in type, as in a::text."),
						errposition(position_of(text, exprLocation(node)))));
}

static bool
is_foreign_operator(Oid operator_id)
{
	HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator_id));
	bool foreign;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", operator_id);
	foreign = ((Form_pg_operator) GETSTRUCT(tuple))->oprnamespace != PG_CATALOG_NAMESPACE;
	ReleaseSysCache(tuple);
	return foreign;
}

/* Gathers the column names of a raw tree: the last field of a reference, or the one after the relation. */
static bool
column_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef))
	{
		ColumnWalk *walk = context;
		Node *field = llast(((ColumnRef *) node)->fields);

		if (IsA(field, String))
		{
			walk->names = lappend(walk->names, strVal(field));
			walk->locations = lappend_int(walk->locations, ((ColumnRef *) node)->location);
		}
		return false;
	}
	return raw_expression_tree_walker(node, column_walker, context);
}

static Node *
analyse(Node *raw, Relation rel, const char *text)
{
	ParseState *pstate = make_parsestate(NULL);
	ParseNamespaceItem *item;
	Node *node;

	pstate->p_sourcetext = text;
	item = addRangeTableEntryForRelation(pstate, rel, AccessShareLock, NULL, false, true);
	addNSItemToQuery(pstate, item, true, true, true);
	node = transformExpr(pstate, raw, EXPR_KIND_OTHER);
	if (exprType(node) == UNKNOWNOID)
		node = coerce_type(pstate, node, UNKNOWNOID, TEXTOID, -1, COERCION_IMPLICIT,
						   COERCE_IMPLICIT_CAST, -1);
	assign_expr_collations(pstate, node);
	(void) analysed_walker(node, (void *) text);
	if (get_typtype(exprType(node)) == TYPTYPE_PSEUDO)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("an expression cannot have type %s", format_type_be(exprType(node)))));
	free_parsestate(pstate);
	return node;
}

/* Writes an expression as text that means the same to every reader. */
static char *
deparse(Node *node, Relation rel)
{
	List *context = deparse_context_for(RelationGetRelationName(rel), RelationGetRelid(rel));
	int guc_nest = an_canonical_begin();
	char *text = deparse_expression(node, context, false, false);

	AtEOXact_GUC(true, guc_nest);
	return text;
}

/* The settings are those of pg_dump. */
int
an_canonical_begin(void)
{
	static const char *const settings[][2] = {{"search_path", AN_SEARCH_PATH},
											  {"DateStyle", "ISO, YMD"},
											  {"IntervalStyle", "postgres"},
											  {"extra_float_digits", "1"},
											  {"quote_all_identifiers", "off"}};
	int guc_nest = NewGUCNestLevel();

	for (int i = 0; i < lengthof(settings); i++)
		an_setting(settings[i][0], settings[i][1]);
	return guc_nest;
}

/*
 * Moves an error's position from the statement to the expression, as PL/pgSQL
 * does: the client then shows the expression with a mark below the place.
 */
static void
add_context(void *arg)
{
	ExpressionContext *context = arg;
	int position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(context->text);
	}
	errcontext("%s", context->what);
}

/* Turns a byte offset into the position in characters that errors carry; 0 where it is not known. */
static int
position_of(const char *text, int location)
{
	return location < 0 ? 0 : pg_mbstrlen_with_len(text, location) + 1;
}

static void
refuse(const char *what, const char *text, int location)
{
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("%s is not allowed in this expression", what),
					errhint("Write one scalar expression over the columns of a single row."),
					errposition(position_of(text, location))));
}
