/*
 * step_sql.c - steps as SQL conditions, and the rows that come back as masks
 *
 * Where every step is a name, rows bring the event's name, and the mask is found
 * here: cheaper than a CASE in the executor.  Otherwise rows bring the masks
 * themselves, 64 steps in a bigint.
 */
#include "insight/step.h"

#include "catalog/pg_type.h"
#include "utils/lsyscache.h"

#define MASK_BITS 64

/* The mask of an event's name. */
typedef struct AnStepName
{
	const char *name; /* the name */
	size_t size;	  /* its bytes */
	uint64 *mask;	  /* the steps that it satisfies */
	bool seen;		  /* whether a row had it */
} AnStepName;

static bool is_by_name(const AnSteps *steps, const AnEvents *events);
static void make_names(AnSteps *steps);
static int compare_names(const void *a, const void *b);
static const AnExpression *find_property(const void *events, const char *key);
static void append_condition(AnEvents *events, const AnStep *step);

static inline int
compare_name(const char *a, size_t size_a, const char *b, size_t size_b)
{
	if (size_a != size_b)
		return size_a < size_b ? -1 : 1;
	return memcmp(a, b, size_a);
}

void
an_steps_select(AnSteps *steps, AnEvents *events, int column)
{
	StringInfo sql = &events->query.sql;

	steps->column = column;
	steps->by_name = is_by_name(steps, events);
	if (steps->by_name)
	{
		steps->n_columns = 1;
		appendStringInfo(sql, ", (%s)", an_events_event(events)->text);
		make_names(steps);
		return;
	}
	steps->n_columns = (steps->n + MASK_BITS - 1) / MASK_BITS;
	for (int i = 0; i < steps->n; i++)
	{
		appendStringInfoString(sql, i % MASK_BITS == 0 ? ", " : " OPERATOR(pg_catalog.|) ");
		appendStringInfoString(sql, "CASE WHEN ");
		append_condition(events, steps->steps[i]);
		appendStringInfo(sql,
						 " THEN '" INT64_FORMAT "'::pg_catalog.int8 ELSE '0'::pg_catalog.int8 END",
						 (int64) (UINT64CONST(1) << (i % MASK_BITS)));
	}
}

/* Steps can be told by the bytes of a name: all are names, and equal names of the column's collation have equal bytes. */
static bool
is_by_name(const AnSteps *steps, const AnEvents *events)
{
	const AnExpression *event = &events->source->roles[AN_ROLE_EVENT];

	if (event->text == NULL || (event->type != TEXTOID && event->type != VARCHAROID) ||
		!get_collation_isdeterministic(event->collation))
		return false;
	for (int i = 0; i < steps->n; i++)
	{
		const AnStep *step = steps->steps[i];

		if (step->any || step->filter || step->sql || step->events == NIL)
			return false;
	}
	return true;
}

static void
make_names(AnSteps *steps)
{
	int n_words = (steps->n + MASK_BITS - 1) / MASK_BITS;
	int n_names = 0;
	ListCell *lc;

	for (int i = 0; i < steps->n; i++)
		n_names += list_length(steps->steps[i]->events);
	steps->names = palloc(n_names * sizeof(AnStepName));
	steps->n_names = 0;
	for (int i = 0; i < steps->n; i++)
		foreach (lc, steps->steps[i]->events)
		{
			const char *name = lfirst(lc);
			int at = 0;

			while (at < steps->n_names && strcmp(steps->names[at].name, name) != 0)
				at++;
			if (at == steps->n_names)
				steps->names[steps->n_names++] = (AnStepName){
					.name = name, .size = strlen(name), .mask = palloc0(n_words * sizeof(uint64))};
			steps->names[at].mask[i / MASK_BITS] |= UINT64CONST(1) << (i % MASK_BITS);
		}
	qsort(steps->names, steps->n_names, sizeof(AnStepName), compare_names);
}

static int
compare_names(const void *a, const void *b)
{
	const AnStepName *name_a = a;
	const AnStepName *name_b = b;

	return compare_name(name_a->name, name_a->size, name_b->name, name_b->size);
}

void
an_steps_where(const AnSteps *steps, AnEvents *events)
{
	StringInfo sql = &events->query.sql;
	List *names = NIL;
	const char * or = "";

	appendStringInfoString(sql, " AND (");
	for (int i = 0; i < steps->n; i++)
	{
		const AnStep *step = steps->steps[i];

		if (step->events && !step->filter && !step->sql)
			names = list_concat(names, step->events);
		else
		{
			appendStringInfoString(sql, or);
			append_condition(events, step);
			or = " OR ";
		}
	}
	if (names != NIL)
	{
		appendStringInfoString(sql, or);
		an_any_of(&events->query, an_events_event(events), names);
	}
	appendStringInfoChar(sql, ')');
}

/* Appends the condition of a step, in parentheses. */
static void
append_condition(AnEvents *events, const AnStep *step)
{
	StringInfo sql = &events->query.sql;
	ListCell *lc;

	appendStringInfoChar(sql, '(');
	foreach (lc, step->any)
	{
		appendStringInfoString(sql, foreach_current_index(lc) > 0 ? " OR " : "");
		append_condition(events, lfirst(lc));
	}
	if (step->events)
		an_any_of(&events->query, an_events_event(events), step->events);
	else if (!step->any)
		appendStringInfoString(sql, "true");
	if (step->sql)
		appendStringInfo(sql, " AND (%s)", step->sql);
	an_filters(&events->query, find_property, events, step->filter);
	appendStringInfoChar(sql, ')');
}

static const AnExpression *
find_property(const void *events, const char *key)
{
	return an_events_dimension(events, key, "property");
}

bool
an_steps_mask(const AnSteps *steps, const Datum *values, const bool *nulls, uint64 *mask)
{
	uint64 any = 0;
	struct varlena *name;
	int low = 0, high = steps->n_names - 1;

	if (!steps->by_name)
	{
		for (int i = 0; i < steps->n_columns; i++)
			any |= mask[i] = (uint64) DatumGetInt64(values[steps->column + i]);
		return any != 0;
	}
	memset(mask, 0, (steps->n + MASK_BITS - 1) / MASK_BITS * sizeof(uint64));
	if (nulls[steps->column])
		return false;
	name = PG_DETOAST_DATUM_PACKED(values[steps->column]);
	while (low <= high)
	{
		int middle = (low + high) / 2;
		AnStepName *known = &steps->names[middle];
		int order =
			compare_name(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), known->name, known->size);

		if (order == 0)
		{
			memcpy(mask, known->mask, (steps->n + MASK_BITS - 1) / MASK_BITS * sizeof(uint64));
			known->seen = true;
			return true;
		}
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return false;
}

/* Tells whether a name satisfies one of the first n steps. */
static bool
is_among(const AnStepName *name, int n)
{
	for (int i = 0; i < n; i++)
		if (name->mask[i / MASK_BITS] & (UINT64CONST(1) << (i % MASK_BITS)))
			return true;
	return false;
}

void
an_steps_notice(const AnSteps *steps, int n)
{
	bool any = false;

	for (int i = 0; i < steps->n_names; i++)
		any |= steps->names[i].seen;
	for (int i = 0; any && i < steps->n_names; i++)
		if (!steps->names[i].seen && is_among(&steps->names[i], n))
			ereport(NOTICE, (errmsg("no event of the range is named \"%s\"",
									an_shown(steps->names[i].name))));
}
