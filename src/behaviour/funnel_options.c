/*
 * funnel_options.c - the options of funnel_agg
 */
#include "behaviour/funnel_agg.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#define DEFAULT_GAP_US (30 * USECS_PER_MINUTE)

/* Words of options; the first is the default. */
static const char *const entries[] = {"any", "first", "last"};
static const char *const scopes[] = {"funnel", "step", "session"};
static const char *const orderings[] = {"ordered", "strict", "any"};
static const char *const keys[] = {"entry",		 "scope",	 "ordering", "once",
								   "open_entry", "optional", "exclude",	 "session_gap"};
static const char *const exclusion_keys[] = {"condition", "from", "to"};

/* An exclusion as it was given: numbers from 1, 0 where one was not. */
typedef struct Exclusion
{
	int32 condition; /* among all conditions */
	int32 from;		 /* a step */
	int32 to;		 /* a step */
} Exclusion;

typedef struct Options
{
	uint8 entry;		   /* in entries */
	uint8 scope;		   /* in scopes */
	uint8 ordering;		   /* in orderings */
	bool once;			   /* as given */
	bool open_entry;	   /* as given */
	int64 gap_us;		   /* 0 where it was not given */
	List *optional;		   /* of int: steps from 1 */
	Exclusion *exclusions; /* as given */
	uint32 n_exclusions;   /* how many */
} Options;

static void set_option(Options *options, const char *key, const JsonbValue *value);
static void read_optional(Options *options, const JsonbValue *value);
static void read_exclusions(Options *options, const JsonbValue *value);
static void read_exclusion(Exclusion *exclusion, const JsonbValue *value);
static uint32 count_steps(const Options *options, uint32 n_conditions);
static void check_options(const Options *options, uint32 n_steps);
static void refuse(const char *what, const char *hint) pg_attribute_noreturn();

static void
put_little(uint8 *bytes, uint64 value, int size)
{
	for (int i = 0; i < size; i++)
		bytes[i] = (uint8) (value >> (8 * i));
}

/* Reads the options into a struct. */
static void
parse_options(const Jsonb *json, Options *options)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;

	memset(options, 0, sizeof(*options));
	if (!json)
		return;
	if (!JB_ROOT_IS_OBJECT(json))
		refuse("options of funnel_agg must be a JSON object",
			   "Write for example '{\"entry\": \"first\", \"once\": true}'.");
	iterator = JsonbIteratorInit(unconstify(JsonbContainer *, &json->root));
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		char *key;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		(void) JsonbIteratorNext(&iterator, &value, true);
		set_option(options, key, &value);
	}
}

uint8 *
an_funnel_options(const Jsonb *json, int64 within_us, uint32 n_conditions, bool hold, uint32 *size)
{
	Options options;
	AnConversionExclusion *exclusions;
	uint32 n_steps;
	uint32 n = 0;
	uint8 *bytes;
	uint8 *at;
	ListCell *cell;

	parse_options(json, &options);
	n_steps = count_steps(&options, n_conditions);
	check_options(&options, n_steps);
	exclusions = palloc(Max(options.n_exclusions, 1) * sizeof(AnConversionExclusion));
	for (uint32 i = 0; i < options.n_exclusions; i++)
	{
		const Exclusion *given = &options.exclusions[i];

		exclusions[i] =
			(AnConversionExclusion){.condition = (uint32) given->condition - 1,
									.from = given->from ? (uint32) given->from - 1 : 0,
									.to = given->to ? (uint32) given->to - 1 : n_steps - 1};
	}
	qsort(exclusions, options.n_exclusions, sizeof(AnConversionExclusion),
		  an_funnel_compare_exclusions);
	at = bytes = palloc0(AN_FUNNEL_FIXED_SIZE + (n_steps + 7) / 8 +
						 options.n_exclusions * AN_FUNNEL_EXCLUSION_SIZE);
	put_little(at, (uint64) within_us, 8);
	if (options.scope == AN_FUNNEL_SCOPE_SESSION)
		put_little(at + 8, (uint64) (options.gap_us ? options.gap_us : DEFAULT_GAP_US), 8);
	at[16] = options.entry;
	at[17] = options.scope;
	at[18] = options.ordering;
	at[19] = (options.once ? AN_FUNNEL_FLAG_ONCE : 0) |
			 (options.open_entry ? AN_FUNNEL_FLAG_OPEN : 0) | (hold ? AN_FUNNEL_FLAG_HOLD : 0);
	put_little(at + 20, n_steps, 2);
	foreach (cell, options.optional)
		at[AN_FUNNEL_FIXED_SIZE + (lfirst_int(cell) - 1) / 8] |= 1 << ((lfirst_int(cell) - 1) % 8);
	at += AN_FUNNEL_FIXED_SIZE + (n_steps + 7) / 8;
	for (uint32 i = 0; i < options.n_exclusions; i++)
	{
		if (i > 0 && an_funnel_compare_exclusions(&exclusions[i - 1], &exclusions[i]) == 0)
			continue;
		put_little(at, exclusions[i].condition, 2);
		put_little(at + 2, exclusions[i].from, 2);
		put_little(at + 4, exclusions[i].to, 2);
		at += AN_FUNNEL_EXCLUSION_SIZE;
		n++;
	}
	put_little(bytes + 22, n, 2);
	*size = (uint32) (at - bytes);
	return bytes;
}

/* Raises 22023. */
static void
refuse(const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", what), errhint("%s", hint)));
}

/* Raises 22023 for a word that is none of a list, with the nearest one. */
static void
pg_attribute_noreturn()
	unknown_word(const char *what, const char *word, const char *const *words, int n)
{
	List *names = NIL;
	StringInfoData all;
	const char *nearest;

	initStringInfo(&all);
	for (int i = 0; i < n; i++)
	{
		names = lappend(names, unconstify(char *, words[i]));
		appendStringInfo(&all, "%s%s", i == 0 ? "" : i == n - 1 ? " and " : ", ", words[i]);
	}
	nearest = an_name_nearest(word, names);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("funnel_agg has no %s \"%s\"", what, an_shown(word)),
					nearest ? errhint("Perhaps you meant \"%s\".", nearest)
							: errhint("There are %s.", all.data)));
}

static uint8
read_word(const char *what, const JsonbValue *value, const char *const *words, int n)
{
	char *word;

	if (value->type != jbvString)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("option \"%s\" of funnel_agg must be a string", what),
						errhint("The default is \"%s\".", words[0])));
	word = pnstrdup(value->val.string.val, value->val.string.len);
	for (int i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return (uint8) i;
	unknown_word(what, word, words, n);
}

static bool
read_bool(const char *what, const JsonbValue *value)
{
	if (value->type != jbvBool)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("option \"%s\" of funnel_agg must be true or false", what)));
	return value->val.boolean;
}

/* Compares a number with an integer; NaN is greater than all. */
static int32
compare_number(const JsonbValue *value, int32 with)
{
	Datum number = DirectFunctionCall1(int4_numeric, Int32GetDatum(with));

	return DatumGetInt32(
		DirectFunctionCall2(numeric_cmp, NumericGetDatum(value->val.numeric), number));
}

/* Reads the number of a step or condition. */
static int32
read_number(const char *what, const JsonbValue *value)
{
	if (value->type == jbvNumeric && compare_number(value, 1) >= 0 &&
		compare_number(value, AN_CONVERSION_MAX_CONDITIONS) <= 0)
	{
		int32 number =
			DatumGetInt32(DirectFunctionCall1(numeric_int4, NumericGetDatum(value->val.numeric)));

		if (compare_number(value, number) == 0)
			return number;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s of funnel_agg must be a number from 1 to %d", what,
						   AN_CONVERSION_MAX_CONDITIONS)));
}

static int64
read_gap(const JsonbValue *value)
{
	Datum gap;

	if (value->type != jbvString)
		refuse("option \"session_gap\" of funnel_agg must be a string",
			   "Write an interval, for example \"30 minutes\".");
	gap = DirectFunctionCall3(
		interval_in, CStringGetDatum(pnstrdup(value->val.string.val, value->val.string.len)),
		ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	return an_behaviour_window(DatumGetIntervalP(gap), "session_gap");
}

static void
set_option(Options *options, const char *key, const JsonbValue *value)
{
	if (strcmp(key, "entry") == 0)
		options->entry = read_word(key, value, entries, lengthof(entries));
	else if (strcmp(key, "scope") == 0)
		options->scope = read_word(key, value, scopes, lengthof(scopes));
	else if (strcmp(key, "ordering") == 0)
		options->ordering = read_word(key, value, orderings, lengthof(orderings));
	else if (strcmp(key, "once") == 0)
		options->once = read_bool(key, value);
	else if (strcmp(key, "open_entry") == 0)
		options->open_entry = read_bool(key, value);
	else if (strcmp(key, "optional") == 0)
		read_optional(options, value);
	else if (strcmp(key, "exclude") == 0)
		read_exclusions(options, value);
	else if (strcmp(key, "session_gap") == 0)
		options->gap_us = read_gap(value);
	else
		unknown_word("option", key, keys, lengthof(keys));
}

/* Begins to read an array; raises 22023 for anything else. */
static JsonbIterator *
read_array(const char *what, const JsonbValue *value, const char *hint)
{
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("option \"%s\" of funnel_agg must be an array", what),
						errhint("%s", hint)));
	return JsonbIteratorInit(value->val.binary.data);
}

static void
read_optional(Options *options, const JsonbValue *value)
{
	JsonbIterator *iterator =
		read_array("optional", value, "Write the numbers of steps, from 1: [2, 3].");
	JsonbIteratorToken token;
	JsonbValue member;

	while ((token = JsonbIteratorNext(&iterator, &member, true)) != WJB_DONE)
		if (token == WJB_ELEM)
			options->optional =
				lappend_int(options->optional, read_number("an optional step", &member));
}

static void
read_exclusions(Options *options, const JsonbValue *value)
{
	JsonbIterator *iterator =
		read_array("exclude", value, "Write [{\"condition\": 4, \"from\": 1, \"to\": 2}].");
	uint32 n = JsonContainerSize(value->val.binary.data);
	JsonbIteratorToken token;
	JsonbValue member;

	if (n > AN_CONVERSION_MAX_CONDITIONS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("funnel_agg takes at most %d exclusions, not %u",
							   AN_CONVERSION_MAX_CONDITIONS, n)));
	options->exclusions = palloc0(Max(n, 1) * sizeof(Exclusion));
	while ((token = JsonbIteratorNext(&iterator, &member, true)) != WJB_DONE)
		if (token == WJB_ELEM)
			read_exclusion(&options->exclusions[options->n_exclusions++], &member);
}

static void
read_exclusion(Exclusion *exclusion, const JsonbValue *value)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue member;

	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		refuse("an exclusion of funnel_agg must be a JSON object",
			   "Write {\"condition\": 4, \"from\": 1, \"to\": 2}.");
	iterator = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &member, true)) != WJB_DONE)
	{
		char *key;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(member.val.string.val, member.val.string.len);
		(void) JsonbIteratorNext(&iterator, &member, true);
		if (strcmp(key, "condition") == 0)
			exclusion->condition = read_number("the condition of an exclusion", &member);
		else if (strcmp(key, "from") == 0)
			exclusion->from = read_number("\"from\" in an exclusion", &member);
		else if (strcmp(key, "to") == 0)
			exclusion->to = read_number("\"to\" in an exclusion", &member);
		else
			unknown_word("exclusion key", key, exclusion_keys, lengthof(exclusion_keys));
	}
	if (exclusion->condition == 0)
		refuse("an exclusion of funnel_agg needs a condition",
			   "Write {\"condition\": 4}: the number of the condition, behind those of the steps.");
}

/* Returns how many of the conditions are steps: those that no exclusion names, which come first. */
static uint32
count_steps(const Options *options, uint32 n_conditions)
{
	bool *named = palloc0(n_conditions * sizeof(bool));
	uint32 n_steps = n_conditions;

	for (uint32 i = 0; i < options->n_exclusions; i++)
	{
		uint32 condition = (uint32) options->exclusions[i].condition;

		if (condition > n_conditions)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("an exclusion of funnel_agg names condition %u of %u", condition,
								   n_conditions)));
		named[condition - 1] = true;
	}
	while (n_steps > 0 && named[n_steps - 1])
		n_steps--;
	for (uint32 i = 0; i < n_steps; i++)
		if (named[i])
			ereport(
				ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("condition %u of funnel_agg is excluded, and stands before a step", i + 1),
				 errhint("Give the conditions of exclusions behind the steps.")));
	if (n_steps == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("funnel_agg needs a step: exclusions name all of its conditions")));
	return n_steps;
}

static void
check_step(int32 step, uint32 n_steps, const char *what)
{
	if ((uint32) step > n_steps)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s of funnel_agg names step %d of %u", what, step, n_steps)));
}

/* Raises 22023 for options that do not go together. */
static void
check_options(const Options *options, uint32 n_steps)
{
	ListCell *cell;

	foreach (cell, options->optional)
	{
		check_step(lfirst_int(cell), n_steps, "option \"optional\"");
		if ((uint32) lfirst_int(cell) == n_steps)
			refuse("the last step of funnel_agg cannot be optional",
				   "A funnel ends with a step that has to be taken.");
	}
	for (uint32 i = 0; i < options->n_exclusions; i++)
	{
		int32 from = Max(options->exclusions[i].from, 1);
		int32 to = options->exclusions[i].to ? options->exclusions[i].to : (int32) n_steps;

		check_step(from, n_steps, "an exclusion");
		check_step(to, n_steps, "an exclusion");
		if (from >= to)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("an exclusion of funnel_agg goes from step %d to step %d", from, to),
					 errhint("It lies between two steps, the earlier one first.")));
	}
	if (options->gap_us > 0 && options->scope != AN_FUNNEL_SCOPE_SESSION)
		refuse("option \"session_gap\" of funnel_agg needs scope \"session\"",
			   "Write {\"scope\": \"session\", \"session_gap\": \"30 minutes\"}.");
	if (options->ordering != AN_ORDER_ANY)
		return;
	if (options->optional != NIL || options->n_exclusions > 0 || options->scope == AN_SCOPE_STEP)
		refuse("ordering \"any\" of funnel_agg has no optional steps, no exclusions and no scope "
			   "\"step\"",
			   "Steps in any order have no step before them.");
}
