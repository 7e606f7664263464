/*
 * flow.c - reads the paths of a source's entities
 */
#include "insight/flow.h"

#include "behaviour/behaviour.h"
#include "kernel/records.h"
#include "kernel/session.h"

/* Arguments of paths and path_tree, by position. */
enum
{
	ARG_SOURCE, /* this and the next two: the source and an_range_arguments */
	ARG_START,
	ARG_FINISH,
	ARG_START_AT,
	ARG_END_AT,
	ARG_MAX_STEPS,
	ARG_INCLUDE, /* this and the next three: an_nodes_ask */
	ARG_EXCLUDE,
	ARG_RULES,
	ARG_BY,
	ARG_GAP,
	ARG_COLLAPSE,
	ARG_COUNTING,
	ARG_TOP,
	ARG_FILTERS,
	ARG_TIMEZONE,
	ARG_TENANT,
};

/* Words of a record: the time, and the value or its node. */
#define WORDS 2

/* The entities as they come. */
typedef struct Reader
{
	AnFlows *flows;			 /* what is asked */
	AnPathFunction function; /* takes the paths */
	void *arg;				 /* what it is called with */
	AnMemory memory;		 /* for sorting */
	AnPath path;			 /* the path under work */
} Reader;

static void read_options(AnFlows *flows, FunctionCallInfo fcinfo);
static bool find_anchors(AnFlows *flows);
static uint32 read_count(FunctionCallInfo fcinfo, int arg, const char *argument, int max);
static bool
take_event(void *arg, TimestampTz at, const Datum *values, const bool *nulls, int64 *words);
static void take_entity(void *arg, const void *key, size_t size, int64_t *words, size_t n);
static size_t keep_nodes(const AnNodes *nodes, int64 *words, size_t n);

void
an_flows_ask(AnFlows *flows, AnSpi *spi, FunctionCallInfo fcinfo)
{
	AnEvents *events = &flows->events;
	TimestampTz start, finish;

	memset(flows, 0, sizeof(*flows));
	an_range_arguments(fcinfo, false, &start, &finish);
	read_options(flows, fcinfo);
	an_events_open(events, spi, an_arg_required(fcinfo, ARG_SOURCE, "source"),
				   an_arg_text(fcinfo, ARG_TIMEZONE), an_arg_text(fcinfo, ARG_TENANT),
				   PG_ARGISNULL(ARG_FILTERS) ? NULL : PG_GETARG_JSONB_P(ARG_FILTERS), start,
				   finish);
	an_nodes_ask(&flows->nodes, events, fcinfo, ARG_INCLUDE);
	an_events_select(events);
	an_nodes_select(&flows->nodes, events);
	an_events_from(events);
	an_nodes_where(&flows->nodes, events);
}

static void
read_options(AnFlows *flows, FunctionCallInfo fcinfo)
{
	static const char *const countings[] = {"entities", "transitions"};

	flows->start_at = an_arg_text(fcinfo, ARG_START_AT);
	flows->end_at = an_arg_text(fcinfo, ARG_END_AT);
	flows->rule.max_steps = read_count(fcinfo, ARG_MAX_STEPS, "max_steps", AN_PATH_MAX_STEPS);
	flows->rule.gap_us = AN_SESSION_NO_GAP;
	if (!PG_ARGISNULL(ARG_GAP))
		flows->rule.gap_us = an_behaviour_window(PG_GETARG_INTERVAL_P(ARG_GAP), "gap");
	an_not_null(PG_ARGISNULL(ARG_COLLAPSE), "collapse");
	flows->rule.collapse = PG_GETARG_BOOL(ARG_COLLAPSE);
	flows->by_transitions = an_word("counting", an_arg_required(fcinfo, ARG_COUNTING, "counting"),
									countings, lengthof(countings)) == 1;
	flows->top = read_count(fcinfo, ARG_TOP, "top", AN_FLOW_TOP_MAX);
}

static uint32
read_count(FunctionCallInfo fcinfo, int arg, const char *argument, int max)
{
	int32 count;

	an_not_null(PG_ARGISNULL(arg), argument);
	count = PG_GETARG_INT32(arg);
	if (count < 1 || count > max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be 1 to %d, but is %d", argument, max, count)));
	return (uint32) count;
}

void
an_flows_read(AnFlows *flows, AnPathFunction function, void *arg)
{
	Reader reader = {.flows = flows, .function = function, .arg = arg};
	AnGather *gather = an_events_gather(&flows->events, WORDS, take_event, flows->nodes.values);

	an_nodes_finish(&flows->nodes);
	reader.memory = an_memory(CurrentMemoryContext);
	if (find_anchors(flows))
		an_events_each(&flows->events, gather, take_entity, &reader);
	else
		an_gather_free(gather);
}

/* Finds the nodes of the anchors; returns false where one of them is none, so that there are no paths. */
static bool
find_anchors(AnFlows *flows)
{
	AnPathRule *rule = &flows->rule;
	const char *missing = NULL;

	rule->start = rule->end = AN_PATH_NO_NODE;
	if (flows->start_at)
		rule->start = an_nodes_find(&flows->nodes, flows->start_at);
	if (flows->end_at)
		rule->end = an_nodes_find(&flows->nodes, flows->end_at);
	if (flows->end_at && rule->end == AN_PATH_NO_NODE)
		missing = flows->end_at;
	if (flows->start_at && rule->start == AN_PATH_NO_NODE)
		missing = flows->start_at;
	if (missing)
		an_nodes_missing(&flows->nodes, missing);
	return missing == NULL;
}

static bool
take_event(void *arg, TimestampTz at, const Datum *values, const bool *nulls, int64 *words)
{
	if (nulls[0])
		return false;
	words[0] = at;
	words[1] = an_names_number(arg, values[0], false);
	return true;
}

static void
take_entity(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	Reader *reader = arg;
	const AnPathRule *rule = &reader->flows->rule;
	bool first = true;

	n = keep_nodes(&reader->flows->nodes, words, n);
	an_records_sort(words, n, WORDS, &reader->memory);
	for (size_t from = 0; from < n;)
	{
		from = an_path_next(rule, words, n, from, &reader->path);
		if (reader->path.n == 0)
			continue;
		reader->function(reader->arg, &reader->path, first);
		first = false;
	}
}

/* Puts nodes into the place of values, and leaves out what is none; returns how many remain. */
static size_t
keep_nodes(const AnNodes *nodes, int64 *words, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
	{
		uint32 node = nodes->nodes[words[i * WORDS + 1]];

		if (node == AN_PATH_NO_NODE)
			continue;
		words[kept * WORDS] = words[i * WORDS];
		words[kept++ * WORDS + 1] = node;
	}
	return kept;
}
