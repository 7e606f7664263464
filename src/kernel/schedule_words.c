/*
 * schedule_words.c - a schedule in English words
 */
#include "kernel/schedule.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* So many times of day are written out; more are told by their fields. */
#define TIMES_MAX 6

/* A text that grows in a buffer of fixed size, which is large enough for any schedule. */
typedef struct Words
{
	char *text;	   /* the buffer */
	size_t length; /* bytes in it */
} Words;

static const char *const month_words[] = {"",		 "January",	 "February", "March",  "April",
										  "May",	 "June",	 "July",	 "August", "September",
										  "October", "November", "December"};
static const char *const weekday_words[] = {"Sunday",	"Monday", "Tuesday", "Wednesday",
											"Thursday", "Friday", "Saturday"};

static void say_time(Words *words, const AnSchedule *schedule);
static bool say_times(Words *words, const AnSchedule *schedule);
static void say_every(Words *words, uint64_t set, int n, const char *unit);
static void say_days(Words *words, const AnSchedule *schedule);
static void say_list(Words *words, uint64_t set, const char *const *names);

static void __attribute__((format(printf, 2, 3))) say(Words *words, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(words->text + words->length, AN_SCHEDULE_WORDS_MAX - words->length, format, args);
	va_end(args);
	if (n > 0)
		words->length += (size_t) n;
	if (words->length >= AN_SCHEDULE_WORDS_MAX)
		words->length = AN_SCHEDULE_WORDS_MAX - 1;
}

/* Returns the set of all values from low to high. */
static uint64_t
span(int low, int high)
{
	return ((UINT64_C(2) << high) - 1) & ~((UINT64_C(1) << low) - 1);
}

static int
count(uint64_t set)
{
	int n = 0;

	for (; set; set &= set - 1)
		n++;
	return n;
}

void
an_schedule_words(const AnSchedule *schedule, char *text)
{
	Words words = {text, 0};

	text[0] = '\0';
	if (!say_times(&words, schedule))
		say_time(&words, schedule);
	say_days(&words, schedule);
}

/* Writes the times of day out where there are few: "at 02:30 and 14:30". */
static bool
say_times(Words *words, const AnSchedule *schedule)
{
	int n = count(schedule->hours) * count(schedule->minutes) * count(schedule->seconds), i = 0;

	if (n > TIMES_MAX)
		return false;
	say(words, schedule->days == span(1, 31) && schedule->weekdays == span(0, 6) ? "every day at "
																				 : "at ");
	for (int t = 0; t < 86400; t++)
		if (schedule->hours >> (t / 3600) & 1 && schedule->minutes >> (t / 60 % 60) & 1 &&
			schedule->seconds >> (t % 60) & 1)
		{
			say(words, "%s%02d:%02d",
				i == 0		? ""
				: i < n - 1 ? ", "
							: " and ",
				t / 3600, t / 60 % 60);
			if (schedule->seconds != 1)
				say(words, ":%02d", t % 60);
			i++;
		}
	return true;
}

/* Tells the times of day by their fields: "every 15 minutes of the hours 9 to 17". */
static void
say_time(Words *words, const AnSchedule *schedule)
{
	bool all_minutes = schedule->minutes == span(0, 59);
	bool all_hours = schedule->hours == span(0, 23);

	if (schedule->seconds != 1)
	{
		say_every(words, schedule->seconds, 60, "second");
		if (!all_minutes)
			say(words, " of ");
		else if (!all_hours)
			say(words, " of every minute");
	}
	if (schedule->seconds == 1 || !all_minutes)
		say_every(words, schedule->minutes, 60, "minute");
	if (!all_hours)
	{
		say(words, " of ");
		say_every(words, schedule->hours, 24, "hour");
	}
	else if (schedule->seconds == 1 && count(schedule->minutes) == 1)
		say(words, " of every hour");
}

/* Tells one field of the time: "every minute", "every 15 minutes", "minute 5 and 20". */
static void
say_every(Words *words, uint64_t set, int n, const char *unit)
{
	if (set == span(0, n - 1))
	{
		say(words, "every %s", unit);
		return;
	}
	for (int step = 2; step <= n / 2; step++)
	{
		uint64_t steps = 0;

		for (int i = 0; i < n; i += step)
			steps |= UINT64_C(1) << i;
		if (n % step == 0 && set == steps)
		{
			say(words, "every %d %ss", step, unit);
			return;
		}
	}
	say(words, "%s%s ", words->length == 0 ? "at " : "", unit);
	say_list(words, set, NULL);
}

static void
say_days(Words *words, const AnSchedule *schedule)
{
	bool by_day = schedule->days != span(1, 31), by_weekday = schedule->weekdays != span(0, 6);

	/* With "either", all of one is every day. */
	if (schedule->either && !(by_day && by_weekday))
		by_day = by_weekday = false;
	if (by_day)
	{
		say(words, " on day ");
		say_list(words, schedule->days, NULL);
		say(words, " of the month");
	}
	if (by_weekday)
	{
		say(words, by_day ? " or on " : " on ");
		say_list(words, schedule->weekdays, weekday_words);
	}
	if (schedule->months != span(1, 12))
	{
		say(words, " in ");
		say_list(words, schedule->months, month_words);
	}
}

/* Writes the members of a set, three or more in a row as "a to b". */
static void
say_list(Words *words, uint64_t set, const char *const *names)
{
	bool first = true;

	for (int i = 0, end; i < 60; i = end)
	{
		uint64_t rest;

		end = i + 1;
		if (!(set >> i & 1))
			continue;
		while (end < 60 && set >> end & 1)
			end++;
		if (end - i < 3)
			end = i + 1;
		rest = end < 60 ? set >> end : 0;
		say(words, first ? "" : rest ? ", " : " and ");
		first = false;
		if (names)
			say(words, "%s", names[i]);
		else
			say(words, "%d", i);
		if (end > i + 1 && names)
			say(words, " to %s", names[end - 1]);
		else if (end > i + 1)
			say(words, " to %d", end - 1);
	}
}
