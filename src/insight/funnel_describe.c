/*
 * funnel_describe.c - describe_funnel(): a funnel in words, and its statement
 */
#include "insight/funnel.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

static void append_range(StringInfo text, const AnFunnelAsk *ask);
static void append_steps(StringInfo text, const AnFunnelAsk *ask);
static void append_chain(StringInfo text, const AnFunnelAsk *ask);
static void append_counting(StringInfo text, const AnFunnelAsk *ask);
static void append_statement(StringInfo text, const AnQuery *query);
static void append_value(StringInfo text, const AnQuery *query, int param);
static char *span_text(int64 span_us);

/* Tells what a funnel counts.  Errors: see an_funnel_ask. */
AN_SQL(describe_funnel)
{
	StringInfoData text;
	AnFunnelAsk *ask;
	Datum result;
	AnSpi spi;

	an_spi_begin(&spi, AN_READ);
	ask = an_funnel_ask(fcinfo, &spi);
	initStringInfo(&text);
	append_range(&text, ask);
	append_steps(&text, ask);
	append_chain(&text, ask);
	append_counting(&text, ask);
	an_funnel_query(ask);
	append_statement(&text, &ask->events.query);
	MemoryContextSwitchTo(spi.caller);
	result = CStringGetTextDatum(text.data);
	an_spi_end(&spi);
	return result;
}

static void
append_range(StringInfo text, const AnFunnelAsk *ask)
{
	static const char *const units[] = {"different entities", "attempts", "sessions"};
	const AnSource *source = ask->events.source;
	char *start = pstrdup(timestamptz_to_str(ask->start));

	appendStringInfo(
		text, "Counts %s (%s) of source \"%s\" whose chain of events begins from %s to before %s",
		units[ask->counting], source->roles[AN_ROLE_ENTITY].text, source->name, start,
		timestamptz_to_str(ask->finish));
	if (ask->events.tenant)
		appendStringInfo(text, ", tenant %s", ask->events.tenant);
	if (ask->events.filters)
		appendStringInfo(
			text, ", where %s",
			JsonbToCString(NULL, &ask->events.filters->root, VARSIZE(ask->events.filters)));
	appendStringInfoString(text, ".\n");
	if (ask->preset)
		appendStringInfo(text, "The meaning is that of %s.\n", ask->preset);
}

static void
append_steps(StringInfo text, const AnFunnelAsk *ask)
{
	const AnConversion *conversion = &ask->conversion;

	for (uint32 i = 0; i < conversion->n_steps; i++)
		appendStringInfo(text, "  step %u: %s%s\n", i + 1, ask->steps->steps[i]->name,
						 conversion->optional[i] ? " (may be left out)" : "");
	for (uint32 i = 0; i < conversion->n_exclusions; i++)
		appendStringInfo(text, "  not between step %u and step %u: %s%s\n",
						 conversion->exclusions[i].from + 1, conversion->exclusions[i].to + 1,
						 ask->steps->steps[conversion->exclusions[i].condition]->name,
						 conversion->exclusions[i].leave ? " (who does is not counted at all)"
														 : "");
}

/* Says which chains there are. */
static void
append_chain(StringInfo text, const AnFunnelAsk *ask)
{
	static const char *const begins[] = {
		"A chain may begin with any event",
		"A chain begins with the first event",
		"A chain begins with the last event",
	};
	static const char *const orders[] = {
		"Steps are taken in their order; other events between them do not matter.\n",
		"Steps are taken in their order, with no other event of the entity between them.\n",
		"Steps are taken in any order; step 2 means two different ones, step 3 three.\n",
	};
	const AnConversion *conversion = &ask->conversion;

	appendStringInfo(text, "%s that satisfies %s.\n", begins[conversion->entry],
					 conversion->open_entry || conversion->order == AN_ORDER_ANY ? "some step"
																				 : "step 1");
	appendStringInfoString(text, orders[conversion->order]);
	appendStringInfo(text, "%s lies at most %s after %s%s.\n",
					 conversion->scope == AN_SCOPE_STEP ? "Each step" : "Every step",
					 span_text(conversion->window_us),
					 conversion->scope == AN_SCOPE_STEP ? "the step before"
														: "the first of its chain",
					 ask->by_session ? ", and in the same session" : "");
	if (ask->by_session && ask->events.source->roles[AN_ROLE_SESSION].text)
		appendStringInfo(text, "A session is what the source says (%s).\n",
						 ask->events.source->roles[AN_ROLE_SESSION].text);
	else if (ask->by_session)
		appendStringInfo(text, "A session ends where nothing happens for more than %s.\n",
						 span_text(ask->session_gap_us));
	appendStringInfo(text, "An event takes %s.\n",
					 conversion->once ? "at most one step" : "every step that it satisfies");
	if (ask->hold)
		appendStringInfo(
			text,
			"All events of a chain have the same value of %s; events without one take no part.\n",
			ask->hold_names);
	appendStringInfo(text, "%s\n",
					 ask->after_finish
						 ? "Later steps may come after the range, while their window lasts."
						 : "Events after the range are not looked at.");
}

static void
append_counting(StringInfo text, const AnFunnelAsk *ask)
{
	static const char *const values[] = {
		"the first step of its chain has",
		"the last step of its chain has",
		"all steps of its chain have; one with chains of several values counts for each",
	};

	if (ask->counting == AN_COUNT_TOTALS)
		appendStringInfoString(text,
							   "An attempt ends with the last step, or when its window is over; "
							   "then the next one can begin.\n");
	else
		appendStringInfo(
			text,
			"%s counts once, with the chain that came furthest; of several, with the one "
			"that was there first.\n",
			ask->counting == AN_COUNT_SESSIONS ? "A session" : "An entity");
	if (ask->breakdown && ask->attribution == AN_ATTRIBUTE_STEP)
		appendStringInfo(text, "It belongs to the value of %s that step %d of its chain has.\n",
						 ask->breakdown_name, ask->attribution_step + 1);
	else if (ask->breakdown)
		appendStringInfo(text, "It belongs to the value of %s that %s.\n", ask->breakdown_name,
						 values[ask->attribution]);
}

/* Appends the statement with the values of its parameters in their places, so that it can be run by itself. */
static void
append_statement(StringInfo text, const AnQuery *query)
{
	char quote = '\0';

	appendStringInfoString(text, "Events are read by:\n");
	for (const char *at = query->sql.data; *at; at++)
	{
		char *end;

		if (quote == '\0' && *at == '$' && at[1] >= '1' && at[1] <= '9')
		{
			append_value(text, query, (int) strtol(at + 1, &end, 10) - 1);
			at = end - 1;
			continue;
		}
		if (*at == quote)
			quote = '\0';
		else if (quote == '\0' && (*at == '\'' || *at == '"'))
			quote = *at;
		appendStringInfoChar(text, *at);
	}
}

static void
append_value(StringInfo text, const AnQuery *query, int param)
{
	Oid type = query->types[param];
	Oid output;
	bool is_varlena;

	if (query->nulls[param])
	{
		appendStringInfo(text, "NULL::%s", format_type_be_qualified(type));
		return;
	}
	getTypeOutputInfo(type, &output, &is_varlena);
	appendStringInfo(text, "%s::%s",
					 quote_literal_cstr(OidOutputFunctionCall(output, query->values[param])),
					 format_type_be_qualified(type));
}

static char *
span_text(int64 span_us)
{
	Interval span = {.day = (int32) (span_us / USECS_PER_DAY), .time = span_us % USECS_PER_DAY};

	return DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(&span)));
}
