/*
 * funnel_ask.c - the question of a funnel, read from its arguments
 */
#include "insight/funnel.h"

#include "behaviour/behaviour.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/* Arguments, by position. */
enum
{
	ARG_SOURCE,
	ARG_STEPS,
	ARG_START, /* this and the next: an_range_at */
	ARG_FINISH,
	ARG_WITHIN,
	ARG_ENTRY,
	ARG_SCOPE,
	ARG_ORDERING,
	ARG_EXCLUDE,
	ARG_HOLD,
	ARG_OPEN_ENTRY,
	ARG_COUNTING,
	ARG_BREAKDOWN,
	ARG_ATTRIBUTION,
	ARG_PRESET,
	ARG_FILTERS,
	ARG_TIMEZONE,
	ARG_TENANT,
	ARG_ONCE,
	ARG_AFTER_FINISH,
	ARG_SESSION_GAP,
};

/* Words of arguments; the first is the default. */
static const char *const entries[] = {"any", "first", "last"};
static const char *const scopes[] = {"funnel", "step", "session"};
static const char *const orderings[] = {"ordered", "strict", "any"};
static const char *const countings[] = {"uniques", "totals", "sessions"};
static const char *const attributions[] = {"first", "last", "all", "step"};

#define SCOPE_SESSION 2

/* Meanings by product: places in the lists above. */
static const struct
{
	const char *name;  /* the product */
	int entry;		   /* in entries */
	int scope;		   /* in scopes */
	int ordering;	   /* in orderings */
	bool once;		   /* argument once */
	bool after_finish; /* argument after_finish */
	bool leave;		   /* whoever does what is excluded is not counted at all */
} presets[] = {
	{"clickhouse", AN_ENTRY_ANY, AN_SCOPE_FUNNEL, AN_ORDER_ORDERED, false, false, false},
	{"posthog", AN_ENTRY_ANY, AN_SCOPE_FUNNEL, AN_ORDER_ORDERED, true, false, true},
	{"mixpanel", AN_ENTRY_FIRST, AN_SCOPE_FUNNEL, AN_ORDER_ORDERED, true, true, false},
	{"umami", AN_ENTRY_ANY, AN_SCOPE_STEP, AN_ORDER_ORDERED, false, false, false},
};

/* The arguments that a preset sets, as they were given. */
typedef struct Meaning
{
	int entry;		   /* in entries */
	int scope;		   /* in scopes */
	int ordering;	   /* in orderings */
	bool once;		   /* an event takes one step */
	bool after_finish; /* steps may come after the range */
} Meaning;

static void read_meaning(FunctionCallInfo fcinfo, AnFunnelAsk *ask);
static void apply_preset(Meaning *meaning, AnFunnelAsk *ask);
static void check_preset(const char *preset, const char *argument, bool differs, const char *value);
static void read_steps(FunctionCallInfo fcinfo, AnFunnelAsk *ask);
static void read_exclusions(AnFunnelAsk *ask, Jsonb *exclude);
static void
read_exclusion(AnFunnelAsk *ask, AnConversionExclusion *exclusion, const JsonbValue *value);
static bool reads_leave(JsonbContainer *object);
static uint32 step_number(JsonbContainer *object, const char *key, uint32 absent, uint32 n_steps);
static Jsonb *without(Jsonb *json, const char *key);
static void read_values(FunctionCallInfo fcinfo, AnFunnelAsk *ask);
static void read_attribution(AnFunnelAsk *ask, const char *attribution);
static void check_combination(const AnFunnelAsk *ask);
static void notice_repeats(const AnFunnelAsk *ask);
static bool same_step(const AnStep *a, const AnStep *b);
static void refuse(const char *what, const char *hint) pg_attribute_noreturn();

static int
arg_word(FunctionCallInfo fcinfo, int arg, const char *name, const char *const *words, int n)
{
	return an_word(name, an_arg_required(fcinfo, arg, name), words, n);
}

static bool
arg_bool(FunctionCallInfo fcinfo, int arg, const char *name)
{
	an_not_null(PG_ARGISNULL(arg), name);
	return PG_GETARG_BOOL(arg);
}

static int64
arg_span(FunctionCallInfo fcinfo, int arg, const char *name)
{
	an_not_null(PG_ARGISNULL(arg), name);
	return an_behaviour_window(PG_GETARG_INTERVAL_P(arg), name);
}

AnFunnelAsk *
an_funnel_ask(FunctionCallInfo fcinfo, AnSpi *spi)
{
	AnFunnelAsk *ask = palloc0(sizeof(AnFunnelAsk));
	char *source = an_arg_required(fcinfo, ARG_SOURCE, "source");

	an_range_at(fcinfo, ARG_START, false, &ask->start, &ask->finish);
	an_events_open(&ask->events, spi, source, an_arg_text(fcinfo, ARG_TIMEZONE),
				   an_arg_text(fcinfo, ARG_TENANT),
				   PG_ARGISNULL(ARG_FILTERS) ? NULL : PG_GETARG_JSONB_P(ARG_FILTERS), ask->start,
				   ask->finish);
	read_steps(fcinfo, ask);
	read_meaning(fcinfo, ask);
	read_values(fcinfo, ask);
	check_combination(ask);
	notice_repeats(ask);
	an_check(an_conversion_check(&ask->conversion), "funnel");
	return ask;
}

static void
read_meaning(FunctionCallInfo fcinfo, AnFunnelAsk *ask)
{
	AnConversion *conversion = &ask->conversion;
	Meaning meaning = {
		.entry = arg_word(fcinfo, ARG_ENTRY, "entry", entries, lengthof(entries)),
		.scope = arg_word(fcinfo, ARG_SCOPE, "scope", scopes, lengthof(scopes)),
		.ordering = arg_word(fcinfo, ARG_ORDERING, "ordering", orderings, lengthof(orderings)),
		.once = arg_bool(fcinfo, ARG_ONCE, "once"),
		.after_finish = arg_bool(fcinfo, ARG_AFTER_FINISH, "after_finish"),
	};

	ask->preset = an_arg_text(fcinfo, ARG_PRESET);
	if (ask->preset)
		apply_preset(&meaning, ask);
	ask->counting = arg_word(fcinfo, ARG_COUNTING, "counting", countings, lengthof(countings));
	ask->session_gap_us = arg_span(fcinfo, ARG_SESSION_GAP, "session_gap");
	ask->after_finish = meaning.after_finish;
	ask->by_session = meaning.scope == SCOPE_SESSION || ask->counting == AN_COUNT_SESSIONS;
	conversion->window_us = arg_span(fcinfo, ARG_WITHIN, "within");
	conversion->entry = meaning.entry;
	conversion->scope = meaning.scope == AN_SCOPE_STEP ? AN_SCOPE_STEP : AN_SCOPE_FUNNEL;
	conversion->order = meaning.ordering;
	conversion->once = meaning.once;
	conversion->open_entry = arg_bool(fcinfo, ARG_OPEN_ENTRY, "open_entry");
	conversion->entry_until = TIMESTAMP_IS_NOEND(ask->finish) ? PG_INT64_MAX : ask->finish;
}

/* Puts a preset's meaning in; an argument that was given and says otherwise is refused. */
static void
apply_preset(Meaning *meaning, AnFunnelAsk *ask)
{
	const char *names[lengthof(presets)];
	int i;

	for (i = 0; i < lengthof(presets); i++)
		names[i] = presets[i].name;
	i = an_word("preset", ask->preset, names, lengthof(presets));
	check_preset(ask->preset, "entry", meaning->entry != 0 && meaning->entry != presets[i].entry,
				 entries[presets[i].entry]);
	check_preset(ask->preset, "scope", meaning->scope != 0 && meaning->scope != presets[i].scope,
				 scopes[presets[i].scope]);
	check_preset(ask->preset, "ordering",
				 meaning->ordering != 0 && meaning->ordering != presets[i].ordering,
				 orderings[presets[i].ordering]);
	check_preset(ask->preset, "once", meaning->once && !presets[i].once, "false");
	check_preset(ask->preset, "after_finish", !meaning->after_finish && presets[i].after_finish,
				 "true");
	*meaning = (Meaning){presets[i].entry, presets[i].scope, presets[i].ordering, presets[i].once,
						 presets[i].after_finish};
	for (uint32 e = 0; presets[i].leave && e < ask->conversion.n_exclusions; e++)
		ask->exclusions[e].leave = true;
}

static void
check_preset(const char *preset, const char *argument, bool differs, const char *value)
{
	if (differs)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("preset \"%s\" means %s => %s, and another %s is given", preset,
							   argument, value, argument),
						errhint("Leave out one of the two.")));
}

static void
read_steps(FunctionCallInfo fcinfo, AnFunnelAsk *ask)
{
	AnConversion *conversion = &ask->conversion;
	bool *optional;

	an_not_null(PG_ARGISNULL(ARG_STEPS), "steps");
	ask->steps = an_steps_make();
	an_steps_parse(ask->steps, &ask->events, PG_GETARG_JSONB_P(ARG_STEPS), "steps", true);
	if (ask->steps->n == 0)
		refuse("a funnel needs at least one step", "Write steps => '[\"view\", \"purchase\"]'.");
	conversion->n_steps = ask->steps->n;
	conversion->optional = optional = palloc(conversion->n_steps * sizeof(bool));
	for (int i = 0; i < ask->steps->n; i++)
		optional[i] = ask->steps->steps[i]->optional;
	if (optional[conversion->n_steps - 1])
		refuse("the last step of a funnel cannot be optional",
			   "A funnel ends with a step that all are to take.");
	if (!PG_ARGISNULL(ARG_EXCLUDE))
		read_exclusions(ask, PG_GETARG_JSONB_P(ARG_EXCLUDE));
	conversion->n_conditions = ask->steps->n;
}

/* Reads one exclusion, or an array of them. */
static void
read_exclusions(AnFunnelAsk *ask, Jsonb *exclude)
{
	AnConversion *conversion = &ask->conversion;
	AnConversionExclusion *exclusions;
	JsonbIterator *iterator;
	JsonbValue value = {.type = jbvBinary};
	uint32 n = 0;

	if (JB_ROOT_IS_OBJECT(exclude))
	{
		exclusions = palloc(sizeof(AnConversionExclusion));
		value.val.binary.data = &exclude->root;
		value.val.binary.len = VARSIZE(exclude) - VARHDRSZ;
		read_exclusion(ask, &exclusions[n++], &value);
	}
	else
	{
		JsonbIteratorToken token;

		exclusions = palloc((JB_ROOT_COUNT(exclude) + 1) * sizeof(AnConversionExclusion));
		iterator = JsonbIteratorInit(&exclude->root);
		while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
			if (token == WJB_ELEM)
				read_exclusion(ask, &exclusions[n++], &value);
	}
	conversion->n_exclusions = n;
	conversion->exclusions = ask->exclusions = exclusions;
}

/* Reads a step with "from" and "to", which are numbers of steps. */
static void
read_exclusion(AnFunnelAsk *ask, AnConversionExclusion *exclusion, const JsonbValue *value)
{
	uint32 n_steps = ask->conversion.n_steps;
	Jsonb *json = JsonbValueToJsonb(unconstify(JsonbValue *, value));

	*exclusion = (AnConversionExclusion){
		.condition = ask->steps->n,
		.from = 0,
		.to = n_steps - 1,
	};
	if (n_steps == 1)
		refuse("a funnel of one step has nothing to exclude between steps",
			   "Use a condition in the step, or filters.");
	if (JB_ROOT_IS_OBJECT(json))
	{
		exclusion->from = step_number(&json->root, "from", 1, n_steps) - 1;
		exclusion->to = step_number(&json->root, "to", n_steps, n_steps) - 1;
		exclusion->leave = reads_leave(&json->root);
		json = without(without(without(json, "from"), "to"), "leave");
	}
	if (exclusion->from >= exclusion->to)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("an exclusion from step %u to step %u has nothing between",
							   exclusion->from + 1, exclusion->to + 1),
						errhint("Write {\"event\": \"refund\", \"from\": 1, \"to\": 2}.")));
	an_steps_parse(ask->steps, &ask->events, json, "exclude", false);
	if (ask->steps->n != exclusion->condition + 1)
		refuse("argument \"exclude\" must be a list of steps",
			   "Write [{\"event\": \"refund\", \"from\": 1, \"to\": 2}].");
}

/* Reads whether those who do what is excluded are not to be counted at all. */
static bool
reads_leave(JsonbContainer *object)
{
	JsonbValue value;

	if (!getKeyJsonValueFromContainer(object, "leave", strlen("leave"), &value))
		return false;
	if (value.type != jbvBool)
		refuse("\"leave\" of an exclusion must be true or false",
			   "Write {\"event\": \"refund\", \"leave\": true}.");
	return value.val.boolean;
}

/* Returns the number of a step, from 1, that stands under a key. */
static uint32
step_number(JsonbContainer *object, const char *key, uint32 absent, uint32 n_steps)
{
	JsonbValue value;
	char *text;
	char *end;
	long number;

	if (!getKeyJsonValueFromContainer(object, key, strlen(key), &value))
		return absent;
	if (value.type != jbvNumeric)
		refuse("\"from\" and \"to\" of an exclusion must be numbers of steps",
			   "Write {\"event\": \"refund\", \"from\": 1, \"to\": 2}.");
	text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
	number = strtol(text, &end, 10);
	if (*end != '\0' || number < 1 || number > n_steps)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" of an exclusion must be a step from 1 to %u, not %s", key,
							   n_steps, text)));
	return (uint32) number;
}

static Jsonb *
without(Jsonb *json, const char *key)
{
	return DatumGetJsonbP(
		DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(json), CStringGetTextDatum(key)));
}

static void
read_values(FunctionCallInfo fcinfo, AnFunnelAsk *ask)
{
	List *names = PG_ARGISNULL(ARG_HOLD) ? NIL : an_text_list(PG_GETARG_DATUM(ARG_HOLD), "hold");
	ListCell *lc;

	foreach (lc, names)
	{
		const char *name = lfirst(lc);
		const AnExpression *expression = an_events_dimension(&ask->events, name, "hold");

		ask->hold = lappend(ask->hold, unconstify(AnExpression *, expression));
		ask->hold_names =
			ask->hold_names ? psprintf("%s, %s", ask->hold_names, name) : pstrdup(name);
	}
	ask->breakdown_name = an_arg_text(fcinfo, ARG_BREAKDOWN);
	if (ask->breakdown_name)
		ask->breakdown = an_events_dimension(&ask->events, ask->breakdown_name, "breakdown");
	read_attribution(ask, an_arg_required(fcinfo, ARG_ATTRIBUTION, "attribution"));
}

/* Reads a word, or "step 2". */
static void
read_attribution(AnFunnelAsk *ask, const char *attribution)
{
	const char *number = attribution + strcspn(attribution, "0123456789");
	char *word = pnstrdup(attribution, number - attribution);
	char *end = word + strlen(word);
	long step;

	while (end > word && end[-1] == ' ')
		*--end = '\0';
	ask->attribution = an_word("attribution", *word || *number == '\0' ? word : "step",
							   attributions, lengthof(attributions));
	if (ask->attribution != AN_ATTRIBUTE_STEP && *number == '\0')
		return;
	step = strtol(number, &end, 10);
	if (ask->attribution != AN_ATTRIBUTE_STEP || *end != '\0' || step < 1 ||
		step > ask->conversion.n_steps)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("attribution \"%s\" names no step from 1 to %u",
							   an_shown(attribution), ask->conversion.n_steps),
						errhint("Write first, last, all, or a step, as in \"step 2\".")));
	ask->attribution_step = (int) step - 1;
}

/* Refuses options that contradict one another. */
static void
check_combination(const AnFunnelAsk *ask)
{
	const AnConversion *conversion = &ask->conversion;
	bool has_optional = false;

	for (uint32 i = 0; i < conversion->n_steps; i++)
		has_optional |= conversion->optional[i];
	if (conversion->order == AN_ORDER_ANY && has_optional)
		refuse("in ordering \"any\" no step can be optional", "Leave out the optional steps.");
	if (conversion->order == AN_ORDER_ANY && conversion->n_exclusions > 0)
		refuse("in ordering \"any\" nothing can be excluded between steps",
			   "There is no order that an event could lie between.");
	if (conversion->order == AN_ORDER_ANY && conversion->open_entry)
		refuse("in ordering \"any\" every entry is open already", "Leave out open_entry.");
	if (conversion->order == AN_ORDER_ANY && conversion->scope == AN_SCOPE_STEP)
		refuse("in ordering \"any\" there is no step before, so scope \"step\" means nothing",
			   "Use scope \"funnel\" or \"session\".");
	if (ask->counting == AN_COUNT_TOTALS && conversion->entry == AN_ENTRY_LAST)
		refuse("counting \"totals\" counts every attempt, entry \"last\" only one",
			   "Use entry \"first\" or \"any\".");
}

/* Says which meaning was taken where a user can have meant another. */
static void
notice_repeats(const AnFunnelAsk *ask)
{
	for (uint32 i = 0; i + 1 < ask->conversion.n_steps; i++)
		if (!ask->conversion.once && ask->conversion.order != AN_ORDER_ANY &&
			same_step(ask->steps->steps[i], ask->steps->steps[i + 1]))
			ereport(NOTICE,
					(errmsg("steps %u and %u are the same, and one event takes both", i + 1, i + 2),
					 errhint("With once => true they take two events.")));
}

static bool
same_step(const AnStep *a, const AnStep *b)
{
	ListCell *lc_a, *lc_b;

	if (a->any || b->any || a->filter || b->filter || a->sql || b->sql ||
		list_length(a->events) != list_length(b->events))
		return false;
	forboth (lc_a, a->events, lc_b, b->events)
		if (strcmp(lfirst(lc_a), lfirst(lc_b)) != 0)
			return false;
	return true;
}

static void
refuse(const char *what, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg_internal("%s", what),
					errhint("%s", hint)));
}
