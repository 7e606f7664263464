/*
 * clock.c - the clock, and the setting that can stop it
 */
#include "base/base.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/guc.h"

static char *now_text = NULL;	 /* analytics.now as written */
static TimestampTz now_override; /* its value, where now_text is not empty */

static bool check_now(char **newval, void **extra, GucSource source);
static void assign_now(const char *newval, void *extra);

TimestampTz
an_now(void)
{
	return now_text && now_text[0] ? now_override : GetCurrentTransactionStartTimestamp();
}

void
an_base_init(void)
{
	DefineCustomStringVariable("analytics.now",
							   "Instant that the readers take for now, to ask as of another time.",
							   "Empty means the start of the transaction.", &now_text, "",
							   PGC_USERSET, GUC_NOT_IN_SAMPLE, check_now, assign_now, NULL);
}

/*
 * Accepts a timestamp with its zone or offset written out.  A value without one
 * would mean another instant in each session, and the session's TimeZone may
 * not be known yet when a configuration file is read.
 */
static bool
check_now(char **newval, void **extra, GucSource source)
{
	TimestampTz value;
	char work[MAXDATELEN + MAXDATEFIELDS];
	char *field[MAXDATEFIELDS];
	int ftype[MAXDATEFIELDS];
	int n_fields, dtype, tz = 0;
	struct pg_tm tm;
	fsec_t fsec;

	if (**newval == '\0')
		return true;
	if (ParseDateTime(*newval, work, sizeof(work), field, ftype, MAXDATEFIELDS, &n_fields) != 0 ||
		an_compat_decode_datetime(field, ftype, n_fields, &dtype, &tm, &fsec, &tz) != 0 ||
		dtype != DTK_DATE || tm2timestamp(&tm, fsec, &tz, &value) != 0)
	{
		GUC_check_errdetail("Write an instant such as \"2026-01-31 12:00:00+00\".");
		return false;
	}
	*extra = an_compat_guc_malloc(sizeof(TimestampTz));
	if (*extra == NULL)
		return false;
	*(TimestampTz *) *extra = value;
	return true;
}

static void
assign_now(const char *newval, void *extra)
{
	if (extra)
		now_override = *(TimestampTz *) extra;
}
