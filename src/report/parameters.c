/*
 * parameters.c - what a report asks for, as its spec declares it
 *
 *     "parameters": {"start": {"type": "timestamptz", "required": true}, ...}
 *     "parameters": [{"name": "start", "type": "timestamptz", "required": true}, ...]
 *
 * The array keeps its order, which jsonb does not keep for an object.
 */
#include "report/report_private.h"

#include <ctype.h>

#include "catalog/pg_type.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

static void read_default(const AnJson *json, void *field, void *target);
static void keep_json(const AnJson *json, void *field, void *target);
static void declare(AnParameters *parameters, const AnJson *json, char *name);
static void
check_name(const AnParameters *parameters, const AnParameter *parameter, const AnJson *json);
static void find_type(const AnParameters *parameters, AnParameter *parameter);
static void add_own(AnParameters *parameters, const char *name);
static void check_length(const char *sql, const char *path);

#define PARAMETER(field) offsetof(AnParameter, field)

static const AnKey parameter_keys[] = {
	{"type", AN_KEY_STRING, PARAMETER(type_name)},
	{"default", AN_KEY_READ, PARAMETER(default_json), .read = read_default},
	{"required", AN_KEY_BOOLEAN, PARAMETER(required)},
	{"check", AN_KEY_STRING, PARAMETER(check)},
	{"message", AN_KEY_SHOWN, PARAMETER(message)},
	{"description", AN_KEY_SHOWN, PARAMETER(description)},
	{"values", AN_KEY_READ, PARAMETER(values_json), .read = keep_json},
	{"name", AN_KEY_STRING, PARAMETER(name)},
};

#define N_KEYS_OF_OBJECT (lengthof(parameter_keys) - 1)

/* The two parameters that every report has; a spec may declare them to give them a default. */
static const char *const own_names[] = {"timezone", "locale"};

AnParameters *
an_report_read_parameters(const char *report, Jsonb *spec)
{
	AnJsonTexts *texts = palloc0(sizeof(AnJsonTexts));
	AnJson root = an_json_root(spec, texts);
	AnParameters *parameters = palloc0(sizeof(AnParameters));
	AnJson *json = an_json_get(&root, "parameters");
	char *locale = an_report_locale(spec);
	List *members = NIL, *elements = NIL;
	ListCell *lc;

	texts->locale = an_locale_find(locale ? locale : "en");
	if (json && json->value.type == jbvBinary && JsonContainerIsArray(json->value.val.binary.data))
		elements = an_json_elements(json);
	else if (json)
		members = an_json_members(json);
	if (list_length(members) + list_length(elements) > AN_REPORT_PARAMETERS_MAX)
		an_json_error(json, "holds too many parameters", "A report has at most 100 of them.");
	parameters->report = report;
	parameters->context = CurrentMemoryContext;
	parameters->items =
		palloc0((AN_REPORT_PARAMETERS_MAX + lengthof(own_names)) * sizeof(AnParameter));
	foreach (lc, members)
		declare(parameters, ((AnJsonMember *) lfirst(lc))->value,
				((AnJsonMember *) lfirst(lc))->key);
	foreach (lc, elements)
		declare(parameters, lfirst(lc), NULL);
	for (int i = 0; i < lengthof(own_names); i++)
		add_own(parameters, own_names[i]);
	return parameters;
}

/* Reads one declaration; its name is the key of an object, or in the object. */
static void
declare(AnParameters *parameters, const AnJson *json, char *name)
{
	AnParameter *parameter = &parameters->items[parameters->n];

	parameter->path = json->path;
	parameter->name = name;
	parameter->declared = true;
	an_json_object(json, parameter_keys, name ? N_KEYS_OF_OBJECT : lengthof(parameter_keys),
				   parameter);
	check_name(parameters, parameter, json);
	if (parameter->type_name == NULL)
		an_json_error(json, "lacks a type", "Write an SQL type, such as {\"type\": \"date\"}.");
	find_type(parameters, parameter);
	if (parameter->default_sql)
		check_length(parameter->default_sql, parameter->path);
	if (parameter->check)
		check_length(parameter->check, parameter->path);
	if (parameter->message && parameter->check == NULL)
		an_json_error(json, "has a message without a check",
					  "The message tells why the check refuses a value.");
	parameters->n++;
}

/* A name is one that SQL takes without quotes. */
static void
check_name(const AnParameters *parameters, const AnParameter *parameter, const AnJson *json)
{
	const char *name = parameter->name;
	bool ok = name && name[0] && !isdigit((unsigned char) name[0]) && strlen(name) < NAMEDATALEN;

	for (size_t i = 0; ok && name[i]; i++)
	{
		unsigned char c = name[i];

		ok = IS_HIGHBIT_SET(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
	}
	if (!ok)
		an_json_error(
			json, "has no name that SQL takes for a parameter",
			"A name has up to 63 bytes: lower-case letters, digits and \"_\", and does not "
			"begin with a digit.");
	if (strcmp(name, "params") == 0)
		an_json_error(json, "is called \"params\", which stands before names of parameters",
					  "Choose another name.");
	if (an_parameter_find(parameters, name))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s declares parameter \"%s\" again", json->path, name),
						errhint("Choose another name.")));
}

static void
find_type(const AnParameters *parameters, AnParameter *parameter)
{
	AnReportPlace place;
	int i;

	an_report_enter(&place, parameters->report, psprintf("%s.type", parameter->path));
	an_compat_parse_type(parameter->type_name, &parameter->type, &parameter->typmod);
	if (get_typtype(parameter->type) == TYPTYPE_PSEUDO)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s.type is %s, a pseudo-type", parameter->path,
							   format_type_be(parameter->type)),
						errhint("Write a type that a column can have.")));
	for (i = 0; i < lengthof(own_names); i++)
		if (strcmp(parameter->name, own_names[i]) == 0 && parameter->type != TEXTOID)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s.type is %s, but parameter \"%s\" is text in every report",
							parameter->path, format_type_be(parameter->type), parameter->name),
					 errhint("Choose another name, or type text.")));
	an_report_leave(&place);
}

/* A default is a JSON value, or {"sql": "an expression"}; null is none. */
static void
read_default(const AnJson *json, void *field, void *target)
{
	AnParameter *parameter = target;
	AnKey key = {"sql", AN_KEY_STRING, offsetof(AnParameter, default_sql)};

	if (json->value.type == jbvBinary && JsonContainerIsObject(json->value.val.binary.data) &&
		an_json_get(json, "sql"))
		an_json_object(json, &key, 1, parameter);
	else
		keep_json(json, field, target);
}

static void
keep_json(const AnJson *json, void *field, void *target)
{
	if (field == &((AnParameter *) target)->values_json && an_json_elements(json) == NIL)
		an_json_error(json, "is empty", "List the values that the parameter may have.");
	*(const AnJson **) field = json;
}

static void
add_own(AnParameters *parameters, const char *name)
{
	AnParameter *parameter = &parameters->items[parameters->n];

	if (an_parameter_find(parameters, name))
		return;
	parameter->name = pstrdup(name);
	parameter->path = psprintf("parameter %s", name);
	parameter->type = TEXTOID;
	parameter->typmod = -1;
	parameters->n++;
}

static void
check_length(const char *sql, const char *path)
{
	if (strlen(sql) > AN_REPORT_SQL_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("SQL of %zu bytes in %s is too long, the limit is %d", strlen(sql),
							   path, AN_REPORT_SQL_MAX)));
}

AnParameter *
an_parameter_find(const AnParameters *parameters, const char *name)
{
	for (int i = 0; i < parameters->n; i++)
		if (strcmp(parameters->items[i].name, name) == 0)
			return &parameters->items[i];
	return NULL;
}

List *
an_parameter_names(const AnParameters *parameters)
{
	List *names = NIL;

	for (int i = 0; i < parameters->n; i++)
		names = lappend(names, parameters->items[i].name);
	return names;
}

void
an_parameters_give(AnParameters *parameters, Jsonb *given)
{
	AnJson root = an_json_root(given, NULL);
	ListCell *lc;

	if (!JB_ROOT_IS_OBJECT(given))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"params\" is not an object"),
						errhint("Write {\"start\": \"2026-01-01\"}.")));
	foreach (lc, an_json_members(&root))
	{
		AnJsonMember *member = lfirst(lc);
		AnParameter *parameter = an_parameter_find(parameters, member->key);
		const char *nearest;

		if (parameter)
		{
			parameter->given = member->value;
			continue;
		}
		nearest = an_name_nearest(member->key, an_parameter_names(parameters));
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("report \"%s\" has no parameter \"%s\"", parameters->report,
							   an_shown(member->key)),
						nearest ? errhint("Perhaps you meant \"%s\".", nearest)
								: errhint("See its parameters with describe_report.")));
	}
}
