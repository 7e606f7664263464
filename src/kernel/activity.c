/*
 * activity.c - an entity's life cycle, and on how many periods it was active
 */
#include "kernel/activity.h"

#include <stdbool.h>
#include <string.h>

struct AnActivity
{
	const AnMemory *memory; /* where all of this is */
	uint32_t n_periods;		/* periods asked for, without period 0 */
	uint32_t *
		events; /* events of each period from 0 on, and of one behind the last; 0 between entities */
};

AnActivity *
an_activity_create(uint32_t n_periods, const AnMemory *memory)
{
	AnActivity *activity = an_memory_take(memory, sizeof(AnActivity));
	size_t size = ((size_t) n_periods + 2) * sizeof(uint32_t);

	activity->memory = memory;
	activity->n_periods = n_periods;
	activity->events = an_memory_take(memory, size);
	memset(activity->events, 0, size);
	return activity;
}

void
an_activity_free(AnActivity *activity)
{
	an_memory_give(activity->memory, activity->events);
	an_memory_give(activity->memory, activity);
}

void
an_activity_lifecycle(AnActivity *activity, const int64_t *periods, size_t n,
					  int64_t (*totals)[AN_ACTIVITY_N_STATUSES])
{
	uint32_t *events = activity->events;
	int64_t earliest = activity->n_periods;

	for (size_t i = 0; i < n; i++)
	{
		earliest = periods[i] < earliest ? periods[i] : earliest;
		if (periods[i] >= 0)
			events[periods[i]] = 1;
	}
	/* The first event of a period speaks for it, and takes its mark away: 2 is a period that was counted. */
	for (size_t i = 0; i < n; i++)
	{
		int64_t period = periods[i];

		if (period < 0 || events[period] != 1)
			continue;
		events[period] = 2;
		if (period < activity->n_periods && events[period + 1] == 0)
			totals[period][AN_ACTIVITY_DORMANT]++;
		if (period == 0)
			continue;
		if (period == earliest)
			totals[period - 1][AN_ACTIVITY_NEW]++;
		else if (events[period - 1] != 0)
			totals[period - 1][AN_ACTIVITY_RETURNING]++;
		else
			totals[period - 1][AN_ACTIVITY_RESURRECTING]++;
	}
	for (size_t i = 0; i < n; i++)
		if (periods[i] >= 0)
			events[periods[i]] = 0;
}

uint32_t
an_activity_count(AnActivity *activity, const int64_t *periods, size_t n, uint32_t min_events)
{
	uint32_t *events = activity->events;
	uint32_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (periods[i] >= 1 && ++events[periods[i]] == min_events)
			count++;
	for (size_t i = 0; i < n; i++)
		if (periods[i] >= 1)
			events[periods[i]] = 0;
	return count;
}
