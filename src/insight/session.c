/*
 * session.c - reads the sessions of a source's entities
 */
#include "insight/session.h"

#include "utils/builtins.h"

#include "behaviour/behaviour.h"
#include "kernel/records.h"

/* Words of a record: the session where the source's count, the time, then name and breakdown where there are any. */
#define MAX_WORDS 4

/* Sessions of an entity under work. */
typedef struct Reader
{
	AnVisits *sessions;		  /* what is asked */
	AnVisitFunction function; /* takes them */
	void *arg;				  /* what it is called with */
	uint32 n_words;			  /* words of a record */
	AnSessionRule rule;		  /* what ends a session */
	AnMemory memory;		  /* of the context that is reset for each entity */
	MemoryContext context;	  /* the same */
	AnVisit *found;			  /* sessions of the entity */
	size_t n;				  /* how many */
	size_t room;			  /* room for so many */
} Reader;

static void read_rule(AnVisits *sessions, FunctionCallInfo fcinfo, int gap);
static bool
take_event(void *arg, TimestampTz at, const Datum *values, const bool *nulls, int64 *words);
static void take_entity(void *arg, const void *key, size_t size, int64_t *words, size_t n);
static void rank_words(const AnVisits *sessions, int64 *words);
static size_t find_end(const Reader *reader, const int64 *records, size_t from, size_t n);
static void add_session(Reader *reader, const int64 *records, size_t from, size_t end);
static int compare_sessions(const void *a, const void *b);
static int64_t day_end(void *binner, int64_t at);

void
an_visits_ask(AnVisits *sessions, AnSpi *spi, FunctionCallInfo fcinfo, int gap, int filters,
			  TimestampTz start, TimestampTz finish, bool entity_text, const char *breakdown)
{
	AnEvents *events = &sessions->events;
	AnQuery *query = &events->query;

	memset(sessions, 0, sizeof(*sessions));
	an_events_open(events, spi, an_arg_required(fcinfo, 0, "source"),
				   an_arg_text(fcinfo, filters + 1), an_arg_text(fcinfo, filters + 2),
				   PG_ARGISNULL(filters) ? NULL : PG_GETARG_JSONB_P(filters), start, finish);
	read_rule(sessions, fcinfo, gap);
	if (sessions->by_session)
		sessions->ids = an_names_make();
	if (events->source->roles[AN_ROLE_EVENT].text)
		sessions->names = an_names_make();
	if (breakdown)
		sessions->breakdown = an_names_make();
	events->entity_text = entity_text;
	an_events_select(events);
	if (sessions->ids)
		appendStringInfo(&query->sql, ", (%s)::pg_catalog.text",
						 events->source->roles[AN_ROLE_SESSION].text);
	if (sessions->names)
		appendStringInfo(&query->sql, ", (%s)::pg_catalog.text",
						 events->source->roles[AN_ROLE_EVENT].text);
	if (breakdown)
		appendStringInfo(&query->sql, ", (%s)::pg_catalog.text",
						 an_events_dimension(events, breakdown, "breakdown")->text);
	an_events_from(events);
	if (sessions->ids)
		appendStringInfo(&query->sql, " AND (%s) IS NOT NULL",
						 events->source->roles[AN_ROLE_SESSION].text);
}

/* Reads gap, split and by. */
static void
read_rule(AnVisits *sessions, FunctionCallInfo fcinfo, int gap)
{
	static const char *const splits[] = {"none", "midnight"};
	static const char *const ways[] = {"auto", "gap", "session"};
	static const Interval day = {.day = 1};
	const AnSource *source = sessions->events.source;
	bool has_session = source->roles[AN_ROLE_SESSION].text != NULL;
	char *by = an_arg_required(fcinfo, gap + 2, "by");
	int way;

	an_not_null(PG_ARGISNULL(gap), "gap");
	sessions->gap_us = an_behaviour_window(PG_GETARG_INTERVAL_P(gap), "gap");
	if (an_word("split", an_arg_required(fcinfo, gap + 1, "split"), splits, lengthof(splits)) == 1)
		sessions->day = an_binner_create(&day, sessions->events.view->zone);
	way = an_word("by", by, ways, lengthof(ways));
	if (way == 2 && !has_session)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("source \"%s\" has no sessions of its own", source->name),
						errhint("Name their column with alter_source('%s', session => ...), or cut "
								"sessions by gap.",
								source->name)));
	sessions->by_session = way == 2 || (way == 0 && has_session);
}

void
an_visits_read(AnVisits *sessions, AnVisitFunction function, void *arg)
{
	Reader reader = {.sessions = sessions, .function = function, .arg = arg};
	AnGather *gather;

	reader.n_words =
		1 + (sessions->ids != NULL) + (sessions->names != NULL) + (sessions->breakdown != NULL);
	reader.rule.gap_us = sessions->by_session ? AN_SESSION_NO_GAP : sessions->gap_us;
	reader.rule.day_end = sessions->day ? day_end : NULL;
	reader.rule.arg = sessions->day;
	reader.context =
		AllocSetContextCreate(CurrentMemoryContext, "analytics session", ALLOCSET_DEFAULT_SIZES);
	reader.memory = an_memory(reader.context);
	reader.room = 64;
	reader.found = palloc(reader.room * sizeof(AnVisit));
	gather = an_events_gather(&sessions->events, reader.n_words, take_event, sessions);
	if (sessions->ids)
		an_names_rank(sessions->ids);
	if (sessions->names)
		an_names_rank(sessions->names);
	if (sessions->breakdown)
		an_names_rank(sessions->breakdown);
	an_events_each(&sessions->events, gather, take_entity, &reader);
	MemoryContextDelete(reader.context);
}

static bool
take_event(void *arg, TimestampTz at, const Datum *values, const bool *nulls, int64 *words)
{
	AnVisits *sessions = arg;
	int column = 0;

	if (sessions->ids)
	{
		*words++ = an_names_number(sessions->ids, values[column], nulls[column]);
		column++;
	}
	*words++ = at;
	if (sessions->names)
	{
		*words++ = an_names_number(sessions->names, values[column], nulls[column]);
		column++;
	}
	if (sessions->breakdown)
		*words = an_names_number(sessions->breakdown, values[column], nulls[column]);
	return true;
}

static void
take_entity(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	Reader *reader = arg;
	MemoryContext caller = MemoryContextSwitchTo(reader->context);

	for (size_t i = 0; i < n; i++)
		rank_words(reader->sessions, words + i * reader->n_words);
	an_records_sort(words, n, reader->n_words, &reader->memory);
	reader->n = 0;
	for (size_t from = 0; from < n;)
	{
		size_t end = find_end(reader, words, from, n);

		add_session(reader, words, from, end);
		from = end;
	}
	if (reader->sessions->by_session)
		qsort(reader->found, reader->n, sizeof(AnVisit), compare_sessions);
	reader->function(reader->arg, key, size, reader->found, reader->n);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(reader->context);
}

/* Puts ranks into the place of numbers. */
static void
rank_words(const AnVisits *sessions, int64 *words)
{
	if (sessions->ids)
	{
		*words = an_names_of(sessions->ids, (uint32) *words);
		words++;
	}
	words++;
	if (sessions->names)
	{
		*words = an_names_of(sessions->names, (uint32) *words);
		words++;
	}
	if (sessions->breakdown)
		*words = an_names_of(sessions->breakdown, (uint32) *words);
}

/* Returns the first record behind the session that begins with record `from`. */
static size_t
find_end(const Reader *reader, const int64 *records, size_t from, size_t n)
{
	uint32 n_words = reader->n_words;
	int at = reader->sessions->ids ? 1 : 0;
	size_t end = n;

	if (reader->sessions->ids)
		for (end = from + 1; end < n && records[end * n_words] == records[from * n_words]; end++)
			continue;
	return an_session_end(&reader->rule, records + at, n_words, from, end);
}

static void
add_session(Reader *reader, const int64 *records, size_t from, size_t end)
{
	const AnVisits *sessions = reader->sessions;
	const int64 *first = records + from * reader->n_words;
	const int64 *last = records + (end - 1) * reader->n_words;
	int at = sessions->ids ? 1 : 0;
	AnVisit *session;

	if (reader->n == reader->room)
	{
		reader->room *= 2;
		reader->found = repalloc_huge(reader->found, reader->room * sizeof(AnVisit));
	}
	session = &reader->found[reader->n++];
	session->started = first[at];
	session->ended = last[at];
	session->n_events = (int64) (end - from);
	session->id = sessions->ids ? (uint32) first[0] : AN_NAME_NULL;
	session->entry = sessions->names ? (uint32) first[at + 1] : AN_NAME_NULL;
	session->exit = sessions->names ? (uint32) last[at + 1] : AN_NAME_NULL;
	session->breakdown = sessions->breakdown ? (uint32) first[reader->n_words - 1] : AN_NAME_NULL;
}

static int
compare_sessions(const void *a, const void *b)
{
	const AnVisit *left = a, *right = b;

	if (left->started != right->started)
		return left->started < right->started ? -1 : 1;
	if (left->ended != right->ended)
		return left->ended < right->ended ? -1 : 1;
	return (left->id > right->id) - (left->id < right->id);
}

static int64_t
day_end(void *binner, int64_t at)
{
	return an_bin_end(binner, at);
}

bool
an_visits_complete(const AnVisits *sessions, const AnVisit *session)
{
	TimestampTz start = sessions->events.start;
	TimestampTz finish = Min(sessions->events.finish, an_now());
	uint64 gap = (uint64) sessions->gap_us;

	if (!TIMESTAMP_NOT_FINITE(start) && (uint64) session->started - (uint64) start < gap &&
		!(sessions->day && an_bin_start(sessions->day, session->started) >= start))
		return false;
	if (session->ended >= finish)
		return false;
	return TIMESTAMP_NOT_FINITE(finish) || (uint64) finish - (uint64) session->ended > gap ||
		   (sessions->day && an_bin_end(sessions->day, session->ended) <= finish);
}
