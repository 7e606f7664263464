/*
 * summarize.c - the index on transactions told of what has been inserted
 *
 * An index of the BRIN kind leaves new parts of a table out until VACUUM comes, which for a large table
 * is when a fifth of it is new; until then all of that is read by whoever looks for newer events, and
 * by every refresh.  So a refresh that has found some summarizes, as VACUUM does.
 */
#include "rollup/work.h"

#include "access/genam.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

static void summarize(Oid table, Oid index);
static int oid_array(AnQuery *query, List *oids);

void
an_work_summarize(AnRollupWork *work)
{
	List *tables = find_all_inheritors(work->rollup->source_relid, AccessShareLock, NULL);
	Oid *indexes, *relids;
	uint64 n;
	AnQuery query;
	bool none;

	an_query_init(&query);
	appendStringInfo(
		&query.sql,
		"SELECT i.indrelid, i.indexrelid FROM pg_catalog.pg_index i "
		"JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i' "
		"JOIN pg_catalog.pg_am a ON a.oid = c.relam AND a.amname IN ('brin', 'analytics_tail') "
		"JOIN pg_catalog.pg_attribute t ON t.attrelid = i.indrelid AND t.attnum = i.indkey[0] "
		"WHERE i.indrelid = ANY ($%d) AND i.indnatts = 1 AND i.indpred IS NULL AND i.indisvalid "
		"AND t.attname = '" AN_XID_COLUMN "'",
		oid_array(&query, tables));
	n = an_query_run(work->spi, &query, 0);
	indexes = palloc(Max(n, 1) * sizeof(Oid));
	relids = palloc(Max(n, 1) * sizeof(Oid));
	for (uint64 i = 0; i < n; i++)
	{
		relids[i] = DatumGetObjectId(an_spi_datum(i, 1, &none));
		indexes[i] = DatumGetObjectId(an_spi_datum(i, 2, &none));
	}
	for (uint64 i = 0; i < n; i++)
		summarize(relids[i], indexes[i]);
}

/* Summarizes one index, unless its table is being vacuumed, or something else keeps us off. */
static void
summarize(Oid table, Oid index)
{
	IndexVacuumInfo info = {.estimated_count = true, .message_level = DEBUG2};
	Relation relation;

	if (!ConditionalLockRelationOid(table, ShareUpdateExclusiveLock))
		return;
	relation = try_relation_open(table, NoLock);
	info.index = relation ? try_relation_open(index, RowExclusiveLock) : NULL;
	if (info.index)
	{
		an_compat_vacuum_heap(&info, relation);
		info.num_heap_tuples = relation->rd_rel->reltuples;
		(void) index_vacuum_cleanup(&info, NULL);
		relation_close(info.index, RowExclusiveLock);
	}
	if (relation)
		relation_close(relation, NoLock);
	UnlockRelationOid(table, ShareUpdateExclusiveLock);
}

/* Adds an oid[] as a parameter and returns its number. */
static int
oid_array(AnQuery *query, List *oids)
{
	Datum *elements = palloc(Max(list_length(oids), 1) * sizeof(Datum));
	ListCell *lc;

	foreach (lc, oids)
		elements[foreach_current_index(lc)] = ObjectIdGetDatum(lfirst_oid(lc));
	return an_query_param(query, OIDARRAYOID,
						  PointerGetDatum(construct_array(elements, list_length(oids), OIDOID,
														  sizeof(Oid), true, TYPALIGN_INT)),
						  false);
}
