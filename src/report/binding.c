/*
 * binding.c - names of parameters in SQL: bound to values, never pasted into text
 *
 * A name in a query stands for the column where there is one and else for the
 * parameter, as in a function of language SQL; params.name is always the parameter.
 * A column that stands where the parameter was meant would leave a filter without
 * effect ("WHERE tenant = tenant"), so SQL in which a column hides a parameter that
 * it nowhere names as params.name is refused.
 */
#include "report/report_private.h"

#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "utils/lsyscache.h"

#define QUALIFIER "params"

static Node *before_columns(ParseState *pstate, ColumnRef *ref);
static Node *after_columns(ParseState *pstate, ColumnRef *ref, Node *column);
static void refuse_unknown(ParseState *pstate, ColumnRef *ref);
static Node *refuse_number(ParseState *pstate, ParamRef *ref);
static const char *name_in(const ColumnRef *ref, bool qualified);
static Node *make_param(const AnParameters *parameters, AnParameter *parameter, int location);
static bool is_watched(const AnParameters *parameters, const ParseState *pstate);

void
an_parameters_setup(ParseState *pstate, void *parameters)
{
	pstate->p_pre_columnref_hook = before_columns;
	pstate->p_post_columnref_hook = after_columns;
	pstate->p_paramref_hook = refuse_number;
	pstate->p_ref_hook_state = parameters;
}

/* Resolves params.name, whatever tables are called. */
static Node *
before_columns(ParseState *pstate, ColumnRef *ref)
{
	AnParameters *parameters = pstate->p_ref_hook_state;
	const char *name = name_in(ref, true);
	AnParameter *parameter = name ? an_parameter_find(parameters, name) : NULL;

	return parameter ? make_param(parameters, parameter, ref->location) : NULL;
}

/* Resolves a name that is no column. */
static Node *
after_columns(ParseState *pstate, ColumnRef *ref, Node *column)
{
	AnParameters *parameters = pstate->p_ref_hook_state;
	const char *name = name_in(ref, false);
	AnParameter *parameter = name ? an_parameter_find(parameters, name) : NULL;

	if (column && parameter && is_watched(parameters, pstate))
		parameter->hidden = true;
	if (column)
		return NULL;
	if (parameter)
		return make_param(parameters, parameter, ref->location);
	refuse_unknown(pstate, ref);
	return NULL;
}

/* Raises an error where a reference that is nothing else was meant for a parameter; PostgreSQL raises the others. */
static void
refuse_unknown(ParseState *pstate, ColumnRef *ref)
{
	List *names = an_parameter_names(pstate->p_ref_hook_state);
	const char *bare = name_in(ref, false);
	const char *qualified = name_in(ref, true);
	const char *nearest = an_name_nearest(bare ? bare : qualified ? qualified : "", names);

	if (qualified)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("report has no parameter \"%s\"", an_shown(qualified)),
						nearest ? errhint("Perhaps you meant \"%s.%s\".", QUALIFIER, nearest) : 0,
						parser_errposition(pstate, ref->location)));
	if (bare && nearest)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("there is neither a column nor a parameter \"%s\"", an_shown(bare)),
						errhint("Perhaps you meant the parameter \"%s\".", nearest),
						parser_errposition(pstate, ref->location)));
}

static Node *
refuse_number(ParseState *pstate, ParamRef *ref)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_PARAMETER), errmsg("there is no parameter $%d", ref->number),
			 errhint("Parameters of a report are named: write start, or params.start."),
			 parser_errposition(pstate, ref->location)));
}

/* Returns the name in "name", or in "params.name"; NULL for any other reference. */
static const char *
name_in(const ColumnRef *ref, bool qualified)
{
	ListCell *lc;

	foreach (lc, ref->fields)
		if (!IsA(lfirst(lc), String))
			return NULL;
	if (list_length(ref->fields) != (qualified ? 2 : 1))
		return NULL;
	if (qualified && strcmp(strVal(linitial(ref->fields)), QUALIFIER) != 0)
		return NULL;
	return strVal(llast(ref->fields));
}

static Node *
make_param(const AnParameters *parameters, AnParameter *parameter, int location)
{
	Param *param = makeNode(Param);

	parameter->named = true;
	param->paramkind = PARAM_EXTERN;
	param->paramid = parameter - parameters->items + 1;
	param->paramtype = parameter->type;
	param->paramtypmod = parameter->typmod;
	param->paramcollid = get_typcollation(parameter->type);
	param->location = location;
	return (Node *) param;
}

/* Tells whether it is the SQL being watched that is analysed, and not what the export makes of it. */
static bool
is_watched(const AnParameters *parameters, const ParseState *pstate)
{
	return parameters->sql && pstate->p_sourcetext &&
		   strcmp(parameters->sql, pstate->p_sourcetext) == 0;
}

void
an_parameters_watch(AnParameters *parameters, const char *sql)
{
	parameters->sql = sql;
	for (int i = 0; i < parameters->n; i++)
		parameters->items[i].named = parameters->items[i].hidden = false;
}

void
an_parameters_watched(AnParameters *parameters)
{
	parameters->sql = NULL;
	for (int i = 0; i < parameters->n; i++)
	{
		const AnParameter *parameter = &parameters->items[i];

		if (parameter->declared && parameter->hidden && !parameter->named)
			ereport(ERROR,
					(errcode(ERRCODE_AMBIGUOUS_COLUMN),
					 errmsg("\"%s\" could be a parameter or a column", parameter->name),
					 errdetail("A column of that name hides the parameter wherever it stands."),
					 errhint("Write %s.%s for the parameter, and the column with its table, as in "
							 "t.%s.",
							 QUALIFIER, parameter->name, parameter->name)));
	}
}

ParamListInfo
an_parameters_list(const AnParameters *parameters)
{
	ParamListInfo list = makeParamList(parameters->n);

	for (int i = 0; i < parameters->n; i++)
	{
		const AnParameter *parameter = &parameters->items[i];
		bool known = parameter->state == AN_PARAMETER_DONE;

		list->params[i].value = known ? parameter->value : (Datum) 0;
		list->params[i].isnull = known ? parameter->isnull : true;
		list->params[i].pflags = PARAM_FLAG_CONST;
		list->params[i].ptype = parameter->type;
	}
	return list;
}
