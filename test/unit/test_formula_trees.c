/*
 * test_formula_trees.c - the formula kernel against trees that never were text
 *
 * A random expression tree is printed with as few parentheses as the grammar
 * needs, and with superfluous ones and blanks; both must evaluate, bit for bit,
 * to what a recursive evaluator finds in the tree itself.  That holds only if
 * precedence, associativity, signs, names and numbers are all read as meant.
 * Then: random bytes and damaged formulas must give an error or a sound program.
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

#include "kernel/formula.h"

#define N_TREES	  60000
#define N_HOSTILE 200000
#define MAX_NODES 200
#define N_NAMES	  10

/* A node: a number ('1'), a name ('n'), a sign ('~') or an operator (+ - * /). */
typedef struct Node
{
	char kind;
	int name;			/* index of a name */
	double value;		/* of a number */
	char literal[24];	/* its text */
	struct Node *left;	/* operand of a sign, or left operand */
	struct Node *right; /* right operand */
} Node;

typedef struct Tree
{
	Node nodes[MAX_NODES];
	int n_nodes;
	double values[N_NAMES]; /* what names stand for */
	bool nulls[N_NAMES];
} Tree;

static const char *const names[N_NAMES] = {"a", "b",   "sent", "otp.sent", "_",
										   "A", "x-y", "a b",  "\xc3\xa9", "e1"};

static uint64_t seed;

/* splitmix64: the same trees on every machine. */
static uint32_t
random_below(uint32_t n)
{
	uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t) ((z ^ (z >> 31)) >> 32) % n;
}

static void
make_number(Node *node)
{
	static const char *const forms[] = {"%u",	 "%u.5", ".%u",	  "%u.25e2",
										"%ue-3", "%u.",	 "%u.e1", "%uE+2"};

	node->kind = '1';
	sprintf(node->literal, forms[random_below(8)], random_below(50));
	node->value = atof(node->literal);
}

static Node *
make_node(Tree *tree, int depth)
{
	Node *node = &tree->nodes[tree->n_nodes++];

	if (depth == 0 || random_below(5) == 0)
	{
		node->kind = 'n';
		node->name = random_below(N_NAMES);
		if (random_below(2) == 0)
			make_number(node);
		return node;
	}
	node->kind = "+-*/+-*/~"[random_below(9)];
	node->left = make_node(tree, depth - 1);
	if (node->kind != '~')
		node->right = make_node(tree, depth - 1);
	return node;
}

static void
make_values(Tree *tree)
{
	static const double extremes[] = {0, -0.0, 1e308, -1e308, 1e-308, INFINITY, -INFINITY, NAN};

	for (int i = 0; i < N_NAMES; i++)
	{
		tree->nulls[i] = random_below(40) == 0;
		tree->values[i] = (int) random_below(200) - 100;
		if (random_below(20) == 0)
			tree->values[i] = extremes[random_below(8)];
	}
}

/* The evaluator that knows no text; true where the answer is NULL. */
static bool
tree_eval(const Tree *tree, const Node *node, double *result)
{
	double l;
	double r;

	switch (node->kind)
	{
		case '1':
			*result = node->value;
			return false;
		case 'n':
			*result = tree->values[node->name];
			return tree->nulls[node->name];
		case '~':
			if (tree_eval(tree, node->left, &l))
				return true;
			*result = -l;
			return false;
	}
	if (tree_eval(tree, node->left, &l) || tree_eval(tree, node->right, &r))
		return true;
	if (node->kind == '/' && r == 0)
		return true;
	*result = node->kind == '+'	  ? l + r
			  : node->kind == '-' ? l - r
			  : node->kind == '*' ? l * r
								  : l / r;
	return (isinf(*result) || isnan(*result)) && !isinf(l) && !isnan(l) && !isinf(r) && !isnan(r);
}

static int
level(const Node *node)
{
	return strchr("+-", node->kind) ? 1 : strchr("*/", node->kind) ? 2 : node->kind == '~' ? 3 : 4;
}

static void
blanks(char *out, bool loose)
{
	while (loose && random_below(4) == 0)
		strcat(out, random_below(2) ? " " : "\n");
}

/* Appends `node` where at least `need` is asked for; `loose` adds what is not needed. */
static void
print(char *out, const Node *node, int need, bool loose)
{
	bool paren = level(node) < need || (loose && random_below(4) == 0);

	blanks(out, loose);
	if (paren)
		strcat(out, "(");
	if (node->kind == '1')
		strcat(out, node->literal);
	else if (node->kind == 'n')
	{
		bool quote = strpbrk(names[node->name], "- ") != NULL || (loose && random_below(3) == 0);

		sprintf(out + strlen(out), quote ? "\"%s\"" : "%s", names[node->name]);
	}
	else if (node->kind == '~')
	{
		strcat(out, "-");
		print(out, node->left, 3, loose);
	}
	else
	{
		print(out, node->left, level(node), loose);
		blanks(out, loose);
		strncat(out, &node->kind, 1);
		print(out, node->right, level(node) + 1, loose);
	}
	if (paren)
		strcat(out, ")");
	blanks(out, loose);
}

static void
check_text(const Tree *tree, const char *text, bool expected_null, double expected)
{
	AnFormula formula;
	AnFormulaError error;
	double values[AN_FORMULA_MAX_NAMES];
	bool nulls[AN_FORMULA_MAX_NAMES];
	double result;
	bool isnull;

	if (an_formula_parse(text, strlen(text), &formula, &error) != AN_OK)
		fail_msg("%s: %s at %d", text, error.message, error.position);
	for (int i = 0; i < an_formula_n_names(&formula); i++)
	{
		int k = 0;
		int offset;
		int length;

		an_formula_name(&formula, i, &offset, &length);
		while (strlen(names[k]) != (size_t) length || memcmp(names[k], text + offset, length) != 0)
			assert_in_range(++k, 0, N_NAMES - 1);
		values[i] = tree->values[k];
		nulls[i] = tree->nulls[k];
	}
	an_formula_eval(&formula, values, nulls, &result, &isnull);
	if (isnull != expected_null ||
		(!isnull && result != expected && !(isnan(result) && isnan(expected))))
		fail_msg("%s gave %.17g %d, not %.17g %d", text, result, isnull, expected, expected_null);
}

static void
test_trees(void **state)
{
	static char text[65536];
	static Tree tree;
	int n_null = 0;

	(void) state;
	seed = 20260101;
	for (int i = 0; i < N_TREES; i++)
	{
		double expected = 0;
		bool isnull;
		Node *root;

		memset(&tree, 0, sizeof(tree));
		make_values(&tree);
		root = make_node(&tree, random_below(7));
		isnull = tree_eval(&tree, root, &expected);
		n_null += isnull;
		text[0] = '\0';
		print(text, root, 1, false);
		check_text(&tree, text, isnull, expected);
		text[0] = '\0';
		print(text, root, 1, true);
		if (strlen(text) <= AN_FORMULA_MAX_TEXT && tree.n_nodes < 100)
			check_text(&tree, text, isnull, expected);
	}
	/* Both kinds of answer must be common, or the test proves nothing. */
	assert_in_range(n_null, N_TREES / 20, N_TREES / 2);
}

/* Runs a program with every stack position counted: what the parser accepts must be sound. */
static void
check_program(const AnFormula *formula, size_t length)
{
	int depth = 0;

	assert_in_range(formula->n_ops, 1, AN_FORMULA_MAX_TOKENS);
	for (int i = 0; i < formula->n_ops; i++)
	{
		const AnFormulaOp *op = &formula->ops[i];

		if (op->code == AN_FORMULA_NUMBER)
			assert_in_range(op->index, 0, formula->n_constants - 1);
		if (op->code == AN_FORMULA_NAME)
			assert_in_range(op->index, 0, formula->n_names - 1);
		if (op->code <= AN_FORMULA_NAME)
			depth++;
		else if (op->code >= AN_FORMULA_ADD)
			depth--;
		assert_in_range(depth, 1, AN_FORMULA_MAX_STACK);
	}
	assert_int_equal(depth, 1);
	for (int i = 0; i < formula->n_names; i++)
		assert_in_range(formula->names[i].offset + formula->names[i].length, 1, length);
}

/* Bytes at random from an alphabet that nearly makes formulas, in a block of exactly their size. */
static void
test_hostile(void **state)
{
	static const char alphabet[] = "()()+-*/ 1290.eE\"ab_;'$\\\0\xff\xc3\x80\n";
	int n_ok = 0;

	(void) state;
	seed = 4;
	for (int i = 0; i < N_HOSTILE; i++)
	{
		size_t length = random_below(24);
		char *text = malloc(length + (length == 0));
		AnFormula formula;
		AnFormulaError error;
		AnStatus status;

		for (size_t k = 0; k < length; k++)
			text[k] = random_below(20) ? alphabet[random_below(sizeof(alphabet))]
									   : (char) random_below(256);
		status = an_formula_parse(text, length, &formula, &error);
		if (status == AN_OK)
		{
			check_program(&formula, length);
			n_ok++;
		}
		else
		{
			assert_true(status == AN_ERR_SYNTAX || status == AN_ERR_LIMIT);
			assert_non_null(error.message);
			assert_in_range(error.position, 0, length);
		}
		free(text);
	}
	assert_in_range(n_ok, N_HOSTILE / 1000, N_HOSTILE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trees),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("formula_trees", tests, NULL, NULL);
}
