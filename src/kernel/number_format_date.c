/*
 * number_format_date.c - dates and times of a serial number
 *
 * The day is the whole part, the time the fraction.  A double keeps it to less
 * than 50 microseconds, so time is counted in 1/10000 s, which a timestamp of
 * whole milliseconds survives.  As in Excel, seconds are rounded to what is
 * shown of them and everything above follows; minutes, hours and days without
 * seconds are cut, not rounded.
 */
#include "kernel/number_format_inside.h"

#include <math.h>
#include <string.h>

#include "kernel/calendar.h"
#include "kernel/utf8.h"

#define SERIAL_OF_2000 36526 /* 2000-01-01 */
#define SERIAL_FIRST   61	 /* 1900-03-01: before, Excel's calendar has a day that never was */
#define SERIAL_BEHIND  2958466
#define SECOND_TICKS   INT64_C(10000)
#define DAY_SECONDS	   INT64_C(86400)
#define DAY_TICKS	   (DAY_SECONDS * SECOND_TICKS)

/* A moment, taken apart. */
typedef struct Moment
{
	int64_t ticks;	/* since the beginning, of 1/10000 s */
	int64_t second; /* of the day */
	int64_t year;
	int month;	 /* 1 to 12 */
	int day;	 /* 1 to 31 */
	int weekday; /* 0 is Sunday */
} Moment;

static int64_t round_ticks(const AnFormatSection *section, int64_t ticks);
static void put_token(AnShown *shown, const AnFormat *format, const AnFormatSection *section,
					  const AnFormatToken *token, const Moment *moment);
static void put_month(AnShown *shown, int month, int count);
static void put_day(AnShown *shown, const Moment *moment, int count);
static void put_noon(AnShown *shown, const char *text, int count, bool after);

bool
an_format_date(AnShown *shown, const AnFormat *format, const AnFormatSection *section,
			   double serial, bool sign)
{
	Moment moment = {0};
	double size = fabs(serial);
	double whole = floor(size);

	if (size >= SERIAL_BEHIND || (section->has_day && serial < SERIAL_FIRST))
		return false;
	moment.ticks = (int64_t) whole * DAY_TICKS + llround((size - whole) * (double) DAY_TICKS);
	moment.ticks = round_ticks(section, moment.ticks);
	moment.second = moment.ticks / SECOND_TICKS % DAY_SECONDS;
	if (section->has_day)
	{
		int64_t days = moment.ticks / DAY_TICKS;

		an_calendar_date(days - SERIAL_OF_2000, &moment.year, &moment.month, &moment.day);
		/* 2000-01-01 was a Saturday, and 36526 is 0 modulo 7. */
		moment.weekday = (int) ((days + 6) % 7);
	}
	if (sign && moment.ticks > 0)
		an_shown_puts(shown, "-");
	for (int i = 0; i < section->n_tokens; i++)
		put_token(shown, format, section, &format->tokens[section->first + i], &moment);
	return true;
}

/* Rounds to the digits of seconds that are shown, but never over the last day that there is. */
static int64_t
round_ticks(const AnFormatSection *section, int64_t ticks)
{
	static const int64_t units[] = {SECOND_TICKS, SECOND_TICKS / 10, SECOND_TICKS / 100,
									SECOND_TICKS / 1000};
	int64_t unit = section->has_seconds ? units[section->n_decimals] : 1;
	int64_t rounded = (ticks + unit / 2) / unit * unit;

	if (rounded >= SERIAL_BEHIND * DAY_TICKS)
		rounded = SERIAL_BEHIND * DAY_TICKS - unit;
	return rounded;
}

static void
put_token(AnShown *shown, const AnFormat *format, const AnFormatSection *section,
		  const AnFormatToken *token, const Moment *moment)
{
	static const int powers[] = {1, 10, 100, 1000};
	int64_t hour = moment->second / 3600;

	switch (token->kind)
	{
		case AN_FORMAT_LITERAL:
			an_shown_put(shown, format->text + token->from, token->length);
			break;
		case AN_FORMAT_BLANK:
			an_shown_puts(shown, " ");
			break;
		case AN_FORMAT_YEAR:
			if (token->count > 2)
				an_shown_count(shown, moment->year, 4);
			else
				an_shown_count(shown, moment->year % 100, 2);
			break;
		case AN_FORMAT_MONTH:
			put_month(shown, moment->month, token->count);
			break;
		case AN_FORMAT_DAY:
			put_day(shown, moment, token->count);
			break;
		case AN_FORMAT_HOUR:
			if (section->has_noon)
				hour = (hour + 11) % 12 + 1;
			an_shown_count(shown, hour, token->count);
			break;
		case AN_FORMAT_MINUTE:
			an_shown_count(shown, moment->second / 60 % 60, token->count);
			break;
		case AN_FORMAT_SECOND:
			an_shown_count(shown, moment->second % 60, token->count);
			break;
		case AN_FORMAT_FRACTION:
			an_shown_puts(shown, shown->locale->point);
			an_shown_count(shown,
						   moment->ticks % SECOND_TICKS * powers[token->count] / SECOND_TICKS,
						   token->count);
			break;
		case AN_FORMAT_NOON:
			put_noon(shown, format->text + token->from, token->count, hour >= 12);
			break;
		case AN_FORMAT_ALL_HOURS:
			an_shown_count(shown, moment->ticks / (3600 * SECOND_TICKS), token->count);
			break;
		case AN_FORMAT_ALL_MINUTES:
			an_shown_count(shown, moment->ticks / (60 * SECOND_TICKS), token->count);
			break;
		case AN_FORMAT_ALL_SECONDS:
			an_shown_count(shown, moment->ticks / SECOND_TICKS, token->count);
			break;
		default: /* shows nothing */
			break;
	}
}

static void
put_month(AnShown *shown, int month, int count)
{
	const char *name = shown->locale->long_months[month - 1];
	size_t taken;

	if (count <= 2)
		an_shown_count(shown, month, count);
	else if (count == 3)
		an_shown_puts(shown, shown->locale->months[month - 1]);
	else if (count == 4)
		an_shown_puts(shown, name);
	else
	{
		/* Five letters are the first of the name. */
		an_utf8_next((const unsigned char *) name, strlen(name), &taken);
		an_shown_put(shown, name, taken);
	}
}

static void
put_day(AnShown *shown, const Moment *moment, int count)
{
	if (count <= 2)
		an_shown_count(shown, moment->day, count);
	else if (count == 3)
		an_shown_puts(shown, shown->locale->days[moment->weekday]);
	else
		an_shown_puts(shown, shown->locale->long_days[moment->weekday]);
}

/* Puts AM or PM; of A/P the letter as the format has it. */
static void
put_noon(AnShown *shown, const char *text, int count, bool after)
{
	if (count == 2)
		an_shown_puts(shown, after ? "PM" : "AM");
	else
		an_shown_put(shown, text + (after ? 2 : 0), 1);
}
