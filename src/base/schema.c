/*
 * schema.c - where functions of ours make tables, and who owns them
 */
#include "base/base.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

Oid
an_creation_schema(const char *what)
{
	Oid ours = get_namespace_oid(AN_SCHEMA, false);
	Oid schema = InvalidOid;
	ListCell *lc;

	/* Those who have our functions on their path do not mean to put tables beside them. */
	foreach (lc, fetch_search_path(false))
		if (!OidIsValid(schema) && lfirst_oid(lc) != ours)
			schema = lfirst_oid(lc);

	if (!OidIsValid(schema))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_SCHEMA),
						errmsg("no schema has been selected to create in"),
						errhint("Set search_path to the schema that the table shall stand in.")));
	if (isAnyTempNamespace(schema))
		ereport(ERROR, (errcode(ERRCODE_INVALID_SCHEMA_NAME),
						errmsg("%s cannot stand in a temporary table", what),
						errhint("Set search_path to the schema that the table shall stand in.")));
	return schema;
}

char *
an_relation_sql(Oid relid)
{
	char *name = get_rel_name(relid);
	char *schema = name ? get_namespace_name(get_rel_namespace(relid)) : NULL;

	return schema ? quote_qualified_identifier(schema, name) : NULL;
}

Oid
an_relation_owner(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}
