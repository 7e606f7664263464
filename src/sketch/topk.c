/*
 * topk.c - topk_agg, topk_union_agg, topk_union, topk_values, topk_error, topk_info
 *
 * The state of both aggregates is a topk.  While it grows it is an AnTopkState,
 * whose context is shared by all groups (sketch/state.h); between processes it
 * travels flat.
 */
#include "sketch/topk.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

/* Returns the type of the values, looked up at the first call of a call site. */
static AnTopkType *
argument_type(FunctionCallInfo fcinfo)
{
	AnTopkType *type = fcinfo->flinfo->fn_extra;
	Oid declared;

	if (type)
		return type;
	declared = get_fn_expr_argtype(fcinfo->flinfo, 1);
	if (!OidIsValid(declared))
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE),
						errmsg("could not determine the type of the values to count")));
	type = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(AnTopkType));
	an_topk_type_init(type, declared, fcinfo->flinfo->fn_mcxt);
	fcinfo->flinfo->fn_extra = type;
	return type;
}

/* The number of values asked for, argument 2. */
static uint32
argument_k(FunctionCallInfo fcinfo)
{
	int32 k;

	an_not_null(PG_ARGISNULL(2), "k");
	k = PG_GETARG_INT32(2);
	if (k < AN_TOPK_K_MIN || k > AN_TOPK_K_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k must be between %d and %d, not %d", AN_TOPK_K_MIN, AN_TOPK_K_MAX, k)));
	return (uint32) k;
}

/*
 * Returns the state to add to, argument 0: as it is while it grows, or grown from a
 * flat one, or new for what is to be added.  Raises 42809 outside an aggregate.
 */
static AnTopkState *
growing(FunctionCallInfo fcinfo, uint8 way, Oid type, uint32 k, const char *function)
{
	MemoryContext context;
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnTopkState *state;
	AnTopkView flat;

	if (!PG_ARGISNULL(0) && VARATT_IS_EXTERNAL_EXPANDED_RW(PG_GETARG_POINTER(0)))
		return an_topk_state(PG_GETARG_DATUM(0));
	context = an_sketch_context(fcinfo, function);
	if (PG_ARGISNULL(0))
		return an_topk_new(context, way, type, k);
	an_topk_open(&flat, an_object_argument(fcinfo, 0), &memory);
	state = an_topk_new(context, flat.way, flat.type, flat.topk->k);
	an_topk_unite(state, &flat);
	an_topk_close(&flat, &memory);
	return state;
}

/* The state as it is, where there is nothing to add. */
static Datum
unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* topk_agg_sfunc(state, value, k): NULL is not counted. */
AN_SQL(topk_agg_sfunc)
{
	AnTopkType *type = argument_type(fcinfo);
	uint32 k = argument_k(fcinfo);
	AnTopkState *state;
	AnMemory memory;

	if (PG_ARGISNULL(1))
		return unchanged(fcinfo);
	state = growing(fcinfo, type->way, type->value.type, k, "topk_agg_sfunc");
	if (state->topk.k != k)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k must be the same for all rows, not %u and %u", state->topk.k, k)));
	if (state->way != type->way || (state->type != type->value.type && OidIsValid(state->type)))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the state of topk_agg holds values of another type")));
	memory = an_object_memory(&state->header);
	an_topk_type_count(type, &state->topk, PG_GETARG_DATUM(1), &memory);
	return EOHPGetRWDatum(&state->header);
}

/* topk_combine(state, state). */
AN_SQL(topk_combine)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnTopkView other;
	AnTopkState *state;

	if (PG_ARGISNULL(1))
		return unchanged(fcinfo);
	an_topk_open(&other, an_object_argument(fcinfo, 1), &memory);
	state = growing(fcinfo, other.way, other.type, other.topk->k, "topk_combine");
	an_topk_unite(state, &other);
	an_topk_close(&other, &memory);
	return EOHPGetRWDatum(&state->header);
}

/* topk_union_agg_sfunc(state, topk): NULL is no sketch. */
AN_SQL(topk_union_agg_sfunc)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnTopkView other = {.way = AN_TOPK_TEXT};
	AnTopkState *state;

	if (PG_ARGISNULL(1))
		return unchanged(fcinfo);
	an_topk_read(&other.own, an_object_argument(fcinfo, 1), &memory);
	other.topk = &other.own;
	state = growing(fcinfo, AN_TOPK_TEXT, InvalidOid, other.own.k, "topk_union_agg_sfunc");
	an_topk_unite(state, &other);
	an_topk_close(&other, &memory);
	return EOHPGetRWDatum(&state->header);
}

/* topk_agg_final(state): the stored form. */
AN_SQL(topk_agg_final)
{
	PG_RETURN_POINTER(an_topk_stored_of(an_object_argument(fcinfo, 0)));
}

/* topk_union(topk, topk). */
AN_SQL(topk_union)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnTopk one;
	AnTopk other;

	an_topk_read(&one, an_object_argument(fcinfo, 0), &memory);
	an_topk_read(&other, an_object_argument(fcinfo, 1), &memory);
	an_topk_limit(an_topk_merge(&one, &other, &memory));
	an_topk_finish(&one, &memory);
	PG_RETURN_POINTER(an_topk_stored(&one));
}

/* The entries of a sketch in their order, k and one more at most; *n is how many. */
static const AnTopkEntry **
frequent(const AnTopk *topk, uint32 *n)
{
	uint32 *order = palloc(2 * sizeof(uint32) * topk->n);
	const AnTopkEntry **entries;

	an_topk_order(topk, order, order + topk->n);
	*n = Min(topk->n, topk->k + 1);
	entries = palloc(sizeof(*entries) * *n);
	for (uint32 i = 0; i < *n; i++)
		entries[i] = &topk->entries[order[i]];
	return entries;
}

/* topk_values(topk): value, count, error. */
AN_SQL(topk_values)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	AnMemory memory = an_memory(CurrentMemoryContext);
	const AnTopkEntry **entries;
	AnTopk topk;
	uint32 n;

	InitMaterializedSRF(fcinfo, 0);
	an_topk_read(&topk, an_object_argument(fcinfo, 0), &memory);
	entries = frequent(&topk, &n);
	for (uint32 i = 0; i < Min(n, topk.k); i++)
	{
		const char *text = (const char *) an_topk_value(&topk, entries[i]);
		Datum values[3] = {PointerGetDatum(cstring_to_text_with_len(text, entries[i]->size)),
						   Int64GetDatum((int64) entries[i]->count),
						   Int64GetDatum((int64) entries[i]->error)};
		bool nulls[3] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		pfree(DatumGetPointer(values[0]));
	}
	return (Datum) 0;
}

/* topk_error(topk). */
AN_SQL(topk_error)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	AnTopk topk;

	an_topk_read(&topk, an_object_argument(fcinfo, 0), &memory);
	PG_RETURN_INT64((int64) topk.floor);
}

/* Adds a number, or a truth, to an object that is being made. */
static void
push(JsonbParseState **parse, const char *key, int64 number, JsonbValue *value)
{
	JsonbValue name = {.type = jbvString};
	JsonbValue numeric = {.type = jbvNumeric};

	name.val.string.val = unconstify(char *, key);
	name.val.string.len = strlen(key);
	pushJsonbValue(parse, WJB_KEY, &name);
	if (!value)
		numeric.val.numeric = int64_to_numeric(number);
	pushJsonbValue(parse, WJB_VALUE, value ? value : &numeric);
}

/* topk_info(topk). */
AN_SQL(topk_info)
{
	AnMemory memory = an_memory(CurrentMemoryContext);
	JsonbParseState *parse = NULL;
	JsonbValue exact = {.type = jbvBool};
	const AnTopkEntry **entries;
	AnTopk topk;
	uint64 unlisted;
	uint32 n;

	an_topk_read(&topk, an_object_argument(fcinfo, 0), &memory);
	entries = frequent(&topk, &n);
	unlisted = n > topk.k ? entries[topk.k]->count : topk.floor;
	exact.val.boolean = topk.floor == 0;
	pushJsonbValue(&parse, WJB_BEGIN_OBJECT, NULL);
	push(&parse, "k", topk.k, NULL);
	push(&parse, "counters", an_topk_counters(topk.k), NULL);
	push(&parse, "held", topk.n, NULL);
	push(&parse, "total", (int64) topk.total, NULL);
	push(&parse, "error", (int64) topk.floor, NULL);
	push(&parse, "unlisted", (int64) unlisted, NULL);
	push(&parse, "exact", 0, &exact);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&parse, WJB_END_OBJECT, NULL)));
}
