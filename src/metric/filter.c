/*
 * filter.c - filters of a reader: a jsonb object over declared dimensions
 *
 *     {"provider": "twilio"}                     equality
 *     {"provider": ["twilio", "sinch"]}          any of; null in the list also matches NULL
 *     {"provider": null}                         IS NULL
 *     {"amount": {"gte": 10, "lt": 20}}          range: gt, gte, lt, lte
 *
 * A key is looked up among dimensions, so it never becomes SQL; a
 * value goes through the input function of the dimension's type into a parameter.
 */
#include "metric/metric.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

/* Names of the bounds in a range object. */
static const struct
{
	const char *name; /* key in the object */
	int strategy;	  /* comparison that it asks for */
} bounds[] = {
	{"gt", BTGreaterStrategyNumber},
	{"gte", BTGreaterEqualStrategyNumber},
	{"lt", BTLessStrategyNumber},
	{"lte", BTLessEqualStrategyNumber},
};

static void
append_filter(AnQuery *query, const AnExpression *dimension, const char *key, JsonbValue *value);
static void append_any_of(AnQuery *query, const AnExpression *dimension, const char *key,
						  JsonbContainer *array);
static void append_range(AnQuery *query, const AnExpression *dimension, const char *key,
						 JsonbContainer *object);
static void add_context(void *arg);
static char *scalar_text(const char *key, const JsonbValue *value, Oid type);
static char *key_text(const JsonbValue *key);

void
an_filters(AnQuery *query, AnFilterKey find, const void *arg, Jsonb *filters)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;
	char *key = "";

	if (filters == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(filters))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("filters must be a JSON object"),
				 errhint("Write '{\"dimension\": \"value\"}'.")));
	iterator = JsonbIteratorInit(&filters->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = key_text(&value);
		else if (token == WJB_VALUE)
			append_filter(query, find(arg, key), key, &value);
	}
}

const AnExpression *
an_metric_dimension(const AnMetric *metric, const char *name)
{
	List *names = NIL;
	const char *nearest;

	for (int i = 0; i < metric->n_dimensions; i++)
	{
		if (strcmp(metric->dimensions[i].name, name) == 0)
			return &metric->dimensions[i].expression;
		names = lappend(names, metric->dimensions[i].name);
	}
	if (metric->source->roles[AN_ROLE_EVENT].text)
	{
		if (strcmp(name, "event") == 0)
			return &metric->source->roles[AN_ROLE_EVENT];
		names = lappend(names, "event");
	}
	nearest = an_name_nearest(name, names);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a dimension of metric \"%s\"", an_shown(name), metric->name),
			 nearest ? errhint("Perhaps you meant the dimension \"%s\".", nearest)
					 : errhint("Declare it in define_metric(..., dimensions => ...).")));
}

static void
append_filter(AnQuery *query, const AnExpression *dimension, const char *key, JsonbValue *value)
{
	ErrorContextCallback callback = {
		.previous = error_context_stack, .callback = add_context, .arg = unconstify(char *, key)};

	error_context_stack = &callback;
	appendStringInfoString(&query->sql, " AND ");
	if (value->type == jbvNull)
		appendStringInfo(&query->sql, "(%s) IS NULL", dimension->text);
	else if (value->type != jbvBinary)
		an_compare(query, dimension, BTEqualStrategyNumber,
				   scalar_text(key, value, dimension->type));
	else if (JsonContainerIsArray(value->val.binary.data))
		append_any_of(query, dimension, key, value->val.binary.data);
	else
		append_range(query, dimension, key, value->val.binary.data);
	error_context_stack = callback.previous;
}

/* Says in an error of a value's input function which filter it came from. */
static void
add_context(void *arg)
{
	errcontext("filter on \"%s\"", (char *) arg);
}

static void
append_any_of(AnQuery *query, const AnExpression *dimension, const char *key, JsonbContainer *array)
{
	JsonbIterator *iterator = JsonbIteratorInit(array);
	JsonbIteratorToken token;
	JsonbValue value;
	List *values = NIL;
	bool or_null = false;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		if (value.type == jbvNull)
			or_null = true;
		else
			values = lappend(values, scalar_text(key, &value, dimension->type));
	}
	appendStringInfoChar(&query->sql, '(');
	an_any_of(query, dimension, values);
	if (or_null)
		appendStringInfo(&query->sql, " OR (%s) IS NULL", dimension->text);
	appendStringInfoChar(&query->sql, ')');
}

static void
append_range(AnQuery *query, const AnExpression *dimension, const char *key, JsonbContainer *object)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue value;
	char *bound = "";
	const char *and = "";

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		int i = 0;

		if (token == WJB_KEY)
			bound = key_text(&value);
		if (token != WJB_VALUE)
			continue;
		while (i < lengthof(bounds) && strcmp(bounds[i].name, bound) != 0)
			i++;
		if (i == lengthof(bounds))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("filter on \"%s\" has an unknown bound \"%s\"", key, bound),
							errhint("A range is made of \"gt\", \"gte\", \"lt\" and \"lte\".")));
		appendStringInfoString(&query->sql, and);
		if (value.type == jbvNull)
			appendStringInfoString(&query->sql, "false");
		else
			an_compare(query, dimension, bounds[i].strategy,
					   scalar_text(key, &value, dimension->type));
		and = " AND ";
	}
	if (*and == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("filter on \"%s\" is empty", key),
				 errhint("A range is made of \"gt\", \"gte\", \"lt\" and \"lte\".")));
}

/* Returns a scalar in the input form of the dimension's type. */
static char *
scalar_text(const char *key, const JsonbValue *value, Oid type)
{
	switch (value->type)
	{
		case jbvString:
			/* A string among jsonb values is one there too, so that what a breakdown shows can be filtered on. */
			if (type == JSONBOID)
				return JsonbToCString(NULL,
									  &JsonbValueToJsonb(unconstify(JsonbValue *, value))->root,
									  value->val.string.len);
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(
				DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return value->val.boolean ? "true" : "false";
		default:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("filter on \"%s\" holds a value that is not a scalar", key),
					 errhint("Write a value, an array of values, null, or a range object.")));
	}
}

static char *
key_text(const JsonbValue *key)
{
	return pnstrdup(key->val.string.val, key->val.string.len);
}
