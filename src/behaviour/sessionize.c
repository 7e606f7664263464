/*
 * sessionize.c - the window function sessionize: the number of each row's session
 */
#include "base/base.h"
#include "behaviour/state.h"

#include "windowapi.h"

#include "kernel/runs.h"

/* Arguments, by position. */
enum
{
	ARG_TS,
	ARG_GAP,
	ARG_BOUNDARY,
};

/* What is carried from row to row; zeroed when a partition begins. */
typedef struct Walk
{
	int64 session;	  /* of the last row with a time; 0 before the first */
	TimestampTz last; /* its time */
} Walk;

/* Returns the gap of the current row; raises 22004 or 22023. */
static int64
current_gap(WindowObject window)
{
	bool isnull;
	Datum gap = WinGetFuncArgCurrent(window, ARG_GAP, &isnull);

	an_not_null(isnull, "gap");
	return an_behaviour_window(DatumGetIntervalP(gap), "gap");
}

/* (ts, gap [, boundary]) */
AN_SQL(sessionize)
{
	WindowObject window = PG_WINDOW_OBJECT();
	Walk *walk = WinGetPartitionLocalMemory(window, sizeof(Walk));
	int64 gap_us = current_gap(window);
	bool boundary = false;
	bool isnull;
	TimestampTz at;

	WinSetMarkPosition(window, WinGetCurrentPosition(window));
	if (PG_NARGS() > ARG_BOUNDARY)
		boundary = DatumGetBool(WinGetFuncArgCurrent(window, ARG_BOUNDARY, &isnull)) && !isnull;
	at = DatumGetTimestampTz(WinGetFuncArgCurrent(window, ARG_TS, &isnull));
	if (isnull)
		PG_RETURN_NULL();
	if (walk->session > 0 && at < walk->last)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("sessionize needs rows in ascending order of time"),
						errdetail("%s comes behind %s.", pstrdup(timestamptz_to_str(at)),
								  pstrdup(timestamptz_to_str(walk->last))),
						errhint("Write OVER (PARTITION BY the entity ORDER BY the same time).")));
	if (walk->session == 0 || boundary || an_runs_apart(walk->last, at, gap_us))
		walk->session++;
	walk->last = at;
	PG_RETURN_INT64(walk->session);
}
