/*
 * estimate.c - how many bins a column falls into, told to the planner
 *
 * Without statistics about an expression the planner takes the number of distinct
 * values of its columns for the number of groups: one group per row.  It looks
 * for statistics of an expression at the expression indexes of the table; so an
 * imaginary index over the query's own time_bin calls joins the table's list,
 * with a predicate that nothing true implies and no kind of scan, so that no path is ever made of it.
 * Asked for its statistics (get_index_stats_hook), we answer with those of the
 * column, and the number of bins between the column's bounds.  All that rests on
 * the estimate is then right: serial and parallel grouping, DISTINCT, joins.
 */
#include "base/base.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/date.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/typcache.h"

#include "calendar/bin.h"
#include "calendar/plan.h"

/* What the walk over a query's expressions collects. */
typedef struct BinScan
{
	Index relid; /* range table index of the table */
	List *bins;	 /* time_bin calls over a column of it, each once */
} BinScan;

static get_index_stats_hook_type next_index_stats = NULL;

static bool collect_bins(Node *node, BinScan *scan);
static void add_imaginary_index(BinScan *scan, Oid relation, RelOptInfo *rel);
static bool index_stats(PlannerInfo *root, Oid index, AttrNumber column, VariableStatData *vardata);
static bool bin_count(PlannerInfo *root, FuncExpr *bin, RelOptInfo *rel, VariableStatData *column,
					  double *count);

void
an_estimate_init(void)
{
	next_index_stats = get_index_stats_hook;
	get_index_stats_hook = index_stats;
}

void
an_estimate_add(PlannerInfo *root, Oid relation, RelOptInfo *rel)
{
	BinScan scan = {rel->relid, NIL};

	collect_bins((Node *) root->parse->targetList, &scan);
	collect_bins((Node *) root->parse->jointree, &scan);
	if (scan.bins != NIL)
		add_imaginary_index(&scan, relation, rel);
}

/* Collects the time_bin calls over a column of the table, as examine_variable will compare them. */
static bool
collect_bins(Node *node, BinScan *scan)
{
	if (node == NULL)
		return false;
	if (an_plan_is_time_bin(node))
	{
		FuncExpr *bin = copyObject((FuncExpr *) node);
		Var *column = an_plan_column(bin, scan->relid);

		if (column && an_plan_fixed_arguments(bin))
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
 * Makes a predicate that is hardly ever implied.  A plain FALSE will not do: the planner
 * adds one of its own to conditions that contradict each other (id = 3 AND id = 4),
 * and finds what is equal to be implied.  No other Const of the type has a modifier.
 * What implies everything is left, such as id = ANY ('{}').
 */
static Node *
make_unprovable(void)
{
	Const *never = (Const *) makeBoolConst(false, false);

	never->consttypmod = 0;
	return (Node *) never;
}

/* Costs of a path over the imaginary index, which is built where everything is implied, and thrown away: it can do no kind of scan. */
static void
imaginary_cost(PlannerInfo *root, IndexPath *path, double loops, Cost *startup, Cost *total,
			   Selectivity *selectivity, double *correlation, double *pages)
{
	*startup = *total = disable_cost;
	*selectivity = 1;
	*correlation = *pages = 0;
}

/*
 * Adds the index that does not exist.  Its OID is the table's, which no index
 * can have; its predicate is hardly ever implied, so it is seldom found usable, and
 * then it can do nothing: neither plain scans nor bitmaps; nothing else about it promises anything.
 */
static void
add_imaginary_index(BinScan *scan, Oid relation, RelOptInfo *rel)
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
	index->indpred = list_make1(make_unprovable());
	index->amcostestimate = imaginary_cost;
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
		!an_plan_is_time_bin(vardata->var))
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

			if (!an_plan_value_us(slot.valuetype, slot.values[v], &us))
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
			!an_plan_value_us(((Const *) value)->consttype, ((Const *) value)->constvalue, &us))
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
	Var *var = an_plan_column(bin, rel->relid);
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
