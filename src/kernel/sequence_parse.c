/*
 * sequence_parse.c - the text of a pattern becomes its states
 */
#include "kernel/sequence.h"

#include <string.h>

/* No upper end of a quantifier. */
#define UNBOUNDED -1

/* What an item needs from the one behind it. */
typedef struct Parser
{
	const char *text;		/* the pattern */
	size_t length;			/* its bytes */
	size_t at;				/* next byte */
	AnSequence *sequence;	/* what it becomes */
	AnSequenceError *error; /* where it does not parse */
	bool base; /* the item before takes an event for sure, one that a gap can count from */
	bool gap;  /* a gap is open: an item that takes an event must follow */
} Parser;

/* An item that takes events, with its quantifier. */
typedef struct Item
{
	int32_t condition; /* as in AnSequenceState */
	bool negated;	   /* the same */
	int min;		   /* least events */
	int max;		   /* most, or UNBOUNDED */
} Item;

static AnStatus parse_item(Parser *parser);
static AnStatus parse_gap(Parser *parser);
static AnStatus parse_seconds(Parser *parser, uint64_t *us);
static AnStatus parse_quantifier(Parser *parser, Item *item);
static AnStatus parse_braces(Parser *parser, Item *item);
static AnStatus parse_number(Parser *parser, int *number, int limit);
static AnStatus append_item(Parser *parser, const Item *item);
static AnStatus append_state(Parser *parser, AnSequenceStep step, const Item *item);
static AnStatus fail(Parser *parser, AnStatus status, const char *message);
static void skip_space(Parser *parser);
static bool accept(Parser *parser, const char *word);

AnStatus
an_sequence_parse(const char *text, size_t length, AnSequence *sequence, AnSequenceError *error)
{
	Parser parser = {.text = text, .length = length, .sequence = sequence, .error = error};
	AnStatus status = AN_OK;
	bool takes = false;

	sequence->n_states = sequence->n_conditions = 0;
	if (length > AN_SEQUENCE_TEXT_MAX)
		return fail(&parser, AN_ERR_LIMIT, "the pattern is longer than 65536 bytes");
	skip_space(&parser);
	while (status == AN_OK && parser.at < length)
	{
		status = accept(&parser, "(?t") ? parse_gap(&parser) : parse_item(&parser);
		skip_space(&parser);
	}
	if (status != AN_OK)
		return status;
	if (parser.gap)
		return fail(&parser, AN_ERR_SYNTAX, "an event must follow the time condition");
	for (int s = 0; s < sequence->n_states; s++)
		takes |= sequence->states[s].step == AN_SEQUENCE_ONE;
	if (!takes)
		return fail(&parser, AN_ERR_SYNTAX, "the pattern must ask for one event at least");
	return AN_OK;
}

/* Parses (?N), (?!N) or a dot, and its quantifier. */
static AnStatus
parse_item(Parser *parser)
{
	Item item = {.condition = -1};
	AnStatus status;
	int number;

	if (accept(parser, "(?"))
	{
		item.negated = accept(parser, "!");
		status = parse_number(parser, &number, 1000000);
		if (status != AN_OK)
			return status;
		if (number == 0)
			return fail(parser, AN_ERR_SYNTAX, "conditions are counted from 1");
		if (!accept(parser, ")"))
			return fail(parser, AN_ERR_SYNTAX, "\")\" is missing");
		item.condition = number - 1;
		if (number > parser->sequence->n_conditions)
			parser->sequence->n_conditions = number;
	}
	else if (!accept(parser, "."))
		return fail(parser, AN_ERR_SYNTAX, "\"(?N)\", \"(?!N)\", \"(?t<=N)\" or \".\" is expected");
	status = parse_quantifier(parser, &item);
	return status == AN_OK ? append_item(parser, &item) : status;
}

/* Parses what follows "(?t"; conditions in a row narrow one gap. */
static AnStatus
parse_gap(Parser *parser)
{
	static const char *const operators[] = {"<=", ">=", "==", "<", ">"};
	AnSequenceState *gap;
	AnStatus status;
	uint64_t us;
	int op = 0;

	if (!parser->base)
		return fail(parser, AN_ERR_SYNTAX, "a time condition must follow an event");
	while (op < 5 && !accept(parser, operators[op]))
		op++;
	if (op == 5)
		return fail(parser, AN_ERR_SYNTAX, "<, <=, >, >= or == is expected");
	status = parse_seconds(parser, &us);
	if (status != AN_OK)
		return status;
	if (op == 3 && us == 0)
		return fail(parser, AN_ERR_SYNTAX, "no time is below 0");
	if (!accept(parser, ")"))
		return fail(parser, AN_ERR_SYNTAX, "\")\" is missing");
	if (!parser->gap)
	{
		Item any = {.condition = -1};

		status = append_state(parser, AN_SEQUENCE_GAP, &any);
		if (status != AN_OK)
			return status;
		parser->gap = true;
	}
	gap = &parser->sequence->states[parser->sequence->n_states - 1];
	if (op == 0 || op == 2 || op == 3)
	{
		uint64_t high = op == 3 ? us - 1 : us;

		gap->high_us = high < gap->high_us ? high : gap->high_us;
	}
	if (op == 1 || op == 2 || op == 4)
	{
		uint64_t low = op == 4 ? us + 1 : us;

		gap->low_us = low > gap->low_us ? low : gap->low_us;
	}
	return AN_OK;
}

/* Parses seconds with up to six decimals. */
static AnStatus
parse_seconds(Parser *parser, uint64_t *us)
{
	int seconds, digits = 0;
	AnStatus status;

	skip_space(parser);
	status = parse_number(parser, &seconds, 2000000000);
	if (status != AN_OK)
		return status;
	*us = (uint64_t) seconds * 1000000;
	if (!accept(parser, "."))
		return AN_OK;
	for (uint64_t unit = 100000; parser->at < parser->length; unit /= 10)
	{
		char c = parser->text[parser->at];

		if (c < '0' || c > '9')
			break;
		if (++digits > 6)
			return fail(parser, AN_ERR_SYNTAX, "times have six decimals at most");
		*us += unit * (uint64_t) (c - '0');
		parser->at++;
	}
	return digits > 0 ? AN_OK : fail(parser, AN_ERR_SYNTAX, "a number is expected");
}

static AnStatus
parse_quantifier(Parser *parser, Item *item)
{
	item->min = item->max = 1;
	if (accept(parser, "{"))
		return parse_braces(parser, item);
	if (accept(parser, "*"))
		item->min = 0, item->max = UNBOUNDED;
	else if (accept(parser, "+"))
		item->max = UNBOUNDED;
	else if (accept(parser, "?"))
		item->min = 0;
	return AN_OK;
}

/* Parses what follows "{": 2} or 2,} or 2,5} */
static AnStatus
parse_braces(Parser *parser, Item *item)
{
	AnStatus status = parse_number(parser, &item->min, AN_SEQUENCE_STATES_MAX);

	if (status != AN_OK)
		return status;
	item->max = item->min;
	if (accept(parser, ","))
	{
		item->max = UNBOUNDED;
		if (parser->at < parser->length && parser->text[parser->at] != '}')
		{
			status = parse_number(parser, &item->max, AN_SEQUENCE_STATES_MAX);
			if (status != AN_OK)
				return status;
			if (item->max < item->min)
				return fail(parser, AN_ERR_SYNTAX, "the second number is below the first");
		}
	}
	if (!accept(parser, "}"))
		return fail(parser, AN_ERR_SYNTAX, "\"}\" is missing");
	return item->max == 0 ? fail(parser, AN_ERR_SYNTAX, "an item of no events") : AN_OK;
}

/* Parses digits, up to a limit. */
static AnStatus
parse_number(Parser *parser, int *number, int limit)
{
	size_t from = parser->at;
	int64_t value = 0;

	for (; parser->at < parser->length; parser->at++)
	{
		char c = parser->text[parser->at];

		if (c < '0' || c > '9')
			break;
		value = value * 10 + (c - '0');
		if (value > limit)
			return fail(parser, AN_ERR_LIMIT, "the number is too large");
	}
	*number = (int) value;
	return parser->at > from ? AN_OK : fail(parser, AN_ERR_SYNTAX, "a number is expected");
}

/* Writes an item with its quantifier out as states. */
static AnStatus
append_item(Parser *parser, const Item *item)
{
	AnStatus status = AN_OK;

	if (parser->gap && item->min == 0)
		return fail(parser, AN_ERR_SYNTAX, "an event must follow the time condition");
	for (int i = 0; status == AN_OK && i < item->min; i++)
		status = append_state(parser, AN_SEQUENCE_ONE, item);
	for (int i = item->min; status == AN_OK && i < item->max; i++)
		status = append_state(parser, AN_SEQUENCE_OPTIONAL, item);
	if (status == AN_OK && item->max == UNBOUNDED)
		status = append_state(parser, AN_SEQUENCE_LOOP, item);
	parser->gap = false;
	parser->base = item->min > 0;
	return status;
}

static AnStatus
append_state(Parser *parser, AnSequenceStep step, const Item *item)
{
	if (parser->sequence->n_states == AN_SEQUENCE_STATES_MAX)
		return fail(parser, AN_ERR_LIMIT, "the pattern has more than 1024 states");
	parser->sequence->states[parser->sequence->n_states++] = (AnSequenceState){
		.step = step,
		.negated = item->negated,
		.condition = item->condition,
		.high_us = UINT64_MAX,
	};
	return AN_OK;
}

static AnStatus
fail(Parser *parser, AnStatus status, const char *message)
{
	parser->error->message = message;
	parser->error->position = parser->at;
	return status;
}

static void
skip_space(Parser *parser)
{
	while (parser->at < parser->length && strchr(" \t\r\n", parser->text[parser->at]) &&
		   parser->text[parser->at] != '\0')
		parser->at++;
}

/* Goes over a word if it stands next. */
static bool
accept(Parser *parser, const char *word)
{
	size_t size = strlen(word);

	if (parser->length - parser->at < size || memcmp(parser->text + parser->at, word, size) != 0)
		return false;
	parser->at += size;
	return true;
}
