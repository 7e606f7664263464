/*
 * state_args.c - arguments that aggregates over events have in common
 */
#include "behaviour/state.h"

#include "common/int.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

uint32
an_behaviour_count(FunctionCallInfo fcinfo, int arg, const char *function, const char *name,
				   ArrayType **conditions)
{
	ArrayType *array;
	int n;

	an_not_null(PG_ARGISNULL(arg), name);
	array = PG_GETARG_ARRAYTYPE_P(arg);
	if (ARR_NDIM(array) > 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("conditions of %s must be an array of one dimension, not %d",
							   function, ARR_NDIM(array))));
	n = ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];
	if (n == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s needs at least one condition", function)));
	if (n > AN_TIMELINE_MAX_STEPS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%s takes at most %d conditions, not %d", function,
							   AN_TIMELINE_MAX_STEPS, n)));
	*conditions = array;
	return (uint32) n;
}

bool
an_behaviour_mask(const ArrayType *conditions, uint32 n_steps, uint64 *mask)
{
	const bits8 *not_null = ARR_NULLBITMAP(conditions);
	const char *value = ARR_DATA_PTR(conditions);
	uint64 any = 0;

	for (uint32 word = 0; word < an_timeline_mask_words(n_steps); word++)
	{
		uint32 n = Min(64, n_steps - 64 * word);
		uint64 bits = 0;

		for (uint32 i = 0; i < n; i++)
		{
			uint32 step = 64 * word + i;

			if (unlikely(not_null) && !(not_null[step / 8] & (1 << (step % 8))))
				continue;
			bits |= (uint64) (*value++ != 0) << i;
		}
		mask[word] = bits;
		any |= bits;
	}
	return any != 0;
}

int64
an_behaviour_window(const Interval *interval, const char *argument)
{
	int64 days_us;
	int64 window_us;

	if (an_compat_interval_infinite(interval))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" must not be infinite", argument)));
	if (interval->month != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" must not have months or years", argument),
						errhint("Write days, for example '30 days'; a day has 24 hours here.")));
	if (pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &days_us) ||
		pg_add_s64_overflow(days_us, interval->time, &window_us))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" must be at most 292,277 years", argument)));
	if (window_us < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"%s\" must be positive", argument)));
	return window_us;
}

bool
an_behaviour_ascending(FunctionCallInfo fcinfo, int arg)
{
	Aggref *call = AggGetAggref(fcinfo);
	SortGroupClause *first;
	TargetEntry *sorted;

	if (!call || call->aggorder == NIL)
		return false;
	first = linitial_node(SortGroupClause, call->aggorder);
	sorted = get_sortgroupclause_tle(first, call->args);
	return sorted->resno == arg + 1 && get_opcode(first->sortop) == F_TIMESTAMPTZ_LT;
}
