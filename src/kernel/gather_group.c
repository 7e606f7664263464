/*
 * gather_group.c - the records of one part, grouped by key
 *
 * Three passes: every record learns the number of its group, which replaces its key
 * (or its head's hash) in the block; the numbers of records become places; the words
 * go to their places, in the order of records.
 */
#include "kernel/gather_group.h"

#include <string.h>

#define SLOTS_FIRST 64

void
an_grouping_init(AnGrouping *grouping, bool wide, uint32_t n_words, const AnMemory *memory)
{
	memset(grouping, 0, sizeof(*grouping));
	grouping->wide = wide;
	grouping->n_words = n_words;
	grouping->memory = memory;
}

void
an_grouping_free(AnGrouping *grouping)
{
	const AnMemory *memory = grouping->memory;

	an_memory_give(memory, grouping->slots);
	an_memory_give(memory, grouping->groups);
	an_memory_give(memory, grouping->keys);
	an_memory_give(memory, grouping->words);
	an_grouping_init(grouping, grouping->wide, grouping->n_words, memory);
}

/* Puts a group into the table, which has room and does not hold it. */
static void
enter(AnGrouping *grouping, size_t group)
{
	size_t mask = grouping->n_slots - 1;
	uint64_t hash = grouping->groups[group].hash;
	size_t i = hash & mask;

	while (grouping->slots[i] != 0)
		i = (i + 1) & mask;
	grouping->slots[i] = hash << 32 | (group + 1);
}

/* Makes the table and the array of groups twice as large. */
static void
grow(AnGrouping *grouping)
{
	const AnMemory *memory = grouping->memory;
	size_t n_slots = grouping->n_slots > 0 ? grouping->n_slots * 2 : SLOTS_FIRST;
	uint64_t *slots = an_memory_take(memory, n_slots * sizeof(*slots));
	AnGatherGroup *groups = an_memory_take(memory, n_slots / 2 * sizeof(*groups));

	memset(slots, 0, n_slots * sizeof(*slots));
	if (grouping->n_groups > 0)
		memcpy(groups, grouping->groups, grouping->n_groups * sizeof(*groups));
	an_memory_give(memory, grouping->slots);
	an_memory_give(memory, grouping->groups);
	grouping->slots = slots;
	grouping->n_slots = n_slots;
	grouping->groups = groups;
	for (size_t group = 0; group < grouping->n_groups; group++)
		enter(grouping, group);
}

/* Keeps a key with its head behind the others, and returns where. */
static size_t
keep_key(AnGrouping *grouping, const uint64_t *record)
{
	const AnMemory *memory = grouping->memory;
	size_t n = 1 + an_gather_key_words(an_gather_head_size(record[0]));
	size_t at = grouping->keys_used;

	if (grouping->keys_room - at < n)
	{
		size_t room = 2 * grouping->keys_room + n;
		uint64_t *keys = an_memory_take(memory, room * sizeof(*keys));

		if (at > 0)
			memcpy(keys, grouping->keys, at * sizeof(*keys));
		an_memory_give(memory, grouping->keys);
		grouping->keys = keys;
		grouping->keys_room = room;
	}
	memcpy(grouping->keys + at, record, n * sizeof(*record));
	grouping->keys_used = at + n;
	return at;
}

/* Adds the group of a record, and returns its number. */
static size_t
add_group(AnGrouping *grouping, const uint64_t *record, uint32_t hash)
{
	size_t group;

	if (grouping->n_groups == grouping->n_slots / 2)
		grow(grouping);
	group = grouping->n_groups;
	grouping->groups[group].key = grouping->wide ? keep_key(grouping, record) : record[0];
	grouping->groups[group].n = 0;
	grouping->groups[group].hash = hash;
	grouping->n_groups++;
	enter(grouping, group);
	return group;
}

/* Replaces the keys of a block by the numbers of their groups. */
static void
number_block(AnGrouping *grouping, AnGatherBlock *block)
{
	size_t step = 1 + grouping->n_words;
	uint64_t *end = block->data + block->used;

	for (uint64_t *record = block->data; record < end; record += step)
	{
		uint64_t key = record[0];
		uint32_t hash = (uint32_t) an_gather_hash_int64(key);
		size_t mask = grouping->n_slots - 1;
		size_t i = hash & mask;
		size_t group;
		uint64_t slot;

		while ((slot = grouping->slots[i]) != 0 &&
			   (slot >> 32 != hash || grouping->groups[(uint32_t) slot - 1].key != key))
			i = (i + 1) & mask;
		group = slot != 0 ? (uint32_t) slot - 1 : add_group(grouping, record, hash);
		grouping->groups[group].n++;
		record[0] = group;
	}
}

/* The same where keys have heads: the number replaces the hash in the head. */
static void
number_wide_block(AnGrouping *grouping, AnGatherBlock *block)
{
	uint64_t *end = block->data + block->used;

	for (uint64_t *record = block->data; record < end;)
	{
		size_t size = an_gather_head_size(record[0]);
		size_t key_words = an_gather_key_words(size);
		uint32_t hash = (uint32_t) (record[0] >> 32);
		size_t mask = grouping->n_slots - 1;
		size_t i = hash & mask;
		size_t group;
		uint64_t slot;

		/* The head is compared with the key: it holds the size and the hash. */
		while ((slot = grouping->slots[i]) != 0 &&
			   (slot >> 32 != hash ||
				memcmp(grouping->keys + grouping->groups[(uint32_t) slot - 1].key, record,
					   (1 + key_words) * sizeof(*record)) != 0))
			i = (i + 1) & mask;
		group = slot != 0 ? (uint32_t) slot - 1 : add_group(grouping, record, hash);
		grouping->groups[group].n++;
		record[0] = an_gather_head(size, group);
		record += 1 + key_words + grouping->n_words;
	}
}

/* Turns the numbers of records into the places where they begin; returns their sum. */
static size_t
place_groups(AnGrouping *grouping)
{
	size_t place = 0;

	for (size_t group = 0; group < grouping->n_groups; group++)
	{
		size_t n = grouping->groups[group].n;

		grouping->groups[group].n = place;
		place += n;
	}
	return place;
}

/* Makes room for the words of n records. */
static void
make_words(AnGrouping *grouping, size_t n)
{
	size_t room = n * grouping->n_words;

	if (room <= grouping->words_room)
		return;
	an_memory_give(grouping->memory, grouping->words);
	grouping->words = NULL;
	grouping->words_room = 0;
	grouping->words = an_memory_take(grouping->memory, room * sizeof(*grouping->words));
	grouping->words_room = room;
}

static inline void
put_words(AnGrouping *grouping, size_t group, const uint64_t *from)
{
	size_t place = grouping->groups[group].n++ * grouping->n_words;

	for (uint32_t i = 0; i < grouping->n_words; i++)
		grouping->words[place + i] = (int64_t) from[i];
}

/* Brings the words of a block's records to their places; also where there are none, for the numbers. */
static void
place_block(AnGrouping *grouping, const AnGatherBlock *block)
{
	const uint64_t *end = block->data + block->used;
	const uint64_t *record = block->data;
	size_t step = 1 + grouping->n_words;

	if (grouping->wide)
		while (record < end)
		{
			size_t size = an_gather_head_size(record[0]);

			step = 1 + an_gather_key_words(size);
			put_words(grouping, record[0] >> 32, record + step);
			record += step + grouping->n_words;
		}
	else if (grouping->n_words == 1)
		for (; record < end; record += 2)
			grouping->words[grouping->groups[record[0]].n++] = (int64_t) record[1];
	else
		for (; record < end; record += step)
			put_words(grouping, record[0], record + 1);
}

/* Hands over the groups: each begins where the one before it ends. */
static void
call_all(AnGrouping *grouping, AnGroupFunction function, void *arg)
{
	size_t place = 0;

	for (size_t group = 0; group < grouping->n_groups; group++)
	{
		uint64_t key = grouping->groups[group].key;
		size_t end = grouping->groups[group].n;
		int64_t *words = grouping->n_words > 0 ? grouping->words + place * grouping->n_words : NULL;

		if (grouping->wide)
			function(arg, grouping->keys + key + 1, an_gather_head_size(grouping->keys[key]), words,
					 end - place);
		else
			function(arg, &key, sizeof(key), words, end - place);
		place = end;
	}
}

void
an_grouping_run(AnGrouping *grouping, AnGatherBlock **blocks, AnGroupFunction function, void *arg)
{
	grouping->n_groups = 0;
	grouping->keys_used = 0;
	if (grouping->n_slots == 0)
		grow(grouping);
	memset(grouping->slots, 0, grouping->n_slots * sizeof(*grouping->slots));
	for (AnGatherBlock *block = *blocks; block != NULL; block = block->next)
	{
		if (grouping->wide)
			number_wide_block(grouping, block);
		else
			number_block(grouping, block);
	}
	make_words(grouping, place_groups(grouping));
	while (*blocks != NULL)
	{
		AnGatherBlock *block = *blocks;

		place_block(grouping, block);
		*blocks = block->next;
		an_memory_give(grouping->memory, block);
	}
	call_all(grouping, function, arg);
}
