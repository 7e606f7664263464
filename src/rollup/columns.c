/*
 * columns.c - the columns of a new rollup: its dimensions, and the partial states of its metrics
 *
 * Names are those of dimensions and metrics in small letters, with "_" for whatever SQL would
 * have to quote.  States that several metrics share have the name of the first, and counts of
 * events come first of all, so that a metric which counts events gives its name to the count.
 */
#include "rollup/create.h"

#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

/* Names that no dimension and no state may have: keys of a cell, and what every table has. */
static const char *const reserved[] = {
	"tenant", "bucket", "events", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid",
};

static AnExpression
find_dimension(AnSpi *spi, const AnSource *source, List *metrics, const char *name);
static const AnExpression *declared_dimension(List *metrics, const char *name);
static void require_json(const AnRollupDimension *dimension);
static bool json_is_immutable(Oid type);
static void add_state(AnRollup *rollup, AnPartial partial, const char *metric, const char *suffix);
static char *new_column(const AnRollup *rollup, const char *name, const char *suffix);
static bool is_taken(const AnRollup *rollup, const char *column);

void
an_rollup_require_immutable(const AnExpression *expression, const char *what)
{
	if (expression->text && !expression->immutable)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("%s cannot be kept in a rollup", what),
				 errdetail("The value of %s depends on settings, or on more than the event.",
						   an_shown(expression->text)),
				 errhint("Write it with immutable functions: read a time AT TIME ZONE a zone "
						 "that is named, for one.")));
}

void
an_rollup_add_dimensions(AnSpi *spi, AnRollup *rollup, List *metrics, List *names)
{
	ListCell *lc, *other;

	if (list_length(names) > AN_DIMENSIONS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%d dimensions are given, the limit is %d", list_length(names),
							   AN_DIMENSIONS_MAX)));
	foreach (lc, names)
	{
		AnRollupDimension *dimension = palloc0(sizeof(AnRollupDimension));

		dimension->name = lfirst(lc);
		foreach (other, rollup->dimensions)
			if (strcmp(((AnRollupDimension *) lfirst(other))->name, dimension->name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("dimension \"%s\" is given more than once", dimension->name)));
		dimension->expression = find_dimension(spi, rollup->source, metrics, dimension->name);
		an_rollup_require_immutable(&dimension->expression,
									psprintf("dimension \"%s\"", dimension->name));
		(void) an_dimension_sql(&dimension->expression, &dimension->plain);
		if (!dimension->plain)
			require_json(dimension);
		dimension->column = new_column(rollup, dimension->name, NULL);
		rollup->dimensions = lappend(rollup->dimensions, dimension);
	}
}

/* Finds a dimension as readers of the rollup's metrics would, else any of the source. */
static AnExpression
find_dimension(AnSpi *spi, const AnSource *source, List *metrics, const char *name)
{
	const AnExpression *declared = declared_dimension(metrics, name);
	AnDimension *dimension;
	List *names;
	const char *nearest;

	if (declared)
		return *declared;
	dimension = an_dimension_find(spi, source, name, &names);
	if (dimension)
		return dimension->expression;
	if (source->roles[AN_ROLE_EVENT].text)
	{
		if (strcmp(name, "event") == 0)
			return source->roles[AN_ROLE_EVENT];
		names = lappend(names, "event");
	}
	nearest = an_name_nearest(name, names);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a dimension of source \"%s\"", an_shown(name), source->name),
			 nearest
				 ? errhint("Perhaps you meant the dimension \"%s\".", nearest)
				 : errhint("Use a column of the relation, or a dimension of one of its metrics.")));
}

/* Finds the dimension that the metrics declare; NULL for none.  Raises 42702 where two of them differ. */
static const AnExpression *
declared_dimension(List *metrics, const char *name)
{
	const AnExpression *found = NULL;
	ListCell *lc;

	foreach (lc, metrics)
	{
		const AnMetric *metric = lfirst(lc);

		for (int i = 0; i < metric->n_dimensions; i++)
		{
			const AnDimension *dimension = &metric->dimensions[i];

			if (strcmp(dimension->name, name) != 0)
				continue;
			if (found && strcmp(found->text, dimension->expression.text) != 0)
				ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_COLUMN),
								errmsg("dimension \"%s\" is ambiguous", name),
								errdetail("Metric \"%s\" declares it as another expression than "
										  "a metric before it.",
										  metric->name),
								errhint("Make a rollup for each, or declare it under a name of "
										"its own.")));
			found = &dimension->expression;
		}
	}
	return found;
}

/* Checks that a dimension that is kept as jsonb is the same jsonb under all settings. */
static void
require_json(const AnRollupDimension *dimension)
{
	if (!json_is_immutable(dimension->expression.type))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("dimension \"%s\" of type %s cannot be kept in a rollup",
							   dimension->name, format_type_be(dimension->expression.type)),
						errdetail("How its values are written depends on settings."),
						errhint("Break down by a text or a number of it.")));
}

static bool
json_is_immutable(Oid type)
{
	Oid element, output;
	bool is_varlena;

	type = getBaseType(type);
	element = get_element_type(type);
	if (OidIsValid(element))
		return json_is_immutable(element);
	if (type_is_rowtype(type) || type == TIMESTAMPTZOID)
		return false;
	if (type == DATEOID || type == TIMESTAMPOID)
		return true;
	getTypeOutputInfo(type, &output, &is_varlena);
	return func_volatile(output) == PROVOLATILE_IMMUTABLE;
}

void
an_rollup_add_states(AnRollup *rollup, List *metrics)
{
	AnRollupState *events = palloc0(sizeof(AnRollupState));
	AnPartial partials[AN_PARTIALS_OF_METRIC];
	ListCell *lc;

	events->column = "events";
	events->partial = an_partial_events(NULL);
	rollup->states = list_make1(events);
	for (int pass = 0; pass < 2; pass++)
		foreach (lc, metrics)
		{
			const AnMetric *metric = lfirst(lc);
			bool counts = metric->kind == AN_METRIC_COUNT && metric->expression.text == NULL;
			int n = an_metric_partials(metric, partials);

			if (counts != (pass == 0))
				continue;
			for (int i = 0; i < n; i++)
				add_state(rollup, partials[i], metric->name,
						  n > 1 ? an_partial_name(partials[i].kind) : NULL);
			/* Readers show a group only where events passed the filter. */
			add_state(rollup, an_partial_events(metric->filter), metric->name, "events");
		}
}

static void
add_state(AnRollup *rollup, AnPartial partial, const char *metric, const char *suffix)
{
	AnRollupState *state;
	ListCell *lc;

	foreach (lc, rollup->states)
		if (an_partial_equal(&((AnRollupState *) lfirst(lc))->partial, &partial))
			return;
	if (list_length(rollup->states) == AN_ROLLUP_STATES_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the metrics of rollup \"%s\" need more than %d partial states",
							   rollup->name, AN_ROLLUP_STATES_MAX),
						errhint("Spread them over several rollups.")));
	state = palloc0(sizeof(AnRollupState));
	state->column = new_column(rollup, metric, suffix);
	state->partial = partial;
	rollup->states = lappend(rollup->states, state);
}

/* Returns a name for a column that needs no quotes, but where it is a keyword, and that no other column has. */
static char *
new_column(const AnRollup *rollup, const char *name, const char *suffix)
{
	StringInfoData buf;
	char *column;

	initStringInfo(&buf);
	for (const char *p = name; *p; p += pg_mblen(p))
	{
		char c = pg_ascii_tolower((unsigned char) *p);

		appendStringInfoChar(&buf, (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_');
	}
	column = makeObjectName(buf.data, NULL, suffix);
	for (int i = 2; is_taken(rollup, column); i++)
		column = makeObjectName(buf.data, suffix, psprintf("%d", i));
	return column;
}

static bool
is_taken(const AnRollup *rollup, const char *column)
{
	ListCell *lc;

	for (int i = 0; i < lengthof(reserved); i++)
		if (strcmp(reserved[i], column) == 0)
			return true;
	foreach (lc, rollup->dimensions)
		if (strcmp(((AnRollupDimension *) lfirst(lc))->column, column) == 0)
			return true;
	foreach (lc, rollup->states)
		if (strcmp(((AnRollupState *) lfirst(lc))->column, column) == 0)
			return true;
	return false;
}
