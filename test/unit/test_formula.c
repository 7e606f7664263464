/*
 * test_formula.c - the formula kernel
 *
 * Proven: values and errors of a table worked out by hand; every limit, at it
 * and one beyond; that precedence and associativity are right, by random
 * expression trees that are printed with as few and with superfluous
 * parentheses and evaluated by a recursive evaluator that knows no text; that
 * bytes of any kind read nothing beyond the text and leave a sound program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <locale.h>
#include <math.h>

#include <cmocka.h>

#include "kernel/formula.h"

#define countof(array) (sizeof(array) / sizeof((array)[0]))

/* What names stand for in the tables. */
static const struct
{
	const char *name;
	double value;
	bool null;
} known[] = {{"a", 2, false},
			 {"b", 3, false},
			 {"c", 5, false},
			 {"A", 7, false},
			 {"zero", 0, false},
			 {"none", 0, true},
			 {"big", 1e308, false},
			 {"inf", INFINITY, false},
			 {"nan", NAN, false},
			 {"otp.sent", 40, false},
			 {"otp.failed", 4, false},
			 {"no-show", 6, false},
			 {"1st (of 2)", 8, false},
			 {"gr\xc3\xb6\xc3\x9f"
			  "e",
			  9, false},
			 {"_x9", 11, false},
			 {"e5", 13, false}};

/* Parses a heap copy without a final NUL, so that the sanitizer sees every read behind the end. */
static AnStatus
parse(const char *text, size_t length, AnFormula *formula, AnFormulaError *error)
{
	char *copy = malloc(length > 0 ? length : 1);
	AnStatus status;

	if (length > 0)
		memcpy(copy, text, length);
	status = an_formula_parse(copy, length, formula, error);
	free(copy);
	return status;
}

static void
look_up(const AnFormula *formula, const char *text, double *values, bool *nulls)
{
	for (int i = 0; i < an_formula_n_names(formula); i++)
	{
		size_t k = 0;
		int offset;
		int length;

		an_formula_name(formula, i, &offset, &length);
		while (k < countof(known) && (strlen(known[k].name) != (size_t) length ||
									  memcmp(known[k].name, text + offset, length) != 0))
			k++;
		assert_in_range(k, 0, countof(known) - 1);
		values[i] = known[k].value;
		nulls[i] = known[k].null;
	}
}

static void
evaluate(const char *text, double *result, bool *isnull)
{
	AnFormula formula;
	AnFormulaError error;
	double values[AN_FORMULA_MAX_NAMES];
	bool nulls[AN_FORMULA_MAX_NAMES];
	AnStatus status = parse(text, strlen(text), &formula, &error);

	if (status != AN_OK)
		fail_msg("%s: %s at %d", text, error.message, error.position);
	look_up(&formula, text, values, nulls);
	an_formula_eval(&formula, values, nulls, result, isnull);
}

static void
test_values(void **state)
{
	static const struct
	{
		const char *text;
		double value;
	} cases[] = {
		{"1", 1},
		{"1.5", 1.5},
		{"1.", 1},
		{".5", 0.5},
		{"2.5e3", 2500},
		{"2.5E+3", 2500},
		{"25e-1", 2.5},
		{"007", 7},
		{"0", 0},
		{"0e999999999999", 0},
		{"0.1", 0.1},
		{"123456789012345678901234567890", 123456789012345678901234567890.0},
		{"1.7976931348623157e308", 1.7976931348623157e308},
		{"4.9e-324", 4.9e-324},
		{"a", 2},
		{"A", 7},
		{"\"a\"", 2},
		{"a + \"a\"", 4},
		{"otp.sent - otp.failed", 36},
		{"\"no-show\" * 2", 12},
		{"\"1st (of 2)\"/a", 4},
		{"gr\xc3\xb6\xc3\x9f"
		 "e",
		 9},
		{"_x9+e5", 24},
		{"a+b*c", 17},
		{"(a+b)*c", 25},
		{"a*b+c", 11},
		{"a-b-c", -6},
		{"a-(b-c)", 4},
		{"a/b/c", 2.0 / 3.0 / 5.0},
		{"a/(b/c)", 2.0 / (3.0 / 5.0)},
		{"a/b*c", 2.0 / 3.0 * 5.0},
		{"a*b/c", 1.2},
		{"-a+b", 1},
		{"-(a+b)", -5},
		{"-a*b", -6},
		{"a*-b", -6},
		{"a--b", 5},
		{"a - -b", 5},
		{"a+-b", -1},
		{"a-+b", -1},
		{"--a", 2},
		{"---a", -2},
		{"-+-+a", 2},
		{"+a", 2},
		{"-(-(a))", 2},
		{"-(a) + 2.5e3", 2498},
		{"(otp.failed / otp.sent) * 100", 10},
		{"((((a))))", 2},
		{" \t\r\n\f\va\t", 2},
		{"a*(b+c*(a-b))", -4},
		{"-0", 0},
		{"zero*-a", 0},
		{"inf+a", INFINITY},
		{"-inf", -INFINITY},
		{"a/inf", 0},
	};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		double result;
		bool isnull;

		evaluate(cases[i].text, &result, &isnull);
		if (isnull || result != cases[i].value || (result == 0 && signbit(result)))
			fail_msg("%s gave %.17g%s", cases[i].text, result, isnull ? " (NULL)" : "");
	}
}

static void
test_nulls(void **state)
{
	static const char *const cases[] = {
		"a/0",		  "a/zero",	   "a/-0",
		"a/(b-b)",	  "zero/zero", "inf/zero",
		"nan/zero",	  "none",	   "-none",
		"none+a",	  "a-none",	   "none*zero",
		"a/none",	  "none/none", "1+2*none",
		"big*10",	  "big+big",   "-big-big",
		"big/1e-300", "(a/0)*0",   "a+(big*big)-(big*big)",
		"0*(a/0)",	  "-big*big",
	};
	double result;
	bool isnull;

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		evaluate(cases[i], &result, &isnull);
		if (!isnull || result != 0)
			fail_msg("%s gave %g", cases[i], result);
	}
	evaluate("nan+a", &result, &isnull);
	assert_true(!isnull && isnan(result));
	evaluate("inf-inf", &result, &isnull);
	assert_true(!isnull && isnan(result));
}

static void
test_errors(void **state)
{
	static const struct
	{
		const char *text;
		int position;
		const char *message;
	} cases[] = {
		{"", 0, "formula is empty"},
		{" \n ", 0, "formula is empty"},
		{"a $ b", 2, "unexpected character"},
		{"a + ;", 4, "unexpected character"},
		{"a = b", 2, "unexpected character"},
		{"a, b", 1, "unexpected character"},
		{"'a'", 0, "unexpected character"},
		{"a'", 1, "unexpected character"},
		{"a % b", 2, "unexpected character"},
		{"a ^ b", 2, "unexpected character"},
		{"[a]", 0, "unexpected character"},
		{"1,5", 1, "unexpected character"},
		{".", 0, "unexpected character"},
		{".a", 0, "unexpected character"},
		{"a\x01", 1, "unexpected character"},
		{"a\x7f", 1, "unexpected character"},
		{"\"a\tb\"", 2, "unexpected character"},
		{"*a", 0, "missing operand"},
		{"a +", 3, "missing operand"},
		{"a + * b", 4, "missing operand"},
		{"a ** b", 3, "missing operand"},
		{"a /* b */", 3, "missing operand"},
		{"a // b", 3, "missing operand"},
		{"-", 1, "missing operand"},
		{"()", 1, "missing operand"},
		{"(a + )", 5, "missing operand"},
		{"(", 1, "missing operand"},
		{"f()", 1, "missing operator"},
		{"a b", 2, "missing operator"},
		{"2a", 1, "missing operator"},
		{"a(b)", 1, "missing operator"},
		{"(a)(b)", 3, "missing operator"},
		{"(a)2", 3, "missing operator"},
		{"1.2.3", 3, "missing operator"},
		{"1e", 1, "missing operator"},
		{"1e+", 1, "missing operator"},
		{"0x10", 1, "missing operator"},
		{"1_000", 1, "missing operator"},
		{"a \"b\"", 2, "missing operator"},
		{"a)", 1, "unexpected \")\""},
		{")", 0, "unexpected \")\""},
		{"(a))", 3, "unexpected \")\""},
		{"(a", 0, "missing \")\""},
		{"a*(b+(c)", 2, "missing \")\""},
		{"((a)", 0, "missing \")\""},
		{"a+1e309", 2, "number is out of range"},
		{"1e999999999999999999", 0, "number is out of range"},
		{"1.8e308", 0, "number is out of range"},
		{"1e-400", 0, "number is out of range"},
		{"1e-999999999999999999", 0, "number is out of range"},
		{"a + \"b", 4, "quoted name is not closed"},
		{"\"", 0, "quoted name is not closed"},
		{"\"\"", 0, "quoted name is empty"},
		{"\"a\"\"b\"", 2, "quoted name cannot hold a quote"},
		{"\"\"\"\"", 1, "quoted name cannot hold a quote"},
	};

	(void) state;
	for (size_t i = 0; i < countof(cases); i++)
	{
		AnFormula formula;
		AnFormulaError error;
		AnStatus status = parse(cases[i].text, strlen(cases[i].text), &formula, &error);

		if (status != AN_ERR_SYNTAX || error.position != cases[i].position ||
			strcmp(error.message, cases[i].message) != 0)
			fail_msg("%s gave %d, %s at %d", cases[i].text, status, error.message, error.position);
	}
}

/* Parses `text` and expects AN_OK, or a limit with this position and message. */
static void
expect(const char *text, size_t length, int position, const char *message)
{
	AnFormula formula;
	AnFormulaError error;
	AnStatus status = parse(text, length, &formula, &error);

	if (message == NULL)
	{
		assert_int_equal(status, AN_OK);
		return;
	}
	assert_int_equal(status, AN_ERR_LIMIT);
	assert_string_equal(error.message, message);
	assert_int_equal(error.position, position);
}

static void
test_limits(void **state)
{
	static char text[70000];
	int n;

	(void) state;
	/* Bytes. */
	memset(text, ' ', sizeof(text));
	text[0] = '1';
	expect(text, AN_FORMULA_MAX_TEXT, 0, NULL);
	expect(text, AN_FORMULA_MAX_TEXT + 1, AN_FORMULA_MAX_TEXT, "formula is too long");
	expect(text, SIZE_MAX / 2 > sizeof(text) ? sizeof(text) : 0, AN_FORMULA_MAX_TEXT,
		   "formula is too long");
	/* Depth. */
	for (int depth = AN_FORMULA_MAX_DEPTH; depth <= AN_FORMULA_MAX_DEPTH + 1; depth++)
	{
		memset(text, '(', depth);
		text[depth] = '1';
		memset(text + depth + 1, ')', depth);
		expect(text, 2 * depth + 1, AN_FORMULA_MAX_DEPTH,
			   depth > AN_FORMULA_MAX_DEPTH ? "parentheses are nested too deeply" : NULL);
	}
	/* Names: 64 different ones, each again, then another. */
	n = 0;
	for (int i = 0; i < 2 * AN_FORMULA_MAX_NAMES; i++)
		n += sprintf(text + n, "n%d+", i % AN_FORMULA_MAX_NAMES);
	expect(text, n - 1, 0, NULL);
	memcpy(text + n, "x", 1);
	expect(text, n + 1, n, "formula has too many names");
	/* Tokens: 1023 numbers and signs, 1024 with a minus before, 1025. */
	text[0] = text[1] = '-';
	for (int i = 0; i < AN_FORMULA_MAX_TOKENS; i++)
		text[i + 2] = i % 2 == 0 ? '1' : '+';
	expect(text + 2, AN_FORMULA_MAX_TOKENS - 1, 0, NULL);
	expect(text + 1, AN_FORMULA_MAX_TOKENS, 0, NULL);
	expect(text, AN_FORMULA_MAX_TOKENS + 1, AN_FORMULA_MAX_TOKENS, "formula has too many parts");
	/* 64 KB of one sign. */
	memset(text, '-', sizeof(text));
	expect(text, AN_FORMULA_MAX_TEXT, AN_FORMULA_MAX_TOKENS, "formula has too many parts");
}

/* The deepest stack: at each level a sum and a product wait. The answer is known by a recurrence. */
static void
test_deepest(void **state)
{
	char text[8 * (AN_FORMULA_MAX_DEPTH + 1)] = "";
	double expected = 1 + 1 * 2;
	AnFormula formula;
	AnFormulaError error;
	double result;
	bool isnull;

	(void) state;
	for (int i = 0; i < AN_FORMULA_MAX_DEPTH; i++)
	{
		strcat(text, "1+.5*-(");
		expected = 1 - 0.5 * expected;
	}
	strcat(text, "1+1*2");
	memset(text + strlen(text), ')', AN_FORMULA_MAX_DEPTH);
	assert_int_equal(parse(text, strlen(text), &formula, &error), AN_OK);
	an_formula_eval(&formula, NULL, NULL, &result, &isnull);
	assert_false(isnull);
	assert_true(result == expected);
}

/* Long numbers: all digits count, however many stand before or behind the point. */
static void
test_long_numbers(void **state)
{
	char text[AN_FORMULA_MAX_TEXT + 1];
	double result;
	bool isnull;

	(void) state;
	/* 0.000…01 with 8000 zeros, times ten to the 8001. */
	memset(text, '0', sizeof(text));
	text[1] = '.';
	strcpy(text + 8002, "1e8001");
	evaluate(text, &result, &isnull);
	assert_true(result == 1);
	/* 1000…0 with 8000 zeros, over ten to the 8000. */
	memset(text, '0', sizeof(text));
	text[0] = '1';
	strcpy(text + 8001, "e-8000");
	evaluate(text, &result, &isnull);
	assert_true(result == 1);
	/* Half way between 1 and the next double is 1; the tiniest bit more is the next. */
	memset(text, '0', sizeof(text));
	memcpy(text, "1.00000000000000011102230246251565404236316680908203125", 55);
	strcpy(text + 8000, "");
	evaluate(text, &result, &isnull);
	assert_true(result == 1);
	strcpy(text + 8000, "1");
	evaluate(text, &result, &isnull);
	assert_true(result == nextafter(1, 2));
}

/* A locale with a decimal comma changes nothing; skipped where the machine has none. */
static void
test_locale(void **state)
{
	static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8",	"de_DE",
										  "fr_FR.UTF-8", "pt_BR.UTF-8", "ru_RU.UTF-8"};
	const char *found = NULL;
	double result;
	bool isnull;

	(void) state;
	for (size_t i = 0; i < countof(locales) && found == NULL; i++)
		found = setlocale(LC_NUMERIC, locales[i]);
	if (found == NULL)
		skip();
	assert_string_equal(localeconv()->decimal_point, ",");
	evaluate("2.5e3 + .25", &result, &isnull);
	setlocale(LC_NUMERIC, "C");
	assert_true(!isnull && result == 2500.25);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	cmocka_unit_test(test_nulls),
		cmocka_unit_test(test_errors),	cmocka_unit_test(test_limits),
		cmocka_unit_test(test_deepest), cmocka_unit_test(test_long_numbers),
		cmocka_unit_test(test_locale),
	};

	return cmocka_run_group_tests_name("formula", tests, NULL, NULL);
}
