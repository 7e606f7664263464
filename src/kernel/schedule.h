/*
 * schedule.h - when something runs: cron's five fields, in a zone
 *
 *     '30 2 * * mon-fri'    'seconds: 0,30 * * * * *'    '@daily'
 *
 *     schedule = [ "seconds:" field ] minute hour day month weekday
 *              | "@hourly" | "@daily" | "@midnight" | "@weekly" | "@monthly" | "@yearly" | "@annually"
 *     field    = item { "," item }
 *     item     = "*" [ "/" step ] | value | value "-" value [ "/" step ]
 *
 * minute and second 0-59, hour 0-23, day of the month 1-31, month 1-12 or its English
 * name, weekday 0-7 or its name (0 and 7 are Sunday; as the end of a range "sun" is 7).
 * Names have three letters or all, in any case.  Fields stand apart by spaces or tabs.
 *
 * What people read in two ways is refused: six fields without the marker (is the first
 * the seconds, or the last the year?), "5/15", a step that takes but one value of its
 * range, a range that goes backwards, the letters of other dialects (? L W # H $), and
 * a step over all days beside a restricted other day field, where crons disagree.  A
 * schedule that can never run (February 30) is refused too.
 *
 * If both the day of the month and the weekday are restricted, a day matches by either:
 * the rule of Vixie's cron, and of POSIX.
 *
 * Over changes of the clock:
 *
 *   - Some hours: each time of day that is meant runs once, at the first instant at
 *     which the clock shows it or, where it jumps over it, a later time.  Several times
 *     in one jump are one run, and a time that comes twice runs the first time.
 *   - All hours: it runs whenever the clock shows a time that is meant, in an hour that
 *     comes twice each time, and in an hour that is jumped over not at all.  Where the
 *     jump ends within the hour, what it passed of that hour runs at its end.
 *
 * Time is counted in microseconds since 2000-01-01 00:00, instants and civil times, as in
 * calendar.h.  Nothing is allocated, and no text is read behind `length`.
 */
#ifndef AN_KERNEL_SCHEDULE_H
#define AN_KERNEL_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/calendar.h"
#include "kernel/status.h"

/* Longest text of a schedule, in bytes. */
#define AN_SCHEDULE_TEXT_MAX 1024

/* Room that any schedule in words needs, with its closing NUL. */
#define AN_SCHEDULE_WORDS_MAX 2048

/* A parsed schedule: bit i of a set stands for value i.  It has no pointers and can be kept. */
typedef struct AnSchedule
{
	uint64_t seconds;  /* 0 to 59; second 0 where the text names none */
	uint64_t minutes;  /* 0 to 59 */
	uint32_t hours;	   /* 0 to 23 */
	uint32_t days;	   /* 1 to 31 */
	uint32_t months;   /* 1 to 12 */
	uint32_t weekdays; /* 0 to 6, 0 is Sunday */
	bool either;	   /* a day matches by `days` or by `weekdays`, not only by both */
} AnSchedule;

/* Why a text is no schedule. */
typedef struct AnScheduleError
{
	int position; /* byte of the text where the trouble begins, from 0; its length at the end */
	const char *message; /* static text, lower case, without a period */
	const char *hint;	 /* static sentence that says what to write instead, or NULL */
} AnScheduleError;

/*
 * an_schedule_parse parses the `length` bytes at `text` into `schedule`.  Returns AN_OK, or AN_ERR_SYNTAX
 * or AN_ERR_LIMIT with `error` filled and `schedule` undefined.
 */
extern AnStatus
an_schedule_parse(const char *text, size_t length, AnSchedule *schedule, AnScheduleError *error);

/*
 * an_schedule_next gives the first run after the instant `after` and before `end`, in the zone that `find` and
 * `zone` answer for.  AN_ERR_OUT_OF_RANGE: there is none.  `end` is at most 2^63 - 1 less nine days, and
 * `find` must answer for all instants up to eight days beyond it.
 */
extern AnStatus an_schedule_next(const AnSchedule *schedule, AnSegmentFind find, void *zone,
								 int64_t after, int64_t end, int64_t *next);

/* an_schedule_words writes a schedule in English words to `words`, AN_SCHEDULE_WORDS_MAX bytes: "every day at 02:30". */
extern void an_schedule_words(const AnSchedule *schedule, char *words);

#endif /* AN_KERNEL_SCHEDULE_H */
