/*
 * json.c - JSON objects of users read into structs
 */
#include "base/json.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "base/base.h"

static const AnKey *find_key(const char *name, const AnKeys *part);
static void unknown_key(const AnJson *json, const char *name, const AnKeys *parts, int n_parts)
	pg_attribute_noreturn();
static void read_key(const AnJson *json, const AnKey *key, void *target);
static AnJson *child(const AnJson *json, char *path, const JsonbValue *value);
static char *choose_locale(const AnJson *json);
static const char *shown_path(const AnJson *json);
static void wrong_type(const AnJson *json, const char *wanted) pg_attribute_noreturn();

AnJson
an_json_root(Jsonb *jsonb, const AnJsonTexts *texts)
{
	AnJson root = {.path = "", .texts = texts};

	if (JB_ROOT_IS_SCALAR(jsonb))
		(void) JsonbExtractScalar(&jsonb->root, &root.value);
	else
	{
		root.value.type = jbvBinary;
		root.value.val.binary.data = &jsonb->root;
		root.value.val.binary.len = VARSIZE(jsonb) - VARHDRSZ;
	}
	return root;
}

void
an_json_object(const AnJson *json, const AnKey *keys, int n_keys, void *target)
{
	AnKeys part = {keys, n_keys, target};

	an_json_parts(json, &part, 1);
}

void
an_json_parts(const AnJson *json, const AnKeys *parts, int n_parts)
{
	ListCell *lc;

	foreach (lc, an_json_members(json))
	{
		AnJsonMember *member = lfirst(lc);
		const AnKey *key = NULL;
		int part;

		for (part = 0; part < n_parts && key == NULL; part++)
			key = find_key(member->key, &parts[part]);
		if (key == NULL)
			unknown_key(json, member->key, parts, n_parts);
		if (member->value->value.type != jbvNull)
			read_key(member->value, key, parts[part - 1].target);
	}
}

static const AnKey *
find_key(const char *name, const AnKeys *part)
{
	for (int i = 0; i < part->n_keys; i++)
		if (strcmp(part->keys[i].name, name) == 0)
			return &part->keys[i];
	return NULL;
}

static void
unknown_key(const AnJson *json, const char *name, const AnKeys *parts, int n_parts)
{
	List *names = NIL;
	StringInfoData all;
	const char *nearest;

	initStringInfo(&all);
	for (int part = 0; part < n_parts; part++)
		for (int i = 0; i < parts[part].n_keys; i++)
		{
			names = lappend(names, unconstify(char *, parts[part].keys[i].name));
			appendStringInfo(&all, "%s%s", all.len > 0 ? ", " : "", parts[part].keys[i].name);
		}
	nearest = an_name_nearest(name, names);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("key \"%s\" at %s is not known", an_shown(name), shown_path(json)),
					nearest ? errhint("Did you mean \"%s\"?", nearest)
							: errhint("Keys are %s.", all.data)));
}

static void
read_key(const AnJson *json, const AnKey *key, void *target)
{
	void *field = (char *) target + key->offset;

	switch (key->type)
	{
		case AN_KEY_STRING:
			*(char **) field = an_json_string(json);
			break;
		case AN_KEY_SHOWN:
			*(char **) field = an_json_shown(json);
			break;
		case AN_KEY_NUMBER:
			*(double *) field = an_json_number(json, key->min, key->max);
			break;
		case AN_KEY_BOOLEAN:
			*(bool *) field = an_json_boolean(json);
			break;
		case AN_KEY_WORD:
		{
			int n = 0;

			while (key->words[n])
				n++;
			*(int *) field = an_word(json->path, an_json_string(json), key->words, n);
			break;
		}
		case AN_KEY_READ:
			key->read(json, field, target);
			break;
	}
}

List *
an_json_elements(const AnJson *json)
{
	List *elements = NIL;
	JsonbIterator *iterator;
	JsonbValue value;
	int i = 0;

	if (json->value.type != jbvBinary || !JsonContainerIsArray(json->value.val.binary.data))
		wrong_type(json, "an array");
	iterator = JsonbIteratorInit(json->value.val.binary.data);
	(void) JsonbIteratorNext(&iterator, &value, true);
	while (JsonbIteratorNext(&iterator, &value, true) == WJB_ELEM)
		elements = lappend(elements, child(json, psprintf("%s[%d]", json->path, i++), &value));
	return elements;
}

List *
an_json_members(const AnJson *json)
{
	List *members = NIL;
	JsonbIterator *iterator;
	JsonbValue value;

	if (json->value.type != jbvBinary || !JsonContainerIsObject(json->value.val.binary.data))
		wrong_type(json, "an object");
	iterator = JsonbIteratorInit(json->value.val.binary.data);
	(void) JsonbIteratorNext(&iterator, &value, true);
	while (JsonbIteratorNext(&iterator, &value, true) == WJB_KEY)
	{
		AnJsonMember *member = palloc(sizeof(AnJsonMember));
		const char *point = json->path[0] ? "." : "";

		member->key = pnstrdup(value.val.string.val, value.val.string.len);
		(void) JsonbIteratorNext(&iterator, &value, true);
		member->value =
			child(json, psprintf("%s%s%s", json->path, point, an_shown(member->key)), &value);
		members = lappend(members, member);
	}
	return members;
}

AnJson *
an_json_get(const AnJson *json, const char *key)
{
	ListCell *lc;

	foreach (lc, an_json_members(json))
	{
		AnJsonMember *member = lfirst(lc);

		if (strcmp(member->key, key) == 0)
			return member->value->value.type == jbvNull ? NULL : member->value;
	}
	return NULL;
}

char *
an_json_string(const AnJson *json)
{
	if (json->value.type != jbvString)
		wrong_type(json, "a string");
	return pnstrdup(json->value.val.string.val, json->value.val.string.len);
}

char *
an_json_shown(const AnJson *json)
{
	char *text = json->value.type == jbvBinary ? choose_locale(json) : an_json_string(json);

	if (json->texts && json->texts->expand)
		text = json->texts->expand(json->texts->owner, text, json->path);
	return text;
}

/* Returns the text of the locale that is wanted, else of en, else the first. */
static char *
choose_locale(const AnJson *json)
{
	const AnLocale *wanted = json->texts ? json->texts->locale : NULL;
	char *chosen = NULL;
	int best = 0;
	ListCell *lc;

	foreach (lc, an_json_members(json))
	{
		AnJsonMember *member = lfirst(lc);
		const AnLocale *locale = an_locale_find(member->key);
		int fit = locale == NULL					? 0
				  : locale == wanted				? 3
				  : strcmp(locale->name, "en") == 0 ? 2
													: 1;
		char *text = an_json_string(member->value);

		if (fit == 0)
			an_json_error(member->value, "is a text for a locale that is not known",
						  "Write a text, or texts by locale such as {\"en\": \"Sales\", \"de\": "
						  "\"Umsatz\"}.");
		if (fit > best)
			chosen = text;
		best = Max(best, fit);
	}
	if (chosen == NULL)
		wrong_type(json, "a string");
	return chosen;
}

double
an_json_number(const AnJson *json, double min, double max)
{
	double number;

	if (json->value.type != jbvNumeric)
		wrong_type(json, "a number");
	number = DatumGetFloat8(
		DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(json->value.val.numeric)));
	if (!isfinite(number) || (min < max && (number < min || number > max)))
	{
		if (min < max)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s is %g, outside %g to %g", shown_path(json), number, min, max),
					 errhint("Write a number within these limits.")));
		wrong_type(json, "a finite number");
	}
	return number;
}

bool
an_json_boolean(const AnJson *json)
{
	if (json->value.type != jbvBool)
		wrong_type(json, "true or false");
	return json->value.val.boolean;
}

List *
an_json_strings(const AnJson *json)
{
	List *strings = NIL;
	ListCell *lc;

	if (json->value.type == jbvString)
		return list_make1(an_json_string(json));
	foreach (lc, an_json_elements(json))
		strings = lappend(strings, an_json_string(lfirst(lc)));
	return strings;
}

char *
an_json_lines(const AnJson *json)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	foreach (lc, an_json_strings(json))
		appendStringInfo(&text, "%s%s", foreach_current_index(lc) > 0 ? "\n" : "",
						 (char *) lfirst(lc));
	return text.data;
}

void
an_json_error(const AnJson *json, const char *message, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s %s", shown_path(json), message), errhint("%s", hint)));
}

static AnJson *
child(const AnJson *json, char *path, const JsonbValue *value)
{
	AnJson *result = palloc(sizeof(AnJson));

	result->value = *value;
	result->path = path;
	result->texts = json->texts;
	return result;
}

/* The whole has no path; a message names it all the same. */
static const char *
shown_path(const AnJson *json)
{
	return json->path[0] ? json->path : "the top level";
}

static void
wrong_type(const AnJson *json, const char *wanted)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s is not %s", shown_path(json), wanted), errhint("Write %s there.", wanted)));
}
