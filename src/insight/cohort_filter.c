/*
 * cohort_filter.c - cohorts in the filters of an insight
 *
 *     {"cohort": "payers"}           entities that are members
 *     {"cohort": ["a", "b"]}         members of any of them
 *     {"not_cohort": "staff"}        entities that are not; of a list: members of none
 *
 * They become a semi-join or anti-join with the tables of the members.
 */
#include "insight/cohort.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/* A name for the members' column that stands in nobody's expression. */
#define MEMBER "\"analytics cohort member\""

static Jsonb *take_filter(AnEvents *events, Jsonb *filters, const char *key, bool members);
static bool is_dimension(AnEvents *events, const char *key);
static List *filter_names(const char *key, const JsonbValue *value);
static char *name_of(const char *key, const JsonbValue *value);
static void append_members(AnEvents *events, List *names);

Jsonb *
an_cohort_filters(AnEvents *events)
{
	Jsonb *filters = take_filter(events, events->filters, "cohort", true);

	return take_filter(events, filters, "not_cohort", false);
}

/* Appends the condition of one key, where the filters have it, and returns the others. */
static Jsonb *
take_filter(AnEvents *events, Jsonb *filters, const char *key, bool members)
{
	StringInfo sql = &events->query.sql;
	const char *entity = events->source->roles[AN_ROLE_ENTITY].text;
	JsonbValue *value;
	List *names;

	if (filters == NULL || !JB_ROOT_IS_OBJECT(filters))
		return filters;
	value = getKeyJsonValueFromContainer(&filters->root, key, strlen(key), NULL);
	if (value == NULL || is_dimension(events, key))
		return filters;
	names = filter_names(key, value);
	if (members && names == NIL)
		appendStringInfoString(sql, " AND false");
	else if (members)
	{
		appendStringInfo(sql, " AND ((%s)::pg_catalog.text COLLATE pg_catalog.\"C\") IN (", entity);
		append_members(events, names);
		appendStringInfoChar(sql, ')');
	}
	else if (names)
	{
		/* Not NOT IN: that is no join, and slow where the members do not fit into memory. */
		appendStringInfoString(sql, " AND NOT EXISTS (SELECT FROM (");
		append_members(events, names);
		appendStringInfo(sql,
						 ") m WHERE m." MEMBER " OPERATOR(pg_catalog.=) "
						 "((%s)::pg_catalog.text COLLATE pg_catalog.\"C\"))",
						 entity);
	}
	return DatumGetJsonbP(
		DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(filters), CStringGetTextDatum(key)));
}

static bool
is_dimension(AnEvents *events, const char *key)
{
	List *names;

	return an_dimension_find(events->spi, events->source, key, &names) != NULL;
}

/* Lists the cohorts (char *) of a filter. */
static List *
filter_names(const char *key, const JsonbValue *value)
{
	List *names = NIL;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue element;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		return list_make1(name_of(key, value));
	iterator = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &element, true)) != WJB_DONE)
		if (token == WJB_ELEM)
			names = lappend(names, name_of(key, &element));
	return names;
}

static char *
name_of(const char *key, const JsonbValue *value)
{
	if (value->type != jbvString)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("filter on \"%s\" must be the name of a cohort, or an array of names", key),
				 errhint("Write '{\"%s\": \"name\"}' or '{\"%s\": [\"a\", \"b\"]}'.", key, key)));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* Appends a SELECT of the members of all these cohorts. */
static void
append_members(AnEvents *events, List *names)
{
	ListCell *lc;

	foreach (lc, names)
	{
		const AnCohort *cohort = an_cohort_load(events->spi, lfirst(lc));

		appendStringInfo(&events->query.sql, "%sSELECT c.%s AS " MEMBER " FROM %s c",
						 foreach_current_index(lc) > 0 ? " UNION ALL " : "", cohort->column,
						 cohort->relation);
	}
}
