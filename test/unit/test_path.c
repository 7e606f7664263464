/*
 * test_path.c - records in order, events cut into sessions, and the paths of an entity
 *
 * Proven: sorting equals a slow obvious sort, for every shape of input and any
 * number of words; sessions worked out by hand, at exactly the gap, over days and at the
 * ends of time; paths worked out by hand for each anchor; and for many thousands of
 * random histories, with every combination of options, the paths that the header defines,
 * found by cutting, collapsing and looking up whole lists.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/path.h"
#include "kernel/records.h"
#include "kernel/session.h"

#define MAX_EVENTS 40

static uint64_t seed = 5;
static int n_blocks;

/* splitmix64: the same histories on every machine. */
static uint64_t
random_bits(void)
{
	uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static int
random_below(int n)
{
	return (int) (random_bits() % (uint64_t) n);
}

static void *
take(void *owner, size_t size)
{
	(void) owner;
	n_blocks++;
	return malloc(size);
}

static void
give(void *owner, void *block)
{
	(void) owner;
	n_blocks -= block != NULL;
	free(block);
}

static const AnMemory memory = {.take = take, .give = give};

/* ---- records */

static size_t words_compared;

static int
compare_records(const void *a, const void *b)
{
	const int64_t *left = a;
	const int64_t *right = b;

	for (size_t i = 0; i < words_compared; i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return 0;
}

/* Shapes: 0 few values, 1 any, 2 in order, 3 backwards, 4 nearly in order. */
static void
make_records(int64_t *records, size_t n, uint32_t n_words, int shape)
{
	for (size_t i = 0; i < n * n_words; i++)
		records[i] = shape == 0 ? random_below(4) - 2 : (int64_t) random_bits();
	for (size_t i = 0; i < n && shape >= 2; i++)
		records[i * n_words] = shape == 3 ? -(int64_t) i : (int64_t) i;
	for (size_t i = 0; i < n / 20 && shape == 4; i++)
		records[(size_t) random_below((int) n) * n_words] = random_below((int) n);
}

static void
test_records(void **state)
{
	(void) state;
	for (int round = 0; round < 4000; round++)
	{
		size_t n = (size_t) random_below(round % 10 == 0 ? 3000 : 40);
		uint32_t n_words = (uint32_t) (1 + random_below(6));
		int64_t *records = malloc((n + 1) * n_words * sizeof(int64_t));
		int64_t *expected = malloc((n + 1) * n_words * sizeof(int64_t));

		make_records(records, n, n_words, random_below(5));
		memcpy(expected, records, n * n_words * sizeof(int64_t));
		words_compared = n_words;
		qsort(expected, n, n_words * sizeof(int64_t), compare_records);
		an_records_sort(records, n, n_words, &memory);
		assert_memory_equal(records, expected, n * n_words * sizeof(int64_t));
		assert_int_equal(n_blocks, 0);
		free(records);
		free(expected);
	}
}

/* ---- sessions */

static int64_t
ten_end(void *arg, int64_t at)
{
	(void) arg;
	return at - (at % 10 + 10) % 10 + 10;
}

static void
test_session(void **state)
{
	const int64_t times[] = {0, 0, 5, 10, 16, 18, 21, 21, 27};
	const int64_t far[] = {INT64_MIN, INT64_MAX};
	AnSessionRule rule = {.gap_us = 5};

	(void) state;
	/* Exactly the gap is the same session. */
	assert_int_equal(an_session_end(&rule, times, 1, 0, 9), 4);
	assert_int_equal(an_session_end(&rule, times, 1, 4, 9), 8);
	assert_int_equal(an_session_end(&rule, times, 1, 8, 9), 9);
	rule.gap_us = AN_SESSION_NO_GAP;
	assert_int_equal(an_session_end(&rule, times, 1, 0, 9), 9);
	assert_int_equal(an_session_end(&rule, far, 1, 0, 2), 2);
	rule.gap_us = AN_SESSION_NO_GAP - 1;
	assert_int_equal(an_session_end(&rule, far, 1, 0, 2), 1);
	/* A day that ends splits; its first instant is the next day's. */
	rule = (AnSessionRule){.gap_us = 6, .day_end = ten_end};
	assert_int_equal(an_session_end(&rule, times, 1, 0, 9), 3);
	assert_int_equal(an_session_end(&rule, times, 1, 3, 9), 6);
	assert_int_equal(an_session_end(&rule, times, 1, 6, 9), 9);
	/* Times among other words. */
	assert_int_equal(an_session_end(&rule, times, 4, 0, 3), 1);
}

/* ---- paths */

/* A list of nodes with their times. */
typedef struct Nodes
{
	size_t n;					/* how many */
	uint32_t nodes[MAX_EVENTS]; /* nodes */
	int64_t times[MAX_EVENTS];	/* their times */
} Nodes;

/* Returns the part of a list from `from` to `to`, exclusive. */
static Nodes
slice(const Nodes *list, size_t from, size_t to)
{
	Nodes part = {0};

	for (size_t i = from; i < to; i++)
	{
		part.nodes[part.n] = list->nodes[i];
		part.times[part.n++] = list->times[i];
	}
	return part;
}

static Nodes
collapsed(const Nodes *list)
{
	Nodes kept = {0};

	for (size_t i = 0; i < list->n; i++)
		if (i == 0 || list->nodes[i] != list->nodes[i - 1])
		{
			kept.nodes[kept.n] = list->nodes[i];
			kept.times[kept.n++] = list->times[i];
		}
	return kept;
}

static Nodes
reversed(const Nodes *list)
{
	Nodes turned = {.n = list->n};

	for (size_t i = 0; i < list->n; i++)
	{
		turned.nodes[i] = list->nodes[list->n - 1 - i];
		turned.times[i] = list->times[list->n - 1 - i];
	}
	return turned;
}

static size_t
index_of(const Nodes *list, size_t from, uint32_t node)
{
	for (size_t i = from; i < list->n; i++)
		if (list->nodes[i] == node)
			return i;
	return list->n;
}

/* The path of a run by its definition; an empty list where it has none. */
static Nodes
path_of(const AnPathRule *rule, Nodes run, bool *ended)
{
	bool has_start = rule->start != AN_PATH_NO_NODE;
	bool has_end = rule->end != AN_PATH_NO_NODE;

	if (rule->collapse)
		run = collapsed(&run);
	if (has_start)
		run = slice(&run, index_of(&run, 0, rule->start), run.n);
	if (has_end)
	{
		size_t at = index_of(&run, has_start ? 1 : 0, rule->end);

		run = at >= run.n ? (Nodes){0} : slice(&run, 0, at + 1);
	}
	if (has_end && !has_start)
		run = reversed(&run);
	*ended = run.n <= rule->max_steps + 1;
	return *ended ? run : slice(&run, 0, rule->max_steps + 1);
}

static void
check_history(const AnPathRule *rule, const int64_t *events, size_t n)
{
	size_t at = 0;

	for (size_t from = 0; from < n;)
	{
		Nodes run = {0};
		Nodes expected;
		AnPath path;
		bool ended;

		while (from < n && (run.n == 0 || rule->gap_us == AN_SESSION_NO_GAP ||
							events[2 * from] - events[2 * from - 2] <= rule->gap_us))
		{
			run.times[run.n] = events[2 * from];
			run.nodes[run.n++] = (uint32_t) events[2 * from++ + 1];
		}
		expected = path_of(rule, run, &ended);
		at = an_path_next(rule, events, n, at, &path);
		assert_int_equal(at, from);
		assert_int_equal(path.n, expected.n);
		if (path.n == 0)
			continue;
		assert_memory_equal(path.nodes, expected.nodes, path.n * sizeof(uint32_t));
		assert_memory_equal(path.times, expected.times, path.n * sizeof(int64_t));
		assert_int_equal(path.ended, ended);
	}
	assert_int_equal(at, n);
}

static void
test_random(void **state)
{
	(void) state;
	for (int round = 0; round < 60000; round++)
	{
		int64_t events[2 * MAX_EVENTS];
		size_t n = (size_t) random_below(MAX_EVENTS + 1);
		int n_nodes = 1 + random_below(5);
		AnPathRule rule = {
			.gap_us = random_below(4) == 0 ? AN_SESSION_NO_GAP : random_below(6),
			.start = random_below(2) ? AN_PATH_NO_NODE : (uint32_t) random_below(n_nodes + 1),
			.end = random_below(2) ? AN_PATH_NO_NODE : (uint32_t) random_below(n_nodes + 1),
			.max_steps = (uint32_t) (1 + random_below(6)),
			.collapse = random_below(2) == 0};

		for (size_t i = 0; i < n; i++)
		{
			events[2 * i] = random_below(60);
			events[2 * i + 1] = random_below(n_nodes);
		}
		an_records_sort(events, n, 2, &memory);
		check_history(&rule, events, n);
	}
}

/* The path of one run: nodes as letters, a second apart. */
static void
assert_path(AnPathRule rule, const char *run, const char *expected, bool ended)
{
	int64_t events[2 * MAX_EVENTS];
	char nodes[AN_PATH_MAX_STEPS + 2] = "";
	size_t n = strlen(run);
	AnPath path;

	rule.gap_us = 1;
	for (size_t i = 0; i < n; i++)
	{
		events[2 * i] = (int64_t) i;
		events[2 * i + 1] = run[i];
	}
	assert_int_equal(an_path_next(&rule, events, n, 0, &path), n);
	for (uint32_t i = 0; i < path.n; i++)
		nodes[i] = (char) path.nodes[i];
	nodes[path.n] = '\0';
	assert_string_equal(nodes, expected);
	if (path.n > 0)
		assert_int_equal(path.ended, ended);
}

static void
test_anchors(void **state)
{
	AnPathRule rule = {.start = AN_PATH_NO_NODE, .end = AN_PATH_NO_NODE, .max_steps = 3};

	(void) state;
	assert_path(rule, "aabbc", "aabb", false);
	rule.collapse = true;
	assert_path(rule, "aabbc", "abc", true);
	assert_path(rule, "abcda", "abcd", false);
	assert_path(rule, "abcddd", "abcd", true);
	assert_path(rule, "a", "a", true);
	rule.start = 'b';
	assert_path(rule, "abcb", "bcb", true);
	assert_path(rule, "acd", "", true);
	rule.end = 'd';
	assert_path(rule, "abcdbd", "bcd", true);
	assert_path(rule, "dabc", "", true);
	assert_path(rule, "bacefd", "bace", false);
	rule.end = 'b';
	assert_path(rule, "bbacb", "bacb", true);
	assert_path(rule, "bb", "", true);
	rule.collapse = false;
	assert_path(rule, "bb", "bb", true);
	rule = (AnPathRule){.start = AN_PATH_NO_NODE, .end = 'p', .max_steps = 2, .collapse = true};
	assert_path(rule, "vvcp", "pcv", true);
	assert_path(rule, "xvvcpv", "pcv", false);
	assert_path(rule, "pvp", "p", true);
	assert_path(rule, "vc", "", true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_anchors),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
