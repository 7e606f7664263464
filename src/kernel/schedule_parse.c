/*
 * schedule_parse.c - the text of a schedule read into sets of values
 */
#include "kernel/schedule.h"

#include <string.h>

/* Values that a field can have, and what stands for them. */
typedef struct Field
{
	int low;				   /* smallest value */
	int high;				   /* largest value */
	const char *const *names;  /* names of the values from first_name on, or NULL */
	int n_names;			   /* how many */
	int first_name;			   /* value of the first */
	const char *out_of_bounds; /* message for a number beyond them */
} Field;

/* What is being read. */
typedef struct Reader
{
	const char *text;		/* the schedule */
	size_t length;			/* its bytes */
	size_t at;				/* next byte */
	AnScheduleError *error; /* where trouble is told */
} Reader;

/* What was found out about one field. */
typedef struct Parsed
{
	uint64_t set; /* its values */
	bool star;	  /* it is "*" */
	bool stepped; /* it begins with a "*" but does not take all */
	size_t at;	  /* where it begins */
} Parsed;

static const char *const month_names[] = {"january",   "february", "march",	   "april",
										  "may",	   "june",	   "july",	   "august",
										  "september", "october",  "november", "december"};
static const char *const weekday_names[] = {"sunday",	"monday", "tuesday", "wednesday",
											"thursday", "friday", "saturday"};

enum
{
	SECOND,
	MINUTE,
	HOUR,
	DAY,
	MONTH,
	WEEKDAY,
	N_FIELDS
};

static const Field fields[N_FIELDS] = {
	{0, 59, NULL, 0, 0, "a second is 0 to 59"},
	{0, 59, NULL, 0, 0, "a minute is 0 to 59"},
	{0, 23, NULL, 0, 0, "an hour is 0 to 23"},
	{1, 31, NULL, 0, 0, "a day of the month is 1 to 31"},
	{1, 12, month_names, 12, 1, "a month is 1 to 12, or jan to dec"},
	{0, 7, weekday_names, 7, 0, "a weekday is 0 to 7, or sun to sat"},
};

static const struct
{
	const char *name;	  /* word after the "@" */
	const char *schedule; /* what it stands for */
} shorthands[] = {
	{"hourly", "0 * * * *"},   {"daily", "0 0 * * *"},	 {"midnight", "0 0 * * *"},
	{"weekly", "0 0 * * 0"},   {"monthly", "0 0 1 * *"}, {"yearly", "0 0 1 1 *"},
	{"annually", "0 0 1 1 *"},
};

static const char seconds_marker[] = "seconds:";

static const char hint_six[] =
	"Write minute, hour, day, month and weekday; if the first of six is meant as seconds, "
	"say so: \"seconds: 0 30 2 * * *\".";
static const char hint_step[] = "A step follows \"*\" or a range, such as */15 or 5-59/15.";

static AnStatus parse_fields(Reader *reader, AnSchedule *schedule);
static AnStatus parse_shorthand(Reader *reader, AnSchedule *schedule);
static AnStatus check_count(Reader *reader, bool marked);
static AnStatus parse_field(Reader *reader, const Field *field, Parsed *parsed);
static AnStatus parse_item(Reader *reader, const Field *field, Parsed *parsed);
static AnStatus parse_step(Reader *reader, int low, int high, int *step);
static AnStatus parse_value(Reader *reader, const Field *field, int *value);
static AnStatus parse_number(Reader *reader, const Field *field, int *value);
static AnStatus parse_name(Reader *reader, const Field *field, int *value);
static AnStatus check_days(Reader *reader, const Parsed *parsed, const AnSchedule *schedule);

static AnStatus
fail(Reader *reader, size_t at, const char *message, const char *hint)
{
	reader->error->position = (int) at;
	reader->error->message = message;
	reader->error->hint = hint;
	return AN_ERR_SYNTAX;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Returns the next byte, or NUL at the end. */
static char
peek(const Reader *reader)
{
	return reader->at < reader->length ? reader->text[reader->at] : '\0';
}

static void
skip_blanks(Reader *reader)
{
	while (is_blank(peek(reader)))
		reader->at++;
}

/* Tells whether the `n` bytes at `text` are the word, in any case. */
static bool
same_word(const char *text, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
	{
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c = (char) (c - 'A' + 'a');
		if (word[i] == '\0' || c != word[i])
			return false;
	}
	return true;
}

AnStatus
an_schedule_parse(const char *text, size_t length, AnSchedule *schedule, AnScheduleError *error)
{
	Reader reader = {text, length, 0, error};

	if (length > AN_SCHEDULE_TEXT_MAX)
	{
		(void) fail(&reader, AN_SCHEDULE_TEXT_MAX, "a schedule has at most 1024 bytes", NULL);
		return AN_ERR_LIMIT;
	}
	skip_blanks(&reader);
	return peek(&reader) == '@' ? parse_shorthand(&reader, schedule)
								: parse_fields(&reader, schedule);
}

static AnStatus
parse_shorthand(Reader *reader, AnSchedule *schedule)
{
	const char *word = reader->text + reader->at + 1;
	size_t at = reader->at, n = 0;

	for (reader->at++; is_letter(peek(reader)); reader->at++)
		n++;
	skip_blanks(reader);
	if (reader->at == reader->length)
		for (size_t i = 0; i < sizeof(shorthands) / sizeof(shorthands[0]); i++)
			if (strlen(shorthands[i].name) == n && same_word(word, n, shorthands[i].name))
			{
				Reader inner = {shorthands[i].schedule, strlen(shorthands[i].schedule), 0,
								reader->error};

				return parse_fields(&inner, schedule);
			}
	return fail(reader, at, "this name of a schedule is not known",
				"Use @hourly, @daily, @weekly, @monthly, @yearly, or five fields.");
}

static AnStatus
parse_fields(Reader *reader, AnSchedule *schedule)
{
	size_t marker = sizeof(seconds_marker) - 1;
	bool marked = reader->length - reader->at >= marker &&
				  same_word(reader->text + reader->at, marker, seconds_marker);
	Parsed parsed[N_FIELDS] = {{.set = 1}};
	AnStatus status;

	if (marked)
		reader->at += marker;
	status = check_count(reader, marked);
	for (int i = marked ? SECOND : MINUTE; i < N_FIELDS && status == AN_OK; i++)
	{
		skip_blanks(reader);
		status = parse_field(reader, &fields[i], &parsed[i]);
	}
	if (status != AN_OK)
		return status;
	schedule->seconds = parsed[SECOND].set;
	schedule->minutes = parsed[MINUTE].set;
	schedule->hours = (uint32_t) parsed[HOUR].set;
	schedule->days = (uint32_t) parsed[DAY].set;
	schedule->months = (uint32_t) parsed[MONTH].set;
	schedule->weekdays = (uint32_t) (parsed[WEEKDAY].set | parsed[WEEKDAY].set >> 7) & 0x7f;
	schedule->either = !parsed[DAY].star && !parsed[WEEKDAY].star;
	return check_days(reader, parsed, schedule);
}

/* Checks how many fields there are before any is read: what is wrong with six is their number. */
static AnStatus
check_count(Reader *reader, bool marked)
{
	int wanted = marked ? 6 : 5, n = 0;
	size_t i = reader->at, extra = reader->length;

	while (i < reader->length)
	{
		while (i < reader->length && is_blank(reader->text[i]))
			i++;
		if (i == reader->length)
			break;
		if (n++ == wanted)
			extra = i;
		while (i < reader->length && !is_blank(reader->text[i]))
			i++;
	}
	if (n == wanted)
		return AN_OK;
	if (marked)
		return fail(reader, extra, "a schedule with seconds has six fields",
					"Write seconds, minute, hour, day, month and weekday, such as \"seconds: 0 30 "
					"2 * * *\".");
	if (n == 6)
		return fail(reader, extra, "six fields can be read in two ways", hint_six);
	return fail(reader, extra, "a schedule has five fields",
				"Write minute, hour, day, month and weekday, such as \"30 2 * * *\" for 02:30.");
}

static AnStatus
parse_field(Reader *reader, const Field *field, Parsed *parsed)
{
	bool starred = peek(reader) == '*';
	uint64_t all = 0;
	AnStatus status;

	parsed->set = 0;
	parsed->at = reader->at;
	while ((status = parse_item(reader, field, parsed)) == AN_OK && peek(reader) == ',')
		reader->at++;
	if (status != AN_OK)
		return status;
	if (reader->at < reader->length && !is_blank(peek(reader)))
		return fail(reader, reader->at, "this does not belong to a schedule",
					"A field is *, a number or name, a range such as 9-17, a step such as */15, or "
					"a list of these.");
	/* A weekday of 7 is the 0 that "*" has already. */
	for (int i = field->low; i <= (field->high == 7 ? 6 : field->high); i++)
		all |= UINT64_C(1) << i;
	parsed->star = starred && (parsed->set & all) == all;
	parsed->stepped = starred && !parsed->star;
	return AN_OK;
}

static AnStatus
parse_item(Reader *reader, const Field *field, Parsed *parsed)
{
	int low = field->low, high = field->high == 7 ? 6 : field->high, step = 1;
	size_t at = reader->at;
	AnStatus status = AN_OK;
	bool single = false;

	if (peek(reader) == '*')
		reader->at++;
	else
	{
		status = parse_value(reader, field, &low);
		high = low;
		single = status == AN_OK && peek(reader) != '-';
		if (status == AN_OK && !single)
		{
			reader->at++;
			status = parse_value(reader, field, &high);
			/* "fri-sun": the week ends with the Sunday that is 7. */
			if (status == AN_OK && field->high == 7 && high == 0 && low > 0 &&
				!is_digit(reader->text[reader->at - 1]))
				high = 7;
		}
	}
	if (status != AN_OK)
		return status;
	if (low > high)
		return fail(reader, at, "a range goes from the lower value to the higher",
					"Write a list of two ranges, such as 22-23,0-5.");
	if (peek(reader) == '/' && single)
		return fail(reader, reader->at, "a step after a single value can be read in two ways",
					hint_step);
	if (peek(reader) == '/')
		status = parse_step(reader, low, high, &step);
	for (int i = low; status == AN_OK && i <= high; i += step)
		parsed->set |= UINT64_C(1) << i;
	return status;
}

static AnStatus
parse_step(Reader *reader, int low, int high, int *step)
{
	size_t at = ++reader->at;
	AnStatus status;

	if (!is_digit(peek(reader)))
		return fail(reader, at, "a step is a number", hint_step);
	status = parse_number(reader, NULL, step);
	if (status != AN_OK)
		return status;
	if (*step == 0)
		return fail(reader, at, "a step is at least 1", NULL);
	if (*step > high - low)
		return fail(
			reader, at, "this step takes only the first value of its range",
			"A step never reaches beyond its field: write the value, or several schedules.");
	return AN_OK;
}

static AnStatus
parse_value(Reader *reader, const Field *field, int *value)
{
	char c = peek(reader);

	if (is_digit(c))
		return parse_number(reader, field, value);
	if (is_letter(c) && field->names)
		return parse_name(reader, field, value);
	if (reader->at == reader->length || is_blank(c) || c == ',')
		return fail(reader, reader->at, "a value is missing", NULL);
	if (c != '\0' && strchr("?#LWHlwh$", c))
		return fail(reader, reader->at, "this sign belongs to another dialect of cron",
					"Known are * , - / numbers, and the names of months and weekdays.");
	return fail(reader, reader->at, field->out_of_bounds, NULL);
}

/* Reads digits; `field` gives their bounds, or is NULL for a step. */
static AnStatus
parse_number(Reader *reader, const Field *field, int *value)
{
	size_t at = reader->at;
	int low = field ? field->low : 0, high = field ? field->high : 1000000;

	*value = 0;
	for (; is_digit(peek(reader)); reader->at++)
		if (*value <= 1000000)
			*value = *value * 10 + (peek(reader) - '0');
	if (*value < low || *value > high)
		return fail(reader, at, field ? field->out_of_bounds : "this step is too large", NULL);
	return AN_OK;
}

static AnStatus
parse_name(Reader *reader, const Field *field, int *value)
{
	const char *word = reader->text + reader->at;
	size_t at = reader->at, n = 0;

	for (; is_letter(peek(reader)); reader->at++)
		n++;
	for (int i = 0; i < field->n_names; i++)
		if ((n == 3 || n == strlen(field->names[i])) && same_word(word, n, field->names[i]))
		{
			*value = field->first_name + i;
			return AN_OK;
		}
	return fail(reader, at, field->out_of_bounds, NULL);
}

/* Refuses days on which crons disagree, and those that never come. */
static AnStatus
check_days(Reader *reader, const Parsed *parsed, const AnSchedule *schedule)
{
	static const int most_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const Parsed *day = &parsed[DAY], *weekday = &parsed[WEEKDAY];

	if (schedule->either && (day->stepped || weekday->stepped))
		return fail(reader, day->stepped ? day->at : weekday->at,
					"a step over all days and another condition on the day can be read in two ways",
					"For days that meet either condition write ranges, such as 1-31/2 or 0-6/2.");
	if (schedule->either || !weekday->star)
		return AN_OK;
	for (int month = 1; month <= 12; month++)
		if (schedule->months & (UINT32_C(1) << month) &&
			schedule->days & ((UINT64_C(2) << most_days[month - 1]) - 2))
			return AN_OK;
	return fail(reader, day->at, "these months have no such day, the schedule would never run",
				NULL);
}
