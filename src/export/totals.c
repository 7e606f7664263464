/*
 * totals.c - the row of totals under a table
 *
 * Integers and numerics are summed as numeric, so no digit is lost; floats by an
 * exact sum, which does not depend on the order of rows.  NaN and infinities
 * count as PostgreSQL's aggregates have them.
 */
#include "export/writer.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/typcache.h"

#include "base/memory.h"
#include "kernel/exact_total.h"

/* What has been seen of a column. */
typedef struct Sum
{
	const AnColumn *column; /* of the sheet */
	AnTotalKind kind;		/* what is wanted */
	int64 count;			/* values that are not NULL */
	int64 small;			/* integers since the last carry */
	Datum large;			/* numeric: all before; 0 for none yet */
	AnExactTotal exact;		/* floats */
	Datum extreme;			/* least or greatest; undefined before the first */
	FmgrInfo compare;		/* the type's btree comparison */
	Oid collation;			/* it compares by */
	int16 length;			/* of the type */
	bool by_value;			/* likewise */
} Sum;

struct AnTotals
{
	const AnLayout *layout; /* the sheet */
	Sum *sums;				/* one for each column */
	MemoryContext context;	/* where sums live */
	AnMemory memory;		/* the same for kernels */
};

static void add(AnTotals *totals, Sum *sum, Datum value);
static void carry(AnTotals *totals, Sum *sum);
static void add_numeric(AnTotals *totals, Sum *sum, Datum value);
static void keep_extreme(AnTotals *totals, Sum *sum, Datum value);
static Datum keep(const AnTotals *totals, Datum value, bool by_value, int16 length);
static void finish(AnTotals *totals, Sum *sum, AnLoneValue *total);
static Datum float_total(Sum *sum);
static Datum numeric_total(AnTotals *totals, Sum *sum);
static void finish_formulas(const AnLayout *layout, AnLoneValue *values);

AnTotals *
an_totals_new(const AnLayout *layout)
{
	AnTotals *totals = palloc0(sizeof(AnTotals));

	totals->layout = layout;
	totals->context = CurrentMemoryContext;
	totals->memory = an_memory(CurrentMemoryContext);
	totals->sums = palloc0(Max(layout->n_columns, 1) * sizeof(Sum));
	for (int i = 0; i < layout->n_columns; i++)
	{
		Sum *sum = &totals->sums[i];

		sum->column = &layout->columns[i];
		sum->kind = sum->column->spec ? sum->column->spec->total : AN_TOTAL_NONE;
		get_typlenbyval(sum->column->base_type, &sum->length, &sum->by_value);
		an_exact_total_init(&sum->exact);
		if (sum->kind == AN_TOTAL_MIN || sum->kind == AN_TOTAL_MAX)
			fmgr_info_copy(&sum->compare,
						   &lookup_type_cache(sum->column->base_type, TYPECACHE_CMP_PROC_FINFO)
								->cmp_proc_finfo,
						   CurrentMemoryContext);
	}
	return totals;
}

/* Adds a row.  The caller's context gets what PostgreSQL's functions leave behind, and is to be reset. */
void
an_totals_put(AnTotals *totals, const Datum *values, const bool *nulls)
{
	for (int i = 0; i < totals->layout->n_columns; i++)
		if (totals->sums[i].kind > AN_TOTAL_LABEL && !nulls[i])
			add(totals, &totals->sums[i], values[i]);
}

static void
add(AnTotals *totals, Sum *sum, Datum value)
{
	double number;
	int64 larger;

	sum->count++;
	if (sum->kind == AN_TOTAL_MIN || sum->kind == AN_TOTAL_MAX)
		keep_extreme(totals, sum, value);
	if (sum->kind != AN_TOTAL_SUM && sum->kind != AN_TOTAL_AVG)
		return;
	switch (sum->column->base_type)
	{
		case INT2OID:
			value = Int64GetDatum(DatumGetInt16(value));
			break;
		case INT4OID:
			value = Int64GetDatum(DatumGetInt32(value));
			break;
		case INT8OID:
			break;
		case NUMERICOID:
			add_numeric(totals, sum, value);
			return;
		default:
			/* What the cells show is summed: of float4 the shortest decimal. */
			number = an_float_number(sum->column, value);
			an_check(an_exact_total_add(&sum->exact, number, &totals->memory), "total");
			return;
	}
	if (pg_add_s64_overflow(sum->small, DatumGetInt64(value), &larger))
	{
		carry(totals, sum);
		larger = DatumGetInt64(value);
	}
	sum->small = larger;
}

/* Adds the integers so far to the numeric. */
static void
carry(AnTotals *totals, Sum *sum)
{
	add_numeric(totals, sum, NumericGetDatum(int64_to_numeric(sum->small)));
	sum->small = 0;
}

/* What is unpacked on the way belongs to the row. */
static void
add_numeric(AnTotals *totals, Sum *sum, Datum value)
{
	Datum before = sum->large;

	if (before != (Datum) 0)
		value = DirectFunctionCall2(numeric_add, before, value);
	sum->large = keep(totals, value, false, -1);
	if (before != (Datum) 0)
		pfree(DatumGetPointer(before));
}

static void
keep_extreme(AnTotals *totals, Sum *sum, Datum value)
{
	int order;

	if (sum->count > 1)
	{
		order = DatumGetInt32(FunctionCall2(&sum->compare, value, sum->extreme));
		if (sum->kind == AN_TOTAL_MIN ? order >= 0 : order <= 0)
			return;
		if (!sum->by_value)
			pfree(DatumGetPointer(sum->extreme));
	}
	sum->extreme = keep(totals, value, sum->by_value, sum->length);
}

static Datum
keep(const AnTotals *totals, Datum value, bool by_value, int16 length)
{
	MemoryContext caller = MemoryContextSwitchTo(totals->context);

	value = datumCopy(value, by_value, length);
	MemoryContextSwitchTo(caller);
	return value;
}

/* Returns the totals, one for each column; NULL where a column has none. */
AnLoneValue *
an_totals_get(AnTotals *totals)
{
	const AnLayout *layout = totals->layout;
	AnLoneValue *values = palloc0(Max(layout->n_columns, 1) * sizeof(AnLoneValue));

	for (int i = 0; i < layout->n_columns; i++)
		finish(totals, &totals->sums[i], &values[i]);
	finish_formulas(layout, values);
	return values;
}

static void
finish(AnTotals *totals, Sum *sum, AnLoneValue *total)
{
	const AnLayout *layout = totals->layout;
	const AnColumn *column = sum->column;
	Oid type = column->type;
	bool is_float = column->base_type == FLOAT4OID || column->base_type == FLOAT8OID;

	total->isnull = sum->count == 0;
	switch (sum->kind)
	{
		case AN_TOTAL_LABEL:
			type = TEXTOID;
			total->isnull = false;
			total->value =
				CStringGetTextDatum(an_server_word(layout->document->locale, AN_WORD_TOTAL));
			break;
		case AN_TOTAL_COUNT:
			type = INT8OID;
			total->isnull = false;
			total->value = Int64GetDatum(sum->count);
			break;
		case AN_TOTAL_MIN:
		case AN_TOTAL_MAX:
			total->value = sum->extreme;
			break;
		case AN_TOTAL_SUM:
		case AN_TOTAL_AVG:
			type = is_float ? FLOAT8OID : NUMERICOID;
			if (!total->isnull)
				total->value = is_float ? float_total(sum) : numeric_total(totals, sum);
			break;
		default:
			total->isnull = true;
			break;
	}
	an_column_init(&total->column, type, -1, "", layout->document);
	total->column.name = column->name;
	if (sum->kind == AN_TOTAL_COUNT)
		total->column.format = "#,##0";
	else if (sum->kind != AN_TOTAL_LABEL)
		total->column.format = column->format;
}

static Datum
float_total(Sum *sum)
{
	double total;

	if (sum->kind == AN_TOTAL_SUM)
		an_check(an_exact_total_sum(&sum->exact, &total), "total");
	else
		an_check(an_exact_total_mean(&sum->exact, &total), "average");
	return Float8GetDatum(total);
}

static Datum
numeric_total(AnTotals *totals, Sum *sum)
{
	carry(totals, sum);
	if (sum->kind == AN_TOTAL_SUM)
		return sum->large;
	return DirectFunctionCall2(numeric_div, sum->large,
							   NumericGetDatum(int64_to_numeric(sum->count)));
}

/* A ratio's total is the ratio of totals; formulas name only columns before them. */
static void
finish_formulas(const AnLayout *layout, AnLoneValue *values)
{
	AnColumn *columns = palloc(Max(layout->n_columns, 1) * sizeof(AnColumn));
	Datum *data = palloc(Max(layout->n_columns, 1) * sizeof(Datum));
	bool *nulls = palloc(Max(layout->n_columns, 1) * sizeof(bool));
	double number;

	for (int i = 0; i < layout->n_columns; i++)
	{
		if (layout->columns[i].formula && layout->columns[i].spec->total == AN_TOTAL_FORMULA)
		{
			values[i].isnull =
				!an_formula_value(&layout->columns[i], columns, data, nulls, &number);
			values[i].value = Float8GetDatum(number);
		}
		columns[i] = values[i].column;
		data[i] = values[i].value;
		nulls[i] = values[i].isnull;
	}
}
