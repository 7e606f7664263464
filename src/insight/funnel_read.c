/*
 * funnel_read.c - a funnel's events, read and gathered
 */
#include "insight/funnel_unit.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "insight/answer.h"
#include "kernel/timeline.h"

/* Dates, as chains count them, are no further than this from when they begin. */
#define DATE_SLACK (2 * USECS_PER_DAY)

static int64 clock_of(const AnFunnelAsk *ask, TimestampTz at);
static void place_periods(AnFunnelReader *reader);
static void plan_records(AnFunnelReader *reader);
static void append_values(AnFunnelAsk *ask);
static bool
take_event(void *arg, TimestampTz at, const Datum *values, const bool *nulls, int64 *words);
static uint32 number_of(AnDictionary *dictionary, Datum value, bool isnull);
static uint32 held_number(AnFunnelReader *reader, const Datum *values, const bool *nulls);
static void rank_values(AnFunnelReader *reader);
static void take_entity(void *arg, const void *key, size_t size, int64_t *words, size_t n);
static void sort_records(AnFunnelReader *reader, int64 *words, size_t n);
static void read_records(AnFunnelReader *reader, const int64 *words, uint32 n);

void
an_funnel_query(AnFunnelAsk *ask)
{
	AnEvents *events = &ask->events;
	bool keeps_all = ask->conversion.order == AN_ORDER_STRICT ||
					 (ask->by_session && !events->source->roles[AN_ROLE_SESSION].text);

	/* Steps behind the first may come after the range, as long as their window lasts. */
	if (ask->after_finish && !TIMESTAMP_IS_NOEND(ask->finish))
		events->finish = an_funnel_until(ask, ask->finish);
	an_events_select(events);
	an_steps_select(ask->steps, events, 0);
	append_values(ask);
	an_events_from(events);
	if (!keeps_all)
		an_steps_where(ask->steps, events);
}

TimestampTz
an_funnel_until(const AnFunnelAsk *ask, TimestampTz entry)
{
	int64 steps = ask->conversion.scope == AN_SCOPE_STEP ? ask->conversion.n_steps - 1 : 1;
	int64 tail;
	TimestampTz until;

	if (pg_mul_s64_overflow(ask->conversion.window_us, steps, &tail) ||
		pg_add_s64_overflow(entry, tail, &until) || !IS_VALID_TIMESTAMP(until))
		return DT_NOEND;
	return until;
}

/* Appends the columns behind the masks: the breakdown, what is held, the session. */
static void
append_values(AnFunnelAsk *ask)
{
	StringInfo sql = &ask->events.query.sql;
	const AnExpression *session = &ask->events.source->roles[AN_ROLE_SESSION];
	ListCell *lc;

	if (ask->breakdown)
		appendStringInfo(sql, ", (%s)::pg_catalog.text", ask->breakdown->text);
	foreach (lc, ask->hold)
		appendStringInfo(sql, ", (%s)::pg_catalog.text", ((AnExpression *) lfirst(lc))->text);
	if (ask->by_session && session->text)
		appendStringInfo(sql, ", (%s)::pg_catalog.text", session->text);
}

AnDictionary *
an_funnel_answer(AnFunnelAsk *ask, AnFunnelFunction function, void *arg)
{
	AnFunnelReader *reader = palloc0(sizeof(AnFunnelReader));
	AnGather *gather;

	reader->ask = ask;
	reader->function = function;
	reader->arg = arg;
	reader->memory = an_memory(CurrentMemoryContext);
	place_periods(reader);
	reader->work = an_conversion_begin(&ask->conversion, &reader->memory);
	reader->values = an_dictionary_create(&reader->memory);
	reader->holds = an_dictionary_create(&reader->memory);
	reader->sessions = an_dictionary_create(&reader->memory);
	reader->best.times = palloc(ask->conversion.n_steps * sizeof(int64));
	reader->best.taken = palloc(ask->conversion.n_steps * sizeof(bool));
	reader->best.moments = palloc(ask->conversion.n_steps * sizeof(int64));
	reader->moments = palloc(ask->conversion.n_steps * sizeof(int64));
	initStringInfo(&reader->text);
	plan_records(reader);
	gather = an_events_gather(&ask->events, reader->n_words, take_event, reader);
	if (!ask->events.filters && !ask->events.tenant)
		an_steps_notice(ask->steps, ask->conversion.n_steps);
	rank_values(reader);
	an_events_each(&ask->events, gather, take_entity, reader);
	an_conversion_end(reader->work);
	return reader->values;
}

/* Decides what the words of a record are. */
static void
plan_records(AnFunnelReader *reader)
{
	const AnFunnelAsk *ask = reader->ask;
	uint32 n = ask->conversion.n_conditions;
	bool has_session = ask->by_session && ask->events.source->roles[AN_ROLE_SESSION].text;
	bool has_values = ask->breakdown || ask->hold;

	reader->mask_words = an_conversion_mask_words(n);
	reader->first_value = ask->steps->n_columns;
	reader->keeps_all =
		ask->conversion.order == AN_ORDER_STRICT || (ask->by_session && !has_session);
	reader->values_word = reader->session_word = -1;
	reader->packed = !has_values && !has_session && n <= AN_TIMELINE_PACKED_STEPS &&
					 ask->events.start > -(INT64CONST(1) << (63 - n)) + DATE_SLACK &&
					 ask->events.finish < (INT64CONST(1) << (63 - n)) - DATE_SLACK;
	if (reader->packed)
	{
		reader->n_words = 1;
		return;
	}
	reader->n_words = 1 + reader->mask_words;
	if (has_values)
		reader->values_word = reader->n_words++;
	if (has_session)
		reader->session_word = reader->n_words++;
}

/* Returns an instant as chains count it: of a source with dates, days of 24 hours, whatever clocks did on them. */
static int64
clock_of(const AnFunnelAsk *ask, TimestampTz at)
{
	const AnTimeView *view = ask->events.view;

	if (view->type != DATEOID || TIMESTAMP_NOT_FINITE(at))
		return at;
	return DatumGetDateADT(an_time_datum(view, at)) * USECS_PER_DAY;
}

/* Finds where periods begin once for all entities. */
static void
place_periods(AnFunnelReader *reader)
{
	AnFunnelAsk *ask = reader->ask;

	if (!TIMESTAMP_IS_NOEND(ask->finish))
		ask->conversion.entry_until = clock_of(ask, ask->finish);
	if (ask->n_periods == 0)
		return;
	reader->periods =
		MemoryContextAllocHuge(CurrentMemoryContext, ((Size) ask->n_periods + 1) * sizeof(int64));
	for (int i = 0; i < ask->n_periods; i++)
		reader->periods[i] = clock_of(ask, ask->periods[i]);
	reader->periods[ask->n_periods] = ask->conversion.entry_until;
}

/* Makes the record of an event. */
static bool
take_event(void *arg, TimestampTz at, const Datum *values, const bool *nulls, int64 *words)
{
	AnFunnelReader *reader = arg;
	const AnFunnelAsk *ask = reader->ask;
	uint64 mask[AN_FUNNEL_MASK_WORDS];
	int column = reader->first_value;

	if (!an_steps_mask(ask->steps, values, nulls, mask) && !reader->keeps_all)
		return false;
	at = clock_of(ask, at);
	if (reader->packed)
	{
		words[0] = (int64) ((uint64) at << ask->conversion.n_conditions | mask[0]);
		return true;
	}
	words[0] = at;
	memcpy(words + 1, mask, reader->mask_words * sizeof(uint64));
	if (reader->values_word >= 0)
	{
		uint64 value = 0;

		if (ask->breakdown)
		{
			value = number_of(reader->values, values[column], nulls[column]);
			column++;
		}
		if (ask->hold)
			words[reader->values_word] =
				(int64) (value << 32 | held_number(reader, values + column, nulls + column));
		else
			words[reader->values_word] = (int64) (value << 32);
		column += list_length(ask->hold);
	}
	if (reader->session_word >= 0)
		words[reader->session_word] = number_of(reader->sessions, values[column], nulls[column]);
	return true;
}

/* Returns the number of a text, from 1; AN_FUNNEL_NO_VALUE for NULL. */
static uint32
number_of(AnDictionary *dictionary, Datum value, bool isnull)
{
	struct varlena *text;

	if (isnull)
		return AN_FUNNEL_NO_VALUE;
	text = PG_DETOAST_DATUM_PACKED(value);
	return an_dictionary_number(dictionary, VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text)) + 1;
}

/* Returns the number of a combination of values; AN_FUNNEL_NO_VALUE where one of them is NULL. */
static uint32
held_number(AnFunnelReader *reader, const Datum *values, const bool *nulls)
{
	int n = list_length(reader->ask->hold);

	if (n == 1)
		return number_of(reader->holds, values[0], nulls[0]);
	resetStringInfo(&reader->text);
	for (int i = 0; i < n; i++)
	{
		struct varlena *text;
		uint32 size;

		if (nulls[i])
			return AN_FUNNEL_NO_VALUE;
		text = PG_DETOAST_DATUM_PACKED(values[i]);
		size = VARSIZE_ANY_EXHDR(text);
		appendBinaryStringInfo(&reader->text, (const char *) &size, sizeof(size));
		appendBinaryStringInfo(&reader->text, VARDATA_ANY(text), size);
	}
	return an_dictionary_number(reader->holds, reader->text.data, reader->text.len) + 1;
}

/* Finds the order of the values: what an entity belongs to is not to depend on what was read first. */
static void
rank_values(AnFunnelReader *reader)
{
	uint32 n = an_dictionary_count(reader->values);
	uint32 *sorted = an_answer_order(reader->values);

	reader->order = MemoryContextAllocHuge(CurrentMemoryContext, ((Size) n + 1) * sizeof(uint32));
	reader->ranks = MemoryContextAllocHuge(CurrentMemoryContext, ((Size) n + 1) * sizeof(uint32));
	for (uint32 i = 0; i < n; i++)
		reader->order[i] = sorted[i] + 1;
	reader->order[n] = AN_FUNNEL_NO_VALUE;
	for (uint32 i = 0; i <= n; i++)
		reader->ranks[reader->order[i]] = i;
	pfree(sorted);
}

static void
take_entity(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	AnFunnelReader *reader = arg;

	if (n > AN_TIMELINE_MAX_EVENTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("an entity has %zu events, the limit is %u", n, AN_TIMELINE_MAX_EVENTS)));
	reader->key = key;
	reader->key_size = size;
	sort_records(reader, words, n);
	read_records(reader, words, (uint32) n);
	an_funnel_units(reader);
}

/* Brings the records of an entity into order of time; those of one time into an order of their own. */
static void
sort_records(AnFunnelReader *reader, int64 *words, size_t n)
{
	AnTimeline records = {.words = words,
						  .n_events = (uint32) n,
						  .capacity = (uint32) n,
						  .n_steps = (uint16) reader->ask->conversion.n_conditions,
						  .stride = (uint8) reader->n_words};

	for (size_t i = reader->values_word; reader->ask->breakdown && i < n * reader->n_words;
		 i += reader->n_words)
	{
		uint64 rank = reader->ranks[(uint64) words[i] >> 32];

		words[i] = (int64) (rank << 32 | (uint32) words[i]);
	}
	an_timeline_sort(&records, &reader->memory);
}

static void
read_records(AnFunnelReader *reader, const int64 *words, uint32 n)
{
	uint32 n_conditions = reader->ask->conversion.n_conditions;
	AnFunnelRun *run = &reader->run;

	an_funnel_reserve(reader, run, n);
	run->n = n;
	if (reader->packed)
	{
		uint64 bits = (UINT64CONST(1) << n_conditions) - 1;

		for (uint32 i = 0; i < n; i++)
		{
			run->times[i] = words[i] >> n_conditions;
			run->masks[i] = (uint64) words[i] & bits;
		}
		return;
	}
	for (uint32 i = 0; i < n; i++, words += reader->n_words)
	{
		run->times[i] = words[0];
		memcpy(run->masks + (Size) i * reader->mask_words, words + 1,
			   reader->mask_words * sizeof(uint64));
		if (reader->values_word >= 0)
		{
			run->holds[i] = (uint32) words[reader->values_word];
			run->values[i] = (uint32) ((uint64) words[reader->values_word] >> 32);
		}
		if (reader->session_word >= 0)
			run->sessions[i] = (uint32) words[reader->session_word];
	}
}
