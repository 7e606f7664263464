/*
 * schedule.c - schedules for people: when something will run, and what a schedule says
 */
#include "refresh/run.h"

#include "datatype/timestamp.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

/* Runs that describe_schedule shows. */
#define DESCRIBED_RUNS 5

static void append_run(StringInfo text, TimestampTz run, pg_tz *zone);

/* Lists the next n runs of a schedule after an instant, as far as time goes. */
AN_SQL(next_runs)
{
	char *text = an_arg_required(fcinfo, 0, "schedule");
	char *zone = an_arg_text(fcinfo, 2);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AnSchedule schedule;
	AnZoneCache *cache;
	TimestampTz at;
	int32 n;

	an_not_null(PG_ARGISNULL(1), "n");
	n = PG_GETARG_INT32(1);
	at = PG_ARGISNULL(3) ? an_now() : PG_GETARG_TIMESTAMPTZ(3);
	if (n < 0 || n > AN_NEXT_RUNS_MAX)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("n is 0 to %d, not %d", AN_NEXT_RUNS_MAX, n)));
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"after\" must be finite")));
	an_schedule_read(text, &schedule);
	cache = an_zone_cache_create(an_zone_or_default(zone));
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int i = 0; i < n && an_schedule_after(&schedule, cache, at, &at); i++)
	{
		Datum value = TimestampTzGetDatum(at);
		bool isnull = false;

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &isnull);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

/* Says in words what a schedule means, and shows its next runs by the clock of the zone. */
AN_SQL(describe_schedule)
{
	char *name = an_arg_required(fcinfo, 0, "schedule");
	pg_tz *zone;
	AnSchedule schedule;
	AnZoneCache *cache;
	StringInfoData text;
	TimestampTz at = an_now();
	char words[AN_SCHEDULE_WORDS_MAX];

	an_schedule_read(name, &schedule);
	zone = an_zone_or_default(an_arg_text(fcinfo, 1));
	cache = an_zone_cache_create(zone);
	an_schedule_words(&schedule, words);
	initStringInfo(&text);
	appendStringInfo(&text, "%s, by the clock of %s\nnext runs:", words,
					 pg_get_timezone_name(zone));
	for (int i = 0; i < DESCRIBED_RUNS && an_schedule_after(&schedule, cache, at, &at); i++)
		append_run(&text, at, zone);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(text.data, text.len));
}

/* Appends a run as the zone's clock shows it, whatever DateStyle is: " Mon 2026-01-05 02:30:00+08". */
static void
append_run(StringInfo text, TimestampTz run, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t fsec;
	int tz;
	const char *abbreviation;
	char shown[MAXDATELEN + 1];

	if (timestamp2tm(run, &tz, &tm, &fsec, &abbreviation, zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
	EncodeDateTime(&tm, fsec, true, tz, NULL, USE_ISO_DATES, shown);
	appendStringInfo(text, "\n  %.3s %s", days[j2day(date2j(tm.tm_year, tm.tm_mon, tm.tm_mday))],
					 shown);
}

void
an_schedule_read(const char *text, AnSchedule *schedule)
{
	AnScheduleError error = {0};
	AnStatus status = an_schedule_parse(text, strlen(text), schedule, &error);

	if (status != AN_OK)
		ereport(ERROR, (errcode(status == AN_ERR_LIMIT ? ERRCODE_PROGRAM_LIMIT_EXCEEDED
													   : ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("schedule \"%s\" is refused at character %d: %s", an_shown(text),
							   pg_mbstrlen_with_len(text, error.position) + 1, error.message),
						error.hint ? errhint("%s", error.hint) : 0));
}

bool
an_schedule_after(const AnSchedule *schedule, AnZoneCache *zone, TimestampTz after,
				  TimestampTz *next)
{
	return an_schedule_next(schedule, an_zone_segment, zone, after, END_TIMESTAMP, next) == AN_OK;
}
