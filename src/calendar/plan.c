/*
 * plan.c - what the planner is told about time_bin
 *
 * Two things that a planner support function alone cannot do: PostgreSQL asks
 * the support function of a comparison's own function, not of its operands, and
 * never asks about the number of groups.  So time_bin's support function only
 * takes note that a query uses time_bin (and by being called loads the library
 * in time), and the work is done where the planner has read a table's catalog
 * entries: get_relation_info_hook, "to editorialize on the info".  A session
 * that never planned a time_bin leaves the hook at its first line.
 *
 * 1. Ranges.  time_bin never decreases, so a comparison of time_bin(w, column,
 *    zone) with something that has no columns is the same as a comparison of the
 *    column itself: time_bin(..) >= c is column >= time_bin_first(w, c, zone),
 *    and time_bin(..) <= c is column <= time_bin_last(w, c, zone); < and > are
 *    their opposites and = is both.  That holds for every value of the type and
 *    for NULL, so the new comparison takes the place of the old: indexes,
 *    partitions and row estimates work as for any range, and no row pays for a
 *    call.  The quals are those of the whole query after sub-queries were pulled
 *    up and constants folded, before they are handed to their tables.  Where an
 *    index or a partition key is itself made of time_bin, all stays as it was.
 *
 * 2. Groups.  Their number is that of the bins; see estimate.c.
 */
#include "base/base.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "calendar/bin.h"
#include "calendar/plan.h"

/* What the walk over a query's conditions works for. */
typedef struct PlanScan
{
	PlannerInfo *root; /* the query */
	Index relid;	   /* range table index of the table */
} PlanScan;

/* Support function of every time_bin, once one was planned in this session. */
static Oid support_oid = InvalidOid;

static get_relation_info_hook_type next_relation_info = NULL;

static void relation_info(PlannerInfo *root, Oid relation, bool inhparent, RelOptInfo *rel);
static bool mentions_time_bin(Node *node, void *context);
static bool made_of_time_bin(RelOptInfo *rel);
static bool parent_index_of_time_bin(Oid relation);
static void rewrite_jointree(Node *node, PlanScan *scan);
static Node *rewrite_qual(Node *node, PlanScan *scan);
static Node *range_of(OpExpr *op, PlanScan *scan);

void
an_calendar_room_init(void)
{
	next_relation_info = get_relation_info_hook;
	get_relation_info_hook = relation_info;
	an_estimate_init();
	an_zone_init();
}

/* time_bin_support(internal): takes note of itself; it has no answer of its own. */
AN_SQL(time_bin_support)
{
	Node *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestSimplify))
		support_oid = fcinfo->flinfo->fn_oid;
	PG_RETURN_POINTER(NULL);
}

/* Rewrites the query's conditions on a table, and adds the statistics of its time_bin calls. */
static void
relation_info(PlannerInfo *root, Oid relation, bool inhparent, RelOptInfo *rel)
{
	PlanScan scan = {root, rel->relid};

	if (next_relation_info)
		next_relation_info(root, relation, inhparent, rel);
	if (!OidIsValid(support_oid) || rel->reloptkind != RELOPT_BASEREL)
		return;
	if (!mentions_time_bin((Node *) root->parse->targetList, NULL) &&
		!mentions_time_bin((Node *) root->parse->jointree, NULL))
		return;
	if (!made_of_time_bin(rel) && !(inhparent && parent_index_of_time_bin(relation)))
		rewrite_jointree((Node *) root->parse->jointree, &scan);
	an_estimate_add(root, relation, rel);
}

bool
an_plan_is_time_bin(Node *node)
{
	return node && IsA(node, FuncExpr) && ((FuncExpr *) node)->funcid >= FirstNormalObjectId &&
		   get_func_support(((FuncExpr *) node)->funcid) == support_oid;
}

/* Tells whether an expression or a join tree has a call of time_bin anywhere. */
static bool
mentions_time_bin(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return an_plan_is_time_bin(node) || expression_tree_walker(node, mentions_time_bin, context);
}

/* Tells whether an index or a partition key of the table is made of time_bin. */
static bool
made_of_time_bin(RelOptInfo *rel)
{
	ListCell *lc;

	foreach (lc, rel->indexlist)
	{
		IndexOptInfo *index = lfirst(lc);

		if (mentions_time_bin((Node *) index->indexprs, NULL) ||
			mentions_time_bin((Node *) index->indpred, NULL))
			return true;
	}
	if (rel->part_scheme && rel->partexprs)
		for (int i = 0; i < rel->part_scheme->partnatts; i++)
			if (mentions_time_bin((Node *) rel->partexprs[i], NULL))
				return true;
	return false;
}

/*
 * Tells whether an index that a parent hands down is made of time_bin: before 16
 * the planner does not list the indexes of a partitioned table.
 */
static bool
parent_index_of_time_bin(Oid relation)
{
	Relation parent = table_open(relation, NoLock); /* the planner holds a lock */
	List *indexes = RelationGetIndexList(parent);
	bool found = false;
	ListCell *lc;

	foreach (lc, indexes)
	{
		Relation index = index_open(lfirst_oid(lc), AccessShareLock);

		found |= mentions_time_bin((Node *) RelationGetIndexExpressions(index), NULL) ||
				 mentions_time_bin((Node *) RelationGetIndexPredicate(index), NULL);
		index_close(index, NoLock);
	}
	list_free(indexes);
	table_close(parent, NoLock);
	return found;
}

Var *
an_plan_column(FuncExpr *bin, Index relid)
{
	Node *arg = lsecond(bin->args);

	while (arg && IsA(arg, RelabelType))
		arg = (Node *) ((RelabelType *) arg)->arg;
	if (arg == NULL || !IsA(arg, Var) || ((Var *) arg)->varno != relid ||
		((Var *) arg)->varlevelsup != 0 || ((Var *) arg)->varattno <= 0)
		return NULL;
	return (Var *) arg;
}

/* ------------------------------------------------------------------------
 * Ranges
 * ------------------------------------------------------------------------ */

/* Rewrites the conditions of every FROM and JOIN; they are lists, implicitly ANDed, at this stage. */
static void
rewrite_jointree(Node *node, PlanScan *scan)
{
	ListCell *lc;

	if (IsA(node, FromExpr))
	{
		foreach (lc, ((FromExpr *) node)->fromlist)
			rewrite_jointree(lfirst(lc), scan);
		((FromExpr *) node)->quals = rewrite_qual(((FromExpr *) node)->quals, scan);
	}
	else if (IsA(node, JoinExpr))
	{
		rewrite_jointree(((JoinExpr *) node)->larg, scan);
		rewrite_jointree(((JoinExpr *) node)->rarg, scan);
		((JoinExpr *) node)->quals = rewrite_qual(((JoinExpr *) node)->quals, scan);
	}
}

/* Appends a condition to a list that is ANDed: the members of an AND one by one. */
static List *
append_anded(List *quals, Node *qual)
{
	if (is_andclause(qual))
		return list_concat(quals, ((BoolExpr *) qual)->args);
	return lappend(quals, qual);
}

/*
 * Returns the condition with ranges in place of comparisons of time_bin; goes
 * down through AND, OR and NOT only.  A list is ANDed.
 */
static Node *
rewrite_qual(Node *node, PlanScan *scan)
{
	List *args, *quals = NIL;
	bool anded;
	ListCell *lc;

	if (node == NULL || !mentions_time_bin(node, NULL))
		return node;
	if (IsA(node, OpExpr))
	{
		Node *range = range_of((OpExpr *) node, scan);

		return range ? range : node;
	}
	if (!IsA(node, List) && !IsA(node, BoolExpr))
		return node;
	args = IsA(node, List) ? (List *) node : ((BoolExpr *) node)->args;
	anded = IsA(node, List) || is_andclause(node);
	foreach (lc, args)
	{
		Node *qual = rewrite_qual(lfirst(lc), scan);

		quals = anded ? append_anded(quals, qual) : lappend(quals, qual);
	}
	if (IsA(node, List))
		return (Node *) quals;
	return (Node *) makeBoolExpr(((BoolExpr *) node)->boolop, quals, -1);
}

/* Tells whether an expression has one value for a whole scan, and may be written down twice. */
static bool
is_fixed(Node *node)
{
	return !contain_var_clause(node) && !contain_volatile_functions(node) &&
		   !contain_subplans(node);
}

bool
an_plan_fixed_arguments(FuncExpr *bin)
{
	ListCell *lc;

	foreach (lc, bin->args)
		if (foreach_current_index(lc) != 1 && !is_fixed(lfirst(lc)))
			return false;
	return true;
}

/*
 * Returns what time_bin is compared with, as the type of its result; NULL for a
 * type that cannot be converted without losing or refusing a value that the
 * comparison takes.
 */
static Node *
bound_as(Node *bound, Oid type)
{
	Oid from = exprType(bound);
	Oid cast = InvalidOid;
	double us;

	if (from == type)
		return bound;
	if (type == TIMESTAMPTZOID && (from == DATEOID || from == TIMESTAMPOID))
		cast = from == DATEOID ? F_TIMESTAMPTZ_DATE : F_TIMESTAMPTZ_TIMESTAMP;
	else if (type == TIMESTAMPOID && from == DATEOID)
		cast = F_TIMESTAMP_DATE;
	if (!OidIsValid(cast))
		return NULL;
	if (IsA(bound, Const) && !((Const *) bound)->constisnull &&
		an_plan_value_us(from, ((Const *) bound)->constvalue, &us) &&
		(us <= (double) MIN_TIMESTAMP + 2 * (double) USECS_PER_DAY ||
		 us >= (double) END_TIMESTAMP - 2 * (double) USECS_PER_DAY))
		return NULL; /* at the type's ends the cast fails in some zones */
	return (Node *) makeFuncExpr(cast, type, list_make1(bound), InvalidOid, InvalidOid,
								 COERCE_EXPLICIT_CAST);
}

/*
 * Finds the bound's function that goes with a form of time_bin, and takes the
 * form's arguments over.  A NULL zone means that of a setting: the function that
 * reads it is not IMMUTABLE, so a plan that is kept does not keep the zone.  The
 * catalog is asked without regard to rights on the schema: a view may bin for
 * those who have none.
 */
static Oid
bound_function(FuncExpr *bin, const char *name, List **args)
{
	Oid *types;
	int n_args;

	*args = copyObject(bin->args);
	(void) get_func_signature(bin->funcid, &types, &n_args);
	if (n_args > 2 && types[2] == TEXTOID && IsA(lthird(*args), Const) &&
		((Const *) lthird(*args))->constisnull)
	{
		*args = list_delete_nth_cell(*args, 2);
		n_args--;
		memmove(&types[2], &types[3], (n_args - 2) * sizeof(Oid));
	}
	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
						   PointerGetDatum(buildoidvector(types, n_args)),
						   ObjectIdGetDatum(get_func_namespace(bin->funcid)));
}

/* Returns `column <strategy> name(width, bound, ...)`, or NULL where there is no such function or operator. */
static Node *
range_side(PlannerInfo *root, FuncExpr *bin, Node *bound, const char *name, Oid family,
		   int strategy)
{
	Oid type = bin->funcresulttype;
	List *args;
	Oid function = bound_function(bin, name, &args);
	Oid comparison = get_opfamily_member(family, type, type, strategy);
	Node *limit;
	Expr *range;

	if (!OidIsValid(function) || !OidIsValid(comparison))
		return NULL;
	lsecond(args) = copyObject(bound);
	limit = (Node *) makeFuncExpr(function, type, args, InvalidOid, bin->inputcollid,
								  COERCE_EXPLICIT_CALL);
	limit = eval_const_expressions(root, limit);
	range = make_opclause(comparison, BOOLOID, false, copyObject(lsecond(bin->args)),
						  (Expr *) limit, InvalidOid, InvalidOid);
	set_opfuncid((OpExpr *) range);
	return (Node *) range;
}

/* Returns the range that a comparison of time_bin with something fixed is; NULL for any other operator. */
static Node *
range_of(OpExpr *op, PlanScan *scan)
{
	Node *left = linitial(op->args), *right = list_length(op->args) == 2 ? lsecond(op->args) : NULL;
	Oid opno = op->opno;
	FuncExpr *bin = (FuncExpr *) left;
	Node *bound = right, *low = NULL, *high = NULL;
	Oid family;
	int strategy;

	/* Both may be: time_bin(.., column) >= time_bin(.., now()). */
	if (right && an_plan_is_time_bin(right) && an_plan_column((FuncExpr *) right, scan->relid))
	{
		opno = get_commutator(opno);
		bin = (FuncExpr *) right;
		bound = left;
	}
	if (right == NULL || !OidIsValid(opno) || !an_plan_is_time_bin((Node *) bin) ||
		!is_fixed(bound) || !an_plan_column(bin, scan->relid) || !an_plan_fixed_arguments(bin))
		return NULL;
	family = lookup_type_cache(bin->funcresulttype, TYPECACHE_BTREE_OPFAMILY)->btree_opf;
	strategy = get_op_opfamily_strategy(opno, family);
	bound = bound_as(bound, bin->funcresulttype);
	if (strategy == 0 || bound == NULL)
		return NULL;
	if (strategy == BTGreaterEqualStrategyNumber || strategy == BTEqualStrategyNumber)
		low = range_side(scan->root, bin, bound, "time_bin_first", family,
						 BTGreaterEqualStrategyNumber);
	if (strategy == BTLessEqualStrategyNumber || strategy == BTEqualStrategyNumber)
		high =
			range_side(scan->root, bin, bound, "time_bin_last", family, BTLessEqualStrategyNumber);
	if (strategy == BTLessStrategyNumber)
		return range_side(scan->root, bin, bound, "time_bin_first", family, strategy);
	if (strategy == BTGreaterStrategyNumber)
		return range_side(scan->root, bin, bound, "time_bin_last", family, strategy);
	if (strategy != BTEqualStrategyNumber)
		return low ? low : high;
	return low && high ? (Node *) make_andclause(list_make2(low, high)) : NULL;
}

bool
an_plan_value_us(Oid type, Datum value, double *us)
{
	if (type == DATEOID)
	{
		*us = (double) DatumGetDateADT(value) * USECS_PER_DAY;
		return !DATE_NOT_FINITE(DatumGetDateADT(value));
	}
	*us = DatumGetTimestamp(value);
	return (type == TIMESTAMPTZOID || type == TIMESTAMPOID) &&
		   !TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value));
}
