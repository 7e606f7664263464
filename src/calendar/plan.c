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
 * 2. Groups.  Without statistics about an expression the planner takes the
 *    number of distinct values of its columns: one group per row.  It looks for
 *    statistics of the expression at expression indexes; so an imaginary index
 *    over the query's own time_bin calls joins the table's list, with a
 *    predicate that nothing implies, so that no path is ever made of it.  Asked
 *    for its statistics (get_index_stats_hook), it answers with those of the
 *    column and the number of bins between the column's bounds.
 */
#include "base/base.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/plancat.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "utils/date.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/typcache.h"

#include "calendar/bin.h"

/* What the walk over a query's expressions works for. */
typedef struct PlanScan
{
	PlannerInfo *root; /* the query */
	Index relid;	   /* range table index of the table */
	List *bins;		   /* time_bin calls over a column of it, each once */
} PlanScan;

/* Support function of every time_bin, once one was planned in this session. */
static Oid support_oid = InvalidOid;

static get_relation_info_hook_type next_relation_info = NULL;
static get_index_stats_hook_type next_index_stats = NULL;

static void relation_info(PlannerInfo *root, Oid relation, bool inhparent, RelOptInfo *rel);
static bool index_stats(PlannerInfo *root, Oid index, AttrNumber column, VariableStatData *vardata);
static bool is_time_bin(Node *node);
static bool mentions_time_bin(Node *node, void *context);
static bool made_of_time_bin(RelOptInfo *rel);
static void rewrite_jointree(Node *node, PlanScan *scan);
static Node *rewrite_qual(Node *node, PlanScan *scan);
static Node *range_of(OpExpr *op, PlanScan *scan);
static bool collect_bins(Node *node, PlanScan *scan);
static void add_imaginary_index(PlanScan *scan, Oid relation, RelOptInfo *rel);
static bool bin_count(PlannerInfo *root, FuncExpr *bin, RelOptInfo *rel, VariableStatData *column,
					  double *count);

void
an_calendar_room_init(void)
{
	next_relation_info = get_relation_info_hook;
	get_relation_info_hook = relation_info;
	next_index_stats = get_index_stats_hook;
	get_index_stats_hook = index_stats;
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
	PlanScan scan = {root, rel->relid, NIL};

	if (next_relation_info)
		next_relation_info(root, relation, inhparent, rel);
	if (!OidIsValid(support_oid) || rel->reloptkind != RELOPT_BASEREL)
		return;
	if (!mentions_time_bin((Node *) root->parse->targetList, NULL) &&
		!mentions_time_bin((Node *) root->parse->jointree, NULL))
		return;
	if (!made_of_time_bin(rel))
		rewrite_jointree((Node *) root->parse->jointree, &scan);
	collect_bins((Node *) root->parse->targetList, &scan);
	collect_bins((Node *) root->parse->jointree, &scan);
	if (scan.bins != NIL)
		add_imaginary_index(&scan, relation, rel);
}

/* Tells whether a node is a call of time_bin in any of its forms. */
static bool
is_time_bin(Node *node)
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
	return is_time_bin(node) || expression_tree_walker(node, mentions_time_bin, context);
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

/* Returns the column of the table that a time_bin call bins, NULL for another argument. */
static Var *
binned_column(FuncExpr *bin, Index relid)
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

/* Tells the same of all arguments of a time_bin call but the time. */
static bool
fixed_arguments(FuncExpr *bin)
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

	if (from == type)
		return bound;
	if (type == TIMESTAMPTZOID && (from == DATEOID || from == TIMESTAMPOID))
		cast = from == DATEOID ? F_TIMESTAMPTZ_DATE : F_TIMESTAMPTZ_TIMESTAMP;
	else if (type == TIMESTAMPOID && from == DATEOID)
		cast = F_TIMESTAMP_DATE;
	if (!OidIsValid(cast))
		return NULL;
	if (IsA(bound, Const) && !((Const *) bound)->constisnull && from == DATEOID)
	{
		DateADT date = DatumGetDateADT(((Const *) bound)->constvalue);

		/* A day from the type's ends, whatever the zone. */
		if (!DATE_NOT_FINITE(date) && (date <= DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE + 1 ||
									   date >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE - 1))
			return NULL;
	}
	return (Node *) makeFuncExpr(cast, type, list_make1(bound), InvalidOid, InvalidOid,
								 COERCE_EXPLICIT_CAST);
}

/* Returns `column <strategy> name(width, bound, ...)`, or NULL where there is no such function or operator. */
static Node *
range_side(PlannerInfo *root, FuncExpr *bin, Node *bound, const char *name, Oid family,
		   int strategy)
{
	Oid *types;
	int n_args;
	char *schema = get_namespace_name(get_func_namespace(bin->funcid));
	Oid type = get_func_signature(bin->funcid, &types, &n_args);
	Oid function = LookupFuncName(list_make2(makeString(schema), makeString(pstrdup(name))), n_args,
								  types, true);
	Oid operator= get_opfamily_member(family, type, type, strategy);
	List *args = copyObject(bin->args);
	Node *limit;
	Expr *range;

	if (!OidIsValid(function) || !OidIsValid(operator))
		return NULL;
	lsecond(args) = copyObject(bound);
	limit = (Node *) makeFuncExpr(function, type, args, InvalidOid, bin->inputcollid,
								  COERCE_EXPLICIT_CALL);
	limit = eval_const_expressions(root, limit);
	range = make_opclause(operator, BOOLOID, false, copyObject(lsecond(bin->args)), (Expr *) limit,
						  InvalidOid, InvalidOid);
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

	if (right && is_time_bin(right))
	{
		opno = get_commutator(opno);
		bin = (FuncExpr *) right;
		bound = left;
	}
	if (right == NULL || !OidIsValid(opno) || !is_time_bin((Node *) bin) || !is_fixed(bound) ||
		!binned_column(bin, scan->relid) || !fixed_arguments(bin))
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

/* ------------------------------------------------------------------------
 * Groups
 * ------------------------------------------------------------------------ */

/* Collects the time_bin calls over a column of the table, as examine_variable will compare them. */
static bool
collect_bins(Node *node, PlanScan *scan)
{
	if (node == NULL)
		return false;
	if (is_time_bin(node))
	{
		FuncExpr *bin = copyObject((FuncExpr *) node);
		Var *column = binned_column(bin, scan->relid);

		if (column && fixed_arguments(bin))
		{
			an_compat_var_plain(column);
			scan->bins = list_append_unique(scan->bins, bin);
		}
		return false;
	}
	return expression_tree_walker(node, collect_bins, scan);
}

/* Tells whether CREATE STATISTICS knows an expression: it knows better. */
static bool
has_statistics(RelOptInfo *rel, Node *node)
{
	ListCell *lc;

	foreach (lc, rel->statlist)
	{
		StatisticExtInfo *info = lfirst(lc);

		if (info->kind == STATS_EXT_EXPRESSIONS && list_member(info->exprs, node))
			return true;
	}
	return false;
}

/*
 * Adds the index that does not exist.  Its OID is the table's, which no index
 * can have; its predicate is false, so it is never found usable; nothing else
 * about it promises anything.
 */
static void
add_imaginary_index(PlanScan *scan, Oid relation, RelOptInfo *rel)
{
	IndexOptInfo *index = makeNode(IndexOptInfo);
	ListCell *lc;

	foreach (lc, scan->bins)
		if (!has_statistics(rel, lfirst(lc)))
			index->indexprs = lappend(index->indexprs, lfirst(lc));
	if (index->indexprs == NIL)
		return;
	index->indexoid = relation;
	index->rel = rel;
	index->tree_height = -1;
	index->ncolumns = list_length(index->indexprs);
	index->indexkeys = palloc0(sizeof(int) * index->ncolumns); /* 0: an expression */
	index->canreturn = palloc0(sizeof(bool) * index->ncolumns);
	index->indpred = list_make1(makeBoolConst(false, false));
	index->hypothetical = true;
	rel->indexlist = lappend(rel->indexlist, index);
}

static void
free_stats(HeapTuple tuple)
{
	heap_freetuple(tuple);
}

/* Gives the statistics of a column of the imaginary index; passes on every other. */
static bool
index_stats(PlannerInfo *root, Oid index, AttrNumber column, VariableStatData *vardata)
{
	VariableStatData source;
	RangeTblEntry *rte = vardata->rel ? planner_rt_fetch(vardata->rel->relid, root) : NULL;
	Form_pg_statistic stats;
	double count;

	if (rte == NULL || rte->rtekind != RTE_RELATION || rte->relid != index ||
		!is_time_bin(vardata->var))
		return next_index_stats ? next_index_stats(root, index, column, vardata) : false;
	if (!bin_count(root, (FuncExpr *) vardata->var, vardata->rel, &source, &count))
		return false;
	vardata->statsTuple = heap_copytuple(source.statsTuple);
	vardata->freefunc = free_stats;
	vardata->acl_ok = source.acl_ok;
	ReleaseVariableStats(source);
	stats = (Form_pg_statistic) GETSTRUCT(vardata->statsTuple);
	stats->stadistinct = count;
	/* The histogram holds for the bins as well; the most common instants say nothing about them. */
	for (int slot = 0; slot < STATISTIC_NUM_SLOTS; slot++)
		if ((&stats->stakind1)[slot] != STATISTIC_KIND_HISTOGRAM)
			(&stats->stakind1)[slot] = 0;
	return true;
}

/* A value of a date or timestamp type in microseconds; false for an infinite one. */
static bool
value_us(Oid type, Datum value, double *us)
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

/* Widens [low, high] to the values that a column's statistics name. */
static void
stats_range(VariableStatData *column, double *low, double *high)
{
	static const int kinds[] = {STATISTIC_KIND_HISTOGRAM, STATISTIC_KIND_MCV};

	for (int i = 0; i < lengthof(kinds); i++)
	{
		AttStatsSlot slot;

		if (!get_attstatsslot(&slot, column->statsTuple, kinds[i], InvalidOid, ATTSTATSSLOT_VALUES))
			continue;
		for (int v = 0; v < slot.nvalues; v++)
		{
			double us;

			if (!value_us(slot.valuetype, slot.values[v], &us))
				continue;
			*low = Min(*low, us);
			*high = Max(*high, us);
		}
		free_attstatsslot(&slot);
	}
}

/* Narrows [low, high] to what the query's own conditions on the column leave. */
static void
conditions_range(PlannerInfo *root, RelOptInfo *rel, Var *column, double *low, double *high)
{
	Oid family = lookup_type_cache(column->vartype, TYPECACHE_BTREE_OPFAMILY)->btree_opf;
	ListCell *lc;

	foreach (lc, rel->baserestrictinfo)
	{
		OpExpr *op = (OpExpr *) lfirst_node(RestrictInfo, lc)->clause;
		Node *value;
		double us;
		int strategy;

		if (!IsA(op, OpExpr) || list_length(op->args) != 2 || !equal(linitial(op->args), column))
			continue;
		strategy = get_op_opfamily_strategy(op->opno, family);
		value = an_estimate_value(root, lsecond(op->args));
		if (strategy == 0 || !IsA(value, Const) || ((Const *) value)->constisnull ||
			!value_us(((Const *) value)->consttype, ((Const *) value)->constvalue, &us))
			continue;
		if (strategy >= BTEqualStrategyNumber)
			*low = Max(*low, us);
		if (strategy <= BTEqualStrategyNumber)
			*high = Min(*high, us);
	}
}

/*
 * Estimates how many bins a column falls into.  Returns false, with nothing to
 * release, where there are no statistics or the width is not known.
 */
static bool
bin_count(PlannerInfo *root, FuncExpr *bin, RelOptInfo *rel, VariableStatData *column,
		  double *count)
{
	Var *var = binned_column(bin, rel->relid);
	Node *width = an_estimate_value(root, linitial(bin->args));
	double low = get_float8_infinity(), high = -get_float8_infinity();
	double width_us;
	bool is_default;

	if (var == NULL || !IsA(width, Const) || ((Const *) width)->constisnull)
		return false;
	width_us = an_width_us(DatumGetIntervalP(((Const *) width)->constvalue));
	examine_variable(root, (Node *) var, 0, column);
	if (width_us > 0 && HeapTupleIsValid(column->statsTuple))
	{
		stats_range(column, &low, &high);
		if (low <= high)
			conditions_range(root, rel, var, &low, &high);
		*count = low <= high ? floor((high - low) / width_us) + 1 : 1;
		*count = Min(*count, get_variable_numdistinct(column, &is_default));
		return true;
	}
	ReleaseVariableStats(*column);
	return false;
}

Node *
an_estimate_value(PlannerInfo *root, Node *node)
{
	return root ? estimate_expression_value(root, node) : node;
}

double
an_width_us(const Interval *width)
{
	double days = width->month * (DAYS_PER_YEAR / MONTHS_PER_YEAR) + width->day;

	if (an_compat_interval_infinite(width))
		return 0;
	return days * USECS_PER_DAY + width->time;
}
