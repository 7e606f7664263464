/*
 * test_frame.c - the values of the render stream: there and back, and cut short
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/frame.h"

static void
there_and_back(void **state)
{
	(void) state;
	static const double numbers[] = {0.0, -0.0, 1.5, -1e308, 5e-324, INFINITY};
	unsigned char record[256], *end;
	AnFrameReader reader;
	const char *bytes;
	size_t length;
	uint32_t small;
	uint64_t large;
	double number;

	end = an_frame_put_u32(record, 0xfedcba98u);
	end = an_frame_put_u64(end, UINT64_C(0x0123456789abcdef));
	end = an_frame_put_string(end, "a\0b", 3);
	end = an_frame_put_string(end, NULL, 0);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		end = an_frame_put_double(end, numbers[i]);
	assert_int_equal(record[0], 0x98);
	assert_int_equal(record[4], 0xef);

	reader = (AnFrameReader){record, end};
	assert_int_equal(an_frame_get_u32(&reader, &small), AN_OK);
	assert_int_equal(small, 0xfedcba98u);
	assert_int_equal(an_frame_get_u64(&reader, &large), AN_OK);
	assert_true(large == UINT64_C(0x0123456789abcdef));
	assert_int_equal(an_frame_get_string(&reader, &bytes, &length), AN_OK);
	assert_int_equal(length, 3);
	assert_memory_equal(bytes, "a\0b", 3);
	assert_int_equal(an_frame_get_string(&reader, &bytes, &length), AN_OK);
	assert_int_equal(length, 0);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
	{
		assert_int_equal(an_frame_get_double(&reader, &number), AN_OK);
		assert_memory_equal(&number, &numbers[i], sizeof(number));
	}
	assert_ptr_equal(reader.at, reader.end);
}

/* Every value cut short anywhere is refused, and nothing behind the end is read (the sanitizer watches). */
static void
cut_short(void **state)
{
	(void) state;
	for (size_t size = 0; size < 12; size++)
	{
		unsigned char *record = malloc(size > 0 ? size : 1);
		AnFrameReader reader;
		const char *bytes;
		size_t length;
		uint8_t byte;
		uint32_t small;
		uint64_t large;

		memset(record, 0xff, size > 0 ? size : 1);
		reader = (AnFrameReader){record, record + size};
		assert_int_equal(an_frame_get_string(&reader, &bytes, &length), AN_ERR_CORRUPT);
		reader = (AnFrameReader){record, record + size};
		assert_int_equal(an_frame_get_u8(&reader, &byte), size < 1 ? AN_ERR_CORRUPT : AN_OK);
		reader = (AnFrameReader){record, record + size};
		assert_int_equal(an_frame_get_u32(&reader, &small), size < 4 ? AN_ERR_CORRUPT : AN_OK);
		reader = (AnFrameReader){record, record + size};
		assert_int_equal(an_frame_get_u64(&reader, &large), size < 8 ? AN_ERR_CORRUPT : AN_OK);
		free(record);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back),
									   cmocka_unit_test(cut_short)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
