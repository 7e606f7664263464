/*
 * retention.c - the aggregate retention: which conditions an entity met that met the first
 *
 * The state is a boolean[], one for each condition that a row satisfied, and is
 * changed where it stands.
 */
#include "behaviour/state.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

static ArrayType *new_state(uint32 n);
static bool *members(ArrayType *array, uint32 n);
static void check_aggregate(FunctionCallInfo fcinfo);

/* (state, VARIADIC conditions) */
AN_SQL(retention_sfunc)
{
	ArrayType *conditions;
	uint32 n = an_behaviour_count(fcinfo, 1, "retention", "conditions", &conditions);
	uint64 mask[AN_TIMELINE_MASK_WORDS];
	ArrayType *state;
	bool *met;

	check_aggregate(fcinfo);
	/* The executor copies a new state to where the states of the groups are, and leaves this one behind. */
	state = PG_ARGISNULL(0) ? new_state(n) : PG_GETARG_ARRAYTYPE_P(0);
	met = members(state, n);
	if (an_behaviour_mask(conditions, n, mask))
		for (uint32 word = 0; word < an_timeline_mask_words(n); word++)
			for (uint64 bits = mask[word]; bits != 0; bits &= bits - 1)
				met[64 * word + (uint32) pg_rightmost_one_pos64(bits)] = true;
	PG_RETURN_ARRAYTYPE_P(state);
}

/* (state, state) */
AN_SQL(retention_combine)
{
	ArrayType *into;
	ArrayType *from;
	bool *met;
	const bool *also;
	uint32 n;

	check_aggregate(fcinfo);
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	into = PG_GETARG_ARRAYTYPE_P(PG_ARGISNULL(0) ? 1 : 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_ARRAYTYPE_P(into);
	from = PG_GETARG_ARRAYTYPE_P(1);
	n = ARR_NDIM(from) == 1 ? ARR_DIMS(from)[0] : 0;
	met = members(into, n);
	also = members(from, n);
	for (uint32 i = 0; i < n; i++)
		met[i] |= also[i];
	PG_RETURN_ARRAYTYPE_P(into);
}

/* (state): nothing counts without the first condition. */
AN_SQL(retention_final)
{
	ArrayType *state;
	ArrayType *result;
	uint32 n;
	const bool *met;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = PG_GETARG_ARRAYTYPE_P(0);
	n = ARR_NDIM(state) == 1 ? ARR_DIMS(state)[0] : 0;
	met = members(state, n);
	result = new_state(n);
	if (met[0])
		memcpy(ARR_DATA_PTR(result), met, n);
	PG_RETURN_ARRAYTYPE_P(result);
}

static void
check_aggregate(FunctionCallInfo fcinfo)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("states of retention can only be changed by its aggregate")));
}

/* Makes an array of n times false, in the current context. */
static ArrayType *
new_state(uint32 n)
{
	Size size = ARR_OVERHEAD_NONULLS(1) + n * sizeof(bool);
	ArrayType *array = palloc0(size);

	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->elemtype = BOOLOID;
	ARR_DIMS(array)[0] = (int) n;
	ARR_LBOUND(array)[0] = 1;
	return array;
}

/* Returns the members of a state; raises 22023 unless it has n of them. */
static bool *
members(ArrayType *array, uint32 n)
{
	if (ARR_NDIM(array) != 1 || ARR_HASNULL(array) || n == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a state of retention must be a list of true and false")));
	if ((uint32) ARR_DIMS(array)[0] != n)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("retention got different numbers of conditions in rows of the same "
							   "group: %d and %u",
							   ARR_DIMS(array)[0], n)));
	return (bool *) ARR_DATA_PTR(array);
}
