/*
 * layout.c - a sheet's options meet the columns of its query
 */
#include "export/writer.h"

#include "access/tupdesc.h"
#include "catalog/pg_type.h"

#include "kernel/sheet.h"

static void take_columns(AnLayout *layout, TupleDesc tupdesc, int n_plain);
static bool is_listed(const AnLayout *layout, TupleDesc tupdesc, int i);
static void add_listed(AnLayout *layout, TupleDesc tupdesc, AnColumnSpec *spec);
static void add_query_column(AnLayout *layout, Form_pg_attribute attribute, int source,
							 const AnColumnSpec *spec);
static void add_computed(AnLayout *layout, const AnColumnSpec *spec);
static void take_operands(AnLayout *layout, AnColumn *column);
static const AnColumnSpec *find_spec(const AnLayout *layout, const char *name);
static int find_attribute(TupleDesc tupdesc, const char *name);
static void check_column(const AnLayout *layout, const AnColumn *column);
static void check_total(const AnLayout *layout, const AnColumn *column);
static void take_charts(AnLayout *layout);
static void take_chart(AnLayout *layout, AnChartLayout *chart, const AnChartSpec *spec);
static void take_all_numbers(AnLayout *layout, AnChartLayout *chart);
static int find_column(const AnLayout *layout, const char *path, const char *name);
static bool is_quantity(const AnColumn *column);
static bool is_moment(const AnColumn *column);
static void bad_column(const char *path, const char *name, List *names) pg_attribute_noreturn();

AnLayout *
an_layout_new(const AnDocument *document, const AnSheetSpec *spec, int index, TupleDesc tupdesc,
			  int n_plain)
{
	AnLayout *layout = palloc0(sizeof(AnLayout));
	int most = tupdesc->natts + list_length(spec->columns);

	layout->document = document;
	layout->spec = spec;
	layout->index = index;
	layout->columns = palloc0(Max(most, 1) * sizeof(AnColumn));
	take_columns(layout, tupdesc, n_plain);
	if (layout->n_columns > AN_SHEET_MAX_COLUMNS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("result has %d columns, a sheet has at most %d", layout->n_columns,
							   AN_SHEET_MAX_COLUMNS),
						errhint("Select fewer columns.")));
	for (int i = 0; i < layout->n_columns; i++)
		check_column(layout, &layout->columns[i]);
	take_charts(layout);
	return layout;
}

/* An array of columns is what is shown; without one, all columns are, and then what is computed. */
static void
take_columns(AnLayout *layout, TupleDesc tupdesc, int n_plain)
{
	const AnSheetSpec *spec = layout->spec;
	ListCell *lc;

	if (!spec->only_listed)
		for (int i = 0; i < tupdesc->natts; i++)
		{
			Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);
			const AnColumnSpec *column = find_spec(layout, NameStr(attribute->attname));

			if (column == NULL && i >= n_plain)
				column = &spec->pivot.cell;
			add_query_column(layout, attribute, i, column);
		}
	foreach (lc, spec->columns)
	{
		AnColumnSpec *column = lfirst(lc);

		if (column->formula)
			add_computed(layout, column);
		else if (spec->only_listed)
			add_listed(layout, tupdesc, column);
		else
			(void) find_column(layout, column->path, column->name);
	}
	for (int i = n_plain; spec->only_listed && i < tupdesc->natts; i++)
		if (!is_listed(layout, tupdesc, i))
			add_query_column(layout, TupleDescAttr(tupdesc, i), i, &spec->pivot.cell);
}

/* Tells whether a list shows a column already, which one made by a pivot may be too. */
static bool
is_listed(const AnLayout *layout, TupleDesc tupdesc, int i)
{
	const char *name = NameStr(TupleDescAttr(tupdesc, i)->attname);

	return find_spec(layout, name) != NULL && find_attribute(tupdesc, name) == i;
}

static void
add_listed(AnLayout *layout, TupleDesc tupdesc, AnColumnSpec *spec)
{
	int i = find_attribute(tupdesc, spec->name);
	List *names = NIL;

	if (i >= 0)
	{
		add_query_column(layout, TupleDescAttr(tupdesc, i), i, spec);
		return;
	}
	for (i = 0; i < tupdesc->natts; i++)
		names = lappend(names, NameStr(TupleDescAttr(tupdesc, i)->attname));
	bad_column(psprintf("%s.name", spec->path), spec->name, names);
}

static void
add_query_column(AnLayout *layout, Form_pg_attribute attribute, int source,
				 const AnColumnSpec *spec)
{
	AnColumn *column = &layout->columns[layout->n_columns++];

	an_column_init(column, attribute->atttypid, attribute->atttypmod, NameStr(attribute->attname),
				   layout->document);
	column->name = pstrdup(NameStr(attribute->attname));
	column->header = spec && spec->header ? spec->header : column->name;
	column->source = source;
	column->spec = spec;
	an_column_set_format(column, spec ? spec->format : NULL);
}

/* Adds a column that is computed from others; it may name query columns and what was computed before it. */
static void
add_computed(AnLayout *layout, const AnColumnSpec *spec)
{
	AnColumn *column = &layout->columns[layout->n_columns];
	AnFormulaError error;

	an_column_init(column, FLOAT8OID, -1, "", layout->document);
	column->name = spec->name ? spec->name : spec->header ? spec->header : spec->formula;
	column->header = spec->header ? spec->header : column->name;
	column->source = -1;
	column->spec = spec;
	column->format = spec->format ? spec->format : "#,##0.00";
	column->formula = palloc(sizeof(AnFormula));
	if (an_formula_parse(spec->formula, strlen(spec->formula), column->formula, &error) != AN_OK)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s.formula \"%s\" is not a formula: %s at character %d", spec->path,
							   an_shown(spec->formula), error.message, error.position + 1),
						errhint("Write columns and numbers with + - * / and parentheses.")));
	take_operands(layout, column);
	layout->n_columns++;
}

static void
take_operands(AnLayout *layout, AnColumn *column)
{
	int n = an_formula_n_names(column->formula);
	char *path = psprintf("%s.formula", column->spec->path);

	column->operands = palloc(Max(n, 1) * sizeof(int));
	for (int i = 0; i < n; i++)
	{
		int offset, length;
		char *name;

		an_formula_name(column->formula, i, &offset, &length);
		name = pnstrdup(column->spec->formula + offset, length);
		column->operands[i] = find_column(layout, path, name);
		if (!is_quantity(&layout->columns[column->operands[i]]))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("%s computes with column \"%s\", which holds no numbers", path,
								   an_shown(name)),
							errhint("Compute with columns of numbers.")));
	}
}

static const AnColumnSpec *
find_spec(const AnLayout *layout, const char *name)
{
	ListCell *lc;

	foreach (lc, layout->spec->columns)
	{
		const AnColumnSpec *spec = lfirst(lc);

		if (spec->formula == NULL && strcmp(spec->name, name) == 0)
			return spec;
	}
	return NULL;
}

static int
find_attribute(TupleDesc tupdesc, const char *name)
{
	for (int i = 0; i < tupdesc->natts; i++)
		if (strcmp(NameStr(TupleDescAttr(tupdesc, i)->attname), name) == 0)
			return i;
	return -1;
}

/* Raises what was asked for a column that its values cannot have. */
static void
check_column(const AnLayout *layout, const AnColumn *column)
{
	const AnColumnSpec *spec = column->spec;

	if (spec == NULL)
		return;
	if (spec->condition != AN_CONDITION_NONE && !is_quantity(column))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s.conditional colours column \"%s\", which holds no numbers",
							   spec->path, column->name),
						errhint("Colour columns of numbers.")));
	check_total(layout, column);
}

static void
check_total(const AnLayout *layout, const AnColumn *column)
{
	const AnColumnSpec *spec = column->spec;
	bool computes = spec->total == AN_TOTAL_SUM || spec->total == AN_TOTAL_AVG;
	bool compares = spec->total == AN_TOTAL_MIN || spec->total == AN_TOTAL_MAX;

	if ((computes && !is_quantity(column)) ||
		(compares && !is_quantity(column) && !is_moment(column)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s.total is \"%s\" of column \"%s\", which holds no numbers",
							   spec->path, an_total_words[spec->total], column->name),
						errhint("Use count or label.")));
	if (spec->total != AN_TOTAL_FORMULA)
		return;
	if (column->formula == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s.total is \"formula\", and column \"%s\" has none", spec->path,
							   column->name),
						errhint("Use sum, avg, min, max or count.")));
	for (int i = 0; i < an_formula_n_names(column->formula); i++)
	{
		const AnColumn *operand = &layout->columns[column->operands[i]];

		if (operand->spec == NULL || operand->spec->total == AN_TOTAL_NONE ||
			operand->spec->total == AN_TOTAL_LABEL)
			ereport(
				ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s.total is \"formula\", and column \"%s\" of the formula has no total",
						spec->path, operand->name),
				 errhint("Give that column a total, such as sum.")));
	}
}

/* A picture of no particular chart shows what there is. */
static void
take_charts(AnLayout *layout)
{
	const AnSheetSpec *spec = layout->spec;
	ListCell *lc;

	layout->charts = palloc0((list_length(spec->charts) + 1) * sizeof(AnChartLayout));
	foreach (lc, spec->charts)
		take_chart(layout, &layout->charts[layout->n_charts++], lfirst(lc));
	if (layout->document->format->picture && layout->n_charts == 0)
	{
		AnChartSpec *usual = palloc0(sizeof(AnChartSpec));

		usual->path = "chart";
		usual->type = AN_CHART_TYPES;
		usual->title = layout->document->title;
		take_chart(layout, &layout->charts[layout->n_charts++], usual);
	}
}

static void
take_chart(AnLayout *layout, AnChartLayout *chart, const AnChartSpec *spec)
{
	ListCell *lc;

	chart->spec = spec;
	chart->y = palloc(Max(list_length(spec->y), layout->n_columns) * sizeof(int) + 1);
	if (layout->n_columns > 0 && spec->x)
		chart->x = find_column(layout, psprintf("%s.x", spec->path), spec->x);
	foreach (lc, spec->y)
	{
		char *path = psprintf("%s.y", spec->path);
		int y = find_column(layout, path, lfirst(lc));

		if (!is_quantity(&layout->columns[y]))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("%s is column \"%s\", which holds no numbers", path,
								   an_shown(lfirst(lc))),
							errhint("Draw columns of numbers.")));
		chart->y[chart->n_y++] = y;
	}
	if (spec->y == NIL)
		take_all_numbers(layout, chart);
	if (chart->n_y == 0 || chart->n_y > AN_CHART_MAX_SERIES)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s has %d columns of numbers to draw, of 1 to %d", spec->path,
							   chart->n_y, AN_CHART_MAX_SERIES),
						errhint("Name them in y, and the column of categories in x.")));
	chart->type = spec->type != AN_CHART_TYPES			  ? spec->type
				  : is_moment(&layout->columns[chart->x]) ? AN_CHART_LINE
														  : AN_CHART_COLUMN;
	if (chart->type == AN_CHART_SCATTER && !is_quantity(&layout->columns[chart->x]) &&
		!is_moment(&layout->columns[chart->x]))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s.x is column \"%s\", which holds no numbers", spec->path,
							   layout->columns[chart->x].name),
						errhint("A scatter chart needs numbers or times on both axes.")));
}

static void
take_all_numbers(AnLayout *layout, AnChartLayout *chart)
{
	for (int i = 0; i < layout->n_columns; i++)
		if (i != chart->x && is_quantity(&layout->columns[i]))
			chart->y[chart->n_y++] = i;
}

/* Returns the place of a column by its name; raises 22023 at the path if there is none. */
static int
find_column(const AnLayout *layout, const char *path, const char *name)
{
	List *names = NIL;

	for (int i = 0; i < layout->n_columns; i++)
	{
		if (strcmp(layout->columns[i].name, name) == 0)
			return i;
		names = lappend(names, layout->columns[i].name);
	}
	bad_column(path, name, names);
	return -1;
}

static bool
is_quantity(const AnColumn *column)
{
	return column->kind == AN_COLUMN_INTEGER || column->kind == AN_COLUMN_NUMBER;
}

static bool
is_moment(const AnColumn *column)
{
	return column->kind == AN_COLUMN_DATE || column->kind == AN_COLUMN_TIMESTAMP;
}

static void
bad_column(const char *path, const char *name, List *names)
{
	const char *nearest = an_name_nearest(name, names);
	StringInfoData all;
	ListCell *lc;

	initStringInfo(&all);
	foreach (lc, names)
	{
		appendStringInfo(&all, "%s%s", all.len > 0 ? ", " : "", an_shown(lfirst(lc)));
		if (all.len > 500)
			break;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s names column \"%s\", which the sheet does not have", path, an_shown(name)),
			 nearest	   ? errhint("Did you mean \"%s\"?", nearest)
			 : all.len > 0 ? errhint("Columns are %s.", all.data)
						   : errhint("Show the column before the one that is computed from it.")));
}
