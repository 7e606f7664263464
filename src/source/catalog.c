/*
 * catalog.c - sources are defined, changed, dropped and read
 *
 * The catalog is the table analytics.sources; whoever defines a source needs
 * rights on it, and the right to read the relation.
 */
#include "source/source.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* The catalog's columns that hold expressions, in the order of AnRole. */
static const char *const role_names[AN_N_ROLES] = {
	"at", "entity", "event", "tenant", "session", "properties", "event_id",
};

/* A definition as its arguments give it, before and after it is checked. */
typedef struct Definition
{
	char *name;				 /* name of the source */
	Oid relid;				 /* its relation */
	char *roles[AN_N_ROLES]; /* expressions, NULL for none */
	char *timezone;			 /* zone, NULL for none */
} Definition;

static void check_definition(Definition *definition);
static void check_relation(Oid relid);
static void check_role(const Definition *definition, AnRole role, const AnExpression *expression);
static void probe(AnSpi *spi, const Definition *definition);
static List *source_names(AnSpi *spi);
static void lock_definition(AnSpi *spi, const char *name);
static bool read_definition(AnSpi *spi, const char *name, Definition *definition);
static void bind_definition(AnQuery *query, const Definition *definition);

/* Registers a relation as a source.  Errors: 42710 exists, 22023 and the errors of an_expression_check. */
AN_SQL(add_source)
{
	Definition definition = {0};
	AnSpi spi;
	AnQuery query;

	definition.name = an_arg_required(fcinfo, 0, "name");
	an_not_null(PG_ARGISNULL(1), "relation");
	an_not_null(PG_ARGISNULL(2), "at");
	an_not_null(PG_ARGISNULL(3), "entity");
	definition.relid = PG_GETARG_OID(1);
	for (int i = 0; i < AN_N_ROLES; i++)
		definition.roles[i] = an_arg_text(fcinfo, 2 + i);
	definition.timezone = an_arg_text(fcinfo, 2 + AN_N_ROLES);
	an_name_check("source", definition.name);
	check_definition(&definition);

	an_spi_begin(&spi, AN_WRITE);
	probe(&spi, &definition);
	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT 1 FROM analytics.sources WHERE name = $%d",
					 an_query_text(&query, definition.name));
	if (an_query_run(&spi, &query, 0) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("source \"%s\" already exists", definition.name),
				 errhint("Change it with alter_source, or drop it first with drop_source.")));
	an_query_init(&query);
	appendStringInfoString(
		&query.sql, "INSERT INTO analytics.sources (name, relation, at, entity, event, tenant, "
					"session, properties, event_id, timezone) "
					"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
	bind_definition(&query, &definition);
	(void) an_query_run(&spi, &query, 0);
	an_spi_end(&spi);
	PG_RETURN_VOID();
}

/* Changes what is given of a source; NULL keeps, an empty text removes what is optional. */
AN_SQL(alter_source)
{
	Definition definition = {0};
	AnSpi spi;
	AnQuery query;
	char *name;

	name = an_arg_required(fcinfo, 0, "name");
	an_spi_begin(&spi, AN_WRITE);
	if (!read_definition(&spi, name, &definition))
		an_unknown("source", name, source_names(&spi));
	/* The relations first and then the row, in the order of ALTER TABLE and our event trigger. */
	LockRelationOid(definition.relid, AccessShareLock);
	if (!PG_ARGISNULL(1))
		LockRelationOid(PG_GETARG_OID(1), AccessShareLock);
	lock_definition(&spi, name);
	if (!read_definition(&spi, name, &definition))
		an_unknown("source", name, source_names(&spi));
	an_spi_end(&spi);

	if (!PG_ARGISNULL(1))
		definition.relid = PG_GETARG_OID(1);
	for (int i = 0; i <= AN_N_ROLES; i++)
	{
		char *value = an_arg_text(fcinfo, 2 + i);
		char **field = i < AN_N_ROLES ? &definition.roles[i] : &definition.timezone;

		if (value)
			*field = value[0] || i <= AN_ROLE_ENTITY ? value : NULL;
	}
	check_definition(&definition);

	an_spi_begin(&spi, AN_WRITE);
	probe(&spi, &definition);
	an_query_init(&query);
	appendStringInfoString(&query.sql,
						   "UPDATE analytics.sources SET relation = $2, at = $3, entity = $4, "
						   "event = $5, tenant = $6, session = $7, properties = $8, event_id = $9, "
						   "timezone = $10 WHERE name = $1");
	bind_definition(&query, &definition);
	(void) an_query_run(&spi, &query, 0);
	an_source_dependents_altered(&spi, name);
	an_spi_end(&spi);
	PG_RETURN_VOID();
}

/* Drops a source; refused while metrics use it unless cascade. */
AN_SQL(drop_source)
{
	AnSpi spi;
	AnQuery query;
	char *name;
	bool cascade = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);

	name = an_arg_required(fcinfo, 0, "name");
	an_spi_begin(&spi, AN_WRITE);
	/* Wait for whoever is defining a metric over it, then look what depends on it. */
	lock_definition(&spi, name);
	an_source_dependents_drop(&spi, name, cascade);
	an_query_init(&query);
	appendStringInfo(&query.sql, "DELETE FROM analytics.sources WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(&spi, &query, 0) == 0)
		an_unknown("source", name, source_names(&spi));
	an_spi_end(&spi);
	PG_RETURN_VOID();
}

AnSource *
an_source_load(AnSpi *spi, const char *name)
{
	Definition definition = {0};
	AnSource *source = palloc0(sizeof(AnSource));

	if (!read_definition(spi, name, &definition))
		an_unknown("source", name, source_names(spi));
	check_relation(definition.relid);
	source->name = definition.name;
	source->relid = definition.relid;
	source->timezone = definition.timezone;
	source->relation = an_relation_sql(source->relid);
	for (int i = 0; i < AN_N_ROLES; i++)
		if (definition.roles[i])
		{
			char *what = psprintf("\"%s\" of source \"%s\"", role_names[i], name);

			source->roles[i] = an_expression_check(definition.roles[i], source->relid, what);
			check_role(&definition, i, &source->roles[i]);
		}
	return source;
}

const char *
an_source_role_name(AnRole role)
{
	return role_names[role];
}

/* Checks every part of a definition and puts its expressions into canonical form. */
static void
check_definition(Definition *definition)
{
	check_relation(definition->relid);
	if (definition->timezone)
		(void) an_zone_find(definition->timezone);
	for (int i = 0; i < AN_N_ROLES; i++)
		if (definition->roles[i])
		{
			AnExpression expression =
				an_expression_check(definition->roles[i], definition->relid,
									psprintf("argument \"%s\"", role_names[i]));

			check_role(definition, i, &expression);
			definition->roles[i] = expression.text;
		}
}

static void
check_relation(Oid relid)
{
	char kind = get_rel_relkind(relid);

	if (kind == '\0')
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relid)));
	if (get_rel_persistence(relid) == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" cannot be a source", get_rel_name(relid)),
				 errdetail(
					 "A temporary relation is gone when its session ends, and no other sees it.")));
	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE && kind != RELKIND_VIEW &&
		kind != RELKIND_MATVIEW && kind != RELKIND_FOREIGN_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" cannot be a source", get_rel_name(relid)),
						errhint("A source is a table, partitioned table, view, materialized view "
								"or foreign table.")));
}

/* Checks that an expression has a type that its role can use. */
static void
check_role(const Definition *definition, AnRole role, const AnExpression *expression)
{
	if (role == AN_ROLE_AT && expression->type != TIMESTAMPTZOID &&
		expression->type != TIMESTAMPOID && expression->type != DATEOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("\"at\" of source \"%s\" must be timestamptz, timestamp or date, not %s",
						definition->name, format_type_be(expression->type)),
				 errhint("Convert it in the expression, as in to_timestamp(epoch_seconds).")));
	if (role == AN_ROLE_PROPERTIES && expression->type != JSONBOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("\"properties\" of source \"%s\" must be jsonb, not %s",
							   definition->name, format_type_be(expression->type))));
}

/*
 * Reads no row of the relation with every expression in place: whoever defines a
 * source must be allowed to read what it names, and the entity must be one that
 * can be grouped.
 */
static void
probe(AnSpi *spi, const Definition *definition)
{
	AnQuery query;
	Oid relid = definition->relid;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT (%s)", definition->roles[AN_ROLE_AT]);
	for (int i = AN_ROLE_ENTITY; i < AN_N_ROLES; i++)
		if (definition->roles[i])
			appendStringInfo(&query.sql, ", (%s)", definition->roles[i]);
	appendStringInfo(&query.sql, " FROM %s WHERE false GROUP BY 1, 2", an_relation_sql(relid));
	for (int i = AN_ROLE_EVENT, n = 3; i < AN_N_ROLES; i++)
		if (definition->roles[i])
			appendStringInfo(&query.sql, ", %d", n++);
	(void) an_query_run(spi, &query, 0);
}

static List *
source_names(AnSpi *spi)
{
	AnQuery query;
	List *names = NIL;

	an_query_init(&query);
	appendStringInfoString(&query.sql, "SELECT name FROM analytics.sources ORDER BY name");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		names = lappend(names, an_spi_text(i, 1));
	return names;
}

/* Locks a row of the catalog until the transaction ends: two changes at once come one after the other. */
static void
lock_definition(AnSpi *spi, const char *name)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT 1 FROM analytics.sources WHERE name = $%d FOR UPDATE",
					 an_query_text(&query, name));
	(void) an_query_run(spi, &query, 0);
}

/* Reads a row of the catalog into the caller's context; false where there is none. */
static bool
read_definition(AnSpi *spi, const char *name, Definition *definition)
{
	AnQuery query;
	MemoryContext old;
	bool isnull;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT relation, at, entity, event, tenant, session, properties, event_id, "
					 "timezone FROM analytics.sources WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) == 0)
		return false;
	old = MemoryContextSwitchTo(spi->caller);
	definition->name = pstrdup(name);
	definition->relid = DatumGetObjectId(an_spi_datum(0, 1, &isnull));
	for (int i = 0; i < AN_N_ROLES; i++)
		definition->roles[i] = an_spi_text(0, 2 + i);
	definition->timezone = an_spi_text(0, 2 + AN_N_ROLES);
	MemoryContextSwitchTo(old);
	return true;
}

/* Adds the parameters name, relation, the roles and timezone, in this order. */
static void
bind_definition(AnQuery *query, const Definition *definition)
{
	(void) an_query_text(query, definition->name);
	(void) an_query_param(query, REGCLASSOID, ObjectIdGetDatum(definition->relid), false);
	for (int i = 0; i < AN_N_ROLES; i++)
		(void) an_query_text(query, definition->roles[i]);
	(void) an_query_text(query, definition->timezone);
}
