/*
 * node.c - the nodes of paths: names of events, or values of a dimension, cleaned and chosen
 */
#include "insight/node.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "regex/regex.h"
#include "utils/builtins.h"

/* Most rules: each is tried on each different value. */
#define RULES_MAX 1000

/* Names among which the nearest to a missing one is looked for. */
#define SEARCHED_MAX 1000

/* A rule that cleans values. */
typedef struct Rule
{
	text *pattern; /* regular expression */
	char *name;	   /* what a value becomes that it matches */
} Rule;

static List *read_names(FunctionCallInfo fcinfo, int arg, const char *argument);
static List *read_rules(Jsonb *json);
static Rule *read_rule(JsonbContainer *json, int number);
static char *rule_member(JsonbContainer *json, const char *key, int number);
static void refuse_rule(int number, const char *what) pg_attribute_noreturn();
static void clean_values(AnNodes *nodes, uint32 *numbers);
static bool is_chosen(const AnNodes *nodes, const char *name);

void
an_nodes_ask(AnNodes *nodes, AnEvents *events, FunctionCallInfo fcinfo, int include)
{
	char *by = an_arg_text(fcinfo, include + 3);

	memset(nodes, 0, sizeof(*nodes));
	nodes->include = read_names(fcinfo, include, "include");
	nodes->exclude = read_names(fcinfo, include + 1, "exclude");
	if (!PG_ARGISNULL(include + 2))
		nodes->rules = read_rules(PG_GETARG_JSONB_P(include + 2));
	nodes->expression = by ? an_events_dimension(events, by, "by") : an_events_event(events);
	nodes->values = an_names_make();
}

/* Reads names; NIL where the argument is NULL. */
static List *
read_names(FunctionCallInfo fcinfo, int arg, const char *argument)
{
	List *names;

	if (PG_ARGISNULL(arg))
		return NIL;
	names = an_text_list(PG_GETARG_DATUM(arg), argument);
	if (names == NIL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" is empty", argument),
						errhint("Leave it NULL, or name events.")));
	return names;
}

static List *
read_rules(Jsonb *json)
{
	uint32 n;
	List *rules = NIL;

	if (!JB_ROOT_IS_ARRAY(json) || JB_ROOT_IS_SCALAR(json))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"rules\" is not an array"),
						errhint("Write an array of rules such as {\"pattern\": \"^/product/\", "
								"\"name\": \"product\"}.")));
	n = JB_ROOT_COUNT(json);
	if (n > RULES_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%u rules are given, the limit is %d", n, RULES_MAX)));
	for (uint32 i = 0; i < n; i++)
	{
		JsonbValue *rule = getIthJsonbValueFromContainer(&json->root, i);

		if (rule->type != jbvBinary || !JsonContainerIsObject(rule->val.binary.data))
			refuse_rule(i + 1, "is not an object");
		rules = lappend(rules, read_rule(rule->val.binary.data, i + 1));
	}
	return rules;
}

static Rule *
read_rule(JsonbContainer *json, int number)
{
	Rule *rule = palloc(sizeof(Rule));

	rule->pattern = cstring_to_text(rule_member(json, "pattern", number));
	rule->name = rule_member(json, "name", number);
	if (JsonContainerSize(json) != 2)
		refuse_rule(number, "has a key that is neither \"pattern\" nor \"name\"");
	/* A pattern that does not parse is an error even where no value comes. */
	(void) RE_compile_and_cache(rule->pattern, REG_ADVANCED, DEFAULT_COLLATION_OID);
	return rule;
}

static char *
rule_member(JsonbContainer *json, const char *key, int number)
{
	JsonbValue *value = getKeyJsonValueFromContainer(json, key, strlen(key), NULL);

	if (value == NULL)
		refuse_rule(number, psprintf("has no \"%s\"", key));
	if (value->type != jbvString)
		refuse_rule(number, psprintf("has a \"%s\" that is not a string", key));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static void
refuse_rule(int number, const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("rule %d %s", number, what),
					errhint("A rule is an object such as {\"pattern\": \"^/product/\", \"name\": "
							"\"product\"}.")));
}

void
an_nodes_select(const AnNodes *nodes, AnEvents *events)
{
	appendStringInfo(&events->query.sql, ", (%s)::pg_catalog.text", nodes->expression->text);
}

void
an_nodes_where(const AnNodes *nodes, AnEvents *events)
{
	AnQuery *query = &events->query;
	Oid type = nodes->expression->type;

	appendStringInfo(&query->sql, " AND (%s) IS NOT NULL", nodes->expression->text);
	/* What an index can find; other types, and values under rules, are looked at when they are here. */
	if (nodes->rules || (type != TEXTOID && type != VARCHAROID))
		return;
	if (nodes->include)
	{
		appendStringInfoString(&query->sql, " AND ");
		an_any_of(query, nodes->expression, nodes->include);
	}
	if (nodes->exclude)
		appendStringInfo(
			&query->sql,
			" AND (%s)::pg_catalog.text COLLATE pg_catalog.\"C\" OPERATOR(pg_catalog.<>) "
			"ALL ($%d)",
			nodes->expression->text,
			an_query_param(query, TEXTARRAYOID, an_text_array(nodes->exclude), false));
}

void
an_nodes_finish(AnNodes *nodes)
{
	AnDictionary *values = nodes->values->texts;
	uint32 n = an_dictionary_count(values);
	uint32 *numbers = MemoryContextAllocHuge(CurrentMemoryContext, Max(n, 1) * sizeof(uint32));

	if (n >= AN_PATH_NO_NODE)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("there are more than %d different names", AN_PATH_NO_NODE - 1),
						errhint("Clean them with rules in the source's expression.")));
	nodes->names = nodes->values;
	for (uint32 i = 0; i < n; i++)
		numbers[i] = i;
	if (nodes->rules)
		clean_values(nodes, numbers);
	an_names_rank(nodes->names);
	nodes->nodes = numbers;
	for (uint32 i = 0; i < n; i++)
	{
		size_t size;
		const char *name = an_dictionary_text(nodes->names->texts, numbers[i], &size);

		CHECK_FOR_INTERRUPTS();
		numbers[i] = is_chosen(nodes, name) ? nodes->names->ranks[numbers[i]] : AN_PATH_NO_NODE;
	}
}

/*
 * Gives every value its name, and the names' numbers in the place of the values'.  A rule
 * goes over all values before the next one does, so that it is compiled once.
 */
static void
clean_values(AnNodes *nodes, uint32 *numbers)
{
	AnDictionary *values = nodes->values->texts;
	uint32 n = an_dictionary_count(values);
	const Rule **found = MemoryContextAllocExtended(
		CurrentMemoryContext, Max(n, 1) * sizeof(Rule *), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	ListCell *lc;

	foreach (lc, nodes->rules)
		for (uint32 i = 0; i < n; i++)
		{
			const Rule *rule = lfirst(lc);
			size_t size;
			const char *value = an_dictionary_text(values, i, &size);

			CHECK_FOR_INTERRUPTS();
			if (found[i] == NULL &&
				RE_compile_and_execute(rule->pattern, unconstify(char *, value), (int) size,
									   REG_ADVANCED, DEFAULT_COLLATION_OID, 0, NULL))
				found[i] = rule;
		}
	nodes->names = an_names_make();
	for (uint32 i = 0; i < n; i++)
	{
		size_t size;
		const char *name = an_dictionary_text(values, i, &size);

		if (found[i])
		{
			name = found[i]->name;
			size = strlen(name);
		}
		numbers[i] = an_dictionary_number(nodes->names->texts, name, size);
	}
	pfree(found);
}

static bool
is_chosen(const AnNodes *nodes, const char *name)
{
	bool included = nodes->include == NIL;
	ListCell *lc;

	foreach (lc, nodes->include)
		included |= strcmp(lfirst(lc), name) == 0;
	foreach (lc, nodes->exclude)
		included &= strcmp(lfirst(lc), name) != 0;
	return included;
}

uint32
an_nodes_find(const AnNodes *nodes, const char *name)
{
	uint32 low = 0, high = nodes->names->n;

	while (low < high)
	{
		uint32 middle = low + (high - low) / 2;
		size_t size;
		int order = strcmp(an_nodes_name(nodes, middle, &size), name);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return AN_PATH_NO_NODE;
}

void
an_nodes_missing(const AnNodes *nodes, const char *name)
{
	List *names = NIL;
	const char *nearest;

	for (uint32 node = 0; node < Min(nodes->names->n, SEARCHED_MAX); node++)
	{
		size_t size;

		names = lappend(names, unconstify(char *, an_nodes_name(nodes, node, &size)));
	}
	nearest = an_name_nearest(name, names);
	ereport(NOTICE,
			(errmsg("no event of the range is named \"%s\"", an_shown(name)),
			 nearest ? errhint("Perhaps you meant \"%s\".", nearest)
					 : errhint("Anchors are written as the answer shows names, after rules.")));
}

const char *
an_nodes_name(const AnNodes *nodes, uint32 node, size_t *size)
{
	return an_dictionary_text(nodes->names->texts, nodes->names->order[node], size);
}
