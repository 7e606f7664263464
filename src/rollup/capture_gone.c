/*
 * capture_gone.c - partitions that went, and those that came back
 *
 * The rows of a partition go without a trigger.  Where a source's table is partitioned by ranges of the rollup's own time, the
 * rollup keeps what it holds of them: the range is frozen, as far as there are cells.  Otherwise
 * everything is marked, and computed again from what is left.
 */
#include "rollup/capture.h"

#include "access/table.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* A captured table that is none any more. */
typedef struct Gone
{
	Oid relid;		 /* it */
	bool bounded;	 /* its range is known */
	Datum bounds[2]; /* [start, finish) of its times */
	bool whole;		 /* it had all rows of the range */
} Gone;

static List *read_gone(AnSpi *spi, Oid source, List *tables);
static void go(AnSpi *spi, Oid source, const Gone *gone, List *all);
static bool is_below_gone(const Gone *gone, List *all);
static bool is_partitioned_by(Oid source, const AnCaptured *captured);
static void freeze(AnSpi *spi, const AnCaptured *captured, const Gone *gone);
static TimestampTz last_cell(AnSpi *spi, const AnCaptured *captured, const Gone *gone);
static PartitionBoundSpec *bound_of(Oid relid);
static AttrNumber key_of(Oid source);
static bool bound_instant(List *datums, Datum *instant);

void
an_capture_follow_gone(AnSpi *spi, Oid source, List *tables)
{
	List *gone = read_gone(spi, source, tables);
	ListCell *lc;

	foreach (lc, gone)
		go(spi, source, lfirst(lc), gone);
}

void
an_capture_unfreeze(AnSpi *spi, Oid source, Oid relid)
{
	Datum bounds[2] = {TimestampTzGetDatum(DT_NOBEGIN), TimestampTzGetDatum(DT_NOEND)};
	bool whole;
	AnQuery query;

	(void) an_capture_bounds(source, relid, bounds, &whole);
	an_query_init(&query);
	(void) an_query_param(&query, TIMESTAMPTZOID, bounds[0], false);
	(void) an_query_param(&query, TIMESTAMPTZOID, bounds[1], false);
	appendStringInfo(&query.sql,
					 "WITH met AS (DELETE FROM analytics.rollup_frozen f "
					 "USING analytics.rollups r WHERE r.source_relation::oid = %u "
					 "AND f.rollup = r.name AND f.start < $2 AND f.finish > $1 "
					 "RETURNING f.rollup, f.start, f.finish), "
					 "kept AS (INSERT INTO analytics.rollup_frozen (rollup, start, finish) "
					 "SELECT rollup, start, $1 FROM met WHERE start < $1 "
					 "UNION ALL SELECT rollup, $2, finish FROM met WHERE finish > $2) "
					 "SELECT 1 FROM met LIMIT 1",
					 source);
	if (an_query_run(spi, &query, 0) > 0)
		an_capture_mark_all(an_captured(source));
}

/* Reads which captured tables of a source are not among its tables any more, the widest first. */
static List *
read_gone(AnSpi *spi, Oid source, List *tables)
{
	List *list = NIL;
	AnQuery query;
	bool isnull, from_null, to_null;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT relation::oid, start, finish, whole FROM analytics.rollup_tables "
					 "WHERE source::oid = %u ORDER BY whole DESC",
					 source);
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Oid relid = DatumGetObjectId(an_spi_datum(i, 1, &isnull));
		Gone *gone;

		if (list_member_oid(tables, relid))
			continue;
		gone = palloc(sizeof(Gone));
		gone->relid = relid;
		gone->bounds[0] = an_spi_datum(i, 2, &from_null);
		gone->bounds[1] = an_spi_datum(i, 3, &to_null);
		gone->bounded = !from_null && !to_null;
		gone->whole = DatumGetBool(an_spi_datum(i, 4, &isnull));
		list = lappend(list, gone);
	}
	return list;
}

/* A partition went, and its rows with it; `all` are those that went. */
static void
go(AnSpi *spi, Oid source, const Gone *gone, List *all)
{
	List *touched = NIL;
	AnQuery query;
	ListCell *lc;

	foreach (lc, an_captured(source))
	{
		AnCaptured *captured = lfirst(lc);

		if (!gone->bounded || !is_partitioned_by(source, captured))
			touched = lappend(touched, captured);
		else if (gone->whole)
			freeze(spi, captured, gone);
		else if (!is_below_gone(gone, all))
			touched = lappend(touched, captured);
	}
	an_capture_mark_all(touched);
	if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(gone->relid)))
		an_capture_part_remove(spi, gone->relid);
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "DELETE FROM analytics.rollup_tables WHERE source::oid = %u "
					 "AND relation::oid = %u",
					 source, gone->relid);
	(void) an_query_run(spi, &query, 0);
}

/* Tells whether a table went with the partition that it was a part of. */
static bool
is_below_gone(const Gone *gone, List *all)
{
	ListCell *lc;

	foreach (lc, all)
	{
		const Gone *other = lfirst(lc);

		if (other->whole && other->bounds[0] == gone->bounds[0] &&
			other->bounds[1] == gone->bounds[1])
			return true;
	}
	return false;
}

/* Tells whether the ranges of a source's partitions are ranges of a rollup's time. */
static bool
is_partitioned_by(Oid source, const AnCaptured *captured)
{
	AttrNumber key = key_of(source);

	return key != InvalidAttrNumber && IsA(captured->at, Var) &&
		   ((Var *) captured->at)->varattno == key;
}

/*
 * Freezes the range of a partition as far as a rollup has cells in it.  What no cell holds has no history: an
 * empty partition of times to come can go and come.
 */
static void
freeze(AnSpi *spi, const AnCaptured *captured, const Gone *gone)
{
	TimestampTz last = last_cell(spi, captured, gone);
	AnQuery query;

	if (last == DT_NOBEGIN)
		return;
	if (!TIMESTAMP_NOT_FINITE(last))
		last = an_bin_end(an_binner_create(&captured->width, an_zone_find(captured->zone)), last);
	last = Min(last, DatumGetTimestampTz(gone->bounds[1]));
	an_query_init(&query);
	(void) an_query_text(&query, captured->name);
	(void) an_query_param(&query, TIMESTAMPTZOID, gone->bounds[0], false);
	(void) an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(last), false);
	appendStringInfoString(&query.sql,
						   "INSERT INTO analytics.rollup_frozen (rollup, start, finish) "
						   "VALUES ($1, $2, $3)");
	(void) an_query_run(spi, &query, 0);
}

/* Returns the last bucket of a rollup's cells that meets a range, or DT_NOBEGIN. */
static TimestampTz
last_cell(AnSpi *spi, const AnCaptured *captured, const Gone *gone)
{
	TimestampTz start = DatumGetTimestampTz(gone->bounds[0]), last = DT_NOBEGIN;
	bool isnull;
	AnUser user;
	AnQuery query;
	Datum value;
	Oid relid;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT relation::oid FROM analytics.rollups WHERE name = $%d",
					 an_query_text(&query, captured->name));
	if (an_query_run(spi, &query, 0) == 0)
		return last;
	relid = DatumGetObjectId(an_spi_datum(0, 1, &isnull));
	if (get_rel_name(relid) == NULL)
		return last;
	/* The bucket that begins before the range may hold a part of it. */
	if (!TIMESTAMP_NOT_FINITE(start))
		start =
			an_bin_start(an_binner_create(&captured->width, an_zone_find(captured->zone)), start);
	an_query_init(&query);
	(void) an_query_param(&query, TIMESTAMPTZOID, TimestampTzGetDatum(start), false);
	(void) an_query_param(&query, TIMESTAMPTZOID, gone->bounds[1], false);
	appendStringInfo(&query.sql,
					 "SELECT max(c.at) FROM (SELECT %s AS at FROM %s) c "
					 "WHERE c.at >= $1 AND c.at < $2",
					 captured->at_type == TIMESTAMPTZOID ? "bucket"
					 : captured->at_type == DATEOID
						 ? "bucket::pg_catalog.timestamp AT TIME ZONE 'UTC'"
						 : "bucket AT TIME ZONE 'UTC'",
					 an_relation_sql(relid));
	user = an_user_become(an_relation_owner(relid), true);
	(void) an_query_run(spi, &query, 0);
	an_user_restore(user);
	value = an_spi_datum(0, 1, &isnull);
	return isnull ? last : DatumGetTimestampTz(value);
}

bool
an_capture_bounds(Oid source, Oid relid, Datum bounds[2], bool *whole)
{
	List *ancestors = get_partition_ancestors(relid);
	PartitionBoundSpec *bound;
	Oid top = relid;
	Datum range[2];

	*whole = false;
	if (ancestors == NIL || key_of(source) == InvalidAttrNumber)
		return false;
	if (list_length(ancestors) > 1)
		top = list_nth_oid(ancestors, list_length(ancestors) - 2);
	bound = bound_of(top);
	if (bound == NULL || bound->strategy != PARTITION_STRATEGY_RANGE || bound->is_default ||
		!bound_instant(bound->lowerdatums, &range[0]) ||
		!bound_instant(bound->upperdatums, &range[1]))
		return false;
	bounds[0] = range[0];
	bounds[1] = range[1];
	*whole = top == relid;
	return true;
}

/* Returns the column that a table is partitioned by in ranges, or InvalidAttrNumber. */
static AttrNumber
key_of(Oid source)
{
	AttrNumber column = InvalidAttrNumber;
	Relation rel;
	PartitionKey key;

	if (get_rel_relkind(source) != RELKIND_PARTITIONED_TABLE)
		return InvalidAttrNumber;
	rel = table_open(source, AccessShareLock);
	key = RelationGetPartitionKey(rel);
	if (get_partition_strategy(key) == PARTITION_STRATEGY_RANGE && get_partition_natts(key) == 1)
		column = get_partition_col_attnum(key, 0);
	table_close(rel, NoLock);
	return column;
}

/* Reads the bound of a partition; NULL where there is none. */
static PartitionBoundSpec *
bound_of(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	PartitionBoundSpec *bound = NULL;
	bool isnull;
	Datum written;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	written = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relpartbound, &isnull);
	if (!isnull)
		bound = stringToNode(TextDatumGetCString(written));
	ReleaseSysCache(tuple);
	return bound;
}

/* Reads one end of a range as rollup_frozen has it; false for what is no time. */
static bool
bound_instant(List *datums, Datum *instant)
{
	PartitionRangeDatum *datum = linitial_node(PartitionRangeDatum, datums);
	Const *value = (Const *) datum->value;

	if (datum->kind == PARTITION_RANGE_DATUM_MINVALUE)
		*instant = TimestampTzGetDatum(DT_NOBEGIN);
	else if (datum->kind == PARTITION_RANGE_DATUM_MAXVALUE)
		*instant = TimestampTzGetDatum(DT_NOEND);
	else if (value->consttype == TIMESTAMPTZOID || value->consttype == TIMESTAMPOID)
		*instant = value->constvalue;
	else if (value->consttype == DATEOID)
		*instant = DirectFunctionCall1(date_timestamp, value->constvalue);
	else
		return false;
	return true;
}
