/*
 * bookend.c - the aggregates first and last: the value at the earliest and at
 * the latest time
 *
 * The value can be of any type, so the state cannot be a type of its own: it is
 * `internal`, and travels between the processes of one query as raw bytes.
 *
 * Rows without a time do not count; a NULL value does, like any other.  Of
 * several values at the same time, first takes the smallest and last the
 * greatest by the type's own order, NULL after all others; where the type has
 * no order, or it calls different values equal, by their bytes.  So the result
 * never depends on the order of the input or on how workers share it.
 */
#include "base/base.h"

#include "catalog/pg_type.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* State of one group; it and its value live in the aggregate's context. */
typedef struct Bookend
{
	Oid type;		/* type of the value */
	int16 typlen;	/* its length */
	bool typbyval;	/* passed by value */
	bool isnull;	/* the value is NULL */
	TimestampTz at; /* its time */
	Datum value;	/* if not isnull */
} Bookend;

/* Which end is kept. */
typedef enum Side
{
	SIDE_FIRST = -1,
	SIDE_LAST = 1,
} Side;

static Datum step(FunctionCallInfo fcinfo, Side side);
static Datum combine(FunctionCallInfo fcinfo, Side side);

AN_SQL(first_sfunc)
{
	return step(fcinfo, SIDE_FIRST);
}

AN_SQL(last_sfunc)
{
	return step(fcinfo, SIDE_LAST);
}

AN_SQL(first_combine)
{
	return combine(fcinfo, SIDE_FIRST);
}

AN_SQL(last_combine)
{
	return combine(fcinfo, SIDE_LAST);
}

/* Returns the context of the aggregate; raises an error outside of one. */
static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	return context;
}

/* Orders two values of a type without order by their bytes. */
static int
compare_bytes(const Bookend *a, const Bookend *b)
{
	Pointer left, right;
	Size left_size, right_size;
	int order;

	if (a->typbyval)
		return a->value < b->value ? -1 : a->value > b->value;
	left =
		a->typlen == -1 ? (Pointer) PG_DETOAST_DATUM_PACKED(a->value) : DatumGetPointer(a->value);
	right =
		b->typlen == -1 ? (Pointer) PG_DETOAST_DATUM_PACKED(b->value) : DatumGetPointer(b->value);
	left_size = datumGetSize(PointerGetDatum(left), false, a->typlen);
	right_size = datumGetSize(PointerGetDatum(right), false, b->typlen);
	if (a->typlen == -1)
	{
		left_size = VARSIZE_ANY_EXHDR(left);
		right_size = VARSIZE_ANY_EXHDR(right);
		left = VARDATA_ANY(left);
		right = VARDATA_ANY(right);
	}
	order = memcmp(left, right, Min(left_size, right_size));
	return order ? order : left_size < right_size ? -1 : left_size > right_size;
}

/* Orders two values of one time: below zero where a comes first. */
static int
compare_values(FunctionCallInfo fcinfo, const Bookend *a, const Bookend *b)
{
	TypeCacheEntry *entry;
	int order = 0;

	if (a->isnull || b->isnull)
		return (int) a->isnull - (int) b->isnull;
	entry = lookup_type_cache(a->type, TYPECACHE_CMP_PROC_FINFO);
	if (OidIsValid(entry->cmp_proc_finfo.fn_oid) && a->type != RECORDOID)
		order = DatumGetInt32(
			FunctionCall2Coll(&entry->cmp_proc_finfo, PG_GET_COLLATION(), a->value, b->value));
	return order ? order : compare_bytes(a, b);
}

/* Tells whether `next` takes the place of `kept`. */
static inline bool
replaces(FunctionCallInfo fcinfo, Side side, const Bookend *next, const Bookend *kept)
{
	if (next->at != kept->at)
		return (next->at > kept->at) == (side == SIDE_LAST);
	return compare_values(fcinfo, next, kept) * side > 0;
}

/* Puts a copy of `next` into `kept`, in `context`; frees the value before. */
static void
keep(MemoryContext context, Bookend *kept, const Bookend *next)
{
	MemoryContext caller = MemoryContextSwitchTo(context);

	if (!kept->typbyval && !kept->isnull)
		pfree(DatumGetPointer(kept->value));
	*kept = *next;
	if (!next->isnull && !next->typbyval)
	{
		if (next->typlen ==
			-1) /* no pointer into a table: it may be far from here when it is read */
			kept->value = PointerGetDatum(PG_DETOAST_DATUM_COPY(next->value));
		else
			kept->value = datumCopy(next->value, false, next->typlen);
	}
	MemoryContextSwitchTo(caller);
}

static Bookend *
new_state(MemoryContext context, const Bookend *next)
{
	Bookend *kept = MemoryContextAllocZero(context, sizeof(Bookend));

	kept->isnull = true;
	keep(context, kept, next);
	return kept;
}

static Datum
step(FunctionCallInfo fcinfo, Side side)
{
	MemoryContext context = aggregate_context(fcinfo);
	Bookend *kept = PG_ARGISNULL(0) ? NULL : (Bookend *) PG_GETARG_POINTER(0);
	Bookend next;

	if (PG_ARGISNULL(2))
	{
		if (kept == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(kept);
	}
	next.at = PG_GETARG_TIMESTAMPTZ(2);
	next.isnull = PG_ARGISNULL(1);
	next.value = next.isnull ? (Datum) 0 : PG_GETARG_DATUM(1);
	if (kept == NULL)
	{
		next.type = get_fn_expr_argtype(fcinfo->flinfo, 1);
		if (!OidIsValid(next.type))
			elog(ERROR, "could not determine the type of the value");
		get_typlenbyval(next.type, &next.typlen, &next.typbyval);
		PG_RETURN_POINTER(new_state(context, &next));
	}
	next.type = kept->type;
	next.typlen = kept->typlen;
	next.typbyval = kept->typbyval;
	if (replaces(fcinfo, side, &next, kept))
		keep(context, kept, &next);
	PG_RETURN_POINTER(kept);
}

static Datum
combine(FunctionCallInfo fcinfo, Side side)
{
	MemoryContext context = aggregate_context(fcinfo);
	Bookend *kept = PG_ARGISNULL(0) ? NULL : (Bookend *) PG_GETARG_POINTER(0);
	Bookend *next = PG_ARGISNULL(1) ? NULL : (Bookend *) PG_GETARG_POINTER(1);

	if (kept == NULL && next == NULL)
		PG_RETURN_NULL();
	if (kept == NULL)
		PG_RETURN_POINTER(new_state(context, next));
	if (next && replaces(fcinfo, side, next, kept))
		keep(context, kept, next);
	PG_RETURN_POINTER(kept);
}

/* Writes the state: its fixed part as it stands in memory, then the value as PostgreSQL sends one to a worker. */
AN_SQL(bookend_serial)
{
	Bookend *state = (Bookend *) PG_GETARG_POINTER(0);
	Size size = datumEstimateSpace(state->value, state->isnull, state->typbyval, state->typlen);
	bytea *result;
	char *to;

	aggregate_context(fcinfo);
	result = palloc(VARHDRSZ + sizeof(Bookend) + size);
	SET_VARSIZE(result, VARHDRSZ + sizeof(Bookend) + size);
	to = VARDATA(result);
	memcpy(to, state, sizeof(Bookend));
	to += sizeof(Bookend);
	datumSerialize(state->value, state->isnull, state->typbyval, state->typlen, &to);
	PG_RETURN_BYTEA_P(result);
}

AN_SQL(bookend_deserial)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);
	Bookend *state = palloc(sizeof(Bookend));
	char *from = VARDATA_ANY(bytes);

	aggregate_context(fcinfo);
	if (VARSIZE_ANY_EXHDR(bytes) < sizeof(Bookend) + sizeof(int))
		an_check(AN_ERR_CORRUPT, "state of first or last");
	memcpy(state, from, sizeof(Bookend));
	from += sizeof(Bookend);
	state->value = datumRestore(&from, &state->isnull);
	PG_RETURN_POINTER(state);
}

AN_SQL(bookend_final)
{
	Bookend *state = PG_ARGISNULL(0) ? NULL : (Bookend *) PG_GETARG_POINTER(0);

	aggregate_context(fcinfo);
	if (state == NULL || state->isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(state->value);
}
