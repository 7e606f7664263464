/*
 * fuzz_formula.c - libFuzzer harness of the formula kernel
 *
 * Beyond what the sanitizers see: an error has a message and a position within
 * the text; an accepted program never leaves its stack and ends with one value;
 * the answer is NULL or finite for finite values; and the text has one meaning:
 * a formula in parentheses answers the same (where the limits allow it).
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/formula.h"

#define REQUIRE(condition)                                                                         \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
			__builtin_trap();                                                                      \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_program(const AnFormula *formula, size_t size)
{
	int depth = 0;

	REQUIRE(formula->n_ops >= 1 && formula->n_ops <= AN_FORMULA_MAX_TOKENS);
	REQUIRE(formula->n_constants <= AN_FORMULA_MAX_OPERANDS);
	REQUIRE(formula->n_names <= AN_FORMULA_MAX_NAMES);
	for (int i = 0; i < formula->n_ops; i++)
	{
		const AnFormulaOp *op = &formula->ops[i];

		REQUIRE(op->code <= AN_FORMULA_DIVIDE);
		if (op->code <= AN_FORMULA_NAME)
			depth++;
		else if (op->code >= AN_FORMULA_ADD)
			depth--;
		REQUIRE(depth >= 1 && depth <= AN_FORMULA_MAX_STACK);
	}
	REQUIRE(depth == 1);
	for (int i = 0; i < formula->n_names; i++)
	{
		int offset;
		int length;

		an_formula_name(formula, i, &offset, &length);
		REQUIRE(offset >= 0 && length >= 1 && (size_t) (offset + length) <= size);
	}
}

/* Evaluates with values that depend on the name alone, every seventh NULL if asked for. */
static double
evaluate(const AnFormula *formula, bool with_nulls, bool *isnull)
{
	static const double some[] = {1, 0, -3.5, 1e308, 1e-308, 7, -1e200};
	double values[AN_FORMULA_MAX_NAMES];
	bool nulls[AN_FORMULA_MAX_NAMES];
	double result;

	for (int i = 0; i < AN_FORMULA_MAX_NAMES; i++)
	{
		values[i] = some[i % 7];
		nulls[i] = with_nulls && i % 7 == 2;
	}
	an_formula_eval(formula, values, nulls, &result, isnull);
	REQUIRE(isfinite(result));
	REQUIRE(!*isnull || result == 0);
	return result;
}

/* "(text)" must mean what text means; quotes and names keep their places, moved by one. */
static void
check_wrapped(const uint8_t *data, size_t size, double expected, bool expected_null)
{
	static AnFormula formula;
	AnFormulaError error;
	char *text = malloc(size + 2);
	double result;
	bool isnull;

	text[0] = '(';
	memcpy(text + 1, data, size);
	text[size + 1] = ')';
	if (an_formula_parse(text, size + 2, &formula, &error) == AN_OK)
	{
		result = evaluate(&formula, false, &isnull);
		REQUIRE(result == expected && isnull == expected_null);
	}
	else
		REQUIRE(strcmp(error.message, "formula is too long") == 0 ||
				strcmp(error.message, "formula has too many parts") == 0 ||
				strcmp(error.message, "parentheses are nested too deeply") == 0);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static AnFormula formula;
	AnFormulaError error;
	AnStatus status = an_formula_parse((const char *) data, size, &formula, &error);
	double result;
	bool isnull;

	if (status != AN_OK)
	{
		REQUIRE(status == AN_ERR_SYNTAX || status == AN_ERR_LIMIT);
		REQUIRE(error.message != NULL && error.position >= 0 && (size_t) error.position <= size);
		return 0;
	}
	check_program(&formula, size);
	evaluate(&formula, true, &isnull);
	result = evaluate(&formula, false, &isnull);
	check_wrapped(data, size, result, isnull);
	return 0;
}
