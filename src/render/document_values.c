/*
 * document_values.c - values of options: texts, numbers, colours, words
 */
#include "render/document.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/sheet.h"

#define MAX_WIDTH  255	 /* characters of a column: Excel's limit */
#define MAX_POINTS 14400 /* of a picture or chart: 200 inches, a PDF's limit */
#define MAX_MARGIN 500	 /* millimetres */
#define MAX_SCALE  16

/* A word that stands for a letter or a number. */
typedef struct Word
{
	const char *word; /* in the stream */
	int value;		  /* what it means */
} Word;

static double to_double(const Text *value, double min, double max);
static int to_word(const Text *value, const Word *words);
static _Noreturn void bad_value(const Text *value);

void
read_text(void *to, const Text *value)
{
	*(Text *) to = *value;
}

void
read_flag(void *to, const Text *value)
{
	static const Word words[] = {{"0", false}, {"1", true}, {NULL, 0}};

	*(bool *) to = to_word(value, words) != 0;
}

void
read_int64(void *to, const Text *value)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(value->bytes, &end, 10);
	if (errno != 0 || end == value->bytes || *end != '\0')
		bad_value(value);
	*(int64_t *) to = number;
}

void
read_width(void *to, const Text *value)
{
	*(double *) to = to_double(value, 0, MAX_WIDTH);
}

void
read_points(void *to, const Text *value)
{
	*(double *) to = to_double(value, 0, MAX_POINTS);
}

void
read_scale(void *to, const Text *value)
{
	*(double *) to = to_double(value, 0, MAX_SCALE);
}

void
read_number(void *to, const Text *value)
{
	*(double *) to = to_double(value, -HUGE_VAL, HUGE_VAL);
}

/* Reads six hexadecimal digits. */
void
read_color(void *to, const Text *value)
{
	if (value->length != 6 || strspn(value->bytes, "0123456789abcdefABCDEF") != 6)
		bad_value(value);
	*(uint32_t *) to = (uint32_t) strtoul(value->bytes, NULL, 16);
}

/* Reads four numbers, between blanks. */
void
read_margins(void *to, const Text *value)
{
	double *margins = to;
	char *rest = value->bytes;

	for (int i = 0; i < 4; i++)
	{
		size_t length = strcspn(rest, " ");
		char *next = rest + length;

		if (i < 3 && *next == '\0')
			bad_value(value);
		if (i < 3)
			*next++ = '\0';
		margins[i] = to_double(&(Text){rest, strlen(rest)}, 0, MAX_MARGIN);
		rest = next;
	}
}

void
read_locale(void *to, const Text *value)
{
	const AnLocale *locale = an_locale_find(value->bytes);

	if (locale == NULL)
		bad_value(value);
	*(const AnLocale **) to = locale;
}

void
read_letter(void *to, const Text *value)
{
	static const Word words[] = {{"a4", false}, {"letter", true}, {NULL, 0}};

	*(bool *) to = to_word(value, words) != 0;
}

void
read_orientation(void *to, const Text *value)
{
	static const Word words[] = {{"portrait", 'p'}, {"landscape", 'l'}, {NULL, 0}};

	*(char *) to = (char) to_word(value, words);
}

void
read_align(void *to, const Text *value)
{
	static const Word words[] = {{"left", 'l'}, {"center", 'c'}, {"right", 'r'}, {NULL, 0}};

	*(char *) to = (char) to_word(value, words);
}

void
read_total(void *to, const Text *value)
{
	static const Word words[] = {{"label", TOTAL_LABEL},	 {"sum", TOTAL_SUM},
								 {"avg", TOTAL_AVG},		 {"min", TOTAL_MIN},
								 {"max", TOTAL_MAX},		 {"count", TOTAL_COUNT},
								 {"formula", TOTAL_FORMULA}, {NULL, 0}};

	*(Total *) to = (Total) to_word(value, words);
}

void
read_condition(void *to, const Text *value)
{
	static const Word words[] = {
		{"bar", CONDITION_BAR}, {"scale", CONDITION_SCALE}, {"rules", CONDITION_RULES}, {NULL, 0}};

	*(Condition *) to = (Condition) to_word(value, words);
}

void
read_chart_type(void *to, const Text *value)
{
	AnChartType type = an_chart_type_find(value->bytes);

	if (type == AN_CHART_TYPES)
		bad_value(value);
	*(AnChartType *) to = type;
}

void
read_column_number(void *to, const Text *value)
{
	int64_t number;

	read_int64(&number, value);
	if (number < 0 || number >= AN_SHEET_MAX_COLUMNS)
		bad_value(value);
	*(size_t *) to = (size_t) number;
}

/* Reads "<comparison> <limit> <colour>". */
void
add_rule(void *to, const Text *value)
{
	static const Word words[] = {{"<", 0}, {"<=", 0}, {">", 0}, {">=", 0},
								 {"=", 0}, {"<>", 0}, {NULL, 0}};
	Column *column = to;
	char *rest = value->bytes;
	char *comparison = strsep(&rest, " ");
	char *limit = strsep(&rest, " ");
	char *color = strsep(&rest, " ");
	Rule *rule = &column->rules[column->n_rules];

	if (limit == NULL || color == NULL || column->n_rules == MAX_RULES)
		bad_value(value);
	(void) to_word(&(Text){comparison, strlen(comparison)}, words);
	strcpy(rule->comparison, comparison);
	rule->limit = to_double(&(Text){limit, strlen(limit)}, -HUGE_VAL, HUGE_VAL);
	read_color(&rule->color, &(Text){color, strlen(color)});
	column->n_rules++;
}

void
add_y(void *to, const Text *value)
{
	ChartSpec *chart = to;
	size_t number;

	read_column_number(&number, value);
	chart->y = add_one(chart->y, &chart->n_y, sizeof(size_t), AN_CHART_MAX_SERIES, "series");
	chart->y[chart->n_y - 1] = number;
}

void
read_card_number(void *to, const Text *value)
{
	*(Cell *) to = (Cell){.tag = AN_CELL_NUMBER, .number = to_double(value, -HUGE_VAL, HUGE_VAL)};
}

void
read_card_text(void *to, const Text *value)
{
	*(Cell *) to = (Cell){.tag = AN_CELL_TEXT, .bytes = value->bytes, .length = value->length};
}

/* Reads a finite number within bounds. */
static double
to_double(const Text *value, double min, double max)
{
	char *end;
	double number;

	if (value->length == 0 || strspn(value->bytes, "0123456789+-.eE") != value->length)
		bad_value(value);
	number = strtod(value->bytes, &end);
	if (*end != '\0' || !isfinite(number) || number < min || number > max)
		bad_value(value);
	return number;
}

static int
to_word(const Text *value, const Word *words)
{
	for (; words->word; words++)
	{
		if (strcmp(words->word, value->bytes) == 0)
			return words->value;
	}
	bad_value(value);
}

static _Noreturn void
bad_value(const Text *value)
{
	fail(STATE_BAD_STREAM, "option with the value \"%.100s\"", value->bytes);
}
