/*
 * test_sequence.c - patterns of events
 *
 * Proven: golden cases by hand; what is refused, with its place; match, count and
 * path of random patterns over random histories with ties, against backtracking
 * by the definition; patterns that make backtracking explode stay linear.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/sequence.h"

#define SECOND INT64_C(1000000)

static void *
take(void *owner, size_t size)
{
	(void) owner;
	return malloc(size ? size : 1);
}

static void
give(void *owner, void *block)
{
	(void) owner;
	free(block);
}

static int n_polls;

static void
poll(void)
{
	n_polls++;
}

static const AnSequenceCaller caller = {{take, give, NULL}, poll};

/* A history in words: letters are events with one condition (A is 1), '-' an event with none, digits seconds to wait. */
static size_t
history(const char *text, int64_t *at, uint64_t *masks)
{
	size_t n = 0;
	int64_t now = 0;

	for (; *text; text++)
		if (*text >= '0' && *text <= '9')
			now += (*text - '0') * SECOND;
		else
		{
			at[n] = now;
			masks[n++] = *text == '-' ? 0 : UINT64_C(1) << (*text - 'A');
		}
	return n;
}

/* Golden cases: worked out by hand. */
static void
test_golden(void **state)
{
	static const struct
	{
		const char *pattern, *history;
		bool match;
		size_t count;
		const char *found; /* indexes of the first match's conditions */
	} cases[] = {
		{"(?1)(?2)", "A1B", true, 1, "01"},
		{"(?1)(?2)", "A1-1B", false, 0, ""},
		{"(?1).*(?2)", "A1-1B", true, 1, "02"},
		{"(?1).(?2)", "A1-1B", true, 1, "02"},
		{"(?1).(?2)", "A1B", false, 0, ""},
		{"(?1).*(?2)", "AABAB", true, 2, "02"},
		{"(?1)(?t<=5)(?2)", "A5B", true, 1, "01"},
		{"(?1)(?t<5)(?2)", "A5B", false, 0, ""},
		{"(?1)(?t>=5)(?2)", "A1B4B", true, 1, "02"},
		{"(?1)(?t>5)(?2)", "A1B4B", false, 0, ""},
		{"(?1)(?t==3)(?2)", "A1B2B", true, 1, "02"},
		{"(?1)(?t>1)(?t<4)(?2)", "A1B2B", true, 1, "02"},
		{"(?1)(?t>1)(?t<3)(?2)", "A1B2B", false, 0, ""},
		{"(?1) (?t<=0.5) (?2)", "AB", true, 1, "01"},
		{"(?1)(?t<=2)(?2)", "A3A1-1B", true, 1, "13"},
		{"(?1)(?2)+(?3)", "ABBBC", true, 1, "01234"},
		{"(?1)(?2)+(?3)", "AC", false, 0, ""},
		{"(?1)(?2)?(?3)", "AC", true, 1, "01"},
		{"(?1)(?2){2}(?3)", "ABBC", true, 1, "0123"},
		{"(?1)(?2){2}(?3)", "ABBBC", false, 0, ""},
		{"(?1)(?2){1,2}(?3)", "ABBBC", false, 0, ""},
		{"(?1)(?2){2,}(?3)", "ABBBC", true, 1, "01234"},
		{"(?1)(?!3)*(?2)", "A-CB", false, 0, ""},
		{"(?1)(?!3)*(?2)", "A--B", true, 1, "03"},
		{"(?!1)", "AA", false, 0, ""},
		{"(?!1)", "A-", true, 1, ""},
		{".", "AB", true, 2, ""},
		{"(?1)+", "AABA", true, 2, "01"},
		{"(?1)", "", false, 0, ""},
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		AnSequence sequence;
		AnSequenceError error;
		int64_t at[32];
		uint64_t masks[32];
		size_t found[32], n_found;
		AnSequenceEvents events = {history(cases[i].history, at, masks), at, 1, masks};

		assert_int_equal(
			an_sequence_parse(cases[i].pattern, strlen(cases[i].pattern), &sequence, &error),
			AN_OK);
		assert_int_equal(an_sequence_match(&sequence, &events, &caller), cases[i].match);
		assert_int_equal(an_sequence_count(&sequence, &events, &caller), cases[i].count);
		n_found = an_sequence_find(&sequence, &events, found, &caller);
		assert_int_equal(n_found, strlen(cases[i].found));
		for (size_t k = 0; k < n_found; k++)
			assert_int_equal(found[k], cases[i].found[k] - '0');
	}
}

static void
test_refused(void **state)
{
	static const struct
	{
		const char *pattern;
		size_t position;
	} cases[] = {
		{"", 0},
		{"(?1", 3},
		{"(?0)", 3},
		{"(?x)", 2},
		{"x", 0},
		{"(?1)x", 4},
		{"(?1)**", 5},
		{"(?1){0}", 7},
		{"(?1){3,2}", 8},
		{"(?1){2", 6},
		{"(?t<5)(?1)", 3},
		{"(?1)(?t<5)", 10},
		{"(?1)(?t~5)", 7},
		{"(?1)(?t<0)(?2)", 9},
		{"(?1)(?t<5)(?2)*", 15},
		{"(?1)*(?t<5)(?2)", 8},
		{".*", 2},
		{"(?1)(?t<1.)(?2)", 10},
		{"(?1)(?t<1.1234567)(?2)", 16},
		{"(?1)(?t<)(?2)", 8},
	};
	AnSequence sequence;
	AnSequenceError error;

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		assert_int_equal(
			an_sequence_parse(cases[i].pattern, strlen(cases[i].pattern), &sequence, &error),
			AN_ERR_SYNTAX);
		if (error.position != cases[i].position)
			fail_msg("%s: position %zu, not %zu (%s)", cases[i].pattern, error.position,
					 cases[i].position, error.message);
	}
	assert_int_equal(an_sequence_parse("(?1){1025}", 10, &sequence, &error), AN_ERR_LIMIT);
	assert_int_equal(an_sequence_parse("(?1){1024}.", 11, &sequence, &error), AN_ERR_LIMIT);
	assert_int_equal(an_sequence_parse("(?1){1024}", 10, &sequence, &error), AN_OK);
}

/* An item of a random pattern, as the reference reads it. */
typedef struct Item
{
	int condition;	   /* -1 any */
	bool negated;	   /* without the condition */
	int min, max;	   /* events that it takes */
	int64_t low, high; /* gap before it in seconds; low -1: none */
} Item;

typedef struct Reference
{
	const Item *items;
	int n_items;
	const AnSequenceEvents *events;
	size_t found[64]; /* path so far */
	size_t n_found;
	size_t end; /* event after the match */
} Reference;

static bool
fits(const Reference *r, const Item *item, size_t p)
{
	if (item->condition < 0)
		return true;
	return (r->events->masks[p] >> item->condition & 1) != item->negated;
}

/* Lets item i take `count` events from p on, then the others what they want. */
static bool reference_rest(Reference *r, int i, size_t p);

static bool
reference_take(Reference *r, int i, size_t p, int count)
{
	size_t n_found = r->n_found;
	const Item *item = &r->items[i];

	if (p + (size_t) count > r->events->n)
		return false;
	for (int k = 0; k < count; k++)
	{
		if (!fits(r, item, p + (size_t) k))
		{
			r->n_found = n_found;
			return false;
		}
		if (item->condition >= 0 && !item->negated)
			r->found[r->n_found++] = p + (size_t) k;
	}
	if (reference_rest(r, i + 1, p + (size_t) count))
		return true;
	r->n_found = n_found;
	return false;
}

static bool
reference_counts(Reference *r, int i, size_t p)
{
	const Item *item = &r->items[i];
	int max = item->max < 0 ? (int) r->events->n : item->max;

	if (item->condition >= 0 && !item->negated)
	{
		for (int count = max; count >= item->min; count--)
			if (reference_take(r, i, p, count))
				return true;
	}
	else
		for (int count = item->min; count <= max; count++)
			if (reference_take(r, i, p, count))
				return true;
	return false;
}

static bool
reference_rest(Reference *r, int i, size_t p)
{
	const AnSequenceEvents *e = r->events;

	if (i == r->n_items)
	{
		r->end = p;
		return true;
	}
	if (r->items[i].low < 0 || p == 0)
		return reference_counts(r, i, p);
	for (size_t next = p; next < e->n; next++)
	{
		int64_t gap = e->at_us[next] - e->at_us[p - 1];

		if (gap >= r->items[i].low * SECOND && gap <= r->items[i].high * SECOND &&
			reference_counts(r, i, next))
			return true;
	}
	return false;
}

static int
random_pattern(Item *items, char *text)
{
	int n = 1 + rand() % 4;
	bool base = false;

	*text = '\0';
	for (int i = 0; i < n; i++)
	{
		Item *item = &items[i];

		*item = (Item){.condition = rand() % 4 - 1, .min = 1, .max = 1, .low = -1};
		item->negated = item->condition >= 0 && rand() % 4 == 0;
		if (base && rand() % 3 == 0)
		{
			item->low = rand() % 3;
			item->high = item->low + rand() % 3;
			text += sprintf(text, "(?t>=%d)(?t<=%d)", (int) item->low, (int) item->high);
		}
		text += item->condition < 0
					? sprintf(text, ".")
					: sprintf(text, item->negated ? "(?!%d)" : "(?%d)", item->condition + 1);
		switch (rand() % 6)
		{
			case 0:
				if (item->low < 0)
				{
					item->min = 0, item->max = -1;
					text += sprintf(text, "*");
				}
				break;
			case 1:
				item->max = -1;
				text += sprintf(text, "+");
				break;
			case 2:
				if (item->low < 0)
				{
					item->min = 0;
					text += sprintf(text, "?");
				}
				break;
			case 3:
				item->max = 3;
				text += sprintf(text, "{1,3}");
				break;
			default:
				break;
		}
		base = item->min > 0;
	}
	return n;
}

/* Every match, count and path as backtracking finds it, over random patterns and histories with ties. */
static void
test_random(void **state)
{
	int n_matches = 0;

	(void) state;
	srand(20261121);
	for (int round = 0; round < 60000; round++)
	{
		Item items[4] = {{0}};
		char text[256];
		int64_t at[12] = {0};
		uint64_t masks[12] = {0};
		AnSequence sequence;
		AnSequenceError error;
		AnSequenceEvents events = {(size_t) (rand() % 11), at, 1, masks};
		Reference r = {.items = items, .events = &events};
		size_t found[12], n_found, count = 0, first_found = 0, first[64];
		bool match = false;

		r.n_items = random_pattern(items, text);
		for (size_t i = 0; i < events.n; i++)
		{
			at[i] = (i ? at[i - 1] : 0) + rand() % 3 * SECOND;
			masks[i] = (uint64_t) (rand() % 8);
		}
		if (an_sequence_parse(text, strlen(text), &sequence, &error) != AN_OK)
			continue;
		for (size_t p = 0; p < events.n;)
		{
			r.n_found = 0;
			if (!reference_rest(&r, 0, p))
			{
				p++;
				continue;
			}
			if (!match)
				memcpy(first, r.found, sizeof(first)), first_found = r.n_found;
			match = true;
			count++;
			p = r.end;
		}
		n_matches += match;
		n_found = an_sequence_find(&sequence, &events, found, &caller);
		if (an_sequence_match(&sequence, &events, &caller) != match ||
			an_sequence_count(&sequence, &events, &caller) != count || n_found != first_found ||
			memcmp(found, first, n_found * sizeof(size_t)) != 0)
			fail_msg("round %d, pattern %s", round, text);
	}
	assert_in_range(n_matches, 10000, 50000);
}

/* Patterns that make backtracking explode take time in proportion: 20,000 events that almost match. */
static void
test_hostile(void **state)
{
	enum
	{
		N = 20000
	};
	static int64_t at[N];
	static uint64_t masks[N];
	static const char *const patterns[] = {
		"(?1)*(?1)*(?1)*(?1)*(?1)*(?1)*(?1)*(?1)*(?1)*(?1)*(?2)",
		"(?1).*(?1).*(?1).*(?1).*(?1).*(?1).*(?1).*(?1).*(?2)",
		"(?1)(?t>1)(?1)(?t>1)(?1)(?t>1)(?1)(?t>1)(?1)(?t>1)(?1)(?t<9)(?2)",
		"(?1){1,500}(?1){1,500}(?2)",
	};
	AnSequenceEvents events = {N, at, 1, masks};
	AnSequence sequence;
	AnSequenceError error;

	(void) state;
	for (int i = 0; i < N; i++)
		at[i] = i * SECOND, masks[i] = 1;
	n_polls = 0;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
	{
		assert_int_equal(an_sequence_parse(patterns[i], strlen(patterns[i]), &sequence, &error),
						 AN_OK);
		assert_false(an_sequence_match(&sequence, &events, &caller));
		assert_int_equal(an_sequence_count(&sequence, &events, &caller), 0);
	}
	assert_true(n_polls > 0);
}

/* Conditions beyond the first word, times at the ends of their type. */
static void
test_wide(void **state)
{
	int64_t at[2] = {INT64_MIN, INT64_MAX};
	uint64_t masks[4] = {0, 1, 2, 0};
	AnSequenceEvents events = {2, at, 2, masks};
	AnSequence sequence;
	AnSequenceError error;

	(void) state;
	assert_int_equal(an_sequence_parse("(?65)(?t>1)(?2)", 15, &sequence, &error), AN_OK);
	assert_int_equal(sequence.n_conditions, 65);
	assert_true(an_sequence_match(&sequence, &events, &caller));
	assert_int_equal(an_sequence_parse("(?65)(?t<=2000000000)(?2)", 25, &sequence, &error), AN_OK);
	assert_false(an_sequence_match(&sequence, &events, &caller));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_random), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_wide),
	};

	return cmocka_run_group_tests_name("sequence", tests, NULL, NULL);
}
