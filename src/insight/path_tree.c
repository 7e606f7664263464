/*
 * path_tree.c - path_tree: the paths of a source as nested JSON
 */
#include "insight/flow.h"

#include "utils/builtins.h"
#include "utils/json.h"

#include "kernel/path_tree.h"

/* The answer under work. */
typedef struct Tree
{
	AnFlows flows;		 /* what is asked */
	AnPathTree *paths;	 /* the paths so far */
	StringInfoData json; /* the answer's text */
} Tree;

static void take_path(void *arg, const AnPath *path, bool first);
static const AnBranch *find_anchor(const Tree *tree);
static void write_branch(Tree *tree, const AnBranch *branch, const char *name);

/*
 * Returns the paths of a source in [start, finish) as a tree from their anchor.
 * Errors: as paths, and 54000 for an answer beyond what jsonb holds.
 */
AN_SQL(path_tree)
{
	Tree tree = {0};
	AnMemory memory;
	AnSpi spi;
	Datum result;
	const char *anchor;

	an_spi_begin(&spi, AN_READ);
	an_flows_ask(&tree.flows, &spi, fcinfo);
	memory = an_memory(
		AllocSetContextCreate(CurrentMemoryContext, "analytics tree", ALLOCSET_DEFAULT_SIZES));
	tree.paths = an_path_tree_create(&memory);
	an_flows_read(&tree.flows, take_path, &tree);
	an_path_tree_finish(tree.paths, tree.flows.top, tree.flows.by_transitions);
	initStringInfo(&tree.json);
	anchor = tree.flows.start_at ? tree.flows.start_at : tree.flows.end_at;
	write_branch(&tree, find_anchor(&tree), anchor);
	MemoryContextSwitchTo(spi.caller);
	result = DirectFunctionCall1(jsonb_in, CStringGetDatum(tree.json.data));
	an_spi_end(&spi);
	PG_RETURN_DATUM(result);
}

static void
take_path(void *arg, const AnPath *path, bool first)
{
	Tree *tree = arg;

	an_check(an_path_tree_add(tree->paths, path, first), "path_tree");
}

/* Returns the branch that the answer begins with: that of the anchor, or the one that all paths share. */
static const AnBranch *
find_anchor(const Tree *tree)
{
	const AnBranch *root = an_path_tree_branch(tree->paths, 0);

	if ((tree->flows.start_at || tree->flows.end_at) && root->n_children > 0)
		return an_path_tree_branch(tree->paths, an_path_tree_children(tree->paths, root)[0]);
	return root;
}

/* Writes a branch and those below it; name is NULL for what all paths share. */
static void
write_branch(Tree *tree, const AnBranch *branch, const char *name)
{
	StringInfo json = &tree->json;
	const uint32 *children = an_path_tree_children(tree->paths, branch);

	CHECK_FOR_INTERRUPTS();
	appendStringInfoString(json, "{\"name\": ");
	if (name)
		escape_json(json, name);
	else
		appendStringInfoString(json, "null");
	appendStringInfo(json,
					 ", \"entities\": " UINT64_FORMAT ", \"paths\": " UINT64_FORMAT
					 ", \"ended\": " UINT64_FORMAT ", \"children\": [",
					 branch->entities, branch->paths, branch->ended);
	for (uint32 i = 0; i < branch->n_children; i++)
	{
		const AnBranch *child = an_path_tree_branch(tree->paths, children[i]);
		size_t size;

		if (i > 0)
			appendStringInfoString(json, ", ");
		write_branch(tree, child, an_nodes_name(&tree->flows.nodes, child->node, &size));
	}
	appendStringInfoChar(json, ']');
	if (branch->n_others > 0)
		appendStringInfo(json,
						 ", \"other\": {\"names\": %u, \"entities\": " UINT64_FORMAT
						 ", \"paths\": " UINT64_FORMAT "}",
						 branch->n_others, branch->other_entities, branch->other_paths);
	appendStringInfoChar(json, '}');
}
