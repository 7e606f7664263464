/*
 * drop.c - rollups are dropped: by name, or with something that they stand on
 *
 * The rows of the catalogs go first, then the table, so that our own event trigger finds nothing
 * that depends on it; and with the last rollup that learns of changes of a relation, the
 * capture there.
 */
#include "rollup/create.h"

#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "rollup/capture.h"

/* What has to be known of a rollup to drop it, whether or not it can still be read. */
typedef struct Row
{
	char *name;		  /* its name */
	Oid relid;		  /* its table, which may be gone */
	Oid source_relid; /* the relation of its events, which may be gone */
} Row;

static bool find_row(AnSpi *spi, const char *name, Row *row);
static bool lock_row(AnSpi *spi, const char *name, bool cascaded, Row *row);
static void check_owner(const Row *row);
static bool is_last(AnSpi *spi, const Row *row);
static void drop_table(AnSpi *spi, const Row *row, bool cascaded);

/* Drops a rollup and its table.  Errors: 42704, 42501 not its owner, 2BP01 something reads the table. */
AN_SQL(drop_rollup)
{
	char *name = an_arg_required(fcinfo, 0, "name");
	AnSpi spi;

	PreventCommandIfReadOnly("drop_rollup()");
	an_spi_begin(&spi, AN_WRITE);
	an_rollup_drop(&spi, name, false);
	an_spi_end(&spi);
	PG_RETURN_VOID();
}

void
an_rollup_drop(AnSpi *spi, const char *name, bool cascaded)
{
	Row row;
	AnUser user;
	bool last;

	if (!lock_row(spi, name, cascaded, &row))
		return;
	last = is_last(spi, &row);
	an_rollup_forget(spi, name);
	an_capture_changed(row.source_relid);
	if (cascaded)
		ereport(NOTICE, (errmsg("drop cascades to rollup \"%s\"", name)));
	/* What a restore drops itself, or brings back, is not for us to touch. */
	if (an_source_restoring())
		return;
	drop_table(spi, &row, cascaded);
	if (last && get_rel_name(row.source_relid))
	{
		user = an_user_become(an_relation_owner(row.source_relid), true);
		an_capture_remove(row.source_relid);
		an_user_restore(user);
	}
}

void
an_rollup_forget(AnSpi *spi, const char *name)
{
	AnUser user = an_user_become(an_catalog_owner(), true);
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql, "DELETE FROM analytics.rollup_marks WHERE rollup = $%d",
					 an_query_text(&query, name));
	(void) an_query_run(spi, &query, 0);
	an_query_init(&query);
	appendStringInfo(&query.sql, "DELETE FROM analytics.rollups WHERE name = $%d",
					 an_query_text(&query, name));
	(void) an_query_run(spi, &query, 0);
	an_user_restore(user);
}

static bool
find_row(AnSpi *spi, const char *name, Row *row)
{
	AnQuery query;
	bool isnull;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT relation::oid, source_relation::oid FROM analytics.rollups "
					 "WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) == 0)
		return false;
	row->name = pstrdup(name);
	row->relid = DatumGetObjectId(an_spi_datum(0, 1, &isnull));
	row->source_relid = DatumGetObjectId(an_spi_datum(0, 2, &isnull));
	return true;
}

/* Locks the source, the table and then the row, in the order of DROP TABLE and our event trigger; false: no such rollup. */
static bool
lock_row(AnSpi *spi, const char *name, bool cascaded, Row *row)
{
	AnUser user;
	AnQuery query;
	Oid relid = InvalidOid;

	for (;;)
	{
		if (!find_row(spi, name, row))
		{
			if (!cascaded)
				an_unknown("rollup", name, an_rollup_names(spi));
			return false;
		}
		if (!cascaded)
			check_owner(row);
		if (row->relid == relid)
			break;
		relid = row->relid;
		if (is_last(spi, row))
			LockRelationOid(row->source_relid, AccessExclusiveLock);
		LockRelationOid(relid, AccessExclusiveLock);
	}
	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT 1 FROM analytics.rollups WHERE name = $%d FOR UPDATE",
					 an_query_text(&query, name));
	user = an_user_become(an_catalog_owner(), true);
	(void) an_query_run(spi, &query, 0);
	an_user_restore(user);
	return true;
}

static void
check_owner(const Row *row)
{
	Oid owner = an_relation_owner(row->relid);

	if (!OidIsValid(owner))
		owner = an_catalog_owner();
	if (!has_privs_of_role(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of rollup \"%s\"", row->name),
				 errhint("It belongs to \"%s\", who owns its table.",
						 GetUserNameFromId(owner, true) ? GetUserNameFromId(owner, true) : "")));
}

/* Tells whether no other rollup needs to learn of changes of the same relation, and this one does. */
static bool
is_last(AnSpi *spi, const Row *row)
{
	AnQuery query;
	bool isnull;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT count(*) FILTER (WHERE name = $%d) = 1 AND count(*) = 1 "
					 "FROM analytics.rollups WHERE source_relation::oid = %u AND capture <> 'scan'",
					 an_query_text(&query, row->name), row->source_relid);
	(void) an_query_run(spi, &query, 0);
	return DatumGetBool(an_spi_datum(0, 1, &isnull));
}

static void
drop_table(AnSpi *spi, const Row *row, bool cascaded)
{
	char *name = get_rel_name(row->relid);
	AnUser user;

	if (name == NULL)
		return;
	user = an_user_become(an_relation_owner(row->relid), true);
	an_rollup_command(spi, psprintf("DROP TABLE %s%s",
									quote_qualified_identifier(
										get_namespace_name(get_rel_namespace(row->relid)), name),
									cascaded ? " CASCADE" : ""));
	an_user_restore(user);
}
