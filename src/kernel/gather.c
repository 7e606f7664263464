/*
 * gather.c - records of many entities, brought together entity by entity
 *
 * A gathering is of a level.  That of level 0 is the caller's: it begins with one
 * part, and deals out by the highest byte of the hash once there is enough.  A part
 * that is read from its file and too large becomes a gathering of the next level, which
 * deals out by the next byte, with the same budget: what was in memory is gone by then.
 */
#include "kernel/gather.h"

#include <string.h>

#include "kernel/gather_group.h"

#define MAX_PARTS	   256
#define MIN_PARTS	   8
#define MAX_LEVEL	   3				  /* the upper half of the hash has 4 bytes */
#define DEAL_BYTES	   ((size_t) 1 << 18) /* from here on there are parts; a cache holds so much */
#define BYTES_PER_PART ((size_t) 1 << 15) /* of the budget; a file has a buffer, too */
#define BLOCK_MIN	   2048
#define BLOCK_MAX	   65536
#define BLOCK_HEAD	   offsetof(AnGatherBlock, data)
#define WORD		   sizeof(uint64_t)

/* Records whose hashes have some bits in common. */
typedef struct Part
{
	uint64_t *at;		  /* where the next record goes in `last` */
	uint64_t *end;		  /* behind the last word of `last` */
	AnGatherBlock *first; /* its blocks, in the order of records */
	AnGatherBlock *last;  /* the one that is being filled, or NULL */
	size_t bytes;		  /* of its blocks */
} Part;

/* What of a part went to a file: blocks, each behind the number of its words. */
typedef struct Spill
{
	void *file;		/* NULL: nothing did */
	uint64_t bytes; /* written, with the numbers */
	uint64_t hash;	/* of the first record */
	bool mixed;		/* another record has another hash */
} Spill;

struct AnGather
{
	/* What every record needs. */
	Part *parts;	  /* n_parts of them */
	unsigned shift;	  /* bits of the hash below those that choose the part */
	unsigned mask;	  /* n_parts - 1 */
	uint32_t n_words; /* words of a record behind its key */
	size_t record;	  /* words of a record, if keys are numbers */
	/* The rest. */
	bool wide;			/* keys are bytes */
	unsigned level;		/* of dealing out */
	unsigned n_parts;	/* 1 or max_parts */
	unsigned max_parts; /* a power of two */
	size_t budget;		/* bytes that blocks may take */
	size_t max_block;	/* bytes of a block, where no single record needs more */
	size_t deal_bytes;	/* bytes from which on one part does not do */
	size_t bytes;		/* of all blocks */
	const AnMemory *memory;
	const AnGatherFiles *files; /* NULL: no files */
	Part one;					/* the part, as long as there is one */
	Spill *spills;				/* of the parts; NULL: all are in memory */
	AnGatherBlock *dealt;		/* blocks that are being dealt out */
	AnGather *deeper;			/* gathering of a part that is dealt out again, or NULL */
	AnGrouping grouping;		/* scratch of an_gather_each */
};

/* Makes the gathering one empty part. */
static void
make_empty(AnGather *gather)
{
	memset(&gather->one, 0, sizeof(gather->one));
	gather->parts = &gather->one;
	gather->n_parts = 1;
	gather->mask = 0;
	gather->bytes = 0;
}

/* Sets sizes that go with the budget: buffers of all parts take at most a quarter of it. */
static void
divide_budget(AnGather *gather)
{
	gather->max_parts = MAX_PARTS;
	while (gather->max_parts > MIN_PARTS && gather->max_parts * BYTES_PER_PART > gather->budget)
		gather->max_parts /= 2;
	gather->max_block = BLOCK_MAX;
	while (gather->max_block > BLOCK_MIN &&
		   gather->max_block * gather->max_parts > gather->budget / 4)
		gather->max_block /= 2;
	gather->deal_bytes = gather->budget / 2 < DEAL_BYTES ? gather->budget / 2 : DEAL_BYTES;
}

static AnGather *
create(bool wide, uint32_t n_words, size_t budget, unsigned level, const AnMemory *memory,
	   const AnGatherFiles *files)
{
	AnGather *gather = an_memory_take(memory, sizeof(*gather));

	memset(gather, 0, sizeof(*gather));
	gather->shift = 64 - 8 * (level + 1);
	gather->n_words = n_words;
	gather->record = 1 + n_words;
	gather->wide = wide;
	gather->level = level;
	gather->budget = files != NULL ? budget : SIZE_MAX;
	gather->memory = memory;
	gather->files = files;
	an_grouping_init(&gather->grouping, wide, n_words, memory);
	divide_budget(gather);
	make_empty(gather);
	return gather;
}

AnGather *
an_gather_create(size_t key_size, uint32_t n_words, size_t budget_bytes, const AnMemory *memory,
				 const AnGatherFiles *files)
{
	return create(key_size != sizeof(uint64_t), n_words, budget_bytes, 0, memory, files);
}

/* Gives back a list of blocks; *list is always what is left. */
static void
give_blocks(const AnGather *gather, AnGatherBlock **list)
{
	while (*list != NULL)
	{
		AnGatherBlock *block = *list;

		*list = block->next;
		an_memory_give(gather->memory, block);
	}
}

static void
clear_part(AnGather *gather, Part *part)
{
	give_blocks(gather, &part->first);
	gather->bytes -= part->bytes;
	memset(part, 0, sizeof(*part));
}

static void
close_file(AnGather *gather, Spill *spill)
{
	void *file = spill->file;

	spill->file = NULL;
	if (file != NULL)
		gather->files->close(gather->files->owner, file);
}

/* Gives back all that belongs to records. */
static void
discard(AnGather *gather)
{
	an_gather_free(gather->deeper);
	gather->deeper = NULL;
	give_blocks(gather, &gather->dealt);
	an_grouping_free(&gather->grouping);
	for (unsigned i = 0; i < gather->n_parts; i++)
	{
		clear_part(gather, &gather->parts[i]);
		if (gather->spills != NULL)
			close_file(gather, &gather->spills[i]);
	}
	an_memory_give(gather->memory, gather->spills);
	gather->spills = NULL;
	if (gather->parts != &gather->one)
		an_memory_give(gather->memory, gather->parts);
	make_empty(gather);
}

void
an_gather_free(AnGather *gather)
{
	if (gather == NULL)
		return;
	discard(gather);
	an_memory_give(gather->memory, gather);
}

bool
an_gather_spilled(const AnGather *gather)
{
	return gather->spills != NULL;
}

/* Writes down how far the last block of a part is filled. */
static void
close_block(Part *part)
{
	if (part->last != NULL)
		part->last->used = (size_t) (part->at - part->last->data);
}

/* Returns the words of a record that stands in a block, and its hash. */
static size_t
measure(const AnGather *gather, const uint64_t *record, uint64_t *hash)
{
	size_t size;

	if (!gather->wide)
	{
		*hash = an_gather_hash_int64(record[0]);
		return gather->record;
	}
	size = an_gather_head_size(record[0]);
	*hash = an_bytehash(record + 1, size);
	return 1 + an_gather_key_words(size) + gather->n_words;
}

/* Notes whether a part whose block this is has records with different hashes. */
static void
note_hashes(const AnGather *gather, Spill *spill, const AnGatherBlock *block)
{
	size_t at = 0;
	uint64_t hash;

	if (spill->bytes == 0 && block->used > 0)
		measure(gather, block->data, &spill->hash);
	while (!spill->mixed && at < block->used)
	{
		at += measure(gather, block->data + at, &hash);
		spill->mixed = hash != spill->hash;
	}
}

/* Moves the blocks of a part to its file. */
static void
spill_part(AnGather *gather, unsigned number)
{
	const AnGatherFiles *files = gather->files;
	Part *part = &gather->parts[number];
	Spill *spill;

	if (gather->spills == NULL)
	{
		Spill *spills = an_memory_take(gather->memory, gather->n_parts * sizeof(*spills));

		memset(spills, 0, gather->n_parts * sizeof(*spills));
		gather->spills = spills;
	}
	spill = &gather->spills[number];
	if (spill->file == NULL)
		spill->file = files->create(files->owner);
	close_block(part);
	for (AnGatherBlock *block = part->first; block != NULL; block = block->next)
	{
		uint64_t used = block->used;

		note_hashes(gather, spill, block);
		files->write(files->owner, spill->file, &used, sizeof(used));
		files->write(files->owner, spill->file, block->data, used * WORD);
		spill->bytes += sizeof(used) + used * WORD;
	}
	clear_part(gather, part);
}

static bool
is_spilled(const AnGather *gather, unsigned number)
{
	return gather->spills != NULL && gather->spills[number].file != NULL;
}

/* Spills the largest parts until so many bytes fit into the budget, or all are spilled. */
static void
make_space(AnGather *gather, size_t bytes)
{
	while (gather->n_parts > 1 && gather->bytes + bytes > gather->budget)
	{
		unsigned largest = gather->n_parts;

		for (unsigned i = 0; i < gather->n_parts; i++)
			if (!is_spilled(gather, i) && gather->parts[i].bytes > 0 &&
				(largest == gather->n_parts ||
				 gather->parts[i].bytes > gather->parts[largest].bytes))
				largest = i;
		if (largest == gather->n_parts)
			return;
		spill_part(gather, largest);
	}
}

/* Returns the bytes of a part's next block: an eighth of what it has at most, so that little stays empty. */
static size_t
block_bytes(const AnGather *gather, const Part *part)
{
	size_t bytes = BLOCK_MIN;

	while (bytes < gather->max_block && bytes <= part->bytes / 16)
		bytes *= 2;
	return bytes;
}

/* Gives a part a new block, with room for n words at least. */
static void
add_block(AnGather *gather, unsigned number, size_t n)
{
	Part *part = &gather->parts[number];
	size_t bytes = block_bytes(gather, part);
	AnGatherBlock *block;

	if (is_spilled(gather, number))
	{
		spill_part(gather, number);
		bytes = gather->max_block;
	}
	if (bytes < BLOCK_HEAD + n * WORD)
		bytes = BLOCK_HEAD + n * WORD;
	make_space(gather, bytes);
	block = an_memory_take(gather->memory, bytes);
	block->next = NULL;
	close_block(part);
	if (part->last != NULL)
		part->last->next = block;
	else
		part->first = block;
	part->last = block;
	part->at = block->data;
	part->end = block->data + (bytes - BLOCK_HEAD) / WORD;
	part->bytes += bytes;
	gather->bytes += bytes;
}

static inline Part *
part_of(const AnGather *gather, uint64_t hash)
{
	return &gather->parts[(unsigned) (hash >> gather->shift) & gather->mask];
}

/* Returns where a record of n words goes, in a part that has room for it. */
static inline uint64_t *
place(AnGather *gather, uint64_t hash, size_t n)
{
	Part *part = part_of(gather, hash);
	uint64_t *at;

	if ((size_t) (part->end - part->at) < n)
		add_block(gather, (unsigned) (part - gather->parts), n);
	at = part->at;
	part->at = at + n;
	return at;
}

/* Deals out the blocks of gather->dealt, which are given back. */
static void
deal_blocks(AnGather *gather)
{
	for (AnGatherBlock *block = gather->dealt; block != NULL; block = gather->dealt)
	{
		const uint64_t *record = block->data;

		while (record < block->data + block->used)
		{
			uint64_t hash;
			size_t n = measure(gather, record, &hash);

			memcpy(place(gather, hash, n), record, n * WORD);
			record += n;
		}
		gather->dealt = block->next;
		an_memory_give(gather->memory, block);
	}
}

/* Goes from one part to many. */
static void
deal_out(AnGather *gather)
{
	size_t size = gather->max_parts * sizeof(Part);
	Part *parts = an_memory_take(gather->memory, size);

	memset(parts, 0, size);
	close_block(&gather->one);
	gather->dealt = gather->one.first;
	memset(&gather->one, 0, sizeof(gather->one));
	gather->bytes = 0;
	gather->parts = parts;
	gather->n_parts = gather->max_parts;
	gather->mask = gather->n_parts - 1;
	deal_blocks(gather);
}

/* The same as place, where the part may have no room and be the only one. */
static inline uint64_t *
place_new(AnGather *gather, uint64_t hash, size_t n)
{
	const Part *part = part_of(gather, hash);

	if ((size_t) (part->end - part->at) < n && gather->n_parts == 1 &&
		gather->bytes + n * WORD > gather->deal_bytes)
		deal_out(gather);
	return place(gather, hash, n);
}

void
an_gather_add_int64(AnGather *gather, int64_t key, const int64_t *words)
{
	uint64_t *at = place_new(gather, an_gather_hash_int64((uint64_t) key), gather->record);

	at[0] = (uint64_t) key;
	for (uint32_t i = 0; i < gather->n_words; i++)
		at[1 + i] = (uint64_t) words[i];
}

void
an_gather_add(AnGather *gather, const void *key, size_t size, const int64_t *words)
{
	size_t key_words = an_gather_key_words(size);
	uint64_t hash;
	uint64_t *at;

	if (!gather->wide)
	{
		int64_t number;

		memcpy(&number, key, sizeof(number));
		an_gather_add_int64(gather, number, words);
		return;
	}
	if (size == 0)
		key = "";
	hash = an_bytehash(key, size);
	at = place_new(gather, hash, 1 + key_words + gather->n_words);
	at[0] = an_gather_head(size, hash);
	if (size > 0)
	{
		at[key_words] = 0;
		memcpy(at + 1, key, size);
	}
	if (gather->n_words > 0)
		memcpy(at + 1 + key_words, words, gather->n_words * WORD);
}

/* Groups the blocks of a part, and leaves it empty. */
static void
group_part(AnGather *gather, Part *part, AnGroupFunction function, void *arg)
{
	an_grouping_run(&gather->grouping, &part->first, function, arg);
	clear_part(gather, part);
}

/* Reads the next block of a file into gather->dealt; false at its end. */
static bool
read_block(AnGather *gather, Spill *spill)
{
	const AnGatherFiles *files = gather->files;
	AnGatherBlock *block;
	uint64_t used;

	if (spill->bytes == 0)
		return false;
	files->read(files->owner, spill->file, &used, sizeof(used));
	block = an_memory_take(gather->memory, BLOCK_HEAD + used * WORD);
	block->next = NULL;
	block->used = used;
	gather->dealt = block;
	files->read(files->owner, spill->file, block->data, used * WORD);
	spill->bytes -= sizeof(used) + used * WORD;
	return true;
}

/* Deals out the records of a file to a deeper gathering, and calls for the keys of that. */
static void
deal_file(AnGather *gather, Spill *spill, AnGroupFunction function, void *arg)
{
	AnGather *deeper = create(gather->wide, gather->n_words, gather->budget, gather->level + 1,
							  gather->memory, gather->files);

	gather->deeper = deeper;
	deal_out(deeper);
	while (read_block(gather, spill))
	{
		deeper->dealt = gather->dealt;
		gather->dealt = NULL;
		deal_blocks(deeper);
	}
	close_file(gather, spill);
	an_gather_each(deeper, function, arg);
	gather->deeper = NULL;
	an_gather_free(deeper);
}

/* Reads a file into an empty part. */
static void
load_file(AnGather *gather, Spill *spill, Part *part)
{
	while (read_block(gather, spill))
	{
		AnGatherBlock *block = gather->dealt;

		gather->dealt = NULL;
		if (part->last != NULL)
			part->last->next = block;
		else
			part->first = block;
		part->last = block;
	}
	close_file(gather, spill);
}

/* Groups the part of a file, whose records take about three times their size for it. */
static void
group_file(AnGather *gather, unsigned number, AnGroupFunction function, void *arg)
{
	Spill *spill = &gather->spills[number];

	gather->files->rewind(gather->files->owner, spill->file);
	if (spill->bytes > gather->budget / 3 && spill->mixed && gather->level < MAX_LEVEL)
	{
		an_grouping_free(&gather->grouping);
		deal_file(gather, spill, function, arg);
		return;
	}
	load_file(gather, spill, &gather->parts[number]);
	group_part(gather, &gather->parts[number], function, arg);
}

void
an_gather_each(AnGather *gather, AnGroupFunction function, void *arg)
{
	for (unsigned i = 0; i < gather->n_parts; i++)
	{
		close_block(&gather->parts[i]);
		if (is_spilled(gather, i))
			spill_part(gather, i);
	}
	for (unsigned i = 0; i < gather->n_parts; i++)
		if (gather->parts[i].first != NULL)
			group_part(gather, &gather->parts[i], function, arg);
	for (unsigned i = 0; i < gather->n_parts; i++)
		if (is_spilled(gather, i))
			group_file(gather, i, function, arg);
	discard(gather);
}
