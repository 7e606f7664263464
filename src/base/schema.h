/*
 * schema.h - where functions of ours make tables, and who owns them
 */
#ifndef AN_BASE_SCHEMA_H
#define AN_BASE_SCHEMA_H

#include "postgres.h"

/*
 * an_creation_schema returns the caller's schema for new things: the first of the search path but ours.
 * Raises 3F000 where there is none or where it is temporary: "`what` cannot stand in a temporary table".
 */
extern Oid an_creation_schema(const char *what);

/* an_relation_sql returns the quoted name of a relation with its schema, or NULL where there is none. */
extern char *an_relation_sql(Oid relid);

/* an_relation_owner returns who owns a relation, or InvalidOid where there is none. */
extern Oid an_relation_owner(Oid relid);

#endif /* AN_BASE_SCHEMA_H */
