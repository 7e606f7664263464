/*
 * topk_type.c - values as bytes and as texts
 *
 * The text of a value is what value::text gives with the settings that PostgreSQL
 * comes with, and in UTC, whatever the session's are: so the sketches of all
 * sessions can be united.  Numerics lose zeroes at their end, for 1.0 and 1.00 are
 * equal; both zeroes of floats are 0.
 */
#include "sketch/topk.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/bytea.h"
#include "utils/datetime.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

/* The settings that the text of a value depends on. */
typedef struct Settings
{
	int date_style;		/* DateStyle */
	int date_order;		/* DateOrder */
	int interval_style; /* IntervalStyle */
	int extra_digits;	/* extra_float_digits */
	int bytea_form;		/* bytea_output */
	pg_tz *timezone;	/* session_timezone */
} Settings;

static Settings
current_settings(void)
{
	return (Settings){.date_style = DateStyle,
					  .date_order = DateOrder,
					  .interval_style = IntervalStyle,
					  .extra_digits = extra_float_digits,
					  .bytea_form = bytea_output,
					  .timezone = session_timezone};
}

static void
apply_settings(const Settings *settings)
{
	DateStyle = settings->date_style;
	DateOrder = settings->date_order;
	IntervalStyle = settings->interval_style;
	extra_float_digits = settings->extra_digits;
	bytea_output = settings->bytea_form;
	session_timezone = settings->timezone;
}

/* Those under which texts are made. */
static const Settings *
text_settings(void)
{
	static Settings settings = {.date_style = USE_ISO_DATES,
								.date_order = DATEORDER_YMD,
								.interval_style = INTSTYLE_POSTGRES,
								.extra_digits = 1,
								.bytea_form = BYTEA_OUTPUT_HEX};

	if (!settings.timezone)
		settings.timezone = pg_tzset("GMT");
	return &settings;
}

void
an_topk_type_init(AnTopkType *type, Oid declared, MemoryContext context)
{
	bool is_image;
	Oid output;
	bool is_varlena;

	MemSet(type, 0, sizeof(*type));
	is_image = an_distinct_type_image(&type->value, declared, C_COLLATION_OID);
	switch (type->value.type)
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
			type->is_bytes = true;
			return;
	}
	type->way = is_image ? AN_TOPK_IMAGE : AN_TOPK_TEXT;
	getTypeOutputInfo(type->value.type, &output, &is_varlena);
	fmgr_info_cxt(output, &type->output, context);
}

/* The text of a datum; the settings are those of texts. */
static char *
text_of(AnTopkType *type, Datum datum)
{
	if (type->value.type == BOOLOID)
		return DatumGetBool(datum) ? "true" : "false";
	if (type->value.type == NUMERICOID)
		return numeric_normalize(DatumGetNumeric(datum));
	return OutputFunctionCall(&type->output, datum);
}

/* The text of a single datum, made under the settings of texts. */
static char *
single_text(AnTopkType *type, Datum datum)
{
	Settings before = current_settings();
	char *volatile text = NULL;

	PG_TRY();
	{
		apply_settings(text_settings());
		text = text_of(type, datum);
	}
	PG_FINALLY();
	{
		apply_settings(&before);
	}
	PG_END_TRY();
	return text;
}

void
an_topk_type_count(AnTopkType *type, AnTopk *topk, Datum datum, const AnMemory *memory)
{
	const void *bytes;
	size_t size;
	int64 word;

	if (type->way == AN_TOPK_TEXT && !type->is_bytes)
	{
		bytes = single_text(type, datum);
		size = strlen(bytes);
		pg_verifymbstr(bytes, size, false);
	}
	else if (type->value.form == AN_DISTINCT_WORDS)
	{
		word = an_distinct_word(&type->value, datum);
		bytes = &word;
		size = sizeof(word);
	}
	else
		bytes = an_distinct_bytes(&type->value, datum, &size);
	an_topk_limit(an_topk_add(topk, bytes, size, memory));
}

/* The datum that an integer stands for. */
static Datum
word_datum(const AnDistinctType *type, int64 word)
{
	float4 real;
	float8 number;
	int32 bits = (int32) word;

	if (type->read == AN_READ_REAL)
	{
		memcpy(&real, &bits, sizeof(real));
		return Float4GetDatum(real);
	}
	if (type->read == AN_READ_DOUBLE)
	{
		memcpy(&number, &word, sizeof(number));
		return Float8GetDatum(number);
	}
	switch (type->typlen)
	{
		case 1:
			return CharGetDatum((char) word);
		case 2:
			return Int16GetDatum((int16) word);
		case 4:
			return Int32GetDatum(bits);
		default:
			return Int64GetDatum(word);
	}
}

/* The datum that bytes stand for. */
static Datum
image_datum(const AnDistinctType *type, const uint8 *bytes, uint32 size)
{
	char *copy;
	int64 word;

	if (type->form == AN_DISTINCT_WORDS)
	{
		if (size != sizeof(word))
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged topk")));
		memcpy(&word, bytes, sizeof(word));
		return word_datum(type, word);
	}
	if (type->read == AN_READ_VARLENA)
		return PointerGetDatum(cstring_to_text_with_len((const char *) bytes, size));
	if (size != type->typlen)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged topk")));
	copy = palloc(size);
	memcpy(copy, bytes, size);
	return PointerGetDatum(copy);
}

/* Makes the texts; the settings are those of texts. */
static void
make_texts(AnTopk *texts, const AnTopk *topk, AnTopkType *type, const AnMemory *memory)
{
	for (uint32 i = 0; i < topk->n; i++)
	{
		const AnTopkEntry *entry = &topk->entries[i];
		Datum datum = image_datum(&type->value, an_topk_value(topk, entry), entry->size);
		char *text = text_of(type, datum);
		AnStatus status;

		pg_verifymbstr(text, strlen(text), false);
		status = an_topk_put(texts, text, strlen(text), entry->count, entry->error, memory);
		if (status == AN_ERR_ARGUMENT)
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("two values of type %s have the same text \"%s\"",
								   format_type_be(type->value.type), an_shown(text)),
							errhint("Count an expression of them whose text tells them apart.")));
		an_topk_limit(status);
	}
}

void
an_topk_texts(AnTopk *texts, const AnTopk *topk, Oid type_id, const AnMemory *memory)
{
	Settings before = current_settings();
	AnTopkType type;

	an_topk_type_init(&type, type_id, CurrentMemoryContext);
	if (type.way != AN_TOPK_IMAGE)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged topk")));
	an_topk_init(texts, topk->k);
	texts->total = topk->total;
	texts->floor = topk->floor;
	PG_TRY();
	{
		apply_settings(text_settings());
		make_texts(texts, topk, &type, memory);
	}
	PG_FINALLY();
	{
		apply_settings(&before);
	}
	PG_END_TRY();
}
