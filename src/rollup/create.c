/*
 * create.c - rollups are created: what is asked for is checked, then table, catalog, capture and rights are made
 *
 * A rollup begins empty: readers read the source until it is refreshed.
 */
#include "rollup/create.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "rollup/capture.h"
#include "sketch/distinct.h"

/* Arguments of create_rollup, by position. */
enum
{
	ARG_NAME,
	ARG_SOURCE,
	ARG_GRANULARITY,
	ARG_METRICS,
	ARG_DIMENSIONS,
	ARG_TIMEZONE,
	ARG_KEEP,
	ARG_CAPTURE,
	ARG_TAIL,
};

/* Texts of a row of analytics.rollup_columns. */
#define N_TEXTS 5

/* What an argument "capture" may be. */
static const char *const captures[] = {"auto", "xid", "trigger", "scan"};

/* What create_rollup is asked for, as far as it is no part of the rollup itself. */
typedef struct Wish
{
	char *source;		 /* name of the source */
	List *metrics;		 /* names of metrics and formulas, as given */
	List *dimensions;	 /* names of dimensions */
	char *timezone;		 /* zone of the buckets, or NULL */
	const char *capture; /* a member of captures */
} Wish;

static void read_arguments(FunctionCallInfo fcinfo, AnRollup *rollup, Wish *wish);
static Interval *span_argument(FunctionCallInfo fcinfo, int i, const char *argument);
static void check_new(AnSpi *spi, const AnRollup *rollup);
static void lock_source(AnSpi *spi, const Wish *wish);
static Oid source_relation(AnSpi *spi, const char *name);
static LOCKMODE lock_mode(Oid relid, const Wish *wish);
static void lock_definitions(AnSpi *spi, const Wish *wish);
static void check_source(const AnSource *source);
static void set_buckets(AnRollup *rollup, const Wish *wish);
static void check_clock(const AnRollup *rollup);
static List *base_metrics(AnSpi *spi, const AnRollup *rollup, const Wish *wish);
static void check_set(const AnMetric *metric);
static void check_metric(const AnRollup *rollup, const AnMetric *metric, const char *asked);
static void set_capture(AnRollup *rollup, const Wish *wish);
static void save(AnSpi *spi, const AnRollup *rollup, const Wish *wish);
static void
save_column(AnSpi *spi, const AnRollup *rollup, int position, const char *const texts[N_TEXTS]);

/* Creates a rollup and returns its table.  Errors: 42710, 42P07, 42704, 22023, 42P17, 42501, 0A000, 54000. */
AN_SQL(create_rollup)
{
	AnRollup *rollup = palloc0(sizeof(AnRollup));
	Wish wish = {0};
	List *metrics;
	AnSpi spi;
	Oid schema;

	PreventCommandIfReadOnly("create_rollup()");
	read_arguments(fcinfo, rollup, &wish);
	schema = an_creation_schema("the cells of a rollup");

	an_spi_begin(&spi, AN_WRITE);
	lock_source(&spi, &wish);
	lock_definitions(&spi, &wish);
	check_new(&spi, rollup);
	rollup->source = an_source_load(&spi, wish.source);
	rollup->source_relid = rollup->source->relid;
	check_source(rollup->source);
	set_buckets(rollup, &wish);
	metrics = base_metrics(&spi, rollup, &wish);
	an_rollup_add_dimensions(&spi, rollup, metrics, wish.dimensions);
	an_rollup_add_states(rollup, metrics);
	set_capture(rollup, &wish);
	an_rollup_create_table(&spi, rollup, schema);
	save(&spi, rollup, &wish);
	an_capture_install(rollup);
	an_rollup_copy_rights(&spi, rollup);
	an_spi_end(&spi);
	ereport(NOTICE,
			(errmsg("rollup \"%s\" is empty, and readers read its source until it is refreshed",
					rollup->name),
			 errhint("Call refresh_rollup, and keep it fresh with add_refresh_policy.")));
	PG_RETURN_OID(rollup->relid);
}

static void
read_arguments(FunctionCallInfo fcinfo, AnRollup *rollup, Wish *wish)
{
	char *capture = an_arg_text(fcinfo, ARG_CAPTURE);

	rollup->name = an_arg_required(fcinfo, ARG_NAME, "name");
	an_name_check("rollup", rollup->name);
	wish->source = an_arg_required(fcinfo, ARG_SOURCE, "source");
	an_not_null(PG_ARGISNULL(ARG_GRANULARITY), "granularity");
	rollup->width = PG_GETARG_INTERVAL_P(ARG_GRANULARITY);
	an_not_null(PG_ARGISNULL(ARG_METRICS), "metrics");
	wish->metrics = an_text_list(PG_GETARG_DATUM(ARG_METRICS), "metrics");
	if (wish->metrics == NIL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a rollup needs at least one metric"),
						errhint("Name the metrics that it shall answer, as in "
								"metrics => '{otp.sent}'.")));
	if (!PG_ARGISNULL(ARG_DIMENSIONS))
		wish->dimensions = an_text_list(PG_GETARG_DATUM(ARG_DIMENSIONS), "dimensions");
	wish->timezone = an_arg_text(fcinfo, ARG_TIMEZONE);
	wish->capture =
		captures[an_word("capture", capture ? capture : "auto", captures, lengthof(captures))];
	rollup->keep = span_argument(fcinfo, ARG_KEEP, "keep");
	rollup->tail = span_argument(fcinfo, ARG_TAIL, "tail");
}

/* Returns a span of time that must be longer than none, or NULL. */
static Interval *
span_argument(FunctionCallInfo fcinfo, int i, const char *argument)
{
	static const Interval none = {0};
	Interval *span;

	if (PG_ARGISNULL(i))
		return NULL;
	span = PG_GETARG_INTERVAL_P(i);
	if (an_compat_interval_infinite(span) ||
		DatumGetInt32(DirectFunctionCall2(interval_cmp, IntervalPGetDatum(span),
										  IntervalPGetDatum(&none))) <= 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("argument \"%s\" must be a finite span greater than zero, not \"%s\"", argument,
					DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(span)))),
			 errhint("Leave it out for none.")));
	return span;
}

static void
check_new(AnSpi *spi, const AnRollup *rollup)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT 1 FROM analytics.rollups WHERE name = $%d",
					 an_query_text(&query, rollup->name));
	if (an_query_run(spi, &query, 0) > 0)
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
						errmsg("rollup \"%s\" already exists", rollup->name),
						errhint("Drop it first with drop_rollup, or choose another name.")));
}

/*
 * Locks the source's relation as strongly as will be needed, before anything else locks it: a lock that is made
 * stronger later meets another session that does the same.  Writers are waited for, since what they change
 * would leave no mark; and for partitions it is their own locks that writers take.
 */
static void
lock_source(AnSpi *spi, const Wish *wish)
{
	LOCKMODE mode;
	Oid relid;

	for (;;)
	{
		relid = source_relation(spi, wish->source);
		if (!OidIsValid(relid))
			return;
		mode = lock_mode(relid, wish);
		LockRelationOid(relid, mode);
		if (source_relation(spi, wish->source) == relid)
			break;
		UnlockRelationOid(relid, mode);
	}
	if (mode != AccessShareLock)
		(void) find_all_inheritors(relid, mode, NULL);
}

/* Returns the relation of a source, or InvalidOid where there is no such source. */
static Oid
source_relation(AnSpi *spi, const char *name)
{
	AnQuery query;
	bool isnull;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT relation::oid FROM analytics.sources WHERE name = $%d",
					 an_query_text(&query, name));
	if (an_query_run(spi, &query, 0) == 0)
		return InvalidOid;
	return DatumGetObjectId(an_spi_datum(0, 1, &isnull));
}

/* Only who owns a relation may keep others from writing it; others will be told what they lack. */
static LOCKMODE
lock_mode(Oid relid, const Wish *wish)
{
	char kind = get_rel_relkind(relid);
	Oid owner = an_relation_owner(relid);

	if (strcmp(wish->capture, "scan") == 0 ||
		(kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE) ||
		!has_privs_of_role(GetUserId(), owner))
		return AccessShareLock;
	if (strcmp(wish->capture, "trigger") == 0 ||
		get_attnum(relid, AN_XID_COLUMN) != InvalidAttrNumber)
		return ShareRowExclusiveLock;
	return AccessExclusiveLock;
}

/*
 * Keeps source and metrics from being dropped before the rollup that holds them is committed, and others from
 * creating one of the same name meanwhile.
 */
static void
lock_definitions(AnSpi *spi, const Wish *wish)
{
	AnUser user = an_user_become(an_catalog_owner(), true);
	AnQuery query;

	an_query_init(&query);
	appendStringInfo(&query.sql,
					 "SELECT 1 FROM analytics.sources WHERE name = $%d FOR NO KEY UPDATE",
					 an_query_text(&query, wish->source));
	(void) an_query_run(spi, &query, 0);
	an_query_init(&query);
	appendStringInfo(
		&query.sql,
		"SELECT 1 FROM analytics.metrics WHERE name = ANY ($%d) ORDER BY name FOR KEY SHARE",
		an_query_param(&query, TEXTARRAYOID, an_text_array(wish->metrics), false));
	(void) an_query_run(spi, &query, 0);
	an_user_restore(user);
}

/* Checks that what a rollup is made of is the same for everyone and at any time. */
static void
check_source(const AnSource *source)
{
	an_rollup_require_immutable(&source->roles[AN_ROLE_AT],
								psprintf("\"at\" of source \"%s\"", source->name));
	an_rollup_require_immutable(&source->roles[AN_ROLE_TENANT],
								psprintf("\"tenant\" of source \"%s\"", source->name));
	if (an_source_secured(source))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("row-level security of \"%s\" applies to user \"%s\"",
						get_rel_name(source->relid), GetUserNameFromId(GetUserId(), false)),
				 errdetail("The rollup would hold only what that user sees."),
				 errhint("Create it as the table's owner, without FORCE ROW LEVEL SECURITY, or "
						 "as a role with BYPASSRLS.")));
}

/* Sets width, zone and tenant of a rollup, and what is kept of it. */
static void
set_buckets(AnRollup *rollup, const Wish *wish)
{
	pg_tz *zone = an_zone_find(an_source_zone(rollup->source, wish->timezone));

	rollup->timezone = pstrdup(pg_get_timezone_name(zone));
	(void) an_binner_create(rollup->width, zone);
	if (rollup->source->roles[AN_ROLE_AT].type != TIMESTAMPTZOID)
		check_clock(rollup);
	rollup->tenant = rollup->source->roles[AN_ROLE_TENANT];
	rollup->view = an_source_time(rollup->source, rollup->timezone, false);
	if (rollup->keep &&
		DatumGetInt32(DirectFunctionCall2(interval_cmp, IntervalPGetDatum(rollup->keep),
										  IntervalPGetDatum(rollup->width))) < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"keep\" is shorter than a bucket of \"%s\"",
							   an_rollup_granularity(rollup)),
						errhint("Keep cells for at least one bucket.")));
}

/* Checks that buckets of times without zone mean the same in every session: whole days of the source's own zone. */
static void
check_clock(const AnRollup *rollup)
{
	const AnSource *source = rollup->source;
	bool dates = source->roles[AN_ROLE_AT].type == DATEOID;

	if (rollup->width->time != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 dates ? errmsg("granularity \"%s\" is finer than the times of source \"%s\"",
								an_rollup_granularity(rollup), source->name)
					   : errmsg("granularity \"%s\" is finer than a day, and the times of source "
								"\"%s\" have no zone",
								an_rollup_granularity(rollup), source->name),
				 dates ? errdetail("Its \"at\" has type date.")
					   : errdetail("Of an hour that comes twice they do not tell which it was."),
				 errhint("Give whole days, such as '1 day', or make \"at\" of the source a "
						 "timestamptz, as in ts AT TIME ZONE 'Asia/Taipei'.")));
	if (source->timezone == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("source \"%s\" has times without zone, and no zone of its own",
							   source->name),
						errhint("State it with alter_source(%s, timezone => ...).",
								quote_literal_cstr(source->name))));
	if (pg_strcasecmp(source->timezone, rollup->timezone) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("days of source \"%s\" are those of zone \"%s\", not of \"%s\"",
							   source->name, source->timezone, rollup->timezone),
						errhint("Leave argument \"timezone\" out, or make \"at\" of the source a "
								"timestamptz.")));
}

/* Returns the base metrics (AnMetric *) of what is asked for, each once. */
static List *
base_metrics(AnSpi *spi, const AnRollup *rollup, const Wish *wish)
{
	List *metrics = NIL;
	ListCell *lc, *other;

	foreach (lc, wish->metrics)
	{
		AnMetricPlan *plan = an_metric_load(spi, lfirst(lc));

		for (int i = 0; i < foreach_current_index(lc); i++)
			if (strcmp(list_nth(wish->metrics, i), lfirst(lc)) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("metric \"%s\" is given more than once", (char *) lfirst(lc))));
		for (int i = 0; i < plan->n_metrics; i++)
		{
			AnMetric *metric = plan->metrics[i];
			bool known = metric->kind == AN_METRIC_FORMULA;

			foreach (other, metrics)
				known |= strcmp(((AnMetric *) lfirst(other))->name, metric->name) == 0;
			if (known)
				continue;
			check_metric(rollup, metric, lfirst(lc));
			metrics = lappend(metrics, metric);
		}
	}
	if (metrics == NIL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("metric \"%s\" reads no source", (char *) linitial(wish->metrics)),
						errhint("A rollup keeps what a metric reads of its source.")));
	return metrics;
}

/* Checks that a base metric can be kept; `asked` is the metric or formula that it is needed for. */
static void
check_metric(const AnRollup *rollup, const AnMetric *metric, const char *asked)
{
	if (strcmp(metric->source->name, rollup->source->name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("metric \"%s\" is not of source \"%s\"", asked, rollup->source->name),
				 strcmp(metric->name, asked) == 0
					 ? errdetail("Its source is \"%s\".", metric->source->name)
					 : errdetail("It uses metric \"%s\" of source \"%s\".", metric->name,
								 metric->source->name),
				 errhint("Make a rollup for each source; a formula reads several.")));
	an_rollup_require_immutable(&metric->expression,
								psprintf("\"expression\" of metric \"%s\"", metric->name));
	check_set(metric);
	if (metric->filter)
	{
		char *what = psprintf("\"filter\" of metric \"%s\"", metric->name);
		AnExpression filter = an_expression_check(metric->filter, metric->source->relid, what);

		an_rollup_require_immutable(&filter, what);
	}
}

/* Checks that the values of a metric that counts them exactly can be kept. */
static void
check_set(const AnMetric *metric)
{
	const AnExpression *values = &metric->expression;
	AnDistinctType type = {0};

	if (metric->kind != AN_METRIC_DISTINCT_EXACT)
		return;
	(void) an_distinct_type_image(&type, values->type, values->collation);
	if (type.kind != AN_DISTINCT_OTHER)
		return;
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("metric \"%s\" cannot be kept in a rollup", metric->name),
					errdetail("Sets of distinct values of type %s%s cannot be stored.",
							  format_type_be(values->type),
							  OidIsValid(values->collation) ? " with this collation" : ""),
					errhint("Count a form in which equal values have equal bytes, such as "
							"trim_scale(value)::text or lower(value) COLLATE \"C\".")));
}

static void
set_capture(AnRollup *rollup, const Wish *wish)
{
	static const Interval day = {.day = 1};

	rollup->capture = an_capture_choose(rollup->source, wish->capture);
	if (rollup->capture != AN_CAPTURE_SCAN && rollup->tail)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"tail\" is for capture \"scan\", not for \"%s\"",
							   an_capture_name(rollup->capture)),
						errhint("With capture \"%s\" changes of any age are seen: leave it out.",
								an_capture_name(rollup->capture))));
	if (rollup->capture == AN_CAPTURE_SCAN && rollup->tail == NULL)
	{
		rollup->tail = unconstify(Interval *, &day);
		ereport(NOTICE,
				(errmsg("events of rollup \"%s\" are taken to change no more when they are one "
						"day old",
						rollup->name),
				 errhint("State how old with argument \"tail\".")));
	}
}

char *
an_rollup_granularity(const AnRollup *rollup)
{
	return DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(rollup->width)));
}

void
an_rollup_command(AnSpi *spi, const char *sql)
{
	AnQuery query;

	an_query_init(&query);
	appendStringInfoString(&query.sql, sql);
	(void) an_query_run(spi, &query, 0);
}

/* Writes the rows of the catalogs, as their owner. */
static void
save(AnSpi *spi, const AnRollup *rollup, const Wish *wish)
{
	AnUser user = an_user_become(an_catalog_owner(), true);
	AnQuery query;
	ListCell *lc;
	int position = 0;

	an_query_init(&query);
	(void) an_query_text(&query, rollup->name);
	(void) an_query_param(&query, REGCLASSOID, ObjectIdGetDatum(rollup->relid), false);
	(void) an_query_text(&query, rollup->source->name);
	(void) an_query_param(&query, REGCLASSOID, ObjectIdGetDatum(rollup->source_relid), false);
	(void) an_query_param(&query, INTERVALOID, IntervalPGetDatum(rollup->width), false);
	(void) an_query_text(&query, rollup->timezone);
	(void) an_query_param(&query, TEXTARRAYOID, an_text_array(wish->metrics), false);
	(void) an_query_text(&query, an_capture_name(rollup->capture));
	(void) an_query_param(&query, INTERVALOID, PointerGetDatum(rollup->tail), !rollup->tail);
	(void) an_query_param(&query, INTERVALOID, PointerGetDatum(rollup->keep), !rollup->keep);
	(void) an_query_text(&query, rollup->source->roles[AN_ROLE_AT].text);
	(void) an_query_text(&query, rollup->tenant.text);
	appendStringInfoString(
		&query.sql, "INSERT INTO analytics.rollups (name, relation, source, source_relation, "
					"granularity, timezone, metrics, capture, tail, keep, at, tenant) VALUES "
					"($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING");
	if (an_query_run(spi, &query, 0) == 0)
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
						errmsg("rollup \"%s\" already exists", rollup->name),
						errdetail("Another session has just created it.")));
	/* A writer that did not yet know that one of this name was dropped may have left some. */
	an_query_init(&query);
	appendStringInfo(&query.sql, "DELETE FROM analytics.rollup_marks WHERE rollup = $%d",
					 an_query_text(&query, rollup->name));
	(void) an_query_run(spi, &query, 0);
	foreach (lc, rollup->dimensions)
	{
		const AnRollupDimension *dimension = lfirst(lc);
		const char *const texts[] = {dimension->column, dimension->name, NULL,
									 dimension->expression.text, NULL};

		save_column(spi, rollup, ++position, texts);
	}
	foreach (lc, rollup->states)
	{
		const AnRollupState *state = lfirst(lc);
		const char *const texts[] = {state->column, NULL, an_partial_name(state->partial.kind),
									 state->partial.expression, state->partial.filter};

		save_column(spi, rollup, ++position, texts);
	}
	an_user_restore(user);
}

/* Writes the row of one column: its name, and the dimension's name, or the state's kind; expression, filter. */
static void
save_column(AnSpi *spi, const AnRollup *rollup, int position, const char *const texts[N_TEXTS])
{
	AnQuery query;

	an_query_init(&query);
	(void) an_query_text(&query, rollup->name);
	(void) an_query_param(&query, INT4OID, Int32GetDatum(position), false);
	for (int i = 0; i < N_TEXTS; i++)
		(void) an_query_text(&query, texts[i]);
	appendStringInfoString(&query.sql,
						   "INSERT INTO analytics.rollup_columns (rollup, position, column_name, "
						   "dimension, kind, expression, filter) "
						   "VALUES ($1, $2, $3, $4, $5, $6, $7)");
	(void) an_query_run(spi, &query, 0);
}
