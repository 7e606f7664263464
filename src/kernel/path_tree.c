/*
 * path_tree.c - paths as a tree (path_tree.h)
 *
 * A branch is found by its parent and its node in a table; who took a branch that
 * is not kept is found, in the end, from the branch at which each path ended.
 */
#include "kernel/path_tree.h"

#include <string.h>

#include "kernel/hash.h"

#define FIRST_BRANCHES 64
#define FIRST_PATHS	   64

/* What is kept of a path. */
typedef struct Leaf
{
	uint32_t branch; /* of its last node */
	uint32_t entity; /* whose it is */
} Leaf;

struct AnPathTree
{
	AnMemory memory;	/* where all this comes from */
	AnBranch *branches; /* the root first, parents before children */
	size_t n_branches;	/* how many */
	size_t room;		/* how many there is room for: a power of 2 */
	uint32_t *table;  /* branches by parent and node; 2 * room places, AN_BRANCH_NONE where free */
	Leaf *leaves;	  /* the paths */
	size_t n_leaves;  /* how many */
	size_t leaf_room; /* how many there is room for */
	uint32_t n_entities; /* entities so far */
	uint32_t *children;	 /* finished: children of each branch, in order */
};

static void *
take(const AnPathTree *tree, size_t n, size_t size)
{
	return an_memory_take(&tree->memory, n * size);
}

/* Returns a block with room for more, with what the old one held; gives that back. */
static void *
enlarge(const AnPathTree *tree, void *old, size_t n, size_t room, size_t size)
{
	void *block = take(tree, room, size);

	memcpy(block, old, n * size);
	an_memory_give(&tree->memory, old);
	return block;
}

static uint32_t *
find_place(const AnPathTree *tree, uint32_t parent, uint32_t node)
{
	size_t mask = 2 * tree->room - 1;
	size_t i = an_murmur3_final_mix((uint64_t) parent << 32 | node) & mask;

	while (tree->table[i] != AN_BRANCH_NONE)
	{
		const AnBranch *branch = &tree->branches[tree->table[i]];

		if (branch->parent == parent && branch->node == node)
			break;
		i = (i + 1) & mask;
	}
	return &tree->table[i];
}

static void
make_table(AnPathTree *tree)
{
	tree->table = take(tree, 2 * tree->room, sizeof(uint32_t));
	memset(tree->table, 0xff, 2 * tree->room * sizeof(uint32_t));
	for (size_t i = 1; i < tree->n_branches; i++)
		*find_place(tree, tree->branches[i].parent, tree->branches[i].node) = (uint32_t) i;
}

AnPathTree *
an_path_tree_create(const AnMemory *memory)
{
	AnPathTree *tree = an_memory_take(memory, sizeof(AnPathTree));

	*tree = (AnPathTree){
		.memory = *memory, .n_branches = 1, .room = FIRST_BRANCHES, .leaf_room = FIRST_PATHS};
	tree->branches = take(tree, tree->room, sizeof(AnBranch));
	tree->branches[0] = (AnBranch){.node = AN_PATH_NO_NODE, .parent = AN_BRANCH_NONE};
	tree->leaves = take(tree, tree->leaf_room, sizeof(Leaf));
	make_table(tree);
	return tree;
}

void
an_path_tree_free(AnPathTree *tree)
{
	AnMemory memory = tree->memory;

	an_memory_give(&memory, tree->branches);
	an_memory_give(&memory, tree->table);
	an_memory_give(&memory, tree->leaves);
	an_memory_give(&memory, tree->children);
	an_memory_give(&memory, tree);
}

static void
make_room(AnPathTree *tree, size_t n_nodes)
{
	while (tree->n_branches + n_nodes > tree->room)
	{
		tree->branches =
			enlarge(tree, tree->branches, tree->n_branches, 2 * tree->room, sizeof(AnBranch));
		an_memory_give(&tree->memory, tree->table);
		tree->table = NULL;
		tree->room *= 2;
		make_table(tree);
	}
	if (tree->n_leaves == tree->leaf_room)
	{
		tree->leaves =
			enlarge(tree, tree->leaves, tree->n_leaves, 2 * tree->leaf_room, sizeof(Leaf));
		tree->leaf_room *= 2;
	}
}

/* Returns the child of a branch for a node, which it makes where there is none; there is room for it. */
static uint32_t
child_of(AnPathTree *tree, uint32_t parent, uint32_t node)
{
	uint32_t *place = find_place(tree, parent, node);

	if (*place == AN_BRANCH_NONE)
	{
		*place = (uint32_t) tree->n_branches++;
		tree->branches[*place] = (AnBranch){.node = node, .parent = parent};
	}
	return *place;
}

static void
count_path(AnPathTree *tree, uint32_t branch)
{
	AnBranch *counted = &tree->branches[branch];

	counted->paths++;
	counted->entities += counted->last_entity != tree->n_entities;
	counted->last_entity = tree->n_entities;
}

AnStatus
an_path_tree_add(AnPathTree *tree, const AnPath *path, bool first)
{
	uint32_t branch = 0;

	if (tree->n_branches + path->n >= AN_BRANCH_NONE || tree->n_leaves >= AN_BRANCH_NONE)
		return AN_ERR_LIMIT;
	make_room(tree, path->n);
	tree->n_entities += first;
	count_path(tree, branch);
	for (uint32_t i = 0; i < path->n; i++)
	{
		branch = child_of(tree, branch, path->nodes[i]);
		count_path(tree, branch);
	}
	tree->branches[branch].ended += path->ended;
	tree->leaves[tree->n_leaves++] = (Leaf){.branch = branch, .entity = tree->n_entities};
	return AN_OK;
}

/* Tells whether branch a comes before branch b. */
static bool
is_before(const AnPathTree *tree, uint32_t a, uint32_t b, bool by_paths)
{
	const AnBranch *left = &tree->branches[a];
	const AnBranch *right = &tree->branches[b];

	if (left->paths != right->paths && (by_paths || left->entities == right->entities))
		return left->paths > right->paths;
	if (left->entities != right->entities)
		return left->entities > right->entities;
	return left->node < right->node;
}

/* Lets a branch sink in a heap whose root comes last. */
static void
sink(const AnPathTree *tree, uint32_t *heap, size_t i, size_t n, bool by_paths)
{
	uint32_t moved = heap[i];

	for (size_t child; (child = 2 * i + 1) < n; i = child)
	{
		if (child + 1 < n && is_before(tree, heap[child], heap[child + 1], by_paths))
			child++;
		if (!is_before(tree, moved, heap[child], by_paths))
			break;
		heap[i] = heap[child];
	}
	heap[i] = moved;
}

static void
sort_children(const AnPathTree *tree, uint32_t *children, size_t n, bool by_paths)
{
	for (size_t i = n / 2; i-- > 0;)
		sink(tree, children, i, n, by_paths);
	for (size_t end = n; end-- > 1;)
	{
		uint32_t last = children[0];

		children[0] = children[end];
		children[end] = last;
		sink(tree, children, 0, end, by_paths);
	}
}

/* Puts the children of each branch together; n_children counts all of them. */
static void
deal_children(AnPathTree *tree)
{
	uint32_t begin = 0;

	tree->children = take(tree, tree->n_branches, sizeof(uint32_t));
	for (size_t i = 1; i < tree->n_branches; i++)
		tree->branches[tree->branches[i].parent].n_children++;
	for (size_t i = 0; i < tree->n_branches; i++)
	{
		tree->branches[i].first_child = begin;
		begin += tree->branches[i].n_children;
		tree->branches[i].n_children = 0;
	}
	for (size_t i = 1; i < tree->n_branches; i++)
	{
		AnBranch *parent = &tree->branches[tree->branches[i].parent];

		tree->children[parent->first_child + parent->n_children++] = (uint32_t) i;
	}
}

/* Counts who took children that are not kept: those are marked by having no first child. */
static void
count_others(AnPathTree *tree)
{
	for (size_t i = 0; i < tree->n_branches; i++)
		tree->branches[i].last_entity = 0;
	for (size_t i = 0; i < tree->n_leaves; i++)
	{
		uint32_t entity = tree->leaves[i].entity;

		for (uint32_t b = tree->leaves[i].branch; b != 0; b = tree->branches[b].parent)
		{
			AnBranch *parent = &tree->branches[tree->branches[b].parent];

			if (tree->branches[b].first_child != AN_BRANCH_NONE)
				continue;
			parent->other_paths++;
			parent->other_entities += parent->last_entity != entity;
			parent->last_entity = entity;
		}
	}
}

void
an_path_tree_finish(AnPathTree *tree, uint32_t top, bool by_paths)
{
	deal_children(tree);
	for (size_t i = 0; i < tree->n_branches; i++)
	{
		AnBranch *branch = &tree->branches[i];
		uint32_t *children = tree->children + branch->first_child;

		/* A branch that is not kept was marked when its parent's turn came, before its own. */
		if (branch->first_child == AN_BRANCH_NONE)
			continue;
		sort_children(tree, children, branch->n_children, by_paths);
		for (uint32_t c = top; c < branch->n_children; c++)
			tree->branches[children[c]].first_child = AN_BRANCH_NONE;
		branch->n_others = branch->n_children > top ? branch->n_children - top : 0;
		branch->n_children -= branch->n_others;
	}
	count_others(tree);
}

const AnBranch *
an_path_tree_branch(const AnPathTree *tree, uint32_t branch)
{
	return &tree->branches[branch];
}

const uint32_t *
an_path_tree_children(const AnPathTree *tree, const AnBranch *branch)
{
	return tree->children + branch->first_child;
}
