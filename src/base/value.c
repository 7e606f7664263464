/*
 * value.c - any SQL value as bytes, so that equal values have equal bytes
 */
#include "base/value.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/multirangetypes.h"
#include "utils/numeric.h"
#include "utils/rangetypes.h"

/* Where the display scale stands in numeric_send's bytes: behind ndigits, weight and sign. */
#define NUMERIC_SCALE_OFFSET 6

/* What stands in place of the length of a part that is NULL. */
#define PART_NULL UINT32_MAX

static AnValueKind kind_of(Oid type);
static void append_little(StringInfo bytes, int64 value);
static void append_varlena(StringInfo bytes, struct varlena *content);
static void append_double(StringInfo bytes, double value);
static void append_numeric(StringInfo bytes, Datum datum);
static void append_interval(StringInfo bytes, const Interval *interval);
static void append_array(AnValue *value, ArrayType *array, StringInfo bytes);
static void append_record(AnValue *value, HeapTupleHeader row, StringInfo bytes);
static void
append_range(AnValue *value, TypeCacheEntry *type, const RangeType *range, StringInfo bytes);
static void append_multirange(AnValue *value, const MultirangeType *multirange, StringInfo bytes);
static void append_jsonb(Jsonb *json, StringInfo bytes);
static void append_part(AnValue *part, Datum datum, bool isnull, StringInfo bytes);
static bytea *send_unconverted(FmgrInfo *send, Datum datum);

void
an_value_init(AnValue *value, Oid type, MemoryContext context)
{
	bool is_varlena;
	Oid send;

	if (!OidIsValid(type))
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE),
						errmsg("could not determine the type of the value to count")));
	MemSet(value, 0, sizeof(AnValue));
	value->context = context;
	value->type = getBaseType(type);
	value->kind = kind_of(value->type);
	if (value->kind == AN_VALUE_SEND)
	{
		getTypeBinaryOutputInfo(value->type, &send, &is_varlena);
		fmgr_info_cxt(send, &value->send, context);
	}
	else if (value->kind == AN_VALUE_RANGE)
		value->range = lookup_type_cache(value->type, TYPECACHE_RANGE_INFO);
	else if (value->kind == AN_VALUE_MULTIRANGE)
		value->range = lookup_type_cache(value->type, TYPECACHE_MULTIRANGE_INFO)->rngtype;
	value->declared = type;
}

/* Finds the way of a base type. */
static AnValueKind
kind_of(Oid type)
{
	static const struct
	{
		Oid type;		  /* the type */
		AnValueKind kind; /* its way */
	} kinds[] = {
		{INT8OID, AN_VALUE_INT8},		  {INT4OID, AN_VALUE_INT4},
		{INT2OID, AN_VALUE_INT2},		  {OIDOID, AN_VALUE_OID},
		{TEXTOID, AN_VALUE_BYTES},		  {VARCHAROID, AN_VALUE_BYTES},
		{BYTEAOID, AN_VALUE_BYTES},		  {JSONOID, AN_VALUE_BYTES},
		{UUIDOID, AN_VALUE_UUID},		  {TIMESTAMPTZOID, AN_VALUE_INSTANT},
		{TIMESTAMPOID, AN_VALUE_INSTANT}, {TIMEOID, AN_VALUE_INSTANT},
		{DATEOID, AN_VALUE_DATE},		  {BOOLOID, AN_VALUE_BOOL},
		{FLOAT4OID, AN_VALUE_FLOAT4},	  {FLOAT8OID, AN_VALUE_FLOAT8},
		{BPCHAROID, AN_VALUE_BPCHAR},	  {NAMEOID, AN_VALUE_CSTRING},
		{UNKNOWNOID, AN_VALUE_CSTRING},	  {CSTRINGOID, AN_VALUE_CSTRING},
		{NUMERICOID, AN_VALUE_NUMERIC},	  {INTERVALOID, AN_VALUE_INTERVAL},
		{RECORDOID, AN_VALUE_RECORD},	  {JSONBOID, AN_VALUE_JSONB},
	};

	for (size_t i = 0; i < lengthof(kinds); i++)
		if (kinds[i].type == type)
			return kinds[i].kind;
	if (OidIsValid(get_element_type(type)))
		return AN_VALUE_ARRAY;
	switch (get_typtype(type))
	{
		case TYPTYPE_ENUM:
			return AN_VALUE_ENUM;
		case TYPTYPE_COMPOSITE:
			return AN_VALUE_RECORD;
		case TYPTYPE_RANGE:
			return AN_VALUE_RANGE;
		case TYPTYPE_MULTIRANGE:
			return AN_VALUE_MULTIRANGE;
		default:
			return AN_VALUE_SEND;
	}
}

void
an_value_append(AnValue *value, Datum datum, StringInfo bytes)
{
	switch (value->kind)
	{
		case AN_VALUE_INT2:
			append_little(bytes, DatumGetInt16(datum));
			break;
		case AN_VALUE_INT4:
			append_little(bytes, DatumGetInt32(datum));
			break;
		case AN_VALUE_INT8:
			append_little(bytes, DatumGetInt64(datum));
			break;
		case AN_VALUE_OID:
			append_little(bytes, DatumGetObjectId(datum));
			break;
		case AN_VALUE_BYTES:
			append_varlena(bytes, PG_DETOAST_DATUM_PACKED(datum));
			break;
		case AN_VALUE_UUID:
			appendBinaryStringInfo(bytes, (char *) DatumGetUUIDP(datum)->data, UUID_LEN);
			break;
		case AN_VALUE_INSTANT:
			pq_sendint64(bytes, DatumGetInt64(datum));
			break;
		case AN_VALUE_DATE:
			pq_sendint32(bytes, DatumGetDateADT(datum));
			break;
		case AN_VALUE_BOOL:
			pq_sendint8(bytes, DatumGetBool(datum));
			break;
		case AN_VALUE_FLOAT4:
			append_double(bytes, DatumGetFloat4(datum));
			break;
		case AN_VALUE_FLOAT8:
			append_double(bytes, DatumGetFloat8(datum));
			break;
		case AN_VALUE_BPCHAR:
		{
			struct varlena *content = PG_DETOAST_DATUM_PACKED(datum);

			appendBinaryStringInfo(bytes, VARDATA_ANY(content),
								   bpchartruelen(VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content)));
			break;
		}
		case AN_VALUE_CSTRING:
			appendStringInfoString(bytes, DatumGetCString(datum));
			break;
		case AN_VALUE_NUMERIC:
			append_numeric(bytes, datum);
			break;
		case AN_VALUE_INTERVAL:
			append_interval(bytes, DatumGetIntervalP(datum));
			break;
		case AN_VALUE_ENUM:
			appendStringInfoString(bytes, DatumGetCString(DirectFunctionCall1(enum_out, datum)));
			break;
		case AN_VALUE_ARRAY:
			append_array(value, DatumGetArrayTypeP(datum), bytes);
			break;
		case AN_VALUE_RECORD:
			append_record(value, DatumGetHeapTupleHeader(datum), bytes);
			break;
		case AN_VALUE_RANGE:
			append_range(value, value->range, DatumGetRangeTypeP(datum), bytes);
			break;
		case AN_VALUE_MULTIRANGE:
			append_multirange(value, DatumGetMultirangeTypeP(datum), bytes);
			break;
		case AN_VALUE_JSONB:
			append_jsonb(DatumGetJsonbP(datum), bytes);
			break;
		case AN_VALUE_SEND:
			append_varlena(bytes, send_unconverted(&value->send, datum));
			break;
	}
}

/* Appends 8 bytes, the lowest first. */
static void
append_little(StringInfo bytes, int64 value)
{
	pq_sendint64(bytes, pg_bswap64((uint64) value));
}

static void
append_varlena(StringInfo bytes, struct varlena *content)
{
	appendBinaryStringInfo(bytes, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content));
}

/* Appends a double in its send form; values that are equal in SQL have one form. */
static void
append_double(StringInfo bytes, double value)
{
	if (value == 0)
		value = 0; /* not -0 */
	if (isnan(value))
		value = get_float8_nan();
	pq_sendfloat8(bytes, value);
}

/* Appends a numeric in its send form, with a scale of 0; its digits have no zeros to spare. */
static void
append_numeric(StringInfo bytes, Datum datum)
{
	bytea *sent = DatumGetByteaPP(DirectFunctionCall1(numeric_send, datum));

	memset(VARDATA_ANY(sent) + NUMERIC_SCALE_OFFSET, 0, sizeof(uint16));
	append_varlena(bytes, sent);
}

/* Appends days (a month has 30, as for the operator =) and microseconds of a day. */
static void
append_interval(StringInfo bytes, const Interval *interval)
{
	int64 days = (int64) interval->month * DAYS_PER_MONTH + interval->day;
	int64 rest = interval->time % USECS_PER_DAY;

	days += interval->time / USECS_PER_DAY;
	if (rest < 0)
	{
		rest += USECS_PER_DAY;
		days--;
	}
	pq_sendint64(bytes, days);
	pq_sendint64(bytes, rest);
}

/* Makes room for parts; those that are there stay. */
static void
want_parts(AnValue *value, int n_parts)
{
	AnValue *parts;

	if (n_parts <= value->n_parts)
		return;
	parts = MemoryContextAllocZero(value->context, n_parts * sizeof(AnValue));
	if (value->parts)
	{
		memcpy(parts, value->parts, value->n_parts * sizeof(AnValue));
		pfree(value->parts);
	}
	value->parts = parts;
	value->n_parts = n_parts;
}

static void
free_parts(AnValue *value)
{
	for (int i = 0; i < value->n_parts; i++)
		free_parts(&value->parts[i]);
	if (value->parts)
		pfree(value->parts);
}

/* Returns the part with this number, of this type; rows without a type of their own may change it. */
static AnValue *
part_of(AnValue *value, int i, Oid type)
{
	AnValue *part = &value->parts[i];

	if (part->declared != type)
	{
		free_parts(part);
		an_value_init(part, type, value->context);
	}
	return part;
}

static void
append_array(AnValue *value, ArrayType *array, StringInfo bytes)
{
	ArrayIterator elements;
	AnValue *part;
	Datum element;
	bool isnull;

	check_stack_depth();
	want_parts(value, 1);
	part = part_of(value, 0, ARR_ELEMTYPE(array));
	pq_sendint32(bytes, ARR_NDIM(array));
	for (int i = 0; i < ARR_NDIM(array); i++)
	{
		pq_sendint32(bytes, ARR_DIMS(array)[i]);
		pq_sendint32(bytes, ARR_LBOUND(array)[i]);
	}
	elements = array_create_iterator(array, 0, NULL);
	while (array_iterate(elements, &element, &isnull))
		append_part(part, element, isnull, bytes);
	array_free_iterator(elements);
}

static void
append_record(AnValue *value, HeapTupleHeader row, StringInfo bytes)
{
	TupleDesc columns =
		lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
	int n_columns = columns->natts;
	Datum *values = palloc(n_columns * sizeof(Datum));
	bool *nulls = palloc(n_columns * sizeof(bool));
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row};
	int n_live = 0;

	check_stack_depth();
	ItemPointerSetInvalid(&tuple.t_self);
	heap_deform_tuple(&tuple, columns, values, nulls);
	want_parts(value, n_columns);
	for (int i = 0; i < n_columns; i++)
		n_live += !TupleDescAttr(columns, i)->attisdropped;
	pq_sendint32(bytes, n_live);
	for (int i = 0; i < n_columns; i++)
		if (!TupleDescAttr(columns, i)->attisdropped)
			append_part(part_of(value, i, TupleDescAttr(columns, i)->atttypid), values[i], nulls[i],
						bytes);
	ReleaseTupleDesc(columns);
	pfree(values);
	pfree(nulls);
}

/* Appends which bounds there are and which of them belong to the range, then the bounds. */
static void
append_range(AnValue *value, TypeCacheEntry *type, const RangeType *range, StringInfo bytes)
{
	RangeBound lower, upper;
	bool empty;
	uint8 flags = 0;
	AnValue *part;

	range_deserialize(type, range, &lower, &upper, &empty);
	if (empty)
		flags = RANGE_EMPTY;
	else
		flags = (lower.inclusive ? RANGE_LB_INC : 0) | (upper.inclusive ? RANGE_UB_INC : 0) |
				(lower.infinite ? RANGE_LB_INF : 0) | (upper.infinite ? RANGE_UB_INF : 0);
	pq_sendint8(bytes, flags);
	want_parts(value, 1);
	part = part_of(value, 0, type->rngelemtype->type_id);
	if (!empty && !lower.infinite)
		append_part(part, lower.val, false, bytes);
	if (!empty && !upper.infinite)
		append_part(part, upper.val, false, bytes);
}

/* Appends the number of ranges, and each. */
static void
append_multirange(AnValue *value, const MultirangeType *multirange, StringInfo bytes)
{
	RangeType **ranges;
	int32 n_ranges;

	multirange_deserialize(value->range, multirange, &n_ranges, &ranges);
	pq_sendint32(bytes, n_ranges);
	for (int i = 0; i < n_ranges; i++)
		append_range(value, value->range, ranges[i], bytes);
}

/* Appends a string, a number, true, false or null of JSON: a letter, and what stands behind it. */
static void
append_json_scalar(const JsonbValue *scalar, StringInfo bytes)
{
	switch (scalar->type)
	{
		case jbvString:
			appendStringInfoChar(bytes, 's');
			pq_sendint32(bytes, scalar->val.string.len);
			appendBinaryStringInfo(bytes, scalar->val.string.val, scalar->val.string.len);
			break;
		case jbvNumeric:
			appendStringInfoChar(bytes, 'n');
			append_numeric(bytes, NumericGetDatum(scalar->val.numeric));
			break;
		case jbvBool:
			appendStringInfoChar(bytes, scalar->val.boolean ? 't' : 'f');
			break;
		case jbvNull:
			appendStringInfoChar(bytes, '0');
			break;
		default:
			elog(ERROR, "unexpected kind of jsonb: %d", (int) scalar->type);
	}
}

/* Appends objects and arrays between brackets; the keys of an object are in jsonb's own order. */
static void
append_jsonb(Jsonb *json, StringInfo bytes)
{
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbIteratorToken token;
	JsonbValue item;

	while ((token = JsonbIteratorNext(&iterator, &item, false)) != WJB_DONE)
	{
		switch (token)
		{
			case WJB_BEGIN_OBJECT:
				appendStringInfoChar(bytes, '{');
				break;
			case WJB_END_OBJECT:
				appendStringInfoChar(bytes, '}');
				break;
			case WJB_BEGIN_ARRAY:
				appendStringInfoChar(bytes, item.val.array.rawScalar ? '=' : '[');
				break;
			case WJB_END_ARRAY:
				appendStringInfoChar(bytes, ']');
				break;
			default:
				append_json_scalar(&item, bytes);
		}
	}
}

/* Appends the length of a part and its bytes. */
static void
append_part(AnValue *part, Datum datum, bool isnull, StringInfo bytes)
{
	int start = bytes->len;
	uint32 length;

	pq_sendint32(bytes, PART_NULL);
	if (isnull)
		return;
	an_value_append(part, datum, bytes);
	length = pg_hton32((uint32) (bytes->len - start) - sizeof(uint32));
	memcpy(bytes->data + start, &length, sizeof(length));
}

/* Calls a send function so that text stays as the database has it: a worker's client has another encoding. */
static bytea *
send_unconverted(FmgrInfo *send, Datum datum)
{
	int client = pg_get_client_encoding();
	bytea *sent;

	if (client == GetDatabaseEncoding())
		return SendFunctionCall(send, datum);
	SetClientEncoding(GetDatabaseEncoding());
	PG_TRY();
	{
		sent = SendFunctionCall(send, datum);
	}
	PG_FINALLY();
	{
		SetClientEncoding(client);
	}
	PG_END_TRY();
	return sent;
}

uint64
an_value_hash_bytes(AnValue *value, Datum datum)
{
	StringInfoData bytes;
	uint64 hash;

	initStringInfo(&bytes);
	an_value_append(value, datum, &bytes);
	hash = an_murmur3(bytes.data, bytes.len);
	pfree(bytes.data);
	return hash;
}

uint64
an_value_hash_redis(AnValue *value, Datum datum)
{
	StringInfoData text;
	bool is_varlena;
	Oid output;
	uint64 hash;

	initStringInfo(&text);
	switch (value->kind)
	{
		case AN_VALUE_BYTES:
		case AN_VALUE_BPCHAR:
		case AN_VALUE_CSTRING:
			an_value_append(value, datum, &text);
			break;
		default:
			if (!OidIsValid(value->output.fn_oid))
			{
				getTypeOutputInfo(value->type, &output, &is_varlena);
				fmgr_info_cxt(output, &value->output, value->context);
			}
			appendStringInfoString(&text, OutputFunctionCall(&value->output, datum));
	}
	hash = an_murmur2_redis(text.data, text.len);
	pfree(text.data);
	return hash;
}
