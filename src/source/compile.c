/*
 * compile.c - a source as pieces of SQL: its times, ranges, bins and tenant
 *
 * Everything here is text for a statement that runs with the pinned search path;
 * values are parameters of their column's own type, so that an index serves and
 * the planner prunes partitions.
 */
#include "source/source.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

static TimestampTz instant_of(pg_tz *zone, Timestamp local);
static Timestamp repeated_clock(pg_tz *zone, TimestampTz at, Timestamp local);
static void check_sql_zone(const char *name);
static bool
has_event_before(AnSpi *spi, const AnTimeView *view, const char *tenant, TimestampTz finish);

char *
an_source_zone(const AnSource *source, const char *timezone)
{
	if (timezone)
		return pstrdup(timezone);
	if (source->timezone)
		return source->timezone;
	return pstrdup(an_timezone && an_timezone[0] ? an_timezone
												 : pg_get_timezone_name(session_timezone));
}

AnTimeView *
an_source_time(const AnSource *source, const char *timezone, bool instants)
{
	AnTimeView *view = palloc0(sizeof(AnTimeView));
	const AnExpression *at = &source->roles[AN_ROLE_AT];

	view->source = source;
	view->zone_name = an_source_zone(source, timezone);
	view->zone = an_zone_find(view->zone_name);
	view->column_zone_name = an_source_zone(source, NULL);
	view->column_zone = an_zone_find(view->column_zone_name);
	view->type = at->type;
	view->sql = psprintf("(%s)", at->text);
	/* A wall clock read in another zone than its own has to become an instant first. */
	if (at->type == TIMESTAMPOID &&
		(instants || pg_strcasecmp(view->zone_name, view->column_zone_name) != 0))
	{
		check_sql_zone(view->column_zone_name);
		view->type = TIMESTAMPTZOID;
		view->sql = psprintf("pg_catalog.timezone(%s, (%s))",
							 quote_literal_cstr(view->column_zone_name), at->text);
	}
	return view;
}

Datum
an_time_datum(const AnTimeView *view, TimestampTz at)
{
	Timestamp local;
	DateADT date;

	if (view->type == TIMESTAMPTZOID)
		return TimestampTzGetDatum(at);
	local = an_wall_clock(view->zone, at);
	/* Where clocks go forward at `at` (in some zones at midnight), what they skip lies behind it: begin there. */
	if (!TIMESTAMP_NOT_FINITE(at) && at > MIN_TIMESTAMP)
		local = Min(local, an_wall_clock(view->zone, at - 1) + 1);
	if (view->type == TIMESTAMPOID)
		return TimestampGetDatum(repeated_clock(view->zone, at, local));
	date = DatumGetDateADT(DirectFunctionCall1(timestamp_date, TimestampGetDatum(local)));
	if (!TIMESTAMP_NOT_FINITE(local) &&
		DatumGetTimestamp(DirectFunctionCall1(date_timestamp, DateADTGetDatum(date))) < local)
		date++;
	return DateADTGetDatum(date);
}

TimestampTz
an_time_instant(const AnTimeView *view, Datum value)
{
	if (view->type == TIMESTAMPTZOID)
		return DatumGetTimestampTz(value);
	if (view->type == DATEOID)
		value = DirectFunctionCall1(date_timestamp, value);
	return instant_of(view->zone, DatumGetTimestamp(value));
}

/* Returns the instant that a wall clock stands for: of two the later one, and a skipped one lies behind the jump. */
static TimestampTz
instant_of(pg_tz *zone, Timestamp local)
{
	struct pg_tm tm;
	fsec_t fsec;
	TimestampTz result;
	int tz;

	if (TIMESTAMP_NOT_FINITE(local))
		return local;
	if (timestamp2tm(local, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
	tz = DetermineTimeZoneOffset(&tm, zone);
	if (tm2timestamp(&tm, fsec, &tz, &result) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
	return result;
}

/*
 * Returns where the clocks begin that stand for `at` and later, if `at` is the first of two instants
 * with the same clock: a stored clock stands for the second, so the whole hour that comes twice is
 * later than `at`.  Otherwise returns `local`, the clock at `at`.
 */
static Timestamp
repeated_clock(pg_tz *zone, TimestampTz at, Timestamp local)
{
	long before, after;
	int before_dst, after_dst;
	pg_time_t change;
	pg_time_t from;

	if (TIMESTAMP_NOT_FINITE(at) || instant_of(zone, local) <= at)
		return local;
	from = timestamptz_to_time_t(at);
	if (pg_next_dst_boundary(&from, &before, &before_dst, &change, &after, &after_dst, zone) != 1)
		return local;
	return an_wall_clock(zone, time_t_to_timestamptz(change));
}

int
an_time_array(AnQuery *query, const AnTimeView *view, int n, const TimestampTz *instants)
{
	Datum *elements = palloc(n * sizeof(Datum));
	int16 typlen;
	bool typbyval;
	char typalign;

	for (int i = 0; i < n; i++)
		elements[i] = an_time_datum(view, instants[i]);
	get_typlenbyvalalign(view->type, &typlen, &typbyval, &typalign);
	return an_query_param(
		query, get_array_type(view->type),
		PointerGetDatum(construct_array(elements, n, view->type, typlen, typbyval, typalign)),
		false);
}

void
an_time_range(AnQuery *query, const AnTimeView *view, TimestampTz start, TimestampTz finish)
{
	const char *and = "";

	if (!TIMESTAMP_IS_NOBEGIN(start))
	{
		int n = an_query_param(query, view->type, an_time_datum(view, start), false);

		appendStringInfo(&query->sql, "%s OPERATOR(pg_catalog.>=) $%d", view->sql, n);
		and = " AND ";
	}
	if (!TIMESTAMP_IS_NOEND(finish))
	{
		int n = an_query_param(query, view->type, an_time_datum(view, finish), false);

		appendStringInfo(&query->sql, "%s%s OPERATOR(pg_catalog.<) $%d", and, view->sql, n);
	}
	else if (*and == '\0')
		appendStringInfo(&query->sql, "%s IS NOT NULL", view->sql);
	/* A second view of a timestamp column: the stored clock, a day wider, lets an index serve. */
	if (view->type == TIMESTAMPTZOID && view->source->roles[AN_ROLE_AT].type == TIMESTAMPOID)
	{
		const char *clock = view->source->roles[AN_ROLE_AT].text;
		TimestampTz bounds[2] = {start, finish};

		for (int i = 0; i < 2; i++)
		{
			Timestamp local;
			int n;

			if (TIMESTAMP_NOT_FINITE(bounds[i]))
				continue;
			local = an_wall_clock(view->column_zone, bounds[i]);
			if (local < MIN_TIMESTAMP + USECS_PER_DAY || local >= END_TIMESTAMP - USECS_PER_DAY)
				continue;
			local += i == 0 ? -USECS_PER_DAY : USECS_PER_DAY;
			n = an_query_param(query, TIMESTAMPOID, TimestampGetDatum(local), false);
			appendStringInfo(&query->sql, " AND (%s) OPERATOR(pg_catalog.%s) $%d", clock,
							 i == 0 ? ">=" : "<", n);
		}
	}
}

void
an_time_bin(AnQuery *query, const AnTimeView *view, const Interval *width)
{
	int n = an_query_param(query, INTERVALOID, IntervalPGetDatum(width), false);

	if (view->type == TIMESTAMPTZOID)
		appendStringInfo(&query->sql, "analytics.time_bin($%d, %s, %s)", n, view->sql,
						 quote_literal_cstr(view->zone_name));
	else
		appendStringInfo(&query->sql, "analytics.time_bin($%d, %s)", n, view->sql);
}

void
an_source_tenant(AnQuery *query, const AnSource *source, const char *tenant)
{
	if (tenant == NULL)
		return;
	if (source->roles[AN_ROLE_TENANT].text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("source \"%s\" has no tenant", source->name),
				 errhint("Name its column with alter_source('%s', tenant => ...).", source->name)));
	appendStringInfoString(&query->sql, " AND ");
	an_compare(query, &source->roles[AN_ROLE_TENANT], BTEqualStrategyNumber, tenant);
}

/*
 * Tells whether there is an event before an instant.  The first row that a scan meets settles it; the
 * planner, to whom it is one of many, would as soon read the table from wherever another scan is now.  The
 * cost that stands for "off" is no reason to compile anything.
 */
static bool
has_event_before(AnSpi *spi, const AnTimeView *view, const char *tenant, TimestampTz finish)
{
	int level = NewGUCNestLevel();
	AnQuery query;
	bool found;

	an_setting("enable_seqscan", "off");
	an_setting("jit", "off");
	an_setting("synchronize_seqscans", "off");
	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT 1 FROM %s WHERE ", view->source->relation);
	an_time_range(&query, view, DT_NOBEGIN, finish);
	an_source_tenant(&query, view->source, tenant);
	appendStringInfoString(&query.sql, " LIMIT 1");
	found = an_query_run(spi, &query, 0) > 0;
	AtEOXact_GUC(true, level);
	return found;
}

TimestampTz
an_source_first(AnSpi *spi, const AnTimeView *view, const char *tenant, TimestampTz start,
				TimestampTz finish)
{
	AnQuery query;
	TimestampTz first;
	bool isnull;
	Datum value;

	if (has_event_before(spi, view, tenant, start + 1))
		return start;
	if (finish <= start + 1)
		return DT_NOEND;

	an_query_init(&query);
	appendStringInfo(&query.sql, "SELECT pg_catalog.min(%s) FROM %s WHERE ", view->sql,
					 view->source->relation);
	an_time_range(&query, view, start, finish);
	an_source_tenant(&query, view->source, tenant);
	(void) an_query_run(spi, &query, 0);
	value = an_spi_datum(0, 1, &isnull);
	first = isnull ? DT_NOEND : an_time_instant(view, value);
	SPI_freetuptable(SPI_tuptable);
	return first;
}

/*
 * Refuses a zone that SQL takes for an abbreviation of another meaning: to timezone(), "CET" is one
 * hour east of Greenwich all year, but the zone of that name has summer time.
 */
static void
check_sql_zone(const char *name)
{
	/* January and July of 2000. */
	static const TimestampTz probes[] = {0, 182 * USECS_PER_DAY};
	pg_tz *zone = an_zone_find(name);

	for (int i = 0; i < lengthof(probes); i++)
	{
		Datum local = DirectFunctionCall2(timestamptz_zone, CStringGetTextDatum(name),
										  TimestampTzGetDatum(probes[i]));

		if (DatumGetTimestamp(local) != an_wall_clock(zone, probes[i]))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a column without time zone cannot be read in zone \"%s\"", name),
					 errdetail("SQL takes the name for an abbreviation with a fixed offset."),
					 errhint("Name the zone by a place, such as \"Europe/Paris\".")));
	}
}

Timestamp
an_wall_clock(pg_tz *zone, TimestampTz at)
{
	struct pg_tm tm;
	fsec_t fsec;
	int tz;
	Timestamp result;

	if (TIMESTAMP_NOT_FINITE(at))
		return at;
	if (timestamp2tm(at, &tz, &tm, &fsec, NULL, zone) != 0 ||
		tm2timestamp(&tm, fsec, NULL, &result) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
	return result;
}
