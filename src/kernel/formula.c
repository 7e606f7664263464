/*
 * formula.c - the formula of a metric: an operator-precedence parser and a stack machine
 *
 * The parser alternates between two questions: is an operand expected, or an
 * operator?  Operands go to the program at once; operators wait on a stack
 * until one that binds less tightly, or a closing parenthesis, follows.
 */
#include "kernel/formula.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What waits on the parser's stack: an AnFormulaCode, or this. */
#define OPEN_PAREN 0xff

/* Exponents beyond this are out of range whatever the digits of a text of AN_FORMULA_MAX_TEXT bytes. */
#define EXPONENT_MAX 99999

typedef struct Parser
{
	/* Constant. */
	const char *text;	   /* the formula */
	int length;			   /* its bytes */
	AnFormula *formula;	   /* what is being built */
	AnFormulaError *error; /* filled by fail() */

	/* Changing. */
	int at;										  /* next byte to read */
	int n_tokens;								  /* tokens read so far */
	int depth;									  /* parentheses open now */
	int n_waiting;								  /* operators that wait */
	bool after_operand;							  /* an operand ended: an operator is expected */
	int opened_at[AN_FORMULA_MAX_DEPTH];		  /* where each open parenthesis stands */
	unsigned char waiting[AN_FORMULA_MAX_TOKENS]; /* operators and parentheses that wait */
} Parser;

static AnStatus parse_token(Parser *parser);
static AnStatus parse_operand(Parser *parser, int c);
static AnStatus parse_operator(Parser *parser, int c);
static AnStatus parse_number(Parser *parser);
static AnStatus parse_name(Parser *parser);
static AnStatus parse_quoted(Parser *parser);
static AnStatus open_paren(Parser *parser);
static AnStatus close_paren(Parser *parser);
static AnStatus finish(Parser *parser);

static AnStatus
fail(Parser *parser, AnStatus status, int position, const char *message)
{
	parser->error->position = position;
	parser->error->message = message;
	return status;
}

/* Characters by value: <ctype.h> would ask the locale. */
static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool
is_blank(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* peek returns the byte `ahead` of the next one, or -1 behind the end. */
static int
peek(const Parser *parser, int ahead)
{
	int at = parser->at + ahead;

	return at < parser->length ? (unsigned char) parser->text[at] : -1;
}

static void
skip_blanks(Parser *parser)
{
	while (is_blank(peek(parser, 0)))
		parser->at++;
}

AnStatus
an_formula_parse(const char *text, size_t length, AnFormula *formula, AnFormulaError *error)
{
	Parser parser;
	AnStatus status = AN_OK;

	parser.text = text;
	parser.formula = formula;
	parser.error = error;
	parser.at = 0;
	parser.n_tokens = 0;
	parser.depth = 0;
	parser.n_waiting = 0;
	parser.after_operand = false;
	formula->n_ops = 0;
	formula->n_constants = 0;
	formula->n_names = 0;
	error->position = 0;
	error->message = NULL;
	if (length > AN_FORMULA_MAX_TEXT)
		return fail(&parser, AN_ERR_LIMIT, AN_FORMULA_MAX_TEXT, "formula is too long");
	parser.length = (int) length;

	skip_blanks(&parser);
	if (parser.at == parser.length)
		return fail(&parser, AN_ERR_SYNTAX, 0, "formula is empty");
	while (status == AN_OK && parser.at < parser.length)
	{
		status = parse_token(&parser);
		skip_blanks(&parser);
	}
	return status == AN_OK ? finish(&parser) : status;
}

int
an_formula_n_names(const AnFormula *formula)
{
	return formula->n_names;
}

void
an_formula_name(const AnFormula *formula, int i, int *offset, int *length)
{
	*offset = formula->names[i].offset;
	*length = formula->names[i].length;
}

/* Parses one token, which begins at the next byte. */
static AnStatus
parse_token(Parser *parser)
{
	int c = peek(parser, 0);

	if (++parser->n_tokens > AN_FORMULA_MAX_TOKENS)
		return fail(parser, AN_ERR_LIMIT, parser->at, "formula has too many parts");
	return parser->after_operand ? parse_operator(parser, c) : parse_operand(parser, c);
}

static bool
begins_operand(int c, int next)
{
	return is_digit(c) || (c == '.' && is_digit(next)) || is_letter(c) || c == '"' || c == '(';
}

/* Appends a step; there is room for one a token. */
static void
emit(Parser *parser, int code, int index)
{
	AnFormulaOp *op = &parser->formula->ops[parser->formula->n_ops++];

	op->code = (uint8_t) code;
	op->index = (uint16_t) index;
}

static AnStatus
parse_operand(Parser *parser, int c)
{
	if (is_digit(c) || (c == '.' && is_digit(peek(parser, 1))))
		return parse_number(parser);
	if (is_letter(c))
		return parse_name(parser);
	switch (c)
	{
		case '"':
			return parse_quoted(parser);
		case '(':
			return open_paren(parser);
		case '-':
			/* Two signs cancel out, so that of a row of them at most one waits. */
			if (parser->n_waiting > 0 &&
				parser->waiting[parser->n_waiting - 1] == AN_FORMULA_NEGATE)
				parser->n_waiting--;
			else
				parser->waiting[parser->n_waiting++] = AN_FORMULA_NEGATE;
			parser->at++;
			return AN_OK;
		case '+':
			parser->at++;
			return AN_OK;
		case '*':
		case '/':
			return fail(parser, AN_ERR_SYNTAX, parser->at, "missing operand");
		case ')':
			return fail(parser, AN_ERR_SYNTAX, parser->at,
						parser->depth > 0 ? "missing operand" : "unexpected \")\"");
		default:
			return fail(parser, AN_ERR_SYNTAX, parser->at, "unexpected character");
	}
}

/* How tightly an operator on the stack binds; a parenthesis holds until it is closed. */
static int
precedence(int waiting)
{
	switch (waiting)
	{
		case AN_FORMULA_NEGATE:
			return 3;
		case AN_FORMULA_MULTIPLY:
		case AN_FORMULA_DIVIDE:
			return 2;
		case AN_FORMULA_ADD:
		case AN_FORMULA_SUBTRACT:
			return 1;
		default:
			return 0;
	}
}

/* Moves to the program what waits and binds at least as tightly as `least`. */
static void
release(Parser *parser, int least)
{
	while (parser->n_waiting > 0 && precedence(parser->waiting[parser->n_waiting - 1]) >= least)
		emit(parser, parser->waiting[--parser->n_waiting], 0);
}

static AnStatus
parse_operator(Parser *parser, int c)
{
	int code;

	switch (c)
	{
		case '+':
			code = AN_FORMULA_ADD;
			break;
		case '-':
			code = AN_FORMULA_SUBTRACT;
			break;
		case '*':
			code = AN_FORMULA_MULTIPLY;
			break;
		case '/':
			code = AN_FORMULA_DIVIDE;
			break;
		case ')':
			return close_paren(parser);
		default:
			return fail(parser, AN_ERR_SYNTAX, parser->at,
						begins_operand(c, peek(parser, 1)) ? "missing operator"
														   : "unexpected character");
	}
	release(parser, precedence(code));
	parser->waiting[parser->n_waiting++] = (unsigned char) code;
	parser->after_operand = false;
	parser->at++;
	return AN_OK;
}

static AnStatus
open_paren(Parser *parser)
{
	if (parser->depth == AN_FORMULA_MAX_DEPTH)
		return fail(parser, AN_ERR_LIMIT, parser->at, "parentheses are nested too deeply");
	parser->opened_at[parser->depth++] = parser->at++;
	parser->waiting[parser->n_waiting++] = OPEN_PAREN;
	return AN_OK;
}

static AnStatus
close_paren(Parser *parser)
{
	if (parser->depth == 0)
		return fail(parser, AN_ERR_SYNTAX, parser->at, "unexpected \")\"");
	release(parser, 1);
	parser->n_waiting--; /* the parenthesis itself */
	parser->depth--;
	parser->at++;
	return AN_OK;
}

static AnStatus
finish(Parser *parser)
{
	if (!parser->after_operand)
		return fail(parser, AN_ERR_SYNTAX, parser->length, "missing operand");
	if (parser->depth > 0)
		return fail(parser, AN_ERR_SYNTAX, parser->opened_at[parser->depth - 1], "missing \")\"");
	release(parser, 1);
	return AN_OK;
}

/* Reads the exponent at the next byte, if one is there; clamped, as its digits may be many. */
static int
read_exponent(Parser *parser)
{
	int sign = peek(parser, 1) == '+' || peek(parser, 1) == '-';
	bool negative = peek(parser, 1) == '-';
	int exponent = 0;

	if ((peek(parser, 0) | 0x20) != 'e' || !is_digit(peek(parser, 1 + sign)))
		return 0;
	for (parser->at += 1 + sign; is_digit(peek(parser, 0)); parser->at++)
		if (exponent < EXPONENT_MAX)
			exponent = exponent * 10 + (peek(parser, 0) - '0');
	return negative ? -exponent : exponent;
}

/*
 * Returns n_plain digits times ten to the exponent, rounded to the nearest double.
 * strtod() is exact but takes the locale's decimal point, so it is given none: the
 * caller counts the digits behind the point into the exponent.
 */
static double
plain_value(char *plain, int n_plain, int exponent)
{
	char digits[8];
	int n_digits = 0;

	plain[n_plain++] = 'e';
	if (exponent < 0)
		plain[n_plain++] = '-';
	for (unsigned int rest = (unsigned int) abs(exponent); rest > 0; rest /= 10)
		digits[n_digits++] = (char) ('0' + rest % 10);
	if (n_digits == 0)
		plain[n_plain++] = '0';
	while (n_digits > 0)
		plain[n_plain++] = digits[--n_digits];
	plain[n_plain] = '\0';
	return strtod(plain, NULL);
}

static AnStatus
parse_number(Parser *parser)
{
	char plain[AN_FORMULA_MAX_TEXT +
			   16]; /* digits but leading zeros, "e", a sign, at most 7 digits */
	int n_plain = 0;
	int n_fraction = 0;
	int start = parser->at;
	bool in_fraction = false;
	double value = 0;

	for (; is_digit(peek(parser, 0)) || (peek(parser, 0) == '.' && !in_fraction); parser->at++)
	{
		int c = peek(parser, 0);

		if (c == '.')
		{
			in_fraction = true;
			continue;
		}
		n_fraction += in_fraction;
		if (c != '0' || n_plain > 0)
			plain[n_plain++] = (char) c;
	}
	n_fraction -= read_exponent(parser);
	if (n_plain > 0)
	{
		value = plain_value(plain, n_plain, -n_fraction);
		if (isinf(value) || value == 0)
			return fail(parser, AN_ERR_SYNTAX, start, "number is out of range");
	}
	parser->formula->constants[parser->formula->n_constants] = value;
	emit(parser, AN_FORMULA_NUMBER, parser->formula->n_constants++);
	parser->after_operand = true;
	return AN_OK;
}

/* Emits the name of `length` bytes at `offset`, which may be known already. */
static AnStatus
use_name(Parser *parser, int offset, int length)
{
	AnFormula *formula = parser->formula;
	int i = 0;

	while (i < formula->n_names &&
		   (formula->names[i].length != length ||
			memcmp(parser->text + formula->names[i].offset, parser->text + offset, length) != 0))
		i++;
	if (i == AN_FORMULA_MAX_NAMES)
		return fail(parser, AN_ERR_LIMIT, offset, "formula has too many names");
	if (i == formula->n_names)
	{
		formula->names[i].offset = offset;
		formula->names[i].length = length;
		formula->n_names++;
	}
	emit(parser, AN_FORMULA_NAME, i);
	parser->after_operand = true;
	return AN_OK;
}

static AnStatus
parse_name(Parser *parser)
{
	int start = parser->at;

	while (is_letter(peek(parser, 0)) || is_digit(peek(parser, 0)) || peek(parser, 0) == '.')
		parser->at++;
	return use_name(parser, start, parser->at - start);
}

static AnStatus
parse_quoted(Parser *parser)
{
	int start = ++parser->at;
	int c;

	while ((c = peek(parser, 0)) != '"')
	{
		if (c < 0)
			return fail(parser, AN_ERR_SYNTAX, start - 1, "quoted name is not closed");
		if (c < ' ' || c == 0x7f)
			return fail(parser, AN_ERR_SYNTAX, parser->at, "unexpected character");
		parser->at++;
	}
	if (peek(parser, 1) == '"')
		return fail(parser, AN_ERR_SYNTAX, parser->at, "quoted name cannot hold a quote");
	if (parser->at == start)
		return fail(parser, AN_ERR_SYNTAX, start - 1, "quoted name is empty");
	parser->at++;
	return use_name(parser, start, parser->at - 1 - start);
}

/* Applies a binary operator; false where the answer is NULL. */
static bool
apply(int code, double left, double right, double *result)
{
	switch (code)
	{
		case AN_FORMULA_ADD:
			*result = left + right;
			break;
		case AN_FORMULA_SUBTRACT:
			*result = left - right;
			break;
		case AN_FORMULA_MULTIPLY:
			*result = left * right;
			break;
		default:
			if (right == 0)
				return false;
			*result = left / right;
			break;
	}
	return isfinite(*result) || !isfinite(left) || !isfinite(right);
}

/*
 * Every operator answers NULL for a NULL operand, and every operand is used: the
 * first NULL of any step is the answer.
 */
void
an_formula_eval(const AnFormula *formula, const double *values, const bool *nulls, double *result,
				bool *isnull)
{
	double stack[AN_FORMULA_MAX_STACK];
	int n = 0;

#ifdef __clang_analyzer__
	/* It cannot know that operands stand before their operator; zeroes for all would cost half the time. */
	memset(stack, 0, sizeof(stack));
#endif
	*result = 0;
	*isnull = true;
	for (int i = 0; i < formula->n_ops; i++)
	{
		const AnFormulaOp *op = &formula->ops[i];

		switch (op->code)
		{
			case AN_FORMULA_NUMBER:
				stack[n++] = formula->constants[op->index];
				break;
			case AN_FORMULA_NAME:
				if (nulls[op->index])
					return;
				stack[n++] = values[op->index];
				break;
			case AN_FORMULA_NEGATE:
				stack[n - 1] = -stack[n - 1];
				break;
			default:
				n--;
				if (!apply(op->code, stack[n - 1], stack[n], &stack[n - 1]))
					return;
				break;
		}
	}
	*result = stack[0] + 0.0; /* no "-0" in a report */
	*isnull = false;
}
