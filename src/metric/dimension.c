/*
 * dimension.c - what a source can be broken down by: a dimension, or several
 *
 * A city's name says which city it is only together with its province, so several
 * dimensions can be asked for at once.
 */
#include "metric/metric.h"

static List *
known_dimensions(AnSpi *spi, const AnSource *source, List **expressions, List **metrics);
static AnDimension *find_dimension(const AnSource *source, const char *name, List *names,
								   List *expressions, List *metrics);
static List *split_names(const char *name);
static void
refuse_dimension(const AnSource *source, const char *name, List *names) pg_attribute_noreturn();

List *
an_dimensions(AnSpi *spi, const AnSource *source, const char *name)
{
	List *expressions, *metrics;
	List *names = known_dimensions(spi, source, &expressions, &metrics);
	AnDimension *one = find_dimension(source, name, names, expressions, metrics);
	List *dimensions = NIL;
	ListCell *lc, *other;

	if (one)
		return list_make1(one);
	if (strchr(name, ',') == NULL)
		refuse_dimension(source, name, names);
	foreach (lc, split_names(name))
	{
		one = find_dimension(source, lfirst(lc), names, expressions, metrics);
		if (one == NULL)
			refuse_dimension(source, lfirst(lc), names);
		foreach (other, dimensions)
			if (strcmp(((AnDimension *) lfirst(other))->name, one->name) == 0)
				ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
								errmsg("dimension \"%s\" is given more than once", one->name)));
		dimensions = lappend(dimensions, one);
	}
	if (list_length(dimensions) > AN_DIMENSIONS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%d dimensions are given, the limit is %d", list_length(dimensions),
							   AN_DIMENSIONS_MAX)));
	return dimensions;
}

AnDimension *
an_dimension_find(AnSpi *spi, const AnSource *source, const char *name, List **names)
{
	List *expressions, *metrics;

	*names = known_dimensions(spi, source, &expressions, &metrics);
	return find_dimension(source, name, *names, expressions, metrics);
}

/* Lists the names that can be asked for, their expressions, and the metrics that declare them (NULL: a column). */
static List *
known_dimensions(AnSpi *spi, const AnSource *source, List **expressions, List **metrics)
{
	AnQuery query;
	List *names = NIL;

	*expressions = *metrics = NIL;
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT d.name, d.expression, m.name FROM analytics.metrics m, "
					 "unnest(m.dimensions, m.dimension_expressions) d(name, expression) "
					 "WHERE m.source = $%d UNION ALL "
					 "SELECT attname, quote_ident(attname), NULL FROM pg_attribute "
					 "WHERE attrelid = %u AND attnum > 0 AND NOT attisdropped ",
					 an_query_text(&query, source->name), source->relid);
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		names = lappend(names, an_spi_text(i, 1));
		*expressions = lappend(*expressions, an_spi_text(i, 2));
		*metrics = lappend(*metrics, an_spi_text(i, 3));
	}
	return names;
}

/* Finds a dimension that some metric of the source declares, else a column of the relation; NULL where there is none. */
static AnDimension *
find_dimension(const AnSource *source, const char *name, List *names, List *expressions,
			   List *metrics)
{
	AnDimension *dimension = palloc(sizeof(AnDimension));
	const char *text = NULL;
	ListCell *lc, *expression, *metric;

	forthree(lc, names, expression, expressions, metric, metrics)
	{
		if (strcmp(lfirst(lc), name) != 0)
			continue;
		if (text == NULL)
			text = lfirst(expression);
		else if (lfirst(metric) && strcmp(text, lfirst(expression)) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_AMBIGUOUS_COLUMN),
					 errmsg("dimension \"%s\" of source \"%s\" is ambiguous", name, source->name),
					 errdetail("Metric \"%s\" declares it as another expression than a metric "
							   "before it.",
							   (char *) lfirst(metric)),
					 errhint("Declare it under a name of its own.")));
	}
	if (text == NULL)
		return NULL;
	dimension->name = pstrdup(name);
	dimension->expression =
		an_expression_check(text, source->relid, psprintf("dimension \"%s\"", name));
	return dimension;
}

/* Splits at commas; blanks around a name are left out. */
static List *
split_names(const char *name)
{
	List *names = NIL;
	const char *comma;

	do
	{
		const char *end;

		comma = strchr(name, ',');
		end = comma ? comma : name + strlen(name);
		name += strspn(name, " \t\r\n");
		while (end > name && strchr(" \t\r\n", end[-1]))
			end--;
		names = lappend(names, pnstrdup(name, Max(end - name, 0)));
		name = comma + 1;
	} while (comma);
	return names;
}

static void
refuse_dimension(const AnSource *source, const char *name, List *names)
{
	const char *nearest = an_name_nearest(name, names);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a dimension of source \"%s\"", an_shown(name), source->name),
			 nearest
				 ? errhint("Perhaps you meant the dimension \"%s\".", nearest)
				 : errhint("Use a column of the relation, or a dimension of one of its metrics.")));
}
