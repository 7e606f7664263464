/*
 * flow.c - the edges of one step, counted (flow.h)
 *
 * Three looks at the records: edges and nodes are counted in a table; then the
 * kept edges are chosen; then the people of those that are not, and the times of
 * those that are.
 */
#include "kernel/flow.h"

#include <string.h>

#include "kernel/hash.h"
#include "kernel/spans.h"

/* In the place of a far node: the entry counts visits of the near one. */
#define VISITS (UINT32_MAX - 1)

/* The entry has no place among the kept edges. */
#define NOT_KEPT UINT32_MAX

#define FIRST_CAPACITY 64

/* An edge, or the visits of a node. */
typedef struct Entry
{
	uint64_t key;		  /* near << 32 | far, of which far is VISITS for a node */
	uint64_t transitions; /* how often; 0: the place in the table is free */
	uint64_t entities;	  /* different entities */
	uint64_t last;		  /* the entity that was counted last, from 1 */
	uint32_t place;		  /* among the kept edges, or the rests; or NOT_KEPT */
} Entry;

/* What is summed up of edges that are not kept. */
typedef struct Rest
{
	uint64_t transitions; /* how often */
	uint64_t entities;	  /* different entities */
	uint64_t last;		  /* the entity that was counted last */
} Rest;

/* The step under work. */
typedef struct Step
{
	const AnFlowRule *rule; /* what is asked */
	const AnMemory *memory; /* where from */
	const int64_t *records; /* the transitions */
	size_t n;				/* how many */
	Entry *table;			/* edges and nodes by hash */
	size_t capacity;		/* places in it, a power of 2 */
	size_t used;			/* entries */
	uint64_t n_entities;	/* different entities in the step */
	uint64_t *order;		/* places of edges in the table, the kept ones first */
	size_t n_kept;			/* kept edges */
	int64_t *times;			/* times of the kept edges, edge by edge */
	size_t *offsets;		/* where each kept edge's begin; one more than there are */
	Rest *rests;			/* for each node that has a kept edge */
	size_t n_rests;			/* how many nodes */
} Step;

static inline uint64_t
key_of(int64_t word)
{
	return (uint64_t) word & INT64_MAX;
}

static inline uint64_t
node_key(uint64_t key)
{
	return (key & ~(uint64_t) UINT32_MAX) | VISITS;
}

static inline uint32_t
near_of(uint64_t key)
{
	return (uint32_t) (key >> 32);
}

static inline uint32_t
far_of(uint64_t key)
{
	return (uint32_t) key;
}

/* Returns the place of a key, or the free one where it belongs. */
static inline Entry *
find_entry(const Step *step, uint64_t key)
{
	size_t i = an_murmur3_final_mix(key) & (step->capacity - 1);

	while (step->table[i].transitions != 0 && step->table[i].key != key)
		i = (i + 1) & (step->capacity - 1);
	return &step->table[i];
}

static void
make_table(Step *step, size_t capacity)
{
	step->capacity = capacity;
	step->table = an_memory_take(step->memory, capacity * sizeof(Entry));
	memset(step->table, 0, capacity * sizeof(Entry));
}

static void
grow_table(Step *step)
{
	Entry *old = step->table;
	size_t n = step->capacity;

	make_table(step, n * 2);
	for (size_t i = 0; i < n; i++)
		if (old[i].transitions != 0)
			*find_entry(step, old[i].key) = old[i];
	an_memory_give(step->memory, old);
}

static inline void
count_entry(Step *step, uint64_t key, uint64_t entity)
{
	Entry *entry = find_entry(step, key);

	if (entry->transitions == 0)
	{
		entry->key = key;
		entry->place = NOT_KEPT;
		step->used++;
	}
	entry->transitions++;
	entry->entities += entry->last != entity;
	entry->last = entity;
}

static void
count_all(Step *step)
{
	uint64_t entity = 0;

	for (size_t i = 0; i < step->n; i++)
	{
		uint64_t key = key_of(step->records[i * AN_FLOW_WORDS]);

		if (step->used + 2 > step->capacity / 2)
			grow_table(step);
		entity += step->records[i * AN_FLOW_WORDS] < 0;
		count_entry(step, key, entity);
		count_entry(step, node_key(key), entity);
	}
	step->n_entities = entity;
}

/* Tells whether edge a comes before edge b. */
static bool
is_before(const Step *step, uint64_t a, uint64_t b)
{
	const Entry *left = &step->table[a];
	const Entry *right = &step->table[b];
	bool by_transitions = step->rule->by_transitions;
	uint64_t l = by_transitions ? left->transitions : left->entities;
	uint64_t r = by_transitions ? right->transitions : right->entities;

	if (l != r)
		return l > r;
	l = by_transitions ? left->entities : left->transitions;
	r = by_transitions ? right->entities : right->transitions;
	if (l != r)
		return l > r;
	return left->key < right->key;
}

/* Lets an edge sink in a heap whose root comes last. */
static void
sink(const Step *step, size_t i, size_t n)
{
	uint64_t *heap = step->order;
	uint64_t moved = heap[i];

	for (size_t child; (child = 2 * i + 1) < n; i = child)
	{
		if (child + 1 < n && is_before(step, heap[child], heap[child + 1]))
			child++;
		if (!is_before(step, moved, heap[child]))
			break;
		heap[i] = heap[child];
	}
	heap[i] = moved;
}

/* Makes a heap of the first n edges. */
static void
make_heap(const Step *step, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sink(step, i, n);
}

/* Chooses the kept edges: a heap of the best so far, whose root is the worst of them; then it is sorted. */
static void
choose_kept(Step *step)
{
	size_t top = step->rule->top < step->used ? step->rule->top : step->used;
	size_t n = 0;

	step->order = an_memory_take(step->memory, top * sizeof(uint64_t));
	for (size_t i = 0; i < step->capacity; i++)
	{
		if (step->table[i].transitions == 0 || far_of(step->table[i].key) == VISITS)
			continue;
		if (n < top)
		{
			step->order[n++] = i;
			if (n == top)
				make_heap(step, n);
		}
		else if (is_before(step, i, step->order[0]))
		{
			step->order[0] = i;
			sink(step, 0, n);
		}
	}
	if (n < top)
		make_heap(step, n);
	step->n_kept = n;
	for (size_t end = n; end-- > 1;)
	{
		uint64_t worst = step->order[0];

		step->order[0] = step->order[end];
		step->order[end] = worst;
		sink(step, 0, end);
	}
}

/* Gives the kept edges and their nodes places, and each edge the room of its times. */
static void
place_kept(Step *step)
{
	const AnMemory *memory = step->memory;

	step->offsets = an_memory_take(memory, (step->n_kept + 1) * sizeof(size_t));
	step->offsets[0] = 0;
	for (size_t k = 0; k < step->n_kept; k++)
	{
		Entry *edge = &step->table[step->order[k]];
		Entry *node = find_entry(step, node_key(edge->key));

		edge->place = (uint32_t) k;
		if (node->place == NOT_KEPT)
			node->place = (uint32_t) step->n_rests++;
		step->offsets[k + 1] = step->offsets[k] + edge->transitions;
	}
	step->rests = an_memory_take(memory, (step->n_rests + 1) * sizeof(Rest));
	memset(step->rests, 0, (step->n_rests + 1) * sizeof(Rest));
	step->times = an_memory_take(memory, (step->offsets[step->n_kept] + 1) * sizeof(int64_t));
}

static void
count_rest(Rest *rest, uint64_t entity)
{
	rest->transitions++;
	rest->entities += rest->last != entity;
	rest->last = entity;
}

/* Sums up what is not kept, and deals out the times of what is; the last rest is what has no node. */
static void
sum_up(Step *step)
{
	uint64_t entity = 0;

	for (size_t i = 0; i < step->n; i++)
	{
		const int64_t *record = step->records + i * AN_FLOW_WORDS;
		uint64_t key = key_of(record[0]);
		const Entry *edge = find_entry(step, key);
		uint32_t place = edge->place;

		entity += record[0] < 0;
		if (place != NOT_KEPT)
		{
			step->times[step->offsets[place]++] = record[1];
			continue;
		}
		place = find_entry(step, node_key(key))->place;
		count_rest(&step->rests[place == NOT_KEPT ? step->n_rests : place], entity);
	}
	/* Each offset has come to its edge's end, which is the beginning of the next. */
	for (size_t k = step->n_kept; k > 0; k--)
		step->offsets[k] = step->offsets[k - 1];
	step->offsets[0] = 0;
}

/* Hands on kept edge k. */
static void
give_edge(const Step *step, size_t k, AnFlowFunction function, void *arg)
{
	const Entry *entry = &step->table[step->order[k]];
	const Entry *node = find_entry(step, node_key(entry->key));
	AnSpans times = {.spans = step->times + step->offsets[k], .n = entry->transitions};
	AnFlowEdge edge = {.near = near_of(entry->key),
					   .far = far_of(entry->key),
					   .entities = entry->entities,
					   .transitions = entry->transitions,
					   .node_entities = node->entities,
					   .node_transitions = node->transitions};

	edge.kind = edge.far == AN_FLOW_ENDED ? AN_FLOW_END : AN_FLOW_EDGE;
	if (edge.kind == AN_FLOW_EDGE)
	{
		edge.mean_us = an_spans_mean(&times);
		edge.median_us = an_spans_quantile(&times, 0.5);
	}
	function(arg, &edge);
}

/* Hands on what is not kept: for each node with a kept edge, then the rest. */
static void
give_rests(const Step *step, AnFlowFunction function, void *arg)
{
	size_t given = 0;

	for (size_t k = 0; k < step->n_kept; k++)
	{
		const Entry *node = find_entry(step, node_key(step->table[step->order[k]].key));
		const Rest *rest = &step->rests[node->place];

		if (node->place != given)
			continue;
		given++;
		if (rest->transitions > 0)
			function(arg, &(AnFlowEdge){.kind = AN_FLOW_REST,
										.near = near_of(node->key),
										.entities = rest->entities,
										.transitions = rest->transitions,
										.node_entities = node->entities,
										.node_transitions = node->transitions});
	}
	if (step->rests[step->n_rests].transitions > 0)
		function(arg, &(AnFlowEdge){.kind = AN_FLOW_MORE,
									.entities = step->rests[step->n_rests].entities,
									.transitions = step->rests[step->n_rests].transitions,
									.node_entities = step->n_entities,
									.node_transitions = step->n});
}

void
an_flow_step(const AnFlowRule *rule, const int64_t *records, size_t n, const AnMemory *memory,
			 AnFlowFunction function, void *arg)
{
	Step step = {.rule = rule, .memory = memory, .records = records, .n = n};

	if (n == 0)
		return;
	make_table(&step, FIRST_CAPACITY);
	count_all(&step);
	choose_kept(&step);
	place_kept(&step);
	sum_up(&step);
	for (size_t k = 0; k < step.n_kept; k++)
		give_edge(&step, k, function, arg);
	give_rests(&step, function, arg);
	an_memory_give(memory, step.times);
	an_memory_give(memory, step.rests);
	an_memory_give(memory, step.offsets);
	an_memory_give(memory, step.order);
	an_memory_give(memory, step.table);
}
