/*
 * test_heatmap.c - tables of shaded numbers as text
 *
 * Proven: tables drawn by hand in each look; that columns stand under each other in a
 * fixed-width font with wide characters, cut and empty texts; that no text brings a
 * control character, a change of direction or more bytes than it may; the largest table in its room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>

#include <cmocka.h>

#include "kernel/heatmap.h"
#include "kernel/utf8.h"

#define TEXT(string)                                                                               \
	{                                                                                              \
		(string), sizeof(string) - 1                                                               \
	}

static const AnHeatmapText rows[] = {TEXT("Mon"), TEXT("東京")};
static const AnHeatmapText columns[] = {TEXT("0"), TEXT("1"), TEXT("2")};
static const double values[] = {100, 50, 0, 75, NAN, 10};
static const AnHeatmapText shown[] = {TEXT("100"), TEXT("50"), TEXT("0"),
									  TEXT("75"),  TEXT(""),   TEXT("10")};
static char line[AN_HEATMAP_LINE_BYTES + 1];

static AnHeatmap
small(AnHeatmapCells cells, AnSigns signs)
{
	AnHeatmap map = {.corner = TEXT("day"),
					 .rows = rows,
					 .n_rows = 2,
					 .columns = columns,
					 .n_columns = 3,
					 .values = values,
					 .shown = shown,
					 .low = NAN,
					 .high = NAN,
					 .cells = cells,
					 .signs = signs};

	an_heatmap_measure(&map);
	return map;
}

/* Compares header and lines with those drawn. */
static void
check(const AnHeatmap *map, const char *header, const char *first, const char *second)
{
	line[an_heatmap_header(map, line)] = '\0';
	assert_string_equal(line, header);
	line[an_heatmap_line(map, 0, line)] = '\0';
	assert_string_equal(line, first);
	line[an_heatmap_line(map, 1, line)] = '\0';
	assert_string_equal(line, second);
}

static void
test_by_hand(void **state)
{
	AnHeatmap map = small(AN_HEATMAP_BOTH, AN_SIGNS_BLOCKS);

	(void) state;
	assert_true(map.low == 0 && map.high == 100);
	check(&map, "day        0       1       2", "Mon   ██ 100  ▒▒  50       0",
		  "東京  ▓▓  75          ░░  10");
	map = small(AN_HEATMAP_BOTH, AN_SIGNS_ASCII);
	check(&map, "day        0       1       2", "Mon   ## 100  ::  50       0",
		  "東京  ++  75          ..  10");
	map = small(AN_HEATMAP_VALUES, AN_SIGNS_BLOCKS);
	check(&map, "day     0    1    2", "Mon   100   50    0", "東京   75        10");
	map = small(AN_HEATMAP_SHADES, AN_SIGNS_BLOCKS);
	check(&map, "day    0 1 2", "Mon   ██▒▒··", "東京  ▓▓  ░░");
	map = small(AN_HEATMAP_SHADES, AN_SIGNS_ASCII);
	check(&map, "day    0 1 2", "Mon   ##::--", "東京  ++  ..");
}

static void
test_colors(void **state)
{
	AnHeatmap map = small(AN_HEATMAP_BOTH, AN_SIGNS_BLOCKS);

	(void) state;
	map.colors = true;
	an_heatmap_measure(&map);
	check(&map, "day      0    1    2",
		  "Mon   \033[48;2;11;60;125;38;2;255;255;255m 100 \033[0m"
		  "\033[48;2;107;166;220;38;2;0;0;0m  50 \033[0m\033[48;2;234;242;251;38;2;0;0;0m   0 "
		  "\033[0m",
		  "東京  \033[48;2;59;113;173;38;2;255;255;255m  75 \033[0m     "
		  "\033[48;2;209;227;245;38;2;0;0;0m  10 \033[0m");
	map.cells = AN_HEATMAP_SHADES;
	map.n_columns = 1;
	map.n_rows = 1;
	an_heatmap_measure(&map);
	line[an_heatmap_line(&map, 0, line)] = '\0';
	assert_string_equal(line, "Mon  \033[48;2;11;60;125;38;2;255;255;255m  \033[0m");
}

/* Bounds: zero is always part of the scale, unless they are given; infinities lie at its ends. */
static void
test_bounds(void **state)
{
	static const double odd[] = {-4, -2, -INFINITY, INFINITY, NAN, -1};
	AnHeatmap map = small(AN_HEATMAP_SHADES, AN_SIGNS_ASCII);

	(void) state;
	map.values = odd;
	map.low = map.high = NAN;
	an_heatmap_measure(&map);
	assert_true(map.low == -4 && map.high == 0);
	check(&map, "day    0 1 2", "Mon   --::--", "東京  ##  ++");
	map.low = -2;
	map.high = -1;
	an_heatmap_measure(&map);
	assert_true(map.low == -2 && map.high == -1);
	check(&map, "day    0 1 2", "Mon   ------", "東京  ##  ##");
}

static const char *
ready(const char *bytes, size_t size, AnSigns signs)
{
	static char text[AN_HEATMAP_TEXT_BYTES + 1];

	text[an_heatmap_text(bytes, size, signs, text)] = '\0';
	return text;
}

static void
test_text(void **state)
{
	char long_text[1000];
	char marks[1000];

	(void) state;
	assert_string_equal(ready("a\tb\nc\033[1m\177", 10, AN_SIGNS_BLOCKS), "a b c [1m ");
	assert_string_equal(ready("\xC2\x85x\xE2\x80\xA8y", 7, AN_SIGNS_BLOCKS), " x y");
	assert_string_equal(ready("\xE2\x80\xAE"
							  "abc\xE2\x81\xA9",
							  9, AN_SIGNS_BLOCKS),
						"abc");
	assert_string_equal(ready("\xFF\xC0z", 3, AN_SIGNS_ASCII), "\xFF\xC0z");
	assert_string_equal(ready(NULL, 0, AN_SIGNS_BLOCKS), "");
	memset(long_text, 'x', sizeof(long_text));
	assert_int_equal(strlen(ready(long_text, 40, AN_SIGNS_BLOCKS)), 40);
	assert_string_equal(ready(long_text, 41, AN_SIGNS_ASCII),
						"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx~");
	assert_string_equal(ready(long_text, 1000, AN_SIGNS_BLOCKS),
						"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…");
	/* Two columns each: the 20th would leave no room for the sign. */
	for (int i = 0; i < 333; i++)
		memcpy(long_text + 3 * i, "長", 3);
	assert_int_equal(an_utf8_width(ready(long_text, 999, AN_SIGNS_BLOCKS), 19 * 3 + 3), 39);
	/* Marks that take no column are bytes all the same. */
	for (int i = 0; i < 500; i++)
		memcpy(marks + 2 * i, "\xCC\x81", 2);
	assert_true(strlen(ready(marks, 1000, AN_SIGNS_BLOCKS)) <= AN_HEATMAP_TEXT_BYTES);
	assert_int_equal(an_utf8_width(ready(marks, 1000, AN_SIGNS_BLOCKS), 256), 1);
}

/* Most columns, each as wide and as many bytes as can be: the lines stay in their room (the sanitizer looks). */
static void
test_largest(void **state)
{
	static AnHeatmapText texts[AN_HEATMAP_MAX_COLUMNS];
	static double numbers[AN_HEATMAP_MAX_COLUMNS];
	static char text[AN_HEATMAP_TEXT_BYTES];
	char *out = malloc(AN_HEATMAP_LINE_BYTES);
	char widest[40 + 500];
	AnHeatmap map = {.low = NAN, .high = NAN};
	size_t size;

	(void) state;
	memset(widest, 'x', 40);
	for (int i = 0; i < 250; i++)
		memcpy(widest + 39 + 2 * i, "\xCC\x81", 2);
	size = an_heatmap_text(widest, sizeof(widest) - 1, AN_SIGNS_BLOCKS, text);
	for (int i = 0; i < AN_HEATMAP_MAX_COLUMNS; i++)
	{
		texts[i].bytes = text;
		texts[i].size = size;
		numbers[i] = i % 3 == 0 ? NAN : i;
	}
	map.corner = texts[0];
	map.rows = map.columns = map.shown = texts;
	map.values = numbers;
	map.n_rows = 1;
	map.n_columns = AN_HEATMAP_MAX_COLUMNS;
	for (int look = 0; look < 6; look++)
	{
		map.cells = (AnHeatmapCells) (look % 3);
		map.colors = look >= 3;
		an_heatmap_measure(&map);
		assert_true(an_heatmap_header(&map, out) <= AN_HEATMAP_LINE_BYTES);
		assert_true(an_heatmap_line(&map, 0, out) <= AN_HEATMAP_LINE_BYTES);
	}
	free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand), cmocka_unit_test(test_colors),
		cmocka_unit_test(test_bounds),	cmocka_unit_test(test_text),
		cmocka_unit_test(test_largest),
	};

	return cmocka_run_group_tests_name("heatmap", tests, NULL, NULL);
}
