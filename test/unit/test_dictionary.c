/*
 * test_dictionary.c - texts as small numbers
 *
 * Proven against a list that is searched from the front: the same numbers for random
 * texts of 0 to 40 bytes with zeroes among them; that every text comes back with its size
 * and a 0 behind it, and stays where it is; texts larger than a chunk; many texts; an empty one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/dictionary.h"

#include "hll_sets.h"

/* A number that is looked up from a heap copy, so that the sanitizer sees every read behind the end. */
static uint32_t
number_of(AnDictionary *dictionary, const char *text, size_t size)
{
	char *copy = malloc(size > 0 ? size : 1);
	uint32_t number;

	memcpy(copy, text, size);
	number = an_dictionary_number(dictionary, size > 0 ? copy : NULL, size);
	free(copy);
	return number;
}

static void
assert_text(const AnDictionary *dictionary, uint32_t number, const char *text, size_t size)
{
	size_t found_size;
	const char *found = an_dictionary_text(dictionary, number, &found_size);

	assert_int_equal(found_size, size);
	assert_memory_equal(found, text, size);
	assert_int_equal(found[size], 0);
}

static void
test_random(void **state)
{
	enum
	{
		MOST = 2000
	};
	static char texts[MOST][40];
	static size_t sizes[MOST];
	static const char *places[MOST];
	uint64_t seed = 1;

	(void) state;
	for (int round = 0; round < 20; round++)
	{
		AnDictionary *dictionary = an_dictionary_create(&heap);
		uint32_t n = 0;

		for (int i = 0; i < MOST; i++)
		{
			char text[40];
			size_t size = next_random(&seed) % (round % 2 == 0 ? 4 : 41);
			uint32_t known = 0;

			for (size_t k = 0; k < size; k++)
				text[k] = (char) (next_random(&seed) % 4);
			while (known < n && (sizes[known] != size || memcmp(texts[known], text, size) != 0))
				known++;
			assert_int_equal(number_of(dictionary, text, size), known);
			if (known == n)
			{
				memcpy(texts[n], text, size);
				sizes[n] = size;
				places[n] = an_dictionary_text(dictionary, n, &size);
				n++;
			}
			assert_int_equal(an_dictionary_count(dictionary), n);
		}
		for (uint32_t i = 0; i < n; i++)
		{
			size_t size;

			assert_text(dictionary, i, texts[i], sizes[i]);
			assert_ptr_equal(an_dictionary_text(dictionary, i, &size), places[i]);
		}
		an_dictionary_free(dictionary);
	}
}

static void
test_large(void **state)
{
	AnDictionary *dictionary = an_dictionary_create(&heap);
	size_t size = 200000;
	char *text = malloc(size);

	(void) state;
	memset(text, 'x', size);
	for (uint32_t i = 0; i < 5; i++)
	{
		assert_int_equal(number_of(dictionary, text, size - i), 2 * i);
		assert_int_equal(number_of(dictionary, text, i), 2 * i + 1);
	}
	for (uint32_t i = 0; i < 5; i++)
	{
		assert_int_equal(number_of(dictionary, text, size - i), 2 * i);
		assert_text(dictionary, 2 * i, text, size - i);
		assert_text(dictionary, 2 * i + 1, text, i);
	}
	free(text);
	an_dictionary_free(dictionary);
}

static void
test_many(void **state)
{
	AnDictionary *dictionary = an_dictionary_create(&heap);
	char text[32];

	(void) state;
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < 200000; i++)
		{
			int size = snprintf(text, sizeof(text), "event %u", i);

			assert_int_equal(an_dictionary_number(dictionary, text, (size_t) size), i);
		}
	assert_int_equal(an_dictionary_count(dictionary), 200000);
	an_dictionary_free(dictionary);
}

static void
test_empty(void **state)
{
	AnDictionary *dictionary = an_dictionary_create(&heap);

	(void) state;
	assert_int_equal(an_dictionary_count(dictionary), 0);
	an_dictionary_free(dictionary);
	an_dictionary_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
