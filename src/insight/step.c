/*
 * step.c - events as a user names them, read from JSON
 */
#include "insight/step.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "kernel/conversion.h"

/* Where a step stands, for messages. */
typedef struct StepPlace
{
	const char *argument; /* the argument's name */
	int number;			  /* of the step, from 1; 0 where it is the only one */
} StepPlace;

/* Keys of an object. */
static const char *const step_keys[] = {"event", "where", "name", "optional", "any"};

static void add_step(AnSteps *steps, AnStep *step);
static void begin_context(ErrorContextCallback *callback, StepPlace *place);
static void add_context(void *arg);
static AnStep *parse_step(AnEvents *events, const JsonbValue *value, bool allow_optional);
static AnStep *parse_object(AnEvents *events, JsonbContainer *object, bool allow_optional);
static void check_keys(JsonbContainer *object, bool allow_optional);
static bool find_key(JsonbContainer *object, const char *key, JsonbValue *value);
static List *parse_names(const AnEvents *events, const JsonbValue *value);
static void parse_where(AnStep *step, const AnEvents *events, const JsonbValue *value);
static List *parse_any(AnEvents *events, const JsonbValue *value);
static AnStep *one_of(AnEvents *events, const JsonbValue *members);
static char *string_of(const JsonbValue *value, const char *what);
static char *describe(const AnStep *step);
static char *joined(List *names);
static void refuse(const char *what) pg_attribute_noreturn();

AnSteps *
an_steps_make(void)
{
	return palloc0(sizeof(AnSteps));
}

void
an_steps_parse(AnSteps *steps, AnEvents *events, Jsonb *json, const char *argument,
			   bool allow_optional)
{
	bool is_list = JB_ROOT_IS_ARRAY(json) && !JB_ROOT_IS_SCALAR(json);
	JsonbValue whole = {.type = jbvBinary};
	StepPlace place = {argument, 0};
	ErrorContextCallback callback;
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbIteratorToken token;
	JsonbValue value;

	begin_context(&callback, &place);
	whole.val.binary.data = &json->root;
	if (JB_ROOT_IS_OBJECT(json))
		add_step(steps, parse_step(events, &whole, allow_optional));
	else
		while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
			if (token == WJB_ELEM)
			{
				place.number += is_list;
				add_step(steps, parse_step(events, &value, allow_optional));
			}
	error_context_stack = callback.previous;
}

void
an_steps_parse_text(AnSteps *steps, AnEvents *events, const char *text, const char *argument)
{
	StepPlace place = {argument, 0};
	ErrorContextCallback callback;
	AnStep *step = palloc0(sizeof(AnStep));
	JsonbValue value = {.type = jbvBinary};
	char first = text ? text[strspn(text, " \t\n\r")] : '\0';

	begin_context(&callback, &place);
	if (first == '{' || first == '[')
	{
		Datum json = DirectFunctionCall1(jsonb_in, CStringGetDatum(text));

		value.val.binary.data = &DatumGetJsonbP(json)->root;
		step = first == '[' ? one_of(events, &value) : parse_step(events, &value, false);
	}
	else if (text)
	{
		(void) an_events_event(events);
		step->events = list_make1(pstrdup(text));
		step->name = pstrdup(text);
	}
	else
		step->name = pstrdup("any event");
	add_step(steps, step);
	error_context_stack = callback.previous;
}

static void
add_step(AnSteps *steps, AnStep *step)
{
	if (steps->n == AN_CONVERSION_MAX_CONDITIONS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("more than %d steps", AN_CONVERSION_MAX_CONDITIONS)));
	steps->steps = steps->n ? repalloc(steps->steps, (steps->n + 1) * sizeof(AnStep *))
							: palloc(sizeof(AnStep *));
	steps->steps[steps->n++] = step;
}

/* Says in errors which step they are about, until error_context_stack is put back. */
static void
begin_context(ErrorContextCallback *callback, StepPlace *place)
{
	*callback = (ErrorContextCallback){
		.previous = error_context_stack, .callback = add_context, .arg = place};
	error_context_stack = callback;
}

static void
add_context(void *arg)
{
	StepPlace *place = arg;

	if (place->number > 0)
		errcontext("step %d of argument \"%s\"", place->number, place->argument);
	else
		errcontext("argument \"%s\"", place->argument);
}

static AnStep *
parse_step(AnEvents *events, const JsonbValue *value, bool allow_optional)
{
	AnStep *step;

	if (value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data))
		return parse_object(events, value->val.binary.data, allow_optional);
	if (value->type != jbvString)
		refuse("a step must be the name of an event, or an object");
	step = palloc0(sizeof(AnStep));
	step->events = parse_names(events, value);
	step->name = describe(step);
	return step;
}

static AnStep *
parse_object(AnEvents *events, JsonbContainer *object, bool allow_optional)
{
	AnStep *step = palloc0(sizeof(AnStep));
	JsonbValue value;

	check_keys(object, allow_optional);
	if (find_key(object, "any", &value))
	{
		JsonbValue other;

		if (find_key(object, "event", &other) || find_key(object, "where", &other))
			refuse("\"any\" stands alone, without \"event\" and \"where\"");
		step->any = parse_any(events, &value);
	}
	if (find_key(object, "event", &value))
		step->events = parse_names(events, &value);
	if (find_key(object, "where", &value))
		parse_where(step, events, &value);
	if (!step->any && !step->events && !step->filter && !step->sql)
		refuse("a step needs \"event\", \"where\" or \"any\"");
	if (find_key(object, "optional", &value))
	{
		if (value.type != jbvBool)
			refuse("\"optional\" must be true or false");
		step->optional = value.val.boolean;
	}
	step->name = find_key(object, "name", &value) ? string_of(&value, "\"name\"") : describe(step);
	return step;
}

/* Refuses keys that mean nothing. */
static void
check_keys(JsonbContainer *object, bool allow_optional)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		List *known = NIL;
		const char *nearest;
		char *key;
		bool found = false;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		for (size_t i = 0; i < lengthof(step_keys); i++)
		{
			if (!allow_optional && strcmp(step_keys[i], "optional") == 0)
				continue;
			known = lappend(known, unconstify(char *, step_keys[i]));
			found |= strcmp(step_keys[i], key) == 0;
		}
		if (found)
			continue;
		nearest = an_name_nearest(key, known);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a step has no \"%s\"", an_shown(key)),
				 nearest
					 ? errhint("Perhaps you meant \"%s\".", nearest)
					 : errhint("A step is made of \"event\", \"where\", \"any\" and \"name\".")));
	}
}

static bool
find_key(JsonbContainer *object, const char *key, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(object, key, strlen(key), value) != NULL;
}

/* Reads a name, or an array of names. */
static List *
parse_names(const AnEvents *events, const JsonbValue *value)
{
	List *names = NIL;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue member;

	(void) an_events_event(events);
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		return list_make1(string_of(value, "the name of an event"));
	iterator = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &member, true)) != WJB_DONE)
		if (token == WJB_ELEM)
			names = lappend(names, string_of(&member, "the name of an event"));
	if (names == NIL)
		refuse("\"event\" is an empty list");
	return names;
}

/* Reads a filter object, or an SQL condition. */
static void
parse_where(AnStep *step, const AnEvents *events, const JsonbValue *value)
{
	AnExpression condition;

	if (value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data))
	{
		step->filter = JsonbValueToJsonb(unconstify(JsonbValue *, value));
		return;
	}
	if (value->type != jbvString)
		refuse("\"where\" must be an object, or an SQL condition as a string");
	condition =
		an_expression_check(string_of(value, "\"where\""), events->source->relid, "\"where\"");
	if (condition.type != BOOLOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("\"where\" must be a condition, not of type %s",
							   format_type_be(condition.type))));
	step->sql = condition.text;
}

static List *
parse_any(AnEvents *events, const JsonbValue *value)
{
	List *members = NIL;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue member;

	check_stack_depth();
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		refuse("\"any\" must be a list of steps");
	iterator = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &member, true)) != WJB_DONE)
		if (token == WJB_ELEM)
			members = lappend(members, parse_step(events, &member, false));
	if (members == NIL)
		refuse("\"any\" is an empty list");
	return members;
}

static AnStep *
one_of(AnEvents *events, const JsonbValue *members)
{
	AnStep *step = palloc0(sizeof(AnStep));

	step->any = parse_any(events, members);
	step->name = describe(step);
	return step;
}

static char *
string_of(const JsonbValue *value, const char *what)
{
	if (value->type != jbvString)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be a string", what)));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* Names a step by what it is made of. */
static char *
describe(const AnStep *step)
{
	List *names = NIL;
	ListCell *lc;
	char *event;

	foreach (lc, step->any)
		names = lappend(names, ((AnStep *) lfirst(lc))->name);
	if (names != NIL)
		return joined(names);
	event = joined(step->events);
	if (step->sql)
		return *event ? psprintf("%s where %s", event, step->sql) : step->sql;
	if (step->filter)
	{
		char *filter = JsonbToCString(NULL, &step->filter->root, VARSIZE(step->filter));

		return *event ? psprintf("%s %s", event, filter) : filter;
	}
	return event;
}

static char *
joined(List *names)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	foreach (lc, names)
		appendStringInfo(&text, "%s%s", foreach_current_index(lc) > 0 ? " or " : "",
						 (char *) lfirst(lc));
	return text.data;
}

static void
refuse(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg_internal("%s", what),
					errhint("Write \"view\", or {\"event\": \"purchase\", \"where\": {\"plan\": "
							"\"pro\"}}, or {\"any\": [...]}.")));
}
