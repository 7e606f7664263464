/*
 * path_tree.h - paths as a tree: what came after what came after what
 *
 * Paths that begin with the same nodes share a branch.  Paths come entity by
 * entity, so that each branch knows how many different entities took it, and how
 * often.  Branch 0 is the root, which has no node of its own and which all paths share.
 *
 * When all paths are there, the tree is finished: the children of each branch are
 * put in order, by entities or by paths (of equal ones those with more of the other, then by
 * node), the first `top` are kept, and the others are summed up, their people
 * counted exactly.
 *
 * Memory is about 80 bytes a branch, of which there are at most as many as nodes in all
 * paths, and 8 a path.
 */
#ifndef AN_KERNEL_PATH_TREE_H
#define AN_KERNEL_PATH_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory.h"
#include "kernel/path.h"
#include "kernel/status.h"

/* No branch. */
#define AN_BRANCH_NONE UINT32_MAX

/* A branch: the paths that begin with the nodes from the root to it. */
typedef struct AnBranch
{
	uint32_t node;		  /* its node; AN_PATH_NO_NODE of the root */
	uint32_t parent;	  /* branch before it; AN_BRANCH_NONE of the root */
	uint32_t first_child; /* finished: kept children follow one another in an_path_tree_children */
	uint32_t n_children;  /* finished: kept children */
	uint32_t n_others;	  /* finished: children that are not kept */
	uint32_t last_entity; /* the entity that was counted last */
	uint64_t entities;	  /* different entities */
	uint64_t paths;		  /* how many paths */
	uint64_t ended;		  /* paths that end here, nothing beyond */
	uint64_t other_entities; /* finished: different entities in the other children */
	uint64_t other_paths;	 /* finished: paths into them */
} AnBranch;

typedef struct AnPathTree AnPathTree;

/* an_path_tree_create makes a tree without paths; `memory` must live as long as it. */
extern AnPathTree *an_path_tree_create(const AnMemory *memory);

extern void an_path_tree_free(AnPathTree *tree);

/* an_path_tree_add adds a path of the entity that came last, or of a `first` one of the next.  AN_ERR_LIMIT: 2^32 - 2 branches or paths. */
extern AnStatus an_path_tree_add(AnPathTree *tree, const AnPath *path, bool first);

/* an_path_tree_finish orders the children of each branch; no path may come afterwards. */
extern void an_path_tree_finish(AnPathTree *tree, uint32_t top, bool by_paths);

/* an_path_tree_branch returns a branch; 0 is the root. */
extern const AnBranch *an_path_tree_branch(const AnPathTree *tree, uint32_t branch);

/* an_path_tree_children returns the kept children of a branch of a finished tree, in order. */
extern const uint32_t *an_path_tree_children(const AnPathTree *tree, const AnBranch *branch);

#endif /* AN_KERNEL_PATH_TREE_H */
