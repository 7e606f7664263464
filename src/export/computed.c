/*
 * computed.c - columns that are computed from others of their row
 */
#include "export/writer.h"

#include <math.h>

bool
an_formula_value(const AnColumn *column, const AnColumn *columns, const Datum *values,
				 const bool *nulls, double *number)
{
	double operands[AN_FORMULA_MAX_NAMES];
	bool missing[AN_FORMULA_MAX_NAMES], isnull;
	int n = an_formula_n_names(column->formula);

	for (int i = 0; i < n; i++)
	{
		int operand = column->operands[i];

		missing[i] =
			!an_value_number(&columns[operand], values[operand], nulls[operand], &operands[i]);
	}
	an_formula_eval(column->formula, operands, missing, number, &isnull);
	return !isnull && isfinite(*number);
}

char *
an_formula_infix(const AnColumn *column)
{
	static const char operators[] = {
		[AN_FORMULA_ADD] = '+',
		[AN_FORMULA_SUBTRACT] = '-',
		[AN_FORMULA_MULTIPLY] = '*',
		[AN_FORMULA_DIVIDE] = '/',
	};
	const AnFormula *formula = column->formula;
	char *stack[AN_FORMULA_MAX_STACK] = {NULL};
	int n = 0;

	for (int i = 0; i < formula->n_ops; i++)
	{
		const AnFormulaOp *op = &formula->ops[i];

		if (op->code == AN_FORMULA_NUMBER)
			stack[n++] = psprintf("%.17g", formula->constants[op->index]);
		else if (op->code == AN_FORMULA_NAME)
			stack[n++] = psprintf("{%d}", column->operands[op->index]);
		else if (op->code == AN_FORMULA_NEGATE)
			stack[n - 1] = psprintf("(-%s)", stack[n - 1]);
		else
		{
			n--;
			stack[n - 1] = psprintf("(%s%c%s)", stack[n - 1], operators[op->code], stack[n]);
		}
	}
	return stack[0];
}
