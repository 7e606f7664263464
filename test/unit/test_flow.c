/*
 * test_flow.c - edges of a step, and paths as a tree
 *
 * Proven: on many thousands of random lists of transitions and of paths, that every
 * edge and branch has the counts that a slow look at all of them gives, that those
 * kept come in the order asked for, that what is left out is summed up with its
 * people counted once, and that sums close: at each node what goes on, ends and is
 * left out are its visits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/flow.h"
#include "kernel/path_tree.h"

#define MAX_RECORDS 3000
#define MAX_EDGES	3000

static uint64_t seed = 7;
static int n_blocks;

static uint64_t
random_bits(void)
{
	uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static int
random_below(int n)
{
	return (int) (random_bits() % (uint64_t) n);
}

static void *
take(void *owner, size_t size)
{
	(void) owner;
	n_blocks++;
	return malloc(size);
}

static void
give(void *owner, void *block)
{
	(void) owner;
	n_blocks -= block != NULL;
	free(block);
}

static const AnMemory memory = {.take = take, .give = give};

/* ---- edges */

/* A transition as the slow look sees it. */
typedef struct Transition
{
	uint32_t near; /* node */
	uint32_t far;  /* node beyond, or AN_FLOW_ENDED */
	int entity;	   /* whose */
	int64_t us;	   /* time */
} Transition;

static Transition transitions[MAX_RECORDS];
static int n_transitions;
static AnFlowEdge edges[MAX_EDGES];
static int n_edges;

static void
collect(void *arg, const AnFlowEdge *edge)
{
	(void) arg;
	assert_true(n_edges < MAX_EDGES);
	edges[n_edges++] = *edge;
}

static bool
is_kept(const Transition *transition)
{
	for (int e = 0; e < n_edges; e++)
		if (edges[e].kind <= AN_FLOW_END && edges[e].near == transition->near &&
			(edges[e].kind == AN_FLOW_END ? AN_FLOW_ENDED : edges[e].far) == transition->far)
			return true;
	return false;
}

static bool
has_kept_edge(uint32_t near)
{
	for (int e = 0; e < n_edges; e++)
		if (edges[e].kind <= AN_FLOW_END && edges[e].near == near)
			return true;
	return false;
}

/* Tells whether a transition is what an edge stands for. */
static bool
is_of(const AnFlowEdge *edge, const Transition *transition)
{
	switch (edge->kind)
	{
		case AN_FLOW_EDGE:
			return transition->near == edge->near && transition->far == edge->far;
		case AN_FLOW_END:
			return transition->near == edge->near && transition->far == AN_FLOW_ENDED;
		case AN_FLOW_REST:
			return transition->near == edge->near && !is_kept(transition);
		default:
			return !has_kept_edge(transition->near);
	}
}

static int
compare_times(const void *a, const void *b)
{
	int64_t left = *(const int64_t *) a;
	int64_t right = *(const int64_t *) b;

	return (left > right) - (left < right);
}

/* Checks the counts and times of an edge against all transitions. */
static void
check_edge(const AnFlowEdge *edge)
{
	static int64_t times[MAX_RECORDS];
	uint64_t n = 0, entities = 0, visits = 0, visitors = 0;
	int64_t sum = 0;
	int last = -1, last_visitor = -1;

	for (int i = 0; i < n_transitions; i++)
	{
		const Transition *t = &transitions[i];

		if (edge->kind == AN_FLOW_MORE || t->near == edge->near)
		{
			visits++;
			visitors += t->entity != last_visitor;
			last_visitor = t->entity;
		}
		if (!is_of(edge, t))
			continue;
		times[n++] = t->us;
		sum += t->us;
		entities += t->entity != last;
		last = t->entity;
	}
	assert_true(n > 0);
	assert_int_equal(edge->transitions, n);
	assert_int_equal(edge->entities, entities);
	assert_int_equal(edge->node_transitions, visits);
	assert_int_equal(edge->node_entities, visitors);
	if (edge->kind != AN_FLOW_EDGE || n == 0)
		return;
	qsort(times, n, sizeof(int64_t), compare_times);
	assert_int_equal(edge->mean_us, (2 * sum + (int64_t) n) / (2 * (int64_t) n));
	assert_int_equal(edge->median_us, (times[(n - 1) / 2] + times[n / 2] + 1) / 2);
}

/* Tells whether edge a may stand before edge b. */
static bool
in_order(const AnFlowEdge *a, const AnFlowEdge *b, bool by_transitions)
{
	uint64_t a1 = by_transitions ? a->transitions : a->entities;
	uint64_t b1 = by_transitions ? b->transitions : b->entities;
	uint64_t a2 = by_transitions ? a->entities : a->transitions;
	uint64_t b2 = by_transitions ? b->entities : b->transitions;
	uint64_t a3 = (uint64_t) a->near << 32 | (a->kind == AN_FLOW_END ? AN_FLOW_ENDED : a->far);
	uint64_t b3 = (uint64_t) b->near << 32 | (b->kind == AN_FLOW_END ? AN_FLOW_ENDED : b->far);

	return a1 != b1 ? a1 > b1 : a2 != b2 ? a2 > b2 : a3 < b3;
}

static void
make_transitions(int64_t *records)
{
	int n_nodes = 1 + random_below(random_below(3) ? 4 : 60);
	int entity = 0;

	n_transitions = random_below(random_below(20) ? 60 : MAX_RECORDS);
	for (int i = 0; i < n_transitions; i++)
	{
		Transition *t = &transitions[i];

		entity += random_below(3) == 0;
		t->near = (uint32_t) random_below(n_nodes);
		t->far = random_below(4) == 0 ? AN_FLOW_ENDED : (uint32_t) random_below(n_nodes);
		t->entity = entity;
		t->us = t->far == AN_FLOW_ENDED ? 0
				: random_below(2)		? random_below(5)
										: (int64_t) (random_bits() >> 16);
		an_flow_record(records + 2 * i, t->near, t->far,
					   i == 0 || transitions[i - 1].entity != entity, t->us);
	}
}

static void
test_edges(void **state)
{
	static int64_t records[2 * MAX_RECORDS];

	(void) state;
	for (int round = 0; round < 4000; round++)
	{
		AnFlowRule rule = {.top = (uint32_t) (1 + random_below(random_below(2) ? 6 : 400)),
						   .by_transitions = random_below(2) == 0};
		uint64_t total = 0;
		uint32_t n_kept = 0;

		make_transitions(records);
		n_edges = 0;
		an_flow_step(&rule, records, (size_t) n_transitions, &memory, collect, NULL);
		assert_int_equal(n_blocks, 0);
		for (int e = 0; e < n_edges; e++)
		{
			if (round % 4 == 0 || n_transitions < 100)
				check_edge(&edges[e]);
			total += edges[e].transitions;
			n_kept += edges[e].kind <= AN_FLOW_END;
			if (e > 0 && edges[e].kind <= AN_FLOW_END)
				assert_true(edges[e - 1].kind <= AN_FLOW_END &&
							in_order(&edges[e - 1], &edges[e], rule.by_transitions));
		}
		assert_int_equal(total, n_transitions);
		assert_true(n_kept <= rule.top);
		/* Nothing that is left out is greater than what was kept: there is room, or it fills the top. */
		if (n_kept < rule.top)
			for (int e = 0; e < n_edges; e++)
				assert_true(edges[e].kind <= AN_FLOW_END);
		/* And with one edge more, the same ones come first. */
		if (n_kept == rule.top)
		{
			AnFlowEdge last = edges[n_kept - 1];

			rule.top++;
			n_edges = 0;
			an_flow_step(&rule, records, (size_t) n_transitions, &memory, collect, NULL);
			assert_memory_equal(&last, &edges[n_kept - 1], sizeof(last));
		}
	}
}

/* ---- tree */

#define MAX_PATHS 300

static AnPath paths[MAX_PATHS];
static int path_entities[MAX_PATHS];
static int n_paths;

/* Tells whether a path begins with these nodes. */
static bool
begins_with(const AnPath *path, const uint32_t *nodes, uint32_t n)
{
	return path->n >= n && memcmp(path->nodes, nodes, n * sizeof(uint32_t)) == 0;
}

/* Checks a branch, whose nodes from the root are given, and all below it. */
static void
check_branch(const AnPathTree *tree, uint32_t number, uint32_t *nodes, uint32_t depth, uint32_t top,
			 bool by_paths)
{
	const AnBranch *branch = an_path_tree_branch(tree, number);
	const uint32_t *children = an_path_tree_children(tree, branch);
	uint64_t n = 0, entities = 0, ended = 0, others = 0, other_entities = 0, beyond = 0, on = 0;
	int last = 0, last_other = 0;

	for (int i = 0; i < n_paths; i++)
	{
		bool kept = false;

		if (!begins_with(&paths[i], nodes, depth))
			continue;
		n++;
		entities += path_entities[i] != last;
		last = path_entities[i];
		ended += paths[i].n == depth && paths[i].ended;
		beyond += paths[i].n > depth;
		for (uint32_t c = 0; c < branch->n_children && paths[i].n > depth; c++)
			kept |= an_path_tree_branch(tree, children[c])->node == paths[i].nodes[depth];
		if (kept || paths[i].n == depth)
			continue;
		others++;
		other_entities += path_entities[i] != last_other;
		last_other = path_entities[i];
	}
	assert_int_equal(branch->paths, n);
	assert_int_equal(branch->entities, entities);
	assert_int_equal(branch->ended, ended);
	assert_int_equal(branch->other_paths, others);
	assert_int_equal(branch->other_entities, other_entities);
	assert_true(branch->n_children <= top);
	assert_true(branch->n_others == 0 || branch->n_children == top);
	assert_int_equal(branch->n_others > 0, others > 0);
	for (uint32_t c = 0; c < branch->n_children; c++)
	{
		const AnBranch *child = an_path_tree_branch(tree, children[c]);
		const AnBranch *before = c ? an_path_tree_branch(tree, children[c - 1]) : NULL;

		on += child->paths;
		if (before)
		{
			uint64_t b1 = by_paths ? before->paths : before->entities;
			uint64_t c1 = by_paths ? child->paths : child->entities;
			uint64_t b2 = by_paths ? before->entities : before->paths;
			uint64_t c2 = by_paths ? child->entities : child->paths;

			assert_true(b1 > c1 ||
						(b1 == c1 && (b2 > c2 || (b2 == c2 && before->node < child->node))));
		}
		nodes[depth] = child->node;
		check_branch(tree, children[c], nodes, depth + 1, top, by_paths);
	}
	assert_int_equal(on + others, beyond);
}

static void
test_tree(void **state)
{
	uint32_t nodes[AN_PATH_MAX_STEPS + 1];

	(void) state;
	for (int round = 0; round < 3000; round++)
	{
		AnPathTree *tree = an_path_tree_create(&memory);
		uint32_t top = (uint32_t) (1 + random_below(5));
		bool by_paths = random_below(2) == 0;
		int n_nodes = 1 + random_below(7);
		int entity = 1;

		n_paths = random_below(round % 20 ? 40 : MAX_PATHS);
		for (int i = 0; i < n_paths; i++)
		{
			entity += i > 0 && random_below(3) == 0;
			path_entities[i] = entity;
			paths[i].n = (uint32_t) (1 + random_below(6));
			paths[i].ended = random_below(2) == 0;
			for (uint32_t k = 0; k < paths[i].n; k++)
				paths[i].nodes[k] = (uint32_t) random_below(n_nodes);
			assert_int_equal(
				an_path_tree_add(tree, &paths[i], i == 0 || path_entities[i - 1] != entity), AN_OK);
		}
		an_path_tree_finish(tree, top, by_paths);
		check_branch(tree, 0, nodes, 0, top, by_paths);
		an_path_tree_free(tree);
		assert_int_equal(n_blocks, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
