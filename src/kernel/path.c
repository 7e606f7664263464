/*
 * path.c - the paths of one entity (path.h)
 */
#include "kernel/path.h"

#include "kernel/session.h"

/* Words of an event: its time, its node. */
#define EVENT_WORDS 2

static inline int64_t
time_of(const int64_t *events, size_t i)
{
	return events[i * EVENT_WORDS];
}

static inline uint32_t
node_of(const int64_t *events, size_t i)
{
	return (uint32_t) events[i * EVENT_WORDS + 1];
}

/* Returns the first event of a node in [from, end), or `end`. */
static size_t
find_node(const int64_t *events, size_t from, size_t end, uint32_t node)
{
	while (from < end && node_of(events, from) != node)
		from++;
	return from;
}

/* Returns the first event of another node behind event i; the next one where repeats count. */
static size_t
behind_repeats(const AnPathRule *rule, const int64_t *events, size_t i, size_t end)
{
	size_t next = i + 1;

	while (rule->collapse && next < end && node_of(events, next) == node_of(events, i))
		next++;
	return next;
}

/* Takes the nodes of [from, end), first to last. */
static void
read_forward(const AnPathRule *rule, const int64_t *events, size_t from, size_t end, AnPath *path)
{
	size_t i = from;

	while (i < end && path->n <= rule->max_steps)
	{
		path->nodes[path->n] = node_of(events, i);
		path->times[path->n++] = time_of(events, i);
		i = behind_repeats(rule, events, i, end);
	}
	path->ended = i >= end;
}

/* Takes the nodes of [from, last], last to first. */
static void
read_backward(const AnPathRule *rule, const int64_t *events, size_t from, size_t last, AnPath *path)
{
	size_t i = last + 1;

	path->ended = true;
	while (i > from)
	{
		bool repeat =
			rule->collapse && path->n > 0 && path->nodes[path->n - 1] == node_of(events, i - 1);

		if (!repeat && path->n > rule->max_steps)
		{
			path->ended = false;
			break;
		}
		i--;
		path->n += !repeat;
		path->nodes[path->n - 1] = node_of(events, i);
		path->times[path->n - 1] = time_of(events, i);
	}
}

size_t
an_path_next(const AnPathRule *rule, const int64_t *events, size_t n, size_t from, AnPath *path)
{
	AnSessionRule gap = {.gap_us = rule->gap_us};
	size_t end = an_session_end(&gap, events, EVENT_WORDS, from, n);
	size_t first = from;
	size_t last = end;

	path->n = 0;
	path->ended = false;
	if (rule->start != AN_PATH_NO_NODE)
		first = find_node(events, from, end, rule->start);
	if (first == end)
		return end;
	if (rule->end != AN_PATH_NO_NODE)
	{
		size_t behind =
			rule->start == AN_PATH_NO_NODE ? first : behind_repeats(rule, events, first, end);

		last = find_node(events, behind, end, rule->end);
		if (last == end)
			return end;
	}
	if (an_path_backward(rule))
		read_backward(rule, events, first, last, path);
	else
		read_forward(rule, events, first, last == end ? end : last + 1, path);
	return end;
}
