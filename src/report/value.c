/*
 * value.c - values of parameters: out of JSON, by default, checked
 *
 * A value is what the type's input function makes of a JSON scalar, so it can never
 * be more than a value.  Defaults and checks are SQL that the report's owner wrote;
 * they run read only and name parameters as queries do.
 */
#include "report/report_private.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "parser/parse_coerce.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/plancache.h"
#include "utils/typcache.h"

static char *array_literal(const AnJson *json, Oid element);
static void quote_element(StringInfo to, const char *text);
static char *scalar_text(const AnJson *json, const char *type);
static void set_value(AnParameters *parameters, AnParameter *parameter, Datum value, bool isnull);
static void set_from_json(AnParameters *parameters, AnParameter *parameter, const AnJson *json);
static void set_from_sql(AnParameters *parameters, AnParameter *parameter);
static SPIPlanPtr prepare(AnParameters *parameters, const char *sql, Oid *type);
static char *as_type(const char *sql, const AnParameter *parameter, Oid from);
static void resolve_named(AnParameters *parameters);
static void execute(AnParameters *parameters, SPIPlanPtr plan, Datum *value, bool *isnull);
static void check_allowed(const AnParameters *parameters, const AnParameter *parameter);
static bool is_allowed(const AnParameter *parameter, Datum value, Oid type);
static void check_condition(AnParameters *parameters, const AnParameter *parameter);
static SPIPlanPtr prepare_check(AnParameters *parameters, const AnParameter *parameter);
static const char *shown_value(const AnParameter *parameter);

/* ------------------------------------------------------------------------
 * Out of JSON
 * ------------------------------------------------------------------------ */

Datum
an_json_to_value(const AnJson *json, Oid type, int32 typmod)
{
	Oid base = getBaseType(type);
	Oid input, io_param;
	char *text;

	if (base == JSONBOID && base == type)
		return JsonbPGetDatum(JsonbValueToJsonb(unconstify(JsonbValue *, &json->value)));
	if (base == JSONOID || base == JSONBOID)
	{
		Jsonb *jsonb = JsonbValueToJsonb(unconstify(JsonbValue *, &json->value));

		text = JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
	}
	else if (json->value.type == jbvBinary && OidIsValid(get_element_type(base)))
		text = array_literal(json, get_element_type(base));
	else
		text = scalar_text(json, format_type_be(type));
	getTypeInputInfo(type, &input, &io_param);
	return OidInputFunctionCall(input, text, io_param, typmod);
}

/* Writes a JSON array as the literal of an SQL array. */
static char *
array_literal(const AnJson *json, Oid element)
{
	StringInfoData literal;
	ListCell *lc;
	int16 length;
	bool by_value;
	char align, delimiter;
	Oid io_param, input;

	check_stack_depth();
	get_type_io_data(element, IOFunc_input, &length, &by_value, &align, &delimiter, &io_param,
					 &input);
	initStringInfo(&literal);
	appendStringInfoChar(&literal, '{');
	foreach (lc, an_json_elements(json))
	{
		const AnJson *item = lfirst(lc);

		if (foreach_current_index(lc) > 0)
			appendStringInfoChar(&literal, delimiter);
		if (item->value.type == jbvNull)
			appendStringInfoString(&literal, "NULL");
		else if (item->value.type == jbvBinary)
			appendStringInfoString(&literal, array_literal(item, element));
		else
			quote_element(&literal, scalar_text(item, format_type_be(element)));
	}
	appendStringInfoChar(&literal, '}');
	return literal.data;
}

static void
quote_element(StringInfo to, const char *text)
{
	appendStringInfoChar(to, '"');
	for (const char *p = text; *p; p++)
	{
		if (*p == '"' || *p == '\\')
			appendStringInfoChar(to, '\\');
		appendStringInfoChar(to, *p);
	}
	appendStringInfoChar(to, '"');
}

/* Returns what the input function of a type is given. */
static char *
scalar_text(const AnJson *json, const char *type)
{
	switch (json->value.type)
	{
		case jbvString:
			return an_json_string(json);
		case jbvNumeric:
			return DatumGetCString(
				DirectFunctionCall1(numeric_out, NumericGetDatum(json->value.val.numeric)));
		case jbvBool:
			return pstrdup(json->value.val.boolean ? "true" : "false");
		default:
			break;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s is not a value of type %s", json->path, type),
			 errhint("Write a string, a number, true or false, and an array for an array.")));
}

/* ------------------------------------------------------------------------
 * Values
 * ------------------------------------------------------------------------ */

void
an_parameter_resolve(AnParameters *parameters, AnParameter *parameter)
{
	AnReportPlace place;

	if (parameter->state == AN_PARAMETER_DONE)
		return;
	check_stack_depth();
	if (parameter->state == AN_PARAMETER_BUSY)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the default of parameter \"%s\" stands on itself", parameter->name),
			 errhint("Give one of the parameters that name each other a default without them.")));
	parameter->state = AN_PARAMETER_BUSY;
	an_report_enter(&place, parameters->report, psprintf("parameter \"%s\"", parameter->name));
	if (parameter->given)
		set_from_json(parameters, parameter, parameter->given);
	else if (parameter->default_json)
		set_from_json(parameters, parameter, parameter->default_json);
	else if (parameter->default_sql)
		set_from_sql(parameters, parameter);
	else
		set_value(parameters, parameter, (Datum) 0, true);
	if (parameter->isnull && parameter->required)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("parameter \"%s\" must be given", parameter->name),
						errdetail("It has type %s.", format_type_be(parameter->type)),
						parameter->description ? errhint("%s", parameter->description) : 0));
	check_allowed(parameters, parameter);
	an_report_leave(&place);
}

static void
set_value(AnParameters *parameters, AnParameter *parameter, Datum value, bool isnull)
{
	MemoryContext old = MemoryContextSwitchTo(parameters->context);
	int16 length;
	bool by_value;

	get_typlenbyval(parameter->type, &length, &by_value);
	parameter->value = isnull ? (Datum) 0 : datumCopy(value, by_value, length);
	parameter->isnull = isnull;
	parameter->state = AN_PARAMETER_DONE;
	MemoryContextSwitchTo(old);
}

static void
set_from_json(AnParameters *parameters, AnParameter *parameter, const AnJson *json)
{
	bool isnull = json->value.type == jbvNull;

	set_value(parameters, parameter,
			  isnull ? (Datum) 0 : an_json_to_value(json, parameter->type, parameter->typmod),
			  isnull);
}

/* Evaluates the default; values that it stands on come first. */
static void
set_from_sql(AnParameters *parameters, AnParameter *parameter)
{
	SPIPlanPtr plan;
	Datum value;
	bool isnull;
	Oid type;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	an_parameters_watch(parameters, NULL);
	plan = prepare(parameters, parameter->default_sql, &type);
	resolve_named(parameters);
	if (type != parameter->type || parameter->typmod >= 0)
		plan = prepare(parameters, as_type(parameter->default_sql, parameter, type), &type);
	execute(parameters, plan, &value, &isnull);
	set_value(parameters, parameter, value, isnull);
	SPI_finish();
}

/* Prepares an SQL expression for the open connection, and sets its type. */
static SPIPlanPtr
prepare(AnParameters *parameters, const char *sql, Oid *type)
{
	SPIPrepareOptions options = {
		.parserSetup = an_parameters_setup,
		.parserSetupArg = parameters,
		.parseMode = RAW_PARSE_PLPGSQL_EXPR,
	};
	SPIPlanPtr plan = SPI_prepare_extended(sql, &options);
	const CachedPlanSource *source;

	if (plan == NULL)
		elog(ERROR, "SPI_prepare_extended failed: %s", SPI_result_code_string(SPI_result));
	source = linitial(SPI_plan_get_plan_sources(plan));
	if (source->resultDesc == NULL || source->resultDesc->natts != 1)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("\"%s\" is not one expression", an_shown(sql)),
						errhint("Write one scalar SQL expression.")));
	*type = TupleDescAttr(source->resultDesc, 0)->atttypid;
	return plan;
}

/* Returns SQL that makes a parameter's type of an expression of another, as an assignment would. */
static char *
as_type(const char *sql, const AnParameter *parameter, Oid from)
{
	Oid to = parameter->type;

	/* What is written in quotes is text by now. */
	if (from != TEXTOID && !can_coerce_type(1, &from, &to, COERCION_ASSIGNMENT))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("default of parameter \"%s\" is of type %s, not %s", parameter->name,
							   format_type_be(from), format_type_be(to)),
						errhint("Cast it to the parameter's type.")));
	/* It was an expression by itself, so its parentheses are even; the line ends a comment. */
	return psprintf("CAST((SELECT %s\n) AS %s)", sql,
					format_type_extended(to, parameter->typmod,
										 FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
}

/* Makes the values known that the SQL just prepared names. */
static void
resolve_named(AnParameters *parameters)
{
	bool *named = palloc(parameters->n * sizeof(bool));

	for (int i = 0; i < parameters->n; i++)
		named[i] = parameters->items[i].named;
	for (int i = 0; i < parameters->n; i++)
		if (named[i])
			an_parameter_resolve(parameters, &parameters->items[i]);
}

static void
execute(AnParameters *parameters, SPIPlanPtr plan, Datum *value, bool *isnull)
{
	SPIExecuteOptions options = {
		.params = an_parameters_list(parameters),
		.read_only = true,
		.must_return_tuples = true,
		.tcount = 2,
	};
	int rc = SPI_execute_plan_extended(plan, &options);

	if (rc < 0)
		elog(ERROR, "SPI_execute_plan_extended failed: %s", SPI_result_code_string(rc));
	if (SPI_processed != 1)
		ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
						errmsg("an expression must give one row, not %s",
							   SPI_processed == 0 ? "none" : "several")));
	*value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, isnull);
}

/* ------------------------------------------------------------------------
 * Checks
 * ------------------------------------------------------------------------ */

/* Checks a value, or each element of an array, against the values that are allowed. */
static void
check_allowed(const AnParameters *parameters, const AnParameter *parameter)
{
	Oid element = get_element_type(parameter->type);
	bool ok = true;

	if (parameter->values_json == NULL || parameter->isnull)
		return;
	if (OidIsValid(element))
	{
		ArrayIterator iterator =
			array_create_iterator(DatumGetArrayTypeP(parameter->value), 0, NULL);
		Datum item;
		bool isnull;

		while (ok && array_iterate(iterator, &item, &isnull))
			ok = !isnull && is_allowed(parameter, item, element);
	}
	else
		ok = is_allowed(parameter, parameter->value, parameter->type);
	if (!ok)
	{
		Jsonb *values = JsonbValueToJsonb(&parameter->values_json->value);

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameter \"%s\" cannot be %s", parameter->name, shown_value(parameter)),
				 errhint("Values are %s.",
						 an_shown(JsonbToCString(NULL, &values->root, VARSIZE(values))))));
	}
}

static bool
is_allowed(const AnParameter *parameter, Datum value, Oid type)
{
	TypeCacheEntry *cache = lookup_type_cache(type, TYPECACHE_EQ_OPR_FINFO);
	int32 typmod = parameter->typmod;
	ListCell *lc;

	if (!OidIsValid(cache->eq_opr_finfo.fn_oid))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("values of type %s cannot be compared", format_type_be(type)),
						errhint("Leave \"values\" out, or write a check.")));
	foreach (lc, an_json_elements(parameter->values_json))
	{
		Datum allowed = an_json_to_value(lfirst(lc), type, typmod);

		if (DatumGetBool(
				FunctionCall2Coll(&cache->eq_opr_finfo, get_typcollation(type), value, allowed)))
			return true;
	}
	return false;
}

void
an_parameters_check(AnParameters *parameters)
{
	for (int i = 0; i < parameters->n; i++)
		if (parameters->items[i].check)
			check_condition(parameters, &parameters->items[i]);
}

/* As in a table, a condition that is neither true nor false does not refuse. */
static void
check_condition(AnParameters *parameters, const AnParameter *parameter)
{
	AnReportPlace place;
	Datum value;
	bool isnull;

	an_report_enter(&place, parameters->report, psprintf("%s.check", parameter->path));
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	execute(parameters, prepare_check(parameters, parameter), &value, &isnull);
	if (!isnull && !DatumGetBool(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameter \"%s\" cannot be %s", parameter->name, shown_value(parameter)),
				 parameter->message
					 ? errdetail("%s", parameter->message)
					 : errdetail("It must hold that %s.", an_shown(parameter->check))));
	SPI_finish();
	an_report_leave(&place);
}

/* Prepares the check of a parameter; what it calls may have changed its type since the definition. */
static SPIPlanPtr
prepare_check(AnParameters *parameters, const AnParameter *parameter)
{
	Oid type;
	SPIPlanPtr plan = prepare(parameters, parameter->check, &type);

	if (type != BOOLOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("check of parameter \"%s\" is of type %s, not boolean",
							   parameter->name, format_type_be(type)),
						errhint("Write a condition, such as finish > start.")));
	return plan;
}

/* Looks at the declaration of each parameter: its values, and the types of what is SQL. */
void
an_parameters_define(AnParameters *parameters)
{
	for (int i = 0; i < parameters->n; i++)
	{
		AnParameter *parameter = &parameters->items[i];
		AnReportPlace place;
		Oid type;

		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "could not connect to SPI");
		an_report_enter(&place, parameters->report, psprintf("%s.default", parameter->path));
		if (parameter->default_json)
			(void) an_json_to_value(parameter->default_json, parameter->type, parameter->typmod);
		if (parameter->default_sql)
		{
			(void) prepare(parameters, parameter->default_sql, &type);
			if (type != parameter->type)
				(void) prepare(parameters, as_type(parameter->default_sql, parameter, type), &type);
		}
		place.path = psprintf("%s.values", parameter->path);
		if (parameter->values_json)
		{
			Oid element = get_element_type(parameter->type);
			Oid of = OidIsValid(element) ? element : parameter->type;
			ListCell *lc;

			foreach (lc, an_json_elements(parameter->values_json))
				(void) an_json_to_value(lfirst(lc), of, parameter->typmod);
		}
		place.path = psprintf("%s.check", parameter->path);
		if (parameter->check)
			(void) prepare_check(parameters, parameter);
		an_report_leave(&place);
		SPI_finish();
	}
}

char *
an_parameter_text(const AnParameter *parameter)
{
	Oid output;
	bool is_varlena;

	if (parameter->isnull)
		return NULL;
	getTypeOutputInfo(parameter->type, &output, &is_varlena);
	return OidOutputFunctionCall(output, parameter->value);
}

static const char *
shown_value(const AnParameter *parameter)
{
	const char *text = an_parameter_text(parameter);

	return text ? psprintf("\"%s\"", an_shown(text)) : "NULL";
}
