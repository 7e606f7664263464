/*
 * fuzz_schedule.c - any bytes as a schedule, in a zone made of the same bytes
 *
 * The input: eight changes of the clock, a byte of hours since the one before and a
 * byte of quarter hours of offset each; then the schedule.  What parses has words, and
 * its runs are in order, at instants that the schedule means or at which the clock jumped.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/schedule.h"

#define CHANGES 8
#define HOUR	(INT64_C(3600) * 1000000)

static void
find(void *zone, int64_t at, AnSegment *segment)
{
	const AnSegment *segments = zone;
	int i = 0;

	while (at >= segments[i].to)
		i++;
	*segment = segments[i];
}

static void
check_run(const AnSchedule *schedule, const AnSegment *segment, int64_t run)
{
	int64_t second = (run + segment->offset) / 1000000 % 86400;

	if (run == segment->from)
		return;
	if (second < 0)
		second += 86400;
	if (run % 1000000 != 0 || !(schedule->hours >> (second / 3600) & 1) ||
		!(schedule->minutes >> (second / 60 % 60) & 1) || !(schedule->seconds >> (second % 60) & 1))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AnSegment segments[CHANGES + 1], segment;
	AnSchedule schedule;
	AnScheduleError error;
	char words[AN_SCHEDULE_WORDS_MAX];
	int64_t from = INT64_MIN, at = 0, run = -HOUR, before;

	if (size < 2 * CHANGES)
		return 0;
	for (int i = 0; i <= CHANGES; i++)
	{
		at += i < CHANGES ? (data[2 * i] + 1) * HOUR : 0;
		segments[i].from = from;
		segments[i].to = from = i < CHANGES ? at : INT64_MAX;
		segments[i].offset = i < CHANGES ? (data[2 * i + 1] % 209 - 104) * (HOUR / 4) : 0;
	}
	size -= 2 * CHANGES;
	if (an_schedule_parse((const char *) data + 2 * CHANGES, size, &schedule, &error) != AN_OK)
	{
		if (error.position < 0 || (size_t) error.position > size || error.message == NULL)
			abort();
		return 0;
	}
	an_schedule_words(&schedule, words);
	if (strlen(words) == 0 || strlen(words) >= AN_SCHEDULE_WORDS_MAX - 1)
		abort();
	for (int i = 0; i < 50; i++)
	{
		before = run;
		if (an_schedule_next(&schedule, find, segments, before, INT64_MAX - 9 * 24 * HOUR, &run) !=
				AN_OK ||
			run <= before)
			abort();
		find(segments, run, &segment);
		check_run(&schedule, &segment, run);
	}
	return 0;
}
