/*
 * funnel_read.c - a funnel's events, gathered, and every entity's way through the steps
 *
 * Entities are split as far as the question wants it, from the outside inwards: by the
 * value of the breakdown (attribution all), by period, by session, by the values that are held.
 * What is left is a run of events that the kernel answers for.
 */
#include "insight/funnel.h"

#include "common/int.h"
#include "utils/builtins.h"

#include "kernel/timeline.h"

/* Bits of a mask word. */
#define MASK_BITS 64

/* Words of the greatest mask. */
#define MASK_WORDS_MAX (AN_CONVERSION_MAX_CONDITIONS / MASK_BITS)

/* Events of one entity, or some of them, in order of time. */
typedef struct Run
{
	int64 *times;	  /* microseconds */
	uint64 *masks;	  /* mask words each */
	uint32 *values;	  /* number of the breakdown's value; NULL where nothing needs it */
	uint32 *holds;	  /* number of the values that are held; the same */
	uint32 *sessions; /* number of the session; NULL where sessions do not matter */
	uint32 n;		  /* how many */
	uint32 capacity;  /* room for so many */
} Run;

/* The best of several runs that count as one unit. */
typedef struct Best
{
	uint32 level;					  /* 0 while there is none */
	uint64 reached[MASK_WORDS_MAX];	  /* steps reached in any of them */
	uint64 continued[MASK_WORDS_MAX]; /* the same, with a step before */
	int64 *times;					  /* the chain */
	bool *taken;					  /* its steps */
	int64 last;						  /* when it got there */
	uint32 value;					  /* its value of the breakdown */
} Best;

/* Levels at which entities are split; each has its own scratch. */
typedef enum Split
{
	SPLIT_VALUE,
	SPLIT_SESSION,
	SPLIT_HOLD,
	N_SPLITS,
} Split;

/* A funnel that is read. */
typedef struct Reader
{
	AnFunnelAsk *ask;			/* the question */
	AnConversionWork *work;		/* the same for the kernel */
	AnFunnelFunction function;	/* takes units */
	void *arg;					/* what it is called with */
	AnMemory memory;			/* of the statement's context */
	uint32 mask_words;			/* words of a mask */
	uint32 n_words;				/* words of a record */
	bool packed;				/* a record is one word: the time, the mask below it */
	int values_word;			/* word of a record with values: held low, breakdown high; -1 */
	int session_word;			/* word with the session; -1 */
	int first_value;			/* place of the columns of values among the further ones */
	bool keeps_all;				/* events without any step matter */
	AnDictionary *values;		/* values of the breakdown */
	AnDictionary *holds;		/* combinations of values that are held */
	AnDictionary *sessions;		/* sessions of the source */
	StringInfoData text;		/* scratch: a combination */
	Run run;					/* all events of the entity */
	Run splits[N_SPLITS];		/* the same events, group by group */
	uint64 *orders[N_SPLITS];	/* scratch to bring them there */
	Size orders_size[N_SPLITS]; /* room in it */
	const Run *attempted;		/* the run whose attempts are reported */
	Best best;					/* the unit under way */
	const void *key;			/* the entity */
	size_t key_size;			/* bytes of it */
	int period;					/* the period */
} Reader;

static void plan_records(Reader *reader);
static void append_values(AnFunnelAsk *ask);
static bool
take_event(void *arg, TimestampTz at, const Datum *values, const bool *nulls, int64 *words);
static uint32 number_of(AnDictionary *dictionary, Datum value, bool isnull);
static uint32 held_number(Reader *reader, const Datum *values, const bool *nulls);
static void take_entity(void *arg, const void *key, size_t size, int64_t *words, size_t n);
static void sort_records(Reader *reader, int64 *words, size_t n);
static void read_records(Reader *reader, const int64 *words, uint32 n);
static void reserve(Reader *reader, Run *run, uint32 n);
static void number_sessions(const Reader *reader, Run *run);
static void take_values(Reader *reader, const Run *run);
static void take_periods(Reader *reader, const Run *run);
static void take_sessions(Reader *reader, const Run *run);
static void take_holds(Reader *reader, const Run *run);
static bool next_group(Reader *reader, Split split, const uint32 *numbers, uint32 *at, Run *group);
static void begin_split(Reader *reader, Split split, const Run *run, const uint32 *numbers);
static void answer(Reader *reader, const Run *run);
static void add_result(Reader *reader, const Run *run, const AnConversionResult *result);
static uint32 value_of(const Reader *reader, const Run *run, const AnConversionResult *result);
static void take_attempt(void *arg, const AnConversionResult *result);
static void finish_unit(Reader *reader);

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
	Reader *reader = palloc0(sizeof(Reader));
	AnGather *gather;

	reader->ask = ask;
	reader->function = function;
	reader->arg = arg;
	reader->memory = an_memory(CurrentMemoryContext);
	reader->work = an_conversion_begin(&ask->conversion, &reader->memory);
	reader->values = an_dictionary_create(&reader->memory);
	reader->holds = an_dictionary_create(&reader->memory);
	reader->sessions = an_dictionary_create(&reader->memory);
	reader->best.times = palloc(ask->conversion.n_steps * sizeof(int64));
	reader->best.taken = palloc(ask->conversion.n_steps * sizeof(bool));
	initStringInfo(&reader->text);
	plan_records(reader);
	gather = an_events_gather(&ask->events, reader->n_words, take_event, reader);
	if (!ask->events.filters && !ask->events.tenant)
		an_steps_notice(ask->steps, ask->conversion.n_steps);
	an_events_each(&ask->events, gather, take_entity, reader);
	an_conversion_end(reader->work);
	return reader->values;
}

/* Decides what the words of a record are. */
static void
plan_records(Reader *reader)
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
					 ask->events.start > -(INT64CONST(1) << (63 - n)) &&
					 ask->events.finish < INT64CONST(1) << (63 - n);
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

/* Makes the record of an event. */
static bool
take_event(void *arg, TimestampTz at, const Datum *values, const bool *nulls, int64 *words)
{
	Reader *reader = arg;
	const AnFunnelAsk *ask = reader->ask;
	uint64 mask[MASK_WORDS_MAX];
	int column = reader->first_value;

	if (!an_steps_mask(ask->steps, values, nulls, mask) && !reader->keeps_all)
		return false;
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
held_number(Reader *reader, const Datum *values, const bool *nulls)
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

static void
take_entity(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	Reader *reader = arg;

	if (n > AN_TIMELINE_MAX_EVENTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("an entity has %zu events, the limit is %u", n, AN_TIMELINE_MAX_EVENTS)));
	reader->key = key;
	reader->key_size = size;
	sort_records(reader, words, n);
	read_records(reader, words, (uint32) n);
	if (reader->ask->by_session && reader->session_word < 0)
		number_sessions(reader, &reader->run);
	take_values(reader, &reader->run);
}

/* Brings the records of an entity into order of time; those of one time into an order of their own. */
static void
sort_records(Reader *reader, int64 *words, size_t n)
{
	AnTimeline records = {.words = words,
						  .n_events = (uint32) n,
						  .capacity = (uint32) n,
						  .n_steps = (uint16) reader->ask->conversion.n_conditions,
						  .stride = (uint8) reader->n_words};

	an_timeline_sort(&records, &reader->memory);
}

static void
read_records(Reader *reader, const int64 *words, uint32 n)
{
	uint32 n_conditions = reader->ask->conversion.n_conditions;
	Run *run = &reader->run;

	reserve(reader, run, n);
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

static void *
grown(void *block, Size size)
{
	return block ? repalloc_huge(block, size) : MemoryContextAllocHuge(CurrentMemoryContext, size);
}

/* Makes room for n events; what is in there need not stay. */
static void
reserve(Reader *reader, Run *run, uint32 n)
{
	Size capacity = run->capacity;

	if (n <= capacity)
		return;
	capacity = Max(n, Max(64, 2 * capacity));
	run->times = grown(run->times, capacity * sizeof(int64));
	run->masks = grown(run->masks, capacity * reader->mask_words * sizeof(uint64));
	if (reader->values_word >= 0)
	{
		run->values = grown(run->values, capacity * sizeof(uint32));
		run->holds = grown(run->holds, capacity * sizeof(uint32));
	}
	if (reader->ask->by_session)
		run->sessions = grown(run->sessions, capacity * sizeof(uint32));
	run->capacity = (uint32) Min(capacity, PG_UINT32_MAX);
}

/* Numbers the sessions of a source that has none: what lies further apart than the gap. */
static void
number_sessions(const Reader *reader, Run *run)
{
	uint32 session = 1;

	for (uint32 i = 0; i < run->n; i++)
	{
		if (i > 0 && run->times[i] - run->times[i - 1] > reader->ask->session_gap_us)
			session++;
		run->sessions[i] = session;
	}
}

/* Adds an event of one run to another, which has room. */
static void
copy_event(const Reader *reader, Run *to, const Run *from, uint32 i)
{
	to->times[to->n] = from->times[i];
	memcpy(to->masks + (Size) to->n * reader->mask_words,
		   from->masks + (Size) i * reader->mask_words, reader->mask_words * sizeof(uint64));
	if (reader->values_word >= 0)
	{
		to->values[to->n] = from->values[i];
		to->holds[to->n] = from->holds[i];
	}
	if (reader->ask->by_session)
		to->sessions[to->n] = from->sessions[i];
	to->n++;
}

/* A part of a run, from one event to another, which shares its arrays. */
static Run
part_of(const Reader *reader, const Run *run, uint32 from, uint32 to)
{
	Run part = *run;

	part.times += from;
	part.masks += (Size) from * reader->mask_words;
	if (reader->values_word >= 0)
	{
		part.values += from;
		part.holds += from;
	}
	if (reader->ask->by_session)
		part.sessions += from;
	part.n = to - from;
	part.capacity = 0;
	return part;
}

static int
compare_orders(const void *a, const void *b)
{
	uint64 x = *(const uint64 *) a;
	uint64 y = *(const uint64 *) b;

	return x < y ? -1 : x > y;
}

/*
 * Copies a run into the scratch of a split, its groups one after the other: events of one number,
 * in order of time.
 */
static void
begin_split(Reader *reader, Split split, const Run *run, const uint32 *numbers)
{
	Run *copy = &reader->splits[split];
	uint64 *order;

	reserve(reader, copy, run->n);
	if (reader->orders_size[split] < run->n)
	{
		reader->orders_size[split] = copy->capacity;
		reader->orders[split] = grown(reader->orders[split], copy->capacity * sizeof(uint64));
	}
	order = reader->orders[split];
	for (uint32 i = 0; i < run->n; i++)
		order[i] = (uint64) numbers[i] << 32 | i;
	qsort(order, run->n, sizeof(uint64), compare_orders);
	copy->n = 0;
	for (uint32 i = 0; i < run->n; i++)
		copy_event(reader, copy, run, (uint32) order[i]);
}

/* Sets the group that begins at `at` of a split, and moves on; false behind the last.  `numbers` are those of the split. */
static bool
next_group(Reader *reader, Split split, const uint32 *numbers, uint32 *at, Run *group)
{
	const Run *run = &reader->splits[split];
	uint32 from = *at;

	if (from >= run->n)
		return false;
	while (*at < run->n && numbers[*at] == numbers[from])
		++*at;
	*group = part_of(reader, run, from, *at);
	return true;
}

/* Attribution all: every value makes a unit of its own. */
static void
take_values(Reader *reader, const Run *run)
{
	const uint32 *numbers;
	uint32 at = 0;
	Run group;

	if (!reader->ask->breakdown || reader->ask->attribution != AN_ATTRIBUTE_ALL)
	{
		take_periods(reader, run);
		return;
	}
	begin_split(reader, SPLIT_VALUE, run, run->values);
	numbers = reader->splits[SPLIT_VALUE].values;
	while (next_group(reader, SPLIT_VALUE, numbers, &at, &group))
		take_periods(reader, &group);
}

/* Periods: chains that begin in each, whose later steps may lie behind it. */
static void
take_periods(Reader *reader, const Run *run)
{
	AnFunnelAsk *ask = reader->ask;
	uint32 from = 0;

	if (ask->n_periods == 0)
	{
		take_sessions(reader, run);
		return;
	}
	for (reader->period = 0; reader->period < ask->n_periods && from < run->n; reader->period++)
	{
		bool last = reader->period == ask->n_periods - 1;
		TimestampTz end = last ? ask->finish : ask->periods[reader->period + 1];
		Run part;

		while (from < run->n && run->times[from] < ask->periods[reader->period])
			from++;
		if (from == run->n || run->times[from] >= end)
			continue;
		ask->conversion.entry_until = end;
		part = part_of(reader, run, from, run->n);
		take_sessions(reader, &part);
	}
}

static void
take_sessions(Reader *reader, const Run *run)
{
	const uint32 *numbers;
	uint32 at = 0;
	Run group;

	if (!reader->ask->by_session)
		take_holds(reader, run);
	else
	{
		begin_split(reader, SPLIT_SESSION, run, run->sessions);
		numbers = reader->splits[SPLIT_SESSION].sessions;
		while (next_group(reader, SPLIT_SESSION, numbers, &at, &group))
		{
			if (group.sessions[0] == AN_FUNNEL_NO_VALUE)
				continue;
			take_holds(reader, &group);
			if (reader->ask->counting == AN_COUNT_SESSIONS)
				finish_unit(reader);
		}
	}
	finish_unit(reader);
}

static void
take_holds(Reader *reader, const Run *run)
{
	const uint32 *numbers;
	uint32 at = 0;
	Run group;

	if (!reader->ask->hold)
	{
		answer(reader, run);
		return;
	}
	begin_split(reader, SPLIT_HOLD, run, run->holds);
	numbers = reader->splits[SPLIT_HOLD].holds;
	while (next_group(reader, SPLIT_HOLD, numbers, &at, &group))
		if (group.holds[0] != AN_FUNNEL_NO_VALUE)
			answer(reader, &group);
}

/* Sends a run through the steps. */
static void
answer(Reader *reader, const Run *run)
{
	AnConversionEvents events = {.times = run->times, .masks = run->masks, .n = run->n};
	AnConversionResult result;

	if (reader->ask->counting == AN_COUNT_TOTALS)
	{
		reader->attempted = run;
		an_conversion_attempts(reader->work, &events, take_attempt, reader);
		return;
	}
	result = an_conversion_run(reader->work, &events);
	if (result.level > 0 && !result.left)
		add_result(reader, run, &result);
}

static void
take_attempt(void *arg, const AnConversionResult *result)
{
	Reader *reader = arg;

	if (result->level > 0 && !result->left)
		add_result(reader, reader->attempted, result);
	finish_unit(reader);
}

/* Adds what came of a run to the unit under way: its chain, where it went further or as far and was there before. */
static void
add_result(Reader *reader, const Run *run, const AnConversionResult *result)
{
	Best *best = &reader->best;
	uint32 n_steps = reader->ask->conversion.n_steps;
	uint32 n_words = (n_steps + MASK_BITS - 1) / MASK_BITS;
	int64 last = PG_INT64_MIN;

	for (uint32 word = 0; word < n_words; word++)
	{
		best->reached[word] = result->reached[word] | (best->level ? best->reached[word] : 0);
		best->continued[word] = result->continued[word] | (best->level ? best->continued[word] : 0);
	}
	for (uint32 step = 0; step < n_steps; step++)
		if (result->events[step] != AN_CONVERSION_NONE)
			last = Max(last, run->times[result->events[step]]);
	if (result->level < best->level || (result->level == best->level && last >= best->last))
		return;
	best->level = result->level;
	best->last = last;
	best->value = value_of(reader, run, result);
	for (uint32 step = 0; step < n_steps; step++)
	{
		best->taken[step] = result->events[step] != AN_CONVERSION_NONE;
		if (best->taken[step])
			best->times[step] = run->times[result->events[step]];
	}
}

/* Returns the value of the breakdown that a chain belongs to. */
static uint32
value_of(const Reader *reader, const Run *run, const AnConversionResult *result)
{
	const AnFunnelAsk *ask = reader->ask;
	uint32 event = AN_CONVERSION_NONE;

	if (!ask->breakdown)
		return AN_FUNNEL_NO_VALUE;
	if (ask->attribution == AN_ATTRIBUTE_STEP)
		event = result->events[ask->attribution_step];
	else
		for (uint32 step = 0; step < ask->conversion.n_steps; step++)
			if (result->events[step] != AN_CONVERSION_NONE &&
				(event == AN_CONVERSION_NONE || ask->attribution == AN_ATTRIBUTE_LAST))
				event = result->events[step];
	return event == AN_CONVERSION_NONE ? AN_FUNNEL_NO_VALUE : run->values[event];
}

/* Hands the unit under way on, and begins the next. */
static void
finish_unit(Reader *reader)
{
	Best *best = &reader->best;
	AnFunnelUnit unit = {.key = reader->key,
						 .key_size = reader->key_size,
						 .level = best->level,
						 .reached = best->reached,
						 .continued = best->continued,
						 .times = best->times,
						 .taken = best->taken,
						 .value = best->value,
						 .period = reader->period};

	if (best->level == 0)
		return;
	reader->function(reader->arg, &unit);
	best->level = 0;
}
