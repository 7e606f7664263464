/*
 * capture.c - what a rollup needs on its source's table is chosen, made and taken away
 */
#include "rollup/capture.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "rollup/create.h"
#include "rollup/tail.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* Pages of the table that one entry of the index on `_x` is of. */
#define PAGES_PER_RANGE 32

static const char *no_triggers(Oid relid);
static const char *no_column(Oid relid);
static void refuse(const AnSource *source, const char *capture, const char *reason,
				   const char *hint) pg_attribute_noreturn();
static void check_column(Oid relid);
static void check_owner(Oid relid);
static void check_isolation(void);
static void check_virtual(const AnRollup *rollup, AnRole role);
static void add_column(AnSpi *spi, Oid relid);
static void add_index(AnSpi *spi, Oid relid);
static void remove_column(AnSpi *spi, Oid relid);

AnCapture
an_capture_choose(const AnSource *source, const char *capture)
{
	bool automatic = strcmp(capture, "auto") == 0;
	AnCapture wanted = automatic ? AN_CAPTURE_XID : an_capture_parse(capture);
	const char *reason;

	if (wanted == AN_CAPTURE_SCAN)
		return wanted;
	reason = no_triggers(source->relid);
	if (reason && !automatic)
		refuse(source, capture, reason, "scan");
	if (reason)
	{
		ereport(NOTICE,
				(errmsg("capture is \"scan\": \"%s\" %s", get_rel_name(source->relid), reason)));
		return AN_CAPTURE_SCAN;
	}
	check_owner(source->relid);
	if (wanted == AN_CAPTURE_TRIGGER)
		return wanted;
	reason = no_column(source->relid);
	if (reason && !automatic)
		refuse(source, capture, reason, "trigger");
	if (reason)
	{
		ereport(NOTICE,
				(errmsg("capture is \"trigger\": \"%s\" %s", get_rel_name(source->relid), reason)));
		return AN_CAPTURE_TRIGGER;
	}
	check_column(source->relid);
	if (automatic && get_attnum(source->relid, AN_XID_COLUMN) == InvalidAttrNumber)
		ereport(NOTICE, (errmsg("capture is \"xid\": table \"%s\" gets the column \"%s\"",
								get_rel_name(source->relid), AN_XID_COLUMN)));
	return AN_CAPTURE_XID;
}

void
an_capture_install(const AnRollup *rollup)
{
	AnCapturePart part = {.source = rollup->source_relid,
						  .inserts = rollup->capture == AN_CAPTURE_TRIGGER};
	bool column = rollup->capture == AN_CAPTURE_XID &&
				  get_attnum(part.source, AN_XID_COLUMN) == InvalidAttrNumber;
	ListCell *lc;
	List *tables;
	AnSpi spi;

	if (rollup->capture == AN_CAPTURE_SCAN)
		return;
	check_isolation();
	check_owner(part.source);
	check_virtual(rollup, AN_ROLE_AT);
	check_virtual(rollup, AN_ROLE_TENANT);
	tables = find_all_inheritors(part.source, column ? AccessExclusiveLock : ShareRowExclusiveLock,
								 NULL);
	an_spi_begin(&spi, AN_WRITE);
	if (rollup->capture == AN_CAPTURE_XID)
		check_column(part.source);
	if (column)
		add_column(&spi, part.source);
	if (rollup->capture == AN_CAPTURE_XID)
		add_index(&spi, part.source);
	part.xid = get_attnum(part.source, AN_XID_COLUMN) != InvalidAttrNumber &&
			   rollup->capture == AN_CAPTURE_XID;
	foreach (lc, tables)
	{
		part.relid = lfirst_oid(lc);
		an_capture_part_install(&spi, &part);
	}
	if (column)
	{
		AnUser user = an_user_become(an_catalog_owner(), false);
		AnQuery query;

		an_query_init(&query);
		appendStringInfo(&query.sql,
						 "UPDATE analytics.rollup_tables SET added = true WHERE relation::oid = %u",
						 part.source);
		(void) an_query_run(&spi, &query, 0);
		an_user_restore(user);
	}
	an_spi_end(&spi);
	an_capture_changed(part.source);
}

void
an_capture_remove(Oid relid)
{
	bool isnull, added;
	AnUser user;
	AnQuery query;
	ListCell *lc;
	List *tables;
	AnSpi spi;

	tables = find_all_inheritors(relid, AccessExclusiveLock, NULL);
	an_spi_begin(&spi, AN_WRITE);
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT COALESCE(bool_or(added), false) FROM analytics.rollup_tables "
					 "WHERE source::oid = %u",
					 relid);
	(void) an_query_run(&spi, &query, 0);
	added = DatumGetBool(an_spi_datum(0, 1, &isnull));
	foreach (lc, tables)
		an_capture_part_remove(&spi, lfirst_oid(lc));
	if (added)
		remove_column(&spi, relid);
	user = an_user_become(an_catalog_owner(), false);
	an_query_init(&query);
	appendStringInfo(&query.sql, "DELETE FROM analytics.rollup_tables WHERE source::oid = %u",
					 relid);
	(void) an_query_run(&spi, &query, 0);
	an_user_restore(user);
	an_spi_end(&spi);
	an_capture_changed(relid);
}

void
an_capture_changed(Oid relid)
{
	ListCell *lc;

	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
		return;
	foreach (lc, find_all_inheritors(relid, NoLock, NULL))
		CacheInvalidateRelcacheByRelid(lfirst_oid(lc));
}

/* Returns why a relation cannot have the triggers, to follow its name; NULL if it can. */
static const char *
no_triggers(Oid relid)
{
	char kind = get_rel_relkind(relid);
	ListCell *lc;

	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE)
		return "is not a table";
	if (get_rel_relispartition(relid))
		return "is a partition, and statements on its parent fire no triggers of its own";
	if (kind == RELKIND_RELATION && (has_subclass(relid) || has_superclass(relid)))
		return "has inheritance parents or children, for whose statements its triggers do not fire";
	if (get_rel_persistence(relid) == RELPERSISTENCE_TEMP)
		return "is a temporary table";
	if (get_rel_persistence(relid) == RELPERSISTENCE_UNLOGGED)
		return "is an unlogged table, which a crash empties without a trigger";
	foreach (lc, find_all_inheritors(relid, NoLock, NULL))
	{
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_FOREIGN_TABLE)
			return "has a foreign table as a partition";
		if (get_rel_persistence(lfirst_oid(lc)) == RELPERSISTENCE_UNLOGGED)
			return "has an unlogged partition, which a crash empties without a trigger";
	}
	return NULL;
}

/* Returns why a table cannot get the column, to follow its name; NULL if it can. */
static const char *
no_column(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool typed;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	typed = OidIsValid(((Form_pg_class) GETSTRUCT(tuple))->reloftype);
	ReleaseSysCache(tuple);
	return typed ? "is a table of a composite type, which gets no further column" : NULL;
}

static void
refuse(const AnSource *source, const char *capture, const char *reason, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("rollups of source \"%s\" cannot have capture \"%s\"", source->name, capture),
			 errdetail("\"%s\" %s.", get_rel_name(source->relid), reason),
			 errhint("Use capture => '%s'.", hint)));
}

/* Raises an error for a column of the name that is not ours. */
static void
check_column(Oid relid)
{
	AttrNumber number = get_attnum(relid, AN_XID_COLUMN);

	if (number == InvalidAttrNumber || get_atttype(relid, number) == an_rollup_xid_type())
		return;
	ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
					errmsg("column \"%s\" of table \"%s\" is of type %s", AN_XID_COLUMN,
						   get_rel_name(relid), format_type_be(get_atttype(relid, number))),
					errdetail("Capture \"xid\" needs a column of that name for itself."),
					errhint("Rename that column, or use capture => 'trigger'.")));
}

static void
check_owner(Oid relid)
{
	Oid owner = an_relation_owner(relid);

	if (has_privs_of_role(GetUserId(), owner))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("must be owner of table \"%s\"", get_rel_name(relid)),
			 errdetail(
				 "A rollup learns of new and changed events by a column or triggers of the table."),
			 errhint("Let \"%s\" create the rollup, or use capture => 'scan'.",
					 GetUserNameFromId(owner, false))));
}

/* What was changed between the snapshot and the lock would leave no mark. */
static void
check_isolation(void)
{
	if (!IsolationUsesXactSnapshot())
		return;
	ereport(ERROR,
			(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
			 errmsg("a rollup cannot be created in a transaction of isolation level repeatable "
					"read or serializable"),
			 errdetail("Its snapshot does not show what other transactions did until now."),
			 errhint("Create it in a transaction of isolation level read committed.")));
}

/* Triggers see rows as they are stored, without what is computed when they are read. */
static void
check_virtual(const AnRollup *rollup, AnRole role)
{
	const char *text = rollup->source->roles[role].text;
	ListCell *lc;

	if (text == NULL)
		return;
	foreach (lc, an_expression_columns(text))
	{
		HeapTuple tuple = SearchSysCacheAttName(rollup->source_relid, lfirst(lc));
		bool is_virtual;

		if (!HeapTupleIsValid(tuple))
			continue;
		is_virtual = an_compat_is_virtual((Form_pg_attribute) GETSTRUCT(tuple));
		ReleaseSysCache(tuple);
		if (is_virtual)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("\"%s\" of source \"%s\" reads the virtual generated column \"%s\"",
							an_source_role_name(role), rollup->source->name, (char *) lfirst(lc)),
					 errhint("Make the column STORED, write its expression in the source, or use "
							 "capture => 'scan'.")));
	}
}

/* Adds the column, without a default for the rows that are there: the table is not rewritten. */
static void
add_column(AnSpi *spi, Oid relid)
{
	const char *table = an_relation_sql(relid);

	an_rollup_command(
		spi, psprintf("ALTER TABLE %s ADD COLUMN %s analytics.inserted_by", table, AN_XID_COLUMN));
	an_rollup_command(spi, psprintf("COMMENT ON COLUMN %s.%s IS 'Transaction that inserted the "
									"row; kept by analytics for its rollups'",
									table, AN_XID_COLUMN));
}

/* Makes the index that finds newer events, unless one begins with the column. */
static void
add_index(AnSpi *spi, Oid relid)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT 1 FROM pg_catalog.pg_index WHERE indrelid = %u AND indkey[0] = %d "
					 "AND indpred IS NULL AND indisvalid",
					 relid, get_attnum(relid, AN_XID_COLUMN));
	if (an_query_run(spi, &query, 1) > 0)
		return;
	an_rollup_command(spi, psprintf("CREATE INDEX ON %s USING %s (%s) WITH (pages_per_range = %d)",
									an_relation_sql(relid), an_tail_method(), AN_XID_COLUMN,
									PAGES_PER_RANGE));
}

/* Drops the column, and the index with it. */
static void
remove_column(AnSpi *spi, Oid relid)
{
	if (get_attnum(relid, AN_XID_COLUMN) == InvalidAttrNumber)
		return;
	an_rollup_command(
		spi, psprintf("ALTER TABLE %s DROP COLUMN %s", an_relation_sql(relid), AN_XID_COLUMN));
}
