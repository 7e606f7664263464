/*
 * paths.c - paths: from where to where, step by step
 *
 * The transitions of all paths are gathered by their step (kernel/gather.h), so what
 * does not fit into memory goes to files; then each step is counted (kernel/flow.h).
 */
#include "insight/flow.h"

#include "executor/nodeHash.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "insight/answer.h"
#include "kernel/flow.h"

/* Columns of the answer. */
enum
{
	COLUMN_STEP,
	COLUMN_SOURCE_NODE,
	COLUMN_TARGET_NODE,
	COLUMN_ENTITIES,
	COLUMN_TRANSITIONS,
	COLUMN_SHARE,
	COLUMN_AVG_TIME,
	COLUMN_MEDIAN_TIME,
	COLUMN_KIND,
	N_COLUMNS,
};

/* An edge of the answer. */
typedef struct Edge
{
	int step;		   /* from 1, counted from the anchor */
	AnFlowEdge counts; /* the rest */
} Edge;

/* The answer under work. */
typedef struct Paths
{
	AnFlows flows;	   /* what is asked */
	AnFlowRule rule;   /* the same, for the kernel */
	AnMemory memory;   /* where the kernel works */
	AnGather *gather;  /* transitions by step */
	uint64 n_entities; /* entities so far */
	uint64 *last;	   /* for each step the entity that was there last, from 1 */
	Edge *edges;	   /* counted edges: those of a step follow one another */
	size_t n;		   /* how many */
	size_t room;	   /* room for so many */
	int step;		   /* the step that is counted */
} Paths;

static void count_paths(Paths *paths);
static void take_path(void *arg, const AnPath *path, bool first);
static void add_transition(Paths *paths, int step, uint32 near, uint32 far, int64 us);
static void take_step(void *arg, const void *key, size_t size, int64_t *words, size_t n);
static void take_edge(void *arg, const AnFlowEdge *edge);
static void emit(ReturnSetInfo *rsinfo, const Paths *paths, int step);
static void emit_edge(ReturnSetInfo *rsinfo, const Paths *paths, const Edge *edge);
static void show_node(const Paths *paths, uint32 node, Datum *value);

/*
 * Returns the edges of the paths of a source in [start, finish).  Errors: 22004 and
 * 22023 for bad arguments, 42704 for an unknown source, 2201B for a rule's pattern.
 */
AN_SQL(paths)
{
	ReturnSetInfo *rsinfo;
	Paths paths = {0};
	AnSpi spi;

	InitMaterializedSRF(fcinfo, 0);
	rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	an_spi_begin(&spi, AN_READ);
	an_flows_ask(&paths.flows, &spi, fcinfo);
	count_paths(&paths);
	for (int step = 1; step <= (int) paths.flows.rule.max_steps; step++)
		emit(rsinfo, &paths,
			 an_path_backward(&paths.flows.rule) ? (int) paths.flows.rule.max_steps + 1 - step
												 : step);
	an_spi_end(&spi);
	return (Datum) 0;
}

static void
count_paths(Paths *paths)
{
	paths->rule.top = paths->flows.top;
	paths->rule.by_transitions = paths->flows.by_transitions;
	paths->memory = an_memory(
		AllocSetContextCreate(CurrentMemoryContext, "analytics paths", ALLOCSET_DEFAULT_SIZES));
	paths->last = palloc0((paths->flows.rule.max_steps + 1) * sizeof(uint64));
	paths->room = 64;
	paths->edges = palloc(paths->room * sizeof(Edge));
	paths->gather = an_gather_create(sizeof(int64), AN_FLOW_WORDS, get_hash_memory_limit(),
									 &paths->memory, an_gather_files());
	an_flows_read(&paths->flows, take_path, paths);
	an_gather_each(paths->gather, take_step, paths);
	an_gather_free(paths->gather);
}

static void
take_path(void *arg, const AnPath *path, bool first)
{
	Paths *paths = arg;

	paths->n_entities += first;
	for (uint32 i = 0; i + 1 < path->n; i++)
	{
		TimestampTz from = Min(path->times[i], path->times[i + 1]);
		TimestampTz to = Max(path->times[i], path->times[i + 1]);

		add_transition(paths, i + 1, path->nodes[i], path->nodes[i + 1],
					   an_answer_between(from, to));
	}
	if (path->n <= paths->flows.rule.max_steps)
		add_transition(paths, path->n, path->nodes[path->n - 1], AN_FLOW_ENDED, 0);
}

static void
add_transition(Paths *paths, int step, uint32 near, uint32 far, int64 us)
{
	int64 words[AN_FLOW_WORDS];

	an_flow_record(words, near, far, paths->last[step] != paths->n_entities, us);
	paths->last[step] = paths->n_entities;
	an_gather_add_int64(paths->gather, step, words);
}

static void
take_step(void *arg, const void *key, size_t size, int64_t *words, size_t n)
{
	Paths *paths = arg;
	int64 step;

	CHECK_FOR_INTERRUPTS();
	memcpy(&step, key, sizeof(step));
	paths->step = (int) step;
	an_flow_step(&paths->rule, words, n, &paths->memory, take_edge, paths);
}

static void
take_edge(void *arg, const AnFlowEdge *edge)
{
	Paths *paths = arg;

	if (paths->n == paths->room)
	{
		paths->room *= 2;
		paths->edges = repalloc_huge(paths->edges, paths->room * sizeof(Edge));
	}
	paths->edges[paths->n++] = (Edge){.step = paths->step, .counts = *edge};
}

/* Puts out the edges of a step, which are in order. */
static void
emit(ReturnSetInfo *rsinfo, const Paths *paths, int step)
{
	for (size_t i = 0; i < paths->n; i++)
		if (paths->edges[i].step == step)
			emit_edge(rsinfo, paths, &paths->edges[i]);
}

static void
emit_edge(ReturnSetInfo *rsinfo, const Paths *paths, const Edge *edge)
{
	const AnFlowEdge *counts = &edge->counts;
	bool backward = an_path_backward(&paths->flows.rule);
	int near = backward ? COLUMN_TARGET_NODE : COLUMN_SOURCE_NODE;
	int far = backward ? COLUMN_SOURCE_NODE : COLUMN_TARGET_NODE;
	const char *kind = counts->kind == AN_FLOW_EDGE	 ? "step"
					   : counts->kind != AN_FLOW_END ? "other"
					   : backward					 ? "begin"
													 : "end";
	Datum values[N_COLUMNS];
	bool nulls[N_COLUMNS] = {false};

	values[COLUMN_STEP] = Int32GetDatum(backward ? -edge->step : edge->step);
	nulls[near] = counts->kind == AN_FLOW_MORE;
	nulls[far] = nulls[COLUMN_AVG_TIME] = nulls[COLUMN_MEDIAN_TIME] = counts->kind != AN_FLOW_EDGE;
	if (!nulls[near])
		show_node(paths, counts->near, &values[near]);
	if (!nulls[far])
	{
		show_node(paths, counts->far, &values[far]);
		values[COLUMN_AVG_TIME] = an_answer_span(counts->mean_us);
		values[COLUMN_MEDIAN_TIME] = an_answer_span(counts->median_us);
	}
	values[COLUMN_ENTITIES] = Int64GetDatum((int64) counts->entities);
	values[COLUMN_TRANSITIONS] = Int64GetDatum((int64) counts->transitions);
	an_answer_share((int64) counts->entities, (int64) counts->node_entities, COLUMN_SHARE,
					AN_ANSWER_NONE, AN_ANSWER_NONE, values, nulls);
	values[COLUMN_KIND] = CStringGetTextDatum(kind);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
show_node(const Paths *paths, uint32 node, Datum *value)
{
	size_t size;
	const char *name = an_nodes_name(&paths->flows.nodes, node, &size);

	*value = PointerGetDatum(cstring_to_text_with_len(name, (int) size));
}
