/*
 * test_next_event.c - which event comes right behind a chain of events
 *
 * Proven: random histories with ties, every direction and base, up to 70
 * conditions, in any order and over any parts, against sorting the events and
 * reading the definition; that what is kept is bounded where it is said to be;
 * the dictionary of values; the stored form byte by byte; and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/next_event.h"

#define MAX_EVENTS	   40
#define MAX_CONDITIONS 70

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

static const AnMemory memory = {take, give, NULL};

static uint64_t seed = 7;

static uint32_t
below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) ((seed >> 33) % n);
}

typedef struct Event
{
	int64_t time;
	char value[20];
	bool base;
	bool met[MAX_CONDITIONS]; /* by condition, from 0 */
} Event;

static const AnNextAsk asks[] = {
	{AN_NEXT_FORWARD, AN_NEXT_HEAD, 1},		   {AN_NEXT_BACKWARD, AN_NEXT_TAIL, 1},
	{AN_NEXT_FORWARD, AN_NEXT_FIRST_MATCH, 1}, {AN_NEXT_BACKWARD, AN_NEXT_FIRST_MATCH, 1},
	{AN_NEXT_FORWARD, AN_NEXT_LAST_MATCH, 1},  {AN_NEXT_BACKWARD, AN_NEXT_LAST_MATCH, 1},
};

#define N_ASKS (sizeof(asks) / sizeof(asks[0]))

/* The order of events: time, value, then the bits as a number, base the lowest (up to 31 conditions). */
static int
by_order(const void *a, const void *b)
{
	const Event *x = a, *y = b;
	int order = (x->time > y->time) - (x->time < y->time);

	if (order == 0)
		order = strcmp(x->value, y->value);
	for (int i = MAX_CONDITIONS - 1; i >= 0 && order == 0; i--)
		order = x->met[i] - y->met[i];
	return order != 0 ? order : x->base - y->base;
}

/* The definition, as ClickHouse states it; NULL where there is no answer. */
static const char *
slow_answer(Event *events, int n_events, const AnNextAsk *ask)
{
	int n = ask->n_conditions;
	int base = -1;

	qsort(events, (size_t) n_events, sizeof(Event), by_order);
	if (ask->base == AN_NEXT_HEAD && events[0].base)
		base = 0;
	if (ask->base == AN_NEXT_TAIL && events[n_events - 1].base)
		base = n_events - 1;
	for (int i = 0; i < n_events; i++)
		if (events[i].base && events[i].met[0] &&
			(ask->base == AN_NEXT_LAST_MATCH || (ask->base == AN_NEXT_FIRST_MATCH && base < 0)))
			base = i;
	if (base < 0)
		return NULL;
	for (int i = 0; i <= n; i++)
	{
		int at = ask->direction == AN_NEXT_FORWARD ? base + i : base - i;

		if (at < 0 || at >= n_events)
			return NULL;
		if (i == n)
			return events[at].value;
		if (!events[at].met[i])
			return NULL;
	}
	return NULL;
}

static void
add(AnNextEvents *events, const Event *event)
{
	uint64_t mask[AN_TIMELINE_MASK_WORDS] = {0};

	for (int i = 0; i < events->ask.n_conditions; i++)
		mask[i / 64] |= (uint64_t) event->met[i] << (i % 64);
	assert_int_equal(an_next_add(events, &memory, &memory, event->time, event->value,
								 strlen(event->value), event->base, mask),
					 AN_OK);
}

static void
check_answer(AnNextEvents *events, const char *expected)
{
	uint32_t found;
	size_t size;

	an_next_compact(events, &memory, &memory);
	if (!an_next_find(events, &found))
	{
		assert_null(expected);
		return;
	}
	assert_non_null(expected);
	assert_memory_equal(an_next_value(events, found, &size), expected, strlen(expected));
	assert_int_equal(size, strlen(expected));
}

/* Stores a history, reads it back, and returns the bytes. */
static uint8_t *
check_stored(AnNextEvents *events, size_t *size)
{
	AnNextEvents again;
	uint8_t *bytes;
	uint8_t *written;

	an_next_compact(events, &memory, &memory);
	*size = an_next_size(events);
	bytes = malloc(*size);
	written = malloc(*size);
	an_next_write(events, bytes);
	assert_int_equal(an_next_read(&again, &memory, bytes, *size), AN_OK);
	assert_int_equal(an_next_size(&again), *size);
	an_next_write(&again, written);
	assert_memory_equal(written, bytes, *size);
	an_next_free(&again, &memory);
	free(written);
	return bytes;
}

/* Few times and values, so that there are ties; many conditions are met. */
static int
random_history(Event *events, int n_conditions, bool ties)
{
	int n_events = (int) below(MAX_EVENTS) + 1;
	uint32_t likely = below(5) + 1;

	memset(events, 0, sizeof(Event) * MAX_EVENTS);
	for (int i = 0; i < n_events; i++)
	{
		static const char *const values[] = {"", "a", "ab", "b", "aa", "a\xff", "home page", "B"};

		events[i].time = ties ? (int64_t) below(12) - 6 : (int64_t) below(1000000000);
		if (below(40) == 0)
			events[i].time = below(2) ? INT64_MAX : INT64_MIN;
		strcpy(events[i].value, values[below(8)]);
		if (below(3) == 0)
			sprintf(events[i].value, "page %u", below(30));
		events[i].base = below(3) != 0;
		for (int c = 0; c < n_conditions; c++)
			events[i].met[c] = below(6) < likely;
	}
	return n_events;
}

static void
check_history(const AnNextAsk *ask, bool ties)
{
	Event events[MAX_EVENTS];
	int n_events = random_history(events, ask->n_conditions, ties);
	AnNextEvents whole, parts[3];
	int64_t words[16];
	uint8_t *bytes, *of_parts;
	size_t size, size_of_parts;
	const char *expected;

	an_next_init(&whole, ask, words, below(2) ? 16 : 0);
	for (int part = 0; part < 3; part++)
		an_next_init(&parts[part], ask, NULL, 0);
	for (int i = 0; i < n_events; i++)
	{
		add(&whole, events + i);
		add(&parts[below(3)], events + i);
		if (below(10) == 0)
			an_next_compact(&parts[below(3)], &memory, &memory);
	}
	assert_int_equal(an_next_merge(&parts[1], &memory, &memory, &parts[2]), AN_OK);
	if (below(2))
		an_next_compact(&parts[1], &memory, &memory);
	assert_int_equal(an_next_merge(&parts[0], &memory, &memory, &parts[1]), AN_OK);
	expected = slow_answer(events, n_events, ask);
	check_answer(&whole, expected);
	check_answer(&parts[0], expected);
	bytes = check_stored(&whole, &size);
	of_parts = check_stored(&parts[0], &size_of_parts);
	assert_int_equal(size, size_of_parts);
	assert_memory_equal(bytes, of_parts, size);
	free(bytes);
	free(of_parts);
	an_next_free(&whole, &memory);
	for (int part = 0; part < 3; part++)
		an_next_free(&parts[part], &memory);
}

static void
test_definition(void **state)
{
	static const uint16_t many[] = {31, 32, 33, 63, 64, 65, 70};

	(void) state;
	for (int round = 0; round < 20000; round++)
		for (size_t i = 0; i < N_ASKS; i++)
		{
			AnNextAsk ask = asks[i];

			ask.n_conditions = (uint16_t) (below(4) + 1);
			check_history(&ask, true);
		}
	for (int round = 0; round < 1000; round++)
		for (size_t i = 0; i < N_ASKS; i++)
		{
			AnNextAsk ask = asks[i];

			ask.n_conditions = many[below(7)];
			check_history(&ask, false);
		}
}

/* More conditions than fit beside the value: a chain of 70, each event satisfying its own. */
static void
test_long_chain(void **state)
{
	AnNextAsk ask = {AN_NEXT_FORWARD, AN_NEXT_FIRST_MATCH, MAX_CONDITIONS};
	Event event = {0};

	(void) state;
	for (int missing = -1; missing < MAX_CONDITIONS; missing += 23)
	{
		AnNextEvents events;

		an_next_init(&events, &ask, NULL, 0);
		event.base = true;
		for (int i = 0; i <= MAX_CONDITIONS; i++)
		{
			memset(event.met, 0, sizeof(event.met));
			if (i < MAX_CONDITIONS && i != missing)
				event.met[i] = true;
			event.time = i;
			sprintf(event.value, "%d", i);
			add(&events, &event);
		}
		check_answer(&events, missing < 0 ? "70" : NULL);
		an_next_free(&events, &memory);
	}
}

/* However many events come, in whatever order, these keep few, and of their values no more. */
static void
test_bounded(void **state)
{
	(void) state;
	for (size_t i = 0; i < N_ASKS; i++)
	{
		AnNextAsk ask = asks[i];
		AnNextEvents events;
		Event event = {.base = true};

		ask.n_conditions = 3;
		an_next_init(&events, &ask, NULL, 0);
		for (int n = 0; n < 100000; n++)
		{
			event.time = (int64_t) n * 7919 % 100003;
			event.met[0] = n % 10 == 0;
			sprintf(event.value, "page %d", n);
			add(&events, &event);
		}
		assert_in_range(events.capacity, 4, 64);
		assert_in_range(events.values.max_n, 4, 128);
		an_next_compact(&events, &memory, &memory);
		assert_in_range(events.n_events, 1, 30);
		assert_int_equal(events.values.n, events.n_events);
		an_next_free(&events, &memory);
	}
}

/* Values: each once, found among few and many, put in order and forgotten. */
static void
test_values(void **state)
{
	AnValues values;
	uint32_t ranks[3000];
	bool used[3000];
	uint32_t number;
	char text[20];

	(void) state;
	an_values_init(&values);
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 3000; i++)
		{
			sprintf(text, "%u", i * 7 % 3001);
			assert_int_equal(an_values_number(&values, &memory, text, strlen(text), &number),
							 AN_OK);
			assert_int_equal(number, i);
			used[i] = i % 3 == 0;
		}
	assert_int_equal(values.n, 3000);
	assert_false(values.ordered);
	an_values_arrange(&values, &memory, used, ranks);
	assert_int_equal(values.n, 1000);
	assert_true(values.ordered);
	for (uint32_t i = 0; i < 3000; i += 3)
	{
		size_t size;

		sprintf(text, "%u", i * 7 % 3001);
		assert_memory_equal(an_values_text(&values, ranks[i], &size), text, strlen(text));
		assert_int_equal(size, strlen(text));
	}
	an_values_free(&values, &memory);
}

/* The stored form, by hand. */
static const uint8_t golden[] = {
	1,	  1,	3,	  0,	2,	  0,	0,	  0, /* forward, first_match, 2 conditions */
	3,	  0,	1,	  'a',	2,	  'a',	'b',	 /* three values */
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	2,	  2, /* -1: ab, condition 1 without base */
	0,	  0,	0,	  0,	0,	  0,	0,	  0,
	0,	  3, /* 0: '', base and condition 1 */
	0,	  0,	0,	  0,	0,	  0,	0,	  0,
	1,	  4, /* 0: a, condition 2 */
	5,	  0,	0,	  0,	0,	  0,	0,	  0,
	2,	  0, /* 5: ab, nothing; what comes later does not matter */
};

static void
test_golden(void **state)
{
	static const Event history[] = {
		{6, "later", true, {true, true}}, {0, "a", false, {false, true}},
		{5, "ab", false, {false}},		  {0, "", true, {true}},
		{-1, "ab", false, {true}},
	};
	AnNextAsk ask = {AN_NEXT_FORWARD, AN_NEXT_FIRST_MATCH, 2};
	AnNextEvents events;
	uint8_t *bytes;
	size_t size;

	(void) state;
	an_next_init(&events, &ask, NULL, 0);
	for (size_t i = 0; i < 5; i++)
		add(&events, history + i);
	check_answer(&events, "ab");
	bytes = check_stored(&events, &size);
	assert_int_equal(size, sizeof(golden));
	assert_memory_equal(bytes, golden, size);
	free(bytes);
	an_next_free(&events, &memory);
}

static void
refuse(const uint8_t *bytes, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);
	AnNextEvents events;

	memcpy(exact, bytes, size);
	assert_int_equal(an_next_read(&events, &memory, exact, size), AN_ERR_CORRUPT);
	assert_int_equal(events.n_events, 0);
	free(exact);
}

static void
test_refused(void **state)
{
	static const struct
	{
		size_t at;
		uint8_t byte;
	} changes[] = {
		{0, 2},	 {1, 0},	{1, 3},		{2, 0},
		{2, 5},	 {2, 2},	{3, 1},				 /* version, direction, base */
		{4, 0},	 {5, 5},						 /* conditions: none, 1282 */
		{8, 4},	 {8, 0xff}, {13, 'A'},	{10, 0}, /* values: number, order */
		{23, 3}, {24, 8},	{24, 0x80},			 /* number of a value, bits of no condition */
		{33, 2}, {33, 1},						 /* order of events of one time; no event has '' */
		{24, 3}, /* then this is the base, and the last event is beyond its answer */
	};

	(void) state;
	for (size_t size = 0; size < sizeof(golden); size++)
		if (size != sizeof(golden) - 10)
			refuse(golden, size);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
	{
		uint8_t bytes[sizeof(golden)];

		memcpy(bytes, golden, sizeof(golden));
		bytes[changes[i].at] = changes[i].byte;
		refuse(bytes, sizeof(bytes));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definition), cmocka_unit_test(test_long_chain),
		cmocka_unit_test(test_bounded),	   cmocka_unit_test(test_values),
		cmocka_unit_test(test_golden),	   cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
