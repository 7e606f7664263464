/*
 * formula.h - the formula of a metric: parsed once, evaluated on sums
 *
 *     '(delivered / sent) * 100'    'otp.sent - otp.failed'    '-("no-show") + 2.5e3'
 *
 *     formula = term { ("+" | "-") term }            left associative
 *     term    = factor { ("*" | "/") factor }        left associative, before + and -
 *     factor  = { "+" | "-" } operand                a sign, before * and /
 *     operand = number | name | "(" formula ")"
 *     number  = digits [ "." [ digits ] ] [ exponent ]  |  "." digits [ exponent ]
 *     name    = letter { letter | digit | "." }  |  '"' any printable but '"' '"'
 *
 * A letter is A-Z, a-z, "_" or any byte above 0x7f: names are compared as bytes,
 * case-sensitively, and "a" is the same name as a.  A quoted name cannot hold a
 * quote.  Blanks are space, tab, newline, carriage return, form and line feed.
 * Numbers have their point as "." whatever the locale, are rounded to the
 * nearest double, and are refused where that is infinite, or zero for a number
 * that is not.
 *
 * The parser is an operator-precedence parser with an explicit stack (Dijkstra's
 * shunting yard): it never recurses, takes linear time but for the search of a
 * name among at most AN_FORMULA_MAX_NAMES, and reads nothing behind `length`,
 * so the text may hold any bytes.  A parsed formula has no pointers: it can be
 * copied and kept.  Nothing is allocated.
 */
#ifndef AN_KERNEL_FORMULA_H
#define AN_KERNEL_FORMULA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/status.h"

#define AN_FORMULA_MAX_TEXT		8192 /* bytes of text */
#define AN_FORMULA_MAX_TOKENS	1024 /* numbers, names, operators and parentheses */
#define AN_FORMULA_MAX_NAMES	64	 /* distinct names */
#define AN_FORMULA_MAX_DEPTH	64	 /* parentheses open at once */
#define AN_FORMULA_MAX_OPERANDS 512	 /* follows: between two operands stands an operator */

/* Each level holds back a sum and a product, the innermost one more operand. */
#define AN_FORMULA_MAX_STACK (2 * (AN_FORMULA_MAX_DEPTH + 1) + 1)

typedef enum AnFormulaCode
{
	AN_FORMULA_NUMBER, /* push constants[index] */
	AN_FORMULA_NAME,   /* push the value of name `index` */
	AN_FORMULA_NEGATE, /* the top of the stack changes its sign */
	AN_FORMULA_ADD,	   /* the two topmost become one, and so below */
	AN_FORMULA_SUBTRACT,
	AN_FORMULA_MULTIPLY,
	AN_FORMULA_DIVIDE,
} AnFormulaCode;

typedef struct AnFormulaOp
{
	uint8_t code;	/* an AnFormulaCode */
	uint16_t index; /* of a constant or name; 0 for operators */
} AnFormulaOp;

typedef struct AnFormulaName
{
	int offset; /* first byte of the name in the text, behind the quote if any */
	int length; /* bytes, without quotes; at least 1 */
} AnFormulaName;

typedef struct AnFormula
{
	int n_ops;								   /* steps of the program */
	int n_constants;						   /* constants used */
	int n_names;							   /* distinct names */
	AnFormulaOp ops[AN_FORMULA_MAX_TOKENS];	   /* the program, in postfix order */
	double constants[AN_FORMULA_MAX_OPERANDS]; /* numbers of the text, finite */
	AnFormulaName names[AN_FORMULA_MAX_NAMES]; /* in order of first appearance */
} AnFormula;

typedef struct AnFormulaError
{
	int position; /* byte of the text where the trouble begins, from 0; its length at the end */
	const char *message; /* static text, lower case, without a period */
} AnFormulaError;

/*
 * an_formula_parse parses the `length` bytes at `text` into `formula`.  Returns AN_OK, or
 * AN_ERR_SYNTAX or AN_ERR_LIMIT with `error` filled and `formula` undefined.
 */
extern AnStatus
an_formula_parse(const char *text, size_t length, AnFormula *formula, AnFormulaError *error);

/* an_formula_n_names returns the number of distinct names: 0 to AN_FORMULA_MAX_NAMES. */
extern int an_formula_n_names(const AnFormula *formula);

/* an_formula_name tells where name `i` (0 <= i < n_names) stands in the text, in bytes, without quotes. */
extern void an_formula_name(const AnFormula *formula, int i, int *offset, int *length);

/*
 * an_formula_eval evaluates a parsed formula; values[i] and nulls[i] belong to name `i`, and may be
 * null pointers where there are no names.  The answer is NULL (`*isnull` true, `*result` 0) where an
 * operand of any step is NULL, where something is divided by zero, and where a step on finite numbers
 * leaves the range of a double.  NaN or infinity comes out only where it went in, by IEEE 754's rules;
 * a zero comes out without a sign.
 */
extern void an_formula_eval(const AnFormula *formula, const double *values, const bool *nulls,
							double *result, bool *isnull);

#endif /* AN_KERNEL_FORMULA_H */
