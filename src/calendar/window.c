/*
 * window.c - window functions over time: locf, interpolate, moving_average, ewma
 *
 * All go through their partition in order once and ignore the frame.  What they
 * carry from row to row lies in the partition's memory; what is too large for
 * that is kept for the query in fn_extra and emptied when a partition begins.
 */
#include "base/base.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "windowapi.h"

#include "kernel/calendar_smooth.h"

/* Longest window of moving_average: 16 bytes twice for each row. */
#define AN_MOVING_AVERAGE_MAX 1000000

/* locf: the last value, in the query's memory. */
typedef struct Carried
{
	bool filled;   /* there is one */
	Datum value;   /* a copy */
	int16 typlen;  /* length of the type, 0 before the first row */
	bool typbyval; /* passed by value */
} Carried;

/* A point of the line that interpolate draws. */
typedef struct Point
{
	TimestampTz at; /* finite */
	double value;	/* not NULL */
} Point;

/* interpolate: the neighbours of the current row; zeroed when a partition begins. */
typedef struct Neighbours
{
	bool has_before; /* before is filled */
	Point before;	 /* last point up to the current row */
	bool searched;	 /* after_row and after are of a search that still holds */
	bool has_after;	 /* the search found a point */
	int64 after_row; /* its row, counted from 0 */
	Point after;	 /* first point behind the current row */
} Neighbours;

/* moving_average: the window, in the query's memory. */
typedef struct Average
{
	AnSmooth window; /* front and back grow as needed */
	size_t size;	 /* items that front and back have room for */
	bool infinite;	 /* the partition had an infinite value: an infinite mean is no overflow */
} Average;

/* ewma: zeroed when a partition begins. */
typedef struct Smoothed
{
	bool filled;  /* value is */
	double value; /* the average so far */
} Smoothed;

/* Returns memory of the partition, zeroed at its first row, with a flag that says whether this is it. */
static bool
partition_begins(WindowObject window)
{
	bool *seen = WinGetPartitionLocalMemory(window, sizeof(bool));
	bool begins = !*seen;

	*seen = true;
	return begins;
}

/* Returns memory of the call site for the query, zeroed at first. */
static void *
query_memory(FunctionCallInfo fcinfo, Size size)
{
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, size);
	return fcinfo->flinfo->fn_extra;
}

/* Lets go of rows before the current one, and returns the number of the current. */
static int64
forget_past(WindowObject window)
{
	int64 row = WinGetCurrentPosition(window);

	WinSetMarkPosition(window, row);
	return row;
}

/* locf(value): last observation carried forward. */
AN_SQL(locf)
{
	WindowObject window = PG_WINDOW_OBJECT();
	Carried *carried = query_memory(fcinfo, sizeof(Carried));
	bool isnull;
	Datum value;

	if (carried->typlen == 0)
		get_typlenbyval(get_fn_expr_argtype(fcinfo->flinfo, 0), &carried->typlen,
						&carried->typbyval);
	if (partition_begins(window))
	{
		if (carried->filled && !carried->typbyval)
			pfree(DatumGetPointer(carried->value));
		carried->filled = false;
	}
	forget_past(window);
	value = WinGetFuncArgCurrent(window, 0, &isnull);
	if (!isnull)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		Datum copy = datumCopy(value, carried->typbyval, carried->typlen);

		MemoryContextSwitchTo(caller);
		if (carried->filled && !carried->typbyval)
			pfree(DatumGetPointer(carried->value));
		carried->value = copy;
		carried->filled = true;
		PG_RETURN_DATUM(value);
	}
	if (!carried->filled)
		PG_RETURN_NULL();
	/* A copy of its own for each row: the next row may free what is carried. */
	PG_RETURN_DATUM(datumCopy(carried->value, carried->typbyval, carried->typlen));
}

/*
 * Reads the point of the row that is `relative` rows from the current; false:
 * none there, and *point is as it was.  *out: behind the end.
 */
static bool
read_point(WindowObject window, int relative, Point *point, bool *out)
{
	bool isnull;
	Point found;
	Datum value =
		WinGetFuncArgInPartition(window, 0, relative, WINDOW_SEEK_CURRENT, false, &isnull, out);

	if (isnull || *out)
		return false;
	found.value = DatumGetFloat8(value);
	value = WinGetFuncArgInPartition(window, 1, relative, WINDOW_SEEK_CURRENT, false, &isnull, out);
	if (isnull)
		return false;
	found.at = DatumGetTimestampTz(value);
	if (TIMESTAMP_NOT_FINITE(found.at))
		return false;
	*point = found;
	return true;
}

/* Looks for the first point behind row `row`; one search serves all rows up to what it finds. */
static void
search_after(WindowObject window, int64 row, Neighbours *near)
{
	bool out = false;

	near->searched = true;
	near->has_after = false;
	for (int ahead = 1; !near->has_after; ahead++)
	{
		CHECK_FOR_INTERRUPTS();
		near->has_after = read_point(window, ahead, &near->after, &out);
		if (out)
			return;
		near->after_row = row + ahead;
	}
}

/* interpolate(value, at): on the straight line between the neighbours in the window's order. */
AN_SQL(interpolate)
{
	WindowObject window = PG_WINDOW_OBJECT();
	Neighbours *near = WinGetPartitionLocalMemory(window, sizeof(Neighbours));
	int64 row = forget_past(window);
	bool isnull, out;
	Datum value = WinGetFuncArgCurrent(window, 0, &isnull);
	TimestampTz at;
	double part;

	if (!isnull)
	{
		near->has_before |= read_point(window, 0, &near->before, &out);
		PG_RETURN_DATUM(value);
	}
	value = WinGetFuncArgCurrent(window, 1, &isnull);
	if (isnull || !near->has_before)
		PG_RETURN_NULL();
	if (!near->searched || (near->has_after && near->after_row <= row))
		search_after(window, row, near);
	at = DatumGetTimestampTz(value);
	if (!near->has_after || at < near->before.at || at > near->after.at)
		PG_RETURN_NULL();
	if (near->after.at == near->before.at)
		PG_RETURN_FLOAT8(near->before.value);
	part = ((double) at - (double) near->before.at) /
		   ((double) near->after.at - (double) near->before.at);
	PG_RETURN_FLOAT8(near->before.value * (1 - part) + near->after.value * part);
}

/* Starts an empty window of the partition's n, with the memory of the one before. */
static void
begin_average(Average *average, int n)
{
	AnSmooth *window = &average->window;

	if (n < 1 || n > AN_MOVING_AVERAGE_MAX)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("n must be between 1 and %d, not %d", AN_MOVING_AVERAGE_MAX, n),
						errhint("It is the number of rows that the average is taken over.")));
	average->infinite = false;
	window->n = n;
	window->n_front = window->n_back = 0;
	window->total = (AnSmoothItem){0, 0};
}

/* Makes room for one more row. */
static void
grow_average(Average *average, MemoryContext context)
{
	AnSmooth *window = &average->window;
	size_t need = an_smooth_need(window);

	if (need <= average->size)
		return;
	need = Min(Max(need, 2 * average->size), window->n);
	if (average->size == 0)
	{
		window->front = MemoryContextAlloc(context, need * sizeof(AnSmoothItem));
		window->back = MemoryContextAlloc(context, need * sizeof(AnSmoothItem));
	}
	else
	{
		window->front = repalloc(window->front, need * sizeof(AnSmoothItem));
		window->back = repalloc(window->back, need * sizeof(AnSmoothItem));
	}
	average->size = need;
}

/* moving_average(value, n): n is read at the first row of a partition. */
AN_SQL(moving_average)
{
	WindowObject window = PG_WINDOW_OBJECT();
	Average *average = query_memory(fcinfo, sizeof(Average));
	bool isnull;
	Datum value;
	double mean;

	if (partition_begins(window))
	{
		value = WinGetFuncArgCurrent(window, 1, &isnull);
		an_not_null(isnull, "n");
		begin_average(average, DatumGetInt32(value));
	}
	forget_past(window);
	grow_average(average, fcinfo->flinfo->fn_mcxt);
	value = WinGetFuncArgCurrent(window, 0, &isnull);
	average->infinite |= !isnull && isinf(DatumGetFloat8(value));
	if (!an_smooth_push(&average->window, isnull ? 0 : DatumGetFloat8(value), isnull, &mean))
		PG_RETURN_NULL();
	if (isinf(mean) && !average->infinite)
		float_overflow_error();
	PG_RETURN_FLOAT8(mean);
}

/* ewma(value, alpha): begins with the first value of the partition. */
AN_SQL(ewma)
{
	WindowObject window = PG_WINDOW_OBJECT();
	Smoothed *smoothed = WinGetPartitionLocalMemory(window, sizeof(Smoothed));
	bool isnull;
	double alpha = DatumGetFloat8(WinGetFuncArgCurrent(window, 1, &isnull));
	double value;

	an_not_null(isnull, "alpha");
	if (!(alpha > 0 && alpha <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("alpha must be above 0 and at most 1, not %g", alpha),
						errhint("It is the weight of the newest value; 1 forgets all others.")));
	forget_past(window);
	value = DatumGetFloat8(WinGetFuncArgCurrent(window, 0, &isnull));
	if (!isnull)
	{
		/* An alpha of 1 forgets even an infinity, which times 0 would be NaN. */
		if (smoothed->filled && alpha < 1)
			value = alpha * value + (1 - alpha) * smoothed->value;
		smoothed->value = value;
		smoothed->filled = true;
	}
	if (!smoothed->filled)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(smoothed->value);
}
