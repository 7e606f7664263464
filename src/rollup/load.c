/*
 * load.c - rollups read from the catalog, how far they are, and what was changed in them
 */
#include "rollup/rollup_private.h"

#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* So many transactions that were open for long are looked up one by one; each is worth so many later ones. */
#define OLD_TRANSACTIONS_MAX 4
#define OLD_TRANSACTION_COST 2000

static const char *const capture_names[] = {
	[AN_CAPTURE_XID] = "xid",
	[AN_CAPTURE_TRIGGER] = "trigger",
	[AN_CAPTURE_SCAN] = "scan",
};

static List *read_rollups(AnSpi *spi, AnQuery *query, AnSource *source, bool check);
static AnRollup *read_row(uint64 row, AnSource *source);
static void read_columns(AnSpi *spi, List *rollups);
static void add_column(AnRollup *rollup, uint64 row);
static void check_rollup(AnRollup *rollup);
static Interval *interval_at(uint64 row, int column);
static int compare_widths(const ListCell *a, const ListCell *b);
static int old_transactions(const AnRollupProgress *progress, Datum *open, uint64 *from);

static const char *const columns =
	"SELECT name, relation::oid, source_relation::oid, granularity, timezone, capture, tail, keep, "
	"at, tenant, source FROM analytics.rollups WHERE ";

AnRollup *
an_rollup_load(AnSpi *spi, const char *name)
{
	AnSource *source;
	List *rollups;
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT source FROM analytics.rollups WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) == 0)
		an_unknown("rollup", name, an_rollup_names(spi));
	source = an_source_load(spi, an_spi_text(0, 1));
	an_query_init(&query);
	appendStringInfo(&query.sql, "%sname = $%d", columns, an_query_text(&query, name));
	rollups = read_rollups(spi, &query, source, true);
	if (rollups == NIL)
		an_unknown("rollup", name, an_rollup_names(spi));
	return linitial(rollups);
}

List *
an_rollups_of(AnSpi *spi, AnSource *source)
{
	List *rollups;
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql, "%ssource = $%d ORDER BY name", columns,
					 an_query_text(&query, source->name));
	rollups = read_rollups(spi, &query, source, false);
	list_sort(rollups, compare_widths);
	return rollups;
}

List *
an_rollup_names(AnSpi *spi)
{
	AnQuery query;
	List *names = NIL;

	an_query_init(&query);
	appendStringInfoString(&query.sql, "SELECT name FROM analytics.rollups ORDER BY name");
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		names = lappend(names, an_spi_text(i, 1));
	return names;
}

const char *
an_capture_name(AnCapture capture)
{
	return capture_names[capture];
}

AnCapture
an_capture_parse(const char *name)
{
	return an_word("capture", name, capture_names, lengthof(capture_names));
}

char *
an_rollup_identity(const AnRollup *rollup)
{
	return psprintf(UINT64_FORMAT " %u %u %u", GetSystemIdentifier(), MyDatabaseId,
					rollup->source_relid, rollup->relid);
}

AnRollupProgress
an_rollup_progress(AnSpi *spi, const AnRollup *rollup)
{
	AnRollupProgress progress = {.covered = DT_NOEND, .horizon = DT_NOEND};
	AnQuery query;
	bool isnull;
	Datum value;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT identity, seen, covered, horizon FROM analytics.rollup_progress "
					 "WHERE rollup = $%d",
					 an_query_text(&query, rollup->name));
	if (an_query_run(spi, &query, 0) == 0 ||
		strcmp(an_spi_text(0, 1), an_rollup_identity(rollup)) != 0)
		return progress;
	progress.seen = PointerGetDatum(PG_DETOAST_DATUM_COPY(an_spi_datum(0, 2, &isnull)));
	value = an_spi_datum(0, 3, &isnull);
	if (!isnull)
		progress.covered = DatumGetTimestampTz(value);
	value = an_spi_datum(0, 4, &isnull);
	if (!isnull)
		progress.horizon = DatumGetTimestampTz(value);
	progress.valid = progress.covered != DT_NOEND;
	return progress;
}

AnRollupMarks
an_rollup_marks(AnSpi *spi, const AnRollup *rollup, const char *tenant)
{
	AnRanges gone = {0};
	SPITupleTable *table;
	uint64 n;
	AnBinner *binner = an_rollup_binner(rollup);
	AnRollupMarks marks = {0};
	Oid user;
	int security;
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT DISTINCT bucket, tenant FROM analytics.rollup_marks "
					 "WHERE rollup = $%d",
					 an_query_text(&query, rollup->name));
	if (tenant && an_rollup_tenant_is_plain(rollup))
		appendStringInfo(&query.sql, " AND (tenant IS NULL OR tenant = $%d::%s::text)",
						 an_query_text(&query, tenant), format_type_be(rollup->tenant.type));
	appendStringInfoString(&query.sql, " ORDER BY bucket DESC");
	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(an_catalog_owner(), security | SECURITY_LOCAL_USERID_CHANGE);
	(void) an_query_run(spi, &query, 0);
	SetUserIdAndSecContext(user, security);
	n = SPI_processed;
	if (n == 0)
		return marks;
	table = SPI_tuptable;
	gone = an_rollup_frozen(spi, rollup);
	marks.buckets = palloc_extended(n * sizeof(TimestampTz), MCXT_ALLOC_HUGE);
	marks.tenants = palloc_extended(n * sizeof(char *), MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < n; i++)
	{
		bool isnull;
		TimestampTz bucket =
			DatumGetTimestampTz(SPI_getbinval(table->vals[i], table->tupdesc, 1, &isnull));

		if (bucket == AN_MARK_ALL)
		{
			marks.all = true;
			marks.n = 0;
			return marks;
		}
		bucket = an_rollup_clock_instant(rollup, bucket);
		if (gone.n > 0 && !TIMESTAMP_NOT_FINITE(bucket) &&
			an_ranges_meet(&gone, bucket, an_bin_end(binner, bucket)))
		{
			marks.refused++;
			continue;
		}
		marks.buckets[marks.n] = bucket;
		marks.tenants[marks.n++] = SPI_getvalue(table->vals[i], table->tupdesc, 2);
	}
	return marks;
}

TimestampTz
an_rollup_clock_instant(const AnRollup *rollup, TimestampTz clock)
{
	switch (rollup->view->type)
	{
		case TIMESTAMPOID:
			return an_time_instant(rollup->view, TimestampGetDatum(clock));
		case DATEOID:
			return an_time_instant(rollup->view,
								   DirectFunctionCall1(timestamp_date, TimestampGetDatum(clock)));
		default:
			return clock;
	}
}

bool
an_rollup_tenant_is_plain(const AnRollup *rollup)
{
	switch (rollup->tenant.type)
	{
		case TEXTOID:
		case VARCHAROID:
			return get_collation_isdeterministic(rollup->tenant.collation);
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case UUIDOID:
			return true;
		default:
			return false;
	}
}

AnBinner *
an_rollup_binner(const AnRollup *rollup)
{
	return an_binner_create(rollup->width, rollup->view->zone);
}

void
an_rollup_bucket(AnQuery *query, const AnRollup *rollup)
{
	an_time_bin(query, rollup->view, rollup->width);
}

AnTimeView *
an_rollup_over(const AnTimeView *view, const char *alias)
{
	AnTimeView *over = palloc(sizeof(AnTimeView));

	*over = *view;
	over->sql = psprintf("%s.bucket", alias);
	return over;
}

/*
 * What a snapshot has not seen are transactions from its xmax on, and those that were in progress.  An index finds
 * a range; where a few transactions were open for long, it is better looked up for these alone.
 */
void
an_rollup_unseen(AnQuery *query, const AnRollupProgress *progress)
{
	Datum open[OLD_TRANSACTIONS_MAX];
	int seen = an_query_param(query, PG_SNAPSHOTOID, progress->seen, false);
	uint64 from;
	int n = old_transactions(progress, open, &from);

	appendStringInfo(
		&query->sql,
		"((" AN_XID_COLUMN " OPERATOR(analytics.>=) $%d AND NOT analytics.seen(" AN_XID_COLUMN
		", $%d))",
		an_query_param(query, an_rollup_xid_type(), Int64GetDatum((int64) from), false), seen);
	for (int i = 0; i < n; i++)
		appendStringInfo(&query->sql, " OR " AN_XID_COLUMN " OPERATOR(analytics.=) $%d",
						 an_query_param(query, an_rollup_xid_type(), open[i], false));
	appendStringInfoChar(&query->sql, ')');
}

/*
 * Puts the oldest transactions in progress that are better looked up by themselves; returns how many, and
 * sets the first of the others, or of those that came later.
 */
static int
old_transactions(const AnRollupProgress *progress, Datum *open, uint64 *from)
{
	char *text = DatumGetCString(DirectFunctionCall1(pg_snapshot_out, progress->seen));
	uint64 xmax;
	uint64 best;
	char *next;
	int n = 0, found = 0;

	(void) strtou64(text, &next, 10);
	xmax = strtou64(next + 1, &next, 10);
	*from = next[1] ? strtou64(next + 1, &next, 10) : xmax;
	best = xmax - *from;
	while (found < OLD_TRANSACTIONS_MAX && *from < xmax)
	{
		open[found++] = Int64GetDatum((int64) *from);
		*from = *next ? strtou64(next + 1, &next, 10) : xmax;
		if (xmax - *from + (uint64) found * OLD_TRANSACTION_COST < best)
		{
			best = xmax - *from + (uint64) found * OLD_TRANSACTION_COST;
			n = found;
		}
	}
	/* Those that do not pay are in the range again. */
	if (n < found)
		*from = (uint64) DatumGetInt64(open[n]);
	return n;
}

/* Reads the rollups that a query finds; `check` looks at their expressions too. */
static List *
read_rollups(AnSpi *spi, AnQuery *query, AnSource *source, bool check)
{
	List *rollups = NIL;
	ListCell *lc;

	(void) an_query_run(spi, query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		rollups = lappend(rollups, read_row(i, source));
	if (rollups)
		read_columns(spi, rollups);
	if (check)
		foreach (lc, rollups)
			check_rollup(lfirst(lc));
	return rollups;
}

static AnRollup *
read_row(uint64 row, AnSource *source)
{
	AnRollup *rollup = palloc0(sizeof(AnRollup));
	char *at = an_spi_text(row, 9), *tenant = an_spi_text(row, 10);
	bool isnull;

	rollup->name = an_spi_text(row, 1);
	rollup->relid = DatumGetObjectId(an_spi_datum(row, 2, &isnull));
	rollup->source_relid = DatumGetObjectId(an_spi_datum(row, 3, &isnull));
	rollup->width = interval_at(row, 4);
	rollup->timezone = an_spi_text(row, 5);
	rollup->capture = an_capture_parse(an_spi_text(row, 6));
	rollup->tail = interval_at(row, 7);
	rollup->keep = interval_at(row, 8);
	rollup->source = source;
	rollup->stale = source->relid != rollup->source_relid ||
					!an_same_text(at, source->roles[AN_ROLE_AT].text) ||
					!an_same_text(tenant, source->roles[AN_ROLE_TENANT].text) ||
					an_rollup_clock_differs(rollup) || get_rel_name(rollup->relid) == NULL;
	if (rollup->stale)
		return rollup;
	rollup->relation = an_relation_sql(rollup->relid);
	rollup->tenant = source->roles[AN_ROLE_TENANT];
	rollup->view = an_source_time(source, rollup->timezone, false);
	return rollup;
}

bool
an_rollup_clock_differs(const AnRollup *rollup)
{
	const AnSource *source = rollup->source;

	return source->roles[AN_ROLE_AT].type != TIMESTAMPTZOID &&
		   (source->timezone == NULL || pg_strcasecmp(source->timezone, rollup->timezone) != 0);
}

/* Reads the columns of rollups. */
static void
read_columns(AnSpi *spi, List *rollups)
{
	List *names = NIL;
	AnQuery query;
	ListCell *lc;

	foreach (lc, rollups)
		names = lappend(names, ((AnRollup *) lfirst(lc))->name);
	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT rollup, column_name, dimension, kind, expression, filter "
					 "FROM analytics.rollup_columns WHERE rollup = ANY ($%d) ORDER BY position",
					 an_query_param(&query, TEXTARRAYOID, an_text_array(names), false));
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char *name = an_spi_text(i, 1);

		foreach (lc, rollups)
			if (strcmp(((AnRollup *) lfirst(lc))->name, name) == 0)
				add_column(lfirst(lc), i);
	}
}

static void
add_column(AnRollup *rollup, uint64 row)
{
	char *kind = an_spi_text(row, 4);

	if (kind)
	{
		AnRollupState *state = palloc0(sizeof(AnRollupState));

		state->column = an_spi_text(row, 2);
		state->partial.kind = an_partial_parse(kind);
		state->partial.expression = an_spi_text(row, 5);
		state->partial.filter = an_spi_text(row, 6);
		rollup->states = lappend(rollup->states, state);
	}
	else
	{
		AnRollupDimension *dimension = palloc0(sizeof(AnRollupDimension));

		dimension->column = an_spi_text(row, 2);
		dimension->name = an_spi_text(row, 3);
		dimension->expression.text = an_spi_text(row, 5);
		rollup->dimensions = lappend(rollup->dimensions, dimension);
	}
}

/* Checks the expressions of a rollup as they come from the catalog, which anybody may have written. */
static void
check_rollup(AnRollup *rollup)
{
	char *what = psprintf("rollup \"%s\"", rollup->name);
	AnPartial events = an_partial_events(NULL);
	ListCell *lc;

	if (rollup->stale)
		return;
	/* All that writes cells counts their events. */
	if (rollup->states == NIL ||
		!an_partial_equal(&((AnRollupState *) linitial(rollup->states))->partial, &events))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("%s has lost the number of events from its columns", what),
						errhint("Drop it with drop_rollup, and create it again.")));
	foreach (lc, rollup->dimensions)
	{
		AnRollupDimension *dimension = lfirst(lc);

		dimension->expression =
			an_expression_check(dimension->expression.text, rollup->source_relid, what);
		(void) an_dimension_sql(&dimension->expression, &dimension->plain);
	}
	foreach (lc, rollup->states)
	{
		AnPartial *partial = &((AnRollupState *) lfirst(lc))->partial;

		if (partial->expression)
			partial->expression =
				an_expression_check(partial->expression, rollup->source_relid, what).text;
		if (partial->filter)
			partial->filter = an_expression_check(partial->filter, rollup->source_relid, what).text;
	}
}

static Interval *
interval_at(uint64 row, int column)
{
	bool isnull;
	Datum value = an_spi_datum(row, column, &isnull);
	Interval *interval;

	if (isnull)
		return NULL;
	interval = palloc(sizeof(Interval));
	*interval = *DatumGetIntervalP(value);
	return interval;
}

/* Orders by width, the widest first; of the same width those with fewer dimensions first. */
static int
compare_widths(const ListCell *a, const ListCell *b)
{
	const AnRollup *left = lfirst(a), *right = lfirst(b);
	int order = DatumGetInt32(DirectFunctionCall2(interval_cmp, IntervalPGetDatum(right->width),
												  IntervalPGetDatum(left->width)));

	return order ? order : list_length(left->dimensions) - list_length(right->dimensions);
}

AnRanges
an_rollup_frozen(AnSpi *spi, const AnRollup *rollup)
{
	AnRanges ranges = {0};
	AnQuery query;
	bool isnull;

	an_query_init(&query);
	appendStringInfo(
		&query.sql,
		"SELECT start, finish FROM analytics.rollup_frozen WHERE rollup = $%d ORDER BY start",
		an_query_text(&query, rollup->name));
	(void) an_query_run(spi, &query, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		an_ranges_add(
			&ranges,
			an_rollup_clock_instant(rollup, DatumGetTimestampTz(an_spi_datum(i, 1, &isnull))),
			an_rollup_clock_instant(rollup, DatumGetTimestampTz(an_spi_datum(i, 2, &isnull))));
	return ranges;
}

Oid
an_rollup_xid_type(void)
{
	Oid type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("inserted_by"),
							   ObjectIdGetDatum(get_namespace_oid(AN_SCHEMA, false)));

	if (!OidIsValid(type))
		elog(ERROR, "type inserted_by does not exist");
	return type;
}
