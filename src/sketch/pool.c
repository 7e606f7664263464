/*
 * pool.c - memory for many small states that grow side by side
 */
#include "sketch/pool.h"

#include "port/pg_bitutils.h"

/* Orders of size: AN_POOL_MIN << order bytes. */
#define ORDERS 9
StaticAssertDecl(AN_POOL_MIN << (ORDERS - 1) == AN_POOL_MAX, "orders end at the largest block");

/* Arenas grow from one to the other, so that a few groups stay small and many do not need many arenas. */
#define ARENA_FIRST 1024
#define ARENA_LAST	65536

/* What a unit's mark says: 0 inside of a block, else the block's order plus 1, with this bit where it is free. */
#define FREE 0x80

/* A free block is a member of the list of its order. */
typedef struct FreeBlock
{
	struct FreeBlock *next; /* NULL for the last */
	struct FreeBlock *prev; /* NULL for the first */
} FreeBlock;

/* Memory that blocks are cut from: marks, and behind them the units, AN_POOL_MIN bytes each. */
typedef struct Arena
{
	char *units;						/* the first unit */
	uint32 n_units;						/* how many; any number, not only a power of two */
	uint8 marks[FLEXIBLE_ARRAY_MEMBER]; /* one a unit */
} Arena;

struct AnPool
{
	MemoryContext context;	 /* where all memory comes from */
	FreeBlock *free[ORDERS]; /* free blocks by order */
	Arena **arenas;			 /* in order of their addresses */
	int n_arenas;			 /* how many */
	int max_arenas;			 /* room in the array */
	Size next_size;			 /* bytes of the next arena */
};

static void *pool_take(void *owner, size_t size);
static void pool_give(void *owner, void *block);
static void add_arena(AnPool *pool, int order);
static Arena *find_arena(AnPool *pool, const void *block);
static void put_free(AnPool *pool, Arena *arena, uint32 unit, int order);
static void take_free(AnPool *pool, Arena *arena, uint32 unit, int order);

AnPool *
an_pool_new(MemoryContext context)
{
	AnPool *pool = MemoryContextAllocZero(context, sizeof(AnPool));

	pool->context = context;
	pool->next_size = ARENA_FIRST;
	return pool;
}

AnMemory
an_pool_memory(AnPool *pool)
{
	return (AnMemory){.take = pool_take, .give = pool_give, .owner = pool};
}

static inline FreeBlock *
block_at(Arena *arena, uint32 unit)
{
	return (FreeBlock *) (arena->units + (Size) unit * AN_POOL_MIN);
}

static inline uint32
unit_of(Arena *arena, const void *block)
{
	return ((const char *) block - arena->units) / AN_POOL_MIN;
}

/* Takes the smallest block that is large enough, and gives back the halves that are too much. */
static void *
pool_take(void *owner, size_t size)
{
	AnPool *pool = owner;
	int wanted = size <= AN_POOL_MIN ? 0 : pg_leftmost_one_pos32((size - 1) / AN_POOL_MIN) + 1;
	int order = wanted;
	FreeBlock *block;
	Arena *arena;
	uint32 unit;

	if (size > AN_POOL_MAX)
		return MemoryContextAllocHuge(pool->context, size);
	while (order < ORDERS && pool->free[order] == NULL)
		order++;
	if (order == ORDERS)
	{
		add_arena(pool, wanted);
		return pool_take(owner, size);
	}
	block = pool->free[order];
	arena = find_arena(pool, block);
	unit = unit_of(arena, block);
	take_free(pool, arena, unit, order);
	while (order > wanted)
	{
		order--;
		put_free(pool, arena, unit + (1 << order), order);
	}
	arena->marks[unit] = wanted + 1;
	return block;
}

/* Joins a block with its neighbour as long as that is free too. */
static void
pool_give(void *owner, void *block)
{
	AnPool *pool = owner;
	Arena *arena;
	uint32 unit;
	int order;

	if (block == NULL)
		return;
	arena = find_arena(pool, block);
	if (arena == NULL)
	{
		pfree(block);
		return;
	}
	unit = unit_of(arena, block);
	order = arena->marks[unit] - 1;
	Assert(order >= 0 && order < ORDERS);
	arena->marks[unit] = 0;
	while (order < ORDERS - 1)
	{
		uint32 neighbour = unit ^ (UINT32_C(1) << order);

		if (neighbour >= arena->n_units || arena->marks[neighbour] != (FREE | (order + 1)))
			break;
		take_free(pool, arena, neighbour, order);
		unit = Min(unit, neighbour);
		order++;
	}
	put_free(pool, arena, unit, order);
}

/* Marks a block as free and puts it at the head of its list. */
static void
put_free(AnPool *pool, Arena *arena, uint32 unit, int order)
{
	FreeBlock *block = block_at(arena, unit);

	arena->marks[unit] = FREE | (order + 1);
	block->prev = NULL;
	block->next = pool->free[order];
	if (block->next)
		block->next->prev = block;
	pool->free[order] = block;
}

/* Takes a free block out of its list. */
static void
take_free(AnPool *pool, Arena *arena, uint32 unit, int order)
{
	FreeBlock *block = block_at(arena, unit);

	arena->marks[unit] = 0;
	if (block->next)
		block->next->prev = block->prev;
	if (block->prev)
		block->prev->next = block->next;
	else
		pool->free[order] = block->next;
}

/* Adds an arena in which there is a free block of this order. */
static void
add_arena(AnPool *pool, int order)
{
	Size unit_size = AN_POOL_MIN + sizeof(uint8);
	Size head = MAXALIGN(offsetof(Arena, marks)) + MAXIMUM_ALIGNOF;
	Size size = Max(pool->next_size, head + (unit_size << order));
	uint32 n_units = (size - head) / unit_size;
	Arena *arena;
	int place = 0;

	if (pool->n_arenas == pool->max_arenas)
	{
		int max = Max(8, 2 * pool->max_arenas);
		Arena **arenas = MemoryContextAlloc(pool->context, max * sizeof(Arena *));

		if (pool->arenas)
		{
			memcpy(arenas, pool->arenas, pool->n_arenas * sizeof(Arena *));
			pfree(pool->arenas);
		}
		pool->arenas = arenas;
		pool->max_arenas = max;
	}
	arena = MemoryContextAlloc(pool->context, size);
	memset(arena->marks, 0, n_units);
	arena->n_units = n_units;
	arena->units = (char *) MAXALIGN(arena->marks + n_units);
	pool->next_size = Min(2 * pool->next_size, ARENA_LAST);
	while (place < pool->n_arenas && pool->arenas[place] < arena)
		place++;
	memmove(&pool->arenas[place + 1], &pool->arenas[place],
			(pool->n_arenas - place) * sizeof(Arena *));
	pool->arenas[place] = arena;
	pool->n_arenas++;
	/* The largest blocks first: each begins at a multiple of its size. */
	for (uint32 unit = 0; unit < n_units;)
	{
		int largest = Min(pg_leftmost_one_pos32(n_units - unit), ORDERS - 1);

		put_free(pool, arena, unit, largest);
		unit += 1 << largest;
	}
}

/* Returns the arena that a block lies in, NULL for one that came from the context. */
static Arena *
find_arena(AnPool *pool, const void *block)
{
	int low = 0;
	int high = pool->n_arenas;

	while (low < high)
	{
		int middle = (low + high) / 2;
		Arena *arena = pool->arenas[middle];

		if ((const char *) block < arena->units)
			high = middle;
		else if ((const char *) block >= arena->units + (Size) arena->n_units * AN_POOL_MIN)
			low = middle + 1;
		else
			return arena;
	}
	return NULL;
}
